"""Means and shares of two releases: compared where the people behind them hardly changed."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Final

from tsukuba_gis.pseudo.releases.counts import PLAIN
from tsukuba_gis.pseudo.releases.labels import group_names
from tsukuba_gis.pseudo.releases.sums import sums_of
from tsukuba_gis.pseudo.tables.layout import tables
from tsukuba_gis.pseudo.written import city_of

if TYPE_CHECKING:
    from tsukuba_gis.pseudo.releases.finding import Kind
    from tsukuba_gis.pseudo.releases.labels import Label
    from tsukuba_gis.pseudo.statistics import Statistics

# Tables that are looked at number by number; all others are taken as means and shares.
_NUMBERED: Final = ("bands", "areas", "sums", "area_means", "groups", *PLAIN)


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


def compare_area_means(old: Statistics, new: Statistics, k: int) -> Counter[tuple[Kind, str]]:
    """Subtract means by area, and what is left of each cluster's sum after those of both files."""
    found: Counter[tuple[Kind, str]] = Counter()
    before, after = area_means_of(old), area_means_of(new)
    people_before, people_after = _area_people(old), _area_people(new)

    def people(place: Label) -> float:  # of an area that only one file has, nobody knows
        return people_after.get(place, math.nan) - people_before.get(place, math.nan)

    shown: dict[Label, list[Label]] = {}
    for key in dict.fromkeys((*before, *after)):
        column, *place = key
        near = not abs(people(tuple(place))) >= k
        if key in before and key in after:
            found["mean_change", "area_means"] += bool(before[key] != after[key] and near)
            shown.setdefault((column, place[0]), []).append(tuple(place))
        else:
            found["shown_now" if key in after else "hidden_now", "area_means"] += near
    every = [place for place in people_before | people_after if len(place) > 1]
    sums = sums_of(old), sums_of(new)
    for (column, cluster), areas in shown.items():
        whole = {place for place in every if place[0] == cluster} <= set(areas)
        of_cluster = (column, cluster, "", "")
        if whole or not all(of_cluster in side for side in sums):
            continue
        sides = zip(sums, (before, after), (people_before, people_after), strict=True)
        left = [
            side[of_cluster] - sum(means[column, *area] * persons[area] for area in areas)
            for side, means, persons in sides
        ]
        few = abs(people((cluster,)) - sum(map(people, areas))) < k
        found["mean_change", "area_means"] += bool(left[0] != left[1] and few)
    return found


def area_means_of(statistics: Statistics) -> dict[Label, float]:
    """Return each mean under (column, cluster, area): an area's number may differ between files."""
    if "area_means" not in statistics.tables:
        return {}
    table, areas = statistics.tables["area_means"], statistics.tables["areas"]
    own = areas.iloc[table.area.astype(int)]
    keys = zip(table.column, own.cluster, own.area, strict=True)
    return dict(zip(keys, table["mean"].astype(float), strict=True))


def _area_people(statistics: Statistics) -> dict[Label, float]:
    """Return the persons of each (cluster, area), and of each cluster."""
    table = statistics.tables["areas"]
    keys = zip(table.cluster, table.area, strict=True)
    people: dict[Label, float] = dict(zip(keys, table.persons.astype(float), strict=True))
    by_cluster = table.groupby("cluster").persons.sum()
    return people | {(str(name),): float(n) for name, n in by_cluster.items()}


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
