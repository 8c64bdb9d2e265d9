import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsukuba_gis.records import Records
from tsukuba_gis.tables import codes, hide_small, population

ZONES = pd.Index(["a", "b"], name="zone_id")


def records(ages, sexes, kind="invented"):
    return Records(frame=pd.DataFrame({"age": ages, "sex": sexes}), kind=kind)


def test_bands_are_half_open_and_the_last_is_open():
    table = population(
        records([0, 4, 5, 99, 100, 117], ["female"] * 6), pd.Series(["a"] * 6), zones=ZONES
    )
    row = table.loc["a", "female"]
    assert row[0] == 2
    assert row[5] == 1
    assert row[95] == 1
    assert row[100] == 2
    assert table.loc["b"].sum() == 0


def test_unknown_age_sex_or_zone_is_left_out():
    table = population(
        records([10, np.nan, 10, 10], ["male", "male", None, "male"]),
        pd.Series(["a", "a", "a", None]),
        zones=ZONES,
    )
    assert table.to_numpy().sum() == 1


def test_records_without_sex_give_an_empty_table():
    frame = Records(frame=pd.DataFrame({"age": [1, 2]}), kind="invented")
    assert population(frame, pd.Series(["a", "b"]), zones=ZONES).to_numpy().sum() == 0


def test_codes_of_a_zone_not_in_the_list_is_none():
    assert codes(pd.Series(["z", "b"]), ZONES).tolist() == [-1, 1]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 120), st.sampled_from(["female", "male"]), st.sampled_from(["a", "b"])
        ),
        max_size=60,
    )
)
def test_nobody_is_lost_or_doubled(people):
    ages, sexes, zones = zip(*people, strict=True) if people else ((), (), ())
    table = population(
        records(list(ages), list(sexes)), pd.Series(list(zones), dtype=object), zones=ZONES
    )
    assert table.to_numpy().sum() == len(people)
    assert table.loc["a"].sum() == list(zones).count("a")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([3, 12, 40], [np.nan, np.nan, 40]),  # the next larger goes with it
        ([3, 4, 12, 40], [np.nan, np.nan, np.nan, 40]),  # two small ones do not protect each other
        ([0, 12, 40], [0, 12, 40]),
        ([9, 9, 0], [np.nan, np.nan, np.nan]),  # 18 in two cells would be 9 and 9
        ([0, 9, 0], [np.nan, np.nan, np.nan]),  # nothing to go with it
        ([10, 10, 10], [10, 10, 10]),
    ],
    ids=["one", "two", "none", "all small", "alone", "at the threshold"],
)
def test_hide_small(row, expected):
    table = pd.DataFrame([row], dtype=float)
    np.testing.assert_array_equal(hide_small(table, min_count=10).to_numpy()[0], expected)
    assert table.to_numpy()[0].tolist() == row  # the caller's table is untouched


@given(st.lists(st.integers(0, 40), min_size=2, max_size=12))
def test_a_hidden_small_cell_does_not_follow_from_the_total(row):
    """Whatever is hidden, the hidden sum leaves every hidden cell a range of at least nine."""
    hidden = np.isnan(hide_small(pd.DataFrame([row], dtype=float), min_count=10).to_numpy()[0])
    cells = np.array(row)
    assert hidden[(cells > 0) & (cells < 10)].all()
    if hidden.any() and not hidden.all():
        # Each hidden cell is at least 1: the rest of the sum is what one of them may take up.
        assert cells[hidden].sum() - hidden.sum() >= 9
        assert cells[hidden].max() >= 10
