"""The plugin stays thin, safe, translated and whole; needs no QGIS."""

import ast
import io
import json
import re
import subprocess
import sys
import tokenize
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import package
import pytest
import translate
from conftest import PLUGINS

PLUGIN = PLUGINS / "tsukuba_gis_qgis"
FILES = sorted(PLUGIN.rglob("*.py"))
MOST, MOST_CODE, MOST_TOOL = 1000, 800, 45
DECLARED = (PLUGIN / "tools.json").read_text(encoding="utf-8")
TOLD = json.loads(DECLARED)
# All that a declaration may say; there is nothing in it that is carried out.
ENTRY = {"type", "name", "text", "tip", "optional", "advanced", "default", "low", "high", "layer",
         "values", "several", "shape", "choices", "only", "features of"}  # fmt: skip
FOREIGN = {"numpy", "pandas", "geopandas", "shapely", "scipy", "esda", "libpysal", "folium",
           "pyproj", "pyogrio", "osgeo", "tsukuba_gis", "subprocess", "PyQt5", "PyQt6"}  # fmt: skip
QUIET = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
         tokenize.ENDMARKER}  # fmt: skip
# Places, not data: page of a progress bar, and a table of what to remember.
ARITHMETIC = {("runner.py", "_hear")}


def code_lines(text):
    """Numbers of the lines that hold code: no blank, no comment, no docstring."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    lines = {
        line
        for token in tokens
        if token.type not in QUIET
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(text)):
        kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
        if isinstance(node, kinds) and ast.get_docstring(node) is not None:
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return lines


def test_lines():
    """All lines of all files, blanks, comments and docstrings too; and those of code alone."""
    texts = [path.read_text(encoding="utf-8") for path in FILES]
    assert sum(len(text.splitlines()) for text in texts) <= MOST
    assert sum(len(code_lines(text)) for text in texts) <= MOST_CODE


@pytest.mark.parametrize("key", TOLD["tools"])
def test_a_tool_is_short(key):
    start = DECLARED.index(f'"{key}": {{') + len(f'"{key}": ')
    told, end = json.JSONDecoder().raw_decode(DECLARED, start)
    assert told == TOLD["tools"][key]
    assert DECLARED.count("\n", start, end) + 1 <= MOST_TOOL
    assert max(map(len, DECLARED[start:end].splitlines())) <= 110


def spelt_out(entries):
    for entry in entries:
        yield from spelt_out(TOLD["shared"][entry]) if isinstance(entry, str) else [entry]


@pytest.mark.parametrize("key", TOLD["tools"])
def test_a_tool_is_declared_without_a_contradiction(key):
    tool = TOLD["tools"][key]
    assert set(tool) <= {"title", "group", "task", "version", "whole", "parameters"}
    assert tool["group"] in TOLD["groups"]
    entries = list(spelt_out(tool["parameters"]))
    names = [one["name"] for one in entries]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[A-Z][A-Z0-9_]*", name) for name in names)
    layers = {one["name"] for one in entries if one["type"] == "source"}
    for one in entries:
        assert set(one) <= ENTRY
        assert {one.get("layer"), one.get("features of")} - {None} <= layers
        if one["type"] == "choice":
            assert set(one.get("only", [])) <= set(TOLD["choices"][one["choices"]])
        if one["type"] in ("integer", "real"):
            assert one.get("low", 0) <= one["default"] <= one.get("high", 1e9)


def test_nothing_is_declared_for_nobody():
    lists = [*TOLD["shared"].values(), *(tool["parameters"] for tool in TOLD["tools"].values())]
    entries = [one for entries in lists for one in entries]
    assert {one for one in entries if isinstance(one, str)} == set(TOLD["shared"])
    chosen = {one["choices"] for one in entries if isinstance(one, dict) and "choices" in one}
    assert chosen == set(TOLD["choices"])
    assert {tool["group"] for tool in TOLD["tools"].values()} == set(TOLD["groups"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_scientific_import(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        assert not {name.split(".")[0] for name in names} & FOREIGN


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_arithmetic_on_data(path):
    """Nothing is multiplied, divided or raised to a power, but a percentage of progress."""
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(function, ast.FunctionDef):
            continue
        if (path.name, function.name) in ARITHMETIC:
            continue
        for node in ast.walk(function):
            if not isinstance(node, ast.BinOp):
                continue
            made = isinstance(node.op, ast.Mult) and isinstance(node.left, ast.List)
            paths = isinstance(node.op, ast.Div) and not isinstance(node.right, ast.Name)
            wrong = isinstance(node.op, ast.Mult | ast.Div | ast.Pow | ast.FloorDiv | ast.Mod)
            named = isinstance(node.right, ast.Name) and node.right.id in ("path",)
            assert not wrong or made or paths or named, f"{path.name}:{node.lineno}"


def run(*command):
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True,
                          check=False, cwd=PLUGINS)  # fmt: skip
    return done.stdout, done.returncode


@pytest.mark.parametrize("name", ["bandit", "flake8", "detect_secrets"])
def test_the_scanners_of_the_plugin_site_find_nothing(name):
    pytest.importorskip(name)
    if name == "bandit":
        found = json.loads(run("bandit", "-q", "-r", PLUGIN.name, "-f", "json")[0])
        assert found["results"] == []
    elif name == "flake8":
        assert run("flake8", "--max-line-length=100", PLUGIN.name) == ("", 0)
    else:
        found = json.loads(run("detect_secrets", "scan", "--all-files", PLUGIN.name)[0])
        assert found["results"] == {}


def test_every_text_is_translated_and_compiled():
    known = translate.translations()
    assert sorted(known) == sorted(translate.texts())
    assert all(known.values())
    package.check_translations()
    compiled = translate.FILE.with_suffix(".qm").read_bytes()
    longest = max(known.values(), key=len)
    assert longest.encode("utf-16-be") in compiled


def test_placeholders_are_the_same_in_both_languages():
    for source, translation in translate.translations().items():
        assert source.count("{") == translation.count("{"), source


def test_the_indicators_have_the_cores_names():
    import tomllib

    core = PLUGINS.parent / "tsukuba_gis" / "messages" / "indicators.toml"
    words = tomllib.loads(core.read_text(encoding="utf-8"))
    known = translate.translations()
    for name, shown in TOLD["choices"]["indicators"].items():
        word = words[f"indicator_{name}"]
        if "{" not in word["en"]:
            assert shown == word["en"]
            assert known[shown] == word["ja"]


def test_help_is_there_in_both_languages():
    names = {path.name for path in (PLUGIN / "help" / "ja").iterdir()}
    assert names == {path.name for path in (PLUGIN / "help" / "en").iterdir()}
    for name in names:
        assert (PLUGIN / "icons" / name.replace(".html", ".svg")).exists()
        for lang in ("ja", "en"):
            ET.fromstring(f"<p>{(PLUGIN / 'help' / lang / name).read_text(encoding='utf-8')}</p>")


def test_metadata_is_complete_and_speaks_both_languages():
    found = package.metadata()
    assert found["qgisMinimumVersion"] == "3.22"
    assert found["hasProcessingProvider"] == "yes"
    for entry in ("description", "about"):
        assert any("ぁ" <= letter <= "ん" for letter in found[entry])
        assert "the" in found[entry] or "and" in found[entry]
    assert (PLUGIN / found["icon"]).exists()


def test_a_release_needs_real_addresses(tmp_path):
    found = package.metadata()
    real = {"homepage": "https://city.lg.jp/plugin", "repository": "https://city.lg.jp/source",
            "tracker": "https://city.lg.jp/issues", "email": "gis@city.lg.jp"}  # fmt: skip
    package.check_addresses({**found, **real})
    for name in real:
        for wrong in ("https://example.org/x", "someone@example.com", "http://city.lg.jp", "?"):
            with pytest.raises(SystemExit, match=f"fill in {name}"):
                package.check_addresses({**found, **real, name: wrong})
    if "example.org" in found["homepage"]:  # nobody publishes it yet
        with pytest.raises(SystemExit, match="homepage, repository, tracker, email"):
            package.package(tmp_path, release=True)
        assert list(tmp_path.iterdir()) == []


def test_the_zip_is_the_same_every_time(tmp_path):
    first, second = (package.package(tmp_path / name) for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()
    names = zipfile.ZipFile(first).namelist()
    assert names == sorted(names)
    assert {name.split("/")[0] for name in names} == {"tsukuba_gis_qgis"}
    assert "tsukuba_gis_qgis/LICENSE" in names
    assert "tsukuba_gis_qgis/i18n/tsukuba_gis_ja.qm" in names
    assert not [name for name in names if Path(name).suffix in (".ts", ".pyc")]
    assert first.stat().st_size < 300_000


def test_an_unfinished_plugin_is_refused(tmp_path):
    plugin = tmp_path / "my_plugin"
    plugin.mkdir()
    (plugin / "metadata.txt").write_text("[general]\nname=x\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="lacks"):
        package.metadata(plugin)
    (plugin / "i18n").mkdir()
    (plugin / "i18n" / "x.ts").write_text('<TS><translation type="unfinished"/></TS>')
    with pytest.raises(SystemExit, match="not finished"):
        package.check_translations(plugin)
