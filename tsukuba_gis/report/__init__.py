"""Outputs of a study: page, workbook, GeoPackage, CSV and run record, from one result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tsukuba_gis.messages import text
from tsukuba_gis.report.folder import RUN_RECORD, check_folder, whole_file, whole_folder
from tsukuba_gis.result import FORMATS

if TYPE_CHECKING:
    from tsukuba_gis.result import OutputFormat, Result

__all__ = ["check_folder", "whole_file", "write_report"]


def write_report(
    result: Result, out: Path | str, *, formats: tuple[OutputFormat, ...] = FORMATS
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
        ``"html"``: ``index.html``; ``"xlsx"``: workbook; ``"gpkg"``:
        GeoPackage with styles; ``"csv"``: tables. A run record and a text to
        read first are always written.

    Returns
    -------
    tuple of pathlib.Path
        What a person opens first, in this order: page, workbook, GeoPackage,
        folder of tables, documents that go with the result.

    Raises
    ------
    InputError
        If the folder cannot be written, or holds what this package did not make.

    Examples
    --------
    >>> from tsukuba_gis.study import demo_study, run
    >>> result = run(demo_study(size=2_000))        # doctest: +SKIP
    >>> write_report(result, "out", formats=("html",))  # doctest: +SKIP
    (PosixPath('out/index.html'),)
    """
    out = Path(out)
    files = _names(result, formats)
    with whole_folder(out) as folder:
        _write(result, folder, files)
    return tuple(out / name for name in (*files.values(), *result.pages))


def _names(result: Result, formats: tuple[OutputFormat, ...]) -> dict[OutputFormat, str]:
    stem = text("table_file_stem", result.lang)
    names: dict[OutputFormat, str] = {
        "html": "index.html",
        "xlsx": f"{stem}.xlsx",
        "gpkg": f"{stem}.gpkg",
        "csv": text("table_data_folder", result.lang),
    }
    return {name: names[name] for name in FORMATS if name in formats}


def _write(result: Result, folder: Path, files: dict[OutputFormat, str]) -> None:
    from tsukuba_gis.report.text_files import write_read_me, write_run_record

    write_run_record(result, folder / RUN_RECORD)
    write_read_me(result, folder / f"{text('table_readme', result.lang)}.txt", files)
    for name, html in result.pages.items():
        (folder / name).write_text(html, encoding="utf-8", newline="\n")
    if "html" in files:
        from tsukuba_gis.report.page import write_page

        write_page(result, folder / files["html"])
    if "xlsx" in files:
        from tsukuba_gis.report.workbook import write_workbook

        write_workbook(result, folder / files["xlsx"])
    if "gpkg" in files:
        from tsukuba_gis.report.geopackage import write_geopackage

        write_geopackage(result, folder / files["gpkg"])
    if "csv" in files:
        from tsukuba_gis.report.text_files import write_csv

        write_csv(result, folder / files["csv"])
