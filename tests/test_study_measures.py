"""Rates, age curves, correlations and regressions in a study: asked for, computed, hidden."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from toys import IDS, toy_zones

from tsukuba_gis.errors import InputError
from tsukuba_gis.indicators import indicator_values
from tsukuba_gis.records import Records
from tsukuba_gis.study import (
    CorrelationRule,
    RateRule,
    RegressionRule,
    Study,
    demo_study,
    read_study,
)
from tsukuba_gis.study.relations import correlations_of, regressions_of
from tsukuba_gis.study.shares import shares_of
from tsukuba_gis.weights import queen

HEAD = '[records]\npath = "p.csv"\nkind = "reference"\n[[zones]]\nkind = "ward"\n'
NAME = "share_severe_care"
ZONES = toy_zones()
GRAPH = queen(ZONES)


def read(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(text + HEAD, encoding="utf-8")
    return read_study(path)


# ---- the study file --------------------------------------------------------------


def test_every_key_arrives(tmp_path):
    study = read(
        tmp_path,
        """
[study]
age_curves = ["share_severe_care"]
[[rates]]
indicator = "share_severe_care"
method = "direct"
standard = "city"
zones = "ward"
[[rates]]
indicator = "share_certified"
method = "eb_local"
centring = "geoda"
[[correlations]]
indicators = ["share_75plus", "share_certified"]
method = "partial"
given = ["density"]
adjustment = "permutation"
correction = "fdr"
[[regressions]]
outcome = "share_severe_care"
explanatory = ["share_75plus"]
model = "lag"
""",
    )
    assert study.rates == (
        RateRule(indicator=NAME, method="direct", standard="city", zones="ward"),
        RateRule(indicator="share_certified", method="eb_local", centring="geoda"),
    )
    assert study.correlations == (
        CorrelationRule(
            indicators=("share_75plus", "share_certified"), method="partial", given=("density",),
            adjustment="permutation", correction="fdr",
        ),
    )  # fmt: skip
    assert study.regressions == (
        RegressionRule(outcome=NAME, explanatory=("share_75plus",), model="lag"),
    )
    assert study.age_curves == (NAME,)


def test_nothing_is_asked_for_by_itself(tmp_path):
    study = read(tmp_path, "")
    assert study.rates == study.correlations == study.regressions == study.age_curves == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[rates]\nindicator = "share_75plus"\n', "two pairs of brackets"),
        ('[[rates]]\nmethod = "crude"\n', "number 1 has no indicator"),
        ('[[rates]]\nindicator = "ratio_65_10"\n', "rates.indicator"),
        ('[[rates]]\nindicator = "share_75plus"\nmethod = "magic"\n', "rates.method"),
        ('[[rates]]\nindicator = "share_75plus"\nstandard = "city"\n', 'method = "direct" only'),
        ('[[rates]]\nindicator = "share_75plus"\nshade = 3\n', "rates.shade"),
        ('[[correlations]]\nindicators = ["happiness"]\n', "correlations.indicators"),
        ('[[correlations]]\nindicators = ["density", "share_75plus"]\ngiven = ["density"]\n',
         'method = "partial" only'),
        ('[[regressions]]\noutcome = "density"\n', "has no explanatory"),
        ('[study]\nage_curves = ["density"]\n', "study.age_curves"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(tmp_path, text, words):
    with pytest.raises(InputError) as told:
        read(tmp_path, text)
    assert words in str(told.value)


# ---- what is shown ------------------------------------------------------------------


def people(numbers, *, kind):
    """Persons of 70 and 80: by zone, how many are in heavy care and how many are not."""
    rows = []
    for zone, (heavy, others) in numbers.items():
        for level, count in (("care4", heavy), ("none", others)):
            rows += [(zone, 70 + 10 * (i % 2), "female", level) for i in range(count)]
    frame = pd.DataFrame(rows, columns=["zone", "age", "sex", "care_level"])
    records = Records(frame=frame.drop(columns="zone"), kind=kind, source="people.csv")
    return records, frame["zone"]


def shares(numbers, *, kind, methods=("crude", "indirect", "eb_global", "eb_local"), **options):
    study = replace(
        Study(title={}, min_count=10),
        rates=tuple(RateRule(indicator=NAME, method=method) for method in methods),
        **options,
    )
    records, zone_ids = people(numbers, kind=kind)
    _, _, total = indicator_values(records, zone_ids, zones=ZONES, names=(NAME,), min_count=10)
    made = shares_of(study, records, zone_ids, zones=ZONES, graph=GRAPH, total=total)
    return {rate.method: rate for rate in made["rates"]}, made["age_curves"], total


NUMBERS = {zone: (20 + 4 * place, 100) for place, zone in enumerate(IDS)}


def test_numbers_are_those_of_the_records():
    found, _, total = shares(NUMBERS, kind="invented")
    assert found["crude"].frame.loc["a1", ["observed", "population"]].tolist() == [20, 120]
    assert found["crude"].total == total[NAME] == found["eb_local"].total
    assert found["indirect"].total == pytest.approx(1)
    assert found["crude"].sources == ("people.csv",)
    assert found["eb_local"].weights == "queen"


def test_few_persons_are_smoothed_where_nobody_is_real_and_never_where_somebody_is():
    numbers = NUMBERS | {"a1": (2, 5), "b1": (0, 3), "c3": (0, 0)}
    pseudo, _, _ = shares(numbers, kind="pseudo")
    assert pseudo["crude"].frame.loc[["a1", "b1", "c3"], "value"].isna().all()
    assert pseudo["eb_local"].frame.loc[["a1", "b1"], "value"].notna().all()
    assert np.isnan(pseudo["eb_local"].frame.loc["c3", "value"])
    real, _, _ = shares(numbers, kind="reference")
    for rate in real.values():
        assert rate.frame.loc[["a1", "b1", "c3"]].isna().all(axis=None), rate.method
        assert (rate.n, rate.n_missing) == (6, 3)


def test_few_events_or_few_others_of_real_people_are_hidden_in_every_method():
    numbers = NUMBERS | {"a1": (3, 100), "b1": (100, 4)}
    real, _, _ = shares(numbers, kind="reference")
    for rate in real.values():
        assert rate.frame.loc[["a1", "b1"]].isna().all(axis=None), rate.method
    pseudo, _, _ = shares(numbers, kind="pseudo")
    assert pseudo["crude"].frame.loc["a1", "observed"] == 3


def test_one_hidden_zone_takes_another_along():
    """All zones less eight would give the ninth."""
    real, _, _ = shares(NUMBERS | {"b2": (3, 100)}, kind="reference")
    hidden = real["crude"].frame["value"].isna()
    assert hidden.sum() == 2
    assert hidden["b2"]
    assert hidden["a1"]  # the smallest shown


def test_what_is_hidden_does_not_shine_through_smoothing():
    """The smoothed rates of the others are the same whatever the hidden zones hold."""
    one, _, _ = shares(NUMBERS | {"b2": (3, 100), "c1": (4, 90)}, kind="reference")
    two, _, _ = shares(NUMBERS | {"b2": (9, 70), "c1": (1, 99)}, kind="reference")
    for method in ("eb_global", "eb_local"):
        pd.testing.assert_frame_equal(one[method].frame, two[method].frame)
        assert one[method].frame["value"].notna().sum() == 7


def test_a_rate_of_one_level_is_not_made_on_others():
    study = Study(title={}, rates=(RateRule(indicator=NAME, method="crude", zones="ward"),))
    records, zone_ids = people(NUMBERS, kind="invented")
    total = pd.Series({NAME: 0.2})
    made = shares_of(study, records, zone_ids, zones=ZONES, graph=GRAPH, total=total)
    assert made["rates"] == ()


def test_age_curves_have_care_levels_beside_them():
    _, (curve,), _ = shares(NUMBERS, kind="invented", age_curves=(NAME,))
    assert list(curve.frame.loc["all"].index) == [70, 80]
    heavy = sum(20 + 4 * place for place in range(9))
    assert curve.frame.loc["all", "observed"].sum() == heavy
    assert curve.parts["care4"].tolist() == pytest.approx(curve.frame.loc["all", "value"].tolist())
    assert curve.by_zone.shape == (9, 2)


# ---- relations ------------------------------------------------------------------------

RNG = np.random.default_rng(3)
VALUES = pd.DataFrame(RNG.random((9, 4)), IDS, ["share_75plus", NAME, "density", "share_certified"])


def test_correlations_are_of_every_pair_with_p_for_their_number():
    rule = CorrelationRule(indicators=("share_75plus", NAME, "density"))
    found = correlations_of(Study(title={}, correlations=(rule,)), VALUES, GRAPH, zones=ZONES)
    assert [one.indicators for one in found] == [
        ("share_75plus", NAME), ("share_75plus", "density"), (NAME, "density"),
    ]  # fmt: skip
    assert {one.pairs for one in found} == {3}
    assert all(one.adjustment == "dutilleul" for one in found)


def test_a_regression_that_cannot_be_is_told_and_stops_nothing():
    pytest.importorskip("statsmodels")
    counts = {
        NAME: pd.DataFrame({NAME: np.arange(20.0, 29), "persons": np.full(9, 100.0)}, index=IDS)
    }
    rules = (
        RegressionRule(outcome=NAME, explanatory=("share_75plus",), model="gwr"),
        RegressionRule(outcome="density", explanatory=("share_75plus",), model="poisson"),
        RegressionRule(outcome=NAME, explanatory=("share_75plus",), model="poisson"),
        RegressionRule(outcome=NAME, explanatory=("share_75plus",), zones="ward"),
    )
    found, problems = regressions_of(
        Study(title={}, regressions=rules), VALUES, GRAPH, zones=ZONES, counts=counts
    )
    assert [problem.key for problem in problems] == ["regression_gwr_few", "regression_no_share"]
    (poisson,) = found
    assert poisson.frame["observed"].tolist() == counts[NAME][NAME].tolist()
    assert poisson.offset == "persons"


def test_the_demo_asks_for_the_awards_first_picture():
    study = demo_study()
    assert NAME in study.age_curves
    assert {rule.method for rule in study.rates} == {"crude", "direct", "indirect", "eb_local"}
    assert study.correlations
