"""The core's Python, the test layers, and a look for anything left behind."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
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


@pytest.fixture(scope="session")
def plugin(qgis_app, qgis_processing):
    """The plugin as qgis_process loads it."""
    import tsukuba_gis_qgis
    from qgis.core import QgsApplication

    loaded = tsukuba_gis_qgis.classFactory(None)
    loaded.initProcessing()
    yield loaded
    QgsApplication.processingRegistry().removeProvider(loaded.provider)


@pytest.fixture
def small(data):
    """The small areas, as a layer."""
    from layers import KEPT
    from qgis.core import QgsVectorLayer

    layer = QgsVectorLayer(f"{data}/small areas 町丁.gpkg|layername=small", "町丁", "ogr")
    assert layer.isValid()
    KEPT.append(layer)
    return layer


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
    """Return the ids of the core's processes below this one, or below another."""
    found = []
    for process in psutil.Process(of).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it may end while it is looked at
            dead = process.status() == psutil.STATUS_ZOMBIE
            if not dead and "tsukuba_gis.worker" in process.cmdline():
                found.append(process.pid)
    return found


def pytest_sessionfinish(session, exitstatus):
    session.config.ended_with = int(exitstatus)


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure(config):
    """Leave at once: QGIS 3.22 crashes where Python lets go of any layer after it has ended.

    So it does after a test of native:buffer alone; the real program is tested in test_program.py.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if hasattr(config, "ended_with"):
        os._exit(config.ended_with)
