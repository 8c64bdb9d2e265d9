"""Attacks that compare rows for equality: who and what of the register is there again."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.pseudo.keys import stream
from tsukuba_gis.pseudo.proof.metric import mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.proof.metric import Estimate

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]


def codes(frames: Sequence[pd.DataFrame], columns: Sequence[str]) -> list[Ints]:
    """Return a number for each row's combination of values, the same in every frame.

    Missing equals missing.

    Examples
    --------
    >>> import pandas as pd
    >>> a, b = pd.DataFrame({"x": [1, 2]}), pd.DataFrame({"x": [2, 3]})
    >>> [part.tolist() for part in codes([a, b], ["x"])]
    [[0, 1], [1, 2]]
    """
    import pandas as pd

    total = np.zeros(sum(len(frame) for frame in frames), dtype=np.int64)
    for column in columns:
        together = pd.concat([frame[column] for frame in frames], ignore_index=True)
        number, values = pd.factorize(together, use_na_sentinel=False)
        # Renumbered at each step, so that the product stays small.
        total = pd.factorize(total * max(len(values), 1) + number)[0].astype(np.int64)
    return np.split(total, np.cumsum([len(frame) for frame in frames])[:-1])


def unique_rows(frame: pd.DataFrame, columns: Sequence[str]) -> Bools:
    """Tell which rows are alone with their combination of values.

    Examples
    --------
    >>> import pandas as pd
    >>> unique_rows(pd.DataFrame({"age": [30, 30, 31]}), ["age"]).tolist()
    [False, False, True]
    """
    (number,) = codes([frame], columns)
    alone: Bools = np.bincount(number) == 1
    return alone[number]


def equal_rows(frame: pd.DataFrame, pseudo: pd.DataFrame, columns: Sequence[str]) -> Bools:
    """Tell which real rows occur in the pseudo records, all columns equal."""
    real, made = codes([frame, pseudo], columns)
    return np.isin(real, made)


def replicated_uniques(frame: pd.DataFrame, pseudo: pd.DataFrame, known: Sequence[str]) -> Bools:
    """Tell which people are unique by what is known of them, and appear as a unique pseudo row.

    References
    ----------
    repU of Raab, Nowok and Dibben 2024, arXiv:2406.16826.
    """
    real, made = codes([frame, pseudo], known)
    size = max(real.max(initial=-1), made.max(initial=-1)) + 1
    once: Bools = (np.bincount(real, minlength=size) == 1) & (
        np.bincount(made, minlength=size) == 1
    )
    return once[real]


def disclosive_correct(
    frame: pd.DataFrame, pseudo: pd.DataFrame, *, known: Sequence[str], secret: str
) -> Bools:
    """Tell for which people all pseudo rows like them agree on the secret, and are right.

    References
    ----------
    DiSCO (disclosive in synthetic, correct in original) of Raab, Nowok and
    Dibben 2024, arXiv:2406.16826.
    """
    real, made = codes([frame, pseudo], known)
    real_both, made_both = codes([frame, pseudo], [*known, secret])
    size = max(real.max(initial=-1), made.max(initial=-1)) + 1
    both = max(real_both.max(initial=-1), made_both.max(initial=-1)) + 1
    like = np.bincount(made, minlength=size)[real]
    agree = np.bincount(made_both, minlength=both)[real_both]
    told: Bools = (like > 0) & (like == agree)
    return told


def special_uniques(
    frame: pd.DataFrame, pseudo: pd.DataFrame, columns: Sequence[str], *, size: int = 3
) -> Bools:
    """Tell which people stand out by a few columns, and have exactly one pseudo row like that.

    A combination of up to ``size`` columns counts if the person is alone with it
    and with no part of it (minimal sample unique).

    References
    ----------
    Elliot, Manning and Ford 2002 (SUDA), doi:10.1142/S0218488502001600.

    Examples
    --------
    The third is alone by sex, the first by age *and* ward; both have a pseudo row.

    >>> import pandas as pd
    >>> real = pd.DataFrame({"sex": list("ffmff"), "age": [1, 2, 2, 1, 2], "w": list("aabbb")})
    >>> special_uniques(real, real.iloc[[0, 2]], ["sex", "age", "w"]).tolist()
    [True, False, True, False, False]
    """
    alone: dict[tuple[str, ...], Bools] = {}
    found = np.zeros(len(frame), dtype=bool)
    single = {column: codes([frame, pseudo], [column]) for column in columns}
    for width in range(1, size + 1):
        for chosen in combinations(columns, width):
            real, made = _joined([single[column] for column in chosen])
            count = np.bincount(real, minlength=int(made.max(initial=0)) + 1)
            alone[chosen] = count[real] == 1
            minimal = alone[chosen].copy()
            for part in combinations(chosen, width - 1):
                if part:
                    minimal &= ~alone[part]
            matched = np.bincount(made, minlength=len(count))
            found |= minimal & (matched[real] == 1)
    return found


def replicated_values(frame: pd.DataFrame, pseudo: pd.DataFrame, column: str) -> Bools:
    """Tell which people's number occurs in the pseudo records though only one person has it."""
    return unique_rows(frame, [column]) & equal_rows(frame, pseudo, [column])


def household_signatures(
    frames: Sequence[pd.DataFrame], *, household: str, columns: Sequence[str]
) -> list[pd.DataFrame]:
    """Return one row a household of two or more: its number and the code of who lives in it.

    Parameters
    ----------
    frames
        Persons.
    household
        Column of household numbers.
    columns
        What tells persons apart, such as cluster, sex and age.

    Returns
    -------
    list of DataFrame
        Columns ``household`` and ``signature``: equal signatures mean the same
        members, in any order.
    """
    import pandas as pd

    persons = codes(frames, columns)
    top = max((int(part.max(initial=0)) for part in persons), default=0) + 1
    # A sum of random 64-bit marks tells multisets apart; a chance clash is 1 in 10^19 a pair.
    marks = stream("households", "marks").integers(0, 2**63, size=top, dtype=np.int64)
    result = []
    for frame, person in zip(frames, persons, strict=True):
        (number,) = codes([frame], [household])
        total = np.zeros(int(number.max(initial=-1)) + 1, dtype=np.int64)
        np.add.at(total, number, marks[person])
        several = np.bincount(number) > 1
        result.append(
            pd.DataFrame({"household": np.flatnonzero(several), "signature": total[several]})
        )
    return result


def linkage(
    frame: pd.DataFrame, pseudo: pd.DataFrame, origin: Ints, *, known: Sequence[str]
) -> Estimate:
    """Return how often a guess among the pseudo rows like a person names the person's own row.

    Only where rows have an origin (records swapped inside cells): generated
    rows have none.

    Parameters
    ----------
    frame, pseudo
        Real and pseudo rows.
    origin
        For each pseudo row the position of the real row that it came from.
    known
        What the attacker knows of a person.

    Examples
    --------
    Two pseudo rows fit the first person, of which one is hers: one guess in two.

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"age": [30, 30, 31]})
    >>> linkage(rows, rows, np.array([0, 1, 2]), known=["age"]).value
    0.6666666666666666
    """
    real, made = codes([frame, pseudo], known)
    like = np.bincount(made, minlength=int(real.max(initial=0)) + 1)
    own = np.full(len(frame), -1, dtype=np.int64)
    own[origin] = made
    return mean(np.where(own == real, 1 / np.maximum(like[real], 1), 0.0))


def small_cells(
    frame: pd.DataFrame, pseudo: pd.DataFrame, columns: Sequence[str], *, k: int
) -> tuple[int, int]:
    """Count the pseudo cells of 1 … k − 1, and how many of them are the true count.

    Distances cannot see this leak: a table in which every small cell is true
    looks, row by row, like any other.

    Returns
    -------
    tuple
        True ones, all.

    Examples
    --------
    >>> import pandas as pd
    >>> real = pd.DataFrame({"ward": list("aab")})
    >>> made = pd.DataFrame({"ward": list("abb")})
    >>> small_cells(real, real, ["ward"], k=10), small_cells(real, made, ["ward"], k=10)
    ((2, 2), (0, 2))
    """
    real, made = codes([frame, pseudo], columns)
    size = max(real.max(initial=-1), made.max(initial=-1)) + 1
    true, shown = np.bincount(real, minlength=size), np.bincount(made, minlength=size)
    small = (shown >= 1) & (shown < k)
    return int((true[small] == shown[small]).sum()), int(small.sum())


def _joined(parts: Sequence[Sequence[Ints]]) -> tuple[Ints, Ints]:
    import pandas as pd

    cut = len(parts[0][0])
    total = np.zeros(cut + len(parts[0][1]), dtype=np.int64)
    for real, made in parts:
        number = np.concatenate([real, made])
        total = total * (int(number.max(initial=0)) + 1) + number
    total = pd.factorize(total)[0].astype(np.int64)
    return total[:cut], total[cut:]
