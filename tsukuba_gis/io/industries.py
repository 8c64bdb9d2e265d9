"""Tables of industries at two dates, of an area and of the country beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tsukuba_gis.errors import InputError
from tsukuba_gis.io import tabular
from tsukuba_gis.io.numbers import numbers
from tsukuba_gis.io.text import require_file
from tsukuba_gis.schema import column_key

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

COLUMNS: Final = {
    "industry": ("industry", "産業", "産業分類", "産業大分類"),
    "start": ("start", "期首", "従業者数(期首)"),
    "end": ("end", "期末", "従業者数(期末)"),
    "reference_start": ("reference_start", "全国期首", "全国(期首)"),
    "reference_end": ("reference_end", "全国期末", "全国(期末)"),
}
_SUMS: Final = ("計", "合計", "総数", "全産業", "total")


def read_industries(
    path: str | Path, *, columns: dict[str, str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    r"""Read a table of industries: CSV or Excel, a row an industry.

    Parameters
    ----------
    path
        The file; nothing is written beside it.
    columns
        ``industry``, ``start``, ``end``, ``reference_start``, ``reference_end`` →
        column of the file, where the names do not say it.

    Returns
    -------
    tuple of pandas.DataFrame
        Of the area and of the reference: index industries, ``start`` and
        ``end``. Rows of sums (計) are left out.

    Raises
    ------
    InputError
        If a column is missing, or a cell is no number.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "産業.csv"
    ...     rows = ["産業,期首,期末,全国期首,全国期末", "農業,500,450,900,800", "計,500,450,,"]
    ...     _ = file.write_text("\n".join(rows), encoding="utf-8")
    ...     area, country = read_industries(file)
    >>> area.loc["農業"].tolist(), country.loc["農業"].tolist()
    ([500.0, 450.0], [900.0, 800.0])
    """
    import pandas as pd

    file = require_file(path)
    excel = file.suffix.lower() in tabular.EXCEL_SUFFIXES
    frame = (tabular.read_excel(file, sheet=None) if excel else tabular.read_csv(file)).frame
    keys = {column_key(str(name)): str(name) for name in reversed(list(frame.columns))}
    found: dict[str, str] = {}
    for role, names in COLUMNS.items():
        stated = (columns or {}).get(role)
        known = names if stated is None else (stated,)
        name = next((keys[column_key(one)] for one in known if column_key(one) in keys), None)
        if name is None:
            raise InputError("table_no_column", path=file.name, column=stated or names[0])
        found[role] = name
    called = frame[found["industry"]].str.strip()
    sums = called.map(lambda one: column_key(str(one)) in _SUMS) | (called == "")
    parts = {}
    for role in list(COLUMNS)[1:]:
        read = numbers(frame.loc[~sums, found[role]], strip="人")
        if read.faults or read.values.isna().any():
            raise InputError("age_table_not_numbers", column=found[role])
        parts[role] = read.values.to_numpy()
    index = pd.Index(called[~sums], name="industry")
    area = pd.DataFrame({"start": parts["start"], "end": parts["end"]}, index=index)
    reference = {"start": parts["reference_start"], "end": parts["reference_end"]}
    return area, pd.DataFrame(reference, index=index)
