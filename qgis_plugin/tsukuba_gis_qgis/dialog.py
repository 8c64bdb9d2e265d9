"""Where the core is, whether it answers, and how to install it."""

import json

from qgis.core import QgsApplication, QgsSettings
from qgis.gui import QgsFileWidget
from qgis.PyQt import QtWidgets as widgets  # noqa: N813
from qgis.PyQt.QtCore import QProcess

from . import engine
from .texts import tr


class CoreDialog(widgets.QDialog):
    """Path of the core's Python, a check of it, and commands to copy."""

    def __init__(self, parent):
        super().__init__(parent)
        self.process = None
        self.setWindowTitle(tr("Tsukuba GIS: analysis core"))
        self.resize(640, 560)
        box = widgets.QVBoxLayout(self)
        self._say(box, tr("The tools run in a Python of their own, so that QGIS stays as it is. "
                          "Nothing is installed or downloaded by the plugin."))  # fmt: skip
        self._say(box, tr("Python of the analysis core (empty: {variable}, else {path})").format(
            variable=engine.VARIABLE, path=engine.fixed_python()))  # fmt: skip
        self.path = QgsFileWidget()
        self.path.setFilePath(QgsSettings().value(engine.SETTING, ""))
        box.addWidget(self.path)
        row = widgets.QHBoxLayout()
        self.check_button = self._button(row, tr("Check"), self.check)
        self._button(row, tr("Save"), self.save)
        self._button(row, tr("Close window"), self.close)
        row.addStretch()
        box.addLayout(row)
        self.answer = self._say(box, "")
        self._say(box, tr("<b>To install the core</b>, copy these lines into a terminal:"))
        shown = widgets.QPlainTextEdit(engine.commands())
        shown.setReadOnly(True)
        box.addWidget(shown)
        self._button(box, tr("Copy"), lambda: QgsApplication.clipboard().setText(engine.commands()))

    def _say(self, box, text):
        label = widgets.QLabel(text)
        label.setWordWrap(True)
        box.addWidget(label)
        return label

    def _button(self, box, text, slot):
        button = widgets.QPushButton(text)
        button.setAutoDefault(False)
        button.clicked.connect(slot)
        box.addWidget(button)
        return button

    def save(self):
        """Keep the path."""
        QgsSettings().setValue(engine.SETTING, self.path.filePath())
        self.answer.setText(tr("Saved."))

    def check(self):
        """Ask the core for its version; the window does not wait."""
        python = self.path.filePath() or engine.find_python()
        if not python:
            self.answer.setText(engine.missing())
            return
        self.check_button.setEnabled(False)
        self.answer.setText(tr("Asking {0} …").format(python))
        self.process = QProcess(self)
        self.process.setProcessEnvironment(engine.environment())
        self.process.finished.connect(self.told)
        self.process.errorOccurred.connect(self.told)
        self.process.start(python, [*engine.ARGUMENTS, "--version"])

    def told(self, *_):
        """Show what the core answered."""
        self.check_button.setEnabled(True)
        lines = bytes(self.process.readAllStandardOutput()).decode("utf-8", "replace").splitlines()
        try:
            hello = json.loads(lines[0])
        except (ValueError, IndexError):
            hello = None
        fault = engine.fault(hello)
        self.answer.setText(fault or tr("The core answers: version {0}.").format(hello["core"]))

    def closeEvent(self, event):
        """End a check that still runs."""
        if self.process is not None and self.process.state() != QProcess.ProcessState.NotRunning:
            self.process.kill()
            self.process.waitForFinished(200)
        super().closeEvent(event)
