"""Files in: one module a format or family, and nothing is written beside a source.

:func:`read_records` (persons), :func:`read_zones` (polygons) and :func:`read_places`
(facilities and events) are the doors; :func:`check` looks at a file of persons or polygons.
"""

from tsukuba_gis.io.check import check, say_check
from tsukuba_gis.io.persons import read_records
from tsukuba_gis.io.places import read_places
from tsukuba_gis.io.polygons import read_zones

__all__ = ["check", "read_places", "read_records", "read_zones", "say_check"]
