"""Correlations: by hand, against published and independent values, and by law."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal.graph import Graph
from scipy import stats

from tsukuba_gis.correlation import correlate, correlate_pairs, effective_size, sign_randomised
from tsukuba_gis.errors import InputError

COLUMBUS = Path(__file__).parents[2] / "shared" / "data" / "spatial_reference" / "spdep"
needs_data = pytest.mark.skipif(
    not COLUMBUS.exists(), reason="reference values are not beside the repository"
)
SIDE = 6
PLACES = pd.DataFrame(
    [(i, j) for i in range(SIDE) for j in range(SIDE)],
    columns=["x", "y"],
    index=[f"z{k}" for k in range(SIDE * SIDE)],
    dtype=float,
)


def grid_graph():
    near = {}
    for k, (i, j) in enumerate(PLACES.to_numpy(int)):
        near[f"z{k}"] = [
            f"z{SIDE * a + b}"
            for a, b in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1))
            if 0 <= a < SIDE and 0 <= b < SIDE
        ]
    return Graph.from_dicts(near)


def frame(*columns, index=None):
    return pd.DataFrame(np.array(columns, dtype=float).T, columns=list("xyzuvw")[: len(columns)])


# ---- by hand -----------------------------------------------------------------------


def test_pearson_by_hand():
    # deviations −2 −1 0 1 2 and −1 −2 1 0 2: products 8, squares 10 and 10
    found = correlate(frame([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]))
    assert found.value == pytest.approx(0.8)
    half = 1.959963984540054 / np.sqrt(5 - 3)
    assert found.low == pytest.approx(np.tanh(np.arctanh(0.8) - half))
    assert found.high == pytest.approx(np.tanh(np.arctanh(0.8) + half))
    t = 0.8 * np.sqrt(3 / (1 - 0.64))
    assert found.p == pytest.approx(2 * stats.t.sf(t, 3))
    assert np.isnan(found.p_spatial)
    # The line of a scatter: slope 0.8 through (3, 3).
    assert found.line["fitted"].iloc[[0, -1]].tolist() == pytest.approx([1.4, 4.6])
    assert (found.line["low"] < found.line["fitted"]).all()


def test_spearman_is_pearson_of_ranks_with_bonett_and_wrights_interval():
    found = correlate(frame([1, 20, 300, 4000, 50000], [2, 1, 4, 3, 5]), method="spearman")
    assert found.value == pytest.approx(0.8)
    half = 1.959963984540054 * np.sqrt((1 + 0.64 / 2) / 2)
    assert found.low == pytest.approx(np.tanh(np.arctanh(0.8) - half))
    assert found.line is None


def test_partial_by_the_formula_of_three_correlations():
    rng = np.random.default_rng(3)
    data = pd.DataFrame(rng.normal(size=(40, 3)), columns=list("xyz"))
    data["y"] += data["z"]
    r = data.corr().to_numpy()
    expected = (r[0, 1] - r[0, 2] * r[1, 2]) / np.sqrt((1 - r[0, 2] ** 2) * (1 - r[1, 2] ** 2))
    found = correlate(data[["x", "y"]], method="partial", given=data[["z"]])
    assert found.value == pytest.approx(expected)
    degrees = 40 - 3
    t = expected * np.sqrt(degrees / (1 - expected**2))
    assert found.p == pytest.approx(2 * stats.t.sf(abs(t), degrees))
    assert found.given == ("z",)


def test_what_the_given_explain_fully_leaves_nothing():
    data = frame([1, 2, 3, 4, 5, 7], [2, 1, 4, 3, 5, 9])
    found = correlate(data, method="partial", given=data[["x"]].rename(columns={"x": "z"}) * 3)
    assert np.isnan(found.value)


def test_missing_constant_and_few_are_undefined_not_wrong():
    gaps = correlate(frame([1, 2, 3, np.nan, 5, 6], [2, np.inf, 4, 3, 5, 7]))
    assert (gaps.n, gaps.n_missing) == (4, 2)
    for data in (frame([1, 1, 1, 1], [1, 2, 3, 4]), frame([1, 2, 3], [3, 2, 1])):
        found = correlate(data)
        assert np.isnan([found.value, found.low, found.p]).all()
    exact = correlate(frame([1, 2, 3, 4], [2, 4, 6, 8]))
    assert (exact.value, exact.p) == (1.0, 0.0)


def test_corrections_by_hand():
    rng = np.random.default_rng(5)
    data = pd.DataFrame(rng.normal(size=(30, 3)), columns=list("xyz"))
    data["z"] += data["x"]
    found = correlate_pairs(data, correction="holm")
    p = sorted(one.p for one in found)
    q = sorted(one.p_adjusted for one in found)
    assert q[0] == pytest.approx(3 * p[0])
    assert q[1] == pytest.approx(max(3 * p[0], min(1, 2 * p[1])))
    assert {one.pairs for one in found} == {3}
    assert [one.indicators for one in found] == [("x", "y"), ("x", "z"), ("y", "z")]


def test_effective_number_by_hand():
    """Three places in a row, two classes: distance 1 (two pairs) and distance 2 (one)."""
    places = np.array([[0.0, 0], [1, 0], [2, 0]])
    x = np.array([0.0, 0.0, 3.0])  # z = −1 −1 2, variance 2
    near = ((-1 * -1) + (-1 * 2)) / 2 / 2  # −¼
    far = (-1 * 2) / 1 / 2  # −1
    r = np.array([[1, near, far], [near, 1, near], [far, near, 1]])
    centring = np.eye(3) - 1 / 3
    a = centring @ r
    expected = 1 + np.trace(a) ** 2 / np.trace(a @ a)
    assert effective_size(x, x, places, classes=2) == pytest.approx(expected)
    plain = effective_size(x, x, places, classes=2, formula="clifford_richardson")
    assert plain == pytest.approx(1 + 9 / (r**2).sum())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"adjustment": "dutilleul"}, "places of the zones"),
        ({"adjustment": "permutation"}, "needs the neighbours"),
        ({"method": "partial"}, "held constant"),
        ({"given": frame([1, 2, 3, 4, 5])}, "held constant"),
        ({"adjustment": "dutilleul", "points": PLACES}, "zones differ"),
    ],
)
def test_what_does_not_fit_is_refused(options, words):
    with pytest.raises(InputError, match=words):
        correlate(frame([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]), **options)
    with pytest.raises(InputError, match="two indicators"):
        correlate(frame([1, 2, 3]))


# ---- published and independent -------------------------------------------------------


@needs_data
@pytest.mark.parametrize(
    ("pair", "classes", "size"),
    [
        (("CRIME", "INC"), 13, 8.90981097844763),
        (("CRIME", "HOVAL"), 13, 19.0595271347903),
        (("INC", "HOVAL"), 13, 20.2981868922934),
        (("CRIME", "INC"), 7, 9.68014297450766),
        (("INC", "HOVAL"), 7, 22.4230183696015),
    ],
)
def test_effective_number_of_columbus(pair, classes, size):
    """Values of a C program with the steps of R's SpatialPack::modified.ttest, pair by pair."""
    data = pd.read_csv(COLUMBUS / "columbus.csv")
    points = data[["X", "Y"]].rename(columns=str.lower)
    found = correlate(data[list(pair)], adjustment="dutilleul", points=points, classes=classes)
    assert found.effective_n == pytest.approx(size, rel=1e-12)
    f = (size - 2) * found.value**2 / (1 - found.value**2)
    assert found.p_spatial == pytest.approx(stats.f.sf(f, 1, size - 2))


def test_fisher_interval_by_hand():
    """r = 0.6, n = 28: 0.29–0.80 (z = 0.693, half-width 1.96/5 = 0.392)."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=28)
    x = (x - x.mean()) / x.std()
    e = rng.normal(size=28)
    e -= e.mean() + x * (e @ x) / (x @ x)
    e /= e.std()
    found = correlate(pd.DataFrame({"x": x, "y": 0.6 * x + 0.8 * e}))
    assert found.value == pytest.approx(0.6)
    assert (round(found.low, 2), round(found.high, 2)) == (0.29, 0.8)


# ---- laws ------------------------------------------------------------------------------

numbers = st.lists(st.integers(-50, 50), min_size=8, max_size=8)


@settings(max_examples=50, deadline=None)
@given(x=numbers, y=numbers, scale=st.integers(1, 9), shift=st.integers(-9, 9))
def test_units_do_not_matter_and_order_does_not(x, y, scale, shift):
    plain = correlate(frame(x, y))
    moved = correlate(frame([scale * a + shift for a in x], y))
    swapped = correlate(frame(y, x))
    for other in (moved, swapped):
        np.testing.assert_allclose(
            [other.value, other.low, other.high, other.p],
            [plain.value, plain.low, plain.high, plain.p],
            atol=1e-9,
        )


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_randomised_values_are_as_autocorrelated_as_the_true_ones(seed):
    values = np.random.default_rng(seed).gamma(1.0, size=SIDE * SIDE)
    graph = grid_graph()
    weights = graph.sparse
    drawn = sign_randomised(values, weights, permutations=20, seed=seed)
    z, true = drawn - drawn.mean(axis=1)[:, None], values - values.mean()
    np.testing.assert_allclose(drawn.mean(axis=1), values.mean())
    np.testing.assert_allclose((z**2).sum(axis=1), (true**2).sum())
    np.testing.assert_allclose((z @ weights * z).sum(axis=1), true @ (weights @ true), atol=1e-8)


def smooth(rng, graph):
    """A field in which neighbours are alike."""
    w = graph.transform("r").sparse.todense()
    return np.linalg.solve(np.eye(len(w)) - 0.95 * w, rng.normal(size=len(w)))


def test_adjusted_p_keep_their_level_where_the_plain_one_does_not():
    """Independent fields with neighbours alike: at 5 % the plain p finds far too much."""
    graph, rng, found = grid_graph(), np.random.default_rng(11), []
    for seed in range(120):
        data = pd.DataFrame({"x": smooth(rng, graph), "y": smooth(rng, graph)}, index=PLACES.index)
        by_size = correlate(data, adjustment="dutilleul", points=PLACES)
        drawn = correlate(data, adjustment="permutation", graph=graph, permutations=199, seed=seed)
        found.append((by_size.p, by_size.p_spatial, drawn.p_spatial))
    plain, by_size, drawn = (np.array(found) <= 0.05).mean(axis=0)
    assert plain > 0.2
    assert by_size < 0.13
    assert drawn < 0.13


def test_independent_values_are_worth_about_as_many_zones_as_there_are():
    rng = np.random.default_rng(2)
    sizes = [
        effective_size(rng.normal(size=36), rng.normal(size=36), PLACES.to_numpy())
        for _ in range(40)
    ]
    assert 28 < np.median(sizes) < 50


def test_permutation_is_a_function_of_the_seed_and_of_the_zones_alone():
    graph, rng = grid_graph(), np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(36, 2)), columns=["x", "y"], index=PLACES.index)
    options = {"adjustment": "permutation", "graph": graph, "permutations": 99}
    first, again = (correlate(data, seed=4, **options).p_spatial for _ in range(2))
    assert first == again
    assert correlate(data, seed=5, **options).seed == 5
    assert correlate(data, **options).permutations == 99
