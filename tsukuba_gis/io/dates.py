"""Dates: birth dates of registers, in western and Japanese years, and the age that they give."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from tsukuba_gis.io.cells import Column, FaultError, bounded, plain, read_each

if TYPE_CHECKING:
    import pandas as pd

MAX_AGE: Final = 130
# Latest first. Years are whole calendar years: papers printed before an era
# ended bear its name until December (平成31年5月1日 is 2019-05-01).
_ERAS: Final = {
    "令和": (2019, 9999), "平成": (1989, 2019), "昭和": (1926, 1989), "大正": (1912, 1926),
    "明治": (1868, 1912),
}  # fmt: skip
_ERA_NAMES: Final = {
    **{name: name for name in _ERAS},
    "r": "令和", "h": "平成", "s": "昭和", "t": "大正", "m": "明治",
    "令": "令和", "平": "平成", "昭": "昭和", "大": "大正", "明": "明治",
    "5": "令和", "4": "平成", "3": "昭和", "2": "大正", "1": "明治",
}  # fmt: skip
_ERA_DATE: Final = re.compile(
    r"(令和|平成|昭和|大正|明治|[rhstm令平昭大明])\.?(元|\d{1,2})[年./-](\d{1,2})[月./-](\d{1,2})日?"
)
_ERA_CODE: Final = re.compile(r"([1-5])-?(\d\d)(\d\d)(\d\d)")  # 3600102: 昭和60年1月2日
_ISO_DATE: Final = re.compile(
    r"(\d{4})[年./-](\d{1,2})[月./-](\d{1,2})日?(?:[t ]?00:00(?::00(?:\.0+)?)?)?"
)
_DIGIT_DATE: Final = re.compile(r"(\d{4})(\d\d)(\d\d)")


def _date(shown: str) -> date:
    """Return the date that a cell writes, in western or Japanese years."""
    if (match := _ISO_DATE.fullmatch(shown) or _DIGIT_DATE.fullmatch(shown)) is not None:
        year, month, day = map(int, match.groups())
    elif (match := _ERA_DATE.fullmatch(shown) or _ERA_CODE.fullmatch(shown)) is not None:
        era, number, *rest = match.groups()
        first, last = _ERAS[_ERA_NAMES[era]]
        year = first - 1 + (1 if number == "元" else int(number))
        if not first <= year <= last:
            raise FaultError("value_not_date")
        month, day = map(int, rest)
    else:
        raise FaultError("value_not_date")
    try:
        return date(year, month, day)
    except ValueError:
        raise FaultError("value_not_date") from None


def read_date(cell: str) -> date:
    """Return the date written in one cell: ISO, ``/``, ``.``, 年月日, or a Japanese era.

    Raises
    ------
    ValueError
        If it is no date, or its century is not said (``85/4/5``).

    Examples
    --------
    >>> [str(read_date(cell)) for cell in ("R5.4.1", "令和元年５月１日", "㋿1/5/1", "S60/1/2")]
    ['2023-04-01', '2019-05-01', '2019-05-01', '1985-01-02']
    >>> str(read_date("H31.4.30")), str(read_date("3600102"))
    ('2019-04-30', '1985-01-02')
    """
    try:
        return _date(plain(cell))
    except FaultError:
        message = "the cell is not a date"
        raise ValueError(message) from None


def ages(raw: pd.Series, *, as_of: date) -> Column:
    """Read birth dates as age in completed years on a day.

    A year is completed on the birthday itself; someone born on 29 February
    completes it on 1 March of common years. A birth after ``as_of`` and an age
    over 130 are faults.

    Examples
    --------
    >>> import pandas as pd
    >>> ages(pd.Series(["S60.4.1", "1985-04-02", ""]), as_of=date(2025, 4, 1)).values.tolist()
    [40, 39, <NA>]
    """
    import pandas as pd

    def rule(shown: str) -> int:
        born = _date(shown)
        return as_of.year - born.year - ((as_of.month, as_of.day) < (born.month, born.day))

    if raw.dtype.kind == "M":
        raw = raw.dt.strftime("%Y-%m-%d")
    values, faults = read_each(raw, rule)
    years = pd.Series(values, index=raw.index, dtype="Int64")
    return bounded(Column(values=years, faults=faults), low=0, high=MAX_AGE, key="age_impossible")
