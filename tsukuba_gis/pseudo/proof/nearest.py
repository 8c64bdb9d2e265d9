"""Attacks by the nearest pseudo row: attribute inference, membership, and two smoke tests.

Distances are of mixed columns: numbers by their rank, 0–1; categories 1 apart
where they differ; Euclidean.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.pseudo.proof.metric import Z95, Metric, auc, mean
from tsukuba_gis.pseudo.proof.risk import codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.proof.holdout import Holdout

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

# Squared distances are rounded to this: the matrix product is not exact.
_DIGITS: Final = 12
# Distances held in memory at once: 32 MB.
_BLOCK: Final = 4_000_000


def nearest(
    targets: pd.DataFrame,
    pool: pd.DataFrame,
    *,
    known: Sequence[str],
    within: Sequence[str] = (),
    count: int = 1,
    scale: pd.DataFrame | None = None,
) -> tuple[Floats, Ints]:
    """Return the distances and positions of the nearest rows of a pool.

    Parameters
    ----------
    targets, pool
        Rows to look for, rows to look in.
    known
        Columns that make the distance. Numbers by their rank;
        categories of at most 60 values; a missing number is half-way and marked.
    within
        Columns that must be equal.
    count
        How many nearest rows.
    scale
        Rows whose ranks and categories make the scale; the pool if None.

    Returns
    -------
    tuple
        Two arrays of targets × count: infinity and −1 where there is no row.

    Examples
    --------
    >>> import pandas as pd
    >>> pool = pd.DataFrame({"age": [20, 40, 60], "sex": ["f", "f", "m"]})
    >>> who = pd.DataFrame({"age": [42], "sex": ["f"]})
    >>> nearest(who, pool, known=["age"], within=["sex"])[1].tolist()
    [[1]]
    """
    asked, there = (
        _coordinates(frame, pool if scale is None else scale, known) for frame in (targets, pool)
    )
    block, of_pool = codes([targets, pool], within) if within else (None, None)
    distances = np.full((len(targets), count), np.inf)
    places = np.full((len(targets), count), -1, dtype=np.int64)
    if block is None or of_pool is None:
        groups = [(np.arange(len(targets)), np.arange(len(pool)))]
    else:
        groups = _blocks(block, of_pool)
    for rows, others in groups:
        step = max(1, _BLOCK // max(len(others), 1))
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            found, where = _closest(asked[part], there[others], count)
            distances[part, : found.shape[1]] = found
            places[part, : found.shape[1]] = others[where]
    return distances, places


def distances(
    parts: Sequence[pd.DataFrame], pool: pd.DataFrame, *, known: Sequence[str],
    within: Sequence[str], scale: pd.DataFrame | None = None,
) -> list[Floats]:  # fmt: skip
    """Return the distance to the nearest row of a pool, for several groups searched at once."""
    import pandas as pd

    together = pd.concat(parts, ignore_index=True)
    found = nearest(together, pool, known=known, within=within, scale=scale)[0][:, 0]
    return np.split(_finite(found), np.cumsum([len(part) for part in parts])[:-1])


def inferred(
    frame: pd.DataFrame,
    pseudo: pd.DataFrame,
    *,
    known: Sequence[str],
    within: Sequence[str],
    secret: Sequence[str],
    tolerance: float = 0.0,
) -> Bools:
    """Tell for which people the nearest pseudo row gives the secret away.

    Parameters
    ----------
    frame, pseudo
        Real people, pseudo records.
    known, within
        What the attacker knows: see :func:`nearest`.
    secret
        What is asked; all of it must be right.
    tolerance
        A number is right within this share of the true one.

    Examples
    --------
    >>> import pandas as pd
    >>> made = pd.DataFrame({"age": [30, 70], "care": ["none", "care3"]})
    >>> real = pd.DataFrame({"age": [31, 80], "care": ["none", "none"]})
    >>> inferred(real, made, known=["age"], within=[], secret=["care"]).tolist()
    [True, False]
    """
    import pandas as pd

    place = nearest(frame, pseudo, known=known, within=within)[1][:, 0]
    right = place >= 0
    for column in secret:
        truth, guess = frame[column], pseudo[column].iloc[np.maximum(place, 0)]
        if pd.api.types.is_numeric_dtype(truth):
            true = truth.to_numpy(dtype=float, na_value=np.nan)
            off = np.abs(guess.to_numpy(dtype=float, na_value=np.nan) - true)
            right &= off <= tolerance * np.abs(true)
        else:
            right &= truth.astype(str).to_numpy() == guess.astype(str).to_numpy()
    return right


def membership(
    people: Holdout, made: pd.DataFrame, *, known: Sequence[str], within: Sequence[str]
) -> tuple[Metric, Metric]:
    """Return how well an attacker tells who was in the source, from nearness to pseudo rows.

    The first attack scores people by the distance to the nearest pseudo row,
    the second by that distance against the one to the nearest row of the
    background (people in general). 0.5 is guessing.

    Parameters
    ----------
    people, made
        The groups, and the pseudo records made from the source.
    known, within
        See :func:`nearest`.

    Notes
    -----
    The target is 0.015 above the null, which is the same score of the control
    against the holdout.
    """
    parts = (people.source, people.holdout, people.control)
    near = distances(parts, made, known=known, within=within)
    # The scale is that of the pseudo records in both, so that the two distances compare.
    usual = distances(parts, people.background, known=known, within=within, scale=made)
    groups = [people.groups(part) for part in parts]
    metrics = []
    for name, scores in (
        ("membership", [-score for score in near]),
        ("membership_background", [_relative(a, b) for a, b in zip(near, usual, strict=True)]),
    ):
        value = auc(scores[0], scores[1], groups=(groups[0], groups[1]))
        null = auc(scores[2], scores[1], groups=(groups[2], groups[1]))
        low, high = value.interval
        metrics.append(
            Metric(
                name=name, kind="risk", value=value.value, low=low, high=high, null=null.value,
                at_most=null.value + 0.015, n=value.n, subject=tuple(known),
            )
        )  # fmt: skip
    return metrics[0], metrics[1]


def closest_record(
    people: Holdout, made: pd.DataFrame, *, known: Sequence[str], within: Sequence[str]
) -> tuple[Metric, Metric]:
    """Return the two customary distance scores, which are smoke tests only.

    DCR: the share of pseudo rows that lie nearer to the source than to the
    holdout (ties half). NNDR: the median ratio of the nearest to the
    second-nearest distance, source minus holdout; below 0 means that pseudo rows
    sit on single people of the source.

    References
    ----------
    That such scores pass while membership attacks succeed: Yao et al. 2025,
    arXiv:2505.01524.
    """
    found = [
        nearest(made, part, known=known, within=within, count=2, scale=made)[0]
        for part in (people.source, people.holdout, people.control)
    ]
    source, held, control = (part[:, 0] for part in found)
    groups = people.groups(made)
    share = mean(_nearer(source, held), groups)
    low, high = share.interval
    ratios, errors = zip(*(_median(_ratio(part)) for part in found), strict=True)
    off = Z95 * math.hypot(errors[0], errors[1])
    return (
        Metric(
            name="dcr", kind="smoke", value=share.value, low=low, high=high,
            null=float(_nearer(control, held).mean()), at_least=0.49, at_most=0.52, n=share.n,
            subject=tuple(known),
        ),
        Metric(
            name="nndr", kind="smoke", value=ratios[0] - ratios[1],
            low=ratios[0] - ratios[1] - off, high=ratios[0] - ratios[1] + off,
            null=ratios[2] - ratios[1],
            n=len(made), subject=tuple(known),
            parts={"source": ratios[0], "holdout": ratios[1], "control": ratios[2]},
        ),
    )  # fmt: skip


def _coordinates(frame: pd.DataFrame, pool: pd.DataFrame, columns: Sequence[str]) -> Floats:
    import pandas as pd

    parts: list[Floats] = []
    for column in columns:
        if pd.api.types.is_numeric_dtype(pool[column]):
            line = np.sort(pool[column].dropna().to_numpy(dtype=float))
            value = frame[column].to_numpy(dtype=float, na_value=np.nan)
            gone = np.isnan(value)
            rank = np.searchsorted(line, value) + np.searchsorted(line, value, side="right")
            parts.append(np.where(gone, 0.5, rank / max(2 * len(line), 1))[:, None])
            parts.append(gone[:, None].astype(float))
            continue
        own, names = _categories(frame[column], pool[column])
        if names > 60:
            raise InputError("pseudo_too_many_values", column=column, n=names)
        # Two categories differ in two of these columns: √½ each makes them 1 apart.
        parts.append((own[:, None] == np.arange(names)[None, :]) * math.sqrt(0.5))
    return np.hstack(parts) if parts else np.zeros((len(frame), 1))


def _categories(column: pd.Series[Any], pool: pd.Series[Any]) -> tuple[Ints, int]:
    """Return the place of each value among those of the pool, and how many the pool has."""
    import pandas as pd

    if not isinstance(pool.dtype, pd.CategoricalDtype) or column.dtype != pool.dtype:
        names = sorted(pool.dropna().astype(str).unique())
        texts = pd.Categorical(column.astype(str), categories=names)
        return np.asarray(texts.codes, dtype=np.int64), len(names)
    used = np.unique(pool.cat.codes[pool.cat.codes >= 0])
    place = np.full(len(pool.cat.categories) + 1, -1, dtype=np.int64)
    place[used] = np.arange(len(used))
    return place[column.cat.codes.to_numpy()], len(used)


def _blocks(asked: Ints, there: Ints) -> list[tuple[Ints, Ints]]:
    order, pool = np.argsort(asked, kind="stable"), np.argsort(there, kind="stable")
    blocks = []
    for number in np.unique(asked):
        rows = order[slice(*np.searchsorted(asked[order], [number, number + 1]))]
        others = pool[slice(*np.searchsorted(there[pool], [number, number + 1]))]
        if len(others):
            blocks.append((rows, others))
    return blocks


def _closest(asked: Floats, there: Floats, count: int) -> tuple[Floats, Ints]:
    # |b|² − 2ab in one product; |a|² is the same for all of a row.
    square = np.column_stack([asked, np.ones(len(asked))]) @ np.column_stack(
        [-2 * there, (there**2).sum(axis=1)]
    ).T  # fmt: skip
    rows = np.arange(len(asked))
    found, where = [], []
    for _ in range(min(count, len(there))):
        best = np.argmin(square, axis=1)
        found.append(square[rows, best])
        where.append(best)
        square[rows, best] = np.inf
    distance = np.column_stack(found) + (asked**2).sum(axis=1)[:, None]
    return np.sqrt(np.maximum(np.round(distance, _DIGITS), 0.0)), np.column_stack(where)


def _finite(distances: Floats) -> Floats:
    return np.minimum(distances, 1e3)


def _relative(near: Floats, usual: Floats) -> Floats:
    """Return usual / (near + usual): 1 on a pseudo row, ½ where it is as near as usual."""
    both = near + usual
    return np.where(both > 0, usual / np.where(both > 0, both, 1.0), 0.5)


def _nearer(first: Floats, second: Floats) -> Floats:
    share: Floats = (first < second) + 0.5 * (first == second)
    return share


def _ratio(distances: Floats) -> Floats:
    first, second = _finite(distances[:, 0]), _finite(distances[:, 1])
    # Two people at the same point: nothing singles one out.
    return np.where(second > 0, first / np.where(second > 0, second, 1.0), 1.0)


def _median(values: Floats) -> tuple[float, float]:
    """Return a median and its standard error, from the order statistics about it."""
    half = 0.5 / math.sqrt(max(len(values), 1))  # one standard error of the rank
    low, middle, high = np.quantile(values, [max(0.5 - half, 0), 0.5, min(0.5 + half, 1)])
    return float(middle), float(high - low) / 2
