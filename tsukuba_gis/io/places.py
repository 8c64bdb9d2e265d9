"""Places in: facilities, events and the like, a point a row, in metres."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tsukuba_gis.errors import InputError
from tsukuba_gis.io import numbers, points
from tsukuba_gis.io.findings import Findings
from tsukuba_gis.io.persons import open_table
from tsukuba_gis.io.text import require_file
from tsukuba_gis.records import LONLAT
from tsukuba_gis.schema import find_roles, is_my_number

if TYPE_CHECKING:
    import geopandas as gpd


def read_places(
    path: str | Path, *, layer: str | None = None, crs: str | None = None
) -> gpd.GeoDataFrame:
    r"""Read a layer of points, or a table with the columns ``lon`` and ``lat``, in metres.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile, GeoParquet, CSV, Excel or Parquet. Nothing is written
        beside it.
    layer
        Layer, or sheet of a workbook; needed where there are several.
    crs
        Where the file does not say it or says it wrongly; a table's columns are degrees
        (JGD2011) without it.

    Returns
    -------
    geopandas.GeoDataFrame
        All columns of the file, and the points in the plane CRS of their middle
        (:func:`tsukuba_gis.zones.plane_crs`); a row without a place keeps an empty one.

    Raises
    ------
    InputError
        If the file cannot be read, holds no points or no columns of places, or a cell of
        these cannot be read.
    CRSError
        If no CRS is stated, or the points are not in Japan.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "clinics.csv"
    ...     _ = file.write_text("name,lon,lat\nA,140.1,36.1\nB,,\n", encoding="utf-8")
    ...     places = read_places(file)
    >>> places.crs.to_epsg(), places.geometry.is_empty.tolist()
    (6677, [False, True])
    """
    import geopandas as gpd
    import numpy as np
    import shapely

    from tsukuba_gis.zones import plane_crs

    file = require_file(path)
    findings = Findings(file)
    table, told = open_table(file, sheet=layer, layer=layer, crs=crs, findings=findings)
    roles = find_roles(list(map(str, table.frame.columns)), file=file.name)
    if not {"lon", "lat"} <= set(roles):
        raise InputError("places_no_columns", path=file.name)
    columns = [numbers.numbers(table.frame[roles[role]]) for role in ("lon", "lat")]
    unread = sum(int(fault.sum()) for column in columns for fault in column.faults.values())
    if unread:
        raise InputError("places_not_numbers", path=file.name, n=unread)
    x, y = (column.values.to_numpy(dtype=float, na_value=np.nan) for column in columns)
    lon, lat = points.to_lonlat(x, y, crs=told or LONLAT)
    known = np.isfinite(lon) & np.isfinite(lat)
    if not known.any():
        raise InputError("places_none", path=file.name)
    plane = plane_crs(float(lon[known].mean()), float(lat[known].mean()))
    shapes = np.full(len(lon), shapely.Point(), dtype=object)
    shapes[known] = shapely.points(lon[known], lat[known])
    others = [name for name in table.frame.columns if not is_my_number(str(name))]
    frame = gpd.GeoDataFrame(table.frame[others], geometry=shapes, crs=LONLAT)
    return frame.to_crs(plane)
