"""Moran's I of the whole city: of one indicator, of two, of a rate, and by distance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from tsukuba_gis.autocorrelation.alignment import Style, align
from tsukuba_gis.autocorrelation.permutation import Alternative, Draws
from tsukuba_gis.autocorrelation.randomisation import (
    WeightSums,
    is_constant,
    kurtosis,
    permutation_p,
    weight_sums,
)
from tsukuba_gis.errors import InputError
from tsukuba_gis.neighbours import as_neighbours
from tsukuba_gis.result import Association, Moran

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.autocorrelation.alignment import Floats
    from tsukuba_gis.autocorrelation.permutation import Matrix
    from tsukuba_gis.neighbours import GraphLike
    from tsukuba_gis.result import GlobalStatistic

Moments = Literal["randomisation", "normality"]


def moran(
    values: pd.Series[float],
    graph: GraphLike,
    *,
    permutations: int = 9_999,
    seed: int = 0,
    style: Style = "row",
    moments: Moments = "randomisation",
    alternative: Alternative = "two-sided",
) -> Moran:
    """Return Moran's I: whether neighbouring zones have like values.

    I = n/S0 · Σᵢⱼ wᵢⱼ zᵢ zⱼ / Σᵢ zᵢ², z the deviations from the mean. ``p`` is
    from permutations of all values, two-sided: twice the smaller tail.

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
    alternative
        ``"two-sided"``, or ``"directed"``: half of it, the tail chosen after seeing the data,
        as GeoDa and esda do.
    moments
        Of ``z``: under random assignment of the values to zones, or for
        independent normal values.

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
    draws = Draws(permutations, seed, alternative)
    aligned = align(values.to_frame(), graph, style=style)
    x = aligned.values[:, 0]
    i = expected = variance = p = np.nan
    if aligned.n >= 4 and not is_constant(x):
        z, matrix = x - x.mean(), aligned.matrix
        i = aligned.n / matrix.data.sum() * (z @ (matrix @ z)) / (z @ z)
        expected, variance = moran_moments(z, weight_sums(matrix), moments=moments)
        p = _cross_p(z, z, matrix, draws=draws)
    return Moran(
        indicator="" if values.name is None else str(values.name),
        i=float(i),
        expected=expected,
        z=float((i - expected) / np.sqrt(variance)) if variance > 0 else np.nan,
        p=p,
        n=aligned.n,
        n_missing=aligned.n_missing,
        n_islands=aligned.n_islands,
        weights=aligned.weights,
        **draws._asdict(),
    )


def moran_moments(z: Floats, sums: WeightSums, *, moments: Moments) -> tuple[float, float]:
    """Return mean and variance of I (Cliff & Ord 1981, eqs. 2.35 and 2.39)."""
    n, s0, s1, s2 = sums
    expected = -1 / (n - 1)
    if moments == "normality":
        second = (n * n * s1 - n * s2 + 3 * s0**2) / (s0**2 * (n * n - 1))
    else:
        plain = n * ((n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
        tilt = kurtosis(z) * ((n * n - n) * s1 - 2 * n * s2 + 6 * s0**2)
        second = (plain - tilt) / ((n - 1) * (n - 2) * (n - 3) * s0**2)
    return expected, second - expected**2


def _cross_p(a: Floats, b: Floats, matrix: Matrix, *, draws: Draws) -> float:
    """Return the p of Σ wᵢⱼ aᵢ bⱼ: of one variable with itself, or with the second one shuffled."""

    def cross(order: NDArray[np.intp]) -> Floats:
        drawn = b[order]
        first = drawn if a is b else a[:, None]
        total: Floats = (first * (matrix @ drawn)).sum(axis=0)
        return total

    scale = np.abs(matrix.data).sum() * np.sqrt((a @ a) * (b @ b)) / len(a)
    observed = float(a @ (matrix @ b))
    return permutation_p(cross, observed, n=len(a), draws=draws, tolerance=1e-10 * scale)


def bivariate_moran(
    x: pd.Series[float],
    y: pd.Series[float],
    graph: GraphLike,
    *,
    permutations: int = 9_999,
    seed: int = 0,
    alternative: Alternative = "two-sided",
) -> Association:
    """Return bivariate Moran's I: whether ``x`` here goes with ``y`` next door.

    I = Σᵢ zᵢ(x) · lagᵢ(z(y)) / n, both standardised, rows of weights adding up to 1.
    It does not control for x and y going together within a zone: a high value
    may mean no more than that both are clustered. ``p`` is from permutations of ``y``.

    Parameters
    ----------
    x, y
        Two indicators of the same zones; a zone that lacks one is left out.
    graph, permutations, seed, alternative
        As in :func:`moran`.

    References
    ----------
    Wartenberg (1985), https://doi.org/10.1111/j.1538-4632.1985.tb00849.x.
    Equal to ``spdep::moran_bv``.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> row = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    >>> x = pd.Series([1.0, 2.0, 3.0, 4.0], index=list("abcd"), name="x")
    >>> round(bivariate_moran(x, (10 - x).rename("y"), row).value, 10)  # opposite of I = 0.4
    -0.4
    """
    aligned, draws = align(pair(x, y), graph, style="row"), Draws(permutations, seed, alternative)
    value = p = np.nan
    if aligned.n >= 4 and not any(map(is_constant, aligned.values.T)):
        a, b = ((column - column.mean()) / column.std() for column in aligned.values.T)
        value = float(a @ (aligned.matrix @ b)) / aligned.n
        p = _cross_p(a, b, aligned.matrix, draws=draws)
    names = (str(x.name), str(y.name))
    return aligned.association("bivariate_moran", names, value=value, p=p, draws=draws)


def pair(x: pd.Series[float], y: pd.Series[float]) -> pd.DataFrame:
    """Return two variables side by side.

    Raises
    ------
    InputError
        If their zones differ.
    """
    import pandas as pd

    if len(x) != len(y) or not x.index.isin(y.index).all():
        raise InputError("autocorrelation_pair_differs")
    return pd.DataFrame({"x": x, "y": y.reindex(x.index)})


def correlogram(
    values: pd.Series[float],
    graph: GraphLike,
    *,
    orders: int = 4,
    permutations: int = 9_999,
    seed: int = 0,
    alternative: Alternative = "two-sided",
) -> Association:
    """Return Moran's I among zones 1, 2 … steps apart: how far likeness reaches.

    Parameters
    ----------
    values, graph, permutations, seed, alternative
        As in :func:`moran`; the graph holds neighbours of the first order.
    orders
        Number of steps.

    Returns
    -------
    Association
        Of the first order, but ``p`` adjusted for the orders tested (Holm). ``frame``:
        index ``order``; ``i``, ``expected``, ``z``, ``p``, ``p_holm`` and ``n``. Zones
        with nobody so many steps away are left out of that row.

    References
    ----------
    Cliff & Ord (1981), ch. 5; Holm (1979). Equal to ``spdep::sp.correlogram`` (method "I").

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> row = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    >>> x = pd.Series([1.0, 2.0, 3.0, 4.0], index=list("abcd"), name="x")
    >>> correlogram(x, row, orders=2).frame["i"].round(3).tolist()
    [0.4, -0.6]
    """
    import pandas as pd

    from tsukuba_gis.weights import higher_order

    draws = Draws(permutations, seed, alternative)._asdict()
    near = (higher_order(graph, order=order) for order in range(1, orders + 1))
    results = [moran(values, one, **draws) for one in near]
    rows = [(r.i, r.expected, r.z, r.p, r.n) for r in results]
    index = pd.RangeIndex(1, orders + 1, name="order")
    frame = pd.DataFrame(rows, columns=["i", "expected", "z", "p", "n"], index=index)
    frame.insert(4, "p_holm", _holm(frame["p"].to_numpy()))
    first = associated(results[0], "correlogram", (results[0].indicator,))
    return replace(first, p=float(frame["p_holm"].iloc[0]), weights=as_neighbours(graph).name,
                   frame=frame)  # fmt: skip


def associated(found: Moran, statistic: GlobalStatistic, indicator: tuple[str, ...]) -> Association:
    """Return Moran's I of something else than one indicator under its own name."""
    return Association(
        statistic=statistic,
        indicator=indicator,
        value=found.i,
        expected=found.expected,
        variance=((found.i - found.expected) / found.z) ** 2 if found.z else np.nan,
        z=found.z,
        p=found.p,
        n=found.n,
        n_missing=found.n_missing,
        n_islands=found.n_islands,
        permutations=found.permutations,
        seed=found.seed,
        weights=found.weights,
        alternative=found.alternative,
    )


def _holm(p: Floats) -> Floats:
    """Return p-values adjusted so that one false alarm among all is no likelier than stated."""
    adjusted = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    ratio = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(ratio))
    return adjusted
