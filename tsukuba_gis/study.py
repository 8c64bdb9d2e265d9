"""A study: what goes in, which zones, which indicators; and the run that makes its result.

A study is a small TOML file or, in Python, a :class:`Study`; :func:`run` turns
it into a :class:`tsukuba_gis.result.Result`, from which every output is made.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from tsukuba_gis.errors import InputError, Problem
from tsukuba_gis.indicators import COUNTS, INDICATORS, SevereCare
from tsukuba_gis.io.polygons import Fix
from tsukuba_gis.messages import LANGUAGES, Language, text
from tsukuba_gis.records import RecordKind
from tsukuba_gis.result import FORMATS, Level, OutputFormat, Provenance, Result
from tsukuba_gis.zones import ZoneKind

if TYPE_CHECKING:
    import datetime as dt

    import shapely

    from tsukuba_gis.join import Assignment
    from tsukuba_gis.records import Records
    from tsukuba_gis.zones import Zones

DEMO_SEED: Final = 20190401
_GLOBAL_PERMUTATIONS: Final = 9_999

# What is told while a study runs: the key of a step's text.
OnStep = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSource:
    """Where the persons come from: a file of the user, or the bundled invented register.

    Parameters
    ----------
    path
        CSV, Excel, Parquet, GeoPackage or GeoJSON. None: the bundled register.
    kind
        What the records are; a user's file must say so.
    roles
        Role → column, where the alias table does not find a column by itself.
    sheet, layer
        Which sheet of a workbook, which layer of a GeoPackage.
    crs
        CRS of the coordinates, where the file does not say.
    on_error
        ``"stop"``: a faulty row stops the run. ``"skip"``: it is left out, counted and listed.
    reference_date
        Day on which ages are counted when the file holds birth dates.
    size
        Persons of the bundled register; None: all of them.
    """

    path: Path | None = None
    kind: RecordKind = "invented"
    roles: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    layer: str | None = None
    crs: str | None = None
    on_error: Literal["stop", "skip"] = "stop"
    reference_date: dt.date | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneSource:
    """Where one set of zones comes from, and how the records meet it.

    Parameters
    ----------
    kind
        What a zone is.
    path
        The user's polygon file. None: the bundled approximate boundaries.
    layer, id, name, crs
        Layer, columns of the zone id and name, and CRS, where the file does not say.
    match
        ``"point"``: by the home point. ``"code"``: by the value of a column
        (zone id or name). None: by point where the records have points.
    column
        Role of that column; by default the one named like ``kind``.
    nearest
        Points outside every zone go to the nearest one within so many metres; 0: never.
    fixes
        What to mend in the polygon file: ``"swap_axes"`` (latitude stands
        first), ``"drop_water"`` (leave out the water surfaces of e-Stat files).
    """

    kind: ZoneKind = "school_district"
    path: Path | None = None
    layer: str | None = None
    id: str | None = None  # the study file's own word for the column
    name: str | None = None
    crs: str | None = None
    match: Literal["point", "code"] | None = None
    column: str | None = None
    nearest: float = 0.0
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """All that a run needs; the same study gives the same result, byte for byte.

    Parameters
    ----------
    title
        Shown on every output, by language.
    records, zones
        The inputs; one :class:`ZoneSource` a level, the first is shown first.
    indicators
        Names from :data:`tsukuba_gis.indicators.INDICATORS`; empty: all that
        the columns allow.
    severe
        What heavy care means.
    min_count
        Smallest denominator that is shown.
    permutations, alpha, fdr
        Of the local Moran statistics. The global one takes at most 9,999
        permutations: it is one test, so its p needs no finer grain.
    lang
        Language of names of files and of the page when opened.
    seed
        Of everything random.
    outputs
        What to write.
    """

    title: Mapping[Language, str]
    records: RecordSource = field(default_factory=RecordSource)
    zones: tuple[ZoneSource, ...] = (
        ZoneSource(kind="school_district"),
        ZoneSource(kind="small_area"),
    )
    indicators: tuple[str, ...] = ()
    severe: SevereCare = "care3-5"
    min_count: int = 10
    permutations: int = 99_999
    alpha: float = 0.05
    fdr: bool = True
    lang: Language = "ja"
    seed: int = DEMO_SEED
    outputs: tuple[OutputFormat, ...] = FORMATS


def demo_study(*, seed: int = DEMO_SEED, size: int | None = None, lang: Language = "ja") -> Study:
    """Return the study of the bundled, invented register on the bundled, approximate zones.

    Examples
    --------
    >>> demo_study(lang="en").title["en"]
    'Tsukuba City: statistics by district (demo)'
    """
    return Study(
        title={lang: text("demo_title", lang) for lang in LANGUAGES},
        records=RecordSource(size=size),
        seed=seed,
        lang=lang,
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
    unknown = set(content) - {"study", "records", "zones"}
    if unknown:
        reader.refuse("study_key_unknown", key=min(unknown), known="study, records, zones")
    if not isinstance(zones, list) or not zones:
        reader.refuse("study_no_zones")
    if "path" not in records or "kind" not in records:
        reader.refuse("study_records_incomplete")
    return reader.build(study, records, zones)


def _keys(source: type) -> set[str]:
    return {entry.name for entry in fields(source)}


_STUDY_KEYS: Final = _keys(Study) - {"title", "records", "zones"} | {"title", "title_en"}
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


def run(study: Study, *, on_step: OnStep = lambda _: None) -> Result:
    """Run a study: read, join, count, test for clusters.

    Parameters
    ----------
    study
        What to do.
    on_step
        Called with the key of each step's text as it begins, for a progress bar.

    Returns
    -------
    Result
        Holds no person.

    Raises
    ------
    InputError
        If an input cannot be used, or no record lies in any zone.

    Examples
    --------
    >>> from dataclasses import replace
    >>> small = replace(demo_study(size=2000), permutations=999)
    >>> result = run(small)  # doctest: +SKIP
    """
    on_step("step_records")
    records, problems = _records(study)
    names = _indicator_names(study, records)
    levels, outlines = [], {}
    for source in study.zones:
        on_step("step_zones")
        zones = _zones(source)
        levels.append(_level(study, source, records, zones, names=names, on_step=on_step))
    if all(source.path is None for source in study.zones):
        outlines = _outlines()
    return Result(
        title=study.title,
        lang=study.lang,
        kind=records.kind,
        notices=_notices(study, records, levels),
        indicators=_indicators(study, names),
        levels=tuple(levels),
        outlines=outlines,
        problems=(*problems, *(found for level in levels for found in level.zones.problems)),
        provenance=_provenance(study),
        min_count=study.min_count,
    )


def _records(study: Study) -> tuple[Records, tuple[Problem, ...]]:
    source = study.records
    if source.path is None:
        from tsukuba_gis.demo import register

        return register(seed=study.seed, size=source.size), ()
    from tsukuba_gis.io import read_records

    return read_records(
        source.path,
        kind=source.kind,
        roles=source.roles,
        sheet=source.sheet,
        layer=source.layer,
        crs=source.crs,
        on_error=source.on_error,
        reference_date=source.reference_date,
    )


def _zones(source: ZoneSource) -> Zones:
    if source.path is None:
        from tsukuba_gis.boundaries import boundaries

        return boundaries(source.kind)
    from tsukuba_gis.io import read_zones

    return read_zones(
        source.path,
        layer=source.layer,
        id=source.id,
        name=source.name,
        kind=source.kind,
        crs=source.crs,
        fixes=source.fixes,
    )


def _indicator_names(study: Study, records: Records) -> tuple[str, ...]:
    """Return the indicators asked for; refuse one whose columns are not there."""
    from tsukuba_gis.indicators import available

    possible = available(records)
    if not study.indicators:
        return possible
    lacking = [name for name in study.indicators if name not in possible]
    if lacking:
        raise InputError("indicator_no_columns", name=lacking[0], source=records.source)
    return study.indicators


def _indicators(study: Study, names: tuple[str, ...]) -> tuple[Any, ...]:
    from tsukuba_gis.indicators import indicator

    return tuple(indicator(name, severe=study.severe) for name in names)


def _assign(source: ZoneSource, records: Records, zones: Zones) -> Assignment:
    """Find the zone of each record, by its home point or by a code."""
    from tsukuba_gis.join import assign_zones, match_codes

    columns = set(records.frame.columns)
    column = source.column or source.kind
    method = source.match or ("point" if {"lon", "lat"} <= columns else "code")
    if method == "point" and not {"lon", "lat"} <= columns:
        raise InputError("records_no_points", source=records.source, kind=source.kind)
    if method == "code" and column not in columns:
        raise InputError("records_no_code", source=records.source, column=column)
    found = (
        assign_zones(records.points, zones, nearest=source.nearest or None)
        if method == "point"
        else match_codes(records.frame[column], zones)
    )
    if found.report.matched + found.report.nearest == 0:
        raise InputError("nothing_matched", source=records.source, kind=source.kind, n=len(records))
    return found


def _level(
    study: Study,
    source: ZoneSource,
    records: Records,
    zones: Zones,
    *,
    names: tuple[str, ...],
    on_step: OnStep,
) -> Level:
    from tsukuba_gis.autocorrelation import local_moran, moran
    from tsukuba_gis.indicators import indicator_values
    from tsukuba_gis.tables import hide_small, population
    from tsukuba_gis.weights import queen

    on_step("step_join")
    found = _assign(source, records, zones)
    on_step("step_tables")
    people = population(records, found.zone_ids, zones=zones.ids)
    values, masks, total = indicator_values(
        records,
        found.zone_ids,
        zones=zones,
        names=names,
        min_count=study.min_count,
        severe=study.severe,
    )
    if records.kind == "reference":
        people = hide_small(people, min_count=study.min_count)
    on_step("step_moran")
    graph = queen(zones)
    rates = [name for name in names if name not in COUNTS]
    return Level(
        zones=zones,
        population=people,
        values=values,
        masks=masks,
        total=total,
        moran={
            name: moran(
                values[name],
                graph,
                permutations=min(study.permutations, _GLOBAL_PERMUTATIONS),
                seed=study.seed,
            )
            for name in rates
        },
        lisa={
            name: local_moran(
                values[name],
                graph,
                permutations=study.permutations,
                seed=study.seed,
                alpha=study.alpha,
                fdr=study.fdr,
            )
            for name in rates
        },
        match=found.report,
    )


def _outlines() -> dict[str, shapely.Geometry]:
    """Return the former municipalities as context lines, where the bundled zones are used."""
    from tsukuba_gis.boundaries import boundaries

    frame = boundaries("former_municipality").frame
    return dict(zip(frame["name"], frame.geometry, strict=True))


def _notices(
    study: Study, records: Records, levels: list[Level]
) -> dict[Language, tuple[str, ...]]:
    keys = {
        "reference": ["notice_reference"],
        "pseudo": ["notice_pseudo"],
        "invented": ["notice_pseudo", "notice_invented"],
    }[records.kind]
    if any(level.zones.approximate for level in levels):
        keys.append("notice_approximate")
    return {lang: tuple(text(key, lang, k=study.min_count) for key in keys) for lang in LANGUAGES}


def _provenance(study: Study) -> Provenance:
    import platform
    from importlib.metadata import version

    from tsukuba_gis import __version__

    packages = ("numpy", "pandas", "geopandas", "shapely", "libpysal")
    paths = [study.records.path, *(source.path for source in study.zones)]
    settings = asdict(study)
    settings["records"]["path"] = study.records.path and study.records.path.name
    for source in settings["zones"]:
        source["path"] = source["path"] and source["path"].name
    return Provenance(
        version=__version__,
        versions={"python": platform.python_version()} | {name: version(name) for name in packages},
        seed=study.seed,
        inputs={path.name: _sha256(path) for path in paths if path is not None},
        settings=settings,
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
