"""Layers that commands take and write: zones with their columns in, one layer out."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tsukuba_gis import __version__
from tsukuba_gis.errors import InputError
from tsukuba_gis.messages import Language, text

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
    """Write a layer with the notice of the file that it comes from, and how it was made."""
    from tsukuba_gis.report.layer_files import write_layer as write

    given = click.get_current_context().params
    paths = [value for value in given.values() if isinstance(value, Path) and value != out]
    write(frame, out, notice=_notice(paths, given["lang"]), origin=_origin(paths))
    click.echo(str(out))


def _notice(paths: list[Path], lang: Language) -> str:
    """Return the notices that the inputs carry; where none does, that theirs hold here too."""
    from tsukuba_gis.report.layer_files import carried_notice

    carried = list(dict.fromkeys(filter(None, map(carried_notice, paths))))
    names = ", ".join(path.name for path in paths)
    return " / ".join(carried) or text("layer_notice", lang, files=names)


def _origin(paths: list[Path]) -> dict[str, object]:
    """Return version, command, settings, and the hash of each input."""
    context = click.get_current_context()
    settings = {
        name: value.name if isinstance(value, Path) else value
        for name, value in context.params.items()
        if value is not None and name not in ("out", "lang")
    }
    hashes = {path.name: sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()}
    return {
        "tsukuba_gis": __version__,
        "command": context.info_name,
        "settings": settings,
        "inputs": hashes,
    }
