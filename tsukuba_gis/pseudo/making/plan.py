"""The plan of the city: its tables raked, and what every cluster draws on."""

from __future__ import annotations

import dataclasses
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.pseudo.counts import in_order, rake
from tsukuba_gis.pseudo.making.crowd import Plan
from tsukuba_gis.pseudo.making.years import single_years
from tsukuba_gis.pseudo.tables.city import OLD
from tsukuba_gis.pseudo.tables.layout import AREA_LEVELS, PROFILES
from tsukuba_gis.pseudo.tables.links import LINKS, linked
from tsukuba_gis.pseudo.written import profile_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from scipy.sparse import csc_array

    from tsukuba_gis.pseudo.keys import Streams
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.pseudo.tables.cells import Family
    from tsukuba_gis.pseudo.tables.city import City

    Ints = NDArray[Any]
    Floats = NDArray[Any]


def plan(
    statistics: Statistics, city: City, tables: Mapping[str, Family], streams: Streams
) -> Plan:
    """Rake the city's tables and deal single years of age to the clusters."""
    names = [name for name in ("care", "roles", "households", "living") if name in tables]
    frames = {"bands": city.bands, "pairs": city.pairs, "patterns": city.patterns}
    frames |= {name: tables[name].leaves for name in names}
    likely = _likely_care(city, tables)
    raked: dict[str, Floats] = {}
    # Households before roles: they tell how many of each relation to expect.
    for name in sorted(names, key=lambda name: name == "roles"):
        guessed = _likely_roles(city, tables, raked["households"]) if name == "roles" else None
        seed = seeds(tables[name], city, statistics)
        raked[name] = rake(tables[name], seed=seed, guessed=guessed)
    return Plan(
        city=city, tables=tables, raked=raked, likely=likely,
        parts={name: _parts(tables[name], city) for name in names},
        columns={
            name: {str(column): frame[column].to_numpy() for column in frame}
            for name, frame in frames.items()
        },
        wanted=_by_area(city, tables), guessed=_guessed_ages(city, tables),
        ages=single_years(statistics, city, streams), gaps=_gaps(statistics, city),
        pools=_pools(statistics, city),
    )  # fmt: skip


def _parts(table: Family, city: City) -> list[tuple[Ints, csc_array, Floats]]:
    """Return the leaves of each cluster, and the equations over them."""
    from scipy.sparse import csc_array

    matrix, right = table.rows()
    cluster = table.leaves.cluster.to_numpy()
    order = in_order(cluster)
    columns = matrix.tocsc()[:, order]
    ends = np.searchsorted(cluster[order], np.arange(len(city.codes["cluster"]) + 1))
    parts = []
    for low, high in pairwise(ends.tolist()):
        starts = columns.indptr[low : high + 1]
        held = slice(starts[0], starts[-1])
        touched, row = np.unique(columns.indices[held], return_inverse=True)
        shape = len(touched), high - low
        part = csc_array((columns.data[held], row, starts - starts[0]), shape)
        parts.append((order[low:high], part, right[touched]))
    return parts


def _gaps(statistics: Statistics, city: City) -> dict[tuple[int, int], tuple[float, float]]:
    """Return mean and spread of the age gap to the head, by codes of type and relation."""
    read = statistics.tables["gaps"]
    types, relations = city.codes["type"], city.codes["relation"]
    return {
        (types.index(kind), relations.index(relation)): (float(mean), float(sd))
        for kind, relation, mean, sd in zip(
            read.type, read.relation, read["mean"], read["sd"], strict=True
        )
    }


def _pools(statistics: Statistics, city: City) -> dict[int, float]:
    """Return the mean size of the households of types that have no usual pattern, by code."""
    read, patterns = statistics.tables["pools"], city.patterns
    usual = {city.codes["type"][code] for code in patterns.type[~patterns.rare]}
    return {
        city.codes["type"].index(name): float(size)
        for name, size in zip(read.type, read.mean_size, strict=True)
        if name not in usual
    }


def seeds(table: Family, city: City, statistics: Statistics) -> Floats:
    """Return what raking starts from: the city's shares of the hidden cells."""
    context, parts = PROFILES[table.name]
    read = statistics.tables["profile"]
    own = read[read.table == table.name]
    where, what = profile_keys(table, city, context), profile_keys(table, city, parts)
    number = Counter(set(zip(where, what, strict=True)))
    alike = Counter(a for a, _ in number)
    share: dict[tuple[str, str], float] = {}
    step: dict[str, float] = {}
    weight: dict[str, float] = {}
    for row in own.itertuples(index=False):
        if row.part == "":
            # A share that was rounded to nothing is still a little.
            weight[str(row.context)] = max(float(str(row.share)), float(str(row.step)) / 4)
        else:
            share[str(row.context), str(row.part)] = float(str(row.share))
            step[str(row.context)] = float(str(row.step))
    return np.array(
        [
            weight.get(a, 1.0) * (share.get((a, b), step[a] / 20) if a in step else 1 / alike[a])
            for a, b in zip(where, what, strict=True)
        ]
    )


def _by_area(city: City, tables: Mapping[str, Family]) -> dict[tuple[str, str], dict[int, Floats]]:
    """Return the published cells of the area tables: by table and level, label, and area."""
    found: dict[tuple[str, str], dict[int, Floats]] = {}
    for name, levels in AREA_LEVELS.items():
        table = tables.get(name)
        for level in [level for level in levels if table is not None and level in table.values]:
            cells, values = tables[name].cells(level), tables[name].values[level]
            last = next(c for c in tables[name].level(level).columns if c != "area")
            labels, area = cells[last].to_numpy(), cells.area.to_numpy()
            found[name, level] = {}
            for label in np.unique(labels):
                column = np.full(len(city.areas), np.nan)
                column[area[labels == label]] = values[labels == label]
                found[name, level][int(label)] = column
    return found


def _guessed_ages(
    city: City, tables: Mapping[str, Family]
) -> dict[tuple[str, str], dict[int, Floats]]:
    """Return how many people of each age band areas are likely to have, where not published."""
    if "area_ages" not in tables:
        return {}
    ages = tables["area_ages"]
    likely = dataclasses.replace(
        ages, values={**ages.values, "leaf": ages.total("leaf", rake(ages))}
    )
    return {key: columns for key, columns in _by_area(city, {"area_ages": likely}).items()
            if key == ("area_ages", "leaf")}  # fmt: skip


def _likely_care(city: City, tables: Mapping[str, Family]) -> dict[str, Floats]:
    """Return what the areas' care table says of the clusters' totals that are not published.

    Hidden areas are raked from their people of 65 and over. People are made so
    that there are as many in each care band as the areas have places for.
    """
    if "area_care" not in tables:
        return {}
    care, areas, ages = tables["care"], tables["area_care"], tables["area_ages"]
    old = np.bincount(
        ages.leaves.area,
        rake(ages) * (ages.leaves.top >= OLD).to_numpy(),
        minlength=len(city.areas),
    )
    area, severity = areas.leaves.area.to_numpy(), areas.leaves.severity.to_numpy()
    young = np.maximum(city.areas.persons.to_numpy() - old, 1.0)
    basis = np.where(severity == 0, young[area], np.maximum(old, 0.5)[area])
    leaf = areas.values["leaf"][areas.codes["leaf"]]
    for number in np.unique(severity):
        some = np.isfinite(leaf) & (severity == number)
        basis[severity == number] *= leaf[some].sum() / basis[some].sum() if some.any() else 1.0
    found = rake(areas, seed=basis)
    link = next(link for link in LINKS if link.other[0] == "area_care")
    mine, theirs = linked(tables, link)
    guess = np.full(care.size("all_ages"), np.nan)
    guess[mine] = areas.total(link.other[1], found)[theirs]
    guess[np.isfinite(care.values["all_ages"])] = np.nan
    return {"all_ages": guess}


def _likely_roles(
    city: City, tables: Mapping[str, Family], households: Floats
) -> dict[str, Floats]:
    """Return how many of each type and relation the raked households have, where not published.

    Nothing is said of types without a usual pattern, whose households may be of any size.
    """
    homes, roles = tables["households"].leaves, tables["roles"]
    pattern = homes.pattern.to_numpy()
    n_types, n_relations = len(city.codes["type"]), city.members.shape[1]
    persons = np.zeros((len(city.codes["cluster"]), n_types, n_relations))
    place = homes.cluster.to_numpy(), city.patterns.type.to_numpy()[pattern]
    np.add.at(persons, place, households[:, None] * city.members[pattern])
    cells = roles.cells("relation")
    guess = persons[cells.cluster, cells.type, cells.relation]
    usual = np.isin(cells.type, city.patterns.type.to_numpy()[~city.patterns.rare.to_numpy()])
    # A relation that no listed pattern has may still be in a rare household.
    guess = np.where(usual, np.maximum(guess, 0.1), np.nan)
    guess[np.isfinite(roles.values["relation"])] = np.nan
    return {"relation": guess}
