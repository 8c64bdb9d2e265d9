"""Every function that writes a file, and every command that does, asks what may leave.

Writers are found by reading the package: one that is new fails here until it asks the policy, or
until it is said in this file why it need not.
"""

import ast
import csv
import io
import json
import re
from pathlib import Path

import click
import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from test_report_policy import WRITERS
from toys import toy_indicators, toy_level, toy_zones

from tsukuba_gis.cli import group, main
from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.maps import choropleth
from tsukuba_gis.messages import text
from tsukuba_gis.worker.job import Job, LayerFile

PACKAGE = Path(__file__).parents[1] / "tsukuba_gis"
POLICY = {"publishable", "publishable_level", "hide_few", "Terms"}

# ---- functions ------------------------------------------------------------------------------

# Writers that ask, and what their body must name.
ASKING = {
    "figures/frame.py save_figure": "publishable",
    "report/layer_files.py write_table": "hide_few",
    "report/page.py write_page": "page_html",  # which asks
    "report/pdf.py write_figures_pdf": "publishable",
    "report/text_files.py write_csv": "publishable",
    "report/text_files.py write_read_me": "publishable",
    "report/text_files.py write_run_record": "publishable",
    "report/workbook.py write_workbook": "publishable",
    "worker/outcome.py Outcome.save": "notice",  # of the job's terms: the next test
    "worker/pages.py web_map": "choropleth",  # which asks
    "worker/words.py page": "terms",
}
# What writes for a writer that has asked.
HANDED = {
    "report/__init__.py _write_tables": "report/__init__.py write_report",
    "report/folder.py _seal": "report/__init__.py write_report",
    "report/geopackage.py _write": "report/geopackage.py write_geopackage",
    "report/layer_files.py _write_csv": "report/layer_files.py write_table",
    "report/pdf.py _printed": "report/pdf.py write_pdf",
}
# What writes no numbers of persons, or has a rule of its own.
OTHER = {
    "cli/app.py boundaries": "bundled geography; its notice is in the file",
    "cli/pseudo.py _write": "pseudo or swapped records, which are rows; the notice is in the file",
    "cli/pseudo.py evaluate": "the certificate: measures of risk, and k of the rules",
    "cli/pseudo.py swap": "the record of a swap, for the office alone",
    "cli/spatial.py moran": "text for the terminal",
    "io/vector.py _apart": "a copy for reading, deleted after it",
    "io/vector.py _with_index": "a copy for reading, deleted after it",
    "join/stream.py _Parts.add": "the user's own rows, with a column more",
    "join/stream.py _Parts.finish": "the user's own rows, with a column more",
    "pseudo/ledger.py _alone": "hashes and dates of releases",
    "pseudo/proof/certificate.py write_certificate": "measures of risk, and k of the rules",
    "pseudo/review.py write_review": "counts that the audit has passed",
    "pseudo/statistics.py Statistics.save": "counts under the rules of k, audited",
    "pseudo/statistics.py _csv": "for Statistics.save",
    "scale.py join_dataset": "the user's own rows, with a column more",
}
CALLS = {
    "write_text", "write_bytes", "to_csv", "to_file", "to_parquet", "to_excel", "to_feather",
    "write_dataframe", "savefig", "copyfile", "copy", "ParquetWriter", "ExcelWriter", "Workbook",
    "PdfPages",
}  # fmt: skip


def _writes(call):
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    owner = getattr(getattr(call.func, "value", None), "id", "")
    if name in ("copyfile", "copy"):
        return owner == "shutil"
    if name == "save":
        return owner == "drawn"  # a folium map
    if name in ("write_table", "write_csv"):
        return owner in ("pq", "csv")  # pyarrow's
    if name == "open":
        words = [one.value for one in call.args if isinstance(one, ast.Constant)]
        modes = [one for one in words if isinstance(one, str) and len(one) < 4]
        return owner == "os" or any(set(one) & set("wax") for one in modes)
    return name in CALLS


def _functions(tree, prefix=""):
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{node.name}.")


def writers(package=PACKAGE):
    """Place of every function that calls something that writes → its tree."""
    return {
        f"{path.relative_to(package).as_posix()} {name}": tree
        for path in sorted(package.rglob("*.py"))
        if "_vendor" not in path.parts
        for name, tree in _functions(ast.parse(path.read_text(encoding="utf-8")))
        if any(isinstance(node, ast.Call) and _writes(node) for node in ast.walk(tree))
    }


FOUND = {**writers()}
DULL = {"cli/app.py main"}  # opens the null device


def _names(tree):
    return {
        getattr(node, "id", getattr(node, "attr", getattr(node, "arg", "")))
        for node in ast.walk(tree)
    }


def test_every_writer_is_known():
    assert set(FOUND) - DULL == {*ASKING, *HANDED, *OTHER}


def test_a_planted_writer_is_found(tmp_path):
    code = "def leak(frame, path):\n    frame.to_csv(path)\n"
    (tmp_path / "leak.py").write_text(code, encoding="utf-8")
    assert list(writers(tmp_path)) == ["leak.py leak"]


@pytest.mark.parametrize("place", ASKING)
def test_a_writer_asks(place):
    assert ASKING[place] in _names(FOUND[place])


@pytest.mark.parametrize("place", HANDED)
def test_a_helper_is_called_by_one_that_asks(place):
    file, name = HANDED[place].split()
    tree = ast.parse((PACKAGE / file).read_text(encoding="utf-8"))
    caller = dict(_functions(tree))[name]
    assert POLICY & _names(caller)


def test_the_workers_outcome_is_written_with_the_notices_of_its_terms():
    tree = ast.parse((PACKAGE / "worker/run.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    saves = [node for node in calls if getattr(node.func, "attr", "") == "save"]
    assert [ast.unparse(one.keywords[0].value) for one in saves] == ["job.terms.notices"]


def test_every_writer_of_results_is_tried_without_a_notice():
    """Of those that ask ``publishable``: test_report_policy runs each."""
    tried = {getattr(one, "__name__", "") for one in WRITERS.values()}
    asking = {place.split()[1] for place, asked in ASKING.items() if asked == "publishable"}
    assert asking - tried <= {"save_figure", "write_read_me", "write_figures_pdf"}


def test_the_worker_hides_small_numbers_of_real_people_before_it_computes(files):
    labels = {"zone_id": "zone_id", "field": "falls"}
    path = files / "layer.gpkg"
    zones = gpd.read_file(files / "zones.gpkg").rename(columns={"falls": "field"})
    zones.assign(row=range(len(zones))).to_file(path)
    layer = LayerFile(path=path, title="zones", rows=len(zones), labels=labels)

    def values(origin, **params):
        job = Job(folder=files, task="", version=1, lang="en", layers={"input": layer},
                  params={"origin": origin, **params}, files={})  # fmt: skip
        return job.value(job.zones()).dropna().tolist()

    assert 3 in values("published")
    assert 3 in values("pseudo")
    assert 3 not in values("reference")
    assert 10 in values("reference")
    with pytest.raises(DisclosureError, match="3 or more, not 2"):
        values("reference", min_count=2)


# ---- a map of a table of one's own ------------------------------------------------------------

NOTICE = {key: text(f"notice_{key}", "ja", k=10) for key in ("pseudo", "reference")}


def drawn(indicator, **how):
    made = choropleth(toy_level(), toy_indicators()[indicator], **{"min_count": 10, **how})
    return made.get_root().render()


def test_a_map_needs_the_notice_of_its_numbers():
    assert NOTICE["pseudo"] in drawn(0, notices=(NOTICE["pseudo"],))
    with pytest.raises(DisclosureError, match="Nothing says whose"):
        drawn(0, notices=())
    with pytest.raises(DisclosureError, match="notice is lacking: Made from reference"):
        drawn(0, notices=(NOTICE["pseudo"],), records="reference")
    assert "<title>" in drawn(0, notices=(), records="published")


def test_a_map_of_real_people_shows_no_small_number():
    count = next(place for place, one in enumerate(toy_indicators()) if one.unit == "persons")
    level = toy_level()
    level.values.iloc[0, level.values.columns.get_loc("population")] = 7.0
    indicator = toy_indicators()[count]
    shown = {}
    for records in ("pseudo", "reference"):
        made = choropleth(level, indicator, notices=(NOTICE[records],), min_count=10)
        page = made.get_root().render()
        shown[records] = re.search(r'"values":\{"population":\[(\w+),', page)[1]
    assert shown == {"pseudo": "7", "reference": "null"}
    with pytest.raises(DisclosureError, match="from 1 to 9"):
        choropleth(level, indicator, notices=("出典: 市",), min_count=10)
    assert level.values["population"].iloc[0] == 7.0


# ---- commands ---------------------------------------------------------------------------------

OUTPUTS = {"out", "page", "copy_to", "ledger"}
INPUTS = {
    "file", "study_file", "points", "zones", "points_file", "zones_file", "population", "tables",
    "control", "pairs", "places", "survival", "fertility", "migration", "statistics_folder",
    "key_file", "earlier",
}  # fmt: skip
# Commands whose files are made by a writer above that asks, or that has its own rule.
ELSEWHERE = {
    "demo": "write_report", "run": "write_report", "boundaries": "bundled geography",
    "join": "the user's own rows: test_cli_join", "pseudo measure": "Statistics.save",
    "pseudo audit": "Statistics.save", "pseudo generate": "pseudo records",
    "pseudo evaluate": "write_certificate", "pseudo swap": "swapped records",
    "pseudo record": "the ledger",
}  # fmt: skip
# Each on numbers of which some are small: nothing says whose.
COMMANDS = {
    "lisa": ["{zones}", "--column", "falls", "--permutations", "99"],
    "regionalise": ["{zones}", "--columns", "falls", "--k", "3"],
    "rates": ["{zones}", "--events", "falls", "--population", "persons"],
    "regress": ["{zones}", "--outcome", "falls", "--explanatory", "persons"],
    "project": ["{2015}", "{2020}", "--until", "2025"],
    "flows": ["{flows}"],
    "shift-share": ["{industries}"],
    "points dense": ["{points}", "--distance", "50", "--least", "3"],
    "points ripley": ["{points}", "--zones", "{zones}", "--simulations", "19"],
    "points density": ["{points}", "--zones", "{zones}", "--bandwidth", "50"],
    "points scan": ["{zones}", "--cases", "falls", "--population", "persons",
                    "--simulations", "99"],
}  # fmt: skip
NEEDS = {"regress": "statsmodels", "points dense": "sklearn"}


def commands(held=group, before=()):
    for name, command in held.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))
        else:
            yield " ".join((*before, name)), command


def test_every_path_of_a_command_is_read_or_written():
    for name, command in commands():
        paths = {one.name for one in command.params if isinstance(one.type, click.Path)}
        assert paths <= OUTPUTS | INPUTS, name


def test_every_command_that_writes_is_known():
    writing = {
        name for name, command in commands() if OUTPUTS & {one.name for one in command.params}
    }
    assert writing == {*COMMANDS, *ELSEWHERE}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("writers")
    falls = [3, 12, 11, 19, 10, 25, 14, 40, 22]
    zones = toy_zones().frame.assign(
        falls=falls, persons=[200, 210, 190, 220, 250, 205, 260, 300, 230]
    )
    zones.to_file(folder / "zones.gpkg", layer="zones")
    points = zones.geometry.representative_point()
    near = [points.translate(dx, dy) for dx, dy in ((0, 0), (9, 4), (-7, 8), (3, -9))]
    places = pd.concat(near, ignore_index=True)
    named = gpd.GeoDataFrame({"name": ["x"] * len(places)}, geometry=places, crs=zones.crs)
    named.to_file(folder / "points.gpkg")
    ages = [f"{low}-{low + 4}歳" for low in range(0, 85, 5)] + ["85歳以上"]
    header = ["調査年月日,地域名", *(f"{age}の{sex}" for age in ages for sex in ("男性", "女性"))]
    for year, more in ((2015, 0), (2020, 4)):
        rows = [
            f"{year}-10-01,{area}," + ",".join(str(5 + more + k % 17 * 3) for k in range(36))
            for area in ("北", "南", "西")
        ]
        content = "\n".join([",".join(header), *rows])
        (folder / f"{year}.csv").write_text(content, encoding="utf-8")
    (folder / "flows.csv").write_text(
        "origin,destination,persons\nA,B,5\nB,A,80\nA,C,90\nC,A,4\n", encoding="utf-8"
    )
    (folder / "industries.csv").write_text(
        "industry,start,end,reference_start,reference_end\nI,500,4,10,11\nII,100,100,20,24\n",
        encoding="utf-8",
    )
    return folder


def call(command, files, out, *more):
    ending = {"2015": "2015.csv", "2020": "2020.csv", "zones": "zones.gpkg",
              "points": "points.gpkg", "flows": "flows.csv",
              "industries": "industries.csv"}  # fmt: skip
    paths = {key: str(files / name) for key, name in ending.items()}
    words = []
    for word in COMMANDS[command]:
        key = word.strip("{}")
        words.append(paths[key] if word.startswith("{") else word)
    return main([*command.split(), *words, "--out", str(out), "--lang", "en", *more])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_writes_nothing_while_nobody_says_whose_small_numbers_are(
    command, files, tmp_path, capsys
):
    if command in NEEDS:
        pytest.importorskip(NEEDS[command])
    assert call(command, files, tmp_path / "out.csv") == 1
    assert "--records" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("records", ["published", "pseudo", "invented", "reference"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_writes_the_notice_and_no_small_number_of_real_people(
    command, records, files, tmp_path, capsys
):
    if command in NEEDS:
        pytest.importorskip(NEEDS[command])
    out = tmp_path / "out.csv"
    done = call(command, files, out, "--records", records)
    if command == "points dense" and records == "reference":
        assert done == 1
        assert "one by one" in capsys.readouterr().err
        assert not out.exists()
        return
    assert done == 0, capsys.readouterr().err
    rows = list(csv.reader(io.StringIO(out.read_bytes().decode("utf-8-sig"))))
    key = "layer_published" if records == "published" else f"notice_{records}"
    needed = text(key, "en", k=10, files="FILES").partition("FILES")[0]
    assert needed in rows[0][-1]
    assert needed in capsys.readouterr().out
    provenance = json.loads(rows[0][-1][rows[0][-1].index(' {"') :])
    assert provenance["settings"]["records"] == records
    assert provenance["inputs"]
    if records == "reference":
        table = pd.read_csv(out, encoding="utf-8-sig")
        counted = {"falls", "persons", "observed", "inflow", "outflow", "start", "end"}
        for name in counted & set(table.columns):
            held = table[name].dropna()
            if command == "project":
                held = held[table["year"] == 2020]
            assert not ((held > 0) & (held < 10)).any(), name


@pytest.mark.parametrize("ending", [".gpkg", ".geojson"])
def test_layers_carry_it_too(ending, files, tmp_path):
    out = tmp_path / f"out{ending}"
    assert call("regionalise", files, out, "--records", "pseudo") == 0
    told = json.dumps(pyogrio.read_info(out)["layer_metadata"] or {}) + out.read_bytes().decode(
        "utf-8", errors="ignore"
    )
    assert text("notice_pseudo", "en") in told
