"""Maps: an indicator, the classes of a local statistic, regions, the years of a projection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.classes import (
    COUNT_UNITS,
    Classes,
    LocalClass,
    format_value,
    indicator_classes,
    local_classes,
    region_colour,
)
from tsukuba_gis.figures.frame import open_sheet, plain_axes, style, top_of_notices, width
from tsukuba_gis.messages import text
from tsukuba_gis.publishing import publishable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tsukuba_gis.messages import Language
    from tsukuba_gis.result import Indicator, Level, LocalAssociation, LocalMoran, Result

_TOLERANCE: Final = 15.0  # metres: under a dot at 300 dpi when a city of 30 km fills the figure
_EDGE: Final = "#8a8a8a"
_HATCH: Final = "//////"
_NAMED: Final = 30  # names of more zones would cover the map
_NAME_SIZE: Final = 5.5  # points
_WIDEST: Final = 12.0  # full-width letters of a name; longer ones are cut
_CIRCLE: Final = "#2b8cbe"


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
    held, one = result.levels[level], _named(result, indicator)
    values = held.values[indicator].to_numpy(dtype=float)
    classes = indicator_classes(values, one)
    with style():
        figure = open_sheet(
            result, _title(one.label[lang], held, lang),
            told=_told(values, one, classes, lang), level=held, lang=lang,
        )  # fmt: skip
        axes = _map_axes(figure, result, lang)
        if classes is None:
            _circles(axes, held, values, one, lang)
        else:
            _fill(axes, held, [_class_colour(value, classes) for value in values])
            rows = _class_rows(values, classes, one, lang)
            _legend(axes, rows, text(f"page_unit_name_{one.unit}", lang))
        _scale_bar(axes)
        _names(axes, held, lang)
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
    held, one = result.levels[level], _named(result, indicator)
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
        title = text("figures_clusters", lang, label=one.label[lang], level=_level(held, lang))
        figure = open_sheet(result, title, told=told, level=held, lang=lang)
        axes = _map_axes(figure, result, lang)
        _fill(axes, held, [_kind_colour(kinds[name]) for name in names])
        rows = [
            (_kind_colour(kind), kind.label, int((names == kind.name).sum()))
            for kind in kinds.values()
        ]
        _legend(axes, [row for row in rows if row[2]], text("table_cluster", lang))
        _scale_bar(axes)
        _names(axes, held, lang)
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
    by = text("page_comma", lang).join(_label(result, name, lang) for name in regions.variables)
    told = text("figures_regions_told", lang, by=by, n=regions.n, k=regions.k)
    with style():
        title = text("figures_regions", lang, k=regions.k, level=_level(held, lang))
        figure = open_sheet(result, title, told=told, level=held, lang=lang)
        axes = _map_axes(figure, result, lang)
        fills = ["" if one != one else region_colour(int(one)) for one in labels.astype(float)]
        _fill(axes, held, fills)
        rows = [
            (region_colour(k), text("table_region_number", lang, number=k), int(size))
            for k, size in zip(map(int, regions.sizes.index), regions.sizes, strict=True)
        ]
        _legend(axes, rows[:20], text("table_region", lang))
        _scale_bar(axes)
        _names(axes, held, lang)
    return figure


def draw_years(
    result: Result, *, level: int = 0, measure: str = "change", lang: Language | None = None
) -> Figure:
    """Draw a projection as small maps, one a year, all in the same classes.

    Parameters
    ----------
    result, level, lang
        As in :func:`draw_map`.
    measure
        ``"change"``: of persons since the base; ``"older"``: share aged 65 or over.
    """
    from tsukuba_gis.result import Indicator

    result, lang = publishable(result), lang or result.lang
    held = result.levels[level]
    projection = held.projection
    if projection is None:
        message = "this level has no projection"
        raise ValueError(message)
    label = {one: text(f"figures_measure_{measure}", one) for one in ("ja", "en")}
    one = Indicator(name=measure, unit="share", label=label, definition=label, digits=1)  # type: ignore[arg-type]
    by_year = _measure(held, measure)
    classes = indicator_classes(np.concatenate(list(by_year.values())), one)
    assert classes is not None  # noqa: S101 - a share has classes
    told = text("figures_years_told", lang, n=projection.n, missing=projection.n_missing,
                base=f"{projection.base}")  # fmt: skip
    with style():
        title = _title(label[lang], held, lang)
        figure = open_sheet(result, title, told=told, level=held, lang=lang)
        shapes = _paths(held)
        columns = 3 if len(by_year) > 4 else 2 if len(by_year) > 1 else 1
        rows = -(-len(by_year) // columns)
        low, high = top_of_notices(result, lang) + 0.02, 0.89
        for place, (year, values) in enumerate(by_year.items()):
            row, column = divmod(place, columns)
            height = (high - low) / rows
            spot = (0.03 + 0.24 * column, high - (row + 1) * height, 0.23, height * 0.9)
            axes = figure.add_axes(spot)
            plain_axes(axes)
            _fill(axes, held, [_class_colour(value, classes) for value in values], shapes)
            axes.set_title(text("figures_year", lang, year=f"{year}"), size=8.5, pad=2)
        _scale_bar(axes)
        side = figure.add_axes((0.77, low, 0.2, high - low))
        side.set_axis_off()
        every = np.concatenate(list(by_year.values()))
        rows_of = [(fill, said, -1) for fill, said, _ in _class_rows(every, classes, one, lang)]
        _legend(side, rows_of, "%", inside=True)
    return figure


def _measure(level: Level, measure: str) -> dict[int, np.ndarray]:
    """Return a measure of a projection by year, on the level's zones; NaN where masked."""
    projection = level.projection
    assert projection is not None  # noqa: S101 - asked by the caller
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


# ---- parts of a map ---------------------------------------------------------------


def _named(result: Result, name: str) -> Indicator:
    held = {one.name: one for one in result.indicators}
    return held[name]


def _label(result: Result, name: str, lang: Language) -> str:
    held = {one.name: one.label[lang] for one in result.indicators}
    return held.get(name, name)


def _level(level: Level, lang: Language) -> str:
    """Return what the zones are called within a title."""
    return text(f"page_level_{level.zones.kind}", lang).lower()


def _title(label: str, level: Level, lang: Language) -> str:
    return text("figures_by_level", lang, label=label, level=_level(level, lang))


def _told(values: np.ndarray, indicator: Indicator, classes: Classes | None, lang: Language) -> str:
    """Return unit, n, how many are not shown, and how the classes were cut."""
    known = int(np.isfinite(values).sum())
    unit = text(f"page_unit_name_{indicator.unit}", lang)
    said = text("figures_told", lang, unit=unit, n=known, missing=len(values) - known)
    return said if classes is None else said + text(f"figures_scheme_{classes.scheme}", lang)


def _map_axes(figure: Figure, result: Result, lang: Language) -> Axes:
    low = top_of_notices(result, lang) + 0.02
    axes = figure.add_axes((0.03, low, 0.66, 0.88 - low))
    plain_axes(axes)
    return axes


def _paths(level: Level) -> list[Any]:
    """Return a path for each zone, simplified for drawing; neighbours keep their border."""
    import shapely
    from matplotlib.path import Path

    shapes = level.zones.frame.geometry.to_numpy()
    simple = shapely.coverage_simplify if shapely.coverage_is_valid(shapes) else shapely.simplify
    made = []
    for shape in simple(shapes, _TOLERANCE):
        # Part by part: shapely gives no rings of a multipolygon.
        rings = map(shapely.get_coordinates, shapely.get_rings(shapely.get_parts(shape)))
        parts = [Path(ring, closed=True) for ring in rings if len(ring) > 2]
        made.append(Path.make_compound_path(*parts) if parts else Path(np.zeros((0, 2))))
    return made


def _fill(axes: Axes, level: Level, fills: list[str], paths: list[Any] | None = None) -> None:
    """Draw the zones; one without a colour is hatched."""
    from matplotlib.collections import PathCollection

    paths = _paths(level) if paths is None else paths
    line = 0.3 if len(paths) > 60 else 0.5
    for hatched in (False, True):
        chosen = [place for place, fill in enumerate(fills) if (fill == "") == hatched]
        if not chosen:
            continue
        axes.add_collection(
            PathCollection(
                [paths[place] for place in chosen],
                facecolors="#ffffff" if hatched else [fills[place] for place in chosen],
                edgecolors=_EDGE, linewidths=line, hatch=_HATCH if hatched else None,
            )
        )  # fmt: skip
    west, south, east, north = level.zones.frame.total_bounds
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)


def _scale_bar(axes: Axes) -> None:
    """Draw a bar of a round length below the lower left corner."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    span = east - west
    length = max(
        (step * 10.0**power for power in range(1, 6) for step in (1, 2, 5)
         if step * 10.0**power <= span / 4),
        default=10.0,
    )  # fmt: skip
    said = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    y = south - 0.025 * (north - south)
    axes.plot([west, west + length], [y, y], color="#333333", lw=1.2, clip_on=False)
    axes.text(west + length + span * 0.01, y, said, size=7, va="center", clip_on=False)


def _class_colour(value: float, classes: Classes) -> str:
    """Return the colour of a value: its class as on the page; empty without a value."""
    if not np.isfinite(value) or not classes.colours:
        return ""
    place = int(np.searchsorted(classes.edges[1:-1], value, side="right"))
    return classes.colours[min(place, len(classes.colours) - 1)]


def _kind_colour(kind: LocalClass) -> str:
    return "" if kind.hatched else kind.colour


def _class_rows(
    values: np.ndarray, classes: Classes, indicator: Indicator, lang: Language
) -> list[tuple[str, str, int]]:
    """Return colour, range and number of zones of each class, highest first; then the hatched."""
    drawn = [_class_colour(value, classes) for value in values]
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


def _legend(
    axes: Axes, rows: list[tuple[str, str, int]], title: str, *, inside: bool = False
) -> None:
    """Draw a legend at the right of a map: a box a class, its words, and the number of zones."""
    from matplotlib.patches import Patch

    boxes = [
        Patch(facecolor=fill or "#ffffff", edgecolor=_EDGE, hatch=None if fill else _HATCH, lw=0.4)
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


def _circles(
    axes: Axes, level: Level, values: np.ndarray, indicator: Indicator, lang: Language
) -> None:
    """Draw a count as circles whose area is the number."""
    assert indicator.unit in COUNT_UNITS  # noqa: S101 - others have classes
    hatched = ["#f7f7f7" if np.isfinite(value) else "" for value in values]
    _fill(axes, level, hatched)
    most = float(np.nanmax(values)) if np.isfinite(values).any() else 1.0
    points = level.zones.frame.geometry.representative_point()
    biggest = 900.0 if len(values) <= 60 else 160.0
    sizes = np.nan_to_num(values) / most * biggest
    look: dict[str, Any] = {"color": _CIRCLE, "alpha": 0.65, "edgecolors": "#ffffff"}
    axes.scatter(points.x, points.y, s=sizes, linewidths=0.4, **look)
    handles = [
        axes.scatter([], [], s=biggest * part, linewidths=0.4, **look) for part in (1, 0.5, 0.1)
    ]
    said = [format_value(most * part, indicator.unit, lang, 0) for part in (1, 0.5, 0.1)]
    axes.legend(
        handles, said, title=text("figures_circles", lang), loc="center left",
        bbox_to_anchor=(1.02, 0.5), frameon=False, fontsize=8, title_fontsize=8,
        labelspacing=2.2, borderpad=1, handletextpad=1.6, alignment="left",
    )  # fmt: skip


def _short(name: str, lang: Language) -> str:
    """Return a name as it stands on a map: without what schools end in, and not too wide."""
    endings = text("page_name_endings", lang).split("|")
    ending = next((one for one in endings if name.endswith(one) and name != one), "")
    short = name.removesuffix(ending)
    if width(short) <= _WIDEST:
        return short
    while width(short) > _WIDEST - 1:
        short = short[:-1]
    return f"{short}…"


def _names(axes: Axes, level: Level, lang: Language) -> None:
    """Write the zones' names where they are few, largest zone first; none over another."""
    from matplotlib.patheffects import withStroke

    zones = level.zones
    if len(zones) > _NAMED:
        return
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    box = axes.get_position()
    page: Any = axes.figure
    inches = np.array(page.get_size_inches()) * (box.width, box.height)
    em = _NAME_SIZE / 72 * max((east - west) / inches[0], (north - south) / inches[1])
    taken: list[tuple[float, float, float, float]] = []
    halo = [withStroke(linewidth=1.6, foreground="#ffffffdd")]
    points = zones.frame.geometry.representative_point()
    order = np.argsort(-zones.frame.geometry.area.to_numpy(), kind="stable")
    held = list(zip(points.x, points.y, map(str, zones.named(lang)), strict=True))
    for x, y, name in (held[place] for place in order):
        short = _short(name, lang)
        half = (em * width(short) / 2, em * 0.6)
        here = (x - half[0], y - half[1], x + half[0], y + half[1])
        if any(
            here[0] < b[2] and b[0] < here[2] and here[1] < b[3] and b[1] < here[3] for b in taken
        ):
            continue
        taken.append(here)
        axes.text(x, y, short, size=_NAME_SIZE, ha="center", va="center", path_effects=halo)
