"""CSV tables, the run record, and the text to read first."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tsukuba_gis.messages import Language, text
from tsukuba_gis.publishing import publishable
from tsukuba_gis.report.columns import Cell, Table
from tsukuba_gis.report.tables import tables

if TYPE_CHECKING:
    from pathlib import Path

    from tsukuba_gis.result import OutputFormat, Result

# A cell that begins so can be run as a formula by a spreadsheet that opens the
# CSV; the wide forms too, in Japanese ones. A lone "-" is a symbol and harmless.
_FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠].", re.DOTALL)


def write_csv(result: Result, folder: Path, *, lang: Language | None = None) -> list[Path]:
    """Write every table as CSV into a folder, which is made.

    UTF-8 with BOM, CRLF, text quoted; the header is the first row, so that
    the files stay readable by machine. The notices stand in the first line
    too: as the header of a last, empty column, where they neither shift a row
    nor get lost when the table is copied. Text that a spreadsheet could run
    as a formula gets an apostrophe in front.

    Returns
    -------
    list of pathlib.Path
        The files, in the order of the tables.

    Examples
    --------
    >>> write_csv(result, Path("out/data"))  # doctest: +SKIP
    """
    lang, result = lang or result.lang, publishable(result)
    folder.mkdir(parents=True, exist_ok=True)
    notice = f"{notice_line(result, lang)} {origin_line(result, lang)}"
    written = []
    for table in tables(result, lang):
        path = folder / f"{table.name.replace(' ', '_')}.csv"
        path.write_bytes(csv_text(table, notice, lang).encode("utf-8-sig"))
        written.append(path)
    return written


def notice_line(result: Result, lang: Language) -> str:
    """Return all notices of a result in one line."""
    return text("table_notice_mark", lang, notices=" / ".join(result.notices[lang]))


def origin_line(result: Result, lang: Language) -> str:
    """Return what made a result, in one line: version and seed; the run record has the rest."""
    made = result.provenance
    return text("table_made_by", lang, version=made.version, seed=f"{made.seed}")


def csv_text(table: Table, notice: str, lang: Language) -> str:
    """Return a table as CSV."""
    header = [column.header(lang, percent=False) for column in table.columns]
    lines: list[list[Cell]] = [[*header, notice], *([*row, None] for row in table.rows)]
    return "".join(",".join(_cell(cell) for cell in line) + "\r\n" for line in lines)


def _cell(value: Cell) -> str:
    """Return a cell as it stands in a CSV: text quoted and inert, numbers bare, nothing empty."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return '"' + inert(value).replace('"', '""') + '"'
    return f"{value:.0f}" if float(value).is_integer() else repr(float(value))


def inert(value: str) -> str:
    """Return text that no spreadsheet takes for a formula.

    Examples
    --------
    >>> inert("=cmd()"), inert("＋1"), inert("天久保"), inert("-")
    ("'=cmd()", "'＋1", '天久保', '-')
    """
    return f"'{value}" if _FORMULA.match(value) else value


def run_record(result: Result) -> dict[str, Any]:
    """Return where a result comes from: versions, seed, hashes, settings, matching, notices.

    Nothing in it depends on the machine or the time: the same run gives the
    same record.
    """
    provenance = result.provenance
    return {
        "tsukuba_gis": provenance.version,
        "versions": dict(provenance.versions),
        "seed": provenance.seed,
        "records": result.kind,
        "inputs": dict(provenance.inputs),
        "settings": dict(provenance.settings),
        "title": dict(result.title),
        "lang": result.lang,
        "notices": {lang: list(lines) for lang, lines in result.notices.items()},
        "min_count": result.min_count,
        "indicators": [one.name for one in result.indicators],
        "levels": [
            {
                "kind": level.zones.kind,
                "zones": len(level.zones),
                "source": level.zones.source,
                "approximate": level.zones.approximate,
                "matched_by": level.match.method,
                "records": level.match.records,
                "matched": level.match.matched,
                "on_border": level.match.on_border,
                "outside": level.match.outside,
                "nearest": level.match.nearest,
                "missing": level.match.missing,
            }
            for level in result.levels
        ],
        "problems": len(result.problems),
    }


def write_run_record(result: Result, path: Path) -> None:
    """Write the run record as JSON."""
    result = publishable(result)
    content = json.dumps(run_record(result), ensure_ascii=False, indent=2, default=str)
    path.write_text(content + "\n", encoding="utf-8", newline="\n")


def write_read_me(result: Result, path: Path, files: dict[OutputFormat, str]) -> None:
    """Write the short text to read first: title, notices, what the folder holds.

    ``files`` names what was written, by format.
    """
    lang, result = result.lang, publishable(result)
    lines = [
        result.title[lang],
        "",
        *result.notices[lang],
        "",
        f"[{text('table_readme_files', lang)}]",
        *(f"{name}: {text(f'table_readme_{kind}', lang)}" for kind, name in files.items()),
        *(f"{name}: {text('table_readme_pages', lang)}" for name in result.pages),
        f"run.json: {text('table_readme_run', lang)}",
    ]
    # With BOM and CRLF, so that every editor of Windows shows it right.
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode("utf-8-sig"))
