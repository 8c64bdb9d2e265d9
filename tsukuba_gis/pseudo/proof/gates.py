"""Hard conditions: what must hold of every pseudo table, counted afresh from the table itself.

The counting shares no code with the generator: the columns are read as text
from the finished table (:mod:`~tsukuba_gis.pseudo.proof.labels`), and compared
with the files that the officer saw (:mod:`~tsukuba_gis.pseudo.proof.recount`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from tsukuba_gis.pseudo.proof.columns import AGED, YOUNG, present
from tsukuba_gis.pseudo.proof.metric import Metric, share_of
from tsukuba_gis.pseudo.proof.risk import codes
from tsukuba_gis.pseudo.proof.utility import sums_equal
from tsukuba_gis.records import LONLAT

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.zones import Zones

# Metres by which rounded degrees may lie beside their point.
_ROUNDING: Final = 0.01


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
    small, n = statistics.small_counts()
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


def households_coherent(frame: pd.DataFrame, spec: Spec, *, at_least: float = 1.0) -> Metric:
    """Return the share of households with one cluster, area, type, home and head.

    Institutions may have any number of heads, and so may all if there are none. Whoever has
    no household number is a household alone.
    """
    import pandas as pd

    if spec.household is None:
        return Metric(name="households_coherent", kind="gate", value=math.nan)
    columns = [spec.cluster, spec.area, spec.household_type, spec.lon, spec.lat]
    home = pd.factorize(frame[spec.household])[0].astype(np.int64)
    lonely = np.flatnonzero(home < 0)
    home[lonely] = len(home) + np.arange(len(lonely))
    groups = frame.groupby(home, sort=False)
    present = [column for column in columns if column]
    fine = (groups[present].nunique(dropna=False) == 1).all(axis=1)
    # Where all bear the one relation, it does not say who leads a household.
    told = spec.relation is not None and frame[spec.relation].nunique(dropna=False) > 1
    if told and (frame[spec.relation] == spec.head).any():
        # An institution is many households of one; it may have any number of heads.
        heads = (frame[spec.relation] == spec.head).groupby(home, sort=False).sum()
        exempt = np.zeros(len(fine), dtype=bool)
        if spec.household_type:
            exempt = (groups[spec.household_type].first() == spec.institution).to_numpy()
        fine &= (heads == 1).to_numpy() | exempt
    return Metric(
        name="households_coherent",
        kind="gate",
        value=float(fine.mean()),
        at_least=at_least,
        n=len(fine),
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
