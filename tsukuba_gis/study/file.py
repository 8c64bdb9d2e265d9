"""Study files: TOML in, a :class:`Study` out, every key checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, get_args

from tsukuba_gis.errors import InputError
from tsukuba_gis.indicators import INDICATORS, SevereCare
from tsukuba_gis.io.polygons import Fix
from tsukuba_gis.messages import LANGUAGES
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.records import RecordKind
from tsukuba_gis.result import FORMATS
from tsukuba_gis.study.description import RecordSource, Study, ZoneSource
from tsukuba_gis.zones import ZoneKind


def read_study(path: Path | str) -> Study:
    """Read a study file (TOML).

    Paths in it are relative to the file. See ``examples/study.toml``.

    Raises
    ------
    InputError
        If the file is not TOML, or holds an unknown key or a value that does not fit.
    """
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("file_missing", path=path.name) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("study_unreadable", path=path.name, why=type(error).__name__) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError("study_not_toml", path=path.name, why=str(error)) from None
    reader = _StudyReader(path)
    study = reader.section(content, "study", _STUDY_KEYS)
    records = reader.section(content, "records", _keys(RecordSource) - {"size"})
    zones = content.get("zones", [])
    unknown = set(content) - _TABLES
    if unknown:
        reader.refuse("study_key_unknown", key=min(unknown), known=", ".join(sorted(_TABLES)))
    if not isinstance(zones, list) or not zones:
        reader.refuse("study_no_zones")
    if "path" not in records or "kind" not in records:
        reader.refuse("study_records_incomplete")
    if "pseudo" in content:
        study["pseudo"] = Spec.from_dict(content["pseudo"])
    return reader.build(study, records, zones)


def _keys(source: type) -> set[str]:
    return {entry.name for entry in fields(source)}


_TABLES: Final = {"study", "records", "zones", "pseudo"}
_STUDY_KEYS: Final = _keys(Study) - {"records", "zones", "pseudo"} | {"title_en"}
_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "lang": LANGUAGES,
    "severe": get_args(SevereCare),
    "on_error": ("stop", "skip"),
    "match": ("point", "code"),
}
_NUMBERS: Final = {"min_count": 1, "permutations": 99, "alpha": 0.0, "seed": 0, "nearest": 0.0}


class _StudyReader:
    """Turns the tables of a TOML file into a Study, or says which key does not fit."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def refuse(self, message: str, **values: object) -> None:
        raise InputError(message, path=self.path.name, **values)

    def section(self, content: Mapping[str, Any], name: str, known: set[str]) -> dict[str, Any]:
        """Return one table after checking its keys and the values that have a fixed choice."""
        table = content.get(name, {})
        if not isinstance(table, dict):
            self.refuse("study_not_table", key=name)
        choices = _CHOICES | {"kind": get_args(ZoneKind if name == "zones" else RecordKind)}
        for key, value in table.items():
            if key not in known:
                self.refuse(
                    "study_key_unknown", key=f"{name}.{key}", known=", ".join(sorted(known))
                )
            if key in choices and value not in choices[key]:
                self.refuse("study_choice", key=f"{name}.{key}", known=", ".join(choices[key]))
            if key in _NUMBERS and (
                isinstance(value, bool)
                or not isinstance(value, int | float)
                or value < _NUMBERS[key]
            ):
                self.refuse("study_number", key=f"{name}.{key}", least=_NUMBERS[key])
        return dict(table)

    def located(self, table: dict[str, Any]) -> dict[str, Any]:
        if "path" in table:
            table["path"] = self.path.parent / table["path"]
        return table

    def build(self, study: dict[str, Any], records: dict[str, Any], zones: list[Any]) -> Study:
        """Put the checked tables together."""
        for key, known in (("indicators", INDICATORS), ("outputs", FORMATS)):
            names = study.get(key, [])
            if not isinstance(names, list) or not set(names) <= set(known):
                self.refuse("study_choice", key=f"study.{key}", known=", ".join(known))
            study[key] = tuple(names)
        study["outputs"] = study["outputs"] or FORMATS
        title = str(study.pop("title", self.path.stem))
        title_en = str(study.pop("title_en", title))
        sources = []
        for number, table in enumerate(zones):
            checked = self.section({"zones": table}, "zones", _keys(ZoneSource))
            if "kind" not in checked:
                self.refuse("study_zone_kind", number=number + 1)
            fixes = checked.get("fixes", [])
            if not isinstance(fixes, list) or not set(fixes) <= set(get_args(Fix)):
                self.refuse("study_choice", key="zones.fixes", known=", ".join(get_args(Fix)))
            checked["fixes"] = tuple(fixes)
            sources.append(ZoneSource(**self.located(checked)))
        return Study(
            title={"ja": title, "en": title_en},
            records=RecordSource(**self.located(records)),
            zones=tuple(sources),
            **study,
        )
