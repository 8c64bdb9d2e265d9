"""What a study is: inputs, zones, indicators, statistics and outputs, all in plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

from tsukuba_gis.correlation.pairs import Adjustment, Correction
from tsukuba_gis.indicators import SevereCare
from tsukuba_gis.io.polygons import Fix
from tsukuba_gis.messages import LANGUAGES, Language, text
from tsukuba_gis.rates.bayes import Centring
from tsukuba_gis.records import RecordKind
from tsukuba_gis.result import (
    DEFAULT_FORMATS,
    LOCAL_CLASSES,
    CorrelationMethod,
    GlobalStatistic,
    LocalStatistic,
    OutputFormat,
    RateMethod,
    RegressionModel,
    TileSource,
)
from tsukuba_gis.study.outlook import EarlierTable, EconomySource, FlowSource, ProjectionRule
from tsukuba_gis.zones import ZoneKind

if TYPE_CHECKING:
    import datetime as dt

    from tsukuba_gis.pseudo.spec import Spec

DEMO_SEED: Final = 20190401

# What can be asked for beside Moran's I and local Moran, which every rate gets. Join counts need
# classes, which indicators are not.
STATISTICS: Final = tuple(
    name for name in get_args(GlobalStatistic) if name not in ("moran", "join_counts")
)
LOCAL_STATISTICS: Final = tuple(
    name for name in LOCAL_CLASSES if name not in ("local_moran", "local_join_counts")
)
# Those that take two indicators or more.
OF_GROUPS: Final = ("bivariate_moran", "lee", "local_bivariate_moran", "local_multivariate_geary")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSource:
    """Where the persons come from: a file of the user, or the bundled invented register.

    Parameters
    ----------
    path
        CSV, Excel, Parquet, GeoPackage or GeoJSON. None: the bundled register.
    kind
        What the records are; a user's file must say so.
    roles
        Role → column, where the alias table does not find a column by itself.
    sheet, layer
        Which sheet of a workbook, which layer of a GeoPackage.
    crs
        CRS of the coordinates, where the file does not say.
    on_error
        ``"stop"``: a faulty row stops the run. ``"skip"``: it is left out, counted and listed.
    reference_date
        Day on which ages are counted when the file holds birth dates.
    size
        Persons of the bundled register; None: all of them.
    """

    path: Path | None = None
    kind: RecordKind = "invented"
    roles: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    layer: str | None = None
    crs: str | None = None
    on_error: Literal["stop", "skip"] = "stop"
    reference_date: dt.date | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneSource:
    """Where one set of zones comes from, and how the records meet it.

    Parameters
    ----------
    kind
        What a zone is.
    path
        The user's polygon file. None: the bundled approximate boundaries.
    layer, id, name, crs
        Layer, columns of the zone id and name, and CRS, where the file does not say.
    match
        ``"point"``: by the home point. ``"code"``: by the value of a column
        (zone id or name). None: by point where the records have points.
    column
        Role of that column; by default the one named like ``kind``.
    nearest
        Points outside every zone go to the nearest one within so many metres; 0: never.
    fixes
        What to mend in the polygon file: ``"swap_axes"`` (latitude stands
        first), ``"drop_water"`` (leave out the water surfaces of e-Stat files).
    """

    kind: ZoneKind = "school_district"
    path: Path | None = None
    layer: str | None = None
    id: str | None = None  # the study file's own word for the column
    name: str | None = None
    crs: str | None = None
    match: Literal["point", "code"] | None = None
    column: str | None = None
    nearest: float = 0.0
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionRule:
    """How zones are put together into regions.

    Parameters
    ----------
    indicators
        What makes zones alike; each is divided by its standard deviation.
    k
        How many regions. None: as many as ``floor`` allows.
    floor
        The least number of persons in each region; None: no floor.
    zones
        The level; None: every level.
    """

    indicators: tuple[str, ...]
    k: int | None = None
    floor: int | None = None
    zones: ZoneKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRule:
    """How a share is made comparable between zones.

    Parameters
    ----------
    indicator
        One of :data:`tsukuba_gis.indicators.SHARES`.
    method
        ``"crude"``, ``"direct"``, ``"indirect"``, ``"eb_global"`` or ``"eb_local"``.
    standard
        Of ``"direct"``: a model population (:data:`tsukuba_gis.rates.MODEL_POPULATIONS`), or
        ``"city"``: all zones together. ``"indirect"`` has the city's rates.
    centring
        Of ``"eb_local"``: see :func:`tsukuba_gis.rates.eb_local`.
    zones
        The level; None: every level.
    """

    indicator: str
    method: RateMethod = "indirect"
    standard: str = "japan_1985"
    centring: Centring = "spdep"
    zones: ZoneKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationRule:
    """Which indicators are correlated; of more than two, every pair.

    Parameters
    ----------
    indicators, given
        Names; ``given`` are held constant (``method = "partial"``).
    method, adjustment, correction
        See :func:`tsukuba_gis.correlation.correlate_pairs`.
    zones
        The level; None: every level.
    """

    indicators: tuple[str, ...]
    method: CorrelationMethod = "pearson"
    given: tuple[str, ...] = ()
    adjustment: Adjustment = "dutilleul"
    correction: Correction = "holm"
    zones: ZoneKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionRule:
    """A regression over the zones.

    Parameters
    ----------
    outcome, explanatory
        Names of indicators. A model of events (``"poisson"``, ``"negative_binomial"``)
        counts the persons of its outcome, a share, and takes those at risk as offset.
    model
        See :func:`tsukuba_gis.regression.regress`.
    zones
        The level; None: every level.
    """

    outcome: str
    explanatory: tuple[str, ...]
    model: RegressionModel = "ols"
    zones: ZoneKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """All that a run needs; the same study gives the same result, byte for byte.

    Parameters
    ----------
    title
        Shown on every output, by language.
    records, zones
        The inputs; one :class:`ZoneSource` a level, the first is shown first.
    indicators
        Names from :data:`tsukuba_gis.indicators.INDICATORS`; empty: all that
        the columns allow.
    severe
        What heavy care means.
    min_count
        Smallest denominator that is shown.
    classes
        How the classes of an indicator are cut on maps and in tables, where not by quantiles:
        a scheme of :func:`tsukuba_gis.classes.breaks`, or inner edges (a share is 0–1).
    weights
        Which zones are neighbours: see :func:`tsukuba_gis.weights.weights_of`.
    permutations, alpha, fdr
        Of the local Moran statistics. The global one takes at most 9,999
        permutations: it is one test, so its p needs no finer grain.
    alternative
        ``"two-sided"``, or ``"directed"`` to compare with GeoDa and esda: see
        :func:`tsukuba_gis.autocorrelation.local_moran`. An exact statistic keeps its own tail.
    statistics, local_statistics
        Further statistics, beside Moran's I and local Moran: names from :data:`STATISTICS` and
        :data:`LOCAL_STATISTICS`. Of every rate; those of empirical Bayes rates of every
        share; those of two or more indicators of ``together``.
    together
        Groups of indicators that are looked at together: a statistic of two takes every pair
        of a group, in its order; one of several the whole group.
    regions
        Put the zones together into regions; None: not.
    projection
        Project persons by sex and age; None: not.
    rates, correlations, regressions
        What to compute beside the indicators, in this order.
    age_curves
        Shares of which the change with age is wanted.
    flows, economy
        Tables of flows between places, and of industries, that go with the result.
    lang
        Language of names of files and of the page when opened.
    seed
        Of everything random.
    outputs
        What to write.
    tiles
        Background of the page's maps from the network: the page then loads pictures from that
        one server, which sees what part of the map is looked at. None: it loads nothing.
    pseudo
        Make pseudo-citizen records first, by these rules, and study those: the
        records themselves are then seen by nothing but the measuring. None: as
        they are.
    certify
        Measure the pseudo records against the people they stand for, and show
        the certificate with the result.
    """

    title: Mapping[Language, str]
    records: RecordSource = field(default_factory=RecordSource)
    zones: tuple[ZoneSource, ...] = (
        ZoneSource(kind="school_district"),
        ZoneSource(kind="small_area"),
    )
    indicators: tuple[str, ...] = ()
    severe: SevereCare = "care3-5"
    min_count: int = 10
    classes: Mapping[str, str | tuple[float, ...]] = field(default_factory=dict)
    weights: str = "queen"
    permutations: int = 99_999
    alpha: float = 0.05
    fdr: bool = True
    alternative: Literal["two-sided", "directed"] = "two-sided"
    statistics: tuple[GlobalStatistic, ...] = ()
    local_statistics: tuple[LocalStatistic, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    regions: RegionRule | None = None
    projection: ProjectionRule | None = None
    rates: tuple[RateRule, ...] = ()
    correlations: tuple[CorrelationRule, ...] = ()
    regressions: tuple[RegressionRule, ...] = ()
    age_curves: tuple[str, ...] = ()
    flows: tuple[FlowSource, ...] = ()
    economy: EconomySource | None = None
    lang: Language = "ja"
    seed: int = DEMO_SEED
    outputs: tuple[OutputFormat, ...] = DEFAULT_FORMATS
    tiles: TileSource | None = None
    pseudo: Spec | None = None
    certify: bool = False


def demo_study(
    *,
    seed: int = DEMO_SEED,
    size: int | None = None,
    lang: Language = "ja",
    pseudo: bool = False,
) -> Study:
    """Return the study of the bundled, invented register on the bundled, approximate zones.

    Parameters
    ----------
    seed
        Of everything random.
    size
        Persons; None: all, about 227,000.
    lang
        Of the outputs.
    pseudo
        Take the register for a confidential one: make pseudo-citizen records
        from it, study those, and certify them.

    Examples
    --------
    >>> demo_study(lang="en").title["en"]
    'Tsukuba City: statistics by district (demo)'
    """
    from tsukuba_gis.pseudo.spec import Spec

    return Study(
        title={lang: text("demo_title", lang) for lang in LANGUAGES},
        records=RecordSource(size=size),
        seed=seed,
        lang=lang,
        regions=RegionRule(
            indicators=("share_65plus", "ratio_65_10"), k=4, zones="school_district"
        ),
        projection=ProjectionRule(
            base=2015,
            until=2040,
            earlier=(EarlierTable(year=2005), EarlierTable(year=2010)),
            control="published",
        ),
        rates=(
            RateRule(indicator="share_severe_care", method="crude"),
            RateRule(indicator="share_severe_care", method="indirect"),
            RateRule(indicator="share_severe_care", method="eb_local"),
            RateRule(indicator="share_severe_care", method="direct", zones="school_district"),
        ),
        correlations=(
            CorrelationRule(indicators=("share_75plus", "share_severe_care", "share_living_alone")),
        ),
        regressions=_demo_regressions(),
        age_curves=("share_severe_care", "share_severe_of_certified"),
        pseudo=Spec.tsukuba() if pseudo else None,
        certify=pseudo,
    )


def _demo_regressions() -> tuple[RegressionRule, ...]:
    """Return the regressions of the demo, where the libraries for them are installed."""
    from importlib.util import find_spec

    if find_spec("statsmodels") is None or find_spec("spreg") is None:
        return ()
    explanatory = ("share_75plus", "share_living_alone")
    models: tuple[RegressionModel, ...] = ("ols", "lag", "negative_binomial")
    return tuple(
        RegressionRule(
            outcome="share_severe_care", explanatory=explanatory, model=model, zones="small_area"
        )
        for model in models
    )
