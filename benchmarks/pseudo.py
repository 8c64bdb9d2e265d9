"""Time and memory of making pseudo-citizen records: ``python benchmarks/pseudo.py``.

Measures, audits and generates the bundled register (227,000 persons, 17
columns) and, with ``--times N``, a city N times as large: the register copied
into N times as many districts and areas, or, with ``--larger``, into the same
ones, N times as large. ``--workers N`` deals districts in N processes; CPU
seconds are those of all processes.

With ``--peers PYTHON`` other ways are measured beside ours in the same run, each
in a process of its own: swapping and rank swapping under this Python, synthpop-py
(CART) and copulas (Gaussian copula) under the Python named, which has them; one
that is absent is skipped with its reason. All make records from the same source
(30 % of the households of ``--size`` people) and are judged against it and
against people never used.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from tsukuba_gis.boundaries import load_boundaries
from tsukuba_gis.demo import register
from tsukuba_gis.pseudo.audit import audit
from tsukuba_gis.pseudo.generate import generate
from tsukuba_gis.pseudo.measure import measure
from tsukuba_gis.pseudo.proof import holdout, relations, utility
from tsukuba_gis.pseudo.proof.attacks import attacks
from tsukuba_gis.pseudo.proof.columns import AGED, BAND, FIVE_YEARS, NEED, prepared
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.records import Records


def copies(records, times, larger):
    """Return a register ``times`` as large: in as many more districts, or in larger ones."""
    copied = ["person_id", "household_id", *([] if larger else ["school_district", "small_area"])]
    parts = []
    for number in range(times):
        part = records.frame.copy()
        for column in copied:
            part[column] = part[column] + f"-{number}"
        parts.append(part)
    return Records(frame=pd.concat(parts, ignore_index=True), kind="invented")


PEERS = ("ours", "swap", "rank_swap", "synthpop", "copulas")
WORKER = Path(__file__).with_name("pseudo_peer.py")


def made_by(name, python, source, folder):
    """Return the records of a peer, its CPU seconds and peak GB; or the reason for none."""
    out = Path(folder) / f"{name}.csv"
    with (Path(folder) / f"{name}.log").open("w+") as log:
        process = subprocess.Popen([python, str(WORKER), name, source, str(out)], stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        log.seek(0)
        said = log.read().strip().splitlines()
    if status != 0:
        return None, said[-1] if said else f"stopped with status {status}"
    frame = pd.read_csv(out, dtype={"small_area": str, "household_id": str, "person_id": str})
    peak = int(Path(f"{out}.peak").read_text()) / 1e6
    return frame, (usage.ru_utime + usage.ru_stime, peak)


def judged(people, made, spec):
    """Return the figures of one peer, by name."""
    real, fake, *parts = prepared(
        [people.source, made, people.source, people.holdout, people.control, people.background],
        spec,
    )
    groups = holdout.Holdout(
        source=parts[0], holdout=parts[1], control=parts[2], background=parts[3], household=None
    )
    district, care = spec.cluster, spec.care
    cells = {
        "district x 65+ x care": [district, AGED, care],
        "finest care table": [district, spec.sex, FIVE_YEARS, care],
        "area x band": [spec.area, BAND],
    }
    figures = {n: utility.cells_equal(real, fake, c, k=spec.k).value for n, c in cells.items()}
    numbers = [spec.age, NEED, *spec.numeric]
    figures["Spearman, largest"] = relations.spearman_difference(real, fake, numbers).value
    for metric in attacks(groups, fake, spec, seed=1, size=5_000, swapped=False):
        if metric.name == "inference" and care in metric.subject:
            figures["inference of care, A - B"] = metric.value
        elif metric.name == "membership":
            figures["membership AUC (null)"] = (metric.value, metric.null)
        elif metric.name == "equal_rows":
            figures["equal rows with cost, A"] = metric.parts["source"]
    return figures


def peers(python, size):
    """Print one column a peer, and what each costs against ours."""
    frame = register(size=size).frame
    people = holdout.split(frame, household="household_id", seed=1)
    # Peers know no households: all are judged on what they have in common.
    spec = Spec.tsukuba(household=None, person=None, lon=None, lat=None).resolve(frame.columns)
    print(f"{len(people.source):,} persons, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    cost = None
    with tempfile.TemporaryDirectory() as folder:
        source = str(Path(folder) / "source.csv")
        people.source.to_csv(source, index=False)
        for name in PEERS:
            under = python if name in ("synthpop", "copulas") else sys.executable
            made, used = made_by(name, under, source, folder)
            if made is None:
                print(f"{name:12} skipped: {used}")
                continue
            cost = cost or used
            print(f"{name:12} {used[0]:.1f} CPU s ({used[0] / cost[0]:.1f} x ours), "
                  f"{used[1]:.2f} GB ({used[1] / cost[1]:.1f} x)")  # fmt: skip
            for figure, value in judged(people, made, spec).items():
                parts = value if isinstance(value, tuple) else (value,)
                print(f"    {figure:28} {' '.join(f'{part:.4f}' for part in parts)}")


def cpu_seconds():
    """Return the CPU seconds of this process and of those that it has ended."""
    return sum(os.times()[:4])


def main():
    """Print CPU seconds of each step and the peak memory."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--larger", action="store_true", help="larger districts, not more")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--peers", metavar="PYTHON", help="a Python with synthpop-py and copulas")
    parser.add_argument("--size", type=int, default=100_000, help="persons, with --peers")
    arguments = parser.parse_args()
    if arguments.peers:
        peers(arguments.peers, arguments.size)
        return
    times = arguments.times
    records, zones = register(), load_boundaries("small_area")
    spec = Spec.tsukuba()
    if times > 1:  # the copied areas have no polygons
        records, zones = copies(records, times, arguments.larger), None
    start = cpu_seconds()
    statistics = measure(records, spec, zones=zones)
    measured = cpu_seconds()
    statistics = audit(statistics)
    audited = cpu_seconds()
    pseudo = generate(statistics, key="benchmark", zones=zones, workers=arguments.workers)
    generated = cpu_seconds()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"persons           {len(pseudo):>12,}   (load {os.getloadavg()[0]:.1f})")
    print(f"measure           {measured - start:>12.2f} CPU s")
    print(f"audit             {audited - measured:>12.2f} CPU s")
    print(f"generate          {generated - audited:>12.2f} CPU s")
    print(f"measure+generate  {measured - start + generated - audited:>12.2f} CPU s (target 6)")
    print(f"peak              {peak:>12.2f} GB (target 1)")


if __name__ == "__main__":
    main()
