"""Charts: pyramid, scatter with its line, persons to come, funnel of a rate, share by age."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.figures.frame import (
    indicator_of,
    label_of,
    level_word,
    open_sheet,
    projection_of,
    style,
    top_of_notices,
)
from tsukuba_gis.messages import text
from tsukuba_gis.publishing import publishable
from tsukuba_gis.reading import shown_p

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tsukuba_gis.messages import Language
    from tsukuba_gis.result import Correlation, Level, Result

_SEXES: Final = {"male": "#4575b4", "female": "#d6604d"}
_AGES: Final = ((0, 15, "#fdcc8a"), (15, 65, "#74a9cf"), (65, 200, "#b2182b"))
_POINT: Final = "#2b8cbe"
_LINE: Final = "#b2182b"
_LABELLED: Final = 5  # points farthest from the line are named


def draw_pyramid(
    result: Result, *, level: int = 0, zone: str | None = None, lang: Language | None = None
) -> Figure:
    """Draw a population pyramid; where there is a projection, its last year as an outline.

    Parameters
    ----------
    result
        Outcome of a study.
    level
        Which set of zones.
    zone
        Id of a zone; None: the sum of all.
    lang
        Of the words; None: the result's.

    Returns
    -------
    matplotlib.figure.Figure

    Notes
    -----
    A group in which a zone is withheld is left out of the sum, and told: the sum would give the
    zone away.

    Examples
    --------
    >>> draw_pyramid(result, zone="08220001000")  # doctest: +SKIP
    """
    result, lang = publishable(result), lang or result.lang
    held = result.levels[level]
    now = _ages(held.population, zone)
    missing = int(now.isna().sum())
    projection = held.projection
    then = None if projection is None else _ages(projection.population[projection.years[-1]], zone)
    name = text("page_whole_city", lang)
    if zone is not None:
        name = str(held.zones.named(lang)[zone])
    told = text("figures_pyramid_told", lang, n=int(now.sum()), missing=missing)
    if projection is not None:
        told += text("figures_pyramid_then", lang, year=f"{projection.years[-1]}", n=projection.n)
    with style():
        title = text("figures_pyramid", lang, name=name)
        figure = open_sheet(result, title, told=told, level=held, lang=lang)
        low = top_of_notices(result, lang)
        axes = figure.add_axes((0.12, low + 0.07, 0.8, 0.79 - low))
        _pyramid(axes, now, then, lang)
    return figure


def _ages(population: Any, zone: str | None) -> pd.Series[float]:
    """Return persons by sex and age of one zone, or of all that are there."""
    if zone is not None:
        row: pd.Series[float] = population.loc[zone]
        return row
    known = population.dropna(how="all")  # zones that are not projected at all
    total: pd.Series[float] = known.sum(skipna=False)
    return total


def _pyramid(axes: Axes, now: Any, then: Any, lang: Language) -> None:
    starts = sorted({int(start) for _, start in now.index})
    places = np.arange(len(starts))
    for sex, colour in _SEXES.items():
        sign = -1 if sex == "male" else 1
        counts = np.array([now.get((sex, start), np.nan) for start in starts], dtype=float)
        axes.barh(
            places, sign * counts, height=0.9, color=colour, label=text(f"page_sex_{sex}", lang)
        )
        if then is None:
            continue
        later = np.array([then.get((sex, start), np.nan) for start in starts], dtype=float)
        if np.isfinite(later).any():
            edges = np.append(places - 0.5, places[-1] + 0.5)
            axes.stairs(sign * np.nan_to_num(later), edges, orientation="horizontal",
                        color="#222222", lw=1.0)  # fmt: skip
    axes.set_yticks(places[::2], [_age(starts, place, lang) for place in places[::2]])
    most = max(abs(limit) for limit in axes.get_xlim())
    axes.set_xlim(-most, most)
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):,.0f}")
    axes.set_xlabel(text("table_pyramid_axis", lang))
    axes.axvline(0, color="#ffffff", lw=0.8)
    _tidy(axes)
    axes.legend(loc="upper right", frameon=False)


def _age(starts: list[int], place: int, lang: Language) -> str:
    if place == len(starts) - 1:
        return text("page_age_open", lang, age=starts[place])
    return text("page_age_band", lang, low=starts[place], high=starts[place + 1] - 1)


def draw_scatter(
    result: Result, across: str, up: str, *, level: int = 0, lang: Language | None = None
) -> Figure:
    """Draw two indicators against one another, a point a zone.

    Parameters
    ----------
    result, level, lang
        As in :func:`draw_pyramid`.
    across, up
        Names of the indicators.

    Returns
    -------
    matplotlib.figure.Figure
        Where the level holds their correlation with its line: the line, the interval of the
        mean, r and p; the zones farthest from it are named.
    """
    result, lang = publishable(result), lang or result.lang
    held = result.levels[level]
    pair = _correlation(held, across, up)
    x, y = (held.values[name].to_numpy(dtype=float) for name in (across, up))
    known = np.isfinite(x) & np.isfinite(y)
    told = text("figures_scatter_told", lang, n=int(known.sum()), missing=int((~known).sum()))
    if pair is not None:
        p = pair.p_spatial if np.isfinite(pair.p_spatial) else pair.p
        told += text(
            "figures_scatter_r",
            lang,
            r=f"{pair.value:.2f}",
            p="<0.0001" if p < 1e-4 else shown_p(p),
        )
    one, other = indicator_of(result, across), indicator_of(result, up)
    with style():
        title = text("figures_scatter", lang, first=one.label[lang], second=other.label[lang],
                     level=level_word(held, lang))  # fmt: skip
        figure = open_sheet(result, title, told=told, level=held, lang=lang)
        low = top_of_notices(result, lang)
        axes = figure.add_axes((0.11, low + 0.08, 0.82, 0.78 - low))
        axes.scatter(x[known], y[known], s=16, color=_POINT, edgecolors="#ffffff", lw=0.4, zorder=3)
        fitted = _draw_line(axes, pair, x, lang)
        _name_far(axes, x, y, fitted, list(held.zones.named(lang)))
        for axis, indicator in ((axes.xaxis, one), (axes.yaxis, other)):
            unit = text(f"page_unit_name_{indicator.unit}", lang)
            axis.set_label_text(f"{indicator.label[lang]} [{unit}]")
            if indicator.unit == "share":
                axis.set_major_formatter(lambda value, _: f"{100 * value:.0f}")
        _tidy(axes)
    return figure


def _correlation(level: Level, across: str, up: str) -> Correlation | None:
    return next((one for one in level.correlations if one.indicators == (across, up)), None)


def _draw_line(
    axes: Axes, pair: Correlation | None, x: np.ndarray, lang: Language
) -> np.ndarray | None:
    """Draw the line of a correlation and its interval; return the line at each ``x``."""
    line = None if pair is None else pair.line
    if line is None or pair is None:
        return None
    axes.plot(line["x"], line["fitted"], color=_LINE, lw=1.2, zorder=2)
    said = text("figures_interval", lang, percent=f"{100 * (1 - pair.alpha):.0f}")
    axes.fill_between(line["x"], line["low"], line["high"], color=_LINE, alpha=0.12, lw=0,
                      label=said)  # fmt: skip
    axes.legend(loc="best", frameon=False)
    order = np.argsort(line["x"].to_numpy())
    across, up = (line[key].to_numpy()[order] for key in ("x", "fitted"))
    return np.asarray(np.interp(x, across, up))


def _name_far(
    axes: Axes, x: np.ndarray, y: np.ndarray, fitted: np.ndarray | None, names: list[str]
) -> None:
    """Name the zones farthest from the line, or from the middle where there is none."""
    if not (np.isfinite(x) & np.isfinite(y)).any():
        return
    if fitted is None:
        spread = [np.nanstd(one) or 1.0 for one in (x, y)]
        far = np.hypot((x - np.nanmean(x)) / spread[0], (y - np.nanmean(y)) / spread[1])
    else:
        far = np.abs(y - fitted)
    order = [
        place for place in np.argsort(-np.nan_to_num(far, nan=-1.0)) if np.isfinite(far[place])
    ]
    middle = np.nanmean(x)
    for place in order[:_LABELLED]:
        left = x[place] > middle
        axes.annotate(
            str(names[place])[:14], (x[place], y[place]), xytext=(-4 if left else 4, 3),
            textcoords="offset points", size=6.5, ha="right" if left else "left", zorder=4,
        )  # fmt: skip


def draw_projection(result: Result, *, level: int = 0, lang: Language | None = None) -> Figure:
    """Draw persons to come by three age groups, summed over the projected zones.

    Parameters
    ----------
    result, level, lang
        As in :func:`draw_pyramid`; the level must have a projection.
    """
    result, lang = publishable(result), lang or result.lang
    held = result.levels[level]
    projection = projection_of(held)
    population: Any = projection.population.dropna(how="all")
    ages = population.columns.get_level_values("age_start")
    of_year = population.columns.get_level_values("year")
    bars = {
        (low, high): [
            float(population.loc[:, (of_year == year) & (ages >= low) & (ages < high)].sum().sum())
            for year in projection.years
        ]
        for low, high, _ in _AGES
    }
    told = text(
        "figures_projection_told", lang, n=projection.n, missing=projection.n_missing,
        base=f"{projection.base}", method=text(f"figures_{projection.method}", lang),
    )  # fmt: skip
    with style():
        title = text("figures_projection", lang, first=f"{projection.base}",
                     last=f"{projection.years[-1]}")  # fmt: skip
        figure = open_sheet(result, title, told=told, level=held, lang=lang)
        low = top_of_notices(result, lang)
        axes = figure.add_axes((0.11, low + 0.1, 0.82, 0.74 - low))
        _bars(axes, projection.years, bars, lang)
    return figure


def _bars(
    axes: Axes, years: Iterable[int], bars: dict[tuple[int, int], list[float]], lang: Language
) -> None:
    labels = [f"{year}" for year in years]
    bottom = np.zeros(len(labels))
    for low, high, colour in _AGES:
        counts = np.array(bars[low, high])
        axes.bar(labels, counts, bottom=bottom, color=colour, width=0.7,
                 label=text(f"figures_age_{low}", lang))  # fmt: skip
        bottom = bottom + counts
    old = np.array(bars[65, 200])
    for place, (whole, aged) in enumerate(zip(bottom, old, strict=True)):
        share = f"{100 * aged / whole:.1f}%" if whole else "–"
        axes.text(place, whole, text("figures_bar", lang, persons=round(whole), share=share),
                  ha="center", va="bottom", size=7)  # fmt: skip
    axes.set_ylim(0, 1.15 * float(bottom.max() or 1.0))
    axes.set_ylabel(text("table_pyramid_axis", lang))
    axes.set_xlabel(text("table_year", lang))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    _tidy(axes)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.11), ncols=3, frameon=False)


def draw_funnel(
    result: Result, number: int = 0, *, level: int = 0, lang: Language | None = None
) -> Figure:
    """Draw a rate against the persons at risk, with the limits within which chance keeps it.

    Parameters
    ----------
    result, level, lang
        As in :func:`draw_pyramid`.
    number
        Which of the level's rates; it must have funnel limits.
    """
    result, lang = publishable(result), lang or result.lang
    held = result.levels[level]
    rate = held.rates[number]
    frame = rate.frame.dropna(subset=["value", "population", "funnel_low"])
    frame = frame.sort_values("population")
    out = (frame["value"] < frame["funnel_low"]) | (frame["value"] > frame["funnel_high"])
    names: Any = held.zones.named(lang).astype(str)
    label = label_of(result, rate.indicator, lang)
    with style():
        title = text("figures_funnel", lang, label=label, level=level_word(held, lang))
        told = text("figures_funnel_told", lang, n=len(frame), out=int(out.sum()),
                    percent=f"{100 * (1 - rate.alpha):.0f}")  # fmt: skip
        figure = open_sheet(result, title, told=told, level=held, lang=lang)
        low = top_of_notices(result, lang)
        axes = figure.add_axes((0.11, low + 0.08, 0.82, 0.78 - low))
        axes.fill_between(frame["population"], frame["funnel_low"], frame["funnel_high"],
                          color="#bdc9e1", alpha=0.5, lw=0)  # fmt: skip
        axes.axhline(rate.total, color="#555555", lw=0.8)
        fills = np.where(out, _LINE, _POINT)
        axes.scatter(frame["population"], frame["value"], s=16, c=fills, edgecolors="#ffffff",
                     lw=0.4, zorder=3)  # fmt: skip
        for zone, row in frame[out].head(12).iterrows():
            axes.annotate(str(names[zone])[:14], (row["population"], row["value"]), xytext=(4, 3),
                          textcoords="offset points", size=6.5)  # fmt: skip
        axes.set_xlabel(text("figures_at_risk", lang))
        axes.set_ylabel(label)
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        _tidy(axes)
    return figure


def draw_age_curve(
    result: Result, number: int = 0, *, level: int = 0, lang: Language | None = None
) -> Figure:
    """Draw a share by age, of all and of either sex, with its intervals.

    Parameters
    ----------
    result, level, lang
        As in :func:`draw_pyramid`.
    number
        Which of the level's age curves.
    """
    result, lang = publishable(result), lang or result.lang
    held = result.levels[level]
    curve = held.age_curves[number]
    label = label_of(result, curve.indicator, lang)
    whole: Any = curve.frame.loc["all"]
    starts = [int(age) for age in whole.index]
    told = text("figures_age_curve_told", lang, n=int(whole["population"].sum()),
                missing=int(whole["value"].isna().sum()),
                percent=f"{100 * (1 - curve.alpha):.0f}")  # fmt: skip
    with style():
        title = text("figures_age_curve", lang, label=label)
        figure = open_sheet(result, title, told=told, level=held, lang=lang)
        low = top_of_notices(result, lang)
        axes = figure.add_axes((0.11, low + 0.08, 0.82, 0.78 - low))
        for sex, colour in {"all": "#333333", **_SEXES}.items():
            part: Any = curve.frame.loc[sex].reindex(starts)
            said = text("figures_age_curve_all" if sex == "all" else f"page_sex_{sex}", lang)
            axes.plot(range(len(starts)), part["value"], color=colour, marker="o", ms=4,
                      lw=2.0 if sex == "all" else 1.1, label=said, zorder=3)  # fmt: skip
            axes.fill_between(range(len(starts)), part["low"], part["high"], color=colour,
                              alpha=0.13, lw=0)  # fmt: skip
        axes.set_xticks(range(len(starts)))
        axes.set_xticklabels([_age(starts, place, lang) for place in range(len(starts))])
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
        axes.set_ylabel(label)
        axes.legend(loc="upper left", frameon=False)
        _tidy(axes)
    return figure


def _tidy(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(color="#e4e4e4", lw=0.5)
    axes.set_axisbelow(True)
