"""The legend of a map: colours of classes, their words, and how many zones have each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.classes import Classes, LocalClass, format_value
from tsukuba_gis.figures.frame import width
from tsukuba_gis.messages import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tsukuba_gis.messages import Language
    from tsukuba_gis.result import Indicator

EDGE: Final = "#8a8a8a"
HATCH: Final = "//////"


def class_colour(value: float, classes: Classes) -> str:
    """Return the colour of a value: its class as on the page; empty without a value."""
    if not np.isfinite(value) or not classes.colours:
        return ""
    place = int(np.searchsorted(classes.edges[1:-1], value, side="right"))
    return classes.colours[min(place, len(classes.colours) - 1)]


def kind_colour(kind: LocalClass) -> str:
    """Return the colour of a local class; empty where it is hatched."""
    return "" if kind.hatched else kind.colour


def class_rows(
    values: np.ndarray, classes: Classes, indicator: Indicator, lang: Language
) -> list[tuple[str, str, int]]:
    """Return colour, range and number of zones of each class, highest first; then the hatched."""
    drawn = [class_colour(value, classes) for value in values]
    rows = []
    for place, fill in reversed(list(enumerate(classes.colours))):
        low, high = (
            format_value(edge, indicator.unit, lang, indicator.digits)
            for edge in classes.edges[place : place + 2]
        )
        rows.append((fill, text("page_range", lang, low=low, high=high), drawn.count(fill)))
    if drawn.count(""):
        rows.append(("", text("page_no_data", lang), drawn.count("")))
    return rows


def legend(
    axes: Axes, rows: list[tuple[str, str, int]], title: str, *, inside: bool = False
) -> None:
    """Draw a legend at the right of a map: a box a class, its words, and the number of zones."""
    from matplotlib.patches import Patch

    boxes = [
        Patch(facecolor=fill or "#ffffff", edgecolor=EDGE, hatch=None if fill else HATCH, lw=0.4)
        for fill, *_ in rows
    ]
    said = [_wrapped(words) + (f"  ({count})" if count >= 0 else "") for _, words, count in rows]
    axes.legend(
        boxes, said, title=title, loc="center left", bbox_to_anchor=(0.0 if inside else 1.02, 0.5),
        frameon=False, fontsize=8, title_fontsize=8, alignment="left", handlelength=1.6,
        handleheight=1.1, labelspacing=0.55, borderaxespad=0,
    )  # fmt: skip


def _wrapped(words: str, most: int = 14) -> str:
    """Return words in lines of no more than ``most`` wide letters (twice as many narrow ones)."""
    import textwrap

    if width(words) <= most:
        return words
    if " " in words:
        return "\n".join(textwrap.wrap(words, 2 * most))
    half = min(most, -(-len(words) // 2))
    return "\n".join(words[place : place + half] for place in range(0, len(words), half))
