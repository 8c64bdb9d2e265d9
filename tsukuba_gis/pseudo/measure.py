"""Measure: the only step that sees people; it leaves nothing but safe numbers."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.pseudo.counts import one_thread
from tsukuba_gis.pseudo.measuring.ages import age_bands, labelled_bands, single_years
from tsukuba_gis.pseudo.measuring.hiding import hide_less
from tsukuba_gis.pseudo.measuring.households import (
    age_gaps,
    labelled_pairs,
    mean_sizes,
    pattern_table,
    patterns_of,
)
from tsukuba_gis.pseudo.measuring.numbers.contributors import homes_behind
from tsukuba_gis.pseudo.measuring.numbers.measurement import measure_numbers
from tsukuba_gis.pseudo.measuring.people import people_of
from tsukuba_gis.pseudo.measuring.places import (
    any_polygon,
    areas_of,
    labelled_areas,
    measure_mesh,
    require_polygons,
)
from tsukuba_gis.pseudo.noise import noised
from tsukuba_gis.pseudo.statistics import Statistics, one_table
from tsukuba_gis.pseudo.tables.cells import Rules, protect
from tsukuba_gis.pseudo.tables.city import (
    AMOUNTS,
    BROAD,
    GROWN,
    OLD,
    TEN,
    City,
    care_start,
    start_of,
)
from tsukuba_gis.pseudo.tables.layout import PROFILES, tables
from tsukuba_gis.pseudo.tally import joined, tally
from tsukuba_gis.pseudo.written import labelled, profile_cells

# Steps in which shares of hidden people are told.
_STEPS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)
# Of so many clusters at least.
_CLUSTERS: Final = 2

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.measuring.people import People
    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.tables.cells import Family
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
        have are left out of it, and so are numeric columns of which nothing safe can be
        told, and home points where no area that is large enough has a polygon.
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
        If the register cannot be used: an age or a cluster missing, a person twice; or
        if no area has a polygon.
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
    """Return the statistics, without the numeric columns of which nothing can be told."""
    if spec.lon is not None and zones is not None:
        require_polygons(register.factor(spec.area)[1], zones)
    statistics = _with_all(register, spec, zones)
    if not spec.numeric or len(statistics.tables["states"]):
        return statistics
    for fewer in _with_less(spec, statistics.tables["sums"]):
        statistics = _with_all(register, fewer, zones)
        if len(statistics.tables.get("states", ())):
            break
    return statistics


def _with_less(spec: Spec, sums: pd.DataFrame) -> Iterator[Spec]:
    """Return the spec with fewer and fewer of its numeric columns, at last without any.

    The model looks at people whose sums are all shown: one amount without any finest sum
    leaves none, so those go first; then what is no amount, or all amounts.
    """
    told = set(sums["column"][sums["level"] == "severity"])
    first = set(spec.sums) - told
    others = set(spec.numeric) - set(spec.sums)
    for gone in (first, first | others, set(spec.sums), set(spec.numeric)):
        changes: dict[str, Any] = {
            field: tuple(column for column in getattr(spec, field) if column not in gone)
            for field in ("sums", "numeric", "area_means")
            if getattr(spec, field) is not None
        }
        yield dataclasses.replace(spec, **changes)


def _placed(people: People, zones: Zones | None) -> People:
    """Return the people, without home points where no area is left that has a polygon."""
    if zones is not None and not any_polygon(people.area_names, zones):
        people.spec = people.spec.without_places()
    return people


def _with_all(register: Tally, spec: Spec, zones: Zones | None) -> Statistics:
    people = _placed(people_of(register, spec, zones), zones)
    spec = people.spec
    pattern, patterns, members, spelt = patterns_of(people)
    city = City(
        spec=spec, codes=people.codes, bands=age_bands(people), areas=areas_of(people),
        pairs=people.pairs, patterns=patterns, members=members,
    )  # fmt: skip
    coded = encode(people, city) | {"pattern": pattern, "user": _users(register, spec)}
    built = tables(city)
    profiles = []
    for table in built.values():
        counts = _fill(table, people, coded, _rules(table, city, built))
        if table.name in PROFILES:
            profiles.append(_profile(table, city, counts))
    written = {
        "bands": labelled_bands(city),
        "years": single_years(people, city, coded["age_start"]),
        "areas": labelled_areas(people, city, register),
        "pairs": labelled_pairs(people),
        "patterns": pattern_table(patterns, spelt, people.codes["type"]),
        **{name: labelled(table, city) for name, table in built.items()},
        "profile": one_table(profiles, ["table", "context", "part", "share", "step"]),
        "gaps": age_gaps(people, city),
        "pools": mean_sizes(people, city, pattern),
        **measure_numbers(register.values, people, city, built, coded),
        **measure_mesh(register.values, people, zones),
    }
    kept = set(spec.columns)
    return Statistics(
        spec=spec,
        tables={name: table for name, table in written.items() if len(table.columns)},
        codes=people.codes,
        columns={name: dtype for name, dtype in register.columns.items() if name in kept},
        merges={
            name: n if name in {"areas_merged", "clusters_merged"} or n >= spec.k else 0
            for name, n in people.merges.items()
        },
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
        "cut": start_of(start, tuple(sorted({*spec.area_bands, GROWN}))),
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
    home = people.kin if table.unit == "persons" else people.undivided[first]
    behind, shares = homes_behind(leaf[inside], home[inside], n)
    rules = dataclasses.replace(rules, shares=shares)
    if table.name == "area_ages":
        rules = dataclasses.replace(
            rules, worth={"top": _ratio_worth(table, counts, people.spec.k)}
        )
    if people.spec.epsilon is not None and table.name in people.spec.noisy:
        # How many households stand behind a noisy count would tell of the true one.
        rules = dataclasses.replace(rules, units=0)
    protect(table, counts, behind, rules)
    if table.name == "area_ages":
        hide_less(table, counts, behind, rules)
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
    each leaves any cell a play of k or more; where that is more than half, or the
    people are of one cluster, no share is told: beside the cells that
    are shown, the shares of one cluster would narrow its hidden ones further.
    """
    import pandas as pd

    (context, contexts), (part, parts) = (
        profile_cells(table, city, columns) for columns in PROFILES[table.name]
    )
    hidden = ~np.isfinite(table.values["leaf"])[table.codes["leaf"]]
    shape, n = (len(contexts), len(parts)), counts * hidden
    cells = np.bincount(context * shape[1] + part, n, shape[0] * shape[1]).reshape(shape)
    found = np.zeros((shape[0], len(city.codes["cluster"])), dtype=bool)
    found[context[n > 0], table.leaves.cluster.to_numpy()[n > 0]] = True
    cells[found.sum(axis=1) < _CLUSTERS] = 0
    rows = []
    totals = cells.sum(axis=1).tolist()
    everyone = sum(totals)
    step = _step(everyone, city.spec.k)
    if step is not None:  # how the hidden are spread over the contexts: rows without a part
        for where, total in zip(contexts, totals, strict=True):
            if total > 0:
                share = round(round(total / everyone / step) * step, 4)
                rows.append((table.name, where, "", share, step))
    for where, total, own in zip(contexts, totals, cells.tolist(), strict=True):
        step = _step(total, city.spec.k)
        if step is None:
            continue
        for what, number in zip(parts, own, strict=True):
            share = round(round(number / total / step) * step, 4)
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
    if any(level.name == "child" for level in table.levels):  # only where a band is really cut
        parts = table.cells("child")
        whole = np.isin(city.areas.cluster.to_numpy()[parts.area], city.whole((0, GROWN)))
        allowed["child"] = (parts.child.to_numpy() >= 0) & whole
    return Rules(
        k=_thresholds(table, city),
        units=0 if not spec.household else spec.units if table.unit == "persons" else spec.k,
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


def _users(register: Tally, spec: Spec) -> Ints:
    """Tell who has an amount above zero."""
    user = np.zeros(len(register), dtype=bool)
    for column in spec.sums:
        user |= register.values[column] > 0
    return user.astype(np.int64)
