"""Amounts made to meet the published sums: scaled, then shifted by whole steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.pseudo.tables.city import BROAD, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.tables.city import City

    Ints = NDArray[Any]
    Floats = NDArray[Any]


def sum_cells(
    sums: pd.DataFrame, column: str, city: City, keys: Mapping[str, Ints]
) -> tuple[Ints, Floats]:
    """Return for each person the cell whose sum it belongs to (-1: none), and the cells' sums.

    The finest published sum counts; what is left of a coarser one is a cell too.
    """
    shape = (len(city.codes["cluster"]), len(BROAD), len(SEVERITIES))
    totals = [np.full(shape[:depth], np.nan) for depth in (1, 2, 3)]
    own = sums[sums.column == column]
    told = (own[name].tolist() for name in ("cluster", "broad", "severity", "total"))
    for cluster, broad, severity, total in zip(*told, strict=True):
        at = [city.codes["cluster"].index(str(cluster))]
        if broad != "":
            at.append(BROAD.index(int(str(broad))))
        if severity != "":
            at.append(SEVERITIES.index(str(severity)))
        totals[len(at) - 1][tuple(at)] = float(str(total))
    place = (keys["cluster"], np.searchsorted(BROAD, keys["broad"]), keys["severity"])
    cell = np.full(len(place[0]), -1)
    wanted: list[Floats] = []
    offset = 0
    for depth in (3, 2, 1):
        level = totals[depth - 1].copy()
        if depth < 3:
            level -= np.nansum(totals[depth], axis=-1)
        code = np.ravel_multi_index(place[:depth], shape[:depth])
        known = np.isfinite(level).ravel()[code] & (cell < 0)
        cell[known] = code[known] + offset
        wanted.append(level.ravel())
        offset += level.size
    return cell, np.concatenate(wanted)


def with_sums(
    values: Floats, cells: tuple[Ints, Floats], unit: float, rng: np.random.Generator
) -> Floats:
    """Return amounts with exact sums: scaled, then shifted by whole steps here and there.

    Examples
    --------
    >>> rng = np.random.Generator(np.random.Philox(1))
    >>> cells = np.array([0, 0, 0, -1]), np.array([57.0])
    >>> made = with_sums(np.array([10.0, 10.0, 20.0, 5.0]), cells, 10.0, rng)
    >>> float(made[:3].sum()), float(made[3])
    (57.0, 5.0)
    """
    cell, wanted = cells
    step = max(unit, 1.0)
    values = _held(values, cells, step, rng)
    rows = np.flatnonzero((cell >= 0) & (values > 0))
    held = np.bincount(cell[rows], minlength=len(wanted)) > 0
    code, goal = (np.cumsum(held) - 1)[cell[rows]], wanted[held]
    own = values[rows]
    total, n = np.bincount(code, own), np.bincount(code)
    large = (total > 50 * step * n)[code]  # small counts would be distorted: only shifted
    scaled = np.maximum(np.rint(own * (goal / total)[code] / step), 1) * step
    own = _shifted(np.where(large, scaled, own), code, goal, step, rng)
    rest = goal - np.bincount(code, own)
    if rest.any():  # less than a step is left: on the largest of the cell
        order = np.lexsort((own, code))
        own[order[np.cumsum(n) - 1]] += rest
    values[rows] = own
    return values


def _held(
    values: Floats, cells: tuple[Ints, Floats], step: float, rng: np.random.Generator
) -> Floats:
    """Return amounts of no more people than their sum has steps, and of somebody if there is a sum.

    Where how many people have an amount is not published, as many may have been drawn
    as could only have amounts below zero, or nobody.
    """
    cell, wanted = cells
    goal, values = np.nan_to_num(wanted), values.copy()
    most = np.where(goal > 0, np.maximum(goal // step, 1), 0)
    users = np.flatnonzero((cell >= 0) & (values > 0))
    n = np.bincount(cell[users], minlength=len(wanted))
    many = users[(n > most)[cell[users]]]
    if len(many):
        many = many[np.lexsort((rng.random(len(many)), cell[many]))]
        turn = np.arange(len(many)) - np.searchsorted(cell[many], cell[many])
        values[many[turn >= most[cell[many]]]] = 0
    few = np.flatnonzero((cell >= 0) & ((n == 0) & (goal > 0))[cell])
    if len(few):  # whoever has no amount goes before those of whom none is known
        few = few[np.lexsort((rng.random(len(few)), np.isnan(values[few]), cell[few]))]
        first = few[np.unique(cell[few], return_index=True)[1]]
        values[first] = goal[cell[first]]
    return values


def _shifted(
    own: Floats, code: Ints, goal: Floats, step: float, rng: np.random.Generator
) -> Floats:  # fmt: skip
    """Shift amounts by whole steps, keeping each at one step or more, until sums are met.

    The larger an amount, the likelier it is shifted: people are drawn with the smallest of
    an exponential lot over the amount (Efraimidis and Spirakis 2006,
    doi:10.1016/j.ipl.2005.11.003).
    """
    own = own.copy()
    steps = np.trunc((goal - np.bincount(code, own)) / step).astype(np.int64)
    left = np.arange(len(own))
    while True:
        left = left[steps[code[left]] != 0]
        able = left[(steps[code[left]] > 0) | (own[left] > step)]
        if len(able) == 0:
            return own
        able = able[np.argsort(rng.exponential(size=len(able)) / own[able])]
        order = able[np.argsort(code[able].astype(np.min_scalar_type(len(goal))), kind="stable")]
        first = np.searchsorted(code[order], np.arange(len(goal)))
        turn = np.arange(len(order)) - first[code[order]]
        chosen = order[turn < np.abs(steps)[code[order]]]
        sign = np.sign(steps)[code[chosen]]
        own[chosen] += sign * step
        steps -= np.bincount(code[chosen], sign, minlength=len(goal)).astype(np.int64)
