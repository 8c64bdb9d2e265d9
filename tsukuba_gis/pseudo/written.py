"""The tables as they are written in the statistics file: codes spelt out, and read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.pseudo.counts import packed
from tsukuba_gis.pseudo.tables.city import HEADS, LIVINGS, SEVERITIES, City, read_members
from tsukuba_gis.pseudo.tables.layout import tables
from tsukuba_gis.pseudo.tables.links import lend, lend_ages

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.pseudo.tables.cells import Family

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
        for relation, count in read_members(text).items():
            members[row, place[relation]] = count
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
        first = table.first(level.name)[shown]
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


def profile_cells(table: Family, city: City, columns: tuple[str, ...]) -> tuple[Ints, list[str]]:
    """Return the profile's cell of each leaf, in the order of the leaves, and each one's key.

    A key is the cell's codes in these columns, spelt out and joined.
    """
    import pandas as pd

    codes = [table.leaves[key].to_numpy() for key in columns]
    cell = pd.factorize(packed(np.column_stack(codes)))[0]
    first = np.unique(cell, return_index=True)[1]
    spelt = [_spelt(key, own[first], city) for key, own in zip(columns, codes, strict=True)]
    return cell, ["/".join(key) for key in zip(*spelt, strict=True)]


def profile_keys(table: Family, city: City, columns: tuple[str, ...]) -> list[str]:
    """Return, per leaf, the key of the profile's cell that it is part of."""
    cell, keys = profile_cells(table, city, columns)
    return [keys[number] for number in cell]


def fill(table: Family, city: City, read: pd.DataFrame) -> None:
    """Write the published cells of a CSV of the file into a table.

    Raises
    ------
    DisclosureError
        If the city has no such cell: the file was altered.
    """
    # "" stands where a level does not have the column.
    codes = {key: _read(key, read[key].astype(str), city) for key in _columns(table)}
    for level in table.levels:
        if level.role == "link":
            continue
        rows = (read.level == level.name).to_numpy()
        first = table.first(level.name)
        own, asked = np.zeros(len(first), np.int64), np.zeros(int(rows.sum()), np.int64)
        for key in level.columns:
            column = table.leaves[key].to_numpy()
            span = int(max(column.max(initial=0), codes[key].max(initial=0))) + 1
            own, asked = own * span + column[first], asked * span + codes[key][rows]
        order = np.argsort(own)
        place = order[np.minimum(np.searchsorted(own[order], asked), len(own) - 1)]
        if (own[place] != asked).any():  # a cell that the city does not have
            raise DisclosureError("pseudo_not_feasible")
        table.values[level.name][place] = read["count"].to_numpy()[rows]


def _columns(table: Family) -> list[str]:
    return list(dict.fromkeys(column for level in table.levels for column in level.columns))


def _names(key: str, city: City) -> tuple[str, ...] | None:
    """Return what the codes of a key are called, None if they are numbers."""
    own = {"severity": SEVERITIES, "living": LIVINGS, "heads": HEADS}
    return city.codes.get(key, own.get(key))


def _spelt(key: str, codes: Ints, city: City) -> list[str]:
    names = _names(key, city)
    return [str(code) for code in codes] if names is None else [names[code] for code in codes]


def _read(key: str, labels: pd.Series[str], city: City) -> Ints:
    """Return the codes of spelt ones, -1 for those that are empty."""
    import pandas as pd

    place, spelt = pd.factorize(labels)
    names = _names(key, city)
    if names is None:
        known = {label: int(label) for label in spelt if label}
    else:
        known = {name: code for code, name in enumerate(names)}
    codes = [known[label] if label else known.get("", -1) for label in spelt]
    return np.array(codes, dtype=np.int64)[place]


def _coded(labels: pd.Series[str], names: tuple[str, ...]) -> Ints:
    place = {name: number for number, name in enumerate(names)}
    return np.array([place[label] for label in labels], dtype=np.int64)
