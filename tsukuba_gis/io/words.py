"""The package's names and codes in the words of Japanese registers; the way back from reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

# Role → heading. Each is among the aliases by which the role is found again.
HEADINGS: Final = {
    "person_id": "個人ID", "household_id": "世帯番号", "age": "年齢", "birth_date": "生年月日",
    "sex": "性別", "household_type": "世帯類型", "relation": "続柄", "care_level": "要介護度",
    "claims": "レセプト件数", "medical_cost": "医療費", "bmi": "BMI", "sbp": "収縮期血圧",
    "hba1c": "HbA1c", "municipality_code": "市区町村コード", "ward": "行政区",
    "small_area": "町丁・字", "school_district": "中学校区", "lon": "経度", "lat": "緯度",
}  # fmt: skip
# Role → code → word. Each word is read as the code.
WORDS: Final = {
    "sex": {"female": "女", "male": "男"},
    "care_level": {
        "none": "認定なし", "support1": "要支援1", "support2": "要支援2", "care1": "要介護1",
        "care2": "要介護2", "care3": "要介護3", "care4": "要介護4", "care5": "要介護5",
    },
    "household_type": {
        "single": "単独世帯", "couple": "夫婦のみの世帯",
        "couple_children": "夫婦と子供から成る世帯",
        "single_parent": "ひとり親世帯", "three_generation": "三世代世帯", "other": "その他の世帯",
        "institution": "施設等の世帯",
    },
    "relation": {
        "head": "世帯主", "spouse": "配偶者", "child": "子", "parent": "親", "grandchild": "孫",
        "other": "その他", "resident": "入所者",
    },
}  # fmt: skip


def in_japanese(frame: pd.DataFrame) -> pd.DataFrame:
    """Return records as a Japanese register would show them, on the caller's index.

    Parameters
    ----------
    frame
        Records by role (:class:`tsukuba_gis.records.Records`). Columns without a role, codes
        without a word and missing values stay as they are.

    Returns
    -------
    DataFrame
        :func:`tsukuba_gis.io.read_records` reads the same records from it.

    Examples
    --------
    >>> import pandas as pd
    >>> in_japanese(pd.DataFrame({"sex": ["male"], "care_level": ["care3"], "note": ["x"]}))
      性別  要介護度 note
    0  男  要介護3    x
    """
    worded = {
        role: frame[role].map(lambda code, words=words: words.get(code, code))
        for role, words in WORDS.items()
        if role in frame
    }
    return frame.assign(**worded).rename(columns=HEADINGS)
