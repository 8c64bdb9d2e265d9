"""Spatial weights: which zones are neighbours.

A graph is a :class:`libpysal.graph.Graph` whose ids are the zone ids in row
order. A zone without neighbours stays in it (libpysal marks it by a link to
itself of weight 0), so that it can be counted and shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from numpy.typing import NDArray

    from tsukuba_gis.zones import Zones

    Ints = NDArray[np.int64]

# Odd 64-bit constants that spread the bits of a coordinate (Steele, Lea & Flood 2014,
# https://doi.org/10.1145/2660193.2660195).
_MIX_X = np.uint64(0x9E3779B97F4A7C15)
_MIX_Y = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT = np.uint64(29)


def queen(zones: Zones) -> Graph:
    """Return queen contiguity: zones are neighbours if they share at least one point.

    On a valid coverage (no gap, no overlap, shared borders with equal
    vertices) neighbours are found as zones with an equal vertex, which is the
    same set and many times faster; elsewhere by the geometries themselves.

    Parameters
    ----------
    zones
        The polygons.

    Returns
    -------
    libpysal.graph.Graph
        Binary weights in the row order of the zones; zones without neighbours
        are in ``.isolates``.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from tsukuba_gis.zones import Zones
    >>> squares = [shapely.box(x, 0, x + 1, 1) for x in (0, 1, 2, 9)]
    >>> frame = gpd.GeoDataFrame(
    ...     {"name": list("abcd")}, geometry=squares, index=list("abcd"), crs="EPSG:6677"
    ... ).rename_axis("zone_id")
    >>> graph = queen(Zones(frame=frame, kind="other"))
    >>> graph.cardinalities.to_dict()
    {'a': 1, 'b': 2, 'c': 1, 'd': 0}
    >>> list(graph.isolates)
    ['d']
    """
    import shapely

    polygons = zones.frame.geometry.to_numpy()
    if shapely.coverage_is_valid(polygons):
        focal, neighbour = _pairs_by_vertex(polygons)
    else:
        tree = shapely.STRtree(polygons)
        focal, neighbour = tree.query(polygons, predicate="intersects")
    return _graph(zones.ids, focal, neighbour, name="queen")


def _pairs_by_vertex(polygons: Any) -> tuple[Ints, Ints]:
    """Return pairs of zones, one way round and repeated, that have an equal vertex."""
    import shapely

    xy, owner = shapely.get_coordinates(polygons, return_index=True)
    xy += 0.0  # -0.0 and 0.0 are one place
    x, y = xy[:, 0].copy(), xy[:, 1].copy()
    key = x.view(np.uint64) * _MIX_X
    key ^= key >> _SHIFT
    key += y.view(np.uint64) * _MIX_Y
    key ^= key >> _SHIFT
    order = np.argsort(key)
    same = _equal_to_next(x[order], y[order])
    if (same != _equal_to_next(key[order])).any():
        # Two places have one key, so equal vertices may stand apart: sort by place.
        order = np.lexsort((y, x))
        same = _equal_to_next(x[order], y[order])
    owner = owner[order]
    first, second, run = [], [], same
    step = 1
    while run.any():
        at = np.flatnonzero(run)
        first.append(owner[at])
        second.append(owner[at + step])
        step += 1
        run = run[:-1] & same[step - 1 :]  # equal to the vertex `step` places on
    if not first:
        none = np.empty(0, dtype=np.int64)
        return none, none
    return np.concatenate(first), np.concatenate(second)


def _equal_to_next(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    equal = np.ones(max(len(columns[0]) - 1, 0), dtype=bool)
    for column in columns:
        equal &= column[1:] == column[:-1]
    return equal


def _graph(ids: Any, focal: Ints, neighbour: Ints, *, name: str) -> Graph:
    """Make a symmetric binary graph of pairs of row numbers; repeats and self-links are dropped.

    The name travels with the adjacency (``Series.attrs``) into every result.
    """
    n = len(ids)
    other = focal != neighbour
    low = np.minimum(focal[other], neighbour[other]).astype(np.int64)
    high = np.maximum(focal[other], neighbour[other]).astype(np.int64)
    link = np.unique(low * n + high)
    low, high = link // n, link % n
    alone = np.setdiff1d(np.arange(n), link_ends := np.concatenate([low, high]))
    rows = np.concatenate([link_ends, alone])
    columns = np.concatenate([high, low, alone])
    weight = np.concatenate([np.ones(2 * len(link)), np.zeros(len(alone))])
    return _build(ids, rows, columns, weight, name=name)


def _build(ids: Any, rows: Ints, columns: Ints, weight: NDArray[np.float64], *, name: str) -> Graph:
    import pandas as pd
    from libpysal.graph import Graph

    order = np.argsort(rows * len(ids) + columns)
    # From codes, not from labels: a hundred thousand labels need not be looked up.
    index = pd.MultiIndex(
        levels=[ids, ids],
        codes=[rows[order], columns[order]],  # type: ignore[list-item] # arrays are taken
        names=["focal", "neighbor"],
        verify_integrity=False,
    )
    adjacency = pd.Series(weight[order], index=index, name="weight")
    adjacency.attrs["weights"] = name
    return Graph(adjacency, is_sorted=True)
