"""Outputs of a study: page, workbook, GeoPackage, CSV and run record, from one result."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tsukuba_gis.messages import text
from tsukuba_gis.report.folder import RUN_RECORD, check_folder, whole_file, whole_folder
from tsukuba_gis.result import DEFAULT_FORMATS, FORMATS

if TYPE_CHECKING:
    from tsukuba_gis.result import OutputFormat, Result, TileSource

__all__ = ["check_folder", "whole_file", "write_report"]

# Figures that are written where nobody asked for them.
_FEW: Final = 7


def write_report(
    result: Result,
    out: Path | str,
    *,
    formats: tuple[OutputFormat, ...] = DEFAULT_FORMATS,
    where_possible: tuple[OutputFormat, ...] = (),
    tiles: TileSource | None = None,
) -> tuple[Path, ...]:
    """Write a result as a folder that needs no tool and no network to read.

    Parameters
    ----------
    result
        From :func:`tsukuba_gis.study.run`.
    out
        The folder. It appears only when everything in it is written; one that
        an earlier run made is replaced, any other one is refused.
    formats
        ``"html"``: ``index.html`` and a worksheet for groups; ``"xlsx"``: workbook;
        ``"gpkg"``: GeoPackage with styles; ``"csv"``: tables; ``"figures"``: PNG and SVG
        (extra ``figures``); ``"pdf"``: the page as a browser prints it, or the figures. A run
        record and a text to read first are always written.
    where_possible
        Further formats, left out where what they need is not installed; of figures only the
        first few, so that they cost seconds.
    tiles
        Background of the page's maps from the network: a name of
        :data:`tsukuba_gis.maps.TILES`. None: the page loads nothing.

    Returns
    -------
    tuple of pathlib.Path
        What a person opens first, in this order: page, workbook, GeoPackage,
        folders of tables and of figures, PDF, documents that go with the result.

    Raises
    ------
    InputError
        If the folder cannot be written, or holds what this package did not make.
    MissingExtraError
        If figures are asked for without matplotlib.
    DisclosureError
        If the result may not be written as it is: see :mod:`tsukuba_gis.publishing`.

    Examples
    --------
    >>> from tsukuba_gis.study import demo_study, run
    >>> result = run(demo_study(size=2_000))        # doctest: +SKIP
    >>> write_report(result, "out", formats=("html",))  # doctest: +SKIP
    (PosixPath('out/index.html'),)
    """
    from tsukuba_gis.publishing import publishable

    out = Path(out)
    result = publishable(result)
    files = _names(result, (*formats, *filter(_possible, where_possible)))
    if "html" in files:
        result = _with_worksheet(result)
    with whole_folder(out) as folder:
        _write(result, folder, files, tiles, most=None if "figures" in formats else _FEW)
    return tuple(out / name for name in (*files.values(), *result.pages))


def _names(result: Result, formats: tuple[OutputFormat, ...]) -> dict[OutputFormat, str]:
    stem = text("table_file_stem", result.lang)
    names: dict[OutputFormat, str] = {
        "html": "index.html",
        "xlsx": f"{stem}.xlsx",
        "gpkg": f"{stem}.gpkg",
        "csv": text("table_data_folder", result.lang),
        "figures": text("figures_folder", result.lang),
        "pdf": text("table_pdf", result.lang),
    }
    return {name: names[name] for name in FORMATS if name in formats}


def _possible(name: OutputFormat) -> bool:
    """Tell whether a format can be written with what is installed."""
    from tsukuba_gis.figures import figures_possible

    return name not in ("figures", "pdf") or figures_possible()


def _with_worksheet(result: Result) -> Result:
    """Add the worksheet for groups to the documents that go with a result."""
    from dataclasses import replace

    from tsukuba_gis.report.worksheet import worksheet_html

    name = f"{text('worksheet_file', result.lang)}.html"
    return replace(result, pages={**result.pages, name: worksheet_html(result)})


def _write(
    result: Result,
    folder: Path,
    files: dict[OutputFormat, str],
    tiles: TileSource | None,
    *,
    most: int | None,
) -> None:
    """Write every file; figures take as long as all the rest, and are drawn beside it."""
    if "figures" not in files:
        _write_tables(result, folder, files, tiles)
    else:
        from tsukuba_gis.figures import find_font
        from tsukuba_gis.report.figure_files import write_figures
        from tsukuba_gis.second_process import Beside

        find_font()  # says what is missing before anything is written
        drawing = Beside(partial(write_figures, most=most), (result, folder / files["figures"]))
        try:
            _write_tables(result, folder, files, tiles)
            drawing.result()
        finally:
            drawing.stop()
    if "pdf" in files:
        from tsukuba_gis.report.pdf import write_pdf

        write_pdf(result, folder / files["pdf"])


def _write_tables(
    result: Result, folder: Path, files: dict[OutputFormat, str], tiles: TileSource | None
) -> None:
    """Write the run record, the documents, the page and all that holds tables."""
    from tsukuba_gis.report.text_files import write_read_me, write_run_record

    write_run_record(result, folder / RUN_RECORD)
    write_read_me(result, folder / f"{text('table_readme', result.lang)}.txt", files)
    for name, html in result.pages.items():
        (folder / name).write_text(html, encoding="utf-8", newline="\n")
    if "html" in files:
        from tsukuba_gis.maps import TILES
        from tsukuba_gis.report.page import write_page

        write_page(result, folder / files["html"], tiles=None if tiles is None else TILES[tiles])
    if "xlsx" in files:
        from tsukuba_gis.report.workbook import write_workbook

        write_workbook(result, folder / files["xlsx"])
    if "gpkg" in files:
        from tsukuba_gis.report.geopackage import write_geopackage

        write_geopackage(result, folder / files["gpkg"])
    if "csv" in files:
        from tsukuba_gis.report.text_files import write_csv

        write_csv(result, folder / files["csv"])
