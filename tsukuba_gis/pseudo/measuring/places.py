"""Places: areas, and households counted in squares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.pseudo.measuring.people import zone_ids
from tsukuba_gis.pseudo.tables.cells import Relation, close
from tsukuba_gis.records import LONLAT

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.measuring.people import People
    from tsukuba_gis.pseudo.tables.city import City
    from tsukuba_gis.pseudo.tally import Tally
    from tsukuba_gis.zones import Zones

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]


def areas_of(people: People) -> pd.DataFrame:
    """Return cluster, persons and households of each area."""
    import pandas as pd

    n = len(people.area_names)
    return pd.DataFrame(
        {
            "cluster": people.area_clusters,
            "persons": np.bincount(people.area, minlength=n),
            "households": np.bincount(people.area[people.first], minlength=n),
        }
    )


def any_polygon(names: tuple[str, ...], zones: Zones) -> bool:
    """Tell whether any of these areas has a polygon, by id or name."""
    return any(zone >= 0 for zone in zone_ids(names, zones))


def require_polygons(names: tuple[str, ...], zones: Zones) -> None:
    """Raise if areas have names, and none of them a polygon."""
    if any(names) and not any_polygon(names, zones):
        raise InputError("pseudo_zones_unknown", kind=zones.kind)


def labelled_areas(people: People, city: City, register: Tally) -> pd.DataFrame:
    """Return the areas with what is carried: the value that at least k of their persons bear."""
    import pandas as pd

    table = pd.DataFrame(
        {
            "cluster": [city.codes["cluster"][code] for code in city.areas.cluster],
            "area": people.area_names,
            "persons": city.areas.persons,
            "households": city.areas.households,
        }
    )
    for column in city.spec.carried:
        codes, names = register.factor(column)
        pairs, counts = np.unique(people.area * len(names) + codes, return_counts=True)
        order = np.lexsort((pairs, -counts, pairs // len(names)))
        best = order[np.unique(pairs[order] // len(names), return_index=True)[1]]
        table[f"carried:{column}"] = [
            names[pairs[i] % len(names)] if counts[i] >= city.spec.k else "" for i in best
        ]
    return table


def measure_mesh(
    numbers: Mapping[str, Floats], people: People, zones: Zones | None
) -> dict[str, pd.DataFrame]:
    """Return households per area and square, where there are at least k.

    Squares lie in the plane CRS of the zones, numbered from its origin.
    Households in institutions, and crowds, are not counted: a square could name them.
    """
    import pandas as pd
    import pyproj

    spec = people.spec
    if spec.lon is None or spec.lat is None or zones is None or not spec.mesh_metres:
        return {}
    first = people.first
    lon, lat = _points(numbers[spec.lon], numbers[spec.lat], people)
    ordinary, households = _ordinary(people)
    transform = pyproj.Transformer.from_crs(LONLAT, zones.frame.crs, always_xy=True)
    # What is no place on the earth, and a missing one, is not in the plane either.
    place = np.stack(transform.transform(lon, lat)) / spec.mesh_metres
    homes = np.isfinite(place).all(axis=0) & ordinary
    column, row = np.floor(place[:, homes]).astype(np.int64)
    square = pd.DataFrame({"area": people.area[first][homes], "column": column, "row": row})
    counts = square.groupby(["area", "column", "row"], sort=True).size().reset_index(name="n")
    n_areas = len(people.area_names)
    area, n = counts["area"].to_numpy(), counts["n"].to_numpy()
    # An area's other households are in institutions or without a point: one more part of it.
    others = households - np.bincount(area, n, n_areas)
    k = np.array([spec.threshold(p) for p in np.bincount(people.area, minlength=n_areas).tolist()])
    parts, group = np.append(n, others), np.append(area, np.arange(n_areas))
    every = Relation(group=group, known=np.ones(n_areas, dtype=bool), k=k, units=0)
    shown = close(parts >= k[group], parts, np.full(len(parts), np.inf), [every])[: len(n)]
    table = counts[shown].reset_index(drop=True).astype(np.int64)
    table.columns = pd.Index(["area", "mesh_x", "mesh_y", "households"])
    return {"mesh": table.assign(area=table.area.astype(str))}


def _points(lon: Floats, lat: Floats, people: People) -> tuple[Floats, Floats]:
    """Return each household's point; of several the most western, in whatever order rows are."""
    first, home = people.first, people.household
    own = np.stack([lon, lat])
    others = own != own[:, first][:, home]
    if (others & ~(np.isnan(own) & np.isnan(own[:, first][:, home]))).any():
        order = np.lexsort((lat, lon, ~np.isfinite(own).all(axis=0), home))
        first = order[np.searchsorted(home[order], np.arange(len(first)))]
    return lon[first], lat[first]


def _ordinary(people: People) -> tuple[Bools, Ints]:
    """Tell which households are no institution and no crowd; count each area's, a crowd once."""
    first, types, spec = people.first, people.codes["type"], people.spec
    whole = people.undivided[first]
    parts = np.bincount(whole)
    ordinary = parts[whole] == 1
    if spec.institution in types:
        ordinary &= people.type[first] != types.index(spec.institution)
    place = np.full(len(parts), -1)
    place[whole] = people.area[first]
    return ordinary, np.bincount(place[place >= 0], minlength=len(people.area_names))
