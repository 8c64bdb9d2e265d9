import numpy as np
import pandas as pd
import pytest
from cells import cells, fault
from hypothesis import given
from hypothesis import strategies as st

from tsukuba_gis.io.ids import check_digit, municipality_codes, small_areas, texts


def test_names_are_shown_as_they_were_written():
    raw = pd.Series([" 研究学園４丁目 ", "㈱ビル", "一丁目", "", "不明", "0012"], dtype="str")
    assert cells(texts(raw)) == ["研究学園４丁目", "㈱ビル", "一丁目", None, None, "0012"]


def test_whole_numbers_as_ids_lose_the_point_of_a_float():
    assert cells(texts(pd.Series([12.0, np.nan, 7.0]))) == ["12", None, "7"]


@pytest.mark.parametrize("cell", ["8.2201E+05", "8.2E+10", "1e5", "８．２Ｅ＋１０"])
def test_scientific_ids_are_a_fault(cell):
    assert fault(texts, cell) == ["value_scientific"]
    assert fault(small_areas, cell) == ["value_scientific"]
    assert fault(municipality_codes, cell) == ["value_scientific"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("082201200", "082201200"), ("08220120001", "08220120001"), ("82201200", "082201200"),
     ("8220120001", "08220120001"), ("1234567", "1234567"), ("流星台", "流星台")],
)  # fmt: skip
def test_census_keys_are_text_of_9_or_11_digits(cell, expected):
    assert cells(small_areas(pd.Series([cell], dtype="str"))) == [expected]


def test_census_keys_that_were_read_as_integers_get_their_zero_back():
    column = small_areas(pd.Series([82201200, 8220120001]))
    assert cells(column) == ["082201200", "08220120001"]


@pytest.mark.parametrize(
    ("five", "digit"),
    # Tsukuba, Chiyoda, Hokkaido, Naha, Osaka City: as published by 総務省.
    [("08220", 1), ("13101", 6), ("01100", 2), ("47201", 8), ("27100", 4)],
)
def test_check_digits_as_published(five, digit):
    assert check_digit(five) == digit


@pytest.mark.parametrize("cell", ["082201", "08220", "8220", "82201", "０８２２０１", " 08220 "])
def test_every_way_to_write_tsukuba_is_accepted(cell):
    assert cells(municipality_codes(pd.Series([cell], dtype="str"))) == ["08220"]


@pytest.mark.parametrize(
    ("cell", "key"),
    [("082202", "code_check_digit"), ("48201", "code_check_digit"),
     ("00220", "code_not_municipality"), ("つくば", "code_not_municipality"),
     ("0822011", "code_not_municipality")],
)  # fmt: skip
def test_wrong_municipality_codes_are_faults(cell, key):
    assert fault(municipality_codes, cell) == [key]


@given(st.integers(1, 47), st.integers(0, 999))
def test_a_code_with_its_check_digit_is_accepted_and_no_other_digit_is(prefecture, rest):
    five = f"{prefecture:02}{rest:03}"
    six = [f"{five}{digit}" for digit in range(10)]
    column = municipality_codes(pd.Series(six, dtype="str"))
    right = check_digit(five)
    assert cells(column) == [five if digit == right else None for digit in range(10)]
