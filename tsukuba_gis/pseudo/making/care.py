"""Care levels exchanged between people who are alike, until areas have the heavy care they should.

Households are dealt to areas by age first: an institution whose residents are nearly all old and in
heavy care may get those of its cluster who are young and in heavy care, and the old who are not.
Two people of one sex, five-year age and way of living then exchange their care levels: no table of
the cluster notices, the areas' published care tables come nearer, and heavy care goes to the old as
it does in the cluster.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.pseudo.counts import dense, in_order
from tsukuba_gis.pseudo.tables.city import LIVINGS, OLD, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.making.crowd import Crowd, Plan

    Ints = NDArray[Any]
    Floats = NDArray[Any]

_BANDS: Final = len(SEVERITIES)
# Which bands two people of one age may exchange: the young in the first bands, the old in the rest.
_PAIRS: Final = tuple(
    (first + a, first + b) for first in (0, _BANDS) for a, b in combinations(range(_BANDS), 2)
)
# What a likely number weighs against a published one, as a factor of its misfit: so much that heavy
# care goes where it is likely, then so little that the published numbers win.
_LIKELY: Final = (0.5, 0.1)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CareMisfit:
    """How far areas are from their care tables.

    Parameters
    ----------
    error
        Too many people, areas × cells; NaN where nothing is wanted.
    cells
        What a person of each band counts in each cell, bands × cells.
    """

    error: Floats
    cells: Floats

    @classmethod
    def of(
        cls, here: Ints, told: Mapping[str, Mapping[int, Floats]], likely: Floats, weight: float
    ) -> CareMisfit:
        """Compare people (areas × bands) with published cells and with likely numbers of theirs."""
        severity = np.tile(np.arange(_BANDS), 2)
        counted = {"leaf": severity, "certified": (severity > 0).astype(np.int64)}
        hard = [
            (counted[level] == label, column)
            for level, columns in told.items()
            for label, column in columns.items()
        ]
        cells = np.column_stack([*(own for own, _ in hard), weight * np.eye(len(severity))])
        wanted = np.column_stack([*(column for _, column in hard), weight * likely])
        return cls(error=here @ cells - wanted, cells=cells)

    def change(self) -> Floats:
        """Return what the squared misfit changes by (areas × from × to) when one person changes."""
        n, known = len(self.cells), np.isfinite(self.error)
        step = self.cells[None, :, :] - self.cells[:, None, :]  # from × to × cells
        step = step.reshape(n * n, -1).T
        changes: Floats = 2 * np.where(known, self.error, 0.0) @ step + known @ step**2
        return changes.reshape(-1, n, n)

    def move(self, one: int, other: int, bands: tuple[int, int]) -> None:
        """Let a person of the first band in one area exchange with one of the second in another."""
        step = self.cells[bands[1]] - self.cells[bands[0]]
        self.error[one] += step
        self.error[other] -= step


def likely_bands(
    here: Ints, told: Mapping[str, Mapping[int, Floats]], ways: Ints, least: Floats
) -> Floats:
    """Return how many young and old people of each care band each area is likely to have.

    The young need care as they do in the whole cluster. The old live at home or
    in institutions, and need care as the cluster's do who live so: the published
    number of certified people tells how many of an area's old live in institutions.
    Where that number is published and its parts are not, the smaller part is taken to be one
    that may not be shown. Areas without it share what is left, by their old people.

    Parameters
    ----------
    here
        People as they are now, areas × bands (the young's, then the old's): their
        sums by area and age, and by band, are right.
    told
        Published people by level and label: an entry an area, NaN where not published.
    ways
        The cluster's old people, at home and in institutions × care.
    least
        The smallest number that may be shown, by area.

    Returns
    -------
    numpy.ndarray
        Areas × bands.

    Examples
    --------
    All ten old people in institutions are in heavy care, of ninety at home nine are in light
    care. Of fifty old people in an area five are certified, fourteen of fifty in another.

    >>> here = np.array([[0, 0, 0, 42, 8, 0], [0, 0, 0, 39, 1, 10]])
    >>> told = {"certified": {1: np.array([5.0, 14.0])}}
    >>> ways = np.array([[81, 9, 0], [0, 0, 10]])
    >>> likely_bands(here, told, ways, np.array([10, 10]))[:, 3:]
    array([[45.,  5.,  0.],
           [36.,  4., 10.]])

    If four were shown, so would be the four in light care beside the ten: three is the most.

    >>> likely_bands(here, told, ways, np.array([4, 4]))[1, 3:]
    array([36.,  3., 11.])

    Not published in the second area: it has what the first leaves.

    >>> told = {"certified": {1: np.array([5.0, np.nan])}}
    >>> likely_bands(here, told, ways, np.array([10, 10]))[1, 3:]
    array([36.,  4., 10.])
    """
    table = here.reshape(len(here), 2, _BANDS).astype(np.float64)
    ages, bands = table.sum(axis=2), table.sum(axis=0)
    found = np.full(table.shape, np.nan)
    found[:, 0] = ages[:, [0]] * bands[0] / max(bands[0].sum(), 1.0)
    if 1 in told.get("certified", {}):
        certified = np.clip(told["certified"][1] - found[:, 0, 1:].sum(axis=1), 0, ages[:, 1])
        share = ways[:, 1:].sum(axis=1) / np.maximum(ways.sum(axis=1), 1)
        inside = np.clip(
            (certified - share[0] * ages[:, 1]) / max(share[1] - share[0], 0.01), 0, ages[:, 1]
        )
        inside = np.minimum(inside * share[1], certified)
        of_these = ways[:, 1:] / np.maximum(ways[:, 1:].sum(axis=1, keepdims=True), 1)
        found[:, 1, 1:] = (
            inside[:, None] * of_these[1] + (certified - inside)[:, None] * of_these[0]
        )
        light, severe = found[:, 1, 1], found[:, 1, 2]
        moved = np.maximum(np.minimum(light, severe) - (least - 1), 0.0) * np.sign(light - severe)
        found[:, 1, 1] += moved
        found[:, 1, 2] -= moved
        found[:, 1, 0] = ages[:, 1] - certified
    for label, column in told.get("leaf", {}).items():
        known = np.isfinite(column)
        found[known, 1, label] = np.clip(column - found[:, 0, label], 0, ages[:, 1])[known]
    untold = np.isnan(found[:, 1]).any(axis=1)  # not even how many are certified
    left = np.maximum(bands[1] - found[~untold, 1].sum(axis=0), 0.0)
    found[untold, 1] = ages[untold, 1][:, None] * left / max(left.sum(), 1.0)
    return found.reshape(here.shape)


def exchange_care(cluster: int, crowd: Crowd, plan: Plan, rng: np.random.Generator) -> None:
    """Exchange care levels between areas where that helps: writes ``crowd.care``.

    Parameters
    ----------
    cluster
        Code of the cluster.
    crowd
        Its people, in areas.
    plan
        With the city's tables.
    rng
        Draws which of those who are alike exchange.
    """
    areas = np.flatnonzero(plan.city.areas.cluster.to_numpy() == cluster)
    told = {
        level: {label: column[areas] for label, column in columns.items()}
        for (name, level), columns in plan.wanted.items()
        if name == "area_care"
    }
    if len(areas) == 1 or not told:
        return
    band = plan.city.severity[crowd.care] + _BANDS * (crowd.start >= OLD)
    place, living = np.searchsorted(areas, crowd.area), plan.city.living[crowd.type]
    looks = (crowd.start * len(plan.city.codes["sex"]) + crowd.sex) * len(LIVINGS) + living
    alike = dense(looks)
    cell = alike * len(areas) + place
    shape = int(alike.max()) + 1, len(areas), 2 * _BANDS
    people = np.bincount(cell * shape[2] + band, minlength=math.prod(shape)).reshape(shape)
    ways = np.zeros((2, _BANDS), dtype=np.int64)
    old = band >= _BANDS
    inside = living[old] == LIVINGS.index("institution")
    np.add.at(ways, (inside.astype(np.int64), band[old] - _BANDS), 1)
    spec = plan.city.spec
    least = np.array([spec.threshold(n) for n in plan.city.areas.persons.to_numpy()[areas]])
    likely = likely_bands(people.sum(axis=0), told, ways, least)
    order = in_order(cell)
    ends = np.searchsorted(cell[order], np.arange(len(people) * len(areas) + 1))
    for weight in _LIKELY:
        misfit = CareMisfit.of(people.sum(axis=0), told, likely, weight)
        while (found := best_exchange(people, misfit, rng)) is not None:
            group, one, other, bands = found
            two = [one, other]
            pair = []
            for area, has in zip(two, bands, strict=True):
                here = group * len(areas) + area
                own = order[ends[here] : ends[here + 1]]
                able = own[band[own] == has]
                pair.append(int(able[rng.integers(len(able))]))
            crowd.care[pair], band[pair] = crowd.care[pair[::-1]], band[pair[::-1]]
            people[group, two, bands] -= 1
            people[group, two, bands[::-1]] += 1
            misfit.move(one, other, bands)


def best_exchange(
    people: Ints, misfit: CareMisfit, rng: np.random.Generator
) -> tuple[int, int, int, tuple[int, int]] | None:
    """Return the exchange that lessens the misfit most, ties by lot; None if none does.

    Parameters
    ----------
    people
        Groups of people who are alike × areas × bands.
    misfit
        Of the areas.
    rng
        Of ties, and of the group that exchanges.

    Returns
    -------
    tuple
        The group, the area whose person has the first band, the other, and the two bands.
    """
    change, (one, other) = misfit.change(), np.array(_PAIRS).T
    has = np.ascontiguousarray(people.transpose(2, 1, 0) > 0, dtype=np.float32)
    able = has[one] @ has[other].transpose(0, 2, 1) > 0  # pairs × areas × areas
    total = change[:, one, other].T[:, :, None] + change[:, other, one].T[:, None, :]
    # Less than half a person by lot: it decides between equals.
    total = np.where(able, total, np.inf) + rng.uniform(0, 0.4, total.shape)
    pair, a, b = (int(place) for place in np.unravel_index(total.argmin(), total.shape))
    if total[pair, a, b] >= -0.5:
        return None
    bands = _PAIRS[pair]
    both = np.cumsum(np.minimum(people[:, a, bands[0]], people[:, b, bands[1]]))
    group = int(np.searchsorted(both, rng.integers(both[-1]), side="right"))
    return group, a, b, bands
