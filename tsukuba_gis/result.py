"""The result of a study: one object that every writer reads.

Nothing in here holds a person: a :class:`Result` is what may leave the step
that sees records, and maps, report, workbook and GeoPackage are made from it
alone, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd
    import shapely

    from tsukuba_gis.errors import Problem
    from tsukuba_gis.messages import Language
    from tsukuba_gis.records import RecordKind
    from tsukuba_gis.zones import Zones

Unit = Literal["persons", "households", "share", "ratio", "per_km2", "yen", "mm_hg", "kg_m2"]
MaskReason = Literal["", "zero", "small", "missing"]
LisaClass = Literal["HH", "LL", "HL", "LH", "ns", "island", "missing"]

# What a result can be written as; the folder may hold one or all.
OutputFormat = Literal["html", "xlsx", "gpkg", "csv", "figures", "pdf"]
FORMATS: tuple[OutputFormat, ...] = ("html", "xlsx", "gpkg", "csv", "figures", "pdf")
# What is written unless a study says otherwise: the other two need more than the package itself.
DEFAULT_FORMATS: tuple[OutputFormat, ...] = ("html", "xlsx", "gpkg", "csv")

# Backgrounds from the network that a page may be opened to; none unless it is asked for.
TileSource = Literal["gsi", "gsi_std", "gsi_relief", "osm"]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """What one number per zone means; travels with the number into every output.

    ``share`` is 0–1 inside the package and percent on the page. ``label`` and
    ``definition`` are keyed by language. ``scheme`` is how its classes are cut, ``edges``
    the inner edges of ``"manual"`` (see :func:`tsukuba_gis.classes.breaks`).
    """

    name: str
    unit: Unit
    label: Mapping[Language, str]
    definition: Mapping[Language, str]
    digits: int = 1
    scheme: Literal["quantile", "natural", "equal", "pretty", "manual"] = "quantile"
    edges: tuple[float, ...] = ()


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


CorrelationMethod = Literal["pearson", "spearman", "partial"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Correlation:
    """Correlation of two indicators over the zones.

    ``low`` and ``high`` bound the interval at 1 − ``alpha``; ``p`` takes zones for
    independent, ``p_spatial`` does not: ``adjustment`` says how (``"dutilleul"``,
    ``"clifford_richardson"`` or ``"permutation"``), ``effective_n`` is the number of
    independent zones that the data are worth (NaN for a permutation). ``given`` are
    the indicators held constant in a partial correlation. Where several pairs were
    tested together, ``pairs`` is how many, ``p_adjusted`` is ``p_spatial`` (``p`` where there
    is none) corrected for it, and ``correction`` says how (``"holm"`` or ``"fdr"``).
    ``line`` is what a scatter is drawn with, the ordinary fit of the second indicator
    on the first: columns ``x``, ``fitted``, ``low``, ``high`` (of the mean, at 1 − ``alpha``);
    None for ranks and partial correlations.
    """

    indicators: tuple[str, str]
    method: CorrelationMethod
    given: tuple[str, ...] = ()
    value: float
    low: float
    high: float
    alpha: float
    p: float
    p_spatial: float
    adjustment: str
    effective_n: float
    n: int
    n_missing: int
    seed: int
    permutations: int = 0
    pairs: int = 1
    p_adjusted: float = float("nan")
    correction: Literal["", "holm", "fdr"] = ""
    line: pd.DataFrame | None = field(default=None, repr=False)


RegressionModel = Literal["ols", "poisson", "negative_binomial", "lag", "error", "gwr"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Regression:
    """A regression of one indicator on others over the zones.

    Parameters
    ----------
    coefficients
        Index: ``"intercept"`` and the explanatory indicators (and ``"lag"`` or
        ``"error"`` of a spatial model); columns ``estimate``, ``se``, ``low``,
        ``high``, ``p``.
    frame
        Index ``zone_id``; ``observed``, ``fitted``, ``residual`` (standardised:
        ``residual_std``), ``fitted_low`` and ``fitted_high`` (of the mean, at 1 − ``alpha``;
        NaN where the model gives none); for GWR a column ``local_<term>`` each. Missing
        where the zone took no part.
    diagnostics
        Index: the name of a test (``"moran_residuals"``, ``"lm_lag"``,
        ``"lm_error"``, ``"robust_lm_lag"``, ``"robust_lm_error"``,
        ``"breusch_pagan"``, ``"dispersion"`` …); columns ``value``, ``p``.
    fit
        ``"r2"``, ``"log_likelihood"``, ``"aic"`` … by name.
    impacts
        Of a spatial lag model, whose coefficients are not effects by themselves: what a
        unit more of an explanatory indicator does in the zone itself and, by way of the
        neighbours, in all: index explanatory indicators, columns ``direct``, ``indirect``,
        ``total``.
    """

    outcome: str
    explanatory: tuple[str, ...]
    model: RegressionModel
    offset: str | None = None
    errors: str
    coefficients: pd.DataFrame = field(repr=False)
    frame: pd.DataFrame = field(repr=False)
    diagnostics: pd.DataFrame = field(repr=False)
    fit: Mapping[str, float]
    alpha: float
    n: int
    n_missing: int
    weights: str
    impacts: pd.DataFrame | None = field(default=None, repr=False)


ProjectionMethod = Literal["hamilton_perry", "cohort_component"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Projection:
    """Persons by zone, sex and age at dates to come.

    Parameters
    ----------
    years
        Dates, the first is the base (counted, not projected).
    population
        Index ``zone_id``; columns MultiIndex ``(year, sex, age_start)``; NaN where
        the zone is masked.
    low, high
        Bounds of each zone's total: index ``zone_id``, columns ``year``; None
        where no backtest gives them.
    masks
        Why a zone is not projected: index ``zone_id``, :data:`MaskReason`, ``""`` where it is.
    ratios
        Cohort-change ratios used, after shrinkage: index ``zone_id``, columns
        ``(sex, age_start)``; None for the cohort-component method.
    borrowed
        Of the form of ``ratios``: True where the zone has no ratio of its own (nobody was
        there, a count is hidden or not exact, the zone is new) and takes that of the city.
    control
        City totals to which the zones were raked, by year; None: not raked.
    backtest
        Errors of projecting a known date, as shares (0.05: 5 % too many): index: class of
        size (``"all"`` last); columns ``zones``, ``mape``, ``bias``, ``median_ape``; None:
        not done.
    earlier
        The earlier date from which the ratios come; None: none was needed.
    """

    method: ProjectionMethod
    base: int
    step: int
    years: tuple[int, ...]
    population: pd.DataFrame = field(repr=False)
    low: pd.DataFrame | None = field(default=None, repr=False)
    high: pd.DataFrame | None = field(default=None, repr=False)
    masks: pd.Series[str] = field(repr=False)
    ratios: pd.DataFrame | None = field(default=None, repr=False)
    borrowed: pd.DataFrame | None = field(default=None, repr=False)
    control: pd.Series[float] | None = field(default=None, repr=False)
    backtest: pd.DataFrame | None = field(default=None, repr=False)
    earlier: int | None = None
    settings: Mapping[str, object]
    n: int
    n_missing: int


Chance = Literal["binomial", "poisson"]
RateMethod = Literal["crude", "direct", "indirect", "eb_global", "eb_local"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Rate:
    """A rate by zone, with what it takes to trust it.

    Parameters
    ----------
    indicator
        Name of the rate; its unit is that of the indicator (``indirect``: a ratio
        to what was expected, 1 = as expected).
    method
        ``"direct"`` and ``"indirect"`` are standardised by age (and sex); ``"eb_global"``
        and ``"eb_local"`` are shrunk towards the mean of all zones or of the neighbours.
    standard
        Name of the standard: a model population (direct) or whose rates are expected
        (indirect); ``""`` where none is used.
    centring
        Of ``"eb_local"``: ``"spdep"`` or ``"geoda"``; ``""`` otherwise.
    frame
        Index ``zone_id``; columns ``value``, ``low``, ``high`` (exact interval at
        1 − ``alpha``, NaN where the method has none), ``observed`` (events),
        ``expected`` (NaN where the method has none), ``population`` (persons at risk),
        ``funnel_low`` and ``funnel_high`` (limits within which chance alone would keep
        the crude rate, NaN where the method has none). Missing where masked.
    total
        The rate of the whole city.
    weights
        Of ``"eb_local"``; ``""`` otherwise.
    chance
        What chance is taken to do: ``"binomial"`` (each person counts at most once) or
        ``"poisson"`` (events; a person may have several).
    interval
        How ``low`` and ``high`` were made: ``"wilson"``, ``"clopper_pearson"``, ``"garwood"``,
        ``"fay_feuer"``; ``""`` where there are none.
    sources
        Where events and persons were counted, such as a census and a resident register;
        two names: they were mixed, by the caller's own word.
    """

    indicator: str
    method: RateMethod
    standard: str = ""
    centring: Literal["", "spdep", "geoda"] = ""
    frame: pd.DataFrame = field(repr=False)
    total: float
    alpha: float
    n: int
    n_missing: int
    weights: str = ""
    chance: Chance = "binomial"
    interval: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AgeCurve:
    """A share by age: heavy care, for one, over the ages of those who can need it.

    Parameters
    ----------
    indicator
        Name of the share.
    frame
        Index MultiIndex ``(sex, age_start)``, ``sex`` in ``"all"``, ``"female"``, ``"male"``;
        columns ``observed`` (persons that count), ``population`` (persons of that age),
        ``value``, ``low`` and ``high`` (interval of a proportion at 1 − ``alpha``). Ages are
        half-open ``[age_start, next)``, the last group is open. Missing where masked.
    by_zone
        The share of both sexes in each zone: index ``zone_id``, columns ``age_start``; NaN
        where masked.
    zone_counts
        The persons behind ``by_zone``: on its index, columns ``(count, age_start)``, ``count``
        ``"observed"`` or ``"population"``; missing where masked. They are not written, but say
        what may be: without them (None) no zone of reference records is.
    parts
        What the persons of an age are made of, such as care levels: index ``age_start``,
        one column a part, shares that add up to 1; None: not asked for, or masked.
    interval
        How ``low`` and ``high`` were made.
    """

    indicator: str
    frame: pd.DataFrame = field(repr=False)
    by_zone: pd.DataFrame = field(repr=False)
    zone_counts: pd.DataFrame | None = field(default=None, repr=False)
    parts: pd.DataFrame | None = field(default=None, repr=False)
    alpha: float
    interval: str


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


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Level:
    """All that is known about one set of zones.

    Parameters
    ----------
    zones
        The polygons.
    population
        Persons by zone × sex × five-year age group: index ``zone_id``; columns
        MultiIndex ``(sex, age_start)``, ``sex`` in ``"female"``, ``"male"``;
        ``age_start`` 0, 5 … 100 (the last group is open). Cells that may not be
        shown are NaN. Persons of unknown sex or age are not in it.
    values
        Index ``zone_id``; one column an indicator; NaN where masked.
    masks
        Same shape as ``values``: why a value is not shown (``""`` where it is):
        ``"zero"`` denominator 0, ``"small"`` too few persons, ``"missing"`` no data.
    total
        The indicators of the whole city (all matched persons), indexed by indicator.
    moran, lisa
        By indicator name.
    associations, local
        Further global and local statistics, in the order asked for.
    correlations, regressions, rates, age_curves
        In the order asked for.
    regions
        The zones put together into regions; None: not asked for.
    projection
        Persons at dates to come; None: not asked for.
    """

    zones: Zones
    population: pd.DataFrame = field(repr=False)
    values: pd.DataFrame = field(repr=False)
    masks: pd.DataFrame = field(repr=False)
    total: pd.Series[float] = field(repr=False)
    moran: Mapping[str, Moran]
    lisa: Mapping[str, LocalMoran]
    match: MatchReport
    associations: tuple[Association, ...] = ()
    local: tuple[LocalAssociation, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    regressions: tuple[Regression, ...] = ()
    rates: tuple[Rate, ...] = ()
    age_curves: tuple[AgeCurve, ...] = ()
    regions: Regions | None = None
    projection: Projection | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchReport:
    """How the records met the zones; the numbers add up to ``records``."""

    zones: str
    method: Literal["point", "code"]
    records: int
    matched: int
    on_border: int
    outside: int
    nearest: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a result comes from: enough to make it again, byte for byte."""

    version: str
    versions: Mapping[str, str]
    seed: int
    inputs: Mapping[str, str]
    settings: Mapping[str, object]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Result:
    """A study's outcome: the levels, the notices, and where they come from.

    ``pages`` are documents that go with it, file name → HTML: the certificate
    of pseudo records, for one. ``outlines`` are thin context lines for the maps (city or former
    municipalities): name → geometry in the CRS of the first level; ``outlines_en`` names
    them in English where that is known. ``flows`` and ``economy`` hold what a study asks for
    beside its zones.
    """

    title: Mapping[Language, str]
    lang: Language
    kind: RecordKind
    notices: Mapping[Language, tuple[str, ...]]
    indicators: tuple[Indicator, ...]
    levels: tuple[Level, ...]
    outlines: Mapping[str, shapely.Geometry] = field(repr=False)
    problems: tuple[Problem, ...]
    provenance: Provenance
    min_count: int
    pages: Mapping[str, str] = field(default_factory=dict, repr=False)
    flows: tuple[Flows, ...] = ()
    economy: Economy | None = None
    outlines_en: Mapping[str, str] = field(default_factory=dict, repr=False)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: see :mod:`tsukuba_gis.preview`."""
        from tsukuba_gis.preview import preview_html

        return preview_html(self)
