"""Ratios of small areas, steadied by those of all areas together or of the neighbourhood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from tsukuba_gis.cohort.change import divided
from tsukuba_gis.errors import InputError

Shrinkage = Literal["none", "eb", "parent", "potential"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Steadied:
    """Ratios after shrinkage.

    Parameters
    ----------
    ratio
        Area × sex × age; never missing, 0 or more.
    parent
        Ratio of all areas together: sex × age.
    borrowed
        Where the ratio is wholly that of the parent (or of the neighbourhood),
        since the area's own cannot be known: nobody was there, or a cell is hidden.
    """

    ratio: np.ndarray = field(repr=False)
    parent: np.ndarray = field(repr=False)
    borrowed: np.ndarray = field(repr=False)


def shrink(
    above: np.ndarray,
    below: np.ndarray,
    *,
    method: Shrinkage = "eb",
    parent: np.ndarray | None = None,
    cap: float | None = 3.0,
    distance: np.ndarray | None = None,
) -> Steadied:
    """Steady ratios of small numbers.

    Parameters
    ----------
    above, below
        Numerators and denominators, persons: area × anything. NaN: not known.
    method
        ``"none"``: the area's own ratio as it is. ``"parent"``: that of all
        areas (the synthetic estimate: areas differ by their age structure
        alone). ``"eb"``: empirical Bayes, between the two, the nearer to the
        parent the fewer persons. ``"potential"``: ratio of population
        potentials, see Notes.
    parent
        Ratio of all areas; None: sum over sum of the areas where both are known.
    cap
        A ratio is at most so many times the parent's, and at least the parent's
        over it; None: no bound.
    distance
        For ``"potential"``: area × area, 1 or more, in units of the reach.

    Returns
    -------
    Steadied
        An area without a ratio of its own has the parent's (with
        ``"potential"``: that of its neighbourhood). Where nobody at all was in
        the denominator, the ratio is 0.

    Raises
    ------
    InputError
        If ``"potential"`` lacks distances, or ``cap`` is below 1.

    Notes
    -----
    Empirical Bayes is the method of moments of Marshall (1991), cell by cell:
    ``m`` the parent's ratio, ``s² = Σ b (r − m)² / Σb``, ``A = max(0, s² − m / b̄)``,
    ``r* = m + A / (A + m / b) · (r − m)``; a numerator is taken for a Poisson
    count, which is cautious where few move and many survive.

    The population potential of area *i* is ``V_i(x) = Σ_j x_j / d_ij²`` with
    ``d_ij = max(1, distance / reach)``, and the smoothed ratio is
    ``V_i(a) / V_i(b)``: persons within reach count fully, others by the square
    of their distance. This is the definition of this package; it follows the
    idea of Inoue (2014), whose formula may differ.

    References
    ----------
    Marshall, R. J. (1991). Mapping disease and mortality rates using empirical
    Bayes estimators. Applied Statistics 40, 283–294.

    Examples
    --------
    >>> above, below = np.array([[90.0], [60.0], [3.0]]), np.array([[100.0], [100.0], [1.0]])
    >>> shrink(above, below, method="none", cap=None).ratio.ravel().tolist()
    [0.9, 0.6, 3.0]
    >>> shrink(above, below).ratio.ravel().round(3).tolist()
    [0.876, 0.628, 0.863]
    """
    known = np.isfinite(above) & np.isfinite(below)
    above, below = np.where(known, above, 0.0), np.where(known, below, 0.0)
    if parent is None:
        parent = np.nan_to_num(divided(above.sum(axis=0), below.sum(axis=0)))
    own = divided(above, below)
    lacking = np.isnan(own)
    own = np.where(lacking, parent, own)
    if method == "parent":
        ratio = np.broadcast_to(parent, own.shape).copy()
    elif method == "eb":
        ratio = _empirical_bayes(own, below, parent)
        ratio[lacking] = np.broadcast_to(parent, own.shape)[lacking]
    elif method == "potential":
        ratio = _potential(above, below, distance)
        ratio = np.where(np.isnan(ratio), parent, ratio)
    else:
        ratio = own
    if cap is not None:
        if cap < 1:
            raise InputError("cohort_cap")
        ratio = np.clip(ratio, parent / cap, parent * cap)
    return Steadied(ratio=ratio, parent=parent, borrowed=lacking)


def distances(points: np.ndarray, *, reach: float) -> np.ndarray:
    """Return the distances for ``"potential"``: 1 within reach, else in units of it.

    Parameters
    ----------
    points
        Area × (x, y), in the order of the base table, in metres.
    reach
        Metres within which persons count fully, above 0.

    Examples
    --------
    >>> distances(np.array([[0.0, 0.0], [0.0, 1500.0]]), reach=500.0).tolist()
    [[1.0, 3.0], [3.0, 1.0]]
    """
    from scipy.spatial.distance import cdist

    return np.asarray(np.maximum(cdist(points, points) / reach, 1.0))


def _empirical_bayes(own: np.ndarray, below: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return ratios drawn to the parent's; cells without a denominator have no weight."""
    total = np.maximum(below.sum(axis=0), 1e-300)
    spread = (below * (own - mean) ** 2).sum(axis=0) / total
    counted = np.maximum((below > 0).sum(axis=0), 1)
    between = np.maximum(spread - mean * counted / total, 0.0)
    noise = mean / np.maximum(below, 1e-300)
    with np.errstate(invalid="ignore"):
        weight = np.where(between > 0, between / (between + noise), 0.0)
    return np.asarray(mean + weight * (own - mean))


def _potential(above: np.ndarray, below: np.ndarray, distance: np.ndarray | None) -> np.ndarray:
    if distance is None or distance.shape != (len(above), len(above)) or not (distance >= 1).all():
        raise InputError("cohort_no_distance")
    weight = distance**-2.0
    return divided(
        np.tensordot(weight, above, axes=(1, 0)), np.tensordot(weight, below, axes=(1, 0))
    )
