"""Whole numbers as text: what fills a page's data, in half the room of JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

# 90 signs that stand in JSON and in a script element as they are: a digit of the lower half
# ends a number, one of the upper half says that more follows.
SIGNS: Final = "".join(chr(code) for code in range(32, 127) if chr(code) not in '"\\<>&')
_BASE: Final = len(SIGNS) // 2


_SIGN_CODES: Final = np.frombuffer(SIGNS.encode("ascii"), dtype=np.uint8)


def pack(numbers: Iterable[float], *, scale: float = 1.0) -> str:
    """Return numbers as text; the page's ``unpack`` reads it.

    Parameters
    ----------
    numbers
        Rounded to whole numbers after multiplication; a missing one stays missing.
    scale
        What to multiply by.

    Notes
    -----
    A missing number is 0, ``n ≥ 0`` is ``2n + 1`` and ``n < 0`` is ``−2n``; these are
    written with 45 digits, the lowest first. A number up to 21 takes one sign.

    Examples
    --------
    >>> pack([0, 1, -1, None, 1000])
    '!$# gP'
    """
    values = np.asarray(numbers if isinstance(numbers, np.ndarray) else list(numbers), dtype=float)
    whole = np.nan_to_num(np.rint(values * scale)).astype(np.int64)
    codes = np.where(np.isnan(values), 0, np.where(whole < 0, -2 * whole, 2 * whole + 1))
    codes = codes.ravel()
    lengths = np.ones(len(codes), dtype=np.int64)
    rest = codes // _BASE
    while rest.any():
        lengths += rest > 0
        rest //= _BASE
    starts = np.cumsum(lengths) - lengths
    signs = np.empty(int(lengths.sum()), dtype=np.uint8)
    for place in range(int(lengths.max(initial=0))):
        here = lengths > place
        digits = codes[here] // _BASE**place % _BASE
        follows = lengths[here] > place + 1
        signs[starts[here] + place] = _SIGN_CODES[digits + _BASE * follows]
    return signs.tobytes().decode("ascii")


def column(values: Iterable[float], figures: int = 7) -> list[float | None]:
    """Return numbers as JSON has them, missing ones as null."""
    return [number(value, figures) for value in np.asarray(values, dtype=float)]


def number(value: float, figures: int = 7) -> float | None:
    """Return a number as JSON has it: whole where it is whole, None where there is none."""
    if not math.isfinite(value):
        return None
    if value == int(value):
        return int(value)
    return float(f"{value:.{figures}g}")
