from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from toys import toy_zones

from tsukuba_gis.errors import InputError
from tsukuba_gis.io import check, say_check

SHARED = Path(__file__).parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="real files are not here (shared/data beside the checkout)"
)


def facts(found):
    return dict(found.facts)


def write(folder, content, encoding="cp932"):
    path = folder / "住民.csv"
    path.write_bytes(content.encode(encoding))
    return path


def test_a_good_register_is_described(tmp_path):
    found = check(write(tmp_path, "※注\n年齢,性別,行政区,備考\n34,女,北区,x\n5,男,南区,y\n"))
    assert found.what == "records"
    assert facts(found) == {
        "encoding": "cp932", "header": 2, "rows": 2, "good": 2, "others": "備考",
    }  # fmt: skip
    assert dict(found.roles) == {"age": "年齢", "sex": "性別", "ward": "行政区"}
    assert found.problems == ()
    assert say_check(found, "ja").splitlines() == [
        "住民.csv: 個人の表",
        "  文字コード: cp932",
        "  見出し: 2 行目",
        "  データ: 2 行",
        "  うち使える行: 2",
        "  その他の列: 備考",
        "  age ← 列「年齢」",
        "  sex ← 列「性別」",
        "  ward ← 列「行政区」",
        "問題は見つかりませんでした。",
    ]


def test_all_faults_of_rows_are_told_at_once(tmp_path):
    found = check(write(tmp_path, "年齢,性別,行政区\n131,女,北区\n5,犬,南区\n6,男\n"))
    errors = {(p.row, p.key) for p in found.problems if p.severity == "error"}
    assert errors == {(2, "age_impossible"), (3, "value_unknown_code"), (4, "row_ragged")}
    assert facts(found)["good"] == 0
    shown = say_check(found, "en")
    assert 'error   住民.csv, row 2, "年齢"' in shown
    assert "犬" not in shown
    assert "131" not in shown


def test_a_missing_column_is_a_problem_and_the_rest_is_told(tmp_path):
    found = check(write(tmp_path, "性別,行政区\n女,北区\n"))
    assert dict(found.roles) == {"sex": "性別", "ward": "行政区"}
    assert [p.key for p in found.problems] == ["role_missing"]


def test_the_first_person_of_a_file_without_header_is_not_shown(tmp_path):
    found = check(write(tmp_path, "つくば花子,34,女\nつくば太郎,70,男\n"))
    assert "花子" not in say_check(found, "ja") + say_check(found, "en") + repr(found)
    assert [p.key for p in found.problems] == ["header_not_found"]


def test_birth_dates_need_no_day_to_be_checked(tmp_path):
    found = check(write(tmp_path, "生年月日,性別,行政区\nS60.4.1,女,北区\nS70.4.1,女,北区\n"))
    assert [(p.row, p.key) for p in found.problems] == [(3, "value_not_date")]


def test_points_and_plain_tables_are_looked_at_as_records(tmp_path):
    frame = gpd.GeoDataFrame(
        {"年齢": [3], "性別": ["女"]}, geometry=[shapely.Point(140.1, 36.1)], crs="EPSG:6668"
    )
    frame.to_file(tmp_path / "a.gpkg")
    frame.to_parquet(tmp_path / "a.parquet")
    pd.DataFrame({"age": [3], "sex": ["F"], "ward": ["N"]}).to_parquet(tmp_path / "b.parquet")
    for name in ("a.gpkg", "a.parquet", "b.parquet"):
        found = check(tmp_path / name)
        assert (found.what, facts(found)["rows"], found.problems) == ("records", 1, ())


def test_zones_are_counted_measured_and_looked_at_for_gaps(tmp_path):
    toy = toy_zones().frame.drop(index="b2")  # a hole in the middle of the city
    toy.reset_index().to_file(tmp_path / "toy.gpkg")
    found = check(tmp_path / "toy.gpkg")
    assert found.what == "zones"
    assert facts(found) == {
        "crs": "EPSG:6677", "polygons": 8, "count": 8, "area": "0.080", "gaps": 1,
        "gap_area": "0.010",
    }  # fmt: skip
    assert "gaps between zones: 1" in say_check(found, "en")


def test_zones_that_cannot_be_used_are_described_as_far_as_they_can(tmp_path):
    frame = gpd.GeoDataFrame(
        {"name": ["a"]}, geometry=[shapely.box(36.0, 140.1, 36.1, 140.2)], crs="EPSG:6668"
    )
    frame.to_file(tmp_path / "a.gpkg")
    found = check(tmp_path / "a.gpkg")
    assert facts(found) == {"crs": "EPSG:6668", "polygons": 1}
    assert [p.key for p in found.problems] == ["axes_swapped"]
    assert "latitude first" in say_check(found, "en")


def test_a_layer_of_lines_is_told(tmp_path):
    frame = gpd.GeoDataFrame(geometry=[shapely.LineString([(140, 36), (140, 37)])], crs=6668)
    frame.to_file(tmp_path / "a.geojson")
    assert [p.key for p in check(tmp_path / "a.geojson").problems] == ["layer_not_polygons"]


def test_a_file_that_cannot_be_opened_raises(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        check(tmp_path / "a.csv")


@needs_shared
def test_the_gaps_and_overlaps_of_the_school_districts_of_fukui():
    # Q38, Q39: two overlaps of 2.98 km² together, 33 km² of holes.
    found = check(SHARED / "ksj_samples" / "fukui_2016_no_shx" / "A27-16_18.shp")
    known = facts(found)
    assert known["encoding"] == "CP932"
    assert known["count"] == 167
    assert float(known["gap_area"]) == pytest.approx(33, abs=0.5)
    assert "国土数値情報 A27" in known["product"]
    assert dict(found.roles) == {"zone_id": "A27_005 + A27_007", "name": "A27_007"}
    assert [p.key for p in found.problems] == ["zones_overlap", "crs_by_product"]


@needs_shared
def test_the_districts_of_tsukuba_have_no_gap_and_no_overlap():
    found = check(SHARED / "tsukuba" / "tsukuba_elementary_districts_2021_named.geojson")
    assert (facts(found)["gaps"], facts(found)["area"], found.problems) == (0, "283.620", ())
