"""Means and shares of two releases: compared where the people behind them hardly changed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from tsukuba_gis.pseudo.layout import tables
from tsukuba_gis.pseudo.releases.counts import PLAIN
from tsukuba_gis.pseudo.releases.labels import group_names
from tsukuba_gis.pseudo.written import city_of

if TYPE_CHECKING:
    from tsukuba_gis.pseudo.releases.finding import Kind
    from tsukuba_gis.pseudo.releases.labels import Label
    from tsukuba_gis.pseudo.statistics import Statistics

# Tables that are looked at number by number; all others are taken as means and shares.
_NUMBERED: Final = ("bands", "areas", "sums", "groups", *PLAIN)


def compare_means(old: Statistics, new: Statistics, k: int) -> Counter[tuple[Kind, str]]:
    """Compare means and shares where the people behind them hardly changed."""
    found: Counter[tuple[Kind, str]] = Counter()
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
    names = group_names(statistics)
    group = table["group"].map(names).tolist() if name == "quantiles" else [""] * len(table)
    parts = table.drop(columns="group") if name == "quantiles" else table
    for own, row in zip(group, parts.itertuples(index=False, name=None), strict=True):
        rows.setdefault(own, []).append(row)
    return rows


def _group_people(statistics: Statistics) -> dict[str, int]:
    names = group_names(statistics)
    table = statistics.tables["states"]
    people = table.groupby(table["group"].map(names)).persons.sum()
    return {str(name): int(n) for name, n in people.items()}
