"""Which cells of a table by area are hidden: by hand, against all choices, and laws."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tsukuba_gis.pseudo.measure import _ratio_worth
from tsukuba_gis.pseudo.measuring.hiding import hide_less
from tsukuba_gis.pseudo.tables.cells import Level, Rules, family, protect
from tsukuba_gis.pseudo.tables.city import start_of

K, UNITS = 10, 3
TOP = (0, 11, 65)
LEVELS = (
    Level(name="area", columns=("area",), role="known"),
    Level(name="cluster_top", columns=("cluster", "top"), role="link"),
    Level(name="cluster_band", columns=("cluster", "band"), role="link"),
    Level(name="top", columns=("area", "top"), role="published", parents=("area", "cluster_top")),
    Level(name="leaf", columns=("area", "band"), role="published",
          parents=("top", "cluster_band"), over=("area", "cluster_top")),
)  # fmt: skip


def toy(counts, bands, *, behind=None, k=K, zeros=False, cluster=None):
    """A protected table of one district (or more), its counts and its rules; k may be by area."""
    counts = np.asarray(counts, dtype=float)
    areas, columns = counts.shape
    leaves = pd.DataFrame({
        "cluster": np.repeat([0] * areas if cluster is None else cluster, columns),
        "area": np.repeat(np.arange(areas), columns),
        "band": np.tile(bands, areas),
    })  # fmt: skip
    leaves["top"] = start_of(leaves.band.to_numpy(), TOP)
    table = family("area_ages", "persons", ("area", "band"), leaves, LEVELS)
    table.values["area"] = counts.sum(axis=1)
    n = counts.ravel()
    u = n.copy() if behind is None else np.asarray(behind, dtype=float).ravel()
    each = np.repeat(np.broadcast_to(np.asarray(k, dtype=float), areas), columns)
    rules = Rules(k=each, units=UNITS, zeros=zeros, worth={"top": _ratio_worth(table, n, K)})
    protect(table, n, u, rules)
    return table, n, u, rules


def shown(table):
    """Wide groups and bands that are shown, areas x columns."""
    areas = table.size("area")
    return tuple(np.isfinite(table.values[level]).reshape(areas, -1) for level in ("top", "leaf"))


def cost(wide, band, whole):
    """What is hidden: ratios first, then bands, then 0-10 and 65+, of ratios twice."""
    ends = ~wide[:, [0, -1]]
    worth = np.where(whole, 2, 1)
    return 1000 * (ends.any(axis=1) & whole).sum() + (~band).sum() + 0.25 * (ends.T * worth).sum()


def enough(n, u, hidden, k=K):
    """What is left of a total less the cells shown is nobody, or enough."""
    return n[hidden].sum() == 0 or (
        n[hidden].sum() >= k and u[hidden].sum() >= UNITS and hidden.sum() >= 2
    )


def safe(n, u, wide, band, of, k=None):
    """The rules of one district, total by total; ``of`` is the wide group of each band."""
    k = np.full(len(n), K) if k is None else k
    group_n, group_u = (np.stack([x[:, of == g].sum(axis=1) for g in range(of.max() + 1)], axis=1)
                        for x in (n, u))  # fmt: skip
    for values, homes, cells in ((group_n, group_u, wide), (n, u, band)):
        if (cells & (values > 0) & ((values < k[:, None]) | (homes < UNITS))).any():
            return False
    beneath = ~band & ~wide[:, of]
    across = [*zip(group_n, group_u, ~wide, k, strict=True), *zip(n, u, beneath, k, strict=True)]
    down = [*zip(group_n.T, group_u.T, ~wide.T, strict=True), *zip(n.T, u.T, ~band.T, strict=True)]
    for g in range(of.max() + 1):
        across += [(n[i, of == g], u[i, of == g], ~band[i, of == g], k[i])
                   for i in np.flatnonzero(wide[:, g])]  # fmt: skip
        own = ~wide[:, g] & (~band[:, of == g]).any(axis=1)
        down.append((n[own][:, of == g], u[own][:, of == g], beneath[own][:, of == g]))
    most = [k.max()] * (len(down) - of.max() - 1)
    most += [k[~wide[:, g]].max(initial=0) for g in range(of.max() + 1)]
    return all(enough(*line) for line in across) and all(
        enough(*line, least) for line, least in zip(down, most, strict=True)
    )


# ---- by hand ---------------------------------------------------------------------


def test_two_areas_hide_for_each_other():
    # The 4 children need another area's children, the 6 of 85+ another area's oldest. Hidden one
    # after the other, smallest first, that is the first area's 12 children, and so on: three bands
    # are left. Together, 4 + 40 and 30 + 6 are enough in both rows and both columns: of 13 large
    # cells two are lost. One of two ratios (the first and the third area's) goes in any case.
    counts = [[12, 12, 30, 40, 40], [4, 30, 20, 20, 40], [30, 20, 30, 12, 6]]
    table, n, u, rules = toy(counts, [0, 11, 40, 65, 85])
    before = shown(table)
    assert before[1].sum() == 3
    assert before[0][:, [0, 2]].all(axis=1).tolist() == [False, False, True]
    hide_less(table, n, u, rules)
    wide, band = shown(table)
    assert band.tolist() == [[True] * 5, *[[False, True, True, True, False]] * 2]
    assert wide.tolist() == [[True] * 3, *[[False, True, False]] * 2]


def test_a_ratio_is_worth_more_than_bands():
    # The 5 children need the 30 of another area, whose ratio goes; or, if the first area's old
    # people were hidden too, nothing less. The third area's oldest are few: it gives its ratio.
    counts = [[5, 40, 40, 30], [40, 40, 40, 30], [30, 40, 40, 7]]
    table, n, u, rules = toy(counts, [0, 11, 65, 85])
    hide_less(table, n, u, rules)
    wide, band = shown(table)
    assert wide[:, [0, 2]].all(axis=1).tolist() == [False, True, False]
    assert band[1].all()
    assert (~band & (np.array(counts) >= K)).sum() == 2


def test_nothing_changes_where_nothing_is_hidden_or_everything():
    for counts in ([[20, 30, 40]] * 3, [[4, 5, 3]] * 2):
        table, n, u, rules = toy(counts, [0, 11, 65])
        before = shown(table)
        hide_less(table, n, u, rules)
        for one, other in zip(before, shown(table), strict=True):
            assert one.tolist() == other.tolist()


# ---- against all choices ---------------------------------------------------------


def by_search(n, u, of, whole, open_):
    """The least cost over all safe choices of cells of the open areas."""
    groups = of.max() + 1
    wide_n, wide_u = (np.stack([x[:, of == g].sum(axis=1) for g in range(groups)], axis=1)
                      for x in (n, u))  # fmt: skip
    free = [(x >= K) & (y >= UNITS) & open_[:, None] for x, y in ((wide_n, wide_u), (n, u))]
    always = [np.broadcast_to(~open_[:, None], f.shape) for f in free]
    best = np.inf
    for tops in itertools.product([False, True], repeat=int(free[0].sum())):
        wide = always[0].copy()
        wide[free[0]] = tops
        lines = [*zip(wide_n, wide_u, ~wide, strict=True),
                 *zip(wide_n.T, wide_u.T, ~wide.T, strict=True)]  # fmt: skip
        if not all(enough(*line) for line in lines):
            continue
        for leaves in itertools.product([False, True], repeat=int(free[1].sum())):
            band = always[1].copy()
            band[free[1]] = leaves
            now = cost(wide, band, whole)
            if now < best and safe(n, u, wide, band, of):
                best = now
    return best


few = st.one_of(st.integers(0, 12), st.integers(0, 9), st.integers(10, 40))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_no_choice_among_the_areas_that_hide_is_better(data):
    bands = data.draw(st.sampled_from([(0, 11, 65), (0, 11, 65, 85), (0, 11, 40, 65)]))
    size = 3 * len(bands)
    counts = np.array(data.draw(st.lists(few, min_size=size, max_size=size))).reshape(3, -1)
    behind = counts // data.draw(st.integers(1, 5))
    table, n, u, rules = toy(counts, bands, behind=behind)
    of = start_of(np.array(bands), TOP)
    of = np.unique(of, return_inverse=True)[1]
    wide, band = shown(table)
    open_ = ~wide.all(axis=1) | ~band.all(axis=1)
    free = (counts >= K) & (behind >= UNITS) & open_[:, None]
    assume(2 <= free.sum() <= 7)
    whole = (rules.worth["top"].reshape(3, -1) == 2).any(axis=1)
    before = cost(wide, band, whole)
    least = by_search(counts, behind, of, whole, open_)
    hide_less(table, n, u, rules)
    wide, band = shown(table)
    if np.isfinite(least):
        assert safe(counts, behind, wide, band, of)
        assert cost(wide, band, whole) == pytest.approx(least)
    else:  # the totals themselves tell too much, whatever is hidden
        assert cost(wide, band, whole) == before


# ---- laws ------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1_000_000), st.integers(2, 14), st.integers(1, 3))
def test_it_is_never_worse_and_always_safe(seed, areas, districts):
    rng = np.random.default_rng(seed)
    bands = np.array([0, 11, 30, 50, 65, 75, 85])
    of = np.unique(start_of(bands, TOP), return_inverse=True)[1]
    n = rng.poisson(rng.gamma(2, 20, (areas * districts, 1)) * rng.dirichlet(np.full(7, 2.0)) * 2)
    u = np.ceil(n / rng.integers(1, 5, n.shape))
    k = rng.choice([K, 2 * K], len(n), p=[0.8, 0.2])
    table, *rest = toy(
        n, bands, behind=u, k=k, zeros=seed % 4 == 0, cluster=np.repeat(range(districts), areas)
    )
    whole = (rest[2].worth["top"].reshape(len(n), -1) == 2).any(axis=1)
    wide, band = shown(table)
    hide_less(table, *rest)
    after = shown(table)
    for number in range(districts):
        own = slice(number * areas, (number + 1) * areas)
        before = cost(wide[own], band[own], whole[own])
        now = cost(after[0][own], after[1][own], whole[own])
        assert now <= before
        if safe(n[own], u[own], wide[own], band[own], of, k[own]):
            assert safe(n[own], u[own], after[0][own], after[1][own], of, k[own])
    again = shown(table)
    hide_less(table, *rest)
    for one, other in zip(again, shown(table), strict=True):
        assert (one == other).all()  # it finds nothing more


def test_districts_do_not_matter_to_each_other():
    counts = np.array([[12, 12, 30, 40, 40], [4, 30, 20, 20, 40], [30, 20, 30, 12, 6]])
    other = np.array([[50, 9, 8, 30, 20], [30, 30, 30, 30, 30], [7, 40, 40, 40, 40]])
    bands = [0, 11, 40, 65, 85]
    alone = []
    for own in (counts, other):
        table, *rest = toy(own, bands)
        hide_less(table, *rest)
        alone.append(shown(table))
    table, *rest = toy(np.vstack([counts, other]), bands, cluster=np.repeat([0, 1], 3))
    hide_less(table, *rest)
    for level, found in enumerate(shown(table)):
        assert (found == np.vstack([alone[0][level], alone[1][level]])).all()


def test_leaves_may_be_finer_than_bands():
    # The same counts, each band in two leaves: the same cells are chosen.
    counts = np.array([[12, 12, 30, 40, 40], [4, 30, 20, 20, 40], [30, 20, 30, 12, 6]])
    table, *rest = toy(counts, [0, 11, 40, 65, 85])
    hide_less(table, *rest)
    halves = pd.concat([table.leaves.assign(half=half) for half in (0, 1)], ignore_index=True)
    finer = family("area_ages", "persons", ("area", "band", "half"), halves, LEVELS)
    n = np.concatenate([counts.ravel() // 2, counts.ravel() - counts.ravel() // 2]).astype(float)
    rules = Rules(k=np.full(len(n), float(K)), units=UNITS, zeros=False, worth=rest[2].worth)
    finer.values["area"] = counts.sum(axis=1).astype(float)
    protect(finer, n, n, rules)
    hide_less(finer, n, n, rules)
    for one, other in zip(shown(table), shown(finer), strict=True):
        assert (one == other).all()
