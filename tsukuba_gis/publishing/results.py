"""What may leave of a study: the result, or one of its parts, as it may be written."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.messages import LANGUAGES, text
from tsukuba_gis.publishing.terms import LEAST_COUNT
from tsukuba_gis.tables import guarded, hide_small, too_few

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from tsukuba_gis.messages import Language
    from tsukuba_gis.publishing.terms import Terms
    from tsukuba_gis.records import RecordKind
    from tsukuba_gis.result import (
        AgeCurve,
        Economy,
        Flows,
        Indicator,
        Level,
        Projection,
        Rate,
        Regions,
        Regression,
        Result,
    )

Part = TypeVar("Part", "Rate", "Flows", "Projection", "Economy")
Held = TypeVar("Held")


def publishable(result: Result) -> Result:
    """Return a result as it may be written; every writer calls this first.

    Parameters
    ----------
    result
        Of any kind of records. That of pseudo or invented ones comes back as it is.

    Returns
    -------
    Result
        Of reference records: with every number of persons from 1 to ``min_count`` − 1 hidden,
        and with it what would give it away: other cells of its row
        (:func:`tsukuba_gis.tables.hide_small`), rates and statistics of the zone.

    Raises
    ------
    DisclosureError
        If the notice of its kind of records is missing in a language, if it does not say
        which version made it under which settings, or if reference records come with a
        ``min_count`` under 3.

    Notes
    -----
    The guard is the last of several: a study hides small numbers before any statistic is
    computed from them. It does not guard against tables subtracted from one another, and the
    notice of reference records says so.

    Examples
    --------
    >>> from tsukuba_gis.study import demo_study, run
    >>> result = run(demo_study(size=2_000))  # doctest: +SKIP
    >>> publishable(result) is result  # doctest: +SKIP
    True
    """
    check_notices(result.notices, kind=result.kind, min_count=result.min_count)
    if not result.provenance.version or not result.provenance.settings:
        raise DisclosureError("publishing_no_provenance")
    if result.kind != "reference":
        return result
    if result.min_count < LEAST_COUNT:
        raise DisclosureError("publishing_min_count", least=LEAST_COUNT, k=result.min_count)
    units = {one.name: one.unit for one in result.indicators}
    return replace(
        result,
        levels=tuple(_level(level, units, result.min_count) for level in result.levels),
        flows=tuple(_flows(one, result.min_count) for one in result.flows),
    )


def check_notices(
    notices: Mapping[Language, tuple[str, ...]], *, kind: RecordKind, min_count: int
) -> None:
    """Raise unless the notice that a kind of records needs is there, in both languages.

    Examples
    --------
    >>> check_notices({"ja": (), "en": ()}, kind="pseudo", min_count=10)
    Traceback (most recent call last):
    ...
    tsukuba_gis.errors.DisclosureError: The result lacks the notice: Pseudo data: results do not ...
    """
    key = "notice_reference" if kind == "reference" else "notice_pseudo"
    for lang in LANGUAGES:
        needed = text(key, lang, k=min_count)
        if needed not in notices.get(lang, ()):
            raise DisclosureError("publishing_no_notice", notice=text(key, "en", k=min_count))


def publishable_level(level: Level, indicators: tuple[Indicator, ...], *, terms: Terms) -> Level:
    """Return a level as a map or a table of it may be written: see :class:`Terms`.

    Raises
    ------
    DisclosureError
        If nobody said whose numbers they are, and some number of persons is small.
    """
    units = {one.name: one.unit for one in indicators}
    return _guarded(level, lambda: _level(level, units, terms.min_count), terms)


def publishable_part(part: Part, *, terms: Terms) -> Part:
    """Return rates, flows, a projection or industries as a table of them may be written.

    Raises
    ------
    DisclosureError
        If nobody said whose numbers they are, and some number of persons is small.
    """
    hide: Any = {"Rate": _share, "Flows": _flows, "Projection": _projection, "Economy": _economy}
    return _guarded(part, lambda: hide[type(part).__name__](part, terms.min_count), terms)


def _guarded(whole: Held, hidden: Callable[[], Held], terms: Terms) -> Held:
    """Return what may be written; raise if something is hidden though nobody said what it is."""
    if not terms.guarded:
        return whole
    left = hidden()
    if terms.records == "unknown" and _empty(left) > _empty(whole):
        raise DisclosureError("publishing_small_parts", k=terms.min_count - 1)
    return left


def _empty(found: Any) -> int:
    """Return how many cells of the tables of a finding are empty."""
    import pandas as pd

    tables = [getattr(found, one.name) for one in fields(found)]
    return sum(int(one.isna().sum().sum()) for one in tables if isinstance(one, pd.DataFrame))


def _small(values: Any, least: int) -> np.ndarray:
    numbers = np.asarray(values, dtype=float)
    with np.errstate(invalid="ignore"):
        return np.asarray((numbers > 0) & (numbers < least))


def _level(level: Level, units: Mapping[str, str], least: int) -> Level:
    values, masks = level.values.copy(), level.masks.copy()
    area = level.zones.frame.geometry.area.to_numpy() / 1e6
    for name in map(str, values):
        persons = values[name] * area if units.get(name) == "per_km2" else values[name]
        if units.get(name) in ("persons", "households", "per_km2"):
            masks.loc[_small(np.rint(persons), least), name] = "small"
        values.loc[masks[name] != "", name] = np.nan
    counts = [name for name in map(str, values) if units.get(name) in ("persons", "households")]
    alone = [name for name in counts if (masks[name] == "small").sum() == 1]
    total = level.total.copy()
    total.loc[alone] = np.nan  # the city less the other zones would give the one away
    hidden = {name: values.index[values[name].isna()] for name in map(str, values)}
    regions = None if level.regions is None else _regions(level.regions, least)
    projection = None if level.projection is None else _projection(level.projection, least)
    return replace(
        level,
        population=hide_small(level.population, min_count=least),
        values=values,
        masks=masks,
        total=total,
        lisa={name: _local(one, hidden.get(name)) for name, one in level.lisa.items()},
        local=tuple(_local(one, *(hidden.get(name) for name in one.indicator))
                    for one in level.local),
        rates=tuple(_rate(one, units.get(one.indicator, "share"), least) for one in level.rates),
        age_curves=tuple(_age_curve(one, least) for one in level.age_curves),
        regressions=tuple(_regression(one, hidden.get(one.outcome)) for one in level.regressions),
        regions=regions,
        projection=projection,
    )  # fmt: skip


def _local(one: Any, *hidden: pd.Index[str] | None) -> Any:
    """Empty the rows of zones without a value: a standardised value tells the value."""
    frame = one.frame.copy()
    for zones in hidden:
        if zones is None:
            continue
        rows = frame.index.intersection(zones)
        numbers = [name for name in frame.columns if name not in ("cluster", "neighbours")]
        frame.loc[rows, numbers] = np.nan
        frame.loc[rows, "cluster"] = "missing"
    return replace(one, frame=frame)


def _rate(one: Rate, unit: str, least: int) -> Rate:
    """Empty the rows of zones with few events, few others, or few persons at risk."""
    frame = one.frame.astype(float)
    few = _small(frame["observed"], least) | _small(frame["population"], least)
    if unit == "share":
        few |= _small(frame["population"] - frame["observed"], least)
    frame.loc[few] = np.nan
    return replace(one, frame=frame)


def _share(one: Rate, least: int) -> Rate:
    """Empty rows of a rate of which nothing says whether one person has several events."""
    return _rate(one, "share", least)


def _economy(one: Economy, least: int) -> Economy:
    """Empty the industries of few persons."""
    frame = one.frame.astype(float)
    frame.loc[_small(frame["start"], least) | _small(frame["end"], least)] = np.nan
    return replace(one, frame=frame)


def _age_curve(one: AgeCurve, least: int) -> AgeCurve:
    """Empty the ages with few events, few others, or few persons in a part, of either sex."""
    frame = one.frame.astype(float)
    rest = frame["population"] - frame["observed"]
    few = _small(frame["observed"], least) | _small(frame["population"], least)
    few |= _small(rest, least)
    frame.loc[few] = np.nan
    # All less one sex is the other: where one is hidden, neither is shown.
    sexes = frame.index.get_level_values("sex")
    ages = frame.index.get_level_values("age_start")
    frame.loc[(sexes != "all") & ages.isin(ages[few])] = np.nan
    parts = one.parts
    if parts is not None:
        city: Any = frame.loc["all", "population"]
        counts = parts.mul(city.reindex(parts.index), axis=0)
        unknown = counts.isna().all(axis=1).to_numpy()
        few_parts = _small(np.rint(counts), least).any(axis=1) | unknown
        parts = parts.astype(float)
        parts.loc[few_parts] = np.nan
    return replace(_age_zones(one, least), frame=frame, parts=parts)


def _age_zones(one: AgeCurve, least: int) -> AgeCurve:
    """Empty the ages of zones with few persons, and others that their sums would tell them by."""
    by_zone, counts = one.by_zone.astype(float), one.zone_counts
    if counts is None:  # nothing says how many persons stand behind a share
        return replace(one, by_zone=by_zone * np.nan)
    observed: Any = counts["observed"][by_zone.columns]
    population: Any = counts["population"][by_zone.columns]
    few = too_few(observed.to_numpy(), population.to_numpy(), min_count=least, confidential=True)
    hide = by_zone.isna() | observed.isna() | few
    if few.any():
        hide = guarded(hide, observed)
    both: Any = counts.copy()
    for name in ("observed", "population"):
        both[name] = both[name].mask(hide)
    return replace(one, by_zone=by_zone.mask(hide), zone_counts=both)


def _regression(one: Regression, hidden: pd.Index[str] | None) -> Regression:
    frame = one.frame.copy()
    if hidden is not None:
        frame.loc[frame.index.intersection(hidden)] = np.nan
    return replace(one, frame=frame)


def _regions(one: Regions, least: int) -> Regions:
    return replace(one, sums=None if one.sums is None else one.sums.mask(_small(one.sums, least)))


def _projection(one: Projection, least: int) -> Projection:
    """Hide the small cells of the base, which is counted, and the zones that would tell them."""
    population = one.population.copy()
    base: Any = population[one.base]
    safe = hide_small(base, min_count=least)
    for column in safe.columns:
        population[one.base, *column] = safe[column]
    persons = base.sum(axis=1, skipna=False)
    few = population.index[_small(persons, least)]
    population.loc[few] = np.nan
    masks = one.masks.copy()
    masks.loc[few] = "small"
    further: Any = {
        name: None if frame is None else _without(frame, few)
        for name, frame in (("low", one.low), ("high", one.high), ("ratios", one.ratios))
    }
    return replace(one, population=population, masks=masks, **further)


def _without(frame: pd.DataFrame, zones: pd.Index[str]) -> pd.DataFrame:
    """Return a frame whose rows of some zones are empty."""
    emptied = frame.astype(float)
    emptied.loc[emptied.index.intersection(zones)] = np.nan
    return emptied


def _flows(one: Flows, least: int) -> Flows:
    """Hide pairs of few persons, and places whose sums would tell them."""
    pairs = one.pairs.copy()
    few = _small(pairs["persons"], least)
    pairs["persons"] = pairs["persons"].astype(float).mask(few)
    places = one.places.copy()
    for key, side in (("inflow", "destination"), ("outflow", "origin")):
        alone = pairs.loc[few, side].value_counts()
        told = places.index.isin(alone.index[alone == 1]) | _small(places[key], least)
        derived = [name for name in ("net", "gross", "effectiveness", "net_rate") if name in places]
        places.loc[told, [key, *derived]] = np.nan
    return replace(one, pairs=pairs, places=places)
