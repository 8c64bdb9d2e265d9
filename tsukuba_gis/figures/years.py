"""The years of a projection: small maps beside each other, all in the same classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.classes import indicator_classes
from tsukuba_gis.figures.frame import (
    open_sheet,
    plain_axes,
    projection_of,
    style,
    title_of,
    top_of_notices,
)
from tsukuba_gis.figures.legend import class_colour, class_rows, legend
from tsukuba_gis.figures.zones import fill_zones, paths_of, scale_bar
from tsukuba_gis.messages import text
from tsukuba_gis.publishing import publishable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tsukuba_gis.messages import Language
    from tsukuba_gis.result import Level, Result


def draw_years(
    result: Result, *, level: int = 0, measure: str = "change", lang: Language | None = None
) -> Figure:
    """Draw a projection as small maps, one a year, all in the same classes.

    Parameters
    ----------
    result, level, lang
        As in :func:`tsukuba_gis.figures.draw_map`.
    measure
        ``"change"``: of persons since the base; ``"older"``: share aged 65 or over.
    """
    from tsukuba_gis.result import Indicator

    result, lang = publishable(result), lang or result.lang
    held = result.levels[level]
    projection = projection_of(held)
    label = {one: text(f"figures_measure_{measure}", one) for one in ("ja", "en")}
    one = Indicator(name=measure, unit="share", label=label, definition=label, digits=1)  # type: ignore[arg-type]
    by_year = _measure(held, measure)
    classes = indicator_classes(np.concatenate(list(by_year.values())), one)
    assert classes is not None  # noqa: S101 - a share has classes
    told = text("figures_years_told", lang, n=projection.n, missing=projection.n_missing,
                base=f"{projection.base}")  # fmt: skip
    with style():
        title = title_of(label[lang], held, lang)
        figure = open_sheet(result, title, told=told, level=held, lang=lang)
        shapes = paths_of(held)
        columns = 3 if len(by_year) > 4 else 2 if len(by_year) > 1 else 1
        rows = -(-len(by_year) // columns)
        low, high = top_of_notices(result, lang) + 0.02, 0.89
        for place, (year, values) in enumerate(by_year.items()):
            row, column = divmod(place, columns)
            height = (high - low) / rows
            spot = (0.03 + 0.24 * column, high - (row + 1) * height, 0.23, height * 0.9)
            axes = figure.add_axes(spot)
            plain_axes(axes)
            fill_zones(axes, held, [class_colour(value, classes) for value in values], shapes)
            axes.set_title(text("figures_year", lang, year=f"{year}"), size=8.5, pad=2)
        scale_bar(axes)
        side = figure.add_axes((0.77, low, 0.2, high - low))
        side.set_axis_off()
        every = np.concatenate(list(by_year.values()))
        rows_of = [(fill, said, -1) for fill, said, _ in class_rows(every, classes, one, lang)]
        legend(side, rows_of, "%", inside=True)
    return figure


def _measure(level: Level, measure: str) -> dict[int, np.ndarray]:
    """Return a measure of a projection by year, on the level's zones; NaN where masked."""
    projection = projection_of(level)
    population = projection.population.reindex(level.zones.ids)
    old = population.columns.get_level_values("age_start") >= 65

    def persons(year: int, *, aged: bool = False) -> np.ndarray:
        held = population.loc[:, (population.columns.get_level_values("year") == year)
                              & (old if aged else True)]  # fmt: skip
        return np.asarray(held.sum(axis=1, skipna=False), dtype=float)

    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "older":
            made = {year: persons(year, aged=True) / persons(year) for year in projection.years}
        else:
            base = persons(projection.base)
            made = {year: persons(year) / base - 1 for year in projection.years[1:]}
    return {year: np.where(np.isfinite(values), values, np.nan) for year, values in made.items()}
