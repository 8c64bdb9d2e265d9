"""Which figures go into the folder: the few that most readers ask for, as PNG and SVG."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from tsukuba_gis import figures
from tsukuba_gis.maps.payload import start_indicator
from tsukuba_gis.messages import Language, text
from tsukuba_gis.publishing import publishable
from tsukuba_gis.report.columns import label_of, plain
from tsukuba_gis.report.tables import level_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from matplotlib.figure import Figure

    from tsukuba_gis.result import Result

_OLD_AND_YOUNG: Final = "ratio_65_10"
_ENDINGS: Final = (".png", ".svg")
# Signs that no file system, archive or shell likes in a name.
_UNFIT: Final = str.maketrans({**dict.fromkeys('/\\:*?"<>| \t', "_"), "–": "-"})


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure of the folder: its file's name without ending, and how it is drawn."""

    name: str
    draw: Callable[[], Figure]


def drawings(result: Result, lang: Language | None = None) -> Iterator[Drawing]:
    """Return the figures of a result, none of them drawn yet.

    Parameters
    ----------
    result
        Outcome of a study.
    lang
        Of names and words; None: the result's.

    Returns
    -------
    iterator of Drawing
        Those that most readers ask for come first: the first rate on the map, its clusters, the
        share by age, persons 65+ to children on the map, the change of the cohorts by year and
        zone, the pyramid, persons to come; then the other levels, regions, the first
        correlation, the share 65+ to come, and a rate beside chance.
    """
    lang = lang or result.lang
    names = level_names(result, lang)
    finest = max(range(len(names)), key=lambda number: len(result.levels[number].zones))
    first = start_indicator(result.indicators).name
    label = label_of(result, first, lang)

    def name(kind: str, **values: object) -> str:
        return plain(text(f"figures_name_{kind}", lang, **values), lang).translate(_UNFIT)

    def map_of(number: int, indicator: str = first) -> Drawing:
        return Drawing(
            name("map", label=label_of(result, indicator, lang), level=names[number]),
            lambda: figures.draw_map(result, indicator, level=number, lang=lang),
        )

    yield map_of(0)
    if first in result.levels[finest].lisa:
        yield Drawing(
            name("clusters", label=label, level=names[finest]),
            lambda: figures.draw_clusters(result, first, level=finest, lang=lang),
        )
    if result.levels[0].age_curves:
        by_age = label_of(result, result.levels[0].age_curves[0].indicator, lang)
        yield Drawing(
            name("age_curve", label=by_age), lambda: figures.draw_age_curve(result, lang=lang)
        )
    if first != _OLD_AND_YOUNG and any(one.name == _OLD_AND_YOUNG for one in result.indicators):
        yield map_of(finest, _OLD_AND_YOUNG)
    if (ahead := _finest(result, "projection")) is not None:
        yield _years(result, ahead, "change", lang, name)
    yield Drawing(name("pyramid"), lambda: figures.draw_pyramid(result, lang=lang))
    if ahead is not None:
        yield Drawing(
            name("projection", level=names[ahead]),
            lambda: figures.draw_projection(result, level=ahead, lang=lang),
        )
    for number in range(1, len(names)):
        yield map_of(number)
    yield from _further(result, lang, name)


def _further(result: Result, lang: Language, name: Callable[..., str]) -> Iterator[Drawing]:
    """Return the figures of what not every study asks for, each at the finest level that has it."""
    levels = level_names(result, lang)
    if (where := _finest(result, "regions")) is not None:
        yield Drawing(
            name("regions", level=levels[where]),
            lambda: figures.draw_regions(result, level=where, lang=lang),
        )
    if (related := _finest(result, "correlations")) is not None:
        pair = result.levels[related].correlations[0].indicators
        if all(one in result.levels[related].values for one in pair):
            labels = [label_of(result, one, lang) for one in pair]
            yield Drawing(
                name("scatter", first=labels[0], second=labels[1]),
                lambda: figures.draw_scatter(result, *pair, level=related, lang=lang),
            )
    if (ahead := _finest(result, "projection")) is not None:
        yield _years(result, ahead, "older", lang, name)
    if (rated := _finest(result, "rates")) is not None:
        for number, rate in enumerate(result.levels[rated].rates):
            if rate.method == "crude" and rate.frame["funnel_low"].notna().any():
                label = label_of(result, rate.indicator, lang)
                yield Drawing(
                    name("funnel", label=label, level=levels[rated]),
                    lambda number=number: figures.draw_funnel(  # type: ignore[misc]
                        result, number, level=rated, lang=lang
                    ),
                )
                break


def _finest(result: Result, part: str) -> int | None:
    """Return the level with most zones that has a part; None if none has."""
    found = [number for number, level in enumerate(result.levels) if getattr(level, part)]
    return max(found, key=lambda number: len(result.levels[number].zones), default=None)


def _years(
    result: Result, level: int, measure: str, lang: Language, name: Callable[..., str]
) -> Drawing:
    """Return the small maps of a projection, one a year."""
    words = text(f"figures_measure_{measure}", lang)
    return Drawing(
        name("years", label=words, level=level_names(result, lang)[level]),
        lambda: figures.draw_years(result, level=level, measure=measure, lang=lang),
    )


def write_figures(
    result: Result, folder: Path, *, lang: Language | None = None, most: int | None = None
) -> list[Path]:
    """Write the figures of a result into a folder, which is made: PNG (300 dpi) and SVG.

    Parameters
    ----------
    result
        Outcome of a study.
    folder
        Where to write.
    lang
        Of names and words; None: the result's.
    most
        Write only so many, the first ones; None: all.

    Returns
    -------
    list of pathlib.Path
        The files.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    InputError
        If no Japanese font is found.

    Examples
    --------
    >>> write_figures(result, Path("out/figures"))  # doctest: +SKIP
    """
    result = publishable(result)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for drawing in islice(drawings(result, lang), most):
        figure = drawing.draw()
        for ending in _ENDINGS:
            path = folder / f"{drawing.name}{ending}"
            figures.save_figure(figure, path, result=result)
            written.append(path)
    return written
