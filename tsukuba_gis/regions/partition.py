"""A division of zones into connected regions, and the moves that improve it.

Every change keeps each region connected and, where there is a floor, at or
above it; so what comes out needs no repair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tsukuba_gis.regions.problem import Problem

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

# A zone whose leaving would cut others off takes them along, up to so many.
_TRAIN = 5
# A change must lower the sum of squares by this share of the total, or rounding could loop.
_LEAST = 1e-12
_ROUNDS = 100
# Spread of the logarithm of the random factor on the costs of merging.
_NOISE = 0.5


class Partition:
    """Regions 0 … k − 1 of connected zones, with their sizes, sums and amounts.

    Parameters
    ----------
    problem
        Values and neighbours.
    region
        Region of each zone; every region connected.
    amount, floor
        Something that adds up over zones, and the least of it that a region
        must hold; no floor: ``None``, 0.
    """

    def __init__(
        self, problem: Problem, region: Ints, *, amount: Floats | None = None, floor: float = 0.0
    ) -> None:
        self.x = problem.x
        self.near = problem.neighbours()
        self.rows = np.repeat(np.arange(problem.n), np.diff(problem.matrix.indptr))
        self.columns = problem.matrix.indices.astype(np.int64)
        self.weight = np.ones(problem.n) if amount is None else amount
        self.floor = floor * (1 - 1e-12)  # sums of decimals may fall short by rounding
        self.least = _LEAST * problem.total
        self.set_regions(region)

    def set_regions(self, region: Ints) -> None:
        """Take other regions, 0 … k − 1, each connected and at or above the floor."""
        self.region = region.astype(np.int64)
        self.k = k = int(region.max()) + 1
        self.count = np.bincount(region, minlength=k).astype(float)
        self.amount = np.bincount(region, weights=self.weight, minlength=k)
        columns = [np.bincount(region, weights=column, minlength=k) for column in self.x.T]
        self.sums = np.stack(columns, axis=1)

    def copy(self) -> Self:
        """Return the same division, to be changed apart; what never changes is shared."""
        other = self.__class__.__new__(self.__class__)
        other.__dict__.update(self.__dict__)
        for name in ("region", "count", "amount", "sums"):
            setattr(other, name, getattr(self, name).copy())
        return other

    @property
    def between(self) -> float:
        """Sum of squares between the regions: total less within, so the higher the better."""
        return float((np.einsum("ij,ij->i", self.sums, self.sums) / self.count).sum())

    def climb(self) -> None:
        """Move zones to a neighbouring region while that lowers the sum of squares within.

        In rounds: the change of every possible move is computed at once; the
        moves that would lower the sum are tried, the best first, each looked
        at again as things then stand. A zone whose leaving would cut a few
        others off from their region takes them along.
        """
        labels = self.region.tolist()
        stuck: dict[int, list[int]] = {}
        for _ in range(_ROUNDS):
            zones, targets = self._promising()
            moved = False
            for zone, to in zip(zones, targets, strict=True):
                around = [labels[other] for other in self.near[zone]]
                # Once found to hold its region together, a zone is left alone until
                # something beside it changes: the check is the costly part.
                if to not in around or stuck.get(zone) == around:
                    continue
                train = cut_off(zone, labels, self.near, at_most=_TRAIN)
                if train is None:
                    stuck[zone] = around
                else:
                    moved |= self._move([zone, *train], to, labels)
            if not moved:
                return

    def _promising(self) -> tuple[list[int], list[int]]:
        """Return the single-zone moves that would lower the sum of squares, best first."""
        here, there = self.region[self.rows], self.region[self.columns]
        border = here != there
        pair = np.unique(self.rows[border] * self.k + there[border])
        zone, to = pair // self.k, pair % self.k
        home = self.region[zone]
        mean = self.sums / self.count[:, None]
        away = self.x[zone] - mean[home]
        near = self.x[zone] - mean[to]
        n_home, n_to = self.count[home], self.count[to]
        gain = n_home / np.maximum(n_home - 1, 1) * np.einsum("ij,ij->i", away, away)
        cost = n_to / (n_to + 1) * np.einsum("ij,ij->i", near, near)
        keep = self.amount[home] - self.weight[zone] >= self.floor
        good = np.flatnonzero((cost - gain < -self.least) & (n_home > 1) & keep)
        good = good[np.argsort((cost - gain)[good], kind="stable")]
        return zone[good].tolist(), to[good].tolist()

    def _move(self, members: list[int], to: int, labels: list[int]) -> bool:
        """Move zones of one region to another, if that still is of use."""
        home = labels[members[0]]
        if home == to:
            return False
        size, amount = len(members), self.weight[members].sum()
        n_home, n_to = self.count[home] - size, self.count[to] + size
        if n_home < 1 or self.amount[home] - amount < self.floor:
            return False
        move = self.x[members].sum(axis=0)
        a, b = self.sums[home], self.sums[to]
        a_new, b_new = a - move, b + move
        before = a @ a / self.count[home] + b @ b / self.count[to]
        if a_new @ a_new / n_home + b_new @ b_new / n_to - before <= self.least:
            return False
        for member in members:
            labels[member] = to
        self.region[members] = to
        self.sums[home], self.sums[to] = a_new, b_new
        self.count[home], self.count[to] = n_home, n_to
        self.amount[home] -= amount
        self.amount[to] += amount
        return True

    def split(self, region: int, members: Ints) -> None:
        """Make a new region of some members of one."""
        self.region[members] = self.k
        self.k += 1
        for name, part in (
            ("count", float(len(members))),
            ("amount", self.weight[members].sum()),
            ("sums", self.x[members].sum(axis=0)),
        ):
            values = np.concatenate([getattr(self, name), [part]])
            values[region] -= part
            setattr(self, name, values)

    def touching(self) -> tuple[Ints, Ints]:
        """Return the pairs of regions that touch, each once."""
        here, there = self.region[self.rows], self.region[self.columns]
        border = here < there
        pair = np.unique(here[border] * self.k + there[border])
        return pair // self.k, pair % self.k

    def merge_cheapest(self, rng: np.random.Generator | None = None) -> bool:
        """Join the two neighbouring regions that raise the sum of squares within least.

        With ``rng`` each cost is first taken times a random factor.
        """
        a, b = self.touching()
        if not len(a):
            return False
        gap = self.sums[a] / self.count[a, None] - self.sums[b] / self.count[b, None]
        weight = self.count[a] * self.count[b] / (self.count[a] + self.count[b])
        cost = weight * np.einsum("ij,ij->i", gap, gap)
        if rng is not None:
            cost *= np.exp(_NOISE * rng.standard_normal(len(cost)))
        best = int(cost.argmin())
        stays, goes, last = int(a[best]), int(b[best]), self.k - 1
        self.region[self.region == goes] = stays
        self.region[self.region == last] = goes  # none, where goes is the last
        for name in ("count", "amount", "sums"):
            values = getattr(self, name)
            values[stays] += values[goes]
            values[goes] = values[last]
            setattr(self, name, values[:last].copy())
        self.k = last
        return True


def cut_off(
    zone: int, labels: list[int], near: list[list[int]], *, at_most: int
) -> list[int] | None:
    """Return the zones that lose touch with their region when one of them leaves.

    The neighbours of the zone in its own region fall into groups that touch
    each other directly. All groups are grown through the region at once, the
    smallest first; two that meet become one. A group that cannot grow any
    further is cut off; what is left last is the rest of the region. So the
    work is about the size of what is cut off, not of the region.

    Parameters
    ----------
    zone
        The zone that leaves.
    labels
        Region of each zone.
    near
        Neighbours of each zone.
    at_most
        Give up when a group has grown beyond this: the answer is None.

    Examples
    --------
    In a row of five zones the third leaves:

    >>> row = [[1], [0, 2], [1, 3], [2, 4], [3]]
    >>> cut_off(4, [0] * 5, row, at_most=5), cut_off(1, [0] * 5, row, at_most=5)
    ([], [0])
    """
    home = labels[zone]
    members = _groups({other for other in near[zone] if labels[other] == home}, near)
    if len(members) < 2:
        return []
    frontier = [list(group) for group in members]
    owner = {member: number for number, group in enumerate(members) for member in group}
    owner[zone] = -1
    growing = list(range(len(members)))
    closed: list[int] = []
    while len(growing) > 1:
        small = min(growing, key=lambda number: len(members[number]))
        if not frontier[small]:
            growing.remove(small)
            closed.extend(members[small])
        elif len(members[small]) > at_most:
            return None
        else:
            for other in near[frontier[small].pop()]:
                met = owner.get(other, small) if labels[other] == home else -1
                if other not in owner and met == small:
                    owner[other] = small
                    members[small].append(other)
                    frontier[small].append(other)
                elif met not in (-1, small):
                    growing.remove(met)
                    owner.update(dict.fromkeys(members[met], small))
                    members[small] += members[met]
                    frontier[small] += frontier[met]
    return closed if len(closed) <= at_most else None


def _groups(zones: set[int], near: list[list[int]]) -> list[list[int]]:
    """Return the zones in groups that touch each other directly; the set is used up."""
    groups = []
    while zones:
        group = [zones.pop()]
        for member in group:  # grows while it is walked
            touching = [other for other in near[member] if other in zones]
            zones.difference_update(touching)
            group += touching
        groups.append(group)
    return groups
