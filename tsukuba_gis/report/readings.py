"""The table of words: what each rate, regression, projection … says, and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsukuba_gis.messages import Language, text
from tsukuba_gis.reading import (
    age_curve_words,
    correlation_words,
    economy_sentence,
    flows_cautions,
    flows_sentence,
    projection_cautions,
    projection_method,
    projection_sentence,
    rate_words,
    regression_words,
)
from tsukuba_gis.report.columns import Table, both, label_of, words
from tsukuba_gis.report.rate_tables import rate_name
from tsukuba_gis.report.statistic_tables import model_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tsukuba_gis.result import Level, Result


def readings(result: Result, names: list[str], lang: Language) -> Table:
    """One row a level and result: its finding, how sure it is, what it does not mean."""
    space = text("page_space", lang)
    rows = [
        (name, subject, space.join(said))
        for name, level in zip(names, result.levels, strict=True)
        for subject, said in _said(level, result, lang)
    ]
    rows += [("–", subject, space.join(said)) for subject, said in _beside(result, lang)]
    return Table(
        kind="readings",
        name=text("table_readings", lang),
        columns=(
            words("level", [row[0] for row in rows], lang),
            words("subject", [row[1] for row in rows], lang),
            words("in_words", [row[2] for row in rows], lang),
        ),
    )


def _said(level: Level, result: Result, lang: Language) -> Iterator[tuple[str, tuple[str, ...]]]:
    labels = {one.name: one.label[lang] for one in result.indicators}
    for rate in level.rates:
        label = label_of(result, rate.indicator, lang)
        yield rate_name(result, rate, lang), rate_words(rate, label=label, lang=lang)
    for curve in level.age_curves:
        label = label_of(result, curve.indicator, lang)
        subject = text("figures_age_curve", lang, label=label)
        yield subject, age_curve_words(curve, label=label, lang=lang)
    for pair in level.correlations:
        yield (
            both(result, pair.indicators, lang),
            correlation_words(pair, labels=labels, lang=lang),
        )
    for number, model in enumerate(level.regressions, start=1):
        yield (
            model_name(model, number, lang),
            regression_words(model, labels=labels, lang=lang),
        )
    if (one := level.projection) is not None:
        years = {"first": f"{one.base}", "last": f"{one.years[-1]}"}
        yield (
            text("figures_projection", lang, **years),
            (
                projection_sentence(one, lang=lang),
                projection_method(one, lang=lang),
                *projection_cautions(one, lang=lang),
            ),
        )


def _beside(result: Result, lang: Language) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Return what is said of flows and industries, which belong to no level."""
    for flows in result.flows:
        said = (flows_sentence(flows, lang=lang), *flows_cautions(flows, lang=lang))
        yield text(f"table_flows_{flows.kind}", lang), said
    if result.economy is not None:
        yield text("table_economy", lang), (economy_sentence(result.economy, lang=lang),)
