"""Hamilton–Perry: how long, and that it grows with the areas and not faster.

    python benchmarks/cohort.py [--areas 500 1000 2000 4000] [--steps 10]

Projects made-up areas × 18 age groups × 2 sexes with empirical Bayes ratios, a
control total at each step and one new housing area. Prints CPU seconds (of all
threads; the best of five) and seconds per 1,000 areas; then 2,000 areas with
each shrinkage, cohort component, and a backtest with bounds.
"""

import argparse
import os
import time

import numpy as np
import pandas as pd

from tsukuba_gis.cohort import (
    Housing,
    Rates,
    Settings,
    backtest,
    cohort_component,
    hamilton_perry,
    with_bounds,
)

AGES = list(range(0, 90, 5))
COLUMNS = pd.MultiIndex.from_product([["female", "male"], AGES], names=["sex", "age_start"])


def city(n, *, seed):
    rng = np.random.default_rng(seed)
    size = rng.gamma(2.0, 10.0, (n, 1))
    persons = rng.poisson(size * np.tile(np.exp(-np.array(AGES) / 60), 2)).astype(float)
    return pd.DataFrame(persons, index=[f"z{i:05}" for i in range(n)], columns=COLUMNS)


def timed(run, repeats=5):
    best = np.inf
    for _ in range(repeats):
        start = time.process_time()
        result = run()
        best = min(best, time.process_time() - start)
    return best, result


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--areas", type=int, nargs="+", default=[500, 1000, 2000, 4000])
    options.add_argument("--steps", type=int, default=10)
    given = options.parse_args()
    until = 2020 + 5 * given.steps
    print(f"load {os.getloadavg()[0]:.1f}; {given.steps} steps of 5 years, 18 ages, 2 sexes")
    for n in given.areas:
        first, second = city(n, seed=1), city(n, seed=2)
        years = range(2025, until + 1, 5)
        total = float(second.to_numpy().sum())
        settings = Settings(
            control=pd.DataFrame({"year": list(years), "persons": total}),
            events=(Housing(area="z00000", year=2030, persons=500),),
        )

        def run(first=first, second=second, settings=settings):
            return hamilton_perry(first, second, years=(2015, 2020), until=until, settings=settings)

        seconds, found = timed(run)
        assert abs(np.nansum(found.population[until]) - total) < 1e-6 * total  # noqa: S101
        print(f"{n:6,} areas  {seconds:7.3f} s  {1000 * seconds / n:7.3f} s per 1,000 areas")
    first, second = city(2000, seed=1), city(2000, seed=2)
    for method in ("none", "eb", "parent"):
        seconds, _ = timed(
            lambda method=method: hamilton_perry(
                first, second, years=(2015, 2020), until=until,
                settings=Settings(shrinkage=method),
            )
        )  # fmt: skip
        print(f" 2,000 areas  {seconds:7.3f} s  shrinkage {method}, no control")
    alive = pd.Series(0.95, index=pd.MultiIndex.from_product([COLUMNS.levels[0], [*AGES, 90]]))
    rates = Rates(survival=alive, fertility=pd.Series({25: 0.1, 30: 0.1}))
    seconds, _ = timed(lambda: cohort_component(second, [rates] * given.steps, start=2020))
    print(f" 2,000 areas  {seconds:7.3f} s  cohort component")
    third = city(2000, seed=3)
    future = hamilton_perry(second, third, years=(2015, 2020), until=until)
    seconds, _ = timed(
        lambda: with_bounds(future, backtest(first, second, third, years=(2010, 2015, 2020)))
    )
    print(f" 2,000 areas  {seconds:7.3f} s  backtest and bounds")


if __name__ == "__main__":
    main()
