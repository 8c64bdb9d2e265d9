"""Spatial statistics against esda, pygeoda and libpysal, in one process and in turn.

    python benchmarks/spatial.py [--zones 50000] [--part weights|lisa|start]

CPU seconds (user + system, one thread); best of ``--runs`` for what takes under
5 s. The peers must be installed: esda, pygeoda, libpysal; one that is missing is
left out. Regions have a benchmark of their own.

Compiling is left out for esda (its kernels compile for about 24 s in every new
process) by a run on a small map before.
"""

import argparse
import os
import subprocess
import sys
import time
import warnings
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from apart import apart

from tsukuba_gis.autocorrelation import local_g, local_geary, local_moran, moran
from tsukuba_gis.autocorrelation.draws import kept_draws
from tsukuba_gis.weights import queen, rook
from tsukuba_gis.zones import Zones

warnings.filterwarnings("ignore")


def city(n, *, vertices, seed=0):
    """About n cells on a shaken grid, with wiggly borders of equal vertices: a clean coverage."""
    side = int(np.sqrt(n))
    rng = np.random.default_rng(seed)
    steps = max(1, vertices // 4)
    at = np.stack(np.meshgrid(np.arange(side + 1), np.arange(side + 1), indexing="ij"), axis=-1)
    nodes = 100.0 * at + rng.uniform(-25, 25, at.shape)

    def paths(start, end):
        t = np.linspace(0, 1, steps + 1)[:-1, None]
        line = start[..., None, :] * (1 - t) + end[..., None, :] * t
        line[..., 1:, :] += rng.uniform(-2, 2, line[..., 1:, :].shape)
        return np.concatenate([line, end[..., None, :]], axis=-2)

    east = paths(nodes[:-1], nodes[1:])  # [column, row]: along the south of a cell
    north = paths(nodes[:, :-1], nodes[:, 1:])
    rings = np.concatenate(
        [
            east[:, :-1][..., :-1, :],
            north[1:][..., :-1, :],
            east[:, 1:][..., :0:-1, :],
            north[:-1][..., ::-1, :],
        ],
        axis=2,
    )
    polygons = shapely.polygons(rings.reshape(side * side, -1, 2))
    ids = pd.Index([f"{i:07d}" for i in range(len(polygons))], name="zone_id")
    frame = gpd.GeoDataFrame({"name": ids}, geometry=polygons, index=ids, crs="EPSG:6677")
    return Zones(frame=frame, kind="other")


def pattern(graph, *, seed=1):
    """Noise, twice averaged with the neighbours."""
    noise = np.random.default_rng(seed).gamma(2, size=graph.n)
    near = graph.links(graph.ids)
    for _ in range(2):
        noise = noise + near @ noise / near.sum(axis=1)
    return pd.Series(noise, graph.ids, name="x")


def cpu(call, runs=3):
    """Best CPU seconds of a call, and what it returned."""
    best = np.inf
    for _ in range(runs):
        kept_draws.cache_clear()  # a first call is timed, not one that finds its draws made
        start = time.process_time()
        result = call()
        best = min(best, time.process_time() - start)
        if best > 5:
            break
    return best, result


def row(name, seconds, against=None):
    ratio = f"{against / seconds:9.1f} ×" if against else ""
    print(f"  {name:58}{seconds:9.3f}{ratio}")


def plain(zones):
    """The frame as pygeoda takes it: rows by number, columns it knows."""
    numbers = np.arange(len(zones))
    return gpd.GeoDataFrame({"row": numbers}, geometry=list(zones.frame.geometry), crs="EPSG:6677")


def weights(n, runs):
    """Ours against both of libpysal's ways and pygeoda's; the set of neighbours must be one."""
    from libpysal.graph import Graph

    zones = city(n, vertices=60)
    size = shapely.get_num_coordinates(zones.frame.geometry.to_numpy()).mean()
    print(
        f"\nContiguity, {len(zones):,} polygons of {size:.0f} vertices: CPU s, how many times ours"
    )
    ours, graph = cpu(lambda: queen(zones), runs)
    row("queen (proof of a clean coverage included)", ours)
    row("rook", cpu(lambda: rook(zones), runs)[0])
    theirs, peer = cpu(lambda: Graph.build_contiguity(zones.frame, rook=False), 1)
    row("libpysal Graph.build_contiguity, queen", theirs)
    print(f"    ours is {theirs / ours:.1f} × faster; same neighbours: {graph.to_graph() == peer}")
    try:
        import pygeoda
    except ImportError:
        return
    opened, layer = cpu(lambda: pygeoda.open(plain(zones)), 1)
    theirs, _ = cpu(lambda: pygeoda.queen_weights(layer), 1)
    row("pygeoda queen_weights, opening of the frame included", opened + theirs)
    both = opened + theirs
    print(f"    ours is {both / ours:.1f} × faster, {theirs / ours:.1f} × without the opening")


def lisa(n, runs, limit):
    """Local Moran at equal and at larger numbers of permutations."""
    zones = city(n, vertices=4)
    graph = queen(zones)
    x = pattern(graph)
    print(f"\nLocal Moran, {len(zones):,} zones: CPU s (weights built, compiling left out)")
    ours = {}
    for p in (999, 9_999, 99_999):
        ours[p], result = cpu(lambda p=p: local_moran(x, graph, permutations=p), runs)
        row(f"tsukuba_gis, P = {p:,}", ours[p])
    row("local G*, P = 99,999", cpu(lambda: local_g(x, graph), 1)[0])
    if len(zones) <= 60_000:
        row("local Geary, P = 999", cpu(lambda: local_geary(x, graph, permutations=999), 1)[0])
        row("global Moran, P = 999", cpu(lambda: moran(x, graph, permutations=999), 1)[0])
    significant = int((result.frame["p"] <= 0.05).sum())
    print(f"    zones at p ≤ 0.05, two-sided, P = 99,999: {significant:,}")
    try:
        import esda

        small = city(100, vertices=4)
        near = queen(small).to_graph().transform("r")
        esda.Moran_Local(np.arange(100.0) % 7, near, permutations=9, seed=1)
        by_row = graph.to_graph().transform("r")
        options = {"seed": 1, "keep_simulations": False, "n_jobs": 1}
        theirs, _ = cpu(
            lambda: esda.Moran_Local(x.to_numpy(), by_row, permutations=999, **options), 1
        )
        row("esda Moran_Local, P = 999", theirs)
        print(f"    ours at P = 99,999 is {theirs / ours[99_999]:.1f} × faster than esda at 999,")
        print(f"    at equal P = 999 {theirs / ours[999]:.1f} ×")
    except ImportError:
        pass
    try:
        import pygeoda
    except ImportError:
        return
    layer = pygeoda.open(plain(zones))
    near = pygeoda.queen_weights(layer)
    for p in (999, 9_999):
        theirs = apart(partial(table, pygeoda, near, x.tolist(), p), limit=limit)
        name = f"pygeoda local_moran, lookup-table, P = {p:,}"
        if isinstance(theirs, str):
            print(f"  {name:58}{theirs:>18}")
            continue
        row(name, theirs)
        print(f"    ours at equal P is {theirs / ours[p]:.1f} × faster")


def table(pygeoda, near, values, permutations):
    """CPU seconds of pygeoda's own shared draws; one thread, for two take more CPU seconds."""
    options = {"permutation_method": "lookup-table", "cpu_threads": 1}
    return cpu(lambda: pygeoda.local_moran(near, values, permutations=permutations, **options), 1)[
        0
    ]


def start():
    """The first result of a new process, imports included: CPU and wall s, best of three."""
    code = (
        "from spatial import city, queen, local_moran; import pandas as pd;"
        "zones = city(600, vertices=4); graph = queen(zones);"
        "local_moran(pd.Series(range(len(zones)), zones.ids, dtype=float) % 7, graph)"
    )
    print("\nFirst local Moran of a new process, 600 zones, P = 99,999: CPU s (wall s)")
    for name, source in (("import libpysal.graph alone", "import libpysal.graph"), ("all", code)):
        seconds, walls = [], []
        for _ in range(3):
            begin, before = time.perf_counter(), os.times()
            subprocess.run([sys.executable, "-c", source], check=True, cwd=Path(__file__).parent)
            after = os.times()
            walls.append(time.perf_counter() - begin)
            seconds.append(sum(after[2:4]) - sum(before[2:4]))
        row(f"{name} ({min(walls):.1f})", min(seconds))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zones", type=int, nargs="*", default=[600, 50_000])
    parser.add_argument("--part", choices=("weights", "lisa", "start"), default=None)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=int, default=120, help="CPU seconds of pygeoda's runs")
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}")
    for n in given.zones:
        if given.part in (None, "weights"):
            weights(n, given.runs)
        if given.part in (None, "lisa"):
            lisa(n, given.runs, given.limit)
    if given.part in (None, "start"):
        start()


if __name__ == "__main__":
    main()
