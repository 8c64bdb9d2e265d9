"""Every public function on zones meets data that no textbook has, and answers in words or numbers.

Equal values, one zone, parts that do not touch, an island, missing and infinite values, ids that
repeat, weights in another order than the frame: a result of the caller's shape, or an error that
says what to do; never another exception, and never a warning.
"""

import inspect

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from libpysal.graph import Graph

from tsukuba_gis import autocorrelation as ac
from tsukuba_gis import point_patterns as pp
from tsukuba_gis import reading, regions, weights
from tsukuba_gis.errors import InputError
from tsukuba_gis.neighbours import Neighbours
from tsukuba_gis.result import LOCAL_CLASSES, Association, LocalAssociation, LocalMoran, Moran
from tsukuba_gis.zones import Zones

N = 12
IDS = [f"z{i:02d}" for i in range(N)]


def ring(ids=IDS):
    return {ids[i]: [ids[i - 1], ids[(i + 1) % len(ids)]] for i in range(len(ids))}


def graph(links):
    return Graph.from_dicts(links)


def values(numbers=None, ids=IDS):
    """Three columns of numbers on the ids, the last of persons."""
    x = np.random.default_rng(3).gamma(2, size=len(ids)) if numbers is None else numbers
    x = np.asarray(x, dtype=float)
    people = np.where(np.isfinite(x), 100.0 + np.arange(len(ids)), np.nan)
    return pd.DataFrame({"x": x, "y": x[::-1], "people": people}, index=list(ids))


def spoilt(**changes):
    data = values()
    for zone, number in changes.items():
        data.loc[zone, "x"] = number
    return data


def parts(*groups):
    links = {}
    for group in groups:
        links |= ring(group) if len(group) > 2 else {zone: [] for zone in group}
    return graph(links)


CASES = {
    "plain": (values(), graph(ring())),
    "all values equal": (values(np.full(N, 3.0)), graph(ring())),
    "all values 0": (values(np.zeros(N)), graph(ring())),
    "one zone": (values([3.0], IDS[:1]), graph({"z00": []})),
    "two zones": (values([3.0, 1.0], IDS[:2]), graph({"z00": ["z01"], "z01": ["z00"]})),
    "two components": (values(), parts(IDS[:6], IDS[6:])),
    "an island": (values(), parts(IDS[:11], IDS[11:])),
    "islands only": (values(), graph({zone: [] for zone in IDS})),
    "missing": (spoilt(z01=np.nan, z05=np.nan), graph(ring())),
    "infinite": (spoilt(z01=np.inf, z05=-np.inf), graph(ring())),
    "all missing": (values(np.full(N, np.nan)), graph(ring())),
    "only neighbours missing": (spoilt(z01=np.nan, z11=np.nan), graph(ring())),
    "everybody a neighbour": (
        values(), graph({zone: [other for other in IDS if other != zone] for zone in IDS})
    ),
}  # fmt: skip
REFUSED = {
    "ids repeat": (values(ids=[*IDS[:11], "z00"]), graph(ring())),
    "other zones": (values(ids=[f"q{i}" for i in range(N)]), graph(ring())),
    "fewer zones": (values().iloc[:8], graph(ring())),
}


def by_name(name):
    """A statistic of the catalogue, on the columns that it takes."""
    kind = ac.local_statistic if name in LOCAL_CLASSES else ac.global_statistic

    def run(data, graph):
        x = data["x"].clip(lower=0)  # G needs values of 0 or more
        columns = {
            "one": [x],
            "two": [x, data["y"]],
            "several": [data["x"], data["y"]],
            "rate": [x.round(), data["people"]],
            "classes": [(x > 1).map({True: "high", False: "low"}).where(np.isfinite(x))],
            "marks": [(x > 1).where(np.isfinite(x)).astype(float)],
        }[ac.TAKES[name]]
        table = pd.concat(columns, axis=1, keys=[f"c{i}" for i in range(len(columns))])
        return kind(name, table, graph, permutations=19)

    return run


def places(data):
    return gpd.GeoSeries.from_xy(
        np.arange(len(data)) * 100.0, np.zeros(len(data)), index=data.index, crs="EPSG:6677"
    )


def two(data):
    return data[["x", "people"]]


STATISTICS = {name: by_name(name) for name in ac.TAKES}
TABLES = {
    "local_moran_moments": lambda d, g: ac.local_moran_moments(d["x"], g),
    "local_moran_moments total": lambda d, g: ac.local_moran_moments(d["x"], g, given="total"),
    "local_moran_normal": lambda d, g: ac.local_moran_normal(d["x"], g),
    "local_moran_normal exact": lambda d, g: ac.local_moran_normal(d["x"], g, method="exact"),
    "local_lee": lambda d, g: ac.local_lee(d["x"], d["y"], g),
}
NUMBERS = {
    "aple": lambda d, g: ac.aple(d["x"], g),
    "chance_share": lambda d, _: ac.chance_share(d["x"].clip(lower=0), d["people"]),
    "agreement": lambda d, g: (
        ac.agreement(*(ac.local_moran(d[c], g, permutations=19) for c in "xy")).kappa
    ),
}
DIVISIONS = {
    "regionalise k": lambda d, g: regions.regionalise(two(d), g, k=3),
    "regionalise floor": lambda d, g: regions.regionalise(
        two(d), g, floor=regions.Floor(least=2)
    ),
    "regionalise k and floor": lambda d, g: regions.regionalise(
        two(d), g, k=2, floor=regions.Floor(least=150, of=d["people"].fillna(1.0))
    ),
    "clustgeo": lambda d, g: regions.clustgeo(two(d), g, places(d), k=2),
    "measure_regions": lambda d, g: regions.measure_regions(
        pd.Series(np.arange(len(d)) % 3, d.index), two(d), g
    ),
    "refine": lambda d, g: regions.refine(
        regions.measure_regions(pd.Series(1, d.index), two(d), g), two(d), g, tries=2
    ),
    "stability": lambda d, g: regions.stability(two(d), g, k=3, runs=2).best,
}  # fmt: skip
OTHER = {
    "elbow": lambda d, g: regions.elbow(two(d), g, ks=(2, 3), permutations=3),
}
ALL = STATISTICS | TABLES | NUMBERS | DIVISIONS | OTHER


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", STATISTICS)
def test_statistics_answer(name, case):
    data, graph = CASES[case]
    before = data.copy()
    result = STATISTICS[name](data, graph)
    pd.testing.assert_frame_equal(data, before)
    if isinstance(result, Moran | Association):
        assert np.isnan(result.p) or 0 < result.p <= 1
        assert result.n + result.n_missing + result.n_islands == len(data)
    else:
        assert isinstance(result, LocalMoran | LocalAssociation)
        frame = result.frame
        assert frame.index.equals(data.index)
        tested = frame[frame["p"].notna()]
        assert ((tested["p"] > 0) & (tested["p"] <= 1)).all()
        assert (tested["p"] >= tested["p_floor"] - 1e-12).all()
        assert not tested["cluster"].isin(["island", "missing"]).any()
        assert set(frame["cluster"]) <= {*LOCAL_CLASSES[name], "ns", "island", "missing"}
    for lang in ("ja", "en"):
        label = reading.label_of(result, {}, lang=lang)
        assert reading.sentence(result, label=label, lang=lang)
        assert reading.method(result, lang=lang)
        assert isinstance(reading.cautions(result, lang=lang), tuple)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", TABLES | NUMBERS)
def test_tables_and_numbers_answer(name, case):
    data, graph = CASES[case]
    found = ALL[name](data, graph)
    if name in TABLES:
        assert found.index.equals(data.index)
        assert not np.isinf(found.to_numpy()).any()
    else:
        assert np.isnan(found) or abs(found) < 1e3


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", DIVISIONS | OTHER)
def test_regions_answer_or_say_why_not(name, case):
    data, graph = CASES[case]
    try:
        found = ALL[name](data, graph)
    except InputError:
        assert case != "plain"
        return
    if name in DIVISIONS:
        assert found.labels.index.equals(data.index)
        present = np.isfinite(two(data)).all(axis=1)
        assert found.labels.notna().equals(present)
        assert found.contiguous or name in ("clustgeo", "measure_regions")


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("name", [name for name in ALL if name != "chance_share"])
def test_what_cannot_be_meant_is_refused_in_words(name, case):
    data, graph = REFUSED[case]
    with pytest.raises(InputError) as caught:
        ALL[name](data, graph)
    assert caught.value.say("ja")


@pytest.mark.parametrize("case", ["plain", "missing", "two components", "an island"])
@pytest.mark.parametrize("name", STATISTICS | TABLES | NUMBERS)
def test_weights_in_another_order_change_nothing(name, case):
    """The graph's zones reversed: every number that does not hang on the draws is the same."""
    data, graph = CASES[case]
    links = {zone: list(graph[zone].index) for zone in graph.unique_ids}
    islands = set(graph.isolates)
    other = Graph.from_dicts(
        {zone: [] if zone in islands else near[::-1] for zone, near in list(links.items())[::-1]}
    )
    assert list(other.unique_ids) != list(data.index)
    one, two = (ALL[name](data, weights) for weights in (graph, other))
    if name in TABLES:
        np.testing.assert_allclose(one.to_numpy(), two.to_numpy(), atol=1e-10)
    elif name in NUMBERS:
        assert one == pytest.approx(two, nan_ok=True)
    elif isinstance(one, Moran | Association):
        value = "i" if isinstance(one, Moran) else "value"
        assert getattr(one, value) == pytest.approx(getattr(two, value), nan_ok=True)
        assert one.p == pytest.approx(two.p, nan_ok=True)
    else:
        shared = [c for c in ("i", "value", "z", "p", "neighbours") if c in one.frame]
        np.testing.assert_allclose(one.frame[shared], two.frame[shared], atol=1e-10)
        assert one.frame["cluster"].equals(two.frame["cluster"])


@pytest.mark.parametrize("case", ["plain", "missing"])
def test_regions_do_not_hang_on_the_order_of_weights(case):
    data, graph = CASES[case]
    links = {zone: list(graph[zone].index) for zone in graph.unique_ids}
    other = Graph.from_dicts({zone: near[::-1] for zone, near in list(links.items())[::-1]})
    found = [regions.regionalise(two(data), weights, k=3).labels for weights in (graph, other)]
    pd.testing.assert_series_equal(*found)


def test_no_public_function_is_passed_over():
    """What takes no numbers of zones, or objects of another library, has tests of its own."""
    apart = {"global_statistic", "local_statistic", "rate_index", "from_esda", "say",
             "adjusted_rand", "quantile_lisa"}  # fmt: skip
    public = {
        name
        for room in (ac, regions)
        for name in room.__all__
        if inspect.isfunction(getattr(room, name))
    }
    called = {name.split()[0] for name in ALL} | {"local_g"}  # as local_g_star
    assert public - apart - called == set()


def answer(call):
    """What a call gives; None where it says in words why it cannot."""
    try:
        return call()
    except InputError as fault:
        return None if fault.say("ja") else fault


# ---- neighbours of awkward polygons ------------------------------------------


def zones_of(polygons):
    ids = pd.Index([f"z{i:02d}" for i in range(len(polygons))], name="zone_id")
    frame = gpd.GeoDataFrame({"name": ids}, geometry=list(polygons), index=ids, crs="EPSG:6677")
    return Zones(frame=frame, kind="other")


BOX = shapely.box(0, 0, 100, 100)
POLYGONS = {
    "none": [],
    "one": [BOX],
    "apart": [BOX, shapely.box(500, 0, 600, 100), shapely.box(0, 900, 100, 1000)],
    "twice the same": [BOX, BOX, shapely.box(100, 0, 200, 100)],
    "one in another": [BOX, shapely.box(20, 20, 80, 80)],
    "an empty one": [BOX, shapely.Polygon(), shapely.box(100, 0, 200, 100)],
    "a corner": [BOX, shapely.box(100, 100, 200, 200)],
    "two parts": [
        shapely.MultiPolygon([BOX, shapely.box(300, 0, 400, 100)]), shapely.box(100, 0, 300, 100)
    ],
}  # fmt: skip
BUILDERS = {
    "queen": weights.queen,
    "rook": weights.rook,
    "queen tolerance": lambda z: weights.queen(z, tolerance=1.0),
    "rook tolerance": lambda z: weights.rook(z, tolerance=1.0),
    "knn": lambda z: weights.knn(z, k=1),
    "distance_band": lambda z: weights.distance_band(z, distance=150.0),
    "kernel": lambda z: weights.kernel(z, bandwidth=150.0),
    "block": lambda z: weights.block(pd.Series("a", index=z.ids, dtype=object)),
    "higher_order": lambda z: weights.higher_order(weights.queen(z), order=2),
    "weights_of": lambda z: weights.weights_of(z, spelt="band:150"),
    "from_table": lambda z: weights.from_table(
        pd.DataFrame({"focal": z.ids[:1], "neighbour": z.ids[-1:]}), ids=z.ids
    ),
}


@pytest.mark.parametrize("case", POLYGONS)
@pytest.mark.parametrize("name", BUILDERS)
def test_neighbours_are_found_or_it_is_said_why_not(name, case):
    zones = zones_of(POLYGONS[case])
    near = answer(lambda: BUILDERS[name](zones))
    if near is None:
        assert name == "knn"
        return
    assert isinstance(near, Neighbours)
    assert near.ids.equals(zones.ids)
    assert near.cardinalities.index.equals(zones.ids)
    found = weights.describe(near)
    assert (found["zones"], found["islands"]) == (len(zones), len(near.isolates))
    assert isinstance(weights.check_coverage(zones), weights.Coverage)
    if len(zones):
        assert near.to_graph().n == len(zones)


def test_an_empty_polygon_is_nobodys_neighbour_by_distance_either():
    """The centroids after it keep their own zones."""
    row = [BOX, shapely.Polygon(), shapely.box(100, 0, 200, 100), shapely.box(220, 0, 300, 100)]
    zones = zones_of(row)
    for near in (
        weights.knn(zones, k=1),
        weights.distance_band(zones, distance=120.0),
        weights.kernel(zones, bandwidth=120.0),
    ):
        assert near.isolates.tolist() == ["z01"]
        assert set(near["z02"].index) <= {"z00", "z03"}
        assert near["z03"].index.tolist() == ["z02"]


def test_ids_that_repeat_make_no_neighbours():
    table = pd.DataFrame({"focal": ["a"], "neighbour": ["b"]})
    for make in (
        lambda: weights.from_table(table, ids=pd.Index(["a", "b", "a"])),
        lambda: weights.block(pd.Series(["x", "x"], index=["a", "a"])),
    ):
        with pytest.raises(InputError) as caught:
            make()
        assert caught.value.say("ja")


# ---- awkward points ----------------------------------------------------------

GROUND = zones_of([shapely.box(0, 0, 1000, 1000)])


def dots(xy, index=None):
    return gpd.GeoSeries([None if p is None else shapely.Point(p) for p in xy], index=index,
                         crs="EPSG:6677")  # fmt: skip


SPREAD = [(100.0 * i + 37, 90.0 * ((3 * i) % 10) + 11) for i in range(10)]
DOTS = {
    "plain": dots(SPREAD),
    "none": dots([]),
    "one": dots(SPREAD[:1]),
    "two": dots(SPREAD[:2]),
    "one place": dots([(500, 500)] * 10),
    "a missing one": dots([None, *SPREAD]),
    "an empty one": gpd.GeoSeries([shapely.Point(), *dots(SPREAD)], crs="EPSG:6677"),
    "infinite": dots([(np.inf, 0.0), *SPREAD]),
    "outside": dots([(9e6, 9e6)] * 5),
    "on the border": dots([(0, 100.0 * i) for i in range(10)]),
    "labels repeat": dots(SPREAD, index=[0] * 10),
}


def scanned(points, **options):
    cases = np.arange(len(points)) % 3
    table = pd.DataFrame({"cases": cases, "population": 7}, index=points.index)
    return pp.scan(table, points, simulations=19, **options)


PATTERNS = {
    "dense_clusters": lambda p: pp.dense_clusters(p, distance=150, least=2),
    "nearest_neighbour": lambda p: pp.nearest_neighbour(p, GROUND, simulations=19),
    "ripley": lambda p: pp.ripley(p, GROUND, simulations=19),
    "density": lambda p: pp.density(p, GROUND, bandwidth=100),
    "scan": scanned,
    "scan bernoulli": lambda p: scanned(p, model="bernoulli"),
}


@pytest.mark.parametrize("case", DOTS)
@pytest.mark.parametrize("name", PATTERNS)
def test_patterns_answer_or_say_why_not(name, case):
    found = answer(lambda: PATTERNS[name](DOTS[case]))
    if found is None:
        assert case != "plain"
        return
    for lang in ("ja", "en"):
        assert "nan" not in pp.say(found, lang)
        assert isinstance(pp.cautions(found, lang), tuple)


@pytest.mark.parametrize(
    ("cases", "population"),
    [
        (np.zeros(10), np.full(10, 7)),  # nobody
        (np.full(10, 2), np.full(10, 7)),  # equal everywhere
        (np.full(10, 1), np.zeros(10)),
        (np.r_[np.nan, np.ones(9)], np.full(10, 7)),
        (np.r_[np.inf, np.ones(9)], np.full(10, 7)),
        (np.ones(10), np.r_[np.inf, np.full(9, 7)]),
        (np.r_[-1, np.ones(9)], np.full(10, 7)),
        (np.full(10, 9), np.full(10, 7)),  # more cases than persons
    ],
)
@pytest.mark.parametrize("model", ["poisson", "bernoulli"])
def test_the_scan_answers_or_says_why_not(cases, population, model):
    table = pd.DataFrame({"cases": cases, "population": population})
    found = answer(lambda: pp.scan(table, DOTS["plain"], model=model, simulations=19))
    if found is None:
        return
    assert (found.clusters["p"].between(0, 1)).all()
    assert found.labels.index.equals(table.index)


def test_the_order_of_rows_changes_no_cluster_of_a_scan():
    points = DOTS["plain"]
    table = pd.DataFrame({"cases": [9, 8, 1, 0, 1, 0, 1, 0, 0, 1], "population": 20})
    one = pp.scan(table, points, simulations=19)
    other = pp.scan(table.iloc[::-1], points.iloc[::-1], simulations=19)
    assert one.clusters[["places", "cases"]].equals(other.clusters[["places", "cases"]])
    pd.testing.assert_series_equal(one.labels, other.labels.sort_index())
