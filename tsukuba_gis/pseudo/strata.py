"""Cells inside which values change places: who is alike, merged until there are enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.pseudo.tables.city import FIVE, start_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.spec import Spec

    Ints = NDArray[np.int64]

# Share of a cell's people among whom a check-up value moves, and the fewest of them: its rank
# changes little.
_WINDOW: Final = 0.05
_NEAR: Final = 50


def labels_of(frame: pd.DataFrame, spec: Spec) -> dict[str, Ints]:
    """Return, for each row, the code of all that cells are made of."""
    import pandas as pd

    def coded(column: str | None, meaning: Callable[[str], str] = str) -> Ints:
        if column is None:
            return np.zeros(len(frame), dtype=np.int64)
        code, values = pd.factorize(frame[column], use_na_sentinel=False)
        meanings = [meaning(str(value)) for value in values]
        return np.unique(meanings, return_inverse=True)[1].ravel()[code]

    age = frame[spec.age].to_numpy(dtype=np.int64)
    user = np.zeros(len(frame), dtype=bool)
    for column in spec.sums:
        user |= frame[column].to_numpy(dtype=float, na_value=0.0) > 0
    return {
        "cluster": coded(spec.cluster), "sex": coded(spec.sex), "care": coded(spec.care),
        "relation": coded(spec.relation), "type": coded(spec.household_type),
        # All age groups keep to the borders of the coarsest, whose tables are exact.
        "five": start_of(age, tuple(sorted({*FIVE, *spec.area_top}))),
        "group": start_of(age, tuple(sorted({*spec.group_starts, *spec.area_top}))),
        "top": start_of(age, spec.area_top),
        "user": user.astype(np.int64),
        "living": coded(spec.household_type, spec.living),
        "severity": coded(spec.care, spec.severity),
    }  # fmt: skip


def joined_labels(labels: Mapping[str, Ints], names: Sequence[str]) -> Ints:
    """Return the cell of each row: rows that agree in all of the names."""
    total = np.zeros(len(labels[names[0]]), dtype=np.int64)
    for name in names:
        # Numbered afresh at each step, so that the product stays small.
        total = total * (int(labels[name].max(initial=0)) + 1) + labels[name]
        total = np.unique(total, return_inverse=True)[1].ravel()
    return total


def merged(tiers: Sequence[Ints], k: int) -> Ints:
    """Return cells of at least k rows where the coarsest allow it.

    Inside each coarser cell the cells of fewer than k join one another, and, if
    they are still too few, the smallest other one.

    Examples
    --------
    >>> fine = np.array([0] * 5 + [1] * 2 + [2] * 3)
    >>> merged([fine, np.zeros(10, dtype=int)], 3).tolist()
    [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    """
    cell = tiers[0]
    for coarse in tiers[1:]:
        size = np.bincount(cell)
        first = np.unique(cell, return_index=True)[1]
        inside = coarse[first]  # the coarser cell of each cell
        name = np.arange(len(size))
        small = size < k
        for parent in np.unique(inside[small]):
            own = np.flatnonzero(inside == parent)
            few = own[small[own]]
            others = own[~small[own]]
            if size[few].sum() < k and len(others):
                few = np.append(few, others[np.argmin(size[others])])
            name[few] = few.min()
        cell = np.unique(name[cell], return_inverse=True)[1].ravel()
    return cell


def windows(cell: Ints, k: int) -> Ints:
    """Return cells of rows that stand near one another, for rows in the order of their cells."""
    size = np.bincount(cell)
    window = np.maximum(max(k, _NEAR), np.ceil(_WINDOW * size)).astype(np.int64)
    place = np.arange(len(cell)) - np.repeat(np.cumsum(size) - size, size)
    # The last window takes what is left over, so that none is too small.
    part = np.minimum(place // window[cell], (np.maximum(size // window, 1) - 1)[cell])
    return np.unique(cell * (int(part.max(initial=0)) + 1) + part, return_inverse=True)[1].ravel()


def near(values: pd.Series[Any], cell: Ints, k: int) -> Ints:
    """Return cells of rows whose values have near ranks; a missing value is a cell of its own."""
    number = values.to_numpy(dtype=float, na_value=np.nan)
    order = np.lexsort((np.arange(len(number)), number, cell))
    known = order[~np.isnan(number[order])]
    result = len(number) + np.arange(len(number), dtype=np.int64)
    result[known] = windows(cell[known], k)
    return np.unique(result, return_inverse=True)[1].ravel()


def turned(cell: Ints, rng: np.random.Generator) -> Ints:
    """Return, for each row, the row that it takes from: the next in a random circle of its cell."""
    n = len(cell)
    order = np.lexsort((rng.random(n), cell))
    size = np.bincount(cell)
    end = np.cumsum(size)
    following = np.arange(1, n + 1)
    full = size > 0
    following[end[full] - 1] = (end - size)[full]
    source = np.empty(n, dtype=np.int64)
    source[order] = order[following]
    return source
