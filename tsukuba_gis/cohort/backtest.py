"""How wrong the method was: a known date projected from the two before it, and bounds from that."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.cohort.ages import at_year
from tsukuba_gis.cohort.hamilton_perry import Settings, hamilton_perry
from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.result import Projection

SIZES: Final = (0, 200, 500, 1_000, 2_000, 5_000, 10_000)
# Fewer errors than these make no quantile.
_LEAST: Final = 10
_LEAST_OF_CLASS: Final = 20


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Backtest:
    """Errors of a projection of a known date.

    Parameters
    ----------
    frame
        Index: class of size by persons at the launch (``"0-199"`` … ``"all"``);
        columns ``zones``, ``mape`` (mean absolute error), ``bias`` (mean
        algebraic error, MALPE; above 0: projected too many) and
        ``median_ape``, as shares of the true number.
    errors
        Index: areas; ``projected``, ``actual``, ``launch`` (persons at the
        launch), ``error`` (projected over actual, less 1). Areas where nobody
        lived or nothing is known are not in it.
    years
        Earlier date, launch, and the date that was projected.
    """

    frame: pd.DataFrame = field(repr=False)
    errors: pd.DataFrame = field(repr=False)
    years: tuple[int, int, int]


def backtest(
    earlier: pd.DataFrame,
    launch: pd.DataFrame,
    actual: pd.DataFrame,
    *,
    years: tuple[int, int, int],
    settings: Settings | None = None,
) -> Backtest:
    """Project a known date from the two before it, and compare.

    Parameters
    ----------
    earlier, launch, actual
        Persons by area, sex and age at three dates. Areas that one of the last
        two lacks, or of which it hides a cell, are not compared.
    years
        The three dates; the last is whole steps after the launch.
    settings
        Those of the projection to be judged. Control totals, new housing and
        what the city was projected to be are left out: they were not known then.

    References
    ----------
    Smith, S. K., Tayman, J. and Swanson, D. A. (2013). A Practitioner's Guide
    to State and Local Population Projections. Springer, chapters 12 and 13
    (MAPE, MALPE, and intervals from past errors).

    Examples
    --------
    >>> import pandas as pd
    >>> columns = pd.MultiIndex.from_product([["female"], list(range(0, 60, 10))])
    >>> def table(*rows):
    ...     return pd.DataFrame(list(rows), index=list("ab"), columns=columns, dtype=float)
    >>> first = table([100, 90, 80, 70, 60, 50], [10, 9, 8, 7, 6, 5])
    >>> second = table([95, 99, 120, 76, 63, 44], [10, 9, 8, 7, 6, 5])
    >>> third = table([100, 95, 130, 114, 70, 44], [10, 9, 8, 7, 6, 5])
    >>> found = backtest(first, second, third, years=(2000, 2010, 2020))
    >>> found.frame.loc["all", "zones"]
    np.int64(2)
    """
    if (years[2] - years[1]) % (years[1] - years[0]):
        raise InputError("cohort_backtest_years", years=", ".join(map(str, years)))
    import pandas as pd

    known = replace(settings or Settings(), control=None, events=(), city=None, exact=None)
    found = hamilton_perry(earlier, launch, years=years[:2], until=years[2], settings=known)
    ends = {"projected": at_year(found.population, years[2]), "actual": actual, "launch": launch}
    errors = pd.DataFrame({name: _totals(table) for name, table in ends.items()})
    errors = errors[errors.notna().all(axis=1) & (errors["actual"] > 0)]
    errors = errors.assign(error=errors["projected"] / errors["actual"] - 1)
    return Backtest(frame=_by_size(errors), errors=errors, years=years)


def _totals(table: pd.DataFrame) -> pd.Series[float]:
    """Return the persons of each area; missing where a cell is hidden: the sum is not known."""
    return table.sum(axis=1, skipna=False)


def size_classes(persons: pd.Series[float]) -> pd.Series[str]:
    """Return the class of size of each area.

    Examples
    --------
    >>> import pandas as pd
    >>> size_classes(pd.Series([0.0, 199.5, 200.0, 12_345.0])).tolist()
    ['0-199', '0-199', '200-499', '10000+']
    """
    import pandas as pd

    names = [f"{low}-{high - 1}" for low, high in pairwise(SIZES)]
    place = np.searchsorted(SIZES, persons.to_numpy(dtype=float), side="right") - 1
    return pd.Series(np.array([*names, f"{SIZES[-1]}+"])[place], index=persons.index, dtype="str")


def _by_size(errors: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    place = np.searchsorted(SIZES, errors["launch"].to_numpy(dtype=float), side="right")
    groups = {
        name: part["error"]
        for _, rows in errors.groupby(place)
        for name, part in rows.groupby(size_classes(rows["launch"]))
    }
    rows = {
        name: {
            "zones": len(one), "mape": one.abs().mean(), "bias": one.mean(),
            "median_ape": one.abs().median(),
        }
        for name, one in {**groups, "all": errors["error"]}.items()
    }  # fmt: skip
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("size")
    return frame.astype({"zones": "int64"})


def with_bounds(projection: Projection, test: Backtest, *, coverage: float = 0.8) -> Projection:
    """Return a projection with the errors of a backtest, and bounds of each area's total from them.

    Parameters
    ----------
    projection
        Whose totals get bounds.
    test
        Of the same method and areas of the same kind.
    coverage
        Share of the areas of the backtest that lay within such bounds.

    Returns
    -------
    Projection
        ``low`` and ``high`` are missing where the area is, or hides a cell at the
        base; both are None where fewer than 10 areas were tested. As it was where none was.

    Notes
    -----
    The bounds are quantiles of ``log(actual / projected)`` among the areas of
    the same class of size (of all, where the class has fewer than 20), times
    the number of steps: errors of past projections grew about in proportion
    to the horizon (Smith, Tayman and Swanson 2013, chapter 13). They say how far the
    method went wrong once, not how likely a future is.
    """
    settings = {
        **projection.settings,
        "backtest_years": list(test.years),
        "coverage": coverage,
    }
    if test.errors.empty:
        return projection
    if len(test.errors) < _LEAST:
        return replace(projection, backtest=test.frame, settings=settings)
    base = _totals(at_year(projection.population, projection.base)).fillna(0.0)
    classes = size_classes(base)
    errors = -np.log1p(test.errors["error"])
    tested = size_classes(test.errors["launch"])
    tails = [(1 - coverage) / 2, (1 + coverage) / 2]
    quantiles = {
        name: errors[tested == name if (tested == name).sum() >= _LEAST_OF_CLASS else slice(None)]
        .quantile(tails)
        .to_numpy()
        for name in set(classes)
    }
    at = np.array([quantiles[name] for name in classes])
    span = (test.years[2] - test.years[1]) / projection.step
    totals = projection.population.T.groupby(level=0, sort=False).sum(min_count=1).T
    steps = np.arange(len(projection.years))[None, :] / span
    low, high = (totals * np.exp(at[:, [side]] * steps) for side in (0, 1))
    # A method that was always too low has both quantiles on one side: the projection stays inside.
    return replace(
        projection,
        low=low.where(low < totals, totals),
        high=high.where(high > totals, totals),
        backtest=test.frame,
        settings=settings,
    )
