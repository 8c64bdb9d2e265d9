"""Who stands behind each total, and which totals hide everyone who does.

A total that is not shown must not follow from those that are: what is left of
the total above hides its contributors too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]


def homes_behind(cell: Ints, home: Ints, n: int) -> tuple[Floats, Floats]:
    """Return how many households stand behind each of ``n`` cells; and each once over all cells.

    In the second a household in three cells is a third in each, so that of cells together
    there are at least as many households as that adds up to.

    Examples
    --------
    >>> units, shares = homes_behind(np.array([0, 0, 1, 1]), np.array([5, 5, 5, 8]), 2)
    >>> units.tolist(), shares.tolist()
    ([1.0, 2.0], [0.5, 1.5])
    """
    span = int(home.max(initial=0)) + 1
    line = np.sort(cell * span + home)
    place, own = np.divmod(line[np.append(True, line[1:] != line[:-1])[: len(line)]], span)
    units = np.bincount(place, minlength=n).astype(np.float64)
    return units, np.bincount(place, 1 / np.bincount(own)[own], minlength=n)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Contributors:
    """People, households, total and the two largest amounts of each group.

    ``homes`` is only needed where totals have to be of several households.
    """

    n: Floats = field(repr=False)
    total: Floats = field(repr=False)
    first: Floats = field(repr=False)
    second: Floats = field(repr=False)
    homes: Floats = field(repr=False)

    @classmethod
    def of(
        cls, group: Ints, amounts: Floats, n: int, *, homes: Floats | None = None
    ) -> Contributors:
        """Return those of amounts above zero, in ``n`` groups.

        Examples
        --------
        >>> two = Contributors.of(np.array([0, 0, 1, 0]), np.array([5.0, 9.0, 4.0, 9.0]), 2)
        >>> two.n.tolist(), two.total.tolist(), two.first.tolist(), two.second.tolist()
        ([3.0, 1.0], [23.0, 4.0], [9.0, 4.0], [9.0, 0.0])
        """
        first, second, place = np.zeros(n), np.zeros(n), np.full(n, -1)
        np.maximum.at(first, group, amounts)
        top = np.flatnonzero(amounts == first[group])
        place[group[top]] = top  # one of the largest of each group
        rest = amounts.copy()
        rest[place[place >= 0]] = 0
        np.maximum.at(second, group, rest)
        return cls(
            n=np.bincount(group, minlength=n).astype(np.float64),
            total=np.bincount(group, amounts, minlength=n),
            first=first, second=second, homes=np.zeros(n) if homes is None else homes,
        )  # fmt: skip

    def together(self, parent: Ints, among: Bools, n: int) -> Contributors:
        """Return the groups ``among`` as one group for each of ``n`` parents."""
        chosen = np.flatnonzero(among)
        above = parent[chosen]
        top = Contributors.of(
            np.tile(above, 2), np.concatenate([self.first[chosen], self.second[chosen]]), n
        )
        return Contributors(
            n=np.bincount(above, self.n[chosen], minlength=n),
            total=np.bincount(above, self.total[chosen], minlength=n),
            first=top.first, second=top.second,
            homes=np.bincount(above, self.homes[chosen], minlength=n),
        )  # fmt: skip

    def safe(self, k: float | Floats, *, dominance: float, units: int = 0) -> Bools:
        """Tell which totals hide every contributor.

        Those of ``k`` people and ``units`` households, of which the two largest
        contributors have no larger share than ``dominance``.
        """
        fine: Bools = (self.n >= k) & (self.homes >= units)
        return fine & (self.first + self.second <= dominance * self.total)

    def closed(
        self, shown: Bools, parent: Ints, k: Floats, *, dominance: float, units: int = 0
    ) -> Bools:
        """Give up totals, the smallest first, until what is left of each parent is safe too.

        Parameters
        ----------
        shown
            Totals that are safe by themselves.
        parent
            The total that each is a part of.
        k
            Smallest number of people behind what is left of each parent.
        dominance, units
            As for :meth:`safe`.

        Returns
        -------
        numpy.ndarray of bool
            Totals to show: of each parent all that are not empty, or all but two or more.
        """
        shown = shown.copy()
        while True:
            hidden = ~shown & (self.n > 0)
            left = self.together(parent, hidden, len(k))
            cells = np.bincount(parent, hidden, minlength=len(k))
            bad = (cells > 0) & (~left.safe(k, dominance=dominance, units=units) | (cells < 2))
            candidates = np.flatnonzero(shown & bad[parent])
            if len(candidates) == 0:
                return shown
            order = candidates[np.lexsort((self.n[candidates], parent[candidates]))]
            shown[order[np.unique(parent[order], return_index=True)[1]]] = False
