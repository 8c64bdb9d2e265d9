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


def population(records: Records, zone_ids: pd.Series[str], *, zones: pd.Index[str]) -> pd.DataFrame:
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
        cells = np.bincount(flat, minlength=len(cells)).astype(float)
    return pd.DataFrame(cells.reshape(len(zones), -1), index=zones, columns=columns)


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
