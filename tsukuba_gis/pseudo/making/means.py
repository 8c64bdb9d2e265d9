"""Values exchanged between people who are alike, until areas have the means they should.

All people of a cell have drawn their values by one law, whatever their area. An area's
people all move up or down their cell a little, and the cell's values are dealt anew in the
order that results: no cell notices, the order of people inside an area stays, and the
areas' means come near those that are published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.pseudo.counts import dense, ranking

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[Any]
    Floats = NDArray[Any]

# How much of what is missing each step makes up for: less at the end, since a small area
# that jumps past its mean would jump back and forth.
_STEPS: Final = (1.0, 1.0, 1.0, 0.7, 0.5)
# Farthest that an area moves, in standard deviations of the score.
_FARTHEST: Final = 3.0
# Wider than any score with its area's move, so that cells stay apart in one order.
_APART: Final = 64.0


def near_means(
    values: Floats, scores: Floats, cell: Ints, area: Ints, wanted: Floats
) -> Floats:  # fmt: skip
    """Exchange values inside cells so that the means of areas come near those wanted.

    Parameters
    ----------
    values
        One a person; NaN where missing. Missing ones and zeros stay where they are.
    scores
        The standard normal score that each value was drawn by.
    cell
        Who may exchange: people of one number.
    area
        Row of each person's area in ``wanted``.
    wanted
        Mean of each area over everyone with a value, zeros too; NaN where none is known.

    Returns
    -------
    numpy.ndarray
        The same values in each cell, in another order.

    Notes
    -----
    Newton's method with the slope of the values over the score in each cell: few steps do,
    and what they leave is the size of a jump from one value of a cell to the next.

    Examples
    --------
    Two areas have two people each; the second should have the higher mean.

    >>> values, scores = np.array([1.0, 4.0, 2.0, 3.0]), np.array([-1.2, 1.0, -0.8, 0.9])
    >>> area = np.array([0, 0, 1, 1])
    >>> near_means(values, scores, np.zeros(4, int), area, np.array([2.0, 3.0])).tolist()
    [1.0, 3.0, 2.0, 4.0]
    """
    known = np.isfinite(values)
    rows = np.flatnonzero(known & (values != 0))
    aimed = np.isfinite(wanted)
    if not aimed.any() or len(rows) == 0:
        return values
    n = len(wanted)
    total = np.where(aimed, wanted, 0.0) * np.bincount(area[known], minlength=n)
    own, score, place = values[rows], scores[rows], area[rows]
    cells = dense(cell[rows])
    # Values in the order of their cells: dealt again and again to people in theirs.
    dealt = own[np.argsort(cells * (2.0 * np.ptp(own) + 1.0) + own)]
    line, made = cells * _APART + score, np.empty_like(own)
    made[ranking(line)] = dealt
    slope = np.bincount(place, _slopes(made, score, cells)[cells], minlength=n)
    aimed &= slope > 0
    moved = np.zeros(n)
    for step in _STEPS:
        missing = total - np.bincount(place, made, minlength=n)
        moved[aimed] += step * missing[aimed] / slope[aimed]
        moved = np.clip(moved, -_FARTHEST, _FARTHEST)
        made[ranking(line + moved[place])] = dealt
    result = values.copy()
    result[rows] = made
    return result


def _slopes(values: Floats, scores: Floats, cells: Ints) -> Floats:
    """Return by how much the values of each cell rise with the score (least squares)."""
    n = np.maximum(np.bincount(cells), 1)
    centred = scores - (np.bincount(cells, scores) / n)[cells]
    spread = np.bincount(cells, centred**2)
    slopes: Floats = np.bincount(cells, centred * values) / np.maximum(spread, 1e-9)
    return slopes
