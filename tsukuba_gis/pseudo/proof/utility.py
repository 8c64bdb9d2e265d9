"""How much pseudo records are worth: what an analyst would find in them, against the real ones.

Each measure compares a frame with the real one. The intervals treat cells,
areas or people as draws: they say how far a figure would move with other ones.
How far two groups of real people lie apart by chance is the baseline that
:func:`tsukuba_gis.pseudo.proof.uses.uses` adds.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.pseudo.measuring.numbers.quantiles import without_ends
from tsukuba_gis.pseudo.proof.columns import known_of, numbers_of
from tsukuba_gis.pseudo.proof.metric import Z95, Figure, Metric, share_of, wilson
from tsukuba_gis.pseudo.proof.risk import codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


# Of each number, the percentile that is compared.
_TOP: Final = 0.99


def cells_equal(
    real: pd.DataFrame,
    pseudo: pd.DataFrame,
    columns: Sequence[str],
    *,
    k: int,
    at_least: float | None = None,
) -> Metric:
    """Return the share of cells of at least k people whose count is kept exactly.

    Examples
    --------
    >>> import pandas as pd
    >>> real = pd.DataFrame({"ward": list("aaabbc")})
    >>> made = pd.DataFrame({"ward": list("aaabcc")})
    >>> metric = cells_equal(real, made, ["ward"], k=2)
    >>> metric.value, metric.n
    (0.5, 2)
    """
    true, made = _counts(real, pseudo, columns)
    large = true >= k
    return Metric(
        name="cells_equal", kind="utility", n=int(large.sum()), subject=tuple(columns),
        **share_of(int((true == made)[large].sum()), int(large.sum())), at_least=at_least,
    )  # fmt: skip


def tvd(real: pd.DataFrame, pseudo: pd.DataFrame, columns: Sequence[str]) -> Metric:
    """Return the share of people who would have to move to another cell of a table.

    The total variation distance of two tables, ½ Σ |p − q|.

    Examples
    --------
    >>> import pandas as pd
    >>> tvd(pd.DataFrame({"w": list("aabb")}), pd.DataFrame({"w": list("abbb")}), ["w"]).value
    0.25
    """
    true, made = _counts(real, pseudo, columns)
    apart = np.abs(true / max(true.sum(), 1) - made / max(made.sum(), 1))
    # A share of people, so its interval is that of a share.
    value = float(0.5 * apart.sum())
    low, high = wilson(round(value * int(made.sum())), int(made.sum()))
    return Metric(
        name="tvd", kind="utility", value=value, low=min(low, value), high=max(high, value),
        at_most=0.002, null=0.0, n=len(true), subject=tuple(columns),
    )  # fmt: skip


def sums_equal(
    real: pd.DataFrame, pseudo: pd.DataFrame, *, by: Sequence[str], column: str
) -> Metric:
    """Return the share of groups whose sum is kept exactly; ``parts`` hold the median error.

    Missing amounts count as nothing. The worst error would tell a sum that is not published.
    """
    own, other = codes([real, pseudo], by)
    size = max(own.max(initial=-1), other.max(initial=-1)) + 1
    true = np.bincount(own, numbers_of(real[column], 0.0), minlength=size)
    made = np.bincount(other, numbers_of(pseudo[column], 0.0), minlength=size)
    off = np.abs(made - true) / np.where(true == 0, 1.0, np.abs(true))
    return Metric(
        name="sums_equal", kind="utility", **share_of(int((off < 1e-9).sum()), int(size)),
        at_least=1.0, n=int(size), subject=(*by, column),
        parts={"median": float(np.median(off))} if len(off) else {},
    )  # fmt: skip


def area_means(
    real: pd.DataFrame, pseudo: pd.DataFrame, columns: Sequence[str], *, area: str, k: int
) -> list[Metric]:
    """Return, for each column, the share of areas whose mean is kept within 2 %.

    Of the areas where at least k real people have a value; zeros are values.
    ``parts`` hold the median of the relative errors; the worst could tell of one area.

    Examples
    --------
    >>> import pandas as pd
    >>> real = pd.DataFrame({"ward": list("aabb"), "bmi": [20.0, 22.0, 30.0, None]})
    >>> made = pd.DataFrame({"ward": list("aabb"), "bmi": [21.0, 21.2, 25.0, 25.0]})
    >>> [metric] = area_means(real, made, ["bmi"], area="ward", k=2)
    >>> metric.value, metric.n, round(metric.parts["median"], 4)
    (1.0, 1, 0.0048)
    """
    places = codes([real, pseudo], [area])
    size = max(place.max(initial=-1) for place in places) + 1
    found = []
    for column in columns:
        counts, means = [], []
        for frame, place in zip((real, pseudo), places, strict=True):
            value = numbers_of(frame[column], math.nan)
            known = np.isfinite(value)
            counts.append(np.bincount(place[known], minlength=size))
            total = np.bincount(place[known], value[known], minlength=size)
            means.append(total / np.maximum(counts[-1], 1))
        asked = (counts[0] >= k) & (counts[1] > 0) & (means[0] != 0)
        off = np.abs(means[1] / np.where(asked, means[0], 1.0) - 1)[asked]
        parts = {"median": float(np.median(off))} if len(off) else {}
        found.append(Metric(
            name="area_means", kind="utility", **share_of(int((off <= 0.02).sum()), len(off)),
            at_least=0.9, n=len(off), subject=(area, column), parts=parts,
        ))  # fmt: skip
    return found


def pairs_equal(
    real: pd.DataFrame,
    pseudo: pd.DataFrame,
    *,
    area: str,
    columns: tuple[str, str],
    k: int,
) -> Metric:
    """Return the share of areas in which two counts, both at least k, are kept exactly.

    With both counts their ratio is kept (65 and over against 10 and under).
    ``columns`` are booleans: who counts.
    """
    own, other = codes([real, pseudo], [area])
    size = max(own.max(initial=-1), other.max(initial=-1)) + 1
    large, same = np.ones(size, dtype=bool), np.ones(size, dtype=bool)
    for column in columns:
        true = np.bincount(own, real[column].to_numpy(dtype=float), minlength=size)
        made = np.bincount(other, pseudo[column].to_numpy(dtype=float), minlength=size)
        large &= true >= k
        same &= true == made
    return Metric(
        name="ratio_equal", kind="utility", n=int(large.sum()), subject=(area, *columns),
        **share_of(int(same[large].sum()), int(large.sum())), at_least=1.0,
    )  # fmt: skip


def age_gaps(
    real: pd.DataFrame,
    pseudo: pd.DataFrame,
    *,
    household: str,
    relation: str,
    age: str,
    pair: tuple[str, str],
    k: int,
) -> Metric:
    """Return how much wider the age gap inside households spreads: SD of pseudo over real.

    ``pair`` are the two relations, such as head and spouse. ``parts`` hold the
    means and standard deviations in years. As in the statistics file: of ten times ``k``
    pairs or more, the two widest gaps at each end taken for the next.
    """
    gaps = [_gaps(frame, household, relation, age, pair) for frame in (real, pseudo)]
    if min(len(gap) for gap in gaps) < 10 * k:
        return Metric(name="age_gap", kind="utility", value=math.nan, subject=pair)
    gaps = [without_ends(gap) for gap in gaps]
    means = [float(gap.mean()) for gap in gaps]
    spread = [float(gap.std(ddof=1)) for gap in gaps]
    return Metric(
        name="age_gap", kind="utility", at_most=1.15,
        **_ratio_of(spread[1], spread[0], [_spread_error(gap) for gap in gaps]),
        n=len(gaps[0]), subject=pair,
        parts={"real": means[0], "pseudo": means[1], "real_sd": spread[0], "pseudo_sd": spread[1]},
    )  # fmt: skip


def spread_ratio(real: pd.DataFrame, pseudo: pd.DataFrame, column: str, *, k: int) -> Metric:
    """Return the standard deviation of a number, pseudo over real; missing left out.

    What lies outside the first and the 99th percentile counts as these, and these have to
    leave ``k`` people outside: how far out the largest is would show, with the sum.
    """
    true, made = (_within(known_of(frame[column])) for frame in (real, pseudo))
    return _ratio("spread", column, true, made, np.std, _spread_error, k)


def tail_ratio(real: pd.DataFrame, pseudo: pd.DataFrame, column: str, *, k: int) -> Metric:
    """Return the 99th percentile of a number, pseudo over real; missing left out.

    Not measured where fewer than ``k`` people lie above: it would be one person's value.
    """
    true, made = (known_of(frame[column]) for frame in (real, pseudo))
    top = lambda values: np.quantile(values, _TOP)  # noqa: E731
    return _ratio("tail", column, true, made, top, _tail_error, k)


def _counts(real: pd.DataFrame, pseudo: pd.DataFrame, columns: Sequence[str]) -> tuple[Ints, Ints]:
    own, other = codes([real, pseudo], columns)
    size = max(own.max(initial=-1), other.max(initial=-1)) + 1
    return np.bincount(own, minlength=size), np.bincount(other, minlength=size)


def _gaps(
    frame: pd.DataFrame, household: str, relation: str, age: str, pair: tuple[str, str]
) -> Floats:
    sides = [frame.loc[frame[relation] == name, [household, age]] for name in pair]
    # One head a household; where a register holds two, the first counts.
    first = sides[0].drop_duplicates(household)
    both = first.merge(sides[1], on=household, suffixes=("_first", "_second"))
    return known_of(both[f"{age}_second"]) - known_of(both[f"{age}_first"])


def _within(values: Floats) -> Floats:
    """Return values, those outside the first and the 99th percentile taken for these."""
    return values.clip(*np.quantile(values, [1 - _TOP, _TOP])) if len(values) else values


def _ratio(
    name: str, column: str, true: Floats, made: Floats, measure: Any, error: Any, k: int
) -> Metric:
    if len(true) * (1 - _TOP) < k - 1e-6 or len(made) < 2:
        return Metric(name=name, kind="utility", value=math.nan, subject=(column,))
    before, after = float(measure(true)), float(measure(made))
    return Metric(
        name=name, kind="utility", null=1.0, at_least=0.95, at_most=1.05, n=len(made),
        subject=(column,), **_ratio_of(after, before, [error(true), error(made)]),
    )  # fmt: skip


def _ratio_of(after: float, before: float, errors: Sequence[float]) -> Figure:
    """Return a ratio and its interval, from the relative errors of its two sides."""
    if not before:
        return Figure(value=math.nan, low=math.nan, high=math.nan)
    ratio, wide = after / before, math.exp(Z95 * math.hypot(*errors))
    return Figure(value=ratio, low=ratio / wide, high=ratio * wide)


def _spread_error(values: Floats) -> float:
    """Return the relative standard error of a standard deviation: √((κ − 1) / 4n)."""
    centred = values - values.mean()
    variance = float((centred**2).mean())
    kurtosis = float((centred**4).mean()) / variance**2 if variance else 1.0
    return math.sqrt(max(kurtosis - 1, 0.0) / (4 * len(values)))


def _tail_error(values: Floats) -> float:
    """Return the relative standard error of the 99th percentile, from order statistics."""
    off = math.sqrt(0.99 * 0.01 / len(values))
    low, middle, high = np.quantile(values, [0.99 - off, 0.99, min(0.99 + off, 1.0)])
    return float((high - low) / (2 * abs(middle))) if middle else 0.0
