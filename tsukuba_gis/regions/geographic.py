"""ClustGeo: alike zones that are near each other, without demanding that they touch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.errors import CRSError, InputError
from tsukuba_gis.regions.division import measure_regions
from tsukuba_gis.result import Regions

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.neighbours import GraphLike

    Floats = NDArray[np.float64]

# All pairs are held at once: 20,000 zones take 1.6 GB.
_MOST_ZONES = 20_000


def clustgeo(
    data: pd.DataFrame,
    graph: GraphLike,
    places: gpd.GeoSeries,
    *,
    k: int,
    alpha: float = 0.3,
    standardise: bool = True,
) -> Regions:
    """Cluster zones by their values and, to a stated share, by where they lie.

    Ward's method on a mixture of two distances, each first divided by its
    greatest: squared distance of values times 1 − alpha plus squared distance
    on the ground times alpha.

    Parameters
    ----------
    data, graph, standardise
        As for :func:`regionalise`; the graph only serves to say whether the
        regions are connected.
    places
        Geometry of each zone in metres (its centroid counts), on the zone ids.
    k
        How many regions.
    alpha
        0: values only; 1: place only.

    Raises
    ------
    CRSError
        If the places are not in a projected CRS.
    InputError
        If alpha is not 0–1, a place is missing, ``k`` cannot be had, or there
        are more than 20,000 zones.

    References
    ----------
    Chavent, Kuentz-Simonet, Labenne & Saracco (2018)
    https://doi.org/10.1007/s00180-018-0791-1.
    """
    import pandas as pd
    import shapely

    from tsukuba_gis.regions.problem import read_problem

    if not 0 <= alpha <= 1:
        raise InputError("regions_alpha", alpha=alpha)
    if places.crs is None or not places.crs.is_projected:
        raise CRSError("regions_places_metres")
    problem = read_problem(data, graph, standardise=standardise)
    kept = problem.ids[problem.kept]
    if problem.n > _MOST_ZONES:
        raise InputError("regions_too_many", n=problem.n, most=_MOST_ZONES)
    if not 1 <= k <= problem.n:
        raise InputError("regions_k", k=k, components=1, n=problem.n)
    centre = shapely.centroid(np.asarray(places.reindex(kept), dtype=object))
    xy = np.column_stack([shapely.get_x(centre), shapely.get_y(centre)])
    if not np.isfinite(xy).all():
        raise InputError("regions_places_missing", n=int((~np.isfinite(xy).all(axis=1)).sum()))
    labels = pd.Series(_mixed_ward(problem.x, xy - xy.mean(axis=0), alpha, k), index=kept)
    return measure_regions(labels, data, graph, standardise=standardise, method="clustgeo")


def _mixed_ward(x: Floats, xy: Floats, alpha: float, k: int) -> NDArray[np.integer[Any]]:
    """Return Ward's clusters of the mixture of two distances.

    Squared Euclidean distances add up over columns, so the mixture of the two
    is the squared distance in the columns side by side.
    """
    from scipy.cluster.hierarchy import fcluster, ward
    from scipy.spatial.distance import pdist

    scaled = [
        np.sqrt(share) * part / max(float(pdist(part).max()), np.finfo(float).tiny)
        for share, part in ((1 - alpha, x), (alpha, xy))
    ]
    return np.asarray(fcluster(ward(np.column_stack(scaled)), k, criterion="maxclust"))
