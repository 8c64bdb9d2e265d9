"""What a result means, in words: one sentence, its cautions, and how it was made.

The sentences say what a result does not mean as well, for that is where maps
and figures are misread.
"""

from tsukuba_gis.reading.association import (
    LEVEL,
    cautions,
    method,
    rate_caution,
    sentence,
    shown_p,
    weights_name,
)

__all__ = [
    "LEVEL",
    "cautions",
    "method",
    "rate_caution",
    "sentence",
    "shown_p",
    "weights_name",
]
