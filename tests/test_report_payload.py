"""What the page's scripts get are the numbers of the tables, for every kind of result."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from results import full_result

from tsukuba_gis.maps.packing import SIGNS
from tsukuba_gis.maps.payload import page_data
from tsukuba_gis.report.page import page_html
from tsukuba_gis.report.tables import tables

RESULT = full_result(24, districts=8)
NUMBER = 1  # the level that is compared: that with most zones
LEVEL = RESULT.levels[NUMBER]


def unpack(text, scale=1.0):
    """Read packed numbers as the page does: 45 digits, lowest first, missing is 0."""
    numbers, value, place = [], 0, 1
    for sign in text:
        code = SIGNS.index(sign)
        value += code % 45 * place
        place *= 45
        if code < 45:
            half = (value - 1) / 2 if value % 2 else -value / 2
            numbers.append(np.nan if value == 0 else half / scale)
            value, place = 0, 1
    return np.array(numbers)


@pytest.fixture(scope="module")
def page():
    found = re.search(
        r'<script id="data" type="application/json">(.*?)</script>', page_html(RESULT), re.S
    )
    return json.loads(found[1])


@pytest.fixture(scope="module")
def level(page):
    return page["levels"][NUMBER]


def cells(kind):
    """Columns of the level's table (or of the only one) of a kind, by name."""
    some = [one for one in tables(RESULT) if one.kind == kind]
    table = next((one for one in some if one.level == NUMBER), some[-1])
    return {column.name: list(column.cells) for column in table.columns}


def floats(values):
    return np.array([np.nan if one is None else one for one in values], dtype=float)


def test_values_totals_and_names(level):
    held = cells("zones")
    assert level["ids"] == held["zone_id"]
    assert level["names"] == held["name"]
    for one in RESULT.indicators:
        assert level["values"][one.name] == held[one.name]
    totals = dict(zip(cells("definitions")["key"], cells("definitions")["total_1"], strict=True))
    assert level["total"] == totals


def test_persons_by_age(level):
    held = cells("ages")
    for place, sex in enumerate(("female", "male")):
        counts = [held[f"age_{start}"][place::2] for start in level["ages"]]
        assert unpack(level["population"][sex]).tolist() == np.array(counts).T.ravel().tolist()


def test_clusters(page, level):
    held = cells("lisa")
    names = [one["name"] for one in page["class_sets"]["local_moran"]]
    for place, (name, shown) in enumerate(level["lisa"].items()):
        part = slice(place * len(LEVEL.zones), (place + 1) * len(LEVEL.zones))
        assert [names[int(sign)] for sign in shown["cluster"]] == held["cluster"][part], name
        for key in ("z", "lag"):
            assert unpack(shown[key], 1000) == pytest.approx(
                floats(held[key][part]), abs=5e-4, nan_ok=True
            )
    moran = {
        one.indicator: (one.i, one.p, one.n) for one in LEVEL.moran.values()
    }  # the table has both levels
    for name, shown in level["moran"].items():
        assert (shown["i"], shown["p"], shown["n"]) == pytest.approx(moran[name], rel=1e-4)


def test_further_local_statistics(page, level):
    held = cells("local")
    zones = len(LEVEL.zones)
    for place, shown in enumerate(level["local"]):
        names = [one["name"] for one in page["class_sets"][shown["statistic"]]]
        wanted = held["cluster"][place * zones : (place + 1) * zones]
        assert [names[int(sign)] for sign in shown["cluster"]] == wanted


def test_rates(level):
    held = cells("rates")
    for number, shown in enumerate(level["rates"], start=1):
        assert shown["values"] == held[f"r{number}_value"]
        for key in ("low", "high"):
            found = unpack(shown[key], shown["bounds_scale"])
            wanted = floats(held[f"r{number}_{key}"])
            assert found == pytest.approx(wanted, abs=0.5 / shown["bounds_scale"] + 1e-9)


def test_correlations_and_regressions(level):
    for shown, one in zip(level["correlations"], LEVEL.correlations, strict=True):
        assert (shown["x"], shown["y"]) == one.indicators
        for key, name in (("r", "value"), ("low", "low"), ("high", "high"), ("p", "p")):
            assert shown[key] == pytest.approx(getattr(one, name), rel=2e-3)
    held = cells("coefficients")
    (shown,) = level["regressions"]
    rows = held["estimate"][-len(shown["coefficients"]) :]
    assert [one["estimate"] for one in shown["coefficients"]] == pytest.approx(rows, rel=1e-3)
    tests = {one["term"]: one["value"] for one in shown["diagnostics"]}
    assert tests == pytest.approx(dict(LEVEL.regressions[0].diagnostics["value"]), rel=1e-3)


def test_regions(level):
    assert unpack(level["regions"]["labels"]).tolist() == cells("regions")["region"]
    assert level["regions"]["sizes"] == list(LEVEL.regions.sizes)


def test_projection(level):
    held, shown = cells("projection"), level["projection"]
    for place, year in enumerate(shown["years"]):
        persons = unpack(shown["persons"][place], 10)
        assert persons == pytest.approx(floats(held[f"total_{year}"]), abs=0.051, nan_ok=True)
        older = unpack(shown["measures"]["older"]["values"][place], 1e4)
        assert older == pytest.approx(floats(held[f"old_{year}"]), abs=6e-5, nan_ok=True)
        if place:
            change = unpack(shown["measures"]["change"]["values"][place], 1e4)
            assert change == pytest.approx(floats(held[f"change_{year}"]), abs=6e-5, nan_ok=True)
            for key, name in (("low", "lower"), ("high", "upper")):
                bound = unpack(shown[key][place])
                assert bound == pytest.approx(floats(held[f"{name}_{year}"]), abs=0.51, nan_ok=True)
    errors = cells("backtest")
    assert f"{100 * errors['mape'][-1]:.1f} % on average" in shown["said"]["en"][1]
    assert str(shown["base"]) in shown["said"]["ja"][0]


def test_flows(page):
    places, pairs = cells("places"), cells("pairs")
    (shown,) = page["flows"]
    assert [one["name"] for one in shown["places"]] == places["place"]
    for key in ("inflow", "outflow", "net", "net_rate"):
        found = floats(one[key] for one in shown["places"])
        assert found == pytest.approx(floats(places[key]), rel=1e-6, nan_ok=True)
    found = {(places["place"][a], places["place"][b], persons) for a, b, persons in shown["pairs"]}
    assert found == set(zip(pairs["origin"], pairs["destination"], pairs["persons"], strict=True))


def test_industries_stand_on_the_page():
    text = page_html(RESULT)
    held = cells("economy")
    for name, growth in zip(held["industry"][:-1], held["growth"], strict=False):
        assert name in text
        assert f"{growth:+,.0f}" in text


def test_a_share_by_age_stands_on_the_page_as_in_the_result():
    (curve,) = RESULT.levels[0].age_curves
    (shown,) = page_data(RESULT)["age_curves"]
    assert shown["starts"] == [65, 70, 75, 80, 85]
    assert shown["label"]["en"] == "Share aged 65+"
    for sex in ("all", "female", "male"):
        assert shown["value"][sex] == list(curve.frame.loc[sex, "value"])
    assert shown["low"] == pytest.approx(list(curve.frame.loc["all", "low"]))
    assert shown["population"] == list(curve.frame.loc["all", "population"])


def test_an_age_that_is_withheld_is_missing_on_the_page():
    (curve,) = RESULT.levels[0].age_curves
    frame = curve.frame.copy()
    frame.loc[("female", 70), ["value", "low", "high", "observed", "population"]] = np.nan
    level = replace(RESULT.levels[0], age_curves=(replace(curve, frame=frame),))
    (shown,) = page_data(replace(RESULT, levels=(level,)))["age_curves"]
    assert shown["value"]["female"][1] is None
    assert shown["value"]["male"][1] is not None
