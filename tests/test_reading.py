"""Readings: every case has its words, in both languages, and the words fit the numbers."""

import numpy as np
import pandas as pd
import pytest

from tsukuba_gis.messages import LANGUAGES
from tsukuba_gis.reading import cautions, method, sentence, weights_name
from tsukuba_gis.result import LocalMoran, Moran


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
