"""The tables of a report: made once, written as CSV, as sheets and as layers.

One row a zone (or zone and sex, or zone and indicator); the columns are those of
:mod:`tsukuba_gis.report.columns`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tsukuba_gis.messages import Language, text
from tsukuba_gis.report.age_tables import age_tables, age_zones
from tsukuba_gis.report.columns import (
    Column,
    Table,
    given,
    keys,
    meaning,
    numbers,
    plain,
    repeated,
    shown,
    symbols,
    words,
)
from tsukuba_gis.report.flow_tables import economy_table, flow_tables
from tsukuba_gis.report.projection_tables import age_labels, projection_tables
from tsukuba_gis.report.rate_tables import rate_tables
from tsukuba_gis.report.readings import readings
from tsukuba_gis.report.region_tables import region_tables
from tsukuba_gis.report.statistic_tables import statistic_tables

if TYPE_CHECKING:
    from tsukuba_gis.result import Indicator, Level, Result


@lru_cache(maxsize=1)  # workbook, layers and CSV ask for the same ones, one after the other
def tables(result: Result, lang: Language | None = None) -> tuple[Table, ...]:
    """Return all tables of a result, in the order in which they are read.

    Parameters
    ----------
    result
        Outcome of a study.
    lang
        Of names and labels; None: the result's.
    """
    lang = lang or result.lang
    names = level_names(result, lang)
    levels = list(enumerate(result.levels))
    made = [
        *(_zones(level, number, names[number], result, lang) for number, level in levels),
        *(_ages(level, names[number], lang) for number, level in levels),
        *statistic_tables(result, names, lang),
        *age_tables(result, lang),
        readings(result, names, lang),
        *rate_tables(result, names, lang),
        *_of_levels(result, names, lang),
        *_of_city(result, lang),
        _definitions(result, names, lang),
        _matching(result, names, lang),
        _problems(result, lang),
    ]
    held = [table for table in made if len(table.columns[0].cells)]
    return (*held, _dictionary(result, held, lang))


def _of_levels(result: Result, names: list[str], lang: Language) -> list[Table]:
    """Return shares by age, regions, then persons to come, of the levels that have them."""
    made: list[Table] = []
    for number, level in enumerate(result.levels):
        made += [age_zones(level, names[number], result, lang)] if level.age_curves else []
        made += region_tables(level, number, names[number], result, lang) if level.regions else ()
    for number, level in enumerate(result.levels):
        if level.projection is not None:
            made += projection_tables(level, level.projection, number, names[number], lang)
    return made


def _of_city(result: Result, lang: Language) -> list[Table]:
    """Return flows and industries."""
    made: list[Table] = []
    for number, flows in enumerate(result.flows, start=1):
        made += flow_tables(flows, number if len(result.flows) > 1 else 0, lang)
    return made if result.economy is None else [*made, economy_table(result.economy, lang)]


def level_names(result: Result, lang: Language) -> list[str]:
    """Return what each level is called; a second one of the same kind gets a number.

    The names are fit for files and sheets.
    """
    names: list[str] = []
    for level in result.levels:
        name = text(f"page_level_{level.zones.kind}", lang)
        same = sum(other.zones.kind == level.zones.kind for other in result.levels[: len(names)])
        names.append(f"{name}{same + 1}" if same else name)
    return names


def _value(one: Indicator, level: Level, lang: Language) -> Column:
    return Column(
        name=one.name,
        label=plain(one.label[lang], lang),
        cells=shown(level.values[one.name]),
        digits=one.digits,
        indicator=one,
        meaning=plain(one.definition[lang], lang),
    )


def _zones(level: Level, number: int, name: str, result: Result, lang: Language) -> Table:
    signs = [
        Column(
            name=f"symbol_{one.name}",
            label=plain(text("table_symbol_of", lang, label=one.label[lang]), lang),
            cells=symbols(level.masks[one.name]),
            meaning=text("meaning_symbol", lang),
        )
        for one in result.indicators
        if (level.masks[one.name] != "").any()
    ]
    return Table(
        kind="zones",
        name=text("table_zones", lang, level=name),
        level=number,
        columns=(
            *keys(level, lang),
            *(_value(one, level, lang) for one in result.indicators),
            *signs,
        ),
    )


def _ages(level: Level, name: str, lang: Language) -> Table:
    """One row a zone and sex, one column an age group."""
    population = level.population
    sexes = list(dict.fromkeys(population.columns.get_level_values(0)))
    groups = [
        numbers(
            f"age_{start}",
            population[[(sex, start) for sex in sexes]].to_numpy().ravel(),
            lang,
            label=label,
            unit="persons",
            meaning=meaning("ages", lang),
        )
        for start, label in age_labels(population, lang).items()
    ]
    said = [text(f"page_sex_{sex}", lang) for sex in sexes] * len(level.zones)
    return Table(
        kind="ages",
        name=text("table_ages", lang, level=name),
        columns=(
            *repeated(keys(level, lang), each=len(sexes)),
            words("sex", said, lang),
            *groups,
        ),
    )


def _definitions(result: Result, names: list[str], lang: Language) -> Table:
    """One row an indicator: what it means, in what unit, and the value of the whole city."""
    some = result.indicators
    totals = [
        Column(
            name=f"total_{number}",
            label=text("table_total", lang, level=name),
            cells=shown([level.total[one.name] for one in some]),
            digits=4,
            meaning=meaning("total", lang),
        )
        for number, (name, level) in enumerate(zip(names, result.levels, strict=True))
    ]
    units = [
        Column(name="", label="", cells=(), indicator=one).unit_name(lang, percent=False)
        for one in some
    ]
    return Table(
        kind="definitions",
        name=text("table_definitions", lang),
        columns=(
            given("key", [one.name for one in some], lang),
            words("indicator", [one.label[lang] for one in some], lang),
            words("unit", units, lang),
            words("definition", [one.definition[lang] for one in some], lang),
            *totals,
        ),
    )


def _matching(result: Result, names: list[str], lang: Language) -> Table:
    """One row a level: how the records met the zones."""
    reports = [level.match for level in result.levels]
    counts = ("records", "matched", "on_border", "outside", "nearest", "missing")
    return Table(
        kind="matching",
        name=text("table_matching", lang),
        columns=(
            words("level", names, lang),
            given("zones_source", [level.zones.source for level in result.levels], lang),
            words("method", [text(f"table_by_{one.method}", lang) for one in reports], lang),
            *(numbers(key, [getattr(one, key) for one in reports], lang) for key in counts),
        ),
    )


def _problems(result: Result, lang: Language) -> Table:
    """One row a fault of an input."""
    some = result.problems
    return Table(
        kind="problems",
        name=text("table_problems", lang),
        columns=(
            words("severity", [text(f"page_severity_{one.severity}", lang) for one in some], lang),
            given("file", [one.file for one in some], lang),
            Column(
                name="row",
                label=text("table_row", lang),
                cells=[one.row for one in some],
                meaning=meaning("row", lang),
            ),
            given("column", [one.column or "" for one in some], lang),
            given("message", [text(one.key, lang, **one.values) for one in some], lang),
        ),
    )


def _dictionary(result: Result, held: list[Table], lang: Language) -> Table:
    """One row a column of every table: what it is, its unit, how it is made, from what."""
    rows = [(table, column) for table in held for column in table.columns]
    record = text(f"table_from_{result.kind}", lang)
    return Table(
        kind="dictionary",
        name=text("table_dictionary", lang),
        columns=(
            given("table", [table.name for table, _ in rows], lang),
            given("item", [column.label for _, column in rows], lang),
            given("key", [column.name for _, column in rows], lang),
            words(
                "unit",
                [
                    column.unit_name(lang, percent=False) or text("table_unit_none", lang)
                    for _, column in rows
                ],
                lang,
            ),
            words(
                "formula",
                [column.meaning or column.label for _, column in rows],
                lang,
            ),
            given(
                "source", [_source(table, column, result, record) for table, column in rows], lang
            ),
        ),
    )


def _source(table: Table, column: Column, result: Result, record: str) -> str:
    """Return what a column's numbers come from: zones, flows, industries, or the records."""
    if column.name in ("zone_id", "name") and table.level is not None:
        return result.levels[table.level].zones.source
    if table.kind in ("pairs", "places"):
        return " / ".join(dict.fromkeys(flows.source for flows in result.flows))
    if table.kind == "economy" and result.economy is not None:
        return result.economy.source
    return record
