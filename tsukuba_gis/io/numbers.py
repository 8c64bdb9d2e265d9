"""Numbers: ages, counts, money and measures as people write them."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.io.cells import SCIENTIFIC, Column, FaultError, as_text, bounded, read_each, spread

if TYPE_CHECKING:
    import pandas as pd

_PLAIN_NUMBER: Final = r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?"
_NUMBER: Final = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d{1,15})(\.\d*)?")
_DEGREES: Final = re.compile(
    r"(?:東経|北緯|[en])?(\d{1,3})[度°](\d{1,2})[分'′](\d{1,2}(?:\.\d+)?)(?:秒|\"|″|′′|'')?[en]?"
)


def numbers(raw: pd.Series, *, strip: str = "") -> Column:
    """Read decimal numbers; thousands commas, a unit and full-width digits are understood.

    ``strip`` is a regular expression of units that may follow the number.
    Scientific notation is a fault: its digits are lost.

    Examples
    --------
    >>> import pandas as pd
    >>> numbers(pd.Series(["1,234円", "５６", "7e3", "不明"]), strip="円").values.tolist()
    [1234.0, 56.0, nan, nan]
    """
    import pandas as pd
    import pyarrow as pa

    if raw.dtype.kind in "iuf":
        values = raw.to_numpy(dtype=float, na_value=np.nan)
        bad = np.isinf(values)
        faults = {"value_not_number": bad} if bad.any() else {}
        return Column(values=pd.Series(np.where(bad, np.nan, values), raw.index), faults=faults)
    if raw.dtype == object:  # mixed types, decimals
        raw = raw.map(as_text, na_action="ignore").astype("str")
    # Nearly all cells are plain numbers: only the others are looked at one by one.
    easy = raw.str.fullmatch(_PLAIN_NUMBER).fillna(False).to_numpy(dtype=bool)
    values = np.full(len(raw), np.nan)
    # Arrow casts text to the nearest double six times faster than pandas.
    values[easy] = pa.array(raw[easy]).cast(pa.float64()).to_numpy(zero_copy_only=False)
    unit = re.compile(f"(?:{strip})$") if strip else None
    parsed, faults = read_each(raw[~easy], partial(_number, unit=unit))
    values[~easy] = [np.nan if value is None else value for value in parsed]
    return Column(values=pd.Series(values, raw.index), faults=spread(faults, ~easy))


def _number(shown: str, *, unit: re.Pattern[str] | None) -> float:
    shown = unit.sub("", shown) if unit else shown
    shown = shown.replace("−", "-").lstrip("¥")
    match = _NUMBER.fullmatch(shown)
    if match is None:
        degrees = _DEGREES.fullmatch(shown)
        if degrees is not None:
            whole, minutes, seconds = map(float, degrees.groups())
            return whole + minutes / 60 + seconds / 3600
        raise FaultError("value_scientific" if SCIENTIFIC.fullmatch(shown) else "value_not_number")
    sign, digits, decimals = match.groups()
    return float(f"{sign}{digits.replace(',', '')}{decimals or ''}")


def whole_numbers(
    raw: pd.Series, *, low: int, high: int, strip: str = "", key: str = "value_out_of_range"
) -> Column:
    """Read whole numbers between bounds (both inclusive); a fraction is a fault.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.Series(["25歳", "３", "-1", ""])
    >>> whole_numbers(cells, low=0, high=130, strip="歳").values.tolist()
    [25, 3, <NA>, <NA>]
    """
    import pandas as pd

    column = numbers(raw, strip=strip)
    values = column.values.to_numpy(dtype=float)
    broken = np.isfinite(values) & (values != np.floor(values))
    faults = {**column.faults, "value_not_whole": broken} if broken.any() else column.faults
    whole = pd.Series(np.where(broken, np.nan, values), raw.index).astype("Int64")
    return bounded(Column(values=whole, faults=faults), low=low, high=high, key=key)


def measures(raw: pd.Series, *, low: float, high: float) -> Column:
    """Read measured values between bounds that no living person leaves."""
    return bounded(numbers(raw), low=low, high=high, key="value_out_of_range")
