"""Tasks that write pages: one map, or a whole report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tsukuba_gis.messages import LANGUAGES, text
from tsukuba_gis.worker.outcome import Outcome
from tsukuba_gis.worker.words import meant, notes, title

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.result import Level
    from tsukuba_gis.worker.job import Job
    from tsukuba_gis.zones import Zones


def web_map(job: Job) -> Outcome:
    """Draw one field of polygons as an offline web map."""
    from tsukuba_gis.maps import choropleth
    from tsukuba_gis.report import whole_file

    zones = job.zones()
    values = job.value(zones)
    indicator = meant(job, str(values.name), name="field")
    job.told("worker_step_compute", 0.4)
    drawn = choropleth(
        _level(zones, values.rename("field")),
        indicator,
        notices=job.notices(),
        min_count=job.params["min_count"],
        records=job.origin,
        lang=job.lang,
    )
    with whole_file(job.files["output"]) as fresh:
        drawn.save(str(fresh))
    return Outcome(
        numbers={"n_zones": len(zones)},
        messages=(title(job, text("worker_map", job.lang), str(values.name)),),
        warnings=notes(zones.problems, job.lang),
    )


def _level(zones: Zones, values: pd.Series[float]) -> Level:
    """Return a level that holds one column of values, and nothing else."""
    import numpy as np
    import pandas as pd

    from tsukuba_gis.result import Level, MatchReport

    nobody = pd.MultiIndex.from_product([["female", "male"], [0]], names=["sex", "age_start"])
    frame = values.to_frame()
    return Level(
        zones=zones,
        population=pd.DataFrame(0.0, index=zones.ids, columns=nobody),
        values=frame,
        masks=frame.isna().replace({True: "missing", False: ""}),
        total=pd.Series({"field": np.nan}),
        moran={},
        lisa={},
        match=MatchReport(zones=zones.kind, method="code", records=0, matched=0, on_border=0,
                          outside=0, nearest=0, missing=0),
    )  # fmt: skip


def full_report(job: Job) -> Outcome:
    """Run a whole study on the layers, and write its folder."""
    from tsukuba_gis.report import check_folder, write_report
    from tsukuba_gis.study import run

    out = job.files["output"]
    check_folder(out)
    study = _study(job)
    steps = 2 + 4 * len(study.zones)
    done = iter(range(steps + 1))

    def on_step(key: str) -> None:
        job.told(key, 0.1 + 0.8 * next(done, steps) / steps)

    result = run(study, on_step=on_step)
    written = write_report(result, out, formats=study.outputs, tiles=study.tiles)
    return Outcome(
        numbers={"page": str(written[0]), "n_files": len(written)},
        messages=(*map(str, written), *result.notices[job.lang]),
        warnings=notes(result.problems, job.lang),
    )


def _study(job: Job) -> Any:
    from tsukuba_gis.study import RecordSource, Study, ZoneSource

    words = job.params["title"] or text("worker_report_title", job.lang)
    sources = []
    for name in ("zones", "zones2"):
        if name in job.layers:
            layer = job.layers[name]
            own = "zone_id" in layer.labels
            sources.append(
                ZoneSource(
                    kind=job.params[f"{name}_kind"],
                    path=layer.path,
                    id="zone_id" if own else "row",
                    name="name" if "name" in layer.labels else None if own else "row",
                    match="point",
                    nearest=float(job.params["nearest"]),
                )
            )
    return Study(
        title=dict.fromkeys(LANGUAGES, words),
        records=RecordSource(
            path=job.layers["records"].path,
            kind=job.kind,
            on_error="skip" if job.params.get("skip_faulty") else "stop",
        ),
        zones=tuple(sources),
        severe=job.params["severe"],
        min_count=job.params["min_count"],
        weights=job.params["weights"],
        permutations=job.params["permutations"],
        alpha=job.params["alpha"],
        fdr=job.params["fdr"],
        seed=job.params["seed"],
        lang=job.lang,
    )
