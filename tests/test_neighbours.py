"""Neighbours: in from libpysal and out to it without loss, by hand and as a law."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from libpysal.graph import Graph
from libpysal.weights import W
from scipy import sparse
from toys import toy_zones

from tsukuba_gis import weights
from tsukuba_gis.autocorrelation import moran
from tsukuba_gis.errors import InputError
from tsukuba_gis.neighbours import Neighbours, as_neighbours

# a → b 0.5, a → c 2, b → a 1; c has no neighbour of its own.
BY_HAND = Graph.from_arrays(["a", "a", "b", "c"], ["b", "c", "a", "c"], [0.5, 2.0, 1.0, 0.0])


def test_a_graph_by_hand():
    near = as_neighbours(BY_HAND)
    assert near.ids.tolist() == ["a", "b", "c"]
    assert near.matrix.toarray().tolist() == [[0, 0.5, 2], [1, 0, 0], [0, 0, 0]]
    assert near.cardinalities.to_dict() == {"a": 2, "b": 1, "c": 0}
    assert near.isolates.tolist() == ["c"]
    assert near["a"].to_dict() == {"b": 0.5, "c": 2.0}
    assert near["c"].empty
    with pytest.raises(KeyError, match="q"):
        near["q"]


def test_links_come_in_the_order_asked_for():
    found = as_neighbours(BY_HAND).links(pd.Index(["c", "a", "b"]))
    assert found.toarray().tolist() == [[0, 0, 0], [2, 0, 0.5], [0, 1, 0]]


@pytest.mark.parametrize("ids", [["a", "b"], ["a", "b", "d"], ["a", "b", "c", "d"]])
def test_other_zones_are_refused(ids):
    with pytest.raises(InputError, match="not about the same zones"):
        as_neighbours(BY_HAND).links(pd.Index(ids))


@given(data=st.data())
def test_what_comes_from_libpysal_goes_back_unchanged(data):
    """Any labels, weights (0 and negative too), links to oneself, isolates, transformation."""
    n = data.draw(st.integers(1, 6))
    label = st.one_of(st.lists(st.text(max_size=3), min_size=n, max_size=n, unique=True),
                      st.lists(st.integers(), min_size=n, max_size=n, unique=True))  # fmt: skip
    ids = list(data.draw(label))
    pairs = data.draw(st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))))
    number = st.floats(-9, 9) | st.integers(0, 3).map(float)
    weight = {pair: data.draw(number) for pair in pairs}
    weight = {(i, j): w for (i, j), w in weight.items() if i != j or w != 0}
    alone = set(range(n)) - {i for i, _ in weight}
    links = sorted((weight | {(i, i): 0.0 for i in alone}).items())
    graph = Graph.from_arrays(
        [ids[i] for (i, _), _ in links], [ids[j] for (_, j), _ in links], [w for _, w in links]
    )
    if data.draw(st.booleans()):
        graph = graph.transform("b")
    back = as_neighbours(graph).to_graph()
    pd.testing.assert_series_equal(back.adjacency, graph.adjacency)
    assert back.transformation == graph.transformation


def test_name_and_kind_of_numbers_go_both_ways():
    near = weights.queen(toy_zones())
    graph = near.to_graph()
    assert graph.adjacency.attrs["weights"] == "queen"
    assert as_neighbours(graph).name == "queen"
    assert as_neighbours(graph).matrix.dtype == near.matrix.dtype
    whole = Graph.from_dicts({"a": ["b"], "b": ["a"]})
    assert as_neighbours(whole).to_graph().adjacency.dtype == whole.adjacency.dtype


def test_the_older_weights_and_an_unsorted_graph_are_taken():
    older = W({"a": ["b", "c"], "b": ["a"], "c": []}, {"a": [0.5, 2.0], "b": [1.0], "c": []},
              silence_warnings=True)  # fmt: skip
    shuffled = Graph(BY_HAND.adjacency.iloc[[3, 1, 2, 0]], is_sorted=True)
    order = pd.Index(["a", "b", "c"])
    wanted = as_neighbours(BY_HAND).links(order).toarray().tolist()
    for graph in (older, shuffled):
        assert as_neighbours(graph).links(order).toarray().tolist() == wanted


def test_anything_else_is_refused():
    with pytest.raises(InputError, match="A dict is no spatial weights"):
        as_neighbours({"a": ["b"]})


def test_all_kinds_give_one_result():
    near = weights.queen(toy_zones())
    x = pd.Series(np.arange(9.0) % 4, near.ids, name="x")
    found = [moran(x, kind).i for kind in (near, near.to_graph(), near.to_graph().to_W())]
    assert found[0] == found[1] == found[2]


def test_the_first_local_moran_loads_no_libpysal():
    code = """
import sys, geopandas, numpy, shapely
from tsukuba_gis.autocorrelation import local_moran
from tsukuba_gis.weights import describe, higher_order, queen
from tsukuba_gis.zones import Zones
ids = [f"z{i}" for i in range(36)]
boxes = [shapely.box(i % 6, i // 6, i % 6 + 1, i // 6 + 1) for i in range(36)]
frame = geopandas.GeoDataFrame({"name": ids}, geometry=boxes, index=ids, crs="EPSG:6677")
near = queen(Zones(frame=frame.rename_axis("zone_id"), kind="other"))
describe(near), higher_order(near, order=2)
values = geopandas.pd.Series(numpy.arange(36.0) % 7, frame.index, name="x")
assert len(local_moran(values, near).frame) == 36
print(sorted({"libpysal", "sklearn", "numba", "scipy.stats", "scipy.spatial"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_a_matrix_is_enough():
    row = sparse.csr_array([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    near = Neighbours(ids=pd.Index(list("abc")), matrix=row, name="mine")
    assert near.to_graph() == Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b"]})
    assert moran(pd.Series([1.0, 2, 4], list("abc")), near).weights == "mine"
