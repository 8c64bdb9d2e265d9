"""What each indicator means: one table of all, with the two sums that each is counted from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.messages import LANGUAGES, text
from tsukuba_gis.result import Indicator, Unit

if TYPE_CHECKING:
    from tsukuba_gis.indicators.persons import Persons, SevereCare
    from tsukuba_gis.records import Records

# Numerator and denominator of each person; NaN: this person counts in neither.
Counts = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How an indicator is counted: the columns that it needs and its two sums."""

    unit: Unit
    needs: frozenset[str]
    counts: Callable[[Persons], Counts]
    digits: int = 1


def _one(persons: Persons) -> np.ndarray:
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


def _living_alone(persons: Persons) -> Counts:
    size = persons.household_size
    old = persons.age(65)
    return _share(np.where(np.isnan(size), np.nan, size == 1), old)


def _headed_by_65plus(persons: Persons) -> Counts:
    head = np.asarray(persons.frame["relation"] == "head", dtype=float)
    return _share(persons.age(65), head)


RULES: Final[dict[str, Rule]] = {
    "share_65plus": Rule(
        unit="share",
        needs=frozenset({"age"}),
        counts=lambda p: _share(p.age(65), np.ones_like(p.age(65))),
    ),
    "share_75plus": Rule(
        unit="share",
        needs=frozenset({"age"}),
        counts=lambda p: _share(p.age(75), np.ones_like(p.age(75))),
    ),
    "share_0_14": Rule(
        unit="share",
        needs=frozenset({"age"}),
        counts=lambda p: _share(p.age(0, 14), np.ones_like(p.age(0))),
    ),
    "ratio_65_10": Rule(
        unit="ratio",
        needs=frozenset({"age"}),
        counts=lambda p: _over(p.age(65), p.age(0, 10)),
        digits=2,
    ),
    "aging_index": Rule(
        unit="ratio",
        needs=frozenset({"age"}),
        counts=lambda p: _over(p.age(65), p.age(0, 14)),
        digits=2,
    ),
    "child_dependency": Rule(
        unit="ratio",
        needs=frozenset({"age"}),
        counts=lambda p: _over(p.age(0, 14), p.age(15, 64)),
        digits=2,
    ),
    "old_dependency": Rule(
        unit="ratio",
        needs=frozenset({"age"}),
        counts=lambda p: _over(p.age(65), p.age(15, 64)),
        digits=2,
    ),
    "dependency": Rule(
        unit="ratio",
        needs=frozenset({"age"}),
        counts=lambda p: _over(p.age(0, 14) + p.age(65), p.age(15, 64)),
        digits=2,
    ),
    "share_severe_care": Rule(
        unit="share",
        needs=frozenset({"age", "care_level"}),
        counts=lambda p: _share(
            np.where(np.isnan(p.care), np.nan, p.care >= p.severe),
            np.where(np.isnan(p.care), np.nan, 1.0),
        ),
    ),
    "share_severe_of_certified": Rule(
        unit="share",
        needs=frozenset({"age", "care_level"}),
        counts=lambda p: _share(
            np.where(np.isnan(p.care), np.nan, p.care >= p.severe),
            np.where(np.isnan(p.care), np.nan, p.care >= 1),
        ),
    ),
    "share_certified": Rule(
        unit="share",
        needs=frozenset({"age", "care_level"}),
        counts=lambda p: _share(
            np.where(np.isnan(p.care), np.nan, p.care >= 1),
            np.where(np.isnan(p.care), np.nan, 1.0),
        ),
    ),
    "share_living_alone": Rule(
        unit="share", needs=frozenset({"age", "household_id"}), counts=_living_alone
    ),
    "share_headed_65plus": Rule(
        unit="share", needs=frozenset({"age", "relation"}), counts=_headed_by_65plus
    ),
    "cost_per_head": Rule(
        unit="yen",
        needs=frozenset({"medical_cost"}),
        counts=lambda p: _mean(p.number("medical_cost")),
        digits=0,
    ),
    "share_hba1c_high": Rule(
        unit="share",
        needs=frozenset({"hba1c"}),
        counts=lambda p: _mean(
            np.where(np.isnan(p.number("hba1c")), np.nan, p.number("hba1c") >= 6.5)
        ),
    ),
    "household_size": Rule(
        unit="ratio",
        needs=frozenset({"household_id"}),
        counts=lambda p: (
            np.isfinite(p.household_size).astype(float),
            p.first_of_household,
        ),
        digits=2,
    ),
    "density": Rule(
        unit="per_km2",
        needs=frozenset(),
        counts=lambda p: (_one(p), _one(p)),
        digits=0,
    ),
    "population": Rule(
        unit="persons", needs=frozenset(), counts=lambda p: (_one(p), _one(p)), digits=0
    ),
    "households": Rule(
        unit="households",
        needs=frozenset({"household_id"}),
        counts=lambda p: (p.first_of_household, p.first_of_household),
        digits=0,
    ),
}

INDICATORS: Final = tuple(RULES)
# Counts are no rates: they are not mapped as a choropleth, nor tested for clusters.
COUNTS: Final = ("population", "households")
# Shares of persons, which have a sex and an age: those that can be standardised.
SHARES: Final = tuple(
    name for name, rule in RULES.items() if rule.unit == "share" and name != "share_headed_65plus"
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
    if name not in RULES:
        raise InputError("indicator_unknown", name=name, known=", ".join(INDICATORS))
    rule = RULES[name]
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
    return RULES[name].needs


def available(records: Records) -> tuple[str, ...]:
    """Return the names of the indicators that the records' columns allow."""
    columns = set(records.frame.columns)
    return tuple(name for name, rule in RULES.items() if rule.needs <= columns)
