"""Ids and names: text as it is shown, keys of areas, codes of municipalities."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.io.cells import (
    MISSING,
    SCIENTIFIC,
    Column,
    FaultError,
    as_text,
    plain,
    read_each,
    series,
    spread,
)

if TYPE_CHECKING:
    import pandas as pd

LAST_PREFECTURE: Final = 47
# No word for "missing" and no scientific notation looks like this.
_PLAIN_ID: Final = r"(?:[A-Z]{1,3}-?)?[0-9]{1,15}"


def texts(raw: pd.Series) -> Column:
    """Read names and ids as text, as they are shown; only blanks around them go.

    Ids in scientific notation are faults: a spreadsheet has lost their digits.

    Examples
    --------
    >>> import pandas as pd
    >>> texts(pd.Series([" Ａ区 ", "8.2201E+05", "不明"])).values.tolist()
    ['Ａ区', nan, nan]
    """
    values = raw.map(as_text, na_action="ignore") if raw.dtype != "str" else raw
    values = values.astype("str").str.strip()
    # Ids of plain letters and digits are most of any register and need no closer look.
    odd = ~values.str.fullmatch(_PLAIN_ID).fillna(True).to_numpy(dtype=bool)
    number, distinct = values[odd].factorize()
    shown = [plain(cell) for cell in distinct]
    missing = np.array([cell in MISSING for cell in shown] + [True], dtype=bool)
    lost = np.array([SCIENTIFIC.fullmatch(cell) is not None for cell in shown] + [False])
    masks = spread({"missing": missing[number], "lost": lost[number]}, odd)
    nothing = masks["missing"] | masks["lost"]
    faults = {"value_scientific": masks["lost"]} if lost.any() else {}
    return Column(values=values.mask(nothing), faults=faults)


def small_areas(raw: pd.Series) -> Column:
    """Read census keys (9 or 11 digits) or names of small areas as text.

    A number that lost its leading zero has 8 or 10 digits, which no key has:
    it gets the zero back. Other texts stay as they are.

    Examples
    --------
    >>> import pandas as pd
    >>> small_areas(pd.Series(["082201200", 8220001001, "天久保一丁目"])).values.tolist()
    ['082201200', '08220001001', '天久保一丁目']
    """
    column = texts(raw)
    short = column.values.str.fullmatch(r"[0-9]{8}|[0-9]{10}").eq(True)
    return Column(values=column.values.mask(short, "0" + column.values), faults=column.faults)


def check_digit(code: str) -> int:
    """Return the sixth digit of a five-digit 全国地方公共団体コード.

    Weights 6, 5, 4, 3, 2; eleven minus the sum modulo eleven, last digit
    (総務省 全国地方公共団体コード仕様).

    Examples
    --------
    >>> check_digit("08220"), check_digit("13101"), check_digit("01100")
    (1, 6, 2)
    """
    total = sum(int(digit) * weight for digit, weight in zip(code, (6, 5, 4, 3, 2), strict=True))
    return (11 - total % 11) % 10


def municipality_codes(raw: pd.Series) -> Column:
    """Read municipality codes as five-digit text.

    Accepted: ``08220``; ``082201`` if its check digit is right; and either
    without the leading zero, as integers lose it. A five-digit number that
    begins with no prefecture (48 and over) is a six-digit code without its zero.

    Examples
    --------
    >>> import pandas as pd
    >>> municipality_codes(pd.Series(["08220", "082201", 8220, "82201", "082202"])).values.tolist()
    ['08220', '08220', '08220', '08220', nan]
    """
    values, faults = read_each(raw, _municipality)
    return Column(values=series(values, raw), faults=faults)


def _municipality(shown: str) -> str:
    if SCIENTIFIC.fullmatch(shown):
        raise FaultError("value_scientific")
    if re.fullmatch(r"[0-9]{4,6}", shown) is None:
        raise FaultError("code_not_municipality")
    if len(shown) == 4 or (len(shown) == 5 and int(shown[:2]) > LAST_PREFECTURE):
        shown = "0" + shown
    if len(shown) == 6 and int(shown[5]) != check_digit(shown[:5]):
        raise FaultError("code_check_digit")
    if not 1 <= int(shown[:2]) <= LAST_PREFECTURE:
        raise FaultError("code_not_municipality")
    return shown[:5]
