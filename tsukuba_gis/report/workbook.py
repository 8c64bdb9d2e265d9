"""The workbook: a sheet for every table, charts apart, a cover that says how to read it."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import TYPE_CHECKING, Any, Final
from unicodedata import east_asian_width

from tsukuba_gis.classes import LISA_COLOURS, indicator_classes
from tsukuba_gis.messages import Language, text
from tsukuba_gis.publishing import publishable
from tsukuba_gis.report.charts import charts
from tsukuba_gis.report.columns import SYMBOLS, Column, Table
from tsukuba_gis.report.tables import level_names, tables
from tsukuba_gis.report.text_files import notice_line, run_record

if TYPE_CHECKING:
    from pathlib import Path

    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

    from tsukuba_gis.result import Indicator, Result

# Excel's limits, and a fixed date: the same result gives the same bytes.
_COVER: Final = 90  # letters in the second column of the cover
_SHEET_NAME: Final = 31
_HEADER_TEXT: Final = 240
_CREATED: Final = dt.datetime(2000, 1, 1)
_KEY_COLUMNS: Final = ("zone_id", "name", "indicator", "level")
_WIDTHS: Final = {
    "name": 18, "indicator": 28, "definition": 60, "message": 80, "meaning": 28, "formula": 60,
    "source": 36, "zones_source": 36, "item": 40, "table": 28, "key": 22, "term": 28, "test": 30,
    "model": 26, "first": 26, "second": 26, "adjustment": 30, "statistic": 26, "industry": 30,
}  # fmt: skip

_LIGHT_TEXT: Final = ("#2b8cbe", "#045a8d", "#ca0020", "#0571b0")  # fills that need white letters


def write_workbook(result: Result, path: Path, *, lang: Language | None = None) -> None:
    """Write a result as an Excel workbook.

    Parameters
    ----------
    result
        Outcome of a study.
    path
        File to write.
    lang
        Of sheets and labels; None: the result's.

    Notes
    -----
    Text is written as text: what looks like a formula stays inert. A value
    that is not shown is a blank cell, with its symbol in a column at the
    right. Values are held as numbers, a share as 0–1 shown in percent. The
    notices stand on the cover and in every print header.

    Examples
    --------
    >>> write_workbook(result, Path("out/district_statistics.xlsx"))  # doctest: +SKIP
    """
    from xlsxwriter import Workbook

    result = publishable(result)
    book = Workbook(
        path,
        {
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
            "default_format_properties": {"font_name": "Yu Gothic", "font_size": 10},
        },
    )
    book.set_properties({"title": result.title[lang or result.lang], "created": _CREATED})
    with book:
        _Writer(book, result, lang or result.lang).write()


class _Writer:
    """Holds what every sheet needs: the book, the language, formats, names already taken."""

    def __init__(self, book: Workbook, result: Result, lang: Language) -> None:
        self.book = book
        self.result = result
        self.lang = lang
        self.notice = notice_line(result, lang)
        self.names: dict[str, str] = {}
        self.formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def write(self) -> None:
        """Write all sheets; the cover lists them, so the names are given out first."""
        made = tables(self.result, self.lang)
        drawn = charts(self.result, made, self.lang)
        extra = ["chart", "run"]
        cover = self.sheet(self.say("cover"))
        sheets = {table.name: self.sheet(table.name) for table in made if table.kind == "zones"}
        chart = self.sheet(self.say("chart"))
        chart.set_portrait()
        chart.fit_to_pages(1, 1)
        sheets |= {table.name: self.sheet(table.name) for table in made if table.kind != "zones"}
        sheets |= {table.name: self.sheet(table.name) for table in drawn.data}
        run = self.sheet(self.say("run"))
        about = [(sheets[table.name].name, f"about_{table.kind}") for table in made]
        about += [(sheets[table.name].name, "about_chart_data") for table in drawn.data]
        about += [(self.names[self.say(key)], f"about_{key}") for key in extra]
        self.cover(cover, about)
        for table in (*made, *drawn.data):
            self.table(sheets[table.name], table)
        drawn.draw(self.book, chart, self.names, self.notice)
        self.run_record(run)

    def say(self, key: str, **values: object) -> str:
        return text(f"table_{key}", self.lang, **values)

    def format(self, **properties: Any) -> Any:  # xlsxwriter has no types
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format(properties)
        return self.formats[key]

    def sheet(self, name: str) -> Worksheet:
        """Add a sheet; names are cut to Excel's length and kept apart. Ready to print on A4."""
        cut, number = name[:_SHEET_NAME], 2
        while cut in self.names.values():
            cut = f"{name[: _SHEET_NAME - 2]}_{number}"
            number += 1
        self.names[name] = cut
        sheet = self.book.add_worksheet(cut)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(top=1.0)  # room for a header of some lines
        # "&" begins a code in headers.
        lines = (line.replace("&", "&&") for line in self.result.notices[self.lang])
        header = "\n".join(lines)[:_HEADER_TEXT]
        sheet.set_header(f"&C&8 {header}")
        sheet.set_footer(f"&L&A&R{self.say('page')}")
        return sheet

    # ---- cover ---------------------------------------------------------------

    def cover(self, sheet: Worksheet, about: list[tuple[str, str]]) -> None:
        """Say what this is, what it is not, what the sheets hold and what the symbols mean."""
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, _COVER)
        sheet.hide_gridlines(2)
        wrap = self.format(text_wrap=True, valign="top")
        head = self.format(bold=True, font_size=12, bottom=1)
        warn = self.format(bold=True, font_color="#ca0020", font_size=12)
        sheet.write_string(0, 0, self.result.title[self.lang], self.format(bold=True, font_size=16))
        row = 1
        for notice in self.result.notices[self.lang]:
            sheet.write_string(row, 0, notice, warn)
            row += 1
        lines: list[tuple[str, str] | str] = [self.say("contents")]
        lines += [(name, self.say(key)) for name, key in about]
        lines += [self.say("symbols")]
        lines += [
            (SYMBOLS[mask], self.say(f"symbol_{mask}", k=self.result.min_count))
            for mask in ("zero", "small", "missing")
        ]
        lines += [text("page_source", self.lang)]
        levels = level_names(self.result, self.lang)
        sources = [level.zones.source for level in self.result.levels]
        lines += list(zip(levels, sources, strict=True))
        for line in lines:
            if isinstance(line, str):
                row += 1
                sheet.write_string(row, 0, line, head)
                sheet.write_blank(row, 1, None, head)
            else:
                sheet.write_string(row, 0, line[0], wrap)
                sheet.write_string(row, 1, line[1], wrap)
                # Excel fits the height to wrapped text when it opens a file, LibreOffice does not.
                wide = sum(1 + (east_asian_width(letter) in "FW") for letter in line[1])
                if wide > _COVER:
                    sheet.set_row(row, 15 * math.ceil(wide / _COVER))
            row += 1

    # ---- tables --------------------------------------------------------------

    def table(self, sheet: Worksheet, table: Table) -> None:
        """Write one table: header, cells, and what helps to read them."""
        from xlsxwriter.utility import xl_range

        head = self.format(bold=True, text_wrap=True, valign="top", bottom=1, bg_color="#e8edf3")
        last_row, last = len(table.rows), len(table.columns) - 1
        sheet.set_row(0, 48)
        for place, column in enumerate(table.columns):
            sheet.write_string(0, place, column.header(self.lang, percent=True), head)
            self.cells(sheet, place, column)
            self.marks(sheet, place, column, table)
        keys = sum(column.name in _KEY_COLUMNS for column in table.columns[:3])
        codes = [place for place, one in enumerate(table.columns) if one.name == "zone_id"]
        for place in codes:  # codes are text on purpose: no green corners
            area = xl_range(1, place, last_row, place)
            sheet.ignore_errors({"number_stored_as_text": area})
        sheet.freeze_panes(1, keys)
        sheet.autofilter(0, 0, last_row, last)
        sheet.repeat_rows(0)
        sheet.repeat_columns(0, max(keys - 1, 0))

    def cells(self, sheet: Worksheet, place: int, column: Column) -> None:
        """Write a column's cells: text as text, numbers as numbers, nothing where there is none."""
        words = any(isinstance(cell, str) for cell in column.cells)
        number = self.format(num_format=_number_format(column))
        plain = self.format(num_format="@") if column.name == "zone_id" else self.format()
        width = _WIDTHS.get(column.name, 14 if words else 11)
        sheet.set_column(place, place, width, plain if words else number)
        fills = {
            name: self.format(bg_color=colour, font_color=_ink(colour))
            for name, colour in LISA_COLOURS.items()
        }
        for row, cell in enumerate(column.cells, start=1):
            if isinstance(cell, str):
                style = fills.get(cell, plain) if column.name == "cluster" else plain  # type: ignore[call-overload]
                if cell:
                    sheet.write_string(row, place, cell, style)
            elif cell is not None:
                sheet.write_number(row, place, cell, number)

    def marks(self, sheet: Worksheet, place: int, column: Column, table: Table) -> None:
        """Add bars to counts and the map's class colours to rates."""
        counts = column.unit == "persons" and table.kind in ("ages", "projection")
        rated = table.kind == "zones" or (table.kind == "rates" and column.name.endswith("_value"))
        numbers = [cell for cell in column.cells if isinstance(cell, int | float)]
        if not numbers or not (counts or (rated and column.indicator is not None)):
            return
        area = (1, place, len(column.cells), place)
        classes = column.indicator and indicator_classes(numbers, column.indicator)
        if not classes:
            bar = {"type": "data_bar", "bar_solid": True, "bar_color": "#bdc9e1", "min_type": "num"}
            sheet.conditional_format(*area, {**bar, "min_value": 0})
            return
        # A blank counts as 0 in a comparison: leave blanks alone first.
        sheet.conditional_format(*area, {"type": "blanks", "stop_if_true": True})
        for low, fill in reversed(list(zip(classes.edges, classes.colours, strict=False))):
            style = self.format(bg_color=fill, font_color=_ink(fill))
            rule = {"type": "cell", "criteria": ">=", "value": low, "format": style}
            sheet.conditional_format(*area, {**rule, "stop_if_true": True})

    # ---- run record ----------------------------------------------------------

    def run_record(self, sheet: Worksheet) -> None:
        """Write the run record: one entry a row."""
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 100, self.format(text_wrap=True))
        for row, (key, value) in enumerate(run_record(self.result).items()):
            said = value
            if not isinstance(value, str):
                said = json.dumps(value, ensure_ascii=False, default=str)
            sheet.write_string(row, 0, key)
            sheet.write_string(row, 1, said)


def _ink(fill: str) -> str:
    return "#ffffff" if fill in _LIGHT_TEXT else "#222222"


def _number_format(column: Column) -> str:
    """Return how Excel shows a column's numbers."""
    indicator: Indicator | None = column.indicator
    percent = (column.unit if indicator is None else indicator.unit) == "share"
    decimals = f".{'0' * column.digits}" if column.digits else ""
    if column.name in ("year", "seed"):
        return "0"
    return f"{'0' if percent else '#,##0'}{decimals}{'%' if percent else ''}"
