"""Whether polygons fit together: gaps, overlaps, and borders that do not match."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import geopandas as gpd

    from tsukuba_gis.zones import Zones


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Coverage:
    """What is wrong with a coverage, if anything.

    Parameters
    ----------
    valid
        True when zones neither overlap nor have borders that almost match.
        Holes alone (a lake) do not make a coverage invalid.
    gaps
        Holes in the union of the zones, widest first: ``area_m2``, ``width_m``
        (of the largest circle inside) and geometry. Slivers are the narrow ones.
    overlaps
        Pairs of zones that overlap, largest first: ``zone_id``, ``other_id``,
        ``area_m2`` and geometry.
    borders
        Zones with an invalid piece of border: index ``zone_id``, ``length_m`` and geometry.
    """

    valid: bool
    gaps: gpd.GeoDataFrame = field(repr=False)
    overlaps: gpd.GeoDataFrame = field(repr=False)
    borders: gpd.GeoDataFrame = field(repr=False)


def check_coverage(zones: Zones, *, gap_width: float = 0.0) -> Coverage:
    """Check that zones divide the ground without gaps and overlaps, and list what is wrong.

    Parameters
    ----------
    zones
        The polygons.
    gap_width
        Metres: narrower gaps between zones make the coverage invalid and are
        listed among ``borders``, also where they open to the outside.

    Notes
    -----
    Uses the coverage validation of GEOS (``shapely.coverage_invalid_edges``).

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from tsukuba_gis.zones import Zones
    >>> squares = [shapely.box(0, 0, 10, 10), shapely.box(9, 0, 20, 10)]
    >>> frame = gpd.GeoDataFrame(
    ...     {"name": list("ab")}, geometry=squares, index=list("ab"), crs="EPSG:6677"
    ... ).rename_axis("zone_id")
    >>> found = check_coverage(Zones(frame=frame, kind="other"))
    >>> found.valid, found.overlaps[["zone_id", "other_id", "area_m2"]].to_numpy().tolist()
    (False, [['a', 'b', 10.0]])
    """
    import geopandas as gpd
    import shapely

    polygons = zones.frame.geometry.to_numpy()
    edges = shapely.coverage_invalid_edges(polygons, gap_width=gap_width)
    wrong = ~shapely.is_empty(edges)

    borders = gpd.GeoDataFrame(
        {"length_m": shapely.length(edges[wrong])},
        geometry=edges[wrong],
        index=zones.ids[wrong],
        crs=zones.frame.crs,
    )
    return Coverage(
        valid=not wrong.any(), gaps=_gaps(zones), overlaps=_overlaps(zones), borders=borders
    )


def _gaps(zones: Zones) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import shapely

    union = shapely.get_parts(shapely.union_all(zones.frame.geometry.to_numpy()))
    rings = shapely.get_rings(union)
    shells = shapely.get_exterior_ring(union)
    rounds: Any = shapely.polygons(rings[~np.isin(rings, shells)])
    # An enclave inside a hole is ground that is covered.
    holes = shapely.difference(rounds, shapely.union_all(union))
    widths = 2 * shapely.length(shapely.maximum_inscribed_circle(holes))
    table = {"area_m2": shapely.area(holes), "width_m": widths}
    frame = gpd.GeoDataFrame(table, geometry=holes, crs=zones.frame.crs)
    return frame.sort_values("width_m", ascending=False, ignore_index=True)


def _overlaps(zones: Zones) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import shapely

    polygons = zones.frame.geometry.to_numpy()
    one, other = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.intersection(polygons[one], polygons[other])
    some = shapely.area(shared) > 0
    frame = gpd.GeoDataFrame(
        {
            "zone_id": zones.ids[one[some]],
            "other_id": zones.ids[other[some]],
            "area_m2": shapely.area(shared[some]),
        },
        geometry=shared[some],
        crs=zones.frame.crs,
    )
    return frame.sort_values("area_m2", ascending=False, ignore_index=True)
