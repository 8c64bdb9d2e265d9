"""Roles of a cluster's people and patterns of its households, in one program.

Patterns are few and have to be whole; roles are many, and whole once patterns
are. So patterns are searched for in a small program over wide cells of roles
(type, relation, old or not); the roles then follow from a linear program.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.pseudo.counts import whole_numbers
from tsukuba_gis.pseudo.program import Program

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.making.crowd import Plan

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]

# Persons that may rather be misplaced than a rare household made up.
_RARELY: Final = 1000.0
# What a person more or less in a wide cell matters: the lots are over its leaves.
_LOOSELY: Final = 0.25


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Cells:
    """Cells of roles that are not published: equations over them, pair of each, what to be near.

    ``steps`` are the leaves in each.
    """

    matrix: Floats
    right: Floats
    pair: Ints
    target: Floats
    steps: Floats


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Homes:
    """Patterns of a cluster's households: equations over them, what to be near, members by pair.

    ``rare`` is types × patterns, true for a type's pool of rare households, and
    ``most`` how many people such a pool may hold; ``shown`` are the people of
    each pair in published leaves.
    """

    matrix: Floats
    right: Floats
    kind: Ints
    target: Floats
    members: Ints
    rare: Bools
    most: Floats
    shown: Floats


def roles_in(cluster: int, plan: Plan, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Return counts of roles (leaves of the cluster), of patterns, and of people in rare pools."""
    roles = plan.tables["roles"]
    own, matrix, right = plan.parts["roles"][cluster]
    told = roles.values["leaf"][roles.codes["leaf"][own]]
    counts = np.nan_to_num(told).astype(np.int64)
    free = np.flatnonzero(np.isnan(told))
    pair = plan.columns["roles"]["pair"][own]
    cells = _Cells(
        matrix=matrix.toarray()[:, free], right=right - matrix @ counts, pair=pair[free],
        target=plan.raked["roles"][own][free], steps=np.ones(len(free)),
    )  # fmt: skip
    shown = np.bincount(pair, counts, minlength=len(plan.city.pairs))
    homes = _homes(cluster, own, shown, plan)
    patterns = _searched(_widened(cells, roles.codes["old"][own][free]), homes, plan, rng)
    solved = _solved(cells, homes, patterns, plan, rng)
    counts[free], patterns, pools, _ = np.split(
        solved, np.cumsum([len(free), len(homes.kind), len(shown)])
    )
    return counts, patterns, pools


def _homes(cluster: int, own: Ints, shown: Floats, plan: Plan) -> _Homes:
    """Return the patterns of a cluster, and what its pools of rare households may hold."""
    city, roles, homes = plan.city, plan.tables["roles"], plan.tables["households"]
    leaves, matrix, right = plan.parts["households"][cluster]
    columns = plan.columns
    pattern = columns["households"]["pattern"][leaves]
    kind, pooled = (columns["patterns"][name][pattern] for name in ("type", "rare"))
    kinds, relations = columns["pairs"]["type"], columns["pairs"]["relation"]
    members = np.where(kinds[:, None] == kind, city.members[pattern][:, relations].T, 0)
    n = plan.raked["households"][leaves]
    # People of a type, or else of the cluster, who are not in households that are published.
    persons = columns["bands"]["persons"][columns["bands"]["cluster"] == cluster]
    people = np.full(len(city.codes["type"]), float(persons.sum()))
    totals = roles.values["type"][roles.codes["type"][own]]
    known = np.isfinite(totals)
    people[columns["roles"]["type"][own][known]] = totals[known]
    told = np.nan_to_num(homes.values["leaf"][homes.codes["leaf"][leaves]])
    least = np.bincount(kind, members.sum(axis=0) * told, minlength=len(people))
    return _Homes(
        matrix=matrix.toarray(), right=right, kind=kind, members=members, shown=shown,
        # A rare household is not made up where hardly one is expected.
        target=np.where(pooled & (n < 0.5), 0.0, n),
        rare=(kind == np.arange(len(people))[:, None]) & pooled,
        most=np.maximum(people - least, 0.0),
    )  # fmt: skip


def _widened(cells: _Cells, group: Ints) -> _Cells:
    """Return cells put together, with the equations that take each group whole or not at all."""
    group, size = np.unique(group, return_inverse=True, return_counts=True)[1:]
    sums = (group[:, None] == np.arange(len(size))).astype(np.float64)
    wide = cells.matrix @ sums
    whole = ((wide == 0) | (wide == size)).all(axis=1)
    base = np.floor(cells.target + 1e-9)
    pair = np.empty(len(size), dtype=np.int64)
    pair[group] = cells.pair
    # Where rounding of the leaves leads to costs little: rounded down to rounded up.
    up = np.clip(np.bincount(group, cells.target - base) / size, 0.0, 1.0)
    return _Cells(
        matrix=np.sign(wide[whole]), right=cells.right[whole], pair=pair,
        target=np.bincount(group, base) + up, steps=size.astype(np.float64),
    )  # fmt: skip


def _equations(cells: _Cells, homes: _Homes, plan: Plan) -> tuple[Floats, Floats]:
    """Return the equations of roles, patterns, people in pools, and what their bounds leave."""
    city = plan.city
    kinds, n_types = plan.columns["pairs"]["type"], len(homes.most)
    of_type = (kinds == np.arange(n_types)[:, None]).astype(np.float64)
    heads = of_type * (plan.columns["pairs"]["relation"] == city.head)
    sums = (cells.pair == np.arange(len(kinds))[:, None]).astype(np.float64)
    rare, slack = homes.rare.astype(np.float64), np.eye(n_types)
    rows = [
        [cells.matrix, None, None, None, None],
        [None, homes.matrix, None, None, None],
        # People of a pair = members of listed patterns + people in the type's rare pool.
        [sums, -homes.members, -np.eye(len(kinds)), None, None],
        # A pool holds as many people as households, and no more than there are.
        [None, -rare, of_type, -slack, None],
        [None, -homes.most[:, None] * rare, of_type, None, slack],
        # Every household has one head, so a pool of rare ones has as many heads as households.
        [None, -rare, heads, None, None],
    ]
    right = [cells.right, homes.right, -homes.shown, *([np.zeros(n_types)] * 3)]
    if city.head < 0:
        rows, right = rows[:-1], right[:-1]
    n, m = len(cells.pair), len(homes.kind)
    ends = np.cumsum([0, n, m, len(kinds), n_types, n_types])
    matrix = np.zeros((sum(map(len, right)), ends[-1]))
    first = 0
    for row, values in zip(rows, right, strict=True):
        for column, block in enumerate(row):
            if block is not None:
                place = slice(first, first + len(values)), slice(ends[column], ends[column + 1])
                matrix[place] = block
        first += len(values)
    return matrix, np.concatenate(right)


def _wanted(cells: _Cells, homes: _Homes, plan: Plan) -> tuple[Floats, Floats]:
    """Return what the program is to be near to, and what a difference from it matters."""
    n_types = len(homes.most)
    kinds = plan.columns["pairs"]["type"]
    persons = np.bincount(cells.pair, cells.target, minlength=len(kinds)) + homes.shown
    q = np.maximum(persons - homes.members @ homes.target, 0.0)
    people = np.bincount(kinds, q, minlength=n_types)
    n = _pooled(homes.target, homes.kind, people, plan)
    pools = homes.rare @ n
    low, high = np.maximum(people - pools, 0.0), np.maximum(homes.most * pools - people, 0.0)
    pooled = homes.rare.any(axis=0)
    # What bounds leave is free; a rare household more or less is the last resort.
    weight = [
        np.ones(len(cells.pair)), np.where(pooled, _RARELY, 1.0), np.ones(len(q)),
        np.zeros(2 * n_types),
    ]  # fmt: skip
    return np.concatenate([cells.target, n, q, low, high]), np.concatenate(weight)


def _pooled(n: Floats, kind: Ints, people: Floats, plan: Plan) -> Floats:
    """Return patterns wanted, with pools of types without a usual pattern of the usual size.

    A whole number of them, the nearest: an institution more or less, by lot,
    would move the heavy care of whole areas.
    """
    n = n.copy()
    for code, size in plan.pools.items():
        n[kind == code] = max(1.0, np.rint(people[code] / size)) if people[code] >= 1 else 0.0
    return n


def _searched(cells: _Cells, homes: _Homes, plan: Plan, rng: np.random.Generator) -> Ints | None:
    """Return the patterns of a cluster, from the wide cells of roles; None if none are found."""
    from scipy.sparse import csc_array

    matrix, right = _equations(cells, homes, plan)
    target, weight = _wanted(cells, homes, plan)
    n, m = len(cells.pair), len(homes.kind)
    steps = np.ones(len(target))
    steps[:n] = cells.steps
    weight[:n] = _LOOSELY
    program = Program(target, csc_array(matrix), right, rng, weight=weight, steps=steps)
    # Whether there are rare households at all decides most, then the largest households.
    size = homes.members.sum(axis=0)
    pooled = homes.rare.any(axis=0)
    return program.search(np.arange(n, n + m), np.where(pooled, np.inf, size))


def _solved(
    cells: _Cells, homes: _Homes, patterns: Ints | None, plan: Plan, rng: np.random.Generator
) -> Ints:
    """Return roles, patterns and people in pools; patterns anew if the roles do not allow these."""
    from scipy.sparse import csc_array

    matrix, right = _equations(cells, homes, plan)
    target, weight = _wanted(cells, homes, plan)
    asked = np.arange(len(cells.pair), len(cells.pair) + len(homes.kind))
    if patterns is not None:
        others = np.setdiff1d(np.arange(len(target)), asked)
        solved = np.zeros(len(target), dtype=np.int64)
        solved[asked] = patterns
        try:
            solved[others] = whole_numbers(
                target[others], csc_array(matrix[:, others]), right - matrix[:, asked] @ patterns,
                rng, weight=weight[others],
            )  # fmt: skip
            return solved
        except DisclosureError:
            pass  # the wide cells do not know all that the leaves know
    # Of the others it follows: given the patterns, what is left are nested sums of roles.
    return whole_numbers(target, csc_array(matrix), right, rng, whole=asked, weight=weight)
