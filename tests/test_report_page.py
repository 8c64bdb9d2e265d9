"""The report page as text: words, notices, nothing that escapes, nothing that loads."""

import json
import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pages import loads, read
from results import full_result
from toys import IDS, toy_indicators, toy_level, toy_result

from tsukuba_gis.maps.offline import POLICY
from tsukuba_gis.messages import LANGUAGES, text
from tsukuba_gis.report.findings import cluster_notes, clustering, findings
from tsukuba_gis.report.page import page_html, write_page
from tsukuba_gis.zones import Zones

SHARE = toy_indicators()[0]


@pytest.fixture(scope="module")
def page():
    return page_html(toy_result())


def data_of(page):
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.S)
    return json.loads(found[1])


def with_level(**changes):
    result = toy_result()
    return replace(result, levels=(replace(result.levels[0], **changes),))


# ---- findings ---------------------------------------------------------------


def test_the_page_opens_with_an_answer_worked_by_hand():
    high, spread, clusters = findings(toy_result(), SHARE, "ja")
    assert high.headline == (
        "高齢化率(65歳以上)が高い地区は、c3区(50.0%)、c2区(40.0%)、b3区(40.0%)です"
    )
    assert high.detail == (
        "中学校区8地区の比較です。市全体は30.0%です。ほかに表示していない地区が1あります。"
    )
    assert spread.headline == "最も高いc3区は、最も低いa1区より40.0ポイント高く、5.0倍です"
    assert "8地区のうち3地区" in spread.detail
    assert "隣り合って集まっています" in clusters.headline


def test_findings_in_english():
    high, spread, _ = findings(toy_result(), SHARE, "en")
    assert high.headline == (
        "Share aged 65+ is highest in c3区 (50.0%), c2区 (40.0%), b3区 (40.0%)"
    )
    assert high.detail.startswith("Of 8 school districts. Whole city: 30.0%.")
    assert spread.headline == "c3区 is 40.0 points above a1区, the lowest: 5.0 times as high"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_clustering_tells_n_p_permutations_seed_and_its_limits(lang):
    said = clustering(toy_level(), SHARE, lang).detail
    for number in ("0.45", "0.012", "9,999", "30"):  # fewer than 30 areas is told
        assert number in said
    assert {"ja": "シード7", "en": "seed 7"}[lang] in said
    assert {"ja": "8区域", "en": "8 zones"}[lang] in said
    assert {"ja": "一人ひとり", "en": "individuals"}[lang] in said


def moran_of(**changes):
    moran = replace(toy_level().moran["share_65plus"], **changes)
    return replace(toy_level(), moran={"share_65plus": moran})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"p": 0.2}, "no clear clustering"),
        ({"i": -0.6, "p": 0.01}, "high and low alternate"),
        ({"i": np.nan, "p": np.nan}, "cannot be computed"),
    ],
    ids=["chance", "alternating", "undefined"],
)
def test_clustering_says_so_when_there_is_none(changes, said):
    assert said in clustering(moran_of(**changes), SHARE, "en").headline


def test_notes_on_clusters_count_the_classes():
    first = cluster_notes(toy_level().lisa["share_65plus"], SHARE, "en")[0]
    assert "1 lie in high clusters, 2 in low clusters" in first


def test_a_lowest_value_of_zero_gives_no_ratio():
    values = toy_level().values.assign(share_65plus=[0.0, *[0.1] * 8])
    spread = findings(with_level(values=values), SHARE, "en")[1]
    assert spread.headline.endswith("is 10.0 points above a1区, the lowest")


def test_equal_values_have_no_highest_and_no_lowest():
    values = toy_level().values.assign(share_65plus=[0.3] * 9)
    high, spread, _ = findings(with_level(values=values), SHARE, "en")
    assert high.headline == "Share aged 65+ is 30.0% in every district"
    assert spread.headline == "No district differs from another"
    assert spread.detail == ""


def test_the_summary_leaves_the_method_to_the_notes():
    brief = findings(toy_result(), SHARE, "en")[2]
    assert "0.012" in brief.detail
    assert "individuals" in brief.detail
    assert "seed" not in brief.detail


def test_small_areas_without_a_reading_keep_their_names_and_the_page_says_so():
    page = page_html(toy_result())
    levels = {lang: text("page_level_school_district", lang) for lang in LANGUAGES}
    said, japanese = (
        f"<li>{text('page_method_names', lang, level=levels[lang])}</li>" for lang in ("en", "ja")
    )
    assert said in page
    assert japanese not in page
    frame = toy_level().zones.frame.assign(name_en=[f"{one} ward" for one in IDS])
    named = with_level(zones=replace(toy_level().zones, frame=frame))
    assert said not in page_html(named)


def test_nothing_to_show_is_said():
    level = toy_level()
    masks = level.masks.assign(share_65plus="small")
    values = level.values.assign(share_65plus=np.nan)
    high, spread, _ = findings(with_level(values=values, masks=masks), SHARE, "en")
    assert "no district can be shown" in high.headline
    assert "too few values" in spread.headline


# ---- the page ---------------------------------------------------------------


def test_page_loads_nothing_and_may_not(page):
    reader = read(page)
    assert loads(page) == []
    assert reader.policy == POLICY


def test_notices_stand_on_the_page_in_both_languages_and_on_paper(page):
    for lang in LANGUAGES:
        (notice,) = toy_result().notices[lang]
        assert page.count(f">{notice}</p>") == 2  # on top, where it stays, and at the end
        assert data_of(page)["notices"][lang] == [notice]
    assert page.count("@top-left") == 2


def test_page_has_language_title_and_can_be_enlarged(page):
    assert '<html lang="ja">' in page
    assert "<title>おもちゃの市 地区別統計</title>" in page
    assert "user-scalable" not in page
    assert '<html lang="en">' in page_html(toy_result(lang="en"))


def test_same_result_gives_the_same_bytes(tmp_path):
    write_page(toy_result(), tmp_path / "one.html")
    write_page(toy_result(), tmp_path / "two.html")
    one = (tmp_path / "one.html").read_bytes()
    assert one == (tmp_path / "two.html").read_bytes()
    assert b"\r" not in one


def test_each_word_of_the_scripts_has_a_text(page):
    texts = data_of(page)["texts"]
    scripts = "".join(re.findall(r"<script>\n(.*?)</script>", page, re.S)[1:])
    for key in re.findall(r'\bsay\("(\w+)"[,)]', scripts):
        assert key in texts["ja"], key
        assert key in texts["en"], key


def test_placeholders_agree_in_both_languages(page):
    texts = data_of(page)["texts"]
    for key, japanese in texts["ja"].items():
        names = set(re.findall(r"\{(\w+)", japanese))
        assert names == set(re.findall(r"\{(\w+)", texts["en"][key])), key


def test_methods_tell_where_the_result_comes_from(page):
    assert "0" * 64 in page  # hash of the input
    assert ">2,710<" in page  # records met
    assert "入力で見つかった問題: 1件" in page
    assert "toy.csv 3行目 年齢" in page
    for indicator in toy_indicators():
        assert indicator.definition["ja"] in page.replace("&lt;", "<")


def test_names_are_inert_wherever_they_stand():
    evil = '</script><script>alert(1)</script><img src=x onerror="alert(2)">\u2028{{ 7*7 }}'
    result = toy_result([f"{evil}{k}" for k in range(9)])
    result = replace(
        result,
        title={"ja": evil, "en": evil},
        notices={lang: (*result.notices[lang], evil) for lang in LANGUAGES},
        provenance=replace(result.provenance, settings={evil: evil}, inputs={evil: evil}),
    )
    evil_page, plain = read(page_html(result)), read(page_html(toy_result()))
    assert evil_page.scripts == plain.scripts
    assert loads(page_html(result)) == []
    assert data_of(page_html(result))["levels"][0]["names"][0] == f"{evil}0"
    assert "}" not in re.sub(
        r"\\\w+ ", "", style_of(page_html(result), "ja").split("content:")[1].split(";")[0]
    )


def style_of(page, lang):
    return re.search(rf'<style data-paper="{lang}"[^>]*>(.*?)</style>', page, re.S)[1]


def test_a_level_without_statistics_is_shown_too():
    made = page_html(with_level(moran={}, lisa={}))
    (level,) = data_of(made)["levels"]
    assert level["lisa"] == {}
    assert level["readings"] == {}


def test_six_hundred_zones_and_fifteen_indicators_stay_small():
    page = page_html(big_result(600, 15))
    assert len(page.encode("utf-8")) < 1_500_000


def big_result(zones, indicators):
    """Cells with wavy borders, every indicator with values, p-values and classes."""
    rng = np.random.Generator(np.random.Philox(1))
    points = shapely.multipoints(rng.uniform(0, 25_000, (zones, 2)))
    cells = shapely.voronoi_polygons(points, extend_to=shapely.box(0, 0, 25_000, 25_000))
    wavy = shapely.transform(
        shapely.segmentize(shapely.get_parts(cells), 60),
        lambda p: p + 40 * np.column_stack([np.sin(p[:, 1] / 80), np.sin(p[:, 0] / 80)]),
    )
    ids = pd.Index([f"{k:011}" for k in range(zones)], name="zone_id")
    frame = gpd.GeoDataFrame(
        {"name": [f"架空町{k}丁目" for k in range(zones)]}, geometry=wavy, index=ids, crs=6677
    )
    names = [f"indicator_{k}" for k in range(indicators)]
    toy = toy_level()
    columns = toy.lisa["share_65plus"].frame.columns.drop("cluster")
    local = pd.DataFrame(rng.uniform(0, 1, (zones, len(columns))), index=ids, columns=columns)
    local["cluster"] = rng.choice(["HH", "LL", "ns"], zones)
    level = replace(
        toy,
        zones=Zones(frame=frame, kind="small_area"),
        population=pd.DataFrame(
            rng.integers(0, 99, (zones, 42)).astype(float), ids, toy.population.columns
        ),
        values=pd.DataFrame(rng.uniform(0, 1, (zones, indicators)), ids, names),
        masks=pd.DataFrame("", ids, names),
        total=pd.Series(0.5, names),
        moran=dict.fromkeys(names, toy.moran["share_65plus"]),
        lisa={name: replace(toy.lisa["share_65plus"], frame=local) for name in names},
    )
    return replace(
        toy_result(),
        indicators=tuple(replace(SHARE, name=name) for name in names),
        levels=(level,),
        outlines={},
    )


def test_english_texts_call_zones_by_their_english_names():
    result = full_result(12)
    finding = findings(result, result.indicators[0], "en")[0]
    english = set(result.levels[0].zones.frame["name_en"])
    said = finding.headline.split(" is highest in ")[1]
    assert {one.rsplit(" (", 1)[0] for one in said.split(", ")} <= english
    assert "町" in findings(result, result.indicators[0], "ja")[0].headline


def test_outlines_have_their_english_names():
    shape = toy_result().levels[0].zones.frame.geometry.iloc[0]
    result = replace(
        toy_result(), outlines={"桜": shape, "並": shape}, outlines_en={"桜": "Sakura"}
    )
    first, second = data_of(page_html(result))["outlines"]
    assert (first["name"], first["name_en"]) == ("桜", "Sakura")
    assert "name_en" not in second


def test_outlines_may_be_missing():
    assert data_of(page_html(replace(toy_result(), outlines={})))["outlines"] == []


def test_settings_that_are_not_set_are_left_out():
    provenance = replace(
        toy_result().provenance,
        settings={"zones": [{"kind": "ward", "path": None}], "fdr": True, "none": None},
    )
    made = page_html(replace(toy_result(), provenance=provenance))
    assert "<td>kind: ward</td>" in made
    assert ">none<" not in made


def test_documents_of_the_result_are_linked_by_name():
    page = page_html(replace(toy_result(), pages={"証明<b>.html": "<p>x</p>"}))
    assert 'href="%E8%A8%BC%E6%98%8E%3Cb%3E.html"' in page
    assert "証明<b>" not in page
    assert "この結果についての文書" not in page_html(toy_result()).split("</script>")[-1]
