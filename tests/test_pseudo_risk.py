"""Attacks on pseudo records: risks known by counting, and chance where nothing leaks."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsukuba_gis.errors import InputError
from tsukuba_gis.pseudo.proof import holdout, nearest, risk
from tsukuba_gis.pseudo.proof.metric import Metric, auc, averaged, mean, wilson

FOUR = pd.DataFrame(
    {
        "ward": ["a", "a", "b", "b"],
        "age": [30, 30, 70, 80],
        "care": ["none", "none", "care1", "none"],
        "cost": [100.0, 200.0, 300.0, np.nan],
    }
)


def people(n, seed, *, start=0):
    """Households of two with an age, a ward and a cost of their own: nothing to be told apart."""
    rng = np.random.default_rng(seed)
    home = start + np.arange(n) // 2
    return pd.DataFrame(
        {
            "household": home,
            "ward": np.repeat(rng.choice(list("abcd"), n // 2), 2),
            "age": rng.integers(0, 100, n),
            "care": rng.choice(["none", "care1", "care2"], n),
            "cost": np.round(np.exp(rng.normal(10, 1, n))),
        }
    )


def groups(n=400, seed=1):
    source, held, control, background = (people(n, seed + i, start=i * n) for i in range(4))
    return holdout.Holdout(
        source=source, holdout=held, control=control, background=background, household="household"
    )


# ---- counting --------------------------------------------------------------------------------


def test_four_rows_by_hand():
    # 30-year-olds are two; 70 and 80 stand alone
    assert risk.unique_rows(FOUR, ["age"]).tolist() == [False, False, True, True]
    made = pd.DataFrame({"ward": ["b", "a", "a"], "age": [70, 80, 80], "care": ["care1"] * 3,
                         "cost": [300.0, 1.0, 2.0]})  # fmt: skip
    # one pseudo 70, two pseudo 80: only the first is a unique that is there again
    assert risk.replicated_uniques(FOUR, made, ["age"]).tolist() == [False, False, True, False]
    assert risk.equal_rows(FOUR, made, ["ward", "age", "care", "cost"]).tolist() == [
        False, False, True, False,
    ]  # fmt: skip
    # both pseudo 80 agree on care1, and are wrong; the pseudo 70 is right
    told = risk.disclosive_correct(FOUR, made, known=["age"], secret="care")
    assert told.tolist() == [False, False, True, False]
    assert risk.replicated_values(FOUR, made, "cost").tolist() == [False, False, True, False]


def test_missing_equals_missing_and_types_mix():
    made = FOUR.iloc[[3]].astype({"age": "Int64"})
    assert risk.equal_rows(FOUR, made, ["age", "cost"]).tolist() == [False, False, False, True]


def test_rows_that_disagree_disclose_nothing():
    made = pd.DataFrame({"age": [70, 70], "care": ["care1", "none"]})
    assert not risk.disclosive_correct(FOUR, made, known=["age"], secret="care").any()


def test_small_cells_by_hand():
    made = pd.DataFrame({"ward": ["a", "b", "b", "c"]})
    # a is 1, truly 2; b is 2, truly 2; c is 1, truly 0
    assert risk.small_cells(FOUR, made, ["ward"], k=10) == (1, 3)
    assert risk.small_cells(FOUR, made, ["ward"], k=2) == (0, 2)


def test_linkage_by_hand():
    """Two of three hold a pseudo row like them that is theirs: 1/2 + 1/2 + 0, over 4."""
    rows = pd.DataFrame({"age": [30, 30, 70, 80]})
    swapped = pd.DataFrame({"age": [30, 30, 80, 70]})
    found = risk.linkage(rows, swapped, np.array([0, 1, 2, 3]), known=["age"])
    assert found.value == pytest.approx((0.5 + 0.5 + 0 + 0) / 4)
    whole = risk.linkage(rows, rows, np.arange(4), known=["age"])
    assert whole.value == pytest.approx((0.5 + 0.5 + 1 + 1) / 4)


def test_a_special_unique_needs_all_its_columns():
    real = pd.DataFrame({"a": [1, 1, 2, 2], "b": [1, 2, 1, 2]})
    # nobody is alone by a or b; everybody is by both
    assert risk.special_uniques(real, real, ["a", "b"], size=1).sum() == 0
    assert risk.special_uniques(real, real, ["a", "b"], size=2).all()


def test_households_are_multisets_of_members():
    def home(number, *ages):
        return pd.DataFrame({"h": number, "age": list(ages)})

    one = pd.concat([home(1, 30, 32, 5), home(2, 30, 32), home(3, 80)])
    two = pd.concat([home(7, 5, 30, 32), home(8, 32, 32)])
    first, second = risk.household_signatures([one, two], household="h", columns=["age"])
    assert len(first) == 2, "people living alone are left out"
    assert first.signature.iloc[0] == second.signature.iloc[0], "in any order"
    assert first.signature.iloc[1] not in second.signature.tolist(), "30 + 32 is not 32 + 32"


# ---- the nearest row -------------------------------------------------------------------------


def test_nearest_against_a_slow_search():
    """Ranks and categories as defined, searched row by row."""
    asked, pool = people(40, 3), people(200, 4)
    found, where = nearest.nearest(asked, pool, known=["age", "care"], within=["ward"], count=2)

    def rank(value):
        return ((pool.age < value).sum() + (pool.age <= value).sum()) / (2 * len(pool))

    for i in range(len(asked)):
        row = asked.iloc[i]
        far = np.full(len(pool), np.inf)
        for j in np.flatnonzero(pool.ward == row.ward):
            apart = (rank(row.age) - rank(pool.age[j])) ** 2 + (row.care != pool.care[j])
            far[j] = math.sqrt(apart)
        assert found[i] == pytest.approx(np.sort(far)[:2], abs=1e-6)
        assert far[where[i]] == pytest.approx(found[i], abs=1e-6)


def test_an_empty_block_has_no_nearest_row():
    pool = FOUR[FOUR.ward == "a"]
    found, where = nearest.nearest(FOUR, pool, known=["age"], within=["ward"])
    assert where[2:, 0].tolist() == [-1, -1]
    assert np.isinf(found[2:]).all()
    right = nearest.inferred(FOUR, pool, known=["age"], within=["ward"], secret=["care"])
    assert right.tolist() == [True, True, False, False]


def test_a_missing_number_is_half_way_and_marked():
    pool = pd.DataFrame({"cost": [100.0, 200.0, 300.0, np.nan]})
    found, where = nearest.nearest(pool.iloc[[3]], pool, known=["cost"])
    assert (found[0, 0], where[0, 0]) == (0.0, 3)


def test_a_number_is_right_within_its_tolerance():
    made = pd.DataFrame({"age": [30, 70, 80], "cost": [109.0, 331.0, 5.0]})
    real = pd.DataFrame({"age": [30, 70, 80], "cost": [100.0, 300.0, np.nan]})
    right = nearest.inferred(real, made, known=["age"], within=[], secret=["cost"], tolerance=0.1)
    assert right.tolist() == [True, False, False]


def test_a_column_of_names_is_refused():
    frame = pd.DataFrame({"name": [f"n{i}" for i in range(61)]})
    with pytest.raises(InputError, match="61 different values"):
        nearest.nearest(frame, frame, known=["name"])


# ---- leak and chance ---------------------------------------------------------------------------


def test_leak_is_source_minus_holdout_with_its_interval():
    def frame(hits, misses):
        return pd.DataFrame({"household": np.arange(hits + misses),
                             "hit": [True] * hits + [False] * misses})  # fmt: skip

    parts = holdout.Holdout(
        source=frame(60, 40), holdout=frame(50, 50), control=frame(55, 45),
        background=frame(0, 1), household="household",
    )  # fmt: skip
    metric = holdout.leak("inference", parts, lambda f: f.hit.to_numpy(), at_most=0.01)
    assert metric.value == pytest.approx(0.1)
    assert metric.null == pytest.approx(0.05)
    # √(0.24/99 + 0.25/99) = 0.0704; ± 1.96
    assert (metric.low, metric.high) == pytest.approx((-0.0380, 0.2380), abs=2e-3)
    assert metric.passed is None, "outside the target, but the interval reaches into it"
    gate = holdout.leak("equal_rows", parts, lambda f: f.hit.to_numpy(), kind="gate")
    assert gate.at_most == pytest.approx(3 * 0.0704, abs=2e-3)
    assert gate.passed is True


def test_copied_people_are_found_out():
    parts = groups()
    known, within = ["age", "care", "cost"], ["ward"]
    plain, with_background = nearest.membership(parts, parts.source, known=known, within=within)
    assert plain.value > 0.99
    assert with_background.value > 0.99
    dcr, nndr = nearest.closest_record(parts, parts.source, known=known, within=within)
    assert dcr.value == 1.0
    assert nndr.parts["source"] == 0.0
    assert plain.passed is False
    assert dcr.passed is False


def test_strangers_give_nothing_away():
    """Scores of records that were never used are chance: within four standard errors."""
    parts, made = groups(2000), people(2000, 99)
    known, within = ["age", "care", "cost"], ["ward"]
    for metric in nearest.membership(parts, made, known=known, within=within):
        assert abs(metric.value - 0.5) < 4 * (metric.high - metric.low) / 3.92
    dcr, _ = nearest.closest_record(parts, made, known=known, within=within)
    assert abs(dcr.value - 0.5) < 4 * (dcr.high - dcr.low) / 3.92


def test_intervals_cover_the_truth():
    """95 % intervals of a share with likeness in households hold it in 95 of 100 draws."""
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(400):
        home = np.repeat(np.arange(100), 4)
        chance = np.repeat(rng.beta(2, 2, 100), 4)  # mean ½, members alike
        low, high = mean(rng.random(400) < chance, home).interval
        covered += low <= 0.5 <= high
    assert 0.92 <= covered / 400 <= 0.98


def test_auc_is_mann_whitney():
    from scipy.stats import mannwhitneyu

    rng = np.random.default_rng(6)
    a, b = np.round(rng.normal(0.3, 1, 80), 1), np.round(rng.normal(0, 1, 70), 1)
    expected = mannwhitneyu(a, b).statistic / (80 * 70)
    assert auc(a, b).value == pytest.approx(expected)


def test_auc_error_by_simulation():
    """DeLong's error is the spread of the AUC over repeated draws."""
    rng = np.random.default_rng(7)
    found = [auc(rng.normal(0.5, 1, 100), rng.normal(0, 1, 100)) for _ in range(300)]
    spread = np.std([one.value for one in found])
    assert np.mean([one.se for one in found]) == pytest.approx(spread, rel=0.15)


def test_no_hit_is_not_certainty():
    low, high = mean([0] * 50).interval
    assert low < 0 < high
    assert wilson(0, 50)[1] == pytest.approx(0.0714, abs=1e-4)  # z²/(n + z²)


# ---- the split ---------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=40, max_size=200), st.integers(0, 5))
def test_nobody_is_lost_and_no_household_torn(homes, seed):
    frame = pd.DataFrame({"home": homes})
    if frame.home.nunique() < 10:
        with pytest.raises(InputError, match="Only"):
            holdout.split(frame, household="home", seed=seed)
        return
    parts = holdout.split(frame, household="home", seed=seed)
    every = [parts.source, parts.holdout, parts.control, parts.background]
    assert sorted(i for part in every for i in part.index) == list(range(len(frame)))
    assert sum(part.home.nunique() for part in every) == frame.home.nunique()
    again = holdout.split(frame, household="home", seed=seed)
    assert parts.source.index.equals(again.source.index)


def test_people_without_a_household_number_are_each_their_own():
    frame = pd.DataFrame({"home": [np.nan] * 100})
    parts = holdout.split(frame, household="home", seed=1)
    assert [len(p) for p in (parts.source, parts.holdout, parts.control, parts.background)] == [
        30, 30, 30, 10,
    ]  # fmt: skip


def test_verdicts():
    def metric(**values):
        return Metric(name="membership", kind="risk", **values)

    assert metric(value=math.nan, at_most=1.0).passed is None
    assert metric(value=0.5).passed is None
    assert metric(value=0.4, low=0.3, high=0.6, at_least=0.5).passed is None
    assert metric(value=0.4, low=0.3, high=0.45, at_least=0.5).passed is False
    assert Metric(name="x", kind="gate", value=0.9, low=0.0, high=1.0, at_least=1.0).passed is False


# ---- several divisions -------------------------------------------------------------------------


def test_means_over_divisions_by_hand():
    """0.01 and 0.03 are 0.02; the interval keeps its width; what one run lacks is left out."""
    one = Metric(name="inference", kind="risk", value=0.01, low=0.0, high=0.02, null=0.0,
                 at_most=0.01, n=90, subject=("care",), parts={"source": 0.5})  # fmt: skip
    two = Metric(name="inference", kind="risk", value=0.03, low=0.02, high=0.04, null=0.002,
                 at_most=0.01, n=80, subject=("care",), parts={"source": 0.7})  # fmt: skip
    alone = Metric(name="dcr", kind="smoke", value=0.5)
    (both,) = averaged([[one, alone], [two]])
    assert (both.value, both.low, both.high) == pytest.approx((0.02, 0.01, 0.03))
    assert (both.null, both.at_most, both.n) == (0.001, 0.01, 80)
    assert dict(both.parts) == pytest.approx({"source": 0.6, "lowest": 0.01, "highest": 0.03})
    assert averaged([[one, alone]]) == [one, alone]


def test_a_smaller_share_leaves_people_out():
    frame = pd.DataFrame({"h": np.arange(3000) // 2})
    parts = holdout.split(frame, household="h", seed=1, share=0.1)
    assert [len(p) for p in (parts.source, parts.holdout, parts.control)] == [300] * 3
    assert len(parts.background) == 100
    homes = [set(p.h) for p in (parts.source, parts.holdout, parts.control, parts.background)]
    assert sum(map(len, homes)) == len(set.union(*homes)), "no household in two groups"
