"""The published numbers as equations: what an attacker would write down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.pseudo.tables.links import LINKS, linked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from tsukuba_gis.pseudo.tables.cells import Family
    from tsukuba_gis.pseudo.tables.city import City

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class System:
    """The cells of all tables as sums of leaves, and what ties tables together.

    ``cells`` is cells × variables, ``values`` their published values (NaN:
    hidden), ``label`` the table, level and code of each, ``rank`` is 1
    for sums that are given up first.
    ``ties`` are equations whose right side is ``right``.
    """

    cells: csr_array
    values: Floats
    label: list[tuple[str, str, int]]
    rank: Ints
    ties: csr_array
    right: Floats


def system_of(city: City, tables: Mapping[str, Family]) -> System:
    """Return all that the tables of a city tell, as equations over their leaves."""
    from scipy.sparse import csr_array, vstack

    offset, n = {}, 0
    for name, table in tables.items():
        offset[name] = n
        n += len(table.leaves)
    n += len(city.pairs) * len(city.codes["cluster"]) if "roles" in tables else 0
    cells, values, rank, ties, right = [], [], [], [], []
    label: list[tuple[str, str, int]] = []
    for name, table in tables.items():
        for level in table.levels:
            codes, value = table.codes[level.name], table.values[level.name]
            place = (codes, np.arange(len(codes)) + offset[name])
            every = csr_array((np.ones(len(codes)), place), (len(value), n))
            if level.role in {"known", "link"}:
                told = level.role == "known" or name == "area_ages"
                known = np.flatnonzero(np.isfinite(value) & told)
                ties.append(every[known])
                right.append(value[known])
                continue
            cells.append(every)
            values.append(value)
            rank.append(np.full(len(value), int(level.role == "profile")))
            label += [(name, level.name, code) for code in range(len(value))]
    equal = [_tie(tables, offset, n, link) for link in LINKS]
    if "roles" in tables:
        equal.append(_members(city, tables, offset, n))
    for tie in equal:
        if tie is not None:
            ties.append(tie)
            right.append(np.zeros(tie.shape[0]))
    return System(
        cells=vstack(cells).tocsr(), values=np.concatenate(values), label=label,
        rank=np.concatenate(rank), ties=vstack(ties).tocsr(), right=np.concatenate(right),
    )  # fmt: skip


def parts_of(system: System) -> list[System]:
    """Return the parts of the system that nothing ties together: as a rule, its clusters."""
    from scipy.sparse import csr_array, vstack
    from scipy.sparse.csgraph import connected_components

    every = vstack([system.cells, system.ties]).tocsr()
    height, n = every.shape
    # A graph of equations and variables: variables alone would need an edge for every two of a sum.
    ends = np.append(every.indptr, np.full(n, every.nnz))
    graph = csr_array((np.ones(every.nnz), every.indices + height, ends), shape=(height + n,) * 2)
    label = connected_components(graph, directed=False)[1][height:]
    first, of = np.unique(label, return_index=True, return_inverse=True)[1:]
    of = np.argsort(np.argsort(first))[of]  # numbered by their first variable
    of_cell = of[system.cells.indices[system.cells.indptr[:-1]]]
    live = np.diff(system.ties.indptr) > 0
    of_tie = np.full(len(live), -1)
    of_tie[live] = of[system.ties.indices[system.ties.indptr[:-1][live]]]
    place = np.empty(len(of), dtype=np.int64)  # of each variable, in its part

    def cut(matrix: csr_array, rows: Ints, width: int) -> csr_array:
        # Renumbered, not sliced: to slice columns takes as long as there are columns in all parts.
        own = matrix[rows]
        return csr_array((own.data, place[own.indices], own.indptr), shape=(len(rows), width))

    parts = []
    for part in range(len(first)):
        variables = np.flatnonzero(of == part)
        place[variables] = np.arange(len(variables))
        cells, ties = np.flatnonzero(of_cell == part), np.flatnonzero(of_tie == part)
        if len(cells):
            parts.append(
                System(
                    cells=cut(system.cells, cells, len(variables)), values=system.values[cells],
                    label=[system.label[cell] for cell in cells], rank=system.rank[cells],
                    ties=cut(system.ties, ties, len(variables)), right=system.right[ties],
                )
            )  # fmt: skip
    return parts


def _tie(tables: Mapping[str, Family], offset: Mapping[str, int], n: int, link: Any) -> Any:
    """Return the equations that make two tables count the same people."""
    from scipy.sparse import csr_array

    if link.one[0] not in tables or link.other[0] not in tables:
        return None
    mine, theirs = linked(tables, link)
    if len(mine) == 0:
        return None
    parts = []
    for (name, level), cells in ((link.one, mine), (link.other, theirs)):
        codes = tables[name].codes[level]
        place = (codes, np.arange(len(codes)) + offset[name])
        every = csr_array((np.ones(len(codes)), place), (tables[name].size(level), n))
        parts.append(every[cells])
    return parts[0] - parts[1]


def _members(city: City, tables: Mapping[str, Family], offset: Mapping[str, int], n: int) -> Any:
    """Return the equations between roles and households: members of patterns, and of rare pools.

    A rare household holds any number of each relation, but one head; of a type without
    any relation there is none.
    """
    from scipy.sparse import csr_array

    roles, homes = tables["roles"].leaves, tables["households"].leaves
    n_pairs = len(city.pairs)
    pools = n - n_pairs * len(city.codes["cluster"])
    row = (roles.cluster * n_pairs + roles.pair).to_numpy()
    rows = [row]
    columns = [np.arange(len(roles)) + offset["roles"]]
    values = [np.ones(len(roles))]
    kinds, relations = city.pairs.type.to_numpy(), city.pairs.relation.to_numpy()
    pattern, cluster = homes.pattern.to_numpy(), homes.cluster.to_numpy()
    kind = city.patterns.type.to_numpy()[pattern]
    members, one_head = city.members.copy(), city.head >= 0 and len(city.codes["relation"]) > 1
    if one_head:
        members[:, city.head] = 1
    for pair in range(n_pairs):
        count = np.where(kind == kinds[pair], members[pattern, relations[pair]], 0)
        used = np.flatnonzero(count)
        rows.append(cluster[used] * n_pairs + pair)
        columns.append(used + offset["households"])
        values.append(-count[used].astype(np.float64))
    every = np.arange(n_pairs * len(city.codes["cluster"]))
    free = every[~(one_head & (relations == city.head))[every % n_pairs]]
    rows.append(free)
    columns.append(pools + free)
    values.append(-np.ones(len(free)))
    nobody = np.flatnonzero(~np.isin(kind, kinds))  # of a type that nobody bears
    rows.append(len(every) + np.arange(len(nobody)))
    columns.append(nobody + offset["households"])
    values.append(np.ones(len(nobody)))
    place = np.concatenate(rows), np.concatenate(columns)
    return csr_array((np.concatenate(values), place), (len(every) + len(nobody), n))
