"""Invented tables of the city before its register, and its published totals before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.records import Records

#: The year that the register's people are counted in.
REGISTER_YEAR: Final = 2015
# Men, women, boys and girls (0–14) of Tsukuba City. 2005, 2010: 国勢調査. 2020–2040:
# 国立社会保障・人口問題研究所「日本の地域別将来推計人口」(平成25年3月推計), as shown by
# chiiki-chienowa.net (08220).
_PUBLISHED: Final = {
    2005: (103_110, 97_418, 15_662, 14_489),
    2010: (110_230, 104_360, 16_732, 15_565),
    2020: (117_458, 111_763, 16_862, 15_849),
    2025: (119_112, 113_947, 15_942, 15_031),
    2030: (119_948, 115_553, 15_103, 14_247),
    2035: (119_968, 116_429, 14_716, 13_886),
    2040: (119_196, 116_394, 14_443, 13_632),
}
_CENSUS_2015: Final = 226_963
EARLIER: Final = (2005, 2010)
_CHILD_GROUPS: Final = 3  # 0–4, 5–9, 10–14
# Net moves in five years by the group that moves (invented): students come at 15–19, some leave
# at 20–24, families come at 25–39 with their children.
_MOVES: Final = {0: 0.02, 5: 0.01, 15: 0.22, 20: -0.10, 25: 0.03, 30: 0.03, 35: 0.02}
# How far an age takes part in its area's growing or shrinking (invented).
_MOBILE: Final = {
    0: 1.0,
    5: 0.8,
    10: 0.5,
    15: 0.5,
    20: 0.8,
    25: 1.2,
    30: 1.2,
    35: 1.0,
    40: 0.7,
    45: 0.5,
}
_SETTLED: Final = 0.25


def city_projection(*, size: int | None = None) -> pd.DataFrame:
    """Return the published projection of the city's population, 2020–2040.

    Parameters
    ----------
    size
        Persons in the register; the numbers are scaled by it over the census of 2015. None: as
        published.

    Returns
    -------
    pandas.DataFrame
        ``year``, ``sex``, ``age_start``, ``age_end`` (missing: open) and
        ``persons``: men and women, 0–14 and 15 and over. Source: 国立社会保障・
        人口問題研究所「日本の地域別将来推計人口(平成25年3月推計)」. It was made from
        the census of 2010; the census of 2020 then counted 241,656, where it had 229,221.

    Examples
    --------
    >>> totals = city_projection()
    >>> int(totals.loc[totals["year"] == 2040, "persons"].sum())
    235590
    """
    import pandas as pd

    scale = 1.0 if size is None else size / _CENSUS_2015
    rows = [
        (year, sex, low, high, scale * persons)
        for year in _PUBLISHED
        if year > REGISTER_YEAR
        for sex, low, high, persons in _blocks(year)
    ]
    return pd.DataFrame(rows, columns=["year", "sex", "age_start", "age_end", "persons"])


def _blocks(year: int) -> tuple[tuple[str, int, float, int], ...]:
    men, women, boys, girls = _PUBLISHED[year]
    return (
        ("female", 0, 15, girls),
        ("female", 15, np.nan, women - girls),
        ("male", 0, 15, boys),
        ("male", 15, np.nan, men - boys),
    )


def earlier_population(year: int, register: Records, *, seed: int) -> pd.DataFrame:
    """Return an invented table of the city five or ten years before its register.

    Parameters
    ----------
    year
        2005 or 2010.
    register
        The invented register, counted in 2015.
    seed
        Same register, year and seed: the same table.

    Returns
    -------
    pandas.DataFrame
        Index: small areas (key codes); columns ``(sex, age_start)`` with
        ``age_start`` 0, 5 … 100; whole persons.

    Raises
    ------
    InputError
        If there is no such year, or the register is not the invented one.

    Notes
    -----
    Published and kept exactly (times the size of the register over that of the
    city): men and women, 0–14 and over, of the censuses of 2005 and 2010.
    Everything else is invented: the register's people are made younger by five
    years at a time, with plausible deaths and moves; areas with many children
    have grown and areas with many old people have shrunk.

    Examples
    --------
    >>> from tsukuba_gis.demo import register
    >>> table = earlier_population(2010, register(size=20_000), seed=1)
    >>> table.shape, int(table.to_numpy().sum())
    ((310, 42), 18910)
    """
    if year not in EARLIER or register.kind != "invented":
        raise InputError("demo_no_history", year=str(year), years=", ".join(map(str, EARLIER)))
    from tsukuba_gis.boundaries import load_boundaries
    from tsukuba_gis.tables import population

    areas = load_boundaries("small_area").ids
    table = population(register, register.frame["small_area"], zones=areas)
    persons = table.to_numpy().reshape(len(areas), 2, -1)
    growth = _growth(persons, np.random.Generator(np.random.Philox(seed)))
    scale = len(register) / _CENSUS_2015
    for back in range(REGISTER_YEAR - 5, year - 1, -5):
        rng = np.random.Generator(np.random.Philox([seed, back]))
        persons = _younger(persons, growth)
        persons = _met(rng.poisson(persons).astype(float), back, scale, rng)
    table.loc[:, :] = persons.reshape(len(areas), -1)
    return table


def _growth(persons: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return how much more than the city each area has grown in five years, as a log factor."""
    total = np.maximum(persons.sum(axis=(1, 2)), 1)
    lean = (persons[:, :, :3].sum(axis=(1, 2)) - persons[:, :, 13:].sum(axis=(1, 2))) / total
    weight = total / total.sum()
    return np.asarray(0.8 * (lean - (lean * weight).sum()) + rng.normal(0, 0.04, len(persons)))


def _younger(persons: np.ndarray, growth: np.ndarray) -> np.ndarray:
    """Return the persons whom five years of deaths and moves make into these: area × sex × age."""
    ages = np.arange(0, 5 * persons.shape[2], 5)
    # Gompertz deaths, near those of a Japanese life table; women die like men 5.5 years younger.
    years = ages + 5 - np.array([[5.5], [0.0]])
    alive = np.exp(-5 * 2.2e-5 * np.exp(0.098 * years))
    moves = 1 + np.array([_MOVES.get(age, 0.0) for age in ages.tolist()])
    mobile = np.array([_MOBILE.get(age, _SETTLED) for age in ages.tolist()])
    change = alive * moves * np.exp(growth[:, None, None] * mobile)
    before = np.zeros_like(persons)
    before[:, :, :-2] = persons[:, :, 1:-1] / change[:, :, :-2]
    oldest = persons[:, :, -1] / change[:, :, -2]
    before[:, :, -2], before[:, :, -1] = 0.85 * oldest, 0.15 * oldest
    return before


def _met(persons: np.ndarray, year: int, scale: float, rng: np.random.Generator) -> np.ndarray:
    """Return whole numbers that add up to the year's published totals, by sex and child or not."""
    for sex, low, _, published in _blocks(year):
        part = persons[:, ["female", "male"].index(sex)]
        part = part[:, :_CHILD_GROUPS] if low == 0 else part[:, _CHILD_GROUPS:]
        goal = round(published * scale)
        exact = part * (goal / part.sum())
        # Systematic rounding: running sums, from one random start, keep the whole sum.
        edges = np.minimum(np.floor(np.cumsum(exact).round(6) + rng.random()), goal)
        edges[-1] = goal
        part[...] = np.diff(edges, prepend=0).reshape(part.shape)
    return persons
