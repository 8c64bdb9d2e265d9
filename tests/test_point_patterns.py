"""Point patterns: by hand, by brute force, against pointpats and published values, and by law."""

import itertools
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from toys import ORIGIN, toy_zones

from tsukuba_gis.errors import CRSError, InputError, MissingExtraError
from tsukuba_gis.messages import LANGUAGES
from tsukuba_gis.point_patterns import (
    cautions,
    dense_clusters,
    density,
    nearest_neighbour,
    ripley,
    say,
    scan,
)
from tsukuba_gis.point_patterns.window import look_through, scatter
from tsukuba_gis.zones import Zones

CRS = "EPSG:6677"
SIDS = Path(__file__).parents[2] / "shared" / "data" / "spatial_reference" / "sids2" / "sids2.shp"


def points(xy, *, crs=CRS):
    xy = np.asarray(xy, dtype=float).reshape(-1, 2)
    return gpd.GeoSeries(shapely.points(xy), crs=crs)


def window(*polygons):
    frame = gpd.GeoDataFrame(
        {"name": [str(j) for j in range(len(polygons))]},
        geometry=list(polygons),
        index=pd.Index([f"z{j}" for j in range(len(polygons))], name="zone_id"),
        crs=CRS,
    )
    return Zones(frame=frame, kind="other")


SQUARE = window(shapely.box(0, 0, 1000, 1000))
# An L of three squares of 500 m.
ELL = window(shapely.box(0, 0, 1000, 500), shapely.box(0, 500, 500, 1000))


def csr(n, seed, *, zones=SQUARE):
    polygon = shapely.union_all(zones.frame.geometry.to_numpy())
    return points(scatter(polygon, n, np.random.default_rng(seed)))


# ---- the window ------------------------------------------------------------
def test_points_inside_outside_and_missing():
    given = points([(10, 10), (750, 750), (0, 0), (2000, 0)])
    given.loc[4] = None
    inside = look_through(given, ELL)
    assert inside.kept.tolist() == [True, False, True, False, False]  # the corner counts
    assert (inside.n, inside.n_outside, inside.n_missing) == (2, 2, 1)
    assert inside.area == 750_000


def test_random_points_are_even_in_the_window():
    polygon = shapely.union_all(ELL.frame.geometry.to_numpy())
    xy = scatter(polygon, 30_000, np.random.default_rng(1))
    quarter = 2 * (xy[:, 0] > 500) + (xy[:, 1] > 500)
    count = np.bincount(quarter, minlength=4)
    assert count[3] == 0
    # chi-square with 2 degrees of freedom; 1 − 1e-4 quantile is 18.4
    assert ((count[:3] - 10_000) ** 2 / 10_000).sum() < 18.4


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        (points([(1, 1)], crs="EPSG:6668"), CRSError, "projected CRS"),
        (points([(1, 1)], crs=None), CRSError, "projected CRS"),
        (points([(1, 1)], crs="EPSG:6676"), CRSError, "different CRSs"),
        (points([(-1, -1)]), InputError, "none of 1 points"),
        (gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=CRS), InputError, "1 geometries"),
        (points([(1, 1), (2, 2)]), InputError, "only 2 points"),
    ],
)
def test_faults_of_points_are_said(given, error, match):
    with pytest.raises(error, match=match):
        nearest_neighbour(given, SQUARE)


# ---- nearest neighbours ----------------------------------------------------
def test_clark_evans_by_hand():
    """Four points at the corners of a 100 m square in 1 km²: mean 100 m, expected 250 m."""
    found = nearest_neighbour(
        points([(400, 400), (500, 400), (400, 500), (500, 500)]), SQUARE, simulations=199
    )
    assert found.mean_distance == pytest.approx(100)
    assert found.ratio == pytest.approx(0.4)
    # standard error 0.26136 / sqrt(4 · 4e-6) = 65.34
    assert found.z == pytest.approx((100 - 250) / 65.34, rel=1e-4)
    assert found.simulated_ratio < 0.4  # near the border neighbours are farther than 250 m
    assert found.p <= 0.05


def test_a_lattice_is_spaced_out_and_a_heap_is_clustered():
    lattice = points([(x, y) for x in range(50, 1000, 100) for y in range(50, 1000, 100)])
    spaced = nearest_neighbour(lattice, SQUARE, simulations=99)
    assert spaced.ratio == pytest.approx(2.0)  # 100 m against 50 m
    assert spaced.p == pytest.approx(0.02)  # two-sided: 2 · 1/100
    heap = points(np.random.default_rng(0).normal(500, 20, (50, 2)))
    assert nearest_neighbour(heap, SQUARE, simulations=99).simulated_ratio < 0.3


@pytest.mark.filterwarnings("ignore")  # pointpats' own deprecations
def test_nearest_neighbours_are_pointpats():
    reference = pytest.importorskip("pointpats")
    given = csr(80, 3)
    xy = shapely.get_coordinates(given.to_numpy())
    pattern = reference.PointPattern(xy)
    found = nearest_neighbour(given, SQUARE, simulations=19)
    assert found.mean_distance == pytest.approx(pattern.mean_nnd, rel=1e-12)


def test_p_is_uniform_under_the_null():
    p = [nearest_neighbour(csr(30, s), ELL, simulations=39, seed=s).p for s in range(80)]
    # two-sided p of 39 simulations: mean near 0.52; sd of the mean of 80 is 0.032
    assert abs(np.mean(p) - 0.52) < 0.13
    assert 0 < np.mean(np.array(p) <= 0.1) < 0.25


def test_facilities_that_follow_people_are_not_clustered_for_them():
    rng = np.random.default_rng(5)
    people = points(np.concatenate([rng.normal(250, 40, (500, 2)), rng.normal(700, 40, (500, 2))]))
    clinics = people.iloc[rng.choice(1000, 40, replace=False)]
    even = nearest_neighbour(clinics, SQUARE, simulations=99)
    fair = nearest_neighbour(clinics, SQUARE, population=people, simulations=99)
    assert even.p <= 0.02
    assert fair.p > 0.05
    assert (even.null, fair.null) == ("uniform", "population")
    with pytest.raises(InputError, match="smaller than the pattern"):
        nearest_neighbour(people, SQUARE, population=clinics)


# ---- Ripley ----------------------------------------------------------------
def test_k_by_brute_force():
    given = csr(60, 11, zones=ELL)
    xy = shapely.get_coordinates(given.to_numpy())
    polygon = shapely.union_all(ELL.frame.geometry.to_numpy())
    gap = np.linalg.norm(xy[:, None] - xy[None], axis=2)
    np.fill_diagonal(gap, np.inf)
    edge = shapely.distance(polygon.boundary, shapely.points(xy))
    steps = [30.0, 80.0, 150.0]
    border = ripley(given, ELL, distances=steps, simulations=19).frame["k"]
    bare = ripley(given, ELL, distances=steps, simulations=19, correction="none").frame["k"]
    for step in steps:
        inner = edge >= step
        by_hand = 750_000 * (gap[inner] <= step).sum() / (inner.sum() * 59)
        assert border[step] == pytest.approx(by_hand)
        assert bare[step] == pytest.approx(750_000 * (gap <= step).sum() / (60 * 59))


@pytest.mark.filterwarnings("ignore")  # pointpats' own deprecations
def test_k_without_correction_is_pointpats():
    reference = pytest.importorskip("pointpats.distance_statistics")
    given = csr(50, 2)
    xy = shapely.get_coordinates(given.to_numpy())
    steps = np.array([40.0, 90.0, 160.0])
    _, theirs = reference.k(xy, support=steps)
    ours = ripley(given, SQUARE, distances=steps, correction="none", simulations=19).frame["k"]
    # pointpats takes the area of the points' bounding box, and n² where we take n(n − 1)
    box = np.ptp(xy, axis=0).prod()
    expected = np.asarray(theirs) * 1_000_000 / box * 50 / 49
    np.testing.assert_allclose(ours.to_numpy(), expected, rtol=1e-9)


def test_k_of_even_points_is_a_circle():
    """E K(r) = πr² for the border-corrected estimate; mean of 60 patterns."""
    steps = [50.0, 100.0]
    k = [
        ripley(csr(100, seed, zones=ELL), ELL, distances=steps, simulations=19).frame["k"]
        for seed in range(60)
    ]
    mean, error = np.mean(k, axis=0), np.std(k, axis=0) / np.sqrt(60)
    assert (np.abs(mean - np.pi * np.square(steps)) < 4 * error).all()


def test_the_curve_tells_clustered_from_spaced():
    rng = np.random.default_rng(4)
    parents = rng.uniform(200, 800, (8, 2))
    heaps = points(np.repeat(parents, 8, axis=0) + rng.normal(0, 20, (64, 2)))
    found = ripley(heaps, SQUARE, simulations=99)
    assert found.clustered
    assert found.p == pytest.approx(0.01)
    assert found.frame["l_excess"].loc[found.most_at] > found.frame["high"].loc[found.most_at]
    lattice = points([(x, y) for x in range(50, 1000, 100) for y in range(50, 1000, 100)])
    spaced = ripley(lattice, SQUARE, distances=[50, 90], simulations=99)
    assert not spaced.clustered
    assert spaced.p == pytest.approx(0.01)
    again = ripley(heaps, SQUARE, simulations=99)
    pd.testing.assert_frame_equal(found.frame, again.frame)


def test_wrong_distances_are_said():
    given = csr(20, 1)
    for wrong in ([], [-1, 2], [5, 5]):
        with pytest.raises(InputError, match="positive and rising"):
            ripley(given, SQUARE, distances=wrong)
    with pytest.raises(InputError, match=r"900\.0 m away"):
        ripley(given, SQUARE, distances=[900], simulations=19)
    with pytest.raises(InputError, match="at least 19"):
        ripley(given, SQUARE, simulations=5)


# ---- density ---------------------------------------------------------------
@pytest.mark.parametrize("kernel", ["gaussian", "quartic"])
def test_density_is_the_sum_of_kernels(kernel):
    given = csr(40, 6)
    xy = shapely.get_coordinates(given.to_numpy())
    found = density(given, SQUARE, bandwidth=100, cell=10, kernel=kernel, edge=False)
    across, down = np.meshgrid(found.x, found.y)
    squared = ((across[..., None] - xy[:, 0]) ** 2 + (down[..., None] - xy[:, 1]) ** 2) / 1e4
    if kernel == "gaussian":
        exact = np.exp(-squared / 2).sum(axis=2) / (2 * np.pi)
    else:
        exact = (3 / np.pi) * (np.maximum(1 - squared, 0) ** 2).sum(axis=2)
    exact *= 1e6 / 1e4  # per km²
    inside = np.isfinite(found.values)
    assert inside.sum() == 100 * 100
    assert np.abs(found.values - exact)[inside].max() < 0.015 * exact.max()


def test_density_adds_up_to_the_points_in_any_window():
    given = csr(75, 8, zones=ELL)
    found = density(given, ELL, bandwidth=120, cell=20)
    assert np.nansum(found.values) * (20 / 1000) ** 2 == pytest.approx(75, rel=1e-9)
    squares = found.squares()
    assert len(squares) == np.isfinite(found.values).sum()
    assert squares.crs == CRS
    assert (squares["density"] * squares.area / 1e6).sum() == pytest.approx(75, rel=1e-9)
    assert not shapely.contains_xy(shapely.box(500, 500, 1e9, 1e9), *_centres(squares)).any()


def _centres(squares):
    return squares.centroid.x.to_numpy(), squares.centroid.y.to_numpy()


def test_the_densest_cell_lies_where_the_points_are():
    found = density(points([(300, 700)] * 5), SQUARE, bandwidth=50, cell=10)
    row, column = np.unravel_index(np.nanargmax(found.values), found.values.shape)
    assert abs(found.x[column] - 300) <= 10
    assert abs(found.y[row] - 700) <= 10


@pytest.mark.parametrize("wrong", [{"bandwidth": 0}, {"bandwidth": 10, "cell": 9}])
def test_wrong_bandwidths_are_said(wrong):
    with pytest.raises(InputError, match="bandwidth"):
        density(csr(5, 1), SQUARE, **wrong)
    with pytest.raises(InputError, match="larger cells"):
        density(csr(5, 1), SQUARE, bandwidth=1, cell=0.01)


# ---- dense clusters ----------------------------------------------------------
def test_dense_clusters_by_hand():
    pytest.importorskip("sklearn")
    given = points([(0, 0), (500, 0), (510, 0), (520, 0), (40, 0), (900, 900)])
    given.loc[6] = None
    found = dense_clusters(given, distance=50, least=2)
    assert found.labels.tolist()[:6] == [2, 1, 1, 1, 2, 0]  # the largest is number 1
    assert pd.isna(found.labels[6])
    assert found.sizes.to_dict() == {1: 3, 2: 2}
    assert (found.k, found.n, found.n_noise, found.n_missing) == (2, 6, 1, 1)


def test_hdbscan_finds_two_heaps():
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(0)
    xy = np.concatenate([rng.normal(0, 10, (40, 2)), rng.normal(500, 30, (30, 2))])
    found = dense_clusters(points(xy), method="hdbscan", least=15)
    assert found.k == 2
    assert (found.labels[:40] <= 1).all()
    assert set(found.labels[40:]) <= {0, 2}
    assert dense_clusters(points(xy[:5]), method="hdbscan", least=15).n_noise == 5


def test_wrong_settings_and_the_missing_extra_are_said(monkeypatch):
    import sys

    with pytest.raises(InputError, match="needs a distance"):
        dense_clusters(points([(0, 0)]))
    with pytest.raises(InputError, match="least = 0"):
        dense_clusters(points([(0, 0)]), distance=1, least=0)
    with pytest.raises(CRSError, match="projected"):
        dense_clusters(points([(0, 0)], crs="EPSG:4326"), distance=1)
    monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
    with pytest.raises(MissingExtraError, match=r"tsukuba-gis\[points\]"):
        dense_clusters(points([(0, 0)]), distance=1)


# ---- the scan --------------------------------------------------------------
def brute_scan(xy, cases, population, model):
    """The greatest ratio by looking at every circle by itself, logs written out."""
    total, people = cases.sum(), population.sum()

    def part(count, of):
        return count * np.log(count / of) if count > 0 else 0.0

    best = (0.0, None)
    for centre in xy:
        distance = np.linalg.norm(xy - centre, axis=1)
        for radius in np.unique(distance):
            inside = distance <= radius
            c, n = cases[inside].sum(), population[inside].sum()
            if n == 0 or n > people / 2 or c / n <= (total - c) / (people - n):
                continue
            if model == "poisson":
                expected = total * n / people
                ratio = part(c, expected) + part(total - c, total - expected)
            else:
                ratio = part(c, n) + part(n - c, n) + part(total - c, people - n)
                ratio += part(people - n - total + c, people - n)
                ratio -= part(total, people) + part(people - total, people)
            if ratio > best[0] + 1e-12:
                best = (ratio, frozenset(np.flatnonzero(inside)))
    return best


@pytest.mark.parametrize(
    ("model", "seed"), list(itertools.product(["poisson", "bernoulli"], range(4)))
)
def test_scan_is_brute_force(model, seed):
    rng = np.random.default_rng(seed)
    # On a grid many places lie at the same distance.
    xy = np.array([(x, y) for x in range(5) for y in range(4)], dtype=float) * 100
    population = rng.integers(0, 30, 20)
    cases = rng.binomial(population, 0.2)
    llr, members = brute_scan(xy, cases, population, model)
    table = pd.DataFrame({"cases": cases, "population": population})
    found = scan(table, points(xy), model=model, simulations=19, seed=seed)
    assert found.clusters.loc[1, "llr"] == pytest.approx(llr, rel=1e-12)
    centre, radius = found.clusters.loc[1, ["centre", "radius"]]
    inside = np.linalg.norm(xy - xy[int(centre)], axis=1) <= radius
    assert frozenset(np.flatnonzero(inside)) == members


def test_scan_by_hand():
    """20 cases among 400 people at four places, 12 of them at one place of 100: 5 expected."""
    table = pd.DataFrame(
        {"cases": [12, 3, 2, 3], "population": [100, 100, 100, 100]}, index=list("abcd")
    )
    places = points([(0, 0), (1000, 0), (2000, 0), (9000, 0)]).set_axis(list("abcd"))
    found = scan(table, places, simulations=999, seed=1)
    best = found.clusters.loc[1]
    assert best["llr"] == pytest.approx(12 * np.log(12 / 5) + 8 * np.log(8 / 15))
    assert (best["centre"], best["radius"], best["places"]) == ("a", 0.0, 1)
    assert best["expected"] == 5
    assert best["relative_risk"] == pytest.approx(0.12 / (8 / 300))
    # P(12 or more of 20 at one of four places) ≤ 4 · 0.000935; with pairs a little more
    assert 0.001 <= best["p"] < 0.02
    assert found.labels.to_dict() == {"a": 1, "b": 0, "c": 0, "d": 0}
    low = scan(table, places, direction="low", simulations=99)
    assert low.clusters.loc[1, "relative_risk"] < 1


def test_the_ratio_printed_for_the_new_york_leukaemia_data():
    """smerc's example (SaTScan's data): 106 of 552 cases where 62.13 were expected, 14.78."""
    table = pd.DataFrame({"cases": [106, 446], "population": [62.13, 552 - 62.13]})
    found = scan(table, points([(0, 0), (1, 0)]), simulations=19)
    assert found.clusters.loc[1, "llr"] == pytest.approx(14.78, abs=0.005)


@pytest.mark.skipif(not SIDS.exists(), reason="shared/data/spatial_reference is not here")
def test_sids_in_north_carolina():
    """Published for 1974–78: four counties with 5.12 per 1,000, then six with 3.76.

    Table 1 of "Spatially varying effects of measured confounding variables on
    disease risk" (2021), Int J Health Geogr 20,
    https://doi.org/10.1186/s12942-021-00298-6; circles of up to a quarter of the births.
    """
    counties = gpd.read_file(SIDS).set_index("NAME")
    table = pd.DataFrame({"cases": counties["SID74"], "population": counties["BIR74"]})
    places = counties.geometry.set_crs("EPSG:4267").to_crs("EPSG:32119")
    found = scan(table, places, max_share=0.25, simulations=199, seed=1).clusters
    rates = 1000 * found["cases"] / found["population"]
    assert rates.round(2).to_list()[:2] == [5.12, 3.76]
    assert found["places"].to_list()[:2] == [4, 6]
    assert (found["p"][:2] <= 0.01).all()
    assert found["p"][3] > 0.05


def test_p_of_the_scan_is_uniform_under_the_null():
    rng = np.random.default_rng(9)
    places = points(rng.uniform(0, 1000, (25, 2)))
    population = rng.integers(50, 150, 25)
    for model in ("poisson", "bernoulli"):
        p = []
        for seed in range(60):
            cases = (
                rng.multinomial(60, population / population.sum())
                if model == "poisson"
                else rng.multivariate_hypergeometric(population, 60)
            )
            table = pd.DataFrame({"cases": cases, "population": population})
            found = scan(table, places, model=model, simulations=19, seed=seed)
            p.append(found.clusters.loc[1, "p"])
        assert abs(np.mean(p) - 0.525) < 4 * 0.0373


def test_scan_leaves_out_missing_and_repeats_itself():
    table = pd.DataFrame({"cases": [5, 1, np.nan, 2, 0], "population": [10.0, 20, 30, np.nan, 9]})
    places = points([(0, 0), (10, 0), (20, 0), (30, 0), (40, 0)])
    one, two = (scan(table, places, simulations=99, seed=4) for _ in range(2))
    pd.testing.assert_frame_equal(one.clusters, two.clusters)
    assert (one.n, one.n_missing, one.cases, one.population) == (3, 2, 6, 39)
    assert one.labels.isna().tolist() == [False, False, True, True, False]


def test_clusters_do_not_overlap():
    rng = np.random.default_rng(1)
    xy = rng.uniform(0, 1000, (60, 2))
    cases = rng.poisson(2, 60) + np.where(xy[:, 0] < 150, 8, 0) + np.where(xy[:, 0] > 850, 8, 0)
    table = pd.DataFrame({"cases": cases, "population": 100})
    found = scan(table, points(xy), simulations=99)
    seen = np.zeros(60, dtype=int)
    for centre, radius in found.clusters[["centre", "radius"]].to_numpy():
        seen += np.linalg.norm(xy - xy[int(centre)], axis=1) <= radius
    assert seen.max() == 1
    assert found.clusters["llr"].is_monotonic_decreasing
    assert (found.labels.max()) >= 2


@pytest.mark.parametrize(
    ("change", "arguments", "match"),
    [
        (lambda t: t.drop(columns="cases"), {}, "columns cases"),
        (lambda t: t.assign(cases=0), {}, "at least one case"),
        (lambda t: t.assign(cases=-1), {}, "negative|one case"),
        (lambda t: t.assign(cases=0.5), {}, "whole numbers"),
        (lambda t: t.assign(population=0), {}, "population is 0"),
        (lambda t: t.assign(population=1), {"model": "bernoulli"}, "more cases than people"),
        (lambda t: t.assign(population=3.5), {"model": "bernoulli"}, "whole"),
        (lambda t: t.rename(index={0: 9}), {}, "ids"),
        (lambda t: t, {"max_share": 0.7}, "max_share"),
        (lambda t: t, {"simulations": 3}, "simulations"),
    ],
)
def test_faults_of_the_scan_are_said(change, arguments, match):
    table = pd.DataFrame({"cases": [2, 1, 0], "population": [5, 6, 7]})
    with pytest.raises(InputError, match=match):
        scan(change(table), points([(0, 0), (1, 0), (2, 0)]), **arguments)


# ---- words -----------------------------------------------------------------
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_result_says_what_it_does_not_mean(lang):
    zones = toy_zones()
    rng = np.random.default_rng(0)
    given = points(np.array(ORIGIN) + rng.uniform(1, 299, (20, 2)))
    table = pd.DataFrame({"cases": rng.poisson(3, 9), "population": 50}, index=zones.ids)
    results = [
        nearest_neighbour(given, zones, simulations=19),
        ripley(given, zones, simulations=19),
        density(given, zones, bandwidth=50),
        scan(table, zones.frame.geometry, simulations=19),
        scan(table.assign(cases=5), zones.frame.geometry, simulations=19),
        dense_clusters(given, distance=40, least=3),
        dense_clusters(given, method="hdbscan", least=3),
    ]
    for result in results:
        sentence = say(result, lang)
        assert {"ja": "ません", "en": "not"}[lang] in sentence or "no test" in sentence
        assert "{" not in sentence
        assert any(str(n) in sentence for n in (20, 9))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("n", "few"), [(29, True), (30, False)])
def test_fewer_than_thirty_points_are_told(lang, n, few):
    zones = toy_zones()
    given = points(np.array(ORIGIN) + np.random.default_rng(1).uniform(1, 299, (n, 2)))
    cases = np.r_[n - 8, np.ones(8, dtype=int)]
    table = pd.DataFrame({"cases": cases, "population": 500}, index=zones.ids)
    results = [
        nearest_neighbour(given, zones, simulations=19),
        ripley(given, zones, simulations=19),
        density(given, zones, bandwidth=50),
        dense_clusters(given, distance=40, least=3),
        scan(table, zones.frame.geometry, simulations=19),
    ]
    for result in results:
        lines = cautions(result, lang)
        assert len(lines) == few
        assert all("29" in line and "30" in line for line in lines)
