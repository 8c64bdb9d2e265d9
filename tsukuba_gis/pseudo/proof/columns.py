"""The columns of real and pseudo records as they are compared, and what an attacker knows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.pseudo.tables.city import FIVE, OLD, TEN, start_of
from tsukuba_gis.schema import CARE_LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.spec import Spec

    Floats = NDArray[np.float64]

# Columns made here from those of the spec; no register's column begins like that.
SIZE: Final = "~size"
FIVE_YEARS: Final = "~age5"
TEN_YEARS: Final = "~age10"
BAND: Final = "~band"
AGED: Final = "~65plus"
YOUNG: Final = "~0to10"
NEED: Final = "~need"


def prepared(frames: Sequence[pd.DataFrame], spec: Spec) -> list[pd.DataFrame]:
    """Return the columns that are compared, texts as categories shared by all frames."""
    import pandas as pd

    wanted = [
        column for column in spec.columns
        if column != spec.person and all(column in frame for frame in frames)
    ]  # fmt: skip
    result = [frame[wanted].reset_index(drop=True) for frame in frames]
    for column in wanted:
        if column == spec.household or all(
            pd.api.types.is_numeric_dtype(frame[column]) for frame in result
        ):
            continue
        together, names = _named([frame[column] for frame in result])
        ends = np.cumsum([len(frame) for frame in result])[:-1]
        for frame, code in zip(result, np.split(together, ends), strict=True):
            frame[column] = pd.Categorical.from_codes(code, categories=pd.Index(names))
    for frame in result:
        _derive(frame, spec)
    return result


def _named(columns: Sequence[pd.Series[Any]]) -> tuple[NDArray[np.int64], list[str]]:
    """Return the place of each value's text among all texts, in their order; missing is ""."""
    import pandas as pd

    code, values = pd.factorize(pd.concat(columns, ignore_index=True))
    texts = [str(value) for value in values]
    names = sorted({*texts, ""} if (code < 0).any() else set(texts))
    place = {name: number for number, name in enumerate(names)}
    # The last entry is for missing values, which are coded -1.
    number = np.array([*(place[text] for text in texts), place.get("", -1)], dtype=np.int64)
    return number[code], names


def _derive(frame: pd.DataFrame, spec: Spec) -> None:
    """Add the columns that are made from others; the frame is this module's own."""
    age = frame[spec.age].to_numpy(dtype=np.int64)
    frame[FIVE_YEARS] = start_of(age, FIVE)
    frame[TEN_YEARS] = start_of(age, TEN)
    frame[BAND] = start_of(age, spec.area_bands)
    frame[AGED], frame[YOUNG] = age >= OLD, age <= 10
    if spec.household:
        home = frame[spec.household]
        frame[SIZE] = home.groupby(home).transform("size").fillna(1).astype(np.int64)
    if spec.care:
        levels = {code: place for place, code in enumerate(CARE_LEVELS)}
        care = frame[spec.care].astype("category")
        names = [str(name) for name in care.cat.categories]
        unknown = sorted(set(names) - set(levels))
        levels |= {code: len(CARE_LEVELS) + i for i, code in enumerate(unknown)}
        code = care.cat.codes.to_numpy()
        frame[NEED] = np.array([levels[name] for name in names], dtype=np.int64)[code]


def present(frame: pd.DataFrame, *columns: str | None) -> list[str]:
    """Return the columns that are named and there."""
    return [column for column in columns if column is not None and column in frame]


def about(frame: pd.DataFrame, spec: Spec) -> list[str]:
    """Return all that an attacker may know of a person, but the place and the sex."""
    return present(
        frame, spec.age, spec.household_type, spec.relation, SIZE, spec.care, *spec.numeric
    )


def within_of(frame: pd.DataFrame, spec: Spec) -> list[str]:
    """Return what a row like a person has in common with the person: the place and the sex."""
    return present(frame, spec.cluster, spec.sex)


def keys_of(frame: pd.DataFrame, spec: Spec) -> list[str]:
    """Return what neighbours know: where someone lives, sex, age and household."""
    return present(
        frame, spec.area or spec.cluster, spec.sex, spec.age, spec.household_type, spec.relation,
        SIZE,
    )  # fmt: skip


def numbers_of(column: pd.Series[Any], missing: float) -> Floats:
    """Return numbers, with ``missing`` where there is none."""
    values: Floats = column.to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isnan(values), missing, values)


def known_of(column: pd.Series[Any]) -> Floats:
    """Return the numbers that are there."""
    values = numbers_of(column, math.nan)
    return values[np.isfinite(values)]
