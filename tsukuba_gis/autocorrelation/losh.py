"""LOSH: where values change much from zone to zone (local spatial heteroscedasticity)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.autocorrelation.alignment import align
from tsukuba_gis.autocorrelation.randomisation import is_constant

if TYPE_CHECKING:
    import pandas as pd
    from libpysal.graph import Graph


def losh(values: pd.Series[float], graph: Graph) -> pd.DataFrame:
    """Return how uneven the surroundings of each zone are.

    Hᵢ = Σⱼ wᵢⱼ eⱼ / mean(e), with e the squared difference between a zone and
    the weighted mean of its neighbours, rows of weights adding up to 1.
    Above 1: more uneven than the city.

    Parameters
    ----------
    values, graph
        As in :func:`tsukuba_gis.autocorrelation.moran`.

    Returns
    -------
    pandas.DataFrame
        Index of ``values``; ``value`` (H), ``variance``, ``chi2`` and ``p``, the
        upper tail of its approximate χ² distribution with 2/variance degrees of freedom.

    References
    ----------
    Ord & Getis (2012), https://doi.org/10.1007/s00168-011-0492-y.
    Equal to ``spdep::LOSH.cs``.
    """
    import pandas as pd
    from scipy.special import chdtrc

    aligned = align(values.to_frame("x"), graph, style="row")
    x, matrix, n = aligned.values[:, 0], aligned.matrix, aligned.n
    value = variance = chi2 = p = np.full(n, np.nan)
    if n >= 3 and not is_constant(x):
        e = (x - matrix @ x) ** 2
        # Differences that are all equal, or none at all, leave nothing to test.
        mean = e.mean() if e.mean() > 0 else np.nan
        value = matrix @ e / mean
        spread = (e**2).mean() / mean**2 - 1
        variance = spread * (n * matrix.power(2).sum(axis=1) - 1) / (n - 1)
        variance = np.where(variance > 1e-12, variance, np.nan)
        chi2 = 2 * value / variance
        p = chdtrc(2 / variance, chi2)
    columns = {"value": value, "variance": variance, "chi2": chi2, "p": p}
    spread_out = {name: aligned.spread(column) for name, column in columns.items()}
    return pd.DataFrame(spread_out, index=aligned.ids)
