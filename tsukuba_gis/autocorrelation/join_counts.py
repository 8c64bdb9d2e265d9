"""Join counts: whether zones of one class lie together."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.autocorrelation.alignment import align
from tsukuba_gis.autocorrelation.permutation import Alternative, Draws
from tsukuba_gis.autocorrelation.randomisation import WeightSums, permutation_p, weight_sums
from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.autocorrelation.alignment import Floats
    from tsukuba_gis.autocorrelation.permutation import Matrix
    from tsukuba_gis.neighbours import GraphLike
    from tsukuba_gis.result import Association, LocalAssociation


def join_counts(
    classes: pd.Series[str],
    graph: GraphLike,
    *,
    permutations: int = 9_999,
    seed: int = 0,
    alternative: Alternative = "two-sided",
) -> Association:
    """Count links between zones of the same and of different classes, and compare with chance.

    A link counts the half of its two weights, 1 with binary weights. Mean and
    variance are over all ways to place the same classes on the zones
    (non-free sampling), in closed form.

    Parameters
    ----------
    classes
        Class by zone id; NaN: no data. Two or more classes.
    graph
        Neighbours; weights as given.
    permutations, seed, alternative
        As in :func:`tsukuba_gis.autocorrelation.moran`.

    Returns
    -------
    Association
        Of the links between different classes: ``value`` is their number, ``z`` is
        positive where they are fewer than by chance. ``frame``: index ``joins`` (``"a:a"``,
        ``"b:b"``, ``"b:a"``, ``"different"``), ``count``, ``expected``, ``variance``, ``z``
        (here positive where the links of the row are more than by chance).

    References
    ----------
    Cliff & Ord (1981), ch. 1–2. Equal to ``spdep::joincount.multi``.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> row = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    >>> found = join_counts(pd.Series(["old", "old", "new", "new"], index=list("abcd")), row)
    >>> found.frame["count"].to_dict()
    {'new:new': 1.0, 'old:old': 1.0, 'old:new': 1.0, 'different': 1.0}
    """
    import pandas as pd

    draws = Draws(permutations, seed, alternative)
    codes, names = classes.factorize(sort=True)
    placed = pd.Series(codes, index=classes.index, dtype=float).where(codes >= 0)
    aligned = align(placed.to_frame("x"), graph, style="given")
    x, matrix = aligned.values[:, 0].astype(int), aligned.matrix
    frame = _joins(x, matrix, list(names))
    value, expected, variance, z = (float(part) for part in frame.loc["different"].to_numpy(float))
    p = np.nan
    if z == z:

        def different(order: NDArray[np.intp]) -> Floats:
            drawn, total = x[order], np.full(order.shape[1], matrix.data.sum())
            for code in range(len(names)):
                member = (drawn == code).astype(float)
                total -= (member * (matrix @ member)).sum(axis=0)
            return total / 2

        tolerance = 1e-10 * float(matrix.data.sum())
        p = permutation_p(different, value, n=aligned.n, draws=draws, tolerance=tolerance)
    found = aligned.association(
        "join_counts", (str(classes.name),), value=value, p=p, draws=draws,
        moments=(expected, variance, -z),
    )  # fmt: skip
    return replace(found, frame=frame)


def _joins(x: NDArray[np.intp], matrix: Matrix, names: list[str]) -> pd.DataFrame:
    """Return count, mean, variance and z of every kind of join; NaN moments below four zones."""
    import pandas as pd

    members = np.zeros((len(x), len(names)))
    members[np.arange(len(x)), x] = 1.0
    links = members.T @ (matrix @ members) / 2
    sums, sizes = weight_sums(matrix), members.sum(axis=0)
    rows: dict[str, tuple[float, float, float]] = {}
    for r, name in enumerate(names):
        rows[f"{name}:{name}"] = (float(links[r, r]), *_same(sums, sizes[r]))
    for r, s in combinations(range(len(names)), 2):
        count = float(links[r, s] + links[s, r])
        rows[f"{names[s]}:{names[r]}"] = (count, *_different(sums, sizes[r], sizes[s]))
    rows["different"] = (float(links.sum() - np.trace(links)), *_total(sums, sizes))
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["count", "expected", "variance"])
    # Where nothing can vary rounding leaves a hair of variance.
    varies = frame["variance"] > 1e-12 * sums.s0**2
    deviation = frame["variance"].where(varies) ** 0.5
    return frame.assign(z=(frame["count"] - frame["expected"]) / deviation).rename_axis("joins")


def _falling(x: float, k: int) -> float:
    return float(np.prod([x - i for i in range(k)]))


def _ways(n: int, k: int) -> float:
    """Return in how many ways k of n zones can be taken in order; NaN where they cannot."""
    return _falling(n, k) or float("nan")


def _same(sums: WeightSums, size: float) -> tuple[float, float]:
    n, s0, s1, s2 = sums
    expected = s0 * _falling(size, 2) / (2 * _ways(n, 2))
    second = (
        s1 * _falling(size, 2) / _ways(n, 2)
        + (s2 - 2 * s1) * _falling(size, 3) / _ways(n, 3)
        + (s0**2 + s1 - s2) * _falling(size, 4) / _ways(n, 4)
    ) / 4
    return expected, second - expected**2


def _different(sums: WeightSums, one: float, other: float) -> tuple[float, float]:
    n, s0, s1, s2 = sums
    expected = s0 * one * other / _ways(n, 2)
    second = (
        2 * s1 * one * other / _ways(n, 2)
        + (s2 - 2 * s1) * one * other * (one + other - 2) / _ways(n, 3)
        + 4 * (s0**2 + s1 - s2) * _falling(one, 2) * _falling(other, 2) / _ways(n, 4)
    ) / 4
    return expected, second - expected**2


def _total(sums: WeightSums, sizes: Floats) -> tuple[float, float]:
    """Return the moments of all links between classes: what is left of S0/2 by those within."""
    n, s0, s1, s2 = sums
    same = [_same(sums, size) for size in sizes]
    expected = s0 / 2 - sum(mean for mean, _ in same)
    variance = sum(spread for _, spread in same)
    for r, s in combinations(range(len(sizes)), 2):
        both = (s0**2 + s1 - s2) * _falling(sizes[r], 2) * _falling(sizes[s], 2)
        variance += 2 * (both / (4 * _ways(n, 4)) - same[r][0] * same[s][0])
    return expected, variance


def local_join_counts(
    marked: pd.Series[bool], graph: GraphLike, *, alpha: float = 0.05, fdr: bool = True
) -> LocalAssociation:
    """Return which marked zones have more marked neighbours than chance would give them.

    ``value`` is the number of marked neighbours of a marked zone. ``p`` is
    exact: the chance of so many or more when the other marks are placed at
    random (hypergeometric). Only marked zones are tested, on this side.

    Parameters
    ----------
    marked
        True, False or missing by zone id.
    graph
        Neighbours; only whether there is a link counts.
    alpha, fdr
        As in :func:`tsukuba_gis.autocorrelation.local_moran`.

    Returns
    -------
    LocalAssociation
        Class ``"cluster"``.

    References
    ----------
    Anselin & Li (2019), https://doi.org/10.1007/s10109-019-00299-x

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> row = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    >>> marks = pd.Series([True, True, False, False], index=list("abcd"), name="marked")
    >>> local_join_counts(marks, row).frame["p"].round(4).tolist()
    [0.3333, 0.6667, nan, nan]
    """
    from scipy.stats import hypergeom

    aligned = align(marked.astype("float64").to_frame("x"), graph, style="given")
    x = aligned.values[:, 0] > 0
    sizes = np.diff(aligned.matrix.indptr)
    near = np.add.reduceat(x[aligned.matrix.indices], aligned.matrix.indptr[:-1]) if len(x) else x
    value, p, floor = (np.full(aligned.n, np.nan) for _ in range(3))
    if x.any():
        rest = int(x.sum()) - 1
        value[x] = near[x]
        p[x] = hypergeom.sf(near[x] - 1, aligned.n - 1, rest, sizes[x])
        most = np.minimum(sizes[x], rest)
        floor[x] = hypergeom.sf(most - 1, aligned.n - 1, rest, sizes[x])
    kinds = np.full(aligned.n, "cluster")
    return aligned.local_association(
        "local_join_counts", (str(marked.name),), {"value": value}, kinds,
        p=p, floor=floor, alpha=alpha, fdr=fdr,
    )  # fmt: skip


def quantile_lisa(
    values: pd.Series[float],
    graph: GraphLike,
    *,
    low: float = 0.8,
    high: float = 1.0,
    alpha: float = 0.05,
    fdr: bool = True,
) -> LocalAssociation:
    """Return where zones of one quantile band (by default the top fifth) lie together.

    As :func:`local_join_counts`, the zones between the quantiles ``low``
    (excluded, unless 0) and ``high`` marked. Outliers cannot sway it. ``band`` of the
    result holds the two.

    References
    ----------
    Anselin (2020), Quantile LISA, in the GeoDa workbook.
    """
    import pandas as pd

    if not 0 <= low < high <= 1:
        raise InputError("autocorrelation_quantiles", low=low, high=high)
    finite = values.where(np.isfinite(values.astype(float)))
    bottom, top = finite.quantile(low), finite.quantile(high)
    inside = ((finite > bottom) | (low == 0)) & (finite <= top)
    marked = pd.Series(inside, index=values.index, dtype="float64", name=values.name)
    found = local_join_counts(marked.where(finite.notna()), graph, alpha=alpha, fdr=fdr)
    return replace(found, statistic="quantile_lisa", band=(low, high))
