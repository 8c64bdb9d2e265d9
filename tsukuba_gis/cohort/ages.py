"""Tables of persons by area, sex and age as arrays, and back; fewer age groups from many."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.schema import SEXES

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.result import Projection


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Cells:
    """Persons as an array: area × sex × age group, the last group open; NaN: not known."""

    persons: np.ndarray = field(repr=False)
    areas: pd.Index[str] = field(repr=False)
    sexes: tuple[str, ...]
    starts: np.ndarray

    @property
    def width(self) -> int:
        """Years in a group."""
        return int(self.starts[1] - self.starts[0])


def cells_of(table: pd.DataFrame) -> Cells:
    """Return a table as an array, after checking it.

    Parameters
    ----------
    table
        Index: areas, each once; columns MultiIndex ``(sex, age_start)`` for one
        or both of ``schema.SEXES`` with the same age groups, all equally wide
        and the last one open. Persons, 0 or more; missing: not known.

    Raises
    ------
    InputError
        If the table is not of that form.

    Examples
    --------
    >>> import pandas as pd
    >>> columns = pd.MultiIndex.from_product([["female", "male"], [0, 5, 10]])
    >>> cells = cells_of(pd.DataFrame([[1, 2, 3, 4, 5, 6]], index=["a"], columns=columns))
    >>> cells.persons.shape, cells.starts.tolist(), cells.width
    ((1, 2, 3), [0, 5, 10], 5)
    """
    if table.columns.nlevels != 2 or not table.index.is_unique or not len(table):
        raise InputError("cohort_not_table")
    sexes = tuple(sex for sex in SEXES if sex in set(table.columns.get_level_values(0)))
    levels = [table.columns.get_level_values(level) for level in (0, 1)]
    groups = [sorted(levels[1][levels[0] == one]) for one in sexes]
    if not sexes or len(table.columns) != sum(map(len, groups)) or groups[0] != groups[-1]:
        raise InputError("cohort_not_table")
    starts = np.array(groups[0], dtype=np.int64)
    if len(starts) < 3 or starts[0] != 0 or len(set(np.diff(starts))) != 1 or starts[1] <= 0:
        raise InputError("cohort_ages_uneven")
    ordered = table[[(sex, age) for sex in sexes for age in groups[0]]]
    persons = ordered.to_numpy(dtype=float).reshape(len(table), len(sexes), len(starts))
    if np.isinf(persons).any() or (persons < 0).any():
        raise InputError("cohort_negative")
    return Cells(persons=persons, areas=table.index, sexes=sexes, starts=starts)


def table_of(persons: np.ndarray, like: Cells) -> pd.DataFrame:
    """Return an array of the form of ``like`` as a table."""
    import pandas as pd

    names = pd.MultiIndex.from_product(
        [like.sexes, like.starts.tolist()], names=("sex", "age_start")
    )
    return pd.DataFrame(persons.reshape(len(persons), -1), index=like.areas, columns=names)


def regroup(table: pd.DataFrame, *, open_age: int, width: int | None = None) -> pd.DataFrame:
    """Return a table with fewer age groups: wider ones, or an earlier open group.

    Parameters
    ----------
    table
        Persons by area, sex and age (see :func:`cells_of`).
    open_age
        First age of the open group; a group of the table begins there.
    width
        Years of the other groups, a multiple of the table's; None: as they are.

    Returns
    -------
    pandas.DataFrame
        The same areas. A sum with a missing part is missing.

    Raises
    ------
    InputError
        If the groups cannot be put together so.

    Examples
    --------
    >>> import pandas as pd
    >>> columns = pd.MultiIndex.from_product([["female"], [0, 5, 10, 15, 20]])
    >>> table = pd.DataFrame([[1.0, 2.0, 3.0, 4.0, 5.0]], index=["a"], columns=columns)
    >>> regroup(table, open_age=15)["female"].loc["a"].tolist()
    [1.0, 2.0, 3.0, 9.0]
    >>> regroup(table, open_age=20, width=10)["female"].loc["a"].tolist()
    [3.0, 7.0, 5.0]
    """
    cells = cells_of(table)
    width = cells.width if width is None else width
    starts = np.arange(0, open_age + 1, width)
    if width % cells.width or starts[-1] != open_age or not set(starts) <= set(cells.starts):
        raise InputError(
            "cohort_regroup", open_age=open_age, width=width, has=int(cells.starts[-1]),
            wide=cells.width,
        )  # fmt: skip
    firsts = np.searchsorted(cells.starts, starts)
    summed = np.add.reduceat(cells.persons, firsts, axis=2)
    return table_of(
        summed, Cells(persons=summed, areas=cells.areas, sexes=cells.sexes, starts=starts)
    )


def alike(*tables: pd.DataFrame) -> tuple[pd.DataFrame, ...]:
    """Return tables with the same age groups: as wide and as early open as any of them.

    Examples
    --------
    >>> import pandas as pd
    >>> def table(ages):
    ...     columns = pd.MultiIndex.from_product([["male"], ages])
    ...     return pd.DataFrame([[1.0] * len(ages)], index=["a"], columns=columns)
    >>> first, second = alike(table([0, 5, 10, 15]), table([0, 5, 10]))
    >>> first["male"].loc["a"].tolist()
    [1.0, 1.0, 2.0]
    """
    cells = [cells_of(table) for table in tables]
    width = max(one.width for one in cells)
    last = min(int(one.starts[-1]) for one in cells)
    return tuple(regroup(table, open_age=last - last % width, width=width) for table in tables)


def at_year(population: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the persons of one date of a projection, by area, sex and age."""
    return population.loc[:, [year]].droplevel("year", axis=1)


def long_table(projection: Projection) -> pd.DataFrame:
    """Return a projection with a row for each area, year, sex and age.

    Returns
    -------
    pandas.DataFrame
        ``area``, ``year``, ``sex``, ``age_start``, ``persons`` (three decimals;
        missing where the area is not shown) and ``mask`` (why).
    """
    rows = projection.population.columns.to_frame(index=False)
    count = len(rows)
    area = projection.population.index.repeat(count)
    found = rows.loc[np.tile(np.arange(count), len(projection.population))].reset_index(drop=True)
    found.insert(0, "area", area)
    found["persons"] = projection.population.to_numpy().round(3).ravel()
    found["mask"] = projection.masks.to_numpy().repeat(count)
    return found
