"""Zones drawn on a map: filled or hatched, as circles, with their names and a scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.classes import COUNT_UNITS, format_value
from tsukuba_gis.figures.frame import plain_axes, top_of_notices, width
from tsukuba_gis.figures.legend import EDGE, HATCH
from tsukuba_gis.messages import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tsukuba_gis.messages import Language
    from tsukuba_gis.result import Indicator, Level, Result

_TOLERANCE: Final = 15.0  # metres: under a dot at 300 dpi when a city of 30 km fills the figure
_NAMED: Final = 30  # names of more zones would cover the map
_NAME_SIZE: Final = 5.5  # points
_WIDEST: Final = 12.0  # full-width letters of a name; longer ones are cut
_CIRCLE: Final = "#2b8cbe"


def map_axes(figure: Figure, result: Result, lang: Language) -> Axes:
    """Return the place of the map on the sheet, above the notices and left of the legend."""
    low = top_of_notices(result, lang) + 0.02
    axes = figure.add_axes((0.03, low, 0.66, 0.88 - low))
    plain_axes(axes)
    return axes


def paths_of(level: Level) -> list[Any]:
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


def fill_zones(axes: Axes, level: Level, fills: list[str], paths: list[Any] | None = None) -> None:
    """Draw the zones; one without a colour is hatched."""
    from matplotlib.collections import PathCollection

    paths = paths_of(level) if paths is None else paths
    line = 0.3 if len(paths) > 60 else 0.5
    for hatched in (False, True):
        chosen = [place for place, fill in enumerate(fills) if (fill == "") == hatched]
        if not chosen:
            continue
        axes.add_collection(
            PathCollection(
                [paths[place] for place in chosen],
                facecolors="#ffffff" if hatched else [fills[place] for place in chosen],
                edgecolors=EDGE, linewidths=line, hatch=HATCH if hatched else None,
            )
        )  # fmt: skip
    west, south, east, north = level.zones.frame.total_bounds
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)


def circles(
    axes: Axes, level: Level, values: np.ndarray, indicator: Indicator, lang: Language
) -> None:
    """Draw a count as circles whose area is the number."""
    assert indicator.unit in COUNT_UNITS  # noqa: S101 - others have classes
    hatched = ["#f7f7f7" if np.isfinite(value) else "" for value in values]
    fill_zones(axes, level, hatched)
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


def scale_bar(axes: Axes) -> None:
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


def name_zones(axes: Axes, level: Level, lang: Language) -> None:
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
        short = short_name(name, lang)
        half = (em * width(short) / 2, em * 0.6)
        here = (x - half[0], y - half[1], x + half[0], y + half[1])
        if any(
            here[0] < b[2] and b[0] < here[2] and here[1] < b[3] and b[1] < here[3] for b in taken
        ):
            continue
        taken.append(here)
        axes.text(x, y, short, size=_NAME_SIZE, ha="center", va="center", path_effects=halo)


def short_name(name: str, lang: Language) -> str:
    """Return a name as it stands on a map: without what schools end in, and not too wide."""
    endings = text("page_name_endings", lang).split("|")
    ending = next((one for one in endings if name.endswith(one) and name != one), "")
    short = name.removesuffix(ending)
    if width(short) <= _WIDEST:
        return short
    while width(short) > _WIDEST - 1:
        short = short[:-1]
    return f"{short}…"
