"""How the finest cells of a table are made: exact, pooled or modelled, counted from the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.pseudo.tables.cells import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How the finest cells of one table are made, and what is published level by level."""

    name: str
    unit: Literal["persons", "households"]
    columns: tuple[str, ...]
    cells: int
    exact: int
    empty: int
    pooled: int
    modelled: int
    share: float
    levels: tuple[tuple[tuple[str, ...], int, int], ...]


def band_coverage(statistics: Statistics) -> Coverage:
    """Return the population by age: every band is published."""
    n = len(statistics.tables["bands"])
    columns = ("cluster", "sex", "start")
    return Coverage(
        name="bands", unit="persons", columns=columns, cells=n, exact=n, empty=0, pooled=0,
        modelled=0, share=1.0, levels=((columns, n, n),),
    )  # fmt: skip


def coverage_of(table: Family) -> Coverage:
    """Count the finest cells of a table by how they are made."""
    finest = table.level("leaf")
    values = table.values["leaf"]
    shown = np.isfinite(values)
    pooled = ~shown & _under_published(table)
    total = table.values[table.levels[0].name].sum()
    return Coverage(
        name=table.name, unit=table.unit, columns=finest.columns, cells=len(values),
        exact=int(shown.sum()), empty=int((values == 0).sum()), pooled=int(pooled.sum()),
        modelled=int((~shown & ~pooled).sum()),
        share=float(np.nansum(values) / total) if total else 0.0,
        levels=tuple(
            (level.columns, table.number(level.name), _published(table, level.name))
            for level in table.levels if level.role != "link"
        ),
    )  # fmt: skip


def _published(table: Family, level: str) -> int:
    return int(np.isfinite(table.values[level]).sum())


def _under_published(table: Family) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell which finest cells lie in a coarser cell that is shown, other than a mere population."""
    under = np.zeros(table.size("leaf"), dtype=bool)
    names = list(table.level("leaf").parents)
    while names:
        level = table.level(names.pop())
        if level.role == "published":
            leaf_under = np.isfinite(table.values[level.name])[table.codes[level.name]]
            under[table.codes["leaf"][leaf_under]] = True
            names += level.parents
    return under
