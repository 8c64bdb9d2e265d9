"""Everything on the page can be done without a mouse: keys are pressed as a keyboard does."""

import pytest
from browser import CHROMIUM, Browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


@pytest.fixture
def page(browser, page_path):
    browser.complaints.clear()
    browser.open(page_path, "#level=small_area")
    yield browser
    assert browser.complaints == []


def text(page, selector):
    return page.ask(f"document.querySelector({selector!r}).textContent.trim()")


def focus(page, selector):
    """Go to an element that the tab key reaches (see the first test)."""
    page.ask(f"document.querySelector({selector!r}).focus()")
    assert page.ask(f"document.activeElement === document.querySelector({selector!r})")


def keys(page, *names):
    for name in names:
        page.press_key(name)
    page.settle(0.05)


STOPS = """[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
    .filter(e => e.offsetParent !== null && e.tabIndex >= 0)"""


def test_the_tab_key_reaches_everything_that_can_be_pressed(page):
    page.ask(f"{STOPS}.forEach((e, k) => {{ e.dataset.stop = k; }})")
    reached = []
    while len(reached) < 200:
        page.press_key("Tab")
        reached.append(page.ask("document.activeElement.dataset.stop || document.activeElement.id"))
        if reached[-1] in ("", *reached[:-1]):  # past the end, and from the start again
            break
    assert page.ask(f"document.querySelector('[data-stop=\"{reached[0]}\"]').className") == "skip"
    missed = page.ask(
        f"{STOPS}.filter(e => e.type !== 'radio' && !{reached}.includes(e.dataset.stop))"
        ".map(e => e.id || e.outerHTML.slice(0, 80))"
    )
    assert missed == []  # of radio buttons one is a stop, arrow keys go on from there
    assert len(reached) < 130


def test_the_outline_of_the_focus_is_seen(page):
    page.press_key("Tab")
    for _ in range(12):
        page.press_key("Tab")
        assert page.ask("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_language_indicator_and_level_change(page):
    focus(page, "#language")
    keys(page, "Enter")
    assert page.ask("document.documentElement.lang") == "en"
    focus(page, "#indicators input:checked")
    keys(page, "ArrowDown")
    assert "indicator=share_75plus" in page.ask("location.hash")
    focus(page, "#levels input:checked")
    keys(page, "ArrowUp")
    assert "level=school_district" in page.ask("location.hash")


def test_a_district_is_found_by_its_name(page):
    focus(page, "#search")
    page.call("Input.insertText", text="南町3丁目")
    keys(page, "Enter")
    assert text(page, "#zone-name") == "南町3丁目"


def test_plots_go_from_district_to_district(page):
    for plot in ("#scatter", "#relation-plot"):
        focus(page, f"{plot} [role=slider]")
        keys(page, "Home")
        first = text(page, "#zone-name")
        keys(page, "ArrowRight")
        assert text(page, "#zone-name") != first
        said = page.ask(f"document.querySelector('{plot} [role=slider]').ariaValueText")
        assert said.startswith(text(page, "#zone-name"))


def faded(page):
    return page.ask(
        "[...document.querySelectorAll('#map_values path.zone')]"
        ".filter(p => Number(p.getAttribute('fill-opacity')) < 1).length"
    )


def test_a_class_and_a_range_are_brushed_and_shown_again(page):
    focus(page, "#legend tbody button")
    keys(page, " ")
    assert faded(page) == 40 - int(text(page, "#legend tbody .bar"))
    assert page.ask("document.querySelectorAll('#scatter .point.faded').length") > 0
    focus(page, "#brush-end")
    keys(page, "Enter")
    assert faded(page) == 0
    focus(page, "#histogram input")
    keys(page, "ArrowRight", "ArrowRight")
    assert 0 < faded(page) < 40
    keys(page, "Home")
    assert faded(page) == 0


def test_classes_are_cut_otherwise_and_at_edges_typed_in(page):
    focus(page, "#scheme")
    keys(page, "ArrowDown")
    assert "scheme=natural" in page.ask("location.hash")
    keys(page, "End")
    assert "scheme=manual" in page.ask("location.hash")
    focus(page, "#edges")
    page.ask("document.activeElement.select()")
    page.call("Input.insertText", text="20 30")
    keys(page, "Enter")
    assert page.ask("document.querySelectorAll('#legend tbody tr').length") == 4
    assert "20.0 – 30.0" in text(page, "#legend")


def test_years_pass_and_the_table_is_gone_through(page):
    focus(page, "#year")
    keys(page, "ArrowLeft")
    assert text(page, "#year-now") == "2040年"
    assert "2040年" in text(page, "#future-title")
    focus(page, "#table thead th:nth-child(2) button")
    keys(page, "Enter")
    assert page.ask("document.querySelector('#table th[aria-sort]').dataset.column") == (
        "share_65plus"
    )
    focus(page, "#table tbody button")
    keys(page, "ArrowDown", "Enter")
    assert text(page, "#zone-name") == text(page, "#table tbody tr:nth-child(2) th")


def test_districts_are_compared_and_let_go(page):
    focus(page, "#compare-add")
    keys(page, "Enter")
    assert "地区まで並べて" in text(page, "#compared")
    focus(page, "#scatter [role=slider]")
    keys(page, "Home")
    focus(page, "#compare-add")
    keys(page, "Enter")
    assert page.ask("document.querySelectorAll('#compared .small-pyramid svg').length") == 2
    assert "compare=" in page.ask("location.hash")
    focus(page, "#compared .chip")
    keys(page, "Enter")
    assert page.ask("document.querySelectorAll('#compared .chip').length") == 1


def test_small_maps_open_and_choose(page):
    focus(page, "#together summary")
    keys(page, "Enter")
    assert page.ask("document.querySelectorAll('#multiples canvas').length") == 8
    focus(page, "#multiples figure:nth-child(3) button")
    keys(page, "Enter")
    assert "indicator=share_0_14" in page.ask("location.hash")


def test_the_map_is_enlarged_and_brought_back(page):
    zoom = "window.map_values.getZoom()"
    before = page.ask(zoom)
    focus(page, "#map_values .leaflet-control-zoom-in")
    keys(page, "Enter")
    page.settle(0.4)
    assert page.ask(zoom) > before
    focus(page, "#map_values .leaflet-bar:last-child a")
    keys(page, "Enter")
    page.settle(0.4)
    assert page.ask(zoom) == pytest.approx(before)
