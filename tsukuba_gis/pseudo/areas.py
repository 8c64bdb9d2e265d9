"""Households of a cluster dealt to its areas so that the area tables come out right.

Households that count alike in every area table (so many members in each age
band and care band, the same class of head) are of one *kind*; only how many of
each kind go to each area matters. First raking finds the most even shares;
they are rounded kind by kind, the largest households first, each time to where
the tables still lack people; then households are exchanged between two areas,
or moved, as long as an exchange lessens the misfit. No exchange ever worsens
it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.pseudo.layout import HEADS, OLD, start_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.households import Crowd, Plan

    Ints = NDArray[Any]
    Floats = NDArray[Any]
    Bools = NDArray[Any]

_RAKING: Final = 300
# Bundles of one or two households compared at once when two areas exchange.
_SAMPLE: Final = 24
# Rounds without an improvement after which all kinds are compared, and after which it ends.
_PATIENCE: Final = 8
_ROUNDS: Final = 300
# The number of households of an area weighs most: it is met first and kept.
_HOUSEHOLD_WEIGHT: Final = 3.0
# If its households or persons are still wrong at the end, they go before all else.
_LAST_WEIGHT: Final = 25.0
_LAST_TRIES: Final = 4


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Targets:
    """The area tables of one cluster: what each household counts, and what is wanted.

    ``counts`` is kinds × cells: what one household adds to each cell of its
    area. ``wanted`` is areas × cells, NaN where nothing is published.
    """

    counts: Ints = field(repr=False)
    wanted: Floats = field(repr=False)
    weight: Floats = field(repr=False)


def settle(cluster: int, crowd: Crowd, plan: Plan, rng: np.random.Generator) -> None:
    """Give every household of a cluster an area: writes ``crowd.area``.

    Households of types that have no usual pattern (institutions) are open:
    their size is not measured, so that each resident but the first may go to
    whichever of them lies where the area tables need him; this writes
    ``crowd.household``.

    Parameters
    ----------
    cluster
        Code of the cluster.
    crowd
        Its people, in households.
    plan
        With the city's tables.
    rng
        Draws the start and the order of exchanges.
    """
    areas = np.flatnonzero((plan.city.areas.cluster == cluster).to_numpy())
    if len(areas) == 1:
        crowd.area = np.full(len(crowd.age), areas[0])
        return
    unit, role = _units(crowd, plan)
    features = np.column_stack([_features(crowd, plan, unit, role), role])
    kinds, kind = np.unique(features, axis=0, return_inverse=True)
    kind = kind.ravel()
    number = np.bincount(kind)
    targets = _targets(kinds[:, :-1], kinds[:, -1], areas, plan)
    everywhere = np.ones((len(areas), len(kinds)), dtype=bool)
    shares = _rake(number, targets, everywhere)
    if (kinds[:, -1] != 0).any():
        everywhere, hosts = _hosting(shares, kinds[:, -1], number)
        shares = _rake(number, targets, everywhere)
        # Open households stay where they are put: their residents follow them.
        fixed = kinds[:, -1] > 0
        shares[:, fixed] = hosts[:, fixed]
        everywhere[:, fixed] = False
    placed = _rounded(shares, number, targets, everywhere, rng)
    _exchange(placed, targets, everywhere, rng)
    first = np.append(np.full(2, _LAST_WEIGHT), np.ones(len(targets.weight) - 2))
    urgent = dataclasses.replace(targets, weight=first)
    for _ in range(_LAST_TRIES):
        if (placed @ targets.counts[:, :2] == targets.wanted[:, :2]).all():
            break
        _exchange(placed, urgent, everywhere, rng)
    # Which household of a kind goes where is drawn by lot.
    order = np.lexsort((rng.random(len(kind)), kind))
    unit_area = np.empty(len(kind), dtype=np.int64)
    unit_area[order] = areas[
        np.concatenate([np.repeat(np.arange(len(areas)), column) for column in placed.T])
    ]
    crowd.area = unit_area[unit]
    _admit(crowd, unit_area, unit, role, rng)


def _units(crowd: Crowd, plan: Plan) -> tuple[Ints, Ints]:
    """Return the unit of each person, and what each unit is.

    0: a household; t + 1: the first member of an open one of type t; −t − 1:
    another resident of such a one, who is a unit alone.
    """
    city = plan.city
    usual = np.zeros(len(city.codes["type"]), dtype=bool)
    usual[city.patterns.type.to_numpy()[~city.patterns.rare.to_numpy()]] = True
    homes = int(crowd.household.max()) + 1
    first = np.zeros(len(crowd.age), dtype=bool)
    first[np.unique(crowd.household, return_index=True)[1]] = True
    open_type = ~usual[crowd.type]
    guest = open_type & ~first
    unit = crowd.household.copy()
    unit[guest] = homes + np.arange(int(guest.sum()))
    role = np.zeros(homes + int(guest.sum()), dtype=np.int64)
    host = open_type & first
    role[unit[host]] = crowd.type[host] + 1
    role[unit[guest]] = -crowd.type[guest] - 1
    return unit, role


def _hosting(shares: Floats, role: Ints, number: Ints) -> tuple[Bools, Ints]:
    """Tell which kinds may be where, and put the open households where most residents belong.

    One in each of the areas that raking gives most residents; where there are
    more households than areas, from the first again.
    """
    allowed = np.ones(shares.shape, dtype=bool)
    hosts = np.zeros(shares.shape, dtype=np.int64)
    for kind in np.unique(role[role > 0]):
        wanted = shares[:, role == -kind].sum(axis=1)
        best = np.argsort(-wanted, kind="stable")
        columns = np.repeat(np.flatnonzero(role == kind), number[role == kind])
        areas = best[np.arange(len(columns)) % len(best)]
        np.add.at(hosts, (areas, columns), 1)
        away = ~np.isin(np.arange(len(shares)), areas)
        allowed[np.ix_(away, np.abs(role) == kind)] = False
    return allowed, hosts


def _admit(crowd: Crowd, unit_area: Ints, unit: Ints, role: Ints, rng: np.random.Generator) -> None:
    """Put the residents of open households into one in the area that they were dealt to."""
    for kind in np.unique(-role[role < 0]):
        hosts = np.flatnonzero(role == kind)  # units of hosts are their households
        people = np.flatnonzero(role[unit] == -kind)
        if len(hosts) == 0:
            continue
        for area in np.unique(crowd.area[people]):
            mine = people[crowd.area[people] == area]
            here = hosts[unit_area[hosts] == area]
            here = here if len(here) else hosts
            crowd.household[mine] = rng.choice(here, len(mine))
        crowd.area[people] = unit_area[crowd.household[people]]


def _features(crowd: Crowd, plan: Plan, unit: Ints, role: Ints) -> Ints:
    """Return, per unit, its members by age band and care band, and its class of head."""
    city, homes = plan.city, len(role)
    bands = city.spec.area_bands
    band = np.searchsorted(bands, start_of(crowd.start, bands))
    n_band = len(bands)
    columns = [np.bincount(unit * n_band + band, minlength=homes * n_band).reshape(homes, -1)]
    severity = city.severity[crowd.care]
    certified = severity > 0
    columns.append(
        np.bincount(unit[certified] * 2 + severity[certified] - 1, minlength=homes * 2).reshape(
            homes, 2
        )
    )
    heads = np.full(homes, len(HEADS) - 1)
    head = (crowd.relation == city.head) & (crowd.start >= OLD)
    alone = city.living[crowd.type] == 0
    heads[unit[head]] = 1
    heads[unit[head & alone]] = 0
    columns.append((heads[:, None] == np.arange(len(HEADS) - 1)).astype(np.int64))
    return np.hstack(columns)


def _targets(kinds: Ints, role: Ints, areas: Ints, plan: Plan) -> Targets:
    """Return what one household of each kind counts in each cell, and what is published."""
    spec, tables = plan.city.spec, plan.tables
    n_band = len(spec.area_bands)
    bands, care, heads = np.split(kinds, [n_band, n_band + 2], axis=1)
    size = bands.sum(axis=1)
    top = np.searchsorted(spec.area_top, start_of(np.array(spec.area_bands), spec.area_top))
    tops = np.stack([bands[:, top == t].sum(axis=1) for t in range(len(spec.area_top))], axis=1)
    certified = care.sum(axis=1)
    own = plan.city.areas.iloc[areas]
    home = (role >= 0).astype(np.int64)  # residents of open households are not households
    counts = [home, size]
    wanted = [own.households.to_numpy(np.float64), own.persons.to_numpy(np.float64)]
    parts = {
        ("area_ages", "top"): tops,
        ("area_ages", "leaf"): bands,
        ("area_care", "certified"): np.stack([size - certified, certified], axis=1),
        ("area_care", "leaf"): np.column_stack([size - certified, care]),
        ("area_households", "old"): np.stack([home - heads.sum(axis=1), heads.sum(axis=1)], axis=1),
        ("area_households", "leaf"): np.column_stack([heads, home - heads.sum(axis=1)]),
    }
    for (name, level), columns in parts.items():
        if name not in tables:
            continue
        cells = tables[name].cells(level)
        values = tables[name].values[level]
        last = next(c for c in tables[name].level(level).columns if c != "area")
        labels = sorted(cells[last].unique())
        for label in labels:
            mine = (cells[last] == label).to_numpy()
            per_area = np.full(len(plan.city.areas), np.nan)
            per_area[cells.area.to_numpy()[mine]] = values[mine]
            wanted.append(per_area[areas])
            counts.append(
                _column(columns, int(label), labels, last, spec.area_top, spec.area_bands)
            )
    weight = np.ones(len(counts))
    weight[0] = _HOUSEHOLD_WEIGHT
    return Targets(counts=np.stack(counts, axis=1), wanted=np.stack(wanted, axis=1), weight=weight)


def _column(
    columns: Ints, label: int, labels: list[int], last: str, top: tuple[int, ...],
    bands: tuple[int, ...],
) -> Ints:  # fmt: skip
    """Return what a household counts under a label: age bands by first age, else by code."""
    if last == "top":
        return columns[:, top.index(label)]
    if last == "band":
        return columns[:, bands.index(label)]
    return columns[:, label if len(labels) > 1 or columns.shape[1] > label else 0]


def _rake(number: Ints, targets: Targets, allowed: Bools) -> Floats:
    """Return shares of each kind in each area (areas × kinds) that nearly fit the tables.

    Generalised iterative scaling: each cell pulls the kinds that count in it.

    References
    ----------
    Darroch and Ratcliff 1972, doi:10.1214/aoms/1177692379.
    """
    counts = targets.counts.astype(np.float64)
    homes = targets.wanted[:, 0]
    x = np.outer(homes / homes.sum(), number) * allowed
    x *= number / x.sum(axis=0)
    largest = np.maximum(counts.max(axis=0), 1)
    known = np.isfinite(targets.wanted)
    power = counts / largest
    for _ in range(_RAKING):
        now = _product(x, counts)
        with np.errstate(divide="ignore", invalid="ignore"):
            pull = np.where(known & (now > 0), np.maximum(targets.wanted, 1e-3) / now, 1.0)
        # All cells pull at once, each a third of the way, so that they do not overshoot.
        x *= np.exp(_product(np.log(pull), power.T) / 3)
        # Nothing falls so low that the processor takes its slow path.
        x = np.maximum(x * (number / x.sum(axis=0)), 1e-12) * allowed
    shares: Floats = x * (number / x.sum(axis=0))
    return shares


def _product(left: Floats, right: Floats) -> Floats:
    """Return a matrix product in blocks too small for the library to start threads."""
    rows = max(1, 200_000 // right.size)
    return np.vstack([left[low : low + rows] @ right for low in range(0, len(left), rows)])


def _rounded(
    shares: Floats, number: Ints, targets: Targets, allowed: Bools, rng: np.random.Generator
) -> Ints:
    """Round shares kind by kind, the largest households first, to where people still lack."""
    placed = np.floor(shares + 1e-9).astype(np.int64)
    known = np.isfinite(targets.wanted)
    wanted = np.where(known, targets.wanted, 0.0)
    expected = shares @ targets.counts
    # What is lacking is told from the raked table first: kinds not yet rounded count as raked.
    error = np.where(known, expected - wanted, 0.0)
    counts = targets.counts.astype(np.float64)
    left = number - placed.sum(axis=0)
    part = shares - placed
    order = np.lexsort((rng.random(len(number)), -targets.counts[:, 1]))
    lot = rng.random(shares.shape) * 0.05
    for kind in order:
        row = counts[kind]
        missing = int(left[kind])
        error -= np.where(known, np.outer(part[:, kind], row), 0.0)
        if missing == 0:
            continue
        # Misfit saved by one household more, and what raking would have.
        gain = (np.abs(error) - np.abs(error + row * known)) @ targets.weight
        score = np.where(allowed[:, kind], gain + 2.0 * part[:, kind] + lot[:, kind], -np.inf)
        chosen = np.argsort(-score)[:missing]
        placed[chosen, kind] += 1
        error[chosen] += row * known[chosen]
    return placed


def _exchange(placed: Ints, targets: Targets, allowed: Bools, rng: np.random.Generator) -> None:
    """Exchange households between pairs of areas while that lessens the misfit.

    In a round the areas with the greatest misfit each meet another one that
    lacks what they have too much of. Bundles of no, one or two households of
    either side are tried against each other, and the best exchange is made if
    it lessens the misfit.
    """
    known = np.isfinite(targets.wanted)
    error = np.where(known, placed @ targets.counts - np.nan_to_num(targets.wanted), 0.0)
    weight = known * targets.weight
    counts = np.vstack([targets.counts, np.zeros((1, targets.counts.shape[1]), dtype=np.int64)])
    # The empty place is allowed everywhere.
    barred = np.column_stack([~allowed, np.zeros(len(placed), dtype=bool)])
    state = _Exchange(placed=placed, error=error, weight=weight, counts=counts, barred=barred)
    idle = 0
    for _ in range(_ROUNDS):
        wrong = (np.abs(error) * weight).sum(axis=1)
        if wrong.sum() == 0 or idle > _PATIENCE:
            return
        size = _SAMPLE * (1 + idle // 4)
        better = 0
        free = np.ones(len(placed), dtype=bool)
        for one in np.argsort(-wrong):
            if wrong[one] == 0 or not free[one]:
                continue
            # What one has too much of and the other too little, with a lot drawn.
            fit = -(error * weight) @ np.sign(error[one] * weight[one])
            fit = fit + rng.exponential(wrong[one] * (1 + idle) / 2 + 1, len(fit))
            fit[~free] = -np.inf
            fit[one] = -np.inf
            other = int(np.argmax(fit))
            if not free[other] or other == one:
                break
            free[[one, other]] = False
            better += state.best((int(one), other), size, rng)
        idle = 0 if better else idle + 1


@dataclass(slots=True, eq=False, kw_only=True)
class _Exchange:
    """Who is where, and how far each area is from its tables; changed in place."""

    placed: Ints
    error: Floats
    weight: Floats
    counts: Ints
    barred: Bools

    def best(self, pair: tuple[int, int], size: int, rng: np.random.Generator) -> int:
        """Make the best exchange between two areas; return 1 if there was one that helps."""
        one, other = pair
        mine, theirs = (
            _bundles(self.placed[one], size, rng),
            _bundles(self.placed[other], size, rng),
        )
        mine = mine[~self.barred[other, mine].any(axis=1)]
        theirs = theirs[~self.barred[one, theirs].any(axis=1)]
        gone = self.counts[mine].sum(axis=1)
        come = self.counts[theirs].sum(axis=1)
        here, there = self.weight[one], self.weight[other]
        used = here + there > 0
        change = (come[None, :, used] - gone[:, None, used]).astype(np.float32)
        after = np.abs(change + self.error[one, used].astype(np.float32)) @ here[used].astype(
            np.float32
        )
        after += np.abs(change - self.error[other, used].astype(np.float32)) @ there[used].astype(
            np.float32
        )
        before = float(np.abs(self.error[one]) @ here + np.abs(self.error[other]) @ there)
        best = int(np.argmin(after))
        helps = bool(after.flat[best] < before - 0.5)
        if not helps:
            # A step that neither helps nor harms may open the way; the first is no step at all.
            level = np.flatnonzero(np.abs(after.ravel() - before) < 0.25)
            level = level[level > 0]
            if len(level) == 0:
                return 0
            best = int(rng.choice(level))
        i, j = divmod(best, len(theirs))
        step = (come[j] - gone[i]).astype(np.float64)
        self.error[one] += step * (here > 0)
        self.error[other] -= step * (there > 0)
        none = self.placed.shape[1]
        for bundle, source, target in ((mine[i], one, other), (theirs[j], other, one)):
            for kind in bundle[bundle != none]:
                self.placed[source, kind] -= 1
                self.placed[target, kind] += 1
        return int(helps)


def _bundles(placed: Ints, size: int, rng: np.random.Generator) -> Ints:
    """Return bundles of an area's households: none, one of a kind, or two of different kinds."""
    none = len(placed)
    present = np.flatnonzero(placed)
    some = present if len(present) <= size else rng.choice(present, size, replace=False)
    single = np.column_stack([some, np.full(len(some), none)])
    if len(present) < 2:
        return np.vstack([[[none, none]], single])
    two = rng.choice(present, (size, 2))
    two = two[two[:, 0] != two[:, 1]]
    return np.vstack([[[none, none]], single, two])
