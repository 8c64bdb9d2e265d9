"""The crowd of invented people while it is made, and the plan that it is made by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from scipy.sparse import csc_array

    from tsukuba_gis.pseudo.tables.cells import Family
    from tsukuba_gis.pseudo.tables.city import City

    Ints = NDArray[Any]
    Floats = NDArray[Any]


@dataclass(slots=True, eq=False, kw_only=True)
class Crowd:
    """Invented people as arrays: one entry a person; ``household`` counts from 0."""

    cluster: Ints = field(repr=False)
    sex: Ints = field(repr=False)
    start: Ints = field(repr=False)
    age: Ints = field(repr=False)
    care: Ints = field(repr=False)
    type: Ints = field(repr=False)
    relation: Ints = field(repr=False)
    household: Ints = field(repr=False)
    area: Ints = field(repr=False)

    @classmethod
    def joined(cls, parts: list[Crowd]) -> Crowd:
        """Return several crowds as one, households numbered on."""
        offsets = np.cumsum([0, *(int(part.household.max()) + 1 for part in parts)])
        fields = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("cluster", "sex", "start", "age", "care", "type", "relation", "area")
        }
        household = np.concatenate(
            [part.household + offset for part, offset in zip(parts, offsets, strict=False)]
        )
        return cls(household=household, **fields)

    def by_home(self, values: Ints) -> Ints:
        """Return one value a household of what its members have in common."""
        found = np.zeros(int(self.household.max(initial=-1)) + 1, dtype=values.dtype)
        found[self.household] = values
        return found


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Plan:
    """The city's tables with what raking makes of them; made once, read by every cluster.

    ``parts`` are, by table, the leaves of each cluster and the equations over them;
    ``columns`` those of the city's frames and of the tables' leaves. ``pools`` is the
    mean size of the households of types that have no usual pattern.
    """

    city: City
    tables: Mapping[str, Family] = field(repr=False)
    raked: Mapping[str, Floats] = field(repr=False)
    parts: Mapping[str, list[tuple[Ints, csc_array, Floats]]] = field(repr=False)
    columns: Mapping[str, Mapping[str, Ints]] = field(repr=False)
    likely: Mapping[str, Floats] = field(repr=False)
    wanted: Mapping[tuple[str, str], Mapping[int, Floats]] = field(repr=False)
    guessed: Mapping[tuple[str, str], Mapping[int, Floats]] = field(repr=False)
    ages: Mapping[tuple[int, int, int], Ints] = field(repr=False)
    gaps: Mapping[tuple[int, int], tuple[float, float]] = field(repr=False)
    pools: Mapping[int, float] = field(repr=False)
