"""Which columns a person has: missing, zero or valued, counted in each group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.pseudo.measuring.numbers.contributors import Contributors, homes_behind
from tsukuba_gis.pseudo.measuring.numbers.groups import unions
from tsukuba_gis.pseudo.tables.cells import Relation, close

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.spec import Spec

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]

MISSING: Final = "m"
ZERO: Final = "0"
VALUED: Final = "v"


def safe_states(
    values: Mapping[str, Floats], members: Mapping[int, Ints], out: Bools,
    home: Ints, cell: Ints, spec: Spec,
) -> tuple[pd.DataFrame, dict[int, Ints]]:  # fmt: skip
    """Return how many people of each group have which state; and of the members those counted.

    A state is counted where it is k people of enough households, and where what is left of its
    group, and of the users in all groups of the same cells (whose number is published), is nobody
    or enough too. Whoever is not counted is left out of the distributions: from the number of
    values in one, which its bins tell, nothing else follows. But what they tell adds up to the
    published sums less the amounts of those left out, whom these have to hide too.

    Parameters
    ----------
    values
        Numbers of each column by person; NaN where missing.
    members
        Who is looked at in each group.
    out
        Whose state may not be counted.
    home, cell
        Household of each person, and cell in which users are counted.
    spec
        The rules.
    """
    import pandas as pd

    code, spelt = state_codes(values)
    rows = np.concatenate([*members.values(), np.zeros(0, dtype=np.int64)])
    n, span = len(members), 2 * len(spelt)
    group = np.repeat(np.arange(n), [len(own) for own in members.values()])
    line, of = np.unique(group * span + code[rows] * 2 + out[rows], return_inverse=True)
    user = np.zeros(len(rows), dtype=np.int64)
    for column in spec.sums:
        user |= values[column][rows] > 0
    used = np.zeros(len(line), dtype=np.int64)
    used[of] = user
    union = unions(group, cell[rows], n)[line // span] * 2 + used
    homes = homes_behind(of, home[rows], len(line))
    amounts = [values[column][rows] for column in spec.sums]
    allowed = line % 2 == 0
    whole = np.where(allowed, line // span, n)  # nobody knows how many there are of a hidden cell
    shown = _counted(of, (whole, union), allowed, homes, amounts, spec)
    numbers = list(members)
    persons = np.bincount(of, minlength=len(line))
    table = [
        (f"g{numbers[at // span]}", spelt[at % span // 2], count)
        for at, count in zip(line[shown].tolist(), persons[shown].tolist(), strict=True)
    ]
    kept = {number: rows[(group == at) & shown[of]] for at, number in enumerate(numbers)}
    return pd.DataFrame(table, columns=["group", "state", "persons"]), kept


def _counted(
    of: Ints, wholes: tuple[Ints, Ints], allowed: Bools, homes: tuple[Floats, Floats],
    amounts: Sequence[Floats], spec: Spec,
) -> Bools:  # fmt: skip
    """Tell which states are counted.

    ``of`` is the state of each person; ``wholes`` are, per state, its group, and the groups whose
    users are known together, users and others apart. Those not allowed are a group of their own.
    """
    n, needed = len(allowed), spec.units if spec.household else 0
    persons = np.bincount(of, minlength=n).astype(np.float64)
    shown: Bools = allowed & (persons >= spec.k) & (homes[0] >= needed)
    size = 2 * n + 2
    least = np.full(size, spec.k)
    relations = [
        Relation(group=own, known=np.ones(size, dtype=bool), k=least, units=needed)
        for own in (wholes if spec.sums else wholes[:1])
    ]
    while True:
        shown = close(shown, persons, homes[0], relations, shares=homes[1])
        left, bad = ~shown[of], np.zeros(size, dtype=bool)
        for own in amounts:
            some = left & (own > 0)
            behind = Contributors.of(wholes[1][of[some]], own[some], size)
            bad |= (behind.n > 0) & ~behind.safe(spec.k, dominance=spec.dominance)
        more = np.flatnonzero(shown & bad[wholes[1]])
        if len(more) == 0:
            return shown
        order = more[np.lexsort((persons[more], wholes[1][more]))]
        shown[order[np.unique(wholes[1][order], return_index=True)[1]]] = False


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
