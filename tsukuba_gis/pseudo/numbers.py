"""Amounts and measurements: measured as quantile tables, drawn through a copula.

Measured over the city in groups of similar people (sex, ten-year age, care
band; at least ``group_size`` people): which columns are missing, zero or
valued; means of quantile bins of at least k people, so that no real value is
kept; and one rank correlation of normal scores, corrected for ties. Sums per
cluster × age group × care band are kept where no person dominates them.

The model looks only at people in cells whose sums are published: what it tells
about the city tells nothing about a cell that is not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.pseudo.layout import BROAD, SEVERITIES, TEN, start_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.cells import Family
    from tsukuba_gis.pseudo.households import Crowd
    from tsukuba_gis.pseudo.keys import Streams
    from tsukuba_gis.pseudo.layout import City
    from tsukuba_gis.pseudo.people import People
    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.statistics import Statistics

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]

# Most bins of a quantile table; the outermost ones hold k people each.
BINS: Final = 48
MISSING, ZERO, VALUED = "m", "0", "v"
# Largest share of one person in the sum of a quantile bin.
BIN_DOMINANCE: Final = 0.5
_LEVELS: Final = (
    ("cluster", ("cluster",)),
    ("broad", ("cluster", "broad")),
    ("severity", ("cluster", "broad", "severity")),
)


def measure_numbers(
    frame: pd.DataFrame, people: People, city: City, users: Family, coded: Mapping[str, Ints]
) -> dict[str, pd.DataFrame]:
    """Return the tables of sums, groups, states, quantiles, correlations and units.

    Parameters
    ----------
    frame, people, coded
        The register, as rows and as codes.
    city
        What the city consists of.
    users
        The table of users, protected.
    """
    spec = city.spec
    if not spec.numeric:
        return {}
    values = {
        column: frame[column].to_numpy(dtype=np.float64, na_value=np.nan) for column in spec.numeric
    }
    sums = pd_concat(
        [_safe_sums(column, values[column], city, coded) for column in spec.sums],
        ["level", "column", "cluster", "broad", "severity", "total"],
    )
    inside = model_cells(sums, users, city)[users_cell(users, coded)]
    groups = _groups(city, coded, inside)
    group = groups[coded["severity"], coded["sex"], np.searchsorted(TEN, coded["ten"])]
    states, quantiles = _states_and_quantiles(values, group, inside, spec)
    given = {"age": people.age.astype(np.float64)}
    if spec.care:  # among people without care there is nothing to rank
        given["care"] = np.where(coded["severity"] > 0, people.care, np.nan)
    return {
        "sums": sums,
        "groups": _labelled_groups(groups, city),
        "states": states,
        "quantiles": quantiles,
        "correlation": _correlation(given, values, group, inside),
        "units": _units(values, inside, spec),
    }


def pd_concat(parts: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Return the parts one below the other, or an empty table with these columns."""
    import pandas as pd

    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


# ---- sums --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Contributors:
    """Count, total and the two largest amounts of each group."""

    n: Floats
    total: Floats
    top: Floats

    def safe(self, k: float | Floats, dominance: float) -> Bools:
        """Tell which totals hide every contributor."""
        fine: Bools = (self.n >= k) & (self.top <= dominance * self.total)
        return fine


def _contributors(group: Ints, amounts: Floats, n: int) -> _Contributors:
    order = np.lexsort((-amounts, group))
    sorted_group, sorted_amounts = group[order], amounts[order]
    first = np.searchsorted(sorted_group, np.arange(n))
    place = np.arange(len(order)) - first[sorted_group]
    top = np.bincount(sorted_group, sorted_amounts * (place < 2), minlength=n)
    return _Contributors(
        n=np.bincount(group, minlength=n).astype(np.float64),
        total=np.bincount(group, amounts, minlength=n),
        top=top,
    )


def _safe_sums(column: str, amounts: Floats, city: City, coded: Mapping[str, Ints]) -> pd.DataFrame:
    """Return the sums that may be shown: from the cluster down to age group × care band."""
    import pandas as pd

    spec = city.spec
    positive = amounts > 0
    amount = amounts[positive]
    shape = (len(city.codes["cluster"]), len(BROAD), len(SEVERITIES))
    part = np.searchsorted(BROAD, coded["broad"])
    place = (coded["cluster"], part, coded["severity"])
    persons = city.bands.groupby("cluster").persons.sum()
    k = np.array([min(spec.threshold(value), 1e12) for value in persons])
    rows = []
    parent_shown = np.ones(1, dtype=bool)
    for depth, (level, _) in enumerate(_LEVELS, start=1):
        code = np.ravel_multi_index([axis[positive] for axis in place[:depth]], shape[:depth])
        n = int(np.prod(shape[:depth]))
        own = _contributors(code, amount, n)
        per_parent = n // len(parent_shown)
        of_parent = np.arange(n) // per_parent
        cluster = np.arange(n) // (n // shape[0])
        shown = own.safe(k[cluster], spec.dominance) & parent_shown[of_parent]
        if depth > 1:
            shown = _close_sums(shown, own, (code, amount, of_parent, k), spec)
        for cell in np.flatnonzero(shown):
            at = np.unravel_index(cell, shape[:depth])
            rows.append(
                (
                    level, column, city.codes["cluster"][at[0]],
                    str(BROAD[at[1]]) if depth > 1 else "",
                    SEVERITIES[at[2]] if depth == len(_LEVELS) else "",
                    round(own.total[cell]),
                )
            )  # fmt: skip
        parent_shown = shown
    return pd.DataFrame(rows, columns=["level", "column", "cluster", "broad", "severity", "total"])


def _close_sums(
    shown: Bools, own: _Contributors, data: tuple[Ints, Floats, Ints, Floats], spec: Spec
) -> Bools:
    """Give up sums until what is left of each parent hides its contributors too."""
    code, amount, of_parent, k = data
    shown = shown.copy()
    while True:
        hidden = ~shown & (own.n > 0)
        rest = ~shown[code]
        n_parents = int(of_parent.max()) + 1
        left = _contributors(of_parent[code][rest], amount[rest], n_parents)
        cells = np.bincount(of_parent, hidden, minlength=n_parents)
        cluster_k = np.repeat(k, n_parents // len(k))
        bad = (left.n > 0) & (~left.safe(cluster_k, spec.dominance) | (cells < 2))
        candidates = np.flatnonzero(shown & bad[of_parent])
        if len(candidates) == 0:
            return shown
        order = candidates[np.lexsort((own.n[candidates], of_parent[candidates]))]
        shown[order[np.unique(of_parent[order], return_index=True)[1]]] = False


def users_cell(users: Family, coded: Mapping[str, Ints]) -> Ints:
    """Return the (cluster, age group, care band) cell of each person in the users' table."""
    zero = np.zeros(len(coded["cluster"]), dtype=np.int64)
    leaf = users.find({**coded, "user": zero})
    return users.codes["total"][leaf]


def model_cells(sums: pd.DataFrame, users: Family, city: City) -> Bools:
    """Tell which (cluster, age group, care band) cells the model may look at.

    Those whose users and sums are all published, from the file alone.
    """
    cells = users.cells("total")
    shown: Bools = np.isfinite(users.values["total"])
    if not city.spec.sums:
        return shown
    leaf_shown = np.isfinite(users.values["leaf"])[users.codes["leaf"]]
    for value in (0, 1):
        rows = (users.leaves.user == value).to_numpy()
        empty = users.values["leaf"][users.codes["leaf"]] == 0
        part = np.zeros(len(shown), dtype=bool)
        part[users.codes["total"][rows]] = (leaf_shown | empty)[rows]
        shown = shown & part
    spelt = [
        (city.codes["cluster"][c], str(b), SEVERITIES[s])
        for c, b, s in zip(cells.cluster, cells.broad, cells.severity, strict=True)
    ]
    finest = sums[sums.level == "severity"]
    for column in city.spec.sums:
        own = finest[finest.column == column]
        known = set(zip(own.cluster, own.broad, own.severity, strict=True))
        shown = shown & np.array([cell in known for cell in spelt])
    return shown


# ---- groups, states, quantiles -------------------------------------------------


def _groups(city: City, coded: Mapping[str, Ints], inside: Bools) -> Ints:
    """Return the group of each care band × sex × ten-year age: neighbours merged until large.

    Ages are merged from the oldest down; sexes where one alone is too few; a
    care band that is too small as a whole takes the groups of the one below.
    """
    n_sex = len(city.codes["sex"])
    shape = (len(SEVERITIES), n_sex, len(TEN))
    ten = np.searchsorted(TEN, coded["ten"])
    flat = np.ravel_multi_index((coded["severity"], coded["sex"], ten), shape)
    counts = np.bincount(flat[inside], minlength=int(np.prod(shape))).reshape(shape)
    size = city.spec.group_size
    groups = np.zeros(shape, dtype=np.int64)
    number = 0
    for severity in range(shape[0]):
        if severity and counts[severity].sum() < size:
            groups[severity] = groups[severity - 1]
            continue
        split = bool((counts[severity].sum(axis=1) >= size).all())
        for sex in range(n_sex if split else 1):
            line = counts[severity, sex] if split else counts[severity].sum(axis=0)
            runs = _runs(line, size)
            if split:
                groups[severity, sex] = number + runs
            else:
                groups[severity, :] = number + runs
            number += int(runs.max()) + 1
    return groups


def _runs(counts: Ints, size: int) -> Ints:
    """Return numbers for neighbouring cells so that each number holds at least ``size``.

    Examples
    --------
    >>> _runs(np.array([50, 300, 10, 250]), 200).tolist()
    [0, 0, 0, 1]
    """
    runs = np.zeros(len(counts), dtype=np.int64)
    run, held = 0, 0
    for place in range(len(counts) - 1, -1, -1):
        if held >= size:
            run, held = run + 1, 0
        runs[place] = run
        held += int(counts[place])
    if held < size and run > 0:
        runs[runs == run] = run - 1
    return int(runs.max()) - runs


def _labelled_groups(groups: Ints, city: City) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (SEVERITIES[severity], city.codes["sex"][sex], TEN[ten], f"g{groups[severity, sex, ten]}")
        for severity, sex, ten in np.ndindex(*groups.shape)
    ]
    return pd.DataFrame(rows, columns=["severity", "sex", "ten", "group"])


def state_codes(values: Mapping[str, Floats]) -> tuple[Ints, list[str]]:
    """Return the state of each person over all columns, as a code, and the codes' spelling.

    One letter a column: m missing, 0 zero, v valued.
    """
    columns = list(values)
    code = np.zeros(len(values[columns[0]]), dtype=np.int64)
    for column in columns:
        amount = values[column]
        code = code * 3 + np.where(np.isnan(amount), 0, np.where(amount == 0, 1, 2))
    letters = MISSING + ZERO + VALUED
    spelt = [
        "".join(letters[number // 3**place % 3] for place in range(len(columns) - 1, -1, -1))
        for number in range(3 ** len(columns))
    ]
    return code, spelt


def _states_and_quantiles(
    values: Mapping[str, Floats], group: Ints, inside: Bools, spec: Spec
) -> tuple[pd.DataFrame, pd.DataFrame]:
    import pandas as pd

    code, spelt = state_codes(values)
    states, quantiles = [], []
    for number in np.unique(group[inside]):
        rows = inside & (group == number)
        states += [(f"g{number}", spelt[c], n) for c, n in _safe_states(code[rows], spec.k)]
        for column, amounts in values.items():
            own = amounts[rows]
            valued = np.sort(own[np.isfinite(own) & (own != 0)])
            for upper, mean, tie in quantile_bins(valued, spec.k):
                quantiles.append((f"g{number}", column, upper, mean, tie))
    return (
        pd.DataFrame(states, columns=["group", "state", "persons"]),
        pd.DataFrame(quantiles, columns=["group", "column", "upper", "mean", "tie"]),
    )


def _safe_states(code: Ints, k: int) -> list[tuple[int, int]]:
    """Return states and counts; a state of fewer than k people joins the commonest one."""
    codes, counts = np.unique(code, return_counts=True)
    small = counts < k
    if small.all():
        return []
    main = int(np.argmax(counts))
    counts[main] += counts[small].sum()
    return [(int(c), int(n)) for c, n, few in zip(codes, counts, small, strict=True) if not few]


def quantile_bins(values: Floats, k: int) -> list[tuple[float, float, int]]:
    """Return a quantile table: means of bins of at least k people, no bin dominated by one.

    Parameters
    ----------
    values
        Sorted.
    k
        Smallest number of people in a bin; the two ends are finest.

    Returns
    -------
    list of (float, float, int)
        Upper edge (share of people), mean (four significant digits), and 1 if
        all values of the bin are the same. Equal values never part.

    Examples
    --------
    >>> quantile_bins(np.array([1.0] * 12 + [2.0] * 5 + [4.0] * 5), 10)
    [(0.5455, 1.0, 1), (1.0, 3.0, 0)]
    >>> quantile_bins(np.array([1.0] * 5), 10)
    []
    """
    n = len(values)
    if n < k:
        return []
    edges = _edges(n, k)
    # Move each edge behind the values equal to the one before it.
    edges = np.unique(np.searchsorted(values, values[edges - 1], side="right"))
    bins: list[tuple[int, int]] = []
    low = 0
    for high in edges:
        if high - low >= k and not _dominated(values[low:high]):
            bins.append((low, int(high)))
            low = int(high)
    if low < n and bins:  # the rest joins the last bin
        bins[-1] = (bins[-1][0], n)
    while len(bins) > 1 and _dominated(values[bins[-1][0] : n]):
        bins[-2:] = [(bins[-2][0], n)]
    if not bins or _dominated(values[bins[-1][0] : n]):
        return []
    return [
        (
            round(high / n, 4),
            float(f"{values[low:high].mean():.4g}"),
            int(values[low] == values[high - 1]),
        )
        for low, high in bins
    ]


def _edges(n: int, k: int) -> Ints:
    """Return bin edges: k people at both ends, wider towards the middle."""
    widest = max(k, n // BINS)
    ends, width, at = [], k, k
    while at < n // 2:
        ends.append(at)
        width = min(int(width * 1.5), widest)
        at += width
    return np.array(sorted({*ends, *(n - end for end in ends), n}), dtype=np.int64)


def _dominated(values: Floats) -> bool:
    size = np.abs(values)
    return bool(size.max() > BIN_DOMINANCE * size.sum())


def normal_scores(values: Floats) -> Floats:
    """Return normal scores of mid-ranks: ties share one score.

    Examples
    --------
    >>> normal_scores(np.array([5.0, 5.0, 1.0, 9.0])).round(2).tolist()
    [0.0, 0.0, -1.15, 1.15]
    """
    from scipy.special import ndtri

    _, place, number = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(number) - number / 2
    scores: Floats = ndtri(middle[place] / len(values))
    return scores


def _correlation(
    given: Mapping[str, Floats], values: Mapping[str, Floats], group: Ints, inside: Bools
) -> pd.DataFrame:
    """Return rank correlations inside groups, of latent scores: corrected for ties.

    The scores of tied values are means of the latent score over the tie; their
    covariance is smaller by the variance that is left of each.
    """
    import pandas as pd

    columns = {**given, **{name: np.where(v == 0, np.nan, v) for name, v in values.items()}}
    scores = np.full((len(group), len(columns)), np.nan)
    order = np.argsort(group, kind="stable")
    order = order[inside[order]]
    runs = np.split(order, np.flatnonzero(np.diff(group[order])) + 1) if len(order) else []
    for rows in runs:
        for number, column in enumerate(columns.values()):
            valued = rows[np.isfinite(column[rows])]
            if len(valued) > 1:
                scores[valued, number] = normal_scores(column[valued])
    kept = np.isfinite(scores)
    filled = np.where(kept, scores, 0.0)
    n = kept.astype(np.float64).T @ kept
    left = np.square(filled).sum(axis=0) / np.maximum(np.diag(n), 1)
    cross = filled.T @ filled / np.maximum(n, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        matrix = np.where(n >= 100, cross / np.outer(left, left), 0.0)
    matrix = np.clip(np.nan_to_num(matrix), -0.99, 0.99)
    np.fill_diagonal(matrix, 1.0)
    names = list(columns)
    rows_out = [
        (names[i], names[j], round(float(matrix[i, j]), 3))
        for i in range(len(names))
        for j in range(i + 1, len(names))
    ]
    return pd.DataFrame(rows_out, columns=["column", "other", "correlation"])


def _units(values: Mapping[str, Floats], inside: Bools, spec: Spec) -> pd.DataFrame:
    """Return the step in which each column's values are written, such as 0.1 or 10."""
    import pandas as pd

    rows = []
    for column, amounts in values.items():
        own = amounts[inside & np.isfinite(amounts) & (amounts != 0)]
        unit = 0.0
        for step in (1000.0, 100.0, 10.0, 1.0, 0.1, 0.01, 0.001):
            apart = np.abs(own / step - np.rint(own / step))
            if len(own) >= spec.k and np.mean(apart < 1e-6) > 0.99:
                unit = step
                break
        rows.append((column, unit))
    return pd.DataFrame(rows, columns=["column", "unit"])


# ---- drawing -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Curve:
    """A quantile table as a function from shares to values."""

    x: Floats
    y: Floats

    def __call__(self, shares: Floats) -> Floats:
        """Return the values at the shares."""
        return np.interp(shares, self.x, self.y)


def curve(upper: Floats, mean: Floats, tie: Bools) -> Curve:
    """Return the function of a quantile table: flat over ties, else straight through the means.

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
    nudge = 1e-9
    x = np.column_stack([lower + nudge, (lower + upper) / 2, upper - nudge]).ravel()
    y = np.column_stack([left, mean, right]).ravel()
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
    ten, broad = start_of(crowd.start, TEN), start_of(crowd.start, BROAD)
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
        if column in spec.sums:
            cell = _sum_cells(statistics.tables["sums"], column, city, keys)
            values = _with_sums(values, cell, float(units[column]), streams("sums", column))
        drawn[column] = values
    return drawn


def _group_of(groups: pd.DataFrame, city: City, codes: tuple[Ints, Ints, Ints]) -> Ints:
    shape = (len(SEVERITIES), len(city.codes["sex"]), len(TEN))
    number = np.zeros(shape, dtype=np.int64)
    for row in groups.itertuples(index=False):
        at = (
            SEVERITIES.index(str(row.severity)), city.codes["sex"].index(str(row.sex)),
            TEN.index(int(str(row.ten))),
        )  # fmt: skip
        number[at] = int(str(row.group)[1:])
    severity, sex, ten = codes
    return number[severity, sex, np.searchsorted(TEN, ten)]


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
    low, high = np.full(len(wanted), -20.0), np.full(len(wanted), 20.0)
    for _ in range(40):
        middle = (low + high) / 2
        tried = odds * np.exp(middle)[cell]
        total = np.bincount(cell, tried / (1 + tried), minlength=len(wanted))
        low, high = np.where(total < goal, middle, low), np.where(total < goal, high, middle)
    tried = odds * np.exp((low + high) / 2)[cell]
    chance = tried / (1 + tried)
    # Systematic sampling in random order, group by group: exact totals, even shares.
    order = np.lexsort((rng.random(len(cell)), group, cell))
    summed = np.cumsum(chance[order])
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

    order = np.lexsort((rng.random(len(codes)), codes, group))
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
    order = np.lexsort((score, group))
    n = np.bincount(group)
    first = np.cumsum(n) - n
    share = np.empty(len(score))
    share[order] = (np.arange(len(score)) - first[group[order]] + 0.5) / n[group[order]]
    values = np.full(len(score), np.nan)
    spare = next((made for (_, name), made in tables.items() if name == column), None)
    for number in np.unique(group):
        made = tables.get((f"g{number}", column), spare)
        mine = group == number
        if made is not None:
            values[mine] = made(share[mine])
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
    """Return amounts with exact sums: scaled, then shifted by whole steps here and there."""
    cell, wanted = cells
    values = values.copy()
    step = max(unit, 1.0)
    order = np.argsort(cell, kind="stable")
    order = order[(cell[order] >= 0) & (values[order] > 0)]
    if len(order) == 0:
        return values
    for rows in np.split(order, np.flatnonzero(np.diff(cell[order])) + 1):
        goal = wanted[cell[rows[0]]]
        own = values[rows]
        factor = goal / own.sum()
        if own.mean() > 50 * step:  # small counts would be distorted: they are only shifted
            own = np.maximum(np.rint(own * factor / step), 1) * step
        values[rows] = _shifted(own, goal, step, rng)
    return values


def _shifted(own: Floats, goal: float, step: float, rng: np.random.Generator) -> Floats:
    """Shift amounts by whole steps, keeping each at one step or more, until their sum is met.

    Examples
    --------
    >>> rng = np.random.Generator(np.random.Philox(1))
    >>> float(_shifted(np.array([10.0, 10.0, 20.0]), 57.0, 10.0, rng).sum())
    57.0
    """
    own = own.copy()
    steps = int(np.trunc((goal - own.sum()) / step))
    while steps:
        sign = 1 if steps > 0 else -1
        able = np.flatnonzero(own > step) if sign < 0 else np.arange(len(own))
        if len(able) == 0:
            break
        # The larger an amount, the likelier it is shifted.
        weight = own[able] / own[able].sum()
        size = min(abs(steps), max(1, int((weight > 0).sum())))
        chosen = rng.choice(able, size, replace=False, p=weight)
        own[chosen] += sign * step
        steps -= sign * size
    rest = goal - own.sum()
    if rest:  # less than a step: on the largest
        own[np.argmax(own)] += rest
    return own
