"""Where the invented people live: persons and ages of each small area, and the home points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.demo.patterns import LARGEST

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.zones import Zones

# Shares of persons 65+ and 0–14, invented but for their order: the old
# villages and the estates of the 1970s are old, the towns along the Tsukuba
# Express are young, the quarters around the university are full of students.
_VILLAGES: Final = {
    "筑波": (0.33, 0.10), "茎崎": (0.32, 0.11), "大穂": (0.25, 0.14), "豊里": (0.26, 0.14),
    "桜": (0.23, 0.15), "谷田部": (0.23, 0.15),
}  # fmt: skip
_ESTATES: Final = (0.40, 0.09)
_PLANNED: Final = (0.15, 0.17)
_NEW_TOWNS: Final = (0.06, 0.25)
_STUDENTS: Final = (0.05, 0.05)
_QUARTERS: Final = {
    **dict.fromkeys(("森の里", "自由ケ丘", "桜が丘", "宝陽台", "高見原", "富士見台", "梅ケ丘",
                     "城山", "あしび野"), _ESTATES),
    **dict.fromkeys(("吾妻", "竹園", "並木", "松代", "二の宮", "千現", "梅園", "東", "稲荷前",
                     "東新井", "小野川", "花畑", "筑穂", "高野台", "東光台", "緑が丘", "倉掛"),
                    _PLANNED),
    **dict.fromkeys(("研究学園", "学園の森", "学園南", "みどりの", "みどりの中央", "みどりの東",
                     "みどりの南", "陣場", "諏訪", "香取台", "台町", "豊里の杜"), _NEW_TOWNS),
    **dict.fromkeys(("天久保", "天王台", "春日", "桜", "観音台"), _STUDENTS),
}  # fmt: skip

# An ordinary household has this many members on average where an area's mean
# is so high that only an institution can explain it (施設等の世帯).
_ORDINARY_MEAN: Final = 3.35
_INSTITUTION_SIZE: Final = 80


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Areas:
    """The small areas as arrays, in the order of the zones.

    ``old`` and ``young`` are target shares (0–1) of persons 65+ and 0–14;
    ``institution_area`` and ``institution_size`` have one entry an institution.
    """

    persons: np.ndarray
    households: np.ndarray
    old: np.ndarray
    young: np.ndarray
    student: np.ndarray
    institution_area: np.ndarray
    institution_size: np.ndarray


def scaled(published: np.ndarray, total: int) -> np.ndarray:
    """Return whole numbers in the proportions of ``published`` that add up to ``total``.

    Largest remainders; ties go to the earlier area.

    Examples
    --------
    >>> scaled(np.array([6, 3, 1, 0]), 5).tolist()
    [3, 2, 0, 0]
    """
    exact = published * (total / published.sum())
    whole = np.floor(exact).astype(np.int64)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: total - whole.sum()]] += 1
    return np.asarray(whole)


def areas(frame: pd.DataFrame, *, size: int | None, rng: np.random.Generator) -> Areas:
    """Return persons, households, institutions and target shares of each small area.

    Parameters
    ----------
    frame
        Frame of the small areas: ``name``, ``former_municipality``,
        ``population_2015``, ``households_2015``.
    size
        Persons in all; None: as published.
    rng
        Source of randomness.
    """
    persons = frame["population_2015"].to_numpy(dtype=np.int64)
    households = frame["households_2015"].to_numpy(dtype=np.int64)
    if size is not None:
        ratio = size / persons.sum()
        persons = scaled(persons, size)
        households = scaled(households, round(households.sum() * ratio))
        households = np.clip(households, np.minimum(persons, 1), persons)
    names = frame["name"].str.replace(r"([０-９0-9]+丁目|[Ａ-Ｚ])$", "", regex=True)
    places = zip(names, frame["name"], frame["former_municipality"], strict=True)
    shares = np.array([_shares(*place) for place in places]).reshape(-1, 2)
    student = (shares == _STUDENTS).all(axis=1)
    # Neighbours of one kind differ a little: ±0.15 on the logit scale.
    spread = rng.normal(0, 0.15, shares.shape)
    shares = 1 / (1 + np.exp(-np.log(shares / (1 - shares)) - spread))
    place, members = _institutions(persons, households, rng)
    return Areas(
        persons=persons,
        households=households,
        old=shares[:, 0],
        young=shares[:, 1],
        student=student,
        institution_area=place,
        institution_size=members,
    )


def _shares(quarter: str, name: str, former: str) -> tuple[float, float]:
    # 桜 with a 丁目 is a planned quarter, without it a former village.
    if quarter in _QUARTERS and (quarter != "桜" or quarter != name):
        return _QUARTERS[quarter]
    return _VILLAGES.get(former, _VILLAGES["谷田部"])


def _institutions(
    persons: np.ndarray, households: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the area and the size of each institution (施設): homes for old people.

    An area whose households are too large to be families has them; besides,
    one in three of the larger family areas has one.
    """
    excess = persons - _ORDINARY_MEAN * households
    chosen = (rng.random(len(persons)) < 0.35) & (households >= 400)
    chosen &= persons >= 2.4 * households
    drawn = rng.integers(40, 100, len(persons))
    too_large = (excess >= 20) | (persons > LARGEST * households)
    number = np.where(too_large, np.maximum(1, np.rint(excess / _INSTITUTION_SIZE)), chosen)
    number = np.minimum(number, households).astype(np.int64)
    rest = np.rint(_ORDINARY_MEAN * (households - number))
    members = np.where(too_large, persons - rest, drawn).astype(np.int64)
    place = np.repeat(np.arange(len(persons)), number)
    order = np.arange(len(place)) - np.repeat(np.cumsum(number) - number, number)
    share, left = np.divmod(members[place], number[place])
    return place, share + (order < left)


def home_points(
    zones: Zones, area: np.ndarray, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a home point for each household, inside its own area.

    Parameters
    ----------
    zones
        The small areas, in metres.
    area
        Row of the area of each household.
    rng
        Source of randomness.

    Returns
    -------
    lon, lat
        JGD2011 degrees (EPSG:6668), six decimals (0.1 m), inside the area
        after rounding too.

    Notes
    -----
    Two households in three stand near one of their area's hamlets (normal,
    90 m); the others anywhere in it.
    """
    import shapely
    from pyproj import Transformer

    whole = zones.frame.geometry.to_numpy()
    # Rounding moves a point by at most 0.1 m: keep half a metre from the border.
    inner = shapely.buffer(whole, -0.5)
    inner = np.where(shapely.is_empty(inner), whole, inner)
    shapely.prepare(inner)
    hamlets = 1 + np.minimum(np.bincount(area, minlength=len(whole)) // 150, 11)
    start = np.cumsum(hamlets) - hamlets
    centre = _inside(inner, np.repeat(np.arange(len(whole)), hamlets), None, rng)
    near = centre[start[area] + rng.integers(0, hamlets[area])]
    near[rng.random(len(area)) < 1 / 3] = np.nan
    points = _inside(inner, area, near, rng)
    transform = Transformer.from_crs(zones.frame.crs, "EPSG:6668", always_xy=True)
    lon, lat = transform.transform(points[:, 0], points[:, 1])
    return np.round(lon, 6), np.round(lat, 6)


def _inside(
    polygons: np.ndarray, area: np.ndarray, near: np.ndarray | None, rng: np.random.Generator
) -> np.ndarray:
    """Draw a point inside the polygon of each row, near a place where one is given."""
    import shapely

    bounds = shapely.bounds(polygons)[area]
    points = np.empty((len(area), 2))
    open_ = np.arange(len(area))
    for attempt in range(200):
        drawn = rng.uniform(bounds[open_, :2], bounds[open_, 2:])
        if near is not None and attempt < 4:
            close = near[open_] + rng.normal(0, 90.0, (len(open_), 2))
            drawn = np.where(np.isnan(close), drawn, close)
        points[open_] = drawn
        open_ = open_[~shapely.contains_xy(polygons[area[open_]], drawn[:, 0], drawn[:, 1])]
        if not len(open_):
            return points
    # A sliver that 200 draws miss: a point that is surely inside.
    sure = shapely.point_on_surface(polygons[area[open_]])
    points[open_] = shapely.get_coordinates(sure)
    return points
