"""Persons at dates to come in a study, in the demo, on the command line; flows and industries."""

import re
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
from tsukuba_gis.report import write_report
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
        replace(study, **FAST), records, zones, _assign(source, records, zones, records.points),
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
    assert main(command) == 1  # nothing says that the few of an age are published figures
    assert "--records" in capsys.readouterr().err
    assert not out.exists()
    assert main([*command, "--records", "published"]) == 0
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
               "commuting", "--stated", "つくば市:inflow:43509", "--out", str(out),
               "--records", "published"]  # fmt: skip
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


# ---- cohort component and population potential -----------------------------------------


def rate_files(folder, *, ages=range(0, 110, 5)):
    """Rates of a step: half of the men and all of the women live on, women of 25–29 bear."""
    rows = [f"{sex},{age},{value}" for sex, value in (("男", 0.5), ("女", 1)) for age in ages]
    (folder / "survival.csv").write_text("\n".join(["sex,age_start,value", *rows]), "utf-8")
    (folder / "fertility.csv").write_text("age_start,value\n25歳,0.1\n", "utf-8")
    rows = [f"{sex},{age},1e-1" for sex in ("male", "female") for age in list(ages)[:-1]]
    (folder / "migration.csv").write_text("\n".join(["sex,age_start,value", *rows]), "utf-8")


COMPONENT = """
[study]
min_count = 1
[records]
path = "people.csv"
kind = "invented"
[[zones]]
kind = "school_district"
[projection]
method = "cohort_component"
base = 2015
until = 2025
survival = "survival.csv"
fertility = "fertility.csv"
migration = "migration.csv"
boys_per_girl = 1.0
"""


def test_a_study_by_cohort_component(files, tmp_path):
    rate_files(files)
    (files / "component.toml").write_text(COMPONENT, "utf-8")
    study = replace(read_study(files / "component.toml"), lang="en", **FAST)
    found = run(study)
    (level,) = found.levels
    one = level.projection
    assert (one.method, one.years, one.earlier) == ("cohort_component", (2015, 2020, 2025), None)
    base, then = (one.population[year] for year in (2015, 2020))
    pd.testing.assert_frame_equal(base, level.population, check_names=False)
    # By hand: 5 % come at the start, 5 % of those of the group at the end.
    before, after = base["female"], then["female"]
    np.testing.assert_allclose(after[30], before[25] * 1.05 + before[30] * 0.05)
    np.testing.assert_allclose(
        then["male"][30], base["male"][25] * 1.05 * 0.5 + base["male"][30] * 0.05
    )
    mothers = (before[25] * 1.05 + before[20] * 1.05) / 2
    np.testing.assert_allclose(after[0], 5 * 0.1 * mothers / 2 + before[0] * 0.05)
    names = {"survival.csv", "fertility.csv", "migration.csv"}
    assert names <= set(found.provenance.inputs)
    write_report(found, tmp_path / "out")
    page = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert "from given survival, fertility and migration" in page


def test_rates_of_one_zone_and_of_one_step(files):
    rate_files(files)
    fertility = "year,area,age_start,value\n2015,,25,0.1\n2020,,25,0.0\n2015,{},25,0.2\n"
    (files / "fertility.csv").write_text(fertility.format("どこにもない"), "utf-8")
    (files / "component.toml").write_text(COMPONENT, "utf-8")
    study = replace(read_study(files / "component.toml"), **FAST)
    with pytest.raises(InputError, match="どこにもない"):
        run(study)  # no such name
    zones = run(replace(study, projection=None)).levels[0].zones
    (files / "fertility.csv").write_text(fertility.format(zones.names.iloc[3]), "utf-8")
    one = run(study).levels[0].projection
    base, then, last = (one.population[year]["female"] for year in one.years)
    births = then[0] - base[0] * 0.05
    expected = 5 * 0.1 * 1.05 * (base[25] + base[20]) / 2 / 2
    expected.iloc[3] *= 2
    np.testing.assert_allclose(births, expected)
    np.testing.assert_allclose(last[0], then[0] * 0.05)  # nobody is born


@pytest.mark.parametrize("method", ["cohort_component", "hamilton_perry"])
def test_a_projection_of_fewer_ages_than_the_records_is_written(files, tmp_path, method):
    """The standard layout ends at 85 and over; the records do not."""
    rate_files(files, ages=range(0, 95, 5))
    (files / "component.toml").write_text(COMPONENT, "utf-8")
    study = read_study(files / "component.toml")
    if method == "hamilton_perry":
        rule = ProjectionRule(
            base=2015, until=2020, earlier=(EarlierTable(year=2010, path=files / "2010.csv"),)
        )
        zones = demo_study().zones[1:]
        study = replace(study, projection=rule, zones=zones)
    found = run(replace(study, **FAST))
    assert found.levels[0].projection.population[2020]["male"].columns.max() == 85
    write_report(found, tmp_path / "out")
    assert (tmp_path / "out" / "index.html").is_file()


@needs_shared
def test_burkina_faso_on_the_command_line(tmp_path, capsys):
    """The published projection, from files in the form that the command reads."""
    data = pd.read_csv(SHARED / "demography_reference" / "ccmpp_burkina_faso.csv")
    kinds = {"survival": "survival", "asfr": "fertility", "net_migration": "migration"}
    for kind, name in kinds.items():
        rows = data.loc[data["component"] == kind, ["year", "sex", "age_start", "value"]]
        rows.astype({"age_start": int}).to_csv(tmp_path / f"{name}.csv", index=False)
    base = data[data["component"] == "baseline"]
    men = base.assign(male=0)[["age_start", "male", "value"]].astype(int)
    men.insert(0, "area", "BF")
    men.columns = ["行政区", "年齢", "男", "女"]
    men["年齢"] = [f"{age}-{age + 4}歳" if age < 80 else "80歳以上" for age in men["年齢"]]
    men.to_csv(tmp_path / "base.csv", index=False)
    # The published file is of women; the command reads both sexes: no men, and theirs as women's.
    for name in ("survival", "migration"):
        rows = pd.read_csv(tmp_path / f"{name}.csv")
        pd.concat([rows, rows.assign(sex="male")]).to_csv(tmp_path / f"{name}.csv", index=False)
    out = tmp_path / "out.csv"
    command = ["project", str(tmp_path / "base.csv"), "--method", "cohort_component",
               "--base-year", "1960", "--until", "2005", "--out", str(out), "--lang", "en",
               *(f"--{name}={tmp_path / name}.csv" for name in kinds.values())]  # fmt: skip
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "from given survival, fertility and migration" in said
    assert "None" not in said
    written = pd.read_csv(out, encoding="utf-8-sig").query("sex == 'female'")
    mine = written.set_index(["year", "age_start"])["persons"]
    expected = data[data["component"] == "out"].set_index(["year", "age_start"])["value"]
    np.testing.assert_allclose(mine.loc[expected.index], expected, rtol=0, atol=5.1e-4)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["2005.csv"], "needs the tables of two dates"),
        (["2005.csv", "2010.csv", "--method", "cohort_component"], "needs one table"),
        (["2010.csv", "--method", "cohort_component"], "files survival and fertility"),
        (["2005.csv", "2010.csv", "--shrinkage", "potential"], "--places"),
        (["2010.csv", "--method", "cohort_component", "--survival", "survival.csv",
          "--fertility", "fertility.csv"], r"ages \(105\).*open from 85"),
    ],
)  # fmt: skip
def test_project_says_what_a_method_lacks(files, words, why, capsys, monkeypatch):
    monkeypatch.chdir(files)
    rate_files(files)
    assert main(["project", *words, "--until", "2015", "--lang", "en"]) == 1
    assert re.search(why, capsys.readouterr().err)


def test_population_potential_in_a_study(files):
    study = demo_study()
    rule = ProjectionRule(
        base=2015, until=2020, shrinkage="potential", reach=1.0, cap=1_000.0,
        earlier=tuple(EarlierTable(year=year, path=files / f"{year}.csv") for year in EARLIER),
    )  # fmt: skip
    records = replace(study.records, path=files / "people.csv", kind="invented")
    study = replace(study, zones=study.zones[1:], records=records, projection=rule, **FAST)
    (level,) = run(study).levels
    one = level.projection
    assert one.settings["shrinkage"] == "potential"
    assert one.backtest.loc["all", "zones"] > 100
    # By hand: persons of all zones over the square of their distance in metres.
    past = level_table(files / "2010.csv", level)
    points = level.zones.frame.geometry.representative_point()
    away = np.hypot(*(points.x.iloc[7] - points.x, points.y.iloc[7] - points.y)).clip(1)
    now = level.population.loc[past.index]
    weight = (1 / away**2).loc[past.index]
    expected = (now["female", 40] * weight).sum() / (past["female", 35] * weight).sum()
    assert one.ratios.iloc[7]["female", 40] == pytest.approx(expected, rel=1e-9)


def level_table(path, level):
    """The earlier table on the ids of the zones that it names."""
    from tsukuba_gis.io import read_age_tables

    table = read_age_tables(path).tables[0].persons
    names = level.zones.names
    ids = {name: zone for zone, name in names[~names.duplicated(keep=False)].items()}
    return table.rename(index=ids)


def test_population_potential_on_the_command_line(files, capsys, monkeypatch):
    monkeypatch.chdir(files)
    from tsukuba_gis.boundaries import load_boundaries

    zones = load_boundaries("small_area")
    once = zones.names[~zones.names.duplicated(keep=False)]
    points = zones.frame.loc[once.index].geometry.representative_point().to_crs(6668)
    places = pd.DataFrame({"place": once, "lon": points.x, "lat": points.y})
    places.to_csv("places.csv", index=False)
    command = ["project", "2005.csv", "2010.csv", "--until", "2015", "--shrinkage", "potential",
               "--places", "places.csv", "--lang", "en"]  # fmt: skip
    assert main(command) == 0
    assert "smoothed over the neighbourhood" in capsys.readouterr().out
    places[1:].to_csv("places.csv", index=False)
    assert main(command) == 1
    assert f"no position (place, lon, lat) of {once.iloc[0]}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('survival = "survival.csv"\n', ""), r"\[projection\] needs base.*fertility"),
        (('method = "cohort_component"\n', ""), r"boys_per_girl goes with.*cohort_component"),
        (("boys_per_girl = 1.0", "boys_per_girl = 105"), "boys_per_girl"),
        (("boys_per_girl = 1.0", 'shrinkage = "eb"'), r"shrinkage goes with.*hamilton_perry"),
    ],
)
def test_a_component_that_does_not_fit_is_refused(tmp_path, change, message):
    path = tmp_path / "study.toml"
    path.write_text(COMPONENT.replace(*change), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_study(path)
