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

from tsukuba_gis.pseudo.city import AMOUNTS, BROAD, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.cells import Family
    from tsukuba_gis.pseudo.city import City
    from tsukuba_gis.pseudo.people import People
    from tsukuba_gis.pseudo.spec import Spec

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
    numbers: Mapping[str, Floats],
    people: People,
    city: City,
    users: Family,
    coded: Mapping[str, Ints],
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """Return the tables of sums, groups, states, quantiles, correlations and units.

    Parameters
    ----------
    numbers, people, coded
        The register, as numbers and as codes.
    city
        What the city consists of.
    users
        The table of users, protected.
    """
    spec = city.spec
    if not spec.numeric:
        return {}
    values = {column: numbers[column] for column in spec.numeric}
    sums = pd_concat(
        [_safe_sums(column, values[column], city, coded) for column in spec.sums],
        ["level", "column", "cluster", "broad", "severity", "total"],
    )
    inside = model_cells(sums, users, city)[users_cell(users, coded)]
    groups = _groups(city, coded, inside)
    group = groups[coded["severity"], coded["sex"], np.searchsorted(AMOUNTS, coded["amounts"])]
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
    order = np.argsort(-amounts)
    # Sorting by a short key that is nearly in order already is quickest.
    order = order[np.argsort(group[order].astype(np.min_scalar_type(n)), kind="stable")]
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
    shape = (len(SEVERITIES), n_sex, len(AMOUNTS))
    ten = np.searchsorted(AMOUNTS, coded["amounts"])
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
        (
            SEVERITIES[severity],
            city.codes["sex"][sex],
            AMOUNTS[ten],
            f"g{groups[severity, sex, ten]}",
        )
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
