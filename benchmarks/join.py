"""Which zone is each point in? Ours against the field, same files, same answers.

    python benchmarks/join.py --zones 600 --points 240000

Makes a coverage of wiggly zones (GeoParquet) and clustered points (Parquet) from
a seed, then lets every method that is installed read both files and give a zone
to each point, each in a fresh process. Printed: wall and CPU seconds after the
imports (the best of ``--repeat`` runs in that process; index building
included), wall seconds of the cold process as a whole, and the number of points
whose answer differs from that of the first method.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

SIDE = 30_000.0  # metres


# ---- data ---------------------------------------------------------------------------------------


def wiggly_zones(n, vertices, rng):
    """Return Voronoi cells with rough borders that neighbours share vertex for vertex.

    A border between two sites stays inside the two triangles that it spans with
    them, so that no two borders cross. Every seventh zone has an enclave of the
    next: a hole in one, a second part of the other.
    """
    import shapely
    from scipy.spatial import Voronoi

    sites = rng.random((n, 2)) * SIDE
    mirrors = [sites * [-1, 1], sites * [1, -1], [2 * SIDE, 0] + sites * [-1, 1],
               [0, 2 * SIDE] + sites * [1, -1]]  # fmt: skip
    diagram = Voronoi(np.vstack([sites, *mirrors]))
    pairs, ends = diagram.ridge_points, np.array(diagram.ridge_vertices)
    ours = (pairs < n).any(axis=1) & (ends >= 0).all(axis=1)
    pairs, ends = pairs[ours], ends[ours]
    a, b = diagram.vertices[ends[:, 0]], diagram.vertices[ends[:, 1]]
    along = b - a
    length = np.maximum(np.hypot(*along.T), 1e-9)
    across = np.column_stack([-along[:, 1], along[:, 0]]) / length[:, None]
    site = diagram.points[pairs[:, 0]]
    height = np.abs(((site - a) * across).sum(axis=1))
    foot = ((site - a) * along).sum(axis=1) / length**2

    t = np.linspace(0, 1, max(2, vertices // 6) + 1)[None, :]
    room = height[:, None] * np.minimum(
        t / np.maximum(foot, 0.5)[:, None], (1 - t) / np.maximum(1 - foot, 0.5)[:, None]
    )
    wave = sum(
        np.sin(
            np.pi * 2**k * t * rng.uniform(0.8, 1.2, (len(a), 1)) + rng.uniform(0, 7, (len(a), 1))
        )
        / 2**k
        for k in range(1, 7)
    )
    off = 0.35 * np.tanh(wave) * room * (pairs < n).all(axis=1)[:, None]
    lines = a[:, None] + t[..., None] * along[:, None] + off[..., None] * across[:, None]
    lines[:, 0], lines[:, -1] = a, b
    lines = np.round(lines, 3)

    borders = [[] for _ in range(n)]
    for line, (i, j) in enumerate(pairs):
        for zone in (i, j):
            if zone < n:
                borders[zone].append(line)
    shapes = np.array([shapely.Polygon(_ring(lines, ends, those)) for those in borders])
    for zone in range(0, n - 1, 7):
        disc = shapely.Point(sites[zone]).buffer(0.1 * np.sqrt(shapes[zone].area))
        disc = shapely.set_precision(disc, 0.001)
        if shapes[zone].contains_properly(disc):
            shapes[zone] = shapes[zone].difference(disc)
            parts = shapely.get_parts(shapes[zone + 1])
            shapes[zone + 1] = shapely.MultiPolygon([*parts, disc])
    sound = shapely.is_valid(shapes) & np.isin(shapely.get_type_id(shapes), [3, 6])
    shapes[~sound] = shapely.buffer(shapes[~sound], 0)
    return shapes


def _ring(lines, ends, those):
    """Put the borders of one cell end to end."""
    left = set(those)
    corner = ends[those[0], 0]
    ring = []
    while left:
        line = next(k for k in left if corner in ends[k])
        left.remove(line)
        forward = ends[line, 0] == corner
        ring.append(lines[line][:-1] if forward else lines[line][:0:-1])
        corner = ends[line, 1 if forward else 0]
    return np.vstack(ring)


def clustered_points(n, rng):
    """Return x and y, rounded to a centimetre: 60 % in 200 clusters, some outside all zones."""
    centres = rng.random((200, 2)) * SIDE
    xy = centres[rng.integers(0, 200, n)] + rng.normal(0, SIDE / 25, (n, 2))
    uniform = rng.random(n) < 0.4
    xy[uniform] = rng.uniform(-0.02 * SIDE, 1.02 * SIDE, (uniform.sum(), 2))
    return np.round(xy, 2).T


def make_data(folder, zones, vertices, points, seed):
    import geopandas as gpd
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(seed)
    shapes = wiggly_zones(zones, vertices, rng)
    ids = [f"z{k:06d}" for k in range(zones)]
    frame = gpd.GeoDataFrame({"zone_id": ids, "name": ids}, geometry=shapes, crs="EPSG:6677")
    frame.to_parquet(folder / "zones.parquet")
    x, y = clustered_points(points, rng)
    pq.write_table(pa.table({"x": x, "y": y}), folder / "points.parquet")
    return int(sum(len(shape.exterior.coords) if shape.geom_type == "Polygon" else 0
                   for shape in shapes))  # fmt: skip


# ---- methods: a folder in, one row number of a zone per point out (−1: none) ------------------


def read_points(folder):
    import pyarrow.parquet as pq

    table = pq.read_table(folder / "points.parquet")
    return table["x"].to_numpy(), table["y"].to_numpy()


def read_shapes(folder):
    import pyarrow.parquet as pq
    import shapely

    return shapely.from_wkb(pq.read_table(folder / "zones.parquet")["geometry"].to_numpy())


def tsukuba_gis_join(folder):
    """Ours on arrays: what the peers below are given too."""
    import pyarrow.parquet as pq
    import shapely

    from tsukuba_gis.join.index import PolygonIndex

    zones = pq.read_table(folder / "zones.parquet", columns=["zone_id", "geometry"])
    shapes = shapely.from_wkb(zones["geometry"].to_numpy())
    return PolygonIndex(shapes, zones["zone_id"].to_pylist()).locate(*read_points(folder))[0]


def tsukuba_gis_zones(folder):
    """Ours on a GeoDataFrame, checked as zones."""
    import geopandas as gpd

    from tsukuba_gis.join import ZoneIndex
    from tsukuba_gis.zones import Zones

    frame = gpd.read_parquet(folder / "zones.parquet").set_index("zone_id")
    index = ZoneIndex(Zones(frame=frame, kind="other"))
    return index.locate(*read_points(folder))[0]


def shapely_prepared(folder):
    import shapely

    x, y = read_points(folder)
    shapes = read_shapes(folder)
    rows = np.full(len(x), -1, dtype=np.int32)
    order = np.argsort(x)
    xs, ys = x[order], y[order]
    bounds = shapely.bounds(shapes)
    shapely.prepare(shapes)
    for row, (west, south, east, north) in enumerate(bounds):
        first, last = np.searchsorted(xs, west), np.searchsorted(xs, east, side="right")
        near = first + np.flatnonzero((ys[first:last] >= south) & (ys[first:last] <= north))
        rows[order[near[shapely.contains_xy(shapes[row], xs[near], ys[near])]]] = row
    return rows


def shapely_tree(folder):
    import shapely

    x, y = read_points(folder)
    shapes = read_shapes(folder)
    which, zone = shapely.STRtree(shapes).query(shapely.points(x, y), predicate="intersects")
    rows = np.full(len(x), -1, dtype=np.int32)
    rows[which[::-1]] = zone[::-1]
    return rows


def geopandas_sjoin(folder):
    import geopandas as gpd

    x, y = read_points(folder)
    zones = gpd.read_parquet(folder / "zones.parquet")
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y, crs=zones.crs))
    found = gpd.sjoin(points, zones, how="inner", predicate="within")["index_right"]
    rows = np.full(len(x), -1, dtype=np.int32)
    rows[found.index.to_numpy()] = found.to_numpy()
    return rows


def dask_geopandas_sjoin(folder):
    import dask_geopandas
    import geopandas as gpd

    x, y = read_points(folder)
    zones = gpd.read_parquet(folder / "zones.parquet")
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y, crs=zones.crs))
    parts = dask_geopandas.from_geopandas(points, npartitions=8)
    found = dask_geopandas.sjoin(parts, zones, how="inner", predicate="within")
    found = found["index_right"].compute(scheduler="threads")
    rows = np.full(len(x), -1, dtype=np.int32)
    rows[found.index.to_numpy()] = found.to_numpy()
    return rows


def sedonadb_join(folder):
    import sedonadb

    db = sedonadb.connect()
    db.read_parquet(str(folder / "zones.parquet")).to_view("zones")
    x, y = read_points(folder)
    import pyarrow as pa

    points = pa.table({"n": np.arange(len(x)), "x": x, "y": y})
    db.create_data_frame(points).to_view("points")
    found = db.sql(
        "SELECT p.n, z.zone_id FROM points p JOIN zones z "
        "ON ST_Intersects(z.geometry, ST_SetSRID(ST_Point(p.x, p.y), 6677))"
    ).to_arrow_table()
    rows = np.full(len(x), -1, dtype=np.int32)
    ids = found["zone_id"].to_numpy(zero_copy_only=False).astype("U7")
    rows[found["n"].to_numpy()] = np.array([id_[1:] for id_ in ids.tolist()], dtype=np.int32)
    return rows


def duckdb_within(folder):
    return _duckdb(folder, "ST_Within(p.g, z.geometry)")


def duckdb_distance(folder):
    """The quicker spelling that DuckDB's own users found."""
    return _duckdb(folder, "ST_DWithin(p.g, z.geometry, 0)")


def _duckdb(folder, condition):
    import duckdb
    from duckdb_extensions import import_extension

    db = duckdb.connect()
    import_extension("spatial", con=db)
    db.sql("LOAD spatial")
    found = db.sql(
        f"SELECT p.n, z.n AS z FROM (SELECT row_number() OVER () - 1 AS n, ST_Point(x, y) AS g "
        f"FROM '{folder}/points.parquet') p JOIN (SELECT row_number() OVER () - 1 AS n, geometry "
        f"FROM '{folder}/zones.parquet') z ON {condition}"
    ).fetchnumpy()
    rows = np.full(len(read_points(folder)[0]), -1, dtype=np.int32)
    order = np.argsort(-found["z"], kind="stable")  # on a shared border the first zone stays
    rows[found["n"][order]] = found["z"][order]
    return rows


def read_only(folder):
    """No join: what reading the files costs, a floor for all."""
    x, _ = read_points(folder)
    read_shapes(folder)
    return np.full(len(x), -1, dtype=np.int32)


def gather_only(folder):
    """No join: reading, a cell number and one look into a table of the same size as ours."""
    x, y = read_points(folder)
    read_shapes(folder)
    side = int(np.sqrt(400_000))
    table = np.zeros(side * side, dtype=np.int32)
    cell = np.clip(y * (side / SIDE), 0, side - 1).astype(np.int32) * side
    cell += np.clip(x * (side / SIDE), 0, side - 1).astype(np.int32)
    return table[cell]


METHODS = {
    function.__name__: function
    for function in (
        tsukuba_gis_join, tsukuba_gis_zones, shapely_prepared, shapely_tree, geopandas_sjoin,
        dask_geopandas_sjoin, sedonadb_join, duckdb_within, duckdb_distance, read_only,
        gather_only,
    )
}  # fmt: skip
NO_JOIN = {"read_only", "gather_only"}


# ---- running ------------------------------------------------------------------------------------


def measure(name, folder, repeat):
    """In a process of its own: run one method, print its times as JSON, keep its answer."""
    wall, cpu = [], []
    for _ in range(repeat):
        start, used = time.perf_counter(), time.process_time()
        rows = METHODS[name](folder)
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
    np.save(folder / f"{name}.npy", rows)
    print(json.dumps({"first": wall[0], "wall": min(wall), "cpu": min(cpu)}))


def run(name, folder, repeat, limit):
    """Run one method in a fresh process; return its times, or why there are none."""
    root = Path(__file__).parents[1]
    command = [sys.executable, __file__, "--measure", name, "--folder", str(folder),
               "--repeat", str(repeat)]  # fmt: skip
    start, used = time.perf_counter(), _children_cpu()
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=limit, cwd=root, check=False,
            env={**os.environ, "PYTHONPATH": str(root)},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"why": f"stopped after {limit} s"}
    if done.returncode:
        return {"why": (done.stderr.strip().splitlines() or ["failed"])[-1][:70]}
    times = json.loads(done.stdout.splitlines()[-1])
    # What a cold process takes for one run: all of it but the further repeats.
    times["cold"] = time.perf_counter() - start if repeat == 1 else None
    times["cold_cpu"] = _children_cpu() - used if repeat == 1 else None
    return times


def _children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(results, folder, points):
    """Print a table in Markdown."""
    first = next(name for name, times in results.items() if "wall" in times)
    base, ours = np.load(folder / f"{first}.npy"), results[first]["wall"]
    print(
        "| method | wall s | × first | CPU s | × first | cold process s | cold CPU s "
        "| points that differ |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, times in results.items():
        if "why" in times:
            print(f"| {name} | – | – | – | – | – | – | {times['why']} |")
            continue
        differ = "" if name in NO_JOIN else int((np.load(folder / f"{name}.npy") != base).sum())
        print(f"| {name} | {times['wall']:.3f} | {times['wall'] / ours:.1f} | {times['cpu']:.3f} "
              f"| {times['cpu'] / results[first]['cpu']:.1f} | {times['cold']:.2f} "
              f"| {times['cold_cpu']:.2f} | {differ} |")  # fmt: skip
    print(f"\n{(base >= 0).sum():,} of {points:,} points in a zone.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zones", type=int, default=600)
    parser.add_argument("--vertices", type=int, default=606, help="of one zone, about")
    parser.add_argument("--points", type=int, default=240_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--limit", type=float, default=300, help="seconds for one method")
    parser.add_argument("--only", nargs="*", default=list(METHODS))
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(given.measure, given.folder, given.repeat)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_data(folder, given.zones, given.vertices, given.points, given.seed)
        results = {}
        for method in given.only:
            cold = run(method, folder, 1, given.limit)
            warm = run(method, folder, given.repeat, given.limit) if "cold" in cold else cold
            kept = {key: cold[key] for key in ("cold", "cold_cpu") if key in cold}
            results[method] = {**cold, **warm, **kept}
        print(f"{given.zones} zones of about {given.vertices} vertices, {given.points:,} points\n")
        report(results, folder, given.points)


if __name__ == "__main__":
    main()
