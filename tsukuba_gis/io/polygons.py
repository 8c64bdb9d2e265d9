"""Zones in: a file of polygons, official or one's own, as valid zones in metres."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from tsukuba_gis.errors import CRSError, InputError
from tsukuba_gis.io import points
from tsukuba_gis.io.cells import as_text
from tsukuba_gis.io.findings import Findings
from tsukuba_gis.io.ids import small_areas, texts
from tsukuba_gis.io.layouts import (
    ID_NAMES,
    NAME_NAMES,
    SCHOOL_CODE,
    WATER,
    Layout,
    find_field,
    find_layout,
)
from tsukuba_gis.io.text import require_file
from tsukuba_gis.io.vector import Layer, read_layer
from tsukuba_gis.zones import ZoneKind, Zones, plane_crs

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

Fix = Literal["swap_axes", "drop_water"]
SLIVER: Final = 1.0  # m²: two polygons share less by the rounding of their coordinates


def read_zones(
    path: str | Path,
    *,
    layer: str | None = None,
    id: str | None = None,  # noqa: A002 - the word of the study file
    name: str | None = None,
    kind: ZoneKind = "other",
    crs: object | None = None,
    fixes: Collection[Fix] = (),
) -> Zones:
    """Read polygons as zones, repaired where that is safe, refused where it is not.

    GeoPackage, GeoJSON, Shapefile, TopoJSON and GeoParquet. The id and the name
    are found for 国土数値情報 (A27, A32, N03) and e-Stat small areas in each of
    their versions, and by common names otherwise.

    Parameters
    ----------
    path
        The file; nothing is written beside it.
    layer
        Needed where the file has more than one.
    id, name
        Columns, where they are not found.
    kind
        What a zone is.
    crs
        Where the file does not state its CRS, or states a wrong one. Official
        layouts that are known need none; otherwise a missing CRS is an error,
        never a guess. GeoJSON without ``crs`` is WGS 84 degrees (RFC 7946).
    fixes
        ``"swap_axes"``: the file writes latitude first. ``"drop_water"``: leave
        out the water surfaces of an e-Stat file (HCODE 8154).

    Returns
    -------
    Zones
        In the plane CRS of the place (:func:`tsukuba_gis.zones.plane_crs`).
        All other columns are kept. ``problems`` tells what was done: invalid
        polygons made valid, with the change of area; parts with one id joined
        (``JINKO``, ``SETAI`` and ``AREA`` added up); polygons left out; overlaps left as
        they are.

    Raises
    ------
    InputError
        If the file is damaged or empty, holds no polygons, or its id is not clear.
    CRSError
        If the CRS is missing, or the coordinates do not fit it or lie outside Japan.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import geopandas as gpd, shapely
    >>> square = shapely.box(140.1, 36.0, 140.11, 36.01)
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "wards.geojson"
    ...     gpd.GeoDataFrame({"code": [7], "名称": ["北区"]}, geometry=[square],
    ...                      crs="EPSG:6668").to_file(file)
    ...     zones = read_zones(file, kind="ward")
    >>> zones.names.to_dict(), zones.frame.crs.to_epsg()
    ({'7': '北区'}, 6677)
    """
    return read_polygons(path, layer=layer, id=id, name=name, kind=kind, crs=crs, fixes=fixes).zones


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PolygonFile:
    """The zones of a file, the official product that it is, and its columns of id and name."""

    zones: Zones = field(repr=False)
    product: str
    id: tuple[str, ...]
    name: tuple[str, ...]


def read_polygons(
    path: str | Path,
    *,
    layer: str | None,
    id: str | None,  # noqa: A002
    name: str | None,
    kind: ZoneKind,
    crs: object | None,
    fixes: Collection[Fix],
) -> PolygonFile:
    """Read polygons; the steps of :func:`read_zones`, which also says what they raise."""
    file = require_file(path)
    findings = Findings(file)
    opened = read_layer(file, layer=layer)
    if opened.complaints:
        findings.add("warning", "layer_complaints", n=opened.complaints)
    frame = _polygons_only(opened, findings)
    layout = find_layout(list(frame.columns))
    used = _crs(opened, crs=crs, layout=layout, findings=findings)
    frame = _in_metres(frame, used, findings, swap="swap_axes" in fixes)
    if "drop_water" in fixes:
        frame = _without_water(frame, findings)
    ids, names = _columns(frame, layout, id=id, name=name, file=file.name)
    frame = _named(frame, ids, names, findings)
    frame = _repaired(frame, findings)
    if len(frame) == 0:
        raise InputError("layer_empty", path=file.name, layer=opened.name)
    frame = _one_row_a_zone(frame, layout.sums if layout else (), findings)
    _report_overlaps(frame, findings)
    zones = Zones(frame=frame, kind=kind, source=file.name)
    return PolygonFile(
        zones=replace(zones, problems=findings.problems),
        product=layout.product if layout else "",
        id=ids,
        name=names,
    )


def _polygons_only(opened: Layer, findings: Findings) -> gpd.GeoDataFrame:
    """Return the rows with a polygon; refuse a layer of anything else."""
    import geopandas as gpd
    import pandas as pd
    import shapely

    frame = opened.frame
    if len(frame) == 0:
        raise InputError("layer_empty", path=findings.file, layer=opened.name)
    shapes = np.asarray(frame.geometry.array)
    nothing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    found = {str(kind) for kind in frame.geom_type[~nothing].unique()}
    if "GeometryCollection" in found and frame.shape[1] == 1:
        raise InputError("layer_geometry_collection", path=findings.file)
    if found - {"Polygon", "MultiPolygon"} or not found:
        shown = ", ".join(sorted(found)) or "-"
        raise InputError("layer_not_polygons", path=findings.file, found=shown)
    if nothing.any():
        findings.add("warning", "polygon_missing", n=int(nothing.sum()))
    fields = pd.DataFrame(frame.drop(columns=frame.geometry.name))[~nothing]
    return gpd.GeoDataFrame(fields, geometry=shapely.force_2d(shapes[~nothing]), crs=frame.crs)


def _crs(opened: Layer, *, crs: object | None, layout: Layout | None, findings: Findings) -> CRS:
    """Return the CRS that the caller, the file or the product states."""
    if crs is not None:
        return points.require_crs(crs)
    if opened.frame.crs is not None:
        if not opened.crs_stated:
            findings.add("info", "crs_by_format", crs=opened.frame.crs.to_string())
        return opened.frame.crs
    if layout is not None:
        findings.add("info", "crs_by_product", crs=layout.crs, product=layout.product)
        return points.require_crs(layout.crs)
    raise CRSError("layer_no_crs", path=findings.file)


def _in_metres(
    frame: gpd.GeoDataFrame, crs: CRS, findings: Findings, *, swap: bool
) -> gpd.GeoDataFrame:
    """Return the frame in the plane CRS of its place, after a look at the numbers."""
    import shapely

    shapes = np.asarray(frame.geometry.array)
    if swap:
        shapes = shapely.transform(shapes, lambda xy: xy[:, ::-1])
        findings.add("warning", "axes_swapped_back")
    frame = frame.set_geometry(shapes).set_crs(crs, allow_override=True)
    west, south, east, north = frame.total_bounds
    x, y = np.array([west, east]), np.array([south, north])
    if crs.is_projected:
        x, y = points.to_lonlat(x, y, crs=crs)
    if not points.in_japan(x, y).all():
        if points.in_japan(y, x).all():
            raise CRSError("axes_swapped", path=findings.file)
        key = "zones_not_in_japan" if _are_degrees(x, y) else "zones_not_degrees"
        raise CRSError(key, path=findings.file, crs=crs.to_string())
    if points.on_tokyo_datum(crs):
        findings.add("warning", "tokyo_datum")
    plane = plane_crs(float(x.mean()), float(y.mean()))
    return frame if crs == plane else frame.to_crs(plane)


def _are_degrees(x: np.ndarray, y: np.ndarray) -> bool:
    return bool((np.abs(x) <= 360).all() and (np.abs(y) <= 90).all())


def _without_water(frame: gpd.GeoDataFrame, findings: Findings) -> gpd.GeoDataFrame:
    if "HCODE" not in frame.columns:
        raise InputError("water_not_known", path=findings.file)
    water = (frame["HCODE"].map(as_text) == WATER).to_numpy(dtype=bool)
    if water.any():
        findings.add("info", "water_left_out", n=int(water.sum()))
    return frame[~water]


def _named(
    frame: gpd.GeoDataFrame, ids: tuple[str, ...], names: tuple[str, ...], findings: Findings
) -> gpd.GeoDataFrame:
    """Return the frame with the columns ``zone_id`` and ``name``, both text and complete."""
    zone_id = _joined(frame, ids, findings, between="_")
    shown = _joined(frame, names, findings, between="")
    lost = zone_id.isna().to_numpy()
    if lost.any():
        findings.add("warning", "zone_without_id", column=", ".join(ids), n=int(lost.sum()))
    unnamed = shown.isna().to_numpy() & ~lost
    if unnamed.any():
        findings.add("warning", "zone_without_name", n=int(unnamed.sum()))
    # Columns of one's own that bear these names keep their content under another.
    clash = {c: f"{c} [2]" for c in ("zone_id", "name") if c in frame.columns}
    frame = frame.rename(columns={c: new for c, new in clash.items() if c not in (*ids, *names)})
    frame = frame.drop(columns=[c for c in ("zone_id", "name") if c in frame.columns])
    frame.insert(0, "zone_id", zone_id)
    # A part without a name takes that of the other parts, a zone without one its id.
    shown = shown.where(shown.notna(), shown.groupby(zone_id).transform("first"))
    frame.insert(1, "name", shown.where(shown.notna(), zone_id))
    return frame[~lost]


def _columns(
    frame: gpd.GeoDataFrame,
    layout: Layout | None,
    *,
    id: str | None,  # noqa: A002
    name: str | None,
    file: str,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the columns that make the id and the name; without a name it is the id."""
    fields = [str(column) for column in frame.columns if column != "geometry"]
    shown = ", ".join(fields)
    for role, column in (("id", id), ("name", name)):
        if column is not None and column not in fields:
            raise InputError(
                "role_column_missing", file=file, role=role, column=column, columns=shown or "-"
            )
    if layout is not None and id is None:
        ids, names = layout.id, layout.name
        if ids[0] in ("A27_003", "A32_003"):
            ids, names = _school(frame, ids[0])
        return ids, (name,) if name else names
    found_name = name or find_field(fields, NAME_NAMES)
    found_id = id or find_field(fields, ID_NAMES) or found_name
    if found_id is None:
        raise InputError("zones_no_id" if fields else "zones_no_fields", path=file, columns=shown)
    return (found_id,), (found_name or found_id,)


def _school(frame: gpd.GeoDataFrame, column: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return id and name of a school layer with the fields 001–005.

    Since 2021 field 003 is the school's code; before, the same fields held the
    name there. Where it is a code but some are blank, code and name make the id.
    """
    item = column[:3]
    given = frame[column].dropna().map(as_text)
    if not given.map(lambda cell: SCHOOL_CODE.fullmatch(cell) is not None).all():
        return (f"{item}_001", column), (column,)
    if len(given) < len(frame):
        return (f"{item}_001", f"{item}_004"), (f"{item}_004",)
    return (column,), (f"{item}_004",)


def _joined(
    frame: gpd.GeoDataFrame, columns: tuple[str, ...], findings: Findings, *, between: str
) -> pd.Series:
    """Return columns as one text; missing where all are."""
    import pandas as pd

    joined = pd.Series(None, index=frame.index, dtype=object)
    for column in columns:
        read = (small_areas if column == "KEY_CODE" else texts)(frame[column])
        if read.faults:
            n = int(sum(mask.sum() for mask in read.faults.values()))
            raise InputError("zone_id_scientific", path=findings.file, column=column, n=n)
        part = read.values.astype(object)
        both = joined.notna() & part.notna()
        joined = joined.where(joined.notna(), part).where(~both, joined + between + part)
    return joined


def _repaired(frame: gpd.GeoDataFrame, findings: Findings) -> gpd.GeoDataFrame:
    """Return the frame with valid polygons; say how many were not, and what it changed."""
    import shapely

    shapes = np.asarray(frame.geometry.array).copy()
    invalid = ~shapely.is_valid(shapes)
    if not invalid.any():
        return frame
    before = shapely.area(shapes[invalid]).sum()
    shapes[invalid] = [_polygon_parts(shape) for shape in shapely.make_valid(shapes[invalid])]
    change = shapely.area(shapes[invalid]).sum() - before
    findings.add("warning", "polygons_repaired", n=int(invalid.sum()), change=f"{change:+,.1f}")
    flat = shapely.is_empty(shapes)
    if flat.any():
        findings.add("warning", "polygon_missing", n=int(flat.sum()))
    return frame.set_geometry(shapes, crs=frame.crs)[~flat]


def _polygon_parts(shape: BaseGeometry) -> BaseGeometry:
    """Return the polygons of a repaired shape; lines and points that fell off have no area."""
    import shapely

    parts = shapely.get_parts(shape)
    parts = shapely.get_parts(parts)  # a collection can hold multipolygons
    areas = parts[shapely.get_dimensions(parts) == 2]
    return shapely.union_all(areas) if len(areas) else shapely.Polygon()


def _one_row_a_zone(
    frame: gpd.GeoDataFrame, sums: tuple[str, ...], findings: Findings
) -> gpd.GeoDataFrame:
    """Return the frame with parts of one id joined, indexed by ``zone_id``.

    ``sums`` are added up (e-Stat gives persons on the part E1 only and 0 on the
    others, in any order); of other columns the value that comes first is kept.
    """
    import shapely

    repeated = frame["zone_id"].duplicated(keep=False)
    if not repeated.any():
        return frame.set_index("zone_id")
    parts = frame[repeated].groupby("zone_id", sort=False)
    conflicts = int((parts["name"].nunique() > 1).sum())
    if conflicts:
        raise InputError("zone_id_two_names", path=findings.file, n=conflicts)
    shapes = dict(zip(frame["zone_id"], frame.geometry.array, strict=True))
    for zone_id, rows in parts.indices.items():
        shapes[zone_id] = shapely.union_all(np.asarray(frame.geometry.array)[repeated][rows])
    totals = {column: frame.groupby("zone_id")[column].sum() for column in sums if column in frame}
    findings.add("info", "zone_parts_joined", n=int(repeated.sum()), zones=len(parts))
    frame = frame[~frame["zone_id"].duplicated()].set_index("zone_id")
    frame = frame.assign(**{name: total.reindex(frame.index) for name, total in totals.items()})
    return frame.set_geometry(list(shapes.values()), crs=frame.crs)


def overlaps(frame: gpd.GeoDataFrame) -> tuple[int, float]:
    """Return the number of pairs of polygons that overlap, and the area shared, in m²."""
    import shapely

    shapes = np.asarray(frame.geometry.array)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    shapely.prepare(shapes)
    inner = ~shapely.touches(shapes[first], shapes[second])
    areas = shapely.area(shapely.intersection(shapes[first[inner]], shapes[second[inner]]))
    real = areas > SLIVER
    return int(real.sum()), float(areas[real].sum())


def _report_overlaps(frame: gpd.GeoDataFrame, findings: Findings) -> None:
    n, area = overlaps(frame)
    if n:
        findings.add("warning", "zones_overlap", n=n, area=f"{area / 1e6:,.3f}")
