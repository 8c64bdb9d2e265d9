"""Regressions: by hand, against R and Anselin's published values, and by law."""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal.graph import Graph

from tsukuba_gis.errors import InputError, MissingExtraError
from tsukuba_gis.regression import regress

pytest.importorskip("statsmodels", reason="the extra regression is not installed")
pytest.importorskip("spreg", reason="the extra regression is not installed")

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "spatial_reference"
RECORDS = (
    json.loads((FOLDER / "reference_values.json").read_text(encoding="utf-8"))["records"]
    if FOLDER.exists()
    else []
)
needs_data = pytest.mark.skipif(
    not RECORDS, reason="reference values of R spatialreg are not beside the repository"
)
NAMES = ("(Intercept)", "INC", "HOVAL")


def named(rows):
    return pd.DataFrame(rows, index=[f"z{i}" for i in range(len(next(iter(rows.values()))))])


def grid(side=8):
    near = {}
    for i in range(side):
        for j in range(side):
            near[f"z{side * i + j}"] = [
                f"z{side * a + b}"
                for a, b in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1))
                if 0 <= a < side and 0 <= b < side
            ]
    return Graph.from_dicts(near)


def places(side=8):
    return pd.DataFrame(
        [(1000.0 * i, 1000.0 * j) for i in range(side) for j in range(side)],
        columns=["x", "y"],
        index=[f"z{k}" for k in range(side * side)],
    )


def drawn(seed=0, n=64):
    rng = np.random.default_rng(seed)
    data = named({"a": rng.normal(size=n), "b": rng.normal(size=n)})
    return data.assign(y=1 + 2 * data["a"] - data["b"] + rng.normal(size=n))


# ---- by hand -------------------------------------------------------------------------


def test_a_line_by_hand():
    # x̄ = 2.5, ȳ = 2.5; Sxy = 4, Sxx = 5: slope 0.8, intercept 0.5; residuals −.3 .9 −.9 .3
    found = regress(
        named({"x": [1.0, 2, 3, 4], "y": [1.0, 3, 2, 4]}),
        outcome="y",
        explanatory=["x"],
        errors="classical",
    )
    assert found.coefficients["estimate"].tolist() == pytest.approx([0.5, 0.8])
    assert found.frame["residual"].tolist() == pytest.approx([-0.3, 0.9, -0.9, 0.3])
    sigma2 = 1.8 / 2
    assert found.coefficients.loc["x", "se"] == pytest.approx(np.sqrt(sigma2 / 5))
    assert found.fit["r2"] == pytest.approx(1 - 1.8 / 5)
    assert found.coefficients.loc["x", "high"] == pytest.approx(0.8 + 4.302653 * np.sqrt(0.18))
    leverage = np.array([0.7, 0.3, 0.3, 0.7])
    expected = np.array([-0.3, 0.9, -0.9, 0.3]) / np.sqrt(sigma2 * (1 - leverage))
    assert found.frame["residual_std"].tolist() == pytest.approx(expected.tolist())
    # The band of the mean at x = 1: ŷ ± t √(σ² h)
    half = 4.302653 * np.sqrt(sigma2 * 0.7)
    assert found.frame.loc["z0", "fitted_high"] == pytest.approx(1.3 + half)


def test_robust_errors_by_hand():
    """HC3: (X'X)⁻¹ Σ xᵢxᵢ' (eᵢ/(1 − hᵢ))² (X'X)⁻¹."""
    data = named({"x": [1.0, 2, 3, 4], "y": [1.0, 3, 2, 4]})
    found = regress(data, outcome="y", explanatory=["x"])
    x = np.column_stack([np.ones(4), data["x"]])
    inverse = np.linalg.inv(x.T @ x)
    e = np.array([-0.3, 0.9, -0.9, 0.3]) / (1 - np.array([0.7, 0.3, 0.3, 0.7]))
    expected = np.sqrt(np.diag(inverse @ (x.T * e**2) @ x @ inverse))
    assert found.coefficients["se"].tolist() == pytest.approx(expected.tolist())
    assert found.errors == "hc3"


def test_a_poisson_regression_on_two_groups_gives_their_rates():
    """With one 0/1 column the fit is exact: log of the rate, and of the ratio of rates."""
    data = named(
        {
            "events": [2.0, 4, 3, 10, 14, 12],
            "people": [100.0, 200, 150, 100, 140, 120],
            "rural": [0.0, 0, 0, 1, 1, 1],
        }
    )
    found = regress(data, outcome="events", explanatory=["rural"], model="poisson", offset="people")
    estimate = found.coefficients["estimate"]
    assert np.exp(estimate["intercept"]) == pytest.approx(9 / 450)
    assert np.exp(estimate["rural"]) == pytest.approx((36 / 360) / (9 / 450))
    assert found.frame["fitted"].sum() == pytest.approx(45)
    plain = regress(
        data, outcome="events", explanatory=["rural"], model="poisson", offset="people",
        errors="classical",
    )  # fmt: skip
    # Var of a log rate is one over its events.
    assert plain.coefficients.loc["rural", "se"] == pytest.approx(np.sqrt(1 / 9 + 1 / 36))


def test_a_negative_binomial_allows_for_spread():
    rng = np.random.default_rng(4)
    n = 300
    x, people = rng.normal(size=n), rng.integers(50, 500, size=n).astype(float)
    mean = people * np.exp(-2 + 0.5 * x)
    events = rng.poisson(mean * rng.gamma(2.0, 0.5, size=n))  # α = ½
    data = named({"events": events.astype(float), "people": people, "x": x})
    options = {"outcome": "events", "explanatory": ["x"], "offset": "people"}
    poisson = regress(data, model="poisson", errors="classical", **options)
    wide = regress(data, model="negative_binomial", errors="classical", **options)
    assert wide.fit["dispersion"] == pytest.approx(0.5, abs=0.12)
    assert wide.fit["aic"] < poisson.fit["aic"] - 100
    assert poisson.diagnostics.loc["dispersion", "value"] > 5
    assert wide.diagnostics.loc["dispersion", "value"] == pytest.approx(1.0, abs=0.3)
    assert wide.coefficients.loc["x", "se"] > 2 * poisson.coefficients.loc["x", "se"]
    assert wide.coefficients.loc["x", "low"] < 0.5 < wide.coefficients.loc["x", "high"]


def test_zones_without_a_number_or_a_neighbour_take_no_part():
    data = drawn()
    data.loc["z0", "a"] = np.nan
    near = grid()
    found = regress(data, outcome="y", explanatory=["a", "b"], graph=near)
    assert (found.n, found.n_missing) == (63, 1)
    assert found.frame.loc["z0"].isna().all()
    assert list(found.frame.index) == list(data.index)
    lonely = data.copy()
    lonely.loc[["z1", "z8"], "y"] = np.inf  # the neighbours of z0
    lonely.loc["z0", "a"] = 0.0
    assert regress(lonely, outcome="y", explanatory=["a", "b"], graph=near).n == 61


def test_gwr_finds_a_slope_that_changes_from_west_to_east():
    pytest.importorskip("mgwr")
    data, where = drawn(), places()
    data["y"] = 1 + where["x"] / 1000 * data["a"] + 0.01 * data["b"]
    found = regress(data, outcome="y", explanatory=["a"], model="gwr", points=where, graph=grid())
    local = found.frame["local_a"]
    assert np.corrcoef(local, where["x"])[0, 1] > 0.95
    assert found.coefficients.loc["a", "low"] == local.min()
    assert found.coefficients["p"].isna().all()
    assert found.fit["r2"] > 0.9
    few = where.index[:20]
    with pytest.raises(InputError, match="too few zones"):
        regress(data.loc[few], outcome="y", explanatory=["a"], model="gwr", points=where.loc[few])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"outcome": "z"}, "no column 'z'"),
        ({"explanatory": []}, "one or more explanatory"),
        ({"explanatory": ["a", "a"]}, "no column twice"),
        ({"explanatory": ["a", "same"]}, "'same' is the same everywhere"),
        ({"explanatory": ["a", "double"]}, "'double' is the same everywhere or follows"),
        ({"model": "poisson"}, "numbers of events"),
        ({"offset": "b"}, "offset goes with"),
        ({"model": "lag"}, "needs the neighbours"),
        ({"model": "gwr"}, "needs the places"),
        ({"graph": grid(4)}, "not about the same zones"),
    ],
)
def test_what_cannot_be_is_said(change, words):
    data = drawn()
    data = data.assign(same=3.0, double=2 * data["a"] + 1)
    with pytest.raises(InputError, match=words):
        regress(data, **{"outcome": "y", "explanatory": ["a", "b"], **change})


def test_too_few_zones():
    with pytest.raises(InputError, match="at least 5"):
        regress(drawn().iloc[:4], outcome="y", explanatory=["a", "b"])


@pytest.mark.parametrize("model", ["poisson", "negative_binomial"])
def test_a_fit_without_an_answer_is_told_not_shown(model):
    """No events at all where x is 0: the logarithm of the rate there is minus infinity."""
    data = named({"events": [0.0, 0, 0, 5, 6, 7], "x": [0.0, 0, 0, 1, 1, 1]})
    with pytest.raises(InputError, match="did not converge"):
        regress(data, outcome="events", explanatory=["x"], model=model)


def test_a_missing_library_names_its_extra(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "statsmodels.regression.linear_model", None)
    with pytest.raises(MissingExtraError, match="tsukuba-gis\\[regression\\]"):
        regress(drawn(), outcome="y", explanatory=["a"])


def test_the_libraries_are_kept_silent(capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for model in ("ols", "lag", "error"):
            regress(drawn(), outcome="y", explanatory=["a"], model=model, graph=grid())
    assert capfd.readouterr() == ("", "")


# ---- published -----------------------------------------------------------------------


def columbus(record):
    dataset, weights = record["dataset"], record["weights"].partition("/")[0]
    (lists,) = (
        r["value"]
        for r in RECORDS
        if (r["dataset"], r["weights"], r["statistic"]) == (dataset, weights, "neighbours_0based")
    )
    if dataset == "columbus":
        data = pd.read_csv(FOLDER / "spdep" / "columbus.csv")[["CRIME", "INC", "HOVAL"]]
    else:
        (held,) = (
            r["value"] for r in RECORDS if (r["dataset"], r["statistic"]) == (dataset, "data")
        )
        data = pd.DataFrame(held)
    data.index = pd.Index([f"z{i}" for i in range(len(data))])
    graph = Graph.from_dicts({f"z{i}": [f"z{j}" for j in row] for i, row in enumerate(lists)})
    return {"data": data, "graph": graph, "outcome": "CRIME", "explanatory": ["INC", "HOVAL"]}


def records(*statistics):
    return [
        pytest.param(r, id=f"{r['dataset'][:8]}-{r['weights']}-{r['statistic']}")
        for r in RECORDS
        if r["statistic"] in statistics and r["weights"]
    ]


@needs_data
@pytest.mark.parametrize("record", records("ols", "lm_tests", "lm_moran_residuals"))
def test_ordinary_fit_and_tests_are_those_of_r(record):
    value = record["value"]
    found = regress(errors="classical", **columbus(record))
    if record["statistic"] == "ols":
        assert found.coefficients["estimate"].tolist() == pytest.approx(
            list(value["coef"].values())
        )
        assert found.coefficients["se"].tolist() == pytest.approx(list(value["se"].values()))
        for ours, theirs in (("r2", "r2"), ("r2_adjusted", "r2adj"), ("sigma", "sigma"),
                             ("log_likelihood", "logLik"), ("aic", "AIC")):  # fmt: skip
            assert found.fit[ours] == pytest.approx(value[theirs], rel=1e-11)
        return
    tests = found.diagnostics
    if record["statistic"] == "lm_moran_residuals":
        assert tests.loc["moran_residuals", "value"] == pytest.approx(value["I"], rel=1e-11)
        expected = float(np.squeeze(value["p_two_sided"]))
        assert tests.loc["moran_residuals", "p"] == pytest.approx(expected, rel=1e-9)
        return
    for ours, theirs in (("lm_error", "LMerr"), ("lm_lag", "LMlag"), ("robust_lm_error", "RLMerr"),
                         ("robust_lm_lag", "RLMlag"), ("lm_sarma", "SARMA")):  # fmt: skip
        assert tests.loc[ours, "value"] == pytest.approx(value[theirs]["stat"], rel=1e-9)
        assert tests.loc[ours, "p"] == pytest.approx(value[theirs]["p"], rel=1e-9)


@needs_data
@pytest.mark.parametrize("record", records("ml_lag", "ml_error"))
def test_spatial_models_are_those_of_r(record):
    """As far as the two searches for ρ and λ agree (R's own stops at about 1e-7)."""
    value = record["value"]
    model = record["statistic"].removeprefix("ml_")
    found = regress(model=model, **columbus(record))
    terms = found.coefficients
    expected = [value["coef"][name] for name in NAMES]
    assert terms["estimate"].iloc[:3].tolist() == pytest.approx(expected, rel=1e-6)
    rho = value["rho" if model == "lag" else "lambda"]
    assert terms.loc[model, "estimate"] == pytest.approx(rho, abs=1e-7)
    assert found.fit["log_likelihood"] == pytest.approx(value["logLik"], rel=1e-12)
    assert found.fit["sigma"] ** 2 == pytest.approx(value["s2"], rel=1e-6)
    if "AIC" in value:
        assert found.fit["aic"] == pytest.approx(value["AIC"], rel=1e-12)
        assert terms["se"].iloc[:3].tolist() == pytest.approx(list(value["se"].values()), rel=1e-6)
    if "direct" in value:
        for name in ("direct", "indirect", "total"):
            assert found.impacts[name].tolist() == pytest.approx(
                np.ravel(value[name]).tolist(), rel=1e-6
            )


@needs_data
def test_anselins_published_columbus():
    """Anselin (1988), chapter 12: OLS, lag (ρ = 0.431) and error (λ = 0.562)."""
    (record,) = (
        r for r in RECORDS if r["statistic"] == "ml_lag" and r["dataset"].startswith("oldcol")
    )
    given = columbus(record)
    ordinary = regress(errors="classical", **given)
    assert ordinary.coefficients["estimate"].round(3).tolist() == [68.619, -1.597, -0.274]
    lag = regress(model="lag", **given).coefficients["estimate"]
    assert lag.round(3).tolist() == [45.079, -1.032, -0.266, 0.431]
    error = regress(model="error", **given).coefficients["estimate"]
    assert error.round(3).tolist() == [59.893, -0.941, -0.302, 0.562]


# ---- laws ----------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(scale=st.integers(2, 1000), order=st.randoms(use_true_random=False))
def test_units_scale_coefficients_and_order_does_not_matter(scale, order):
    data = drawn(3)
    plain = regress(data, outcome="y", explanatory=["a", "b"], graph=grid())
    shuffled = list(data.index)
    order.shuffle(shuffled)
    other = regress(
        data.assign(a=data["a"] * scale).loc[shuffled], outcome="y", explanatory=["a", "b"],
        graph=grid(),
    )  # fmt: skip
    assert other.coefficients.loc["a", "estimate"] * scale == pytest.approx(
        plain.coefficients.loc["a", "estimate"]
    )
    pd.testing.assert_frame_equal(other.frame.loc[data.index], plain.frame, rtol=1e-6)
    pd.testing.assert_frame_equal(
        other.diagnostics.drop("condition"), plain.diagnostics.drop("condition"), rtol=1e-6
    )


def test_an_indicator_of_nothing_changes_little_and_residuals_are_free_of_the_explanatory():
    found = regress(drawn(5), outcome="y", explanatory=["a", "b"])
    data = drawn(5)
    assert found.frame["residual"].sum() == pytest.approx(0, abs=1e-10)
    assert (found.frame["residual"] * data["a"]).sum() == pytest.approx(0, abs=1e-10)


def test_neighbours_alike_are_found_and_a_lag_model_takes_them_up():
    graph, rng = grid(10), np.random.default_rng(8)
    w = graph.transform("r").sparse.todense()
    order = graph.unique_ids.get_indexer([f"z{i}" for i in range(100)])
    w = np.asarray(w)[np.ix_(order, order)]
    a = rng.normal(size=100)
    y = np.linalg.solve(np.eye(100) - 0.7 * w, 1 + 2 * a + 0.5 * rng.normal(size=100))
    data = named({"a": a, "y": y})
    plain = regress(data, outcome="y", explanatory=["a"], graph=graph)
    assert plain.diagnostics.loc["lm_lag", "p"] < 1e-6
    lag = regress(data, outcome="y", explanatory=["a"], graph=graph, model="lag", seed=1)
    assert lag.coefficients.loc["lag", "estimate"] == pytest.approx(0.7, abs=0.1)
    assert lag.coefficients.loc["a", "estimate"] == pytest.approx(2, abs=0.2)
    assert lag.diagnostics.loc["moran_residuals", "p"] > 0.05
    assert lag.fit["aic"] < plain.fit["aic"]
    assert lag.impacts.loc["a", "total"] == pytest.approx(
        lag.coefficients.loc["a", "estimate"] / (1 - lag.coefficients.loc["lag", "estimate"])
    )


def test_the_data_are_untouched():
    data = drawn()
    before = data.copy()
    regress(data, outcome="y", explanatory=["a"], model="error", graph=grid())
    pd.testing.assert_frame_equal(data, before)
