"""What a method of projection is given beside the persons: rates of its component, distances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from tsukuba_gis.cohort import Rates
    from tsukuba_gis.study.outlook import CityTables, ProjectionRule
    from tsukuba_gis.zones import Zones


def ids_by_name(zones: Zones) -> dict[str, str]:
    """Return the id of each zone by its id and, where no other has it, by its name."""
    once = zones.names[~zones.names.duplicated(keep=False)]
    return {str(name): str(zone) for zone, name in once.items()} | {one: one for one in zones.ids}


def rates_of(
    source: ProjectionRule | CityTables,
    *,
    areas: Mapping[str, str],
    base: int,
    width: int,
) -> list[Rates]:
    """Read the rates of the cohort component, one for each step until the last year.

    ``areas`` are the ids of the areas by all their names; ``width`` the years in an age group.

    Raises
    ------
    InputError
        If a file is missing or does not fit, or the last year is no whole number of steps away.
    """
    from tsukuba_gis.cohort import Rates

    if source.survival is None or source.fertility is None:
        raise InputError("projection_no_rates")
    if source.until < base or (source.until - base) % width:
        raise InputError("cohort_until", until=str(source.until), base=str(base), step=width)
    files = {"survival": source.survival, "fertility": source.fertility}
    if source.migration is not None:
        files["migration"] = source.migration
    years = range(base, source.until, width)
    steps = {
        name: _by_step(path, years, areas, by_sex=name != "fertility")
        for name, path in files.items()
    }
    return [
        Rates(
            survival=steps["survival"][number],
            fertility=steps["fertility"][number],
            migration=steps["migration"][number] if "migration" in steps else None,
            boys_per_girl=source.boys_per_girl,
        )
        for number in range(len(years))
    ]


def _by_step(
    path: Path, years: range, areas: Mapping[str, str], *, by_sex: bool
) -> list[pd.Series[float] | pd.DataFrame]:
    """Return one kind of rate for each step: of its year, or of every year."""
    from tsukuba_gis.io.side_tables import read_rates

    table = read_rates(path, by_sex=by_sex)
    unknown = [area for area in table["area"].unique() if area and area not in areas]
    if unknown:
        raise InputError("cohort_area_unknown", area=unknown[0])
    table["area"] = table["area"].map(areas).fillna("")
    found = []
    for year in years:
        rows = table[table["year"].isna() | (table["year"] == year)]
        if rows.empty:
            raise InputError("projection_rates_year", path=path.name, year=str(year))
        keys = ["area", "sex", "age_start"] if by_sex else ["area", "age_start"]
        if rows.duplicated(keys).any():
            raise InputError("projection_rates_twice", path=path.name)
        found.append(_by_area(rows.set_index(keys)["value"], areas))
    return found


def _by_area(rates: pd.Series[float], areas: Mapping[str, str]) -> pd.Series[float] | pd.DataFrame:
    """Return the rates of all areas, or with a row an area where some have their own."""
    import pandas as pd

    wide: pd.DataFrame = rates.unstack("area").T
    common = wide.loc[""] if "" in wide.index else pd.Series(np.nan, index=wide.columns)
    if list(wide.index) == [""]:
        return common
    ids = pd.Index(dict.fromkeys(areas.values()))
    return wide.reindex(ids).fillna(common)


def distances_of(zones: Zones, *, reach: float) -> np.ndarray:
    """Return the distances between the zones, from points inside them, in units of the reach."""
    from tsukuba_gis.cohort import distances

    points = zones.frame.geometry.representative_point()
    return distances(np.column_stack([points.x, points.y]), reach=reach)


def distances_between(places: Path | None, areas: pd.Index[str], *, reach: float) -> np.ndarray:
    """Return the distances between areas whose positions stand in a file (place, lon, lat).

    Raises
    ------
    InputError
        If there is no file, or an area without a position in it.
    """
    from tsukuba_gis.cohort import distances
    from tsukuba_gis.study.beside import places_of, points_of
    from tsukuba_gis.zones import plane_crs

    if places is None:
        raise InputError("projection_no_places")
    about = places_of(places)
    known = about.dropna(subset=["lon", "lat"]) if {"lon", "lat"} <= set(about) else about[:0]
    lacking = [str(area) for area in areas if area not in known.index]
    if lacking:
        raise InputError("projection_place_unknown", path=places.name, area=lacking[0])
    crs = plane_crs(float(known["lon"].mean()), float(known["lat"].mean()))
    points = points_of(known, crs)
    assert points is not None  # noqa: S101 - the columns were looked for above
    return distances(points.loc[areas].to_numpy(), reach=reach)
