"""Invented households: how many of each size an area has, who lives in them, how old they are.

A household is drawn from a short list of *patterns*: who lives in it, and at
which stage of life its head is. The weights of the patterns, and the shape of
the ages, are invented; what is published (persons, households, age shares) is
kept by construction, see :func:`choose_patterns`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from tsukuba_gis.schema import HOUSEHOLD_TYPES, RELATIONS

# Ordinary households have at most so many members; beyond lies an institution.
LARGEST: Final = 8
OLDEST: Final = 104
# Shares of households by size in a city like this one; tilted to each area's mean.
_SIZES: Final = np.array([0.40, 0.24, 0.16, 0.135, 0.045, 0.014, 0.005, 0.001])

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
_LETTERS: Final = "HSCDGPO"
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
_TRIAL: Final = 2000  # households of each pattern from which its mean ages are learnt


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

    slots: np.ndarray  # pattern × LARGEST, place in _LETTERS, −1 where there is nobody
    size: np.ndarray
    weight: np.ndarray
    student: np.ndarray
    head_age: np.ndarray  # pattern × (youngest, usual, oldest)
    head_male: np.ndarray
    kind: np.ndarray  # place in HOUSEHOLD_TYPES


def _table() -> _Table:
    slots = np.full((len(_PATTERNS), LARGEST), -1)
    for row, (members, _, _) in enumerate(_PATTERNS):
        slots[row, : len(members)] = [_LETTERS.index(letter) for letter in members]
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
_RELATION_CODE: Final = np.array([RELATIONS.index(_RELATION[letter]) for letter in _LETTERS])


def size_counts(persons: np.ndarray, households: np.ndarray) -> np.ndarray:
    """Return how many households of 1, 2 … 8 members each area has.

    Parameters
    ----------
    persons, households
        Whole numbers by area; ``households ≤ persons ≤ 8 × households``.

    Returns
    -------
    numpy.ndarray
        Area × size; rows add up to ``households``, and weighted with the size
        to ``persons``, exactly.

    Notes
    -----
    The usual shares of sizes are tilted exponentially, ``share · exp(t · size)``,
    with the one ``t`` that gives the area's mean (the distribution nearest to
    the usual one in the sense of Kullback and Leibler), then rounded to whole
    households; what rounding leaves is mended by making single households one
    larger or smaller.

    Examples
    --------
    >>> size_counts(np.array([5, 24]), np.array([5, 10])).tolist()
    [[5, 0, 0, 0, 0, 0, 0, 0], [3, 3, 2, 1, 1, 0, 0, 0]]
    """
    size = np.arange(1, LARGEST + 1)
    mean = persons / np.maximum(households, 1)
    low, high = np.full(len(mean), -40.0), np.full(len(mean), 40.0)
    for _ in range(60):
        tilt = (low + high) / 2
        share = _softmax(np.log(_SIZES) + tilt[:, None] * size)
        below = share @ size < mean
        low, high = np.where(below, tilt, low), np.where(below, high, tilt)
    # Whole numbers by rounding the running sums keep each row's total.
    edges = np.rint(np.cumsum(share, axis=1) * households[:, None]).astype(np.int64)
    edges[:, -1] = households
    counts = np.diff(edges, axis=1, prepend=0)
    for row in np.flatnonzero(counts @ size != persons):
        _mend(counts[row], int(persons[row]))
    return np.asarray(counts)


def _mend(counts: np.ndarray, persons: int) -> None:
    """Change sizes one by one, in place, until the household sizes add up to ``persons``."""
    size = np.arange(1, LARGEST + 1)
    while (gap := persons - int(counts @ size)) != 0:
        step = 1 if gap > 0 else -1
        movable = counts.copy()
        movable[-1 if step > 0 else 0] = 0
        place = int(movable.argmax())
        counts[place] -= 1
        counts[place + step] += 1


def _softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def choose_patterns(
    counts: np.ndarray,
    *,
    old: np.ndarray,
    young: np.ndarray,
    student: np.ndarray,
    fixed_old: np.ndarray,
    goal: tuple[float, float],
    rng: np.random.Generator,
) -> np.ndarray:
    """Choose a pattern for every household.

    Parameters
    ----------
    counts
        Area × size: how many households.
    old, young
        Shares of persons 65+ and 0–14 that each area should come near to, 0–1.
    student
        Areas where students live.
    fixed_old
        Persons 65+ of each area outside these households (in institutions).
    goal
        Shares 65+ and 0–14 of the whole city; the areas' shares are moved
        together, on the logit scale, until the city meets them.
    rng
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Row of :data:`PATTERNS` for each household, areas in order, then sizes.

    Notes
    -----
    How many persons 65+ and 0–14 a pattern has on average, ``n65`` and
    ``n15``, is learnt from trial households. Within each size the patterns'
    weights are then tilted, ``weight · exp((a · n65 + b · n15) / size)``, with
    the area's own ``a`` and ``b`` found by Newton's method so that the area's
    expected numbers meet its targets. ``a`` and ``b`` stay within ±8, so that
    an area whose targets cannot be met with its household sizes keeps some
    variety.
    """
    trial = np.repeat(np.arange(len(_PATTERNS)), _TRIAL)
    age, _, slots = members(trial, rng=rng)
    of_pattern = (slots >= 0).reshape(len(_PATTERNS), -1)
    age = age.reshape(len(_PATTERNS), -1)
    mean = np.stack([(age >= 65) & of_pattern, (age < 15) & of_pattern]).sum(axis=2) / _TRIAL
    base = np.log(PATTERNS.weight) + np.where(PATTERNS.student, np.log(35.0), 0) * student[:, None]
    inside = counts @ np.arange(1, LARGEST + 1)
    persons = inside + fixed_old
    fixed = np.stack([fixed_old, np.zeros_like(fixed_old)])
    shift = np.zeros(2)
    tilt = np.zeros((2, len(counts)))
    wish = _logit(np.clip(np.stack([old, young]), 0.005, 0.9))
    for _ in range(6):
        aim = persons / (1 + np.exp(-wish - shift[:, None])) - fixed
        tilt, reached = _tilt(base, counts, mean, np.clip(aim, 0, inside), tilt)
        share = (reached + fixed).sum(axis=1) / persons.sum()
        shift += _logit(np.array(goal)) - _logit(np.clip(share, 0.001, 0.999))
    return _draw(_tilted(base, tilt, mean), counts, rng)


def _tilted(base: np.ndarray, tilt: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return np.asarray(base + np.tensordot(tilt, mean / PATTERNS.size, (0, 0)))


def _logit(share: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(share / (1 - share)))


def _tilt(
    base: np.ndarray, counts: np.ndarray, mean: np.ndarray, aim: np.ndarray, tilt: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the areas' two tilts, and the expected persons 65+ and 0–14 that they give."""
    weight = counts[:, PATTERNS.size - 1]
    first = np.flatnonzero(np.diff(PATTERNS.size, prepend=0))
    for _ in range(6):
        share = _share_within_size(_tilted(base, tilt, mean))
        each = share * weight
        reached = np.tensordot(mean, each, (1, 1))
        # How the expected numbers change with the tilts: covariances within sizes, over size.
        sizes = PATTERNS.size[first]
        by_size = [np.add.reduceat(share * mean[k], first, axis=1) for k in (0, 1)]
        n = counts[:, sizes - 1] / sizes
        cov = [
            [
                each @ (mean[j] * mean[k] / PATTERNS.size)
                - (by_size[j] * by_size[k] * n).sum(axis=1)
                for k in (0, 1)
            ]
            for j in (0, 1)
        ]
        a, b, d = cov[0][0] + 1e-3, cov[0][1], cov[1][1] + 1e-3
        gap = aim - reached
        step = np.stack([d * gap[0] - b * gap[1], a * gap[1] - b * gap[0]]) / (a * d - b * b)
        tilt = np.clip(tilt + np.clip(step, -2, 2), -8, 8)
    return tilt, reached


def _share_within_size(logits: np.ndarray) -> np.ndarray:
    """Return the probability of each pattern among those of its size (rows: areas)."""
    shares = np.empty_like(logits)
    for size in range(1, LARGEST + 1):
        own = size == PATTERNS.size
        shares[:, own] = _softmax(logits[:, own])
    return shares


def _draw(logits: np.ndarray, counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw patterns by area and size; systematic, so that few households follow the shares too."""
    shares = _share_within_size(logits)
    cumulated = np.cumsum(shares, axis=1)
    area = np.repeat(np.arange(len(counts)), counts.sum(axis=1))
    size = np.repeat(np.tile(np.arange(1, LARGEST + 1), len(counts)), counts.ravel())
    number = counts[area, size - 1]
    first = np.cumsum(counts.ravel()) - counts.ravel()
    place = np.arange(len(area)) - first[area * LARGEST + size - 1]
    # One random start for each area and size; the households stand at even steps.
    start = rng.random(counts.size)[area * LARGEST + size - 1]
    # Sizes lie one after the other in the cumulated row, each with a sum of 1.
    aim = (size - 1) + (place + start) / number
    keys = cumulated + np.arange(len(counts))[:, None] * LARGEST
    found = np.searchsorted(keys.ravel(), aim + area * LARGEST, side="right")
    return np.asarray(np.clip(found - area * len(PATTERNS.size), _first(size), _last(size)))


def _first(size: np.ndarray) -> np.ndarray:
    return np.searchsorted(PATTERNS.size, size, side="left")


def _last(size: np.ndarray) -> np.ndarray:
    return np.searchsorted(PATTERNS.size, size, side="right") - 1


def members(
    pattern: np.ndarray, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the members of each household their ages and sexes.

    Parameters
    ----------
    pattern
        Row of :data:`PATTERNS` for each household.
    rng
        Source of randomness.

    Returns
    -------
    age, male, slots
        Household × 8: years, whether a man, and who it is (−1: nobody; age and
        sex mean nothing there). Children are at least 18 years younger than
        either parent; spouses are of opposite sex.
    """
    n = len(pattern)
    slots = PATTERNS.slots[pattern]
    age = np.zeros((n, LARGEST))
    male = rng.random((n, LARGEST)) < 0.513
    head_male = rng.random(n) < PATTERNS.head_male[pattern]
    is_ = {letter: slots == place for place, letter in enumerate(_LETTERS)}
    children, grandchildren = is_["C"].sum(axis=1), is_["G"].sum(axis=1)

    head = np.floor(rng.triangular(*PATTERNS.head_age[pattern].T))
    head = np.maximum(head, 18 + 2 * children)
    spouse = head + np.rint(rng.normal(np.where(head_male, -2.0, 2.5), 3.2))
    spouse = np.clip(spouse, np.maximum(18 + 2 * children, head - 15), OLDEST)
    parent = np.where(is_["S"].any(axis=1), np.minimum(head, spouse), head)

    # The first child must be old enough to be a parent where there are grandchildren.
    first, gaps = _births(parent, children, keep=np.where(grandchildren > 0, 26, 0), rng=rng)
    partner = np.maximum(first + np.rint(rng.normal(0, 3, n)), 26)
    grand, grand_gaps = _births(np.minimum(first, partner), grandchildren, keep=0, rng=rng)
    mother = np.minimum(head + _normal_between(28, 4.5, 18, 42, rng, n), 100)
    father = np.clip(mother + np.rint(rng.normal(2.5, 3, n)), head + 18, 99)

    for letter, ages, sexes in (
        ("H", head, head_male),
        ("S", spouse, ~head_male),
        ("D", partner, rng.random(n) < 0.15),
    ):
        age = np.where(is_[letter], ages[:, None], age)
        male = np.where(is_[letter], sexes[:, None], male)
    # The first child's sex is the opposite of its spouse's.
    wed = is_["D"].any(axis=1)
    rows = np.flatnonzero(wed)
    male[rows, is_["C"][wed].argmax(axis=1)] = ~male[rows, is_["D"][wed].argmax(axis=1)]
    age = np.where(is_["C"], _by_order(first, gaps, is_["C"]), age)
    age = np.where(is_["G"], _by_order(grand, grand_gaps, is_["G"]), age)
    both = is_["P"].sum(axis=1, keepdims=True) == 2
    mothers = is_["P"] & np.where(both, is_["P"].cumsum(axis=1) == 1, rng.random((n, 1)) < 0.8)
    age = np.where(is_["P"], np.where(mothers, mother[:, None], father[:, None]), age)
    male = np.where(is_["P"], ~mothers, male)
    other = np.clip(head + np.rint(rng.normal(0, 3, n)), 18, OLDEST)
    age = np.where(is_["O"], other[:, None], age)
    return age.astype(np.int64), male, slots


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
        relation=np.concatenate([_RELATION_CODE[slots[row, column]], resident])[order],
        kind=kind[household][order],
        area=np.sort(area),
    )
