"""What is computed from the indicators of one level: autocorrelation, clusters, regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tsukuba_gis.indicators import COUNTS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from libpysal.graph import Graph

    from tsukuba_gis.result import Association, LocalAssociation, LocalMoran, Moran, Regions
    from tsukuba_gis.study.description import RegionRule, Study
    from tsukuba_gis.zones import Zones

# A global statistic is one test, so its p needs no finer grain.
_GLOBAL_PERMUTATIONS: Final = 9_999


def analyse(
    study: Study,
    every: pd.DataFrame,
    *,
    names: tuple[str, ...],
    zones: Zones,
    people: pd.DataFrame,
) -> dict[str, Any]:
    """Return the parts of a :class:`tsukuba_gis.result.Level` that follow from its numbers.

    ``every`` holds the indicators that are shown, ``names``, and those that
    only other parts of the study need; ``people`` persons by sex and age.
    """
    from tsukuba_gis.weights import weights_of

    graph = weights_of(zones, spelt=study.weights)
    values = every[list(names)]
    morans, lisas = clusters(study, values, graph)
    associations, local = further(study, values, graph)
    return {
        "moran": morans,
        "lisa": lisas,
        "associations": associations,
        "local": local,
        "regions": regions_of(
            study.regions, every, graph, seed=study.seed, zones=zones, persons=people.sum(axis=1)
        ),
    }


def clusters(
    study: Study, values: pd.DataFrame, graph: Graph
) -> tuple[dict[str, Moran], dict[str, LocalMoran]]:
    """Test every rate for clusters, over all zones and zone by zone."""
    from tsukuba_gis.autocorrelation import local_moran, moran

    few = min(study.permutations, _GLOBAL_PERMUTATIONS)
    local: dict[str, Any] = {
        "permutations": study.permutations,
        "alpha": study.alpha,
        "fdr": study.fdr,
        "seed": study.seed,
    }
    rates = [name for name in values.columns if name not in COUNTS]
    return (
        {name: moran(values[name], graph, permutations=few, seed=study.seed) for name in rates},
        {name: local_moran(values[name], graph, **local) for name in rates},
    )


def further(
    study: Study, values: pd.DataFrame, graph: Graph
) -> tuple[tuple[Association, ...], tuple[LocalAssociation, ...]]:
    """Compute the statistics that the study asks for beside Moran's I, of every rate."""
    from tsukuba_gis.autocorrelation import geary, getis_ord_g, local_g, local_geary

    few = min(study.permutations, _GLOBAL_PERMUTATIONS)
    whole: dict[str, Any] = {"permutations": few, "seed": study.seed}
    zonal: dict[str, Any] = {**whole, "alpha": study.alpha, "fdr": study.fdr}
    everywhere: dict[str, Callable[..., Association]] = {"geary": geary, "getis_ord_g": getis_ord_g}
    places: dict[str, Callable[[pd.Series[float]], LocalAssociation]] = {
        "local_geary": lambda x: local_geary(x, graph, **zonal),
        "local_g": lambda x: local_g(x, graph, star=False, **zonal),
        "local_g_star": lambda x: local_g(x, graph, star=True, **zonal),
    }
    rates = [values[name] for name in values.columns if name not in COUNTS]
    return (
        tuple(everywhere[name](x, graph, **whole) for name in study.statistics for x in rates),
        tuple(places[name](x) for name in study.local_statistics for x in rates),
    )


def regions_of(
    rule: RegionRule | None,
    values: pd.DataFrame,
    graph: Graph,
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
