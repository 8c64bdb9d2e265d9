"""A job: the task, its layers and its settings, as the QGIS plugin writes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tsukuba_gis.errors import InputError
from tsukuba_gis.messages import LANGUAGES, Language
from tsukuba_gis.publishing import Terms, counts_in, hide_few, notices_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from tsukuba_gis.errors import Problem
    from tsukuba_gis.publishing import Origin
    from tsukuba_gis.records import RecordKind, Records
    from tsukuba_gis.zones import Zones


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFile:
    """A layer that QGIS wrote out: the file, and the user's names of its columns."""

    path: Path
    title: str
    rows: int
    labels: Mapping[str, str]

    def columns(self, parameter: str) -> list[str]:
        """Return the file's columns of a parameter that takes one field or several."""
        return [
            name for name in self.labels if name == parameter or name.startswith(f"{parameter}_")
        ]


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """What is to be done.

    Parameters
    ----------
    folder
        Of the job file; holds the layers, and afterwards the outcome.
    task, version
        Key of :data:`tsukuba_gis.worker.tasks.TASKS` and the task's version.
    lang
        Of all texts.
    layers
        Parameter → what QGIS wrote out. Polygons have a column ``row`` (0, 1 …); the other
        columns are named like the parameters that chose them.
    params
        Parameter → plain value.
    files
        Parameter → path to write.
    watched
        Whether the job ends when standard input closes.
    """

    folder: Path
    task: str
    version: int
    lang: Language
    layers: Mapping[str, LayerFile] = field(repr=False)
    params: Mapping[str, Any] = field(repr=False)
    files: Mapping[str, Path] = field(repr=False)
    watched: bool = False
    told: Callable[[str, float], None] = lambda _key, _value: None

    def zones(self, name: str = "input", *, by_row: bool = False) -> Zones:
        """Read a layer of polygons; ``by_row``: every row is a zone, whose id is its number."""
        from tsukuba_gis.io import read_zones

        layer = self.layers[name]
        own = "zone_id" in layer.labels and not by_row
        return read_zones(
            layer.path,
            id="zone_id" if own else "row",
            name="name" if "name" in layer.labels else None if own else "row",
            kind=self.params.get(f"{name}_kind", "other"),
        )

    def zone_ids(self, name: str) -> pd.Series[str]:
        """Return the zone id of each row of a layer of polygons; NA where it has none."""
        import pyogrio

        from tsukuba_gis.io.ids import texts

        layer = self.layers[name]
        column = "zone_id" if "zone_id" in layer.labels else "row"
        frame = pyogrio.read_dataframe(layer.path, columns=[column], read_geometry=False)
        return texts(frame[column]).values

    def spread(self, frame: pd.DataFrame, name: str) -> pd.DataFrame:
        """Return numbers by zone as numbers by row of a layer; parts of a zone have the same."""
        import pandas as pd

        ids = self.zone_ids(name)
        known = ids[ids.isin(frame.index)]
        return frame.loc[pd.Index(known)].set_axis(known.index, axis=0)

    def numbers(self, zones: Zones, parameter: str, *, name: str = "input") -> pd.DataFrame:
        """Return the columns of a parameter as numbers, under the user's names of them.

        Of real people small whole numbers, which may be counts, are missing.
        """
        import pandas as pd

        layer = self.layers[name]
        chosen = {column: layer.labels[column] for column in layer.columns(parameter)}
        for column, label in chosen.items():
            if not pd.api.types.is_numeric_dtype(zones.frame[column]):
                raise InputError("zones_not_numbers", path=layer.title, column=label)
        numbers = zones.frame[list(chosen)].astype(float).rename(columns=chosen)
        hidden: pd.DataFrame = hide_few(numbers, counts=counts_in(numbers), terms=self.terms)
        return hidden

    def value(self, zones: Zones, *, name: str = "input") -> pd.Series[float]:
        """Return the one column of the parameter ``field`` as numbers."""
        return self.numbers(zones, "field", name=name).iloc[:, 0]

    def points(self, name: str = "input") -> gpd.GeoSeries:
        """Return the geometries of a layer by row number, without a look at its columns."""
        import pyogrio

        frame = pyogrio.read_dataframe(self.layers[name].path, columns=[])
        points: gpd.GeoSeries = frame.geometry
        return points

    def records(
        self, name: str = "records", *, roles: Mapping[str, str] | None = None
    ) -> tuple[Records, tuple[Problem, ...]]:
        """Read a layer of persons, whose columns are named by their roles, or by ``roles``."""
        from tsukuba_gis.io import read_records

        return read_records(
            self.layers[name].path,
            kind=self.kind,
            roles=roles,
            on_error="skip" if self.params.get("skip_faulty") else "stop",
        )

    @property
    def origin(self) -> Origin:
        """What the values come from."""
        origin: Origin = self.params.get("origin", "published")
        return origin

    @property
    def kind(self) -> RecordKind:
        """What the persons are; published figures hold none."""
        if self.origin == "reference":
            return "reference"
        return "pseudo" if self.origin == "pseudo" else "invented"

    @property
    def terms(self) -> Terms:
        """On which terms what comes of the job may be shown."""
        least = self.params.get("min_count", 10)
        return Terms(records=self.origin, notices=self.notices(), min_count=least)

    def notices(self) -> tuple[str, ...]:
        """Return what must stand on every map and table of this job."""
        return notices_of(self.origin, lang=self.lang, min_count=self.params.get("min_count", 10))


def read_job(path: Path) -> Job:
    """Read a job file.

    Raises
    ------
    InputError
        If it is not one.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        folder = path.resolve().parent
        layers = {
            name: LayerFile(**{**layer, "path": folder / layer["path"]})
            for name, layer in content["layers"].items()
        }
        lang: Language = "en" if content["lang"] == LANGUAGES[1] else "ja"
        return Job(
            folder=folder,
            task=content["task"],
            version=content["version"],
            lang=lang,
            layers=layers,
            params=content["params"],
            files={name: Path(file) for name, file in content["files"].items()},
            watched=bool(content.get("watched", False)),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError("worker_job_unreadable", path=path.name) from None
