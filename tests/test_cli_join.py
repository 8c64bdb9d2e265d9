import pandas as pd
import pytest
from toys import ORIGIN, toy_zones

from tsukuba_gis.cli import main


@pytest.fixture
def files(tmp_path):
    toy_zones().frame.reset_index().rename(columns={"zone_id": "id"}).to_file(
        tmp_path / "zones.gpkg"
    )
    x0, y0 = ORIGIN
    frame = pd.DataFrame(
        {"x": [x0 + 50, x0 + 250, x0 - 10, None], "y": [y0 + 50, y0 + 250, y0 + 50, y0]}
    )
    frame.to_csv(tmp_path / "points.csv", index=False)
    return tmp_path


def join(files, *options):
    return main(
        [
            "join",
            str(files / "points.csv"),
            str(files / "zones.gpkg"),
            "--out",
            str(files / "joined.csv"),
            "--columns",
            "x,y",
            "--crs",
            "EPSG:6677",
            "--lang",
            "en",
            *options,
        ]
    )


def test_each_point_gets_its_zone(files, capsys):
    assert join(files) == 0
    assert "of 4 records 2 in a zone, 0 given to the nearest, 1 outside, 1 without a place" in (
        capsys.readouterr().out
    )
    joined = pd.read_csv(files / "joined.csv", encoding="utf-8-sig")
    assert joined["zone_id"].fillna("").tolist() == ["a1", "c3", "", ""]


def test_points_outside_go_to_the_nearest_on_request(files):
    assert join(files, "--nearest", "20") == 0
    joined = pd.read_csv(files / "joined.csv", encoding="utf-8-sig")
    assert joined["zone_id"].fillna("").tolist() == ["a1", "c3", "a1", ""]


def test_faults_write_nothing(files, capsys):
    assert join(files, "--columns", "x") == 1
    assert "name two columns" in capsys.readouterr().err
    assert join(files, "--columns", "x,z") == 1
    captured = capsys.readouterr()
    assert "z" in captured.err
    assert "Traceback" not in captured.err
    assert sorted(path.name for path in files.iterdir()) == ["points.csv", "zones.gpkg"]
