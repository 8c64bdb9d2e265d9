"""Quantile tables as functions: from a person's rank in the group to a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from tsukuba_gis.pseudo.counts import ranking

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]

# Wider than any score, so that groups stay apart in one order.
_APART: Final = 64.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Curve:
    """A quantile table as a function from shares to values."""

    x: Floats
    y: Floats

    def __call__(self, shares: Floats) -> Floats:
        """Return the values at the shares."""
        return np.interp(shares, self.x, self.y)


def curve(upper: Floats, mean: Floats, tie: Bools) -> Curve:
    """Return the function of a quantile table: flat over ties, else two straight lines a bin.

    The mean over each bin is the measured one, as far as values can rise.

    Examples
    --------
    >>> step = curve(np.array([0.5, 1.0]), np.array([1.0, 2.0]), np.array([True, True]))
    >>> step(np.array([0.1, 0.49, 0.51])).tolist()
    [1.0, 1.0, 2.0]
    """
    lower = np.concatenate([[0.0], upper[:-1]])
    middle = (mean[1:] + mean[:-1]) / 2
    left = np.concatenate([[mean[0]], middle])
    right = np.concatenate([middle, [mean[-1]]])
    if len(mean) > 1:  # the ends reach out as far as they reach in, and never change sign
        left[0] = mean[0] - (right[0] - mean[0])
        left[0] = max(left[0], mean[0] / 4) if mean[0] > 0 else left[0]
        right[-1] = mean[-1] + (mean[-1] - left[-1])
    left, right = np.where(tie, mean, left), np.where(tie, mean, right)
    # Through the middle so that the mean over the bin is the measured one.
    middle = np.clip(
        2 * mean - (left + right) / 2, np.minimum(left, right), np.maximum(left, right)
    )
    nudge = 1e-9
    x = np.column_stack([lower + nudge, (lower + upper) / 2, upper - nudge]).ravel()
    y = np.column_stack([left, middle, right]).ravel()
    return Curve(x=x, y=y)


def curves_of(table: pd.DataFrame) -> dict[tuple[str, str], Curve]:
    """Return the function of each group and column."""
    upper, mean = table.upper.to_numpy(np.float64), table["mean"].to_numpy(np.float64)
    tie = table.tie.to_numpy(np.int64) == 1
    parts = table.groupby(["group", "column"], sort=False).indices
    return {
        cast("tuple[str, str]", key): curve(upper[rows], mean[rows], tie[rows])
        for key, rows in parts.items()
    }


def drawn_values(
    score: Floats, group: Ints, tables: Mapping[tuple[str, str], Curve], column: str
) -> Floats:
    """Return values: the rank of the score within the group, put into the group's table."""
    order = ranking(group * _APART + score)
    values = np.full(len(score), np.nan)
    spare = next((made for (_, name), made in tables.items() if name == column), None)
    ends = np.cumsum(np.bincount(group))
    for number, mine in enumerate(np.split(order, ends[:-1])):
        made = tables.get((f"g{number}", column), spare)
        if made is not None and len(mine):
            values[mine] = made((np.arange(len(mine)) + 0.5) / len(mine))
    return values


def stepped(values: Floats, unit: float) -> Floats:
    """Return values in whole steps; a valued amount stays at least one step from zero."""
    if unit <= 0:
        return values
    steps = np.rint(values / unit)
    steps = np.where((values != 0) & (steps == 0), np.sign(values), steps)
    digits = max(0, -int(np.floor(np.log10(unit) + 1e-9)))
    return np.round(steps * unit, digits)
