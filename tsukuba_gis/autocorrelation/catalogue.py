"""Statistics by name: what each takes, and how it is called. For study files and command lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from tsukuba_gis.autocorrelation.geary import geary, local_geary
from tsukuba_gis.autocorrelation.getis_ord import getis_ord_g, local_g
from tsukuba_gis.autocorrelation.join_counts import join_counts, local_join_counts, quantile_lisa
from tsukuba_gis.autocorrelation.lee import lee
from tsukuba_gis.autocorrelation.local_moran import local_bivariate_moran, local_moran
from tsukuba_gis.autocorrelation.losh import losh
from tsukuba_gis.autocorrelation.moran import bivariate_moran, correlogram, moran
from tsukuba_gis.autocorrelation.rates import eb_moran, local_eb_moran

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.autocorrelation.permutation import Alternative
    from tsukuba_gis.neighbours import GraphLike
    from tsukuba_gis.result import (
        Association,
        GlobalStatistic,
        LocalAssociation,
        LocalMoran,
        LocalStatistic,
        Moran,
    )

# One indicator; two; two or more; events and population; a column of classes; one of marks.
Takes = Literal["one", "two", "several", "rate", "classes", "marks"]

TAKES: Final[dict[GlobalStatistic | LocalStatistic, Takes]] = {
    "moran": "one",
    "geary": "one",
    "getis_ord_g": "one",
    "correlogram": "one",
    "eb_moran": "rate",
    "bivariate_moran": "two",
    "lee": "two",
    "join_counts": "classes",
    "local_moran": "one",
    "local_geary": "one",
    "local_g": "one",
    "local_g_star": "one",
    "quantile_lisa": "one",
    "losh": "one",
    "local_eb_moran": "rate",
    "local_bivariate_moran": "two",
    "local_multivariate_geary": "several",
    "local_join_counts": "marks",
}


def global_statistic(
    name: GlobalStatistic,
    data: pd.DataFrame,
    graph: GraphLike,
    *,
    permutations: int = 9_999,
    seed: int = 0,
    alternative: Alternative = "two-sided",
) -> Moran | Association:
    """Compute a global statistic by its name.

    Parameters
    ----------
    name
        Name of the function in :mod:`tsukuba_gis.autocorrelation`.
    data
        The columns that it takes, in order: see :data:`TAKES`.
    graph, permutations, seed, alternative
        As in :func:`tsukuba_gis.autocorrelation.moran`.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> row = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    >>> data = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]}, index=list("abcd"))
    >>> round(global_statistic("geary", data, row).value, 10)
    0.3
    """
    whole: dict[GlobalStatistic, Any] = {
        "moran": moran,
        "geary": geary,
        "getis_ord_g": getis_ord_g,
        "correlogram": correlogram,
        "eb_moran": eb_moran,
        "bivariate_moran": bivariate_moran,
        "lee": lee,
        "join_counts": join_counts,
    }
    columns = [data[column] for column in data]
    found: Moran | Association = whole[name](
        *columns, graph, permutations=permutations, seed=seed, alternative=alternative
    )
    return found


def local_statistic(  # noqa: PLR0913 - one parameter a setting
    name: LocalStatistic,
    data: pd.DataFrame,
    graph: GraphLike,
    *,
    permutations: int = 99_999,
    seed: int = 0,
    alpha: float = 0.05,
    fdr: bool = True,
    alternative: Alternative = "two-sided",
) -> LocalMoran | LocalAssociation:
    """Compute a local statistic by its name.

    Parameters
    ----------
    name
        As in :data:`tsukuba_gis.result.LOCAL_CLASSES`.
    data
        The columns that it takes, in order: see :data:`TAKES`.
    graph, permutations, seed, alpha, fdr, alternative
        As in :func:`tsukuba_gis.autocorrelation.local_moran`; an exact statistic draws nothing
        and has a tail of its own, and G and G* have three levels in place of ``alpha``.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> row = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    >>> data = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]}, index=list("abcd"))
    >>> local_statistic("local_g", data, row).statistic
    'local_g'
    """
    level: dict[str, Any] = {"alpha": alpha, "fdr": fdr}
    draws: dict[str, Any] = {
        "permutations": permutations, "seed": seed, "alternative": alternative,
    }  # fmt: skip
    drawn = draws | level
    columns = [data[column] for column in data]
    found: LocalMoran | LocalAssociation
    if name in ("quantile_lisa", "losh", "local_join_counts"):
        exact: dict[str, Any] = {
            "quantile_lisa": quantile_lisa, "losh": losh, "local_join_counts": local_join_counts,
        }  # fmt: skip
        found = exact[name](*columns, graph, **level)
    elif name in ("local_g", "local_g_star"):
        found = local_g(columns[0], graph, star=name == "local_g_star", fdr=fdr, **draws)
    elif name in ("local_geary", "local_multivariate_geary"):
        found = local_geary(data, graph, **drawn)
    else:
        by_name: dict[str, Any] = {
            "local_moran": local_moran,
            "local_eb_moran": local_eb_moran,
            "local_bivariate_moran": local_bivariate_moran,
        }
        found = by_name[name](*columns, graph, **drawn)
    return found
