"""Regions: neighbouring zones put together into few, each as alike within as can be."""

from tsukuba_gis.regions.division import (
    Floor,
    Regions,
    measure_regions,
    refine,
    regionalise,
)

__all__ = ["Floor", "Regions", "measure_regions", "refine", "regionalise"]
