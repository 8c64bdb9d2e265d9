"""Accessibility of the page, by axe-core (https://github.com/dequelabs/axe-core).

axe-core is a development tool and stands in no package: the environment variable ``AXE_CORE``
names its ``axe.min.js`` (``npm install axe-core``; continuous integration does so).
"""

import os
from pathlib import Path

import pytest
from browser import CHROMIUM, Browser
from results import full_result
from toys import toy_result

from tsukuba_gis.report.page import write_page

AXE = os.environ.get("AXE_CORE", "")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.skipif(
        not Path(AXE).is_file(),
        reason="AXE_CORE does not name axe-core's axe.min.js (npm install axe-core)",
    ),
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    write_page(full_result(60), folder / "full.html")
    write_page(toy_result(), folder / "toy.html")
    return folder


def faults(browser):
    """What axe finds on the page as it is shown: rule and first place."""
    browser.ask(Path(AXE).read_text(encoding="utf-8") + ";0")
    return browser.ask(
        "axe.run(document, { resultTypes: ['violations'] }).then(found => found.violations.map("
        "one => [one.id, one.nodes[0].html.slice(0, 200), one.nodes[0].failureSummary]))"
    )


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(pages, lang, dark):
    with Browser(dark=dark) as browser:
        for name in ("full", "toy"):
            browser.open(pages / f"{name}.html", f"#lang={lang}")
            browser.ask("document.querySelectorAll('details').forEach(d => { d.open = true; })")
            browser.settle(0.3)
            assert faults(browser) == []


def test_axe_finds_nothing_while_comparing_and_brushing(pages):
    with Browser() as browser:
        browser.open(pages / "full.html", "#indicator=population&draw=areas&lang=ja"
                     "&level=small_area&compare=08220000001 08220000002")  # fmt: skip
        browser.ask("document.querySelector('#legend tbody button').click()")
        browser.settle()
        assert browser.ask("document.getElementById('brush-state').hidden") is False
        assert faults(browser) == []


def test_a_planted_fault_is_found(pages):
    with Browser() as browser:
        browser.open(pages / "toy.html")
        browser.ask("document.querySelector('main').append(document.createElement('button'))")
        assert [rule for rule, *_ in faults(browser)] == ["button-name"]
