"""What a result of this room means, and does not mean, in one or two sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tsukuba_gis.messages import text
from tsukuba_gis.point_patterns.dense import PointClusters
from tsukuba_gis.point_patterns.density import Density
from tsukuba_gis.point_patterns.scan import Scan
from tsukuba_gis.point_patterns.spacing import NearestNeighbour, Ripley

if TYPE_CHECKING:
    from tsukuba_gis.messages import Language

# Fewer points than this say little.
FEW_POINTS: Final = 30

Found = PointClusters | Density | NearestNeighbour | Ripley | Scan


def say(result: Found, lang: Language = "ja") -> str:
    """Return what a result means and does not mean.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from tsukuba_gis.point_patterns import dense_clusters
    >>> points = gpd.GeoSeries.from_xy([0, 30, 60, 5000], [0, 0, 0, 0], crs="EPSG:6677")
    >>> print(say(dense_clusters(points, distance=50, least=2), "en"))
    4 points: 1 clusters, 1 points in none (DBSCAN: at least 2 points within 50 m). ...
    """
    if isinstance(result, PointClusters):
        return _clusters(result, lang)
    if isinstance(result, Density):
        return text(
            "pattern_say_density", lang, n=result.n, bandwidth=f"{result.bandwidth:g}",
            cell=f"{result.cell:g}", kernel=result.kernel,
        )  # fmt: skip
    if isinstance(result, NearestNeighbour):
        return _nearest(result, lang)
    if isinstance(result, Ripley):
        return _ripley(result, lang)
    return _scan(result, lang)


def cautions(result: Found, lang: Language = "ja") -> tuple[str, ...]:
    """Return what to bear in mind: fewer than 30 points, or cases of a scan.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from tsukuba_gis.point_patterns import dense_clusters
    >>> points = gpd.GeoSeries.from_xy([0, 30, 60, 5000], [0, 0, 0, 0], crs="EPSG:6677")
    >>> for line in cautions(dense_clusters(points, distance=50, least=2), "en"):
    ...     print(line)
    Only 4 points: with fewer than 30, a pattern is easily missed, and single points weigh heavily.
    """
    kind, n = ("cases", result.cases) if isinstance(result, Scan) else ("points", result.n)
    if n >= FEW_POINTS:
        return ()
    return (text(f"pattern_few_{kind}", lang, n=n, few=FEW_POINTS),)


def _clusters(result: PointClusters, lang: Language) -> str:
    rule = text(
        f"pattern_rule_{result.method}", lang, least=result.least,
        distance="" if result.distance is None else f"{result.distance:g}",
    )  # fmt: skip
    return text(
        "pattern_say_clusters", lang, n=result.n, k=result.k, noise=result.n_noise, rule=rule
    )


def _nearest(result: NearestNeighbour, lang: Language) -> str:
    return text(
        "pattern_say_nearest", lang, n=result.n, mean=f"{result.mean_distance:.0f}",
        ratio=f"{result.simulated_ratio:.2f}", p=f"{result.p:.3g}",
        null=text(f"pattern_null_{result.null}", lang), simulations=result.simulations,
        seed=str(result.seed),
    )  # fmt: skip


def _ripley(result: Ripley, lang: Language) -> str:
    side = "pattern_clustered" if result.clustered else "pattern_spaced"
    return text(
        "pattern_say_ripley", lang, n=result.n, distance=f"{result.most_at:.0f}",
        side=text(side, lang), p=f"{result.p:.3g}", null=text(f"pattern_null_{result.null}", lang),
        simulations=result.simulations, seed=str(result.seed),
    )  # fmt: skip


def _scan(result: Scan, lang: Language) -> str:
    if result.clusters.empty:
        return text("pattern_say_scan_none", lang, n=result.n, cases=result.cases)
    best = result.clusters.iloc[0]
    return text(
        "pattern_say_scan", lang, n=result.n, cases=result.cases, places=int(best["places"]),
        radius=f"{best['radius'] / 1000:.1f}", inside=int(best["cases"]),
        expected=f"{best['expected']:.1f}", p=f"{best['p']:.3g}",
        simulations=result.simulations, seed=str(result.seed),
    )  # fmt: skip
