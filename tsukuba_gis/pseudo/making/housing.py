"""People of one cluster put into households by matching ages."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.pseudo.counts import apportion, by_lot, in_order, packed, unfold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.making.crowd import Crowd, Plan

    Ints = NDArray[Any]
    Floats = NDArray[Any]

# Years that a child is younger than the head, at least, where that can be had.
_YOUNGEST_PARENT: Final = 15


def housed(crowd: Crowd, patterns: Ints, pools: Ints, plan: Plan, rng: np.random.Generator) -> Ints:
    """Return the household of each person: heads first, the others by their age gap to the head."""
    city = plan.city
    kinds, members = _peopled(patterns, pools, plan, rng)
    household = np.full(len(crowd.age), -1)
    head_age = np.full(len(kinds), np.nan)
    head_sex = np.full(len(kinds), -1)
    n_relations = len(city.codes["relation"])
    relations = sorted(range(n_relations), key=lambda r: (r != city.head, r))
    role = crowd.type * n_relations + crowd.relation
    order = in_order(role)
    ends = np.searchsorted(role[order], np.arange(len(city.codes["type"]) * n_relations + 1))
    for kind in range(len(city.codes["type"])):
        homes = np.flatnonzero(kinds == kind)
        for relation in relations:
            first = kind * n_relations + relation
            people = order[ends[first] : ends[first + 1]]
            if len(people) == 0:
                continue
            slots = np.repeat(homes, members[homes, relation])
            own = (crowd.age[people], crowd.sex[people])
            if relation == city.head:
                chosen = _led(slots, own, (kind, members), crowd, plan, rng)
            else:
                spouse = city.codes["relation"][relation] == "spouse"
                sides = _sides(head_sex[slots], own, spouse, rng)
                gap = plan.gaps.get((kind, relation))
                chosen = _matched(head_age[slots], own[0], sides, gap, rng)
            household[people[chosen]] = slots
            if relation == city.head:
                head_age[slots] = crowd.age[people[chosen]]
                head_sex[slots] = crowd.sex[people[chosen]]
            elif city.codes["relation"][relation] == "child":
                _part_ages(household, crowd.age, people, head_age, rng)
    return household


def _peopled(
    patterns: Ints, pools: Ints, plan: Plan, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Return type and members by role of each household; those of rare patterns from the pools."""
    pattern, columns = unfold(patterns), plan.columns
    kinds, members = columns["patterns"]["type"][pattern], plan.city.members[pattern]
    rare = np.flatnonzero(columns["patterns"]["rare"][pattern])
    pairs = zip(columns["pairs"]["type"], columns["pairs"]["relation"], pools, strict=True)
    for kind, relation, count in pairs:
        mine = rare[kinds[rare] == kind]
        if count and len(mine):
            _share_out(members, mine, (relation, int(count)), plan.city.head, rng)
    _fill_empty(members, rare, kinds, rng)
    _unlist(members, rare, kinds, plan, rng)
    return kinds, members


def _led(
    homes: Ints, heads: tuple[Ints, Ints], homes_of: tuple[int, Ints], crowd: Crowd, plan: Plan,
    rng: np.random.Generator,
) -> Ints:  # fmt: skip
    """Return the head of each household of a type: by lot, but beside spouse or child who fits.

    Heads without a spouse are older or younger as a rule; those who get one are
    of the other sex than the spouses there are, and as far from them in age as
    the measured gap says. Likewise those who have children.
    """
    kind, members = homes_of
    age, sex = heads
    gaps, names = plan.gaps, plan.city.codes["relation"]
    codes = [names.index(name) if name in names else -1 for name in ("spouse", "child")]
    married, parent = (
        (members[homes, code] > 0) & ((kind, code) in gaps) for code in codes
    )  # a relation that is not there has no gap
    spouses, children = (
        np.flatnonzero((crowd.type == kind) & (crowd.relation == code)) for code in codes
    )
    free = np.ones(len(age), dtype=bool)
    if married.any():
        for other in np.unique(crowd.sex[spouses]):
            mine = np.flatnonzero((sex != other) & free)
            wanted = crowd.age[spouses[crowd.sex[spouses] == other]] - gaps[kind, codes[0]][0]
            n = min(len(mine), len(wanted), int(married.sum()) - int((~free).sum()))
            free[_nearest_heads(mine, age, rng.permutation(wanted)[:n], rng)] = False
        missing = int(married.sum()) - int((~free).sum())
        free[rng.permutation(np.flatnonzero(free))[:missing]] = False
    ages = crowd.age[children] - gaps[kind, codes[1]][0] if parent.any() else np.zeros(0)
    chosen = np.empty(len(age), dtype=np.int64)
    for side, pool in ((married, ~free), (~married, free)):
        able, with_child = np.flatnonzero(pool), parent[side]
        near = np.zeros(len(age), dtype=bool)
        if with_child.any() and len(ages):
            near[_nearest_heads(able, age, rng.choice(ages, int(with_child.sum())), rng)] = True
        else:
            with_child = np.zeros(len(able), dtype=bool)
        dealt = np.empty(len(able), dtype=np.int64)
        dealt[with_child] = rng.permutation(able[near[able]])
        dealt[~with_child] = rng.permutation(able[~near[able]])
        chosen[side] = dealt
    return chosen


def _nearest_heads(mine: Ints, age: Ints, wanted: Floats, rng: np.random.Generator) -> Ints:
    """Return those of some heads whose ages are near to the wanted ones, each once."""
    mine = mine[by_lot(age[mine], rng)]
    return mine[_fitted(np.sort(wanted), age[mine])]


def _fitted(wanted: Floats, offered: Floats) -> Ints:
    """Return places in a sorted list near to sorted wanted values, each place once.

    Examples
    --------
    >>> _fitted(np.array([30.0, 30.0, 70.0]), np.array([20.0, 31.0, 40.0, 72.0, 80.0])).tolist()
    [1, 2, 3]
    """
    number = np.arange(len(wanted))
    place = np.maximum.accumulate(np.searchsorted(offered, wanted) - number)
    return np.minimum(place, len(offered) - len(wanted)) + number


def _share_out(
    members: Ints, homes: Ints, what: tuple[int, int], head: int, rng: np.random.Generator
) -> None:
    """Deal people of one relation to the households of a rare pool."""
    relation, count = what
    if relation == head:  # one each, as far as they go
        counts = apportion(np.ones(len(homes)), count, rng)
    else:
        counts = rng.multinomial(count, np.full(len(homes), 1 / len(homes)))
    members[homes, relation] += counts


def _fill_empty(members: Ints, rare: Ints, kinds: Ints, rng: np.random.Generator) -> None:
    """Move people from large rare households into empty ones of the same type."""
    for home in rare[members[rare].sum(axis=1) == 0]:
        same = rare[kinds[rare] == kinds[home]]
        donor = same[np.argmax(members[same].sum(axis=1))]
        if members[donor].sum() < 2:
            continue
        relation = rng.choice(np.flatnonzero(members[donor]))
        members[donor, relation] -= 1
        members[home, relation] += 1


def _unlist(members: Ints, rare: Ints, kinds: Ints, plan: Plan, rng: np.random.Generator) -> None:
    """Move people between rare households until none is like a listed pattern."""
    city, patterns = plan.city, plan.columns["patterns"]
    usual = np.column_stack([patterns["type"], city.members])[~patterns["rare"]]
    alike = {kind: rare[kinds[rare] == kind] for kind in np.unique(kinds[rare])}
    for _ in range(20):
        own = np.column_stack([kinds, members])[rare]
        codes = packed(np.concatenate([usual, own]))
        listed = rare[np.isin(codes[len(usual) :], codes[: len(usual)])]
        for home in listed:
            same = alike[kinds[home]]
            same = same[same != home]
            able = np.flatnonzero((members[home] > 0) & (np.arange(members.shape[1]) != city.head))
            if len(same) == 0 or len(able) == 0:
                continue
            relation = rng.choice(able)
            givers = same[(members[same].sum(axis=1) > 2) & (members[same, relation] > 0)]
            if len(givers):  # one more here, so that nobody is left alone there
                giver, taker = rng.choice(givers), home
            else:
                giver, taker = home, rng.choice(same)
            members[giver, relation] -= 1
            members[taker, relation] += 1
        if len(listed) == 0:
            return


def _matched(
    head_age: Floats, age: Ints, sides: list[tuple[Ints, Ints]], gap: tuple[float, float] | None,
    rng: np.random.Generator,
) -> Ints:  # fmt: skip
    """Return the person for each slot so that gaps to the head spread as measured, else by lot.

    Ranks alone already spread the gaps a little; as much noise is added to the
    heads' ages as brings the spread nearest to the measured one.
    """
    if gap is None:
        return _ranked(rng.random(len(head_age)), sides)
    mean, sd = gap
    wanted, noise = np.nan_to_num(head_age, nan=40.0) + mean, rng.normal(0, sd, len(head_age))
    beyond = age - age.mean() + wanted.mean()
    best, chosen = np.inf, np.zeros(0, dtype=np.int64)
    for scale in (1.0, 0.8, 0.6, 0.4, 0.2, 0.0):
        tried = _ranked(wanted + scale * noise, sides)
        gaps = beyond[tried] - wanted
        apart = abs(math.sqrt(gaps @ gaps / len(gaps)) - sd)
        if apart >= best:  # less noise, less spread: it only gets worse from here
            break
        best, chosen = apart, tried
    return chosen


def _ranked(key: Floats, sides: list[tuple[Ints, Ints]]) -> Ints:
    """Return the person for each slot: on each side ranked by age as the slots are by a key."""
    chosen = np.empty(len(key), dtype=np.int64)
    for slots, by_age in sides:
        chosen[slots[np.argsort(key[slots], kind="stable")]] = by_age
    return chosen


def _sides(
    head_sex: Ints, people: tuple[Ints, Ints], spouse: bool, rng: np.random.Generator
) -> list[tuple[Ints, Ints]]:
    """Return slots with the people who go to them, youngest first: all, or spouses by sex.

    Spouses go to heads of the other sex as far as there are such.
    """
    age, sex = people
    by_age = by_lot(age, rng)
    if not spouse:
        return [(np.arange(len(age)), by_age)]
    sides, free, left = [], np.ones(len(age), dtype=bool), np.ones(len(age), dtype=bool)
    for other in np.unique(sex):
        mine = np.flatnonzero((head_sex != other) & (head_sex >= 0) & free)
        theirs = by_age[sex[by_age] == other]
        n = min(len(mine), len(theirs))
        mine, theirs = rng.permutation(mine)[:n], theirs[np.sort(rng.permutation(len(theirs))[:n])]
        sides.append((mine, theirs))
        free[mine], left[theirs] = False, False
    return [*sides, (np.flatnonzero(free), by_age[left[by_age]])]


def _part_ages(
    household: Ints, age: Ints, people: Ints, head_age: Floats, rng: np.random.Generator
) -> None:
    """Exchange children who are too near in age to their head, where both then fit."""
    for _ in range(8):
        near = head_age[household[people]] - age[people] < _YOUNGEST_PARENT
        bad = np.flatnonzero(near)
        if len(bad) == 0:
            return
        other, once = np.unique(rng.integers(len(people), size=len(bad)), return_index=True)
        apart = ~near[other]
        bad, other = people[bad[once[apart]]], people[other[apart]]
        fits = head_age[household[other]] - age[bad] >= _YOUNGEST_PARENT
        fits &= head_age[household[bad]] - age[other] >= _YOUNGEST_PARENT
        bad, other = bad[fits], other[fits]
        household[bad], household[other] = household[other].copy(), household[bad].copy()
