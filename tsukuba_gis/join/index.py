"""An index of zones, built once, that answers for any number of points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.join.grid import OUTSIDE, UNDECIDED, Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tsukuba_gis.zones import Zones

Priority = Literal["lowest_id", "smallest"]

_POLYGONS: Final = (3, 6)  # GEOS's numbers of the types Polygon and MultiPolygon


class PolygonIndex:
    """Polygons with ids, ready to be asked which of them a place lies in.

    The whole join, on arrays: no frame, no CRS, and nothing to import but numpy
    and shapely. :class:`ZoneIndex` is the same for zones.

    Parameters
    ----------
    shapes
        Valid polygons and multipolygons; they may overlap and have holes.
    ids
        The id of each.
    priority
        Which zone takes a place that several cover, be it on a shared edge or in
        an overlap: ``"lowest_id"``, the one whose id sorts first as text, or
        ``"smallest"``, the one with the smallest area (then the lowest id).
        Neither depends on the order of rows or on the machine.

    Raises
    ------
    InputError
        If a shape is not a valid polygon.

    Notes
    -----
    A uniform grid answers for nearly all points (:mod:`tsukuba_gis.join.grid`);
    the few that are on, or next to, a border, and those in overlaps at a
    border, go to GEOS. So the answers are GEOS's.

    Examples
    --------
    >>> import numpy as np, shapely
    >>> shapes = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> index = PolygonIndex(shapes, ["w", "e"])
    >>> index.locate([0.5, 1.0, 3.0], [0.5, 0.5, 0.5])
    (array([ 0,  1, -1], dtype=int32), array([1]))
    """

    def __init__(
        self,
        shapes: NDArray[np.object_],
        ids: Sequence[str] | NDArray[np.object_],
        *,
        priority: Priority = "lowest_id",
    ) -> None:
        import shapely

        wrong = ~np.isin(shapely.get_type_id(shapes), _POLYGONS) | ~shapely.is_valid(shapes)
        if wrong.any():
            raise InputError("join_not_polygons", n=int(wrong.sum()))
        self._build(shapes, ids, priority)

    def _build(
        self,
        shapes: NDArray[np.object_],
        ids: Sequence[str] | NDArray[np.object_],
        priority: Priority,
    ) -> None:
        import shapely

        rank = np.argsort(np.argsort(np.asarray(ids, dtype=str), kind="stable"), kind="stable")
        sizes = shapely.area(shapes) if priority == "smallest" else np.zeros(len(rank))
        self.priority = priority
        # Row of the polygon that comes first, second, …
        self._row = np.lexsort([rank, sizes]).astype(np.int32)
        self._shapes = shapes[self._row]
        self._tree = shapely.STRtree(self._shapes)
        self._grid = Grid(self._shapes) if len(shapes) else None
        if self._grid is not None:
            x, y = self._grid.shared_centres()
            self._grid.settle_shared(self._first_zone(x, y)[0])

    def locate(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the zone of each place, and which places lie on its border.

        The answer is that of GEOS's ``covers``: a zone has its border.

        Parameters
        ----------
        x, y
            Coordinates in the polygons' CRS. NaN and infinity are in no zone.

        Returns
        -------
        rows
            Row of the polygon; −1 where none covers the place.
        on_border
            Positions, ascending, of the places on the border of their zone.
        """
        x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        if self._grid is None:
            return np.full(len(x), OUTSIDE, dtype=np.int32), np.empty(0, dtype=np.int64)
        zone = self._grid.locate(x, y)
        open_ = np.flatnonzero(zone == UNDECIDED)
        zone[open_], on_border = self._first_zone(x[open_], y[open_])
        # The last place, −1, stands for no zone.
        return np.append(self._row, np.int32(OUTSIDE))[zone], open_[on_border]

    def nearest(
        self, x: NDArray[np.float64], y: NDArray[np.float64], *, within: float
    ) -> NDArray[np.int32]:
        """Return the nearest zone of each place, if it is at most ``within`` metres away.

        Of zones equally near, the first by priority. −1 where none is near enough.
        """
        import shapely

        rows = np.full(len(x), -1, dtype=np.int32)
        finite = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        points = shapely.points(x[finite], y[finite])
        which, zone = self._tree.query_nearest(points, max_distance=within, all_matches=True)
        which, zone = _first(which, zone)
        rows[finite[which]] = self._row[zone]
        return rows

    def covering(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return all pairs of a place and the row of a zone that covers it, first zones first."""
        which, zone, _ = self._hits(x, y)
        order = np.lexsort([zone, which])
        return which[order], self._row[zone[order]]

    def _hits(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.object_]]:
        """Ask GEOS for all pairs of a place and the number of a zone; return the points too."""
        import shapely

        points = np.asarray(shapely.points(x, y))
        which, zone = self._tree.query(points)
        near = np.unique(zone)
        if len(which) > 4 * len(near):  # preparing pays from a few points a zone
            shapely.prepare(self._shapes[near])
        # For a point, "intersects" is "is covered by".
        hit = shapely.intersects(self._shapes[zone], points[which])
        return which[hit], zone[hit], points

    def _first_zone(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Ask GEOS: the number by priority of each place's zone, and who is on its border."""
        import shapely

        found = np.full(len(x), OUTSIDE, dtype=np.int32)
        which, zone, points = self._hits(x, y)
        which, zone = _first(which, zone)
        found[which] = zone
        inside = shapely.contains_properly(self._shapes[zone], points[which])
        return found, which[~inside]


class ZoneIndex(PolygonIndex):
    """Zones, ready to be asked which of them a place lies in.

    Parameters
    ----------
    zones
        The polygons; they may overlap and have holes.
    priority
        As in :class:`PolygonIndex`.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from tsukuba_gis.zones import Zones
    >>> west, east = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    >>> frame = gpd.GeoDataFrame(
    ...     {"name": ["west", "east"]},
    ...     geometry=[west, east],
    ...     index=pd.Index(["w", "e"], name="zone_id"),
    ...     crs="EPSG:6677",
    ... )
    >>> index = ZoneIndex(Zones(frame=frame, kind="other"))
    >>> index.locate([0.5, 1.0, 3.0], [0.5, 0.5, 0.5])
    (array([ 0,  1, -1], dtype=int32), array([1]))
    """

    def __init__(self, zones: Zones, *, priority: Priority = "lowest_id") -> None:
        self.zones = zones
        # Zones are valid polygons: they were checked when they were made.
        self._build(zones.frame.geometry.to_numpy(), zones.ids.to_numpy(dtype=object), priority)


def _first(
    which: NDArray[np.int64], zone: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keep, of the pairs of each place, the one with the first zone."""
    order = np.lexsort([zone, which])
    which, zone = which[order], zone[order]
    which, at = np.unique(which, return_index=True)
    return which, zone[at]
