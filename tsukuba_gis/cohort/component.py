"""Cohort component: survival, fertility and migration, each on its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.cohort.ages import cells_of, table_of
from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Rates:
    """What happens to people in one step, by sex and age, the same in all areas or area by area.

    Parameters
    ----------
    survival
        By ``(sex, age_start)``, 0–1: the share that reaches the group
        ``age_start`` alive. At 0: of the births of the step. At the last group
        of the table: of those who come from the group below. At one group
        more (80+ open: 85): of those who are in the open group already.
    fertility
        By age of the women (``age_start``): births a woman and year.
    migration
        By ``(sex, age_start)``: net migrants over the persons at the start of
        the step; of the whole step. None: nobody moves.
    boys_per_girl
        Sex ratio at birth (SRB).
    """

    survival: pd.Series[float] | pd.DataFrame = field(repr=False)
    fertility: pd.Series[float] | pd.DataFrame = field(repr=False)
    migration: pd.Series[float] | pd.DataFrame | None = field(default=None, repr=False)
    boys_per_girl: float = 1.05


def cohort_component(base: pd.DataFrame, rates: list[Rates], *, start: int = 0) -> pd.DataFrame:
    """Project areas by births, survival and net migration.

    Parameters
    ----------
    base
        Persons by area, sex and age: index areas, columns ``(sex, age_start)``,
        the last group open; no missing cell. Women alone will do.
    rates
        One for each step; a step is as long as an age group is wide. A Series
        holds for every area; a DataFrame has a row an area.
    start
        Year of the base.

    Returns
    -------
    pandas.DataFrame
        Index areas; columns ``(year, sex, age_start)``, the base first.

    Raises
    ------
    InputError
        If a rate is missing, negative or no share, or more people leave than there are.

    Notes
    -----
    The conventions are those of ``ccmpp`` in the R package demCore (and of
    Wheldon et al. 2013): half of a step's net migrants join at its start and
    live, die and bear children here; the other half join at its end. Births are
    ``width · Σ fertility · (women at the start + women at the end) / 2``, both
    with the first half of the migrants; girls are ``1 / (1 + SRB)`` of
    them and survive to the end of the step. In matrices this is
    ``n' = L (n + g/2) + g/2`` with the two-sex, female-dominant matrix ``L`` of
    Leslie (1945).

    References
    ----------
    Leslie, P. H. (1945). On the use of matrices in certain population
    mathematics. Biometrika 33, 183–212. Preston, S. H., Heuveline, P. and Guillot, M. (2001).
    Demography, chapter 6. Wheldon, M. C., Raftery, A. E., Clark, S. J. and
    Gerland, P. (2013). Journal of the American Statistical Association 108, 96–110.

    Examples
    --------
    >>> import pandas as pd
    >>> ages = pd.MultiIndex.from_product([["female"], [0, 5, 10]])
    >>> base = pd.DataFrame([[100.0, 80.0, 60.0]], index=["a"], columns=ages)
    >>> alive = pd.Series([0.9, 0.8, 0.5, 0.25],
    ...                   index=pd.MultiIndex.from_product([["female"], [0, 5, 10, 15]]))
    >>> rates = Rates(survival=alive, fertility=pd.Series({5: 0.1}), boys_per_girl=1.0)
    >>> cohort_component(base, [rates], start=2020)[2025]["female"].loc["a"].tolist()
    [18.0, 80.0, 55.0]
    """
    import pandas as pd

    cells = cells_of(base)
    if np.isnan(cells.persons).any():
        raise InputError("cohort_component_missing")
    persons, frames = cells.persons, {start: table_of(cells.persons, cells)}
    starts = [*cells.starts.tolist(), int(cells.starts[-1]) + cells.width]
    for number, one in enumerate(rates):
        alive = _rates(one.survival, base.index, [(s, a) for s in cells.sexes for a in starts])
        alive = alive.reshape(-1, len(cells.sexes), len(starts))
        births = _rates(one.fertility, base.index, cells.starts.tolist(), default=0.0)
        moves = np.zeros((1, *persons.shape[1:]))
        if one.migration is not None:
            names = [(s, a) for s in cells.sexes for a in starts[:-1]]
            moves = _rates(one.migration, base.index, names).reshape(-1, *persons.shape[1:])
        if (alive < 0).any() or (alive > 1).any() or (births < 0).any() or one.boys_per_girl < 0:
            raise InputError("cohort_component_rates")
        persons = _step(
            persons, alive, births, moves, boys_per_girl=one.boys_per_girl, width=cells.width,
            women=cells.sexes.index("female"),
        )  # fmt: skip
        if (persons < 0).any():
            raise InputError("cohort_component_left")
        frames[start + (number + 1) * cells.width] = table_of(persons, cells)
    return pd.concat(frames, axis=1, names=["year", "sex", "age_start"])


def _step(
    persons: np.ndarray,
    alive: np.ndarray,
    births: np.ndarray,
    moves: np.ndarray,
    *,
    boys_per_girl: float,
    width: int,
    women: int,
) -> np.ndarray:
    """Return the persons one step later: area × sex × age."""
    half = persons * moves / 2
    begin = persons + half
    end = np.zeros_like(begin)
    end[:, :, 1:] = begin[:, :, :-1] * alive[:, :, 1:-1]
    end[:, :, -1] += begin[:, :, -1] * alive[:, :, -1]
    born = width * (births * (begin[:, women] + end[:, women]) / 2).sum(axis=1)
    girls = born / (1 + boys_per_girl)
    for sex in range(persons.shape[1]):
        end[:, sex, 0] = (girls if sex == women else born - girls) * alive[:, sex, 0]
    return np.asarray(end + half)


def _rates(
    rates: pd.Series[float] | pd.DataFrame,
    areas: pd.Index[str],
    names: Sequence[object],
    *,
    default: float = np.nan,
) -> np.ndarray:
    """Return rates as area (or 1) × names."""
    import pandas as pd

    frame = rates.to_frame().T if isinstance(rates, pd.Series) else rates.reindex(index=areas)
    found = frame.reindex(columns=list(names)).to_numpy(dtype=float)
    found = np.where(np.isnan(found), default, found)
    if not np.isfinite(found).all():
        raise InputError("cohort_component_rates")
    return np.asarray(found)


def survival_ratios(lived: pd.Series[float], *, radix: float, width: int = 5) -> pd.Series[float]:
    """Return survival ratios from the person-years lived of a life table.

    Parameters
    ----------
    lived
        L(x) by age group, the index its ``age_start``; the last group is open.
    radix
        Births of the life table, l(0).
    width
        Years in a group.

    Returns
    -------
    pandas.Series
        Index ``age_start`` of the group that is *reached*: at 0 ``L₀ / (width ·
        radix)``, else ``L(x) / L(x − width)``, and at the open group
        ``L(x+) / (L(x − width) + L(x+))``. It is also that of those who are in
        the open group already.

    References
    ----------
    厚生労働省 第18・19回生命表(定常人口)の生残率の定義に同じ.

    Examples
    --------
    >>> import pandas as pd
    >>> survival_ratios(pd.Series({0: 490, 5: 480, 10: 720}), radix=100).round(4).tolist()
    [0.98, 0.9796, 0.6]
    """
    values = lived.to_numpy(dtype=float)
    if len(values) < 3 or not (values > 0).all() or not radix > 0:
        raise InputError("cohort_life_table")
    ratio = values / np.concatenate([[width * radix], values[:-1]])
    ratio[-1] = values[-1] / (values[-2] + values[-1])
    return lived.astype(float).mask(lived.notna(), ratio)
