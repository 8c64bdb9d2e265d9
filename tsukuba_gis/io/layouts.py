"""Layouts of official polygon files: which field is the id, which the name, in which version.

The same field name means different things in different versions of one product
(``A27_003`` was the name of a school until 2016 and is its code since 2021), so
a layout is recognised by its whole set of fields, never by one name.

Sources: 国土数値情報 product specifications A27, A32 and N03; e-Stat 国勢調査
小地域境界データ field lists of 2015 and 2020.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tsukuba_gis.schema import column_key

if TYPE_CHECKING:
    from collections.abc import Sequence

# 学校コード: two letters or digits of class, then eleven digits (C208222000022).
SCHOOL_CODE: Final = re.compile(r"[A-H][1-9][0-9]{11}")
WATER: Final = "8154"  # HCODE of water surface in e-Stat files


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One version of one product.

    Parameters
    ----------
    product
        Shown to people.
    fields
        Fields that it has.
    lacks
        Fields that only other versions have.
    id
        Fields that make the id together; a municipality's code and a school's
        name, since names repeat between cities.
    name
        Fields that make the name together.
    crs
        What the product's specification says, for files without ``.prj``.
    sums
        Fields that are added up when parts of one zone are joined.
    """

    product: str
    fields: frozenset[str]
    lacks: frozenset[str] = frozenset()
    id: tuple[str, ...]
    name: tuple[str, ...]
    crs: str
    sums: tuple[str, ...] = ()


def _fields(item: str, numbers: str) -> frozenset[str]:
    return frozenset(f"{item}_{number}" for number in numbers.split())


LAYOUTS: Final = (
    Layout(
        product="e-Stat 国勢調査 小地域 (2020)",
        fields=frozenset(["KEY_CODE", "S_NAME", "JINKO", "SETAI"]),
        id=("KEY_CODE",),
        name=("S_NAME",),
        crs="EPSG:6668",
        sums=("JINKO", "SETAI", "AREA"),
    ),
    Layout(
        product="e-Stat 国勢調査 小地域 (2015)",
        fields=frozenset(["KEY_CODE", "MOJI", "JINKO", "SETAI"]),
        id=("KEY_CODE",),
        name=("MOJI",),
        crs="EPSG:4612",
        sums=("JINKO", "SETAI", "AREA"),
    ),
    Layout(
        product="国土数値情報 A27 小学校区 (2010-2016)",
        fields=_fields("A27", "005 006 007"),
        lacks=_fields("A27", "001"),
        id=("A27_005", "A27_007"),
        name=("A27_007",),
        crs="EPSG:4612",
    ),
    Layout(
        product="国土数値情報 A27 小学校区 (2021-)",
        fields=_fields("A27", "001 003 004"),
        lacks=_fields("A27", "006 007"),
        id=("A27_003",),
        name=("A27_004",),
        crs="EPSG:6668",
    ),
    Layout(
        product="国土数値情報 A32 中学校区 (2016)",
        fields=_fields("A32", "006 007 008"),
        lacks=_fields("A32", "001"),
        id=("A32_006", "A32_008"),
        name=("A32_008",),
        crs="EPSG:4612",
    ),
    Layout(
        product="国土数値情報 A32 中学校区 (2013)",
        fields=_fields("A32", "001 003 004 005 006"),
        lacks=_fields("A32", "007"),
        id=("A32_001", "A32_003"),
        name=("A32_003",),
        crs="EPSG:4612",
    ),
    Layout(
        product="国土数値情報 A32 中学校区 (2021-)",
        fields=_fields("A32", "001 003 004"),
        lacks=_fields("A32", "006 007"),
        id=("A32_003",),
        name=("A32_004",),
        crs="EPSG:6668",
    ),
    Layout(
        product="国土数値情報 N03 行政区域 (2024-)",
        fields=_fields("N03", "004 005 007"),
        id=("N03_007",),
        name=("N03_004", "N03_005"),
        crs="EPSG:6668",
    ),
    Layout(
        product="国土数値情報 N03 行政区域 (-2023)",
        fields=_fields("N03", "003 004 007"),
        lacks=_fields("N03", "005"),
        id=("N03_007",),
        name=("N03_004",),
        crs="EPSG:6668",
    ),
)

# For other files, in order of preference.
ID_NAMES: Final = (
    "zone_id", "KEY_CODE", "elem_id", "jh_id", "行政区コード", "行政区番号", "町丁字コード",
    "小地域コード", "中学校区コード", "小学校区コード", "学区コード", "学校コード", "ward_id",
    "ward_code", "area_code", "コード", "code", "id",
)  # fmt: skip
NAME_NAMES: Final = (
    "name", "school_name", "jh_name", "行政区名", "行政区", "町丁字名", "小地域名", "町名",
    "中学校区名", "中学校区", "小学校区名", "小学校区", "学区名", "学区", "学校名", "ward_name",
    "ward", "区名", "名称", "名前", "S_NAME", "MOJI",
)  # fmt: skip


def find_layout(fields: Sequence[str]) -> Layout | None:
    """Return the layout that a set of fields has; None for a file of one's own.

    Examples
    --------
    >>> find_layout(["A27_005", "A27_006", "A27_007", "A27_008"]).product
    '国土数値情報 A27 小学校区 (2010-2016)'
    >>> find_layout(["A27_001", "A27_002", "A27_003", "A27_004", "A27_005"]).name
    ('A27_004',)
    """
    names = set(fields)
    for layout in LAYOUTS:
        if layout.fields <= names and not layout.lacks & names:
            return layout
    return None


def find_field(fields: Sequence[str], known: Sequence[str]) -> str | None:
    """Return the field whose name is the first of the known ones; None without any.

    Examples
    --------
    >>> find_field(["OBJECTID", "Code", "名称"], ID_NAMES)
    'Code'
    """
    by_key = {column_key(field): field for field in reversed(fields)}
    for name in known:
        if column_key(name) in by_key:
            return by_key[column_key(name)]
    return None
