"""Sums per cluster × age group × care band, kept where no person dominates them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.pseudo.measuring.numbers.contributors import Contributors
from tsukuba_gis.pseudo.tables.city import BROAD, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.tables.cells import Family
    from tsukuba_gis.pseudo.tables.city import City

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]

_LEVELS: Final = ("cluster", "broad", "severity")


def safe_sums(
    column: str, amounts: Floats, city: City, coded: Mapping[str, Ints], home: Ints
) -> pd.DataFrame:
    """Return the sums that may be shown: from the cluster down to age group × care band.

    ``home`` is each person's household, as in the register.
    """
    import pandas as pd

    spec = city.spec
    share, units = spec.dominance, spec.units if spec.household else 0
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
        own = Contributors.of(code, amount, n, homes=_homes(code, home[positive], n))
        per_parent = n // len(parent_shown)
        of_parent = np.arange(n) // per_parent
        shown = own.safe(np.repeat(k, n // len(k)), dominance=share, units=units)
        shown &= parent_shown[of_parent]
        if depth > 1:
            of_cluster = np.repeat(k, len(parent_shown) // len(k))
            shown = own.closed(shown, of_parent, of_cluster, dominance=share, units=units)
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


def _homes(code: Ints, home: Ints, n: int) -> Floats:
    """Return how many households stand behind each cell."""
    span = int(home.max(initial=0)) + 1
    pairs = np.sort(code * span + home)
    once = pairs[np.append(True, pairs[1:] != pairs[:-1])[: len(pairs)]]
    return np.bincount(once // span, minlength=n).astype(np.float64)


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
