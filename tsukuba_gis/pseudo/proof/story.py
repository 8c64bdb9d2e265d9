"""Whether the pseudo table tells the same story: how alike neighbours are, and who clusters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.neighbours import as_neighbours
from tsukuba_gis.pseudo.proof.metric import Metric, about

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from tsukuba_gis.autocorrelation import Agreement
    from tsukuba_gis.neighbours import GraphLike, Neighbours
    from tsukuba_gis.result import Moran

# With fewer areas than this the statistics say nothing and are not measured.
LEAST: Final = 20
_PERMUTATIONS: Final = 9_999
CLASSES: Final = ("HH", "HL", "LH", "LL", "ns")


def same_story(
    real: pd.DataFrame,
    pseudo: pd.DataFrame,
    graph: GraphLike,
    *,
    area: str,
    columns: tuple[str, str],
    k: int,
    seed: int = 1,
) -> Iterator[Metric]:
    """Compare an indicator by area: Moran's I, and the classes of local Moran's I.

    Parameters
    ----------
    real, pseudo
        The people, and the records made from them.
    graph
        Neighbours of the areas, by their labels.
    area
        Column of areas.
    columns
        Booleans: who is counted, among whom.
    k
        Areas in which one of the two real counts is below k are left out: no
        such table could be published.
    seed
        Of the permutations.

    Yields
    ------
    Metric
        ``"moran"``: pseudo minus real I; ``parts`` hold both. ``"clusters"``: Cohen's kappa of
        the classes (at a false discovery rate of 5 %); NaN where all areas have one class in
        both. ``parts``: I and p of both, and areas by class in the real table (``real_HH`` …),
        in the pseudo one, and in both; never an area's own class.
    """
    from tsukuba_gis.autocorrelation import agreement, local_moran, moran

    graph = as_neighbours(graph)
    first, second = (
        part.reindex(graph.ids) for part in _shares(real, pseudo, area=area, columns=columns, k=k)
    )
    subject, n = (area, *columns), int(first.notna().sum())
    if n < LEAST:
        yield Metric(name="moran", kind="utility", value=math.nan, subject=subject)
        return
    told = [moran(x, graph, permutations=_PERMUTATIONS, seed=seed) for x in (first, second)]
    yield Metric(
        name="moran", kind="utility", null=0.0, at_least=-0.03, at_most=0.03, n=n,
        **about(told[1].i - told[0].i, _jackknife(first, second, graph)), subject=subject,
        parts={"real": told[0].i, "pseudo": told[1].i},
    )  # fmt: skip
    found = agreement(
        *(local_moran(x, graph, permutations=_PERMUTATIONS, seed=seed) for x in (first, second))
    )
    yield Metric(
        name="clusters", kind="utility", value=found.kappa, low=found.low, high=found.high,
        null=1.0, at_least=0.6, n=found.n, subject=subject, parts=_parts(told, found),
    )  # fmt: skip


def _parts(told: Sequence[Moran], found: Agreement) -> dict[str, float]:
    """Return what stands side by side: I and p, and areas by class, real, pseudo, in both."""
    table = found.table.loc[list(CLASSES), list(CLASSES)].to_numpy(dtype=float)
    parts = {"same": found.same}
    sides = ("real", told[0], table.sum(axis=1)), ("pseudo", told[1], table.sum(axis=0))
    for name, one, _ in sides:
        parts |= {f"{name}_i": one.i, f"{name}_p": one.p}
    for name, counts in (*((name, sums) for name, _, sums in sides), ("both", np.diag(table))):
        parts |= {f"{name}_{kind}": float(n) for kind, n in zip(CLASSES, counts, strict=True)}
    return parts


def _shares(
    real: pd.DataFrame, pseudo: pd.DataFrame, *, area: str, columns: tuple[str, str], k: int
) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return the indicator of the areas that are large enough, in both tables."""
    import pandas as pd

    counts = []
    for frame in (real, pseudo):
        flags = pd.DataFrame({column: frame[column].astype(float) for column in columns})
        counts.append(flags.groupby(frame[area].astype(str).to_numpy()).sum())
    true, made = counts
    large = true[(true >= k).all(axis=1)].index
    return (
        true.loc[large, columns[0]] / true.loc[large, columns[1]],
        made.reindex(large)[columns[0]] / made.reindex(large)[columns[1]],
    )


def _jackknife(
    first: pd.Series[float], second: pd.Series[float], graph: Neighbours, *, groups: int = 20
) -> float:
    """Return the standard error of a difference of two Moran's I, leaving out areas in turn."""
    from tsukuba_gis.autocorrelation import moran

    known = np.flatnonzero(first.notna())
    part = np.full(len(first), -1)
    part[known] = np.arange(len(known)) % groups
    left = [
        moran(second.mask(part == i), graph, permutations=1).i
        - moran(first.mask(part == i), graph, permutations=1).i
        for i in range(min(groups, len(known)))
    ]
    spread = float(np.sum((np.array(left) - np.mean(left)) ** 2))
    return math.sqrt((len(left) - 1) / len(left) * spread)
