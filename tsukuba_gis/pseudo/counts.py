"""Whole numbers of people that fit every published cell.

First raking (iterative proportional fitting) of all leaves to all published
cells: the most even table that agrees with them. Then whole numbers by a linear
program: stay within one of the raked value, agree exactly, and let a random
part of the costs, drawn from the key, decide who is rounded up. The true table
agrees with all cells, so that there always is a solution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.pseudo.program import Program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray
    from scipy.sparse import csc_array, csr_array

    from tsukuba_gis.pseudo.tables.cells import Family

    Ints = NDArray[Any]
    Floats = NDArray[Any]

_ROUNDS = 30


def rake(
    table: Family, *, seed: Floats | None = None, guessed: Mapping[str, Floats] | None = None
) -> Floats:
    """Return leaf values that agree (nearly) with all published cells, as evenly as can be.

    Parameters
    ----------
    table
        With its published values.
    seed
        What to start from; ones if None.
    guessed
        Values of further cells, level by level, that are likely but not
        published (NaN: no guess): met before the published ones, which win.

    References
    ----------
    Deming and Stephan 1940, doi:10.1214/aoms/1177731829.
    """
    x = np.ones(len(table.leaves)) if seed is None else seed.astype(np.float64).copy()
    levels = [level.name for level in table.levels if np.isfinite(table.values[level.name]).any()]
    # Published leaves are what they are: raking is of what is left of each total to the others.
    free = np.ones(len(x), dtype=bool)
    for name in levels:
        codes, values = table.codes[name], table.values[name]
        alone = np.bincount(codes, minlength=len(values))[codes] == 1
        told = alone & np.isfinite(values[codes])
        x[told], free[told] = values[codes[told]], False
    # The finest published cells come last and so are met best.
    aims = [(table.codes[name], table.values[name]) for name in sorted(levels, key=table.size)]
    aims = [(table.codes[name], values) for name, values in (guessed or {}).items()] + aims
    left = []
    for codes, wanted in aims:
        others = wanted - np.bincount(codes[~free], x[~free], minlength=len(wanted))
        left.append((codes[free], np.maximum(others, 0.0), np.isfinite(others)))
    rest = x[free]
    for _ in range(_ROUNDS):
        for codes, wanted, known in left:
            now = np.bincount(codes, rest, minlength=len(wanted))
            ratio = np.divide(wanted, now, out=np.ones(len(now)), where=known & (now > 0))
            rest *= ratio[codes]
    x[free] = rest
    return x


def whole_numbers(
    target: Floats,
    matrix: csc_array | csr_array,
    right: Floats,
    rng: np.random.Generator,
    *,
    whole: Ints | None = None,
    weight: Floats | None = None,
) -> Ints:
    """Return whole numbers near a target that satisfy equations exactly.

    Parameters
    ----------
    target
        Not negative.
    matrix, right
        Equations that some table of whole numbers satisfies.
    rng
        Decides who is rounded up.
    whole
        Variables whose wholeness has to be asked for; of the others it follows,
        because the equations are two nested families (totally unimodular).
    weight
        What a difference from the target matters, variable by variable; 1 if None.

    Raises
    ------
    DisclosureError
        If nothing satisfies the equations: the statistics file was altered.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> rng = np.random.Generator(np.random.Philox(1))
    >>> x = whole_numbers(np.array([1.5, 1.5]), csr_array([[1.0, 1.0]]), np.array([3.0]), rng)
    >>> sorted(x.tolist())
    [1, 2]
    """
    program = Program(target, matrix, right, rng, weight=weight)
    # Most cheapest vertices are whole unasked, and found in a fraction of the time; where one is
    # not, wholeness is asked of some, then of all.
    every = np.arange(len(target))
    for asked in (every[:0], *([] if whole is None else [whole]), every):
        found = program.whole(asked) if len(asked) else program.solve()
        if found is None:
            break
        rounded: Ints = np.rint(found).astype(np.int64)
        fits = np.abs(matrix @ rounded - right).max(initial=0) < 0.5
        if fits and np.abs(found - rounded).max(initial=0) < 1e-6:
            return rounded
    raise DisclosureError("pseudo_not_feasible")


def apportion(weights: Floats, total: int, rng: np.random.Generator) -> Ints:
    """Return whole numbers with a given total, in proportion to weights; ties by lot.

    Examples
    --------
    >>> apportion(np.array([1.0, 1.0, 2.0]), 8, np.random.Generator(np.random.Philox(1))).tolist()
    [2, 2, 4]
    """
    if weights.sum() <= 0:
        weights = np.ones_like(weights)
    exact = weights * (total / weights.sum())
    whole = np.floor(exact + 1e-9).astype(np.int64)
    missing = total - int(whole.sum())
    order = np.lexsort((rng.random(len(weights)), -(exact - whole)))
    whole[order[:missing]] += 1
    counts: Ints = whole
    return counts


def unfold(counts: Ints) -> Ints:
    """Return each code as often as its count says.

    Examples
    --------
    >>> unfold(np.array([2, 0, 1])).tolist()
    [0, 0, 2]
    """
    return np.repeat(np.arange(len(counts)), counts)


def by_lot(codes: Ints, rng: np.random.Generator) -> Ints:
    """Return the places of whole numbers of 0 and above in rising order, equal ones by lot.

    Examples
    --------
    >>> order = by_lot(np.array([3, 0, 3, 1]), np.random.Generator(np.random.Philox(1)))
    >>> order[:2].tolist(), sorted(order[2:].tolist())
    ([1, 3], [0, 2])
    """
    lot = rng.permutation(len(codes))
    return lot[in_order(codes[lot])]


def in_order(codes: Ints) -> Ints:
    """Return the places of whole numbers of 0 and above in rising order, equal ones as they come.

    Examples
    --------
    >>> in_order(np.array([70000, 0, 70000, 1])).tolist()
    [1, 3, 0, 2]
    """
    # By 16 bits at a time, the last first: these are sorted digit by digit, many times faster.
    order: Ints = np.argsort(codes.astype(np.uint16), kind="stable")
    most, shift = int(codes.max(initial=0)), 16
    while most >> shift:
        part = (codes[order] >> shift).astype(np.uint16)
        order, shift = order[np.argsort(part, kind="stable")], shift + 16
    return order


def ranking(line: Floats) -> Ints:
    """Return the places of numbers in rising order; those a 4-billionth of all apart as they come.

    Examples
    --------
    >>> ranking(np.array([0.5, -1.0, 3.0, 0.5])).tolist()
    [1, 0, 3, 2]
    """
    if len(line) == 0:
        return np.zeros(0, dtype=np.int64)
    low = line.min()
    span = (line.max() - low) or 1.0
    # Numbers are sorted faster than their places: each takes its place along, in its last 32 bits.
    key = ((line - low) / span * (2**32 - 1)).astype(np.uint64) << np.uint64(32)
    key |= np.arange(len(line), dtype=np.uint64)
    key.sort()
    places: Ints = (key & np.uint64(2**32 - 1)).astype(np.int64)
    return places


def dense(codes: Ints) -> Ints:
    """Return whole numbers of 0 and above numbered anew from 0, without gaps, in their order.

    Examples
    --------
    >>> dense(np.array([7, 3, 7, 9])).tolist()
    [1, 0, 1, 2]
    """
    numbers: Ints = np.cumsum(np.bincount(codes) > 0) - 1
    return numbers[codes]


def packed(rows: Ints) -> Ints:
    """Return one code a row of whole numbers of 0 and above, in the order of the rows.

    Examples
    --------
    >>> packed(np.array([[1, 2], [0, 3], [1, 2]])).tolist()
    [6, 3, 6]
    """
    code, most = np.zeros(len(rows), dtype=np.int64), 1
    for column in rows.T:
        span = int(column.max(initial=0)) + 1
        if most * span > 2**62:  # full: codes are numbered anew
            code = np.unique(code, return_inverse=True)[1].astype(np.int64)
            most = int(code.max(initial=0)) + 1
        code, most = code * span + column, most * span
    return code


def distinct(rows: Ints) -> tuple[Ints, Ints, Ints]:
    """Return rows each once, in order; the number of each row among them; how often each occurs.

    As ``numpy.unique`` over rows does, many times faster for small whole numbers
    of 0 and above: columns are packed into one code.

    Examples
    --------
    >>> once, place, number = distinct(np.array([[1, 2], [0, 3], [1, 2]]))
    >>> once.tolist(), place.tolist(), number.tolist()
    ([[0, 3], [1, 2]], [1, 0, 1], [1, 2])
    """
    first, place, number = np.unique(
        packed(rows), return_index=True, return_inverse=True, return_counts=True
    )[1:]
    return rows[first], place, number


def one_thread() -> AbstractContextManager[Any]:
    """Return a context in which linear algebra uses one thread.

    Its matrices are small: threads cost more than they save, and the last
    digits of a sum would depend on how many there are, and with them a draw.
    """
    from threadpoolctl import threadpool_limits

    return cast("AbstractContextManager[Any]", threadpool_limits(limits=1, user_api="blas"))
