"""The program behind ``benchmarks/pseudo_ceiling.py``: by hand, and against all choices."""

import importlib.util
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

K, UNITS = 10, 3


@pytest.fixture(scope="module")
def bench():
    path = Path(__file__).parents[1] / "benchmarks" / "pseudo_ceiling.py"
    spec = importlib.util.spec_from_file_location("pseudo_ceiling", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_small_count_costs_three_large_ones(bench):
    # The 9 is hidden with a cell of its row, one of its column, and the one where these two meet:
    # in each row and column two are hidden or none. Five of eight large cells stay.
    counts = np.array([[12, 30, 40], [30, 9, 40], [30, 30, 40]])
    asked = bench.cells_of(counts, K)
    assert bench.ceiling(counts, counts, np.full(3, 20), asked) == 5


def test_two_small_counts_hide_each_other(bench):
    # 5 and 6 of one column are 11 together; each row needs one large cell more, of one column.
    counts = np.array([[5, 30, 40], [6, 30, 40], [30, 30, 40]])
    assert bench.ceiling(counts, counts, np.full(3, 20), bench.cells_of(counts, K)) == 5
    # 4 and 5 are not: a third row joins them, with two large cells of its own.
    counts[:2, 0] = 4, 5
    assert bench.ceiling(counts, counts, np.full(3, 20), bench.cells_of(counts, K)) == 3


def test_a_small_area_takes_cells_from_another(bench):
    # Three households of 12 persons in one column: they are counted with another area, whose cell
    # is another number then; their own cell is gone. Three of five stay.
    counts, homes = np.array([[20, 30], [20, 30], [0, 12]]), np.array([20, 20, 3])
    assert bench.ceiling(counts, counts, homes, bench.cells_of(counts, K)) == 3


def test_a_ratio_by_hand(bench):
    # Of 0-10, 11-64 and 65+: the 5 children need another area's children hidden: one of two ratios.
    counts = np.array([[5, 50, 30], [20, 50, 30], [20, 50, 30]])
    asked = bench.ratios_of(counts, K)
    assert asked == [[(1, 0), (1, 2)], [(2, 0), (2, 2)]]
    assert bench.ceiling(counts, counts, np.full(3, 20), asked) == 1
    # With 6 children in a second area they are 11 together: the third keeps its ratio.
    counts[1, 0] = 6
    asked = bench.ratios_of(counts, K)
    assert bench.ceiling(counts, counts, np.full(3, 20), asked) == len(asked) == 1


def test_ratios_first_by_hand(bench):
    # Two areas hide 4 + 40 children and old, 30 + 6: 11 of 13 large cells stay, one of two ratios.
    counts = np.array([[12, 12, 30, 40, 40], [4, 30, 20, 20, 40], [30, 20, 30, 12, 6]])
    group = np.array([0, 1, 1, 2, 2])
    ratios = bench.ratios_of(bench.in_groups(counts, group), K)
    assert ratios == [[(0, 0), (0, 2)], [(2, 0), (2, 2)]]
    asked = bench.cells_of(counts, K)
    assert bench.ratios_first(counts, counts, group, asked, ratios) == (11, 1)
    # If the third area's ratio is asked for, its 12 go with its 6. In the columns of these the
    # first area's 40 and the second's 40 go, and the first's 12 children with the 4: nine stay.
    assert bench.ratios_first(counts, counts, group, asked, ratios[1:]) == (9, 1)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.one_of(st.integers(0, 12), st.integers(10, 40)), min_size=16, max_size=16))
def test_to_keep_ratios_never_leaves_more_cells(bench, counts):
    counts = np.array(counts).reshape(4, 4)
    group, homes = np.array([0, 1, 2, 2]), np.full(4, 20)
    asked = bench.cells_of(counts, K)
    cells, ratios = bench.ratios_first(
        counts, counts, group, asked, bench.ratios_of(bench.in_groups(counts, group), K)
    )
    if (counts.sum(axis=1) >= K).all():
        wide = bench.in_groups(counts, group)
        assert ratios <= bench.ceiling(wide, wide, homes, bench.ratios_of(wide, K))
        assert cells <= bench.ceiling(counts, counts, homes, asked)


def safe(values, behind, hidden):
    """What is left of a total less the cells shown is nobody, or enough."""
    rest = values[hidden].sum()
    return rest == 0 or (
        rest >= K and behind[hidden].sum() >= UNITS and np.count_nonzero(hidden) >= 2
    )


def by_search(counts, behind, homes, asked):
    """The same by trying all ways to merge and all sets of cells to hide."""
    small = [i for i in range(len(homes)) if homes[i] < K or counts[i].sum() < K]
    large, together = [i for i in range(len(homes)) if i not in small], len(homes)
    nobody = np.zeros((1, counts.shape[1]), dtype=int)
    best = 0
    for hosts in itertools.product([*large, together], repeat=len(small)):
        made = [one for one, host in zip(small, hosts, strict=True) if host == together]
        if made and homes[made].sum() < K:
            continue
        n, u = np.vstack([counts, nobody]), np.vstack([behind, nobody])
        touched = np.zeros(n.shape, dtype=bool)
        for one, host in zip(small, hosts, strict=True):
            n[host] += counts[one]
            u[host] += behind[one]
            touched[host] |= counts[one] > 0
        areas = [*large, together] if made else large
        own, homes_of = n[areas], u[areas]
        free = np.argwhere((own >= K) & (homes_of >= UNITS))  # the others are hidden anyway
        for choice in itertools.product([False, True], repeat=len(free)):
            hidden = np.ones(own.shape, dtype=bool)
            hidden[tuple(free.T)] = choice
            lines = [*zip(own, homes_of, hidden, strict=True),
                     *zip(own.T, homes_of.T, hidden.T, strict=True)]  # fmt: skip
            if all(safe(*line) for line in lines):
                equal = np.zeros(n.shape, dtype=bool)
                equal[areas] = ~hidden & ~touched[areas]
                best = max(best, sum(all(equal[cell] for cell in group) for group in asked))
    return best


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_no_choice_is_better_and_one_is_as_good(bench, data):
    shape = data.draw(st.sampled_from([(3, 3), (4, 2), (2, 4), (3, 2)]))
    few = st.one_of(st.integers(0, 12), st.integers(0, 40))
    counts = np.array(data.draw(st.lists(few, min_size=shape[0] * shape[1],
                                         max_size=shape[0] * shape[1]))).reshape(shape)  # fmt: skip
    behind = counts // data.draw(st.integers(1, 6))
    homes = np.full(shape[0], 20)
    homes[0] = data.draw(st.sampled_from([4, 20]))
    counts[1] += 20  # one area is large enough in any case
    behind[1] += 20
    asked = bench.cells_of(counts, K)
    if data.draw(st.booleans()):
        asked = bench.ratios_of(counts, K)
    found = bench.ceiling(counts, behind, homes, asked, k=K, units=UNITS)
    assert found == by_search(counts, behind, homes, asked)
