"""Small tables that go with others: totals to come, rates, and which area is in which zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsukuba_gis.errors import InputError
from tsukuba_gis.io import tabular
from tsukuba_gis.io.codes import sexes
from tsukuba_gis.io.numbers import numbers
from tsukuba_gis.io.text import require_file

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def read_control(path: str | Path) -> pd.DataFrame:
    """Read city totals to come: a CSV file.

    Its columns are ``year``, ``sex``, ``age_start``, ``age_end`` and ``persons``.
    Blank cells of ``sex`` and of the ages mean both sexes, from 0, and open.
    The totals are used by :func:`tsukuba_gis.cohort.hamilton_perry`.

    Raises
    ------
    InputError
        If a column is missing or a cell is no number.
    """
    import pandas as pd

    file = require_file(path)
    frame = tabular.read_csv(file).frame
    lacking = [name for name in ("year", "persons") if name not in frame.columns]
    if lacking:
        raise InputError("table_no_column", path=file.name, column=lacking[0])
    found = pd.DataFrame(index=frame.index)
    for name in ("year", "age_start", "age_end", "persons"):
        cells = frame[name] if name in frame.columns else pd.Series("", index=frame.index)
        read = numbers(cells, strip="人|年|歳")
        if read.faults or (name in ("year", "persons") and read.values.isna().any()):
            raise InputError("age_table_not_numbers", column=name)
        found[name] = read.values
    words = frame["sex"] if "sex" in frame.columns else pd.Series("", index=frame.index)
    read = sexes(words)
    if read.faults:
        raise InputError("age_table_not_numbers", column="sex")
    return found.assign(sex=read.values, year=found["year"].astype(int))


def read_rates(path: str | Path, *, by_sex: bool) -> pd.DataFrame:
    """Read rates by age for the cohort-component method: a CSV file.

    Its columns are ``sex`` (of survival and migration), ``age_start`` and ``value``; also
    ``year`` (the first of a step) and ``area`` where the rates differ between steps or areas.

    Returns
    -------
    pandas.DataFrame
        ``year`` (missing: every step), ``area`` (empty: all), ``sex`` (where ``by_sex``),
        ``age_start`` and ``value``.

    Raises
    ------
    InputError
        If a column is missing or a cell is no number.
    """
    import pandas as pd

    file = require_file(path)
    frame = tabular.read_csv(file).frame
    for name in ("sex", "age_start", "value") if by_sex else ("age_start", "value"):
        if name not in frame.columns:
            raise InputError("table_no_column", path=file.name, column=name)
    blank = pd.Series("", index=frame.index)
    years = numbers(frame.get("year", blank), strip="年")
    ages = numbers(frame["age_start"], strip="歳")
    # A computed rate may be written as 5e-05.
    values = pd.to_numeric(frame["value"], errors="coerce")
    words = sexes(frame["sex"]) if by_sex else None
    faulty = {
        "year": bool(years.faults),
        "age_start": bool(ages.faults) or ages.values.isna().any(),
        "value": values.isna().any(),
        "sex": words is not None and (bool(words.faults) or words.values.isna().any()),
    }
    for name, wrong in faulty.items():
        if wrong:
            raise InputError("age_table_not_numbers", column=name)
    found = pd.DataFrame({"year": years.values, "area": frame.get("area", blank).str.strip()})
    found["area"] = found["area"].fillna("")
    if words is not None:
        found["sex"] = words.values
    return found.assign(age_start=ages.values.astype(int), value=values.astype(float))


def read_residents(path: str | Path) -> pd.Series[float]:
    """Read the residents of an institution: CSV with ``sex``, ``age_start`` and ``persons``.

    Returns
    -------
    pandas.Series
        Persons by ``(sex, age_start)``.
    """
    import pandas as pd

    file = require_file(path)
    frame = tabular.read_csv(file).frame
    for name in ("sex", "age_start", "persons"):
        if name not in frame.columns:
            raise InputError("table_no_column", path=file.name, column=name)
    words, ages = sexes(frame["sex"]), numbers(frame["age_start"], strip="歳")
    persons = numbers(frame["persons"], strip="人")
    for name, read in (("sex", words), ("age_start", ages), ("persons", persons)):
        if read.faults or read.values.isna().any():
            raise InputError("age_table_not_numbers", column=name)
    keys = pd.MultiIndex.from_arrays([words.values, ages.values.astype(int)])
    return pd.Series(persons.values.to_numpy(dtype=float), index=keys)


def read_concordance(path: str | Path, *, level: str) -> dict[str, str] | None:
    """Read which zone each area belongs to: CSV with ``area`` and a column named like the level.

    Returns
    -------
    dict
        Area → zone id; areas without a zone are not in it. None: there is no such column.
    """
    file = require_file(path)
    frame = tabular.read_csv(file).frame
    if "area" not in frame.columns:
        raise InputError("table_no_column", path=file.name, column="area")
    if level not in frame.columns:
        return None
    pairs = zip(frame["area"].str.strip(), frame[level].str.strip(), strict=True)
    return {area: zone for area, zone in pairs if area and zone}
