"""Kinds of households dealt to areas: raked, rounded, exchanged, and made exact.

``placed`` is areas × kinds: how many households of each kind are where. What an
area lacks of its published cells is its *misfit*.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]

# Steps of raking, and those at which the curvature is computed anew.
_RAKING: Final = 16
_CURVED: Final = frozenset({0, 1, 2, 4, 8})
# How soft a published cell is in raking: a misfit of so many is worth a push of one.
_SOFT: Final = 0.05
# Raking is near enough when no cell is further from its aim: rounding moves it by more.
_CLOSE: Final = 0.3
# Bundles of one or two households compared at once when two areas exchange.
_SAMPLE: Final = 20
# Rounds of exchange, and rounds without an improvement after which it ends.
_ROUNDS: Final = 40
_PATIENCE: Final = 2
# Try by try: of how many kinds of either area households are sought that fit exactly, and how
# many households exchange at most.
_SOUGHT: Final = ((60, 2), (150, 2), (60, 3))
# Exchanges that fit one area, compared by what they leave to the other.
_COMPARED: Final = 400
# Last binary digits of hashes that are compared before the hashes are sorted.
_DIGITS: Final = 2**19 - 1
_MERGES: Final = 300


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Targets:
    """The area tables of one cluster: what each household counts, and what is wanted.

    ``counts`` is kinds × cells: what one household adds to each cell of its
    area. ``wanted`` is areas × cells, NaN where nothing is published. ``first``
    are choices of cells that go before the others, the most urgent last.
    """

    counts: Ints = field(repr=False)
    wanted: Floats = field(repr=False)
    first: tuple[Bools, ...] = field(repr=False)

    @property
    def known(self) -> Bools:
        """Which cells are published, by area."""
        return np.isfinite(self.wanted)

    def error(self, placed: Floats) -> Floats:
        """Return what is counted too much in each published cell, 0 in the others."""
        return np.where(self.known, placed @ self.counts - np.nan_to_num(self.wanted), 0.0)


def raked(
    number: Ints, targets: Targets, allowed: Bools, *, prior: Floats | None = None,
    steps: int = _RAKING,
) -> Floats:  # fmt: skip
    """Return shares of each kind in each area (areas × kinds) that nearly fit the tables.

    The most even shares that agree with the published cells: each kind is
    spread over the areas by weights exp(counts · push of the area), and the
    pushes are found by Newton steps, area by area.

    Parameters
    ----------
    number
        Households of each kind.
    targets
        The area tables.
    allowed
        Which kinds may be where (areas × kinds).
    prior
        Weights to start from; the areas' households if None.
    steps
        At most so many; fewer where the tables are nearly met before.

    References
    ----------
    Deming and Stephan 1940, doi:10.1214/aoms/1177731829; as the dual of the
    entropy, Darroch and Ratcliff 1972, doi:10.1214/aoms/1177692379.
    """
    counts = targets.counts.astype(np.float64)
    known = targets.known
    wanted = np.nan_to_num(targets.wanted)
    homes = targets.wanted[:, 0]
    start = np.outer(homes, np.ones(len(number))) if prior is None else prior
    base = np.where(allowed, np.log(np.maximum(start, 1e-9)), -np.inf)
    push, best = np.zeros(known.shape), -np.inf
    fixed = np.eye(counts.shape[1]) * _SOFT
    squares = (counts[:, :, None] * counts[:, None, :]).reshape(len(counts), -1)
    shares, kept, reach, move = start, push, 1.0, push
    for step in range(steps):
        x = push @ counts.T
        x += base
        top = x.max(axis=0)
        x -= top
        np.exp(x, out=x)
        whole = x.sum(axis=0)
        worth = float((wanted * push).sum() - number @ (top + np.log(whole)))
        worth -= float(_SOFT / 2 * (push * push).sum())
        if worth < best - 1e-9 * abs(best):  # too far: half the way back
            reach, move = reach / 2, move / 2
            push = kept + move
            continue
        x *= number / whole
        shares, kept, best = x, push, worth
        slope = np.where(known, wanted - shares @ counts, 0.0) - _SOFT * push
        if np.abs(slope).max() < _CLOSE:
            break
        if step in _CURVED or reach < 1:
            curve = (shares @ squares).reshape(len(shares), *fixed.shape)
            curve = np.where(known[:, :, None] & known[:, None, :], curve, 0.0) + fixed
        reach = min(1.0, reach * 1.5)
        # Far from the solution a whole step would overshoot.
        move = np.clip(np.linalg.solve(curve, slope[:, :, None])[:, :, 0], -reach, reach)
        push = kept + move
    return shares


def rounded(
    shares: Floats, number: Ints, targets: Targets, allowed: Bools, rng: np.random.Generator
) -> Ints:
    """Round shares kind by kind, the largest households first, to where people still lack."""
    placed = np.floor(shares + 1e-9).astype(np.int64)
    known = targets.known
    # What is lacking is told from the raked table first: kinds not yet rounded count as raked.
    error = targets.error(shares)
    counts = targets.counts.astype(np.float64)
    left = number - placed.sum(axis=0)
    part = shares - placed
    order = np.lexsort((rng.random(len(number)), -targets.counts[:, 1]))
    lot = rng.random(shares.shape) * 0.05
    for kind in order:
        row = counts[kind]
        missing = int(left[kind])
        error -= np.where(known, np.outer(part[:, kind], row), 0.0)
        if missing == 0:
            continue
        # Misfit saved by one household more, and what raking would have.
        gain = np.abs(error).sum(axis=1) - np.abs(error + row * known).sum(axis=1)
        score = np.where(allowed[:, kind], gain + 2.0 * part[:, kind] + lot[:, kind], -np.inf)
        chosen = np.argsort(-score)[:missing]
        placed[chosen, kind] += 1
        error[chosen] += row * known[chosen]
    return placed


@dataclass(slots=True, eq=False, kw_only=True)
class Dealing:
    """Who is where, and how far each area is from its tables; changed in place.

    ``counts`` and ``barred`` have one kind more than ``placed``: nobody.
    """

    placed: Ints
    error: Floats
    known: Bools
    counts: Ints
    barred: Bools

    @classmethod
    def of(cls, placed: Ints, targets: Targets, allowed: Bools) -> Dealing:
        """Return the state of a table of placed households."""
        nobody = np.zeros((1, targets.counts.shape[1]), dtype=np.int64)
        return cls(
            placed=placed, error=targets.error(placed), known=targets.known,
            counts=np.vstack([targets.counts, nobody]),
            barred=np.column_stack([~allowed, np.zeros(len(placed), dtype=bool)]),
        )  # fmt: skip

    def only(self, cells: Bools) -> Dealing:
        """Return the same state that minds some cells alone; it moves the same households."""
        return dataclasses.replace(self, error=self.error * cells, known=self.known & cells)

    @property
    def wrong(self) -> Floats:
        """Misfit of each area."""
        total: Floats = np.abs(self.error).sum(axis=1)
        return total

    def move(self, pair: tuple[int, int], gone: Ints, come: Ints) -> None:
        """Exchange bundles of kinds between two areas."""
        one, other = pair
        step = self.counts[come].sum(axis=0) - self.counts[gone].sum(axis=0)
        self.error[one] += step * self.known[one]
        self.error[other] -= step * self.known[other]
        nobody = self.placed.shape[1]
        for bundle, source, target in ((gone, one, other), (come, other, one)):
            for kind in bundle[bundle != nobody]:
                self.placed[source, kind] -= 1
                self.placed[target, kind] += 1


def exchange(dealing: Dealing, rng: np.random.Generator) -> None:
    """Exchange households between pairs of areas while that lessens the misfit.

    In a round the areas with the greatest misfit each meet another one that
    lacks what they have too much of. Bundles of no, one or two households of
    either side are tried against each other, and the best exchange is made if
    it lessens the misfit.
    """
    idle = 0
    for _ in range(_ROUNDS):
        wrong = dealing.wrong
        if wrong.sum() == 0 or idle > _PATIENCE:
            return
        better = 0
        free = np.ones(len(wrong), dtype=bool)
        for one in np.argsort(-wrong):
            if wrong[one] == 0 or not free[one]:
                continue
            # What one has too much of and the other too little, with a lot drawn.
            fit = -dealing.error @ np.sign(dealing.error[one])
            fit = fit + rng.exponential(wrong[one] * (1 + idle) / 2 + 1, len(fit))
            fit[~free] = -np.inf
            fit[one] = -np.inf
            other = int(np.argmax(fit))
            if not free[other]:
                break
            free[[one, other]] = False
            better += _best(dealing, (int(one), other), rng)
        idle = 0 if better else idle + 1


def _best(dealing: Dealing, pair: tuple[int, int], rng: np.random.Generator) -> int:
    """Make the best exchange between two areas; return 1 if there was one that helps."""
    one, other = pair
    mine = _bundles(dealing.placed[one], rng)
    theirs = _bundles(dealing.placed[other], rng)
    mine = mine[~dealing.barred[other][mine].any(axis=1)]
    theirs = theirs[~dealing.barred[one][theirs].any(axis=1)]
    after = _left(dealing, one, mine, theirs)
    after += _left(dealing, other, theirs, mine).T
    after = after.ravel()
    before = float(np.abs(dealing.error[[one, other]]).sum())
    best = int(np.argmin(after))
    helps = bool(after[best] < before - 0.5)
    if not helps:
        # A step that neither helps nor harms may open the way; the first is no step at all.
        level = np.flatnonzero(after < before + 0.5)
        level = level[level > 0]
        if len(level) == 0:
            return 0
        best = int(level[rng.integers(len(level))])
    i, j = divmod(best, len(theirs))
    dealing.move(pair, mine[i], theirs[j])
    return int(helps)


def _left(dealing: Dealing, area: int, gone: Ints, come: Ints) -> Ints:
    """Return the misfit of an area after each exchange (bundles gone × come)."""
    cells = np.flatnonzero(dealing.known[area])
    # Cells first, in whole numbers: sums over them are many times faster so.
    counts = dealing.counts[:, cells].T.astype(np.int32)
    less = counts[:, gone[:, 0]] + counts[:, gone[:, 1]]
    less -= np.rint(dealing.error[area, cells]).astype(np.int32)[:, None]
    more = counts[:, come[:, 0]] + counts[:, come[:, 1]]
    left = more[:, None, :] - less[:, :, None]
    total: Ints = np.add.reduce(np.abs(left, out=left), axis=0, dtype=np.int32)
    return total


def _bundles(placed: Ints, rng: np.random.Generator) -> Ints:
    """Return bundles of an area's households: none, one of a kind, or two of different kinds."""
    nobody = len(placed)
    present = np.flatnonzero(placed)
    bundles = np.full((1 + 2 * _SAMPLE, 2), nobody)
    if len(present):
        drawn = present[rng.integers(len(present), size=3 * _SAMPLE)]
        bundles[1:, 0] = drawn[: 2 * _SAMPLE]
        bundles[1 + _SAMPLE :, 1] = drawn[2 * _SAMPLE :]
        bundles[bundles[:, 0] == bundles[:, 1], 1] = nobody
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
    tried: dict[tuple[int, int], int] = {}
    failed = 0
    for _ in range(_MERGES):
        pair = _next_pair(dealing, tried, rng)
        if pair is None or failed > fails:
            return
        effort = tried.get(pair, 0)
        found = _fitting(dealing, pair, factors, effort, rng)
        if found is None:
            tried[pair] = effort + 1
            failed += 1
            continue
        dealing.move(pair, found[0], found[1])
        touched = set(pair)
        tried = {key: n for key, n in tried.items() if not touched & set(key)}


def _next_pair(
    dealing: Dealing, tried: dict[tuple[int, int], int], rng: np.random.Generator
) -> tuple[int, int] | None:
    """Return an area to put right and one that takes its misfit: the pair that saves most."""
    wrong = dealing.wrong
    ones = np.flatnonzero(wrong)
    if len(ones) == 0:
        return None
    error = dealing.error.T
    together = np.abs(error[:, ones, None] + error[:, None, :])
    together = (together * dealing.known.T[:, None, :]).sum(axis=0)
    saved = wrong[ones, None] + wrong - together
    # Small steps are found easily; passing misfit on to an area without any is a detour.
    score = saved - 0.2 * wrong[ones, None] - 2.0 * (wrong == 0) + rng.random(saved.shape) * 0.1
    score[np.arange(len(ones)), ones] = -np.inf
    row = np.full(len(wrong), -1)
    row[ones] = np.arange(len(ones))
    for (a, b), effort in tried.items():
        if row[a] >= 0:
            score[row[a], b] -= 4 * effort if effort < len(_SOUGHT) else np.inf
    one, other = divmod(int(np.argmax(score)), len(wrong))
    return (int(ones[one]), other) if np.isfinite(score[one, other]) else None


def _fitting(
    dealing: Dealing, pair: tuple[int, int], factors: Ints, effort: int, rng: np.random.Generator
) -> tuple[Ints, Ints] | None:
    """Return the households that leave the one area and the other so that the one is right.

    Two households of either side, or fewer. Cells that only the other area knows
    are put right there too, if that can be had; else the exchange is taken that
    leaves it the least misfit.
    """
    one, other = pair
    kinds, size = _SOUGHT[effort]
    mine, theirs = (
        _sought(dealing, place, target, kinds, rng) for place, target in (pair, pair[::-1])
    )
    goal = np.where(dealing.known[one], -dealing.error[one], dealing.error[other])
    goal = goal.astype(np.int64)
    some_mine, some_theirs = _bundled(len(mine), size), _bundled(len(theirs), size)
    for used in (dealing.known[one] | dealing.known[other], dealing.known[one]):
        with np.errstate(over="ignore"):
            value = dealing.counts @ np.where(used, factors, 0)
            wanted = np.where(used, goal, 0) @ factors
            come = value[theirs][some_theirs].sum(axis=0)
            gone = value[mine][some_mine].sum(axis=0) + wanted
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
def _bundled(n: int, size: int) -> Ints:
    """Return the places of all twos or threes of n things, the same one again included.

    Examples
    --------
    >>> _bundled(2, 3).T.tolist()
    [[0, 0, 0], [0, 0, 1], [0, 1, 1], [1, 1, 1]]
    """
    rising = np.tri(n, dtype=bool).T
    if size > 2:
        rising = rising[:, :, None] & rising[None]
    return np.stack(np.nonzero(rising))


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
