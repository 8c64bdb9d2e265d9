"""What the worker says: one JSON object a line, and nothing else on standard output."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from typing import TYPE_CHECKING, Final

from tsukuba_gis import __version__

if TYPE_CHECKING:
    from pathlib import Path

PROTOCOL: Final = 1


class Channel:
    """The real standard output, kept for the protocol.

    Whatever Python or a C library prints from now on goes to standard error.
    """

    def __init__(self) -> None:
        sys.stdout.flush()
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
        os.dup2(2, 1)
        self.say("hello", core=__version__, protocol=PROTOCOL)

    def say(self, kind: str, /, **content: object) -> None:
        """Write one line."""
        self._out.write(json.dumps({"type": kind, **content}, ensure_ascii=False) + "\n")
        self._out.flush()


def end_with_parent(folder: Path) -> None:
    """Delete the job's folder and end when standard input closes: then the parent is gone.

    The parent holds the other end and writes nothing; if it is killed, nobody
    else is left to delete the records in the folder.
    """

    def watch() -> None:
        # Not through sys.stdin: Python ends by taking its lock, which a waiting thread holds.
        while os.read(sys.stdin.fileno(), 1):
            pass
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
