"""Rates: by hand, against published values, and by law."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libpysal.graph import Graph

from tsukuba_gis import rates
from tsukuba_gis.errors import InputError

DATA = Path(__file__).parents[2] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.exists(), reason="reference values are not beside the repository"
)
ROW = Graph.from_arrays(list("abbc"), list("bacb"), [1, 1, 1, 1])


def series(*numbers, names="abcdefgh"):
    return pd.Series(list(map(float, numbers)), list(names[: len(numbers)]))


def close(found, expected, tolerance=1e-12):
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


# ---- by hand ---------------------------------------------------------------------


def test_a_zone_without_people_is_missing_not_infinite():
    found = rates.crude(series(1, 0, 2), series(4, 0, 4))
    assert found.frame["value"].tolist()[::2] == [0.25, 0.5]
    assert found.frame.loc["b"].isna().all()
    assert (found.n, found.n_missing, found.total) == (2, 1, 3 / 8)


def test_strata_are_added_up_and_rows_may_stand_in_any_order():
    events = pd.DataFrame({0: [1.0, 2.0], 5: [3.0, 4.0]}, index=["a", "b"])
    people = pd.DataFrame({5: [30.0, 40.0], 0: [20.0, 10.0]}, index=["b", "a"])
    found = rates.crude(events, people)
    assert found.frame.loc["a", "value"] == 4 / 50
    assert found.frame.loc["b", "value"] == 6 / 50


def test_direct_standardisation_by_hand():
    # Zone a: 1 % of the young, 10 % of the old; b the same rates with other ages.
    events = pd.DataFrame({0: [1.0, 9.0], 65: [90.0, 10.0]}, index=["a", "b"])
    people = pd.DataFrame({0: [100.0, 900.0], 65: [900.0, 100.0]}, index=["a", "b"])
    found = rates.direct(events, people, standard=pd.Series({0: 3.0, 65: 1.0}))
    close(found.frame["value"], 0.75 * 0.01 + 0.25 * 0.1)
    close(found.total, 0.75 * 10 / 1000 + 0.25 * 100 / 1000)
    assert rates.crude(events, people).frame["value"].tolist() == [0.091, 0.019]
    assert found.standard == "given"


def test_a_wider_standard_adds_the_table_up_and_ages_of_nobody_are_left_out():
    ages = [65, 70, 75, 80, 85, 90]
    columns = pd.MultiIndex.from_product([["female", "male"], ages], names=["sex", "age_start"])
    people = pd.DataFrame([[50.0] * 12], ["a"], columns)
    events = pd.DataFrame([[1.0] * 5 + [7.0] + [1.0] * 5 + [3.0]], ["a"], columns)
    with pytest.raises(InputError, match="do not fit"):  # the standard begins at 0, the table at 65
        rates.direct(events, people, standard="japan_1985")
    whole = pd.MultiIndex.from_product([["female", "male"], range(0, 95, 5)], names=columns.names)
    wide = [table.reindex(columns=whole, fill_value=0.0) for table in (events, people)]
    found = rates.direct(*wide, standard="japan_1985")
    thousand = np.array([4511, 3476, 2441, 1406, 784])
    rate = np.array([2 / 100, 2 / 100, 2 / 100, 2 / 100, (1 + 1 + 7 + 3) / 200])
    close(found.frame.loc["a", "value"], (thousand * rate).sum() / thousand.sum())
    assert found.standard == "japan_1985"


def test_a_rate_at_an_age_of_nobody_is_not_known():
    events = pd.DataFrame({0: [1.0, 1.0], 65: [0.0, 3.0]}, index=["a", "b"])
    people = pd.DataFrame({0: [10.0, 10.0], 65: [0.0, 30.0]}, index=["a", "b"])
    found = rates.direct(events, people, standard=pd.Series({0: 1.0, 65: 1.0}))
    assert np.isnan(found.frame.loc["a", "value"])
    assert found.frame.loc["b", "value"] == pytest.approx(0.1)


def test_indirect_by_hand_and_its_own_standard_makes_observed_expected():
    events = pd.DataFrame({0: [2.0, 1.0], 65: [10.0, 30.0]}, index=["a", "b"])
    people = pd.DataFrame({0: [100.0, 200.0], 65: [100.0, 100.0]}, index=["a", "b"])
    found = rates.indirect(events, people)
    close(found.frame["expected"], [100 * 0.01 + 100 * 0.2, 200 * 0.01 + 100 * 0.2])
    close(found.frame["expected"].sum(), found.frame["observed"].sum())
    close(found.total, 1.0)
    with pytest.raises(InputError, match="no rate for: 65"):
        rates.indirect(events.sum(axis=1), people, standard=pd.Series({0: 0.1}))


def test_global_shrinkage_by_hand():
    # m = 0.1, s² = (100·0.01 + 100·0.01)/200 = 0.01, A = 0.01 − 0.1/100 = 0.009
    found = rates.eb_global(series(0, 20), series(100, 100))
    weight = 0.009 / (0.009 + 0.001)
    close(found.frame["value"], [0.1 - weight * 0.1, 0.1 + weight * 0.1])
    equal = rates.eb_global(series(10, 11), series(100, 100))  # no more than chance
    close(equal.frame["value"], 21 / 200)


def test_a_zone_alone_keeps_its_rate_and_one_without_data_lends_nothing():
    graph = Graph.from_arrays(["a", "b", "c"], ["b", "a", "c"], [1, 1, 0])
    found = rates.eb_local(series(5, 2, 7), series(10, 20, 10), graph)
    assert found.frame.loc["c", "value"] == pytest.approx(0.7)
    gap = rates.eb_local(series(5, np.nan, 20), series(10, 20, 100), ROW)
    assert gap.frame["value"].tolist()[::2] == pytest.approx([0.5, 0.2])
    assert gap.frame.loc["b"].isna().all()
    with pytest.raises(InputError, match="not about the same zones"):
        rates.eb_local(series(5, 2), series(10, 20), ROW)


def test_sources_are_not_mixed_unsaid():
    census = rates.counted(series(100, 100), source="census 2020")
    register = rates.counted(series(5, 5), source="resident register 2024")
    for compute in (rates.crude, rates.indirect, rates.eb_global):
        with pytest.raises(InputError, match="one source"):
            compute(register, census)
        mixed = compute(register, census, mixed=True)
        assert mixed.sources == ("resident register 2024", "census 2020")
    assert rates.crude(series(5, 5), census).sources == ("census 2020",)


@pytest.mark.parametrize(
    ("events", "people", "words"),
    [
        (series(-1, 0), series(5, 5), "negative"),
        (series(np.inf, 0), series(5, 5), "infinite"),
        (series(6, 0), series(5, 5), "more events"),
        (series(1, 0), series(5, 5, 5), "differ in zones"),
        (pd.Series([1.0, 0.0], ["a", "a"]), pd.Series([5.0, 5.0], ["a", "a"]), "twice"),
    ],
)
def test_tables_that_do_not_fit_are_refused(events, people, words):
    with pytest.raises(InputError, match=words):
        rates.crude(events, people)


def test_unknown_model_population():
    with pytest.raises(InputError, match="japan_1985"):
        rates.model_population("mars")


def test_age_indices_by_hand():
    ages = [0, 5, 10, 15, 65, 75]
    table = pd.DataFrame([[20.0, 20.0, 10.0, 100.0, 30.0, 20.0]], ["a"], ages)
    found = rates.age_indices(table, split="fifth_of_10_14").loc["a"]
    close(found["share_0_14"], 50 / 200)
    close(found["share_65plus"], 50 / 200)
    close(found["share_75plus"], 20 / 200)
    close(found["child_dependency"], 50 / 100)
    close(found["old_dependency"], 50 / 100)
    close(found["dependency"], 100 / 100)
    close(found["aging_index"], 50 / 50)
    close(found["ratio_65_10"], 50 / (20 + 20 + 10 / 5))
    with pytest.raises(InputError, match="begins at 11"):
        rates.age_indices(table)  # five-year groups do not tell who is 10
    years = pd.DataFrame([[40.0, 3.0, 7.0, 100.0, 30.0, 20.0]], ["a"], [0, 10, 11, 15, 65, 75])
    exact = rates.age_indices(years)
    close(exact.loc["a", "ratio_65_10"], 50 / 43)
    assert exact.attrs["split"] == "single_years"


def test_indices_without_a_denominator_are_missing():
    table = pd.DataFrame([[0.0, 0.0, 0.0, 0.0, 30.0, 20.0]], ["a"], [0, 10, 11, 15, 65, 75])
    found = rates.age_indices(table).loc["a"]
    assert found[["child_dependency", "dependency", "aging_index", "ratio_65_10"]].isna().all()
    assert found["share_65plus"] == 1.0


# ---- the age curve -----------------------------------------------------------------

SEX_AGE = pd.MultiIndex.from_product(
    [["female", "male"], [60, 65, 70, 95, 100]], names=["sex", "age_start"]
)


def test_age_curve_by_hand():
    people = pd.DataFrame([[0, 40, 20, 10, 10, 0, 40, 20, 5, 5]] * 2, list("ab"), SEX_AGE, float)
    events = people * 0.1
    found = rates.age_curve(events, people, indicator="x")
    assert list(found.frame.loc["all"].index) == [65, 70, 95]  # nobody at 60; 95 and 100 together
    assert found.frame.loc[("all", 95), "population"] == 60
    close(found.frame["value"], 0.1)
    close(found.by_zone, 0.1)
    one = rates.proportion_interval(pd.Series([16.0]), pd.Series([160.0])).iloc[0]
    close(found.frame.loc[("all", 65), ["low", "high"]].astype(float), one)


def test_age_curve_of_real_people_hides_few_and_what_gives_them_away():
    people = pd.DataFrame([[0, 400, 300, 50, 50, 0, 400, 300, 40, 40]], ["a"], SEX_AGE, float)
    events = pd.DataFrame([[0, 40, 50, 20, 20, 0, 40, 5, 20, 20]], ["a"], SEX_AGE, float)
    found = rates.age_curve(events, people, indicator="x", min_count=10, confidential=True)
    assert found.frame.loc[("male", 70)].isna().all()  # 5 men
    assert found.frame.loc[("female", 70)].isna().all()  # all less the women would tell
    assert found.frame.loc[("all", 70), "observed"] == 55
    assert found.frame.loc[("male", 65)].notna().all()
    open_ = rates.age_curve(events, people, indicator="x", min_count=10)
    assert open_.frame.loc[("male", 70), "observed"] == 5


def test_parts_of_an_age_add_up_and_small_ones_hide_the_age():
    people = pd.DataFrame([[0, 400, 300, 50, 50, 0, 400, 300, 40, 40]], ["a"], SEX_AGE, float)
    parts = pd.DataFrame(
        {"none": [700.0, 597.0, 100.0, 20.0], "care3": [100.0, 3.0, 40.0, 20.0]},
        index=[65, 70, 95, 100],
    )
    plain = rates.age_curve(people / 10, people, indicator="x", parts=parts)
    close(plain.parts.sum(axis=1), 1.0)
    assert plain.parts.loc[95, "care3"] == 60 / 180
    real = rates.age_curve(
        people / 10, people, indicator="x", parts=parts, min_count=10, confidential=True
    )
    assert real.parts.loc[70].isna().all()
    assert real.parts.loc[65].notna().all()


# ---- published ---------------------------------------------------------------------


def test_fay_and_feuers_own_example():
    """Table I, birth order 5+: 75.5 (67.7–188.3) per 100,000; to 5 digits, R's dsrTest 1.0.0.

    Births with Down's syndrome in Michigan 1950–1964, Fleiss (1981), table 14.4.
    """
    ages = [0, 20, 25, 30, 35, 40]
    births = pd.DataFrame([[327, 30666, 123419, 149919, 104088, 34392]], ["5+"], ages, float)
    cases = pd.DataFrame([[0, 8, 63, 112, 262, 295]], ["5+"], ages, float)
    standard = pd.Series([319933, 931318, 786511, 488235, 237863, 61313], ages)
    found = rates.direct(cases, births, standard=standard).frame.loc["5+"] * 1e5
    close(found[["value", "low", "high"]].astype(float), [75.52901, 67.70212, 188.30017], 1e-7)


@pytest.mark.parametrize(
    ("k", "n", "wilson", "exact"),
    [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_intervals_of_shares_are_newcombes(k, n, wilson, exact):
    """Newcombe (1998), table I, methods 3 and 5."""
    k, n = pd.Series([float(k)]), pd.Series([float(n)])
    for interval, expected in (("wilson", wilson), ("clopper_pearson", exact)):
        found = rates.proportion_interval(k, n, interval=interval).round(4)
        assert tuple(found.iloc[0]) == expected


def test_intervals_at_the_ends_touch_them():
    found = rates.proportion_interval(series(0, 20, np.nan, 0), series(20, 20, 20, 0))
    assert (found.loc["a", "low"], found.loc["b", "high"]) == (0.0, 1.0)
    assert found.loc[["c", "d"]].isna().all(axis=None)


def test_poisson_interval_is_garwoods():
    """Garwood (1936), table: 95 % of 0, 1, 5, 10 and 30 events."""
    found = rates.poisson_interval(pd.Series([0.0, 1.0, 5.0, 10.0, 30.0]))
    low, high = [0.0, 0.0253, 1.6235, 4.7954, 20.2409], [3.6889, 5.5716, 11.6683, 18.3904, 42.8269]
    close(found["low"], low, 1e-4)
    close(found["high"], high, 1e-4)


def test_funnel_limits_are_interpolated_quantiles():
    """By hand, Spiegelhalter (2005), appendix A.1.1: binomial 4 and ½, p = 0.1."""
    # P(X ≤ 0) = 1/16, P(X ≤ 1) = 5/16: r = 1, (1 − (5/16 − 0.1)/(4/16))/4
    found = rates.funnel_limits(pd.Series([4.0]), target=0.5, alpha=0.2).iloc[0]
    close(found["funnel_low"], (1 - (5 / 16 - 0.1) / (4 / 16)) / 4)
    close(found["funnel_high"], 1 - found["funnel_low"] - 0.25)  # the step up is below r
    assert rates.funnel_limits(pd.Series([0.0]), target=0.5).isna().all(axis=None)
    assert (rates.funnel_limits(pd.Series([9.0]), target=0.0) == 0).all(axis=None)
    with pytest.raises(InputError):
        rates.funnel_limits(pd.Series([9.0]), target=1.2)


def test_model_population_is_the_official_one():
    found = rates.model_population("japan_1985")
    assert found.sum() == 120_287_000
    assert list(found.index) == list(range(0, 90, 5))


@needs_data
def test_model_population_row_by_row():
    rows = pd.read_csv(DATA / "facts" / "model_population_1985.csv")
    found = rates.model_population("japan_1985")
    assert found.tolist() == (rows["population_thousand"] * 1000).tolist()


@pytest.fixture(scope="module")
def auckland():
    table = pd.read_csv(DATA / "spatial_reference" / "eb_auckland_spdep127.csv")
    table.index = pd.Index([f"z{i}" for i in table["i"]])
    near = {
        f"z{i}": [f"z{j}" for j in str(row).split(";") if j not in ("0", "nan")]
        for i, row in zip(table["i"], table["nb"], strict=True)
    }
    return table, Graph.from_dicts(near)


@needs_data
def test_auckland_to_the_last_digit(auckland):
    table, graph = auckland
    deaths, people = table["deaths"], table["pop"]
    close(rates.crude(deaths, people, chance="poisson").frame["value"], table["raw"])
    close(rates.eb_global(deaths, people).frame["value"], table["eb_global"])
    for centring in ("spdep", "geoda"):
        found = rates.eb_local(deaths, people, graph, centring=centring)
        close(found.frame["value"], table[f"eb_local_{centring}"])
        assert found.centring == centring
    ratio = rates.indirect(deaths, people)
    close(ratio.frame["value"] * 100, table["smr"])
    close(ratio.frame["expected"], table["expected"])
    close(rates.poisson_probability(deaths, ratio.frame["expected"]), table["poisson_p"])


@needs_data
@pytest.mark.parametrize(("events", "births"), [("SID74", "BIR74"), ("SID79", "BIR79")])
def test_north_carolina(events, births):
    path = DATA / "spatial_reference" / "reference_values.json"
    records = [
        r
        for r in json.loads(path.read_text(encoding="utf-8"))["records"]
        if r["dataset"] == "nc.sids"
    ]
    held = {(r["variable"], r["statistic"]): r["value"] for r in records}
    ids = pd.Index([f"z{i}" for i in range(100)])
    near = held[(None, "neighbours_0based")]
    graph = Graph.from_dicts({f"z{i}": [f"z{j}" for j in row] for i, row in enumerate(near)})
    data = pd.DataFrame(held[(None, "data")], index=ids)
    name = f"{events}/{births}"
    close(
        rates.eb_global(data[events], data[births]).frame["value"],
        held[(name, "EB_global_marshall")]["est"],
    )
    close(
        rates.eb_local(data[events], data[births], graph).frame["value"],
        held[(name, "EB_local_marshall")]["est"],
    )


@needs_data
def test_ibaraki_ratios_are_observed_over_expected():
    """Certified in two cities of Ibaraki: the expected are those of the source."""
    table = pd.read_csv(DATA / "facts" / "care_certified_ibaraki_examples.csv").set_index("city")
    certified = table["計"].astype(float)
    assert certified.tolist() == table.filter(regex="^(支援|介護)").sum(axis=1).tolist()
    for column in ("expected_by_pref_rates", "expected_by_national_rates"):
        # Persons at risk of one stratum at rate 1 are the expected events themselves.
        found = rates.indirect(
            certified,
            table[column].to_frame(0).astype(float),
            standard=pd.Series({0: 1.0}),
            chance="poisson",
        )
        close(found.frame["value"], certified / table[column])
    assert found.frame.loc["下妻市", "value"] == pytest.approx(1969 / 2193)


@needs_data
def test_share_of_heavy_care_by_age_is_the_ministrys():
    """Certified men in Japan, 2023-03-31, heavy care 3–5 by age: sums and shares of the source."""
    table = pd.read_csv(DATA / "facts" / "care_certified_R4_national.csv")
    men = table[(table["sex"] == "男") & table["age"].str.match(r"^\d")].set_index("age")
    heavy = men[["介護3", "介護4", "介護5"]].sum(axis=1)
    assert heavy.tolist() == men["severe_3_5"].tolist()
    found = rates.crude(heavy, men["計"]).frame
    assert found.loc["65-69", "value"] == pytest.approx(38_669 / 111_148)
    assert found.loc["90+", "value"] == pytest.approx(147_631 / 420_424)


# ---- laws ----------------------------------------------------------------------------

counts = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 5000)), min_size=3, max_size=8
).filter(lambda rows: sum(more for _, more in rows) > 0)
METHODS = {
    "crude": rates.crude,
    "eb_global": rates.eb_global,
    "indirect": rates.indirect,
}


@settings(max_examples=40, deadline=None)
@given(rows=counts, scale=st.integers(2, 9), method=st.sampled_from(sorted(METHODS)))
def test_rates_do_not_know_the_unit_of_people(rows, scale, method):
    """So many times the events and the persons: the same crude rates and ratios."""
    events = series(*(k for k, _ in rows))
    people = series(*(k + more for k, more in rows))
    if method == "eb_global":
        # Shrinkage does depend on numbers; the unit of time does not change who is high.
        doubled = METHODS[method](events, people * scale, chance="poisson").frame["value"] * scale
        plain = METHODS[method](events, people, chance="poisson").frame["value"]
        close(doubled.dropna(), plain.dropna(), 1e-9)
        return
    plain, more = METHODS[method](events, people), METHODS[method](events * scale, people * scale)
    close(plain.frame["value"].dropna(), more.frame["value"].dropna(), 1e-9)


@settings(max_examples=40, deadline=None)
@given(
    rows=counts, order=st.randoms(use_true_random=False), method=st.sampled_from(sorted(METHODS))
)
def test_permuting_zones_permutes_rates(rows, order, method):
    events = series(*(k for k, _ in rows))
    people = series(*(k + more for k, more in rows))
    shuffled = list(events.index)
    order.shuffle(shuffled)
    plain = METHODS[method](events, people).frame
    other = METHODS[method](events[shuffled], people).frame
    assert list(other.index) == shuffled
    pd.testing.assert_frame_equal(other.loc[plain.index], plain, rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.integers(2, 9))
def test_standardised_and_smoothed_rates_know_neither_order_nor_unit(seed, scale):
    rng = np.random.default_rng(seed)
    zones, ages = [f"z{i}" for i in range(6)], [0, 15, 65]
    people = pd.DataFrame(rng.integers(20, 900, size=(6, 3)).astype(float), zones, ages)
    events = np.floor(people * rng.random((6, 3)) / 4)
    standard = pd.Series(rng.integers(1, 90, size=3).astype(float), ages)
    ring = Graph.from_dicts({z: [zones[i - 1], zones[(i + 1) % 6]] for i, z in enumerate(zones)})
    order, columns = list(rng.permutation(zones)), [65, 0, 15]
    for name, options in (("direct", {"standard": standard}), ("indirect", {}), ("eb_local", {})):
        first = (ring,) if name == "eb_local" else ()
        compute = getattr(rates, name)
        plain = compute(events, people, *first, **options).frame
        other = compute(events.loc[order, columns], people[columns], *first, **options).frame
        assert list(other.index) == order
        pd.testing.assert_frame_equal(other.loc[zones], plain, rtol=1e-9)
        if name != "eb_local":  # smoothing does depend on how many stand behind a rate
            more = compute(events * scale, people * scale, **options).frame
            close(more["value"], plain["value"], 1e-9)
            # More persons, narrower intervals.
            assert (more["high"] - more["low"] <= plain["high"] - plain["low"] + 1e-12).all()


@settings(max_examples=40, deadline=None)
@given(rows=counts)
def test_shrunk_rates_lie_between_the_zone_and_the_city(rows):
    events = series(*(k for k, _ in rows))
    people = series(*(k + more for k, more in rows))
    crude, shrunk = rates.crude(events, people), rates.eb_global(events, people)
    own, found = crude.frame["value"].dropna(), shrunk.frame["value"].dropna()
    low, high = np.minimum(own, crude.total), np.maximum(own, crude.total)
    assert ((found >= low - 1e-12) & (found <= high + 1e-12)).all()


@settings(max_examples=40, deadline=None)
@given(rows=counts, alpha=st.sampled_from([0.01, 0.05, 0.2]))
def test_intervals_hold_the_rate(rows, alpha):
    events = series(*(k for k, _ in rows))
    people = series(*(k + more for k, more in rows))
    for interval in ("wilson", "clopper_pearson"):
        frame = rates.crude(events, people, alpha=alpha, interval=interval).frame.dropna()
        assert ((frame["low"] <= frame["value"]) & (frame["value"] <= frame["high"])).all()
        assert frame[["low", "high"]].stack().between(0, 1).all()


def test_inputs_are_untouched():
    events, people = series(1, 2, 0), series(10, 20, 0)
    before = events.copy(), people.copy()
    for method in METHODS.values():
        method(events, people)
        pd.testing.assert_series_equal(events, before[0])
        pd.testing.assert_series_equal(people, before[1])
