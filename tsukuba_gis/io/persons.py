"""Records in: a file of persons, whatever it is called and however it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from tsukuba_gis.errors import CRSError, InputError
from tsukuba_gis.io import cells, codes, dates, ids, numbers, points, tabular, vector
from tsukuba_gis.io.findings import FaultyRowsError, Findings
from tsukuba_gis.io.text import require_file, unique_names
from tsukuba_gis.records import RecordKind, Records
from tsukuba_gis.schema import ALIASES, AREA_ROLES, ROLES, find_roles, is_my_number, suggest

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from tsukuba_gis.errors import Problem

# Bounds of numbers, both inclusive: wide enough for every living person.
_READERS: Final[Mapping[str, Callable[[pd.Series], cells.Column]]] = {
    "person_id": ids.texts,
    "household_id": ids.texts,
    "age": partial(
        numbers.whole_numbers, low=0, high=dates.MAX_AGE, strip="歳|才", key="age_impossible"
    ),
    "sex": codes.sexes,
    "household_type": codes.household_types,
    "relation": codes.relations,
    "care_level": codes.care_levels,
    "claims": partial(numbers.whole_numbers, low=0, high=10_000, strip="件|回|枚"),
    "medical_cost": partial(numbers.whole_numbers, low=0, high=10**9, strip="円|yen|jpy"),
    "bmi": partial(numbers.measures, low=5, high=150),
    "sbp": partial(numbers.measures, low=20, high=350),
    "hba1c": partial(numbers.measures, low=2, high=25),
    "municipality_code": ids.municipality_codes,
    "ward": ids.texts,
    "small_area": ids.small_areas,
    "school_district": ids.texts,
    "lon": numbers.numbers,
    "lat": numbers.numbers,
}
FORMATS: Final = (
    *tabular.CSV_SUFFIXES,
    *tabular.EXCEL_SUFFIXES,
    *tabular.PARQUET_SUFFIXES,
    *vector.VECTOR_SUFFIXES,
)


def read_records(  # noqa: PLR0913 - one parameter for each thing that a file can leave unsaid
    path: str | Path,
    *,
    kind: RecordKind,
    roles: Mapping[str, str] | None = None,
    sheet: str | None = None,
    layer: str | None = None,
    crs: object | None = None,
    reference_date: date | None = None,
    on_error: Literal["stop", "skip"] = "stop",
) -> tuple[Records, tuple[Problem, ...]]:
    r"""Read persons, one a row, with a home point or the code or name of an area.

    CSV (UTF-8 with or without BOM, UTF-16, CP932; separator and header row are
    found), Excel, Parquet, GeoParquet, GeoPackage, GeoJSON and Shapefile. The
    columns are found by name through :data:`tsukuba_gis.schema.ALIASES`.

    Parameters
    ----------
    path
        The file; nothing is written beside it.
    kind
        What the persons are; see :class:`tsukuba_gis.records.Records`.
    roles
        Role → column name, where the names alone do not say it.
    sheet, layer
        Sheet of a workbook, layer of a vector file; needed where there are several.
    crs
        CRS of the coordinates, where the file does not say it or says it
        wrongly. Without one, the columns ``lon`` and ``lat`` are degrees on
        JGD2011 (WGS 84 is the same within a metre or two).
    reference_date
        Day on which the age is taken from ``birth_date``; without it the
        column ``age`` is used.
    on_error
        ``"stop"``: rows that cannot be read raise one error that lists them.
        ``"skip"``: they are left out, and reported.

    Returns
    -------
    Records
        ``frame`` has the index ``row`` (row in the file as a spreadsheet shows
        it), the roles in the order of :data:`tsukuba_gis.schema.ROLES`, then
        all other columns as they came. Counts and ages are ``Int64``, measures
        and coordinates ``float64``, codes and names text; missing values are
        NA. ``birth_date`` becomes ``age`` and is not kept.
    tuple of Problem
        What was found, worst first; the last, ``rows_kept``, says how many
        rows the file has, and how many were kept, skipped or blank.

    Raises
    ------
    FaultyRowsError
        If rows cannot be used and ``on_error`` is ``"stop"``; or if none can.
    InputError
        If the file, the sheet or a needed column is missing or not clear.
    CRSError
        If the coordinates do not fit their CRS.

    Notes
    -----
    Sexes 1 and 2 are male and female, as in the census. Where the care level is
    blank for more than half of the persons and no cell says 非該当 or the like,
    blank means not certified, and this is reported.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "住民.csv"
    ...     _ = file.write_text("年齢,性別,行政区\n２５歳,女,北\n70,男,南\n", encoding="cp932")
    ...     records, problems = read_records(file, kind="invented")
    >>> records
    Records(2 persons, kind='invented', source='住民.csv')
    >>> records.frame["age"].tolist(), problems[-1].values["kept"]
    ([25, 70], 2)
    """
    file = require_file(path)
    findings = Findings(file)
    table, crs = open_table(file, sheet=sheet, layer=layer, crs=crs, findings=findings)
    columns = find_roles(list(table.frame.columns), roles=roles, file=file.name)
    require_roles(columns, list(table.frame.columns), reference_date=reference_date, file=file.name)
    reading = Reading(table, columns, findings)
    frame = reading.frame(reference_date=reference_date, crs=crs)
    kept = _without_bad_rows(frame, reading, on_error=on_error)
    return Records(frame=kept, kind=kind, source=file.name), findings.problems


def open_table(
    file: Path, *, sheet: str | None, layer: str | None, crs: object | None, findings: Findings
) -> tuple[tabular.Table, object | None]:
    """Return the table of any format, its points as columns, and the CRS of its coordinates."""
    suffix = file.suffix.lower()
    crs = None if crs is None else points.require_crs(crs)
    if suffix in tabular.CSV_SUFFIXES:
        table = tabular.read_csv(file)
    elif suffix in tabular.EXCEL_SUFFIXES:
        table = tabular.read_excel(file, sheet=sheet)
    elif suffix in tabular.PARQUET_SUFFIXES:
        table = tabular.read_parquet(file)
    elif suffix in vector.VECTOR_SUFFIXES:
        opened = vector.read_layer(file, layer=layer, geometry=False)
        if opened.complaints:
            findings.add("warning", "layer_complaints", n=opened.complaints)
        rows = np.arange(len(opened.frame)) + 1
        table = tabular.Table(
            frame=opened.frame, rows=rows, ragged=rows[:0], encoding=opened.encoding
        )
    else:
        raise InputError("file_format", path=file.name, formats=", ".join(FORMATS))
    if len(table.frame) + len(table.ragged) == 0:
        raise InputError("file_no_rows", path=file.name)
    return _with_points(table, crs=crs, findings=findings)


def _with_points(
    table: tabular.Table, *, crs: object | None, findings: Findings
) -> tuple[tabular.Table, object | None]:
    """Put a layer's points into columns lon and lat, in place of any that it has."""
    import geopandas as gpd
    import pandas as pd

    frame = table.frame
    if not isinstance(frame, gpd.GeoDataFrame):
        return table, crs
    flat = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    if frame.geometry.notna().any():
        x, y, crs = points.from_geometry(frame, crs=crs, file=findings.file)
        old = find_roles(list(map(str, flat.columns)), file=findings.file)
        flat = flat.drop(columns=[old[role] for role in ("lon", "lat") if role in old])
        flat = flat.assign(lon=x, lat=y)
    return (
        tabular.Table(frame=flat, rows=table.rows, ragged=table.ragged, encoding=table.encoding),
        crs,
    )


def require_roles(
    columns: Mapping[str, str], names: list[str], *, reference_date: date | None, file: str
) -> None:
    """Raise if age, sex or place has no column; say which columns come near."""
    if not columns:
        # The first row may be a person: its cells are not shown as column names.
        raise InputError("header_not_found", path=file)
    if "age" not in columns and "birth_date" in columns and reference_date is None:
        raise InputError("as_of_missing", path=file, column=columns["birth_date"])
    if ("lon" in columns) != ("lat" in columns):
        raise _missing_role("lat" if "lon" in columns else "lon", names, file=file)
    if "age" not in columns and "birth_date" not in columns:
        raise _missing_role("age", names, file=file)
    if "sex" not in columns:
        raise _missing_role("sex", names, file=file)
    if "lon" not in columns and not any(role in columns for role in AREA_ROLES):
        raise InputError("place_missing", path=file, columns=", ".join(names))


def _missing_role(role: str, names: list[str], *, file: str) -> InputError:
    near = suggest(role, names)
    if near:
        return InputError("role_missing_near", path=file, role=role, near=", ".join(near))
    aliases = ", ".join((role, *ALIASES[role][:4]))
    return InputError("role_missing", path=file, role=role, aliases=aliases)


class Reading:
    """The columns of one table, read one after the other; remembers the bad rows."""

    def __init__(
        self, table: tabular.Table, columns: Mapping[str, str], findings: Findings
    ) -> None:
        self.table = table
        self.columns = columns
        self.findings = findings
        self.bad = np.zeros(len(table.frame), dtype=bool)
        self.blank = np.ones(len(table.frame), dtype=bool)
        for name in table.frame.columns:
            self.blank &= cells.is_blank(table.frame[name])

    def frame(self, *, reference_date: date | None, crs: object | None) -> pd.DataFrame:
        """Return the roles in their order, then all other columns."""
        import pandas as pd

        if len(self.table.ragged):
            self.findings.add_rows("error", "row_ragged", self.table.ragged)
        if len(self.table.merged):
            self.findings.add_rows("warning", "cells_merged", self.table.merged)
        readers = {role: _READERS[role] for role in self.columns if role in _READERS}
        read = {}
        if reference_date is not None and "birth_date" in self.columns:
            readers.pop("age", None)
            read["age"] = self._column("birth_date", partial(dates.ages, as_of=reference_date))
        read |= {role: self._column(role, reader) for role, reader in readers.items()}
        self._nobody(read)
        if "lon" in read:
            read["lon"], read["lat"] = self._points(read["lon"], read["lat"], crs)
        if "care_level" in read:
            read["care_level"] = self._care(read["care_level"])
        if "person_id" in read:
            twice = read["person_id"].duplicated() & read["person_id"].notna()
            self._fault("person_twice", twice.to_numpy(), self.columns["person_id"])
        for role in ("age", "sex", *AREA_ROLES):
            if role in read:
                self._count_missing(role, read[role])
        others = self._others()
        ordered = {role: read[role] for role in ROLES if role in read}
        frame = pd.concat([pd.DataFrame(ordered), others], axis=1)
        return frame.set_axis(pd.Index(self.table.rows, name="row"), axis=0)

    def _nobody(self, read: Mapping[str, pd.Series]) -> None:
        """Note rows that have neither age nor sex nor place: remarks and totals below a table."""
        nothing = ~self.blank & ~self.bad
        for role in ("age", "sex", "lon", "lat", *AREA_ROLES):
            if role in read:
                nothing &= read[role].isna().to_numpy()
        self._fault("row_nobody", nothing, None)

    def _column(self, role: str, reader: Callable[[pd.Series], cells.Column]) -> pd.Series:
        name = self.columns[role]
        column = reader(self.table.frame[name])
        for key, mask in column.faults.items():
            self._fault(key, mask, name)
        for key, mask in column.doubts.items():
            self.findings.add_rows("warning", key, self.table.rows[mask], column=name)
        return column.values

    def _fault(self, key: str, mask: np.ndarray, column: str | None) -> None:
        mask = mask & ~self.blank
        if mask.any():
            self.findings.add_rows("error", key, self.table.rows[mask], column=column)
            self.bad |= mask

    def _count_missing(self, role: str, column: pd.Series) -> None:
        missing = column.isna().to_numpy() & ~self.blank & ~self.bad
        if missing.any():
            name = self.columns.get(role) or self.columns["birth_date"]
            most = missing.sum() * 2 > (~self.blank).sum()
            self.findings.add(
                "warning" if most else "info",
                "value_missing_count",
                column=name,
                n=int(missing.sum()),
            )

    def _care(self, column: pd.Series) -> pd.Series:
        """Blank is 非該当 where a register plainly writes the certified only."""
        missing = column.isna().to_numpy() & ~self.blank & ~self.bad
        name = self.columns["care_level"]
        if missing.sum() * 2 > (~self.blank).sum() and not (column == "none").any():
            self.findings.add("warning", "care_blank_none", column=name, n=int(missing.sum()))
            return column.astype(object).mask(missing, "none").infer_objects()
        if missing.any():
            self.findings.add("info", "value_missing_count", column=name, n=int(missing.sum()))
        return column

    def _points(
        self, x: pd.Series, y: pd.Series, crs: object | None
    ) -> tuple[pd.Series, pd.Series]:
        """Return lon and lat; (0, 0), a half and a blank are no point."""
        import pandas as pd

        east, north = x.to_numpy(dtype=float), y.to_numpy(dtype=float)
        nothing = np.isnan(east) | np.isnan(north) | ((east == 0) & (north == 0))
        east, north = np.where(nothing, np.nan, east), np.where(nothing, np.nan, north)
        if crs is not None:
            if points.on_tokyo_datum(crs):
                self.findings.add("warning", "tokyo_datum")
            east, north = points.to_lonlat(east, north, crs=crs)
        missing = nothing & ~self.blank & ~self.bad
        if missing.any():
            self.findings.add("warning", "point_missing_count", n=int(missing.sum()))
        self._check_japan(east, north, ~nothing)
        return pd.Series(east, x.index), pd.Series(north, y.index)

    def _check_japan(self, east: np.ndarray, north: np.ndarray, known: np.ndarray) -> None:
        """Raise if the columns are swapped or no degrees; note single rows that are."""
        inside = points.in_japan(east, north)
        swapped = points.in_japan(north, east)
        names = {"lon": self.columns["lon"], "lat": self.columns["lat"]}
        if known.any() and not inside.any():
            key = "lonlat_swapped" if swapped.any() else "lonlat_not_degrees"
            raise CRSError(key, path=self.findings.file, **names)
        column = f"{names['lon']}, {names['lat']}"
        self._fault("point_swapped", swapped & known, column)
        self._fault("point_not_in_japan", known & ~inside & ~swapped, column)

    def _others(self) -> pd.DataFrame:
        """Return the columns without a role as they came; 個人番号 never comes in."""
        used = set(self.columns.values())
        mine = [name for name in self.table.frame.columns if is_my_number(name)]
        for name in mine:
            if name not in used:
                self.findings.add("warning", "my_number", column=name)
        others = self.table.frame.drop(columns=list(used | set(mine)))
        # A column may be called as a role that another column has.
        renamed = unique_names([*ROLES, *map(str, others.columns)])[len(ROLES) :]
        return others.set_axis(renamed, axis=1)


def _without_bad_rows(
    frame: pd.DataFrame, reading: Reading, *, on_error: Literal["stop", "skip"]
) -> pd.DataFrame:
    """Return the good rows; raise if bad ones may not be left out."""
    findings = reading.findings
    n_bad = int(reading.bad.sum()) + len(reading.table.ragged)
    n_blank = int(reading.blank.sum())
    kept = frame[~reading.bad & ~reading.blank]
    findings.add(
        "info",
        "rows_kept",
        rows=len(frame) + len(reading.table.ragged),
        kept=len(kept),
        skipped=n_bad,
        blank=n_blank,
    )
    if n_bad and (on_error == "stop" or len(kept) == 0):
        raise FaultyRowsError(findings.problems, path=findings.file, n=n_bad, good=len(kept))
    if len(kept) == 0:
        raise InputError("file_no_rows", path=findings.file)
    return kept
