"""Commands on zones that hold numbers of their own: rates, correlate, regress."""

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
from tsukuba_gis.messages import Language
from tsukuba_gis.result import Chance, CorrelationMethod, RegressionModel

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.zones import Zones

_out_option = click.option(
    "--out", type=click.Path(path_type=Path), default=None,
    help="Write the zones with the result: .gpkg, .geojson or .csv.",
)  # fmt: skip
_alpha_option = click.option(
    "--alpha", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.05,
    show_default=True, help="1 − the coverage of intervals.",
)  # fmt: skip


@click.command()
@zones_argument
@click.option("--events", required=True, help="Column of the events, or of the persons that count.")
@click.option("--population", required=True, help="Column of the persons at risk.")
@click.option("--method", type=click.Choice(["crude", "indirect", "eb_global", "eb_local"]),
              default="crude", show_default=True)  # fmt: skip
@click.option("--chance", type=click.Choice(get_args(Chance)), default="binomial",
              show_default=True, help="poisson: one person may have several events.")  # fmt: skip
@click.option("--centring", type=click.Choice(["spdep", "geoda"]), default="spdep",
              show_default=True, help="Of eb_local: whose local mean is taken.")  # fmt: skip
@layer_option
@weights_option
@_alpha_option
@_out_option
@records_option
@lang_option
def rates(zones_file: Path, events: str, population: str, method: str, layer: str | None,
          out: Path | None, lang: Language, **options: Any) -> None:  # fmt: skip
    """Compute rates with intervals and funnel limits, or shrink them by empirical Bayes.

    Rates standardised by age need persons by age: ask for them in a study file.

    Example: tsukuba-gis rates wards.gpkg --events certified --population aged_65 --method eb_local
    """
    from tsukuba_gis import rates as room
    from tsukuba_gis import reading
    from tsukuba_gis.publishing import publishable_part
    from tsukuba_gis.weights import weights_of

    pair = list(dict.fromkeys([events, population]))
    zones, data = _numbers(zones_file, layer, pair, counts=pair)
    given: dict[str, Any] = {"indicator": events, "chance": options["chance"]}
    counts = data[events], data[population]
    if method == "eb_local":
        graph = weights_of(zones, spelt=options["weights"])
        rate = room.eb_local(*counts, graph, centring=options["centring"], **given)
    elif method == "eb_global":
        rate = room.eb_global(*counts, **given)
    else:
        compute = room.crude if method == "crude" else room.indirect
        rate = compute(*counts, alpha=options["alpha"], **given)
    _tell(reading.rate_words(rate, label=events, lang=lang))
    if out is not None:
        terms = terms_of(zones_file)
        table = zones.frame[["name", "geometry"]].join(publishable_part(rate, terms=terms).frame)
        write_table(table, out, terms=terms, counts=["observed", "population"])


@click.command()
@zones_argument
@click.option("--columns", required=True, help="Columns, with commas; of more than two, each pair.")
@click.option("--method", type=click.Choice(get_args(CorrelationMethod)), default="pearson",
              show_default=True)  # fmt: skip
@click.option("--given", default="", help="Columns held constant, for partial, with commas.")
@click.option("--adjustment", default="dutilleul", show_default=True,
              type=click.Choice(["none", "dutilleul", "clifford_richardson", "permutation"]),
              help="How p allows for neighbours being alike.")  # fmt: skip
@click.option("--correction", type=click.Choice(["holm", "fdr"]), default="holm", show_default=True,
              help="Of p for testing several pairs.")  # fmt: skip
@layer_option
@weights_option
@_alpha_option
@seed_option
@records_option
@lang_option
def correlate(
    zones_file: Path, columns: str, given: str, layer: str | None, weights: str,
    lang: Language, **options: Any,
) -> None:  # fmt: skip
    """Tell which numbers go together over the zones, and how sure that is.

    Example: tsukuba-gis correlate wards.gpkg --columns share_75plus,share_severe_care
    """
    from tsukuba_gis import reading
    from tsukuba_gis.correlation import correlate_pairs
    from tsukuba_gis.weights import weights_of

    names, held = _split(columns), _split(given)
    zones, data = _numbers(zones_file, layer, [*names, *held])
    needs_graph = options["adjustment"] == "permutation"
    found = correlate_pairs(
        data[names],
        given=data[held] if held else None,
        points=zones.places,
        graph=weights_of(zones, spelt=weights) if needs_graph else None,
        **options,
    )
    for one in found:
        _tell(reading.correlation_words(one, labels={}, lang=lang))


@click.command()
@zones_argument
@click.option("--outcome", required=True, help="Column that is explained.")
@click.option("--explanatory", required=True, help="Columns that explain it, with commas.")
@click.option("--model", type=click.Choice(get_args(RegressionModel)), default="ols",
              show_default=True)  # fmt: skip
@click.option("--offset", default=None, help="Column of the persons at risk, for events.")
@click.option("--errors", type=click.Choice(["hc3", "classical"]), default="hc3", show_default=True)
@layer_option
@weights_option
@_alpha_option
@seed_option
@_out_option
@records_option
@lang_option
def regress(
    zones_file: Path, explanatory: str, layer: str | None, weights: str, out: Path | None,
    lang: Language, **options: Any,
) -> None:  # fmt: skip
    """Explain one number of the zones by others (needs the extra "regression").

    Example: tsukuba-gis regress wards.gpkg --outcome share_severe_care --explanatory share_75plus
    """
    from tsukuba_gis import reading
    from tsukuba_gis.publishing import counts_in
    from tsukuba_gis.regression import regress as fit
    from tsukuba_gis.weights import weights_of

    names = _split(explanatory)
    used = [options["outcome"], *names, *([options["offset"]] if options["offset"] else [])]
    zones, data = _numbers(zones_file, layer, list(dict.fromkeys(used)))
    graph = weights_of(zones, spelt=weights)
    found = fit(data, explanatory=names, graph=graph, points=zones.places, **options)
    _tell(reading.regression_words(found, labels={}, lang=lang))
    if out is not None:
        table = zones.frame[["name", "geometry"]].join(found.frame)
        counts = counts_in(found.frame[["observed"]])
        write_table(table, out, terms=terms_of(zones_file), counts=counts)


def _numbers(
    path: Path, layer: str | None, columns: list[str], *, counts: list[str] | None = None
) -> tuple[Zones, pd.DataFrame]:
    zones = zones_with(path, layer, columns)
    return zones, numbers_of(zones, columns, path, counts=counts)


def _split(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _tell(lines: tuple[str, ...]) -> None:
    for line in lines:
        click.echo(line)
