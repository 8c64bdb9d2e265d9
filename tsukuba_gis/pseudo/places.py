"""Places: areas, households counted in squares, and new home points inside the own polygon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.pseudo.cells import Relation, close
from tsukuba_gis.pseudo.people import zone_ids
from tsukuba_gis.records import LONLAT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.city import City
    from tsukuba_gis.pseudo.people import People
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.pseudo.tally import Tally
    from tsukuba_gis.zones import Zones

    Ints = NDArray[Any]
    Floats = NDArray[Any]


def areas_of(people: People) -> pd.DataFrame:
    """Return cluster, persons and households of each area."""
    import pandas as pd

    n = len(people.area_names)
    return pd.DataFrame(
        {
            "cluster": people.area_clusters,
            "persons": np.bincount(people.area, minlength=n),
            "households": np.bincount(people.area[people.first], minlength=n),
        }
    )


def labelled_areas(people: People, city: City, register: Tally) -> pd.DataFrame:
    """Return the areas with what is carried: the value that at least k of their persons bear."""
    import pandas as pd

    table = pd.DataFrame(
        {
            "cluster": [city.codes["cluster"][code] for code in city.areas.cluster],
            "area": people.area_names,
            "persons": city.areas.persons,
            "households": city.areas.households,
        }
    )
    for column in city.spec.carried:
        codes, names = register.factor(column)
        pairs, counts = np.unique(people.area * len(names) + codes, return_counts=True)
        order = np.lexsort((pairs, -counts, pairs // len(names)))
        best = order[np.unique(pairs[order] // len(names), return_index=True)[1]]
        table[f"carried:{column}"] = [
            names[pairs[i] % len(names)] if counts[i] >= city.spec.k else "" for i in best
        ]
    return table


def measure_mesh(
    numbers: Mapping[str, Floats], people: People, zones: Zones | None
) -> dict[str, pd.DataFrame]:
    """Return households per area and square, where there are at least k.

    Squares lie in the plane CRS of the zones, numbered from its origin.
    Households in institutions are not counted: a square could name them.
    """
    import pandas as pd
    import pyproj

    spec = people.spec
    if spec.lon is None or spec.lat is None or zones is None or not spec.mesh_metres:
        return {}
    first = people.first
    lon = numbers[spec.lon][first]
    lat = numbers[spec.lat][first]
    types = people.codes["type"]
    homes = np.isfinite(lon) & np.isfinite(lat)
    if spec.institution in types:
        homes &= people.type[first] != types.index(spec.institution)
    transform = pyproj.Transformer.from_crs(LONLAT, zones.frame.crs, always_xy=True)
    x, y = transform.transform(lon[homes], lat[homes])
    square = pd.DataFrame(
        {
            "area": people.area[first][homes],
            "column": np.floor(np.asarray(x) / spec.mesh_metres).astype(np.int64),
            "row": np.floor(np.asarray(y) / spec.mesh_metres).astype(np.int64),
        }
    )
    counts = square.groupby(["area", "column", "row"], sort=True).size().reset_index(name="n")
    n_areas = len(people.area_names)
    area, n = counts["area"].to_numpy(), counts["n"].to_numpy()
    # An area's other households are in institutions or without a point: one more part of it.
    others = np.bincount(people.area[first], minlength=n_areas) - np.bincount(area, n, n_areas)
    k = np.array([spec.threshold(p) for p in np.bincount(people.area, minlength=n_areas).tolist()])
    parts, group = np.append(n, others), np.append(area, np.arange(n_areas))
    every = Relation(group=group, known=np.ones(n_areas, dtype=bool), k=k, units=0)
    shown = close(parts >= k[group], parts, np.full(len(parts), np.inf), [every])[: len(n)]
    table = counts[shown].reset_index(drop=True).astype(np.int64)
    table.columns = pd.Index(["area", "mesh_x", "mesh_y", "households"])
    return {"mesh": table.assign(area=table.area.astype(str))}


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
