"""Layers that commands take and write: zones with their columns in, one layer out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from tsukuba_gis.zones import Zones

zones_argument = click.argument("zones_file", metavar="ZONES", type=click.Path(path_type=Path))
layer_option = click.option("--layer", default=None, help="Layer of a GeoPackage.")
weights_option = click.option(
    "--weights",
    default="queen",
    show_default=True,
    help="Neighbours: queen, rook, knn:6 (the six nearest), band:2000 (within metres), "
    "or a .gal or .gwt file.",
)
seed_option = click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
                            help="Seed of the permutations.")  # fmt: skip


def zones_with(path: Path, layer: str | None, columns: list[str]) -> Zones:
    """Read zones that have the columns."""
    from tsukuba_gis.io import read_zones

    zones = read_zones(path, layer=layer)
    held = [str(name) for name in zones.frame.columns if name not in ("geometry", "name")]
    for column in columns:
        if column not in held:
            raise InputError(
                "zones_no_column", path=path.name, column=column, known=", ".join(held)
            )
    return zones


def numbers_of(zones: Zones, columns: list[str], path: Path) -> pd.DataFrame:
    """Return columns as numbers, or say which is none."""
    import pandas as pd

    for column in columns:
        if not pd.api.types.is_numeric_dtype(zones.frame[column]):
            raise InputError("zones_not_numbers", path=path.name, column=column)
    return zones.frame[columns].astype(float)


def write_layer(frame: gpd.GeoDataFrame, out: Path) -> None:
    """Write a layer as CSV, GeoPackage or GeoJSON, whole or not at all."""
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
