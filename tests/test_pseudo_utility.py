"""Utility of pseudo records: values by hand, other libraries' values, and chance."""

import itertools
import sys

import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph

from tsukuba_gis.autocorrelation import agreement, local_moran, moran
from tsukuba_gis.errors import MissingExtraError
from tsukuba_gis.pseudo.proof import relations, story, utility
from tsukuba_gis.pseudo.proof.story import same_story


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


def row_of(names, *, reach=1):
    """Areas in a row, neighbours up to some steps apart."""
    pairs = [
        (a, b)
        for (i, a), (j, b) in itertools.permutations(enumerate(names), 2)
        if abs(i - j) <= reach
    ]
    return Graph.from_arrays(*zip(*pairs, strict=True), np.ones(len(pairs)))


def people_of(shares, *, size=20):
    """Persons in areas a0, a1 …, a share of each old."""
    old = np.concatenate([np.arange(size) < round(share * size) for share in shares])
    area = np.repeat([f"a{i:02d}" for i in range(len(shares))], size)
    return pd.DataFrame({"area": area, "old": old, "all": True})


def test_moran_by_hand_without_small_areas(monkeypatch):
    real = people_of([0.8, 0.6, 0.4, 0.2])
    small = pd.DataFrame({"area": "a04", "old": [True], "all": True})  # below k
    real = pd.concat([real, small])
    neighbours = row_of([f"a0{i}" for i in range(5)])
    options = {"area": "area", "columns": ("old", "all"), "k": 4}
    (metric,) = same_story(real, real, neighbours, **options)
    assert not metric.measured  # four areas say nothing
    monkeypatch.setattr(story, "LEAST", 4)
    metric, _ = same_story(real, real, neighbours, **options)
    assert metric.n == 4
    # z = .3 .1 −.1 −.3; lags .1 .1 −.1 −.1; Σ z·lag = .08; Σ z² = .2; n/S0 = 1.
    assert metric.parts["real"] == pytest.approx(0.4)
    assert (metric.value, metric.passed) == (0.0, True)


def test_clusters_are_set_side_by_side():
    """Forty areas in a row, a third high and a third low: the same, mixed, and half of it gone."""
    shares = np.r_[np.full(13, 0.8), np.full(14, 0.5), np.full(13, 0.2)]
    shares += np.tile([0.0, 0.05], 20)
    neighbours = row_of([f"a{i:02d}" for i in range(40)], reach=3)
    options = {"area": "area", "columns": ("old", "all"), "k": 1}
    real = people_of(shares)
    _, same = same_story(real, real, neighbours, **options)
    assert (same.value, same.high, same.n, same.passed) == (1.0, 1.0, 40, True)
    assert same.parts["real_HH"] == same.parts["pseudo_HH"] == same.parts["both_HH"] > 5
    assert sum(same.parts[f"real_{kind}"] for kind in story.CLASSES) == 40
    mixed = people_of(np.random.default_rng(2).permutation(shares))
    difference, other = same_story(real, mixed, neighbours, **options)
    assert difference.passed is False
    # no area of the mixed table is in a cluster, so the classes agree as by chance: kappa is 0
    assert (other.parts["pseudo_ns"], other.value, other.passed) == (40, 0.0, False)
    half = people_of(np.r_[shares[:20], np.random.default_rng(3).permutation(shares[20:])])
    _, part = same_story(real, half, neighbours, **options)
    assert 0 < part.low < part.value < part.high < 1
    assert part.parts["both_HH"] > part.parts["both_LL"]
    # the figures are those of the package's own functions
    by_area = [frame.groupby("area")["old"].mean() for frame in (real, half)]
    told = agreement(*(local_moran(x, neighbours, permutations=9_999, seed=1) for x in by_area))
    assert (part.value, part.low, part.high) == (told.kappa, told.low, told.high)
    assert part.parts["pseudo_i"] == pytest.approx(moran(by_area[1], neighbours).i)


def test_no_cluster_in_either_table_is_not_agreement():
    flat = people_of(np.tile([0.5, 0.55], 15))
    _, metric = same_story(flat, flat, row_of([f"a{i:02d}" for i in range(30)]),
                           area="area", columns=("old", "all"), k=1)  # fmt: skip
    assert not metric.measured


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
