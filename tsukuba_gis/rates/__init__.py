"""Rates by zone: crude, standardised by age, shrunk by empirical Bayes, with their intervals.

Counts come in as frames: rows zones, columns age groups (or sex and age
groups), or a series where there is one number a zone.
"""

from tsukuba_gis.rates.ages import age_curve, age_indices
from tsukuba_gis.rates.bayes import eb_global, eb_local
from tsukuba_gis.rates.counts import counted
from tsukuba_gis.rates.limits import (
    funnel_limits,
    poisson_interval,
    poisson_probability,
    proportion_interval,
)
from tsukuba_gis.rates.models import MODEL_POPULATIONS, model_population
from tsukuba_gis.rates.standardised import crude, direct, indirect
from tsukuba_gis.result import AgeCurve, Rate

__all__ = [
    "MODEL_POPULATIONS",
    "AgeCurve",
    "Rate",
    "age_curve",
    "age_indices",
    "counted",
    "crude",
    "direct",
    "eb_global",
    "eb_local",
    "funnel_limits",
    "indirect",
    "model_population",
    "poisson_interval",
    "poisson_probability",
    "proportion_interval",
]
