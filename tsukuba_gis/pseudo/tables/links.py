"""Tables that count the same people, and what the one tells of the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.pseudo.tables.city import child_parts, start_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.tables.cells import Family
    from tsukuba_gis.pseudo.tables.city import City

    Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two tables that count the same people: a level of each, cell for cell.

    ``one`` and ``other`` are (table, level); ``fine`` is the level of the other
    table whose cells add up to the linked one's; ``only`` are values that pick
    the cells of ``one`` that the other table has.
    """

    one: tuple[str, str]
    other: tuple[str, str]
    fine: tuple[str, ...]
    only: tuple[tuple[str, int], ...] = ()


LINKS: Final = (
    Link(one=("care", "broad"), other=("users", "total"), fine=("total",)),
    Link(one=("care", "all_ages"), other=("area_care", "cluster_severity"), fine=("leaf",)),
    Link(one=("care", "severity"), other=("living", "severity"), fine=(), only=(("old", 1),)),
    Link(one=("roles", "living"), other=("living", "living"), fine=("living",), only=(("old", 1),)),
    Link(one=("roles", "heads"), other=("area_households", "cluster_heads"), fine=("leaf",)),
    Link(one=("roles", "old_heads"), other=("area_households", "cluster_old"), fine=("old",)),
)


def linked(built: Mapping[str, Family], link: Link) -> tuple[Ints, Ints]:
    """Return the cells that a link makes equal: codes in the one table, codes in the other."""
    mine, theirs = (built[table].cells(level) for table, level in (link.one, link.other))
    columns = [column for column in mine if column not in dict(link.only)]
    keep = np.ones(len(mine), dtype=bool)
    if link.one[0] == "roles" and "heads" in link.one[1]:
        # Households by their head: the last class holds no old head, so it is not linked.
        head = mine[columns[1]].to_numpy()
        keep = head < 2 if link.one[1] == "heads" else head == 1
    for column, value in link.only:
        keep &= mine[column].to_numpy() == value
    code = np.flatnonzero(keep)
    rows = np.concatenate([mine[columns].to_numpy()[code], theirs.to_numpy()])
    same = np.unique(rows, axis=0, return_inverse=True)[1].ravel()
    at, place = np.intersect1d(
        same[: len(code)], same[len(code) :], assume_unique=True, return_indices=True
    )[1:]
    order = np.argsort(at)
    return code[at[order]], place[order]


def lend(built: Mapping[str, Family]) -> None:
    """Write into linked levels what the other table's published cells add up to."""
    for link in LINKS:
        if link.one[0] not in built or link.other[0] not in built:
            continue
        one, other = built[link.one[0]], built[link.other[0]]
        mine, theirs = linked(built, link)
        for fine in link.fine:
            total = np.bincount(
                other.codes[link.other[1]][other.first(fine)], other.values[fine],
                minlength=other.size(link.other[1]),
            )  # fmt: skip
            one.values[link.one[1]][mine] = total[theirs]


def lend_ages(city: City, table: Family) -> None:
    """Write the clusters' age bands, which are always known, into the areas' table."""
    starts, spec = city.bands.start.to_numpy(), city.spec
    groups = {
        "cluster_top": start_of(starts, spec.area_top),
        "cluster_band": start_of(starts, spec.area_bands),
        "cluster_child": child_parts(starts, spec),
    }
    for level in [level.name for level in table.levels if level.name in groups]:
        key = city.bands.cluster.to_numpy() * 1000 + groups[level]
        own, place = np.unique(key, return_inverse=True)
        persons = np.bincount(place.ravel(), city.bands.persons)
        cells = table.cells(level)
        asked = cells.cluster.to_numpy() * 1000 + cells.iloc[:, 1].to_numpy()
        at = np.minimum(np.searchsorted(own, asked), len(own) - 1)
        table.values[level] = np.where(own[at] == asked, persons[at], 0.0)
