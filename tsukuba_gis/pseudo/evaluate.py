"""Evaluate: measure how little can be learnt about people, and how much the records are worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tsukuba_gis.pseudo.counts import one_thread
from tsukuba_gis.pseudo.proof import gates, holdout
from tsukuba_gis.pseudo.proof.attacks import attacks, attacks_on_all
from tsukuba_gis.pseudo.proof.columns import prepared
from tsukuba_gis.pseudo.proof.evaluation import FULL, Effort, Evaluation
from tsukuba_gis.pseudo.proof.metric import Metric, averaged
from tsukuba_gis.pseudo.proof.recount import recount
from tsukuba_gis.pseudo.proof.story import same_story
from tsukuba_gis.pseudo.proof.uses import uses
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.records import Records

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.neighbours import GraphLike
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.zones import Zones

    Ints = NDArray[np.int64]
    Maker = Callable[[Records], Records]
    ByArea = Callable[[Records], pd.DataFrame]


def evaluate(  # noqa: PLR0913 - what is judged, and how thoroughly
    records: Records,
    pseudo: Records,
    statistics: Statistics | Spec,
    *,
    make: Maker,
    zones: Zones | None = None,
    neighbours: GraphLike | None = None,
    by_area: ByArea | None = None,
    seed: int = 1,
    effort: Effort = FULL,
    origins: Mapping[str, Ints] | None = None,
) -> Evaluation:
    """Measure the risk and the worth of pseudo records against the people they stand for.

    Parameters
    ----------
    records
        The register.
    pseudo
        The records made from it.
    statistics
        The statistics file that they were made from; where records were swapped
        and there is none, the spec.
    make
        Makes pseudo records from other records in the same way. Called once a
        division, on ``effort.share`` of the households: these are attacked, and
        people who were never used beside them.
    zones
        Polygons of the areas: home points are checked against them.
    neighbours
        Of the areas, by the index of ``by_area``.
    by_area
        Makes indicators by area of records (index area, one column an indicator, NaN where
        the number could not be published). Moran's I and the local classes of each are
        compared, pseudo beside real; without it or neighbours they are not.
    seed
        Seed of the holdout draw and of all sampling.
    effort
        How much is measured: the people are divided anew ``effort.splits`` times.
    origins
        Where records were swapped, which row of the register each part of a
        record came from (:class:`tsukuba_gis.pseudo.swap.Swapped`); what links
        records to people is then measured, and what swapping keeps is a gate.

    Returns
    -------
    Evaluation
        Also if a gate fails: see :meth:`Evaluation.require_passed`.

    Raises
    ------
    InputError
        If there are fewer than ten households.

    Examples
    --------
    A register handed out as it is keeps every count, and is found out.

    >>> import pandas as pd
    >>> import numpy as np
    >>> frame = pd.DataFrame({"district": ["a", "b"] * 500, "age": np.arange(1000) % 90,
    ...                       "bmi": 18 + np.arange(1000) * 0.01})
    >>> people = Records(frame=frame, kind="invented")
    >>> copied = lambda records: Records(frame=records.frame, kind="pseudo")
    >>> spec = Spec(cluster="district", sex=None, numeric=("bmi",))
    >>> found = evaluate(people, copied(people), spec, make=copied)
    >>> found.metric("cells_equal").value, found.metric("membership").value, found.failed
    (1.0, 1.0, ('equal_rows',))
    """
    spec = statistics if isinstance(statistics, Spec) else statistics.spec
    spec = spec.resolve(str(column) for column in pseudo.frame.columns)
    trials = tried(records, spec, make=make, seed=seed, effort=effort, swapped=origins is not None)
    return weighed(
        records, pseudo, statistics, trials, zones=zones, neighbours=neighbours,
        by_area=by_area, seed=seed, effort=effort, origins=origins,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Trial:
    """One division of the people, the pseudo records made from its source, and their attacks.

    ``people``: rows without columns, by their place in the register. ``seed``: that of the
    division, and of the attacks.
    """

    people: holdout.Holdout
    made: pd.DataFrame = field(repr=False)
    attacked: tuple[Metric, ...] = field(repr=False)
    seed: int


def tried(
    records: Records, spec: Spec, *, make: Maker, seed: int, effort: Effort, swapped: bool
) -> tuple[Trial, ...]:
    """Divide people, make pseudo records of a part and attack them: the first half of evaluate.

    It asks for nothing but the register, so that it can go on while the records that
    are handed out are still being made. Parameters: see :func:`evaluate`; ``swapped``: the
    records are not invented.
    """
    frame, trials = records.frame.reset_index(drop=True), []
    household = spec.resolve(str(column) for column in frame.columns).household
    for number in range(seed, seed + effort.splits):
        parts = holdout.split(frame, household=household, share=effort.share, seed=number)
        made = make(Records(frame=parts.source, kind=records.kind, source="holdout")).frame
        known = spec.resolve(str(column) for column in made.columns)
        real, fake = prepared([frame, made], known)
        how: Any = {"seed": number, "size": effort.sample, "swapped": swapped}
        with one_thread():
            attacked = tuple(attacks(parts.rows_of(real), fake, known, **how))
        rows = parts.rows_of(frame[[]])  # who is in which group, without copies of them
        trials.append(Trial(people=rows, made=made, attacked=attacked, seed=number))
    return tuple(trials)


def weighed(  # noqa: PLR0913 - what is judged, and how thoroughly
    records: Records,
    pseudo: Records,
    statistics: Statistics | Spec,
    trials: Sequence[Trial],
    *,
    zones: Zones | None,
    neighbours: GraphLike | None,
    by_area: ByArea | None,
    seed: int,
    effort: Effort,
    origins: Mapping[str, Ints] | None = None,
) -> Evaluation:
    """Measure the records that are handed out: the second half of :func:`evaluate`."""
    from tsukuba_gis import __version__

    spec = statistics if isinstance(statistics, Spec) else statistics.spec
    spec = spec.resolve(str(column) for column in pseudo.frame.columns)
    with one_thread():
        (real, fake), people, runs = _attacked(records, pseudo, trials, spec, origins)
        tables, hard = _gates(pseudo.frame, statistics, zones, records.frame)
        if origins is not None:
            hard.insert(0, gates.swapped_kept(real, fake, spec))
        used = uses(real, fake, people, spec, seed=seed, size=effort.sample)
        soft = [*averaged(runs), *used]
        if spec.area is not None and neighbours is not None and by_area is not None:
            both = by_area(records), by_area(pseudo)
            soft += same_story(
                *both, neighbours, area=spec.area, permutations=effort.permutations, seed=seed
            )
    # Attacks on fewer than k people say little, and what they say is of those people.
    metrics = [m for m in (*hard, *soft) if m.measured and (m.kind != "risk" or m.n >= spec.k)]
    order = ("gate", "risk", "smoke", "utility")
    return Evaluation(
        metrics=tuple(sorted(metrics, key=lambda m: order.index(m.kind))),
        tables=tables, persons=len(fake), seed=seed, version=__version__, k=spec.k,
        sha256="" if isinstance(statistics, Spec) else statistics.sha256,
        households=int(fake[spec.household].nunique()) if spec.household else 0,
        effort=effort, holdout=people.sizes,
        not_measured=_not_measured(metrics, spec), care=spec.care is not None, spec=spec,
    )  # fmt: skip


def _attacked(
    records: Records,
    pseudo: Records,
    trials: Sequence[Trial],
    spec: Spec,
    origins: Mapping[str, Ints] | None,
) -> tuple[tuple[pd.DataFrame, pd.DataFrame], holdout.Holdout, list[list[Metric]]]:
    """Attack all people with the records of every trial beside those that are handed out.

    Returns the records as they are compared (real, pseudo) and the division of the last
    trial, and every trial's attacks.
    """
    runs: list[list[Metric]] = []
    for trial in trials:
        real, fake, part_fake = prepared([records.frame, pseudo.frame, trial.made], spec)
        people = trial.people.rows_of(real)
        both = (real, fake)
        more = attacks_on_all(both, people, part_fake, spec, seed=trial.seed, origins=origins)
        runs.append([*trial.attacked, *more])
    return both, people, runs


def _not_measured(metrics: Sequence[Metric], spec: Spec) -> dict[str, str]:
    """Return what could not be measured, and the text that says why."""
    absent = {"classifier": "extra_evaluate"}
    if spec.area is not None:
        absent |= {"moran": "moran_not_measured", "clusters": "clusters_not_measured"}
    found = {metric.name for metric in metrics}
    return {name: why for name, why in absent.items() if name not in found}


def _gates(
    frame: pd.DataFrame, statistics: Statistics | Spec, zones: Zones | None, register: pd.DataFrame
) -> tuple[pd.DataFrame, list[Metric]]:
    import pandas as pd

    if isinstance(statistics, Spec):
        spec = statistics.resolve(str(column) for column in frame.columns)
        # Households that are swapped are as coherent as the register's.
        own = gates.households_coherent(register, spec).value
        return pd.DataFrame(), [gates.households_coherent(frame, spec, at_least=own)]
    counted = recount(frame, statistics)
    return counted, [
        gates.audited(statistics),
        gates.audit_narrow(statistics),
        gates.small_published(statistics),
        gates.declared_kept(counted),
        gates.aimed_kept(counted),
        gates.households_coherent(frame, statistics.spec),
        gates.inside_area(frame, statistics.spec, zones),
        gates.same_columns(frame, statistics),
    ]
