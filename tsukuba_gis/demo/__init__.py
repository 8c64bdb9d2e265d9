"""The bundled invented register: a whole city of people who do not exist.

It stands in for the confidential register, so that everything can be shown,
tried and tested without one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.records import Records
from tsukuba_gis.schema import CARE_LEVELS, HOUSEHOLD_TYPES, RELATIONS, SEXES

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.demo.households import People
    from tsukuba_gis.demo.places import Areas
    from tsukuba_gis.zones import Zones

SEED: Final = 20190401
# Shares of persons 65+ and 0–14 in the city. Source: つくば市 住民基本台帳, 2022–2024.
_GOAL: Final = (0.203, 0.156)


def register(*, seed: int = SEED, size: int | None = None) -> Records:
    """Make the invented register of Tsukuba City.

    Parameters
    ----------
    seed
        Same seed, size and version: the same table, byte for byte.
    size
        Persons in all, at least 1; None: 226,963 persons in 98,190
        households, as published. Otherwise both are scaled by largest
        remainders over the areas; an area with persons has a household.

    Returns
    -------
    Records
        ``kind="invented"``; one row a person, areas in order of their id,
        households together, the head first. Columns, all without missing
        values but the last three of health:

        ================== ======= =============================================
        person_id          str     P0000001 …
        household_id       str     H000001 …
        age                int64   completed years, 0–104
        sex                str     ``schema.SEXES``
        household_type     str     ``schema.HOUSEHOLD_TYPES``
        relation           str     ``schema.RELATIONS``; one head a household
        care_level         str     ``schema.CARE_LEVELS``
        claims             int64   claims a year
        medical_cost       int64   yen a year
        bmi, sbp, hba1c    float64 check-up values; NaN where not examined
        ward               str     name of the small area, which stands in for it
        small_area         str     key code of the census
        school_district    str     name of the junior-high district
        elementary_district str    name of the elementary district
        lon, lat           float64 home point, JGD2011 degrees (EPSG:6668)
        ================== ======= =============================================

    Raises
    ------
    InputError
        If ``size`` is not at least 1.

    Notes
    -----
    Published and kept exactly: persons and households of each small area
    (総務省 平成27年国勢調査, 小地域). Published and kept within half a point:
    the city's shares of ages 0–14 (15.6 %), 15–64 (64 %) and 65+ (20 %);
    rates of certified care by sex and age. Everything else is invented, and
    only plausible: that the old villages are old, the towns along the railway
    young and the quarters near the university full of students; who lives
    with whom; claims, cost and check-up values; the home points.

    Examples
    --------
    >>> people = register(size=1000)
    >>> people
    Records(1,000 persons, kind='invented', source='demo')
    >>> int((people.frame["relation"] == "head").sum()) == people.frame["household_id"].nunique()
    True
    """
    import pandas as pd

    from tsukuba_gis.boundaries import load_boundaries
    from tsukuba_gis.demo import health, places

    if size is not None and size < 1:
        raise InputError("demo_size")
    zones = load_boundaries("small_area")
    streams = np.random.SeedSequence(seed).spawn(6)
    rng = [np.random.Generator(np.random.Philox(stream)) for stream in streams]
    areas = places.areas(zones.frame, size=size, rng=rng[0])
    crowd = _people(areas, rng[1])
    household, age, male = crowd.household, crowd.age, crowd.male
    alone = np.bincount(household)[household] == 1
    resident = crowd.kind == HOUSEHOLD_TYPES.index("institution")
    care = health.care_levels(age, male, resident=resident, alone=alone, rng=rng[2])
    state = rng[3].normal(size=len(age))
    claims, cost = health.medical(age, care, state, rng=rng[3])
    lon, lat = places.home_points(zones, crowd.area, rng=rng[5])
    columns = {
        "person_id": _numbers("P", 7, len(age)),
        "household_id": _numbers("H", 6, len(crowd.area)).take(household),
        "age": age,
        "sex": _words(SEXES, male.astype(np.int64)),
        "household_type": _words(HOUSEHOLD_TYPES, crowd.kind),
        "relation": _words(RELATIONS, crowd.relation),
        "care_level": _words(CARE_LEVELS, care),
        "claims": claims,
        "medical_cost": cost,
        **health.checkups(age, male, care, state, rng=rng[4]),
        **_area_columns(zones, crowd.area[household]),
        "lon": lon[household],
        "lat": lat[household],
    }
    return Records(frame=pd.DataFrame(columns), kind="invented", source="demo")


def _people(areas: Areas, rng: np.random.Generator) -> People:
    """Fill the areas with households: institutions first, then what is left."""
    from tsukuba_gis.demo import choice, households

    n = len(areas.persons)
    institutions = np.bincount(areas.institution_area, minlength=n)
    residents = np.bincount(
        areas.institution_area, weights=areas.institution_size, minlength=n
    ).astype(np.int64)
    counts = choice.size_counts(areas.persons - residents, areas.households - institutions)
    pattern = choice.choose_patterns(
        counts,
        old=areas.old,
        young=areas.young,
        student=areas.student,
        fixed_old=residents,
        goal=_GOAL,
        rng=rng,
    )
    return households.people(
        pattern,
        np.repeat(np.arange(n), counts.sum(axis=1)),
        institution_area=areas.institution_area,
        institution_size=areas.institution_size,
        rng=rng,
    )


def _numbers(letter: str, digits: int, n: int) -> pd.Index[str]:
    """Return P0000001, P0000002 … as text."""
    import pandas as pd

    return pd.Index([f"{letter}{number:0{digits}}" for number in range(1, n + 1)], dtype="str")


def _words(words: tuple[str, ...], code: np.ndarray) -> pd.Index[str]:
    import pandas as pd

    return pd.Index(words, dtype="str").take(code)


def _area_columns(zones: Zones, area: np.ndarray) -> dict[str, pd.Index[str]]:
    """Return the names and the key of each person's area."""
    import pandas as pd

    from tsukuba_gis.boundaries import load_boundaries

    frame = zones.frame
    districts = {
        kind: frame[kind].map(load_boundaries(kind).names)
        for kind in ("school_district", "elementary_district")
    }
    columns = {"ward": zones.names, "small_area": zones.ids.to_series(), **districts}
    return {name: pd.Index(column, dtype="str").take(area) for name, column in columns.items()}
