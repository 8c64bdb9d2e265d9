"""Runs inside a real QGIS window (--code): a tool through its dialog, and pictures of it.

Writes gui.log, result.json and PNGs into $WINDOW_OUT; leaves by itself.
"""

import json
import os
import time
import traceback
from pathlib import Path

import processing
from qgis.core import Qgis, QgsApplication, QgsCoordinateReferenceSystem, QgsProject
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import QDockWidget, QTextEdit, QTreeView
from qgis.utils import iface

OUT = Path(os.environ["WINDOW_OUT"])
DATA, FIELD = os.environ["WINDOW_DATA"], os.environ["WINDOW_FIELD"]
TOOL = os.environ.get("WINDOW_TOOL", "localmoran")
TITLE = os.environ.get("WINDOW_TITLE", "町丁・字等")
ALONE = os.environ.get("WINDOW_CORE", "yes") == "no"
LOG = (OUT / "gui.log").open("w", buffering=1, encoding="utf-8")
found = {"version": Qgis.QGIS_VERSION}
last = [time.perf_counter(), time.thread_time()]
alive = []


def log(*words):
    LOG.write(" ".join(map(str, words)) + "\n")


def step(function, wait):
    """Call a function later; an error ends the session and is logged."""

    def guarded():
        try:
            function()
        except Exception:
            log(traceback.format_exc())
            leave()

    QTimer.singleShot(wait, guarded)


def tick():
    now = time.perf_counter()
    # The one before shows what the machine itself makes a window wait.
    key = {True: "longest_freeze", False: "longest_wait_before"}.get(found.get("running"))
    if key:
        found[key] = max(found.get(key, 0.0), now - last[0])
        # Of the window's own thread: what it would be on a machine that does nothing else.
        found[f"{key}_cpu"] = max(found.get(f"{key}_cpu", 0.0), time.thread_time() - last[1])
    last[:] = now, time.thread_time()


def start():
    iface.mainWindow().resize(1380, 840)
    iface.mainWindow().move(10, 10)
    log(Qgis.QGIS_VERSION, [one.id() for one in QgsApplication.processingRegistry().providers()])
    QgsProject.instance().setCrs(QgsCoordinateReferenceSystem("EPSG:6677"))
    for name in ("Browser", "ProcessingToolbox"):
        dock = iface.mainWindow().findChild(QDockWidget, name)
        if dock is not None:
            dock.setVisible(name != "Browser")
    alive.append(iface.addVectorLayer(DATA, TITLE, "ogr"))
    bar = iface.messageBar()
    found["messages"] = [item.text() for item in bar.items()]
    log("messages", found["messages"])
    if ALONE:
        found["executable"] = (
            QgsApplication.processingRegistry().algorithmById("tsukubagis:localmoran").canExecute()
        )
        step(missing, 2000)
    else:
        bar.clearWidgets()
        step(dialog, 1500)


def missing():
    """Without the core: the bar, the dialog behind its button, and the reason of a tool."""
    iface.mainWindow().screen().grabWindow(0).save(str(OUT / "missing_bar.png"))
    try:
        processing.run("tsukubagis:localmoran", {"INPUT": alive[0], "FIELD": FIELD,
                                                  "OUTPUT": "TEMPORARY_OUTPUT"})  # fmt: skip
    except Exception as error:
        found["reason"] = str(error)
    from qgis.utils import plugins

    plugins["tsukuba_gis_qgis"].show_dialog()
    step(
        lambda: iface.mainWindow().screen().grabWindow(0).save(str(OUT / "missing_dialog.png")),
        1500,
    )
    step(finish, 2500)


def dialog():
    shown = processing.createAlgorithmDialog(f"tsukubagis:{TOOL}",
                                             {"INPUT": alive[0], "FIELD": FIELD})  # fmt: skip
    shown.resize(900, 640)
    shown.show()
    shown.move(120, 60)
    alive.append(shown)
    step(lambda: found.update(running=False), 1000)
    step(run, 3000)


def run():
    iface.mainWindow().screen().grabWindow(0).save(str(OUT / "dialog.png"))
    found["running"] = True
    alive[-1].runButton().click()
    step(wait, 500)


def wait():
    project = QgsProject.instance()
    styled = [one for one in project.mapLayers().values()
              if one.renderer().type() == "categorizedSymbol"]  # fmt: skip
    if not styled:
        step(wait, 500)
        return
    found["running"] = None
    log(*(edit.toPlainText() for edit in alive[-1].findChildren(QTextEdit)))
    alive[-1].close()
    layer = styled[0]
    found["layer"] = layer.name()
    found["renderer"] = type(layer.renderer()).__name__
    found["legend"] = [one.label() for one in layer.renderer().categories()]
    found["abstract"] = layer.metadata().abstract()
    project.layerTreeRoot().findLayer(alive[0].id()).setItemVisibilityChecked(False)
    dock = iface.mainWindow().findChild(QDockWidget, "Layers")
    iface.mainWindow().resizeDocks([dock], [420], Qt.Orientation.Horizontal)
    iface.messageBar().clearWidgets()
    iface.mapCanvas().setExtent(layer.extent())
    iface.mapCanvas().refresh()
    tree = iface.mainWindow().findChild(QDockWidget, "ProcessingToolbox").findChild(QTreeView)
    model = tree.model()
    for row in range(model.rowCount()):
        index = model.index(row, 0)
        if "つくば" in str(index.data()) or "Tsukuba" in str(index.data()):
            tree.expandRecursively(index)
            tree.scrollTo(index, QTreeView.ScrollHint.PositionAtTop)
    step(picture, 4000)


def picture():
    iface.layerTreeView().expandAllNodes()
    QgsApplication.processEvents()
    iface.mainWindow().grab().save(str(OUT / "result.png"))
    finish()


def finish():
    log(json.dumps(found, ensure_ascii=False))
    (OUT / "result.json").write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")
    step(leave, 500)


def leave():
    (OUT / "ready").write_text("")
    QgsProject.instance().clear()
    iface.actionExit().trigger()


timer = QTimer()
timer.timeout.connect(tick)
timer.start(20)
step(start, 4000)
