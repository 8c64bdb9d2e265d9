"""Cohort change and projection: by hand, published projections to the person, laws, words."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tsukuba_gis import reading
from tsukuba_gis.cohort import (
    COUNTIES,
    Housing,
    Institution,
    Rates,
    Rules,
    Settings,
    backtest,
    carry,
    cohort_change,
    cohort_component,
    concordance,
    hamilton_perry,
    regroup,
    shrink,
    survival_ratios,
    with_bounds,
)
from tsukuba_gis.errors import InputError

REFERENCE = Path(__file__).parents[2] / "shared" / "data"
needs_reference = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason="published values are not here (shared/data beside the checkout)"
)
AGES = list(range(0, 90, 5))
BOTH = pd.MultiIndex.from_product([["female", "male"], AGES], names=["sex", "age_start"])
TENS = list(range(0, 60, 10))
PLAIN = Settings(shrinkage="none", cap=None)


def table(rows, *, sexes=("female",), ages=TENS, areas=None):
    columns = pd.MultiIndex.from_product([sexes, ages], names=["sex", "age_start"])
    index = pd.Index(areas or [f"a{k}" for k in range(len(rows))], name="zone_id")
    return pd.DataFrame(np.asarray(rows, dtype=float), index=index, columns=columns)


EARLIER = table([[100, 90, 80, 70, 60, 50], [10, 0, 8, 7, 6, 5]])
BASE = table([[95, 99, 120, 76, 63, 44], [9, 12, 3, 6, 7, 4]])


def city(n=12, *, seed=1, sexes=("female", "male"), ages=AGES, mean=40.0):
    """Two dates of a toy city: everyone ages, some move."""
    rng = np.random.default_rng(seed)
    size = rng.gamma(2.0, mean / 2, n)[:, None]
    shape = np.exp(-np.asarray(ages) / 60)
    first = rng.poisson(size * np.tile(shape, len(sexes)))
    second = rng.poisson(size * np.tile(shape, len(sexes)) * rng.uniform(0.8, 1.3, (n, 1)))
    areas = [f"z{k:03}" for k in range(n)]
    return (
        table(first, sexes=sexes, ages=ages, areas=areas),
        table(second, sexes=sexes, ages=ages, areas=areas),
    )


# ---- by hand ----------------------------------------------------------------


def test_ratios_by_hand():
    found = cohort_change(EARLIER, BASE, years=10)["female"]
    # 15–49 counts half of 10–19: 99/2 + 120 + 76 + 63; 50+ came from 40–49 and 50+.
    assert found.loc["a0"].tolist() == pytest.approx(
        [95 / 308.5, 99 / 100, 120 / 90, 76 / 80, 63 / 70, 44 / 110]
    )
    assert np.isnan(found.loc["a1", 20])  # nobody was 10–19
    assert found.loc["a1", 0] == pytest.approx(9 / (6 + 3 + 6 + 7))


def test_a_step_by_hand():
    found = hamilton_perry(EARLIER, BASE, years=(2010, 2020), until=2030, settings=PLAIN)
    older = [95 * 0.99, 99 * 4 / 3, 120 * 0.95, 76 * 0.9, 107 * 0.4]
    women = older[0] / 2 + sum(older[1:4])
    assert found.population[2030].loc["a0"].tolist() == pytest.approx([women * 95 / 308.5, *older])
    # a1 has no ratio of its own at 20: that of both together, 123 / 90.
    assert found.population[2030].loc["a1", ("female", 20)] == pytest.approx(12 * 123 / 90)
    assert found.borrowed.loc["a1"].tolist() == [False, False, True, False, False, False]


def test_two_steps_at_once_when_the_dates_are_two_groups_apart():
    ages = list(range(0, 60, 5))
    first = table([[100.0] * 12], ages=ages)
    second = table([[90.0] * 12], ages=ages)
    found = cohort_change(first, second, years=10)["female"].loc["a0"]
    assert found[10] == 0.9
    assert found[55] == pytest.approx(90 / 300)  # who were 45 and over
    assert found[0] == pytest.approx(90 / (7 * 90))  # of women 15–49
    assert found[5] == pytest.approx(90 / (7 * 90))  # of women 20–54
    later = hamilton_perry(first, second, years=(2005, 2015), until=2025, settings=PLAIN)
    assert later.years == (2015, 2025)
    assert later.population[2025].loc["a0", ("female", 10)] == pytest.approx(81)


def test_children_of_a_long_step_have_mothers_born_in_it():
    """Twenty years: girls born in the step are 15–19 at its end, and mothers."""
    ages = list(range(0, 60, 5))
    first, second = table([[100.0] * 12], ages=ages), table([[100.0] * 12], ages=ages)
    found = hamilton_perry(first, second, years=(2000, 2020), until=2040, settings=PLAIN)
    assert found.population[2040].loc["a0", ("female", 0)] == pytest.approx(100)


def test_children_are_split_like_those_of_the_city_or_in_halves():
    first = table([[10, 20, 30] * 2], sexes=("female", "male"), ages=[0, 10, 20])
    second = table([[6, 20, 30, 18, 20, 30]], sexes=("female", "male"), ages=[0, 10, 20])
    rules = Rules(women=(10, 20))
    own = hamilton_perry(
        first, second, years=(2010, 2020), until=2030, settings=replace(PLAIN, rules=rules)
    )
    half = replace(PLAIN, rules=replace(rules, child_sex="half"))
    even = hamilton_perry(first, second, years=(2010, 2020), until=2030, settings=half)
    women = 6 * 2.0  # 20 / 10
    assert own.population[2030].loc["a0", [("female", 0), ("male", 0)]].tolist() == pytest.approx(
        [women * 1.2 / 4, women * 1.2 * 3 / 4]
    )
    assert even.population[2030].loc["a0", ("male", 0)] == pytest.approx(women * 0.6)


# ---- published values ---------------------------------------------------------


def counties():
    data = pd.read_csv(REFERENCE / "demography_reference" / "hamilton_perry_counties.csv")
    names = [name for name in data.columns if name[0] in "mf" and name[1].isdigit()]
    starts = {"09": 0, "70up": 70}
    columns = pd.MultiIndex.from_tuples(
        [({"m": "male", "f": "female"}[name[0]], starts.get(name[1:], name[1:3])) for name in names]
    )
    columns = columns.set_levels([int(a) for a in columns.levels[1]], level=1)
    assert len(data) == 72
    return {
        year: rows.set_index("county_fips")[names].set_axis(columns, axis=1)
        for year, rows in data.groupby("year")
    }


@needs_reference
def test_county_projections_to_the_last_person():
    """Hardy, ccrproj: 48 projected rows of 16 cells, under its own rules."""
    known = counties()
    rules = Settings(rules=COUNTIES, shrinkage="none", cap=None)
    found = hamilton_perry(known[2000], known[2010], years=(2000, 2010), until=2050, settings=rules)
    compared = 0
    for year in (2020, 2030, 2040, 2050):
        mine = found.population[year]
        pd.testing.assert_frame_equal(
            mine, known[year].loc[mine.index, mine.columns], check_dtype=False, check_exact=True,
            check_names=False,
        )  # fmt: skip
        compared += mine.size
    assert compared == 48 * 16


@needs_reference
def test_the_standard_rules_are_others():
    known = counties()
    found = hamilton_perry(known[2000], known[2010], years=(2000, 2010), until=2020)
    assert not np.array_equal(found.population[2020], np.rint(found.population[2020]))


@needs_reference
def test_burkina_faso_females():
    """popReconstruct data through demCore::ccmpp; float64 holds 1e6 to about 1e-10."""
    data = pd.read_csv(REFERENCE / "demography_reference" / "ccmpp_burkina_faso.csv")

    def part(component, year):
        rows = data[(data["component"] == component) & (data["year"] == year)]
        ages = rows["age_start"].fillna(0).astype(int)
        return pd.Series(rows["value"].to_numpy(), index=ages)

    def women(series):
        return pd.concat({"female": series})

    base = women(part("baseline", 1960)).to_frame("BF").T
    steps = [
        Rates(
            survival=women(part("survival", year)),
            fertility=part("asfr", year),
            migration=women(part("net_migration", year)),
            boys_per_girl=part("srb", year).iloc[0],
        )
        for year in range(1960, 2005, 5)
    ]
    projection = cohort_component(base, steps, start=1960)
    assert projection.years == tuple(range(1960, 2010, 5))
    found = projection.population
    for year in projection.years:
        expected = part("out", year)
        mine = found[year]["female"].loc["BF", expected.index]
        np.testing.assert_allclose(mine, expected, rtol=1e-14, atol=1e-8)
    assert found[2005].to_numpy().sum() == pytest.approx(7_405_550, abs=0.5)


@needs_reference
@pytest.mark.parametrize("sex", ["male", "female"])
@pytest.mark.parametrize("year", ["H7", "H12"])
def test_survival_ratios_of_the_life_tables(sex, year):
    data = pd.read_csv(REFERENCE / "facts" / f"survival_h7_h12_{sex}.csv")
    lived = data[f"L_{year}"].tolist()
    if sex == "female":  # the excerpt ends at 55–59, before the open group
        lived.append(1.0)
    found = survival_ratios(pd.Series(lived, index=range(0, 5 * len(lived), 5)), radix=100_000)
    assert found.round(5).tolist()[: len(data)] == data[f"S_{year}"].tolist()


# ---- cohort component ----------------------------------------------------------

RATES_AGES = pd.MultiIndex.from_product([["female", "male"], [0, 5, 10, 15]])


def rates(survival=0.8, fertility=0.1, migration=0.0, **more):
    ages = RATES_AGES[RATES_AGES.get_level_values(1) < 15]
    return Rates(
        survival=pd.Series(survival, index=RATES_AGES),
        fertility=pd.Series({5: fertility}),
        migration=pd.Series(migration, index=ages),
        **more,
    )


PAIR = table([[100, 80, 60, 90, 70, 50]], sexes=("female", "male"), ages=[0, 5, 10])


def test_two_sexes_by_hand():
    given = rates(migration=0.1, boys_per_girl=1.05)
    found = cohort_component(PAIR, [given], start=2020).population[2025].loc["a0"]
    # Half of a tenth joins at the start: 105 girls; 84 of them are alive; women 5–9: 84 and 84.
    births = 5 * 0.1 * (84 + 84) / 2
    assert found["female"].tolist() == pytest.approx(
        [births / 2.05 * 0.8 + 5, 84 + 4, (84 + 63) * 0.8 + 3]
    )
    assert found["male"].tolist() == pytest.approx(
        [births * 1.05 / 2.05 * 0.8 + 4.5, 90 * 1.05 * 0.8 + 3.5, (73.5 + 52.5) * 0.8 + 2.5]
    )


@given(st.lists(st.floats(0, 1e6), min_size=6, max_size=6), st.floats(0, 1), st.floats(0, 3))
@settings(max_examples=20)
def test_component_is_linear_and_never_negative(persons, alive, fertility):
    one = rates(survival=alive, fertility=fertility)
    base = table([persons, [2 * p for p in persons]], sexes=("female", "male"), ages=[0, 5, 10])
    found = cohort_component(base, [one, one], start=2020)
    assert (found.population.fillna(0) >= 0).all().all()
    if found.n:
        one, two = (found.population.loc[area] for area in ("a0", "a1"))
        np.testing.assert_allclose(two, 2 * one, rtol=1e-12, atol=1e-200)
    else:
        assert found.masks.tolist() == ["zero", "zero"]


def own_rates(areas, seed):
    """Rates of each area, anything that can be."""
    rng = np.random.default_rng(seed)
    older = pd.MultiIndex.from_product([["female", "male"], [*AGES, 90]])

    def drawn(low, high, columns):
        return pd.DataFrame(rng.uniform(low, high, (len(areas), len(columns))), areas, columns)

    return Rates(
        survival=drawn(0.3, 1, older),
        fertility=drawn(0, 0.1, pd.Index(range(15, 50, 5))),
        migration=drawn(-0.5, 0.5, BOTH),
    )


@given(st.integers(0, 10_000))
@settings(max_examples=10)
def test_laws_of_the_component(seed):
    _, base = city(8, seed=seed)
    given_rates = [own_rates(base.index, seed), own_rates(base.index, seed + 1)]
    none = cohort_component(base, [], start=2020)
    assert none.years == (2020,)
    assert (none.masks == "").all()
    pd.testing.assert_frame_equal(none.population[2020], base, check_names=False)

    totals = pd.DataFrame({"year": [2025, 2030], "persons": [700.0, 900.0]})
    found = cohort_component(base, given_rates, start=2020, control=totals)
    for year, persons in ((2025, 700), (2030, 900)):
        assert found.population[year].to_numpy().sum() == pytest.approx(persons, rel=1e-9)
    assert found.control.to_dict() == {2025: 700, 2030: 900}
    assert (found.population >= 0).all().all()

    order = np.random.default_rng(seed).permutation(len(base))
    other = cohort_component(base.iloc[order], given_rates, start=2020, control=totals)
    pd.testing.assert_frame_equal(
        other.population.loc[base.index], found.population, rtol=1e-12, check_names=False
    )


def test_component_equals_the_matrix_of_leslie():
    """n' = L n, the matrix written out from the rates, both sexes, nobody moving."""
    alive, fertility, ratio = [0.9, 0.8, 0.5, 0.25], 0.1, 1.0
    ages = pd.MultiIndex.from_product([["female"], [0, 5, 10, 15]])
    base = table([[100, 80, 60]], ages=[0, 5, 10])
    one = Rates(survival=pd.Series(alive, ages), fertility=pd.Series({5: fertility}),
                boys_per_girl=ratio)  # fmt: skip
    births = 5 * fertility / 2 / (1 + ratio) * alive[0]
    leslie = np.array([[births * alive[1], births, 0], [alive[1], 0, 0], [0, alive[2], alive[3]]])
    found = cohort_component(base, [one] * 3, start=2020)
    expected = np.linalg.matrix_power(leslie, 3) @ base.to_numpy()[0]
    np.testing.assert_allclose(found.population[2035].to_numpy()[0], expected, rtol=1e-14)


def test_rates_may_differ_between_areas():
    two = table([[100, 80, 60], [100, 80, 60]], ages=[0, 5, 10])
    columns = pd.MultiIndex.from_product([["female"], [0, 5, 10, 15]])
    alive = pd.DataFrame([[1.0] * 4, [0.5] * 4], index=two.index, columns=columns)
    one = Rates(survival=alive, fertility=pd.Series({5: 0.0}))
    found = cohort_component(two, [one], start=0).population
    assert found[5]["female"].to_numpy().tolist() == [[0, 100, 140], [0, 50, 70]]
    # A row an area: one that is left out is not taken for an area without births.
    few = Rates(survival=alive, fertility=pd.DataFrame({5: [0.1]}, index=["a0"]))
    with pytest.raises(InputError, match="missing"):
        cohort_component(two, [few], start=0)


def test_component_hides_and_estimates_as_hamilton_perry_does():
    base = table([[100, 80, 60], [50, np.nan, 30], [1, 1, 0], [0, 0, 0], [np.nan] * 3],
                 ages=[0, 5, 10])  # fmt: skip
    columns = pd.MultiIndex.from_product([["female"], [0, 5, 10, 15]])
    one = Rates(survival=pd.Series(1.0, columns), fertility=pd.Series({5: 0.0}))
    found = cohort_component(base, [one], start=2020, min_count=10)
    assert found.masks.tolist() == ["", "", "small", "zero", "small"]
    assert (found.n, found.n_missing) == (2, 3)
    assert np.isnan(found.population.loc["a1", (2020, "female", 5)])
    # Hidden: the ages of a0, a2 and a3 together, scaled to the 80 of 160 + 1 that are shown.
    assert found.population.loc["a1", (2025, "female", 10)] == pytest.approx(81 * 80 / 161 + 30)
    assert found.population.loc["a2"].isna().all()


def test_scenarios_of_the_component():
    columns = pd.MultiIndex.from_product([["female"], [0, 5, 10, 15]])
    one = Rates(survival=pd.Series(1.0, columns), fertility=pd.Series({5: 0.0}))
    base = table([[100, 80, 60]], ages=[0, 5, 10])
    home = Institution(area="a0", residents=pd.Series({("female", 10): 20.0}), closes=2030)
    new = Housing(area="a0", year=2028, persons=24)
    found = cohort_component(base, [one] * 2, start=2020, events=(home, new)).population
    assert found[2025]["female"].loc["a0"].tolist() == [0, 100, 80 + 40 + 20]
    assert found[2030]["female"].loc["a0"].sum() == pytest.approx(220 + 24)


def test_the_oldest_groups_join_where_survival_ends_earlier():
    base = table([[100, 80, 60, 40]], ages=[0, 5, 10, 15])
    columns = pd.MultiIndex.from_product([["female"], [0, 5, 10, 15]])
    one = Rates(survival=pd.Series([1, 1, 1, 0.5], columns), fertility=pd.Series({5: 0.0}))
    found = cohort_component(base, [one], start=0).population
    assert found[0]["female"].loc["a0"].tolist() == [100, 80, 100]
    assert found[5]["female"].loc["a0"].tolist() == [0, 100, 80 + 50]


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (rates(survival=1.2), "out of range"),
        (rates(fertility=-0.1), "out of range"),
        (rates(migration=-1.5), "out of range"),
        (replace(rates(), survival=rates().survival.drop(("male", 5))), "missing"),
        (replace(rates(), fertility=pd.Series({7: 0.1})), r"ages \(7\)"),
        (replace(rates(), migration=pd.Series(0.0, index=RATES_AGES)), r"ages \(15\)"),
        (replace(rates(), survival=rates().survival.rename({15: 20})),
         r"ages \(20\).*open from 10"),
    ],
)  # fmt: skip
def test_rates_that_cannot_be(broken, why):
    with pytest.raises(InputError, match=why):
        cohort_component(PAIR, [broken], start=2020)


def test_nobody_leaves_who_is_not_there():
    columns = pd.MultiIndex.from_product([["female"], [0, 5, 10, 15]])
    one = Rates(survival=pd.Series(1.0, columns), fertility=pd.Series({5: 0.0}),
                migration=pd.Series([0.0, -0.5, 0.0], columns[:3]))  # fmt: skip
    found = cohort_component(table([[0, 80, 60]], ages=[0, 5, 10]), [one], start=0)
    # 20 leave at the start, 20 at the end: but nobody has come into the group.
    assert found.population[5]["female"].loc["a0"].tolist() == [0, 0, 120]
    assert found.settings["emptied"] == 20
    assert "20 more" in " ".join(reading.projection_cautions(found, lang="en"))


def test_a_component_without_women():
    with pytest.raises(InputError, match="no women"):
        cohort_component(PAIR[["male"]], [rates()], start=2020)


# ---- laws ----------------------------------------------------------------------

towns = st.integers(0, 10_000).map(lambda seed: city(8, seed=seed))
methods = st.sampled_from(
    [PLAIN, Settings(), Settings(shrinkage="parent"), Settings(rules=Rules(refresh=True))]
)


@given(towns, methods)
@settings(max_examples=15)
def test_zero_years_give_the_base(town, how):
    first, second = town
    found = hamilton_perry(first, second, years=(2015, 2020), until=2020, settings=how)
    kept = found.masks == ""
    pd.testing.assert_frame_equal(found.population[2020][kept], second[kept])


@given(towns, methods, st.floats(1.0, 1e6))
@settings(max_examples=15)
def test_the_city_is_its_control_total_and_nobody_is_negative(town, how, total):
    first, second = town
    control = pd.DataFrame({"year": [2025, 2030], "persons": [total, 1.1 * total]})
    found = hamilton_perry(
        first, second, years=(2015, 2020), until=2030, settings=replace(how, control=control)
    )
    for year, goal in found.control.items():
        assert np.nansum(found.population[year]) == pytest.approx(goal, rel=1e-9)
    assert not (found.population < 0).any().any()


@given(towns, methods, st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_the_order_of_the_areas_does_not_matter(town, how, random):
    first, second = town
    order = list(second.index)
    random.shuffle(order)
    one = hamilton_perry(first, second, years=(2015, 2020), until=2030, settings=how)
    other = hamilton_perry(
        first.sample(frac=1, random_state=1), second.loc[order], years=(2015, 2020), until=2030,
        settings=how,
    )  # fmt: skip
    pd.testing.assert_frame_equal(
        other.population.loc[second.index], one.population, rtol=1e-12, atol=1e-12
    )


@given(towns, st.floats(0.1, 50))
@settings(max_examples=10)
def test_ratios_do_not_hang_on_scale(town, factor):
    first, second = town
    pd.testing.assert_frame_equal(
        cohort_change(factor * first, factor * second, years=5),
        cohort_change(first, second, years=5),
        rtol=1e-9,
    )


def test_a_stable_city_goes_on_as_it_is():
    """The same table at both dates: every later date is that table."""
    first = table([[50.0] * 36], sexes=("female", "male"), ages=AGES)
    found = hamilton_perry(first, first, years=(2015, 2020), until=2070)
    for year in found.years:
        np.testing.assert_allclose(found.population[year], first)


# ---- small numbers ---------------------------------------------------------------


def test_shrinkage_lies_between_the_area_and_the_city():
    first, second = city(30, seed=3)
    own = cohort_change(first, second, years=5)
    found = hamilton_perry(
        first, second, years=(2015, 2020), until=2025, settings=Settings(cap=None)
    )
    cell = ("female", 20)
    parent = second["female", 20].sum() / first["female", 15].sum()
    low = np.minimum(own[cell], parent) - 1e-12
    high = np.maximum(own[cell], parent) + 1e-12
    assert found.ratios[cell].between(low, high).all()
    assert (found.ratios[cell] != own[cell]).any()


def test_the_city_alone_gives_the_synthetic_ratios():
    first, second = city(5)
    found = hamilton_perry(
        first, second, years=(2015, 2020), until=2025, settings=Settings(shrinkage="parent")
    )
    assert (found.ratios.nunique() == 1).all()


def test_empirical_bayes_of_marshall_by_hand():
    above, below = np.array([[90.0], [60.0], [3.0]]), np.array([[100.0], [100.0], [1.0]])
    m = 153 / 201
    spread = (100 * (0.9 - m) ** 2 + 100 * (0.6 - m) ** 2 + (3 - m) ** 2) / 201
    between = spread - m / 67
    expected = [m + between / (between + m / b) * (r - m)
                for r, b in ((0.9, 100), (0.6, 100), (3, 1))]  # fmt: skip
    found = shrink(above, below, cap=None)
    assert found.ratio.ravel().tolist() == pytest.approx(expected, rel=1e-12)


def test_potential_counts_the_neighbourhood():
    """Two areas at one place are one; a third, twenty reaches away, hardly counts."""
    above, below = np.array([[10.0], [0.0], [90.0]]), np.array([[10.0], [10.0], [10.0]])
    apart = np.array([[1.0, 1.0, 20.0], [1.0, 1.0, 20.0], [20.0, 20.0, 1.0]])
    found = shrink(above, below, method="potential", distance=apart, cap=None).ratio.ravel()
    far = 1 / 400
    assert found.tolist() == pytest.approx(
        [(10 + far * 90) / (20 + far * 10)] * 2 + [(90 + far * 10) / (10 + far * 20)]
    )
    with pytest.raises(InputError, match="distances"):
        shrink(above, below, method="potential")


def test_ratios_are_bounded_beside_the_city():
    above, below = np.array([[50.0], [95.0]]), np.array([[5.0], [100.0]])
    parent = 145 / 105
    found = shrink(above, below, method="none", cap=2.0).ratio.ravel()
    assert found.tolist() == pytest.approx([2 * parent, 0.95])


def test_an_empty_area_stays_empty_and_a_small_one_is_not_shown():
    first, second = city(4)
    first.iloc[0] = second.iloc[0] = 0.0
    second.iloc[1] = 0.0
    second.iloc[1, 5] = 3.0
    found = hamilton_perry(first, second, years=(2015, 2020), until=2030, min_count=10)
    assert found.masks.tolist() == ["zero", "small", "", ""]
    assert found.population.iloc[:2].isna().all().all()
    assert (found.n, found.n_missing) == (2, 2)


def test_hidden_cells_give_no_ratio_and_are_not_told():
    """What follows from a table with a hidden cell is the same whatever the cell holds."""
    first, second = city(6, seed=4)
    hidden = second.copy()
    hidden.iloc[0, 4] = np.nan
    found = hamilton_perry(first, hidden, years=(2015, 2020), until=2030)
    cell = second.columns[4]
    assert found.borrowed.loc["z000", cell]
    assert np.isnan(found.population[2020].loc["z000", cell])
    # Estimated from the city's ages and the shown persons: the cohort is there at the next date.
    others = second.iloc[1:].sum()
    expected = others[cell] / (others.sum() - others[cell]) * hidden.iloc[0].sum()
    following = second.columns[5]
    assert found.population[2025].loc["z000", following] == pytest.approx(
        expected * found.ratios.loc["z000", following]
    )
    whole = second.copy()
    whole.iloc[0] = np.nan
    gone = hamilton_perry(first, whole, years=(2015, 2020), until=2030)
    assert gone.masks.iloc[0] == "missing"


def test_pseudo_and_reference_have_the_same_ratios_in_every_exact_cell():
    first, reference = city(10, seed=5)
    exact = pd.DataFrame(True, index=reference.index, columns=reference.columns)
    exact.loc[:, [column for column in exact.columns if column[1] >= 70]] = False
    exact.iloc[3, 7] = False
    pseudo = reference.copy()
    rng = np.random.default_rng(1)
    pseudo[~exact] = rng.poisson(30, pseudo.shape).astype(float)[~exact.to_numpy()].mean()
    how = Settings(exact=exact)
    one = hamilton_perry(first, reference, years=(2015, 2020), until=2025, settings=how)
    other = hamilton_perry(first, pseudo, years=(2015, 2020), until=2025, settings=how)
    ratios = one.ratios.to_numpy(), other.ratios.to_numpy()
    told = ~other.borrowed.to_numpy()
    assert told[:, [age > 0 for _, age in exact.columns]].sum() > 200
    np.testing.assert_array_equal(ratios[0][told], ratios[1][told])
    assert not told[~exact.to_numpy()].any()
    # Women of z003 are not all exact: its children have no ratio of their own.
    assert other.borrowed.loc["z003", ("female", 0)]
    assert not other.borrowed.loc["z004", ("female", 0)]
    assert (ratios[0] != ratios[1]).any()  # the others do differ: nothing was compared with itself


# ---- control, scenario, the city's own projection ------------------------------------


def test_control_by_sex_and_age():
    first, second = city(6)
    control = pd.DataFrame(
        {
            "year": 2025,
            "sex": ["female", "female", "male"],
            "age_start": [0, 15, 0],
            "age_end": [15, np.nan, np.nan],
            "persons": [500, 2000, 2400],
        }
    )
    found = hamilton_perry(
        first, second, years=(2015, 2020), until=2025, settings=Settings(control=control)
    )
    later = found.population[2025]
    assert later["female"][[0, 5, 10]].to_numpy().sum() == pytest.approx(500)
    assert later["female"].to_numpy().sum() == pytest.approx(2500)
    assert later["male"].to_numpy().sum() == pytest.approx(2400)
    assert found.control.to_dict() == {2025: 4900.0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"age_end": [15, 20]}, "overlap"),
        ({"age_start": [0, 17]}, "age groups"),
        ({"persons": [-1, 5]}, "persons 0 or more"),
        ({"sex": ["female", "other"]}, "another sex"),
    ],
)
def test_control_that_cannot_be(change, message):
    first, second = city(3)
    rows = {"year": 2025, "sex": None, "age_start": [0, 10], "age_end": [10, None],
            "persons": [5, 6], **change}  # fmt: skip
    with pytest.raises(InputError, match=message):
        hamilton_perry(
            first, second, years=(2015, 2020), until=2025,
            settings=Settings(control=pd.DataFrame(rows)),
        )  # fmt: skip


def test_new_housing_comes_and_grows_older():
    first, second = city(4)
    profile = pd.Series({("female", 30): 1.0, ("male", 30): 1.0})
    events = (Housing(area="z001", year=2023, persons=200, profile=profile),)
    plain = hamilton_perry(first, second, years=(2015, 2020), until=2030)
    built = hamilton_perry(
        first, second, years=(2015, 2020), until=2030, settings=Settings(events=events)
    )
    more = built.population - plain.population
    assert more[2020].to_numpy().sum() == 0
    assert more[2025].loc["z001", ("female", 30)] == pytest.approx(100)
    assert more[2025].to_numpy().sum() == pytest.approx(200)
    assert more[2030].loc["z001", ("male", 35)] == pytest.approx(
        100 * plain.ratios.loc["z001", ("male", 35)]
    )
    assert (more.drop(index="z001") == 0).all().all()


def test_an_institution_neither_ages_nor_bears_children_until_it_closes():
    first, second = city(4)
    cell = ("female", 80)
    home = pd.Series({cell: 60.0})
    with_home = [one.copy() for one in (first, second)]
    for one in with_home:
        one.loc["z002", cell] += 60
    events = (Institution(area="z002", residents=home, closes=2028),)
    plain = hamilton_perry(first, second, years=(2015, 2020), until=2030)
    found = hamilton_perry(
        *with_home, years=(2015, 2020), until=2030, settings=Settings(events=events)
    )
    pd.testing.assert_frame_equal(found.ratios, plain.ratios)
    more = found.population - plain.population
    assert more[2025].loc["z002", cell] == pytest.approx(60)
    assert more[2025].to_numpy().sum() == pytest.approx(60)
    assert more[2030].to_numpy().sum() == pytest.approx(0, abs=1e-9)
    full = Settings(events=(Institution(area="z002", residents=home * 99),))
    with pytest.raises(InputError, match="more than the people"):
        hamilton_perry(first, second, years=(2015, 2020), until=2030, settings=full)


def test_ratios_follow_the_city_where_it_is_projected_elsewhere():
    """A city that keeps its own past ratios changes nothing; halved ratios halve the areas'."""
    first, second = city(5)
    both = hamilton_perry(first, second, years=(2015, 2020), until=2030)
    one = pd.DataFrame({2015: first.sum(), 2020: second.sum()}).T
    alone = hamilton_perry(one.loc[[2015]].set_axis(["city"]), one.loc[[2020]].set_axis(["city"]),
                           years=(2015, 2020), until=2030)  # fmt: skip
    path = pd.concat([alone.population[year] for year in alone.years]).set_axis(alone.years)
    same = hamilton_perry(
        first, second, years=(2015, 2020), until=2030, settings=Settings(city=path)
    )
    pd.testing.assert_frame_equal(same.population, both.population, rtol=1e-9)
    path.loc[2025] /= 2
    half = hamilton_perry(
        first, second, years=(2015, 2020), until=2030, settings=Settings(city=path)
    )
    cell = (2025, "male", 40)
    pd.testing.assert_series_equal(half.population[cell], both.population[cell] / 2)


# ---- backtest -------------------------------------------------------------------------


def test_backtest_by_hand():
    first = table([[100.0] * 6, [300.0] * 6])
    second = first.copy()
    third = table([[80.0] * 6, [400.0] * 6])
    found = backtest(first, second, third, years=(2000, 2010, 2020))
    # A stable city is projected as it is: 600 against 480, 1,800 against 2,400.
    assert found.errors["error"].tolist() == pytest.approx([0.25, -0.25])
    assert found.frame.index.tolist() == ["500-999", "1000-1999", "all"]
    assert found.frame.loc["all"].tolist() == pytest.approx([2, 0.25, 0.0, 0.25])
    assert found.frame.loc["1000-1999", "bias"] == pytest.approx(-0.25)


def test_bounds_are_the_errors_of_the_past():
    first, second = city(60, seed=7)
    _, third = city(60, seed=8)
    test = backtest(first, second, third, years=(2010, 2015, 2020))
    future = with_bounds(
        hamilton_perry(second, third, years=(2015, 2020), until=2030), test, coverage=0.8
    )
    total = future.population.T.groupby(level=0).sum().T
    assert (future.low <= total + 1e-9).all().all()
    assert (future.high >= total - 1e-9).all().all()
    assert (future.low[2020] == total[2020]).all()
    wide = np.log(future.high / future.low)
    np.testing.assert_allclose(wide[2030], 2 * wide[2025])
    few = backtest(first[:5], second[:5], third[:5], years=(2010, 2015, 2020))
    assert with_bounds(future, few).backtest is few.frame
    narrow = hamilton_perry(second[:5], third[:5], years=(2015, 2020), until=2030)
    assert with_bounds(narrow, few).low is None


def test_areas_that_hide_a_cell_are_not_tested():
    first, second = city(12, seed=9)
    hidden = second.copy()
    hidden.iloc[:2, 3] = np.nan
    found = backtest(first, first, hidden, years=(2010, 2015, 2020))
    assert found.errors.index.tolist() == list(second.index[2:])
    hidden.iloc[:, 3] = np.nan
    none = backtest(first, first, hidden, years=(2010, 2015, 2020))
    future = hamilton_perry(first, second, years=(2015, 2020), until=2025)
    assert with_bounds(future, none) is future


def test_shrinkage_pays_where_areas_are_small():
    """Areas that truly change alike: drawing to the city makes smaller errors."""
    rng = np.random.default_rng(2)
    means = rng.gamma(2.0, 4.0, (200, 1)) * np.ones((1, 36))
    draw = [table(rng.poisson(means), sexes=("female", "male"), ages=AGES) for _ in range(3)]
    own = backtest(*draw, years=(2005, 2010, 2015), settings=PLAIN).frame.loc["all", "mape"]
    eb = backtest(*draw, years=(2005, 2010, 2015)).frame.loc["all", "mape"]
    assert eb < 0.8 * own


# ---- areas that appear and vanish -------------------------------------------------------


def test_new_areas_take_the_citys_ratios_and_lost_ones_count_for_it():
    first, second = city(5)
    split_first = first.rename(index={"z004": "old"})
    found = hamilton_perry(split_first, second, years=(2015, 2020), until=2025)
    whole = hamilton_perry(first, second, years=(2015, 2020), until=2025)
    assert found.borrowed.loc["z004"].drop([("female", 0), ("male", 0)]).all()
    parent = second["female", 30].sum() / first["female", 25].sum()
    assert found.ratios.loc["z004", ("female", 30)] == pytest.approx(parent)
    assert whole.borrowed.loc["z004"].sum() < found.borrowed.loc["z004"].sum()


def test_concordance_of_names_and_sums():
    first = table([[1.0] * 6, [2.0] * 6, [3.0] * 6, [4.0] * 6],
                  areas=["大字 上郷", "竹園三丁目", "旧村一", "旧村二"])  # fmt: skip
    later = pd.Index(["上郷", "竹園３丁目", "新市街"])
    found = concordance(first.index, later, given={"旧村一": "上郷"})
    assert found.frame["how"].tolist() == ["name", "name", "given", "vanished"]
    assert found.appeared == ("新市街",)
    assert found.vanished == ("旧村二",)
    summed = carry(first, found)
    assert summed["female", 0].to_dict() == {"上郷": 4.0, "竹園３丁目": 2.0, "旧村二": 4.0}
    with pytest.raises(InputError, match="no area"):
        concordance(first.index, later, given={"旧村一": "どこか"})


def test_two_areas_of_like_names_are_not_guessed():
    found = concordance(pd.Index(["字中", "大字中"]), pd.Index(["中", "東"]))
    assert found.frame["how"].tolist() == ["vanished", "vanished"]


# ---- tables that cannot be ----------------------------------------------------------------


def test_regroup_and_what_it_refuses():
    first, _ = city(2)
    wide = regroup(first, open_age=70, width=10)
    assert wide.to_numpy().sum() == first.to_numpy().sum()
    assert wide["male"][70].tolist() == first["male"][[70, 75, 80, 85]].sum(axis=1).tolist()
    with pytest.raises(InputError, match="cannot be made"):
        regroup(first, open_age=72)


def test_tables_of_other_ages_meet():
    first, second = city(3)
    longer = table(np.ones((3, 42)), sexes=("female", "male"), ages=list(range(0, 105, 5)),
                   areas=list(second.index))  # fmt: skip
    found = hamilton_perry(first, longer, years=(2015, 2020), until=2025)
    assert found.population[2020]["male"].columns.max() == 85
    assert found.population[2020]["male"].loc["z000", 85] == 4


@pytest.mark.parametrize(
    ("years", "until", "message"),
    [((2015, 2018), 2021, "no multiple"), ((2015, 2020), 2023, "whole number of steps"),
     ((2020, 2015), 2030, "whole number of steps")],
)  # fmt: skip
def test_years_that_do_not_fit(years, until, message):
    first, second = city(3)
    with pytest.raises(InputError, match=message):
        hamilton_perry(first, second, years=years, until=until)


def test_tables_that_are_none():
    first, second = city(3)
    with pytest.raises(InputError, match="two levels"):
        hamilton_perry(first, second["male"], years=(2015, 2020), until=2025)
    with pytest.raises(InputError, match="no women"):
        hamilton_perry(first[["male"]], second[["male"]], years=(2015, 2020), until=2025)
    with pytest.raises(InputError, match="equally wide"):
        cohort_change(first.drop(columns=5, level=1), second, years=5)
    with pytest.raises(InputError, match="different areas"):
        cohort_change(first[:2], second, years=5)
    with pytest.raises(InputError, match="negative"):
        cohort_change(-1 - first, second, years=5)


def test_inputs_are_untouched():
    first, second = city(5)
    kept = first.copy(), second.copy()
    hamilton_perry(first, second, years=(2015, 2020), until=2030)
    pd.testing.assert_frame_equal(first, kept[0])
    pd.testing.assert_frame_equal(second, kept[1])
