"""Hamilton–Perry: areas by sex and age at dates to come, from two dates that are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.cohort import scenario
from tsukuba_gis.cohort.ages import Cells, alike, cells_of, table_of
from tsukuba_gis.cohort.change import (
    STANDARD,
    Parts,
    Rules,
    divided,
    parts,
    women_of,
    women_weights,
)
from tsukuba_gis.cohort.control import Block, blocks, control_totals, rake
from tsukuba_gis.cohort.outcome import estimated, joined, masks_of
from tsukuba_gis.cohort.shrinkage import Shrinkage, Steadied, shrink
from tsukuba_gis.errors import InputError
from tsukuba_gis.result import Projection

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Settings:
    """How areas are projected.

    Parameters
    ----------
    rules
        Conventions of the method.
    shrinkage, cap, distance
        How ratios of few persons are steadied: see
        :func:`tsukuba_gis.cohort.shrinkage.shrink`.
    control
        City totals to come: see :func:`tsukuba_gis.cohort.control.blocks`.
        Each step is raked to those of its year before the next begins.
    events
        New housing and closed institutions.
    city
        The city as projected elsewhere: index ``year`` (the base and the dates
        to come), columns ``(sex, age_start)``. Each area's ratio then changes
        as the city's own does, the synthetic method of Tayman and Swanson
        (2017); None: ratios are kept.
    exact
        Base cells, of the form of the base table, whose counts are those of the
        people that they stand for; others give no ratio of their own. None: all are.
    """

    rules: Rules = STANDARD
    shrinkage: Shrinkage = "eb"
    cap: float | None = 3.0
    distance: np.ndarray | None = field(default=None, repr=False)
    control: pd.DataFrame | None = field(default=None, repr=False)
    events: tuple[scenario.Event, ...] = ()
    city: pd.DataFrame | None = field(default=None, repr=False)
    exact: pd.DataFrame | None = field(default=None, repr=False)

    def plain(self) -> dict[str, object]:
        """Return the settings in plain values, for the record of a run."""
        return {
            "shrinkage": self.shrinkage,
            "cap": self.cap,
            "women": list(self.rules.women),
            "child_sex": self.rules.child_sex,
            "refresh": self.rules.refresh,
            "whole": self.rules.whole,
            "controlled": self.control is not None,
            "events": len(self.events),
            "city_ratios": self.city is not None,
        }


def hamilton_perry(
    earlier: pd.DataFrame,
    base: pd.DataFrame,
    *,
    years: tuple[int, int],
    until: int,
    settings: Settings | None = None,
    min_count: int = 0,
) -> Projection:
    """Project areas by sex and age with cohort-change ratios.

    Parameters
    ----------
    earlier, base
        Persons by area, sex and age at two dates: index areas, columns
        ``(sex, age_start)``, the last group open. The result has the areas of
        ``base``. An area of ``base`` that ``earlier`` lacks has the ratios of
        the city; one that only ``earlier`` has counts for the city.
        Where the groups differ, the coarser ones are used. Missing: hidden.
    years
        The two dates. Their distance is the step, a multiple of the width of
        the age groups.
    until
        Last date; the dates are the base and each step after it. The base
        year itself: nothing is projected.
    settings
        See :class:`Settings`; None: the default ones.
    min_count
        Areas with fewer persons at the base are not shown (they are projected,
        and count for the control).

    Returns
    -------
    Projection
        Persons are real numbers, 0 or more. A hidden base cell stays missing
        at the base and is projected from the city's age structure, scaled to
        the area's shown persons. Areas where nobody lives or moves in
        (``"zero"``), nothing is known (``"missing"``) or too few live
        (``"small"``) are missing as a whole.

    Raises
    ------
    InputError
        If the tables, years, control totals or scenario do not fit together.

    Notes
    -----
    A group of the next date is the group that it comes from, times the ratio;
    the youngest are women times children per woman. Nobody has a negative
    number, as no ratio is. Ratios hold deaths and moves together: a town that
    was built between the two dates is projected to go on growing as fast,
    unless ratios are capped and totals controlled.

    References
    ----------
    Hamilton and Perry (1962), Social Forces 41, 163–170. Swanson, Schlottmann
    and Schmidt (2010), Population Research and Policy Review 29, 47–63. Tayman
    and Swanson (2017), Journal of Population Research 34, 209–231. Baker,
    Swanson, Tayman and Tedrow (2017), Cohort Change Ratios and their
    Applications, Springer.

    Examples
    --------
    >>> import pandas as pd
    >>> columns = pd.MultiIndex.from_product([["female"], list(range(0, 60, 10))])
    >>> earlier = pd.DataFrame([[100, 90, 80, 70, 60, 50]], index=["a"], columns=columns)
    >>> base = pd.DataFrame([[95, 99, 120, 76, 63, 44]], index=["a"], columns=columns)
    >>> found = hamilton_perry(earlier, base, years=(2010, 2020), until=2030,
    ...                        settings=Settings(cap=None))
    >>> found.population[2030]["female"].loc["a"].round(1).tolist()
    [111.3, 94.0, 132.0, 114.0, 68.4, 42.8]
    """
    settings = settings or Settings()
    before, now = map(cells_of, alike(earlier, base))
    step = years[1] - years[0]
    if step <= 0 or until < years[1] or (until - years[1]) % step:
        raise InputError("cohort_until", until=str(until), base=str(years[1]), step=step)
    if before.sexes != now.sexes:
        raise InputError("cohort_sexes_differ")
    dates = tuple(range(years[1], until + 1, step))
    run = _Run(before, now, years=years, settings=settings)
    path = run.path(dates)
    masks = masks_of(now, path, min_count=min_count)
    shown = (masks == "").to_numpy()
    path[0] = now.persons  # a hidden cell is estimated for what follows, not shown
    return Projection(
        method="hamilton_perry",
        base=years[1],
        step=step,
        years=dates,
        population=joined(dates, path, now, shown=shown),
        masks=masks,
        ratios=table_of(run.ratios.ratio * run.child_share, now),
        borrowed=table_of(run.ratios.borrowed, now).astype(bool),
        control=control_totals(run.blocks, dates),
        earlier=years[0],
        settings=settings.plain(),
        n=int(shown.sum()),
        n_missing=int((~shown).sum()),
    )


class _Run:
    """One projection in the making: what is known, and step after step from it."""

    def __init__(
        self, before: Cells, now: Cells, *, years: tuple[int, int], settings: Settings
    ) -> None:
        self.settings, self.step = settings, years[1] - years[0]
        events, rules = settings.events, settings.rules
        residents = scenario.residents(events, now, year=years[1])
        shown = scenario.without(now, residents, year=years[1])
        self.now = replace(now, persons=estimated(shown))
        self.held = residents
        # Institutions stand in areas of the base: an earlier table may lack the area.
        gone = scenario.residents(events, _extended(before, now), year=years[0])
        before = replace(
            _extended(before, now),
            persons=scenario.without(_extended(before, now), gone, year=years[0]),
        )
        rows = before.areas.get_indexer(now.areas)
        self.before = replace(now, persons=before.persons[rows])
        found = parts(self.before, replace(now, persons=shown), years=self.step, rules=rules)
        self.jump = found.jump
        self.child_share = _child_share(self.now, rules, found.jump)
        exact = _only_exact(found, now, settings)
        self.city = _city_ratios(before, replace(now, persons=shown), found, rules)
        if settings.exact is not None:
            # What exact cells tell hangs on exact cells alone, wherever there are any.
            own = _paired(exact)
            self.city = np.where(np.isnan(own), self.city, own)
        self.ratios = self._steady(exact, self.city)
        self.blocks: Mapping[int, tuple[Block, ...]] = (
            {} if settings.control is None else blocks(settings.control, now)
        )

    def _steady(self, found: Parts, city: np.ndarray | None) -> Steadied:
        return shrink(
            found.above, found.below, method=self.settings.shrinkage, parent=city,
            cap=self.settings.cap, distance=self.settings.distance,
        )  # fmt: skip

    def path(self, dates: tuple[int, ...]) -> list[np.ndarray]:
        """Return the persons at each date, with those in institutions."""
        settings, inside, last = self.settings, self.now.persons, self.before.persons
        path, ratios, trend = [inside + self.held], self.ratios, self._trend(dates)
        for number, year in enumerate(dates[1:]):
            if settings.rules.refresh and number:
                cells = replace(self.now, persons=inside)
                before = replace(cells, persons=last)
                ratios = self._steady(
                    parts(before, cells, years=self.step, rules=settings.rules), None
                )
            last, inside = inside, self._next(inside, ratios.ratio * trend[number], year=year)
            held = scenario.residents(settings.events, self.now, year=year)
            inside = rake(inside, self.blocks.get(year, ()), fixed=held.sum(axis=0))
            path.append(inside + held)
        return path

    def _next(self, persons: np.ndarray, ratio: np.ndarray, *, year: int) -> np.ndarray:
        """Return the persons outside institutions one step later."""
        jump, rules = self.jump, self.settings.rules
        after = np.zeros_like(persons)
        after[:, :, jump:-1] = persons[:, :, : -jump - 1] * ratio[:, :, jump:-1]
        after[:, :, -1] = persons[:, :, -jump - 1 :].sum(axis=2) * ratio[:, :, -1]
        for group in reversed(range(jump)):  # the older first: mothers of the younger, perhaps
            women = women_of(after, self.now, rules, jump)[:, None, group]
            after[:, :, group] = ratio[:, :, group] * women * self.child_share[:, group]
        after = np.rint(after) if rules.whole else after
        events = self.settings.events
        new = scenario.arrivals(events, self.now, after=year - self.step, year=year)
        return np.asarray(after + new)

    def _trend(self, dates: tuple[int, ...]) -> list[np.ndarray]:
        """Return, step by step, what the areas' ratios are multiplied with."""
        city = self.settings.city
        if city is None:
            return [np.ones(self.city.shape)] * len(dates)
        lacking = [str(date) for date in dates if date not in city.index]
        if lacking:
            raise InputError("cohort_city_years", years=", ".join(lacking))
        steps = [replace(cells_of(city.loc[[date]]), areas=self.now.areas[:1]) for date in dates]
        trend = []
        for first, second in pairwise(steps):
            if first.persons.shape[1:] != self.city.shape:
                raise InputError("cohort_city_groups")
            found = parts(first, second, years=self.step, rules=self.settings.rules)
            ratio = divided(found.above[0], found.below[0])
            with np.errstate(divide="ignore", invalid="ignore"):
                factor = ratio / self.city
            trend.append(np.where(np.isfinite(factor), factor, 1.0))
        return trend


def _extended(before: Cells, now: Cells) -> Cells:
    """Return the earlier date with a row of missing cells for each area that it lacks."""
    new = now.areas.difference(before.areas, sort=False)
    rows = np.full((len(new), *before.persons.shape[1:]), np.nan)
    return replace(
        before, areas=before.areas.append(new), persons=np.concatenate([before.persons, rows])
    )


def _child_share(now: Cells, rules: Rules, jump: int) -> np.ndarray:
    """Return sex × age: the share of each sex among children; 1 for those not born in the step."""
    share = np.ones(now.persons.shape[1:])
    children = np.nansum(now.persons[:, :, :jump], axis=0)
    total = children.sum(axis=0)
    half = np.full_like(children, 1 / len(now.sexes))
    own = np.divide(children, total, out=half.copy(), where=total > 0)
    share[:, :jump] = half if rules.child_sex == "half" else own
    return share


def _city_ratios(before: Cells, now: Cells, found: Parts, rules: Rules) -> np.ndarray:
    """Return the ratios of all areas together.

    Areas that appear or vanish between the dates count too, where all cells
    are known; else only the cells that are known at both dates.
    """
    rows = ~np.isnan(before.persons).all(axis=(1, 2))
    if np.isfinite(before.persons[rows]).all() and np.isfinite(now.persons).all():
        first, second = before.persons[rows].sum(axis=0), now.persons.sum(axis=0)
        whole = parts(
            replace(now, persons=first[None]), replace(now, persons=second[None]),
            years=found.jump * now.width, rules=rules,
        )  # fmt: skip
        ratio = divided(whole.above[0], whole.below[0])
    else:
        ratio = _paired(found)
    # Where nobody in the city tells, the next younger group does.
    for age in range(found.jump + 1, ratio.shape[1]):
        ratio[:, age] = np.where(np.isnan(ratio[:, age]), ratio[:, age - 1], ratio[:, age])
    return np.asarray(np.nan_to_num(ratio))


def _paired(found: Parts) -> np.ndarray:
    """Return sums over sums of the areas where both are known."""
    both = np.isfinite(found.above) & np.isfinite(found.below)
    return divided(*(np.where(both, x, 0.0).sum(axis=0) for x in (found.above, found.below)))


def _only_exact(found: Parts, now: Cells, settings: Settings) -> Parts:
    """Return the parts without the cells that are not declared exact."""
    if settings.exact is None:
        return found
    exact = cells_of(settings.exact.astype(float))
    if exact.persons.shape != now.persons.shape or set(exact.areas) != set(now.areas):
        raise InputError("cohort_exact_form")
    kept = exact.persons[exact.areas.get_indexer(now.areas)] > 0
    young = kept[:, :, : found.jump].all(axis=1, keepdims=True)
    mothers = women_weights(now, settings.rules.women, found.jump).any(axis=0)
    young &= kept[:, now.sexes.index("female"), None, :][..., mothers].all(axis=2, keepdims=True)
    kept[:, :, : found.jump] = young
    return replace(found, above=np.where(kept, found.above, np.nan))
