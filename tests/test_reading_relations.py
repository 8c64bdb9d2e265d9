"""What is said of rates, correlations, regressions and age curves, in both languages."""

import numpy as np
import pandas as pd
import pytest

from tsukuba_gis import reading
from tsukuba_gis.result import AgeCurve, Correlation, Rate, Regression

NAN = float("nan")
LABELS = {"care": "重度介護の割合", "old": "後期高齢者の割合"}


def correlation(**changes):
    usual = {
        "indicators": ("old", "care"), "method": "pearson", "value": 0.6, "low": 0.29, "high": 0.8,
        "alpha": 0.05, "p": 0.0008, "p_spatial": 0.03, "adjustment": "dutilleul",
        "effective_n": 14.2, "n": 40, "n_missing": 2, "seed": 7,
    }  # fmt: skip
    return Correlation(**usual | changes)


def say_correlation(lang="en", **changes):
    return "\n".join(reading.correlation_words(correlation(**changes), labels=LABELS, lang=lang))


def test_the_adjusted_p_decides_what_is_said():
    assert "tend to be high in the other (p = 0.030)" in say_correlation()
    assert "Chance alone makes a relation as close" in say_correlation(p_spatial=0.2)
    assert "tend to be low in the other" in say_correlation(value=-0.6)
    assert "(p < 0.0001)" in say_correlation(p_spatial=1e-9)
    assert "independent ones" not in say_correlation(effective_n=41.0)
    plain = say_correlation(adjustment="none", p_spatial=NAN, effective_n=NAN)
    assert "takes zones for independent" in plain
    assert "(p = 0.0008)" in plain


def test_a_pair_among_many_is_told_by_its_corrected_p():
    said = say_correlation(pairs=10, p_adjusted=0.3, correction="holm")
    assert "Chance alone" in said
    assert "10 pairs were tested" in said
    assert "before: p = 0.030" in said


def test_what_it_does_not_mean_stands_in_both_languages():
    assert "生態学的誤謬" in say_correlation("ja")
    assert "原因だとはいえません" in say_correlation("ja")
    assert "重度介護の割合" in say_correlation("ja")
    assert "約14区域分" in say_correlation("ja")
    assert "データのない2区域" in say_correlation("ja")
    undefined = say_correlation(value=NAN)
    assert "no correlation can be had" in undefined
    assert "\n" not in undefined


def regression(**changes):
    terms = pd.DataFrame(
        {"estimate": [1.0, 0.5], "se": [0.1, 0.1], "low": [0.8, 0.3], "high": [1.2, 0.7],
         "p": [0.001, 0.0002]},
        index=["intercept", "old"],
    )  # fmt: skip
    tests = pd.DataFrame(
        {"value": [0.3, 8.0, 3.0, 6.0, 1.0, 40.0, 55.0],
         "p": [0.001, 0.005, 0.08, 0.01, 0.4, 0.0001, NAN]},
        index=["moran_residuals", "lm_lag", "lm_error", "robust_lm_lag", "robust_lm_error",
               "breusch_pagan", "condition"],
    )  # fmt: skip
    usual = {
        "outcome": "care", "explanatory": ("old",), "model": "ols", "errors": "hc3",
        "coefficients": terms, "frame": pd.DataFrame(), "diagnostics": tests, "fit": {"r2": 0.42},
        "alpha": 0.05, "n": 40, "n_missing": 0, "weights": "queen",
    }  # fmt: skip
    return Regression(**usual | changes)


def say_regression(lang="en", **changes):
    return "\n".join(reading.regression_words(regression(**changes), labels=LABELS, lang=lang))


def test_a_regression_is_told_with_its_warnings():
    said = say_regression()
    assert "42% of the differences" in said
    assert "are higher (coefficient 0.5, 95% interval 0.3 to 0.7, p = 0.0002)" in said
    assert "intervals and p are too good. A spatial lag model (lag) is indicated." in said
    assert "hold all the same (HC3)" in said
    assert "condition number 55" in said
    assert "ecological fallacy" in said
    assert "classical errors are wrong" in say_regression(errors="classical")
    quiet = regression().diagnostics.assign(p=0.9, value=1.0)
    assert "too good" not in say_regression(diagnostics=quiet)


def test_each_model_says_what_its_coefficients_are():
    frame = regression().coefficients
    lag = pd.concat([frame, frame.iloc[[1]].set_axis(["lag"])])
    impacts = pd.DataFrame({"direct": [0.5], "indirect": [0.2], "total": [0.7]}, index=["old"])
    said = say_regression("ja", model="lag", coefficients=lag, impacts=impacts)
    assert "合計は、後期高齢者の割合 0.7" in said
    error = pd.concat([frame, frame.iloc[[1]].set_axis(["error"])])
    assert "λ = 0.5" in say_regression(model="error", coefficients=error)
    spread = pd.DataFrame({"value": [15.9], "p": [0.0]}, index=["dispersion"])
    poisson = say_regression(model="poisson", offset="persons", diagnostics=spread, fit={})
    assert "ratio of rates" in poisson
    assert "15.9 times" in poisson
    assert "from 0.3 to 0.7 (mean 0.5)" in say_regression(model="gwr")
    assert "one for each ten" in say_regression(n=8)


def rate(**changes):
    frame = pd.DataFrame(
        {"value": [0.1, 0.3, 0.2, np.nan], "low": [0.05, 0.25, 0.1, np.nan],
         "high": [0.15, 0.35, 0.3, np.nan], "funnel_low": [0.12, 0.1, 0.1, np.nan],
         "funnel_high": [0.28, 0.28, 0.4, np.nan]},
        index=list("abcd"),
    )  # fmt: skip
    usual = {
        "indicator": "care", "method": "crude", "frame": frame, "total": 0.2, "alpha": 0.05,
        "n": 3, "n_missing": 1, "interval": "wilson",
    }  # fmt: skip
    return Rate(**usual | changes)


def say_rate(lang="en", **changes):
    return "\n".join(reading.rate_words(rate(**changes), label="重度", lang=lang))


def test_rates_tell_who_stands_out_and_what_that_is_not():
    said = say_rate()
    assert "20.0% in the whole city. Of 3 zones, 1 lie above and 1 below" in said
    assert "says nothing about its reason" in said
    assert "few persons or no data: 1" in said
    assert "昭和60年モデル人口" in say_rate("ja", method="direct", standard="japan_1985")
    assert "実際の割合ではありません" in say_rate("ja", method="direct", standard="japan_1985")
    assert "in 0 and below 1 in 3" in say_rate(method="indirect", standard="city")
    smooth = say_rate(method="eb_local", centring="geoda", weights="queen", interval="")
    assert "not the shares themselves" in smooth
    assert "centred as geoda does" in smooth
    assert "two sources (census, register)" in say_rate(sources=("census", "register"))
    empty = rate().frame * np.nan
    assert say_rate(frame=empty) == "重度: there is no zone whose value can be shown."


def test_small_rates_are_told_per_100000():
    assert reading.shown_rate(0.00012, lang="en") == "12.0 per 100,000"
    assert reading.shown_rate(NAN, lang="en") == "–"
    assert reading.shown_rate(0.0, lang="ja") == "0.0%"


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_an_age_curve_is_told_from_end_to_end(lang):
    index = pd.MultiIndex.from_product([["all"], [65, 70, 95]], names=["sex", "age_start"])
    frame = pd.DataFrame(
        {"value": [0.01, 0.4, 0.3], "low": [0.0, 0.3, 0.2], "high": [0.02, 0.5, 0.4]}, index=index
    )
    curve = AgeCurve(
        indicator="care", frame=frame, by_zone=pd.DataFrame(), alpha=0.05, interval="wilson"
    )
    said = " ".join(reading.age_curve_words(curve, label="x", lang=lang))
    for part in ("1.0%", "30.0%", "40.0%", "65", "95", "70"):
        assert part in said
    assert ("同じ人" if lang == "ja" else "not the same people") in said
