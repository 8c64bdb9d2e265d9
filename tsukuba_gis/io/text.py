"""Text files: their bytes, encoding, separator, and where the header is."""

from __future__ import annotations

import codecs
import csv
import os
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tsukuba_gis.errors import InputError
from tsukuba_gis.schema import role_of

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER_WITHIN: Final = 30  # note lines stand before the header in many city files
SEPARATORS: Final = (",", "\t", ";")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def require_file(path: str | Path) -> Path:
    """Return the path if a file with content is there and may be read.

    Raises
    ------
    InputError
        If it is missing, a folder, empty, or may not be opened.
    """
    file = Path(path)
    try:
        with file.open("rb") as opened:
            empty = not opened.read(1)
    except FileNotFoundError:
        raise InputError("file_missing", path=str(path)) from None
    except IsADirectoryError:
        raise InputError("file_is_folder", path=str(path)) from None
    except (OSError, ValueError):  # ValueError: a NUL inside the path
        # Windows says "permission denied" of a folder.
        key = "file_is_folder" if os.path.isdir(path) else "file_not_permitted"  # noqa: PTH112
        raise InputError(key, path=str(path)) from None
    if empty:
        raise InputError("file_empty", path=str(path))
    return file


def decode(data: bytes, *, file: str) -> tuple[str, str]:
    """Return the text of a file and the name of its encoding.

    A byte-order mark decides; without one, UTF-8 if the bytes are valid UTF-8,
    else CP932. Valid UTF-8 is hardly ever CP932 by chance, while the reverse is
    common, so the order matters. Never ``shift_jis``: it lacks 髙, ①, ㈱ and －,
    which city files hold.

    Raises
    ------
    InputError
        If the bytes are in none of these encodings, or are no text at all.

    Examples
    --------
    >>> decode("髙橋".encode("cp932"), file="a.csv")
    ('髙橋', 'cp932')
    >>> decode("年齢".encode("utf-8-sig"), file="a.csv")
    ('年齢', 'utf-8-sig')
    """
    marked = [encoding for mark, encoding in _BOMS if data.startswith(mark)]
    for encoding in marked or ("utf-8", "cp932"):
        try:
            decoded = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in decoded:  # a NUL is in no text file: it is binary, or UTF-16 without BOM
            return decoded, encoding
    raise InputError("file_encoding", path=file)


def separator(sample: str) -> str:
    """Return the separator that makes the most cells in one of the first lines."""
    lines = sample.splitlines()[:HEADER_WITHIN]
    return max(SEPARATORS, key=lambda mark: max((line.count(mark) for line in lines), default=0))


def first_rows(content: str, mark: str) -> list[list[str]]:
    """Return the first rows of a text table, among which its header is."""
    # A stray quotation mark would otherwise swallow the rest of a big file.
    sample = StringIO(content[:1_000_000], newline="")
    try:
        return list(islice(csv.reader(sample, delimiter=mark), HEADER_WITHIN))
    except csv.Error:
        return [line.split(mark) for line in content[:1_000_000].splitlines()[:HEADER_WITHIN]]


def header_row(rows: Sequence[Sequence[str]]) -> int:
    """Return the number (from 0) of the row that holds the column names.

    It is the row with the most names of known roles; where no row has any, the
    first of the fullest rows.

    Examples
    --------
    >>> header_row([["住民一覧"], [], ["年齢", "性別"], ["34", "女"]])
    2
    """
    known = [len({role_of(cell) for cell in row if cell} - {None}) for row in rows]
    if max(known, default=0) > 0:
        return known.index(max(known))
    filled = [sum(1 for cell in row if str(cell).strip()) for row in rows]
    return filled.index(max(filled)) if filled else 0


def unique_names(names: Sequence[str]) -> list[str]:
    """Return the column names with blanks named and repeats numbered in brackets.

    Examples
    --------
    >>> unique_names(["年齢", "", "年齢"])
    ['年齢', 'column 2', '年齢 [2]']
    """
    result: list[str] = []
    for number, name in enumerate(names, start=1):
        shown = str(name).strip() or f"column {number}"
        count = 1
        while (candidate := shown if count == 1 else f"{shown} [{count}]") in result:
            count += 1
        result.append(candidate)
    return result
