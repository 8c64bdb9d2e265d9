"""Who stands out is in no file: statistics, records, pages, ledger, report."""

import zipfile

import pandas as pd
import pytest
from studies import write_study

from tsukuba_gis.cli import main
from tsukuba_gis.demo import register

# What only one person, household or area bears; and the bill, as files may write it.
TRACES = (
    "唯一無二の名前", "ひとりだけの区", "一世帯の区", "大世帯", "memo",
    "123456789", "123,456,789", "1億2345万",
)  # fmt: skip


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """All that the commands write of a register with people who stand out."""
    folder = tmp_path_factory.mktemp("canary")
    frame = register(size=6_000).frame.assign(memo="ふつう")
    frame.loc[0, ["age", "memo", "medical_cost"]] = [112, "唯一無二の名前", 123_456_789]
    lonely = frame.index[frame.household_type == "single"][5]
    frame.loc[lonely, "small_area"] = "ひとりだけの区"
    home = frame.household_id[frame.household_type == "couple_children"].iloc[3]
    frame.loc[frame.household_id == home, "small_area"] = "一世帯の区"
    crowd = frame.head(80).assign(
        person_id=[f"大世帯{i}" for i in range(80)], household_id="大世帯", age=88,
        household_type="couple_children", relation="child", care_level="care5",
        medical_cost=5_000,
    )  # fmt: skip
    for column in ("small_area", "school_district"):
        crowd[column] = frame[column].iloc[100]
    frame = pd.concat([frame, crowd], ignore_index=True)
    frame.to_parquet(folder / "register.parquet", index=False)
    write_study(
        folder, study={"certify": True}, kind="reference", zones=["school_district", "small_area"],
        cluster="school_district", area="small_area", numeric=["medical_cost", "bmi"],
        lon="lon", lat="lat",
    )  # fmt: skip
    (folder / "key.txt").write_text("a long secret\n", encoding="utf-8")
    out, study = folder / "out", str(folder / "study.toml")
    out.mkdir()
    key = ["--key-file", str(folder / "key.txt")]
    for command in (
        ["pseudo", "measure", study, "--out", str(out / "measured")],
        ["pseudo", "audit", str(out / "measured"), "--out", str(out / "audited")],
        ["pseudo", "generate", str(out / "audited"), *key, "--study", study,
         "--out", str(out / "pseudo.csv")],
        ["pseudo", "record", str(out / "ledger.json"), str(out / "audited"),
         "--date", "2026-04-01", "--purpose", "アイデアソン"],
        ["run", study, "--out", str(out / "report"), "--quiet"],
    ):  # fmt: skip
        assert main(command) == 0, command
    return frame, out


def contents(out):
    """Every file, and every file inside the workbooks, as bytes."""
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        yield path.relative_to(out), path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                for name in packed.namelist():
                    yield path.relative_to(out) / name, packed.read(name)


def test_every_kind_of_output_is_looked_at(outputs):
    names = {str(name) for name, _ in contents(outputs[1])}
    assert {"measured/bands.csv", "audited/manifest.json", "pseudo.csv", "ledger.json"} <= names
    assert any(name.startswith("audited_") and name.endswith(".html") for name in names), "review"
    report = {name for name in names if name.startswith("report/")}
    assert any("証明" in name for name in report)
    for ending in (".html", ".xlsx", ".gpkg", ".csv", ".json", ".xml"):
        assert any(name.endswith(ending) for name in report), ending


def test_who_stands_out_is_in_no_file(outputs):
    frame, out = outputs
    people = {number.encode() for number in frame.person_id.astype(str)}
    homes = {number.encode() for number in frame.household_id.astype(str)}
    for name, content in contents(out):
        for trace in TRACES:
            assert trace.encode() not in content, (str(name), trace)
        if name.name != "pseudo.csv":  # there, numbers are new: see below
            assert not any(number in content for number in sorted(people)[:200]), str(name)
    made = pd.read_csv(out / "pseudo.csv", encoding="utf-8-sig", dtype=str)
    assert not people & {number.encode() for number in made.person_id}
    assert not homes & {number.encode() for number in made.household_id}


def test_no_figure_is_the_canarys(outputs):
    frame, out = outputs
    made = pd.read_csv(out / "pseudo.csv", encoding="utf-8-sig", dtype={"small_area": str})
    assert frame.age.max() == 112
    assert made.age.max() < 110
    # The bill is part of its district's sum, which is kept; nobody has it.
    assert made.medical_cost.max() < 100_000_000
    assert made.groupby("household_id").size().max() < 40
    assert len(made) == len(frame)
