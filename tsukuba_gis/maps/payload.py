"""What the browser gets: a result as plain lists, each polygon and number once.

The contract between the page's writer and its scripts. Whole columns of numbers are packed
(:func:`tsukuba_gis.maps.packing.pack`); values that are saved again (CSV) are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.classes import (
    COUNT_UNITS,
    DIVERGING,
    MOST_EDGES,
    SCHEMES,
    SEQUENTIAL,
    colours,
    value_classes,
)
from tsukuba_gis.maps.future import flows_data, projection_data
from tsukuba_gis.maps.packing import column, number, pack
from tsukuba_gis.maps.statistics import (
    age_curve_data,
    class_sets,
    correlations_data,
    lisa_data,
    local_data,
    rates_data,
    regions_data,
    regressions_data,
)
from tsukuba_gis.maps.topology import drawing_shapes, packed, topology
from tsukuba_gis.messages import LANGUAGES, restated, table, text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from pyproj import CRS

    from tsukuba_gis.maps.offline import Tiles
    from tsukuba_gis.maps.topology import Topology
    from tsukuba_gis.result import Indicator, Level, Moran, Result

_MASK_SIGNS = {"": ".", "zero": "z", "small": "s", "missing": "m"}
# Messages that go into the page: those whose keys begin so, and those of the CSV.
_TEXTS = "page_"
_CSV_TEXTS = ("table_unit_share", "table_notice_mark")


def page_data(result: Result, *, tiles: Tiles | None = None) -> dict[str, Any]:
    """Return all that the report page shows, ready for JSON.

    Parameters
    ----------
    result
        Outcome of a study.
    tiles
        Background from the network; None: none, the page loads nothing.
    """
    frame = result.levels[0].zones.frame
    return {
        **_common(result.indicators, result.lang),
        "title": dict(result.title),
        "notices": {lang: list(result.notices[lang]) for lang in LANGUAGES},
        "min_count": result.min_count,
        "outlines": _outlines(result, frame.crs),
        "class_sets": class_sets(result.levels),
        "levels": [
            {"key": key, **level_data(level, result.indicators)}
            for key, level in zip(level_keys(result.levels), result.levels, strict=True)
        ],
        "age_curves": [
            age_curve_data(one, {known.name: known for known in result.indicators})
            for one in result.levels[0].age_curves
        ],
        "flows": [flows_data(flows, frame.crs) for flows in result.flows],
        "start": start_indicator(result.indicators).name,
        "tiles": None if tiles is None else tiles.data(),
    }


def map_data(level: Level, indicator: Indicator, *, min_count: int) -> dict[str, Any]:
    """Return what a single map of one indicator shows, ready for JSON."""
    shapes = drawing_shapes(level.zones.frame.geometry)
    return {
        **_common((indicator,), "ja"),
        "min_count": min_count,
        "levels": [
            {
                **_zones(level, topology(shapes), shapes),
                **_numbers(level, (indicator,)),
                "rates": [],
            }
        ],
    }


def page_maps(result: Result) -> tuple[str, ...]:
    """Return the names of the page's maps: one a section that has something to show."""
    future = any(level.projection is not None for level in result.levels)
    flows = any(one.points is not None for one in result.flows)
    return ("values", "clusters", "relations", *["future"] * future, *["flows"] * flows)


def _common(indicators: tuple[Indicator, ...], lang: str) -> dict[str, Any]:
    return {
        "lang": lang,
        "texts": {
            lang: {
                key.removeprefix(_TEXTS): entry[lang]
                for key, entry in table().items()
                if key.startswith(_TEXTS) or key in _CSV_TEXTS
            }
            for lang in LANGUAGES
        },
        "ramps": {
            name: [colours(n, palette) for n in range(MOST_EDGES + 2)]
            for name, palette in (("sequential", SEQUENTIAL), ("diverging", DIVERGING))
        },
        "indicators": [
            {
                "name": indicator.name,
                "unit": indicator.unit,
                "digits": indicator.digits,
                "label": dict(indicator.label),
            }
            for indicator in indicators
        ],
    }


def level_keys(levels: tuple[Level, ...]) -> list[str]:
    """Return a name for each level that stands in links: its kind, numbered if repeated."""
    keys: list[str] = []
    for level in levels:
        kind = level.zones.kind
        again = sum(key.split("-")[0] == kind for key in keys)
        keys.append(f"{kind}-{again + 1}" if again else kind)
    return keys


def start_indicator(indicators: tuple[Indicator, ...]) -> Indicator:
    """Return the indicator that is shown first: a share if there is one, never a count."""
    rates = [one for one in indicators if one.unit not in COUNT_UNITS]
    shares = [one for one in rates if one.unit == "share"]
    return next(iter([*shares, *rates, *indicators]))


def level_data(level: Level, indicators: tuple[Indicator, ...]) -> dict[str, Any]:
    """Return one level: geometry, names, a column for each indicator, and what was found."""
    shapes = drawing_shapes(level.zones.frame.geometry)
    ids = level.zones.ids
    ages = sorted({int(age) for age in level.population.columns.get_level_values("age_start")})
    names = [indicator.name for indicator in indicators]
    by_name = {one.name: one for one in indicators}
    return {
        **_zones(level, topology(shapes), shapes),
        **_numbers(level, indicators),
        "rates": rates_data(level.rates, by_name, ids),
        "ages": ages,
        "population": {sex: pack(level.population[sex][ages].to_numpy()) for sex in _SEXES},
        "city_population": {
            # Not nansum: a sum without the hidden cells would be taken for the city's.
            sex: column(level.population[sex][ages].to_numpy().sum(axis=0))
            for sex in _SEXES
        },
        "moran": {name: _moran(level.moran[name]) for name in names if name in level.moran},
        "lisa": {name: lisa_data(level.lisa[name], ids) for name in names if name in level.lisa},
        "local": [local_data(one, by_name, ids) for one in level.local],
        "regions": None if level.regions is None else regions_data(level.regions, by_name, ids),
        "correlations": correlations_data(level.correlations),
        "regressions": [regressions_data(one, ids) for one in level.regressions],
        "projection": None if level.projection is None else projection_data(level.projection, ids),
    }


_SEXES = ("female", "male")


def _zones(level: Level, made: Topology, shapes: gpd.GeoSeries) -> dict[str, Any]:
    """Return what the zones are, without any number about their people."""
    frame = level.zones.frame
    data = {
        "label": {lang: text(f"page_level_{level.zones.kind}", lang) for lang in LANGUAGES},
        "source": {lang: restated(level.zones.source, lang) for lang in LANGUAGES},
        "topology": packed(made),
        "points": _packed_points(shapes, made),
        "areas": pack(frame.area.to_numpy() / 1e6, scale=1e4),
        "ids": list(level.zones.ids),
        "names": [str(name) for name in level.zones.names],
    }
    if "name_en" in frame.columns and frame["name_en"].notna().any():
        data["names_en"] = list(frame["name_en"].fillna("").astype(str))
    return data


def _numbers(level: Level, indicators: tuple[Indicator, ...]) -> dict[str, Any]:
    """Return the indicators' values, why some are missing, and the classes."""
    names = [indicator.name for indicator in indicators]
    area = level.zones.frame.area / 1e6
    return {
        "values": {name: column(level.values[name]) for name in names},
        "masks": {
            name: "".join(_MASK_SIGNS[str(reason)] for reason in level.masks[name])
            for name in names
            if (level.masks[name] != "").any()
        },
        "total": {name: number(level.total[name]) for name in names},
        "classes": {one.name: _classes(level.values[one.name], one, area) for one in indicators},
    }


def _classes(
    values: pd.Series[float], indicator: Indicator, area: pd.Series[float]
) -> dict[str, Any]:
    """Return the edges of an indicator's classes by scheme, and which scheme is its own.

    A count is drawn as circles; it has edges too, for readers who want its areas coloured
    all the same, or its density.
    """
    digits = indicator.digits + 2 * (indicator.unit == "share")
    count = indicator.unit in COUNT_UNITS
    own = value_classes(values, scheme=indicator.scheme, digits=digits, edges=indicator.edges)
    made = {own.scheme: list(own.edges)}
    for scheme in SCHEMES:
        if scheme not in made:
            edges = value_classes(values, scheme=scheme, digits=digits, own=False).edges
            made[scheme] = list(edges)
    shown: dict[str, Any] = {"scheme": own.scheme, "edges": made}
    if count:
        dense = values / area.to_numpy()
        shown["circles"] = True
        shown["density"] = {
            scheme: list(value_classes(dense, scheme=scheme, digits=1, own=False).edges)
            for scheme in SCHEMES
        }
    return shown


def _outlines(result: Result, crs: CRS | None) -> list[dict[str, Any]]:
    """Return the context lines: names, place of the name, and the lines' own topology."""
    import geopandas as gpd

    outlines, english = result.outlines, result.outlines_en
    if not outlines:
        return []
    shapes = drawing_shapes(gpd.GeoSeries(list(outlines.values()), list(outlines), crs=crs))
    inside = shapes.representative_point()
    points = np.column_stack([inside.y, inside.x]).round(5).tolist()
    return [
        {
            "name": name,
            **({"name_en": english[name]} if name in english else {}),
            "point": point,
            "topology": packed(topology(shapes.take([place]))),
        }
        for place, (name, point) in enumerate(zip(outlines, points, strict=True))
    ]


def _packed_points(shapes: gpd.GeoSeries, made: Topology) -> str:
    """Return a point inside each shape, in steps of the topology: x and y by turns."""
    inside = shapes.representative_point()
    (kx, ky), (x0, y0) = made["transform"]["scale"], made["transform"]["translate"]
    return pack(np.column_stack([(inside.x - x0) / kx, (inside.y - y0) / ky]))


def _moran(moran: Moran) -> dict[str, Any]:
    return {"i": number(moran.i, 5), "n": moran.n, "p": number(moran.p, 5)}
