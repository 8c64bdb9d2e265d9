"""What an analyst does with the records, one use after the other, real beside pseudo."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from tsukuba_gis.errors import MissingExtraError
from tsukuba_gis.pseudo.proof import relations, utility
from tsukuba_gis.pseudo.proof.columns import (
    AGED,
    BAND,
    FIVE_YEARS,
    NEED,
    SIZE,
    TEN_YEARS,
    YOUNG,
    present,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from tsukuba_gis.pseudo.proof.holdout import Holdout
    from tsukuba_gis.pseudo.proof.metric import Metric
    from tsukuba_gis.pseudo.spec import Spec

    Measure = Callable[[pd.DataFrame, pd.DataFrame], Metric]


def uses(
    real: pd.DataFrame,
    fake: pd.DataFrame,
    people: Holdout,
    spec: Spec,
    *,
    seed: int,
    size: int,
) -> Iterator[Metric]:
    """Measure every use that the columns allow.

    Parameters
    ----------
    real, fake
        All real people, and the pseudo records made from them.
    people
        Groups of real people: how far two of them lie apart is the baseline.
    spec
        Which column plays which part.
    seed, size
        Of the samples: rows of each side that are told apart.
    """
    yield from _counts(real, fake, people, spec)
    yield from _areas(real, fake, people, spec)
    yield from _relations(real, fake, people, spec)
    yield from _told_apart(real, fake, spec, seed=seed, size=size)
    yield from _numbers(real, fake, people, spec)


def _counts(
    real: pd.DataFrame, fake: pd.DataFrame, people: Holdout, spec: Spec
) -> Iterator[Metric]:
    sex = present(real, spec.sex)
    plans: list[tuple[list[str | None], float | None]] = [
        ([spec.cluster, *sex, FIVE_YEARS], 0.99),
        ([spec.cluster, AGED, spec.care], 0.99),
        ([spec.cluster, *sex, FIVE_YEARS, spec.care], 0.85),
        ([spec.cluster, spec.household_type, spec.relation, *sex, TEN_YEARS], None),
        ([spec.area, BAND], 0.99),
    ]
    for columns, at_least in plans:
        chosen = [column for column in columns if column is not None]
        if len(chosen) < len(columns):
            continue
        yield _beside(
            people, real, fake,
            lambda a, b, chosen=chosen, at_least=at_least: utility.cells_equal(  # type: ignore[misc]
                a, b, chosen, k=spec.k, at_least=at_least),
        )  # fmt: skip
        if at_least == 0.99:
            yield _beside(
                people,
                real,
                fake,
                lambda a, b, chosen=chosen: utility.tvd(a, b, chosen),  # type: ignore[misc]
            )
    for column in spec.sums:
        yield _beside(
            people, real, fake,
            lambda a, b, column=column: utility.sums_equal(  # type: ignore[misc]
                a, b, by=[spec.cluster], column=column),
        )  # fmt: skip


def _areas(real: pd.DataFrame, fake: pd.DataFrame, people: Holdout, spec: Spec) -> Iterator[Metric]:
    if spec.area is None:
        return
    area = spec.area
    both = [
        utility.area_means(a, b, spec.mean_columns, area=area, k=spec.k)
        for a, b in ((people.holdout, people.source), (real, fake))
    ]
    for baseline, found in zip(*both, strict=True):
        yield dataclasses.replace(found, null=baseline.value)
    yield _beside(
        people, real, fake,
        lambda a, b: utility.pairs_equal(a, b, area=area, columns=(AGED, YOUNG), k=spec.k),
    )  # fmt: skip


def _relations(
    real: pd.DataFrame, fake: pd.DataFrame, people: Holdout, spec: Spec
) -> Iterator[Metric]:
    columns = present(real, spec.age, NEED, SIZE, *spec.numeric)
    yield _beside(people, real, fake, lambda a, b: relations.spearman_difference(a, b, columns))
    if spec.care:
        yield _beside(
            people, real, fake,
            lambda a, b: relations.spearman_difference(
                a, b, [spec.age, NEED], at_most=0.01, name="spearman_care"),
        )  # fmt: skip
    if spec.sums:
        yield _beside(
            people, real, fake,
            lambda a, b: relations.coefficient_overlap(
                a, b, response=spec.sums[-1], numbers=[spec.age],
                categories=present(a, spec.sex, spec.care)),
        )  # fmt: skip
    if spec.household and spec.relation:
        for other in ("spouse", "child"):
            yield _beside(
                people, real, fake,
                lambda a, b, other=other: utility.age_gaps(  # type: ignore[misc]
                    a, b, household=str(spec.household), relation=str(spec.relation),
                    age=spec.age, pair=(spec.head, other), k=spec.k),
            )  # fmt: skip


def _told_apart(
    real: pd.DataFrame, fake: pd.DataFrame, spec: Spec, *, seed: int, size: int
) -> Iterator[Metric]:
    columns = present(real, spec.age, spec.sex, NEED, SIZE, *spec.numeric)
    yield relations.propensity(real, fake, columns, seed=seed, size=size)
    more = [*columns, *present(real, spec.cluster, spec.household_type, spec.relation)]
    try:
        yield relations.classifier_auc(
            real, fake, more, household=spec.household, seed=seed, size=size
        )
    except MissingExtraError:  # evaluate says which measures are absent, and why
        return


def _numbers(
    real: pd.DataFrame, fake: pd.DataFrame, people: Holdout, spec: Spec
) -> Iterator[Metric]:
    for column in spec.numeric:
        for measure in (utility.spread_ratio, utility.tail_ratio):
            yield _beside(people, real, fake, lambda a, b: measure(a, b, column, k=spec.k))  # noqa: B023


def _beside(people: Holdout, real: pd.DataFrame, fake: pd.DataFrame, measure: Measure) -> Metric:
    """Return a measure with its baseline: what two groups of real people give by chance."""
    baseline = measure(people.holdout, people.source)
    return dataclasses.replace(measure(real, fake), null=baseline.value)
