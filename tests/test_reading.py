"""Readings: every case has its words, in both languages, and the words fit the numbers."""

import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph

from tsukuba_gis import autocorrelation
from tsukuba_gis.messages import LANGUAGES
from tsukuba_gis.reading import cautions, method, rate_caution, sentence, weights_name
from tsukuba_gis.result import Association, LocalAssociation, LocalMoran, Moran


def moran_of(**changes):
    values = {
        "indicator": "x", "i": 0.4, "expected": -0.02, "z": 4.0, "p": 0.001, "n": 50,
        "n_missing": 0, "n_islands": 0, "permutations": 9_999, "seed": 7, "weights": "queen",
    }  # fmt: skip
    return Moran(**(values | changes))


def lisa_of(clusters, *, p=0.01, floor=0.00002, **changes):
    known = ~np.isin(clusters, ["missing", "island"])
    frame = pd.DataFrame(
        {
            "cluster": clusters,
            "p": np.where(known, p, np.nan),
            "p_floor": np.where(known, floor, np.nan),
        }
    )
    values = {
        "indicator": "x", "frame": frame, "alpha": 0.05, "fdr": True, "permutations": 99_999,
        "seed": 7, "weights": "queen",
    }  # fmt: skip
    return LocalMoran(**(values | changes))


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (moran_of(), "more alike than chance"),
        (moran_of(i=-0.4), "less alike than chance"),
        (moran_of(p=0.051), "not shown"),
        (moran_of(p=np.nan), "not defined"),
        (lisa_of(["HH", "HH", "LL", "ns", "HL", "missing"]), "of 5 zones tested, 2 lie in"),
        (lisa_of(["ns"] * 40), "of 40 zones tested, none"),
        (lisa_of(["ns"] * 5, p=np.nan), "not defined"),
    ],
)  # fmt: skip
def test_the_sentence_fits_the_numbers(result, words):
    assert words in sentence(result, label="Share", lang="en")


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (moran_of(n=50), []),
        (moran_of(n=18), ["Only 18 zones"]),
        (
            moran_of(n_missing=2, n_islands=1),
            ["have no data: 2", "no neighbour has data: 1"],
        ),
        (lisa_of(["ns"] * 29 + ["missing"]), ["Only 29 zones", "have no data: 1"]),
        (lisa_of(["ns"] * 40, floor=0.06), ["no value could make significant"]),
        (lisa_of(["ns"] * 40, fdr=False), ["about 2 zones would be marked"]),
        (lisa_of(["ns"] * 40, alternative="directed"), ["too lenient"]),
    ],
)
def test_cautions(result, said):
    lines = cautions(result, lang="en")
    assert len(lines) == len(said)
    for line, words in zip(lines, said, strict=True):
        assert words in line


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "result", [moran_of(), lisa_of(["HH"] * 20), lisa_of(["HH"], fdr=False, alternative="directed")]
)
def test_the_method_states_what_is_needed_to_make_it_again(result, lang):
    words = method(result, lang=lang)
    for needed in (f"{result.permutations:,}", "7", weights_name("queen", lang=lang)):
        assert needed in words


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_placeholder_is_left(lang):
    results = [
        moran_of(),
        moran_of(p=0.5),
        moran_of(p=np.nan),
        lisa_of(["HH", "ns"]),
        lisa_of(["ns"]),
    ]
    for result in results:
        words = [sentence(result, label="高齢化率", lang=lang), method(result, lang=lang)]
        assert not set("{}") & set("".join([*words, *cautions(result, lang=lang)]))


def test_weights_without_words_stand_as_they_are():
    assert weights_name("river links", lang="ja") == "river links"


# ---- every statistic of the package ----------------------------------------

GLOBAL = ("geary", "getis_ord_g", "bivariate_moran", "lee")
LOCAL = ("local_bivariate_moran", "local_g", "local_g_star", "local_geary", "local_join_counts")


def association(statistic, *, p=0.01, z=3.0, value=0.4):
    return Association(
        statistic=statistic, indicator=("x",), value=value, expected=1.0, variance=0.1, z=z, p=p,
        n=40, n_missing=0, n_islands=0, permutations=9_999, seed=7, weights="rook",
    )  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("statistic", GLOBAL)
def test_global_statistics_have_words_for_both_directions_and_none(statistic, lang):
    nan = float("nan")
    closed = statistic in ("geary", "getis_ord_g")
    up = association(statistic, z=3.0 if closed else nan)
    down = association(statistic, z=-3.0 if closed else nan, value=0.4 if closed else -0.4)
    said = {
        sentence(result, label="高齢化率", lang=lang)
        for result in (up, down, association(statistic, p=0.3), association(statistic, p=nan))
    }
    assert len(said) == 4
    assert not set("{}") & set("".join([*said, method(up, lang=lang), *cautions(up, lang=lang)]))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("statistic", LOCAL)
def test_local_statistics_have_words(statistic, lang):
    classes = {
        "local_bivariate_moran": "HL",
        "local_geary": "negative",
        "local_join_counts": "cluster",
    }.get(statistic, "hot")
    frame = lisa_of([classes, "ns", "ns", "missing"]).frame
    exact = statistic == "local_join_counts"
    result = LocalAssociation(
        statistic=statistic, indicator=("x",), frame=frame, alpha=0.05, fdr=True,
        permutations=0 if exact else 99_999, seed=7, weights="knn(4)",
        alternative="greater" if exact else "two-sided",
    )  # fmt: skip
    words = sentence(result, label="高齢化率", lang=lang)
    assert "3" in words
    assert "1" in words
    assert ("99,999" in method(result, lang=lang)) is not exact
    assert not set("{}") & set(words + method(result, lang=lang))


@pytest.mark.parametrize("name", autocorrelation.__all__)
def test_no_statistic_is_without_words(name):
    """What the functions return can be read aloud: run each that gives a result, and say it."""
    ids = [f"z{i}" for i in range(12)]
    ring = Graph.from_dicts({ids[i]: [ids[i - 1], ids[(i + 1) % 12]] for i in range(12)})
    x = pd.Series(np.random.default_rng(0).gamma(2, size=12), ids, name="x")
    two = ("bivariate_moran", "lee", "local_bivariate_moran")
    arguments = (x, x.rank()) if name in two else (x > 1,) if name == "local_join_counts" else (x,)
    tables = {
        "Agreement", "agreement", "aple", "chance_share", "correlogram", "from_esda", "join_counts",
        "local_lee", "local_moran_moments", "local_moran_normal", "losh", "rate_index",
    }  # fmt: skip
    if name in tables:
        return
    result = getattr(autocorrelation, name)(*arguments, ring)
    for lang in LANGUAGES:
        assert sentence(result, label="x", lang=lang)
        assert method(result, lang=lang)
        assert cautions(result, lang=lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_rates_that_chance_could_make_are_warned_of(lang):
    assert rate_caution(0.3, lang=lang) == ()
    assert rate_caution(float("nan"), lang=lang) == ()
    (words,) = rate_caution(0.62, lang=lang)
    assert "62" in words
