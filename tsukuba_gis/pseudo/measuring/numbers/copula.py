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


def correlation_table(
    given: Mapping[str, Floats], values: Mapping[str, Floats], members: Mapping[int, Ints]
) -> pd.DataFrame:
    """Return rank correlations inside groups, of latent scores: corrected for ties.

    The scores of tied values are means of the latent score over the tie; their
    covariance is smaller by the variance that is left of each.
    """
    import pandas as pd

    names = [*given, *values]
    size = sum(map(len, members.values()))
    scores, kept = np.zeros((len(names), size)), np.zeros((len(names), size))
    start = 0
    for rows in members.values():
        for number, column in enumerate([*given.values(), *values.values()]):
            own = column[rows]
            valued = np.isfinite(own) & ((own != 0) | (number < len(given)))
            if np.count_nonzero(valued) > 1:
                place = start + np.flatnonzero(valued)
                scores[number, place], kept[number, place] = normal_scores(own[valued]), 1.0
        start += len(rows)
    n = kept @ kept.T
    left = np.square(scores).sum(axis=1) / np.maximum(np.diag(n), 1)
    cross = scores @ scores.T / np.maximum(n, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        matrix = np.where(n >= 100, cross / np.outer(left, left), 0.0)
    matrix = np.clip(np.nan_to_num(matrix), -0.99, 0.99)
    np.fill_diagonal(matrix, 1.0)
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

    order = np.argsort(values)
    line, n = values[order], len(values)
    first = np.flatnonzero(np.append(True, line[1:] != line[:-1]))
    number = np.diff(first, append=n)
    scores = np.empty(n)
    scores[order] = np.repeat(ndtri((first + number / 2) / n), number)
    return scores
