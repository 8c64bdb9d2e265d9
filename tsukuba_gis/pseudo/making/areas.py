"""Households of a cluster dealt to its areas so that the area tables come out right.

Households that count alike in every area table (so many members in each age
band and care band, the same class of head) are of one *kind*; only how many of
each kind go to each area matters. First raking finds the most even shares;
they are rounded kind by kind, the largest households first, each time to where
the tables still lack people; then households are exchanged between two areas,
or moved, as long as an exchange lessens the misfit. Cells that cannot be met
(the invented residents of an institution are not of the ages of its area, say)
would keep many others from being met: they are given up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.pseudo.counts import by_lot, distinct
from tsukuba_gis.pseudo.making.exchange import fit
from tsukuba_gis.pseudo.making.raking import Targets, raked, rounded
from tsukuba_gis.pseudo.tables.city import HEADS, OLD, start_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.making.crowd import Crowd, Plan

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]


# How much an area's persons beyond the usual for its households weigh in the starts.
_STARTS: Final = (0.0, 0.25)
# A start is good enough that leaves no more misfit than so much a cell.
_FAIR: Final = 0.15
# Steps of raking that tell where residents of open households belong, and further ones when they
# are there.
_ROUGH: Final = 8
_FINE: Final = 6


def settle(cluster: int, crowd: Crowd, plan: Plan, rng: np.random.Generator) -> None:
    """Give every household of a cluster an area: writes ``crowd.area``.

    Households of types that have no usual pattern (institutions) are open:
    their size is not measured, so that each resident but the first may go to
    whichever of them lies where the area tables need him; this writes
    ``crowd.household``.

    Parameters
    ----------
    cluster
        Code of the cluster.
    crowd
        Its people, in households.
    plan
        With the city's tables.
    rng
        Draws the start and the order of exchanges.
    """
    areas = np.flatnonzero((plan.city.areas.cluster == cluster).to_numpy())
    if len(areas) == 1:
        crowd.area = np.full(len(crowd.age), areas[0])
        return
    unit, role = _units(crowd, plan)
    features = np.column_stack([_features(crowd, plan, unit, role), role])
    lowest = int(role.min())
    features[:, -1] -= lowest
    kinds, kind, number = distinct(features)
    targets = _targets(kinds[:, :-1], kinds[:, -1] + lowest, areas, plan)
    placed, everywhere = _started(number, kinds[:, -1] + lowest, targets, rng)
    fit(placed, targets, everywhere, rng)
    # Which household of a kind goes where is drawn by lot.
    order = by_lot(kind, rng)
    unit_area = np.empty(len(kind), dtype=np.int64)
    unit_area[order] = areas[
        np.concatenate([np.repeat(np.arange(len(areas)), column) for column in placed.T])
    ]
    crowd.area = unit_area[unit]
    _admit(crowd, unit_area, unit, role, rng)


def _started(
    number: Ints, role: Ints, targets: Targets, rng: np.random.Generator
) -> tuple[Ints, Bools]:
    """Return households raked and rounded (areas × kinds), and which kinds may be where.

    Where open households are is not measured: their places are chosen by how
    raking spreads their residents; where that leaves much misfit another start
    is tried, and the places that leave the least are taken.
    """
    everywhere = np.ones((len(targets.wanted), len(number)), dtype=bool)
    if not role.any():
        shares, _ = raked(number, targets, everywhere)
        return rounded(shares, number, targets, everywhere, rng), everywhere
    best, found = np.inf, (np.zeros(0), everywhere)
    seen: set[bytes] = set()
    for power in _STARTS:
        rough, push = raked(
            number, targets, everywhere, prior=_prior(targets, role, power), steps=_ROUGH
        )
        allowed, hosts = _hosting(rough, role, number)
        if hosts.tobytes() in seen:
            continue
        seen.add(hosts.tobytes())
        shares, _ = raked(number, targets, allowed, push=push, steps=_FINE)
        # Open households stay where they are put: their residents follow them.
        fixed = role > 0
        shares[:, fixed] = hosts[:, fixed]
        allowed[:, fixed] = False
        misfit = float(np.abs(targets.error(shares)).sum())
        if misfit < best:
            best, found = misfit, (shares, allowed)
        if best < _FAIR * np.count_nonzero(targets.known):
            break
    shares, allowed = found
    return rounded(shares, number, targets, allowed, rng), allowed


def _prior(targets: Targets, role: Ints, power: float) -> Floats:
    """Return weights to start from: households; for residents of open ones, persons beyond.

    Persons beyond those that the area's households usually have, raised to a power.
    """
    homes, persons = targets.wanted[:, 0], targets.wanted[:, 1]
    usual = float(np.median(persons / homes))
    beyond = np.maximum(persons - usual * homes, 1.0) ** power * homes ** (1 - power)
    return np.where(role < 0, beyond[:, None], homes[:, None])


def _units(crowd: Crowd, plan: Plan) -> tuple[Ints, Ints]:
    """Return the unit of each person, and what each unit is.

    0: a household; t + 1: the head of an open one of type t; −t − 1:
    another resident of such a one, who is a unit alone.
    """
    city = plan.city
    usual = np.zeros(len(city.codes["type"]), dtype=bool)
    usual[city.patterns.type.to_numpy()[~city.patterns.rare.to_numpy()]] = True
    homes = int(crowd.household.max()) + 1
    first = np.zeros(len(crowd.age), dtype=bool)
    # The head stays; without one, anyone.
    order = np.lexsort((crowd.relation != city.head, crowd.household))
    first[order[np.unique(crowd.household[order], return_index=True)[1]]] = True
    open_type = ~usual[crowd.type]
    guest = open_type & ~first
    unit = crowd.household.copy()
    unit[guest] = homes + np.arange(int(guest.sum()))
    role = np.zeros(homes + int(guest.sum()), dtype=np.int64)
    host = open_type & first
    role[unit[host]] = crowd.type[host] + 1
    role[unit[guest]] = -crowd.type[guest] - 1
    return unit, role


def _hosting(shares: Floats, role: Ints, number: Ints) -> tuple[Bools, Ints]:
    """Tell which kinds may be where, and put the open households where most residents belong.

    One in each of the areas that raking gives most residents; where there are
    more households than areas, from the first again.
    """
    allowed = np.ones(shares.shape, dtype=bool)
    hosts = np.zeros(shares.shape, dtype=np.int64)
    for kind in np.unique(role[role > 0]):
        wanted = shares[:, role == -kind].sum(axis=1)
        best = np.argsort(-wanted, kind="stable")
        columns = np.repeat(np.flatnonzero(role == kind), number[role == kind])
        areas = best[np.arange(len(columns)) % len(best)]
        np.add.at(hosts, (areas, columns), 1)
        away = ~np.isin(np.arange(len(shares)), areas)
        allowed[np.ix_(away, np.abs(role) == kind)] = False
    return allowed, hosts


def _admit(crowd: Crowd, unit_area: Ints, unit: Ints, role: Ints, rng: np.random.Generator) -> None:
    """Put the residents of open households into one in the area that they were dealt to."""
    for kind in np.unique(-role[role < 0]):
        hosts = np.flatnonzero(role == kind)  # units of hosts are their households
        people = np.flatnonzero(role[unit] == -kind)
        if len(hosts) == 0:
            continue
        for area in np.unique(crowd.area[people]):
            mine = people[crowd.area[people] == area]
            here = hosts[unit_area[hosts] == area]
            here = here if len(here) else hosts
            crowd.household[mine] = rng.choice(here, len(mine))
        crowd.area[people] = unit_area[crowd.household[people]]


def _features(crowd: Crowd, plan: Plan, unit: Ints, role: Ints) -> Ints:
    """Return, per unit, its members by age band and care band, and its class of head."""
    city, homes = plan.city, len(role)
    bands = city.spec.area_bands
    band = np.searchsorted(bands, start_of(crowd.start, bands))
    n_band = len(bands)
    columns = [np.bincount(unit * n_band + band, minlength=homes * n_band).reshape(homes, -1)]
    severity = city.severity[crowd.care]
    certified = severity > 0
    columns.append(
        np.bincount(unit[certified] * 2 + severity[certified] - 1, minlength=homes * 2).reshape(
            homes, 2
        )
    )
    heads = np.full(homes, len(HEADS) - 1)
    head = (crowd.relation == city.head) & (crowd.start >= OLD)
    alone = city.living[crowd.type] == 0
    heads[unit[head]] = 1
    heads[unit[head & alone]] = 0
    columns.append((heads[:, None] == np.arange(len(HEADS) - 1)).astype(np.int64))
    return np.hstack(columns)


def _targets(kinds: Ints, role: Ints, areas: Ints, plan: Plan) -> Targets:
    """Return what one household of each kind counts in each cell, and what is published."""
    spec, tables = plan.city.spec, plan.tables
    n_band = len(spec.area_bands)
    bands, care, heads = np.split(kinds, [n_band, n_band + 2], axis=1)
    size = bands.sum(axis=1)
    top = np.searchsorted(spec.area_top, start_of(np.array(spec.area_bands), spec.area_top))
    tops = np.stack([bands[:, top == t].sum(axis=1) for t in range(len(spec.area_top))], axis=1)
    certified = care.sum(axis=1)
    own = plan.city.areas.iloc[areas]
    home = (role >= 0).astype(np.int64)  # residents of open households are not households
    counts = [home, size]
    guess = [np.full(len(areas), np.nan)] * 2
    wanted = [own.households.to_numpy(np.float64), own.persons.to_numpy(np.float64)]
    parts = {
        ("area_ages", "top"): tops,
        ("area_ages", "leaf"): bands,
        ("area_care", "certified"): np.stack([size - certified, certified], axis=1),
        ("area_care", "leaf"): np.column_stack([size - certified, care]),
        ("area_households", "old"): np.stack([home - heads.sum(axis=1), heads.sum(axis=1)], axis=1),
        ("area_households", "leaf"): np.column_stack([heads, home - heads.sum(axis=1)]),
    }
    for (name, level), columns in parts.items():
        if name not in tables:
            continue
        last = next(c for c in tables[name].level(level).columns if c != "area")
        told = plan.wanted[name, level]
        for label, per_area in told.items():
            wanted.append(per_area[areas])
            likely = plan.guessed.get((name, level), {})
            guess.append(likely[label][areas] if label in likely else np.full(len(areas), np.nan))
            counts.append(_column(columns, label, list(told), last, spec.area_top, spec.area_bands))
    # The numbers of households and persons, and of young and old, go before the others.
    urgent = np.arange(len(wanted)) < 2 + len(spec.area_top) * ("area_ages" in tables)
    return Targets(
        counts=np.stack(counts, axis=1), wanted=np.stack(wanted, axis=1), urgent=urgent,
        guess=np.stack(guess, axis=1),
    )  # fmt: skip


def _column(
    columns: Ints, label: int, labels: list[int], last: str, top: tuple[int, ...],
    bands: tuple[int, ...],
) -> Ints:  # fmt: skip
    """Return what a household counts under a label: age bands by first age, else by code."""
    if last == "top":
        return columns[:, top.index(label)]
    if last == "band":
        return columns[:, bands.index(label)]
    return columns[:, label if len(labels) > 1 or columns.shape[1] > label else 0]
