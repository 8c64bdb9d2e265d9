"""Tables of flows: from where to where, how many, of which sex and age."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tsukuba_gis.errors import InputError
from tsukuba_gis.io import tabular
from tsukuba_gis.io.age_tables import age_of
from tsukuba_gis.io.codes import sexes
from tsukuba_gis.io.findings import Findings
from tsukuba_gis.io.numbers import numbers
from tsukuba_gis.io.text import require_file
from tsukuba_gis.schema import column_key

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from tsukuba_gis.errors import Problem

_COLUMNS: Final = {
    "origin": ("origin", "発地", "出発地", "移動元", "転出元", "転出地", "従前の住所地", "前住地",
               "常住地", "居住地", "from"),
    "destination": ("destination", "着地", "到着地", "移動先", "転入先", "転入地", "現住地",
                    "従業地・通学地", "従業地", "通学地", "to"),
    "persons": ("persons", "人数", "移動者数", "転入者数", "流動量", "人口", "count"),
    "sex": ("sex", "性別", "男女"),
    "age_start": ("age_start", "年齢", "年齢階級", "age"),
}  # fmt: skip
_SUMS: Final = re.compile(r"(?:合|総|小|県内|県外|市内|市外)?(?:計|総数)|total")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FlowTable:
    """Flows as a file has them.

    Parameters
    ----------
    pairs
        ``origin``, ``destination``, ``persons``; ``sex`` and ``age_start`` where
        the file has them.
    stated
        Place → ``"inflow"`` / ``"outflow"``: totals from rows of sums, which
        are not among the pairs.
    """

    source: str
    pairs: pd.DataFrame = field(repr=False)
    stated: dict[str, dict[str, float]]
    problems: tuple[Problem, ...] = ()


def read_flows(path: str | Path, *, sheet: str | None = None) -> FlowTable:
    r"""Read flows between places: CSV or Excel, a row for each origin and destination.

    Parameters
    ----------
    path
        The file; nothing is written beside it.
    sheet
        Of a workbook with several.

    Returns
    -------
    FlowTable
        A row whose origin or destination is 計, 合計 or 総数 is a stated total of
        the other place. A pair that stands twice counts twice, and is told. Hidden or
        blank numbers are left out, and told.

    Raises
    ------
    InputError
        If origin, destination or persons have no column, or a cell is no number.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "od.csv"
    ...     rows = ["常住地,従業地,人数", '土浦市,つくば市,"9,325"', "計,つくば市,43509"]
    ...     _ = file.write_text("\n".join(rows), encoding="utf-8")
    ...     found = read_flows(file)
    >>> found.pairs["persons"].tolist(), found.stated
    ([9325.0], {'つくば市': {'inflow': 43509.0}})
    """
    import pandas as pd

    file = require_file(path)
    excel = file.suffix.lower() in tabular.EXCEL_SUFFIXES
    table = tabular.read_excel(file, sheet=sheet) if excel else tabular.read_csv(file)
    findings = Findings(file)
    keys = {column_key(str(name)): str(name) for name in reversed(list(table.frame.columns))}
    columns = {
        role: next((keys[column_key(name)] for name in names if column_key(name) in keys), None)
        for role, names in _COLUMNS.items()
    }
    for role in ("origin", "destination", "persons"):
        if columns[role] is None:
            raise InputError("table_no_column", path=file.name, column=_COLUMNS[role][0])
    frame = table.frame.set_axis(table.rows, axis=0)
    read = numbers(frame[str(columns["persons"])], strip="人")
    if read.faults:
        raise InputError("age_table_not_numbers", column=str(columns["persons"]))
    found = pd.DataFrame(
        {
            "origin": frame[str(columns["origin"])].str.strip(),
            "destination": frame[str(columns["destination"])].str.strip(),
            "persons": read.values,
        }
    )
    if columns["sex"] is not None:
        found["sex"] = sexes(frame[columns["sex"]]).values
    if columns["age_start"] is not None:
        found["age_start"] = frame[columns["age_start"]].map(age_of).astype("Int64")
    return _checked(found, findings, source=file.name)


def _checked(found: pd.DataFrame, findings: Findings, *, source: str) -> FlowTable:
    """Take out rows of sums and rows without a number or place; tell what stands twice."""
    blank = found["persons"].isna() | (found["origin"] == "") | (found["destination"] == "")
    if blank.any():
        findings.add_rows("warning", "flows_row_blank", found.index[blank].to_numpy())
    found = found[~blank]
    sums = {
        side: found[side].map(lambda name: _SUMS.fullmatch(column_key(name)) is not None)
        for side in ("origin", "destination")
    }
    stated: dict[str, dict[str, float]] = {}
    for side, other, name in (
        ("origin", "destination", "inflow"),
        ("destination", "origin", "outflow"),
    ):
        rows = found[sums[side] & ~sums[other]]
        for place, persons in zip(rows[other], rows["persons"], strict=True):
            held = stated.setdefault(place, {})
            held[name] = max(held.get(name, 0.0), float(persons))
    pairs = found[~(sums["origin"] | sums["destination"])].reset_index(drop=True)
    again = pairs.duplicated([name for name in pairs.columns if name != "persons"])
    if again.any():
        findings.add("warning", "flows_pair_twice", n=int(again.sum()))
    return FlowTable(source=source, pairs=pairs, stated=stated, problems=findings.problems)
