"""Tables of counts with nested levels, and which of their cells may be shown.

A table is a list of *leaves* (its finest cells) and *levels*: groupings of the
leaves into coarser cells. A level's cell has a value, or NaN where it is not
published. All that the statistics file says of persons and households is a
value of some level, that is, one linear equation over leaves; safety, audit and
generation read the same equations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]

# Leaves are looked up in an array, where one of so many places holds all codes.
_LOOKED_UP: Final = 2**22
Unit = Literal["persons", "households"]
# known: a total that is always published, and safe by construction.
# published: shown cell by cell where safe.
# profile: a coarser sum, shown where safe beside the leaves, and given up first.
# link: a total of another table; assumed to be known when cells are chosen.
LevelRole = Literal["known", "published", "profile", "link"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A grouping of leaves: cells are told apart by ``columns``; ``parents`` are coarser levels.

    A cell is shown only where its parents are; but where ``over`` names coarser
    known totals, cells of a first parent that is hidden may be shown too, and
    are then bound by these totals less what is shown of them.
    """

    name: str
    columns: tuple[str, ...]
    role: LevelRole
    parents: tuple[str, ...] = ()
    over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Family:
    """A table of counts: leaves, levels and the values published.

    ``leaves`` holds whole-number codes; ``keys`` are the columns that tell
    leaves apart, the others follow from them. ``codes`` numbers the cells of a
    level, leaf by leaf; ``values`` holds one number a cell, NaN if not published.
    """

    name: str
    unit: Unit
    keys: tuple[str, ...]
    leaves: pd.DataFrame = field(repr=False)
    levels: tuple[Level, ...]
    codes: Mapping[str, Ints] = field(repr=False)
    values: dict[str, Floats] = field(repr=False)

    def level(self, name: str) -> Level:
        """Return a level by name."""
        return next(level for level in self.levels if level.name == name)

    def size(self, name: str) -> int:
        """Return the number of cells of a level."""
        codes = self.codes[name]
        return int(codes.max()) + 1 if len(codes) else 0

    def number(self, name: str) -> int:
        """Return how many cells a level consists of; a code of -1 stands for all others."""
        return int((self.cells(name) >= 0).all(axis=1).sum())

    def total(self, name: str, leaf_values: Floats) -> Floats:
        """Return the sum of leaf values in every cell of a level."""
        return np.bincount(self.codes[name], leaf_values, minlength=self.size(name))

    def first(self, name: str) -> Ints:
        """Return the first leaf of each cell of a level, in the order of their codes."""
        # Cells are numbered as they come up: a first leaf has a larger number than all before.
        return np.flatnonzero(np.diff(np.maximum.accumulate(self.codes[name]), prepend=-1))

    def cells(self, name: str) -> pd.DataFrame:
        """Return the columns that describe the cells of a level, in the order of their codes."""
        import pandas as pd

        first, columns = self.first(name), self.level(name).columns
        return pd.DataFrame({column: self.leaves[column].to_numpy()[first] for column in columns})

    def rows(self, names: Sequence[str] | None = None) -> tuple[csr_array, Floats]:
        """Return the published cells as equations ``A x = b`` over the leaves."""
        from scipy.sparse import csr_array

        wanted = [level.name for level in self.levels] if names is None else names
        row_of, column_of, right = [], [], []
        offset = 0
        for name in wanted:
            known = np.isfinite(self.values[name])
            number = np.cumsum(known) - 1 + offset
            inside = known[self.codes[name]]
            row_of.append(number[self.codes[name]][inside])
            column_of.append(np.flatnonzero(inside))
            right.append(self.values[name][known])
            offset += int(known.sum())
        rows = np.concatenate(row_of) if row_of else np.zeros(0, dtype=np.int64)
        columns = np.concatenate(column_of) if column_of else np.zeros(0, dtype=np.int64)
        matrix = csr_array((np.ones(len(rows)), (rows, columns)), shape=(offset, len(self.leaves)))
        return matrix, np.concatenate(right) if right else np.zeros(0)

    def find(self, codes: Mapping[str, Ints]) -> Ints:
        """Return the leaf of each person or household, -1 where there is none."""
        if len(self.leaves) == 0:
            return np.full(len(codes[self.keys[0]]), -1)
        spans = [
            max(int(self.leaves[key].max()), int(codes[key].max(initial=0))) + 2
            for key in self.keys
        ]
        own, asked = np.zeros(len(self.leaves), np.int64), np.zeros(len(codes[self.keys[0]]), int)
        known = np.ones(len(asked), dtype=bool)
        for key, span in zip(self.keys, spans, strict=True):
            own = own * span + self.leaves[key].to_numpy()
            asked *= span
            asked += codes[key]
            known &= codes[key] >= 0
        if math.prod(spans) <= _LOOKED_UP:
            leaf = np.full(math.prod(spans), -1)
            leaf[own] = np.arange(len(own))
            return np.where(known, leaf[np.where(known, asked, 0)], -1)
        order = np.argsort(own, kind="stable")
        place = np.minimum(np.searchsorted(own[order], asked), len(own) - 1)
        found = order[place]
        return np.where(known & (own[found] == asked), found, -1)


def family(
    name: str,
    unit: Unit,
    keys: tuple[str, ...],
    leaves: Mapping[str, Ints],
    levels: tuple[Level, ...],
) -> Family:
    """Return a table without values; cells are numbered in the order of the leaves."""
    import pandas as pd

    codes = {level.name: _numbered(leaves, level.columns) for level in levels}
    values = {
        name: np.full(int(code.max()) + 1 if len(code) else 0, np.nan)
        for name, code in codes.items()
    }
    return Family(
        name=name, unit=unit, keys=keys, leaves=pd.DataFrame(leaves), levels=levels, codes=codes,
        values=values,
    )  # fmt: skip


def _numbered(leaves: Mapping[str, Ints], columns: Sequence[str]) -> Ints:
    """Return, per leaf, the number of its cell, in the order in which cells first come up."""
    import pandas as pd

    line = np.zeros(1, dtype=np.int64)
    for column in columns:
        code = np.asarray(leaves[column])
        low = int(code.min(initial=0))
        line = line * (int(code.max(initial=0)) - low + 1) + (code - low)
    return pd.factorize(line)[0]


def safe_flat(counts: Sequence[float], *, k: float) -> list[bool]:
    """Tell which parts of one published total may be shown.

    A part is shown if it is at least k, and the total minus the parts shown is
    0, or at least k and spread over two parts or more; otherwise the smallest
    part shown is given up, and so on.

    Parameters
    ----------
    counts
        The parts.
    k
        Smallest number that may be shown.

    Examples
    --------
    >>> safe_flat([12, 9, 4], k=10)
    [True, False, False]
    >>> safe_flat([12, 10, 3], k=10)  # with 10 shown, the 3 would follow
    [True, False, False]
    >>> safe_flat([12, 10, 0], k=10)
    [True, True, False]
    """
    values = np.asarray(counts, dtype=float)
    group = np.zeros(len(values), dtype=np.int64)
    shown = close(
        values >= k,
        values,
        np.full(len(values), np.inf),
        [Relation(group=group, known=np.ones(1, dtype=bool), k=np.array([k]), units=0)],
    )
    return [bool(value) for value in shown]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Relation:
    """Cells that add up to totals: the group of each cell, and which totals are known."""

    group: Ints
    known: Bools
    k: Floats
    units: int


def close(
    shown: Bools, values: Floats, units: Floats, relations: Sequence[Relation],
    worth: Floats | None = None, shares: Floats | None = None,
) -> Bools:  # fmt: skip
    """Give up cells until no known total tells a cell that is not shown.

    In every group whose total is known, what is left after subtracting the
    cells shown must be 0, or at least k persons of enough households in two
    cells or more. Cells are only ever given up, so this ends; first those of least
    worth, then those that spoil no further group (one that has no hidden cell
    yet), smallest first.

    Parameters
    ----------
    shown, values, units
        Per cell: may it be shown, its count, the households behind it.
    relations
        The groups.
    worth
        Per cell: how much showing it matters; all alike if None.
    shares
        Per cell: households, each once over all cells; ``units`` if None.
    """
    shown = shown.copy()
    worth = np.zeros(len(shown)) if worth is None else worth
    while True:
        dropped = 0
        for relation in relations:
            bad = _open_groups(shown, values, (units, shares), relation)
            candidates = np.flatnonzero(shown & bad[relation.group])
            if len(candidates) == 0:
                continue
            spoilt = _spoilt(shown, values, relations)[candidates]
            keys = (values[candidates], spoilt, worth[candidates], relation.group[candidates])
            order = candidates[np.lexsort(keys)]
            first = np.unique(relation.group[order], return_index=True)[1]
            shown[order[first]] = False
            dropped += len(first)
        if dropped == 0:
            return shown


def _spoilt(shown: Bools, values: Floats, relations: Sequence[Relation]) -> Ints:
    """Return, per cell, how many known groups without any hidden count it would spoil."""
    spoilt = np.zeros(len(shown), dtype=np.int64)
    for relation in relations:
        hidden = np.bincount(relation.group, ~shown & (values > 0), minlength=len(relation.known))
        spoilt += (relation.known & (hidden == 0))[relation.group]
    return spoilt


def _open_groups(
    shown: Bools, values: Floats, homes: tuple[Floats, Floats | None], relation: Relation
) -> Bools:
    n = len(relation.known)
    hidden = ~shown
    rest = np.bincount(relation.group, values * hidden, minlength=n)
    cells = np.bincount(relation.group, hidden, minlength=n)
    units, shares = homes
    shares = shares if shares is None else shares[hidden]
    behind = _behind(relation.group[hidden], units[hidden], shares, n)
    thin = (rest < relation.k) | (cells < 2) | (behind < relation.units)
    bad: Bools = relation.known & (rest > 0) & thin
    return bad


def _behind(group: Ints, units: Floats, shares: Floats | None, n: int) -> Floats:
    """Return how many households at least stand behind cells together.

    As many as behind one of them; and a household in several cells counts once, in shares.
    """
    most = np.zeros(n)
    np.maximum.at(most, group, units)
    finite = np.where(np.isfinite(units), units, 1e9) if shares is None else shares
    together: Floats = np.ceil(np.bincount(group, finite, minlength=n) - 1e-6)
    return np.maximum(most, together)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Rules:
    """How small is too small.

    ``k`` is the threshold of each leaf (its area's), ``units`` the smallest
    number of households behind a count, ``zeros`` whether empty cells are
    declared, and ``allowed`` names, for some levels, the cells that may be
    shown at all: another table would tell the others. ``worth`` says, for some
    levels, which cells to keep rather than others, where that is a choice.
    ``shares`` are the households behind each leaf, each once over all leaves: of
    one in three leaves a third each. None where nobody is in two leaves.
    """

    k: Floats
    units: int
    zeros: bool
    allowed: Mapping[str, Bools] = field(default_factory=dict)
    worth: Mapping[str, Floats] = field(default_factory=dict)
    shares: Floats | None = None

    def behind(self, table: Family, name: str, leaf_units: Floats) -> Floats:
        """Return how many households at least stand behind each cell of a level."""
        return _behind(table.codes[name], leaf_units, self.shares, table.size(name))


def protect(table: Family, leaf_values: Floats, leaf_units: Floats, rules: Rules) -> None:
    """Fill the values of a table: what is safe level by level, from the top down.

    Parameters
    ----------
    table
        Its ``values`` are written.
    leaf_values, leaf_units
        True count of each leaf, and households behind it.
    rules
        How small is too small.
    """
    for level in table.levels:
        name = level.name
        values = table.total(name, leaf_values)
        if level.role == "known":
            table.values[name] = values
            continue
        if level.role == "link":
            continue
        behind = rules.behind(table, name, leaf_units)
        shares = None if rules.shares is None else table.total(name, rules.shares)
        shown, threshold = showable(table, name, leaf_values, leaf_units, rules)
        if level.role == "profile":
            shown = _safe_profile(table, level, leaf_values, leaf_units, rules)
        shown &= rules.allowed.get(name, True)
        relations = [_relation(table, level, parent, threshold, rules) for parent in level.parents]
        if level.over:
            relations += [_over(table, level, total, relations[0]) for total in level.over]
        elif level.role == "published":
            for relation in relations:
                shown &= relation.known[relation.group]
        shown = close(shown, values, behind, relations, rules.worth.get(name), shares)
        table.values[name] = np.where(shown, values, np.nan)


def showable(
    table: Family, name: str, leaf_values: Floats, leaf_units: Floats, rules: Rules
) -> tuple[Bools, Floats]:
    """Tell which cells of a level may be shown by themselves, and the threshold of each."""
    values, behind = table.total(name, leaf_values), rules.behind(table, name, leaf_units)
    threshold = np.full(len(values), 0.0)
    np.maximum.at(threshold, table.codes[name], rules.k)
    shown = (values >= threshold) & (behind >= rules.units) & np.isfinite(threshold)
    if rules.zeros:
        shown |= (values == 0) & np.isfinite(threshold)
    return shown, threshold


def _relation(
    table: Family, level: Level, parent: str, threshold: Floats, rules: Rules
) -> Relation:
    first = table.first(level.name)
    group = table.codes[parent][first]
    known = (
        np.ones(table.size(parent), dtype=bool)
        if table.level(parent).role in {"known", "link"}
        else np.isfinite(table.values[parent])
    )
    k = np.zeros(table.size(parent))
    np.maximum.at(k, group, np.where(np.isfinite(threshold), threshold, 0))
    return Relation(group=group, known=known, k=k, units=rules.units)


def _over(table: Family, level: Level, total: str, parent: Relation) -> Relation:
    """Return the relation of cells whose parent is hidden to a total above; of no others."""
    first = table.first(level.name)
    size = table.size(total)
    hidden = ~parent.known[parent.group]
    group = np.where(hidden, table.codes[total][first], size)
    k = np.zeros(size + 1)
    np.maximum.at(k, group, parent.k[parent.group])
    return Relation(
        group=group, known=np.append(np.ones(size, dtype=bool), False), k=k, units=parent.units
    )


def _safe_profile(
    table: Family, level: Level, leaf_values: Floats, leaf_units: Floats, rules: Rules
) -> Bools:
    """Tell which coarser sums are safe beside the leaves that are shown."""
    size = table.size(level.name)
    k = np.zeros(size)
    np.maximum.at(k, table.codes[level.name], rules.k)
    if not np.isfinite(k).all():
        return np.zeros(size, dtype=bool)
    leaf_shown = np.isfinite(table.values["leaf"])[table.codes["leaf"]]
    group = Relation(
        group=table.codes[level.name], known=np.ones(size, dtype=bool), k=k, units=rules.units
    )
    return ~_open_groups(leaf_shown, leaf_values, (leaf_units, rules.shares), group)
