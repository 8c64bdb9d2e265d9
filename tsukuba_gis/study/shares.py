"""Rates and age curves of one level: counted from the records, then hidden where they must be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.tables import by_age, too_few

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.neighbours import GraphLike
    from tsukuba_gis.records import Records
    from tsukuba_gis.result import AgeCurve, Rate
    from tsukuba_gis.study.description import RateRule, Study
    from tsukuba_gis.zones import Zones


def shares_of(
    study: Study,
    records: Records,
    zone_ids: pd.Series[str],
    *,
    zones: Zones,
    graph: GraphLike,
    total: pd.Series[float],
) -> dict[str, Any]:
    """Return the parts of a :class:`tsukuba_gis.result.Level` that need sexes and ages.

    A rate of few persons is not shown; of records of real people, neither is one with few
    events or few others, whatever the method, and what is not shown takes no part in
    smoothing. ``total`` holds the city's indicators as far as they may be shown.
    """
    return {
        "rates": tuple(
            _shown_rate(rule, study, records, zone_ids, zones=zones, graph=graph, total=total)
            for rule in study.rates
            if rule.zones in (None, zones.kind)
        ),
        "age_curves": age_curves_of(study, records, zone_ids, zones=zones),
    }


def _shown_rate(
    rule: RateRule,
    study: Study,
    records: Records,
    zone_ids: pd.Series[str],
    *,
    zones: Zones,
    graph: GraphLike,
    total: pd.Series[float],
) -> Rate:
    """Compute one rate on one level, and hide the zones that may not be shown."""
    from tsukuba_gis.indicators import indicator_counts
    from tsukuba_gis.rates import counted

    confidential = records.kind == "reference"
    name = rule.indicator
    events, persons = indicator_counts(
        records, zone_ids, zones=zones, name=name, severe=study.severe
    )
    hide = _hidden(events, persons, min_count=study.min_count, confidential=confidential)
    smooth = rule.method in ("eb_global", "eb_local")
    if smooth and confidential:
        events = _without(events, hide)
    elif smooth:
        hide = persons.sum(axis=1).to_numpy() == 0  # few persons are what smoothing is for
    events, persons = (counted(table, source=records.source) for table in (events, persons))
    rate = _rate(rule, events, persons, graph, study.alpha)
    frame = _without(rate.frame, hide)
    n = int(frame["value"].notna().sum())
    city = float(total[name])
    if np.isfinite(city) and not smooth:
        city = rate.total
    return replace(rate, frame=frame, n=n, n_missing=len(frame) - n, total=city)


def _hidden(
    events: pd.DataFrame, persons: pd.DataFrame, *, min_count: int, confidential: bool
) -> np.ndarray:
    """Return the zones whose rate may not be shown."""
    top, bottom = events.sum(axis=1).to_numpy(), persons.sum(axis=1).to_numpy()
    hide = too_few(top, bottom, min_count=min_count, confidential=confidential)
    if confidential and (hide & (bottom > 0)).sum() == 1 and not hide.all():
        # The city less the other zones would give the one away: the next smallest goes too.
        hide[int(np.where(hide, np.inf, top).argmin())] = True
    return hide


def _without(table: pd.DataFrame, hide: np.ndarray) -> pd.DataFrame:
    table = table.copy()
    table.loc[hide] = np.nan
    return table


def _rate(
    rule: RateRule, events: pd.DataFrame, persons: pd.DataFrame, graph: GraphLike, alpha: float
) -> Rate:
    """Return one rate, before any zone is hidden."""
    from tsukuba_gis import rates

    name = rule.indicator
    if rule.method == "direct":
        standard = persons.sum().rename("city") if rule.standard == "city" else rule.standard
        return rates.direct(events, persons, standard=standard, indicator=name, alpha=alpha)
    if rule.method == "indirect":
        return rates.indirect(events, persons, indicator=name, alpha=alpha)
    if rule.method == "eb_global":
        return rates.eb_global(events, persons, indicator=name)
    if rule.method == "eb_local":
        return rates.eb_local(events, persons, graph, centring=rule.centring, indicator=name)
    return rates.crude(events, persons, indicator=name, alpha=alpha)


def age_curves_of(
    study: Study, records: Records, zone_ids: pd.Series[str], *, zones: Zones
) -> tuple[AgeCurve, ...]:
    """Compute how the shares that the study names change with age."""
    from tsukuba_gis.indicators import indicator_counts, needs
    from tsukuba_gis.rates import age_curve
    from tsukuba_gis.schema import CARE_LEVELS

    found = []
    for name in study.age_curves:
        events, persons = indicator_counts(
            records, zone_ids, zones=zones, name=name, severe=study.severe
        )
        levels = None
        if "care_level" in needs(name):
            # Of all whose level is known, or of the certified: those below the line.
            below = CARE_LEVELS[1:] if name == "share_severe_of_certified" else CARE_LEVELS
            levels = by_age(records, zone_ids, column="care_level", values=below)
        found.append(
            age_curve(
                events,
                persons,
                indicator=name,
                parts=levels,
                alpha=study.alpha,
                min_count=study.min_count,
                confidential=records.kind == "reference",
            )
        )
    return tuple(found)
