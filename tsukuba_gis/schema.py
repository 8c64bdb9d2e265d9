"""Roles of columns and the codes of their values: the package's own vocabulary.

A *role* is the name that a column bears inside the package, whatever it is
called in the file that it came from. Files are matched to roles by the alias
table below; it knows the words that Japanese registers use, and English ones.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SEXES: Final = ("female", "male")
# 介護保険: 非該当, 要支援1–2, 要介護1–5, in order of need.
CARE_LEVELS: Final = ("none", "support1", "support2", "care1", "care2", "care3", "care4", "care5")
HOUSEHOLD_TYPES: Final = (
    "single",
    "couple",
    "couple_children",
    "single_parent",
    "three_generation",
    "other",
    "institution",
)
RELATIONS: Final = ("head", "spouse", "child", "parent", "grandchild", "other", "resident")

# Role → the names that it has in files, besides its own. Compared by column_key.
ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "person_id": (
        "宛名番号", "住民番号", "住民コード", "住民ID", "個人コード", "個人ID", "整理番号",
        "識別番号", "resident id", "pid",
    ),
    "household_id": (
        "世帯番号", "世帯ID", "世帯コード", "世帯No", "household", "household no", "hh id",
    ),
    "age": ("年齢", "満年齢", "年令", "age years"),
    "birth_date": (
        "生年月日", "誕生日", "出生年月日", "birthdate", "birthday", "date of birth", "dob",
    ),
    "sex": ("性別", "男女", "男女別", "性別コード", "性別区分", "gender"),
    "household_type": ("世帯類型", "世帯の類型", "世帯の家族類型", "家族類型", "世帯構成"),
    "relation": ("続柄", "続き柄", "世帯主との続柄", "世帯主との続き柄", "relationship"),
    "care_level": (
        "要介護度", "介護度", "要介護状態区分", "要介護状態", "要介護認定", "要介護認定区分",
        "要支援要介護度", "要介護要支援度", "認定区分", "介護認定", "care need level",
    ),
    "claims": (
        "レセプト件数", "レセプト数", "請求件数", "受診件数", "number of claims", "n claims",
    ),
    "medical_cost": (
        "医療費", "総医療費", "年間医療費", "医療費額", "医療費総額", "費用額", "medical costs",
    ),
    "bmi": ("体格指数",),
    "sbp": (
        "収縮期血圧", "最高血圧", "血圧(上)", "上の血圧", "systolic", "systolic blood pressure",
    ),
    "hba1c": ("ヘモグロビンA1c", "HbA1c(NGSP)"),
    "municipality_code": (
        "全国地方公共団体コード", "都道府県コード又は市区町村コード", "市区町村コード",
        "市町村コード", "地方公共団体コード", "自治体コード", "団体コード", "city code",
    ),
    "ward": (
        "行政区", "行政区名", "行政区コード", "区会", "区会名", "自治会", "自治会名", "町内会",
        "ward name", "ward code", "ward id",
    ),
    "small_area": (
        "町丁字コード", "町丁字", "町丁字等", "町丁・字等コード", "町丁字名", "町丁目",
        "町丁目コード", "町丁目名", "町字", "町字名", "大字町丁目", "小地域", "小地域コード",
        "小地域名", "KEY_CODE",
    ),
    "school_district": (
        "中学校区", "中学校区名", "中学校区コード", "中学校通学区域", "学校区", "学区", "通学区域",
        "junior high district", "school district name",
    ),
    "lon": ("経度", "東経", "longitude", "long", "lng", "fX"),
    "lat": ("緯度", "北緯", "latitude", "fY"),
}  # fmt: skip
ROLES: Final = tuple(ALIASES)
# A person's place is a point or one of these.
AREA_ROLES: Final = ("ward", "small_area", "school_district")
# 個人番号 of the Number Act may be kept for the purposes in the Act only, and
# statistics by district are none of them: such a column is never read in.
MY_NUMBER: Final = ("個人番号", "マイナンバー", "my number")

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_MARKS = re.compile(r"[\s_\-‐–—・./、,:;()\[\]「」'\"*※]+")


def column_key(name: str) -> str:
    """Return the form in which column names are compared.

    Widths (NFKC) and case are made equal; spaces, underscores and marks go.

    Examples
    --------
    >>> column_key(" Household_ID"), column_key("ＨｂＡ１ｃ"), column_key("町丁・字コード")
    ('householdid', 'hba1c', '町丁字コード')
    """
    return _MARKS.sub("", unicodedata.normalize("NFKC", str(name)).casefold())


_REPEATED: Final = re.compile(r" \[\d+\]$")
_ROLE_OF: Final = {
    column_key(name): role for role, names in ALIASES.items() for name in (role, *names)
}


def role_of(column: str) -> str | None:
    """Return the role of a column by its name; None where the name is not known.

    A unit or remark in brackets is left aside if the whole name is not known.

    Examples
    --------
    >>> role_of("年　齢（歳）"), role_of("医療費 [円]"), role_of("備考")
    ('age', 'medical_cost', None)
    """
    plain = unicodedata.normalize("NFKC", str(column))
    return _ROLE_OF.get(column_key(plain)) or _ROLE_OF.get(column_key(_BRACKETS.sub("", plain)))


def is_my_number(column: str) -> bool:
    """Say whether a column is called 個人番号 (My Number), which may not be used here."""
    return column_key(column) in {column_key(name) for name in MY_NUMBER}


def find_roles(
    columns: Sequence[str], *, roles: Mapping[str, str] | None = None, file: str
) -> dict[str, str]:
    """Return role → column of a table.

    Parameters
    ----------
    columns
        Names of the table's columns.
    roles
        Role → column where the caller knows better; these columns are not
        matched by name any more.
    file
        Name of the file, for messages.

    Returns
    -------
    dict
        Only the roles that were found, in the order of :data:`ROLES`. A column
        that bears the role's own name wins over aliases.

    Raises
    ------
    InputError
        If a stated role or column does not exist, or if two columns could
        have the same role: the message names them.

    Examples
    --------
    >>> find_roles(["性別", "Age", "メモ"], file="a.csv")
    {'age': 'Age', 'sex': '性別'}
    >>> find_roles(["age1", "性別"], roles={"age": "age1"}, file="a.csv")
    {'age': 'age1', 'sex': '性別'}
    """
    stated = dict(roles or {})
    for role, column in stated.items():
        if role not in ALIASES:
            near = get_close_matches(role, ROLES, n=1) or ROLES
            raise InputError("role_unknown", file=file, role=role, roles=", ".join(near))
        if column not in columns:
            near = get_close_matches(column, list(columns), n=3) or list(columns)
            raise InputError(
                "role_column_missing", file=file, role=role, column=column, columns=", ".join(near)
            )
    if len(set(stated.values())) < len(stated):
        raise InputError("role_column_twice", file=file)
    found: dict[str, list[str]] = {role: [column] for role, column in stated.items()}
    free = [column for column in columns if column not in stated.values()]
    for column in free:
        role_found = role_of(column)
        if role_found is not None and role_found not in stated:
            found.setdefault(role_found, []).append(column)
    result = {}
    for role in ROLES:
        names = found.get(role, [])
        own = [name for name in names if column_key(name) == column_key(role)]
        # A header that stands twice, "age" and "age [2]", is not settled by its name.
        again = own and any(_REPEATED.sub("", name) == own[0] != name for name in names)
        names = own if len(own) == 1 and not again else names
        if len(names) > 1:
            raise InputError("role_twice", file=file, role=role, columns=", ".join(names))
        if names:
            result[role] = names[0]
    return result


def suggest(role: str, columns: Sequence[str]) -> list[str]:
    """Return columns whose names come near to one of a role's names, nearest first.

    Examples
    --------
    >>> suggest("medical_cost", ["年齢", "医療費用", "memo"])
    ['医療費用']
    """
    keys = {column_key(column): column for column in columns if role_of(column) is None}
    near = [
        match
        for name in (role, *ALIASES[role])
        for match in get_close_matches(column_key(name), list(keys), n=2, cutoff=0.6)
    ]
    return [keys[key] for key in dict.fromkeys(near)]
