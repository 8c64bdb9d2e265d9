"""The core's Python, the test layers, and a look for anything left behind."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[1]
sys.path.insert(0, str(PLUGINS))
PROGRAM = ("qgis_process.bin", "qgis_process")


@pytest.fixture(scope="session")
def core_python():
    """The Python in which the core is installed."""
    python = os.environ.get("TSUKUBA_GIS_PYTHON", "")
    if not python:
        pytest.skip("TSUKUBA_GIS_PYTHON does not name the core's Python")
    return python


@pytest.fixture(scope="session")
def data(core_python, tmp_path_factory):
    """A folder with the layers and the core's own numbers."""
    folder = tmp_path_factory.mktemp("data")
    script = str(Path(__file__).with_name("core_numbers.py"))
    subprocess.run([core_python, "-I", script, str(folder)], check=True)
    return folder


@pytest.fixture(scope="session")
def expected(data):
    """What the core computes from the same files: tool → column → values."""
    return json.loads((data / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A temporary folder of one's own, in which nothing may be left at the end."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    yield folder
    left = [path.name for path in folder.glob("tsukuba-gis-*")]
    assert left == [], "a folder with records was left behind"


def children(of=None):
    """Return the ids of the core's processes that this one has started."""
    shown = subprocess.run(["ps", "-eo", "pid,ppid,stat,args"], capture_output=True, text=True,
                           check=True).stdout.splitlines()[1:]  # fmt: skip
    parent = str(of or os.getpid())
    return [
        int(line.split()[0])
        for line in shown
        if line.split()[1] == parent and "tsukuba_gis.worker" in line and "Z" not in line.split()[2]
    ]


def pytest_sessionfinish(session, exitstatus):
    session.config.ended_with = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Leave at once: QGIS 3.22 crashes where Python lets go of any layer after it has ended.

    So it does after a test of native:buffer alone; the real program is tested in test_program.py.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if hasattr(config, "ended_with"):
        os._exit(config.ended_with)
