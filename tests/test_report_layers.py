"""Layers that single commands write: notice and origin inside, text inert, the same bytes."""

import csv
import hashlib
import io
import json

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from results import full_result
from toys import toy_zones

from tsukuba_gis.cli import main
from tsukuba_gis.errors import DisclosureError, InputError
from tsukuba_gis.messages import text
from tsukuba_gis.publishing import Terms, notices_of
from tsukuba_gis.report.geopackage import write_geopackage
from tsukuba_gis.report.layer_files import carried_notice, write_table

RESULT = full_result(24, districts=0)
PSEUDO = Terms(records="pseudo", notices=notices_of("pseudo", lang="ja", min_count=10))
REFERENCE = Terms(records="reference", notices=notices_of("reference", lang="en", min_count=10))


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """A GeoPackage of a study: it carries its notice."""
    path = tmp_path_factory.mktemp("ours") / "ours.gpkg"
    write_geopackage(RESULT, path)
    return path


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """Zones of somebody else, with no notice."""
    path = tmp_path_factory.mktemp("theirs") / "theirs.gpkg"
    zones = toy_zones().frame.assign(share=[0.1, 0.2, 0.3, 0.2, 0.3, 0.4, 0.3, 0.4, 0.5])
    zones.reset_index().to_file(path, layer="zones")
    return path


def held(path):
    """What a file says of itself."""
    if path.suffix == ".csv":
        return path.read_bytes().decode("utf-8-sig").split("\r\n")[0]
    if path.suffix == ".geojson":
        return json.loads(path.read_text(encoding="utf-8"))["description"]
    info = pyogrio.read_info(path)
    return json.dumps([info["dataset_metadata"], info["layer_metadata"]], ensure_ascii=False)


COMMANDS = {
    "lisa": ["lisa", "{zones}", "--column", "{column}", "--permutations", "99"],
    "regionalise": ["regionalise", "{zones}", "--columns", "{column}", "--k", "3"],
}


@pytest.mark.parametrize("ending", [".gpkg", ".geojson", ".csv"])
@pytest.mark.parametrize("command", COMMANDS)
def test_commands_carry_the_notice_and_tell_their_origin(command, ending, ours, tmp_path, capsys):
    out = tmp_path / f"out{ending}"
    words = [word.format(zones=ours, column="share_75plus") for word in COMMANDS[command]]
    assert main([*words, "--layer", "地区別_町丁・字", "--out", str(out)]) == 0, capsys.readouterr()
    said = held(out)
    assert RESULT.notices["ja"][0] in said
    assert "tsukuba_gis" in said
    assert "0.1.0" in said
    assert "share_75plus" in said
    assert hashlib.sha256(ours.read_bytes()).hexdigest() in said
    assert str(ours.parent) not in said  # no path of this machine


def test_a_file_without_a_notice_is_named(theirs, tmp_path):
    out = tmp_path / "out.csv"
    words = ["lisa", str(theirs), "--column", "share", "--permutations", "99"]
    assert main([*words, "--out", str(out), "--lang", "en"]) == 0
    assert text("layer_notice", "en", files="theirs.gpkg") in held(out)


def test_the_same_layer_has_the_same_bytes_and_formulas_are_inert(tmp_path):
    frame = toy_zones(["=1+1", *"bcdefghi"]).frame
    digests = []
    for name in ("one", "two"):
        for ending in (".gpkg", ".geojson", ".csv"):
            (tmp_path / name).mkdir(exist_ok=True)
            path = tmp_path / name / f"layer{ending}"
            write_table(frame, path, terms=PSEUDO, counts=[], provenance={"a": 1})
            digests.append(hashlib.sha256(path.read_bytes()).hexdigest())
    assert digests[:3] == digests[3:]
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
    assert rows[1][1] == "'=1+1"
    assert rows[0][-1] == f'{PSEUDO.notice} {{"a": 1}}'
    assert pyogrio.read_info(tmp_path / "one" / "layer.gpkg")["crs"] == "EPSG:6677"
    with pytest.raises(InputError, match=r"\.gpkg, \.geojson, \.csv"):
        write_table(frame, tmp_path / "a.shp", terms=PSEUDO, counts=[], provenance={})
    with pytest.raises(InputError, match=r"\.csv"):
        write_table(
            pd.DataFrame(frame), tmp_path / "a.gpkg", terms=PSEUDO, counts=[], provenance={}
        )


def test_a_file_of_another_kind_carries_nothing(tmp_path):
    for name, content in (("a.txt", "x"), ("a.csv", "name,share\nA,1\n"), ("a.geojson", "{}")):
        (tmp_path / name).write_text(content, encoding="utf-8")
        assert carried_notice(tmp_path / name) == ""
    assert carried_notice(tmp_path / "absent.csv") == ""


# ---- small numbers of people ---------------------------------------------------------------


@pytest.mark.parametrize("ending", [".gpkg", ".geojson", ".csv"])
def test_the_writer_itself_hides_small_numbers_and_its_file_says_whose_they_are(ending, tmp_path):
    frame = toy_zones().frame.assign(falls=[3, 12, 0, 9, 10, 25, 1, 40, 2], share=0.5)
    path = tmp_path / f"zones{ending}"
    write_table(frame, path, terms=REFERENCE, counts=["falls"], provenance={})
    read = pd.read_csv(path, encoding="utf-8-sig") if ending == ".csv" else gpd.read_file(path)
    written = read["falls"].astype(float)
    assert written.dropna().tolist() == [12, 0, 10, 25, 40]
    assert written.isna().sum() == 4
    assert (read["share"] == 0.5).all()
    assert carried_notice(path) == REFERENCE.notice
    assert frame["falls"].tolist() == [3, 12, 0, 9, 10, 25, 1, 40, 2]


@pytest.fixture
def falls(tmp_path):
    """Zones of somebody else with counts, small ones among them."""
    path = tmp_path / "falls.gpkg"
    frame = toy_zones().frame.assign(falls=[3, 12, 11, 19, 10, 25, 14, 40, 22], persons=200)
    frame.reset_index().to_file(path, layer="zones")
    return path


RATES = ["rates", "{path}", "--events", "falls", "--population", "persons", "--lang", "en"]


def rates(path, out, *more):
    return main([*(word.format(path=path) for word in RATES), "--out", str(out), *more])


def test_small_numbers_of_nobody_knows_whom_are_not_written(falls, tmp_path, capsys):
    out = tmp_path / "out.csv"
    assert rates(falls, out) == 1
    said = capsys.readouterr().err
    assert "falls: there are numbers from 1 to 9" in said
    assert "--records" in said
    assert not out.exists()
    # Nothing is written without --out: the sentences hold no small number.
    assert main([word.format(path=falls) for word in RATES]) == 0


def test_published_statistics_are_written_as_they_are(falls, tmp_path):
    out = tmp_path / "out.csv"
    assert rates(falls, out, "--records", "published") == 0
    assert pd.read_csv(out, encoding="utf-8-sig")["observed"].tolist()[0] == 3
    assert text("layer_published", "en", files="falls.gpkg") in held(out)
    assert '"records": "published"' in held(out).replace('""', '"')


def test_small_numbers_of_real_people_are_hidden_before_anything_is_computed(falls, tmp_path):
    out, next_one = tmp_path / "out.csv", tmp_path / "next.csv"
    assert rates(falls, out, "--records", "reference") == 0
    table = pd.read_csv(out, encoding="utf-8-sig").set_index("zone_id")
    assert table["observed"].isna().sum() == 1
    assert table.loc["a1", ["observed", "value", "low", "high"]].isna().all()
    assert REFERENCE.notice in held(out)
    # What was made of it is known for real people's without being told again.
    command = ["shift-share", str(out), "--records", "published", "--lang", "en"]
    assert main([*command, "--out", str(next_one)]) == 1
    assert not next_one.exists()


def test_a_file_of_real_people_cannot_be_called_published(falls, tmp_path, capsys):
    kept = tmp_path / "kept.gpkg"
    frame = gpd.read_file(falls).set_index("zone_id")
    write_table(frame, kept, terms=REFERENCE, counts=["falls"], provenance={})
    assert rates(kept, tmp_path / "out.csv", "--records", "published") == 1
    assert "made from reference (real) records" in capsys.readouterr().err
    assert rates(kept, tmp_path / "out.csv") == 0
    assert REFERENCE.notice in held(tmp_path / "out.csv")


def test_terms_without_their_notice_cannot_be():
    with pytest.raises(DisclosureError, match="notice is lacking: Pseudo data"):
        Terms(records="pseudo", notices=("Source: city",))
    with pytest.raises(DisclosureError, match="notice is lacking: Made from reference"):
        Terms(records="reference", notices=PSEUDO.notices)
    with pytest.raises(DisclosureError, match="Nothing says whose"):
        Terms(records="unknown", notices=())
    with pytest.raises(DisclosureError, match="3 or more, not 2"):
        Terms(records="unknown", notices=("x",), min_count=2)
    assert Terms(records="published", notices=()).notice == ""
