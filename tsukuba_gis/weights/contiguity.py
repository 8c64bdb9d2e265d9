"""Zones that touch: queen and rook contiguity, and blocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.neighbours import as_neighbours
from tsukuba_gis.weights.graphs import contiguity_graph, weighted_graph

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from scipy import sparse

    from tsukuba_gis.neighbours import GraphLike, Neighbours
    from tsukuba_gis.zones import Zones

    Ints = NDArray[np.int32]
    Places = NDArray[np.intp]

# Odd 64-bit constants that spread the bits of a coordinate (Steele, Lea & Flood 2014,
# https://doi.org/10.1145/2660193.2660195).
_MIX_X = np.uint64(0x9E3779B97F4A7C15)
_MIX_Y = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT = np.uint64(29)


def queen(zones: Zones, *, tolerance: float = 0.0) -> Neighbours:
    """Return queen contiguity: zones that share at least one point of their borders.

    On a clean coverage (no overlap, shared borders with equal vertices)
    these are the zones with an equal vertex, which is found many times
    faster than by geometry. Whether the coverage is clean is proven first;
    where it is not, the geometries decide, and zones that overlap are
    neighbours too (libpysal's ``strict`` leaves them out).

    Parameters
    ----------
    zones
        The polygons.
    tolerance
        Metres: zones no further apart than this count as touching. Look at
        :func:`check_coverage` before using it.

    Returns
    -------
    tsukuba_gis.neighbours.Neighbours
        Binary weights in the row order of the zones; zones without neighbours
        are in ``.isolates``.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from tsukuba_gis.zones import Zones
    >>> squares = [shapely.box(x, 0, x + 1, 1) for x in (0, 1, 2.1, 9)]
    >>> frame = gpd.GeoDataFrame(
    ...     {"name": list("abcd")}, geometry=squares, index=list("abcd"), crs="EPSG:6677"
    ... ).rename_axis("zone_id")
    >>> zones = Zones(frame=frame, kind="other")
    >>> queen(zones).cardinalities.to_dict()
    {'a': 1, 'b': 1, 'c': 0, 'd': 0}
    >>> queen(zones, tolerance=0.2).cardinalities.to_dict()
    {'a': 1, 'b': 2, 'c': 1, 'd': 0}
    """
    return _contiguity(zones, "queen", tolerance)


def rook(zones: Zones, *, tolerance: float = 0.0) -> Neighbours:
    """Return rook contiguity: zones that share a piece of border, not only a corner.

    Parameters
    ----------
    zones
        The polygons.
    tolerance
        Metres: border no further away than this counts as shared, where it
        goes on for more than four times as far.

    Returns
    -------
    tsukuba_gis.neighbours.Neighbours
        As of :func:`queen`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from tsukuba_gis.zones import Zones
    >>> squares = [shapely.box(x, y, x + 1, y + 1) for x, y in ((0, 0), (1, 0), (0, 1), (1, 1))]
    >>> frame = gpd.GeoDataFrame(
    ...     {"name": list("abcd")}, geometry=squares, index=list("abcd"), crs="EPSG:6677"
    ... ).rename_axis("zone_id")
    >>> zones = Zones(frame=frame, kind="other")
    >>> rook(zones).cardinalities.tolist(), queen(zones).cardinalities.tolist()
    ([2, 2, 2, 2], [3, 3, 3, 3])
    """
    return _contiguity(zones, "rook", tolerance)


def block(blocks: pd.Series[str]) -> Neighbours:
    """Return block weights: zones of one block (a former municipality, say) are all neighbours.

    Parameters
    ----------
    blocks
        Name of the block by zone id; a zone without a block (NaN) has no neighbours.

    Examples
    --------
    >>> import pandas as pd
    >>> graph = block(pd.Series(["谷田部", "桜", "谷田部"], index=["z1", "z2", "z3"]))
    >>> graph.cardinalities.to_dict()
    {'z1': 1, 'z2': 0, 'z3': 1}
    """
    codes, _ = blocks.factorize()
    order = np.argsort(codes, kind="stable")
    order = order[codes[order] >= 0]
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    groups = np.split(order, starts[1:]) if len(order) else []
    focal = [np.repeat(group, len(group)) for group in groups]
    neighbour = [np.tile(group, len(group)) for group in groups]
    none = [np.empty(0, dtype=np.intp)]
    return contiguity_graph(
        blocks.index, np.concatenate(none + focal), np.concatenate(none + neighbour), name="block"
    )


def higher_order(graph: GraphLike, *, order: int, lower: bool = False) -> Neighbours:
    """Return neighbours of neighbours: zones ``order`` steps apart on the shortest way.

    Parameters
    ----------
    graph
        Contiguity of the first order.
    order
        Number of steps, at least 1.
    lower
        Whether zones fewer steps away are neighbours as well.

    Examples
    --------
    >>> from libpysal.graph import Graph
    >>> row = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b"]})
    >>> higher_order(row, order=2)["a"].index.tolist()
    ['c']
    """
    if order < 1:
        raise InputError("weights_order", order=order)
    near = as_neighbours(graph)
    if order == 1:
        return near
    steps = f"1–{order}" if lower else f"{order}"
    one, other = _steps_apart(near.links(near.ids), order, lower)
    weight = np.ones(len(one), dtype=np.int8)
    return weighted_graph(near.ids, one, other, weight, name=f"{near.name}({steps})")


def _steps_apart(links: sparse.csr_array[Any], order: int, lower: bool) -> tuple[Ints, Ints]:
    """Return pairs of zones that are ``order`` steps apart (or up to as many)."""
    from scipy import sparse

    step = links.astype(bool).astype(np.int32)
    itself = sparse.csr_array(sparse.eye(len(links.indptr) - 1, dtype=np.int32, format="csr"))
    reached = (itself + step).astype(bool)
    level = step
    for _ in range(order - 1):
        level = (level @ step).astype(bool).astype(np.int32)
        # What is met for the first time: all that is met, less what was met before.
        level = level - level.multiply(reached)
        level.eliminate_zeros()
        reached = reached + level.astype(bool)
    if lower:
        level = reached.astype(np.int32) - itself
        level.eliminate_zeros()
    found = level.tocoo()
    return found.row, found.col


def _contiguity(zones: Zones, kind: Literal["queen", "rook"], tolerance: float) -> Neighbours:
    polygons = zones.frame.geometry.to_numpy()
    if len(polygons) < 2:
        nobody = np.empty(0, dtype=np.intp)
        return contiguity_graph(zones.ids, nobody, nobody, name=kind)
    if tolerance > 0:
        near = _pairs_by_geometry(polygons, kind, tolerance)
        return contiguity_graph(zones.ids, *near, name=f"{kind}({tolerance:g} m)")
    edges = _edges(polygons)
    if not _is_clean(polygons, edges):
        return contiguity_graph(zones.ids, *_pairs_by_geometry(polygons, kind, 0.0), name=kind)
    pairs = _pairs_by_vertex(edges) if kind == "queen" else _pairs_by_edge(edges)
    return contiguity_graph(zones.ids, *pairs, name=kind)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Edges:
    """All edges of all polygons, directed so that the polygon lies on the left.

    Places are numbered: equal coordinates, equal number. Numbers have 32 bits,
    with which sparse matrices are several times faster.

    Parameters
    ----------
    xy
        Coordinates by place.
    place, owner
        Of all vertices: place, and row of the polygon.
    start, end, left
        Of all edges: places, and row of the polygon.
    """

    xy: NDArray[np.float64] = field(repr=False)
    place: Ints = field(repr=False)
    owner: Ints = field(repr=False)
    start: Ints = field(repr=False)
    end: Ints = field(repr=False)
    left: Ints = field(repr=False)

    def matrix(self, data: NDArray[Any]) -> sparse.csr_array[Any]:
        """Return edge data by start and end place; data of equal edges are added up."""
        from scipy import sparse

        size = (len(self.xy), len(self.xy))
        return sparse.coo_array((data, (self.start, self.end)), shape=size).tocsr()


def _edges(polygons: NDArray[Any]) -> _Edges:
    import shapely

    parts, of_polygon = polygons, np.arange(len(polygons))
    if (shapely.get_type_id(polygons) != shapely.GeometryType.POLYGON).any():
        parts, of_polygon = shapely.get_parts(polygons, return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    xy = shapely.get_coordinates(rings)
    xy += 0.0  # -0.0 and 0.0 are one place
    sizes = shapely.get_num_coordinates(rings)
    owner = np.repeat(of_polygon[of_part].astype(np.int32), sizes)
    place, first = _places(xy)
    inside = place[1:] != place[:-1]
    inside[np.cumsum(sizes)[:-1] - 1] = False  # from the end of one ring to the next
    # Shells run anticlockwise and holes clockwise when the polygon is on the left.
    is_shell = np.diff(of_part, prepend=-1) > 0
    backward = np.repeat(shapely.is_ccw(rings) != is_shell, sizes)[:-1]
    start = np.where(backward, place[1:], place[:-1])
    end = np.where(backward, place[:-1], place[1:])
    return _Edges(
        xy=xy[first],
        place=place,
        owner=owner,
        start=start[inside],
        end=end[inside],
        left=owner[:-1][inside],
    )


def _places(xy: NDArray[np.float64]) -> tuple[Ints, Places]:
    """Return the number of the place of each row, and the first row of each place."""
    import pandas as pd

    x, y = xy[:, 0].copy(), xy[:, 1].copy()
    key = x.view(np.uint64) * _MIX_X
    key ^= key >> _SHIFT
    key += y.view(np.uint64) * _MIX_Y
    codes, _ = pd.factorize(key)
    first = _first(codes)
    if (x != x[first][codes]).any() or (y != y[first][codes]).any():
        # Two places have one key: number them by sorting.
        order = np.lexsort((y, x))
        changes = (np.diff(x[order]) != 0) | (np.diff(y[order]) != 0)
        codes[order] = np.concatenate([[0], np.cumsum(changes)])
        first = _first(codes)
    return codes.astype(np.int32), first


def _first(codes: Places) -> Places:
    first = np.empty(int(codes.max()) + 1, dtype=np.intp)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return first


def _is_clean(polygons: NDArray[Any], edges: _Edges) -> bool:
    """Prove that no two polygons overlap, nor touch but at equal vertices.

    The number of polygons around a place is the winding number of all edges.
    Edges in opposite pairs cancel, so it is that of the single ones, the rim
    of the coverage. If these do not cross or touch but at their ends, the
    number does not change along one: it is 1 on its left, and 0 on its right,
    if the owner alone holds its middle. A zone that touches another in the
    middle of an edge does so at the rim, or overlaps it.
    """
    import shapely

    one_way = edges.matrix(np.ones(len(edges.start), dtype=np.int8))
    if one_way.nnz < len(edges.start):
        return False  # two polygons lie on one side of an edge
    net = (one_way - one_way.T.tocsr()).tocoo()
    start, end = net.row[net.data > 0], net.col[net.data > 0]
    rim = _array(shapely.linestrings(np.stack([edges.xy[start], edges.xy[end]], axis=1)))
    one, other = shapely.STRtree(rim).query(rim, predicate="intersects")
    one, other = one[one < other], other[one < other]
    ends = np.stack([start, end], axis=1)
    meet = (ends[one][:, :, None] == ends[other][:, None, :]).any(axis=(1, 2))
    if not (meet & shapely.touches(rim[one], rim[other])).all():
        return False
    middle = shapely.points((edges.xy[start] + edges.xy[end]) / 2)
    held, _ = shapely.STRtree(polygons).query(middle, predicate="intersects")
    return bool((np.bincount(held, minlength=1) <= 1).all())


def _array(geometries: Any) -> NDArray[Any]:
    return np.atleast_1d(geometries)


def _pairs_by_vertex(edges: _Edges) -> tuple[Ints, Ints]:
    """Return pairs of polygons, one way round and repeated, that have an equal vertex."""
    from scipy import sparse

    ones = np.ones(len(edges.place), dtype=np.int8)
    at = (edges.place, edges.owner)
    around = sparse.coo_array((ones, at), shape=(len(edges.xy), edges.owner.max() + 1)).tocsr()
    sizes = np.diff(around.indptr)
    first, second = [], []
    for step in range(1, int(sizes.max())):
        # The q-th polygon around a place with the (q + step)-th.
        places = np.flatnonzero(sizes > step)
        starts, lengths = around.indptr[places], sizes[places] - step
        q = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        row = np.repeat(starts, lengths) + q
        first.append(around.indices[row])
        second.append(around.indices[row + step])
    none = [np.empty(0, dtype=np.int32)]
    return np.concatenate(none + first), np.concatenate(none + second)


def _pairs_by_edge(edges: _Edges) -> tuple[Ints, Ints]:
    """Return pairs of polygons on both sides of an edge, of a clean coverage."""
    left = edges.matrix(edges.left + 1)
    right = left.T.tocsr()
    both = left.multiply(right.astype(bool)), right.multiply(left.astype(bool))
    return both[0].tocsr().data - 1, both[1].tocsr().data - 1


def _pairs_by_geometry(
    polygons: NDArray[Any], kind: Literal["queen", "rook"], tolerance: float
) -> tuple[Places, Places]:
    import shapely

    tree = shapely.STRtree(polygons)
    if tolerance > 0:
        one, other = tree.query(polygons, predicate="dwithin", distance=tolerance)
    else:
        one, other = tree.query(polygons, predicate="intersects")
    one, other = one[one < other], other[one < other]
    if kind == "rook":
        near = polygons[other] if tolerance == 0 else shapely.buffer(polygons[other], tolerance)
        along = shapely.length(shapely.intersection(shapely.boundary(polygons[one]), near))
        # Around a mere corner about two tolerances of border lie within the tolerance.
        some = along > 4 * tolerance
        if tolerance == 0:  # a zone inside another touches no border of it from outside
            back = shapely.intersection(shapely.boundary(polygons[other]), polygons[one])
            some |= shapely.length(back) > 0
        one, other = one[some], other[some]
    return one, other
