"""How two indicators go together over the zones, and what neighbours do to the p-value."""

from tsukuba_gis.correlation.pairs import correlate, correlate_pairs
from tsukuba_gis.correlation.spatial import effective_size, sign_randomised
from tsukuba_gis.result import Correlation

__all__ = ["Correlation", "correlate", "correlate_pairs", "effective_size", "sign_randomised"]
