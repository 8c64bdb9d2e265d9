"""Which cells of a table by area are hidden: as few as the rules allow, cluster by cluster.

Giving up one cell after the other (:func:`tsukuba_gis.pseudo.tables.cells.protect`) is
safe, but hides more than is needed. An integer program chooses all at once, among
the cells of those areas that have to hide something anyway, so that it is small.

Of every cell, of n persons in u households, x = 1 where it is hidden. What is hidden of a
known total has to be nobody (s = 0), or k persons of m households in two cells or more:

    s >= x of each cell that holds somebody;
    sum of n x >= k s;  sum of u x >= m s;  sum of x >= 2 s.

Totals are, for wide groups, the area's and the cluster's; for bands, the cluster's and the
wide group's, where that is shown; and for bands whose wide group is hidden, the area's and
the cluster's less the wide groups that are shown.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.pseudo.tables.cells import protect, showable

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from tsukuba_gis.pseudo.tables.cells import Family, Rules

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]

# What hiding costs, if a band costs 1: two wide groups that count only together, more than all
# bands of a cluster; a wide group, for each step of its worth, so little that bands go first.
_PAIR: Final = 1000.0
_WIDE: Final = 0.25
# Where no choice is proved to be the best in so many steps, the best one found will do.
_STEPS: Final = 2000
_TOLERANCE: Final = 1e-6


def hide_less(table: Family, leaf_values: Floats, leaf_units: Floats, rules: Rules) -> None:
    """Show more of a table by area, where a better choice of the cells to hide is found.

    Parameters
    ----------
    table
        By area, with wide groups and bands, and protected; its ``values`` are written.
    leaf_values, leaf_units, rules
        What it was protected with. Of the ``worth`` of its wide groups, 2 marks those of
        an area that count only together.

    Notes
    -----
    ``protect`` runs again over what was chosen: nothing is shown that it would not show. A
    cluster in which no better choice is found stays as it was.

    What a cell costs does not depend on its count. Cells given up smallest first are told to be
    small by that; of those chosen here nothing follows but what the rules ask.
    """
    program, cells = _rules_of(table, leaf_values, leaf_units, rules)
    hidden = program.cheapest()
    allowed = dict(rules.allowed)
    for name, own in cells.items():
        allowed[name] = np.isfinite(table.values[name])
        allowed[name][own.code] = ~hidden[own.x]
    protect(table, leaf_values, leaf_units, dataclasses.replace(rules, allowed=allowed))


@dataclasses.dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Cells:
    """The cells of a level that take part: those of areas that hide something.

    ``code`` is the number of each in the table, ``x`` its variable; ``of`` tells, for a total,
    which of its cells each is part of, and ``k`` what the threshold of that one is.
    """

    code: Ints
    x: Ints
    persons: Floats
    units: Floats
    of: dict[str, Ints]
    k: dict[str, Floats]


def _rules_of(
    table: Family, leaf_values: Floats, leaf_units: Floats, rules: Rules
) -> tuple[_Program, dict[str, _Cells]]:
    """Return the program of a table, and the cells of its two levels in it."""
    wide, column = table.level("leaf").parents
    totals = table.level(wide).parents
    worth = rules.worth.get(wide, np.zeros(table.size(wide)))
    hides = np.zeros(table.size("area"), dtype=bool)
    for name in (wide, "leaf"):
        hides[table.codes["area"][~np.isfinite(table.values[name])[table.codes[name]]]] = True
    program, cells = _Program(rules.units), {}
    for name, cost in ((wide, _WIDE * worth), ("leaf", np.ones(table.size("leaf")))):
        first = table.first(name)
        code = np.flatnonzero(hides[table.codes["area"][first]])
        may, threshold = showable(table, name, leaf_values, leaf_units, rules)
        may &= rules.allowed.get(name, True)
        now = ~np.isfinite(table.values[name][code])
        cluster = table.leaves.cluster.to_numpy()[first[code]]
        k = {total: np.zeros(table.size(total)) for total in (*totals, wide, column)}
        for total, least in k.items():
            np.maximum.at(least, table.codes[total][first], np.nan_to_num(threshold, posinf=0.0))
        cells[name] = _Cells(
            code=code, x=program.variables(cluster, cost[code], ~may[code], now),
            persons=table.total(name, leaf_values)[code],
            units=table.total(name, leaf_units)[code],
            of={total: table.codes[total][first[code]] for total in k}, k=k,
        )  # fmt: skip
    groups, bands = cells[wide], cells["leaf"]
    above = groups.x[np.searchsorted(groups.code, bands.of[wide])]
    both = program.both(bands.x, above)
    for total in totals:
        program.left_over(groups, total, groups.x)
        program.left_over(bands, total, both)
    program.left_over(bands, column, bands.x)
    program.left_over(bands, wide, bands.x, unless=above)
    pairs = worth[groups.code] == 2
    program.together(groups.x[pairs], groups.of["area"][pairs])
    return program, cells


class _Program:
    """Yes-or-no variables of all clusters in one numbering, and what sums of them must reach.

    Of each variable: its cluster, what 1 costs, whether it has to be 1, whether it is 1 now, and
    whether it has to be asked to be a whole number; of others that follows.
    """

    def __init__(self, units: int) -> None:
        self.units = units
        self.cluster = np.zeros(0, dtype=np.int64)
        self.cost = np.zeros(0)
        self.sure, self.now, self.whole = (np.zeros(0, dtype=bool) for _ in range(3))
        self.entries: list[tuple[Ints, Ints, Floats]] = []
        self.right: list[Floats] = []
        self.height = 0

    def variables(
        self, cluster: Ints, cost: Floats, sure: Bools, now: Bools, *, whole: bool = True
    ) -> Ints:
        """Return the numbers of new variables."""
        self.cluster = np.append(self.cluster, cluster)
        self.cost = np.append(self.cost, cost)
        self.sure = np.append(self.sure, sure)
        self.now = np.append(self.now, now)
        self.whole = np.append(self.whole, np.full(len(now), whole))
        return np.arange(len(self.now) - len(now), len(self.now))

    def _following(self, one: Ints, now: Bools, cost: float = 0.0) -> Ints:
        """Return new variables that follow from others, of which ``one`` are in their clusters."""
        n = len(now)
        never = np.zeros(n, dtype=bool)
        return self.variables(self.cluster[one], np.full(n, cost), never, now, whole=False)

    def _at_least(self, right: Floats, *terms: tuple[Ints, Ints, Any]) -> None:
        """Ask that sums of (row, variable, factor) reach a number."""
        for row, variable, factor in terms:
            self.entries.append((row + self.height, variable, np.broadcast_to(factor, len(row))))
        self.right.append(right)
        self.height += len(right)

    def left_over(self, cells: _Cells, total: str, x: Ints, *, unless: Ints | None = None) -> None:
        """Ask that the hidden cells of each total hold nobody, or enough, unless it is hidden."""
        of, first, group = np.unique(cells.of[total], return_index=True, return_inverse=True)
        held = np.flatnonzero(cells.persons > 0)
        counted = self.now[x[held]]
        if unless is not None:
            counted = counted & ~self.now[unless[held]]
        some = self._following(x[first], np.bincount(group[held], counted, len(of)) > 0)
        row = np.arange(len(held))
        terms = [(row, some[group[held]], 1.0), (row, x[held], -1.0)]
        if unless is not None:
            terms.append((row, unless[held], 1.0))
        self._at_least(np.zeros(len(row)), *terms)
        for number, least in (
            (cells.persons, cells.k[total][of]), (cells.units, self.units), (1.0, 2.0),
        ):  # fmt: skip
            # Less what is hidden anyway; and of one cell no more counts than is missing. For yes
            # or no that is the same rule; for shares it asks for more, so that few are tried.
            each = np.broadcast_to(number, len(x))
            missing = np.maximum(least - np.bincount(group, each * self.sure[x], len(of)), 0.0)
            factor = np.where(self.sure[x], 0.0, np.minimum(each, missing[group]))
            self._at_least(
                np.zeros(len(of)), (group, x, factor), (np.arange(len(of)), some, -missing)
            )

    def both(self, one: Ints, other: Ints) -> Ints:
        """Return variables that are 1 where two others are."""
        both, row = self._following(one, self.now[one] & self.now[other]), np.arange(len(one))
        self._at_least(np.zeros(len(row)), (row, one, 1.0), (row, both, -1.0))
        self._at_least(np.zeros(len(row)), (row, other, 1.0), (row, both, -1.0))
        self._at_least(-np.ones(len(row)), (row, both, 1.0), (row, one, -1.0), (row, other, -1.0))
        return both

    def together(self, x: Ints, group: Ints) -> None:
        """Let a group cost what a pair does if any of it is 1."""
        of, first, group = np.unique(group, return_index=True, return_inverse=True)
        lost = self._following(x[first], np.bincount(group, self.now[x], len(of)) > 0, _PAIR)
        row = np.arange(len(x))
        self._at_least(np.zeros(len(row)), (row, lost[group], 1.0), (row, x, -1.0))

    def cheapest(self) -> Bools:
        """Return which variables are 1 in the cheapest choice found, cluster by cluster."""
        from scipy.sparse import csr_array

        row, column, factor = (np.concatenate(part) for part in zip(*self.entries, strict=True))
        shape = (self.height, len(self.now))
        matrix, right = csr_array((factor, (row, column)), shape=shape), np.concatenate(self.right)
        of_row = self.cluster[matrix.indices[matrix.indptr[:-1]]]
        chosen, place = self.now.copy(), np.zeros(len(self.now), dtype=np.int64)
        for cluster in np.unique(self.cluster):
            own, rows = np.flatnonzero(self.cluster == cluster), np.flatnonzero(of_row == cluster)
            place[own] = np.arange(len(own))
            part = matrix[rows]
            part = csr_array((part.data, place[part.indices], part.indptr), (len(rows), len(own)))
            now = float(self.cost[own] @ self.now[own])
            found = _cheapest(
                self.cost[own], part, right[rows], self.sure[own], self.whole[own], now
            )
            if found is not None:
                chosen[own] = found
        return chosen


def _cheapest(
    cost: Floats, matrix: csr_array, least: Floats, sure: Bools, whole: Bools, now: float
) -> Bools | None:
    """Return the cheapest yes-or-no x with matrix · x >= least, None if it costs as much as now."""
    import highspy

    problem = highspy.HighsLp()
    problem.num_col_, problem.num_row_ = len(cost), len(least)
    problem.col_cost_, problem.col_lower_ = cost, sure.astype(np.float64)
    problem.col_upper_ = np.ones(len(cost))
    problem.row_lower_, problem.row_upper_ = least, np.full(len(least), highspy.kHighsInf)
    problem.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    problem.a_matrix_.start_, problem.a_matrix_.index_ = matrix.indptr, matrix.indices
    problem.a_matrix_.value_ = matrix.data
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    options: dict[str, Any] = {
        "log_to_console": False, "output_flag": False, "threads": 1, "presolve": "off",
        "solver": "simplex", "mip_rel_gap": 0.0, "mip_abs_gap": _WIDE / 2,
        "mip_max_nodes": _STEPS, "mip_heuristic_effort": 0.0,
        "mip_heuristic_run_feasibility_jump": False,
    }  # fmt: skip
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.passModel(problem)
    solver.run()  # in shares of a cell: as a rule all are 0 or 1 unasked
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None  # the totals themselves tell too much
    shares = np.asarray(solver.getSolution().col_value)
    # Costs are steps of _WIDE: less than one is no saving.
    enough = now - _WIDE + _TOLERANCE
    if cost @ shares > enough:
        return None
    if np.abs(shares - np.rint(shares)).max() > _TOLERANCE:
        asked = np.flatnonzero(whole).astype(np.int32)
        kinds = np.full(len(asked), highspy.HighsVarType.kInteger)
        solver.changeColsIntegrality(len(asked), asked, kinds)
        solver.run()
        shares = np.asarray(solver.getSolution().col_value)
    found: Bools = shares > 0.5
    # Where the steps were used up nothing may have been found.
    kept = len(found) == len(cost) and (matrix @ found >= least - _TOLERANCE).all()
    return found if kept and cost @ found <= enough else None
