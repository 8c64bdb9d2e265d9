"""Sums of two releases: subtracted where the people behind them hardly changed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tsukuba_gis.pseudo.releases.finding import Kind
    from tsukuba_gis.pseudo.releases.labels import Label
    from tsukuba_gis.pseudo.statistics import Statistics


def compare_sums(old: Statistics, new: Statistics, k: int) -> Counter[tuple[Kind, str]]:
    """Subtract sums, and what is left of each after the parts that both files show."""
    found: Counter[tuple[Kind, str]] = Counter()
    before, after = sums_of(old), sums_of(new)
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


def sums_of(statistics: Statistics) -> dict[Label, float]:
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
