"""Ages of a register: bands merged until each holds k, and single years over the city."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.pseudo.tables.city import FIVE, start_of
from tsukuba_gis.pseudo.tally import MAX_AGE

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.measuring.people import People
    from tsukuba_gis.pseudo.tables.city import City

    Ints = NDArray[np.int64]


def age_bands(people: People) -> pd.DataFrame:
    """Return the age bands of each cluster and sex: five-year ages, merged until each holds k."""
    import pandas as pd

    spec = people.spec
    atoms = sorted({*FIVE, *spec.area_top})
    atom = (np.searchsorted(atoms, np.arange(MAX_AGE), side="right") - 1)[people.age]
    n_sex = len(people.codes["sex"])
    shape = (len(people.codes["cluster"]), n_sex, len(atoms))
    flat = (people.cluster * n_sex + people.sex) * len(atoms) + atom
    counts = np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape)
    segment = start_of(np.array(atoms), spec.area_top)
    rows = []
    for cluster in range(shape[0]):
        k = min(spec.threshold(counts[cluster].sum()), 2.0 * spec.k)
        for sex in range(n_sex):
            for start, persons in merge_bands(atoms, counts[cluster, sex], segment, k):
                rows.append((cluster, sex, start, persons))
    return pd.DataFrame(rows, columns=["cluster", "sex", "start", "persons"])


def merge_bands(starts: list[int], counts: Ints, segments: Ints, k: float) -> list[tuple[int, int]]:
    """Merge neighbouring age bands until each holds at least k persons or none are left.

    Bands are merged inside their segment, from the oldest down, and across
    segments only where a whole segment holds fewer than k.

    Examples
    --------
    >>> merge_bands([0, 11, 65, 70], np.array([30, 40, 12, 3]), np.array([0, 11, 65, 65]), 10)
    [(0, 30), (11, 40), (65, 15)]
    >>> merge_bands([0, 11, 65], np.array([30, 40, 3]), np.array([0, 11, 65]), 10)
    [(0, 30), (11, 43)]
    """
    merged: list[tuple[int, int]] = []
    for segment in sorted(set(segments.tolist())):
        part: list[tuple[int, int]] = []
        pending = 0
        inside = np.flatnonzero(segments == segment)
        for place in inside[::-1]:
            pending += int(counts[place])
            if pending >= k:
                part.insert(0, (starts[place], pending))
                pending = 0
        if pending and part:  # too few left at the young end: they join the next band
            part[0] = (starts[inside[0]], part[0][1] + pending)
        elif pending:
            part = [(starts[inside[0]], pending)]
        merged += part
    while len(merged) > 1 and min(persons for _, persons in merged) < k:
        small = min(range(len(merged)), key=lambda i: merged[i][1])
        low = max(small - 1, 0)
        merged[low : low + 2] = [(merged[low][0], merged[low][1] + merged[low + 1][1])]
    return merged


def labelled_bands(city: City) -> pd.DataFrame:
    """Return the age bands with their codes spelt out."""
    import pandas as pd

    clusters, sexes = city.codes["cluster"], city.codes["sex"]
    return pd.DataFrame(
        {
            "cluster": [clusters[code] for code in city.bands.cluster],
            "sex": [sexes[code] for code in city.bands.sex],
            "start": city.bands.start,
            "persons": city.bands.persons,
        }
    )


def single_years(people: People, city: City, start: Ints) -> pd.DataFrame:
    """Return single years of age inside each five-year age, over the city.

    ``start`` is the first age of each person's band.

    Only clusters that show this five-year age by itself are counted: their sum
    is known anyway, so nothing follows about the others.
    """
    import pandas as pd

    spec = people.spec
    atoms = sorted({*FIVE, *spec.area_top})
    ends = city.bands.groupby(["cluster", "sex"]).start.shift(-1, fill_value=1000)
    shown = {
        (cluster, sex, start, end)
        for cluster, sex, start, end in zip(
            city.bands.cluster, city.bands.sex, city.bands.start, ends, strict=True
        )
    }
    place = {atom: number for number, atom in enumerate(atoms)}
    shape = (len(city.codes["cluster"]), len(city.codes["sex"]), len(atoms))
    alone = np.zeros(shape, dtype=bool)
    for number, (atom, end) in enumerate(zip(atoms, [*atoms[1:], 1000], strict=True)):
        for cluster, sex in np.ndindex(shape[:2]):
            alone[cluster, sex, number] = (cluster, sex, atom, end) in shown
    own = np.array([place.get(atom, -1) for atom in range(1000)])[start]
    inside = alone[people.cluster, people.sex, own] & (own >= 0)
    line = people.sex[inside] * MAX_AGE + people.age[inside]
    counts = np.bincount(line, minlength=shape[1] * MAX_AGE).reshape(-1, MAX_AGE)
    rows = []
    for sex, name in enumerate(city.codes["sex"]):
        for atom, end in zip(atoms, [*atoms[1:], 1000], strict=True):
            years = counts[sex, atom:end]
            if not years.any():
                continue
            years = years[: int(np.flatnonzero(years)[-1]) + 1]
            same = np.zeros(len(years), dtype=np.int64)
            ages = list(range(atom, atom + len(years)))
            for first, persons in merge_bands(ages, years, same, spec.k):
                rows.append((name, atom, first, persons))
    return pd.DataFrame(rows, columns=["sex", "start", "first", "persons"])
