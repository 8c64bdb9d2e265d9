"""The invented register: published sums to the person, coherent households, published rates."""

import hashlib

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tsukuba_gis.boundaries import load_boundaries
from tsukuba_gis.demo import register
from tsukuba_gis.demo.choice import size_counts
from tsukuba_gis.demo.health import care_levels, care_rates, medical
from tsukuba_gis.demo.households import members
from tsukuba_gis.demo.patterns import LARGEST, PATTERNS
from tsukuba_gis.demo.places import scaled
from tsukuba_gis.errors import InputError
from tsukuba_gis.schema import CARE_LEVELS, HOUSEHOLD_TYPES, RELATIONS, SEXES

COLUMNS = {
    "person_id": "str", "household_id": "str", "age": "int64", "sex": "str",
    "household_type": "str", "relation": "str", "care_level": "str", "claims": "int64",
    "medical_cost": "int64", "bmi": "float64", "sbp": "float64", "hba1c": "float64",
    "ward": "str", "small_area": "str", "school_district": "str", "elementary_district": "str",
    "lon": "float64", "lat": "float64",
}  # fmt: skip


def rng(seed=1):
    return np.random.Generator(np.random.Philox(seed))


@pytest.fixture(scope="module")
def records():
    return register()


@pytest.fixture(scope="module")
def people(records):
    return records.frame


@pytest.fixture(scope="module")
def zones():
    return load_boundaries("small_area")


@pytest.fixture(scope="module")
def households(people):
    """One row a household: its size, who is in it, the ages by relation."""
    grouped = people.groupby("household_id")
    table = pd.DataFrame({"n": grouped.size(), "type": grouped["household_type"].first()})
    for relation in RELATIONS:
        own = people[people["relation"] == relation].groupby("household_id")["age"]
        table[relation] = own.size().reindex(table.index, fill_value=0)
        table[f"{relation}_min"] = own.min()
        table[f"{relation}_max"] = own.max()
    return table


# ---- published sums ---------------------------------------------------------


def test_persons_and_households_of_each_area_are_the_published_ones(people, zones):
    persons = people["small_area"].value_counts().reindex(zones.ids, fill_value=0)
    homes = people.drop_duplicates("household_id")["small_area"].value_counts()
    published = zones.frame
    assert persons.to_list() == published["population_2015"].to_list()
    assert (
        homes.reindex(zones.ids, fill_value=0).to_list() == published["households_2015"].to_list()
    )
    assert (len(people), people["household_id"].nunique()) == (226_963, 98_190)
    assert (persons == 0).sum() == 33


@pytest.mark.parametrize("seed", [20190401, 1, 2])
def test_city_has_the_published_age_shares(records, seed):
    age = (records if seed == 20190401 else register(seed=seed)).frame["age"]
    shares = [(age < 15).mean(), age.between(15, 64).mean(), (age >= 65).mean()]
    assert shares == pytest.approx([0.156, 0.64, 0.20], abs=0.005)


def test_districts_differ_as_known(people):
    old = (people["age"] >= 65).groupby(people["school_district"]).mean()
    young = (people["age"] < 15).groupby(people["school_district"]).mean()
    villages = ["秀峰筑波義務教育学校", "茎崎中学校", "高崎中学校"]
    towns = ["学園の森義務教育学校", "みどりの学園義務教育学校"]
    assert old[villages].min() > 0.3
    assert old[towns].max() < 0.15
    assert young[towns].min() > 0.2
    assert young[villages].max() < 0.13
    student = people[people["small_area"] == "08220160003"]  # 天久保3丁目: 1.07 a household
    assert student["age"].between(18, 29).mean() > 0.6
    assert (student["household_type"] == "single").mean() > 0.8


# ---- columns ----------------------------------------------------------------


def test_columns_types_and_words(records, people):
    assert records.kind == "invented"
    assert list(people.columns) == list(COLUMNS)
    assert {name: str(kind) for name, kind in people.dtypes.items()} == COLUMNS
    gaps = people.columns[people.isna().any()]
    assert list(gaps) == ["bmi", "sbp", "hba1c"]
    assert people["person_id"].is_unique
    for column, words in (
        ("sex", SEXES),
        ("household_type", HOUSEHOLD_TYPES),
        ("relation", RELATIONS),
        ("care_level", CARE_LEVELS),
    ):
        assert set(people[column]) == set(words), column


def test_names_of_areas_agree_with_the_zones(people, zones):
    first = people.drop_duplicates("small_area").set_index("small_area")
    assert (first["ward"] == zones.names[first.index]).all()
    for kind in ("school_district", "elementary_district"):
        names = zones.frame[kind].map(load_boundaries(kind).names)
        assert (first[kind] == names[first.index]).all()
        assert people.groupby("small_area")[kind].nunique().max() == 1


def test_repr_shows_nobody(records, people):
    assert people["person_id"].iloc[0] not in repr(records)


# ---- households -------------------------------------------------------------


def test_each_household_has_one_head_who_stands_first(people, households):
    assert (households["head"] == 1).all()
    assert (people.drop_duplicates("household_id")["relation"] == "head").all()
    assert people["household_id"].is_monotonic_increasing


def test_types_follow_from_members(households):
    h = households
    both = h["spouse"] == 1
    laws = {
        "single": h["n"] == 1,
        "couple": both & (h["n"] == 2),
        "couple_children": both & (h["child"] >= 1) & (h["child"] + 2 == h["n"]),
        "single_parent": ((h["child"] + 1 == h["n"]) | ((h["parent"] == 1) & (h["n"] == 2)))
        & (h["n"] > 1),
        "three_generation": (h["grandchild"] > 0) | ((h["child"] > 0) & (h["parent"] > 0)),
        "institution": (h["resident"] + 1 == h["n"]) & (h["resident"] >= 1),
    }
    for kind, law in laws.items():
        assert (law == (h["type"] == kind)).all(), kind
    assert h.loc[h["type"] != "institution", "n"].max() <= LARGEST


def test_generations_are_apart(people, households):
    h = households
    head, spouse = h["head_min"], h["spouse_min"]
    parent = np.fmin(head, spouse)
    assert (parent - h["child_max"]).min() >= 18
    assert (np.fmax(head, spouse) - h["child_min"]).max() <= 75
    assert (parent - h["child_min"]).median() == pytest.approx(31, abs=3)
    assert (h["parent_min"] - head).min() >= 18
    assert (h["child_max"] - h["grandchild_max"]).min() >= 18
    assert (head - spouse).abs().max() <= 16
    adults = people["relation"].isin(["head", "spouse", "parent", "other"])
    assert people.loc[adults, "age"].min() >= 18
    assert people["age"].between(0, 104).all()


def test_couples_are_a_woman_and_a_man(people):
    couple = people[people["relation"].isin(["head", "spouse"])]
    couple = couple[couple["household_id"].duplicated(keep=False)]
    assert (couple.groupby("household_id")["sex"].nunique() == 2).all()


def test_institutions_stand_where_families_cannot_explain_the_mean(people):
    wadai = people[people["small_area"] == "082201370"]  # 和台: 79 persons in 1 household
    assert len(wadai) == 79
    assert set(wadai["household_type"]) == {"institution"}
    residents = people[people["household_type"] == "institution"]
    assert residents.loc[residents["small_area"] != "082201370", "age"].min() >= 65
    assert 0.3 < (wadai["age"] >= 65).mean() < 0.65  # adults of all ages, not an outlier on maps
    share = len(residents) / (people["age"] >= 65).sum()
    assert 0.03 < share < 0.06


def test_pyramid_is_smooth(people):
    five = np.bincount(people["age"] // 5)[:18]
    ratio = five[1:] / five[:-1]
    assert ratio[:13].min() > 0.7
    assert ratio[:13].max() < 1.6
    assert 0.49 < (people["sex"] == "male").mean() < 0.53


def test_size_counts_by_hand():
    counts = size_counts(np.array([0, 5, 24, 16]), np.array([0, 5, 10, 2]))
    assert counts[0].sum() == 0
    assert counts[1].tolist() == [5, 0, 0, 0, 0, 0, 0, 0]
    assert counts[3].tolist() == [0, 0, 0, 0, 0, 0, 0, 2]
    assert (counts[2].sum(), counts[2] @ np.arange(1, 9)) == (10, 24)


@given(st.lists(st.tuples(st.integers(1, 400), st.floats(1, 8)), min_size=1, max_size=20))
def test_size_counts_keep_both_sums(areas):
    households = np.array([n for n, _ in areas])
    persons = np.array([max(n, min(8 * n, round(n * mean))) for n, mean in areas])
    counts = size_counts(persons, households)
    assert (counts >= 0).all()
    assert (counts.sum(axis=1) == households).all()
    assert (counts @ np.arange(1, 9) == persons).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_members_keep_the_laws_for_any_seed(seed):
    pattern = np.repeat(np.arange(len(PATTERNS.size)), 20)
    age, _, slots = members(pattern, rng=rng(seed))
    letter = {name: slots == place for place, name in enumerate("HSCDGPO")}
    assert ((slots >= 0).sum(axis=1) == PATTERNS.size[pattern]).all()
    assert age[slots >= 0].min() >= 0
    child = np.where(letter["C"], age, -1).max(axis=1)
    parent = np.where(letter["H"] | letter["S"], age, 999).min(axis=1)
    assert (parent[child >= 0] - child[child >= 0]).min() >= 18
    grandchild = np.where(letter["G"], age, -1).max(axis=1)
    middle = np.where(letter["D"], age, 999).min(axis=1)
    assert (np.minimum(child, middle) - grandchild)[grandchild >= 0].min() >= 18


# ---- size -------------------------------------------------------------------


def test_scaled_by_hand():
    # 10 : 5 : 5 of 7 → 3.5, 1.75, 1.75: the two largest remainders get the rest
    assert scaled(np.array([10, 5, 5]), 7).tolist() == [3, 2, 2]
    assert scaled(np.array([1, 0, 1]), 1).tolist() == [1, 0, 0]


@pytest.mark.parametrize("size", [1, 2, 50, 3000])
def test_size_is_kept_to_the_person(size):
    people = register(size=size).frame
    assert len(people) == size
    assert (people["relation"] == "head").sum() == people["household_id"].nunique()
    if size == 3000:
        assert people["household_id"].nunique() == pytest.approx(3000 * 98_190 / 226_963, abs=20)
        assert (people["age"] >= 65).mean() == pytest.approx(0.20, abs=0.04)


@pytest.mark.parametrize("size", [0, -5])
def test_size_below_one_is_refused(size):
    with pytest.raises(InputError, match="at least 1"):
        register(size=size)


# ---- determinism ------------------------------------------------------------


def digest(frame):
    return hashlib.sha256(frame.to_csv(index=False).encode()).hexdigest()


def test_same_seed_same_bytes_other_seed_other_people():
    one, again, other = (register(seed=seed, size=4000).frame for seed in (5, 5, 6))
    assert digest(one) == digest(again)
    assert digest(one) != digest(other)
    assert (one["age"].to_numpy() != other["age"].to_numpy()).any()


# ---- places -----------------------------------------------------------------


def test_homes_lie_inside_their_area_after_rounding(records, people, zones):
    homes = people.drop_duplicates("household_id")
    points = records.points.loc[homes.index].to_crs(zones.frame.crs)
    own = zones.frame.geometry.loc[homes["small_area"]].to_numpy()
    shapely.prepare(own)
    assert shapely.contains_properly(own, points.to_numpy()).all()
    for column in ("lon", "lat"):
        assert (homes[column].round(6) == homes[column]).all()
        assert people.groupby("household_id")[column].nunique().max() == 1


def test_homes_are_clustered(records, people, zones):
    """Nearest neighbours are closer than under complete randomness (Clark–Evans ratio < 1)."""
    homes = people[people["small_area"] == "08220001000"].drop_duplicates("household_id")
    points = records.points.loc[homes.index].to_crs(zones.frame.crs)
    xy = shapely.get_coordinates(points.to_numpy())
    from scipy.spatial import cKDTree

    nearest = cKDTree(xy).query(xy, k=2)[0][:, 1].mean()
    area = zones.frame.geometry["08220001000"].area
    assert nearest / (0.5 * np.sqrt(area / len(xy))) < 0.9


# ---- health -----------------------------------------------------------------


def test_care_rates_are_the_published_counts_over_the_published_populations():
    rates = care_rates()
    assert rates.shape == (2, 7, 8)
    assert rates.sum(axis=2) == pytest.approx(1)
    men_80 = 76667 + 62072 + 109869 + 85355 + 61818 + 52625 + 32150
    assert 1 - rates[1, 4, 0] == pytest.approx(men_80 / 2_392_000)
    assert rates[1, 4, 7] == pytest.approx(32150 / 2_392_000)
    women = np.array([3870, 4932, 3878, 3350, 2525, 1955]) * 1000
    assert (1 - rates[0, 1:, 0]) @ women == pytest.approx(4_681_211)
    assert 1 - rates[0, 1, 0] == pytest.approx(92_030 / 3_870_000)


def test_care_levels_keep_the_rates_with_residents_and_singles_among_them():
    n = 60_000
    age, male = np.full(n, 82), np.arange(n) % 2 == 0
    resident, alone = np.arange(n) % 50 < 1, np.arange(n) % 50 > 40
    level = care_levels(age, male, resident=resident, alone=alone, rng=rng())
    for sex in (0, 1):
        counts = np.bincount(level[male == sex], minlength=8)
        expected = care_rates()[sex, 4] * (n / 2)
        assert counts / (n / 2) == pytest.approx(expected / (n / 2), abs=0.006)
    home = ~resident
    certified = level > 0
    ratio = certified[home & alone].mean() / certified[home & ~alone].mean()
    assert ratio == pytest.approx(1.15, abs=0.06)
    assert (level[resident] >= 3).mean() > 0.95


def test_certified_share_by_age_in_the_register(people):
    old = people[people["age"] >= 65]
    band = np.minimum((old["age"] - 65) // 5, 5)
    certified = (old["care_level"] != "none").groupby([old["sex"], band]).mean()
    for sex, name in enumerate(SEXES):
        expected = 1 - care_rates()[sex, 1:, 0]
        assert certified[name].to_numpy() == pytest.approx(expected, abs=0.03)
    assert (people.loc[people["age"] < 40, "care_level"] == "none").all()
    middle = people[people["age"].between(40, 64)]
    assert (middle["care_level"] != "none").mean() == pytest.approx(0.0034, abs=0.001)


def test_cost_has_published_proportions_a_heavy_tail_and_zeros(people):
    cost = people["medical_cost"]
    band = pd.cut(people["age"], [0, 15, 40, 65, 75, 200], right=False)
    mean = cost.groupby(band, observed=True).mean().to_numpy()
    assert mean / mean[2] == pytest.approx([0.6, 0.4, 1.0, 2.3, 3.9], rel=1e-3)
    assert (cost[people["claims"] == 0] == 0).all()
    assert 0.05 < (cost == 0).mean() < 0.2
    assert cost.quantile(0.99) > 10 * cost.median()
    assert (cost % 10 == 0).all()
    top = cost.nlargest(len(cost) // 10).sum() / cost.sum()
    assert 0.4 < top < 0.8  # a tenth of the people cause about half of the cost


def test_ill_people_cost_more():
    n = 20_000
    age, care, health = np.full(n, 50), np.zeros(n, dtype=int), rng().normal(size=n)
    claims, cost = medical(age, care, health, rng=rng(2))
    assert stats.spearmanr(health, cost).statistic > 0.25
    assert claims.mean() == pytest.approx(9, abs=0.3)


def test_checkups_have_gaps_and_plausible_values(people):
    examined = people["bmi"].notna() | people["sbp"].notna()
    middle = people["age"].between(40, 74)
    assert examined[middle].mean() == pytest.approx(0.52, abs=0.02)
    assert examined[people["age"] < 20].sum() == 0
    assert 0.02 < examined[people["age"].between(20, 39)].mean() < 0.15
    assert people.loc[examined & middle, "hba1c"].isna().mean() == pytest.approx(0.12, abs=0.02)
    assert people["bmi"].median() == pytest.approx(22.9, abs=0.5)
    assert people["sbp"].median() == pytest.approx(124, abs=6)
    high = people["hba1c"].dropna() >= 6.5
    assert 0.04 < high.mean() < 0.12
    known = people[["age", "medical_cost", "sbp", "hba1c"]].dropna()
    rank = known.corr("spearman")
    assert rank.loc["age", ["sbp", "hba1c"]].min() > 0.2
    assert rank.loc["medical_cost", ["sbp", "hba1c"]].min() > 0.1
