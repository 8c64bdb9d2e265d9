"""p-values by conditional permutation, from draws that zones share.

Holding zone i fixed and permuting the rest, its k neighbours become a uniform
random k-subset of the other n − 1 zones (Anselin 1995,
https://doi.org/10.1111/j.1538-4632.1995.tb00338.x). Zones with the same k may
therefore read their p-values from one sorted list of subset sums. A draw that
holds i itself would be wrong for i: there, i is exchanged for the draw's spare
member, which leaves a uniform subset of the others. Where the subsets are few,
all of them are listed and the p-value is exact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import comb, perm
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from tsukuba_gis.autocorrelation.draws import BLOCK, all_sequences, all_subsets, random_draws

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int32]
    Places = NDArray[np.intp]
    # A scipy.sparse.csr_array of floats; the stubs of scipy lose the type of its products.
    Matrix: TypeAlias = Any

Alternative = Literal["two-sided", "directed"]


class Draws(NamedTuple):
    """How chance is asked: how many random orders, of which stream, and which tail is told."""

    permutations: int
    seed: int
    alternative: Alternative


# All subsets are listed where there are no more than this; beyond, they are drawn.
EXACT_SUBSETS = 200_000
# Sums that differ by less than this, relative to the largest value, count as equal.
TIE = 1e-10


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tails:
    """How often a reference sum reached the observed one, by zone.

    ``at_least`` and ``at_most`` are shares of the reference set with the
    observed value counted in; ``floor`` is the smallest share that could
    have come out.
    """

    at_least: Floats = field(repr=False)
    at_most: Floats = field(repr=False)
    floor: Floats = field(repr=False)

    def p(self, alternative: Alternative) -> Floats:
        """Return p-values: two-sided is twice the smaller tail, directed the smaller tail itself.

        "directed" picks the tail after seeing the data, as GeoDa and esda do:
        it is half as large and no valid p-value; offered for comparison.
        """
        smaller = np.minimum(self.at_least, self.at_most)
        return smaller if alternative == "directed" else np.minimum(1.0, 2.0 * smaller)

    def p_floor(self, alternative: Alternative) -> Floats:
        """Return the smallest p-value that a zone could have."""
        return self.floor if alternative == "directed" else np.minimum(1.0, 2.0 * self.floor)


def local_tails(values: Floats, matrix: Matrix, *, permutations: int, seed: int) -> Tails:
    """Compare each zone's weighted neighbour sum with those of random neighbours.

    Parameters
    ----------
    values
        Of all zones; they are what is permuted.
    matrix
        Weights; every row has at least one entry and none on the diagonal.
    permutations
        Draws for each zone, where not all subsets are listed.
    seed
        Of the draws. Each number of neighbours has its own stream.

    Notes
    -----
    Zones with equally many neighbours share the draws, so chance errors of
    their p-values go together; they are small at 99,999 draws. Where weights
    differ within a zone, a draw is a sequence, its q-th member meets the
    zone's q-th weight, and sums are no longer shared: that is slower.
    """
    sizes = np.diff(matrix.indptr)
    if has_equal_rows(matrix):
        sums = np.add.reduceat(values[matrix.indices], matrix.indptr[:-1])
        return sum_tails(values, sums, sizes, permutations=permutations, seed=seed)
    return weighted_tails(values, matrix, permutations=permutations, seed=seed)


def has_equal_rows(matrix: Matrix) -> bool:
    """Tell whether the weights within every row are equal, up to rounding."""
    first = np.repeat(matrix.data[matrix.indptr[:-1]], np.diff(matrix.indptr))
    return bool((np.abs(matrix.data - first) <= 1e-12 * np.abs(first)).all())


def sum_tails(
    values: Floats, sums: Floats, sizes: Places, *, permutations: int, seed: int
) -> Tails:
    """Compare sums over each zone's neighbours with sums over subsets of the other zones.

    ``sums`` and ``sizes``: sum of the values, and number, of the neighbours.
    """
    n = len(values)
    # The others that are not neighbours are as random a subset: take the smaller of the two.
    many = 2 * sizes > n - 1
    low_sums = np.where(many, values.sum() - values - sums, sums)
    low_sizes = np.where(many, n - 1 - sizes, sizes)
    ge, le, drawn = (np.zeros(n, dtype=np.intp) for _ in range(3))
    exact = np.zeros(n, dtype=bool)
    tolerance = TIE * np.abs(values).max()
    for k in np.unique(low_sizes):
        zones = np.flatnonzero(low_sizes == k)
        exact[zones] = listed = comb(n - 1, int(k)) <= EXACT_SUBSETS
        blocks = (
            iter([all_subsets(n, int(k))])
            if listed
            else random_draws(n, int(k), permutations, seed)
        )
        for members in blocks:
            counted = _count(values, low_sums, zones, members, int(k), tolerance)
            for total, part in zip((ge, le, drawn), counted, strict=True):
                total[zones] += part
    ge, le = np.where(many, le, ge), np.where(many, ge, le)
    return _tails(ge, le, drawn, exact)


def _count(
    values: Floats, sums: Floats, zones: Places, members: Ints, k: int, tolerance: float
) -> tuple[Places, Places, Places]:
    """Count draws whose sum is at least, and at most, the zone's; and the draws.

    ``members`` has k columns, and one more for the spare where draws are
    random. Without a spare, draws that hold the zone are left out.
    """
    spare = members[:, k] if members.shape[1] > k else None
    total = np.zeros(len(members))
    for q in range(k):
        total += values[members[:, q]]
    low, high = sums[zones] - tolerance, sums[zones] + tolerance
    ordered = np.sort(total)
    ge = len(ordered) - np.searchsorted(ordered, low, side="left")
    le = np.searchsorted(ordered, high, side="right")
    drawn = np.full(len(zones), len(members))
    place = np.full(len(values), -1)
    place[zones] = np.arange(len(zones))
    for q in range(k):
        own = place[members[:, q]]
        hit = np.flatnonzero(own >= 0)
        own, held = own[hit], total[hit]
        above, below = (held >= low[own]).astype(float), (held <= high[own]).astype(float)
        if spare is None:
            drawn -= _tally(own, len(zones))
        else:
            held = held - values[members[hit, q]] + values[spare[hit]]
            above -= held >= low[own]
            below -= held <= high[own]
        ge -= _tally(own, len(zones), above)
        le -= _tally(own, len(zones), below)
    return ge, le, drawn


def weighted_tails(values: Floats, matrix: Matrix, *, permutations: int, seed: int) -> Tails:
    """Compare weighted sums over each zone's neighbours with those over sequences of others."""
    scores = _Scores(features=values[:, None], factors=np.ones((len(values), 1)), matrix=matrix)
    return scores.tails(permutations=permutations, seed=seed)


def difference_tails(z: Floats, matrix: Matrix, *, permutations: int, seed: int) -> Tails:
    """Compare each zone's squared differences from its neighbours with those from random others.

    ``z`` has one column a variable; the values of a zone move together. But
    for a constant, the sum is that of wᵢⱼ (|zⱼ|² − 2 zᵢ·zⱼ).
    """
    features = np.column_stack([(z**2).sum(axis=1), z])
    factors = np.column_stack([np.ones(len(z)), -2 * z])
    scores = _Scores(features=features, factors=factors, matrix=matrix)
    return scores.tails(permutations=permutations, seed=seed)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class _Scores:
    """A local statistic Σⱼ wᵢⱼ Σf factorᵢf · featureⱼf, for which zones share draws but not sums.

    Its cost grows with zones times draws; there is no common order to search.
    """

    features: Floats
    factors: Floats
    matrix: Matrix

    def tails(self, *, permutations: int, seed: int) -> Tails:
        n = len(self.features)
        sizes = np.diff(self.matrix.indptr)
        equal = has_equal_rows(self.matrix)
        ge, le, drawn = (np.zeros(n, dtype=np.intp) for _ in range(3))
        exact = np.zeros(n, dtype=bool)
        # Rows of weights of like length are filled up with zeros and done together.
        lengths = sizes if equal else 2 ** np.ceil(np.log2(sizes)).astype(int)
        few = _few_sequences(n, sizes, equal)
        lengths = np.where(few, sizes, np.minimum(lengths, n - 1))
        for k, listed in sorted(set(zip(lengths.tolist(), few.tolist(), strict=True))):
            zones = np.flatnonzero((lengths == k) & (few == listed))
            exact[zones] = listed
            listing = all_subsets if equal else all_sequences
            blocks = iter([listing(n, k)]) if listed else random_draws(n, k, permutations, seed)
            for members in blocks:
                counted = self._count(zones, k, members, equal)
                for total, part in zip((ge, le, drawn), counted, strict=True):
                    total[zones] += part
        return _tails(ge, le, drawn, exact)

    def _rows(self, zones: Places, k: int) -> Floats:
        """Return the weights of zones, filled up with zeros to k."""
        part = self.matrix[zones]
        sizes = np.diff(part.indptr)
        rows = np.zeros((len(zones), k))
        column = np.arange(part.nnz) - np.repeat(part.indptr[:-1], sizes)
        rows[np.repeat(np.arange(len(zones)), sizes), column] = part.data
        return rows

    def _count(
        self, zones: Places, k: int, members: Ints, equal: bool
    ) -> tuple[Places, Places, Places]:
        observed = np.einsum("if,if->i", self.factors[zones], self.matrix[zones] @ self.features)
        rows = self._rows(zones, k)
        scale = (np.abs(self.factors[zones]) * np.abs(self.features).max(axis=0)).sum(axis=1)
        tolerance = TIE * scale * np.abs(rows).sum(axis=1)
        ge, le = np.empty(len(zones), dtype=np.intp), np.empty(len(zones), dtype=np.intp)
        drawn = np.full(len(zones), len(members))
        own = _own(len(self.features), zones, members[:, :k])
        step = max(1, BLOCK // len(members))
        for start in range(0, len(zones), step):
            part = slice(start, min(start + step, len(zones)))
            scores = self._draw(zones[part], rows[part], members, equal)
            lost = self._replace(scores, zones, rows, members, own, start)
            low, high = observed[part] - tolerance[part], observed[part] + tolerance[part]
            ge[part] = (scores >= low[:, None]).sum(axis=1)
            le[part] = (scores <= high[:, None]).sum(axis=1)
            drawn[part] -= lost
        return ge, le, drawn

    def _draw(self, zones: Places, rows: Floats, members: Ints, equal: bool) -> Floats:
        """Return the scores of zones (down) for draws (across)."""
        k = rows.shape[1]
        if equal:
            sums = self.features[members[:, :k]].sum(axis=1)
            shared: Floats = (self.factors[zones] * rows[:, :1]) @ sums.T
            return shared
        scores = np.zeros((len(zones), len(members)))
        for factor, feature in zip(self.factors[zones].T, self.features.T, strict=True):
            scores += factor[:, None] * (rows @ feature[members[:, :k]].T)
        return scores

    def _replace(
        self,
        scores: Floats,
        zones: Places,
        rows: Floats,
        members: Ints,
        own: tuple[Places, Places, Places],
        start: int,
    ) -> Places:
        """Put the spare for the zone itself, or strike the draw out; return lost draws."""
        k = rows.shape[1]
        first, last = np.searchsorted(own[0], [start, start + len(scores)])
        zone, draw, q = (column[first:last] for column in own)
        if members.shape[1] == k:
            scores[zone - start, draw] = np.nan
            return _tally(zone - start, len(scores))
        change = self.features[members[draw, k]] - self.features[zones[zone]]
        gain = np.einsum("df,df->d", self.factors[zones[zone]], change)
        scores[zone - start, draw] += rows[zone, q] * gain
        return np.zeros(len(scores), dtype=np.intp)


def _few_sequences(n: int, sizes: Places, equal: bool) -> NDArray[np.bool_]:
    """Tell which zones have so few reference sets that all are listed."""
    count = comb if equal else perm
    few = {
        # The list holds the sets with the zone as well: many more where it neighbours nearly all.
        int(k): count(n - 1, int(k)) <= EXACT_SUBSETS and count(n, int(k)) * int(k) <= BLOCK
        for k in np.unique(sizes)
    }
    return np.array([few[int(k)] for k in sizes], dtype=bool)


def _own(n: int, zones: Places, members: Ints) -> tuple[Places, Places, Places]:
    """Return where draws hold one of the zones: its rank among them, the draw, the position."""
    place = np.full(n, -1)
    place[zones] = np.arange(len(zones))
    rank = place[members]
    draw, q = np.nonzero(rank >= 0)
    rank = rank[draw, q]
    order = np.argsort(rank, kind="stable")
    return rank[order], draw[order], q[order]


def _tally(own: Places, size: int, weights: Floats | None = None) -> Places:
    """Count rows by zone, or add up whole-numbered weights."""
    return np.bincount(own, weights, minlength=size).astype(np.intp)


def _tails(ge: Places, le: Places, drawn: Places, exact: NDArray[np.bool_]) -> Tails:
    extra = np.where(exact, 0, 1)  # the observed subset is already among all subsets
    return Tails(
        at_least=(ge + extra) / (drawn + extra),
        at_most=(le + extra) / (drawn + extra),
        floor=1 / (drawn + extra),
    )


def benjamini_hochberg(p: Floats) -> Floats:
    """Return p-values adjusted for the false discovery rate; NaN stays NaN and is not counted.

    References
    ----------
    Benjamini & Hochberg (1995), https://doi.org/10.1111/j.2517-6161.1995.tb02031.x

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, np.nan])).round(12).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    adjusted = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    if len(tested):
        order = tested[np.argsort(p[tested], kind="stable")]
        ratio = p[order] * len(order) / np.arange(1, len(order) + 1)
        adjusted[order] = np.minimum(1.0, np.minimum.accumulate(ratio[::-1])[::-1])
    return adjusted
