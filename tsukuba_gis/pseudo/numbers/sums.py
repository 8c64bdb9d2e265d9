"""Sums per cluster × age group × care band, kept where no person dominates them.

A sum that is not shown must not follow from those that are: what is left of its
parent hides its contributors too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.pseudo.city import BROAD, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.cells import Family
    from tsukuba_gis.pseudo.city import City
    from tsukuba_gis.pseudo.spec import Spec

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]

_LEVELS: Final = ("cluster", "broad", "severity")


def safe_sums(column: str, amounts: Floats, city: City, coded: Mapping[str, Ints]) -> pd.DataFrame:
    """Return the sums that may be shown: from the cluster down to age group × care band."""
    import pandas as pd

    spec = city.spec
    positive = amounts > 0
    amount = amounts[positive]
    shape = (len(city.codes["cluster"]), len(BROAD), len(SEVERITIES))
    part = np.searchsorted(BROAD, coded["broad"])
    place = (coded["cluster"], part, coded["severity"])
    persons = city.bands.groupby("cluster").persons.sum()
    k = np.array([min(spec.threshold(value), 1e12) for value in persons])
    rows = []
    parent_shown = np.ones(1, dtype=bool)
    for depth, level in enumerate(_LEVELS, start=1):
        code = np.ravel_multi_index([axis[positive] for axis in place[:depth]], shape[:depth])
        n = int(np.prod(shape[:depth]))
        own = _contributors(code, amount, n)
        per_parent = n // len(parent_shown)
        of_parent = np.arange(n) // per_parent
        cluster = np.arange(n) // (n // shape[0])
        shown = own.safe(k[cluster], spec.dominance) & parent_shown[of_parent]
        if depth > 1:
            shown = _close_sums(shown, own, (code, amount, of_parent, k), spec)
        for cell in np.flatnonzero(shown):
            at = np.unravel_index(cell, shape[:depth])
            rows.append(
                (
                    level, column, city.codes["cluster"][at[0]],
                    str(BROAD[at[1]]) if depth > 1 else "",
                    SEVERITIES[at[2]] if depth == len(_LEVELS) else "",
                    round(own.total[cell]),
                )
            )  # fmt: skip
        parent_shown = shown
    return pd.DataFrame(rows, columns=["level", "column", "cluster", "broad", "severity", "total"])


def _close_sums(
    shown: Bools, own: _Contributors, data: tuple[Ints, Floats, Ints, Floats], spec: Spec
) -> Bools:
    """Give up sums until what is left of each parent hides its contributors too."""
    code, amount, of_parent, k = data
    shown = shown.copy()
    while True:
        hidden = ~shown & (own.n > 0)
        rest = ~shown[code]
        n_parents = int(of_parent.max()) + 1
        left = _contributors(of_parent[code][rest], amount[rest], n_parents)
        cells = np.bincount(of_parent, hidden, minlength=n_parents)
        cluster_k = np.repeat(k, n_parents // len(k))
        bad = (left.n > 0) & (~left.safe(cluster_k, spec.dominance) | (cells < 2))
        candidates = np.flatnonzero(shown & bad[of_parent])
        if len(candidates) == 0:
            return shown
        order = candidates[np.lexsort((own.n[candidates], of_parent[candidates]))]
        shown[order[np.unique(of_parent[order], return_index=True)[1]]] = False


@dataclass(frozen=True, slots=True, eq=False)
class _Contributors:
    """Count, total and the two largest amounts of each group."""

    n: Floats
    total: Floats
    top: Floats

    def safe(self, k: float | Floats, dominance: float) -> Bools:
        """Tell which totals hide every contributor."""
        fine: Bools = (self.n >= k) & (self.top <= dominance * self.total)
        return fine


def _contributors(group: Ints, amounts: Floats, n: int) -> _Contributors:
    order = np.argsort(-amounts)
    # Sorting by a short key that is nearly in order already is quickest.
    order = order[np.argsort(group[order].astype(np.min_scalar_type(n)), kind="stable")]
    sorted_group, sorted_amounts = group[order], amounts[order]
    first = np.searchsorted(sorted_group, np.arange(n))
    place = np.arange(len(order)) - first[sorted_group]
    top = np.bincount(sorted_group, sorted_amounts * (place < 2), minlength=n)
    return _Contributors(
        n=np.bincount(group, minlength=n).astype(np.float64),
        total=np.bincount(group, amounts, minlength=n),
        top=top,
    )


def users_cell(users: Family, coded: Mapping[str, Ints]) -> Ints:
    """Return the (cluster, age group, care band) cell of each person in the users' table."""
    zero = np.zeros(len(coded["cluster"]), dtype=np.int64)
    leaf = users.find({**coded, "user": zero})
    return users.codes["total"][leaf]


def model_cells(sums: pd.DataFrame, users: Family, city: City) -> Bools:
    """Tell which (cluster, age group, care band) cells the model may look at.

    Those whose users and sums are all published, from the file alone.
    """
    cells = users.cells("total")
    shown: Bools = np.isfinite(users.values["total"])
    if not city.spec.sums:
        return shown
    leaf_shown = np.isfinite(users.values["leaf"])[users.codes["leaf"]]
    for value in (0, 1):
        rows = (users.leaves.user == value).to_numpy()
        empty = users.values["leaf"][users.codes["leaf"]] == 0
        part = np.zeros(len(shown), dtype=bool)
        part[users.codes["total"][rows]] = (leaf_shown | empty)[rows]
        shown = shown & part
    spelt = [
        (city.codes["cluster"][c], str(b), SEVERITIES[s])
        for c, b, s in zip(cells.cluster, cells.broad, cells.severity, strict=True)
    ]
    finest = sums[sums.level == "severity"]
    for column in city.spec.sums:
        own = finest[finest.column == column]
        known = set(zip(own.cluster, own.broad, own.severity, strict=True))
        shown = shown & np.array([cell in known for cell in spelt])
    return shown
