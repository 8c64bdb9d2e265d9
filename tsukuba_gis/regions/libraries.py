"""Other makers' algorithms, by name, for comparison: spopt (extra ``regions``)."""

from __future__ import annotations

import random
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tsukuba_gis.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tsukuba_gis.regions.problem import Floor, Problem

    Ints = NDArray[np.int64]


def library_regions(
    problem: Problem,
    *,
    method: Literal["skater", "azp"],
    k: int | None,
    floor: Floor | None,
    seed: int,
) -> Ints:
    """Return the region of each zone by an algorithm of spopt, on the same values.

    Its max-p is not among them: for some small inputs it (0.7.0) does not return.

    Raises
    ------
    InputError
        If there is no ``k``, or a floor, or the zones fall into parts (spopt's
        answers are not reliable there).
    MissingExtraError
        If spopt is not installed.
    """
    if k is None or floor is not None:
        raise InputError("regions_method_needs_k")
    if problem.components > 1:
        raise InputError("regions_method_connected", components=problem.components)
    try:
        from spopt.region import AZP, Skater
    except ImportError as error:
        raise MissingExtraError("regions_extra") from error

    frame, weights = _spopt_inputs(problem)
    names = list(frame.columns)
    with _global_seed(seed), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside spopt are no news to our users
        if method == "skater":
            model: Any = Skater(frame, weights, names, n_clusters=k)
        else:
            model = AZP(frame, weights, names, n_clusters=k, random_state=seed)
        model.solve()
    return np.unique(np.asarray(model.labels_), return_inverse=True)[1].astype(np.int64)


def _spopt_inputs(problem: Problem) -> tuple[Any, Any]:
    import pandas as pd
    from libpysal.weights import W

    frame = pd.DataFrame(problem.x, columns=[f"x{j}" for j in range(problem.x.shape[1])])
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
