"""What a study reads beside persons and zones: flows between places, and industries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsukuba_gis.errors import InputError, Problem

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from tsukuba_gis.result import Economy, Flows
    from tsukuba_gis.study.outlook import EconomySource, FlowSource


def read_flow_source(
    source: FlowSource, *, crs: object | None = None
) -> tuple[Flows, list[Problem]]:
    """Read flows, and say where rows are missing.

    ``crs`` is that in which the places get their points; None: they get none.
    """
    from tsukuba_gis.io.flows import read_flows
    from tsukuba_gis.migration import flows_between, missing_rows

    table = read_flows(source.path)
    about = None if source.places is None else places_of(source.places)
    known = about is not None and "population" in about
    found = flows_between(
        table.pairs,
        kind=source.kind,
        period=source.period,
        source=source.source or table.source,
        population=about["population"] if about is not None and known else None,
        points=None if about is None or crs is None else points_of(about, crs),
    )
    stated = {place: dict(totals) for place, totals in table.stated.items()}
    for place, totals in source.stated.items():
        stated[place] = {**stated.get(place, {}), **totals}
    problems = list(table.problems)
    for row in missing_rows(found, stated=stated).itertuples():
        values = {
            "place": row.place,
            "stated": f"{row.stated:,.0f}",
            "rows": f"{row.rows:,.0f}",
            "missing": f"{abs(float(str(row.missing))):,.0f}",
        }
        over = float(str(row.missing)) < 0
        problems.append(
            Problem(
                severity="warning",
                file=table.source,
                row=None,
                column=None,
                key=f"flows_rows_over_{row.side}" if over else f"flows_rows_missing_{row.side}",
                values=values,
            )
        )
    return found, problems


def read_flow_sources(
    sources: tuple[FlowSource, ...], *, crs: object
) -> tuple[tuple[Flows, ...], list[Problem]]:
    """Read the flows of a study, and what was found in them."""
    read = [read_flow_source(one, crs=crs) for one in sources]
    return tuple(flows for flows, _ in read), [one for _, told in read for one in told]


def places_of(path: Path) -> pd.DataFrame:
    """Read what is known of places: population, and positions in degrees."""
    import pandas as pd

    from tsukuba_gis.io.numbers import numbers
    from tsukuba_gis.io.tabular import read_csv

    frame = read_csv(path).frame
    if "place" not in frame.columns:
        raise InputError("table_no_column", path=path.name, column="place")
    index = pd.Index(frame["place"].str.strip(), name="place")
    found = pd.DataFrame(index=index)
    for name in ("population", "lon", "lat"):
        if name in frame.columns:
            read = numbers(frame[name])
            if read.faults:
                raise InputError("age_table_not_numbers", column=name)
            found[name] = read.values.to_numpy()
    return found[~found.index.duplicated()]


def points_of(about: pd.DataFrame, crs: object) -> pd.DataFrame | None:
    """Return the positions of the places in metres; None where the file has none."""
    import pandas as pd
    from pyproj import Transformer

    from tsukuba_gis.records import LONLAT

    if not {"lon", "lat"} <= set(about.columns):
        return None
    known = about.dropna(subset=["lon", "lat"])
    x, y = Transformer.from_crs(LONLAT, crs, always_xy=True).transform(
        known["lon"].to_numpy(), known["lat"].to_numpy()
    )
    return pd.DataFrame({"x": x, "y": y}, index=known.index)


def read_economy_source(source: EconomySource | None) -> Economy | None:
    """Read industries and divide their growth; None: the study has none."""
    if source is None:
        return None
    from tsukuba_gis.economy import shift_share
    from tsukuba_gis.io.industries import read_industries

    area, reference = read_industries(source.path)
    return shift_share(
        area, reference, names=(source.area, source.reference), period=source.period,
        source=source.source or source.path.name,
    )  # fmt: skip
