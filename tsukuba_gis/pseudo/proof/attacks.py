"""What an attacker tries, one attack after the other, on people used and people never used."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.pseudo.keys import stream
from tsukuba_gis.pseudo.proof import holdout, nearest, risk
from tsukuba_gis.pseudo.proof.columns import (
    AGED,
    BAND,
    FIVE_YEARS,
    TEN_YEARS,
    about,
    keys_of,
    present,
    within_of,
)
from tsukuba_gis.pseudo.proof.metric import Metric, share_of, wilson
from tsukuba_gis.pseudo.proof.metric import about as about_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.pseudo.proof.holdout import Holdout
    from tsukuba_gis.pseudo.proof.metric import MetricKind
    from tsukuba_gis.pseudo.spec import Spec

    Ints = NDArray[np.int64]

# Most that an attack may succeed more often on the source than on the holdout.
LEAK: Final = 0.01


def attacks(
    people: Holdout, made: pd.DataFrame, spec: Spec, *, seed: int, size: int, swapped: bool
) -> Iterator[Metric]:
    """Make every attack that the columns allow, on people used and people never used.

    Parameters
    ----------
    people, made
        The groups of real people, and the pseudo records made from the source.
    spec
        Which column plays which part.
    seed, size
        Of the samples: rows of each side that are searched for their nearest row.
    swapped
        Records were swapped, not invented.
    """
    yield from _inference(people, made, spec, seed=seed, size=size)
    yield from _nearness(people, made, spec, seed=seed, size=size)
    yield from _uniques(people, made, spec)
    yield from _copies(people, made, spec, swapped=swapped)


def attacks_on_all(
    full: tuple[pd.DataFrame, pd.DataFrame],
    people: Holdout,
    made: pd.DataFrame,
    spec: Spec,
    *,
    seed: int,
    origins: Mapping[str, Ints] | None = None,
) -> Iterator[Metric]:
    """Make the attacks on the records that are handed out.

    Parameters
    ----------
    full
        All real people, and the pseudo records made from them.
    people, made, spec, seed
        As in :func:`attacks`.
    origins
        Where records were swapped: see :class:`tsukuba_gis.pseudo.swap.Swapped`.
    """
    keys = keys_of(full[1], spec)
    alone = [float(risk.unique_rows(frame, keys).mean()) for frame in full]
    yield Metric(
        name="unique_rows", kind="risk", null=alone[0], n=len(full[1]),
        **share_of(round(alone[1] * len(full[1])), len(full[1])),
        subject=tuple(keys),
    )  # fmt: skip
    yield from _small_cells(people, made, full, spec)
    if origins is not None:
        yield from _linkage(full, spec, origins, seed)


def _inference(
    people: Holdout, made: pd.DataFrame, spec: Spec, *, seed: int, size: int
) -> Iterator[Metric]:
    """Attack: all but the secret is known; the nearest pseudo row gives the guess."""
    known, within = about(made, spec), within_of(made, spec)
    amount = spec.sums[-1] if spec.sums else None
    others = [column for column in spec.numeric if column not in spec.sums]
    plans: list[tuple[list[str], float, Callable[[pd.DataFrame], Any]]] = []
    if spec.care:
        plans.append(([spec.care], 0.0, lambda f: f[AGED].to_numpy()))
    if amount:
        plans.append(([amount], 0.1, lambda f: f[amount].to_numpy(float, na_value=0.0) > 0))
    if others:
        plans.append((others, 0.02, lambda f: f[others].notna().all(axis=1).to_numpy()))
    for secret, tolerance, who in plans:
        hidden = set(spec.sums) if secret == [amount] else set(secret)
        rest = [column for column in known if column not in hidden]

        def hits(
            frame: pd.DataFrame,
            rest: list[str] = rest, secret: list[str] = secret, tolerance: float = tolerance,
        ) -> Any:  # fmt: skip
            return nearest.inferred(
                frame, made, known=rest, within=within, secret=secret, tolerance=tolerance
            )

        asked = people.only(who).sampled(size, seed=seed)
        yield holdout.leak("inference", asked, hits, subject=secret, at_most=LEAK)


def _nearness(
    people: Holdout, made: pd.DataFrame, spec: Spec, *, seed: int, size: int
) -> Iterator[Metric]:
    known, within = about(made, spec), within_of(made, spec)
    asked = people.sampled(size, seed=seed)
    yield from nearest.membership(asked, made, known=known, within=within)
    drawn = holdout.sample(made, size, seed=seed, place="made")
    yield from nearest.closest_record(people, drawn, known=known, within=within)


def _uniques(people: Holdout, made: pd.DataFrame, spec: Spec) -> Iterator[Metric]:
    """Attacks: people who stand alone."""
    keys = keys_of(made, spec)
    yield holdout.leak(
        "replicated_uniques", people, lambda f: risk.replicated_uniques(f, made, keys),
        subject=keys, at_most=LEAK,
    )  # fmt: skip
    yield holdout.leak(
        "special_uniques", people, lambda f: risk.special_uniques(f, made, keys), subject=keys,
    )  # fmt: skip
    if spec.care:
        care = spec.care
        yield holdout.leak(
            "disclosive", people.only(lambda f: f[AGED].to_numpy()),
            lambda f: risk.disclosive_correct(f, made, known=keys, secret=care),
            subject=[care], at_most=LEAK,
        )  # fmt: skip


def _copies(people: Holdout, made: pd.DataFrame, spec: Spec, *, swapped: bool) -> Iterator[Metric]:
    """Attacks: rows, points, values and households that are there again.

    Swapped values are real ones, so that whole rows and points do come again:
    a measured risk there, a fault where records are invented.
    """
    kind: MetricKind = "risk" if swapped else "gate"
    if spec.numeric:
        columns = [c for c in spec.measured if c in made and c not in spec.carried]
        positive = spec.sums[-1] if spec.sums else spec.numeric[-1]
        yield holdout.leak(
            "equal_rows", people.only(lambda f: f[positive].to_numpy(float, na_value=0.0) > 0),
            lambda f: risk.equal_rows(f, made, columns), subject=columns, kind=kind,
            at_most=LEAK,
        )  # fmt: skip
    if spec.lon and spec.lat:
        yield holdout.leak(
            "same_points", people, lambda f: risk.equal_rows(_points(f, spec), _points(made, spec),
                                                            ["lon", "lat"]),
            kind=kind,
        )  # fmt: skip
    for column in spec.sums:
        lonely = people.only(lambda f, column=column: risk.unique_rows(f, [column]))  # type: ignore[misc]
        if min(len(lonely.source), len(lonely.holdout)) >= 100:
            yield holdout.leak(
                "replicated_values", lonely,
                lambda f, column=column: risk.equal_rows(f, made, [column]),  # type: ignore[misc]
                subject=[column], at_most=LEAK,
            )  # fmt: skip
    if spec.household:
        yield _replicated_households(people, made, spec)


def _points(frame: pd.DataFrame, spec: Spec) -> pd.DataFrame:
    """Return home points to 0.1 m; a missing one equals nothing."""
    import pandas as pd

    lon = np.round(frame[spec.lon].to_numpy(dtype=float, na_value=np.nan), 6)
    lat = np.round(frame[spec.lat].to_numpy(dtype=float, na_value=np.nan), 6)
    return pd.DataFrame({"lon": np.where(np.isnan(lon), np.arange(len(lon)), lon), "lat": lat})


def _replicated_households(people: Holdout, made: pd.DataFrame, spec: Spec) -> Metric:
    """Attack: a household known by the sexes and ages of its members."""
    columns = present(made, spec.cluster, spec.sex, spec.age)
    parts = (people.source, people.holdout, people.control, made)
    source, held, control, fake = risk.household_signatures(
        parts, household=str(spec.household), columns=columns
    )
    homes = holdout.Holdout(
        source=source, holdout=held, control=control, background=held[:0], household=None
    )
    return holdout.leak(
        "replicated_households", homes,
        lambda f: risk.replicated_uniques(f, fake, ["signature"]), subject=columns, at_most=LEAK,
    )  # fmt: skip


def _small_cells(
    people: Holdout, made: pd.DataFrame, full: tuple[pd.DataFrame, pd.DataFrame], spec: Spec
) -> Iterator[Metric]:
    for columns in (
        present(made, spec.cluster, spec.sex, FIVE_YEARS, spec.care),
        present(made, spec.area, BAND),
        present(made, spec.cluster, spec.household_type, spec.relation, spec.sex, TEN_YEARS),
    ):
        if len(columns) > 1:
            yield small_cell_attack(full, people, made, columns=columns, k=spec.k)


def _linkage(
    full: tuple[pd.DataFrame, pd.DataFrame], spec: Spec, origins: Mapping[str, Ints], seed: int
) -> Iterator[Metric]:
    """Attack: whoever knows a person looks for the row that is theirs; rows have an origin here.

    Theirs is the row with their household, or that with their amounts or care
    level, whichever part has a secret. Chance is a row taken at random.
    """
    real, fake = full
    keys = keys_of(fake, spec)
    secret = next((part for part in ("amounts", "care") if part in origins), "person")
    more = present(fake, spec.care, *spec.sums)
    plans = {(tuple(keys), "person"): 0, (tuple(keys), secret): 1, ((*keys, *more), secret): 2}
    for (known, part), number in plans.items():
        origin = origins[part]
        found = risk.linkage(real, fake, origin, known=known)
        mixed = stream(f"{seed}", "linkage", f"{number}").permutation(origin)
        yield Metric(
            name="linkage", kind="risk", **about_of(found.value, found.se), at_most=0.02,
            null=risk.linkage(real, fake, mixed, known=known).value, n=found.n,
            subject=(f"~part_{part}", *known),
        )  # fmt: skip
    columns = present(fake, spec.area, spec.age, spec.care, *spec.numeric)
    (own, made) = risk.codes([real, fake], columns)
    same = int((own[origins["person"]] == made).sum())
    mixed = stream(f"{seed}", "linkage", "unchanged").permutation(len(own))
    yield Metric(
        name="unchanged", kind="risk", **share_of(same, len(made)), at_most=0.02,
        null=float((own[mixed] == made).mean()), n=len(made), subject=tuple(columns),
    )  # fmt: skip


def small_cell_attack(
    full: tuple[pd.DataFrame, pd.DataFrame],
    people: Holdout,
    made: pd.DataFrame,
    *,
    columns: Sequence[str],
    k: int,
) -> Metric:
    """Return how often a small count of the pseudo table is the true one.

    Parameters
    ----------
    full
        All real people, and the pseudo records made from them.
    people, made
        The holdout groups and the pseudo records made from the source. The null
        is the same attack on people who were never used.
    columns
        The table.
    k
        Counts below it are small.

    Notes
    -----
    The target is one half: whoever reads a small count off the pseudo table is
    more often wrong than right. With no threshold at all it is 1.
    """
    hits, cells = risk.small_cells(*full, columns, k=k)
    low, high = wilson(hits, cells)
    source, of_source = risk.small_cells(people.source, made, columns, k=k)
    held, of_held = risk.small_cells(people.holdout, made, columns, k=k)
    null = held / of_held if of_held else math.nan
    return Metric(
        name="small_cells", kind="risk", value=hits / cells if cells else math.nan,
        low=low, high=high, null=null, at_most=0.5, n=cells, subject=tuple(columns),
        parts={"source": source / of_source if of_source else math.nan, "holdout": null},
    )  # fmt: skip
