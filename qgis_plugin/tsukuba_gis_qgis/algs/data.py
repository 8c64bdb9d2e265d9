"""Tools on records and layers: check, assign, aggregate."""

from .. import parameters as p
from ..base import CoreAlgorithm
from ..texts import noop, tr

ROLES = ("age", "sex", "care_level", "household_id", "relation", "medical_cost", "hba1c")


class DataTool(CoreAlgorithm):
    """A tool of the group Data."""

    heading = ("data", noop("Data"))


class CheckInputs(DataTool):
    """Looks at a layer and says what is wrong with it."""

    key, task, title = "checkinputs", "check", noop("Check inputs")
    whole = True

    def declare(self):
        tip = tr("Points are taken for persons, polygons for districts.")
        return [
            p.source("INPUT", tr("Layer to check"), p.ANY, tip),
            p.sink("OUTPUT", tr("Problems"), p.ANY),
            p.html(),
            *p.figures(ERRORS=tr("Errors"), WARNINGS=tr("Warnings")),
        ]


class AssignDistricts(DataTool):
    """Adds to each record the district that it lies in."""

    key, task, title = "assigndistricts", "assign", noop("Assign districts to records")
    appends = {"OUTPUT": "INPUT", "UNMATCHED": "INPUT"}

    def declare(self):
        return [
            p.source("INPUT", tr("Records (points)"), p.POINTS),
            *p.zones(),
            nearest(),
            p.origin(),
            p.sink("OUTPUT", tr("Records with districts"), p.POINTS),
            p.sink("UNMATCHED", tr("Records in no district"), p.POINTS, optional=True),
            *matched(),
        ]


class AggregateDistricts(DataTool):
    """Counts persons and computes indicators by district."""

    key, task, title = "aggregatedistricts", "aggregate", noop("Aggregate records by district")
    appends = {"OUTPUT": "ZONES"}

    def declare(self):
        text = tr("Indicators (none: all that the fields allow)")
        return [
            p.source("RECORDS", tr("Records (points, one a person)"), p.POINTS),
            *p.roles(*ROLES),
            *p.zones(),
            p.choice("INDICATORS", text, indicators(), several=True),
            *disclosure(),
            nearest(),
            p.origin("pseudo", "invented", "reference"),
            p.sink("OUTPUT", tr("Districts with indicators")),
            *matched(),
        ]


def nearest():
    """Return how far outside a point may lie."""
    text = tr("Take points just outside to the nearest, within metres")
    tip = tr("0: points outside every district stay without one.")
    return p.number("NEAREST", text, 0, tip, p.Real)


def matched():
    """Return how records met districts, in numbers."""
    return p.figures(
        N_RECORDS=tr("Records"), N_MATCHED=tr("In a district"), N_ON_BORDER=tr("On a border"),
        N_NEAREST=tr("Given to the nearest"), N_OUTSIDE=tr("Outside"),
        N_MISSING=tr("Without a place"),
    )  # fmt: skip


def faulty():
    """Return what happens to records that cannot be read."""
    tip = tr("Otherwise one faulty record stops the run; all are listed in either case.")
    return p.yes("SKIP_FAULTY", tr("Leave out faulty records"), False, tip)


def least():
    """Return the smallest number that is shown."""
    return p.number("MIN_COUNT", tr("Smallest number of persons that is shown"), 10, low=1)


def disclosure():
    """Return what is hidden, and what heavy care means."""
    heavy = {"care3-5": tr("Care levels 3–5"), "care4-5": tr("Care levels 4–5")}
    severe = p.choice("SEVERE", tr("Heavy care means"), heavy, advanced=True)
    return [least(), severe, faulty()]


def units():
    """Return how numbers are written: unit and decimals."""
    shown = {
        "share": tr("Share (0–1, shown in percent)"), "ratio": tr("Ratio or plain number"),
        "per_km2": tr("Persons per km²"), "yen": tr("Yen"),
        "persons": tr("Persons (drawn as circles)"),
    }  # fmt: skip
    return [p.choice("UNIT", tr("Unit"), shown), p.number("DIGITS", tr("Decimals"), 1, high=6)]


def indicators():
    """Return the core's indicators: word and name."""
    return {
        "population": tr("Population"), "density": tr("Population density"),
        "share_65plus": tr("Share aged 65+"), "share_75plus": tr("Share aged 75+"),
        "share_0_14": tr("Share aged 0–14"),
        "ratio_65_10": tr("Ratio of 65+ to age 10 and under"),
        "aging_index": tr("Ageing index (65+ to 0–14)"),
        "share_severe_care": tr("Share in heavy care (aged 65+)"),
        "share_certified": tr("Share certified for care (aged 65+)"),
        "share_living_alone": tr("Share living alone (aged 65+)"),
        "share_headed_65plus": tr("Share of households headed by a person 65+"),
        "cost_per_head": tr("Medical cost per head (per year)"),
        "share_hba1c_high": tr("Share with HbA1c of 6.5 % or more (of those examined)"),
        "household_size": tr("Persons per household"), "households": tr("Households"),
    }  # fmt: skip


TOOLS = (CheckInputs, AssignDistricts, AggregateDistricts)
