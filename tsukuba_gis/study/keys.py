"""What a study file may hold: its tables, their keys, and what the value of each must be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import fields
from typing import Final, get_args

from tsukuba_gis.classes import MOST_EDGES, SCHEMES
from tsukuba_gis.correlation.pairs import Adjustment, Correction
from tsukuba_gis.indicators import INDICATORS, SHARES, SevereCare
from tsukuba_gis.io.polygons import Fix
from tsukuba_gis.messages import LANGUAGES
from tsukuba_gis.rates import MODEL_POPULATIONS
from tsukuba_gis.rates.bayes import Centring
from tsukuba_gis.records import RecordKind
from tsukuba_gis.result import (
    FORMATS,
    CorrelationMethod,
    ProjectionMethod,
    RateMethod,
    RegressionModel,
    TileSource,
)
from tsukuba_gis.study.description import (
    LOCAL_STATISTICS,
    STATISTICS,
    CorrelationRule,
    RateRule,
    RecordSource,
    RegionRule,
    RegressionRule,
    Study,
    ZoneSource,
)
from tsukuba_gis.study.outlook import (
    EarlierTable,
    EconomySource,
    FlowSource,
    HousingRule,
    InstitutionRule,
    ProjectionRule,
    Shrinkage,
)
from tsukuba_gis.zones import ZoneKind

# What the value of each key must be; ``kind`` differs between tables.
_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "study.lang": LANGUAGES,
    "study.severe": get_args(SevereCare),
    "study.alternative": ("two-sided", "directed"),
    "study.tiles": get_args(TileSource),
    "records.kind": get_args(RecordKind),
    "records.on_error": ("stop", "skip"),
    "zones.kind": get_args(ZoneKind),
    "regions.zones": get_args(ZoneKind),
    "zones.match": ("point", "code"),
    "rates.indicator": SHARES,
    "rates.method": get_args(RateMethod),
    "rates.standard": ("city", *MODEL_POPULATIONS),
    "rates.centring": get_args(Centring),
    "rates.zones": get_args(ZoneKind),
    "correlations.method": get_args(CorrelationMethod),
    "correlations.adjustment": get_args(Adjustment),
    "correlations.correction": get_args(Correction),
    "correlations.zones": get_args(ZoneKind),
    "regressions.outcome": INDICATORS,
    "regressions.model": get_args(RegressionModel),
    "regressions.zones": get_args(ZoneKind),
    "projection.method": get_args(ProjectionMethod),
    "projection.shrinkage": get_args(Shrinkage),
    "projection.zones": get_args(ZoneKind),
    "earlier.zones": get_args(ZoneKind),
    "housing.zones": get_args(ZoneKind),
    "institutions.zones": get_args(ZoneKind),
    "flows.kind": ("migration", "commuting"),
}
_LISTS: Final[dict[str, tuple[str, ...]]] = {
    "study.indicators": INDICATORS,
    "study.outputs": FORMATS,
    "study.statistics": STATISTICS,
    "study.local_statistics": LOCAL_STATISTICS,
    "study.age_curves": SHARES,
    "regions.indicators": INDICATORS,
    "correlations.indicators": INDICATORS,
    "correlations.given": INDICATORS,
    "regressions.explanatory": INDICATORS,
    "projection.exact": get_args(ZoneKind),
    "zones.fixes": get_args(Fix),
}
_YEARS: Final = (1900, 2200)
_WHOLE: Final = {
    "study.min_count": (1, 1_000_000),
    "study.permutations": (99, 10_000_000),
    "study.seed": (0, 2**63 - 1),
    "regions.k": (2, 100_000),
    "regions.floor": (1, 100_000_000),
    "projection.base": _YEARS,
    "projection.until": _YEARS,
    "earlier.year": _YEARS,
    "housing.year": _YEARS,
    "housing.persons": (1, 1_000_000),
    "institutions.since": _YEARS,
    "institutions.closes": _YEARS,
}
_REAL: Final = {
    "study.alpha": (0.0, 1.0),
    "zones.nearest": (0.0, 100_000.0),
    "projection.cap": (1.0, 1_000.0),
    "projection.reach": (1.0, 100_000.0),
    "projection.boys_per_girl": (0.5, 2.0),
}
_FLAGS: Final = ("study.fdr", "study.certify")
_OWN_TABLES: Final = {
    "records", "zones", "regions", "rates", "correlations", "regressions", "projection",
    "flows", "economy", "pseudo",
}  # fmt: skip
KEYS: Final[dict[str, set[str]]] = {
    "study": {entry.name for entry in fields(Study)} - _OWN_TABLES | {"title_en"},
    "records": {entry.name for entry in fields(RecordSource)} - {"size"},
    "zones": {entry.name for entry in fields(ZoneSource)},
    "regions": {entry.name for entry in fields(RegionRule)},
    "rates": {entry.name for entry in fields(RateRule)},
    "correlations": {entry.name for entry in fields(CorrelationRule)},
    "regressions": {entry.name for entry in fields(RegressionRule)},
    "projection": {entry.name for entry in fields(ProjectionRule)},
    "earlier": {entry.name for entry in fields(EarlierTable)},
    "housing": {entry.name for entry in fields(HousingRule)},
    "institutions": {entry.name for entry in fields(InstitutionRule)},
    "flows": {entry.name for entry in fields(FlowSource)},
    "economy": {entry.name for entry in fields(EconomySource)},
}
# What an entry of a list of tables cannot do without.
MUST: Final[dict[str, set[str]]] = {
    "rates": {"indicator"},
    "correlations": {"indicators"},
    "regressions": {"outcome", "explanatory"},
    "earlier": {"year", "path"},
    "housing": {"area", "year", "persons"},
    "institutions": {"area", "residents"},
    "flows": {"path"},
}
# Keys that go with one method only.
GOES_WITH: Final = {"standard": "direct", "centring": "eb_local", "given": "partial"}
BY_CHANGE: Final = {"earlier", "shrinkage", "cap", "reach", "exact"}
BY_RATES: Final = {"survival", "fertility", "migration", "boys_per_girl"}
FILES: Final = (
    "path", "concordance", "control", "places", "residents", "survival", "fertility", "migration",
)  # fmt: skip
TABLES: Final = (*sorted(set(KEYS) - {"earlier", "housing", "institutions"}), "pseudo")


def misfit(key: str, value: object) -> tuple[str, dict[str, object]] | None:
    """Return why a value is not of its key's form, as a message and its values; None if it is."""
    if key in _CHOICES:
        fits = isinstance(value, str) and value in _CHOICES[key]
        known = ", ".join(_CHOICES[key])
    elif key in _LISTS:
        names = value if isinstance(value, list) else [None]
        fits = all(isinstance(one, str) and one in _LISTS[key] for one in names)
        fits = fits and len(set(names)) == len(names)
        known = ", ".join(_LISTS[key])
    elif key in _FORMS:
        form, known = _FORMS[key]
        fits = form(value)
    elif key in _WHOLE or key in _REAL:
        return _misfit_of_number(key, value)
    elif key in _FLAGS:
        fits, known = isinstance(value, bool), "true, false"
    elif key == "records.reference_date":
        # A date, not a moment: datetime is a subclass of date.
        fits, known = type(value) is dt.date, "2019-04-01"
    else:
        fits, known = isinstance(value, str) and bool(value), '"text"'
    return None if fits else ("study_choice", {"known": known})


def _misfit_of_number(key: str, value: object) -> tuple[str, dict[str, object]] | None:
    low, high = (_WHOLE | _REAL)[key]
    kinds = int if key in _WHOLE else int | float
    # NaN fails every comparison, infinity the upper one.
    fits = not isinstance(value, bool) and isinstance(value, kinds) and low <= value <= high
    if fits and not (key == "study.alpha" and value in (0, 1)):
        return None
    # Years have no thousands separators.
    least, most = map(str, _YEARS) if (low, high) == _YEARS else (low, high)
    return "study_number", {"least": least, "most": most}


def _are_groups(value: object) -> bool:
    """Tell whether a value is a list of lists of two or more different indicators."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(
            isinstance(group, list)
            and len(group) > 1
            and all(isinstance(name, str) and name in INDICATORS for name in group)
            and len(set(group)) == len(group)
            for group in value
        )
    )


def _are_cuts(value: object) -> bool:
    """Tell whether a value names a way to cut classes, or inner edges, by indicator."""
    return isinstance(value, dict) and all(
        name in INDICATORS
        and (
            cut in SCHEMES
            if isinstance(cut, str)
            else isinstance(cut, list)
            and 0 < len(cut) <= MOST_EDGES
            and all(isinstance(edge, int | float) and not isinstance(edge, bool) for edge in cut)
        )
        for name, cut in value.items()
    )


def _are_totals(value: object) -> bool:
    """Tell whether a value names totals of flows by place and side."""
    return isinstance(value, dict) and all(
        isinstance(totals, dict)
        and set(totals) <= {"inflow", "outflow"}
        and all(isinstance(n, int) and not isinstance(n, bool) for n in totals.values())
        for totals in value.values()
    )


def _are_roles(value: object) -> bool:
    """Tell whether a value names a column by role."""
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


# Keys whose values have a form of their own: how to tell, and an example.
_FORMS: Final[dict[str, tuple[Callable[[object], bool], str]]] = {
    "study.together": (_are_groups, '[["share_65plus", "density"], …]'),
    "study.classes": (_are_cuts, '{ share_65plus = "natural", ratio_65_10 = [1, 2] }'),
    "records.roles": (_are_roles, '{ role = "column" }'),
    "flows.stated": (_are_totals, '{ "place" = { inflow = 43509 } }'),
}
