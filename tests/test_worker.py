"""The worker: the same numbers as the core, a clean protocol, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from tsukuba_gis import __version__
from tsukuba_gis.autocorrelation import local_g, local_geary, local_moran, moran
from tsukuba_gis.boundaries import load_boundaries
from tsukuba_gis.cohort import Rates, cohort_component, hamilton_perry
from tsukuba_gis.correlation import correlate
from tsukuba_gis.demo import register
from tsukuba_gis.indicators import indicator_values
from tsukuba_gis.join import assign_zones
from tsukuba_gis.messages import LANGUAGES
from tsukuba_gis.pseudo.generate import generate
from tsukuba_gis.pseudo.statistics import Statistics
from tsukuba_gis.rates import eb_global
from tsukuba_gis.records import Records
from tsukuba_gis.regions import regionalise
from tsukuba_gis.regression import regress
from tsukuba_gis.tables import population
from tsukuba_gis.weights import queen
from tsukuba_gis.worker.job import read_job
from tsukuba_gis.worker.outcome import OUTCOME_FILE, Outcome
from tsukuba_gis.worker.tasks import TASKS

COMMAND = [sys.executable, "-I", "-X", "utf8", "-m", "tsukuba_gis.worker"]
LOCAL = {"weights": "queen", "permutations": 999, "seed": 3, "alpha": 0.05, "fdr": True}


@pytest.fixture(scope="module")
def districts():
    """The bundled small areas with a number of their own, one of them missing."""
    frame = load_boundaries("small_area").frame
    value = frame.geometry.centroid.x / 1e4 + np.sin(np.arange(len(frame)))
    value.iloc[5] = np.nan
    return frame.assign(value=value)


@pytest.fixture(scope="module")
def people():
    return register(size=3_000)


def write_job(folder, task, *, layers=None, params=None, files=None, **more):
    """Write layers as QGIS does, and the job; return its path."""
    told = {}
    for name, (frame, labels) in (layers or {}).items():
        (folder / name).mkdir()
        columns = {column: frame[label].to_numpy() for column, label in labels.items()}
        if frame.geom_type.iloc[0] != "Point":
            columns = {"row": np.arange(len(frame)), **columns}
        out = gpd.GeoDataFrame(columns, geometry=frame.geometry.to_numpy(), crs=frame.crs)
        out.to_file(folder / name / "layer.gpkg", layer="layer")
        told[name] = {
            "path": f"{name}/layer.gpkg", "title": name, "rows": len(frame), "labels": labels,
        }  # fmt: skip
    job = {"task": task, "version": 1, "lang": "en", "layers": told, "params": params or {},
           "files": {name: str(path) for name, path in (files or {}).items()}, **more}  # fmt: skip
    path = folder / "job.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    return path


def do(path):
    """Do a job in this process; return the saved outcome."""
    job = read_job(path)
    outcome = TASKS[job.task].run(job)
    name = outcome.save(job.folder, notice=job.notices())
    return json.loads((job.folder / name).read_text(encoding="utf-8"))


def table(columns):
    """Return saved columns as a frame; a missing number is NaN."""
    return pd.DataFrame({one["name"]: one["values"] for one in columns["columns"]})


def run(path, **more):
    return subprocess.run([*COMMAND, str(path)], capture_output=True, text=True, check=False,
                          encoding="utf-8", **more)  # fmt: skip


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("task", "compute", "prefix", "more"),
    [
        ("local_moran", local_moran, "lisa", {}),
        ("local_geary", local_geary, "geary", {}),
        ("local_g", local_g, "gi", {"star": True}),
    ],
)
def test_local_statistics_equal_the_cores(task, compute, prefix, more, districts, tmp_path):
    level = {} if task == "local_g" else {"alpha": 0.05}  # hot spots have levels of their own
    params = {"weights": "queen", "permutations": 999, "seed": 3, "fdr": True, **level, **more}
    job = write_job(
        tmp_path, task, layers={"input": (districts, {"field": "value"})},
        params={**params, "origin": "pseudo"}, version=TASKS[task].version,
    )  # fmt: skip
    outcome = do(job)
    expected = compute(
        districts["value"], queen(load_boundaries("small_area")),
        permutations=999, seed=3, fdr=True, **level, **more,
    ).frame  # fmt: skip
    got = table(outcome["columns"])
    assert outcome["rows"] == list(range(len(districts)))
    for name in expected.columns:
        column = got[f"{prefix}_{'class' if name == 'cluster' else name}"]
        if name == "cluster":
            assert column.tolist() == expected[name].tolist()
        else:
            np.testing.assert_array_equal(column.astype(float), expected[name].astype(float))
    assert outcome["notice"] == ["Pseudo data: results do not reflect reality"]
    assert set(got["notice"]) == {"Pseudo data: results do not reflect reality"}
    assert outcome["titles"]["output"].startswith("[pseudo data] ")
    classes = {one["value"] for one in outcome["styles"]["output"]["classes"]}
    assert set(expected["cluster"]) <= classes


def test_global_statistics_equal_the_cores(districts, tmp_path):
    page = tmp_path / "page.html"
    job = write_job(
        tmp_path, "global_autocorrelation", layers={"input": (districts, {"field": "value"})},
        params={**LOCAL, "origin": "invented"}, files={"html": page},
    )  # fmt: skip
    outcome = do(job)
    expected = moran(districts["value"], queen(load_boundaries("small_area")),
                     permutations=999, seed=3)  # fmt: skip
    assert outcome["numbers"] == {"i": expected.i, "z": expected.z, "p": expected.p}
    got = table(outcome["tables"]["output"])
    assert got["statistic"].tolist() == ["moran", "geary", "getis_ord_g"]
    assert got["value"][0] == expected.i
    assert "Pseudo data: results do not reflect reality" in page.read_text(encoding="utf-8")


def test_regions_equal_the_cores(districts, tmp_path):
    frame = districts.assign(other=districts.geometry.centroid.y)
    layers = {"input": (frame, {"fields_0": "value", "fields_1": "other"})}
    params = {"weights": "queen", "k": 6, "floor": 0, "seed": 0, "origin": "published"}
    outcome = do(write_job(tmp_path, "regionalise", layers=layers, params=params))
    expected = regionalise(frame[["value", "other"]], queen(load_boundaries("small_area")), k=6)
    got = table(outcome["columns"])["region"]
    assert got.isna().sum() == 1
    np.testing.assert_array_equal(got.astype(float), expected.labels.astype(float))
    regions = outcome["tables"]["regions"]
    assert table(regions)["zones"].tolist() == expected.sizes.tolist()
    assert len(regions["geometry"]) == 6
    assert outcome["notice"] == []


def test_districts_are_assigned_as_by_the_core(people, tmp_path):
    zones = load_boundaries("school_district")
    points = gpd.GeoDataFrame(people.frame, geometry=people.points.array, crs="EPSG:6668")
    layers = {
        "input": (points, {}),
        "zones": (zones.frame.reset_index(), {"zone_id": "zone_id", "name": "name"}),
    }
    params = {"nearest": 0, "origin": "invented"}
    outcome = do(write_job(tmp_path, "assign", layers=layers, params=params))
    expected = assign_zones(people.points, zones)
    got = table(outcome["columns"])
    assert got["zone_id"].tolist() == expected.zone_ids.astype(object).tolist()
    assert got["zone_status"].tolist() == expected.status.astype(object).tolist()
    assert outcome["numbers"]["n_matched"] == expected.report.matched


def test_aggregates_equal_the_cores_also_where_a_district_has_two_parts(people, tmp_path):
    zones = load_boundaries("school_district")
    points = gpd.GeoDataFrame(people.frame, geometry=people.points.array, crs="EPSG:6668")
    parts = zones.frame.reset_index()
    west = parts.iloc[[0]].copy()
    middle = west.geometry.centroid.x.iloc[0]
    east = west.copy()
    west["geometry"] = west.geometry.clip_by_rect(0, 0, middle, 1e6)
    east["geometry"] = east.geometry.clip_by_rect(middle, 0, 1e6, 1e6)
    parts = pd.concat([west, parts.iloc[1:], east], ignore_index=True)
    layers = {
        "records": (points, {"age": "age", "sex": "sex"}),
        "zones": (parts, {"zone_id": "zone_id", "name": "name"}),
    }
    params = {"nearest": 0, "indicators": ["population", "share_65plus", "share_severe_care"],
              "min_count": 10, "severe": "care3-5", "origin": "pseudo"}  # fmt: skip
    outcome = do(write_job(tmp_path, "aggregate", layers=layers, params=params))
    values, _, _ = indicator_values(
        people, assign_zones(people.points, zones).zone_ids, zones=zones,
        names=("population", "share_65plus"),
    )  # fmt: skip
    got = table(outcome["columns"])
    expected = values.loc[parts["zone_id"]]
    np.testing.assert_array_equal(got["population"], expected["population"])
    np.testing.assert_array_equal(got["share_65plus"], expected["share_65plus"])
    assert "share_severe_care" not in got  # its field was not chosen
    assert outcome["styles"]["output"]["field"] == "share_65plus"


def test_a_web_map_and_a_report_are_written(people, tmp_path):
    zones = load_boundaries("school_district").frame.reset_index()
    labels = {"zone_id": "zone_id", "name": "name"}
    valued = zones.assign(value=0.2)
    (tmp_path / "a").mkdir()
    job = write_job(
        tmp_path / "a", "web_map", layers={"input": (valued, {**labels, "field": "value"})},
        params={"unit": "share", "digits": 1, "min_count": 10, "origin": "pseudo"},
        files={"output": tmp_path / "map.html"},
    )  # fmt: skip
    do(job)
    assert "Pseudo data" in (tmp_path / "map.html").read_text(encoding="utf-8")
    points = gpd.GeoDataFrame(people.frame, geometry=people.points.array, crs="EPSG:6668")
    (tmp_path / "b").mkdir()
    job = write_job(
        tmp_path / "b", "full_report",
        layers={"records": (points, {"age": "age", "sex": "sex"}), "zones": (zones, labels)},
        params={**LOCAL, "title": "Test", "nearest": 0, "severe": "care3-5", "min_count": 10,
                "zones_kind": "school_district", "origin": "invented"},
        files={"output": tmp_path / "report"},
    )  # fmt: skip
    outcome = do(job)
    assert Path(outcome["numbers"]["page"]) == tmp_path / "report" / "index.html"
    assert (tmp_path / "report" / "run.json").is_file()


def test_pseudo_records_step_by_step(tmp_path):
    """The last step, which takes half a minute, is done by the plugin's own tests."""
    people = register(size=6_000)
    points = gpd.GeoDataFrame(people.frame, geometry=people.points.array, crs="EPSG:6668")
    roles = {name: name for name in people.frame.columns[2:13]} | {
        name: name for name in ("household_id", "small_area", "school_district")
    }
    (tmp_path / "key").write_text("secret", encoding="utf-8")
    for step in ("1", "2", "3"):
        (tmp_path / step).mkdir()
    do(write_job(tmp_path / "1", "pseudo_measure", layers={"records": (points, roles)},
                 params={"k": 10, "origin": "invented"},
                 files={"output": tmp_path / "s"}))  # fmt: skip
    do(write_job(tmp_path / "2", "pseudo_audit", params={"statistics": str(tmp_path / "s")},
                 files={"output": tmp_path / "a", "html": tmp_path / "review.html"}))  # fmt: skip
    steps = {"statistics": str(tmp_path / "a"), "key_file": str(tmp_path / "key")}
    made = do(write_job(tmp_path / "3", "pseudo_generate", params={**steps, "origin": "pseudo"}))
    expected = generate(Statistics.load(tmp_path / "a"), key=b"secret").frame
    got = table(made["tables"]["output"])
    assert got["school_district"].tolist() == expected["school_district"].tolist()
    assert got["age"].tolist() == expected["age"].tolist()
    assert made["numbers"]["n_records"] == len(people)
    assert (tmp_path / "review.html").is_file()


def test_rates_correlation_and_regression_equal_the_cores(districts, tmp_path):
    frame = districts.assign(
        events=districts["households_2015"].astype(float),
        persons=districts["population_2015"].astype(float),
        other=districts.geometry.centroid.y,
    )
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    more = {"alpha": 0.05, "origin": "pseudo", "weights": "queen", "seed": 0}
    rated = do(write_job(
        folders[0], "rates",
        layers={"input": (frame, {"events": "events", "population": "persons"})},
        params={**more, "method": "eb_global", "chance": "binomial", "unit": "share", "digits": 1},
    ))  # fmt: skip
    np.testing.assert_array_equal(
        table(rated["columns"])["rate"].astype(float),
        eb_global(frame["events"], frame["persons"]).frame["value"],
    )
    assert rated["styles"]["output"]["field"] == "rate"
    related = do(write_job(
        folders[1], "correlation",
        layers={"input": (frame, {"fields_0": "value", "fields_1": "other"})},
        params={**more, "method": "pearson"},
    ))  # fmt: skip
    expected = correlate(frame[["value", "other"]])
    got = table(related["tables"]["output"])
    assert (got["value"][0], got["p"][0]) == (expected.value, expected.p)
    fitted = do(write_job(
        folders[2], "regression",
        layers={"input": (frame, {"field": "value", "fields_0": "other"})},
        params={**more, "model": "ols"},
    ))  # fmt: skip
    fit = regress(frame[["value", "other"]], outcome="value", explanatory=["other"],
                  graph=queen(load_boundaries("small_area")))  # fmt: skip
    coefficients = table(fitted["tables"]["coefficients"])
    assert coefficients["estimate"].tolist() == fit.coefficients["estimate"].tolist()
    np.testing.assert_array_equal(
        table(fitted["columns"])["fit_residual"].astype(float), fit.frame["residual"]
    )


def test_cohorts_of_two_dates_equal_the_cores(people, tmp_path):
    zones = load_boundaries("school_district")
    now = gpd.GeoDataFrame(people.frame, geometry=people.points.array, crs="EPSG:6668")
    before = now[now["age"] >= 5].assign(age=lambda frame: frame["age"] - 5)
    layers = {
        "records": (now, {"age": "age", "sex": "sex"}),
        "earlier": (before, {"earlier_age": "age", "earlier_sex": "sex"}),
        "zones": (zones.frame.reset_index(), {"zone_id": "zone_id", "name": "name"}),
    }
    params = {"method": "hamilton_perry", "year_earlier": 2015, "year": 2020, "until": 2030,
              "min_count": 10, "origin": "invented"}  # fmt: skip
    outcome = do(write_job(tmp_path, "cohort", layers=layers, params=params))
    later = population(people, assign_zones(people.points, zones).zone_ids, zones=zones.ids)
    younger = Records(frame=pd.DataFrame(before.drop(columns="geometry")), kind="invented")
    earlier = population(younger, assign_zones(younger.points, zones).zone_ids, zones=zones.ids)
    expected = hamilton_perry(earlier, later, years=(2015, 2020), until=2030, min_count=10)
    got = table(outcome["tables"]["output"])["persons"].astype(float)
    np.testing.assert_array_equal(got, expected.population.to_numpy().ravel())
    totals = table(outcome["columns"])
    assert list(totals) == ["persons_2020", "persons_2025", "persons_2030", "notice"]


def rates_files(folder):
    """Write rates of the cohort component: CSV as a user has them."""
    survival = [f"{sex},{age},{1 - age / 200}" for sex in ("男", "女") for age in range(0, 91, 5)]
    (folder / "survival.csv").write_text("\n".join(["sex,age_start,value", *survival]), "utf-8")
    (folder / "fertility.csv").write_text("age_start,value\n25,0.1\n30,0.08\n", "utf-8")
    return {name: str(folder / f"{name}.csv") for name in ("survival", "fertility")}


def test_the_cohort_component_equals_the_cores_and_needs_one_date(people, tmp_path):
    zones = load_boundaries("school_district")
    now = gpd.GeoDataFrame(people.frame, geometry=people.points.array, crs="EPSG:6668")
    layers = {
        "records": (now, {"age": "age", "sex": "sex"}),
        "zones": (zones.frame.reset_index(), {"zone_id": "zone_id", "name": "name"}),
    }
    params = {"method": "cohort_component", "year": 2020, "until": 2030, "migration": "",
              "boys_per_girl": 1.05, "min_count": 10, "origin": "invented",
              **rates_files(tmp_path)}  # fmt: skip
    outcome = do(write_job(tmp_path, "cohort", layers=layers, params=params))
    base = population(people, assign_zones(people.points, zones).zone_ids, zones=zones.ids)
    alive = pd.Series({(sex, age): 1 - age / 200 for sex in ("male", "female")
                       for age in range(0, 91, 5)})  # fmt: skip
    rates = Rates(survival=alive, fertility=pd.Series({25: 0.1, 30: 0.08}))
    expected = cohort_component(base, [rates, rates], start=2020, min_count=10).population
    got = table(outcome["tables"]["output"])["persons"].astype(float)
    np.testing.assert_array_equal(got, expected.to_numpy().ravel())
    assert "component" in outcome["titles"]["output"]


@pytest.mark.parametrize(("method", "said"), [("hamilton_perry", "earlier date"),
                                              ("cohort_component", "survival")])  # fmt: skip
def test_a_projection_says_what_its_method_lacks(method, said, people, tmp_path):
    zones = load_boundaries("school_district").frame.reset_index()
    now = gpd.GeoDataFrame(people.frame, geometry=people.points.array, crs="EPSG:6668")
    layers = {"records": (now, {"age": "age", "sex": "sex"}), "zones": (zones, {})}
    params = {"method": method, "year": 2020, "year_earlier": 2015, "until": 2030,
              "survival": "", "fertility": "", "migration": "", "boys_per_girl": 1.05,
              "min_count": 10, "origin": "invented"}  # fmt: skip
    done = run(write_job(tmp_path, "cohort", layers=layers, params=params, version=2))
    assert done.returncode == 2
    assert said in lines(done)[-1]["text"]


def test_the_check_of_a_layer_names_rows_and_no_value(people, tmp_path):
    frame = people.frame.head(20).assign(age=[131, *range(1, 20)])
    points = gpd.GeoDataFrame(frame, geometry=people.points.array[:20], crs="EPSG:6668")
    labels = {name: name for name in ("age", "sex")}
    outcome = do(write_job(tmp_path, "check", layers={"input": (points, labels)}))
    assert outcome["numbers"]["errors"] == 1
    assert table(outcome["tables"]["output"])["row"][0] == 1
    assert "131" not in json.dumps(outcome["tables"])


def test_the_protocol_is_clean_whatever_is_printed(districts, tmp_path):
    """Also what a C library writes to file descriptor 1 goes to standard error."""
    job = write_job(tmp_path, "local_moran", layers={"input": (districts, {"field": "value"})},
                    params={**LOCAL, "origin": "pseudo"})  # fmt: skip
    code = (
        "import os, sys\n"
        "from tsukuba_gis.worker import run, tasks\n"
        "work = tasks.TASKS['local_moran'].run\n"
        "def noisy(job):\n"
        "    print('noise'); os.write(1, b'more noise\\n'); return work(job)\n"
        "tasks.TASKS['local_moran'] = tasks.Task(noisy)\n"
        "sys.exit(run.main(sys.argv[1:]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(job)], capture_output=True, text=True,
                          check=False, encoding="utf-8")  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = lines(done)
    assert told[0] == {"type": "hello", "core": __version__, "protocol": 1}
    assert [one["type"] for one in told][-1] == "result"
    assert "noise" in done.stderr
    assert [one["value"] for one in told if one["type"] == "progress"] == [0.05, 0.3, 0.9]
    if os.name == "posix":
        assert (tmp_path / OUTCOME_FILE).stat().st_mode & 0o077 == 0


def test_rubbish_in_the_environment_does_no_harm(tmp_path):
    rubbish = {"PROJ_LIB": "/nowhere", "PROJ_DATA": "/nowhere", "GDAL_DATA": "/nowhere",
               "PYTHONPATH": "/nowhere", "PYTHONHOME": "/nowhere"}  # fmt: skip
    zones = load_boundaries("school_district").frame.to_crs("EPSG:4326").assign(value=range(16))
    job = write_job(tmp_path, "local_moran", layers={"input": (zones, {"field": "value"})},
                    params={**LOCAL, "origin": "pseudo"})  # fmt: skip
    done = run(job, env={**os.environ, **rubbish})
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_fault_is_told_in_words(tmp_path):
    done = run(write_job(tmp_path, "no_such_task"))
    told = lines(done)[-1]
    assert (done.returncode, told["kind"]) == (2, "input")
    assert "no_such_task" in told["text"]


def test_an_unforeseen_error_tells_its_place_and_no_value(tmp_path):
    job = write_job(tmp_path, "local_moran")  # without its layer
    done = run(job)
    told = lines(done)[-1]
    assert (done.returncode, told["kind"]) == (1, "internal")
    assert "KeyError" in told["text"]
    assert "'input'" not in told["text"]


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"layers": 3}'])
def test_a_damaged_job_is_refused(content, tmp_path):
    (tmp_path / "job.json").write_text(content, encoding="utf-8")
    done = run(tmp_path / "job.json")
    assert done.returncode == 2
    assert lines(done)[-1]["kind"] == "input"


def test_versions_are_told():
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert lines(done) == [{"type": "hello", "core": __version__, "protocol": 1}]


def test_the_plugin_asks_for_the_tasks_that_there_are():
    plugin = Path(__file__).parents[1] / "qgis_plugin" / "tsukuba_gis_qgis" / "tools.json"
    tools = json.loads(plugin.read_text(encoding="utf-8"))["tools"].values()
    assert {tool["task"]: tool["version"] for tool in tools} == {
        name: task.version for name, task in TASKS.items()
    }


def test_a_task_of_another_version_is_refused(districts, tmp_path):
    path = write_job(tmp_path, "local_moran", version=99)
    assert run(path).returncode == 2


def started(path):
    """Start a long job, and wait until it computes."""
    process = subprocess.Popen([*COMMAND, str(path)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # fmt: skip
    for line in process.stdout:
        if b"Computing" in line:
            return process
    raise AssertionError(process.wait())


@pytest.fixture
def long_job(districts, tmp_path):
    folder = tmp_path / "job"
    folder.mkdir()
    return write_job(folder, "local_moran", layers={"input": (districts, {"field": "value"})},
                     params={**LOCAL, "permutations": 50_000_000, "origin": "pseudo"},
                     watched=True)  # fmt: skip


def test_when_the_parent_is_gone_the_worker_deletes_the_folder_and_ends(long_job):
    process = started(long_job)
    process.stdin.close()  # what a killed parent leaves
    process.wait(timeout=10)
    process.stdout.close()
    assert not long_job.parent.exists()


def test_a_watched_job_ends_by_itself_while_its_parent_lives(districts, tmp_path):
    path = write_job(tmp_path, "local_moran", layers={"input": (districts, {"field": "value"})},
                     params={**LOCAL, "origin": "pseudo"}, watched=True)  # fmt: skip
    process = subprocess.Popen([*COMMAND, str(path)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    try:
        out, errors = process.stdout.read(), process.stderr.read()  # the other end stays open
        assert (process.wait(timeout=60), errors.count(b"Fatal")) == (0, 0)
        assert json.loads(out.splitlines()[-1])["type"] == "result"
    finally:
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_asked_to_end_the_worker_ends(long_job):
    process = started(long_job)
    begun = time.monotonic()
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=5)
    process.stdin.close()
    process.stdout.close()
    assert time.monotonic() - begun < 5
    assert not (long_job.parent / OUTCOME_FILE).exists()


def test_what_is_not_finite_becomes_null(tmp_path):
    frame = pd.DataFrame({"x": [1.5, np.nan, np.inf], "n": pd.array([1, None, 3], dtype="Int64"),
                          "t": ["a", None, "c"], "b": [True, False, True]})  # fmt: skip
    Outcome(columns=frame).save(tmp_path, notice=())
    saved = json.loads((tmp_path / OUTCOME_FILE).read_text(encoding="utf-8"))["columns"]["columns"]
    assert [one["type"] for one in saved] == ["real", "integer", "text", "boolean"]
    assert [one["values"] for one in saved] == [
        [1.5, None, None], [1, None, 3], ["a", None, "c"], [True, False, True],
    ]  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("origin", ["pseudo", "invented", "reference", "published"])
def test_every_origin_has_its_notice(origin, lang, tmp_path):
    job = read_job(write_job(tmp_path, "check", params={"origin": origin}, lang=lang))
    assert bool(job.notices()) == (origin != "published")
