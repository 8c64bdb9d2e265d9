"""What is known of people by zone and age: rates, shares by age, projections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

Chance = Literal["binomial", "poisson"]
RateMethod = Literal["crude", "direct", "indirect", "eb_global", "eb_local"]
ProjectionMethod = Literal["hamilton_perry", "cohort_component"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Rate:
    """A rate by zone, with what it takes to trust it.

    Parameters
    ----------
    indicator
        Name of the rate; its unit is that of the indicator (``indirect``: a ratio
        to what was expected, 1 = as expected).
    method
        ``"direct"`` and ``"indirect"`` are standardised by age (and sex); ``"eb_global"``
        and ``"eb_local"`` are shrunk towards the mean of all zones or of the neighbours.
    standard
        Name of the standard: a model population (direct) or whose rates are expected
        (indirect); ``""`` where none is used.
    centring
        Of ``"eb_local"``: ``"spdep"`` or ``"geoda"``; ``""`` otherwise.
    frame
        Index ``zone_id``; columns ``value``, ``low``, ``high`` (exact interval at
        1 − ``alpha``, NaN where the method has none), ``observed`` (events),
        ``expected`` (NaN where the method has none), ``population`` (persons at risk),
        ``funnel_low`` and ``funnel_high`` (limits within which chance alone would keep
        the crude rate, NaN where the method has none). Missing where masked.
    total
        The rate of the whole city.
    weights
        Of ``"eb_local"``; ``""`` otherwise.
    chance
        What chance is taken to do: ``"binomial"`` (each person counts at most once) or
        ``"poisson"`` (events; a person may have several).
    interval
        How ``low`` and ``high`` were made: ``"wilson"``, ``"clopper_pearson"``, ``"garwood"``,
        ``"fay_feuer"``; ``""`` where there are none.
    sources
        Where events and persons were counted, such as a census and a resident register;
        two names: they were mixed, by the caller's own word.
    """

    indicator: str
    method: RateMethod
    standard: str = ""
    centring: Literal["", "spdep", "geoda"] = ""
    frame: pd.DataFrame = field(repr=False)
    total: float
    alpha: float
    n: int
    n_missing: int
    weights: str = ""
    chance: Chance = "binomial"
    interval: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AgeCurve:
    """A share by age: heavy care, for one, over the ages of those who can need it.

    Parameters
    ----------
    indicator
        Name of the share.
    frame
        Index MultiIndex ``(sex, age_start)``, ``sex`` in ``"all"``, ``"female"``, ``"male"``;
        columns ``observed`` (persons that count), ``population`` (persons of that age),
        ``value``, ``low`` and ``high`` (interval of a proportion at 1 − ``alpha``). Ages are
        half-open ``[age_start, next)``, the last group is open. Missing where masked.
    by_zone
        The share of both sexes in each zone: index ``zone_id``, columns ``age_start``; NaN
        where masked.
    zone_counts
        The persons behind ``by_zone``: on its index, columns ``(count, age_start)``, ``count``
        ``"observed"`` or ``"population"``; missing where masked. They are not written, but say
        what may be: without them (None) no zone of reference records is.
    parts
        What the persons of an age are made of, such as care levels: index ``age_start``,
        one column a part, shares that add up to 1; None: not asked for, or masked.
    interval
        How ``low`` and ``high`` were made.
    """

    indicator: str
    frame: pd.DataFrame = field(repr=False)
    by_zone: pd.DataFrame = field(repr=False)
    zone_counts: pd.DataFrame | None = field(default=None, repr=False)
    parts: pd.DataFrame | None = field(default=None, repr=False)
    alpha: float
    interval: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Projection:
    """Persons by zone, sex and age at dates to come.

    Parameters
    ----------
    years
        Dates, the first is the base (counted, not projected).
    population
        Index ``zone_id``; columns MultiIndex ``(year, sex, age_start)``; NaN where
        the zone is masked.
    low, high
        Bounds of each zone's total: index ``zone_id``, columns ``year``; None
        where no backtest gives them.
    masks
        Why a zone is not projected: index ``zone_id``, :data:`MaskReason`, ``""`` where it is.
    ratios
        Cohort-change ratios used, after shrinkage: index ``zone_id``, columns
        ``(sex, age_start)``; None for the cohort-component method.
    borrowed
        Of the form of ``ratios``: True where the zone has no ratio of its own (nobody was
        there, a count is hidden or not exact, the zone is new) and takes that of the city.
    control
        City totals to which the zones were raked, by year; None: not raked.
    backtest
        Errors of projecting a known date, as shares (0.05: 5 % too many): index: class of
        size (``"all"`` last); columns ``zones``, ``mape``, ``bias``, ``median_ape``; None:
        not done.
    earlier
        The earlier date from which the ratios come; None: none was needed.
    """

    method: ProjectionMethod
    base: int
    step: int
    years: tuple[int, ...]
    population: pd.DataFrame = field(repr=False)
    low: pd.DataFrame | None = field(default=None, repr=False)
    high: pd.DataFrame | None = field(default=None, repr=False)
    masks: pd.Series[str] = field(repr=False)
    ratios: pd.DataFrame | None = field(default=None, repr=False)
    borrowed: pd.DataFrame | None = field(default=None, repr=False)
    control: pd.Series[float] | None = field(default=None, repr=False)
    backtest: pd.DataFrame | None = field(default=None, repr=False)
    earlier: int | None = None
    settings: Mapping[str, object]
    n: int
    n_missing: int
