"""Points into zones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np

from tsukuba_gis.errors import CRSError, InputError
from tsukuba_gis.join.index import Priority, ZoneIndex
from tsukuba_gis.result import MatchReport
from tsukuba_gis.zones import JAPAN_BOUNDS

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray
    from pyproj import CRS

    from tsukuba_gis.zones import ZoneKind, Zones

Status = Literal["matched", "on_border", "nearest", "outside", "missing"]
STATUSES: Final[tuple[Status, ...]] = get_args(Status)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Assignment:
    """The zone of each record, how it was found, and the counts.

    Parameters
    ----------
    zone_ids
        Zone id by record, on the records' index: categorical, with all zone ids
        as categories in the zones' order; NA where there is none.
    status
        Categorical, on the same index: ``"matched"``, in one zone;
        ``"on_border"``, on the border of its zone; ``"nearest"``, outside, given
        to the nearest zone; ``"outside"``, in no zone (or an unknown code);
        ``"missing"``, no point (or no code).
    report
        The counts. ``matched`` counts points on a border too, so ``matched +
        nearest + outside + missing = records``.
    """

    zone_ids: pd.Series[str] = field(repr=False)
    status: pd.Series[str] = field(repr=False)
    report: MatchReport


def assign_zones(
    points: gpd.GeoSeries,
    zones: Zones | ZoneIndex,
    *,
    nearest: float | None = None,
    priority: Priority = "lowest_id",
) -> Assignment:
    """Return the zone that each point lies in.

    Exactly the answer of GEOS's ``covers``: a zone includes its border. A point
    that several zones cover, on a shared edge or in an overlap, goes to one of
    them by ``priority``, whatever the order of rows and on every machine.

    Parameters
    ----------
    points
        Points in any CRS (transformed once into that of the zones). None and
        empty points are missing; so is (0, 0) in degrees, which stands for
        "not located" in open data.
    zones
        The polygons; holes, several parts and overlaps are allowed. Or an index
        of them, built once for several calls (its own priority then counts).
    nearest
        Give a point outside all zones to the nearest one, if it is at most so
        many metres away; ties go by ``priority``. None: never.
    priority
        ``"lowest_id"`` (as text) or ``"smallest"`` (area), see :class:`ZoneIndex`.

    Returns
    -------
    Assignment
        On the index of ``points``; no record is dropped or doubled.

    Raises
    ------
    CRSError
        If the points have no CRS, or latitude and longitude are exchanged.
    InputError
        If a geometry is not a point.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from tsukuba_gis.boundaries import load_boundaries
    >>> homes = gpd.GeoSeries.from_xy([140.11, 140.2, None], [36.08, 36.5, None], crs="EPSG:6668")
    >>> found = assign_zones(homes, load_boundaries("school_district"))
    >>> list(found.status)
    ['matched', 'outside', 'missing']
    """
    index = zones if isinstance(zones, ZoneIndex) else ZoneIndex(zones, priority=priority)
    x, y, missing = plane_xy(points, index)
    rows, status = assign_xy(x, y, missing, index=index, nearest=nearest)
    return assignment(rows, status, points.index, zones=index.zones, method="point")


def all_zones(points: gpd.GeoSeries, zones: Zones | ZoneIndex) -> pd.Series[str]:
    """Return every zone that covers each point: for zones that overlap.

    Parameters
    ----------
    points, zones
        As in :func:`assign_zones`.

    Returns
    -------
    pandas.Series
        Zone ids (categorical), indexed by the points' labels: one row a pair, by
        points in their order, then by zones in priority order. A point in no
        zone has no row, one in two zones has two.

    Raises
    ------
    CRSError, InputError
        As in :func:`assign_zones`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from tsukuba_gis.boundaries import load_boundaries
    >>> home = gpd.GeoSeries.from_xy([140.11], [36.08], index=["p1"], crs="EPSG:6668")
    >>> all_zones(home, load_boundaries("former_municipality")).to_dict()
    {'p1': '08220-M5'}
    """
    import pandas as pd

    index = zones if isinstance(zones, ZoneIndex) else ZoneIndex(zones)
    x, y, missing = plane_xy(points, index)
    known = np.flatnonzero(~missing & np.isfinite(x) & np.isfinite(y))
    which, rows = index.covering(x[known], y[known])
    ids = pd.Categorical.from_codes(rows, categories=index.zones.ids)
    return pd.Series(ids, index=points.index[known[which]], name="zone_id")


def assign_xy(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    missing: NDArray[np.bool_],
    *,
    index: ZoneIndex,
    nearest: float | None,
) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Return the row of the zone (−1: none) and the number of the status of each place."""
    rows, on_border = index.locate(x, y)
    status = np.full(len(rows), STATUSES.index("matched"), dtype=np.int8)
    status[on_border] = STATUSES.index("on_border")
    status[rows < 0] = STATUSES.index("outside")
    status[missing] = STATUSES.index("missing")
    if nearest is not None:
        left = np.flatnonzero((rows < 0) & ~missing)
        rows[left] = index.nearest(x[left], y[left], within=nearest)
        status[left[rows[left] >= 0]] = STATUSES.index("nearest")
    return rows, status


def plane_xy(
    points: gpd.GeoSeries, index: ZoneIndex
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return x and y in the zones' CRS (NaN where there is no point), and which are missing."""
    import shapely

    if points.crs is None:
        raise CRSError("points_no_crs")
    shapes = np.array(points, dtype=object)
    kinds = shapely.get_type_id(shapes)
    if not np.isin(kinds, [-1, 0]).all():
        raise InputError("join_not_points", n=int((~np.isin(kinds, [-1, 0])).sum()))
    # GEOS has no x of an empty point.
    shapes[shapely.is_empty(shapes)] = None
    return to_plane(shapely.get_x(shapes), shapely.get_y(shapes), points.crs, index.zones.frame.crs)


def to_plane(
    x: NDArray[np.float64], y: NDArray[np.float64], crs: CRS, target: CRS | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return coordinates in the zones' CRS, and which places have none."""
    import pyproj

    missing = np.isnan(x) | np.isnan(y)
    if crs.is_geographic:
        missing |= (x == 0) & (y == 0)
        _refuse_swapped(x[~missing], y[~missing])
    if crs.equals(target, ignore_axis_order=True):
        return x, y, missing
    # always_xy: the law says latitude first, files say longitude first.
    transform = pyproj.Transformer.from_crs(crs, target, always_xy=True).transform
    x, y = transform(np.where(missing, np.nan, x), np.where(missing, np.nan, y))
    return np.asarray(x), np.asarray(y), missing


def _refuse_swapped(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> None:
    """Stop if most places would be in Japan with latitude and longitude exchanged."""
    west, south, east, north = JAPAN_BOUNDS
    swapped = (lon >= south) & (lon <= north) & (lat >= west) & (lat <= east)
    if 2 * np.count_nonzero(swapped) > len(lon):
        raise CRSError("points_axes_swapped", n=int(np.count_nonzero(swapped)))


def assignment(
    rows: NDArray[np.int32],
    status: NDArray[np.int8],
    at: pd.Index[Any],
    *,
    zones: Zones,
    method: Literal["point", "code"],
) -> Assignment:
    """Return the :class:`Assignment` of rows of zones and numbers of statuses."""
    import pandas as pd

    ids = pd.Categorical.from_codes(rows, categories=zones.ids)
    kinds = pd.Categorical.from_codes(status, categories=pd.Index(STATUSES))
    return Assignment(
        zone_ids=pd.Series(ids, index=at, name="zone_id"),
        status=pd.Series(kinds, index=at, name="status"),
        report=match_report(
            np.bincount(status, minlength=len(STATUSES)), kind=zones.kind, method=method
        ),
    )


def match_report(
    counts: NDArray[np.int64], *, kind: ZoneKind, method: Literal["point", "code"]
) -> MatchReport:
    """Return the report of counts by status."""
    by = dict(zip(STATUSES, counts.tolist(), strict=True))
    return MatchReport(
        zones=kind,
        method=method,
        records=sum(by.values()),
        matched=by["matched"] + by["on_border"],
        on_border=by["on_border"],
        outside=by["outside"],
        nearest=by["nearest"],
        missing=by["missing"],
    )
