"""A study's outcome: what its numbers mean, its levels, and where they come from."""

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
    from tsukuba_gis.result.association import Association, LocalAssociation, LocalMoran, Moran
    from tsukuba_gis.result.people import AgeCurve, Projection, Rate
    from tsukuba_gis.result.places import Economy, Flows, Regions
    from tsukuba_gis.result.relations import Correlation, Regression
    from tsukuba_gis.zones import Zones

Unit = Literal["persons", "households", "share", "ratio", "per_km2", "yen", "mm_hg", "kg_m2"]
MaskReason = Literal["", "zero", "small", "missing"]

# What a result can be written as; the folder may hold one or all.
OutputFormat = Literal["html", "xlsx", "gpkg", "csv", "figures", "pdf"]
FORMATS: tuple[OutputFormat, ...] = ("html", "xlsx", "gpkg", "csv", "figures", "pdf")
# What is written unless a study says otherwise: the other two need more than the package itself.
DEFAULT_FORMATS: tuple[OutputFormat, ...] = ("html", "xlsx", "gpkg", "csv")

# Backgrounds from the network that a page may be opened to; none unless it is asked for.
TileSource = Literal["gsi", "gsi_std", "gsi_relief", "osm"]


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
