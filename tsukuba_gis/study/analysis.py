"""What is computed from the indicators of one level: autocorrelation, clusters, regions."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import nan
from typing import TYPE_CHECKING, Any, Final

from tsukuba_gis.indicators import COUNTS
from tsukuba_gis.result import Association, LocalAssociation

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from tsukuba_gis.autocorrelation.catalogue import Takes
    from tsukuba_gis.neighbours import GraphLike
    from tsukuba_gis.result import LocalMoran, Moran, Regions
    from tsukuba_gis.study.description import RegionRule, Study
    from tsukuba_gis.zones import Zones

# A global statistic is one test, so its p needs no finer grain; and local Geary's draws are dear.
_GLOBAL_PERMUTATIONS: Final = 9_999


def analyse(
    study: Study,
    every: pd.DataFrame,
    graph: GraphLike,
    names: tuple[str, ...],
    *,
    zones: Zones,
    people: pd.DataFrame,
    shares: Mapping[str, pd.DataFrame],
) -> dict[str, Any]:
    """Return the parts of a :class:`tsukuba_gis.result.Level` that follow from its numbers.

    ``every`` holds the indicators that are shown, ``names``, and those that
    only other parts of the study need; ``people`` persons by sex and age; ``shares`` who
    counts and out of how many, by the name of a share (:func:`share_counts`).
    """
    from tsukuba_gis.study.relations import correlations_of

    values = every[list(names)]
    morans, lisas = clusters(study, values, graph, shares)
    associations, local = further(study, every, graph, names=names, shares=shares)
    return {
        "moran": morans,
        "lisa": lisas,
        "associations": associations,
        "local": local,
        "correlations": correlations_of(study, every, graph, zones=zones),
        "regions": regions_of(
            study.regions, every, graph, seed=study.seed, zones=zones, persons=people.sum(axis=1)
        ),
    }


def needed(study: Study) -> tuple[str, ...]:
    """Return the indicators that parts of the study need, shown or not."""
    names = [*study.age_curves, *(name for group in study.together for name in group)]
    if study.regions is not None:
        names += study.regions.indicators
    names += (rule.indicator for rule in study.rates)
    for relation in study.correlations:
        names += (*relation.indicators, *relation.given)
    for regression in study.regressions:
        names += (regression.outcome, *regression.explanatory)
    return tuple(dict.fromkeys(names))


def clusters(
    study: Study, values: pd.DataFrame, graph: GraphLike, shares: Mapping[str, pd.DataFrame]
) -> tuple[dict[str, Moran], dict[str, LocalMoran]]:
    """Test every rate for clusters, over all zones and zone by zone."""
    from tsukuba_gis.autocorrelation import chance_share, local_moran, moran

    few = min(study.permutations, _GLOBAL_PERMUTATIONS)
    local: dict[str, Any] = {
        "permutations": study.permutations,
        "alpha": study.alpha,
        "fdr": study.fdr,
        "seed": study.seed,
        "alternative": study.alternative,
    }
    rates = [name for name in values.columns if name not in COUNTS]
    chance = {
        name: chance_share(*(shares[name][column] for column in shares[name]))
        for name in rates
        if name in shares
    }
    morans, lisas = {}, {}
    # Those with as many zones follow one another: draws are kept for the next.
    zones = values.notna().sum()
    for name in sorted(rates, key=lambda name: float(zones[name])):
        told = chance.get(name, nan)
        one = moran(
            values[name], graph, permutations=few, seed=study.seed, alternative=study.alternative
        )
        morans[name] = replace(one, chance=told)
        lisas[name] = replace(local_moran(values[name], graph, **local), chance=told)
    return {name: morans[name] for name in rates}, {name: lisas[name] for name in rates}


def further(
    study: Study,
    every: pd.DataFrame,
    graph: GraphLike,
    *,
    names: tuple[str, ...],
    shares: Mapping[str, pd.DataFrame],
) -> tuple[tuple[Association, ...], tuple[LocalAssociation, ...]]:
    """Compute the statistics that the study asks for beside Moran's I."""
    from tsukuba_gis.autocorrelation import TAKES, global_statistic, local_statistic

    few = min(study.permutations, _GLOBAL_PERMUTATIONS)
    rates = [name for name in names if name not in COUNTS]
    data: dict[Takes, list[pd.DataFrame]] = {
        "one": [every[[name]] for name in rates],
        "two": [every[list(pair)] for group in study.together for pair in combinations(group, 2)],
        "several": [every[list(group)] for group in study.together],
        "rate": [shares[name] for name in rates if name in shares],
    }
    drawn: dict[str, Any] = {"seed": study.seed, "alternative": study.alternative}
    associations = [
        global_statistic(name, columns, graph, permutations=few, **drawn)
        for name in study.statistics
        for columns in data[TAKES[name]]
    ]
    local = [
        local_statistic(
            name,
            columns,
            graph,
            permutations=few if "geary" in name else study.permutations,
            alpha=study.alpha,
            fdr=study.fdr,
            **drawn,
        )
        for name in study.local_statistics
        for columns in data[TAKES[name]]
    ]
    return (
        tuple(one for one in associations if isinstance(one, Association)),
        tuple(one for one in local if isinstance(one, LocalAssociation)),
    )


def regions_of(
    rule: RegionRule | None,
    values: pd.DataFrame,
    graph: GraphLike,
    *,
    seed: int,
    zones: Zones,
    persons: pd.Series[float],
) -> Regions | None:
    """Put the zones of one level together into regions, where the study asks for it."""
    from tsukuba_gis.regions import Floor, regionalise

    if rule is None or (rule.zones is not None and rule.zones != zones.kind):
        return None
    floor = None if rule.floor is None else Floor(least=rule.floor, of=persons.fillna(0.0))
    return regionalise(values[list(rule.indicators)], graph, k=rule.k, floor=floor, seed=seed)
