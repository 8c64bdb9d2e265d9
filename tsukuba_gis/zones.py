"""Zones: polygons that divide a city, one row a zone, in metres."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tsukuba_gis.errors import CRSError, InputError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from tsukuba_gis.errors import Problem
    from tsukuba_gis.messages import Language

ZoneKind = Literal[
    "school_district", "elementary_district", "small_area", "ward", "former_municipality", "other"
]

# Origins of the 19 zones of the Japan Plane Rectangular CS (平面直角座標系,
# 国土交通省告示第9号, 2002); zone n on JGD2011 is EPSG:6668 + n.
_PLANE_ORIGINS = (
    (129.5, 33.0), (131.0, 33.0), (132 + 1 / 6, 36.0), (133.5, 33.0), (134 + 1 / 3, 36.0),
    (136.0, 36.0), (137 + 1 / 6, 36.0), (138.5, 36.0), (139 + 5 / 6, 36.0), (140 + 5 / 6, 40.0),
    (140.25, 44.0), (142.25, 44.0), (144.25, 44.0), (142.0, 26.0), (127.5, 26.0),
    (124.0, 26.0), (131.0, 26.0), (136.0, 20.0), (154.0, 26.0),
)  # fmt: skip
# Longitudes and latitudes between which Japan lies, islands included.
JAPAN_BOUNDS = (122.0, 20.0, 154.5, 46.0)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Zones:
    """Polygons that divide a city.

    Parameters
    ----------
    frame
        Index ``zone_id`` (text, unique), column ``name`` (text) and the
        geometry: valid polygons or multipolygons in a projected CRS in metres.
        ``name_en``, where it is there, is what English outputs call a zone.
        Further columns are kept.
    kind
        What a zone is.
    source
        Where the polygons come from: shown on every map.
    approximate
        True when the polygons are not official boundaries; then every output says so.
    problems
        What was found and repaired when they were read from a file.

    Raises
    ------
    CRSError
        If the CRS is missing or not in metres.
    InputError
        If ids are not unique text, a name is missing, or a geometry is not a
        valid polygon.
    """

    frame: gpd.GeoDataFrame = field(repr=False)
    kind: ZoneKind
    source: str = ""
    approximate: bool = False
    problems: tuple[Problem, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        frame = self.frame
        if frame.crs is None:
            raise CRSError("zones_no_crs", kind=self.kind)
        axis = frame.crs.axis_info[0] if frame.crs.axis_info else None
        if not frame.crs.is_projected or axis is None or axis.unit_name != "metre":
            raise CRSError("zones_not_metres", kind=self.kind, crs=frame.crs.to_string())
        if frame.index.name != "zone_id" or not frame.index.is_unique:
            raise InputError("zones_ids", kind=self.kind)
        if not all(isinstance(zone_id, str) for zone_id in frame.index):
            raise InputError("zones_ids", kind=self.kind)
        if "name" not in frame.columns or frame["name"].isna().any():
            raise InputError("zones_names", kind=self.kind)
        if not frame.geom_type.isin(["Polygon", "MultiPolygon"]).all():
            found = ", ".join(sorted({str(kind) for kind in frame.geom_type.unique()}))
            raise InputError("zones_not_polygons", kind=self.kind, found=found)
        if not frame.is_valid.all():
            raise InputError("zones_invalid", kind=self.kind, n=int((~frame.is_valid).sum()))

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def ids(self) -> pd.Index[str]:
        """Zone ids, in row order."""
        return self.frame.index

    @property
    def names(self) -> pd.Series[str]:
        """Names by zone id, as they are shown."""
        return self.frame["name"]

    def named(self, lang: Language) -> pd.Series[str]:
        """Return the names by zone id in one language.

        Parameters
        ----------
        lang
            ``"en"``: the column ``name_en`` of the frame, where it is there and holds a
            name; else as :attr:`names`.

        Examples
        --------
        >>> from tsukuba_gis.boundaries import load_boundaries
        >>> load_boundaries("school_district").named("en")["08220-J02"]
        'Midorino Gakuen'
        """
        if lang != "en" or "name_en" not in self.frame.columns:
            return self.names
        english = self.frame["name_en"]
        known = english.notna() & (english.astype(str).str.strip() != "")
        named: pd.Series[str] = english.astype(object).where(known, self.names)
        return named.rename("name")

    @property
    def places(self) -> pd.DataFrame:
        """Centroids by zone id: columns ``x``, ``y``, in metres."""
        import pandas as pd

        middle = self.frame.geometry.centroid
        return pd.DataFrame({"x": middle.x, "y": middle.y}, index=self.ids)


def plane_crs(lon: float, lat: float) -> str:
    """Return the Japan Plane Rectangular CS (JGD2011) for a place.

    The law assigns zones I–XIX by prefecture; this takes the zone whose origin
    is nearest, which gives the lawful one for Tsukuba (IX, EPSG:6677) and for
    most of the country, and a CRS with small distortion everywhere.

    Parameters
    ----------
    lon, lat
        Degrees.

    Raises
    ------
    CRSError
        If the place is not in Japan.

    Examples
    --------
    >>> plane_crs(140.1, 36.1)
    'EPSG:6677'
    >>> plane_crs(134.2, 35.5)  # Tottori: zone V
    'EPSG:6673'
    """
    west, south, east, north = JAPAN_BOUNDS
    if not (west <= lon <= east and south <= lat <= north):
        raise CRSError("not_in_japan")
    # A degree of longitude is shorter than one of latitude: cos(36°)² ≈ 0.65.
    distances = [0.65 * (lon - x) ** 2 + (lat - y) ** 2 for x, y in _PLANE_ORIGINS]
    return f"EPSG:{6669 + distances.index(min(distances))}"
