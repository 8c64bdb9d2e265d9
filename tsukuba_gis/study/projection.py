"""Persons at dates to come: the earlier dates of a study, and the projection of one level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tsukuba_gis.errors import InputError, Problem
from tsukuba_gis.schema import SEXES
from tsukuba_gis.tables import AGE_WIDTH, OPEN_AGE

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.cohort import Concordance, Housing, Institution, Settings
    from tsukuba_gis.io.age_tables import AgeTable, AgeTables
    from tsukuba_gis.records import RecordKind, Records
    from tsukuba_gis.result import Level, Projection
    from tsukuba_gis.study.description import Study
    from tsukuba_gis.study.outlook import EarlierTable, ProjectionRule, TwoTables
    from tsukuba_gis.zones import Zones

# Two counts are in the same season where they are within so many years of whole years apart.
_SAME_SEASON: Final = 0.1


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class History:
    """What is known of the city before and after its records.

    ``tables`` are the earlier dates, by year; ``control`` the city totals to come.
    """

    tables: Mapping[int, tuple[EarlierTable, pd.DataFrame]] = field(repr=False)
    control: pd.DataFrame | None = field(repr=False)


def history_of(study: Study, records: Records) -> History | None:
    """Read the earlier dates of a study; None where it projects nothing."""
    rule = study.projection
    if rule is None:
        return None
    if study.records.path is not None and any(one.path is None for one in rule.earlier):
        return None  # the invented past belongs to the bundled register alone
    tables = {}
    for one in sorted(rule.earlier, key=lambda table: table.year):
        if one.path is None:
            from tsukuba_gis.demo.history import earlier_population

            tables[one.year] = (one, earlier_population(one.year, records, seed=study.seed))
        else:
            from tsukuba_gis.io.age_tables import read_age_tables

            tables[one.year] = (one, read_age_tables(one.path).of_year(one.year).persons)
    return History(tables=tables, control=_control(study, rule, len(records)))


def _control(study: Study, rule: ProjectionRule, size: int) -> pd.DataFrame | None:
    if rule.control == "published":
        from tsukuba_gis.demo.history import city_projection

        return city_projection(size=None if study.records.size is None else size)
    if rule.control is None:
        return None
    from tsukuba_gis.io.side_tables import read_control

    return read_control(Path(rule.control))


def projection_of(
    study: Study,
    level: Level,
    history: History | None,
    *,
    kind: RecordKind,
    bands: pd.DataFrame | None = None,
) -> tuple[Projection | None, list[Problem]]:
    """Project the persons of one level, and say how its zones met those of the earlier dates.

    ``bands`` are those whose counts pseudo records keep (:func:`pseudo_of`); None: no
    pseudo records were made in this study.
    """
    from tsukuba_gis.cohort import Settings, hamilton_perry

    rule, zones = study.projection, level.zones
    if rule is None or history is None or (rule.zones is not None and rule.zones != zones.kind):
        return None, []
    tables: dict[int, pd.DataFrame] = {}
    problems: list[Problem] = []
    for year, (source, table) in history.tables.items():
        met = _on_zones(source, table, zones)
        if met is None:
            return None, []
        tables[year] = met[0]
        problems += met[1]
    settings = Settings(
        shrinkage=rule.shrinkage,
        cap=rule.cap,
        control=history.control,
        events=_events(rule, zones),
        exact=_exact(rule, level, kind, bands),
    )
    *before, last = sorted(tables)
    base = level.population
    future = hamilton_perry(
        tables[last], base, years=(last, rule.base), until=rule.until, settings=settings,
        min_count=study.min_count,
    )  # fmt: skip
    if before:
        future = _tested(future, tables, base, settings=settings)
    return future, problems


def _tested(
    future: Projection,
    tables: Mapping[int, pd.DataFrame],
    base: pd.DataFrame,
    *,
    settings: Settings,
) -> Projection:
    """Return a projection with the errors of projecting its base from the two dates before."""
    from tsukuba_gis.cohort import backtest, with_bounds

    first, last = sorted(tables)[-2:]
    # Where no zone had a ratio of its own, the test has none either.
    if future.borrowed is not None and bool(future.borrowed.to_numpy().all()):
        settings = replace(settings, shrinkage="parent")
    years = (first, last, future.base)
    test = backtest(tables[first], tables[last], base, years=years, settings=settings)
    return with_bounds(future, test)


def _on_zones(
    source: EarlierTable, table: pd.DataFrame, zones: Zones
) -> tuple[pd.DataFrame, list[Problem]] | None:
    """Return an earlier table with the zones of a level for areas; None: they are others."""
    import pandas as pd

    from tsukuba_gis.cohort import carry, concordance

    given = _given(source, zones)
    if given is None and source.zones != zones.kind:
        return None
    labels = zones.ids.to_series()
    if given is None and not table.index.isin(zones.ids).any():
        # By name; of two zones of one name neither is meant.
        labels = zones.names.where(~zones.names.duplicated(keep=False), labels)
    found = concordance(table.index, pd.Index(labels), given=given)
    ids = dict(zip(labels, zones.ids, strict=True))
    carried = carry(table, found).rename(index=ids)
    return carried, [] if source.path is None else _met(found, source.path.name, zones.kind)


def _met(found: Concordance, file: str, kind: str) -> list[Problem]:
    """Say which areas vanished or appeared between the dates."""
    return [
        Problem(
            severity="warning" if key == "projection_vanished" else "info",
            file=file,
            row=None,
            column=None,
            key=key,
            values={"n": len(areas), "kind": kind, "areas": _listed(areas)},
        )
        for key, areas in (
            ("projection_vanished", found.vanished),
            ("projection_appeared", found.appeared),
        )
        if areas
    ]


def _given(source: EarlierTable, zones: Zones) -> dict[str, str] | None:
    """Return the zone of each area, where the study says it."""
    if source.path is None and zones.kind != source.zones:
        from tsukuba_gis.boundaries import load_boundaries

        areas = load_boundaries(source.zones).frame
        if zones.kind not in areas.columns:
            return None
        own = areas[zones.kind]
        return {str(area): str(zone) for area, zone in own.items() if zone in zones.ids}
    if source.concordance is None:
        return None
    from tsukuba_gis.io.side_tables import read_concordance

    return read_concordance(source.concordance, level=zones.kind)


def _listed(names: tuple[str, ...], most: int = 10) -> str:
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")


def _events(rule: ProjectionRule, zones: Zones) -> tuple[Housing | Institution, ...]:
    """Return the scenarios of one level."""
    from tsukuba_gis.cohort import Housing, Institution
    from tsukuba_gis.io.side_tables import read_residents

    named = {name: zone for zone, name in zones.names[~zones.names.duplicated(keep=False)].items()}
    known = {**named, **{zone: zone for zone in zones.ids}}

    def zone(area: str) -> str:
        if area not in known:
            raise InputError("cohort_area_unknown", area=area)
        return str(known[area])

    new = [
        Housing(area=zone(one.area), year=one.year, persons=one.persons)
        for one in rule.housing
        if one.zones == zones.kind
    ]
    closed = [
        Institution(
            area=zone(one.area), residents=read_residents(one.residents), since=one.since,
            closes=one.closes,
        )
        for one in rule.institutions
        if one.zones == zones.kind
    ]  # fmt: skip
    return (*new, *closed)


def _exact(
    rule: ProjectionRule, level: Level, kind: RecordKind, bands: pd.DataFrame | None
) -> pd.DataFrame | None:
    """Return which counts of pseudo records are those of real people; None: all are."""
    if kind != "pseudo":
        return None
    known = level.population.notna()
    if level.zones.kind in rule.exact:
        return known
    names = [*level.zones.ids, *level.zones.names]
    named = dict(zip(names, [*level.zones.ids] * 2, strict=True))
    if bands is None or not set(bands["cluster"]) <= set(named):
        return known & False
    cells = known & False
    for (cluster, sex), own in bands.groupby(["cluster", "sex"]):
        starts = set(own["start"].astype(int))
        for age in cells[str(sex)].columns if str(sex) in SEXES else ():
            ends = age == OPEN_AGE or age + AGE_WIDTH in starts
            cells.loc[named[str(cluster)], (str(sex), age)] = age in starts and ends
    return cells & known


def project_tables(given: TwoTables) -> tuple[Projection, list[Problem]]:
    """Project tables of a city without zones, and say what was found in them.

    Raises
    ------
    InputError
        If a file cannot be used, or its year is not clear.
    """
    from tsukuba_gis.cohort import Settings, carry, concordance, hamilton_perry
    from tsukuba_gis.io.age_tables import read_age_tables
    from tsukuba_gis.io.side_tables import read_concordance, read_control

    files = [read_age_tables(path) for path in (given.earlier, given.later)]
    problems = [*files[0].problems, *(files[1].problems if given.later != given.earlier else ())]
    first, start = _dated(files[0], given.from_year)
    second, base = _dated(files[1], given.base_year)
    problems += _apart(first, second, base - start, file=given.later.name)
    pairs = None if given.pairs is None else read_concordance(given.pairs, level="later")
    found = concordance(first.persons.index, second.persons.index, given=pairs)
    problems += _met(found, given.earlier.name, "area")
    settings = Settings(
        shrinkage=given.shrinkage,
        cap=given.cap,
        control=None if given.control is None else read_control(given.control),
    )
    projection = hamilton_perry(
        carry(first.persons, found), second.persons, years=(start, base), until=given.until,
        settings=settings, min_count=given.min_count,
    )  # fmt: skip
    return projection, problems


def _dated(file: AgeTables, year: int | None) -> tuple[AgeTable, int]:
    """Return the table that is meant, and its year."""
    if year is None and len(file.tables) == 1:
        date = file.tables[0].date
        year = None if date is None else date.year
    if year is None:
        raise InputError("age_table_no_date", path=file.source)
    return file.of_year(year), year


def _apart(first: AgeTable, second: AgeTable, years: int, *, file: str) -> list[Problem]:
    """Say so where two dates are not whole years apart."""
    if first.date is None or second.date is None:
        return []
    real = (second.date - first.date).days / 365.25
    if abs(real - years) < _SAME_SEASON:
        return []
    values = {"first": str(first.date), "second": str(second.date), "years": years,
              "real": f"{real:.1f}"}  # fmt: skip
    return [
        Problem(severity="warning", file=file, row=None, column=None, key="age_table_apart",
                values={"path": file, **values})
    ]  # fmt: skip
