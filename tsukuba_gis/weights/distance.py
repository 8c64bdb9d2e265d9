"""Zones that are near: by the distance between their centroids, in metres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.weights.graphs import weighted_graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tsukuba_gis.neighbours import Neighbours
    from tsukuba_gis.zones import Zones

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]

KernelShape = Literal["triangular", "epanechnikov", "bisquare", "gaussian"]


def knn(zones: Zones, *, k: int) -> Neighbours:
    """Return the k nearest zones of each zone; being a neighbour need not be mutual.

    Parameters
    ----------
    zones
        The polygons; distance is between centroids.
    k
        Number of neighbours, from 1 to the number of other zones.

    Returns
    -------
    tsukuba_gis.neighbours.Neighbours
        Binary weights in row order. Of zones at equal distance the first ones count.

    Raises
    ------
    InputError
        If ``k`` is out of range.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from tsukuba_gis.zones import Zones
    >>> squares = [shapely.box(x, 0, x + 1, 1) for x in (0, 1, 5)]
    >>> frame = gpd.GeoDataFrame(
    ...     {"name": list("abc")}, geometry=squares, index=list("abc"), crs="EPSG:6677"
    ... ).rename_axis("zone_id")
    >>> graph = knn(Zones(frame=frame, kind="other"), k=1)
    >>> graph["c"].index.tolist(), graph["b"].index.tolist()
    (['b'], ['a'])
    """
    points, rows = _centroids(zones)
    n = len(points)
    if not 1 <= k < n:
        raise InputError("weights_k", k=k, most=max(n - 1, 0))
    _, near = _nearest(points, k)
    return weighted_graph(
        zones.ids, np.repeat(rows, k), rows[near.ravel()], np.ones(n * k, dtype=np.int8),
        name=f"knn({k})",
    )  # fmt: skip


def distance_band(zones: Zones, *, distance: float) -> Neighbours:
    """Return zones whose centroids are at most ``distance`` metres apart, with weight 1.

    Zones with nobody so near have no neighbours; :func:`reach` gives the
    least distance at which there is none.
    """
    rows, columns, _ = _within(zones, distance)
    weight = np.ones(len(rows), dtype=np.int8)
    return weighted_graph(zones.ids, rows, columns, weight, name=f"distance_band({distance:g} m)")


def reach(zones: Zones) -> float:
    """Return the least distance (metres) at which every zone has a neighbour.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from tsukuba_gis.zones import Zones
    >>> squares = [shapely.box(x, 0, x + 1, 1) for x in (0, 1, 5)]
    >>> frame = gpd.GeoDataFrame(
    ...     {"name": list("abc")}, geometry=squares, index=list("abc"), crs="EPSG:6677"
    ... ).rename_axis("zone_id")
    >>> reach(Zones(frame=frame, kind="other"))
    4.0
    """
    points, _ = _centroids(zones)
    if len(points) < 2:
        raise InputError("weights_k", k=1, most=max(len(points) - 1, 0))
    distance, _ = _nearest(points, 1)
    return float(distance.max())


def kernel(zones: Zones, *, bandwidth: float, shape: KernelShape = "triangular") -> Neighbours:
    """Return weights that fall with distance and end at the bandwidth.

    With u = distance / bandwidth: triangular 1 − u, Epanechnikov 1 − u²,
    bisquare (1 − u²)², Gaussian exp(−u²/2) cut at u = 1. A zone has no weight
    on itself. The scale of the weights does not matter where rows are
    standardised.

    Parameters
    ----------
    zones
        The polygons; distance is between centroids.
    bandwidth
        Metres.
    shape
        Of the kernel.
    """
    rows, columns, distance = _within(zones, bandwidth)
    u = distance / bandwidth
    weight = {
        "triangular": 1 - u,
        "epanechnikov": 1 - u**2,
        "bisquare": (1 - u**2) ** 2,
        "gaussian": np.exp(-(u**2) / 2),
    }[shape]
    name = f"kernel({shape}, {bandwidth:g} m)"
    some = weight > 0
    return weighted_graph(zones.ids, rows[some], columns[some], weight[some], name=name)


def _centroids(zones: Zones) -> tuple[Floats, Places]:
    """Return the centroids of the polygons that are not empty, and their rows."""
    import shapely

    polygons = zones.frame.geometry.to_numpy()
    rows = np.flatnonzero(~shapely.is_empty(polygons))
    return shapely.get_coordinates(shapely.centroid(polygons[rows])), rows


def _nearest(points: Floats, k: int) -> tuple[Floats, Places]:
    """Return distance and row of the k nearest other points."""
    from scipy.spatial import cKDTree

    n = len(points)
    # Points at one place hide the point itself among the nearest: ask for more, then choose.
    most = min(n, k + 1 + int(np.unique(points, axis=0, return_counts=True)[1].max()))
    distance, near = cKDTree(points).query(points, k=most)
    own = near == np.arange(n)[:, None]
    distance = np.where(own, np.inf, distance)
    order = np.lexsort((near, distance), axis=1)[:, :k]
    return np.take_along_axis(distance, order, axis=1), np.take_along_axis(near, order, axis=1)


def _within(zones: Zones, distance: float) -> tuple[Places, Places, Floats]:
    """Return pairs of rows both ways round, and how far their centroids are apart."""
    from scipy.spatial import cKDTree

    points, rows = _centroids(zones)
    if not distance > 0:
        raise InputError("weights_distance", distance=distance)
    # The pairs of the tree are compared in squares: a hair more, then the exact distance.
    pairs = cKDTree(points).query_pairs(distance * (1 + 1e-9), output_type="ndarray")
    apart = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T)
    pairs, apart = rows[pairs[apart <= distance]], apart[apart <= distance]
    return (
        np.concatenate([pairs[:, 0], pairs[:, 1]]),
        np.concatenate([pairs[:, 1], pairs[:, 0]]),
        np.concatenate([apart, apart]),
    )
