"""Indicators: what one number per zone means, and how it is counted.

Each indicator is a numerator over a denominator, both sums over persons (or,
for counts, the numerator alone; for density, over the area). One table below
holds them all; the words stand in the messages under ``indicator_NAME``
and ``definition_NAME``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.messages import LANGUAGES, text
from tsukuba_gis.result import Indicator, Unit
from tsukuba_gis.schema import CARE_LEVELS
from tsukuba_gis.tables import codes, population, too_few

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.records import Records
    from tsukuba_gis.zones import Zones

SevereCare = Literal["care3-5", "care4-5"]

# Numerator and denominator of each person; NaN: this person counts in neither.
Counts = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """How an indicator is counted: the columns that it needs and its two sums."""

    unit: Unit
    needs: frozenset[str]
    counts: Callable[[_Persons], Counts]
    digits: int = 1


class _Persons:
    """The columns of the records as plain arrays, made when first asked for and then kept."""

    def __init__(self, frame: pd.DataFrame, severe: SevereCare) -> None:
        self.frame = frame
        self.severe = CARE_LEVELS.index(severe[:5])
        self._numbers: dict[str, np.ndarray] = {}

    def number(self, column: str) -> np.ndarray:
        if column not in self._numbers:
            numbers = self.frame[column].to_numpy(dtype=float, na_value=np.nan)
            self._numbers[column] = np.asarray(numbers)
        return self._numbers[column]

    def age(self, low: int, high: float = np.inf) -> np.ndarray:
        """1 where ``low`` ≤ age ≤ ``high``, 0 elsewhere, NaN where the age is unknown."""
        age = self.number("age")
        return np.where(np.isnan(age), np.nan, (age >= low) & (age <= high))

    @cached_property
    def care(self) -> np.ndarray:
        """Rank of the care level among persons 65+; NaN for others and where unknown."""
        import pandas as pd

        rank = codes(self.frame["care_level"], pd.Index(CARE_LEVELS))
        return np.where((self.age(65) == 1) & (rank >= 0), rank.astype(float), np.nan)

    @cached_property
    def _household(self) -> np.ndarray:
        return np.asarray(self.frame["household_id"].factorize()[0])

    @cached_property
    def household_size(self) -> np.ndarray:
        number = self._household
        sizes = np.bincount(number[number >= 0])
        return np.where(number >= 0, sizes[number], np.nan) if len(sizes) else self.nothing()

    @cached_property
    def first_of_household(self) -> np.ndarray:
        number = self._household
        # Numbered by first appearance: a household's first person has a number above all before.
        before = np.concatenate([[-1], np.maximum.accumulate(number)[:-1]])[: len(number)]
        return (number > before).astype(float)

    def nothing(self) -> np.ndarray:
        return np.full(len(self.frame), np.nan)


def _one(persons: _Persons) -> np.ndarray:
    return np.ones(len(persons.frame))


def _share(part: np.ndarray, whole: np.ndarray) -> Counts:
    """Persons of ``part`` among those of ``whole``; NaN in either leaves the person out."""
    out = np.isnan(part) | np.isnan(whole)
    return np.where(out, 0.0, part * whole), np.where(out, 0.0, whole)


def _over(part: np.ndarray, whole: np.ndarray) -> Counts:
    """Persons of ``part`` over persons of ``whole``, two groups side by side."""
    return np.nan_to_num(part), np.nan_to_num(whole)


def _mean(value: np.ndarray) -> Counts:
    return np.nan_to_num(value), np.isfinite(value).astype(float)


def _living_alone(persons: _Persons) -> Counts:
    size = persons.household_size
    old = persons.age(65)
    return _share(np.where(np.isnan(size), np.nan, size == 1), old)


def _headed_by_65plus(persons: _Persons) -> Counts:
    head = np.asarray(persons.frame["relation"] == "head", dtype=float)
    return _share(persons.age(65), head)


_RULES: Final[dict[str, _Rule]] = {
    "share_65plus": _Rule(
        unit="share",
        needs=frozenset({"age"}),
        counts=lambda p: _share(p.age(65), np.ones_like(p.age(65))),
    ),
    "share_75plus": _Rule(
        unit="share",
        needs=frozenset({"age"}),
        counts=lambda p: _share(p.age(75), np.ones_like(p.age(75))),
    ),
    "share_0_14": _Rule(
        unit="share",
        needs=frozenset({"age"}),
        counts=lambda p: _share(p.age(0, 14), np.ones_like(p.age(0))),
    ),
    "ratio_65_10": _Rule(
        unit="ratio",
        needs=frozenset({"age"}),
        counts=lambda p: _over(p.age(65), p.age(0, 10)),
        digits=2,
    ),
    "aging_index": _Rule(
        unit="ratio",
        needs=frozenset({"age"}),
        counts=lambda p: _over(p.age(65), p.age(0, 14)),
        digits=2,
    ),
    "child_dependency": _Rule(
        unit="ratio",
        needs=frozenset({"age"}),
        counts=lambda p: _over(p.age(0, 14), p.age(15, 64)),
        digits=2,
    ),
    "old_dependency": _Rule(
        unit="ratio",
        needs=frozenset({"age"}),
        counts=lambda p: _over(p.age(65), p.age(15, 64)),
        digits=2,
    ),
    "dependency": _Rule(
        unit="ratio",
        needs=frozenset({"age"}),
        counts=lambda p: _over(p.age(0, 14) + p.age(65), p.age(15, 64)),
        digits=2,
    ),
    "share_severe_care": _Rule(
        unit="share",
        needs=frozenset({"age", "care_level"}),
        counts=lambda p: _share(
            np.where(np.isnan(p.care), np.nan, p.care >= p.severe),
            np.where(np.isnan(p.care), np.nan, 1.0),
        ),
    ),
    "share_severe_of_certified": _Rule(
        unit="share",
        needs=frozenset({"age", "care_level"}),
        counts=lambda p: _share(
            np.where(np.isnan(p.care), np.nan, p.care >= p.severe),
            np.where(np.isnan(p.care), np.nan, p.care >= 1),
        ),
    ),
    "share_certified": _Rule(
        unit="share",
        needs=frozenset({"age", "care_level"}),
        counts=lambda p: _share(
            np.where(np.isnan(p.care), np.nan, p.care >= 1),
            np.where(np.isnan(p.care), np.nan, 1.0),
        ),
    ),
    "share_living_alone": _Rule(
        unit="share", needs=frozenset({"age", "household_id"}), counts=_living_alone
    ),
    "share_headed_65plus": _Rule(
        unit="share", needs=frozenset({"age", "relation"}), counts=_headed_by_65plus
    ),
    "cost_per_head": _Rule(
        unit="yen",
        needs=frozenset({"medical_cost"}),
        counts=lambda p: _mean(p.number("medical_cost")),
        digits=0,
    ),
    "share_hba1c_high": _Rule(
        unit="share",
        needs=frozenset({"hba1c"}),
        counts=lambda p: _mean(
            np.where(np.isnan(p.number("hba1c")), np.nan, p.number("hba1c") >= 6.5)
        ),
    ),
    "household_size": _Rule(
        unit="ratio",
        needs=frozenset({"household_id"}),
        counts=lambda p: (
            np.isfinite(p.household_size).astype(float),
            p.first_of_household,
        ),
        digits=2,
    ),
    "density": _Rule(
        unit="per_km2",
        needs=frozenset(),
        counts=lambda p: (_one(p), _one(p)),
        digits=0,
    ),
    "population": _Rule(
        unit="persons", needs=frozenset(), counts=lambda p: (_one(p), _one(p)), digits=0
    ),
    "households": _Rule(
        unit="households",
        needs=frozenset({"household_id"}),
        counts=lambda p: (p.first_of_household, p.first_of_household),
        digits=0,
    ),
}

INDICATORS: Final = tuple(_RULES)
# Counts are no rates: they are not mapped as a choropleth, nor tested for clusters.
COUNTS: Final = ("population", "households")
# Shares of persons, which have a sex and an age: those that can be standardised.
SHARES: Final = tuple(
    name for name, rule in _RULES.items() if rule.unit == "share" and name != "share_headed_65plus"
)


def indicator(name: str, *, severe: SevereCare = "care3-5") -> Indicator:
    """Return the meaning of an indicator: unit, label and definition in both languages.

    Raises
    ------
    InputError
        If there is no indicator of that name.

    Examples
    --------
    >>> indicator("ratio_65_10").label["en"]
    'Ratio of 65+ to age 10 and under'
    """
    if name not in _RULES:
        raise InputError("indicator_unknown", name=name, known=", ".join(INDICATORS))
    rule = _RULES[name]
    return Indicator(
        name=name,
        unit=rule.unit,
        label={lang: text(f"indicator_{name}", lang, severe=severe[4:]) for lang in LANGUAGES},
        definition={
            lang: text(f"definition_{name}", lang, severe=severe[4:]) for lang in LANGUAGES
        },
        digits=rule.digits,
    )


def needs(name: str) -> frozenset[str]:
    """Return the columns of the records that an indicator is counted from."""
    return _RULES[name].needs


def available(records: Records) -> tuple[str, ...]:
    """Return the names of the indicators that the records' columns allow."""
    columns = set(records.frame.columns)
    return tuple(name for name, rule in _RULES.items() if rule.needs <= columns)


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
        Which indicators, from :data:`INDICATORS`.
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

    persons = _Persons(records.frame, severe)
    zone = codes(zone_ids, zones.ids)
    inside = zone >= 0
    area = zones.frame.geometry.area.to_numpy() / 1e6
    placed = zone[inside]
    people = np.bincount(placed, minlength=len(zones))
    values, masks, total = {}, {}, {}
    for name in names:
        rule = _RULES[name]
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

    persons = _Persons(records.frame, severe)
    zone = codes(zone_ids, zones.ids)
    inside = zone >= 0
    counts = {}
    for name in values.columns:
        if _RULES[name].unit != "share":
            continue
        sums = [
            np.bincount(zone[inside], weights=part[inside], minlength=len(zones))
            for part in _RULES[name].counts(persons)
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
        One of :data:`SHARES`.

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
    top, bottom = _RULES[name].counts(_Persons(records.frame, severe))
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
    rule: _Rule,
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
