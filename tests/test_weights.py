"""Weights: sets of neighbours by hand, against libpysal, and on awkward coverages."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from libpysal.graph import Graph
from scipy.spatial import Voronoi
from toys import toy_zones

from tsukuba_gis import weights
from tsukuba_gis.errors import InputError
from tsukuba_gis.weights import contiguity
from tsukuba_gis.zones import Zones


def zones_of(polygons, ids=None):
    ids = ids if ids is not None else [f"z{number:04d}" for number in range(len(polygons))]
    frame = gpd.GeoDataFrame(
        {"name": ids}, geometry=list(polygons), index=pd.Index(ids, name="zone_id"), crs="EPSG:6677"
    )
    return Zones(frame=frame, kind="other")


def voronoi_zones(n, *, seed):
    """Cells of random points in a square, a valid coverage."""
    points = np.random.default_rng(seed).random((n, 2))
    mirrored = [points, points * [-1, 1], points * [1, -1], [2, 0] - points * [1, -1]]
    diagram = Voronoi(np.concatenate([*mirrored, [0, 2] - points * [-1, 1]]))
    cells = [diagram.vertices[diagram.regions[diagram.point_region[i]]] for i in range(n)]
    return zones_of([shapely.Polygon(cell * 10_000) for cell in cells])


def neighbours(graph):
    return {zone: set() if zone in graph.isolates else set(graph[zone].index) for zone in graph.ids}


def test_queen_of_nine_squares_by_hand():
    graph = weights.queen(toy_zones())
    assert neighbours(graph)["a1"] == {"b1", "a2", "b2"}
    assert neighbours(graph)["b2"] == {"a1", "b1", "c1", "a2", "c2", "a3", "b3", "c3"}
    assert graph.cardinalities.tolist() == [3, 5, 3, 5, 8, 5, 3, 5, 3]
    assert set(graph.matrix.data) == {1.0}


def test_ids_and_order_are_those_of_the_zones():
    zones = zones_of([shapely.box(x, 0, x + 1, 1) for x in (5, 0, 1)], ids=["b", "z", "a"])
    graph = weights.queen(zones)
    assert list(graph.ids) == ["b", "z", "a"]
    assert neighbours(graph) == {"b": set(), "z": {"a"}, "a": {"z"}}
    assert list(graph.isolates) == ["b"]


def test_the_name_travels_with_the_graph():
    assert weights.queen(toy_zones()).name == "queen"


@pytest.mark.parametrize("n", [1, 2, 3, 400])
def test_queen_equals_libpysal(n):
    zones = zones_of([shapely.box(0, 0, 1, 1)]) if n == 1 else voronoi_zones(n, seed=n)
    assert weights.queen(zones).to_graph() == Graph.build_contiguity(
        zones.frame, rook=False, strict=True
    )


def test_queen_of_a_coverage_with_overlap_goes_by_geometry():
    # b begins inside a, and no vertex is shared; c touches b in the middle of an edge.
    polygons = [shapely.box(0, 0, 2, 2), shapely.box(1, 0.5, 3, 1.5), shapely.box(3, 0.9, 4, 1.1)]
    assert not shapely.coverage_is_valid(polygons)
    assert neighbours(weights.queen(zones_of(polygons, ids=list("abc")))) == {
        "a": {"b"}, "b": {"a", "c"}, "c": {"b"},
    }  # fmt: skip


def test_a_zone_of_two_parts_and_a_hole():
    ring = shapely.box(0, 0, 9, 9) - shapely.box(3, 3, 6, 6)
    inside = shapely.box(3, 3, 6, 6)
    parts = shapely.MultiPolygon([shapely.box(9, 0, 10, 9), shapely.box(20, 0, 21, 1)])
    far = shapely.box(21, 0, 22, 1)
    graph = weights.queen(zones_of([ring, inside, parts, far], ids=list("ripf")))
    assert neighbours(graph) == {"r": {"i", "p"}, "i": {"r"}, "p": {"r", "f"}, "f": {"p"}}


@pytest.mark.parametrize("make", [weights.queen, weights.rook])
def test_no_zones_have_no_neighbours(make):
    graph = make(zones_of([], ids=[]))
    assert graph.n == 0


def test_minus_zero_is_zero():
    left = shapely.Polygon([(-1, -0.0), (-0.0, -0.0), (-0.0, 1), (-1, 1)])
    right = shapely.Polygon([(0.0, 0.0), (1, 0.0), (1, 1), (0.0, 1)])
    assert weights.queen(zones_of([left, right])).matrix.nnz == 2


def test_places_with_one_key_are_told_apart(monkeypatch):
    # Every place gets the same key: the slow way must give the same neighbours.
    expected = weights.queen(toy_zones())
    monkeypatch.setattr(contiguity, "_MIX_X", np.uint64(0))
    monkeypatch.setattr(contiguity, "_MIX_Y", np.uint64(0))
    assert weights.queen(toy_zones()).to_graph() == expected.to_graph()


# ---- rook ------------------------------------------------------------------


def test_rook_of_nine_squares_by_hand():
    graph = weights.rook(toy_zones())
    assert neighbours(graph)["b2"] == {"b1", "a2", "c2", "b3"}
    assert graph.cardinalities.tolist() == [2, 3, 2, 3, 4, 3, 2, 3, 2]
    assert graph.name == "rook"


def test_rook_equals_libpysal():
    zones = voronoi_zones(300, seed=8)
    assert weights.rook(zones).to_graph() == Graph.build_contiguity(
        zones.frame, rook=True, strict=True
    )


def test_rook_where_borders_do_not_match():
    # b lies along half of a's side without sharing its vertices; c touches a corner.
    polygons = [shapely.box(0, 0, 2, 2), shapely.box(2, 0.5, 3, 1.5), shapely.box(2, 2, 3, 3)]
    graph = weights.rook(zones_of(polygons, ids=list("abc")))
    assert neighbours(graph) == {"a": {"b"}, "b": {"a"}, "c": set()}


# ---- is the coverage clean? ------------------------------------------------


def is_clean(polygons):
    polygons = np.array(polygons, dtype=object)
    return contiguity._is_clean(polygons, contiguity._edges(polygons))


SQUARE = shapely.box(0, 0, 2, 2)
HOLE = shapely.box(0.5, 0.5, 1, 1)


@pytest.mark.parametrize(
    ("polygons", "clean"),
    [
        ([SQUARE], True),
        ([SQUARE, shapely.box(2, 0, 4, 2)], True),
        ([SQUARE, shapely.box(2, 2, 4, 4)], True),  # a corner
        ([SQUARE, shapely.box(7, 7, 8, 8)], True),  # apart
        ([SQUARE, SQUARE], False),  # twice the same
        ([SQUARE, SQUARE.reverse()], False),
        ([SQUARE, shapely.box(1, 1, 3, 3)], False),  # overlap
        ([SQUARE, shapely.box(0.5, 0.5, 1, 1)], False),  # one inside the other
        ([SQUARE - HOLE, HOLE], True),  # a hole filled
        ([SQUARE - HOLE], True),  # a hole left open
        ([SQUARE, shapely.box(2, 0.5, 4, 1.5)], False),  # borders without common vertices
        ([SQUARE, shapely.Polygon([(2, 1), (3, 0), (3, 2)])], False),  # a tip in mid-border
        ([SQUARE, shapely.Polygon([(0, 0), (2, 0), (1, 1)])], False),  # overlap along one edge
    ],
)  # fmt: skip
def test_a_clean_coverage_is_told_from_another(polygons, clean):
    assert is_clean(polygons) is clean
    # with whole layers on top of each other as well
    if clean:
        assert not is_clean([*polygons, shapely.box(-5, -5, 9, 9)])


@pytest.mark.parametrize("seed", range(6))
def test_clean_coverages_are_valid_for_geos_and_spoilt_ones_give_the_same_neighbours(seed):
    """One vertex moved, or one zone blown up, and the answer is that of geometry."""
    zones = voronoi_zones(80, seed=seed)
    polygons = zones.frame.geometry.to_numpy()
    assert is_clean(polygons)
    assert shapely.coverage_is_valid(polygons)
    spoilt = polygons.copy()
    at = 7 * seed
    if seed % 2:
        spoilt[at] = shapely.buffer(spoilt[at], 50.0)
    else:
        corner = shapely.get_coordinates(spoilt[at])
        corner[1] += 0.37 * (corner[3] - corner[1])
        spoilt[at] = shapely.Polygon(
            corner[:-1] if corner[0].tolist() != corner[-1].tolist() else corner
        )
    moved = zones_of(spoilt)
    one, other = shapely.STRtree(spoilt).query(spoilt, predicate="intersects")
    touching = {(a, b) for a, b in zip(one, other, strict=True) if a != b}
    found = weights.queen(moved).matrix.tocoo()
    assert set(zip(found.row, found.col, strict=True)) == touching


# ---- tolerance and coverage check ------------------------------------------


def test_tolerance_reaches_over_gaps():
    polygons = [shapely.box(0, 0, 2, 2), shapely.box(2.1, 0, 4, 2), shapely.box(4.05, 2.05, 6, 4)]
    zones = zones_of(polygons, ids=list("abc"))
    assert weights.queen(zones).matrix.nnz == 0
    assert neighbours(weights.queen(zones, tolerance=0.11)) == {
        "a": {"b"},
        "b": {"a", "c"},
        "c": {"b"},
    }
    assert neighbours(weights.rook(zones, tolerance=0.11)) == {"a": {"b"}, "b": {"a"}, "c": set()}


def test_the_coverage_of_the_toy_city_is_valid():
    found = weights.check_coverage(toy_zones())
    assert found.valid
    assert len(found.gaps) == len(found.overlaps) == len(found.borders) == 0


def test_gaps_and_overlaps_are_listed_by_size():
    # A frame of four boxes round a hole of 2 × 2, with a sliver of 0.1 × 6 in one of them.
    polygons = [
        shapely.box(0, 0, 6, 2), shapely.box(0, 2, 2, 4), shapely.box(4, 2, 6, 4),
        shapely.box(0, 4, 6, 6) - shapely.box(1, 5, 5, 5.1), shapely.box(5.5, 0, 8, 1),
    ]  # fmt: skip
    found = weights.check_coverage(zones_of(polygons, ids=list("abcde")))
    assert not found.valid
    assert found.gaps["area_m2"].tolist() == pytest.approx([4.0, 0.4])
    assert found.gaps["width_m"].tolist() == pytest.approx([2.0, 0.1], rel=0.02)
    assert found.overlaps[["zone_id", "other_id"]].to_numpy().tolist() == [["a", "e"]]
    assert found.overlaps["area_m2"].tolist() == pytest.approx([0.5])
    assert set(found.borders.index) >= {"a", "e"}


def test_narrow_open_gaps_are_found_on_request():
    zones = zones_of([shapely.box(0, 0, 2, 2), shapely.box(2.01, 0, 4, 2)])
    assert weights.check_coverage(zones).valid
    assert len(weights.check_coverage(zones, gap_width=0.05).borders) == 2


# ---- distance --------------------------------------------------------------


def test_nearest_of_the_toy_city_by_hand():
    graph = weights.knn(toy_zones(), k=2)
    assert neighbours(graph)["a1"] == {"b1", "a2"}
    assert graph.name == "knn(2)"


@pytest.mark.parametrize("k", [1, 4, 49])
def test_knn_equals_libpysal(k):
    zones = voronoi_zones(50, seed=3)
    peer = Graph.build_knn(zones.frame.set_geometry(zones.frame.centroid), k=k)
    assert weights.knn(zones, k=k).to_graph() == peer


def test_zones_at_one_place_are_neighbours_not_themselves():
    ring = shapely.box(0, 0, 6, 6) - shapely.box(2, 2, 4, 4)
    zones = zones_of([ring, shapely.box(2, 2, 4, 4), shapely.box(90, 0, 91, 1)], ids=list("abc"))
    assert neighbours(weights.knn(zones, k=1)) == {"a": {"b"}, "b": {"a"}, "c": {"a"}}


@pytest.mark.parametrize("k", [0, 9, -1])
def test_impossible_numbers_of_neighbours(k):
    with pytest.raises(InputError, match="between 1 and 8"):
        weights.knn(toy_zones(), k=k)


def test_distance_band_by_hand():
    graph = weights.distance_band(toy_zones(), distance=100)
    assert neighbours(graph) == neighbours(weights.rook(toy_zones()))
    assert weights.distance_band(toy_zones(), distance=99).matrix.nnz == 0
    assert (
        weights.distance_band(toy_zones(), distance=142).matrix.nnz == 40
    )  # with diagonals: queen


def test_distance_band_equals_libpysal():
    zones = voronoi_zones(60, seed=4)
    points = zones.frame.set_geometry(zones.frame.centroid)
    peer = Graph.build_distance_band(points, threshold=1500.0, binary=True)
    assert weights.distance_band(zones, distance=1500.0).to_graph() == peer


@pytest.mark.parametrize(
    ("shape", "weight"),
    [
        ("triangular", 0.5),
        ("epanechnikov", 0.75),
        ("bisquare", 0.5625),
        ("gaussian", np.exp(-1 / 8)),
    ],
)
def test_kernels_by_hand(shape, weight):
    graph = weights.kernel(toy_zones(), bandwidth=200, shape=shape)  # u = 1/2 for the next square
    assert graph["a1"]["b1"] == pytest.approx(weight)


def test_distances_must_be_positive():
    with pytest.raises(InputError, match="more than 0 metres"):
        weights.distance_band(toy_zones(), distance=0)


# ---- blocks, order, tables, files ------------------------------------------


def test_blocks():
    blocks = pd.Series(["x", "y", "x", None, "x"], index=list("abcde"))
    assert neighbours(weights.block(blocks)) == {
        "a": {"c", "e"}, "b": set(), "c": {"a", "e"}, "d": set(), "e": {"a", "c"},
    }  # fmt: skip


def test_higher_order():
    graph = weights.queen(toy_zones())
    second = weights.higher_order(graph, order=2)
    assert neighbours(second)["a1"] == {"c1", "c2", "c3", "a3", "b3"}
    assert neighbours(second)["b2"] == set()
    assert second.name == "queen(2)"
    both = weights.higher_order(graph, order=2, lower=True)
    assert set(both.cardinalities) == {8}
    with pytest.raises(InputError, match="at least 1"):
        weights.higher_order(graph, order=0)


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("order", [2, 3, 5])
def test_higher_order_equals_libpysal(order, lower):
    pytest.importorskip("numba")  # libpysal's own needs it, this package's does not
    graph = weights.rook(voronoi_zones(150, seed=2))
    peer = graph.to_graph().higher_order(k=order, lower_order=lower)
    assert weights.higher_order(graph, order=order, lower=lower).to_graph() == peer


def test_a_table_round_trip():
    graph = weights.kernel(toy_zones(), bandwidth=150)
    table = graph.to_graph().adjacency.reset_index().rename(columns={"neighbor": "neighbour"})
    again = weights.from_table(table, ids=toy_zones().ids)
    pd.testing.assert_series_equal(again.to_graph().adjacency, graph.to_graph().adjacency)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"focal": ["a1"]}, "columns focal and neighbour"),
        ({"focal": ["a1"], "neighbour": ["q"]}, "1 ids of the weights are no zones"),
        ({"focal": ["a1", "a1"], "neighbour": ["b1", "b1"]}, "more than once"),
        ({"focal": ["a1"], "neighbour": ["b1"], "weight": [-1]}, "missing or negative"),
        ({"focal": ["a1"], "neighbour": ["b1"], "weight": [np.nan]}, "missing or negative"),
    ],
)
def test_faulty_tables(table, words):
    with pytest.raises(InputError, match=words):
        weights.from_table(pd.DataFrame(table), ids=toy_zones().ids)


def test_gal_and_gwt_round_trip(tmp_path):
    zones = toy_zones()
    for graph, name in (
        (weights.queen(zones), "q.gal"),
        (weights.kernel(zones, bandwidth=150), "k.gwt"),
    ):
        getattr(graph.to_graph(), f"to_{name[-3:]}")(tmp_path / name)
        again = weights.read_weights(tmp_path / name, ids=zones.ids)
        assert neighbours(again) == neighbours(graph)
        # GWT has six digits.
        np.testing.assert_allclose(again.matrix.data, graph.matrix.data, rtol=1e-5)
        assert again.name == name


def test_a_gal_file_with_a_header_and_a_zone_without_neighbours(tmp_path):
    (tmp_path / "x.gal").write_text("0 3 layer ID\n1 1\n2\n2 1\n1\n3 0\n", encoding="utf-8")
    graph = weights.read_weights(tmp_path / "x.gal", ids=pd.Index(["1", "2", "3"]))
    assert neighbours(graph) == {"1": {"2"}, "2": {"1"}, "3": set()}


def test_other_files_are_refused(tmp_path):
    (tmp_path / "x.csv").write_text("a", encoding="utf-8")
    with pytest.raises(InputError, match=r"x\.csv: a file of weights"):
        weights.read_weights(tmp_path / "x.csv", ids=toy_zones().ids)
    with pytest.raises(InputError, match="no such file"):
        weights.read_weights(tmp_path / "y.gal", ids=toy_zones().ids)


def test_describe():
    zones = zones_of([shapely.box(x, 0, x + 1, 1) for x in (0, 1, 4, 5, 9)])
    assert weights.describe(weights.queen(zones)).to_dict() == {
        "weights": "queen", "zones": 5, "links": 4, "fewest": 0, "mean": 0.8, "most": 1,
        "islands": 1, "components": 3,
    }  # fmt: skip


REFERENCE = Path(__file__).parents[2] / "shared" / "data"


@pytest.mark.skipif(not REFERENCE.exists(), reason="reference data are not beside the repository")
def test_columbus_links():
    """236 queen and 200 rook links, as R spdep finds; the file of libpysal holds the queen ones."""
    folder = REFERENCE / "spatial_reference" / "columbus"
    frame = gpd.read_file(folder / "columbus.shp")
    zones = zones_of(frame.geometry, ids=[str(i) for i in range(1, 50)])
    assert weights.queen(zones).matrix.nnz == 236
    assert weights.rook(zones).matrix.nnz == 200
    read = weights.read_weights(folder / "columbus.gal", ids=zones.ids)
    assert neighbours(read) == neighbours(weights.queen(zones))


@pytest.mark.skipif(not REFERENCE.exists(), reason="reference data are not beside the repository")
def test_a_file_of_nearest_neighbours():
    graph = weights.read_weights(
        REFERENCE / "spatial_reference" / "baltim" / "baltim_k4.gwt",
        ids=pd.Index([str(i) for i in range(1, 212)]),
    )
    assert set(graph.cardinalities) == {4}


@pytest.mark.parametrize("make", [weights.queen, weights.rook])
def test_an_empty_polygon_is_an_island(make):
    zones = zones_of([shapely.box(0, 0, 1, 1), shapely.Polygon(), shapely.box(1, 0, 2, 1)])
    assert list(make(zones).isolates) == ["z0001"]
    assert make(zones).matrix.nnz == 2


@pytest.mark.skipif(not REFERENCE.exists(), reason="reference data are not beside the repository")
@pytest.mark.parametrize(
    ("path", "links"),
    [
        ("tsukuba/tsukuba_juniorhigh_districts_derived.geojson", 68),
        ("estat_samples/tottori_2015/h27ka31201.shp", 3_976),
    ],
)
def test_real_districts_and_small_areas_have_the_neighbours_of_geometry(path, links):
    frame = gpd.read_file(REFERENCE / path).to_crs("EPSG:6677")
    zones = zones_of(frame.geometry)
    graph = weights.queen(zones)
    assert graph.matrix.nnz == links
    assert graph.to_graph() == Graph.build_contiguity(zones.frame, rook=False, strict=True)
