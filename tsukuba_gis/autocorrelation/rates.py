"""Rates of small populations: made comparable before neighbours are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsukuba_gis.autocorrelation.local_moran import associated as local_associated
from tsukuba_gis.autocorrelation.local_moran import local_moran
from tsukuba_gis.autocorrelation.moran import associated, moran, pair

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.autocorrelation.permutation import Alternative
    from tsukuba_gis.neighbours import GraphLike
    from tsukuba_gis.result import Association, LocalAssociation


def rate_index(events: pd.Series[float], population: pd.Series[float]) -> pd.Series[float]:
    """Return rates made comparable across populations: Assunção & Reis's standardisation.

    zᵢ = (rᵢ − b)/√vᵢ with r the rate, b the rate of the city and vᵢ the
    variance that a rate of population nᵢ has under the city's spread and
    chance. Rates of small populations jump by chance; Moran's I of raw rates
    takes that for a pattern, that of zᵢ does not.

    Parameters
    ----------
    events
        Number of events by zone, 0 or more.
    population
        Number of persons by zone. 0 or missing: no data.

    References
    ----------
    Assunção & Reis (1999),
    https://doi.org/10.1002/(SICI)1097-0258(19990830)18:16<2147::AID-SIM179>3.0.CO;2-I.
    Equal to ``spdep::EBImoran.mc`` and ``esda.Moran_Rate``.

    Examples
    --------
    >>> import pandas as pd
    >>> events = pd.Series([1.0, 10.0, 30.0], index=list("abc"))
    >>> rate_index(events, pd.Series([10.0, 100.0, 200.0], index=list("abc"))).round(3).tolist()
    [-0.288, -1.301, 0.69]
    """
    e, n = _known(events, population)
    if not n.count():
        e.name = events.name
        return e
    rate = e / n
    city = e.sum() / n.sum()
    spread = (n * (rate - city) ** 2).sum() / n.sum() - city / n.mean()
    variance = spread + city / n
    variance = variance.where(variance >= 0, city / n)
    index: pd.Series[float] = (rate - city) / variance**0.5
    index.name = events.name
    return index


def eb_moran(
    events: pd.Series[float],
    population: pd.Series[float],
    graph: GraphLike,
    *,
    permutations: int = 9_999,
    seed: int = 0,
    alternative: Alternative = "two-sided",
) -> Association:
    """Return Moran's I of rates, small populations allowed for: that of :func:`rate_index`.

    Parameters
    ----------
    events, population
        As in :func:`rate_index`.
    graph, permutations, seed, alternative
        As in :func:`tsukuba_gis.autocorrelation.moran`.

    References
    ----------
    Assunção & Reis (1999), as in :func:`rate_index`. Equal to ``spdep::EBImoran.mc``.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> row = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    >>> events = pd.Series([1.0, 10.0, 30.0, 50.0], index=list("abcd"), name="care")
    >>> people = pd.Series([10.0, 100.0, 200.0, 300.0], index=list("abcd"), name="people")
    >>> round(eb_moran(events, people, row).value, 3)
    0.171
    """
    found = moran(
        rate_index(events, population), graph, permutations=permutations, seed=seed,
        alternative=alternative,
    )  # fmt: skip
    return associated(found, "eb_moran", (str(events.name), str(population.name)))


def local_eb_moran(  # noqa: PLR0913 - one parameter a setting
    events: pd.Series[float],
    population: pd.Series[float],
    graph: GraphLike,
    *,
    permutations: int = 99_999,
    seed: int = 0,
    alpha: float = 0.05,
    fdr: bool = True,
    alternative: Alternative = "two-sided",
) -> LocalAssociation:
    """Return local Moran's I of rates, small populations allowed for: that of :func:`rate_index`.

    Parameters
    ----------
    events, population
        As in :func:`rate_index`.
    graph, permutations, seed, alpha, fdr, alternative
        As in :func:`tsukuba_gis.autocorrelation.local_moran`, whose classes it has.

    References
    ----------
    Assunção & Reis (1999), as in :func:`rate_index`; the "LISA EB rate" of GeoDa.
    """
    found = local_moran(
        rate_index(events, population), graph,
        permutations=permutations, seed=seed, alpha=alpha, fdr=fdr, alternative=alternative,
    )  # fmt: skip
    return local_associated(found, "local_eb_moran", (str(events.name), str(population.name)))


def chance_share(events: pd.Series[float], population: pd.Series[float]) -> float:
    """Return which share of the differences between rates chance alone would make.

    Events are rare and populations finite, so rates differ even where the
    risk is the same everywhere: by b/n̄ (Poisson variance at the mean
    population), of the population-weighted variance that the rates have.
    Near 1: there is nothing to map but chance; then smooth the rates or use
    :func:`rate_index`.

    Parameters
    ----------
    events, population
        As in :func:`rate_index`.

    Returns
    -------
    float
        0–1; NaN without events, or with fewer than two zones.

    References
    ----------
    Marshall (1991), https://doi.org/10.2307/2347593

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.Series([10.0, 10.0, 10.0, 10.0], index=list("abcd"))
    >>> chance_share(pd.Series([1.0, 2.0, 1.0, 2.0], index=list("abcd")), people)
    1.0
    >>> events = pd.Series([100.0, 900.0, 50.0, 800.0], index=list("abcd"))
    >>> round(chance_share(events, 100 * people), 3)
    0.003
    """
    e, n = _known(events, population)
    if n.count() < 2 or not e.sum() > 0:
        return float("nan")
    city = e.sum() / n.sum()
    found = float((n * (e / n - city) ** 2).sum() / n.sum())
    chance = float(city / n.mean())
    return min(1.0, chance / found) if found > 0 else 1.0


def _known(
    events: pd.Series[float], population: pd.Series[float]
) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return events and population where both are known and there are people."""
    table = pair(events, population).astype(float)
    known = table.abs().lt(float("inf")).all(axis=1) & (table["y"] > 0)
    return table["x"].where(known), table["y"].where(known)
