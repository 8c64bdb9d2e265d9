"""Maps: an indicator, the classes of a local statistic, regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.classes import (
    Classes,
    indicator_classes,
    local_classes,
    region_colour,
)
from tsukuba_gis.figures.frame import (
    indicator_of,
    label_of,
    level_word,
    open_sheet,
    style,
    title_of,
)
from tsukuba_gis.figures.legend import class_colour, class_rows, kind_colour, legend
from tsukuba_gis.figures.zones import circles, fill_zones, map_axes, name_zones, scale_bar
from tsukuba_gis.messages import text
from tsukuba_gis.publishing import publishable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tsukuba_gis.messages import Language
    from tsukuba_gis.result import Indicator, Level, LocalAssociation, LocalMoran, Result


def draw_map(
    result: Result, indicator: str, *, level: int = 0, lang: Language | None = None
) -> Figure:
    """Draw an indicator by zone: rates in the classes of the page, counts as circles.

    Parameters
    ----------
    result
        Outcome of a study.
    indicator
        Name of one of the result's indicators.
    level
        Which set of zones.
    lang
        Of the words; None: the result's.

    Returns
    -------
    matplotlib.figure.Figure
        With title, unit, n, legend, scale, source and notices inside; to be written with
        :func:`tsukuba_gis.figures.save_figure`.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    InputError
        If no Japanese font is found.
    KeyError
        If the result has no such indicator.

    Examples
    --------
    >>> draw_map(result, "share_65plus")  # doctest: +SKIP
    """
    result, lang = publishable(result), lang or result.lang
    held, one = result.levels[level], indicator_of(result, indicator)
    values = held.values[indicator].to_numpy(dtype=float)
    classes = indicator_classes(values, one)
    with style():
        figure = open_sheet(
            result, title_of(one.label[lang], held, lang),
            told=_told(values, one, classes, lang), level=held, lang=lang,
        )  # fmt: skip
        axes = map_axes(figure, result, lang)
        if classes is None:
            circles(axes, held, values, one, lang)
        else:
            fill_zones(axes, held, [class_colour(value, classes) for value in values])
            rows = class_rows(values, classes, one, lang)
            legend(axes, rows, text(f"page_unit_name_{one.unit}", lang))
        scale_bar(axes)
        name_zones(axes, held, lang)
    return figure


def draw_clusters(
    result: Result,
    indicator: str,
    *,
    level: int = 0,
    statistic: str = "local_moran",
    lang: Language | None = None,
) -> Figure:
    """Draw the classes of a local statistic: where high and where low values cluster.

    Parameters
    ----------
    result, indicator, level, lang
        As in :func:`draw_map`.
    statistic
        ``"local_moran"``, or the name of a further local statistic of the level.
    """
    result, lang = publishable(result), lang or result.lang
    held, one = result.levels[level], indicator_of(result, indicator)
    found = _local(held, indicator, statistic)
    kinds = {kind.name: kind for kind in local_classes(statistic, lang=lang)}  # type: ignore[arg-type]
    names = found.frame["cluster"].reindex(held.zones.ids).fillna("missing")
    told = text(
        "figures_clusters_told", lang, statistic=text(f"statistic_{statistic}", lang),
        alpha=found.alpha, n=int(found.frame["p"].notna().sum()),
        permutations=found.permutations,
        corrected=text("reading_level_fdr" if found.fdr else "reading_level_plain", lang,
                       alpha=found.alpha),
    )  # fmt: skip
    with style():
        title = text("figures_clusters", lang, label=one.label[lang], level=level_word(held, lang))
        figure = open_sheet(result, title, told=told, level=held, lang=lang)
        axes = map_axes(figure, result, lang)
        fill_zones(axes, held, [kind_colour(kinds[name]) for name in names])
        rows = [
            (kind_colour(kind), kind.label, int((names == kind.name).sum()))
            for kind in kinds.values()
        ]
        legend(axes, [row for row in rows if row[2]], text("table_cluster", lang))
        scale_bar(axes)
        name_zones(axes, held, lang)
    return figure


def _local(level: Level, indicator: str, statistic: str) -> LocalMoran | LocalAssociation:
    """Return a level's local statistic of an indicator."""
    if statistic == "local_moran":
        return level.lisa[indicator]
    held = (one for one in level.local if one.statistic == statistic)
    return next(one for one in held if one.indicator[0] == indicator)


def draw_regions(result: Result, *, level: int = 0, lang: Language | None = None) -> Figure:
    """Draw the zones put together into regions; the level must have them.

    Parameters
    ----------
    result, level, lang
        As in :func:`draw_map`.
    """
    result, lang = publishable(result), lang or result.lang
    held = result.levels[level]
    regions = held.regions
    if regions is None:
        message = "this level has no regions"
        raise ValueError(message)
    labels = regions.labels.reindex(held.zones.ids)
    by = text("page_comma", lang).join(label_of(result, name, lang) for name in regions.variables)
    told = text("figures_regions_told", lang, by=by, n=regions.n, k=regions.k)
    with style():
        title = text("figures_regions", lang, k=regions.k, level=level_word(held, lang))
        figure = open_sheet(result, title, told=told, level=held, lang=lang)
        axes = map_axes(figure, result, lang)
        fills = ["" if one != one else region_colour(int(one)) for one in labels.astype(float)]
        fill_zones(axes, held, fills)
        rows = [
            (region_colour(k), text("table_region_number", lang, number=k), int(size))
            for k, size in zip(map(int, regions.sizes.index), regions.sizes, strict=True)
        ]
        legend(axes, rows[:20], text("table_region", lang))
        scale_bar(axes)
        name_zones(axes, held, lang)
    return figure


def _told(values: np.ndarray, indicator: Indicator, classes: Classes | None, lang: Language) -> str:
    """Return unit, n, how many are not shown, and how the classes were cut."""
    known = int(np.isfinite(values).sum())
    unit = text(f"page_unit_name_{indicator.unit}", lang)
    said = text("figures_told", lang, unit=unit, n=known, missing=len(values) - known)
    return said if classes is None else said + text(f"figures_scheme_{classes.scheme}", lang)
