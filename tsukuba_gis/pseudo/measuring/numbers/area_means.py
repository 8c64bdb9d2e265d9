"""Means by area, over everyone with a value, where they hide every person behind them.

The sums of a cluster are published exactly, so that what the areas without a mean
have together follows: it has to be as safe as a mean that is shown. The same is
asked of measurements, whose sums by cluster are not published. Means are then
rounded, so that they do not follow a single person's value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.pseudo.measuring.numbers.contributors import Contributors, homes_behind
from tsukuba_gis.pseudo.statistics import one_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.measuring.people import People
    from tsukuba_gis.pseudo.tables.city import City

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]


def area_mean_table(values: Mapping[str, Floats], people: People, city: City) -> pd.DataFrame:
    """Return the means that may be shown: ``column``, ``area`` (row of the areas), ``mean``.

    Parameters
    ----------
    values
        Numbers of each column by person; NaN where missing. Zeros count in a mean.
    people, city
        The register as codes, and what the city consists of.
    """
    import pandas as pd

    spec, areas = city.spec, city.areas
    n = len(areas)
    k = np.array([spec.threshold(persons) for persons in areas.persons])
    whole = np.bincount(areas.cluster, areas.persons, minlength=len(city.codes["cluster"]))
    k_left = np.array([spec.threshold(persons) for persons in whole])
    share, units = spec.dominance, spec.units if spec.household else 0
    parts = []
    for column in spec.mean_columns:
        given = np.isfinite(values[column])
        some = np.flatnonzero(given & (values[column] != 0))
        place, amounts = people.area[some], values[column][some]
        homes = homes_behind(place, people.kin[some], n)[0]
        own = Contributors.of(place, np.abs(amounts), n, homes=homes)
        shown = own.safe(k, dominance=share, units=units)
        shown = own.closed(shown, areas.cluster.to_numpy(), k_left, dominance=share, units=units)
        known = np.bincount(people.area[given], minlength=n)
        total = np.bincount(place, amounts, minlength=n)
        codes = np.flatnonzero(shown)
        # Without the noise of adding up: a mean between two steps is rounded alike in any order.
        total = np.round(total, 6)
        means = [rounded(total[code] / known[code], spec.mean_digits) for code in codes]
        parts.append(
            pd.DataFrame({"column": column, "area": [str(code) for code in codes], "mean": means})
        )
    return one_table(parts, ["column", "area", "mean"])


def rounded(value: float, digits: int) -> float:
    """Return a number to so many significant digits.

    Examples
    --------
    >>> rounded(305_513.4, 3), rounded(5.6704, 3)
    (306000.0, 5.67)
    """
    return float(f"{value:.{digits}g}")
