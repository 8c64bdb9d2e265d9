"""Inference on global statistics: sums of the weights, and random permutations of all values."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from tsukuba_gis.autocorrelation.alignment import Floats
    from tsukuba_gis.autocorrelation.permutation import Draws, Matrix

# Numbers shuffled at a time: so few stay in the cache of the processor.
_BLOCK = 100_000
# Numbers of orders that are kept for the next indicator: 32 MB.
_KEPT = 4_000_000
# Values whose spread is below this share of their size are all equal: rounding, not a pattern.
_CONSTANT = 1e-12


class WeightSums(NamedTuple):
    """Number of zones and the sums of Cliff & Ord: S0 = Σw, S1 = ½Σ(wᵢⱼ+wⱼᵢ)², S2 = Σ(wᵢ.+w.ᵢ)²."""

    n: int
    s0: float
    s1: float
    s2: float


def weight_sums(matrix: Matrix) -> WeightSums:
    """Return the sums of weights on which all moments rest.

    References
    ----------
    Cliff & Ord (1981), Spatial Processes, ch. 1.
    """
    both = (matrix + matrix.T).tocsr()
    return WeightSums(
        n=int(matrix.shape[0]),
        s0=float(matrix.data.sum()),
        s1=float((both.data**2).sum() / 2),
        s2=float((both.sum(axis=1) ** 2).sum()),
    )


def is_constant(x: Floats) -> bool:
    """Tell whether values differ by no more than rounding."""
    return bool(np.ptp(x) <= _CONSTANT * np.abs(x).max())


def permutation_p(
    statistic: Callable[[NDArray[np.intp]], Floats],
    observed: float,
    *,
    n: int,
    draws: Draws,
    tolerance: float,
) -> float:
    """Return the p of a statistic among random orders of the zones.

    Parameters
    ----------
    statistic
        Takes orders (zones down, permutations across) and returns one number each.
    observed
        The statistic of the order as it is.
    n
        Number of zones.
    draws
        How many random orders, and of which stream; the alternative as in
        :meth:`tsukuba_gis.autocorrelation.permutation.Tails.p`.
    tolerance
        Numbers closer to the observed one than this count as equal to it.

    Returns
    -------
    float
        Twice the smaller tail (at most 1), or the smaller tail itself; the observed order is
        counted in both.
    """
    permutations, seed, alternative = draws
    at_least = at_most = 0
    kept = 0 < permutations * n <= _KEPT
    for orders in (_few_orders if kept else _orders)(n, permutations, seed):
        found = statistic(orders.T)
        at_least += int((found >= observed - tolerance).sum())
        at_most += int((found <= observed + tolerance).sum())
    smaller = (min(at_least, at_most) + 1) / (permutations + 1)
    return smaller if alternative == "directed" else min(1.0, 2 * smaller)


@lru_cache(maxsize=2)
def _few_orders(n: int, permutations: int, seed: int) -> tuple[NDArray[np.intp], ...]:
    """Return orders that the next indicator of as many zones will ask for too."""
    return tuple(_orders(n, permutations, seed))


def _orders(n: int, permutations: int, seed: int) -> Iterator[NDArray[np.intp]]:
    """Yield blocks of random orders of the zones, one a row."""
    rng = np.random.Generator(np.random.Philox(seed))
    block = max(1, _BLOCK // n)
    for start in range(0, permutations, block):
        rows = np.broadcast_to(np.arange(n), (min(block, permutations - start), n))
        orders = rng.permuted(rows, axis=1)
        orders.flags.writeable = False  # the cache hands out one array
        yield orders


def kurtosis(z: Floats) -> float:
    """Return m4/m2² of deviations from the mean."""
    return float((z**4).mean() / (z**2).mean() ** 2)
