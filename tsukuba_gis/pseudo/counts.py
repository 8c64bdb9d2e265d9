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

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray
    from scipy.sparse import csc_array, csr_array

    from tsukuba_gis.pseudo.cells import Family

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]

# A cost apart from the raked value by more than one person is never worth a saving.
_FAR = 20.0
_ROUNDS = 30
# How far from the cheapest a solution in whole numbers may be, in its cost.
_GAP = 0.1


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
    left = [
        (codes[free], wanted - np.bincount(codes[~free], x[~free], minlength=len(wanted)))
        for codes, wanted in aims
    ]
    rest = x[free]
    for _ in range(_ROUNDS):
        for codes, wanted in left:
            now = np.bincount(codes, rest, minlength=len(wanted))
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.where(np.isfinite(wanted) & (now > 0), wanted / now, 1.0)
            rest *= np.maximum(ratio, 0.0)[codes]
    x[free] = rest
    return x


def whole_numbers(
    target: Floats,
    matrix: csr_array,
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
    cost *= np.tile(np.ones(n) if weight is None else weight, 3)
    upper = np.concatenate([np.ones(n), base, np.full(n, np.inf)])
    wide = hstack([matrix, -matrix, matrix], format="csc")
    asked = np.zeros(n, dtype=bool)
    asked[[] if whole is None else whole] = True
    # Most cheapest vertices are whole unasked, and found in a fraction of the time; where one is
    # not, wholeness is asked of some, then of all.
    for integral in (np.zeros(n, dtype=bool), asked, np.ones(n, dtype=bool)):
        solved = _solved(cost, wide, right - matrix @ base, upper, np.tile(integral, 3))
        if solved is None:
            break
        found = base + solved[:n] - solved[n : 2 * n] + solved[2 * n :]
        rounded: Ints = np.rint(found).astype(np.int64)
        fits = np.abs(matrix @ rounded - right).max(initial=0) < 0.5
        if fits and np.abs(found - rounded).max(initial=0) < 1e-6:
            return rounded
    raise DisclosureError("pseudo_not_feasible")


def _solved(
    cost: Floats, matrix: csc_array, right: Floats, upper: Floats, whole: Bools
) -> Floats | None:
    """Return the cheapest x of 0 … upper with matrix · x = right, some of it in whole numbers.

    None if there is none. Called by itself, not through ``scipy.optimize``, which
    takes longer to import than a city's programs to solve.
    """
    import highspy

    rows, n = matrix.shape
    problem = highspy.HighsLp()
    problem.num_col_, problem.num_row_ = n, rows
    problem.col_cost_, problem.col_lower_, problem.col_upper_ = cost, np.zeros(n), upper
    problem.row_lower_ = problem.row_upper_ = right
    problem.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    problem.a_matrix_.start_ = matrix.indptr
    problem.a_matrix_.index_ = matrix.indices
    problem.a_matrix_.value_ = matrix.data
    if whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        problem.integrality_ = [kinds[int(asked)] for asked in whole]
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    # The cheapest but for the gap will do: the costs are lots. It is found without the
    # solver's heuristics, which take most of its time.
    options: dict[str, Any] = {
        "log_to_console": False, "output_flag": False, "threads": 1,
        "mip_rel_gap": _GAP, "mip_heuristic_effort": 0.0,
        "mip_heuristic_run_feasibility_jump": False,
    }  # fmt: skip
    if not whole.any():  # a program this small is solved before it is simplified
        options.update({"solver": "simplex", "presolve": "off"})
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.passModel(problem)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.asarray(solver.getSolution().col_value, dtype=np.float64)


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
    # Numbers of 16 bits are sorted digit by digit, many times faster.
    line = codes.astype(np.uint16) if codes.max(initial=0) < 2**16 else codes
    return lot[np.argsort(line[lot], kind="stable")]


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
    code, most = np.zeros(len(rows), dtype=np.int64), 1
    for column in rows.T:
        span = int(column.max(initial=0)) + 1
        if most * span > 2**62:  # full: codes are numbered anew
            code = np.unique(code, return_inverse=True)[1].astype(np.int64)
            most = int(code.max(initial=0)) + 1
        code, most = code * span + column, most * span
    first, place, number = np.unique(
        code, return_index=True, return_inverse=True, return_counts=True
    )[1:]
    return rows[first], place, number


def one_thread() -> AbstractContextManager[Any]:
    """Return a context in which linear algebra uses one thread.

    Its matrices are small: threads cost more than they save, and the last
    digits of a sum would depend on how many there are, and with them a draw.
    """
    from threadpoolctl import threadpool_limits

    return cast("AbstractContextManager[Any]", threadpool_limits(limits=1, user_api="blas"))
