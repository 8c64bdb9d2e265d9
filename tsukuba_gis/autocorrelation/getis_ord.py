"""Getis and Ord's G: whether high values, or low ones, lie together; hot spots and cold spots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.autocorrelation.alignment import Style, align
from tsukuba_gis.autocorrelation.permutation import (
    Alternative,
    Draws,
    benjamini_hochberg,
    local_tails,
)
from tsukuba_gis.autocorrelation.randomisation import (
    WeightSums,
    is_constant,
    permutation_p,
    weight_sums,
)
from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    from typing import Final

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.autocorrelation.alignment import Floats
    from tsukuba_gis.autocorrelation.permutation import Matrix
    from tsukuba_gis.neighbours import GraphLike
    from tsukuba_gis.result import Association, LocalAssociation

# Confidence in percent, and the largest p that has it; as in ArcGIS and other programs.
CONFIDENCE: Final = {"99": 0.01, "95": 0.05, "90": 0.10}


def getis_ord_g(
    values: pd.Series[float],
    graph: GraphLike,
    *,
    permutations: int = 9_999,
    seed: int = 0,
    style: Style = "given",
    alternative: Alternative = "two-sided",
) -> Association:
    """Return the general G: whether high values are neighbours of high ones.

    G = Σᵢⱼ wᵢⱼ xᵢ xⱼ / Σᵢ≠ⱼ xᵢ xⱼ. Above its expectation: high values lie
    together; below: low ones do.

    Parameters
    ----------
    values
        Counts, rates or the like, 0 or more: G needs a natural zero.
    graph, permutations, seed, style, alternative
        As in :func:`tsukuba_gis.autocorrelation.moran`; G is usual with binary weights.

    Raises
    ------
    InputError
        If a value is negative.

    References
    ----------
    Getis & Ord (1992), https://doi.org/10.1111/j.1538-4632.1992.tb00261.x.
    Equal to ``spdep::globalG.test``.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> row = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    >>> round(getis_ord_g(pd.Series([1.0, 2.0, 3.0, 4.0], index=list("abcd")), row).value, 10)
    0.5714285714
    """
    draws = Draws(permutations, seed, alternative)
    aligned = align(values.to_frame("x"), graph, style=style)
    x, matrix = aligned.values[:, 0], aligned.matrix
    if (x < 0).any():
        raise InputError("autocorrelation_negative")
    value = p = np.nan
    numbers = (np.nan, np.nan, np.nan)
    if aligned.n >= 4 and not is_constant(x):

        def products(order: NDArray[np.intp]) -> Floats:
            drawn = x[order]
            total: Floats = (drawn * (matrix @ drawn)).sum(axis=0)
            return total

        observed = float(x @ (matrix @ x))
        value = observed / float(x.sum() ** 2 - x @ x)
        expected, variance = _moments(x, weight_sums(matrix))
        z = (value - expected) / np.sqrt(variance) if variance > 0 else np.nan
        numbers = (expected, variance, z)
        tolerance = 1e-10 * abs(observed)
        p = permutation_p(products, observed, n=aligned.n, draws=draws, tolerance=tolerance)
    return aligned.association(
        "getis_ord_g", (str(values.name),), value=value, p=p, draws=draws, moments=numbers
    )


def _moments(x: Floats, sums: WeightSums) -> tuple[float, float]:
    """Return mean and variance of G under randomisation (Getis & Ord 1992)."""
    n, s0, s1, s2 = sums
    m1, m2, m3, m4 = (float((x**power).sum()) for power in (1, 2, 3, 4))
    b0 = (n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0**2
    b1 = -((n * n - n) * s1 - 2 * n * s2 + 6 * s0**2)
    b2 = -(2 * n * s1 - (n + 3) * s2 + 6 * s0**2)
    b3 = 4 * (n - 1) * s1 - 2 * (n + 1) * s2 + 8 * s0**2
    b4 = s1 - s2 + s0**2
    top = b0 * m2**2 + b1 * m4 + b2 * m1**2 * m2 + b3 * m1 * m3 + b4 * m1**4
    expected = s0 / (n * (n - 1))
    second = top / ((m1**2 - m2) ** 2 * n * (n - 1) * (n - 2) * (n - 3))
    return expected, second - expected**2


def local_g(
    values: pd.Series[float],
    graph: GraphLike,
    *,
    star: bool = True,
    permutations: int = 99_999,
    seed: int = 0,
    fdr: bool = True,
    alternative: Alternative = "two-sided",
) -> LocalAssociation:
    """Return Getis and Ord's local G or G*: hot spots and cold spots.

    G*ᵢ counts the zone itself among its neighbours (with weight 1), Gᵢ does
    not. ``value`` is the share of the total that lies around the zone, for
    weights as given; ``z`` the standardised statistic, which is what other
    programs map; ``p_normal`` its two-sided normal p, and ``p`` that by
    conditional permutation, on which the classes rest.

    Parameters
    ----------
    values
        One number a zone; for G a value of 0 should mean nothing.
    graph
        Neighbours, as a rule with binary weights; they are used as given.
    star
        Whether the zone itself belongs to its surroundings.
    permutations, seed, fdr, alternative
        As in :func:`tsukuba_gis.autocorrelation.local_moran`.

    Returns
    -------
    LocalAssociation
        Classes by confidence: ``"hot_99"`` (p ≤ 0.01), ``"hot_95"`` (p ≤ 0.05), ``"hot_90"``
        (p ≤ 0.10, which is ``alpha``), and as many of ``"cold"``; by ``p_fdr`` where ``fdr``.

    Notes
    -----
    Getis & Ord (1996) print G* computed with n − 1; this is the value of
    Ord & Getis (1995), spdep and ArcGIS.

    References
    ----------
    Ord & Getis (1995), https://doi.org/10.1111/j.1538-4632.1995.tb00912.x.
    Equal to ``spdep::localG``.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> row = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    >>> x = pd.Series([1.0, 2.0, 3.0, 4.0], index=list("abcd"), name="x")
    >>> local_g(x, row).frame["value"].round(2).tolist()  # (1 + 2)/10, (1 + 2 + 3)/10 …
    [0.3, 0.6, 0.9, 0.7]
    """
    aligned = align(values.to_frame("x"), graph, style="given")
    x, matrix = aligned.values[:, 0], aligned.matrix
    if aligned.n < 3 or is_constant(x):
        value = z = p = floor = np.full(aligned.n, np.nan)
    else:
        value, z = _g_star(x, matrix) if star else _g(x, matrix)
        tails = local_tails(x, matrix, permutations=permutations, seed=seed)
        p, floor = tails.p(alternative), tails.p_floor(alternative)
    columns = {"value": value, "z": z, "p_normal": _two_sided(z)}
    kinds = _kinds(z, benjamini_hochberg(p) if fdr else p)
    alpha = max(CONFIDENCE.values())
    return aligned.local_association(
        "local_g_star" if star else "local_g", (str(values.name),), columns, kinds,
        p=p, floor=floor, alpha=alpha, fdr=fdr, draws=Draws(permutations, seed, alternative),
    )  # fmt: skip


def _kinds(z: Floats, p: Floats) -> NDArray[np.str_]:
    """Return side and confidence of each zone, as if all were significant."""
    names, levels = list(CONFIDENCE), list(CONFIDENCE.values())
    confidence = np.array(names)[np.minimum(np.searchsorted(levels, p), len(names) - 1)]
    return np.char.add(np.where(z > 0, "hot_", "cold_"), confidence)


def _g(x: Floats, matrix: Matrix) -> tuple[Floats, Floats]:
    n = len(x)
    others = x.sum() - x
    mean = others / (n - 1)
    variance = ((x @ x) - x**2) / (n - 1) - mean**2
    sums, squares = matrix.sum(axis=1), matrix.power(2).sum(axis=1)
    around = matrix @ x
    spread = np.sqrt(variance * ((n - 1) * squares - sums**2) / (n - 2))
    return _ratio(around, others), _ratio(around - sums * mean, spread)


def _g_star(x: Floats, matrix: Matrix) -> tuple[Floats, Floats]:
    n = len(x)
    sums, squares = matrix.sum(axis=1) + 1, matrix.power(2).sum(axis=1) + 1
    around = matrix @ x + x
    spread = x.std() * np.sqrt((n * squares - sums**2) / (n - 1))
    return around / x.sum(), _ratio(around - sums * x.mean(), spread)


def _ratio(top: Floats, bottom: Floats) -> Floats:
    """Divide; NaN where a zone neighbours all others, so that nothing can vary."""
    safe = np.where(bottom > 0, bottom, np.nan)
    return top / safe


def _two_sided(z: Floats) -> Floats:
    from scipy.special import ndtr

    p: Floats = 2 * ndtr(-np.abs(z))
    return p
