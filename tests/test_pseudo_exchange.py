"""Households dealt to areas: by hand, and by law over random small clusters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsukuba_gis.pseudo.keys import stream
from tsukuba_gis.pseudo.making.exchange import Dealing, exchange, fit, merge_errors
from tsukuba_gis.pseudo.making.raking import Targets, raked, rounded


def cluster(seed, areas=6, kinds=40, hidden=0.2):
    """A true dealing of households, its table with some cells hidden, and the number of each kind.

    Cells: households, persons, and persons in three age bands.
    """
    rng = stream("k", "cluster", f"{seed}")
    ages = np.unique(rng.poisson(0.8, (kinds, 3)), axis=0)
    ages = ages[ages.sum(axis=1) > 0]
    counts = np.column_stack([np.ones(len(ages), dtype=np.int64), ages.sum(axis=1), ages])
    true = rng.poisson(3.0, (areas, len(ages)))
    wanted = (true @ counts).astype(float)
    wanted[:, 2:][rng.random((areas, 3)) < hidden] = np.nan
    return true, Targets(counts=counts, wanted=wanted, urgent=np.zeros(5, dtype=bool))


def test_raking_by_hand():
    # Ten people alone and ten couples in two areas of ten homes: 12 and 18 persons ask for
    # eight alone and two couples here, the reverse there. Raking is soft: rounding follows.
    counts = np.array([[1, 1], [1, 2]])
    wanted = np.array([[10.0, 12.0], [10.0, 18.0]])
    targets = Targets(counts=counts, wanted=wanted, urgent=np.zeros(2, dtype=bool))
    shares = raked(np.array([10, 10]), targets, np.ones((2, 2), dtype=bool))[0]
    assert shares == pytest.approx(np.array([[8.0, 2.0], [2.0, 8.0]]), abs=0.3)


def test_raking_keeps_out_of_barred_areas_and_keeps_the_number_of_each_kind():
    true, targets = cluster(1)
    allowed = np.ones(true.shape, dtype=bool)
    allowed[0, :3] = False
    number = true.sum(axis=0)
    shares, _ = raked(number, targets, allowed)
    assert (shares[0, :3] == 0).all()
    assert shares.sum(axis=0) == pytest.approx(number)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), areas=st.integers(2, 9))
def test_no_step_worsens_the_misfit_and_no_household_is_lost(seed, areas):
    true, targets = cluster(seed, areas=areas)
    number, everywhere = true.sum(axis=0), np.ones(true.shape, dtype=bool)
    rng = stream("k", "deal", f"{seed}")
    placed = rounded(raked(number, targets, everywhere)[0], number, targets, everywhere, rng)
    dealing = Dealing.of(placed, targets, everywhere)
    for step, fails, misfit in (
        (exchange, 50, lambda: (dealing.weight * dealing.error**2).sum()),
        (merge_errors, 40, lambda: dealing.wrong.sum()),
    ):
        before = misfit()
        step(dealing, rng, fails=fails)
        assert misfit() <= before
        assert (placed >= 0).all()
        assert np.array_equal(placed.sum(axis=0), number)
        # The misfit carried along is the misfit counted anew.
        assert np.array_equal(dealing.error, targets.error(placed))


def test_an_exchange_by_hand():
    # One, two and three persons a household. Three homes of five persons should have four, three
    # of four should have five: the three here change places with the two there.
    counts = np.array([[1, 1], [1, 2], [1, 3]])
    wanted = np.array([[3.0, 4.0], [3.0, 5.0]])
    targets = Targets(counts=counts, wanted=wanted, urgent=np.zeros(2, dtype=bool))
    placed = np.array([[2, 0, 1], [2, 1, 0]])
    dealing = Dealing.of(placed, targets, np.ones((2, 3), dtype=bool))
    assert dealing.error.tolist() == [[0, 1], [0, -1]]
    exchange(dealing, stream("k", "hand"), fails=10)
    assert placed.tolist() == [[2, 1, 0], [2, 0, 1]]


def test_what_cannot_be_met_is_given_up_so_that_the_rest_can_be(monkeypatch):
    # Ten random clusters in which one area is said to have 60 more people of an age, and 20 fewer
    # of another, than there are: minded to the end, these two cells put many others wrong.
    def missed(seed):
        true, targets = cluster(seed, areas=9, hidden=0.0)
        targets.wanted[0, 3:] += [-20, 60]
        number, everywhere = true.sum(axis=0), np.ones(true.shape, dtype=bool)
        rng = stream("k", "give up", f"{seed}")
        placed = rounded(raked(number, targets, everywhere)[0], number, targets, everywhere, rng)
        fit(placed, targets, everywhere, rng)
        assert np.array_equal(placed.sum(axis=0), number)
        return int((targets.error(placed) != 0).sum())

    with_loss = [missed(seed) for seed in range(10)]
    assert min(with_loss) == 2
    monkeypatch.setattr("tsukuba_gis.pseudo.making.exchange._FAR", (np.inf,))
    assert sum(with_loss) < 0.7 * sum(missed(seed) for seed in range(10))


def test_an_urgent_cell_goes_before_all_others_that_are_wrong():
    # Persons are urgent: a home of one here and of two there should change places. Four more cells
    # are wrong by one, and would be by two: to keep these nearer, the urgent one stayed wrong.
    counts = np.array([[1, 1, 0, 0, 0, 0], [1, 2, 1, 1, 1, 1]])
    placed = np.array([[3, 1], [1, 3]])
    wanted = (placed @ counts).astype(float)
    wanted[:, 1:] += [[1, -1, -1, -1, -1], [-1, 1, 1, 1, 1]]
    urgent = np.arange(6) < 2
    targets = Targets(counts=counts, wanted=wanted, urgent=urgent)
    fit(placed, targets, np.ones((2, 2), dtype=bool), stream("k", "hand"))
    assert placed.tolist() == [[2, 2], [2, 2]]


def test_the_sweep_finds_the_exchange_that_fits():
    # Ten random clusters dealt at random: the sweep after the exchange puts nearly all right.
    left = []
    for seed in range(10):
        true, targets = cluster(seed, hidden=0.0)
        number, everywhere = true.sum(axis=0), np.ones(true.shape, dtype=bool)
        rng = stream("k", "sweep", f"{seed}")
        placed = rounded(raked(number, targets, everywhere)[0], number, targets, everywhere, rng)
        dealing = Dealing.of(placed, targets, everywhere)
        merge_errors(dealing, rng, fails=40)
        left.append(dealing.wrong.sum())
    assert sum(left) == 0


def test_what_may_not_move_stays():
    true, targets = cluster(3)
    number = true.sum(axis=0)
    allowed = np.ones(true.shape, dtype=bool)
    allowed[:, 0] = False
    placed = true.copy()
    placed[[0, 1], 1] += [1, -1] if placed[1, 1] else [0, 0]
    dealing = Dealing.of(placed, targets, allowed)
    exchange(dealing, stream("k", "stay"), fails=50)
    merge_errors(dealing, stream("k", "stay2"), fails=40)
    assert np.array_equal(placed[:, 0], true[:, 0])
    assert np.array_equal(placed.sum(axis=0), number)


def test_cells_given_up_are_not_minded():
    true, targets = cluster(5, hidden=0.0)
    placed = true.copy()
    dealing = Dealing.of(placed, targets, np.ones(true.shape, dtype=bool))
    dealing.error[0] += [0, 0, 0, 2, -2]
    cells = np.zeros(dealing.error.shape, dtype=bool)
    cells[0, 3:] = True
    assert not dealing.without(cells).wrong.any()
    assert dealing.wrong.sum() == 4


def test_what_is_not_published_is_spread_as_it_is_likely():
    """Ten old people and ten young, alone, over two areas of ten homes; old people are hidden.

    Evenly, five old ones each. If 8 and 2 are likely, a misfit of so many is worth as large a
    push: the old of the first area are s = 10 / (1 + exp(s - 8)), which is 7.1.
    """
    counts = np.array([[1, 1, 1], [1, 1, 0]])
    wanted = np.array([[10.0, 10.0, np.nan]] * 2)
    told = {"counts": counts, "wanted": wanted, "urgent": np.zeros(3, dtype=bool)}
    everywhere, number = np.ones((2, 2), dtype=bool), np.array([10, 10])
    even, _ = raked(number, Targets(**told), everywhere)
    np.testing.assert_allclose(even, 5.0)
    guess = np.array([[np.nan, np.nan, 8.0], [np.nan, np.nan, 2.0]])
    likely, _ = raked(number, Targets(**told, guess=guess), everywhere)
    np.testing.assert_allclose(likely, [[7.1, 2.9], [2.9, 7.1]], atol=0.3)
    # Neither misfit nor rounding minds a guess.
    assert (Targets(**told, guess=guess).error(likely)[:, 2] == 0).all()
