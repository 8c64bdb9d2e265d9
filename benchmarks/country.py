"""A country: 126 million people over 230,000 areas, joined and counted on this machine.

    python benchmarks/country.py --people 126000000

Invents a coverage of areas and, partition by partition, a register, which is
never whole in memory: a million people with a place, an age and a sex, who live
in one of 128 provinces. Each partition is joined (:func:`tsukuba_gis.scale.assign_zones`)
and counted by area × sex × five-year age on the workers of a Dask cluster of this machine;
the tables are added up in a tree. Printed, for each number of people: wall
seconds, CPU seconds of all processes, the largest memory of a worker, and
whether the table holds every person who was made and met an area.

The index of the areas is built once for each row of the table, on a worker, and its time is part
of the row's. Making the people is part of it too; ``--baseline`` makes them
without joining or counting, so that the difference can be told.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from join import SIDE, wiggly_zones

PART = 1_000_000
ACROSS, UP = 16, 8  # provinces
COUNTRY = 615_000.0  # metres: a square as large as Japan
SEED = 1


def areas(n, folder):
    """Return the areas, made once and kept in a file."""
    import geopandas as gpd
    import shapely

    from tsukuba_gis.zones import Zones

    path = folder / f"areas_{n}.parquet"
    if not path.exists():
        shapes = wiggly_zones(n, 60, np.random.default_rng(SEED))
        shapes = shapely.transform(shapes, lambda xy: np.round(xy * (COUNTRY / SIDE), 2))
        sound = shapely.is_valid(shapes)
        shapes[~sound] = shapely.buffer(shapes[~sound], 0)
        ids = pd.Index([f"{k:06d}" for k in range(n)], name="zone_id")
        frame = gpd.GeoDataFrame({"name": ids}, geometry=shapes, index=ids, crs="EPSG:6677")
        frame.to_parquet(path)
    return Zones(frame=gpd.read_parquet(path), kind="other", source="invented")


def people(number, size):
    """Make one partition of the register: 70 % live in towns, some outside every area."""
    rng = np.random.default_rng([SEED, number])
    province = number % (ACROSS * UP)
    corner = np.array([province % ACROSS, province // ACROSS]) / [ACROSS, UP] * COUNTRY
    room = np.array([COUNTRY / ACROSS, COUNTRY / UP])
    towns = corner + rng.random((50, 2)) * room
    xy = towns[rng.integers(0, 50, size)] + rng.normal(0, 1_500, (size, 2))
    rural = rng.random(size) < 0.3
    xy[rural] = corner + rng.random((rural.sum(), 2)) * room
    return pd.DataFrame({
        "x": xy[:, 0], "y": xy[:, 1],
        "age": rng.integers(0, 105, size).astype(np.int16),
        "sex": pd.Categorical.from_codes(rng.integers(0, 2, size), ["female", "male"]),
    })  # fmt: skip


def made(number, size):
    """Make a partition and no more."""
    return len(people(number, size))


def one_row(n, zones, workers, *, baseline):
    """Join and count ``n`` people; return a row of the table."""
    import dask
    import dask.dataframe as dd

    from tsukuba_gis import scale

    parts = max(round(n / PART), 1)
    sizes = [n // parts + (number < n % parts) for number in range(parts)]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    with scale.workers(n=workers) as client:
        if baseline:
            jobs = [dask.delayed(made)(number, size) for number, size in enumerate(sizes)]
            found = client.compute(dask.delayed(sum)(jobs)).result()
        else:
            lazy = dd.from_map(people, range(parts), sizes, meta=people(0, 1))
            joined = scale.assign_zones(lazy, zones, columns=("x", "y"), crs="EPSG:6677")
            table, report = client.compute(scale.population(joined, zones)).result()
            if report.records != n or int(table.to_numpy().sum()) != report.matched:
                raise SystemExit("people were lost or doubled")
            found = report.matched
        peak = max(client.run(_peak).values())
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    return {"people": n, "wall": wall, "cpu": cpu, "worker_mib": peak, "counted": found}


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--areas", type=int, default=230_000)
    parser.add_argument("--people", type=int, nargs="*",
                        default=[240_000, 1_000_000, 10_000_000, 126_000_000])  # fmt: skip
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--baseline", action="store_true", help="make the people only")
    parser.add_argument("--folder", type=Path, help="keep the areas here")
    given = parser.parse_args()
    # The areas stay in the graph on purpose: a worker that is lost can have them again.
    warnings.filterwarnings("ignore", "Sending large graph")
    with tempfile.TemporaryDirectory() as name:
        folder = given.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        start = time.perf_counter()
        zones = areas(given.areas, folder)
        print(f"{len(zones):,} areas read or made in {time.perf_counter() - start:.1f} s\n")
        print("| people | wall s | CPU s | CPU µs a person | largest worker MiB | in an area |")
        print("|---|---|---|---|---|---|")
        for n in given.people:
            row = one_row(n, zones, given.workers, baseline=given.baseline)
            print(f"| {n:,} | {row['wall']:.1f} | {row['cpu']:.1f} | {row['cpu'] / n * 1e6:.2f} "
                  f"| {row['worker_mib']:.0f} | {row['counted']:,} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
