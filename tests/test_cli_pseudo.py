"""The four steps on the command line, each from what the step before has written."""

import json
import shutil

import pandas as pd
import pytest

from tsukuba_gis.cli import main
from tsukuba_gis.demo import register


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """A register of 6,000 with the study file that names its rules; measured and audited."""
    folder = tmp_path_factory.mktemp("city")
    register(size=6_000).frame.to_parquet(folder / "register.parquet", index=False)
    (folder / "study.toml").write_text(
        """
        [records]
        path = "register.parquet"
        kind = "invented"
        [[zones]]
        kind = "small_area"
        [pseudo]
        cluster = "school_district"
        area = "small_area"
        household = "household_id"
        person = "person_id"
        care = "care_level"
        household_type = "household_type"
        relation = "relation"
        sums = ["medical_cost"]
        lon = "lon"
        lat = "lat"
        """,
        encoding="utf-8",
    )
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
