"""One table or layer as a file, with its notices and its provenance inside."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from tsukuba_gis.errors import InputError
from tsukuba_gis.publishing import hide_few, whose
from tsukuba_gis.report.folder import whole_file
from tsukuba_gis.report.geopackage import VERSION, gdal_settings
from tsukuba_gis.report.text_files import inert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pandas as pd

    from tsukuba_gis.publishing import Terms

_ENDINGS: Final = (".gpkg", ".geojson", ".csv")
# Bytes in which the header of a CSV, or the description of a GeoJSON, stands.
_HEAD: Final = 1 << 16


def carried_notice(path: Path) -> str:
    """Return the notice that a file of this package holds; empty where there is none.

    That of a GeoPackage stands in its metadata (read with SQLite: GDAL would leave a file of its
    own beside it), of a GeoJSON in its description, of a CSV in the header of its last column.
    """
    if not path.is_file():
        return ""
    if path.suffix == ".gpkg":
        return _in_geopackage(path)
    if path.suffix in (".csv", ".geojson"):
        with path.open("rb") as file:
            head = file.read(_HEAD).decode("utf-8-sig", errors="ignore")
        if path.suffix == ".geojson":
            found = re.search(r'"description": *("(?:[^"\\]|\\.)*")', head)
            said = json.loads(found[1]) if found else ""
        else:
            said = next(csv.reader(head.splitlines()[:1]), [""])[-1]
        return said.partition(" {")[0] if whose(said) != "unknown" else ""
    return ""


def _in_geopackage(path: Path) -> str:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
            rows = base.execute("SELECT metadata FROM gpkg_metadata").fetchall()
        held = [entry for (xml,) in rows for entry in ET.fromstring(xml).iter("MDI")]
    except (sqlite3.Error, ET.ParseError):
        return ""
    return next((one.text or "" for one in held if one.get("key") == "NOTICE"), "")


def write_table(
    frame: pd.DataFrame,
    out: Path,
    *,
    terms: Terms,
    counts: Iterable[str],
    provenance: Mapping[str, object],
) -> None:
    """Write a table, or a layer, whole or not at all.

    Parameters
    ----------
    frame
        What to write. With geometry: GeoPackage, GeoJSON (degrees) or CSV (no geometry); else CSV.
    out
        File; its ending says the format.
    terms
        Whose numbers these are. Their notices stand in the file: description and metadata of a
        GeoPackage, description of a GeoJSON, header of a last, empty column of a CSV.
    counts
        Columns that count persons: of reference records, small numbers are hidden.
    provenance
        What made it: version, inputs, settings; beside the notices.

    Raises
    ------
    InputError
        If the ending is none of these, or the place cannot be written.
    DisclosureError
        If numbers are small, and nobody said whose they are.
    """
    import geopandas as gpd

    known = _ENDINGS if isinstance(frame, gpd.GeoDataFrame) else _ENDINGS[-1:]
    if out.suffix not in known:
        raise InputError("out_suffix", path=out.name, known=", ".join(known))
    shown, notice = hide_few(frame, counts=counts, terms=terms), terms.notice
    made = json.dumps(provenance, ensure_ascii=False, default=str)
    with whole_file(out) as path, gdal_settings():
        if out.suffix == ".csv":
            _write_csv(shown, path, f"{notice} {made}")
        elif out.suffix == ".gpkg":
            shown.reset_index().to_file(
                path, layer=out.stem, engine="pyogrio", VERSION=VERSION, DESCRIPTION=notice,
                layer_metadata={"NOTICE": notice, "ORIGIN": made},
            )  # fmt: skip
        else:
            plain = shown.reset_index().to_crs("EPSG:4326")
            plain.to_file(path, engine="pyogrio", DESCRIPTION=f"{notice} {made}")


def _write_csv(frame: pd.DataFrame, path: Path, notice: str) -> None:
    import pandas as pd

    table = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    for name in table.columns:
        if not pd.api.types.is_numeric_dtype(table[name]):
            table[name] = [inert(cell) if isinstance(cell, str) else cell for cell in table[name]]
    table[notice] = ""
    named = [name for name in table.index.names if name is not None]
    table.to_csv(path, index=bool(named), encoding="utf-8-sig", lineterminator="\r\n")
