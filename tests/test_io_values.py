from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsukuba_gis.io import values


def cells(column):
    return [None if pd.isna(value) else value for value in column.values]


def fault(reader, cell, **options):
    column = reader(pd.Series([cell], dtype="str"), **options)
    assert column.values.isna().all(), "a cell with a fault has no value"
    return [key for key, mask in column.faults.items() if mask.any()]


# ---- dates -------------------------------------------------------------------


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
    assert values.read_date(cell).isoformat() == expected


@pytest.mark.parametrize(
    "cell",
    ["85/4/5", "4/5/1985", "S65.1.1", "H32.1.1", "R5.2.30", "2023-13-01", "X5.4.1", "31142",
     "昨日"],
    ids=["two-digit year", "American", "era over", "era over", "30 February", "month 13",
         "no era", "Excel serial", "word"],
)  # fmt: skip
def test_what_is_no_date_or_not_clear_is_refused(cell):
    with pytest.raises(ValueError, match="not a date"):
        values.read_date(cell)


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
    assert values.read_date(text) == day


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
    assert cells(values.ages(pd.Series([born]), as_of=day)) == [age]


def test_a_birth_after_the_day_and_an_age_over_130_are_impossible():
    column = values.ages(pd.Series(["2025-04-02", "1890-01-01", "x"]), as_of=date(2025, 4, 1))
    assert column.faults["age_impossible"].tolist() == [True, True, False]
    assert column.faults["value_not_date"].tolist() == [False, False, True]


def test_dates_that_a_file_holds_as_dates_are_read():
    raw = pd.Series(pd.to_datetime(["1985-04-01", None]))
    assert cells(values.ages(raw, as_of=date(2025, 4, 1))) == [40, None]


@given(st.dates(date(1900, 1, 1), date(2020, 1, 1)), st.integers(0, 40_000))
def test_age_grows_by_one_on_each_birthday(born, days):
    day = born + timedelta(days=days)
    age = cells(values.ages(pd.Series([born.isoformat()]), as_of=day))[0]
    assert abs(age - days / 365.2425) < 1.01


# ---- numbers -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1234", 1234.0), ("1,234", 1234.0), ("１，２３４円", 1234.0), ("¥1,234", 1234.0),
        (" 12.5 ", 12.5), ("-3", -3.0), ("−3", -3.0), ("+4", 4.0), ("12.", 12.0), ("007", 7.0),
        ("140°7′48″", 140.13), ("東経140度7分48秒", 140.13), ("", None), ("－", None),
        ("不明", None), ("N/A", None), ("　", None),
    ],
)  # fmt: skip
def test_numbers(cell, expected):
    found = cells(values.numbers(pd.Series([cell], dtype="str"), strip="円"))[0]
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        ("1.2E+05", "value_scientific"),
        ("8e3", "value_scientific"),
        ("12,34", "value_not_number"),
        ("1_000", "value_not_number"),
        ("inf", "value_not_number"),
        ("0x1F", "value_not_number"),
        ("十二", "value_not_number"),
        ("1.2.3", "value_not_number"),
        ("1" * 400, "value_not_number"),
    ],
)
def test_what_is_no_number_is_a_fault(cell, key):
    assert fault(values.numbers, cell) == [key]


@given(st.lists(st.floats(-1e9, 1e9).map(lambda x: round(x, 6)), min_size=1))
def test_numbers_are_read_to_the_last_bit(expected):
    raw = pd.Series([f"{value:.6f}" for value in expected], dtype="str")
    assert values.numbers(raw).values.tolist() == expected


def test_numbers_of_typed_columns_pass_and_infinity_is_a_fault():
    column = values.numbers(pd.Series([1.5, np.nan, np.inf]))
    assert cells(column) == [1.5, None, None]
    assert column.faults["value_not_number"].tolist() == [False, False, True]
    assert cells(values.numbers(pd.Series([Decimal("1.25"), None], dtype=object))) == [1.25, None]


def test_ages_as_numbers():
    raw = pd.Series(["25歳", "２５", "131", "-1", "25.5", "０才", ""], dtype="str")
    column = values.whole_numbers(raw, low=0, high=130, strip="歳|才", key="age_impossible")
    assert cells(column) == [25, 25, None, None, None, 0, None]
    assert column.faults["age_impossible"].tolist() == [False, False, True, True, *[False] * 3]
    assert column.faults["value_not_whole"].tolist() == [*[False] * 4, True, False, False]


# ---- codes -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("男", "male"), ("女性", "female"), ("Ｍ", "male"), ("f", "female"), ("1", "male"),
     ("2", "female"), ("２", "female"), ("1:男", "male"), ("Female", "female"), ("その他", None),
     ("9", None), ("", None), ("不明", None)],
)  # fmt: skip
def test_sexes(cell, expected):
    column = values.sexes(pd.Series([cell], dtype="str"))
    assert cells(column) == [expected]
    assert not column.faults


def test_sexes_as_integers_follow_the_census():
    assert cells(values.sexes(pd.Series([1, 2, 1]))) == ["male", "female", "male"]


def test_zero_and_one_do_not_say_which_is_male():
    column = values.sexes(pd.Series(["0", "1", "女"], dtype="str"))
    assert column.faults["sex_zero_one"].tolist() == [True, True, False]
    assert cells(column) == [None, None, "female"]


def test_zero_beside_one_and_two_is_not_known():
    assert cells(values.sexes(pd.Series([0, 1, 2]))) == [None, "male", "female"]


def test_an_unknown_word_for_sex_is_a_fault():
    assert fault(values.sexes, "犬") == ["value_unknown_code"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("要介護３", "care3"), ("要介護3", "care3"), ("要支援1", "support1"), ("要支援２", "support2"),
     ("要介護五", "care5"), ("介護1", "care1"), ("非該当", "none"), ("自立", "none"),
     ("未認定", "none"), ("認定なし", "none"), ("none", "none"), ("care 2", "care2"),
     ("Support1", "support1"), ("care level 4", "care4"), ("12", "support1"), ("25", "care5"),
     ("01", "none"), ("", None), ("不明", None), ("-", None)],
)  # fmt: skip
def test_care_levels(cell, expected):
    column = values.care_levels(pd.Series([cell], dtype="str"))
    assert cells(column) == [expected]
    assert not column.faults


@pytest.mark.parametrize("cell", ["3", "要介護6", "要支援3", "重度", "要介護"])
def test_a_care_level_that_is_not_clear_is_a_fault(cell):
    assert fault(values.care_levels, cell) == ["care_level_unknown"]


def test_relations_and_household_types_keep_the_row_and_doubt_the_word():
    column = values.relations(pd.Series(["世帯主", "妻（未届）", "子の子", "叔父の友人"]))
    assert cells(column) == ["head", "spouse", "grandchild", None]
    assert not column.faults
    assert column.doubts["value_unknown_code"].tolist() == [False, False, False, True]
    types = values.household_types(pd.Series(["単独世帯", "夫婦のみの世帯", "３世代", "single"]))
    assert cells(types) == ["single", "couple", "three_generation", "single"]


# ---- ids ---------------------------------------------------------------------


def test_names_are_shown_as_they_were_written():
    raw = pd.Series([" 研究学園４丁目 ", "㈱ビル", "一丁目", "", "不明", "0012"], dtype="str")
    assert cells(values.texts(raw)) == ["研究学園４丁目", "㈱ビル", "一丁目", None, None, "0012"]


def test_whole_numbers_as_ids_lose_the_point_of_a_float():
    assert cells(values.texts(pd.Series([12.0, np.nan, 7.0]))) == ["12", None, "7"]


@pytest.mark.parametrize("cell", ["8.2201E+05", "8.2E+10", "1e5", "８．２Ｅ＋１０"])
def test_scientific_ids_are_a_fault(cell):
    assert fault(values.texts, cell) == ["value_scientific"]
    assert fault(values.small_areas, cell) == ["value_scientific"]
    assert fault(values.municipality_codes, cell) == ["value_scientific"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("082201200", "082201200"), ("08220120001", "08220120001"), ("82201200", "082201200"),
     ("8220120001", "08220120001"), ("1234567", "1234567"), ("流星台", "流星台")],
)  # fmt: skip
def test_census_keys_are_text_of_9_or_11_digits(cell, expected):
    assert cells(values.small_areas(pd.Series([cell], dtype="str"))) == [expected]


def test_census_keys_that_were_read_as_integers_get_their_zero_back():
    column = values.small_areas(pd.Series([82201200, 8220120001]))
    assert cells(column) == ["082201200", "08220120001"]


@pytest.mark.parametrize(
    ("five", "digit"),
    # Tsukuba, Chiyoda, Hokkaido, Naha, Osaka City: as published by 総務省.
    [("08220", 1), ("13101", 6), ("01100", 2), ("47201", 8), ("27100", 4)],
)
def test_check_digits_as_published(five, digit):
    assert values.check_digit(five) == digit


@pytest.mark.parametrize("cell", ["082201", "08220", "8220", "82201", "０８２２０１", " 08220 "])
def test_every_way_to_write_tsukuba_is_accepted(cell):
    assert cells(values.municipality_codes(pd.Series([cell], dtype="str"))) == ["08220"]


@pytest.mark.parametrize(
    ("cell", "key"),
    [("082202", "code_check_digit"), ("48201", "code_check_digit"),
     ("00220", "code_not_municipality"), ("つくば", "code_not_municipality"),
     ("0822011", "code_not_municipality")],
)  # fmt: skip
def test_wrong_municipality_codes_are_faults(cell, key):
    assert fault(values.municipality_codes, cell) == [key]


@given(st.integers(1, 47), st.integers(0, 999))
def test_a_code_with_its_check_digit_is_accepted_and_no_other_digit_is(prefecture, rest):
    five = f"{prefecture:02}{rest:03}"
    six = [f"{five}{digit}" for digit in range(10)]
    column = values.municipality_codes(pd.Series(six, dtype="str"))
    right = values.check_digit(five)
    assert cells(column) == [five if digit == right else None for digit in range(10)]
