"""The result of a study: one object that every writer reads.

Nothing in here holds a person: a :class:`Result` is what may leave the step
that sees records, and maps, report, workbook and GeoPackage are made from it
alone, so that they cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

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
OutputFormat = Literal["html", "xlsx", "gpkg", "csv"]
FORMATS: tuple[OutputFormat, ...] = ("html", "xlsx", "gpkg", "csv")

# The order in which classes stand in every legend, table and style.
LISA_CLASSES: tuple[LisaClass, ...] = ("HH", "HL", "LH", "LL", "ns", "island", "missing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """What one number per zone means; travels with the number into every output.

    ``share`` is 0–1 inside the package and percent on the page. ``label`` and
    ``definition`` are keyed by language.
    """

    name: str
    unit: Unit
    label: Mapping[Language, str]
    definition: Mapping[Language, str]
    digits: int = 1


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Moran:
    """Global Moran's I of one indicator.

    ``p`` is two-sided, from ``permutations`` random permutations under
    ``seed``; ``z`` is from the moments under randomisation. All are NaN where
    the statistic is not defined (fewer than three zones with data, or all
    values equal).
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


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LocalMoran:
    """Local Moran's I (LISA) of one indicator.

    ``frame`` has the index ``zone_id`` and the columns ``i`` (statistic), ``z``
    (standardised value), ``lag`` (mean standardised value of the neighbours),
    ``p`` (two-sided pseudo p), ``p_fdr`` (Benjamini–Hochberg) and ``cluster``
    (one of :data:`LISA_CLASSES`, at ``p_fdr`` ≤ ``alpha`` when ``fdr``, else at
    ``p`` ≤ ``alpha``), ``neighbours`` (number with data) and ``p_floor`` (the
    smallest p that the zone could have had).
    """

    indicator: str
    frame: pd.DataFrame = field(repr=False)
    alpha: float
    fdr: bool
    permutations: int
    seed: int
    weights: str
    alternative: Literal["two-sided", "directed"] = "two-sided"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Association:
    """A global statistic of spatial association other than Moran's I of one indicator.

    ``statistic`` names it (``"geary"``, ``"getis_ord_g"``, ``"bivariate_moran"``,
    ``"lee"`` …); ``indicator`` holds the one or two names. ``z`` is positive where
    like values are neighbours. ``expected``, ``variance`` and ``z`` are NaN where
    there are no moments in closed form.
    """

    statistic: str
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


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LocalAssociation:
    """A local statistic other than local Moran's I.

    ``frame`` has the index ``zone_id`` and at least the columns ``value``, ``p``,
    ``p_fdr``, ``p_floor``, ``neighbours`` and ``cluster`` (``"ns"``, ``"island"``
    and ``"missing"`` beside the classes of the statistic).
    """

    statistic: str
    indicator: tuple[str, ...]
    frame: pd.DataFrame = field(repr=False)
    alpha: float
    fdr: bool
    permutations: int
    seed: int
    weights: str
    alternative: Literal["two-sided", "directed", "greater"] = "two-sided"


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
    """

    zones: Zones
    population: pd.DataFrame = field(repr=False)
    values: pd.DataFrame = field(repr=False)
    masks: pd.DataFrame = field(repr=False)
    total: pd.Series[float] = field(repr=False)
    moran: Mapping[str, Moran]
    lisa: Mapping[str, LocalMoran]
    match: MatchReport


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
    municipalities): name → geometry in the CRS of the first level.
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
