"""What the plugin costs beside the core: run by QGIS's own Python.

QT_QPA_PLATFORM=offscreen TSUKUBA_GIS_PYTHON=.venv/bin/python /usr/bin/python3 benchmarks/plugin.py

Each row: wall and CPU seconds (user and system, of all processes) of a tool run by QGIS, of the
core called directly on the same files by a program of its own, and the difference; the least of
three runs.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback, QgsVectorLayer

TOP = Path(__file__).parents[1]
sys.path[:0] = ["/usr/share/qgis/python/plugins", str(TOP / "qgis_plugin")]
CORE = os.environ["TSUKUBA_GIS_PYTHON"]
LAYERS = """
import sys
import geopandas as gpd, numpy as np, shapely
from tsukuba_gis.boundaries import load_boundaries
folder = sys.argv[1]
zones = load_boundaries("small_area").frame.reset_index()
zones["value"] = zones.geometry.centroid.x / 1e4 + np.sin(np.arange(len(zones)))
zones[["zone_id", "name", "value", "geometry"]].to_file(folder + "/zones.gpkg")
rng = np.random.default_rng(0)
west, south, east, north = zones.total_bounds
n = 100_000
points = shapely.points(rng.uniform(west, east, n), rng.uniform(south, north, n))
fields = {f"f{k}": rng.normal(size=n) for k in range(5)}
gpd.GeoDataFrame(fields | {"name": "x", "n": np.arange(n)}, geometry=points,
                 crs=zones.crs).to_file(folder + "/points.gpkg")
"""
DIRECT = {
    "localmoran": """
import sys
from tsukuba_gis import io, weights, autocorrelation
zones = io.read_zones(sys.argv[1] + "/zones.gpkg", id="zone_id")
found = autocorrelation.local_moran(zones.frame["value"], weights.queen(zones), seed=0)
zones.frame.join(found.frame).to_file(sys.argv[1] + "/direct.gpkg")
""",
    "assigndistricts": """
import sys, pyogrio
from tsukuba_gis import io, join
zones = io.read_zones(sys.argv[1] + "/zones.gpkg", id="zone_id")
points = pyogrio.read_dataframe(sys.argv[1] + "/points.gpkg", columns=[])
found = join.assign_zones(points.geometry, zones)
found.zone_ids.to_frame().to_csv(sys.argv[1] + "/direct.csv")
""",
}


def spent(work):
    """Return wall and CPU seconds of a piece of work, of this process and its children."""
    before, begun = os.times(), time.perf_counter()
    work()
    after = os.times()
    return time.perf_counter() - begun, sum(after[:4]) - sum(before[:4])


def tool(name, parameters, feedback=None):
    """Run a tool as the toolbox does."""
    made = QgsApplication.processingRegistry().algorithmById(f"tsukubagis:{name}").create()
    context, feedback = QgsProcessingContext(), feedback or QgsProcessingFeedback()
    _, fine = made.run({"OUTPUT": "TEMPORARY_OUTPUT", **parameters}, context, feedback)
    return fine


def cancelled(parameters):
    """Return the seconds from the press of the button until the run has ended."""
    feedback = QgsProcessingFeedback()
    at = []

    def press():
        at.append(time.perf_counter())
        feedback.cancel()

    def watch(value):
        if value > 30 and not at:
            threading.Timer(0.5, press).start()

    feedback.progressChanged.connect(watch)
    tool("localmoran", {**parameters, "PERMUTATIONS": 50_000_000}, feedback)
    return time.perf_counter() - at[0]


def main():
    """Print the table."""
    application = QgsApplication([], False)
    application.initQgis()
    from tsukuba_gis_qgis.provider import TsukubaGisProvider

    provider = TsukubaGisProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([CORE, "-I", "-c", LAYERS, folder], check=True)
        zones = QgsVectorLayer(f"{folder}/zones.gpkg", "zones", "ogr")
        points = QgsVectorLayer(f"{folder}/points.gpkg", "points", "ogr")
        runs = {
            "localmoran": {"INPUT": zones, "FIELD": "value"},
            "assigndistricts": {"INPUT": points, "ZONES": zones},
        }
        print(f"load {os.getloadavg()[0]:.1f}")
        for name, parameters in runs.items():
            command = [CORE, "-I", "-c", DIRECT[name], folder]
            best = [
                tuple(map(min, zip(*(spent(work) for _ in range(3)), strict=True)))
                for work in (
                    lambda name=name, parameters=parameters: tool(name, parameters),
                    lambda command=command: subprocess.run(command, check=True),
                )
            ]
            shown = "; ".join(f"{wall:.2f} s, CPU {cpu:.2f} s" for wall, cpu in best)
            more, cpu = (best[0][k] - best[1][k] for k in (0, 1))
            print(f"{name} of {parameters['INPUT'].featureCount()}: {shown}")
            print(f"    more: {more:.2f} s, CPU {cpu:.2f} s")
        print(f"cancelled after {cancelled(runs['localmoran']):.2f} s")
        del zones, points, runs
    application.exitQgis()


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)
