"""Spatial weights: which zones are neighbours, and how near.

Every function returns :class:`tsukuba_gis.neighbours.Neighbours`, whose ids are
the zone ids in row order. A zone without neighbours stays in it, so that it
can be counted and shown. ``to_graph()`` makes a :class:`libpysal.graph.Graph`
of it, and wherever neighbours are asked for, a ``Graph`` will do.
"""

from tsukuba_gis.weights.contiguity import block, higher_order, queen, rook
from tsukuba_gis.weights.coverage import Coverage, check_coverage
from tsukuba_gis.weights.distance import distance_band, kernel, knn
from tsukuba_gis.weights.files import from_table, read_weights
from tsukuba_gis.weights.graphs import describe
from tsukuba_gis.weights.spelling import weights_of

__all__ = [
    "Coverage",
    "block",
    "check_coverage",
    "describe",
    "distance_band",
    "from_table",
    "higher_order",
    "kernel",
    "knn",
    "queen",
    "read_weights",
    "rook",
    "weights_of",
]
