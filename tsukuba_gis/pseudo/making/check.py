"""What was declared exact, counted again in what was generated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.pseudo.counts import distinct
from tsukuba_gis.pseudo.tables.city import BROAD, GROWN, OLD, TEN, care_start, start_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.making.crowd import Crowd
    from tsukuba_gis.pseudo.tables.cells import Family
    from tsukuba_gis.pseudo.tables.city import City

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

# Tables whose published cells are met by construction: a difference is a fault.
EXACT: Final = frozenset({"care", "roles"})


def check(
    city: City, tables: Mapping[str, Family], crowd: Crowd,
    numbers: Mapping[str, Floats],
) -> pd.DataFrame:  # fmt: skip
    """Count every declared cell again; raise where one that is exact by construction differs.

    Parameters
    ----------
    city, tables
        What was declared.
    crowd, numbers
        What was generated.

    Returns
    -------
    DataFrame
        One row a table and level: ``declared``, ``kept``, ``demoted``.

    Raises
    ------
    DisclosureError
        If a cell of the care or role tables differs.
    """
    import pandas as pd

    keys = _keys(city, crowd, numbers)
    rows = []
    for name, table in tables.items():
        own = {key: keys[name, key] if (name, key) in keys else keys["", key] for key in table.keys}
        leaf = table.find(own)
        if name == "living":
            leaf = np.where(crowd.start >= OLD, leaf, -1)
        counts = np.bincount(leaf[leaf >= 0], minlength=len(table.leaves)).astype(np.float64)
        for level in table.levels:
            values = table.values[level.name]
            declared = np.isfinite(values) & (level.role != "link")
            made = table.total(level.name, counts)
            kept = declared & (made == values)
            wrong = int(declared.sum() - kept.sum())
            if wrong and name in EXACT:
                raise DisclosureError("pseudo_not_exact", table=f"{name}/{level.name}", n=wrong)
            rows.append((name, level.name, int(declared.sum()), int(kept.sum()), wrong))
    return pd.DataFrame(rows, columns=["table", "level", "declared", "kept", "demoted"])


def _keys(city: City, crowd: Crowd, numbers: Mapping[str, Floats]) -> dict[tuple[str, str], Ints]:
    """Return the codes of every person (or household) for every table."""
    spec = city.spec
    used = np.zeros(len(crowd.age), dtype=bool)
    for column in spec.sums:
        used |= numbers[column] > 0
    head = (crowd.relation == city.head) & (crowd.start >= OLD)
    heads = np.full(int(crowd.household.max()) + 1, 2)
    heads[crowd.household[head]] = 1
    heads[crowd.household[head & (city.living[crowd.type] == 0)]] = 0
    keys = {
        ("", "cluster"): crowd.cluster, ("", "sex"): crowd.sex, ("", "care"): crowd.care,
        ("", "start"): care_start(crowd.start, spec), ("", "severity"): city.severity[crowd.care],
        ("", "broad"): start_of(crowd.start, BROAD), ("", "ten"): start_of(crowd.start, TEN),
        ("", "user"): used.astype(np.int64), ("", "type"): crowd.type,
        ("", "relation"): crowd.relation, ("", "living"): city.living[crowd.type],
        ("", "area"): crowd.area,
        ("", "cut"): start_of(crowd.start, tuple(sorted({*spec.area_bands, GROWN}))),
        ("area_households", "area"): crowd.by_home(crowd.area), ("area_households", "heads"): heads,
        ("households", "cluster"): crowd.by_home(crowd.cluster),
    }  # fmt: skip
    keys["households", "pattern"] = _pattern(city, crowd)
    return keys


def _pattern(city: City, crowd: Crowd) -> Ints:
    """Return the pattern of every household; one that is not listed is its type's rare pool."""
    n = int(crowd.household.max()) + 1
    span = len(city.codes["relation"])
    counts = np.bincount(crowd.household * span + crowd.relation, minlength=n * span)
    own = np.column_stack([crowd.by_home(crowd.type), counts.reshape(n, span)])
    listed = np.column_stack([city.patterns.type.to_numpy(), city.members])
    rare = city.patterns.rare.to_numpy()
    pool = np.full(len(city.codes["type"]), -1)
    pool[city.patterns.type.to_numpy()[rare]] = np.flatnonzero(rare)
    place = {tuple(row): number for number, row in enumerate(listed.tolist()) if not rare[number]}
    rows, inverse, _ = distinct(own)
    codes = np.array([place.get(tuple(row), pool[row[0]]) for row in rows.tolist()])
    return codes[inverse]
