"""Single years of age: dealt to clusters, sexes and age bands, and there to people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.pseudo.counts import apportion, by_lot, unfold
from tsukuba_gis.pseudo.tables.city import FIVE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.keys import Streams
    from tsukuba_gis.pseudo.making.crowd import Crowd, Plan
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.pseudo.tables.city import City

    Ints = NDArray[Any]


def single_years(
    statistics: Statistics, city: City, streams: Streams
) -> dict[tuple[int, int, int], Ints]:
    """Return the single years of age of each (cluster, sex, age band), by lot over the city."""
    atoms = sorted({*FIVE, *city.spec.area_top})
    years = statistics.tables["years"]
    frame = city.bands.sort_values(["cluster", "sex", "start"])
    ends = frame.groupby(["cluster", "sex"]).start.shift(-1, fill_value=1000).to_numpy()
    dealt: dict[tuple[int, int, int], Ints] = {}
    held = {name: years[name].to_numpy() for name in ("sex", "start", "first", "persons")}
    clusters, persons = frame.cluster.to_numpy(), frame.persons.to_numpy()
    for key, part in frame.assign(end=ends).groupby(["sex", "start", "end"]).indices.items():
        sex, start, end = (int(code) for code in np.asarray(key))
        name = city.codes["sex"][sex]
        own = (held["sex"] == name) & (held["start"] >= start) & (held["start"] < end)
        rng = streams("single years", f"{name}|{start}|{end}")
        ages = _years_in(
            (start, end), (held["first"][own], held["persons"][own]), int(persons[part].sum()),
            atoms, rng,
        )  # fmt: skip
        cuts = np.cumsum(persons[part])[:-1]
        for cluster, some in zip(
            clusters[part], np.split(rng.permutation(ages), cuts), strict=True
        ):
            dealt[int(cluster), sex, start] = some
    return dealt


def _years_in(
    band: tuple[int, int], own: tuple[Ints, Ints], total: int, atoms: list[int],
    rng: np.random.Generator,
) -> Ints:  # fmt: skip
    """Return ``total`` ages in a band: as measured in it, else falling with age."""
    (start, end), (firsts, persons) = band, own
    if len(firsts) == 0:
        steps = np.arange(start, min(end, start + 10))
        weights = 0.8 ** np.arange(len(steps)) if end > 100 else np.ones(len(steps))
        return steps[unfold(apportion(weights, total, rng))]
    counts = apportion(persons.astype(np.float64), total, rng)
    # A run of years ends where the next begins, or with its five-year age.
    bounds = np.append(firsts[1:], min(end, start + 200))
    after = np.array([min([a for a in atoms if a > first], default=1000) for first in firsts])
    lengths = np.minimum(np.minimum(bounds, after), end) - firsts
    ages = []
    for first, count, length in zip(firsts, counts, lengths, strict=True):
        years = np.arange(min(length, 5))
        # In the open age at the top, and in merged runs, fewer with every year.
        weights = 0.6**years if length > 5 else 0.9**years
        ages.append(first + unfold(apportion(weights, int(count), rng)))
    return np.concatenate(ages)


def aged(crowd: Crowd, plan: Plan, rng: np.random.Generator) -> Ints:
    """Return the age of every person: the years dealt to its cluster, sex and band."""
    age = crowd.start.copy()
    cluster = int(crowd.cluster[0])
    order = by_lot(crowd.sex * 1000 + crowd.start, rng)
    key = crowd.sex[order] * 1000 + crowd.start[order]
    firsts = np.flatnonzero(np.append(True, np.diff(key) != 0))
    for low, high in zip(firsts, np.append(firsts[1:], len(key)), strict=True):
        age[order[low:high]] = plan.ages[cluster, int(key[low]) // 1000, int(key[low]) % 1000]
    return age
