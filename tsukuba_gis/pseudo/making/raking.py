"""Shares of each kind of household in each area that nearly fit the area tables, and rounded.

What an area counts too much or too little of its published cells is its *misfit*.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]

# Steps of raking, and those at which the curvature is computed anew.
_RAKING: Final = 12
_CURVED: Final = frozenset({0, 1, 2, 4, 8})
# How soft a published cell is in raking, and a guessed one: a misfit of so many is worth a push
# of one.
_SOFT: Final = 0.05
_GUESSED: Final = 1.0
# Raking is near enough when no cell is further from its aim: rounding moves it by more.
_CLOSE: Final = 0.3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Targets:
    """The area tables of one cluster: what each household counts, and what is wanted.

    ``counts`` is kinds × cells: what one household adds to each cell of its
    area. ``wanted`` is areas × cells, NaN where nothing is published. ``urgent``
    are the cells that go before the others. ``guess`` is what cells that are not
    published are likely to hold, NaN where nothing is said: raking heeds it, and
    nothing else does.
    """

    counts: Ints = field(repr=False)
    wanted: Floats = field(repr=False)
    urgent: Bools = field(repr=False)
    guess: Floats | None = field(repr=False, default=None)

    @property
    def known(self) -> Bools:
        """Which cells are published, by area."""
        return np.isfinite(self.wanted)

    def aims(self) -> tuple[Floats, Floats]:
        """Return what raking aims at in each cell, NaN where at nothing, and how soft it is."""
        guess = np.nan if self.guess is None else self.guess
        return np.where(self.known, self.wanted, guess), np.where(self.known, _SOFT, _GUESSED)

    def error(self, placed: Floats) -> Floats:
        """Return what is counted too much in each published cell, 0 in the others."""
        return np.where(self.known, placed @ self.counts - np.nan_to_num(self.wanted), 0.0)


def raked(
    number: Ints, targets: Targets, allowed: Bools, *, prior: Floats | None = None,
    push: Floats | None = None, steps: int = _RAKING,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Return shares of each kind in each area (areas × kinds) that nearly fit the tables; pushes.

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
    push
        Pushes to start from (areas × cells); none if None.
    steps
        At most so many; fewer where the tables are nearly met before.

    References
    ----------
    Deming and Stephan 1940, doi:10.1214/aoms/1177731829; as the dual of the
    entropy, Darroch and Ratcliff 1972, doi:10.1214/aoms/1177692379.
    """
    counts = targets.counts.astype(np.float64)
    wanted, soft = targets.aims()
    known, wanted = np.isfinite(wanted), np.nan_to_num(wanted)
    homes = targets.wanted[:, 0]
    start = np.outer(homes, np.ones(len(number))) if prior is None else prior
    base = np.where(allowed, np.log(np.maximum(start, 1e-9)), -np.inf)
    push = np.zeros(known.shape) if push is None else push
    best = -np.inf
    fixed = np.eye(counts.shape[1]) * soft[:, :, None]
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
        worth -= float((soft / 2 * push * push).sum())
        if worth < best - 1e-9 * abs(best):  # too far: half the way back
            reach, move = reach / 2, move / 2
            push = kept + move
            continue
        x *= number / whole
        shares, kept, best = x, push, worth
        slope = np.where(known, wanted - shares @ counts, 0.0) - soft * push
        if step == steps - 1 or np.abs(slope).max() < _CLOSE:
            break
        if step in _CURVED or reach < 1:
            curve = (shares @ squares).reshape(fixed.shape)
            curve = np.where(known[:, :, None] & known[:, None, :], curve, 0.0) + fixed
        reach = min(1.0, reach * 1.5)
        # Far from the solution a whole step would overshoot.
        move = np.clip(np.linalg.solve(curve, slope[:, :, None])[:, :, 0], -reach, reach)
        push = kept + move
    return shares, kept


def rounded(
    shares: Floats, number: Ints, targets: Targets, allowed: Bools, rng: np.random.Generator
) -> Ints:
    """Round shares kind by kind, the largest households first, to where people still lack.

    What is lacking is told from the raked table: kinds not yet rounded count as
    raked. A kind goes up where that leaves the least squared misfit.
    """
    placed = np.floor(shares + 1e-9).astype(np.int64)
    counts, known = targets.counts.astype(np.float64), targets.known.astype(np.float64)
    left, part = number - placed.sum(axis=0), shares - placed
    # Of (error + (1 - part) counts)^2 what does not depend on the error; and what raking would
    # have, and a lot.
    alone = (1.0 - 2.0 * part) * (known @ (counts * counts).T)
    alone -= np.where(allowed, part + rng.random(shares.shape) * 0.05, -np.inf)
    error, steps = targets.error(shares), -part.T
    order = np.lexsort((rng.random(len(number)), -targets.counts[:, 1]))
    for kind in order[left[order] > 0].tolist():
        row, step = counts[kind], steps[kind]
        cost = error @ (2.0 * row) + alone[:, kind]
        more = cost.argsort(kind="stable")[: left[kind]]
        placed[more, kind] += 1
        step[more] += 1.0
        error += known * (step[:, None] * row)
    return placed
