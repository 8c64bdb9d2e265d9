"""Commands on zones that hold numbers of their own: moran, lisa, regionalise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from tsukuba_gis.cli.console import lang_option
from tsukuba_gis.cli.layers import (
    layer_option,
    numbers_of,
    records_option,
    seed_option,
    terms_of,
    weights_option,
    write_table,
    zones_argument,
    zones_with,
)
from tsukuba_gis.errors import InputError
from tsukuba_gis.messages import Language
from tsukuba_gis.result import LOCAL_CLASSES, GlobalStatistic, LocalStatistic

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.result import Association, LocalAssociation, LocalMoran, Moran
    from tsukuba_gis.zones import Zones

_column_option = click.option(
    "--column", required=True,
    help="Column of the numbers, rates rather than counts; of classes (join_counts), of 0 and 1 "
    "(local_join_counts), of events (eb_moran, local_eb_moran).",
)  # fmt: skip
_with_option = click.option(
    "--with", "others", multiple=True,
    help="Second column of a bivariate statistic; repeated, further ones of several.",
)  # fmt: skip
_population_option = click.option("--population", default=None,
                                  help="Column of persons, for empirical Bayes rates.")  # fmt: skip
_alternative_option = click.option(
    "--alternative", type=click.Choice(["two-sided", "directed"]), default="two-sided",
    show_default=True,
    help="directed: half of it, the tail chosen after seeing the data, as GeoDa and esda do.",
)  # fmt: skip


@click.command()
@zones_argument
@_column_option
@click.option("--statistic", type=click.Choice(get_args(GlobalStatistic)), default="moran",
              show_default=True)  # fmt: skip
@_with_option
@_population_option
@layer_option
@weights_option
@click.option("--permutations", type=click.IntRange(99), default=9_999, show_default=True)
@seed_option
@_alternative_option
@records_option
@lang_option
def moran(
    zones_file: Path,
    statistic: GlobalStatistic,
    layer: str | None,
    weights: str,
    lang: Language,
    permutations: int,
    **columns: Any,
) -> None:
    """Tell whether neighbouring zones have like values (Moran's I and the like, of all zones).

    Example: tsukuba-gis moran districts.gpkg --column share_65plus
    """
    from tsukuba_gis.autocorrelation import global_statistic
    from tsukuba_gis.weights import weights_of

    how = {name: columns.pop(name) for name in ("seed", "alternative")}
    zones, data = _data(zones_file, layer, statistic, **columns)
    result = global_statistic(
        statistic, data, weights_of(zones, spelt=weights), permutations=permutations, **how
    )
    _say(result, lang)
    parts = getattr(result, "frame", None)
    if parts is not None:
        click.echo(parts.to_csv(sep="\t", float_format="%.6g", lineterminator="\n").rstrip())


@click.command()
@zones_argument
@_column_option
@click.option("--statistic", type=click.Choice(list(LOCAL_CLASSES)), default="local_moran",
              show_default=True)  # fmt: skip
@_with_option
@_population_option
@layer_option
@weights_option
@click.option("--permutations", type=click.IntRange(99), default=99_999, show_default=True)
@seed_option
@_alternative_option
@click.option("--alpha", type=click.FloatRange(0, 1), default=0.05, show_default=True,
              help="Level of the classes; G and G* have three of their own.")  # fmt: skip
@click.option("--fdr/--no-fdr", default=True, show_default=True,
              help="Correct for testing many zones (Benjamini–Hochberg).")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), default=None,
              help="Write the zones with their classes: .gpkg, .geojson or .csv.")  # fmt: skip
@records_option
@lang_option
def lisa(  # noqa: PLR0913 - one parameter an option
    zones_file: Path,
    statistic: LocalStatistic,
    column: str,
    others: tuple[str, ...],
    population: str | None,
    layer: str | None,
    weights: str,
    lang: Language,
    out: Path | None,
    **options: Any,
) -> None:
    """Tell where high and where low values cluster (local Moran's I, G* and the like).

    Example: tsukuba-gis lisa districts.gpkg --column share_65plus --out lisa.gpkg
    """
    from tsukuba_gis.autocorrelation import local_statistic
    from tsukuba_gis.weights import weights_of

    own_tail = statistic in ("quantile_lisa", "losh", "local_join_counts")
    directed = options["alternative"] == "directed"
    if directed:
        _fitting(statistic, "--alternative", directed, needed=not own_tail)
    zones, data = _data(
        zones_file, layer, statistic, column=column, others=others, population=population
    )
    result = local_statistic(statistic, data, weights_of(zones, spelt=weights), **options)
    if out is not None:
        own = [name for name in data.columns if name not in result.frame]
        table = zones.frame[["name", *own, "geometry"]].join(result.frame)
        counts = [name for name in _counts(statistic, data) if name in own]
        write_table(table, out, terms=terms_of(zones_file), counts=counts)
    _say(result, lang)


@click.command()
@zones_argument
@click.option("--columns", required=True, help="Columns that make zones alike, with commas.")
@click.option("--k", type=click.IntRange(1), default=None, help="Number of regions.")
@click.option("--floor", type=click.FloatRange(0, min_open=True), default=None,
              help="Least in each region; without --k as many regions as keep it.")  # fmt: skip
@click.option("--of", default=None, help="Column of that amount (default: number of zones).")
@click.option("--method", type=click.Choice(["ward", "skater", "azp"]), default="ward",
              show_default=True, help="skater and azp are spopt's, to compare with.")  # fmt: skip
@layer_option
@weights_option
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
              help="Seed of the search.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), default=None,
              help="Write the zones with their region: .gpkg, .geojson or .csv.")  # fmt: skip
@records_option
@lang_option
def regionalise(  # noqa: PLR0913 - one parameter an option
    zones_file: Path,
    columns: str,
    floor: float | None,
    of: str | None,
    layer: str | None,
    weights: str,
    out: Path | None,
    lang: Language,
    **options: Any,
) -> None:
    """Put neighbouring, similar zones together into regions.

    Example: tsukuba-gis regionalise wards.gpkg --columns share_65plus,density --k 18
    """
    from tsukuba_gis import reading, regions
    from tsukuba_gis.publishing import counts_in
    from tsukuba_gis.weights import weights_of

    if (options["k"] is None and floor is None) or (of is not None and floor is None):
        raise InputError("regionalise_needs")
    names = [name.strip() for name in columns.split(",") if name.strip()]
    zones = zones_with(zones_file, layer, [*names, *([of] if of else [])])
    values = numbers_of(zones, names, zones_file)
    least = None
    if floor is not None:
        least = regions.Floor(
            least=floor, of=numbers_of(zones, [of], zones_file)[of] if of else None
        )
    result = regions.regionalise(values, weights_of(zones, spelt=weights), floor=least, **options)
    if out is not None:
        frame = zones.frame[["name", *names, "geometry"]]
        table = frame.assign(region=result.labels)
        write_table(table, out, terms=terms_of(zones_file), counts=counts_in(values))
    click.echo(reading.regions_sentence(result, {}, lang=lang))
    for line in reading.regions_cautions(result, lang=lang):
        click.echo(line)
    click.echo(reading.regions_method(result, lang=lang))


def _data(
    path: Path,
    layer: str | None,
    statistic: GlobalStatistic | LocalStatistic,
    *,
    column: str,
    others: tuple[str, ...],
    population: str | None,
) -> tuple[Zones, pd.DataFrame]:
    """Read zones and the columns that a statistic takes."""
    from tsukuba_gis.autocorrelation import TAKES

    takes = TAKES[statistic]
    _fitting(statistic, "--with", others, needed=takes in ("two", "several"))
    _fitting(statistic, "--population", population, needed=takes == "rate")
    if takes == "two":
        _fitting(statistic, "--with", others[1:], needed=False)
    names = list(dict.fromkeys([column, *others, *([population] if population else [])]))
    zones = zones_with(path, layer, names)
    if takes == "classes":
        return zones, zones.frame[names].astype("str").where(zones.frame[names].notna())
    counts = _counts(statistic, zones.frame[names])
    data = numbers_of(zones, names, path, counts=counts)
    if takes == "marks" and not data[column].dropna().isin([0, 1]).all():
        raise InputError("zones_not_marks", path=path.name, column=column)
    return zones, data


def _counts(statistic: GlobalStatistic | LocalStatistic, data: pd.DataFrame) -> list[str]:
    """Return the columns that count persons, or may: marks and classes do not."""
    from tsukuba_gis.autocorrelation import TAKES
    from tsukuba_gis.publishing import counts_in

    takes = TAKES[statistic]
    if takes in ("marks", "classes"):
        return []
    return list(map(str, data.columns)) if takes == "rate" else counts_in(data)


def _fitting(statistic: str, option: str, given: object, *, needed: bool) -> None:
    """Refuse an option that a statistic lacks, or that it would leave aside."""
    if needed and not given:
        key = option.removeprefix("--")
        raise InputError(f"statistic_needs_{key}", statistic=statistic)
    if given and not needed:
        raise InputError("statistic_takes_no", statistic=statistic, option=option)


def _say(result: Moran | Association | LocalMoran | LocalAssociation, lang: Language) -> None:
    """Print what a result means, what to bear in mind, and how it was made."""
    from tsukuba_gis import reading

    label = reading.label_of(result, {}, lang=lang)
    click.echo(reading.sentence(result, label=label, lang=lang))
    for line in (*reading.cautions(result, lang=lang), reading.method(result, lang=lang)):
        click.echo(line)
