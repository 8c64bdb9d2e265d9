"""Regions: what they are, and how to get them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.regions.partition import Partition
from tsukuba_gis.regions.problem import Floor, Problem, read_problem
from tsukuba_gis.regions.search import improve, merge_down, recut
from tsukuba_gis.regions.ward import cut, ward_merges
from tsukuba_gis.result import RegionMethod, Regions

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.neighbours import GraphLike

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

Library = Literal["skater", "azp"]

# Tries of split and merge: so many that 600 zones and 5,000 zones both take well
# under a second of CPU time.
_WORK = 45_000
_MOST_TRIES = 100
# Times in a row that no more regions are found to keep the floor before we take it
# that there are none.
_TREES = 100
# From so many times k regions on, borders are looked at after every merge.
_NEAR = 4


def regionalise(
    data: pd.DataFrame,
    graph: GraphLike,
    *,
    k: int | None = None,
    floor: Floor | None = None,
    method: Literal["ward", Library] = "ward",
    standardise: bool = True,
    seed: int = 0,
) -> Regions:
    """Put neighbouring zones together into regions that are as alike within as can be.

    Parameters
    ----------
    data
        One row a zone, one numeric column a variable. A zone with a missing or
        infinite value is in no region (and links nobody).
    graph
        Who is whose neighbour; the same zones, in any order. Zones of parts
        that do not touch are never put together.
    k
        How many regions.
    floor
        The least of something in each region. Without ``k`` as many regions
        are made as are found to keep it (max-p).
    method
        ``"ward"``: Ward's clustering under contiguity, then moves along the
        borders and split-and-merge search. ``"skater"``, ``"azp"``: the
        algorithms of spopt, for comparison; slow, ``k`` only, no further search.
    standardise
        Divide each variable by its standard deviation (of n). Without it the
        variable with the largest numbers rules.
    seed
        Of the search.

    Returns
    -------
    Regions
        Same data, graph and seed: same regions.

    Raises
    ------
    InputError
        If values and weights do not fit, nothing varies, or ``k`` or
        ``floor`` cannot be had.
    MissingExtraError
        If spopt is needed and not installed.

    Notes
    -----
    The criterion is the sum of squares within, SSW = Σ‖x_i − mean of its
    region‖². Finding its least value under contiguity is NP-hard; no method
    promises it.

    References
    ----------
    Ward (1963) https://doi.org/10.1080/01621459.1963.10500845; SKATER:
    Assunção et al. (2006) https://doi.org/10.1080/13658810600665111; AZP:
    Openshaw (1977) https://doi.org/10.2307/622300; max-p: Duque, Anselin & Rey
    (2012) https://doi.org/10.1111/j.1467-9787.2011.00743.x.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> row = Graph.from_arrays(list("abccb"), list("bcbab"), [1, 1, 1, 0, 0])
    >>> regions = regionalise(pd.DataFrame({"x": [1.0, 2.0, 9.0]}, index=list("abc")), row, k=2)
    >>> regions.labels.to_dict()
    {'a': 1, 'b': 1, 'c': 2}
    """
    problem = read_problem(data, graph, standardise=standardise)
    amount = _amounts(floor, problem)
    _check_k(k, floor, problem)
    tries = 0
    if method == "ward":
        tries = max(2, min(_MOST_TRIES, _WORK // problem.n))
        rng = np.random.Generator(np.random.Philox(seed))
        partition = _search(problem, amount, k, floor, rng)
        region = improve(partition, tries=tries, rng=rng).region
    else:
        from tsukuba_gis.regions.libraries import library_regions

        region = library_regions(problem, method=method, k=k, floor=floor, seed=seed)
    how = _How(method=method, floor=floor, tries=tries, seed=seed, standardised=standardise)
    return _describe(problem, data, region, amount, how)


def refine(
    regions: Regions,
    data: pd.DataFrame,
    graph: GraphLike,
    *,
    floor: Floor | None = None,
    tries: int = 100,
    seed: int = 0,
) -> Regions:
    """Make given regions more alike within, by moves along borders and split-and-merge search.

    For regions of any origin: another method's, this one's for a longer
    search, or districts as they are now (by way of :func:`measure_regions`).

    Parameters
    ----------
    regions
        Connected regions of the same data and graph.
    tries
        Tries of split and merge; 0: moves along the borders only.

    Raises
    ------
    InputError
        If the regions are not connected, below the floor, or about other zones.
    """
    problem = read_problem(data, graph, standardise=regions.standardised)
    region = _region_numbers(regions.labels, problem)
    if not connected(region, problem):
        raise InputError("regions_not_connected")
    amount = _amounts(floor, problem)
    partition = Partition(problem, region, amount=amount, floor=floor.least if floor else 0.0)
    if floor and (partition.amount < partition.floor).any():
        raise InputError("regions_floor", floor=floor.least, found=float(partition.amount.min()))
    partition.climb()
    rng = np.random.Generator(np.random.Philox(seed))
    region = improve(partition, tries=tries, rng=rng).region
    how = _How(
        method="refined", floor=floor, tries=tries, seed=seed, standardised=regions.standardised
    )
    return _describe(problem, data, region, amount, how)


def measure_regions(
    labels: pd.Series[str] | pd.Series[int],
    data: pd.DataFrame,
    graph: GraphLike,
    *,
    standardise: bool = True,
    method: Literal["given", "clustgeo"] = "given",
) -> Regions:
    """Say how alike given regions are within, so that they can be compared with better ones.

    Parameters
    ----------
    labels
        Region of each zone (text or numbers), on the zone ids; for each zone
        that has every value.
    method
        What to call the way in which they were made.

    Returns
    -------
    Regions
        Renumbered 1 … k by first appearance; ``contiguous`` says whether every
        region is connected.
    """
    problem = read_problem(data, graph, standardise=standardise)
    region = _region_numbers(labels, problem)
    how = _How(method=method, floor=None, tries=0, seed=0, standardised=standardise)
    return _describe(problem, data, region, None, how)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _How:
    """How regions were made."""

    method: RegionMethod
    floor: Floor | None
    tries: int
    seed: int
    standardised: bool


def _describe(
    problem: Problem, data: pd.DataFrame, region: Ints, amount: Floats | None, how: _How
) -> Regions:
    labels = problem.labels(region)
    groups = data.loc[problem.kept, list(data.columns)].astype(float).groupby(labels[problem.kept])
    kept_labels: Ints = labels[problem.kept].to_numpy(dtype=np.int64).astype(np.int64)
    contiguous = connected(region, problem)
    if not contiguous and how.method not in ("clustgeo", "given"):
        raise InputError("regions_not_connected")
    return Regions(
        labels=labels,
        k=int(kept_labels.max()),
        n=problem.n,
        n_missing=len(problem.ids) - problem.n,
        components=problem.components,
        contiguous=contiguous,
        within_share=within(problem.x, kept_labels - 1) / problem.total,
        sizes=groups.size().rename("zones"),
        sums=None if amount is None else _sums(amount, kept_labels, groups.size().index),
        means=groups.mean(),
        variables=problem.variables,
        constant=problem.constant,
        standardised=how.standardised,
        method=how.method,
        floor=None if how.floor is None else float(how.floor.least),
        tries=how.tries,
        seed=how.seed,
        weights=problem.weights,
    )


def _sums(amount: Floats, labels: Ints, index: pd.Index[int]) -> pd.Series[float]:
    import pandas as pd

    return pd.Series(np.bincount(labels, weights=amount)[1:], index=index, name="amount")


def within(x: Floats, region: Ints) -> float:
    """Return the sum of squares within the regions 0 … k − 1, about each one's mean.

    Examples
    --------
    >>> within(np.array([[1.0], [3.0], [8.0]]), np.array([0, 0, 1]))
    2.0
    """
    count = np.bincount(region)[:, None]
    mean = np.stack([np.bincount(region, weights=column) for column in x.T], axis=1) / count
    return float(((x - mean[region]) ** 2).sum())


def connected(region: Ints, problem: Problem) -> bool:
    """Say whether every region is one connected part."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = problem.matrix.tocoo()
    inside = region[links.row] == region[links.col]
    ends = (links.row[inside], links.col[inside])
    same = coo_array((np.ones(len(ends[0])), ends), shape=links.shape)
    return int(connected_components(same, directed=False)[0]) == len(np.unique(region))


def _search(
    problem: Problem,
    amount: Floats | None,
    k: int | None,
    floor: Floor | None,
    rng: np.random.Generator,
) -> Partition:
    """Return Ward's regions after climbing: k of them, or as many as keep the floor."""
    if k is not None:
        region = cut(ward_merges(problem.x, problem.neighbours()), problem.n, k)
        if floor is None or np.bincount(region, weights=amount).min() >= floor.least:
            least = floor.least if floor else 0.0
            partition = Partition(problem, region, amount=amount, floor=least)
            partition.climb()
            return partition
    return _search_floor(problem, amount, k, floor.least if floor else 0.0, rng)


def _search_floor(
    problem: Problem, amount: Floats | None, k: int | None, least: float, rng: np.random.Generator
) -> Partition:
    """Return regions that keep the floor: k of them, or as many as are found."""
    n = problem.n
    merges = ward_merges(problem.x, problem.neighbours(), amount=amount, floor=least)
    partition = Partition(problem, cut(merges, n, n - len(merges)), amount=amount, floor=least)
    if (partition.amount < partition.floor).any():
        raise InputError("regions_floor", floor=least, found=float(partition.amount.min()))
    # Far above k the borders are not worth the climbing.
    while k is not None and partition.k > _NEAR * k and partition.merge_cheapest():
        pass
    partition.climb()
    bound = int(min(partition.amount.sum() / partition.floor, n))
    recut(partition, most=bound if k is None else k, tries=_TREES, rng=rng)
    if k is not None and partition.k < k:
        raise InputError("regions_floor_k", k=k, floor=least, found=partition.k)
    if k is not None:
        merge_down(partition, k)
    return partition


def _check_k(k: int | None, floor: Floor | None, problem: Problem) -> None:
    if k is None and floor is None:
        raise InputError("regions_k_or_floor")
    if k is not None and not problem.components <= k <= problem.n:
        raise InputError("regions_k", k=k, components=problem.components, n=problem.n)


def _amounts(floor: Floor | None, problem: Problem) -> Floats | None:
    """Return the amount of each zone that takes part; None without a floor."""
    if floor is None:
        return None
    if not 0 < floor.least < np.inf:
        raise InputError("regions_floor_positive", floor=floor.least)
    if floor.of is None:
        return np.ones(problem.n)
    if not floor.of.index.is_unique:
        raise InputError("regions_ids_repeat", n=int(floor.of.index.duplicated().sum()))
    found = floor.of.reindex(problem.ids[problem.kept])
    amount: Floats = np.asarray(found.to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)
    wrong = ~np.isfinite(amount) | (amount < 0)
    if wrong.any():
        raise InputError("regions_amount", n=int(wrong.sum()))
    return amount


def _region_numbers(labels: pd.Series[str] | pd.Series[int], problem: Problem) -> Ints:
    if not labels.index.is_unique:
        raise InputError("regions_ids_repeat", n=int(labels.index.duplicated().sum()))
    codes, _ = labels.reindex(problem.ids[problem.kept]).factorize()
    if (codes < 0).any():
        raise InputError("regions_labels_missing", n=int((codes < 0).sum()))
    return codes.astype(np.int64)
