"""Are points clustered, random or spaced out? Nearest neighbours and Ripley's K.

Both are judged against points thrown at random: uniformly into the window, or
drawn from a population at risk, since facilities that follow where people live
are clustered on the ground without being clustered for the people.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.point_patterns.window import Window, look_through, scatter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.zones import Zones

    Floats = NDArray[np.float64]

Null = Literal["uniform", "population"]
Correction = Literal["border", "none"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NearestNeighbour:
    """Mean distance to the nearest other point (Clark–Evans).

    Parameters
    ----------
    mean_distance
        Metres.
    ratio
        Clark–Evans R: observed over 1/(2·sqrt(density)); below 1 clustered,
        above 1 spaced out. Not corrected for the border of the window.
    simulated_ratio
        Observed over the mean of the simulated patterns: the ratio to read,
        since the simulated points have the same window and border.
    p
        Two-sided, from the simulations.
    z, p_normal
        Clark & Evans' normal approximation (no border correction), for
        comparison with other software.
    """

    mean_distance: float
    ratio: float
    simulated_ratio: float
    p: float
    z: float
    p_normal: float
    n: int
    n_outside: int
    n_missing: int
    area: float
    null: Null
    simulations: int
    seed: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ripley:
    """Ripley's K and L by distance, beside simulated patterns.

    Parameters
    ----------
    frame
        Index ``distance`` (m); columns ``k`` (m²), ``l`` = sqrt(k/π) (m),
        ``l_excess`` = l − distance; ``low`` and ``high`` (the envelope: least
        and greatest simulated l − distance); ``mean`` (of the simulated).
    p
        Of the whole curve: how often the greatest deviation of a simulated l
        from their mean is at least the observed one (MAD test; holds for all
        distances together, which the envelope does not).
    most_at
        The distance of the greatest deviation, m.
    clustered
        Whether l lies above the simulated mean there.
    """

    frame: pd.DataFrame = field(repr=False)
    p: float
    most_at: float
    clustered: bool
    correction: Correction
    n: int
    n_outside: int
    n_missing: int
    area: float
    null: Null
    simulations: int
    seed: int


def nearest_neighbour(
    points: gpd.GeoSeries,
    zones: Zones,
    *,
    population: gpd.GeoSeries | None = None,
    simulations: int = 999,
    seed: int = 0,
) -> NearestNeighbour:
    """Test whether points lie nearer to each other than random ones would.

    Parameters
    ----------
    points
        In the CRS of the zones (metres). Missing places and points outside
        the zones are left out and counted.
    zones
        The window: their union.
    population
        Points from which the null draws as many as there are points, without
        putting back; without it the null is uniform in the window.
    simulations
        Random patterns, at least 19.

    Raises
    ------
    InputError
        If fewer than three points lie inside, or fewer people than points.

    References
    ----------
    Clark & Evans (1954) https://doi.org/10.2307/1931034.
    """
    from scipy.stats import norm

    window = look_through(points, zones)
    draw = _null(window, zones, population, simulations, seed)
    observed = _mean_nearest(window.xy)
    simulated = np.array([_mean_nearest(draw()) for _ in range(simulations)])
    density = window.n / window.area
    ratio = observed * 2 * np.sqrt(density)
    # Standard error of the mean nearest distance under a uniform Poisson pattern.
    z = (observed - 0.5 / np.sqrt(density)) / (
        np.sqrt((4 - np.pi) / (4 * np.pi)) / np.sqrt(window.n * density)
    )
    low, high = (simulated <= observed).sum(), (simulated >= observed).sum()
    mean = float(simulated.mean())
    return NearestNeighbour(
        mean_distance=observed,
        ratio=float(ratio),
        simulated_ratio=observed / mean if mean > 0 else float("nan"),
        p=float(min(1.0, 2 * (1 + min(low, high)) / (simulations + 1))),
        z=float(z),
        p_normal=float(2 * norm.sf(abs(z))),
        **_basis(window, population, simulations, seed),
    )


def ripley(
    points: gpd.GeoSeries,
    zones: Zones,
    *,
    distances: Sequence[float] | None = None,
    correction: Correction = "border",
    population: gpd.GeoSeries | None = None,
    simulations: int = 199,
    seed: int = 0,
) -> Ripley:
    """Return Ripley's K and L: how many more points lie within a distance than at random.

    Parameters
    ----------
    points, zones, population, seed
        As for :func:`nearest_neighbour`.
    distances
        Metres, rising; default: 20 steps up to a quarter of the shorter side
        of the window's bounds.
    correction
        ``"border"``: only points at least the distance away from the border
        are counted from (their neighbours may lie anywhere). ``"none"``: all;
        K is then too low, in the simulated patterns alike.
    simulations
        Random patterns, at least 19.

    Notes
    -----
    K(r) = area/(n − 1) · mean over the points counted from of the number of
    others within r. Where no point is far enough from the border, K is NaN.
    This is spatstat's estimator ``border`` with n − 1 in place of n
    (which makes the estimate unbiased for uniform points).

    References
    ----------
    Ripley (1977) https://doi.org/10.1111/j.2517-6161.1977.tb01615.x; MAD test:
    Baddeley et al. (2014) https://doi.org/10.1890/13-2042.1.
    """
    import pandas as pd

    window = look_through(points, zones)
    steps = _steps(distances, window)
    draw = _null(window, zones, population, simulations, seed)
    k = _k(window.xy, steps, window, correction)
    level = np.sqrt(k / np.pi) - steps
    random = np.array([_k(draw(), steps, window, correction) for _ in range(simulations)])
    simulated = np.sqrt(random / np.pi) - steps
    # Distances at which some pattern has no point to count from say nothing.
    usable = np.isfinite(level) & np.isfinite(simulated).all(axis=0)
    if not usable.any():
        raise InputError("pattern_too_far", distance=float(steps[0]))
    mean = simulated.mean(axis=0)
    gap = level - mean
    worst = int(np.flatnonzero(usable)[np.abs(gap[usable]).argmax()])
    greatest = np.abs(simulated - mean)[:, usable].max(axis=1)
    frame = pd.DataFrame(
        {"k": k, "l": level + steps, "l_excess": level, "low": simulated.min(axis=0),
         "high": simulated.max(axis=0), "mean": mean},
        index=pd.Index(steps, name="distance"),
    )  # fmt: skip
    return Ripley(
        frame=frame,
        p=float((1 + (greatest >= abs(gap[worst])).sum()) / (simulations + 1)),
        most_at=float(steps[worst]),
        clustered=bool(gap[worst] > 0),
        correction=correction,
        **_basis(window, population, simulations, seed),
    )


def _basis(
    window: Window, population: gpd.GeoSeries | None, simulations: int, seed: int
) -> dict[str, Any]:
    """Return what either result says of its points, its window and its null."""
    return {
        "n": window.n, "n_outside": window.n_outside, "n_missing": window.n_missing,
        "area": window.area, "null": "uniform" if population is None else "population",
        "simulations": simulations, "seed": seed,
    }  # fmt: skip


def _steps(distances: Sequence[float] | None, window: Window) -> Floats:
    if distances is None:
        west, south, east, north = window.polygon.bounds
        return np.linspace(0, min(east - west, north - south) / 4, 21)[1:]
    steps = np.asarray(distances, dtype=float)
    if not len(steps) or not (steps > 0).all() or (np.diff(steps) <= 0).any():
        raise InputError("pattern_distances")
    return steps


def _null(
    window: Window, zones: Zones, population: gpd.GeoSeries | None, simulations: int, seed: int
) -> Callable[[], Floats]:
    """Return a function that draws one random pattern of as many points."""
    if window.n < 3:
        raise InputError("pattern_too_few", n=window.n, least=3)
    if simulations < 19:
        raise InputError("pattern_simulations", n=simulations)
    rng = np.random.Generator(np.random.Philox(seed))
    if population is None:
        return lambda: scatter(window.polygon, window.n, rng)
    people = look_through(population, zones).xy
    if len(people) < window.n:
        raise InputError("pattern_population", n=len(people), points=window.n)
    return lambda: people[rng.choice(len(people), window.n, replace=False)]


def _mean_nearest(xy: Floats) -> float:
    from scipy.spatial import cKDTree

    distance, _ = cKDTree(xy).query(xy, k=2)
    return float(np.asarray(distance)[:, 1].mean())


def _k(xy: Floats, steps: Floats, window: Window, correction: Correction) -> Floats:
    """Return K at each distance; NaN where no point is far enough from the border."""
    import shapely
    from scipy.spatial import cKDTree

    tree, n = cKDTree(xy), len(xy)
    # A hair more, so that a pair at exactly the distance counts whatever the rounding.
    reach = steps * (1 + 1e-12)
    if correction == "none":
        others = tree.count_neighbors(tree, reach) - n
        return np.asarray(window.area * others / (n * (n - 1)))
    edge = np.asarray(shapely.distance(window.polygon.boundary, shapely.points(xy)))
    found = np.full(len(steps), np.nan)
    for at, (step, within) in enumerate(zip(steps, reach, strict=True)):
        inner = xy[edge >= step]
        if len(inner):
            others = cKDTree(inner).count_neighbors(tree, within) - len(inner)
            found[at] = window.area * others / (len(inner) * (n - 1))
    return found
