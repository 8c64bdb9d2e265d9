"""The GeoPackage: zones with their values and clusters, that QGIS opens already styled."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from tsukuba_gis.classes import indicator_classes
from tsukuba_gis.messages import Language, text
from tsukuba_gis.report.styles import categorised, graduated
from tsukuba_gis.report.tables import level_names, lisa_frame, shown, symbols, tables
from tsukuba_gis.report.text_files import notice_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from tsukuba_gis.result import Level, Result

# QGIS 3.22 warns of version 1.4, GDAL's default.
_VERSION: Final = "1.3"
# All dates in the file: the same result gives the same bytes.
_DATE: Final = "2000-01-01T00:00:00.000Z"
# With more zones than these their names would cover the map.
_NAMED_ZONES: Final = 60
_NUMBERS: Final = {"i": "table_i", "z": "table_z", "p": "table_p", "p_fdr": "table_p_fdr"}

_LAYER_STYLES: Final = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME
)"""


def write_geopackage(result: Result, path: Path, *, lang: Language | None = None) -> None:
    """Write a result as a GeoPackage.

    Two layers a level: the zones with every indicator, and the zones with
    every indicator's local Moran classes; and the definitions as a table
    without geometry. Fields have stable names (``share_65plus``); QGIS shows
    them by label. Shares are 0–1.

    Parameters
    ----------
    result
        Outcome of a study.
    path
        File to write; it must not exist.
    lang
        Of layers and labels; None: the result's.

    Notes
    -----
    Styles lie in the table ``layer_styles`` as QML, the first indicator's as
    default (QGIS ignores SLD there), further ones to choose. The notices are
    the description of every layer (``gpkg_contents``) and metadata of the
    file.

    Examples
    --------
    >>> write_geopackage(result, Path("out/district_statistics.gpkg"))  # doctest: +SKIP
    """
    lang = lang or result.lang
    styles: list[tuple[str, str, str, bool]] = []
    notice = notice_line(result, lang)
    with _fixed_date():
        for level, name in zip(result.levels, level_names(result, lang), strict=True):
            layer = text("table_zones", lang, level=name)
            _write(_values(level, result), path, layer, notice)
            styles += _value_styles(level, layer, result, lang)
            if level.lisa:
                layer = text("table_lisa", lang, level=name)
                _write(_clusters(level), path, layer, notice)
                styles += _cluster_styles(level, layer, result, lang)
        _write_definitions(result, path, lang, notice)
    _add_styles(path, styles)


@contextmanager
def _fixed_date() -> Iterator[None]:
    """Let GDAL write one fixed date instead of the present."""
    import pyogrio

    name = "OGR_CURRENT_DATE"
    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: _DATE})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})


def _write(frame: pd.DataFrame, path: Path, layer: str, notice: str) -> None:
    import pyogrio

    pyogrio.write_dataframe(
        frame,
        path,
        layer=layer,
        driver="GPKG",
        append=path.exists(),
        promote_to_multi=True,
        dataset_options={"VERSION": _VERSION},
        layer_options={"DESCRIPTION": notice, "IDENTIFIER": layer},
        dataset_metadata={"NOTICE": notice},
        layer_metadata={"NOTICE": notice},
    )


def _base(level: Level) -> gpd.GeoDataFrame:
    import geopandas as gpd

    zones = level.zones.frame
    return gpd.GeoDataFrame(
        {"zone_id": [str(key) for key in zones.index], "name": zones["name"].astype(str).to_list()},
        geometry=zones.geometry.to_numpy(),
        crs=zones.crs,
    )


def _values(level: Level, result: Result) -> gpd.GeoDataFrame:
    frame = _base(level)
    for one in result.indicators:
        frame[one.name] = shown(level.values[one.name])
    for one in result.indicators:
        if (level.masks[one.name] != "").any():
            frame[f"symbol_{one.name}"] = symbols(level.masks[one.name])
    return frame.astype({one.name: float for one in result.indicators})


def _clusters(level: Level) -> gpd.GeoDataFrame:
    frame = _base(level)
    for name, lisa in level.lisa.items():
        found = lisa_frame(level, lisa)
        frame[f"lisa_{name}"] = found["cluster"].to_list()
        for key in _NUMBERS:
            frame[f"{key}_{name}"] = shown(found[key])
            frame[f"{key}_{name}"] = frame[f"{key}_{name}"].astype(float)
    return frame


def _labels(result: Result, lang: Language) -> dict[str, str]:
    """Return what each field is called, by its name."""
    labels = {"zone_id": text("table_zone_id", lang), "name": text("table_name", lang)}
    for one in result.indicators:
        label = one.label[lang]
        labels[one.name] = label
        labels[f"symbol_{one.name}"] = text("table_symbol_of", lang, label=label)
        labels[f"lisa_{one.name}"] = f"{text('table_cluster', lang)}: {label}"
        labels |= {
            f"{key}_{one.name}": f"{text(said, lang)}: {label}" for key, said in _NUMBERS.items()
        }
    return labels


def _value_styles(
    level: Level, layer: str, result: Result, lang: Language
) -> list[tuple[str, str, str, bool]]:
    """Return (layer, name, QML, default) for every indicator that has colours."""
    labels = _labels(result, lang)
    fields = {field: labels[field] for field in _values(level, result).columns if field in labels}
    styles: list[tuple[str, str, str, bool]] = []
    for one in result.indicators:
        values = [value for value in shown(level.values[one.name]) if value is not None]
        classes = indicator_classes(values, one)
        if classes is None or len(classes.edges) < 2:
            continue
        style = graduated(
            one,
            classes,
            lang=lang,
            missing=len(values) < len(level.zones),
            labels=fields,
            name_zones=len(level.zones) <= _NAMED_ZONES,
        )
        styles.append((layer, one.label[lang], style, not styles))
    return styles


def _cluster_styles(
    level: Level, layer: str, result: Result, lang: Language
) -> list[tuple[str, str, str, bool]]:
    labels = _labels(result, lang)
    fields = {field: labels[field] for field in _clusters(level).columns if field in labels}
    order = [one for one in result.indicators if one.name in level.lisa]
    named = len(level.zones) <= _NAMED_ZONES
    return [
        (
            layer,
            one.label[lang],
            categorised(f"lisa_{one.name}", lang=lang, labels=fields, name_zones=named),
            one is order[0],
        )
        for one in order
    ]


def _write_definitions(result: Result, path: Path, lang: Language, notice: str) -> None:
    """Add the definitions, so that they travel with the numbers."""
    import pandas as pd

    table = next(one for one in tables(result, lang) if one.kind == "definitions")
    frame = pd.DataFrame({column.label: list(column.cells) for column in table.columns})
    _write(frame, path, table.name, notice)


def _add_styles(path: Path, styles: list[tuple[str, str, str, bool]]) -> None:
    """Add the styles, and register their table as QGIS does."""
    with closing(sqlite3.connect(path)) as base, base:
        base.execute(_LAYER_STYLES)
        base.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
            " f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner,"
            " update_time) VALUES ('', '', ?, 'geom', ?, ?, '', ?, '', '', ?)",
            [(layer, name, qml, default, _DATE) for layer, name, qml, default in styles],
        )
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description,"
            " last_change) VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
            (_DATE,),
        )
