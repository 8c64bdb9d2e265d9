"""Lee's L: whether two indicators have the same pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.autocorrelation.alignment import align
from tsukuba_gis.autocorrelation.moran import pair
from tsukuba_gis.autocorrelation.permutation import Alternative, Draws
from tsukuba_gis.autocorrelation.randomisation import is_constant, permutation_p

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.autocorrelation.alignment import Floats
    from tsukuba_gis.neighbours import GraphLike
    from tsukuba_gis.result import Association


def lee(
    x: pd.Series[float],
    y: pd.Series[float],
    graph: GraphLike,
    *,
    permutations: int = 9_999,
    seed: int = 0,
    alternative: Alternative = "two-sided",
) -> Association:
    """Return Lee's L: the correlation of two indicators once both are smoothed over neighbours.

    L = Σᵢ lagᵢ(x) lagᵢ(y) / n of the standardised values, rows of weights
    adding up to 1. ``p`` is from permutations that move both values of a zone
    together. :func:`local_lee` gives the parts.

    Parameters
    ----------
    x, y
        Two indicators of the same zones; a zone that lacks one is left out.
    graph, permutations, seed, alternative
        As in :func:`tsukuba_gis.autocorrelation.moran`.

    References
    ----------
    Lee (2001), https://doi.org/10.1007/s101090100064. Equal to ``spdep::lee``.
    """
    aligned, draws = align(pair(x, y), graph, style="row"), Draws(permutations, seed, alternative)
    value = p = np.nan
    if aligned.n >= 4 and not any(map(is_constant, aligned.values.T)):
        a, b = ((column - column.mean()) / column.std() for column in aligned.values.T)

        def products(order: NDArray[np.intp]) -> Floats:
            total: Floats = ((aligned.matrix @ a[order]) * (aligned.matrix @ b[order])).sum(axis=0)
            return total

        observed = float(products(np.arange(aligned.n)[:, None])[0])
        value = observed / aligned.n
        tolerance = 1e-10 * aligned.n
        p = permutation_p(products, observed, n=aligned.n, draws=draws, tolerance=tolerance)
    names = (str(x.name), str(y.name))
    return aligned.association("lee", names, value=value, p=p, draws=draws)


def local_lee(x: pd.Series[float], y: pd.Series[float], graph: GraphLike) -> pd.Series[float]:
    """Return each zone's part in Lee's L: the product of both lags; the mean of them is L.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> row = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    >>> x = pd.Series([1.0, 2.0, 3.0, 4.0], index=list("abcd"), name="x")
    >>> local_lee(x, x.rename("y"), row).round(10).tolist()
    [0.2, 0.2, 0.2, 0.2]
    """
    import pandas as pd

    aligned = align(pair(x, y), graph, style="row")
    value = np.full(aligned.n, np.nan)
    if aligned.n >= 2 and not any(map(is_constant, aligned.values.T)):
        z = (aligned.values - aligned.values.mean(axis=0)) / aligned.values.std(axis=0)
        value = (aligned.matrix @ z).prod(axis=1)
    return pd.Series(aligned.spread(value), index=aligned.ids, name="lee")
