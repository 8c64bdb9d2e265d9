"""Spatial autocorrelation: whether neighbouring zones are alike, and where.

Values are a Series by zone id, neighbours a :class:`libpysal.graph.Graph`;
rows meet by id, never by position. A missing value is "no data": the zone is
left out, of its neighbours' means too. p-values are two-sided unless asked
otherwise, and inference is by permutation under a seed.
"""

from tsukuba_gis.autocorrelation.moran import local_moran, moran

__all__ = ["local_moran", "moran"]
