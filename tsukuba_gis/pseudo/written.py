"""The tables as they are written in the statistics file: codes spelt out, and read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.pseudo.city import HEADS, LIVINGS, SEVERITIES, City
from tsukuba_gis.pseudo.layout import tables
from tsukuba_gis.pseudo.links import lend, lend_ages

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.cells import Family
    from tsukuba_gis.pseudo.statistics import Statistics

    Ints = NDArray[np.int64]


def families(statistics: Statistics) -> tuple[City, dict[str, Family]]:
    """Return the city and its tables with the published values of the statistics file."""
    city = city_of(statistics)
    built = tables(city)
    for name, table in built.items():
        fill(table, city, statistics.tables[name])
    lend(built)
    if "area_ages" in built:
        lend_ages(city, built["area_ages"])
    return city, built


def city_of(statistics: Statistics) -> City:
    """Return what the city consists of, from the statistics file."""
    import pandas as pd

    codes, read = statistics.codes, statistics.tables
    bands = pd.DataFrame(
        {
            "cluster": _coded(read["bands"].cluster, codes["cluster"]),
            "sex": _coded(read["bands"].sex, codes["sex"]),
            "start": read["bands"].start.to_numpy(np.int64),
            "persons": read["bands"].persons.to_numpy(np.int64),
        }
    )
    areas = pd.DataFrame(
        {
            "cluster": _coded(read["areas"].cluster, codes["cluster"]),
            "persons": read["areas"].persons.to_numpy(np.int64),
            "households": read["areas"].households.to_numpy(np.int64),
        }
    )
    patterns, members = patterns_from(read["patterns"], codes)
    pairs = pd.DataFrame(
        {
            "type": _coded(read["pairs"].type, codes["type"]),
            "relation": _coded(read["pairs"].relation, codes["relation"]),
        }
    )
    return City(
        spec=statistics.spec, codes=codes, bands=bands, areas=areas, pairs=pairs,
        patterns=patterns, members=members,
    )  # fmt: skip


def patterns_from(
    table: pd.DataFrame, codes: Mapping[str, tuple[str, ...]]
) -> tuple[pd.DataFrame, Ints]:
    """Return the patterns with coded types, and how many of each relation they hold."""
    import pandas as pd

    place = {relation: number for number, relation in enumerate(codes["relation"])}
    members = np.zeros((len(table), len(place)), dtype=np.int64)
    for row, text in enumerate(table.members):
        for part in text.split("|") if text else ():
            relation, _, count = part.rpartition(":")
            members[row, place[relation]] = int(count)
    rare = members.sum(axis=1) == 0
    types = _coded(table.type, codes["type"])
    return pd.DataFrame({"type": types, "rare": rare}), members


def labelled(table: Family, city: City) -> pd.DataFrame:
    """Return the published cells of a table with their codes spelt out: one CSV of the file."""
    import pandas as pd

    written: dict[str, list[str]] = {"level": [], **{key: [] for key in _columns(table)}}
    counts = []
    for level in table.levels:
        if level.role == "link":
            continue
        shown = np.isfinite(table.values[level.name])
        first = np.unique(table.codes[level.name], return_index=True)[1][shown]
        written["level"] += [level.name] * len(first)
        for key in _columns(table):
            told = key in level.columns
            written[key] += (
                _spelt(key, table.leaves[key].to_numpy()[first], city)
                if told
                else [""] * len(first)
            )
        counts.append(table.values[level.name][shown].astype(np.int64))
    return pd.DataFrame({**written, "count": np.concatenate(counts)})


def profile_keys(table: Family, city: City, columns: tuple[str, ...]) -> list[str]:
    """Return, per leaf, its codes in some columns spelt out and joined: a key of the profile."""
    spelt = [_spelt(key, table.leaves[key].to_numpy(), city) for key in columns]
    return ["/".join(key) for key in zip(*spelt, strict=True)]


def fill(table: Family, city: City, read: pd.DataFrame) -> None:
    """Write the published cells of a CSV of the file into a table."""
    for level in table.levels:
        if level.role == "link":
            continue
        cells = table.cells(level.name)
        spelt = [_spelt(key, cells[key].to_numpy(), city) for key in level.columns]
        place = {key: number for number, key in enumerate(zip(*spelt, strict=True))}
        rows = read[read.level == level.name]
        asked = zip(*(rows[key].astype(str) for key in level.columns), strict=True)
        for key, count in zip(asked, rows["count"], strict=True):
            table.values[level.name][place[key]] = count


def _columns(table: Family) -> list[str]:
    return list(dict.fromkeys(column for level in table.levels for column in level.columns))


def _spelt(key: str, codes: Ints, city: City) -> list[str]:
    if key in city.codes:
        names = city.codes[key]
    elif key in {"severity", "living", "heads"}:
        names = {"severity": SEVERITIES, "living": LIVINGS, "heads": HEADS}[key]
    else:
        return [str(code) for code in codes]
    return [names[code] for code in codes]


def _coded(labels: pd.Series[str], names: tuple[str, ...]) -> Ints:
    place = {name: number for number, name in enumerate(names)}
    return np.array([place[label] for label in labels], dtype=np.int64)
