"""New home points: as many in each square as were counted, inside the polygon of the area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.pseudo.measuring.people import zone_ids
from tsukuba_gis.records import LONLAT

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.zones import Zones

    Ints = NDArray[Any]
    Floats = NDArray[Any]


def homes(
    statistics: Statistics,
    zones: Zones,
    area: Ints,
    rng_of: Callable[[str], np.random.Generator],
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
    rng_of
        Returns the random stream of an area, by number.

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
    rows = zone_ids(names, zones)
    if max(rows, default=-1) < 0:
        raise InputError("pseudo_zones_unknown", kind=zones.kind)
    squares = _squares(statistics)
    x, y = np.full(len(area), np.nan), np.full(len(area), np.nan)
    order = np.argsort(area, kind="stable")
    ends = np.searchsorted(area[order], np.arange(len(names) + 1))
    shapes = zones.frame.geometry.to_numpy()
    for number, zone in enumerate(rows):
        mine = order[ends[number] : ends[number + 1]]
        if zone < 0 or len(mine) == 0:
            continue
        x[mine], y[mine] = _place(
            shapes[zone], squares.get(number), len(mine), rng_of(str(number)),
            statistics.spec.mesh_metres,
        )  # fmt: skip
    transform = pyproj.Transformer.from_crs(zones.frame.crs, LONLAT, always_xy=True)
    known = np.isfinite(x)
    lon, lat = np.full(len(x), np.nan), np.full(len(x), np.nan)
    lon[known], lat[known] = transform.transform(x[known], y[known])
    # Seven decimals are a centimetre: finer digits would only pretend.
    return np.round(lon, 7), np.round(lat, 7)


def _squares(statistics: Statistics) -> dict[int, Ints]:
    """Return column, row and households of the squares of each area."""
    table = statistics.tables.get("mesh")
    if table is None or len(table) == 0:
        return {}
    area = table.area.to_numpy(dtype=np.int64)
    order = np.argsort(area, kind="stable")
    squares = table[["mesh_x", "mesh_y", "households"]].to_numpy(dtype=np.int64)[order]
    codes, first = np.unique(area[order], return_index=True)
    return dict(zip(codes.tolist(), np.split(squares, first[1:]), strict=True))


def _place(
    polygon: Any, squares: Ints | None, n: int, rng: np.random.Generator, side: float
) -> tuple[Floats, Floats]:
    """Return n points: so many in each square's part of the polygon, the rest anywhere in it."""
    import shapely

    shapely.prepare(polygon)
    parts, wanted = [polygon], [n]
    if squares is not None:
        low = squares[:, :2] * side
        cut = shapely.intersection(polygon, shapely.box(*low.T, *(low + side).T))
        counts = np.minimum(squares[:, 2], n)
        counts = np.where(shapely.area(cut) > 0, counts, 0)
        counts = np.minimum(counts, np.maximum(n - (np.cumsum(counts) - counts), 0))
        parts, wanted = [polygon, *cut], [n - int(counts.sum()), *counts.tolist()]
    xs, ys = [], []
    for part, number in zip(parts, wanted, strict=True):
        if number:
            px, py = _inside(part, polygon, int(number), rng)
            xs.append(px)
            ys.append(py)
    x, y = np.concatenate(xs), np.concatenate(ys)
    order = rng.permutation(n)
    return x[order], y[order]


def _inside(part: Any, polygon: Any, n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return n points, uniform in a polygon, none on the border of the area."""
    import shapely

    triangles = shapely.get_parts(shapely.constrained_delaunay_triangles(part))
    size = shapely.area(triangles)
    corners = shapely.get_coordinates(triangles).reshape(-1, 4, 2)[:, :3]
    x, y = np.empty(n), np.empty(n)
    todo = np.arange(n)
    # A point on the border by rounding is drawn again; far more than ever needed.
    for _ in range(50):
        chosen = corners[rng.choice(len(size), len(todo), p=size / size.sum())]
        u, v = np.sqrt(rng.random(len(todo))), rng.random(len(todo))
        weights = np.column_stack([1 - u, u * (1 - v), u * v])
        points = np.einsum("ij,ijk->ik", weights, chosen)
        x[todo], y[todo] = points[:, 0], points[:, 1]
        todo = todo[~shapely.contains_xy(polygon, x[todo], y[todo])]
        if len(todo) == 0:
            return x, y
    centre = shapely.point_on_surface(part)
    x[todo], y[todo] = shapely.get_x(centre), shapely.get_y(centre)
    return x, y
