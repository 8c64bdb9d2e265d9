"""The pseudo records counted again, cell by cell of the file that the officer saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.pseudo.making.check import EXACT
from tsukuba_gis.pseudo.proof.labels import labels_of
from tsukuba_gis.pseudo.statistics import COUNTED
from tsukuba_gis.pseudo.written import families

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.statistics import Statistics

# Tables whose cells are met by construction; in the others a cell may be demoted.
_EXACT: Final = EXACT | {"bands", "sums"}
# Keys of the tables that the package makes itself.
_MADE: Final = ("severity", "living", "heads", "user", "pattern", "certified")


def recount(frame: pd.DataFrame, statistics: Statistics) -> pd.DataFrame:
    """Count the pseudo records again, cell by cell of the statistics file.

    Parameters
    ----------
    frame
        The pseudo records.
    statistics
        The statistics file.

    Returns
    -------
    DataFrame
        One row a table and level: ``table``, ``level``, ``columns`` (the
        register's, and the package's own with ~, by commas), ``role`` (``exact``:
        claimed to be kept; ``aimed``: aimed at, cells that are missed count as
        modelled; ``profile``: sums over clusters that only shape what is
        invented), ``cells`` (all), ``declared`` (cells in the file), ``kept``
        (those whose count or sum is the same), ``persons`` or households in
        declared cells.
    """
    import pandas as pd

    people = labels_of(frame, statistics)
    bands = _kept(people, statistics.tables["bands"], ["cluster", "sex", "start"])
    rows = [("bands", "", "cluster,sex,start", "exact", bands[0], *bands)]
    _, built = families(statistics)
    for name, table in built.items():
        who = people.assign(start=people.care_start) if name == "care" else people
        who = who[who.old == "1"] if name == "living" else who
        who = who[who["first"]] if table.unit == "households" else who
        for level in table.levels:
            cells = statistics.tables[name]
            cells = cells[cells.level == level.name]
            if len(cells):
                kept = _kept(who, cells, list(level.columns))
                role = "exact" if name in _EXACT else "aimed"
                role = "profile" if level.role == "profile" else role
                columns = ",".join(level.columns)
                rows.append((name, level.name, columns, role, table.number(level.name), *kept))
    rows += _sums(frame, people, statistics)
    rows += _areas(people, statistics)
    names = ["table", "level", "columns", "role", "cells", "declared", "kept", "persons"]
    counted = pd.DataFrame(rows, columns=names)
    own = _own_names(statistics.spec)
    counted["columns"] = [
        ",".join(own[key] or "" for key in columns.split(",") if own[key])
        for columns in counted["columns"]
    ]
    return counted


def _kept(people: pd.DataFrame, cells: pd.DataFrame, keys: list[str]) -> tuple[int, int, int]:
    """Return declared cells, kept cells, and the persons declared."""
    figure = next(name for name in ("amount", *COUNTED) if name in cells)
    groups = people.groupby(keys, sort=False, observed=True)
    counted = groups["amount"].sum() if figure == "amount" else groups.size()
    counted.index = _plain(counted.index)
    asked = cells.set_index([cells[key].astype(str) for key in keys])[figure]
    found = counted.reindex(asked.index, fill_value=0).to_numpy(dtype=float)
    same = np.isclose(found, asked.to_numpy(dtype=float), rtol=0, atol=1e-6)
    return len(asked), int(same.sum()), int(asked.sum()) if figure != "amount" else 0


def _plain(index: pd.Index) -> pd.Index:
    """Return the keys of groups as texts."""
    import pandas as pd

    if not isinstance(index, pd.MultiIndex):
        return index.astype(str)
    return index.set_levels([level.astype(str).to_list() for level in index.levels])


def _sums(
    frame: pd.DataFrame, people: pd.DataFrame, statistics: Statistics
) -> list[tuple[str, str, str, str, int, int, int, int]]:
    rows = []
    if "sums" not in statistics.tables:
        return []
    sums = statistics.tables["sums"]
    order = ("cluster", "broad", "severity")
    for depth in order:
        for column in statistics.spec.sums:
            part = sums[(sums.level == depth) & (sums.column == column)]
            part = part.rename(columns={"total": "amount"})
            who = people.assign(amount=frame[column].to_numpy(dtype=float, na_value=0.0))
            declared, kept, _ = _kept(who, part, list(order[: order.index(depth) + 1]))
            keys = ",".join((*order[: order.index(depth) + 1], "amount:" + column))
            rows.append(("sums", f"{depth}:{column}", keys, "exact", declared, declared, kept, 0))
    return rows


def _areas(
    people: pd.DataFrame, statistics: Statistics
) -> list[tuple[str, str, str, str, int, int, int, int]]:
    if statistics.spec.area is None:
        return []
    table = statistics.tables["areas"]
    rows = []
    for unit, who in (("persons", people), ("households", people[people["first"]])):
        cells = table[[unit]].assign(area=[str(row) for row in range(len(table))])
        rows.append(("areas", unit, "area", "aimed", len(cells), *_kept(who, cells, ["area"])))
    return rows


def _own_names(spec: Spec) -> dict[str, str | None]:
    """Return the register's name, or the package's, of each key of the tables."""
    return {
        "cluster": spec.cluster, "area": spec.area, "sex": spec.sex, "care": spec.care,
        "type": spec.household_type, "relation": spec.relation, "start": "~age5",
        "ten": "~age10", "old": "~65plus",
        **dict.fromkeys(("group", "broad", "band", "top", "child"), "~band"),
        **{f"amount:{column}": column for column in spec.sums},
        **{key: f"~{key}" for key in _MADE},
    }  # fmt: skip
