"""Files in: one module a format or family, and nothing is written beside a source.

:func:`read_records` (persons), :func:`read_zones` (polygons) and :func:`read_places`
(facilities and events) are the doors; :func:`check` looks at a file of persons or polygons.
Tables of counts have readers of their own: :func:`read_age_tables` (persons by area, sex and
age), :func:`read_flows`, :func:`read_industries`.
"""

from tsukuba_gis.io.age_tables import read_age_tables
from tsukuba_gis.io.check import check, say_check
from tsukuba_gis.io.flows import read_flows
from tsukuba_gis.io.industries import read_industries
from tsukuba_gis.io.persons import read_records
from tsukuba_gis.io.places import read_places
from tsukuba_gis.io.polygons import read_zones

__all__ = [
    "check",
    "read_age_tables",
    "read_flows",
    "read_industries",
    "read_places",
    "read_records",
    "read_zones",
    "say_check",
]
