"""Care levels exchanged between people alike: by hand, and by law over random clusters."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from tsukuba_gis.pseudo.keys import stream
from tsukuba_gis.pseudo.making.care import CareMisfit, best_exchange, exchange_care, likely_bands
from tsukuba_gis.pseudo.spec import Spec

# Codes of care: none, light, severe; of types: alone, together, institution.
CITY = {
    "severity": np.array([0, 1, 2]),
    "living": np.array([0, 1, 2]),
    "codes": {"sex": ("f", "m")},
    "spec": Spec(cluster="district"),
}


def crowd_of(start, sex, care, kind, area):
    columns = {"start": start, "sex": sex, "care": care, "type": kind, "area": area}
    return SimpleNamespace(**{name: np.array(values) for name, values in columns.items()})


def plan_of(areas, **told):
    """A cluster of so many areas with the published numbers by level, label and area."""
    frame = pd.DataFrame({"cluster": [0] * areas, "persons": [20] * areas})
    city = SimpleNamespace(areas=frame, **CITY)
    wanted = {
        ("area_care", level): {label: np.array(column) for label, column in columns.items()}
        for level, columns in told.items()
    }
    return SimpleNamespace(city=city, wanted=wanted)


def test_two_who_are_alike_exchange_and_others_do_not():
    # Published: the one in heavy care lives in the second area. A woman of 80 in an institution is
    # there for her to exchange with; a man and a woman at home would also do, but are not alike.
    crowd = crowd_of(
        start=[80, 80, 80, 80], sex=[0, 1, 0, 0], care=[2, 0, 0, 0], kind=[2, 2, 1, 2],
        area=[0, 1, 1, 1],
    )  # fmt: skip
    exchange_care(0, crowd, plan_of(2, leaf={2: [0.0, 1.0]}), stream("k", "care", "a"))
    assert crowd.care.tolist() == [0, 0, 0, 2]


def test_nothing_moves_where_the_tables_are_right():
    people = np.zeros((1, 2, 6), dtype=int)
    people[0, 0, 5], people[0, 1, 3] = 4, 4
    told = {"leaf": {0: np.array([0.0, 4.0]), 2: np.array([4.0, 0.0])}}
    ways = np.array([[4, 0, 0], [0, 0, 4]])
    here = people.sum(axis=0)
    likely = likely_bands(here, told, ways, np.array([10, 10]))
    misfit = CareMisfit.of(here, told, likely, 0.5)
    assert best_exchange(people, misfit, stream("k", "care", "b")) is None


def test_heavy_care_goes_to_the_area_whose_old_are_all_certified():
    """Only certified people are published: 20 of 20 here, 2 of 20 there, nothing of the third area.

    All ten residents of the institution are in heavy care, and ten of fifty at home: whoever counts
    twenty of twenty has an institution's people, and the eight of the third area are free to give.
    """
    crowd = crowd_of(
        start=[80] * 60, sex=[0] * 60, area=np.repeat([0, 1, 2], 20), kind=[2] * 10 + [1] * 50,
        care=np.repeat([2, 1, 2, 0, 2, 0], [10, 10, 2, 18, 8, 12]),
    )  # fmt: skip
    told = {"certified": {0: [0.0, 18.0, np.nan], 1: [20.0, 2.0, np.nan]}}
    exchange_care(0, crowd, plan_of(3, **told), stream("k", "care", "c"))
    severe = [(crowd.care[crowd.area == area] == 2).sum() for area in range(3)]
    assert severe in ([18, 2, 0], [19, 1, 0])
    assert [(crowd.care[crowd.area == area] > 0).sum() for area in range(3)] == [20, 2, 8]


@given(seed=st.integers(0, 10_000), areas=st.integers(2, 6))
def test_no_table_of_the_cluster_changes_and_the_misfit_only_lessens(seed, areas):
    rng = stream("k", "cluster", f"{seed}")
    n = 300
    crowd = crowd_of(
        start=rng.choice([30, 60, 70, 80], n), sex=rng.integers(2, size=n),
        care=rng.choice(3, n, p=[0.6, 0.2, 0.2]), kind=rng.integers(3, size=n),
        area=rng.integers(areas, size=n),
    )  # fmt: skip
    true = np.bincount(rng.permutation(crowd.area) * 3 + crowd.care, minlength=areas * 3)
    leaf = true.reshape(areas, 3).astype(float)
    leaf[rng.random((areas, 3)) < 0.3] = np.nan

    def tables():
        living = np.array(CITY["living"])[crowd.type]
        return np.unique(np.stack([crowd.start, crowd.sex, living, crowd.care]), axis=1,
                         return_counts=True)  # fmt: skip

    told = {"leaf": {label: leaf[:, label] for label in range(3)}}

    def off():
        band = crowd.care + 3 * (crowd.start >= 65)
        here = np.bincount(crowd.area * 6 + band, minlength=areas * 6).reshape(areas, 6)
        ways = np.zeros((2, 3), dtype=int)
        old = crowd.start >= 65
        np.add.at(ways, ((crowd.type[old] == 2).astype(int), crowd.care[old]), 1)
        likely = likely_bands(here, told, ways, np.full(areas, 10))
        return np.nansum(CareMisfit.of(here, told, likely, 0.1).error ** 2)

    (cells, numbers), far = tables(), off()
    exchange_care(0, crowd, plan_of(areas, **told), stream("k", "care", f"{seed}"))
    after = tables()
    np.testing.assert_array_equal(cells, after[0])
    np.testing.assert_array_equal(numbers, after[1])
    assert off() <= far + 1e-9
