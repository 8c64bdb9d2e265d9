"""Regions: values by hand, the best division by brute force, laws, and what may not crash."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal.graph import Graph
from scipy import sparse

from tsukuba_gis.errors import CRSError, InputError, MissingExtraError
from tsukuba_gis.messages import LANGUAGES
from tsukuba_gis.reading import regions_cautions, regions_method, regions_sentence
from tsukuba_gis.regions import (
    Floor,
    adjusted_rand,
    clustgeo,
    elbow,
    measure_regions,
    refine,
    regionalise,
    say,
    stability,
)
from tsukuba_gis.regions.division import connected, within
from tsukuba_gis.regions.evidence import silhouette
from tsukuba_gis.regions.partition import Partition, cut_off
from tsukuba_gis.regions.problem import read_problem
from tsukuba_gis.regions.search import best_cuts, improve
from tsukuba_gis.regions.ward import cut, ward_merges


@pytest.fixture(autouse=True)
def _short_search(monkeypatch):
    monkeypatch.setattr("tsukuba_gis.regions.division._MOST_TRIES", 10)


def graph_of(links, ids):
    """A graph of undirected links; ids without a link stay in it."""
    both = [(a, b) for a, b in links] + [(b, a) for a, b in links]
    alone = sorted(set(ids) - {a for a, _ in both}, key=list(ids).index)
    index = pd.MultiIndex.from_tuples(both + [(a, a) for a in alone], names=["focal", "neighbor"])
    weight = pd.Series([1.0] * len(both) + [0.0] * len(alone), index=index, name="weight")
    return Graph(weight.reindex(list(ids), level=0))


def grid(columns, rows):
    ids = [f"{x}_{y}" for y in range(rows) for x in range(columns)]
    links = [(f"{x}_{y}", f"{x + 1}_{y}") for y in range(rows) for x in range(columns - 1)]
    links += [(f"{x}_{y}", f"{x}_{y + 1}") for y in range(rows - 1) for x in range(columns)]
    return ids, links


def city(columns=12, rows=10, *, variables=2, seed=1):
    """A grid city with a smooth pattern plus noise."""
    ids, links = grid(columns, rows)
    rng = np.random.default_rng(seed)
    x, y = np.array([[int(part) for part in zone.split("_")] for zone in ids]).T
    waves = [np.sin(x / 2 + j) + np.cos(y / (2 + j)) for j in range(variables)]
    data = pd.DataFrame(
        np.stack(waves, axis=1) + 0.3 * rng.standard_normal((len(ids), variables)),
        index=pd.Index(ids, name="zone_id"),
        columns=[f"v{j}" for j in range(variables)],
    )
    return data, graph_of(links, ids)


def every_division(ids, links, k):
    """All divisions of a small graph into k connected regions, as label arrays."""
    place = {zone: at for at, zone in enumerate(ids)}
    ends = np.array([(place[a], place[b]) for a, b in links])

    def grow(prefix, used):
        if len(prefix) == len(ids):
            if used == k:
                yield np.array(prefix)
            return
        for label in range(min(used + 1, k)):
            yield from grow([*prefix, label], max(used, label + 1))

    for labels in grow([], 0):
        inside = ends[labels[ends[:, 0]] == labels[ends[:, 1]]]
        matrix = sparse.coo_array(
            (np.ones(len(inside)), (inside[:, 0], inside[:, 1])), shape=(len(ids), len(ids))
        )
        if sparse.csgraph.connected_components(matrix, directed=False)[0] == k:
            yield labels


# ---- by hand ---------------------------------------------------------------
def test_a_row_of_six_by_hand():
    """1 2 3 | 10 11 12: SSW = 2 + 2, SST = 2·(4.5² + …) = 125.5; population sd cancels."""
    ids = list("abcdef")
    data = pd.DataFrame({"x": [1.0, 2, 3, 10, 11, 12]}, index=ids)
    regions = regionalise(data, graph_of(list(itertools.pairwise(ids)), ids), k=2)
    assert regions.labels.to_list() == [1, 1, 1, 2, 2, 2]
    assert regions.within_share == pytest.approx(4 / 125.5, abs=1e-15)
    assert regions.sizes.to_dict() == {1: 3, 2: 3}
    assert regions.means["x"].to_dict() == {1: 2.0, 2: 11.0}
    assert (regions.k, regions.n, regions.n_missing, regions.components) == (2, 6, 0, 1)
    assert regions.contiguous
    assert regions.standardised


def test_alike_zones_that_do_not_touch_stay_apart():
    ids = list("abc")
    data = pd.DataFrame({"x": [0.0, 9.0, 0.0]}, index=ids)
    regions = regionalise(data, graph_of([("a", "b"), ("b", "c")], ids), k=2)
    assert regions.labels["a"] != regions.labels["c"]


def test_standardising_decides_which_variable_rules():
    """x parts the row in the middle, y (a thousand times larger) after the first zone."""
    ids = list("abcd")
    data = pd.DataFrame({"x": [0.0, 0, 1, 1], "y": [1000.0, 0, 0, 0]}, index=ids)
    graph = graph_of(list(itertools.pairwise(ids)), ids)
    raw = regionalise(data, graph, k=2, standardise=False)
    assert raw.labels.to_list() == [1, 2, 2, 2]
    # standardised: {a | bcd} leaves 4·(1 − 1/3) = 2.67 of x; {ab | cd} leaves 2.67 of y;
    # adding x's and y's parts: 2.667 + 0 against 0 + 2.667: equal, so three regions settle it
    three = regionalise(data, graph, k=3)
    assert three.labels.to_list() == [1, 2, 3, 3]
    assert three.within_share == 0.0


def test_given_regions_are_measured():
    ids = list("abcd")
    data = pd.DataFrame({"x": [0.0, 2, 10, 12]}, index=ids)
    graph = graph_of(list(itertools.pairwise(ids)), ids)
    now = measure_regions(pd.Series(["南", "北", "北", "南"], index=ids), data, graph)
    # SSW = (36 + 36) + (16 + 16) = 104 of SST = 36 + 16 + 16 + 36 = 104
    assert now.within_share == pytest.approx(1.0)
    assert not now.contiguous
    better = measure_regions(pd.Series(["南", "南", "北", "北"], index=ids), data, graph)
    assert better.within_share == pytest.approx(4 / 104)
    assert better.contiguous


def test_floor_by_hand():
    """Six zones of 10 persons in a row, at least 20 each: three pairs, and not the best three."""
    ids = list("abcdef")
    data = pd.DataFrame({"x": [0.0, 0, 0, 9, 9, 9]}, index=ids)
    persons = pd.Series(10.0, index=ids)
    graph = graph_of(list(itertools.pairwise(ids)), ids)
    regions = regionalise(data, graph, floor=Floor(least=20, of=persons))
    assert regions.k == 3
    assert regions.labels.to_list() == [1, 1, 2, 2, 3, 3]
    assert regions.sums.to_list() == [20.0, 20.0, 20.0]
    two = regionalise(data, graph, k=2, floor=Floor(least=20, of=persons))
    assert two.labels.to_list() == [1, 1, 1, 2, 2, 2]
    with pytest.raises(InputError, match="only 3"):
        regionalise(data, graph, k=4, floor=Floor(least=20, of=persons))


def test_a_floor_far_below_what_k_regions_hold_changes_nothing():
    data, graph = city(8, 8)
    free = regionalise(data, graph, k=4, seed=1)
    held = regionalise(data, graph, k=4, floor=Floor(least=1), seed=1)
    assert free.labels.equals(held.labels)


def test_a_floor_that_ward_does_not_keep_is_kept():
    """One zone stands out, so that two free regions are it and the rest."""
    data, graph = city(8, 8)
    data.iloc[0] = 50.0
    assert regionalise(data, graph, k=2).sizes.min() == 1
    for least in (2, 5, 20):
        assert regionalise(data, graph, k=2, floor=Floor(least=least)).sizes.min() >= least


def test_who_is_cut_off():
    ring = [[1, 5], [0, 2], [1, 3], [2, 4], [3, 5], [4, 0]]
    assert cut_off(0, [0] * 6, ring, at_most=5) == []  # the ring holds together the other way
    row = [[1], [0, 2], [1, 3], [2, 4], [3]]
    assert cut_off(1, [0] * 5, row, at_most=5) == [0]
    assert cut_off(2, [0] * 5, row, at_most=1) is None
    assert cut_off(2, [0, 1, 0, 0, 0], row, at_most=5) == []
    star = [[1, 2, 3], [0], [0], [0]]
    assert sorted(cut_off(0, [0] * 4, star, at_most=5)) in ([1, 2], [1, 3], [2, 3])


# ---- against brute force and other software ---------------------------------
def test_near_or_at_the_best_of_all_divisions(monkeypatch):
    """White noise is the hardest case: no pattern leads the way."""
    monkeypatch.setattr("tsukuba_gis.regions.division._MOST_TRIES", 100)
    ids, links = grid(3, 3)
    graph = graph_of(links, ids)
    divisions = list(every_division(ids, links, 3))
    worse = []
    for seed in range(8):
        values = np.random.default_rng(seed).standard_normal((9, 2))
        data = pd.DataFrame(values, index=ids, columns=["a", "b"])
        problem = read_problem(data, graph, standardise=True)
        best = min(within(problem.x, labels) for labels in divisions)
        found = regionalise(data, graph, k=3, seed=seed).within_share * problem.total
        worse.append(found / best - 1)
    assert min(worse) > -1e-12
    assert np.median(worse) < 1e-12
    assert max(worse) < 0.15


def test_ward_is_scikit_learns():
    cluster = pytest.importorskip("sklearn.cluster")
    data, graph = city()
    problem = read_problem(data, graph, standardise=True)
    merges = ward_merges(problem.x, problem.neighbours())
    for k in (2, 5, 11, 30):
        model = cluster.AgglomerativeClustering(
            k, connectivity=sparse.csr_matrix(problem.matrix), linkage="ward"
        )
        assert adjusted_rand(model.fit_predict(problem.x), cut(merges, problem.n, k)) == 1.0


def test_adjusted_rand_and_silhouette_are_scikit_learns():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(3)
    x = rng.standard_normal((700, 3))  # more than one block of rows
    one, other = rng.integers(0, 5, 700), rng.integers(0, 7, 700)
    other[:300] = one[:300]
    assert adjusted_rand(one, other) == pytest.approx(
        metrics.adjusted_rand_score(one, other), abs=1e-12
    )
    one[-1] = 9  # alone: counts 0
    one = np.unique(one, return_inverse=True)[1]
    assert silhouette(x, one) == pytest.approx(metrics.silhouette_score(x, one), abs=1e-12)
    assert adjusted_rand(np.arange(4), np.arange(4)) == 1.0


def test_search_beats_ward_by_far():
    """On a smooth city the search leaves clearly less within than Ward's method."""
    data, graph = city(20, 20, seed=5)
    problem = read_problem(data, graph, standardise=True)
    ward = within(problem.x, cut(ward_merges(problem.x, problem.neighbours()), problem.n, 9))
    found = regionalise(data, graph, k=9)
    assert found.within_share * problem.total < 0.95 * ward


@pytest.mark.parametrize("method", ["skater", "azp"])
def test_spopts_methods_by_name(method):
    pytest.importorskip("spopt")
    data, graph = city(5, 4)
    made = regionalise(data, graph, k=3, method=method, seed=2)
    assert made.k == 3
    assert made.contiguous
    assert made.method == method
    again = regionalise(data, graph, k=3, method=method, seed=2)
    assert made.labels.equals(again.labels)
    ours = regionalise(data, graph, k=3)
    assert ours.within_share <= made.within_share
    assert refine(made, data, graph, seed=1).within_share <= made.within_share


def test_as_many_regions_as_the_floor_allows():
    """36 zones of 1 on a grid, at least 3 each: 12 regions of 3 exist, and are found."""
    data, graph = city(6, 6)
    assert regionalise(data, graph, floor=Floor(least=3)).k == 12


def test_without_spopt_the_extra_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "spopt.region", None)
    data, graph = city(4, 3)
    with pytest.raises(MissingExtraError, match=r"tsukuba-gis\[regions\]"):
        regionalise(data, graph, k=2, method="skater")


# ---- laws ------------------------------------------------------------------
@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    columns=st.integers(2, 7),
    rows=st.integers(1, 6),
    share=st.floats(0, 1),
    lost=st.floats(0, 0.6),
)
def test_any_city_gives_connected_regions(seed, columns, rows, share, lost):
    """Also with links lost at random, so that the zones fall into parts and islands."""
    rng = np.random.default_rng(seed)
    ids, links = grid(columns, rows)
    links = [link for link in links if rng.random() >= lost]
    data = pd.DataFrame({"x": rng.integers(0, 5, len(ids)), "y": rng.random(len(ids))}, index=ids)
    graph = graph_of(links, ids)
    problem = read_problem(data, graph, standardise=True)
    k = problem.components + round(share * (problem.n - problem.components))
    regions = regionalise(data, graph, k=k, seed=seed)
    labels = regions.labels.to_numpy(dtype=int)
    assert regions.k == k == len(np.unique(labels))
    assert connected(labels, problem)
    assert list(dict.fromkeys(labels)) == list(range(1, k + 1))
    assert regions.within_share == pytest.approx(within(problem.x, labels - 1) / problem.total)
    ward = cut(ward_merges(problem.x, problem.neighbours()), problem.n, k)
    assert regions.within_share * problem.total <= within(problem.x, ward) + 1e-9


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), least=st.floats(1, 60))
def test_every_region_holds_the_floor(seed, least):
    data, graph = city(6, 5, seed=seed)
    persons = pd.Series(np.random.default_rng(seed).integers(0, 20, 30), index=data.index)
    regions = regionalise(data, graph, floor=Floor(least=least, of=persons), seed=seed)
    assert regions.sums.min() >= least * (1 - 1e-12)  # sums of decimals may fall short
    assert regions.sums.sum() == persons.sum()
    assert regions.k <= persons.sum() / least
    assert regions.contiguous


def test_what_a_partition_remembers_is_what_it_is():
    """Counts, sums and amounts kept up by moves, splits and merges equal those counted anew."""
    data, graph = city(10, 10)
    problem = read_problem(data, graph, standardise=True)
    rng = np.random.default_rng(7)
    amount = rng.random(100) + 1
    start = cut(ward_merges(problem.x, problem.neighbours()), 100, 7)
    held = np.bincount(start, weights=amount).min()
    best = improve(Partition(problem, start, amount=amount, floor=held), tries=20, rng=rng)
    anew = Partition(problem, best.region, amount=amount)
    assert best.k == 7
    np.testing.assert_allclose(best.count, anew.count)
    np.testing.assert_allclose(best.sums, anew.sums, atol=1e-9)
    np.testing.assert_allclose(best.amount, anew.amount)
    assert best.amount.min() >= held * (1 - 1e-9)
    assert problem.total - best.between == pytest.approx(within(problem.x, best.region))
    assert within(problem.x, best.region) < within(problem.x, start)


def test_a_cut_is_worth_what_it_says():
    data, graph = city(8, 8)
    problem = read_problem(data, graph, standardise=True)
    start = cut(ward_merges(problem.x, problem.neighbours()), 64, 3)
    partition = Partition(problem, start)
    gains, parts = best_cuts(partition, np.random.default_rng(1))
    for region, (gain, part) in enumerate(zip(gains, parts, strict=True)):
        after = start.copy()
        after[part] = 3
        assert set(start[part]) == {region}
        assert connected(after, problem)
        assert within(problem.x, start) - within(problem.x, after) == pytest.approx(gain)


def test_same_seed_same_regions_and_order_does_not_matter():
    data, graph = city()
    one, two = (regionalise(data, graph, k=6, seed=11) for _ in range(2))
    pd.testing.assert_series_equal(one.labels, two.labels)
    shuffled = Graph(graph.adjacency.sample(frac=1, random_state=1))
    other = regionalise(data, shuffled, k=6, seed=11)
    pd.testing.assert_series_equal(one.labels, other.labels)


def test_units_do_not_matter_when_standardised_and_the_frame_is_untouched():
    data, graph = city()
    before = data.copy()
    one = regionalise(data, graph, k=5)
    two = regionalise(data * [1000.0, 0.01] + [5.0, -3.0], graph, k=5)
    assert adjusted_rand(one.labels.to_numpy(int), two.labels.to_numpy(int)) == 1.0
    pd.testing.assert_frame_equal(data, before)


# ---- evidence --------------------------------------------------------------
def test_stability_of_clear_and_of_no_pattern():
    ids, links = grid(8, 6)
    left = np.array([int(zone[0]) < 4 for zone in ids], dtype=float)
    rng = np.random.default_rng(0)
    clear = pd.DataFrame({"x": left + 0.01 * rng.random(48)}, index=ids)
    graph = graph_of(links, ids)
    sure = stability(clear, graph, k=2, runs=4)
    assert sure.rand.tolist() == [1.0] * 6
    assert (sure.agreement == 1).all()
    assert sure.best.labels.nunique() == 2
    noise = pd.DataFrame({"x": rng.standard_normal(1600)}, index=grid(40, 40)[0])
    unsure = stability(noise, graph_of(grid(40, 40)[1], noise.index), k=12, runs=3)
    assert unsure.rand.max() < 0.9
    assert unsure.agreement.min() < 1
    assert unsure.within_shares.min() == unsure.best.within_share


def test_elbow_finds_the_pattern_and_not_where_there_is_none():
    ids, links = grid(9, 6)
    third = np.array([int(zone[0]) // 3 for zone in ids], dtype=float)
    rng = np.random.default_rng(2)
    graph = graph_of(links, ids)
    found = elbow(
        pd.DataFrame({"x": third + 0.1 * rng.standard_normal(54)}, index=ids),
        graph, ks=(2, 3, 4, 5), permutations=19,
    )  # fmt: skip
    assert found.best_silhouette == 3
    assert found.frame["p"].to_list() == [0.05] * 4
    assert found.frame["gain"].min() > 3
    assert found.frame["within_share"].is_monotonic_decreasing
    nothing = elbow(
        pd.DataFrame({"x": rng.standard_normal(54)}, index=ids), graph, ks=(3,), permutations=39
    )
    assert nothing.frame.loc[3, "p"] > 0.05
    bare = elbow(pd.DataFrame({"x": third}, index=ids), graph, ks=(3,), permutations=0)
    assert bare.frame.loc[3, "within_share"] == pytest.approx(0, abs=1e-15)
    assert np.isnan(bare.frame.loc[3, "p"])


def test_p_of_the_spatial_null_is_uniform_where_the_null_holds():
    ids, links = grid(5, 4)
    graph = graph_of(links, ids)
    p = []
    for seed in range(60):
        values = np.random.default_rng(seed).standard_normal(20)
        data = pd.DataFrame({"x": values}, index=ids)
        p.append(elbow(data, graph, ks=(3,), permutations=19, seed=seed).frame.loc[3, "p"])
    # 60 draws of a uniform p on 1/20 … 1: mean 0.525, sd of the mean 0.037
    assert abs(np.mean(p) - 0.525) < 4 * 0.0373


# ---- ClustGeo --------------------------------------------------------------
def places_of(ids):
    return gpd.GeoSeries(
        [shapely.Point(*map(int, zone.split("_"))) for zone in ids], index=ids, crs="EPSG:6677"
    )


def test_clustgeo_from_values_only_to_place_only():
    ids = ["0_0", "1_0", "10_0", "11_0"]
    graph = graph_of(list(itertools.pairwise(ids)), ids)
    data = pd.DataFrame({"x": [0.0, 5.0, 0.1, 5.1]}, index=ids)
    values = clustgeo(data, graph, places_of(ids), k=2, alpha=0)
    assert values.labels.to_list() == [1, 2, 1, 2]
    assert not values.contiguous
    place = clustgeo(data, graph, places_of(ids), k=2, alpha=1)
    assert place.labels.to_list() == [1, 1, 2, 2]
    assert place.contiguous
    assert "Some regions are not connected" in " ".join(regions_cautions(values, lang="en"))


def test_clustgeo_refuses():
    data, graph = city(3, 3)
    places = places_of(data.index)
    with pytest.raises(CRSError, match="projected CRS"):
        clustgeo(data, graph, places.set_crs(None, allow_override=True), k=2)
    with pytest.raises(InputError, match="alpha"):
        clustgeo(data, graph, places, k=2, alpha=1.5)
    with pytest.raises(InputError, match="8 zones have no place"):
        clustgeo(data, graph, places.iloc[:1], k=2)


# ---- what may not crash ------------------------------------------------------
def test_missing_and_infinite_values_are_in_no_region():
    data, graph = city(6, 5)
    data.iloc[3, 0], data.iloc[17, 1], data.iloc[20, 0] = np.nan, np.inf, -np.inf
    regions = regionalise(data, graph, k=4)
    assert regions.labels.isna().to_numpy().nonzero()[0].tolist() == [3, 17, 20]
    assert (regions.n, regions.n_missing) == (27, 3)
    assert "3 zones without data" in " ".join(regions_cautions(regions, lang="en"))


def test_islands_and_parts():
    ids = list("abcdef")  # a–b–c, d–e, and the island f
    graph = graph_of([("a", "b"), ("b", "c"), ("d", "e")], ids)
    data = pd.DataFrame({"x": [1.0, 1, 9, 1, 1, 1]}, index=ids)
    regions = regionalise(data, graph, k=4)
    assert regions.labels.to_list() == [1, 1, 2, 3, 3, 4]
    assert regions.components == 3
    assert "3 parts" in " ".join(regions_cautions(regions, lang="en"))
    with pytest.raises(InputError, match="3 parts"):
        regionalise(data, graph, k=2)
    with pytest.raises(InputError, match="least holds"):
        regionalise(data, graph, floor=Floor(least=2))


def test_constant_variables_are_left_out_and_named():
    data, graph = city(5, 4)
    regions = regionalise(data.assign(same=0.1), graph, k=3)
    assert regions.variables == ("v0", "v1")
    assert regions.constant == ("same",)
    assert "same" in " ".join(regions_cautions(regions, lang="en"))
    with pytest.raises(InputError, match="same in every zone"):
        regionalise(data[["v0"]] * 0 + 0.1, graph, k=3)


def test_one_zone_k_1_and_k_n():
    one = pd.DataFrame({"x": [3.0]}, index=["a"])
    with pytest.raises(InputError, match="same in every zone"):
        regionalise(one, graph_of([], ["a"]), k=1)
    data, graph = city(4, 3)
    assert regionalise(data, graph, k=1).within_share == pytest.approx(1.0)
    assert regionalise(data, graph, k=12).within_share == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda data: data.set_axis(["a"] * len(data)), "more than once"),
        (lambda data: data.iloc[:-1], "not about the same zones"),
        (lambda data: data.rename(index={"0_0": "zz"}), "1 only in the weights"),
        (lambda data: data.astype(str), "not numbers: v0, v1"),
        (lambda data: data[[]], "columns of numbers"),
        (lambda data: data * np.nan, "none of 12 zones"),
    ],
)
def test_faults_are_said(change, match):
    data, graph = city(4, 3)
    with pytest.raises(InputError, match=match):
        regionalise(change(data), graph, k=2)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({}, "state k"),
        ({"k": 0}, "Choose 1 to 12"),
        ({"k": 13}, "Choose 1 to 12"),
        ({"floor": Floor(least=2), "method": "azp"}, "takes k"),
        ({"floor": Floor(least=13)}, "Lower the floor"),
        ({"floor": Floor(least=0)}, "above 0"),
        ({"floor": Floor(least=1, of=pd.Series({"0_0": 1.0}))}, "in 11 zones"),
    ],
)
def test_wrong_wishes_are_said(arguments, match):
    data, graph = city(4, 3)
    with pytest.raises(InputError, match=match):
        regionalise(data, graph, **arguments)


def test_refine_checks_what_it_is_given():
    data, graph = city(4, 3)
    rough = measure_regions(pd.Series([1, 2] * 6, index=data.index), data, graph)
    with pytest.raises(InputError, match="not connected"):
        refine(rough, data, graph)
    halves = measure_regions(pd.Series([1] * 4 + [2] * 8, index=data.index), data, graph)
    with pytest.raises(InputError, match="least holds 4"):
        refine(halves, data, graph, floor=Floor(least=5))
    better = refine(halves, data, graph, floor=Floor(least=4), seed=3)
    assert better.within_share <= halves.within_share
    assert better.sums.min() >= 4
    with pytest.raises(InputError, match="11 zones have no region"):
        measure_regions(pd.Series({"0_0": 1}), data, graph)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_result_says_what_it_does_not_mean(lang):
    data, graph = city(5, 4)
    no = {"ja": "ません", "en": "not"}[lang]
    results = (
        stability(data, graph, k=3, runs=2, seed=8),
        elbow(data, graph, ks=(2, 3), permutations=9, seed=8),
    )
    for result in results:
        said = say(result, lang)
        assert "20" in said
        assert "8" in said
        assert no in said
        assert "{" not in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_regions_say_what_they_do_not_mean_and_how_they_were_made(lang):
    data, graph = city(5, 4)
    floor = Floor(least=2_000, of=pd.Series(1_000.0, data.index))
    for regions in (regionalise(data, graph, k=3, seed=8), regionalise(data, graph, floor=floor)):
        said = regions_sentence(regions, {}, lang=lang)
        assert "20" in said
        assert str(regions.k) in said
        assert {"ja": "証拠にはなりません", "en": "no evidence"}[lang] in said
        made = regions_method(regions, lang=lang)
        assert str(regions.seed) in made
        assert ("2,000" in made) == (regions.floor is not None)
        (few,) = regions_cautions(regions, lang=lang)  # 20 zones are fewer than 30
        assert "20" in few
        assert not set("{}") & set(said + made + few)
