"""Generate: pseudo-citizen records from the statistics file and a key, and from nothing else."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import DisclosureError, InputError
from tsukuba_gis.pseudo.counts import one_thread
from tsukuba_gis.pseudo.keys import stream
from tsukuba_gis.pseudo.making.areas import settle
from tsukuba_gis.pseudo.making.care import exchange_care
from tsukuba_gis.pseudo.making.check import check
from tsukuba_gis.pseudo.making.children import exchange_ages
from tsukuba_gis.pseudo.making.crowd import Crowd
from tsukuba_gis.pseudo.making.draws import draw_numbers
from tsukuba_gis.pseudo.making.homes import homes
from tsukuba_gis.pseudo.making.households import people_in
from tsukuba_gis.pseudo.making.plan import plan
from tsukuba_gis.pseudo.making.rows import rows_of
from tsukuba_gis.pseudo.written import families
from tsukuba_gis.records import Records

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.keys import Streams
    from tsukuba_gis.pseudo.making.crowd import Plan
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.zones import Zones

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


def generate(
    statistics: Statistics, *, key: str | bytes, zones: Zones | None = None, workers: int = 1
) -> Records:
    """Make pseudo-citizen records from a reviewed statistics file.

    Parameters
    ----------
    statistics
        Audited (:func:`tsukuba_gis.pseudo.audit`); nothing else is read.
    key
        The secret that decides every draw: the same file and key give the same
        table, byte for byte; another key gives another table.
    zones
        Polygons of the areas; needed if the statistics hold home points.
    workers
        Processes that deal clusters side by side; the table is the same, byte
        for byte, whatever their number. They are started afresh ("spawn"), so
        that a script that asks for more than one needs the usual
        ``if __name__ == "__main__":``.

    Returns
    -------
    Records
        ``kind="pseudo"``: the register's columns in its order and dtypes, the
        columns deleted for safety left out. Person and household numbers are
        drawn anew, and the order of rows.

    Raises
    ------
    DisclosureError
        If the file was not audited, or was changed since.
    InputError
        If the polygons are missing.

    Notes
    -----
    A cluster draws from streams of its own, so that neither the order of
    clusters nor the process that deals one shows in the table. A process costs
    about a second of CPU time to start: more than one pays from some hundred
    thousand persons on.
    """
    seal = statistics.seal
    if seal is None:
        raise DisclosureError("pseudo_not_audited")
    spec = statistics.spec
    if spec.lon is not None and zones is None:
        raise InputError("pseudo_zones_needed")
    with one_thread():
        frame = _made(statistics, partial(stream, key), zones, workers)
    return Records(frame=frame, kind="pseudo", source=f"pseudo {seal[:12]}")


def _made(
    statistics: Statistics, streams: Streams, zones: Zones | None, workers: int
) -> pd.DataFrame:
    """Return the table, cluster by cluster, and checked against what was declared."""
    city, tables = families(statistics)
    shared = plan(statistics, city, tables, streams)
    crowd = Crowd.joined(_side_by_side(shared, streams, workers))
    numbers = draw_numbers(statistics, city, tables["users"], crowd, streams)
    places = _places(statistics, crowd, zones, streams)
    check(city, tables, crowd, numbers)
    return rows_of(statistics, city, crowd, {**numbers, **places}, streams)


def _side_by_side(shared: Plan, streams: Streams, workers: int) -> list[Crowd]:
    """Return the people of every cluster, dealt in so many processes."""
    number = len(shared.city.codes["cluster"])
    workers = min(workers, number)
    if workers <= 1:
        return _crowds(range(number), shared, streams)
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # The largest first, in turn and back again, so that all have about as many people.
    persons = np.bincount(shared.city.bands.cluster, shared.city.bands.persons, minlength=number)
    turns = np.r_[:workers, workers - 1 : -1 : -1]
    turn = np.resize(turns, number)[np.argsort(np.argsort(-persons, kind="stable"))]
    shares = [np.flatnonzero(turn == worker).tolist() for worker in range(workers)]
    # Started afresh, not forked: the same on every system, whatever threads are running here.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        dealt = list(pool.map(partial(_crowds, shared=shared, streams=streams), shares))
    parts = dict(zip(chain(*shares), chain(*dealt), strict=True))
    return [parts[cluster] for cluster in range(number)]


def _crowds(clusters: Iterable[int], shared: Plan, streams: Streams) -> list[Crowd]:
    """Return the people of some clusters, in households, and those in areas."""
    city, crowds = shared.city, []
    with one_thread():
        for cluster in clusters:
            crowd = people_in(cluster, shared, streams)
            if city.spec.area is not None:
                place = city.codes["cluster"][cluster]
                settle(cluster, crowd, shared, streams("areas", place))
                exchange_care(cluster, crowd, shared, streams("area_care", place))
                exchange_ages(cluster, crowd, shared, streams("area_ages", place))
            crowds.append(crowd)
    return crowds


def _places(
    statistics: Statistics, crowd: Crowd, zones: Zones | None, streams: Streams
) -> dict[str, Floats]:
    """Return home points, one a household, shared by its members."""
    spec = statistics.spec
    if spec.lon is None or spec.lat is None or zones is None:
        return {}
    lon, lat = homes(statistics, zones, crowd.by_home(crowd.area), streams("places", ""))
    return {spec.lon: lon[crowd.household], spec.lat: lat[crowd.household]}
