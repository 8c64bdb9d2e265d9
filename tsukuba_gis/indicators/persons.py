"""The columns of the records that indicators are counted from, as plain arrays."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from tsukuba_gis.schema import CARE_LEVELS
from tsukuba_gis.tables import codes

if TYPE_CHECKING:
    import pandas as pd

SevereCare = Literal["care3-5", "care4-5"]


class Persons:
    """The columns of the records as plain arrays, made when first asked for and then kept."""

    def __init__(self, frame: pd.DataFrame, severe: SevereCare) -> None:
        self.frame = frame
        self.severe = CARE_LEVELS.index(severe[:5])
        self._numbers: dict[str, np.ndarray] = {}

    def number(self, column: str) -> np.ndarray:
        """Return a column as numbers; NaN where missing."""
        if column not in self._numbers:
            numbers = self.frame[column].to_numpy(dtype=float, na_value=np.nan)
            self._numbers[column] = np.asarray(numbers)
        return self._numbers[column]

    def age(self, low: int, high: float = np.inf) -> np.ndarray:
        """1 where ``low`` ≤ age ≤ ``high``, 0 elsewhere, NaN where the age is unknown."""
        age = self.number("age")
        return np.where(np.isnan(age), np.nan, (age >= low) & (age <= high))

    @cached_property
    def care(self) -> np.ndarray:
        """Rank of the care level among persons 65+; NaN for others and where unknown."""
        import pandas as pd

        rank = codes(self.frame["care_level"], pd.Index(CARE_LEVELS))
        return np.where((self.age(65) == 1) & (rank >= 0), rank.astype(float), np.nan)

    @cached_property
    def _household(self) -> np.ndarray:
        return np.asarray(self.frame["household_id"].factorize()[0])

    @cached_property
    def household_size(self) -> np.ndarray:
        """Persons in each person's household; NaN where it has no number."""
        number = self._household
        sizes = np.bincount(number[number >= 0])
        return np.where(number >= 0, sizes[number], np.nan) if len(sizes) else self.nothing()

    @cached_property
    def first_of_household(self) -> np.ndarray:
        """1 for the first record of each household, 0 elsewhere."""
        number = self._household
        # Numbered by first appearance: a household's first person has a number above all before.
        before = np.concatenate([[-1], np.maximum.accumulate(number)[:-1]])[: len(number)]
        return (number > before).astype(float)

    def nothing(self) -> np.ndarray:
        """Return NaN for each person."""
        return np.full(len(self.frame), np.nan)
