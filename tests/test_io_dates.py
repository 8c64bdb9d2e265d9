from datetime import date, timedelta

import pandas as pd
import pytest
from cells import cells
from hypothesis import given
from hypothesis import strategies as st

from tsukuba_gis.io.dates import ages, read_date


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("R5.4.1", "2023-04-01"),
        ("H31.4.30", "2019-04-30"),
        ("令和元年5月1日", "2019-05-01"),
        ("㋿元年５月１日", "2019-05-01"),
        ("㍼64年1月7日", "1989-01-07"),
        ("S60/1/2", "1985-01-02"),
        ("Ｓ６０．１．２", "1985-01-02"),
        ("昭和 60年 1月 2日", "1985-01-02"),
        ("昭60.1.2", "1985-01-02"),
        ("T15.12.25", "1926-12-25"),
        ("明治45年7月29日", "1912-07-29"),
        ("1985-01-02", "1985-01-02"),
        ("1985/1/2", "1985-01-02"),
        ("1985年1月2日", "1985-01-02"),
        ("19850102", "1985-01-02"),
        ("3600102", "1985-01-02"),
        ("5-050401", "2023-04-01"),
        ("1985-01-02 00:00:00", "1985-01-02"),
        ("1985-01-02T00:00:00", "1985-01-02"),
        ("平成31年5月1日", "2019-05-01"),
    ],
)
def test_dates_of_registers(cell, expected):
    assert read_date(cell).isoformat() == expected


@pytest.mark.parametrize(
    "cell",
    ["85/4/5", "4/5/1985", "S65.1.1", "H32.1.1", "R5.2.30", "2023-13-01", "X5.4.1", "31142",
     "昨日"],
    ids=["two-digit year", "American", "era over", "era over", "30 February", "month 13",
         "no era", "Excel serial", "word"],
)  # fmt: skip
def test_what_is_no_date_or_not_clear_is_refused(cell):
    with pytest.raises(ValueError, match="not a date"):
        read_date(cell)


ERA_STARTS = [("令和", "R", 2018), ("平成", "H", 1988), ("昭和", "S", 1925), ("大正", "T", 1911)]


@given(st.dates(date(1912, 8, 1), date(2040, 12, 31)), st.booleans(), st.booleans())
def test_every_day_is_read_back_from_its_era(day, letters, wide):
    name, letter, before = next(era for era in ERA_STARTS if day.year > era[2])
    year = day.year - before
    text = (
        f"{letter}{year}.{day.month}.{day.day}"
        if letters
        else f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日"
    )
    if wide:
        text = text.translate(str.maketrans("0123456789.", "０１２３４５６７８９．"))
    assert read_date(text) == day


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        ("1985-04-01", date(2025, 4, 1), 40),
        ("1985-04-02", date(2025, 4, 1), 39),
        ("2024-02-29", date(2025, 2, 28), 0),
        ("2024-02-29", date(2025, 3, 1), 1),
        ("2025-04-01", date(2025, 4, 1), 0),
        ("M45.1.1", date(2025, 4, 1), 113),
    ],
)
def test_age_is_completed_on_the_birthday(born, day, age):
    assert cells(ages(pd.Series([born]), as_of=day)) == [age]


def test_a_birth_after_the_day_and_an_age_over_130_are_impossible():
    column = ages(pd.Series(["2025-04-02", "1890-01-01", "x"]), as_of=date(2025, 4, 1))
    assert column.faults["age_impossible"].tolist() == [True, True, False]
    assert column.faults["value_not_date"].tolist() == [False, False, True]


def test_dates_that_a_file_holds_as_dates_are_read():
    raw = pd.Series(pd.to_datetime(["1985-04-01", None]))
    assert cells(ages(raw, as_of=date(2025, 4, 1))) == [40, None]


@given(st.dates(date(1900, 1, 1), date(2020, 1, 1)), st.integers(0, 40_000))
def test_age_grows_by_one_on_each_birthday(born, days):
    day = born + timedelta(days=days)
    age = cells(ages(pd.Series([born.isoformat()]), as_of=day))[0]
    assert abs(age - days / 365.2425) < 1.01
