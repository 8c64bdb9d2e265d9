"""Cohort component: survival, fertility and migration, each on its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.cohort import scenario
from tsukuba_gis.cohort.ages import Cells, cells_of, regroup
from tsukuba_gis.cohort.control import Block, blocks, control_totals, rake
from tsukuba_gis.cohort.outcome import estimated, joined, masks_of
from tsukuba_gis.errors import InputError
from tsukuba_gis.result import Projection

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
        the step; of the whole step, −1 or more. None: nobody moves.
    boys_per_girl
        Sex ratio at birth (SRB).
    """

    survival: pd.Series[float] | pd.DataFrame = field(repr=False)
    fertility: pd.Series[float] | pd.DataFrame = field(repr=False)
    migration: pd.Series[float] | pd.DataFrame | None = field(default=None, repr=False)
    boys_per_girl: float = 1.05


def cohort_component(
    base: pd.DataFrame,
    rates: Sequence[Rates],
    *,
    start: int,
    control: pd.DataFrame | None = None,
    events: Sequence[scenario.Event] = (),
    min_count: int = 0,
) -> Projection:
    """Project areas by births, survival and net migration.

    Parameters
    ----------
    base
        Persons by area, sex and age: index areas, columns ``(sex, age_start)``,
        the last group open. Women alone will do. Missing: hidden. Where the
        survival ratios end earlier, the oldest groups are put together.
    rates
        One for each step; a step is as long as an age group is wide. A Series
        holds for every area; a DataFrame has a row an area. None at all:
        nothing is projected.
    start
        Year of the base.
    control
        City totals to come: see :func:`tsukuba_gis.cohort.control.blocks`.
        Each step is raked to those of its year before the next begins.
    events
        New housing and closed institutions.
    min_count
        Areas with fewer persons at the base are not shown (they are projected,
        and count for the control).

    Returns
    -------
    Projection
        Persons are real numbers, 0 or more. Hidden cells and areas that are
        not shown are as in :func:`tsukuba_gis.cohort.hamilton_perry`. It has
        no ratios and no earlier date.

    Raises
    ------
    InputError
        If a rate is missing, negative, no share or of an age that the base has not.

    Notes
    -----
    The conventions are those of ``ccmpp`` in the R package demCore (and of
    Wheldon et al. 2013): half of a step's net migrants join at its start and
    live, die and bear children here; the other half join at its end. Births are
    ``width · Σ fertility · (women at the start + women at the end) / 2``, both
    with the first half of the migrants; girls are ``1 / (1 + SRB)`` of
    them and survive to the end of the step. In matrices this is
    ``n' = L (n + g/2) + g/2`` with the two-sex, female-dominant matrix ``L`` of
    Leslie (1945). Those who leave at the end are counted by the group as it was
    at the start, so that in a small area they can be more than are left: the
    group is then empty, and ``settings["emptied"]`` says how many too many
    would have left in all.

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
    >>> found = cohort_component(base, [rates], start=2020)
    >>> found.population[2025]["female"].loc["a"].tolist()
    [18.0, 80.0, 55.0]
    """
    now = cells_of(_as_old(base, rates))
    if "female" not in now.sexes:
        raise InputError("cohort_no_women")
    dates = tuple(start + number * now.width for number in range(len(rates) + 1))
    known = {} if control is None else blocks(control, now)
    path, emptied = _path(now, rates, dates, events=events, known=known)
    masks = masks_of(now, path, min_count=min_count)
    shown = (masks == "").to_numpy()
    path[0] = now.persons  # a hidden cell is estimated for what follows, not shown
    return Projection(
        method="cohort_component",
        base=start,
        step=now.width,
        years=dates,
        population=joined(dates, path, now, shown=shown),
        masks=masks,
        control=control_totals(known, dates),
        settings={
            "boys_per_girl": [one.boys_per_girl for one in rates],
            "migration": [one.migration is not None for one in rates],
            "emptied": round(emptied, 3),
            "controlled": control is not None,
            "events": len(events),
        },
        n=int(shown.sum()),
        n_missing=int((~shown).sum()),
    )


def _path(
    now: Cells,
    rates: Sequence[Rates],
    dates: tuple[int, ...],
    *,
    events: Sequence[scenario.Event],
    known: Mapping[int, tuple[Block, ...]],
) -> tuple[list[np.ndarray], float]:
    """Return the persons at each date, and how many more would leave than are there."""
    held = scenario.residents(events, now, year=dates[0])
    inside = estimated(scenario.without(now, held, year=dates[0]))
    path, emptied = [inside + held], 0.0
    for one, year in zip(rates, dates[1:], strict=True):
        after = _step(inside, one, now)
        emptied -= float(np.nansum(np.minimum(after, 0.0)))
        new = scenario.arrivals(events, now, after=year - now.width, year=year)
        inside = np.maximum(after, 0.0) + new  # np.maximum keeps NaN
        held = scenario.residents(events, now, year=year)
        inside = rake(inside, known.get(year, ()), fixed=held.sum(axis=0))
        path.append(inside + held)
    return path, emptied


def _as_old(base: pd.DataFrame, rates: Sequence[Rates]) -> pd.DataFrame:
    """Return the base with the open group that the survival ratios have."""
    cells = cells_of(base)
    last = int(cells.starts[-1])
    ends = {max(_ages(one.survival)) for one in rates}
    if not ends or ends == {last + cells.width}:
        return base
    if len(ends) > 1 or not 3 * cells.width <= max(ends) <= last:
        _fitting(ends, cells)
    return regroup(base, open_age=ends.pop() - cells.width)


def _ages(rates: pd.Series[float] | pd.DataFrame) -> list[int]:
    import pandas as pd

    names = rates.index if isinstance(rates, pd.Series) else rates.columns
    return [int(age) for age in names.get_level_values(-1)]


def _step(persons: np.ndarray, one: Rates, like: Cells) -> np.ndarray:
    """Return the persons one step later: area × sex × age."""
    ages = like.starts.tolist()
    alive = _rates(one.survival, like, [*ages, ages[-1] + like.width])
    births = _rates(one.fertility, like, ages, by_sex=False, default=0.0)[:, 0]
    moves = np.zeros((1, *persons.shape[1:]))
    if one.migration is not None:
        moves = _rates(one.migration, like, ages)
    shares = (alive >= 0).all() and (alive <= 1).all() and (moves >= -1).all()
    if not shares or (births < 0).any() or not one.boys_per_girl >= 0:
        raise InputError("cohort_component_rates")
    return _leslie(
        persons, alive, births, moves, boys_per_girl=one.boys_per_girl, width=like.width,
        women=like.sexes.index("female"),
    )  # fmt: skip


def _leslie(
    persons: np.ndarray,
    alive: np.ndarray,
    births: np.ndarray,
    moves: np.ndarray,
    *,
    boys_per_girl: float,
    width: int,
    women: int,
) -> np.ndarray:
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
    like: Cells,
    ages: list[int],
    *,
    by_sex: bool = True,
    default: float = np.nan,
) -> np.ndarray:
    """Return rates as area (or 1) × sex × age; ``default`` at the ages that they leave out."""
    import pandas as pd

    _fitting(set(_ages(rates)) - set(ages), like)
    frame = rates.to_frame().T if isinstance(rates, pd.Series) else rates.reindex(index=like.areas)
    sexes = like.sexes if by_sex else ("",)
    names = [(sex, age) if by_sex else age for sex in sexes for age in ages]
    found = frame.reindex(columns=names).to_numpy(dtype=float, copy=True)
    found[:, [name not in frame.columns for name in names]] = default
    if not np.isfinite(found).all():
        raise InputError("cohort_component_rates")
    return np.asarray(found.reshape(-1, len(sexes), len(ages)))


def _fitting(ages: set[int], like: Cells) -> None:
    """Refuse ages that the base has not."""
    if ages:
        told = ", ".join(f"{age}" for age in sorted(ages))
        raise InputError(
            "cohort_component_ages", ages=told, open=f"{like.starts[-1]}", width=like.width
        )


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
