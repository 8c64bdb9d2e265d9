"""Households exchanged between areas until the area tables come out right.

``placed`` is areas × kinds: how many households of each kind are where. First
exchanges are made that lessen the squared misfit most, then such as put one
area right altogether.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.making.raking import Targets

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]

# What a misfit in an urgent cell weighs against one in another.
_URGENT: Final = 8.0
# Pairs of areas without an exchange that helps after which a sweep ends, for each area there is: of
# all cells, of those that are left when some are given up, and of exchanges that fit exactly.
_FAILS: Final = (4, 2, 3)
# Cells that are given up, sweep by sweep: those with a misfit of so many, first none; last all
# that are wrong, where an urgent one still is.
_LAST: Final = 1
_FAR: Final = (np.inf, 3, 2, _LAST)
# Bundles of either area that are compared when two exchange; what a pair must be able to save to
# be tried; what is left of the hope for an area after a try in vain: others come first.
_BUNDLES: Final = 192
_WORTH: Final = 2.0
_HOPE: Final = 0.7
# Try by try: of how many kinds of either area households are sought that fit exactly.
_SOUGHT: Final = (100, 150)
# Exchanges that fit one area, compared by what they leave to the other.
_COMPARED: Final = 400
# Last binary digits of hashes that are compared before the hashes are sorted.
_DIGITS: Final = 2**17 - 1
# Exchanges that fit in one sweep, at most so many an area: misfit may be passed round.
_MERGES: Final = 15


@dataclass(slots=True, eq=False, kw_only=True)
class Dealing:
    """Who is where, and how far each area is from its tables; changed in place.

    ``weight`` says what a misfit matters, by area and cell: 0 where nothing is
    published, and there ``error`` is 0. ``counts`` and ``barred`` have one kind
    more than ``placed``: nobody; ``single`` are the counts in single precision,
    and a column of halves: that of two households together is 1.
    """

    placed: Ints
    error: Floats
    weight: Floats
    counts: Ints
    single: Floats
    barred: Bools

    @classmethod
    def of(cls, placed: Ints, targets: Targets, allowed: Bools) -> Dealing:
        """Return the state of a table of placed households."""
        counts = np.pad(targets.counts, ((0, 1), (0, 0)))
        return cls(
            placed=placed, error=targets.error(placed),
            weight=targets.known * np.where(targets.urgent, _URGENT, 1.0),
            counts=counts,
            single=np.column_stack([counts, np.full(len(counts), 0.5)]).astype(np.float32),
            barred=np.column_stack([~allowed, np.zeros(len(placed), dtype=bool)]),
        )  # fmt: skip

    def without(self, cells: Bools) -> Dealing:
        """Return the same state, some cells (areas × cells) given up; it moves the same."""
        return dataclasses.replace(
            self, error=np.where(cells, 0.0, self.error), weight=np.where(cells, 0.0, self.weight)
        )

    @property
    def known(self) -> Bools:
        """Which cells are minded, by area."""
        return self.weight > 0

    @property
    def wrong(self) -> Floats:
        """Misfit of each area."""
        total: Floats = np.abs(self.error).sum(axis=1)
        return total

    def move(self, pair: tuple[int, int], gone: Ints, come: Ints) -> None:
        """Exchange bundles of kinds between two areas."""
        one, other = pair
        step = self.counts[come].sum(axis=0) - self.counts[gone].sum(axis=0)
        self.error[one] += step * (self.weight[one] > 0)
        self.error[other] -= step * (self.weight[other] > 0)
        nobody = self.placed.shape[1]
        for bundle, source, target in ((gone, one, other), (come, other, one)):
            for kind in bundle[bundle != nobody]:
                self.placed[source, kind] -= 1
                self.placed[target, kind] += 1


def fit(placed: Ints, targets: Targets, allowed: Bools, rng: np.random.Generator) -> None:
    """Exchange households until the tables come out right, but for cells that are given up.

    A cell that stays far from what is wanted, when all else has been tried,
    cannot be met, and would spread its misfit over many that can.

    Parameters
    ----------
    placed
        Households of each kind in each area (areas × kinds); changed in place.
    targets
        The area tables; urgent cells are never given up, and at last every wrong one is for them.
    allowed
        Which kinds may be where.
    rng
        Draws the exchanges that are tried.
    """
    fails = [number * len(placed) for number in _FAILS]
    exchange(Dealing.of(placed, targets, allowed), rng, fails=fails[0])
    for far in _FAR:
        dealing = Dealing.of(placed, targets, allowed)
        if far == _LAST and not dealing.error[:, targets.urgent].any():
            return
        lost = (np.abs(dealing.error) >= far) & ~targets.urgent
        if lost.any():
            dealing = dealing.without(lost)
            exchange(dealing, rng, fails=fails[1])
        merge_errors(dealing, rng, fails=fails[2])


def exchange(dealing: Dealing, rng: np.random.Generator, *, fails: int) -> None:
    """Exchange households between pairs of areas while that lessens the squared misfit.

    The pair goes first that would save most if households could be cut at
    will. It tries bundles of no, one or two households of either side against
    each other, all at once: what an exchange saves is a product of two
    matrices. It ends after so many ``fails``: pairs that found nothing.
    """
    n = len(dealing.placed)
    saves = np.stack([_could_save(dealing, area) for area in range(n)])
    hope, failed = np.ones(n), 0
    while failed < fails:
        score = saves * hope[:, None] * hope
        pair = one, other = divmod(int(score.argmax()), n)
        if score[pair] <= 0:
            return
        if _exchanged(dealing, pair, rng):
            for area in pair:
                saves[area] = saves[:, area] = _could_save(dealing, area)
                hope[area] = 1.0
        else:  # nor is it tried again before one of them has changed
            saves[one, other] = saves[other, one] = 0.0
            hope[[one, other]] *= _HOPE
            failed += 1


def _could_save(dealing: Dealing, area: int) -> Floats:
    """Return what an area and each other would save at most by one exchange, 0 if next to none."""
    weight, pull = dealing.weight, dealing.weight * dealing.error
    apart = pull[area] - pull
    saves: Floats = (apart * apart / np.maximum(weight[area] + weight, 1e-9)).sum(axis=1)
    saves[area] = 0.0
    saves[saves < _WORTH] = 0.0
    return saves


def _exchanged(dealing: Dealing, pair: tuple[int, int], rng: np.random.Generator) -> bool:
    """Make the exchange between two areas that saves most; tell whether one saves anything."""
    one, other = pair
    gone = _bundles(dealing.placed[one], dealing.barred[other], rng)
    come = _bundles(dealing.placed[other], dealing.barred[one], rng)
    # Of weight · (error + come − gone)² over both areas all that depends on the exchange; single
    # precision chooses, and what the chosen one saves is counted exactly.
    pull = dealing.weight[one] * dealing.error[one] - dealing.weight[other] * dealing.error[other]
    both = dealing.weight[one] + dealing.weight[other]
    weights, twice = both.astype(np.float32), (2.0 * pull).astype(np.float32)
    less, more = (
        dealing.single.take(bundles[0], axis=0) + dealing.single.take(bundles[1], axis=0)
        for bundles in (gone, come)
    )
    # The last column is of ones; it meets what those that come cost alone.
    right = more * np.append(-2.0 * weights, np.float32(0.0))
    right[:, -1] = _alone(more, weights, twice)
    left = less @ right.T
    best = left.argmin(axis=1)
    left = left[np.arange(len(best)), best] + _alone(less, weights, -twice)
    i = int(left.argmin())
    gone, come = gone[:, i], come[:, best[i]]
    step = dealing.counts[come].sum(axis=0) - dealing.counts[gone].sum(axis=0)
    if both @ (step * step) + 2.0 * pull @ step > -0.5:
        return False
    dealing.move(pair, gone, come)
    return True


def _alone(bundles: Floats, weights: Floats, twice: Floats) -> Floats:
    """Return what bundles cost an area if nothing goes the other way."""
    counts = bundles[:, :-1]
    cost: Floats = (counts * counts) @ weights + counts @ twice
    return cost


def _bundles(placed: Ints, barred: Bools, rng: np.random.Generator) -> Ints:
    """Return bundles of an area's households that may leave: nobody, one, or two of other kinds."""
    nobody = len(placed)
    present = np.flatnonzero((placed > 0) & ~barred[:-1])
    if len(present) == 0:
        return np.full((2, 1), nobody)
    # Single precision tells the kinds of an area apart, and is drawn in a fraction of the time.
    lot = rng.random((2, _BUNDLES), dtype=np.float32)
    bundles = present.take((lot * len(present)).astype(np.int64), mode="clip")
    bundles[1, : _BUNDLES // 4] = bundles[0, 0] = nobody
    bundles[1, bundles[0] == bundles[1]] = nobody
    return bundles


# ---- exactly ---------------------------------------------------------------------


def merge_errors(dealing: Dealing, rng: np.random.Generator, *, fails: int) -> None:
    """Sweep the misfit from area to area until it cancels, by exchanges that fit exactly.

    One area is put right altogether, and what it had too much of goes to
    another, so that the sum of the misfit never grows. The exchange that does
    it is of up to two households of either side; it is found by hashing: the
    hash of households is linear in what they count, so that those of the one
    side are looked up by the hash that those of the other leave open. It ends after
    so many ``fails``: pairs of areas without an exchange that fits.
    """
    # A factor a cell: sums of factors tell what is counted apart, nearly surely.
    factors = rng.integers(-(2**62), 2**62, size=(dealing.counts.shape[1],), dtype=np.int64)
    n, failed = len(dealing.placed), 0
    tried = np.zeros((n, n), dtype=np.int64)
    score = _relief(dealing, tried, rng)
    for _ in range(_MERGES * n):
        pair = divmod(int(score.argmax()), n)
        if failed > fails or not np.isfinite(score[pair]):
            return
        found = _fitting(dealing, pair, factors, int(tried[pair]), rng)
        if found is None:
            tried[pair] += 1
            score[pair] -= 4.0 if tried[pair] < len(_SOUGHT) else np.inf
            failed += 1
            continue
        dealing.move(pair, found[0], found[1])
        for area in pair:
            tried[area] = tried[:, area] = 0
        score = _relief(dealing, tried, rng)


def _relief(dealing: Dealing, tried: Ints, rng: np.random.Generator) -> Floats:
    """Return what it is worth to put one area right and let another take its misfit, by pair."""
    wrong, error = dealing.wrong, dealing.error
    score = np.full((len(wrong), len(wrong)), -np.inf)
    for one in np.flatnonzero(wrong):
        together = (np.abs(error[one] + error) * dealing.known).sum(axis=1)
        # Small steps are found easily; passing misfit on to an area without any is a detour.
        score[one] = 0.8 * wrong[one] + wrong - together - 2.0 * (wrong == 0) - 4.0 * tried[one]
    score += rng.random(score.shape) * 0.1
    score[tried >= len(_SOUGHT)] = -np.inf
    np.fill_diagonal(score, -np.inf)
    return score


def _fitting(
    dealing: Dealing, pair: tuple[int, int], factors: Ints, effort: int, rng: np.random.Generator
) -> tuple[Ints, Ints] | None:
    """Return the households that leave the one area and the other so that the one is right.

    Two households of either side, or fewer. Cells that only the other area knows
    are put right there too, if that can be had; else the exchange is taken that
    leaves it the least misfit.
    """
    one, other = pair
    mine, theirs = (
        _sought(dealing, place, target, _SOUGHT[effort], rng)
        for place, target in (pair, pair[::-1])
    )
    goal = np.where(dealing.known[one], -dealing.error[one], dealing.error[other])
    goal = goal.astype(np.int64)
    some_mine, some_theirs = _twos(len(mine)), _twos(len(theirs))
    every = dealing.known[one] | dealing.known[other]
    for used in (every, dealing.known[one]):
        if used is not every and (used == every).all():
            break
        hashed = np.where(used, factors, 0)
        with np.errstate(over="ignore"):
            come = (dealing.counts[theirs] @ hashed)[some_theirs].sum(axis=0)
            gone = (dealing.counts[mine] @ hashed)[some_mine].sum(axis=0) + goal @ hashed
        hit, match = _alike(gone, come)
        if len(hit) == 0:
            continue
        if len(hit) > _COMPARED:
            some = rng.choice(len(hit), _COMPARED, replace=False)
            hit, match = hit[some], match[some]
        found = _least(dealing, pair, mine[some_mine[:, hit]].T, theirs[some_theirs[:, match]].T)
        if found is not None:
            return found
    return None


def _alike(asked: Ints, offered: Ints) -> tuple[Ints, Ints]:
    """Return the places of hashes that are offered too, and where one like each is.

    Most are told apart by a few of their digits; what is left is sorted.

    Examples
    --------
    >>> hit, match = _alike(np.array([7, 5, 3]), np.array([5, 9, 7]))
    >>> hit.tolist(), match.tolist()
    ([1, 0], [0, 2])
    """
    seen = np.zeros(_DIGITS + 1, dtype=bool)
    seen[offered & _DIGITS] = True
    hit = np.flatnonzero(seen[asked & _DIGITS])
    if len(hit) == 0:
        return hit, hit
    seen[:] = False
    seen[asked[hit] & _DIGITS] = True
    match = np.flatnonzero(seen[offered & _DIGITS])
    order = match[np.argsort(offered[match])]
    # Asked in rising order, which is many times faster to look up.
    hit = hit[np.argsort(asked[hit])]
    line = offered[order]
    place = np.minimum(np.searchsorted(line, asked[hit]), len(line) - 1)
    same = line[place] == asked[hit]
    return hit[same], order[place[same]]


@cache
def _twos(n: int) -> Ints:
    """Return the places of all twos of n things, the same one again included.

    Examples
    --------
    >>> _twos(2).T.tolist()
    [[0, 0], [0, 1], [1, 1]]
    """
    return np.stack(np.triu_indices(n))


def _least(
    dealing: Dealing, pair: tuple[int, int], gone: Ints, come: Ints
) -> tuple[Ints, Ints] | None:
    """Return the exchange that leaves the least misfit, None if that is more than before."""
    one, other = pair
    step = dealing.counts[come].sum(axis=1) - dealing.counts[gone].sum(axis=1)
    left = np.abs(dealing.error[other] - step)[:, dealing.known[other]].sum(axis=1)
    left += np.abs(dealing.error[one] + step)[:, dealing.known[one]].sum(axis=1)
    before = np.abs(dealing.error[[one, other]]).sum()
    for number in np.argsort(left, kind="stable"):
        if left[number] > before:
            return None
        if _enough(dealing.placed[one], gone[number]) and _enough(
            dealing.placed[other], come[number]
        ):
            return gone[number], come[number]
    return None


def _sought(dealing: Dealing, place: int, target: int, size: int, rng: np.random.Generator) -> Ints:
    """Return kinds present in an area that may go to another, nobody first."""
    present = np.flatnonzero((dealing.placed[place] > 0) & ~dealing.barred[target, :-1])
    if len(present) > size:
        present = rng.choice(present, size, replace=False)
    return np.append(dealing.placed.shape[1], present)


def _enough(placed: Ints, kinds: Ints) -> bool:
    """Tell whether an area has these households, the same kind twice if it is named twice."""
    named = kinds[kinds < len(placed)]
    return bool((np.bincount(named, minlength=len(placed)) <= placed).all())
