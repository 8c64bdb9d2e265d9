"""Neighbours: who is whose, and with what weight; in from libpysal and out to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from libpysal.graph import Graph
    from libpysal.weights import W
    from scipy import sparse

# What functions take as neighbours: their own kind and both of libpysal's.
GraphLike: TypeAlias = "Neighbours | Graph | W"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Neighbours:
    """Spatial weights: which zones are neighbours, and how much each of them counts.

    :class:`libpysal.graph.Graph` holds the same; to import it takes over two
    seconds, so this package hands it out only when asked (:meth:`to_graph`).

    Parameters
    ----------
    ids
        Zone ids, unique, in row order.
    matrix
        Weight of the neighbour (column) for the zone (row), in the order of
        ``ids``; sorted, without repeats. A zone without neighbours has an empty row.
    name
        Of the weights, for every result made with them.
    transformation
        As libpysal writes it: ``"O"`` as they came, ``"R"`` rows add up to 1, …

    Raises
    ------
    InputError
        If ids repeat.

    Examples
    --------
    >>> import pandas as pd
    >>> from scipy import sparse
    >>> row = sparse.csr_array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    >>> near = Neighbours(ids=pd.Index(["a", "b", "c"]), matrix=row)
    >>> near["a"].to_dict(), near.isolates.tolist()
    ({'b': 1.0}, ['c'])
    >>> near.to_graph().unique_ids.tolist()
    ['a', 'b', 'c']
    """

    ids: pd.Index[str]
    matrix: sparse.csr_array[Any] = field(repr=False)
    name: str = "custom"
    transformation: str = "O"

    def __post_init__(self) -> None:
        require_unique(self.ids)

    def __getitem__(self, zone_id: str) -> pd.Series[float]:
        """Return the weights of a zone's neighbours, by their ids."""
        import pandas as pd

        row = int(self.ids.get_indexer(pd.Index([zone_id]))[0])
        if row < 0:
            raise KeyError(zone_id)
        part = slice(self.matrix.indptr[row], self.matrix.indptr[row + 1])
        near = self.ids[self.matrix.indices[part]].rename("neighbor")
        return pd.Series(self.matrix.data[part], index=near, name="weight")

    @property
    def n(self) -> int:
        """Number of zones."""
        return len(self.ids)

    @property
    def cardinalities(self) -> pd.Series[int]:
        """Number of neighbours of each zone."""
        import pandas as pd

        sizes = np.asarray(self.matrix.astype(bool).sum(axis=1), dtype=np.int64)
        return pd.Series(sizes, index=self.ids, name="cardinalities")

    @property
    def isolates(self) -> pd.Index[str]:
        """Zones without a neighbour."""
        alone: pd.Index[str] = self.ids[self.cardinalities.to_numpy() == 0]
        return alone

    def links(self, ids: pd.Index[str]) -> sparse.csr_array[np.float64]:
        """Return the weights in the order of ``ids``: no zone is its own neighbour, no zeros.

        Raises
        ------
        InputError
            If ``ids`` are not the ids of the same zones.
        """
        from scipy import sparse

        place = ids.get_indexer(self.ids)
        if len(ids) != self.n or (place < 0).any():
            raise InputError(
                "neighbours_ids_differ",
                values=len(ids),
                weights=self.n,
                only_values=int((~ids.isin(self.ids)).sum()),
                only_weights=int((place < 0).sum()),
            )
        pairs = self.matrix.tocoo()
        some = (pairs.row != pairs.col) & (pairs.data != 0)
        rows, columns = place[pairs.row[some]], place[pairs.col[some]]
        size = (len(ids), len(ids))
        weight = pairs.data[some].astype(float)
        return sparse.coo_array((weight, (rows, columns)), shape=size).tocsr()

    def to_graph(self) -> Graph:
        """Return the same as a :class:`libpysal.graph.Graph`; the name is in its ``attrs``."""
        import pandas as pd
        from libpysal.graph import Graph
        from scipy import sparse

        sizes = np.diff(self.matrix.indptr)
        alone = np.flatnonzero(sizes == 0)  # libpysal marks them by a link to themselves
        pairs = self.matrix.tocoo()
        places = tuple(np.concatenate([side, alone]) for side in (pairs.row, pairs.col))
        weight = np.concatenate([pairs.data, np.zeros(len(alone), dtype=pairs.data.dtype)])
        whole = sparse.coo_array((weight, places), shape=(self.n, self.n)).tocsr()
        whole.sort_indices()
        # From codes, not from labels: a hundred thousand labels need not be looked up.
        index = pd.MultiIndex(
            levels=[self.ids, self.ids],  # type: ignore[list-item]
            codes=[np.repeat(np.arange(self.n), np.diff(whole.indptr)), whole.indices],  # type: ignore[list-item]
            names=["focal", "neighbor"],
            verify_integrity=False,
        )
        adjacency = pd.Series(whole.data, index=index, name="weight")
        adjacency.attrs["weights"] = self.name
        return Graph(adjacency, transformation=self.transformation, is_sorted=True)


def require_unique(ids: pd.Index[str]) -> None:
    """Raise unless every zone id stands once."""
    if not ids.is_unique:
        raise InputError("neighbours_ids_repeat", n=int(ids.duplicated().sum()))


def as_neighbours(graph: GraphLike) -> Neighbours:
    """Return weights of libpysal (``Graph``, or ``W``, the older kind) as this package's.

    Parameters
    ----------
    graph
        Of one of the three kinds; :class:`Neighbours` come back as they are.

    Returns
    -------
    Neighbours
        The same zones in the same order, the same links and weights. The name
        is that in ``graph.adjacency.attrs["weights"]``, else ``"custom"``.

    Raises
    ------
    InputError
        If it is something else.

    Examples
    --------
    >>> from libpysal.graph import Graph
    >>> graph = Graph.from_dicts({"a": ["b"], "b": ["a"], "c": []})
    >>> as_neighbours(graph).cardinalities.to_dict()
    {'a': 1, 'b': 1, 'c': 0}
    >>> as_neighbours(graph).to_graph() == graph
    True
    """
    if isinstance(graph, Neighbours):
        return graph
    # By what they have, not by their class: nobody who brings none has to import libpysal.
    if hasattr(graph, "adjacency") and hasattr(graph, "unique_ids"):
        return _from_graph(graph)
    if hasattr(graph, "id_order") and hasattr(graph, "neighbors"):
        from libpysal.graph import Graph as NewKind

        return _from_graph(NewKind.from_W(graph))
    raise InputError("neighbours_kind", kind=type(graph).__name__)


def _from_graph(graph: Graph) -> Neighbours:
    from scipy import sparse

    adjacency, ids = graph.adjacency, graph.unique_ids
    rows, columns = (
        ids.get_indexer(level)[code]
        for level, code in zip(adjacency.index.levels, adjacency.index.codes, strict=True)
    )
    weight = adjacency.to_numpy()
    # A link of a zone to itself of weight 0 is a mark for "no neighbours".
    links = (rows != columns) | (weight != 0)
    places = (rows[links].astype(np.int32), columns[links].astype(np.int32))
    matrix = sparse.coo_array((weight[links], places), shape=(len(ids), len(ids))).tocsr()
    matrix.sort_indices()
    return Neighbours(
        ids=ids,
        matrix=matrix,
        name=str(adjacency.attrs.get("weights", "custom")),
        transformation=str(graph.transformation),
    )
