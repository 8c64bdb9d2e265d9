"""What is to be kept: which columns play which part, and the rules of safety."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from tsukuba_gis.errors import DisclosureError, InputError
from tsukuba_gis.schema import CARE_LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


Zeros = Literal["free", "exact"]
Profile = Literal["plain", "ndb"]
Severity = Literal["none", "light", "severe"]

# Words that mark a column as an identifier, an individual code or a linking
# code (規則62条 一〜三): such a column may never feed a statistic.
_IDENTIFYING: Final = (
    "_id", "name", "address", "phone", "mail", "birth", "mynumber", "my_number", "insured",
    "氏名", "名前", "住所", "電話", "メール", "生年月日", "個人番号", "被保険者", "番号", "記号",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Spec:
    """Columns and rules for making pseudo-citizen records.

    A column that is ``None`` or absent from the register is left out, and with
    it whatever depends on it: a register without health data, households or
    coordinates works.

    Parameters
    ----------
    cluster
        Column of the area whose counts are kept exactly.
    area
        Column of the smaller area inside the cluster (行政区).
    household, person
        Columns of household and person numbers: used to group rows and drawn
        anew; never written to a statistic.
    age, sex, care, household_type, relation
        Columns of the tables. ``age`` is whole years.
    sums
        Yearly amounts whose sums per cluster × age group × care band are kept.
        The last one decides who is a *user* (amount above zero).
    numeric
        Columns drawn from quantile tables and a rank correlation.
    area_means
        Columns of ``sums`` and ``numeric`` whose mean by area is kept; None: all of
        them; empty: none.
    carried
        Geographies that follow from the area (小地域, 小学校区).
    lon, lat
        Home point in JGD2011 degrees.
    head
        Code of the head in ``relation``.
    alone, institution
        Codes in ``household_type`` of people living alone and in institutions.
    light, severe
        Care codes of the two bands shown per area (要介護3–5 is severe).
    k
        Smallest number of persons or households that may be shown.
    units
        Smallest number of households behind a count of persons: a count that
        is one family's is not a statistic. Residents of an institution are no
        family: each counts alone.
    dominance
        Largest share that the two largest contributors may have in a sum.
    zeros
        ``"exact"`` declares empty cells as such, ``"free"`` leaves them open.
    profile
        ``"ndb"`` takes the threshold from the population of the area: none
        shown below 2,000 persons, 2k below 25,000.
    group_starts, area_bands, area_top
        First ages of the groups: of the middle level of the care tables, of
        the fine and the coarse bands per area (the ratio of 65 and over to 10
        and under must be exact, so both start lists hold 0, 11 and 65).
    mesh_metres
        Side of the squares in which households are counted.
    group_size
        Smallest number of people of a group with its own quantile table.
    mean_digits
        Significant digits to which means by area are rounded.
    epsilon, noisy
        Add discrete Laplace noise of this epsilon, shared by the tables named:
        see :mod:`tsukuba_gis.pseudo.noise`. None: no noise.

    Raises
    ------
    DisclosureError
        If a statistic is asked of an identifier.
    InputError
        If k is below 3, an age list does not start at 0 and rise, or a mean is
        asked of a column that is not numeric.

    Examples
    --------
    >>> Spec.tsukuba().k
    10
    >>> Spec(cluster="district", numeric=("insured_no",))
    Traceback (most recent call last):
        ...
    tsukuba_gis.errors.DisclosureError: ...insured_no...
    """

    cluster: str
    area: str | None = None
    household: str | None = None
    person: str | None = None
    age: str = "age"
    sex: str | None = "sex"
    care: str | None = None
    household_type: str | None = None
    relation: str | None = None
    sums: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    area_means: tuple[str, ...] | None = None
    carried: tuple[str, ...] = ()
    lon: str | None = None
    lat: str | None = None
    head: str = "head"
    alone: str = "single"
    institution: str = "institution"
    light: tuple[str, ...] = CARE_LEVELS[1:5]
    severe: tuple[str, ...] = CARE_LEVELS[5:]
    k: int = 10
    units: int = 3
    dominance: float = 0.85
    zeros: Zeros = "free"
    profile: Profile = "plain"
    group_starts: tuple[int, ...] = (0, 15, 40, 65, 75, 85)
    area_bands: tuple[int, ...] = (0, 11, 20, 30, 40, 50, 65, 75, 85)
    area_top: tuple[int, ...] = (0, 11, 65)
    mesh_metres: float = 500.0
    group_size: int = 200
    mean_digits: int = 3
    epsilon: float | None = None
    noisy: tuple[str, ...] = ("care", "living", "area_ages", "area_care")

    def __post_init__(self) -> None:
        if self.k < 3:
            raise InputError("pseudo_k_too_small", k=self.k)
        for starts in (self.group_starts, self.area_bands, self.area_top):
            if starts[0] != 0 or list(starts) != sorted(set(starts)):
                raise InputError("pseudo_age_starts")
        if not set(self.area_top) <= set(self.area_bands):
            raise InputError("pseudo_age_starts")
        others = set(self.area_means or ()) - {*self.sums, *self.numeric}
        if others or self.mean_digits < 1:
            raise InputError("pseudo_area_means", columns=", ".join(sorted(others)))
        for column in self.measured:
            if _is_identifying(column):
                raise DisclosureError("pseudo_identifier", column=column)

    @classmethod
    def tsukuba(cls, **changes: Any) -> Spec:
        """Return the spec of the bundled register, with changes.

        Examples
        --------
        >>> Spec.tsukuba(k=30).cluster
        'school_district'
        """
        settings: dict[str, Any] = {
            "cluster": "school_district",
            "area": "small_area",
            "household": "household_id",
            "person": "person_id",
            "care": "care_level",
            "household_type": "household_type",
            "relation": "relation",
            "sums": ("claims", "medical_cost"),
            "numeric": ("claims", "medical_cost", "bmi", "sbp", "hba1c"),
            "carried": ("ward", "elementary_district"),
            "lon": "lon",
            "lat": "lat",
        }
        return cls(**{**settings, **changes})

    @property
    def measured(self) -> tuple[str, ...]:
        """Columns that feed a statistic."""
        single = (
            self.cluster, self.area, self.age, self.sex, self.care, self.household_type,
            self.relation,
        )  # fmt: skip
        several = (*single, *self.carried, *self.numeric, *self.sums)
        return tuple(dict.fromkeys(column for column in several if column))

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that the spec speaks of."""
        others = (self.person, self.household, self.lon, self.lat)
        return (*(column for column in others if column), *self.measured)

    @property
    def mean_columns(self) -> tuple[str, ...]:
        """Columns whose mean by area is kept; none without areas.

        Examples
        --------
        >>> Spec(cluster="district", area="ward", numeric=("bmi",)).mean_columns
        ('bmi',)
        >>> Spec(cluster="district", numeric=("bmi",)).mean_columns
        ()
        """
        if self.area is None:
            return ()
        every = dict.fromkeys((*self.numeric, *self.sums))
        return tuple(c for c in every if self.area_means is None or c in self.area_means)

    @property
    def heavy(self) -> Literal["care3-5", "care4-5"]:
        """What heavy care means in indicators."""
        return "care3-5" if "care3" in self.severe else "care4-5"

    def threshold(self, population: float) -> float:
        """Return the smallest count that may be shown in an area of this population.

        Examples
        --------
        >>> Spec.tsukuba(profile="ndb").threshold(1_000)
        inf
        >>> Spec.tsukuba(profile="ndb").threshold(10_000)
        20.0
        """
        if self.profile == "plain":
            return float(self.k)
        # NDB guideline; the two limits are second-hand and on the strict side.
        if population < 2_000:
            return float("inf")
        return float(2 * self.k if population < 25_000 else self.k)

    def severity(self, code: str) -> Severity:
        """Return the care band of a care code."""
        return "severe" if code in self.severe else "light" if code in self.light else "none"

    def living(self, household_type: str) -> str:
        """Return how a household type lives: alone, in an institution, or together."""
        if household_type == self.alone:
            return "alone"
        return "institution" if household_type == self.institution else "together"

    def resolve(self, columns: Iterable[str]) -> Spec:
        """Return the spec without the columns that a register does not have.

        Raises
        ------
        InputError
            If the cluster or the age column is absent.
        """
        present = set(columns)
        for needed in (self.cluster, self.age):
            if needed not in present:
                raise InputError("pseudo_column_missing", column=needed)
        changes: dict[str, Any] = {}
        for field in ("area", "household", "person", "sex", "care", "household_type", "relation"):
            if getattr(self, field) not in present:
                changes[field] = None
        if not {self.lon, self.lat} <= present:
            changes |= {"lon": None, "lat": None}
        for field in ("sums", "numeric", "carried", "area_means"):
            if getattr(self, field) is not None:
                changes[field] = tuple(name for name in getattr(self, field) if name in present)
        changes["numeric"] = tuple(dict.fromkeys((*changes["numeric"], *changes["sums"])))
        if "area" in changes:
            changes |= {"carried": (), "lon": None, "lat": None}
        if "household" in changes:
            changes |= {"household_type": None, "relation": None}
        return dataclasses.replace(self, **changes)

    def without_places(self) -> Spec:
        """Return the spec without home points: no polygons were given to put them in."""
        return dataclasses.replace(self, lon=None, lat=None)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Spec:
        """Return a spec from plain values, as read from a manifest or a study file.

        Examples
        --------
        >>> Spec.from_dict(Spec.tsukuba().to_dict()) == Spec.tsukuba()
        True
        """
        known = {field.name for field in dataclasses.fields(cls)}
        for name in settings:
            if name not in known:
                raise InputError("pseudo_setting_unknown", name=name)
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in settings.items()
        }
        return cls(**given)


def _is_identifying(column: str) -> bool:
    lowered = column.lower()
    # A zone id is a code of a place, not of a person.
    if lowered in {"zone_id", "ward_id", "area_id", "district_id"}:
        return False
    return any(word in lowered for word in _IDENTIFYING)
