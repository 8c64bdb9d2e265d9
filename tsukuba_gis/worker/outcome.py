"""What a task hands back: columns for the layer's rows, tables, styles, and words."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

OUTCOME_FILE = "outcome.json"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """The result of a task.

    Parameters
    ----------
    columns
        New columns for the rows of the input, indexed 0, 1 …; a row that is absent gets none.
    subsets
        Output → numbers of the rows that it holds; all other outputs of rows hold all.
    tables
        Output → a table of its own, with or without geometry.
    labels
        Column → what it is called in the layer.
    styles
        Output → how it looks.
    titles
        Output → name of the layer.
    numbers
        Output → a single value.
    messages, warnings
        What the user reads in the log.
    """

    columns: pd.DataFrame | None = None
    subsets: Mapping[str, Sequence[int]] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame | gpd.GeoDataFrame] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    styles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, float | str] = field(default_factory=dict)
    messages: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def save(self, folder: Path, *, notice: Sequence[str]) -> str:
        """Write the outcome into the job's folder, for its owner only; return the file's name.

        Every table has the notices in a last column: a layer that is saved, or a
        table that is copied, still carries them.
        """
        content = {
            "columns": {} if self.columns is None else _table(self.columns, notice),
            "rows": [] if self.columns is None else [int(row) for row in self.columns.index],
            "subsets": {name: [int(row) for row in rows] for name, rows in self.subsets.items()},
            "tables": {name: _table(table, notice) for name, table in self.tables.items()},
            "labels": dict(self.labels),
            "styles": dict(self.styles),
            "titles": dict(self.titles),
            "numbers": {name: _plain(value) for name, value in self.numbers.items()},
            "notice": list(notice),
        }
        data = json.dumps(content, ensure_ascii=False, allow_nan=False)
        descriptor = os.open(folder / OUTCOME_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(data)
        return OUTCOME_FILE


def _table(frame: pd.DataFrame, notice: Sequence[str]) -> dict[str, Any]:
    """Return a frame by columns, each with a type that QGIS has."""
    import geopandas as gpd

    if notice:
        frame = frame.assign(notice=" / ".join(notice))

    table: dict[str, Any] = {"columns": [], "crs": None, "geometry": None}
    plain: list[str] = list(frame.columns)
    if isinstance(frame, gpd.GeoDataFrame):
        plain.remove(str(frame.geometry.name))
        shapes: list[Any] = frame.geometry.to_wkb().tolist()
        table["geometry"] = [None if one is None else bytes(one).hex() for one in shapes]
        table["crs"] = str(frame.crs)
        table["kind"] = "Point" if (frame.geom_type.dropna() == "Point").all() else "MultiPolygon"
    for name in plain:
        table["columns"].append({"name": str(name), **_column(frame[name])})
    return table


def _column(values: pd.Series[Any]) -> dict[str, Any]:
    import pandas as pd

    if pd.api.types.is_bool_dtype(values.dtype):
        kind = "boolean"
    elif pd.api.types.is_integer_dtype(values.dtype):
        kind = "integer"
    elif pd.api.types.is_float_dtype(values.dtype):
        kind = "real"
    else:
        kind = "text"
    return {"type": kind, "values": [_plain(value) for value in values.astype(object)]}


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it; what is missing or not finite becomes null."""
    import pandas as pd

    if value is None or value is pd.NA:
        return None
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, bool | int | str):
        return plain
    if isinstance(plain, float):
        return plain if math.isfinite(plain) else None
    return str(plain)
