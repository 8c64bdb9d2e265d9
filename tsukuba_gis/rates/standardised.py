"""Crude rates, and rates made comparable between zones of other ages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.rates.counts import Counts, as_frame, counts_of
from tsukuba_gis.rates.limits import (
    ShareInterval,
    funnel_limits,
    poisson_interval,
    proportion_interval,
)
from tsukuba_gis.rates.models import model_population
from tsukuba_gis.result import Rate

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.rates.counts import Table
    from tsukuba_gis.result import Chance

    Floats = NDArray[np.float64]

_COLUMNS = (
    "value", "low", "high", "observed", "expected", "population", "funnel_low", "funnel_high",
)  # fmt: skip


def crude(
    events: Table,
    population: Table,
    *,
    indicator: str = "",
    chance: Chance = "binomial",
    interval: ShareInterval = "wilson",
    alpha: float = 0.05,
    mixed: bool = False,
) -> Rate:
    """Return events over persons, with its interval and its funnel.

    Parameters
    ----------
    events, population
        By zone: a series, or a frame with a column each stratum, whose sum counts. NaN:
        no data. Same zones and strata, in any order; the result is on the index of ``events``.
    indicator
        Name of the rate.
    chance
        ``"binomial"``: each person counts at most once; ``"poisson"``: events, of which a
        person may have several.
    interval
        Of a binomial rate; a Poisson rate has Garwood's exact interval.
    alpha
        1 − the coverage of the intervals and of the funnel.
    mixed
        True: events and persons of two sources may be put together (see
        :func:`tsukuba_gis.rates.counted`).

    Returns
    -------
    tsukuba_gis.result.Rate
        ``value`` is missing where there is nobody, never infinite. The funnel is around the
        rate of all zones.

    Raises
    ------
    InputError
        If the tables do not fit each other, or hold negative numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> events, people = (pd.Series(x, ["a", "b"]) for x in ([2.0, 0.0], [8.0, 0.0]))
    >>> rate = crude(events, people)
    >>> rate.frame["value"].tolist(), rate.total
    ([0.25, nan], 0.25)
    """
    counts = counts_of(events, population, chance=chance, mixed=mixed)
    observed, persons = counts.observed, counts.population
    total = total_rate(counts)
    name: str = interval
    if chance == "binomial":
        bounds = proportion_interval(observed, persons, alpha=alpha, interval=interval)
    else:
        bounds = poisson_interval(observed, alpha=alpha).div(persons, axis=0)
        name = "garwood"
    parts = {
        "value": observed / persons,
        **_columns(bounds),
        "observed": observed,
        "population": persons,
        **_funnel(persons, total, alpha, chance),
    }
    return rate_of(
        parts, counts, indicator=indicator, method="crude", total=total, alpha=alpha,
        chance=chance, interval=name,
    )  # fmt: skip


def direct(
    events: pd.DataFrame,
    population: pd.DataFrame,
    *,
    standard: pd.Series[float] | str,
    indicator: str = "",
    chance: Chance = "binomial",
    alpha: float = 0.05,
    mixed: bool = False,
) -> Rate:
    """Return rates that the zones would have if their people were of the standard's ages.

    Σⱼ sⱼ rⱼ / Σⱼ sⱼ, with rⱼ the zone's own rate at age j and sⱼ the standard's persons. Rates of
    zones can be compared with one another; the level means little.

    Parameters
    ----------
    events, population
        Rows zones; columns ``age_start``, or MultiIndex ``(sex, age_start)``. Ages are
        half-open ``[age_start, next)``, the last group is open.
    standard
        Persons of the standard by the same columns, or by ``age_start`` alone (then the sexes
        are added up); its groups may be wider than those of the tables. A name: that model
        population (:data:`tsukuba_gis.rates.MODEL_POPULATIONS`).
    indicator, chance, alpha, mixed
        As in :func:`crude`.

    Returns
    -------
    tsukuba_gis.result.Rate
        ``low`` and ``high`` are the gamma interval of Fay and Feuer, which treats events as
        Poisson counts, whatever ``chance`` says. An age at which no zone has anybody is left out
        of the standard (persons 65 and over, for one, are all who can be certified). A zone
        that has nobody of an age at which others have is missing: its rate there is not
        known. For small zones, use :func:`indirect`. There is no funnel.

    Raises
    ------
    InputError
        If a group of the standard begins where none of the tables does.

    References
    ----------
    Fay & Feuer (1997),
    https://doi.org/10.1002/(SICI)1097-0258(19970415)16:7<791::AID-SIM500>3.0.CO;2-%23.

    Examples
    --------
    >>> import pandas as pd
    >>> events = pd.DataFrame({0: [1.0, 2.0], 65: [30.0, 10.0]}, index=["young", "old"])
    >>> people = pd.DataFrame({0: [100.0, 200.0], 65: [300.0, 100.0]}, index=["young", "old"])
    >>> rate = direct(events, people, standard=pd.Series({0: 900.0, 65: 100.0}))
    >>> rate.frame["value"].round(3).tolist()  # 0.9 · 0.01 + 0.1 · 0.1 in both
    [0.019, 0.019]
    """
    counts = counts_of(events, population, chance=chance, mixed=mixed)
    name = standard if isinstance(standard, str) else _name(standard)
    persons = model_population(standard) if isinstance(standard, str) else standard
    counts = _in_groups_of(counts, persons)
    share = _shares(counts, persons)
    value, low, high = _fay_feuer(counts, share, alpha)
    everybody = Counts(
        events=counts.events.sum().to_frame().T,
        persons=counts.persons.sum().to_frame().T,
        sources=counts.sources,
    )
    parts = {
        "value": value,
        "low": low,
        "high": high,
        "observed": counts.observed,
        "population": counts.population,
    }
    return rate_of(
        parts, counts, indicator=indicator, method="direct", standard=name, alpha=alpha,
        total=float(_fay_feuer(everybody, share, alpha)[0].iloc[0]), chance=chance,
        interval="fay_feuer",
    )  # fmt: skip


def indirect(
    events: Table,
    population: Table,
    *,
    standard: pd.Series[float] | None = None,
    indicator: str = "",
    chance: Chance = "binomial",
    alpha: float = 0.05,
    mixed: bool = False,
) -> Rate:
    """Return observed over expected events: the standardised ratio (SMR, 標準化比).

    Expected are the events that the zone would have if each age had the
    standard's rate: Eᵢ = Σⱼ nᵢⱼ λⱼ. The right measure for small zones: only their total of
    events must be known. Ratios of two zones are, strictly, each
    comparable with the standard and not with one another.

    Parameters
    ----------
    events, population
        As in :func:`direct`; ``events`` may be totals by zone where ``standard`` is given.
    standard
        Rates by the columns of ``population``. None: those of all zones together, so that
        observed and expected events add up to the same.
    indicator, chance, alpha, mixed
        As in :func:`crude`.

    Returns
    -------
    tsukuba_gis.result.Rate
        ``value`` 1: as expected; missing where nothing is expected. ``low`` and ``high``: exact
        Poisson interval (Garwood) over the expected. The funnel is around 1.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({65: [100.0, 300.0], 85: [50.0, 50.0]}, index=["a", "b"])
    >>> rate = indirect(pd.Series([20.0, 20.0], index=["a", "b"]), people,
    ...                 standard=pd.Series({65: 0.05, 85: 0.2}, name="prefecture"))
    >>> rate.frame["expected"].tolist(), rate.frame["value"].round(3).tolist()
    ([15.0, 25.0], [1.333, 0.8])
    """
    if standard is None:
        counts = counts_of(events, population, chance=chance, mixed=mixed)
        totals = counts.persons.sum()
        rates = counts.events.sum() / totals.where(totals > 0)
        name = "city"
    else:
        counts = _totals(events, population, mixed=mixed)
        name = _name(standard)
        rates = standard.reindex(counts.persons.columns)
        if rates.isna().any():
            raise InputError(
                "rates_standard_gap", names=", ".join(map(str, rates[rates.isna()].index))
            )
    expected = (counts.persons * rates.fillna(0.0)).sum(axis=1, skipna=False)
    expected = expected.where(expected > 0)
    observed = counts.observed if standard is None else counts.events["all"]
    known = observed.notna() & expected.notna()
    parts = {
        "value": observed / expected,
        **_columns(poisson_interval(observed, alpha=alpha).div(expected, axis=0)),
        "observed": observed,
        "expected": expected,
        "population": counts.population,
        **_funnel(expected, 1.0, alpha, "poisson"),
    }
    total = float(observed[known].sum() / expected[known].sum()) if known.any() else np.nan
    return rate_of(
        parts, counts, indicator=indicator, method="indirect", standard=name, alpha=alpha,
        total=total, chance=chance, interval="garwood",
    )  # fmt: skip


def total_rate(counts: Counts) -> float:
    """Return the rate of all zones that have data."""
    known = counts.observed.notna() & counts.population.notna()
    persons = float(counts.population[known].sum())
    return float(counts.observed[known].sum()) / persons if persons > 0 else float("nan")


def rate_of(parts: dict[str, pd.Series[float]], counts: Counts, **about: object) -> Rate:
    """Put the columns of a rate into the form of the result, missing as a whole or not at all."""
    import pandas as pd

    frame = pd.DataFrame(
        {name: parts.get(name, np.nan) for name in _COLUMNS}, index=counts.events.index
    ).astype(float)
    known = frame["value"].notna()
    frame.loc[~known] = np.nan
    return Rate(
        frame=frame,
        n=int(known.sum()),
        n_missing=int((~known).sum()),
        sources=counts.sources,
        **about,  # type: ignore[arg-type] # named fields of Rate
    )


def _name(standard: pd.Series[float]) -> str:
    return "given" if standard.name is None else str(standard.name)


def _columns(bounds: pd.DataFrame) -> dict[str, pd.Series[float]]:
    return {str(name): bounds[name] for name in bounds}


def _funnel(
    size: pd.Series[float], target: float, alpha: float, chance: Chance
) -> dict[str, pd.Series[float]]:
    if not np.isfinite(target):
        return {}
    return _columns(funnel_limits(size, target=target, alpha=alpha, chance=chance))


def _totals(events: Table, population: Table, *, mixed: bool) -> Counts:
    """Bring totals of events together with persons by stratum."""
    above, persons = as_frame(events), as_frame(population)
    totals = [table.sum(axis=1, skipna=False) for table in (above, persons)]
    for total, table in zip(totals, (above, persons), strict=True):
        total.attrs = table.attrs
    checked = counts_of(*totals, chance="poisson", mixed=mixed)
    return Counts(
        events=checked.events,
        persons=persons.loc[checked.events.index],
        sources=checked.sources,
    )


def _in_groups_of(counts: Counts, standard: pd.Series[float]) -> Counts:
    """Add strata up to the groups of the standard."""
    import pandas as pd

    columns = counts.persons.columns
    if standard.index.nlevels == columns.nlevels and set(standard.index) == set(columns):
        return counts
    ages = columns.get_level_values("age_start") if columns.nlevels == 2 else columns
    if standard.index.nlevels == 2 or not set(standard.index) <= set(ages):
        raise InputError("rates_groups", found=_listed(columns), standard=_listed(standard.index))
    starts = np.sort(standard.index.to_numpy())
    group = np.searchsorted(starts, ages.to_numpy(), side="right") - 1
    if (group < 0).any():
        raise InputError("rates_groups", found=_listed(columns), standard=_listed(standard.index))
    labels = pd.Index(starts[group], name="age_start")

    def added(table: pd.DataFrame) -> pd.DataFrame:
        renamed = table.set_axis(labels, axis=1)
        return (
            renamed.T.groupby(level=0)
            .sum(min_count=0)
            .T.where(renamed.notna().T.groupby(level=0).all().T)
        )

    return Counts(
        events=added(counts.events), persons=added(counts.persons), sources=counts.sources
    )


def _listed(index: pd.Index[str]) -> str:
    return ", ".join(map(str, index))


def _shares(counts: Counts, standard: pd.Series[float]) -> pd.Series[float]:
    """Return the standard's shares, among the strata in which any zone has persons."""
    persons = standard.reindex(counts.persons.columns).astype(float)
    if not np.isfinite(persons.to_numpy()).all() or (persons < 0).any():
        raise InputError("rates_negative")
    persons = persons.where(counts.persons.sum() > 0, 0.0)
    return persons / persons.sum() if persons.sum() > 0 else persons * np.nan


def _fay_feuer(
    counts: Counts, share: pd.Series[float], alpha: float
) -> tuple[pd.Series[float], pd.Series[float], pd.Series[float]]:
    """Return the standardised rate of each zone and its gamma interval."""
    import pandas as pd
    from scipy.stats import gamma

    used = share[share > 0].index
    events, persons = counts.events[used], counts.persons[used]
    weight = share[used] / persons.where(persons > 0)  # persons of nobody: the zone is missing
    value = (weight * events).sum(axis=1, skipna=False)
    spread = (weight**2 * events).sum(axis=1, skipna=False)
    most = weight.max(axis=1, skipna=False)
    y, v, w = (series.to_numpy(dtype=float) for series in (value, spread, most))
    with np.errstate(invalid="ignore", divide="ignore"):
        low = np.where(y > 0, gamma.ppf(alpha / 2, y**2 / v, scale=v / y), 0.0)
        wide, mean = v + w**2, y + w
        high = gamma.ppf(1 - alpha / 2, mean**2 / wide, scale=wide / mean)
    index = counts.events.index
    return value, pd.Series(np.where(np.isnan(y), np.nan, low), index), pd.Series(high, index)
