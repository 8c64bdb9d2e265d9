"""Invented people of one cluster, put together into households that make sense.

Counts first (care by age; roles by age, with household patterns, in one
program); then people are dealt into roles, and roles into households by
matching ages: a spouse or child goes to a head from whom it is apart in age as
the measured gaps say.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.pseudo.counts import apportion, rake, unfold, whole_numbers
from tsukuba_gis.pseudo.layout import (
    FIVE,
    LINKS,
    LIVINGS,
    OLD,
    PROFILES,
    SEVERITIES,
    TEN,
    care_start,
    linked,
    profile_keys,
    start_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from tsukuba_gis.pseudo.cells import Family
    from tsukuba_gis.pseudo.keys import Streams
    from tsukuba_gis.pseudo.layout import City
    from tsukuba_gis.pseudo.statistics import Statistics

    Ints = NDArray[Any]
    Floats = NDArray[Any]

# Persons that a pool of rare households may hold per household.
_CROWD: Final = 10_000.0
# Years that a child is younger than the head, at least, where that can be had.
_YOUNGEST_PARENT: Final = 15
# Spread of ages about the head's where no gap was measured, in years.
_LOOSE: Final = 10.0


@dataclass(slots=True, eq=False, kw_only=True)
class Crowd:
    """Invented people as arrays: one entry a person; ``household`` counts from 0."""

    cluster: Ints = field(repr=False)
    sex: Ints = field(repr=False)
    start: Ints = field(repr=False)
    age: Ints = field(repr=False)
    care: Ints = field(repr=False)
    type: Ints = field(repr=False)
    relation: Ints = field(repr=False)
    household: Ints = field(repr=False)
    area: Ints = field(repr=False)

    @classmethod
    def joined(cls, parts: list[Crowd]) -> Crowd:
        """Return several crowds as one, households numbered on."""
        offsets = np.cumsum([0, *(int(part.household.max()) + 1 for part in parts)])
        fields = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("cluster", "sex", "start", "age", "care", "type", "relation", "area")
        }
        household = np.concatenate(
            [part.household + offset for part, offset in zip(parts, offsets, strict=False)]
        )
        return cls(household=household, **fields)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Plan:
    """The city's tables with what raking makes of them; made once, read by every cluster."""

    city: City
    tables: Mapping[str, Family] = field(repr=False)
    raked: Mapping[str, Floats] = field(repr=False)
    rows: Mapping[str, tuple[csr_array, Floats]] = field(repr=False)
    likely: Mapping[str, Floats] = field(repr=False)
    ages: Mapping[tuple[int, int, int], Ints] = field(repr=False)
    gaps: pd.DataFrame = field(repr=False)
    pools: pd.DataFrame = field(repr=False)


def plan(
    statistics: Statistics, city: City, tables: Mapping[str, Family], streams: Streams
) -> Plan:
    """Rake the city's tables and deal single years of age to the clusters."""
    names = [name for name in ("care", "roles", "households", "living") if name in tables]
    rows = {name: tables[name].rows() for name in names}
    likely = _likely_care(city, tables)
    raked = {
        name: rake(
            tables[name],
            seed=seeds(tables[name], city, statistics),
            guessed=likely if name == "care" else None,
        )
        for name in names
    }
    return Plan(
        city=city, tables=tables, raked=raked, rows=rows, likely=likely,
        ages=_single_years(statistics, city, streams), gaps=statistics.tables["gaps"],
        pools=statistics.tables["pools"],
    )  # fmt: skip


def seeds(table: Family, city: City, statistics: Statistics) -> Floats:
    """Return what raking starts from: the city's shares of the hidden cells."""
    context, parts = PROFILES[table.name]
    read = statistics.tables["profile"]
    own = read[read.table == table.name]
    where, what = profile_keys(table, city, context), profile_keys(table, city, parts)
    number = Counter(set(zip(where, what, strict=True)))
    alike = Counter(a for a, _ in number)
    share: dict[tuple[str, str], float] = {}
    step: dict[str, float] = {}
    weight: dict[str, float] = {}
    for row in own.itertuples(index=False):
        if row.part == "":
            # A share that was rounded to nothing is still a little.
            weight[str(row.context)] = max(float(str(row.share)), float(str(row.step)) / 4)
        else:
            share[str(row.context), str(row.part)] = float(str(row.share))
            step[str(row.context)] = float(str(row.step))
    return np.array(
        [
            weight.get(a, 1.0) * (share.get((a, b), step[a] / 20) if a in step else 1 / alike[a])
            for a, b in zip(where, what, strict=True)
        ]
    )


def _likely_care(city: City, tables: Mapping[str, Family]) -> dict[str, Floats]:
    """Return what the areas' care table says of the clusters' totals that are not published.

    Hidden areas are raked from their people of 65 and over. People are made so
    that there are as many in each care band as the areas have places for.
    """
    if "area_care" not in tables:
        return {}
    care, areas, ages = tables["care"], tables["area_care"], tables["area_ages"]
    old = np.bincount(
        ages.leaves.area,
        rake(ages) * (ages.leaves.top >= OLD).to_numpy(),
        minlength=len(city.areas),
    )
    area, severity = areas.leaves.area.to_numpy(), areas.leaves.severity.to_numpy()
    young = np.maximum(city.areas.persons.to_numpy() - old, 1.0)
    basis = np.where(severity == 0, young[area], np.maximum(old, 0.5)[area])
    leaf = areas.values["leaf"][areas.codes["leaf"]]
    for number in np.unique(severity):
        some = np.isfinite(leaf) & (severity == number)
        basis[severity == number] *= leaf[some].sum() / basis[some].sum() if some.any() else 1.0
    found = rake(areas, seed=basis)
    link = next(link for link in LINKS if link.other[0] == "area_care")
    mine, theirs = linked(tables, link)
    guess = np.full(care.size("all_ages"), np.nan)
    guess[mine] = areas.total(link.other[1], found)[theirs]
    guess[np.isfinite(care.values["all_ages"])] = np.nan
    return {"all_ages": guess}


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
        crowd.age = _aged(crowd, plan, streams("years", place))
        return crowd
    roles, patterns, pools = _roles(cluster, plan, streams("roles", place))
    crowd = _dealt(cluster, (sex, start, care), roles, plan, streams("deal", place))
    crowd.age = _aged(crowd, plan, streams("years", place))
    crowd.household = _housed(crowd, patterns, pools, plan, streams("households", place))
    return crowd


def _part(
    table: Family, rows: tuple[csr_array, Floats], cluster: int
) -> tuple[Ints, csr_array, Floats]:
    """Return a cluster's leaves, and the equations over them."""
    matrix, right = rows
    leaves = np.flatnonzero((table.leaves["cluster"] == cluster).to_numpy())
    part = matrix[:, leaves]
    touched = np.flatnonzero(np.diff(part.indptr))
    return leaves, part[touched], right[touched]


def _likely_numbers(
    table: Family, part: tuple[Ints, csr_array, Floats], plan: Plan, rng: np.random.Generator
) -> Ints:
    """Return the numbers of a cluster's care leaves, with likely totals if that can be had."""
    from scipy.sparse import csr_array, vstack

    leaves, matrix, right = part
    target = plan.raked["care"][leaves]
    for level, guess in plan.likely.items():
        codes = table.codes[level][leaves]
        # Of the totals of a cluster one is the rest: people without care.
        told = np.unique(codes[np.isfinite(guess[codes])])[1:]
        if len(told) == 0:
            continue
        more = csr_array((codes == told[:, None]).astype(np.float64))
        try:
            return whole_numbers(
                target, vstack([matrix, more]).tocsr(),
                np.append(right, np.rint(guess[told])), rng,
            )  # fmt: skip
        except DisclosureError:  # what is likely is not possible
            continue
    return whole_numbers(target, matrix, right, rng)


def _cared(cluster: int, plan: Plan, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Return sex, age band and care code of every person of a cluster."""
    table = plan.tables["care"]
    leaves, matrix, right = _part(table, plan.rows["care"], cluster)
    counts = _likely_numbers(table, (leaves, matrix, right), plan, rng)
    own = table.leaves.iloc[leaves]
    who = unfold(counts)
    sex, group, care = (own[name].to_numpy()[who] for name in ("sex", "start", "care"))
    bands = plan.city.bands[plan.city.bands.cluster == cluster]
    band_group = care_start(bands.start.to_numpy(), plan.city.spec)
    start = group.copy()
    # Below 65 a group holds several age bands: they are dealt at random in it.
    for s, g in {(int(s), int(g)) for s, g in zip(bands.sex, band_group, strict=True)}:
        inside = ((bands.sex == s) & (band_group == g)).to_numpy()
        mine = np.flatnonzero((sex == s) & (group == g))
        dealt = np.repeat(bands.start.to_numpy()[inside], bands.persons.to_numpy()[inside])
        start[mine] = rng.permutation(dealt)
    return sex, start, care


def _roles(cluster: int, plan: Plan, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Return counts of roles (leaves of the cluster), of patterns, and of people in rare pools."""
    # Long: one program; its blocks tie roles, patterns and pools and mean nothing apart.
    from scipy.sparse import block_array, csr_array

    city = plan.city
    roles, homes = plan.tables["roles"], plan.tables["households"]
    own, a_roles, b_roles = _part(roles, plan.rows["roles"], cluster)
    leaves, a_homes, b_homes = _part(homes, plan.rows["households"], cluster)
    pair_of = roles.leaves.pair.to_numpy()[own]
    n_pairs, n_types = len(city.pairs), len(city.codes["type"])
    pair = np.arange(n_pairs)
    kinds, relations = city.pairs.type.to_numpy(), city.pairs.relation.to_numpy()
    pattern = homes.leaves.pattern.to_numpy()[leaves]
    kind = city.patterns.type.to_numpy()[pattern]
    # People of a pair = members of listed patterns + people in the type's rare pool.
    sums = csr_array((np.ones(len(own)), (pair_of, np.arange(len(own)))), (n_pairs, len(own)))
    members = csr_array(
        np.where(kinds[:, None] == kind[None, :], city.members[pattern][:, relations].T, 0)
    )
    rare = csr_array(
        (kind[None, :] == np.arange(n_types)[:, None])
        & city.patterns.rare.to_numpy()[pattern][None, :]
    ).astype(float)
    of_type = csr_array((np.ones(n_pairs), (kinds, pair)), (n_types, n_pairs))
    one = csr_array(np.eye(n_pairs))
    slack = csr_array(np.eye(n_types))
    # Every household has one head, so a pool of rare ones has as many heads as households.
    leads = csr_array(((relations == city.head).astype(float), (kinds, pair)), (n_types, n_pairs))
    matrix = block_array(
        [
            [None, -rare, leads, None, None],
            [a_roles, None, None, None, None],
            [None, a_homes, None, None, None],
            [sums, -members, -one, None, None],
            [None, -rare, of_type, -slack, None],
            [None, -_CROWD * rare, of_type, None, slack],
        ],
        format="csr",
    )
    if city.head < 0:
        matrix = matrix[n_types:]
    ties = n_pairs + 2 * n_types
    right = np.concatenate(
        [
            np.zeros(matrix.shape[0] - len(b_roles) - len(b_homes) - ties),
            b_roles,
            b_homes,
            np.zeros(ties),
        ]
    )
    y, n = plan.raked["roles"][own], plan.raked["households"][leaves]
    # A rare household is not made up where hardly one is expected.
    n = np.where(city.patterns.rare.to_numpy()[pattern] & (n < 0.5), 0.0, n)
    q = np.maximum(sums @ y - members @ n, 0.0)
    n = _pooled(n, kind, of_type @ q, plan)
    low = np.maximum(of_type @ q - rare @ n, 0.0)
    high = np.maximum(_CROWD * (rare @ n) - of_type @ q, 0.0)
    target = np.concatenate([y, n, q, low, high])
    whole = np.arange(len(y), len(y) + len(n) + len(q))
    found = whole_numbers(target, matrix, right, rng, whole=whole)
    counts, patterns, pools, _ = np.split(found, np.cumsum([len(y), len(n), len(q)]))
    return counts, patterns, pools


def _pooled(n: Floats, kind: Ints, people: Floats, plan: Plan) -> Floats:
    """Return patterns wanted, with pools of types without a usual pattern of the usual size."""
    city, n = plan.city, n.copy()
    rare = city.patterns.rare.to_numpy()
    usual = np.unique(city.patterns.type.to_numpy()[~rare])
    for name, size in zip(plan.pools.type, plan.pools.mean_size, strict=True):
        code = city.codes["type"].index(name)
        if code not in usual:
            n[kind == code] = max(1.0, people[code] / float(size)) if people[code] >= 1 else 0.0
    return n


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
    lot, ticket = rng.random(len(cell)), rng.random(len(slot))
    person = np.lexsort((lot, np.where(old, severity, 0), cell))
    place = np.lexsort((ticket, slot_severity, slot_cell))
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
    leaves, rows, right = _part(table, plan.rows["living"], cluster)
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


# ---- ages ----------------------------------------------------------------------


def _single_years(
    statistics: Statistics, city: City, streams: Streams
) -> dict[tuple[int, int, int], Ints]:
    """Return the single years of age of each (cluster, sex, age band), by lot over the city."""
    atoms = sorted({*FIVE, *city.spec.area_top})
    years = statistics.tables["years"]
    frame = city.bands.sort_values(["cluster", "sex", "start"])
    ends = frame.groupby(["cluster", "sex"]).start.shift(-1, fill_value=1000).to_numpy()
    dealt: dict[tuple[int, int, int], Ints] = {}
    for key, part in frame.assign(end=ends).groupby(["sex", "start", "end"]):
        sex, start, end = (int(code) for code in np.asarray(key))
        name = city.codes["sex"][sex]
        own = years[(years.sex == name) & (years.start >= start) & (years.start < end)]
        rng = streams("single years", f"{name}|{start}|{end}")
        total = int(part.persons.sum())
        ages = _years_in(start, end, own, total, atoms, rng)
        cuts = np.cumsum(part.persons.to_numpy())[:-1]
        for cluster, some in zip(part.cluster, np.split(rng.permutation(ages), cuts), strict=True):
            dealt[int(cluster), sex, start] = some
    return dealt


def _years_in(
    start: int, end: int, own: pd.DataFrame, total: int, atoms: list[int], rng: np.random.Generator
) -> Ints:
    """Return ``total`` ages in a band: as measured in it, else falling with age."""
    if len(own) == 0:
        steps = np.arange(start, min(end, start + 10))
        weights = 0.8 ** np.arange(len(steps)) if end > 100 else np.ones(len(steps))
        return steps[unfold(apportion(weights, total, rng))]
    firsts = own["first"].to_numpy(np.int64)
    counts = apportion(own.persons.to_numpy(np.float64), total, rng)
    # A run of years ends where the next begins, or with its five-year age.
    bounds = np.append(firsts[1:], min(end, start + 200))
    after = np.array([min([a for a in atoms if a > first], default=1000) for first in firsts])
    lengths = np.minimum(np.minimum(bounds, after), end) - firsts
    ages = []
    for first, count, length in zip(firsts, counts, lengths, strict=True):
        years = np.arange(min(length, 5))
        # In the open age at the top, and in merged runs, fewer with every year.
        weights = 0.6**years if length > 5 else 0.9**years
        ages.append(first + unfold(apportion(weights, int(count), rng)))
    return np.concatenate(ages)


def _aged(crowd: Crowd, plan: Plan, rng: np.random.Generator) -> Ints:
    """Return the age of every person: the years dealt to its cluster, sex and band."""
    age = crowd.start.copy()
    cluster = int(crowd.cluster[0])
    order = np.lexsort((rng.random(len(age)), crowd.start, crowd.sex))
    key = crowd.sex[order] * 1000 + crowd.start[order]
    firsts = np.flatnonzero(np.append(True, np.diff(key) != 0))
    for low, high in zip(firsts, np.append(firsts[1:], len(key)), strict=True):
        age[order[low:high]] = plan.ages[cluster, int(key[low]) // 1000, int(key[low]) % 1000]
    return age


# ---- households ----------------------------------------------------------------


def _housed(
    crowd: Crowd, patterns: Ints, pools: Ints, plan: Plan, rng: np.random.Generator
) -> Ints:
    """Return the household of each person."""
    # Long: fills one array, type by type and role by role, heads first.
    city = plan.city
    pattern = unfold(patterns)
    kinds = city.patterns.type.to_numpy()[pattern]
    members = city.members[pattern].copy()
    rare = city.patterns.rare.to_numpy()[pattern]
    for number, count in enumerate(pools):
        kind, relation = city.pairs.type.iloc[number], city.pairs.relation.iloc[number]
        mine = np.flatnonzero(rare & (kinds == kind))
        if count and len(mine):
            _share_out(members, mine, (int(relation), int(count)), city.head, rng)
    _fill_empty(members, np.flatnonzero(rare), kinds, rng)
    _unlist(members, np.flatnonzero(rare), kinds, city, rng)
    household = np.full(len(crowd.age), -1)
    head_age = np.full(len(pattern), np.nan)
    head_sex = np.full(len(pattern), -1)
    relations = sorted(range(len(city.codes["relation"])), key=lambda r: (r != city.head, r))
    gaps = _gap_table(plan)
    for kind in range(len(city.codes["type"])):
        for relation in relations:
            people = np.flatnonzero((crowd.type == kind) & (crowd.relation == relation))
            homes = np.flatnonzero(kinds == kind)
            slots = np.repeat(homes, members[homes, relation])
            if len(people) == 0:
                continue
            gap = gaps.get((kind, relation))
            spouse = city.codes["relation"][relation] == "spouse"
            own = (crowd.age[people], crowd.sex[people])
            if relation == city.head:
                chosen = _led(slots, own, (kind, members), crowd, plan, rng)
            elif gap is None:
                chosen = _matched((rng.random(len(slots)), head_sex[slots]), own, rng, spouse)
            else:
                chosen = _matched_by_gap(head_age[slots], head_sex[slots], own, gap, spouse, rng)
            household[people[chosen]] = slots
            if relation == city.head:
                head_age[slots] = crowd.age[people[chosen]]
                head_sex[slots] = crowd.sex[people[chosen]]
            elif city.codes["relation"][relation] == "child":
                _part_ages(household, crowd.age, people, head_age, rng)
    return household


def _led(
    homes: Ints, heads: tuple[Ints, Ints], homes_of: tuple[int, Ints], crowd: Crowd, plan: Plan,
    rng: np.random.Generator,
) -> Ints:  # fmt: skip
    """Return the head of each household of a type: by lot, but beside spouse or child who fits.

    Heads without a spouse are older or younger as a rule; those who get one are
    of the other sex than the spouses there are, and as far from them in age as
    the measured gap says. Likewise those who have children.
    """
    # Long: two choices, spouse and child, over one set of heads.
    kind, members = homes_of
    age, sex = heads
    gaps, names = _gap_table(plan), plan.city.codes["relation"]
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
    mine = mine[np.lexsort((rng.random(len(mine)), age[mine]))]
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


def _unlist(members: Ints, rare: Ints, kinds: Ints, city: City, rng: np.random.Generator) -> None:
    """Move people between rare households until none is like a listed pattern."""
    usual = {
        (int(kind), *row)
        for kind, row, pooled in zip(
            city.patterns.type, city.members.tolist(), city.patterns.rare, strict=True
        )
        if not pooled
    }
    for _ in range(20):
        listed = [h for h in rare if (int(kinds[h]), *members[h].tolist()) in usual]
        for home in listed:
            same = rare[(kinds[rare] == kinds[home]) & (rare != home)]
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
        if not listed:
            return


def _gap_table(plan: Plan) -> dict[tuple[int, int], tuple[float, float]]:
    if len(plan.gaps) == 0:
        return {}
    types, relations = plan.city.codes["type"], plan.city.codes["relation"]
    return {
        (types.index(kind), relations.index(relation)): (float(mean), float(sd))
        for kind, relation, mean, sd in zip(
            plan.gaps.type, plan.gaps.relation, plan.gaps["mean"], plan.gaps["sd"], strict=True
        )
    }


def _matched_by_gap(
    head_age: Floats, head_sex: Ints, people: tuple[Ints, Ints], gap: tuple[float, float],
    spouse: bool, rng: np.random.Generator,
) -> Ints:  # fmt: skip
    """Return the person for each slot so that gaps to the head spread as measured.

    Ranks alone already spread the gaps a little; as much noise is added to the
    heads' ages as brings the spread nearest to the measured one.
    """
    mean, sd = gap
    wanted, noise = np.nan_to_num(head_age, nan=40.0) + mean, rng.normal(0, sd, len(head_age))
    best, chosen = np.inf, np.zeros(0, dtype=np.int64)
    for scale in (1.0, 0.8, 0.6, 0.4, 0.2, 0.0):
        tried = _matched((wanted + scale * noise, head_sex), people, rng, spouse)
        apart = abs(float(np.std(people[0][tried] - wanted)) - sd)
        if apart < best:
            best, chosen = apart, tried
    return chosen


def _matched(
    slots: tuple[NDArray[np.float64], Ints], people: tuple[Ints, Ints], rng: np.random.Generator,
    spouse: bool,
) -> Ints:  # fmt: skip
    """Return the person for each slot: ranked by age as the slots are by wanted age.

    Spouses go to heads of the other sex as far as there are such.
    """
    key, head_sex = slots
    age, sex = people
    lot = rng.random(len(age))
    chosen = np.full(len(key), -1)
    if not spouse:
        chosen[np.argsort(key, kind="stable")] = np.lexsort((lot, age))
        return chosen
    free_slots, free_people = np.ones(len(key), bool), np.ones(len(age), bool)
    for other in np.unique(sex):
        mine = np.flatnonzero((head_sex != other) & (head_sex >= 0) & free_slots)
        theirs = np.flatnonzero((sex == other) & free_people)
        n = min(len(mine), len(theirs))
        mine, theirs = np.sort(rng.permutation(mine)[:n]), np.sort(rng.permutation(theirs)[:n])
        by_age = theirs[np.lexsort((lot[theirs], age[theirs]))]
        chosen[mine[np.argsort(key[mine], kind="stable")]] = by_age
        free_slots[mine], free_people[theirs] = False, False
    slots_left, people_left = np.flatnonzero(free_slots), np.flatnonzero(free_people)
    by_age = people_left[np.lexsort((lot[people_left], age[people_left]))]
    chosen[slots_left[np.argsort(key[slots_left], kind="stable")]] = by_age
    return chosen


def _part_ages(
    household: Ints, age: Ints, people: Ints, head_age: Floats, rng: np.random.Generator
) -> None:
    """Exchange children who are too near in age to their head, where both then fit."""
    for _ in range(8):
        gap = head_age[household[people]] - age[people]
        bad = people[gap < _YOUNGEST_PARENT]
        if len(bad) == 0:
            return
        other = people[rng.integers(len(people), size=len(bad))]
        other, once = np.unique(other, return_index=True)
        bad = bad[once]
        apart = ~np.isin(other, bad)
        bad, other = bad[apart], other[apart]
        fits = head_age[household[other]] - age[bad] >= _YOUNGEST_PARENT
        fits &= head_age[household[bad]] - age[other] >= _YOUNGEST_PARENT
        bad, other = bad[fits], other[fits]
        household[bad], household[other] = household[other].copy(), household[bad].copy()
