"""Cohort change: what became of an age group between two dates, and children per woman."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from tsukuba_gis.cohort.ages import Cells, alike, cells_of, table_of
from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Conventions of Hamilton–Perry on which published projections differ.

    Parameters
    ----------
    women
        Ages ``[start, end)`` of the women to whom the youngest children are
        related. A group that is partly inside counts for that part. Children
        of the next group are related to women one group older.
    child_sex
        How projected children are split: ``"parent"`` like the children of all
        areas together at the base; ``"half"``: half to each sex.
    refresh
        Ratios are computed again at each step from the last two dates, instead
        of being kept.
    whole
        Persons are rounded to whole numbers (half to even) at each step.
        Children are computed from women before rounding.
    """

    women: tuple[int, int] = (15, 50)
    child_sex: Literal["parent", "half"] = "parent"
    refresh: bool = False
    whole: bool = False


STANDARD: Final = Rules()
#: The rules of the published county projections of Hardy (ccrproj) on the US census of 2000
#: and 2010: meant for groups of ten years with an open group of 70 and over.
COUNTIES: Final = Rules(child_sex="half", refresh=True, whole=True)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Parts:
    """Numerators and denominators of the ratios, at the age reached at the later date.

    Arrays area × sex × age. For the youngest groups the numerator is the
    children of both sexes and the denominator women, the same for each sex.
    """

    above: np.ndarray = field(repr=False)
    below: np.ndarray = field(repr=False)
    jump: int


def women_weights(cells: Cells, women: tuple[int, int], jump: int) -> np.ndarray:
    """Return by young group and age the share of a group of women that counts.

    Examples
    --------
    >>> cells = Cells(persons=np.zeros((1, 1, 8)), areas=None, sexes=("female",),
    ...               starts=np.arange(0, 80, 10))
    >>> women_weights(cells, (15, 50), 1).tolist()
    [[0.0, 0.5, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]]
    """
    shift = np.arange(jump)[:, None] * cells.width
    low = np.maximum(cells.starts, women[0] + shift)
    high = np.minimum(cells.starts + cells.width, women[1] + shift)
    weights = np.clip(high - low, 0, None) / cells.width
    weights[:, -1] = 0.0  # the open group is no group of mothers
    return np.asarray(weights)


def parts(earlier: Cells, later: Cells, *, years: int, rules: Rules) -> Parts:
    """Return what the ratios between two dates are made of."""
    jump, rest = divmod(years, earlier.width)
    if jump < 1 or rest or jump >= len(earlier.starts) - 1:
        raise InputError("cohort_years_apart", years=years, width=earlier.width)
    if "female" not in later.sexes:
        raise InputError("cohort_no_women")
    above = later.persons.copy()
    above[:, :, :jump] = later.persons[:, :, :jump].sum(axis=1, keepdims=True)
    below = np.empty_like(above)
    below[:, :, jump:-1] = earlier.persons[:, :, : -jump - 1]
    below[:, :, -1] = earlier.persons[:, :, -jump - 1 :].sum(axis=2)
    below[:, :, :jump] = women_of(later.persons, later, rules, jump)[:, None, :]
    return Parts(above=above, below=below, jump=jump)


def women_of(persons: np.ndarray, cells: Cells, rules: Rules, jump: int) -> np.ndarray:
    """Return the women to whom each young group is related: area × young group."""
    weights = women_weights(cells, rules.women, jump)
    counted = weights.any(axis=0)  # a hidden cell of other ages must not make the sum missing
    female = persons[:, cells.sexes.index("female")]
    return np.asarray(female[:, counted] @ weights[:, counted].T)


def divided(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return the quotient; NaN where the denominator is 0 or a part is not known."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(below > 0, above / below, np.nan))


def cohort_change(
    earlier: pd.DataFrame, later: pd.DataFrame, *, years: int, rules: Rules = STANDARD
) -> pd.DataFrame:
    """Return the cohort-change ratios between two dates.

    Parameters
    ----------
    earlier, later
        Persons by area, sex and age: index areas, columns ``(sex, age_start)``;
        the same areas. The last age group is open. Where the two tables'
        groups differ, the coarser ones are used.
    years
        Years between the dates, a multiple of the width of the age groups.
    rules
        See :class:`Rules`.

    Returns
    -------
    pandas.DataFrame
        Index as given, columns ``(sex, age_start)``, ``age_start`` that of the
        *later* date: persons of that group over those of the group that they
        came from; of the open group over all who have entered it; of groups
        younger than ``years``, children (both sexes) per woman. NaN where there
        was nobody, or a part is missing.

    Raises
    ------
    InputError
        If the tables, their areas or the years do not fit together.

    References
    ----------
    Hamilton, C. H. and Perry, J. (1962). A short method for projecting
    population by age from one decennial census to another. Social Forces 41,
    163–170. Swanson, D. A., Schlottmann, A. and Schmidt, B. (2010). Forecasting
    the population of census tracts by age and sex. Population Research and
    Policy Review 29, 47–63.

    Examples
    --------
    >>> import pandas as pd
    >>> columns = pd.MultiIndex.from_product([["female"], list(range(0, 60, 10))])
    >>> earlier = pd.DataFrame([[100, 90, 80, 70, 60, 50]], index=["a"], columns=columns)
    >>> later = pd.DataFrame([[95, 99, 120, 76, 63, 44]], index=["a"], columns=columns)
    >>> cohort_change(earlier, later, years=10)["female"].loc["a"].round(3).tolist()
    [0.308, 0.99, 1.333, 0.95, 0.9, 0.4]
    """
    earlier, later = alike(earlier, later)
    if set(earlier.index) != set(later.index):
        raise InputError("cohort_areas_differ")
    cells = cells_of(later)
    found = parts(cells_of(earlier.loc[later.index]), cells, years=years, rules=rules)
    return table_of(divided(found.above, found.below), cells)
