"""Noise: discrete Laplace on tables that are declared noisy, beside what stays exact.

An epsilon says nothing without its invariants: what is published exactly is not
protected by it (Bailie, Gong and Meng 2025). So the two are always told together.

**Unit and sensitivity.** Two registers are neighbours if they differ by one row
and agree in every invariant below. One row is counted in one cell of each noisy
table, so each table's counts change by 1 in all (L1): sensitivity 1. To change a
row's values instead of leaving it out moves it from one cell to another, and
costs twice the epsilon.

**Composition.** The tables count the same people, so their epsilons add up: with
m tables each gets epsilon / m, and noise of scale m / epsilon. Drawing again
spends the epsilon again: a file with noise is measured once.

**Consistency.** The noisy counts are then moved, as little as possible in all
(L1), to whole numbers of at least 0 that add up to the invariant totals. This
reads the noisy counts and the invariants only, and costs no epsilon.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.tables.cells import Family

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

# Tables that may be noisy: both totals of each that stay exact.
MARGINS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "care": (("cluster", "sex", "start"), ("cluster", "broad", "severity")),
    "living": (("cluster", "living"), ("cluster", "severity")),
    "area_ages": (("area",), ("cluster", "cut")),
    "area_care": (("area",), ("cluster", "severity")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What was added to which tables: told wherever the file is told of.

    ``epsilon`` in all, ``each`` per table, ``sd`` of the noise on one count
    before it is made consistent.
    """

    epsilon: float
    tables: tuple[str, ...]
    each: float
    sd: float


def noise_of(spec: Spec) -> Noise | None:
    """Return what a spec asks to be added; None if nothing.

    Raises
    ------
    InputError
        If epsilon is not above 0, or a table cannot be noisy.

    Examples
    --------
    >>> from tsukuba_gis.pseudo.spec import Spec
    >>> noise_of(Spec.tsukuba(epsilon=1.0)).each
    0.25
    """
    if spec.epsilon is None:
        return None
    if not (spec.epsilon > 0 and math.isfinite(spec.epsilon)):
        raise InputError("noise_epsilon", epsilon=spec.epsilon)
    unknown = [name for name in spec.noisy if name not in MARGINS]
    if unknown or not spec.noisy:
        raise InputError("noise_table", table=", ".join(unknown), known=", ".join(MARGINS))
    tables = tuple(dict.fromkeys(spec.noisy))
    scale = scale_of(spec.epsilon, tables=len(tables))
    return Noise(
        epsilon=spec.epsilon, tables=tables, each=spec.epsilon / len(tables), sd=sd_of(scale)
    )


def scale_of(epsilon: float, *, tables: int, sensitivity: float = 1.0) -> float:
    """Return the scale of the noise on each count: tables × sensitivity / epsilon.

    Examples
    --------
    >>> scale_of(1.0, tables=5), scale_of(4.0, tables=5)
    (5.0, 1.25)
    """
    return tables * sensitivity / epsilon


def sd_of(scale: float) -> float:
    """Return the standard deviation of discrete Laplace noise, √(2p) / (1 − p), p = e^(−1/scale).

    References
    ----------
    Ghosh, Roughgarden and Sundararajan 2012, doi:10.1137/09076828X.

    Examples
    --------
    >>> round(sd_of(5.0), 2), round(sd_of(1.25), 2)
    (7.06, 1.72)
    """
    p = math.exp(-1 / scale)
    return math.sqrt(2 * p) / (1 - p)


def noisy(counts: Floats, scale: float) -> Ints:
    """Return whole counts with discrete Laplace noise of OpenDP: may be below 0.

    The randomness is the system's and cannot be repeated: whoever can repeat the
    noise can take it off.

    Raises
    ------
    MissingExtraError
        Without OpenDP (extra ``dp``).
    """
    try:
        import opendp.prelude as dp
    except ImportError as error:
        raise MissingExtraError("extra_dp") from error
    dp.enable_features("contrib")
    domain = dp.vector_domain(dp.atom_domain(T="i64"))
    add: Any = dp.m.make_laplace(domain, dp.l1_distance(T="i64"), scale=scale)
    return np.asarray(add(counts.astype(np.int64).tolist()), dtype=np.int64)


def consistent(counts: Ints, groups: tuple[Ints, Ints], totals: tuple[Floats, Floats]) -> Floats:
    """Return the nearest whole numbers of at least 0 with the totals of two groupings.

    Parameters
    ----------
    counts
        Noisy counts.
    groups
        For each grouping the group of each count.
    totals
        For each grouping the total of each group; there are counts that have them.

    Notes
    -----
    Least sum of absolute changes, by linear programming. Rows and columns of a
    table are a network, so that its vertices are whole numbers.

    Examples
    --------
    >>> consistent(np.array([5, -1, 2, 3]), (np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])),
    ...            (np.array([4.0, 4.0]), np.array([5.0, 3.0]))).tolist()
    [4.0, 0.0, 1.0, 3.0]
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, hstack, vstack

    n = len(counts)
    inside = [
        csr_array((np.ones(n), (group, np.arange(n))), shape=(len(total), n))
        for group, total in zip(groups, totals, strict=True)
    ]
    # x = counts + up − down, with up and down at least 0.
    identity = eye_array(n)
    left: Any = vstack(
        [
            hstack([identity, -identity, identity]),
            *(hstack([part, csr_array((part.shape[0], 2 * n))]) for part in inside),
        ]
    )
    right = np.concatenate([counts, *totals])
    cost = np.concatenate([np.zeros(n), np.ones(2 * n)])
    found = linprog(cost, A_eq=left, b_eq=right, method="highs-ds")
    whole: Floats = np.abs(np.round(np.asarray(found.x, dtype=np.float64)[:n]))
    return whole


def noised(table: Family, counts: Floats, spec: Spec) -> Floats:
    """Return the counts of a table with noise, consistent with its exact totals.

    Tables that are not declared noisy come back as they are.
    """
    asked = noise_of(spec)
    if asked is None or table.name not in asked.tables or len(counts) == 0:
        return counts
    drawn = noisy(counts, scale_of(asked.epsilon, tables=len(asked.tables)))
    made = np.zeros(len(counts))
    clusters = table.leaves["cluster"].to_numpy()
    for cluster in np.unique(clusters):
        rows = np.flatnonzero(clusters == cluster)
        leaves = table.leaves.iloc[rows]
        groups: list[Any] = []
        totals: list[Any] = []
        for columns in MARGINS[table.name]:
            group = leaves.groupby(list(columns), sort=False).ngroup().to_numpy(np.int64)
            groups.append(group)
            totals.append(np.bincount(group, counts[rows]))
        made[rows] = consistent(drawn[rows], (groups[0], groups[1]), (totals[0], totals[1]))
    return made
