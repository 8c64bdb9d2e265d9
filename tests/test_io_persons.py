import shutil
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from tsukuba_gis.errors import CRSError, InputError
from tsukuba_gis.io import read_records
from tsukuba_gis.io.findings import FaultyRowsError, describe

SHARED = Path(__file__).parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="real files are not here (shared/data beside the checkout)"
)

TABLE = """住民番号,世帯番号,年齢,性別,行政区,要介護度,医療費,経度,緯度,備考
P1,H1,７２歳,男,北区,要介護３,"1,200,000円",140.10,36.08,あ
P2,H1,70,女,北区,非該当,0,140.10,36.08,い
P3,H2,５,F,南区,,12000,140.12,36.05,う
"""


def write(folder, content, *, name="住民.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(content.encode(encoding))
    return path


def read(path, **options):
    return read_records(path, kind="invented", **options)


def keys(problems, severity=None):
    return [p.key for p in problems if severity is None or p.severity == severity]


def test_a_register_becomes_records_by_role(tmp_path):
    records, problems = read(write(tmp_path, TABLE, encoding="cp932"))
    frame = records.frame
    assert records.kind == "invented"
    assert records.source == "住民.csv"
    assert list(frame.columns) == [
        "person_id", "household_id", "age", "sex", "care_level", "medical_cost", "ward", "lon",
        "lat", "備考",
    ]  # fmt: skip
    assert frame.index.tolist() == [2, 3, 4]
    assert frame.index.name == "row"
    assert frame["age"].tolist() == [72, 70, 5]
    assert frame["sex"].tolist() == ["male", "female", "female"]
    assert frame["care_level"].tolist()[:2] == ["care3", "none"]
    assert frame["care_level"].isna().tolist() == [False, False, True]
    assert frame["medical_cost"].tolist() == [1_200_000, 0, 12_000]
    assert frame["ward"].tolist() == ["北区", "北区", "南区"]
    assert frame[["lon", "lat"]].to_numpy().tolist() == [[140.10, 36.08]] * 2 + [[140.12, 36.05]]
    assert frame["備考"].tolist() == ["あ", "い", "う"]
    assert records.points.x.tolist() == [140.10, 140.10, 140.12]
    assert keys(problems, "error") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_every_encoding_gives_the_same_records(tmp_path, encoding):
    expected = read(write(tmp_path, TABLE))[0].frame
    found = read(write(tmp_path, TABLE, name="b.csv", encoding=encoding))[0].frame
    pd.testing.assert_frame_equal(found, expected)


def test_note_lines_and_blank_rows_count_as_rows_of_the_spreadsheet(tmp_path):
    records, problems = read(write(tmp_path, f"住民一覧\n※取扱注意\n\n{TABLE},,,,,,,,,\n"))
    assert records.frame.index.tolist() == [5, 6, 7]
    assert problems[-1].values == {"rows": 4, "kept": 3, "skipped": 0, "blank": 1}


# ---- columns -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("年れい,性別,行政区", "no column for age"),
        ("年齢,性別等,行政区", "no column for sex. Is it 性別等"),
        ("年齢,性別,住所", "no column says where a person lives"),
        ("年齢,性別,経度", "no column for lat"),
        ("年齢,満年齢,性別", r"several columns could be age \(年齢, 満年齢\)"),
        ("年齢,性別,性別", "several columns could be sex"),
    ],
)
def test_a_missing_or_ambiguous_column_is_named(tmp_path, header, message):
    with pytest.raises(InputError, match=message):
        read(write(tmp_path, f"{header}\n34,女,北区\n"))


def test_a_file_without_a_header_does_not_show_its_first_person(tmp_path):
    path = write(tmp_path, "つくば花子,34,女,流星台1-2-3\nつくば太郎,70,男,流星台9\n")
    with pytest.raises(InputError, match="no header row was found") as caught:
        read(path)
    for lang in ("ja", "en"):
        assert "花子" not in caught.value.say(lang)
        assert "流星台" not in caught.value.say(lang)


def test_roles_name_columns_that_are_called_otherwise(tmp_path):
    path = write(tmp_path, "a,b,c\n34,女,北区\n")
    records, _ = read(path, roles={"age": "a", "sex": "b", "ward": "c"})
    assert records.frame.iloc[0].tolist() == [34, "female", "北区"]


def test_a_column_called_like_a_role_that_another_column_has_is_kept_beside_it(tmp_path):
    path = write(tmp_path, "age,a,sex,ward\n1,34,女,北区\n")
    frame = read(path, roles={"age": "a"})[0].frame
    assert frame["age"].tolist() == [34]
    assert frame["age [2]"].tolist() == ["1"]


def test_my_number_is_left_out_and_said(tmp_path):
    path = write(tmp_path, "個人番号,年齢,性別,行政区\n123456789012,34,女,北区\n")
    records, problems = read(path)
    assert "個人番号" not in records.frame.columns
    assert [p.column for p in problems if p.key == "my_number"] == ["個人番号"]


# ---- values ------------------------------------------------------------------

FAULTY = """年齢,性別,行政区
34,女,北区
131,女,北区
花子,男,南区
40,犬,南区
５０,男,南区
"""


def test_faulty_rows_stop_and_are_all_told_with_row_column_cause_and_remedy(tmp_path):
    with pytest.raises(FaultyRowsError, match="3 rows cannot be used \\(2 can\\)") as caught:
        read(write(tmp_path, FAULTY))
    english, japanese = caught.value.say("en"), caught.value.say("ja")
    assert '住民.csv, row 3, "年齢": an impossible age' in english
    assert '住民.csv, row 4, "年齢": this is not a number. Write digits only.' in english
    assert '住民.csv, row 5, "性別": the word is not known.' in english
    assert "住民.csv 3行目「年齢」: ありえない年齢です" in japanese
    assert len(english.splitlines()) == 4
    for value in ("花子", "犬", "131"):
        assert value not in english + japanese


def test_faulty_rows_are_left_out_only_when_asked_and_the_counts_add_up(tmp_path):
    records, problems = read(write(tmp_path, FAULTY), on_error="skip")
    assert records.frame.index.tolist() == [2, 6]
    assert records.frame["age"].tolist() == [34, 50]
    assert problems[-1].values == {"rows": 5, "kept": 2, "skipped": 3, "blank": 0}
    assert [(p.row, p.column) for p in problems if p.severity == "error"] == [
        (4, "年齢"), (3, "年齢"), (5, "性別"),
    ]  # fmt: skip


def test_many_rows_with_one_fault_are_told_by_the_first_five_and_a_count(tmp_path):
    rows = "".join("131,女,北区\n" for _ in range(1_005))
    with pytest.raises(FaultyRowsError, match="1,005 rows cannot be used") as caught:
        read(write(tmp_path, f"年齢,性別,行政区\n{rows}34,女,北区\n"))
    assert [p.row for p in caught.value.problems if p.severity == "error"] == [2, 3, 4, 5, 6, None]
    assert "the same fault in 1,000 more rows" in caught.value.say("en")


def test_when_no_row_is_good_skipping_stops_too(tmp_path):
    with pytest.raises(FaultyRowsError, match=r"1 rows cannot be used \(0 can\)"):
        read(write(tmp_path, "年齢,性別,行政区\n131,女,北区\n"), on_error="skip")


@pytest.mark.parametrize(
    "content", ["年齢,性別,行政区\n", "年齢,性別,行政区\n,,\n", "年齢,性別,行政区"]
)
def test_a_header_without_rows_is_refused(tmp_path, content):
    with pytest.raises(InputError, match="there are no rows of data"):
        read(write(tmp_path, content))


def test_rows_with_too_many_or_too_few_cells_are_faults_and_shift_nothing(tmp_path):
    path = write(tmp_path, "年齢,性別,行政区\n34,女,北区\n35,女\n36,男,北,区\n37,男,南区\n")
    records, problems = read(path, on_error="skip")
    assert records.frame["age"].to_dict() == {2: 34, 5: 37}
    assert [p.row for p in problems if p.key == "row_ragged"] == [3, 4]
    assert problems[-1].values == {"rows": 4, "kept": 2, "skipped": 2, "blank": 0}


def test_missing_values_are_kept_as_missing_and_counted(tmp_path):
    records, problems = read(write(tmp_path, "年齢,性別,行政区\n不明,女,北区\n34,,－\n35,男,\n"))
    assert records.frame["age"].isna().tolist() == [True, False, False]
    assert records.frame["ward"].isna().tolist() == [False, True, True]
    counted = {p.column: p.values["n"] for p in problems if p.key == "value_missing_count"}
    assert counted == {"年齢": 1, "性別": 1, "行政区": 2}
    # Missing for most is worth a warning.
    assert [p.column for p in problems if p.severity == "warning"] == ["行政区"]


def test_a_remark_or_total_below_the_table_is_no_person(tmp_path):
    path = write(tmp_path, "世帯番号,年齢,性別,行政区\nH1,34,女,北区\n※4月1日現在,,,\n,3,,\n")
    records, problems = read(path, on_error="skip")
    assert records.frame.index.tolist() == [2, 4]
    assert [p.row for p in problems if p.key == "row_nobody"] == [3]


def test_the_same_person_twice_is_a_fault_of_the_later_row(tmp_path):
    path = write(tmp_path, "住民番号,年齢,性別,行政区\nA,34,女,北区\nB,3,女,北区\nA,34,女,北区\n")
    records, problems = read(path, on_error="skip")
    assert records.frame["person_id"].tolist() == ["A", "B"]
    assert [p.row for p in problems if p.key == "person_twice"] == [4]


def test_birth_dates_become_ages_on_the_stated_day(tmp_path):
    path = write(tmp_path, "生年月日,性別,行政区\nS60.4.1,女,北区\n令和元年５月１日,男,北区\n")
    frame = read(path, reference_date=date(2025, 4, 1))[0].frame
    assert frame["age"].tolist() == [40, 5]
    assert "birth_date" not in frame.columns
    assert "生年月日" not in frame.columns
    with pytest.raises(InputError, match="Give reference_date"):
        read(path)


def test_the_age_column_is_used_until_a_day_is_stated(tmp_path):
    path = write(tmp_path, "生年月日,年齢,性別,行政区\nS60.4.1,39,女,北区\n")
    assert read(path)[0].frame["age"].tolist() == [39]
    assert read(path, reference_date=date(2025, 4, 1))[0].frame["age"].tolist() == [40]


def test_blank_care_levels_of_a_register_of_the_certified_mean_not_certified(tmp_path):
    rows = "70,女,北区,\n" * 3 + "80,女,北区,要介護2\n"
    records, problems = read(write(tmp_path, f"年齢,性別,行政区,要介護度\n{rows}"))
    assert records.frame["care_level"].tolist() == ["none"] * 3 + ["care2"]
    assert [(p.column, p.values["n"]) for p in problems if p.key == "care_blank_none"] == [
        ("要介護度", 3)
    ]


def test_blank_care_levels_stay_missing_where_the_register_writes_not_certified(tmp_path):
    rows = "70,女,北区,\n" * 3 + "80,女,北区,非該当\n"
    records, _ = read(write(tmp_path, f"年齢,性別,行政区,要介護度\n{rows}"))
    assert records.frame["care_level"].isna().tolist() == [True, True, True, False]


def test_ids_in_scientific_notation_are_refused_with_row_and_column(tmp_path):
    path = write(tmp_path, "年齢,性別,町丁字コード\n34,女,08220001001\n35,女,8.22E+09\n")
    with pytest.raises(FaultyRowsError, match='row 3, "町丁字コード": scientific notation'):
        read(path)


def test_the_two_ways_to_write_the_municipality_agree(tmp_path):
    path = write(tmp_path, "年齢,性別,行政区,市区町村コード\n1,女,a,082201\n2,女,a,8220\n")
    assert read(path)[0].frame["municipality_code"].tolist() == ["08220", "08220"]


# ---- points ------------------------------------------------------------------


def points_file(tmp_path, *pairs, header="経度,緯度"):
    rows = "".join(f"34,女,{x},{y}\n" for x, y in pairs)
    return write(tmp_path, f"年齢,性別,{header}\n{rows}")


def test_zero_blank_and_half_coordinates_are_no_point_and_are_counted(tmp_path):
    path = points_file(tmp_path, (140.1, 36.1), (0, 0), ("", ""), (140.1, ""))
    records, problems = read(path)
    assert records.frame["lon"].isna().tolist() == [False, True, True, True]
    assert records.frame["lat"].isna().tolist() == [False, True, True, True]
    assert [p.values["n"] for p in problems if p.key == "point_missing_count"] == [3]


def test_swapped_columns_are_an_error_whose_remedy_works(tmp_path):
    path = points_file(tmp_path, (36.1, 140.1), (36.2, 140.2), (0, 0))
    with pytest.raises(CRSError, match="give roles with lon = 緯度 and lat = 経度"):
        read(path)
    frame = read(path, roles={"lon": "緯度", "lat": "経度"})[0].frame
    assert frame["lon"].tolist()[:2] == [140.1, 140.2]
    assert frame["lat"].tolist()[:2] == [36.1, 36.2]


def test_a_single_swapped_row_and_a_point_abroad_are_faults_of_their_rows(tmp_path):
    path = points_file(tmp_path, (140.1, 36.1), (36.1, 140.1), (2.35, 48.86))
    records, problems = read(path, on_error="skip")
    assert records.frame.index.tolist() == [2]
    found = {p.key: p.row for p in problems if p.severity == "error"}
    assert found == {"point_swapped": 3, "point_not_in_japan": 4}


def test_plane_metres_need_their_crs(tmp_path):
    # The origin of zone IX is 139°50′ E, 36° N by law.
    path = points_file(tmp_path, (0.001, 0.0), (24_000, 9_000), header="経度,緯度")
    with pytest.raises(CRSError, match="state crs"):
        read(path)
    frame = read(path, crs="EPSG:6677")[0].frame
    assert frame["lon"].iloc[0] == pytest.approx(139 + 50 / 60, abs=1e-7)
    assert frame["lat"].iloc[0] == pytest.approx(36, abs=1e-9)


def test_tokyo_datum_is_shifted_and_its_error_is_said(tmp_path):
    records, problems = read(points_file(tmp_path, (140.1, 36.1)), crs="EPSG:4301")
    # About 354 m north and 295 m west at Tsukuba (TKY2JGD).
    assert (records.frame["lat"].iloc[0] - 36.1) * 111_000 == pytest.approx(354, abs=3)
    assert (records.frame["lon"].iloc[0] - 140.1) * 90_000 == pytest.approx(-292, abs=6)
    assert "tokyo_datum" in keys(problems, "warning")


def test_a_crs_that_is_none_is_refused(tmp_path):
    with pytest.raises(CRSError, match="EPSG:99999999 is not a CRS"):
        read(points_file(tmp_path, (140.1, 36.1)), crs="EPSG:99999999")


# ---- formats -----------------------------------------------------------------


def people(crs="EPSG:6677"):
    return gpd.GeoDataFrame(
        {"年齢": [72, 5], "性別": ["男", "女"], "hh_id": ["H1", "H2"]},
        geometry=[shapely.Point(24_000, 9_000), None],
        crs=crs,
    )


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp", "a.parquet", "a.fgb"])
def test_layers_of_points_in_any_crs_become_degrees(tmp_path, name):
    path = tmp_path / name
    frame = people().to_crs("EPSG:4326") if name == "a.geojson" else people()
    if name == "a.parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path, **({"SPATIAL_INDEX": "NO"} if name == "a.fgb" else {}))
    records, problems = read(path)
    expected = people().to_crs("EPSG:6668").geometry.iloc[0]
    assert records.frame["age"].tolist() == [72, 5]
    assert records.frame["sex"].tolist() == ["male", "female"]
    assert records.frame["household_id"].tolist() == ["H1", "H2"]
    assert records.frame["lon"].iloc[0] == pytest.approx(expected.x, abs=1e-7)
    assert records.frame["lat"].iloc[0] == pytest.approx(expected.y, abs=1e-7)
    assert records.frame["lon"].isna().tolist() == [False, True]
    assert [p.values["n"] for p in problems if p.key == "point_missing_count"] == [1]


def test_a_layer_of_polygons_holds_no_persons(tmp_path):
    path = tmp_path / "a.gpkg"
    frame = people().iloc[:1]
    frame.set_geometry(frame.buffer(10)).to_file(path)
    with pytest.raises(InputError, match="persons need one point each, but the layer holds Poly"):
        read(path)


def test_points_without_a_crs_are_refused(tmp_path):
    path = tmp_path / "a.parquet"
    people(crs=None).to_parquet(path)
    with pytest.raises(CRSError, match="there is no CRS"):
        read(path)
    assert read(path, crs="EPSG:6677")[0].frame["lon"].iloc[0] == pytest.approx(140.1, abs=0.01)


def test_of_several_layers_one_must_be_named(tmp_path):
    path = tmp_path / "a.gpkg"
    people().to_file(path, layer="now")
    people().to_file(path, layer="then")
    with pytest.raises(InputError, match="one with layer: now, then"):
        read(path)
    with pytest.raises(InputError, match="no layer soon"):
        read(path, layer="soon")
    assert len(read(path, layer="then")[0]) == 2


def test_the_geometry_wins_over_columns_of_coordinates(tmp_path):
    path = tmp_path / "a.gpkg"
    people().iloc[:1].assign(経度=1.0, lat=2.0).to_file(path)
    frame = read(path)[0].frame
    assert frame["lon"].iloc[0] == pytest.approx(140.1, abs=0.01)
    assert "経度" not in frame.columns


def test_a_plain_parquet_keeps_types(tmp_path):
    path = tmp_path / "a.parquet"
    frame = pd.DataFrame(
        {"年齢": [72.0, np.nan], "性別": [1, 2], "町丁字コード": [82201200, 8220001001],
         "経度": [140.1, None], "緯度": [36.1, None], "フラグ": [True, False]}
    )  # fmt: skip
    frame.to_parquet(path)
    found = read(path)[0].frame
    assert found["age"].tolist() == [72, pd.NA]
    assert found["sex"].tolist() == ["male", "female"]
    assert found["small_area"].tolist() == ["082201200", "08220001001"]
    assert found["フラグ"].tolist() == [True, False]


def test_a_shapefile_of_cp932_without_cpg_is_read(tmp_path):
    path = tmp_path / "a.shp"
    people("EPSG:6668").set_geometry([shapely.Point(140.1, 36.1)] * 2).to_file(
        path, encoding="cp932"
    )
    path.with_suffix(".cpg").unlink()
    assert read(path)[0].frame["sex"].tolist() == ["male", "female"]


def test_field_names_that_were_cut_inside_a_character_are_told(tmp_path):
    # A Shapefile keeps ten bytes of a field's name; 世帯番号 has twelve in UTF-8.
    path = tmp_path / "a.shp"
    people().rename(columns={"hh_id": "世帯番"}).to_file(path, encoding="utf-8")
    table = path.with_suffix(".dbf")
    data = table.read_bytes().replace("世帯番".encode(), "世帯番".encode() + b"\xe5")
    table.write_bytes(data.replace(b"\xe5\x00\x00", b"\xe5\x00", 1))
    with pytest.raises(InputError, match="names of its fields are cut off"):
        read(path)


@needs_shared
def test_real_points_of_schools_are_read_from_a_shapefile_without_index(tmp_path):
    # Q01, Q12, Q18: CP932, no .shx, no .prj; 351 schools of Fukui.
    source = SHARED / "ksj_samples" / "fukui_2016_no_shx"
    for suffix in (".shp", ".dbf"):
        shutil.copyfile(source / f"P29-13_18{suffix}", tmp_path / f"P29-13_18{suffix}")
    before = sorted(path.name for path in tmp_path.iterdir())
    from tsukuba_gis.io.vector import read_layer

    layer = read_layer(tmp_path / "P29-13_18.shp", layer=None)
    assert len(layer.frame) == 351
    assert layer.encoding == "CP932"
    assert "和田小学校" in set(layer.frame["P29_005"])
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    with pytest.raises(InputError, match="no column for age"):
        read(tmp_path / "P29-13_18.shp", crs="EPSG:4612")


@needs_shared
def test_a_real_city_csv_is_read(tmp_path):
    # Q05, Q27: UTF-8 with BOM; 11 sites; codes of six digits.
    from tsukuba_gis.io.ids import municipality_codes
    from tsukuba_gis.io.numbers import numbers
    from tsukuba_gis.io.tabular import read_csv

    table = read_csv(SHARED / "tsukuba" / "tsukuba_emergency_shelter_20241201.csv")
    assert (table.encoding, table.frame.shape) == ("utf-8-sig", (11, 39))
    assert table.frame.columns[0] == "全国地方公共団体コード"
    assert set(municipality_codes(table.frame.iloc[:, 0]).values) == {"08220"}
    assert numbers(table.frame["経度"]).values.between(139.99, 140.18).all()


# ---- files that are not what they say ------------------------------------------

NAMES = ["a.csv", "a.xlsx", "a.xls", "a.ods", "a.parquet", "a.gpkg", "a.geojson", "a.shp", "a.fgb",
         "a.gml", "a.topojson"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_noise_under_any_suffix_gives_one_clear_error(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(bytes(np.random.default_rng(1).integers(0, 256, 5_000, dtype=np.uint8)))
    with pytest.raises(InputError, match=r"^a\."):
        read(path)
    assert [found.name for found in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["a.parquet", "a.gpkg", "a.xlsx"])
@pytest.mark.parametrize("share", [0.3, 0.9, 0.99])
def test_a_file_that_was_cut_off_is_told_to_be_damaged(tmp_path, name, share):
    whole = tmp_path / name
    frame = pd.concat([people()] * 200)
    if name == "a.xlsx":
        pd.DataFrame(frame.drop(columns="geometry")).to_excel(whole, index=False)
    elif name == "a.gpkg":
        frame.to_file(whole)
    else:
        frame.to_parquet(whole)
    data = whole.read_bytes()
    cut = tmp_path / f"cut{whole.suffix}"
    cut.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match=f"^cut{whole.suffix}: "):
        read(cut)


def test_an_unknown_suffix_lists_those_that_can_be_read(tmp_path):
    with pytest.raises(InputError, match=r"Suffixes that can: \.csv"):
        read(write(tmp_path, "x", name="a.docx"))


def test_the_callers_roles_are_not_changed_and_the_source_is_left_as_it_was(tmp_path):
    path = write(tmp_path, TABLE)
    before, roles = path.read_bytes(), {"age": "年齢"}
    read(path, roles=roles)
    assert roles == {"age": "年齢"}
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_each_problem_can_be_said_in_both_languages(tmp_path):
    path = write(
        tmp_path,
        "個人番号,住民番号,年齢,性別,続柄,行政区,経度,緯度\n"
        "1,A,131,女,叔父の友人,北区,36.1,140.1\n1,A,x,男,妻,,0,0\n1,B,3,男,妻,北区,140.1,36.1\n",
    )
    _, problems = read(path, on_error="skip")
    assert len(problems) == 7
    for problem in problems:
        for lang in ("ja", "en"):
            line = describe(problem, lang)
            assert line.startswith("住民.csv")
            assert "{" not in line
