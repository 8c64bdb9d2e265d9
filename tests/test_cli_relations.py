"""Commands rates, correlate and regress: what they say is what Python computes."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from toys import IDS, toy_zones

from tsukuba_gis import rates
from tsukuba_gis.cli import main
from tsukuba_gis.weights import queen

EVENTS = [1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 3.0, 6.0, 30.0]
PEOPLE = [20.0, 30.0, 40.0, 30.0, 50.0, 60.0, 30.0, 0.0, 90.0]
RATE = [1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 3.0, 6.0, 9.0]
OTHER = [2.0, 1.0, 3.0, 3.0, 5.0, 5.0, 4.0, 6.0, 8.0]


@pytest.fixture
def zones(tmp_path):
    frame = toy_zones().frame.assign(
        events=EVENTS, people=PEOPLE, rate=RATE, other=OTHER, third=OTHER[::-1]
    )
    frame.loc["b3", "events"] = 0.0
    path = tmp_path / "zones.gpkg"
    frame.reset_index().rename(columns={"zone_id": "id"}).to_file(path)
    return path


def series(numbers):
    return pd.Series(numbers, IDS)


def test_rates_are_those_of_python(zones, tmp_path, capsys):
    out = tmp_path / "rates.csv"
    command = ["rates", str(zones), "--events", "events", "--population", "people"]
    command += ["--records", "published"]
    assert main([*command, "--method", "eb_local", "--out", str(out), "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "drawn towards the mean of the zone and its neighbours" in said
    assert "Zones whose value is not shown" in said  # nobody lives in b3
    written = pd.read_csv(out, index_col="zone_id", encoding="utf-8-sig")
    events = series(EVENTS)
    events["b3"] = 0.0
    expected = rates.eb_local(events, series(PEOPLE), queen(toy_zones())).frame["value"]
    pd.testing.assert_series_equal(written["value"], expected, check_names=False)


def test_crude_rates_tell_who_stands_out(zones, capsys):
    command = ["rates", str(zones), "--events", "events", "--population", "people"]
    assert main([*command, "--lang", "ja"]) == 0
    said = capsys.readouterr().out
    assert "より高い区域は1" in said  # c3: 30 of 90
    assert main([*command, "--method", "indirect", "--lang", "en"]) == 0
    assert "lead to expect" in capsys.readouterr().out


def test_correlate_tells_every_pair_and_what_it_is_not(zones, capsys):
    command = ["correlate", str(zones), "--columns", "rate,other,third", "--lang", "en"]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert said.count("Pearson's correlation") == 3
    value = np.corrcoef(RATE, OTHER)[0, 1]
    assert f"rate and other: Pearson's correlation {value:.2f}" in said
    assert "3 pairs were tested" in said
    assert "ecological fallacy" in said
    assert main([*command, "--adjustment", "permutation", "--seed", "3"]) == 0
    assert "9,999 randomisations that keep autocorrelation, seed 3" in capsys.readouterr().out


def test_partial_needs_and_takes_what_is_given(zones, capsys):
    command = ["correlate", str(zones), "--columns", "rate,other", "--method", "partial"]
    assert main([*command, "--lang", "en"]) == 1
    assert "held constant" in capsys.readouterr().err
    assert main([*command, "--given", "third", "--lang", "ja"]) == 0
    assert "thirdの影響を除いた関係です" in capsys.readouterr().out


def test_regress_writes_what_it_fitted(zones, tmp_path, capsys):
    pytest.importorskip("statsmodels")
    out = tmp_path / "fit.gpkg"
    command = ["regress", str(zones), "--outcome", "rate", "--explanatory", "other"]
    command += ["--records", "published"]
    assert main([*command, "--out", str(out), "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "Ordinary least squares of rate on other (9 zones)" in said
    assert "zones higher in other are higher" in said
    layer = gpd.read_file(out)
    assert {"observed", "fitted", "residual_std", "fitted_low"} <= set(layer.columns)
    assert layer["residual"].sum() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rates", "--events", "rats", "--population", "people"], "no column rats"),
        (["rates", "--events", "people", "--population", "events"], "more events than persons"),
        (["correlate", "--columns", "rate"], "is of two indicators"),
        (["regress", "--outcome", "rate", "--explanatory", "rate"], "no column twice"),
        (["regress", "--outcome", "rate", "--explanatory", "name"], "no column name"),
    ],
)
def test_faults_are_told_in_words(zones, arguments, words, capsys):
    command, *rest = arguments
    assert main([command, str(zones), *rest, "--lang", "en"]) == 1
    captured = capsys.readouterr()
    assert words in captured.err
    assert "Traceback" not in captured.err
