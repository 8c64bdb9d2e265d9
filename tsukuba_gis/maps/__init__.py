"""Maps for the browser that need no network."""

from tsukuba_gis.maps.offline import TILES, Tiles, offline_html
from tsukuba_gis.maps.overlays import facilities, raster, surface
from tsukuba_gis.maps.single import choropleth

__all__ = ["TILES", "Tiles", "choropleth", "facilities", "offline_html", "raster", "surface"]
