"""Persons at dates to come: the earlier dates of a study, and the projection of one level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tsukuba_gis.errors import InputError, Problem
from tsukuba_gis.schema import SEXES
from tsukuba_gis.study.ingredients import (
    distances_between,
    distances_of,
    ids_by_name,
    rates_of,
)
from tsukuba_gis.tables import AGE_WIDTH, OPEN_AGE

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.cohort import Concordance, Housing, Institution, Settings
    from tsukuba_gis.io.age_tables import AgeTable, AgeTables
    from tsukuba_gis.records import RecordKind, Records
    from tsukuba_gis.result import Level, Projection
    from tsukuba_gis.study.description import Study
    from tsukuba_gis.study.outlook import CityTables, EarlierTable, ProjectionRule
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
    if rule.method == "cohort_component":
        return _component(rule, level, history, min_count=study.min_count), []
    tables: dict[int, pd.DataFrame] = {}
    problems: list[Problem] = []
    for year, (source, table) in history.tables.items():
        met = _on_zones(source, table, zones)
        if met is None:
            return None, []
        tables[year] = met[0]
        problems += met[1]
    potential = rule.shrinkage == "potential"
    settings = Settings(
        shrinkage=rule.shrinkage,
        cap=rule.cap,
        distance=distances_of(zones, reach=rule.reach) if potential else None,
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


def _component(
    rule: ProjectionRule, level: Level, history: History, *, min_count: int
) -> Projection:
    """Project the persons of one level by survival, fertility and migration."""
    from tsukuba_gis.cohort import cohort_component

    rates = rates_of(rule, areas=ids_by_name(level.zones), base=rule.base, width=AGE_WIDTH)
    return cohort_component(
        level.population, rates, start=rule.base, control=history.control,
        events=_events(rule, level.zones), min_count=min_count,
    )  # fmt: skip


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
    years, launch = (first, last, future.base), tables[last]
    if settings.distance is not None:  # areas that vanished have no place
        launch = launch.loc[base.index.intersection(launch.index, sort=False)]
        rows = base.index.get_indexer(launch.index)
        settings = replace(settings, distance=settings.distance[rows][:, rows])
    test = backtest(tables[first], launch, base, years=years, settings=settings)
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

    known = ids_by_name(zones)

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


def project_tables(given: CityTables) -> tuple[Projection, list[Problem]]:
    """Project tables of a city without zones, and say what was found in them.

    Raises
    ------
    InputError
        If a file cannot be used, its year is not clear, or the method lacks a file.
    """
    needed = 1 if given.method == "cohort_component" else 2
    if len(given.tables) != needed:
        raise InputError(f"projection_tables_{given.method}")
    return _table_by_rates(given) if needed == 1 else _tables_by_change(given)


def _table_by_rates(given: CityTables) -> tuple[Projection, list[Problem]]:
    from tsukuba_gis.cohort import cohort_component
    from tsukuba_gis.io.age_tables import read_age_tables

    file = read_age_tables(given.tables[0])
    table, base = _dated(file, given.base_year)
    names, starts = table.persons.index, table.persons.columns.get_level_values(1)
    width = int(starts[starts > 0].min())
    rates = rates_of(given, areas={str(one): str(one) for one in names}, base=base, width=width)
    projection = cohort_component(
        table.persons, rates, start=base, control=_control_of(given), min_count=given.min_count
    )
    return projection, list(file.problems)


def _tables_by_change(given: CityTables) -> tuple[Projection, list[Problem]]:
    from tsukuba_gis.cohort import Settings, carry, concordance, hamilton_perry
    from tsukuba_gis.io.age_tables import read_age_tables
    from tsukuba_gis.io.side_tables import read_concordance

    earlier, later = given.tables
    files = [read_age_tables(path) for path in given.tables]
    problems = [*files[0].problems, *(files[1].problems if later != earlier else ())]
    first, start = _dated(files[0], given.from_year)
    second, base = _dated(files[1], given.base_year)
    problems += _apart(first, second, base - start, file=later.name)
    pairs = None if given.pairs is None else read_concordance(given.pairs, level="later")
    names = second.persons.index
    found = concordance(first.persons.index, names, given=pairs)
    problems += _met(found, earlier.name, "area")
    distance = None
    if given.shrinkage == "potential":
        distance = distances_between(given.places, names, reach=given.reach)
    settings = Settings(
        shrinkage=given.shrinkage, cap=given.cap, distance=distance, control=_control_of(given)
    )
    projection = hamilton_perry(
        carry(first.persons, found), second.persons, years=(start, base), until=given.until,
        settings=settings, min_count=given.min_count,
    )  # fmt: skip
    return projection, problems


def _control_of(given: CityTables) -> pd.DataFrame | None:
    from tsukuba_gis.io.side_tables import read_control

    return None if given.control is None else read_control(given.control)


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
