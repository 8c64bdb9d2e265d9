"""One map of one indicator, for notebooks and for a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsukuba_gis.maps.payload import map_data
from tsukuba_gis.publishing import Terms, publishable_level, whose

if TYPE_CHECKING:
    import folium

    from tsukuba_gis.maps.offline import Tiles
    from tsukuba_gis.messages import Language
    from tsukuba_gis.publishing import Origin
    from tsukuba_gis.result import Indicator, Level


def choropleth(
    level: Level,
    indicator: Indicator,
    *,
    notices: tuple[str, ...],
    min_count: int,
    records: Origin | None = None,
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
    records
        Whose numbers these are; ``"published"`` for public statistics. None: what the notices
        say. Of real people small numbers are hidden.
    lang
        Of the legend and the tooltips.
    tiles
        Background from the network, such as ``TILES["gsi"]``, with its credit. None: the
        map loads nothing.

    Returns
    -------
    folium.Map

    Raises
    ------
    DisclosureError
        If the notice that such numbers need is lacking, or if nothing says whose they are and
        some number of persons is small (see :class:`tsukuba_gis.publishing.Terms`).
    """
    from tsukuba_gis.maps.leaflet import OfflineMap, ZoneLayer

    terms = Terms(records=records or whose(" ".join(notices)), notices=notices, min_count=min_count)
    level = publishable_level(level, (indicator,), terms=terms)
    drawn = OfflineMap("zones", title=indicator.label[lang], lang=lang, tiles=tiles)
    data = {
        **map_data(level, indicator, min_count=min_count),
        "lang": lang,
        "notices": list(notices),
        "tiles": None if tiles is None else tiles.data(),
    }
    drawn.add_child(ZoneLayer(data))
    return drawn
