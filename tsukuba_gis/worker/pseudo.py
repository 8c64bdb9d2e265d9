"""Tasks that make pseudo-citizen records: measure, audit, generate, evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tsukuba_gis.errors import InputError
from tsukuba_gis.messages import text
from tsukuba_gis.worker.outcome import Outcome
from tsukuba_gis.worker.words import notes

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.pseudo.proof.evaluation import Evaluation
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.worker.job import Job
    from tsukuba_gis.zones import Zones


def measure(job: Job) -> Outcome:
    """Reduce a register to safe statistics: the step that sees people."""
    from tsukuba_gis.pseudo.measure import measure as compute
    from tsukuba_gis.pseudo.spec import Spec

    records, problems = job.records()
    if records.kind == "pseudo":
        raise InputError("pseudo_already", source=records.source)
    job.told("worker_step_compute", 0.3)
    statistics = compute(records, Spec.tsukuba(k=job.params["k"]), zones=_homes(job))
    statistics.save(job.files["output"])
    return _told(statistics, warnings=notes(problems, job.lang), job=job)


def audit(job: Job) -> Outcome:
    """Attack a statistics file, give up what follows from it, and write the review page."""
    from tsukuba_gis.pseudo.audit import audit as compute
    from tsukuba_gis.pseudo.review import write_review
    from tsukuba_gis.pseudo.statistics import Statistics

    statistics = compute(Statistics.load(Path(job.params["statistics"])))
    statistics.save(job.files["output"])
    if "html" in job.files:
        write_review(statistics, job.files["html"], lang=job.lang)
    return _told(statistics, warnings=(), job=job)


def _told(statistics: Statistics, *, warnings: tuple[str, ...], job: Job) -> Outcome:
    tables, counts, sha256 = len(statistics.tables), statistics.counts, statistics.sha256
    said = text("pseudo_told", job.lang, tables=tables, counts=counts, sha256=sha256)
    numbers: dict[str, float | str] = {"tables": tables, "counts": counts, "sha256": sha256}
    return Outcome(numbers=numbers, messages=(said,), warnings=warnings)


def generate(job: Job) -> Outcome:
    """Make pseudo records from an audited statistics file and a key."""
    import geopandas as gpd

    from tsukuba_gis.pseudo.generate import generate as compute
    from tsukuba_gis.pseudo.keys import read_key
    from tsukuba_gis.pseudo.statistics import Statistics

    statistics = Statistics.load(Path(job.params["statistics"]))
    job.told("worker_step_compute", 0.3)
    records = compute(statistics, key=read_key(Path(job.params["key_file"])), zones=_homes(job))
    table: pd.DataFrame = records.frame.reset_index(drop=True)
    if {"lon", "lat"} <= set(table.columns):
        table = gpd.GeoDataFrame(table, geometry=records.points.array, crs=records.points.crs)
    return Outcome(
        tables={"output": table},
        titles={"output": text("worker_pseudo_records", job.lang)},
        numbers={"n_records": len(records)},
        messages=job.notices(),
    )


def evaluate(job: Job) -> Outcome:
    """Measure risk and worth of pseudo records against the people they stand for."""
    from tsukuba_gis.pseudo.generate import generate as make
    from tsukuba_gis.pseudo.keys import read_key
    from tsukuba_gis.pseudo.proof.certificate import write_certificate
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.study import judge

    records, problems = job.records()
    statistics = Statistics.load(Path(job.params["statistics"]))
    zones, key = _homes(job), read_key(Path(job.params["key_file"]))
    job.told("worker_step_compute", 0.2)
    made = make(statistics, key=key, zones=zones)
    evaluation = judge(records, made, statistics, key=key, zones=zones)
    if "html" in job.files:
        write_certificate(evaluation, job.files["html"], lang=job.lang)
    failed = ", ".join(evaluation.failed)
    verdict = "worker_passed" if evaluation.passed else "worker_not_passed"
    return Outcome(
        tables={"output": _metrics(evaluation)},
        titles={"output": text("worker_metrics", job.lang)},
        numbers={"passed": int(evaluation.passed), "failed": failed},
        messages=(text(verdict, job.lang, failed=failed),),
        warnings=notes(problems, job.lang),
    )


def _metrics(evaluation: Evaluation) -> pd.DataFrame:
    import pandas as pd

    names = ("name", "kind", "value", "low", "high", "at_least", "at_most", "n", "passed")
    rows = [
        {**{name: getattr(one, name) for name in names}, "subject": ", ".join(one.subject)}
        for one in evaluation.metrics
    ]
    frame = pd.DataFrame(rows)
    numbers = ["value", "low", "high", "at_least", "at_most"]
    return frame.astype(dict.fromkeys(numbers, float) | {"n": "Int64", "passed": "boolean"})


def _homes(job: Job) -> Zones | None:
    """Return the polygons in which homes are placed, where they were given."""
    return job.zones("zones") if "zones" in job.layers else None
