"""The result of a study: one object that every writer reads.

Nothing in here holds a person: a :class:`Result` is what may leave the step
that sees records, and maps, report, workbook and GeoPackage are made from it
alone, so that they cannot disagree. It is made of levels
(:mod:`~tsukuba_gis.result.outcome`), and each of what was found there, a family of
results a room: ``association``, ``relations``, ``people``, ``places``.
"""

from tsukuba_gis.result.association import (
    HOT_SPOT_CLASSES,
    LISA_CLASSES,
    LOCAL_CLASSES,
    Association,
    GlobalStatistic,
    LisaClass,
    LocalAssociation,
    LocalMoran,
    LocalStatistic,
    Moran,
)
from tsukuba_gis.result.outcome import (
    DEFAULT_FORMATS,
    FORMATS,
    Indicator,
    Level,
    MaskReason,
    MatchReport,
    OutputFormat,
    Provenance,
    Result,
    TileSource,
    Unit,
)
from tsukuba_gis.result.people import (
    AgeCurve,
    Chance,
    Projection,
    ProjectionMethod,
    Rate,
    RateMethod,
)
from tsukuba_gis.result.places import Economy, Flows, RegionMethod, Regions
from tsukuba_gis.result.relations import Correlation, CorrelationMethod, Regression, RegressionModel

__all__ = [
    "DEFAULT_FORMATS",
    "FORMATS",
    "HOT_SPOT_CLASSES",
    "LISA_CLASSES",
    "LOCAL_CLASSES",
    "AgeCurve",
    "Association",
    "Chance",
    "Correlation",
    "CorrelationMethod",
    "Economy",
    "Flows",
    "GlobalStatistic",
    "Indicator",
    "Level",
    "LisaClass",
    "LocalAssociation",
    "LocalMoran",
    "LocalStatistic",
    "MaskReason",
    "MatchReport",
    "Moran",
    "OutputFormat",
    "Projection",
    "ProjectionMethod",
    "Provenance",
    "Rate",
    "RateMethod",
    "RegionMethod",
    "Regions",
    "Regression",
    "RegressionModel",
    "Result",
    "TileSource",
    "Unit",
]
