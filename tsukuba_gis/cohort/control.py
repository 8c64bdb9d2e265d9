"""Control: projected areas are made to add up to a city total that is known or published."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import pandas as pd

    from tsukuba_gis.cohort.ages import Cells

COLUMNS: Final = ("year", "sex", "age_start", "age_end", "persons")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Block:
    """Persons that a part of the city, by sex and age, must add up to."""

    inside: np.ndarray = field(repr=False)  # sex × age
    persons: float


def blocks(control: pd.DataFrame, like: Cells) -> dict[int, tuple[Block, ...]]:
    """Return the control totals by year.

    Parameters
    ----------
    control
        Columns ``year``, ``sex`` (``"female"``, ``"male"``; missing: both),
        ``age_start`` (missing: 0), ``age_end`` (not included; missing: open) and
        ``persons``. The parts of a year do not overlap; a cell that lies in
        none is left as it is projected.
    like
        The age groups of the projection; each bound must be one of theirs.

    Raises
    ------
    InputError
        If a part is not made of whole groups, overlaps another, or is negative.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsukuba_gis.cohort.ages import cells_of
    >>> columns = pd.MultiIndex.from_product([["female", "male"], [0, 5, 10]])
    >>> cells = cells_of(pd.DataFrame([[1] * 6], index=["a"], columns=columns))
    >>> totals = pd.DataFrame({"year": [2020, 2020], "sex": None, "age_start": [0, 5],
    ...                        "age_end": [5, None], "persons": [10, 40]})
    >>> [(int(one.inside.sum()), one.persons) for one in blocks(totals, cells)[2020]]
    [(2, 10.0), (4, 40.0)]
    """
    lacking = [name for name in ("year", "persons") if name not in control.columns]
    if lacking or control["persons"].isna().any() or (control["persons"] < 0).any():
        raise InputError("cohort_control_form", columns=", ".join(COLUMNS))
    found: dict[int, tuple[Block, ...]] = {}
    for year, rows in control.groupby("year", sort=True):
        parts = tuple(_block(dict(row), like) for _, row in rows.iterrows())
        if np.sum([part.inside for part in parts], axis=0).max() > 1:
            raise InputError("cohort_control_overlap", year=str(year))
        found[int(str(year))] = parts
    return found


def _block(row: dict[Hashable, Any], like: Cells) -> Block:
    import pandas as pd

    def number(name: str, default: float) -> float:
        value = row.get(name)
        return default if value is None or pd.isna(value) or value == "" else float(str(value))

    low, high = number("age_start", 0), number("age_end", np.inf)
    sex = row.get("sex")
    one = isinstance(sex, str) and sex != ""
    bounds = {float(start) for start in like.starts} | {np.inf}
    if low not in bounds or high not in bounds or (one and sex not in like.sexes):
        raise InputError("cohort_control_bounds", year=str(row["year"]), low=low, high=high)
    ages = (like.starts >= low) & (like.starts < high)
    sexes = np.array([not one or name == sex for name in like.sexes])
    return Block(inside=sexes[:, None] & ages, persons=float(str(row["persons"])))


def rake(
    persons: np.ndarray, parts: tuple[Block, ...], *, fixed: np.ndarray | None = None
) -> np.ndarray:
    """Multiply the cells of each part so that the city adds up to its control total.

    Parameters
    ----------
    persons
        Area × sex × age, 0 or more; missing cells are left and count nothing.
    parts
        Of one year.
    fixed
        Persons (sex × age) of the city that are not to be changed, such as
        the residents of institutions; the total holds with them.

    Raises
    ------
    InputError
        If a part has nobody who could be multiplied, or more fixed persons than its total.

    Notes
    -----
    One factor a part: with parts that do not overlap, this is what raking
    (iterative proportional fitting) to them converges to, in one step. Areas
    keep their relative sizes within each part.

    Examples
    --------
    >>> everybody = Block(inside=np.array([[True, True]]), persons=60.0)
    >>> rake(np.array([[[10.0, 0.0]], [[10.0, 20.0]]]), (everybody,)).tolist()
    [[[15.0, 0.0]], [[15.0, 30.0]]]
    """
    result = persons.copy()
    for part in parts:
        held = 0.0 if fixed is None else float(fixed[part.inside].sum())
        now = float(np.nansum(persons[:, part.inside]))
        goal = part.persons - held
        if goal < 0 or (now == 0 and goal > 0):
            raise InputError("cohort_control_unreachable", persons=part.persons)
        if now > 0:
            result[:, part.inside] = persons[:, part.inside] * (goal / now)
    return result


def control_totals(
    known: Mapping[int, tuple[Block, ...]], dates: tuple[int, ...]
) -> pd.Series[float] | None:
    """Return the city totals of the years whose control leaves nobody out; None: no such year."""
    import pandas as pd

    totals = {
        year: sum(part.persons for part in known[year])
        for year in dates[1:]
        if year in known and np.sum([part.inside for part in known[year]], axis=0).all()
    }
    if not totals:
        return None
    return pd.Series(totals, name="persons", dtype=float).rename_axis("year")
