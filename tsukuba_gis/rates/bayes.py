"""Rates shrunk by what the other zones tell: empirical Bayes, global and local."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tsukuba_gis.neighbours import as_neighbours
from tsukuba_gis.rates.counts import counts_of
from tsukuba_gis.rates.standardised import rate_of, total_rate

if TYPE_CHECKING:
    from tsukuba_gis.neighbours import GraphLike
    from tsukuba_gis.rates.counts import Table
    from tsukuba_gis.result import Chance, Rate

Centring = Literal["spdep", "geoda"]


def eb_global(
    events: Table,
    population: Table,
    *,
    indicator: str = "",
    chance: Chance = "binomial",
    mixed: bool = False,
) -> Rate:
    """Return rates shrunk towards the rate of all zones, the more the fewer persons.

    With m = ΣO/Σn, s² = Σn(r − m)²/Σn and A = max(0, s² − m/n̄), a rate becomes
    m + A/(A + m/n)·(r − m): differences that chance alone makes are taken out.

    Parameters
    ----------
    events, population, indicator, chance, mixed
        As in :func:`tsukuba_gis.rates.crude`. Instead of persons, expected events
        shrink a standardised ratio.

    Returns
    -------
    tsukuba_gis.result.Rate
        Without an interval. A = 0 (no more differences than chance makes): the rate of all
        zones everywhere.

    References
    ----------
    Marshall (1991), https://doi.org/10.2307/2347593. Equal to ``spdep::EBest``.

    Examples
    --------
    >>> import pandas as pd
    >>> events = pd.Series([0.0, 60.0, 20.0], list("abc"))
    >>> people = pd.Series([10.0, 400.0, 300.0], list("abc"))
    >>> rate = eb_global(events, people)
    >>> rate.frame["value"].round(3).tolist(), round(rate.total, 3)  # 0 of 10 persons says little
    ([0.1, 0.144, 0.076], 0.113)
    """
    counts = counts_of(events, population, chance=chance, mixed=mixed)
    persons = counts.population
    rate = counts.observed / persons
    persons = persons.where(rate.notna())
    mean = total_rate(counts)
    spread = float((persons * (rate - mean) ** 2).sum() / persons.sum())
    between = max(0.0, spread - mean / float(persons.mean()))
    value = rate * 0 + mean
    if between > 0:
        value = mean + between / (between + mean / persons) * (rate - mean)
    parts = {"value": value, "observed": counts.observed, "population": persons}
    return rate_of(
        parts, counts, indicator=indicator, method="eb_global", total=mean, alpha=0.05,
        chance=chance,
    )  # fmt: skip


def eb_local(
    events: Table,
    population: Table,
    graph: GraphLike,
    *,
    centring: Centring = "spdep",
    indicator: str = "",
    chance: Chance = "binomial",
    mixed: bool = False,
) -> Rate:
    """Return rates shrunk towards the rate of the zone and its neighbours.

    Parameters
    ----------
    events, population, indicator, chance, mixed
        As in :func:`eb_global`.
    graph
        Neighbours of the same zones, in any order; weights do not count. A zone without
        neighbours keeps its own rate; one without data takes no part in those of others.
    centring
        From which mean the spread among the neighbours is measured. ``"spdep"``: each
        neighbour's own local mean (R spdep's default); ``"geoda"``: that of the zone in
        question, as GeoDa does. The two differ, so the result names it.

    Raises
    ------
    InputError
        If the zones of the graph are not those of the counts.

    References
    ----------
    Marshall (1991), https://doi.org/10.2307/2347593. Equal to ``spdep::EBlocal``, with
    ``geoda=FALSE`` and ``geoda=TRUE``.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> events = pd.Series([0.0, 60.0, 20.0], list("abc"))
    >>> people = pd.Series([10.0, 400.0, 300.0], list("abc"))
    >>> row = Graph.from_arrays(list("abbc"), list("bacb"), [1, 1, 1, 1])
    >>> rate = eb_local(events, people, row)
    >>> rate.frame["value"].round(3).tolist(), rate.centring
    ([0.136, 0.144, 0.077], 'spdep')
    """
    near_by = as_neighbours(graph)
    counts = counts_of(events, population, chance=chance, mixed=mixed)
    index = counts.events.index
    persons, observed = counts.population, counts.observed
    known = (persons.notna() & observed.notna()).to_numpy()
    n, o = (np.where(known, series.to_numpy(), 0.0) for series in (persons, observed))
    near = near_by.links(index).astype(bool).astype(float)
    near.setdiag(1.0)  # a zone is in its own neighbourhood
    near = near @ _diagonal(known)
    people = near @ n
    with np.errstate(invalid="ignore", divide="ignore"):
        rate, mean = o / n, (near @ o) / people
        if centring == "spdep":
            spread = (near @ np.where(known, n * (rate - mean) ** 2, 0.0)) / people
        else:
            r = np.where(known, rate, 0.0)
            # Σⱼ nⱼ (rⱼ − mᵢ)², from the focal mean; summed pair by pair, since the
            # square multiplied out loses the digits of rare events.
            pairs = near.tocoo()
            off = n[pairs.col] * (r[pairs.col] - mean[pairs.row]) ** 2
            spread = np.bincount(pairs.row, weights=off, minlength=len(n)) / people
        between = spread - mean / (people / (near @ known.astype(float)))
        between = np.maximum(between, 0.0)
        value = np.where(between > 0, mean + (rate - mean) * (between / (between + mean / n)), mean)
    parts = {"value": (observed * 0).add(np.where(known, value, np.nan)), "observed": observed,
             "population": persons}  # fmt: skip
    return rate_of(
        parts, counts, indicator=indicator, method="eb_local", total=total_rate(counts),
        alpha=0.05, chance=chance, centring=centring, weights=near_by.name,
    )  # fmt: skip


def _diagonal(known: np.ndarray) -> Any:
    from scipy.sparse import diags_array

    return diags_array(known.astype(float))
