"""What the page shows of a projection and of flows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.classes import value_classes
from tsukuba_gis.maps.packing import column, number, pack
from tsukuba_gis.messages import LANGUAGES, text
from tsukuba_gis.reading import projection_cautions, projection_method, projection_sentence

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from pyproj import CRS

    from tsukuba_gis.messages import Language
    from tsukuba_gis.result import Flows, Projection

    Floats = NDArray[np.float64]

_SEXES: Final = ("female", "male")
_MASK_SIGNS: Final = {"": ".", "zero": "z", "small": "s", "missing": "m"}
# Lines of more pairs hide one another.
_MOST_PAIRS: Final = 300


def projection_data(one: Projection, ids: pd.Index[str]) -> dict[str, Any]:
    """Return a projection: tenths of persons by year, ages in whole persons, common classes.

    Classes hold the values of all years, so that a colour means the same in each.
    """
    whole = one.population.reindex(ids)
    # Its own: the open group may begin earlier than that of the records.
    ages = sorted({int(age) for age in whole.columns.get_level_values("age_start")})
    cells = {
        year: {sex: whole[year][sex][ages].to_numpy(dtype=float) for sex in _SEXES}
        for year in one.years
    }
    totals = np.column_stack([sum(cells[year][sex].sum(axis=1) for sex in _SEXES)
                              for year in one.years])  # fmt: skip
    old = np.asarray(ages) >= 65
    older = np.column_stack([sum(cells[year][sex][:, old].sum(axis=1) for sex in _SEXES)
                             for year in one.years])  # fmt: skip
    masks = one.masks.reindex(ids).fillna("missing")
    bounds = {
        name: None if frame is None else _years(frame.reindex(index=ids, columns=one.years), 1)
        for name, frame in (("low", one.low), ("high", one.high))
    }
    return {
        "base": one.base,
        "years": list(one.years),
        "starts": ages,
        "said": {lang: _said(one, lang) for lang in LANGUAGES},
        "masks": "".join(_MASK_SIGNS[str(reason)] for reason in masks),
        "persons": _years(totals, 10),
        **bounds,
        "measures": {
            "change": _measure(_ratio(totals, totals[:, :1]) - 1, first=1),
            "older": _measure(_ratio(older, totals)),
        },
        "ages": [{sex: pack(cells[year][sex]) for sex in _SEXES} for year in one.years],
        "city": {
            "persons": column(np.nansum(totals, axis=0), 8),
            "ages": [
                {sex: column(np.rint(np.nansum(cells[year][sex], axis=0))) for sex in _SEXES}
                for year in one.years
            ],
        },
    }


def _ratio(above: Floats, below: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, above / below, np.nan)


def _years(values: Floats | pd.DataFrame, scale: float) -> list[str]:
    return [pack(year, scale=scale) for year in np.asarray(values, dtype=float).T]


def _measure(values: Floats, *, first: int = 0) -> dict[str, Any]:
    """Return ten-thousandths by year, and edges common to all years (from the ``first`` on)."""
    classes = value_classes(values[:, first:].ravel(), digits=3)
    return {"values": _years(values, 1e4), "edges": list(classes.edges), "scheme": classes.scheme}


def _said(one: Projection, lang: Language) -> list[str]:
    """Return in words what a projection says and how it was made, and what to bear in mind."""
    told = (projection_sentence(one, lang=lang), projection_method(one, lang=lang))
    space = text("page_space", lang)
    return [space.join(told), space.join(projection_cautions(one, lang=lang))]


def flows_data(flows: Flows, crs: CRS | None) -> dict[str, Any]:
    """Return flows: the places with their positions [lat, lon], the greatest pairs first."""
    pairs = flows.pairs.groupby(["origin", "destination"], sort=True, as_index=False)
    sums: pd.DataFrame = pairs.agg({"persons": "sum"})
    greatest = sums.sort_values("persons", ascending=False, kind="stable").head(_MOST_PAIRS)
    names = [str(name) for name in flows.places.index]
    place_of = {name: place for place, name in enumerate(flows.places.index)}
    return {
        "kind": flows.kind,
        "period": flows.period,
        "source": flows.source,
        "places": [
            {
                "name": name,
                "point": point,
                **{key: number(row[key]) for key in ("inflow", "outflow", "net", "net_rate")},
            }
            for name, point, (_, row) in zip(
                names, _positions(flows, crs), flows.places.iterrows(), strict=True
            )
        ],
        "pairs": [
            [place_of[origin], place_of[destination], number(persons)]
            for origin, destination, persons in zip(
                greatest["origin"], greatest["destination"], greatest["persons"], strict=True
            )
            if origin in place_of and destination in place_of
        ],
    }


def _positions(flows: Flows, crs: CRS | None) -> list[list[float] | None]:
    """Return [lat, lon] of each place, None where the source tells no position."""
    import geopandas as gpd

    if flows.points is None:
        return [None] * len(flows.places)
    points = flows.points.reindex(flows.places.index)
    spots = gpd.GeoSeries(gpd.points_from_xy(points["x"], points["y"]), crs=crs).to_crs(6668)
    return [
        None if np.isnan(lat) else [round(float(lat), 5), round(float(lon), 5)]
        for lat, lon in zip(spots.y, spots.x, strict=True)
    ]
