"""Households dealt to areas: by hand, and by law over random small clusters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsukuba_gis.pseudo.keys import stream
from tsukuba_gis.pseudo.making.exchange import (
    Dealing,
    Targets,
    exchange,
    merge_errors,
    raked,
    rounded,
)


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
    return true, Targets(counts=counts, wanted=wanted, first=())


def test_raking_by_hand():
    # Ten people alone and ten couples in two areas of ten homes: 12 and 18 persons ask for
    # eight alone and two couples here, the reverse there. Raking is soft: rounding follows.
    counts = np.array([[1, 1], [1, 2]])
    targets = Targets(counts=counts, wanted=np.array([[10.0, 12.0], [10.0, 18.0]]), first=())
    shares = raked(np.array([10, 10]), targets, np.ones((2, 2), dtype=bool))
    assert shares == pytest.approx(np.array([[8.0, 2.0], [2.0, 8.0]]), abs=0.3)


def test_raking_keeps_out_of_barred_areas_and_keeps_the_number_of_each_kind():
    true, targets = cluster(1)
    allowed = np.ones(true.shape, dtype=bool)
    allowed[0, :3] = False
    number = true.sum(axis=0)
    shares = raked(number, targets, allowed)
    assert (shares[0, :3] == 0).all()
    assert shares.sum(axis=0) == pytest.approx(number)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), areas=st.integers(2, 9))
def test_no_step_worsens_the_misfit_and_no_household_is_lost(seed, areas):
    true, targets = cluster(seed, areas=areas)
    number, everywhere = true.sum(axis=0), np.ones(true.shape, dtype=bool)
    rng = stream("k", "deal", f"{seed}")
    placed = rounded(raked(number, targets, everywhere), number, targets, everywhere, rng)
    dealing = Dealing.of(placed, targets, everywhere)
    misfit = [dealing.wrong.sum()]
    for step in (exchange, lambda d, r: merge_errors(d, r, fails=40)):
        step(dealing, rng)
        misfit.append(dealing.wrong.sum())
        assert (placed >= 0).all()
        assert np.array_equal(placed.sum(axis=0), number)
        # The misfit carried along is the misfit counted anew.
        assert np.array_equal(dealing.error, targets.error(placed))
    assert misfit[0] >= misfit[1] >= misfit[2]


def test_the_sweep_finds_the_exchange_that_fits():
    # Ten random clusters dealt at random: the sweep after the exchange puts nearly all right.
    left = []
    for seed in range(10):
        true, targets = cluster(seed, hidden=0.0)
        number, everywhere = true.sum(axis=0), np.ones(true.shape, dtype=bool)
        rng = stream("k", "sweep", f"{seed}")
        placed = rounded(raked(number, targets, everywhere), number, targets, everywhere, rng)
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
    exchange(dealing, stream("k", "stay"))
    merge_errors(dealing, stream("k", "stay2"), fails=40)
    assert np.array_equal(placed[:, 0], true[:, 0])
    assert np.array_equal(placed.sum(axis=0), number)


def test_urgent_cells_alone_are_minded():
    true, targets = cluster(5, hidden=0.0)
    placed = true.copy()
    dealing = Dealing.of(placed, targets, np.ones(true.shape, dtype=bool))
    dealing.error[0] += [0, 0, 0, 2, -2]
    cells = np.array([True, True, False, False, False])
    assert not dealing.only(cells).wrong.any()
    assert dealing.wrong.sum() == 4
