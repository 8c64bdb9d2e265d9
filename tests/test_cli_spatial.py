from typing import get_args

import geopandas as gpd
import pandas as pd
import pytest
from toys import toy_zones

from tsukuba_gis import reading
from tsukuba_gis.autocorrelation import TAKES, global_statistic, local_moran, local_statistic
from tsukuba_gis.cli import main
from tsukuba_gis.result import LOCAL_CLASSES, GlobalStatistic
from tsukuba_gis.weights import queen

VALUES = [1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 3.0, 6.0, 9.0]
# What each kind of statistic takes beside --column.
OPTIONS = {
    "one": ["rate"],
    "two": ["rate", "--with", "other"],
    "several": ["rate", "--with", "other", "--with", "events"],
    "rate": ["events", "--population", "persons"],
    "classes": ["word"],
    "marks": ["marked"],
}

# Small whole numbers are written only where somebody says that they are no secret.
PUBLISHED = ["--records", "published"]


@pytest.fixture
def zones(tmp_path):
    frame = toy_zones().frame.assign(
        rate=VALUES, word=["x", "x", "y"] * 3, other=VALUES[::-1], persons=100.0,
        events=[1.0, 2, 1, 2, 3, 2, 1, 2, 9], marked=[1, 1, 1, 0, 0, 0, 0, 0, 1], p=0.5,
    ).reset_index()  # fmt: skip
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
    command = [
        "lisa",
        str(zones),
        "--column",
        "rate",
        *PUBLISHED,
        "--out",
        str(out),
        "--lang",
        "ja",
    ]
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
        assert main(["lisa", str(zones), "--column", "rate", *PUBLISHED, "--out", str(out)]) == 0
        assert len(gpd.read_file(out)) == 9
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "lisa.geojson",
        "lisa.gpkg",
        "zones.gpkg",
    ]


@pytest.mark.parametrize("statistic", get_args(GlobalStatistic))
def test_every_global_statistic_by_name(zones, statistic, capsys):
    """The same number, in the same words, as from Python."""
    command = [
        "moran",
        str(zones),
        "--statistic",
        statistic,
        "--permutations",
        "99",
        "--lang",
        "en",
    ]
    assert main([*command, "--column", *OPTIONS[TAKES[statistic]]]) == 0
    out = capsys.readouterr().out
    toy = toy_zones()
    names = [word for word in OPTIONS[TAKES[statistic]] if not word.startswith("--")]
    data = gpd.read_file(zones).set_index("id")[names]
    result = global_statistic(statistic, data, queen(toy), permutations=99)
    label = reading.label_of(result, {}, lang="en")
    assert out.startswith(reading.sentence(result, label=label, lang="en"))
    assert reading.method(result, lang="en") in out
    assert ("\t" in out) is (statistic in ("join_counts", "correlogram"))


@pytest.mark.parametrize("statistic", LOCAL_CLASSES)
def test_every_local_statistic_by_name(zones, statistic, tmp_path, capsys):
    out = tmp_path / "local.csv"
    command = ["lisa", str(zones), "--statistic", statistic, "--permutations", "99"]
    columns = OPTIONS[TAKES[statistic]]
    assert (
        main([*command, "--column", *columns, *PUBLISHED, "--out", str(out), "--lang", "en"]) == 0
    )
    names = [word for word in columns if not word.startswith("--")]
    data = gpd.read_file(zones).set_index("id")[names].astype(float)
    expected = local_statistic(statistic, data, queen(toy_zones()), permutations=99)
    written = pd.read_csv(out, index_col="zone_id", encoding="utf-8-sig")
    pd.testing.assert_series_equal(written["p"], expected.frame["p"], check_names=False)
    assert list(written["cluster"]) == list(expected.frame["cluster"])
    assert reading.method(expected, lang="en") in capsys.readouterr().out


def test_a_column_that_is_named_like_a_result_does_not_stop_it(zones, tmp_path):
    """The file's own column p gives way to the p of the statistic."""
    out = tmp_path / "lisa.csv"
    assert main(["lisa", str(zones), "--column", "p", *PUBLISHED, "--out", str(out)]) == 0
    assert pd.read_csv(out, encoding="utf-8-sig")["p"].isna().all()  # equal values: not defined


def test_marks_must_be_marks(zones, capsys):
    command = ["lisa", str(zones), "--column", "rate", "--statistic", "local_join_counts"]
    assert main([*command, "--lang", "en"]) == 1
    assert "does not hold 0 and 1" in capsys.readouterr().err


def test_weights_from_a_file_are_those_of_the_map(zones, tmp_path, capsys):
    path = tmp_path / "queen.gal"
    queen(toy_zones()).to_graph().to_gal(path)
    said = []
    for weights in ("queen", str(path)):
        assert main(["moran", str(zones), "--column", "rate", "--weights", weights]) == 0
        said.append(capsys.readouterr().out.split("\n")[0])
    assert said[0] == said[1]


def test_regionalise_with_a_floor(zones, tmp_path, capsys):
    out = tmp_path / "regions.csv"
    command = [
        "regionalise",
        str(zones),
        "--columns",
        "rate",
        *PUBLISHED,
        "--out",
        str(out),
        "--lang",
        "en",
    ]
    assert main([*command, "--floor", "300", "--of", "persons"]) == 0
    assert "at least 300 in each" in capsys.readouterr().out
    regions = pd.read_csv(out, encoding="utf-8-sig").groupby("region").size()
    assert (regions >= 3).all()
    assert len(regions) > 1
    for wrong in ([], ["--k", "2", "--of", "persons"]):
        assert main([*command, *wrong]) == 1
        assert "--floor" in capsys.readouterr().err


def test_regionalise_gives_k_regions(zones, tmp_path, capsys):
    out = tmp_path / "regions.csv"
    command = [
        "regionalise",
        str(zones),
        "--columns",
        "rate",
        "--k",
        "3",
        *PUBLISHED,
        "--out",
        str(out),
    ]
    assert main([*command, "--lang", "en"]) == 0
    assert "3 regions" in capsys.readouterr().out
    assert pd.read_csv(out, encoding="utf-8-sig")["region"].nunique() == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--column", "rats"], "no column rats. Columns: id, rate, word"),
        (["--column", "rate", "--statistic", "lee"], "needs --with"),
        (["--column", "rate", "--statistic", "eb_moran"], "needs --population"),
        (["--column", "rate", "--with", "other"], "moran takes no --with"),
        (["--column", "rate", "--weights", "none.gal"], "no such file"),
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
    assert (
        main(
            ["lisa", str(zones), "--column", "rate", *PUBLISHED, "--out", str(out), "--lang", "en"]
        )
        == 1
    )
    assert ".gpkg, .geojson, .csv" in capsys.readouterr().err
    assert not out.exists()


def test_directed_is_told_by_name(zones, tmp_path, capsys):
    out = tmp_path / "lisa.csv"
    command = ["lisa", str(zones), "--column", "rate", *PUBLISHED, "--lang", "en"]
    assert main([*command, "--alternative", "directed", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "directed p (side chosen from the data)" in said
    assert "too lenient" in said
    toy = toy_zones()
    values = pd.Series(VALUES, index=toy.ids, name="rate")
    expected = local_moran(values, queen(toy), alternative="directed").frame["p"]
    written = pd.read_csv(out, index_col="zone_id", encoding="utf-8-sig")["p"]
    pd.testing.assert_series_equal(written, expected, check_names=False)
    command = ["moran", str(zones), "--column", "rate", *PUBLISHED, "--lang", "en"]
    assert main([*command, "--alternative", "directed"]) == 0
    said = capsys.readouterr().out
    assert "directed p (side chosen from the data)" in said
    assert "too lenient" in said


def test_an_exact_statistic_has_no_alternative(zones, capsys):
    command = ["lisa", str(zones), "--column", "rate", "--statistic", "losh", "--lang", "en",
               *PUBLISHED, "--alternative", "directed"]  # fmt: skip
    assert main(command) == 1
    assert "losh" in capsys.readouterr().err
