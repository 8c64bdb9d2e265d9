"""What may leave: the one policy that every writer asks before it writes.

A result, or a table, goes out with its notices and with where it comes from, or not at all; one of
reference (real) records without any number of persons from 1 to ``min_count`` − 1. All that a file
holds counts as published, also what only a program would read.

:mod:`~tsukuba_gis.publishing.results`
    A whole :class:`tsukuba_gis.result.Result`, and its parts.
:mod:`~tsukuba_gis.publishing.terms`
    A table or a map on its own: whose numbers it holds, and on which terms it may leave.
"""

from tsukuba_gis.publishing.results import (
    check_notices,
    publishable,
    publishable_level,
    publishable_part,
)
from tsukuba_gis.publishing.terms import (
    LEAST_COUNT,
    Origin,
    Terms,
    check_points,
    counts_in,
    hidden_below,
    hide_few,
    notices_of,
    whose,
)

__all__ = [
    "LEAST_COUNT",
    "Origin",
    "Terms",
    "check_notices",
    "check_points",
    "counts_in",
    "hidden_below",
    "hide_few",
    "notices_of",
    "publishable",
    "publishable_level",
    "publishable_part",
    "whose",
]
