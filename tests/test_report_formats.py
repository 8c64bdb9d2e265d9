"""One result feeds every format: each value of each table, in workbook, CSV and GeoPackage.

Then the workbook against the official rules (総務省「統計表における機械判読可能なデータの表記方法の
統一ルール」, 2020), in LibreOffice, and the GeoPackage in QGIS.
"""

import csv
import io
import re
import shutil
import sqlite3
import subprocess
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
from in_qgis import looked_at
from results import full_result

from tsukuba_gis.classes import local_classes, region_colour
from tsukuba_gis.messages import text
from tsukuba_gis.report.columns import SYMBOLS, ZONE_TABLES
from tsukuba_gis.report.geopackage import write_geopackage
from tsukuba_gis.report.tables import tables
from tsukuba_gis.report.text_files import write_csv
from tsukuba_gis.report.workbook import write_workbook

# openpyxl does not know the extension that makes Excel's data bars begin at 0.
pytestmark = pytest.mark.filterwarnings("ignore:.*xtension is not supported:UserWarning")

RESULT = full_result(24, districts=8)
TABLES = {table.name: table for table in tables(RESULT)}
NOTICE = RESULT.notices["ja"][0]
# Every kind of table that a result can fill; a new one must be added to the fixture.
KINDS = {
    "zones", "ages", "moran", "associations", "lisa", "local", "correlations", "coefficients",
    "diagnostics", "impacts", "residuals", "age_curve", "age_zones", "ratios",
    "rates", "rate_totals", "regions", "region_profile", "region_method", "projection",
    "projection_ages", "projection_city", "backtest", "pairs", "places", "economy",
    "definitions", "matching", "dictionary", "readings",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("formats")
    write_csv(RESULT, folder / "csv")
    write_workbook(RESULT, folder / "a.xlsx")
    write_geopackage(RESULT, folder / "a.gpkg")
    return folder


@pytest.fixture(scope="module")
def book(folder):
    return openpyxl.load_workbook(folder / "a.xlsx")


def test_the_result_fills_every_table():
    assert {table.kind for table in TABLES.values()} == KINDS


def same(found, wanted):
    """Compare a cell as read with the cell of the table: numbers to the last bit, text exactly."""
    if wanted is None or wanted == "":
        return found is None or found == "" or (isinstance(found, float) and np.isnan(found))
    if isinstance(wanted, str):
        return found == wanted
    return float(found) == float(wanted)


def sheet_rows(book, name):
    return [list(row) for row in book[name[:31]].iter_rows(values_only=True)]


@pytest.mark.parametrize("name", TABLES)
def test_workbook_and_csv_hold_every_value(name, folder, book):
    table = TABLES[name]
    rows = sheet_rows(book, name)
    text = (folder / "csv" / f"{name}.csv").read_bytes().decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == len(lines) == len(table.rows) + 1
    for wanted, in_book, in_csv in zip(table.rows, rows[1:], lines[1:], strict=True):
        assert all(map(same, in_book, wanted))
        assert all(map(same, in_csv[:-1], wanted))
        assert in_csv[-1] == ""
    assert [cell.header("ja", percent=True) for cell in table.columns] == rows[0]
    assert lines[0][-1].startswith(f"※{NOTICE} ")


@pytest.mark.parametrize("name", TABLES)
def test_geopackage_holds_every_value(name, folder):
    table = TABLES[name]
    frame = pyogrio.read_dataframe(folder / "a.gpkg", layer=name)
    if table.kind in ("lisa", "local"):
        check_classes(table, frame)
        return
    layer = table.kind in ZONE_TABLES
    assert ("geometry" in frame) == layer
    for column in table.columns:
        cells = frame[column.name if layer else column.label]
        assert all(map(same, cells, column.cells)), column.name


def check_classes(table, frame):
    """The table has a row a zone and statistic, the layer a column a statistic."""
    held = {column.name: column.cells for column in table.columns}
    zones = len(frame)
    classes = [name for name in frame if not name.startswith(("i_", "z_", "p_", "value_"))][2:-1]
    assert len(classes) * zones == len(held["cluster"])
    for place, name in enumerate(classes):
        part = slice(place * zones, (place + 1) * zones)
        assert list(frame[name]) == list(held["cluster"][part])
        suffix = name.removeprefix("lisa_")
        for key in ("p", "p_fdr"):
            assert all(map(same, frame[f"{key}_{suffix}"], held[key][part]))
        value = ("i", "i") if name.startswith("lisa_") else ("value", "statistic_value")
        assert all(map(same, frame[f"{value[0]}_{suffix}"], held[value[1]][part]))


def test_numbers_are_those_of_the_result():
    """By another way than the tables: straight from the frames of the result."""
    level = RESULT.levels[1]
    held = {table.kind: table for table in TABLES.values() if table.level == 1}
    cells = {kind: {one.name: one.cells for one in held[kind].columns} for kind in held}
    rate = level.rates[0].frame
    assert cells["rates"]["r1_value"] == pytest.approx(list(rate["value"]), rel=1e-6)
    assert cells["rates"]["r1_observed"] == list(rate["observed"])
    total = level.projection.population[2045].sum(axis=1, skipna=False)
    shown = pd.Series(cells["projection"]["total_2045"], dtype=float).to_numpy()
    assert shown == pytest.approx(total.to_numpy(), rel=1e-6, nan_ok=True)
    base = level.projection.population[2020].sum(axis=1, skipna=False)
    change = pd.Series(cells["projection"]["change_2045"], dtype=float).to_numpy()
    assert change == pytest.approx((total / base - 1).to_numpy(), rel=1e-5, nan_ok=True)
    assert np.isnan(change[1])
    assert cells["projection"]["symbol"][1] == SYMBOLS["small"]
    assert cells["regions"]["region"] == list(level.regions.labels)
    residual = level.regressions[0].frame["residual_std"]
    shown = pd.Series(cells["residuals"]["m1_residual_std"], dtype=float).to_numpy()
    assert shown == pytest.approx(residual.to_numpy(), rel=1e-5, nan_ok=True)


def test_every_column_of_every_table_is_explained():
    rows = TABLES["項目説明"].rows
    explained = {(row[0], row[1]) for row in rows}
    for table in TABLES.values():
        if table.kind != "dictionary":
            assert {(table.name, column.label) for column in table.columns} <= explained
    assert all(all(cell for cell in row) for row in rows)  # unit, formula and source, always
    density = next(row for row in rows if row[2] == "density")
    assert density[3] == "人/km2"


# ---- the official rules ---------------------------------------------------------------


def data_sheets(book):
    """Sheets that hold a table: all but the cover, the charts and the run record."""
    return [sheet for sheet in book if sheet.title not in ("はじめに", "図", "実行記録")]


def test_rule_1_2_and_1_4_one_datum_a_cell_and_nothing_merged(book):
    for sheet in book:
        assert not sheet.merged_cells.ranges
    for sheet in data_sheets(book):
        for row in sheet.iter_rows(values_only=True):
            assert all(not isinstance(cell, str) or "\n" not in cell for cell in row)


def test_rule_1_3_and_1_13_numbers_are_numbers_and_symbols_stand_apart(book):
    """A column holds numbers only, or text only; a symbol never stands among numbers."""
    for sheet in data_sheets(book):
        for column in sheet.iter_cols(min_row=2):
            kinds = {cell.data_type for cell in column if cell.value is not None}
            assert len(kinds) <= 1, (sheet.title, column[0].coordinate, kinds)


def test_rule_1_5_no_layout_by_spaces(book):
    for sheet in data_sheets(book):
        for row in sheet.iter_rows(values_only=True):
            for cell in row:
                if isinstance(cell, str):
                    assert cell == cell.strip(" \u3000")
                    assert "  " not in cell


def test_rule_1_6_no_heading_is_left_out_and_2_1_no_row_is(book):
    for sheet in data_sheets(book):
        rows = list(sheet.iter_rows(values_only=True))
        assert all(rows[0]), sheet.title
        assert len(set(rows[0])) == len(rows[0]), sheet.title
        assert all(any(cell is not None for cell in row) for row in rows)


def test_rule_1_7_no_formulas(folder, book):
    for sheet in book:
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    with zipfile.ZipFile(folder / "a.xlsx") as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        assert not any(b"<f>" in archive.read(name) for name in names)


def test_rule_1_8_objects_stand_apart(book):
    for sheet in book:
        assert not sheet._images
        assert bool(sheet._charts) == (sheet.title == "図")
    assert len(book["図"]._charts) == 5
    assert list(book["図"].values) == []


def test_rule_1_9_units_are_named(book):
    """A column of numbers of persons, shares, densities … has its unit in the heading."""
    for sheet in data_sheets(book):
        table = TABLES.get(sheet.title)
        for place, column in enumerate(table.columns if table else ()):
            if column.indicator is not None or column.unit:
                assert re.search(r"\[.+\]$", sheet.cell(1, place + 1).value)
    ages = [cell.value for cell in book["年齢別_中学校区"][1]]
    assert ages[3] == "0～4歳[人]"


def in_jis(sign):
    """Whether a sign is in JIS X 0208 (rows 9–15 and those from 85 on are vendors' own)."""
    try:
        code = sign.encode("cp932")
    except UnicodeEncodeError:
        return False
    return len(code) == 1 or not (0x85 <= code[0] <= 0x87 or code[0] >= 0xED)


def test_rule_1_10_no_signs_of_single_machines(book):
    assert not in_jis("²")
    assert not in_jis("㎡")
    for sheet in data_sheets(book):
        for row in sheet.iter_rows(values_only=True):
            signs = {sign for cell in row if isinstance(cell, str) for sign in cell}
            assert not [sign for sign in signs if not in_jis(sign)], sheet.title


def test_rule_1_11_years_are_western(book):
    years = [
        row[0] for row in book["将来人口_合計_中学校区"].iter_rows(min_row=2, values_only=True)
    ]
    assert years == [2020, 2025, 2030, 2035, 2040, 2045]
    for sheet in data_sheets(book):
        for heading in next(sheet.iter_rows(max_row=1, values_only=True)):
            assert not re.search(r"(昭和|平成|令和|[SHR])\d+年", heading)


def test_rule_1_12_areas_have_code_and_name(book):
    by_zone = [table for table in TABLES.values() if table.level is not None]
    for table in by_zone:
        heads = [column.name for column in table.columns]
        assert {"zone_id", "name"} <= set(heads)
        cell = book[table.name].cell(2, heads.index("zone_id") + 1)
        assert cell.data_type == "s"  # the zeros in front stay
        assert cell.value.startswith("08220")


def test_rule_2_2_one_table_a_sheet(book):
    """A blank row or column would part two tables."""
    for sheet in data_sheets(book):
        width = len([cell for cell in next(sheet.iter_rows(max_row=1, values_only=True)) if cell])
        assert sheet.max_column == width, sheet.title


def test_every_sheet_is_told_on_the_cover(book):
    listed = {row[0] for row in book["はじめに"].values if row[1]}
    assert set(book.sheetnames) - {"はじめに"} <= listed


def test_charts_tell_notice_n_and_unit_in_their_title(folder):
    with zipfile.ZipFile(folder / "a.xlsx") as archive:
        held = [
            archive.read(name).decode()
            for name in archive.namelist()
            if name.startswith("xl/charts/chart")
        ]
    assert len(held) == 5
    assert all(NOTICE in xml for xml in held)
    assert any("推計した7区域の合計" in xml for xml in held)


OFFICE = shutil.which("soffice") or shutil.which("libreoffice")


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_the_workbook_and_reads_the_same(folder, tmp_path):
    done = subprocess.run(
        [OFFICE, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile",
         "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,"
         "false,2", "--outdir", str(tmp_path), str(folder / "a.xlsx")],
        capture_output=True, text=True, timeout=180, check=True,
    )  # fmt: skip
    assert "Error" not in done.stderr
    made = next(path for path in tmp_path.iterdir() if path.suffix == ".csv")
    lines = list(csv.reader(io.StringIO(made.read_text(encoding="utf-8"))))
    table = TABLES["地区別_中学校区"]
    assert lines[0] == [column.header("ja", percent=True) for column in table.columns]
    assert [line[0] for line in lines[1:]] == list(table.columns[0].cells)


# ---- QGIS ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def in_qgis(folder):
    lines = text("table_flow_lines", "ja", kind=text("table_flows_migration", "ja"))
    layers = [name for name, table in TABLES.items() if table.level is not None]
    return looked_at(folder / "a.gpkg", [*layers, lines])


@pytest.mark.qgis
def test_qgis_opens_every_layer_styled(in_qgis):
    for name, layer in in_qgis.items():
        assert layer["renderer"] in (
            "QgsGraduatedSymbolRenderer",
            "QgsCategorizedSymbolRenderer",
        ), name
        assert all(layer["colours"].values()), name  # each zone is drawn
        assert NOTICE in layer["abstract"]


@pytest.mark.qgis
def test_qgis_draws_regions_and_classes_in_their_colours(in_qgis):
    regions = RESULT.levels[0].regions.labels
    drawn = in_qgis["地域区分_中学校区"]
    assert drawn["legend"] == [f"地域{k}" for k in sorted(set(regions))]
    for zone, number in regions.items():
        assert drawn["colours"][zone] == region_colour(int(number))
    local = RESULT.levels[0].local[0]
    held = {one.name: one.colour for one in local_classes(local.statistic, lang="ja")}
    drawn = in_qgis["局所統計_中学校区"]["colours"]
    for zone, name in local.frame["cluster"].items():
        assert drawn[zone] == held[name]


@pytest.mark.qgis
def test_qgis_draws_more_persons_wider(in_qgis):
    layer = next(one for one in in_qgis.values() if one["widths"])
    widths = [width for _, width in sorted(layer["widths"])]
    assert widths == sorted(widths)
    assert 0 < widths[0] < widths[-1] == 3
    assert layer["aliases"][-1] == text("table_persons", "ja")
    assert len(layer["legend"]) == len(set(widths))


@pytest.mark.qgis
def test_qgis_hatches_a_zone_that_is_not_projected(in_qgis):
    layer = in_qgis["将来人口_町丁・字"]
    assert layer["legend"][-1] == "表示しない区域"
    assert layer["colours"]["08220000001"] == "#ffffff"


def test_years_of_a_projection_have_classes_in_common(folder):
    with sqlite3.connect(folder / "a.gpkg") as base:
        styles = base.execute(
            "SELECT styleName, useAsDefault, styleQML FROM layer_styles"
            " WHERE f_table_name = '将来人口_町丁・字'"
        ).fetchall()
    base.close()
    change = [(name, qml) for name, _, qml in styles if "増減率" in name]
    assert len(change) == 5
    edges = [re.findall(r'lower="([^"]+)" upper="([^"]+)"', qml) for _, qml in change]
    assert all(one == edges[0] for one in edges)
    assert [name for name, default, _ in styles if default] == ["2045年までの増減率"]
