"""Tools that write pages: a web map, a whole report."""

from qgis.core import QgsProcessingParameterString

from .. import parameters as p
from ..base import CoreAlgorithm
from ..texts import noop, tr
from .data import ROLES, disclosure, nearest


class PageTool(CoreAlgorithm):
    """A tool of the group Maps and reports."""

    heading = ("pages", noop("Maps and reports"))


class WebMap(PageTool):
    """Draws one field as an offline web map."""

    key, task, title = "webmap", "web_map", noop("Offline web map")

    def declare(self):
        units = {
            "share": tr("Share (0–1, shown in percent)"),
            "ratio": tr("Ratio or plain number"),
            "per_km2": tr("Persons per km²"),
            "yen": tr("Yen"),
            "persons": tr("Persons (drawn as circles)"),
        }
        return [
            *p.values(),
            *p.zone_fields("INPUT"),
            p.choice("UNIT", tr("Unit"), units),
            p.number("DIGITS", tr("Decimals"), 1, high=6),
            p.number("MIN_COUNT", tr("Smallest number of persons that is shown"), 10, low=1),
            p.origin(),
            p.html("OUTPUT", optional=False),
            *p.figures(N_ZONES=tr("Districts")),
        ]


class FullReport(PageTool):
    """Runs a whole study and writes its folder."""

    key, task, title = "fullreport", "full_report", noop("Full report")

    def declare(self):
        kinds = {
            "school_district": tr("Junior-high-school districts"),
            "elementary_district": tr("Elementary-school districts"),
            "ward": tr("Wards (行政区)"),
            "small_area": tr("Small areas (町丁・字)"),
            "former_municipality": tr("Former municipalities"),
            "other": tr("Other"),
        }
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
            *p.figures(N_FILES=tr("Files")),
        ]


TOOLS = (WebMap, FullReport)
