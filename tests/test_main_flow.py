"""The whole flow: records and zones in, one folder out."""

import datetime as dt
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from tsukuba_gis.cli import main
from tsukuba_gis.demo import register
from tsukuba_gis.report import write_report
from tsukuba_gis.schema import CARE_LEVELS
from tsukuba_gis.study import RecordSource, Study, ZoneSource, demo_study, run

SHARED = Path(__file__).parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="real files are not here (shared/data beside the checkout)"
)
FAST = 999


def hashes(folder, pattern):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob(pattern))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def demo_result():
    return run(replace(demo_study(), permutations=FAST))


@pytest.fixture(scope="module")
def people_csv(tmp_path_factory):
    """The invented register as a city might hand it over: Japanese headers, CP932."""
    frame = register(size=20_000).frame
    names = {
        "age": "年齢",
        "sex": "性別",
        "household_id": "世帯番号",
        "small_area": "町丁字コード",
        "care_level": "要介護度",
        "medical_cost": "医療費",
        "lon": "経度",
        "lat": "緯度",
    }
    path = tmp_path_factory.mktemp("people") / "people.csv"
    frame[list(names)].rename(columns=names).to_csv(path, index=False, encoding="cp932")
    return path


def test_the_demo_keeps_the_published_totals(demo_result):
    districts, areas = demo_result.levels
    assert districts.values["population"].sum() == 226_963
    assert areas.values["households"].sum() == 98_190
    assert districts.match.matched == 226_963
    pd.testing.assert_series_equal(
        areas.values["population"],
        areas.zones.frame["population_2015"].astype(float),
        check_names=False,
    )


def test_levels_agree_with_each_other(demo_result):
    districts, areas = demo_result.levels
    of_area = areas.zones.frame["school_district"]
    sums = areas.population.groupby(of_area).sum()
    pd.testing.assert_frame_equal(
        sums.reindex(districts.zones.ids), districts.population, check_names=False
    )
    assert districts.total["share_65plus"] == pytest.approx(areas.total["share_65plus"])


def test_the_demo_shows_the_known_contrast(demo_result):
    """Older in the old villages, younger in the new towns; clustered, and said to be so."""
    districts, areas = demo_result.levels
    share = districts.values["share_65plus"].rename(districts.zones.names)
    assert share["秀峰筑波義務教育学校"] > 0.25 > 0.15 > share["みどりの学園義務教育学校"]
    assert districts.total["share_65plus"] == pytest.approx(0.20, abs=0.01)
    assert areas.moran["share_65plus"].i > 0.3
    assert areas.moran["share_65plus"].p < 0.01
    assert {"HH", "LL"} <= set(areas.lisa["share_65plus"].frame["cluster"])


def test_empty_areas_are_masked_not_zero(demo_result):
    areas = demo_result.levels[1]
    empty = areas.values["population"] == 0
    assert empty.sum() > 20
    assert areas.values.loc[empty, "share_65plus"].isna().all()
    assert (areas.masks.loc[empty, "share_65plus"] == "zero").all()
    assert (areas.lisa["share_65plus"].frame.loc[empty, "cluster"] == "missing").all()


def test_notices_stand_in_the_result(demo_result):
    assert demo_result.notices["ja"][0] == "疑似データのため結果は現状に沿っていません"
    assert any("おおよその形" in notice for notice in demo_result.notices["ja"])
    assert any("invented" in notice for notice in demo_result.notices["en"])


def test_two_runs_give_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        code = main(["demo", "--plain", "--size", "3000", "--seed", "5",
                     "--out", str(tmp_path / name)])  # fmt: skip
        assert code == 0
    one, two = (hashes(tmp_path / name, "*") for name in ("one", "two"))
    assert len([name for name in one if name.endswith(".csv")]) >= 3
    assert one == two
    other = ["demo", "--plain", "--size", "3000", "--seed", "6", "--out", str(tmp_path / "three")]
    assert main(other) == 0
    assert hashes(tmp_path / "three", "*.csv") != hashes(tmp_path / "one", "*.csv")


def test_a_study_file_on_the_users_own_csv(people_csv, tmp_path, capsys):
    study = tmp_path / "study.toml"
    study.write_text(
        f"""
        [study]
        title = "試験"
        permutations = {FAST}
        [records]
        path = "{people_csv.as_posix()}"
        kind = "pseudo"
        [[zones]]
        kind = "school_district"
        nearest = 50
        [[zones]]
        kind = "small_area"
        match = "code"
        """,
        encoding="utf-8",
    )
    assert main(["run", str(study), "--out", str(tmp_path / "out"), "--lang", "en"]) == 0
    assert "Pseudo data: results do not reflect reality" in capsys.readouterr().out
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    expected = hashlib.sha256(people_csv.read_bytes()).hexdigest()
    assert record["inputs"] == {"people.csv": expected}
    assert str(tmp_path) not in json.dumps(record)  # no machine paths leave the house


def test_python_and_command_line_give_the_same_tables(people_csv, tmp_path):
    study = Study(
        title={"ja": "試験", "en": "test"},
        records=RecordSource(path=people_csv, kind="pseudo"),
        zones=(ZoneSource(kind="school_district"),),
        permutations=FAST,
    )
    write_report(run(study), tmp_path / "python")
    text = f"""
    [study]
    title = "試験"
    title_en = "test"
    permutations = {FAST}
    [records]
    path = "{people_csv.as_posix()}"
    kind = "pseudo"
    [[zones]]
    kind = "school_district"
    """
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    assert main(["run", str(tmp_path / "s.toml"), "--out", str(tmp_path / "cli")]) == 0
    assert hashes(tmp_path / "python", "*.csv") == hashes(tmp_path / "cli", "*.csv")


def test_every_format_of_the_records_gives_the_same_tables(tmp_path):
    """As a city might hand them over: eras, full-width digits, thousands separators, units."""
    people = register(size=2_000).frame
    frame = pd.DataFrame(
        {
            "世帯番号": people["household_id"],
            "氏名": "=cmd()<script>",
            "生年月日": [birth(age) for age in people["age"]],
            "性別": people["sex"].map({"male": "男", "female": "女"}),
            "要介護度": people["care_level"].map(dict(zip(CARE_LEVELS, CARE_WORDS, strict=True))),
            "医療費(円)": people["medical_cost"].map("{:,}".format),
            "経度": people["lon"],
            "緯度": people["lat"],
        }
    )
    points = gpd.points_from_xy(frame["経度"], frame["緯度"], crs="EPSG:6668")
    frame.to_csv(tmp_path / "a.csv", index=False, encoding="cp932")
    frame.to_csv(tmp_path / "b.csv", index=False, encoding="utf-8-sig")
    frame.to_excel(tmp_path / "c.xlsx", index=False)
    frame.to_parquet(tmp_path / "d.parquet")
    layer = gpd.GeoDataFrame(frame.drop(columns=["経度", "緯度"]), geometry=points)
    layer.to_crs("EPSG:6677").to_file(tmp_path / "e.gpkg")
    tables = []
    for path in sorted(tmp_path.glob("?.*")):
        source = RecordSource(path=path, kind="pseudo", reference_date=dt.date(2019, 4, 1))
        study = replace(demo_study(), records=source, zones=(ZoneSource(),), permutations=FAST)
        write_report(run(study), tmp_path / path.stem, formats=("csv",))
        tables.append(hashes(tmp_path / path.stem, "地区別*.csv"))
    assert len(tables) == 5
    assert all(len(table) == 1 and table == tables[0] for table in tables)
    written = (tmp_path / "a" / "データ").rglob("*")
    assert all("=cmd()" not in path.read_text(encoding="utf-8-sig") for path in written)
    direct = run(replace(demo_study(size=2_000), zones=(ZoneSource(),), permutations=FAST))
    write_report(direct, tmp_path / "direct", formats=("csv",))
    share = ["share_65plus", "share_severe_care", "cost_per_head"]
    read = run(study).levels[0].values[share]
    pd.testing.assert_frame_equal(read, direct.levels[0].values[share])


CARE_WORDS = [
    "非該当",
    "要支援１",
    "要支援2",
    "要介護1",
    "要介護２",
    "要介護3",
    "要介護４",
    "要介護5",
]


def birth(age):
    """A date of birth that gives this age on 2019-04-01, in the spellings that files hold."""
    year = 2019 - age
    if year >= 1990:
        return f"H{year - 1988}.4.1"
    if year >= 1927:
        return f"昭和{year - 1925}年4月1日"
    return f"{year}/4/1"


@needs_shared
def test_the_flow_on_the_real_district_polygons(people_csv):
    path = SHARED / "tsukuba" / "tsukuba_juniorhigh_districts_derived.geojson"
    study = Study(
        title={"ja": "実区域", "en": "real districts"},
        records=RecordSource(path=people_csv, kind="pseudo"),
        zones=(ZoneSource(kind="school_district", path=path, nearest=500),),
        permutations=FAST,
    )
    (level,) = run(study).levels
    assert len(level.zones) == 16
    assert not level.zones.approximate
    report = level.match
    assert report.matched + report.nearest + report.outside + report.missing == report.records
    assert report.matched > 0.95 * report.records  # the bundled areas are approximate
    assert report.nearest > 0
    assert level.values["population"].sum() == report.matched + report.nearest
    assert level.moran["share_65plus"].n == 16


@needs_shared
def test_the_flow_on_the_real_small_areas_of_tottori(tmp_path):
    """Population totals of the real 2015 file are kept to the person."""
    from tsukuba_gis.io import read_zones

    path = SHARED / "estat_samples" / "tottori_2015" / "h27ka31201.shp"
    zones = read_zones(path, kind="small_area")
    assert len(zones) == 666
    counts = zones.frame["JINKO"].astype(int)
    assert counts.sum() == 193_717
    frame = pd.DataFrame(
        {
            "KEY_CODE": np.repeat(zones.ids.to_numpy(), counts),
            "age": np.arange(counts.sum()) % 100,
            "sex": np.where(np.arange(counts.sum()) % 2, "male", "female"),
        }
    )
    frame.to_parquet(tmp_path / "people.parquet")
    study = Study(
        title={"ja": "鳥取市", "en": "Tottori"},
        records=RecordSource(path=tmp_path / "people.parquet", kind="invented"),
        zones=(ZoneSource(kind="small_area", path=path, match="code"),),
        permutations=FAST,
    )
    (level,) = run(study).levels
    np.testing.assert_array_equal(level.values["population"], counts)
    assert level.population.to_numpy().sum() == 193_717


def study_of(tmp_path, records, zones='kind = "school_district"', kind="pseudo"):
    path = tmp_path / "study.toml"
    text = f'[records]\npath = "{records}"\nkind = "{kind}"\n[[zones]]\n{zones}\n'
    path.write_text(text, encoding="utf-8")
    return path


def lines_geojson(tmp_path):
    import shapely

    line = shapely.LineString([(140.0, 36.0), (140.1, 36.1)])
    frame = gpd.GeoDataFrame({"name": ["x"]}, geometry=[line], crs="EPSG:4326")
    frame.to_file(tmp_path / "lines.geojson")
    return 'kind = "ward"\npath = "lines.geojson"'


def no_crs(tmp_path):
    from toys import toy_zones

    toy_zones().frame.reset_index().to_parquet(tmp_path / "zones.parquet")
    frame = gpd.read_parquet(tmp_path / "zones.parquet")
    frame.to_file(tmp_path / "zones.shp")
    (tmp_path / "zones.prj").unlink()
    return 'kind = "ward"\npath = "zones.shp"'


PEOPLE = "年齢,性別,経度,緯度\n70,女,140.10,36.08\n30,男,140.11,36.09\n"
FAULTS = {
    "no such file": ({}, None, "no such file"),
    "missing column": ({"people.csv": b"age,sex\n70,F\n"}, None, "no column says where"),
    "unreadable encoding": (
        {"people.csv": b"\xff\xfe\x00\xd8\x81\x00\n\xff\xff\x80"},
        None,
        "encoding|cannot be read|decode",
    ),
    "empty file": ({"people.csv": b""}, None, "nothing in it"),
    "header only": (
        {"people.csv": "年齢,性別,経度,緯度\n".encode()},
        None,
        "no rows|no data|nothing",
    ),
    "lines for zones": ({"people.csv": PEOPLE.encode()}, lines_geojson, "polygon"),
    "no CRS": ({"people.csv": PEOPLE.encode()}, no_crs, "CRS"),
    "nobody matches": (
        {"people.csv": PEOPLE.replace("36.0", "35.0").encode()},
        None,
        "none of 2 records",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_input_is_told_in_words_and_writes_nothing(fault, tmp_path, capsys):
    files, make_zones, words = FAULTS[fault]
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    zones = make_zones(tmp_path) if make_zones else 'kind = "school_district"'
    study = study_of(tmp_path, "people.csv", zones)
    before = hashes(tmp_path, "*.*")
    assert main(["run", str(study), "--out", str(tmp_path / "out"), "--lang", "en"]) == 1
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    assert pd.Series([captured.err]).str.contains(words, regex=True, case=False).all(), captured.err
    assert hashes(tmp_path, "*.*") == before  # inputs untouched, nothing half-written


def test_an_output_folder_that_is_not_ours_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.docx").write_bytes(b"mine")
    assert main(["demo", "--size", "2000", "--out", str(tmp_path), "--lang", "en"]) == 1
    assert "did not make" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_the_demo_studies_pseudo_records_and_certifies_them(tmp_path, capsys):
    """The register is measured, pseudo records are made, studied and certified, twice alike."""
    out = tmp_path / "out"
    command = ["demo", "--size", "8000", "--lang", "en", "--out"]
    assert main([*command, str(out)]) == 0
    told = capsys.readouterr()
    assert "Pseudo data: results do not reflect reality" in told.out
    assert "invented" in told.out
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record["records"] == "pseudo"
    assert record["levels"][0]["records"] == 8000
    assert record["settings"]["pseudo"]["cluster"] == "school_district"
    certificate = (out / "certificate.html").read_text(encoding="utf-8")
    assert "Pseudo data" in certificate
    assert "quick certificate" in certificate
    assert "certificate.html" in (out / "index.html").read_text(encoding="utf-8")
    assert main([*command, str(tmp_path / "again")]) == 0
    assert hashes(out, "*") == hashes(tmp_path / "again", "*")


def test_a_small_demo_studies_the_register_and_says_so():
    result = run(replace(demo_study(size=2_000, pseudo=True), permutations=99))
    assert (result.kind, dict(result.pages)) == ("invented", {})
    (told,) = [problem for problem in result.problems if problem.key == "demo_without_pseudo"]
    assert told.values["n"] == 2_000


def test_pseudo_records_keep_the_counts_of_districts(tmp_path):
    from tsukuba_gis.pseudo.spec import Spec

    plain = replace(
        demo_study(size=8_000),
        zones=(ZoneSource(kind="school_district", match="code"), ZoneSource(kind="small_area")),
        permutations=FAST,
    )
    reference = run(plain).levels[0]
    pseudo = run(replace(plain, pseudo=Spec.tsukuba())).levels[0]
    pd.testing.assert_series_equal(pseudo.values["population"], reference.values["population"])


def test_records_that_meet_no_zone_are_counted_and_listed_by_row(tmp_path):
    """Four inside, one on a border, one outside, one without a place; nobody's values are told."""
    import shapely
    from toys import ORIGIN, toy_zones

    x0, y0 = ORIGIN
    x = np.array([50, 150, 250, 50, 100, -40, np.nan]) + x0
    y = np.array([50, 50, 50, 150, 50, 50, np.nan]) + y0
    frame = pd.DataFrame({"age": [71, 72, 73, 74, 75, 76, 77], "sex": "F"})
    zones = toy_zones().frame.reset_index().rename(columns={"zone_id": "id"})
    zones.to_file(tmp_path / "zones.gpkg")
    places = [shapely.Point(at) if np.isfinite(at[0]) else None for at in zip(x, y, strict=True)]
    points = gpd.GeoDataFrame(frame, geometry=places, crs="EPSG:6677")
    points.to_file(tmp_path / "people.gpkg")
    study = Study(
        title={"ja": "試験", "en": "test"},
        records=RecordSource(path=tmp_path / "people.gpkg", kind="pseudo"),
        zones=(ZoneSource(kind="other", path=tmp_path / "zones.gpkg"),),
        permutations=FAST,
    )
    result = run(study)
    told = {problem.key: dict(problem.values) for problem in result.problems}
    report = result.levels[0].match
    assert (report.matched, report.outside, report.missing) == (5, 1, 1)
    assert told["records_outside"]["n"] == 1
    assert told["records_missing"]["n"] == 1
    near = run(replace(study, zones=(replace(study.zones[0], nearest=50),)))
    told = {problem.key: dict(problem.values) for problem in near.problems}
    assert told["records_nearest"]["n"] == 1
    assert "records_outside" not in told
    assert not any(age in str(told) for age in ("71", "76", "77"))
