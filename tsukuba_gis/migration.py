"""Migration and commuting: who comes, who goes, and how one-sided it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.result import Flows

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def flows_between(
    pairs: pd.DataFrame,
    *,
    kind: Literal["migration", "commuting"],
    period: str,
    source: str,
    population: pd.Series[float] | None = None,
    points: pd.DataFrame | None = None,
) -> Flows:
    """Return in, out and net flows of each place.

    Parameters
    ----------
    pairs
        Columns ``origin``, ``destination`` (text) and ``persons`` (0 or more);
        ``sex`` and ``age_start`` where they are known. Rows from a place to
        itself are left out of the sums: who stays does not flow.
    kind, period, source
        What the flows are, when, and who published them.
    population
        Persons at risk of each place, for net rates; of residents at the
        *start* for moves. Places that are not in it have no rate.
    points
        Index: places; ``x`` and ``y`` of each, for flow lines.

    Returns
    -------
    Flows
        ``places`` in the order of gross flow, largest first. ``effectiveness``
        is net over gross, −1 (only out) to 1 (only in); missing without any flow.

    Raises
    ------
    InputError
        If a column is missing, or a number is negative or missing.

    Notes
    -----
    A table of one city's exchanges shows the other places' flows with that city
    alone. Their net flow is then no net flow of theirs.

    References
    ----------
    Plane, D. A. (1984). Migration space. Annals of the Association of American
    Geographers 74, 244–256. Bell, M. et al. (2002). Cross-national comparison of
    internal migration. Journal of the Royal Statistical Society A 165, 435–464
    (effectiveness, there called efficiency).

    Examples
    --------
    >>> import pandas as pd
    >>> pairs = pd.DataFrame({"origin": ["a", "b", "a"], "destination": ["b", "a", "c"],
    ...                       "persons": [30, 10, 5]})
    >>> found = flows_between(pairs, kind="migration", period="2020", source="toy",
    ...                       population=pd.Series({"a": 500.0}))
    >>> found.places.loc["a", ["inflow", "outflow", "net", "net_rate"]].tolist()
    [10.0, 35.0, -25.0, -0.05]
    >>> found.places["effectiveness"].round(3).tolist()
    [-0.556, 0.5, 1.0]
    """
    lacking = [name for name in ("origin", "destination", "persons") if name not in pairs.columns]
    if lacking:
        raise InputError("flows_no_column", column=lacking[0])
    counts = pairs["persons"].to_numpy(dtype=float)
    if not np.isfinite(counts).all() or (counts < 0).any() or pairs["origin"].isna().any():
        raise InputError("flows_not_counts")
    known = [name for name in ("sex", "age_start") if name in pairs.columns]
    columns = ["origin", "destination", "persons", *known]
    return Flows(
        kind=kind,
        period=period,
        source=source,
        pairs=pairs[columns].assign(persons=counts),
        places=_places(pairs.assign(persons=counts), population),
        points=points,
    )


def _places(pairs: pd.DataFrame, population: pd.Series[float] | None) -> pd.DataFrame:
    import pandas as pd

    moved = pairs[pairs["origin"] != pairs["destination"]]
    found = pd.DataFrame(
        {
            "inflow": moved.groupby("destination")["persons"].sum(),
            "outflow": moved.groupby("origin")["persons"].sum(),
        }
    ).fillna(0.0)
    found["net"] = found["inflow"] - found["outflow"]
    found["gross"] = found["inflow"] + found["outflow"]
    found["effectiveness"] = found["net"] / found["gross"].where(found["gross"] > 0)
    people = pd.Series(dtype=float) if population is None else population.astype(float)
    found["population"] = people.reindex(found.index)
    found["net_rate"] = found["net"] / found["population"].where(found["population"] > 0)
    found = found.rename_axis("place").reset_index()
    # Equal flows stand in the order of their names, so that the order of the rows does not matter.
    return found.sort_values(["gross", "place"], ascending=[False, True]).set_index("place")


def by_age(flows: Flows, place: str) -> pd.DataFrame:
    """Return in, out and net flows of one place by sex and age.

    Returns
    -------
    pandas.DataFrame
        Index ``(sex, age_start)``, of those that the flows tell; columns
        ``inflow``, ``outflow``, ``net``, ``gross`` and ``effectiveness``.

    Raises
    ------
    InputError
        If the flows tell neither, or do not know the place.

    Examples
    --------
    >>> import pandas as pd
    >>> pairs = pd.DataFrame({"origin": ["a", "b"], "destination": ["b", "a"], "persons": [3, 1],
    ...                       "age_start": [20, 30]})
    >>> found = flows_between(pairs, kind="migration", period="2020", source="toy")
    >>> by_age(found, "a")["net"].to_dict()
    {20: -3.0, 30: 1.0}
    """
    keys = [name for name in ("sex", "age_start") if name in flows.pairs.columns]
    if not keys:
        raise InputError("flows_no_ages")
    if place not in flows.places.index:
        raise InputError("flows_no_place", place=place)
    import pandas as pd

    pairs = flows.pairs[flows.pairs["origin"] != flows.pairs["destination"]]
    found = pd.DataFrame(
        {
            name: pairs[pairs[side] == place].groupby(keys)["persons"].sum()
            for name, side in (("inflow", "destination"), ("outflow", "origin"))
        }
    ).fillna(0.0)
    found["net"] = found["inflow"] - found["outflow"]
    found["gross"] = found["inflow"] + found["outflow"]
    found["effectiveness"] = found["net"] / found["gross"].where(found["gross"] > 0)
    return found


def system_effectiveness(flows: Flows) -> float:
    """Return how one-sided the flows are in all: Σ|net| over Σ gross of the places, 0–1.

    0: every place gets as many as it sends; 1: each place only gets or only
    sends. NaN without any flow. Meaningful where the table holds the flows between all places.

    Examples
    --------
    >>> import pandas as pd
    >>> pairs = pd.DataFrame({"origin": ["a", "b"], "destination": ["b", "a"], "persons": [30, 10]})
    >>> system_effectiveness(flows_between(pairs, kind="migration", period="", source=""))
    0.5
    """
    gross = float(flows.places["gross"].sum())
    return float(flows.places["net"].abs().sum() / gross) if gross > 0 else float("nan")


def flow_lines(flows: Flows, *, crs: str | int, least: float = 0.0) -> gpd.GeoDataFrame:
    """Return a straight line for each pair of places whose points are known.

    Parameters
    ----------
    flows
        With ``points``.
    crs
        Of the points.
    least
        Smallest number of persons of a line.

    Returns
    -------
    geopandas.GeoDataFrame
        ``origin``, ``destination``, ``persons`` (all sexes and ages) and the
        line from origin to destination; most persons first. Pairs with a place
        of unknown position, or from a place to itself, have no line.

    Examples
    --------
    >>> import pandas as pd
    >>> pairs = pd.DataFrame({"origin": ["a", "b"], "destination": ["b", "c"], "persons": [3, 1]})
    >>> points = pd.DataFrame({"x": [0.0, 3.0], "y": [0.0, 4.0]}, index=["a", "b"])
    >>> found = flows_between(pairs, kind="commuting", period="", source="", points=points)
    >>> flow_lines(found, crs="EPSG:6677").length.tolist()
    [5.0]
    """
    import geopandas as gpd
    import shapely

    if flows.points is None:
        raise InputError("flows_no_points")
    sums = flows.pairs.groupby(["origin", "destination"], as_index=False)["persons"].sum()
    known = flows.points.index
    drawn = sums["origin"].isin(known) & sums["destination"].isin(known)
    drawn &= (sums["origin"] != sums["destination"]) & (sums["persons"] >= least)
    sums = sums[drawn].sort_values(
        ["persons", "origin", "destination"], ascending=[False, True, True], ignore_index=True
    )
    ends = [flows.points.loc[sums[side], ["x", "y"]].to_numpy() for side in sums.columns[:2]]
    lines = shapely.linestrings(np.stack(ends, axis=1).reshape(-1, 2, 2))
    return gpd.GeoDataFrame(sums, geometry=lines, crs=crs)


def missing_rows(flows: Flows, *, stated: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Compare the sums of the rows with totals that the source states.

    Parameters
    ----------
    flows
        As read.
    stated
        Place → ``"inflow"`` and ``"outflow"`` (one or both), as stated.

    Returns
    -------
    pandas.DataFrame
        One row a total that differs: ``place``, ``side``, ``stated``, ``rows``
        (their sum) and ``missing`` (stated less rows).

    Examples
    --------
    >>> import pandas as pd
    >>> pairs = pd.DataFrame({"origin": ["a"], "destination": ["b"], "persons": [30]})
    >>> found = flows_between(pairs, kind="commuting", period="", source="")
    >>> missing_rows(found, stated={"b": {"inflow": 42.0}})["missing"].tolist()
    [12.0]
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for place, totals in stated.items():
        if place not in flows.places.index:
            raise InputError("flows_no_place", place=place)
        for side, total in totals.items():
            held = float(flows.places.loc[[place], side].iloc[0])
            if held != total:
                rows.append(
                    {"place": place, "side": side, "stated": total, "rows": held,
                     "missing": total - held}
                )  # fmt: skip
    return pd.DataFrame(rows, columns=["place", "side", "stated", "rows", "missing"])
