"""The output folder: written beside, then moved into place, so it is whole or not there."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

# A folder that holds this file was made by us, and may be replaced by a new run.
RUN_RECORD: Final = "run.json"


def check_folder(out: Path) -> None:
    """Raise if ``out`` may not be written: a file, a folder with other things, or no permission.

    Raises
    ------
    InputError
        Says which, and what to do.
    """
    if out.exists() and not out.is_dir():
        raise InputError("out_is_file", path=out.name)
    if out.is_dir() and any(out.iterdir()) and not (out / RUN_RECORD).is_file():
        raise InputError("out_not_ours", path=out.name)
    parent = out.absolute().parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise InputError("out_not_writable", path=out.name)


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Give a fresh folder beside ``out``; put it in ``out``'s place when all went well.

    If anything goes wrong inside, the fresh folder is removed and what stood
    at ``out`` stays as it was.

    Raises
    ------
    InputError
        If the place cannot be written.
    """
    check_folder(out)
    out = out.absolute()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError:
        raise InputError("out_not_writable", path=out.name) from None
    try:
        fresh.chmod(0o777 & ~_umask())
        yield fresh
        _replace(out, fresh)
    except OSError as error:
        raise InputError("out_failed", path=out.name, why=error.strerror or "?") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _replace(out: Path, fresh: Path) -> None:
    """Move the fresh folder to ``out``; the old one goes only once the new one stands."""
    if not out.exists():
        fresh.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.old.", dir=out.parent))
    out.rename(old / "old")
    try:
        fresh.rename(out)
    except OSError:
        (old / "old").rename(out)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    """Return the user's umask: mkdtemp gives 0700, but the result is meant to be shared."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a place beside ``path`` to write to; move it to ``path`` when all went well.

    An existing file is replaced only then.

    Raises
    ------
    InputError
        If the place cannot be written.
    """
    path = path.absolute()
    if path.is_dir() or not path.parent.is_dir():
        raise InputError("out_not_writable", path=path.name)
    try:
        # A folder, not a file: drivers want to make the file themselves, by its own name.
        fresh = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError:
        raise InputError("out_not_writable", path=path.name) from None
    try:
        yield fresh / path.name
        (fresh / path.name).replace(path)
    except OSError as error:
        raise InputError("out_failed", path=path.name, why=error.strerror or "?") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
