"""Check a file before it is used: what it is, what is in it, what is wrong with it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from tsukuba_gis.errors import TsukubaGisError
from tsukuba_gis.io import persons, tabular, vector
from tsukuba_gis.io.findings import Findings, describe
from tsukuba_gis.io.polygons import read_polygons
from tsukuba_gis.io.text import require_file
from tsukuba_gis.messages import text
from tsukuba_gis.schema import find_roles

if TYPE_CHECKING:
    import geopandas as gpd

    from tsukuba_gis.errors import Problem
    from tsukuba_gis.messages import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What a file was found to be.

    Parameters
    ----------
    file
        Its name.
    what
        ``"records"``: a table of persons; ``"zones"``: polygons.
    facts
        Pairs of a name (``"encoding"``, ``"rows"``, ``"crs"`` …) and a number or text.
    roles
        Role → column; of zones, what makes the id and the name.
    problems
        Worst first. The file can be used if none is an error.
    """

    file: str
    what: Literal["records", "zones"]
    facts: tuple[tuple[str, int | str], ...]
    roles: tuple[tuple[str, str], ...] = ()
    problems: tuple[Problem, ...] = ()


def check(path: str | Path, *, sheet: str | None = None, layer: str | None = None) -> Check:
    r"""Look at a file of records or zones; nothing is changed or written.

    Parameters
    ----------
    path
        A table or layer of any format that :func:`tsukuba_gis.io.read_records`
        or :func:`tsukuba_gis.io.read_zones` takes. Polygons are looked at as
        zones, everything else as records.
    sheet, layer
        Where the file has several.

    Returns
    -------
    Check
        Encoding, rows and roles of records; count, CRS, area, gaps and overlaps
        of zones; and all problems.

    Raises
    ------
    InputError
        If the file cannot be opened at all.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "people.csv"
    ...     _ = file.write_text("age,sex,ward\n131,F,North\n", encoding="utf-8")
    ...     found = check(file)
    >>> print(say_check(found, "en"))
    people.csv: a table of persons
      encoding: utf-8
      header: row 1
      rows of data: 1
      of them usable: 0
      age from the column "age"
      sex from the column "sex"
      ward from the column "ward"
    error   people.csv, row 2, "age": an impossible age (outside 0 to 130). Check the age ...
    """
    file = require_file(path)
    opened = _polygon_layer(file, layer)
    if opened is not None:
        return _check_zones(file, opened, layer)
    return _check_records(file, sheet, layer)


def _polygon_layer(file: Path, layer: str | None) -> vector.Layer | None:
    """Return the layer if it holds lines or polygons: shapes that no person has."""
    suffix = file.suffix.lower()
    if suffix not in vector.POLYGON_SUFFIXES:
        return None
    if suffix in tabular.PARQUET_SUFFIXES and not tabular.is_geoparquet(file):
        return None
    opened = vector.read_layer(file, layer=layer, geometry=False)
    kinds = {str(kind) for kind in opened.frame.geom_type.dropna().unique()}
    return opened if kinds - {"Point", "MultiPoint"} else None


def _check_records(file: Path, sheet: str | None, layer: str | None) -> Check:
    findings = Findings(file)
    table, crs = persons.open_table(file, sheet=sheet, layer=layer, crs=None, findings=findings)
    names = [str(name) for name in table.frame.columns]
    rows = np.concatenate([table.rows, table.ragged])
    facts: list[tuple[str, int | str]] = [("encoding", table.encoding)] if table.encoding else []
    facts += [("header", int(rows.min()) - 1)] if rows.min() > 1 else []
    facts += [("rows", len(rows))]
    columns: dict[str, str] = {}
    try:
        columns = find_roles(names, file=file.name)
        # Whether birth dates can be read does not depend on the day.
        today = dt.datetime.now(tz=dt.UTC).date()
        persons.require_roles(columns, names, reference_date=today, file=file.name)
        reading = persons.Reading(table, columns, findings)
        reading.frame(reference_date=today, crs=crs)
        facts.append(("good", int((~reading.bad & ~reading.blank).sum())))
    except TsukubaGisError as error:
        findings.add_error(error)
    others = [name for name in names if name not in columns.values()]
    if columns and others:  # without any known column the "names" may be a person
        facts.append(("others", ", ".join(others)))
    return Check(
        file=file.name,
        what="records",
        facts=tuple(facts),
        roles=tuple(columns.items()),
        problems=findings.problems,
    )


def _check_zones(file: Path, opened: vector.Layer, layer: str | None) -> Check:
    findings = Findings(file)
    crs = opened.frame.crs.to_string() if opened.frame.crs is not None else ""
    facts: list[tuple[str, int | str]] = [
        ("encoding", opened.encoding),
        ("crs", crs),
        ("polygons", len(opened.frame)),
    ]
    roles: tuple[tuple[str, str], ...] = ()
    try:
        found = read_polygons(
            file, layer=layer, id=None, name=None, kind="other", crs=None, fixes=()
        )
    except TsukubaGisError as error:
        findings.add_error(error)
        problems = findings.problems
    else:
        facts += [("product", found.product), ("count", len(found.zones))]
        facts += _coverage(found.zones.frame)
        roles = (("zone_id", " + ".join(found.id)), ("name", " + ".join(found.name)))
        problems = found.zones.problems
    shown = tuple((name, value) for name, value in facts if value != "")
    return Check(file=file.name, what="zones", facts=shown, roles=roles, problems=problems)


def _coverage(frame: gpd.GeoDataFrame) -> list[tuple[str, int | str]]:
    """Return the area that is covered, and the gaps that zones leave between them."""
    import shapely

    whole = shapely.union_all(np.asarray(frame.geometry.array))
    parts = shapely.get_parts(whole)
    filled = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(parts)))
    gaps = int(shapely.get_num_interior_rings(parts).sum())
    facts: list[tuple[str, int | str]] = [("area", f"{whole.area / 1e6:,.3f}"), ("gaps", gaps)]
    if gaps:
        facts.append(("gap_area", f"{(filled.area - whole.area) / 1e6:,.3f}"))
    return facts


def say_check(found: Check, lang: Language) -> str:
    """Return what was found as lines for a person."""
    lines = [text(f"check_{found.what}", lang, file=found.file)]
    lines += [text(f"check_{name}", lang, value=value) for name, value in found.facts]
    lines += [text("check_role", lang, role=role, value=name) for role, name in found.roles]
    for problem in found.problems:
        line = describe(problem, lang)
        lines.append(text(f"check_{problem.severity}", lang, line=line))
    if not any(problem.severity != "info" for problem in found.problems):
        lines.append(text("check_clean", lang))
    return "\n".join(lines)
