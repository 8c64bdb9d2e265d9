"""Sets of zones that a permutation puts beside a zone: all of them listed, or drawn at random."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from itertools import permutations as orderings
from math import perm
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Ints = NDArray[np.int32]

# Members of draws, or weighted sums, held at a time: bounds the memory.
BLOCK: Final = 4_000_000
# Members of draws that are kept for the next indicator of the same zones (16 tables at most).
_KEPT: Final = 1_500_000


@lru_cache(maxsize=32)
def all_subsets(n: int, k: int) -> Ints:
    """Return all k-subsets of n zones, one a row, in lexicographic order."""
    table = np.empty((1, 0), dtype=np.int32)
    last = np.array([-1])
    for column in range(k):
        # Each row goes on with every higher zone that leaves enough for the columns to come.
        room = n - k + column - last
        rows = np.repeat(np.arange(len(table)), room)
        last = last[rows] + 1 + np.arange(len(rows)) - (np.cumsum(room) - room)[rows]
        table = np.column_stack([table[rows], last.astype(np.int32)])
    return _frozen(table)


@lru_cache(maxsize=32)
def all_sequences(n: int, k: int) -> Ints:
    """Return all sequences of k different zones of n, one a row."""
    members = chain.from_iterable(orderings(range(n), k))
    return _frozen(np.fromiter(members, dtype=np.int32, count=perm(n, k) * k).reshape(-1, k))


def _frozen(table: Ints) -> Ints:
    """Return a table by columns, which nobody can change: the caches hand out one array."""
    table = np.asfortranarray(table)
    table.flags.writeable = False
    return table


def random_draws(n: int, k: int, permutations: int, seed: int) -> Iterator[Ints]:
    """Yield blocks of random sequences of k + 1 different zones of n, ``permutations`` in all."""
    if 0 < permutations * (k + 1) <= _KEPT:
        return iter([kept_draws(n, k, permutations, seed)])
    return _new_draws(n, k, permutations, seed)


@lru_cache(maxsize=16)
def kept_draws(n: int, k: int, permutations: int, seed: int) -> Ints:
    """Return draws that the next indicator of the same zones will ask for too."""
    return _frozen(np.concatenate(list(_new_draws(n, k, permutations, seed))))


def _new_draws(n: int, k: int, permutations: int, seed: int) -> Iterator[Ints]:
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, k))))
    distinct = float(np.prod(1.0 - np.arange(k + 1) / n))
    # For large k nearly every row of independent draws would hold a repeat: shuffle then.
    draw = _distinct_rows if distinct > 0.2 else _shuffled_rows
    block = max(1, BLOCK // (k + 1 if distinct > 0.2 else n))
    for start in range(0, permutations, block):
        wanted = min(block, permutations - start)
        rows = [draw(rng, n, k + 1, wanted)]
        while (short := wanted - sum(map(len, rows))) > 0:
            rows.append(draw(rng, n, k + 1, int(short / distinct * 1.1) + 100))
        yield np.asfortranarray(np.concatenate(rows)[:wanted])


def _distinct_rows(rng: np.random.Generator, n: int, k: int, size: int) -> Ints:
    rows: Ints = rng.integers(n, size=(size, k), dtype=np.int32)
    columns = np.ascontiguousarray(rows.T)
    repeated = np.zeros(size, dtype=bool)
    for q in range(1, k):  # pair by pair: rows are short, and columns quick to compare
        for other in range(q):
            repeated |= columns[q] == columns[other]
    distinct: Ints = rows[~repeated]
    return distinct


def _shuffled_rows(rng: np.random.Generator, n: int, k: int, size: int) -> Ints:
    everyone = np.broadcast_to(np.arange(n, dtype=np.int32), (size, n))
    return rng.permuted(everyone, axis=1)[:, :k]
