"""Point patterns: where points lie densely, and whether more so than by chance."""

from tsukuba_gis.point_patterns.dense import PointClusters, dense_clusters
from tsukuba_gis.point_patterns.density import Density, density
from tsukuba_gis.point_patterns.scan import Scan, scan
from tsukuba_gis.point_patterns.spacing import NearestNeighbour, Ripley, nearest_neighbour, ripley
from tsukuba_gis.point_patterns.words import cautions, say

__all__ = [
    "Density",
    "NearestNeighbour",
    "PointClusters",
    "Ripley",
    "Scan",
    "cautions",
    "dense_clusters",
    "density",
    "nearest_neighbour",
    "ripley",
    "say",
    "scan",
]
