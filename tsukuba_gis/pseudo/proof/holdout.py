"""People who were used and people who never were: the ground on which every attack is judged.

Every attack is made on two groups of real people: those from whom the pseudo
records were made (*source*), and people who were never used (*holdout*). What
succeeds against both is ordinary statistics (most people need no care); only
the difference is a leak. The same difference between two groups that were
*both* never used (*control* − holdout) is the null: what chance gives.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.pseudo.keys import stream
from tsukuba_gis.pseudo.proof.metric import Metric, mean
from tsukuba_gis.pseudo.proof.risk import codes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.proof.metric import MetricKind

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

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """Persons in source, holdout, control and background."""
        return len(self.source), len(self.holdout), len(self.control), len(self.background)

    def rows_of(self, frame: pd.DataFrame) -> Holdout:
        """Return the same groups with the columns of another frame of the same rows."""
        parts = (self.source, self.holdout, self.control, self.background)
        source, held, control, background = (frame.loc[part.index] for part in parts)
        return dataclasses.replace(
            self, source=source, holdout=held, control=control, background=background
        )

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


def split(frame: pd.DataFrame, *, household: str | None, seed: int, share: float = 0.3) -> Holdout:
    """Divide people at random, by household: source, holdout and control alike, and background.

    Parameters
    ----------
    frame
        Real people.
    household
        Column of household numbers; a row without one is its own household.
    seed
        Seed of the draw.
    share
        Share of households in each of the first three (at most 0.3); the
        background has a third of that.

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
    ends = share * np.array([1, 2, 3, 10 / 3])
    part = np.searchsorted(np.round(ends, 12), place, side="right")[number]
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
