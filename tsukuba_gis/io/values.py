"""Values of cells: from what a register writes to what the package keeps.

Every reader here takes a column as it came (text, or the file's own type) and
returns the values with the rows that could not be read, by the key of their
fault. Distinct values are read once, so that a column of 240,000 sexes costs
four look-ups. Widths of characters never matter (NFKC).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.schema import CARE_LEVELS, HOUSEHOLD_TYPES, RELATIONS, SEXES

if TYPE_CHECKING:
    import pandas as pd

MAX_AGE: Final = 130
LAST_PREFECTURE: Final = 47
MISSING: Final = frozenset(
    ["", "-", "--", "‐", "–", "—", "―", "ー", "…", "na", "n/a", "#n/a", "nan", "nat", "null",
     "none", "<na>", "不明", "不詳", "未回答", "無回答", "未記入", "unknown"]
)  # fmt: skip
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
# No word for "missing" and no scientific notation looks like this.
_PLAIN_ID: Final = r"(?:[A-Z]{1,3}-?)?[0-9]{1,15}"
_PLAIN_NUMBER: Final = r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?"
_NUMBER: Final = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d{1,15})(\.\d*)?")
_SCIENTIFIC: Final = re.compile(r"[+-]?\d(?:\.\d+)?e[+-]?\d+", re.IGNORECASE)
_DEGREES: Final = re.compile(
    r"(?:東経|北緯|[en])?(\d{1,3})[度°](\d{1,2})[分'′](\d{1,2}(?:\.\d+)?)(?:秒|\"|″|′′|'')?[en]?"
)

_FEMALE: Final = ("女", "女性", "女子", "女児", "f", "female", "woman", "2", "02", "2:女", "2女")
_MALE: Final = ("男", "男性", "男子", "男児", "m", "male", "man", "1", "01", "1:男", "1男")
# 9 and 0: not known (ISO 5218); the package counts two sexes and leaves others out of them.
_NO_SEX: Final = ("0", "9", "その他", "無回答", "回答しない", "other", "x")
_SEX: Final = {
    **dict.fromkeys(_FEMALE, "female"),
    **dict.fromkeys(_MALE, "male"),
    **dict.fromkeys(_NO_SEX, None),
}
# 要介護状態区分コード of the long-term care claims interface.
_CARE_CODES: Final = {
    "01": "none", "06": "none", "12": "support1", "13": "support2",
    "21": "care1", "22": "care2", "23": "care3", "24": "care4", "25": "care5",
}  # fmt: skip
_NO_CARE: Final = (
    "非該当", "自立", "未認定", "認定なし", "認定無し", "認定無", "なし", "無し", "無", "該当なし",
    "未申請", "事業対象者", "not certified", "independent",
)  # fmt: skip
_CARE: Final = {
    **_CARE_CODES,
    **dict.fromkeys(_NO_CARE, "none"),
    # "none" is a missing marker elsewhere; in this column it is the code.
    "none": "none",
}
_CARE_LEVEL: Final = re.compile(
    r"(?:要?(支援|介護)|(support|care)(?:need)?(?:level)?)(?:度|状態)?([1-5一二三四五])"
)
_KANJI_DIGITS: Final = str.maketrans("一二三四五", "12345")
_HOUSEHOLD_TYPES: Final = {
    "単独": "single", "単身": "single", "単独世帯": "single", "単身世帯": "single",
    "一人暮らし": "single", "ひとり暮らし": "single", "独居": "single",
    "夫婦のみ": "couple", "夫婦のみの世帯": "couple", "夫婦": "couple",
    "夫婦と子": "couple_children", "夫婦と子供": "couple_children",
    "夫婦と子ども": "couple_children", "夫婦と子供から成る世帯": "couple_children",
    "夫婦と子どもから成る世帯": "couple_children",
    "ひとり親": "single_parent", "ひとり親と子": "single_parent", "ひとり親世帯": "single_parent",
    "ひとり親と子供": "single_parent", "男親と子供": "single_parent", "女親と子供": "single_parent",
    "男親と子供から成る世帯": "single_parent", "女親と子供から成る世帯": "single_parent",
    "母子": "single_parent", "父子": "single_parent", "母子世帯": "single_parent",
    "父子世帯": "single_parent",
    "三世代": "three_generation", "三世代世帯": "three_generation", "3世代": "three_generation",
    "3世代世帯": "three_generation",
    "その他": "other", "その他の世帯": "other",
    "施設": "institution", "施設等": "institution", "施設等の世帯": "institution",
    "施設入所": "institution",
}  # fmt: skip
_RELATIONS: Final = {
    "世帯主": "head", "本人": "head", "主": "head",
    "妻": "spouse", "夫": "spouse", "配偶者": "spouse", "妻(未届)": "spouse", "夫(未届)": "spouse",
    "子": "child", "長男": "child", "長女": "child", "二男": "child", "次男": "child",
    "二女": "child", "次女": "child", "三男": "child", "三女": "child", "四男": "child",
    "四女": "child", "養子": "child", "妻の子": "child", "夫の子": "child",
    "父": "parent", "母": "parent", "養父": "parent", "養母": "parent", "妻の父": "parent",
    "妻の母": "parent", "夫の父": "parent", "夫の母": "parent", "義父": "parent", "義母": "parent",
    "孫": "grandchild", "子の子": "grandchild", "長男の子": "grandchild", "長女の子": "grandchild",
    "兄": "other", "弟": "other", "姉": "other", "妹": "other", "祖父": "other", "祖母": "other",
    "父の父": "other", "父の母": "other", "母の父": "other", "母の母": "other", "子の妻": "other",
    "子の夫": "other", "同居人": "other", "使用人": "other", "その他": "other", "親族": "other",
    "縁故者": "other",
    "入所者": "resident", "入居者": "resident", "施設入所者": "resident",
}  # fmt: skip


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


class _FaultError(Exception):
    """A cell cannot be read; the argument is the key of the fault, never the value."""


def plain(value: str) -> str:
    """Return a cell in the form in which values are compared: NFKC, small letters, no blanks."""
    return "".join(unicodedata.normalize("NFKC", value).casefold().split())


def is_blank(raw: pd.Series) -> np.ndarray:
    """Return the mask of cells that hold nothing at all."""
    blank = raw.isna().to_numpy(dtype=bool)
    if raw.dtype == "str" or raw.dtype == object:
        empty = raw.astype("str").str.strip().eq("").to_numpy(dtype=bool, na_value=True)
        blank = blank | empty
    return np.asarray(blank)


def _read_each(
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
        except _FaultError as error:
            fault[position] = error.args[0]
    faults = {key: (fault == key)[number] for key in sorted(set(fault) - {""})}
    return values[number], faults


def as_text(cell: object) -> str:
    """Return a cell as text; a whole number that came as float loses its point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _series(values: np.ndarray, raw: pd.Series) -> pd.Series:
    import pandas as pd

    return pd.Series(list(values), index=raw.index, dtype=object).infer_objects()


def _date(shown: str) -> date:
    """Return the date that a cell writes, in western or Japanese years."""
    if (match := _ISO_DATE.fullmatch(shown) or _DIGIT_DATE.fullmatch(shown)) is not None:
        year, month, day = map(int, match.groups())
    elif (match := _ERA_DATE.fullmatch(shown) or _ERA_CODE.fullmatch(shown)) is not None:
        era, number, *rest = match.groups()
        first, last = _ERAS[_ERA_NAMES[era]]
        year = first - 1 + (1 if number == "元" else int(number))
        if not first <= year <= last:
            raise _FaultError("value_not_date")
        month, day = map(int, rest)
    else:
        raise _FaultError("value_not_date")
    try:
        return date(year, month, day)
    except ValueError:
        raise _FaultError("value_not_date") from None


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
    except _FaultError:
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
    values, faults = _read_each(raw, rule)
    years = pd.Series(values, index=raw.index, dtype="Int64")
    return _bounded(Column(values=years, faults=faults), low=0, high=MAX_AGE, key="age_impossible")


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
    parsed, faults = _read_each(raw[~easy], partial(_number, unit=unit))
    values[~easy] = [np.nan if value is None else value for value in parsed]
    return Column(values=pd.Series(values, raw.index), faults=_spread(faults, ~easy))


def _number(shown: str, *, unit: re.Pattern[str] | None) -> float:
    shown = unit.sub("", shown) if unit else shown
    shown = shown.replace("−", "-").lstrip("¥")
    match = _NUMBER.fullmatch(shown)
    if match is None:
        degrees = _DEGREES.fullmatch(shown)
        if degrees is not None:
            whole, minutes, seconds = map(float, degrees.groups())
            return whole + minutes / 60 + seconds / 3600
        raise _FaultError(
            "value_scientific" if _SCIENTIFIC.fullmatch(shown) else "value_not_number"
        )
    sign, digits, decimals = match.groups()
    return float(f"{sign}{digits.replace(',', '')}{decimals or ''}")


def _spread(faults: dict[str, np.ndarray], where: np.ndarray) -> dict[str, np.ndarray]:
    """Return masks over all rows from masks over the rows ``where``."""
    spread = {}
    for key, mask in faults.items():
        spread[key] = np.zeros(len(where), dtype=bool)
        spread[key][where] = mask
    return spread


def _bounded(column: Column, *, low: float, high: float, key: str) -> Column:
    """Turn values outside ``[low, high]`` into faults."""
    values = column.values.to_numpy(dtype=float, na_value=np.nan)
    bad = (values < low) | (values > high)
    if not bad.any():
        return column
    return Column(values=column.values.mask(bad), faults={**column.faults, key: bad})


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
    return _bounded(Column(values=whole, faults=faults), low=low, high=high, key=key)


def measures(raw: pd.Series, *, low: float, high: float) -> Column:
    """Read measured values between bounds that no living person leaves."""
    return _bounded(numbers(raw), low=low, high=high, key="value_out_of_range")


def _coded(
    raw: pd.Series, table: dict[str, str | None], codes: tuple[str, ...], *, strict: bool
) -> Column:
    known = {**dict.fromkeys(codes), **table}

    def rule(shown: str) -> str | None:
        if shown in codes:
            return shown
        if shown not in known:
            raise _FaultError("value_unknown_code")
        return known[shown]

    values, faults = _read_each(raw, rule)
    column = _series(values, raw)
    if strict:
        return Column(values=column, faults=faults)
    return Column(values=column, doubts=faults)


def sexes(raw: pd.Series) -> Column:
    """Read sexes as ``"female"`` or ``"male"``; 1 is male and 2 is female, as in the census.

    Other answers and codes for "not known" are missing. A column of 0 and 1
    without any 2 follows another convention, which cannot be told: all its 0
    and 1 are faults.

    Examples
    --------
    >>> import pandas as pd
    >>> sexes(pd.Series(["男", "Ｆ", "2", "その他"])).values.tolist()
    ['male', 'female', 'female', nan]
    """
    column = _coded(raw, _SEX, SEXES, strict=True)
    number, distinct = raw.factorize()
    shown = np.array([plain(as_text(cell)) for cell in distinct] + [""], dtype=object)
    if "0" in shown and "1" in shown and "2" not in shown:
        digits = np.isin(shown, ["0", "1"])[number]
        return Column(
            values=column.values.mask(digits), faults={**column.faults, "sex_zero_one": digits}
        )
    return column


def care_levels(raw: pd.Series) -> Column:
    """Read care levels: 要介護３, 要支援1, 非該当, 自立, 未認定, the claims codes 01–25, English.

    A bare 1 … 5 could be 要支援 or 要介護 and is a fault. Blank cells are missing
    (see :func:`tsukuba_gis.io.read_records` for registers that leave 非該当 blank).

    Examples
    --------
    >>> import pandas as pd
    >>> care_levels(pd.Series(["要介護３", "要支援 1", "自立", "25", "Care 2"])).values.tolist()
    ['care3', 'support1', 'none', 'care5', 'care2']
    """

    def rule(shown: str) -> str | None:
        if shown in CARE_LEVELS:
            return shown
        if shown in _CARE:
            return _CARE[shown]
        if shown in MISSING:
            return None
        match = _CARE_LEVEL.fullmatch(shown.replace("_", ""))
        if match is None:
            raise _FaultError("care_level_unknown")
        kind = "support" if match[1] == "支援" or match[2] == "support" else "care"
        level = f"{kind}{match[3].translate(_KANJI_DIGITS)}"
        if level not in CARE_LEVELS:
            raise _FaultError("care_level_unknown")
        return level

    values, faults = _read_each(raw, rule, words=True)
    return Column(values=_series(values, raw), faults=faults)


def household_types(raw: pd.Series) -> Column:
    """Read household types; a word that is not known is a doubt, and missing."""
    return _coded(raw, dict(_HOUSEHOLD_TYPES), HOUSEHOLD_TYPES, strict=False)


def relations(raw: pd.Series) -> Column:
    """Read relations to the head (続柄); a word that is not known is a doubt, and missing."""
    return _coded(raw, dict(_RELATIONS), RELATIONS, strict=False)


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
    lost = np.array([_SCIENTIFIC.fullmatch(cell) is not None for cell in shown] + [False])
    spread = _spread({"missing": missing[number], "lost": lost[number]}, odd)
    nothing = spread["missing"] | spread["lost"]
    faults = {"value_scientific": spread["lost"]} if lost.any() else {}
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
    short = column.values.str.fullmatch(r"[0-9]{8}|[0-9]{10}").fillna(False).astype(bool)
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
    values, faults = _read_each(raw, _municipality)
    return Column(values=_series(values, raw), faults=faults)


def _municipality(shown: str) -> str:
    if _SCIENTIFIC.fullmatch(shown):
        raise _FaultError("value_scientific")
    if re.fullmatch(r"[0-9]{4,6}", shown) is None:
        raise _FaultError("code_not_municipality")
    if len(shown) == 4 or (len(shown) == 5 and int(shown[:2]) > LAST_PREFECTURE):
        shown = "0" + shown
    if len(shown) == 6 and int(shown[5]) != check_digit(shown[:5]):
        raise _FaultError("code_check_digit")
    if not 1 <= int(shown[:2]) <= LAST_PREFECTURE:
        raise _FaultError("code_not_municipality")
    return shown[:5]
