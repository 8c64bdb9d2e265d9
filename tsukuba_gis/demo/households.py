"""The members of invented households: their ages and sexes, fitting together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from tsukuba_gis.demo.patterns import LARGEST, LETTERS, PATTERNS, RELATION_CODE
from tsukuba_gis.schema import HOUSEHOLD_TYPES, RELATIONS

OLDEST: Final = 104
_BORN_MALE: Final = 0.513


def members(
    pattern: np.ndarray, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the members of each household their ages and sexes.

    Parameters
    ----------
    pattern
        Row of :data:`tsukuba_gis.demo.patterns.PATTERNS` for each household.
    rng
        Source of randomness.

    Returns
    -------
    age, male, slots
        Household × 8: years, whether a man, and who it is (−1: nobody; age and
        sex mean nothing there). Children are at least 18 years younger than
        either parent; spouses are of opposite sex.
    """
    slots = PATTERNS.slots[pattern]
    where = {letter: slots == place for place, letter in enumerate(LETTERS)}
    head_male = rng.random(len(pattern)) < PATTERNS.head_male[pattern]
    # Of two parents the first is the mother; a single one is so in four of five.
    both = where["P"].sum(axis=1, keepdims=True) == 2
    alone = rng.random((len(pattern), 1)) < 0.8
    mothers = where["P"] & np.where(both, where["P"].cumsum(axis=1) == 1, alone)
    age = np.zeros(slots.shape)
    for letter, ages in _ages(pattern, where, head_male, mothers, rng).items():
        age = np.where(where[letter], ages, age)
    return age.astype(np.int64), _sexes(where, head_male, mothers, rng), slots


def _ages(
    pattern: np.ndarray,
    where: Mapping[str, np.ndarray],
    head_male: np.ndarray,
    mothers: np.ndarray,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Return ages by letter, as household × 8 or household × 1."""
    n = len(pattern)
    children, grandchildren = where["C"].sum(axis=1), where["G"].sum(axis=1)
    head = np.floor(rng.triangular(*PATTERNS.head_age[pattern].T))
    head = np.maximum(head, 18 + 2 * children)
    spouse = head + np.rint(rng.normal(np.where(head_male, -2.0, 2.5), 3.2))
    spouse = np.clip(spouse, np.maximum(18 + 2 * children, head - 15), OLDEST)
    younger = np.where(where["S"].any(axis=1), np.minimum(head, spouse), head)
    # The first child must be old enough to be a parent where there are grandchildren.
    first, gaps = _births(younger, children, keep=np.where(grandchildren > 0, 26, 0), rng=rng)
    partner = np.maximum(first + np.rint(rng.normal(0, 3, n)), 26)
    grand, grand_gaps = _births(np.minimum(first, partner), grandchildren, keep=0, rng=rng)
    mother = np.minimum(head + _normal_between(28, 4.5, 18, 42, rng, n), 100)
    father = np.clip(mother + np.rint(rng.normal(2.5, 3, n)), head + 18, 99)
    other = np.clip(head + np.rint(rng.normal(0, 3, n)), 18, OLDEST)
    return {
        "H": head[:, None],
        "S": spouse[:, None],
        "C": _by_order(first, gaps, where["C"]),
        "D": partner[:, None],
        "G": _by_order(grand, grand_gaps, where["G"]),
        "P": np.where(mothers, mother[:, None], father[:, None]),
        "O": other[:, None],
    }


def _sexes(
    where: Mapping[str, np.ndarray],
    head_male: np.ndarray,
    mothers: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return who is a man: spouses opposite, mothers women, children and others by chance."""
    male = rng.random(mothers.shape) < _BORN_MALE
    male = np.where(where["H"], head_male[:, None], male)
    male = np.where(where["S"], ~head_male[:, None], male)
    male = np.where(where["P"], ~mothers, male)
    # A first child who lives with a spouse is mostly a son.
    sons = rng.random((len(male), 1)) < 0.85
    wed = where["D"].any(axis=1, keepdims=True) & (where["C"].cumsum(axis=1) == 1) & where["C"]
    male = np.where(wed, sons, male)
    return np.asarray(np.where(where["D"], ~sons, male))


def _normal_between(
    mean: float,
    sd: float,
    low: np.ndarray | float,
    high: np.ndarray | float,
    rng: np.random.Generator,
    n: int,
) -> np.ndarray:
    """Draw whole numbers from a normal distribution cut off at ``low`` and ``high``."""
    from scipy.special import ndtr, ndtri

    a, b = ndtr((np.asarray(low) - 0.5 - mean) / sd), ndtr((np.asarray(high) + 0.5 - mean) / sd)
    drawn = mean + sd * ndtri(a + (b - a) * rng.random(n))
    return np.asarray(np.clip(np.rint(drawn), low, high))


def _births(
    parent: np.ndarray, children: np.ndarray, *, keep: np.ndarray | int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the eldest child's age and how much younger each further child is.

    ``parent`` is the age of the younger parent, who was 18 to 45 at every
    birth; ``keep`` is the least age of the eldest.
    """
    n = len(parent)
    gaps = rng.integers(1, 5, size=(n, LARGEST))
    gaps[:, 0] = 0
    later = np.cumsum(gaps, axis=1)
    last = np.take_along_axis(later, np.maximum(children - 1, 0)[:, None], axis=1)[:, 0]
    # Where the parent is too young for such gaps, the children come a year apart.
    close = parent - 18 < np.maximum(last, keep)
    later = np.where(close[:, None], np.arange(LARGEST), later)
    last = np.where(close, np.maximum(children - 1, 0), last)
    latest = np.minimum(parent - np.maximum(last, keep), 45 - last)
    at_birth = _normal_between(30.5, 4.5, 18, np.maximum(latest, 18), rng, n)
    return parent - at_birth, later


def _by_order(eldest: np.ndarray, later: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Return ages of the children in a row: the eldest first."""
    order = np.maximum(np.cumsum(where, axis=1) - 1, 0)
    return np.asarray(eldest[:, None] - np.take_along_axis(later, order, axis=1))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class People:
    """Persons as arrays, one entry each, households together and the head first.

    ``household`` numbers the households from 0; ``relation`` and ``kind`` are
    places in ``schema.RELATIONS`` and ``schema.HOUSEHOLD_TYPES``; ``area`` has
    one entry a household.
    """

    household: np.ndarray
    age: np.ndarray
    male: np.ndarray
    relation: np.ndarray
    kind: np.ndarray
    area: np.ndarray


def people(
    pattern: np.ndarray,
    pattern_area: np.ndarray,
    *,
    institution_area: np.ndarray,
    institution_size: np.ndarray,
    rng: np.random.Generator,
) -> People:
    """Return the members of ordinary households and institutions, areas in order.

    Institutions stand among families as homes for the old (65 and older, three
    in four of them women); where nobody else lives, as homes for adults
    of 40 and older (障害者支援施設). The first resident stands as the head, as in the census.
    """
    ages, men, slots = members(pattern, rng=rng)
    row, column = np.nonzero(slots >= 0)
    n = int(institution_size.sum())
    home = len(pattern) + np.repeat(np.arange(len(institution_size)), institution_size)
    first = np.diff(home, prepend=-1) != 0
    resident = np.where(first, RELATIONS.index("head"), RELATIONS.index("resident"))
    area = np.concatenate([pattern_area, institution_area])
    number = np.empty(len(area), dtype=np.int64)
    # Within an area the households stand in no order.
    number[np.lexsort((rng.random(len(area)), area))] = np.arange(len(area))
    kind = np.concatenate(
        [
            PATTERNS.kind[pattern],
            np.full(len(institution_area), HOUSEHOLD_TYPES.index("institution")),
        ]
    )
    for_old = np.repeat(np.isin(institution_area, pattern_area), institution_size)
    old = rng.triangular(65, 88, OLDEST, n)
    adult = rng.triangular(40, 60, 95, n)
    resident_age = np.floor(np.where(for_old, old, adult)).astype(np.int64)
    resident_male = rng.random(n) < np.where(for_old, 0.25, 0.6)
    household = np.concatenate([row, home])
    order = np.argsort(number[household], kind="stable")
    return People(
        household=number[household][order],
        age=np.concatenate([ages[row, column], resident_age])[order],
        male=np.concatenate([men[row, column], resident_male])[order],
        relation=np.concatenate([RELATION_CODE[slots[row, column]], resident])[order],
        kind=kind[household][order],
        area=np.sort(area),
    )
