"""Ledger: which statistics files were released, when and what for, in a chain of hashes.

Every release is entered before it leaves the office, and is refused if its
difference from an earlier one tells of few people; see
:mod:`tsukuba_gis.pseudo.difference`.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tsukuba_gis.errors import DisclosureError, InputError
from tsukuba_gis.pseudo.difference import audit_release

if TYPE_CHECKING:
    import datetime
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    from tsukuba_gis.pseudo.difference import Kind
    from tsukuba_gis.pseudo.statistics import Statistics

FORMAT: Final = 1
# What the first entry stands on.
_BEGINNING: Final = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One release: when, what for, which file, and what was found and accepted.

    ``previous`` is the hash of the entry before, so that no entry can be
    changed, taken out or put in between without all later hashes changing.
    """

    number: int
    date: str
    purpose: str
    statistics: str
    k: int
    found: Mapping[str, int]
    accepted: tuple[str, ...]
    previous: str

    @property
    def hash(self) -> str:
        """Hash of the entry and so of all before it."""
        return sha256(_json(asdict(self)).encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All releases of a city, oldest first."""

    entries: tuple[Entry, ...] = ()

    @property
    def head(self) -> str:
        """Hash of the last entry: written down elsewhere, it shows whether the end was cut off."""
        return self.entries[-1].hash if self.entries else _BEGINNING

    @classmethod
    def load(cls, path: str | Path) -> Ledger:
        """Read a ledger and check its chain; a file that is not there is an empty ledger.

        Raises
        ------
        InputError
            If the file is not a ledger.
        DisclosureError
            If an entry was changed, taken out or put in between.
        """
        path = Path(path)
        if not path.exists():
            return cls()
        try:
            content = json.loads(path.read_text("utf-8"))
            if content["format"] != FORMAT:
                raise InputError("ledger_unreadable", path=path.name)
            rows = [(_entry(row), row["hash"]) for row in content["entries"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError("ledger_unreadable", path=path.name) from error
        before = _BEGINNING
        for number, (entry, digest) in enumerate(rows, start=1):
            if (entry.number, entry.previous, entry.hash) != (number, before, digest):
                raise DisclosureError("ledger_broken", path=path.name, number=number)
            before = digest
        return cls(entries=tuple(entry for entry, _ in rows))


def record(
    path: str | Path,
    statistics: Statistics,
    *,
    date: datetime.date,
    purpose: str,
    earlier: Sequence[Statistics] = (),
    accept: Collection[Kind] = (),
) -> Entry:
    """Enter a release in the ledger, if its differences from earlier releases may be known.

    Parameters
    ----------
    path
        The ledger; made if it is not there. It is written whole or not at all.
    statistics
        The statistics file that is released; audited.
    date
        Day of release; not before the last entry's.
    purpose
        For whom and what for.
    earlier
        All other statistics files in the ledger.
    accept
        Kinds of findings that somebody has judged to be bearable; written down
        in the entry. The same file may be entered again (another key).

    Returns
    -------
    Entry
        What was written.

    Raises
    ------
    DisclosureError
        If the file was not audited, an earlier one is missing, or a difference
        tells of fewer than k people.
    InputError
        If date or purpose is wrong, or somebody else is writing.
    """
    path = Path(path)
    if not statistics.audited:
        raise DisclosureError("ledger_not_audited")
    if not purpose.strip():
        raise InputError("ledger_purpose", path=path.name)
    with _alone(path) as file:
        ledger = Ledger.load(path)
        last = ledger.entries[-1].date if ledger.entries else ""
        if date.isoformat() < last:
            raise InputError("ledger_date", path=path.name, last=last)
        others = _needed(ledger, statistics, earlier, path)
        found = [f for other in others for f in audit_release(other, statistics, accept=accept)]
        counted = Counter[str]()
        for finding in found:
            counted[finding.kind] += finding.n
        entry = Entry(
            number=len(ledger.entries) + 1, date=date.isoformat(), purpose=purpose.strip(),
            statistics=statistics.sha256, k=statistics.spec.k,
            found=dict(sorted(counted.items())), accepted=tuple(sorted(set(accept))),
            previous=ledger.head,
        )  # fmt: skip
        file.write(_written((*ledger.entries, entry)))
    return entry


# ---- the file ------------------------------------------------------------------------------------


@contextmanager
def _alone(path: Path) -> Iterator[TextIO]:
    """Give a file that takes the ledger's place when all is well; nobody else can write till then.

    The file beside the ledger is the lock: it is made if it is not there, else somebody
    is writing.
    """
    lock = path.with_name(f"{path.name}.writing")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = lock.open("x", encoding="utf-8", newline="\n")
    except FileExistsError:
        raise InputError("ledger_busy", path=path.name, lock=lock.name) from None
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        lock.replace(path)
    finally:
        lock.unlink(missing_ok=True)


def _needed(
    ledger: Ledger, statistics: Statistics, earlier: Iterable[Statistics], path: Path
) -> list[Statistics]:
    """Return the statistics of all earlier releases, each once; all must be there."""
    given = {file.sha256: file for file in earlier}
    wanted = dict.fromkeys(entry.statistics for entry in ledger.entries)
    wanted.pop(statistics.sha256, None)
    missing = [digest for digest in wanted if digest not in given]
    if missing:
        raise DisclosureError(
            "ledger_earlier_missing", path=path.name, n=len(missing), sha256=missing[0]
        )
    return [given[digest] for digest in wanted]


def _entry(row: Mapping[str, Any]) -> Entry:
    values = {name: value for name, value in row.items() if name != "hash"}
    return Entry(**{**values, "accepted": tuple(values["accepted"])})


def _written(entries: Iterable[Entry]) -> str:
    rows = [{**asdict(entry), "hash": entry.hash} for entry in entries]
    return json.dumps({"format": FORMAT, "entries": rows}, ensure_ascii=False, indent=1) + "\n"


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
