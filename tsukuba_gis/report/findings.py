"""What a result says, in words: the first thing that a reader sees."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tsukuba_gis.classes import format_value
from tsukuba_gis.messages import Language, text
from tsukuba_gis.reading import LEVEL, cautions, method, sentence

if TYPE_CHECKING:
    from tsukuba_gis.result import Indicator, Level, LocalMoran, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One statement: a sentence to remember and what stands behind it."""

    headline: str
    detail: str


def findings(result: Result, indicator: Indicator, lang: Language) -> tuple[Finding, ...]:
    """Return three statements on an indicator: where it is high, how much zones differ, clusters.

    The first two speak of the first level; the third of the level with most
    zones, where a test can see most.

    Parameters
    ----------
    result
        Outcome of a study.
    indicator
        One of the result's.
    lang
        Of the sentences.
    """
    finest = max(result.levels, key=lambda level: len(level.zones))
    return (
        _highest(result.levels[0], indicator, lang),
        _spread(result.levels[0], indicator, lang),
        clustering(finest, indicator, lang, brief=True),
    )


def level_name(level: Level, lang: Language) -> str:
    """Return what the zones of a level are called."""
    return text(f"page_level_{level.zones.kind}", lang)


def _said(value: float, indicator: Indicator, lang: Language) -> str:
    return format_value(value, indicator.unit, lang, indicator.digits)


def _shown(level: Level, indicator: Indicator, lang: Language) -> list[tuple[str, float]]:
    """Return name and value of the zones that have one, highest first, ties in zone order."""
    values = level.values[indicator.name]
    pairs = zip(level.zones.named(lang), values.to_numpy(dtype=float), strict=True)
    return sorted((pair for pair in pairs if pair[1] == pair[1]), key=lambda pair: -pair[1])


def _named(pair: tuple[str, float], indicator: Indicator, lang: Language) -> str:
    return text("page_name_value", lang, name=pair[0], value=_said(pair[1], indicator, lang))


def _equal(shown: list[tuple[str, float]], indicator: Indicator, lang: Language) -> str | None:
    """Return the value that two zones or more all have, as it is said; None where they differ."""
    said = {_said(value, indicator, lang) for _, value in shown}
    return said.pop() if len(said) == 1 and len(shown) > 1 else None


def _highest(level: Level, indicator: Indicator, lang: Language) -> Finding:
    label = indicator.label[lang]
    shown = _shown(level, indicator, lang)
    if not shown:
        return Finding(headline=text("page_none_shown", lang, label=label), detail="")
    value = _equal(shown, indicator, lang)
    top = text("page_comma", lang).join(_named(pair, indicator, lang) for pair in shown[:3])
    detail = text(
        "page_highest_detail",
        lang,
        level=level_name(level, lang).lower(),
        n=len(shown),
        city=_said(float(level.total[indicator.name]), indicator, lang),
    )
    hidden = len(level.zones) - len(shown)
    if hidden:
        detail += text("page_highest_hidden", lang, n=hidden)
    headline = (
        text("page_highest", lang, label=label, top=top)
        if value is None
        else text("page_equal", lang, label=label, value=value)
    )
    return Finding(headline=headline, detail=detail)


def _spread(level: Level, indicator: Indicator, lang: Language) -> Finding:
    shown = _shown(level, indicator, lang)
    if len(shown) < 2:
        return Finding(headline=text("page_spread_none", lang), detail="")
    if _equal(shown, indicator, lang) is not None:
        return Finding(headline=text("page_spread_equal", lang), detail="")
    (high, most), (low, least) = shown[0], shown[-1]
    gap = most - least
    words = {
        "high": high,
        "low": low,
        "gap": text("page_points", lang, n=f"{100 * gap:.{indicator.digits}f}")
        if indicator.unit == "share"
        else _said(gap, indicator, lang),
    }
    if least > 0:
        headline = text("page_spread", lang, **words, times=f"{most / least:.1f}")
    else:
        headline = text("page_spread_zero", lang, **words)
    city = float(level.total[indicator.name])
    detail = text(
        "page_spread_detail",
        lang,
        low=_named(shown[-1], indicator, lang),
        above=sum(value > city for _, value in shown),
        n=len(shown),
    )
    return Finding(headline=headline, detail=detail)


def clustering(
    level: Level, indicator: Indicator, lang: Language, *, brief: bool = False
) -> Finding:
    """Return what global Moran's I says of one indicator, in plain words.

    Parameters
    ----------
    level, indicator
        What is looked at.
    lang
        Of the sentences.
    brief
        Without how it was made, where the page tells that elsewhere.
    """
    label = indicator.label[lang]
    named = {"label": label, "level": level_name(level, lang).lower()}
    moran = level.moran.get(indicator.name)
    if moran is None or not math.isfinite(moran.p):
        return Finding(headline=text("page_moran_none", lang, **named), detail="")
    if moran.p > LEVEL:
        key = "page_moran_ns"
    else:
        key = "page_moran_positive" if moran.i > moran.expected else "page_moran_negative"
    said = [
        _without_label(sentence(moran, label=label, lang=lang), label),
        text("page_moran_not", lang),
        *(() if brief else (*cautions(moran, lang=lang), method(moran, lang=lang))),
    ]
    return Finding(headline=text(key, lang, **named), detail=text("page_space", lang).join(said))


def _without_label(said: str, label: str) -> str:
    """Return a sentence without the indicator's name, which the headline has told."""
    rest = said.removeprefix(f"{label}: ")
    return rest[:1].upper() + rest[1:]


def cluster_notes(lisa: LocalMoran, indicator: Indicator, lang: Language) -> list[str]:
    """Return what the local statistic says, what to bear in mind, and how it was made."""
    label = indicator.label[lang]
    return [
        _without_label(sentence(lisa, label=label, lang=lang), label),
        *cautions(lisa, lang=lang),
        method(lisa, lang=lang),
    ]
