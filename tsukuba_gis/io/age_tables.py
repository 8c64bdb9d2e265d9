"""Persons by area, sex and age, as cities publish them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.io import tabular
from tsukuba_gis.io.dates import read_date
from tsukuba_gis.io.findings import Findings
from tsukuba_gis.io.numbers import numbers
from tsukuba_gis.io.text import require_file
from tsukuba_gis.schema import column_key, role_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from tsukuba_gis.errors import Problem

_AREA: Final = ("地域名", "地区名", "area", "name")
_CODE: Final = ("地域コード", "area code")
_DATE: Final = ("調査年月日", "基準日", "年月日", "date")
_TOTAL: Final = ("総人口", "人口総数", "人口", "total")
_AGE: Final = ("年齢", "年齢階級", "年齢区分", "5歳階級", "age", "age group")
_PERSONS: Final = ("人口", "人数", "persons", "count")
_SEX_COLUMNS: Final = {
    "female": ("女性", "女", "female"),
    "male": ("男性", "男", "male"),
}
# Rows that add up others.
_SUMS: Final = ("合計", "総計", "総数", "計", "小計", "total")
_SEXES: Final = (
    ("female", re.compile(r"女性?|female")),
    ("male", re.compile(r"男性?|(?<!fe)male")),
)
_GROUP: Final = re.compile(r"(\d{1,3})(?:歳|才)?[-~〜―–ー](\d{1,3})(?:歳|才)?")
_OPEN: Final = re.compile(r"(\d{1,3})(?:歳|才)?(?:以上|\+|\s*andover)")
_ONE: Final = re.compile(r"(\d{1,3})(?:歳|才)")
# Foreign residents stand in the resident register since 2012-07-09.
_FOREIGNERS: Final = (2012, 8, 1)
_WIDTH: Final = 5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AgeTable:
    """Persons by area, sex and age at one date.

    Parameters
    ----------
    persons
        Index: name of the area, as in the file; columns MultiIndex ``(sex,
        age_start)``, five years wide, the last open; missing where the file hides a
        number. Persons of unknown age are not in it.
    date
        Of the count; None: the file does not say it.
    codes
        Code of each area; empty text where there is none.
    unknown
        Persons of the area's total that are in no age group.
    """

    persons: pd.DataFrame = field(repr=False)
    date: date | None
    codes: pd.Series[str] = field(repr=False)
    unknown: pd.Series[float] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AgeTables:
    """What one file holds: a table a date, the earliest first."""

    source: str
    tables: tuple[AgeTable, ...]
    problems: tuple[Problem, ...] = ()

    def of_year(self, year: int) -> AgeTable:
        """Return the table of a year.

        Raises
        ------
        InputError
            If the file has no table of that year, or several.
        """
        found = [one for one in self.tables if one.date is None or one.date.year == year]
        if len(found) != 1:
            dates = ", ".join(str(one.date) for one in self.tables)
            raise InputError("age_table_year", path=self.source, year=str(year), dates=dates)
        return found[0]


def read_age_tables(path: str | Path, *, sheet: str | None = None) -> AgeTables:
    r"""Read persons by area, sex and age.

    The municipal standard layout 地域・年齢別人口 (46 columns, or 47; 85歳以上, or
    up to 100歳以上), other tables with a column for each sex and age group, and
    long tables (a row for each area and age) such as a series by 行政区: CSV
    in UTF-8 or CP932, or Excel. Age groups of one or five years.

    Parameters
    ----------
    path
        The file; nothing is written beside it.
    sheet
        Of a workbook with several.

    Returns
    -------
    AgeTables
        A table for each 調査年月日. ``-`` is 0; a blank cell, ``X`` and ``*`` are
        missing. Rows of sums (合計) are left out; a row that stands twice counts
        once. ``problems`` says so, and where a total differs from its ages.

    Raises
    ------
    InputError
        If there is no area or age column, or an area stands twice with
        different numbers.

    Notes
    -----
    The layout is that of the 自治体標準オープンデータセット (デジタル庁). Before August
    2012 resident registers lack foreigners: a warning says so, since ratios across
    that date count them as people who moved in.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "人口.csv"
    ...     header = "調査年月日,地域名,0-4歳の男性,0-4歳の女性,5歳以上の男性,5歳以上の女性"
    ...     _ = file.write_text(f"{header}\n2025-04-01,谷田部,3,4,50,60\n", encoding="cp932")
    ...     found = read_age_tables(file).of_year(2025)
    >>> found.persons.loc["谷田部", "female"].tolist(), str(found.date)
    ([4.0, 60.0], '2025-04-01')
    """
    file = require_file(path)
    if file.suffix.lower() in tabular.EXCEL_SUFFIXES:
        table = tabular.read_excel(file, sheet=sheet)
    else:
        table = tabular.read_csv(file)
    findings = Findings(file)
    if len(table.ragged):
        raise InputError("age_table_ragged", path=file.name, rows=_listed(table.ragged))
    frame = table.frame.set_axis(table.rows, axis=0)
    names = [str(name) for name in frame.columns]
    area = _find(names, _AREA) or next(
        (name for name in names if role_of(name) in ("ward", "small_area")), None
    )
    if area is None:
        raise InputError("age_table_no_area", path=file.name, columns=", ".join(names[:12]))
    frame = _without_sums(frame, area, findings)
    cells = _persons(frame, names, file.name, area)
    return _by_date(frame, cells, area, findings, source=file.name)


def _find(names: Sequence[str], known: Sequence[str]) -> str | None:
    keys = {column_key(name): name for name in reversed(names)}
    return next((keys[column_key(one)] for one in known if column_key(one) in keys), None)


def _without_sums(frame: pd.DataFrame, area: str, findings: Findings) -> pd.DataFrame:
    """Leave out blank rows, and rows that add up others."""
    called = frame[area].str.strip()
    keys = called.map(lambda name: column_key(str(name)))
    sums = keys.isin([column_key(one) for one in _SUMS]).to_numpy(dtype=bool)
    blank = (called == "").to_numpy(dtype=bool)
    if sums.any():
        findings.add("info", "age_table_sums", n=int(sums.sum()))
    return frame[~(sums | blank)].assign(**{area: called[~(sums | blank)]})


def _persons(frame: pd.DataFrame, names: list[str], file: str, area: str) -> pd.DataFrame:
    """Return persons by row of the file (or, of a long table, by its first row) and cell."""
    wide = {name: cell for name in names if (cell := age_cell(name)) is not None}
    if wide:
        return _summed(frame[list(wide)].apply(_counts), list(wide.values()), file)
    age = _find(names, _AGE)
    sexes = {sex: _find(names, known) for sex, known in _SEX_COLUMNS.items()}
    if age is None or None in sexes.values():
        raise InputError("age_table_no_ages", path=file, columns=", ".join(names[:12]))
    return _long(frame, area, age, {sex: str(name) for sex, name in sexes.items()}, file)


def _long(
    frame: pd.DataFrame, area: str, age: str, sexes: dict[str, str], file: str
) -> pd.DataFrame:
    """Turn a row for each area and age into a row for each area (and date)."""
    import pandas as pd

    starts = frame[age].map(lambda cell: age_of(str(cell)))
    kept = frame[starts.notna()]
    ages = starts[starts.notna()].astype(int)
    when = _find(list(map(str, frame.columns)), _DATE)
    keys = [kept[area], kept[when] if when else pd.Series("", index=kept.index)]
    first = kept.groupby([*(key.to_numpy() for key in keys)], sort=False)[area].transform(
        lambda rows: rows.index[0]
    )
    counts = {sex: _counts(kept[name]) for sex, name in sexes.items()}
    # An age without a row has nobody; one whose number is hidden is not known.
    parts = {
        (sex, start): counts[sex][ages == start]
        .groupby(first[ages == start].to_numpy())
        .agg(lambda cells: cells.sum(skipna=False))
        .reindex(first.unique(), fill_value=0.0)
        for sex in sexes
        for start in sorted(set(ages))
    }
    return _summed(pd.DataFrame(parts), list(parts), file)


def _summed(table: pd.DataFrame, cells: list[tuple[str, int]], file: str) -> pd.DataFrame:
    """Return five-year groups from groups of one or five years; the last stays open."""
    import pandas as pd

    starts = sorted({age for _, age in cells})
    columns = {(sex, age): table.iloc[:, [n for n, cell in enumerate(cells) if cell == (sex, age)]]
               for sex in _SEX_COLUMNS for age in starts}  # fmt: skip
    if any(one.shape[1] != 1 for one in columns.values()):
        raise InputError("age_table_ages_unclear", path=file)
    single = len(starts) > 1 and starts[1] - starts[0] == 1
    last = starts[-1] - starts[-1] % _WIDTH
    if not single and any(np.diff(starts) != _WIDTH):
        raise InputError("age_table_ages_unclear", path=file)
    sums = {}
    for sex in _SEX_COLUMNS:
        for low in range(0, last + 1, _WIDTH):
            ages = [a for a in starts if (min(a, last) // _WIDTH) * _WIDTH == low]
            parts = pd.concat([columns[sex, age] for age in ages], axis=1)
            sums[sex, low] = parts.sum(axis=1, skipna=False)
    return pd.concat(sums, axis=1, names=["sex", "age_start"])


def age_cell(name: str) -> tuple[str, int] | None:
    """Return the sex and first age of a column; None where it is no group of one sex.

    Examples
    --------
    >>> age_cell("0-4歳の男性"), age_cell("女_８５歳以上"), age_cell("総人口"), age_cell("10～14歳")
    (('male', 0), ('female', 85), None, None)
    """
    plain = "".join(unicodedata.normalize("NFKC", name).casefold().split())
    sexes = [sex for sex, words in _SEXES if words.search(plain)]
    age = age_of(plain)
    return (sexes[0], age) if len(sexes) == 1 and age is not None else None


def age_of(cell: str) -> int | None:
    """Return the first age of a group in words."""
    plain = "".join(unicodedata.normalize("NFKC", cell).casefold().split())
    for form in (_GROUP, _OPEN, _ONE):
        if (match := form.search(plain)) is not None:
            return int(match[1])
    return int(plain) if plain.isdigit() and len(plain) <= 3 else None


def _counts(cells: pd.Series[str]) -> pd.Series[float]:
    """Read numbers of persons: ``-`` is none, what is hidden or blank is missing."""
    plain = cells.map(lambda cell: unicodedata.normalize("NFKC", str(cell)).strip())
    plain = plain.replace({"-": "0", "―": "0", "–": "0", "X": "", "x": "", "*": ""})
    read = numbers(plain, strip="人")
    if read.faults:
        raise InputError("age_table_not_numbers", column=str(cells.name))
    return read.values


def _by_date(
    frame: pd.DataFrame, cells: pd.DataFrame, area: str, findings: Findings, *, source: str
) -> AgeTables:
    """Return a table for each date."""
    import pandas as pd

    names = [str(name) for name in frame.columns]
    when, code, total = (_find(names, known) for known in (_DATE, _CODE, _TOTAL))
    rows = frame.loc[cells.index]
    dates = [_date_of(str(cell), source) for cell in rows[when]] if when else None
    wide = total is not None and age_cell(names[-1]) is None and len(cells) == len(frame)
    totals = _counts(rows[total]) if wide and total else cells.sum(axis=1, skipna=False)
    about = pd.DataFrame(
        {"area": rows[area], "code": rows[code] if code else "", "total": totals, "date": dates}
    )
    tables = []
    for day, own in about.groupby("date", sort=True, dropna=False):
        kept = _once(own, cells, findings, source)
        unknown = kept["total"] - cells.loc[kept.index].sum(axis=1, skipna=False)
        if (unknown.abs() > 0.5).any():
            rows_off = unknown.index[unknown.abs() > 0.5].to_numpy()
            findings.add("warning", "age_table_unknown", n=len(rows_off), rows=_listed(rows_off))
        index = pd.Index(kept["area"].to_numpy(), name="area")
        tables.append(
            AgeTable(
                persons=cells.loc[kept.index].set_axis(index, axis=0).astype(float),
                date=day if isinstance(day, date) else None,
                codes=kept["code"].set_axis(index),
                unknown=unknown.set_axis(index),
            )
        )
        if tables[-1].date is not None and tables[-1].date.timetuple()[:3] < _FOREIGNERS:
            findings.add("warning", "age_table_foreigners", date=str(day))
    if not tables:
        raise InputError("file_empty", path=source)
    return AgeTables(source=source, tables=tuple(tables), problems=findings.problems)


def _date_of(cell: str, source: str) -> date | None:
    if not cell.strip():
        return None
    try:
        return read_date(cell)
    except ValueError:
        raise InputError("age_table_date", path=source) from None


def _once(own: pd.DataFrame, cells: pd.DataFrame, findings: Findings, source: str) -> pd.DataFrame:
    """Return the areas of one date, each once; those of one name have their code with it."""
    same = own.join(cells.set_axis(range(cells.shape[1]), axis=1)).duplicated()
    if same.any():
        findings.add("info", "age_table_repeated", n=int(same.sum()))
    own = own[~same]
    again = own["area"].duplicated(keep=False)
    own = own.assign(area=own["area"].where(~again, own["area"] + " " + own["code"]))
    if own["area"].duplicated().any():
        rows = own.index[own["area"].duplicated(keep=False)].to_numpy()
        raise InputError("age_table_twice", path=source, rows=_listed(rows))
    return own


def _listed(rows: np.ndarray, most: int = 10) -> str:
    return ", ".join(map(str, rows[:most])) + (" …" if len(rows) > most else "")
