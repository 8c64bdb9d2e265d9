"""Households of a register: their patterns, sizes and age gaps, pooled where they are rare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.pseudo.counts import distinct
from tsukuba_gis.pseudo.measuring.numbers.quantiles import without_ends
from tsukuba_gis.pseudo.tables.city import RARE, spelt_members

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.measuring.people import People
    from tsukuba_gis.pseudo.tables.city import City

    Ints = NDArray[Any]


def patterns_of(people: People) -> tuple[Ints, pd.DataFrame, Ints, list[str]]:
    """Return each household's pattern, the patterns, their members, and their spelling.

    A pattern is a household type with the number of members in each relation.
    Those of fewer than k households in the city are pooled, one pool a type.
    """
    import pandas as pd

    relations = people.codes["relation"]
    span = len(relations)
    counts = np.bincount(
        people.household * span + people.relation, minlength=people.households * span
    ).reshape(-1, span)
    types = people.type[people.first]
    rows, inverse, number = distinct(np.column_stack([types, counts]))
    if people.merges.get("households_divided"):  # the parts of a crowd are one household
        whole = distinct(np.column_stack([inverse, people.undivided[people.first]]))[0][:, 0]
        number = np.bincount(whole, minlength=len(rows))
    common = number >= people.spec.k
    n_types = len(people.codes["type"])
    place = np.where(common, np.cumsum(common) - 1, common.sum() + rows[:, 0])
    kinds = np.concatenate([rows[common, 0], np.arange(n_types)])
    members = np.vstack([rows[common, 1:], np.zeros((n_types, span), dtype=np.int64)])
    rare = np.arange(len(kinds)) >= common.sum()
    spelt = [
        spelt_members((relations[r], int(n)) for r, n in enumerate(row) if n) for row in members
    ]
    return (
        place[inverse],
        pd.DataFrame({"type": kinds, "rare": rare}),
        members,
        spelt,
    )


def pattern_table(patterns: pd.DataFrame, spelt: list[str], types: tuple[str, ...]) -> Any:
    """Return the patterns as a table of the statistics file."""
    import pandas as pd

    names = [types[code] for code in patterns.type]
    kind = [RARE if rare else "listed" for rare in patterns.rare]
    return pd.DataFrame({"type": names, "kind": kind, "members": spelt})


def labelled_pairs(people: People) -> pd.DataFrame:
    """Return the pairs of household type and relation with their codes spelt out."""
    import pandas as pd

    types, relations = people.codes["type"], people.codes["relation"]
    return pd.DataFrame(
        {
            "type": [types[code] for code in people.pairs.type],
            "relation": [relations[code] for code in people.pairs.relation],
        }
    )


def mean_sizes(people: People, city: City, pattern: Ints) -> pd.DataFrame:
    """Return the mean size of rare households by type, where there are k of them.

    It is rounded to two digits, and to a step of at least 2k people in all. The two
    largest count as large as the third: how large they are is not told.
    """
    import pandas as pd

    size, k = np.bincount(people.household), people.spec.k
    whole = people.undivided[people.first]
    kinds, rare = city.patterns.type.to_numpy()[pattern], city.patterns.rare.to_numpy()[pattern]
    rows = []
    for kind, name in enumerate(city.codes["type"]):
        mine = rare & (kinds == kind)
        if len(np.unique(whole[mine])) >= k:
            own = without_ends(size[mine])
            step = 2 * k / len(own)
            mean = max(1.0, round(float(own.mean()) / step) * step)
            rows.append((name, float(f"{mean:.2g}")))
    return pd.DataFrame(rows, columns=["type", "mean_size"])


def age_gaps(people: People, city: City) -> pd.DataFrame:
    """Return mean and spread of the age gap to the head, by type and relation.

    Over at least ten times k pairs of k households, to a tenth of a year; the two
    largest gaps and the two smallest count as the third.
    """
    import pandas as pd

    if city.head < 0 or not people.spec.household:
        return pd.DataFrame(columns=["type", "relation", "mean", "sd"])
    head = np.full(people.households, -1)
    heads = np.flatnonzero(people.relation == city.head)
    head[people.household[heads]] = heads
    other = (people.relation != city.head) & (head[people.household] >= 0)
    mine = np.flatnonzero(other)
    gap = people.age[mine] - people.age[head[people.household[mine]]]
    frame = pd.DataFrame(
        {
            "type": people.type[mine], "relation": people.relation[mine], "gap": gap,
            "home": people.undivided[mine],
        }
    )  # fmt: skip
    rows = []
    for key, part in frame.groupby(["type", "relation"], sort=True):
        kind, relation = (int(str(code)) for code in np.atleast_1d(np.asarray(key)))
        if len(part) >= 10 * people.spec.k and part.home.nunique() >= people.spec.k:
            own = without_ends(part.gap.to_numpy(dtype=np.float64))
            rows.append(
                (
                    people.codes["type"][kind], people.codes["relation"][relation],
                    round(float(own.mean()), 1), round(float(own.std(ddof=1)), 1),
                )
            )  # fmt: skip
    return pd.DataFrame(rows, columns=["type", "relation", "mean", "sd"])
