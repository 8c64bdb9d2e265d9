"""Sheets of paper: what the pages that people read, sign and file have in common."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tsukuba_gis.messages import table as texts
from tsukuba_gis.messages import text
from tsukuba_gis.pseudo.noise import noise_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tsukuba_gis.messages import Language
    from tsukuba_gis.pseudo.spec import Spec

# A box to tick by hand.
BOX: Final = '<span class="box"></span>'
_RIGHT: Final = ' class="number"'


def sheet(
    title: str, body: Iterable[str], *, notice: str, lang: Language, styles: Sequence[str]
) -> str:
    """Return one self-contained HTML page: no script, no outside file.

    Parameters
    ----------
    title
        Plain text.
    body
        Pieces of HTML.
    notice
        Plain text, in the bar above.
    lang
        ``"ja"`` or ``"en"``.
    styles
        Names of the CSS files beside this module, in order.

    Examples
    --------
    >>> page = sheet("T", ["<p>b</p>"], notice="n", lang="en", styles=["sheet.css"])
    >>> "default-src 'none'; style-src 'sha256-" in page
    True
    """
    folder = Path(__file__).parent
    css = "".join((folder / name).read_text(encoding="utf-8") for name in styles)
    digest = b64encode(sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = escape(title)
    content = "\n".join(body)
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{head}</title>\n<style>{css}</style>\n</head>\n<body>\n"
        f'<p class="notice">⚠ {escape(notice)}</p>\n'
        f"<main>\n<h1>{head}</h1>\n{content}\n</main>\n</body>\n</html>\n"
    )


def heading(key: str, lang: Language) -> str:
    """Return a heading."""
    return f"<h2>{escape(text(key, lang))}</h2>"


def paragraph(key: str, lang: Language, **values: object) -> str:
    """Return a paragraph."""
    return f"<p>{escape(text(key, lang, **values))}</p>"


def grid(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = ()) -> str:
    """Return a table.

    Parameters
    ----------
    head
        Plain texts.
    rows
        Cells as HTML, ``<td>`` or ``<th>`` included.
    numbers
        Places of the columns that hold figures.
    """
    names = "".join(
        f'<th scope="col"{_RIGHT if place in numbers else ""}>{escape(name)}</th>'
        for place, name in enumerate(head)
    )
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table>\n<thead><tr>{names}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table></div>"
    )


def label(name: str, *lines: str) -> str:
    """Return the first cell of a row, with smaller lines below its name."""
    return f'<th scope="row">{escape(name)}{_smaller(lines)}</th>'


def cell(words: str) -> str:
    """Return a cell of words."""
    return f"<td>{escape(words)}</td>"


def number(figure: str, *lines: str) -> str:
    """Return a cell that holds a figure, with smaller lines below it."""
    return f"<td{_RIGHT}>{escape(figure)}{_smaller(lines)}</td>"


def _smaller(lines: Sequence[str]) -> str:
    return "".join(f"<small>{escape(line)}</small>" for line in lines if line)


def entries(pairs: Iterable[tuple[str, str]]) -> str:
    """Return a list of names and what they are."""
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    return f"<dl>{items}</dl>"


def word(name: str, lang: Language) -> str:
    """Return the word for a column or table; a register's own column keeps its name.

    Examples
    --------
    >>> word("care_level", "en"), word("my_column", "en")
    ('care level', 'my_column')
    """
    key = f"word_{name}"
    return text(key, lang) if key in texts() else name


def words(names: Iterable[str], lang: Language) -> str:
    """Return the words for columns that are crossed."""
    return (" × " if lang == "en" else "×").join(word(name, lang) for name in names if name)


def noise_told(spec: Spec, lang: Language) -> str:
    """Return what noise was added, with what stays exact; "" if there is none."""
    noise = noise_of(spec)
    if noise is None:
        return ""
    between = "、" if lang == "ja" else ", "
    return text(
        "noise_told", lang, epsilon=f"{noise.epsilon:g}", each=f"{noise.each:g}",
        sd=f"{noise.sd:.2f}", tables=between.join(word(f"table_{n}", lang) for n in noise.tables),
        invariants=text("noise_invariants", lang),
    )  # fmt: skip


def percent(share: float, *bounds: float) -> str:
    """Return a share in percent; never rounded up to 100, down to 0, or to a bound that it is not.

    Examples
    --------
    >>> percent(0.99996), percent(1.0), percent(0.287), percent(0.00004)
    ('99.996%', '100%', '28.7%', '0.004%')
    >>> percent(0.00204), percent(0.00204, 0.002), percent(0.002, 0.002)
    ('0.2%', '0.204%', '0.2%')
    >>> percent(0.002000001, 0.002), percent(0.9999999)
    ('0.200%', '> 99.999%')
    """
    if share in (0, 1):
        return f"{100 * share:.0f}%"
    for digits in (1, 2, 3):
        shown = f"{100 * share:.{digits}f}"
        ends = {0.0, 100.0, *(round(100 * bound, 9) for bound in bounds if bound != share)}
        if float(shown) not in ends:
            return f"{shown}%"
    if float(shown) not in (0, 100):
        return f"{shown}%"
    return "> 99.999%" if share > 0.5 else "< 0.001%"
