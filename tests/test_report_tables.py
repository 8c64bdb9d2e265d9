"""Tables of a report: the same numbers as CSV, workbook and GeoPackage; notices; inert text."""

import csv
import hashlib
import io
import json
import sqlite3
import zipfile
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
from in_qgis import looked_at
from results import full_result
from toys import IDS, toy_result

from tsukuba_gis.classes import LISA_COLOURS, indicator_classes, local_classes
from tsukuba_gis.report.columns import SYMBOLS, shown
from tsukuba_gis.report.geopackage import write_geopackage
from tsukuba_gis.report.styles import categorised, graduated
from tsukuba_gis.report.tables import tables
from tsukuba_gis.report.text_files import (
    inert,
    run_record,
    write_csv,
    write_read_me,
    write_run_record,
)
from tsukuba_gis.report.workbook import write_workbook
from tsukuba_gis.result import LISA_CLASSES

# openpyxl does not know the extension that makes Excel's data bars begin at 0.
pytestmark = pytest.mark.filterwarnings("ignore:.*xtension is not supported:UserWarning")

NOTICE = {
    "ja": "疑似データのため結果は現状に沿っていません",
    "en": "Pseudo data: results do not reflect reality",
}
NASTY = [
    '=cmd|"/c calc"!A1', "+1+1", "-2+3", "@SUM(A1)", "<script>alert(1)</script>", 'a"b,c', "\tx",
    "＝1+1", "ふつう",
]  # fmt: skip
ZONES = {"ja": "地区別_中学校区", "en": "By zone_School districts"}


def one_table(result, kind, lang="ja"):
    return next(table for table in tables(result, lang) if table.kind == kind)


def cells(table, name):
    return next(list(column.cells) for column in table.columns if column.name == name)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Everything, once, in Japanese."""
    folder = tmp_path_factory.mktemp("out")
    result = toy_result()
    write_csv(result, folder / "csv")
    write_workbook(result, folder / "a.xlsx")
    write_geopackage(result, folder / "a.gpkg")
    return folder


def read_csv(path):
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


# ---- tables -----------------------------------------------------------------


def test_zone_table_by_hand():
    table = one_table(toy_result(), "zones")
    assert [column.header("ja", percent=True) for column in table.columns] == [
        "区域コード", "区域名", "高齢化率(65歳以上)[%]", "人口[人]", "65歳以上/10歳以下比[比]",
        "記号: 高齢化率(65歳以上)", "記号: 65歳以上/10歳以下比",
    ]  # fmt: skip
    assert table.columns[2].header("ja", percent=False) == "高齢化率(65歳以上)[0～1の割合]"
    assert table.rows[0] == ("a1", "a1区", 0.1, 126.0, 0.5, "", "")
    assert table.rows[4] == ("b2", "b2区", 0.3, 294.0, None, "", "-")
    assert table.rows[6] == ("a3", "a3区", None, 378.0, 3.5, "x", "")


def test_english_tables_have_english_names():
    result = full_result(6)
    names = result.levels[0].zones.frame
    for lang, column in (("ja", "name"), ("en", "name_en")):
        held = next(one for one in tables(result, lang) if one.kind == "zones")
        assert list(held.columns[1].cells) == list(names[column])


def test_age_table_by_hand():
    result = toy_result()
    table = one_table(result, "ages")
    assert [column.label for column in table.columns[:5]] == [
        "区域コード", "区域名", "性別", "0～4歳", "5～9歳",
    ]  # fmt: skip
    assert table.columns[-1].label == "100歳以上"
    population = result.levels[0].population
    assert len(table.rows) == 18
    assert table.rows[2][:5] == ("b1", "b1区", "女", 1.0, 2.0)
    assert list(table.rows[5][3:]) == list(population.loc["c1", "male"])


def test_lisa_table_says_classes_in_words():
    table = one_table(toy_result(), "lisa")
    assert cells(table, "zone_id") == IDS
    assert cells(table, "cluster")[0] == "LL"
    assert cells(table, "meaning")[0] == "低い地区のかたまり (LL)"
    assert cells(table, "i")[8] == pytest.approx(1.125)
    assert cells(table, "p")[6] is None


def test_definitions_hold_every_indicator_its_unit_and_the_city():
    result = toy_result()
    table = one_table(result, "definitions", "en")
    assert cells(table, "key") == [one.name for one in result.indicators]
    assert cells(table, "unit") == ["share 0–1", "persons", "ratio"]
    assert cells(table, "definition")[0] == "persons 65+ / persons of known age"
    assert cells(table, "total_0") == [0.3, 2700.0, 2.5]


def test_matching_and_problems():
    table = one_table(toy_result(), "matching")
    assert table.rows[0] == ("中学校区", "toy", "位置", 2710.0, 2700.0, 3.0, 4.0, 1.0, 5.0)
    problems = one_table(toy_result(), "problems", "en")
    assert problems.rows[0][:4] == ("Warning", "toy.csv", 3, "年齢")
    assert "no such file" in problems.rows[0][4]


def test_no_table_without_rows_and_two_levels_of_a_kind_keep_apart():
    result = toy_result()
    level = replace(result.levels[0], moran={}, lisa={})
    twice = replace(result, levels=(level, level), problems=())
    names = [table.name for table in tables(twice)]
    assert names == [
        "地区別_中学校区", "地区別_中学校区2", "年齢別_中学校区", "年齢別_中学校区2",
        "指標の一覧", "結合結果", "項目説明",
    ]  # fmt: skip


def test_numbers_have_seven_figures():
    assert shown([1 / 3, 12_345_678.9, np.nan, np.inf, -0.0]) == [
        0.3333333, 12345680.0, None, None, 0.0,
    ]  # fmt: skip


# ---- the same numbers everywhere ---------------------------------------------


@pytest.mark.parametrize("kind", ["zones", "ages", "moran", "lisa", "definitions", "matching"])
def test_workbook_and_csv_hold_the_same(written, kind):
    table = one_table(toy_result(), kind)
    sheet = openpyxl.load_workbook(written / "a.xlsx")[table.name]
    rows = read_csv(written / "csv" / f"{table.name}.csv")
    assert len(rows) == sheet.max_row == len(table.rows) + 1
    for number, row in enumerate(table.rows, start=1):
        in_book = [cell.value for cell in sheet[number + 1]][: len(row)]
        assert [value if value is not None else "" for value in in_book] == [
            value if value is not None else "" for value in row
        ]
        in_csv = rows[number]
        assert len(in_csv) == len(row) + 1
        for cell, value in zip(in_csv, row, strict=False):
            assert (float(cell) == value) if isinstance(value, float) else (cell == (value or ""))


def test_geopackage_holds_the_same(written):
    result = toy_result()
    level = result.levels[0]
    frame = pyogrio.read_dataframe(written / "a.gpkg", layer="地区別_中学校区")
    assert frame.crs == level.zones.frame.crs
    assert frame["zone_id"].to_list() == IDS
    table = one_table(result, "zones")
    for column in table.columns[1:]:
        found = frame[column.name].astype(object).where(frame[column.name].notna(), None)
        assert found.to_list() == list(column.cells), column.name
    assert frame.geometry.geom_equals(level.zones.frame.geometry.reset_index(drop=True)).all()
    lisa = pyogrio.read_dataframe(written / "a.gpkg", layer="局所モラン_中学校区")
    long = one_table(result, "lisa")
    assert lisa["lisa_share_65plus"].to_list() == cells(long, "cluster")
    p = [None if np.isnan(value) else value for value in lisa["p_fdr_share_65plus"]]
    assert p == cells(long, "p_fdr")
    definitions = pyogrio.read_dataframe(written / "a.gpkg", layer="指標の一覧")
    assert definitions["計算のしかた"][0] == "65歳以上の人 ÷ 年齢のわかる人"


def test_masked_values_are_blank_with_their_symbol(written):
    book = openpyxl.load_workbook(written / "a.xlsx")
    rows = list(book["地区別_中学校区"].values)
    assert rows[7][2] is None
    assert rows[7][5] == SYMBOLS["small"] == "x"
    assert rows[5][6] == SYMBOLS["zero"] == "-"
    cover = "\n".join(str(cell) for row in book["はじめに"].values for cell in row if cell)
    assert "秘匿:10未満にもとづくため表示しない" in cover


# ---- notices ------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_notice_stands_everywhere(tmp_path, lang):
    result = toy_result(lang=lang)
    files = write_csv(result, tmp_path / "csv")
    assert len(files) == 11
    for path in files:
        raw = path.read_bytes()
        assert raw.startswith(b"\xef\xbb\xbf")
        assert raw.count(b"\r\n") == raw.count(b"\n")
        first = raw.decode("utf-8-sig").split("\r\n")[0]
        assert NOTICE[lang] in first
        assert " " not in path.name
    write_workbook(result, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    for sheet in book:
        assert NOTICE[lang] in sheet.oddHeader.center.text, sheet.title
    assert NOTICE[lang] in [row[0] for row in book.worksheets[0].values]
    write_geopackage(result, tmp_path / "a.gpkg")
    with sqlite3.connect(tmp_path / "a.gpkg") as base:
        contents = base.execute(
            "SELECT table_name, description FROM gpkg_contents WHERE table_name != 'layer_styles'"
        ).fetchall()
        metadata = base.execute("SELECT metadata FROM gpkg_metadata").fetchall()
    base.close()
    assert len(contents) == 11
    assert all(NOTICE[lang] in description for _, description in contents)
    assert any(NOTICE[lang] in text for (text,) in metadata)
    write_run_record(result, tmp_path / "run.json")
    assert NOTICE[lang] in (tmp_path / "run.json").read_text(encoding="utf-8")
    write_read_me(result, tmp_path / "read.txt", {"xlsx": "a.xlsx"})
    text = (tmp_path / "read.txt").read_bytes().decode("utf-8-sig")
    assert NOTICE[lang] in text
    assert "a.xlsx" in text


# ---- inert ----------------------------------------------------------------------


def test_formulas_are_inert_in_the_workbook(tmp_path):
    write_workbook(toy_result(NASTY), tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        assert not any(b"<f>" in archive.read(name) for name in sheets)
        assert not any(b"<hyperlink" in archive.read(name) for name in sheets)
    names = [
        row[1] for row in openpyxl.load_workbook(tmp_path / "a.xlsx")["地区別_中学校区"].values
    ]
    assert names[1:] == NASTY


def test_formulas_are_inert_in_csv(tmp_path):
    write_csv(toy_result(NASTY), tmp_path)
    rows = read_csv(tmp_path / "地区別_中学校区.csv")
    names = [row[1] for row in rows[1:]]
    assert names == [
        *(f"'{name}" for name in NASTY[:4]), *NASTY[4:6], "'\tx", "'＝1+1", "ふつう",
    ]  # fmt: skip


def test_negative_numbers_and_lone_signs_stay_as_they_are(written):
    rows = read_csv(written / "csv" / "局所モラン_中学校区.csv")
    assert "-1.5" in [row[6] for row in rows]
    assert inert("-") == "-"


def test_names_are_escaped_in_styles(tmp_path):
    write_geopackage(toy_result(NASTY), tmp_path / "a.gpkg")
    names = pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="地区別_中学校区")["name"]
    assert names.to_list() == NASTY


# ---- workbook -------------------------------------------------------------------


def test_sheets_and_how_they_print(written):
    book = openpyxl.load_workbook(written / "a.xlsx")
    assert book.sheetnames == [
        "はじめに", "地区別_中学校区", "地区別_町丁・字", "図", "年齢別_中学校区",
        "年齢別_町丁・字", "モラン", "局所モラン_中学校区", "局所モラン_町丁・字", "指標の一覧",
        "結合結果", "入力の問題", "項目説明", "図の値_ピラミッド", "図の値_順位", "実行記録",
    ]  # fmt: skip
    sheet = book["地区別_中学校区"]
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == "A1:G10"
    assert sheet.print_title_rows == "$1:$1"
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    assert sheet["A2"].data_type == "s"
    assert sheet["C2"].number_format == "0.0%"
    assert sheet["D2"].number_format == "#,##0"
    assert not sheet.merged_cells.ranges
    listed = [row[0] for row in book["はじめに"].values if row[1]]
    assert set(book.sheetnames) - {"はじめに"} <= set(listed)


def test_charts_stand_on_their_own_sheet(written):
    book = openpyxl.load_workbook(written / "a.xlsx")
    with_charts = [sheet.title for sheet in book if sheet._charts]
    assert with_charts == ["図"]
    assert len(book["図"]._charts) == 3  # pyramid, ranking, scatter: nothing is projected here
    assert list(book["図"].values) == []
    rows = list(book["図の値_ピラミッド"].values)
    population = toy_result().levels[0].population.sum()
    assert rows[1] == ("0～4歳", -population["male", 0], population["female", 0])


def test_a_withheld_cell_is_not_given_away_by_the_city_total(tmp_path):
    result = toy_result()
    hidden = result.levels[0].population.copy()
    hidden.loc["a1", ("male", 5)] = np.nan
    level = replace(result.levels[0], population=hidden)
    write_workbook(replace(result, levels=(level,)), tmp_path / "a.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "a.xlsx")["図の値_ピラミッド"].values)
    assert rows[2][1] is None
    assert rows[2][2] is not None


def test_cells_have_the_colours_of_the_map(written):
    result = toy_result()
    sheet = openpyxl.load_workbook(written / "a.xlsx")["地区別_中学校区"]
    rules = {str(area.sqref): list(area.rules) for area in sheet.conditional_formatting}
    assert rules["D2:D10"][0].type == "dataBar"
    classes = indicator_classes(result.levels[0].values["share_65plus"], result.indicators[0])
    blank, *steps = sorted(rules["C2:C10"], key=lambda rule: rule.priority)
    assert (blank.type, blank.stopIfTrue) == ("containsBlanks", True)
    found = [(float(rule.formula[0]), rule.dxf.fill.bgColor.rgb[2:].lower()) for rule in steps]
    assert found == [
        (low, colour[1:])
        for low, colour in reversed(list(zip(classes.edges, classes.colours, strict=False)))
    ]
    lisa = openpyxl.load_workbook(written / "a.xlsx")["局所モラン_中学校区"]
    assert lisa["D10"].value == "HH"
    assert lisa["D10"].fill.fgColor.rgb[2:].lower() == LISA_COLOURS["HH"][1:]


def test_long_sheet_names_are_cut_and_kept_apart(tmp_path):
    result = toy_result(lang="en")
    level = replace(
        result.levels[0], zones=replace(result.levels[0].zones, kind="elementary_district")
    )
    write_workbook(replace(result, levels=(level, level)), tmp_path / "a.xlsx")
    names = openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames
    assert len(set(names)) == len(names)
    assert max(len(name) for name in names) <= 31


# ---- GeoPackage -------------------------------------------------------------------


def test_styles_are_registered_and_one_a_layer_is_default(written):
    with sqlite3.connect(written / "a.gpkg") as base:
        (registered,) = base.execute(
            "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'"
        ).fetchone()
        styles = base.execute(
            "SELECT f_table_name, styleName, useAsDefault, styleQML FROM layer_styles"
        ).fetchall()
        (version,) = base.execute("PRAGMA user_version").fetchone()
    base.close()
    assert registered == "attributes"
    assert version in (10200, 10300)  # QGIS 3.22 warns of 1.4
    defaults = [layer for layer, _, default, _ in styles if default]
    assert sorted(defaults) == sorted(
        f"{table}_{level}"
        for table in ("地区別", "局所モラン")
        for level in ("中学校区", "町丁・字")
    )
    of_zones = [name for layer, name, _, _ in styles if layer == "地区別_中学校区"]
    assert of_zones == ["高齢化率(65歳以上)", "65歳以上/10歳以下比"]  # no choropleth of counts
    for *_, qml in styles:
        ET.fromstring(qml)


def test_graduated_style_by_hand():
    result = toy_result()
    one = result.indicators[0]
    classes = indicator_classes([0.1, 0.2, 0.3, 0.4, 0.5], one)
    qml = graduated(one, classes, lang="ja", missing=True, labels={"x": "横"}, name_zones=True)
    root = ET.fromstring(qml)
    ranges = root.findall(".//range")
    assert len(ranges) == len(root.findall(".//symbols/symbol")) == 6
    assert ranges[0].get("upper") == "0.5"
    assert ranges[0].get("label").endswith("50.0%")
    assert ranges[-1].get("label") == "表示しない区域"
    assert root.find("renderer-v2").get("attr").startswith("coalesce")
    assert root.find(".//alias").get("name") == "横"
    assert root.find(".//text-style").get("fieldName") == "name"
    plain = graduated(one, classes, lang="ja", missing=False, labels={}, name_zones=False)
    assert ET.fromstring(plain).find("renderer-v2").get("attr") == "share_65plus"


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_categorised_style_pairs_class_colour_and_words(lang):
    entries = local_classes("local_moran", lang=lang)
    root = ET.fromstring(categorised("lisa_x", entries, labels={}, name_zones=False))
    categories = {one.get("value"): one for one in root.findall(".//category")}
    assert list(categories) == list(LISA_CLASSES)
    symbols = {one.get("name"): one for one in root.findall(".//symbols/symbol")}
    for name, category in categories.items():
        symbol = symbols[category.get("symbol")]
        colour = symbol.find("layer/Option/Option[@name='color']").get("value")
        wanted = LISA_COLOURS[name]
        assert colour.startswith(",".join(str(int(wanted[k : k + 2], 16)) for k in (1, 3, 5)))
        assert (len(symbol.findall("layer")) == 2) == (name == "missing")  # hatched
        assert category.get("label")


@pytest.mark.qgis
def test_qgis_opens_it_already_styled(written):
    """In QGIS itself: every zone gets the colour of its class, the legend is in Japanese."""
    layers = ["地区別_中学校区", "局所モラン_中学校区"]
    found = looked_at(written / "a.gpkg", layers)
    values, clusters = (found[layer] for layer in layers)
    assert values["renderer"] == "QgsGraduatedSymbolRenderer"
    assert values["labels"]
    assert "高齢化率(65歳以上)" in values["aliases"]
    assert NOTICE["ja"] in values["abstract"]
    result = toy_result()
    level = result.levels[0]
    share = level.values["share_65plus"]
    classes = indicator_classes(share, result.indicators[0])
    for zone, value in share.items():
        if np.isnan(value):
            assert values["colours"][zone] == "#ffffff"
            continue
        place = max(k for k, low in enumerate(classes.edges[:-1]) if value >= low)
        assert values["colours"][zone] == classes.colours[place], (zone, value)
    assert clusters["renderer"] == "QgsCategorizedSymbolRenderer"
    assert clusters["legend"][0] == "高い地区のかたまり (HH)"
    for zone, name in level.lisa["share_65plus"].frame["cluster"].items():
        assert clusters["colours"][zone] == LISA_COLOURS[name]


# ---- run record, determinism ----------------------------------------------------------


def test_run_record_is_enough_to_make_it_again(tmp_path):
    result = toy_result()
    write_run_record(result, tmp_path / "run.json")
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert record == run_record(result)
    assert record["seed"] == 7
    assert record["inputs"] == {"toy.csv": "0" * 64}
    assert record["levels"][0]["matched"] == 2700
    assert record["levels"][0]["approximate"] is True


def test_the_same_result_gives_the_same_bytes(tmp_path):
    digests = []
    for name in ("one", "two"):
        folder = tmp_path / name
        write_csv(toy_result(), folder)
        write_workbook(toy_result(), folder / "a.xlsx")
        write_geopackage(toy_result(), folder / "a.gpkg")
        digests.append(
            {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        )
    assert digests[0] == digests[1]
    assert len(digests[0]) == 13


def test_writing_leaves_the_date_of_gdal_alone(tmp_path):
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    write_geopackage(toy_result(), tmp_path / "a.gpkg")
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") == before


def test_the_result_is_not_changed():
    result = toy_result()
    before = result.levels[0].values.copy()
    tables(result)
    pd.testing.assert_frame_equal(result.levels[0].values, before)
