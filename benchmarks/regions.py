"""Regions: how alike within, and how fast, beside pygeoda, spopt and scikit-learn.

    python benchmarks/regions.py [--zones 600 5000] [--k 18] [--seeds 3] [--limit 60] [--only spopt]

Every method divides the same zones (Voronoi neighbours, four smooth variables,
standardised) into the same number of regions in the same run; each result is
checked to be connected. Prints CPU seconds (of all threads), SSW/SST (lower is
more alike), and both over ours. Peers run in a process of their own, which is
stopped after --limit CPU seconds: "stopped at 60 s".
"""

import argparse
import os
import sys
import tempfile
import time
import warnings
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from apart import apart
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Voronoi

from tsukuba_gis.neighbours import Neighbours
from tsukuba_gis.regions import Floor, regionalise

VARIABLES = list("abcd")
# pygeoda 0.1.3 may free a weights object twice, which ends the process: keep them all.
_KEPT = []


def make_city(n, *, seed, rounds):
    """Zones as Voronoi cells; gamma noise, averaged with the neighbours a few times."""
    rng = np.random.default_rng(seed)
    xy = rng.random((n, 2))
    pairs = Voronoi(xy).ridge_points
    length = np.linalg.norm(xy[pairs[:, 0]] - xy[pairs[:, 1]], axis=1)
    pairs = pairs[length < 6 / np.sqrt(n)]  # cells that only meet far outside the city
    ends = np.concatenate([pairs, pairs[:, ::-1]]).T
    links = sparse.csr_matrix((np.ones(ends.shape[1]), (ends[0], ends[1])), shape=(n, n))
    mean = sparse.diags(1 / np.maximum(links.sum(axis=1).A1, 1)) @ links
    x = rng.gamma(2, 1, (n, len(VARIABLES)))
    for _ in range(rounds):
        x = mean @ x
    return links, (x - x.mean(axis=0)) / x.std(axis=0)


def share(x, labels):
    labels = np.unique(labels, return_inverse=True)[1]
    count = np.bincount(labels)[:, None]
    mean = np.stack([np.bincount(labels, weights=column) for column in x.T], axis=1) / count
    return ((x - mean[labels]) ** 2).sum() / ((x - x.mean(axis=0)) ** 2).sum()


def connected(links, labels):
    links = links.tocoo()
    same = labels[links.row] == labels[links.col]
    part = sparse.coo_matrix((links.data[same], (links.row[same], links.col[same])), links.shape)
    return connected_components(part, directed=False)[0] == len(np.unique(labels))


def ours(links, x, k):
    ids = pd.Index([f"z{i:06}" for i in range(len(x))])
    data = pd.DataFrame(x, index=ids, columns=VARIABLES)
    graph = Neighbours(ids=ids, matrix=sparse.csr_array(links))
    yield "tsukuba_gis ward + search", lambda: regionalise(data, graph, k=k).labels.to_numpy(int)
    floor = Floor(least=len(x) / k)
    yield (
        "tsukuba_gis floor n/k",
        lambda: regionalise(data, graph, floor=floor).labels.to_numpy(int),
    )


def scikit_learn(links, x, k):
    from sklearn.cluster import AgglomerativeClustering

    model = AgglomerativeClustering(k, connectivity=links)
    yield "scikit-learn ward", lambda: model.fit_predict(x)


def spopt(links, x, k):
    from libpysal.weights import WSP
    from spopt.region import AZP, Skater, WardSpatial

    weights = WSP(links).to_W(silence_warnings=True)
    frame = pd.DataFrame(x, columns=VARIABLES)

    def solve(kind, **more):
        model = kind(frame, weights, VARIABLES, n_clusters=k, **more)
        model.solve()
        return np.asarray(model.labels_)

    yield "spopt WardSpatial", lambda: solve(WardSpatial)
    yield "spopt Skater", lambda: solve(Skater)
    yield "spopt AZP", lambda: solve(AZP, random_state=1)
    yield "spopt max-p floor n/k", lambda: max_p(frame, weights, len(x) / k)


def max_p(frame, weights, least):
    from spopt.region import MaxPHeuristic

    counted = frame.assign(one=1.0)
    model = MaxPHeuristic(counted, weights, VARIABLES, "one", least, top_n=2)
    np.random.seed(1)  # noqa: NPY002 - spopt draws from numpy's global generator
    model.solve()
    return np.asarray(model.labels_)


def geoda(links, x, k):
    import pygeoda

    weights = geoda_weights(links)
    columns = x.T.tolist()
    raw = {"scale_method": "raw"}  # the values are standardised already

    def run(method, *more):
        return np.asarray(method(k, weights, columns, *more, **raw)["Clusters"])

    yield "pygeoda schc ward", lambda: run(pygeoda.schc, "ward")
    yield "pygeoda redcap fullorder-ward", lambda: run(pygeoda.redcap, "fullorder-wardlinkage")
    yield "pygeoda skater", lambda: run(pygeoda.skater)
    yield "pygeoda azp_greedy", lambda: run(pygeoda.azp_greedy)
    yield "pygeoda azp_sa (.85)", lambda: run(pygeoda.azp_sa, 0.85)
    yield "pygeoda azp_tabu (10)", lambda: run(pygeoda.azp_tabu, 10)
    ones = [1.0] * len(x)
    yield (
        "pygeoda maxp_greedy floor n/k",
        lambda: np.asarray(
            pygeoda.maxp_greedy(weights, columns, ones, len(x) / k, **raw)["Clusters"]
        ),
    )


def geoda_weights(links):
    """The same links by way of a GAL file: pygeoda takes weights from geometries or files."""
    import pygeoda

    links = links.tocsr()
    lines = [f"0 {links.shape[0]} city id"]
    for i in range(links.shape[0]):
        near = links.indices[links.indptr[i] : links.indptr[i + 1]]
        lines += [f"{i} {len(near)}", " ".join(map(str, near))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "city.gal"
        path.write_text("\n".join(lines) + "\n", encoding="ascii")
        _KEPT.append(pygeoda.read_gal(str(path), [str(i) for i in range(links.shape[0])]))
    return _KEPT[-1]


def methods(links, x, k):
    yield from ours(links, x, k)
    for module, peer in (("sklearn", scikit_learn), ("spopt", spopt), ("pygeoda", geoda)):
        if find_spec(module) is None:
            print(f"  {module} is not installed")
            continue
        yield from peer(links, x, k)


def measure(links, x, run):
    start = time.process_time()
    labels = run()
    seconds = time.process_time() - start
    if not connected(links, labels):
        raise SystemExit("a region is not connected")
    return seconds, float(share(x, labels)), len(np.unique(labels))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zones", type=int, nargs="+", default=[600, 5000])
    parser.add_argument("--k", type=int, default=18)
    parser.add_argument("--seeds", type=int, default=3, help="cities of each size")
    parser.add_argument("--limit", type=int, default=60, help="CPU seconds of a peer's run")
    parser.add_argument("--only", default="", help="peers whose name holds this")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    warnings.simplefilter("ignore")  # of the peers
    # Imports and first calls are paid for once, before the clock runs.
    links, x = make_city(100, seed=0, rounds=3)
    for name, run in methods(links, x, 5):
        if "pygeoda" not in name:
            run()
    for n in options.zones:
        rounds = 3 if n <= 1000 else 4
        found = {}
        for seed in range(1, options.seeds + 1):
            links, x = make_city(n, seed=seed, rounds=rounds)
            for name, run in methods(links, x, options.k):
                if name.startswith("tsukuba_gis"):
                    found.setdefault(name, []).append(measure(links, x, run))
                elif options.only in name and not any(
                    isinstance(before, str) for before in found.get(name, ())
                ):
                    row = apart(partial(measure, links, x, run), limit=options.limit)
                    print(f"  {name}: {row}", file=sys.stderr, flush=True)
                    found.setdefault(name, []).append(row)
        print(f"\n{n} zones into {options.k}, mean of {options.seeds} cities")
        print(f"{'':32}{'CPU s':>9}{'SSW/SST':>9}{'regions':>9}{'time':>8}{'SSW':>7}  (over ours)")
        base = np.mean(found["tsukuba_gis ward + search"], axis=0)
        for name, values in found.items():
            said = [value for value in values if isinstance(value, str)]
            if said:
                print(f"{name:32}{said[0]:>18}")
                continue
            seconds, within, k = np.mean(values, axis=0)
            against = f"{seconds / base[0]:8.2f}{within / base[1]:7.3f}"
            print(f"{name:32}{seconds:9.3f}{within:9.4f}{k:9.1f}{against}")


if __name__ == "__main__":
    main()
