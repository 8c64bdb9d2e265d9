"""Pseudo-citizen records inside a study: measured, audited, generated, and certified."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tsukuba_gis.errors import InputError
from tsukuba_gis.messages import text
from tsukuba_gis.study.inputs import read_study_zones

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.pseudo.evaluation import Evaluation
    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.pseudo.swap import Swapped
    from tsukuba_gis.records import Records
    from tsukuba_gis.study.description import Study
    from tsukuba_gis.zones import Zones


def pseudo_of(study: Study, records: Records) -> tuple[Records, Mapping[str, str], pd.DataFrame]:
    """Return pseudo records made from the study's own, and the pages that prove them.

    The third part are the age bands by cluster and sex whose counts are those of the
    records: ``cluster``, ``sex``, ``start``.

    The key of the draws is made from the study's seed: pseudo records are a
    function of the statistics and the key, and the key opens nothing.

    Raises
    ------
    InputError
        If the records are pseudo already, or the areas' polygons are not in the study.
    DisclosureError
        If the audit fails, or a declared number is not kept.
    """
    if study.pseudo is None or records.kind == "pseudo":
        raise InputError("pseudo_already", source=records.source)
    from tsukuba_gis.pseudo.audit import audit
    from tsukuba_gis.pseudo.generate import generate
    from tsukuba_gis.pseudo.measure import measure

    zones = home_zones(study, study.pseudo)
    key = f"study {study.seed}"
    statistics = audit(measure(records, study.pseudo, zones=zones))
    pseudo = generate(statistics, key=key, zones=zones)
    pages: dict[str, str] = {}
    if study.certify:
        from tsukuba_gis.pseudo.certificate import certificate

        evaluation = judge(records, pseudo, statistics, key=key, zones=zones, seed=study.seed)
        evaluation.require_passed()
        pages[text("page_certificate", study.lang)] = certificate(evaluation, lang=study.lang)
    return pseudo, pages, statistics.tables["bands"]


def judge(
    records: Records,
    pseudo: Records,
    statistics: Statistics,
    *,
    key: str | bytes,
    zones: Zones | None,
    seed: int = 1,
) -> Evaluation:
    """Measure risk and worth of pseudo records, by the rules of their own statistics file.

    The neighbours of an area, for Moran's I, are those that share a border or a corner.
    """
    from tsukuba_gis.pseudo.audit import audit
    from tsukuba_gis.pseudo.evaluate import evaluate
    from tsukuba_gis.pseudo.generate import generate
    from tsukuba_gis.pseudo.measure import measure

    def make(people: Records) -> Records:
        measured = audit(measure(people, statistics.spec, zones=zones))
        return generate(measured, key=key, zones=zones)

    neighbours = None
    if zones is not None:
        from tsukuba_gis.weights import queen

        neighbours = queen(zones).adjacency
    return evaluate(
        records, pseudo, statistics, make=make, zones=zones, neighbours=neighbours, seed=seed
    )


def judge_swapped(
    records: Records, swapped: Swapped, rules: Spec, *, key: str | bytes, seed: int = 1
) -> Evaluation:
    """Measure what swapping leaves to be found, and what it costs.

    Parameters
    ----------
    records, swapped
        The register, and what :func:`tsukuba_gis.pseudo.swap.swap` made of it.
    rules, key
        Those of the swap; people are swapped again, from the source alone.
    seed
        Of the divisions.
    """
    from tsukuba_gis.pseudo.evaluate import evaluate
    from tsukuba_gis.pseudo.swap import swap

    def make(people: Records) -> Records:
        return swap(people, rules, key=key).records

    return evaluate(
        records, swapped.records, rules, make=make, seed=seed, origins=swapped.origins
    )  # fmt: skip


def home_zones(study: Study, rules: Spec) -> Zones | None:
    """Return the polygons in which homes are placed: the study's zones of the spec's area.

    None where the spec names no home points, or the study has no such zones:
    then no place is measured, and none is drawn.
    """
    if rules.lon is None:
        return None
    for source in study.zones:
        if rules.area in (source.kind, source.column):
            return read_study_zones(source, lang=study.lang)
    return None
