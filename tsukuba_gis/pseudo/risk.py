"""Attacks on pseudo records: how much could be learnt about people who exist.

Every attack is made on two groups of real people: those from whom the pseudo
records were made (*source*), and people who were never used (*holdout*). What
succeeds against both is ordinary statistics (most people need no care); only
the difference is a leak. The same difference between two groups that were
*both* never used (*control* − holdout) is the null: what chance gives.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.pseudo.keys import stream
from tsukuba_gis.pseudo.metric import Metric, mean, wilson

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.metric import Estimate, MetricKind

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Holdout:
    """Real people in four groups without a common household.

    ``source``: the pseudo records are made from these. ``holdout`` and
    ``control``: never used, as many. ``background``: never used; what an
    attacker knows of people in general.
    """

    source: pd.DataFrame = field(repr=False)
    holdout: pd.DataFrame = field(repr=False)
    control: pd.DataFrame = field(repr=False)
    background: pd.DataFrame = field(repr=False)
    household: str | None

    def groups(self, frame: pd.DataFrame) -> Ints | None:
        """Return the household number of each row, None if there are no households."""
        return None if self.household is None else codes([frame], [self.household])[0]

    def only(self, who: Callable[[pd.DataFrame], Bools]) -> Holdout:
        """Return the same groups, of the people for whom ``who`` is true."""
        kept = [part[who(part)] for part in (self.source, self.holdout, self.control)]
        return dataclasses.replace(self, source=kept[0], holdout=kept[1], control=kept[2])

    def sampled(self, size: int, *, seed: int) -> Holdout:
        """Return the same groups, at most ``size`` people drawn of each but the background."""
        return dataclasses.replace(
            self,
            source=sample(self.source, size, seed=seed, place="source"),
            holdout=sample(self.holdout, size, seed=seed, place="holdout"),
            control=sample(self.control, size, seed=seed, place="control"),
        )


def sample(frame: pd.DataFrame, size: int, *, seed: int, place: str) -> pd.DataFrame:
    """Return at most ``size`` rows, drawn without replacement, in their order."""
    if len(frame) <= size:
        return frame
    rows = stream(f"{seed}", "sample", place).choice(len(frame), size, replace=False)
    return frame.iloc[np.sort(rows)]


def split(frame: pd.DataFrame, *, household: str | None, seed: int) -> Holdout:
    """Divide people at random, by household: 30 % source, holdout, control; 10 % background.

    Parameters
    ----------
    frame
        Real people.
    household
        Column of household numbers; a row without one is its own household.
    seed
        Seed of the draw.

    Raises
    ------
    InputError
        If there are fewer than ten households.

    Examples
    --------
    >>> import pandas as pd
    >>> parts = split(pd.DataFrame({"h": list("abcdefghij") * 2}), household="h", seed=1)
    >>> [len(part) for part in (parts.source, parts.holdout, parts.control, parts.background)]
    [6, 6, 6, 2]
    """
    number = np.arange(len(frame))
    if household is not None:
        number = codes([frame], [household])[0]
        alone = frame[household].isna().to_numpy()
        number = np.where(alone, number.max(initial=0) + 1 + np.arange(len(frame)), number)
        number = np.unique(number, return_inverse=True)[1]
    count = int(number.max(initial=-1)) + 1
    if count < 10:
        raise InputError("pseudo_too_few_for_holdout", n=count)
    place = np.empty(count)
    place[stream(f"{seed}", "holdout").permutation(count)] = np.arange(count) / count
    part = np.searchsorted([0.3, 0.6, 0.9], place, side="right")[number]
    source, held, control, background = (frame[part == i] for i in range(4))
    return Holdout(
        source=source, holdout=held, control=control, background=background, household=household
    )


def leak(
    name: str,
    people: Holdout,
    hits: Callable[[pd.DataFrame], Bools],
    *,
    subject: Sequence[str] = (),
    at_most: float | None = None,
    kind: MetricKind = "risk",
) -> Metric:
    """Return how much more often an attack succeeds on the source than on the holdout.

    Parameters
    ----------
    name
        Name of the metric.
    people
        The groups; leave out whom the attack does not concern.
    hits
        The attack: tells for each row of a frame whether it succeeds.
    subject
        Columns that it is about.
    at_most
        Target of the difference; for a gate the target is three standard errors.
    kind
        What hangs on it.
    """
    source, held, control = (
        mean(hits(part), people.groups(part))
        for part in (people.source, people.holdout, people.control)
    )
    difference = source.minus(held)
    low, high = difference.interval
    return Metric(
        name=name, kind=kind, value=difference.value, low=low, high=high,
        null=control.value - held.value,
        at_most=3 * difference.se if kind == "gate" else at_most,
        n=source.n, subject=tuple(subject),
        parts={"source": source.value, "holdout": held.value, "control": control.value},
    )  # fmt: skip


# ---- attacks that compare rows for equality ----------------------------------------------------


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


def small_cell_attack(
    full: tuple[pd.DataFrame, pd.DataFrame],
    people: Holdout,
    made: pd.DataFrame,
    *,
    columns: Sequence[str],
    k: int,
) -> Metric:
    """Return how often a small count of the pseudo table is the true one.

    Parameters
    ----------
    full
        All real people, and the pseudo records made from them.
    people, made
        The holdout groups and the pseudo records made from the source. The null
        is the same attack on people who were never used.
    columns
        The table.
    k
        Counts below it are small.

    Notes
    -----
    The target is one half: whoever reads a small count off the pseudo table is
    more often wrong than right. With no threshold at all it is 1.
    """
    hits, cells = small_cells(*full, columns, k=k)
    low, high = wilson(hits, cells)
    source, of_source = small_cells(people.source, made, columns, k=k)
    held, of_held = small_cells(people.holdout, made, columns, k=k)
    null = held / of_held if of_held else math.nan
    return Metric(
        name="small_cells", kind="risk", value=hits / cells if cells else math.nan,
        low=low, high=high, null=null, at_most=0.5, n=cells, subject=tuple(columns),
        parts={"source": source / of_source if of_source else math.nan, "holdout": null},
    )  # fmt: skip


def _joined(parts: Sequence[Sequence[Ints]]) -> tuple[Ints, Ints]:
    import pandas as pd

    cut = len(parts[0][0])
    total = np.zeros(cut + len(parts[0][1]), dtype=np.int64)
    for real, made in parts:
        number = np.concatenate([real, made])
        total = total * (int(number.max(initial=0)) + 1) + number
    total = pd.factorize(total)[0].astype(np.int64)
    return total[:cut], total[cut:]
