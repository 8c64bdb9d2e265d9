"""Generating: exact where declared, from the file and the key alone."""

import dataclasses
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cities import small_city
from scipy import stats
from scipy.sparse import csr_array
from test_pseudo_statistics import SPEC
from toys import toy_zones

from tsukuba_gis.errors import DisclosureError, InputError
from tsukuba_gis.pseudo.audit import audit
from tsukuba_gis.pseudo.counts import apportion, rake, whole_numbers
from tsukuba_gis.pseudo.generate import generate
from tsukuba_gis.pseudo.keys import stream
from tsukuba_gis.pseudo.making.homes import homes
from tsukuba_gis.pseudo.measure import measure
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.pseudo.written import families
from tsukuba_gis.records import Records
from tsukuba_gis.schema import CARE_LEVELS

ZONES = toy_zones(kind="ward")


@pytest.fixture(scope="module")
def city():
    return small_city()


@pytest.fixture(scope="module")
def statistics(city):
    return audit(measure(city, SPEC, zones=ZONES))


@pytest.fixture(scope="module")
def pseudo(statistics):
    return generate(statistics, key="鍵", zones=ZONES)


def test_the_table_has_the_registers_columns_and_dtypes(city, pseudo):
    assert list(pseudo.frame.columns) == list(city.frame.columns)
    assert (pseudo.frame.dtypes == city.frame.dtypes).all()
    assert len(pseudo) == len(city)
    assert pseudo.kind == "pseudo"
    assert pseudo.frame.person_id.is_unique
    assert not set(pseudo.frame.person_id) & set(city.frame.person_id)


def test_counts_per_district_sex_and_band_are_the_true_ones(city, statistics, pseudo):
    bands = statistics.tables["bands"]
    for frame in (city.frame, pseudo.frame):
        for (cluster, sex), own in bands.groupby(["cluster", "sex"]):
            ages = frame.age[(frame.district == cluster) & (frame.sex == sex)]
            counts = np.histogram(ages, [*own.start, 1000])[0]
            assert counts.tolist() == own.persons.tolist()


def test_care_and_sums_are_the_true_ones(city, statistics, pseudo):
    care = statistics.tables["care"]
    old = care[care.level == "old"]
    assert len(old) == 4  # all that are large enough in a city of 2,000
    # A level that hardly anyone has was counted with the next lower one.
    merged = {level: None for level in CARE_LEVELS if level not in statistics.codes["care"]}
    for level in merged:
        kept = [lower for lower in CARE_LEVELS[: CARE_LEVELS.index(level)] if lower not in merged]
        merged[level] = kept[-1]
    register = city.frame.assign(care_level=city.frame.care_level.replace(merged))
    for row in old.to_dict("records"):
        for frame in (register, pseudo.frame):
            mine = (frame.district == row["cluster"]) & (frame.care_level == row["care"])
            mine &= (frame.age >= 65) == (row["old"] == "1")
            assert mine.sum() == row["count"]
    sums = statistics.tables["sums"]
    whole = sums[sums.level == "cluster"]
    assert len(whole) == 6
    for row in whole.itertuples():
        for frame in (city.frame, pseudo.frame):
            assert frame.loc[frame.district == row.cluster, row.column].sum() == int(row.total)


def test_households_hang_together(pseudo):
    frame = pseudo.frame
    homes_ = frame.groupby("household_id")
    assert (homes_.relation.apply(lambda r: (r == "head").sum()) == 1).all()
    for column in ("household_type", "ward", "district", "lon", "lat"):
        assert (homes_[column].nunique() == 1).all()
    size = homes_.size()
    kind = homes_.household_type.first()
    assert (size[kind == "single"] == 1).all()
    assert (size[kind == "couple"] == 2).all()


def test_the_key_decides(statistics, pseudo):
    again = generate(statistics, key="鍵", zones=ZONES)
    pd.testing.assert_frame_equal(again.frame, pseudo.frame)
    other = generate(statistics, key="別の鍵", zones=ZONES)
    assert (other.frame.age.to_numpy() != pseudo.frame.age.to_numpy()).mean() > 0.8
    with pytest.raises(InputError, match="key is empty"):
        generate(statistics, key="", zones=ZONES)


def test_the_number_of_processes_does_not_show(statistics, pseudo):
    apart = generate(statistics, key="鍵", zones=ZONES, workers=2)
    pd.testing.assert_frame_equal(apart.frame, pseudo.frame)


def test_an_error_crosses_processes():
    error = DisclosureError("pseudo_not_exact", table="care/leaf", n=3)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is DisclosureError
    assert (str(again), again.say("ja")) == (str(error), error.say("ja"))


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[3])
from toys import toy_zones
from tsukuba_gis.pseudo.generate import generate
from tsukuba_gis.pseudo.statistics import Statistics
frame = generate(Statistics.load(sys.argv[1]), key="鍵", zones=toy_zones(kind="ward")).frame
frame.to_csv(sys.argv[2], index=False)
"""


def test_a_process_without_the_register_makes_the_same_table(statistics, pseudo, tmp_path):
    folder = statistics.save(tmp_path / "statistics")
    tests = Path(__file__).parent
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), str(tmp_path / "there.csv"), str(tests)],
        check=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tests.parent)},
    )  # fmt: skip
    pseudo.frame.to_csv(tmp_path / "here.csv", index=False)
    assert (tmp_path / "there.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()


def test_an_unaudited_file_is_refused(city, statistics):
    with pytest.raises(DisclosureError, match="not passed the audit"):
        generate(measure(city, SPEC, zones=ZONES), key="鍵", zones=ZONES)
    with pytest.raises(InputError, match="polygons"):
        generate(statistics, key="鍵")


@pytest.mark.parametrize(
    "left_out",
    [
        ["care_level"],
        ["claims", "medical_cost", "bmi", "care_level"],
        ["household_id", "household_type", "relation"],
        ["lon", "lat"],
        ["ward", "lon", "lat"],
        ["household_type"],
        ["relation"],
        ["sex"],
        ["person_id"],
    ],
)
def test_registers_with_less_in_them_work(city, left_out):
    less = Records(frame=city.frame.drop(columns=left_out), kind="invented")
    pseudo = generate(audit(measure(less, SPEC, zones=ZONES)), key="鍵", zones=ZONES)
    # Without a sex the groups of alike people are others: of the check-ups nothing is safe.
    untold = ["bmi"] if left_out == ["sex"] else []
    assert list(pseudo.frame.columns) == list(less.frame.columns.drop(untold))
    assert pseudo.frame.district.value_counts().to_dict() == (
        less.frame.district.value_counts().to_dict()
    )


@pytest.mark.parametrize(
    "rules",
    [
        {"group_starts": (0,)},
        {"group_starts": (0, 12, 18, 65, 70)},
        {"area_bands": (0, 13, 37, 65), "area_top": (0, 65)},
        {"area_top": (0,)},
    ],
    ids=str,
)
def test_other_age_groups_work(rules):
    people = small_city(3, 400)
    made = generate(
        audit(measure(people, dataclasses.replace(SPEC, **rules), zones=ZONES)),
        key="x",
        zones=ZONES,
    )
    counts = [frame.groupby(["district", "sex"]).size() for frame in (made.frame, people.frame)]
    pd.testing.assert_series_equal(*counts)
    costs = [frame.groupby("district").medical_cost.sum() for frame in (made.frame, people.frame)]
    pd.testing.assert_series_equal(*costs)


def test_a_bare_register_works():
    frame = pd.DataFrame({"town": ["é"] * 60 + ["ñ"] * 60, "age": list(range(60)) * 2})
    statistics = audit(measure(Records(frame=frame, kind="invented"), Spec(cluster="town")))
    made = generate(statistics, key="k").frame
    assert made.town.value_counts().to_dict() == {"é": 60, "ñ": 60}


# ---- parts, by hand and by law -----------------------------------------------------


def test_raking_and_rounding_meet_the_published_cells(statistics):
    _, tables = families(statistics)
    care = tables["care"]
    raked = rake(care)
    matrix, right = care.rows()
    assert np.abs(matrix @ raked - right).max() < 0.05 * right.max()
    found = whole_numbers(raked, matrix, right, stream("k", "s"))
    assert np.array_equal(matrix @ found, right)
    assert (found >= 0).all()


def test_who_is_rounded_up_is_drawn():
    one = csr_array(np.ones((1, 4)))
    ups = [
        whole_numbers(np.full(4, 0.5), one, np.array([2.0]), stream(f"{i}", "s"))
        for i in range(300)
    ]
    share = np.mean(ups, axis=0)
    assert np.abs(share - 0.5).max() < 4 * np.sqrt(0.25 / 300)


def test_contradicting_equations_are_refused():
    with pytest.raises(DisclosureError, match="must have been altered"):
        whole_numbers(np.ones(1), csr_array([[1.0], [1.0]]), np.array([1.0, 2.0]), stream("k", "s"))


def test_apportioning_keeps_the_total():
    rng = stream("k", "s")
    assert apportion(np.array([0.2, 0.3, 0.5]), 10, rng).tolist() == [2, 3, 5]
    assert apportion(np.zeros(3), 6, rng).sum() == 6


def test_points_are_spread_evenly_over_the_area(statistics):
    flat = {name: table for name, table in statistics.tables.items() if name != "mesh"}
    lon, lat = homes(
        dataclasses.replace(statistics, tables=flat), ZONES, np.zeros(4000, dtype=np.int64),
        stream("k", "places"),
    )  # fmt: skip
    for values in (lon, lat):  # the area is a square of 100 m
        spread = (values - values.min()) / (values.max() - values.min())
        assert stats.kstest(spread, "uniform").pvalue > 1e-3


# ---- registers at the edge ----------------------------------------------------------


def test_a_care_column_in_which_nobody_needs_care_stays_so(city):
    well = Records(frame=city.frame.assign(care_level="none"), kind="invented")
    made = generate(audit(measure(well, SPEC, zones=ZONES)), key="鍵", zones=ZONES)
    assert (made.frame.care_level == "none").all()
    assert made.frame.district.value_counts().equals(city.frame.district.value_counts())


def test_a_district_of_three_people_joins_another_and_is_not_named(city):
    frame = city.frame.copy()
    size = frame.groupby("household_id").household_id.transform("size")
    three = frame.index[size == 3][:3]
    frame.loc[three, "district"] = "三人地区"
    statistics = audit(measure(Records(frame=frame, kind="invented"), SPEC, zones=ZONES))
    assert statistics.merges["clusters_merged"] == 1
    assert not any("三人地区" in table.to_csv(index=False) for table in statistics.tables.values())
    made = generate(statistics, key="鍵", zones=ZONES).frame
    assert len(made) == len(frame)
    assert "三人地区" not in set(made.district)
