"""The search for better regions: split some, merge as many, keep what is better.

Moves along borders end in the nearest hollow. To leave it, regions are cut in
two along random spanning trees (as in redistricting by recombination: DeFord,
Duchin & Solomon 2021, https://doi.org/10.1162/99608f92.eb30390f; the best cut
of a tree as in SKATER: Assunção et al. 2006,
https://doi.org/10.1080/13658810600665111), the division climbs, the cheapest
neighbours are merged one pair at a time with climbing in between, and the
result is kept if it is better than what there was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tsukuba_gis.regions.partition import Partition

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

# Up to so many regions are split in one try.
_SPLITS = 4
# The search may go on from a division that is worse than the best by this share of
# the sum of squares within, falling to 0 at the end (record-to-record travel: Dueck
# 1993, https://doi.org/10.1006/jcph.1993.1010).
_WORSE = 0.02
# Up to so many neighbouring regions are cut anew together.
_TOGETHER = 8


def improve(partition: Partition, *, tries: int, rng: np.random.Generator) -> Partition:
    """Return the best division into as many regions that ``tries`` of split and merge find."""
    best = here = partition
    total = float((partition.x**2).sum())
    for left in range(tries, 0, -1):
        gains, parts = best_cuts(here, rng)
        possible = np.flatnonzero(np.isfinite(gains))
        if not len(possible):
            return best
        # Regions that would gain much from a split are split more often.
        liking = gains[possible] * rng.random(len(possible))
        chosen = possible[np.argsort(-liking, kind="stable")][: rng.integers(1, _SPLITS + 1)]
        other = here.copy()
        for region in chosen.tolist():
            other.split(region, parts[region])
        other.climb()
        merge_down(other, best.k, rng=rng)
        allowed = _WORSE * left / tries * (total - best.between)
        if other.between > best.between - allowed:
            here = other
        if other.between > best.between + best.least:
            best = other
    return best


def merge_down(partition: Partition, k: int, *, rng: np.random.Generator | None = None) -> None:
    """Merge the cheapest neighbouring regions, climbing after each, until k are left.

    With ``rng`` costs are taken times a random factor, so that the way back
    from a split need not be the way there.
    """
    while partition.k > k and partition.merge_cheapest(rng):
        partition.climb()


def recut(partition: Partition, *, most: int, tries: int, rng: np.random.Generator) -> None:
    """Make more regions that keep the floor, up to about ``most``.

    Neighbouring regions are put together by ones to eights at random, a random
    spanning tree of each such group is cut into as many parts that keep the
    floor as it allows (greedily from its leaves, which is the most for that
    tree), and where these are more than before they stand. Ends after
    ``tries`` times in a row without success, or where no more can be.
    """
    failed = 0
    while failed < tries and partition.k < most:
        group = _random_groups(partition, rng)
        pieces = _cut_at_floor(partition, group, rng)
        region = partition.region.copy()
        before, after = (_regions_by_group(group, numbers) for numbers in (region, pieces))
        better = (after > before)[group]
        region[better] = partition.k + pieces[better]
        failed = 0 if better.any() else failed + 1
        if better.any():
            partition.set_regions(np.unique(region, return_inverse=True)[1])
            partition.climb()


def _regions_by_group(group: Ints, region: Ints) -> Ints:
    pairs = np.unique(group * (int(region.max()) + 1) + region) // (int(region.max()) + 1)
    return np.bincount(pairs, minlength=int(group.max()) + 1)


def _random_groups(partition: Partition, rng: np.random.Generator) -> Ints:
    """Return for each zone the number of a random group of one to eight neighbouring regions."""
    members = {region: [region] for region in range(partition.k)}
    a, b = partition.touching()
    size = rng.integers(1, _TOGETHER + 1, partition.k)
    for at in rng.permutation(len(a)).tolist():
        one, other = members[int(a[at])], members[int(b[at])]
        if one is not other and len(one) + len(other) <= size[one[0]]:
            one += other
            members.update(dict.fromkeys(other, one))
    return np.array([members[region][0] for region in range(partition.k)])[partition.region]


def _cut_at_floor(partition: Partition, group: Ints, rng: np.random.Generator) -> Ints:
    """Return part numbers: a random tree of each group, cut from its leaves at the floor."""
    order, parents, _ = _trees(partition, group, rng)
    weight = [0.0, *partition.weight[order].tolist()]
    n = len(order)
    cut = [False] * (n + 1)
    for at in range(n, 0, -1):
        cut[at] = weight[at] >= partition.floor
        if not cut[at]:
            weight[parents[at]] += weight[at]
    # What is left at a root is too little to stand alone: it joins a part that hangs on it.
    part = [0] * (n + 1)
    root_of = [0] * (n + 1)
    joins: dict[int, int] = {}
    for at in range(1, n + 1):
        root = root_of[at] = at if parents[at] == 0 else root_of[parents[at]]
        part[at] = at if cut[at] else (part[parents[at]] or -root)
        if cut[at] and part[parents[at]] < 0:
            joins.setdefault(part[parents[at]], at)
    numbers = np.array([joins.get(number, abs(number)) for number in part[1:]])
    pieces = np.empty(n, dtype=np.int64)
    pieces[order] = numbers
    return pieces


def best_cuts(partition: Partition, rng: np.random.Generator) -> tuple[Floats, list[Ints]]:
    """Return the best cut of a random spanning tree of each region.

    Returns
    -------
    gains
        By how much the sum of squares within falls; −inf where no cut leaves
        both parts at or above the floor.
    parts
        The zones on one side of the cut.
    """
    order, _, size = _trees(partition, partition.region, rng)
    x, region = partition.x[order], partition.region[order]
    start = np.arange(len(order))
    # In depth-first order the zones below a link stand in one run.
    part = _runs(x, start, size)
    amount = _runs(partition.weight[order][:, None], start, size)[:, 0]
    whole, n_whole = partition.sums[region], partition.count[region]
    rest, n_rest = whole - part, n_whole - size
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = (
            np.einsum("ij,ij->i", part, part) / size
            + np.einsum("ij,ij->i", rest, rest) / n_rest
            - np.einsum("ij,ij->i", whole, whole) / n_whole
        )
    low = np.minimum(amount, partition.amount[region] - amount)
    gain[(n_rest < 1) | (low < partition.floor)] = -np.inf
    by_region = np.lexsort((gain, region))
    best = by_region[np.searchsorted(region[by_region], np.arange(partition.k), side="right") - 1]
    return gain[best], [order[at : at + size[at]] for at in best.tolist()]


def _runs(values: Floats, start: Ints, size: Ints) -> Floats:
    total: Floats = np.vstack([np.zeros(values.shape[1]), np.cumsum(values, axis=0)])
    return np.asarray(total[start + size] - total[start])


def _trees(
    partition: Partition, block: Ints, rng: np.random.Generator
) -> tuple[Ints, list[int], Ints]:
    """Return a random spanning tree of each connected block of zones.

    Returns
    -------
    order, parents, size
        Zones depth first, tree by tree; place of the parent of each (places
        count from 1, the parent of a root is 0; the first entry is unused);
        number of zones at and below each.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import depth_first_order, minimum_spanning_tree

    n = len(partition.x)
    rows, columns = partition.rows, partition.columns
    inside = (rows < columns) & (block[rows] == block[columns])
    low, high = rows[inside], columns[inside]
    gap = partition.x[low] - partition.x[high]
    # Links between alike zones come first, but for a factor of about e either way.
    length = np.einsum("ij,ij->i", gap, gap) * np.exp(rng.standard_normal(len(low)))
    length += np.finfo(float).tiny  # a stored 0 would be no link
    tree = minimum_spanning_tree(csr_array((length, (low, high)), shape=(n, n))).tocoo()
    # One more node ties the trees together, so that one walk sees them all.
    roots = np.unique(block, return_index=True)[1]
    ends = np.concatenate([tree.row, np.full(len(roots), n)]), np.concatenate([tree.col, roots])
    forest = csr_array((np.ones(len(ends[0])), ends), shape=(n + 1, n + 1))
    order, before = depth_first_order(forest, n, directed=False)
    place = np.empty(n + 1, dtype=np.int64)
    place[order] = np.arange(n + 1)
    parents = [0, *place[before[order[1:]]].tolist()]
    size = [1] * (n + 1)
    for at in range(n, 0, -1):
        size[parents[at]] += size[at]
    return order[1:].astype(np.int64), parents, np.array(size[1:], dtype=np.int64)
