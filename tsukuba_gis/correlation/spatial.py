"""What spatial autocorrelation leaves of a correlation's evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Formula = Literal["dutilleul", "clifford_richardson"]


def effective_size(
    x: Floats, y: Floats, points: Floats, *, classes: int = 13, formula: Formula = "dutilleul"
) -> float:
    """Return how many independent zones the correlation of two variables is worth.

    The covariances of each variable are taken to depend on distance alone, and
    estimated as Moran's I in classes of distance. With R the correlation matrices that they
    make and P the centring, the number is 1 + tr(P Rx) tr(P Ry) / tr(P Rx P Ry)
    (Dutilleul), or 1 + n² / Σᵢⱼ Rx Ry (Clifford, Richardson and Hémon, for many zones).

    Parameters
    ----------
    x, y
        Values by zone, none missing.
    points
        Places of the zones, n × 2, in metres.
    classes
        Classes of equal width from 0 to the largest distance.
    formula
        Which of the two.

    Returns
    -------
    float
        NaN where a variable is the same everywhere, or the estimate is not positive.

    References
    ----------
    Clifford, Richardson & Hémon (1989), https://doi.org/10.2307/2532039. Dutilleul (1993),
    https://doi.org/10.2307/2532625. ``"dutilleul"`` is equal to R's
    ``SpatialPack::modified.ttest``.

    Examples
    --------
    >>> places = np.stack([np.arange(40.0), np.zeros(40)], axis=1)
    >>> slope = np.arange(40.0)  # neighbours are alike: 40 zones are worth a handful
    >>> round(effective_size(slope, slope, places), 1)
    2.8
    """
    n = len(x)
    found = _distance_classes(points, classes)
    rx, ry = (_by_distance(values, found, classes) for values in (x, y))
    if rx is None or ry is None:
        return float("nan")
    sums_x, sums_y = rx.sum(axis=1), ry.sum(axis=1)
    both = float((rx * ry).sum())
    if formula == "clifford_richardson":
        size = n * n / both if both > 0 else float("nan")
    else:
        trace_x, trace_y = n - sums_x.sum() / n, n - sums_y.sum() / n
        trace = both + (sums_x.sum() * sums_y.sum() / n - 2.0 * float(sums_x @ sums_y)) / n
        size = trace_x * trace_y / trace if trace > 0 and min(trace_x, trace_y) > 0 else np.nan
    return float(size) + 1.0


def _distance_classes(points: Floats, classes: int) -> NDArray[np.int64]:
    """Return the class of each pair's distance; a bound belongs to the class below it."""
    from scipy.spatial.distance import pdist, squareform

    away = squareform(pdist(points))
    bounds = np.cumsum(np.full(classes, away.max() / classes))
    return np.minimum(np.searchsorted(bounds, away, side="left"), classes - 1)


def _by_distance(values: Floats, found: NDArray[np.int64], classes: int) -> Floats | None:
    """Return the correlation matrix that Moran's I by class of distance gives."""
    z = values - values.mean()
    variance = float((z**2).mean())
    if not variance > 0:
        return None
    off = ~np.eye(len(z), dtype=bool)
    products = np.multiply.outer(z, z)
    pairs = np.bincount(found[off], minlength=classes)
    sums = np.bincount(found[off], weights=products[off], minlength=classes)
    index = np.divide(sums, pairs, out=np.zeros(classes), where=pairs > 0) / variance
    matrix = index[found]
    np.fill_diagonal(matrix, 1.0)
    return np.asarray(matrix)


def sign_randomised(values: Floats, weights: Any, *, permutations: int, seed: int) -> Floats:
    """Return random versions of a variable that are as autocorrelated as it is.

    Moran spectral randomisation, one eigenvector at a time: the variable is written
    in the eigenvectors of the centred weights (Moran eigenvector maps), and the sign of each
    coefficient is drawn anew. Mean, variance and Moran's I stay exactly as they are.

    Parameters
    ----------
    values
        By zone, none missing.
    weights
        Sparse n × n; made symmetric by averaging with its transpose.
    permutations
        How many.
    seed
        Of the draws.

    Returns
    -------
    numpy.ndarray
        ``permutations`` × n.

    References
    ----------
    Wagner & Dray (2015), https://doi.org/10.1111/2041-210X.12407 (the "singleton" method).

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> ring = csr_array(np.roll(np.eye(6), 1, axis=1) + np.roll(np.eye(6), -1, axis=1))
    >>> values = np.array([1.0, 2.0, 4.0, 3.0, 2.0, 0.0])
    >>> drawn = sign_randomised(values, ring, permutations=3, seed=0)
    >>> z = drawn - drawn.mean(axis=1)[:, None]
    >>> np.allclose((z @ ring * z).sum(axis=1), 8.0)
    True
    """
    vectors = eigenvector_maps(weights)
    coefficients = vectors.T @ (values - values.mean())
    rng = np.random.default_rng(seed)
    signs = rng.integers(0, 2, size=(permutations, len(coefficients))) * 2 - 1
    return np.asarray(values.mean() + (signs * coefficients) @ vectors.T)


def eigenvector_maps(weights: Any) -> Floats:
    """Return the n − 1 eigenvectors of the doubly centred, symmetric weights."""
    from scipy.linalg import eigh

    dense = np.asarray(weights.todense(), dtype=float)
    dense = (dense + dense.T) / 2
    middle = dense - dense.mean(axis=0) - dense.mean(axis=1)[:, None] + dense.mean()
    n = len(middle)
    # The constant vector has eigenvalue 0, as others may: it is moved out of their way.
    far = 1.0 + np.abs(middle).sum(axis=1).max()
    _, vectors = eigh(middle - far / n)
    return np.asarray(vectors[:, 1:])
