"""What follows from the ages of people alone, and how a share changes with age."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.rates.limits import proportion_interval
from tsukuba_gis.result import AgeCurve
from tsukuba_gis.schema import SEXES
from tsukuba_gis.tables import guarded, too_few, with_company

if TYPE_CHECKING:
    import pandas as pd

# How persons aged 0–10 are had from groups: they must end at 11, or a fifth of 10–14 is 10.
Split = Literal["single_years", "fifth_of_10_14"]
_OLDEST = 95


def age_indices(population: pd.DataFrame, *, split: Split = "single_years") -> pd.DataFrame:
    """Return the indices of age structure of each zone, from a table of persons by age.

    Parameters
    ----------
    population
        Rows zones; columns ``age_start``, or MultiIndex ``(sex, age_start)``, ages half-open
        ``[age_start, next)`` and the last group open. NaN: no data.
    split
        How persons aged 0–10 inclusive are counted. ``"single_years"``: the table must have a
        group that begins at 11. ``"fifth_of_10_14"``: a fifth of those aged 10–14 is taken to
        be 10, for tables of five-year groups.

    Returns
    -------
    pandas.DataFrame
        Columns ``share_0_14``, ``share_65plus``, ``share_75plus`` (0–1), ``child_dependency``
        (年少人口指数, 0–14 to 15–64), ``old_dependency`` (老年人口指数, 65+ to 15–64),
        ``dependency`` (従属人口指数, both), ``aging_index`` (老年化指数, 65+ to 0–14) and
        ``ratio_65_10`` (65+ to 0–10 inclusive); ratios, not times 100. Missing where there
        is nobody below the line, never infinite. Its ``attrs["split"]`` says how 0–10 was had.

    Raises
    ------
    InputError
        If no group of the table begins at an age that is needed.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame([[30.0, 10.0, 20.0, 40.0, 30.0, 10.0]], ["a"], [0, 10, 15, 50, 65, 75])
    >>> found = age_indices(table, split="fifth_of_10_14")
    >>> found.loc["a", ["share_65plus", "dependency", "ratio_65_10"]].round(3).tolist()
    [0.286, 1.333, 1.25]
    """
    import pandas as pd

    table = _by_age(population)
    young, working, old = _between(table, 0, 15), _between(table, 15, 65), _between(table, 65)
    if split == "single_years":
        to_10 = _between(table, 0, 11)
    else:
        to_10 = _between(table, 0, 10) + _between(table, 10, 15) / 5
    everybody = young + working + old
    quotients = {
        "share_0_14": (young, everybody),
        "share_65plus": (old, everybody),
        "share_75plus": (_between(table, 75), everybody),
        "child_dependency": (young, working),
        "old_dependency": (old, working),
        "dependency": (young + old, working),
        "aging_index": (old, young),
        "ratio_65_10": (old, to_10),
    }
    frame = pd.DataFrame({name: a / b.where(b > 0) for name, (a, b) in quotients.items()})
    frame.attrs["split"] = split
    return frame


def age_curve(
    events: pd.DataFrame,
    population: pd.DataFrame,
    *,
    indicator: str,
    parts: pd.DataFrame | None = None,
    alpha: float = 0.05,
    min_count: int = 1,
    confidential: bool = False,
) -> AgeCurve:
    """Return a share by age: in the city, by sex, with its interval, and in each zone.

    Parameters
    ----------
    events, population
        Rows zones; columns MultiIndex ``(sex, age_start)``: persons that count, and all. Groups
        over 95 are put together; ages at which there is nobody are left out.
    indicator
        Name of the share.
    parts
        Persons of the city by age (index ``age_start``) and part (columns), such as care levels.
    alpha
        1 − the coverage of the intervals (Wilson's).
    min_count, confidential
        Which cells are hidden: see :func:`tsukuba_gis.tables.too_few`. Of ``confidential`` counts a
        hidden cell takes another one along, so that it does not follow from the sums.

    Examples
    --------
    >>> import pandas as pd
    >>> columns = pd.MultiIndex.from_product([["female", "male"], [65, 70]])
    >>> people = pd.DataFrame([[40.0, 20.0, 40.0, 10.0]], ["a"], columns)
    >>> curve = age_curve(people / 10, people, indicator="share_severe_care")
    >>> curve.frame.loc["all", "value"].tolist(), curve.by_zone.loc["a"].tolist()
    ([0.1, 0.1], [0.1, 0.1])
    """
    import pandas as pd

    above, below = (_capped(table) for table in (events, population))
    inhabited = _by_age(below).sum() > 0
    ages = list(inhabited[inhabited].index)
    city = {}
    for name, table in (("observed", above), ("population", below)):
        sums: Any = table.sum()
        one = {sex: sums[sex].loc[ages] for sex in SEXES}
        city[name] = pd.DataFrame({"all": one["female"] + one["male"], **one})
    zonal = [_by_age(table)[ages] for table in (above, below)]
    few: Any = {"min_count": min_count, "confidential": confidential}
    hide = _hidden(city["observed"], city["population"], **few)
    far = _hidden(*zonal, **few)
    if confidential:
        hide, far = _guarded_city(hide, city["observed"]), guarded(far, zonal[0])
    frame = pd.DataFrame({name: _stacked(table) for name, table in city.items()})
    frame["value"] = frame["observed"] / frame["population"].where(frame["population"] > 0)
    bounds = proportion_interval(frame["observed"], frame["population"], alpha=alpha)
    frame[["low", "high"]] = bounds
    frame.loc[_stacked(hide)] = np.nan
    above, below = (table.mask(far) for table in zonal)
    return AgeCurve(
        indicator=indicator,
        frame=frame,
        by_zone=above / below.where(below > 0),
        zone_counts=pd.concat({"observed": above, "population": below}, axis=1),
        parts=None if parts is None else _parts(parts, ages, **few),
        alpha=alpha,
        interval="wilson",
    )


def _guarded_city(hide: pd.DataFrame, observed: pd.DataFrame) -> pd.DataFrame:
    """Return ``hide`` with the cells of the city that would give a hidden one away."""
    hide = hide.copy()
    hide["all"] = with_company(hide[["all"]].T, observed[["all"]].T).T["all"]
    # All less one sex is the other.
    hide["female"] = hide["male"] = hide["female"] | hide["male"] | hide["all"]
    return hide


def _stacked(table: pd.DataFrame) -> pd.Series[float]:
    """Return the columns of a table by age one below the other."""
    import pandas as pd

    parts: dict[Any, pd.Series[Any]] = {name: table[name] for name in table}
    stacked: pd.Series[float] = pd.concat(parts, names=["sex", "age_start"])
    return stacked


def _parts(
    parts: pd.DataFrame, ages: list[int], *, min_count: int, confidential: bool
) -> pd.DataFrame:
    """Return the shares of the parts at each age; an age with a cell too small is hidden whole."""
    counts = _capped(parts.T).T.reindex(ages)
    total = counts.sum(axis=1)
    hide = total < max(min_count, 1)
    if confidential:
        hide |= ((counts > 0) & (counts < min_count)).any(axis=1)
    return counts.div(total.where(~hide), axis=0).rename_axis("age_start")


def _hidden(
    above: pd.DataFrame, below: pd.DataFrame, *, min_count: int, confidential: bool
) -> pd.DataFrame:
    import pandas as pd

    few = too_few(
        above.to_numpy(), below.to_numpy(), min_count=min_count, confidential=confidential
    )
    return pd.DataFrame(few, index=above.index, columns=above.columns)


def _by_age(table: pd.DataFrame) -> pd.DataFrame:
    """Add the sexes together; a column an age, in order."""
    if table.columns.nlevels == 1:
        return table[sorted(table.columns)]
    return table.T.groupby(level=1).sum(min_count=1).T


def _capped(table: pd.DataFrame) -> pd.DataFrame:
    """Put the groups over the oldest one together."""
    columns = table.columns
    if columns.nlevels == 1:
        return table.T.groupby(np.minimum(columns.to_numpy(), _OLDEST)).sum().T
    capped = np.minimum(columns.get_level_values(1).to_numpy(), _OLDEST)
    return table.T.groupby([columns.get_level_values(0), capped]).sum().T


def _between(table: pd.DataFrame, low: int, high: int | None = None) -> pd.Series[float]:
    """Add the groups from ``low`` up to, not including, ``high``."""
    starts = np.array(table.columns)
    if any(edge is not None and edge not in starts for edge in (low, high)):
        wanted = f"{low}" if low not in starts else f"{high}"
        raise InputError("rates_age_edge", age=wanted, found=", ".join(map(str, starts)))
    inside = (starts >= low) & (starts < (np.inf if high is None else high))
    return table.loc[:, inside].sum(axis=1, skipna=False)
