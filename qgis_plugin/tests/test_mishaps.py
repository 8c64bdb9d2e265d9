"""Every mishap of the core is told in words and leaves nothing behind."""

import os
import signal
import socket
import sys
import threading
import time

import pytest

pytest.importorskip("qgis.core")

from conftest import children
from layers import run
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsSettings,
)
from tsukuba_gis_qgis import engine, runner

pytestmark = pytest.mark.usefixtures("plugin", "core_python", "temporary")


def test_without_the_core_everything_says_so(small, monkeypatch):
    monkeypatch.setenv(engine.VARIABLE, "/nowhere/python")
    tool = QgsApplication.processingRegistry().algorithmById("tsukubagis:localmoran")
    possible, why = tool.canExecute()
    assert not possible
    assert "analysis core" in why
    with pytest.raises(QgsProcessingException, match="analysis core"):
        run("localmoran", INPUT=small, FIELD="高齢化率")


def fake(tmp_path, monkeypatch, script):
    """Put a program in the place of the core's Python."""
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setenv(engine.VARIABLE, str(path))


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ('echo \'{"type": "hello", "core": "9.9", "protocol": 99}\'; sleep 20', "9.9"),
        ("echo garbage; head -c 100000 /dev/urandom; exit 0", "not the Python"),
        ("echo '{}'; echo '[1]'; echo '3'", "not the Python"),
        ("echo no module >&2; exit 1", "no module"),
        ("exit 3", "not the Python"),
        ('echo \'{"type": "hello", "core": "0", "protocol": 1}\'; kill -9 $$', "ended"),
    ],
    ids=["wrong version", "garbage", "json", "no module", "silence", "killed"],
)
def test_a_python_that_is_not_the_core_is_told(script, said, small, tmp_path, monkeypatch):
    fake(tmp_path, monkeypatch, script)
    with pytest.raises(QgsProcessingException, match=said):
        run("localmoran", INPUT=small, FIELD="高齢化率")
    assert children() == []


def test_a_python_that_never_answers_is_given_up(small, tmp_path, monkeypatch):
    fake(tmp_path, monkeypatch, "exec sleep 30")
    monkeypatch.setattr(runner, "WAIT_HELLO", 500)
    with pytest.raises(QgsProcessingException, match="not the Python"):
        run("localmoran", INPUT=small, FIELD="高齢化率")


class Watched(QgsProcessingFeedback):
    """Does something half a second after the core has begun to compute."""

    def __init__(self, act):
        super().__init__()
        self.act, self.at = act, None

    def setProgressText(self, text):
        if text == "Computing":
            threading.Timer(0.5, self.now).start()

    def now(self):
        self.at = time.perf_counter()
        self.act(self)


def run_watched(small, act):
    tool = QgsApplication.processingRegistry().algorithmById("tsukubagis:localmoran").create()
    feedback = Watched(act)
    parameters = {"INPUT": small, "FIELD": "高齢化率", "PERMUTATIONS": 50_000_000,
                  "OUTPUT": "TEMPORARY_OUTPUT"}  # fmt: skip
    results, fine = tool.run(parameters, QgsProcessingContext(), feedback)
    return results, fine, time.perf_counter() - feedback.at


def test_cancelled_within_half_a_second_and_no_process_left(small, temporary):
    results, _, waited = run_watched(small, lambda feedback: feedback.cancel())
    assert results == {}
    assert children() == []
    assert list(temporary.glob("tsukuba-gis-*")) == []
    assert waited < 0.5, waited


def test_a_worker_killed_in_the_middle_is_told_and_leaves_nothing(small, temporary):
    _, fine, _ = run_watched(small, lambda _: [os.kill(pid, signal.SIGKILL) for pid in children()])
    assert not fine
    assert list(temporary.glob("tsukuba-gis-*")) == []


def test_the_folder_of_a_qgis_that_was_killed_is_swept(small, temporary):
    old = temporary / "tsukuba-gis-old"
    old.mkdir()
    (old / "records.gpkg").write_text("records")
    (old / "lock").write_text(f"999999\npytest\n{socket.gethostname()}\n")
    in_use = runner.JobFolder()
    with in_use as folder:
        run("localmoran", INPUT=small, FIELD="高齢化率")
        assert folder.is_dir()
    assert not old.exists()


def test_the_childs_environment_is_clean(monkeypatch, tmp_path):
    for name in ("PYTHONPATH", "PYTHONHOME", "PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "VIRTUAL_ENV",
                 "LD_LIBRARY_PATH"):  # fmt: skip
        monkeypatch.setenv(name, "/rubbish")
    clean = engine.environment(tmp_path)
    assert [name for name in clean.keys() if clean.value(name) == "/rubbish"] == []
    assert clean.value("TMPDIR") == str(tmp_path)


def test_the_setting_goes_before_the_variable(tmp_path, monkeypatch):
    own = tmp_path / "python"
    own.write_text("")
    QgsSettings().setValue(engine.SETTING, str(own))
    try:
        assert engine.find_python() == str(own)
    finally:
        QgsSettings().remove(engine.SETTING)
    assert engine.find_python() == os.environ[engine.VARIABLE]
    monkeypatch.delenv(engine.VARIABLE)
    monkeypatch.setattr(engine, "fixed_python", lambda: own)
    assert engine.find_python() == str(own)


def test_the_check_button_tells_version_and_fault(qgis_app, core_python, tmp_path):
    from qgis.PyQt.QtCore import QEventLoop, QTimer
    from tsukuba_gis_qgis.dialog import CoreDialog

    def answer(path):
        dialog = CoreDialog(None)
        dialog.path.setFilePath(path)
        loop = QEventLoop()
        begun = time.perf_counter()
        dialog.check()
        assert time.perf_counter() - begun < 0.25
        dialog.process.finished.connect(loop.quit)
        dialog.process.errorOccurred.connect(loop.quit)
        QTimer.singleShot(30_000, loop.quit)
        loop.exec_()
        said = dialog.answer.text()
        dialog.close()
        return said

    assert "version 0." in answer(core_python)
    assert "not the Python" in answer(sys.executable)
    assert "not the Python" in answer(str(tmp_path / "nothing"))
