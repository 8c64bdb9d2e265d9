"""Study files: TOML in, a :class:`Study` out, every key checked."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

from tsukuba_gis.errors import InputError
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.schema import role_of
from tsukuba_gis.study.description import (
    OF_GROUPS,
    CorrelationRule,
    RateRule,
    RecordSource,
    RegionRule,
    RegressionRule,
    Study,
    ZoneSource,
)
from tsukuba_gis.study.keys import BY_CHANGE, BY_RATES, FILES, GOES_WITH, KEYS, MUST, TABLES, misfit
from tsukuba_gis.study.outlook import (
    EarlierTable,
    EconomySource,
    FlowSource,
    HousingRule,
    InstitutionRule,
    ProjectionRule,
)

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
        if name not in TABLES:
            reader.refuse("study_key_unknown", key=name, known=", ".join(TABLES))
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


def _cuts(study: dict[str, Any]) -> dict[str, str | tuple[float, ...]]:
    """Return how classes are cut, by indicator: a scheme, or edges."""
    return {
        name: cut if isinstance(cut, str) else tuple(map(float, cut))
        for name, cut in study.get("classes", {}).items()
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
            if key not in KEYS[name]:
                known = ", ".join(sorted(KEYS[name]))
                self.refuse("study_key_unknown", key=f"{name}.{key}", known=known)
            self.check(f"{name}.{key}", value)
        return dict(content)

    def check(self, key: str, value: object) -> None:
        """Refuse a value that is not of its key's form."""
        if wrong := misfit(key, value):
            message, values = wrong
            self.refuse(message, key=key, **values)

    def located(self, table: dict[str, Any]) -> dict[str, Any]:
        for key in FILES:
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
            lacking = [key for key in sorted(MUST[name]) if not table.get(key)]
            if lacking:
                self.refuse("study_entry_lacks", table=name, number=number, key=lacking[0])
            for key, method in GOES_WITH.items():
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
        if wrong := sorted(set(content) & (BY_CHANGE if rates else BY_RATES)):
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
    "sums", "numeric", "area_means", "carried", "lon", "lat",
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
