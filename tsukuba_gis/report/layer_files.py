"""One layer of zones or points as a file, with its notice and its origin inside."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from tsukuba_gis.errors import InputError
from tsukuba_gis.report.folder import whole_file
from tsukuba_gis.report.geopackage import VERSION, fixed_date
from tsukuba_gis.report.text_files import inert

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

_ENDINGS: Final = (".gpkg", ".geojson", ".csv")


def carried_notice(path: Path) -> str:
    """Return the notice that a GeoPackage of this package holds; empty where there is none.

    Read with SQLite: GDAL would leave a file of its own beside it.
    """
    if path.suffix != ".gpkg" or not path.is_file():
        return ""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
            rows = base.execute("SELECT metadata FROM gpkg_metadata").fetchall()
        held = [entry for (xml,) in rows for entry in ET.fromstring(xml).iter("MDI")]
    except (sqlite3.Error, ET.ParseError):
        return ""
    return next((one.text or "" for one in held if one.get("key") == "NOTICE"), "")


def write_layer(
    frame: gpd.GeoDataFrame, out: Path, *, notice: str, origin: Mapping[str, object]
) -> None:
    """Write a layer as GeoPackage, GeoJSON (degrees) or CSV (no geometry), whole or not at all.

    Parameters
    ----------
    frame
        What to write.
    out
        File; its ending says the format.
    notice
        Stands in the file: description and metadata of a GeoPackage, description of a GeoJSON,
        header of a last, empty column of a CSV. Asked for, so that no layer goes out without.
    origin
        What made it: version, inputs, settings; beside the notice.

    Raises
    ------
    InputError
        If the ending is none of these, or the place cannot be written.
    """
    if out.suffix not in _ENDINGS:
        raise InputError("out_suffix", path=out.name, known=", ".join(_ENDINGS))
    made = json.dumps(origin, ensure_ascii=False, default=str)
    with whole_file(out) as path, fixed_date():
        if out.suffix == ".csv":
            _write_csv(frame, path, f"{notice} {made}")
        elif out.suffix == ".gpkg":
            frame.reset_index().to_file(
                path, layer=out.stem, engine="pyogrio", VERSION=VERSION, DESCRIPTION=notice,
                layer_metadata={"NOTICE": notice, "ORIGIN": made},
            )  # fmt: skip
        else:
            plain = frame.reset_index().to_crs("EPSG:4326")
            plain.to_file(path, engine="pyogrio", DESCRIPTION=f"{notice} {made}")


def _write_csv(frame: gpd.GeoDataFrame, path: Path, notice: str) -> None:
    import pandas as pd

    table = pd.DataFrame(frame.drop(columns="geometry"))
    for name in table.columns:
        if not pd.api.types.is_numeric_dtype(table[name]):
            table[name] = [inert(cell) if isinstance(cell, str) else cell for cell in table[name]]
    table[notice] = ""
    table.to_csv(path, encoding="utf-8-sig", lineterminator="\r\n")
