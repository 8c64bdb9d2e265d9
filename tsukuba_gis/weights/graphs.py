"""From pairs of row numbers to weights, and what there is to know about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.neighbours import Neighbours, as_neighbours

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.neighbours import GraphLike


def contiguity_graph(
    ids: Any, focal: NDArray[Any], neighbour: NDArray[Any], *, name: str
) -> Neighbours:
    """Make symmetric binary weights of pairs of rows; repeats and self-links are dropped."""
    other = focal != neighbour
    focal, neighbour = focal[other], neighbour[other]
    rows = np.concatenate([focal, neighbour])
    columns = np.concatenate([neighbour, focal])
    return weighted_graph(ids, rows, columns, np.ones(len(rows), dtype=np.int8), name=name)


def weighted_graph(
    ids: Any, rows: NDArray[Any], columns: NDArray[Any], weight: NDArray[Any], *, name: str
) -> Neighbours:
    """Make weights of links between row numbers; zones without links are kept.

    Whole-number weights mark links, which may repeat and weigh 1; other
    weights stand as they are.
    """
    from scipy import sparse

    places = (rows.astype(np.int32), columns.astype(np.int32))
    # Counting, not sorting: a million links are put in order and made single in 0.1 s.
    matrix = sparse.coo_array((weight, places), shape=(len(ids), len(ids))).tocsr()
    matrix.sort_indices()
    if weight.dtype.kind != "f":
        matrix.data = np.ones(matrix.nnz)
    return Neighbours(ids=ids, matrix=matrix, name=name)


def describe(graph: GraphLike) -> pd.Series[Any]:
    """Return what to know about weights before they are used.

    Returns
    -------
    pandas.Series
        ``weights`` (name), ``zones``, ``links``, ``fewest``, ``mean`` and
        ``most`` neighbours of a zone, ``islands`` (zones without neighbours)
        and ``components`` (parts of the map without a link between them,
        islands included).

    Examples
    --------
    >>> from libpysal.graph import Graph
    >>> graph = Graph.from_dicts({"a": ["b"], "b": ["a"], "c": []})
    >>> describe(graph).to_dict()
    {'weights': 'custom', 'zones': 3, 'links': 2, 'fewest': 0, 'mean': 0.67, 'most': 1,
     'islands': 1, 'components': 2}
    """
    import pandas as pd
    from scipy.sparse.csgraph import connected_components

    near = as_neighbours(graph)
    sizes = near.cardinalities if near.n else pd.Series([0])
    return pd.Series(
        {
            "weights": near.name,
            "zones": near.n,
            "links": near.links(near.ids).nnz,
            "fewest": int(sizes.min()),
            "mean": round(float(sizes.mean()), 2),
            "most": int(sizes.max()),
            "islands": len(near.isolates),
            "components": int(connected_components(near.matrix, directed=False)[0]),
        },
        dtype=object,
    )
