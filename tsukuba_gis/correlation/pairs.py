"""Correlation of two indicators: Pearson, Spearman, partial; alone or of many pairs."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tsukuba_gis.correlation.spatial import effective_size, sign_randomised
from tsukuba_gis.errors import InputError
from tsukuba_gis.neighbours import as_neighbours
from tsukuba_gis.result import Correlation, CorrelationMethod

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.neighbours import GraphLike

    Floats = NDArray[np.float64]

Adjustment = Literal["none", "dutilleul", "clifford_richardson", "permutation"]
Correction = Literal["holm", "fdr"]


def correlate(  # noqa: PLR0913 - the choices of a correlation, each with its usual value
    data: pd.DataFrame,
    *,
    method: CorrelationMethod = "pearson",
    given: pd.DataFrame | None = None,
    adjustment: Adjustment = "none",
    points: pd.DataFrame | None = None,
    graph: GraphLike | None = None,
    classes: int = 13,
    permutations: int = 9_999,
    alpha: float = 0.05,
    seed: int = 0,
) -> Correlation:
    """Return how two indicators go together over the zones.

    Parameters
    ----------
    data
        Two columns, named like the indicators; index zone id. A zone with NaN or an infinite
        number in any of them, or in ``given``, is left out.
    method
        ``"pearson"``; ``"spearman"``, of ranks; ``"partial"``, Pearson's of what
        ``given`` does not explain.
    given
        Indicators held constant, on the same zones; only for ``"partial"``.
    adjustment
        Of ``p_spatial``. ``"dutilleul"`` or ``"clifford_richardson"``: by the effective number
        of zones (:func:`tsukuba_gis.correlation.effective_size`), needs ``points``.
        ``"permutation"``: against versions of the first indicator that are as autocorrelated
        as it is (:func:`tsukuba_gis.correlation.sign_randomised`), needs ``graph``.
        ``"none"``: NaN.
    points
        Columns ``x``, ``y``: a place for each zone, in metres.
    graph
        Neighbours of the zones.
    classes
        Of distance.
    permutations, seed
        Of the permutation.
    alpha
        1 − the coverage of the interval.

    Returns
    -------
    tsukuba_gis.result.Correlation
        All numbers are NaN with fewer than 4 zones (and as many more as there are ``given``),
        or where an indicator is the same everywhere.

    Raises
    ------
    InputError
        If there are not two columns, ``given`` does not fit the method, or what the
        adjustment needs is not there.

    Notes
    -----
    The interval is Fisher's, of artanh r with variance 1/(n − 3 − k), k the number of
    ``given``; Spearman's has (1 + r²/2)/(n − 3) (Bonett and Wright). ``p`` is that of t with
    n − 2 − k degrees of freedom; ``p_spatial`` has the effective number in place of n.

    References
    ----------
    Fisher (1921), Metron 1, 3–32. Bonett & Wright (2000), https://doi.org/10.1007/BF02294183.

    Examples
    --------
    >>> import pandas as pd
    >>> data = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0, 5.0], "y": [2.0, 1.0, 4.0, 3.0, 5.0]})
    >>> found = correlate(data)
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2), round(found.p, 3)
    (0.8, -0.28, 0.99, 0.104)
    """
    held = () if given is None else tuple(map(str, given.columns))
    if data.shape[1] != 2:
        raise InputError("correlation_two", n=data.shape[1])
    if (method == "partial") != bool(held):
        raise InputError("correlation_given")
    known = _known(data, given)
    x, y = _prepared(data[known], None if given is None else given[known], method)
    n, k = int(known.sum()), len(held)
    value = _r(x, y) if n >= 4 + k else float("nan")
    size, p_spatial = float("nan"), float("nan")
    if adjustment in ("dutilleul", "clifford_richardson"):
        places = _places(points, data.index)[known]
        if np.isfinite(value):
            size = effective_size(x, y, places, classes=classes, formula=adjustment)
        p_spatial = _p(value, size - k)
    elif adjustment == "permutation":
        weights = _weights(graph, data.index)[known][:, known]
        p_spatial = _permuted(x, y, weights, permutations, seed) if n >= 4 + k else p_spatial
    low, high = _interval(value, n - k, alpha, ranks=method == "spearman")
    straight = method == "pearson" and np.isfinite(value)
    return Correlation(
        indicators=(str(data.columns[0]), str(data.columns[1])), method=method, given=held,
        value=value, low=low, high=high, alpha=alpha, p=_p(value, n - k), p_spatial=p_spatial,
        adjustment=adjustment, effective_n=size, n=n, n_missing=len(data) - n, seed=seed,
        line=_line(x, y, alpha) if straight else None,
        permutations=permutations if adjustment == "permutation" else 0,
    )  # fmt: skip


def correlate_pairs(
    data: pd.DataFrame, *, correction: Correction = "holm", **options: Any
) -> tuple[Correlation, ...]:
    """Return the correlations of all pairs of columns, with p-values corrected for their number.

    Of many pairs some go together by chance: at 5 % one in twenty.

    Parameters
    ----------
    data
        Columns named like the indicators; index zone id.
    correction
        ``"holm"``: the chance of any false finding stays under the level; ``"fdr"``: the share
        of false ones among the findings does (Benjamini–Hochberg).
    **options
        As in :func:`correlate`.

    Returns
    -------
    tuple of tsukuba_gis.result.Correlation
        In the order of the columns; ``p_adjusted`` is from ``p_spatial``, or from ``p`` without an
        adjustment.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6, 65–70. Benjamini & Hochberg (1995),
    https://doi.org/10.1111/j.2517-6161.1995.tb02031.x.

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> found = correlate_pairs(pd.DataFrame(rng.normal(size=(30, 4)), columns=list("abcd")))
    >>> len(found), all(one.p_adjusted >= one.p for one in found)
    (6, True)
    """
    if data.shape[1] < 2:
        raise InputError("correlation_two", n=data.shape[1])
    found = [correlate(data[list(pair)], **options) for pair in combinations(data.columns, 2)]
    adjusted = options.get("adjustment", "none") != "none"
    p = np.array([one.p_spatial if adjusted else one.p for one in found])
    corrected = corrected_p(p, correction=correction)
    return tuple(
        replace(one, pairs=len(found), p_adjusted=float(q), correction=correction)
        for one, q in zip(found, corrected, strict=True)
    )


def corrected_p(p: Floats, *, correction: Correction) -> Floats:
    """Return p-values corrected for their number; NaN are no tests.

    Examples
    --------
    >>> corrected_p(np.array([0.01, 0.04, np.nan, 0.03]), correction="holm").round(2).tolist()
    [0.03, 0.06, nan, 0.06]
    >>> corrected_p(np.array([0.01, 0.04, np.nan, 0.03]), correction="fdr").round(2).tolist()
    [0.03, 0.04, nan, 0.04]
    """
    from scipy.stats import false_discovery_control

    out = np.full(len(p), np.nan)
    tested = np.flatnonzero(np.isfinite(p))
    if len(tested) == 0:
        return out
    if correction == "fdr":
        out[tested] = false_discovery_control(p[tested], method="bh")
        return out
    order = tested[np.argsort(p[tested], kind="stable")]
    steps = p[order] * (len(tested) - np.arange(len(tested)))
    out[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return out


def _known(data: pd.DataFrame, given: pd.DataFrame | None) -> NDArray[np.bool_]:
    known = np.isfinite(data.to_numpy(dtype=float)).all(axis=1)
    if given is not None:
        if not given.index.equals(data.index):
            raise InputError("correlation_zones")
        known &= np.isfinite(given.to_numpy(dtype=float)).all(axis=1)
    return np.asarray(known)


def _prepared(
    data: pd.DataFrame, given: pd.DataFrame | None, method: CorrelationMethod
) -> tuple[Floats, Floats]:
    """Return the two variables as they are correlated: as they are, ranked, or less the given."""
    from scipy.stats import rankdata

    both = data.to_numpy(dtype=float)
    if method == "spearman":
        both = rankdata(both, axis=0)
    if given is not None and len(both):
        design = np.column_stack([np.ones(len(both)), given.to_numpy(dtype=float)])
        rest = both - design @ np.linalg.lstsq(design, both, rcond=None)[0]
        # What the given explain fully leaves only rounding, which is no number to correlate.
        same = np.abs(rest).max(axis=0) <= 1e-9 * np.abs(both - both.mean(axis=0)).max(axis=0)
        both = np.where(same, 0.0, rest)
    return both[:, 0], both[:, 1]


def _r(x: Floats, y: Floats) -> float:
    dx, dy = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((dx @ dx) * (dy @ dy)))
    if np.ptp(x) == 0 or np.ptp(y) == 0 or scale == 0:
        return float("nan")
    return float(np.clip(dx @ dy / scale, -1.0, 1.0))


def _p(value: float, size: float) -> float:
    """Return the two-sided p of a correlation of so many independent zones."""
    from scipy.stats import f

    degrees = size - 2
    if not (np.isfinite(value) and degrees > 0):
        return float("nan")
    if abs(value) == 1:
        return 0.0
    return float(f.sf(degrees * value**2 / (1 - value**2), 1, degrees))


def _interval(value: float, size: int, alpha: float, *, ranks: bool) -> tuple[float, float]:
    from scipy.stats import norm

    if not np.isfinite(value) or size <= 3:
        return float("nan"), float("nan")
    if abs(value) == 1:
        return value, value
    spread = (1 + value**2 / 2 if ranks else 1.0) / (size - 3)
    half = float(norm.ppf(1 - alpha / 2)) * np.sqrt(spread)
    middle = np.arctanh(value)
    return float(np.tanh(middle - half)), float(np.tanh(middle + half))


def _permuted(x: Floats, y: Floats, weights: Any, permutations: int, seed: int) -> float:
    """Return how often versions of x that are as autocorrelated go with y as closely."""
    if not np.isfinite(_r(x, y)):
        return float("nan")
    drawn = sign_randomised(x, weights, permutations=permutations, seed=seed)
    z, dy = drawn - drawn.mean(axis=1)[:, None], y - y.mean()
    found = z @ dy / np.sqrt((z**2).sum(axis=1) * (dy @ dy))
    # Equal but for rounding counts as equal.
    as_far = int((np.abs(found) >= abs(_r(x, y)) - 1e-12).sum())
    return (as_far + 1) / (permutations + 1)


def _line(x: Floats, y: Floats, alpha: float, *, steps: int = 50) -> pd.DataFrame:
    """Return the ordinary fit of y on x along x, with the interval of the mean."""
    import pandas as pd
    from scipy.stats import t

    n, dx = len(x), x - x.mean()
    slope = float(dx @ y / (dx @ dx))
    rest = y - y.mean() - slope * dx
    at = np.linspace(x.min(), x.max(), steps)
    fitted = y.mean() + slope * (at - x.mean())
    sigma = np.sqrt(rest @ rest / (n - 2))
    half = t.ppf(1 - alpha / 2, n - 2) * sigma * np.sqrt(1 / n + (at - x.mean()) ** 2 / (dx @ dx))
    return pd.DataFrame({"x": at, "fitted": fitted, "low": fitted - half, "high": fitted + half})


def _places(points: pd.DataFrame | None, index: pd.Index[str]) -> Floats:
    if points is None:
        raise InputError("correlation_no_points")
    found = points.reindex(index)[["x", "y"]].to_numpy(dtype=float)
    if not np.isfinite(found).all():
        raise InputError("correlation_zones")
    return np.asarray(found)


def _weights(graph: GraphLike | None, index: pd.Index[str]) -> Any:
    if graph is None:
        raise InputError("correlation_no_graph")
    return as_neighbours(graph).links(index)
