"""Time and memory of the main job, as a user meets them: whole processes, cold.

    python benchmarks/main_flow.py [--runs 3]

Prints wall seconds, CPU seconds and peak memory of `tsukuba-gis demo` and of
`tsukuba-gis --help`, second processes counted in (memory: the sum over all of them at one
time); the bars are 30 s and 1.5 GB, and 0.5 s. Then the parts of the demo as a run tells
them: the certificate is made in a second process from the end of "reading records" on, the
figures in another one while the rest of the folder is written.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

# The demo with a clock at every step that a run tells.
PARTS = """
import resource, sys, time
marks = []
def mark(key):
    marks.append((key, time.perf_counter(), time.process_time()))
mark("imports")
from tsukuba_gis.messages import text
from tsukuba_gis.report import write_report
from tsukuba_gis.study import demo_study, run
study = demo_study(pseudo=True)
result = run(study, on_step=mark)
mark("step_write")
write_report(result, sys.argv[1], formats=study.outputs, where_possible=("figures",))
mark("end")
parts = {}
for (key, wall, cpu), (_, wall_end, cpu_end) in zip(marks, marks[1:]):
    name = text(key, "en") if key != "imports" else key
    before = parts.get(name, (0.0, 0.0))
    parts[name] = (before[0] + wall_end - wall, before[1] + cpu_end - cpu)
for name, (wall, cpu) in parts.items():
    print(f"  {name:32}{wall:7.1f}{cpu:9.1f}")
beside = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"  {'second processes':32}{'':7}{beside.ru_utime + beside.ru_stime:9.1f}")
"""


def measure(arguments):
    """Wall seconds, CPU seconds and peak MB of a command and all processes that it starts."""
    start = time.perf_counter()
    before = os.times()
    process = subprocess.Popen(
        [sys.executable, "-m", "tsukuba_gis", *arguments], stdout=subprocess.DEVNULL
    )
    peak = 0
    while process.poll() is None:
        peak = max(peak, memory(process.pid))
        time.sleep(0.2)  # looking takes time too
    wall = time.perf_counter() - start
    after = os.times()
    if process.returncode != 0:
        raise SystemExit(f"{arguments}: failed")
    cpu = sum(after[2:4]) - sum(before[2:4])
    return wall, cpu, peak / 2**20


def memory(number):
    """Bytes that a process and its children hold now."""
    total = 0
    try:
        top = psutil.Process(number)
        for one in (top, *top.children(recursive=True)):
            total += one.memory_info().rss
    except psutil.Error:  # it has just ended
        pass
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores (load {load:.1f}), Python {sys.version.split()[0]}, "
          f"median of {runs} runs")  # fmt: skip
    print(f"{'':34}{'wall s':>7}{'CPU s':>9}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "out")
        plain = str(Path(folder) / "plain")
        for name, arguments in (
            ("demo", ["demo", "--out", out]),
            ("demo --plain", ["demo", "--plain", "--out", plain]),
            ("--help", ["--help"]),
        ):
            rows = [measure(arguments) for _ in range(runs)]
            wall, cpu, peak = (statistics.median(column) for column in zip(*rows, strict=True))
            print(f"{name:34}{wall:7.2f}{cpu:9.2f}{peak:9.0f}", flush=True)
        print("parts of the demo, one run", flush=True)
        subprocess.run([sys.executable, "-c", PARTS, out], check=True)


if __name__ == "__main__":
    main()
