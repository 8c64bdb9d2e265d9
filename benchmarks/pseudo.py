"""Time and memory of making pseudo-citizen records: ``python benchmarks/pseudo.py``.

Measures, audits and generates the bundled register (227,000 persons, 17
columns) and, with ``--times N``, a city N times as large (the register copied
into N times as many districts and areas).
"""

import argparse
import resource
import time

import pandas as pd

from tsukuba_gis.boundaries import load_boundaries
from tsukuba_gis.demo import register
from tsukuba_gis.pseudo.audit import audit
from tsukuba_gis.pseudo.generate import generate
from tsukuba_gis.pseudo.measure import measure
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.records import Records


def copies(records, times):
    """Return a register ``times`` as large: the same people in as many more districts."""
    parts = []
    for number in range(times):
        part = records.frame.copy()
        for column in ("person_id", "household_id", "school_district", "small_area"):
            part[column] = part[column] + f"-{number}"
        parts.append(part)
    return Records(frame=pd.concat(parts, ignore_index=True), kind="invented")


def main():
    """Print CPU seconds of each step and the peak memory."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=1)
    times = parser.parse_args().times
    records, zones = register(), load_boundaries("small_area")
    spec = Spec.tsukuba()
    if times > 1:  # the copied areas have no polygons
        records, zones = copies(records, times), None
    start = time.process_time()
    statistics = measure(records, spec, zones=zones)
    measured = time.process_time()
    statistics = audit(statistics)
    audited = time.process_time()
    pseudo = generate(statistics, key="benchmark", zones=zones)
    generated = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"persons           {len(pseudo):>12,}")
    print(f"measure           {measured - start:>12.2f} CPU s")
    print(f"audit             {audited - measured:>12.2f} CPU s")
    print(f"generate          {generated - audited:>12.2f} CPU s")
    print(f"measure+generate  {measured - start + generated - audited:>12.2f} CPU s (target 6)")
    print(f"peak              {peak:>12.2f} GB (target 1)")


if __name__ == "__main__":
    main()
