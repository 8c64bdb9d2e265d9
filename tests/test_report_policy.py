"""What may leave: every writer asks the same policy, and a small number of real people never shows.

A result of reference records is made twice: once with small numbers in it, and once with what
must be hidden taken out by hand. Every writer must make the same file of both.
"""

import hashlib
import json
import re
import sqlite3
import zipfile
from dataclasses import replace

import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
from results import full_result

from tsukuba_gis import figures
from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.messages import LANGUAGES, text
from tsukuba_gis.publishing import publishable
from tsukuba_gis.report import pdf, write_report
from tsukuba_gis.report.figure_files import write_figures
from tsukuba_gis.report.geopackage import write_geopackage
from tsukuba_gis.report.page import page_html, write_page
from tsukuba_gis.report.tables import tables
from tsukuba_gis.report.text_files import write_csv, write_read_me, write_run_record
from tsukuba_gis.report.workbook import write_workbook
from tsukuba_gis.report.worksheet import worksheet_html

# openpyxl does not know the extension that makes Excel's data bars begin at 0.
pytestmark = pytest.mark.filterwarnings("ignore:.*xtension is not supported:UserWarning")

K = 10
FEW = 7.4375  # a number of people that occurs nowhere else, exact in binary
TOLD = 0.7654321  # a rate that would tell a small number
ZONE = 3  # place of the zone that has them
NOTICES = {lang: (text("notice_reference", lang, k=K),) for lang in LANGUAGES}


def reference(*, leaking):
    """The full result as of reference records: all numbers large but those that are planted."""
    result = full_result(12, districts=6)
    levels = tuple(_level(level, leaking=leaking) for level in result.levels)
    flows = result.flows[0]
    pairs, places = flows.pairs.copy(), flows.places.copy()
    pairs.loc[0, "persons"] = FEW if leaking else np.nan
    if not leaking:  # the pair alone is hidden among those of its origin and its destination
        origin, destination = pairs.loc[0, ["origin", "destination"]]
        derived = ["net", "gross", "effectiveness", "net_rate"]
        places.loc[origin, ["outflow", *derived]] = np.nan
        places.loc[destination, ["inflow", *derived]] = np.nan
    return replace(
        result, kind="reference", notices=NOTICES, min_count=K, levels=levels,
        flows=(replace(flows, pairs=pairs, places=places),),
    )  # fmt: skip


def _level(level, *, leaking):
    zone = level.zones.ids[ZONE]
    population = level.population * 0 + 20.0
    population.loc[zone, ("female", 85)] = FEW
    if not leaking:  # and the smallest other cell of the row, for the row's total is known
        population.loc[zone, [("female", 85), ("female", 0)]] = np.nan
    values, masks = level.values.copy(), level.masks.copy()
    masks.loc[zone, "share_65plus"] = "small"
    values.loc[zone, "share_65plus"] = TOLD if leaking else np.nan
    frame = level.lisa["share_65plus"].frame.copy()
    frame.loc[zone, ["i", "value", "z", "lag", "p", "p_fdr", "p_floor"]] = (
        TOLD if leaking else np.nan
    )
    frame.loc[zone, "cluster"] = "ns" if leaking else "missing"
    for place in range(len(frame)):  # zones without a value may not have a z
        if np.isnan(values["share_65plus"].iloc[place]) and not leaking:
            frame.iloc[place, frame.columns != "neighbours"] = np.nan
            frame.iloc[place, frame.columns.get_loc("cluster")] = "missing"
    lisa = {**level.lisa, "share_65plus": replace(level.lisa["share_65plus"], frame=frame)}
    gone = values.index[values["share_65plus"].isna()]
    sums = pd.Series([400.0] * level.regions.k, index=level.regions.sizes.index)
    sums.iloc[0] = FEW if leaking else np.nan
    return replace(
        level, population=population, values=values, masks=masks, lisa=lisa,
        rates=tuple(_rate(one, zone, leaking=leaking) for one in level.rates),
        local=tuple(_local(one, gone, leaking=leaking) for one in level.local),
        age_curves=tuple(_curve(one, leaking=leaking) for one in level.age_curves),
        regressions=tuple(
            _regression(one, zone, gone, leaking=leaking) for one in level.regressions
        ),
        regions=replace(level.regions, sums=sums),
        projection=_projection(level.projection, zone, leaking=leaking),
    )  # fmt: skip


def _rate(rate, zone, *, leaking):
    held = rate.frame.assign(observed=40.0, population=200.0)
    held.loc[zone, "observed"] = FEW
    if not leaking:
        held.loc[zone] = np.nan
    return replace(rate, frame=held)


def _local(one, gone, *, leaking):
    held = one.frame.copy()
    if not leaking:
        held.loc[gone, [name for name in held if name not in ("cluster", "neighbours")]] = np.nan
        held.loc[gone, "cluster"] = "missing"
    return replace(one, frame=held)


def _curve(one, *, leaking):
    """Few women of one age count: men of that age are hidden too, for all less men are women."""
    held = one.frame.assign(observed=40.0, population=200.0)
    held.loc[("female", 85), "observed"] = FEW
    if not leaking:
        held.loc[[("female", 85), ("male", 85)]] = np.nan
    counts = one.zone_counts.copy()
    counts["observed"], counts["population"] = 40.0, 200.0
    shares, zones = one.by_zone.copy(), one.by_zone.index
    counts.loc[zones[ZONE], ("observed", 85)] = FEW
    shares.loc[zones[ZONE], 85] = TOLD
    if not leaking:  # and a second cell of its row, and of both columns: the first, all are equal
        told = ([zones[0], zones[ZONE]], [65, 85])
        shares.loc[told] = np.nan
        for name in ("observed", "population"):
            for age in told[1]:
                counts.loc[told[0], (name, age)] = np.nan
    return replace(one, frame=held, by_zone=shares, zone_counts=counts)


def _regression(one, zone, gone, *, leaking):
    held = one.frame.copy()
    held.loc[zone] = TOLD if leaking else np.nan
    if not leaking:
        held.loc[gone] = np.nan
    return replace(one, frame=held)


def _projection(projection, zone, *, leaking):
    population = projection.population.copy()
    there = population.index[population[2020].notna().all(axis=1)]
    population.loc[there, 2020] = 20.0
    population.loc[zone, (2020, "female", 85)] = FEW
    if not leaking:
        population.loc[zone, [(2020, "female", 85), (2020, "female", 0)]] = np.nan
    return replace(projection, population=population)


@pytest.fixture(scope="module")
def leaking():
    return reference(leaking=True)


@pytest.fixture(scope="module")
def hidden():
    return reference(leaking=False)


def write_text(result, path):
    path.write_text(worksheet_html(result), encoding="utf-8")


WRITERS = {
    "page.html": write_page,
    "worksheet.html": write_text,
    "book.xlsx": write_workbook,
    "zones.gpkg": write_geopackage,
    "csv": write_csv,
    "run.json": write_run_record,
    "read.txt": lambda result, path: write_read_me(result, path, {}),
}
if figures.figures_possible():
    WRITERS["figures"] = write_figures
    WRITERS["figures.pdf"] = pdf.write_figures_pdf


def digest(path):
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [(file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files]


@pytest.fixture(scope="module")
def written(leaking, tmp_path_factory):
    folder = tmp_path_factory.mktemp("leaking")
    for name, write in WRITERS.items():
        write(leaking, folder / name)
    return folder


@pytest.mark.parametrize("name", WRITERS)
def test_small_numbers_leave_no_trace_in_any_format(name, written, hidden, tmp_path):
    WRITERS[name](hidden, tmp_path / name)
    assert digest(written / name) == digest(tmp_path / name)


def contents(path):
    """All that a file holds, as text."""
    if path.is_dir():
        return "\n".join(
            contents(file) for file in path.iterdir() if file.suffix in (".csv", ".svg")
        )
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            return "\n".join(archive.read(name).decode() for name in archive.namelist())
    if path.suffix == ".gpkg":
        layers = [name for name, _ in pyogrio.list_layers(path)]
        frames = (pyogrio.read_dataframe(path, layer=name) for name in layers)
        return "\n".join(frame.to_csv() for frame in frames)
    return path.read_bytes().decode("utf-8-sig", errors="ignore")


@pytest.mark.parametrize("name", WRITERS)
def test_the_planted_numbers_are_nowhere(name, written):
    held = contents(written / name)
    assert str(FEW) not in held
    assert str(TOLD) not in held
    assert "76.5%" not in held  # as a reader would see it


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "figures.pdf"])
def test_notice_and_origin_are_in_every_format(name, written):
    """Text of the PDF is glyphs; its figures are those of the other formats."""
    held = contents(written / name)
    if name == "figures":
        files = list((written / name).glob("*.svg"))
        assert len(files) == len(list((written / name).glob("*.png"))) == 11
        for file in files:
            svg = file.read_text(encoding="utf-8")
            assert NOTICES["ja"][0] in svg
            assert "tsukuba_gis 0.1.0" in svg
        return
    if name == "zones.gpkg":
        with sqlite3.connect(written / name) as base:
            held = "\n".join(row[0] for row in base.execute("SELECT metadata FROM gpkg_metadata"))
            described = base.execute("SELECT description FROM gpkg_contents").fetchall()
        base.close()
        assert sum(NOTICES["ja"][0] in row[0] for row in described) == len(described) - 1
    if name == "csv":
        for file in (written / name).iterdir():
            first = file.read_bytes().decode("utf-8-sig").split("\r\n")[0]
            assert NOTICES["ja"][0] in first
            assert "tsukuba_gis 0.1.0" in first
        return
    assert NOTICES["ja"][0] in held
    if name != "read.txt":  # it names run.json, which tells
        assert re.search(r"tsukuba_gis.{0,20}0\.1\.0", held, re.DOTALL)


def test_no_number_of_people_in_any_table_is_small(leaking):
    for table in tables(publishable(leaking)):
        for column in table.columns:
            if column.unit == "persons" and table.kind not in ("projection_ages", "projection"):
                numbers = [abs(cell) for cell in column.cells if isinstance(cell, float)]
                assert not [number for number in numbers if 0 < number < K], (
                    table.name,
                    column.name,
                )


def test_a_city_less_its_other_zones_gives_nothing_away(leaking):
    level = leaking.levels[0]
    values, masks = level.values.copy(), level.masks.copy()
    values.iloc[2, values.columns.get_loc("population")] = FEW
    told = replace(level, values=values, masks=masks)
    safe = publishable(replace(leaking, levels=(told,))).levels[0]
    assert np.isnan(safe.values["population"].iloc[2])
    assert np.isnan(safe.total["population"])
    assert safe.masks["population"].iloc[2] == "small"


def test_density_of_few_people_is_hidden(leaking):
    level = leaking.levels[0]
    values = level.values.copy()
    area = level.zones.frame.area.iloc[2] / 1e6
    values.iloc[2, values.columns.get_loc("density")] = 6 / area
    safe = publishable(replace(leaking, levels=(replace(level, values=values),))).levels[0]
    assert np.isnan(safe.values["density"].iloc[2])


def test_pseudo_results_come_back_as_they_are():
    result = full_result(8, districts=0)
    assert publishable(result) is result


def test_the_result_is_not_changed(leaking):
    before = leaking.levels[0].population.copy()
    publishable(leaking)
    pd.testing.assert_frame_equal(leaking.levels[0].population, before)
    assert leaking.flows[0].pairs["persons"].iloc[0] == FEW


# ---- what stops ------------------------------------------------------------------------


def spoilt(**changes):
    return replace(reference(leaking=False), **changes)


def bare():
    made = reference(leaking=False).provenance
    return replace(made, version="")


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"notices": {"ja": (), "en": ()}}, "lacks the notice"),
        ({"notices": {**NOTICES, "en": ("something else",)}}, "lacks the notice"),
        ({"min_count": 2, "notices": {lang: (text("notice_reference", lang, k=2),)
                                      for lang in LANGUAGES}}, "min_count of 3 or more"),
        ({"provenance": bare()}, "does not say how it was made"),
    ],
    ids=["no notice", "other notice", "small k", "no origin"],
)  # fmt: skip
def test_no_writer_writes_without_notice_origin_and_k(name, changes, said, tmp_path):
    with pytest.raises(DisclosureError, match=said):
        WRITERS[name](spoilt(**changes), tmp_path / name)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size]


def test_the_folder_is_refused_as_a_whole(tmp_path):
    with pytest.raises(DisclosureError, match="lacks the notice"):
        write_report(spoilt(notices={"ja": (), "en": ()}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


# ---- nothing hidden in the page ----------------------------------------------------------


def test_the_page_holds_no_more_than_it_shows(leaking):
    """No comments, no file paths, no hidden fields; the data are those of the tables."""
    page = page_html(leaking)
    outside = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert "<!--" not in outside
    assert 'type="hidden"' not in page
    assert "/home/" not in page
    assert "/tmp/" not in page
    data = json.loads(
        re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.S)[1]
    )
    assert "provenance" not in data
    assert "inputs" not in data


def test_the_workbook_has_no_hidden_sheet_row_or_column(written):
    book = openpyxl.load_workbook(written / "book.xlsx")
    for sheet in book:
        assert sheet.sheet_state == "visible"
        assert not any(one.hidden for one in sheet.row_dimensions.values())
        assert not any(one.hidden for one in sheet.column_dimensions.values())
    assert not book.defined_names
