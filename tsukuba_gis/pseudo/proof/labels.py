"""The keys of the statistics file's tables, read again from finished records, as texts.

Shares no code with the generator: what is in the table is read as it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.pseudo.tables.city import (
    BROAD,
    LIVINGS,
    OLD,
    RARE,
    TEN,
    care_start,
    child_parts,
    read_members,
    start_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.statistics import Statistics

    Ints = NDArray[np.int64]


def labels_of(frame: pd.DataFrame, statistics: Statistics) -> pd.DataFrame:
    """Return, for each record, the text of every key that the file's tables use.

    One row a record, in its order; ``first`` is true for the first of each household.
    """
    import pandas as pd

    spec = statistics.spec
    columns = {
        "cluster": spec.cluster, "sex": spec.sex, "care": spec.care,
        "type": spec.household_type, "relation": spec.relation,
    }  # fmt: skip
    people = pd.DataFrame({key: _column(frame, column) for key, column in columns.items()})
    people["age"] = frame[spec.age].to_numpy(dtype=np.int64)
    people["severity"] = _texts(people.care, spec.severity)
    people["living"] = _texts(people.type, spec.living)
    people["certified"] = _flags(people.severity != "none")
    people["user"] = _flags(_users(frame, spec))
    start = _starts(people, statistics.tables["bands"])
    for name, values in _ages(start, spec).items():
        people[name] = _texts(values.astype(np.int64))
    if spec.area:
        area = _column(frame, spec.area)
        people["area"] = _area_codes(people.cluster, area, statistics.tables["areas"])
    household = (
        pd.Series(np.arange(len(frame))) if spec.household is None
        else frame[spec.household].reset_index(drop=True)
    )  # fmt: skip
    people["first"] = ~household.duplicated()
    people["heads"] = _heads(people, household, start, spec)
    if spec.household and "patterns" in statistics.tables:
        people["pattern"] = _patterns(people, household, statistics.tables["patterns"])
    return people


def _column(frame: pd.DataFrame, column: str | None) -> pd.Series[str]:
    """Return the texts of a column, "" where the register has none."""
    return _texts(np.full(len(frame), "", dtype=object) if column is None else frame[column])


def _flags(values: Any) -> pd.Series[str]:
    """Return "1" where something holds, else "0"."""
    return _texts(np.asarray(values).astype(np.int64))


def _users(frame: pd.DataFrame, spec: Spec) -> NDArray[np.bool_]:
    """Tell who has an amount in any column that is summed."""
    amounts = [frame[c].to_numpy(dtype=float, na_value=0.0) > 0 for c in spec.sums]
    return np.any(amounts, axis=0) if amounts else np.zeros(len(frame), dtype=bool)


def _ages(start: Ints, spec: Spec) -> dict[str, NDArray[Any]]:
    """Return every age group that the tables use, from the start of each person's band."""
    care = care_start(start, spec)
    return {
        "start": start, "old": start >= OLD, "group": start_of(care, spec.group_starts),
        "ten": start_of(start, TEN), "broad": start_of(start, BROAD),
        "band": start_of(start, spec.area_bands), "top": start_of(start, spec.area_top),
        "child": child_parts(start, spec), "care_start": care,
    }  # fmt: skip


def _texts(column: Any, text: Callable[[str], str] = str) -> pd.Series[str]:
    """Return the text of each value as a category: made once a value, not once a person.

    A missing value is "".
    """
    import pandas as pd

    code, values = pd.factorize(column)
    texts = np.array([*(text(str(value)) for value in values), ""], dtype=object)
    names = pd.Index(sorted(set(texts)))
    return pd.Series(pd.Categorical.from_codes(names.get_indexer(texts)[code], categories=names))


def _starts(people: pd.DataFrame, bands: pd.DataFrame) -> Ints:
    """Return the first age of the published band that each person is in."""
    start = np.full(len(people), -1, dtype=np.int64)
    groups = people.groupby(["cluster", "sex"], sort=False, observed=True).indices
    for key, part in bands.groupby(["cluster", "sex"], sort=False):
        rows = groups.get(key, np.zeros(0, dtype=np.int64))
        line = np.sort(part.start.to_numpy(np.int64))
        place = np.searchsorted(line, people.age.to_numpy()[rows], side="right") - 1
        start[rows] = np.where(place >= 0, line[np.maximum(place, 0)], -1)
    return start


def _area_codes(
    cluster: pd.Series[str], area: pd.Series[str], table: pd.DataFrame
) -> pd.Series[str]:
    import pandas as pd

    rows = {key: str(row) for row, key in enumerate(zip(table.cluster, table.area, strict=True))}
    first, clusters = pd.factorize(cluster)
    second, areas = pd.factorize(area)
    # Each pair of names is looked up once, not once a person.
    pairs, place = np.unique(first * (len(areas) + 1) + second, return_inverse=True)
    found = [rows.get((clusters[p // (len(areas) + 1)], areas[p % (len(areas) + 1)]), "")
             for p in pairs]  # fmt: skip
    return _texts(np.array(found, dtype=object)[place.ravel()])


def _heads(
    people: pd.DataFrame, household: pd.Series[str], start: Ints, spec: Spec
) -> pd.Series[str]:
    """Return how each person's household is headed: see the table of households by head."""
    old = (people.relation == spec.head) & (start >= OLD)
    alone = old & (people.living == LIVINGS[0])
    place = (old.astype(int) + alone.astype(int)).groupby(household, sort=False).transform("max")
    return _texts(place.map({0: "younger", 1: "headed_65", 2: "alone_65"}))


def _patterns(
    people: pd.DataFrame, household: pd.Series[str], table: pd.DataFrame
) -> pd.Series[str]:
    """Return the row of each person's household pattern; not listed: its type's pool."""
    import pandas as pd

    homes, first, number = np.unique(
        household.to_numpy(), return_index=True, return_inverse=True
    )  # fmt: skip
    relation, relations = pd.factorize(people.relation, sort=True)
    members = np.zeros((len(homes), len(relations)), dtype=np.int64)
    np.add.at(members, (number, relation), 1)
    kind, kinds = pd.factorize(people.type.to_numpy()[first])
    # Few households differ from all others: each kind of them is spelt once.
    alike, which = np.unique(np.column_stack([kind, members]), axis=0, return_inverse=True)
    spelt = [
        (kinds[row[0]], frozenset(
            (name, int(count)) for name, count in zip(relations, row[1:], strict=True) if count
        ))
        for row in alike
    ]  # fmt: skip
    listed = {
        (kind, frozenset(read_members(members).items())): str(row)
        for row, (kind, state, members) in enumerate(
            zip(table.type, table.kind, table.members.fillna(""), strict=True)
        )
        if state != RARE
    }
    rare = {
        kind: str(row) for row, (kind, state) in enumerate(zip(table.type, table.kind, strict=True))
        if state == RARE
    }  # fmt: skip
    place = np.array([listed.get(one, rare.get(one[0], "")) for one in spelt], dtype=object)
    return _texts(place[which.ravel()[number.ravel()]])
