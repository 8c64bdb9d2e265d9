"""Programs: the whole numbers nearest to a target that satisfy equations.

A linear program, and where wholeness does not follow, a short search over its
branches. All limits are numbers of programs, never seconds, so that the outcome
is the same on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csc_array, csr_array

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]

# A cost apart from the raked value by more than one person is never worth a saving.
_FAR: Final = 20.0
# How far from the cheapest a solution in whole numbers may be, in its cost.
_GAP: Final = 0.1
# Programs of a search, if it has found something; if it has not.
_ENOUGH: Final = 100
_MOST: Final = 1000
_TOLERANCE: Final = 1e-6


class Program:
    """The whole numbers nearest to a target that satisfy equations, as a program kept open.

    x = base + one − less + more, where ``one`` is dear or cheap by lot and the
    others are last resorts. A next program starts from where the last one ended.
    Called by itself, not through ``scipy.optimize``, which takes longer to
    import than a city's programs to solve.

    Parameters
    ----------
    target
        Not negative.
    matrix, right
        Equations.
    rng
        Decides who is rounded up.
    weight
        What a difference from the target matters, variable by variable; 1 if None.
    steps
        How many steps up from the target rounded down cost little; 1 if None.
    """

    def __init__(
        self, target: Floats, matrix: csc_array | csr_array, right: Floats,
        rng: np.random.Generator, *, weight: Floats | None = None, steps: Floats | None = None,
    ) -> None:  # fmt: skip
        import highspy

        n = self.size = len(target)
        self.base = np.floor(target + 1e-9)
        part = np.clip(target - self.base, 0.0, 1.0)
        lots = [
            (0.5 - part) + rng.uniform(-0.5, 0.5, n),
            _FAR + rng.random(n),
            _FAR + rng.random(n),
        ]
        self.cost = np.concatenate(lots) * np.tile(np.ones(n) if weight is None else weight, 3)
        ones = np.ones(n) if steps is None else steps
        self.upper = np.concatenate([ones, self.base, np.full(n, highspy.kHighsInf)])
        columns = matrix.tocsc()
        starts = [columns.indptr[:-1] + part * columns.nnz for part in range(3)]
        starts.append(np.array([3 * columns.nnz]))
        left = right - columns @ self.base
        self.solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        # A program this small is solved before it is simplified.
        self._set(log_to_console=False, output_flag=False, threads=1)
        self._set(solver="simplex", presolve="off")
        # As arrays, which are read as they are; an object of the solver's copies number by number.
        by_column, least = highspy.MatrixFormat.kColwise, highspy.ObjSense.kMinimize
        self.solver.passModel(
            3 * n, len(right), 3 * columns.nnz, int(by_column), int(least), 0.0,
            self.cost, np.zeros(3 * n), self.upper, left, left,
            np.concatenate(starts).astype(np.int32), np.tile(columns.indices, 3).astype(np.int32),
            np.concatenate([columns.data, -columns.data, columns.data]),
            np.zeros(3 * n, dtype=np.int32),
        )  # fmt: skip
        self.best = highspy.HighsModelStatus.kOptimal

    def _set(self, **options: Any) -> None:
        for name, value in options.items():
            self.solver.setOptionValue(name, value)

    def solve(self) -> Floats | None:
        """Return the nearest x; None if there is none."""
        self.solver.run()
        if self.solver.getModelStatus() != self.best:
            return None
        self.steps = np.asarray(self.solver.getSolution().col_value, dtype=np.float64)
        one, less, more = self.steps.reshape(3, self.size)
        found: Floats = self.base + one - less + more
        return found

    def whole(self, asked: Ints) -> Floats | None:
        """Return a near x of which those asked for are whole, by the solver's own search."""
        import highspy

        kinds = np.full(3 * self.size, highspy.HighsVarType.kContinuous)
        for part in range(3):
            kinds[asked + part * self.size] = highspy.HighsVarType.kInteger
        every = np.arange(len(kinds), dtype=np.int32)
        self.solver.changeColsIntegrality(len(kinds), every, kinds)
        # The cheapest but for the gap will do: the costs are lots. It is found without the
        # solver's heuristics, which take most of its time.
        self._set(solver="choose", presolve="choose", mip_rel_gap=_GAP)
        self._set(mip_heuristic_effort=0.0, mip_heuristic_run_feasibility_jump=False)
        return self.solve()

    def confine(self, places: Ints, low: Floats, high: Floats) -> None:
        """Keep some variables between whole bounds."""
        low, high = low - self.base[places], high - self.base[places]
        columns = np.concatenate([places + part * self.size for part in range(3)])
        least = [low >= 1, np.maximum(-high, 0), np.maximum(low - 1, 0)]
        most = [high >= 1, np.maximum(-low, 0), np.maximum(high - 1, 0)]
        self.solver.changeColsBounds(
            len(columns), columns.astype(np.int32),
            np.concatenate(least).astype(np.float64), np.concatenate(most).astype(np.float64),
        )  # fmt: skip

    def search(self, asked: Ints, rank: Floats) -> Ints | None:
        """Return the variables asked for as whole numbers of a near x; None if none is found soon.

        Branch and bound, deep first and to the nearer side: of those not whole
        the one of highest rank is branched on. Ends within the gap of the
        cheapest, or after so many programs with the best so far.

        References
        ----------
        Land and Doig 1960, doi:10.2307/1910129.
        """
        found: Ints | None = None
        bound, least, number = np.inf, -np.inf, 0
        open_ = [(np.zeros(len(asked)), np.full(len(asked), self.upper[-1]))]
        while open_ and number < (_MOST if found is None else _ENOUGH):
            low, high = open_.pop()
            self.confine(asked, low, high)
            x, number = self.solve(), number + 1
            if x is None:
                continue
            cost = float(self.cost @ self.steps)
            least = cost if number == 1 else least
            if cost >= bound - _GAP * abs(bound):
                continue
            apart = np.abs(x[asked] - np.rint(x[asked]))
            if apart.max(initial=0) < _TOLERANCE:
                found, bound = np.rint(x[asked]).astype(np.int64), cost
                if bound - least <= _GAP * abs(bound):
                    break
                continue
            line = np.where(apart > _TOLERANCE, rank, -1.0)
            branch = np.lexsort((apart, line))[-1]
            value = x[asked[branch]]
            below, above = high.copy(), low.copy()
            below[branch], above[branch] = np.floor(value), np.ceil(value)
            sides = [(low, below), (above, high)]
            open_ += sides if value - np.floor(value) > 0.5 else sides[::-1]
        return found
