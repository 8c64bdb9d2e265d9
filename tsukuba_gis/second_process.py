"""Work in a second process, beside what goes on in this one: on two cores both are done at once.

The job and its data go to the other process through a pipe, never through a file.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any, Final, cast

from tsukuba_gis import errors

if TYPE_CHECKING:
    from collections.abc import Callable

# What the other process runs: it reads a job from standard input and answers on what was
# standard output; what libraries print goes to standard error instead.
_CODE: Final = "from tsukuba_gis.second_process import answer; answer()"


@dataclass(slots=True, eq=False)
class Beside:
    """A function at work in a process of its own.

    Parameters
    ----------
    function, arguments
        What is called, with what. The function is found by its module and name.
    waits
        The function returns a function, which is called in the same process with what
        :meth:`go_on` brings: work that can begin before all it needs is there.

    Examples
    --------
    >>> Beside(divmod, (7, 2)).result()
    (3, 1)
    >>> from functools import partial
    >>> work = Beside(partial, (divmod, 7), waits=True)
    >>> work.go_on(2)
    >>> work.result()
    (3, 1)
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...] = field(repr=False)
    waits: bool = field(default=False, kw_only=True)
    _process: subprocess.Popen[bytes] = field(init=False, repr=False)
    _thread: threading.Thread = field(init=False, repr=False)
    _more: SimpleQueue[tuple[Any, ...] | None] = field(
        default_factory=SimpleQueue, init=False, repr=False
    )
    _rest: tuple[Any, ...] | None = field(default=None, init=False, repr=False)
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
        told = cast("IO[bytes]", self._process.stdin)
        try:
            with told:
                pickle.dump((self.function, self.arguments, self.waits), told)
                told.flush()
                if self.waits and (rest := self._more.get()) is not None:
                    pickle.dump(rest, told)
        except OSError:  # it ended before it had read everything: it may have said why
            pass
        with cast("IO[bytes]", self._process.stdout) as heard:
            self._answer = heard.read()
        self._process.wait()

    def go_on(self, *rest: Any) -> None:
        """Bring what the returned function is called with."""
        self._rest = rest
        self._more.put(rest)

    def result(self) -> Any:
        """Wait, and return what the function returned or raise the fault that it raised.

        Where the other process died without a word, the function is called here.
        """
        self._thread.join()
        if not self._answer:
            found = self.function(*self.arguments)
            return found if self._rest is None else found(*self._rest)
        kind, told = pickle.loads(self._answer)
        if kind == "fault":
            name, key, values = told
            raise getattr(errors, name)(key, **values)
        return told

    def stop(self) -> None:
        """End the other process, if it still runs."""
        self._process.kill()
        self._more.put(None)
        self._thread.join()


def answer() -> None:
    """Do the job on standard input; called in the other process."""
    told = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        function, arguments, waits = pickle.load(sys.stdin.buffer)
        made = function(*arguments)
        found: tuple[str, Any] = ("result", made(*pickle.load(sys.stdin.buffer)) if waits else made)
    except errors.TsukubaGisError as fault:
        found = ("fault", (type(fault).__name__, fault.key, fault.values))
    except EOFError:  # whoever asked is gone
        return
    with told:
        pickle.dump(found, told)
    os._exit(0)  # nothing is left to tidy up, and taking a city's records apart takes time
