"""Persons at dates to come in a study, in the demo, on the command line; flows and industries."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tsukuba_gis import reading
from tsukuba_gis.cli import main
from tsukuba_gis.cohort import cohort_change
from tsukuba_gis.demo import register
from tsukuba_gis.demo.history import EARLIER, city_projection, earlier_population
from tsukuba_gis.errors import InputError
from tsukuba_gis.study import EarlierTable, ProjectionRule, demo_study, read_study, run
from tsukuba_gis.tables import population

SHARED = Path(__file__).parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="published values are not here (shared/data beside the checkout)"
)
FAST = {"permutations": 99}
SIZE = 8_000


@pytest.fixture(scope="module")
def people():
    return register(size=SIZE)


@pytest.fixture(scope="module")
def result():
    return run(replace(demo_study(size=SIZE), **FAST))


def totals(projection):
    return {year: np.nansum(projection.population[year]) for year in projection.years}


# ---- the invented past ------------------------------------------------------------


def test_the_invented_past_adds_up_to_the_censuses():
    everyone = register()
    published = {2005: (103_110, 97_418, 30_151), 2010: (110_230, 104_360, 32_297)}
    for year in EARLIER:
        table = earlier_population(year, everyone, seed=1)
        men, women, children = published[year]
        assert table["male"].to_numpy().sum() == men
        assert table["female"].to_numpy().sum() == women
        young = [age < 15 for age in table.columns.get_level_values("age_start")]
        assert table.loc[:, young].to_numpy().sum() == children
        assert (table >= 0).all().all()
        assert (table == np.rint(table)).all().all()


def test_the_invented_past_is_the_same_again_and_plausible(people):
    one, again = (earlier_population(2010, people, seed=5) for _ in range(2))
    pd.testing.assert_frame_equal(one, again)
    assert not one.equals(earlier_population(2010, people, seed=6))
    now = population(people, people.frame["small_area"], zones=one.index)
    ratios = cohort_change(one.sum().to_frame("city").T, now.sum().to_frame("city").T, years=5).loc[
        "city"
    ]
    assert ratios[[("male", 45), ("female", 60)]].between(0.9, 1.2).all()
    assert ratios["male", 90] < ratios["female", 90] < 0.9
    with pytest.raises(InputError, match="2005, 2010"):
        earlier_population(1990, people, seed=1)
    with pytest.raises(InputError, match="invented register"):
        earlier_population(2010, replace(people, kind="reference"), seed=1)


@needs_shared
def test_the_published_projection_is_restated_as_it_is():
    data = pd.read_csv(SHARED / "facts" / "tsukuba_ipss2013_projection.csv").set_index("year")
    mine = city_projection()
    for year, rows in mine.groupby("year"):
        assert rows["persons"].sum() == data.loc[year, "total"]
        assert rows.loc[rows["sex"] == "male", "persons"].sum() == data.loc[year, "male"]
        children = rows[rows["age_start"] == 0]
        assert children["persons"].sum() == data.loc[year, "age0_14"]
        assert (
            children.loc[children["sex"] == "male", "persons"].sum() == data.loc[year, "male_0_14"]
        )
    assert sorted(set(mine["year"])) == [2020, 2025, 2030, 2035, 2040]


# ---- the demo ------------------------------------------------------------------------


def test_the_demo_is_controlled_and_tested_at_both_levels(result):
    control = city_projection(size=SIZE).groupby("year")["persons"].sum()
    for level in result.levels:
        one = level.projection
        assert one.years == (2015, 2020, 2025, 2030, 2035, 2040)
        assert (one.base, one.earlier, one.step) == (2015, 2010, 5)
        assert one.population.index.equals(level.zones.ids)
        pd.testing.assert_series_equal(one.control, control, check_names=False)
        assert one.backtest.index[-1] == "all"
        assert one.low.index.equals(level.zones.ids)
        assert one.n + one.n_missing == len(level.zones)
    districts = result.levels[0].projection
    assert {year: totals(districts)[year] for year in control.index} == pytest.approx(
        control.to_dict()
    )
    assert totals(districts)[2015] == SIZE


def test_both_levels_are_of_one_city(result):
    """The districts' ratios of all together are those of the small areas together."""
    first, second = (level.projection for level in result.levels)
    shown = result.levels[1].population.loc[second.masks == ""].to_numpy().sum()
    assert totals(second)[2015] == shown
    assert totals(second)[2040] <= totals(first)[2040] + 1e-6


def test_words_of_the_demo(result):
    one = result.levels[1].projection
    for lang in ("ja", "en"):
        said = " ".join(
            [
                reading.projection_sentence(one, lang=lang),
                *reading.projection_cautions(one, lang=lang),
                reading.projection_method(one, lang=lang),
            ]
        )
        assert "2040" in said
        assert "{" not in said
    assert "no forecast" in reading.projection_sentence(one, lang="en")
    cautions = " ".join(reading.projection_cautions(one, lang="en"))
    assert "2015 projected from 2005 and 2010 alone" in cautions
    assert "not shown" in cautions


def test_pseudo_records_keep_the_exact_ratios_and_say_where_there_are_none(people):
    study = replace(demo_study(size=SIZE, pseudo=True), certify=False, **FAST)
    found = run(study)
    districts, areas = (level.projection for level in found.levels)
    assert areas.borrowed.to_numpy().all()  # no count of a small area is declared exact
    told = ~districts.borrowed
    assert 0.2 < told.to_numpy().mean() < 1
    # The register itself, counted in the same districts, and the same earlier date.
    from tsukuba_gis.boundaries import load_boundaries

    small = load_boundaries("small_area").frame
    past = earlier_population(2010, people, seed=study.seed)
    past = past.groupby(small["school_district"]).sum()
    ids = found.levels[0].zones.ids
    names = {name: zone for zone, name in found.levels[0].zones.names.items()}
    real = population(people, people.frame["school_district"].map(names), zones=ids)
    raw = [
        cohort_change(past.loc[ids], table, years=5) for table in (real, found.levels[0].population)
    ]
    np.testing.assert_array_equal(
        raw[0].to_numpy()[told.to_numpy()], raw[1].to_numpy()[told.to_numpy()]
    )
    assert not raw[0].equals(raw[1])


def test_hidden_numbers_of_real_people_give_no_ratio(people):
    study = demo_study(size=SIZE)
    records = replace(people, kind="reference")
    from tsukuba_gis.study import projection as room
    from tsukuba_gis.study.flow import _assign, _level
    from tsukuba_gis.study.inputs import read_study_zones

    history = room.history_of(study, people)
    source = study.zones[0]
    zones = read_study_zones(source, lang="en")
    level, _ = _level(
        replace(study, **FAST), records, zones, _assign(source, records, zones),
        names=("population",), on_step=lambda _: None,
    )  # fmt: skip
    found, _ = room.projection_of(study, level, history, kind="reference")
    hidden = level.population.isna()
    assert hidden.to_numpy().any()
    assert found.borrowed.to_numpy()[hidden.to_numpy()].all()
    assert found.population[2015].isna().to_numpy()[hidden.to_numpy()].all()


def test_records_of_ones_own_have_no_invented_past(people, tmp_path):
    path = tmp_path / "people.csv"
    people.frame[:3000].to_csv(path, index=False)
    study = demo_study()
    records = replace(study.records, path=path, kind="pseudo")
    study = replace(study, records=records, **FAST)
    assert all(level.projection is None for level in run(study).levels)


# ---- files ---------------------------------------------------------------------------


def layout(table, names, day):
    """A table as the city publishes it."""
    rows = []
    for area, cells in table.iterrows():
        row = {"調査年月日": day, "地域名": names[area], "総人口": int(cells.sum())}
        for age in range(0, 90, 5):
            for sex, word in (("male", "男性"), ("female", "女性")):
                ages = cells[sex]
                held = ages[ages.index >= 85].sum() if age == 85 else ages[age]
                label = "85歳以上" if age == 85 else f"{age}-{age + 4}歳"
                row[f"{label}の{word}"] = int(held)
        rows.append(row)
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def files(people, tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("city")
    from tsukuba_gis.boundaries import load_boundaries

    names = load_boundaries("small_area").names
    once = names[~names.duplicated(keep=False)]
    for year in EARLIER:
        table = earlier_population(year, people, seed=1).loc[once.index]
        layout(table, once, f"{year}-10-01").to_csv(
            tmp_path / f"{year}.csv", index=False, encoding="cp932"
        )
    people.frame.to_csv(tmp_path / "people.csv", index=False)
    return tmp_path


def test_a_study_with_tables_of_the_city(files):
    study = demo_study()
    rule = ProjectionRule(
        base=2015, until=2025,
        earlier=tuple(EarlierTable(year=year, path=files / f"{year}.csv") for year in EARLIER),
    )  # fmt: skip
    study = replace(
        study, projection=rule, **FAST,
        records=replace(study.records, path=files / "people.csv", kind="invented"),
    )  # fmt: skip
    found = run(study)
    districts, areas = found.levels
    assert districts.projection is None  # nothing says which district
    assert areas.projection.years == (2015, 2020, 2025)
    assert areas.projection.population[2015]["male"].columns.max() == 85
    keys = {problem.key for problem in found.problems}
    assert "projection_appeared" in keys  # names that stand twice were left out of the files
    assert {"2005.csv", "2010.csv", "people.csv"} <= set(found.provenance.inputs)
    assert "/" not in str(found.provenance.settings["projection"])


def test_a_concordance_carries_small_areas_to_districts(files):
    from tsukuba_gis.boundaries import load_boundaries

    small = load_boundaries("small_area").frame
    small[["name", "school_district"]].rename(columns={"name": "area"}).to_csv(
        files / "pairs.csv", index=False
    )
    rule = ProjectionRule(
        base=2015, until=2020, zones="school_district",
        earlier=(EarlierTable(year=2010, path=files / "2010.csv",
                              concordance=files / "pairs.csv"),),
    )  # fmt: skip
    study = demo_study()
    records = replace(study.records, path=files / "people.csv", kind="invented")
    found = run(replace(study, projection=rule, records=records, **FAST))
    districts, areas = found.levels
    assert areas.projection is None
    assert districts.projection.n == 16
    assert districts.projection.backtest is None


def test_project_on_the_command_line(files, capsys):
    out = files / "projection.csv"
    command = ["project", str(files / "2005.csv"), str(files / "2010.csv"), "--until", "2020",
               "--out", str(out), "--lang", "en"]  # fmt: skip
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "until 2020" in said
    assert "no forecast" in said
    written = pd.read_csv(out, encoding="utf-8-sig")
    assert set(written["year"]) == {2010, 2015, 2020}
    assert (written["persons"].dropna() >= 0).all()
    assert set(written["mask"].dropna()) <= {"small", "zero"}


def test_project_says_what_it_lacks(files, capsys):
    assert main(["project", str(files / "2005.csv"), str(files / "2010.csv"), "--until", "2013",
                 "--lang", "en"]) == 1  # fmt: skip
    assert "whole number of steps" in capsys.readouterr().err
    control = files / "control.csv"
    control.write_text("year,persons\n2015,12345\n2020,12000\n")
    assert main(["project", str(files / "2005.csv"), str(files / "2010.csv"), "--until", "2020",
                 "--control", str(control), "--min-count", "0", "--lang", "ja"]) == 0  # fmt: skip
    assert "12,000 人" in capsys.readouterr().out


@needs_shared
def test_flows_on_the_command_line_say_that_rows_are_missing(tmp_path, capsys):
    out = tmp_path / "places.csv"
    command = ["flows", str(SHARED / "facts" / "tsukuba_commute_od_2005.csv"), "--kind",
               "commuting", "--stated", "つくば市:inflow:43509", "--out", str(out)]  # fmt: skip
    assert main([*command, "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "2,062 fewer than the 43,509" in said
    assert "41,447 in" in said
    assert pd.read_csv(out, index_col="place").loc["つくば市", "inflow"] == 41_447
    assert main(["flows", "x.csv", "--stated", "つくば市"]) == 2


def test_shift_share_on_the_command_line(tmp_path, capsys):
    path = tmp_path / "industries.csv"
    path.write_text(
        "industry,start,end,reference_start,reference_end\nI,500,1000,10,11\nII,100,100,20,24\n"
        "III,200,250,40,52\nIV,200,280,30,42\n"
    )
    out = tmp_path / "parts.csv"
    command = ["shift-share", str(path), "--area", "A", "--reference", "B", "--out", str(out)]
    assert main([*command, "--lang", "en"]) == 0
    assert "growth +630 = +290 as B grew, -80" in capsys.readouterr().out
    assert pd.read_csv(out)["differential"].sum() == pytest.approx(420)


STUDY = """
[study]
min_count = 1
[records]
path = "people.csv"
kind = "invented"
[[zones]]
kind = "small_area"
[projection]
base = 2015
until = 2025
control = "city.csv"
exact = ["small_area"]
[[projection.earlier]]
year = 2010
path = "2010.csv"
[[projection.housing]]
area = "谷田部"
year = 2019
persons = 500
[[projection.institutions]]
area = "08220001000"
residents = "home.csv"
closes = 2023
[[flows]]
path = "od.csv"
kind = "commuting"
period = "2005"
places = "places.csv"
stated = { "つくば市" = { inflow = 99 } }
[economy]
path = "industries.csv"
area = "つくば市"
reference = "全国"
"""


def test_a_study_file_asks_for_all_of_it(files):
    (files / "study.toml").write_text(STUDY, encoding="utf-8")
    (files / "city.csv").write_text("year,persons\n2020,8100\n2025,8200\n")
    (files / "od.csv").write_text("origin,destination,persons\n土浦市,つくば市,40\n", "utf-8")
    (files / "places.csv").write_text(
        "place,lon,lat,population\nつくば市,140.08,36.08,1000\n土浦市,140.2,36.08,\n", "utf-8"
    )
    (files / "industries.csv").write_text(
        "industry,start,end,reference_start,reference_end\nI,500,1000,10,11\nII,5,6,7,8\n"
    )
    (files / "home.csv").write_text("sex,age_start,persons\n女,20,1\n", "utf-8")
    study = read_study(files / "study.toml")
    found = run(replace(study, **FAST))
    (level,) = found.levels
    plain = replace(study, projection=replace(study.projection, housing=(), institutions=()))
    before = run(replace(plain, **FAST)).levels[0].projection
    more = level.projection.population - before.population
    grown = more[2020].sum(axis=1)  # both add up to the control: one more here, fewer elsewhere
    assert grown.idxmax() == "08220001000"
    assert grown.sum() == pytest.approx(0, abs=1e-6)
    assert 400 < grown.max() < 500
    assert level.projection.control.to_dict() == {2020: 8100, 2025: 8200}
    (flows,) = found.flows
    assert flows.places.loc["つくば市", "net_rate"] == 0.04
    between = np.hypot(*(flows.points.loc["つくば市"] - flows.points.loc["土浦市"]))
    assert 10_500 < between < 11_000  # 0.12 degrees of longitude at 36 north, in metres
    assert found.economy.total["growth"] == 501
    told = {problem.key: problem for problem in found.problems}
    assert told["flows_rows_missing_inflow"].values["missing"] == "59"
    assert {"od.csv", "industries.csv", "places.csv", "city.csv"} <= set(found.provenance.inputs)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("base = 2015", "base = 15"), r"projection\.base.*between 1900"),
        (("base = 2015\n", ""), r"\[projection\] needs base"),
        (("year = 2010\n", ""), r"earlier.*year"),
        (('exact = ["small_area"]', 'shrinkage = "much"'), r"projection\.shrinkage.*eb"),
        (('exact = ["small_area"]', "cap = 0.5"), r"projection\.cap.*number"),
        (("{ inflow = 99 }", "99"), r"flows\.stated"),
        (('kind = "commuting"', 'kind = "holiday"'), r"flows\.kind.*migration"),
        (('area = "つくば市"\n', ""), r"\[economy\] needs path"),
        (("[[projection.earlier]]", "[[earlier]]"), "unknown key earlier"),
        (("persons = 500\n", ""), r"housing.*persons"),
        (("closes = 2023", "closes = 1"), r"institutions\.closes.*1900"),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_a_wrong_study_file_is_refused_in_words(tmp_path, change, message):
    path = tmp_path / "study.toml"
    path.write_text(STUDY.replace(*change), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_study(path)
