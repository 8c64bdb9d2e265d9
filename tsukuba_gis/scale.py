"""The join, the counts and the measuring on many workers: the same functions on a Dask frame.

Each partition is joined by :func:`tsukuba_gis.join.assign_zones` and counted by
:func:`tsukuba_gis.tables.population`; the tables of the partitions are added up
in a tree. A partition that is lost with its worker is done again, so the result
does not depend on who did what.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from tsukuba_gis.errors import CRSError, InputError, MissingExtraError
from tsukuba_gis.join import STATUSES, ZoneIndex, match_report
from tsukuba_gis.join import assign_zones as assign_points
from tsukuba_gis.join.assignment import assign_xy, assignment, to_plane

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.result import MatchReport
    from tsukuba_gis.zones import ZoneKind, Zones

ADDED: Final = ("zone_id", "zone_status")
_BRANCHES: Final = 8  # tables that are added up at a time
_WHERE: Final = ("lon", "lat")


@contextmanager
def workers(scheduler: str | None = None, *, n: int | None = None) -> Iterator[Any]:
    """Connect to workers while the block runs; what is computed inside runs on them.

    Parameters
    ----------
    scheduler
        Address of a running Dask scheduler, ``tcp://host:8786``. None: a
        cluster of processes on this machine, ended with the block.
    n
        Processes of that cluster; None: one for each core.

    Yields
    ------
    distributed.Client

    Raises
    ------
    MissingExtraError
        If Dask is not installed (extra ``scale``).
    InputError
        If nobody answers at the address.
    """
    try:
        import distributed
    except ImportError as error:
        raise MissingExtraError("scale_extra") from error
    dask: Any = distributed  # without types
    if scheduler is not None:
        try:
            client = dask.Client(scheduler, timeout=10)
        except (OSError, ValueError) as error:
            raise InputError("scale_no_scheduler", address=scheduler) from error
        with client:
            yield client
        return
    import os

    many = n or os.cpu_count() or 1
    # No dashboard: it would open a port of this machine.
    with (
        dask.LocalCluster(n_workers=many, threads_per_worker=1, dashboard_address=None) as cluster,
        dask.Client(cluster) as client,
    ):
        yield client


def assign_zones(
    points: Any,
    zones: Zones,
    *,
    columns: tuple[str, str] = _WHERE,
    crs: str = "EPSG:6668",
    nearest: float | None = None,
) -> Any:
    """Return a Dask frame with the zone of each row added; nothing is computed yet.

    Parameters
    ----------
    points
        A Dask DataFrame with two columns of coordinates, or a dask-geopandas
        GeoDataFrame with points.
    zones
        The polygons; an index of them is built once and sent to every worker.
    columns, crs
        The two columns with x and y, or longitude and latitude, and their CRS;
        not used where there is a geometry.
    nearest
        As in :func:`tsukuba_gis.join.assign_zones`, metres.

    Returns
    -------
    dask.dataframe.DataFrame
        The columns of ``points``, ``zone_id`` and ``zone_status`` (categorical, as
        in :class:`tsukuba_gis.join.Assignment`), in the same partitions.

    Raises
    ------
    InputError
        If a column is not there, or ``zone_id`` or ``zone_status`` is.
    CRSError
        If the points have no CRS; or, when computed, as in
        :func:`tsukuba_gis.join.assign_zones`.

    Examples
    --------
    >>> import dask.dataframe as dd, pandas as pd
    >>> from tsukuba_gis.boundaries import load_boundaries
    >>> homes = pd.DataFrame({"lon": [140.11, 140.2], "lat": [36.08, 36.5]})
    >>> parts = dd.from_pandas(homes, npartitions=2)
    >>> lazy = assign_zones(parts, load_boundaries("school_district"))
    >>> lazy.compute(scheduler="sync")["zone_status"].tolist()
    ['matched', 'outside']
    """
    import pandas as pd
    from dask.delayed import delayed

    _check(points, columns)
    index = delayed(ZoneIndex)(delayed(zones))
    how = {"columns": columns, "crs": crs, "nearest": nearest}
    meta = _plain(points._meta).assign(
        zone_id=pd.Categorical([], categories=zones.ids),
        zone_status=pd.Categorical([], categories=pd.Index(STATUSES)),
    )
    return points.map_partitions(_assigned, index, meta=meta, enforce_metadata=False, **how)


def population(people: Any, zones: Zones, *, branches: int = _BRANCHES) -> Any:
    """Return the number of persons by zone × sex × age group, to be computed.

    Parameters
    ----------
    people
        Of :func:`assign_zones`, with ``age`` (completed years) and ``sex``
        (``"female"``, ``"male"``).
    zones
        The zones they were given.
    branches
        Tables that are added up at a time.

    Returns
    -------
    dask.delayed.Delayed
        Of the table of :func:`tsukuba_gis.tables.population` and the
        :class:`tsukuba_gis.result.MatchReport`.

    Raises
    ------
    InputError
        If a column is not there.

    Examples
    --------
    >>> import dask.dataframe as dd, pandas as pd
    >>> from tsukuba_gis.boundaries import load_boundaries
    >>> zones = load_boundaries("former_municipality")
    >>> homes = pd.DataFrame(
    ...     {"lon": [140.11, 140.11, 0], "lat": [36.08, 36.08, 0], "age": 7, "sex": "female"}
    ... )
    >>> lazy = assign_zones(dd.from_pandas(homes, npartitions=2), zones)
    >>> table, report = population(lazy, zones).compute(scheduler="sync")
    >>> float(table["female", 5].sum()), report.records, report.missing
    (2.0, 3, 1)
    """
    from dask.delayed import delayed

    for column in ("age", "sex", *ADDED):
        if column not in people.columns:
            raise InputError("scale_column_absent", column=column, known=", ".join(people.columns))
    ids = delayed(zones.ids)
    parts = [delayed(_counted)(part, ids) for part in people.to_delayed()]
    while len(parts) > 1:
        groups = (parts[at : at + branches] for at in range(0, len(parts), branches))
        parts = [delayed(_added)(group) for group in groups]
    return delayed(_finished)(parts[0], ids, zones.kind)


def measure(people: Any, spec: Spec, *, zones: Zones | None = None) -> Any:
    """Return the statistics file of a register that lies in partitions, to be computed.

    Each partition is reduced to codes and numbers where it lies
    (:func:`tsukuba_gis.pseudo.tally.tally`); these, a small fraction of its size,
    are joined on one worker, since which rare values are merged is decided over
    all of them. The file is that of the whole register in one frame.

    Parameters
    ----------
    people
        A Dask DataFrame, columns named as in ``spec``. Households may lie
        across partitions.
    spec, zones
        As in :func:`tsukuba_gis.pseudo.measure.measure`.

    Returns
    -------
    dask.delayed.Delayed
        Of the :class:`tsukuba_gis.pseudo.statistics.Statistics`, not audited yet.

    Raises
    ------
    InputError, DisclosureError
        When computed, as in :func:`tsukuba_gis.pseudo.measure.measure`.

    Examples
    --------
    >>> import dask.dataframe as dd, pandas as pd
    >>> from tsukuba_gis.pseudo.spec import Spec
    >>> frame = pd.DataFrame({"district": ["a"] * 40, "age": [30, 70] * 20})
    >>> lazy = measure(dd.from_pandas(frame, npartitions=3), Spec(cluster="district"))
    >>> lazy.compute(scheduler="sync").tables["bands"]["persons"].tolist()
    [20, 20]
    """
    from dask.delayed import delayed

    from tsukuba_gis.pseudo.measure import measure_tallies
    from tsukuba_gis.pseudo.tally import tally

    parts = [delayed(tally)(part, spec) for part in people.to_delayed()]
    return delayed(measure_tallies)(parts, zones=delayed(zones))


def _check(points: Any, columns: tuple[str, str]) -> None:
    held = list(points.columns)
    taken = [name for name in ADDED if name in held]
    if taken:
        raise InputError("scale_column_taken", column=", ".join(taken))
    if hasattr(points._meta, "geometry"):
        if points._meta.crs is None:
            raise CRSError("points_no_crs")
        return
    for column in columns:
        if column not in held:
            raise InputError("scale_column_absent", column=column, known=", ".join(held))


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame without the methods of a GeoDataFrame; its geometry stays a column."""
    import pandas as pd

    return pd.DataFrame(frame)


def _assigned(
    part: pd.DataFrame,
    index: ZoneIndex,
    *,
    columns: tuple[str, str],
    crs: str,
    nearest: float | None,
) -> pd.DataFrame:
    """Join one partition."""
    import geopandas as gpd
    import pyproj

    if isinstance(part, gpd.GeoDataFrame):
        found = assign_points(part.geometry, index, nearest=nearest)
    else:
        x, y = (part[name].to_numpy(dtype=float, na_value=np.nan) for name in columns)
        target = index.zones.frame.crs
        x, y, missing = to_plane(x, y, pyproj.CRS.from_user_input(crs), target)
        rows, status = assign_xy(x, y, missing, index=index, nearest=nearest)
        found = assignment(rows, status, part.index, zones=index.zones, method="point")
    return _plain(part).assign(zone_id=found.zone_ids, zone_status=found.status)


class Counted(NamedTuple):
    """What one partition counts: its cells that are not 0, and its rows by status.

    A partition meets few of the zones of a country, so that most cells are 0.
    """

    cells: NDArray[np.integer]  # places in the flattened table, ascending
    persons: NDArray[np.int64]
    statuses: NDArray[np.int64]


def _counted(part: pd.DataFrame, ids: pd.Index[str]) -> Counted:
    """Count one partition."""
    from tsukuba_gis.records import Records
    from tsukuba_gis.tables import population as count

    records = Records(frame=part, kind="invented")
    counts = count(records, part["zone_id"], zones=ids).to_numpy().ravel()
    cells = np.flatnonzero(counts)
    statuses = part["zone_status"].value_counts().reindex(list(STATUSES), fill_value=0)
    return Counted(cells, counts[cells].astype(np.int64), np.asarray(statuses, dtype=np.int64))


def _added(parts: list[Counted]) -> Counted:
    """Add the counts of several partitions."""
    cells, place = np.unique(np.concatenate([part.cells for part in parts]), return_inverse=True)
    persons = np.zeros(len(cells), dtype=np.int64)
    np.add.at(persons, place, np.concatenate([part.persons for part in parts]))
    return Counted(cells, persons, np.sum([part.statuses for part in parts], axis=0))


def _finished(
    counted: Counted, ids: pd.Index[str], kind: ZoneKind
) -> tuple[pd.DataFrame, MatchReport]:
    """Return the whole table and the report."""
    import pandas as pd

    from tsukuba_gis.records import Records
    from tsukuba_gis.tables import population as count

    nobody = Records(frame=pd.DataFrame(), kind="invented")
    table = count(nobody, pd.Series([], dtype="string"), zones=ids)
    flat = np.zeros(table.size)
    flat[counted.cells] = counted.persons
    table.iloc[:, :] = flat.reshape(table.shape)
    return table, _report(counted.statuses, kind)


def _report(statuses: NDArray[np.int64], kind: ZoneKind) -> MatchReport:
    return match_report(statuses, kind=kind, method="point")


def join_dataset(
    source: Path,
    zones: Zones,
    out: Path,
    *,
    columns: tuple[str, str] = _WHERE,
    crs: str = "EPSG:6668",
    nearest: float | None = None,
) -> MatchReport:
    """Join a Parquet dataset on the workers of the current client, and write another.

    Parameters
    ----------
    source
        A Parquet file, or a folder of such, that every worker can read.
    zones, columns, crs, nearest
        As in :func:`assign_zones`.
    out
        A new folder that every worker can write to: one file a partition. It
        appears when it is whole.

    Returns
    -------
    MatchReport
        Counts over the whole dataset.

    Raises
    ------
    InputError
        If the source is not Parquet, or the folder is there already.
    """
    import shutil

    import dask.dataframe as dd

    if out.suffix or out.exists() or not (source.is_dir() or source.suffix == ".parquet"):
        raise InputError("scale_folder", path=out.name)
    if not source.exists():
        raise InputError("file_missing", path=source)
    joined = assign_zones(dd.read_parquet(source), zones, columns=columns, crs=crs, nearest=nearest)
    beside = out.with_name(out.name + ".parts")
    try:
        joined.to_parquet(beside, write_index=False)
        written = dd.read_parquet(beside, columns=["zone_status"])
        statuses = written["zone_status"].value_counts().compute()
        beside.rename(out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return _report(statuses.reindex(list(STATUSES), fill_value=0).to_numpy(), zones.kind)
