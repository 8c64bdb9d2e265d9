"""Which columns a person has: missing, zero or valued, counted in each group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    Ints = NDArray[Any]
    Floats = NDArray[Any]

MISSING: Final = "m"
ZERO: Final = "0"
VALUED: Final = "v"


def state_table(values: Mapping[str, Floats], members: Mapping[int, Ints], k: int) -> pd.DataFrame:
    """Return how many people of each group have which state; none fewer than ``k``."""
    import pandas as pd

    code, spelt = state_codes(values)
    states = [
        (f"g{number}", spelt[state], persons)
        for number, rows in members.items()
        for state, persons in _safe_states(code[rows], k)
    ]
    return pd.DataFrame(states, columns=["group", "state", "persons"])


def state_codes(values: Mapping[str, Floats]) -> tuple[Ints, list[str]]:
    """Return the state of each person over all columns, as a code, and the codes' spelling.

    One letter a column: m missing, 0 zero, v valued.
    """
    columns = list(values)
    code = np.zeros(len(values[columns[0]]), dtype=np.int64)
    for column in columns:
        amount = values[column]
        code = code * 3 + np.where(np.isnan(amount), 0, np.where(amount == 0, 1, 2))
    letters = MISSING + ZERO + VALUED
    spelt = [
        "".join(letters[number // 3**place % 3] for place in range(len(columns) - 1, -1, -1))
        for number in range(3 ** len(columns))
    ]
    return code, spelt


def _safe_states(code: Ints, k: int) -> list[tuple[int, int]]:
    """Return states and counts; a state of fewer than k people joins the commonest one."""
    codes, counts = np.unique(code, return_counts=True)
    small = counts < k
    if small.all():
        return []
    main = int(np.argmax(counts))
    counts[main] += counts[small].sum()
    return [(int(c), int(n)) for c, n, few in zip(codes, counts, small, strict=True) if not few]
