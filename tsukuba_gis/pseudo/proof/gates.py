"""Hard conditions: what must hold of every pseudo table, counted afresh from the table itself.

The counting here shares no code with the generator: the columns are read as
text from the finished table, and compared with the files that the officer saw.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from tsukuba_gis.pseudo.city import BROAD, LIVINGS, OLD, RARE, TEN, care_start, start_of
from tsukuba_gis.pseudo.making.check import EXACT
from tsukuba_gis.pseudo.proof.columns import AGED, YOUNG, present
from tsukuba_gis.pseudo.proof.metric import Metric, share_of
from tsukuba_gis.pseudo.proof.risk import codes
from tsukuba_gis.pseudo.proof.utility import sums_equal
from tsukuba_gis.pseudo.written import families
from tsukuba_gis.records import LONLAT

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.zones import Zones

    Ints = NDArray[np.int64]

# Tables whose cells are met by construction; in the others a cell may be demoted.
_EXACT: Final = EXACT | {"bands", "sums"}
# Metres by which rounded degrees may lie beside their point.
_ROUNDING: Final = 0.01
# Keys of the tables that the package makes itself.
_MADE: Final = ("severity", "living", "heads", "user", "pattern", "certified")
# Columns of the statistics file that count persons or households.
_COUNTS: Final = ("count", "persons", "households")


def recount(frame: pd.DataFrame, statistics: Statistics) -> pd.DataFrame:
    """Count the pseudo records again, cell by cell of the statistics file.

    Parameters
    ----------
    frame
        The pseudo records.
    statistics
        The statistics file.

    Returns
    -------
    DataFrame
        One row a table and level: ``table``, ``level``, ``columns`` (the
        register's, and the package's own with ~, by commas), ``role`` (``exact``:
        claimed to be kept; ``aimed``: aimed at, cells that are missed count as
        modelled; ``profile``: sums over clusters that only shape what is
        invented), ``cells`` (all), ``declared`` (cells in the file), ``kept``
        (those whose count or sum is the same), ``persons`` or households in
        declared cells.
    """
    import pandas as pd

    people = _labels(frame, statistics)
    bands = _kept(people, statistics.tables["bands"], ["cluster", "sex", "start"])
    rows = [("bands", "", "cluster,sex,start", "exact", bands[0], *bands)]
    _, built = families(statistics)
    for name, table in built.items():
        who = people.assign(start=people.care_start) if name == "care" else people
        who = who[who.old == "1"] if name == "living" else who
        who = who[who["first"]] if table.unit == "households" else who
        for level in table.levels:
            cells = statistics.tables[name]
            cells = cells[cells.level == level.name]
            if len(cells):
                kept = _kept(who, cells, list(level.columns))
                role = "exact" if name in _EXACT else "aimed"
                role = "profile" if level.role == "profile" else role
                columns = ",".join(level.columns)
                rows.append((name, level.name, columns, role, table.size(level.name), *kept))
    rows += _sums(frame, people, statistics)
    rows += _areas(people, statistics)
    names = ["table", "level", "columns", "role", "cells", "declared", "kept", "persons"]
    counted = pd.DataFrame(rows, columns=names)
    own = _own_names(statistics.spec)
    counted["columns"] = [
        ",".join(own[key] or "" for key in columns.split(",") if own[key])
        for columns in counted["columns"]
    ]
    return counted


def declared_kept(counted: pd.DataFrame) -> Metric:
    """Return the share of cells claimed exact that the pseudo records keep: must be all."""
    return _share_kept("declared_kept", counted[counted.role == "exact"], at_least=1.0)


def aimed_kept(counted: pd.DataFrame) -> Metric:
    """Return the share of cells only aimed at that are kept."""
    return _share_kept("aimed_kept", counted[counted.role == "aimed"], at_least=0.99)


def _share_kept(
    name: Literal["declared_kept", "aimed_kept"], counted: pd.DataFrame, *, at_least: float
) -> Metric:
    declared, kept = int(counted.declared.sum()), int(counted.kept.sum())
    return Metric(
        name=name, kind="gate" if name == "declared_kept" else "utility",
        **share_of(kept, declared), at_least=at_least, n=declared,
        parts={"kept": float(kept), "declared": float(declared)},
    )  # fmt: skip


def small_published(statistics: Statistics) -> Metric:
    """Return the number of published counts in 1 … k − 1: must be none."""
    small = n = 0
    for table in statistics.tables.values():
        for column in _COUNTS:
            if column in table:
                values = table[column].to_numpy(dtype=float)
                small += int(((values >= 1) & (values < statistics.spec.k)).sum())
                n += len(values)
    return Metric(name="small_published", kind="gate", value=float(small), at_most=0.0, n=n)


def audited(statistics: Statistics) -> Metric:
    """Return 1 if the audit passed on exactly these tables, 0 if not."""
    return Metric(
        name="audited", kind="gate", value=float(statistics.audited), at_least=1.0,
        n=statistics.counts,
    )  # fmt: skip


def audit_narrow(statistics: Statistics) -> Metric:
    """Return how many unpublished small counts the audit could narrow down: must be none."""
    found = statistics.audit.get("narrower_than_half_k", math.nan)
    return Metric(
        name="audit_narrow", kind="gate", value=float(found), at_most=0.0,
        n=int(statistics.audit.get("hidden_open", 0)),
    )  # fmt: skip


def households_coherent(frame: pd.DataFrame, spec: Spec) -> Metric:
    """Return the share of households with one cluster, area, type, home and head.

    Institutions may have any number of heads, and so may all if there are none.
    """
    if spec.household is None:
        return Metric(name="households_coherent", kind="gate", value=math.nan)
    columns = [spec.cluster, spec.area, spec.household_type, spec.lon, spec.lat]
    groups = frame.groupby(spec.household, sort=False)
    present = [column for column in columns if column]
    fine = (groups[present].nunique(dropna=False) == 1).all(axis=1)
    if spec.relation and (frame[spec.relation] == spec.head).any():
        # An institution is many households of one; it may have any number of heads.
        heads = (frame[spec.relation] == spec.head).groupby(frame[spec.household], sort=False).sum()
        exempt = np.zeros(len(fine), dtype=bool)
        if spec.household_type:
            exempt = (groups[spec.household_type].first() == spec.institution).to_numpy()
        fine &= (heads == 1).to_numpy() | exempt
    return Metric(
        name="households_coherent", kind="gate", value=float(fine.mean()), at_least=1.0, n=len(fine)
    )


def swapped_kept(real: pd.DataFrame, fake: pd.DataFrame, spec: Spec) -> Metric:
    """Return the share of cells kept that swapping keeps in all cases: must be all.

    Of the register and the swapped records as they are compared (see
    :mod:`tsukuba_gis.pseudo.proof.columns`): cluster × sex × age in years; cluster ×
    0–10, 11–64, 65+ × care level, and the sums; cluster × household type ×
    relation × sex; persons by area and cluster.
    """
    broad = (spec.cluster, AGED, YOUNG)
    tables = (
        (spec.cluster, spec.sex, spec.age), (*broad, spec.care),
        (spec.cluster, spec.household_type, spec.relation, spec.sex), (spec.cluster, spec.area),
    )  # fmt: skip
    cells = kept = 0
    for table in tables:
        own, other = codes([real, fake], present(real, *table))
        size = max(own.max(initial=-1), other.max(initial=-1)) + 1
        same = np.bincount(own, minlength=size) == np.bincount(other, minlength=size)
        cells, kept = cells + len(same), kept + int(same.sum())
    for column in spec.sums:
        sums = sums_equal(real, fake, by=broad, column=column)
        cells, kept = cells + sums.n, kept + round(sums.value * sums.n)
    return Metric(
        name="declared_kept", kind="gate", **share_of(kept, cells), at_least=1.0, n=cells,
        parts={"kept": float(kept), "declared": float(cells)},
    )  # fmt: skip


def inside_area(frame: pd.DataFrame, spec: Spec, zones: Zones | None) -> Metric:
    """Return the share of home points inside the polygon of their own area: must be all.

    Of the records with a point whose area is among the zones, by id or name. A
    point on the border may be written 1 cm outside: degrees are rounded.
    """
    import pyproj
    import shapely

    if zones is None or spec.area is None or spec.lon is None or spec.lat is None:
        return Metric(name="inside_area", kind="gate", value=math.nan)
    lon, lat = (frame[c].to_numpy(dtype=float, na_value=np.nan) for c in (spec.lon, spec.lat))
    names = dict(zip(zones.names, zones.ids, strict=True)) | {zone: zone for zone in zones.ids}
    zone = frame[spec.area].astype(str).map(names)
    asked = np.flatnonzero(np.isfinite(lon) & zone.notna().to_numpy())
    to_plane = pyproj.Transformer.from_crs(LONLAT, zones.frame.crs, always_xy=True)
    points = shapely.points(*to_plane.transform(lon[asked], lat[asked]))
    polygons = np.asarray(zones.frame.geometry.loc[zone.iloc[asked]])
    shapely.prepare(polygons)
    inside = shapely.dwithin(polygons, points, _ROUNDING)
    return Metric(
        name="inside_area", kind="gate", value=float(inside.mean()) if len(inside) else math.nan,
        at_least=1.0, n=len(inside),
    )  # fmt: skip


def same_columns(frame: pd.DataFrame, statistics: Statistics) -> Metric:
    """Return the share of columns that have the name and type that the register had."""
    fine = [
        column in frame.columns and str(frame[column].dtype) == dtype
        for column, dtype in statistics.columns.items()
    ]
    return Metric(
        name="same_columns", kind="gate", value=float(np.mean(fine)), at_least=1.0, n=len(fine)
    )


def _kept(people: pd.DataFrame, cells: pd.DataFrame, keys: list[str]) -> tuple[int, int, int]:
    """Return declared cells, kept cells, and the persons declared."""
    figure = next(name for name in ("amount", *_COUNTS) if name in cells)
    groups = people.groupby(keys, sort=False, observed=True)
    counted = groups["amount"].sum() if figure == "amount" else groups.size()
    counted.index = _plain(counted.index)
    asked = cells.set_index([cells[key].astype(str) for key in keys])[figure]
    found = counted.reindex(asked.index, fill_value=0).to_numpy(dtype=float)
    same = np.isclose(found, asked.to_numpy(dtype=float), rtol=0, atol=1e-6)
    return len(asked), int(same.sum()), int(asked.sum()) if figure != "amount" else 0


def _plain(index: pd.Index) -> pd.Index:
    """Return the keys of groups as texts."""
    import pandas as pd

    if not isinstance(index, pd.MultiIndex):
        return index.astype(str)
    return index.set_levels([level.astype(str).to_list() for level in index.levels])


def _sums(
    frame: pd.DataFrame, people: pd.DataFrame, statistics: Statistics
) -> list[tuple[str, str, str, str, int, int, int, int]]:
    rows = []
    if "sums" not in statistics.tables:
        return []
    sums = statistics.tables["sums"]
    order = ("cluster", "broad", "severity")
    for depth in order:
        for column in statistics.spec.sums:
            part = sums[(sums.level == depth) & (sums.column == column)]
            part = part.rename(columns={"total": "amount"})
            who = people.assign(amount=frame[column].to_numpy(dtype=float, na_value=0.0))
            declared, kept, _ = _kept(who, part, list(order[: order.index(depth) + 1]))
            keys = ",".join((*order[: order.index(depth) + 1], "amount:" + column))
            rows.append(("sums", f"{depth}:{column}", keys, "exact", declared, declared, kept, 0))
    return rows


def _areas(
    people: pd.DataFrame, statistics: Statistics
) -> list[tuple[str, str, str, str, int, int, int, int]]:
    if statistics.spec.area is None:
        return []
    table = statistics.tables["areas"]
    rows = []
    for unit, who in (("persons", people), ("households", people[people["first"]])):
        cells = table[[unit]].assign(area=[str(row) for row in range(len(table))])
        rows.append(("areas", unit, "area", "aimed", len(cells), *_kept(who, cells, ["area"])))
    return rows


def _own_names(spec: Spec) -> dict[str, str | None]:
    """Return the register's name, or the package's, of each key of the tables."""
    return {
        "cluster": spec.cluster, "area": spec.area, "sex": spec.sex, "care": spec.care,
        "type": spec.household_type, "relation": spec.relation, "start": "~age5",
        "ten": "~age10", "old": "~65plus",
        **dict.fromkeys(("group", "broad", "band", "top"), "~band"),
        **{f"amount:{column}": column for column in spec.sums},
        **{key: f"~{key}" for key in _MADE},
    }  # fmt: skip


def _labels(frame: pd.DataFrame, statistics: Statistics) -> pd.DataFrame:
    """Return, for each record, the text of every key that the file's tables use."""
    # Long: a table of keys, one after the other.
    import pandas as pd

    spec = statistics.spec
    n = len(frame)

    def text(column: str | None) -> pd.Series[str]:
        return _texts(np.full(n, "", dtype=object) if column is None else frame[column])

    age = frame[spec.age].to_numpy(dtype=np.int64)
    people = pd.DataFrame(
        {
            "cluster": text(spec.cluster), "sex": text(spec.sex), "care": text(spec.care),
            "type": text(spec.household_type), "relation": text(spec.relation), "age": age,
        }
    )  # fmt: skip
    start = _starts(people, statistics.tables["bands"])
    household = (
        pd.Series(np.arange(n)) if spec.household is None
        else frame[spec.household].reset_index(drop=True)
    )  # fmt: skip
    people["first"] = ~household.duplicated()
    people["severity"] = _texts(people.care, spec.severity)
    people["living"] = _texts(people.type, spec.living)
    care = care_start(start, spec)
    bands = {
        "start": start, "old": start >= OLD, "group": start_of(care, spec.group_starts),
        "ten": start_of(start, TEN), "broad": start_of(start, BROAD),
        "band": start_of(start, spec.area_bands), "top": start_of(start, spec.area_top),
        "certified": people.severity != "none", "care_start": care,
    }  # fmt: skip
    for name, values in bands.items():
        people[name] = _texts(np.asarray(values).astype(np.int64))
    amounts = [frame[c].to_numpy(dtype=float, na_value=0.0) > 0 for c in spec.sums]
    user = np.any(amounts, axis=0) if amounts else np.zeros(n, dtype=bool)
    people["user"] = _texts(user.astype(np.int64))
    if spec.area:
        people["area"] = _area_codes(people.cluster, text(spec.area), statistics.tables["areas"])
    people["heads"] = _heads(people, household, start, spec)
    if spec.household and "patterns" in statistics.tables:
        people["pattern"] = _patterns(people, household, statistics.tables["patterns"])
    return people


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
        (kinds[row[0]], "|".join(sorted(
            f"{name}:{count}" for name, count in zip(relations, row[1:], strict=True) if count
        )))
        for row in alike
    ]  # fmt: skip
    listed = {
        (kind, "|".join(sorted(members.split("|")))): str(row)
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
