"""Groups of similar people: care band × sex × ten-year age, each with enough people to measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.pseudo.counts import in_order
from tsukuba_gis.pseudo.tables.city import AMOUNTS, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.tables.city import City

    Ints = NDArray[Any]
    Bools = NDArray[Any]


def groups_of(city: City, coded: Mapping[str, Ints], inside: Bools) -> Ints:
    """Return the group of each care band × sex × ten-year age: neighbours merged until large.

    Ages are merged from the oldest down; sexes where one alone is too few; a
    care band that is too small as a whole takes the groups of the one below.
    """
    n_sex = len(city.codes["sex"])
    shape = (len(SEVERITIES), n_sex, len(AMOUNTS))
    ten = np.searchsorted(AMOUNTS, coded["amounts"])
    flat = np.ravel_multi_index((coded["severity"], coded["sex"], ten), shape)
    counts = np.bincount(flat[inside], minlength=int(np.prod(shape))).reshape(shape)
    size = city.spec.group_size
    groups = np.zeros(shape, dtype=np.int64)
    number = 0
    for severity in range(shape[0]):
        if severity and counts[severity].sum() < size:
            groups[severity] = groups[severity - 1]
            continue
        split = bool((counts[severity].sum(axis=1) >= size).all())
        for sex in range(n_sex if split else 1):
            line = counts[severity, sex] if split else counts[severity].sum(axis=0)
            runs = _runs(line, size)
            if split:
                groups[severity, sex] = number + runs
            else:
                groups[severity, :] = number + runs
            number += int(runs.max()) + 1
    return groups


def members(group: Ints, inside: Bools) -> dict[int, Ints]:
    """Return who is looked at in each group: rows of the register, in its order.

    Examples
    --------
    >>> of = members(np.array([1, 0, 1, 1]), np.array([True, True, False, True]))
    >>> {number: rows.tolist() for number, rows in of.items()}
    {0: [1], 1: [0, 3]}
    """
    rows = np.flatnonzero(inside)
    order = in_order(group[rows])
    numbers, first = np.unique(group[rows[order]], return_index=True)
    return dict(zip(numbers.tolist(), np.split(rows[order], first[1:]), strict=False))


def unions(group: Ints, part: Ints, n: int) -> Ints:
    """Return a number for each of ``n`` groups: the same for those that share a part.

    Examples
    --------
    >>> unions(np.array([0, 1, 1, 2]), np.array([7, 7, 8, 9]), 3).tolist()
    [0, 0, 1]
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    span = int(part.max(initial=0)) + 1
    # Groups and parts are the ends of a graph.
    graph = csr_array((np.ones(len(group)), (group, n + part)), shape=(n + span,) * 2)
    number: Ints = connected_components(graph, directed=False)[1][:n]
    return np.unique(number, return_inverse=True)[1]


def without_rest(group: Ints, inside: Bools, leaf: Ints, told: Bools, *, k: int) -> Bools:
    """Leave people of hidden cells out of a group where they are so few that its total tells them.

    Parameters
    ----------
    group
        Of each person.
    inside
        Who is looked at.
    leaf, told
        Cell of each person in the table of care levels, and whether its count is published.
    k
        Smallest number that may be told.

    Returns
    -------
    numpy.ndarray of bool
        ``inside``, but for people of hidden cells that are fewer than k, or all of one cell,
        in their group; groups that share a cell count as one.

    Examples
    --------
    >>> told = np.array([True, False, True, True, False, False])
    >>> leaf, group = np.array([0, 1, 0, 3, 4, 5]), np.array([0, 0, 0, 1, 1, 1])
    >>> without_rest(group, np.ones(6, dtype=bool), leaf, told, k=2).tolist()
    [True, False, True, True, True, True]
    """
    n = int(group.max(initial=0)) + 1
    span = int(leaf.max(initial=0)) + 1
    union = unions(group[inside], leaf[inside], n)
    hidden = np.flatnonzero(inside & ~told)
    people = np.bincount(union[group[hidden]], minlength=n)
    cells = np.unique(union[group[hidden]] * span + leaf[hidden]) // span
    few = (people < k) | (np.bincount(cells, minlength=n) < 2)
    kept = inside.copy()
    kept[hidden[few[union[group[hidden]]]]] = False
    return kept


def labelled_groups(groups: Ints, city: City) -> pd.DataFrame:
    """Return the group of each care band, sex and ten-year age as a table, in words."""
    import pandas as pd

    rows = [
        (
            SEVERITIES[severity],
            city.codes["sex"][sex],
            AMOUNTS[ten],
            f"g{groups[severity, sex, ten]}",
        )
        for severity, sex, ten in np.ndindex(*groups.shape)
    ]
    return pd.DataFrame(rows, columns=["severity", "sex", "ten", "group"])


def _runs(counts: Ints, size: int) -> Ints:
    """Return numbers for neighbouring cells so that each number holds at least ``size``.

    Examples
    --------
    >>> _runs(np.array([50, 300, 10, 250]), 200).tolist()
    [0, 0, 0, 1]
    """
    runs = np.zeros(len(counts), dtype=np.int64)
    run, held = 0, 0
    for place in range(len(counts) - 1, -1, -1):
        if held >= size:
            run, held = run + 1, 0
        runs[place] = run
        held += int(counts[place])
    if held < size and run > 0:
        runs[runs == run] = run - 1
    return int(runs.max()) - runs
