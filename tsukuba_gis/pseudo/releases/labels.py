"""Cells in words that do not depend on the file, so that two files can be compared.

Age bands, areas and groups that were merged differently are different cells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.pseudo.tables.city import BROAD, OLD, TEN, care_start, child_parts, start_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.pseudo.tables.cells import Family
    from tsukuba_gis.pseudo.tables.city import City

    Ints = NDArray[np.int64]

Label = tuple[str, ...]
# Keys of the tables that are ages.
_AGES: Final = ("start", "group", "old", "ten", "broad", "band", "top", "child")
# Above every age.
OPEN: Final = 1000


def labels_of(table: Family, level: str, city: City, statistics: Statistics) -> list[Label]:
    """Return what each cell of a level consists of, in words that do not depend on the file.

    Codes are spelt out; ages are written as the bands that they hold, so that
    bands merged in another way make another cell.
    """
    cells = table.cells(level)
    first = np.unique(table.codes[level], return_index=True)[1]
    place = table.leaves.iloc[first]
    spelt: list[list[str]] = []
    for key in cells.columns:
        codes = cells[key].tolist()
        if key in _AGES:
            sex = place.sex.tolist() if "sex" in cells else [None] * len(cells)
            spans = _spans(city, key, by_sex="sex" in cells)
            asked = zip(place.cluster.tolist(), sex, codes, strict=True)
            spelt.append([spans.get(cell, "") for cell in asked])
        elif key == "area":
            names = area_names(statistics)
            spelt.append([names[code] for code in codes])
        elif key == "pattern":
            listed = statistics.tables["patterns"]
            own = (listed.type + "/" + listed.kind + "/" + listed.members.astype(str)).tolist()
            spelt.append([own[code] for code in codes])
        else:
            spelt.append([city.codes[key][c] if key in city.codes else str(c) for c in codes])
    return [tuple(parts) for parts in zip(*spelt, strict=True)]


def _spans(city: City, key: str, *, by_sex: bool) -> dict[tuple[int, int | None, int], str]:
    """Return the ages that each cluster's (and sex's) age group really holds."""
    bands = with_ends(city.bands)
    own = bands.assign(value=_group(key, bands.start.to_numpy(np.int64), city.spec))
    ranges = own.groupby(["cluster", "sex", "value"], sort=True).agg(
        first=("start", "min"), last=("end", "max")
    )
    spans: dict[tuple[int, int | None, int], str] = {}
    columns = [ranges.index.get_level_values(level).tolist() for level in range(3)]
    for cluster, sex, value, first, last in zip(
        *columns, ranges["first"].tolist(), ranges["last"].tolist(), strict=True
    ):
        if by_sex:
            spans[cluster, sex, value] = f"{first}-{last}"
        else:
            before = spans.get((cluster, None, value), "")
            spans[cluster, None, value] = f"{before} {sex}:{first}-{last}".strip()
    return spans


def _group(key: str, start: Ints, spec: Spec) -> Ints:
    """Return the age group of each band, for a key of the tables that is an age."""
    if key == "start":
        return care_start(start, spec)
    if key == "group":
        return start_of(care_start(start, spec), spec.group_starts)
    if key == "old":
        return (start >= OLD).astype(np.int64)
    if key == "child":
        return child_parts(start, spec)
    cuts = {"ten": TEN, "broad": BROAD, "band": spec.area_bands, "top": spec.area_top}
    return start_of(start, cuts[key])


def with_ends(bands: pd.DataFrame) -> pd.DataFrame:
    """Return age bands with the age at which each ends; the last is open."""
    ordered = bands.sort_values(["cluster", "sex", "start"])
    end = ordered.groupby(["cluster", "sex"]).start.shift(-1, fill_value=OPEN)
    return ordered.assign(end=end)


def area_names(statistics: Statistics) -> list[str]:
    """Return cluster and name of each area: its number may differ between files."""
    if "areas" not in statistics.tables:
        return []
    table = statistics.tables["areas"]
    return [f"{c}/{a}" for c, a in zip(table.cluster, table.area, strict=True)]


def group_names(statistics: Statistics) -> dict[str, str]:
    """Return what each group of similar people consists of: its number may mean another one."""
    if "groups" not in statistics.tables:
        return {}
    table = statistics.tables["groups"]
    parts = table.severity + "/" + table.sex + "/" + table.ten.astype(str)
    return {str(name): "|".join(own) for name, own in parts.groupby(table.group, sort=False)}
