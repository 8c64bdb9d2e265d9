"""Local Moran's I (LISA): of one indicator, of two, and its moments in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from tsukuba_gis.autocorrelation.alignment import align
from tsukuba_gis.autocorrelation.moran import pair
from tsukuba_gis.autocorrelation.permutation import Alternative, Draws, local_tails
from tsukuba_gis.autocorrelation.randomisation import is_constant, kurtosis
from tsukuba_gis.result import LocalAssociation, LocalMoran

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.autocorrelation.alignment import Aligned, Floats
    from tsukuba_gis.neighbours import GraphLike
    from tsukuba_gis.result import LocalStatistic


def local_moran(
    values: pd.Series[float],
    graph: GraphLike,
    *,
    permutations: int = 99_999,
    seed: int = 0,
    alpha: float = 0.05,
    fdr: bool = True,
    alternative: Alternative = "two-sided",
) -> LocalMoran:
    """Return local Moran's I (LISA): which zones are like, or unlike, their neighbours.

    Iᵢ = zᵢ · lagᵢ, with z the standardised values (divided by the standard
    deviation with divisor n, as in spdep; GeoDa's and esda's Iᵢ is (n − 1)/n
    times this one) and lag the weighted mean of the neighbours. ``p`` is by
    conditional permutation: exact over all subsets where they are few.

    Parameters
    ----------
    values
        One number a zone, indexed by zone id, named like the indicator. NaN
        and infinite: no data.
    graph
        Neighbours of the same zones, in any order; rows are standardised.
    permutations
        Random permutations a zone, where not all are listed.
    seed
        Of the permutations.
    alpha
        Level at which a zone gets a class.
    fdr
        Whether ``alpha`` is the false discovery rate over all zones
        (Benjamini–Hochberg) or the level of each single test.
    alternative
        ``"two-sided"``, or ``"directed"``: half of it, the tail chosen after
        seeing the data, as GeoDa and esda do (marks over half as many zones again).

    Returns
    -------
    LocalMoran
        One row a zone, in the order of ``values``. Classes: ``"HH"``, ``"LL"``,
        ``"HL"``, ``"LH"``; ``"ns"`` not significant; ``"island"`` no neighbour
        with data; ``"missing"`` no data.

    References
    ----------
    Anselin (1995), https://doi.org/10.1111/j.1538-4632.1995.tb00338.x

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> row = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    >>> result = local_moran(pd.Series([1.0, 2.0, 3.0, 4.0], index=list("abcd"), name="x"), row)
    >>> result.frame["i"].round(10).tolist()
    [0.6, 0.2, 0.2, 0.6]
    >>> result.frame["p_floor"].round(4).tolist()  # four zones cannot be significant
    [0.6667, 0.6667, 0.6667, 0.6667]
    """
    aligned = align(values.to_frame("x"), graph, style="row")
    x = aligned.values[:, 0]
    return _lisa(
        aligned, x, x, indicator="" if values.name is None else str(values.name),
        alpha=alpha, fdr=fdr, draws=Draws(permutations, seed, alternative),
    )  # fmt: skip


def local_bivariate_moran(  # noqa: PLR0913 - one parameter a setting
    x: pd.Series[float],
    y: pd.Series[float],
    graph: GraphLike,
    *,
    permutations: int = 99_999,
    seed: int = 0,
    alpha: float = 0.05,
    fdr: bool = True,
    alternative: Alternative = "two-sided",
) -> LocalAssociation:
    """Return bivariate LISA: which zones have a high or low ``x`` among high or low ``y``.

    As :func:`local_moran`, ``value`` is Iᵢ = zᵢ(x) · lagᵢ(z(y)); class ``"HL"``
    is high x among low y. It says nothing on x and y within one zone.

    References
    ----------
    Anselin, Syabri & Smirnov (2002), Visualizing multivariate spatial
    correlation with dynamically linked windows.
    """
    aligned = align(pair(x, y), graph, style="row")
    found = _lisa(
        aligned, *aligned.values.T, indicator="",
        alpha=alpha, fdr=fdr, draws=Draws(permutations, seed, alternative),
    )  # fmt: skip
    return associated(found, "local_bivariate_moran", (str(x.name), str(y.name)))


def associated(
    found: LocalMoran, statistic: LocalStatistic, indicator: tuple[str, ...]
) -> LocalAssociation:
    """Return local Moran's I of something else than one indicator under its own name."""
    return LocalAssociation(
        statistic=statistic,
        indicator=indicator,
        frame=found.frame.rename(columns={"i": "value"}),
        alpha=found.alpha,
        fdr=found.fdr,
        permutations=found.permutations,
        seed=found.seed,
        weights=found.weights,
        alternative=found.alternative,
    )


def _lisa(
    aligned: Aligned,
    x: Floats,
    y: Floats,
    *,
    indicator: str,
    alpha: float,
    fdr: bool,
    draws: Draws,
) -> LocalMoran:
    """Return Iᵢ = zᵢ(x) · lagᵢ(z(y)), the classes by the values of x and the neighbours' of y."""
    if aligned.n < 3 or is_constant(x) or is_constant(y):
        z = lag = p = floor = np.full(aligned.n, np.nan)
    else:
        z = (x - x.mean()) / x.std()
        other = z if x is y else (y - y.mean()) / y.std()
        lag = aligned.matrix @ other
        tails = local_tails(other, aligned.matrix, permutations=draws.permutations, seed=draws.seed)
        p, floor = tails.p(draws.alternative), tails.p_floor(draws.alternative)
    kinds = np.where(z > 0, np.where(lag > 0, "HH", "HL"), np.where(lag > 0, "LH", "LL"))
    columns = {"i": z * lag, "z": z, "lag": lag}
    return LocalMoran(
        indicator=indicator,
        frame=aligned.frame(columns, kinds, p=p, floor=floor, alpha=alpha, fdr=fdr),
        alpha=alpha,
        fdr=fdr,
        weights=aligned.weights,
        **draws._asdict(),
    )


def local_moran_moments(
    values: pd.Series[float],
    graph: GraphLike,
    *,
    given: Literal["conditional", "total"] = "conditional",
) -> pd.DataFrame:
    """Return mean, variance and z of local Moran's I in closed form, without permutations.

    Parameters
    ----------
    values, graph
        As in :func:`local_moran`.
    given
        ``"conditional"``: over permutations that hold the zone's own value
        (exact; Sokal, Oden & Thomson 1998). ``"total"``: over all permutations
        (Anselin 1995).

    Returns
    -------
    pandas.DataFrame
        Index of ``values``; ``i``, ``expected``, ``variance``, ``z``. The z
        has no normal distribution where neighbours are few: do not read p from it.

    References
    ----------
    Sokal, Oden & Thomson (1998), https://doi.org/10.1111/j.1538-4632.1998.tb00406.x.
    Equal to ``spdep::localmoran``.
    """
    import pandas as pd

    aligned = align(values.to_frame("x"), graph, style="row")
    x, n = aligned.values[:, 0], aligned.n
    if n < 4 or is_constant(x):
        i = expected = variance = np.full(n, np.nan)
    else:
        z = (x - x.mean()) / x.std()
        i = z * (aligned.matrix @ z)
        squares = aligned.matrix.power(2).sum(axis=1)  # Σ w²; Σ w = 1
        if given == "conditional":
            expected = -(z**2) / (n - 1)
            variance = z**2 * (n / (n - 2)) * (squares - 1 / (n - 1)) * (1 - z**2 / (n - 1))
        else:
            expected = np.full(n, -1 / (n - 1))
            b = kurtosis(z)
            same = squares * (n - b) / (n - 1)
            apart = (1 - squares) * (2 * b - n) / ((n - 1) * (n - 2))
            variance = same + apart - 1 / (n - 1) ** 2
        variance = np.maximum(variance, 0.0)
    # Of a zone that neighbours all others, or at the mean itself, nothing can vary.
    deviation = np.sqrt(np.where(variance > 1e-14, variance, np.nan))
    columns = {
        "i": i,
        "expected": expected,
        "variance": variance,
        "z": (i - expected) / deviation,
    }
    spread = {name: aligned.spread(column) for name, column in columns.items()}
    return pd.DataFrame(spread, index=aligned.ids)
