"""Time and memory of the main job, as a user meets them: whole processes, cold.

    python benchmarks/main_flow.py [--runs 3]

Prints wall seconds, CPU seconds and peak memory of `tsukuba-gis demo` and of
`tsukuba-gis --help`; the bars are 30 s and 1.5 GB, and 0.5 s.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def measure(arguments):
    """Wall seconds, CPU seconds and peak MB of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "tsukuba_gis", *arguments], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{arguments}: failed")
    wall = time.perf_counter() - start
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, median of {runs} runs")
    print(f"{'':24}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "out")
        for name, arguments in (("demo", ["demo", "--out", out]), ("--help", ["--help"])):
            rows = [measure(arguments) for _ in range(runs)]
            wall, cpu, peak = (statistics.median(column) for column in zip(*rows, strict=True))
            print(f"{name:24}{wall:9.2f}{cpu:9.2f}{peak:9.0f}")


if __name__ == "__main__":
    main()
