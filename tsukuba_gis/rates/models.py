"""Model populations: whose ages a directly standardised rate is weighted by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

# Name → persons in thousands by five-year age, the last group (85 and over) open.
_THOUSANDS: Final[dict[str, tuple[int, ...]]] = {
    # 昭和60年モデル人口: the census of 1985, smoothed; 120,287 thousand in all. The standard
    # of 年齢調整死亡率 in the vital statistics of the Ministry of Health and Welfare until 2019.
    "japan_1985": (
        8180, 8338, 8497, 8655, 8814, 8972, 9130, 9289, 9400, 8651, 7616, 6581, 5546, 4511, 3476,
        2441, 1406, 784,
    ),
}  # fmt: skip
MODEL_POPULATIONS: Final = tuple(_THOUSANDS)
_WIDTH: Final = 5


def model_population(name: str) -> pd.Series[float]:
    """Return a named model population, for :func:`tsukuba_gis.rates.direct`.

    Parameters
    ----------
    name
        ``"japan_1985"``: the model population of 1985 (昭和60年モデル人口), 120,287 thousand
        persons, with which Japanese age-adjusted death rates were published up to 2019.

    Returns
    -------
    pandas.Series
        Persons, indexed by ``age_start`` 0, 5 … 85; ages are half-open and the last group
        is open.

    Raises
    ------
    InputError
        If there is no model population of that name.

    Notes
    -----
    The model population of 2015, which replaced it, is not in the package: its
    figures could not be confirmed against the ministry's own table. A user who
    has them gives them as any other standard.

    References
    ----------
    厚生労働省「人口動態統計」, 昭和60年モデル人口.

    Examples
    --------
    >>> persons = model_population("japan_1985")
    >>> int(persons.sum()), int(persons[85])
    (120287000, 784000)
    """
    import pandas as pd

    if name not in _THOUSANDS:
        raise InputError("rates_no_model", name=name, known=", ".join(MODEL_POPULATIONS))
    thousands = _THOUSANDS[name]
    ages = pd.Index([_WIDTH * i for i in range(len(thousands))], name="age_start")
    return pd.Series([1000.0 * number for number in thousands], index=ages, name=name)
