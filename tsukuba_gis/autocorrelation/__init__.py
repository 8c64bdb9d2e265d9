"""Spatial autocorrelation: whether neighbouring zones are alike, and where.

Values are a Series by zone id, neighbours a
:class:`tsukuba_gis.neighbours.Neighbours` or a :class:`libpysal.graph.Graph`;
rows meet by id, never by position. A missing value is "no data": the zone is
left out, of its neighbours' means too. p-values are two-sided unless asked
otherwise, and inference is by permutation under a seed.
"""

from tsukuba_gis.autocorrelation.agreement import Agreement, agreement
from tsukuba_gis.autocorrelation.catalogue import TAKES, global_statistic, local_statistic
from tsukuba_gis.autocorrelation.exact import aple, local_moran_normal
from tsukuba_gis.autocorrelation.from_esda import from_esda
from tsukuba_gis.autocorrelation.geary import geary, local_geary
from tsukuba_gis.autocorrelation.getis_ord import getis_ord_g, local_g
from tsukuba_gis.autocorrelation.join_counts import join_counts, local_join_counts, quantile_lisa
from tsukuba_gis.autocorrelation.lee import lee, local_lee
from tsukuba_gis.autocorrelation.local_moran import (
    local_bivariate_moran,
    local_moran,
    local_moran_moments,
)
from tsukuba_gis.autocorrelation.losh import losh
from tsukuba_gis.autocorrelation.moran import bivariate_moran, correlogram, moran
from tsukuba_gis.autocorrelation.rates import (
    chance_share,
    eb_moran,
    local_eb_moran,
    rate_index,
)

__all__ = [
    "TAKES",
    "Agreement",
    "agreement",
    "aple",
    "bivariate_moran",
    "chance_share",
    "correlogram",
    "eb_moran",
    "from_esda",
    "geary",
    "getis_ord_g",
    "global_statistic",
    "join_counts",
    "lee",
    "local_bivariate_moran",
    "local_eb_moran",
    "local_g",
    "local_geary",
    "local_join_counts",
    "local_lee",
    "local_moran",
    "local_moran_moments",
    "local_moran_normal",
    "local_statistic",
    "losh",
    "moran",
    "quantile_lisa",
    "rate_index",
]
