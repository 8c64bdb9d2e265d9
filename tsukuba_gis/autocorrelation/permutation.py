"""p-values by conditional permutation, from draws that zones share.

Holding zone i fixed and permuting the rest, its k neighbours become a uniform
random k-subset of the other n − 1 zones (Anselin 1995,
https://doi.org/10.1111/j.1538-4632.1995.tb00338.x). Zones with the same k may
therefore read their p-values from one sorted list of subset sums, after
taking out the subsets that hold i itself: what is left is uniform over the
subsets of the others. Where the subsets are few, all of them are listed and
the p-value is exact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, combinations
from itertools import permutations as orderings
from math import comb, perm
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from scipy import sparse

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]

Alternative = Literal["two-sided", "directed"]

# All subsets are listed for so few zones and subsets; beyond, they are drawn.
EXACT_ZONES = 64
EXACT_SUBSETS = 200_000
# Sums that differ by less than this, relative to the largest value, count as equal.
TIE = 1e-10
# Weighted sums held at a time: bounds the memory.
_BLOCK = 4_000_000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tails:
    """How often a subset sum reached the observed one, by zone.

    ``at_least`` and ``at_most`` are shares of the reference set with the
    observed value counted in; ``floor`` is the smallest share that could
    have come out.
    """

    at_least: Floats = field(repr=False)
    at_most: Floats = field(repr=False)
    floor: Floats = field(repr=False)

    def p(self, alternative: Alternative) -> Floats:
        """Return p-values: two-sided is twice the smaller tail, directed the smaller tail itself.

        "directed" picks the tail after seeing the data, as GeoDa and esda do:
        it is half as large and no valid p-value; offered for comparison.
        """
        smaller = np.minimum(self.at_least, self.at_most)
        return smaller if alternative == "directed" else np.minimum(1.0, 2.0 * smaller)

    def p_floor(self, alternative: Alternative) -> Floats:
        """Return the smallest p-value that a zone could have."""
        return self.floor if alternative == "directed" else np.minimum(1.0, 2.0 * self.floor)


def sum_tails(
    values: Floats, sums: Floats, sizes: NDArray[np.intp], *, permutations: int, seed: int
) -> Tails:
    """Compare each zone's neighbour sum with the sums of random or all subsets of the others.

    Parameters
    ----------
    values
        Of all zones; they are what is permuted.
    sums
        Sum of the values of each zone's neighbours.
    sizes
        Number of neighbours, at least 1.
    permutations
        Subsets to draw for each zone, where not all are listed.
    seed
        Of the draws. Each number of neighbours has its own stream.

    Notes
    -----
    All zones of one size share the draws, so chance errors of their p-values
    go together; they are small at the default of 99,999.
    """
    n = len(values)
    at_least, at_most, floor = np.empty(n), np.empty(n), np.empty(n)
    tolerance = TIE * np.abs(values).max()
    for k in np.unique(sizes):
        zones = np.flatnonzero(sizes == k)
        exact = n <= EXACT_ZONES and comb(n - 1, int(k)) <= EXACT_SUBSETS
        subsets = _all_subsets(n, int(k)) if exact else _draws(n, int(k), permutations, seed)
        ge, le, size = _count(values, sums, zones, subsets, tolerance)
        extra = 0 if exact else 1  # the observed subset is already among all subsets
        at_least[zones] = (ge + extra) / (size + extra)
        at_most[zones] = (le + extra) / (size + extra)
        floor[zones] = 1 / (size + extra)
    return Tails(at_least=at_least, at_most=at_most, floor=floor)


def weighted_tails(
    values: Floats, matrix: sparse.csr_array[np.float64], *, permutations: int, seed: int
) -> Tails:
    """Compare each zone's weighted sum with those of random or all orderings of the others.

    As :func:`sum_tails`, for weights that differ within a zone: a draw is
    then a sequence, its q-th member meeting the zone's q-th weight. Slower,
    for zones no longer share the sums.
    """
    n = len(values)
    sizes = np.diff(matrix.indptr)
    at_least, at_most, floor = np.empty(n), np.empty(n), np.empty(n)
    observed: Floats = np.asarray(matrix @ values)
    for k in np.unique(sizes):
        zones = np.flatnonzero(sizes == k)
        rows = matrix[zones].data.reshape(len(zones), k)
        exact = n <= EXACT_ZONES and perm(n - 1, int(k)) <= EXACT_SUBSETS
        draws = _all_sequences(n, int(k)) if exact else _draws(n, int(k), permutations, seed)
        ge, le, size = _count_weighted(values, observed, zones, rows, draws)
        extra = 0 if exact else 1
        at_least[zones] = (ge + extra) / (size + extra)
        at_most[zones] = (le + extra) / (size + extra)
        floor[zones] = 1 / (size + extra)
    return Tails(at_least=at_least, at_most=at_most, floor=floor)


def _count_weighted(
    values: Floats, observed: Floats, zones: NDArray[np.intp], rows: Floats, draws: Ints
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    tolerance = TIE * np.abs(values).max() * np.abs(rows).sum(axis=1)
    low, high = observed[zones] - tolerance, observed[zones] + tolerance
    drawn = values[draws]
    ge, le = np.empty(len(zones), dtype=np.intp), np.empty(len(zones), dtype=np.intp)
    block = max(1, _BLOCK // len(draws))
    for start in range(0, len(zones), block):
        part = slice(start, start + block)
        sums = rows[part] @ drawn.T
        ge[part] = (sums >= low[part, None]).sum(axis=1)
        le[part] = (sums <= high[part, None]).sum(axis=1)
    size = np.full(len(zones), len(draws))
    place = np.full(len(values), -1)
    place[zones] = np.arange(len(zones))
    for member in draws.T:
        own = place[member]
        hit = own >= 0
        own = own[hit]
        total = np.einsum("dk,dk->d", drawn[hit], rows[own])
        size -= np.bincount(own, minlength=len(zones))
        ge -= np.bincount(own[total >= low[own]], minlength=len(zones))
        le -= np.bincount(own[total <= high[own]], minlength=len(zones))
    return ge, le, size


def has_equal_rows(matrix: sparse.csr_array[np.float64]) -> bool:
    """Tell whether the weights within every row are equal, up to rounding."""
    first = np.repeat(matrix.data[matrix.indptr[:-1]], np.diff(matrix.indptr))
    return bool((np.abs(matrix.data - first) <= 1e-12 * np.abs(first)).all())


def _count(
    values: Floats, sums: Floats, zones: NDArray[np.intp], subsets: Ints, tolerance: float
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Count subsets without the zone itself whose sum is at least, and at most, the zone's."""
    drawn = np.zeros(len(subsets))
    for member in subsets.T:
        drawn += values[member]
    low, high = sums[zones] - tolerance, sums[zones] + tolerance
    ordered = np.sort(drawn)
    ge = len(ordered) - np.searchsorted(ordered, low, side="left")
    le = np.searchsorted(ordered, high, side="right")
    size = np.full(len(zones), len(subsets))
    place = np.full(len(values), -1)
    place[zones] = np.arange(len(zones))
    for member in subsets.T:
        own = place[member]
        hit = own >= 0
        own, total = own[hit], drawn[hit]
        size -= np.bincount(own, minlength=len(zones))
        ge -= np.bincount(own[total >= low[own]], minlength=len(zones))
        le -= np.bincount(own[total <= high[own]], minlength=len(zones))
    return ge, le, size


@lru_cache(maxsize=32)
def _all_subsets(n: int, k: int) -> Ints:
    """Return all k-subsets of n zones, one a row."""
    members = chain.from_iterable(combinations(range(n), k))
    return _table(members, comb(n, k), k)


@lru_cache(maxsize=32)
def _all_sequences(n: int, k: int) -> Ints:
    """Return all sequences of k different zones of n, one a row."""
    return _table(chain.from_iterable(orderings(range(n), k)), perm(n, k), k)


def _table(members: Iterable[int], size: int, k: int) -> Ints:
    flat = np.fromiter(members, dtype=np.int32, count=size * k)
    table = np.asfortranarray(flat.reshape(size, k))
    table.flags.writeable = False  # the caches hand out one array
    return table


def _draws(n: int, k: int, permutations: int, seed: int) -> Ints:
    """Return random k-subsets of n zones, so many that about ``permutations`` lack any one zone."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, k))))
    wanted = int(np.ceil(permutations * n / (n - k))) if k < n else permutations
    distinct = float(np.prod(1.0 - np.arange(k) / n))
    if distinct < 0.2:
        # Large subsets: nearly every row of independent draws would hold a repeat.
        return _shuffled(rng, n, k, wanted)
    rows = [_distinct_rows(rng, n, k, int(wanted / distinct * 1.02) + 200)]
    while (have := sum(map(len, rows))) < wanted:
        rows.append(_distinct_rows(rng, n, k, int((wanted - have) / distinct * 1.02) + 200))
    return np.asfortranarray(np.concatenate(rows)[:wanted])


def _distinct_rows(rng: np.random.Generator, n: int, k: int, size: int) -> Ints:
    rows: Ints = rng.integers(n, size=(size, k), dtype=np.int32)
    ordered = np.sort(rows, axis=1)
    distinct: Ints = rows[(ordered[:, 1:] != ordered[:, :-1]).all(axis=1)]
    return distinct


def _shuffled(rng: np.random.Generator, n: int, k: int, size: int) -> Ints:
    rows = np.empty((size, k), dtype=np.int32, order="F")
    block = max(1, 4_000_000 // n)
    for start in range(0, size, block):
        stop = min(start + block, size)
        everyone: Ints = np.broadcast_to(np.arange(n, dtype=np.int32), (stop - start, n))
        rows[start:stop] = rng.permuted(everyone, axis=1)[:, :k]
    return rows


def benjamini_hochberg(p: Floats) -> Floats:
    """Return p-values adjusted for the false discovery rate; NaN stays NaN and is not counted.

    References
    ----------
    Benjamini & Hochberg (1995), https://doi.org/10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, np.nan])).round(12).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    adjusted = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    if len(tested):
        order = tested[np.argsort(p[tested], kind="stable")]
        ratio = p[order] * len(order) / np.arange(1, len(order) + 1)
        adjusted[order] = np.minimum(1.0, np.minimum.accumulate(ratio[::-1])[::-1])
    return adjusted
