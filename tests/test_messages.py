"""The table of texts: both languages, the same placeholders, no dead and no missing key."""

import re
import string
from pathlib import Path

import pytest

from tsukuba_gis.messages import LANGUAGES, table, text

PACKAGE = Path(__file__).parents[1] / "tsukuba_gis"
SOURCES = [
    path.read_text(encoding="utf-8")
    for suffix in ("py", "js", "html")
    for path in PACKAGE.rglob(f"*.{suffix}")
    if "_vendor" not in path.parts
]
CODE = "\n".join(SOURCES)


def placeholders(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("key", table())
def test_both_languages_say_the_same(key):
    entry = table()[key]
    assert set(entry) == set(LANGUAGES)
    assert key == "page_space" or all(entry[lang].strip() for lang in LANGUAGES)
    assert placeholders(entry["ja"]) == placeholders(entry["en"])


def test_no_text_is_dead():
    """A key stands in the code, or begins and ends as a key that the code puts together."""
    words = set(re.findall(r"[A-Za-z0-9_]+", CODE))
    built = re.findall(r"""f["']([A-Za-z0-9_]*)\{[^}"']+\}([A-Za-z0-9_]*)["']""", CODE)
    built += [(head, "") for head in re.findall(r"""["']([a-z0-9]+_[a-z0-9_]*)["'] \+""", CODE)]
    ends = {(head, tail) for head, tail in built if len(head) > 2}
    # The page's own script is handed every text that begins so.
    ends |= {("page_", "")}
    dead = [
        key
        for key in table()
        if key not in words
        and not any(key.startswith(head) and key.endswith(tail) for head, tail in ends)
    ]
    assert dead == []


def test_numbers_get_thousands_separators_and_text_stays():
    assert "1,234,567" in text("problems_line", "en", n=1_234_567)
    assert text("file_missing", "ja", path="a{b}.csv").startswith("a{b}.csv:")
