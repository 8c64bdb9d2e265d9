"""Indicators counted by zone: values, why one is not shown, and the counts behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.indicators.persons import Persons
from tsukuba_gis.indicators.rules import COUNTS, RULES, SHARES
from tsukuba_gis.tables import codes, population, too_few

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.indicators.persons import SevereCare
    from tsukuba_gis.indicators.rules import Rule
    from tsukuba_gis.records import Records
    from tsukuba_gis.zones import Zones


def indicator_values(
    records: Records,
    zone_ids: pd.Series[str],
    *,
    zones: Zones,
    names: tuple[str, ...],
    min_count: int = 10,
    severe: SevereCare = "care3-5",
) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series[float]]:
    """Compute indicators for each zone and for the whole city.

    Parameters
    ----------
    records
        Persons.
    zone_ids
        Zone id of each record, on the records' index; missing: in no zone.
    zones
        The zones; their areas (m² of the plane CRS) give densities.
    names
        Which indicators, from :data:`tsukuba_gis.indicators.INDICATORS`.
    min_count
        A rate whose denominator is below it is not shown. For reference
        (real) records, neither is a number whose numerator, or its complement
        in a share, is 1 … ``min_count`` − 1.
    severe
        What heavy care (重度) means: 要介護3–5 (default) or 4–5.

    Returns
    -------
    values, masks, total
        ``values`` and ``masks``: index zone id, one column an indicator (see
        :class:`tsukuba_gis.result.Level`). ``total``: the city's value by
        indicator, over all records that lie in a zone.

    Notes
    -----
    A person whose value is missing counts in neither numerator nor
    denominator. A zone in which nobody has a value is masked ``"missing"`` if
    it has persons, ``"zero"`` if it has none. A household counts in the zone
    of its first record.
    """
    import pandas as pd

    persons = Persons(records.frame, severe)
    zone = codes(zone_ids, zones.ids)
    inside = zone >= 0
    area = zones.frame.geometry.area.to_numpy() / 1e6
    placed = zone[inside]
    people = np.bincount(placed, minlength=len(zones))
    values, masks, total = {}, {}, {}
    for name in names:
        rule = RULES[name]
        top, bottom = (
            np.bincount(placed, weights=part[inside], minlength=len(zones))
            for part in rule.counts(persons)
        )
        mask = _mask(rule, top, bottom, people, min_count, confidential=records.kind == "reference")
        number, city = _quotient(name, top, bottom, area, min_count)
        if (mask == "small").sum() == 1 and name in COUNTS:
            city = np.nan  # the city less the other zones would give the one away
        values[name] = np.where(mask == "", number, np.nan)
        masks[name] = mask
        total[name] = float(city)
    return (
        pd.DataFrame(values, index=zones.ids),
        pd.DataFrame(masks, index=zones.ids),
        pd.Series(total, dtype=float),
    )


def share_counts(
    records: Records,
    zone_ids: pd.Series[str],
    *,
    zones: Zones,
    values: pd.DataFrame,
    severe: SevereCare = "care3-5",
) -> dict[str, pd.DataFrame]:
    """Count who stands above and below the line of every share, for tests of small populations.

    Parameters
    ----------
    records, zone_ids, zones, severe
        As in :func:`indicator_values`.
    values
        Of :func:`indicator_values`: which indicators, and where they are hidden.

    Returns
    -------
    dict
        By indicator with the unit ``"share"``: index zone id, columns of persons that count,
        named like the indicator, and of ``persons`` that they are of; NaN where hidden.
    """
    import pandas as pd

    persons = Persons(records.frame, severe)
    zone = codes(zone_ids, zones.ids)
    inside = zone >= 0
    counts = {}
    for name in values.columns:
        if RULES[name].unit != "share":
            continue
        sums = [
            np.bincount(zone[inside], weights=part[inside], minlength=len(zones))
            for part in RULES[name].counts(persons)
        ]
        table = pd.DataFrame(dict(zip((name, "persons"), sums, strict=True)), index=zones.ids)
        counts[name] = table.where(values[name].notna())
    return counts


def indicator_counts(
    records: Records,
    zone_ids: pd.Series[str],
    *,
    zones: Zones,
    name: str,
    severe: SevereCare = "care3-5",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count the persons above and below the line of a share, by zone, sex and age.

    Parameters
    ----------
    records, zone_ids, zones, severe
        As in :func:`indicator_values`.
    name
        One of :data:`tsukuba_gis.indicators.SHARES`.

    Returns
    -------
    events, persons
        Two tables in the form of :func:`tsukuba_gis.tables.population`. Nothing is hidden: of
        reference records they are confidential. Persons of unknown sex or age are left out.

    Raises
    ------
    InputError
        If the indicator is not a share of persons.
    """
    if name not in SHARES:
        raise InputError("indicator_no_share", name=name, known=", ".join(SHARES))
    top, bottom = RULES[name].counts(Persons(records.frame, severe))
    return (
        population(records, zone_ids, zones=zones.ids, counts=top),
        population(records, zone_ids, zones=zones.ids, counts=bottom),
    )


def _quotient(
    name: str, top: np.ndarray, bottom: np.ndarray, area: np.ndarray, min_count: int
) -> tuple[np.ndarray, float]:
    """Return the number of each zone and of the city, before any is hidden."""
    if name in COUNTS:
        return top.astype(float), float(top.sum())
    if name == "density":
        return top / area, float(top.sum() / area.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        number = top / bottom
    return number, float(top.sum() / bottom.sum()) if bottom.sum() >= min_count else np.nan


def _mask(
    rule: Rule,
    top: np.ndarray,
    bottom: np.ndarray,
    people: np.ndarray,
    min_count: int,
    *,
    confidential: bool,
) -> np.ndarray:
    """Return why each zone's number is not shown (empty text where it is)."""
    if rule.unit in ("persons", "households", "per_km2"):
        small = (top > 0) & (top < min_count) & confidential
        return np.where(small, "small", "")
    few = too_few(
        top, bottom, min_count=min_count, share=rule.unit == "share",
        confidential=confidential and rule.unit in ("share", "ratio"),
    )  # fmt: skip
    empty = np.where((people > 0) & (rule.unit in ("share", "yen")), "missing", "zero")
    return np.where(bottom == 0, empty, np.where(few, "small", ""))
