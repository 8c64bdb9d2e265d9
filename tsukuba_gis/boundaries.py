"""The bundled boundaries of Tsukuba: approximate, made from published points and areas."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tsukuba_gis.errors import InputError
from tsukuba_gis.messages import Language, text
from tsukuba_gis.zones import ZoneKind, Zones

#: The kinds of zones in the file, and the layers that hold them.
LAYERS: Final[dict[ZoneKind, str]] = {
    "school_district": "school_districts",
    "elementary_district": "elementary_districts",
    "small_area": "small_areas",
    "former_municipality": "former_municipalities",
}


def load_boundaries(kind: ZoneKind = "school_district", *, lang: Language = "ja") -> Zones:
    """Return one layer of Tsukuba's bundled boundaries.

    The polygons are **approximate**: a power diagram of the published points of
    the 2015 census areas, with their published areas; no official outline went
    in (``data/boundaries/SOURCES.md``). All four layers are coverages without
    gaps, and nest: a small area lies in one elementary district, and that in
    one school district.

    Parameters
    ----------
    kind
        ``"school_district"`` 中学校区 (16), ``"elementary_district"`` 小学校区
        (33), both as of 2021; ``"small_area"`` 町丁・字 (310; stands in for 行政区
        until a city supplies its own); ``"former_municipality"`` 旧町村 (6).
    lang
        Language of ``source``.

    Returns
    -------
    Zones
        ``approximate`` is True; CRS EPSG:6677 (metres). Columns of the frame:
        ``name``, ``name_en`` (not of small areas; empty where the reading is not
        certain); ``area_m2`` (published, not that of the polygon),
        ``population_2015``, ``households_2015`` (census, whole numbers);
        ``approximate``. Small areas also have ``former_municipality`` (name) and
        ``elementary_district``, ``school_district`` (zone ids); elementary
        districts have ``school_district``.

    Raises
    ------
    InputError
        If there is no such kind, or the file is not where it was installed.

    Examples
    --------
    >>> districts = load_boundaries("school_district")
    >>> len(districts), districts.approximate
    (16, True)
    >>> int(load_boundaries("small_area").frame["population_2015"].sum())
    226963
    """
    import geopandas as gpd

    if kind not in LAYERS:
        raise InputError("boundaries_unknown", kind=kind, kinds=", ".join(LAYERS))
    frame = gpd.read_file(boundaries_file(), layer=LAYERS[kind])
    return Zones(
        frame=frame.set_index("zone_id"),
        kind=kind,
        source=text("boundaries_source", lang),
        approximate=True,
    )


def boundaries_file() -> Path:
    """Return the GeoPackage with all layers: inside the package, or beside it in a checkout.

    Raises
    ------
    InputError
        If it is in neither place.

    Examples
    --------
    >>> boundaries_file().name
    'tsukuba.gpkg'
    """
    package = Path(__file__).parent
    installed = package / "_boundaries" / "tsukuba.gpkg"
    checkout = package.parent / "data" / "boundaries" / "tsukuba.gpkg"
    for path in (installed, checkout):
        if path.is_file():
            return path
    raise InputError("boundaries_missing", path=installed)
