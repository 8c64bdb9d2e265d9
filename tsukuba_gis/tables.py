"""Tables: persons counted by zone × sex × age, the ground of every rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.schema import SEXES

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.records import Records

AGE_WIDTH: Final = 5
OPEN_AGE: Final = 100  # the last group, 100 and over, is open


def codes(zone_ids: pd.Series[str], zones: pd.Index[str]) -> np.ndarray:
    """Return the row number in ``zones`` of each record's zone; −1 where it has none.

    Parameters
    ----------
    zone_ids
        Zone id of each record; missing where a record met no zone.
    zones
        All zone ids, in the order of the tables.

    Examples
    --------
    >>> import pandas as pd
    >>> codes(pd.Series(["b", None, "a"]), pd.Index(["a", "b"]))
    array([ 1, -1,  0])
    """
    import pandas as pd

    number, found = zone_ids.factorize()
    places = np.append(zones.get_indexer(pd.Index(found)), -1)  # −1, a missing zone, takes the last
    return np.asarray(places[number], dtype=np.int64)


def population(
    records: Records,
    zone_ids: pd.Series[str],
    *,
    zones: pd.Index[str],
    counts: np.ndarray | None = None,
) -> pd.DataFrame:
    """Count persons by zone × sex × five-year age group.

    Parameters
    ----------
    records
        Persons with the columns ``age`` (completed years) and ``sex``; without
        one of them every cell is 0.
    zone_ids
        Zone id of each record, on the records' index; missing: not counted.
    zones
        All zone ids; a zone without persons keeps its row.
    counts
        What each record counts, in their order; None: 1.

    Returns
    -------
    pandas.DataFrame
        Index ``zones``; columns MultiIndex ``(sex, age_start)`` with
        ``age_start`` 0, 5 … 100, half-open ``[start, start + 5)`` and the last
        group open; whole numbers. Persons of unknown age or sex are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsukuba_gis.records import Records
    >>> frame = pd.DataFrame({"age": [4, 5, 101], "sex": ["female", "male", "male"]})
    >>> table = population(Records(frame=frame, kind="invented"), pd.Series(["a", "a", "b"]),
    ...                    zones=pd.Index(["a", "b"]))
    >>> table.loc["a", ("male", 5)], table.loc["b", ("male", 100)], int(table.to_numpy().sum())
    (np.float64(1.0), np.float64(1.0), 3)
    """
    import pandas as pd

    starts = list(range(0, OPEN_AGE + 1, AGE_WIDTH))
    columns = pd.MultiIndex.from_product([SEXES, starts], names=["sex", "age_start"])
    cells = np.zeros(len(zones) * len(columns))
    frame = records.frame
    if {"age", "sex"} <= set(frame.columns):
        age = frame["age"].to_numpy(dtype=float, na_value=np.nan)
        sex = codes(frame["sex"], pd.Index(SEXES))
        zone = codes(zone_ids, zones)
        known = (zone >= 0) & (sex >= 0) & np.isfinite(age) & (age >= 0)
        group = (np.minimum(age[known], OPEN_AGE) // AGE_WIDTH).astype(np.int64)
        flat = (zone[known] * len(SEXES) + sex[known]) * len(starts) + group
        weights = None if counts is None else counts[known]
        cells = np.bincount(flat, weights=weights, minlength=len(cells)).astype(float)
    return pd.DataFrame(cells.reshape(len(zones), -1), index=zones, columns=columns)


def by_age(
    records: Records, zone_ids: pd.Series[str], *, column: str, values: tuple[str, ...]
) -> pd.DataFrame:
    """Count the persons in any zone by age and by the value of a column.

    Parameters
    ----------
    records, zone_ids
        As in :func:`population`.
    column, values
        The column, and its values in order; a person with another value is not counted.

    Returns
    -------
    pandas.DataFrame
        Index ``age_start``, as in :func:`population`; columns ``values``.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsukuba_gis.records import Records
    >>> frame = pd.DataFrame({"age": [66, 69, 70], "care_level": ["none", "care3", "care3"]})
    >>> table = by_age(Records(frame=frame, kind="invented"), pd.Series(["a", "a", None]),
    ...                column="care_level", values=("none", "care3"))
    >>> table.loc[65].tolist(), table.to_numpy().sum()
    ([1.0, 1.0], np.float64(2.0))
    """
    import pandas as pd

    starts = pd.Index(range(0, OPEN_AGE + 1, AGE_WIDTH), name="age_start")
    age = records.frame["age"].to_numpy(dtype=float, na_value=np.nan)
    value = codes(records.frame[column], pd.Index(values))
    known = zone_ids.notna().to_numpy() & (value >= 0) & np.isfinite(age) & (age >= 0)
    group = (np.minimum(age[known], OPEN_AGE) // AGE_WIDTH).astype(np.int64)
    flat = group * len(values) + value[known]
    cells = np.bincount(flat, minlength=len(starts) * len(values)).astype(float)
    return pd.DataFrame(cells.reshape(len(starts), -1), index=starts, columns=list(values))


def too_few(
    top: np.ndarray, bottom: np.ndarray, *, min_count: int, confidential: bool, share: bool = True
) -> np.ndarray:
    """Return where a quotient may not be shown since too few persons stand behind it.

    Parameters
    ----------
    top, bottom
        Persons above and below the line.
    min_count
        Smallest number below the line that is shown.
    confidential
        True: of real persons. Then neither may the number above the line be 1 … ``min_count`` −
        1 nor, in a share, the number of the others.
    share
        False: those above the line are not among those below it.

    Examples
    --------
    >>> top, bottom = np.array([5.0, 5.0, 95.0, 0.0]), np.array([9.0, 100.0, 100.0, 100.0])
    >>> too_few(top, bottom, min_count=10, confidential=False).tolist()
    [True, False, False, False]
    >>> too_few(top, bottom, min_count=10, confidential=True).tolist()
    [True, True, True, False]
    """
    few = bottom < min_count
    if confidential:
        few = few | ((top > 0) & (top < min_count))
        if share:
            few = few | ((bottom - top > 0) & (bottom - top < min_count))
    return np.asarray(few)


def hide_small(table: pd.DataFrame, *, min_count: int) -> pd.DataFrame:
    """Return the table with every cell of 1 … ``min_count`` − 1 made missing.

    A row's total is known from elsewhere, so hidden cells must not follow from
    it. A row that hides any cell therefore loses its smallest shown cell that
    is not 0 as well: the hidden ones then add up to at least ``min_count``,
    and an attacker cannot know which of them are small. A row without such a
    cell is hidden as a whole.

    Notes
    -----
    This guards a row against its own total. It does not guard against tables
    of other zones or other indicators: outputs of reference records say so.

    Examples
    --------
    >>> import pandas as pd
    >>> hide_small(pd.DataFrame([[3.0, 12.0, 40.0], [0.0, 12.0, 40.0], [9.0, 9.0, 0.0]]),
    ...            min_count=10)
          0     1     2
    0   NaN   NaN  40.0
    1   0.0  12.0  40.0
    2   NaN   NaN   NaN
    """
    import pandas as pd

    cells = table.to_numpy(dtype=float, copy=True)
    small = (cells > 0) & (cells < min_count)
    larger = np.where(cells >= min_count, cells, np.inf)
    rows = np.flatnonzero(small.any(axis=1))
    helped = rows[np.isfinite(larger[rows].min(axis=1))]
    small[helped, larger[helped].argmin(axis=1)] = True
    small[np.setdiff1d(rows, helped)] = True
    cells[small] = np.nan
    return pd.DataFrame(cells, index=table.index, columns=table.columns)


def with_company(hide: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Return ``hide`` with a second cell in each row that hides only one: the smallest shown.

    Examples
    --------
    >>> import pandas as pd
    >>> with_company(pd.DataFrame([[True, False, False]]), pd.DataFrame([[3, 40, 20]])).iloc[0]
    0     True
    1    False
    2     True
    Name: 0, dtype: bool
    """
    import pandas as pd

    hidden = hide.to_numpy(dtype=bool, copy=True)
    cells = np.where(hidden, np.inf, counts.to_numpy(dtype=float))
    alone = np.flatnonzero(hidden.sum(axis=1) == 1)
    hidden[alone, cells[alone].argmin(axis=1)] = True
    return pd.DataFrame(hidden, index=hide.index, columns=hide.columns)


def guarded(hide: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Return ``hide`` with a second cell in each row and column that hides only one.

    So that no hidden cell follows from the sums of rows or of columns, of which ``counts`` are.
    """
    for _ in range(2):  # the second time for what the columns hid
        hide = with_company(with_company(hide, counts).T, counts.T).T
    return hide
