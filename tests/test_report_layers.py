"""Layers that single commands write: notice and origin inside, text inert, the same bytes."""

import csv
import hashlib
import io
import json

import pyogrio
import pytest
from results import full_result
from toys import toy_zones

from tsukuba_gis.cli import main
from tsukuba_gis.errors import InputError
from tsukuba_gis.messages import text
from tsukuba_gis.report.geopackage import write_geopackage
from tsukuba_gis.report.layer_files import carried_notice, write_layer

RESULT = full_result(24, districts=0)


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
            write_layer(frame, path, notice="N", origin={"a": 1})
            digests.append(hashlib.sha256(path.read_bytes()).hexdigest())
    assert digests[:3] == digests[3:]
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
    assert rows[1][1] == "'=1+1"
    assert rows[0][-1] == 'N {"a": 1}'
    assert pyogrio.read_info(tmp_path / "one" / "layer.gpkg")["crs"] == "EPSG:6677"
    with pytest.raises(InputError, match=r"\.gpkg, \.geojson, \.csv"):
        write_layer(frame, tmp_path / "a.shp", notice="N", origin={})


def test_a_file_of_another_kind_carries_nothing(tmp_path):
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    assert carried_notice(tmp_path / "a.txt") == ""
