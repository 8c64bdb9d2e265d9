"""Tools on the numbers of districts: rates, correlation, regression, projection."""

from .. import parameters as p
from ..base import CoreAlgorithm
from ..texts import noop, tr
from .data import faulty, least, units


class StatisticsTool(CoreAlgorithm):
    """A tool of the group Rates and relations."""

    heading = ("statistics", noop("Rates and relations"))
    appends = {"OUTPUT": "INPUT"}


class DistrictRates(StatisticsTool):
    """Computes rates by district, steadied where numbers are small."""

    key, task, title = "districtrates", "rates", noop("Rates by district")

    def declare(self):
        methods = {
            "eb_local": tr("Empirical Bayes, towards the neighbours"),
            "eb_global": tr("Empirical Bayes, towards all districts"),
            "crude": tr("Crude, with interval and funnel"),
        }
        chances = {
            "binomial": tr("Each person counts once at most"),
            "poisson": tr("A person may count several times"),
        }
        return [
            p.source("INPUT", tr("Districts with numbers (polygons)"), p.POLYGONS),
            p.field("EVENTS", tr("Events (above the line)"), "INPUT"),
            p.field("POPULATION", tr("Persons at risk (below the line)"), "INPUT"),
            p.choice("METHOD", tr("Method"), methods),
            p.choice("CHANCE", tr("Events"), chances, advanced=True),
            p.weights(),
            p.alpha(),
            *units(),
            p.origin(),
            p.sink("OUTPUT", tr("Districts with rates")),
            *p.figures(TOTAL=tr("Rate of all districts")),
        ]


class Correlation(StatisticsTool):
    """Tells how fields go together over the districts."""

    key, task, title, appends = "correlation", "correlation", noop("Correlation"), {}

    def declare(self):
        methods = {"pearson": tr("Pearson"), "spearman": tr("Spearman (ranks)")}
        return [
            *p.values(several=True),
            p.choice("METHOD", tr("Method"), methods),
            p.alpha(),
            p.origin(),
            p.sink("OUTPUT", tr("Correlations"), p.ANY),
        ]


class Regression(StatisticsTool):
    """Explains one field by others."""

    key, task, title = "regression", "regression", noop("Regression")

    def declare(self):
        models = {
            "ols": tr("Least squares"), "poisson": tr("Counts (Poisson)"),
            "negative_binomial": tr("Counts (negative binomial)"), "lag": tr("Spatial lag"),
            "error": tr("Spatial error"),
        }  # fmt: skip
        offset = tr("Persons at risk (for counts)")
        return [
            *p.values(),
            p.field("FIELDS", tr("Explained by"), "INPUT", several=True),
            p.choice("MODEL", tr("Model"), models),
            p.field("OFFSET", offset, "INPUT", guess="", advanced=True),
            p.weights(),
            p.alpha(),
            p.seed(),
            p.origin(),
            p.sink("OUTPUT", tr("Districts with residuals")),
            p.sink("COEFFICIENTS", tr("Coefficients"), p.ANY),
            p.sink("DIAGNOSTICS", tr("Diagnostics"), p.ANY),
            *p.figures(N_ZONES=tr("Districts"), AIC=tr("AIC")),
        ]


class CohortProjection(StatisticsTool):
    """Projects persons by district, sex and age."""

    key, task, title = "cohortprojection", "cohort", noop("Cohort projection")
    appends = {"DISTRICTS": "ZONES"}

    def declare(self):
        year = {"advanced": False, "low": 1900, "high": 2200}
        return [
            p.source("RECORDS", tr("Records of the later date (points)"), p.POINTS),
            *p.roles("age", "sex"),
            p.number("YEAR", tr("Year of the later date"), 2020, **year),
            p.source("EARLIER", tr("Records of the earlier date (points)"), p.POINTS),
            p.field("EARLIER_AGE", tr("Age"), "EARLIER", "", p.Any, guess="age"),
            p.field("EARLIER_SEX", tr("Sex"), "EARLIER", "", p.Any, guess="sex"),
            p.number("YEAR_EARLIER", tr("Year of the earlier date"), 2015, **year),
            p.number("UNTIL", tr("Last year"), 2040, **year),
            *p.zones(),
            least(),
            faulty(),
            p.origin("pseudo", "invented", "reference"),
            p.sink("OUTPUT", tr("Persons by district, year, sex and age"), p.ANY),
            p.sink("DISTRICTS", tr("Districts with their totals")),
        ]


TOOLS = (DistrictRates, Correlation, Regression, CohortProjection)
