"""A register, or a part of it, as codes and numbers: all that measuring needs of it.

A register too large for one frame is measured part by part: each part is
tallied where it lies, and the tallies, a small fraction of the rows in size,
are joined before anything is counted. They are joined, not added: which small
areas, rare codes and rare households are merged is decided over all of them,
and a household may lie in two parts. The statistics file is the same, byte for
byte, however the register was divided.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.errors import DisclosureError, InputError
from tsukuba_gis.schema import CARE_LEVELS, HOUSEHOLD_TYPES, RELATIONS, SEXES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.spec import Spec

    Ints = NDArray[Any]
    Floats = NDArray[Any]

MAX_AGE: Final = 150
# Most bytes of a person's or household's number that is hashed together with others.
_LONGEST: Final = 64
# Orders in which known codes are listed; unknown ones follow, sorted.
_ORDERS: Final = {
    "sex": SEXES, "care": CARE_LEVELS, "household_type": HOUSEHOLD_TYPES, "relation": RELATIONS,
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tally:
    """Some persons as arrays, in the order of their rows; stays inside the measuring step.

    Attributes
    ----------
    spec
        Resolved against the columns.
    columns
        The register's columns in order, with their dtypes.
    age
        Whole years.
    person, household
        64-bit hashes of the numbers, so that they can be told apart over all
        parts; a household of 0 is one without a number: each such person is
        a household alone. None where the register has none.
    codes
        Per column of categories: a code for each person, and the names.
    values
        Amounts, measurements and home points; NaN where missing.
    """

    spec: Spec
    columns: Mapping[str, str] = field(repr=False)
    age: Ints = field(repr=False)
    person: Ints | None = field(repr=False)
    household: Ints | None = field(repr=False)
    codes: Mapping[str, tuple[Ints, tuple[str, ...]]] = field(repr=False)
    values: Mapping[str, Floats] = field(repr=False)

    def __len__(self) -> int:
        return len(self.age)

    def homes(self) -> Ints:
        """Return household codes from 0; without numbers everyone is a household."""
        import pandas as pd

        if self.household is None:
            return np.arange(len(self))
        lonely = np.flatnonzero(self.household == 0)
        codes = pd.factorize(self.household)[0].astype(np.int64)
        codes[lonely] = codes.max(initial=-1) + 1 + np.arange(len(lonely))
        return np.unique(codes, return_inverse=True)[1] if len(lonely) else codes

    def factor(self, column: str | None) -> tuple[Ints, tuple[str, ...]]:
        """Return codes and names of a column; one empty name if there is no such column."""
        if column is None:
            return np.zeros(len(self), dtype=np.int64), ("",)
        codes, names = self.codes[column]
        return codes.astype(np.int64), names


def tally(frame: pd.DataFrame, spec: Spec) -> Tally:
    """Return a register, or some rows of it, as codes and numbers.

    Parameters
    ----------
    frame
        Persons; the parts of a register may be divided anyhow, households too.
    spec
        What is kept; columns that the register does not have are left out.

    Raises
    ------
    InputError
        If a column that is needed is missing, or an age, a cluster or an amount
        cannot be used.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsukuba_gis.pseudo.measure import measure_tallies
    >>> from tsukuba_gis.pseudo.spec import Spec
    >>> frame = pd.DataFrame({"district": ["a"] * 40, "age": [30, 70] * 20})
    >>> parts = [tally(part, Spec(cluster="district")) for part in (frame[:25], frame[25:])]
    >>> measure_tallies(parts).tables["bands"]["persons"].tolist()
    [20, 20]
    """
    spec = spec.resolve(str(column) for column in frame.columns)
    _check(frame, spec)
    categories = (
        spec.cluster, spec.area, spec.sex, spec.care, spec.household_type, spec.relation,
        *spec.carried,
    )  # fmt: skip
    numbers = (*spec.numeric, *(column for column in (spec.lon, spec.lat) if column))
    kept = set(spec.columns)
    return Tally(
        spec=spec,
        columns={str(name): str(frame[name].dtype) for name in frame.columns if name in kept},
        age=frame[spec.age].to_numpy(dtype=np.float64).astype(np.int16),
        person=None if spec.person is None else _hashed(frame[spec.person]),
        household=None if spec.household is None else _hashed(frame[spec.household]),
        codes={column: _factor(frame[column], column, spec) for column in categories if column},
        values={
            column: frame[column].to_numpy(dtype=np.float64, na_value=np.nan) for column in numbers
        },
    )


def joined(parts: Sequence[Tally]) -> Tally:
    """Return the parts of a register as one.

    Raises
    ------
    InputError
        If the parts do not have the same columns, or a person occurs twice.
    DisclosureError
        If there are fewer than k persons.
    """
    first = parts[0]
    spec = first.spec
    if any(part.spec != spec or list(part.columns) != list(first.columns) for part in parts):
        raise InputError("pseudo_parts_differ")
    if sum(map(len, parts)) < spec.k:
        raise DisclosureError("pseudo_too_few", k=spec.k)
    whole = first if len(parts) == 1 else _joined(parts)
    if whole.person is not None and spec.person is not None:
        line = np.sort(whole.person[whole.person != 0])  # who has no number is nobody else
        twice = int((line[1:] == line[:-1]).sum())
        if twice:
            raise InputError("pseudo_person_twice", column=spec.person, n=twice)
    return whole


def _joined(parts: Sequence[Tally]) -> Tally:
    spec = parts[0].spec
    first, codes = parts[0], {}
    for column in first.codes:
        names = _ordered({name for part in parts for name in part.codes[column][1]}, column, spec)
        place = {name: number for number, name in enumerate(names)}
        moved = [
            np.array([place[name] for name in own], dtype=np.min_scalar_type(len(names)))[code]
            for code, own in (part.codes[column] for part in parts)
        ]
        codes[column] = np.concatenate(moved), names
    return Tally(
        spec=spec,
        columns={
            name: _common([part.columns[name] for part in parts]) for name in parts[0].columns
        },
        age=np.concatenate([part.age for part in parts]),
        person=_all([part.person for part in parts]),
        household=_all([part.household for part in parts]),
        codes=codes,
        values={
            column: np.concatenate([part.values[column] for part in parts])
            for column in first.values
        },
    )


def _all(parts: list[Ints | None]) -> Ints | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if known else None


def _common(dtypes: list[str]) -> str:
    """Return the dtype that columns of these dtypes have when put below each other."""
    import pandas as pd

    if len(set(dtypes)) == 1:
        return dtypes[0]
    return str(pd.concat([pd.Series(dtype=dtype) for dtype in dict.fromkeys(dtypes)]).dtype)


def _check(frame: pd.DataFrame, spec: Spec) -> None:
    import pandas as pd

    for column in (spec.age, *spec.numeric):
        if not pd.api.types.is_numeric_dtype(frame[column]):
            raise InputError("pseudo_not_numeric", column=column)
    ages = frame[spec.age].to_numpy(dtype=np.float64, na_value=np.nan)
    bad = ~((ages >= 0) & (ages < MAX_AGE) & (np.floor(ages) == ages))
    if bad.any():
        raise InputError("pseudo_ages", column=spec.age, n=int(bad.sum()))
    if (missing := int(frame[spec.cluster].isna().sum())) > 0:
        raise InputError("pseudo_cluster_missing", column=spec.cluster, n=missing)
    for column in spec.numeric:
        values = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
        if np.isinf(values).any():
            raise InputError("pseudo_infinite", column=column, n=int(np.isinf(values).sum()))
        if column in spec.sums and (values < 0).any():
            raise InputError("pseudo_negative", column=column, n=int((values < 0).sum()))


def _hashed(column: pd.Series[Any]) -> Ints:
    """Return a 64-bit hash of each value, 0 for a missing one."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):  # the last is that of code -1
        return np.append(_hashed(column.cat.categories.to_series()), np.uint64(0))[column.cat.codes]
    if pd.api.types.is_string_dtype(column.dtype):  # or of objects, which count as they are spelt
        hashed = _hashed_texts(column)
    else:
        hashed = pd.util.hash_pandas_object(column, index=False).to_numpy(dtype=np.uint64)
    # The number 0 has the hash 0, which here means that there is no number.
    hashed = np.where(hashed == 0, np.uint64(2**64 - 1), hashed)
    return np.where(column.isna().to_numpy(dtype=bool), np.uint64(0), hashed)


def _hashed_texts(column: pd.Series[Any]) -> Ints:
    """Return hashes of texts, all at once, word after word of eight bytes; of long ones singly."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    text: Any = pa.array(column.astype("str"), type=pa.large_string(), from_pandas=True)
    text = pc.fill_null(text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text, "")
    size = pc.binary_length(text).to_numpy()
    long = np.flatnonzero(size > _LONGEST)
    if len(long):
        text = pc.if_else(pa.array(size <= _LONGEST), text, "")
    width = 8 * -(-min(int(size.max(initial=1)), _LONGEST) // 8)
    filled = pc.ascii_rpad(text, width, padding="\0")  # counts bytes
    words: Ints = np.ndarray((len(column), width // 8), np.uint64, filled.buffers()[2])
    hashed: Ints = np.zeros(len(column), dtype=np.uint64)
    for word in words.T:  # of zeros beyond the end: how long other texts are plays no part
        hashed = np.where(word == 0, hashed, pd.util.hash_array(hashed ^ word))
    hashed[long] = pd.util.hash_array(column.iloc[long].to_numpy(dtype=object))
    return hashed


def _factor(column: pd.Series[Any], name: str, spec: Spec) -> tuple[Ints, tuple[str, ...]]:
    """Return codes and names of a column, in an order that the rows do not decide.

    A missing value is spelt as nothing.
    """
    import pandas as pd

    codes, values = pd.factorize(column)
    # Few values are spelt, not every row; those that are spelt alike are one.
    texts = [str(value) for value in values] + ([""] if (codes < 0).any() else [])
    names = _ordered(set(texts), name, spec)
    place = {text: number for number, text in enumerate(names)}
    number = np.array([place[text] for text in texts], dtype=np.min_scalar_type(len(names)))
    return number[codes], names


def _ordered(names: set[str], column: str, spec: Spec) -> tuple[str, ...]:
    role = next((role for role in _ORDERS if getattr(spec, role) == column), "")
    known = {name: place for place, name in enumerate(_ORDERS.get(role, ()))}
    return tuple(sorted(names, key=lambda name: (known.get(name, 99), name)))
