"""What a result means, in words: one sentence, its cautions, and how it was made.

The sentences say what a result does not mean as well, for that is where maps
and figures are misread.
"""

from tsukuba_gis.reading.association import (
    LEVEL,
    cautions,
    label_of,
    method,
    rate_caution,
    sentence,
    shown_p,
    statistic_name,
    statistic_of,
    weights_name,
)
from tsukuba_gis.reading.people import (
    economy_sentence,
    flows_cautions,
    flows_sentence,
    projection_cautions,
    projection_method,
    projection_sentence,
)
from tsukuba_gis.reading.rates import age_curve_words, rate_words, shown_rate
from tsukuba_gis.reading.regions import regions_cautions, regions_method, regions_sentence
from tsukuba_gis.reading.relations import correlation_words, regression_words

__all__ = [
    "LEVEL",
    "age_curve_words",
    "cautions",
    "correlation_words",
    "economy_sentence",
    "flows_cautions",
    "flows_sentence",
    "label_of",
    "method",
    "projection_cautions",
    "projection_method",
    "projection_sentence",
    "rate_caution",
    "rate_words",
    "regions_cautions",
    "regions_method",
    "regions_sentence",
    "regression_words",
    "sentence",
    "shown_p",
    "shown_rate",
    "statistic_name",
    "statistic_of",
    "weights_name",
]
