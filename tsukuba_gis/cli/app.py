"""The command line: parse, call, write. No arithmetic of its own.

Exit codes: 0 done; 1 a fault of the input (said in words); 2 a wrong command line.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from tsukuba_gis import __version__
from tsukuba_gis.cli import people, relations, spatial
from tsukuba_gis.cli.console import (
    Progress,
    lang_option,
    make_console_safe,
    match_line,
    spoken,
    stop_tidily,
)
from tsukuba_gis.cli.join import join
from tsukuba_gis.cli.points import points
from tsukuba_gis.cli.pseudo import pseudo
from tsukuba_gis.errors import TsukubaGisError
from tsukuba_gis.messages import LANGUAGES, Language, text
from tsukuba_gis.result import TileSource

if TYPE_CHECKING:
    from tsukuba_gis.result import OutputFormat
    from tsukuba_gis.study import Study


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tsukuba-gis")
def group() -> None:
    """疑似市民データと小地域統計 / Pseudo-citizen data and small-area statistics.

    \b
    tsukuba-gis demo --out out          the whole flow on the bundled invented register
    tsukuba-gis check people.csv        what a file holds, and what is wrong with it
    tsukuba-gis run study.toml          your own records and zones
    """  # noqa: D301 - click wants a real backspace to keep these lines apart


@group.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("tsukuba_demo"),
              show_default=True, help="Folder to write.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=None, help="Seed of everything random.")
@click.option("--size", type=click.IntRange(1_000), default=None,
              help="Persons in the register (default: all, about 227,000).")  # fmt: skip
@click.option("--plain", is_flag=True,
              help="Study the register itself, without making pseudo records from it.")  # fmt: skip
@lang_option
@click.option("--quiet", is_flag=True, help="No progress.")
def demo(
    out: Path, seed: int | None, size: int | None, plain: bool, lang: Language, quiet: bool
) -> None:
    """Run everything on the bundled, invented register of Tsukuba.

    The register is taken for a confidential one: pseudo records are made from it,
    certified and studied, and the register itself is shown nowhere.

    Example: tsukuba-gis demo --out out --lang en
    """
    from tsukuba_gis.study import DEMO_SEED, demo_study

    study = demo_study(
        seed=DEMO_SEED if seed is None else seed, size=size, lang=lang, pseudo=not plain
    )
    _run_and_write(study, out, lang, quiet=quiet, where_possible=("figures",))


@group.command()
@click.argument("study_file", metavar="STUDY.toml", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=None,
              help="Folder to write (default: beside the study file, named like it).")  # fmt: skip
@click.option("--lang", type=click.Choice(LANGUAGES), default=None,
              help="Language; default: what the study file says.")  # fmt: skip
@click.option("--tiles", type=click.Choice(get_args(TileSource)), default=None,
              help="Background of the maps, loaded from the network by whoever opens the page; "
              "default: what the study file says, else none.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="No progress.")
def run(
    study_file: Path,
    out: Path | None,
    lang: Language | None,
    tiles: TileSource | None,
    quiet: bool,
) -> None:
    """Run a study file on your own records and zones.

    Example: tsukuba-gis run study.toml --out out
    """
    from dataclasses import replace

    from tsukuba_gis.study import read_study

    study = read_study(study_file)
    if lang is not None:
        study = replace(study, lang=lang)
    if tiles is not None:
        study = replace(study, tiles=tiles)
    _run_and_write(study, out or study_file.with_suffix(""), study.lang, quiet=quiet)


@group.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--layer", default=None, help="Layer of a GeoPackage.")
@click.option("--sheet", default=None, help="Sheet of a workbook.")
@lang_option
def check(file: Path, layer: str | None, sheet: str | None, lang: Language) -> None:
    """Say what a file of records or zones holds, and what is wrong with it.

    Example: tsukuba-gis check people.csv
    """
    from tsukuba_gis.io import check as look
    from tsukuba_gis.io import say_check

    found = look(file, layer=layer, sheet=sheet)
    click.echo(say_check(found, lang))
    if any(problem.severity == "error" for problem in found.problems):
        sys.exit(1)


@group.command()
@click.option("--copy-to", type=click.Path(path_type=Path), default=None,
              help="Copy the GeoPackage of all layers there.")  # fmt: skip
@lang_option
def boundaries(copy_to: Path | None, lang: Language) -> None:
    """List the bundled boundaries (approximate), or copy them out.

    Example: tsukuba-gis boundaries --copy-to tsukuba.gpkg
    """
    from tsukuba_gis.boundaries import LAYERS, boundaries_file, load_boundaries

    for kind in LAYERS:
        click.echo(f"{kind}\t{len(load_boundaries(kind))}")
    click.echo(text("notice_approximate", lang))
    if copy_to is not None:
        import shutil

        from tsukuba_gis.report import whole_file

        if copy_to.exists():
            raise TsukubaGisError("file_exists", path=str(copy_to))
        with whole_file(copy_to) as path:
            shutil.copyfile(boundaries_file(), path)
        click.echo(str(copy_to))


@group.command()
def version() -> None:
    """Print the versions of the package and of what it stands on.

    Example: tsukuba-gis version
    """
    import platform
    from importlib.metadata import version as installed

    click.echo(f"tsukuba-gis {__version__}")
    click.echo(f"python {platform.python_version()}")
    for name in ("geopandas", "shapely", "pandas", "numpy", "libpysal", "folium"):
        click.echo(f"{name} {installed(name)}")


for command in (
    join, pseudo, points, spatial.moran, spatial.lisa, spatial.regionalise, relations.rates,
    relations.correlate, relations.regress, people.project, people.flows, people.shift_share,
):  # fmt: skip
    group.add_command(command)


def _run_and_write(
    study: Study,
    out: Path,
    lang: Language,
    *,
    quiet: bool,
    where_possible: tuple[OutputFormat, ...] = (),
) -> None:
    from tsukuba_gis.report import check_folder, write_report
    from tsukuba_gis.study import run as run_study

    check_folder(out)  # before minutes of work, not after
    steps = 2 + 4 * len(study.zones)
    if study.pseudo is not None:
        steps += 1 + study.certify
    with Progress(steps, lang, quiet=quiet) as progress:
        result = run_study(study, on_step=progress.step)
        progress.step("step_write")
        written = write_report(
            result, out, formats=study.outputs, where_possible=where_possible, tiles=study.tiles
        )
    for level in result.levels:
        kind = text(f"page_level_{level.zones.kind}", lang)
        click.echo(match_line(level.match, kind, lang))
    faults = [problem for problem in result.problems if problem.severity != "info"]
    if faults:
        click.echo(text("problems_line", lang, n=len(faults)))
    for path in written:
        click.echo(str(path))
    for notice in result.notices[lang]:
        click.echo(notice)


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit code.

    A fault that the user can mend is told in one paragraph on standard error,
    in the user's language, without a traceback.

    Examples
    --------
    >>> main(["run", "nowhere.toml", "--lang", "en"])
    1
    """
    make_console_safe()
    stop_tidily()
    try:
        group.main(args=argv, prog_name="tsukuba-gis", standalone_mode=False)
    except TsukubaGisError as error:
        click.echo(error.say(spoken(argv)), err=True)
        return 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # The reader of a pipe (head, less) has seen enough; nothing more can be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        click.echo(text("console_failed", spoken(argv), why=error.strerror or "?"), err=True)
        return 1
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    return 0
