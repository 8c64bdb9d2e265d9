"""The workbook's own charts: pyramids, persons to come, ranking, scatter; and their numbers.

Charts stand on a sheet of their own, and read their numbers from data sheets (rule 1-8 of
総務省「統計表における機械判読可能なデータの表記方法の統一ルール」). Each tells its unit, its n and
the notices in its title, for a chart is copied without its sheet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.classes import COUNT_UNITS
from tsukuba_gis.messages import Language, text
from tsukuba_gis.report.columns import Column, Table, given, numbers, plain, said, words
from tsukuba_gis.report.projection_tables import age_labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

    from tsukuba_gis.result import Level, Result

_BARS: Final = 40  # more bars than these cannot be read
_SIZE: Final = {"width": 640, "height": 520}
_PLACES: Final = ((0, 0), (0, 10), (27, 0), (27, 10), (54, 0), (54, 10))  # row, column
_SEX_COLOURS: Final = {"male": "#4575b4", "female": "#d6604d"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series:
    """One series: what it is called, and the columns of a table that hold its numbers."""

    table: Table
    across: str
    up: str
    colour: str
    second_axis: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chart:
    """One chart: its kind, its title, its axes and its series."""

    kind: str
    title: str
    series: tuple[_Series, ...]
    across: Mapping[str, Any]
    up: Mapping[str, Any]
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Charts:
    """The charts of a workbook, and the tables that only they need."""

    data: tuple[Table, ...]
    drawn: tuple[_Chart, ...]

    def draw(self, book: Workbook, sheet: Worksheet, names: Mapping[str, str], notice: str) -> None:
        """Draw them on a sheet, two side by side; ``names`` is the sheet of each table."""
        for place, one in zip(_PLACES, self.drawn, strict=False):
            chart = _made(book, one, names, notice)
            sheet.insert_chart(*place, chart, {"description": f"{one.title} {notice}"})


def charts(result: Result, made: tuple[Table, ...], lang: Language) -> Charts:
    """Return the charts that a result allows: of its first level, and of its projection."""
    level = result.levels[0]
    zones = next(table for table in made if table.kind == "zones")
    pyramid = _pyramid_table(level, lang)
    data, drawn = [pyramid], [_pyramid(pyramid, "", _city_title(lang), lang)]
    projected = next((one for one in result.levels if one.projection is not None), None)
    if projected is not None and projected.projection is not None:
        drawn.append(_future_pyramid(pyramid, projected, level, lang, data))
        drawn.append(_future(next(t for t in made if t.kind == "projection_city"), lang))
    rates = [
        column
        for column in zones.columns
        if column.indicator is not None and column.indicator.unit not in COUNT_UNITS
    ]
    if rates:
        ranking = _ranking_table(zones, rates[0], lang)
        data.append(ranking)
        drawn.append(_ranking(ranking, rates[0], lang))
    pair = _pair(level, rates)
    if pair is not None:
        drawn.append(_scatter(zones, *pair, lang))
    return Charts(data=tuple(data), drawn=tuple(drawn))


# ---- numbers of the charts ------------------------------------------------------


def _city_title(lang: Language) -> str:
    return text("table_pyramid", lang)


def _pyramid_table(level: Level, lang: Language) -> Table:
    """One row an age group: men as negative numbers. Blank where a zone is withheld."""
    labels = age_labels(level.population, lang)
    # A group in which a zone is withheld stays blank: the sum would give it away.
    sums = level.population.sum(skipna=False)
    return Table(
        kind="chart_pyramid",
        name=text("table_chart_pyramid", lang),
        columns=(
            words("age", labels.values(), lang),
            *_sides("", sums, list(labels), lang),
        ),
    )


def _sides(key: str, sums: pd.Series[float], starts: list[int], lang: Language) -> list[Column]:
    """Return men (negative) and women by age group; ``key`` tells the years apart."""
    return [
        numbers(
            f"{sex}{key}",
            [sign * float(sums.get((sex, start), np.nan)) for start in starts],
            lang,
            label=text(f"page_sex_{sex}", lang) + key,
            unit="persons",
            meaning=text("meaning_pyramid", lang),
        )
        for sex, sign in (("male", -1.0), ("female", 1.0))
    ]


def _future_pyramid(
    now: Table, projected: Level, first: Level, lang: Language, data: list[Table]
) -> _Chart:
    """Add the last year's numbers to the table of the pyramid, and return their chart."""
    projection = projected.projection
    assert projection is not None  # noqa: S101 - asked by the caller
    year = projection.years[-1]
    sums: Any = projection.population[year].sum(min_count=1)
    starts = list(age_labels(projection.population, lang))
    if starts == list(age_labels(first.population, lang)):
        columns = (*now.columns, *_sides(f" {year}", sums, starts, lang))
        data[0] = table = Table(kind="chart_pyramid", name=now.name, columns=columns)
    else:
        labels = age_labels(projection.population, lang)
        columns = (words("age", labels.values(), lang), *_sides(f" {year}", sums, starts, lang))
        name = text("table_chart_pyramid_year", lang, year=f"{year}")
        table = Table(kind="chart_pyramid", name=name, columns=columns)
        data.append(table)
    title = text("table_pyramid_year", lang, year=f"{year}", n=projection.n)
    return _pyramid(table, f" {year}", title, lang)


def _ranking_table(zones: Table, rate: Column, lang: Language) -> Table:
    """One row a zone that has a value, highest first."""
    rows = list(zip(*_pick(zones, ("zone_id", "name")), rate.cells, strict=True))
    held = sorted((row for row in rows if isinstance(row[2], float)), key=lambda row: -row[2])
    held = held[:_BARS]
    return Table(
        kind="chart_ranking",
        name=text("table_chart_ranking", lang),
        columns=(
            numbers("rank", range(1, len(held) + 1), lang),
            given("zone_id", [row[0] for row in held], lang),
            given("name", [row[1] for row in held], lang),
            Column(
                name=rate.name, label=rate.label, cells=[row[2] for row in held],
                digits=rate.digits, indicator=rate.indicator, meaning=rate.meaning,
            ),
        ),
    )  # fmt: skip


def _pick(table: Table, names: tuple[str, ...]) -> list[Any]:
    held = {column.name: column for column in table.columns}
    return [held[name].cells for name in names]


def _pair(level: Level, rates: list[Column]) -> tuple[Column, Column] | None:
    """Return the two indicators to draw against one another: those of the first correlation."""
    held = {column.name: column for column in rates}
    for one in level.correlations:
        if set(one.indicators) <= set(held):
            return held[one.indicators[1]], held[one.indicators[0]]
    return (rates[1], rates[0]) if len(rates) > 1 else None


# ---- charts ---------------------------------------------------------------------


def _pyramid(table: Table, key: str, title: str, lang: Language) -> _Chart:
    sides = [column for column in table.columns if column.name in (f"male{key}", f"female{key}")]
    most = max(
        (abs(cell) for column in sides for cell in column.cells if isinstance(cell, float)),
        default=math.nan,
    )
    # Both sexes on one scale: the axis ends at the same round number on either side.
    end = axis_end(most)
    return _Chart(
        kind="pyramid",
        title=title,
        series=tuple(
            _Series(table=table, across="age", up=f"{sex}{key}", colour=colour)
            for sex, colour in _SEX_COLOURS.items()
        ),
        across={"label_position": "low"},
        up={
            "num_format": "#,##0;#,##0",
            "name": text("table_pyramid_axis", lang),
            **({} if end is None else {"min": -end, "max": end}),
        },
        options={"subtype": "stacked"},
    )


def _future(table: Table, lang: Language) -> _Chart:
    second = _Series(table=table, across="year", up="old_share", colour="#b2182b", second_axis=True)
    return _Chart(
        kind="future",
        title=text("table_future_title", lang),
        series=(_Series(table=table, across="year", up="persons", colour="#9ecae1"), second),
        across={"name": said("year", lang)},
        up={"num_format": "#,##0", "name": text("table_pyramid_axis", lang), "min": 0},
        options={},
    )


def _ranking(table: Table, rate: Column, lang: Language) -> _Chart:
    n = len(table.columns[0].cells)
    title = text("table_ranking_title", lang, label=rate.header(lang, percent=True), n=n)
    return _Chart(
        kind="ranking",
        title=plain(title, lang),
        series=(_Series(table=table, across="name", up=rate.name, colour="#2b8cbe"),),
        across={"reverse": True, "interval_unit": 1},
        up={"num_format": _axis_format(rate), "min": 0},
        options={},
    )


def _scatter(zones: Table, across: Column, up: Column, lang: Language) -> _Chart:
    n = sum(a is not None and b is not None for a, b in zip(across.cells, up.cells, strict=True))
    title = text("table_scatter_title", lang, first=across.label, second=up.label, n=n)
    return _Chart(
        kind="scatter",
        title=plain(title, lang),
        series=(_Series(table=zones, across=across.name, up=up.name, colour="#2b8cbe"),),
        across={
            "name": across.header(lang, percent=True), "num_format": _axis_format(across),
            "major_gridlines": {"visible": False}, "label_position": "low",
        },
        up={"name": up.header(lang, percent=True), "num_format": _axis_format(up),
            "label_position": "low"},
        options={},
    )  # fmt: skip


_KINDS: Final = {"pyramid": "bar", "ranking": "bar", "future": "column", "scatter": "scatter"}


def _made(book: Workbook, one: _Chart, names: Mapping[str, str], notice: str) -> Any:
    """Return a chart as xlsxwriter has it."""
    chart = book.add_chart({"type": _KINDS[one.kind], **one.options})
    for series in one.series:
        held = _series(series, names, one.kind)
        if series.second_axis:
            line = book.add_chart({"type": "line"})
            line.add_series({**held, "y2_axis": True})
            line.set_y2_axis({"num_format": "0%", "min": 0, "name": held["label"]})
            chart.combine(line)
        else:
            chart.add_series(held)
    title = {"name": f"{one.title}\n{notice}", "name_font": {"size": 10, "bold": False}}
    chart.set_title(title)
    small = {"num_font": {"size": 8}, "name_font": {"size": 9, "bold": False}}
    chart.set_x_axis({**small, **(one.up if _sideways(one) else one.across)})
    chart.set_y_axis({**small, **(one.across if _sideways(one) else one.up)})
    chart.set_legend({"none": True} if len(one.series) == 1 else {"position": "bottom"})
    chart.set_size(_SIZE)
    return chart


def _sideways(one: _Chart) -> bool:
    """Tell whether categories stand upright: in bar charts, xlsxwriter's x axis has the numbers."""
    return one.kind in ("pyramid", "ranking")


def _series(series: _Series, names: Mapping[str, str], kind: str) -> dict[str, Any]:
    columns = [column.name for column in series.table.columns]
    sheet, n = names[series.table.name], len(series.table.rows)
    across, up = columns.index(series.across), columns.index(series.up)
    held: dict[str, Any] = {
        "name": [sheet, 0, up],
        "categories": [sheet, 1, across, n, across],
        "values": [sheet, 1, up, n, up],
        "label": series.table.columns[up].label,
    }
    if kind == "scatter":
        fill = {"fill": {"color": series.colour}, "border": {"color": "#ffffff"}}
        held["marker"] = {"type": "circle", "size": 6, **fill}
        held["trendline"] = {"type": "linear", "line": {"color": "#b2182b", "width": 1}}
    elif series.second_axis:
        held["line"] = {"color": series.colour, "width": 2}
        held["marker"] = {"type": "circle", "size": 6, "fill": {"color": series.colour}}
    else:
        held["fill"] = {"color": series.colour}
        held["gap"] = 8 if kind == "pyramid" else 30
    return held


def axis_end(most: float) -> float | None:
    """Return a round number at or above ``most``; None where it is not known.

    Examples
    --------
    >>> axis_end(10_240), axis_end(700), axis_end(float("nan"))
    (15000.0, 700.0, None)
    """
    if not math.isfinite(most):
        return None
    step = 10.0 ** math.floor(math.log10(max(most, 1.0))) / 2
    return math.ceil(most / step) * step


def _axis_format(column: Column) -> str:
    """Return how the axis of a chart shows a column's numbers: without decimals in percent."""
    percent = column.indicator is not None and column.indicator.unit == "share"
    return "0%" if percent else "#,##0.##" if column.digits else "#,##0"
