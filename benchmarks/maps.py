"""Size, building time and browser cost of the page, beside folium's and geopandas' own maps.

    python benchmarks/maps.py [--runs 3] [--large]

610 districts of 225 vertices each, six indicators, pyramids and a projection: the page with all
of it, ``folium.Choropleth`` and ``GeoDataFrame.explore`` with one indicator and with six, made
offline by ``offline_html``. CPU seconds are this process's; the browser is headless Chromium
without a network, its heap taken after a collection. Bars: 0.8 MB, 1 s to the first polygon,
20 MB of heap, 2 s to build; ``--large`` measures 5,000 districts as well (bar: 4 MB).
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from browser import Browser
from results import INDICATORS, cells, full_result

from tsukuba_gis.maps import offline_html
from tsukuba_gis.report.page import page_html

FIRST = """
new MutationObserver((_, watch) => {
  const path = document.querySelector('path.leaflet-interactive[d^="M"]');
  const canvas = document.querySelector('.leaflet-zones-pane canvas');
  if (path || canvas) { watch.disconnect(); requestAnimationFrame(() => {
    requestAnimationFrame(() => { window.firstPolygon = performance.now(); }); }); }
}).observe(document, { childList: true, subtree: true, attributes: true });
"""


def rough(shapes, step):
    """The same cells with borders like those of real districts; neighbours still share them."""
    dense = shapely.segmentize(shapes.to_numpy(), step)

    def shaken(points):
        # A shift that depends on the place alone moves a border the same way on both sides.
        x, y = points.T
        return points + np.column_stack(
            [
                step * 0.35 * np.sin(0.011 * x + 0.017 * y),
                step * 0.35 * np.sin(0.013 * x - 0.019 * y),
            ]
        )

    return gpd.GeoSeries(shapely.transform(dense, shaken), index=shapes.index, crs=shapes.crs)


def rivals(result):
    """Pages that folium and geopandas make of the same level, whole."""
    level = result.levels[-1]
    frame = level.zones.frame[["name", "geometry"]].join(level.values).to_crs(4326)
    names = [one.name for one in INDICATORS]

    def choropleth(names):
        table = frame.reset_index()
        made = folium.Map(location=(36.1, 140.2), tiles=None)
        for name in names:
            folium.Choropleth(
                geo_data=table[["zone_id", "geometry"]], data=table, columns=["zone_id", name],
                key_on="feature.properties.zone_id", name=name, legend_name=name,
            ).add_to(made)  # fmt: skip
        return offline_html(made.get_root().render())

    def explore(names):
        made = None
        for name in names:
            made = frame[["name", name, "geometry"]].explore(name, m=made, tiles=None, name=name)
        return offline_html(made.get_root().render())

    return {
        "Choropleth ×1": lambda: choropleth(names[:1]),
        f"Choropleth ×{len(names)}": lambda: choropleth(names),
        "explore ×1": lambda: explore(names[:1]),
        f"explore ×{len(names)}": lambda: explore(names),
    }


def browsed(path, runs):
    """Milliseconds to the first polygon (by the clock; of the page's own thread), heap in MB."""
    rows = []
    for _ in range(runs):
        with Browser() as browser:
            browser.call("Page.addScriptToEvaluateOnNewDocument", source=FIRST)
            browser.call("Performance.enable", timeDomain="threadTicks")
            browser.call("Page.navigate", url=path.resolve().as_uri())
            for _ in range(600):
                if browser.ask("window.firstPolygon || 0"):
                    break
                time.sleep(0.05)
            busy = 1000 * metric(browser, "TaskDuration")
            browser.settle(3)
            browser.call("HeapProfiler.enable")
            browser.call("HeapProfiler.collectGarbage")
            heap = browser.call("Runtime.getHeapUsage")["usedSize"] / 1e6
            nodes = browser.ask("document.querySelectorAll('*').length")
            first = browser.ask("window.firstPolygon")
            rows.append((first, busy, heap, nodes, len(browser.requests)))
    first, busy, heap, nodes, requests = zip(*rows, strict=True)
    return min(first), min(busy), statistics.median(heap), nodes[0], max(requests)


def metric(browser, name):
    metrics = browser.call("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in metrics if one["name"] == name)


def measure(name, build, runs, folder):
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        page = build()
        seconds.append(time.process_time() - start)
    path = Path(folder) / "page.html"
    path.write_text(page, encoding="utf-8")
    size = path.stat().st_size / 1e6
    first, busy, heap, nodes, requests = browsed(path, runs)
    print(f"{name:22}{size:8.2f}{min(seconds):8.2f}{first:9.0f}{busy:9.0f}{heap:8.1f}{nodes:8}"
          f"{requests:6}", flush=True)  # fmt: skip
    return size, min(seconds), busy, heap


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--large", action="store_true")
    options = parser.parse_args()
    shapes = rough(cells(610), 14.5)
    result = full_result(610, shapes=shapes, districts=0)
    vertices = len(shapely.get_coordinates(shapes.to_numpy()))
    print(f"{pd.Timestamp.now():%Y-%m-%d}, {len(shapes)} districts, {vertices:,} vertices, "
          f"{options.runs} runs (minimum)")  # fmt: skip
    print(f"{'':22}{'MB':>8}{'CPU s':>8}{'first ms':>9}{'its CPU':>9}{'heap MB':>8}{'nodes':>8}"
          f"{'asked':>6}")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        ours = measure("page, everything", lambda: page_html(result), options.runs, folder)
        for name, build in rivals(result).items():
            theirs = measure(name, build, options.runs, folder)
            ratios = " ".join(f"{a / b:.1f}" for a, b in zip(theirs, ours, strict=True))
            print(f"{'':22}  as many times: {ratios}  (MB, CPU, first, heap)")
        if options.large:
            large = full_result(5000, shapes=rough(cells(5000), 40.0), districts=0)
            measure("page, 5,000 districts", lambda: page_html(large), options.runs, folder)


if __name__ == "__main__":
    main()
