"""The copula: one rank correlation of normal scores inside groups, corrected for ties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]


def correlation_table(
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
