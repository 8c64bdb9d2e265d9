"""``tsukuba-gis join``: add to a table of points the zone that each lies in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tsukuba_gis.cli.console import lang_option, match_line, rows_bar
from tsukuba_gis.errors import InputError
from tsukuba_gis.messages import Language, text


@click.command()
@click.argument("points", metavar="POINTS", type=click.Path(path_type=Path))
@click.argument("zones", metavar="ZONES", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path),
              help="Table to write: .csv or .parquet.")  # fmt: skip
@click.option("--columns", default=None, metavar="X,Y",
              help="Columns of the places (default: the point column, else lon,lat).")  # fmt: skip
@click.option("--crs", default=None, help="CRS of those columns (default: degrees, EPSG:6668).")
@click.option("--layer", default=None, help="Layer of the zones' GeoPackage.")
@click.option("--nearest", type=click.FloatRange(0), default=0.0,
              help="Metres within which a point outside goes to the nearest zone.")  # fmt: skip
@click.option("--scheduler", default=None, metavar="local|tcp://…",
              help="Join on many workers: Parquet in, a folder of Parquet out.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress.")
@lang_option
def join(  # noqa: PLR0913 - one parameter an option
    points: Path,
    zones: Path,
    out: Path,
    columns: str | None,
    crs: str | None,
    layer: str | None,
    nearest: float,
    scheduler: str | None,
    quiet: bool,
    lang: Language,
) -> None:
    """Add to a table of points the id of the zone that each lies in, exactly.

    The table may be larger than memory; an interrupted join goes on where it stopped.

    Example: tsukuba-gis join people.parquet districts.gpkg --out joined.parquet
    """
    from tsukuba_gis.io import read_zones
    from tsukuba_gis.join import join_file

    pair = _pair(columns)
    found_zones = read_zones(zones, layer=layer)
    if scheduler is not None:
        from tsukuba_gis import scale

        where: dict[str, Any] = {} if pair is None else {"columns": pair}
        if crs is not None:
            where["crs"] = crs
        with scale.workers(None if scheduler == "local" else scheduler):
            found = scale.join_dataset(points, found_zones, out, nearest=nearest or None, **where)
    else:
        with rows_bar(quiet=quiet) as on_rows:
            found = join_file(
                points,
                found_zones,
                out,
                columns=pair,
                crs=crs,
                nearest=nearest or None,
                on_rows=on_rows,
            )
    click.echo(match_line(found, zones.name, lang))
    click.echo(str(out))
    click.echo(text("join_same_rows", lang, out=out.name, points=points.name))


def _pair(columns: str | None) -> tuple[str, str] | None:
    """Read ``X,Y``."""
    if columns is None:
        return None
    x, comma, y = (part.strip() for part in columns.partition(","))
    if not (x and comma and y) or "," in y:
        raise InputError("join_columns", columns=columns)
    return x, y
