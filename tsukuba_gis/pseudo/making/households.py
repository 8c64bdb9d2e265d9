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
from tsukuba_gis.pseudo.counts import by_lot, unfold, whole_numbers
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
    from scipy.sparse import csr_array

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
    table: Family, part: tuple[Ints, csr_array, Floats], plan: Plan, rng: np.random.Generator
) -> Ints:
    """Return the numbers of a cluster's care leaves, with totals as near to the likely as can be.

    Only whole numbers are drawn to the likely totals: raked to them, the finest cells would lose.
    """
    from scipy.sparse import block_array, csr_array, eye_array

    leaves, matrix, right = part
    n, right = len(leaves), right.copy()
    for level, guess in plan.likely.items():
        codes = table.codes[level][leaves]
        # Of the totals of a cluster one is the rest: people without care.
        told = np.unique(codes[np.isfinite(guess[codes])])[1:]
        more = csr_array((codes == told[:, None]).astype(np.float64))
        off = eye_array(len(told))  # what a total falls short, and what it has too much
        matrix = block_array([[matrix, None, None], [more, off, -off]], format="csr")
        right = np.append(right, np.rint(guess[told]))
    slack = matrix.shape[1] - n
    target = np.append(plan.raked["care"][leaves], np.zeros(slack))
    weight = np.append(np.ones(n), np.full(slack, _LIKELY))
    return whole_numbers(target, matrix, right, rng, weight=weight)[:n]


def _cared(cluster: int, plan: Plan, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Return sex, age band and care code of every person of a cluster."""
    table = plan.tables["care"]
    leaves, matrix, right = plan.part("care", cluster)
    counts = _likely_numbers(table, (leaves, matrix, right), plan, rng)
    own = table.leaves.iloc[leaves]
    who = unfold(counts)
    sex, group, care = (own[name].to_numpy()[who] for name in ("sex", "start", "care"))
    bands = plan.city.bands[plan.city.bands.cluster == cluster]
    band_sex, band_start = bands.sex.to_numpy(), bands.start.to_numpy()
    persons = bands.persons.to_numpy()
    band_group = care_start(band_start, plan.city.spec)
    start = group.copy()
    # Below 65 a group holds several age bands: they are dealt at random in it.
    for s, g in sorted(set(zip(band_sex.tolist(), band_group.tolist(), strict=True))):
        inside = (band_sex == s) & (band_group == g)
        mine = np.flatnonzero((sex == s) & (group == g))
        start[mine] = rng.permutation(np.repeat(band_start[inside], persons[inside]))
    return sex, start, care


def _dealt(
    cluster: int, people: tuple[Ints, Ints, Ints], roles: Ints, plan: Plan, rng: np.random.Generator
) -> Crowd:
    """Give every person a role of its sex and age; care follows living for those 65 and over."""
    city = plan.city
    sex, start, care = people
    own = plan.tables["roles"].leaves[plan.tables["roles"].leaves.cluster == cluster]
    slot = unfold(roles)
    slot_cell = (own.sex * 1000 + own.ten).to_numpy()[slot]
    slot_type, slot_relation = own.type.to_numpy()[slot], own.relation.to_numpy()[slot]
    ten = start_of(start, TEN)
    cell = sex * 1000 + ten
    severity = city.severity[care]
    old = ten >= OLD
    slot_severity = np.zeros(len(slot), dtype=np.int64)
    slot_old = slot_cell % 1000 >= OLD
    counts = _living_by_care(
        cluster, plan, (cell[old], severity[old]),
        (slot_cell[slot_old], city.living[slot_type[slot_old]]), rng,
    )  # fmt: skip
    for (where, living), wanted in counts.items():
        mine = np.flatnonzero(slot_old & (slot_cell == where) & (city.living[slot_type] == living))
        slot_severity[mine] = rng.permutation(unfold(wanted))
    # Both sides sorted by sex, age and (65+) care band: person i takes slot i.
    n_severity = len(SEVERITIES)
    # Of those of 10 to 19, households are headed by people of 15 and over.
    leads = (slot_cell % 1000 < GROWN) & (slot_relation == city.head)
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
) -> dict[tuple[int, int], Ints]:  # fmt: skip
    """Return, for each (sex and age, living) of those 65+, how many are in each care band."""
    # Long: one fit and its program over the same index of cells.
    from scipy.sparse import csr_array, vstack

    where = np.unique(people[0])
    n_living, n_severity = len(LIVINGS), len(SEVERITIES)
    shape = (len(where), n_living, n_severity)
    if len(where) == 0:
        return {}
    care = np.zeros((len(where), n_severity))
    np.add.at(care, (np.searchsorted(where, people[0]), people[1]), 1)
    living = np.zeros((len(where), n_living))
    np.add.at(living, (np.searchsorted(where, slots[0]), slots[1]), 1)
    table = plan.tables["living"]
    leaves, rows, right = plan.part("living", cluster)
    own = table.leaves.iloc[leaves]
    wanted = np.zeros((n_living, n_severity))
    wanted[own.living, own.severity] = plan.raked["living"][leaves]
    x = living[:, :, None] * np.maximum(care, 1e-9)[:, None, :] + 1e-12
    for _ in range(30):
        x *= (np.maximum(wanted, 1e-9) / np.maximum(x.sum(axis=0), 1e-12))[None]
        x *= (living / np.maximum(x.sum(axis=2), 1e-12))[:, :, None]
        x *= (care / np.maximum(x.sum(axis=1), 1e-12))[:, None, :]
    index = np.arange(x.size).reshape(shape)
    by_care = _indicator(index.transpose(0, 2, 1).reshape(-1, n_living), x.size)
    by_living = _indicator(index.reshape(-1, n_severity), x.size)
    margins = vstack([by_care, by_living])
    b = np.concatenate([care.ravel(), living.ravel()])
    spread = np.zeros((len(leaves), x.size))
    for row, (lv, sv) in enumerate(zip(own.living, own.severity, strict=True)):
        spread[row, index[:, lv, sv]] = 1
    table_rows = csr_array(rows @ spread)
    try:
        found = whole_numbers(
            x.ravel(), vstack([margins, table_rows]).tocsr(), np.concatenate([b, right]), rng,
            whole=np.arange(x.size),
        )  # fmt: skip
    except DisclosureError:
        # The care of the invented does not allow all of it: these cells are demoted.
        found = whole_numbers(x.ravel(), margins.tocsr(), b, rng)
    cells = found.reshape(shape)
    return {(int(where[i]), j): cells[i, j] for i in range(len(where)) for j in range(n_living)}


def _indicator(groups: Ints, n: int) -> csr_array:
    from scipy.sparse import csr_array

    rows = np.repeat(np.arange(len(groups)), groups.shape[1])
    return csr_array((np.ones(groups.size), (rows, groups.ravel())), (len(groups), n))
