"""Commands on zones that hold numbers of their own: moran, lisa, regionalise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tsukuba_gis.cli.console import lang_option
from tsukuba_gis.errors import InputError
from tsukuba_gis.messages import Language

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from tsukuba_gis.result import Association, LocalAssociation, LocalMoran, Moran
    from tsukuba_gis.zones import Zones

_zones_argument = click.argument("zones_file", metavar="ZONES", type=click.Path(path_type=Path))
_layer_option = click.option("--layer", default=None, help="Layer of a GeoPackage.")
_weights_option = click.option(
    "--weights",
    default="queen",
    show_default=True,
    help="Neighbours: queen, rook, knn:6 (the six nearest), band:2000 (within metres).",
)
_seed_option = click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
                            help="Seed of the permutations.")  # fmt: skip


@click.command()
@_zones_argument
@click.option("--column", required=True, help="Column of the numbers, rates rather than counts.")
@_layer_option
@_weights_option
@click.option("--permutations", type=click.IntRange(99), default=9_999, show_default=True)
@_seed_option
@lang_option
def moran(
    zones_file: Path,
    column: str,
    layer: str | None,
    weights: str,
    permutations: int,
    seed: int,
    lang: Language,
) -> None:
    """Tell whether neighbouring zones have like values (global Moran's I).

    Example: tsukuba-gis moran districts.gpkg --column share_65plus
    """
    from tsukuba_gis.autocorrelation import moran as compute
    from tsukuba_gis.weights import weights_of

    zones, values = _numbers(zones_file, layer, [column])
    graph = weights_of(zones, spelt=weights)
    result = compute(values[column], graph, permutations=permutations, seed=seed)
    _say(result, lang)


@click.command()
@_zones_argument
@click.option("--column", required=True, help="Column of the numbers, rates rather than counts.")
@_layer_option
@_weights_option
@click.option("--permutations", type=click.IntRange(99), default=99_999, show_default=True)
@_seed_option
@click.option("--alpha", type=click.FloatRange(0, 1), default=0.05, show_default=True)
@click.option("--fdr/--no-fdr", default=True, show_default=True,
              help="Correct for testing many zones (Benjamini–Hochberg).")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), default=None,
              help="Write the zones with their classes: .gpkg, .geojson or .csv.")  # fmt: skip
@lang_option
def lisa(zones_file: Path, column: str, layer: str | None, weights: str, lang: Language,
         out: Path | None, **options: Any) -> None:  # fmt: skip
    """Tell where high and where low values cluster (local Moran's I).

    Example: tsukuba-gis lisa districts.gpkg --column share_65plus --out lisa.gpkg
    """
    from tsukuba_gis.autocorrelation import local_moran
    from tsukuba_gis.weights import weights_of

    zones, values = _numbers(zones_file, layer, [column])
    result = local_moran(values[column], weights_of(zones, spelt=weights), **options)
    if out is not None:
        _write(zones.frame[["name", column, "geometry"]].join(result.frame), out)
    _say(result, lang)


@click.command()
@_zones_argument
@click.option("--columns", required=True, help="Columns that make zones alike, with commas.")
@click.option("--k", type=click.IntRange(2), required=True, help="Number of regions.")
@_layer_option
@_weights_option
@_seed_option
@click.option("--out", type=click.Path(path_type=Path), default=None,
              help="Write the zones with their region: .gpkg, .geojson or .csv.")  # fmt: skip
@lang_option
def regionalise(  # noqa: PLR0913 - one parameter an option
    zones_file: Path,
    columns: str,
    k: int,
    layer: str | None,
    weights: str,
    seed: int,
    out: Path | None,
    lang: Language,
) -> None:
    """Put neighbouring, similar zones together into regions.

    Example: tsukuba-gis regionalise wards.gpkg --columns share_65plus,density --k 18
    """
    from tsukuba_gis import reading, regions
    from tsukuba_gis.weights import weights_of

    names = [name.strip() for name in columns.split(",") if name.strip()]
    zones, values = _numbers(zones_file, layer, names)
    result = regions.regionalise(values, weights_of(zones, spelt=weights), k=k, seed=seed)
    if out is not None:
        frame = zones.frame[["name", *names, "geometry"]]
        _write(frame.assign(region=result.labels), out)
    click.echo(reading.regions_sentence(result, {}, lang=lang))
    for line in reading.regions_cautions(result, lang=lang):
        click.echo(line)
    click.echo(reading.regions_method(result, lang=lang))


def _numbers(path: Path, layer: str | None, columns: list[str]) -> tuple[Zones, pd.DataFrame]:
    """Read zones and the columns asked for, as numbers."""
    import pandas as pd

    from tsukuba_gis.io import read_zones

    zones = read_zones(path, layer=layer)
    held = [str(name) for name in zones.frame.columns if name not in ("geometry", "name")]
    for column in columns:
        if column not in held:
            raise InputError(
                "zones_no_column", path=path.name, column=column, known=", ".join(held)
            )
        if not pd.api.types.is_numeric_dtype(zones.frame[column]):
            raise InputError("zones_not_numbers", path=path.name, column=column)
    return zones, zones.frame[columns].astype(float)


def _say(result: Moran | Association | LocalMoran | LocalAssociation, lang: Language) -> None:
    """Print what a result means, what to bear in mind, and how it was made."""
    from tsukuba_gis import reading

    label = reading.label_of(result, {}, lang=lang)
    click.echo(reading.sentence(result, label=label, lang=lang))
    for line in (*reading.cautions(result, lang=lang), reading.method(result, lang=lang)):
        click.echo(line)


def _write(frame: gpd.GeoDataFrame, out: Path) -> None:
    """Write zones as CSV, GeoPackage or GeoJSON, whole or not at all."""
    from tsukuba_gis.report import whole_file

    if out.suffix not in (".csv", ".gpkg", ".geojson"):
        raise InputError("out_suffix", path=out.name, known=".gpkg, .geojson, .csv")
    with whole_file(out) as path:
        if out.suffix == ".csv":
            frame.drop(columns="geometry").to_csv(path, encoding="utf-8-sig")
        elif out.suffix == ".gpkg":
            frame.to_file(path, layer=out.stem)
        else:
            frame.to_crs("EPSG:4326").to_file(path)
    click.echo(str(out))
