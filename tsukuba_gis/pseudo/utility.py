"""How much pseudo records are worth: what an analyst would find in them, against the real ones.

Each measure compares a frame with the real one. No interval stands where two
whole tables are compared and nothing is sampled; how far two groups of real
people lie apart by chance is the baseline that
:func:`tsukuba_gis.pseudo.evaluate.evaluate` adds.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.errors import MissingExtraError
from tsukuba_gis.pseudo.keys import stream
from tsukuba_gis.pseudo.metric import Z95, Metric, auc
from tsukuba_gis.pseudo.risk import codes
from tsukuba_gis.pseudo.risk import sample as draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


# ---- counts and sums ---------------------------------------------------------------------------


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
        value=float((true == made)[large].mean()) if large.any() else math.nan,
        at_least=at_least,
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
    return Metric(
        name="tvd", kind="utility", value=float(0.5 * apart.sum()), at_most=0.002, null=0.0,
        n=len(true), subject=tuple(columns),
    )  # fmt: skip


def sums_equal(
    real: pd.DataFrame, pseudo: pd.DataFrame, *, by: Sequence[str], column: str
) -> Metric:
    """Return the share of groups whose sum is kept exactly; ``parts["worst"]`` the worst error.

    Missing amounts count as nothing.
    """
    own, other = codes([real, pseudo], by)
    size = max(own.max(initial=-1), other.max(initial=-1)) + 1
    true = np.bincount(own, _numbers(real[column], 0.0), minlength=size)
    made = np.bincount(other, _numbers(pseudo[column], 0.0), minlength=size)
    off = np.abs(made - true) / np.where(true == 0, 1.0, np.abs(true))
    return Metric(
        name="sums_equal", kind="utility", value=float((off < 1e-9).mean()), at_least=1.0,
        n=int(size), subject=(*by, column), parts={"worst": float(off.max(initial=0.0))},
    )  # fmt: skip


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
        value=float(same[large].mean()) if large.any() else math.nan, at_least=1.0,
    )  # fmt: skip


# ---- relations ---------------------------------------------------------------------------------


def spearman(frame: pd.DataFrame, columns: Sequence[str]) -> Floats:
    """Return the matrix of rank correlations, each pair on the rows that have both.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"a": [1.0, 2.0, 3.0, None], "b": [1.0, 4.0, 9.0, 0.0]})
    >>> spearman(frame, ["a", "b"]).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    from scipy.stats import rankdata

    values = [_numbers(frame[column], math.nan) for column in columns]
    known = [np.isfinite(value) for value in values]
    whole = [rankdata(v) if k.all() else None for v, k in zip(values, known, strict=True)]
    matrix = np.eye(len(columns))
    for i, j in combinations(range(len(columns)), 2):
        both = known[i] & known[j]
        first, second = (
            rank if (rank := whole[place]) is not None and both.all()
            else rankdata(values[place][both])
            for place in (i, j)
        )  # fmt: skip
        matrix[i, j] = matrix[j, i] = _correlation(first, second)
    return matrix


def spearman_difference(
    real: pd.DataFrame,
    pseudo: pd.DataFrame,
    columns: Sequence[str],
    *,
    at_most: float = 0.03,
    name: str = "spearman",
) -> Metric:
    """Return the largest difference between two matrices of rank correlations.

    Pairs that are not defined in either frame (one value only) are left out.
    """
    difference = np.abs(spearman(pseudo, columns) - spearman(real, columns))
    pairs = difference[np.triu_indices(len(columns), k=1)]
    pairs = pairs[np.isfinite(pairs)]
    return Metric(
        name=name, kind="utility", value=float(pairs.max()) if len(pairs) else math.nan,
        null=0.0, at_most=at_most, n=len(pairs), subject=tuple(columns),
        parts={"mean": float(pairs.mean())} if len(pairs) else {},
    )  # fmt: skip


def regression(design: Floats, response: Floats) -> tuple[Floats, Floats]:
    """Return least-squares coefficients and their standard errors.

    Examples
    --------
    y = 1 + 2x with residuals ±1: the slope's error is √(4/2 / 2).

    >>> x = np.array([-0.5, -0.5, 0.5, 0.5]) * np.sqrt(2)
    >>> b, se = regression(np.c_[np.ones(4), x], 1 + 2 * x + [1, -1, 1, -1])
    >>> b.round(6).tolist(), se.round(4).tolist()
    ([1.0, 2.0], [0.7071, 1.0])
    """
    inverse = np.linalg.pinv(design.T @ design)
    coefficients = inverse @ (design.T @ response)
    residual = response - design @ coefficients
    variance = float(residual @ residual) / max(len(response) - design.shape[1], 1)
    return coefficients, np.sqrt(np.maximum(np.diag(inverse), 0) * variance)


def coefficient_overlap(
    real: pd.DataFrame,
    pseudo: pd.DataFrame,
    *,
    response: str,
    numbers: Sequence[str],
    categories: Sequence[str],
) -> Metric:
    """Return how far the confidence intervals of a regression overlap, 1 being the same.

    The logarithm of the response (rows above zero) on numbers, their squares
    and categories of at least 30 rows in both frames. The mean over coefficients
    other than the constant; negative where intervals lie apart.
    ``parts["shift"]`` is the largest shift in standard errors.

    References
    ----------
    Karr, Kohnen, Oganian, Reiter and Sanil 2006, doi:10.1198/000313006X124640.
    """
    rows = [frame[_numbers(frame[response], 0.0) > 0] for frame in (real, pseudo)]
    designs = _designs(rows, numbers, categories)
    if min(len(design) - design.shape[1] for design in designs) < 1:
        return Metric(name="overlap", kind="utility", value=math.nan, subject=(response,))
    (b, se), (c, error) = (
        regression(design, np.log(_numbers(frame[response], math.nan)))
        for design, frame in zip(designs, rows, strict=True)
    )
    b, se, c, error = b[1:], se[1:], c[1:], error[1:]
    fine = (se > 0) & (error > 0)
    b, se, c, error = b[fine], se[fine], c[fine], error[fine]
    shared = np.minimum(b + Z95 * se, c + Z95 * error) - np.maximum(b - Z95 * se, c - Z95 * error)
    overlap = 0.5 * (shared / (2 * Z95 * se) + shared / (2 * Z95 * error))
    return Metric(
        name="overlap", kind="utility", value=float(overlap.mean()) if len(b) else math.nan,
        at_least=0.7, n=len(rows[0]), subject=(response, *numbers, *categories),
        parts={"shift": float(np.max(np.abs(c - b) / se, initial=0.0)), "worst": float(
            overlap.min(initial=1.0))},
    )  # fmt: skip


# ---- can real and pseudo be told apart? ---------------------------------------------------------


def propensity(
    real: pd.DataFrame, pseudo: pd.DataFrame, columns: Sequence[str], *, seed: int, size: int
) -> Metric:
    """Return the standardised propensity score error, 1 where nothing tells them apart.

    A logistic model with squares and interactions is asked which rows are
    pseudo; its mean squared score error is divided by what it is expected to be
    if both frames are draws of one law.

    Parameters
    ----------
    columns
        Numbers, or categories in order of their codes.
    size
        Rows drawn from each frame.

    Notes
    -----
    Both samples are draws, so the error expected is (terms) c (1 − c) / N with c
    the share of pseudo rows; S_pMSE of synthpop takes the real rows as fixed,
    expects (1 − c) times that, and so is twice as large for equal samples.

    References
    ----------
    Snoke, Raab, Nowok, Dibben and Slavkovic 2018, doi:10.1111/rssa.12358.
    """
    sample = [
        draw(frame, size, seed=seed, place=place)
        for place, frame in (("real", real), ("pseudo", pseudo))
    ]
    features = _interactions(np.vstack(_features(sample, columns)))
    label = np.repeat([0.0, 1.0], [len(part) for part in sample])
    share, score = float(label.mean()), _logistic(features, label)
    error = float(((score - share) ** 2).mean())
    free = features.shape[1] - 1
    expected = free * (1 - share) * share / len(label)
    return Metric(
        name="propensity", kind="utility", value=error / expected if free else math.nan, null=1.0,
        n=len(label), subject=tuple(columns), parts={"pmse": error, "terms": float(free)},
    )  # fmt: skip


def classifier_auc(
    real: pd.DataFrame,
    pseudo: pd.DataFrame,
    columns: Sequence[str],
    *,
    household: str | None,
    seed: int,
    size: int,
) -> Metric:
    """Return how well a boosted-tree classifier tells pseudo rows from real ones; 0.5 is guessing.

    Five-fold cross-validation by household.

    Parameters
    ----------
    columns
        What it sees; categories as numbers.
    household
        Column of households, which are never torn between folds.
    size
        Rows drawn from each frame.

    Raises
    ------
    MissingExtraError
        Without scikit-learn (extra ``evaluate``).
    """
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise MissingExtraError("extra_evaluate") from error
    sample = [
        draw(frame, size, seed=seed, place=place)
        for place, frame in (("real", real), ("pseudo", pseudo))
    ]
    features = np.vstack(_features(sample, columns, missing=True))
    label = np.repeat([0, 1], [len(part) for part in sample])
    groups = [
        np.arange(len(part)) if household is None else codes([part], [household])[0]
        for part in sample
    ]
    groups[1] = groups[1] + groups[0].max(initial=-1) + 1
    group = np.concatenate(groups)
    fold = stream(f"{seed}", "folds").integers(5, size=int(group.max()) + 1)[group]
    score = np.zeros(len(label))
    # One thread: the trees are small, and on a busy machine threads wait for each other.
    with threadpool_limits(limits=1, user_api="openmp"):
        for number in range(5):
            out = fold == number
            model = HistGradientBoostingClassifier(random_state=seed, max_iter=100)
            model.fit(features[~out], label[~out])
            score[out] = model.predict_proba(features[out])[:, 1]
    value = auc(score[label == 1], score[label == 0], groups=(groups[1], groups[0]))
    low, high = value.interval
    return Metric(
        name="classifier", kind="utility", value=value.value, low=low, high=high, null=0.5,
        at_most=0.55, n=len(label), subject=tuple(columns),
    )  # fmt: skip


# ---- places, households, numbers ----------------------------------------------------------------


def moran(values: pd.Series[float], neighbours: pd.Series[float]) -> float:
    """Return Moran's I with row-standardised weights; NaN where it is not defined.

    Parameters
    ----------
    values
        One value an area; areas that are missing or NaN are left out.
    neighbours
        Weight of each pair of areas, index ``(focal, neighbor)``: the
        ``adjacency`` of a libpysal graph.

    Examples
    --------
    Four areas in a row, high beside high: I = ½.

    >>> import pandas as pd
    >>> pairs = [("a", "b"), ("b", "a"), ("b", "c"), ("c", "b"), ("c", "d"), ("d", "c")]
    >>> graph = pd.Series(1.0, index=pd.MultiIndex.from_tuples(pairs))
    >>> moran(pd.Series({"a": 1.0, "b": 1.0, "c": -1.0, "d": -1.0}), graph)
    0.5
    """
    known = values[np.isfinite(values.to_numpy(dtype=float))]
    place = {name: number for number, name in enumerate(known.index)}
    focal = neighbours.index.get_level_values(0)
    other = neighbours.index.get_level_values(1)
    inside = [
        (place[a], place[b], w)
        for a, b, w in zip(focal, other, neighbours.to_numpy(), strict=True)
        if a != b and a in place and b in place and w > 0
    ]
    z = known.to_numpy(dtype=float) - known.mean()
    if not inside or not (z @ z) > 0:
        return math.nan
    a, b, w = (np.array(part) for part in zip(*inside, strict=True))
    weight = w / np.bincount(a, w, minlength=len(z))[a]
    return float(len(z) / weight.sum() * (weight * z[a] * z[b]).sum() / (z @ z))


def moran_difference(
    real: pd.DataFrame,
    pseudo: pd.DataFrame,
    neighbours: pd.Series[float],
    *,
    area: str,
    columns: tuple[str, str],
    k: int,
    least: int = 20,
) -> Metric:
    """Return pseudo minus real Moran's I of a share per area.

    Parameters
    ----------
    area
        Column of areas.
    columns
        Booleans: who is counted, among whom.
    k
        Areas in which one of the two real counts is below k are left out: no
        such table could be published.
    least
        With fewer areas than this the statistic says nothing and is not measured.
    """
    import pandas as pd

    shares = []
    for frame in (real, pseudo):
        counts = pd.DataFrame({column: frame[column].astype(float) for column in columns})
        shares.append(counts.groupby(frame[area].astype(str).to_numpy()).sum())
    true, made = shares
    large = true[(true >= k).all(axis=1)].index
    made = made.reindex(large)
    first, second = (
        part.loc[large, columns[0]] / part.loc[large, columns[1]] for part in (true, made)
    )
    if len(large) < least:
        return Metric(name="moran", kind="utility", value=math.nan, subject=(area, *columns))
    before, after = moran(first, neighbours), moran(second, neighbours)
    return Metric(
        name="moran", kind="utility", value=after - before, null=0.0, at_least=-0.03, at_most=0.03,
        n=len(large), subject=(area, *columns), parts={"real": before, "pseudo": after},
    )  # fmt: skip


def age_gaps(
    real: pd.DataFrame,
    pseudo: pd.DataFrame,
    *,
    household: str,
    relation: str,
    age: str,
    pair: tuple[str, str],
) -> Metric:
    """Return how much wider the age gap inside households spreads: SD of pseudo over real.

    ``pair`` are the two relations, such as head and spouse. ``parts`` hold the
    means and standard deviations in years.
    """
    gaps = [_gaps(frame, household, relation, age, pair) for frame in (real, pseudo)]
    if min(len(gap) for gap in gaps) < 2:
        return Metric(name="age_gap", kind="utility", value=math.nan, subject=pair)
    means = [float(gap.mean()) for gap in gaps]
    spread = [float(gap.std(ddof=1)) for gap in gaps]
    return Metric(
        name="age_gap", kind="utility", value=spread[1] / spread[0] if spread[0] else math.nan,
        at_most=1.15, n=len(gaps[0]), subject=pair,
        parts={"real": means[0], "pseudo": means[1], "real_sd": spread[0], "pseudo_sd": spread[1]},
    )  # fmt: skip


def spread_ratio(real: pd.DataFrame, pseudo: pd.DataFrame, column: str) -> Metric:
    """Return the standard deviation of a number, pseudo over real; missing left out."""
    true, made = (_known(frame[column]) for frame in (real, pseudo))
    return _ratio("spread", column, true, made, np.std)


def tail_ratio(real: pd.DataFrame, pseudo: pd.DataFrame, column: str) -> Metric:
    """Return the 99th percentile of a number, pseudo over real; missing left out."""
    true, made = (_known(frame[column]) for frame in (real, pseudo))
    return _ratio("tail", column, true, made, lambda values: np.quantile(values, 0.99))


# ---- parts -------------------------------------------------------------------------------------


def _counts(real: pd.DataFrame, pseudo: pd.DataFrame, columns: Sequence[str]) -> tuple[Ints, Ints]:
    own, other = codes([real, pseudo], columns)
    size = max(own.max(initial=-1), other.max(initial=-1)) + 1
    return np.bincount(own, minlength=size), np.bincount(other, minlength=size)


def _numbers(column: pd.Series[Any], missing: float) -> Floats:
    values: Floats = column.to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isnan(values), missing, values)


def _known(column: pd.Series[Any]) -> Floats:
    values = _numbers(column, math.nan)
    return values[np.isfinite(values)]


def _correlation(first: Floats, second: Floats) -> float:
    a, b = (
        first - first.mean() if len(first) else first,
        second - second.mean() if len(second) else second,
    )
    scale = math.sqrt(float(a @ a) * float(b @ b))
    # A column of one value: 1e-9 is rounding, not spread.
    return float(a @ b) / scale if scale > 1e-9 else math.nan


def _designs(
    frames: Sequence[pd.DataFrame], numbers: Sequence[str], categories: Sequence[str]
) -> list[Floats]:
    parts: list[list[Floats]] = [[np.ones(len(frame))] for frame in frames]
    for column in numbers:
        centre = float(np.mean(_known(frames[0][column]))) if len(frames[0]) else 0.0
        scale = float(np.std(_known(frames[0][column]))) if len(frames[0]) else 1.0
        for part, frame in zip(parts, frames, strict=True):
            value = (_numbers(frame[column], centre) - centre) / (scale or 1.0)
            part += [value, value**2]
    for column in categories:
        counts = [frame[column].astype(str).value_counts() for frame in frames]
        common = sorted(
            name for name in counts[0].index
            if counts[0][name] >= 30 and counts[1].get(name, 0) >= 30
        )  # fmt: skip
        for name in common[1:]:
            for part, frame in zip(parts, frames, strict=True):
                part.append((frame[column].astype(str) == name).to_numpy(dtype=float))
    return [np.column_stack(part) for part in parts]


def _features(
    frames: Sequence[pd.DataFrame], columns: Sequence[str], *, missing: bool = False
) -> list[Floats]:
    """Return numbers as they are (amounts by logarithm), categories by their code's place."""
    import pandas as pd

    result: list[list[Floats]] = [[] for _ in frames]
    for column in columns:
        if all(pd.api.types.is_numeric_dtype(frame[column]) for frame in frames):
            values = [_numbers(frame[column], math.nan) for frame in frames]
        else:
            together = pd.concat([frame[column].astype(str) for frame in frames])
            names = np.unique(together.to_numpy(dtype=str))
            values = [
                np.searchsorted(names, frame[column].astype(str).to_numpy(dtype=str)).astype(float)
                for frame in frames
            ]
        for part, value in zip(result, values, strict=True):
            if missing:
                part.append(value)
                continue
            gone = np.isnan(value)
            part.append(np.where(gone, 0.0, np.sign(value) * np.log1p(np.abs(value))))
            if any(np.isnan(other).any() for other in values):
                part.append(gone.astype(float))
    return [np.column_stack(part) for part in result]


def _interactions(base: Floats) -> Floats:
    """Return a constant, and numbers, squares and products as uncorrelated columns."""
    spread = base.std(axis=0)
    base = (base - base.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    width = base.shape[1]
    products = [base[:, i] * base[:, j] for i in range(width) for j in range(i, width)]
    full = np.column_stack([base, *products]) if width else np.zeros((len(base), 0))
    full = full - full.mean(axis=0)
    size, axes = np.linalg.eigh(full.T @ full / max(len(full), 1))
    kept = size > 1e-8 * max(size.max(initial=0.0), 1e-300)
    return np.column_stack([np.ones(len(base)), full @ axes[:, kept] / np.sqrt(size[kept])])


def _logistic(features: Floats, label: Floats) -> Floats:
    """Return the scores of a logistic model, by Newton steps halved until they help."""
    weight = np.zeros(features.shape[1])
    # A ridge far below any error of estimation keeps a column that separates finite.
    ridge = 1e-6 * len(label)

    def loss(weights: Floats) -> float:
        line = features @ weights
        fit = np.logaddexp(0, line).sum() - label @ line
        return float(fit + ridge / 2 * (weights @ weights))

    before = loss(weight)
    for _ in range(30):
        score = 1 / (1 + np.exp(-np.clip(features @ weight, -500, 500)))
        slope = features.T @ (label - score) - ridge * weight
        curve = (features * (score * (1 - score))[:, None]).T @ features
        curve += ridge * np.eye(len(weight))
        step = np.linalg.solve(curve, slope)
        after = loss(weight + step)
        while after > before and np.abs(step).max() > 1e-9:
            step /= 2
            after = loss(weight + step)
        weight = weight + step
        if before - after < 1e-9 * len(label):
            break
        before = after
    final: Floats = 1 / (1 + np.exp(-np.clip(features @ weight, -500, 500)))
    return final


def _gaps(
    frame: pd.DataFrame, household: str, relation: str, age: str, pair: tuple[str, str]
) -> Floats:
    sides = [frame.loc[frame[relation] == name, [household, age]] for name in pair]
    # One head a household; where a register holds two, the first counts.
    first = sides[0].drop_duplicates(household)
    both = first.merge(sides[1], on=household, suffixes=("_first", "_second"))
    return _known(both[f"{age}_second"]) - _known(both[f"{age}_first"])


def _ratio(name: str, column: str, true: Floats, made: Floats, measure: Any) -> Metric:
    if len(true) == 0 or len(made) == 0:
        return Metric(name=name, kind="utility", value=math.nan, subject=(column,))
    before, after = float(measure(true)), float(measure(made))
    return Metric(
        name=name, kind="utility", value=after / before if before else math.nan, null=1.0,
        at_least=0.95, at_most=1.05, n=len(made), subject=(column,),
    )  # fmt: skip
