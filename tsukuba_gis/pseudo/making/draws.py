"""Amounts and measurements of invented people, drawn from the statistics file.

Who is a user, states and values by group through a copula, then sums made
exact by whole steps: see :mod:`tsukuba_gis.pseudo.numbers` for what is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.pseudo.city import AMOUNTS, BROAD, SEVERITIES, start_of
from tsukuba_gis.pseudo.counts import by_lot
from tsukuba_gis.pseudo.making.means import near_means
from tsukuba_gis.pseudo.numbers.states import VALUED, state_codes
from tsukuba_gis.pseudo.numbers.sums import users_cell

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.cells import Family
    from tsukuba_gis.pseudo.city import City
    from tsukuba_gis.pseudo.keys import Streams
    from tsukuba_gis.pseudo.making.crowd import Crowd
    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.statistics import Statistics

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]


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


def draw_numbers(
    statistics: Statistics, city: City, users: Family, crowd: Crowd, streams: Streams
) -> dict[str, Floats]:
    """Return the numeric columns of the invented people.

    Who is a user is drawn so that users per cluster × age group × care band
    are as published; states and values by group; sums are then made exact.

    Parameters
    ----------
    statistics, city, users
        The statistics file, and its tables.
    crowd
        The people.
    streams
        Returns the random stream of a stage at a place.
    """
    spec = city.spec
    if not spec.numeric or not len(statistics.tables.get("states", ())):
        return {column: np.full(len(crowd.age), np.nan) for column in spec.numeric}
    severity = city.severity[crowd.care]
    ten, broad = start_of(crowd.start, AMOUNTS), start_of(crowd.start, BROAD)
    group = _group_of(statistics.tables["groups"], city, (severity, crowd.sex, ten))
    zero = np.zeros(len(severity), dtype=np.int64)
    keys = {"cluster": crowd.cluster, "broad": broad, "severity": severity, "user": zero}
    state = _drawn_states(statistics, users, users_cell(users, keys), group, streams)
    units = dict(
        zip(statistics.tables["units"].column, statistics.tables["units"].unit, strict=True)
    )
    care = np.where(severity > 0, crowd.care, -1)
    scores = _latent(statistics, spec, (crowd.age, care), group, streams)
    tables = _curves(statistics.tables["quantiles"])
    drawn = {}
    for place, column in enumerate(spec.numeric):
        letter = state // 3 ** (len(spec.numeric) - 1 - place) % 3
        values = np.where(letter == 0, np.nan, 0.0)
        values[letter == 2] = _drawn_values(
            scores[letter == 2, place], group[letter == 2], tables, column
        )
        values = _stepped(values, float(units[column]))
        alike = group
        if column in spec.sums:
            cell = _sum_cells(statistics.tables["sums"], column, city, keys)
            values = _with_sums(values, cell, float(units[column]), streams("sums", column))
            alike = (cell[0] + 1) * (int(group.max(initial=0)) + 1) + group
        if column in spec.mean_columns:
            wanted = _area_means(statistics.tables["area_means"], column, len(city.areas))
            values = near_means(values, scores[:, place], alike, crowd.area, wanted)
        drawn[column] = values
    return drawn


def _area_means(means: pd.DataFrame, column: str, n: int) -> Floats:
    """Return the published mean of each area, NaN where there is none."""
    own = means[means.column == column]
    wanted = np.full(n, np.nan)
    wanted[own.area.to_numpy(dtype=np.int64)] = own["mean"]
    return wanted


def _group_of(groups: pd.DataFrame, city: City, codes: tuple[Ints, Ints, Ints]) -> Ints:
    shape = (len(SEVERITIES), len(city.codes["sex"]), len(AMOUNTS))
    number = np.zeros(shape, dtype=np.int64)
    for row in groups.itertuples(index=False):
        at = (
            SEVERITIES.index(str(row.severity)), city.codes["sex"].index(str(row.sex)),
            AMOUNTS.index(int(str(row.ten))),
        )  # fmt: skip
        number[at] = int(str(row.group)[1:])
    severity, sex, ten = codes
    return number[severity, sex, np.searchsorted(AMOUNTS, ten)]


def _drawn_states(
    statistics: Statistics, users: Family, cell: Ints, group: Ints, streams: Streams
) -> Ints:
    """Return the state of each person: users exact per cell, the rest by group."""
    spec = statistics.spec
    table = statistics.tables["states"]
    code_of = {
        spelt: code
        for code, spelt in enumerate(state_codes({c: np.zeros(0) for c in spec.numeric})[1])
    }
    of_group: dict[int, tuple[Ints, Floats, Bools]] = {}
    sums = [spec.numeric.index(column) for column in spec.sums]
    for name, part in table.groupby("group", sort=True):
        codes = np.array([code_of[text] for text in part.state], dtype=np.int64)
        used = np.array([any(text[i] == VALUED for i in sums) for text in part.state], dtype=bool)
        of_group[int(str(name)[1:])] = codes, part.persons.to_numpy(np.float64), used
    main = next(iter(of_group.values()))
    share = np.zeros(int(group.max()) + 1)
    for number in range(len(share)):
        codes, persons, used = of_group.get(number, main)
        share[number] = persons[used].sum() / persons.sum()
    known = users.values["leaf"][users.codes["leaf"]]
    is_user = (users.leaves.user == 1).to_numpy()
    wanted = np.full(users.size("total"), np.nan)
    wanted[users.codes["total"][is_user]] = known[is_user]
    user = _drawn_users(share[group], group, cell, wanted, streams("users", ""))
    state = np.zeros(len(group), dtype=np.int64)
    rng = streams("states", "")
    lot = rng.random(len(group))
    for number in np.unique(group):
        codes, persons, used = of_group.get(int(number), main)
        for flag in (False, True):
            mine = np.flatnonzero((group == number) & (user == flag))
            fits = used == flag
            if not fits.any():  # no such state in the group: the commonest one of all
                fits = np.ones(len(codes), dtype=bool)
            if len(mine):
                dealt = np.repeat(codes[fits], apportioned(persons[fits], len(mine)))
                state[mine[np.argsort(lot[mine])]] = dealt
    return state


def apportioned(weights: Floats, total: int) -> Ints:
    """Return whole numbers with a given total, in proportion to weights; the first get the rest.

    Examples
    --------
    >>> apportioned(np.array([1.0, 2.0]), 4).tolist()
    [1, 3]
    """
    exact = np.cumsum(weights) * (total / weights.sum())
    return np.diff(np.rint(exact).astype(np.int64), prepend=0)


def _drawn_users(
    share: Floats, group: Ints, cell: Ints, wanted: Floats, rng: np.random.Generator
) -> Bools:
    """Tell who is a user: so many in each cell as published, likelier where the group's share is.

    People are drawn with the largest of log(u) / odds (weighted sampling
    without replacement, Efraimidis and Spirakis 2006, doi:10.1016/j.ipl.2005.11.003),
    group by group within the cell.
    """
    number = np.bincount(cell, minlength=len(wanted))
    expected = np.bincount(cell, share, minlength=len(wanted))
    goal = np.where(
        np.isfinite(wanted), np.minimum(np.nan_to_num(wanted), number), np.rint(expected)
    )
    # Shift all groups of a cell alike on the log-odds scale until the cell's total is met.
    odds = np.clip(share, 1e-6, 1 - 1e-6) / (1 - np.clip(share, 1e-6, 1 - 1e-6))
    # People of one cell and group are alike: in order of both, the first stands for all.
    code = cell * (int(group.max(initial=0)) + 1) + group
    order = by_lot(code, rng)
    firsts = np.flatnonzero(np.diff(code[order], prepend=-1))
    one, alike = order[firsts], np.diff(firsts, append=len(order))
    low, high = np.full(len(wanted), -20.0), np.full(len(wanted), 20.0)
    for _ in range(40):
        middle = (low + high) / 2
        tried = odds[one] * np.exp(middle)[cell[one]]
        total = np.bincount(cell[one], alike * tried / (1 + tried), minlength=len(wanted))
        low, high = np.where(total < goal, middle, low), np.where(total < goal, high, middle)
    tried = odds[one] * np.exp((low + high) / 2)[cell[one]]
    # Systematic sampling in random order, group by group: exact totals, even shares.
    summed = np.cumsum(np.repeat(tried / (1 + tried), alike))
    ends = np.searchsorted(cell[order], np.arange(len(wanted)), side="right") - 1
    starts = np.searchsorted(cell[order], np.arange(len(wanted)), side="left")
    before = np.where(starts > 0, summed[np.maximum(starts - 1, 0)], 0.0)
    total = np.where(ends >= starts, summed[np.maximum(ends, 0)] - before, 1.0)
    own = cell[order]
    place = (summed - before[own]) * (goal / np.maximum(total, 1e-12))[own]
    place[ends[ends >= starts]] = goal[ends >= starts]  # rounding may not lose the last one
    shift = rng.random(len(wanted))[own] * 0.999
    last = np.floor(place + shift + 1e-9)
    last[ends[ends >= starts]] = goal[ends >= starts]
    first = np.zeros(len(own))
    first[1:] = np.where(own[1:] == own[:-1], last[:-1], 0)
    user = np.zeros(len(cell), dtype=bool)
    user[order] = np.minimum(last, goal[own]) > np.minimum(first, goal[own])
    return user


def _latent(
    statistics: Statistics, spec: Spec, given: tuple[Ints, Ints], group: Ints, streams: Streams
) -> Floats:
    """Return correlated normal scores of the numeric columns, given ranks of age and care.

    ``given`` are the ages and the care codes, -1 for people without care.
    """
    names = ["age", "care", *spec.numeric]
    matrix = np.eye(len(names))
    for row in statistics.tables["correlation"].itertuples(index=False):
        i, j = names.index(str(row.column)), names.index(str(row.other))
        matrix[i, j] = matrix[j, i] = float(str(row.correlation))
    values, vectors = np.linalg.eigh(matrix)
    fixed = (vectors * np.maximum(values, 1e-4)) @ vectors.T
    fixed /= np.sqrt(np.outer(np.diag(fixed), np.diag(fixed)))
    rng = streams("values", "")
    known = np.column_stack([_ranked(codes, group, rng) for codes in given])
    noise = rng.standard_normal((len(group), len(spec.numeric)))
    scores = np.empty_like(noise)
    for certified, some in ((False, [0]), (True, [0, 1])):
        mine = (given[1] >= 0) == certified
        slopes = np.linalg.solve(fixed[np.ix_(some, some)], fixed[some, 2:])
        rest = fixed[2:, 2:] - fixed[2:, some] @ slopes
        lower = np.linalg.cholesky(rest + 1e-9 * np.eye(len(rest)))
        scores[mine] = known[mine][:, some] @ slopes + noise[mine] @ lower.T
    return scores


def _ranked(codes: Ints, group: Ints, rng: np.random.Generator) -> Floats:
    """Return normal scores of ranks within groups, ties broken by lot."""
    from scipy.special import ndtri

    low = int(codes.min(initial=0))
    order = by_lot(group * (int(codes.max(initial=0)) - low + 1) + codes - low, rng)
    n = np.bincount(group)
    first = np.cumsum(n) - n
    rank = np.empty(len(codes))
    rank[order] = np.arange(len(codes)) - first[group[order]]
    scores: Floats = ndtri((rank + 0.5) / n[group])
    return scores


def _curves(table: pd.DataFrame) -> dict[tuple[str, str], Curve]:
    return {
        (str(group), str(column)): curve(
            part.upper.to_numpy(np.float64), part["mean"].to_numpy(np.float64),
            part.tie.to_numpy(np.int64) == 1,
        )
        for (group, column), part in table.groupby(["group", "column"], sort=False)
    }  # fmt: skip


def _drawn_values(
    score: Floats, group: Ints, tables: Mapping[tuple[str, str], Curve], column: str
) -> Floats:
    """Return values: the rank of the score within the group, put into the group's table."""
    order = np.argsort(score)
    order = order[np.argsort(group[order].astype(np.uint16), kind="stable")]
    values = np.full(len(score), np.nan)
    spare = next((made for (_, name), made in tables.items() if name == column), None)
    ends = np.cumsum(np.bincount(group))
    for number, mine in enumerate(np.split(order, ends[:-1])):
        made = tables.get((f"g{number}", column), spare)
        if made is not None and len(mine):
            values[mine] = made((np.arange(len(mine)) + 0.5) / len(mine))
    return values


def _stepped(values: Floats, unit: float) -> Floats:
    """Return values in whole steps; a valued amount stays at least one step from zero."""
    if unit <= 0:
        return values
    steps = np.rint(values / unit)
    steps = np.where((values != 0) & (steps == 0), np.sign(values), steps)
    digits = max(0, -int(np.floor(np.log10(unit) + 1e-9)))
    return np.round(steps * unit, digits)


def _sum_cells(
    sums: pd.DataFrame, column: str, city: City, keys: Mapping[str, Ints]
) -> tuple[Ints, Floats]:
    """Return for each person the cell whose sum it belongs to (-1: none), and the cells' sums.

    The finest published sum counts; what is left of a coarser one is a cell too.
    """
    shape = (len(city.codes["cluster"]), len(BROAD), len(SEVERITIES))
    totals = [np.full(shape[:depth], np.nan) for depth in (1, 2, 3)]
    own = sums[sums.column == column]
    for row in own.itertuples(index=False):
        at = [city.codes["cluster"].index(str(row.cluster))]
        if row.broad != "":
            at.append(BROAD.index(int(str(row.broad))))
        if row.severity != "":
            at.append(SEVERITIES.index(str(row.severity)))
        totals[len(at) - 1][tuple(at)] = float(str(row.total))
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


def _with_sums(
    values: Floats, cells: tuple[Ints, Floats], unit: float, rng: np.random.Generator
) -> Floats:
    """Return amounts with exact sums: scaled, then shifted by whole steps here and there.

    Examples
    --------
    >>> rng = np.random.Generator(np.random.Philox(1))
    >>> cells = np.array([0, 0, 0, -1]), np.array([57.0])
    >>> made = _with_sums(np.array([10.0, 10.0, 20.0, 5.0]), cells, 10.0, rng)
    >>> float(made[:3].sum()), float(made[3])
    (57.0, 5.0)
    """
    cell, wanted = cells
    rows = np.flatnonzero((cell >= 0) & (values > 0))
    held = np.bincount(cell[rows], minlength=len(wanted)) > 0
    code, goal = (np.cumsum(held) - 1)[cell[rows]], wanted[held]
    own, step = values[rows], max(unit, 1.0)
    total, n = np.bincount(code, own), np.bincount(code)
    large = (total > 50 * step * n)[code]  # small counts would be distorted: only shifted
    scaled = np.maximum(np.rint(own * (goal / total)[code] / step), 1) * step
    own = _shifted(np.where(large, scaled, own), code, goal, step, rng)
    rest = goal - np.bincount(code, own)
    if rest.any():  # less than a step is left: on the largest of the cell
        order = np.lexsort((own, code))
        own[order[np.cumsum(n) - 1]] += rest
    values = values.copy()
    values[rows] = own
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
