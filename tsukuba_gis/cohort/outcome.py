"""What a projection of any method is made of: estimates, reasons not to show, dates together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.cohort.ages import Cells, table_of

if TYPE_CHECKING:
    import pandas as pd


def estimated(persons: np.ndarray) -> np.ndarray:
    """Return persons with estimates for hidden cells, from what is shown alone.

    Each area's hidden cells are those of the city, scaled to the area's shown
    persons over the city's in the same cells. An area of which nothing is
    shown stays missing.

    Examples
    --------
    >>> estimated(np.array([[[10.0, 20.0]], [[30.0, np.nan]]])).tolist()
    [[[10.0, 20.0]], [[30.0, 60.0]]]
    """
    hidden = np.isnan(persons)
    if not hidden.any():
        return persons
    rows = ~hidden.any(axis=(1, 2))
    city = persons[rows].sum(axis=0) if rows.any() else np.nansum(persons, axis=0)
    shown = np.nansum(persons, axis=(1, 2))
    same = np.where(hidden, 0.0, city).sum(axis=(1, 2))
    scale = np.where(hidden.all(axis=(1, 2)), np.nan, shown / np.maximum(same, 1e-300))
    scale = np.where(same > 0, scale, np.where(np.isnan(scale), np.nan, 0.0))
    return np.where(hidden, city * scale[:, None, None], persons)


def masks_of(now: Cells, path: list[np.ndarray], *, min_count: int) -> pd.Series[str]:
    """Return why areas are not shown: few persons, nobody at any end, or nothing known.

    ``path`` holds the persons at each date, area × sex × age.
    """
    import pandas as pd

    first, last = path[0].sum(axis=(1, 2)), path[-1].sum(axis=(1, 2))
    hidden = np.isnan(now.persons).all(axis=(1, 2))
    reason = np.where((first > 0) & (first < min_count), "small", "")
    reason = np.where((first == 0) & (last == 0), "zero", reason)
    reason = np.where(hidden, "small" if min_count else "missing", reason)
    return pd.Series(reason, index=now.areas, dtype="str", name="mask")


def joined(
    dates: tuple[int, ...], path: list[np.ndarray], now: Cells, *, shown: np.ndarray
) -> pd.DataFrame:
    """Return the dates side by side, with the areas that are not ``shown`` missing."""
    import pandas as pd

    frames = {
        date: table_of(np.where(shown[:, None, None], persons, np.nan), now)
        for date, persons in zip(dates, path, strict=True)
    }
    return pd.concat(frames, axis=1, names=["year", "sex", "age_start"])
