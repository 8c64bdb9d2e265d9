"""Pseudo-citizen records inside a study: measured, audited, generated, and certified."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from tsukuba_gis.errors import DisclosureError, InputError, Problem, TsukubaGisError
from tsukuba_gis.messages import text
from tsukuba_gis.second_process import Beside
from tsukuba_gis.study.inputs import read_study_zones

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from tsukuba_gis.messages import Language
    from tsukuba_gis.pseudo.proof.evaluation import Effort, Evaluation
    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.pseudo.swap import Swapped
    from tsukuba_gis.records import Records
    from tsukuba_gis.study.description import Study
    from tsukuba_gis.zones import Zones

    Weigh = Callable[[Records, Statistics], Evaluation]

# With fewer records a tenth of them is too few to be attacked: three tenths are.
_FEW: Final = 20_000
# Faults that only say that there are too few people to be divided and attacked.
_TOO_FEW: Final = (
    "pseudo_too_few", "pseudo_too_few_for_holdout", "pseudo_zones_unknown", "pseudo_not_repaired",
    "pseudo_codes_rare", "certificate_too_few",
)  # fmt: skip
# A bundled register of fewer is studied as it is: its districts would have to be merged.
_DEMO: Final = 8_000


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Made:
    """What a study goes on with.

    ``records``: pseudo, or those of the study where there were too few.
    ``bands``: the age bands by cluster and sex whose counts are those of the
    records (``cluster``, ``sex``, ``start``); None where none were made.
    ``problems``: what was not done. ``certificate``: the page that proves the records,
    worked out in a second process from when the register was read; None where none was asked
    for. ``unproven``: what is told where there are too few people for it.
    """

    records: Records
    bands: pd.DataFrame | None = None
    problems: tuple[Problem, ...] = ()
    certificate: Beside | None = None
    unproven: Problem | None = None

    def proof(self) -> tuple[Mapping[str, str], tuple[Problem, ...]]:
        """Wait for the pages that prove the records, and for what could not be proven.

        Raises
        ------
        DisclosureError
            If a hard condition is not met.
        """
        if self.certificate is None:
            return {}, ()
        try:
            return self.certificate.result(), ()
        except TsukubaGisError as fault:
            if fault.key not in _TOO_FEW or self.unproven is None:
                raise
            return {}, (self.unproven,)

    def stop(self) -> None:
        """Leave the certificate, if it is still being worked out."""
        if self.certificate is not None:
            self.certificate.stop()


def pseudo_of(study: Study, records: Records) -> Made:
    """Return pseudo records made from the study's own, and what proves them.

    The key of the draws is made from the study's seed: pseudo records are a
    function of the statistics and the key, and the key opens nothing. The
    certificate is the quick one: a release needs that of ``pseudo evaluate``.

    A bundled register of fewer than 8,000 persons comes back as it is.

    Raises
    ------
    InputError
        If the records are pseudo already, or the areas' polygons are not in the study.
    DisclosureError
        If the audit fails, or a declared number is not kept.
    """
    if study.pseudo is None or records.kind == "pseudo":
        raise InputError("pseudo_already", source=records.source)
    if study.records.path is None and len(records) < _DEMO:
        told = _told("demo_without_pseudo", records, least=_DEMO)
        return Made(records=records, problems=(told,))
    from tsukuba_gis.pseudo.audit import audit
    from tsukuba_gis.pseudo.generate import generate
    from tsukuba_gis.pseudo.measure import measure

    zones = home_zones(study, study.pseudo)
    key = f"study {study.seed}"
    certificate = None
    if study.certify:
        certificate = Beside(_certifying, (study, records, study.pseudo, key, zones), waits=True)
    try:
        statistics = audit(measure(records, study.pseudo, zones=zones))
        pseudo = generate(statistics, key=key, zones=zones)
    except BaseException:
        if certificate is not None:
            certificate.stop()
        raise
    if certificate is not None:
        certificate.go_on(pseudo, statistics)
    left = left_out(records, study.pseudo, statistics)
    told = _told("pseudo_columns_left_out", records, path=records.source, columns=", ".join(left))
    return Made(
        records=pseudo,
        bands=statistics.tables["bands"],
        problems=(told,) if left else (),
        certificate=certificate,
        unproven=_told("certificate_too_few", records),
    )


def _certifying(
    study: Study, records: Records, rules: Spec, key: str, zones: Zones | None
) -> Callable[[Records, Statistics], Mapping[str, str]]:
    """Make the records that the certificate attacks; return what then makes its page."""
    from tsukuba_gis.pseudo.proof.evaluation import QUICK

    effort = QUICK if len(records) >= _FEW else replace(QUICK, share=0.3)
    weigh = _judging(records, rules, key=key, zones=zones, seed=study.seed, effort=effort)
    with suppress(ImportError):  # this process has to wait now: the imports are ready then
        import sklearn.ensemble  # noqa: F401
    return partial(_certified, weigh, study.lang)


def _certified(
    weigh: Weigh, lang: Language, pseudo: Records, statistics: Statistics
) -> Mapping[str, str]:
    """Return the certificate's page."""
    from tsukuba_gis.pseudo.proof.certificate import certificate

    evaluation = weigh(pseudo, statistics)
    evaluation.require_passed()
    return {text("page_certificate", lang): certificate(evaluation, lang=lang)}


def left_out(records: Records, rules: Spec, statistics: Statistics) -> tuple[str, ...]:
    """Return the columns of the spec that the register has and its statistics do not tell of."""
    return tuple(
        column for column in dict.fromkeys(rules.columns)
        if column in records.frame and column not in statistics.columns
    )  # fmt: skip


def _told(key: str, records: Records, **values: object) -> Problem:
    return Problem(
        severity="warning", file=records.source, row=None, column=None,
        key=key, values={"n": len(records), **values},
    )  # fmt: skip


def judge(
    records: Records,
    pseudo: Records,
    statistics: Statistics,
    *,
    key: str | bytes,
    zones: Zones | None,
    seed: int = 1,
    effort: Effort | None = None,
) -> Evaluation:
    """Measure risk and worth of pseudo records, by the rules of their own statistics file.

    ``effort`` is how much is measured; None: all that a release needs.

    The neighbours of an area, for Moran's I, are those that share a border or a corner.
    """
    from tsukuba_gis.pseudo.proof.evaluation import FULL

    weigh = _judging(
        records, statistics.spec, key=key, zones=zones, seed=seed, effort=effort or FULL
    )
    return weigh(pseudo, statistics)


def _judging(
    records: Records,
    rules: Spec,
    *,
    key: str | bytes,
    zones: Zones | None,
    seed: int,
    effort: Effort,
) -> Weigh:
    """Do what needs no pseudo records yet, and return what measures them."""
    from tsukuba_gis.pseudo.audit import audit
    from tsukuba_gis.pseudo.evaluate import tried, weighed
    from tsukuba_gis.pseudo.generate import generate
    from tsukuba_gis.pseudo.measure import measure

    def make(people: Records) -> Records:
        try:
            measured = audit(measure(people, rules, zones=zones))
        except TsukubaGisError as fault:  # not of the register, but of the part that is attacked
            if fault.key not in _TOO_FEW:
                raise
            raise DisclosureError("certificate_too_few", n=len(records)) from fault
        made = generate(measured, key=key, zones=zones)
        # Of fewer people less can be told: what is left out of these records alone is missing.
        places = () if zones is None else (rules.lon, rules.lat)
        wanted = {*made.frame.columns, *rules.sums, *rules.numeric, *places}
        every = [column for column in people.frame.columns if column in wanted]
        return replace(made, frame=made.frame.reindex(columns=every))

    trials = tried(records, rules, make=make, seed=seed, effort=effort, swapped=False)
    neighbours = None
    if zones is not None:
        from tsukuba_gis.weights import queen

        neighbours = queen(zones)
    return partial(
        weighed, records, trials=trials, zones=zones, neighbours=neighbours,
        by_area=None if zones is None else partial(_by_area, rules=rules, zones=zones),
        seed=seed, effort=effort,
    )  # fmt: skip


def _by_area(records: Records, *, rules: Spec, zones: Zones) -> pd.DataFrame:
    """Return every indicator that the columns allow, by area; NaN where it could not be published.

    Also of an invented register what one of real people could not publish is left out.
    """
    from tsukuba_gis.indicators import COUNTS, available, indicator_values

    hidden = replace(records, kind="reference")
    names = dict(zip(zones.names, zones.ids, strict=True)) | {zone: zone for zone in zones.ids}
    values, _, _ = indicator_values(
        hidden, records.frame[rules.area].astype("str").map(names), zones=zones,
        names=tuple(name for name in available(records) if name not in COUNTS),
        min_count=rules.k, severe=rules.heavy,
    )  # fmt: skip
    return values


def judge_swapped(
    records: Records, swapped: Swapped, rules: Spec, *, key: str | bytes, seed: int = 1
) -> Evaluation:
    """Measure what swapping leaves to be found, and what it costs.

    Parameters
    ----------
    records, swapped
        The register, and what :func:`tsukuba_gis.pseudo.swap.swap` made of it.
    rules, key
        Those of the swap; people are swapped again, from the source alone, in cells as large.
    seed
        Of the divisions.
    """
    from tsukuba_gis.pseudo.evaluate import evaluate
    from tsukuba_gis.pseudo.swap import swap

    def make(people: Records) -> Records:
        return swap(people, rules, key=key, cell=swapped.cell).records

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
