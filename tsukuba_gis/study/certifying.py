"""The certificate of a study's pseudo records, worked out beside the study by a second process.

Nothing of the study waits for the certificate, and the certificate takes as long
as the study: on two cores both are done in the time of one. People go to the
other process through a pipe, never through a file.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tsukuba_gis import errors

if TYPE_CHECKING:
    from collections.abc import Callable

# What the other process runs: it reads a job from standard input and answers on what was
# standard output; what libraries print goes to standard error instead.
_CODE: Final = "from tsukuba_gis.study.certifying import answer; answer()"


@dataclass(slots=True, eq=False)
class Beside:
    """A function at work in a process of its own.

    Examples
    --------
    >>> work = Beside(divmod, (7, 2))
    >>> work.result()
    (3, 1)
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...] = field(repr=False)
    _process: subprocess.Popen[bytes] = field(init=False, repr=False)
    _thread: threading.Thread = field(init=False, repr=False)
    _answer: bytes = field(default=b"", init=False, repr=False)

    def __post_init__(self) -> None:
        paths = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-X", "utf8", "-c", _CODE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths},  # what was imported here is there too
        )
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def _talk(self) -> None:
        job = pickle.dumps((self.function, self.arguments))
        try:
            self._answer = self._process.communicate(job)[0]
        except OSError:  # it ended before it had read everything: there is no answer
            self._process.wait()

    def result(self) -> Any:
        """Wait, and return what the function returned or raise the fault that it raised.

        Where the other process died without a word, the function is called here.
        """
        self._thread.join()
        if not self._answer:
            return self.function(*self.arguments)
        kind, told = pickle.loads(self._answer)
        if kind == "fault":
            name, key, values = told
            raise getattr(errors, name)(key, **values)
        return told

    def stop(self) -> None:
        """End the other process, if it still runs."""
        self._process.kill()
        self._thread.join()


def answer() -> None:
    """Do the job on standard input; called in the other process."""
    told = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    function, arguments = pickle.loads(sys.stdin.buffer.read())
    try:
        found: tuple[str, Any] = ("result", function(*arguments))
    except errors.TsukubaGisError as fault:
        found = ("fault", (type(fault).__name__, fault.key, fault.values))
    with told:
        pickle.dump(found, told)
