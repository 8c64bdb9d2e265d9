"""Sums per cluster × age group × care band, kept where no person dominates them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.pseudo.measuring.numbers.contributors import Contributors, homes_behind
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


def safe_sums(column: str, amounts: Floats, city: City, cell: Ints, home: Ints) -> pd.DataFrame:
    """Return the sums that may be shown: from the cluster down to age group × care band.

    ``cell`` is each person's cell (:func:`sum_cells`), ``home`` the household, as in the register.
    """
    import pandas as pd

    spec = city.spec
    share, units = spec.dominance, spec.units if spec.household else 0
    shape = (len(city.codes["cluster"]), len(BROAD), len(SEVERITIES))
    cells = int(np.prod(shape))
    some = np.flatnonzero(amounts > 0)
    finest = Contributors.of(cell[some], amounts[some], cells)
    # Whole numbers from the finest on, so that those above are what they add up to.
    finest = dataclasses.replace(finest, total=np.rint(finest.total))
    shares = homes_behind(cell[some], home[some], cells)[1]
    persons = city.bands.groupby("cluster").persons.sum()
    k = np.array([min(spec.threshold(value), 1e12) for value in persons])
    rows = []
    parent_shown = np.ones(1, dtype=bool)
    for depth, level in enumerate(_LEVELS, start=1):
        n = int(np.prod(shape[:depth]))
        within = cells // n
        own = finest.together(np.arange(cells) // within, np.ones(cells, dtype=bool), n)
        own = dataclasses.replace(own, homes=homes_behind(cell[some] // within, home[some], n)[0])
        of_parent = np.arange(n) // (n // len(parent_shown))
        shown = own.safe(np.repeat(k, n // len(k)), dominance=share, units=units)
        shown &= parent_shown[of_parent]
        if depth > 1:
            of_cluster = np.repeat(k, len(parent_shown) // len(k))
            own = dataclasses.replace(own, homes=shares.reshape(n, within).sum(axis=1))
            shown = own.closed(shown, of_parent, of_cluster, dominance=share, units=units)
        for place in np.flatnonzero(shown):
            at = np.unravel_index(place, shape[:depth])
            rows.append(
                (
                    level, column, city.codes["cluster"][at[0]],
                    str(BROAD[at[1]]) if depth > 1 else "",
                    SEVERITIES[at[2]] if depth == len(_LEVELS) else "",
                    round(own.total[place]),
                )
            )  # fmt: skip
        parent_shown = shown
    return pd.DataFrame(rows, columns=["level", "column", "cluster", "broad", "severity", "total"])


def sum_cells(coded: Mapping[str, Ints]) -> Ints:
    """Return the (cluster, age group, care band) cell of each person, as one number."""
    part = np.searchsorted(BROAD, np.arange(BROAD[-1] + 1))[coded["broad"]]
    return (coded["cluster"] * len(BROAD) + part) * len(SEVERITIES) + coded["severity"]


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
    of = np.zeros((2, len(shown)))
    of[users.leaves.user, users.codes["total"]] = users.values["leaf"][users.codes["leaf"]]
    # Where all or none are users, the one number is the total, and the other need not be shown.
    whole = (of == users.values["total"]).any(axis=0)
    shown = shown & (whole | np.isfinite(of).all(axis=0))
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
