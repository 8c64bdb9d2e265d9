"""Geary's C: squared differences between neighbours, of the city and of each zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.autocorrelation.alignment import Style, align
from tsukuba_gis.autocorrelation.permutation import Alternative, Draws, difference_tails
from tsukuba_gis.autocorrelation.randomisation import (
    WeightSums,
    is_constant,
    kurtosis,
    permutation_p,
    weight_sums,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.autocorrelation.alignment import Aligned, Floats
    from tsukuba_gis.autocorrelation.moran import Moments
    from tsukuba_gis.neighbours import GraphLike
    from tsukuba_gis.result import Association, LocalAssociation


def geary(
    values: pd.Series[float],
    graph: GraphLike,
    *,
    permutations: int = 9_999,
    seed: int = 0,
    style: Style = "row",
    moments: Moments = "randomisation",
    alternative: Alternative = "two-sided",
) -> Association:
    """Return Geary's C: below 1 where neighbours are alike, above 1 where they differ.

    C = (n − 1)/(2 S0) · Σᵢⱼ wᵢⱼ (xᵢ − xⱼ)² / Σᵢ zᵢ². More than Moran's I it
    feels differences between near values. ``z`` is (1 − C)/sd, positive for likeness.

    Parameters
    ----------
    values, graph, permutations, seed, style, moments, alternative
        As in :func:`tsukuba_gis.autocorrelation.moran`.

    References
    ----------
    Geary (1954), https://doi.org/10.2307/2986645; Cliff & Ord (1981), ch. 2.
    Equal to ``spdep::geary.test``.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> row = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    >>> round(geary(pd.Series([1.0, 2.0, 3.0, 4.0], index=list("abcd"), name="x"), row).value, 10)
    0.3
    """
    draws = Draws(permutations, seed, alternative)
    aligned = align(values.to_frame("x"), graph, style=style)
    x, matrix = aligned.values[:, 0], aligned.matrix
    value = p = np.nan
    numbers = (np.nan, np.nan, np.nan)
    if aligned.n >= 4 and not is_constant(x):
        z = x - x.mean()
        both = np.asarray(matrix.sum(axis=0) + matrix.sum(axis=1))

        def squares(order: NDArray[np.intp]) -> Floats:
            drawn = z[order]
            total: Floats = both @ drawn**2 - 2 * (drawn * (matrix @ drawn)).sum(axis=0)
            return total

        sums = weight_sums(matrix)
        observed = float(squares(np.arange(aligned.n)[:, None])[0])
        value = (aligned.n - 1) / (2 * sums.s0) * observed / float(z @ z)
        variance = geary_variance(z, sums, moments=moments)
        numbers = (1.0, variance, (1 - value) / np.sqrt(variance) if variance > 0 else np.nan)
        tolerance = 1e-10 * float(both @ z**2)
        p = permutation_p(squares, observed, n=aligned.n, draws=draws, tolerance=tolerance)
    return aligned.association(
        "geary", (str(values.name),), value=value, p=p, draws=draws, moments=numbers
    )


def geary_variance(z: Floats, sums: WeightSums, *, moments: Moments) -> float:
    """Return the variance of C (Cliff & Ord 1981, eqs. 2.41 and 2.42)."""
    n, s0, s1, s2 = sums
    if moments == "normality":
        return ((2 * s1 + s2) * (n - 1) - 4 * s0**2) / (2 * (n + 1) * s0**2)
    b = kurtosis(z)
    first = (n - 1) * s1 * (n * n - 3 * n + 3 - (n - 1) * b)
    second = (n - 1) * s2 * (n * n + 3 * n - 6 - (n * n - n + 2) * b) / 4
    third = s0**2 * (n * n - 3 - (n - 1) ** 2 * b)
    return (first - second + third) / (n * (n - 2) * (n - 3) * s0**2)


def local_geary(
    values: pd.Series[float] | pd.DataFrame,
    graph: GraphLike,
    *,
    permutations: int = 9_999,
    seed: int = 0,
    alpha: float = 0.05,
    fdr: bool = True,
    alternative: Alternative = "two-sided",
) -> LocalAssociation:
    """Return local Geary's C: how far each zone differs from its neighbours.

    cᵢ = Σⱼ wᵢⱼ (zᵢ − zⱼ)², z standardised with divisor n − 1 and rows of weights
    adding up to 1; of several variables the mean. Small: like its neighbours.

    Parameters
    ----------
    values
        One variable (Series) or several (DataFrame); a zone that lacks one is left out.
    graph, permutations, seed, alpha, fdr, alternative
        As in :func:`tsukuba_gis.autocorrelation.local_moran`.

    Returns
    -------
    LocalAssociation
        ``statistic`` is ``"local_geary"``, of several variables
        ``"local_multivariate_geary"``. Classes: ``"positive"`` like its neighbours (of
        one variable ``"HH"`` or ``"LL"`` where that is what they have in common),
        ``"negative"`` unlike them.

    References
    ----------
    Anselin (1995); Anselin (2019), https://doi.org/10.1111/gean.12164.
    Equal to ``spdep::localC``.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> row = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    >>> result = local_geary(pd.Series([1.0, 2.0, 3.0, 4.0], index=list("abcd"), name="x"), row)
    >>> result.frame["value"].round(10).tolist()  # 1 / variance 5/3
    [0.6, 0.6, 0.6, 0.6]
    """
    import pandas as pd

    table = values.to_frame() if isinstance(values, pd.Series) else values
    aligned = align(table, graph, style="row")
    draws = Draws(permutations, seed, alternative)
    value, p, floor, kinds = _local(aligned, draws)
    return aligned.local_association(
        "local_geary" if table.shape[1] == 1 else "local_multivariate_geary",
        tuple(map(str, table.columns)),
        {"value": value}, kinds, p=p, floor=floor, alpha=alpha, fdr=fdr, draws=draws,
    )  # fmt: skip


def _local(aligned: Aligned, draws: Draws) -> tuple[Floats, Floats, Floats, NDArray[np.str_]]:
    x = aligned.values
    if aligned.n < 3 or any(map(is_constant, x.T)):
        nothing = np.full(aligned.n, np.nan)
        return nothing, nothing, nothing, np.full(aligned.n, "ns")
    z = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    lag = aligned.matrix @ z
    value = (z**2 - 2 * z * lag + aligned.matrix @ z**2).mean(axis=1)
    tails = difference_tails(z, aligned.matrix, permutations=draws.permutations, seed=draws.seed)
    alike = tails.at_most < tails.at_least
    kinds = np.where(alike, "positive", "negative")
    if z.shape[1] == 1:
        kinds[alike & (z[:, 0] > 0) & (lag[:, 0] > 0)] = "HH"
        kinds[alike & (z[:, 0] < 0) & (lag[:, 0] < 0)] = "LL"
    return value, tails.p(draws.alternative), tails.p_floor(draws.alternative), kinds
