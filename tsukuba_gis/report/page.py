"""The report page: one HTML file that needs no network and no server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tsukuba_gis.maps.offline import asset, data_element, leaflet_css, leaflet_js, policy
from tsukuba_gis.maps.payload import page_data, page_maps, start_indicator
from tsukuba_gis.messages import LANGUAGES, restated, table, text
from tsukuba_gis.publishing import publishable
from tsukuba_gis.report.answers import answers
from tsukuba_gis.report.findings import cluster_notes, clustering, findings

if TYPE_CHECKING:
    from tsukuba_gis.errors import Problem
    from tsukuba_gis.maps.offline import Tiles
    from tsukuba_gis.messages import Language
    from tsukuba_gis.result import Result

# More problems than these are counted, not listed: the workbook lists them all.
LISTED_PROBLEMS = 50


def write_page(result: Result, path: Path | str, *, tiles: Tiles | None = None) -> None:
    """Write the report page.

    Parameters
    ----------
    result
        Outcome of a study.
    path
        File to write, for example ``index.html``.
    tiles
        Background of the maps from the network: see :class:`tsukuba_gis.maps.Tiles`. None:
        the page loads nothing.

    Examples
    --------
    >>> write_page(result, "out/index.html")  # doctest: +SKIP
    """
    Path(path).write_text(page_html(result, tiles=tiles), encoding="utf-8", newline="\n")


def page_html(result: Result, *, tiles: Tiles | None = None) -> str:
    """Return the report page as text; the same result gives the same text."""
    result = publishable(result)
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    from tsukuba_gis.maps.leaflet import PAGE_SCRIPTS, OfflineMap, scripts

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    maps = {
        name: OfflineMap(name, title="", lang=result.lang).parts() for name in page_maps(result)
    }
    return environment.from_string(asset("page.html")).render(
        result=result,
        policy=policy(tiles),
        css=Markup(leaflet_css() + asset("map.css") + asset("page.css")),
        leaflet=Markup(leaflet_js()),
        maps={name: Markup(html) for name, (html, _) in maps.items()},
        map_scripts=Markup("\n".join(script for _, script in maps.values())),
        scripts=Markup(scripts(PAGE_SCRIPTS)),
        data=Markup(data_element(_data(result, tiles))),
        both=_both(Markup),
        texts=table(),
        languages=LANGUAGES,
        findings={
            lang: findings(result, start_indicator(result.indicators), lang) for lang in LANGUAGES
        },
        answers={lang: answers(result, lang) for lang in LANGUAGES},
        sources=_sources(result),
        problems={
            lang: [_problem(one, lang) for one in result.problems[:LISTED_PROBLEMS]]
            for lang in LANGUAGES
        },
        say=text,
        settings={
            name: _plain(value)
            for name, value in result.provenance.settings.items()
            if name != "seed"  # told by itself
        },
        paper={lang: _paper(result, lang) for lang in LANGUAGES},
    )


def _sources(result: Result) -> list[dict[Language, str]]:
    """Return where the zones of each level come from, by language."""
    return [
        {lang: restated(level.zones.source, lang) for lang in LANGUAGES} for level in result.levels
    ]


def _data(result: Result, tiles: Tiles | None) -> dict[str, Any]:
    """Return the page's data with, for each level and indicator, what its clusters mean."""
    data = page_data(result, tiles=tiles)
    for level, shown in zip(result.levels, data["levels"], strict=True):
        shown["readings"] = {
            one.name: {
                lang: {
                    "headline": clustering(level, one, lang).headline,
                    "notes": [
                        *filter(None, [clustering(level, one, lang).detail]),
                        *cluster_notes(level.lisa[one.name], one, lang),
                    ],
                }
                for lang in LANGUAGES
            }
            for one in result.indicators
            if one.name in level.lisa
        }
    return data


def _both(markup: Any) -> Any:
    """Return the template's way to say a text: in both languages, one of them shown."""

    def both(key: str, **values: object) -> Any:
        return markup("").join(
            markup('<span lang="{0}" data-lang="{0}">{1}</span>').format(
                lang, text(f"page_{key}", lang, **values)
            )
            for lang in LANGUAGES
        )

    return both


def _plain(value: object) -> str:
    """Return a setting as text: parts that are not set are left out."""
    if isinstance(value, Mapping):
        parts = [f"{name}: {_plain(part)}" for name, part in value.items()]
        return ", ".join(part for part in parts if not part.endswith(": "))
    if isinstance(value, list | tuple):
        return "; ".join(filter(None, map(_plain, value)))
    return "" if value is None else str(value)


def _paper(result: Result, lang: Language) -> str:
    """Return the style of printed pages: notices on top and title below, on every page."""

    def quoted(words: str) -> str:
        inert = "".join(
            sign if sign.isalnum() or sign == " " else f"\\{ord(sign):x} " for sign in words
        )
        return f'"{inert}"'

    notices = quoted(" / ".join(result.notices[lang]))
    title = quoted(result.title[lang])
    return (
        f"@page {{ @top-left {{ content: {notices}; color: #a1122a; font: 7.5pt sans-serif; }} "
        f"@bottom-left {{ content: {title}; font: 7.5pt sans-serif; }} "
        '@bottom-right { content: counter(page) " / " counter(pages); font: 7.5pt sans-serif; } }'
    )


def _problem(problem: Problem, lang: Language) -> dict[str, str]:
    return {
        "severity": text(f"page_severity_{problem.severity}", lang),
        "where": " ".join(
            part
            for part in (
                problem.file,
                "" if problem.row is None else text("page_row", lang, n=problem.row),
                problem.column or "",
            )
            if part
        ),
        "what": text(problem.key, lang, **problem.values),
    }
