"""Maps that need no network: the vendored Leaflet, and what may stand in a page.

One way in for anything that a page loads: it is written into the page, or the
page is not made.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tsukuba_gis.errors import InputError

_LEAFLET = Path(__file__).parents[1] / "_vendor" / "leaflet"
_ASSETS = Path(__file__).with_name("assets")

# The page may load nothing at all: what it needs stands inside it.
POLICY = (
    "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; connect-src 'none'"
)
POLICY_TAG = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiles:
    """A background of pictures from the network: for readers who are online.

    Never taken unless asked for. The page may then load pictures from this one server and
    nothing else, and it tells the server which part of the map is looked at.

    Parameters
    ----------
    url
        Address with ``{z}``, ``{x}``, ``{y}``.
    credit
        What the server's terms ask to be shown; HTML.
    max_zoom
        Deepest level of the tiles.
    """

    url: str
    credit: str
    max_zoom: int = 18

    @property
    def origin(self) -> str:
        """Server from which the pictures come."""
        return "/".join(self.url.split("/")[:3])

    def data(self) -> dict[str, object]:
        """Return it as the page's script takes it."""
        return {"url": self.url, "credit": self.credit, "maxZoom": self.max_zoom}


# 国土地理院コンテンツ利用規約 asks for the credit; the tiles themselves are never stored.
_GSI = '<a href="https://maps.gsi.go.jp/development/ichiran.html">地理院タイル(国土地理院)</a>'
TILES: Final = {
    "gsi": Tiles(url="https://cyberjapandata.gsi.go.jp/xyz/pale/{z}/{x}/{y}.png", credit=_GSI),
    "gsi_std": Tiles(url="https://cyberjapandata.gsi.go.jp/xyz/std/{z}/{x}/{y}.png", credit=_GSI),
    "gsi_relief": Tiles(
        url="https://cyberjapandata.gsi.go.jp/xyz/hillshademap/{z}/{x}/{y}.png",
        credit=_GSI,
        max_zoom=16,
    ),
    "osm": Tiles(
        url="https://tile.openstreetmap.org/{z}/{x}/{y}.png",
        credit='© <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a> contributors',
        max_zoom=19,
    ),
}


def policy(tiles: Tiles | None = None) -> str:
    """Return what a page may load: nothing, or the pictures of one tile server.

    Examples
    --------
    >>> policy() == POLICY
    True
    >>> "tile.openstreetmap.org" in policy(TILES["osm"])
    True
    """
    allowed = "img-src data: blob:"
    return POLICY if tiles is None else POLICY.replace(allowed, f"{allowed} {tiles.origin}")


# Larger data are compressed.
_PLAIN_DATA: Final = 400_000
_SCRIPT = re.compile(r"<script\b[^>]*\bsrc\s*=\s*[\"']?([^\"'\s>]+)[^>]*>\s*</script>", re.I)
_LINK = re.compile(r"<link\b[^>]*\bhref\s*=\s*[\"']?([^\"'\s>]+)[^>]*>", re.I)
# Files that folium and geopandas link: pattern of the address → what betrays a use of them
# that ``assets/folium.js`` does not stand in for. Where it does, or where they are not used at
# all, the link is dropped.
_FOLIUM_EXTRAS = {
    r"/jquery[-.@\d]*(\.min)?\.js$": (
        r"(?:\$|\bjQuery)(?:\.\w|\((?!`|\s*function\b|this\b|\s*\"\.maplegend\"))"
    ),
    r"/ui/[\d.]+/jquery-ui\.js$": r"\.(?:dialog|sortable|resizable|slider)\(",
    r"/bootstrap@?[\d.]*/dist/(js|css)/bootstrap(\.bundle)?\.min\.(js|css)$": r"\bbootstrap\.",
    r"/bootstrap-glyphicons\.css$": r"(?!)",
    r"/fontawesome-free@?[\d.]*/css/all\.min\.css$": r"(?!)",
    r"/leaflet\.awesome-markers\.(js|css)$": r"\bL\.AwesomeMarkers\.(?!icon\b)",
    r"/leaflet\.awesome\.rotate\.min\.css$": r"(?!)",
    r"/d3/3[.\d]*/d3\.min\.js$": r"\bd3\.(?!select\(\"|scale\.(?:threshold|linear)\(|svg\.axis\()",
}
# Marks the place behind Leaflet while the page is made.
_LEAFLET_HERE = "<!-- leaflet stands above -->"
_STANDS_IN = re.compile(r"\$\(|\bd3\.|\bL\.AwesomeMarkers\b")
_REMOTE = re.compile(r"^(https?:)?//", re.I)
_LOADING = re.compile(
    r"(?:\b(?:src|srcset|poster|action|data)\s*=\s*[\"']?|url\(\s*[\"']?|@import\s+[\"']?"
    r"|\b(?:tileLayer(?:\.wms)?|imageOverlay|videoOverlay|fetch|import|Image|Worker)\(\s*[\"'`])"
    r"((?:https?:)?//[^\"'`\s)>]+)",
    re.I,
)


def asset(name: str) -> str:
    """Return the text of one of the package's own files for the browser."""
    return (_ASSETS / name).read_text(encoding="utf-8")


@cache
def leaflet_js() -> str:
    """Return Leaflet's script, safe to stand inside a ``<script>`` element."""
    return (_LEAFLET / "leaflet.js").read_text(encoding="utf-8").replace("</script", r"<\/script")


@cache
def leaflet_css() -> str:
    """Return Leaflet's style sheet with its pictures written into it."""
    css = (_LEAFLET / "leaflet.css").read_text(encoding="utf-8")
    return re.sub(r"url\(images/([\w.-]+)\)", lambda found: f"url({_picture(found[1])})", css)


@cache
def leaflet_marker_js() -> str:
    """Return the script that gives Leaflet's default marker its pictures.

    Leaflet guesses where they lie from its style sheet's address, which an
    inlined sheet does not have.
    """
    pictures = {
        "iconUrl": _picture("marker-icon.png"),
        "iconRetinaUrl": _picture("marker-icon-2x.png"),
        "shadowUrl": _picture("marker-shadow.png"),
    }
    return (
        "delete L.Icon.Default.prototype._getIconUrl;"
        f"L.Icon.Default.mergeOptions({json.dumps(pictures)});"
    )


def _picture(name: str) -> str:
    data = base64.b64encode((_LEAFLET / "images" / name).read_bytes()).decode("ascii")
    return f"data:image/png;base64,{data}"


def script_json(data: object) -> str:
    r"""Return JSON that cannot leave a ``<script>`` element, whatever a name holds.

    Examples
    --------
    >>> script_json({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def data_element(data: object) -> str:
    """Return the element that holds a page's data, compressed where it would be large.

    Above 0.4 MB the data are gzip in base64, which browsers since 2020 (Firefox and Safari
    since 2023) unpack by themselves; in an older one the page says so.
    """
    plain = script_json(data)
    if len(plain) < _PLAIN_DATA:
        return f'<script id="data" type="application/json">{plain}</script>'
    # Without a time inside, the same data give the same bytes.
    small = base64.b64encode(gzip.compress(plain.encode("utf-8"), 9, mtime=0)).decode("ascii")
    return f'<script id="data" type="application/gzip">{small}</script>'


def offline_html(html: str) -> str:
    """Return a folium page that needs no network.

    Leaflet's script and style are written into the page, and a policy is added that lets
    the browser load nothing. For what folium's own layers use of jQuery, d3 and AwesomeMarkers
    (popups, the colour bar of ``Choropleth``, the legend of ``explore``, coloured pins) a
    small script stands in: a legend can then not be dragged, and pins carry no sign.

    Parameters
    ----------
    html
        Whole page: ``map.get_root().render()`` of a folium map, of
        ``GeoDataFrame.explore(tiles=None)`` or of esda's ``explore``.

    Raises
    ------
    InputError
        If the page would load anything else (tiles, a plugin's script), or uses more of
        those files than that.

    Examples
    --------
    >>> link = '<script src="https://cdn.example/leaflet@1.9.3/dist/leaflet.js"></script>'
    >>> "cdn.example" in offline_html(f"<head>{link}</head>")
    False
    """
    bare = _LINK.sub("", _SCRIPT.sub("", html))
    page = _SCRIPT.sub(lambda found: _inlined(found[1], bare), html)
    page = _LINK.sub(lambda found: _inlined(found[1], bare), page)
    if _STANDS_IN.search(bare):
        page = page.replace(
            _LEAFLET_HERE, f"{_LEAFLET_HERE}<script>{asset('folium.js')}</script>", 1
        )
    page = page.replace(_LEAFLET_HERE, "")
    left = _LOADING.search(page)
    if left is not None:
        raise InputError("offline_url", url=left[1])
    # folium forbids readers to enlarge the page.
    page = re.sub(r",\s*maximum-scale=[\d.]+,\s*user-scalable=no", "", page)
    return page.replace("<head>", f"<head>\n{POLICY_TAG}", 1)


def _inlined(url: str, page: str) -> str:
    """Return what takes the place of a link to a file."""
    path = url.split("?")[0]
    if re.search(r"/leaflet@?[\d.]*/(dist/)?leaflet\.js$", path):
        return (
            f"<script>{leaflet_js()}</script><script>{leaflet_marker_js()}</script>{_LEAFLET_HERE}"
        )
    if re.search(r"/leaflet@?[\d.]*/(dist/)?leaflet\.css$", path):
        return f"<style>{leaflet_css()}</style>"
    for pattern, use in _FOLIUM_EXTRAS.items():
        if re.search(pattern, path):
            if re.search(use, page):
                raise InputError("offline_used", url=url)
            return ""
    raise InputError("offline_url", url=url)
