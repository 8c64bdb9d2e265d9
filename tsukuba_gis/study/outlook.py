"""What a study says of people to come, of flows and of industries: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tsukuba_gis.result import ProjectionMethod
from tsukuba_gis.zones import ZoneKind

Shrinkage = Literal["none", "eb", "parent", "potential"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierTable:
    """Persons by area, sex and age at a date before the records.

    Parameters
    ----------
    year
        When they were counted.
    path
        Table of the city (CSV, Excel): see :func:`tsukuba_gis.io.read_age_tables`.
        None: invented for the bundled register; other records are then not projected.
    zones
        What the table's areas are.
    concordance
        CSV with a column ``area`` (as the table calls it) and one for each
        level, named like its zones: the zone to which the area belongs. None: areas are
        zones of the level ``zones``, by id or name; other levels are not projected.
    """

    year: int
    path: Path | None = None
    zones: ZoneKind = "small_area"
    concordance: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HousingRule:
    """People who are expected in a new housing area.

    ``area`` is a zone of the level ``zones``, by id or name; say it once for each level.
    Their ages are those of the whole city.
    """

    area: str
    year: int
    persons: int
    zones: ZoneKind = "small_area"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionRule:
    """A closed institution: always as full and as old, until it closes.

    ``residents`` is a CSV with ``sex``, ``age_start`` and ``persons``; ``since`` and
    ``closes`` are years.
    """

    area: str
    residents: Path
    zones: ZoneKind = "small_area"
    since: int | None = None
    closes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionRule:
    """How persons by zone, sex and age are projected.

    Parameters
    ----------
    base, until
        Year of the records; last year.
    method
        ``"hamilton_perry"`` takes what happened since an earlier date;
        ``"cohort_component"`` takes survival, fertility and migration from files.
    earlier
        Dates before, the steps as far apart as the last is from the base. The
        last gives the ratios; with the one before, the base is projected as a test.
    shrinkage, cap, reach
        How ratios of few persons are steadied; ``reach`` (metres) is that of ``"potential"``.
    survival, fertility, migration
        CSV files of the cohort component (:func:`tsukuba_gis.io.side_tables.read_rates`); what
        their values are says :class:`tsukuba_gis.cohort.Rates`. No migration: nobody moves.
    boys_per_girl
        Sex ratio at birth of the cohort component.
    control
        CSV with ``year``, ``sex``, ``age_start``, ``age_end``, ``persons``: city
        totals that the zones add up to. ``"published"``: those of the
        bundled register's city. None: the zones are left as they are projected.
    exact
        Levels whose counts by sex and age are those of real people although the
        records are pseudo: other levels of pseudo records take the city's ratios.
    zones
        The level; None: every level that has an earlier date.
    housing, institutions
        Scenarios.
    """

    base: int
    until: int
    earlier: tuple[EarlierTable, ...] = ()
    method: ProjectionMethod = "hamilton_perry"
    shrinkage: Shrinkage = "eb"
    cap: float = 3.0
    reach: float = 1_000.0
    survival: Path | None = None
    fertility: Path | None = None
    migration: Path | None = None
    boys_per_girl: float = 1.05
    control: Path | Literal["published"] | None = None
    exact: tuple[ZoneKind, ...] = ()
    zones: ZoneKind | None = None
    housing: tuple[HousingRule, ...] = ()
    institutions: tuple[InstitutionRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CityTables:
    """A projection of tables without zones.

    Parameters
    ----------
    tables
        Files of persons by area, sex and age (:func:`tsukuba_gis.io.read_age_tables`): the
        earlier and the later date of Hamilton–Perry, or the base of the cohort component.
    until
        Last year.
    from_year, base_year
        Years of the earlier and the last, where their files have several dates or none.
    control
        CSV of city totals.
    pairs
        CSV with ``area`` (in the earlier file) and ``later`` (in the later one).
    places
        CSV with ``place`` (the area), ``lon``, ``lat`` (JGD2011 degrees), for ``"potential"``.
    method, shrinkage, cap, reach, survival, fertility, migration, boys_per_girl
        As in :class:`ProjectionRule`.
    min_count
        Areas with fewer persons are not shown.
    """

    tables: tuple[Path, ...]
    until: int
    method: ProjectionMethod = "hamilton_perry"
    from_year: int | None = None
    base_year: int | None = None
    control: Path | None = None
    pairs: Path | None = None
    places: Path | None = None
    shrinkage: Shrinkage = "eb"
    cap: float = 3.0
    reach: float = 1_000.0
    survival: Path | None = None
    fertility: Path | None = None
    migration: Path | None = None
    boys_per_girl: float = 1.05
    min_count: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSource:
    """A table of flows between places.

    Parameters
    ----------
    path
        CSV or Excel: see :func:`tsukuba_gis.io.read_flows`.
    kind
        Moves of home, or daily trips to work and school.
    period, source
        When, and who published it; shown with the result.
    places
        CSV with ``place``, ``lon``, ``lat`` (JGD2011 degrees), for flow lines, and
        ``population``, for net rates; any of them.
    stated
        Place → ``inflow`` / ``outflow``: totals that the source states; where the rows add
        up to something else, the result says so.
    """

    path: Path
    kind: Literal["migration", "commuting"] = "migration"
    period: str = ""
    source: str = ""
    places: Path | None = None
    stated: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EconomySource:
    """A table of industries: see :func:`tsukuba_gis.io.read_industries`."""

    path: Path
    area: str
    reference: str = ""
    period: str = ""
    source: str = ""
