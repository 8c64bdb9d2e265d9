from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from cells import cells, fault
from hypothesis import given
from hypothesis import strategies as st

from tsukuba_gis.io.numbers import numbers, whole_numbers


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
    found = cells(numbers(pd.Series([cell], dtype="str"), strip="円"))[0]
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
    assert fault(numbers, cell) == [key]


@given(st.lists(st.floats(-1e9, 1e9).map(lambda x: round(x, 6)), min_size=1))
def test_numbers_are_read_to_the_last_bit(expected):
    raw = pd.Series([f"{value:.6f}" for value in expected], dtype="str")
    assert numbers(raw).values.tolist() == expected


def test_numbers_of_typed_columns_pass_and_infinity_is_a_fault():
    column = numbers(pd.Series([1.5, np.nan, np.inf]))
    assert cells(column) == [1.5, None, None]
    assert column.faults["value_not_number"].tolist() == [False, False, True]
    assert cells(numbers(pd.Series([Decimal("1.25"), None], dtype=object))) == [1.25, None]


def test_ages_as_numbers():
    raw = pd.Series(["25歳", "２５", "131", "-1", "25.5", "０才", ""], dtype="str")
    column = whole_numbers(raw, low=0, high=130, strip="歳|才", key="age_impossible")
    assert cells(column) == [25, 25, None, None, None, 0, None]
    assert column.faults["age_impossible"].tolist() == [False, False, True, True, *[False] * 3]
    assert column.faults["value_not_whole"].tolist() == [*[False] * 4, True, False, False]
