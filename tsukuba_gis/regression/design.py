"""What goes into a regression: which zones take part, outcome, design, offset, weights."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.neighbours import as_neighbours

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.neighbours import GraphLike, Neighbours
    from tsukuba_gis.result import RegressionModel

    Floats = NDArray[np.float64]

INTERCEPT = "intercept"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Design:
    """The zones that take part in a regression.

    Parameters
    ----------
    index, known
        All zones; which take part.
    y, x
        Outcome; intercept and explanatory indicators, one row a zone that takes part.
    offset
        Logarithm of the persons at risk; None: there is none.
    graph
        Row-standardised neighbours among the zones that take part; None: none given.
    points
        Places, n × 2; None: none given.
    """

    outcome: str
    explanatory: tuple[str, ...]
    offset_name: str | None
    index: pd.Index[str] = field(repr=False)
    known: NDArray[np.bool_] = field(repr=False)
    y: Floats = field(repr=False)
    x: Floats = field(repr=False)
    offset: Floats | None = field(repr=False)
    graph: Neighbours | None = field(repr=False)
    points: Floats | None = field(repr=False)
    alpha: float
    weights: str

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the columns of ``x``."""
        return (INTERCEPT, *self.explanatory)

    @property
    def kept(self) -> pd.Index[str]:
        """Ids of the zones that take part."""
        return self.index[self.known]

    def neighbours(self, model: RegressionModel) -> Neighbours:
        """Return the graph, which ``model`` cannot do without."""
        if self.graph is None:
            raise InputError("regression_no_graph", model=model)
        return self.graph


def design_of(
    data: pd.DataFrame,
    *,
    outcome: str,
    explanatory: tuple[str, ...],
    offset: str | None,
    graph: GraphLike | None,
    points: pd.DataFrame | None,
    alpha: float,
) -> Design:
    """Choose the zones that take part and check that a regression is possible.

    A zone takes part if all its numbers are there, its offset is over 0 and, where
    neighbours are given, one of them takes part as well.

    Raises
    ------
    InputError
        If a column is missing or stands twice, zones differ, there are too few zones, or an
        explanatory indicator is the same everywhere or follows from the others.
    """
    columns = [outcome, *explanatory, *([offset] if offset else [])]
    lacking = [name for name in columns if name not in data.columns]
    if lacking:
        known_names = ", ".join(map(str, data.columns))
        raise InputError("regression_no_column", name=lacking[0], known=known_names)
    if not explanatory or len(set(columns)) < len(columns):
        raise InputError("regression_columns")
    numbers = data[columns].to_numpy(dtype=float)
    known = np.isfinite(numbers).all(axis=1)
    if offset:
        known &= np.where(known, numbers[:, -1], 0.0) > 0
    kept_graph = None
    if graph is not None:
        known, kept_graph = _connected(as_neighbours(graph), data.index, known)
    n, terms = int(known.sum()), 1 + len(explanatory)
    if n < terms + 2:
        raise InputError("regression_few", n=n, least=terms + 2)
    x = np.column_stack([np.ones(n), numbers[known, 1 : 1 + len(explanatory)]])
    _check_rank(x, explanatory)
    return Design(
        outcome=outcome, explanatory=explanatory, offset_name=offset, index=data.index,
        known=known, y=numbers[known, 0], x=x, graph=kept_graph, alpha=alpha,
        offset=np.log(numbers[known, -1]) if offset else None,
        points=None if points is None else _places(points, data.index)[known],
        weights="" if kept_graph is None else kept_graph.name,
    )  # fmt: skip


def _connected(
    graph: Neighbours, index: pd.Index[str], known: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], Neighbours]:
    """Leave out zones without a neighbour that takes part; return the graph of the others."""
    matrix = graph.links(index)
    while True:
        degree = np.asarray(matrix @ known.astype(float)).ravel()
        alone = known & (degree == 0)
        if not alone.any():
            break
        known = known & ~alone
    part = matrix[known][:, known]
    part.data = part.data / np.repeat(part.sum(axis=1), np.diff(part.indptr))
    part.sort_indices()
    return known, replace(graph, ids=index[known], matrix=part, transformation="R")


def _places(points: pd.DataFrame, index: pd.Index[str]) -> Floats:
    found = points.reindex(index)[["x", "y"]].to_numpy(dtype=float)
    if not np.isfinite(found).all():
        raise InputError("regression_zones")
    return np.asarray(found)


def _check_rank(x: Floats, explanatory: tuple[str, ...]) -> None:
    scaled = x / np.abs(x).max(axis=0, where=x != 0, initial=1e-300)
    for column in range(1, x.shape[1]):
        if np.linalg.matrix_rank(scaled[:, : column + 1], tol=1e-8) <= column:
            raise InputError("regression_collinear", name=explanatory[column - 1])
