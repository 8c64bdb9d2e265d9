"""The most cells any publication leaves equal: ``python benchmarks/pseudo_ceiling.py``.

Rules of safety cost exactness. This asks how much at least, whatever the choice of the
cells to hide: by an integer program over the register, one a district, against which the
statistics file (``measure``, ``audit``) is set.

**Given**, for one district: persons n[i, j] of area i in column j (age bands; or 0-10, 11-64
and 65+), households u[i, j] behind them, households H[i] of the area. Always known are the
persons of every area and those of the district in every column. An area of fewer than k
persons or households is *small*.

**Unknown**: z[s, i] = 1 where the small area s is counted with i, an area that is not small
or one that the small ones make together; h[i, j] = 1 where the cell is not published. With
N[i, j] = n[i, j] + sum over s of n[s, j] z[s, i], and U likewise:

1. every small area is counted with one other: sum over i of z[s, i] = 1; small ones that are
   an area together have k households or more;
2. a published cell holds k persons and m households: N[i, j] >= k (1 - h[i, j]),
   U[i, j] >= m (1 - h[i, j]); so an empty cell is not published;
3. what is left of an area, its persons less its published cells, is nobody, or at least k
   persons of m households in two cells or more: where some h[i, j] N[i, j] > 0, the sum over j
   of h N is k or more, that of h U m or more, that of h 2 or more;
4. the same of each column over the areas of the district.

A cell counts as *equal* where it is published and nobody of a small area is counted in it; a
ratio, where both of its cells are. The greatest number of them is a true upper bound of what
a publication under these rules can leave equal with certainty (others may be met by chance).

**Ratios first** is a second program: the areas as the statistics file has them, and the groups
0-10, 11-64 and 65+ published beside the bands, so that rules 2 to 4 hold for groups as for bands.
Besides, rule 3 holds in every published group for its bands, and rules 3 and 4 hold for the bands
of groups that are not published: of an area, and of a group over the district. First as many
ratios as can be are kept, then as many bands.

**Left out**, so that the bound may be out of reach: the intervals of the audit (no hidden count
in a range narrower than k/2), which also sees what two areas and two columns tell together;
in the first program the groups, whose own remainders have to be safe; the
other tables by area, and whatever ties them to these.

**Held fast**, so that other rules may have another bound: areas that are large enough are not
merged, bands are not widened, the totals above are published.
"""

import time

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from tsukuba_gis.boundaries import load_boundaries
from tsukuba_gis.demo import register
from tsukuba_gis.pseudo.audit import audit
from tsukuba_gis.pseudo.measure import measure
from tsukuba_gis.pseudo.measuring.people import people_of
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.pseudo.tables.city import start_of
from tsukuba_gis.pseudo.tally import tally
from tsukuba_gis.pseudo.written import families


class Program:
    """A program of yes-or-no variables: sums of them have to be at least a number."""

    def __init__(self):
        self.size, self.least, self.entries = 0, [], []

    def variable(self):
        """Return a new variable."""
        self.size += 1
        return self.size - 1

    def at_least(self, least, *terms):
        """Ask that the sum of (variable, factor) be at least a number."""
        self.entries += [(len(self.least), variable, factor) for variable, factor in terms]
        self.least.append(least)

    def all_shown(self, hidden, groups):
        """Return, for each group of cells, a variable that is 1 only if none is hidden."""
        variables = []
        for group in groups:
            variables.append(shown := self.variable())
            for cell in group:
                self.at_least(-1, (shown, -1), (hidden[cell], -1))
        return variables

    def most(self, wanted):
        """Return how many of some variables can be 1 at once."""
        if not wanted:
            return 0
        rows, columns, factors = zip(*self.entries, strict=True)
        matrix = csr_array((factors, (rows, columns)), shape=(len(self.least), self.size))
        cost = np.zeros(self.size)
        cost[wanted] = -1.0
        found = milp(
            cost, integrality=np.ones(self.size), bounds=Bounds(0, 1),
            constraints=LinearConstraint(matrix, lb=np.array(self.least, dtype=float)),
            options={"mip_rel_gap": 0.0},
        )  # fmt: skip
        if found.status == 2:  # no choice is safe: the totals themselves tell
            return 0
        if found.status != 0:
            raise RuntimeError(found.message)
        # The bound that is proved, not the best found: no publication is above it.
        return int(np.floor(-found.mip_dual_bound + 1e-6))


def ceiling(counts, behind, homes, asked, *, k=10, units=3):
    """Return how many of the asked groups of cells can be equal at once in one district.

    ``counts`` and ``behind`` are areas x columns, ``homes`` has one entry an area; a group is a
    list of (area, column), equal where all its cells are.
    """
    district = District(counts, behind, homes, k, units)
    return district.program.most(district.equal(asked))


class District:
    """The rules of one district, in the order of the text above."""

    def __init__(self, counts, behind, homes, k, units):
        self.counts, self.behind, self.k, self.units = counts, behind, k, units
        self.program = program = Program()
        self.small = np.flatnonzero((homes < k) | (counts.sum(axis=1) < k))
        self.open = sorted(set(range(len(homes))) - set(self.small))
        self.together = len(homes)  # the area that the small ones make, if there is one
        if homes[self.small].sum() >= k:
            self.open.append(self.together)
            nobody = np.zeros((1, counts.shape[1]), dtype=int)
            self.counts, self.behind = np.vstack([counts, nobody]), np.vstack([behind, nobody])
        columns = range(counts.shape[1])
        self.hidden = {(i, j): program.variable() for i in self.open for j in columns}
        self.joined = {(s, i): program.variable() for s in self.small for i in self.open}
        self.both = {}
        self._merge(homes)
        self._publish()
        for i in self.open:
            self._left_over([(i, j) for j in columns])
        for j in columns:
            self._left_over([(i, j) for i in self.open])

    def _merge(self, homes):
        """Count every small area with one other (rule 1), and in its cells that are hidden."""
        ask, together = self.program.at_least, self.together
        for s in self.small:
            ask(1, *((self.joined[s, i], 1) for i in self.open))
            ask(-1, *((self.joined[s, i], -1) for i in self.open))
            if together in self.open:
                ask(0, *((self.joined[t, together], homes[t] - self.k * (t == s))
                         for t in self.small))  # fmt: skip
        for (s, i), z in self.joined.items():
            for j in np.flatnonzero(self.counts[s]):
                # 1 where both are: the product of the two.
                both = self.both[s, i, j] = self.program.variable()
                h = self.hidden[i, j]
                ask(0, (z, 1), (both, -1))
                ask(0, (h, 1), (both, -1))
                ask(-1, (both, 1), (z, -1), (h, -1))

    def _publish(self):
        """Ask for k persons and m households in every published cell (rule 2)."""
        there = self.program.variable()  # the small ones make an area
        own = [z for (_, i), z in self.joined.items() if i == self.together]
        self.program.at_least(0, (there, -1), *((z, 1) for z in own))
        for z in own:
            self.program.at_least(0, (there, 1), (z, -1))
        for (i, j), h in self.hidden.items():
            if i == self.together:  # where it is not, nothing is hidden
                self.program.at_least(0, (there, 1), (h, -1))
            for number, least in ((self.counts, self.k), (self.behind, self.units)):
                merged = ((self.joined[s, i], number[s, j]) for s in self.small)
                unless = [(there, -least)] if i == self.together else []
                needed = 0 if unless else least - number[i, j]
                self.program.at_least(needed, (h, least), *merged, *unless)

    def _left_over(self, group):
        """Ask that the cells of a group that are hidden hold nobody, or enough (rules 3, 4)."""
        ask, some = self.program.at_least, self.program.variable()
        merged = [(s, i, j) for i, j in group for s in self.small if (s, i, j) in self.both]
        for cell in group:
            if self.counts[cell] > 0:
                ask(0, (some, 1), (self.hidden[cell], -1))
        for key in merged:
            ask(0, (some, 1), (self.both[key], -1))
        for number, least in ((self.counts, self.k), (self.behind, self.units)):
            terms = [(self.hidden[cell], number[cell]) for cell in group]
            terms += [(self.both[s, i, j], number[s, j]) for s, i, j in merged]
            ask(0, (some, -least), *terms)
        ask(0, (some, -2), *((self.hidden[cell], 1) for cell in group))

    def equal(self, asked):
        """Return, for each group that can be equal at all, a variable that is 1 only if it is."""
        variables = []
        for group in asked:
            if not {i for i, _ in group} <= set(self.open):
                continue
            variables.append(equal := self.program.variable())
            for i, j in group:
                self.program.at_least(-1, (equal, -1), (self.hidden[i, j], -1))
                for s in self.small:
                    if self.counts[s, j] > 0:
                        self.program.at_least(-1, (equal, -1), (self.joined[s, i], -1))
        return variables


def in_groups(table, group):
    """Return the sums of the columns of each wide group."""
    return np.stack([table[:, group == g].sum(axis=1) for g in range(max(group) + 1)], axis=1)


def ratios_first(counts, behind, group, asked, ratios, *, k=10, units=3):
    """Return how many asked cells can be equal at once where most ratios are kept, and how many.

    ``group`` is the wide group of each column, 0 and above; ``asked`` and ``ratios`` are groups of
    (area, column) and of (area, wide group). The areas are counted as they are.
    """
    tables = BothTables(counts, behind, group, k, units)
    program = tables.program
    kept = program.all_shown(tables.closed, ratios)
    equal = program.all_shown(tables.hidden, asked)
    most = program.most(kept)
    program.at_least(most, *((variable, 1) for variable in kept))
    return program.most(equal), most


class BothTables:
    """The rules of one district whose areas are given, with wide groups beside the columns."""

    def __init__(self, counts, behind, group, k, units):
        self.program, self.k, self.units = Program(), k, units
        fine, wide = (counts, behind), tuple(in_groups(table, group) for table in (counts, behind))
        self.closed, self.hidden = self._cells(wide), self._cells(fine)
        both = {(i, j): self._both(h, self.closed[i, group[j]])
                for (i, j), h in self.hidden.items()}  # fmt: skip
        areas, columns = (range(size) for size in counts.shape)
        groups = {g: np.flatnonzero(group == g) for g in group}
        for i in areas:
            self._left_over(self.closed, wide, [(i, g) for g in groups])
            self._left_over(both, fine, [(i, j) for j in columns])
            for g, own in groups.items():
                self._left_over(self.hidden, fine, [(i, j) for j in own], (self.closed[i, g], 1))
        for j in columns:
            self._left_over(self.hidden, fine, [(i, j) for i in areas])
        for g, own in groups.items():
            self._left_over(self.closed, wide, [(i, g) for i in areas])
            self._left_over(both, fine, [(i, j) for i in areas for j in own])

    def _cells(self, tables):
        """Return a variable for each cell, 1 where it holds too few to be published (rule 2)."""
        cells = {cell: self.program.variable() for cell in np.ndindex(tables[0].shape)}
        for cell, hidden in cells.items():
            if tables[0][cell] < self.k or tables[1][cell] < self.units:
                self.program.at_least(1, (hidden, 1))
        return cells

    def _both(self, one, other):
        both = self.program.variable()
        self.program.at_least(0, (one, 1), (both, -1))
        self.program.at_least(0, (other, 1), (both, -1))
        self.program.at_least(-1, (both, 1), (one, -1), (other, -1))
        return both

    def _left_over(self, variables, tables, cells, *unless):
        """Ask that the hidden ones of some cells hold nobody, or enough (rules 3, 4)."""
        ask, some = self.program.at_least, self.program.variable()
        for cell in cells:
            if tables[0][cell] > 0:
                ask(0, (some, 1), (variables[cell], -1), *unless)
        for table, least in zip(tables, (self.k, self.units), strict=True):
            ask(0, (some, -least), *((variables[cell], table[cell]) for cell in cells))
        ask(0, (some, -2), *((variables[cell], 1) for cell in cells))


def districts(frame, spec, starts):
    """Yield, for each district, its areas, persons and households by column, and households."""
    column = start_of(frame[spec.age].to_numpy(), starts)
    names = np.array(starts)
    for _, own in frame.assign(column=column).groupby(spec.cluster):
        counts = pd.crosstab(own[spec.area], own["column"]).reindex(columns=names, fill_value=0)
        behind = own.groupby([spec.area, "column"])[spec.household].nunique()
        behind = behind.unstack(fill_value=0).reindex(columns=names, fill_value=0)
        homes = own.groupby(spec.area)[spec.household].nunique()
        yield counts.index, counts.to_numpy(), behind.to_numpy(), homes.to_numpy()


def cells_of(counts, k):
    """Return the cells of at least k persons, each a group of its own."""
    return [[tuple(cell)] for cell in np.argwhere(counts >= k)]


def ratios_of(counts, k):
    """Return the pairs of first and last column of the areas where both hold at least k persons."""
    last = counts.shape[1] - 1
    return [[(i, 0), (i, last)] for i in np.flatnonzero((counts[:, [0, last]] >= k).all(axis=1))]


def shown(statistics, level):
    """Return the count of each published cell of the table of areas and ages, by area and start."""
    _, built = families(statistics)
    table = built["area_ages"]
    cells = table.cells(level).assign(n=table.values[level])
    names = statistics.tables["areas"].area
    return {(names[area], start): n for area, start, n in cells.itertuples(index=False)}


def both_tables(records, spec, zones):
    """Return the most cells equal where most ratios are kept, and how many these are."""
    people = people_of(tally(records.frame, spec), spec, zones)
    merged = records.frame.assign(**{spec.area: np.array(people.area_names)[people.area]})
    group = np.unique(start_of(np.array(spec.area_bands), spec.area_top), return_inverse=True)[1]
    total = np.zeros(2, dtype=int)
    pairs = zip(
        *(districts(f, spec, spec.area_bands) for f in (merged, records.frame)), strict=True
    )
    for (names, counts, behind, _), (old, own, _, _) in pairs:
        true = pd.DataFrame(own, index=old).loc[names].to_numpy()
        asked = [[tuple(cell)] for cell in np.argwhere((counts == true) & (true >= spec.k))]
        wide = np.where(
            in_groups(counts, group) == in_groups(true, group), in_groups(true, group), 0
        )
        ratios = ratios_of(wide, spec.k)
        total += ratios_first(counts, behind, group, asked, ratios, k=spec.k, units=spec.units)
    return tuple(total)


def main():
    """Print what is published and equal, and the most that can be."""
    records, spec = register(), Spec.tsukuba()
    zones = load_boundaries("small_area")
    statistics = audit(measure(records, spec, zones=zones))
    print("                                  asked  published   ceiling  no merging   CPU s")
    for title, level, starts, groups_of in (
        ("area x age band", "leaf", spec.area_bands, cells_of),
        ("ratio of 65+ to 10 and under", "top", spec.area_top, ratios_of),
    ):
        told, start = shown(statistics, level), time.process_time()
        asked = equal = most = apart = 0
        for names, counts, behind, homes in districts(records.frame, spec, starts):
            groups = groups_of(counts, spec.k)
            asked += len(groups)
            equal += sum(
                all(told.get((names[i], starts[j])) == counts[i, j] for i, j in group)
                for group in groups
            )
            rules = {"k": spec.k, "units": spec.units}
            most += ceiling(counts, behind, homes, groups, **rules)
            apart += ceiling(counts, behind, np.full(len(homes), spec.k), groups, **rules)
        used = time.process_time() - start
        figures = [f"{n:,} ({n / asked:.1%})" for n in (equal, most, apart)]
        print(f"{title:30} {asked:>8,} " + " ".join(f"{f:>15}" for f in figures) + f" {used:6.1f}")
    start = time.process_time()
    most, kept = both_tables(records, spec, zones)
    used = time.process_time() - start
    print(f"area x age band, the ratios kept first ({kept}): ceiling {most:,}, {used:.1f} CPU s")


if __name__ == "__main__":
    main()
