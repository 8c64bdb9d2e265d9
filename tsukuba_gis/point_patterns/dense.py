"""Clusters of points: DBSCAN and HDBSCAN in metres (scikit-learn, extra ``points``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tsukuba_gis.errors import InputError, MissingExtraError
from tsukuba_gis.point_patterns.window import coordinates

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PointClusters:
    """Points put together where they lie densely.

    Parameters
    ----------
    labels
        Cluster of each point, 1 … k, the largest first; 0: in no cluster
        (noise); NA: no place. On the index of the points.
    sizes
        Points in each cluster.
    k, n, n_noise, n_missing
        Clusters; points with a place; of these in no cluster; points without.
    distance
        DBSCAN's radius, m; None for HDBSCAN.
    least
        Points that make a place dense (DBSCAN, the point itself included) or
        the least size of a cluster (HDBSCAN).
    """

    labels: pd.Series[int] = field(repr=False)
    sizes: pd.Series[int] = field(repr=False)
    k: int
    n: int
    n_noise: int
    n_missing: int
    method: Literal["dbscan", "hdbscan"]
    distance: float | None
    least: int


def dense_clusters(
    points: gpd.GeoSeries,
    *,
    method: Literal["dbscan", "hdbscan"] = "dbscan",
    distance: float | None = None,
    least: int = 10,
) -> PointClusters:
    """Put points together where they lie densely; nothing in it is random.

    Parameters
    ----------
    points
        In a projected CRS in metres.
    method
        ``"dbscan"``: places with ``least`` points within ``distance``.
        ``"hdbscan"``: clusters of at least ``least`` points, of any density.
    distance
        Metres; needed by DBSCAN only.
    least
        At least 2 (HDBSCAN) or 1 (DBSCAN).

    Raises
    ------
    CRSError
        If the points are not in metres.
    InputError
        If distance or least do not fit, or no point has a place.
    MissingExtraError
        If scikit-learn is not installed.

    References
    ----------
    Ester et al. (1996), KDD-96, 226–231; Campello, Moulavi & Sander (2013)
    https://doi.org/10.1007/978-3-642-37456-2_14.

    Examples
    --------
    >>> import geopandas as gpd
    >>> points = gpd.GeoSeries.from_xy([0, 30, 60, 5000], [0, 0, 0, 0], crs="EPSG:6677")
    >>> dense_clusters(points, distance=50, least=2).labels.to_list()
    [1, 1, 1, 0]
    """
    import pandas as pd

    try:
        from sklearn.cluster import DBSCAN, HDBSCAN
    except ImportError as error:
        raise MissingExtraError("pattern_extra") from error

    xy = coordinates(points)
    some = np.flatnonzero(np.isfinite(xy).all(axis=1))
    n = len(some)
    if method == "dbscan" and (distance is None or not 0 < distance < np.inf):
        raise InputError("pattern_distance")
    if least < (1 if method == "dbscan" else 2) or n == 0:
        raise InputError("pattern_least", least=least, n=n)
    if method == "dbscan":
        found = DBSCAN(eps=distance, min_samples=least).fit_predict(xy[some])
    elif n < least:
        found = np.full(n, -1)
    else:
        found = HDBSCAN(min_cluster_size=least, copy=True).fit_predict(xy[some])
    number, count = _largest_first(found)
    labels = pd.Series(pd.NA, index=points.index, dtype="Int64", name="cluster")
    labels.iloc[some] = number
    return PointClusters(
        labels=labels,
        sizes=pd.Series(count, index=pd.RangeIndex(1, len(count) + 1), name="n"),
        k=len(count),
        n=n,
        n_noise=int((found < 0).sum()),
        n_missing=len(points) - n,
        method=method,
        distance=distance if method == "dbscan" else None,
        least=least,
    )


def _largest_first(found: NDArray[np.integer[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Renumber clusters 1 … k by falling size, noise (−1) 0; and return the sizes."""
    count = np.bincount(found[found >= 0], minlength=int(found.max(initial=-1)) + 1)
    rank = np.zeros(len(count) + 1, dtype=np.int64)  # the last stands for noise, −1
    rank[np.argsort(-count, kind="stable")] = np.arange(1, len(count) + 1)
    return rank[found], np.sort(count)[::-1].astype(np.int64)
