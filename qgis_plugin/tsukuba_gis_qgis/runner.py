"""One run of the core: a private folder, a child process, and what it says."""

import json
import shutil
import tempfile
from pathlib import Path

from qgis.core import QgsProcessingException
from qgis.PyQt.QtCore import QElapsedTimer, QLockFile, QProcess

from . import engine
from .texts import tr

PREFIX = "tsukuba-gis-"
WAIT_HELLO = 60_000  # ms until a Python that says nothing is given up
ENDED = QProcess.ProcessState.NotRunning


class CancelledError(Exception):
    """The user cancelled."""


class JobFolder:
    """A folder that only its owner can read, deleted whatever happens.

    Its lock tells it from the folder of a QGIS that was killed, which goes too.
    """

    def __enter__(self):
        for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            lock = QLockFile(str(old / "lock"))
            lock.setStaleLockTime(0)
            if (old / "lock").exists() and lock.tryLock(0):
                lock.unlock()
                shutil.rmtree(old, ignore_errors=True)
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.lock = QLockFile(str(self.folder / "lock"))
        self.lock.setStaleLockTime(0)
        self.lock.lock()
        return self.folder

    def __exit__(self, *_):
        self.lock.unlock()
        shutil.rmtree(self.folder, ignore_errors=True)


class Run:
    """The child process of one job; waits in a background thread, never in the window's."""

    def __init__(self, feedback):
        self.feedback, self.hello, self.result, self.error = feedback, None, None, ""

    def __call__(self, python, folder, job):
        """Do the job; return the outcome."""
        path = folder / "job.json"
        path.write_text(json.dumps({**job, "watched": True}), encoding="utf-8")
        process = QProcess()
        process.setProcessEnvironment(engine.environment(folder))
        process.start(python, [*engine.ARGUMENTS, str(path)])
        try:
            self._listen(process)
        finally:
            stop(process)
        if self.error or self.result is None:
            raise QgsProcessingException(self.error or self._silence(process))
        return json.loads((folder / self.result).read_text(encoding="utf-8"))

    def _listen(self, process):
        clock = QElapsedTimer()
        clock.start()
        process.waitForStarted(WAIT_HELLO)
        while not self.error and (self.hello or clock.elapsed() < WAIT_HELLO):
            process.waitForReadyRead(100)
            while process.canReadLine():
                self._hear(bytes(process.readLine()))
            if self.feedback.isCanceled():
                raise CancelledError
            if process.state() == ENDED:
                return

    def _hear(self, line):
        """Take one line of the protocol; anything else is not the core's."""
        try:
            told = json.loads(line.decode("utf-8"))
            kind = told["type"]
        except (ValueError, KeyError, TypeError):
            return
        if self.hello is None:
            self.hello, self.error = told, engine.fault(told)
        elif kind == "progress":
            self.feedback.setProgress(20 + int(60 * told["value"]))
            self.feedback.setProgressText(told["text"])
        elif kind == "message":
            warning = told["level"] == "warning"
            (self.feedback.pushWarning if warning else self.feedback.pushInfo)(told["text"])
        elif kind == "result":
            self.result = told["file"]
        elif kind == "error":
            self.error = told["text"]

    def _silence(self, process):
        """Return why there is no result where the core did not say so itself."""
        if self.hello is not None:
            return tr("The analysis core ended without a result (exit code {code}).").format(
                code=process.exitCode()
            )
        # Of a child that is not the core only: what the core's libraries print may quote a record.
        errors = bytes(process.readAllStandardError()).decode("utf-8", "replace")
        shown = (errors or process.errorString())[-2000:]
        return f"{engine.fault(None)}\n{process.program()}\n{shown}"


def stop(process):
    """End the child: asked first, so that it can tidy up; then killed."""
    if process.state() != ENDED:
        process.terminate()
        if not process.waitForFinished(250):
            process.kill()
            process.waitForFinished(2000)
