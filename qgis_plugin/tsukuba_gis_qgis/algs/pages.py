"""Tools that write pages: a web map, a whole report."""

from qgis.core import QgsProcessingParameterString

from .. import parameters as p
from ..base import CoreAlgorithm
from ..texts import noop, tr
from .data import ROLES, disclosure, least, nearest, units


class PageTool(CoreAlgorithm):
    """A tool of the group Maps and reports."""

    heading = ("pages", noop("Maps and reports"))


class WebMap(PageTool):
    """Draws one field as an offline web map."""

    key, task, title = "webmap", "web_map", noop("Offline web map")

    def declare(self):
        return [
            *p.values(),
            *p.zone_fields("INPUT"),
            *units(),
            least(),
            p.origin(),
            p.html("OUTPUT", optional=False),
        ]


class FullReport(PageTool):
    """Runs a whole study and writes its folder."""

    key, task, title = "fullreport", "full_report", noop("Full report")

    def declare(self):
        kinds = {
            "school_district": tr("Junior-high-school districts"),
            "elementary_district": tr("Elementary-school districts"), "ward": tr("Wards (行政区)"),
            "small_area": tr("Small areas (町丁・字)"),
            "former_municipality": tr("Former municipalities"), "other": tr("Other"),
        }  # fmt: skip
        return [
            p.source("RECORDS", tr("Records (points, one a person)"), p.POINTS),
            *p.roles(*ROLES),
            *p.zones(),
            p.choice("ZONES_KIND", tr("Kind of districts"), kinds),
            QgsProcessingParameterString("TITLE", tr("Title"), tr("Statistics by district")),
            *disclosure(),
            nearest(),
            p.weights(),
            *p.inference(),
            p.origin("pseudo", "invented", "reference"),
            p.out_folder(tr("Folder of the report")),
            *p.words(PAGE=tr("First page")),
        ]


TOOLS = (WebMap, FullReport)
