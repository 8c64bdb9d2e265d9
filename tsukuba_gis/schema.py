"""Roles of columns and the codes of their values: the package's own vocabulary.

A *role* is the name that a column bears inside the package, whatever it is
called in the file that it came from.
"""

from __future__ import annotations

from typing import Final

SEXES: Final = ("female", "male")
# 介護保険: 非該当, 要支援1–2, 要介護1–5, in order of need.
CARE_LEVELS: Final = ("none", "support1", "support2", "care1", "care2", "care3", "care4", "care5")
HOUSEHOLD_TYPES: Final = (
    "single",
    "couple",
    "couple_children",
    "single_parent",
    "three_generation",
    "other",
    "institution",
)
RELATIONS: Final = ("head", "spouse", "child", "parent", "grandchild", "other", "resident")
