"""Ward's clustering under contiguity: only neighbours are joined.

Ward, J. H. (1963) https://doi.org/10.1080/01621459.1963.10500845; under
contiguity: Murtagh, F. (1985) https://doi.org/10.1093/comjnl/28.1.82.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

# The two clusters that were joined; the t-th join makes cluster n + t.
Merges = list[tuple[int, int]]


def ward_merges(
    x: Floats, neighbours: list[list[int]], *, amount: Floats | None = None, floor: float = 0.0
) -> Merges:
    """Return the joins of Ward's method until no two clusters are neighbours.

    Each step joins the two neighbouring clusters whose union raises the sum
    of squares within least, ``ca·cb/(ca+cb)·‖mean_a − mean_b‖²``; ties go to
    the lower numbers, so that the order is always the same.

    Parameters
    ----------
    x
        Values, one row a zone.
    neighbours
        Row numbers of the neighbours of each zone, both ways.
    amount, floor
        With these, two clusters that both hold at least ``floor`` of
        ``amount`` are not joined: so it ends when every cluster holds it (or
        has no neighbour left).

    Returns
    -------
    list of pairs
        Without a floor n − 1 joins if the zones are connected, n − c if they
        fall into c parts.

    Examples
    --------
    >>> ward_merges(np.array([[0.0], [1.0], [9.0], [9.5]]), [[1], [0, 2], [1, 3], [2]])
    [(2, 3), (0, 1), (4, 5)]
    """
    n = len(x)
    sums = np.zeros((2 * n, x.shape[1]))
    sums[:n] = x
    count = np.zeros(2 * n)
    count[:n] = 1
    held = np.zeros(2 * n)
    held[:n] = 0.0 if amount is None else amount
    near = [set(members) for members in neighbours] + [set[int]() for _ in range(n)]
    alive = bytearray(b"\1" * n + b"\0" * n)
    heap = _first_costs(x, neighbours)
    merges: Merges = []
    while heap:
        _, a, b = heapq.heappop(heap)
        if not (alive[a] and alive[b]) or (amount is not None and min(held[a], held[b]) >= floor):
            continue
        new = n + len(merges)
        merges.append((a, b))
        alive[a] = alive[b] = 0
        alive[new] = 1
        sums[new] = sums[a] + sums[b]
        count[new] = count[a] + count[b]
        held[new] = held[a] + held[b]
        around = near[a] | near[b]
        around -= {a, b}
        near[new], near[a], near[b] = around, set(), set()
        if not around:
            continue
        others = sorted(around)
        for other in others:
            near[other] -= {a, b}
            near[other].add(new)
        gap = sums[others] / count[others, None] - sums[new] / count[new]
        weight = count[others] * count[new] / (count[others] + count[new])
        costs = weight * np.einsum("ij,ij->i", gap, gap)
        for cost, other in zip(costs.tolist(), others, strict=True):
            heapq.heappush(heap, (cost, other, new))
    return merges


def _first_costs(x: Floats, neighbours: list[list[int]]) -> list[tuple[float, int, int]]:
    low = np.repeat(np.arange(len(x)), [len(members) for members in neighbours])
    high = np.array([member for members in neighbours for member in members], dtype=np.int64)
    once = low < high
    low, high = low[once], high[once]
    costs = ((x[low] - x[high]) ** 2).sum(axis=1) / 2
    heap = list(zip(costs.tolist(), low.tolist(), high.tolist(), strict=True))
    heapq.heapify(heap)
    return heap


def cut(merges: Merges, n: int, k: int) -> Ints:
    """Return the cluster number (0 … k − 1) of each zone when k clusters are left.

    Examples
    --------
    >>> cut([(2, 3), (0, 1), (4, 5)], 4, 2).tolist()
    [1, 1, 0, 0]
    """
    parent = np.arange(2 * n)
    for step, (a, b) in enumerate(merges[: n - k]):
        parent[a] = parent[b] = n + step
    for cluster in range(2 * n - 1, -1, -1):
        parent[cluster] = parent[parent[cluster]]
    return np.unique(parent[:n], return_inverse=True)[1].astype(np.int64)
