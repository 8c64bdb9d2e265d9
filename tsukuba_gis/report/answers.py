"""What each section of the page answers, in words made from the numbers by fixed rules.

The rules stand in the docstrings and in ``docs/report.md``. A sentence that calls something clear
needs p ≤ 0.05 (corrected where several were tested together, neighbours allowed for), or an
interval that leaves out the value of no difference.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tsukuba_gis.classes import format_value
from tsukuba_gis.messages import Language, text
from tsukuba_gis.reading import (
    LEVEL,
    economy_sentence,
    flows_cautions,
    flows_sentence,
    regions_cautions,
    regions_sentence,
    shown_p,
)
from tsukuba_gis.report.columns import label_of
from tsukuba_gis.report.findings import Finding, level_name
from tsukuba_gis.report.projection_tables import sums_by_year
from tsukuba_gis.report.rate_tables import rate_name
from tsukuba_gis.report.statistic_tables import term_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tsukuba_gis.result import (
        AgeCurve,
        Correlation,
        Economy,
        Flows,
        Level,
        Projection,
        Rate,
        Regression,
        Result,
    )

One = TypeVar("One")
# A change of fewer persons than this share is called about the same.
_STEADY = 0.01
# A zone that loses more than this share of its people by the last year is counted.
_LOSS = 0.1


def answers(result: Result, lang: Language) -> dict[str, tuple[Finding, ...]]:
    """Return the answers of the page's sections: section → statements.

    Parameters
    ----------
    result
        Outcome of a study, :func:`tsukuba_gis.publishing.publishable`.
    lang
        Of the sentences.

    Returns
    -------
    dict
        ``"choose"``: rates; ``"ages"``: shares by age; ``"clusters"``: regions; ``"relations"``:
        correlations and regressions; ``"future"``: persons to come, flows, industries. Sections
        of which the result knows nothing are empty.
    """
    level = max(result.levels, key=lambda one: len(one.zones))
    held: dict[str, list[Finding | None]] = {
        "choose": _each(lambda one: rate_answer(result, level, one, lang), _told(level.rates)),
        "ages": _each(lambda one: age_answer(result, one, lang), level.age_curves),
        "clusters": [region_answer(result, one, lang) for one in result.levels if one.regions],
        "relations": [
            *correlation_answers(result, level, lang),
            *_each(lambda one: regression_answer(result, one, lang), level.regressions[:1]),
        ],
        "future": [
            *(
                projection_answer(one, one.projection, lang)
                for one in [level]
                if one.projection is not None
            ),
            *_each(lambda one: flow_answer(one, lang), result.flows),
            *_each(lambda one: economy_answer(one, lang), [result.economy]),
        ],
    }
    return {
        section: tuple(one for one in found if one is not None) for section, found in held.items()
    }


def _told(rates: tuple[Rate, ...]) -> list[Rate]:
    """Return the rates of which something is said: not the crude one, where age is allowed for."""
    allowed = {one.indicator for one in rates if one.method == "indirect"}
    return [one for one in rates if one.method != "crude" or one.indicator not in allowed]


def _each(
    make: Callable[[One], Finding | None], some: Iterable[One | None]
) -> list[Finding | None]:
    """Return what is made of each part that is there."""
    return [make(one) for one in some if one is not None]


def _names(names: Iterable[str], lang: Language) -> str:
    return text("page_comma", lang).join(names)


def _within(label: str) -> str:
    """Return a label as it stands within a sentence: no capital, unless it is an abbreviation."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


# ---- rates and ages ---------------------------------------------------------------


def rate_answer(result: Result, level: Level, rate: Rate, lang: Language) -> Finding | None:
    """Tell where a rate is clearly above or below what was expected.

    Indirectly standardised: zones whose interval lies above or below 1. Crude: zones outside the
    limits of chance. Other rates: nothing, for they have neither.
    """
    frame = rate.frame.reindex(level.zones.ids)
    if rate.method == "indirect":
        high, low = frame["low"] > 1, frame["high"] < 1
    elif rate.method == "crude" and frame["funnel_low"].notna().any():
        high, low = frame["value"] > frame["funnel_high"], frame["value"] < frame["funnel_low"]
    else:
        return None
    label = rate_name(result, rate, lang)
    n = int(frame["value"].notna().sum())
    said = {"high": int(high.sum()), "low": int(low.sum())}
    key = "answer_rate" if sum(said.values()) else "answer_rate_none"
    top = frame.loc[high, "value"].sort_values(ascending=False, kind="stable").index[:3]
    names = _names(map(str, level.zones.named(lang)[top]), lang)
    detail = text("answer_rate_detail", lang, percent=f"{100 - 100 * rate.alpha:.0f}")
    if names:
        detail += text("answer_rate_top", lang, names=names)
    return Finding(headline=text(key, lang, label=label, n=n, **said), detail=detail)


def age_answer(result: Result, curve: AgeCurve, lang: Language) -> Finding | None:
    """Tell the share at the first and at the last age that is shown, and by sex at the last."""
    frame: Any = curve.frame
    rows = frame.loc["all"].dropna(subset=["value"])
    if len(rows) < 2:
        return None
    first, last = rows.index[0], rows.index[-1]
    label = label_of(result, curve.indicator, lang)

    def share(age: object, sex: str = "all") -> str:
        return format_value(float(frame.loc[(sex, age), "value"]), "share", lang, 1)

    headline = text("answer_age", lang, label=label, first=int(first), last=int(last),
                    low=share(first), high=share(last))  # fmt: skip
    detail = text("answer_age_detail", lang, last=int(last), female=share(last, "female"),
                  male=share(last, "male"))  # fmt: skip
    return Finding(headline=headline, detail=detail)


def region_answer(result: Result, level: Level, lang: Language) -> Finding:
    """Tell how many regions there are and how alike they are within."""
    assert level.regions is not None  # noqa: S101 - asked by the caller
    labels = {name: _within(label_of(result, name, lang)) for name in level.regions.variables}
    return Finding(
        headline=text("answer_regions", lang, k=level.regions.k,
                      level=level_name(level, lang).lower()),
        detail=text("page_space", lang).join(
            [regions_sentence(level.regions, labels, lang=lang),
             *regions_cautions(level.regions, lang=lang)]
        ),
    )  # fmt: skip


# ---- relations ----------------------------------------------------------------------


def judged_p(one: Correlation) -> float:
    """Return the p by which a correlation is judged: corrected, else with neighbours, else plain.

    Examples
    --------
    >>> judged_p(one)  # doctest: +SKIP
    0.004
    """
    return next(
        (p for p in (one.p_adjusted, one.p_spatial, one.p) if math.isfinite(p)), float("nan")
    )


def correlation_answers(result: Result, level: Level, lang: Language) -> list[Finding]:
    """Tell the strongest clear correlation and how many are not clear; or that none is.

    Clear: :func:`judged_p` ≤ 0.05. Strongest: the largest absolute value. Partial correlations
    are not counted.
    """
    some = [one for one in level.correlations if one.method != "partial"]
    if not some:
        return []
    clear = [one for one in some if judged_p(one) <= LEVEL]
    caution = text("answer_correlation_caution", lang)
    if not clear:
        headline = text("answer_correlation_none", lang, n=len(some))
        return [Finding(headline=headline, detail=caution)]
    best = max(clear, key=lambda one: abs(one.value))
    first, second = (_within(label_of(result, name, lang)) for name in best.indicators)
    key = "answer_correlation_up" if best.value > 0 else "answer_correlation_down"
    p = judged_p(best)
    detail = text(
        "answer_correlation_detail", lang, r=f"{best.value:.2f}", low=f"{best.low:.2f}",
        high=f"{best.high:.2f}", p="<0.0001" if p < 1e-4 else shown_p(p), n=best.n,
        clear=len(clear), all=len(some), level=level_name(level, lang).lower(),
    )  # fmt: skip
    return [Finding(headline=text(key, lang, first=first, second=second), detail=detail + caution)]


def regression_answer(result: Result, one: Regression, lang: Language) -> Finding:
    """Tell which explanatory indicators have an interval that leaves out 0, and what is left.

    The first model of the level; where the residuals of neighbours are alike (Moran, p ≤ 0.05)
    a caution is added.
    """
    outcome = label_of(result, one.outcome, lang)
    terms = one.coefficients.drop(index=["intercept", "lag", "error"], errors="ignore")
    up, down = (
        [_within(term_name(result, str(term), lang)) for term in terms.index[clear]]
        for clear in (terms["low"] > 0, terms["high"] < 0)
    )
    parts = [
        text(f"answer_regression_{way}", lang, names=_names(names, lang))
        for way, names in (("up", up), ("down", down))
        if names
    ]
    if parts:
        headline = text("answer_regression", lang, outcome=outcome, parts=_names(parts, lang))
    else:
        headline = text("answer_regression_none", lang, outcome=outcome)
    detail = text("answer_regression_detail", lang, n=one.n)
    r2 = one.fit.get("r2", one.fit.get("r2_pseudo", float("nan")))
    if math.isfinite(r2):
        detail += text("answer_regression_r2", lang, share=f"{100 * r2:.0f}")
    tests = one.diagnostics["p"]
    if tests.get("moran_residuals", 1.0) <= LEVEL:
        detail += text("answer_regression_neighbours", lang)
    return Finding(headline=headline, detail=detail)


# ---- what is to come ----------------------------------------------------------------


def projection_answer(level: Level, projection: Projection, lang: Language) -> Finding:
    """Tell persons and share 65+ at the base and at the last year, and how many zones shrink.

    Over the zones that are projected. Under 1 % of change is called about the same; a zone
    shrinks when it loses more than 10 %.
    """
    first, last = projection.base, projection.years[-1]
    total = sums_by_year(projection).dropna(how="any")
    old = sums_by_year(projection, least_age=65).loc[total.index]
    before, after = float(total[first].sum()), float(total[last].sum())
    if not len(total) or before == 0:
        return Finding(headline=text("answer_projection_none", lang), detail="")
    change = after / before - 1
    way = "same" if abs(change) < _STEADY else "up" if change > 0 else "down"
    share = [float(old[year].sum()) / float(total[year].sum()) for year in (first, last)]
    headline = text(
        f"answer_projection_{way}", lang, first=f"{first}", last=f"{last}",
        percent=f"{abs(100 * change):.1f}", old=f"{100 * share[0]:.1f}",
        older=f"{100 * share[1]:.1f}",
    )  # fmt: skip
    fall = total[last] / total[first].where(total[first] > 0) - 1
    detail = text(
        "answer_projection_detail", lang, before=round(before), after=round(after), n=len(total),
        missing=len(level.zones) - len(total), shrink=int((fall < -_LOSS).sum()),
        percent=f"{100 * _LOSS:.0f}",
    )  # fmt: skip
    error = None if projection.backtest is None else projection.backtest["mape"].get("all")
    if error is not None and np.isfinite(error):
        detail += text("answer_projection_error", lang, error=f"{100 * float(error):.1f}")
    return Finding(headline=headline, detail=detail)


def flow_answer(flows: Flows, lang: Language) -> Finding | None:
    """Tell which place gains and which loses most by flows."""
    net = flows.places["net"].dropna()
    if len(net) < 2:
        return None
    kind = text(f"table_flows_{flows.kind}", lang)
    gains, loses = net.idxmax(), net.idxmin()
    headline = text("answer_flows", lang, kind=kind, gains=str(gains), loses=str(loses),
                    more=round(float(net.max())), less=round(abs(float(net.min()))))  # fmt: skip
    said = (flows_sentence(flows, lang=lang), *flows_cautions(flows, lang=lang))
    detail = text("page_space", lang).join(said)
    return Finding(headline=headline, detail=detail)


def economy_answer(economy: Economy, lang: Language) -> Finding:
    """Tell the industry with the largest location quotient, and how growth is divided."""
    quotient: Any = economy.frame["location_quotient"]
    best = quotient.idxmax()
    headline = text("answer_economy", lang, area=economy.area, industry=str(best),
                    times=f"{float(quotient[best]):.1f}",
                    reference=economy.reference)  # fmt: skip
    return Finding(headline=headline, detail=economy_sentence(economy, lang=lang))
