"""Class breaks, colours and how a value is written."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tsukuba_gis.classes import (
    DIVERGING,
    LISA_COLOURS,
    SEQUENTIAL,
    breaks,
    colours,
    format_value,
    local_classes,
    region_colour,
)
from tsukuba_gis.messages import LANGUAGES
from tsukuba_gis.result import LISA_CLASSES, LOCAL_CLASSES

NUMBERS = st.floats(-1e6, 1e6).map(lambda number: round(number, 3))


def classes_of(values, edges):
    """Class of each value by the rule in the docstring."""
    return np.clip(np.searchsorted(edges, values, side="right") - 1, 0, max(len(edges) - 2, 0))


def test_quantile_breaks_by_hand():
    # 0 … 10: the quartiles are 2.5, 5, 7.5
    assert breaks(range(11), n=4) == (0, 2.5, 5, 7.5, 10)
    assert breaks([3, np.nan, 1, 2], n=2) == (1, 2, 3)


def test_equal_breaks_by_hand():
    assert breaks([0, 1, 10], n=5, scheme="equal") == (0, 2, 4, 6, 8, 10)


def test_centred_breaks_have_zero_in_the_middle():
    assert breaks([-2, 8], n=4, scheme="centred") == (-8, -4, 0, 4, 8)


def test_natural_breaks_by_hand():
    # three heaps: the breaks lie in the middle of the gaps
    assert breaks([1, 2, 3, 11, 12, 13, 21], n=3, scheme="natural") == (1, 7, 17, 21)


@pytest.mark.parametrize("n", [2, 4, 5])
def test_natural_breaks_equal_those_of_mapclassify(n):
    mapclassify = pytest.importorskip("mapclassify")
    values = np.random.Generator(np.random.Philox(3)).gamma(2, 3, 120)
    upper = mapclassify.FisherJenks(values, k=n).bins
    edges = breaks(values, n=n, scheme="natural")
    assert [values[values < edge].max() for edge in edges[1:-1]] == list(upper[:-1])


def test_natural_breaks_of_many_values_are_nearly_the_best():
    values = np.random.Generator(np.random.Philox(4)).normal(size=3000)

    def within(edges):
        groups = classes_of(values, edges)
        return sum(
            ((values[groups == k] - values[groups == k].mean()) ** 2).sum() for k in range(5)
        )

    best = np.quantile(values, [0.109, 0.346, 0.654, 0.891])  # Lloyd's for the normal curve
    near = within((values.min(), *best, values.max()))
    assert within(breaks(values, scheme="natural")) < 1.02 * near


def test_pretty_and_manual_breaks_by_hand():
    assert breaks([7.3, 38.2], scheme="pretty") == (7.3, 10, 20, 30, 38.2)
    assert breaks([0, 9], scheme="manual", edges=(3, 6, 12)) == (0, 3, 6, 9)


def test_centred_breaks_may_have_another_middle():
    assert breaks([0.5, 2], n=2, scheme="centred", centre=1.0) == (0, 1, 2)


def test_more_colours_than_the_palette_has_are_mixed():
    assert colours(9)[::2] == SEQUENTIAL
    assert len(set(colours(9))) == 9


def test_few_or_no_values():
    assert breaks([]) == ()
    assert breaks([np.nan]) == ()
    assert breaks([7, 7, np.nan]) == (7, 7)
    assert breaks([0, 0, 0, 0, 0, 0, 1]) == (0, 1)  # quantiles that repeat fall together


@given(
    arrays.arrays(float, st.integers(2, 60), elements=NUMBERS),
    st.integers(2, 7),
    st.sampled_from(["quantile", "natural", "equal", "centred"]),
)
def test_each_value_has_its_class(values, n, scheme):
    edges = breaks(values, n=n, scheme=scheme)
    assert len(edges) <= n + 1
    if values.min() == values.max():
        return
    assert (np.diff(edges) > 0).all()
    assert edges[0] <= values.min()
    assert edges[-1] >= values.max()
    if scheme == "quantile" and len(np.unique(values)) == len(values) >= n:
        counts = np.bincount(classes_of(values, edges), minlength=n)
        assert counts.max() - counts.min() <= 2


@given(arrays.arrays(float, 30, elements=NUMBERS), st.integers(0, 2))
def test_inner_edges_are_told_in_full(values, digits):
    inner = breaks(values, digits=digits)[1:-1]
    assert all(float(f"{edge:.{digits}f}") == edge for edge in inner)


def test_every_lisa_class_has_its_own_colour():
    assert set(LISA_COLOURS) == set(LISA_CLASSES)
    assert len(set(LISA_COLOURS.values())) == len(LISA_CLASSES)
    # the alphabetical trap: high is red, low is blue
    assert (LISA_COLOURS["HH"], LISA_COLOURS["LL"]) == ("#ca0020", "#0571b0")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("statistic", LOCAL_CLASSES)
def test_every_local_statistic_has_a_full_legend(statistic, lang):
    legend = local_classes(statistic, lang=lang)
    names = [one.name for one in legend]
    assert names == [*LOCAL_CLASSES[statistic], "ns", "island", "missing"]
    assert len({one.colour for one in legend}) == len({one.label for one in legend}) == len(legend)
    assert [one.name for one in legend if one.hatched] == ["missing"]
    # classes of one name have one colour wherever they stand
    assert all(one.colour == LISA_COLOURS.get(one.name, one.colour) for one in legend)


def test_the_legend_of_local_moran_is_that_of_lisa():
    assert tuple(one.name for one in local_classes("local_moran", lang="ja")) == LISA_CLASSES


def test_regions_next_in_number_differ_in_colour():
    shown = [region_colour(number) for number in range(1, 10)]
    assert len(set(shown[:8])) == 8
    assert shown[8] == shown[0]


@pytest.mark.parametrize("palette", [SEQUENTIAL, DIVERGING])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_colours_keep_their_order_and_ends(palette, n):
    chosen = colours(n, palette)
    places = [palette.index(colour) for colour in chosen]
    assert places == sorted(set(places))
    if n > 1:
        assert (chosen[0], chosen[-1]) == (palette[0], palette[-1])


def test_sequential_gets_darker():
    light = [sum(int(colour[i : i + 2], 16) for i in (1, 3, 5)) for colour in SEQUENTIAL]
    assert light == sorted(light, reverse=True)


@pytest.mark.parametrize(
    ("value", "unit", "lang", "digits", "shown"),
    [
        (0.2513, "share", "ja", 1, "25.1%"),
        (1234567.0, "persons", "ja", 0, "1,234,567人"),
        (98.4, "per_km2", "ja", 0, "98人/km²"),
        (123456.4, "yen", "ja", 0, "123,456円"),
        (1.005, "ratio", "en", 2, "1.00"),
    ],
)
def test_values_as_they_are_read(value, unit, lang, digits, shown):
    assert format_value(value, unit, lang, digits) == shown


def test_a_missing_value_is_said():
    assert "nan" not in format_value(float("nan"), "share", "en")
