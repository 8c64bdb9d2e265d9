"""The page in a real browser, with the network cut: does it draw, speak, sort and save?"""

import base64
import re
import struct
from dataclasses import replace

import folium
import numpy as np
import pytest
from browser import CHROMIUM, Browser
from results import full_result
from test_maps import folium_pages
from toys import toy_indicators, toy_level, toy_result

from tsukuba_gis.maps import choropleth, offline_html
from tsukuba_gis.report.page import write_page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]
EVIL = "<img src=x onerror=window.hurt=1></script><script>window.hurt=1</script>"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "index.html"
    write_page(toy_result(), path)
    return path


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


@pytest.fixture(autouse=True)
def no_request_and_no_complaint(request):
    """Whatever a test does in the browser, the page asks for nothing and reports no error."""
    browser = request.getfixturevalue("browser")
    browser.requests.clear()
    browser.complaints.clear()
    yield
    assert browser.requests == []
    assert browser.complaints == []


def texts(browser, selector):
    return browser.ask(f"[...document.querySelectorAll({selector!r})].map(e => e.innerText.trim())")


def text(browser, selector):
    return texts(browser, selector)[0]


def click(browser, selector):
    browser.ask(f"document.querySelector({selector!r}).click()")
    browser.settle(0.1)


def fills(browser, map_name):
    return browser.ask(
        f"[...document.querySelectorAll('#map_{map_name} path.zone')]"
        ".map(path => path.getAttribute('fill'))"
    )


def tip(browser, zone):
    """Text of the tooltip of one zone: its name, the indicator, the value."""
    browser.ask(
        "window.map_values.eachLayer(l => { if (l.number === " + str(zone) + ")"
        " l.fire('mouseover', { latlng: l.getBounds().getCenter() }, true); }) && 0"
    )
    return text(browser, "#map_values .leaflet-tooltip").split("\n")


def hover_all(browser):
    """Move the pointer over one zone after another."""
    browser.ask(
        "window.map_values.eachLayer(l => { if (l.options.className === 'zone')"
        " l.fire('mouseover', { latlng: l.getBounds().getCenter() }, true); }) && 0"
    )


def test_every_zone_is_drawn_on_both_maps(browser, path):
    browser.open(path)
    values, clusters = fills(browser, "values"), fills(browser, "clusters")
    assert len(values) == len(clusters) == 9
    # a1 is the lowest, c3 the highest, a3 is not shown
    assert (values[0], values[8], values[6]) == ("#f1eef6", "#045a8d", "url(#hatch)")
    # LL, HL, missing, LH, HH
    assert [clusters[k] for k in (0, 5, 6, 7, 8)] == [
        "#0571b0", "#f4a582", "url(#hatch)", "#92c5de", "#ca0020",
    ]  # fmt: skip
    # a polygon has an extent on the screen
    assert browser.ask("document.querySelector('#map_values path.zone').getBBox().width") > 50


def test_legend_counts_the_zones_of_each_class(browser, path):
    browser.open(path)
    rows = browser.ask(
        "[...document.querySelectorAll('#legend tbody tr')]"
        ".map(row => [...row.querySelectorAll('th,span')].map(cell => cell.innerText.trim()))"
    )
    assert rows[-1] == ["表示しない地区", "1"]
    assert sum(int(count) for _, count in rows) == 9
    assert "10未満のため非表示: 1" in text(browser, "#legend")
    rows = texts(browser, "#cluster-legend tbody tr")
    assert [row.split()[-1] for row in rows] == ["1", "1", "1", "2", "3", "1"]


def test_first_sight_is_in_japanese_with_the_highest_zone_chosen(browser, path):
    browser.open(path)
    assert browser.ask("document.documentElement.lang") == "ja"
    assert text(browser, "#zone-name") == "c3区"
    assert texts(browser, "#figures tr.now td") == ["50.0%", "30.0%", "1位/8"]
    assert "疑似データのため" in text(browser, "header .notices")
    # Japanese characters have a glyph of their own, not the box of a missing one
    assert browser.ask(
        "(() => { const pen = document.createElement('canvas').getContext('2d');"
        "const draw = t => { pen.clearRect(0, 0, 99, 99); pen.font = '40px sans-serif';"
        "pen.fillText(t, 0, 50); return pen.canvas.toDataURL(); };"
        "return draw('地') !== draw('\\uffff') && draw('地') !== draw('区'); })()"
    )


def test_language_changes_everything_but_names(browser, path):
    browser.open(path)
    click(browser, "#language")
    assert browser.ask("document.documentElement.lang") == "en"
    assert browser.ask("document.title") == "Toy city: district statistics"
    assert text(browser, "header .notices") == "Pseudo data: results do not reflect reality"
    assert text(browser, "#zone-name") == "c3区"
    shown = browser.ask("document.body.innerText").replace("toy.csv row 3 年齢", "")
    for known in ("日本語", *(f"{c}{r}区" for c in "abc" for r in "123"), "市"):
        shown = shown.replace(known, "")
    assert not re.search("[ぁ-んァ-ヶ一-龠]", shown)


def test_state_stands_in_the_address_and_comes_back(browser, path):
    browser.open(path, "#lang=en&level=small_area&indicator=ratio_65_10&zone=a2")
    assert text(browser, "#zone-name") == "a2区"
    assert text(browser, "#values-title") == "65+ to age 10 and under — Small areas"
    address = browser.ask("location.hash")
    assert "zone=a2" in address
    assert "indicator=ratio_65_10" in address


def test_clusters_have_a_level_of_their_own(browser, path):
    """A zone pressed among the clusters is chosen on both maps."""
    browser.open(path, "#level=school_district&clusters=small_area")
    assert "町丁・字" in text(browser, "#clusters-title")
    assert "中学校区" in text(browser, "#values-title")
    assert browser.ask('document.getElementById("cluster-zone").hidden') is True
    browser.ask(
        'document.querySelector("#scatter .point")'
        '.dispatchEvent(new Event("click", { bubbles: true }))'
    )
    browser.settle()
    assert browser.ask('document.getElementById("cluster-zone").hidden') is False
    assert "町丁・字" in text(browser, "#values-title")
    click(browser, "#cluster-levels input")
    assert "中学校区" in text(browser, "#clusters-title")


def test_clusters_begin_with_the_most_zones(browser, tmp_path):
    result = toy_result()
    one, other = result.levels
    with_fewer = replace(one, zones=replace(one.zones, frame=one.zones.frame.iloc[:8]))
    fewer = {name: getattr(one, name).iloc[:8] for name in ("population", "values", "masks")}
    lisa = {name: replace(found, frame=found.frame.iloc[:8]) for name, found in one.lisa.items()}
    path = tmp_path / "page.html"
    write_page(replace(result, levels=(replace(with_fewer, lisa=lisa, **fewer), other)), path)
    browser.open(path)
    assert "中学校区" in text(browser, "#values-title")
    assert "町丁・字" in text(browser, "#clusters-title")


@pytest.mark.parametrize("fragment", ["#zone=nowhere&level=x&indicator=y&lang=zz", "#%", "#<b>"])
def test_a_broken_address_does_no_harm(browser, path, fragment):
    browser.open(path, fragment)
    assert text(browser, "#zone-name") == "c3区"


def test_an_indicator_without_any_value_is_drawn_as_such(browser, tmp_path):
    result = toy_result()
    level = result.levels[0]
    nothing = level.values.assign(ratio_65_10=float("nan"))
    masks = level.masks.assign(ratio_65_10="missing")
    write_page(
        replace(result, levels=(replace(level, values=nothing, masks=masks),)),
        tmp_path / "nothing.html",
    )
    browser.open(tmp_path / "nothing.html", "#indicator=ratio_65_10")
    assert set(fills(browser, "values")) == {"url(#hatch)"}
    assert "データなし: 9" in text(browser, "#legend")


def press(browser, selector):
    """Press the mouse in the middle of the first element that a selector finds."""
    x, y = browser.ask(
        f"(() => {{ const b = document.querySelector({selector!r}).getBoundingClientRect();"
        "return [b.x + b.width / 2, b.y + b.height / 2]; })()"
    )
    for kind in ("mousePressed", "mouseReleased"):
        browser.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    browser.settle()


def test_pressing_a_zone_chooses_it_on_both_maps_and_in_the_table(browser, path):
    browser.open(path)
    press(browser, "#map_values path.zone:nth-of-type(8)")  # b3, through its label
    assert text(browser, "#zone-name") == "b3区"
    for name in ("values", "clusters"):
        assert browser.ask(f"document.querySelectorAll('#map_{name} path.chosen').length") == 1
    assert text(browser, "#table tr.now th") == "b3区"
    assert text(browser, "#cluster-zone") == "b3区: 低いが周りは高い (LH)(FDR補正 p = 0.050)"


def test_cells_that_may_not_be_shown_are_gaps_in_the_pyramid(browser, tmp_path):
    result = toy_result()
    level = result.levels[0]
    population = level.population.copy()
    population.loc["c3", ("female", 0)] = float("nan")
    hidden = replace(result, levels=(replace(level, population=population),))
    write_page(hidden, tmp_path / "hidden.html")
    browser.open(tmp_path / "hidden.html")
    assert "表示していない階級: 1" in text(browser, "#pyramid")
    first = browser.ask(
        "[...document.querySelector('#ages tbody tr').cells].map(cell => cell.textContent)"
    )
    assert first == ["0–4歳", "8", "–"]
    # the city without its hidden cells would have another shape
    assert "市全体の線は描いていません" in text(browser, "#pyramid")
    assert browser.ask("document.querySelector('#pyramid .city-line').getAttribute('d')") == ""


def test_a_share_by_age_is_drawn_with_its_table_in_both_languages(browser, tmp_path):
    result = full_result(12, districts=4)
    write_page(result, tmp_path / "ages.html")
    browser.open(tmp_path / "ages.html")
    box = "document.getElementById('age-curves')"
    assert browser.ask(f"{box}.querySelectorAll('svg.age-curve circle').length") == 15  # 3 × 5
    heights = browser.ask(
        f"[...{box}.querySelectorAll('circle.all')].map(dot => +dot.getAttribute('cy'))"
    )
    assert heights == sorted(heights, reverse=True)  # care grows with age: upwards
    rows = f"[...{box}.querySelectorAll('tbody tr')].map(row => row.cells[1].textContent)"
    assert browser.ask(rows) == ["2.0%", "4.0%", "8.0%", "16.0%", "30.0%"]
    browser.ask("document.getElementById('language').click()")
    browser.settle()
    assert "by age" in browser.ask(f"{box}.querySelector('figcaption').textContent")
    assert browser.ask(f"{box}.querySelector('tbody tr:last-child th').textContent") == (
        "85 and over"
    )


def test_a_count_is_drawn_as_circles(browser, path):
    browser.open(path, "#indicator=population")
    assert browser.ask("document.querySelectorAll('#map_values path.count').length") == 9
    assert set(fills(browser, "values")) == {"var(--empty)"}
    assert "円の面積" in text(browser, "#legend")
    # a count has no clusters: those of the first indicator are shown, and named
    assert "高齢化率" in text(browser, "#clusters-title")


def test_tooltip_tells_why_a_value_is_missing(browser, path):
    browser.open(path)
    assert tip(browser, 0) == ["a1区", "高齢化率(65歳以上)", "10.0%"]
    assert "10未満のため、表示しません" in tip(browser, 6)[-1]


def test_table_sorts_and_keeps_missing_values_last(browser, path):
    browser.open(path)
    names = "#table tbody th"
    assert texts(browser, names)[0] == "a1区"
    click(browser, '#table th[data-column="share_65plus"] button')
    assert texts(browser, names)[0] == "c3区"
    assert texts(browser, names)[-1] == "a3区"
    click(browser, '#table th[data-column="share_65plus"] button')
    assert texts(browser, names)[0] == "a1区"
    assert texts(browser, names)[-1] == "a3区"
    assert (
        browser.ask("document.querySelector('#table th[aria-sort]').dataset.column")
        == "share_65plus"
    )


def test_search_finds_a_zone_or_says_that_there_is_none(browser, path):
    browser.open(path)
    for name, found in (("b2区", True), ("千現", False)):
        browser.ask(f"(() => {{ const s = document.getElementById('search'); s.value = '{name}';"
                    "s.dispatchEvent(new Event('change')); })()")  # fmt: skip
        assert browser.ask("document.getElementById('search-none').hidden") is found
    assert text(browser, "#zone-name") == "b2区"


def saved(browser, button):
    """Press a button that saves a file; return its name and bytes."""
    name, data = browser.ask(
        "new Promise(done => { const make = URL.createObjectURL; let blob;"
        "URL.createObjectURL = b => { blob = b; return make(b); };"
        "document.addEventListener('click', event => { const name = event.target.download;"
        "if (!name) return; event.preventDefault(); const reader = new FileReader();"
        "reader.onload = () => done([name, reader.result]); reader.readAsDataURL(blob); },"
        "{ capture: true });"
        f"document.querySelector({button!r}).click(); }})"
    )
    return name, base64.b64decode(data.split(",")[1])


def test_csv_has_notice_bom_and_numbers_of_the_result(browser, path):
    browser.open(path)
    name, content = saved(browser, "#csv")
    assert name == "中学校区.csv"
    lines = content.decode("utf-8").split("\r\n")
    assert lines[0].startswith('\ufeff"zone_id","地区","高齢化率(65歳以上)[0–1の割合]","人口[人]",')
    assert "疑似データのため結果は現状に沿っていません" in lines[0].split(",")[-1]
    assert lines[1] == '"a1","a1区",0.1,126,0.5,'
    assert lines[7].startswith('"a3","a3区",,')


def test_picture_is_a_whole_png(browser, path):
    browser.open(path)
    name, content = saved(browser, "#clusters-png")
    assert name.endswith("中学校区.png")
    assert content.startswith(b"\x89PNG")
    assert struct.unpack(">II", content[16:24]) == (1600, 1500)
    assert len(content) > 20_000


def test_names_do_nothing_in_the_browser(browser, tmp_path):
    write_page(toy_result([f"{EVIL}{k}" for k in range(9)]), tmp_path / "evil.html")
    browser.open(tmp_path / "evil.html")
    hover_all(browser)
    browser.settle()
    assert text(browser, "#zone-name") == f"{EVIL}8"
    assert browser.ask("window.hurt") is None
    assert browser.ask("document.images.length") == 0
    assert saved(browser, "#csv")[1].decode("utf-8").count(EVIL) == 9


def test_a_name_that_looks_like_a_formula_is_inert_in_the_csv(browser, tmp_path):
    write_page(toy_result(["=cmd()", *"bcdefghi"]), tmp_path / "formula.html")
    browser.open(tmp_path / "formula.html")
    assert '"\'=cmd()"' in saved(browser, "#csv")[1].decode("utf-8")


def test_phone_needs_no_sideways_scrolling(browser, path):
    browser.size(390, 844, mobile=True)
    try:
        browser.open(path)
        assert browser.ask("document.documentElement.scrollWidth") <= 390
    finally:
        browser.size(1366, 900)


def test_scale_bar_and_buttons_do_not_cover_each_other(browser, path):
    browser.open(path)
    boxes = browser.ask(
        "[...document.querySelectorAll('#map_values .leaflet-control')].map(c => { const b ="
        " c.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })"
    )
    assert len(boxes) == 3  # zoom, whole city, scale: no attribution on the map
    for k, one in enumerate(boxes):
        for other in boxes[k + 1 :]:
            assert one[3] <= other[1] or other[3] <= one[1] or one[2] <= other[0]


def test_labels_do_not_collide(browser, path):
    browser.open(path)
    labels = browser.ask(
        "[...document.querySelectorAll('#map_values .map-label span')].map(c => { const b ="
        " c.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })"
    )
    assert len(labels) == 9
    for k, one in enumerate(labels):
        for other in labels[k + 1 :]:
            apart = (
                one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            )
            assert apart


def test_paper_has_no_empty_page(browser, path, tmp_path):
    browser.open(path)
    browser.paper(tmp_path / "page.pdf")
    pages = re.findall(rb"/Type\s*/Page\b", (tmp_path / "page.pdf").read_bytes())
    assert 4 <= len(pages) <= 6
    # after printing, the maps are as they were
    assert browser.ask("document.body.classList.contains('printing')") is False


def test_single_map_in_the_browser(browser, tmp_path):
    result = toy_result()
    made = choropleth(
        toy_level(), toy_indicators()[0], notices=result.notices["ja"], min_count=result.min_count
    )
    made.save(tmp_path / "map.html")
    browser.open(tmp_path / "map.html")
    assert browser.ask("document.querySelectorAll('path.zone').length") == 9
    assert "疑似データ" in text(browser, "body > .notices")
    assert "高齢化率" in text(browser, ".on-map.legend-box")
    # the notice stands above the map, not on it
    assert browser.ask(
        "document.querySelector('.notices').getBoundingClientRect().bottom"
        " <= document.querySelector('.folium-map').getBoundingClientRect().top"
    )


def test_any_folium_map_made_offline_works(browser, tmp_path):
    made = folium.Map(location=(36.08, 140.1), zoom_start=14, tiles=None)
    zones = toy_level().zones.frame.to_crs(6668)
    folium.GeoJson(zones, tooltip=folium.GeoJsonTooltip(["name"])).add_to(made)
    folium.Marker((36.08, 140.1), tooltip="市役所", icon=None).add_to(made)
    folium.LayerControl().add_to(made)
    page = tmp_path / "folium.html"
    page.write_text(offline_html(made.get_root().render()), encoding="utf-8")
    browser.open(page)
    assert browser.ask("document.querySelectorAll('path.leaflet-interactive').length") == 9
    assert browser.ask("document.querySelector('.leaflet-control-layers') !== null")


@pytest.mark.parametrize("kind", ["choropleth", "explore", "categories", "pins"])
def test_maps_of_folium_and_geopandas_draw_without_a_network(browser, tmp_path, kind):
    page = tmp_path / "page.html"
    page.write_text(offline_html(folium_pages()[kind]), encoding="utf-8")
    browser.open(page)
    if kind == "pins":
        browser.ask("document.querySelector('.leaflet-marker-icon').click()")
        browser.settle()
        assert text(browser, ".leaflet-popup-content") == "駅"
        return
    assert browser.ask("document.querySelectorAll('path.leaflet-interactive').length") == 9
    fills = browser.ask(
        "new Set([...document.querySelectorAll('path.leaflet-interactive')]"
        ".map(path => path.getAttribute('fill'))).size"
    )
    assert fills >= 3
    if kind == "categories":
        assert "甲" in text(browser, ".maplegend")
    else:  # the colour bar is drawn
        assert browser.ask("document.querySelectorAll('.legend rect').length") >= 3


def test_histogram_lies_below_its_map_and_the_legend_beside_it(browser, path):
    browser.open(path)
    top, side, below = (
        browser.ask(f"document.querySelector('{one}').getBoundingClientRect().top")
        for one in ("#map_values", "#legend", "#histogram")
    )
    assert side < top + 300
    assert below > top + 300


def test_dark_page_is_dark(path):
    with Browser(dark=True) as browser:
        browser.open(path)
        assert browser.ask("getComputedStyle(document.body).backgroundColor") == "rgb(27, 32, 38)"


def test_a_page_of_esda_draws_without_a_network(browser, tmp_path):
    """``Moran_Local.explore``; its own test would compile for half a minute, so p is given."""
    local = pytest.importorskip("esda.moran", reason="needs the extra 'esda'").Moran_Local
    found = local.__new__(local)
    found.q = np.array([1, 1, 2, 2, 3, 3, 4, 4, 1])
    found.p_sim = np.array([0.01] * 8 + [0.5])
    zones = toy_level().zones.frame.to_crs(6668).reset_index()
    try:
        made = found.explore(zones, tiles=None)
    except AttributeError as why:
        pytest.skip(f"this esda explores otherwise: {why}")
    page = tmp_path / "esda.html"
    page.write_text(offline_html(made.get_root().render()), encoding="utf-8")
    browser.open(page)
    colours = browser.ask(
        "[...document.querySelectorAll('path.leaflet-interactive')]"
        ".map(path => path.getAttribute('fill'))"
    )
    assert len(colours) == 9
    assert len(set(colours)) == 5  # four kinds of clusters, and not significant
    assert "Insignificant" in browser.ask("document.body.innerText")
