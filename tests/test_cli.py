import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tsukuba_gis.cli import group, main

ROOT = Path(__file__).parents[1]
COMMANDS = sorted(group.commands)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_stands_in_the_readme(command, capsys):
    assert main([command, "--help"]) == 0
    assert f"Example: tsukuba-gis {command}" in re.sub(r"\s+", " ", capsys.readouterr().out)
    documents = [
        (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ja.md")
    ]
    if command != "version":
        assert all(f"tsukuba-gis {command}" in document for document in documents)


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from tsukuba_gis.cli import main; main(['--help']);"
        "heavy = {'numpy', 'pandas', 'geopandas', 'shapely', 'scipy', 'libpysal', 'folium'};"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
    assert "tsukuba-gis demo" in done.stdout


def test_help_takes_little_work():
    """Half a second is the promise; in processor time, which a busy machine leaves alone."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tsukuba_gis", "--help"], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    assert usage.ru_utime + usage.ru_stime < 0.5


def test_version_names_what_it_stands_on(capsys):
    assert main(["version"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("tsukuba-gis 0.")
    assert "shapely" in out


def test_a_wrong_command_line_exits_with_2(capsys):
    assert main(["demmo"]) == 2
    assert main(["demo", "--size", "many"]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lang", "words"), [("ja", "ファイルがありません"), ("en", "no such file")]
)
def test_faults_are_told_in_the_language_asked_for(lang, words, capsys):
    assert main(["run", "nowhere.toml", "--lang", lang]) == 1
    captured = capsys.readouterr()
    assert words in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_language_comes_from_the_environment(monkeypatch, capsys):
    monkeypatch.setenv("TSUKUBA_GIS_LANG", "ja")
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert main(["run", "nowhere.toml"]) == 1
    assert "ファイルがありません" in capsys.readouterr().err
    monkeypatch.delenv("TSUKUBA_GIS_LANG")
    assert main(["run", "nowhere.toml"]) == 1
    assert "no such file" in capsys.readouterr().err
