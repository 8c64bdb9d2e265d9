"""Utility of pseudo records: values by hand, other libraries' values, and chance."""

import sys

import numpy as np
import pandas as pd
import pytest

from tsukuba_gis.errors import MissingExtraError
from tsukuba_gis.pseudo import relations, utility


def frame(n=3000, seed=1, slope=0.03):
    rng = np.random.default_rng(seed)
    age = rng.integers(0, 95, n)
    return pd.DataFrame(
        {
            "home": np.arange(n) // 2,
            "age": age,
            "sex": rng.choice(["female", "male"], n),
            "care": np.where(rng.random(n) < age / 300, "care1", "none"),
            "cost": np.where(rng.random(n) < 0.7, np.exp(8 + slope * age + rng.normal(0, 1, n)), 0),
            "sbp": np.where(age >= 40, np.round(rng.normal(130, 15, n)), np.nan),
        }
    )


# ---- counts and sums ---------------------------------------------------------------------------


def test_cells_sums_and_pairs_by_hand():
    real = pd.DataFrame({"ward": list("aaabbc"), "cost": [1.0, 2, 3, 4, np.nan, 6],
                         "old": [1, 1, 0, 1, 0, 1], "young": [0, 0, 1, 0, 1, 0]})  # fmt: skip
    made = real.assign(ward=list("aaabcc"), cost=[3.0, 2, 1, 4, 5, 1])
    equal = utility.cells_equal(real, made, ["ward"], k=1)
    assert (equal.value, equal.n) == (1 / 3, 3)
    assert utility.tvd(real, made, ["ward"]).value == pytest.approx(1 / 6)
    # a: 6 = 6; b: 4 = 4; c: 6 = 6
    sums = utility.sums_equal(real, made, by=["ward"], column="cost")
    assert (sums.value, sums.parts["worst"]) == (1.0, 0.0)
    off = utility.sums_equal(real, made.assign(cost=2.0), by=["ward"], column="cost")
    assert off.value == pytest.approx(1 / 3)  # a: 6; b: 2 for 4; c: 4 for 6
    assert off.parts["worst"] == pytest.approx(0.5)
    # a and b have both old and young; b lost its young one to c
    pair = utility.pairs_equal(real, made, area="ward", columns=("old", "young"), k=1)
    assert (pair.value, pair.n) == (0.5, 2)


def test_nothing_to_compare_is_not_a_success():
    real = pd.DataFrame({"ward": list("abc")})
    metric = utility.cells_equal(real, real, ["ward"], k=2, at_least=1.0)
    assert not metric.measured
    assert metric.passed is None


# ---- relations ---------------------------------------------------------------------------------


def test_spearman_is_that_of_pandas():
    real = frame(300)
    columns = ["age", "cost", "sbp"]
    expected = real[columns].corr(method="spearman").to_numpy()
    assert relations.spearman(real, columns) == pytest.approx(expected)


def test_spearman_difference_by_hand():
    real = pd.DataFrame({"a": [1, 2, 3], "b": [1, 2, 3], "c": [0, 0, 0]})
    made = real.assign(b=[1, 3, 2])  # rho = 1 − 6·2 / (3·8) = ½
    metric = relations.spearman_difference(real, made, ["a", "b", "c"])
    assert metric.value == pytest.approx(0.5)
    assert metric.n == 1, "a column of one value has no correlation"


def test_regression_is_that_of_scipy():
    from scipy.stats import linregress

    rng = np.random.default_rng(3)
    x = rng.normal(size=50)
    y = 2 - x + rng.normal(size=50)
    expected = linregress(x, y)
    b, se = relations.regression(np.column_stack([np.ones(50), x]), y)
    assert b == pytest.approx([expected.intercept, expected.slope])
    assert se == pytest.approx([expected.intercept_stderr, expected.stderr])


def test_overlap_is_one_for_the_same_and_less_for_another_law():
    real = frame()
    options = {"response": "cost", "numbers": ["age"], "categories": ["sex", "care"]}
    assert relations.coefficient_overlap(real, real, **options).value == pytest.approx(1.0)
    other = relations.coefficient_overlap(real, frame(seed=2, slope=0.0), **options)
    assert other.value < 0.6
    assert other.parts["shift"] > 10
    assert other.passed is False


# ---- told apart --------------------------------------------------------------------------------


def test_propensity_is_one_by_chance_and_large_for_another_law():
    columns = ["age", "sex", "care", "cost", "sbp"]
    chance = [
        relations.propensity(frame(1000, s), frame(1000, s + 50), columns, seed=1, size=1000).value
        for s in range(12)
    ]
    # the mean of twelve, each of mean 1 and standard deviation about √(2 / 20 terms)
    assert np.mean(chance) == pytest.approx(1.0, abs=4 * np.sqrt(2 / 20 / 12))
    other = relations.propensity(frame(), frame(seed=9, slope=0.0), columns, seed=1, size=3000)
    assert other.value > 10


def test_classifier_guesses_at_chance_and_sees_another_law():
    pytest.importorskip("sklearn")
    columns = ["age", "sex", "care", "cost", "sbp"]
    same = relations.classifier_auc(frame(), frame(seed=5), columns, household="home", seed=1,
                                  size=3000)  # fmt: skip
    assert same.low <= 0.5 <= same.high + 0.02
    assert same.passed is True
    other = relations.classifier_auc(frame(), frame(seed=5, slope=0.0), columns, household=None,
                                   seed=1, size=3000)  # fmt: skip
    assert other.value > 0.65
    assert other.passed is False


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(MissingExtraError, match=r"tsukuba-gis\[evaluate\]"):
        relations.classifier_auc(frame(50), frame(50), ["age"], household=None, seed=1, size=50)


# ---- places, households, numbers ----------------------------------------------------------------


def test_moran_is_that_of_esda():
    from esda.moran import Moran
    from libpysal.graph import Graph

    rng = np.random.default_rng(8)
    grid = [(i, j) for i in range(5) for j in range(5)]
    names = [f"z{i}{j}" for i, j in grid]
    pairs = [
        (f"z{i}{j}", f"z{a}{b}")
        for i, j in grid for a, b in grid if abs(i - a) + abs(j - b) == 1
    ]  # fmt: skip
    adjacency = pd.Series(
        1.0, index=pd.MultiIndex.from_tuples(pairs, names=["focal", "neighbor"]), name="weight"
    )
    values = pd.Series(rng.normal(size=25), index=names)
    expected = Moran(values.to_numpy(), Graph(adjacency.sort_index()), permutations=0).I
    assert utility.moran(values, adjacency) == pytest.approx(expected)


def test_moran_difference_leaves_out_small_areas():
    real = pd.DataFrame({"area": list("aaaabbbbccd"), "old": [1, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0]})
    real["all"] = 1
    adjacency = pd.Series(
        1.0, index=pd.MultiIndex.from_tuples([("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")])
    )
    options = {"area": "area", "columns": ("old", "all"), "k": 2}
    assert not utility.moran_difference(real, real, adjacency, **options).measured
    metric = utility.moran_difference(real, real, adjacency, **options, least=3)
    assert metric.n == 3, "d is below k"
    # shares .75, .5, 1: z = 0, −¼, ¼; I = 3/3 · (½·0 + ½·(−¼)(¼) + (−¼)(¼) …)/(⅛)
    assert metric.value == 0.0
    assert metric.parts["real"] == pytest.approx(3 / 3 * (0 + -0.5 / 16 - 1 / 16) / (1 / 8))


def test_age_gaps_by_hand():
    real = pd.DataFrame(
        {
            "h": [1, 1, 2, 2, 3, 3],
            "relation": ["head", "spouse"] * 3,
            "age": [40, 38, 50, 50, 60, 62],
        }
    )  # gaps −2, 0, 2: SD 2
    made = real.assign(age=[40, 36, 50, 50, 60, 64])  # −4, 0, 4
    metric = utility.age_gaps(
        real, made, household="h", relation="relation", age="age", pair=("head", "spouse")
    )
    assert metric.value == pytest.approx(2.0)
    assert metric.parts["real_sd"] == pytest.approx(2.0)
    assert metric.passed is False


def test_spread_and_tail():
    real = pd.DataFrame({"x": [*range(101), np.nan]})
    made = real * 1.04
    assert utility.spread_ratio(real, made, "x").value == pytest.approx(1.04)
    assert utility.tail_ratio(real, made, "x").value == pytest.approx(1.04)
    assert utility.tail_ratio(real, made * 1.1, "x").passed is False
    assert not utility.tail_ratio(real, made[:0], "x").measured


def test_frames_are_left_alone():
    real, made = frame(200), frame(200, seed=3)
    before = real.copy(), made.copy()
    relations.propensity(real, made, ["age", "sex", "sbp"], seed=1, size=100)
    relations.spearman_difference(real, made, ["age", "sbp"])
    pd.testing.assert_frame_equal(real, before[0])
    pd.testing.assert_frame_equal(made, before[1])
