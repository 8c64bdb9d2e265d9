"""QGIS styles (QML): how a layer of the GeoPackage looks when it is opened."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from tsukuba_gis.classes import format_value
from tsukuba_gis.messages import Language, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tsukuba_gis.classes import Classes, LocalClass
    from tsukuba_gis.result import Indicator

# QGIS 3.22, the oldest long-term release that is still met, reads this.
_QGIS: Final = "3.22.0"
_OUTLINE: Final = "110,110,110,255"
# Not shown: hatched, so that it is no class of its own colour.
_HATCHED: Final = "hatched"
# Stands for a missing value in the graduated renderer, which else leaves it out.
_NO_VALUE: Final = -999999999
# Lines of flows: width of the largest, millimetres, and their colour.
_WIDEST: Final = 3.0
_LINE: Final = "11,92,138,255"


def graduated(
    indicator: Indicator,
    classes: Classes,
    *,
    field: str | None = None,
    lang: Language,
    missing: bool,
    labels: Mapping[str, str],
    name_zones: bool,
) -> str:
    """Return the style of an indicator: one colour a class, highest class first.

    Parameters
    ----------
    indicator
        Of the values: their unit and digits.
    classes
        Edges and colours, as on the map.
    field
        Field that holds the values; None: the indicator's name.
    lang
        Of the legend.
    missing
        True where some zones have no value: they are hatched, with a legend entry.
    labels
        Field → what it is called in QGIS.
    name_zones
        Whether to write the zones' names on the map.

    Notes
    -----
    QGIS takes the first range in which a value lies, both ends included; from
    the highest down, a value on an edge falls in the upper class, as on the map.
    """
    field = field or indicator.name
    root = _root(labels, name_zones=name_zones)
    renderer = ET.SubElement(
        root,
        "renderer-v2",
        type="graduatedSymbol",
        graduatedMethod="GraduatedColor",
        attr=f'coalesce("{field}", {_NO_VALUE})' if missing else field,
        forceraster="0",
        symbollevels="0",
        enableorderby="0",
    )
    ranges = ET.SubElement(renderer, "ranges")
    symbols = ET.SubElement(renderer, "symbols")
    edges, fills = classes.edges, classes.colours
    for number, colour in reversed(list(enumerate(fills))):
        said = (
            format_value(edge, indicator.unit, lang, indicator.digits)
            for edge in edges[number : number + 2]
        )
        _range(ranges, symbols, edges[number], edges[number + 1], " – ".join(said), colour)
    if missing:
        label = text("table_no_value_class", lang)
        _range(ranges, symbols, _NO_VALUE, _NO_VALUE, label, _HATCHED)
    return _document(root)


def categorised(
    field: str, entries: Sequence[LocalClass], *, labels: Mapping[str, str], name_zones: bool
) -> str:
    """Return the style of a layer of classes, in words.

    Parameters
    ----------
    field
        Field that holds the class (``"HH"`` …).
    entries
        Classes in the order of the legend: name, label, colour, hatched or filled.
    labels, name_zones
        As in :func:`graduated`.
    """
    root = _root(labels, name_zones=name_zones)
    renderer = ET.SubElement(
        root,
        "renderer-v2",
        type="categorizedSymbol",
        attr=field,
        forceraster="0",
        symbollevels="0",
        enableorderby="0",
    )
    categories = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for number, one in enumerate(entries):
        ET.SubElement(
            categories,
            "category",
            value=one.name,
            type="string",
            symbol=str(number),
            label=one.label,
            render="true",
        )
        _symbol(symbols, number, _HATCHED if one.hatched else one.colour)
    return _document(root)


def sized(field: str, edges: Sequence[float], *, lang: Language, labels: Mapping[str, str]) -> str:
    """Return the style of a layer of lines: the more persons, the wider, widest class first.

    Parameters
    ----------
    field
        Field that holds the numbers of persons.
    edges
        Of the classes, lowest to highest.
    lang
        Of the legend.
    labels
        As in :func:`graduated`.

    Notes
    -----
    A line lies to the left of its way, so that the two ways between two places lie apart.
    """
    root = _root(labels, name_zones=False)
    renderer = ET.SubElement(
        root, "renderer-v2", type="graduatedSymbol", graduatedMethod="GraduatedSize", attr=field,
        forceraster="0", symbollevels="0", enableorderby="0",
    )  # fmt: skip
    ranges = ET.SubElement(renderer, "ranges")
    symbols = ET.SubElement(renderer, "symbols")
    pairs = list(pairwise(edges))
    for number, pair in reversed(list(enumerate(pairs))):
        label = " – ".join(format_value(edge, "persons", lang, 0) for edge in pair)
        width = _WIDEST * (number + 1) / len(pairs)
        _range_of(ranges, *pair, label)
        symbol = ET.SubElement(
            symbols, "symbol", name=str(len(ranges) - 1), type="line", alpha="0.8",
            clip_to_extent="1", force_rhr="0",
        )  # fmt: skip
        options = {
            "line_color": _LINE, "line_style": "solid", "capstyle": "flat",
            "line_width": f"{width:.2f}", "line_width_unit": "MM",
            "offset": f"{-0.6 * width:.2f}", "offset_unit": "MM",
        }  # fmt: skip
        _layer(symbol, "SimpleLine", options)
    return _document(root)


def _root(labels: Mapping[str, str], *, name_zones: bool) -> ET.Element:
    root = ET.Element(
        "qgis",
        version=_QGIS,
        styleCategories="Symbology|Labeling|Fields",
        labelsEnabled="1" if name_zones else "0",
    )
    fields = ET.SubElement(root, "aliases")
    for number, (field, label) in enumerate(labels.items()):
        ET.SubElement(fields, "alias", index=str(number), field=field, name=label)
    if name_zones:
        _labelling(root)
    return root


def _range(
    ranges: ET.Element, symbols: ET.Element, low: float, high: float, label: str, colour: str
) -> None:
    _range_of(ranges, low, high, label)
    _symbol(symbols, len(ranges) - 1, colour)


def _range_of(ranges: ET.Element, low: float, high: float, label: str) -> None:
    ET.SubElement(
        ranges,
        "range",
        lower=repr(float(low)),
        upper=repr(float(high)),
        symbol=str(len(ranges)),
        label=label,
        render="true",
    )


def _symbol(symbols: ET.Element, number: int, colour: str) -> None:
    """Add a fill: a colour, or a hatching of grey lines on white."""
    symbol = ET.SubElement(
        symbols,
        "symbol",
        name=str(number),
        type="fill",
        alpha="1",
        clip_to_extent="1",
        force_rhr="0",
    )
    plain = "#ffffff" if colour == _HATCHED else colour
    options = {
        "color": ",".join(str(int(plain[place : place + 2], 16)) for place in (1, 3, 5)) + ",255",
        "style": "solid",
        "outline_color": _OUTLINE,
        "outline_style": "solid",
        "outline_width": "0.15",
        "outline_width_unit": "MM",
    }
    _layer(symbol, "SimpleFill", options)
    if colour == _HATCHED:
        hatch = {**options, "color": "150,150,150,255", "style": "b_diagonal"}
        _layer(symbol, "SimpleFill", {**hatch, "outline_style": "no"})


def _layer(symbol: ET.Element, kind: str, options: Mapping[str, str]) -> None:
    layer = ET.SubElement(
        symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"}
    )
    held = ET.SubElement(layer, "Option", type="Map")
    for name, value in options.items():
        ET.SubElement(held, "Option", name=name, type="QString", value=value)
        ET.SubElement(layer, "prop", k=name, v=value)


def _labelling(root: ET.Element) -> None:
    """Write the zones' names, small, with a white halo."""
    labelling = ET.SubElement(root, "labeling", type="simple")
    settings = ET.SubElement(labelling, "settings", calloutType="simple")
    style = ET.SubElement(
        settings,
        "text-style",
        fieldName="name",
        isExpression="0",
        fontFamily="Noto Sans CJK JP",
        fontSize="8",
        fontSizeUnit="Point",
        textColor="40,40,40,255",
        textOpacity="1",
    )
    ET.SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.8",
        bufferSizeUnits="MM",
        bufferColor="255,255,255,255",
        bufferOpacity="0.8",
    )
    ET.SubElement(settings, "placement", placement="1", centroidInside="1", centroidWhole="1")
    ET.SubElement(settings, "rendering", obstacle="1", displayAll="0", drawLabels="1")


def _document(root: ET.Element) -> str:
    ET.indent(root)
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + ET.tostring(root, encoding="unicode") + "\n"
