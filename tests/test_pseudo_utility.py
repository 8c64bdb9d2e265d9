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
from tsukuba_gis.pseudo.proof.story import same_story, told_by


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
    assert (sums.value, sums.parts) == (1.0, {"median": 0.0})
    off = utility.sums_equal(real, made.assign(cost=2.0), by=["ward"], column="cost")
    assert off.value == pytest.approx(1 / 3)  # a: 6; b: 2 for 4; c: 4 for 6
    assert off.parts == {"median": pytest.approx(1 / 3)}  # the worst would tell of one group
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


def areas(shares, name="x"):
    """An indicator of areas a00, a01 …"""
    return pd.DataFrame({name: np.asarray(shares, dtype=float)},
                        index=[f"a{i:02d}" for i in range(len(shares))])  # fmt: skip


def test_moran_by_hand_without_areas_that_cannot_be_published(monkeypatch):
    real = areas([0.8, 0.6, 0.4, 0.2, np.nan])
    fake = areas([0.8, 0.6, 0.4, 0.2, 0.9])  # the fifth is published in one table only
    near = row_of([f"a0{i}" for i in range(5)])
    assert not list(same_story(real, fake, near, area="area"))  # four areas say nothing
    monkeypatch.setattr(story, "LEAST", 4)
    metric, _ = same_story(real, fake, near, area="area")
    assert metric.n == 4
    # z = .3 .1 −.1 −.3; lags .1 .1 −.1 −.1; Σ z·lag = .08; Σ z² = .2; n/S0 = 1.
    assert metric.parts["real_i"] == metric.parts["pseudo_i"] == pytest.approx(0.4)
    assert (metric.value, metric.passed, metric.subject) == (0.0, True, ("area", "x"))


def test_every_indicator_of_both_tables_is_told():
    rng = np.random.default_rng(4)
    real = pd.concat([areas(rng.normal(size=30), name) for name in "xyz"], axis=1)
    real["hidden"], real["even"] = np.nan, 1.0
    fake = real.assign(extra=1.0).drop(columns="z")
    near = row_of(real.index)
    told = told_by([m for m in same_story(real, fake, near, area="area") if m.measured])
    assert [one.indicator for one in told] == ["x", "y"]  # neither hidden nor even nor in one only
    assert told[0].row()["moran_real"] == moran(real["x"], near).i


def half_width(real, fake, near):
    """Half the interval of the difference, by the package's own Moran's I of the areas left."""
    part = np.arange(len(real)) % 20
    left = [
        moran(fake.mask(part == i), near, permutations=9).i
        - moran(real.mask(part == i), near, permutations=9).i
        for i in range(20)
    ]
    return 1.959963984540054 * np.sqrt(19 / 20 * ((left - np.mean(left)) ** 2).sum())


def test_the_interval_is_a_jackknife_of_the_areas():
    """The same as with the package's own Moran's I of the areas that are left."""
    rng = np.random.default_rng(5)
    real, fake = areas(rng.normal(size=45)), areas(rng.normal(size=45))
    near = row_of(real.index, reach=2)
    metric, _ = same_story(real, fake, near, area="area")
    assert metric.high - metric.value == pytest.approx(half_width(real["x"], fake["x"], near))


def test_an_area_whose_neighbours_are_all_left_out_is_left_out():
    """Pairs of neighbours in one group each: without a group, its partners have nobody."""
    rng = np.random.default_rng(6)
    real, fake = areas(rng.normal(size=40)), areas(rng.normal(size=40))
    ids = real.index
    pairs = [
        (ids[i], ids[j])
        for i in range(40)
        for j in range(40)
        if abs(i - j) == 1 and i // 2 == j // 2
    ]
    near = Graph.from_arrays(*zip(*pairs, strict=True), np.ones(len(pairs)))
    metric, _ = same_story(real, fake, near, area="area")
    assert metric.high - metric.value == pytest.approx(half_width(real["x"], fake["x"], near))


def test_clusters_are_set_side_by_side():
    """Forty areas in a row, a third high and a third low: the same, mixed, and half of it gone."""
    shares = np.r_[np.full(13, 0.8), np.full(14, 0.5), np.full(13, 0.2)]
    shares += np.tile([0.0, 0.05], 20)
    near = row_of([f"a{i:02d}" for i in range(40)], reach=3)
    real = areas(shares)
    one, same = same_story(real, real, near, area="area")
    assert (same.value, same.high, same.n, same.passed) == (1.0, 1.0, 40, True)
    assert one.parts["real_HH"] == one.parts["pseudo_HH"] == one.parts["both_HH"] > 5
    assert sum(one.parts[f"real_{kind}"] for kind in story.CLASSES) == 40
    mixed = areas(np.random.default_rng(2).permutation(shares))
    difference, other = same_story(real, mixed, near, area="area")
    assert difference.passed is False
    # no area of the mixed table is in a cluster, so the classes agree as by chance: kappa is 0
    assert (difference.parts["pseudo_ns"], other.value, other.passed) == (40, 0.0, False)
    half = areas(np.r_[shares[:20], np.random.default_rng(3).permutation(shares[20:])])
    difference, part = same_story(real, half, near, area="area")
    assert 0 < part.low < part.value < part.high < 1
    assert difference.parts["both_HH"] > difference.parts["both_LL"]
    # the figures are those of the package's own functions
    told = agreement(
        *(local_moran(side["x"], near, permutations=9_999, seed=1) for side in (real, half))
    )
    assert (part.value, part.low, part.high) == (told.kappa, told.low, told.high)
    assert difference.parts["pseudo_i"] == pytest.approx(moran(half["x"], near).i)


def test_no_cluster_in_either_table_is_not_agreement():
    flat = areas(np.tile([0.5, 0.55], 15))
    one, metric = same_story(flat, flat, row_of(flat.index), area="area")
    assert not metric.measured
    (told,) = told_by([one])
    assert np.isnan(told.kappa.value)
    assert told.areas["ns"] == (30, 30, 30)


def test_age_gaps_by_hand():
    real = pd.DataFrame(
        {
            "h": np.repeat(np.arange(30), 2),
            "relation": ["head", "spouse"] * 30,
            "age": [40, 38, 50, 50, 60, 62] * 10,
        }
    )  # gaps −2, 0, 2, ten times each
    made = real.assign(age=[40, 36, 50, 50, 60, 64] * 10)  # −4, 0, 4
    asked = {"household": "h", "relation": "relation", "age": "age", "pair": ("head", "spouse")}
    metric = utility.age_gaps(real, made, **asked, k=3)
    assert metric.value == pytest.approx(2.0)
    assert metric.parts["real_sd"] == pytest.approx((4 * 20 / 29) ** 0.5)
    assert metric.passed is False
    # Neither is told of few pairs, nor how wide the widest gap is.
    assert not utility.age_gaps(real, made, **asked, k=4).measured
    wide = real.assign(age=real.age.where(real.index != 1, 119))
    wider = utility.age_gaps(wide, made, **asked, k=3)
    assert wider.parts["real_sd"] == pytest.approx((4 * 20 / 29) ** 0.5, rel=0.05)


def test_spread_and_tail():
    real = pd.DataFrame({"x": [*range(1_000), np.nan]})
    made = real * 1.04
    assert utility.spread_ratio(real, made, "x", k=10).value == pytest.approx(1.04)
    assert utility.tail_ratio(real, made, "x", k=10).value == pytest.approx(1.04)
    assert utility.tail_ratio(real, made * 1.1, "x", k=10).passed is False
    assert not utility.tail_ratio(real, made[:0], "x", k=10).measured
    for measure in (utility.spread_ratio, utility.tail_ratio):
        # Of 999, the 99th percentile is nearly the tenth largest value; of 100, the second.
        assert not measure(real[1:], made, "x", k=10).measured
        # How large the largest is moves no figure: with the sum it would follow.
        largest = real.replace(999.0, 1e9)
        assert measure(largest, made, "x", k=10) == measure(real, made, "x", k=10)


def test_frames_are_left_alone():
    real, made = frame(200), frame(200, seed=3)
    before = real.copy(), made.copy()
    relations.propensity(real, made, ["age", "sex", "sbp"], seed=1, size=100)
    relations.spearman_difference(real, made, ["age", "sbp"])
    pd.testing.assert_frame_equal(real, before[0])
    pd.testing.assert_frame_equal(made, before[1])
