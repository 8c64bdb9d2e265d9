"""Codes: sex, care level, household type and relation, from the words of registers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.io.cells import MISSING, Column, FaultError, as_text, plain, read_each, series
from tsukuba_gis.schema import CARE_LEVELS, HOUSEHOLD_TYPES, RELATIONS, SEXES

if TYPE_CHECKING:
    import pandas as pd

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
    "親": "parent", "父": "parent", "母": "parent", "養父": "parent", "養母": "parent",
    "妻の父": "parent", "妻の母": "parent", "夫の父": "parent", "夫の母": "parent",
    "義父": "parent", "義母": "parent",
    "孫": "grandchild", "子の子": "grandchild", "長男の子": "grandchild", "長女の子": "grandchild",
    "兄": "other", "弟": "other", "姉": "other", "妹": "other", "祖父": "other", "祖母": "other",
    "父の父": "other", "父の母": "other", "母の父": "other", "母の母": "other", "子の妻": "other",
    "子の夫": "other", "同居人": "other", "使用人": "other", "その他": "other", "親族": "other",
    "縁故者": "other",
    "入所者": "resident", "入居者": "resident", "施設入所者": "resident",
}  # fmt: skip


def _coded(
    raw: pd.Series, table: dict[str, str | None], codes: tuple[str, ...], *, strict: bool
) -> Column:
    """Read words by a table; an unknown word is a fault, or a doubt where not ``strict``."""
    known = {**{code: code for code in codes}, **table}

    def rule(shown: str) -> str | None:
        if shown not in known:
            raise FaultError("value_unknown_code")
        return known[shown]

    values, faults = read_each(raw, rule)
    column = series(values, raw)
    if strict or not faults:
        return Column(values=column, faults=faults)
    return Column(values=column, doubts={"value_unknown_code_kept": faults["value_unknown_code"]})


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
            raise FaultError("care_level_unknown")
        kind = "support" if match[1] == "支援" or match[2] == "support" else "care"
        level = f"{kind}{match[3].translate(_KANJI_DIGITS)}"
        if level not in CARE_LEVELS:
            raise FaultError("care_level_unknown")
        return level

    values, faults = read_each(raw, rule, words=True)
    return Column(values=series(values, raw), faults=faults)


def household_types(raw: pd.Series) -> Column:
    """Read household types; a word that is not known is a doubt, and missing."""
    return _coded(raw, dict(_HOUSEHOLD_TYPES), HOUSEHOLD_TYPES, strict=False)


def relations(raw: pd.Series) -> Column:
    """Read relations to the head (続柄); a word that is not known is a doubt, and missing."""
    return _coded(raw, dict(_RELATIONS), RELATIONS, strict=False)
