"""Vector files: GeoPackage, GeoJSON, Shapefile, TopoJSON and GeoParquet, as they are."""

from __future__ import annotations

import json
import shutil
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from zipfile import ZipFile, ZipInfo

from tsukuba_gis.errors import InputError
from tsukuba_gis.io.tabular import PARQUET_SUFFIXES, read_parquet, readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    import pandas as pd

_SINGLE: Final = (".gpkg", ".geojson", ".json", ".topojson", ".shp", ".fgb", ".gml")
VECTOR_SUFFIXES: Final = (*_SINGLE, ".zip")
POLYGON_SUFFIXES: Final = (*VECTOR_SUFFIXES, *PARQUET_SUFFIXES)
_SIDECARS: Final = (".dbf", ".shx", ".prj", ".cpg")
_UNPACK: Final = (*_SINGLE, *_SIDECARS)
_MOST_UNPACKED: Final = 8 * 2**30
# Tables that QGIS keeps in a GeoPackage beside the layers.
_NOT_LAYERS: Final = ("layer_styles",)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Layer:
    """One layer of a file.

    Parameters
    ----------
    frame
        Attributes and geometry, in the CRS of the file or without one.
    name
        Of the layer.
    crs_stated
        False where the CRS is only the default of the format: GeoJSON without
        ``crs`` is WGS 84 degrees by RFC 7946, whatever its numbers are.
    encoding
        Of the attributes, where it had to be found.
    complaints
        How many things GDAL warned of. Its words can quote the file, so they
        are counted, not shown.
    """

    frame: gpd.GeoDataFrame = field(repr=False)
    name: str
    crs_stated: bool
    encoding: str = ""
    complaints: int = 0


def read_layer(path: Path, *, layer: str | None, geometry: bool = True) -> Layer:
    """Read one layer of a vector file; nothing is written beside it.

    Parameters
    ----------
    layer
        Name of the layer; needed where the file has more than one.
    geometry
        Whether layers without geometry are left aside when looking for the one.

    Raises
    ------
    InputError
        If the file is damaged, has no or several layers, or not the named one.
    """
    import geopandas as gpd
    import pyogrio

    suffix = path.suffix.lower()
    if suffix == ".zip":
        with _unpacked(path, layer) as (inner, inner_layer):
            return read_layer(inner, layer=inner_layer, geometry=geometry)
    if suffix == ".shp":
        return _read_shapefile(path)
    if suffix in PARQUET_SUFFIXES:
        table = read_parquet(path).frame
        if not isinstance(table, gpd.GeoDataFrame):
            raise InputError("parquet_no_geometry", path=path.name)
        return Layer(frame=table, name=path.stem, crs_stated=table.crs is not None)
    if suffix not in VECTOR_SUFFIXES:
        raise InputError("file_format", path=path.name, formats=", ".join(POLYGON_SUFFIXES))
    with readable(path), _counted() as complaints, _apart(path) as source:
        found = {
            str(name): kind
            for name, kind in pyogrio.list_layers(source)
            if name not in _NOT_LAYERS and (kind is not None or not geometry)
        }
        name = _choose(found, layer, file=path.name)
        # "fix" closes rings that are open; GDAL warns of each, and that is counted.
        # Not by Arrow: three times as fast, but damaged files can crash the process.
        frame = _framed(pyogrio.read_dataframe(source, layer=name, on_invalid="fix"))
    stated = suffix not in (".geojson", ".json", ".topojson") or _names_crs(path)
    return Layer(frame=frame, name=name, crs_stated=stated, complaints=len(complaints))


@contextmanager
def _counted() -> Iterator[list[warnings.WarningMessage]]:
    """Give the list of GDAL's warnings, which otherwise go to the terminal."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


@contextmanager
def _apart(path: Path) -> Iterator[Path]:
    """Give a file as it is, but GML as a copy: GDAL writes a ``.gfs`` beside it."""
    if path.suffix.lower() != ".gml":
        yield path
        return
    with TemporaryDirectory() as folder:
        yield Path(shutil.copyfile(path, Path(folder) / path.name))


@contextmanager
def _unpacked(path: Path, layer: str | None) -> Iterator[tuple[Path, str | None]]:
    """Give the one layer file of a zip, as 国土数値情報 and e-Stat hand them out.

    They hold the same layer as Shapefile, GeoJSON and XML; the first of these
    is read. ``layer`` chooses a file by its name without suffix.
    """
    with TemporaryDirectory() as folder:
        with readable(path), ZipFile(path, metadata_encoding="cp932") as packed:
            members = [m for m in packed.infolist() if Path(m.filename).suffix.lower() in _UNPACK]
            if sum(member.file_size for member in members) > _MOST_UNPACKED:
                raise InputError("file_too_big", path=path.name)
            found: dict[str, Path] = {}
            for member in sorted(members, key=_preference):
                unpacked = Path(packed.extract(member, folder))
                if unpacked.suffix.lower() in _SINGLE:
                    found.setdefault(unpacked.stem, unpacked)
            chosen = _choose(
                dict.fromkeys(found), layer if len(found) > 1 else None, file=path.name
            )
        yield found[chosen], layer if len(found) == 1 and layer != chosen else None


def _preference(member: ZipInfo) -> int:
    order = (".gpkg", ".shp", ".geojson")
    suffix = Path(member.filename).suffix.lower()
    return order.index(suffix) if suffix in order else len(order)


def _framed(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a table without geometry as one whose geometries are all missing."""
    import geopandas as gpd
    import numpy as np

    if isinstance(frame, gpd.GeoDataFrame):
        return frame
    return gpd.GeoDataFrame(frame, geometry=np.full(len(frame), None, dtype=object))


def _choose(found: dict[str, str | None], layer: str | None, *, file: str) -> str:
    if layer is not None:
        if layer not in found:
            raise InputError("layer_missing", path=file, layer=layer, layers=", ".join(found))
        return layer
    if not found:
        raise InputError("layer_none", path=file)
    if len(found) > 1:
        raise InputError("layer_not_named", path=file, layers=", ".join(found))
    return next(iter(found))


def _names_crs(path: Path) -> bool:
    """Say whether a GeoJSON file has a ``crs`` member."""
    with readable(path):
        data = path.read_bytes()
        if b'"crs"' not in data:
            return False
        content = json.loads(data)
    return isinstance(content, dict) and bool(content.get("crs"))


def _read_shapefile(path: Path) -> Layer:
    """Read a Shapefile; the attributes' encoding is found file by file."""
    import pyogrio

    if _sidecar(path, ".dbf") is None:
        raise InputError("shapefile_part_missing", path=path.name, part=".dbf")
    encoding = dbf_encoding(path)
    with readable(path), _counted() as complaints, _with_index(path) as complete:
        try:
            read = pyogrio.read_dataframe(complete, encoding=encoding, on_invalid="fix")
        except UnicodeDecodeError:  # a field's name has ten bytes, whatever it began as
            raise InputError("shapefile_names_cut", path=path.name) from None
        frame = _framed(read)
    return Layer(
        frame=frame,
        name=path.stem,
        crs_stated=frame.crs is not None,
        encoding=encoding or "",
        complaints=len(complaints),
    )


def _sidecar(path: Path, suffix: str) -> Path | None:
    """Return the file of the same name with another suffix, in either case of letters."""
    for candidate in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if candidate.is_file():
            return candidate
    return None


def dbf_encoding(path: Path) -> str | None:
    """Return the encoding of a Shapefile's attributes; None where ``.cpg`` states it.

    国土数値情報 up to 2016 and e-Stat write CP932 and say so nowhere, or only in
    the header's language byte (0x13); 国土数値情報 from 2021 is UTF-8 with a
    ``.cpg``. GDAL's own default makes neither an error nor readable names.
    """
    if _sidecar(path, ".cpg") is not None:
        return None
    table = _sidecar(path, ".dbf")
    data = table.read_bytes() if table else b""
    if len(data) > 29 and data[29] == 0x13:
        return "CP932"
    try:
        data[32:].decode("utf-8")
    except UnicodeDecodeError:
        return "CP932"
    return "UTF-8"


@contextmanager
def _with_index(path: Path) -> Iterator[Path]:
    """Give a Shapefile with its ``.shx``.

    Without one GDAL can only make it beside the file; so a copy is made whole
    in a temporary folder, and the user's folder stays as it is.
    """
    import pyogrio

    if _sidecar(path, ".shx") is not None:
        yield path
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "layer.shp"
        shutil.copyfile(path, copy)
        for suffix in _SIDECARS:
            if (sidecar := _sidecar(path, suffix)) is not None:
                shutil.copyfile(sidecar, copy.with_suffix(suffix))
        before = pyogrio.get_gdal_config_option("SHAPE_RESTORE_SHX")
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": True})
        try:
            yield copy
        finally:
            pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": before})
