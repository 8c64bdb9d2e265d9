"""How far regions can be believed: stability under the seed, and how many regions there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.regions.division import regionalise, within
from tsukuba_gis.regions.partition import Partition
from tsukuba_gis.regions.problem import Floor, Problem, read_problem
from tsukuba_gis.regions.ward import cut, ward_merges
from tsukuba_gis.result import Regions

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.neighbours import GraphLike

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Labels = NDArray[np.integer[Any]]

# Rows of distances held at once.
_BLOCK = 512


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Stability:
    """Regions made again under other seeds.

    Parameters
    ----------
    best
        The run with the least sum of squares within.
    rand
        Adjusted Rand index of every pair of runs: 1 the same regions, 0 no
        more alike than by chance.
    within_shares
        SSW/SST of each run.
    agreement
        By zone: share of runs in which it lies in the region that matches its
        region in ``best`` (matched so that the zones in common are most); NA
        without data.
    runs, seed, n, k
        Seeds are ``seed`` … ``seed + runs − 1``. ``k`` is of the best run.
    """

    best: Regions
    rand: Floats = field(repr=False)
    within_shares: Floats = field(repr=False)
    agreement: pd.Series[float] = field(repr=False)
    runs: int
    seed: int
    n: int
    k: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Elbow:
    """How alike regions are within, by their number, beside values put down at random.

    Parameters
    ----------
    frame
        Index ``k``; columns ``within_share``; ``silhouette`` (mean over zones,
        −1 … 1); ``null_within`` and ``null_sd`` (mean and standard deviation
        of ``within_share`` when the rows of values are put on the zones at
        random); ``p`` (one-sided: share of random maps at least as good,
        (1 + count)/(permutations + 1)); ``gain`` (null_within − within_share,
        in null_sd).
    best_silhouette
        The k with the highest mean silhouette.
    """

    frame: pd.DataFrame = field(repr=False)
    best_silhouette: int
    n: int
    n_missing: int
    permutations: int
    seed: int
    standardised: bool
    weights: str


def stability(
    data: pd.DataFrame,
    graph: GraphLike,
    *,
    k: int | None = None,
    floor: Floor | None = None,
    runs: int = 10,
    standardise: bool = True,
    seed: int = 0,
) -> Stability:
    """Make the regions again under other seeds, and say how much stays.

    Parameters
    ----------
    data, graph, k, floor, standardise
        As for :func:`regionalise`.
    runs
        How many times, at least 2.

    References
    ----------
    Hubert & Arabie (1985) https://doi.org/10.1007/BF01908075 (adjusted Rand).
    """
    if runs < 2:
        raise InputError("regions_runs", runs=runs)
    made = [
        regionalise(data, graph, k=k, floor=floor, standardise=standardise, seed=seed + run)
        for run in range(runs)
    ]
    labels = [regions.labels.dropna().to_numpy(dtype=np.int64) for regions in made]
    shares = np.array([regions.within_share for regions in made])
    first = int(shares.argmin())
    best = made[first]
    same = np.mean([_matching(labels[first], other) for other in labels], axis=0)
    agreement = best.labels.astype("Float64").rename("agreement")
    agreement[best.labels.notna()] = same
    return Stability(
        best=best,
        rand=np.array([adjusted_rand(one, other) for one, other in combinations(labels, 2)]),
        within_shares=shares,
        agreement=agreement,
        runs=runs,
        seed=seed,
        n=best.n,
        k=best.k,
    )


def elbow(
    data: pd.DataFrame,
    graph: GraphLike,
    *,
    ks: Sequence[int] = tuple(range(2, 13)),
    permutations: int = 99,
    standardise: bool = True,
    seed: int = 0,
) -> Elbow:
    """Say how alike regions are within for several k, beside a null without spatial pattern.

    Under the null the rows of values (all variables of a zone together) are
    put on the zones at random; neighbours stay as they are. So the null has
    the same values and the same contiguity, and no pattern. Here regions are
    Ward's with moves along the borders, without the longer search, in the
    data and in the null alike.

    Parameters
    ----------
    ks
        Numbers of regions to look at.
    permutations
        Random maps; 0: none, and the null's columns are NaN.

    References
    ----------
    Rousseeuw (1987) https://doi.org/10.1016/0377-0427(87)90125-7 (silhouette).
    """
    problem = read_problem(data, graph, standardise=standardise)
    wanted = sorted(set(ks))
    wrong = [k for k in wanted if not max(2, problem.components) <= k < problem.n]
    if wrong or not wanted:
        low = max(2, problem.components)
        raise InputError("regions_ks", wrong=", ".join(map(str, wrong)), low=low, n=problem.n)
    frame = _by_k(problem, wanted, permutations, seed)
    return Elbow(
        frame=frame,
        best_silhouette=wanted[int(frame["silhouette"].argmax())],
        n=problem.n,
        n_missing=len(problem.ids) - problem.n,
        permutations=permutations,
        seed=seed,
        standardised=standardise,
        weights=problem.weights,
    )


def _by_k(problem: Problem, ks: Sequence[int], permutations: int, seed: int) -> pd.DataFrame:
    """Return how alike regions are for each k, beside random maps."""
    import pandas as pd

    divisions = _divisions(problem, problem.x, ks)
    share = np.array([within(problem.x, region) / problem.total for region in divisions])
    null = _null_shares(problem, ks, permutations, seed)
    mean, sd = (null.mean(axis=0), null.std(axis=0)) if permutations else (np.nan, np.nan)
    frame = pd.DataFrame(
        {
            "within_share": share,
            "silhouette": [silhouette(problem.x, region) for region in divisions],
            "null_within": mean,
            "null_sd": sd,
            "p": (1 + (null <= share).sum(axis=0)) / (permutations + 1) if permutations else np.nan,
        },
        index=pd.Index(ks, name="k"),
    )
    frame["gain"] = (frame["null_within"] - frame["within_share"]) / frame["null_sd"]
    return frame


def _null_shares(problem: Problem, ks: Sequence[int], permutations: int, seed: int) -> Floats:
    """Return SSW/SST by random map and k, the rows of values put on the zones at random."""
    rng = np.random.Generator(np.random.Philox(seed))
    shares = np.full((permutations, len(ks)), np.nan)
    for row in shares:
        x = problem.x[rng.permutation(problem.n)]
        row[:] = [within(x, region) / problem.total for region in _divisions(problem, x, ks)]
    return shares


def _divisions(problem: Problem, x: Floats, ks: Sequence[int]) -> list[Ints]:
    """Return Ward's regions after moves along the borders, for each k."""
    from dataclasses import replace

    mixed = replace(problem, x=x)
    merges = ward_merges(x, mixed.neighbours())
    regions = []
    for k in ks:
        partition = Partition(mixed, cut(merges, mixed.n, k))
        partition.climb()
        regions.append(partition.region)
    return regions


def adjusted_rand(one: Labels, other: Labels) -> float:
    """Return how alike two divisions are: 1 the same, 0 as by chance, below 0 less than that.

    Hubert & Arabie (1985). Two divisions that are both trivial (all in one, or
    each apart) are the same: 1.

    Examples
    --------
    >>> adjusted_rand(np.array([0, 0, 1, 1]), np.array([5, 5, 3, 3]))
    1.0
    >>> round(adjusted_rand(np.array([0, 0, 1, 2]), np.array([0, 0, 1, 1])), 6)  # 4/7
    0.571429
    """
    table = _cross(one, other)
    pairs = [
        float((count * (count - 1)).sum()) / 2 for count in (table, table.sum(0), table.sum(1))
    ]
    together, columns, rows = pairs
    n = table.sum()
    expected = rows * columns / max(n * (n - 1) / 2, 1)
    most = (rows + columns) / 2
    return 1.0 if most == expected else float((together - expected) / (most - expected))


def _matching(best: Labels, other: Labels) -> Floats:
    """Return 1 for each zone that lies in the region matching its own, else 0."""
    from scipy.optimize import linear_sum_assignment

    table = _cross(best, other)
    rows, columns = linear_sum_assignment(table, maximize=True)
    partner = np.full(table.shape[0], -1)
    partner[rows] = columns
    mine, theirs = (np.unique(labels, return_inverse=True)[1] for labels in (best, other))
    return np.asarray(partner[mine] == theirs, dtype=float)


def _cross(one: Labels, other: Labels) -> Ints:
    rows, columns = (np.unique(labels, return_inverse=True)[1] for labels in (one, other))
    table = np.zeros((int(rows.max()) + 1, int(columns.max()) + 1), dtype=np.int64)
    np.add.at(table, (rows, columns), 1)
    return table


def silhouette(x: Floats, region: Ints) -> float:
    """Return the mean silhouette, (b − a)/max(a, b) by Euclidean distance; alone counts 0.

    Examples
    --------
    >>> x = np.array([[0.0], [1.0], [10.0]])
    >>> round(silhouette(x, np.array([0, 0, 1])), 4)  # (9/10 + 8/9 + 0)/3
    0.5963
    """
    from scipy.spatial.distance import cdist

    count = np.bincount(region).astype(float)
    member = np.zeros((len(x), len(count)))
    member[np.arange(len(x)), region] = 1.0
    total = 0.0
    for start in range(0, len(x), _BLOCK):
        rows = slice(start, start + _BLOCK)
        sums = cdist(x[rows], x) @ member
        own = region[rows]
        at = np.arange(len(own))
        inside = sums[at, own] / np.maximum(count[own] - 1, 1)
        mean = sums / count
        mean[at, own] = np.inf
        outside = mean.min(axis=1)
        largest = np.maximum(inside, outside)
        some = (count[own] > 1) & (largest > 0)
        total += float(((outside - inside)[some] / largest[some]).sum())
    return total / len(x)
