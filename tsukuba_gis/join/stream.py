"""Join a file of any length, chunk by chunk: constant memory, resumable, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tsukuba_gis.errors import CRSError, InputError
from tsukuba_gis.join.assignment import STATUSES, assign_xy, match_report, to_plane
from tsukuba_gis.join.index import ZoneIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa
    from numpy.typing import NDArray
    from pyproj import CRS

    from tsukuba_gis.result import MatchReport
    from tsukuba_gis.zones import Zones

ADDED: Final = ("zone_id", "zone_status")
_PART_ROWS = 1_000_000  # rows of one part on disk: what an interruption can cost
_BATCH_ROWS = 250_000
_BATCH_BYTES = 1 << 24


class _Place(NamedTuple):
    """Where a table keeps its places: two columns, or one with points."""

    columns: tuple[str, ...]
    crs: CRS


def join_file(
    source: Path,
    zones: Zones | ZoneIndex,
    out: Path,
    *,
    columns: tuple[str, str] | None = None,
    crs: str | None = None,
    nearest: float | None = None,
    on_rows: Callable[[int], None] | None = None,
) -> MatchReport:
    """Copy a table of points, with the zone of each row added.

    Memory does not grow with the table. What is done is kept in a folder
    ``<out>.parts`` beside the result; after an interruption the same call goes
    on from there. ``out`` appears when it is whole.

    Parameters
    ----------
    source
        ``.csv`` (UTF-8 with or without BOM, or CP932; all columns are kept as
        text), ``.parquet``, or a folder of Parquet files with one schema.
    zones
        The zones, or an index of them (with its own priority).
    out
        ``.csv`` (UTF-8 with BOM, for Excel) or ``.parquet``; replaced if it is there.
    columns
        The two columns with x and y, or longitude and latitude. None: the point
        column of a GeoParquet file, else ``("lon", "lat")``. What is not a
        number counts as missing.
    crs
        CRS of the two columns; None: that of the GeoParquet file, else
        JGD2011 degrees (EPSG:6668).
    nearest
        As in :func:`assign_zones`, metres.
    on_rows
        Called with the number of rows done so far.

    Returns
    -------
    MatchReport
        Counts over the whole table.

    Raises
    ------
    InputError
        If the file or a column is not there, if it already has a column
        ``zone_id`` or ``zone_status``, or if the kind of file is not known.
    CRSError
        As in :func:`assign_zones`.
    """
    index = zones if isinstance(zones, ZoneIndex) else ZoneIndex(zones)
    place = _place(source, columns, crs)
    parts = _Parts(out, _fingerprint(source, index, place, nearest, out.suffix))
    try:
        _join_all(source, parts, place, index, nearest=nearest, on_rows=on_rows)
    except (InputError, CRSError):
        # Mending the input makes it another one: there is nothing to go on from.
        shutil.rmtree(parts.folder, ignore_errors=True)
        raise
    parts.finish()
    return match_report(np.array(parts.counts), kind=index.zones.kind, method="point")


def _join_all(
    source: Path,
    parts: _Parts,
    place: _Place,
    index: ZoneIndex,
    *,
    nearest: float | None,
    on_rows: Callable[[int], None] | None,
) -> None:
    """Join what is not yet done, part by part."""
    batches = _batches(source)
    for _ in range(parts.batches):  # done before an interruption
        next(batches)
    waiting: list[pa.RecordBatch] = []
    counts = list(parts.counts)
    for batch in batches:
        waiting.append(_joined(batch, place, index, nearest, counts))
        if sum(len(each) for each in waiting) >= _PART_ROWS:
            parts.add(waiting, counts)
            waiting = []
            if on_rows is not None:
                on_rows(sum(counts))
    if waiting or not parts.files:
        parts.add(waiting, counts, schema=_schema(source))
        if on_rows is not None:
            on_rows(sum(counts))


def _joined(
    batch: pa.RecordBatch,
    place: _Place,
    index: ZoneIndex,
    nearest: float | None,
    counts: list[int],
) -> pa.RecordBatch:
    """Return a batch with the two columns added, and add to the counts by status."""
    import pyarrow as pa

    x, y = _coordinates(batch, place)
    x, y, missing = to_plane(x, y, place.crs, index.zones.frame.crs)
    rows, status = assign_xy(x, y, missing, index=index, nearest=nearest)
    for code, n in enumerate(np.bincount(status, minlength=len(STATUSES)).tolist()):
        counts[code] += n
    ids = pa.array(index.zones.ids.to_numpy(dtype=object), type=pa.string())
    zone = ids.take(pa.array(rows, mask=rows < 0))
    names = pa.array(STATUSES).take(pa.array(status))
    return batch.append_column(ADDED[0], zone).append_column(ADDED[1], names)


def _coordinates(
    batch: pa.RecordBatch, place: _Place
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    import pandas as pd
    import shapely

    if len(place.columns) == 1:
        shapes = shapely.from_wkb(batch.column(place.columns[0]).to_numpy(zero_copy_only=False))
        shapes[shapely.is_empty(shapes)] = None
        return shapely.get_x(shapes), shapely.get_y(shapes)
    values = (batch.column(name).to_pandas() for name in place.columns)
    x, y = (
        pd.to_numeric(each, errors="coerce").to_numpy(float, na_value=np.nan) for each in values
    )
    return x, y


# ---- reading ------------------------------------------------------------------------------------


def _files(source: Path) -> list[Path]:
    if not source.exists():
        raise InputError("file_missing", path=source)
    files = sorted(source.glob("*.parquet")) if source.is_dir() else [source]
    if not files or {file.suffix.lower() for file in files} - {".csv", ".parquet"}:
        raise InputError("join_file_kind", path=source.name)
    return files


def _batches(source: Path) -> Iterator[pa.RecordBatch]:
    """Read a table in batches, the same ones every time."""
    import pyarrow.parquet as pq
    from pyarrow import ArrowInvalid

    for file in _files(source):
        if file.suffix.lower() == ".csv":
            try:
                yield from _open_csv(file)
            except ArrowInvalid as error:
                raise InputError("join_csv_unreadable", path=file.name) from error
            continue
        with pq.ParquetFile(file) as parquet:
            yield from parquet.iter_batches(batch_size=_BATCH_ROWS)


def _open_csv(file: Path) -> Any:
    """Open a CSV whose columns are all kept as text."""
    from pyarrow import ArrowInvalid, csv, string

    encoding = _encoding(file)
    with file.open(encoding=encoding, newline="") as head:
        first = head.readline()
    if not first.strip():
        raise InputError("join_empty", path=file.name)
    read = csv.ReadOptions(block_size=_BATCH_BYTES, encoding=encoding)
    parse = csv.ParseOptions(newlines_in_values=True)
    try:
        names = csv.open_csv(file, read_options=read, parse_options=parse).schema.names
        types = dict.fromkeys(names, string())
        convert = csv.ConvertOptions(column_types=types, strings_can_be_null=False)
        return csv.open_csv(file, read_options=read, parse_options=parse, convert_options=convert)
    except ArrowInvalid as error:
        raise InputError("join_csv_unreadable", path=file.name) from error


def _encoding(file: Path) -> str:
    """Return the encoding: UTF-8 if the whole file is, else CP932."""
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open("rb") as stream:
        try:
            while piece := stream.read(_BATCH_BYTES):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp932"
    return "utf-8"


def _schema(source: Path) -> pa.Schema:
    import pyarrow.parquet as pq

    file = _files(source)[0]
    return _open_csv(file).schema if file.suffix.lower() == ".csv" else pq.read_schema(file)


def _place(source: Path, columns: tuple[str, str] | None, crs: str | None) -> _Place:
    """Find where the places are, and refuse a table without them."""
    import pyproj

    schema = _schema(source)
    taken = [name for name in ADDED if name in schema.names]
    if taken:
        raise InputError("join_column_taken", path=source.name, column=", ".join(taken))
    geo = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    if columns is None and geo:
        name = geo["primary_column"]
        told = geo["columns"][name].get("crs", "OGC:CRS84")
        if told is None and crs is None:
            raise CRSError("points_no_crs")
        return _Place((name,), pyproj.CRS.from_user_input(crs or told))
    wanted = columns or ("lon", "lat")
    absent = [name for name in wanted if name not in schema.names]
    if absent:
        raise InputError("join_columns_absent", path=source.name, column=", ".join(absent))
    return _Place(wanted, pyproj.CRS.from_user_input(crs or "EPSG:6668"))


def _fingerprint(
    source: Path, index: ZoneIndex, place: _Place, nearest: float | None, suffix: str
) -> str:
    """Return a hash of all that the result depends on: parts of another run are not used."""
    from tsukuba_gis import __version__

    frame = index.zones.frame
    shapes = hashlib.sha256(b"".join(frame.geometry.to_wkb())).hexdigest()
    stats = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in _files(source)]
    told = [__version__, stats, shapes, list(index.zones.ids), index.priority, place.columns,
            place.crs.to_wkt(), str(frame.crs), nearest, suffix, _PART_ROWS, _BATCH_ROWS,
            _BATCH_BYTES]  # fmt: skip
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


# ---- writing ------------------------------------------------------------------------------------


class _Parts:
    """What is done, on disk: numbered files, and a note that is replaced after each."""

    def __init__(self, out: Path, fingerprint: str) -> None:
        if out.suffix.lower() not in (".csv", ".parquet"):
            raise InputError("join_file_kind", path=out.name)
        self.out = out
        self.folder = out.with_name(out.name + ".parts")
        self.note = self.folder / "done.json"
        self.fingerprint = fingerprint
        self.batches, self.files = 0, 0
        self.counts = [0] * len(STATUSES)
        if self.note.exists():
            done = json.loads(self.note.read_text(encoding="utf-8"))
            if done["fingerprint"] == fingerprint:
                self.batches, self.files, self.counts = (
                    done[key] for key in ("batches", "files", "counts")
                )
                return
        shutil.rmtree(self.folder, ignore_errors=True)
        try:
            self.folder.mkdir(parents=True)
        except OSError as error:
            raise InputError("join_not_writable", path=out) from error

    def _file(self, number: int) -> Path:
        return self.folder / f"{number:06d}{self.out.suffix.lower()}"

    def add(
        self,
        batches: list[pa.RecordBatch],
        counts: list[int],
        *,
        schema: pa.Schema | None = None,
    ) -> None:
        """Write one part, then note it, with the counts so far, as done."""
        import pyarrow as pa
        import pyarrow.parquet as pq
        from pyarrow import csv

        if not batches and schema is not None:
            for name in ADDED:
                schema = schema.append(pa.field(name, pa.string()))
        table = pa.Table.from_batches(batches, schema=None if batches else schema)
        if self.out.suffix.lower() == ".parquet":
            pq.write_table(table, self._file(self.files))
        else:
            first = self.files == 0
            with self._file(self.files).open("wb") as file:
                if first:
                    file.write(b"\xef\xbb\xbf")
                csv.write_csv(
                    table, file, csv.WriteOptions(include_header=first, quoting_style="needed")
                )
        self.files += 1
        self.batches += len(batches)
        self.counts = list(counts)
        done = {key: getattr(self, key) for key in ("fingerprint", "batches", "files", "counts")}
        fresh = self.note.with_suffix(".new")
        fresh.write_text(json.dumps(done), encoding="utf-8")
        fresh.replace(self.note)

    def finish(self) -> None:
        """Put the parts together, move the whole to its place, and clear up."""
        import pyarrow.parquet as pq

        whole = self.folder / f"whole{self.out.suffix.lower()}"
        files = [self._file(number) for number in range(self.files)]
        if self.out.suffix.lower() == ".parquet":
            with pq.ParquetWriter(whole, pq.read_schema(files[0])) as writer:
                for file in files:
                    writer.write_table(pq.read_table(file))
        else:
            with whole.open("wb") as target:
                for file in files:
                    with file.open("rb") as piece:
                        shutil.copyfileobj(piece, target)
        whole.replace(self.out)
        shutil.rmtree(self.folder)
