"""Regional economy: what a place is specialised in, and how it grew beside the country."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.result import Economy

if TYPE_CHECKING:
    import pandas as pd


def location_quotient(area: pd.Series[float], reference: pd.Series[float]) -> pd.Series[float]:
    """Return the share of each industry in an area over its share in the reference.

    Parameters
    ----------
    area, reference
        Persons employed (or another amount) by industry, on the same index; 0
        or more. The reference may be in shares.

    Returns
    -------
    pandas.Series
        1: as in the reference; missing where the reference has none.

    Raises
    ------
    InputError
        If the industries differ, or an amount is negative or missing.

    References
    ----------
    Isard, W. (1960). Methods of Regional Analysis, chapter 7. MIT Press.

    Examples
    --------
    >>> import pandas as pd
    >>> area, country = pd.Series({"I": 500, "II": 500}), pd.Series({"I": 10, "II": 90})
    >>> location_quotient(area, country).round(4).to_dict()
    {'I': 5.0, 'II': 0.5556}
    """
    own, whole = _amounts(area, reference)
    shares = whole / whole.sum()
    quotient = (own / own.sum()) / shares.where(shares > 0)
    return quotient.rename("location_quotient")


def shift_share(
    area: pd.DataFrame,
    reference: pd.DataFrame,
    *,
    names: tuple[str, str] = ("", ""),
    period: str = "",
    source: str = "",
) -> Economy:
    """Divide an area's growth into that of the country, its mix of industries, and its own.

    Parameters
    ----------
    area, reference
        Index: industries, the same; columns ``start`` and ``end``: persons
        employed (or another amount). Only ratios of the reference count.
    names
        Of the area and of the reference.
    period, source
        When, and who published it.

    Returns
    -------
    Economy
        By industry: ``growth`` is ``end`` less ``start``; ``national``
        what it would be at the reference's growth of all industries; ``composition``
        what its industry's faster or slower growth in the reference adds;
        ``differential`` the rest, the area's own. ``location_quotient`` is
        that of the start.

    Raises
    ------
    InputError
        If the industries differ, an amount is negative or missing, or the reference has an
        industry that is empty at the start.

    Notes
    -----
    The classical identity of Dunn (1960): ``growth = start · G + start · (g − G)
    + (end − start · (1 + g))`` with the reference's growth ``g`` of the
    industry and ``G`` of all.
    It describes; it does not explain: the third part is whatever the
    first two leave, and hangs on how finely industries are divided.

    References
    ----------
    Dunn, E. S. (1960). A statistical and analytical technique for regional
    analysis. Papers in Regional Science 6, 97–112.

    Examples
    --------
    >>> import pandas as pd
    >>> area = pd.DataFrame({"start": [500, 500], "end": [1000, 630]}, index=["I", "II"])
    >>> country = pd.DataFrame({"start": [10, 90], "end": [11, 117]}, index=["I", "II"])
    >>> shift_share(area, country).total.round(6).to_dict()
    {'start': 1000.0, 'end': 1630.0, 'growth': 630.0, 'national': 280.0,
     'composition': -80.0, 'differential': 430.0}
    """
    import pandas as pd

    start, whole_start = _amounts(area["start"], reference["start"])
    end, whole_end = _amounts(area["end"], reference["end"])
    if not (whole_start > 0).all():
        raise InputError("economy_no_reference")
    growth = whole_end / whole_start - 1
    overall = float(whole_end.sum() / whole_start.sum() - 1)
    frame = pd.DataFrame(
        {
            "start": start,
            "end": end,
            "location_quotient": location_quotient(start, whole_start),
            "growth": end - start,
            "national": start * overall,
            "composition": start * (growth - overall),
            "differential": end - start * (1 + growth),
        }
    ).rename_axis("industry")
    return Economy(
        area=names[0],
        reference=names[1],
        period=period,
        source=source,
        frame=frame,
        total=frame.drop(columns="location_quotient").sum(),
    )


def _amounts(
    area: pd.Series[float], reference: pd.Series[float]
) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return both as numbers on the area's index, after checking them."""
    if not area.index.is_unique or set(area.index) != set(reference.index):
        raise InputError("economy_industries")
    own, whole = area.astype(float), reference.astype(float).reindex(area.index)
    held = np.stack([own.to_numpy(), whole.to_numpy()])
    if not np.isfinite(held).all() or (held < 0).any() or not (held.sum(axis=1) > 0).all():
        raise InputError("economy_amounts")
    return own, whole
