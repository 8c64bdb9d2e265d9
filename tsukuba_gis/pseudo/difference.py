"""Two releases: what the difference of two statistics files tells, and the refusal of it.

One statistics file is safe by itself. A second one, measured after residents
moved, were born or died, may not be: the difference of the two tells of those
who changed.

What is covered: whoever holds two files and subtracts them, number by number.
Every published count, every total less its published parts, every cell that
only one of the two shows, every sum and every table of means is looked at, each
table by itself; age bands, areas and groups that were merged differently are
different cells. A count must not change at all, or by k or more.

What is not covered. These are net changes: one of k or more may be told apart
by someone who knows all but one of the people behind it, and one of 0 may hide
people who changed places. Numbers of different tables are not combined beyond
the totals that the tables share. Three files are compared pair by pair.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.messages import text
from tsukuba_gis.pseudo.city import BROAD, OLD, TEN, care_start, start_of
from tsukuba_gis.pseudo.layout import tables
from tsukuba_gis.pseudo.written import city_of, families, labelled

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.messages import Language
    from tsukuba_gis.pseudo.cells import Family
    from tsukuba_gis.pseudo.city import City
    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.statistics import Statistics

    Ints = NDArray[np.int64]

Kind = Literal[
    "small_change", "small_rest", "shown_now", "hidden_now", "sum_change", "mean_change"
]  # fmt: skip
Label = tuple[str, ...]

# Tables of counts without levels, and the columns that tell their rows apart.
_PLAIN: Final = {
    "years": ("sex", "start", "first"),
    "mesh": ("area", "mesh_x", "mesh_y"),
    "states": ("group", "state"),
}
# Tables that are looked at number by number; all others are taken as means and shares.
_NUMBERED: Final = ("bands", "areas", "sums", "groups", *_PLAIN)
# Keys of the tables that are ages.
_AGES: Final = ("start", "group", "old", "ten", "broad", "band", "top")
# Above every age.
_OPEN: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the difference of two releases tells: a kind, a table, and in how many places."""

    kind: Kind
    table: str
    n: int
    k: int

    def say(self, lang: Language) -> str:
        """Return the finding in words.

        Examples
        --------
        >>> Finding(kind="small_change", table="bands", n=2, k=10).say("en")
        'The same cell changed by 1 to 9: 2 places (table bands)'
        """
        return text(f"ledger_kind_{self.kind}", lang, n=self.n, table=self.table, below=self.k - 1)


def audit_release(
    previous: Statistics, statistics: Statistics, *, accept: Collection[Kind] = ()
) -> tuple[Finding, ...]:
    """Subtract two statistics files as an attacker would, and refuse if that tells of few people.

    Parameters
    ----------
    previous
        A file that was released.
    statistics
        The file that is to be released.
    accept
        Kinds of findings that do not lead to refusal.

    Returns
    -------
    tuple of Finding
        Empty if nothing was found; k is the larger of the two files'.

    Raises
    ------
    DisclosureError
        If something else than the accepted kinds was found.

    Notes
    -----
    Kinds, and what the attacker does:

    - ``small_change``: subtracts a count from the same count. A change of
      1 … k − 1 tells that so few people came, left or changed.
    - ``small_rest``: the same with a total less the parts that both files show.
    - ``shown_now``, ``hidden_now``: puts a count that one file shows into the
      other, which hides it, where some total over it hardly changed (by less
      than k, or nobody knows by how much).
    - ``sum_change``: subtracts two sums of which the people hardly changed.
    - ``mean_change``: the same with means, distributions and shares.
    """
    k = max(previous.spec.k, statistics.spec.k)
    found = Counter[tuple[Kind, str]]()
    if previous.sha256 != statistics.sha256:
        old_bands, new_bands = _bands(previous, statistics)
        old, new = old_bands | _counts(previous), new_bands | _counts(statistics)
        for name in dict.fromkeys((*old, *new)):
            found.update(_compare(name, old, new, k))
        found.update(_compare_sums(previous, statistics, k))
        found.update(_compare_means(previous, statistics, k))
    findings = tuple(
        Finding(kind=kind, table=table, n=n, k=k)
        for (kind, table), n in sorted(found.items())
        if n > 0
    )
    refused = [finding for finding in findings if finding.kind not in accept]
    if refused:
        kinds = ", ".join(sorted({finding.kind for finding in refused}))
        raise DisclosureError("ledger_refused", n=sum(f.n for f in refused), kinds=kinds)
    return findings


def masked_as(statistics: Statistics, previous: Statistics) -> Statistics:
    """Return the statistics without the cells that an earlier release did not show.

    A fixed mask: what was hidden once stays hidden. The outcome has to be
    audited again. It cannot hide what is always published (the population by
    cluster, sex and age, persons and households by area), nor bring back a cell
    that is hidden now.

    Parameters
    ----------
    statistics
        The new file.
    previous
        The file that was released.
    """
    import dataclasses

    city, built = families(statistics)
    before = _counts(previous)
    written = dict(statistics.tables)
    for name, table in built.items():
        for level in table.levels:
            if level.role in {"published", "profile"}:
                known = before.get(f"{name}/{level.name}", {})
                for code, own in enumerate(_labels(table, level.name, city, statistics)):
                    if own not in known or not np.isfinite(known[own].value):
                        table.values[level.name][code] = np.nan
        written[name] = labelled(table, city)
    if "sums" in written and "sums" in previous.tables:
        shown = set(_sums(previous))
        keep = [key in shown for key in _sums(statistics)]
        written["sums"] = written["sums"][keep].reset_index(drop=True)
    return dataclasses.replace(statistics, tables=written, audit={})


# ---- counts --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cell:
    """A count, NaN if hidden, and the totals that it is a part of: table and label."""

    value: float
    parents: tuple[tuple[str, Label], ...] = ()


_Counts = dict[str, dict[Label, _Cell]]


def _counts(statistics: Statistics) -> _Counts:
    """Return every count of a file by table and level, under labels that mean the same anywhere."""
    city, built = families(statistics)
    areas = _area_names(statistics)
    counts: _Counts = {}
    for name, table in built.items():
        labels = {
            level.name: _labels(table, level.name, city, statistics) for level in table.levels
        }
        for level in table.levels:
            first = np.unique(table.codes[level.name], return_index=True)[1]
            above = [
                [(f"{name}/{parent}", labels[parent][code]) for code in table.codes[parent][first]]
                for parent in level.parents
            ]
            values = table.values[level.name]
            counts[f"{name}/{level.name}"] = {
                own: _Cell(float(value), tuple(parents[code] for parents in above))
                for code, (own, value) in enumerate(zip(labels[level.name], values, strict=True))
            }
    if areas:
        for unit in ("persons", "households"):
            column = statistics.tables["areas"][unit]
            counts[f"areas/{unit}"] = {
                (name,): _Cell(float(value)) for name, value in zip(areas, column, strict=True)
            }
    for name, keys in _PLAIN.items():
        if name in statistics.tables:
            counts[name] = _plain(statistics, name, keys)
    return counts


def _plain(statistics: Statistics, name: str, keys: Sequence[str]) -> dict[Label, _Cell]:
    """Return the counts of a table without levels."""
    table = statistics.tables[name]
    names: dict[str, Mapping[str, str]] = {
        "area": {str(row): name for row, name in enumerate(_area_names(statistics))},
        "group": _group_names(statistics),
    }
    spelt = [
        [names[key][str(value)] if key in names else str(value) for value in table[key]]
        for key in keys
    ]
    if name == "years":
        spelt.append(_year_spans(statistics))
    figure = "households" if name == "mesh" else "persons"
    return {
        own: _Cell(float(value), (("areas/households", own[:1]),) if name == "mesh" else ())
        for own, value in zip(zip(*spelt, strict=True), table[figure], strict=True)
    }


def _year_spans(statistics: Statistics) -> list[str]:
    """Return where each run of single years ends, and the clusters that are counted in it."""
    years, bands = statistics.tables["years"], _with_ends(statistics.tables["bands"])
    ends = years.groupby(["sex", "start"], sort=False)["first"].shift(-1, fill_value=_OPEN)
    alone = bands.end == bands.groupby(["sex", "start"]).end.transform("min")
    counted = bands[alone].groupby(["sex", "start"]).cluster.agg("|".join).to_dict()
    return [
        f"{end} {counted.get((sex, start), '')}"
        for sex, start, end in zip(years.sex, years.start, ends, strict=True)
    ]


def _area_names(statistics: Statistics) -> list[str]:
    """Return cluster and name of each area: its number may differ between files."""
    if "areas" not in statistics.tables:
        return []
    table = statistics.tables["areas"]
    return [f"{c}/{a}" for c, a in zip(table.cluster, table.area, strict=True)]


def _group_names(statistics: Statistics) -> dict[str, str]:
    """Return what each group of similar people consists of: its number may mean another one."""
    if "groups" not in statistics.tables:
        return {}
    table = statistics.tables["groups"]
    parts = table.severity + "/" + table.sex + "/" + table.ten.astype(str)
    return {str(name): "|".join(own) for name, own in parts.groupby(table.group, sort=False)}


def _labels(table: Family, level: str, city: City, statistics: Statistics) -> list[Label]:
    """Return what each cell of a level consists of, in words that do not depend on the file.

    Codes are spelt out; ages are written as the bands that they hold, so that
    bands merged in another way make another cell.
    """
    cells = table.cells(level)
    first = np.unique(table.codes[level], return_index=True)[1]
    place = table.leaves.iloc[first]
    spelt: list[list[str]] = []
    for key in cells.columns:
        codes = cells[key].tolist()
        if key in _AGES:
            sex = place.sex.tolist() if "sex" in cells else [None] * len(cells)
            spans = _spans(city, key, by_sex="sex" in cells)
            asked = zip(place.cluster.tolist(), sex, codes, strict=True)
            spelt.append([spans.get(cell, "") for cell in asked])
        elif key == "area":
            names = _area_names(statistics)
            spelt.append([names[code] for code in codes])
        elif key == "pattern":
            listed = statistics.tables["patterns"]
            own = (listed.type + "/" + listed.kind + "/" + listed.members.astype(str)).tolist()
            spelt.append([own[code] for code in codes])
        else:
            spelt.append([city.codes[key][c] if key in city.codes else str(c) for c in codes])
    return [tuple(parts) for parts in zip(*spelt, strict=True)]


def _spans(city: City, key: str, *, by_sex: bool) -> dict[tuple[int, int | None, int], str]:
    """Return the ages that each cluster's (and sex's) age group really holds."""
    bands = _with_ends(city.bands)
    own = bands.assign(value=_group(key, bands.start.to_numpy(np.int64), city.spec))
    ranges = own.groupby(["cluster", "sex", "value"], sort=True).agg(
        first=("start", "min"), last=("end", "max")
    )
    spans: dict[tuple[int, int | None, int], str] = {}
    columns = [ranges.index.get_level_values(level).tolist() for level in range(3)]
    for cluster, sex, value, first, last in zip(
        *columns, ranges["first"].tolist(), ranges["last"].tolist(), strict=True
    ):
        if by_sex:
            spans[cluster, sex, value] = f"{first}-{last}"
        else:
            before = spans.get((cluster, None, value), "")
            spans[cluster, None, value] = f"{before} {sex}:{first}-{last}".strip()
    return spans


def _group(key: str, start: Ints, spec: Spec) -> Ints:
    """Return the age group of each band, for a key of the tables that is an age."""
    if key == "start":
        return care_start(start, spec)
    if key == "group":
        return start_of(care_start(start, spec), spec.group_starts)
    if key == "old":
        return (start >= OLD).astype(np.int64)
    cuts = {"ten": TEN, "broad": BROAD, "band": spec.area_bands, "top": spec.area_top}
    return start_of(start, cuts[key])


def _with_ends(bands: pd.DataFrame) -> pd.DataFrame:
    """Return age bands with the age at which each ends; the last is open."""
    ordered = bands.sort_values(["cluster", "sex", "start"])
    end = ordered.groupby(["cluster", "sex"]).start.shift(-1, fill_value=_OPEN)
    return ordered.assign(end=end)


def _bands(one: Statistics, other: Statistics) -> tuple[_Counts, _Counts]:
    """Return the age bands of both files, and the coarser ones that both have in common."""
    ended = [_with_ends(file.tables["bands"]) for file in (one, other)]
    starts = [set(zip(t.cluster, t.sex, t.start, strict=True)) for t in ended]
    common = starts[0] & starts[1]
    both: list[_Counts] = []
    for table in ended:
        coarse: dict[Label, float] = {}
        fine: dict[Label, _Cell] = {}
        at = -1
        for row in table.itertuples(index=False):
            cluster, sex, start = str(row.cluster), str(row.sex), int(str(row.start))
            # A (cluster, sex) that only one file has is no cell of the other.
            at = start if (row.cluster, row.sex, row.start) in common else at
            above = (cluster, sex, str(at))
            coarse[above] = coarse.get(above, 0.0) + float(str(row.persons))
            fine[cluster, sex, f"{start}-{row.end}"] = _Cell(
                float(str(row.persons)), (("bands/common", above),)
            )
        both.append({"bands/common": {key: _Cell(n) for key, n in coarse.items()}, "bands": fine})
    return both[0], both[1]


# ---- subtraction ---------------------------------------------------------------------------------


def _compare(name: str, old: _Counts, new: _Counts, k: int) -> Counter[tuple[Kind, str]]:
    """Subtract one level of one table, cell by cell and total by total."""
    found = Counter[tuple[Kind, str]]()
    table = name.split("/")[0]
    before, after = old.get(name, {}), new.get(name, {})
    # How much the parts of each total changed, of those that both files show.
    moved: dict[tuple[str, Label], float] = {}
    for own in {**before, **after}:
        cell = after.get(own) or before[own]
        change = _change(before, after, own)
        if np.isfinite(change):
            found["small_change", table] += bool(0 < abs(change) < k)
        else:
            shown_before = own in before and np.isfinite(before[own].value)
            shown_after = own in after and np.isfinite(after[own].value)
            near = not cell.parents or any(
                not abs(_change(old.get(level, {}), new.get(level, {}), above)) >= k
                for level, above in cell.parents
            )
            found["hidden_now", table] += bool(shown_before and near)
            found["shown_now", table] += bool(shown_after and near)
        for parent in cell.parents if np.isfinite(change) else ():
            moved[parent] = moved.get(parent, 0.0) + change
    for (level, above), parts in moved.items():
        rest = _change(old.get(level, {}), new.get(level, {}), above) - parts
        found["small_rest", table] += bool(0 < abs(rest) < k)
    return found


def _change(before: Mapping[Label, _Cell], after: Mapping[Label, _Cell], own: Label) -> float:
    """Return by how much a cell changed; NaN unless both files show it."""
    if own not in before or own not in after:
        return float("nan")
    return after[own].value - before[own].value


def _compare_sums(old: Statistics, new: Statistics, k: int) -> Counter[tuple[Kind, str]]:
    """Subtract sums, and what is left of each after the parts that both files show."""
    found = Counter[tuple[Kind, str]]()
    before, after = _sums(old), _sums(new)
    people_before, people_after = _sum_people(old), _sum_people(new)
    nan = float("nan")

    def people(cell: Label) -> float:
        return people_after.get(cell, nan) - people_before.get(cell, nan)

    rest: dict[Label, tuple[float, float]] = {}
    for key in dict.fromkeys((*before, *after)):
        cell, above = key[1:], _above(key)
        near = not abs(people(cell)) >= k
        if key in before and key in after:
            change = after[key] - before[key]
            found["sum_change", "sums"] += bool(change != 0 and near)
            if above:
                amount, n = rest.get(above, (0.0, 0.0))
                rest[above] = amount + change, n + people(cell)
        else:
            found["shown_now" if key in after else "hidden_now", "sums"] += near
    for above, (amount, n) in rest.items():
        left = _figure(after, above) - _figure(before, above) - amount
        few = not abs(people(above[1:]) - n) >= k
        found["sum_change", "sums"] += bool(np.isfinite(left) and left != 0 and few)
    return found


def _figure(sums: Mapping[Label, float], key: Label) -> float:
    """Return a sum, NaN if it is not shown."""
    return sums.get(key, float("nan"))


def _sums(statistics: Statistics) -> dict[Label, float]:
    """Return each sum under (column, cluster, age group, care band); "" where not told apart."""
    if "sums" not in statistics.tables:
        return {}
    table = statistics.tables["sums"]
    keys = zip(table.column, table.cluster, table.broad, table.severity, strict=True)
    return {
        tuple(map(str, key)): float(total) for key, total in zip(keys, table.total, strict=True)
    }


def _above(key: Label) -> Label | None:
    """Return the sum that a sum is a part of."""
    column, cluster, broad, severity = key
    if severity:
        return (column, cluster, broad, "")
    return (column, cluster, "", "") if broad else None


def _sum_people(statistics: Statistics) -> dict[Label, float]:
    """Return the published number of people behind each sum, users or not."""
    people: dict[Label, float] = {}
    for cluster, n in statistics.tables["bands"].groupby("cluster").persons.sum().items():
        people[str(cluster), "", ""] = float(n)
    users = statistics.tables["users"]
    users = users[users.level.isin(["broad_total", "total"])]
    keys = zip(users.cluster, users.broad, users.severity, strict=True)
    return people | {
        tuple(map(str, key)): float(n) for key, n in zip(keys, users["count"], strict=True)
    }


def _compare_means(old: Statistics, new: Statistics, k: int) -> Counter[tuple[Kind, str]]:
    """Compare means and shares where the people behind them hardly changed."""
    found = Counter[tuple[Kind, str]]()
    everyone = new.tables["bands"].persons.sum() - old.tables["bands"].persons.sum()
    numbered = {*_NUMBERED, *tables(city_of(old)), *tables(city_of(new))}
    for name in dict.fromkeys((*old.tables, *new.tables)):
        if name in numbered:
            continue
        before, after = _mean_rows(old, name), _mean_rows(new, name)
        for group in before.keys() | after.keys():
            people = everyone
            if name == "quantiles":
                people = _group_people(new).get(group, 0) - _group_people(old).get(group, 0)
            if before.get(group) != after.get(group) and abs(people) < k:
                found["mean_change", name] += 1
    return found


def _mean_rows(statistics: Statistics, name: str) -> dict[str, list[Label]]:
    """Return the rows of a table of means, by group where it has groups."""
    rows: dict[str, list[Label]] = {}
    if name not in statistics.tables:
        return rows
    table = statistics.tables[name].astype(str)
    names = _group_names(statistics)
    group = table["group"].map(names).tolist() if name == "quantiles" else [""] * len(table)
    parts = table.drop(columns="group") if name == "quantiles" else table
    for own, row in zip(group, parts.itertuples(index=False, name=None), strict=True):
        rows.setdefault(own, []).append(row)
    return rows


def _group_people(statistics: Statistics) -> dict[str, int]:
    names = _group_names(statistics)
    table = statistics.tables["states"]
    people = table.groupby(table["group"].map(names)).persons.sum()
    return {str(name): int(n) for name, n in people.items()}
