"""Maps for the browser that need no network."""

from tsukuba_gis.maps.offline import offline_html
from tsukuba_gis.maps.single import choropleth

__all__ = ["choropleth", "offline_html"]
