"""The output folder: written beside, then moved into place, so it is whole or not there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Lists every file of a run with its hash: what it lists unchanged may be replaced by a new run.
RUN_RECORD: Final = "run.json"

# What programs leave beside a file that was only looked at (GDAL, SQLite, Excel, LibreOffice), and
# file managers in any folder: nobody's work.
_BESIDE: Final = ("{}.aux.xml", "{}-wal", "{}-shm", "~${}", ".~lock.{}#")
_LITTER: Final = frozenset({"Thumbs.db", "desktop.ini", ".DS_Store"})


def check_folder(out: Path) -> None:
    """Raise if ``out`` may not be written.

    A folder is replaced only if it holds what an earlier run wrote, and
    nothing else: a file that was added, or changed since, stays.

    Raises
    ------
    InputError
        If a file is in the way, the folder holds anything else, or there is
        no permission; says which, and what to do.
    """
    shown = str(out)
    try:
        out = out.resolve()
        if out.exists() and not out.is_dir():
            raise InputError("out_is_file", path=shown)
        if out.is_dir() and any(out.iterdir()):
            others = _not_ours(out)
            if others:
                raise InputError("out_not_ours", path=shown, n=len(others), other=others[0])
        parent = out.parent
        while not parent.exists():
            parent = parent.parent
        writable = parent.is_dir() and os.access(parent, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable or out == out.parent:
        raise InputError("out_not_writable", path=shown)


def _not_ours(folder: Path) -> list[str]:
    """Return the files of a folder that no run wrote, or that were changed since."""
    found = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    try:
        written = json.loads((folder / RUN_RECORD).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        written = None
    if not isinstance(written, dict):
        return sorted(found) or [RUN_RECORD]
    found.pop(RUN_RECORD, None)
    for name in written:
        for beside in _BESIDE:
            found.pop(str(PurePosixPath(name).with_name(beside.format(Path(name).name))), None)
    found = {name: path for name, path in found.items() if path.name not in _LITTER}
    return sorted(name for name, path in found.items() if written.get(name) != _sha256(path))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _seal(folder: Path) -> None:
    """Add to the run record the hash of every other file."""
    record = folder / RUN_RECORD
    content = json.loads(record.read_text(encoding="utf-8"))
    content["files"] = {
        path.relative_to(folder).as_posix(): _sha256(path)
        for path in _files(folder)
        if path != record
    }
    text = json.dumps(content, ensure_ascii=False, indent=2)
    record.write_text(text + "\n", encoding="utf-8", newline="\n")


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Give a fresh folder beside ``out``; put it in ``out``'s place when all went well.

    What is written must include the run record, to which the hashes of all
    files are added. If anything goes wrong inside, the fresh folder is removed
    and what stood at ``out`` stays as it was.

    Raises
    ------
    InputError
        If the place cannot be written.
    """
    check_folder(out)
    shown, out = str(out), out.resolve()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError:
        raise InputError("out_not_writable", path=shown) from None
    try:
        fresh.chmod(0o777 & ~_umask())
        yield fresh
        _seal(fresh)
        check_folder(out)  # it may have changed while the run went on
        _replace(out, fresh)
    except UnicodeEncodeError:
        raise InputError("out_names", path=shown) from None
    except OSError as error:
        raise InputError("out_failed", path=shown, why=error.strerror or "?") from None
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
    path = path.resolve()
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
