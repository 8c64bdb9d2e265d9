"""Registers of other cities: what they lack, how they code, what is odd in them; end to end."""

import warnings

import numpy as np
import pandas as pd
import pytest
from cities import RULES, small_city
from toys import toy_zones

from tsukuba_gis.errors import DisclosureError, InputError
from tsukuba_gis.pseudo.audit import audit
from tsukuba_gis.pseudo.generate import generate
from tsukuba_gis.pseudo.making.sums import with_sums
from tsukuba_gis.pseudo.measure import measure
from tsukuba_gis.pseudo.proof.gates import households_coherent
from tsukuba_gis.pseudo.proof.recount import recount
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.pseudo.statistics import Statistics
from tsukuba_gis.pseudo.swap import swap
from tsukuba_gis.records import Records
from tsukuba_gis.study import judge, judge_swapped
from tsukuba_gis.zones import Zones

ZONES = toy_zones(kind="ward")


@pytest.fixture(scope="module")
def city():
    return small_city(3, 500).frame


def people(frame):
    return Records(frame=frame, kind="invented", source="a city")


def whole_way(frame, folder, *, zones=None, **changes):
    """Measured, written, read, audited and made; no declared cell is lost on the way."""
    spec = Spec(**{**RULES, **changes})
    statistics = measure(people(frame), spec, zones=zones)
    audited = audit(Statistics.load(statistics.save(folder / "measured")))
    assert audited.audit["narrower_than_half_k"] == 0
    made = generate(audited, key="a long secret", zones=zones).frame
    counted = recount(made, audited)
    exact = counted[counted.role == "exact"]
    assert exact.kept.sum() == exact.declared.sum() > 0
    assert households_coherent(made, audited.spec).value in (
        1.0,
        pytest.approx(np.nan, nan_ok=True),
    )
    assert made.dtypes.astype(str).to_dict() == dict(audited.columns)
    return audited, made


def test_relations_may_hold_the_marks_of_spelt_households(city, tmp_path):
    words = {"head": "世帯主", "spouse": "妻|夫", "child": "子:孫\\"}
    frame = city.assign(relation=city.relation.map(words))
    audited, made = whole_way(frame, tmp_path, head="世帯主")
    assert set(made.relation) == set(words.values())
    assert not any("妻|夫" in members for members in audited.tables["patterns"].members)


def test_one_relation_for_all_does_not_say_who_leads(city, tmp_path):
    audited, made = whole_way(city.assign(relation="head"), tmp_path)
    assert "area_households" not in audited.tables
    assert set(made.relation) == {"head"}


def test_a_point_that_is_nowhere_is_no_place(city, tmp_path):
    """Latitudes of 140 degrees lie outside the projection: no number, and no warning."""
    frame = city.rename(columns={"lon": "lat", "lat": "lon"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        audited, made = whole_way(frame, tmp_path, zones=ZONES, lon="lon", lat="lat")
    assert len(audited.tables["mesh"]) == 0
    assert made.lat.between(36, 37).all()


def test_polygons_of_other_areas_are_refused_before_anything_is_signed(city):
    others = ZONES.frame.rename(index=lambda zone: f"x{zone}").assign(name="よそ")
    with pytest.raises(InputError) as caught:
        measure(people(city), Spec(**RULES, lon="lon", lat="lat"),
                zones=Zones(frame=others, kind="ward"))  # fmt: skip
    assert caught.value.key == "pseudo_zones_unknown"


def test_where_every_area_is_too_small_no_home_is_placed(city, tmp_path):
    frame = city.assign(ward=np.array(list(ZONES.ids))[np.arange(len(city)) // 8 % 9])
    frame["household_id"] = frame["person_id"]
    frame = frame.groupby(["district", "ward"], sort=False).head(9)
    audited, made = whole_way(frame, tmp_path, zones=ZONES, lon="lon", lat="lat")
    assert set(audited.tables["areas"].area) == {""}
    assert not {"lon", "lat"} & set(made)


def test_where_everyone_has_an_amount_amounts_are_made(city, tmp_path):
    """No zero is published; that there is none follows from the total."""
    frame = city.assign(medical_cost=city.medical_cost + 100, claims=city.claims + 1)
    _, made = whole_way(frame, tmp_path)
    assert made.medical_cost.min() > 0
    assert made.medical_cost.sum() == frame.medical_cost.sum()


def test_amounts_of_which_nothing_is_safe_are_left_out(city, tmp_path):
    """One person's bill is nearly all there is: no sum is told, and no column promised."""
    few = city.assign(medical_cost=np.where(np.arange(len(city)) == 3, 98_765_123, 0))
    audited, made = whole_way(few, tmp_path)
    assert "medical_cost" not in made
    assert "medical_cost" not in audited.columns
    assert {"claims", "bmi"} <= set(made)
    assert set(audited.tables["sums"].column) == {"claims"}


def test_the_largest_cluster_may_be_one_that_cannot_be_named(city, tmp_path):
    """A home of 900 under three numbers is the largest district, and too few households."""
    home = city.head(900).assign(
        district="大施設", ward="z", household_type="institution", relation="head", age=85,
        household_id=np.repeat(["i", "j", "k"], 300), person_id=[f"施設{i}" for i in range(900)],
    )  # fmt: skip
    _, made = whole_way(pd.concat([city, home], ignore_index=True), tmp_path)
    assert "大施設" not in set(made.district)
    assert len(made) == len(city) + 900


def test_fewer_households_than_k_are_too_few(city):
    frame = city.assign(household_id="one")
    with pytest.raises(DisclosureError) as caught:
        measure(people(frame), Spec(**RULES))
    assert caught.value.key == "pseudo_too_few"


# ---- sums of few people, by hand -------------------------------------------------------


def summed(values, goal, step=10.0):
    rng = np.random.Generator(np.random.Philox(1))
    cells = np.zeros(len(values), dtype=np.int64), np.array([goal])
    return with_sums(np.array(values), cells, step, rng)


def test_no_amount_is_below_zero_where_more_people_were_drawn_than_a_sum_has_steps():
    made = summed([10.0, 20.0, 30.0, 40.0, 0.0], 20.0)
    assert sorted(made) == [0.0, 0.0, 0.0, 10.0, 10.0]
    assert sorted(summed([10.0, 20.0, 0.0], 7.0)) == [0.0, 0.0, 7.0]


def test_a_sum_of_people_without_an_amount_is_somebodys():
    assert np.array_equal(summed([np.nan, 0.0], 70.0), [np.nan, 70.0], equal_nan=True)
    assert summed([np.nan], 70.0).tolist() == [70.0]


# ---- whatever the order of rows -------------------------------------------------------------


def test_the_order_of_rows_decides_nothing(city):
    """Twins lead a household, members live at two points, a crowd is divided: ties everywhere."""
    frame = city.assign(age=city.age // 20 * 20, relation=city.relation.replace("child", "head"))
    away = np.arange(len(frame)) % 7 == 0
    frame["lon"] = (
        frame["lon"].mask(away, frame["lon"] + 1e-3).mask(np.arange(len(frame)) % 11 == 0)
    )
    frame.loc[frame.index[:60], ["household_id", "ward", "district"]] = ["群れ", "b2", "中央"]
    spec = Spec(**RULES, lon="lon", lat="lat")
    one = measure(people(frame), spec, zones=ZONES)
    for seed in (1, 2):
        other = measure(people(frame.sample(frac=1, random_state=seed)), spec, zones=ZONES)
        assert [n for n in one.tables if not one.tables[n].equals(other.tables[n])] == []


def test_people_without_a_number_are_not_one_another(city):
    frame = city.assign(person_id=city.person_id.mask(np.arange(len(city)) % 9 == 0))
    assert len(generate(audit(measure(people(frame), Spec(**RULES))), key="secret").frame) == len(
        city
    )


def test_a_district_with_few_who_do_not_lead_a_household_is_counted_with_another(tmp_path):
    """Of two relations persons less households are the spouses: 300 people, 4 of them."""
    rng = np.random.Generator(np.random.Philox(2))
    homes = [(home, d) for d, n in (("a", 300), ("b", 296), ("c", 300)) for home in range(n)]
    rows = [(f"{d}{home}", d, "head") for home, d in homes]
    rows += [
        (f"{d}{home}", d, "spouse") for home, d in homes if home < {"a": 90, "b": 4, "c": 90}[d]
    ]
    frame = pd.DataFrame(rows, columns=["household_id", "district", "relation"])
    frame["age"], frame["sex"] = (
        rng.integers(65, 95, len(frame)),
        rng.choice(["F", "M"], len(frame)),
    )
    spec = Spec(cluster="district", household="household_id", relation="relation")
    audited = audit(measure(people(frame), spec))
    assert audited.codes["cluster"] == ("a", "c")


def test_a_swapped_register_is_as_coherent_as_it_was(city):
    """Some households have no head, and some people no number: no fault of the swap."""
    frame = city[["district", "age", "sex", "relation", "household_id"]].assign(
        household_id=city.household_id.mask(np.arange(len(city)) % 5 == 0)
    )
    spec = Spec(cluster="district", household="household_id", relation="relation")
    register = people(frame)
    own = households_coherent(frame, spec).value
    assert own < 1
    key = "a long secret that nobody guesses"
    swapped = swap(register, spec, key=key)
    found = judge_swapped(register, swapped, spec, key=key)
    assert found.metric("households_coherent").at_least == pytest.approx(own)
    assert found.passed


def test_where_the_part_that_is_attacked_is_too_small_that_is_said():
    """Of 40 persons, enough to be measured, three tenths are 12: fewer than 20."""
    frame = pd.DataFrame({"district": "a", "age": [30, 70] * 20})
    register, spec = people(frame), Spec(cluster="district", sex=None, k=20)
    statistics = audit(measure(register, spec))
    made = generate(statistics, key="secret")
    with pytest.raises(DisclosureError) as caught:
        judge(register, made, statistics, key="secret", zones=None)
    assert caught.value.key == "certificate_too_few"
