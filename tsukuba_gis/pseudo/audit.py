"""Audit: what an attacker could work out from the statistics file, and the repair of it.

Every published number is a linear equation over the cells of the tables, and
tables that count the same people are tied to each other. Linear programs find
the range of every cell that is not published; where a range is too narrow, a
neighbouring cell is given up, until none is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.pseudo.keys import stream
from tsukuba_gis.pseudo.tables.equations import parts_of, system_of
from tsukuba_gis.pseudo.written import families, labelled

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.pseudo.tables.cells import Family
    from tsukuba_gis.pseudo.tables.equations import System

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

# Programs that push many cells at once, before cells are looked at one by one.
_TOGETHER: Final = 60
# Rounds of repair of one part; each gives up at least one cell, so few are needed.
_ROUNDS: Final = 200
# At most so many cells are looked at by themselves; more are given help unseen.
_ONE_BY_ONE: Final = 400
_TOLERANCE: Final = 1e-6


def audit(statistics: Statistics) -> Statistics:
    """Check a statistics file as an attacker would, and repair it until nothing follows.

    Parameters
    ----------
    statistics
        As measured.

    Returns
    -------
    Statistics
        The same file, with cells given up where the range of a hidden cell was
        narrower than k / 2 and touched 1 … k − 1; the findings are in its
        ``audit``, bound to the hash of its tables.

    Raises
    ------
    DisclosureError
        If the file holds a count of 1 … k − 1, or if its numbers contradict
        each other: it was altered.

    Notes
    -----
    Ranges are those of the linear relaxation, which holds the true table; a
    vertex found for one cell widens the known ranges of all others, so that few
    programs are needed. Tables are tied by the people they count in common:
    ages, care and users; roles, households and living; areas and clusters.

    In a cluster of few people the range of a cell may be narrow by the known
    totals alone (among 23 persons there are at most four households of five). Such a
    range, from 0 up to what anybody can work out from the population, says nothing
    of what was measured; it is counted by itself.
    """
    _small(statistics)
    city, tables = families(statistics)
    system = system_of(city, tables)
    searches = []
    given_up = 0
    for number, part in enumerate(parts_of(system)):
        search = _Search(part, statistics.spec.k)
        given_up += _repaired(search, tables, stream("audit", f"{number}"))
        searches.append(search)
    repaired = {name: labelled(table, city) for name, table in tables.items()}
    written = {name: repaired.get(name, table) for name, table in statistics.tables.items()}
    return _with(statistics, written, {**_findings(searches), "given_up": given_up})


def _repaired(search: _Search, tables: Mapping[str, Family], rng: np.random.Generator) -> int:
    """Give up cells of one part of the system until no range is narrow; return how many."""
    given_up = 0
    for _ in range(_ROUNDS):
        narrow = search.narrow(rng)
        if len(narrow) == 0:
            return given_up
        # These are seen to first: to look for others anew takes many programs.
        while len(narrow):
            gone = _to_give_up(search, narrow)
            for name, level, code in (search.system.label[cell] for cell in gone):
                tables[name].values[level][code] = np.nan
            search.release(gone)
            given_up += len(gone)
            narrow = np.intersect1d(narrow, search.open_cells()) if len(gone) else gone
    raise DisclosureError("pseudo_not_repaired")


def _findings(searches: list[_Search]) -> dict[str, Any]:
    """Return what the officer reads: numbers only."""
    found = [search.findings() for search in searches]
    total = {name: sum(part[name] for part in found) for name in found[0]}
    wide, touching = total.pop("at_least_k_wide"), total["hidden_open"]
    return {**total, "share_at_least_k_wide": round(wide / touching, 3) if touching else 1.0}


def _with(
    statistics: Statistics, tables: Mapping[str, pd.DataFrame], findings: Mapping[str, Any]
) -> Statistics:
    import dataclasses

    return dataclasses.replace(statistics, tables=dict(tables)).with_audit(findings)


def _small(statistics: Statistics) -> None:
    """Refuse a file with a count of 1 … k − 1."""
    for name, table in statistics.tables.items():
        for column in ("count", "persons", "households"):
            if column in table:
                values = table[column].to_numpy(dtype=np.float64)
                small = int(((values > 0) & (values < statistics.spec.k)).sum())
                if small and not (column == "households" and statistics.spec.household is None):
                    raise DisclosureError("pseudo_small_cell", table=name, n=small)


# ---- ranges --------------------------------------------------------------------


class _Search:
    """The ranges of hidden cells, widened by one vertex of the allowed tables after another.

    One linear program serves the whole audit: giving up a cell only frees its
    equation, so that ranges found before stay true, and every new aim starts
    from the last vertex.
    """

    def __init__(self, system: System, k: int) -> None:
        self.system, self.k = system, k
        self.shown = np.isfinite(system.values)
        self.low = np.where(self.shown, system.values, np.inf)
        self.high = np.where(self.shown, system.values, -np.inf)
        self.by_totals = np.zeros(len(self.shown), dtype=bool)
        self.programs = 0
        self.over = system.cells.T.tocsr()  # the cells that each leaf is in
        self._open(system)

    def _open(self, system: System) -> None:
        """Set up the program: leaves that are published are fixed columns, the rest rows."""
        import highspy
        from scipy.sparse import vstack

        n = system.cells.shape[1]
        size = np.diff(system.cells.indptr)
        self.column = np.where(size == 1, system.cells.indices[system.cells.indptr[:-1]], -1)
        self.row = np.full(len(size), -1)
        sums = np.flatnonzero(self.shown & (size > 1))
        self.row[sums] = np.arange(len(sums))
        matrix = vstack([system.cells[sums], system.ties]).tocsc()
        right = np.concatenate([system.values[sums], system.right])
        low, high = np.zeros(n), np.full(n, highspy.kHighsInf)
        fixed = np.flatnonzero(self.shown & (size == 1))
        low[self.column[fixed]] = high[self.column[fixed]] = system.values[fixed]
        problem = highspy.HighsLp()
        problem.num_col_, problem.num_row_ = n, len(right)
        problem.col_cost_ = np.zeros(n)
        problem.col_lower_, problem.col_upper_ = low, high
        problem.row_lower_ = problem.row_upper_ = right
        problem.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        problem.a_matrix_.start_ = matrix.indptr
        problem.a_matrix_.index_ = matrix.indices
        problem.a_matrix_.value_ = matrix.data
        self.solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        quiet = {"log_to_console": False, "output_flag": False}
        for name, value in {**quiet, "threads": 1, "simplex_strategy": 4}.items():
            self.solver.setOptionValue(name, value)
        self.solver.passModel(problem)
        self.infinite, self.best = highspy.kHighsInf, highspy.HighsModelStatus.kOptimal
        self.every = np.arange(n, dtype=np.int32)

    def release(self, cells: Ints) -> None:
        """Take cells out of the file: their equations no longer hold.

        A leaf that is a cell of two levels stays known until both are given up.
        """
        self.shown[cells] = False
        known = self.column[self.shown & (self.column >= 0)]
        for cell in cells:
            if self.column[cell] in known:
                continue
            if self.column[cell] >= 0:
                self.solver.changeColBounds(int(self.column[cell]), 0.0, self.infinite)
            else:
                self.solver.changeRowBounds(int(self.row[cell]), -self.infinite, self.infinite)

    def push(self, cells: Ints, weight: Floats) -> float:
        """Find the allowed table with the largest weighted cells; widen all ranges by it."""
        weights = np.zeros(len(self.shown))
        weights[cells] = weight
        cost = -(self.over @ weights)
        self.solver.changeColsCost(len(cost), self.every, cost)
        self.solver.run()
        self.programs += 1
        if self.solver.getModelStatus() != self.best:
            raise DisclosureError("pseudo_not_feasible")
        table = np.asarray(self.solver.getSolution().col_value, dtype=np.float64)
        values = self.system.cells @ table
        np.minimum(self.low, values, out=self.low)
        np.maximum(self.high, values, out=self.high)
        return float(-cost @ table)

    def bounds(self, cell: int) -> Ints:
        """Return the published cells that keep a cell from being larger, by their dual values."""
        self.push(np.array([cell]), np.ones(1))
        solution = self.solver.getSolution()
        rows = np.abs(np.asarray(solution.row_dual)) > _TOLERANCE
        columns = np.abs(np.asarray(solution.col_dual)) > _TOLERANCE
        tight = np.zeros(len(self.shown), dtype=bool)
        inside = self.row >= 0
        tight[inside] = rows[self.row[inside]]
        single = self.column >= 0
        tight[single] |= columns[self.column[single]]
        return np.flatnonzero(tight & self.shown)

    def open_cells(self) -> Ints:
        """Return the hidden cells whose range, as far as found, is too narrow."""
        wide = self.high - self.low >= self.k / 2 - _TOLERANCE
        return np.flatnonzero(~self.shown & ~self.by_totals & ~wide)

    def narrow(self, rng: np.random.Generator) -> Ints:  # noqa: C901 - four steps in a row
        """Return the hidden cells whose range is narrow and touches 1 … k − 1.

        All open cells are pushed up together, with random weights, as long as
        that helps. Those never seen above 0 are empty if their sum cannot be
        made positive; those never seen below k are large if their sum cannot
        be lessened. Few cells that are left are looked at one by one.
        """
        for number in range(_TOGETHER):
            cells = self.open_cells()
            if len(cells) == 0:
                return cells
            self.push(cells, rng.uniform(0.2, 1.0, len(cells)) * (-1 if number == 1 else 1))
            if number > 3 and len(cells) - len(self.open_cells()) < 3:
                break
        cells = self.open_cells()
        while True:
            empty = cells[self.high[cells] <= _TOLERANCE]
            if len(empty) == 0 or self.push(empty, np.ones(len(empty))) <= _TOLERANCE:
                break
        cells = self.open_cells()
        while True:
            large = cells[self.low[cells] >= self.k - _TOLERANCE]
            least = self.low[large].sum()
            if len(large) == 0 or -self.push(large, -np.ones(len(large))) >= least - _TOLERANCE:
                break
        left = self._touching(self.open_cells())
        if len(left) <= _ONE_BY_ONE:
            for cell in left:
                for sign in (1.0, -1.0):
                    if self.high[cell] - self.low[cell] < self.k / 2:
                        self.push(np.array([cell]), np.array([sign]))
        return self._touching(self.open_cells())

    def _touching(self, cells: Ints) -> Ints:
        small = (self.low[cells] < self.k - _TOLERANCE) & (self.high[cells] > _TOLERANCE)
        return cells[small]

    def findings(self) -> dict[str, Any]:
        """Return what the officer reads: numbers only."""
        hidden = np.flatnonzero(~self.shown)
        matters = self._touching(hidden)
        width = self.high[matters] - self.low[matters]
        narrow = width < self.k / 2 - _TOLERANCE
        by_totals = self.by_totals[matters]
        return {
            "published": int(self.shown.sum()),
            "hidden": len(hidden),
            "hidden_open": len(matters),
            "pinned": int(((width < _TOLERANCE) & ~by_totals).sum()),
            "narrower_than_half_k": int((narrow & ~by_totals).sum()),
            "narrow_by_totals": int((narrow & by_totals).sum()),
            "at_least_k_wide": int((width >= self.k - _TOLERANCE).sum()),
            "programs": self.programs,
        }


# ---- repair --------------------------------------------------------------------


def _to_give_up(search: _Search, narrow: Ints) -> Ints:
    """Return the published cell to give up for the first of the narrow cells that one bounds.

    The dual values of the program that bounds a cell name the cells that
    bound it. A sum that is shown only where safe goes first, then the smallest.
    Where none bounds a cell that may be empty, known totals do, which are not given up.
    """
    system = search.system
    stuck = len(narrow) > 0
    for cell in narrow:
        bounds = search.bounds(int(cell))
        if not np.isin(cell, search.open_cells()):
            stuck = False  # widened by what was given up for others
        elif len(bounds):
            order = np.lexsort((system.values[bounds], -system.rank[bounds]))
            return bounds[order[:1]]
        else:
            search.by_totals[cell] = search.low[cell] <= _TOLERANCE
            stuck &= not search.by_totals[cell]
    if stuck:
        raise DisclosureError("pseudo_not_repaired")
    return narrow[:0]
