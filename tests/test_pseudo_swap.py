"""Swapping: every declared table exact, no value lost, nobody whole, and the leak measured."""

import json

import numpy as np
import pandas as pd
import pytest
from cities import RULES, small_city
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from studies import write_study

from tsukuba_gis.cli import main
from tsukuba_gis.errors import DisclosureError, InputError
from tsukuba_gis.pseudo.evaluate import evaluate
from tsukuba_gis.pseudo.keys import require_secret
from tsukuba_gis.pseudo.proof import gates, relations, risk
from tsukuba_gis.pseudo.proof.certificate import certificate
from tsukuba_gis.pseudo.proof.columns import prepared
from tsukuba_gis.pseudo.proof.evaluation import Effort
from tsukuba_gis.pseudo.proof.metric import Metric
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.pseudo.strata import merged, turned
from tsukuba_gis.pseudo.swap import swap
from tsukuba_gis.records import Records

SPEC = Spec(**RULES, lon="lon", lat="lat")
KEY = "f3b1 c0de 9a77 0e5d 41aa"


@pytest.fixture(scope="module")
def city():
    return small_city(households=900)


@pytest.fixture(scope="module")
def swapped(city):
    return swap(city, SPEC, key=KEY)


def table(frame, columns):
    return frame.groupby(list(columns), dropna=False).size().sort_index()


def assert_declared(before, after):
    old = [frame.age.ge(65) for frame in (before, after)]
    young = [frame.age.le(10) for frame in (before, after)]
    both = [
        frame.assign(old=o, young=y)
        for frame, o, y in zip((before, after), old, young, strict=True)
    ]
    for columns in (
        ["district", "sex", "age"], ["district", "old", "young", "care_level"],
        ["district", "household_type", "relation", "sex"], ["district", "ward"],
    ):  # fmt: skip
        pd.testing.assert_series_equal(*(table(frame, columns) for frame in both))
    for column in ("claims", "medical_cost"):
        sums = [f.groupby(["district", "old", "young"])[column].sum() for f in both]
        pd.testing.assert_series_equal(*sums)


# ---- laws --------------------------------------------------------------------------------------


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), homes=st.integers(120, 500), key=st.text("abcdefgh0123456789",
       min_size=24, max_size=40).filter(lambda t: len(set(t)) > 8))  # fmt: skip
def test_declared_tables_and_the_values_of_each_district_are_kept(seed, homes, key):
    before = small_city(seed, homes).frame
    found = swap(Records(frame=before, kind="invented"), SPEC, key=key)
    after = found.records.frame
    assert_declared(before, after)
    # every column is the same multiset in each cluster, but for the numbers, which are new
    for column in set(before.columns) - {"person_id", "household_id", "district"}:
        values = [
            frame[["district", column]].sort_values(["district", column]).reset_index(drop=True)
            for frame in (before, after)
        ]
        pd.testing.assert_frame_equal(*values)
    real, fake = prepared([before, after], SPEC)
    assert gates.swapped_kept(real, fake, SPEC).passed is True
    assert gates.households_coherent(after, SPEC).passed is True


def test_a_household_in_two_districts_keeps_every_declared_number(city):
    # An error of the register: thirty households with a member in the other district.
    frame = city.frame.copy()
    member = frame[frame.relation == "spouse"].index[:30]
    for column in ("district", "ward", "lon", "lat"):
        values = frame[column].to_numpy().copy()
        values[member] = np.roll(values[member], 1)
        frame[column] = values
    split = frame.groupby("household_id").district.nunique()
    assert (split > 1).sum() > 5
    made = swap(Records(frame=frame, kind="invented"), SPEC, key=KEY)
    assert_declared(frame, made.records.frame)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=60), st.integers(0, 1000))
def test_a_circle_moves_everybody_who_is_not_alone(cells, seed):
    cell = np.array(cells)
    source = turned(cell, np.random.default_rng(seed))
    assert sorted(source) == list(range(len(cell))), "a permutation"
    assert (cell[source] == cell).all(), "inside the cell"
    alone = np.bincount(cell)[cell] == 1
    assert ((source == np.arange(len(cell))) == alone).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), min_size=1, max_size=80),
       st.integers(2, 12))  # fmt: skip
def test_merged_cells_hold_k_wherever_the_coarse_one_does(rows, k):
    coarse, fine = (np.array(part) for part in zip(*rows, strict=True))
    cell = merged([np.unique(coarse * 10 + fine, return_inverse=True)[1], coarse], k)
    for number in np.unique(cell):
        parents = np.unique(coarse[cell == number])
        assert len(parents) == 1, "never across a coarser cell"
        whole = int((coarse == parents[0]).sum())
        assert (cell == number).sum() >= min(k, whole)


def test_same_key_same_table_another_key_another_one(city, swapped):
    again = swap(city, SPEC, key=KEY)
    pd.testing.assert_frame_equal(again.records.frame, swapped.records.frame)
    other = swap(city, SPEC, key=KEY + "x").records.frame
    same = other[["age", "medical_cost"]] == swapped.records.frame[["age", "medical_cost"]]
    assert same.all(axis=1).mean() < 0.05


def test_the_order_of_rows_does_not_matter(city, swapped):
    shuffled = city.frame.sample(frac=1, random_state=3)
    found = swap(Records(frame=shuffled, kind="invented"), SPEC, key=KEY)
    pd.testing.assert_frame_equal(found.records.frame, swapped.records.frame)
    nameless = Spec.from_dict({**SPEC.to_dict(), "person": None})
    one, two = (
        swap(Records(frame=f.drop(columns="person_id"), kind="invented"), nameless, key=KEY)
        for f in (city.frame, shuffled)
    )
    pd.testing.assert_frame_equal(one.records.frame, two.records.frame)


def test_columns_dtypes_and_input_are_as_they_were(city):
    before = city.frame.copy()
    frame = city.frame.assign(note="text that the spec does not name")
    made = swap(Records(frame=frame, kind="reference"), SPEC, key=KEY).records
    assert made.kind == "reference", "real people's values stay confidential"
    assert list(made.frame.columns) == list(before.columns), "other columns are left out"
    assert (made.frame.dtypes == before.dtypes).all()
    assert not set(made.frame.person_id) & set(before.person_id)
    assert not set(made.frame.household_id) & set(before.household_id)
    pd.testing.assert_frame_equal(city.frame, before)


# ---- by hand -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "care", "cost"), [(10, 40, 40), (100, 160, 40), (3, 40, 40)])
def test_values_move_among_as_many_people_as_asked(asked, care, cost):
    """Four five-year ages of forty men: care moves among all of them where 100 are asked."""
    frame = pd.DataFrame(
        {"d": "a", "age": np.repeat([20, 25, 30, 35], 40), "sex": "male",
         "care": np.repeat(["none", "care1"] * 2, 40), "cost": 1.0 + np.arange(160) % 5}
    )  # fmt: skip
    spec = Spec(cluster="d", care="care", sums=("cost",), k=10)
    found = swap(Records(frame=frame, kind="invented"), spec, key=KEY, cell=asked)
    sizes = found.cells.set_index("part").smallest
    assert sizes["care"] == care
    assert sizes["age"] == cost
    assert found.record(spec)["cell"] == max(asked, spec.k)
    moved = found.records.frame
    own = (moved.care == np.where((moved.age - 20) // 5 % 2, "care1", "none")).mean()
    assert own == 1.0 if care == 40 else 0.3 < own < 0.7


def test_two_groups_of_three_by_hand():
    """Three of 30 and three of 70: costs change places among the three, none keeps their own."""
    frame = pd.DataFrame(
        {"d": "a", "age": [30] * 3 + [70] * 3, "cost": [1.0, 2.0, 3.0, 10.0, 20.0, 30.0]}
    )
    spec = Spec(cluster="d", sex=None, sums=("cost",), k=3)
    found = swap(Records(frame=frame, kind="invented"), spec, key=KEY)
    made = found.records.frame
    assert sorted(made.cost[made.age == 30]) == [1.0, 2.0, 3.0]
    assert sorted(made.cost[made.age == 70]) == [10.0, 20.0, 30.0]
    person, cost = found.origins["person"], found.origins["amounts"]
    assert (person != cost).all()
    assert frame.cost.to_numpy()[cost].tolist() == made.cost.tolist()
    parts = found.cells.set_index("part")
    assert (parts.loc["amounts", "cells"], parts.loc["amounts", "smallest"]) == (2, 3)


def test_origins_say_where_every_part_came_from(city, swapped):
    """The key inverts the swap: with the origins the register is put together again."""
    made, before = swapped.records.frame, city.frame
    for part, columns in (
        ("person", ["district", "sex", "relation"]), ("age", ["age"]), ("care", ["care_level"]),
        ("amounts", ["claims", "medical_cost"]), ("bmi", ["bmi"]), ("place", ["ward", "lon"]),
    ):  # fmt: skip
        taken = before[columns].iloc[swapped.origins[part]].reset_index(drop=True)
        pd.testing.assert_frame_equal(taken, made[columns])


def test_a_household_moves_as_a_whole(swapped):
    places = swapped.records.frame.groupby("household_id")[["ward", "lon", "lat"]].nunique()
    assert (places == 1).all().all()


# ---- faults ------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["42", "secret", "20190401" * 4, "aaaaaaaaaaaaaaaaaaaaaaaa", b"x"])
def test_a_key_that_can_be_guessed_is_refused(city, key):
    with pytest.raises(InputError, match="can be guessed"):
        swap(city, SPEC, key=key)


def test_a_random_key_is_accepted():
    require_secret("0f1e2d3c4b5a69788796a5b4c3d2e1f0")
    require_secret(bytes(range(32)))


def test_a_cluster_of_three_is_refused(city):
    frame = city.frame.copy()
    frame.loc[frame.index[:3], "district"] = "離島"
    with pytest.raises(DisclosureError, match="fewer than 10"):
        swap(Records(frame=frame, kind="invented"), SPEC, key=KEY)


def test_missing_columns_still_work(city):
    frame = city.frame[["district", "age"]]
    made = swap(Records(frame=frame, kind="invented"), SPEC, key=KEY).records.frame
    pd.testing.assert_series_equal(table(made, ["district", "age"]),
                                   table(frame, ["district", "age"]))  # fmt: skip


# ---- the leak, in figures ----------------------------------------------------------------------


def test_rows_are_hard_to_find_and_small_cells_are_true(city, swapped):
    """What docs say: the row of a person is not found, and every small declared cell is real."""
    real, fake = prepared([city.frame, swapped.records.frame], SPEC)
    known = ["ward", "sex", "age", "household_type", "relation"]
    whole = risk.linkage(real, real, np.arange(len(real)), known=known).value
    found = risk.linkage(real, fake, swapped.origins["amounts"], known=known)
    assert whole > 0.5
    assert found.value < 0.02
    true, shown = risk.small_cells(real, fake, ["district", "sex", "age"], k=10)
    assert true == shown > 0


def guess(*args, **kwargs):
    return Metric(name="classifier", kind="utility", value=0.5)


def test_evaluate_measures_the_leak(city, swapped, monkeypatch):
    monkeypatch.setattr(relations, "classifier_auc", guess)
    fine = swap(city, SPEC, key=KEY, cell=SPEC.k)
    found = evaluate(
        city, fine.records, SPEC, make=lambda r: swap(r, SPEC, key=KEY, cell=SPEC.k).records,
        effort=Effort(sample=300), origins=fine.origins,
    )  # fmt: skip
    assert found.metric("declared_kept").value == 1.0
    assert found.metric("linkage", "~part_amounts").value < 0.02
    assert found.metric("unchanged").value < 0.02
    small = found.metric("small_cells", "relation")
    assert small.value > 0.7, "small cells leak, and it is seen"
    assert small.passed is False
    real, made = prepared([city.frame, swapped.records.frame], SPEC)
    true, shown = risk.small_cells(real, made, list(small.subject), k=SPEC.k)
    assert true / shown < 0.5, "among 200 people they are the true ones only by chance"
    assert found.metric("same_points").kind == "risk", "points are real ones here"
    assert not found.guaranteed
    for lang, words in (
        ("ja", "庁外に出さないでください"),
        ("en", "Do not let it leave the office"),
    ):
        page = certificate(found, lang=lang)
        assert words in page
        assert "<blockquote>" not in page, "no guarantee in swap mode"


# ---- the command ---------------------------------------------------------------------------------


def test_the_command_writes_the_records_and_the_restoring_information(city, tmp_path, capsys):
    city.frame.to_parquet(tmp_path / "register.parquet", index=False)
    write_study(tmp_path, kind="reference", zones=["small_area"], cluster="district", area="ward")
    (tmp_path / "weak.txt").write_text("42", encoding="utf-8")
    (tmp_path / "key.txt").write_text(KEY, encoding="utf-8")
    command = ["pseudo", "swap", str(tmp_path / "study.toml"), "--lang", "en",
               "--out", str(tmp_path / "swapped.csv")]  # fmt: skip
    assert main([*command, "--key-file", str(tmp_path / "weak.txt")]) == 1
    assert "can be guessed" in capsys.readouterr().err
    assert not (tmp_path / "swapped.csv").exists()
    assert main([*command, "--key-file", str(tmp_path / "key.txt")]) == 0
    told = capsys.readouterr().out
    assert "inside the office only" in told
    assert "加工方法等情報" in told
    record = json.loads((tmp_path / "swapped_restoring_information.json").read_text("utf-8"))
    assert record["mode"] == "swap"
    assert "加工方法等情報" in record["restoring_information"]["ja"]
    assert KEY not in json.dumps(record)
    made = pd.read_csv(tmp_path / "swapped.csv", encoding="utf-8-sig")
    assert "inside the office only" in made.columns[-1]
    assert made.medical_cost.sum() == city.frame.medical_cost.sum()
