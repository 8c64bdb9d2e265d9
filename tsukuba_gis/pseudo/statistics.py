"""The statistics file: all that generating knows of a city, and what an officer signs."""

from __future__ import annotations

import dataclasses
import io
import json
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tsukuba_gis.errors import DisclosureError, InputError
from tsukuba_gis.messages import LANGUAGES, text
from tsukuba_gis.pseudo.noise import noise_of
from tsukuba_gis.pseudo.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

FORMAT: Final = 2
# Columns that count persons or households.
COUNTED: Final = ("count", "persons", "households")
MANIFEST: Final = "manifest.json"
# Columns that hold text, whatever they look like: 08220001000 is not a number.
_TEXT: Final = frozenset(
    {
        "cluster", "area", "sex", "care", "type", "relation", "pattern", "members", "level",
        "living", "severity", "group", "state", "column", "other", "kind", "class", "user",
        "dtype", "table", "context", "part",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Statistics:
    """A folder of small open tables in which every number passes the small-cell rules.

    Parameters
    ----------
    spec
        What was kept, and by which rules.
    tables
        Name → table; each is one CSV file.
    codes
        The category codes of ``cluster``, ``sex``, ``care``, ``type`` and
        ``relation``, in order; codes borne by few people are merged before.
    columns
        The register's columns in order, with their dtypes.
    merges
        How many clusters, areas, households and codes were merged: numbers only.
        Below k, all but clusters and areas, which are missed by name, are told as 0.
    audit
        What the audit found; empty until then.
    """

    spec: Spec
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    codes: Mapping[str, tuple[str, ...]] = field(repr=False)
    columns: Mapping[str, str] = field(repr=False)
    merges: Mapping[str, int]
    audit: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def sha256(self) -> str:
        """Hash of the tables and rules: the name of what was reviewed and signed."""
        return str(self._manifest(self._digests())["sha256"])

    @property
    def audited(self) -> bool:
        """True if the audit passed on exactly these tables."""
        return self.seal is not None

    @property
    def seal(self) -> str | None:
        """The hash of what was reviewed and signed, if the audit passed on exactly these tables."""
        digests = self._digests()
        passed = bool(self.audit) and self.audit.get("tables") == _tables_hash(digests)
        return str(self._manifest(digests)["sha256"]) if passed else None

    @property
    def counts(self) -> int:
        """Number of published counts and sums, over all tables."""
        return sum(len(table) for table in self.tables.values())

    def small_counts(self) -> tuple[int, int]:
        """Return how many published counts lie in 1 … k − 1, and how many there are."""
        values = [
            table[column].to_numpy(dtype=float)
            for table in self.tables.values() for column in COUNTED if column in table
        ]  # fmt: skip
        small = sum(int(((own >= 1) & (own < self.spec.k)).sum()) for own in values)
        return small, sum(map(len, values))

    def with_audit(self, audit: Mapping[str, Any]) -> Statistics:
        """Return the same statistics with the audit's findings, bound to the tables' hash."""
        return dataclasses.replace(self, audit={**audit, "tables": _tables_hash(self._digests())})

    def save(self, folder: str | Path) -> Path:
        """Write the folder: one CSV (UTF-8, LF) a table and a manifest with hashes.

        The same statistics give the same bytes.

        Raises
        ------
        InputError
            If the folder holds something else.
        """
        folder = Path(folder)
        if folder.exists() and (not folder.is_dir() or _foreign(folder)):
            raise InputError("pseudo_folder_not_ours", path=folder.name)
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.csv"):
            old.unlink()
        for name, table in self.tables.items():
            (folder / f"{name}.csv").write_bytes(_csv(table))
        (folder / MANIFEST).write_bytes(_json(self._manifest(self._digests())))
        return folder

    @classmethod
    def load(cls, folder: str | Path) -> Statistics:
        """Read a folder written by :meth:`save`.

        Raises
        ------
        InputError
            If a file is missing or the format is another one.
        DisclosureError
            If a table was changed after it was written.
        """
        folder = Path(folder)
        try:
            manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise InputError("pseudo_no_manifest", path=folder.name) from error
        if manifest.get("format") != FORMAT:
            raise InputError("pseudo_format", path=folder.name)
        tables = {}
        for name, digest in manifest["tables"].items():
            try:
                content = (folder / f"{name}.csv").read_bytes()
            except OSError as error:
                raise InputError("pseudo_table_missing", path=folder.name, table=name) from error
            if sha256(content).hexdigest() != digest:
                raise DisclosureError("pseudo_table_changed", path=folder.name, table=name)
            tables[name] = _read_csv(content)
        return cls(
            spec=Spec.from_dict(manifest["spec"]),
            tables=tables,
            codes={name: tuple(values) for name, values in manifest["codes"].items()},
            columns=manifest["columns"],
            merges=manifest["merges"],
            audit=manifest["audit"],
        )

    def _digests(self) -> dict[str, str]:
        """Return the hash of each table's file."""
        return {name: sha256(_csv(table)).hexdigest() for name, table in self.tables.items()}

    def _noise(self) -> dict[str, Any]:
        """Return epsilon beside its invariants, where there is noise."""
        noise = noise_of(self.spec)
        if noise is None:
            return {}
        exact = {lang: text("noise_invariants", lang) for lang in LANGUAGES}
        return {"noise": {**dataclasses.asdict(noise), "invariants": exact}}

    def _manifest(self, digests: Mapping[str, str]) -> dict[str, Any]:
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "spec": self.spec.to_dict(),
            "codes": {name: list(values) for name, values in self.codes.items()},
            "columns": dict(self.columns),
            "merges": dict(self.merges),
            **self._noise(),
            "tables": dict(digests),
        }
        digest = sha256(_json(manifest)).hexdigest()
        return {**manifest, "audit": dict(self.audit), "sha256": digest}


def _tables_hash(digests: Mapping[str, str]) -> str:
    return sha256("\n".join(f"{name} {own}" for name, own in digests.items()).encode()).hexdigest()


def one_table(parts: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Return the parts one below the other, or an empty table with these columns."""
    import pandas as pd

    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8")


def _read_csv(content: bytes) -> pd.DataFrame:
    """Read a table; of a table with levels all but the count is text."""
    import pandas as pd

    header = content.split(b"\n", 1)[0].decode("utf-8").split(",")
    text = set(header) - {"count", "total"} if "level" in header else set(header) & _TEXT
    text |= {column for column in header if column.startswith("carried:")}
    return pd.read_csv(
        io.BytesIO(content), keep_default_na=False, dtype=dict.fromkeys(text, str),
        na_values={column: [""] for column in header if column not in text},
    )  # fmt: skip


def _json(content: Mapping[str, Any]) -> bytes:
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


def _foreign(folder: Path) -> bool:
    """Tell whether a folder holds files that are not a statistics folder's."""
    names = [path.name for path in folder.iterdir()]
    return bool(names) and MANIFEST not in names
