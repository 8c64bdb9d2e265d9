"""The tables of a city, laid out from what the statistics file lists.

Measuring, auditing, generating and checking all build their tables here, so
that a cell means the same to each of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.pseudo.cells import Family, Level, family

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.statistics import Statistics

    Ints = NDArray[np.int64]

# Five-year ages; the last is open: hardly any district has ten people of 100 and over.
FIVE: Final = tuple(range(0, 100, 5))
TEN: Final = (0, 10, 20, 30, 40, 50, 60, 65, 75, 85)
# Age groups of the sums.
BROAD: Final = (0, 15, 65, 75)
# Ages of the groups of amounts: ten years, and cut where the sums are, so that a group has
# one level of amounts whichever sum its people belong to.
AMOUNTS: Final = tuple(sorted({*TEN, *BROAD}))
OLD: Final = 65
# First age of the long-term care insurance: below, hardly anyone is certified.
INSURED: Final = 40
SEVERITIES: Final = ("none", "light", "severe")
LIVINGS: Final = ("alone", "together", "institution")
# Households by their head: 65+ and alone, 65+ with others, younger.
HEADS: Final = ("alone_65", "headed_65", "younger")
# Names of the pooled patterns of a household type.
RARE: Final = "rare"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class City:
    """What a city consists of: codes, age bands, areas, roles and household patterns.

    Frames hold whole-number codes into ``codes``. ``bands`` has cluster, sex,
    start, persons; ``areas`` has cluster, persons, households (row number =
    code); ``pairs`` has type, relation; ``patterns`` has type, rare, and
    ``members`` counts the relations in each pattern.
    """

    spec: Spec
    codes: Mapping[str, tuple[str, ...]]
    bands: pd.DataFrame = field(repr=False)
    areas: pd.DataFrame = field(repr=False)
    pairs: pd.DataFrame = field(repr=False)
    patterns: pd.DataFrame = field(repr=False)
    members: Ints = field(repr=False)

    @property
    def severity(self) -> Ints:
        """Care band of each care code."""
        return np.array([SEVERITIES.index(self.spec.severity(c)) for c in self.codes["care"]])

    @property
    def living(self) -> Ints:
        """Way of living of each household type."""
        return np.array([LIVINGS.index(self.spec.living(c)) for c in self.codes["type"]])

    @property
    def head(self) -> int:
        """Code of the head's relation, -1 if the register has no heads."""
        relations = self.codes["relation"]
        return relations.index(self.spec.head) if self.spec.head in relations else -1

    def band_of(self, cluster: Ints, sex: Ints, age: Ints) -> Ints:
        """Return the first age of the published band that holds each person, -1 if none."""
        frame = self.bands.sort_values(["cluster", "sex", "start"])
        # 1,000 is above every age, so that one sorted list serves all clusters.
        line = ((frame.cluster * 1000 + frame.sex) * 1000 + frame.start).to_numpy(np.int64)
        asked = (cluster * 1000 + sex) * 1000 + age
        place = np.searchsorted(line, asked, side="right") - 1
        found = line[np.maximum(place, 0)]
        same = (place >= 0) & (found // 1000 == asked // 1000)
        return np.where(same, found % 1000, -1)

    def whole(self, cut: tuple[int, ...]) -> Ints:
        """Return the clusters in which no band reaches across an age of ``cut``."""
        ends = self.bands.groupby(["cluster", "sex"]).start.shift(-1, fill_value=1000)
        across = np.zeros(len(self.bands), dtype=bool)
        for age in cut[1:]:
            across |= ((self.bands.start < age) & (ends > age)).to_numpy()
        crossed = set(self.bands.cluster[across])
        return np.array([c for c in range(len(self.codes["cluster"])) if c not in crossed], int)


def start_of(ages: Ints, starts: tuple[int, ...]) -> Ints:
    """Return the first age of the group of each age.

    Examples
    --------
    >>> start_of(np.array([0, 10, 11, 64, 65]), (0, 11, 65)).tolist()
    [0, 0, 11, 11, 65]
    """
    line = np.asarray(starts, dtype=np.int64)
    return line[np.searchsorted(line, ages, side="right") - 1]


def care_start(starts: Ints, spec: Spec) -> Ints:
    """Return the first age of the care table's band of each age band.

    From 40 on, where care insurance begins, these are the age bands; below,
    where hardly anyone needs care, the groups of the spec.
    """
    return np.where(starts >= INSURED, starts, start_of(starts, spec.group_starts))


# Levels of the area tables that households are dealt by.
AREA_LEVELS: Final = {
    "area_ages": ("top", "leaf"),
    "area_care": ("certified", "leaf"),
    "area_households": ("old", "leaf"),
}
# How hidden cells are filled: within which cells of the city (context), shares of what.
PROFILES: Final = {
    "care": (("sex", "start"), ("care",)),
    "roles": (("type", "relation"), ("sex", "ten")),
    "households": (("type",), ("pattern",)),
    "living": (("living",), ("severity",)),
}


def tables(city: City) -> dict[str, Family]:
    """Return the city's tables, without values, in the order in which they are made."""
    built = {"care": _care(city), "users": _users(city)}
    if city.spec.household:
        built |= {"households": _households(city), "roles": _roles(city), "living": _living(city)}
    if city.spec.area:
        built |= {"area_ages": _area_ages(city), "area_care": _area_care(city)}
    if city.spec.area and city.spec.household and city.head >= 0:
        built["area_households"] = _area_households(city)
    return built


def _cross(left: pd.DataFrame, name: str, values: Ints) -> pd.DataFrame:
    repeated = left.loc[left.index.repeat(len(values))].reset_index(drop=True)
    repeated[name] = np.tile(values, len(left))
    return repeated


def _care(city: City) -> Family:
    base = city.bands.assign(start=care_start(city.bands.start.to_numpy(), city.spec))
    base = base.groupby(["cluster", "sex", "start"], sort=True)[["persons"]].sum().reset_index()
    leaves = _cross(base[["cluster", "sex", "start"]], "care", np.arange(len(city.codes["care"])))
    start = leaves.start.to_numpy()
    leaves["severity"] = city.severity[leaves.care]
    leaves["old"] = (start >= OLD).astype(np.int64)
    leaves["group"] = start_of(start, city.spec.group_starts)
    leaves["broad"] = start_of(start, BROAD)
    return family(
        "care", "persons", ("cluster", "sex", "start", "care"), leaves,
        (
            Level(name="old_total", columns=("cluster", "old"), role="known"),
            Level(name="ages", columns=("cluster", "sex", "start"), role="known"),
            Level(name="group_total", columns=("cluster", "sex", "group"), role="known"),
            Level(name="broad_total", columns=("cluster", "broad"), role="known"),
            Level(name="severity", columns=("cluster", "old", "severity"), role="published",
                  parents=("old_total",)),
            Level(name="old", columns=("cluster", "old", "care"), role="published",
                  parents=("severity", "old_total")),
            Level(name="leaf", columns=("cluster", "sex", "start", "care"), role="published",
                  parents=("old", "ages")),
            Level(name="group", columns=("cluster", "sex", "group", "care"), role="profile",
                  parents=("old", "group_total")),
            Level(name="broad", columns=("cluster", "broad", "severity"), role="profile",
                  parents=("severity", "broad_total")),
            Level(name="all_ages", columns=("cluster", "severity"), role="link"),
        ),
    )  # fmt: skip


def _users(city: City) -> Family:
    base = city.bands.assign(broad=start_of(city.bands.start.to_numpy(), BROAD))
    base = base[["cluster", "broad"]].drop_duplicates().sort_values(["cluster", "broad"])
    severities = np.unique(city.severity)
    leaves = _cross(
        _cross(base.reset_index(drop=True), "severity", severities), "user", np.arange(2)
    )
    return family(
        "users", "persons", ("cluster", "broad", "severity", "user"), leaves,
        (
            Level(name="broad_total", columns=("cluster", "broad"), role="known"),
            Level(name="total", columns=("cluster", "broad", "severity"), role="published",
                  parents=("broad_total",)),
            Level(name="leaf", columns=("cluster", "broad", "severity", "user"), role="published",
                  parents=("total",)),
        ),
    )  # fmt: skip


def _roles(city: City) -> Family:
    base = city.bands.assign(ten=start_of(city.bands.start.to_numpy(), TEN))
    base = base[["cluster", "sex", "ten"]].drop_duplicates().reset_index(drop=True)
    leaves = _cross(base, "pair", np.arange(len(city.pairs)))
    leaves["type"] = city.pairs.type.to_numpy()[leaves.pair]
    leaves["relation"] = city.pairs.relation.to_numpy()[leaves.pair]
    leaves["old"] = (leaves.ten >= OLD).astype(np.int64)
    leaves["living"] = city.living[leaves.type]
    head = (leaves.relation == city.head) & (leaves.old == 1)
    leaves["heads"] = np.where(head, np.where(leaves.living == 0, 0, 1), 2)
    leaves["old_head"] = head.astype(np.int64)
    return family(
        "roles", "persons", ("cluster", "type", "relation", "sex", "ten"), leaves,
        (
            Level(name="cluster", columns=("cluster",), role="known"),
            Level(name="old_total", columns=("cluster", "old"), role="known"),
            Level(name="ten_total", columns=("cluster", "sex", "ten"), role="known"),
            Level(name="type", columns=("cluster", "type"), role="published", parents=("cluster",)),
            Level(name="relation", columns=("cluster", "type", "relation"), role="published",
                  parents=("type",)),
            Level(name="old", columns=("cluster", "type", "relation", "old"), role="published",
                  parents=("relation", "old_total")),
            Level(name="leaf", columns=("cluster", "type", "relation", "sex", "ten"),
                  role="published", parents=("old", "ten_total")),
            Level(name="living", columns=("cluster", "old", "living"), role="link"),
            Level(name="heads", columns=("cluster", "heads"), role="link"),
            Level(name="old_heads", columns=("cluster", "old_head"), role="link"),
        ),
    )  # fmt: skip


def _households(city: City) -> Family:
    import pandas as pd

    clusters = pd.DataFrame({"cluster": np.arange(len(city.codes["cluster"]))})
    leaves = _cross(clusters, "pattern", np.arange(len(city.patterns)))
    leaves["type"] = city.patterns.type.to_numpy()[leaves.pattern]
    return family(
        "households", "households", ("cluster", "pattern"), leaves,
        (
            Level(name="cluster", columns=("cluster",), role="known"),
            Level(name="type", columns=("cluster", "type"), role="published", parents=("cluster",)),
            Level(name="leaf", columns=("cluster", "pattern"), role="published", parents=("type",)),
        ),
    )  # fmt: skip


def _living(city: City) -> Family:
    old = city.bands[city.bands.start >= OLD][["cluster"]].drop_duplicates().reset_index(drop=True)
    leaves = _cross(
        _cross(old, "living", np.unique(city.living)), "severity", np.unique(city.severity)
    )
    return family(
        "living", "persons", ("cluster", "living", "severity"), leaves,
        (
            Level(name="cluster", columns=("cluster",), role="known"),
            Level(name="severity", columns=("cluster", "severity"), role="link"),
            Level(name="living", columns=("cluster", "living"), role="published",
                  parents=("cluster",)),
            Level(name="leaf", columns=("cluster", "living", "severity"), role="published",
                  parents=("living", "severity")),
        ),
    )  # fmt: skip


def _area_leaves(city: City, name: str, values: Ints) -> pd.DataFrame:
    base = city.areas[["cluster"]].assign(area=np.arange(len(city.areas)))
    return _cross(base.reset_index(drop=True), name, values)


def _area_ages(city: City) -> Family:
    leaves = _area_leaves(city, "band", np.asarray(city.spec.area_bands, dtype=np.int64))
    leaves["top"] = start_of(leaves.band.to_numpy(), city.spec.area_top)
    return family(
        "area_ages", "persons", ("area", "band"), leaves,
        (
            Level(name="area", columns=("area",), role="known"),
            Level(name="cluster_top", columns=("cluster", "top"), role="link"),
            Level(name="cluster_band", columns=("cluster", "band"), role="link"),
            Level(name="top", columns=("area", "top"), role="published",
                  parents=("area", "cluster_top")),
            Level(name="leaf", columns=("area", "band"), role="published",
                  parents=("top", "cluster_band"), over=("area", "cluster_top")),
        ),
    )  # fmt: skip


def _area_care(city: City) -> Family:
    leaves = _area_leaves(city, "severity", np.unique(city.severity))
    leaves["certified"] = (leaves.severity > 0).astype(np.int64)
    return family(
        "area_care", "persons", ("area", "severity"), leaves,
        (
            Level(name="area", columns=("area",), role="known"),
            Level(name="cluster_certified", columns=("cluster", "certified"), role="link"),
            Level(name="cluster_severity", columns=("cluster", "severity"), role="link"),
            Level(name="certified", columns=("area", "certified"), role="published",
                  parents=("area", "cluster_certified")),
            Level(name="leaf", columns=("area", "severity"), role="published",
                  parents=("certified", "cluster_severity")),
        ),
    )  # fmt: skip


def _area_households(city: City) -> Family:
    leaves = _area_leaves(city, "heads", np.arange(len(HEADS)))
    leaves["old"] = (leaves.heads < 2).astype(np.int64)
    return family(
        "area_households", "households", ("area", "heads"), leaves,
        (
            Level(name="area", columns=("area",), role="known"),
            Level(name="cluster_old", columns=("cluster", "old"), role="link"),
            Level(name="cluster_heads", columns=("cluster", "heads"), role="link"),
            Level(name="old", columns=("area", "old"), role="published",
                  parents=("area", "cluster_old")),
            Level(name="leaf", columns=("area", "heads"), role="published",
                  parents=("old", "cluster_heads")),
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two tables that count the same people: a level of each, cell for cell.

    ``one`` and ``other`` are (table, level); ``fine`` is the level of the other
    table whose cells add up to the linked one's; ``only`` are values that pick
    the cells of ``one`` that the other table has.
    """

    one: tuple[str, str]
    other: tuple[str, str]
    fine: tuple[str, ...]
    only: tuple[tuple[str, int], ...] = ()


LINKS: Final = (
    Link(one=("care", "broad"), other=("users", "total"), fine=("total",)),
    Link(one=("care", "all_ages"), other=("area_care", "cluster_severity"), fine=("leaf",)),
    Link(one=("care", "severity"), other=("living", "severity"), fine=(), only=(("old", 1),)),
    Link(one=("roles", "living"), other=("living", "living"), fine=("living",), only=(("old", 1),)),
    Link(one=("roles", "heads"), other=("area_households", "cluster_heads"), fine=("leaf",)),
    Link(one=("roles", "old_heads"), other=("area_households", "cluster_old"), fine=("old",)),
)


def linked(built: Mapping[str, Family], link: Link) -> tuple[Ints, Ints]:
    """Return the cells that a link makes equal: codes in the one table, codes in the other."""
    one, other = built[link.one[0]], built[link.other[0]]
    mine, theirs = one.cells(link.one[1]), other.cells(link.other[1])
    if link.one[0] == "roles" and "heads" in link.one[1]:
        # Households by their head: the last class holds no old head, so it is not linked.
        keep = mine.iloc[:, 1] < 2 if link.one[1] == "heads" else mine.iloc[:, 1] == 1
        mine = mine[keep]
    for column, value in link.only:
        mine = mine[mine[column] == value].drop(columns=column)
    place = {tuple(row): number for number, row in enumerate(theirs.itertuples(index=False))}
    pairs = [
        (code, place[tuple(row)])
        for code, row in zip(mine.index, mine.itertuples(index=False), strict=True)
        if tuple(row) in place
    ]
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def lend(built: Mapping[str, Family]) -> None:
    """Write into linked levels what the other table's published cells add up to."""
    for link in LINKS:
        if link.one[0] not in built or link.other[0] not in built:
            continue
        one, other = built[link.one[0]], built[link.other[0]]
        mine, theirs = linked(built, link)
        for fine in link.fine:
            codes = np.unique(
                np.column_stack([other.codes[link.other[1]], other.codes[fine]]), axis=0
            )
            total = np.bincount(
                codes[:, 0], other.values[fine][codes[:, 1]], minlength=other.size(link.other[1])
            )
            one.values[link.one[1]][mine] = total[theirs]


def _lend_ages(city: City, table: Family) -> None:
    """Write the clusters' age bands, which are always known, into the areas' table."""
    starts = city.bands.start.to_numpy()
    for level, cut in (("cluster_top", city.spec.area_top), ("cluster_band", city.spec.area_bands)):
        key = city.bands.cluster.to_numpy() * 1000 + start_of(starts, cut)
        own, place = np.unique(key, return_inverse=True)
        persons = np.bincount(place.ravel(), city.bands.persons)
        cells = table.cells(level)
        asked = cells.cluster.to_numpy() * 1000 + cells.iloc[:, 1].to_numpy()
        at = np.minimum(np.searchsorted(own, asked), len(own) - 1)
        table.values[level] = np.where(own[at] == asked, persons[at], 0.0)


def city_of(statistics: Statistics) -> City:
    """Return what the city consists of, from the statistics file."""
    import pandas as pd

    codes, read = statistics.codes, statistics.tables
    bands = pd.DataFrame(
        {
            "cluster": _coded(read["bands"].cluster, codes["cluster"]),
            "sex": _coded(read["bands"].sex, codes["sex"]),
            "start": read["bands"].start.to_numpy(np.int64),
            "persons": read["bands"].persons.to_numpy(np.int64),
        }
    )
    areas = pd.DataFrame(
        {
            "cluster": _coded(read["areas"].cluster, codes["cluster"]),
            "persons": read["areas"].persons.to_numpy(np.int64),
            "households": read["areas"].households.to_numpy(np.int64),
        }
    )
    patterns, members = patterns_from(read["patterns"], codes)
    pairs = pd.DataFrame(
        {
            "type": _coded(read["pairs"].type, codes["type"]),
            "relation": _coded(read["pairs"].relation, codes["relation"]),
        }
    )
    return City(
        spec=statistics.spec, codes=codes, bands=bands, areas=areas, pairs=pairs,
        patterns=patterns, members=members,
    )  # fmt: skip


def patterns_from(
    table: pd.DataFrame, codes: Mapping[str, tuple[str, ...]]
) -> tuple[pd.DataFrame, Ints]:
    """Return the patterns with coded types, and how many of each relation they hold."""
    import pandas as pd

    place = {relation: number for number, relation in enumerate(codes["relation"])}
    members = np.zeros((len(table), len(place)), dtype=np.int64)
    for row, text in enumerate(table.members):
        for part in text.split("|") if text else ():
            relation, _, count = part.rpartition(":")
            members[row, place[relation]] = int(count)
    rare = members.sum(axis=1) == 0
    types = _coded(table.type, codes["type"])
    return pd.DataFrame({"type": types, "rare": rare}), members


def labelled(table: Family, city: City) -> pd.DataFrame:
    """Return the published cells of a table with their codes spelt out: one CSV of the file."""
    import pandas as pd

    parts = []
    for level in table.levels:
        if level.role == "link":
            continue
        shown = np.isfinite(table.values[level.name])
        cells = table.cells(level.name)[shown]
        part = pd.DataFrame({"level": [level.name] * len(cells)})
        for key in _columns(table):
            part[key] = _spelt(key, cells[key].to_numpy(), city) if key in cells else ""
        part["count"] = table.values[level.name][shown].astype(np.int64)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def profile_keys(table: Family, city: City, columns: tuple[str, ...]) -> list[str]:
    """Return, per leaf, its codes in some columns spelt out and joined: a key of the profile."""
    spelt = [_spelt(key, table.leaves[key].to_numpy(), city) for key in columns]
    return ["/".join(key) for key in zip(*spelt, strict=True)]


def fill(table: Family, city: City, read: pd.DataFrame) -> None:
    """Write the published cells of a CSV of the file into a table."""
    for level in table.levels:
        if level.role == "link":
            continue
        cells = table.cells(level.name)
        spelt = [_spelt(key, cells[key].to_numpy(), city) for key in level.columns]
        place = {key: number for number, key in enumerate(zip(*spelt, strict=True))}
        rows = read[read.level == level.name]
        asked = zip(*(rows[key].astype(str) for key in level.columns), strict=True)
        for key, count in zip(asked, rows["count"], strict=True):
            table.values[level.name][place[key]] = count


def families(statistics: Statistics) -> tuple[City, dict[str, Family]]:
    """Return the city and its tables with the published values of the statistics file."""
    city = city_of(statistics)
    built = tables(city)
    for name, table in built.items():
        fill(table, city, statistics.tables[name])
    lend(built)
    if "area_ages" in built:
        _lend_ages(city, built["area_ages"])
    return city, built


def _columns(table: Family) -> list[str]:
    return list(dict.fromkeys(column for level in table.levels for column in level.columns))


def _spelt(key: str, codes: Ints, city: City) -> list[str]:
    if key in city.codes:
        names = city.codes[key]
    elif key in {"severity", "living", "heads"}:
        names = {"severity": SEVERITIES, "living": LIVINGS, "heads": HEADS}[key]
    else:
        return [str(code) for code in codes]
    return [names[code] for code in codes]


def _coded(labels: pd.Series[str], names: tuple[str, ...]) -> Ints:
    place = {name: number for number, name in enumerate(names)}
    return np.array([place[label] for label in labels], dtype=np.int64)
