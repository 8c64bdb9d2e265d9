"""Ages exchanged between people who are alike, until areas have the children that they should.

Households are dealt to areas by age bands, of which one, as a rule 11 to 19, holds children and
others. Two people of that band, alike in sex, ten-year age, household type, relation and care
level, then exchange their ages: no table of the cluster notices, nor does a band of an area.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.pseudo.counts import apportion, distinct, in_order
from tsukuba_gis.pseudo.tables.city import GROWN, TEN, child_parts, start_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.making.crowd import Crowd, Plan

    Ints = NDArray[Any]
    Floats = NDArray[Any]


def exchange_ages(cluster: int, crowd: Crowd, plan: Plan, rng: np.random.Generator) -> None:
    """Exchange ages between areas until each has its children: writes ``crowd.start`` and ``age``.

    Those exchange whose households it suits: with a child under an old head, and
    with someone older under a young one.

    Parameters
    ----------
    cluster
        Code of the cluster.
    crowd
        Its people, in areas.
    plan
        With the city's tables.
    rng
        Draws between those whom it suits alike.
    """
    told = plan.wanted.get(("area_ages", "child"), {})
    areas = np.flatnonzero(plan.city.areas.cluster.to_numpy() == cluster)
    part = child_parts(crowd.start, plan.city.spec)
    young, grown = np.flatnonzero((part >= 0) & (part < GROWN)), np.flatnonzero(part == GROWN)
    if len(areas) == 1 or not len(young) or not len(grown):
        return
    place = np.searchsorted(areas, crowd.area)
    here, others = (np.bincount(place[some], minlength=len(areas)) for some in (young, grown))
    over = here - wanted_children(told[int(part[young[0]])][areas], here, here + others, rng)
    heads = np.zeros(int(crowd.household.max()) + 1, dtype=np.int64)
    lead = crowd.relation == plan.city.head
    heads[crowd.household[lead]] = crowd.start[lead]
    looks = np.column_stack(
        [crowd.sex, start_of(crowd.start, TEN), crowd.type, crowd.relation, crowd.care]
    )
    some = np.concatenate([young, grown])
    alike = distinct(looks[some])[1]
    suits = np.where(part[some] < GROWN, -1, 1) * heads[crowd.household[some]]
    one, other = exchanged(alike, place[some], part[some] < GROWN, over, suits, rng)
    pairs = some[one], some[other]
    for values in (crowd.start, crowd.age):
        values[pairs[0]], values[pairs[1]] = values[pairs[1]], values[pairs[0]]


def wanted_children(told: Floats, here: Ints, band: Ints, rng: np.random.Generator) -> Ints:
    """Return how many children each area should have in a band that 15 cuts.

    Parameters
    ----------
    told
        Published children by area, NaN where not published.
    here, band
        Children and people of the band by area as they are.
    rng
        Draws who is rounded up.

    Returns
    -------
    numpy.ndarray
        The published numbers; what they leave of the cluster's goes to the other areas
        in proportion to their people of the band.

    Examples
    --------
    Of 25 children 14 live in the first area: 11 are left, for twice as many people in the
    second as in the third.

    >>> rng = np.random.Generator(np.random.Philox(1))
    >>> told = np.array([14.0, np.nan, np.nan])
    >>> wanted_children(told, np.array([9, 9, 7]), np.array([30, 22, 11]), rng).tolist()
    [14, 7, 4]
    """
    known = np.isfinite(told)
    wanted = np.where(known, told, 0.0).astype(np.int64)
    if not known.all():
        rest = max(int(here.sum() - wanted.sum()), 0)
        wanted[~known] = apportion(band[~known].astype(np.float64), rest, rng)
    return wanted


def exchanged(
    alike: Ints, place: Ints, child: Ints, over: Ints, suits: Ints, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Return who exchange: children of areas that have too many, and others of areas that lack.

    Parameters
    ----------
    alike, place, child
        Of each person: the group inside which ages may be exchanged, the area, and whether
        a child.
    over
        Children too many, by area.
    suits
        Who goes first: the smallest.
    rng
        Draws between equals.

    Returns
    -------
    tuple
        As many children as others: the first exchanges with the first, and so on.

    Examples
    --------
    One child too many in area 0, where the second suits best; area 1 lacks one.

    >>> rng = np.random.Generator(np.random.Philox(1))
    >>> child = np.array([True, True, False, False])
    >>> exchanged(np.zeros(4, int), np.array([0, 0, 0, 1]), child, np.array([1, -1]),
    ...           np.array([-40, -55, 35, 30]), rng)
    (array([1]), array([3]))
    """
    over, none = over.copy(), np.zeros(0, dtype=np.int64)
    found = [(none, none)]
    order = np.lexsort((rng.random(len(suits)), suits, alike))
    # An area that has too many never comes to lack any, nor the other way round.
    order = order[np.where(child, over[place], -over[place])[order] > 0]
    ends = np.searchsorted(alike[order], np.arange(int(alike.max(initial=-1)) + 2))
    for low, high in pairwise(ends):
        own = order[low:high]
        mine, theirs = own[child[own]], own[~child[own]]
        if not len(mine) or not len(theirs):
            continue
        mine = mine[_within(place[mine], np.maximum(over, 0))]
        theirs = theirs[_within(place[theirs], np.maximum(-over, 0))]
        n = min(len(mine), len(theirs))
        over -= np.bincount(place[mine[:n]], minlength=len(over))
        over += np.bincount(place[theirs[:n]], minlength=len(over))
        found.append((mine[:n], theirs[:n]))
    one, other = (np.concatenate(side) for side in zip(*found, strict=True))
    return one, other


def _within(place: Ints, room: Ints) -> Ints:
    """Return the first of those in each area, as many as there is room for, in their order."""
    order = in_order(place)
    rank = np.empty(len(place), dtype=np.int64)
    first = np.searchsorted(place[order], np.arange(len(room)))
    rank[order] = np.arange(len(place)) - first[place[order]]
    return np.flatnonzero(rank < room[place])
