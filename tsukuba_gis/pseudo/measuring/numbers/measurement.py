"""What is measured of amounts and measurements, put together into tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.pseudo.measuring.numbers.area_means import area_mean_table
from tsukuba_gis.pseudo.measuring.numbers.copula import correlation_table
from tsukuba_gis.pseudo.measuring.numbers.groups import (
    groups_of,
    labelled_groups,
    members,
    without_rest,
)
from tsukuba_gis.pseudo.measuring.numbers.quantiles import quantile_table
from tsukuba_gis.pseudo.measuring.numbers.states import safe_states
from tsukuba_gis.pseudo.measuring.numbers.sums import model_cells, safe_sums, sum_cells, users_cell
from tsukuba_gis.pseudo.statistics import one_table
from tsukuba_gis.pseudo.tables.city import AMOUNTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.measuring.people import People
    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.tables.cells import Family
    from tsukuba_gis.pseudo.tables.city import City

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]


def measure_numbers(
    numbers: Mapping[str, Floats],
    people: People,
    city: City,
    built: Mapping[str, Family],
    coded: Mapping[str, Ints],
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """Return the tables of sums, means by area, groups, states, quantiles, correlations and units.

    Parameters
    ----------
    numbers, people, coded
        The register, as numbers and as codes.
    city
        What the city consists of.
    built
        The tables of care and users, protected.
    """
    spec = city.spec
    if not spec.numeric:
        return {}
    values = {column: numbers[column] for column in spec.numeric}
    cell, home = sum_cells(coded), people.kin
    sums = one_table(
        [safe_sums(column, values[column], city, cell, home) for column in spec.sums],
        ["level", "column", "cluster", "broad", "severity", "total"],
    )
    users, care = built["users"], built["care"]
    of_users = users_cell(users, coded)
    inside = model_cells(sums, users, city)[of_users]
    groups = groups_of(city, coded, inside)
    group = groups[coded["severity"], coded["sex"], np.searchsorted(AMOUNTS, coded["amounts"])]
    leaf = care.find(coded)
    told = np.isfinite(care.values["leaf"])[care.codes["leaf"]][leaf]
    out = ~without_rest(group, inside, leaf, told, k=spec.k)
    states, of = safe_states(values, members(group, inside), out, home, of_users, spec)
    given = {"age": people.age.astype(np.float64)}
    if spec.care:  # among people without care there is nothing to rank
        given["care"] = np.where(coded["severity"] > 0, people.care, np.nan)
    by_area = {"area_means": area_mean_table(values, people, city)} if spec.mean_columns else {}
    return {
        "sums": sums,
        **by_area,
        "groups": labelled_groups(groups, city),
        "states": states,
        "quantiles": quantile_table(values, of, spec.k, spec.sums),
        "correlation": correlation_table(given, values, of),
        "units": _units(values, inside & ~out, spec),
    }


def _units(values: Mapping[str, Floats], inside: Bools, spec: Spec) -> pd.DataFrame:
    """Return the step in which each column's values are written, such as 0.1 or 10."""
    import pandas as pd

    rows = []
    for column, amounts in values.items():
        own = amounts[inside & np.isfinite(amounts) & (amounts != 0)]
        unit = 0.0
        for step in (1000.0, 100.0, 10.0, 1.0, 0.1, 0.01, 0.001):
            apart = np.abs(own / step - np.rint(own / step))
            if len(own) >= spec.k and np.mean(apart < 1e-6) > 0.99:
                unit = step
                break
        rows.append((column, unit))
    return pd.DataFrame(rows, columns=["column", "unit"])
