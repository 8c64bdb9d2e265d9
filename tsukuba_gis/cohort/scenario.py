"""Scenarios: people who are expected, and people who do not take part in cohort change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.cohort.ages import Cells


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Housing:
    """A new housing area: people who move in between two dates.

    Parameters
    ----------
    area
        The area that they move to.
    year
        When they have moved in: counted at the first projected date that is
        not earlier.
    persons
        How many.
    profile
        Their shares by ``(sex, age_start)``, in any unit; None: those of the
        whole base population. From then on they change like their area.
    """

    area: str
    year: int
    persons: float
    profile: pd.Series[float] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Institution:
    """A closed institution: a dormitory, a home or a prison, always as full and as old.

    Its residents are taken out of both dates before the ratios are computed,
    and added again to each projected date until it closes.

    Parameters
    ----------
    area
        Where it stands.
    residents
        Persons by ``(sex, age_start)``.
    since
        Year when it opened: it is taken out of dates from then on. None: always there.
    closes
        Year from which it is gone; None: never.
    """

    area: str
    residents: pd.Series[float] = field(repr=False)
    since: int | None = None
    closes: int | None = None

    def holds(self, year: int) -> bool:
        """Say whether it is there in a year."""
        return (self.since or year) <= year and (self.closes is None or year < self.closes)


Event = Housing | Institution


def arrivals(events: Sequence[Event], cells: Cells, *, after: int, year: int) -> np.ndarray:
    """Return the people of new housing who have come after one date and by the next.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsukuba_gis.cohort.ages import Cells
    >>> cells = Cells(persons=np.ones((1, 1, 3)), areas=pd.Index(["a"]), sexes=("female",),
    ...               starts=np.array([0, 5, 10]))
    >>> arrivals([Housing(area="a", year=2018, persons=30)], cells, after=2015, year=2020).tolist()
    [[[10.0, 10.0, 10.0]]]
    """
    found = np.zeros_like(cells.persons)
    for event in events:
        if isinstance(event, Housing) and after < event.year <= year:
            shares = (
                np.nansum(cells.persons, axis=0)
                if event.profile is None
                else _spread(event.profile, cells)
            )
            if event.persons < 0 or not shares.sum() > 0:
                raise InputError("cohort_housing", area=event.area)
            found[_row(event.area, cells)] += event.persons * shares / shares.sum()
    return found


def residents(events: Sequence[Event], cells: Cells, *, year: int) -> np.ndarray:
    """Return the residents of institutions that are there in a year."""
    found = np.zeros_like(cells.persons)
    for event in events:
        if isinstance(event, Institution) and event.holds(year):
            found[_row(event.area, cells)] += _spread(event.residents, cells)
    return found


def without(cells: Cells, held: np.ndarray, *, year: int) -> np.ndarray:
    """Return the persons outside institutions."""
    left = cells.persons - held
    if (left < -1e-9).any():
        area = cells.areas[int(np.argwhere(left < -1e-9)[0][0])]
        raise InputError("cohort_institution_full", area=area, year=str(year))
    return np.asarray(np.maximum(left, 0.0))  # np.maximum keeps NaN


def _row(area: str, cells: Cells) -> int:
    if area not in cells.areas:
        raise InputError("cohort_area_unknown", area=area)
    return list(cells.areas).index(area)


def _spread(persons: pd.Series[float], cells: Cells) -> np.ndarray:
    """Return persons by (sex, age) as sex × age; ages above the last group join it."""
    found = np.zeros((len(cells.sexes), len(cells.starts)))
    keys = zip(persons.index.get_level_values(0), persons.index.get_level_values(1), strict=True)
    for (sex, age), count in zip(keys, persons.to_numpy(dtype=float), strict=True):
        if sex not in cells.sexes or not count >= 0:
            raise InputError("cohort_negative")
        group = int(np.searchsorted(cells.starts, age, side="right")) - 1
        found[cells.sexes.index(sex), group] += count
    return found
