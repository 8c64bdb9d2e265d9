"""How columns go together in pseudo records, and whether they can be told from real ones."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.errors import MissingExtraError
from tsukuba_gis.pseudo.keys import stream
from tsukuba_gis.pseudo.proof.columns import known_of, numbers_of
from tsukuba_gis.pseudo.proof.holdout import sample as draw
from tsukuba_gis.pseudo.proof.metric import Z95, Metric, about, auc
from tsukuba_gis.pseudo.proof.risk import codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.proof.metric import Figure

    Floats = NDArray[np.float64]


def spearman(frame: pd.DataFrame, columns: Sequence[str]) -> Floats:
    """Return the matrix of rank correlations, each pair on the rows that have both.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"a": [1.0, 2.0, 3.0, None], "b": [1.0, 4.0, 9.0, 0.0]})
    >>> spearman(frame, ["a", "b"]).round(12).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    from scipy.stats import rankdata

    values = [numbers_of(frame[column], math.nan) for column in columns]
    known = [np.isfinite(value) for value in values]
    # Columns of one check-up are missing together: ranks are made once for all of them.
    gaps = [mask.tobytes() for mask in known]
    complete = np.ones(len(frame), dtype=bool).tobytes()
    ranks: dict[tuple[int, frozenset[bytes]], Floats] = {}
    matrix = np.eye(len(columns))
    for i, j in combinations(range(len(columns)), 2):
        gone = frozenset({gaps[i], gaps[j]}) - {complete}
        for place in (i, j):
            if (place, gone) not in ranks:
                ranks[place, gone] = _centred(rankdata(values[place][known[i] & known[j]]))
        first, second = ranks[i, gone], ranks[j, gone]
        matrix[i, j] = matrix[j, i] = float(first @ second) if len(first) else math.nan
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
    upper = np.triu_indices(len(columns), k=1)
    true, made = spearman(real, columns)[upper], spearman(pseudo, columns)[upper]
    pairs = np.abs(made - true)
    error = math.nan
    if np.isfinite(pairs).any():
        worst = int(np.nanargmax(pairs))
        error = math.hypot(*(
            _rank_error(r[worst], int(_together(frame, columns)[upper][worst]))
            for r, frame in ((true, real), (made, pseudo))
        ))  # fmt: skip
    pairs = pairs[np.isfinite(pairs)]
    return Metric(
        name=name, kind="utility", null=0.0, at_most=at_most, n=len(pairs),
        subject=tuple(columns), **about(float(pairs.max()) if len(pairs) else math.nan, error),
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
    rows = [frame[numbers_of(frame[response], 0.0) > 0] for frame in (real, pseudo)]
    designs = _designs(rows, numbers, categories)
    if min(len(design) - design.shape[1] for design in designs) < 1:
        return Metric(name="overlap", kind="utility", value=math.nan, subject=(response,))
    (b, se), (c, error) = (
        regression(design, np.log(numbers_of(frame[response], math.nan)))
        for design, frame in zip(designs, rows, strict=True)
    )
    b, se, c, error = b[1:], se[1:], c[1:], error[1:]
    fine = (se > 0) & (error > 0)
    b, se, c, error = b[fine], se[fine], c[fine], error[fine]
    shared = np.minimum(b + Z95 * se, c + Z95 * error) - np.maximum(b - Z95 * se, c - Z95 * error)
    overlap = 0.5 * (shared / (2 * Z95 * se) + shared / (2 * Z95 * error))
    return Metric(
        name="overlap", kind="utility", at_least=0.7,
        **about(float(overlap.mean()) if len(b) else math.nan, _error_of_mean(overlap)),
        n=len(rows[0]), subject=(response, *numbers, *categories),
        parts={"shift": float(np.max(np.abs(c - b) / se, initial=0.0)), "worst": float(
            overlap.min(initial=1.0))},
    )  # fmt: skip


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
        name="propensity", kind="utility", null=1.0, n=len(label),
        **_chi_square(error / expected if free else math.nan, free),
        subject=tuple(columns), parts={"pmse": error, "terms": float(free)},
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
    groups = _apart([
        np.arange(len(part)) if household is None else codes([part], [household])[0]
        for part in sample
    ])  # fmt: skip
    group = np.concatenate(groups)
    fold = stream(f"{seed}", "folds").integers(5, size=int(group.max()) + 1)[group]
    trees = min(100, max(20, len(label) // 160))  # on few rows more of them only learn by heart
    # One thread: the trees are small, and on a busy machine threads wait for each other.
    with threadpool_limits(limits=1, user_api="openmp"):
        model = HistGradientBoostingClassifier(random_state=seed, max_iter=trees)
        score = _scored(model, features, label, fold)
    value = auc(score[label == 1], score[label == 0], groups=(groups[1], groups[0]))
    low, high = value.interval
    return Metric(
        name="classifier", kind="utility", value=value.value, low=low, high=high, null=0.5,
        at_most=0.55, n=len(label), subject=tuple(columns),
    )  # fmt: skip


def _scored(model: Any, features: Floats, label: Any, fold: Any) -> Floats:
    """Return how likely each row is a pseudo one, told from the rows of the other folds."""
    score = np.zeros(len(label))
    for number in np.unique(fold):
        out = fold == number
        known = np.isfinite(features[~out]).any(axis=0)  # a column without a value tells nothing
        model.fit(features[~out][:, known], label[~out])
        score[out] = model.predict_proba(features[out][:, known])[:, 1]
    return score


def _apart(groups: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Return household numbers that no two of the frames share."""
    return [groups[0], groups[1] + groups[0].max(initial=-1) + 1]


def _centred(ranks: Floats) -> Floats:
    """Return ranks of mean 0 and length 1; of one value, none: NaN."""
    if len(ranks) == 0:
        return ranks
    centred = ranks - ranks.mean()
    length = math.sqrt(float(centred @ centred))
    # A column of one value: 1e-9 is rounding, not spread.
    return centred / length if length > 1e-9 else np.full(len(ranks), np.nan)


def _together(frame: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.int64]:
    """Return how many rows have both of each pair of columns."""
    there = np.column_stack([~np.isnan(numbers_of(frame[column], math.nan)) for column in columns])
    counts: NDArray[np.int64] = there.astype(np.int64).T @ there.astype(np.int64)
    return counts


def _rank_error(r: float, n: int) -> float:
    """Return the standard error of a rank correlation.

    References
    ----------
    Bonett and Wright 2000, doi:10.1007/BF02294183.
    """
    return (1 - r**2) * math.sqrt((1 + r**2 / 2) / (n - 3)) if n > 3 else math.nan


def _error_of_mean(values: Floats) -> float:
    return float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.nan


def _chi_square(value: float, free: int) -> Figure:
    """Return a χ² over its degrees of freedom with its interval, non-central above 1."""
    beyond = max(free * (value - 1), 0.0)
    return about(value, math.sqrt(2 * (free + 2 * beyond)) / free if free else math.nan)


def _designs(
    frames: Sequence[pd.DataFrame], numbers: Sequence[str], categories: Sequence[str]
) -> list[Floats]:
    parts: list[list[Floats]] = [[np.ones(len(frame))] for frame in frames]
    for column in numbers:
        centre = float(np.mean(known_of(frames[0][column]))) if len(frames[0]) else 0.0
        scale = float(np.std(known_of(frames[0][column]))) if len(frames[0]) else 1.0
        for part, frame in zip(parts, frames, strict=True):
            value = (numbers_of(frame[column], centre) - centre) / (scale or 1.0)
            part += [value, value**2]
    for column in categories:
        coded = codes(frames, [column])
        size = max(code.max(initial=-1) for code in coded) + 1
        counts = [np.bincount(code, minlength=size) for code in coded]
        common = np.flatnonzero((counts[0] >= 30) & (counts[1] >= 30))
        # The commonest is what the others are compared with: the errors are smallest.
        others = common[common != common[np.argmax(counts[0][common])]] if len(common) else common
        for number in others:
            for part, code in zip(parts, coded, strict=True):
                part.append((code == number).astype(float))
    return [np.column_stack(part) for part in parts]


def _features(
    frames: Sequence[pd.DataFrame], columns: Sequence[str], *, missing: bool = False
) -> list[Floats]:
    """Return numbers as they are (amounts by logarithm), categories by their code's place."""
    import pandas as pd

    result: list[list[Floats]] = [[] for _ in frames]
    for column in columns:
        if all(pd.api.types.is_numeric_dtype(frame[column]) for frame in frames):
            values = [numbers_of(frame[column], math.nan) for frame in frames]
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
