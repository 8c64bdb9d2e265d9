"""LOSH: where values change much from zone to zone (local spatial heteroscedasticity)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.autocorrelation.alignment import align
from tsukuba_gis.autocorrelation.randomisation import is_constant

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.neighbours import GraphLike
    from tsukuba_gis.result import LocalAssociation


def losh(
    values: pd.Series[float], graph: GraphLike, *, alpha: float = 0.05, fdr: bool = True
) -> LocalAssociation:
    """Return how uneven the surroundings of each zone are.

    Hᵢ = Σⱼ wᵢⱼ eⱼ / mean(e), with e the squared difference between a zone and
    the weighted mean of its neighbours, rows of weights adding up to 1.
    Above 1: more uneven than the city. ``p`` is the upper tail of an approximate
    χ² distribution, so that nothing is drawn and ``p_floor`` is 0.

    Parameters
    ----------
    values, graph
        As in :func:`tsukuba_gis.autocorrelation.moran`.
    alpha, fdr
        As in :func:`tsukuba_gis.autocorrelation.local_moran`.

    Returns
    -------
    LocalAssociation
        Class ``"uneven"``. ``value`` is H; ``variance`` its variance and ``chi2``
        2H/variance, with 2/variance degrees of freedom.

    References
    ----------
    Ord & Getis (2012), https://doi.org/10.1007/s00168-011-0492-y.
    Equal to ``spdep::LOSH.cs``.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> row = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    >>> found = losh(pd.Series([1.0, 2.0, 4.0, 8.0], index=list("abcd"), name="x"), row)
    >>> found.frame["value"].round(3).tolist()  # e = 1, 0.25, 1, 16; mean 4.5625
    [0.055, 0.219, 1.781, 0.219]
    """
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
    columns = {"value": value, "variance": variance, "chi2": chi2}
    kinds, floor = np.full(n, "uneven"), np.where(np.isnan(p), np.nan, 0.0)
    return aligned.local_association(
        "losh", (str(values.name),), columns, kinds, p=p, floor=floor, alpha=alpha, fdr=fdr
    )
