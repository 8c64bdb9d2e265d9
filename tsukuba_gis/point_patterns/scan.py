"""Kulldorff's spatial scan: the circle in which cases are most unexpectedly many.

Poisson: cases among a population at risk; Bernoulli: cases among cases and
controls. Every circle around a place that holds at most a stated share of the
population is looked at; the greatest log likelihood ratio is compared with
those of maps in which the same number of cases falls at random, so that the p
accounts for the many circles.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.point_patterns.window import coordinates, require_metres

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

Model = Literal["poisson", "bernoulli"]
Direction = Literal["high", "low", "both"]

# Simulated counts held at once.
_BLOCK = 4_000_000
# Distances of all pairs are held at once.
_MOST_PLACES = 5_000
_MOST_CLUSTERS = 10
# Clusters with a p up to this are labelled.
ALPHA = 0.05


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scan:
    """Circles with more (or fewer) cases than chance would give.

    Parameters
    ----------
    clusters
        The most likely cluster and those that do not overlap one before it,
        by falling ``llr``. Columns: ``centre`` (id of the place in the
        middle), ``radius`` (m), ``places``, ``cases``, ``population``,
        ``expected``, ``relative_risk`` (rate inside over rate outside),
        ``llr``, ``p``.
    labels
        By place: number of the cluster (row of ``clusters``, from 1) it lies
        in, 0 for none; only clusters with ``p`` ≤ ``alpha``. NA where a value
        or place is missing.
    p
        Of each cluster: rank of its ``llr`` among the greatest of the
        simulated maps, (1 + count)/(simulations + 1). For the second and
        later ones it is conservative.
    """

    clusters: pd.DataFrame = field(repr=False)
    labels: pd.Series[int] = field(repr=False)
    model: Model
    direction: Direction
    cases: int
    population: float
    n: int
    n_missing: int
    max_share: float
    alpha: float
    simulations: int
    seed: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Circles:
    """Places by distance from each place, and where a circle may end.

    ``order``: row i, places from the nearest to i on. ``ends``: whether a
    circle may end there: the next place is farther away, and the circle holds
    some people, and at most the stated share.
    """

    order: Ints = field(repr=False)
    radius: Floats = field(repr=False)
    population: Floats = field(repr=False)
    ends: NDArray[np.bool_] = field(repr=False)


def scan(
    table: pd.DataFrame,
    places: gpd.GeoSeries,
    *,
    model: Model = "poisson",
    direction: Direction = "high",
    max_share: float = 0.5,
    simulations: int = 999,
    seed: int = 0,
) -> Scan:
    """Find the circles in which cases are most unexpectedly many (or few).

    Parameters
    ----------
    table
        One row a place, columns ``cases`` (whole numbers) and ``population``:
        persons at risk, or expected cases (Poisson); cases and controls
        together, whole numbers (Bernoulli). A place with a missing number
        takes no part.
    places
        Points, or polygons of which the centroid counts, in metres, on the
        same ids. At most 5,000.
    direction
        ``"high"``: more cases inside than outside; ``"low"``; ``"both"``.
    max_share
        Greatest share of the population that a circle may hold, up to 0.5.
    simulations
        Random maps with the same number of cases.

    Raises
    ------
    CRSError
        If the places are not in metres.
    InputError
        If the numbers do not fit: no case, cases where nobody lives, more
        cases than persons (Bernoulli), numbers that are not whole, other ids.

    References
    ----------
    Kulldorff & Nagarwalla (1995) https://doi.org/10.1002/sim.4780140809;
    Kulldorff (1997) https://doi.org/10.1080/03610929708831995.
    """
    ids, cases, population, xy = _numbers(table, places, model)
    if not 0 < max_share <= 0.5 or simulations < 19:
        raise InputError("scan_settings", share=max_share, simulations=simulations)
    circles = _circles(xy, population, max_share)
    ratio = _Ratio(int(cases.sum()), population, model, direction)
    llr = np.full(circles.order.shape, -np.inf)
    llr[circles.ends] = ratio.of(cases[circles.order].cumsum(axis=1), circles.population)[
        circles.ends
    ]
    rng = np.random.Generator(np.random.Philox(seed))
    greatest = _greatest(circles, ratio, _random_maps(cases, population, model, simulations, rng))
    found = _separate_clusters(circles, llr)
    clusters, members = _table(found, circles, llr, cases, population, greatest, ids)
    labels = _labels(table, ids, clusters, members)
    return Scan(
        clusters=clusters,
        labels=labels,
        model=model,
        direction=direction,
        cases=int(cases.sum()),
        population=float(population.sum()),
        n=len(cases),
        n_missing=len(table) - len(cases),
        max_share=max_share,
        alpha=ALPHA,
        simulations=simulations,
        seed=seed,
    )


def _numbers(
    table: pd.DataFrame, places: gpd.GeoSeries, model: Model
) -> tuple[pd.Index[str], Ints, Floats, Floats]:
    """Return ids, cases, population and coordinates of the places that take part."""
    import geopandas

    require_metres(places)
    if not {"cases", "population"} <= set(table.columns):
        raise InputError("scan_columns")
    if not table.index.is_unique or not places.index.is_unique:
        raise InputError("scan_ids")
    numbers = table[["cases", "population"]].to_numpy(dtype=float, na_value=np.nan)
    xy = coordinates(geopandas.GeoSeries(places.centroid.reindex(table.index)))
    known = np.isfinite(numbers).all(axis=1)
    if not np.isfinite(xy[known]).all():
        raise InputError("scan_ids")
    cases, population = numbers[known].T
    whole = cases if model == "poisson" else numbers[known]
    faults = {
        "scan_none": len(cases) < 2 or len(cases) > _MOST_PLACES or cases.sum() < 1,
        "scan_negative": bool((numbers[known] < 0).any()),
        "scan_whole": bool((whole != np.round(whole)).any()),
        "scan_nobody": bool((cases[population == 0] > 0).any()),
        "scan_more_cases": model == "bernoulli" and bool((cases > population).any()),
    }
    for key, wrong in faults.items():
        if wrong:
            raise InputError(key, n=len(cases), most=_MOST_PLACES)
    return table.index[known], cases.astype(np.int64), population, xy[known]


def _circles(xy: Floats, population: Floats, max_share: float) -> _Circles:
    from scipy.spatial.distance import cdist

    distance = cdist(xy, xy)
    order = np.argsort(distance, axis=1, kind="stable")
    radius = np.take_along_axis(distance, order, axis=1)
    inside = population[order].cumsum(axis=1)
    # Places at the same distance come into the circle together.
    farther = np.ones(order.shape, dtype=bool)
    farther[:, :-1] = radius[:, 1:] > radius[:, :-1] * (1 + 1e-12)
    limit = max_share * population.sum() * (1 + 1e-12)
    ends = farther & (inside > 0) & (inside <= limit)
    # What lies beyond the last circle of any place is not needed any more.
    width = int(np.flatnonzero(ends.any(axis=0)).max(initial=0)) + 1
    return _Circles(
        order=order[:, :width],
        radius=radius[:, :width],
        population=inside[:, :width],
        ends=ends[:, :width],
    )


class _Ratio:
    """The log likelihood ratio of circles, by their cases and population."""

    def __init__(self, cases: int, population: Floats, model: Model, direction: Direction) -> None:
        from scipy.special import xlogy

        self.cases, self.people = cases, float(population.sum())
        self.model, self.direction = model, direction
        most = cases if model == "poisson" else int(self.people)
        whole = np.arange(most + 1, dtype=float)
        # m·ln(m), looked up: counts are whole numbers.
        self.term = xlogy(whole, whole)
        self.both = self.term[: cases + 1] + self.term[: cases + 1][::-1]

    def of(self, inside: Ints, population: Floats) -> Floats:
        """Return the ratio; 0 where the cases inside lie on the other side."""
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = self.cases * population / self.people
            ratio = (
                self._poisson(inside, expected)
                if self.model == "poisson"
                else self._bernoulli(inside, population.astype(np.int64))
            )
        if self.direction == "high":
            ratio[inside <= expected] = 0.0
        elif self.direction == "low":
            ratio[inside >= expected] = 0.0
        return ratio

    def _poisson(self, inside: Ints, expected: Floats) -> Floats:
        rest = np.log(self.cases - expected)
        return np.asarray(
            self.both[inside] + inside * (rest - np.log(expected)) - self.cases * rest
        )

    def _bernoulli(self, inside: Ints, people: Ints) -> Floats:
        term, everyone = self.term, int(self.people)
        outside = everyone - people
        # A sum that ends where the circle's own controls run out stays inside the table.
        own, other = people - inside, outside - (self.cases - inside)
        fixed = term[people] + term[outside]
        null = term[self.cases] + term[everyone - self.cases] - term[everyone]
        return np.asarray(self.both[inside] + term[own] + term[other] - fixed - null)


def _random_maps(
    cases: Ints, population: Floats, model: Model, simulations: int, rng: np.random.Generator
) -> Ints:
    """Return simulated cases, one row a map: as many as there are, each person equally likely."""
    total = int(cases.sum())
    if model == "poisson":
        share = population / population.sum()
        return np.asarray(rng.multinomial(total, share, size=simulations))
    people = population.astype(np.int64)
    return np.asarray(
        rng.multivariate_hypergeometric(people, total, size=simulations, method="marginals")
    )


def _greatest(circles: _Circles, ratio: _Ratio, maps: Ints) -> Floats:
    """Return the greatest ratio of each simulated map over all circles."""
    greatest = np.zeros(len(maps))
    for order, population, ends in zip(
        circles.order, circles.population, circles.ends, strict=True
    ):
        at = np.flatnonzero(ends)
        if not len(at):
            continue
        members = order[: at[-1] + 1]
        step = max(1, _BLOCK // len(members))
        for start in range(0, len(maps), step):
            rows = slice(start, start + step)
            inside = maps[rows, members].cumsum(axis=1)[:, at]
            highest = ratio.of(inside, np.broadcast_to(population[at], inside.shape)).max(axis=1)
            greatest[rows] = np.maximum(greatest[rows], highest)
    return greatest


def _separate_clusters(circles: _Circles, llr: Floats) -> list[tuple[int, int]]:
    """Return (centre, end) of the best circle, the best that does not overlap it, and so on."""
    left = llr.copy()
    used = np.zeros(len(llr), dtype=bool)
    found: list[tuple[int, int]] = []
    while len(found) < _MOST_CLUSTERS:
        centre, end = np.unravel_index(int(left.argmax()), left.shape)
        if left[centre, end] <= 1e-12:
            break
        found.append((int(centre), int(end)))
        used[circles.order[centre, : end + 1]] = True
        # From the first place already in a cluster on, a circle would overlap it.
        left[np.maximum.accumulate(used[circles.order], axis=1)] = -np.inf
    return found


def _table(
    found: list[tuple[int, int]],
    circles: _Circles,
    llr: Floats,
    cases: Ints,
    population: Floats,
    greatest: Floats,
    ids: pd.Index[str],
) -> tuple[pd.DataFrame, list[Ints]]:
    import pandas as pd

    total, people = float(cases.sum()), float(population.sum())
    rows, members = [], []
    for centre, end in found:
        inside = circles.order[centre, : end + 1]
        count, here = float(cases[inside].sum()), float(population[inside].sum())
        outside = (total - count) / (people - here)
        value = float(llr[centre, end])
        rows.append(
            {
                "centre": ids[centre],
                "radius": float(circles.radius[centre, end]),
                "places": len(inside),
                "cases": int(count),
                "population": here,
                "expected": total * here / people,
                "relative_risk": count / here / outside if outside > 0 else np.inf,
                "llr": value,
                # Rounding must not part two maps with the same greatest ratio.
                "p": float((1 + (greatest >= value - 1e-9).sum()) / (len(greatest) + 1)),
            }
        )
        members.append(inside)
    columns = ["centre", "radius", "places", "cases", "population", "expected",
               "relative_risk", "llr", "p"]  # fmt: skip
    index = pd.RangeIndex(1, len(rows) + 1, name="cluster")
    return pd.DataFrame(rows, columns=columns, index=index), members


def _labels(
    table: pd.DataFrame, ids: pd.Index[str], clusters: pd.DataFrame, members: list[Ints]
) -> pd.Series[int]:
    import pandas as pd

    labels = pd.Series(pd.NA, index=table.index, dtype="Int64", name="cluster")
    labels[ids] = 0
    for number, (p, inside) in enumerate(zip(clusters["p"], members, strict=True), start=1):
        if p <= ALPHA:
            labels[ids[inside]] = number
    return labels
