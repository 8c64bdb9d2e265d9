"""Every tool in the real program, qgis_process, where wheels in process would crash."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

pytest.importorskip("qgis.core")

from conftest import PLUGINS, PROGRAM, children
from qgis.core import QgsVectorLayer

HOSTILE = """
import sys
def classFactory(iface):
    sys.path.insert(0, {site!r})
    import {imported}  # what crashes QGIS if tools do it
    return Nothing()
class Nothing:
    def initGui(self): pass
    def initProcessing(self): pass
    def unload(self): pass
"""
METADATA = """[general]
name=hostile
qgisMinimumVersion=3.22
description=imports shapely first
version=1
author=test
email=test@example.org
hasProcessingProvider=yes
"""


@pytest.fixture(scope="session")
def program(core_python, tmp_path_factory):
    """Return a function that runs qgis_process with a profile of its own."""
    path = next(filter(None, map(shutil.which, PROGRAM)), None)
    if path is None:
        pytest.skip("there is no qgis_process")
    work = tmp_path_factory.mktemp("program")
    (work / "run").mkdir(mode=0o700)
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_RUNTIME_DIR": str(work / "run"),
        "QGIS_CUSTOM_CONFIG_PATH": str(work / "profile"),
        "QGIS_PLUGINPATH": str(PLUGINS),
        "TSUKUBA_GIS_PYTHON": core_python,
        "TMPDIR": str(work),
    }

    def call(*arguments, start=False, **more):
        own = {**environment, **more}
        if start:
            return subprocess.Popen([path, *arguments], env=own, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)  # fmt: skip
        return subprocess.run([path, *arguments], env=own, capture_output=True, text=True,
                              check=False, errors="replace")  # fmt: skip

    call.work = work
    enabled = call("plugins", "enable", "tsukuba_gis_qgis")
    assert "tsukuba_gis_qgis" in enabled.stdout, enabled.stdout + enabled.stderr
    return call


@pytest.fixture
def run(program, data, tmp_path):
    """Return a function that runs one tool and gives what it printed."""

    def tool(name, *, environment=None, ends_well=True, **parameters):
        words = []
        for key, value in parameters.items():
            for one in value if isinstance(value, list) else [value]:
                words.append(f"--{key}={str(one).format(data=data, out=tmp_path)}")
        done = program("run", f"tsukubagis:{name}", *words, **(environment or {}))
        assert done.returncode == 0 or not ends_well, done.stdout[-3000:] + done.stderr[-2000:]
        assert "Results" in done.stdout
        assert list(program.work.glob("tsukuba-gis-*")) == []
        return dict(
            line.split(":\t", 1) for line in done.stdout.split("Results")[1].splitlines()
            if ":\t" in line
        )  # fmt: skip

    return tool


def table(path):
    """Return a written layer as columns of plain values; NULL is None."""
    layer = QgsVectorLayer(str(path), "x", "ogr")
    assert layer.isValid(), path
    columns = {field.name(): [] for field in layer.fields()}
    for feature in layer.getFeatures():
        for name, value in zip(columns, feature.attributes()):
            missing = value is None or str(value) == "NULL"
            columns[name].append(None if missing else value)
    return columns


SMALL = {"INPUT": "{data}/small areas 町丁.gpkg", "FIELD": "高齢化率", "PERMUTATIONS": 999}
PEOPLE = {"RECORDS": "{data}/people.gpkg", "AGE": "age", "SEX": "sex"}
ZONES = {"ZONES": "{data}/districts.gpkg"}
# Tool → parameters; the outputs whose columns the core's own must equal.
EQUAL = {
    "globalautocorrelation": SMALL,
    "localmoran": SMALL,
    "localgeary": SMALL,
    "getisord": SMALL,
    "regionalize": {"INPUT": SMALL["INPUT"], "FIELDS": ["高齢化率", "other"], "K": 5,
                    "REGIONS": "{out}/regions.gpkg"},
    "assigndistricts": {"INPUT": "{data}/people.gpkg", **ZONES, "UNMATCHED": "{out}/un.gpkg"},
    "aggregatedistricts": {**PEOPLE, **ZONES, "INDICATORS": "0,2,7"},
    "districtrates": {"INPUT": "{data}/districts.gpkg", "EVENTS": "households_2015",
                      "POPULATION": "population_2015", "METHOD": 2},
    "correlation": {"INPUT": SMALL["INPUT"], "FIELDS": ["高齢化率", "other"]},
    "regression": {"INPUT": SMALL["INPUT"], "FIELD": "高齢化率", "FIELDS": "other",
                   "COEFFICIENTS": "{out}/coefficients.gpkg",
                   "DIAGNOSTICS": "{out}/diagnostics.gpkg"},
    "cohortprojection": {**PEOPLE, **ZONES, "EARLIER": "{data}/earlier.gpkg",
                         "DISTRICTS": "{out}/districts.gpkg"},
    "cohort component": {**PEOPLE, **ZONES, "METHOD": 1, "SURVIVAL": "{data}/survival.csv",
                         "FERTILITY": "{data}/fertility.csv",
                         "DISTRICTS": "{out}/districts.gpkg"},
    "checkinputs": {"INPUT": "{data}/faulty.gpkg"},
}  # fmt: skip
TOOL = {"cohort component": "cohortprojection"}  # of those that have several methods
TOLD = json.loads((PLUGINS / "tsukuba_gis_qgis" / "tools.json").read_text("utf-8"))["tools"]
# Outputs that hold the features of a layer, with the core's columns behind theirs.
OF = {
    f"{name} {one['name']}": one["features of"]
    for name in EQUAL
    for one in TOLD[TOOL.get(name, name)]["parameters"]
    if isinstance(one, dict) and "features of" in one
}


def test_every_tool_is_compared_with_the_core():
    pages = {"webmap", "fullreport"}
    steps = {"pseudomeasure", "pseudoaudit", "pseudogenerate", "pseudoevaluate"}
    assert {TOOL.get(name, name) for name in EQUAL} | pages | steps == set(TOLD)


@pytest.mark.parametrize("name", EQUAL)
def test_the_table_equals_the_cores_value_by_value(name, run, expected, data, tmp_path):
    """Every column of every output that the core has made."""
    given = {**EQUAL[name], "OUTPUT": "{out}/result ひょう.gpkg"}
    run(TOOL.get(name, name), **given)
    for output in (one for one, value in given.items() if "{out}" in str(value)):
        got = table(given[output].format(out=tmp_path))
        wanted = expected[name if output == "OUTPUT" else f"{name} {output}"]
        parent = OF.get(f"{name} {output}")
        own = set(table(given[parent].format(data=data))) if parent else set()
        assert set(wanted) == set(got) - own - {"fid", "notice"}
        for column, values in wanted.items():
            assert got[column] == values, (output, column)


def test_global_autocorrelation(run, expected, tmp_path):
    found = run("globalautocorrelation", **SMALL, OUTPUT="{out}/g.gpkg", HTML="{out}/g.html")
    assert {name: float(found[name]) for name in "IZP"} == expected["told"]
    assert "Pseudo data" in (tmp_path / "g.html").read_text(encoding="utf-8")


def test_the_check_of_inputs(run, tmp_path):
    found = run("checkinputs", INPUT="{data}/people.gpkg", OUTPUT="{out}/c.gpkg",
                HTML="{out}/c.html")  # fmt: skip
    assert found["ERRORS"] == "0"
    assert "a table of persons" in (tmp_path / "c.html").read_text(encoding="utf-8")


def test_the_web_map_is_the_cores_byte_by_byte(run, data, tmp_path):
    run("webmap", INPUT="{data}/areas.gpkg", FIELD="share", UNIT=1, DIGITS=2,
        OUTPUT="{out}/map.html")  # fmt: skip
    page = (tmp_path / "map.html").read_bytes()
    assert b"Pseudo data" in page
    assert page == (data / "core map.html").read_bytes()


def payload(folder):
    """Return the data of a report's page, but for the hashes of the files that were read."""
    page = (folder / "index.html").read_text(encoding="utf-8")
    return json.loads(re.search(r'<script id="data" [^>]*>(.*?)</script>', page, re.S)[1])


def test_the_full_report_is_the_cores(run, data, tmp_path):
    """Every table, layer and number on the page, of the same records and districts."""
    run("fullreport", RECORDS="{data}/residents.gpkg", AGE="age", SEX="sex",
        ZONES="{data}/areas.gpkg", TITLE="Study", PERMUTATIONS=999,
        OUTPUT="{out}/report")  # fmt: skip
    core, made = data / "core report", tmp_path / "report"
    assert payload(made) == payload(core)
    files = {path.relative_to(core) for path in core.rglob("*") if path.is_file()}
    assert {path.relative_to(made) for path in made.rglob("*") if path.is_file()} == files
    # The run record, and what quotes it, holds the hashes of the files that were read.
    same = [path for path in files if path.suffix in (".csv", ".gpkg", ".txt")]
    assert len(same) >= 8
    for path in same:
        assert (made / path).read_bytes() == (core / path).read_bytes(), path


def test_pseudo_records_in_four_steps_equal_the_cores(run, data, core_python, tmp_path):
    register = {"RECORDS": "{data}/register.gpkg", "AGE": "age", "SEX": "sex",
                "SCHOOL_DISTRICT": "school_district", "ORIGIN": 1}  # fmt: skip
    key = {"STATISTICS": "{out}/audited", "KEY_FILE": "{data}/key.txt"}
    run("pseudomeasure", **register, OUTPUT="{out}/statistics")
    told = run("pseudoaudit", STATISTICS="{out}/statistics", OUTPUT="{out}/audited",
               HTML="{out}/r.html")  # fmt: skip
    made = run("pseudogenerate", **key, OUTPUT="{out}/pseudo.gpkg")
    judged = run("pseudoevaluate", **register, **key, OUTPUT="{out}/e.gpkg", HTML="{out}/e.html")
    script = str(Path(__file__).with_name("core_numbers.py"))
    subprocess.run([core_python, "-I", script, "--pseudo", str(data)], check=True)
    expected = json.loads((data / "expected pseudo.json").read_text(encoding="utf-8"))
    assert told["SHA256"] == expected["sha256"]
    assert made["N_RECORDS"] == str(expected["n"])
    assert judged["FAILED"] == expected["failed"]
    for name, path in (("records", "pseudo.gpkg"), ("metrics", "e.gpkg")):
        got = table(tmp_path / path)
        assert len(expected[name]) > 5
        for column, values in expected[name].items():
            assert got[column] == values, column
    real, pseudo = table(data / "register.gpkg"), table(tmp_path / "pseudo.gpkg")
    assert sorted(pseudo["school_district"]) == sorted(real["school_district"])
    assert set(pseudo["notice"]) == {"Pseudo data: results do not reflect reality"}
    assert judged["PASSED"] == str(int(not expected["failed"]))


ROLES = {"people": "{data}/people.gpkg", "people_age": "age", "people_sex": "sex",
         "zones": "{data}/districts.gpkg"}  # fmt: skip
FIGURES = {
    "図1 高齢化率と重度介護 / Figure 1: ageing and heavy care": {
        "people_care": "care_level",
        "aggregatedistricts:区域別の率 / Rates": "{out}/a.gpkg",
        "correlation:相関 / Correlation": "{out}/b.gpkg",
        "regression:残差 / Residuals": "{out}/c.gpkg",
    },
    "図2 65歳以上/10歳以下比の地図 / Figure 2: map of 65+ to 10 and under": {
        "aggregatedistricts:65歳以上/10歳以下比 / Ratio 65+ to 10 and under": "{out}/a.gpkg",
        "localmoran:集積 / Clusters": "{out}/b.gpkg",
    },
    "図3 コーホート分析 / Figure 3: cohort analysis": {
        "earlier": "{data}/earlier.gpkg", "earlier_age": "age", "earlier_sex": "sex",
        "cohortprojection:年齢別将来人口 / Persons by age": "{out}/a.gpkg",
        "cohortprojection:区域別の合計 / Totals": "{out}/b.gpkg",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_the_models_of_the_three_figures(name, run, tmp_path):
    run(name, **ROLES, **FIGURES[name])
    assert len(table(tmp_path / "a.gpkg")) > 3
    assert len(table(tmp_path / "b.gpkg")) > 3


def test_rubbish_in_the_environment(run, expected, tmp_path):
    """As the launcher of Windows sets it: right for QGIS, rubbish for any other Python."""
    folder = tmp_path / "rubbish"
    for name in ("tsukuba_gis", "geopandas", "pyproj"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise ImportError('rubbish')")
    rubbish = {"PROJ_LIB": "/usr/share/proj", "PROJ_DATA": "/usr/share/proj",
               "GDAL_DATA": str(folder), "PYTHONPATH": str(folder),
               "LD_LIBRARY_PATH": str(folder)}  # fmt: skip
    run("localmoran", **SMALL, OUTPUT="{out}/l.gpkg", environment=rubbish)
    assert table(tmp_path / "l.gpkg")["lisa_class"] == expected["localmoran"]["lisa_class"]


@pytest.mark.parametrize("imported", ["shapely", "shapely, pyproj"])
def test_beside_a_plugin_that_imports_shapely_first(
    imported, program, core_python, run, data, expected, tmp_path
):
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([core_python, "-I", "-c", code], capture_output=True, text=True,
                          check=True).stdout.strip()  # fmt: skip
    hostile = tmp_path / "plugins" / "a_hostile"
    hostile.mkdir(parents=True)
    (hostile / "__init__.py").write_text(HOSTILE.format(site=site, imported=imported))
    (hostile / "metadata.txt").write_text(METADATA)
    both = {"QGIS_PLUGINPATH": f"{tmp_path / 'plugins'}:{PLUGINS}",
            "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path / "profile")}  # fmt: skip
    program("plugins", "enable", "a_hostile", **both)
    own = program("run", "native:centroids", f"--INPUT={data}/districts.gpkg",
                  f"--OUTPUT={tmp_path}/own.gpkg", **both)  # fmt: skip
    if "Results" not in own.stdout:
        pytest.skip(f"beside a plugin that imports {imported} QGIS's own tools crash here too")
    program("plugins", "enable", "tsukuba_gis_qgis", **both)
    # The other plugin may bring QGIS down when it ends, with or without ours.
    run("localmoran", **SMALL, OUTPUT="{out}/l.gpkg", environment=both, ends_well=False)
    assert table(tmp_path / "l.gpkg")["lisa_class"] == expected["localmoran"]["lisa_class"]


def test_without_the_core_the_program_says_so_and_lives(program, data, tmp_path):
    done = program("run", "tsukubagis:localmoran", f"--INPUT={data}/districts.gpkg",
                   "--FIELD=share", f"--OUTPUT={tmp_path}/x.gpkg",
                   TSUKUBA_GIS_PYTHON="/nowhere", HOME=str(tmp_path))  # fmt: skip
    assert done.returncode == 1
    assert "analysis core" in done.stdout + done.stderr
    assert program("list").returncode == 0


def test_killed_in_the_middle_qgis_leaves_no_record_and_no_process(program, data, tmp_path):
    process = program("run", "tsukubagis:localmoran", f"--INPUT={data}/small areas 町丁.gpkg",
                      "--FIELD=高齢化率", "--PERMUTATIONS=50000000",
                      f"--OUTPUT={tmp_path}/x.gpkg", start=True)  # fmt: skip
    try:
        begun = time.monotonic()
        while not children(process.pid) and time.monotonic() - begun < 60:
            time.sleep(0.2)
        (worker,) = children(process.pid)
        time.sleep(4)
        assert len(list(program.work.glob("tsukuba-gis-*"))) == 1
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    begun = time.monotonic()
    while list(program.work.glob("tsukuba-gis-*")) and time.monotonic() - begun < 60:
        time.sleep(0.1)
    assert list(program.work.glob("tsukuba-gis-*")) == []
    while time.monotonic() - begun < 70:
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            break
        time.sleep(0.1)
    else:
        pytest.fail("the worker outlives QGIS")
