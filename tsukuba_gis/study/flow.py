"""The run of a study: read, join, count, test for clusters."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from tsukuba_gis.errors import InputError, Problem
from tsukuba_gis.messages import LANGUAGES, Language, text
from tsukuba_gis.result import Level, Provenance, Result
from tsukuba_gis.study import analysis, projection, shares
from tsukuba_gis.study.beside import read_economy_source, read_flow_sources
from tsukuba_gis.study.inputs import read_study_records, read_study_zones
from tsukuba_gis.study.pseudo import Made, pseudo_of
from tsukuba_gis.study.relations import regressions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from tsukuba_gis.join import Assignment
    from tsukuba_gis.records import Records
    from tsukuba_gis.study.description import Study, ZoneSource
    from tsukuba_gis.zones import Zones

# Which fates of a record are told, and how many rows are listed of each.
_TOLD: Final[dict[str, Literal["warning", "info"]]] = {
    "outside": "warning",
    "missing": "warning",
    "nearest": "info",
    "on_border": "info",
}
_SHOWN: Final = 30

# What is told while a study runs: the key of a step's text.
OnStep = Callable[[str], None]


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
    >>> from tsukuba_gis.study import demo_study
    >>> result = run(replace(demo_study(size=2_000), permutations=999))
    >>> [len(level.zones) for level in result.levels]
    [16, 310]
    """
    from tsukuba_gis.pseudo.counts import one_thread

    if not study.zones:
        raise InputError("study_without_zones", title=study.title[study.lang])
    on_step("step_records")
    records, problems = read_study_records(study)
    # Of the register, also where pseudo records follow.
    history = projection.history_of(study, records)
    made = Made(records=records)
    if study.pseudo is not None:
        on_step("step_pseudo")
        made = pseudo_of(study, records)
    try:
        with one_thread():
            result = _result(study, made, history, problems, on_step=on_step)
        if made.certificate is not None:
            on_step("step_certificate")
        pages, unproven = made.proof()
    finally:
        made.stop()
    return replace(result, pages=pages, problems=(*result.problems, *unproven))


def _result(
    study: Study,
    made: Made,
    history: projection.History | None,
    problems: Sequence[Problem],
    *,
    on_step: OnStep,
) -> Result:
    """Study the records level by level."""
    records = made.records
    names, points = _indicator_names(study, records), records.points
    levels, found = [], [*problems, *made.problems]
    for source in study.zones:
        on_step("step_zones")
        zones = read_study_zones(source, lang=study.lang)
        on_step("step_join")
        assignment = _assign(source, records, zones, points)
        found += [*zones.problems, *_unplaced(assignment, records)]
        on_step("step_tables")
        level, unfit = _level(study, records, zones, assignment, names=names, on_step=on_step)
        future, told = projection.projection_of(
            study, level, history, kind=records.kind, bands=made.bands
        )
        levels.append(replace(level, projection=future))
        found += [*unfit, *told]
    flows, told = read_flow_sources(study.flows, crs=levels[0].zones.frame.crs)
    return Result(
        title=study.title,
        lang=study.lang,
        kind=records.kind,
        notices=_notices(study, records, levels),
        indicators=_indicators(study, names),
        levels=tuple(levels),
        **(_outlines() if all(one.path is None for one in study.zones) else {"outlines": {}}),
        problems=(*found, *told),
        provenance=_provenance(study),
        min_count=study.min_count,
        flows=flows,
        economy=read_economy_source(study.economy),
    )


def _indicator_names(study: Study, records: Records) -> tuple[str, ...]:
    """Return the indicators asked for; refuse one whose columns are not there."""
    from tsukuba_gis.indicators import available

    possible = available(records)
    lacking = [
        name for name in (*study.indicators, *analysis.needed(study)) if name not in possible
    ]
    if lacking:
        raise InputError("indicator_no_columns", name=lacking[0], source=records.source)
    return study.indicators or possible


def _indicators(study: Study, names: tuple[str, ...]) -> tuple[Any, ...]:
    from tsukuba_gis.indicators import indicator

    shown = []
    for name in names:
        one, cut = indicator(name, severe=study.severe), study.classes.get(name, "quantile")
        way = {"scheme": cut} if isinstance(cut, str) else {"scheme": "manual", "edges": cut}
        shown.append(replace(one, **way))
    return tuple(shown)


def _assign(
    source: ZoneSource, records: Records, zones: Zones, points: gpd.GeoSeries
) -> Assignment:
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
        assign_zones(points, zones, nearest=source.nearest or None)
        if method == "point"
        else match_codes(records.frame[column], zones)
    )
    report = found.report
    if report.matched + report.nearest == 0:
        key = "nothing_placed" if report.missing == report.records else "nothing_matched"
        raise InputError(key, source=records.source, kind=source.kind, n=len(records))
    return found


def _unplaced(found: Assignment, records: Records) -> list[Problem]:
    """List the records that met no zone, or met one on its border or from outside.

    By their rows in the file, never by what they hold.
    """
    problems = []
    for status, severity in _TOLD.items():
        rows = records.frame.index[(found.status == status).to_numpy()]
        if len(rows) == 0:
            continue
        shown = ", ".join(map(str, rows[:_SHOWN])) + (" …" if len(rows) > _SHOWN else "")
        values = {"n": len(rows), "rows": shown, "kind": found.report.zones}
        problems.append(
            Problem(
                severity=severity,
                file=records.source,
                row=None,
                column=None,
                key=f"records_{status}",
                values=values,
            )
        )
    return problems


def _level(
    study: Study,
    records: Records,
    zones: Zones,
    found: Assignment,
    *,
    names: tuple[str, ...],
    on_step: OnStep,
) -> tuple[Level, tuple[Problem, ...]]:
    from tsukuba_gis.indicators import indicator_values, share_counts
    from tsukuba_gis.tables import hide_small, population
    from tsukuba_gis.weights import weights_of

    people = population(records, found.zone_ids, zones=zones.ids)
    if records.kind == "reference":
        people = hide_small(people, min_count=study.min_count)
    every, masks, total = indicator_values(
        records,
        found.zone_ids,
        zones=zones,
        names=tuple(dict.fromkeys((*names, *analysis.needed(study)))),
        min_count=study.min_count,
        severe=study.severe,
    )
    counts = share_counts(records, found.zone_ids, zones=zones, values=every, severe=study.severe)
    on_step("step_moran")
    graph = weights_of(zones, spelt=study.weights)
    regressions, unfit = regressions_of(study, every, graph, zones=zones, counts=counts)
    shown = list(names)
    level = Level(
        zones=zones,
        population=people,
        values=every[shown],
        masks=masks[shown],
        total=total[shown],
        match=found.report,
        regressions=regressions,
        **shares.shares_of(study, records, found.zone_ids, zones=zones, graph=graph, total=total),
        **analysis.analyse(study, every, graph, names, zones=zones, people=people, shares=counts),
    )
    return level, unfit


def _outlines() -> dict[str, Any]:
    """Return the former municipalities as context lines, where the bundled zones are used."""
    from tsukuba_gis.boundaries import load_boundaries

    former = load_boundaries("former_municipality")
    names = former.names
    return {
        "outlines": dict(zip(names, former.frame.geometry, strict=True)),
        "outlines_en": dict(zip(names, former.named("en"), strict=True)),
    }


def _notices(
    study: Study, records: Records, levels: list[Level]
) -> dict[Language, tuple[str, ...]]:
    keys = ["notice_reference"] if records.kind == "reference" else ["notice_pseudo"]
    if study.records.kind == "invented":
        keys.append("notice_invented")  # also where pseudo records were made from them
    if any(level.zones.approximate for level in levels):
        keys.append("notice_approximate")
    return {lang: tuple(text(key, lang, k=study.min_count) for key in keys) for lang in LANGUAGES}


def _provenance(study: Study) -> Provenance:
    import platform
    from importlib.metadata import version

    from tsukuba_gis import __version__

    packages = ["numpy", "pandas", "geopandas", "shapely", "scipy"]
    if study.regressions:
        packages += ["statsmodels", "spreg", "libpysal"]
    paths: list[Path] = []
    settings = _named(asdict(replace(study, pseudo=None)), paths)
    settings["pseudo"] = study.pseudo and study.pseudo.to_dict()
    return Provenance(
        version=__version__,
        versions={"python": platform.python_version()} | {name: version(name) for name in packages},
        seed=study.seed,
        inputs={path.name: _sha256(path) for path in paths},
        settings=settings,
    )


def _named(value: Any, paths: list[Path]) -> Any:
    """Return settings with files by their names, and gather the files."""
    if isinstance(value, Path):
        paths.append(value)
        return value.name
    if isinstance(value, dict):
        return {key: _named(one, paths) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_named(one, paths) for one in value)
    return value


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
