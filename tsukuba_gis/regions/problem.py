"""What is to be divided: values and neighbours of the zones that have data, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.neighbours import as_neighbours

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from scipy import sparse

    from tsukuba_gis.neighbours import GraphLike, Neighbours

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Floor:
    """The least of something that every region must hold.

    Parameters
    ----------
    least
        The least amount.
    of
        The amount of each zone (persons, households), on the zone ids; none
        missing, none negative. Without it zones are counted.
    """

    least: float
    of: pd.Series[float] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Problem:
    """The zones that take part in a division.

    Parameters
    ----------
    ids
        All zones, in the order of the data.
    kept
        Of all zones: which have every value.
    x
        Values of the kept zones, one column a variable: centred; divided by
        the standard deviation (of n) where asked for.
    matrix
        Who is whose neighbour among the kept zones: symmetric, ones, no diagonal (CSR).
    variables, constant
        Names of the columns that take part, and of those that are the same everywhere.
    components
        Number of connected parts of the kept zones.
    weights
        Name of the weights.
    """

    ids: pd.Index[str]
    kept: Bools = field(repr=False)
    x: Floats = field(repr=False)
    matrix: sparse.csr_array[np.float64] = field(repr=False)
    variables: tuple[str, ...]
    constant: tuple[str, ...]
    components: int
    weights: str

    @property
    def n(self) -> int:
        """Number of zones that take part."""
        return len(self.x)

    @property
    def total(self) -> float:
        """Sum of squares about the mean of all zones (SST)."""
        return float((self.x**2).sum())

    def neighbours(self) -> list[list[int]]:
        """Return the neighbours of each kept zone, as row numbers."""
        ends = self.matrix.indptr.tolist()
        flat = self.matrix.indices.tolist()
        return [flat[start:end] for start, end in pairwise(ends)]

    def labels(self, region: Ints) -> pd.Series[int]:
        """Return region numbers on all zones, 1 … k by first appearance, NA without data."""
        import pandas as pd

        first = np.sort(np.unique(region, return_index=True)[1])
        number = np.empty(int(region.max()) + 1, dtype=np.int64)
        number[region[first]] = np.arange(1, len(first) + 1)
        labels = pd.Series(pd.NA, index=self.ids, dtype="Int64", name="region")
        labels[self.kept] = number[region]
        return labels


def read_problem(data: pd.DataFrame, graph: GraphLike, *, standardise: bool) -> Problem:
    """Bring values and neighbours together.

    A zone with a missing or infinite value in any variable takes no part. A
    link counts where its weight is not 0, and both ways.

    Raises
    ------
    InputError
        If there are no variables or they are not numbers, ids repeat, values
        and weights are not about the same zones, no zone has data, or every
        variable is constant.
    """
    from scipy.sparse.csgraph import connected_components

    ids = data.index
    if not ids.is_unique:
        raise InputError("regions_ids_repeat", n=int(ids.duplicated().sum()))
    columns = _numbers(data)
    kept: Bools = np.asarray(np.isfinite(columns).all(axis=1))
    if not kept.any():
        raise InputError("regions_no_data", n=len(ids))
    rows = np.flatnonzero(kept)
    near = as_neighbours(graph)
    matrix = _matrix(near, ids)[rows, :][:, rows]
    x = columns[kept] - columns[kept].mean(axis=0)
    spread = np.sqrt((x**2).mean(axis=0))
    # Rounding leaves a spread of the order of 1e-16 of the values in a constant column.
    varies = spread > 1e-12 * np.abs(columns[kept]).max(axis=0)
    names = np.array([str(name) for name in data.columns], dtype=object)
    if not varies.any():
        raise InputError("regions_constant", variables=", ".join(names))
    x = x[:, varies] / spread[varies] if standardise else x[:, varies]
    return Problem(
        ids=ids,
        kept=kept,
        x=np.ascontiguousarray(x),
        matrix=matrix,
        variables=tuple(names[varies]),
        constant=tuple(names[~varies]),
        components=int(connected_components(matrix, directed=False)[0]),
        weights=near.name,
    )


def _numbers(data: pd.DataFrame) -> Floats:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    wrong = [
        str(name)
        for name, column in data.items()
        if not is_numeric_dtype(column) or is_bool_dtype(column)
    ]
    if wrong or not data.shape[1]:
        raise InputError("regions_not_numbers", columns=", ".join(wrong) or "-")
    return data.to_numpy(dtype=float, na_value=np.nan)


def _matrix(graph: Neighbours, ids: pd.Index[str]) -> sparse.csr_array[np.float64]:
    """Return who is whose neighbour, in the order of ``ids``: symmetric, ones, no diagonal."""
    from scipy import sparse

    links = graph.links(ids).astype(bool)
    matrix = sparse.csr_array(links + links.T).astype(float)
    matrix.sort_indices()
    return matrix
