"""Areas into areas: which ward lies in which district, and counts carried over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import CRSError, InputError, MissingExtraError
from tsukuba_gis.join.index import ZoneIndex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.zones import Zones


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Interpolated:
    """Counts carried from source zones to target zones.

    Parameters
    ----------
    values
        Index: target zone id; the columns of the input.
    unplaced
        By column: the sum over source zones that meet no target zone. For each
        column, ``values.sum() + unplaced`` is the sum of the input.
    split
        How many source zones were divided between target zones.
    """

    values: pd.DataFrame = field(repr=False)
    unplaced: pd.Series[float]
    split: int


def overlaps(
    source: Zones, target: Zones, *, raster: Path | None = None, min_share: float = 0.0
) -> pd.DataFrame:
    """Return how each source zone is divided between the target zones.

    Parameters
    ----------
    source, target
        The zones; the source is transformed into the CRS of the target.
    raster
        A raster of weights ≥ 0 (persons, floor area, lit pixels …), read with
        rasterio, band 1. Then a source zone is divided in proportion to the
        weights of the pixels whose centres lie in each piece (dasymetric),
        instead of its area. A zone without weight is divided by area.
    min_share
        Pieces with a smaller share are left out: borders of two sources that
        should coincide never do.

    Returns
    -------
    pandas.DataFrame
        Index ``(source_id, target_id)``, ordered as the zones; ``area_m2``, the
        area of the piece; ``weight``, what it is divided by; ``share``, its part
        of the source zone: the shares of a source zone add up to 1. A source
        zone that meets no target zone has no row.

    Raises
    ------
    MissingExtraError
        If a raster is given and rasterio is not installed.
    CRSError, InputError
        If the raster has no CRS, or negative weights.

    References
    ----------
    Goodchild & Lam (1980), Areal interpolation: a variant of the traditional
    spatial problem, Geo-Processing 1, 297–312. Eicher & Brewer (2001),
    Dasymetric mapping and areal interpolation, Cartography and Geographic
    Information Science 28, 125–138, doi:10.1559/152304001782173727.

    Examples
    --------
    >>> from tsukuba_gis.boundaries import load_boundaries
    >>> cut = overlaps(load_boundaries("elementary_district"), load_boundaries("school_district"))
    >>> len(cut), bool(cut["share"].round(9).eq(1).all())  # the layers nest
    (33, True)
    """
    import pandas as pd
    import shapely

    shapes = source.frame.geometry.to_crs(str(target.frame.crs)).to_numpy()
    others = target.frame.geometry.to_numpy()
    one, other = shapely.STRtree(others).query(shapes, predicate="intersects")
    order = np.lexsort([other, one])
    one, other = one[order], other[order]
    area = shapely.area(shapely.intersection(shapes[one], others[other]))
    piece = area > 0
    one, other, area = one[piece], other[piece], area[piece]
    weight = area if raster is None else _by_raster(raster, source, target, one, other, area)
    share = weight / np.bincount(one, weights=weight, minlength=len(shapes))[one]
    keep = (share > 0) & (share >= min_share)
    one, other, area, weight = one[keep], other[keep], area[keep], weight[keep]
    share = weight / np.bincount(one, weights=weight, minlength=len(shapes))[one]
    index = pd.MultiIndex.from_arrays(
        [source.ids[one], target.ids[other]], names=["source_id", "target_id"]
    )
    return pd.DataFrame({"area_m2": area, "weight": weight, "share": share}, index=index)


def _by_raster(
    raster: Path,
    source: Zones,
    target: Zones,
    one: NDArray[np.int64],
    other: NDArray[np.int64],
    area: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the sum of the raster's weights in each piece; its area where a zone has none."""
    total = np.zeros(len(source) * len(target))
    indexes = ZoneIndex(source), ZoneIndex(target)
    for x, y, value in _pixels(raster, target):
        (row, _), (column, _) = (
            index.locate(*_moved(x, y, target, zones))
            for index, zones in zip(indexes, (source, target), strict=True)
        )
        both = (row >= 0) & (column >= 0)
        at = row[both].astype(np.int64) * len(target) + column[both]
        total += np.bincount(at, weights=value[both], minlength=len(total))
    weight = total[one * len(target) + other]
    none = np.bincount(one, weights=weight, minlength=len(source))[one] == 0
    return np.where(none, area, weight)


def _moved(
    x: NDArray[np.float64], y: NDArray[np.float64], of: Zones, to: Zones
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return coordinates in the CRS of other zones."""
    import pyproj

    if of.frame.crs == to.frame.crs:
        return x, y
    transform = pyproj.Transformer.from_crs(of.frame.crs, to.frame.crs, always_xy=True).transform
    x, y = transform(x, y)
    return x, y


def _pixels(
    raster: Path, target: Zones
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]]:
    """Yield, block by block, centres (CRS of the target) and weights of a raster's pixels."""
    import pyproj

    try:
        import rasterio
    except ImportError as error:
        raise MissingExtraError("join_needs_rasterio") from error
    with rasterio.open(raster) as file:
        if file.crs is None:
            raise CRSError("join_raster_no_crs", path=raster.name)
        # rasterio brings its own PROJ: CRS are handed over as text.
        move = pyproj.Transformer.from_crs(file.crs.to_wkt(), target.frame.crs, always_xy=True)
        for _, window in file.block_windows(1):
            value = file.read(1, window=window, masked=True).astype(float).filled(0.0)
            value = np.nan_to_num(value, nan=0.0)
            if (value < 0).any():
                raise InputError("join_raster_negative", path=raster.name)
            row, column = np.nonzero(value)
            weight = value[row, column]
            a, b, c, d, e, f = file.transform[:6]
            column, row = column + window.col_off + 0.5, row + window.row_off + 0.5
            x, y = move.transform(a * column + b * row + c, d * column + e * row + f)
            yield np.asarray(x), np.asarray(y), weight


def interpolate(values: pd.DataFrame, cut: pd.DataFrame, target: Zones) -> Interpolated:
    """Carry counts from source zones to target zones, keeping their sums.

    Parameters
    ----------
    values
        Counts (persons, households; no rates): index source zone id, numbers.
        NA counts as none.
    cut
        How the source zones are divided: :func:`overlaps`.
    target
        The target zones.

    Returns
    -------
    Interpolated
        A target zone that no source zone meets has 0.

    Notes
    -----
    Within a source zone, a count is taken to be spread as the weight of ``cut``
    is: evenly by area, or as the raster says. The largest piece of a zone takes
    what rounding leaves, so that the pieces of each zone add up to its count.

    Examples
    --------
    >>> from tsukuba_gis.boundaries import load_boundaries
    >>> areas, districts = load_boundaries("small_area"), load_boundaries("school_district")
    >>> people = areas.frame[["population_2015"]]
    >>> carried = interpolate(people, overlaps(areas, districts), districts)
    >>> float(carried.values["population_2015"].sum().round(6))
    226963.0
    """
    import pandas as pd

    places = cut.index.get_level_values("source_id")
    known = values.fillna(0.0).astype(float)
    met = places.isin(known.index)
    cut, places = cut[met], places[met]
    pieces = known.loc[places].to_numpy() * cut["share"].to_numpy()[:, None]
    # The first of the largest pieces of each zone is its count less the others.
    number, zones_met = pd.factorize(places)
    order = np.lexsort([-cut["share"].to_numpy(), number])
    _, first = np.unique(number[order], return_index=True)
    largest = order[first]
    pieces[largest] = 0.0
    rest = np.zeros((len(zones_met), pieces.shape[1]))
    np.add.at(rest, number, pieces)
    pieces[largest] = known.loc[zones_met].to_numpy() - rest

    total = np.zeros((len(target), pieces.shape[1]))
    np.add.at(total, target.ids.get_indexer(cut.index.get_level_values("target_id")), pieces)
    return Interpolated(
        values=pd.DataFrame(total, index=target.ids, columns=values.columns),
        unplaced=known[~known.index.isin(zones_met)].sum(),
        split=int((np.bincount(number) > 1).sum()),
    )


def largest_share(cut: pd.DataFrame, source: Zones) -> pd.DataFrame:
    """Return the target zone with the largest part of each source zone.

    Parameters
    ----------
    cut
        How the source zones are divided: :func:`overlaps`.
    source
        The source zones.

    Returns
    -------
    pandas.DataFrame
        Index: source zone id. ``target_id`` (NA where none is met; of equal
        shares the lowest id), ``share`` (0–1, of what lies in target zones) and
        ``n_targets``, between how many the zone is divided.

    Examples
    --------
    >>> from tsukuba_gis.boundaries import load_boundaries
    >>> areas, districts = load_boundaries("small_area"), load_boundaries("school_district")
    >>> nests = largest_share(overlaps(areas, districts), areas)
    >>> bool((nests["target_id"] == areas.frame["school_district"]).all())
    True
    """
    flat = cut["share"].reset_index()
    flat = flat.sort_values(["source_id", "share", "target_id"], ascending=[True, False, True])
    best = flat.drop_duplicates("source_id").set_index("source_id")[["target_id", "share"]]
    best["n_targets"] = flat.groupby("source_id").size()
    best = best.reindex(source.ids)
    best["n_targets"] = best["n_targets"].fillna(0).astype(int)
    return best
