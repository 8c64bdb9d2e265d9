"""Records: a table of persons, and whether they are real, pseudo or invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

RecordKind = Literal["reference", "pseudo", "invented"]

# Geographic CRS of the columns lon and lat: JGD2011, the datum of Japan since 2011.
LONLAT = "EPSG:6668"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Records:
    """Persons, one row each.

    Parameters
    ----------
    frame
        Columns are named by role (see :mod:`tsukuba_gis.schema`): ``age``,
        ``sex``, ``household_id``, ``care_level``, ``lon`` … Columns without a
        role are kept as they came. Missing values are NA.
    kind
        ``"reference"``: real people, confidential. ``"pseudo"``: made from a
        register so that counts per cluster equal the real ones; nobody in it
        exists. ``"invented"``: made from published figures only. The kinds are
        never mixed in one table.
    source
        Name shown in reports: a file name, never a path.

    Notes
    -----
    ``repr`` shows the size only, so that people never reach a log.
    """

    frame: pd.DataFrame = field(repr=False)
    kind: RecordKind
    source: str = ""

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return f"Records({len(self.frame):,} persons, kind={self.kind!r}, source={self.source!r})"

    @property
    def points(self) -> gpd.GeoSeries:
        """Home points in JGD2011 degrees (EPSG:6668); None where a coordinate is missing."""
        import geopandas as gpd
        import shapely

        points = np.full(len(self.frame), None, dtype=object)
        if not {"lon", "lat"} <= set(self.frame.columns):
            return gpd.GeoSeries(points, index=self.frame.index, crs=LONLAT)
        lon = self.frame["lon"].to_numpy(dtype=float, na_value=np.nan)
        lat = self.frame["lat"].to_numpy(dtype=float, na_value=np.nan)
        known = np.isfinite(lon) & np.isfinite(lat)
        points[known] = shapely.points(lon[known], lat[known])
        return gpd.GeoSeries(points, index=self.frame.index, crs=LONLAT)
