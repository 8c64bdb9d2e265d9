"""The page in Firefox, which has another engine: drawn, linked, and nothing asked for."""

import pytest
from firefox import FIREFOX, Firefox

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(FIREFOX is None, reason="Firefox is not installed"),
]


@pytest.fixture(scope="module")
def firefox():
    with Firefox() as firefox:
        yield firefox


def test_every_map_is_drawn_and_nothing_is_asked_for(firefox, page_path):
    firefox.open(page_path, "#level=small_area")
    for name in ("values", "clusters", "relations", "future"):
        paths = firefox.ask(f"return document.querySelectorAll('#map_{name} path.zone').length")
        assert paths == 40, name
    assert firefox.ask("return performance.getEntriesByType('resource').map(e => e.name)") == []
    assert firefox.ask("return document.querySelector('path.zone').getBBox().width") > 5


def test_the_parts_are_linked_without_a_complaint(firefox, page_path):
    firefox.open(page_path, "#level=small_area")
    said = firefox.ask(
        "window.said = []; addEventListener('error', e => said.push(e.message));"
        "addEventListener('securitypolicyviolation', e => said.push(e.blockedURI));"
        "document.querySelector('#relation-plot .point')"
        ".dispatchEvent(new Event('click', { bubbles: true }));"
        "document.querySelector('#legend tbody button').click();"
        "document.getElementById('language').click();"
        "const year = document.getElementById('year'); year.value = 2;"
        "year.dispatchEvent(new Event('input', { bubbles: true }));"
        "document.querySelectorAll('details').forEach(d => { d.open = true; });"
        "return said"
    )
    assert said == []
    assert firefox.ask("return document.getElementById('year-now').textContent") == "2030"
    first = firefox.ask("return document.querySelector('#relation-plot .point.now').dataset.zone")
    assert "zone=08220" in firefox.ask("return location.hash")
    assert first is not None
