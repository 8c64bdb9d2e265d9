"""From pairs of row numbers to a graph, and what there is to know about one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from libpysal.graph import Graph
    from numpy.typing import NDArray


def contiguity_graph(ids: Any, focal: NDArray[Any], neighbour: NDArray[Any], *, name: str) -> Graph:
    """Make a symmetric binary graph of pairs of row numbers; repeats and self-links are dropped."""
    other = focal != neighbour
    focal, neighbour = focal[other], neighbour[other]
    rows = np.concatenate([focal, neighbour])
    columns = np.concatenate([neighbour, focal])
    return weighted_graph(ids, rows, columns, np.ones(len(rows), dtype=np.int8), name=name)


def weighted_graph(
    ids: Any, rows: NDArray[Any], columns: NDArray[Any], weight: NDArray[Any], *, name: str
) -> Graph:
    """Make a graph of links between row numbers, in row order, zones without links kept.

    Whole-number weights mark links, which may repeat and weigh 1; other
    weights stand as they are. The name travels with the adjacency
    (``Series.attrs``) into every result.
    """
    import pandas as pd
    from libpysal.graph import Graph
    from scipy import sparse

    n = len(ids)
    alone = np.flatnonzero(np.bincount(rows, minlength=n) == 0)
    weight = np.concatenate([weight, np.zeros(len(alone), dtype=weight.dtype)])
    places = tuple(np.concatenate([side, alone]).astype(np.int32) for side in (rows, columns))
    # Counting, not sorting: a million links are put in order and made single in 0.1 s.
    matrix = sparse.coo_array((weight, places), shape=(n, n)).tocsr()
    matrix.sort_indices()
    data = matrix.data.astype(float)
    if weight.dtype.kind != "f":
        data = np.ones(len(data))
        data[matrix.indptr[alone]] = 0.0
    # From codes, not from labels: a hundred thousand labels need not be looked up.
    index = pd.MultiIndex(
        levels=[ids, ids],
        codes=[np.repeat(np.arange(n), np.diff(matrix.indptr)), matrix.indices],  # type: ignore[list-item]
        names=["focal", "neighbor"],
        verify_integrity=False,
    )
    adjacency = pd.Series(data, index=index, name="weight")
    adjacency.attrs["weights"] = name
    return Graph(adjacency, is_sorted=True)


def named(graph: Graph, name: str, *, ids: Any = None) -> Graph:
    """Return the same graph under a name, in the order of ``ids`` where given."""
    from libpysal.graph import Graph as NewGraph

    adjacency = graph.adjacency
    if ids is not None:
        adjacency = adjacency.reindex(ids, level=0).reindex(ids, level=1)
    adjacency.attrs["weights"] = name
    return NewGraph(adjacency, transformation=graph.transformation, is_sorted=True)


def describe(graph: Graph) -> pd.Series[Any]:
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

    sizes = graph.cardinalities
    return pd.Series(
        {
            "weights": graph.adjacency.attrs.get("weights", "custom"),
            "zones": int(graph.n),
            "links": int(graph.n_edges),
            "fewest": int(sizes.min()),
            "mean": round(float(sizes.mean()), 2),
            "most": int(sizes.max()),
            "islands": len(graph.isolates),
            "components": int(graph.n_components),
        },
        dtype=object,
    )
