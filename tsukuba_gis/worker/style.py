"""How layers look in QGIS: classes, words and colours as plain values.

The plugin makes renderers of them. They are those of the web map, since both
come from :mod:`tsukuba_gis.classes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tsukuba_gis.classes import format_value, indicator_classes, local_classes, region_colour
from tsukuba_gis.messages import Language, text

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.result import Indicator, LocalStatistic


def categories(statistic: LocalStatistic, field: str, *, lang: Language) -> dict[str, Any]:
    """Return the style of a field that holds the classes of a local statistic."""
    shown = [
        {"value": one.name, "label": one.label, "colour": one.colour, "hatched": one.hatched}
        for one in local_classes(statistic, lang=lang)
    ]
    return {"kind": "categories", "field": field, "classes": shown}


def regions(k: int, field: str, *, lang: Language) -> dict[str, Any]:
    """Return the style of a field that holds the number of the region, 1 … k."""
    shown = [
        {
            "value": number,
            "label": text("worker_region", lang, n=number),
            "colour": region_colour(number),
            "hatched": False,
        }
        for number in range(1, k + 1)
    ]
    return {"kind": "categories", "field": field, "classes": shown}


def graduated(
    values: pd.Series[float], indicator: Indicator, *, field: str, lang: Language
) -> dict[str, Any] | None:
    """Return the style of an indicator, highest class first; None for a count or without values.

    QGIS takes the first class in which a value lies, both ends included; from the
    highest down, a value on an edge falls in the upper class, as on the map.
    """
    found = indicator_classes(values, indicator)
    if found is None or len(found.edges) < 2:
        return None
    said = [format_value(edge, indicator.unit, lang, indicator.digits) for edge in found.edges]
    shown = [
        {
            "low": found.edges[number],
            "high": found.edges[number + 1],
            "label": f"{said[number]} – {said[number + 1]}",
            "colour": colour,
        }
        for number, colour in reversed(list(enumerate(found.colours)))
    ]
    return {
        "kind": "graduated",
        "field": field,
        "classes": shown,
        "no_value": text("table_no_value_class", lang) if values.isna().any() else None,
    }
