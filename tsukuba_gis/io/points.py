"""Home points: from coordinates in any CRS to JGD2011 degrees, and what can be wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.errors import CRSError, InputError
from tsukuba_gis.records import LONLAT
from tsukuba_gis.zones import JAPAN_BOUNDS

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS

# Tokyo Datum, and its plane zones I–XIX.
_TOKYO_DATUM: Final = frozenset([4301, *range(30161, 30180)])


def to_lonlat(x: np.ndarray, y: np.ndarray, *, crs: object) -> tuple[np.ndarray, np.ndarray]:
    """Return longitudes and latitudes on JGD2011; NaN stays NaN.

    ``x`` is the easting or longitude whatever the axis order of the CRS says.

    Examples
    --------
    >>> lon, lat = to_lonlat(np.array([0.0]), np.array([0.0]), crs="EPSG:6677")
    >>> float(round(lon[0], 9)), float(round(lat[0], 9))  # origin of zone IX: 139°50′, 36°
    (139.833333333, 36.0)
    """
    from pyproj import Transformer

    transformer = Transformer.from_crs(crs, LONLAT, always_xy=True)
    lon, lat = transformer.transform(x, y)
    finite = np.isfinite(lon) & np.isfinite(lat)
    return np.where(finite, lon, np.nan), np.where(finite, lat, np.nan)


def require_crs(crs: object) -> CRS:
    """Return the CRS as pyproj understands it.

    Raises
    ------
    CRSError
        If it is no CRS.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError as UnknownCRSError

    try:
        return CRS.from_user_input(crs)
    except UnknownCRSError:
        raise CRSError("crs_unknown", crs=crs) from None


def on_tokyo_datum(crs: object) -> bool:
    """Say whether a CRS is on the Tokyo Datum, some 450 m off at Tsukuba.

    The national grid (TKY2JGD) is not in pyproj; its conversion errs about 1 m.
    """
    from pyproj import CRS

    return CRS.from_user_input(crs).to_epsg() in _TOKYO_DATUM


def in_japan(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Return the mask of points within the bounds of Japan; False for NaN.

    Examples
    --------
    >>> in_japan(np.array([140.1, 36.1, np.nan]), np.array([36.1, 140.1, 36.1])).tolist()
    [True, False, False]
    """
    west, south, east, north = JAPAN_BOUNDS
    return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))


def from_geometry(
    frame: gpd.GeoDataFrame, *, crs: object | None, file: str
) -> tuple[np.ndarray, np.ndarray, object]:
    """Return x, y and the CRS of a layer of points; NaN where there is no point.

    Raises
    ------
    InputError
        If the layer holds lines or polygons.
    CRSError
        If neither the layer nor the caller states a CRS.
    """
    import shapely

    kinds = set(frame.geom_type.dropna()) - {"Point", "MultiPoint"}
    if kinds:
        raise InputError("layer_not_points", path=file, found=", ".join(sorted(kinds)))
    points = np.asarray(frame.geometry.array)
    if (shapely.get_num_geometries(points) > 1).any():
        raise InputError("layer_not_points", path=file, found="MultiPoint")
    used = crs or frame.crs
    if used is None:
        raise CRSError("layer_no_crs", path=file)
    x, y = np.full(len(points), np.nan), np.full(len(points), np.nan)
    known = ~(shapely.is_missing(points) | shapely.is_empty(points))
    x[known], y[known] = shapely.get_coordinates(shapely.centroid(points[known])).T
    return x, y, used
