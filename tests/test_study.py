import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph

from tsukuba_gis.autocorrelation import TAKES, chance_share, eb_moran, local_eb_moran
from tsukuba_gis.errors import InputError
from tsukuba_gis.result import DEFAULT_FORMATS, LOCAL_CLASSES
from tsukuba_gis.study import (
    RegionRule,
    ZoneSource,
    demo_study,
    read_study,
    read_study_records,
    run,
)
from tsukuba_gis.study.analysis import clusters, further
from tsukuba_gis.study.description import LOCAL_STATISTICS, STATISTICS
from tsukuba_gis.weights import queen

GOOD = """
[study]
title = "試験"
lang = "en"
min_count = 5
indicators = ["share_65plus"]
outputs = ["csv"]

[records]
path = "people.csv"
kind = "pseudo"
reference_date = 2019-04-01
roles = { age = "とし" }

[[zones]]
kind = "school_district"

[[zones]]
kind = "ward"
path = "wards.gpkg"
match = "code"
"""


def write(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key_arrives(tmp_path):
    study = read_study(write(tmp_path, GOOD))
    assert study.title == {"ja": "試験", "en": "試験"}
    assert study.lang == "en"
    assert study.min_count == 5
    assert study.indicators == ("share_65plus",)
    assert study.outputs == ("csv",)
    assert study.records.path == tmp_path / "people.csv"  # relative to the study file
    assert study.records.kind == "pseudo"
    assert study.records.reference_date == dt.date(2019, 4, 1)
    assert study.records.roles == {"age": "とし"}
    assert [zone.kind for zone in study.zones] == ["school_district", "ward"]
    assert study.zones[1].path == tmp_path / "wards.gpkg"
    assert study.zones[1].match == "code"


def test_defaults(tmp_path):
    text = '[records]\npath = "p.csv"\nkind = "reference"\n[[zones]]\nkind = "ward"\n'
    study = read_study(write(tmp_path, text))
    assert study.title["ja"] == "study"
    assert study.outputs == DEFAULT_FORMATS
    assert study.fdr


def test_the_alternative_reaches_every_test(tmp_path):
    text = GOOD.replace("min_count = 5", 'min_count = 5\nalternative = "directed"')
    study = read_study(write(tmp_path, text))
    assert study.alternative == "directed"
    study = replace(
        study, permutations=99, statistics=("geary",), local_statistics=("local_geary", "losh")
    )
    x = pd.DataFrame({"share_65plus": np.arange(30.0) % 7 + np.arange(30)})
    x.index = [f"z{i:02d}" for i in range(30)]
    tens = {one: [other for other in x.index if other[:2] == one[:2]] for one in x.index}
    graph = Graph.from_dicts({one: [z for z in near if z != one] for one, near in tens.items()})
    morans, lisas = clusters(study, x, graph, {})
    associations, local = further(study, x, graph, names=("share_65plus",), shares={})
    made = (morans["share_65plus"], lisas["share_65plus"], *associations, *local)
    assert [one.alternative for one in made] == ["directed"] * 4 + ["greater"]
    assert read_study(write(tmp_path, GOOD)).alternative == "two-sided"


def test_whole_numbers_do_for_real_ones(tmp_path):
    text = GOOD.replace('kind = "school_district"', 'kind = "school_district"\nnearest = 50')
    assert read_study(write(tmp_path, text)).zones[0].nearest == 50


def test_rules_of_pseudo_records(tmp_path):
    study = read_study(write(tmp_path, GOOD + '\n[pseudo]\ncluster = "school_district"\nk = 20\n'))
    assert study.pseudo.k == 20
    assert study.pseudo.cluster == "school_district"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('lang = "en"', 'lang = "fr"'), r"study\.lang.*ja, en"),
        (('lang = "en"', 'tilte = "x"'), r"unknown key study\.tilte.*title"),
        (("min_count = 5", "min_count = 0"), r"study\.min_count.*between 1"),
        (("min_count = 5", 'min_count = "5"'), r"study\.min_count.*number"),
        (("min_count = 5", "min_count = true"), r"study\.min_count.*number"),
        (("min_count = 5", "min_count = 2.5"), r"study\.min_count.*number"),
        (("min_count = 5", "min_count = inf"), r"study\.min_count.*number"),
        (("min_count = 5", "seed = 1.5"), r"study\.seed.*number"),
        (("min_count = 5", "seed = -1"), r"study\.seed.*number"),
        (("min_count = 5", "permutations = 1000000000"), r"study\.permutations.*number"),
        (("min_count = 5", "alpha = 1"), r"study\.alpha.*between 0"),
        (("min_count = 5", "alpha = nan"), r"study\.alpha.*number"),
        (("min_count = 5", 'alternative = "less"'), r"study\.alternative.*two-sided, directed"),
        (("min_count = 5", 'fdr = "no"'), r"study\.fdr.*true, false"),
        (("min_count = 5", "title_en = 3"), r"study\.title_en.*text"),
        (('["share_65plus"]', '[["share_65plus"]]'), r"study\.indicators"),
        (('["share_65plus"]', '["population", "population"]'), r"study\.indicators"),
        (('path = "people.csv"', "path = 3"), r"records\.path.*text"),
        (('roles = { age = "とし" }', 'roles = "age"'), r"records\.roles.*column"),
        (('roles = { age = "とし" }', "roles = { age = 3 }"), r"records\.roles.*column"),
        (("2019-04-01", '"spring"'), r"records\.reference_date.*2019-04-01"),
        (("2019-04-01", "2019-04-01T00:00:00"), r"records\.reference_date"),
        (
            ('kind = "school_district"', 'kind = "school_district"\nnearest = nan'),
            r"zones\.nearest",
        ),
        (('kind = "school_district"', 'kind = "school_district"\nid = "x"'), r"id of .*path"),
        (('kind = "ward"', 'kind = "ward"\nfixes = [["a"]]'), r"zones\.fixes.*swap_axes"),
        (("min_count = 5", 'together = ["share_65plus", "density"]'), r"study\.together"),
        (("min_count = 5", 'together = [["density", "density"]]'), r"study\.together"),
        (("min_count = 5", 'together = [["density", "x"]]'), r"study\.together"),
        (("min_count = 5", 'together = [["density", "share_65plus"]]'), r"need each other"),
        (("min_count = 5", 'statistics = ["lee"]'), r"need each other"),
        (("min_count = 5", 'statistics = ["join_counts"]'), r"study\.statistics.*geary"),
        (("min_count = 5", 'local_statistics = ["local_moran"]'), r"study\.local_statistics"),
        (("[study]", "zoens = 1\n[study]"), r"unknown key zoens"),
        (("[records]", "[pseudo]\nk = 'x'\n[records]"), r"\[pseudo\]"),
        (('["share_65plus"]', '["happiness"]'), r"study\.indicators.*share_65plus"),
        (('["csv"]', '["docx"]'), r"study\.outputs.*html, xlsx, gpkg, csv, figures, pdf"),
        (('kind = "pseudo"', 'kind = "anonymous"'), r"records\.kind.*reference, pseudo"),
        (('kind = "pseudo"\n', ""), r"\[records\] needs path and kind"),
        (('path = "people.csv"\n', ""), r"\[records\] needs path and kind"),
        (('kind = "ward"\n', ""), r"\[\[zones\]\] number 2 has no kind"),
        (('match = "code"', 'match = "guess"'), r"zones\.match.*point, code"),
        (("[study]", "[study"), r"not valid TOML"),
        (("[records]", "[people]"), r"unknown key people"),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_a_wrong_study_file_is_refused_in_words(tmp_path, change, message):
    with pytest.raises(InputError, match=message) as caught:
        read_study(write(tmp_path, GOOD.replace(*change)))
    assert "study.toml" in str(caught.value)
    assert caught.value.say("ja") != str(caught.value)


def test_no_zones(tmp_path):
    text = '[records]\npath = "p.csv"\nkind = "pseudo"\n'
    with pytest.raises(InputError, match=r"there is no \[\[zones\]\]"):
        read_study(write(tmp_path, text))


def test_pseudo_records_need_no_zones_but_a_run_does(tmp_path):
    path = write(
        tmp_path, '[records]\npath = "p.csv"\nkind = "reference"\n[pseudo]\ncluster = "a"\n'
    )
    study = read_study(path)
    assert study.zones == ()
    with pytest.raises(
        InputError, match=r"study: there are no zones to count in\. State \[\[zones\]\]"
    ):
        run(study)


def test_missing_file_and_wrong_encoding(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_study(tmp_path / "none.toml")
    path = tmp_path / "sjis.toml"
    path.write_bytes('[study]\ntitle = "つくば"\n'.encode("cp932"))
    with pytest.raises(InputError, match="UTF-8"):
        read_study(path)


def test_the_example_study_file_is_valid():
    example = Path(__file__).parents[1] / "examples" / "study.toml"
    assert read_study(example).zones


def test_weights_are_those_asked_for():
    from dataclasses import replace

    from tsukuba_gis.study import ZoneSource, demo_study, run

    study = replace(
        demo_study(size=2_000),
        zones=(ZoneSource(kind="school_district"),),
        indicators=("share_65plus",),
        permutations=999,
    )
    (level,) = run(replace(study, weights="knn:4")).levels
    assert level.moran["share_65plus"].weights == "knn(4)"
    with pytest.raises(InputError, match="Unknown weights bishop"):
        run(replace(study, weights="bishop"))


def test_regions_and_further_statistics_arrive(tmp_path):
    extra = 'statistics = ["geary"]\nlocal_statistics = ["local_g_star"]\n'
    regions = '[regions]\nindicators = ["share_65plus"]\nk = 3\nzones = "ward"\n'
    study = read_study(write(tmp_path, GOOD.replace("[records]", extra + "[records]", 1) + regions))
    assert (study.statistics, study.local_statistics) == (("geary",), ("local_g_star",))
    assert study.regions == RegionRule(indicators=("share_65plus",), k=3, zones="ward")


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ("k = 3\n", "study_regions_incomplete"),
        ('indicators = ["share_65plus"]\n', "study_regions_incomplete"),
        ('indicators = ["share_65plus"]\nk = 1\n', "study_number"),
        ('indicators = ["happiness"]\nk = 2\n', "study_choice"),
        ('indicators = ["share_65plus"]\nk = 2\nzones = "moon"\n', "study_choice"),
    ],
)
def test_a_faulty_region_rule_is_refused(tmp_path, rule, key):
    with pytest.raises(InputError) as found:
        read_study(write(tmp_path, GOOD + "[regions]\n" + rule))
    assert found.value.key == key


def test_a_run_fills_regions_and_further_statistics():
    study = replace(
        demo_study(size=4_000),
        zones=(ZoneSource(kind="school_district"),),
        indicators=("population", "share_65plus", "ratio_65_10"),
        permutations=99,
        statistics=STATISTICS,
        local_statistics=LOCAL_STATISTICS,
        together=(("share_65plus", "density", "ratio_65_10"),),
        regions=RegionRule(indicators=("share_65plus",), k=3),
    )
    (level,) = run(study).levels
    assert list(level.values) == ["population", "share_65plus", "ratio_65_10"]
    rates = [("share_65plus",), ("ratio_65_10",)]
    of = {
        "one": rates,
        "rate": [("share_65plus", "persons")],  # the other is no share
        "two": [("share_65plus", "density"), ("share_65plus", "ratio_65_10"),
                ("density", "ratio_65_10")],
        "several": [("share_65plus", "density", "ratio_65_10")],
    }  # fmt: skip
    assert [(one.statistic, one.indicator) for one in level.associations] == [
        (name, columns) for name in STATISTICS for columns in of[TAKES[name]]
    ]
    assert [(one.statistic, one.indicator) for one in level.local] == [
        (name, columns) for name in LOCAL_STATISTICS for columns in of[TAKES[name]]
    ]
    for one in level.local:
        known = {*LOCAL_CLASSES[one.statistic], "ns", "island", "missing"}
        assert set(one.frame["cluster"]) <= known
    assert (level.regions.k, level.regions.n, level.regions.variables) == (3, 16, ("share_65plus",))
    assert level.regions.labels.index.equals(level.zones.ids)


def test_statistics_of_a_run_are_those_of_the_functions():
    """The rate statistics from persons counted here, over again."""
    study = replace(
        demo_study(size=4_000),
        zones=(ZoneSource(kind="school_district", match="code"),),
        indicators=("share_65plus",),
        permutations=99,
        statistics=("eb_moran",),
        local_statistics=("local_eb_moran",),
        regions=None,
    )
    (level,) = run(study).levels
    records, _ = read_study_records(study)
    frame = records.frame[records.frame["age"].notna()]
    districts = dict(zip(level.zones.names, level.zones.ids, strict=True))
    zone = frame["school_district"].map(lambda name: districts.get(name, name))
    persons = zone.value_counts().reindex(level.zones.ids).astype(float)
    old = zone[frame["age"] >= 65].value_counts().reindex(level.zones.ids).astype(float)
    graph = queen(level.zones)
    expected = eb_moran(old, persons, graph, permutations=99, seed=study.seed)
    assert level.associations[0].value == pytest.approx(expected.value)
    assert level.associations[0].p == expected.p
    local = local_eb_moran(old, persons, graph, permutations=99, seed=study.seed)
    assert level.local[0].frame["value"].to_list() == pytest.approx(local.frame["value"].to_list())
    chance = chance_share(old, persons)
    assert level.moran["share_65plus"].chance == pytest.approx(chance)
    assert level.lisa["share_65plus"].chance == pytest.approx(chance)


def test_regions_may_use_indicators_that_are_not_shown():
    study = replace(
        demo_study(size=1_000),
        zones=(ZoneSource(kind="school_district"),),
        indicators=("share_65plus",),
        permutations=99,
        regions=RegionRule(indicators=("ratio_65_10",), k=2),
    )
    (level,) = run(study).levels
    assert list(level.values) == list(level.masks) == list(level.total.index) == ["share_65plus"]
    assert level.regions.variables == ("ratio_65_10",)


def test_a_study_says_how_classes_are_cut(tmp_path):
    text = GOOD.replace('outputs = ["csv"]', "classes = { share_65plus = [0.2, 0.3] }")
    assert read_study(write(tmp_path, text)).classes == {"share_65plus": (0.2, 0.3)}
    text = GOOD.replace('outputs = ["csv"]', 'classes = { share_65plus = "natural" }')
    assert read_study(write(tmp_path, text)).classes == {"share_65plus": "natural"}


@pytest.mark.parametrize(
    "cut", ['"jenks"', "[]", '["a"]', "3", "[true]"], ids=["word", "none", "text", "number", "flag"]
)
def test_classes_that_cannot_be_are_refused(tmp_path, cut):
    text = GOOD.replace('outputs = ["csv"]', f"classes = {{ share_65plus = {cut} }}")
    with pytest.raises(InputError, match=r"study\.classes"):
        read_study(write(tmp_path, text))


def test_classes_of_a_study_reach_the_result():
    study = replace(
        demo_study(size=400), zones=(ZoneSource(kind="school_district"),), permutations=99,
        indicators=("share_65plus",), classes={"share_65plus": (0.15, 0.3)}, regions=None,
        correlations=(), regressions=(), rates=(),
    )  # fmt: skip
    (one,) = run(study).indicators
    assert (one.scheme, one.edges) == ("manual", (0.15, 0.3))
