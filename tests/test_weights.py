"""Weights: sets of neighbours by hand, against libpysal, and on awkward coverages."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from libpysal.graph import Graph
from scipy.spatial import Voronoi
from toys import toy_zones

from tsukuba_gis import weights
from tsukuba_gis.zones import Zones


def zones_of(polygons, ids=None):
    ids = ids or [f"z{number:04d}" for number in range(len(polygons))]
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
    return {
        zone: set() if zone in graph.isolates else set(graph[zone].index)
        for zone in graph.unique_ids
    }


def test_queen_of_nine_squares_by_hand():
    graph = weights.queen(toy_zones())
    assert neighbours(graph)["a1"] == {"b1", "a2", "b2"}
    assert neighbours(graph)["b2"] == {"a1", "b1", "c1", "a2", "c2", "a3", "b3", "c3"}
    assert graph.cardinalities.tolist() == [3, 5, 3, 5, 8, 5, 3, 5, 3]
    assert set(graph.adjacency) == {1.0}


def test_ids_and_order_are_those_of_the_zones():
    zones = zones_of([shapely.box(x, 0, x + 1, 1) for x in (5, 0, 1)], ids=["b", "z", "a"])
    graph = weights.queen(zones)
    assert list(graph.unique_ids) == ["b", "z", "a"]
    assert neighbours(graph) == {"b": set(), "z": {"a"}, "a": {"z"}}
    assert list(graph.isolates) == ["b"]


def test_the_name_travels_with_the_graph():
    assert weights.queen(toy_zones()).adjacency.attrs["weights"] == "queen"


@pytest.mark.parametrize("n", [1, 2, 3, 400])
def test_queen_equals_libpysal(n):
    zones = zones_of([shapely.box(0, 0, 1, 1)]) if n == 1 else voronoi_zones(n, seed=n)
    assert weights.queen(zones) == Graph.build_contiguity(zones.frame, rook=False, strict=True)


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


def test_minus_zero_is_zero():
    left = shapely.Polygon([(-1, -0.0), (-0.0, -0.0), (-0.0, 1), (-1, 1)])
    right = shapely.Polygon([(0.0, 0.0), (1, 0.0), (1, 1), (0.0, 1)])
    assert weights.queen(zones_of([left, right])).n_edges == 2


def test_places_with_one_key_are_told_apart(monkeypatch):
    # Every place gets the same key: the slow way must give the same neighbours.
    expected = weights.queen(toy_zones())
    monkeypatch.setattr(weights, "_MIX_X", np.uint64(0))
    monkeypatch.setattr(weights, "_MIX_Y", np.uint64(0))
    assert weights.queen(toy_zones()) == expected
