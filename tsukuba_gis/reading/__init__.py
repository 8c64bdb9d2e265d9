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
from tsukuba_gis.reading.regions import regions_cautions, regions_method, regions_sentence

__all__ = [
    "LEVEL",
    "cautions",
    "label_of",
    "method",
    "rate_caution",
    "regions_cautions",
    "regions_method",
    "regions_sentence",
    "sentence",
    "shown_p",
    "statistic_name",
    "statistic_of",
    "weights_name",
]
