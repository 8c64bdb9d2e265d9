"""Invented people written as rows: columns, dtypes and numbers like the register's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.pseudo.counts import by_lot, dense

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.keys import Streams
    from tsukuba_gis.pseudo.making.crowd import Crowd
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.pseudo.tables.city import City

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


def rows_of(
    statistics: Statistics, city: City, crowd: Crowd, numbers: dict[str, Floats], streams: Streams
) -> pd.DataFrame:
    """Return the table: columns and dtypes of the register, rows and numbers by lot."""
    import pandas as pd

    spec, n = statistics.spec, len(crowd.age)
    n_homes = int(crowd.household.max()) + 1
    rng = streams("order", "")
    shuffled = rng.permutation(n_homes)[crowd.household]
    order = by_lot(shuffled * 2 + (crowd.relation != city.head), rng)
    areas = statistics.tables["areas"]
    coded: dict[str | None, tuple[tuple[str, ...], Ints]] = {
        spec.cluster: (city.codes["cluster"], crowd.cluster),
        spec.sex: (city.codes["sex"], crowd.sex),
        spec.care: (city.codes["care"], crowd.care),
        spec.household_type: (city.codes["type"], crowd.type),
        spec.relation: (city.codes["relation"], crowd.relation),
        spec.area: (tuple(areas.area), crowd.area),
        **{column: (tuple(areas[f"carried:{column}"]), crowd.area) for column in spec.carried},
    }
    columns: dict[str, object] = {}
    for column, dtype in statistics.columns.items():
        if column == spec.person:
            values: object = numbered("P", np.arange(1, n + 1), dtype)
        elif column == spec.household:
            values = numbered("H", shuffled[order] + 1, dtype)
        elif column == spec.age:
            values = crowd.age[order]
        elif column in coded:
            names, codes = coded[column]
            columns[column] = _named(names, codes[order], dtype)
            continue
        else:
            values = numbers[column][order]
        columns[column] = typed(values, dtype)
    return pd.DataFrame(columns)


def _named(names: tuple[str, ...], codes: Ints, dtype: Any) -> Any:
    """Return names by their codes, the empty one missing; put into the dtype once each."""
    held = np.flatnonzero(np.bincount(codes, minlength=len(names)))
    return typed([names[code] or None for code in held], dtype).array.take(dense(codes))


def numbered(letter: str, number: Ints, dtype: str) -> Ints | pd.Series[str]:
    """Return new numbers: whole where the register's were, else a letter and digits."""
    if "int" in dtype.lower() or "float" in dtype.lower():
        return number
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    digits = len(str(int(number.max(initial=1))))
    # A one in front keeps the zeros, and gives place to the letter.
    text = pc.cast(pa.array(number + 10**digits), pa.large_string())
    return pd.Series(pd.array(pc.utf8_replace_slice(text, 0, 1, letter), dtype="string[pyarrow]"))


def typed(values: Any, dtype: Any) -> Any:
    """Return a column in the dtype of the register's."""
    import pandas as pd

    series = pd.Series(values)
    lowered = dtype.lower()
    if lowered == "category":
        return series.astype("str").astype("category")
    if lowered.startswith(("int", "uint")) or lowered in {"int64[pyarrow]"}:
        if series.isna().any():  # whole numbers cannot be missing in this dtype
            return series.astype("Float64").round().astype("Int64")
        whole = pd.to_numeric(series)
        return whole.round().astype(dtype)
    return series.astype(dtype)
