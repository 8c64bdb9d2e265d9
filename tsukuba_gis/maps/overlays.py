"""What may lie on a map beside its zones: surfaces, rasters, and places such as facilities.

Persons are never drawn as points: their surface (a density) may be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.classes import value_classes
from tsukuba_gis.errors import CRSError, InputError

if TYPE_CHECKING:
    from pathlib import Path

    import folium
    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

# A picture of more pixels a side would be large and no sharper on a screen.
_MOST_PIXELS: Final = 800
_WEB: Final = "EPSG:3857"


def surface(
    values: ArrayLike,
    *,
    x: ArrayLike,
    y: ArrayLike,
    crs: str,
    name: str,
    opacity: float = 0.75,
    n: int = 9,
) -> folium.raster_layers.ImageOverlay:
    """Return a grid of numbers as a picture that lies on a map.

    Of a density: ``surface(d.values, x=d.x, y=d.y, crs=d.crs, name="…")``.

    Parameters
    ----------
    values
        Rows from north to south, columns from west to east; NaN is left clear.
    x, y
        Coordinates of the cells' centres in ``crs``: of columns, and of rows.
    crs
        Of the grid.
    name
        In the control of layers.
    opacity
        0–1.
    n
        Classes of equal width, at most nine.

    Returns
    -------
    folium.raster_layers.ImageOverlay
        The picture stands inside the page; each pixel shows the cell nearest to it.

    Raises
    ------
    InputError
        If no cell has a number.

    Examples
    --------
    >>> made = surface([[0, 1], [2, np.nan]], x=[24000, 24100], y=[9100, 9000],
    ...                crs="EPSG:6677", name="density")
    >>> made.bounds[0][0] < made.bounds[1][0]
    True
    """
    from folium.raster_layers import ImageOverlay

    grid = np.asarray(values, dtype=float)
    if not np.isfinite(grid).any():
        raise InputError("surface_empty")
    picked, bounds = _on_web_grid(grid, np.asarray(x, float), np.asarray(y, float), crs)
    classes = value_classes(grid[np.isfinite(grid)], scheme="equal", n=n, own=False)
    fills = np.array([[int(one[k : k + 2], 16) for k in (1, 3, 5)] for one in classes.colours])
    place = np.searchsorted(np.asarray(classes.edges)[1:-1], np.nan_to_num(picked), side="right")
    picture = np.zeros((*picked.shape, 4), dtype=np.uint8)
    picture[..., :3] = fills[place]
    picture[..., 3] = np.where(np.isfinite(picked), 255, 0)
    # Above the zones, which Leaflet draws at 200 in the same pane.
    overlay = ImageOverlay(picture, bounds, opacity=opacity, name=name, z_index=300)
    overlay._id = f"surface_{len(name)}"  # fixed, so that a page comes out the same each time
    return overlay


def _on_web_grid(grid: Floats, x: Floats, y: Floats, crs: str) -> tuple[Floats, list[list[float]]]:
    """Return the grid as the web's maps lie, and its corners [[south, west], [north, east]]."""
    from pyproj import Transformer

    out = Transformer.from_crs(crs, _WEB, always_xy=True)
    half_x = abs(x[1] - x[0]) / 2 if len(x) > 1 else 50.0
    half_y = abs(y[1] - y[0]) / 2 if len(y) > 1 else half_x
    west, south, east, north = out.transform_bounds(
        x.min() - half_x, y.min() - half_y, x.max() + half_x, y.max() + half_y
    )
    rows, columns = (min(_MOST_PIXELS, 2 * side) for side in grid.shape)
    across = west + (np.arange(columns) + 0.5) * (east - west) / columns
    down = north - (np.arange(rows) + 0.5) * (north - south) / rows
    flat_x, flat_y = np.meshgrid(across, down)
    px, py = out.transform(flat_x, flat_y, direction="INVERSE")
    column = np.rint((px - x[0]) / (2 * half_x) * np.sign(x[-1] - x[0] or 1)).astype(int)
    row = np.rint((py - y[0]) / (2 * half_y) * np.sign(y[-1] - y[0] or -1)).astype(int)
    inside = (column >= 0) & (column < len(x)) & (row >= 0) & (row < len(y))
    picked = np.full(inside.shape, np.nan)
    picked[inside] = grid[row[inside], column[inside]]
    degrees = Transformer.from_crs(_WEB, "EPSG:4326", always_xy=True)
    (west, east), (south, north) = degrees.transform([west, east], [south, north])
    return picked, [[south, west], [north, east]]


def raster(
    path: Path | str, *, name: str, band: int = 1, opacity: float = 0.75
) -> folium.raster_layers.ImageOverlay:
    """Return a raster file as a picture that lies on a map (needs the extra ``raster``).

    Parameters
    ----------
    path
        Any file that rasterio reads, not rotated, with a CRS.
    name, opacity
        As in :func:`surface`.
    band
        From 1.

    Raises
    ------
    InputError
        If the file is not there, or no cell has a number.
    CRSError
        If the file does not say its CRS.
    """
    from pathlib import Path

    import rasterio

    if not Path(path).is_file():
        raise InputError("file_missing", path=Path(path).name)
    with rasterio.open(path) as file:
        if file.crs is None:
            raise CRSError("raster_no_crs", path=Path(path).name)
        shrink = max(1.0, max(file.shape) / _MOST_PIXELS)
        shape = tuple(max(1, int(side / shrink)) for side in file.shape)
        grid = file.read(band, out_shape=shape, masked=True).astype(float).filled(np.nan)
        west, south, east, north = file.bounds
        crs = file.crs.to_string()
    x = west + (np.arange(shape[1]) + 0.5) * (east - west) / shape[1]
    y = north - (np.arange(shape[0]) + 0.5) * (north - south) / shape[0]
    return surface(grid, x=x, y=y, crs=crs, name=name, opacity=opacity)


def facilities(places: gpd.GeoDataFrame, *, label: str = "name") -> folium.MacroElement:
    """Return places such as schools or clinics as points; those close together as one with a count.

    Parameters
    ----------
    places
        Points with a CRS; rows without a point are left out.
    label
        Column of the names.

    Returns
    -------
    folium.MacroElement
        To be added to :func:`tsukuba_gis.maps.choropleth`'s map.

    Raises
    ------
    InputError
        If these are records of persons, are not points, or have no such column.

    Notes
    -----
    Persons are refused whatever their kind: a dot at a home shows one person. Show their
    density (:func:`surface`) or counts by zone instead.
    """
    from tsukuba_gis.maps.leaflet import PointLayer

    if hasattr(places, "kind") and hasattr(places, "source"):
        raise InputError("facilities_persons")
    if label not in places.columns:
        raise InputError("facilities_label", label=label)
    if places.crs is None:
        raise CRSError("facilities_crs")
    known = places[places.geometry.notna() & ~places.geometry.is_empty].to_crs(6668)
    if not known.geom_type.eq("Point").all():
        raise InputError("facilities_points")
    rows: list[list[Any]] = [
        [round(float(lat), 6), round(float(lon), 6), str(name)]
        for lat, lon, name in zip(known.geometry.y, known.geometry.x, known[label], strict=True)
    ]
    return PointLayer(rows)
