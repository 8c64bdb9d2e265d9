"""The GeoPackage: zones with their values and clusters, that QGIS opens already styled."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

from tsukuba_gis.messages import Language, text
from tsukuba_gis.publishing import publishable
from tsukuba_gis.report import layer_styles
from tsukuba_gis.report.columns import ZONE_TABLES, Table, both, label_of, named, shown
from tsukuba_gis.report.layer_styles import Style, floats, local_field
from tsukuba_gis.report.statistic_tables import lisa_frame
from tsukuba_gis.report.tables import level_names, tables
from tsukuba_gis.report.text_files import notice_line, origin_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from tsukuba_gis.result import Flows, Level, Result

# QGIS 3.22 warns of version 1.4, GDAL's default.
VERSION: Final = "1.3"
# All dates in the file: the same result gives the same bytes.
_DATE: Final = "2000-01-01T00:00:00.000Z"
_NUMBERS: Final = {"i": "table_i", "z": "table_z", "p": "table_p", "p_fdr": "table_p_fdr"}
_LOCAL_NUMBERS: Final = {"value": "table_statistic_value", "p": "table_p", "p_fdr": "table_p_fdr"}

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

    A layer for every table of which a row is a zone (values, local Moran, further local
    statistics, rates, regions, persons to come, residuals), a layer of lines for flows whose
    places have positions, and every other table without geometry. Fields of layers have stable
    names (``share_65plus``), QGIS shows them by label. Shares are 0–1.

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
    lang, result = lang or result.lang, publishable(result)
    writer = _Writer(result, path, lang)
    with gdal_settings():
        made = tables(result, lang)
        for number, (level, name) in enumerate(
            zip(result.levels, level_names(result, lang), strict=True)
        ):
            writer.level(level, name, [one for one in made if one.level == number])
        writer.flow_lines()
        for table in made:
            if table.kind not in (*ZONE_TABLES, "lisa", "local"):
                writer.plain(table)
    _add_styles(path, writer.styles)


class _Writer:
    """Holds what every layer needs: the result, the file, the language, the styles so far."""

    def __init__(self, result: Result, path: Path, lang: Language) -> None:
        self.result = result
        self.path = path
        self.lang = lang
        self.notice = f"{notice_line(result, lang)} {origin_line(result, lang)}"
        self.styles: list[Style] = []

    def write(self, frame: pd.DataFrame, layer: str) -> None:
        _write(frame, self.path, layer, self.notice)

    def level(self, level: Level, name: str, made: list[Table]) -> None:
        """Write the layers of one level."""
        held = {table.kind: table for table in made}
        self.zone_table(level, held["zones"])
        if level.lisa:
            layer = text("table_lisa", self.lang, level=name)
            frame, labels = self.clusters(level)
            self.write(frame, layer)
            self.styles += layer_styles.lisa_styles(
                layer, level, self.result, labels=labels, lang=self.lang
            )
        if level.local:
            layer = text("table_local", self.lang, level=name)
            frame, labels = self.local(level)
            self.write(frame, layer)
            self.styles += layer_styles.local_styles(
                layer, level, self.result, labels=labels, lang=self.lang
            )
        for kind in ZONE_TABLES[1:]:
            if kind in held:
                self.zone_table(level, held[kind])

    def zone_table(self, level: Level, table: Table) -> None:
        """Write a table of zones as a layer, with its styles."""
        frame = _base(level, self.lang)
        for column in table.columns[2:]:
            words = any(isinstance(cell, str) for cell in column.cells)
            frame[column.name] = list(column.cells) if words else floats(column.cells)
        if table.kind == "regions":
            frame["region"] = frame["region"].astype("Int64")
        self.write(frame, table.name)
        labels = {column.name: column.label for column in table.columns}
        how: dict[str, Any] = {"labels": labels, "lang": self.lang}
        if table.kind == "zones":
            self.styles += layer_styles.value_styles(table.name, table.columns, **how)
        elif table.kind == "rates":
            self.styles += layer_styles.rate_styles(table, **how)
        elif table.kind == "projection":
            self.styles += layer_styles.projection_styles(table, **how)
        elif table.kind == "residuals":
            self.styles += layer_styles.residual_styles(table, **how)
        else:
            self.styles += layer_styles.region_styles(table.name, level, **how)

    def clusters(self, level: Level) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
        """Return local Moran's classes and numbers by zone, and what the fields are called."""
        frame, labels = _base(level, self.lang), self.base_labels()
        for name, lisa in level.lisa.items():
            label = label_of(self.result, name, self.lang)
            self.classes(frame, labels, lisa_frame(level, lisa), (f"lisa_{name}", label), _NUMBERS)
        return frame, labels

    def local(self, level: Level) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
        """Return the classes and numbers of further local statistics by zone."""
        frame, labels = _base(level, self.lang), self.base_labels()
        for one in level.local:
            key = local_field(one.statistic, one.indicator)
            statistic = named(f"statistic_{one.statistic}", self.lang, one.statistic)
            label = f"{statistic}: {both(self.result, one.indicator, self.lang)}"
            self.classes(frame, labels, lisa_frame(level, one), (key, label), _LOCAL_NUMBERS)
        return frame, labels

    def classes(
        self,
        frame: gpd.GeoDataFrame,
        labels: dict[str, str],
        found: pd.DataFrame,
        called: tuple[str, str],
        numbers: dict[str, str],
    ) -> None:
        """Add one statistic's class and numbers to a layer; ``called``: field and label."""
        key, label = called
        frame[key] = found["cluster"].to_list()
        labels[key] = f"{text('table_cluster', self.lang)}: {label}"
        for name, said in numbers.items():
            field = f"{name}_{key.removeprefix('lisa_')}"
            frame[field] = floats(shown(found[name]))
            labels[field] = f"{text(said, self.lang)}: {label}"

    def base_labels(self) -> dict[str, str]:
        return {key: text(f"table_{key}", self.lang) for key in ("zone_id", "name")}

    def plain(self, table: Table) -> None:
        """Write a table without geometry, its columns called by their labels."""
        import pandas as pd

        frame = pd.DataFrame({column.label: list(column.cells) for column in table.columns})
        self.write(frame, table.name)

    def flow_lines(self) -> None:
        """Write flows whose two places have positions as lines."""
        for number, flows in enumerate(self.result.flows, start=1):
            kind = text(f"table_flows_{flows.kind}", self.lang)
            kind += str(number) if len(self.result.flows) > 1 else ""
            lines = _lines(flows, self.result)
            if lines is not None:
                layer = text("table_flow_lines", self.lang, kind=kind)
                self.write(lines, layer)
                self.styles += layer_styles.flow_styles(layer, lines["persons"], lang=self.lang)


def _lines(flows: Flows, result: Result) -> gpd.GeoDataFrame | None:
    """Return a line from origin to destination for each pair; None where there are none."""
    import geopandas as gpd
    import shapely

    points = flows.points
    if points is None:
        return None
    pairs = flows.pairs.groupby(["origin", "destination"], as_index=False)["persons"].sum()
    pairs = pairs[pairs["origin"].isin(points.index) & pairs["destination"].isin(points.index)]
    if pairs.empty:
        return None
    ends = [points.loc[pairs[key], ["x", "y"]].to_numpy() for key in ("origin", "destination")]
    lines = [shapely.LineString([a, b]) for a, b in zip(*ends, strict=True)]
    pairs["persons"] = floats(shown(pairs["persons"]))
    return gpd.GeoDataFrame(pairs, geometry=lines, crs=result.levels[0].zones.frame.crs)


@contextmanager
def gdal_settings() -> Iterator[None]:
    """Let GDAL write one fixed date instead of the present, and not wait for the disk.

    A file is moved to its place when whole: it need not be safe after each of its layers.
    """
    import pyogrio

    wanted = {"OGR_CURRENT_DATE": _DATE, "OGR_SQLITE_SYNCHRONOUS": "OFF"}
    before = {name: pyogrio.get_gdal_config_option(name) for name in wanted}
    pyogrio.set_gdal_config_options(wanted)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def _write(frame: pd.DataFrame, path: Path, layer: str, notice: str) -> None:
    import pyogrio

    pyogrio.write_dataframe(
        frame,
        path,
        layer=layer,
        driver="GPKG",
        append=path.exists(),
        promote_to_multi=True,
        dataset_options={"VERSION": VERSION},
        layer_options={"DESCRIPTION": notice, "IDENTIFIER": layer},
        dataset_metadata={"NOTICE": notice},
        layer_metadata={"NOTICE": notice},
    )


def _base(level: Level, lang: Language) -> gpd.GeoDataFrame:
    import geopandas as gpd

    zones = level.zones.frame
    return gpd.GeoDataFrame(
        {
            "zone_id": [str(key) for key in zones.index],
            "name": list(map(str, level.zones.named(lang))),
        },
        geometry=zones.geometry.to_numpy(),
        crs=zones.crs,
    )


def _add_styles(path: Path, styles: list[Style]) -> None:
    """Add the styles, and register their table as QGIS does."""
    with closing(sqlite3.connect(path)) as base, base:
        base.execute(_LAYER_STYLES)
        base.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
            " f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner,"
            " update_time) VALUES ('', '', ?, 'geom', ?, ?, '', ?, '', '', ?)",
            [(one.layer, one.name, one.qml, one.default, _DATE) for one in styles],
        )
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description,"
            " last_change) VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
            (_DATE,),
        )
