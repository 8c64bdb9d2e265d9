"""Measure: the only step that sees people; it leaves nothing but safe numbers."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.pseudo.cells import Rules, protect
from tsukuba_gis.pseudo.counts import one_thread
from tsukuba_gis.pseudo.layout import (
    AMOUNTS,
    BROAD,
    FIVE,
    OLD,
    PROFILES,
    TEN,
    City,
    care_start,
    labelled,
    profile_keys,
    start_of,
    tables,
)
from tsukuba_gis.pseudo.noise import noised
from tsukuba_gis.pseudo.numbers import measure_numbers, pd_concat
from tsukuba_gis.pseudo.people import pattern_table, patterns_of, people_of
from tsukuba_gis.pseudo.places import measure_mesh
from tsukuba_gis.pseudo.statistics import Statistics
from tsukuba_gis.pseudo.tally import MAX_AGE, joined, tally

# Steps in which shares of hidden people are told.
_STEPS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.cells import Family
    from tsukuba_gis.pseudo.people import People
    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.tally import Tally
    from tsukuba_gis.records import Records
    from tsukuba_gis.zones import Zones

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


def measure(records: Records, spec: Spec, *, zones: Zones | None = None) -> Statistics:
    """Reduce a register to statistics in which every number passes the small-cell rules.

    Parameters
    ----------
    records
        Persons; columns named as in ``spec``.
    spec
        What is kept, and by which rules. Columns that the register does not
        have are left out of it.
    zones
        Polygons of the areas, for the squares in which households are counted;
        without them no place is measured.

    Returns
    -------
    Statistics
        Not audited yet: see :func:`tsukuba_gis.pseudo.audit`.

    Raises
    ------
    InputError
        If the register cannot be used: an age or a cluster missing, a person twice.
    DisclosureError
        If it is too small, or a column of codes is an identifier.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsukuba_gis.pseudo.spec import Spec
    >>> from tsukuba_gis.records import Records
    >>> frame = pd.DataFrame({"district": ["a"] * 40, "age": [30, 70] * 20})
    >>> statistics = measure(Records(frame=frame, kind="invented"), Spec(cluster="district"))
    >>> statistics.tables["bands"]["persons"].tolist()
    [20, 20]
    """
    return measure_tallies([tally(records.frame, spec)], zones=zones)


def measure_tallies(parts: Sequence[Tally], *, zones: Zones | None = None) -> Statistics:
    """Reduce a register that was tallied part by part to safe statistics.

    Parameters
    ----------
    parts
        The tallies of all parts (:func:`tsukuba_gis.pseudo.tally.tally`), in any
        order and however the register was divided: the file is the same.
    zones
        As for :func:`measure`.

    Returns
    -------
    Statistics
        That of the whole register, not audited yet.

    Raises
    ------
    InputError
        If the parts have different columns, or a person occurs twice.
    DisclosureError
        If the register is too small, or a column of codes is an identifier.
    """
    register = joined(parts)
    spec = register.spec if zones is not None else register.spec.without_places()
    with one_thread():
        return _measured(register, spec, zones)


def _measured(register: Tally, spec: Spec, zones: Zones | None) -> Statistics:
    people = people_of(register, spec, zones)
    pattern, patterns, members, spelt = patterns_of(people)
    city = City(
        spec=spec, codes=people.codes, bands=_bands(people), areas=_areas(people),
        pairs=people.pairs, patterns=patterns, members=members,
    )  # fmt: skip
    coded = encode(people, city)
    coded["pattern"] = pattern
    built = tables(city)
    coded["user"] = _users(register, spec)
    profiles = []
    for table in built.values():
        counts = _fill(table, people, coded, _rules(table, city, built))
        if table.name in PROFILES:
            profiles.append(_profile(table, city, counts))
    written = {
        "bands": _labelled_bands(city),
        "years": _years(people, city),
        "areas": _labelled_areas(people, city, register),
        "pairs": _labelled_pairs(people),
        "patterns": pattern_table(patterns, spelt, people.codes["type"]),
        **{name: labelled(table, city) for name, table in built.items()},
        "profile": pd_concat(profiles, ["table", "context", "part", "share", "step"]),
        "gaps": _gaps(people, city),
        "pools": _pools(people, city, pattern),
        **measure_numbers(register.values, people, city, built["users"], coded),
        **measure_mesh(register.values, people, zones),
    }
    kept = set(spec.columns)
    return Statistics(
        spec=spec,
        tables={name: table for name, table in written.items() if len(table.columns)},
        codes=people.codes,
        columns={name: dtype for name, dtype in register.columns.items() if name in kept},
        merges=people.merges,
    )


def encode(people: People, city: City) -> dict[str, Ints]:
    """Return, per person, the code of every key that the tables use.

    ``pattern`` and ``heads`` are per household; ``user`` is added by those who
    know the amounts.
    """
    spec = city.spec
    start = city.band_of(people.cluster, people.sex, people.age)
    coded = {
        "cluster": people.cluster,
        "sex": people.sex,
        "start": care_start(start, spec),
        "age_start": start,
        "care": people.care,
        "severity": city.severity[people.care],
        "type": people.type,
        "relation": people.relation,
        "ten": start_of(start, TEN),
        "amounts": start_of(start, AMOUNTS),
        "broad": start_of(start, BROAD),
        "living": city.living[people.type],
        "area": people.area,
        "band": start_of(start, spec.area_bands),
    }
    old_head = (people.relation == city.head) & (start >= OLD)
    alone = city.living[people.type] == 0
    heads = np.full(people.households, 2)
    heads[people.household[old_head]] = 1
    heads[people.household[old_head & alone]] = 0
    coded["heads"] = heads
    return coded


def _fill(table: Family, people: People, coded: Mapping[str, Ints], rules: Rules) -> Floats:
    """Count a table's leaves, and publish what is safe; return the true counts."""
    first = people.first
    if table.unit == "persons":
        keys = {key: coded[key] for key in table.keys}
    else:
        own = {"pattern", "heads"}  # already one entry a household
        keys = {key: coded[key] if key in own else coded[key][first] for key in table.keys}
    leaf = table.find(keys)
    if table.name == "living":
        leaf = np.where(coded["age_start"] >= OLD, leaf, -1)
    inside = leaf >= 0
    n = len(table.leaves)
    counts = np.bincount(leaf[inside], minlength=n).astype(np.float64)
    counts = noised(table, counts, people.spec)
    home = people.household if table.unit == "persons" else np.arange(people.households)
    # Households behind each leaf: pairs of leaf and household, counted once.
    seen = np.sort(leaf[inside] * (people.households + 1) + home[inside])
    once = np.append(True, seen[1:] != seen[:-1])[: len(seen)]
    behind = np.bincount(seen[once] // (people.households + 1), minlength=n).astype(np.float64)
    if table.name == "area_ages":
        rules = dataclasses.replace(
            rules, worth={"top": _ratio_worth(table, counts, people.spec.k)}
        )
    if people.spec.epsilon is not None and table.name in people.spec.noisy:
        # How many households stand behind a noisy count would tell of the true one.
        rules = dataclasses.replace(rules, units=0)
    protect(table, counts, behind, rules)
    return counts


def _ratio_worth(table: Family, counts: Floats, k: int) -> Floats:
    """Return 1 for the youngest and the oldest, 2 where both may be shown, and 0 between.

    Their ratio is asked for: where something has to be hidden beside a small
    cell, it is the ages between, of which most bands can be shown all the same.
    """
    cells, number = table.cells("top"), table.total("top", counts)
    top, area = cells.top.to_numpy(), cells.area.to_numpy()
    whole = np.ones(int(area.max()) + 1, dtype=bool)
    ends = (top == top.min(), top == top.max())
    for end in ends:
        whole[area[end & (number < k)]] = False
    return np.where(ends[0] | ends[1], np.where(whole[area], 2.0, 1.0), 0.0)


def _profile(table: Family, city: City, counts: Floats) -> pd.DataFrame:
    """Return how the people of hidden cells are spread over the city, in coarse shares.

    Within each context (people of one sex and age, of one household type and
    relation) the shares are rounded to a step of at least 2k people, so that
    each leaves any cell a play of k or more; where that is more than half, no
    share is told.
    """
    import pandas as pd

    context, parts = PROFILES[table.name]
    hidden = ~np.isfinite(table.values["leaf"])[table.codes["leaf"]]
    frame = pd.DataFrame(
        {
            "context": profile_keys(table, city, context),
            "part": profile_keys(table, city, parts),
            "n": counts * hidden,
        }
    )
    cells = frame.groupby(["context", "part"], sort=False).n.sum()
    contexts = cells.groupby(level=0, sort=False).sum()
    everyone = float(contexts.sum())
    rows = []
    step = _step(everyone, city.spec.k)
    if step is not None:  # how the hidden are spread over the contexts: rows without a part
        for where, n in contexts.items():
            rows.append((table.name, where, "", round(round(n / everyone / step) * step, 4), step))
    for where, own in cells.groupby(level=0, sort=False):
        total = float(own.sum())
        step = _step(total, city.spec.k)
        if step is None:
            continue
        parts_here = own.index.get_level_values(1)
        for what, n in zip(parts_here, own.to_numpy(), strict=True):
            share = round(round(n / total / step) * step, 4)
            if share > 0:
                rows.append((table.name, where, what, share, step))
    return pd.DataFrame(rows, columns=["table", "context", "part", "share", "step"])


def _step(total: float, k: int) -> float | None:
    """Return the finest step of shares that is at least 2k of a total, None if there is none."""
    return next((step for step in _STEPS if step * total >= 2 * k), None)


def _rules(table: Family, city: City, built: Mapping[str, Family]) -> Rules:
    """Return how small is too small in a table, and what another table would tell."""
    spec = city.spec
    allowed = {}
    if table.name == "users":  # the same people as in the care table
        allowed["total"] = _same(table, "total", built["care"], "broad")
    if table.name == "roles":  # persons of a type tell its households
        homes = built["households"]
        allowed["type"] = _same(table, "type", homes, "type")
        cells = table.cells("relation")
        of_type = dict(
            zip(map(tuple, table.cells("type").to_numpy()), allowed["type"], strict=True)
        )
        allowed["relation"] = np.array([of_type[c, t] for c, t in cells.to_numpy()[:, :2]])
    return Rules(
        k=_thresholds(table, city),
        units=spec.units if spec.household and table.unit == "persons" else 0,
        zeros=spec.zeros == "exact",
        allowed=allowed,
    )


def _same(table: Family, level: str, other: Family, other_level: str) -> NDArray[np.bool_]:
    """Tell which cells of a level are shown as the same cells of another table."""
    shown = np.isfinite(other.values[other_level])
    cells = map(tuple, other.cells(other_level).to_numpy())
    told = dict(zip(cells, shown, strict=True))
    return np.array([told.get(tuple(cell), False) for cell in table.cells(level).to_numpy()])


def _thresholds(table: Family, city: City) -> Floats:
    """Return the threshold of each leaf: its area's, or its cluster's."""
    spec = city.spec
    if "area" in table.leaves:
        per_area = np.array([spec.threshold(persons) for persons in city.areas.persons])
        k = per_area[table.leaves.area]
        if table.name == "area_ages":  # no band may reach across 11 or 65
            k[~np.isin(table.leaves.cluster, city.whole(spec.area_top))] = np.inf
        return k
    persons = city.bands.groupby("cluster").persons.sum()
    return np.array([spec.threshold(value) for value in persons])[table.leaves.cluster]


def _bands(people: People) -> pd.DataFrame:
    """Return the age bands of each cluster and sex: five-year ages, merged until each holds k."""
    import pandas as pd

    spec = people.spec
    atoms = sorted({*FIVE, *spec.area_top})
    atom = np.searchsorted(atoms, people.age, side="right") - 1
    n_sex = len(people.codes["sex"])
    shape = (len(people.codes["cluster"]), n_sex, len(atoms))
    flat = (people.cluster * n_sex + people.sex) * len(atoms) + atom
    counts = np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape)
    segment = start_of(np.array(atoms), spec.area_top)
    rows = []
    for cluster in range(shape[0]):
        k = min(spec.threshold(counts[cluster].sum()), 2.0 * spec.k)
        for sex in range(n_sex):
            for start, persons in merge_bands(atoms, counts[cluster, sex], segment, k):
                rows.append((cluster, sex, start, persons))
    return pd.DataFrame(rows, columns=["cluster", "sex", "start", "persons"])


def merge_bands(starts: list[int], counts: Ints, segments: Ints, k: float) -> list[tuple[int, int]]:
    """Merge neighbouring age bands until each holds at least k persons or none are left.

    Bands are merged inside their segment, from the oldest down, and across
    segments only where a whole segment holds fewer than k.

    Examples
    --------
    >>> merge_bands([0, 11, 65, 70], np.array([30, 40, 12, 3]), np.array([0, 11, 65, 65]), 10)
    [(0, 30), (11, 40), (65, 15)]
    >>> merge_bands([0, 11, 65], np.array([30, 40, 3]), np.array([0, 11, 65]), 10)
    [(0, 30), (11, 43)]
    """
    merged: list[tuple[int, int]] = []
    for segment in sorted(set(segments.tolist())):
        part: list[tuple[int, int]] = []
        pending = 0
        inside = np.flatnonzero(segments == segment)
        for place in inside[::-1]:
            pending += int(counts[place])
            if pending >= k:
                part.insert(0, (starts[place], pending))
                pending = 0
        if pending and part:  # too few left at the young end: they join the next band
            part[0] = (starts[inside[0]], part[0][1] + pending)
        elif pending:
            part = [(starts[inside[0]], pending)]
        merged += part
    while len(merged) > 1 and min(persons for _, persons in merged) < k:
        small = min(range(len(merged)), key=lambda i: merged[i][1])
        low = max(small - 1, 0)
        merged[low : low + 2] = [(merged[low][0], merged[low][1] + merged[low + 1][1])]
    return merged


def _areas(people: People) -> pd.DataFrame:
    import pandas as pd

    n = len(people.area_names)
    return pd.DataFrame(
        {
            "cluster": people.area_clusters,
            "persons": np.bincount(people.area, minlength=n),
            "households": np.bincount(people.area[people.first], minlength=n),
        }
    )


def _users(register: Tally, spec: Spec) -> Ints:
    """Tell who has an amount above zero."""
    user = np.zeros(len(register), dtype=bool)
    for column in spec.sums:
        user |= register.values[column] > 0
    return user.astype(np.int64)


def _labelled_bands(city: City) -> pd.DataFrame:
    import pandas as pd

    clusters, sexes = city.codes["cluster"], city.codes["sex"]
    return pd.DataFrame(
        {
            "cluster": [clusters[code] for code in city.bands.cluster],
            "sex": [sexes[code] for code in city.bands.sex],
            "start": city.bands.start,
            "persons": city.bands.persons,
        }
    )


def _labelled_areas(people: People, city: City, register: Tally) -> pd.DataFrame:
    """Return the areas with what is carried: the value that at least k of their persons bear."""
    import pandas as pd

    table = pd.DataFrame(
        {
            "cluster": [city.codes["cluster"][code] for code in city.areas.cluster],
            "area": people.area_names,
            "persons": city.areas.persons,
            "households": city.areas.households,
        }
    )
    for column in city.spec.carried:
        codes, names = register.factor(column)
        pairs, counts = np.unique(people.area * len(names) + codes, return_counts=True)
        order = np.lexsort((pairs, -counts, pairs // len(names)))
        best = order[np.unique(pairs[order] // len(names), return_index=True)[1]]
        table[f"carried:{column}"] = [
            names[pairs[i] % len(names)] if counts[i] >= city.spec.k else "" for i in best
        ]
    return table


def _labelled_pairs(people: People) -> pd.DataFrame:
    import pandas as pd

    types, relations = people.codes["type"], people.codes["relation"]
    return pd.DataFrame(
        {
            "type": [types[code] for code in people.pairs.type],
            "relation": [relations[code] for code in people.pairs.relation],
        }
    )


def _years(people: People, city: City) -> pd.DataFrame:
    """Return single years of age inside each five-year age, over the city.

    Only clusters that show this five-year age by itself are counted: their sum
    is known anyway, so nothing follows about the others.
    """
    import pandas as pd

    spec = people.spec
    atoms = sorted({*FIVE, *spec.area_top})
    start = city.band_of(people.cluster, people.sex, people.age)
    ends = city.bands.groupby(["cluster", "sex"]).start.shift(-1, fill_value=1000)
    shown = {
        (cluster, sex, start, end)
        for cluster, sex, start, end in zip(
            city.bands.cluster, city.bands.sex, city.bands.start, ends, strict=True
        )
    }
    place = {atom: number for number, atom in enumerate(atoms)}
    shape = (len(city.codes["cluster"]), len(city.codes["sex"]), len(atoms))
    alone = np.zeros(shape, dtype=bool)
    for number, (atom, end) in enumerate(zip(atoms, [*atoms[1:], 1000], strict=True)):
        for cluster, sex in np.ndindex(shape[:2]):
            alone[cluster, sex, number] = (cluster, sex, atom, end) in shown
    own = np.array([place.get(atom, -1) for atom in range(1000)])[start]
    inside = alone[people.cluster, people.sex, own] & (own >= 0)
    counts = np.zeros((shape[1], MAX_AGE), dtype=np.int64)
    np.add.at(counts, (people.sex[inside], people.age[inside]), 1)
    rows = []
    for sex, name in enumerate(city.codes["sex"]):
        for atom, end in zip(atoms, [*atoms[1:], 1000], strict=True):
            years = counts[sex, atom:end]
            if not years.any():
                continue
            years = years[: int(np.flatnonzero(years)[-1]) + 1]
            same = np.zeros(len(years), dtype=np.int64)
            ages = list(range(atom, atom + len(years)))
            for first, persons in merge_bands(ages, years, same, spec.k):
                rows.append((name, atom, first, persons))
    return pd.DataFrame(rows, columns=["sex", "start", "first", "persons"])


def _pools(people: People, city: City, pattern: Ints) -> pd.DataFrame:
    """Return the mean size of rare households by type, to two digits, where there are k of them."""
    import pandas as pd

    size = np.bincount(people.household)
    kinds, rare = city.patterns.type.to_numpy()[pattern], city.patterns.rare.to_numpy()[pattern]
    rows = []
    for kind, name in enumerate(city.codes["type"]):
        own = size[rare & (kinds == kind)]
        if len(own) >= people.spec.k and own.max() <= own.sum() / 2:
            rows.append((name, float(f"{own.mean():.2g}")))
    return pd.DataFrame(rows, columns=["type", "mean_size"])


def _gaps(people: People, city: City) -> pd.DataFrame:
    """Return mean and spread of the age gap to the head, by type, relation and sex of the head.

    Over at least ten times k pairs, to a tenth of a year.
    """
    import pandas as pd

    if city.head < 0 or not people.spec.household:
        return pd.DataFrame(columns=["type", "relation", "mean", "sd"])
    head = np.full(people.households, -1)
    heads = np.flatnonzero(people.relation == city.head)
    head[people.household[heads]] = heads
    other = (people.relation != city.head) & (head[people.household] >= 0)
    mine = np.flatnonzero(other)
    gap = people.age[mine] - people.age[head[people.household[mine]]]
    frame = pd.DataFrame({"type": people.type[mine], "relation": people.relation[mine], "gap": gap})
    rows = []
    for key, part in frame.groupby(["type", "relation"], sort=True):
        kind, relation = (int(str(code)) for code in np.atleast_1d(np.asarray(key)))
        if len(part) >= 10 * people.spec.k:
            rows.append(
                (
                    people.codes["type"][kind], people.codes["relation"][relation],
                    round(float(part.gap.mean()), 1), round(float(part.gap.std()), 1),
                )
            )  # fmt: skip
    return pd.DataFrame(rows, columns=["type", "relation", "mean", "sd"])
