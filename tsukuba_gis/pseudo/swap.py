"""Swap: real values change places inside cells, under a secret key; for use inside the office.

The other way to pseudo records (:mod:`~tsukuba_gis.pseudo.generate`) invents
people from safe statistics. Here every value is a resident's, and stands beside
other residents' values: counts and sums of the cells are exact, small ones too,
which is also the leak. Whoever holds the key can put every value back, so that
key and record of the run are restoring information (加工方法等情報).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.messages import LANGUAGES, text
from tsukuba_gis.pseudo.keys import require_secret, stream
from tsukuba_gis.pseudo.making.rows import numbered, typed
from tsukuba_gis.pseudo.strata import joined_labels, labels_of, merged, near, turned, windows
from tsukuba_gis.pseudo.tables.city import OLD
from tsukuba_gis.pseudo.tally import joined, tally
from tsukuba_gis.records import Records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.spec import Spec

    Ints = NDArray[np.int64]

# People among whom care levels and check-ups move, at least. Among few a value finds its own
# person's likeness again: at k = 10 the guess at a resident's care level is 1.6 points better.
CELL: Final = 200
# Ages, amounts and places move among a quarter as many: they tell less, and more hangs on them
# (age gaps in a household, what care costs).
_QUARTER: Final = 4


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Swapped:
    """Records whose values have changed places, and where each of them came from.

    Parameters
    ----------
    records
        The register's kind (real people's values stay confidential), its
        columns and dtypes; numbers of persons and households are new.
    origins
        Part of a record → for each row the position of the register's row that
        it came from: ``person`` (household, sex, relation), ``age``, ``care``,
        ``amounts``, ``place``, and each check-up column. **Restoring
        information**: never leaves the office.
    cells
        One row a part: ``part``, ``columns``, ``cells``, ``smallest``, ``thin``
        (rows in cells of fewer than k, which hide little), ``unmoved`` (rows
        alone in their cell).
    cell
        People among whom care levels moved, at least, where the coarsest cells held as many.
    """

    records: Records
    origins: Mapping[str, Ints] = field(repr=False)
    cells: pd.DataFrame = field(repr=False)
    cell: int = CELL

    def record(self, spec: Spec) -> dict[str, Any]:
        """Return the run record: what was swapped inside what, and how it must be kept."""
        from tsukuba_gis import __version__

        return {
            "mode": "swap",
            "version": __version__,
            "notice": {lang: text("swap_notice", lang) for lang in LANGUAGES},
            "restoring_information": {lang: text("swap_restoring", lang) for lang in LANGUAGES},
            "leak": {lang: text("swap_leak", lang, k=spec.k) for lang in LANGUAGES},
            "technique": {lang: text("technique_swap", lang) for lang in LANGUAGES},
            "persons": len(self.records),
            "cell": self.cell,
            "spec": spec.to_dict(),
            "cells": self.cells.to_dict(orient="records"),
        }


def swap(records: Records, spec: Spec, *, key: str | bytes, cell: int = CELL) -> Swapped:
    """Let values change places inside cells, so that nobody keeps a whole record.

    Five parts move one after the other, each round a random circle inside its
    cell, so that nobody alone in a circle of two or more keeps it:

    1. the age in years, among people of one cluster and sex, as far as possible
       of one five-year age and relation;
    2. care level with amounts, of one cluster and 0–10, 11–64 or 65+, as far as
       possible of one sex, five-year age and way of living;
    3. the amounts alone, of one cluster, care level and age group;
    4. check-ups together, to people whose amount is near that of those who had
       them, so that the two still go together; then each among near ranks
       (rank swapping);
    5. the place (area and home point), among households of one cluster and
       size, as far as possible of one type with as many young and old members.

    A cell of fewer than ``cell`` people (of a quarter of them, for ages, amounts and
    places) joins its neighbours, so that exactness is given up before the person is;
    what is exact in all cases is listed in
    :func:`tsukuba_gis.pseudo.proof.gates.swapped_kept`.

    Parameters
    ----------
    records
        The register. The order of its rows does not matter.
    spec
        Which column plays which part, and k.
    key
        The secret. Long and random: a key that can be guessed is the inverse
        of the swap in everybody's hands, and is refused.
    cell
        People among whom care levels and check-ups move, at least; ages, amounts and
        places (of households) among a quarter as many; never fewer than k. Fewer keep
        more tables exact, and let more be guessed.

    Returns
    -------
    Swapped
        The same register and key give the same table, another key another one.
        Missing values move like any other.

    Raises
    ------
    InputError
        If the key can be guessed, or the register cannot be used.
    DisclosureError
        If a cluster has fewer than k people: there is nobody to change with.

    References
    ----------
    Data swapping: Dalenius and Reiss 1982, doi:10.1016/0378-3758(82)90058-1;
    rank swapping: Moore 1996, US Census Bureau RR96/04.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsukuba_gis.pseudo.spec import Spec
    >>> frame = pd.DataFrame({"district": ["a"] * 40, "age": [30, 70] * 20,
    ...                       "cost": [float(i) for i in range(40)]})
    >>> spec = Spec(cluster="district", sex=None, sums=("cost",))
    >>> key = "f3b1 c0de 9a77 0e5d 41aa"
    >>> made = swap(Records(frame=frame, kind="invented"), spec, key=key).records.frame
    >>> made.groupby("age")["cost"].sum().tolist() == frame.groupby("age")["cost"].sum().tolist()
    True
    """
    require_secret(key)
    spec = spec.resolve(str(column) for column in records.frame.columns)
    frame, order = _ordered(records.frame, spec)
    made, labels, cell = frame.copy(), labels_of(frame, spec), max(cell, spec.k)
    origins = {"person": np.arange(len(frame), dtype=np.int64)}
    told = []
    for part, columns, tiers in _plan(spec):
        if part == "amounts":  # they move inside the care band that has moved
            labels = labels_of(made.assign(**{spec.age: frame[spec.age]}), spec)
        least = cell if part in ("care", "checkups") else max(cell // _QUARTER, spec.k)
        inside = merged([joined_labels(labels, tier) for tier in tiers], least)
        rng = stream(key, "swap", part)
        source = (
            _beside_amounts(frame, made, inside, spec, rng) if part == "checkups"
            else turned(inside, rng)
        )  # fmt: skip
        told.append((part, columns, inside))
        _take(made, columns, source)
        origins[part] = origins.get(part, origins["person"])[source]
        if part == "care":
            origins["amounts"] = source
    for column in _checkups(spec):
        alike = near(made[column], joined_labels(labels, ("cluster", "sex", "group")), spec.k)
        source = turned(alike, stream(key, "swap rank", column))
        _take(made, (column,), source)
        origins[column] = origins["checkups"][source]
        told.append((f"rank:{column}", (column,), alike))
    source, inside = _places(frame, labels, spec, key, max(cell // _QUARTER, spec.k))
    columns = tuple(c for c in (spec.area, *spec.carried, spec.lon, spec.lat) if c)
    _take(made, columns, source)
    if columns:
        origins["place"] = source
        told.append(("place", columns, inside))
    made, rows = _dealt(made, spec, key)
    return Swapped(
        records=Records(frame=made, kind=records.kind, source=f"swapped {records.source}"),
        origins={part: order[place[rows]] for part, place in origins.items()},
        cells=_told(told, spec.k), cell=cell,
    )  # fmt: skip


def _ordered(frame: pd.DataFrame, spec: Spec) -> tuple[pd.DataFrame, Ints]:
    """Return the register in an order of its own, and which row each was; refuse a faulty one."""
    joined([tally(frame, spec)])  # the same faults of a register as in measuring
    order = _canonical(frame, spec)
    ordered = frame.iloc[order].reset_index(drop=True)
    if ordered[spec.cluster].value_counts().min() < spec.k:
        raise DisclosureError("swap_cluster_small", column=spec.cluster, k=spec.k)
    return ordered, order


def _take(made: pd.DataFrame, columns: tuple[str, ...], source: Ints) -> None:
    """Give every row the values of another one."""
    for column in columns:
        made[column] = made[column].array.take(source)


# ---- cells ---------------------------------------------------------------------------------------


def _plan(spec: Spec) -> list[tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...]]]:
    """Return the parts that persons exchange: name, columns, cells from fine to coarse."""
    amounts = tuple(dict.fromkeys(spec.sums))
    care = (spec.care,) if spec.care else ()
    people = (
        ("cluster", "sex", "five", "living"), ("cluster", "sex", "five"),
        ("cluster", "sex", "group"), ("cluster", "sex", "top"), ("cluster", "top"),
    )  # fmt: skip
    of_care = (
        ("cluster", "group", "care", "user"), ("cluster", "top", "care", "user"),
        ("cluster", "top", "severity", "user"), ("cluster", "top", "severity"),
    )  # fmt: skip
    ages = (
        ("cluster", "sex", "five", "relation"), ("cluster", "sex", "five"),
        ("cluster", "sex", "group"), ("cluster", "sex", "top"),
    )  # fmt: skip
    plan = [
        ("age", (spec.age,), ages),
        ("care", (*care, *amounts) if care else (), people),
        ("amounts", amounts, of_care if care else people),
        ("checkups", _checkups(spec), people),
    ]
    return [part for part in plan if part[1]]


def _checkups(spec: Spec) -> tuple[str, ...]:
    return tuple(column for column in spec.numeric if column not in spec.sums)


def _beside_amounts(
    before: pd.DataFrame, after: pd.DataFrame, cell: Ints, spec: Spec, rng: np.random.Generator
) -> Ints:
    """Return, for each row, a row of its cell that had about the amount that it has now."""
    if not spec.sums:
        return turned(cell, rng)
    had, has = (
        np.lexsort((
            rng.random(len(cell)), f[spec.sums[-1]].to_numpy(dtype=float, na_value=0.0), cell
        ))
        for f in (before, after)
    )  # fmt: skip
    source = np.empty(len(cell), dtype=np.int64)
    source[has] = had[turned(windows(cell[had], spec.k), rng)]
    return source


# ---- moving --------------------------------------------------------------------------------------


def _places(
    frame: pd.DataFrame, labels: Mapping[str, Ints], spec: Spec, key: str | bytes, least: int
) -> tuple[Ints, Ints]:
    """Return for each person the row whose place they take, and the cell of each household."""
    import pandas as pd

    # Members in several areas (an error of the register) take places apart.
    together = {"home": _homes(frame, spec), "cluster": labels["cluster"]}
    if spec.area:
        together["area"] = pd.factorize(frame[spec.area], use_na_sentinel=False)[0]
    home = joined_labels(together, tuple(together))
    first = np.unique(home, return_index=True)[1]
    old = np.bincount(home, frame[spec.age].to_numpy(dtype=float) >= OLD).astype(np.int64)
    young = np.bincount(home, labels["top"] == 0).astype(np.int64)
    of_home = {
        "cluster": labels["cluster"][first], "type": labels["type"][first],
        "size": np.bincount(home), "old": old, "young": young,
    }  # fmt: skip
    tiers = (
        ("cluster", "size", "type", "old", "young"), ("cluster", "size", "type"),
        ("cluster", "size"),
    )  # fmt: skip
    cell = merged([joined_labels(of_home, tier) for tier in tiers], least)
    taken = turned(cell, stream(key, "swap", "place"))
    return first[taken][home], cell


def _homes(frame: pd.DataFrame, spec: Spec) -> Ints:
    """Return the household of each row; a row without a number is its own."""
    import pandas as pd

    if spec.household is None:
        return np.arange(len(frame), dtype=np.int64)
    code = pd.factorize(frame[spec.household])[0].astype(np.int64)
    alone = code < 0
    code[alone] = code.max(initial=-1) + 1 + np.arange(int(alone.sum()))
    return np.unique(code, return_inverse=True)[1].ravel()


def _canonical(frame: pd.DataFrame, spec: Spec) -> Ints:
    """Return an order of the rows that does not depend on how they came."""
    columns = list(spec.columns)
    if spec.person is not None and frame[spec.person].is_unique:
        columns = [spec.person]
    text = frame[[c for c in columns if c in frame]].astype(str)
    ordered = text.reset_index(drop=True).sort_values(list(text.columns), kind="stable")
    return np.asarray(ordered.index, dtype=np.int64)


def _dealt(frame: pd.DataFrame, spec: Spec, key: str | bytes) -> tuple[pd.DataFrame, Ints]:
    """Return the table with new numbers in a new order, and the rows it was dealt from."""
    rng = stream(key, "swap", "order")
    home = _homes(frame, spec)
    new = rng.permutation(int(home.max(initial=-1)) + 1)[home]
    rows = np.lexsort((rng.random(len(frame)), new))
    kept = [column for column in frame.columns if column in set(spec.columns)]
    made = frame.iloc[rows][kept].reset_index(drop=True)
    for column, letter, number in (
        (spec.person, "P", np.arange(1, len(frame) + 1)), (spec.household, "H", new[rows] + 1)
    ):  # fmt: skip
        if column is not None:
            dtype = str(frame[column].dtype)
            made[column] = typed(numbered(letter, number, dtype), dtype)
    return made, rows


def _told(parts: Sequence[tuple[str, tuple[str, ...], Ints]], k: int) -> pd.DataFrame:
    """Return the cells of each part in numbers."""
    import pandas as pd

    rows = []
    for part, columns, cell in parts:
        size = np.bincount(cell)
        # Missing values have no rank: they are alone, and have nothing to hide.
        size = size[size > (1 if part.startswith("rank:") else 0)]
        rows.append(
            (
                part, ",".join(columns), len(size), int(size.min()) if len(size) else 0,
                int(size[size < k].sum()), int((size == 1).sum()),
            )
        )  # fmt: skip
    names = ["part", "columns", "cells", "smallest", "thin", "unmoved"]
    return pd.DataFrame(rows, columns=names)
