"""New home points: as many in each square as were counted, inside the polygon of the area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.pseudo.counts import by_lot
from tsukuba_gis.pseudo.measuring.people import zone_ids
from tsukuba_gis.records import LONLAT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.zones import Zones

    Ints = NDArray[Any]
    Floats = NDArray[Any]


def homes(
    statistics: Statistics, zones: Zones, area: Ints, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return a new home point for every household, inside the polygon of its area.

    Parameters
    ----------
    statistics
        With the table of squares, if it was measured.
    zones
        Polygons of the areas, found by id or by name.
    area
        Area code of each household.
    rng
        Draws the points, and who lives where.

    Returns
    -------
    lon, lat
        Degrees (JGD2011); NaN in an area without a name or polygon.

    Raises
    ------
    InputError
        If no area has a polygon.

    Notes
    -----
    A polygon (its part in the square) is cut into triangles; a point is drawn
    in a triangle chosen by area, so that none is rejected or drawn twice.
    """
    import pyproj

    names = tuple(statistics.tables["areas"].area)
    rows = np.array(zone_ids(names, zones), dtype=np.int64)
    if rows.max(initial=-1) < 0:
        raise InputError("pseudo_zones_unknown", kind=zones.kind)
    polygons = zones.frame.geometry.to_numpy()[rows]
    number = np.where(rows >= 0, np.bincount(area, minlength=len(names)), 0)
    parts = _parts(statistics, polygons, number)
    # Which of an area's points a household gets is drawn by lot.
    order = by_lot(area, rng)
    order = order[rows[area[order]] >= 0]
    lon, lat = np.full(len(area), np.nan), np.full(len(area), np.nan)
    transform = pyproj.Transformer.from_crs(zones.frame.crs, LONLAT, always_xy=True)
    lon[order], lat[order] = transform.transform(*_inside(*parts, polygons, rng))
    # Seven decimals are a centimetre: finer digits would only pretend.
    return np.round(lon, 7), np.round(lat, 7)


def _parts(statistics: Statistics, polygons: Any, number: Ints) -> tuple[Any, Ints, Ints]:
    """Return parts of areas in the order of areas: polygon, area, and homes in each.

    So many as were counted in each square's part of an area; the rest anywhere in it.
    """
    import shapely

    table = statistics.tables.get("mesh")
    every = np.arange(len(polygons))
    if table is None or len(table) == 0:
        return polygons, every, number
    area = table.area.to_numpy(dtype=np.int64)
    order = np.argsort(area, kind="stable")
    area, side = area[order], statistics.spec.mesh_metres
    columns = table[["mesh_x", "mesh_y", "households"]]
    x, y, counts = columns.to_numpy(dtype=np.int64)[order].T
    squares = shapely.box(x * side, y * side, x * side + side, y * side + side)
    cut = shapely.intersection(polygons[area], squares)
    counts = np.where(shapely.area(cut) > 0, counts, 0)
    before = np.cumsum(counts) - counts
    before -= before[np.searchsorted(area, area)]
    counts = np.clip(number[area] - before, 0, counts)
    rest = number - np.bincount(area, counts, minlength=len(number)).astype(np.int64)
    owner, wanted = np.append(every, area), np.append(rest, counts)
    order = np.argsort(owner, kind="stable")
    return np.append(polygons, cut)[order], owner[order], wanted[order]


def _inside(
    parts: Any, owner: Ints, wanted: Ints, polygons: Any, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return so many points in each part, uniform in it, none on the border of its area."""
    import shapely

    held = np.flatnonzero(wanted)
    cut = shapely.constrained_delaunay_triangles(parts[held])
    triangles, part = shapely.get_parts(cut, return_index=True)
    corners = shapely.get_coordinates(triangles).reshape(-1, 4, 2)[:, :3]
    # All triangles in a line, as long as they are large: each part is a piece of it.
    line, ends = np.cumsum(shapely.area(triangles)), np.cumsum(np.bincount(part)) - 1
    high = line[ends]
    low = np.append(0.0, high[:-1])
    own = np.repeat(np.arange(len(held)), wanted[held])
    shapely.prepare(polygons)
    around = polygons[owner[held[own]]]
    x, y, todo = np.empty(len(own)), np.empty(len(own)), np.arange(len(own))
    # A point on the border by rounding is drawn again; far more than ever needed.
    for _ in range(50):
        mine = own[todo]
        place = rng.uniform(low[mine], high[mine])
        chosen = corners[np.minimum(np.searchsorted(line, place, side="right"), ends[mine])]
        u, v = np.sqrt(rng.random(len(todo))), rng.random(len(todo))
        weights = np.column_stack([1 - u, u * (1 - v), u * v])
        x[todo], y[todo] = np.einsum("ij,ijk->ki", weights, chosen)
        todo = todo[~shapely.contains_xy(around[todo], x[todo], y[todo])]
        if len(todo) == 0:
            return x, y
    centre = shapely.point_on_surface(parts[held[own[todo]]])
    x[todo], y[todo] = shapely.get_x(centre), shapely.get_y(centre)
    return x, y
