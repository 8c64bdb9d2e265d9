"""Tasks on the numbers of districts: rates, correlation, regression, projection."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from tsukuba_gis.errors import InputError
from tsukuba_gis.messages import text
from tsukuba_gis.worker import style
from tsukuba_gis.worker.outcome import Outcome
from tsukuba_gis.worker.words import by_row, meant, notes, title

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.result import Projection, Rate
    from tsukuba_gis.worker.job import Job
    from tsukuba_gis.zones import Zones

_CORRELATION: Final = (
    "method", "value", "low", "high", "p", "p_spatial", "p_adjusted", "adjustment", "correction",
    "effective_n", "n", "n_missing",
)  # fmt: skip


def rates(job: Job) -> Outcome:
    """Events over persons, crude or shrunk, with what it takes to trust them."""
    zones = job.zones(by_row=True)
    events = job.numbers(zones, "events").iloc[:, 0]
    persons = job.numbers(zones, "population").iloc[:, 0]
    job.told("worker_step_compute", 0.4)
    found = _rate(job, zones, events, persons)
    frame = found.frame.rename(columns={"value": "rate"})
    frame.columns = [name if name == "rate" else f"rate_{name}" for name in frame.columns]
    label = str(events.name)
    drawn = style.graduated(frame["rate"], meant(job, label), field="rate", lang=job.lang)
    return Outcome(
        columns=by_row(frame),
        numbers={"total": found.total},
        styles={"output": drawn} if drawn else {},
        titles={"output": title(job, text(f"worker_rate_{found.method}", job.lang), label)},
        warnings=notes(zones.problems, job.lang),
    )


def _rate(job: Job, zones: Zones, events: pd.Series[float], persons: pd.Series[float]) -> Rate:
    from tsukuba_gis.rates import crude, eb_global, eb_local
    from tsukuba_gis.weights import weights_of

    options: dict[str, Any] = {"indicator": str(events.name), "chance": job.params["chance"]}
    method = job.params["method"]
    if method == "crude":
        return crude(events, persons, alpha=job.params["alpha"], **options)
    if method == "eb_global":
        return eb_global(events, persons, **options)
    graph = weights_of(zones, spelt=job.params["weights"])
    return eb_local(events, persons, graph, **options)


def correlation(job: Job) -> Outcome:
    """How fields go together over the districts, every pair of them."""
    import pandas as pd

    from tsukuba_gis.correlation import correlate_pairs

    zones = job.zones(by_row=True)
    data = job.numbers(zones, "fields")
    job.told("worker_step_compute", 0.4)
    found = correlate_pairs(
        data,
        method=job.params["method"],
        adjustment="dutilleul",
        points=_places(zones),
        alpha=job.params["alpha"],
        correction="holm",
    )
    rows = []
    for one in found:
        plain = asdict(one)
        first, second = one.indicators
        rows.append({"first": first, "second": second, **{k: plain[k] for k in _CORRELATION}})
    return Outcome(
        tables={"output": pd.DataFrame(rows)},
        titles={
            "output": title(
                job, text("worker_correlation", job.lang), ", ".join(map(str, data.columns))
            )
        },
        messages=(text("worker_ecological", job.lang),),
        warnings=notes(zones.problems, job.lang),
    )


def regression(job: Job) -> Outcome:
    """Explain one field by others, and look whether neighbours have like residuals."""
    from tsukuba_gis.regression import regress
    from tsukuba_gis.weights import weights_of

    zones = job.zones(by_row=True)
    outcome = job.numbers(zones, "field")
    explanatory = job.numbers(zones, "fields")
    offset = job.numbers(zones, "offset")
    job.told("worker_step_compute", 0.4)
    found = regress(
        outcome.join(explanatory).join(offset[[c for c in offset if c not in explanatory]]),
        outcome=str(outcome.columns[0]),
        explanatory=[str(name) for name in explanatory.columns],
        model=job.params["model"],
        offset=str(offset.columns[0]) if len(offset.columns) else None,
        graph=weights_of(zones, spelt=job.params["weights"]),
        points=_places(zones),
        alpha=job.params["alpha"],
        seed=job.params["seed"],
    )
    heading = title(job, text("worker_regression", job.lang), str(outcome.columns[0]))
    return Outcome(
        columns=by_row(found.frame.add_prefix("fit_")),
        tables={
            "coefficients": found.coefficients.rename_axis("term").reset_index(),
            "diagnostics": found.diagnostics.rename_axis("test").reset_index(),
        },
        numbers={"n_zones": found.n, "aic": found.fit.get("aic", float("nan"))},
        titles={"output": heading, "coefficients": text("worker_coefficients", job.lang),
                "diagnostics": text("worker_diagnostics", job.lang)},
        messages=(text("worker_ecological", job.lang),),
        warnings=notes(zones.problems, job.lang),
    )  # fmt: skip


def _places(zones: Zones) -> pd.DataFrame:
    """Return a place for each zone: its centroid."""
    import pandas as pd

    centre = zones.frame.geometry.centroid
    return pd.DataFrame({"x": centre.x, "y": centre.y}, index=zones.ids)


def cohort(job: Job) -> Outcome:
    """Project persons by district, sex and age: from two dates, or from one and rates."""
    from tsukuba_gis import reading

    zones = job.zones("zones")
    people, warnings = _people(job, zones, "records")
    component = job.params["method"] == "cohort_component"
    if component:
        job.told("worker_step_compute", 0.6)
        projected = _by_rates(job, zones, people)
    else:
        earlier, more = _people(job, zones, "earlier")
        warnings = (*more, *warnings)
        job.told("worker_step_compute", 0.6)
        projected = _by_change(job, earlier, people)
    totals = projected.population.T.groupby(level="year").sum(min_count=1).T
    what = "worker_cohort_component" if component else "worker_cohort"
    heading = title(job, text(what, job.lang), job.layers["zones"].title)
    return Outcome(
        columns=job.spread(totals.add_prefix("persons_"), "zones"),
        tables={"output": _long(projected)},
        numbers={"n_years": len(projected.years)},
        titles={"output": heading, "districts": heading},
        messages=(
            reading.projection_sentence(projected, lang=job.lang),
            reading.projection_method(projected, lang=job.lang),
        ),
        warnings=(
            *notes(zones.problems, job.lang),
            *warnings,
            *reading.projection_cautions(projected, lang=job.lang),
        ),
    )


def _people(job: Job, zones: Zones, name: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the persons of one date by district, sex and age, and what was wrong with them."""
    from tsukuba_gis.join import assign_zones
    from tsukuba_gis.tables import hide_small, population

    if name not in job.layers:
        raise InputError("worker_no_earlier")
    roles = {"age": "earlier_age", "sex": "earlier_sex"} if name == "earlier" else None
    records, problems = job.records(name, roles=roles)
    found = assign_zones(records.points, zones).zone_ids
    people = population(records, found, zones=zones.ids)
    if job.kind == "reference":
        people = hide_small(people, min_count=job.params["min_count"])
    return people, notes(problems, job.lang)


def _by_change(job: Job, earlier: pd.DataFrame, people: pd.DataFrame) -> Projection:
    """Project by what happened between the two dates: Hamilton–Perry."""
    from tsukuba_gis.cohort import hamilton_perry

    return hamilton_perry(
        earlier,
        people,
        years=(job.params["year_earlier"], job.params["year"]),
        until=job.params["until"],
        min_count=job.params["min_count"],
    )


def _by_rates(job: Job, zones: Zones, people: pd.DataFrame) -> Projection:
    """Project by survival, fertility and migration from files: cohort component."""
    from pathlib import Path

    from tsukuba_gis.cohort import cohort_component
    from tsukuba_gis.study import ProjectionRule
    from tsukuba_gis.study.ingredients import ids_by_name, rates_of
    from tsukuba_gis.tables import AGE_WIDTH

    files: dict[str, Any] = {
        name: Path(job.params[name])
        for name in ("survival", "fertility", "migration")
        if job.params[name]
    }
    year = job.params["year"]
    rule = ProjectionRule(
        base=year,
        until=job.params["until"],
        method="cohort_component",
        boys_per_girl=job.params["boys_per_girl"],
        **files,
    )
    rates = rates_of(rule, areas=ids_by_name(zones), base=year, width=AGE_WIDTH)
    return cohort_component(people, rates, start=year, min_count=job.params["min_count"])


def _long(projected: Projection) -> pd.DataFrame:
    """Return one row for each district, year, sex and age group."""
    table = projected.population.rename_axis(columns=["year", "sex", "age_start"])
    persons: Any = table.stack([0, 1, 2], future_stack=True)
    long: pd.DataFrame = persons.rename("persons").reset_index()
    return long
