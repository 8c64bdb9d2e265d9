"""Amounts and measurements of invented people, drawn from the statistics file.

Who is a user, states and values by group through a copula, then sums made
exact by whole steps: see :mod:`tsukuba_gis.pseudo.measuring.numbers` for what is measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.pseudo.counts import by_lot
from tsukuba_gis.pseudo.making.curves import curves_of, drawn_values, stepped
from tsukuba_gis.pseudo.making.means import near_means
from tsukuba_gis.pseudo.making.sums import sum_cells, with_sums
from tsukuba_gis.pseudo.measuring.numbers.states import MISSING, VALUED, ZERO, state_codes
from tsukuba_gis.pseudo.measuring.numbers.sums import users_cell
from tsukuba_gis.pseudo.tables.city import AMOUNTS, BROAD, SEVERITIES, start_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.keys import Streams
    from tsukuba_gis.pseudo.making.crowd import Crowd
    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.pseudo.tables.cells import Family
    from tsukuba_gis.pseudo.tables.city import City

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]


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
    tables = curves_of(statistics.tables["quantiles"])
    letters = np.array(list(np.ndindex((3,) * len(spec.numeric))))
    drawn = {}
    for place, column in enumerate(spec.numeric):
        letter = letters[state, place]
        values, rows = np.where(letter == 0, np.nan, 0.0), np.flatnonzero(letter == 2)
        values[rows] = drawn_values(scores[place, rows], group[rows], tables, column)
        if column in spec.sums:  # without a distribution all alike: their sum may be known
            values[rows] = np.nan_to_num(values[rows], nan=float(units[column]) or 1.0)
        values = stepped(values, float(units[column]))
        alike = group
        if column in spec.sums:
            cell = sum_cells(statistics.tables["sums"], column, city, keys)
            values = with_sums(values, cell, float(units[column]), streams("sums", column))
            alike = (cell[0] + 1) * (int(group.max(initial=0)) + 1) + group
        if column in spec.mean_columns:
            wanted = _area_means(statistics.tables["area_means"], column, len(city.areas))
            values = near_means(values, scores[place], alike, crowd.area, wanted)
        drawn[column] = values
    return drawn


def _area_means(means: pd.DataFrame, column: str, n: int) -> Floats:
    """Return the published mean of each area, NaN where there is none."""
    own = (means.column == column).to_numpy()
    wanted = np.full(n, np.nan)
    wanted[means.area.to_numpy(dtype=np.int64)[own]] = means["mean"].to_numpy()[own]
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
    codes = np.array([code_of[text] for text in table.state], dtype=np.int64)
    used = np.array([any(text[i] == VALUED for i in sums) for text in table.state], dtype=bool)
    persons = table.persons.to_numpy(np.float64)
    for name, rows in table.groupby("group", sort=True).indices.items():
        of_group[int(str(name)[1:])] = codes[rows], persons[rows], used[rows]
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
    alike = group * 2 + user
    order = by_lot(alike, streams("states", ""))
    for number, mine in enumerate(np.split(order, np.cumsum(np.bincount(alike))[:-1])):
        codes, persons, used = of_group.get(number // 2, main)
        fits = used == number % 2
        if fits.any():
            state[mine] = np.repeat(codes[fits], apportioned(persons[fits], len(mine)))
        else:  # no such state is told: amounts or none, and nothing else
            own = (MISSING, VALUED if number % 2 else ZERO)
            state[mine] = code_of["".join(own[c in spec.sums] for c in spec.numeric)]
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
    """Return correlated normal scores (columns × people), given ranks of age and care.

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
    every, certified = np.arange(len(group)), np.flatnonzero(given[1] >= 0)
    known = np.zeros((len(given), len(group)))
    for place, mine in enumerate((every, certified)):
        known[place, mine] = _ranked(given[place][mine], group[mine], rng)
    noise = rng.standard_normal((len(spec.numeric), len(group)))
    scores = np.empty_like(noise)
    laws: tuple[tuple[Any, list[int]], ...] = ((slice(None), [0]), (certified, [0, 1]))
    for mine, some in laws:
        slopes = np.linalg.solve(fixed[np.ix_(some, some)], fixed[some, 2:])
        rest = fixed[2:, 2:] - fixed[2:, some] @ slopes
        lower = np.linalg.cholesky(rest + 1e-9 * np.eye(len(rest)))
        scores[:, mine] = slopes.T @ known[some][:, mine] + lower @ noise[:, mine]
    return scores


def _ranked(codes: Ints, group: Ints, rng: np.random.Generator) -> Floats:
    """Return normal scores of ranks within groups, ties broken by lot."""
    from scipy.special import ndtri

    order = by_lot(group * (int(codes.max(initial=0)) + 1) + codes, rng)
    n = np.bincount(group)
    first = np.cumsum(n) - n
    rank = np.empty(len(codes))
    rank[order] = np.arange(len(codes)) - first[group[order]]
    scores: Floats = ndtri((rank + 0.5) / n[group])
    return scores
