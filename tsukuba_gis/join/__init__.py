"""Which zone each record is in: by its point, exactly, or by its code."""

from tsukuba_gis.join.areal import Interpolated, interpolate, largest_share, overlaps
from tsukuba_gis.join.assignment import (
    STATUSES,
    Assignment,
    Status,
    all_zones,
    assign_zones,
    match_report,
)
from tsukuba_gis.join.codes import match_codes
from tsukuba_gis.join.index import PolygonIndex, Priority, ZoneIndex
from tsukuba_gis.join.stream import join_file

__all__ = [
    "STATUSES",
    "Assignment",
    "Interpolated",
    "PolygonIndex",
    "Priority",
    "Status",
    "ZoneIndex",
    "all_zones",
    "assign_zones",
    "interpolate",
    "join_file",
    "largest_share",
    "match_codes",
    "match_report",
    "overlaps",
]
