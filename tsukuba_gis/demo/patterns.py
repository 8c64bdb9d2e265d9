"""Patterns of invented households: who lives in one, and at which stage of life its head is.

Their weights are invented; what is published (persons, households, age
shares) is kept by how many of each are chosen, see
:mod:`tsukuba_gis.demo.choice`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from tsukuba_gis.schema import HOUSEHOLD_TYPES, RELATIONS

# Ordinary households have at most so many members; beyond lies an institution.
LARGEST: Final = 8

# Youngest, most usual and oldest age of the head at each stage of life.
_STAGES: Final = {
    "student": (18, 20, 27),
    "young": (22, 30, 39),
    "family": (31, 42, 58),
    "late": (47, 60, 69),
    "elder": (61, 67, 82),
    "aged": (74, 78, 99),
}
# Members of a pattern: H head, S spouse, C child, D spouse of the first child,
# G grandchild (child of the first child), P parent of the head, O other.
LETTERS: Final = "HSCDGPO"
_RELATION: Final = {
    "H": "head", "S": "spouse", "C": "child", "D": "other", "G": "grandchild", "P": "parent",
    "O": "other",
}  # fmt: skip
# members, stage, weight among households of that size (invented)
_PATTERNS: Final = (
    ("H", "student", 0.04), ("H", "young", 0.28), ("H", "family", 0.24), ("H", "late", 0.16),
    ("H", "elder", 0.14), ("H", "aged", 0.14),
    ("HS", "young", 0.10), ("HS", "family", 0.10), ("HS", "late", 0.14), ("HS", "elder", 0.26),
    ("HS", "aged", 0.12), ("HC", "family", 0.08), ("HC", "late", 0.05), ("HC", "elder", 0.03),
    ("HC", "aged", 0.04), ("HP", "family", 0.03), ("HP", "late", 0.04), ("HO", "student", 0.01),
    ("HO", "young", 0.02),
    ("HSC", "young", 0.17), ("HSC", "family", 0.30), ("HSC", "late", 0.18), ("HSC", "elder", 0.11),
    ("HSC", "aged", 0.03), ("HCC", "family", 0.08), ("HCC", "late", 0.02), ("HSP", "family", 0.02),
    ("HSP", "late", 0.04), ("HCP", "family", 0.03), ("HCD", "aged", 0.02),
    ("HSCC", "young", 0.07), ("HSCC", "family", 0.52), ("HSCC", "late", 0.16),
    ("HSCP", "family", 0.05), ("HSCP", "late", 0.06), ("HCCC", "family", 0.03),
    ("HCDG", "elder", 0.03), ("HCDG", "aged", 0.04), ("HSPP", "family", 0.02),
    ("HSCD", "elder", 0.02),
    ("HSCCC", "family", 0.28), ("HSCCC", "young", 0.05), ("HSCCC", "late", 0.03),
    ("HSCCP", "family", 0.18), ("HSCCP", "late", 0.12), ("HSCPP", "family", 0.08),
    ("HSCPP", "late", 0.04), ("HSCDG", "elder", 0.12), ("HCDGG", "aged", 0.10),
    ("HSCCPP", "family", 0.38), ("HSCCPP", "late", 0.10), ("HSCCCP", "family", 0.20),
    ("HSCDGG", "elder", 0.22), ("HCDGGG", "aged", 0.10),
    ("HSCCCPP", "family", 0.60), ("HSCCCCP", "family", 0.10), ("HSCDGGG", "elder", 0.30),
    ("HSCCCCPP", "family", 0.60), ("HSCDGGGG", "elder", 0.40),
)  # fmt: skip


def _household_type(members: str) -> str:
    """Return the household's type by its members, as the census groups them."""
    who = set(members)
    if members in ("H", "HS"):
        return "single" if members == "H" else "couple"
    if who == {"H", "S", "C"}:
        return "couple_children"
    if who == {"H", "C"} or members == "HP":
        return "single_parent"
    return "three_generation" if "G" in who or {"C", "P"} <= who else "other"


def _head_male(members: str, stage: str) -> float:
    """Return the share of heads who are men (invented, near what the census shows)."""
    if "S" in members:
        return 0.95
    if "C" in members:
        return 0.15 if stage in ("young", "family") else 0.25
    return {"student": 0.66, "young": 0.68, "family": 0.72, "late": 0.66, "elder": 0.45}.get(
        stage, 0.24
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Table:
    """The patterns as arrays, one row each."""

    slots: np.ndarray  # pattern × LARGEST, place in LETTERS, −1 where there is nobody
    size: np.ndarray
    weight: np.ndarray
    student: np.ndarray
    head_age: np.ndarray  # pattern × (youngest, usual, oldest)
    head_male: np.ndarray
    kind: np.ndarray  # place in HOUSEHOLD_TYPES


def _table() -> _Table:
    slots = np.full((len(_PATTERNS), LARGEST), -1)
    for row, (members, _, _) in enumerate(_PATTERNS):
        slots[row, : len(members)] = [LETTERS.index(letter) for letter in members]
    kinds = [HOUSEHOLD_TYPES.index(_household_type(members)) for members, _, _ in _PATTERNS]
    return _Table(
        slots=slots,
        size=np.array([len(members) for members, _, _ in _PATTERNS]),
        weight=np.array([weight for _, _, weight in _PATTERNS]),
        student=np.array([stage == "student" for _, stage, _ in _PATTERNS]),
        head_age=np.array([_STAGES[stage] for _, stage, _ in _PATTERNS], dtype=float),
        head_male=np.array([_head_male(members, stage) for members, stage, _ in _PATTERNS]),
        kind=np.array(kinds),
    )


PATTERNS: Final = _table()
# Relation of each letter, as its place in RELATIONS.
RELATION_CODE: Final = np.array([RELATIONS.index(_RELATION[letter]) for letter in LETTERS])
