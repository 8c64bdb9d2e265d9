"""``tsukuba-gis points``: the same as in Python, and faults in words."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from toys import toy_zones

from tsukuba_gis.cli import main
from tsukuba_gis.io import read_places, read_zones
from tsukuba_gis.point_patterns import (
    dense_clusters,
    density,
    nearest_neighbour,
    ripley,
    say,
    scan,
)


@pytest.fixture
def files(tmp_path):
    """Zones of nine squares, and thirty places in them, half of them in one heap."""
    zones = toy_zones().frame.assign(cases=[9, 1, 1, 1, 1, 1, 1, 1, 1], people=100)
    zones.to_file(tmp_path / "zones.gpkg")
    west, south, east, north = zones.total_bounds
    rng = np.random.default_rng(3)
    even = rng.uniform((west, south), (east, north), (15, 2))
    heap = np.array([(west + east) / 2, (south + north) / 2]) + rng.normal(0, 5, (15, 2))
    places = gpd.GeoSeries(shapely.points(np.concatenate([even, heap])), crs=zones.crs)
    degrees = places.to_crs("EPSG:6668")
    table = pd.DataFrame({"名称": [f"医院{i}" for i in range(30)],
                          "経度": degrees.x, "緯度": degrees.y})  # fmt: skip
    table.to_csv(tmp_path / "places.csv", index=False, encoding="cp932")
    places.to_frame("geometry").assign(name="x").to_file(tmp_path / "places.gpkg")
    return tmp_path


def run(capsys, *words):
    assert main(["points", *map(str, words), "--records", "published", "--lang", "en"]) == 0
    return capsys.readouterr().out


def test_a_table_and_a_layer_give_the_same_places(files):
    table, layer = read_places(files / "places.csv"), read_places(files / "places.gpkg")
    assert table.crs == layer.crs == "EPSG:6677"
    assert table.geometry.distance(layer.geometry).max() < 1e-3
    assert table["名称"].iloc[0] == "医院0"


def test_dense(files, capsys):
    pytest.importorskip("sklearn")
    out = files / "clusters.gpkg"
    said = run(capsys, "dense", files / "places.csv", "--distance", 10, "--least", 4, "--out", out)
    found = dense_clusters(read_places(files / "places.csv").geometry, distance=10, least=4)
    assert found.k == 1
    assert say(found, "en") in said
    assert gpd.read_file(out)["cluster"].tolist() == found.labels.tolist()


def test_nearest_and_ripley(files, capsys):
    places = read_places(files / "places.csv").geometry
    zones = read_zones(files / "zones.gpkg")
    where = ["--zones", files / "zones.gpkg", "--simulations", 19]
    said = run(capsys, "nearest", files / "places.csv", *where, "--seed", 4)
    assert say(nearest_neighbour(places, zones, simulations=19, seed=4), "en") in said
    where += ["--population", files / "places.gpkg"]
    assert "drawn from the population" in run(capsys, "nearest", files / "places.csv", *where)
    where = where[:-2]
    out = files / "k.csv"
    said = run(capsys, "ripley", files / "places.csv", *where, "--out", out)
    found = ripley(places, zones, simulations=19)
    assert say(found, "en") in said
    written = pd.read_csv(out, index_col="distance", encoding="utf-8-sig")
    assert written.columns[-1].startswith("Note: ")  # a last, empty column holds the notice
    pd.testing.assert_frame_equal(written.iloc[:, :-1], found.frame)


def test_density(files, capsys):
    out = files / "density.gpkg"
    where = ["--zones", files / "zones.gpkg"]
    said = run(capsys, "density", files / "places.csv", *where, "--bandwidth", 50, "--out", out)
    places = read_places(files / "places.csv").geometry
    found = density(places, read_zones(files / "zones.gpkg"), bandwidth=50)
    assert say(found, "en") in said
    squares = gpd.read_file(out)
    assert (squares["density"] * squares.area / 1e6).sum() == pytest.approx(found.n)


def test_scan(files, capsys):
    out = files / "scan.csv"
    said = run(
        capsys, "scan", files / "zones.gpkg", "--cases", "cases", "--population", "people",
        "--simulations", 99, "--out", out,
    )  # fmt: skip
    zones = read_zones(files / "zones.gpkg")
    table = zones.frame[["cases", "people"]].rename(columns={"people": "population"})
    found = scan(table, zones.frame.geometry, simulations=99)
    assert found.clusters["p"].iloc[0] <= 0.05  # nine of the cases in one of nine zones
    assert say(found, "en") in said
    written = pd.read_csv(out, index_col="zone_id", encoding="utf-8-sig")
    assert written["cluster"].tolist() == found.labels.tolist()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name,x\nA,1\n", "no columns of places"),
        ("lon,lat\n140.1,north\n", "1 cells of the places"),
        ("lon,lat\n,\n", "no row"),
        ("lon,lat\n36.1,140.1\n", "Japan"),
    ],
)
def test_faults_are_told_in_words(files, content, words, capsys):
    (files / "bad.csv").write_text(content, encoding="utf-8")
    command = ["points", "dense", str(files / "bad.csv"), "--distance", "10", "--lang", "en"]
    assert main(command) == 1
    captured = capsys.readouterr()
    assert words in captured.err
    assert "Traceback" not in captured.err


def test_numbers_of_persons_never_come_in(files):
    (files / "mine.csv").write_text("lon,lat,個人番号\n140.1,36.1,123456789018\n", encoding="utf-8")
    assert "個人番号" not in read_places(files / "mine.csv")
