"""Commands on tables of people without records: project, flows, shift-share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tsukuba_gis.cli.console import lang_option
from tsukuba_gis.cli.layers import records_option, terms_of, write_table
from tsukuba_gis.messages import Language, text

if TYPE_CHECKING:
    from tsukuba_gis.errors import Problem

_file = click.Path(path_type=Path)
_out_option = click.option("--out", type=_file, default=None, help="CSV file to write.")


@click.command()
@click.argument("tables", type=_file, nargs=-1, required=True, metavar="[EARLIER] LATER")
@click.option("--method", type=click.Choice(["hamilton_perry", "cohort_component"]),
              default="hamilton_perry", show_default=True)  # fmt: skip
@click.option("--until", type=int, required=True, help="Last year.")
@click.option("--from-year", type=int, default=None,
              help="Year of EARLIER, where the file has several or none.")  # fmt: skip
@click.option("--base-year", type=int, default=None,
              help="Year of LATER, where the file has several or none.")  # fmt: skip
@click.option("--control", type=_file, default=None,
              help="CSV of city totals: year, sex, age_start, age_end, persons.")  # fmt: skip
@click.option("--concordance", "pairs", type=_file, default=None,
              help="CSV: area (in EARLIER), later (in LATER).")  # fmt: skip
@click.option("--shrinkage", type=click.Choice(["eb", "parent", "potential", "none"]), default="eb",
              show_default=True, help="How ratios of few persons are steadied.")  # fmt: skip
@click.option("--cap", type=click.FloatRange(1), default=3.0, show_default=True,
              help="Largest ratio, as a multiple of the city's.")  # fmt: skip
@click.option("--places", type=_file, default=None,
              help="CSV: place (an area), lon, lat; for --shrinkage potential.")  # fmt: skip
@click.option("--reach", type=click.FloatRange(1), default=1000.0, show_default=True,
              help="Metres within which persons count fully; likewise.")  # fmt: skip
@click.option("--survival", type=_file, default=None,
              help="CSV: sex, age_start, value; for cohort_component.")  # fmt: skip
@click.option("--fertility", type=_file, default=None,
              help="CSV: age_start, value (births a woman and year); likewise.")  # fmt: skip
@click.option("--migration", type=_file, default=None,
              help="CSV: sex, age_start, value (net, over persons); likewise.")  # fmt: skip
@click.option("--boys-per-girl", type=click.FloatRange(0.5, 2), default=1.05, show_default=True,
              help="Sex ratio at birth; likewise.")  # fmt: skip
@click.option("--min-count", type=click.IntRange(0), default=10, show_default=True,
              help="Areas with fewer persons are not shown.")  # fmt: skip
@_out_option
@records_option
@lang_option
def project(tables: tuple[Path, ...], out: Path | None, lang: Language, **options: Any) -> None:
    """Project persons by area, sex and age from tables of two dates, or of one and rates.

    EARLIER and LATER are 地域・年齢別人口 or the like (CSV, Excel). Without EARLIER:
    --method cohort_component, with --survival and --fertility.

    Example: tsukuba-gis project 2020.csv 2025.csv --until 2045 --records published --out p.csv
    """
    from tsukuba_gis import reading
    from tsukuba_gis.publishing import publishable_part
    from tsukuba_gis.study import CityTables, project_tables

    found, problems = project_tables(CityTables(tables=tables, **options))
    _tell(problems, lang)
    if out is not None:
        from tsukuba_gis.cohort import long_table

        terms = terms_of(*tables)
        shown = publishable_part(found, terms=terms)
        write_table(long_table(shown), out, terms=terms, counts=[])
    click.echo(reading.projection_sentence(found, lang=lang))
    for line in reading.projection_cautions(found, lang=lang):
        click.echo(line)
    click.echo(reading.projection_method(found, lang=lang))


@click.command()
@click.argument("file", type=_file)
@click.option("--kind", type=click.Choice(["migration", "commuting"]), default="migration",
              show_default=True)  # fmt: skip
@click.option("--period", default="", help="When, in words.")
@click.option("--stated", multiple=True, metavar="PLACE:SIDE:PERSONS",
              help="A total that the source states, such as つくば市:inflow:43509.")  # fmt: skip
@_out_option
@records_option
@lang_option
def flows(
    file: Path, kind: str, period: str, stated: tuple[str, ...], out: Path | None, lang: Language
) -> None:
    """Tell in, out and net flows of each place from a table of origins and destinations.

    Example: tsukuba-gis flows od.csv --kind commuting --records published --out places.csv
    """
    from tsukuba_gis import reading
    from tsukuba_gis.publishing import publishable_part
    from tsukuba_gis.study import FlowSource, read_flow_source

    totals: dict[str, dict[str, float]] = {}
    for one in stated:
        place, side, persons = [*one.split(":"), "", ""][:3]
        if side not in ("inflow", "outflow") or not persons.isdigit():
            raise click.BadParameter(one, param_hint="--stated")
        totals.setdefault(place, {})[side] = float(persons)
    source = FlowSource(path=file, kind=kind, period=period, stated=totals)  # type: ignore[arg-type]
    found, problems = read_flow_source(source)
    _tell(problems, lang)
    if out is not None:
        terms = terms_of(file)
        shown = publishable_part(found, terms=terms).places
        write_table(shown, out, terms=terms, counts=["inflow", "outflow"])
    click.echo(reading.flows_sentence(found, lang=lang))
    for line in reading.flows_cautions(found, lang=lang):
        click.echo(line)


@click.command(name="shift-share")
@click.argument("file", type=_file)
@click.option("--area", default="", help="Name of the area.")
@click.option("--reference", default="", help="Name of what it is compared with.")
@click.option("--period", default="", help="From when to when.")
@_out_option
@records_option
@lang_option
def shift_share(
    file: Path, area: str, reference: str, period: str, out: Path | None, lang: Language
) -> None:
    """Divide an area's growth by industry: the country's, its mix, its own.

    FILE has the columns industry, start, end, reference_start, reference_end.

    Example: tsukuba-gis shift-share industries.csv --area つくば市 --reference 全国
    """
    from tsukuba_gis import economy, reading
    from tsukuba_gis.io.industries import read_industries
    from tsukuba_gis.publishing import publishable_part

    own, whole = read_industries(file)
    found = economy.shift_share(
        own, whole, names=(area or file.stem, reference or text("economy_reference", lang)),
        period=period, source=file.name,
    )  # fmt: skip
    if out is not None:
        terms = terms_of(file)
        shown = publishable_part(found, terms=terms).frame
        write_table(shown, out, terms=terms, counts=["start", "end"])
    click.echo(reading.economy_sentence(found, lang=lang))


def _tell(problems: list[Problem], lang: Language) -> None:
    from tsukuba_gis.io.findings import describe

    for problem in problems:
        click.echo(describe(problem, lang))
