"""Tables: CSV, Excel and Parquet, as columns with the row of the source file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.errors import InputError, TsukubaGisError
from tsukuba_gis.io.text import (
    HEADER_WITHIN,
    decode,
    first_rows,
    header_row,
    separator,
    unique_names,
)
from tsukuba_gis.schema import role_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

CSV_SUFFIXES: Final = (".csv", ".txt", ".tsv")
EXCEL_SUFFIXES: Final = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
# Office puts a workbook with a password into the container of its older formats.
_ZIPPED: Final = (".xlsx", ".xlsm", ".xlsb")
_OLE: Final = b"\xd0\xcf\x11\xe0"
PARQUET_SUFFIXES: Final = (".parquet", ".geoparquet", ".pq")

# Corners (row, column) of merged cells, from 0, both inclusive.
_Ranges = Sequence[tuple[tuple[int, int], tuple[int, int]]]
_NONE: Final = np.array([], dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Table:
    """The rows of a file before anything is made of them.

    Parameters
    ----------
    frame
        Columns as they are called in the file; text, or the file's own types.
        A column ``geometry`` is there if the file has one.
    rows
        Row of each record in the file, from 1, header and notes included: as
        a spreadsheet shows it.
    ragged
        Rows that could not be read because they have too many or too few cells.
    encoding
        Of a text file; empty otherwise.
    merged
        Rows below the header of a workbook in which cells are merged downwards:
        only the first of the rows has the value.
    """

    frame: pd.DataFrame = field(repr=False)
    rows: np.ndarray = field(repr=False)
    ragged: np.ndarray = field(repr=False)
    encoding: str = ""
    merged: np.ndarray = field(default_factory=lambda: _NONE, repr=False)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn whatever a parser raises into one clear error.

    A damaged file can make a parser raise anything, and its message can quote
    the rows; so nothing of it is passed on (``from None``).
    """
    try:
        yield
    except (TsukubaGisError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except MemoryError:
        raise InputError("file_too_big", path=path.name) from None
    except BaseException:  # calamine's panics are no Exception
        raise InputError("file_damaged", path=path.name) from None


def read_csv(path: Path) -> Table:
    """Read a text table; every cell is text, blank cells are empty text.

    Encoding, separator and header are found (see :mod:`tsukuba_gis.io.text`).

    Raises
    ------
    InputError
        If the encoding is not known, or a quotation mark is not closed.
    """
    with readable(path):
        data = path.read_bytes()
    content, encoding = decode(data, file=path.name)
    mark = separator(content[:100_000])
    top = first_rows(content, mark)
    header = header_row(top)
    with _quotes_closed(content, path):
        frame, rows, ragged = _csv_body(content, mark, header, unique_names(top[header]))
    if content.count('"') % 2 and _spans_lines(frame, ragged, rows):
        # The open quotation mark made one cell of all that follows: those rows are lost.
        last = int(max(rows.max(initial=0), max(ragged, default=0)))
        raise InputError("csv_quotes", path=path.name, row=last)
    refused = np.array(list(ragged), dtype=np.int64)
    return Table(frame=frame, rows=rows, ragged=refused, encoding=encoding)


@contextmanager
def _quotes_closed(content: str, path: Path) -> Iterator[None]:
    """Say where a quotation mark opens, if the parser cannot tell the rows apart."""
    import csv

    from pyarrow import ArrowInvalid

    try:
        yield
    except (ArrowInvalid, csv.Error):
        lines = content.splitlines()
        odd = next((n for n, line in enumerate(lines, 1) if line.count('"') % 2), None)
        key = "csv_rows" if odd is None else "csv_quotes"
        raise InputError(key, path=path.name, row=odd) from None


def _spans_lines(frame: pd.DataFrame, ragged: dict[int, bool], rows: np.ndarray) -> bool:
    """Say whether the last record goes over several lines of the file."""
    if ragged and max(ragged) > rows.max(initial=0):
        return ragged[max(ragged)]
    return any("\n" in cell or "\r" in cell for cell in frame.iloc[-1]) if len(frame) else False


def _csv_body(
    content: str, mark: str, header: int, names: list[str]
) -> tuple[pd.DataFrame, np.ndarray, dict[int, bool]]:
    """Return the records, their rows, and the refused rows (True: it goes over several lines)."""
    import pyarrow as pa
    from pyarrow import csv

    ragged: dict[int, bool] = {}

    def note(row: Any) -> str:
        ragged[row.number + header + 1] = "\n" in row.text or "\r" in row.text
        return "skip"

    start = _skip_records(content, mark, header + 1)
    body = content[start:].encode()
    if not body:
        table = pa.table({name: pa.array([], pa.string()) for name in names})
    else:
        table = csv.read_csv(
            pa.BufferReader(body),
            # One thread: only then does Arrow number the rows that it refuses.
            read_options=csv.ReadOptions(column_names=names, use_threads=False),
            parse_options=csv.ParseOptions(
                delimiter=mark,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=note,
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    rows = np.arange(len(table) + len(ragged)) + header + 2
    return table.to_pandas(), rows[~np.isin(rows, list(ragged))], ragged


def _skip_records(content: str, mark: str, records: int) -> int:
    """Return the position after the first records; a quoted cell may hold line ends."""
    import csv
    from io import StringIO

    stream = StringIO(content, newline="")
    reader = csv.reader(iter(stream.readline, ""), delimiter=mark)
    for _ in range(records):
        next(reader, None)
    return stream.tell()


def read_excel(path: Path, *, sheet: str | None) -> Table:
    """Read one sheet of a workbook; every cell is text, blank cells are empty text.

    Merged header cells stand for all that they cover; the names of a header of
    several rows are joined with ``_``, except where the lowest is a role by itself.

    Raises
    ------
    InputError
        If there are several sheets with content and none is named, the sheet
        does not exist, or the workbook is damaged or has a password.
    """
    import pandas as pd

    cells, merged = _cells(path, sheet)
    if not any(any(row) for row in cells):
        raise InputError("file_empty", path=path.name)
    head = [[_cell(value) for value in row] for row in cells[:HEADER_WITHIN]]
    names, last = _excel_header(head, merged)
    body = cells[last + 1 :]
    frame = pd.DataFrame(index=range(len(body)))
    for number, name in enumerate(names):
        column = [row[number] for row in body]
        texts = column if {*map(type, column)} <= {str} else [_cell(value) for value in column]
        frame[name] = pd.Series(texts, dtype="str")
    covered = [
        np.arange(top + 2, bottom + 2) for (top, _), (bottom, _) in merged if last < top < bottom
    ]
    return Table(
        frame=frame,
        rows=np.arange(len(body)) + last + 2,
        ragged=_NONE,
        merged=np.unique(np.concatenate([_NONE, *covered])),
    )


def _cells(path: Path, sheet: str | None) -> tuple[list[list[object]], _Ranges]:
    """Return the cells of one sheet and its merged ranges."""
    import python_calamine as calamine

    with readable(path):
        if path.suffix.lower() in _ZIPPED and path.read_bytes()[:4] == _OLE:
            raise InputError("file_password", path=path.name)
        try:
            workbook = calamine.CalamineWorkbook.from_path(str(path))
        except calamine.PasswordError:
            raise InputError("file_password", path=path.name) from None
        opened = _sheet(workbook, sheet, file=path.name)
        return opened.to_python(skip_empty_area=False), opened.merged_cell_ranges or []


def _sheet(workbook: Any, sheet: str | None, *, file: str) -> Any:
    """Return the sheet that is named, or the only one that holds anything."""
    names: list[str] = list(workbook.sheet_names)
    if sheet is not None and sheet not in names:
        raise InputError("sheet_missing", path=file, sheet=sheet, sheets=", ".join(names))
    if sheet is not None or len(names) == 1:
        return workbook.get_sheet_by_name(sheet or names[0])
    opened = {name: workbook.get_sheet_by_name(name) for name in names}
    filled = [name for name in names if opened[name].height > 0]
    if len(filled) > 1:
        raise InputError("sheet_not_named", path=file, sheets=", ".join(filled))
    return opened[filled[0] if filled else names[0]]


def _cell(value: object) -> str:
    """Return a cell as text: whole numbers without a point, dates as ISO."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value) if not isinstance(value, float) else repr(value)


def _excel_header(cells: list[list[str]], merged: _Ranges) -> tuple[list[str], int]:
    """Return the column names and the last row of the header."""
    main = header_row(cells[:HEADER_WITHIN])
    width = len(cells[main])
    first = last = main
    for (top, left), (bottom, right) in merged:
        if top <= main <= bottom:
            first, last = min(first, top), max(last, bottom)
            if top == bottom and right > left:  # a group name: its members stand below
                last = max(last, main + 1)
        elif bottom == main - 1 and left < right < width and right - left + 1 < width:
            first = min(first, top)
    grid = [list(row) for row in cells[first : last + 1]]
    for (top, left), (bottom, right) in merged:
        for row in range(max(top, first), min(bottom, last) + 1):
            for column in range(left, min(right, width - 1) + 1):
                grid[row - first][column] = cells[top][left]
    levels = [list(dict.fromkeys(filter(None, column))) for column in zip(*grid, strict=True)]
    # 本人 over 年齢 is the age, as long as there is no other 年齢 under another group.
    lowest = Counter(role_of(parts[-1]) for parts in levels if parts)
    names = [
        parts[-1] if parts and role_of(parts[-1]) and lowest[role_of(parts[-1])] == 1
        else "_".join(parts)
        for parts in levels
    ]  # fmt: skip
    return unique_names(names), last


def is_geoparquet(path: Path) -> bool:
    """Say whether a Parquet file has a geometry."""
    import pyarrow.parquet as pq

    with readable(path):
        return b"geo" in (pq.read_schema(path).metadata or {})


def read_parquet(path: Path) -> Table:
    """Read a Parquet or GeoParquet file with the types that it has."""
    import pyarrow.parquet as pq

    with readable(path):
        table = pq.read_table(path)
        table.validate(full=True)  # a damaged file can hold text that is no text
        if is_geoparquet(path):
            import geopandas as gpd

            frame: pd.DataFrame = gpd.read_parquet(path)
        else:
            frame = table.to_pandas()
        frame = frame.reset_index(drop=frame.index.name is None)
        frame.columns = unique_names(list(map(str, frame.columns)))
    rows = np.arange(len(frame)) + 1
    return Table(frame=frame, rows=rows, ragged=_NONE)
