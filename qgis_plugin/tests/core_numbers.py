"""Run by the core's own Python: makes the test layers, and computes from the same files.

core_numbers.py FOLDER writes layers and expected.json, which the plugin's tables must equal;
with --layers before the folder only the layers.
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
    rates,
    regions,
    regression,
    tables,
    weights,
)

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
    (folder / "key.txt").write_text("a secret", encoding="utf-8")


def expected(folder):
    """Compute what each tool should give, from the files."""
    small = io.read_zones(folder / "small areas 町丁.gpkg", id="zone_id")
    x = small.frame["高齢化率"]
    graph = weights.queen(small)
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
    found["globalautocorrelation"] = {"I": whole.i, "Z": whole.z, "P": whole.p}
    divided = regions.regionalise(small.frame[["高齢化率", "other"]], graph, k=5)
    found["regionalize"] = plain(pd.DataFrame({"region": divided.labels.astype(float)}))
    districts = io.read_zones(folder / "districts.gpkg")
    people, _ = io.read_records(folder / "people.gpkg", kind="pseudo")
    assigned = join.assign_zones(people.points, districts)
    status = assigned.status.astype(object)
    found["assigndistricts"] = plain(
        pd.DataFrame({"zone_id": assigned.zone_ids.astype(object), "zone_status": status})
    )
    names = ("population", "share_65plus", "share_severe_care")
    values, masks, _ = indicators.indicator_values(
        people, assigned.zone_ids, zones=districts, names=names
    )
    found["aggregatedistricts"] = plain(values.join(masks.add_suffix("_mask")))
    found |= further(small, districts, graph)
    later = tables.population(people, assigned.zone_ids, zones=districts.ids)
    before, _ = io.read_records(folder / "earlier.gpkg", kind="pseudo")
    place = join.assign_zones(before.points, districts).zone_ids
    earlier = tables.population(before, place, zones=districts.ids)
    projected = cohort.hamilton_perry(earlier, later, years=(2015, 2020), until=2040, min_count=10)
    persons = projected.population.to_numpy().ravel().tolist()
    found["cohortprojection"] = plain(pd.DataFrame({"persons": persons}))
    return found


def further(small, districts, graph):
    """Compute rates, correlation and regression."""
    events, persons = districts.frame["households_2015"], districts.frame["population_2015"]
    rate = rates.crude(events.astype(float), persons.astype(float)).frame
    both = small.frame[["高齢化率", "other"]]
    centre = small.frame.geometry.centroid
    points = pd.DataFrame({"x": centre.x, "y": centre.y})
    (pair,) = correlation.correlate_pairs(both, adjustment="dutilleul", points=points)
    fit = regression.regress(both, outcome="高齢化率", explanatory=["other"], graph=graph)
    return {
        "districtrates": plain(
            rate.rename(columns={name: f"rate_{name}" for name in rate if name != "value"}).rename(
                columns={"value": "rate"}
            )
        ),
        "correlation": plain(
            pd.DataFrame([{"value": pair.value, "p": pair.p, "p_spatial": pair.p_spatial}])
        ),
        "regression": plain(fit.frame.add_prefix("fit_")),
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
    layers(place)
    if sys.argv[1] != "--layers":
        told = json.dumps(expected(place), ensure_ascii=False)
        (place / "expected.json").write_text(told, encoding="utf-8")
