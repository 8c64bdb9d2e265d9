"""The inputs of a study: its records and its zones, read from files or bundled."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tsukuba_gis.errors import Problem
    from tsukuba_gis.messages import Language
    from tsukuba_gis.records import Records
    from tsukuba_gis.study.description import Study, ZoneSource
    from tsukuba_gis.zones import Zones


def read_study_records(study: Study) -> tuple[Records, tuple[Problem, ...]]:
    """Read the records of a study, and what was found wrong with them."""
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


def read_study_zones(source: ZoneSource, *, lang: Language) -> Zones:
    """Read one set of zones of a study."""
    if source.path is None:
        from tsukuba_gis.boundaries import load_boundaries

        return load_boundaries(source.kind, lang=lang)
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
