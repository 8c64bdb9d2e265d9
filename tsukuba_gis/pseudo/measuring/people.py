"""From a register to whole-number codes, with every merge that safety asks for.

What is too small to be named is merged here, before anything is counted: a
cluster or area of fewer than k persons or households, a code that few people
bear. The merges are counted, and only the counts leave this step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.pseudo.tables.city import start_of
from tsukuba_gis.pseudo.tally import MAX_AGE
from tsukuba_gis.schema import CARE_LEVELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.tally import Tally
    from tsukuba_gis.zones import Zones

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]


# An area to which others are added has at least so many times the households that are needed.
_HAMLET: Final = 3


@dataclass(slots=True, eq=False, kw_only=True)
class People:
    """A register as arrays, one entry a person; stays inside the measuring step."""

    spec: Spec
    codes: Mapping[str, tuple[str, ...]]
    cluster: Ints = field(repr=False)
    sex: Ints = field(repr=False)
    age: Ints = field(repr=False)
    care: Ints = field(repr=False)
    type: Ints = field(repr=False)
    relation: Ints = field(repr=False)
    household: Ints = field(repr=False)
    # As in the register, before crowds are divided.
    undivided: Ints = field(repr=False)
    # Whoever counts households that people hide behind counts these: of an institution, whose
    # residents are no family, each resident.
    kin: Ints = field(repr=False)
    area: Ints = field(repr=False)
    area_names: tuple[str, ...]
    area_clusters: Ints = field(repr=False)
    # First person of each household, in the order of household codes.
    first: Ints = field(repr=False)
    pairs: pd.DataFrame = field(repr=False)
    merges: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.cluster)

    @property
    def households(self) -> int:
        """Number of households."""
        return len(self.first)


def people_of(register: Tally, spec: Spec, zones: Zones | None) -> People:
    """Return a register as codes, small clusters, areas and codes merged.

    Parameters
    ----------
    register
        Tallied.
    spec
        Its spec, without home points where there are no zones.
    zones
        Polygons of the areas: of those that lose alike by it, a small area joins
        the nearest; without polygons, the largest.

    Raises
    ------
    DisclosureError
        If a column of codes is an identifier in disguise, or the register is
        too small to be told of at all.
    """
    merges: dict[str, int] = {}
    age, household = register.age.astype(np.int64), register.homes()
    first = _first(household)
    if len(first) < spec.k:
        raise DisclosureError("pseudo_too_few", k=spec.k)
    raw_cluster, cluster_names = register.factor(spec.cluster)
    raw_area, area_names = register.factor(spec.area)
    raw_cluster, raw_area = _together(household, raw_cluster, raw_area, merges)
    codes: dict[str, tuple[str, ...]] = {}
    columns = {"sex": spec.sex, "care": spec.care, "type": spec.household_type,
               "relation": spec.relation}  # fmt: skip
    arrays = {}
    for role, column in columns.items():
        arrays[role], codes[role] = _category(register, column, role, household, spec, merges)
    # Of two relations, persons less households are those of the other one.
    heads = len(codes["relation"]) == 2 and spec.head in codes["relation"]
    cluster, codes["cluster"] = _merge_clusters(
        (raw_cluster, raw_area, household, arrays["sex"]), first, cluster_names, spec, merges,
        heads=heads,
    )  # fmt: skip
    area, area_labels, area_clusters = _merge_areas(
        (cluster, raw_area, first, age), area_names, spec, zones, merges
    )
    # A type belongs to the whole household: the one that most members bear.
    arrays["type"] = _mode_by(household, arrays["type"], len(codes["type"]))[household]
    institution = np.array([name == spec.institution for name in codes["type"]])[arrays["type"]]
    # Whatever the order of the rows: people who are alike in these can stand for each other.
    alike = (arrays["relation"] * len(codes["sex"]) + arrays["sex"]) * MAX_AGE + MAX_AGE - 1 - age
    divided = _divided(household, alike, institution, spec, merges)
    relation = _one_head(arrays["relation"], age, alike, divided, codes, spec)
    # Of a crowd, which is given many heads, once.
    merges["heads_mended"] = len(np.unique(household[relation != arrays["relation"]]))
    arrays["relation"] = relation
    arrays["type"], arrays["relation"], pairs = _merge_pairs(
        arrays["type"], arrays["relation"], household, codes, spec, merges
    )
    return People(
        spec=spec, codes=codes, cluster=cluster, sex=arrays["sex"], age=age, care=arrays["care"],
        type=arrays["type"], relation=arrays["relation"], household=divided, undivided=household,
        kin=_kin(household, institution), area=area, area_names=area_labels,
        area_clusters=area_clusters, pairs=pairs, merges=merges,
        first=first if divided is household else _first(divided),
    )  # fmt: skip


def _first(household: Ints) -> Ints:
    """Return the first person of each household, in the order of household codes."""
    place = np.empty(int(household.max(initial=-1)) + 1, dtype=np.int64)
    # Written from the last person to the first, so that the first one stays.
    place[household[::-1]] = np.arange(len(household) - 1, -1, -1)
    return place


def _mode_by(group: Ints, values: Ints, n_values: int) -> Ints:
    """Return the commonest value of each group; the smallest among equals."""
    span = n_values + 1
    line = np.sort(group * span + values)
    start = np.flatnonzero(np.append(True, line[1:] != line[:-1]))
    counts = np.diff(np.append(start, len(line)))
    groups, value = line[start] // span, line[start] % span
    # Pairs are in order: the commonest value of a group is the first that reaches its maximum.
    first = np.flatnonzero(np.append(True, groups[1:] != groups[:-1]))
    most = np.repeat(np.maximum.reduceat(counts, first), np.diff(np.append(first, len(groups))))
    best = np.flatnonzero(counts == most)
    of = groups[best]
    commonest: Ints = value[best[np.append(True, of[1:] != of[:-1])]]
    return commonest


def _together(
    household: Ints, cluster: Ints, area: Ints, merges: dict[str, int]
) -> tuple[Ints, Ints]:
    """Put every household where most of its members are."""
    span = int(area.max(initial=0)) + 1
    place = cluster * span + area
    home = _mode_by(household, place, int(place.max(initial=0)) + 1)[household]
    merges["persons_moved_to_household"] = int((home != place).sum())
    return home // span, home % span


def _sizes(code: Ints, first: Ints, n: int) -> tuple[Ints, Ints]:
    """Return persons and households of each code; ``first`` is one person of each household."""
    return np.bincount(code, minlength=n), np.bincount(code[first], minlength=n)


def _merge_clusters(
    people: tuple[Ints, Ints, Ints, Ints], first: Ints, names: tuple[str, ...], spec: Spec,
    merges: dict[str, int], *, heads: bool,
) -> tuple[Ints, tuple[str, ...]]:  # fmt: skip
    """Merge clusters that are too small (typing errors, as a rule) into a neighbour.

    Too small is: fewer than k persons or households, or 1 … k − 1 of a sex; or of those who
    do not lead a household, where ``heads`` says that these have one relation. The
    neighbour is the cluster of most people of the same area, else the largest.
    """
    cluster, area, household, sex = people
    persons, homes = _sizes(cluster, first, len(names))
    enough = (persons >= spec.k) & (homes >= spec.k)
    span = int(sex.max()) + 1
    some = np.bincount(cluster * span + sex, minlength=len(names) * span).reshape(-1, span)
    enough &= ((some == 0) | (some >= spec.k)).all(axis=1)
    if heads:
        enough &= (persons == homes) | (persons - homes >= spec.k)
    if not enough.any():
        raise DisclosureError("pseudo_too_few", k=spec.k)
    merges["clusters_merged"] = int((~enough & (persons > 0)).sum())
    largest = int(np.argmax(np.where(enough, persons, -1)))
    target = np.where(enough, np.arange(len(names)), largest)
    moved = target[cluster]
    small = ~enough[cluster]
    if spec.area is not None and small.any():
        safe = ~small
        usual = np.full(int(area.max()) + 1, -1)
        present = np.flatnonzero(np.bincount(area[safe]))
        usual[present] = _mode_by(area[safe], cluster[safe], len(names))
        host = _mode_by(household[small], usual[area[small]] + 1, len(names) + 1) - 1
        back = np.unique(household[small], return_inverse=True)[1]
        moved[small] = np.where(host[back] >= 0, host[back], moved[small])
    kept = np.flatnonzero(enough)
    rank = np.full(len(names), -1)
    rank[kept] = np.arange(len(kept))
    return rank[moved], tuple(names[i] for i in kept)


def _merge_areas(
    people: tuple[Ints, Ints, Ints, Ints], names: tuple[str, ...], spec: Spec, zones: Zones | None,
    merges: dict[str, int],
) -> tuple[Ints, tuple[str, ...], Ints]:  # fmt: skip
    """Merge areas that are too small into the safe area of the cluster that loses least by it.

    First one whose children or old people (the ends of ``area_top``) are too few to
    be shown anyway; then one of at least three times as many households as are needed,
    whose persons per household change less; then the one with the fewest age bands of
    k or more; then the nearest. Who lives in the small area plays no part: the choice
    would tell of them. An area that lies in two clusters counts as two. Where a cluster
    has no safe area, its people get an area without a name.
    """
    import pandas as pd

    cluster, area, first, age = people
    span = len(names)
    unit, units = pd.factorize(cluster * span + area, sort=True)
    of_cluster, of_name = units // span, units % span
    persons, homes = _sizes(unit, first, len(units))
    named = np.array([names[i] != "" for i in of_name])
    needed = spec.k if spec.household else 0
    enough = (persons >= spec.k) & (homes >= needed) & (named | (spec.area is None))
    merges["areas_merged"] = int((~enough).sum())
    bands = len(spec.area_bands)
    band = np.searchsorted(spec.area_bands, np.arange(MAX_AGE), side="right") - 1
    line = unit * bands + band[age]
    counts = np.bincount(line, minlength=len(units) * bands).reshape(-1, bands)
    top = start_of(np.array(spec.area_bands), spec.area_top)
    ends = np.stack([counts[:, top == t].sum(axis=1) for t in (top[0], top[-1])], axis=1)
    whole, told = ends.min(axis=1) >= spec.k, (counts >= spec.k).sum(axis=1)
    centres = _centres(names, zones)
    target = np.arange(len(units))
    for lost in np.flatnonzero(~enough):
        hosts = np.flatnonzero(enough & (of_cluster == of_cluster[lost]))
        if len(hosts) == 0:  # all of the cluster's areas are small: one area without a name
            target[lost] = np.flatnonzero(of_cluster == of_cluster[lost])[0]
            named[target[lost]] = False
            continue
        apart = np.hypot(*(centres[of_name[hosts]] - centres[of_name[lost]]).T)  # NaN comes last
        hamlet = homes[hosts] < _HAMLET * needed
        keys = (-persons[hosts], apart, told[hosts], hamlet, whole[hosts])
        host = target[lost] = hosts[np.lexsort(keys)[0]]
        told[host], whole[host] = 0, False
    kept = np.unique(target)
    rank = np.full(len(units), -1)
    rank[kept] = np.arange(len(kept))
    labels = tuple(names[of_name[i]] if named[i] else "" for i in kept)
    return rank[target][unit], labels, of_cluster[kept]


def _centres(names: tuple[str, ...], zones: Zones | None) -> Floats:
    centres = np.full((len(names), 2), np.nan)
    if zones is None:
        return centres
    points = zones.frame.geometry.centroid
    x, y = points.x.to_numpy(), points.y.to_numpy()
    for number, zone in enumerate(zone_ids(names, zones)):
        if zone >= 0:
            centres[number] = x[zone], y[zone]
    return centres


def zone_ids(names: tuple[str, ...], zones: Zones) -> list[int]:
    """Return the row of each name among the zones, by id or by unique name; -1 if absent."""
    by_id = {zone: row for row, zone in enumerate(zones.ids)}
    seen = zones.names.value_counts()
    by_name = {name: row for row, name in enumerate(zones.names) if seen[name] == 1}
    return [by_id.get(name, by_name.get(name, -1)) for name in names]


def _category(
    register: Tally, column: str | None, role: str, household: Ints, spec: Spec,
    merges: dict[str, int],
) -> tuple[Ints, tuple[str, ...]]:  # fmt: skip
    """Return codes of a category column; codes of too few people join a common one."""
    codes, names = register.factor(column)
    if column is None:
        return codes, names
    persons = np.bincount(codes, minlength=len(names))
    behind = _behind(codes, household, len(names))
    units = spec.units if spec.household else 0
    enough = (persons >= spec.k) & (behind >= units)
    if persons[enough].sum() < len(register) / 2:
        if len(names) > len(register) / 2:
            raise DisclosureError("pseudo_identifier", column=column)
        raise DisclosureError("pseudo_codes_rare", column=column, k=spec.k, units=units)
    merges[f"codes_merged_{role}"] = int((~enough & (persons > 0)).sum())
    kept = np.flatnonzero(enough)
    target = np.full(len(names), kept[np.argmax(persons[kept])])
    target[kept] = kept
    if role == "care":  # the nearest level with less need
        for lost in np.flatnonzero(~enough):
            lower = kept[kept < lost]
            if names[lost] in CARE_LEVELS and len(lower):
                target[lost] = lower[-1]
    if role == "type" and "other" in names and enough[names.index("other")]:
        target[~enough] = names.index("other")
    rank = np.full(len(names), -1)
    rank[kept] = np.arange(len(kept))
    return rank[target][codes], tuple(names[i] for i in kept)


def _behind(codes: Ints, household: Ints, n: int) -> Ints:
    """Return the number of households behind each code."""
    span = int(household.max(initial=-1)) + 1
    together = np.zeros((n, span), dtype=bool)
    together[codes, household] = True
    return np.array([np.count_nonzero(homes) for homes in together])


def _divided(
    household: Ints, alike: Ints, institution: Bools, spec: Spec, merges: dict[str, int]
) -> Ints:
    """Divide crowds, more than twice as large as k households are; not institutions.

    A crowd under one number would stand out in every count that it is part of; each
    part counts as a household. Large households that are no crowds stay whole, so that
    the households of a district are the register's.
    """
    if spec.household is None:
        return household
    size = np.bincount(household)
    # The largest size that k households reach.
    largest = int(np.sort(size)[-min(spec.k, len(size))])
    if size.max() <= 2 * largest:
        merges["households_divided"] = 0
        return household
    order = np.lexsort((alike, household))
    place = np.empty(len(household), dtype=np.int64)
    place[order] = np.arange(len(household)) - (np.cumsum(size) - size)[household[order]]
    crowd = (size > 2 * largest)[household] & ~institution
    part = np.where(crowd, place // largest, 0)
    merges["households_divided"] = len(np.unique(household[part > 0]))
    return np.unique(household * (int(part.max()) + 1) + part, return_inverse=True)[1]


def _kin(household: Ints, institution: Bools) -> Ints:
    """Return the household of each person, and for a resident of an institution a number alone.

    Examples
    --------
    >>> _kin(np.array([0, 0, 1, 1]), np.array([False, False, True, True])).tolist()
    [0, 0, 2, 3]
    """
    first = int(household.max(initial=-1)) + 1
    alone = first + np.cumsum(institution) - 1
    return np.where(institution, alone, household)


def _one_head(
    relation: Ints, age: Ints, alike: Ints, household: Ints, codes: Mapping[str, tuple[str, ...]],
    spec: Spec,
) -> Ints:  # fmt: skip
    """Give every household exactly one head, where the register has heads: its oldest, if in doubt.

    Further heads take the commonest other relation.
    """
    if spec.head not in codes["relation"] or len(codes["relation"]) == 1:
        return relation
    head = codes["relation"].index(spec.head)
    n = len(age)
    # Heads before others, then the oldest, then the first relation and sex.
    span = int(alike.max(initial=0)) + 1
    line = (relation != head) * MAX_AGE + (MAX_AGE - 1 - age)
    line = (line * span + alike) * n + np.arange(n)
    least = np.full(int(household.max()) + 1, 2 * MAX_AGE * span * n)
    np.minimum.at(least, household, line)
    leads = np.zeros(n, dtype=bool)
    leads[least % n] = True
    counts = np.bincount(relation, minlength=len(codes["relation"]))
    counts[head] = -1
    return np.where(leads, head, np.where(relation == head, int(np.argmax(counts)), relation))


def _merge_pairs(
    types: Ints, relations: Ints, household: Ints, codes: Mapping[str, tuple[str, ...]],
    spec: Spec, merges: dict[str, int],
) -> tuple[Ints, Ints, pd.DataFrame]:  # fmt: skip
    """Merge a relation that is rare within its household type into the type's commonest other one.

    A head stays a head. Where a type has no other relation that is safe (two
    people in a household of one), the household takes the commonest type that has.
    """
    import pandas as pd

    span, n_types = len(codes["relation"]), len(codes["type"])
    head = codes["relation"].index(spec.head) if spec.head in codes["relation"] else -1
    units = spec.units if spec.household else 0

    def safe(pair: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        persons = np.bincount(pair, minlength=n_types * span)
        behind = _behind(pair, household, n_types * span)
        return persons, (persons >= spec.k) & (behind >= units)

    persons, enough = safe(types * span + relations)
    other = np.where(enough, persons, -1).reshape(n_types, span).copy()
    if head >= 0:
        other[:, head] = -1
    best = np.where(other.max(axis=1) > 0, other.argmax(axis=1), -1)
    # A household that holds a relation without refuge in its type changes its type.
    usual = int(np.argmax(other.max(axis=1)))
    rare = ~enough[types * span + relations] & (relations != head)
    stuck = np.unique(household[rare & (best[types] < 0)])
    if len(stuck):
        types = np.where(np.isin(household, stuck), usual, types)
        enough = safe(types * span + relations)[1]
    rare = ~enough[types * span + relations]
    merges["relations_merged"] = int(rare.sum())
    refuge = best[types]
    relations = np.where(rare & (relations != head) & (refuge >= 0), refuge, relations)
    kept = np.flatnonzero(np.bincount(types * span + relations))
    return types, relations, pd.DataFrame({"type": kept // span, "relation": kept % span})
