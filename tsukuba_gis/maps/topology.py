"""Polygons as TopoJSON: each shared border is stored once.

Drawing only: statistics are computed on the full geometry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.maps.packing import pack

if TYPE_CHECKING:
    import geopandas as gpd

Point = tuple[int, int]
Ring = list[Point]
Topology = dict[str, Any]

# Drawing tolerance in metres: half a screen pixel when a city fills the screen.
TOLERANCE = 10.0
# Steps along each side of the bounding box: 0.3 m for a city of 30 km.
STEPS = 100_000


def drawing_shapes(shapes: gpd.GeoSeries, *, tolerance: float = TOLERANCE) -> gpd.GeoSeries:
    """Return the shapes simplified for drawing, in degrees (JGD2011).

    Neighbours keep their common border when the shapes form a coverage (no
    overlap, borders that match); else each shape is simplified by itself.

    Parameters
    ----------
    shapes
        Polygons in a projected CRS in metres.
    tolerance
        Metres.
    """
    import geopandas as gpd
    import shapely

    polygons = shapes.to_numpy()
    if shapely.coverage_is_valid(polygons):
        simple = shapely.coverage_simplify(polygons, tolerance)
    else:
        simple = shapely.simplify(polygons, tolerance)
    return gpd.GeoSeries(simple, index=shapes.index, crs=shapes.crs).to_crs(6668)


def topology(shapes: gpd.GeoSeries) -> Topology:
    """Return polygons as a TopoJSON topology with one object, ``zones``.

    Parameters
    ----------
    shapes
        Polygons or multipolygons in degrees.

    Notes
    -----
    Coordinates are rounded to 1/100,000 of the bounding box. A ring that
    collapses in the rounding is left out; a zone may thus be drawn empty, but
    it keeps its place in the list.

    References
    ----------
    Bostock, M. and Metcalf, C., The TopoJSON Format Specification, version 1.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> pair = topology(gpd.GeoSeries([box(0, 0, 1, 1), box(1, 0, 2, 1)]))
    >>> len(pair["arcs"])  # left side, common border, right side
    3
    """
    origin, scale, zones = _quantised(shapes)
    joints = _joints(ring for zone in zones for polygon in zone for ring in polygon)
    arcs: dict[tuple[Point, ...], int] = {}
    geometries = [
        {
            "type": "MultiPolygon",
            "arcs": [[_arcs_of(ring, joints, arcs) for ring in polygon] for polygon in zone],
        }
        for zone in zones
    ]
    return {
        "type": "Topology",
        "transform": {"scale": scale, "translate": origin},
        "objects": {"zones": {"type": "GeometryCollection", "geometries": geometries}},
        "arcs": [_steps(arc) for arc in arcs],
    }


def _quantised(shapes: gpd.GeoSeries) -> tuple[list[float], list[float], list[list[list[Ring]]]]:
    """Return origin, scale, and zones → polygons → rings of whole numbers (not closed)."""
    import shapely

    west, south, east, north = shapes.total_bounds
    origin = np.array([west, south])
    scale = np.maximum([east - west, north - south], 1e-9) / STEPS

    parts, zone_of = shapely.get_parts(shapes.to_numpy(), return_index=True)
    lines, part_of = shapely.get_rings(parts, return_index=True)
    coordinates, line_of = shapely.get_coordinates(lines, return_index=True)
    points = np.rint((coordinates - origin) / scale).astype(int)
    same = np.append(False, line_of[1:] == line_of[:-1])  # a ring's first point is its last, too
    moved = same & np.append(False, np.any(points[1:] != points[:-1], axis=1))
    kept, ring_of = points[moved], line_of[moved]
    cuts = np.searchsorted(ring_of, np.arange(len(lines) + 1))
    pairs = list(map(tuple, kept.tolist()))
    polygons: list[list[Ring]] = [[] for _ in parts]
    for line, part in enumerate(part_of.tolist()):
        polygons[part].append(pairs[cuts[line] : cuts[line + 1]])
    zones: list[list[list[Ring]]] = [[] for _ in shapes]
    for part, zone in enumerate(zone_of.tolist()):
        # The first ring is the outer one: without it the polygon is gone.
        if len(polygons[part][0]) > 2:
            zones[zone].append([ring for ring in polygons[part] if len(ring) > 2])
    return [round(float(v), 9) for v in origin], [float(f"{v:.12g}") for v in scale], zones


def _joints(rings: object) -> set[Point]:
    """Return the points where borders part: those with more than two neighbours."""
    beside: dict[Point, set[Point]] = {}
    for ring in rings:  # type: ignore[attr-defined]
        for before, here, after in zip([ring[-1], *ring], ring, [*ring[1:], ring[0]], strict=False):
            beside.setdefault(here, set()).update((before, after))
    return {point for point, others in beside.items() if len(others) > 2}


def _arcs_of(ring: Ring, joints: set[Point], arcs: dict[tuple[Point, ...], int]) -> list[int]:
    """Return the ring as numbers of arcs (``~n``: arc n backwards), adding new arcs."""
    cuts = [k for k, point in enumerate(ring) if point in joints]
    # A ring without a joint starts at its smallest point, so that a hole and
    # the zone that fills it yield the same arc.
    start = cuts[0] if cuts else ring.index(min(ring))
    turned = [*ring[start:], *ring[:start], ring[start]]
    ends = [cut - start for cut in cuts[1:]] + [len(ring)]
    numbers, begin = [], 0
    for end in ends:
        arc = tuple(turned[begin : end + 1])
        if arc[::-1] in arcs:
            numbers.append(~arcs[arc[::-1]])
        else:
            numbers.append(arcs.setdefault(arc, len(arcs)))
        begin = end
    return numbers


def _steps(arc: tuple[Point, ...]) -> list[list[int]]:
    """Return the first point and then the step to each next one."""
    points = np.array(arc)
    steps: list[list[int]] = np.diff(points, axis=0, prepend=np.zeros((1, 2), int)).tolist()
    return steps


def packed(made: Topology) -> dict[str, Any]:
    """Return a topology as the page holds it: lengths and steps of its arcs, one object only.

    Parameters
    ----------
    made
        Of :func:`topology`.
    """
    geometries = made["objects"]["zones"]["geometries"]
    return {
        **made["transform"],
        "lengths": pack([len(arc) for arc in made["arcs"]]),
        "steps": pack(np.concatenate([np.asarray(arc) for arc in made["arcs"]] or [np.empty(0)])),
        "zones": [geometry["arcs"] for geometry in geometries],
    }
