"""What the page shows of a level's statistics: clusters, regions, relations, rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.classes import local_classes, region_colour, value_classes
from tsukuba_gis.maps.packing import column, number, pack
from tsukuba_gis.messages import LANGUAGES, Language, text
from tsukuba_gis.reading import (
    cautions,
    label_of,
    regions_cautions,
    regions_method,
    regions_sentence,
    sentence,
    statistic_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from tsukuba_gis.result import (
        AgeCurve,
        Correlation,
        Indicator,
        Level,
        LocalAssociation,
        LocalMoran,
        LocalStatistic,
        Rate,
        Regions,
        Regression,
    )

    Indicators = Mapping[str, Indicator]
    Ids = pd.Index[str]


def class_sets(levels: Iterable[Level]) -> dict[str, list[dict[str, Any]]]:
    """Return the classes of each local statistic that is there: name, label, colour, hatching."""
    found: dict[LocalStatistic, None] = {"local_moran": None}
    found |= {one.statistic: None for level in levels for one in level.local}
    sets: dict[str, list[dict[str, Any]]] = {}
    for statistic in found:
        spoken = {lang: local_classes(statistic, lang=lang) for lang in LANGUAGES}
        sets[statistic] = [
            {
                "name": one.name,
                "label": {lang: spoken[lang][place].label for lang in LANGUAGES},
                "colour": one.colour,
                "hatched": one.hatched,
            }
            for place, one in enumerate(spoken["ja"])
        ]
    return sets


def _classed(
    statistic: LocalStatistic, found: LocalMoran | LocalAssociation, ids: Ids
) -> dict[str, Any]:
    """Return class and p of each zone, and how the statistic was asked."""
    frame = found.frame.reindex(ids)
    names = [one.name for one in local_classes(statistic, lang="ja")]
    # Classes at p_fdr ≤ alpha where corrected: that p is shown.
    return {
        "statistic": statistic,
        "cluster": "".join(str(names.index(name)) for name in frame["cluster"].fillna("missing")),
        "p": pack(frame["p_fdr" if found.fdr else "p"], scale=1e5),
        "alpha": found.alpha,
        "fdr": found.fdr,
        "permutations": found.permutations,
        "seed": found.seed,
    }


def lisa_data(lisa: LocalMoran, ids: Ids) -> dict[str, Any]:
    """Return local Moran's classes, and thousandths of z and lag for the scatter plot."""
    frame = lisa.frame.reindex(ids)
    return {
        **_classed("local_moran", lisa, ids),
        "z": pack(frame["z"], scale=1000),
        "lag": pack(frame["lag"], scale=1000),
    }


def local_data(one: LocalAssociation, indicators: Indicators, ids: Ids) -> dict[str, Any]:
    """Return the classes of a further local statistic, with what they mean in words."""
    named = {
        lang: label_of(
            one, {name: kept.label[lang] for name, kept in indicators.items()}, lang=lang
        )
        for lang in LANGUAGES
    }
    return {
        **_classed(one.statistic, one, ids),
        "label": {
            lang: text(
                "page_statistic_of",
                lang,
                statistic=statistic_name(one, lang=lang),
                indicator=named[lang],
            )
            for lang in LANGUAGES
        },
        "reading": {
            lang: {
                "headline": sentence(one, label=named[lang], lang=lang),
                "notes": list(cautions(one, lang=lang)),
            }
            for lang in LANGUAGES
        },
    }


def regions_data(regions: Regions, indicators: Indicators, ids: Ids) -> dict[str, Any]:
    """Return the region of each zone, their colours, sizes and means, and what they mean."""
    labels = regions.labels.reindex(ids)
    numbers = range(1, regions.k + 1)
    return {
        "labels": pack(labels.to_numpy(dtype=float, na_value=np.nan)),
        "colours": [region_colour(k) for k in numbers],
        "sizes": [int(regions.sizes.get(k, 0)) for k in numbers],
        "k": regions.k,
        "means": {
            name: column(regions.means[name].reindex(numbers))
            for name in regions.means.columns
            if name in indicators
        },
        "reading": {lang: _regions_reading(regions, indicators, lang) for lang in LANGUAGES},
    }


def _regions_reading(regions: Regions, indicators: Indicators, lang: Language) -> dict[str, Any]:
    labels = {name: kept.label[lang] for name, kept in indicators.items()}
    notes = (regions_method(regions, lang=lang), *regions_cautions(regions, lang=lang))
    return {"headline": regions_sentence(regions, labels, lang=lang), "notes": list(notes)}


def correlations_data(correlations: Iterable[Correlation]) -> list[dict[str, Any]]:
    """Return each correlation: the pair, r, its interval and both p."""
    return [
        {
            "x": one.indicators[0],
            "y": one.indicators[1],
            "method": one.method,
            "given": list(one.given),
            "r": number(one.value, 4),
            "low": number(one.low, 4),
            "high": number(one.high, 4),
            "alpha": one.alpha,
            "p": number(one.p, 3),
            "p_spatial": number(one.p_spatial, 3),
            "effective_n": number(one.effective_n, 4),
            "n": one.n,
        }
        for one in correlations
    ]


def regressions_data(one: Regression, ids: Ids) -> dict[str, Any]:
    """Return a regression: coefficients, fit, tests, and the columns that a map can show."""
    frame = one.frame.reindex(ids)
    shown = [name for name in frame.columns if name == "residual_std" or name.startswith("local_")]
    return {
        "outcome": one.outcome,
        "explanatory": list(one.explanatory),
        "model": one.model,
        "n": one.n,
        "alpha": one.alpha,
        "fit": {name: number(value, 4) for name, value in one.fit.items()},
        "coefficients": _rows(one.coefficients, ("estimate", "low", "high", "p")),
        "diagnostics": _rows(one.diagnostics, ("value", "p")),
        "layers": [
            {
                "name": name,
                "values": column(frame[name], 4),
                "edges": list(value_classes(frame[name], scheme=_scheme(name), digits=2).edges),
            }
            for name in shown
        ],
    }


def _scheme(name: str) -> Any:
    return "centred" if name == "residual_std" else "quantile"


def _rows(frame: pd.DataFrame, names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {"term": str(term), **{name: number(row[name], 4) for name in names if name in row}}
        for term, row in frame.iterrows()
    ]


def rates_data(rates: Iterable[Rate], indicators: Indicators, ids: Ids) -> list[dict[str, Any]]:
    """Return each rate as a further column: its label, values, interval and classes."""
    made = []
    for place, rate in enumerate(rates):
        base = indicators.get(rate.indicator)
        ratio = rate.method == "indirect"
        unit = "ratio" if ratio or base is None else base.unit
        digits = 2 if ratio or base is None else base.digits
        frame = rate.frame.reindex(ids)
        scale = 10 ** (digits + 1 + 2 * (unit == "share"))
        classes = value_classes(
            frame["value"],
            digits=digits + 2 * (unit == "share"),
            centre=1.0 if ratio else 0.0,
        )
        made.append(
            {
                "name": f"rate_{place}",
                "label": {
                    lang: text(
                        f"page_rate_{rate.method}",
                        lang,
                        indicator=rate.indicator if base is None else base.label[lang],
                    )
                    for lang in LANGUAGES
                },
                "unit": unit,
                "digits": digits,
                "values": column(frame["value"]),
                "bounds_scale": scale,
                "low": pack(frame["low"], scale=scale),
                "high": pack(frame["high"], scale=scale),
                "alpha": rate.alpha,
                "total": number(rate.total),
                "classes": {
                    "scheme": classes.scheme,
                    "edges": {classes.scheme: list(classes.edges)},
                },
            }
        )
    return made


def age_curve_data(curve: AgeCurve, indicators: Indicators) -> dict[str, Any]:
    """Return a share by age: both sexes with the interval, and of each sex."""
    frame: Any = curve.frame
    both, known = frame.loc["all"], indicators.get(curve.indicator)
    starts = both.index
    key = f"indicator_{curve.indicator}"
    return {
        "label": {
            lang: text(key, lang) if known is None else known.label[lang] for lang in LANGUAGES
        },
        "starts": [int(start) for start in starts],
        "value": {
            sex: column(frame.loc[sex, "value"].reindex(starts), 5)
            for sex in ("all", "female", "male")
        },
        "low": column(both["low"], 5),
        "high": column(both["high"], 5),
        "population": column(both["population"]),
        "alpha": curve.alpha,
    }
