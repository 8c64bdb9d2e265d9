"""Counts as they come in: checked, brought together, and never of two sources unsaid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.result import Chance

    Table: TypeAlias = pd.Series[float] | pd.DataFrame

_SOURCE = "source"
_T = TypeVar("_T")


def counted(table: _T, *, source: str) -> _T:
    """Return a copy of a table of counts that says where it was counted.

    A census counts who lives in a place, the resident register (住民基本台帳)
    who is registered there: a rate with one above and the other below the line
    is off by the difference. Functions of this room refuse two sources, unless
    they are told ``mixed=True``; then the result names both.

    Parameters
    ----------
    table
        Series or DataFrame of counts.
    source
        Such as ``"census 2020"`` or ``"resident register 2024-04-01"``.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.Series([100.0, 200.0], index=["a", "b"])
    >>> counted(people, source="census 2020").attrs, people.attrs
    ({'source': 'census 2020'}, {})
    """
    copy = table.copy()  # type: ignore[attr-defined] # Series or DataFrame
    copy.attrs = {**copy.attrs, _SOURCE: source}
    return copy  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Counts:
    """Events and persons by zone and stratum, on the same rows and columns.

    Zones without a number in any stratum are missing in ``events`` and ``persons`` alike.
    """

    events: pd.DataFrame = field(repr=False)
    persons: pd.DataFrame = field(repr=False)
    sources: tuple[str, ...]

    @property
    def observed(self) -> pd.Series[float]:
        """Events of each zone; NaN where a stratum is missing."""
        return self.events.sum(axis=1, skipna=False)

    @property
    def population(self) -> pd.Series[float]:
        """Persons of each zone; NaN where a stratum is missing or there is nobody."""
        total = self.persons.sum(axis=1, skipna=False)
        return total.where(total > 0)


def counts_of(events: Table, population: Table, *, chance: Chance, mixed: bool) -> Counts:
    """Bring events and persons together and check them.

    Raises
    ------
    InputError
        If a count is negative or infinite, rows or columns differ, a zone stands
        twice, there are more events than persons where each person counts once, or
        the two were counted in different sources and ``mixed`` is not set.
    """
    sources = _sources(events, population, mixed=mixed)
    above, below = as_frame(events), as_frame(population)
    if not above.index.is_unique or not below.index.is_unique:
        raise InputError("rates_zone_twice")
    if set(above.index) != set(below.index) or set(above.columns) != set(below.columns):
        raise InputError("rates_not_alike")
    below = below.loc[above.index, above.columns]
    for table in (above, below):
        cells = table.to_numpy()
        if np.isinf(cells).any() or (cells < 0).any():
            raise InputError("rates_negative")
    if chance == "binomial" and (above.to_numpy() > below.to_numpy()).any():
        raise InputError("rates_more_events")
    known = above.notna() & below.notna()
    return Counts(events=above.where(known), persons=below.where(known), sources=sources)


def as_frame(table: Table) -> pd.DataFrame:
    """Return a table as a frame of numbers; a series is its one stratum, ``"all"``."""
    import pandas as pd

    frame = table.to_frame("all") if isinstance(table, pd.Series) else table
    out = frame.astype(float)
    out.attrs = dict(table.attrs)
    return out


def _sources(events: Table, population: Table, *, mixed: bool) -> tuple[str, ...]:
    named = (events.attrs.get(_SOURCE), population.attrs.get(_SOURCE))
    found = tuple(dict.fromkeys(str(name) for name in named if name))
    if len(found) > 1 and not mixed:
        raise InputError("rates_mixed", first=found[0], second=found[1])
    return found
