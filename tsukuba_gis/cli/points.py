"""``tsukuba-gis points``: where points lie densely, and whether more than by chance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tsukuba_gis.cli.console import lang_option
from tsukuba_gis.cli.layers import numbers_of, records_option, terms_of, write_table, zones_with
from tsukuba_gis.errors import InputError
from tsukuba_gis.messages import Language

if TYPE_CHECKING:
    import geopandas as gpd

    from tsukuba_gis.point_patterns.words import Found
    from tsukuba_gis.zones import Zones

_points_argument = click.argument("points_file", metavar="POINTS", type=click.Path(path_type=Path))
_layer_option = click.option("--layer", default=None, help="Layer or sheet of the points.")
_crs_option = click.option("--crs", default=None, help="CRS of the points, where they do not say.")
_zones_option = click.option("--zones", "zones_file", required=True,
                             type=click.Path(path_type=Path),
                             help="Polygons: the ground where points could lie.")  # fmt: skip
_population_option = click.option(
    "--population", type=click.Path(path_type=Path), default=None,
    help="Points of people: chance then draws from them, not evenly from the ground.",
)  # fmt: skip
_seed_option = click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
                            help="Seed of the simulations.")  # fmt: skip
_out_option = click.option("--out", type=click.Path(path_type=Path), default=None,
                           help="Layer to write: .gpkg, .geojson or .csv.")  # fmt: skip


@click.group()
def points() -> None:
    """施設や出来事の分布を調べる / Patterns of facilities and events.

    Example: tsukuba-gis points nearest clinics.csv --zones districts.gpkg
    """


@points.command()
@_points_argument
@click.option("--method", type=click.Choice(["dbscan", "hdbscan"]), default="dbscan",
              show_default=True)  # fmt: skip
@click.option("--distance", type=click.FloatRange(0, min_open=True), default=None,
              help="Metres (DBSCAN).")  # fmt: skip
@click.option("--least", type=click.IntRange(1), default=10, show_default=True,
              help="Points that make a place dense, or a cluster (HDBSCAN).")  # fmt: skip
@_layer_option
@_crs_option
@_out_option
@records_option
@lang_option
def dense(
    points_file: Path,
    layer: str | None,
    crs: str | None,
    out: Path | None,
    lang: Language,
    **options: Any,
) -> None:
    """Put points together where they lie densely (DBSCAN, HDBSCAN).

    Example: tsukuba-gis points dense clinics.csv --distance 500 --records published --out c.gpkg
    """
    from tsukuba_gis.io import read_places
    from tsukuba_gis.point_patterns import dense_clusters
    from tsukuba_gis.publishing import check_points

    places = read_places(points_file, layer=layer, crs=crs)
    found = dense_clusters(places.geometry, **options)
    if out is not None:
        terms = terms_of(points_file)
        check_points(len(places), terms=terms, each=True)
        write_table(places.assign(cluster=found.labels), out, terms=terms, counts=[])
    _tell(found, lang)


@points.command()
@_points_argument
@_zones_option
@_population_option
@_layer_option
@_crs_option
@click.option("--simulations", type=click.IntRange(19), default=999, show_default=True)
@_seed_option
@records_option
@lang_option
def nearest(
    points_file: Path,
    zones_file: Path,
    population: Path | None,
    layer: str | None,
    crs: str | None,
    lang: Language,
    **options: Any,
) -> None:
    """Tell whether points lie nearer to each other than by chance (Clark and Evans).

    Example: tsukuba-gis points nearest clinics.csv --zones districts.gpkg
    """
    from tsukuba_gis.point_patterns import nearest_neighbour

    places, zones = _places(points_file, zones_file, layer, crs)
    people = None if population is None else _places(population, zones_file, None, None)[0]
    _tell(nearest_neighbour(places, zones, population=people, **options), lang)


@points.command()
@_points_argument
@_zones_option
@_population_option
@click.option("--correction", type=click.Choice(["border", "none"]), default="border",
              show_default=True)  # fmt: skip
@_layer_option
@_crs_option
@click.option("--simulations", type=click.IntRange(19), default=199, show_default=True)
@_seed_option
@click.option("--out", type=click.Path(path_type=Path), default=None,
              help="Write K, L and the envelope by distance: .csv.")  # fmt: skip
@records_option
@lang_option
def ripley(
    points_file: Path,
    zones_file: Path,
    population: Path | None,
    layer: str | None,
    crs: str | None,
    out: Path | None,
    lang: Language,
    **options: Any,
) -> None:
    """Tell at which distances points cluster or keep apart (Ripley's K and L).

    Example: tsukuba-gis points ripley clinics.csv --zones city.gpkg --records published --out k.csv
    """
    from tsukuba_gis.point_patterns import ripley as compute
    from tsukuba_gis.publishing import check_points

    if out is not None and out.suffix != ".csv":
        raise InputError("out_suffix", path=out.name, known=".csv")
    places, zones = _places(points_file, zones_file, layer, crs)
    people = None if population is None else _places(population, zones_file, None, None)[0]
    found = compute(places, zones, population=people, **options)
    if out is not None:
        terms = terms_of(points_file, *([] if population is None else [population]))
        check_points(found.n, terms=terms)
        write_table(found.frame, out, terms=terms, counts=[])
    _tell(found, lang)


@points.command()
@_points_argument
@_zones_option
@click.option("--bandwidth", type=click.FloatRange(0, min_open=True), default=500.0,
              show_default=True, help="Metres.")  # fmt: skip
@click.option("--cell", type=click.FloatRange(0, min_open=True), default=None,
              help="Side of a cell, metres (default: a fifth of the bandwidth).")  # fmt: skip
@click.option("--kernel", type=click.Choice(["gaussian", "quartic"]), default="gaussian",
              show_default=True)  # fmt: skip
@_layer_option
@_crs_option
@_out_option
@records_option
@lang_option
def density(
    points_file: Path,
    zones_file: Path,
    layer: str | None,
    crs: str | None,
    out: Path | None,
    lang: Language,
    **options: Any,
) -> None:
    """Compute how many points there are per km² around each place (kernel density).

    Example: tsukuba-gis points density sites.csv --zones city.gpkg --records published --out d.gpkg
    """
    from tsukuba_gis.point_patterns import density as compute
    from tsukuba_gis.publishing import check_points

    places, zones = _places(points_file, zones_file, layer, crs)
    found = compute(places, zones, **options)
    if out is not None:
        terms = terms_of(points_file)
        check_points(found.n, terms=terms)
        least = terms.min_count if terms.guarded else 0
        write_table(found.squares(least=least), out, terms=terms, counts=[])
    _tell(found, lang)


@points.command()
@click.argument("zones_file", metavar="ZONES", type=click.Path(path_type=Path))
@click.option("--cases", required=True, help="Column of cases, whole numbers.")
@click.option("--population", required=True, help="Column of persons at risk, or expected cases.")
@click.option("--layer", default=None, help="Layer of a GeoPackage.")
@click.option("--model", type=click.Choice(["poisson", "bernoulli"]), default="poisson",
              show_default=True)  # fmt: skip
@click.option("--direction", type=click.Choice(["high", "low", "both"]), default="high",
              show_default=True)  # fmt: skip
@click.option("--max-share", type=click.FloatRange(0, 0.5, min_open=True), default=0.5,
              show_default=True, help="Most of the population that a circle may hold.")  # fmt: skip
@click.option("--simulations", type=click.IntRange(19), default=999, show_default=True)
@_seed_option
@_out_option
@records_option
@lang_option
def scan(
    zones_file: Path,
    cases: str,
    population: str,
    layer: str | None,
    out: Path | None,
    lang: Language,
    **options: Any,
) -> None:
    """Find the circles in which cases are most unexpectedly many (Kulldorff's scan).

    Example: tsukuba-gis points scan wards.gpkg --cases falls --population persons --out scan.gpkg
    """
    from tsukuba_gis.point_patterns import scan as compute

    zones = zones_with(zones_file, layer, [cases, population])
    names = list(dict.fromkeys([cases, population]))
    table = numbers_of(zones, names, zones_file, counts=names)
    table = table[[cases, population]].set_axis(["cases", "population"], axis=1)
    found = compute(table, zones.frame.geometry, **options)
    if out is not None:
        frame = zones.frame[["name", "geometry"]].join(table).assign(cluster=found.labels)
        write_table(frame, out, terms=terms_of(zones_file), counts=list(table.columns))
    _tell(found, lang)


def _places(
    points_file: Path, zones_file: Path, layer: str | None, crs: str | None
) -> tuple[gpd.GeoSeries, Zones]:
    """Read points and polygons, in the CRS of the polygons."""
    from tsukuba_gis.io import read_places, read_zones

    zones = read_zones(zones_file)
    places = read_places(points_file, layer=layer, crs=crs).geometry
    return places.to_crs(str(zones.frame.crs)), zones


def _tell(found: Found, lang: Language) -> None:
    """Print what a result means, and what to bear in mind."""
    from tsukuba_gis.point_patterns import cautions, say

    for line in (say(found, lang), *cautions(found, lang)):
        click.echo(line)
