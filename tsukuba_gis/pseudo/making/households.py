"""Invented people of one cluster, put together into households that make sense.

Counts first (care by age; roles by age, with household patterns, in one
program); then people are dealt into roles, and roles into households by
matching ages: a spouse or child goes to a head from whom it is apart in age as
the measured gaps say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.pseudo.counts import by_lot, in_order, unfold, whole_numbers
from tsukuba_gis.pseudo.making.crowd import Crowd, Plan
from tsukuba_gis.pseudo.making.housing import housed
from tsukuba_gis.pseudo.making.roles import roles_in
from tsukuba_gis.pseudo.making.years import aged
from tsukuba_gis.pseudo.tables.city import (
    GROWN,
    LIVINGS,
    OLD,
    SEVERITIES,
    TEN,
    care_start,
    start_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csc_array

    from tsukuba_gis.pseudo.keys import Streams
    from tsukuba_gis.pseudo.tables.cells import Family

    Ints = NDArray[Any]
    Floats = NDArray[Any]

# What one person more or less than is likely matters, against one more or less than raked.
_LIKELY: Final = 0.25


def people_in(cluster: int, plan: Plan, streams: Streams) -> Crowd:
    """Return the invented people of a cluster, in households, not yet in areas.

    Parameters
    ----------
    cluster
        Code of the cluster.
    plan
        What the whole city shares.
    streams
        Returns the random stream of a stage at a place.
    """
    city = plan.city
    place = city.codes["cluster"][cluster]
    sex, start, care = _cared(cluster, plan, streams("care", place))
    if city.spec.household is None:
        n = len(sex)
        zero = np.zeros(n, dtype=np.int64)
        order = streams("order", place).permutation(n)
        crowd = Crowd(
            cluster=np.full(n, cluster), sex=sex[order], start=start[order], age=start[order],
            care=care[order], type=zero, relation=zero, household=np.arange(n), area=zero,
        )  # fmt: skip
        crowd.age = aged(crowd, plan, streams("years", place))
        return crowd
    roles, patterns, pools = roles_in(cluster, plan, streams("roles", place))
    crowd = _dealt(cluster, (sex, start, care), roles, plan, streams("deal", place))
    crowd.age = aged(crowd, plan, streams("years", place))
    crowd.household = housed(crowd, patterns, pools, plan, streams("households", place))
    return crowd


def _likely_numbers(
    table: Family, part: tuple[Ints, csc_array, Floats], plan: Plan, rng: np.random.Generator
) -> Ints:
    """Return the numbers of a cluster's care leaves, with totals as near to the likely as can be.

    Only whole numbers are drawn to the likely totals: raked to them, the finest cells would lose.
    """
    from scipy.sparse import csc_array

    leaves, matrix, right = part
    n, rows = len(leaves), matrix.toarray()
    for level, guess in plan.likely.items():
        codes = table.codes[level][leaves]
        # Of the totals of a cluster one is the rest: people without care.
        told = np.unique(codes[np.isfinite(guess[codes])])[1:]
        off = np.eye(len(told))  # what a total falls short, and what it has too much
        none, wide = np.zeros((len(rows), 2 * len(told))), rows.shape[1] - n
        more = np.pad(codes == told[:, None], ((0, 0), (0, wide)))
        rows = np.block([[rows, none], [more, off, -off]])
        right = np.append(right, np.rint(guess[told]))
    slack = rows.shape[1] - n
    target = np.append(plan.raked["care"][leaves], np.zeros(slack))
    weight = np.append(np.ones(n), np.full(slack, _LIKELY))
    return whole_numbers(target, csc_array(rows), right, rng, weight=weight)[:n]


def _cared(cluster: int, plan: Plan, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Return sex, age band and care code of every person of a cluster."""
    part, leaves, bands = plan.parts["care"][cluster], plan.columns["care"], plan.columns["bands"]
    who = part[0][unfold(_likely_numbers(plan.tables["care"], part, plan, rng))]
    sex, group, care = (leaves[name][who] for name in ("sex", "start", "care"))
    own = bands["cluster"] == cluster
    band_sex, band_start, persons = (bands[name][own] for name in ("sex", "start", "persons"))
    # Below 65 a group holds several age bands: they are dealt at random in it.
    band_group = care_start(band_start, plan.city.spec)
    order = in_order(band_sex * 1000 + band_group)
    start = np.empty_like(group)
    start[by_lot(sex * 1000 + group, rng)] = np.repeat(band_start[order], persons[order])
    return sex, start, care


def _dealt(
    cluster: int, people: tuple[Ints, Ints, Ints], roles: Ints, plan: Plan, rng: np.random.Generator
) -> Crowd:
    """Give every person a role of its sex and age; care follows living for those 65 and over."""
    city = plan.city
    sex, start, care = people
    leaves, slot = plan.columns["roles"], plan.parts["roles"][cluster][0][unfold(roles)]
    slot_sex, slot_ten, slot_type, slot_relation = (
        leaves[name][slot] for name in ("sex", "ten", "type", "relation")
    )
    slot_cell = slot_sex * 1000 + slot_ten
    ten = start_of(start, TEN)
    cell = sex * 1000 + ten
    severity = city.severity[care]
    old = ten >= OLD
    slot_severity = np.zeros(len(slot), dtype=np.int64)
    slot_old = np.flatnonzero(slot_ten >= OLD)
    where, living = slot_cell[slot_old], city.living[slot_type[slot_old]]
    counts = _living_by_care(cluster, plan, (cell[old], severity[old]), (where, living), rng)
    # Both sides sorted by sex, age and (65+) care band: person i takes slot i.
    n_severity = len(SEVERITIES)
    mine = slot_old[by_lot(where * len(LIVINGS) + living, rng)]
    slot_severity[mine] = unfold(counts.ravel()) % n_severity
    # Of those of 10 to 19, households are headed by people of 15 and over.
    leads = (slot_ten < GROWN) & (slot_relation == city.head)
    grown = (ten < GROWN) & (start >= GROWN)
    person = by_lot((cell * n_severity + np.where(old, severity, 0)) * 2 + grown, rng)
    place = by_lot((slot_cell * n_severity + slot_severity) * 2 + leads, rng)
    n = len(person)
    return Crowd(
        cluster=np.full(n, cluster), sex=sex[person], start=start[person], age=start[person],
        care=care[person], type=slot_type[place], relation=slot_relation[place],
        household=np.arange(n), area=np.zeros(n, dtype=np.int64),
    )  # fmt: skip


def _living_by_care(
    cluster: int, plan: Plan, people: tuple[Ints, Ints], slots: tuple[Ints, Ints],
    rng: np.random.Generator,
) -> Ints:  # fmt: skip
    """Return how many of those 65+ are in each care band: (sex and age) × living × care."""
    from scipy.sparse import csc_array

    where = np.unique(people[0])
    n_living, n_severity = len(LIVINGS), len(SEVERITIES)
    shape = (len(where), n_living, n_severity)
    if len(where) == 0:
        return np.zeros(shape, dtype=np.int64)
    care, living = (
        np.bincount(np.searchsorted(where, own) * n + code, minlength=len(where) * n).reshape(-1, n)
        for (own, code), n in ((people, n_severity), (slots, n_living))
    )
    leaves, rows, right = plan.parts["living"][cluster]
    own = tuple(plan.columns["living"][name][leaves] for name in ("living", "severity"))
    wanted = np.zeros((n_living, n_severity))
    wanted[own] = plan.raked["living"][leaves]
    x = living[:, :, None] * np.maximum(care, 1e-9)[:, None, :] + 1e-12
    for _ in range(30):
        x *= (np.maximum(wanted, 1e-9) / np.maximum(x.sum(axis=0), 1e-12))[None]
        x *= (living / np.maximum(x.sum(axis=2), 1e-12))[:, :, None]
        x *= (care / np.maximum(x.sum(axis=1), 1e-12))[:, None, :]
    every = np.eye(x.size).reshape(*shape, x.size)
    margins = np.vstack([every.sum(axis=axis).reshape(-1, x.size) for axis in (1, 2)])
    b = np.concatenate([care.ravel(), living.ravel()])
    spread = every.sum(axis=0)[own]
    try:
        found = whole_numbers(
            x.ravel(), csc_array(np.vstack([margins, rows @ spread])), np.append(b, right), rng,
            whole=np.arange(x.size),
        )  # fmt: skip
    except DisclosureError:
        # The care of the invented does not allow all of it: these cells are demoted.
        found = whole_numbers(x.ravel(), csc_array(margins), b, rng)
    return found.reshape(shape)
