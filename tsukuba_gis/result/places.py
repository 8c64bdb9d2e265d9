"""Zones put together into regions; flows between places; what an area lives on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

RegionMethod = Literal["ward", "skater", "azp", "clustgeo", "refined", "given"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Regions:
    """Zones put together into regions.

    Parameters
    ----------
    labels
        Region of each zone, 1 … k by first appearance, on the index of the
        data; NA where a value is missing.
    k, n, n_missing
        Regions, zones that take part, zones without a value.
    components
        Connected parts into which the zones that take part fall; no region spans two.
    contiguous
        True: every region was checked to be connected. False can come only of
        :func:`tsukuba_gis.regions.clustgeo`, which prefers nearby zones but does not demand
        neighbours, and of regions that were given.
    within_share
        Sum of squares within the regions over the total (SSW/SST), 0–1; lower
        is more alike.
    sizes, sums, means
        By region: number of zones; amount of the floor (None without one);
        mean of each variable over its zones, in its own unit.
    variables, constant, standardised
        Variables used; variables left out since they are the same everywhere;
        whether each was divided by its standard deviation.
    """

    labels: pd.Series[int] = field(repr=False)
    k: int
    n: int
    n_missing: int
    components: int
    contiguous: bool
    within_share: float
    sizes: pd.Series[int] = field(repr=False)
    sums: pd.Series[float] | None = field(repr=False)
    means: pd.DataFrame = field(repr=False)
    variables: tuple[str, ...]
    constant: tuple[str, ...]
    standardised: bool
    method: RegionMethod
    floor: float | None
    tries: int
    seed: int
    weights: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Flows:
    """Persons who move, or commute, between places.

    Parameters
    ----------
    pairs
        Columns ``origin``, ``destination``, ``persons``; ``sex`` and ``age_start`` where
        the source tells them.
    places
        Index: the place; columns ``inflow``, ``outflow``, ``net``, ``gross``,
        ``effectiveness`` (net over gross, −1–1), ``population`` and ``net_rate`` (net over
        population; NaN where it is not known).
    points
        Index: the place; columns ``x``, ``y`` in the CRS of the first level; None: the
        source tells no positions, so that no lines are drawn.
    """

    kind: Literal["migration", "commuting"]
    period: str
    source: str
    pairs: pd.DataFrame = field(repr=False)
    places: pd.DataFrame = field(repr=False)
    points: pd.DataFrame | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Economy:
    """What an area's industries are, beside those of the country.

    ``frame`` has the index ``industry`` and the columns ``start``, ``end``,
    ``location_quotient``, ``growth``, ``national``, ``composition`` and
    ``differential`` (the three add up to ``growth``); ``total`` their sums.
    """

    area: str
    reference: str
    period: str
    source: str
    frame: pd.DataFrame = field(repr=False)
    total: pd.Series[float] = field(repr=False)
