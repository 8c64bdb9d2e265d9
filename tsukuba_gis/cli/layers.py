"""Layers that commands take and write: zones with their columns in, one layer out."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tsukuba_gis import __version__
from tsukuba_gis.errors import DisclosureError, InputError
from tsukuba_gis.messages import text

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.publishing import Origin, Terms
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

_RECORDS = "tsukuba_gis.records"


def _keep(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    context.meta[_RECORDS] = value


records_option = click.option(
    "--records",
    type=click.Choice(["reference", "pseudo", "invented", "published"]),
    default=None,
    expose_value=False,
    callback=_keep,
    help="Whose numbers these are: real people's, pseudo or invented data, published statistics. "
    "Default: what the file's notice says; else small numbers are not written.",
)


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


def numbers_of(
    zones: Zones, columns: list[str], path: Path, *, counts: list[str] | None = None
) -> pd.DataFrame:
    """Return columns as numbers, or say which is none.

    Of real people small numbers are missing: in the columns ``counts``; None: in those of whole
    numbers, which may be counts.
    """
    import pandas as pd

    from tsukuba_gis.publishing import counts_in, hide_few

    for column in columns:
        if not pd.api.types.is_numeric_dtype(zones.frame[column]):
            raise InputError("zones_not_numbers", path=path.name, column=column)
    numbers = zones.frame[columns].astype(float)
    terms = terms_of(path)
    if terms.records == "unknown" and not click.get_current_context().params.get("out"):
        return numbers  # nothing is written
    names = counts_in(numbers) if counts is None else counts
    hidden: pd.DataFrame = hide_few(numbers, counts=names, terms=terms)
    return hidden


def terms_of(*paths: Path) -> Terms:
    """Return whose numbers files hold: what the user says, else what their notices say."""
    from tsukuba_gis.publishing import Terms, hidden_below, notices_of, whose
    from tsukuba_gis.report.layer_files import carried_notice

    context = click.get_current_context()
    lang, stated = context.params["lang"], context.meta.get(_RECORDS)
    carried = {path: carried_notice(path) for path in paths}
    told = {path: whose(notice) for path, notice in carried.items()}
    for path in paths:
        if told[path] == "reference" and stated not in (None, "reference"):
            raise DisclosureError("publishing_contradiction", path=path.name, records=stated)
    order: tuple[Origin, ...] = ("reference", "unknown", "pseudo", "invented")
    records = stated or next(kind for kind in order if kind in told.values())
    least = hidden_below(" ".join(carried.values())) or 10
    notices = [one for one in dict.fromkeys(carried.values()) if one]
    if records not in told.values():
        notices += notices_of(records, lang=lang, min_count=least)
    if records in ("unknown", "published"):
        key = "layer_notice" if records == "unknown" else "layer_published"
        notices.append(text(key, lang, files=", ".join(path.name for path in paths)))
    return Terms(records=records, notices=tuple(notices), min_count=least)


def write_table(frame: pd.DataFrame, out: Path, *, terms: Terms, counts: list[str]) -> None:
    """Write a table or layer with the notices of its files, and how it was made."""
    from tsukuba_gis.report.layer_files import write_table as write

    given = click.get_current_context().params
    paths = [
        one
        for value in given.values()
        for one in (value if isinstance(value, tuple) else (value,))
        if isinstance(one, Path) and one != out
    ]
    write(frame, out, terms=terms, counts=counts, provenance=_provenance(paths))
    click.echo(str(out))
    for notice in terms.notices:
        click.echo(notice)


def _provenance(paths: list[Path]) -> dict[str, object]:
    """Return version, command, settings, and the hash of each input."""
    context = click.get_current_context()
    settings = {
        name: _plain(value)
        for name, value in {**context.params, "records": context.meta.get(_RECORDS)}.items()
        if value is not None and name not in ("out", "lang")
    }
    hashes = {path.name: sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()}
    return {
        "tsukuba_gis": __version__,
        "command": context.info_name,
        "settings": settings,
        "inputs": hashes,
    }


def _plain(value: object) -> object:
    """Return a setting without the folders of its files."""
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value.name if isinstance(value, Path) else value
