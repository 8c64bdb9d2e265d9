"""Invented people of one cluster, put together into households that make sense.

Counts first (care by age; roles by age, with household patterns, in one
program); then people are dealt into roles, and roles into households by
matching ages: a spouse or child goes to a head from whom it is apart in age as
the measured gaps say.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.pseudo.city import FIVE, LIVINGS, OLD, SEVERITIES, TEN, care_start, start_of
from tsukuba_gis.pseudo.counts import apportion, by_lot, rake, unfold, whole_numbers
from tsukuba_gis.pseudo.layout import AREA_LEVELS, PROFILES
from tsukuba_gis.pseudo.links import LINKS, linked
from tsukuba_gis.pseudo.making.crowd import Crowd, Plan
from tsukuba_gis.pseudo.making.housing import housed
from tsukuba_gis.pseudo.written import profile_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray
    from scipy.sparse import csc_array, csr_array

    from tsukuba_gis.pseudo.cells import Family
    from tsukuba_gis.pseudo.city import City
    from tsukuba_gis.pseudo.keys import Streams
    from tsukuba_gis.pseudo.statistics import Statistics

    Ints = NDArray[Any]
    Floats = NDArray[Any]

# Persons that a pool of rare households may hold per household.
_CROWD: Final = 10_000.0
# Persons that may rather be misplaced than a rare household made up.
_RARELY: Final = 1000.0
# What one person more or less than is likely matters, against one more or less than raked.
_LIKELY: Final = 0.25
# Spread of ages about the head's where no gap was measured, in years.
_LOOSE: Final = 10.0


def plan(
    statistics: Statistics, city: City, tables: Mapping[str, Family], streams: Streams
) -> Plan:
    """Rake the city's tables and deal single years of age to the clusters."""
    names = [name for name in ("care", "roles", "households", "living") if name in tables]
    # By column: a cluster's equations are cut out of them.
    rows = {
        name: (matrix.tocsc(), right)
        for name, (matrix, right) in ((name, tables[name].rows()) for name in names)
    }
    likely = _likely_care(city, tables)
    raked: dict[str, Floats] = {}
    # Households before roles: they tell how many of each relation to expect.
    for name in sorted(names, key=lambda name: name == "roles"):
        guessed = _likely_roles(city, tables, raked["households"]) if name == "roles" else None
        seed = seeds(tables[name], city, statistics)
        raked[name] = rake(tables[name], seed=seed, guessed=guessed)
    return Plan(
        city=city, tables=tables, raked=raked, rows=rows, likely=likely,
        wanted=_by_area(city, tables),
        ages=_single_years(statistics, city, streams), gaps=_gaps(statistics, city),
        pools=statistics.tables["pools"],
    )  # fmt: skip


def _gaps(statistics: Statistics, city: City) -> dict[tuple[int, int], tuple[float, float]]:
    """Return mean and spread of the age gap to the head, by codes of type and relation."""
    read = statistics.tables["gaps"]
    types, relations = city.codes["type"], city.codes["relation"]
    return {
        (types.index(kind), relations.index(relation)): (float(mean), float(sd))
        for kind, relation, mean, sd in zip(
            read.type, read.relation, read["mean"], read["sd"], strict=True
        )
    }


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


def _by_area(city: City, tables: Mapping[str, Family]) -> dict[tuple[str, str], dict[int, Floats]]:
    """Return the published cells of the area tables: by table and level, label, and area."""
    found: dict[tuple[str, str], dict[int, Floats]] = {}
    for name, levels in AREA_LEVELS.items():
        for level in levels if name in tables else ():
            cells, values = tables[name].cells(level), tables[name].values[level]
            last = next(c for c in tables[name].level(level).columns if c != "area")
            labels, area = cells[last].to_numpy(), cells.area.to_numpy()
            found[name, level] = {}
            for label in np.unique(labels):
                column = np.full(len(city.areas), np.nan)
                column[area[labels == label]] = values[labels == label]
                found[name, level][int(label)] = column
    return found


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


def _likely_roles(
    city: City, tables: Mapping[str, Family], households: Floats
) -> dict[str, Floats]:
    """Return how many of each type and relation the raked households have, where not published.

    Nothing is said of types without a usual pattern, whose households may be of any size.
    """
    homes, roles = tables["households"].leaves, tables["roles"]
    pattern = homes.pattern.to_numpy()
    n_types, n_relations = len(city.codes["type"]), city.members.shape[1]
    persons = np.zeros((len(city.codes["cluster"]), n_types, n_relations))
    place = homes.cluster.to_numpy(), city.patterns.type.to_numpy()[pattern]
    np.add.at(persons, place, households[:, None] * city.members[pattern])
    cells = roles.cells("relation")
    guess = persons[cells.cluster, cells.type, cells.relation]
    usual = np.isin(cells.type, city.patterns.type.to_numpy()[~city.patterns.rare.to_numpy()])
    # A relation that no listed pattern has may still be in a rare household.
    guess = np.where(usual, np.maximum(guess, 0.1), np.nan)
    guess[np.isfinite(roles.values["relation"])] = np.nan
    return {"relation": guess}


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
    crowd.household = housed(crowd, patterns, pools, plan, streams("households", place))
    return crowd


def _part(
    table: Family, rows: tuple[csc_array, Floats], cluster: int
) -> tuple[Ints, csr_array, Floats]:
    """Return a cluster's leaves, and the equations over them."""
    matrix, right = rows
    leaves = np.flatnonzero((table.leaves["cluster"] == cluster).to_numpy())
    part = matrix[:, leaves].tocsr()
    touched = np.flatnonzero(np.diff(part.indptr))
    return leaves, part[touched], right[touched]


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
    leaves, matrix, right = _part(table, plan.rows["care"], cluster)
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
    # Of the others it follows: given the patterns, what is left are nested sums of roles.
    whole = np.arange(len(y), len(y) + len(n))
    # Slack is free; a rare household more or less is the last resort.
    weight = np.concatenate(
        [
            np.ones(len(y)),
            np.where(city.patterns.rare.to_numpy()[pattern], _RARELY, 1.0),
            np.full(len(q), 1.0),
            np.zeros(2 * n_types),
        ]
    )
    found = whole_numbers(target, matrix, right, rng, whole=whole, weight=weight)
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
    n_severity = len(SEVERITIES)
    person = by_lot(cell * n_severity + np.where(old, severity, 0), rng)
    place = by_lot(slot_cell * n_severity + slot_severity, rng)
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
    order = by_lot(crowd.sex * 1000 + crowd.start, rng)
    key = crowd.sex[order] * 1000 + crowd.start[order]
    firsts = np.flatnonzero(np.append(True, np.diff(key) != 0))
    for low, high in zip(firsts, np.append(firsts[1:], len(key)), strict=True):
        age[order[low:high]] = plan.ages[cluster, int(key[low]) // 1000, int(key[low]) % 1000]
    return age
