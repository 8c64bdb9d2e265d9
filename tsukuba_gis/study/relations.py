"""Correlations and regressions of one level: from the numbers that are shown, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsukuba_gis.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from tsukuba_gis.neighbours import GraphLike
    from tsukuba_gis.result import Correlation, Regression
    from tsukuba_gis.study.description import RegressionRule, Study
    from tsukuba_gis.zones import Zones

_COUNTS = ("poisson", "negative_binomial")


def correlations_of(
    study: Study, values: pd.DataFrame, graph: GraphLike, *, zones: Zones
) -> tuple[Correlation, ...]:
    """Correlate the indicators that the study names, pair by pair."""
    from tsukuba_gis.correlation import correlate_pairs

    found: list[Correlation] = []
    for rule in study.correlations:
        if rule.zones not in (None, zones.kind):
            continue
        found += correlate_pairs(
            values[list(rule.indicators)],
            correction=rule.correction,
            method=rule.method,
            given=values[list(rule.given)] if rule.given else None,
            adjustment=rule.adjustment,
            points=zones.places,
            graph=graph,
            alpha=study.alpha,
            seed=study.seed,
        )
    return tuple(found)


def regressions_of(
    study: Study,
    values: pd.DataFrame,
    graph: GraphLike,
    *,
    zones: Zones,
    counts: Mapping[str, pd.DataFrame],
) -> tuple[tuple[Regression, ...], tuple[Problem, ...]]:
    """Fit the regressions that the study names, and tell those that cannot be.

    A model of events takes the persons above the line of its outcome, with those below it
    as offset, from ``counts``: of each share, hidden where it must be.
    """
    found, problems = [], []
    for rule in study.regressions:
        if rule.zones not in (None, zones.kind):
            continue
        try:
            found.append(_regression(rule, study, values, graph, zones=zones, counts=counts))
        except InputError as error:  # the rest of the study stands without it
            problems.append(
                Problem(
                    severity="warning", file=zones.source, row=None, column=None,
                    key=error.key, values=error.values,
                )
            )  # fmt: skip
    return tuple(found), tuple(problems)


def _regression(
    rule: RegressionRule,
    study: Study,
    values: pd.DataFrame,
    graph: GraphLike,
    *,
    zones: Zones,
    counts: Mapping[str, pd.DataFrame],
) -> Regression:
    from tsukuba_gis.regression import regress

    data, offset = values, None
    if rule.model in _COUNTS:
        if rule.outcome not in counts:
            raise InputError("regression_no_share", name=rule.outcome, model=rule.model)
        offset = "persons"
        data = values.assign(**counts[rule.outcome])
    return regress(
        data,
        outcome=rule.outcome,
        explanatory=rule.explanatory,
        model=rule.model,
        offset=offset,
        graph=graph,
        points=zones.places,
        alpha=study.alpha,
        seed=study.seed,
    )
