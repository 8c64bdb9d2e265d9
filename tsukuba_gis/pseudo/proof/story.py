"""Whether the pseudo table tells the same story: how alike neighbours are, and who clusters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.neighbours import as_neighbours
from tsukuba_gis.pseudo.proof.metric import Metric, about

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.autocorrelation import Agreement
    from tsukuba_gis.neighbours import GraphLike, Neighbours
    from tsukuba_gis.result import Moran

    Floats = NDArray[np.float64]

# With fewer areas than this the statistics say nothing and are not measured.
LEAST: Final = 20
CLASSES: Final = ("HH", "HL", "LH", "LL", "ns")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Told:
    """What both tables tell of one indicator.

    Parameters
    ----------
    indicator
        Its name.
    moran, p
        Moran's I, real and pseudo, and their two-sided p.
    difference
        Pseudo minus real I.
    kappa
        How far the areas' classes agree; not measured where no area is in a cluster in either.
    areas
        By class: number of areas in the real table, in the pseudo one, and in both.
    """

    indicator: str
    moran: tuple[float, float]
    p: tuple[float, float]
    difference: Metric
    kappa: Metric
    areas: Mapping[str, tuple[float, float, float]]

    def row(self) -> dict[str, object]:
        """Return it as one flat row."""
        sides = ("real", "pseudo")
        row: dict[str, object] = {"indicator": self.indicator, "areas": self.difference.n}
        row |= {f"moran_{side}": i for side, i in zip(sides, self.moran, strict=True)}
        row |= {f"p_{side}": p for side, p in zip(sides, self.p, strict=True)}
        for name, metric in (("difference", self.difference), ("kappa", self.kappa)):
            row |= {name: metric.value, f"{name}_low": metric.low, f"{name}_high": metric.high}
        for kind, counts in self.areas.items():
            named = zip((*sides, "both"), counts, strict=True)
            row |= {f"{kind}_{side}": int(n) for side, n in named}
        return row


def told_by(metrics: Sequence[Metric]) -> tuple[Told, ...]:
    """Put the metrics of :func:`same_story` together, one row an indicator."""
    agreed = {m.subject: m for m in metrics if m.name == "clusters"}
    return tuple(
        Told(
            indicator=m.subject[-1],
            moran=(m.parts["real_i"], m.parts["pseudo_i"]),
            p=(m.parts["real_p"], m.parts["pseudo_p"]),
            difference=m,
            kappa=agreed.get(m.subject, Metric(name="clusters", kind="utility", value=math.nan)),
            areas={
                kind: (m.parts[f"real_{kind}"], m.parts[f"pseudo_{kind}"], m.parts[f"both_{kind}"])
                for kind in CLASSES
            },
        )
        for m in metrics
        if m.name == "moran"
    )


def same_story(
    real: pd.DataFrame,
    pseudo: pd.DataFrame,
    graph: GraphLike,
    *,
    area: str,
    permutations: int = 9_999,
    seed: int = 1,
) -> Iterator[Metric]:
    """Compare every indicator by area: Moran's I, and the classes of local Moran's I.

    Parameters
    ----------
    real, pseudo
        Indicators of both tables: index area, one column an indicator; NaN where
        the number could not be published. An area counts where both have one.
    graph
        Neighbours of the areas.
    area
        What the areas are: the column of the records.
    permutations, seed
        Of the classes; p of Moran's I is that of a normal z under random assignment.

    Yields
    ------
    Metric
        Of each indicator in both tables that has 20 areas and is not the same everywhere;
        ``subject`` is the area's column and the indicator. ``"moran"``: pseudo minus real I,
        with a jackknife interval; ``parts`` hold I and p of both, the share of areas with the
        ``same`` class (at a false discovery rate of 5 %), and areas by class in the real table
        (``real_HH`` …), in the pseudo one, and in both; never an area's own class.
        ``"clusters"``: Cohen's kappa of the classes; NaN where all areas have one class in both.
    """
    from tsukuba_gis.autocorrelation import agreement, local_moran, moran

    near = as_neighbours(graph)
    for name in [column for column in real if column in pseudo]:
        sides = [frame[name].reindex(near.ids) for frame in (real, pseudo)]
        known = sides[0].notna() & sides[1].notna()
        if known.sum() < LEAST:
            continue
        sides = [side.where(known) for side in sides]
        told = [moran(side, near, permutations=1, seed=seed) for side in sides]
        if not all(np.isfinite(one.i) for one in told):
            continue  # equal values
        found = agreement(
            *(local_moran(side, near, permutations=permutations, seed=seed) for side in sides)
        )
        subject, n = (area, str(name)), int(known.sum())
        yield Metric(
            name="moran", kind="utility", null=0.0, at_least=-0.03, at_most=0.03, n=n,
            **about(told[1].i - told[0].i, _jackknife(sides, near)), subject=subject,
            parts=_parts(told, found),
        )  # fmt: skip
        yield Metric(
            name="clusters", kind="utility", value=found.kappa, low=found.low, high=found.high,
            null=1.0, at_least=0.6, n=found.n, subject=subject,
        )  # fmt: skip


def _parts(told: Sequence[Moran], found: Agreement) -> dict[str, float]:
    """Return what stands side by side: I and p, and areas by class, real, pseudo, in both."""
    table = found.table.loc[list(CLASSES), list(CLASSES)].to_numpy(dtype=float)
    parts = {"same": found.same}
    sides = ("real", told[0], table.sum(axis=1)), ("pseudo", told[1], table.sum(axis=0))
    for name, one, _ in sides:
        # Two-sided, of the standard normal distribution.
        parts |= {f"{name}_i": one.i, f"{name}_p": math.erfc(abs(one.z) / math.sqrt(2))}
    for name, counts in (*((name, sums) for name, _, sums in sides), ("both", np.diag(table))):
        parts |= {f"{name}_{kind}": float(n) for kind, n in zip(CLASSES, counts, strict=True)}
    return parts


def _jackknife(sides: Sequence[pd.Series[float]], near: Neighbours, *, groups: int = 20) -> float:
    """Return the standard error of a difference of two Moran's I, leaving out areas in turn.

    The areas, in their order, are dealt to the groups; weights add up to 1 among those left.
    """
    links = near.links(near.ids)
    known = np.flatnonzero(sides[0].notna())
    groups = min(groups, len(known))
    kept = np.zeros((near.n, groups))
    kept[known] = np.arange(len(known))[:, None] % groups != np.arange(groups)
    real, pseudo = (_leaving_out(np.nan_to_num(side), kept, links) for side in sides)
    left = pseudo - real
    return math.sqrt((groups - 1) / groups * float(((left - left.mean()) ** 2).sum()))


def _leaving_out(x: Floats, kept: Floats, links: Any) -> Floats:
    """Return Moran's I of the areas kept, for each column of ``kept``."""
    sums = links @ kept
    kept = kept * (sums > 0)  # an area whose neighbours are all left out is left out
    z = (x[:, None] - (x @ kept) / kept.sum(axis=0)) * kept
    lag = (links @ z) / np.where(sums > 0, sums, 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):  # NaN where those left are all equal
        return np.asarray((z * lag).sum(axis=0) / (z**2).sum(axis=0))
