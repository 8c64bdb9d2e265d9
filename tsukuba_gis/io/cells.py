"""Cells: how one column of a file is read, value by distinct value.

Every reader takes a column as it came (text, or the file's own type) and
returns the values with the rows that could not be read, by the key of their
fault. Distinct values are read once, so that a column of 240,000 sexes costs
four look-ups. Widths of characters never matter (NFKC).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

MISSING: Final = frozenset(
    ["", "-", "--", "‐", "–", "—", "―", "ー", "…", "na", "n/a", "#n/a", "nan", "nat", "null",
     "none", "<na>", "不明", "不詳", "未回答", "無回答", "未記入", "unknown"]
)  # fmt: skip
SCIENTIFIC: Final = re.compile(r"[+-]?\d(?:\.\d+)?e[+-]?\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Column:
    """One column, read.

    Parameters
    ----------
    values
        On the index of the column that was given; missing where the cell was
        blank or could not be read.
    faults
        Key of the fault → mask of the rows that have it; no row has two.
    doubts
        The same for values that were set missing although the row is kept.
    """

    values: pd.Series = field(repr=False)
    faults: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    doubts: dict[str, np.ndarray] = field(default_factory=dict, repr=False)


class FaultError(Exception):
    """A cell cannot be read; the argument is the key of the fault, never the value."""


def plain(value: str) -> str:
    """Return a cell in the form in which values are compared: NFKC, small letters, no blanks."""
    return "".join(unicodedata.normalize("NFKC", value).casefold().split())


def as_text(cell: object) -> str:
    """Return a cell as text; a whole number that came as float loses its point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def is_blank(raw: pd.Series) -> np.ndarray:
    """Return the mask of cells that hold nothing at all."""
    blank = raw.isna().to_numpy(dtype=bool)
    if raw.dtype == "str" or raw.dtype == object:
        empty = raw.astype("str").str.strip().eq("").to_numpy(dtype=bool, na_value=True)
        blank = blank | empty
    return np.asarray(blank)


def read_each(
    raw: pd.Series, rule: Callable[[str], Hashable | None], *, words: bool = False
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Apply a rule to each distinct cell; return objects (None: missing) and fault masks.

    ``words``: cells that say "none" or "unknown" go to the rule too.
    """
    number, distinct = raw.factorize()
    values = np.full(len(distinct) + 1, None, dtype=object)
    fault = np.full(len(distinct) + 1, "", dtype=object)
    for position, cell in enumerate(distinct):
        shown = plain(as_text(cell))
        if shown == "" or (shown in MISSING and not words):
            continue
        try:
            values[position] = rule(shown)
        except FaultError as error:
            fault[position] = error.args[0]
    faults = {key: (fault == key)[number] for key in sorted(set(fault) - {""})}
    return values[number], faults


def series(values: np.ndarray, raw: pd.Series) -> pd.Series:
    """Return texts (None: missing) as a column on the index of the raw one."""
    import pandas as pd

    return pd.Series(list(values), index=raw.index, dtype=object).infer_objects()


def spread(faults: dict[str, np.ndarray], where: np.ndarray) -> dict[str, np.ndarray]:
    """Return masks over all rows from masks over the rows ``where``."""
    spread = {}
    for key, mask in faults.items():
        spread[key] = np.zeros(len(where), dtype=bool)
        spread[key][where] = mask
    return spread


def bounded(column: Column, *, low: float, high: float, key: str) -> Column:
    """Turn values outside ``[low, high]`` into faults."""
    values = column.values.to_numpy(dtype=float, na_value=np.nan)
    bad = (values < low) | (values > high)
    if not bad.any():
        return column
    return Column(values=column.values.mask(bad), faults={**column.faults, key: bad})
