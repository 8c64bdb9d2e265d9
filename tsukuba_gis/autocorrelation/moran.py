"""Moran's I of the whole city, and of each zone (LISA)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.autocorrelation.alignment import Aligned, Style, align
from tsukuba_gis.autocorrelation.permutation import (
    Alternative,
    benjamini_hochberg,
    local_tails,
)
from tsukuba_gis.result import LocalMoran, Moran

if TYPE_CHECKING:
    import pandas as pd
    from libpysal.graph import Graph
    from numpy.typing import NDArray
    from scipy import sparse

    Floats = NDArray[np.float64]

# Values whose spread is below this share of their size are all equal: rounding, not a pattern.
_CONSTANT = 1e-12
# Numbers shuffled at a time: bounds the memory.
_BLOCK = 2_000_000


def moran(
    values: pd.Series[float],
    graph: Graph,
    *,
    permutations: int = 9_999,
    seed: int = 0,
    style: Style = "row",
) -> Moran:
    """Return Moran's I: whether neighbouring zones have like values.

    I = n/S0 · Σᵢⱼ wᵢⱼ zᵢ zⱼ / Σᵢ zᵢ², z the deviations from the mean. ``z`` is
    from the moments under randomisation (Cliff & Ord 1981), ``p`` from
    permutations of all values, two-sided: twice the smaller tail.

    Parameters
    ----------
    values
        One number a zone, indexed by zone id, named like the indicator. NaN
        and infinite: no data, the zone is left out.
    graph
        Neighbours of the same zones, in any order. Zones without neighbours are left out.
    permutations
        Number of random permutations.
    seed
        Of the permutations.
    style
        ``"row"``: weights of a zone add up to 1. ``"given"``: as they are.

    Returns
    -------
    Moran
        NaN throughout where I is not defined: fewer than 4 zones or equal values.

    Raises
    ------
    InputError
        If ids repeat, or values and weights are not about the same zones.

    References
    ----------
    Moran (1950), https://doi.org/10.1093/biomet/37.1-2.17; Cliff & Ord (1981),
    Spatial Processes, ch. 2. Equal to ``spdep::moran.test``.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> row = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    >>> result = moran(pd.Series([1.0, 2.0, 3.0, 4.0], index=list("abcd"), name="x"), row)
    >>> round(result.i, 10), round(result.expected, 10)
    (0.4, -0.3333333333)
    """
    aligned = align(values.to_frame(), graph, style=style)
    x = aligned.values[:, 0]
    z = x - x.mean() if aligned.n else x
    i = expected = variance = p = np.nan
    if aligned.n >= 4 and not is_constant(x):
        i = _moran(z, aligned.matrix)
        expected, variance = moran_moments(z, aligned.matrix)
        p = _permutation_p(z, aligned.matrix, permutations=permutations, seed=seed)
    return Moran(
        indicator="" if values.name is None else str(values.name),
        i=i,
        expected=expected,
        z=(i - expected) / np.sqrt(variance) if variance > 0 else np.nan,
        p=p,
        n=aligned.n,
        n_missing=aligned.n_missing,
        n_islands=aligned.n_islands,
        permutations=permutations,
        seed=seed,
        weights=aligned.weights,
    )


def local_moran(
    values: pd.Series[float],
    graph: Graph,
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
    values, graph
        As in :func:`moran`.
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
    aligned = align(values.to_frame(), graph, style="row")
    z, lag, p, floor = _local(aligned, permutations, seed, alternative)
    adjusted = benjamini_hochberg(p)
    frame = _frame(aligned, {"i": z * lag, "z": z, "lag": lag, "p": p, "p_fdr": adjusted})
    frame["cluster"] = _classes(aligned, z, lag, (adjusted if fdr else p) <= alpha)
    sizes = np.zeros(len(frame), dtype=np.int64)
    sizes[aligned.kept] = np.diff(aligned.matrix.indptr)
    frame["neighbours"] = sizes
    frame["p_floor"] = aligned.spread(floor)
    return LocalMoran(
        indicator="" if values.name is None else str(values.name),
        frame=frame,
        alpha=alpha,
        fdr=fdr,
        permutations=permutations,
        seed=seed,
        weights=aligned.weights,
        alternative=alternative,
    )


def _local(
    aligned: Aligned, permutations: int, seed: int, alternative: Alternative
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return z, lag, p and the smallest possible p; NaN where values are all equal."""
    x = aligned.values[:, 0]
    if aligned.n < 3 or is_constant(x):
        nothing = np.full(aligned.n, np.nan)
        return nothing, nothing, nothing, nothing
    z = (x - x.mean()) / x.std()
    lag = aligned.matrix @ z
    tails = local_tails(z, aligned.matrix, permutations=permutations, seed=seed)
    return z, lag, tails.p(alternative), tails.p_floor(alternative)


def _frame(aligned: Aligned, columns: dict[str, Floats]) -> pd.DataFrame:
    import pandas as pd

    spread = {name: aligned.spread(column) for name, column in columns.items()}
    return pd.DataFrame(spread, index=aligned.ids)


def _classes(aligned: Aligned, z: Floats, lag: Floats, significant: NDArray[np.bool_]) -> Floats:
    kinds = np.where(z > 0, np.where(lag > 0, "HH", "HL"), np.where(lag > 0, "LH", "LL"))
    classes = np.full(len(aligned.ids), "missing", dtype=object)
    classes[aligned.island] = "island"
    classes[aligned.kept] = np.where(significant, kinds, "ns")
    return classes


def is_constant(x: Floats) -> bool:
    """Tell whether values differ by no more than rounding."""
    return bool(np.ptp(x) <= _CONSTANT * np.abs(x).max())


def _moran(z: Floats, matrix: sparse.csr_array[np.float64]) -> float:
    return float(len(z) / matrix.data.sum() * (z @ (matrix @ z)) / (z @ z))


def moran_moments(z: Floats, matrix: sparse.csr_array[np.float64]) -> tuple[float, float]:
    """Return mean and variance of I under randomisation (Cliff & Ord 1981, eq. 2.39)."""
    n = len(z)
    s0 = matrix.data.sum()
    both = (matrix + matrix.T).tocsr()
    s1 = (both.data**2).sum() / 2
    s2 = (both.sum(axis=1) ** 2).sum()
    kurtosis = (z**4).mean() / (z**2).mean() ** 2
    expected = -1 / (n - 1)
    plain = n * ((n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    tilt = kurtosis * ((n * n - n) * s1 - 2 * n * s2 + 6 * s0**2)
    second = (plain - tilt) / ((n - 1) * (n - 2) * (n - 3) * s0**2)
    return expected, float(second - expected**2)


def _permutation_p(
    z: Floats, matrix: sparse.csr_array[np.float64], *, permutations: int, seed: int
) -> float:
    """Return the two-sided p of I among random permutations; n/S0 and Σz² do not change."""
    rng = np.random.Generator(np.random.Philox(seed))
    observed = z @ (matrix @ z)
    tolerance = 1e-10 * np.abs(matrix.data).sum() * (z @ z) / len(z)
    at_least = at_most = 0
    block = max(1, _BLOCK // len(z))
    for start in range(0, permutations, block):
        shape = (min(block, permutations - start), len(z))
        drawn = rng.permuted(np.broadcast_to(z, shape), axis=1).T.copy()
        cross = (drawn * (matrix @ drawn)).sum(axis=0)
        at_least += int((cross >= observed - tolerance).sum())
        at_most += int((cross <= observed + tolerance).sum())
    return min(1.0, 2 * (min(at_least, at_most) + 1) / (permutations + 1))
