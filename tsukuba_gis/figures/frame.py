"""What every figure has: title, unit and n, source, notices; and the same bytes each time."""

from __future__ import annotations

import unicodedata
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from tsukuba_gis.figures.fonts import use_font
from tsukuba_gis.messages import text
from tsukuba_gis.publishing import publishable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tsukuba_gis.messages import Language
    from tsukuba_gis.result import Indicator, Level, Projection, Result

SIZE: Final = (7.2, 5.4)  # inches: half an A4 page
DPI: Final = 300
# Half the time of Pillow's own choice (6), and files 2 % larger.
_PACKED: Final = {"compress_level": 3}
_INK: Final = "#222222"
_GREY: Final = "#555555"
_WARNING: Final = "#a1122a"
_WIDEST: Final = 0.92  # of the width, for a line of text


@contextmanager
def style() -> Iterator[None]:
    """Set fonts and lines while a figure is made or written; nothing of it stays behind."""
    import matplotlib as mpl

    family, bold = use_font()
    settings: Any = {
        "font.family": [family, "DejaVu Sans"],
        "font.size": 8,
        "axes.edgecolor": "#888888",
        "axes.labelcolor": _INK,
        "axes.titleweight": "bold" if bold else "normal",
        "axes.unicode_minus": False,
        "text.parse_math": False,  # a name may hold a dollar sign
        "hatch.linewidth": 0.4,
        "svg.fonttype": "path",
        "svg.hashsalt": "tsukuba_gis",
        "path.simplify": True,
    }
    with mpl.rc_context(settings):
        yield


def open_sheet(
    result: Result,
    title: str,
    *,
    told: str,
    level: Level,
    lang: Language,
    size: tuple[float, float] = SIZE,
) -> Figure:
    """Return an empty figure with its title, what is told below it, source and notices.

    Parameters
    ----------
    result
        Already :func:`tsukuba_gis.publishing.publishable`.
    title
        In plain words.
    told
        Unit, n, and how many are not shown.
    level
        Its zones' source stands in the foot.
    lang, size
        Language, and inches.
    """
    from matplotlib.figure import Figure

    _, bold = use_font()
    figure = Figure(figsize=size)
    _line(figure, 0.962, title, size=13, color=_INK, weight="bold" if bold else "normal")
    _line(figure, 0.914, told, size=8.5, color=_GREY)
    source = text(
        "figures_source", lang, source=level.zones.source, version=result.provenance.version
    )
    notices = result.notices[lang]
    for place, notice in enumerate(reversed(notices)):
        _line(figure, 0.022 + 0.03 * place, notice, size=7.5, color=_WARNING, va="center")
    _line(figure, 0.022 + 0.03 * len(notices), source, size=6.5, color=_GREY, va="center")
    figure.set_label(title)
    return figure


def indicator_of(result: Result, name: str) -> Indicator:
    """Return an indicator of a result by its name."""
    held = {one.name: one for one in result.indicators}
    return held[name]


def label_of(result: Result, name: str, lang: Language) -> str:
    """Return the words for an indicator; its name where the result has none."""
    held = {one.name: one.label[lang] for one in result.indicators}
    return held.get(name, name)


def level_word(level: Level, lang: Language) -> str:
    """Return what the zones are called within a title."""
    return text(f"page_level_{level.zones.kind}", lang).lower()


def projection_of(level: Level) -> Projection:
    """Return the projection of a level, which must have one."""
    if level.projection is None:
        message = "this level has no projection"
        raise ValueError(message)
    return level.projection


def title_of(label: str, level: Level, lang: Language) -> str:
    """Return a title: what is shown, by which zones."""
    return text("figures_by_level", lang, label=label, level=level_word(level, lang))


def _line(figure: Figure, y: float, said: str, *, size: float, **how: Any) -> None:
    """Write a line at the left, smaller where it would not fit the width."""
    points = figure.get_figwidth() * 72 * _WIDEST
    fits = points / max(width(said), 1)
    how.setdefault("va", "top")
    figure.text(0.04, y + (0.02 if how["va"] == "top" else 0), said, size=min(size, fits), **how)


def width(said: str) -> float:
    """Return about how many full-width letters a text is wide.

    Examples
    --------
    >>> width("つくば"), width("abcd")
    (3.0, 2.32)
    """
    wide = sum(unicodedata.east_asian_width(letter) in "WFA" for letter in said)
    return round(wide + 0.58 * (len(said) - wide), 2)


def top_of_notices(result: Result, lang: Language) -> float:
    """Return where the drawing may begin, above the lines of the foot."""
    return 0.06 + 0.03 * len(result.notices[lang])


def save_figure(figure: Figure, path: Path, *, result: Result) -> None:
    """Write a figure as PNG (300 dpi), SVG or PDF, by the ending of ``path``.

    The same result, matplotlib and font give the same bytes: no date is written. Title, notices
    and version stand in the file's metadata too.

    Parameters
    ----------
    figure
        Of one of the functions of :mod:`tsukuba_gis.figures`.
    path
        File to write.
    result
        From which the figure was made: its notices and version.

    Examples
    --------
    >>> save_figure(draw_pyramid(result), Path("pyramid.svg"), result=result)  # doctest: +SKIP
    """
    result = publishable(result)
    how: Any = {"pil_kwargs": _PACKED} if path.suffix == ".png" else {}
    with style():
        figure.savefig(path, dpi=DPI, metadata=_metadata(figure, path.suffix, result), **how)


def _metadata(figure: Figure, suffix: str, result: Result) -> dict[str, Any]:
    title = str(figure.get_label())
    notice = " / ".join(result.notices[result.lang])
    made = f"tsukuba_gis {result.provenance.version}"
    if suffix == ".svg":
        return {"Date": None, "Title": title, "Description": notice, "Creator": made}
    if suffix == ".pdf":
        return {
            "CreationDate": None, "Title": title, "Subject": notice, "Creator": made,
            "Producer": made,
        }  # fmt: skip
    return {"Title": title, "Description": notice, "Software": made}


def plain_axes(axes: Axes) -> None:
    """Take away the frame of a map."""
    axes.set_axis_off()
    axes.set_aspect("equal")
