"""The four steps on the command line, each from what the step before has written."""

import json
import shutil

import pandas as pd
import pytest
from studies import write_study

from tsukuba_gis.cli import main
from tsukuba_gis.demo import register
from tsukuba_gis.io.words import in_japanese


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """A register of 6,000 with the study file that names its rules; measured and audited."""
    folder = tmp_path_factory.mktemp("city")
    register(size=6_000).frame.to_parquet(folder / "register.parquet", index=False)
    write_study(
        folder, kind="invented", zones=["small_area"], cluster="school_district",
        area="small_area", lon="lon", lat="lat",
    )  # fmt: skip
    (folder / "key.txt").write_text("a long secret\n", encoding="utf-8")
    assert main(["pseudo", "measure", str(folder / "study.toml"), "--out", str(folder / "s")]) == 0
    assert main(["pseudo", "audit", str(folder / "s"), "--out", str(folder / "audited")]) == 0
    return folder


def generate(folder, statistics, out, key="key.txt"):
    return main(
        ["pseudo", "generate", str(folder / statistics), "--key-file", str(folder / key),
         "--study", str(folder / "study.toml"), "--out", str(out), "--lang", "en"]
    )  # fmt: skip


def test_the_officer_gets_a_page_to_read(city):
    (page,) = city.glob("audited_*.html")
    assert "<script" not in page.read_text(encoding="utf-8")


def test_records_are_made_from_the_file_alone(city, tmp_path, capsys):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("audited", "key.txt", "study.toml"):
        copy = shutil.copytree if (city / name).is_dir() else shutil.copy
        copy(city / name, elsewhere / name)  # no register here
    assert generate(elsewhere, "audited", tmp_path / "one.csv") == 0
    assert "Pseudo data: results do not reflect reality" in capsys.readouterr().out
    assert generate(city, "audited", tmp_path / "two.csv") == 0
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    made = pd.read_csv(tmp_path / "one.csv", encoding="utf-8-sig", dtype={"small_area": str})
    people = pd.read_parquet(city / "register.parquet")
    assert made.columns[-1] == "Pseudo data: results do not reflect reality"
    counts = [frame["school_district"].value_counts().sort_index() for frame in (made, people)]
    pd.testing.assert_series_equal(*counts, check_dtype=False, check_index_type=False)
    places = [set(zip(frame["lon"], frame["lat"], strict=True)) for frame in (made, people)]
    assert not places[0] & places[1]


def test_a_japanese_register_without_polygons(tmp_path, capsys):
    """The study names the file's own columns; records come back in the file's own words."""
    shown = in_japanese(register(size=6_000).frame).drop(columns=["経度", "緯度"])
    shown = shown.rename(columns={"中学校区": "生活圏域"})
    shown.to_csv(tmp_path / "住民.csv", index=False, encoding="cp932")
    (tmp_path / "study.toml").write_text(
        """
        [records]
        path = "住民.csv"
        kind = "invented"
        [records.roles]
        school_district = "生活圏域"
        [pseudo]
        cluster = "生活圏域"
        household = "世帯番号"
        age = "年齢"
        sex = "性別"
        care = "要介護度"
        relation = "続柄"
        sums = ["医療費", "薬剤費"]
        """,
        encoding="utf-8",
    )
    (tmp_path / "key.txt").write_text("a long secret\n", encoding="utf-8")
    study, made = str(tmp_path / "study.toml"), tmp_path / "疑似.csv"
    assert main(["pseudo", "measure", study, "--out", str(tmp_path / "s"), "--lang", "en"]) == 0
    # Said, and only that: a column that is named and not there.
    assert capsys.readouterr().err.strip().splitlines() == [
        "住民.csv: the spec names columns that the records do not have: 薬剤費. "
        "Tables of them are not made."
    ]
    assert main(["pseudo", "audit", str(tmp_path / "s"), "--out", str(tmp_path / "a")]) == 0
    options = ["--key-file", str(tmp_path / "key.txt"), "--study", study, "--japanese"]
    assert main(["pseudo", "generate", str(tmp_path / "a"), *options, "--out", str(made)]) == 0
    table = pd.read_csv(made, encoding="utf-8-sig")
    assert set(table) >= {"世帯番号", "年齢", "性別", "中学校区", "要介護度", "続柄", "医療費"}
    assert set(table["性別"]) == {"女", "男"}
    for columns in (["中学校区", "性別"], ["中学校区"]):
        real = shown.rename(columns={"生活圏域": "中学校区"}).groupby(columns).size()
        pd.testing.assert_series_equal(table.groupby(columns).size(), real)
    assert table.groupby("中学校区")["医療費"].sum().to_dict() == (
        shown.groupby("生活圏域")["医療費"].sum().to_dict()
    )


def test_an_unaudited_file_is_refused(city, tmp_path, capsys):
    assert generate(city, "s", tmp_path / "no.csv") == 1
    assert "has not passed the audit" in capsys.readouterr().err
    assert not (tmp_path / "no.csv").exists()


def test_faults_are_told_in_words(city, tmp_path, capsys):
    (city / "empty.txt").write_text("\n", encoding="utf-8")
    assert generate(city, "audited", tmp_path / "no.csv", key="empty.txt") == 1
    assert "the key is empty" in capsys.readouterr().err
    assert generate(city, "audited", tmp_path / "no.docx") == 1
    assert ".csv, .parquet" in capsys.readouterr().err
    no_rules = tmp_path / "plain.toml"
    no_rules.write_text(
        '[records]\npath = "x.csv"\nkind = "invented"\n[[zones]]\nkind = "ward"\n', encoding="utf-8"
    )
    assert (
        main(["pseudo", "measure", str(no_rules), "--out", str(tmp_path / "s"), "--lang", "en"])
        == 1
    )
    assert "there is no [pseudo]" in capsys.readouterr().err


def test_evaluate_writes_the_certificate_and_its_figures(city, tmp_path, capsys):
    out = tmp_path / "certificate.html"
    code = main(
        ["pseudo", "evaluate", str(city / "study.toml"), "--statistics", str(city / "audited"),
         "--key-file", str(city / "key.txt"), "--out", str(out), "--lang", "en"]
    )  # fmt: skip
    figures = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert code == (0 if figures["passed"] else 1)
    assert {"declared_kept", "membership", "moran"} <= {m["name"] for m in figures["metrics"]}
    told = {one["indicator"] for one in figures["story"]}
    assert {"share_65plus", "dependency", "cost_per_head", "household_size"} <= told
    assert "Pseudo data" in out.read_text(encoding="utf-8")


def test_a_release_is_entered_once_and_the_next_is_held_against_it(city, tmp_path, capsys):
    ledger = tmp_path / "ledger.json"
    command = ["pseudo", "record", str(ledger), str(city / "audited"), "--lang", "en"]
    assert main([*command, "--date", "2026-04-01", "--purpose", "ideathon"]) == 0
    assert "entered as release 1" in capsys.readouterr().out
    assert main([*command, "--date", "2026-03-01", "--purpose", "back-dated"]) == 1
    assert "Traceback" not in capsys.readouterr().err
    assert len(json.loads(ledger.read_text(encoding="utf-8"))["entries"]) == 1
