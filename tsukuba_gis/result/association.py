"""What spatial association was found: global and local statistics, and their classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

LisaClass = Literal["HH", "LL", "HL", "LH", "ns", "island", "missing"]

# The order in which classes stand in every legend, table and style.
LISA_CLASSES: tuple[LisaClass, ...] = ("HH", "HL", "LH", "LL", "ns", "island", "missing")

GlobalStatistic = Literal[
    "moran", "geary", "getis_ord_g", "eb_moran", "bivariate_moran", "lee", "correlogram",
    "join_counts",
]  # fmt: skip
LocalStatistic = Literal[
    "local_moran", "local_g", "local_g_star", "local_geary", "local_multivariate_geary",
    "local_eb_moran", "local_bivariate_moran", "quantile_lisa", "local_join_counts", "losh",
]  # fmt: skip

# Hot and cold spots by the confidence at which they stand out, in percent.
HOT_SPOT_CLASSES: tuple[str, ...] = (
    "hot_99", "hot_95", "hot_90", "cold_90", "cold_95", "cold_99",
)  # fmt: skip

# The classes that each local statistic can find, in the order of every legend; "ns", "island"
# and "missing" follow.
LOCAL_CLASSES: Mapping[LocalStatistic, tuple[str, ...]] = {
    "local_moran": ("HH", "HL", "LH", "LL"),
    "local_eb_moran": ("HH", "HL", "LH", "LL"),
    "local_bivariate_moran": ("HH", "HL", "LH", "LL"),
    "local_g": HOT_SPOT_CLASSES,
    "local_g_star": HOT_SPOT_CLASSES,
    "local_geary": ("HH", "LL", "positive", "negative"),
    "local_multivariate_geary": ("positive", "negative"),
    "quantile_lisa": ("cluster",),
    "local_join_counts": ("cluster",),
    "losh": ("uneven",),
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Moran:
    """Global Moran's I of one indicator.

    ``p`` is from ``permutations`` random permutations under ``seed``, two-sided
    unless ``alternative`` says otherwise; ``z`` is from the moments under
    randomisation. All are NaN where the statistic is not defined (fewer than
    three zones with data, or all values equal). ``chance`` is the share of the
    differences between rates that chance alone would make
    (:func:`tsukuba_gis.autocorrelation.chance_share`); NaN where it is not known.
    """

    indicator: str
    i: float
    expected: float
    z: float
    p: float
    n: int
    n_missing: int
    n_islands: int
    permutations: int
    seed: int
    weights: str
    alternative: Literal["two-sided", "directed"] = "two-sided"
    chance: float = nan


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LocalMoran:
    """Local Moran's I (LISA) of one indicator.

    ``frame`` has the index ``zone_id`` and the columns ``i`` (statistic), ``z``
    (standardised value), ``lag`` (mean standardised value of the neighbours),
    ``p`` (two-sided pseudo p), ``p_fdr`` (Benjamini–Hochberg) and ``cluster``
    (one of :data:`LISA_CLASSES`, at ``p_fdr`` ≤ ``alpha`` when ``fdr``, else at
    ``p`` ≤ ``alpha``), ``neighbours`` (number with data) and ``p_floor`` (the
    smallest p that the zone could have had). ``chance`` as in :class:`Moran`.
    """

    indicator: str
    frame: pd.DataFrame = field(repr=False)
    alpha: float
    fdr: bool
    permutations: int
    seed: int
    weights: str
    alternative: Literal["two-sided", "directed"] = "two-sided"
    chance: float = nan


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Association:
    """A global statistic of spatial association other than Moran's I of one indicator.

    ``indicator`` holds the one or two names. ``z`` is positive where
    like values are neighbours. ``expected``, ``variance`` and ``z`` are NaN where
    there are no moments in closed form. ``frame`` holds the parts of a statistic that
    has some: ``"join_counts"`` one row a kind of join, ``"correlogram"`` one an order.
    """

    statistic: GlobalStatistic
    indicator: tuple[str, ...]
    value: float
    expected: float
    variance: float
    z: float
    p: float
    n: int
    n_missing: int
    n_islands: int
    permutations: int
    seed: int
    weights: str
    alternative: Literal["two-sided", "directed"] = "two-sided"
    frame: pd.DataFrame | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LocalAssociation:
    """A local statistic other than local Moran's I.

    ``frame`` has the index ``zone_id`` and at least the columns ``value``, ``p``,
    ``p_fdr``, ``p_floor``, ``neighbours`` and ``cluster`` (``"ns"``, ``"island"``
    and ``"missing"`` beside the statistic's own of :data:`LOCAL_CLASSES`).
    ``band``: the quantiles between which zones are marked (``"quantile_lisa"``).
    """

    statistic: LocalStatistic
    indicator: tuple[str, ...]
    frame: pd.DataFrame = field(repr=False)
    alpha: float
    fdr: bool
    permutations: int
    seed: int
    weights: str
    alternative: Literal["two-sided", "directed", "greater"] = "two-sided"
    band: tuple[float, float] | None = None
