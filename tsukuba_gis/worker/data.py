"""Tasks on records and layers: check, assign districts, aggregate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tsukuba_gis.messages import text
from tsukuba_gis.worker import style
from tsukuba_gis.worker.outcome import Outcome
from tsukuba_gis.worker.words import notes, page, title

if TYPE_CHECKING:
    from tsukuba_gis.result import MatchReport
    from tsukuba_gis.worker.job import Job


def check(job: Job) -> Outcome:
    """Look at a layer as at a file: what it holds, and what is wrong with it."""
    import pandas as pd

    from tsukuba_gis.io import check as look
    from tsukuba_gis.io import say_check
    from tsukuba_gis.io.findings import describe

    layer = job.layers["input"]
    found = look(layer.path)
    said = say_check(found, job.lang)
    heading = title(job, text("worker_check", job.lang), layer.title)
    page(job, "html", heading, (said,))
    rows = [
        (problem.severity, problem.row, problem.column, describe(problem, job.lang))
        for problem in found.problems
    ]
    table = pd.DataFrame(rows, columns=["severity", "row", "column", "text"])
    severity = table["severity"].value_counts()
    return Outcome(
        tables={"output": table.astype({"row": "Int64"})},
        numbers={
            "errors": int(severity.get("error", 0)),
            "warnings": int(severity.get("warning", 0)),
        },
        titles={"output": heading},
        messages=tuple(said.splitlines()),
    )


def assign(job: Job) -> Outcome:
    """Add to each point the district that it lies in."""
    import pandas as pd

    from tsukuba_gis.join import assign_zones

    zones = job.zones("zones")
    points = job.points()
    job.told("worker_step_compute", 0.4)
    found = assign_zones(points, zones, nearest=job.params["nearest"] or None)
    ids = found.zone_ids.astype(object)
    names = ids.map(zones.names)
    unmatched = found.zone_ids.index[found.zone_ids.isna()]
    return Outcome(
        columns=pd.DataFrame(
            {"zone_id": ids, "zone_name": names, "zone_status": found.status.astype(object)}
        ),
        subsets={"unmatched": list(unmatched)},
        numbers=_counts(found.report),
        titles={
            "output": title(job, text("worker_assigned", job.lang), job.layers["input"].title),
            "unmatched": title(job, text("worker_unmatched", job.lang), job.layers["input"].title),
        },
        messages=(_matched(found.report, job),),
        warnings=notes(zones.problems, job.lang),
    )


def aggregate(job: Job) -> Outcome:
    """Count the records in each zone, and compute the indicators."""
    from tsukuba_gis.classes import COUNT_UNITS
    from tsukuba_gis.indicators import available, indicator, indicator_values
    from tsukuba_gis.join import assign_zones

    zones = job.zones("zones")
    records, problems = job.records()
    job.told("worker_step_compute", 0.4)
    found = assign_zones(records.points, zones, nearest=job.params["nearest"] or None)
    names = tuple(job.params["indicators"]) or available(records)
    possible = available(records)
    lacking = [text(f"indicator_{name}", job.lang, severe="3-5") for name in names
               if name not in possible]  # fmt: skip
    values, masks, total = indicator_values(
        records,
        found.zone_ids,
        zones=zones,
        names=tuple(name for name in names if name in possible),
        min_count=job.params["min_count"],
        severe=job.params["severe"],
    )
    meant = [indicator(name, severe=job.params["severe"]) for name in values.columns]
    both = values.join(masks.add_suffix("_mask"))
    first = next((one for one in meant if one.unit not in COUNT_UNITS), None)
    drawn = first and style.graduated(values[first.name], first, field=first.name, lang=job.lang)
    label = first.label[job.lang] if first else job.layers["records"].title
    return Outcome(
        columns=job.spread(both, "zones"),
        labels={one.name: one.label[job.lang] for one in meant},
        styles={"output": drawn} if drawn else {},
        titles={"output": title(job, text("worker_aggregated", job.lang), label)},
        numbers=_counts(found.report) | {f"city_{name}": total[name] for name in total.index},
        messages=(_matched(found.report, job),),
        warnings=(
            *notes((*problems, *zones.problems), job.lang),
            *(text("worker_indicator_lacking", job.lang, label=one) for one in lacking),
        ),
    )


def _counts(report: MatchReport) -> dict[str, Any]:
    names = ("records", "matched", "on_border", "nearest", "outside", "missing")
    return {f"n_{name}": getattr(report, name) for name in names}


def _matched(report: MatchReport, job: Job) -> str:
    from tsukuba_gis.cli.console import match_line

    return match_line(report, job.layers["zones"].title, job.lang)
