"""Regions: neighbouring zones put together into few, each as alike within as can be."""

from tsukuba_gis.regions.division import measure_regions, refine, regionalise
from tsukuba_gis.regions.evidence import Elbow, Stability, adjusted_rand, elbow, stability
from tsukuba_gis.regions.geographic import clustgeo
from tsukuba_gis.regions.problem import Floor
from tsukuba_gis.regions.words import say
from tsukuba_gis.result import Regions

__all__ = [
    "Elbow",
    "Floor",
    "Regions",
    "Stability",
    "adjusted_rand",
    "clustgeo",
    "elbow",
    "measure_regions",
    "refine",
    "regionalise",
    "say",
    "stability",
]
