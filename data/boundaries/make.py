"""Make ``tsukuba.gpkg``, approximate boundaries of Tsukuba, from ``small_areas.csv``.

Names in English are looked up in ``names_en.csv``.

The table holds, for each of the 338 census pieces of the city, a published
representative point and a published area; no outline of anything is read.

The pieces become a *power diagram*: a Voronoi diagram in which every site has a
weight, chosen so that each cell has the published area.

1. Every cell is cut by a disc around its own site, so that cells end where
   there is no neighbour. Weights and sites are moved until areas fit and the
   published points lie near the middle of the cells.
2. Their union, its small bays and holes closed and its corners rounded, is
   shrunk until it has the published total area: the outline of the city.
3. Newton's method finds the weights with which the cells, cut by this outline,
   have the published areas again, now without gaps.

References
----------
Aurenhammer, Hoffmann, Aronov (1998), Minkowski-type theorems and least-squares
clustering, Algorithmica 20, 61–76, doi:10.1007/PL00009187 (a power diagram with
given areas exists). Kitagawa, Mérigot, Thibert (2019), Convergence of a Newton
algorithm for semi-discrete optimal transport, J. Eur. Math. Soc. 21, 2603–2651,
doi:10.4171/JEMS/889 (step 3).

Run ``python data/boundaries/make.py``; the same table gives the same polygons.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from scipy.optimize import brentq
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve
from scipy.spatial import ConvexHull

HERE = Path(__file__).parent
CITY = "08220"
CRS = "EPSG:6677"
GRID = 0.01  # metres; every coordinate of the result is a whole number of centimetres
FIGURES = ["area_m2", "population_2015", "households_2015"]

CLOSING = 1000.0  # bays of the outline narrower than twice this are closed, metres
ROUNDING = 150.0  # radius of the outline's corners, metres
# Sites of the outer ring: far enough away to touch no cell, so that all are bounded.
_ANGLES = np.arange(24) * (2 * np.pi / 24)
_FAR = 150_000.0 * np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])


def read_table(path: Path = HERE / "small_areas.csv") -> pd.DataFrame:
    """Return the published figures, one row a census piece."""
    text = dict.fromkeys(
        ["key_code", "part", "name", "former_municipality", "former_municipality_basis"], str
    )
    return pd.read_csv(path, dtype=text, keep_default_na=False, encoding="utf-8")


def english_names(path: Path = HERE / "names_en.csv") -> dict[str, str]:
    """Return the English names of schools and former municipalities by their Japanese names."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    return dict(zip(table["name"], table["name_en"], strict=True))


def plane(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the published points in metres about a centre, and that centre.

    The published degrees are JGD2000, rounded to about a metre; they are taken
    as JGD2011, which is within that rounding here and needs no correction grid.
    """
    project = pyproj.Transformer.from_crs("EPSG:6668", CRS, always_xy=True)
    points = np.column_stack(project.transform(table["lon"], table["lat"]))
    centre = np.round(points.mean(axis=0), -3)
    return points - centre, centre


class Diagram:
    """The power diagram of sites and weights.

    Attributes
    ----------
    cells
        One convex polygon a site; empty where heavier neighbours cover it.
    pairs, walls
        The pairs of neighbouring sites and the wall between them.
    """

    def __init__(self, sites: np.ndarray, weights: np.ndarray) -> None:
        n = len(sites)
        ring = np.vstack([sites, _FAR])
        lift = (ring**2).sum(axis=1) - np.concatenate([weights, np.zeros(len(_FAR))])
        # The lower hull of the lifted sites is the dual triangulation; the
        # centre of a triangle, where three cells meet, is read off its plane.
        hull = ConvexHull(np.column_stack([ring, lift]))
        lower = np.flatnonzero(hull.equations[:, 2] < -1e-12)
        centres = np.full((len(hull.simplices), 2), np.nan)
        planes = hull.equations[lower]
        centres[lower] = -planes[:, :2] / (2 * planes[:, 2:3])

        owner, triangle = hull.simplices[lower].ravel(), np.repeat(lower, 3)
        self.cells = np.full(n, shapely.Polygon(), dtype=object)
        for site in range(n):
            corners = centres[triangle[owner == site]]
            if len(corners) >= 3:
                x, y = (corners - corners.mean(axis=0)).T
                self.cells[site] = shapely.Polygon(corners[np.argsort(np.arctan2(y, x))])

        # Wall k of a triangle lies between its two other corners.
        one, other = np.repeat(lower, 3), hull.neighbors[lower].ravel()
        ends = np.stack([hull.simplices[lower][:, [1, 2, 0]], hull.simplices[lower][:, [2, 0, 1]]])
        i, j = ends.reshape(2, -1)
        real = (one < other) & ~np.isnan(centres[other, 0]) & (i < n) & (j < n)
        self.pairs = np.column_stack([i, j])[real]
        self.walls = shapely.linestrings(np.stack([centres[one[real]], centres[other[real]]], 1))


def middles(pieces: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """Return the centroids of pieces; where a piece is empty, the point given."""
    found = shapely.get_coordinates(shapely.centroid(pieces), include_z=False)
    result = otherwise.copy()
    result[~shapely.is_empty(pieces)] = found
    return result


def fit_discs(points: np.ndarray, areas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return sites and cells of step 1: power cells cut by their own discs.

    A published point is the middle of its piece, so each site is drawn to where
    the middle of its cell comes to the point; it is drawn back as well, since
    pieces that are not convex cannot be met.
    """
    sites, weights = points.copy(), areas / np.pi
    reach = np.sqrt(areas / np.pi)
    for step in range(160):
        discs = shapely.buffer(shapely.points(sites), np.sqrt(np.maximum(weights, 1.0)))
        pieces = shapely.intersection(Diagram(sites, weights).cells, discs)
        sizes = shapely.area(pieces)
        weights = weights + 0.8 * (areas - sizes) / np.pi
        if step >= 40:
            # A cell still far too small says nothing about where it should lie.
            trusted = (sizes > 0.3 * areas)[:, None]
            off = np.where(trusted, points - middles(pieces, points), 0.0)
            shift = 0.95 * (sites - points) + 0.1 * off
            length = np.maximum(np.hypot(*shift.T), 1e-9)
            sites = points + shift * np.minimum(1.0, reach / length)[:, None]
    return sites, pieces


def largest(shape: shapely.Geometry) -> shapely.Polygon:
    """Return the largest part, without holes."""
    parts = shapely.get_parts(shape)
    return shapely.Polygon(parts[np.argmax(shapely.area(parts))].exterior)


def outline(pieces: np.ndarray, points: np.ndarray, areas: np.ndarray) -> shapely.Polygon:
    """Return step 2: one smooth outline of the total area around all pieces.

    Every piece keeps the inner half of its disc, so that narrow spits stay.
    """
    closed = largest(shapely.union_all(pieces).buffer(CLOSING).buffer(-CLOSING))
    cores = shapely.union_all(shapely.buffer(shapely.points(points), np.sqrt(areas / 2 / np.pi)))

    def shrunk(depth: float) -> shapely.Polygon:
        rough = closed.buffer(-depth).union(cores)
        return largest(rough.buffer(ROUNDING).buffer(-2 * ROUNDING).buffer(ROUNDING))

    depth = brentq(lambda d: shrunk(d).area - areas.sum(), -1000.0, 1000.0, xtol=1e-6)
    return shrunk(depth).simplify(2.0)


def fit_outline(
    sites: np.ndarray, points: np.ndarray, areas: np.ndarray, city: shapely.Polygon
) -> np.ndarray:
    """Return step 3: power cells inside the outline, each with its area (to 1 m²)."""
    # A site outside could begin with no area, and Newton's method cannot raise that.
    sites = np.where(shapely.contains_xy(city, sites)[:, None], sites, points)
    off = shapely.shortest_line(shapely.points(sites), city.buffer(-5.0))
    outside = ~shapely.contains_xy(city, sites)
    sites = np.where(outside[:, None], shapely.get_coordinates(shapely.get_point(off, 1)), sites)
    target = areas * (city.area / areas.sum())
    shapely.prepare(city)

    def cut(weights: np.ndarray) -> tuple[Diagram, np.ndarray]:
        diagram = Diagram(sites, weights)
        return diagram, shapely.intersection(diagram.cells, city)

    weights = np.zeros(len(sites))
    diagram, pieces = cut(weights)
    sizes = shapely.area(pieces)
    floor = 0.5 * min(sizes.min(), target.min())
    if floor <= 0:
        message = "a cell begins without area: two sites fall together, or one is outside"
        raise ValueError(message)
    for _ in range(100):
        if np.abs(target - sizes).max() < 1.0:
            break
        step = _newton(diagram, sites, city, target - sizes)
        share = 1.0
        while True:
            new_diagram, new_pieces = cut(weights + share * step)
            new_sizes = shapely.area(new_pieces)
            gain = np.linalg.norm(target - new_sizes) / np.linalg.norm(target - sizes)
            if (new_sizes.min() > floor and gain <= 1 - share / 2) or share < 1e-6:
                break
            share /= 2
        weights = weights + share * step
        diagram, pieces, sizes = new_diagram, new_pieces, new_sizes
    return pieces


def _newton(
    diagram: Diagram, sites: np.ndarray, city: shapely.Polygon, missing: np.ndarray
) -> np.ndarray:
    """Return the change of weights that adds the missing areas, to first order.

    A wall of length l between sites at distance d moves by 1 / (2 d) for a unit
    of weight, so the areas' derivative is a weighted graph Laplacian.
    """
    i, j = diagram.pairs.T
    slope = shapely.length(shapely.intersection(diagram.walls, city))
    slope = slope / (2 * np.hypot(*(sites[i] - sites[j]).T))
    n = len(sites)
    rows, columns = np.concatenate([i, j, i, j]), np.concatenate([j, i, i, j])
    values = np.concatenate([-slope, -slope, slope, slope])
    laplacian = coo_array((values, (rows, columns)), shape=(n, n)).tocsr()
    # Weights count up to a constant: the first is held.
    return np.concatenate([[0.0], spsolve(laplacian[1:, 1:], missing[1:])])


def snap(pieces: np.ndarray) -> np.ndarray:
    """Return the pieces as an exact coverage on the grid: one polygon each.

    All borders are noded together on the grid, the faces between them found
    again, and each face given to the piece that it lies in. A face cut off from
    the main face of its piece goes to the neighbour with the longest border.
    """
    lines = shapely.union_all(shapely.boundary(pieces), grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    inside = shapely.point_on_surface(faces)
    tree = shapely.STRtree(pieces)
    owner = tree.nearest(inside)

    main = np.zeros(len(faces), dtype=bool)
    order = np.lexsort([-shapely.area(faces), owner])
    main[order[np.unique(owner[order], return_index=True)[1]]] = True
    for stray in np.flatnonzero(~main):
        shared = shapely.length(shapely.intersection(faces, shapely.boundary(faces[stray])))
        shared[~main] = 0.0
        owner[stray] = owner[np.argmax(shared)]
    return np.array([shapely.coverage_union_all(faces[owner == k]) for k in range(len(pieces))])


def numbered(values: pd.Series, letter: str) -> dict[str, str]:
    """Return ids such as ``08220-J01`` in the order in which names first appear."""
    names = list(dict.fromkeys(values))
    width = len(str(len(names)))
    return {name: f"{CITY}-{letter}{k:0{width}d}" for k, name in enumerate(names, start=1)}


def dissolve(frame: gpd.GeoDataFrame, by: str, keep: dict[str, str]) -> gpd.GeoDataFrame:
    """Return zones by id: shapes united, figures summed, ``keep`` columns (one value each)."""
    rows = {}
    for zone_id, group in frame.groupby(by, sort=True):
        shape = shapely.coverage_union_all(group.geometry.to_numpy())
        shape = shapely.normalize(shape)
        multi = shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
        # The row with most people stands for the zone; ties go to the larger, then the first.
        lead = group.sort_values(FIGURES[1:2] + FIGURES[:1], ascending=False, kind="stable").iloc[0]
        rows[zone_id] = {
            **{new: lead[old] for old, new in keep.items()},
            **group[FIGURES].sum().to_dict(),
            "approximate": True,
            "geometry": multi,
        }
    out = gpd.GeoDataFrame.from_dict(rows, orient="index").set_geometry("geometry", crs=CRS)
    return out.rename_axis("zone_id")


def layers(table: pd.DataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Return the four layers, index ``zone_id``."""
    points, centre = plane(table)
    areas = table["area_m2"].to_numpy(dtype=float)
    sites, discs = fit_discs(points, areas)
    pieces = snap(fit_outline(sites, points, areas, outline(discs, points, areas)))
    pieces = shapely.transform(pieces, lambda xy: np.round(xy + centre, 2))

    frame = gpd.GeoDataFrame(table, geometry=pieces, crs=CRS)
    frame["school_district"] = table["junior_high"].map(numbered(table["junior_high"], "J"))
    elementary = numbered(table["elementary_school"], "E")
    frame["elementary_district"] = table["elementary_school"].map(elementary)
    former = numbered(table["former_municipality"], "M")
    frame["former_municipality_id"] = table["former_municipality"].map(former)

    nested = frame.groupby("key_code")[["school_district", "elementary_district"]].nunique()
    if (nested > 1).any(axis=None):
        message = "a small area lies in two districts: settle it in the table"
        raise ValueError(message)
    districts = {"elementary_district": "elementary_district", "school_district": "school_district"}
    formers = {"former_municipality": "former_municipality"}
    up = {"school_district": "school_district"}
    made = {
        "small_areas": dissolve(frame, "key_code", {"name": "name", **formers, **districts}),
        "elementary_districts": dissolve(
            frame, "elementary_district", {"elementary_school": "name", **up}
        ),
        "school_districts": dissolve(frame, "school_district", {"junior_high": "name"}),
        "former_municipalities": dissolve(
            frame, "former_municipality_id", {"former_municipality": "name"}
        ),
    }
    english = english_names()
    for name, layer in made.items():
        if name != "small_areas":
            # Readings that are not certain are left out: a zone without one keeps its name.
            layer.insert(1, "name_en", layer["name"].map(english))
    return made


def check(made: dict[str, gpd.GeoDataFrame]) -> None:
    """Stop if a layer is not a coverage without gaps."""
    for name, frame in made.items():
        shapes = frame.geometry.to_numpy()
        whole = shapely.coverage_union_all(shapes)
        rings = shapely.get_num_interior_rings(shapely.get_parts(whole)).sum()
        sound = shapely.is_valid(shapes).all() and shapely.coverage_is_valid(shapes)
        if not sound or rings or len(shapely.get_parts(whole)) != 1:
            message = f"{name}: not a coverage without gaps"
            raise ValueError(message)


DESCRIPTION = (
    "APPROXIMATE: made from published points and areas, not official boundaries. "
    "おおよその形:公表された代表点と面積から作成。正式な境界ではありません。 "
    "出典: 政府統計の総合窓口(e-Stat)2015年国勢調査 小地域; "
    "「国土数値情報(小学校区データ)」(国土交通省); 国土地理院; 加工して作成."
)


def write(made: dict[str, gpd.GeoDataFrame], path: Path) -> None:
    """Write the GeoPackage: version 1.2, so that old QGIS opens it; a fixed date inside."""
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2015-10-01T00:00:00.000Z"})
    for name, frame in made.items():
        pyogrio.write_dataframe(
            frame.reset_index(),
            path,
            layer=name,
            driver="GPKG",
            append=path.exists(),
            dataset_options={"VERSION": "1.2"},
            layer_options={"IDENTIFIER": name, "DESCRIPTION": DESCRIPTION},
        )
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def main(arguments: list[str] | None = None) -> None:
    """Make the file, check it, and say what it holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE / "tsukuba.gpkg")
    path = parser.parse_args(arguments).out
    made = layers(read_table())
    check(made)
    write(made, path)
    for name, frame in made.items():
        print(f"{name}: {len(frame)} zones, {frame.area.sum() / 1e6:.3f} km²")


if __name__ == "__main__":
    main()
