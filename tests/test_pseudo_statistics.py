"""Safe tables, measuring, the statistics file and its audit."""

import dataclasses
import itertools
import json

import numpy as np
import pandas as pd
import pytest
from cities import RULES, small_city
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from toys import toy_zones

from tsukuba_gis.errors import DisclosureError, InputError
from tsukuba_gis.pseudo.audit import _Search, _to_give_up, audit
from tsukuba_gis.pseudo.measure import measure, measure_tallies
from tsukuba_gis.pseudo.measuring.ages import merge_bands
from tsukuba_gis.pseudo.measuring.numbers.quantiles import quantile_bins
from tsukuba_gis.pseudo.measuring.people import _merge_areas
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.pseudo.statistics import Statistics
from tsukuba_gis.pseudo.tables.cells import safe_flat
from tsukuba_gis.pseudo.tables.equations import System, parts_of
from tsukuba_gis.pseudo.tally import _hashed, tally
from tsukuba_gis.pseudo.written import families
from tsukuba_gis.records import Records

SPEC = Spec(**RULES, lon="lon", lat="lat", mesh_metres=50)


@pytest.fixture(scope="module")
def city():
    return small_city()


@pytest.fixture(scope="module")
def measured(city):
    return measure(city, SPEC, zones=toy_zones(kind="ward"))


# ---- by hand ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([12, 9, 4], [True, False, False]),
        ([12, 10, 3], [True, False, False]),
        ([30, 20, 9], [True, False, False]),
        ([12, 10, 0], [True, True, False]),
        ([11, 1], [False, False]),
        ([10, 10], [True, True]),
    ],
)
def test_safe_parts_by_hand(counts, shown):
    assert safe_flat(counts, k=10) == shown


def test_bands_are_merged_from_the_oldest_down():
    starts, segments = [0, 11, 65, 70, 75], np.array([0, 11, 65, 65, 65])
    merged = merge_bands(starts, np.array([10, 40, 12, 4, 7]), segments, 10)
    assert merged == [(0, 10), (11, 40), (65, 12), (70, 11)]
    # A segment of fewer than k joins its neighbour; nobody is lost.
    merged = merge_bands(starts, np.array([3, 40, 1, 0, 2]), segments, 10)
    assert merged == [(0, 46)]


def test_a_small_area_joins_one_that_loses_least():
    # Four of 70 and two of 40 are too few for an area. The largest host has ten or more of 65-74
    # and of 40-49, the second of 40-49; the third has no ten of any age, and so has least to lose.
    ages = {"large": [70] * 12 + [40] * 60, "middle": [70] * 8 + [40] * 60,
            "least": [70, 40, 30, 20] * 9, "few": [70] * 4 + [40] * 2}  # fmt: skip
    names = tuple(ages)
    area = np.repeat(range(4), [len(own) for own in ages.values()])
    age = np.concatenate(list(ages.values()))
    one = np.zeros(len(age), dtype=int)
    merges = {}
    found, labels, _ = _merge_areas(
        (one, area, np.arange(len(age)), age), names, SPEC, None, merges
    )
    assert labels == names[:3]
    assert found[area == 3].tolist() == [2] * 6
    assert merges["areas_merged"] == 1


def test_a_quantile_bin_is_never_one_persons():
    bills = np.sort(np.append(np.full(40, 1000.0), 100_000_000.0))
    for _, mean, _ in quantile_bins(bills, 10):
        assert mean < 50_000  # the bill may not make up half of any bin
    assert quantile_bins(np.array([1.0] * 9), 10) == []


# ---- laws ------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=12), st.integers(3, 20))
def test_what_is_left_of_a_total_is_nothing_or_many(counts, k):
    shown = np.array(safe_flat(counts, k=k))
    values = np.array(counts)
    assert (values[shown] >= k).all()
    if sum(counts) >= k or sum(counts) == 0:
        left = values[~shown].sum()
        assert left == 0 or (left >= k and (~shown).sum() > 1)


def small_numbers(statistics):
    k = statistics.spec.k
    for name, table in statistics.tables.items():
        for column in table.columns.intersection(["count", "persons", "households"]):
            values = table[column].to_numpy(dtype=float)
            yield from ((name, value) for value in values[(values > 0) & (values < k)])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 1_000_000), st.integers(120, 500), st.sampled_from([3, 5, 10, 20]))
@example(910_631, 246, 20)
def test_no_number_of_any_city_is_small(seed, households, k):
    spec = dataclasses.replace(SPEC, k=k)
    measured = measure(small_city(seed, households), spec, zones=toy_zones(kind="ward"))
    assert list(small_numbers(measured)) == []
    statistics = audit(measured)  # every city can be repaired, however small its districts
    assert list(small_numbers(statistics)) == []
    _, tables = families(statistics)
    for table in tables.values():
        for level in table.levels:
            for parent in level.parents:
                left = remainders(table, level.name, parent)
                assert not ((left > 0) & (left < k)).any(), (table.name, level.name, parent)
    assert statistics.audit["pinned"] == 0
    assert statistics.audit["narrower_than_half_k"] == 0


def remainders(table, child, parent):
    """A published total minus its published parts, NaN where the total is not published."""
    if table.level(parent).role == "link":
        return np.zeros(0)
    first = np.unique(table.codes[child], return_index=True)[1]
    group = table.codes[parent][first]
    parts = np.bincount(group, np.nan_to_num(table.values[child]), table.size(parent))
    return np.nan_to_num(table.values[parent] - parts)


# ---- the file --------------------------------------------------------------------


def test_the_file_is_read_back_byte_for_byte(measured, tmp_path):
    measured.save(tmp_path / "a")
    again = Statistics.load(tmp_path / "a")
    again.save(tmp_path / "b")
    assert again.sha256 == measured.sha256
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_the_order_of_rows_does_not_matter(city, measured):
    mixed = Records(frame=city.frame.sample(frac=1, random_state=3), kind="invented")
    assert measure(mixed, SPEC, zones=toy_zones(kind="ward")).sha256 == measured.sha256


def test_a_changed_table_is_refused(measured, tmp_path):
    folder = measured.save(tmp_path / "s")
    table = folder / "bands.csv"
    table.write_bytes(table.read_bytes().replace(b"female", b"femal3"))
    with pytest.raises(DisclosureError, match="changed after it was written"):
        Statistics.load(folder)
    with pytest.raises(InputError, match="no readable manifest"):
        Statistics.load(tmp_path / "nothing")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(InputError, match="something other"):
        measured.save(tmp_path / "mine")


def test_the_audit_is_bound_to_its_tables(measured):
    audited = audit(measured)
    assert audited.audited
    assert not measured.audited
    bands = audited.tables["bands"].assign(persons=99)
    changed = dataclasses.replace(audited, tables={**audited.tables, "bands": bands})
    assert not changed.audited


def test_measuring_leaves_the_register_alone(city):
    before = city.frame.copy()
    measure(city, SPEC, zones=toy_zones(kind="ward"))
    pd.testing.assert_frame_equal(city.frame, before)


# ---- the audit finds what hiding small cells alone would tell ---------------------------


def test_the_audit_gives_up_the_sum_that_pins_two_cells():
    # a + b + c = 22 is known, a = 12 is shown: b and c may be anything from 0 to 10.
    # Someone shows a + b = 19 as well: b = 7 and c = 3 follow.
    cells = csr_array(np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]]))
    system = System(
        cells=cells, values=np.array([12, np.nan, np.nan, 19.0]),
        label=[("t", "leaf", 0), ("t", "leaf", 1), ("t", "leaf", 2), ("t", "sum", 0)],
        rank=np.array([0, 0, 0, 1]), ties=csr_array(np.ones((1, 3))), right=np.array([22.0]),
    )  # fmt: skip
    search = _Search(system, 10)
    narrow = search.narrow(np.random.default_rng(1))
    assert narrow.tolist() == [1, 2]
    assert search.low[[1, 2]] == pytest.approx([7, 3])
    gone = _to_give_up(search, narrow)
    assert gone.tolist() == [3]
    search.release(gone)
    assert len(search.narrow(np.random.default_rng(2))) == 0
    assert search.high[1] - search.low[1] == pytest.approx(10)


def test_what_the_population_alone_tells_is_counted_by_itself():
    # Known: 23 persons, of whom 5 h live in households of five, and the others not. h is 0 … 4.6:
    # nothing that is published says so. Were the others shown (13), h = 2 would follow.
    for others, shown in ((np.nan, []), (13.0, [1])):
        system = System(
            cells=csr_array(np.eye(2)), values=np.array([np.nan, others]),
            label=[("t", "leaf", 0), ("t", "leaf", 1)], rank=np.array([0, 0]),
            ties=csr_array(np.array([[5.0, 1.0]])), right=np.array([23.0]),
        )  # fmt: skip
        search = _Search(system, 10)
        narrow = search.narrow(np.random.default_rng(1))
        assert narrow.tolist() == [0]
        gone = _to_give_up(search, narrow)
        assert gone.tolist() == shown
        search.release(gone)
        for cell in search.narrow(np.random.default_rng(2)):
            assert _to_give_up(search, np.array([cell])).tolist() == []
        assert search.narrow(np.random.default_rng(3)).tolist() == []
        found = search.findings()
        assert (found["narrower_than_half_k"], found["narrow_by_totals"]) == (0, 1)
        assert (search.low[0], search.high[0]) == pytest.approx((0, 4.6))


def test_parts_are_what_nothing_ties_together():
    # a + b and c are told, and b = d: a, b and d are one part, c is another; no one knows of e.
    cells = csr_array(np.array([[1.0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 1]]))
    system = System(
        cells=cells, values=np.array([19, 12, np.nan]), label=[("t", "l", i) for i in range(3)],
        rank=np.zeros(3, dtype=int), ties=csr_array(np.array([[0, 1.0, 0, -1, 0]])),
        right=np.zeros(1),
    )  # fmt: skip
    one, two, three = parts_of(system)
    assert one.cells.toarray().tolist() == [[1, 1, 0]]
    assert one.ties.toarray().tolist() == [[0, 1, -1]]
    assert two.cells.toarray().tolist() == three.cells.toarray().tolist() == [[1]]
    assert (one.values.tolist(), two.values.tolist(), two.ties.shape) == ([19], [12], (0, 1))


def test_a_small_number_stops_the_audit(measured):
    bands = measured.tables["bands"].copy()
    bands.loc[0, "persons"] = 3
    worse = dataclasses.replace(measured, tables={**measured.tables, "bands": bands})
    with pytest.raises(DisclosureError, match="below the threshold"):
        audit(worse)


# ---- wrong and thin input -------------------------------------------------------------


def test_identifiers_are_refused():
    for column in ("name", "氏名", "birth_date", "個人番号"):
        with pytest.raises(DisclosureError, match="identifier"):
            Spec(cluster="district", numeric=(column,))


def test_codes_that_are_nearly_unique_are_refused(city):
    frame = city.frame.assign(sex=[f"s{i}" for i in range(len(city.frame))])
    with pytest.raises(DisclosureError, match="sex"):
        measure(Records(frame=frame, kind="invented"), SPEC)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda f: f.assign(person_id="同じ"), "repeat a person's number"),
        (
            lambda f: f.assign(age=f.age.astype(float).where(f.index > 3)),
            "4 rows hold no usable age",
        ),
        (lambda f: f.assign(district=f.district.where(f.index > 3)), "empty in 4 rows"),
        (lambda f: f.assign(medical_cost=-f.medical_cost), "negative"),
        (lambda f: f.assign(bmi=np.inf), "infinite"),
        (lambda f: f.assign(bmi="22"), "must be numbers"),
        (lambda f: f.drop(columns="district"), "is missing"),
    ],
)
def test_wrong_registers_are_told_clearly(city, change, match):
    with pytest.raises(InputError, match=match):
        measure(Records(frame=change(city.frame), kind="invented"), SPEC)


def test_a_person_in_two_wards_is_refused_and_a_household_in_two_is_put_in_one(city):
    row = city.frame.iloc[[0]].assign(ward=city.frame.ward.iloc[-1])
    twice = pd.concat([city.frame, row], ignore_index=True)
    with pytest.raises(InputError, match="1 rows repeat a person's number"):
        measure(Records(frame=twice, kind="invented"), SPEC)
    frame = city.frame.copy()
    large = frame.groupby("household_id").household_id.transform("size") >= 3
    child = frame.index[large & (frame.relation == "child")][0]
    frame.loc[child, "ward"] = "a1" if frame.ward[child] != "a1" else "a2"
    told = measure(Records(frame=frame, kind="invented"), SPEC, zones=toy_zones(kind="ward"))
    assert told.merges["persons_moved_to_household"] == 0, "one is told as fewer than k"
    # Counted where the household is, the file is that of the register without the slip.
    whole = measure(city, SPEC, zones=toy_zones(kind="ward"))
    for name, table in whole.tables.items():
        pd.testing.assert_frame_equal(told.tables[name], table)


@pytest.mark.parametrize("known", [0, 5])
def test_check_ups_that_hardly_anyone_has_are_not_told(city, known):
    from tsukuba_gis.pseudo.generate import generate

    bmi = city.frame.bmi.where(city.frame.index < known, np.nan)
    frame = city.frame.assign(bmi=np.where(city.frame.index < known, 99.9, bmi))
    statistics = audit(measure(Records(frame=frame, kind="invented"), SPEC))
    assert "bmi" not in set(statistics.tables["quantiles"].column)
    assert generate(statistics, key="鍵").frame.bmi.isna().all()


def test_too_few_people_are_refused(city):
    with pytest.raises(DisclosureError, match="fewer than 10"):
        measure(Records(frame=city.frame.head(5), kind="invented"), SPEC)


def test_small_districts_and_typing_errors_are_merged_and_counted(city):
    frame = city.frame.copy()
    homes = frame.household_id.unique()[:2]
    frame.loc[frame.household_id.isin(homes), "district"] = "南 "
    statistics = measure(Records(frame=frame, kind="invented"), SPEC)
    assert statistics.codes["cluster"] == ("中央", "北", "南")
    assert statistics.merges["clusters_merged"] == 1
    assert statistics.tables["bands"].persons.sum() == len(frame)


def test_unknown_settings_are_refused():
    with pytest.raises(InputError, match="colour"):
        Spec.from_dict({"cluster": "district", "colour": "red"})
    with pytest.raises(InputError, match="at least 3"):
        Spec(cluster="district", k=2)


# ---- nobody who stands out leaves a trace ----------------------------------------------


@pytest.mark.parametrize(
    ("kind", "relation"), [("institution", "resident"), ("couple_children", "child")]
)
def test_who_stands_out_leaves_no_trace(city, tmp_path, kind, relation):
    from tsukuba_gis.pseudo.generate import generate

    frame = city.frame.copy()
    frame["memo"] = "ふつう"
    frame.loc[0, ["age", "memo", "medical_cost"]] = [112, "唯一無二の名前", 100_000_000]
    lonely = frame.index[frame.household_type == "single"][0]
    frame.loc[lonely, "ward"] = "ひとりだけの区"
    one_home = frame.household_id[frame.household_type == "couple_children"].iloc[0]
    frame.loc[frame.household_id == one_home, "ward"] = "一世帯の区"
    crowd = frame.head(80).assign(
        person_id=[f"大{i}" for i in range(80)], household_id="大世帯",
        household_type=kind, relation=relation, age=88, care_level="care5",
        memo="施設", ward="a1", district="南",
    )  # fmt: skip
    frame = pd.concat([frame, crowd], ignore_index=True)
    zones = toy_zones(kind="ward")
    statistics = audit(measure(Records(frame=frame, kind="invented"), SPEC, zones=zones))
    folder = statistics.save(tmp_path / "s")
    pseudo = generate(statistics, key="鍵", zones=zones).frame
    pseudo.to_csv(tmp_path / "pseudo.csv", index=False)
    written = b"".join(path.read_bytes() for path in [*folder.iterdir(), tmp_path / "pseudo.csv"])
    for trace in ("唯一無二の名前", "ひとりだけの区", "一世帯の区", "100000000", "大世帯", "memo"):
        assert trace.encode() not in written, trace
    for person in frame.person_id.head(50):
        assert person.encode() not in written
    assert pseudo.age.max() < 112
    assert pseudo.medical_cost.max() < 50_000_000
    assert pseudo.groupby("household_id").size().max() < 80
    assert json.loads((folder / "manifest.json").read_text("utf-8"))["merges"]["areas_merged"] >= 2
    real = set(zip(frame.lon, frame.lat, strict=True))
    assert not real & set(zip(pseudo.lon, pseudo.lat, strict=True))


def test_large_households_are_counted_as_one_and_a_crowd_is_divided(city):
    def home(number, size):
        member = city.frame.iloc[[0]].assign(household_type="couple_children", household_id=number)
        rows = [member.assign(person_id=f"{number}-{i}", age=40 - i, relation="child" if i else
                              "head") for i in range(size)]  # fmt: skip
        return pd.concat(rows)

    # Ten households of five are the largest that ten reach: eight is no crowd, eleven is one.
    large = pd.concat([city.frame, *(home(f"大{i}", 8) for i in range(3))], ignore_index=True)
    told = measure(Records(frame=large, kind="invented"), SPEC)
    assert told.merges["households_divided"] == 0
    homes = told.tables["areas"].groupby("cluster").households.sum()
    true = large.groupby("district").household_id.nunique()
    assert homes.to_dict() == true.to_dict()
    crowd = pd.concat([city.frame, home("大", 11)], ignore_index=True)
    told = measure(Records(frame=crowd, kind="invented"), SPEC)
    assert told.merges["households_divided"] == 0, "one is told as fewer than k"
    homes = told.tables["areas"].households.sum()
    assert homes == crowd.household_id.nunique() + 2, "five, five and one"


# ---- part by part -------------------------------------------------------------------------


def test_households_and_persons_may_be_numbered_from_0(city):
    by_size = city.frame.household_id.value_counts().index  # the largest household is number 0

    def numbered(first):
        home = by_size.get_indexer(city.frame.household_id) + first
        frame = city.frame.assign(household_id=home, person_id=np.arange(len(home)) + first)
        return measure(dataclasses.replace(city, frame=frame), SPEC)

    zero, one = numbered(0), numbered(1)
    assert (zero.sha256, zero.merges) == (one.sha256, one.merges)


def test_a_register_measured_in_parts_gives_the_same_file(city, measured, tmp_path):
    # Households, clusters and areas lie across parts; one part is empty of some codes.
    frame = city.frame.sample(frac=1, random_state=5)
    cuts = [0, 40, 900, len(frame)]
    parts = [tally(frame[low:high], SPEC) for low, high in itertools.pairwise(cuts)]
    assert len({part.factor("care_level")[1] for part in parts}) > 1
    again = measure_tallies(parts[::-1], zones=toy_zones(kind="ward"))
    measured.save(tmp_path / "whole")
    again.save(tmp_path / "parts")
    for path in (tmp_path / "whole").iterdir():
        assert path.read_bytes() == (tmp_path / "parts" / path.name).read_bytes(), path.name


@pytest.mark.parametrize("dtype", ["str", "object", "category", "string"])
def test_numbers_have_one_hash_whatever_else_a_part_holds(dtype):
    # Words of eight bytes, one more, letters of three; long ones, which are hashed singly.
    texts = ["1", " 1", "1 ", "12345678", "123456789", "87654321", "世帯001", "世帯002", "",
             "x" * 64, "x" * 65, "x" * 66, "y" + "x" * 64]  # fmt: skip
    column = pd.Series([*texts, None, "1"], dtype=dtype)
    found = _hashed(column)
    assert found[-2] == 0
    assert found[-1] == found[0]
    assert len({*found.tolist()}) == len(texts) + 1
    assert found.tolist() == _hashed(pd.Series([*texts, None, "1"])).tolist()
    assert found[::-1].tolist() == _hashed(column[::-1]).tolist()
    for row in range(len(column)):
        assert _hashed(column[row : row + 1]).tolist() == [found[row]]
    assert len(_hashed(column[:0])) == 0


def test_a_person_in_two_parts_and_parts_that_differ_are_refused(city):
    half = len(city.frame) // 2
    one, other = tally(city.frame[: half + 1], SPEC), tally(city.frame[half:], SPEC)
    with pytest.raises(InputError, match="repeat a person's number"):
        measure_tallies([one, other])
    with pytest.raises(InputError, match="do not have the same columns"):
        measure_tallies([one, tally(city.frame[half + 1 :].drop(columns="bmi"), SPEC)])


def test_a_part_may_be_small_but_not_the_whole(city):
    parts = [tally(city.frame[low : low + 3], SPEC) for low in (0, 3)]
    with pytest.raises(DisclosureError, match="fewer than 10"):
        measure_tallies(parts)
