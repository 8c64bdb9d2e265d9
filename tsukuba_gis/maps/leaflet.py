"""folium maps that need no network.

folium is slow to import (about a second) and this module's classes derive from
its own, so this module is imported only inside the functions that draw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import folium
from branca.element import Element, Figure, MacroElement
from jinja2 import Template

from tsukuba_gis.maps.offline import (
    Tiles,
    asset,
    leaflet_css,
    leaflet_js,
    leaflet_marker_js,
    policy,
    script_json,
)

if TYPE_CHECKING:
    from tsukuba_gis.messages import Language

# The order in which the browser reads them: each uses only those before it.
_BASE_SCRIPTS = (
    "text.js", "topology.js", "level.js", "layers.js", "paint.js", "map.js", "legend.js",
    "tiles.js",
)  # fmt: skip
MAP_SCRIPTS = (*_BASE_SCRIPTS, "single.js", "points.js")
PAGE_SCRIPTS = (
    *_BASE_SCRIPTS, "histogram.js", "scatter.js", "pyramid.js", "panel.js", "table.js", "image.js",
    "multiples.js", "place.js", "ages.js", "clusters.js", "relation.js", "future.js", "flows.js",
    "page.js", "start.js",
)  # fmt: skip


def scripts(names: tuple[str, ...]) -> str:
    """Return the package's own scripts as one, closed in so that no name leaks.

    Without indentation and lines of comment: they stand in the package, and a page is sent.
    """
    lines = (line.strip() for name in names for line in asset(name).splitlines())
    kept = (line for line in lines if line and not line.startswith("//"))
    return '(function () {\n"use strict";\n' + "\n".join(kept) + "\n})();\n"


class _Raw(Element):
    """Text that goes into the page as it is: never read as a template, whatever it holds."""

    _template = Template("{{ this.raw }}")

    def __init__(self, raw: str) -> None:
        super().__init__()
        self.raw = raw


class OfflineFigure(Figure):
    """A page that states its language and title, and that may load nothing."""

    _template = Template(
        '<!DOCTYPE html>\n<html lang="{{ this.lang }}">\n<head>\n'
        '<meta http-equiv="Content-Security-Policy" content="{{ this.policy }}">'
        "\n<title>{{ this.title | e }}</title>\n{{ this.header.render(**kwargs) }}\n</head>\n"
        "<body>\n{{ this.html.render(**kwargs) }}\n"
        "<script>\n{{ this.script.render(**kwargs) }}\n</script>\n</body>\n</html>\n"
    )

    def __init__(self, title: str, lang: Language, tiles: Tiles | None = None) -> None:
        super().__init__(title=title)
        self.lang = lang
        self.policy = policy(tiles)


class OfflineMap(folium.Map):
    """A folium map without tiles whose Leaflet stands in the page.

    Parameters
    ----------
    name
        Of the map's element and variable; fixed, so that a page comes out the
        same each time.
    title, lang
        Of the page.
    tiles
        Background from the network that the page may load; None: nothing.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  (folium's way)
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    _template = Template(
        "{% macro header(this, kwargs) %}"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "{% endmacro %}"
        "{% macro html(this, kwargs) %}"
        '<div class="folium-map" id="{{ this.get_name() }}"></div>'
        "{% endmacro %}"
        "{% macro script(this, kwargs) %}"
        'var {{ this.get_name() }} = L.map("{{ this.get_name() }}", {'
        "center: {{ this.location | tojson }}, zoom: 10, maxZoom: 18, "
        "zoomSnap: 0, zoomDelta: 0.75, "
        "attributionControl: false, scrollWheelZoom: false, renderer: L.svg({padding: 0.5})});"
        "{% endmacro %}"
    )

    def __init__(
        self, name: str, *, title: str, lang: Language, tiles: Tiles | None = None
    ) -> None:
        super().__init__(location=(36.08, 140.11), tiles=None)
        self._name, self._id = "map", name
        self.figure = OfflineFigure(title, lang, tiles)
        self.add_to(self.figure)
        header = self.figure.header
        header.add_child(_Raw(f"<style>{leaflet_css()}</style>"), name="leaflet_css")
        header.add_child(_Raw(f"<script>{leaflet_js()}</script>"), name="leaflet_js")
        header.add_child(_Raw(f"<script>{leaflet_marker_js()}</script>"), name="leaflet_marker")

    def parts(self) -> tuple[str, str]:
        """Return the map's element and its script, to stand in a page that has Leaflet.

        The script makes a function, ``make_`` and the map's name: a page with several maps
        makes them one after another, the one that is seen first.
        """
        self.render()  # type: ignore[no-untyped-call]
        script, name = self.figure.script.render().strip(), self.get_name()
        made = f"window.make_{name} = function () {{ {script} return {name}; }};"
        return self.figure.html.render().strip(), made


class ZoneLayer(MacroElement):
    """The zones of one level, coloured by one indicator, with legend and tooltips."""

    # Nothing here: folium reads what a macro yields as a template once more,
    # and names must never be read so.
    _template = Template("")

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._id = "zones", "0"
        self.json = script_json(data)

    def render(self, **kwargs: object) -> None:  # type: ignore[override]  # noqa: ARG002
        """Put the scripts into the page's head, and the call into its body."""
        figure: Any = self.get_root()
        map_name = self._parent.get_name()  # type: ignore[union-attr]
        css = asset("map.css") + asset("single.css")
        figure.header.add_child(_Raw(f"<style>{css}</style>"), name="zones_css")
        figure.header.add_child(_Raw(f"<script>{scripts(MAP_SCRIPTS)}</script>"), name="zones_js")
        call = f"tsukubaGis.single({map_name}, {self.json});"
        figure.script.add_child(_Raw(call), name=self.get_name())


class PointLayer(MacroElement):
    """Places as points, those close together as one with a count."""

    _template = Template("")  # as in ZoneLayer

    def __init__(self, rows: list[list[Any]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._id = "points", "0"
        self.json = script_json(rows)

    def render(self, **kwargs: object) -> None:  # type: ignore[override]  # noqa: ARG002
        """Put the call behind that of the zones."""
        figure: Any = self.get_root()
        map_name = self._parent.get_name()  # type: ignore[union-attr]
        call = f"tsukubaGis.points({map_name}, {self.json});"
        figure.script.add_child(_Raw(call), name=self.get_name())
