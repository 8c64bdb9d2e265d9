"""The report as PDF: the page as a browser prints it, or the figures where there is no browser.

Networks that let no HTML through mostly let PDF through.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tsukuba_gis.maps.payload import start_indicator
from tsukuba_gis.messages import Language
from tsukuba_gis.publishing import publishable
from tsukuba_gis.report.figure_files import drawings
from tsukuba_gis.report.findings import findings
from tsukuba_gis.report.page import page_html

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tsukuba_gis.result import Result

_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
_SECONDS: Final = 120
_DATE: Final = b"D:20000101000000+00'00'"


def browser() -> str | None:
    """Return the path of a browser that can print to PDF without a screen; None: there is none."""
    found = (shutil.which(name) for name in _BROWSERS)
    return next((path for path in found if path), None)


def write_pdf(result: Result, path: Path) -> None:
    """Write the report as PDF.

    Parameters
    ----------
    result
        Outcome of a study.
    path
        File to write.

    Notes
    -----
    Chromium prints the report page, with the network cut off; without Chromium, or where it
    fails, the figures are written, a page each, after a page with the findings in words. Dates
    are taken out of the file, but another version of the browser or of matplotlib gives other
    bytes.

    Raises
    ------
    MissingExtraError
        If there is neither a browser nor matplotlib.

    Examples
    --------
    >>> write_pdf(result, Path("out/report.pdf"))  # doctest: +SKIP
    """
    result = publishable(result)
    program = browser()
    if program is None or not _printed(program, result, path):
        write_figures_pdf(result, path)


def _printed(program: str, result: Result, path: Path) -> bool:
    """Let a browser print the page; tell whether it did."""
    with tempfile.TemporaryDirectory() as place:
        page, made = Path(place) / "index.html", Path(place) / "report.pdf"
        page.write_text(page_html(result), encoding="utf-8", newline="\n")
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        command = [
            program, "--headless=new", "--disable-gpu", "--no-first-run", "--disable-extensions",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking",
            f"--user-data-dir={place}/profile", "--no-pdf-header-footer",
            "--virtual-time-budget=10000", f"--print-to-pdf={made}",
            *(["--no-sandbox"] if root else []), page.as_uri(),
        ]  # fmt: skip
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)
        except (OSError, subprocess.SubprocessError):
            return False
        if not made.exists():
            return False
        path.write_bytes(without_dates(made.read_bytes()))
    return True


def without_dates(content: bytes) -> bytes:
    """Return a PDF whose dates are one fixed date of the same length.

    Examples
    --------
    >>> without_dates(b"/CreationDate (D:20240801093000+00'00')")
    b"/CreationDate (D:20000101000000+00'00')"
    """
    dated = re.compile(rb"(/(?:CreationDate|ModDate) ?\()(D:[^)]*)(\))")

    def fixed(found: re.Match[bytes]) -> bytes:
        length = len(found[2])
        return found[1] + _DATE[:length].ljust(length, b"0") + found[3]

    return dated.sub(fixed, content)


def write_figures_pdf(result: Result, path: Path) -> None:
    """Write a page with the findings, then the figures, a page each.

    Parameters
    ----------
    result
        Outcome of a study.
    path
        File to write.

    Examples
    --------
    >>> write_figures_pdf(result, Path("out/figures.pdf"))  # doctest: +SKIP
    """
    from tsukuba_gis.figures.frame import style

    result = publishable(result)
    with style():
        from matplotlib.backends.backend_pdf import PdfPages

        title = result.title[result.lang]
        held = {"CreationDate": None, "Title": title, "Creator": "tsukuba_gis"}
        with PdfPages(path, metadata=held) as pages:
            pages.savefig(_words(result, result.lang))
            for drawing in drawings(result):
                pages.savefig(drawing.draw())


def _words(result: Result, lang: Language) -> Figure:
    """Return a page with title, notices and findings."""
    import textwrap

    from tsukuba_gis.figures.frame import open_sheet

    said = findings(result, start_indicator(result.indicators), lang)
    figure = open_sheet(result, result.title[lang], told="", level=result.levels[0], lang=lang)
    wide = 46 if lang == "ja" else 92
    y = 0.86
    for finding in said:
        for words, size in ((finding.headline, 11), (finding.detail, 8)):
            for line in textwrap.wrap(words, int(wide * 9.5 / size)):
                figure.text(0.05, y, line, size=size, va="top")
                y -= 0.003 * size + 0.012
        y -= 0.03
    return figure
