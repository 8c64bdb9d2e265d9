"""Tasks on polygons that hold numbers of their own: autocorrelation and regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tsukuba_gis.messages import text
from tsukuba_gis.worker import style
from tsukuba_gis.worker.outcome import Outcome
from tsukuba_gis.worker.words import by_row, notes, page, title

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from tsukuba_gis.neighbours import Neighbours
    from tsukuba_gis.result import Association, LocalAssociation, LocalMoran, LocalStatistic, Moran
    from tsukuba_gis.worker.job import Job
    from tsukuba_gis.zones import Zones

    Local = LocalMoran | LocalAssociation

# Columns of the global statistics, in the order of their table.
_GLOBAL: Final = (
    "statistic", "value", "expected", "z", "p", "n", "n_missing", "n_islands", "permutations",
    "seed", "weights", "reading",
)  # fmt: skip


def global_autocorrelation(job: Job) -> Outcome:
    """Moran's I, Geary's C and, of numbers that are nowhere negative, the general G."""
    from tsukuba_gis import reading
    from tsukuba_gis.autocorrelation import geary, getis_ord_g, moran

    zones, graph, x = _numbers(job)
    job.told("worker_step_compute", 0.3)
    settings = {name: job.params[name] for name in ("permutations", "seed")}
    found: list[Moran | Association] = [moran(x, graph, **settings), geary(x, graph, **settings)]
    if not (x < 0).any():
        found.append(getis_ord_g(x, graph, **settings))
    label = str(x.name)
    rows = [_row(one, text=reading.sentence(one, label=label, lang=job.lang)) for one in found]
    lines = tuple(str(row["reading"]) for row in rows)
    warnings = reading.cautions(found[0], lang=job.lang)
    foot = reading.method(found[0], lang=job.lang)
    heading = title(job, text("worker_global", job.lang), label)
    page(job, "html", heading, (*lines, *warnings, foot))
    return Outcome(
        tables={"output": _frame(rows)},
        numbers={"i": rows[0]["value"], "z": rows[0]["z"], "p": rows[0]["p"]},
        titles={"output": heading},
        messages=(*lines, foot),
        warnings=(*notes(zones.problems, job.lang), *warnings),
    )


def _row(one: Moran | Association, *, text: str) -> dict[str, Any]:
    from tsukuba_gis.result import Moran

    own = one.i if isinstance(one, Moran) else one.value
    name = "moran" if isinstance(one, Moran) else one.statistic
    rest = {key: getattr(one, key) for key in _GLOBAL[2:-1]}
    return {"statistic": name, "value": own, **rest, "reading": text}


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=list(_GLOBAL))


def local_moran(job: Job) -> Outcome:
    """Local Moran's I: clusters of high and low values."""
    from tsukuba_gis.autocorrelation import local_moran as compute

    return _local(job, compute, statistic="local_moran", prefix="lisa")


def local_geary(job: Job) -> Outcome:
    """Local Geary's C: zones that are like, or unlike, their neighbours."""
    from tsukuba_gis.autocorrelation import local_geary as compute

    return _local(job, compute, statistic="local_geary", prefix="geary")


def local_g(job: Job) -> Outcome:
    """Getis and Ord's G*, or G: hot spots and cold spots."""
    from functools import partial

    from tsukuba_gis.autocorrelation import local_g as compute

    star = bool(job.params["star"])
    statistic: LocalStatistic = "local_g_star" if star else "local_g"
    return _local(job, partial(compute, star=star), statistic=statistic, prefix="gi")


def _local(
    job: Job, compute: Callable[..., Local], *, statistic: LocalStatistic, prefix: str
) -> Outcome:
    """Compute a local statistic of the chosen field for every zone."""
    from tsukuba_gis import reading

    zones, graph, x = _numbers(job)
    job.told("worker_step_compute", 0.3)
    # G and G* have levels of their own.
    names = ("permutations", "seed", "fdr") + (("alpha",) if "alpha" in job.params else ())
    result = compute(x, graph, **{name: job.params[name] for name in names})
    label = str(x.name)
    frame = result.frame.rename(columns={"cluster": "class"}).add_prefix(f"{prefix}_")
    return Outcome(
        columns=by_row(frame),
        styles={"output": style.categories(statistic, f"{prefix}_class", lang=job.lang)},
        titles={"output": title(job, text(f"statistic_{statistic}", job.lang), label)},
        messages=(
            reading.sentence(result, label=label, lang=job.lang),
            reading.method(result, lang=job.lang),
        ),
        warnings=(
            *notes(zones.problems, job.lang),
            *reading.cautions(result, lang=job.lang),
        ),
    )


def regionalise(job: Job) -> Outcome:
    """Put neighbouring, similar zones together into regions."""
    import pandas as pd

    from tsukuba_gis import reading, regions
    from tsukuba_gis.weights import weights_of

    zones = job.zones(by_row=True)
    values = job.numbers(zones, "fields")
    graph = weights_of(zones, spelt=job.params["weights"])
    job.told("worker_step_compute", 0.3)
    floor = None
    if job.layers["input"].columns("floor_field") and job.params["floor"]:
        amount = job.numbers(zones, "floor_field").iloc[:, 0].fillna(0.0)
        floor = regions.Floor(least=job.params["floor"], of=amount)
    result = regions.regionalise(
        values, graph, k=job.params["k"] or None, floor=floor, seed=job.params["seed"]
    )
    labels = result.labels.astype("Int64")
    whole = zones.frame[["geometry"]].assign(region=labels).dissolve(by="region")
    means = result.means.add_prefix("mean_")
    sums = {} if result.sums is None else {"sum": result.sums}
    table = whole.join(pd.DataFrame({"zones": result.sizes, **sums})).join(means)
    heading = title(job, text("worker_regions", job.lang), ", ".join(map(str, values.columns)))
    drawn = style.regions(result.k, "region", lang=job.lang)
    return Outcome(
        columns=by_row(pd.DataFrame({"region": labels})),
        tables={"regions": table.reset_index()},
        numbers={"n_regions": result.k, "within_share": result.within_share},
        styles={"output": drawn, "regions": drawn},
        titles={"output": heading, "regions": text("worker_dissolved", job.lang, of=heading)},
        messages=(
            reading.regions_sentence(
                result, {name: name for name in result.variables}, lang=job.lang
            ),
            reading.regions_method(result, lang=job.lang),
        ),
        warnings=(
            *notes(zones.problems, job.lang),
            *reading.regions_cautions(result, lang=job.lang),
        ),
    )


def _numbers(job: Job) -> tuple[Zones, Neighbours, pd.Series[float]]:
    """Read the polygons, their neighbours and the chosen field."""
    from tsukuba_gis.weights import weights_of

    zones = job.zones(by_row=True)
    x = job.value(zones)
    return zones, weights_of(zones, spelt=job.params["weights"]), x
