"""One map of one indicator, for notebooks and for a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsukuba_gis.maps.payload import map_data

if TYPE_CHECKING:
    import folium

    from tsukuba_gis.maps.offline import Tiles
    from tsukuba_gis.messages import Language
    from tsukuba_gis.result import Indicator, Level


def choropleth(
    level: Level,
    indicator: Indicator,
    *,
    notices: tuple[str, ...],
    min_count: int,
    lang: Language = "ja",
    tiles: Tiles | None = None,
) -> folium.Map:
    """Return a folium map of one indicator that needs no network.

    Rates are coloured by class, counts drawn as circles. In a notebook the map
    shows itself; ``.save("map.html")`` writes one file that loads nothing.
    Further folium objects may be added as long as they load nothing either.

    Parameters
    ----------
    level
        Zones and values.
    indicator
        Which column of ``level.values``, and what it means.
    notices
        What stands on the map: ``result.notices[lang]``. Asked for, so that no
        map goes out without.
    min_count
        What a value that is not shown has too few of: ``result.min_count``.
    lang
        Of the legend and the tooltips.
    tiles
        Background from the network, such as ``TILES["gsi"]``, with its credit. None: the
        map loads nothing.

    Returns
    -------
    folium.Map
    """
    from tsukuba_gis.maps.leaflet import OfflineMap, ZoneLayer

    drawn = OfflineMap("zones", title=indicator.label[lang], lang=lang, tiles=tiles)
    data = {
        **map_data(level, indicator, min_count=min_count),
        "lang": lang,
        "notices": list(notices),
        "tiles": None if tiles is None else tiles.data(),
    }
    drawn.add_child(ZoneLayer(data))
    return drawn
