"""How many households of each pattern an area gets, so that the published figures are kept."""

from __future__ import annotations

from typing import Final

import numpy as np

from tsukuba_gis.demo.households import members
from tsukuba_gis.demo.patterns import LARGEST, PATTERNS

# Shares of households by size in a city like this one; tilted to each area's mean (invented).
_SIZES: Final = np.array([0.40, 0.24, 0.16, 0.135, 0.045, 0.014, 0.005, 0.001])
_TRIAL: Final = 2000  # households of each pattern from which its mean ages are learnt
# Where students live, so many more of the households that students form.
_STUDENTS: Final = 35.0


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
    trial = np.repeat(np.arange(len(PATTERNS.size)), _TRIAL)
    age, _, slots = members(trial, rng=rng)
    of_pattern = (slots >= 0).reshape(len(PATTERNS.size), -1)
    age = age.reshape(len(PATTERNS.size), -1)
    mean = np.stack([(age >= 65) & of_pattern, (age < 15) & of_pattern]).sum(axis=2) / _TRIAL
    base = (
        np.log(PATTERNS.weight)
        + np.where(PATTERNS.student, np.log(_STUDENTS), 0) * student[:, None]
    )
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
