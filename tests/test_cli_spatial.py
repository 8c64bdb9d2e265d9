import geopandas as gpd
import pandas as pd
import pytest
from toys import toy_zones

from tsukuba_gis.autocorrelation import local_moran
from tsukuba_gis.cli import main
from tsukuba_gis.weights import queen

VALUES = [1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 3.0, 6.0, 9.0]


@pytest.fixture
def zones(tmp_path):
    frame = toy_zones().frame.assign(rate=VALUES, word="x").reset_index()
    path = tmp_path / "zones.gpkg"
    frame.rename(columns={"zone_id": "id"}).to_file(path)
    return path


def test_moran_says_what_it_means_and_how_it_was_made(zones, capsys):
    assert main(["moran", str(zones), "--column", "rate", "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "neighbouring zones are more alike" in out
    assert "Only 9 zones" in out
    assert "9,999 permutations, seed 0" in out


def test_lisa_is_the_same_as_in_python(zones, tmp_path, capsys):
    out = tmp_path / "lisa.csv"
    command = ["lisa", str(zones), "--column", "rate", "--out", str(out), "--lang", "ja"]
    assert main(command) == 0
    assert "区域" in capsys.readouterr().out
    toy = toy_zones()
    expected = local_moran(pd.Series(VALUES, index=toy.ids, name="rate"), queen(toy)).frame
    written = pd.read_csv(out, index_col="zone_id", encoding="utf-8-sig")
    pd.testing.assert_series_equal(written["p"], expected["p"], check_names=False)
    assert list(written["cluster"]) == list(expected["cluster"])


def test_lisa_writes_layers_that_gis_opens(zones, tmp_path):
    for name in ("lisa.gpkg", "lisa.geojson"):
        out = tmp_path / name
        assert main(["lisa", str(zones), "--column", "rate", "--out", str(out)]) == 0
        assert len(gpd.read_file(out)) == 9
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "lisa.geojson",
        "lisa.gpkg",
        "zones.gpkg",
    ]


def test_regionalise_gives_k_regions(zones, tmp_path, capsys):
    out = tmp_path / "regions.csv"
    command = ["regionalise", str(zones), "--columns", "rate", "--k", "3", "--out", str(out)]
    assert main([*command, "--lang", "en"]) == 0
    assert "3 regions" in capsys.readouterr().out
    assert pd.read_csv(out, encoding="utf-8-sig")["region"].nunique() == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--column", "rats"], "no column rats. Columns: id, rate, word"),
        (["--column", "word"], "holds no numbers"),
        (["--column", "rate", "--weights", "bishop"], "Unknown weights bishop"),
        (["--column", "rate", "--weights", "knn:many"], "Unknown weights knn:many"),
        (["--column", "rate", "--weights", "queen:2"], "Unknown weights queen:2"),
        (["--column", "rate", "--layer", "none"], "layer"),
    ],
)
def test_faults_are_told_in_words(zones, arguments, words, capsys):
    assert main(["moran", str(zones), *arguments, "--lang", "en"]) == 1
    captured = capsys.readouterr()
    assert words in captured.err
    assert "Traceback" not in captured.err


def test_an_unknown_ending_writes_nothing(zones, tmp_path, capsys):
    out = tmp_path / "lisa.xyz"
    assert main(["lisa", str(zones), "--column", "rate", "--out", str(out), "--lang", "en"]) == 1
    assert ".gpkg, .geojson, .csv" in capsys.readouterr().err
    assert not out.exists()
