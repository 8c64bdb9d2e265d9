"""What a city consists of: codes, age bands, areas, household patterns; and the age groups."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.spec import Spec

    Ints = NDArray[np.int64]

# Five-year ages; the last is open: hardly any district has ten people of 100 and over.
FIVE: Final = tuple(range(0, 100, 5))
TEN: Final = (0, 10, 20, 30, 40, 50, 60, 65, 75, 85)
# Age groups of the sums.
BROAD: Final = (0, 15, 65, 75)
# Ages of the groups of amounts: ten years, and cut where the sums are, so that a group has
# one level of amounts whichever sum its people belong to.
AMOUNTS: Final = tuple(sorted({*TEN, *BROAD}))
OLD: Final = 65
# First age that is no child's: shares and ratios of indicators are of those below.
GROWN: Final = 15
# First age of the long-term care insurance: below, hardly anyone is certified.
INSURED: Final = 40
SEVERITIES: Final = ("none", "light", "severe")
LIVINGS: Final = ("alone", "together", "institution")
# Households by their head: 65+ and alone, 65+ with others, younger.
HEADS: Final = ("alone_65", "headed_65", "younger")
# Names of the pooled patterns of a household type.
RARE: Final = "rare"
# In a spelt pattern bars part the relations; a bar that is part of a name follows a backslash.
_MARK: Final = re.compile(r"[\\|]")
_ESCAPED: Final = re.compile(r"\\([\\|])")
_MEMBER: Final = re.compile(r"((?:\\.|[^\\|])*):(\d+)(?:\||$)", re.DOTALL)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class City:
    """What a city consists of: codes, age bands, areas, roles and household patterns.

    Frames hold whole-number codes into ``codes``. ``bands`` has cluster, sex,
    start, persons; ``areas`` has cluster, persons, households (row number =
    code); ``pairs`` has type, relation; ``patterns`` has type, rare, and
    ``members`` counts the relations in each pattern.
    """

    spec: Spec
    codes: Mapping[str, tuple[str, ...]]
    bands: pd.DataFrame = field(repr=False)
    areas: pd.DataFrame = field(repr=False)
    pairs: pd.DataFrame = field(repr=False)
    patterns: pd.DataFrame = field(repr=False)
    members: Ints = field(repr=False)

    @property
    def severity(self) -> Ints:
        """Care band of each care code."""
        return np.array([SEVERITIES.index(self.spec.severity(c)) for c in self.codes["care"]])

    @property
    def living(self) -> Ints:
        """Way of living of each household type."""
        return np.array([LIVINGS.index(self.spec.living(c)) for c in self.codes["type"]])

    @property
    def head(self) -> int:
        """Code of the head's relation, -1 if the register has no heads.

        Where all people bear the one relation, it does not say who leads a household.
        """
        relations = self.codes["relation"]
        told = self.spec.head in relations and len(relations) > 1
        return relations.index(self.spec.head) if told else -1

    def band_of(self, cluster: Ints, sex: Ints, age: Ints) -> Ints:
        """Return the first age of the published band that holds each person, -1 if none."""
        frame = self.bands.sort_values(["cluster", "sex", "start"])
        # 1,000 is above every age, so that one sorted list serves all clusters.
        line = ((frame.cluster * 1000 + frame.sex) * 1000 + frame.start).to_numpy(np.int64)
        # Looked up in an array of all that can be asked for: people are many more.
        shape = (len(self.codes["cluster"]), len(self.codes["sex"]), int(age.max(initial=0)) + 1)
        of = np.indices(shape).reshape(3, -1)
        asked = (of[0] * 1000 + of[1]) * 1000 + of[2]
        place = np.searchsorted(line, asked, side="right") - 1
        found = line[np.maximum(place, 0)]
        same = (place >= 0) & (found // 1000 == asked // 1000)
        start = np.where(same, found % 1000, -1)
        own: Ints = start[(cluster * shape[1] + sex) * shape[2] + age]
        return own

    def whole(self, cut: tuple[int, ...]) -> Ints:
        """Return the clusters in which no band reaches across an age of ``cut``."""
        ends = self.bands.groupby(["cluster", "sex"]).start.shift(-1, fill_value=1000)
        across = np.zeros(len(self.bands), dtype=bool)
        for age in cut[1:]:
            across |= ((self.bands.start < age) & (ends > age)).to_numpy()
        crossed = set(self.bands.cluster[across])
        return np.array([c for c in range(len(self.codes["cluster"])) if c not in crossed], int)


def start_of(ages: Ints, starts: tuple[int, ...]) -> Ints:
    """Return the first age of the group of each age.

    Examples
    --------
    >>> start_of(np.array([0, 10, 11, 64, 65]), (0, 11, 65)).tolist()
    [0, 0, 11, 11, 65]
    """
    line = np.asarray(starts, dtype=np.int64)
    # Where all are whole and few differ, each is searched for once, and looked up for everyone.
    few = ages.dtype.kind == "i" and ages.min(initial=0) >= 0 and ages.max(initial=0) < ages.size
    asked = np.arange(int(ages.max()) + 1) if few else ages
    found: Ints = line[np.searchsorted(line, asked, side="right") - 1]
    return found[ages] if few else found


def child_parts(ages: Ints, spec: Spec) -> Ints:
    """Return the first age of the part, before 15 or from then on, of an area band that 15 cuts.

    Ages in all other bands are -1: the bands tell which of them are children's.

    Examples
    --------
    >>> from tsukuba_gis.pseudo.spec import Spec
    >>> child_parts(np.array([10, 11, 14, 15, 19, 20]), Spec.tsukuba()).tolist()
    [-1, 11, 11, 15, 15, -1]
    """
    cut = max(start for start in spec.area_bands if start <= GROWN)
    inside = (start_of(ages, spec.area_bands) == cut) & (cut < GROWN)
    return np.where(inside, np.where(ages < GROWN, cut, GROWN), -1)


def spelt_members(members: Iterable[tuple[str, int]]) -> str:
    r"""Return the members of a household pattern as text: relations, each with a number.

    Examples
    --------
    >>> spelt_members([("head", 1), ("子|孫", 2)])
    'head:1|子\\|孫:2'
    """
    return "|".join(_MARK.sub(r"\\\g<0>", name) + f":{number}" for name, number in members)


def read_members(text: str) -> dict[str, int]:
    r"""Return how many of each relation a spelt household pattern holds.

    Examples
    --------
    >>> read_members("head:1|子\\|孫:2")
    {'head': 1, '子|孫': 2}
    """
    return {_ESCAPED.sub(r"\1", name): int(number) for name, number in _MEMBER.findall(text)}


def care_start(starts: Ints, spec: Spec) -> Ints:
    """Return the first age of the care table's band of each age band.

    From 40 on, where care insurance begins, these are the age bands; below,
    where hardly anyone needs care, the groups of the spec, cut where sums are.
    """
    groups = tuple(sorted({*spec.group_starts, *BROAD}))
    return np.where(starts >= INSURED, starts, start_of(starts, groups))
