"""Children by area: the ages that are exchanged by hand, what may be shown, and laws."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import toy_zones

from tsukuba_gis.pseudo.audit import audit
from tsukuba_gis.pseudo.generate import generate
from tsukuba_gis.pseudo.keys import stream
from tsukuba_gis.pseudo.making.children import exchange_ages
from tsukuba_gis.pseudo.measure import measure
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.pseudo.written import families
from tsukuba_gis.records import Records

OTHERS = [5] * 20 + [40] * 20 + [65] * 20
RULES = Spec(cluster="district", area="block", household="home", k=10)


def crowd_of(start, area, **others):
    n = len(start)
    columns = {
        "sex": [0] * n, "type": [0] * n, "relation": [1] * n, "care": [0] * n,
        "household": range(n), **others, "start": start, "age": start, "area": area,
    }  # fmt: skip
    return SimpleNamespace(**{name: np.array(values) for name, values in columns.items()})


def plan_of(children):
    """A cluster whose areas have so many children of 11 to 14, as published."""
    areas = pd.DataFrame({"cluster": [0] * len(children)})
    told = {11: np.array(children), 15: np.full(len(children), np.nan)}
    city = SimpleNamespace(areas=areas, spec=RULES, head=0)
    return SimpleNamespace(city=city, wanted={("area_ages", "child"): told})


def test_a_child_exchanges_its_age_with_one_who_is_alike():
    # Area 0 has a child too many. The boy of 15 and the girl of 15 in another relation are not
    # alike; people of 10, 20 and 70 are not of the band.
    crowd = crowd_of(
        start=[11, 15, 15, 15, 10, 20, 70], area=[0, 1, 1, 1, 1, 1, 0],
        sex=[0, 1, 0, 0, 0, 0, 0], relation=[1, 1, 2, 1, 1, 1, 1],
    )  # fmt: skip
    crowd.age[:4] = [13, 16, 17, 18]
    exchange_ages(0, crowd, plan_of([0.0, 1.0]), stream("k", "ages", "a"))
    assert crowd.start.tolist() == [15, 15, 15, 11, 10, 20, 70]
    assert crowd.age.tolist() == [18, 16, 17, 13, 10, 20, 70]


def test_the_child_stays_with_the_younger_head():
    # Heads of 55 and 35 with a child each in area 0, of 30 and 60 with one of 15 each in area 1:
    # one child is too many, and leaves the head of 55 for the head of 30.
    crowd = crowd_of(
        start=[55, 35, 30, 60, 11, 11, 15, 15], area=[0, 0, 1, 1, 0, 0, 1, 1],
        relation=[0, 0, 0, 0, 1, 1, 1, 1], household=[0, 1, 2, 3, 0, 1, 2, 3],
    )  # fmt: skip
    exchange_ages(0, crowd, plan_of([1.0, 1.0]), stream("k", "ages", "b"))
    assert crowd.start[4:].tolist() == [15, 11, 11, 15]


def test_areas_without_a_number_share_what_is_left():
    # Six children in all, four of them published in area 0: two are left for areas alike.
    crowd = crowd_of(start=[11] * 6 + [15] * 6, area=[1] * 4 + [2] * 2 + [0] * 4 + [2] * 2)
    exchange_ages(0, crowd, plan_of([4.0, np.nan, np.nan]), stream("k", "ages", "c"))
    children = [int(((crowd.start == 11) & (crowd.area == area)).sum()) for area in range(3)]
    assert children == [4, 1, 1]


@given(seed=st.integers(0, 10_000), areas=st.integers(2, 6))
def test_nothing_else_changes_and_areas_only_come_nearer(seed, areas):
    rng = stream("k", "cluster", f"{seed}")
    n = 200
    crowd = crowd_of(
        start=rng.choice([5, 10, 11, 15, 20], n), area=rng.integers(areas, size=n),
        sex=rng.integers(2, size=n), relation=rng.integers(3, size=n),
    )  # fmt: skip
    true = rng.permutation(crowd.area)[crowd.start == 11]
    wanted = np.bincount(true, minlength=areas).astype(float)

    def children():
        return np.bincount(crowd.area[crowd.start == 11], minlength=areas)

    def table(*others):
        columns = [crowd.sex, crowd.relation, *others]
        return np.unique(np.stack(columns), axis=1, return_counts=True)

    bands = np.where(crowd.start == 15, 11, crowd.start)
    before = table(crowd.start), table(crowd.area, bands)
    off = np.abs(children() - wanted)
    exchange_ages(0, crowd, plan_of(wanted), stream("k", "ages", f"{seed}"))
    bands = np.where(crowd.start == 15, 11, crowd.start)
    for old, new in zip(before, (table(crowd.start), table(crowd.area, bands)), strict=True):
        np.testing.assert_array_equal(old[0], new[0])
        np.testing.assert_array_equal(old[1], new[1])
    assert (np.abs(children() - wanted) <= off).all()


def register_of(blocks):
    """People by block: of 12 and 17 as many as told; twenty each of 5, 40 and 65, alone."""
    frame = pd.concat(
        [
            pd.DataFrame({"block": block, "age": OTHERS + [12] * children + [17] * others})
            for block, (children, others) in blocks.items()
        ],
        ignore_index=True,
    )
    frame = frame.assign(district="d", home=[f"h{i}" for i in range(len(frame))])
    return Records(frame=frame, kind="invented")


def children_shown(register):
    city, tables = families(audit(measure(register, RULES)))
    table = tables["area_ages"]
    cells = table.cells("child").assign(n=table.values["child"])
    cells = cells[np.isfinite(cells.n)]
    assert city.spec.area_bands[1:3] == (11, 20)
    names = ["a", "b", "c", "d"]
    return {(names[int(c.area)], int(c.child)): int(c.n) for c in cells.itertuples()}


def test_children_are_shown_where_both_parts_of_the_band_may_be():
    # Block c has nine of 17: its children would tell them, and are hidden; so are those of the
    # next smallest, since the district's number is known.
    shown = children_shown(register_of({"a": (30, 40), "b": (15, 20), "c": (20, 9), "d": (25, 30)}))
    assert shown == {("a", 11): 30, ("a", 15): 40, ("d", 11): 25, ("d", 15): 30}


def test_a_household_with_both_counts_once_behind_their_band():
    # 24 of 11 to 19 in block c live in two homes, each with children and others: a number of two
    # households is not shown, though four parts of homes stand behind it. The others live by six.
    register = register_of({"a": (30, 40), "b": (30, 20), "c": (12, 12), "d": (25, 30)})
    frame = register.frame
    crowded = ((frame.block == "c") & frame.age.between(11, 19)).to_numpy()
    frame["home"] = frame.block + (frame.groupby("block").cumcount() // 6).astype(str)
    frame.loc[crowded, "home"] = np.where(np.arange(int(crowded.sum())) % 2, "x", "y")
    _, tables = families(measure(Records(frame=frame, kind="invented"), RULES))
    cells = tables["area_ages"].cells("leaf").assign(n=tables["area_ages"].values["leaf"])
    told = cells[cells.band == 11].set_index("area").n
    assert np.isnan(told[2])
    assert told[3] == 55


def test_the_level_of_children_counts_its_own_cells_only():
    # Four blocks with two parts each of the band from 11 to 19.
    register = register_of(dict.fromkeys("abcd", (30, 40)))
    _, tables = families(measure(register, RULES))
    assert tables["area_ages"].number("child") == 8


def test_no_band_is_cut_where_one_starts_at_15():
    rules = Spec(cluster="district", area="block", household="home", area_bands=(0, 11, 15, 65))
    register = register_of({"a": (30, 40), "b": (30, 20)})
    statistics = audit(measure(register, rules))
    assert set(statistics.tables["area_ages"].level) == {"area", "top", "leaf"}
    frame = generate(statistics, key="k").frame
    for block, children in (("a", 30), ("b", 30)):
        assert ((frame.block == block) & frame.age.between(11, 14)).sum() == children


# ---- areas too small to be named -----------------------------------------------------------------


@pytest.mark.parametrize("persons", [5, 40])
def test_an_area_is_not_added_to_a_hamlet_whoever_lives_there(persons):
    # The nearest area has 12 households, the next one 30. Forty more, in one household, would make
    # 52 persons in 13 households of 12 in 12.
    blocks = [("a1", "lost", [70] * persons)]
    blocks += [("b1", f"near{i}", [30]) for i in range(12)]
    blocks += [("c1", f"far{i}", [30, 70]) for i in range(30)]
    # Large homes, so that one of forty is no crowd to be divided.
    blocks += [("c3", f"large{i}", [30] * 24 + [70]) for i in range(10)]
    rows = [(block, home, age) for block, home, ages in blocks for age in ages]
    frame = pd.DataFrame(rows, columns=["block", "home", "age"]).assign(district="d")
    measured = measure(Records(frame=frame, kind="invented"), RULES, zones=toy_zones())
    sizes = measured.tables["areas"].set_index("area").persons
    assert sizes.to_dict() == {"b1": 12, "c1": 60 + persons, "c3": 250}
