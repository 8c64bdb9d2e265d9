"""Quantile tables: means of bins of people, so that no real value is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]

# Most bins of a quantile table; the outermost ones are the finest.
BINS: Final = 48
# So many at each end count as the next: how far out they are is not told.
ENDS: Final = 2
# Largest share of one person, and of two, in the sum of a quantile bin.
BIN_DOMINANCE: Final = (0.5, 0.85)


def quantile_table(
    values: Mapping[str, Floats], members: Mapping[int, Ints], k: int, sums: Collection[str] = ()
) -> pd.DataFrame:
    """Return the bins of each column's values in each group, without missing ones and zeros.

    Of columns whose ``sums`` are published, bins hold the ends as they are: what they would be
    taken for, less the sum, tells how far out they are, of as few as two people.
    """
    import pandas as pd

    quantiles = []
    for number, rows in members.items():
        for column, amounts in values.items():
            own = amounts[rows]
            valued = np.sort(own[np.isfinite(own) & (own != 0)])
            bins = quantile_bins(valued, k, ends=column in sums)
            quantiles += [(f"g{number}", column, *found) for found in bins]
    return pd.DataFrame(quantiles, columns=["group", "column", "upper", "mean", "tie"])


def quantile_bins(values: Floats, k: int, *, ends: bool = False) -> list[tuple[float, float, int]]:
    """Return a quantile table: means of bins of at least k people, no bin dominated by two.

    Parameters
    ----------
    values
        Sorted. The two largest count as large as the third, and the two smallest as the
        third smallest, so that nobody can be seen by how far out he is; unless ``ends``.
    k
        Smallest number of people in a bin; the two at the ends hold two more.
    ends
        Take the ends as they are: the same rule for two people in a bin's sum holds of them.

    Returns
    -------
    list of (float, float, int)
        Upper edge (share of people), mean (four significant digits), and 1 if
        all values of the bin are the same. Equal values never part.

    Examples
    --------
    >>> quantile_bins(np.array([1.0] * 14 + [2.0] * 6 + [4.0] * 4 + [5.0, 900.0]), 10)
    [(0.5385, 1.0, 1), (1.0, 3.0, 0)]
    >>> quantile_bins(np.array([1.0] * 5), 10)
    []
    """
    n = len(values)
    if n < k:
        return []
    values = values if ends else values.clip(*_ends(values))
    size = np.abs(values)
    edges = _edges(n, k)
    # Move each edge behind the values equal to the one before it.
    edges = np.unique(np.searchsorted(values, values[edges - 1], side="right")).tolist()
    bins: list[tuple[int, int]] = []
    low = 0
    for high in edges:
        if high - low >= k and not _dominated(size[low:high]):
            bins.append((low, high))
            low = high
    if low < n and bins:  # the rest joins the last bin
        bins[-1] = (bins[-1][0], n)
    while len(bins) > 1 and _dominated(size[bins[-1][0] : n]):
        bins[-2:] = [(bins[-2][0], n)]
    if not bins or _dominated(size[bins[-1][0] : n]):
        return []
    return [
        (
            round(high / n, 4),
            float(f"{values[low:high].sum() / (high - low):.4g}"),
            int(values[low] == values[high - 1]),
        )
        for low, high in bins
    ]


def without_ends(values: Floats) -> Floats:
    """Return three values or more, the two at each end taken for the next.

    Examples
    --------
    >>> without_ends(np.array([5.0, 1.0, 7.0, 900.0, 6.0, 2.0, 8.0])).tolist()
    [5.0, 5.0, 7.0, 7.0, 6.0, 5.0, 7.0]
    """
    return values.clip(*_ends(np.sort(values)))


def _ends(line: Floats) -> tuple[float, float]:
    """Return what the smallest and the largest of sorted values are taken for."""
    return line[min(ENDS, len(line) // 2)], line[max(-ENDS - 1, -len(line) // 2)]


def _edges(n: int, k: int) -> Ints:
    """Return bin edges: two more than k people at both ends, wider towards the middle."""
    widest = max(k, n // BINS)
    ends, width, at = [], k, k + ENDS
    while at < n // 2:
        ends.append(at)
        width = min(int(width * 1.5), widest)
        at += width
    return np.array(sorted({*ends, *(n - end for end in ends), n}), dtype=np.int64)


def _dominated(size: Floats) -> bool:
    # Of values in order: the largest are at the ends.
    far = sorted([size.item(0), size.item(1), size.item(-2), size.item(-1)])
    (one, two), total = BIN_DOMINANCE, float(size.sum())
    return bool(far[-1] > one * total or far[-1] + far[-2] > two * total)
