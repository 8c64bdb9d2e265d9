"""The window: the ground on which points could lie, a city's polygon in metres."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import CRSError, InputError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from tsukuba_gis.zones import Zones

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Window:
    """Points inside a polygon.

    Parameters
    ----------
    xy
        Coordinates of the points inside (border included), metres; points
        without a place or outside are left out.
    kept
        Which of the given points these are.
    polygon
        The window.
    n_missing, n_outside
        Points without a place; points outside.
    """

    xy: Floats = field(repr=False)
    kept: NDArray[np.bool_] = field(repr=False)
    polygon: BaseGeometry = field(repr=False)
    n_missing: int
    n_outside: int

    @property
    def n(self) -> int:
        """Number of points inside."""
        return len(self.xy)

    @property
    def area(self) -> float:
        """Area of the window, m²."""
        return float(self.polygon.area)


def coordinates(points: gpd.GeoSeries) -> Floats:
    """Return x and y in metres, NaN where a point is missing.

    Raises
    ------
    CRSError
        If the CRS is missing or not in metres.
    InputError
        If something is not a point.
    """
    import shapely

    require_metres(points)
    geometries = np.asarray(points.array, dtype=object)
    some = np.asarray(~(shapely.is_missing(geometries) | shapely.is_empty(geometries)))
    wrong = int((np.asarray(shapely.get_type_id(geometries))[some] != 0).sum())
    if wrong:
        raise InputError("pattern_not_points", n=wrong)
    xy: Floats = np.full((len(geometries), 2), np.nan)
    xy[some] = shapely.get_coordinates(geometries[some])
    xy[np.flatnonzero(~np.isfinite(xy).all(axis=1))] = np.nan
    return xy


def require_metres(points: gpd.GeoSeries) -> None:
    """Raise unless the CRS is projected and in metres."""
    crs = points.crs
    if crs is None or not crs.is_projected or crs.axis_info[0].unit_name != "metre":
        raise CRSError("pattern_not_metres", crs="-" if crs is None else crs.to_string())


def look_through(points: gpd.GeoSeries, zones: Zones) -> Window:
    """Return the points that lie in the zones.

    Raises
    ------
    CRSError
        If points are not in metres or in another CRS than the zones.
    InputError
        If no point lies inside.
    """
    import shapely

    xy = coordinates(points)
    if points.crs != zones.frame.crs:
        raise CRSError("pattern_other_crs", points=str(points.crs), zones=str(zones.frame.crs))
    polygon = shapely.union_all(np.asarray(zones.frame.geometry.array, dtype=object))
    shapely.prepare(polygon)
    inside = np.asarray(shapely.intersects_xy(polygon, xy[:, 0], xy[:, 1]))
    missing = int(np.isnan(xy[:, 0]).sum())
    if not inside.any():
        raise InputError("pattern_none_inside", n=len(points))
    return Window(
        xy=xy[inside],
        kept=inside,
        polygon=polygon,
        n_missing=missing,
        n_outside=int((~inside).sum()) - missing,
    )


def scatter(polygon: BaseGeometry, n: int, rng: np.random.Generator) -> Floats:
    """Return n points uniformly at random inside a polygon (by rejection from its bounds)."""
    import shapely

    west, south, east, north = polygon.bounds
    share = polygon.area / ((east - west) * (north - south))
    found = np.empty((0, 2))
    while len(found) < n:
        more = int(1.1 * (n - len(found)) / share) + 20
        xy = rng.uniform((west, south), (east, north), (more, 2))
        inside = shapely.intersects_xy(polygon, xy[:, 0], xy[:, 1])
        found = np.concatenate([found, xy[inside]])
    return found[:n]
