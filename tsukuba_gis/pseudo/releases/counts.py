"""Counts of two releases: each under its label, subtracted cell by cell and total by total."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.pseudo.releases.labels import (
    OPEN,
    Label,
    area_names,
    group_names,
    labels_of,
    with_ends,
)
from tsukuba_gis.pseudo.written import families

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tsukuba_gis.pseudo.releases.finding import Kind
    from tsukuba_gis.pseudo.statistics import Statistics

# Tables of counts without levels, and the columns that tell their rows apart.
PLAIN: Final = {
    "years": ("sex", "start", "first"),
    "mesh": ("area", "mesh_x", "mesh_y"),
    "states": ("group", "state"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A count, NaN if hidden, and the totals that it is a part of: table and label."""

    value: float
    parents: tuple[tuple[str, Label], ...] = ()


Counts = dict[str, dict[Label, Cell]]


def compare_counts(name: str, old: Counts, new: Counts, k: int) -> Counter[tuple[Kind, str]]:
    """Subtract one level of one table, cell by cell and total by total."""
    found: Counter[tuple[Kind, str]] = Counter()
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


def _change(before: Mapping[Label, Cell], after: Mapping[Label, Cell], own: Label) -> float:
    """Return by how much a cell changed; NaN unless both files show it."""
    if own not in before or own not in after:
        return float("nan")
    return after[own].value - before[own].value


def counts_of(statistics: Statistics) -> Counts:
    """Return every count of a file by table and level, under labels that mean the same anywhere."""
    city, built = families(statistics)
    areas = area_names(statistics)
    counts: Counts = {}
    for name, table in built.items():
        labels = {
            level.name: labels_of(table, level.name, city, statistics) for level in table.levels
        }
        for level in table.levels:
            first = np.unique(table.codes[level.name], return_index=True)[1]
            above = [
                [(f"{name}/{parent}", labels[parent][code]) for code in table.codes[parent][first]]
                for parent in level.parents
            ]
            values = table.values[level.name]
            counts[f"{name}/{level.name}"] = {
                own: Cell(float(value), tuple(parents[code] for parents in above))
                for code, (own, value) in enumerate(zip(labels[level.name], values, strict=True))
            }
    if areas:
        for unit in ("persons", "households"):
            column = statistics.tables["areas"][unit]
            counts[f"areas/{unit}"] = {
                (name,): Cell(float(value)) for name, value in zip(areas, column, strict=True)
            }
    for name, keys in PLAIN.items():
        if name in statistics.tables:
            counts[name] = _plain(statistics, name, keys)
    return counts


def _plain(statistics: Statistics, name: str, keys: Sequence[str]) -> dict[Label, Cell]:
    """Return the counts of a table without levels."""
    table = statistics.tables[name]
    names: dict[str, Mapping[str, str]] = {
        "area": {str(row): name for row, name in enumerate(area_names(statistics))},
        "group": group_names(statistics),
    }
    spelt = [
        [names[key][str(value)] if key in names else str(value) for value in table[key]]
        for key in keys
    ]
    if name == "years":
        spelt.append(_year_spans(statistics))
    figure = "households" if name == "mesh" else "persons"
    return {
        own: Cell(float(value), (("areas/households", own[:1]),) if name == "mesh" else ())
        for own, value in zip(zip(*spelt, strict=True), table[figure], strict=True)
    }


def _year_spans(statistics: Statistics) -> list[str]:
    """Return where each run of single years ends, and the clusters that are counted in it."""
    years, bands = statistics.tables["years"], with_ends(statistics.tables["bands"])
    ends = years.groupby(["sex", "start"], sort=False)["first"].shift(-1, fill_value=OPEN)
    alone = bands.end == bands.groupby(["sex", "start"]).end.transform("min")
    counted = bands[alone].groupby(["sex", "start"]).cluster.agg("|".join).to_dict()
    return [
        f"{end} {counted.get((sex, start), '')}"
        for sex, start, end in zip(years.sex, years.start, ends, strict=True)
    ]


def bands_of(one: Statistics, other: Statistics) -> tuple[Counts, Counts]:
    """Return the age bands of both files, and the coarser ones that both have in common."""
    ended = [with_ends(file.tables["bands"]) for file in (one, other)]
    starts = [set(zip(t.cluster, t.sex, t.start, strict=True)) for t in ended]
    common = starts[0] & starts[1]
    both: list[Counts] = []
    for table in ended:
        coarse: dict[Label, float] = {}
        fine: dict[Label, Cell] = {}
        at = -1
        for row in table.itertuples(index=False):
            cluster, sex, start = str(row.cluster), str(row.sex), int(str(row.start))
            # A (cluster, sex) that only one file has is no cell of the other.
            at = start if (row.cluster, row.sex, row.start) in common else at
            above = (cluster, sex, str(at))
            coarse[above] = coarse.get(above, 0.0) + float(str(row.persons))
            fine[cluster, sex, f"{start}-{row.end}"] = Cell(
                float(str(row.persons)), (("bands/common", above),)
            )
        both.append({"bands/common": {key: Cell(n) for key, n in coarse.items()}, "bands": fine})
    return both[0], both[1]
