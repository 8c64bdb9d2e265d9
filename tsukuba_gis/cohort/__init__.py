"""Cohort change and projection of persons by area, sex and age."""

from tsukuba_gis.cohort.ages import long_table, regroup
from tsukuba_gis.cohort.backtest import Backtest, backtest, with_bounds
from tsukuba_gis.cohort.change import COUNTIES, STANDARD, Rules, cohort_change
from tsukuba_gis.cohort.component import Rates, cohort_component, survival_ratios
from tsukuba_gis.cohort.concordance import Concordance, carry, concordance
from tsukuba_gis.cohort.hamilton_perry import Settings, hamilton_perry
from tsukuba_gis.cohort.scenario import Housing, Institution
from tsukuba_gis.cohort.shrinkage import Steadied, distances, shrink

__all__ = [
    "COUNTIES",
    "STANDARD",
    "Backtest",
    "Concordance",
    "Housing",
    "Institution",
    "Rates",
    "Rules",
    "Settings",
    "Steadied",
    "backtest",
    "carry",
    "cohort_change",
    "cohort_component",
    "concordance",
    "distances",
    "hamilton_perry",
    "long_table",
    "regroup",
    "shrink",
    "survival_ratios",
    "with_bounds",
]
