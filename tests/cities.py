"""Small invented registers for tests of pseudo records: nine squares in three districts."""

import numpy as np
import pandas as pd
import pyproj
from toys import IDS, ORIGIN

from tsukuba_gis.records import Records
from tsukuba_gis.schema import CARE_LEVELS

DISTRICTS = {"1": "南", "2": "中央", "3": "北"}
# Which column is what; points, where a test asks for them, stand in lon and lat.
RULES = {
    "cluster": "district", "area": "ward", "household": "household_id", "person": "person_id",
    "care": "care_level", "household_type": "household_type", "relation": "relation",
    "sums": ("claims", "medical_cost"), "numeric": ("claims", "medical_cost", "bmi"),
}  # fmt: skip


def small_city(seed=1, households=900):
    """Households of four types in the toy zones, with care, amounts, check-ups and points."""
    rng = np.random.Generator(np.random.Philox(seed))
    kind = rng.choice(4, households, p=[0.35, 0.25, 0.35, 0.05])
    head_age = np.where(
        kind == 2, rng.integers(28, 60, households), rng.integers(20, 95, households)
    )
    area = rng.choice(9, households, p=np.array([30, 20, 15, 10, 8, 7, 5, 4, 1]) / 100)
    rows = []
    for home in range(households):
        members = [("head", head_age[home], rng.integers(2))]
        if kind[home] in (1, 2):
            members.append(
                ("spouse", max(20, head_age[home] + rng.integers(-5, 6)), 1 - members[0][2])
            )
        if kind[home] in (2, 3):
            for _ in range(rng.integers(1, 4)):
                members.append(
                    ("child", max(0, head_age[home] - rng.integers(22, 36)), rng.integers(2))
                )
        name = ["single", "couple", "couple_children", "single_parent"][kind[home]]
        rows += [(home, name, relation, age, sex) for relation, age, sex in members]
    frame = pd.DataFrame(rows, columns=["home", "household_type", "relation", "age", "sex"])
    return Records(frame=_finished(frame, area, rng), kind="invented", source="toy city")


def _finished(frame, area, rng):
    n = len(frame)
    place = area[frame.home]
    old = np.clip((frame.age - 60) / 60, 0, 0.5)
    level = np.where(rng.random(n) < old, rng.integers(1, 8, n), 0)
    used = rng.random(n) < 0.7
    cost = np.where(used, np.rint(np.exp(rng.normal(9 + frame.age / 50, 1.2, n)) / 10 + 1) * 10, 0)
    seen = rng.random(n) < 0.4
    x0, y0 = ORIGIN
    corner = np.array([(x0 + 100 * (i % 3), y0 + 100 * (i // 3)) for i in range(9)])
    home_point = corner[area] + rng.uniform(1, 99, (len(area), 2))
    to_degrees = pyproj.Transformer.from_crs("EPSG:6677", "EPSG:6668", always_xy=True)
    lon, lat = to_degrees.transform(*home_point[frame.home].T)
    return pd.DataFrame(
        {
            "person_id": [f"本人{i:05}" for i in range(n)],
            "household_id": [f"世帯{i:05}" for i in frame.home],
            "household_type": frame.household_type,
            "relation": frame.relation,
            "age": frame.age.astype("int64"),
            "sex": np.where(frame.sex == 1, "male", "female"),
            "care_level": np.array(CARE_LEVELS)[level],
            "claims": np.where(used, rng.poisson(3, n) + 1, 0),
            "medical_cost": cost.astype("int64"),
            "bmi": np.where(seen, np.round(rng.normal(23, 3, n), 1), np.nan),
            "ward": np.array(IDS)[place],
            "district": [DISTRICTS[IDS[i][1]] for i in place],
            "lon": lon,
            "lat": lat,
        }
    )
