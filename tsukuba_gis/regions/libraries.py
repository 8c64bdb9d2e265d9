"""Other makers' algorithms, by name, for comparison: spopt (extra ``regions``)."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tsukuba_gis.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tsukuba_gis.regions.division import Floor
    from tsukuba_gis.regions.problem import Problem

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def library_regions(
    problem: Problem,
    *,
    method: Literal["skater", "azp", "max_p"],
    k: int | None,
    floor: Floor | None,
    amount: Floats | None,
    seed: int,
) -> Ints:
    """Return the region of each zone by an algorithm of spopt, on the standardised values.

    Raises
    ------
    InputError
        If the method needs ``k`` and there is none, or a floor, or the zones
        fall into parts (spopt's answers are not reliable there).
    MissingExtraError
        If spopt is not installed.
    """
    wants_floor = method == "max_p"
    if (k is not None) == wants_floor or (floor is not None) != wants_floor:
        raise InputError("regions_method_needs_floor" if wants_floor else "regions_method_needs_k")
    if problem.components > 1:
        raise InputError("regions_method_connected", components=problem.components)
    try:
        from spopt.region import AZP, MaxPHeuristic, Skater
    except ImportError as error:
        raise MissingExtraError("regions_extra") from error

    frame, weights = _spopt_inputs(problem, amount)
    names = [column for column in frame.columns if column not in ("amount", "geometry")]
    with _global_seed(seed):
        if method == "skater":
            model: Any = Skater(frame, weights, names, n_clusters=k)
        elif method == "azp":
            model = AZP(frame, weights, names, n_clusters=k, random_state=seed)
        else:
            model = MaxPHeuristic(frame, weights, names, "amount", floor.least if floor else 0.0)
        model.solve()
    return np.unique(np.asarray(model.labels_), return_inverse=True)[1].astype(np.int64)


def _spopt_inputs(problem: Problem, amount: Floats | None) -> tuple[Any, Any]:
    import pandas as pd
    from libpysal.weights import W

    frame = pd.DataFrame(problem.x, columns=[f"x{j}" for j in range(problem.x.shape[1])])
    frame["amount"] = 1.0 if amount is None else amount
    near = dict(enumerate(problem.neighbours()))
    return frame, W(near, id_order=list(near), silence_warnings=True)


@contextmanager
def _global_seed(seed: int) -> Iterator[None]:
    """Seed the generators of the process, which spopt draws from, and put them back after."""
    state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(numpy_state)  # noqa: NPY002
