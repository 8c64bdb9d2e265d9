"""Readings: every case has its words, in both languages, and the words fit the numbers."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph

from tsukuba_gis import autocorrelation
from tsukuba_gis.messages import LANGUAGES
from tsukuba_gis.reading import (
    cautions,
    label_of,
    method,
    rate_caution,
    sentence,
    statistic_name,
    statistic_of,
    weights_name,
)
from tsukuba_gis.result import (
    LOCAL_CLASSES,
    Association,
    GlobalStatistic,
    LocalAssociation,
    LocalMoran,
    Moran,
)


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

GLOBAL = [name for name in get_args(GlobalStatistic) if name != "moran"]
LOCAL = [name for name in LOCAL_CLASSES if name != "local_moran"]


def association(statistic, *, p=0.01, z=3.0, value=0.4):
    parts = pd.DataFrame({"i": [0.4, 0.2, 0.1], "expected": -0.02, "p_holm": [0.01, 0.02, 0.4]})
    return Association(
        statistic=statistic, indicator=("x",), value=value, expected=1.0, variance=0.1, z=z, p=p,
        n=40, n_missing=0, n_islands=0, permutations=9_999, seed=7, weights="rook", frame=parts,
    )  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("statistic", GLOBAL)
def test_global_statistics_have_words_for_both_directions_and_none(statistic, lang):
    nan = float("nan")
    closed = statistic not in ("bivariate_moran", "lee")
    up = association(statistic, z=3.0 if closed else nan)
    down = association(statistic, z=-3.0 if closed else nan, value=0.4 if closed else -0.4)
    said = {
        sentence(result, label="高齢化率", lang=lang)
        for result in (up, down, association(statistic, p=0.3), association(statistic, p=nan))
    }
    assert len(said) == 4
    assert not set("{}") & set("".join([*said, method(up, lang=lang), *cautions(up, lang=lang)]))


def test_a_correlogram_says_how_far_likeness_reaches():
    assert "reaches 2 steps" in sentence(association("correlogram"), label="x", lang="en")


def local_of(statistic, clusters):
    exact = statistic in ("local_join_counts", "quantile_lisa", "losh")
    return LocalAssociation(
        statistic=statistic, indicator=("x",), frame=lisa_of(clusters).frame, alpha=0.05, fdr=True,
        permutations=0 if exact else 99_999, seed=7, weights="knn(4)",
        alternative="greater" if exact else "two-sided",
        band=(0.8, 1.0) if statistic == "quantile_lisa" else None,
    )  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("statistic", LOCAL)
def test_local_statistics_have_words(statistic, lang):
    for name in LOCAL_CLASSES[statistic]:
        result = local_of(statistic, [name, "ns", "ns", "missing"])
        words = sentence(result, label="高齢化率", lang=lang)
        assert "3" in words
        assert "1" in words
        assert ("99,999" in method(result, lang=lang)) is (result.permutations > 0)
        assert statistic_name(result, lang=lang) in method(result, lang=lang)
        assert statistic_of(result) == statistic
        assert not set("{}") & set(words + method(result, lang=lang))
    none = sentence(local_of(statistic, ["ns", "ns"]), label="高齢化率", lang=lang)
    assert {"ja": "区域はありません", "en": "none has"}[lang] in none


def test_the_band_is_told():
    words = sentence(local_of("quantile_lisa", ["cluster", "ns"]), label="x", lang="en")
    assert "from 80% to 100%" in words


def test_labels_of_one_of_two_and_of_rates():
    labels = {"x": "高齢化率", "y": "人口密度"}
    assert label_of(moran_of(), labels, lang="ja") == "高齢化率"
    both = replace(association("lee"), indicator=("x", "y"))
    assert label_of(both, labels, lang="ja") == "高齢化率と人口密度"
    assert label_of(both, {}, lang="en") == "x and y"
    rate = replace(association("eb_moran"), indicator=("x", "people"))
    assert label_of(rate, labels, lang="ja") == "高齢化率"


ANSWERS = set(get_args(GlobalStatistic)) | set(LOCAL_CLASSES)


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_every_statistic_can_be_read_aloud(name):
    """Run each by its name on a ring of twelve zones, and say it."""
    ids = [f"z{i}" for i in range(12)]
    ring = Graph.from_dicts({ids[i]: [ids[i - 1], ids[(i + 1) % 12]] for i in range(12)})
    x = pd.Series(np.random.default_rng(0).gamma(2, size=12), ids, name="x")
    columns = {
        "one": [x],
        "two": [x, x.rank()],
        "several": [x, x.rank()],
        "rate": [x.round(), x.rank() + 20],
        "classes": [(x > 1).map({True: "high", False: "low"})],
        "marks": [x > 1],
    }[autocorrelation.TAKES[name]]
    data = pd.concat([column.rename(f"x{i}") for i, column in enumerate(columns)], axis=1)
    call = (
        autocorrelation.local_statistic
        if name in LOCAL_CLASSES
        else autocorrelation.global_statistic
    )
    result = call(name, data, ring, permutations=99, seed=3)
    assert statistic_of(result) == name
    for lang in LANGUAGES:
        assert sentence(result, label="x", lang=lang)
        assert "12" in method(result, lang=lang) or name in ("local_join_counts", "quantile_lisa")
        assert any("12" in line for line in cautions(result, lang=lang)) or name in (
            "local_join_counts", "quantile_lisa",
        )  # fmt: skip


def test_every_statistic_stands_in_the_catalogue():
    assert set(autocorrelation.TAKES) == ANSWERS


@pytest.mark.parametrize("lang", LANGUAGES)
def test_rates_that_chance_could_make_are_warned_of(lang):
    assert rate_caution(0.3, lang=lang) == ()
    assert rate_caution(float("nan"), lang=lang) == ()
    (words,) = rate_caution(0.62, lang=lang)
    assert "62" in words


def test_moran_and_lisa_warn_of_small_populations():
    for result in (moran_of(chance=0.7), replace(lisa_of(["ns"] * 40), chance=0.7)):
        (words,) = cautions(result, lang="en")
        assert "70%" in words
        assert "empirical Bayes" in words
