"""Files in: one module a format or family, and nothing is written beside a source.

:func:`read_records` (persons) and :func:`read_zones` (polygons) are the two
doors; :func:`check` looks at a file of either kind.
"""

from tsukuba_gis.io.check import check, say_check
from tsukuba_gis.io.persons import read_records
from tsukuba_gis.io.polygons import read_zones

__all__ = ["check", "read_records", "read_zones", "say_check"]
