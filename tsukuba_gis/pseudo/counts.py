"""Whole numbers of people that fit every published cell.

First raking (iterative proportional fitting) of all leaves to all published
cells: the most even table that agrees with them. Then whole numbers by a linear
program: stay within one of the raked value, agree exactly, and let a random
part of the costs, drawn from the key, decide who is rounded up. The true table
agrees with all cells, so that there always is a solution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.errors import DisclosureError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from tsukuba_gis.pseudo.cells import Family

    Ints = NDArray[Any]
    Floats = NDArray[Any]

# A cost apart from the raked value by more than one person is never worth a saving.
_FAR = 20.0
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
    # The finest published cells come last and so are met best.
    aims = [(table.codes[name], table.values[name]) for name in sorted(levels, key=table.size)]
    aims = [(table.codes[name], values) for name, values in (guessed or {}).items()] + aims
    for _ in range(_ROUNDS):
        for codes, wanted in aims:
            now = np.bincount(codes, x, minlength=len(wanted))
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.where(np.isfinite(wanted) & (now > 0), wanted / now, 1.0)
            x *= ratio[codes]
    return x


def whole_numbers(
    target: Floats,
    matrix: csr_array,
    right: Floats,
    rng: np.random.Generator,
    *,
    whole: Ints | None = None,
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
    # Long: one program: built, solved and, where its vertex is not whole, solved again.
    from scipy.optimize import linprog
    from scipy.sparse import hstack

    n = len(target)
    base = np.floor(target + 1e-9)
    part = np.clip(target - base, 0.0, 1.0)
    # x = base + one − less + more: "one" rounds up, the others are last resorts.
    cost = np.concatenate(
        [
            (0.5 - part) + rng.uniform(-0.5, 0.5, n),
            _FAR + rng.random(n),
            _FAR + rng.random(n),
        ]
    )
    upper = np.concatenate([np.ones(n), base, np.full(n, np.inf)])
    wide = hstack([matrix, -matrix, matrix], format="csc")
    wanted = right - matrix @ base
    for integral in (False, True):
        integrality = np.zeros(3 * n, dtype=np.int64)
        if integral:
            integrality[:] = 1
        elif whole is not None and len(whole):
            chosen = np.asarray(whole)
            integrality[np.concatenate([chosen, chosen + n, chosen + 2 * n])] = 1
        solved: Any = linprog(  # type: ignore[call-overload]
            cost, A_eq=wide, b_eq=wanted, bounds=np.column_stack([np.zeros(3 * n), upper]),
            method="highs" if integrality.any() else "highs-ds",
            integrality=integrality if integrality.any() else None,
            options={"mip_rel_gap": 0.02} if integrality.any() else {},
        )  # fmt: skip
        if solved.x is None:
            raise DisclosureError("pseudo_not_feasible")
        one, less, more = np.split(solved.x, 3)
        x = base + one - less + more
        found = np.rint(x)
        if (
            np.abs(x - found).max(initial=0) < 1e-6
            and np.abs(matrix @ found - right).max(initial=0) < 0.5
        ):
            whole_found: Ints = found.astype(np.int64)
            return whole_found
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
