"""Persons at dates to come: the earlier dates of a study, and the projection of one level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tsukuba_gis.errors import Problem

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.records import RecordKind, Records
    from tsukuba_gis.result import Level, Projection
    from tsukuba_gis.study.description import EarlierTable, ProjectionRule, Study
    from tsukuba_gis.zones import Zones


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
    study: Study, level: Level, history: History | None, *, kind: RecordKind
) -> tuple[Projection | None, list[Problem]]:
    """Project the persons of one level, and say how its zones met those of the earlier dates."""
    from tsukuba_gis.cohort import Settings, backtest, hamilton_perry, with_bounds

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
        exact=_exact(study, rule, level, kind),
    )
    *before, last = sorted(tables)
    base = level.population
    future = hamilton_perry(
        tables[last], base, years=(last, rule.base), until=rule.until, settings=settings,
        min_count=study.min_count,
    )  # fmt: skip
    if before:
        test = backtest(
            tables[before[-1]], tables[last], base, years=(before[-1], last, rule.base),
            settings=settings,
        )  # fmt: skip
        future = with_bounds(future, test)
    return future, problems


def _on_zones(
    source: EarlierTable, table: pd.DataFrame, zones: Zones
) -> tuple[pd.DataFrame, list[Problem]] | None:
    """Return an earlier table with the zones of a level for areas; None: they are others."""
    from tsukuba_gis.cohort import carry, concordance

    given = _given(source, zones)
    if given is None and source.zones != zones.kind:
        return None
    named = zones.names
    once = named[~named.duplicated(keep=False)]
    by_name = {str(name): str(zone) for zone, name in once.items() if name in table.index}
    found = concordance(table.index, zones.ids, given=by_name if given is None else given)
    if source.path is None:
        return carry(table, found), []
    told = [
        Problem(
            severity="warning" if key == "projection_vanished" else "info",
            file=source.path.name,
            row=None,
            column=None,
            key=key,
            values={"n": len(areas), "kind": zones.kind, "areas": _listed(areas)},
        )
        for key, areas in (
            ("projection_vanished", found.vanished),
            ("projection_appeared", found.appeared),
        )
        if areas
    ]
    return carry(table, found), told


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


def _exact(
    study: Study, rule: ProjectionRule, level: Level, kind: RecordKind
) -> pd.DataFrame | None:
    """Return which counts of pseudo records are those of real people; None: all are."""
    if kind != "pseudo":
        return None
    declared = set(rule.exact)
    if study.pseudo is not None:
        declared.add(study.pseudo.cluster)  # type: ignore[arg-type]
    return level.population.notna() & (level.zones.kind in declared)


def files(rule: ProjectionRule) -> list[Path]:
    """Return the files that a projection is made from."""
    paths = [path for one in rule.earlier for path in (one.path, one.concordance)]
    paths.append(rule.control if isinstance(rule.control, Path) else None)
    return [path for path in paths if path is not None]


def plain(rule: ProjectionRule) -> dict[str, object]:
    """Return the rule in plain values; files by their names."""
    settings = asdict(rule)
    for one in settings["earlier"]:
        for key in ("path", "concordance"):
            one[key] = one[key] and one[key].name
    if isinstance(rule.control, Path):
        settings["control"] = rule.control.name
    return settings
