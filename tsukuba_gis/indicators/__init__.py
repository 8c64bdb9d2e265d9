"""Indicators: what one number per zone means, and how it is counted.

Each indicator is a numerator over a denominator, both sums over persons (or,
for counts, the numerator alone; for density, over the area). The table of
:mod:`~tsukuba_gis.indicators.rules` holds them all; the words stand in the
messages under ``indicator_NAME`` and ``definition_NAME``.
"""

from tsukuba_gis.indicators.counts import indicator_counts, indicator_values, share_counts
from tsukuba_gis.indicators.persons import SevereCare
from tsukuba_gis.indicators.rules import COUNTS, INDICATORS, SHARES, available, indicator, needs

__all__ = [
    "COUNTS", "INDICATORS", "SHARES", "SevereCare", "available", "indicator", "indicator_counts",
    "indicator_values", "needs", "share_counts",
]  # fmt: skip
