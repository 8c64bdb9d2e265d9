"""Intervals of counts and shares, and the limits that chance alone keeps to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.result import Chance

    Floats = NDArray[np.float64]

ShareInterval = Literal["wilson", "clopper_pearson"]


def poisson_interval(observed: pd.Series[float], *, alpha: float = 0.05) -> pd.DataFrame:
    """Return the exact interval of the mean of a Poisson count.

    Parameters
    ----------
    observed
        Numbers of events, 0 or more; NaN stays NaN.
    alpha
        1 − the coverage; at most ``alpha``/2 of the chance lies beyond either end.

    Returns
    -------
    pandas.DataFrame
        Columns ``low`` and ``high``, on the index of ``observed``.

    References
    ----------
    Garwood (1936), https://doi.org/10.1093/biomet/28.3-4.437: quantiles of χ²
    with 2·O and 2·O + 2 degrees of freedom, halved.

    Examples
    --------
    >>> import pandas as pd
    >>> poisson_interval(pd.Series([0.0, 10.0])).round(3).to_numpy().tolist()
    [[0.0, 3.689], [4.795, 18.39]]
    """
    from scipy.stats import chi2

    count = observed.to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        low = np.where(count == 0, 0.0, chi2.ppf(alpha / 2, 2 * count) / 2)
        high = np.asarray(chi2.ppf(1 - alpha / 2, 2 * count + 2) / 2)
    return _bounds(low, high, observed.index)


def proportion_interval(
    events: pd.Series[float],
    population: pd.Series[float],
    *,
    alpha: float = 0.05,
    interval: ShareInterval = "wilson",
) -> pd.DataFrame:
    """Return the interval of a share of persons.

    Parameters
    ----------
    events, population
        Persons that count, and all persons; on the same index. Nobody: NaN.
    alpha
        1 − the coverage.
    interval
        ``"wilson"``: the score interval, whose coverage is near 1 − ``alpha`` on average;
        ``"clopper_pearson"``: exact, at least 1 − ``alpha`` always, and wider.

    Returns
    -------
    pandas.DataFrame
        Columns ``low`` and ``high``, 0–1, on the index of ``events``.

    References
    ----------
    Wilson (1927), https://doi.org/10.1080/01621459.1927.10502953. Clopper &
    Pearson (1934), https://doi.org/10.1093/biomet/26.4.404. Values of both:
    Newcombe (1998), https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E.

    Examples
    --------
    >>> import pandas as pd
    >>> proportion_interval(pd.Series([15.0]), pd.Series([148.0])).round(4).to_numpy().tolist()
    [[0.0624, 0.1605]]
    """
    from scipy.stats import beta, norm

    k = events.to_numpy(dtype=float)
    n = population.reindex(events.index).to_numpy(dtype=float)
    n = np.where(n > 0, n, np.nan)
    with np.errstate(invalid="ignore"):
        if interval == "clopper_pearson":
            low = np.where(k == 0, 0.0, beta.ppf(alpha / 2, k, n - k + 1))
            high = np.where(k == n, 1.0, beta.ppf(1 - alpha / 2, k + 1, n - k))
        else:
            z = float(norm.ppf(1 - alpha / 2))
            middle = (k + z * z / 2) / (n + z * z)
            half = z / (n + z * z) * np.sqrt(k * (n - k) / n + z * z / 4)
            # At the ends rounding must not leave a sliver of chance where there is none.
            low = np.where(k == 0, 0.0, middle - half)
            high = np.where(k == n, 1.0, middle + half)
    known = np.isfinite(k) & np.isfinite(n)
    return _bounds(np.where(known, low, np.nan), np.where(known, high, np.nan), events.index)


def funnel_limits(
    size: pd.Series[float], *, target: float, alpha: float = 0.05, chance: Chance = "binomial"
) -> pd.DataFrame:
    """Return the limits within which chance alone would keep a rate of each size.

    A zone outside them differs from ``target`` by more than its few persons
    explain; of many zones, ``alpha`` of those that do not differ are outside too.

    Parameters
    ----------
    size
        Persons (``"binomial"``), or persons or expected events (``"poisson"``), by zone.
    target
        The rate of the city; 1 where ``size`` is expected events.
    alpha
        Share of zones outside by chance; 0.002 is the usual outer limit.
    chance
        Distribution of the events: ``"binomial"`` or ``"poisson"``.

    Returns
    -------
    pandas.DataFrame
        Columns ``funnel_low`` and ``funnel_high``, on the index of ``size``; NaN where the size
        is 0 or missing.

    Raises
    ------
    InputError
        If the target is negative, or over 1 for a binomial rate.

    Notes
    -----
    Exact quantiles, interpolated between the two whole numbers around them, as in
    Spiegelhalter's appendix: with r the smallest number for which P(X ≤ r) > p, the limit is
    (r − (P(X ≤ r) − p) / P(X = r)) / size.

    References
    ----------
    Spiegelhalter (2005), https://doi.org/10.1002/sim.1970

    Examples
    --------
    >>> import pandas as pd
    >>> funnel_limits(pd.Series([50.0, 5000.0]), target=0.2).round(3).to_numpy().tolist()
    [[0.084, 0.307], [0.189, 0.211]]
    """
    from scipy.stats import binom, poisson

    if not target >= 0 or (chance == "binomial" and target > 1):
        raise InputError("rates_target", target=target)
    n = size.to_numpy(dtype=float)
    n = np.where(n > 0, n, np.nan)
    law: Any = binom(n, target) if chance == "binomial" else poisson(n * target)
    limits = []
    with np.errstate(invalid="ignore", divide="ignore"):
        for p in (alpha / 2, 1 - alpha / 2):
            r = law.ppf(p)
            r = np.where(law.cdf(r) > p, r, r + 1)
            limits.append(np.clip(r - (law.cdf(r) - p) / law.pmf(r), 0.0, None) / n)
    low, high = (np.where(target == 0, 0.0 * n, limit) for limit in limits)
    if chance == "binomial":
        high = np.minimum(high, 1.0)
    return _bounds(low, high, size.index).rename(columns="funnel_{}".format)


def poisson_probability(observed: pd.Series[float], expected: pd.Series[float]) -> pd.Series[float]:
    """Return the chance of so many events or fewer, where ``expected`` are expected.

    Small: fewer than expected; near 1: more than expected. A map of it is a
    probability map.

    References
    ----------
    Choynowski (1959), https://doi.org/10.1080/01621459.1959.10501505. Equal to
    ``spdep::probmap``.

    Examples
    --------
    >>> import pandas as pd
    >>> float(poisson_probability(pd.Series([0.0]), pd.Series([1.0])).round(4).iloc[0])
    0.3679
    """
    import pandas as pd
    from scipy.stats import poisson

    chance = poisson.cdf(observed.to_numpy(), expected.reindex(observed.index).to_numpy())
    return pd.Series(chance, index=observed.index, name="poisson_p")


def _bounds(low: Floats, high: Floats, index: pd.Index[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({"low": low, "high": high}, index=index)
