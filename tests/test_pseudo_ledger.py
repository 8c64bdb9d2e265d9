"""The ledger, and what two statistics files tell by subtraction."""

import dataclasses
import datetime
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from cities import RULES, small_city
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tsukuba_gis.errors import DisclosureError, InputError
from tsukuba_gis.pseudo.audit import audit
from tsukuba_gis.pseudo.difference import Finding, audit_release, masked_as
from tsukuba_gis.pseudo.ledger import Ledger, record
from tsukuba_gis.pseudo.measure import measure
from tsukuba_gis.pseudo.releases.counts import Cell, compare_counts
from tsukuba_gis.pseudo.releases.sums import compare_sums
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.records import Records

KINDS = ("small_change", "small_rest", "shown_now", "hidden_now", "sum_change", "mean_change")
SPEC = Spec(**RULES)
DAY = datetime.date(2026, 4, 1)


def register(frame):
    return Records(frame=frame.reset_index(drop=True), kind="invented", source="toy city")


def by_kind(findings):
    counts = dict.fromkeys(KINDS, 0)
    for finding in findings:
        counts[finding.kind] += finding.n
    return counts


def of_ages(ages, district="a"):
    return register(pd.DataFrame({"district": district, "age": ages}))


@pytest.fixture(scope="module")
def before():
    return audit(measure(small_city(), SPEC))


@pytest.fixture(scope="module")
def after():
    frame = small_city().frame
    return audit(measure(register(frame[frame.household_id != frame.household_id[0]]), SPEC))


# ---- by hand ---------------------------------------------------------------------


def plain(ages):
    return measure(of_ages(ages), Spec(cluster="district", sex=None))


def test_one_more_person_in_one_band():
    found = audit_release(plain([30] * 40 + [70] * 20), plain([30] * 41 + [70] * 20), accept=KINDS)
    # The band of 30-34 changed by one; so did the totals of it.
    assert {finding.kind for finding in found} == {"small_change"}
    assert next(f for f in found if f.table == "bands").n == 2  # itself, and the common band


def test_ten_more_people_in_one_band_are_a_number():
    assert audit_release(plain([30] * 40 + [70] * 20), plain([30] * 50 + [70] * 20)) == ()


def test_bands_that_are_split_in_one_file_only():
    merged = plain([30] * 40 + [70] * 20 + [90] * 9)  # 90 and over join those of 70
    split = plain([30] * 40 + [70] * 20 + [90] * 10)
    assert merged.tables["bands"].persons.tolist() == [40, 29]
    assert split.tables["bands"].persons.tolist() == [40, 20, 10]
    found = by_kind(audit_release(merged, split, accept=KINDS))
    # All of them together grew by one: 9 of them were 90 and over before.
    assert found["small_change"] > 0
    assert found["shown_now"] > 0
    with pytest.raises(DisclosureError, match="small_change"):
        audit_release(merged, split, accept=("shown_now", "hidden_now", "small_rest"))


def test_what_is_left_of_a_total_is_subtracted_too():
    """Total 100 → 112 and a part 60 → 70: each by k or more, the rest by 2."""
    total, part, rest = ("t/all", ("a",)), ("x",), ("y",)

    def file(all_of_them, shown):
        cells = {part: Cell(shown, (total,)), rest: Cell(np.nan, (total,))}
        return {"t/all": {("a",): Cell(all_of_them)}, "t/leaf": cells}

    found = compare_counts("t/leaf", file(100.0, 60.0), file(112.0, 70.0), 10)
    assert +found == {("small_rest", "t"): 1}
    assert +compare_counts("t/leaf", file(100.0, 60.0), file(120.0, 70.0), 10) == {}
    # Squares that are not shown are not even listed; what they hold follows all the same.
    old, new = file(100.0, 60.0), file(112.0, 70.0)
    for one in (old, new):
        del one["t/leaf"][rest]
    assert +compare_counts("t/leaf", old, new, 10) == {("small_rest", "t"): 1}


@pytest.mark.parametrize(("total", "kinds"), [(103.0, {"shown_now"}), (115.0, set())])
def test_a_cell_shown_in_one_file_only(total, kinds):
    above = ("t/all", ("a",))

    def file(all_of_them, shown):
        return {"t/all": {("a",): Cell(all_of_them)}, "t/leaf": {("x",): Cell(shown, (above,))}}

    found = compare_counts("t/leaf", file(100.0, np.nan), file(total, 14.0), 10)
    assert {kind for kind, _ in +found} - {"small_rest"} == kinds


def test_sums_of_a_few_by_hand():
    def file(persons, amount):
        bands = pd.DataFrame({"cluster": ["a"], "sex": [""], "start": [0], "persons": [persons]})
        columns = ["level", "cluster", "broad", "severity", "user", "count"]
        sums = pd.DataFrame(
            [("cluster", "cost", "a", "", "", amount)],
            columns=["level", "column", "cluster", "broad", "severity", "total"],
        )
        tables = {"bands": bands, "users": pd.DataFrame(columns=columns), "sums": sums}
        return SimpleNamespace(tables=tables)

    def found(old, new):
        return +compare_sums(old, new, 10)

    assert found(file(50, 1000), file(51, 1700)) == {("sum_change", "sums"): 1}
    assert found(file(50, 1000), file(50, 1000)) == {}
    assert found(file(50, 1000), file(60, 9000)) == {}


def test_the_same_file_tells_nothing_new(before):
    assert audit_release(before, before) == ()


def test_a_finding_in_words():
    finding = Finding(kind="hidden_now", table="care", n=1234, k=10)
    assert "1,234" in finding.say("en")
    assert "care" in finding.say("ja")


def test_refusal_names_kinds_and_remedies(before, after):
    with pytest.raises(DisclosureError, match="small_change") as refused:
        audit_release(before, after)
    assert "masked_as" in refused.value.say("ja")


# ---- laws ------------------------------------------------------------------------


def moved_in(city, rng):
    """The city with one person more: a copy of somebody, in a household of their own."""
    frame = city.frame
    one = frame.iloc[[int(rng.integers(len(frame)))]].assign(
        person_id="新", household_id="新", household_type="single", relation="head"
    )
    return register(pd.concat([frame, one], ignore_index=True))


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), households=st.integers(120, 200))
def test_one_person_who_moves_in_is_always_seen(seed, households):
    rng = np.random.Generator(np.random.Philox(seed))
    city = small_city(seed, households)
    old, new = measure(city, SPEC), measure(moved_in(city, rng), SPEC)
    # The population of a cluster, sex and age is always published: it tells.
    found = by_kind(audit_release(old, new, accept=KINDS))
    assert found["small_change"] > 0
    with pytest.raises(DisclosureError):
        audit_release(old, new)


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000))
def test_another_bill_of_one_person_is_always_seen(seed):
    rng = np.random.Generator(np.random.Philox(seed))
    city = small_city(seed, 120)
    frame = city.frame.copy()
    users = np.flatnonzero(frame.medical_cost > 0)
    frame.loc[rng.choice(users), "medical_cost"] += 500
    old, new = measure(city, SPEC), measure(register(frame), SPEC)
    if old.sha256 == new.sha256:
        return  # the person's sum is hidden everywhere
    found = by_kind(audit_release(old, new, accept=KINDS))
    assert found["sum_change"] + found["mean_change"] > 0


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000))
def test_rows_in_another_order_tell_nothing(seed):
    city = small_city(seed, 150)
    rng = np.random.Generator(np.random.Philox(seed))
    mixed = register(city.frame.iloc[rng.permutation(len(city.frame))])
    assert audit_release(measure(city, SPEC), measure(mixed, SPEC)) == ()


def test_a_city_doubled_tells_only_large_changes():
    """Every count grows by itself: what is shown in both grew by k or more."""
    frame = small_city(3, 300).frame.drop(columns="ward")  # areas would be merged differently
    twin = frame.assign(person_id=frame.person_id + "b", household_id=frame.household_id + "b")
    old = measure(register(frame), SPEC)
    new = measure(register(pd.concat([frame, twin], ignore_index=True)), SPEC)
    found = by_kind(audit_release(old, new, accept=KINDS))
    assert found["small_change"] == 0
    assert found["sum_change"] == 0


def test_a_fixed_mask_shows_nothing_that_was_hidden(before, after):
    for one, other in ((before, after), (after, before)):
        masked = masked_as(other, one)
        assert not masked.audited
        shown = {f.table for f in audit_release(one, masked, accept=KINDS) if f.kind == "shown_now"}
        assert shown <= {"bands", "years", "states", "areas"}  # no cells of tables, nor sums
        assert audit(masked).audited


# ---- the ledger ------------------------------------------------------------------


def test_a_ledger_keeps_what_was_entered(tmp_path, before, after):
    path = tmp_path / "ledger.json"
    assert Ledger.load(path).head == "0" * 64
    first = record(path, before, date=DAY, purpose="アイデアソン")
    again = record(path, before, date=DAY, purpose="another key")
    second = record(
        path, after, date=DAY + datetime.timedelta(365), purpose="来年度", earlier=[before],
        accept=KINDS,
    )  # fmt: skip
    ledger = Ledger.load(path)
    assert ledger.entries == (first, again, second)
    assert (first.number, first.found, first.statistics) == (1, {}, before.sha256)
    assert again.previous == first.hash
    assert ledger.head == second.hash
    assert second.found["small_change"] > 0
    assert second.accepted == tuple(sorted(KINDS))
    assert not list(tmp_path.glob("*.writing"))


def test_a_refused_release_is_not_entered(tmp_path, before, after):
    path = tmp_path / "ledger.json"
    record(path, before, date=DAY, purpose="a")
    content = path.read_bytes()
    with pytest.raises(DisclosureError, match="tell of few people"):
        record(path, after, date=DAY, purpose="b", earlier=[before])
    with pytest.raises(DisclosureError, match="missing"):
        record(path, after, date=DAY, purpose="b")
    with pytest.raises(InputError, match="date"):
        record(path, before, date=DAY - datetime.timedelta(1), purpose="b")
    with pytest.raises(InputError, match="purpose"):
        record(path, before, date=DAY, purpose=" ")
    with pytest.raises(DisclosureError, match="not audited"):
        record(path, dataclasses.replace(before, audit={}), date=DAY, purpose="b")
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["ledger.json"]


def test_another_writer_is_waited_for(tmp_path, before):
    path = tmp_path / "ledger.json"
    (tmp_path / "ledger.json.writing").touch()
    with pytest.raises(InputError, match=r"ledger\.json\.writing"):
        record(path, before, date=DAY, purpose="a")
    assert not path.exists()
    assert (tmp_path / "ledger.json.writing").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[0].update(purpose="another"),
        lambda rows: rows.pop(0),
        lambda rows: rows.insert(1, rows[0]),
        lambda rows: rows[1].update(accepted=["small_change"]),
        lambda rows: rows[1].update(hash="0" * 64),
    ],
)
def test_a_changed_ledger_is_refused(tmp_path, before, change):
    path = tmp_path / "ledger.json"
    for purpose in "abc":
        record(path, before, date=DAY, purpose=purpose)
    content = json.loads(path.read_text("utf-8"))
    change(content["entries"])
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(DisclosureError, match="is not what was written"):
        Ledger.load(path)


def test_the_end_cut_off_is_seen_by_the_head(tmp_path, before):
    path = tmp_path / "ledger.json"
    record(path, before, date=DAY, purpose="a")
    last = record(path, before, date=DAY, purpose="b")
    content = json.loads(path.read_text("utf-8"))
    content["entries"].pop()
    path.write_text(json.dumps(content), "utf-8")
    assert Ledger.load(path).head != last.hash


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"format": 2, "entries": []}', '{"format":1,"entries":[{"a":1}]}']
)
def test_something_else_is_no_ledger(tmp_path, content):
    path = tmp_path / "ledger.json"
    path.write_text(content, "utf-8")
    with pytest.raises(InputError, match="not a ledger"):
        Ledger.load(path)
