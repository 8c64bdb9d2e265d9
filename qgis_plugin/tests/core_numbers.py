"""Run by the core's own Python: makes the test layers, and computes from the same files.

core_numbers.py FOLDER writes layers and expected.json, which the plugin's tables must equal;
with --layers before the folder only the layers, with --pseudo what the four steps of pseudo
records give of layers that are there.
"""

import json
import math
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from tsukuba_gis import autocorrelation as ac
from tsukuba_gis import (
    boundaries,
    cohort,
    correlation,
    demo,
    indicators,
    io,
    join,
    maps,
    rates,
    reading,
    regions,
    regression,
    study,
    tables,
    weights,
)
from tsukuba_gis.io import findings
from tsukuba_gis.pseudo.audit import audit
from tsukuba_gis.pseudo.generate import generate
from tsukuba_gis.pseudo.measure import measure
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.report import write_report
from tsukuba_gis.result import Indicator, Level, MatchReport

FEW = {"permutations": 999, "seed": 0}


def layers(folder):
    """Write the layers; the small areas have a number of their own, missing in one."""
    small = boundaries.load_boundaries("small_area").frame.reset_index()
    middle = small.geometry.centroid.distance(small.geometry.centroid.iloc[40])
    small["高齢化率"] = 0.2 + 0.1 * np.cos(middle / 4e3) + 0.03 * np.sin(np.arange(len(small)))
    small.loc[5, "高齢化率"] = np.nan
    small["other"] = small.geometry.centroid.y / 1e5
    small.to_file(folder / "small areas 町丁.gpkg", layer="small")
    districts = boundaries.load_boundaries("school_district").frame.reset_index()
    districts["share"] = districts["households_2015"] / districts["population_2015"]
    districts.to_file(folder / "districts.gpkg", layer="districts")
    people = demo.register(size=6_000)
    points = gpd.GeoDataFrame(people.frame, geometry=people.points.array, crs="EPSG:6668")
    points.to_file(folder / "people.gpkg", layer="people")
    younger = points[points["age"] >= 5].assign(age=lambda frame: frame["age"] - 5)
    younger[["age", "sex", "geometry"]].to_file(folder / "earlier.gpkg", layer="earlier")
    chosen = ["age", "sex", "care_level", "household_id", "relation", "medical_cost", "hba1c"]
    points[[*chosen, "geometry"]].to_file(folder / "residents.gpkg", layer="residents")
    register = [*chosen, "household_type", "claims", "bmi", "sbp", "small_area", "school_district"]
    points[[*register, "geometry"]].to_file(folder / "register.gpkg", layer="register")
    areas = districts[["zone_id", "name", "share", "geometry"]]
    areas.to_file(folder / "areas.gpkg", layer="areas")
    wrong = points.head(40)[["age", "sex", "geometry"]].reset_index(drop=True)
    wrong.loc[[3, 7], "age"] = [131, -2]
    wrong.loc[11, "sex"] = "?"
    wrong.to_file(folder / "faulty.gpkg", layer="faulty")
    (folder / "key.txt").write_text("a secret", encoding="utf-8")
    write_rates(folder)


def write_rates(folder):
    """Write what the cohort component needs beside the persons."""
    alive = [f"{sex},{age},{1 - age / 200}" for sex in ("男", "女") for age in range(0, 91, 5)]
    (folder / "survival.csv").write_text("\n".join(["sex,age_start,value", *alive]), "utf-8")
    (folder / "fertility.csv").write_text("age_start,value\n25,0.1\n30,0.08\n", "utf-8")


def expected(folder):
    """Compute what each tool should give, from the files."""
    small = io.read_zones(folder / "small areas 町丁.gpkg", id="zone_id")
    districts = io.read_zones(folder / "districts.gpkg")
    people, _ = io.read_records(folder / "people.gpkg", kind="pseudo")
    before, _ = io.read_records(folder / "earlier.gpkg", kind="pseudo")
    graph = weights.queen(small)
    found = of_areas(small, graph) | joined(people, districts) | further(small, districts, graph)
    found |= projected(before, people, districts)
    found["checkinputs"] = problems(folder / "faulty.gpkg")
    web_map(folder, io.read_zones(folder / "areas.gpkg"))
    report(folder)
    return found


def of_areas(small, graph):
    """Compute spatial statistics and regions."""
    x = small.frame["高齢化率"]
    whole = ac.moran(x, graph, **FEW)
    local = {
        "localmoran": ("lisa", ac.local_moran(x, graph, **FEW)),
        "localgeary": ("geary", ac.local_geary(x, graph, **FEW)),
        "getisord": ("gi", ac.local_g(x, graph, **FEW)),
    }
    found = {
        name: plain(result.frame.rename(columns={"cluster": "class"}).add_prefix(f"{prefix}_"))
        for name, (prefix, result) in local.items()
    }
    found["told"] = {"I": whole.i, "Z": whole.z, "P": whole.p}
    whole_city = [whole, ac.geary(x, graph, **FEW), ac.getis_ord_g(x, graph, **FEW)]
    found["globalautocorrelation"] = plain(pd.DataFrame(map(told, whole_city)))
    divided = regions.regionalise(small.frame[["高齢化率", "other"]], graph, k=5)
    found["regionalize"] = plain(pd.DataFrame({"region": divided.labels.astype(float)}))
    means = divided.means.add_prefix("mean_").assign(zones=divided.sizes)
    found["regionalize REGIONS"] = plain(means.rename_axis("region").reset_index())
    return found


def joined(people, districts):
    """Compute which district people live in, and what is counted there."""
    assigned = join.assign_zones(people.points, districts)
    ids = assigned.zone_ids.astype(object)
    status = assigned.status.astype(object)
    both = pd.DataFrame(
        {"zone_id": ids, "zone_name": ids.map(districts.names), "zone_status": status}
    )
    names = ("population", "share_65plus", "share_severe_care")
    values, masks, _ = indicators.indicator_values(
        people, assigned.zone_ids, zones=districts, names=names
    )
    return {
        "assigndistricts": plain(both),
        "assigndistricts UNMATCHED": plain(both[ids.isna()]),
        "aggregatedistricts": plain(values.join(masks.add_suffix("_mask"))),
    }


def projected(before, people, districts):
    """Compute persons to come by both ways of projecting."""
    earlier, later = (
        tables.population(
            some, join.assign_zones(some.points, districts).zone_ids, zones=districts.ids
        )
        for some in (before, people)
    )
    ratios = cohort.hamilton_perry(earlier, later, years=(2015, 2020), until=2040, min_count=10)
    rates = cohort.Rates(
        survival=pd.Series(
            {(sex, age): 1 - age / 200 for sex in ("male", "female") for age in range(0, 91, 5)}
        ),
        fertility=pd.Series({25: 0.1, 30: 0.08}),
    )
    component = cohort.cohort_component(later, [rates] * 4, start=2020, min_count=10)
    return persons("cohortprojection", ratios) | persons("cohort component", component)


def told(one):
    """Return a row of the table of global statistics."""
    moran = hasattr(one, "i")
    names = ("expected", "z", "p", "n", "n_missing", "n_islands", "permutations", "seed", "weights")
    return {
        "statistic": "moran" if moran else one.statistic,
        "value": one.i if moran else one.value,
        **{name: getattr(one, name) for name in names},
        "reading": reading.sentence(one, label="高齢化率", lang="en"),
    }


def persons(name, projection):
    """Return the persons of a projection by district, year, sex and age, and the totals."""
    table = projection.population
    rows = [
        (area, *cell, value)
        for area, numbers in table.iterrows()
        for cell, value in numbers.items()
    ]
    columns = ["zone_id", "year", "sex", "age_start", "persons"]
    totals = table.T.groupby(level="year").sum(min_count=1).T.add_prefix("persons_")
    return {
        name: plain(pd.DataFrame(rows, columns=columns)),
        f"{name} DISTRICTS": plain(totals),
    }


def problems(path):
    """Return what is wrong with a file, a row each."""
    rows = [
        (one.severity, one.row, one.column, findings.describe(one, "en"))
        for one in io.check(path).problems
    ]
    frame = pd.DataFrame(rows, columns=["severity", "row", "column", "text"], dtype=object)
    return plain(frame)


def web_map(folder, zones):
    """Draw the web map of a field, as a page of the core's own."""
    values = zones.frame[["share"]].astype(float).rename(columns={"share": "field"})
    words = {"ja": "share", "en": "share"}
    indicator = Indicator(name="field", unit="ratio", label=words, definition=words, digits=2)
    nobody = pd.MultiIndex.from_product([["female", "male"], [0]], names=["sex", "age_start"])
    level = Level(
        zones=zones, population=pd.DataFrame(0.0, index=zones.ids, columns=nobody),
        values=values, masks=values.isna().replace({True: "missing", False: ""}),
        total=pd.Series({"field": np.nan}), moran={}, lisa={},
        match=MatchReport(zones=zones.kind, method="code", records=0, matched=0, on_border=0,
                          outside=0, nearest=0, missing=0),
    )  # fmt: skip
    notice = "Pseudo data: results do not reflect reality"
    drawn = maps.choropleth(level, indicator, notices=(notice,), min_count=10, lang="en")
    drawn.save(str(folder / "core map.html"))


def report(folder):
    """Write the report of a study of the same records, as the core does without QGIS."""
    zones = study.ZoneSource(kind="school_district", path=folder / "areas.gpkg", match="point",
                             id="zone_id", name="name")  # fmt: skip
    records = study.RecordSource(path=folder / "residents.gpkg", kind="pseudo")
    made = study.Study(
        title={"ja": "Study", "en": "Study"}, records=records, zones=(zones,), weights="queen",
        permutations=999, seed=0, lang="en",
    )  # fmt: skip
    write_report(study.run(made), folder / "core report", formats=made.outputs)


def further(small, districts, graph):
    """Compute rates, correlation and regression."""
    events, persons = districts.frame["households_2015"], districts.frame["population_2015"]
    rate = rates.crude(events.astype(float), persons.astype(float)).frame
    both = small.frame[["高齢化率", "other"]]
    centre = small.frame.geometry.centroid
    points = pd.DataFrame({"x": centre.x, "y": centre.y})
    (pair,) = correlation.correlate_pairs(both, adjustment="dutilleul", points=points,
                                          correction="holm")  # fmt: skip
    fit = regression.regress(both, outcome="高齢化率", explanatory=["other"], graph=graph)
    return {
        "districtrates": plain(
            rate.rename(columns={name: f"rate_{name}" for name in rate if name != "value"}).rename(
                columns={"value": "rate"}
            )
        ),
        "correlation": plain(
            pd.DataFrame(
                [
                    {
                        "first": "高齢化率",
                        "second": "other",
                        **{
                            name: getattr(pair, name)
                            for name in (
                                "method",
                                "value",
                                "low",
                                "high",
                                "p",
                                "p_spatial",
                                "p_adjusted",
                                "adjustment",
                                "correction",
                                "effective_n",
                                "n",
                                "n_missing",
                            )
                        },
                    }
                ]
            )
        ),
        "regression": plain(fit.frame.add_prefix("fit_")),
        "regression COEFFICIENTS": plain(fit.coefficients.rename_axis("term").reset_index()),
        "regression DIAGNOSTICS": plain(fit.diagnostics.rename_axis("test").reset_index()),
    }


def pseudo(folder):
    """Make and judge pseudo records in four steps: statistics, records, figures."""
    people, _ = io.read_records(folder / "register.gpkg", kind="invented")
    statistics = audit(measure(people, Spec.tsukuba(k=10)))
    made = generate(statistics, key=b"a secret")
    judged = study.judge(people, made, statistics, key=b"a secret", zones=None)
    names = ("name", "kind", "value", "low", "high", "at_least", "at_most", "n", "passed")
    metrics = [{name: getattr(one, name) for name in names} for one in judged.metrics]
    return {
        "sha256": statistics.sha256,
        "n": len(made),
        "failed": ", ".join(judged.failed),
        "records": plain(made.frame.astype(object)),
        "metrics": plain(pd.DataFrame(metrics, dtype=object)),
    }


def plain(frame):
    """Return columns of plain values; what is missing is null."""
    return {
        str(name): [
            None if value is None or (isinstance(value, float) and not math.isfinite(value))
            else value.item() if hasattr(value, "item") else value
            for value in frame[name]
        ]
        for name in frame.columns
    }  # fmt: skip


if __name__ == "__main__":
    place = Path(sys.argv[-1])
    if sys.argv[1] == "--pseudo":
        told = json.dumps(pseudo(place), ensure_ascii=False)
        (place / "expected pseudo.json").write_text(told, encoding="utf-8")
        sys.exit()
    layers(place)
    if sys.argv[1] != "--layers":
        told = json.dumps(expected(place), ensure_ascii=False)
        (place / "expected.json").write_text(told, encoding="utf-8")
