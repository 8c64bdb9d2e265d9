"""The tables of a city, laid out from what it consists of.

Measuring, auditing, generating and checking all build their tables here, so
that a cell means the same to each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.pseudo.tables.cells import Family, Level, family
from tsukuba_gis.pseudo.tables.city import (
    BROAD,
    GROWN,
    HEADS,
    OLD,
    TEN,
    care_start,
    child_parts,
    start_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.tables.city import City

    Ints = NDArray[np.int64]

# Levels of the area tables that people are dealt by.
AREA_LEVELS: Final = {
    "area_ages": ("top", "leaf", "child"),
    "area_care": ("certified", "leaf"),
    "area_households": ("old", "leaf"),
}
# How hidden cells are filled: within which cells of the city (context), shares of what.
PROFILES: Final = {
    "care": (("sex", "start"), ("care",)),
    "roles": (("type", "relation"), ("sex", "ten")),
    "households": (("type",), ("pattern",)),
    "living": (("living",), ("severity",)),
}


def tables(city: City) -> dict[str, Family]:
    """Return the city's tables, without values, in the order in which they are made."""
    built = {"care": _care(city), "users": _users(city)}
    if city.spec.household:
        built |= {"households": _households(city), "roles": _roles(city), "living": _living(city)}
    if city.spec.area:
        built |= {"area_ages": _area_ages(city), "area_care": _area_care(city)}
    if city.spec.area and city.spec.household and city.head >= 0:
        built["area_households"] = _area_households(city)
    return built


def _cross(left: Mapping[str, Ints], name: str, values: Ints) -> dict[str, Ints]:
    """Return every combination of rows and values; columns are put into a frame at the end."""
    rows = len(next(iter(left.values())))
    repeated = {column: np.repeat(own, len(values)) for column, own in left.items()}
    return {**repeated, name: np.tile(values, rows)}


def _distinct(**columns: Ints) -> dict[str, Ints]:
    """Return rows each once, in order."""
    rows = np.unique(np.column_stack(list(columns.values())), axis=0)
    return dict(zip(columns, rows.T, strict=True))


def _care(city: City) -> Family:
    bands = city.bands
    base = _distinct(
        cluster=bands.cluster.to_numpy(), sex=bands.sex.to_numpy(),
        start=care_start(bands.start.to_numpy(), city.spec),
    )  # fmt: skip
    leaves = _cross(base, "care", np.arange(len(city.codes["care"])))
    start = leaves["start"]
    leaves["severity"] = city.severity[leaves["care"]]
    leaves["old"] = (start >= OLD).astype(np.int64)
    leaves["group"] = start_of(start, city.spec.group_starts)
    leaves["broad"] = start_of(start, BROAD)
    return family(
        "care", "persons", ("cluster", "sex", "start", "care"), leaves,
        (
            Level(name="old_total", columns=("cluster", "old"), role="known"),
            Level(name="ages", columns=("cluster", "sex", "start"), role="known"),
            Level(name="group_total", columns=("cluster", "sex", "group"), role="known"),
            Level(name="broad_total", columns=("cluster", "broad"), role="known"),
            Level(name="severity", columns=("cluster", "old", "severity"), role="published",
                  parents=("old_total",)),
            Level(name="old", columns=("cluster", "old", "care"), role="published",
                  parents=("severity", "old_total")),
            Level(name="leaf", columns=("cluster", "sex", "start", "care"), role="published",
                  parents=("old", "ages")),
            Level(name="group", columns=("cluster", "sex", "group", "care"), role="profile",
                  parents=("old", "group_total")),
            Level(name="broad", columns=("cluster", "broad", "severity"), role="profile",
                  parents=("severity", "broad_total")),
            Level(name="all_ages", columns=("cluster", "severity"), role="link"),
        ),
    )  # fmt: skip


def _users(city: City) -> Family:
    broad = start_of(city.bands.start.to_numpy(), BROAD)
    base = _distinct(cluster=city.bands.cluster.to_numpy(), broad=broad)
    leaves = _cross(_cross(base, "severity", np.unique(city.severity)), "user", np.arange(2))
    return family(
        "users", "persons", ("cluster", "broad", "severity", "user"), leaves,
        (
            Level(name="broad_total", columns=("cluster", "broad"), role="known"),
            Level(name="total", columns=("cluster", "broad", "severity"), role="published",
                  parents=("broad_total",)),
            Level(name="leaf", columns=("cluster", "broad", "severity", "user"), role="published",
                  parents=("total",)),
        ),
    )  # fmt: skip


def _roles(city: City) -> Family:
    bands = city.bands
    base = _distinct(
        cluster=bands.cluster.to_numpy(), sex=bands.sex.to_numpy(),
        ten=start_of(bands.start.to_numpy(), TEN),
    )  # fmt: skip
    leaves = _cross(base, "pair", np.arange(len(city.pairs)))
    leaves["type"] = city.pairs.type.to_numpy()[leaves["pair"]]
    leaves["relation"] = city.pairs.relation.to_numpy()[leaves["pair"]]
    leaves["old"] = (leaves["ten"] >= OLD).astype(np.int64)
    leaves["living"] = city.living[leaves["type"]]
    head = (leaves["relation"] == city.head) & (leaves["old"] == 1)
    leaves["heads"] = np.where(head, np.where(leaves["living"] == 0, 0, 1), 2)
    leaves["old_head"] = head.astype(np.int64)
    return family(
        "roles", "persons", ("cluster", "type", "relation", "sex", "ten"), leaves,
        (
            Level(name="cluster", columns=("cluster",), role="known"),
            Level(name="old_total", columns=("cluster", "old"), role="known"),
            Level(name="ten_total", columns=("cluster", "sex", "ten"), role="known"),
            Level(name="type", columns=("cluster", "type"), role="published", parents=("cluster",)),
            Level(name="relation", columns=("cluster", "type", "relation"), role="published",
                  parents=("type",)),
            Level(name="old", columns=("cluster", "type", "relation", "old"), role="published",
                  parents=("relation", "old_total")),
            Level(name="leaf", columns=("cluster", "type", "relation", "sex", "ten"),
                  role="published", parents=("old", "ten_total")),
            Level(name="living", columns=("cluster", "old", "living"), role="link"),
            Level(name="heads", columns=("cluster", "heads"), role="link"),
            Level(name="old_heads", columns=("cluster", "old_head"), role="link"),
        ),
    )  # fmt: skip


def _households(city: City) -> Family:
    clusters = {"cluster": np.arange(len(city.codes["cluster"]))}
    leaves = _cross(clusters, "pattern", np.arange(len(city.patterns)))
    leaves["type"] = city.patterns.type.to_numpy()[leaves["pattern"]]
    return family(
        "households", "households", ("cluster", "pattern"), leaves,
        (
            Level(name="cluster", columns=("cluster",), role="known"),
            Level(name="type", columns=("cluster", "type"), role="published", parents=("cluster",)),
            Level(name="leaf", columns=("cluster", "pattern"), role="published", parents=("type",)),
        ),
    )  # fmt: skip


def _living(city: City) -> Family:
    old = city.bands.cluster.to_numpy()[city.bands.start.to_numpy() >= OLD]
    leaves = _cross(
        _cross({"cluster": np.unique(old)}, "living", np.unique(city.living)),
        "severity", np.unique(city.severity),
    )  # fmt: skip
    return family(
        "living", "persons", ("cluster", "living", "severity"), leaves,
        (
            Level(name="cluster", columns=("cluster",), role="known"),
            Level(name="severity", columns=("cluster", "severity"), role="link"),
            Level(name="living", columns=("cluster", "living"), role="published",
                  parents=("cluster",)),
            Level(name="leaf", columns=("cluster", "living", "severity"), role="published",
                  parents=("living", "severity")),
        ),
    )  # fmt: skip


def _area_ages(city: City) -> Family:
    spec = city.spec
    leaves = _area_leaves(city, "cut", np.array(sorted({*spec.area_bands, GROWN})))
    cut = leaves["cut"]
    leaves["band"] = start_of(cut, spec.area_bands)
    leaves["top"] = start_of(cut, spec.area_top)
    leaves["child"] = child_parts(cut, spec)
    # Bands may be shown in an area whose wider group is hidden.
    levels = _by_area("band", "top", over=("area", "cluster_top"))
    if (leaves["child"] >= 0).any():
        levels = (
            *levels,
            Level(name="cluster_child", columns=("cluster", "child"), role="link"),
            # The parts of the band that 15 cuts; nothing else is shown at this level.
            Level(name="child", columns=("area", "child"), role="published",
                  parents=("leaf", "cluster_child")),
        )  # fmt: skip
    return family("area_ages", "persons", ("area", "cut"), leaves, levels)


def _area_care(city: City) -> Family:
    leaves = _area_leaves(city, "severity", np.unique(city.severity))
    leaves["certified"] = (leaves["severity"] > 0).astype(np.int64)
    levels = _by_area("severity", "certified")
    return family("area_care", "persons", ("area", "severity"), leaves, levels)


def _area_households(city: City) -> Family:
    leaves = _area_leaves(city, "heads", np.arange(len(HEADS)))
    leaves["old"] = (leaves["heads"] < 2).astype(np.int64)
    levels = _by_area("heads", "old")
    return family("area_households", "households", ("area", "heads"), leaves, levels)


def _area_leaves(city: City, name: str, values: Ints) -> dict[str, Ints]:
    base = {"cluster": city.areas.cluster.to_numpy(), "area": np.arange(len(city.areas))}
    return _cross(base, name, values)


def _by_area(fine: str, coarse: str, *, over: tuple[str, ...] = ()) -> tuple[Level, ...]:
    """Return the levels by area: wide groups, their parts, and the totals of area and cluster."""
    return (
        Level(name="area", columns=("area",), role="known"),
        Level(name=f"cluster_{coarse}", columns=("cluster", coarse), role="link"),
        Level(name=f"cluster_{fine}", columns=("cluster", fine), role="link"),
        Level(name=coarse, columns=("area", coarse), role="published",
              parents=("area", f"cluster_{coarse}")),
        Level(name="leaf", columns=("area", fine), role="published",
              parents=(coarse, f"cluster_{fine}"), over=over),
    )  # fmt: skip
