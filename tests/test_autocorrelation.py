"""Moran and LISA: by hand, against R spdep and esda, laws, and awkward input."""

import itertools
import json
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal.graph import Graph
from toys import toy_zones

from tsukuba_gis import autocorrelation as ac
from tsukuba_gis.autocorrelation import local_g, local_geary, local_moran, moran, permutation
from tsukuba_gis.autocorrelation.agreement import _kappa
from tsukuba_gis.autocorrelation.permutation import benjamini_hochberg, sum_tails, weighted_tails
from tsukuba_gis.errors import InputError
from tsukuba_gis.result import GlobalStatistic
from tsukuba_gis.weights import queen

REFERENCE = Path(__file__).parents[2] / "shared" / "data" / "spatial_reference"
needs_reference = pytest.mark.skipif(
    not REFERENCE.exists(), reason="reference values of R spdep are not beside the repository"
)


def line(n):
    """n zones in a row, each a neighbour of the next."""
    ids = [f"z{i}" for i in range(n)]
    return Graph.from_dicts(
        {ids[i]: [ids[j] for j in (i - 1, i + 1) if 0 <= j < n] for i in range(n)}
    )


def ring(n):
    ids = [f"z{i}" for i in range(n)]
    return Graph.from_dicts({ids[i]: [ids[i - 1], ids[(i + 1) % n]] for i in range(n)})


def series(numbers, name="x"):
    return pd.Series(
        np.asarray(numbers, dtype=float), [f"z{i}" for i in range(len(numbers))], name=name
    )


def grid(side, *, seed):
    """Values with a pattern on side × side squares, and their queen graph."""
    rng = np.random.default_rng(seed)
    ids = [f"z{i}" for i in range(side * side)]
    near = {
        ids[r * side + c]: [
            ids[(r + i) * side + c + j]
            for i, j in itertools.product((-1, 0, 1), repeat=2)
            if (i or j) and 0 <= r + i < side and 0 <= c + j < side
        ]
        for r, c in itertools.product(range(side), repeat=2)
    }
    graph = Graph.from_dicts(near)
    noise = pd.Series(rng.gamma(2, size=side * side), index=ids, name="x")
    return noise + pd.Series(graph.transform("r").lag(noise), index=ids), graph


# ---- by hand ---------------------------------------------------------------


def test_moran_of_four_in_a_row_by_hand():
    # z = −1.5 −0.5 0.5 1.5; lags of z: −0.5 −0.5 0.5 0.5; Σ z·lag = 2; Σ z² = 5; n/S0 = 1.
    result = moran(series([1, 2, 3, 4]), line(4))
    assert result.i == pytest.approx(2 / 5)
    assert result.expected == pytest.approx(-1 / 3)
    assert (result.indicator, result.n, result.weights) == ("x", 4, "custom")


def test_binary_weights_by_hand():
    # Σ over the three links, both ways: 2(0.75 − 0.25 + 0.75) = 2.5; n/S0 = 4/6; Σ z² = 5.
    result = moran(series([1, 2, 3, 4]), line(4), style="given")
    assert result.i == pytest.approx(4 / 6 * 2.5 / 5)


def test_exact_p_of_six_zones_by_hand():
    # Zone z0 (high) has the neighbours z1 = 9 and z5 = 8, the highest of 1 2 3 8 9:
    # one of the 10 pairs reaches 17, so p = 2 · 1/10, and no pair can do better.
    frame = local_moran(series([10, 9, 1, 2, 3, 8]), ring(6)).frame
    assert frame.loc["z0", "p"] == pytest.approx(0.2)
    assert frame.loc["z0", "p_floor"] == pytest.approx(0.2)
    # z3 = 2 has 1 and 3; of 10 9 1 3 8 the pair 1 + 3 has the least sum.
    assert frame.loc["z3", "p"] == pytest.approx(0.2)
    # z2 = 1 has 9 and 2, sum 11: of 10 9 2 3 8 the sums are 11 11 12 12 13 10 5 19 18 17:
    # at least 11 in 8 of 10, at most 11 in 4 of 10.
    assert frame.loc["z2", "p"] == pytest.approx(0.8)


def test_classes_on_a_map_with_one_high_and_one_low_end():
    values = series([9, 9, 9, 8, 8, 8, 5, 5, 5, 5, 5, 5, 2, 2, 2, 1, 1, 1])
    frame = local_moran(values, ring(18), fdr=False, alpha=0.2).frame
    assert frame.loc[["z1", "z2"], "cluster"].tolist() == ["HH", "HH"]
    assert frame.loc[["z15", "z16"], "cluster"].tolist() == ["LL", "LL"]
    assert frame.loc["z9", "cluster"] == "ns"


def test_the_graph_of_zones_gives_its_name():
    values = pd.Series(range(9), index=toy_zones().ids, dtype=float, name="x")
    graph = queen(toy_zones())
    assert moran(values, graph).weights == "queen"
    assert local_moran(values, graph).weights == "queen"


# ---- R spdep ---------------------------------------------------------------


def records(statistic, dataset="columbus"):
    if not REFERENCE.exists():
        return []
    table = json.loads((REFERENCE / "reference_values.json").read_text(encoding="utf-8"))
    return [r for r in table["records"] if r["statistic"] == statistic and r["dataset"] == dataset]


def columbus(variable, neighbours):
    frame = pd.read_csv(REFERENCE / "spdep" / "columbus.csv")
    (lists,) = (r["value"] for r in records("neighbours_0based") if r["weights"] == neighbours)
    graph = Graph.from_dicts({f"z{i}": [f"z{j}" for j in row] for i, row in enumerate(lists)})
    return series(frame[variable], variable), graph


@needs_reference
@pytest.mark.parametrize(
    "record", records("moran_I_randomisation"), ids=lambda r: f"{r['weights']}-{r['variable']}"
)
def test_moran_equals_spdep(record):
    neighbours, style = record["weights"].split("/")
    values, graph = columbus(record["variable"], neighbours)
    result = moran(values, graph, style="row" if style == "W" else "given", permutations=9)
    expected = record["value"]
    assert result.i == pytest.approx(expected["I"], abs=1e-10)
    assert result.expected == pytest.approx(expected["E"], abs=1e-10)
    assert result.z == pytest.approx(expected["z"], abs=1e-10)


@needs_reference
@pytest.mark.parametrize("record", records("local_moran_conditional"), ids=lambda r: r["weights"])
def test_local_moran_equals_spdep_with_divisor_n(record):
    values, graph = columbus(record["variable"], record["weights"])
    frame = local_moran(values, graph, permutations=999).frame
    np.testing.assert_allclose(frame["i"], record["value"]["Ii"], atol=1e-10)
    (other,) = (
        r["value"]
        for r in records("local_moran_Ii_mlvar_false")
        if r["weights"] == record["weights"]
    )
    np.testing.assert_allclose(frame["i"] * 48 / 49, other, atol=1e-10)  # GeoDa, esda


@needs_reference
def test_columbus_has_three_neighbour_lists_and_three_morans():
    found = {
        name: moran(*columbus("CRIME", name), permutations=9).i for name in ("gal", "queen", "rook")
    }
    assert found == pytest.approx(
        {"gal": 0.485770914, "queen": 0.500188557, "rook": 0.523670213}, abs=1e-9
    )


# ---- p-values --------------------------------------------------------------


def brute_tails(values, graph, zone, *, draws, seed):
    """Conditional permutation, one zone at a time, in the plainest way."""
    rng = np.random.default_rng(seed)
    z = (values - values.mean()).to_numpy()
    at = values.index.get_loc(zone)
    others = np.delete(z, at)
    k = int(graph.cardinalities[zone])
    observed = z[values.index.get_indexer(graph[zone].index)].sum()
    sums = rng.permuted(np.broadcast_to(others, (draws, len(others))), axis=1)[:, :k].sum(axis=1)
    return (sums >= observed - 1e-9).mean(), (sums <= observed + 1e-9).mean()


def test_shared_draws_agree_with_conditional_permutation_of_each_zone():
    values, graph = grid(9, seed=3)  # 81 zones: too many to list all subsets
    frame = local_moran(values, graph, permutations=99_999, seed=5).frame
    for zone in ("z0", "z4", "z40", "z80"):  # corners, an edge, the middle
        expected = min(1.0, 2 * min(brute_tails(values, graph, zone, draws=40_000, seed=8)))
        # three standard errors of the brute-force share, twice
        assert frame.loc[zone, "p"] == pytest.approx(expected, abs=0.015)


def test_p_is_uniform_where_there_is_no_pattern():
    """The distribution of p over maps of pure noise; seeds fixed."""
    _, graph = grid(9, seed=0)
    rng = np.random.default_rng(11)
    draws = [
        local_moran(
            pd.Series(rng.normal(size=81), graph.unique_ids), graph, permutations=999, seed=seed
        ).frame["p"]
        for seed in range(60)
    ]
    p = np.concatenate(draws)
    for level in (0.05, 0.2, 0.5):
        # zones of one map depend on each other; 4 standard errors of independent ones
        assert (p <= level).mean() == pytest.approx(
            level, abs=4 * np.sqrt(level * (1 - level) / len(p)) + 0.01
        )


def test_every_zone_gets_the_permutations_asked_for():
    values, graph = grid(9, seed=3)
    floor = local_moran(values, graph, permutations=9_999).frame["p_floor"]
    # corners have three neighbours: C(80, 3) = 82,160 subsets are listed
    assert sorted(set((2 / floor).round())) == [10_000, 82_160]


def test_equal_weights_give_one_p_by_both_ways_of_counting(monkeypatch):
    monkeypatch.setattr(permutation, "EXACT_SUBSETS", 0)
    values, graph = grid(9, seed=4)
    z = values.to_numpy() - values.mean()
    matrix = graph.sparse.tocsr()
    sizes = np.diff(matrix.indptr)
    shared = sum_tails(z, matrix @ z, sizes, permutations=999, seed=2)
    general = weighted_tails(z, matrix, permutations=999, seed=2)
    np.testing.assert_array_equal(shared.at_least, general.at_least)
    np.testing.assert_array_equal(shared.at_most, general.at_most)


def test_unequal_weights_by_hand():
    # z0 has z1 with weight 3 and z2 with weight 1: all ordered pairs of 1, 2, 3 for z0 = 0.
    adjacency = {
        "z0": {"z1": 3.0, "z2": 1.0},
        "z1": {"z0": 1.0},
        "z2": {"z0": 1.0},
        "z3": {"z0": 1.0},
    }
    graph = Graph.from_weights_dict(adjacency)
    frame = local_moran(series([0, 3, 2, 1]), graph).frame
    # 3a + b over the pairs: 5 6 7 9 10 11; the zone has 3·3 + 2 = 11: one of six, twice.
    assert frame.loc["z0", "p"] == pytest.approx(2 / 6)
    assert frame.loc["z0", "lag"] == pytest.approx((3 * 1.5 + 0.5) / 4 / np.std([0, 1, 2, 3]))


def test_directed_is_half_of_two_sided():
    values, graph = grid(9, seed=6)
    two = local_moran(values, graph, permutations=999).frame["p"]
    one = local_moran(values, graph, permutations=999, alternative="directed")
    assert one.alternative == "directed"
    np.testing.assert_allclose(np.minimum(1.0, 2 * one.frame["p"]), two)


def test_global_p_by_listing_all_orders():
    values = [5.0, 4.0, 1.0, 0.5, 2.0]
    result = moran(series(values), line(5), permutations=19_999, seed=1)
    all_i = np.array(
        [
            moran(series(order), line(5), permutations=1).i
            for order in itertools.permutations(values)
        ]
    )
    tail = min((all_i >= result.i - 1e-12).mean(), (all_i <= result.i + 1e-12).mean())
    assert result.p == pytest.approx(2 * tail, abs=0.005)


# ---- laws ------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(
    numbers=st.lists(st.integers(-50, 50), min_size=7, max_size=7),
    scale=st.floats(0.1, 1000),
    shift=st.floats(-1000, 1000),
)
def test_scale_and_shift_change_nothing(numbers, scale, shift):
    a = moran(series(numbers), ring(7), permutations=19)
    b = moran(series(numbers) * scale + shift, ring(7), permutations=19)
    assert b.i == pytest.approx(a.i, abs=1e-8, nan_ok=True)
    assert b.p == pytest.approx(a.p, nan_ok=True)


def test_the_order_of_zones_changes_only_the_order_of_rows():
    values, graph = grid(6, seed=2)
    mixed = values.sample(frac=1, random_state=1)
    frame = local_moran(values, graph).frame
    other = local_moran(mixed, graph).frame
    assert other.index.equals(mixed.index)
    np.testing.assert_allclose(other["i"], frame["i"][mixed.index])
    assert moran(mixed, graph).i == pytest.approx(moran(values, graph).i)


def test_local_values_add_up_to_the_global_one():
    values, graph = grid(7, seed=5)
    assert local_moran(values, graph).frame["i"].mean() == pytest.approx(moran(values, graph).i)


def test_seed_decides():
    values, graph = grid(9, seed=6)
    first = local_moran(values, graph, permutations=999, seed=1).frame
    pd.testing.assert_frame_equal(first, local_moran(values, graph, permutations=999, seed=1).frame)
    assert not first["p"].equals(local_moran(values, graph, permutations=999, seed=2).frame["p"])
    assert moran(values, graph, seed=1).p == moran(values, graph, seed=1).p


def test_nothing_is_written_into_the_input():
    values, graph = grid(6, seed=2)
    before, links = values.copy(), graph.adjacency.copy()
    moran(values, graph, permutations=9)
    local_moran(values, graph, permutations=9)
    pd.testing.assert_series_equal(values, before)
    pd.testing.assert_series_equal(graph.adjacency, links)


# ---- FDR -------------------------------------------------------------------


def test_benjamini_hochberg_as_scipy():
    from scipy.stats import false_discovery_control

    p = np.random.default_rng(0).random(200) ** 3
    np.testing.assert_allclose(benjamini_hochberg(p), false_discovery_control(p))


def test_fdr_decides_the_class():
    values, graph = grid(12, seed=7)
    strict, plain = (local_moran(values, graph, fdr=fdr).frame for fdr in (True, False))
    assert (strict["cluster"] != "ns").sum() < (plain["cluster"] != "ns").sum()
    assert ((plain["cluster"] != "ns") == (plain["p"] <= 0.05)).all()
    assert ((strict["cluster"] != "ns") == (strict["p_fdr"] <= 0.05)).all()


# ---- awkward input ---------------------------------------------------------


def test_missing_is_no_data_and_never_a_neighbour():
    values = series([1, 2, np.nan, 4, 5, 6, 3, np.inf])
    frame = local_moran(values, ring(8)).frame
    assert frame["cluster"].tolist()[2] == "missing"
    assert frame["cluster"].tolist()[7] == "missing"
    assert frame.loc[["z2", "z7"], ["i", "z", "lag", "p", "p_fdr"]].isna().all(axis=None)
    assert frame["neighbours"].tolist() == [1, 1, 0, 1, 2, 2, 1, 0]
    # z1's lag is z0's value alone
    assert frame.loc["z1", "lag"] == pytest.approx(frame.loc["z0", "z"])
    result = moran(values, ring(8))
    assert (result.n, result.n_missing, result.n_islands) == (6, 2, 0)


def test_a_zone_whose_only_neighbour_is_missing_is_an_island():
    frame = local_moran(series([1, np.nan, 3, 4, 2]), line(5)).frame
    assert frame["cluster"].tolist()[:2] == ["island", "missing"]
    assert moran(series([1, np.nan, 3, 4, 2, 6]), line(6)).n_islands == 1


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 1e9])
def test_equal_values_are_not_defined(value):
    values = series([value] * 6)
    result = moran(values, ring(6))
    assert np.isnan([result.i, result.z, result.p]).all()
    frame = local_moran(values, ring(6)).frame
    assert set(frame["cluster"]) == {"ns"}
    assert frame["p"].isna().all()


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_too_few_zones_do_not_crash(n):
    graph = line(n) if n else line(1)
    values = series(range(n)) if n else series([np.nan])
    assert np.isnan(moran(values, graph).p)
    assert len(local_moran(values, graph).frame) == max(n, 1)


def test_two_components():
    graph = Graph.from_dicts({"z0": ["z1"], "z1": ["z0"], "z2": ["z3"], "z3": ["z2"]})
    assert moran(series([1, 2, 8, 9]), graph).i > 0.9


def test_one_zone_next_to_all_others():
    star = {"z0": [f"z{i}" for i in range(1, 80)]} | {f"z{i}": ["z0"] for i in range(1, 80)}
    values = pd.Series(np.random.default_rng(0).normal(size=80), [f"z{i}" for i in range(80)])
    frame = local_moran(values, Graph.from_dicts(star), permutations=999).frame
    assert frame.loc["z0", "p"] == 1.0  # there is only one subset
    assert frame["p"].between(0, 1).all()


def test_repeated_ids_are_refused():
    values = pd.Series([1.0, 2.0], index=["z0", "z0"])
    with pytest.raises(InputError, match="repeat 1 zone ids"):
        moran(values, line(2))


@pytest.mark.parametrize("ids", [["z0", "z1"], ["z0", "z1", "q"], ["z0", "z1", "z2", "q"]])
def test_other_zones_are_refused(ids):
    values = pd.Series(np.arange(float(len(ids))), index=ids)
    with pytest.raises(InputError, match="not about the same zones"):
        local_moran(values, line(3))


@pytest.mark.parametrize("k", [3, 40, 70])
def test_each_zone_draws_uniformly_from_the_others(monkeypatch, k):
    """Tail shares against the exact distribution of a sum of 0s and 1s (hypergeometric)."""
    from scipy.stats import hypergeom

    monkeypatch.setattr(permutation, "EXACT_SUBSETS", 0)
    n, ones, size = 80, 24, 40_000
    values = np.zeros(n)
    values[:ones] = 1.0
    sizes = np.full(n, k)
    for level in (hypergeom(n, ones, k).ppf(0.1), hypergeom(n, ones, k).ppf(0.6)):
        tails = sum_tails(values, np.full(n, level), sizes, permutations=size, seed=9)
        for zones, others in ((slice(0, ones), ones - 1), (slice(ones, n), ones)):
            exact = hypergeom(n - 1, others, k)
            # 5 standard errors of a share of 40,000 draws, at most 0.0125
            np.testing.assert_allclose(tails.at_most[zones], exact.cdf(level), atol=0.0125)
            np.testing.assert_allclose(tails.at_least[zones], exact.sf(level - 1), atol=0.0125)


# ---- all statistics: awkward input, and laws -------------------------------

GLOBAL = {
    "moran": ac.moran,
    "geary": ac.geary,
    "getis_ord_g": ac.getis_ord_g,
    "bivariate_moran": lambda x, g, **o: ac.bivariate_moran(x, x[::-1].set_axis(x.index), g, **o),
    "lee": lambda x, g, **o: ac.lee(x, x[::-1].set_axis(x.index), g, **o),
}
LOCAL = {
    "local_moran": ac.local_moran,
    "local_bivariate_moran": lambda x, g, **o: ac.local_bivariate_moran(x, x.rank(), g, **o),
    "local_g": lambda x, g, **o: ac.local_g(x, g, star=False, **o),
    "local_g_star": ac.local_g,
    "local_geary": ac.local_geary,
    "quantile_lisa": lambda x, g, **_: ac.quantile_lisa(x, g),  # exact: nothing is drawn
}
AWKWARD = {
    "equal": (series([3.0] * 8), ring(8)),
    "one": (series([3.0]), line(1)),
    "two": (series([3.0, 1.0]), line(2)),
    "three": (series([3.0, 1.0, 2.0]), line(3)),
    "missing": (series([1, np.nan, 3, 4, np.inf, 6, 2, 9]), ring(8)),
    "all missing": (series([np.nan] * 8), ring(8)),
    "islands": (series([1, 2, 3, 4.5]), Graph.from_dicts({f"z{i}": [] for i in range(4)})),
    "everybody a neighbour": (
        series([1, 2, 3, 4.5, 9, 8]),
        Graph.from_dicts({f"z{i}": [f"z{j}" for j in range(6) if j != i] for i in range(6)}),
    ),
    "two components": (
        series([1, 2, 8, 9]),
        Graph.from_dicts({"z0": ["z1"], "z1": ["z0"], "z2": ["z3"], "z3": ["z2"]}),
    ),
    "zeros": (series([0, 0, 0, 1, 0, 0, 0, 2]), ring(8)),
}


@pytest.mark.parametrize("case", AWKWARD)
@pytest.mark.parametrize("name", GLOBAL)
def test_no_global_statistic_crashes(name, case):
    values, graph = AWKWARD[case]
    result = GLOBAL[name](values, graph, permutations=19)
    assert np.isnan(result.p) or 0 < result.p <= 1
    assert result.n + result.n_missing + result.n_islands == len(values)


@pytest.mark.parametrize("case", AWKWARD)
@pytest.mark.parametrize("name", LOCAL)
def test_no_local_statistic_crashes(name, case):
    values, graph = AWKWARD[case]
    frame = LOCAL[name](values, graph, permutations=19).frame
    assert frame.index.equals(values.index)
    p = frame["p"].dropna()
    assert ((p > 0) & (p <= 1)).all()
    assert (p >= frame.loc[p.index, "p_floor"] - 1e-12).all()
    assert (frame["cluster"] == "missing").equals(~np.isfinite(values))
    assert frame.loc[frame["cluster"].isin(["missing", "island"]), "p"].isna().all()


@pytest.mark.parametrize("case", AWKWARD)
def test_no_table_crashes(case):
    values, graph = AWKWARD[case]
    assert len(ac.local_moran_moments(values, graph)) == len(values)
    assert len(ac.local_moran_normal(values, graph)) == len(values)
    assert len(ac.local_moran_normal(values, graph, method="exact")) == len(values)
    assert isinstance(ac.aple(values, graph), float)
    assert len(ac.local_lee(values, values, graph)) == len(values)
    assert len(ac.correlogram(values, graph, orders=2, permutations=9).frame) == 2


@pytest.mark.parametrize("name", GLOBAL)
def test_every_global_p_is_uniform_without_a_pattern(name):
    """Of 200 maps of noise 5 % ± 4 standard errors have p ≤ 0.05."""
    _, graph = grid(5, seed=0)
    rng = np.random.default_rng(5)
    p = [
        GLOBAL[name](
            pd.Series(rng.gamma(2, size=25), graph.unique_ids), graph, permutations=99, seed=i
        ).p
        for i in range(200)
    ]
    assert np.mean(np.array(p) <= 0.05) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 200)
    assert np.mean(np.array(p) <= 0.5) == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 200))


@pytest.mark.parametrize("name", LOCAL)
def test_every_local_statistic_is_the_same_in_another_order(name):
    values, graph = grid(5, seed=2)
    mixed = values.sample(frac=1, random_state=1)
    first = LOCAL[name](values, graph, permutations=99).frame
    again = LOCAL[name](mixed, graph, permutations=99).frame.loc[values.index]
    column = "i" if "i" in first else "value"
    np.testing.assert_allclose(again[column], first[column])
    assert again["neighbours"].equals(first["neighbours"])


def test_hot_and_cold_spots():
    values = series([9, 9, 9, 8, 8, 8, 5, 5, 5, 5, 5, 5, 2, 2, 2, 1, 1, 1])
    found = local_g(values, ring(18), fdr=False)
    frame = found.frame
    assert (found.statistic, found.alpha) == ("local_g_star", 0.1)
    # z1 lies between the two other nines: of the 136 pairs of the others one sums as high,
    # two-sided 2/136; z16 = 1 between the ones likewise; z9 = 5 between fives is ordinary.
    assert frame.loc["z1", "p"] == pytest.approx(2 / 136)
    assert frame.loc[["z1", "z16", "z9"], "cluster"].tolist() == ["hot_95", "cold_95", "ns"]


@pytest.mark.parametrize("fdr", [True, False])
def test_the_confidence_of_a_hot_spot_is_that_of_its_p(fdr):
    values = series(np.random.default_rng(4).normal(size=300).cumsum())
    frame = local_g(values, ring(300), permutations=999, fdr=fdr).frame
    p = frame["p_fdr" if fdr else "p"]
    side = np.where(frame["z"] > 0, "hot", "cold")
    for least, most, confidence in ((0, 0.01, 99), (0.01, 0.05, 95), (0.05, 0.1, 90)):
        held = (p > least) & (p <= most)
        assert held.any()
        assert (frame["cluster"][held] == np.char.add(side, f"_{confidence}")[held]).all()
    assert (frame["cluster"][p > 0.1] == "ns").all()


def test_local_geary_by_listing_all_pairs():
    """z0 = 10 with the neighbours 9 and 8: of the ten pairs of 9 1 2 3 8 none is as near."""
    frame = local_geary(series([10, 9, 1, 2, 3, 8]), ring(6), alpha=0.3, fdr=False).frame
    assert frame.loc["z0", "p"] == pytest.approx(0.2)
    assert frame.loc["z0", "cluster"] == "HH"
    # z1 = 9 with 10 and 1: pairs by squared distance; only (1, 2) and (1, 3)… are further
    others = {"z0": 10, "z2": 1, "z3": 2, "z4": 3, "z5": 8}
    far = [(9 - a) ** 2 + (9 - b) ** 2 for a, b in itertools.combinations(others.values(), 2)]
    at_least, at_most = sum(d >= 65 for d in far) / 10, sum(d <= 65 for d in far) / 10
    assert frame.loc["z1", "p"] == pytest.approx(min(1, 2 * min(at_least, at_most)))


def test_local_geary_draws_like_brute_force():
    values, graph = grid(9, seed=3)
    both = pd.DataFrame({"x": values, "y": values.sample(frac=1, random_state=2).to_numpy()})
    frame = local_geary(both, graph, permutations=20_000, seed=5).frame
    z = ((both - both.mean()) / both.std()).to_numpy()
    rng = np.random.default_rng(8)
    for zone in ("z0", "z40"):
        at = both.index.get_loc(zone)
        near = both.index.get_indexer(graph[zone].index)
        observed = ((z[near] - z[at]) ** 2).sum()
        others = np.delete(np.arange(81), at)
        drawn = rng.permuted(np.broadcast_to(others, (20_000, 80)), axis=1)[:, : len(near)]
        sums = ((z[drawn] - z[at]) ** 2).sum(axis=(1, 2))
        expected = min(
            1, 2 * min((sums >= observed - 1e-9).mean(), (sums <= observed + 1e-9).mean())
        )
        assert frame.loc[zone, "p"] == pytest.approx(expected, abs=0.03)


def test_join_counts_by_listing_all_ways():
    """Mean and variance over all ways to place three marks on six zones, unequal links."""
    graph = Graph.from_dicts(
        {"z0": ["z1", "z2"], "z1": ["z0"], "z2": ["z0", "z3"], "z3": ["z2", "z4"],
         "z4": ["z3", "z5"], "z5": ["z4"]}
    )  # fmt: skip
    names = [f"z{i}" for i in range(6)]
    found = []
    for marked in itertools.combinations(names, 3):
        classes = pd.Series(["a" if zone in marked else "b" for zone in names], names)
        table = ac.join_counts(classes, graph, permutations=9).frame
        found.append(table["count"])
    counts = pd.DataFrame(found)
    np.testing.assert_allclose(table["expected"], counts.mean(), atol=1e-12)
    np.testing.assert_allclose(table["variance"], counts.var(ddof=0), atol=1e-12)


def test_three_classes_by_listing_all_ways():
    names = [f"z{i}" for i in range(6)]
    counts = pd.DataFrame(
        [
            ac.join_counts(pd.Series(list(order), names), line(6), permutations=9).frame["count"]
            for order in set(itertools.permutations("aabbcc"))
        ]
    )
    table = ac.join_counts(pd.Series(list("aabbcc"), names), line(6)).frame
    np.testing.assert_allclose(table["expected"], counts.mean(), atol=1e-12)
    np.testing.assert_allclose(table["variance"], counts.var(ddof=0), atol=1e-12)


def test_rates_of_small_populations_jump_and_the_index_does_not():
    rng = np.random.default_rng(1)
    people = pd.Series(
        np.r_[np.full(50, 20.0), np.full(50, 20_000.0)], [f"z{i}" for i in range(100)]
    )
    index = pd.concat(
        [
            ac.rate_index(pd.Series(rng.poisson(0.1 * people) * 1.0, people.index), people)
            for _ in range(50)
        ],
        axis=1,
    )
    small, large = index.iloc[:50].to_numpy().std(), index.iloc[50:].to_numpy().std()
    assert small == pytest.approx(large, rel=0.2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ac.getis_ord_g(series([-1, 2, 3, 4]), line(4)), "values of 0 or more"),
        (lambda: ac.lee(series([1, 2, 3]), series([1, 2]), line(3)), "not about the same zones"),
        (lambda: ac.quantile_lisa(series([1, 2, 3]), line(3), low=0.9, high=0.5), "0 ≤ low < high"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(InputError, match=words):
        call()


# ---- two tables side by side -----------------------------------------------


def test_agreement_by_hand_and_as_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    values, graph = grid(8, seed=2)
    rng = np.random.default_rng(3)
    one = local_moran(values, graph, permutations=999, fdr=False)
    other = local_moran(values + rng.normal(0, 1.0, 64), graph, permutations=999, fdr=False)
    found = ac.agreement(one, other)
    first, second = one.frame["cluster"], other.frame["cluster"]
    assert found.same == pytest.approx((first == second).mean())
    assert found.kappa == pytest.approx(metrics.cohen_kappa_score(first, second))
    assert found.table.to_numpy().sum() == found.n == 64
    assert ac.agreement(one, one).kappa == pytest.approx(1.0)
    assert found.low < found.kappa < found.high <= 1


def test_the_interval_of_kappa_by_the_delta_method():
    """The derivative of kappa by every cell, taken by small differences, and a multinomial."""
    shares = np.array([[0.53, 0.05, 0.02], [0.11, 0.14, 0.05], [0.01, 0.06, 0.03]])

    def kappa_of(table):
        p = table / table.sum()
        chance = p.sum(axis=1) @ p.sum(axis=0)
        return (np.trace(p) - chance) / (1 - chance)

    slope = np.empty((3, 3))
    for at in np.ndindex(3, 3):
        step = np.zeros((3, 3))
        step[at] = 1e-6
        slope[at] = (kappa_of(shares + step) - kappa_of(shares - step)) / 2e-6
    variance = (shares * slope**2).sum() - (shares * slope).sum() ** 2
    kappa, error = _kappa(shares)
    # Fleiss, Cohen & Everitt (1969), their example: kappa 0.429
    assert kappa == pytest.approx(kappa_of(shares)) == pytest.approx(0.429, abs=5e-4)
    assert error == pytest.approx(np.sqrt(variance), rel=1e-6)
    assert _kappa(np.diag([0.2, 0.8])) == pytest.approx((1.0, 0.0), abs=1e-7)


def test_zones_without_data_do_not_agree():
    values, graph = grid(5, seed=2)
    hidden = values.copy()
    hidden.iloc[:3] = np.nan
    found = ac.agreement(*(local_moran(x, graph, permutations=99) for x in (values, hidden)))
    assert found.n == 22
    assert found.table["missing"].sum() == 3
    with pytest.raises(InputError, match="not about the same zones"):
        ac.agreement(
            local_moran(values, graph, permutations=9),
            local_moran(series([1, 2, 3, 4]), line(4), permutations=9),
        )


def test_local_geary_where_nearly_all_are_neighbours():
    """All but one are neighbours: few sets for a zone, but a long list for all zones."""
    n = 300
    ids = [f"z{i}" for i in range(n)]
    near = {ids[i]: [ids[j] for j in range(n) if (j - i) % n not in (0, 1)] for i in range(n)}
    values = pd.Series(np.random.default_rng(0).normal(size=n), ids)
    frame = local_geary(values, Graph.from_dicts(near), permutations=99).frame
    assert frame["p"].between(0.01, 1.0).all()


def test_chance_share_of_equal_and_of_different_risks():
    """Poisson counts of one risk: all chance; of risks that differ by half: chance is small."""
    rng = np.random.default_rng(4)
    ids = [f"z{i}" for i in range(400)]
    people = pd.Series(rng.integers(500, 1_500, 400).astype(float), ids)
    same = pd.Series(rng.poisson(0.05 * people).astype(float), ids)
    assert ac.chance_share(same, people) == pytest.approx(1.0, abs=0.15)
    risk = rng.uniform(0.05, 0.5, 400)
    assert ac.chance_share(pd.Series(rng.poisson(risk * people) * 1.0, ids), people) < 0.05
    assert np.isnan(ac.chance_share(same * 0, people))


def test_zones_without_people_have_no_rate():
    events, people = series([1, 2, 3, np.nan]), series([10, 0, 30, 40])
    assert ac.rate_index(events, people).isna().tolist() == [False, True, False, True]
    assert ac.chance_share(events, people) == 1.0  # both rates are 0.1


@pytest.mark.parametrize(("n", "k"), [(1, 1), (5, 1), (6, 2), (9, 4), (9, 9), (12, 10), (4, 0)])
def test_all_subsets_are_listed_once(n, k):
    from tsukuba_gis.autocorrelation.draws import all_subsets

    listed = [tuple(row) for row in all_subsets(n, k).tolist()]
    assert listed == list(itertools.combinations(range(n), k))


# ---- directed --------------------------------------------------------------


def test_the_directed_p_of_moran_by_listing_the_draws():
    """The smaller tail of the same draws, the observed order counted."""
    row, x = line(8), series([1.0, 2, 2, 4, 7, 6, 9, 8])
    draws = np.random.Generator(np.random.Philox(3)).permuted(
        np.broadcast_to(np.arange(8), (199, 8)), axis=1
    )
    shuffled = (x.iloc[order].set_axis(x.index) for order in draws)
    found = np.array([moran(one, row, permutations=1).i for one in shuffled])
    observed = moran(x, row, permutations=1).i
    expected = (min((found >= observed - 1e-9).sum(), (found <= observed + 1e-9).sum()) + 1) / 200
    directed = moran(x, row, permutations=199, seed=3, alternative="directed")
    both = moran(x, row, permutations=199, seed=3)
    assert directed.p == pytest.approx(expected)
    assert both.p == pytest.approx(2 * expected)
    assert (directed.alternative, both.alternative) == ("directed", "two-sided")


@pytest.mark.parametrize("name", list(ac.TAKES))
def test_directed_is_half_of_two_sided_of_the_same_draws(name):
    rng = np.random.default_rng(11)
    graph = Graph.from_dicts(
        {f"z{i:02d}": [f"z{j:02d}" for j in range(40) if 0 < abs(i - j) <= 3] for i in range(40)}
    )
    x = pd.Series(rng.gamma(2, size=40).cumsum(), graph.unique_ids, name="x")
    data = {
        "one": x.to_frame(),
        "two": x.to_frame().assign(y=x.to_numpy()[::-1] ** 2),
        "several": x.to_frame().assign(y=rng.gamma(2, size=40)),
        "rate": (x.to_frame() + 1).assign(persons=x + 300.0),
        "classes": pd.cut(x, 3, labels=list("abc")).astype(str).to_frame(),
        "marks": (x > x.median()).astype(float).to_frame(),
    }[ac.TAKES[name]]
    options = {"permutations": 199, "seed": 2}
    if name in get_args(GlobalStatistic):
        directed, both = (
            ac.global_statistic(name, data, graph, alternative=one, **options)
            for one in ("directed", "two-sided")
        )
        assert directed.alternative == "directed"
        if name != "correlogram":  # adjusted for the number of orders
            assert both.p == pytest.approx(min(1.0, 2 * directed.p))
        return
    directed, both = (
        ac.local_statistic(name, data, graph, alternative=one, **options)
        for one in ("directed", "two-sided")
    )
    if directed.alternative == "greater":  # an exact statistic keeps its own tail
        pd.testing.assert_frame_equal(directed.frame, both.frame)
        return
    assert directed.alternative == "directed"
    np.testing.assert_allclose(both.frame["p"], np.minimum(1.0, 2 * directed.frame["p"]))
