"""The join gives GEOS's answer where it is hardest: on borders and one rounding step beside."""

import itertools
import pickle
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from tsukuba_gis.boundaries import load_boundaries
from tsukuba_gis.errors import InputError
from tsukuba_gis.join import PolygonIndex, ZoneIndex
from tsukuba_gis.join.grid import UNDECIDED, Grid
from tsukuba_gis.zones import Zones

SHARED = Path(__file__).parents[2] / "shared" / "data"


def zones_of(shapes, *, crs="EPSG:6677"):
    ids = [f"z{k:05d}" for k in range(len(shapes))]
    frame = gpd.GeoDataFrame(
        {"name": ids}, geometry=list(shapes), index=pd.Index(ids, name="zone_id"), crs=crs
    )
    return Zones(frame=frame, kind="other")


def by_geos(shapes, x, y):
    """Row of the first polygon that GEOS says covers each place; −1 where none does."""
    rows = np.full(len(x), -1)
    which, zone = shapely.STRtree(shapes).query(shapely.points(x, y))
    shapely.prepare(shapes)
    hit = shapely.covers(shapes[zone], shapely.points(x, y)[which])
    order = np.argsort(-zone[hit], kind="stable")
    rows[which[hit][order]] = zone[hit][order]
    return rows


def on_edge_of(shapes, rows, x, y):
    inside = rows >= 0
    result = np.zeros(len(x), dtype=bool)
    points = shapely.points(x[inside], y[inside])
    result[inside] = ~shapely.contains_properly(shapes[rows[inside]], points)
    return result


def steps(x, y):
    """Each place, and its eight neighbours one rounding step away."""
    xs = [np.nextafter(x, -np.inf), x, np.nextafter(x, np.inf)]
    ys = [np.nextafter(y, -np.inf), y, np.nextafter(y, np.inf)]
    return (
        np.concatenate([a for a in xs for _ in ys]),
        np.concatenate([b for _ in xs for b in ys]),
    )


def adversary(shapes, rng, *, most=3000):
    """Places made to fail: corners, middles of edges, the lines through them, and beside them."""
    grid = Grid(shapes)
    corners = shapely.get_coordinates(shapes)
    corners = corners[rng.permutation(len(corners))[:most]]
    rings = shapely.get_rings(shapely.get_parts(shapes))
    ends, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    share = rng.choice([0.5, 0.25, 0.1, 1e-4], size=(len(ends) - 1, 1))
    along = (ends[:-1] + share * (ends[1:] - ends[:-1]))[same]
    along = along[rng.permutation(len(along))[:most]]
    a, b = corners[rng.integers(0, len(corners), (2, most))]
    lines = np.column_stack([rng.choice(grid.xs, most), rng.choice(grid.ys, most)])
    west, south, east, north = shapely.total_bounds(shapes)
    anywhere = rng.uniform([west, south], [east, north], (most, 2))
    places = np.vstack([
        corners,
        along,
        np.column_stack([a[:, 0], b[:, 1]]),  # level with one corner, above another
        np.column_stack([a[:, 0] + rng.uniform(0, 5, most), a[:, 1]]),
        np.column_stack([a[:, 0], lines[:, 1]]),
        np.column_stack([lines[:, 0], a[:, 1]]),
        lines,
        np.round(anywhere, 0),
        anywhere,
    ])  # fmt: skip
    return steps(*places.T)


def stars(rng, n, *, size=100.0):
    """Overlapping stars with holes."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    made = []
    for x, y in rng.uniform(0, 1000, (n, 2)):
        radius = size * rng.uniform(0.3, 1.0, 40)
        shell = np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])
        hole = [x, y] + 0.2 * (shell - [x, y])
        made.append(shapely.Polygon(shell, [hole]))
    return np.array(made)


def lattice(n, *, step=1.0):
    """Squares whose corners are whole numbers, some with holes, some joined to a far one."""
    squares = [
        shapely.box(i * step, j * step, (i + 1) * step, (j + 1) * step)
        for i in range(n)
        for j in range(n)
    ]
    squares[3] = shapely.box(0, 3 * step, step, 4 * step).difference(
        shapely.box(0.25 * step, 3.25 * step, 0.75 * step, 3.75 * step)
    )
    squares[5] = shapely.MultiPolygon([squares[5], shapely.box(2 * n, 0, 2 * n + 1, 1)])
    return np.array(squares)


def slivers():
    """Strips a millimetre wide, far from the origin."""
    x = 4e6 + np.arange(60) * 0.001
    return np.array([shapely.Polygon([(a, 4e6), (b, 4e6 + 3), (b, 4e6 + 50), (a, 4e6 + 47)])
                     for a, b in itertools.pairwise(x)])  # fmt: skip


def fan():
    """Thin triangles from one corner: near it, a long border passes very fine numbers."""
    angle = np.linspace(0.03, 1.5, 40)
    ends = 0.1 + 3e3 * np.column_stack([np.cos(angle), np.sin(angle)])
    return np.array([shapely.Polygon([(0.1, 0.1), *pair]) for pair in itertools.pairwise(ends)])


def small_areas():
    return load_boundaries("small_area").frame.geometry.to_numpy()


def city_districts():
    return load_boundaries("school_district").frame.geometry.to_numpy()


SHAPES = {
    "lattice": lambda: lattice(12),
    "lattice_tenth": lambda: lattice(12, step=0.1),
    "stars": lambda: stars(np.random.default_rng(1), 60),
    "slivers": slivers,
    "fan": fan,
    "triangle": lambda: np.array([shapely.Polygon([(0, 0), (1, 0), (0.3, 1e-9)])]),
    "small_areas": small_areas,
    "school_districts": city_districts,
}


@pytest.mark.parametrize("name", SHAPES)
def test_no_difference_to_geos(name):
    shapes = SHAPES[name]()
    x, y = adversary(shapes, np.random.default_rng(7), most=1200)
    rows, on_border = ZoneIndex(zones_of(shapes)).locate(x, y)
    expected = by_geos(shapes, x, y)
    assert np.count_nonzero(rows != expected) == 0
    told = np.zeros(len(x), dtype=bool)
    told[on_border] = True
    assert np.array_equal(told, on_edge_of(shapes, expected, x, y))
    assert told.any()


@pytest.mark.parametrize("cells", [1, 40, 2_000, 300_000])
@pytest.mark.parametrize("name", ["lattice", "stars"])
def test_the_fineness_of_the_grid_does_not_matter(name, cells):
    shapes = SHAPES[name]()
    grid = Grid(shapes, cells=cells)
    x, y = adversary(shapes, np.random.default_rng(3), most=300)
    label = grid.locate(x, y)
    sure = label != UNDECIDED
    assert np.array_equal(label[sure], by_geos(shapes, x, y)[sure])


@pytest.mark.parametrize("seed", range(6))
def test_borders_through_the_corners_of_the_grid(seed):
    """A grid's own corners, or places a few rounding steps beside them, as corners of zones."""
    frame, cells = shapely.box(0, 0, 100, 100), 400
    grid = Grid(np.array([frame]), cells=cells)
    rng = np.random.default_rng(seed)
    column, row = np.meshgrid(np.arange(4, len(grid.xs) - 5, 3), np.arange(4, len(grid.ys) - 5, 3))
    x, y = grid.xs[column.ravel()], grid.ys[row.ravel()]
    y = y + rng.choice([0.0, 2.0], len(y))  # also on a side of a cell, not in its corner
    for values in (x, y):
        for _ in range(seed):
            values[:] = np.nextafter(values, rng.choice([-np.inf, np.inf], len(values)))
    triangles = shapely.get_parts(
        shapely.delaunay_triangles(shapely.MultiPoint(np.column_stack([x, y])))
    )
    around = frame.difference(shapely.union_all(triangles))
    shapes = np.append(triangles, around)
    assert Grid(shapes, cells=cells).xs.tolist() == grid.xs.tolist()

    at_x, at_y = adversary(shapes, rng, most=300)
    near = rng.uniform(-1, 1, (2, 20_000)) * rng.choice([1e-12, 1e-9, 1.0, 5.0], 20_000)
    pick = rng.integers(0, len(x), 20_000)
    at_x, at_y = np.append(at_x, x[pick] + near[0]), np.append(at_y, y[pick] + near[1])
    label = Grid(shapes, cells=cells).locate(at_x, at_y)
    sure = label != UNDECIDED
    assert np.array_equal(label[sure], by_geos(shapes, at_x, at_y)[sure])


def test_the_grid_decides_nearly_every_ordinary_point():
    shapes = small_areas()
    rng = np.random.default_rng(2)
    west, south, east, north = shapely.total_bounds(shapes)
    x, y = rng.uniform([west, south], [east, north], (200_000, 2)).T
    label = Grid(shapes).locate(x, y)
    assert np.count_nonzero(label == UNDECIDED) < 5
    assert np.array_equal(label, by_geos(shapes, x, y))


def test_overlaps_wide_enough_to_hold_cells():
    shapes = np.array([shapely.box(0, 0, 100, 100), shapely.box(20, 20, 60, 60)])
    x, y = np.random.default_rng(0).uniform(0, 100, (2, 20_000))
    rows, _ = ZoneIndex(zones_of(shapes)).locate(x, y)
    assert (rows == 0).all()
    rows, _ = ZoneIndex(zones_of(shapes), priority="smallest").locate(x, y)
    assert np.array_equal(rows == 1, (x >= 20) & (x <= 60) & (y >= 20) & (y <= 60))


@pytest.mark.parametrize(
    "name",
    [
        "tsukuba/tsukuba_juniorhigh_districts_derived.geojson",
        "tsukuba/tsukuba_elementary_districts_2021_named.geojson",
        "tsukuba/n03_municipality_08220.geojson",
        "estat_samples/tottori_2015/h27ka31201.shp",
    ],
)
def test_no_difference_to_geos_on_real_polygons(name):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"test data not found: ../shared/data/{name}")
    shapes = gpd.read_file(path).to_crs("EPSG:6677").geometry.make_valid().to_numpy()
    shapes = shapes[np.isin(shapely.get_type_id(shapes), [3, 6])]
    x, y = adversary(shapes, np.random.default_rng(5), most=1200)
    rows, on_border = ZoneIndex(zones_of(shapes)).locate(x, y)
    expected = by_geos(shapes, x, y)
    assert np.count_nonzero(rows != expected) == 0
    assert np.array_equal(np.sort(on_border), np.flatnonzero(on_edge_of(shapes, expected, x, y)))


def test_places_that_are_no_numbers_are_in_no_zone():
    rows, on_border = ZoneIndex(zones_of(lattice(6))).locate(
        [np.nan, np.inf, -np.inf, 1e300, 0.5], [0.5, 0.5, np.nan, -1e300, 0.5]
    )
    assert list(rows) == [-1, -1, -1, -1, 0]
    assert len(on_border) == 0


def test_no_zones():
    empty = zones_of([])
    rows, on_border = ZoneIndex(empty).locate([1.0], [1.0])
    assert list(rows) == [-1]
    assert len(on_border) == 0


def test_an_index_travels_to_other_processes():
    index = ZoneIndex(zones_of(lattice(6)), priority="smallest")
    x, y = adversary(lattice(6), np.random.default_rng(4), most=100)
    here, there = index.locate(x, y), pickle.loads(pickle.dumps(index)).locate(x, y)
    assert np.array_equal(here[0], there[0])
    assert np.array_equal(here[1], there[1])


def test_plain_polygons_give_the_same_answers_as_zones():
    zones = load_boundaries("small_area")
    west, south, east, north = zones.frame.total_bounds
    rng = np.random.default_rng(3)
    x, y = rng.uniform(west, east, 20_000), rng.uniform(south, north, 20_000)
    plain = PolygonIndex(zones.frame.geometry.to_numpy(), zones.ids.tolist())
    for one, other in zip(plain.locate(x, y), ZoneIndex(zones).locate(x, y), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "wrong",
    [shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), shapely.Point(0, 0), None],
    ids=["bow tie", "point", "none"],
)
def test_what_is_no_polygon_is_refused(wrong):
    shapes = np.array([shapely.box(0, 0, 1, 1), wrong], dtype=object)
    with pytest.raises(InputError) as found:
        PolygonIndex(shapes, ["a", "b"])
    assert found.value.key == "join_not_polygons"


def test_no_polygons_at_all():
    rows, on_border = PolygonIndex(np.array([], dtype=object), []).locate([0.0], [0.0])
    assert rows.tolist() == [-1]
    assert on_border.tolist() == []
