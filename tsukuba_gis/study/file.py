"""Study files: TOML in, a :class:`Study` out, every key checked."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar, get_args

from tsukuba_gis.classes import MOST_EDGES, SCHEMES
from tsukuba_gis.correlation.pairs import Adjustment, Correction
from tsukuba_gis.errors import InputError
from tsukuba_gis.indicators import INDICATORS, SHARES, SevereCare
from tsukuba_gis.io.polygons import Fix
from tsukuba_gis.messages import LANGUAGES
from tsukuba_gis.pseudo.spec import Spec
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
from tsukuba_gis.schema import role_of
from tsukuba_gis.study.description import (
    LOCAL_STATISTICS,
    OF_GROUPS,
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

_Rule = TypeVar(
    "_Rule",
    RateRule,
    CorrelationRule,
    RegressionRule,
    EarlierTable,
    FlowSource,
    HousingRule,
    InstitutionRule,
)


def read_study(path: Path | str) -> Study:
    """Read a study file (TOML).

    Paths in it are relative to the file. See ``examples/study.toml``.

    Raises
    ------
    InputError
        If the file is not TOML, or holds an unknown key or a value that does not fit.
    """
    path = Path(path)
    shown = path.name or str(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("file_missing", path=shown) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("study_unreadable", path=shown, why=type(error).__name__) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError("study_not_toml", path=shown, why=str(error)) from None
    reader = _StudyReader(path)
    for name in content:
        if name not in _TABLES:
            reader.refuse("study_key_unknown", key=name, known=", ".join(_TABLES))
    study = reader.table(content.get("study", {}), "study")
    records = reader.located(reader.table(content.get("records", {}), "records"))
    if "path" not in records or "kind" not in records:
        reader.refuse("study_records_incomplete")
    title = study.pop("title", path.stem)
    for name in ("indicators", "outputs", "statistics", "local_statistics", "age_curves"):
        if study.get(name):
            study[name] = tuple(study[name])
        else:
            study.pop(name, None)
    study["together"] = reader.together(study)
    study["classes"] = _cuts(study)
    if "alpha" in study:
        study["alpha"] = float(study["alpha"])
    return Study(
        title={"ja": title, "en": study.pop("title_en", title)},
        records=RecordSource(**records),
        zones=reader.zones(content.get("zones"), needed="pseudo" not in content),
        rates=reader.each(content, "rates", RateRule),
        correlations=reader.each(content, "correlations", CorrelationRule),
        regressions=reader.each(content, "regressions", RegressionRule),
        flows=reader.each(content, "flows", FlowSource),
        **reader.singles(content),
        **study,
    )


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
_KEYS: Final[dict[str, set[str]]] = {
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
_MUST: Final[dict[str, set[str]]] = {
    "rates": {"indicator"},
    "correlations": {"indicators"},
    "regressions": {"outcome", "explanatory"},
    "earlier": {"year", "path"},
    "housing": {"area", "year", "persons"},
    "institutions": {"area", "residents"},
    "flows": {"path"},
}
# Keys that go with one method only.
_GOES_WITH: Final = {"standard": "direct", "centring": "eb_local", "given": "partial"}
_BY_CHANGE: Final = {"earlier", "shrinkage", "cap", "reach", "exact"}
_BY_RATES: Final = {"survival", "fertility", "migration", "boys_per_girl"}
_FILES: Final = (
    "path", "concordance", "control", "places", "residents", "survival", "fertility", "migration",
)  # fmt: skip
_TABLES: Final = (*sorted(set(_KEYS) - {"earlier", "housing", "institutions"}), "pseudo")


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


def _cuts(study: dict[str, Any]) -> dict[str, str | tuple[float, ...]]:
    """Return how classes are cut, by indicator: a scheme, or edges."""
    return {
        name: cut if isinstance(cut, str) else tuple(map(float, cut))
        for name, cut in study.get("classes", {}).items()
    }


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


class _StudyReader:
    """Turns the tables of a TOML file into a Study, or says which key does not fit."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def refuse(self, message: str, **values: object) -> NoReturn:
        raise InputError(message, path=self.path.name, **values)

    def table(self, content: object, name: str) -> dict[str, Any]:
        """Return one table after checking its keys and values."""
        if not isinstance(content, dict):
            self.refuse("study_not_table", key=name)
        for key, value in content.items():
            if key not in _KEYS[name]:
                known = ", ".join(sorted(_KEYS[name]))
                self.refuse("study_key_unknown", key=f"{name}.{key}", known=known)
            self.check(f"{name}.{key}", value)
        return dict(content)

    def check(self, key: str, value: object) -> None:
        """Refuse a value that is not of its key's form."""
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
            self.check_number(key, value)
            return
        elif key in _FLAGS:
            fits, known = isinstance(value, bool), "true, false"
        elif key == "records.reference_date":
            # A date, not a moment: datetime is a subclass of date.
            fits, known = type(value) is dt.date, "2019-04-01"
        else:
            fits, known = isinstance(value, str) and bool(value), '"text"'
        if not fits:
            self.refuse("study_choice", key=key, known=known)

    def check_number(self, key: str, value: object) -> None:
        low, high = (_WHOLE | _REAL)[key]
        kinds = int if key in _WHOLE else int | float
        # NaN fails every comparison, infinity the upper one.
        if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
            # Years have no thousands separators.
            bounds = map(str, _YEARS) if (low, high) == _YEARS else (low, high)
            self.refuse(
                "study_number", key=key, **dict(zip(("least", "most"), bounds, strict=True))
            )
        if key == "study.alpha" and value in (0, 1):
            self.refuse("study_number", key=key, least=low, most=high)

    def located(self, table: dict[str, Any]) -> dict[str, Any]:
        for key in _FILES:
            if key in table:
                table[key] = self.path.parent / table[key]
        return table

    def zones(self, content: object, *, needed: bool) -> tuple[ZoneSource, ...]:
        """Return the sets of zones; making pseudo records goes without."""
        if content is None and not needed:
            return ()
        if not isinstance(content, list) or not content:
            self.refuse("study_no_zones")
        sources = []
        for number, one in enumerate(content):
            table = self.located(self.table(one, "zones"))
            if "kind" not in table:
                self.refuse("study_zone_kind", number=number + 1)
            unused = sorted({"layer", "id", "name", "crs", "fixes"} & set(table))
            if unused and "path" not in table:
                self.refuse("study_zone_unused", number=number + 1, key=unused[0])
            sources.append(ZoneSource(**{**table, "fixes": tuple(table.get("fixes", ()))}))
        return tuple(sources)

    def together(self, study: dict[str, Any]) -> tuple[tuple[str, ...], ...]:
        """Return the groups of indicators; refuse groups, or statistics of them, alone."""
        groups = tuple(map(tuple, study.get("together", ())))
        asked = (*study.get("statistics", ()), *study.get("local_statistics", ()))
        if bool(groups) != bool(set(asked) & set(OF_GROUPS)):
            self.refuse("study_together", statistics=", ".join(OF_GROUPS))
        return groups

    def singles(self, content: dict[str, Any]) -> dict[str, Any]:
        """Return the tables that stand once, where they stand."""
        makers: dict[str, Callable[[object], Any]] = {
            "regions": self.regions,
            "projection": self.projection,
            "economy": self.economy,
            "pseudo": partial(self.rules, roles=content["records"].get("roles", {})),
        }
        return {name: make(content[name]) for name, make in makers.items() if name in content}

    def regions(self, content: object) -> RegionRule:
        table = self.table(content, "regions")
        if not table.get("indicators") or not {"k", "floor"} & set(table):
            self.refuse("study_regions_incomplete")
        return RegionRule(**{**table, "indicators": tuple(table["indicators"])})

    def each(self, content: dict[str, Any], name: str, kind: type[_Rule]) -> tuple[_Rule, ...]:
        """Return the entries of a list of tables, such as ``[[rates]]``."""
        entries = content.get(name, [])
        if not isinstance(entries, list):
            self.refuse("study_not_list", key=name)
        rules = []
        for number, one in enumerate(entries, start=1):
            table = self.located(self.table(one, name))
            lacking = [key for key in sorted(_MUST[name]) if not table.get(key)]
            if lacking:
                self.refuse("study_entry_lacks", table=name, number=number, key=lacking[0])
            for key, method in _GOES_WITH.items():
                if key in table and table.get("method") != method:
                    self.refuse("study_goes_with", key=f"{name}.{key}", method=method)
            made: dict[str, Any] = {
                key: tuple(x) if isinstance(x, list) else x for key, x in table.items()
            }
            rules.append(kind(**made))
        return tuple(rules)

    def projection(self, content: object) -> ProjectionRule:
        """Return the rule of a projection, with its earlier dates."""
        if not isinstance(content, dict):
            self.refuse("study_not_table", key="projection")
        earlier = self.each(content, "earlier", EarlierTable)
        housing = self.each(content, "housing", HousingRule)
        institutions = self.each(content, "institutions", InstitutionRule)
        own = ("earlier", "housing", "institutions")
        rest = {key: value for key, value in content.items() if key not in own}
        table = self.located(self.table(rest, "projection"))
        method = table.get("method", "hamilton_perry")
        rates = method == "cohort_component"
        if wrong := sorted(set(content) & (_BY_CHANGE if rates else _BY_RATES)):
            fits = "hamilton_perry" if rates else "cohort_component"
            self.refuse("study_goes_with", key=f"projection.{wrong[0]}", method=fits)
        enough = {"survival", "fertility"} <= set(table) if rates else bool(earlier)
        if not enough or not {"base", "until"} <= set(table):
            self.refuse(f"study_projection_incomplete_{method}")
        table["exact"] = tuple(table.get("exact", ()))
        return ProjectionRule(earlier=earlier, housing=housing, institutions=institutions, **table)

    def economy(self, content: object) -> EconomySource:
        table = self.located(self.table(content, "economy"))
        if not {"path", "area"} <= set(table):
            self.refuse("study_economy_incomplete")
        return EconomySource(**table)

    def rules(self, content: object, *, roles: Mapping[str, str]) -> Spec:
        if not isinstance(content, dict):
            self.refuse("study_not_table", key="pseudo")
        try:
            return Spec.from_dict(_by_role(content, roles))
        except (TypeError, AttributeError):
            self.refuse("study_pseudo_types")


# Settings of [pseudo] that name columns of the records.
_COLUMNS: Final = (
    "cluster", "area", "household", "person", "age", "sex", "care", "household_type", "relation",
    "sums", "numeric", "carried", "lon", "lat",
)  # fmt: skip


def _by_role(content: Mapping[str, Any], roles: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings with columns called by their roles, as records are read.

    A file may call its columns 中学校区 or 年齢: so may its study file.
    """
    stated = {column: role for role, column in roles.items()}

    def called(name: object) -> object:
        if isinstance(name, list):
            return [called(one) for one in name]
        role = stated.get(str(name)) or role_of(str(name))
        # A role that was given to another column is not this one's.
        return role if role and roles.get(role, name) == name else name

    return {key: called(value) if key in _COLUMNS else value for key, value in content.items()}
