import numpy as np
import pandas as pd
import pytest
from toys import toy_zones

from tsukuba_gis.errors import InputError
from tsukuba_gis.indicators import INDICATORS, available, indicator, indicator_values
from tsukuba_gis.records import Records

# Two zones worked by hand. a1: an old couple, an old woman alone, a family with two children.
PEOPLE = pd.DataFrame(
    [
        ("a1", "h1", "head", 70, "male", "care3", 100.0, 6.5),
        ("a1", "h1", "spouse", 65, "female", "none", 300.0, 6.4),
        ("a1", "h2", "head", 80, "female", "care4", np.nan, np.nan),
        ("a1", "h3", "head", 40, "female", "none", 0.0, 5.0),
        ("a1", "h3", "child", 10, "male", "none", 0.0, np.nan),
        ("a1", "h3", "child", 11, "female", "none", 0.0, np.nan),
        ("b1", "h4", "head", 64, "male", "none", 50.0, np.nan),
        ("b1", "h4", "child", 14, "male", None, 50.0, np.nan),
        (None, "h5", "head", 90, "male", "care5", 999.0, 9.9),
    ],
    columns=[
        "zone",
        "household_id",
        "relation",
        "age",
        "sex",
        "care_level",
        "medical_cost",
        "hba1c",
    ],
)


def compute(names, *, kind="invented", min_count=1, frame=PEOPLE, **options):
    return indicator_values(
        Records(frame=frame.drop(columns="zone"), kind=kind),
        frame["zone"],
        zones=toy_zones(),
        names=names,
        min_count=min_count,
        **options,
    )


@pytest.mark.parametrize(
    ("name", "a1", "b1"),
    [
        ("share_65plus", 3 / 6, 0.0),
        ("share_75plus", 1 / 6, 0.0),
        ("share_0_14", 2 / 6, 1 / 2),
        ("ratio_65_10", 3 / 1, np.nan),  # b1 has nobody aged 0–10
        ("aging_index", 3 / 2, 0.0),
        ("child_dependency", 2 / 1, 1.0),
        ("old_dependency", 3 / 1, 0.0),
        ("dependency", 5 / 1, 1.0),
        ("share_severe_care", 2 / 3, np.nan),
        ("share_severe_of_certified", 2 / 2, np.nan),
        ("share_certified", 2 / 3, np.nan),
        ("share_living_alone", 1 / 3, np.nan),
        ("share_headed_65plus", 2 / 3, 0.0),
        ("cost_per_head", 400 / 5, 50.0),  # the woman without a record is left out
        ("share_hba1c_high", 1 / 3, np.nan),
        ("household_size", 2.0, 2.0),
        ("density", 600.0, 200.0),  # a square of 100 m is 0.01 km²
        ("population", 6.0, 2.0),
        ("households", 3.0, 1.0),
    ],
)
def test_by_hand(name, a1, b1):
    values, masks, _ = compute((name,))
    np.testing.assert_allclose(values.loc[["a1", "b1"], name], [a1, b1])
    assert (masks[name] == "").equals(values[name].notna())


def test_every_indicator_is_tested_by_hand():
    (mark,) = [m for m in test_by_hand.pytestmark if m.name == "parametrize"]
    assert {row[0] for row in mark.args[1]} == set(INDICATORS)


def test_heavy_care_may_mean_levels_4_and_5():
    values, _, _ = compute(("share_severe_care",), severe="care4-5")
    assert values.loc["a1", "share_severe_care"] == pytest.approx(1 / 3)
    assert "4-5" in indicator("share_severe_care", severe="care4-5").label["ja"]


def test_reasons_tell_zero_small_and_missing_apart():
    _, masks, _ = compute(("share_65plus", "share_hba1c_high", "ratio_65_10"), min_count=3)
    assert masks.loc["a1", "share_65plus"] == ""
    assert masks.loc["b1", "share_65plus"] == "small"  # two persons
    assert masks.loc["c3", "share_65plus"] == "zero"  # nobody lives there
    assert masks.loc["b1", "share_hba1c_high"] == "missing"  # people, but none examined
    assert masks.loc["b1", "ratio_65_10"] == "zero"  # people, but no child of 0–10


def test_city_total_counts_only_those_in_a_zone():
    _, _, total = compute(("share_65plus", "population"))
    assert total["population"] == 8
    assert total["share_65plus"] == pytest.approx(3 / 8)


def test_reference_records_hide_small_numerators_and_complements():
    frame = pd.DataFrame({"zone": ["a1"] * 40, "age": [70] * 5 + [30] * 35})
    shown, _, _ = compute(("share_65plus",), frame=frame, min_count=10)
    hidden, masks, _ = compute(("share_65plus",), frame=frame, min_count=10, kind="reference")
    assert shown.loc["a1", "share_65plus"] == 5 / 40
    assert np.isnan(hidden.loc["a1", "share_65plus"])
    assert masks.loc["a1", "share_65plus"] == "small"
    nearly_all = pd.DataFrame({"zone": ["a1"] * 40, "age": [70] * 35 + [30] * 5})
    hidden, _, _ = compute(("share_65plus",), frame=nearly_all, min_count=10, kind="reference")
    assert np.isnan(hidden.loc["a1", "share_65plus"])


def test_reference_records_hide_small_populations():
    frame = pd.DataFrame({"zone": ["a1"] * 9 + ["b1"] * 10})
    values, masks, _ = compute(("population",), frame=frame, min_count=10, kind="reference")
    assert masks.loc["a1", "population"] == "small"
    assert values.loc["b1", "population"] == 10


def test_unknown_indicator_names_those_that_exist():
    with pytest.raises(InputError, match=r"no indicator 'happiness'.*share_65plus"):
        indicator("happiness")


def test_only_indicators_whose_columns_are_there_are_available():
    names = available(Records(frame=PEOPLE[["age"]], kind="invented"))
    assert "share_65plus" in names
    assert "cost_per_head" not in names
    assert "population" in names


def test_the_frame_is_untouched():
    before = PEOPLE.copy()
    compute(INDICATORS)
    pd.testing.assert_frame_equal(PEOPLE, before)
