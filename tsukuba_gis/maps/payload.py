"""What the browser gets: a result as plain lists, each polygon and number once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.classes import COUNT_UNITS, LISA_COLOURS, indicator_classes
from tsukuba_gis.maps.topology import drawing_shapes, topology
from tsukuba_gis.messages import LANGUAGES, table, text
from tsukuba_gis.result import LISA_CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    import pandas as pd
    import shapely
    from pyproj import CRS

    from tsukuba_gis.result import Indicator, Level, LocalMoran, Moran, Result

_MASK_SIGNS = {"": ".", "zero": "z", "small": "s", "missing": "m"}
# Messages that go into the page: those whose keys begin so, and those of the CSV.
_TEXTS = "page_"
_CSV_TEXTS = ("table_unit_share", "table_notice_mark")


def page_data(result: Result) -> dict[str, Any]:
    """Return all that the report page shows, ready for JSON.

    Parameters
    ----------
    result
        Outcome of a study.
    """
    frame = result.levels[0].zones.frame
    return {
        **_common(result.indicators, result.lang),
        "title": dict(result.title),
        "notices": {lang: list(result.notices[lang]) for lang in LANGUAGES},
        "min_count": result.min_count,
        "outlines": _outlines(result.outlines, frame.crs),
        "levels": [
            {"key": key, **level_data(level, result.indicators)}
            for key, level in zip(level_keys(result.levels), result.levels, strict=True)
        ],
        "start": start_indicator(result.indicators).name,
    }


def map_data(level: Level, indicator: Indicator, *, min_count: int) -> dict[str, Any]:
    """Return what a single map of one indicator shows, ready for JSON."""
    return {
        **_common((indicator,), "ja"),
        "min_count": min_count,
        "outlines": [],
        "levels": [{"key": "only", **level_data(level, (indicator,))}],
        "start": indicator.name,
    }


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
        "lisa_classes": [{"name": name, "colour": LISA_COLOURS[name]} for name in LISA_CLASSES],
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
    """Return one level: geometry, names, and a column for each indicator."""
    shapes = drawing_shapes(level.zones.frame.geometry)
    ages = sorted({int(age) for age in level.population.columns.get_level_values("age_start")})
    names = [indicator.name for indicator in indicators]
    return {
        "label": {lang: text(f"page_level_{level.zones.kind}", lang) for lang in LANGUAGES},
        "source": level.zones.source,
        "topology": topology(shapes),
        "points": _points(shapes),
        "ids": list(level.zones.ids),
        "names": [str(name) for name in level.zones.names],
        "values": {name: _column(level.values[name]) for name in names},
        "masks": {
            name: "".join(_MASK_SIGNS[str(reason)] for reason in level.masks[name])
            for name in names
            if (level.masks[name] != "").any()
        },
        "total": {name: _number(level.total[name]) for name in names},
        "classes": {one.name: _classes(level.values[one.name], one) for one in indicators},
        "ages": ages,
        "population": {sex: _cells(level.population, sex, ages) for sex in ("female", "male")},
        "city_population": {
            # Not nansum: a sum without the hidden cells would be taken for the city's.
            sex: _column(level.population[sex][ages].to_numpy().sum(axis=0))
            for sex in ("female", "male")
        },
        "moran": {name: _moran(level.moran[name]) for name in names if name in level.moran},
        "lisa": {name: _lisa(level, level.lisa[name]) for name in names if name in level.lisa},
    }


def _classes(values: pd.Series[float], indicator: Indicator) -> dict[str, Any]:
    """Return how the values are drawn: circles for counts, else edges and colours of classes."""
    classes = indicator_classes(values, indicator)
    if classes is None:
        return {"circles": True}
    edges, fills = list(classes.edges), list(classes.colours)
    return {"edges": edges, "colours": fills, "scheme": classes.scheme}


def _outlines(outlines: Mapping[str, shapely.Geometry], crs: CRS | None) -> list[dict[str, Any]]:
    """Return the context lines: name, place of the name, and the lines' own topology."""
    import geopandas as gpd

    if not outlines:
        return []
    shapes = drawing_shapes(gpd.GeoSeries(list(outlines.values()), list(outlines), crs=crs))
    return [
        {"name": name, "point": point, "topology": topology(shapes.take([number]))}
        for number, (name, point) in enumerate(zip(outlines, _points(shapes), strict=True))
    ]


def _points(shapes: gpd.GeoSeries) -> list[list[float]]:
    """Return a point inside each shape: [lat, lon] to five decimals, about a metre."""
    inside = shapes.representative_point()
    points: list[list[float]] = np.column_stack([inside.y, inside.x]).round(5).tolist()
    return points


def _cells(population: pd.DataFrame, sex: str, ages: list[int]) -> list[list[float | None]]:
    return [_column(row) for row in population[sex][ages].to_numpy()]


def _moran(moran: Moran) -> dict[str, Any]:
    return {"i": _number(moran.i, 5), "n": moran.n, "p": _number(moran.p, 5)}


def _lisa(level: Level, lisa: LocalMoran) -> dict[str, Any]:
    frame = lisa.frame.reindex(level.zones.ids)
    cluster = frame["cluster"].fillna("missing")
    return {
        "z": _column(frame["z"], 4),
        "lag": _column(frame["lag"], 4),
        "p": _column(frame["p"], 3),
        "p_fdr": _column(frame["p_fdr"], 3),
        "cluster": [LISA_CLASSES.index(name) for name in cluster],
        "alpha": lisa.alpha,
        "fdr": lisa.fdr,
        "permutations": lisa.permutations,
        "seed": lisa.seed,
    }


def _column(values: Iterable[float], figures: int = 7) -> list[float | None]:
    return [_number(value, figures) for value in np.asarray(values, dtype=float)]


def _number(value: float, figures: int = 7) -> float | None:
    """Return a number as JSON has it: whole where it is whole, None where there is none."""
    if not math.isfinite(value):
        return None
    if value == int(value):
        return int(value)
    return float(f"{value:.{figures}g}")
