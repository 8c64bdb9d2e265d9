"""Values and weights brought together: same order, no missing value, no zone without neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tsukuba_gis.autocorrelation.permutation import benjamini_hochberg
from tsukuba_gis.errors import InputError
from tsukuba_gis.neighbours import as_neighbours
from tsukuba_gis.result import Association, LocalAssociation

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.autocorrelation.permutation import Draws, Matrix
    from tsukuba_gis.neighbours import GraphLike
    from tsukuba_gis.result import GlobalStatistic, LocalStatistic

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]

# "row": every zone's weights are made to add up to 1; "given": as they are in the graph.
Style = Literal["row", "given"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Aligned:
    """The zones that take part in a statistic.

    Parameters
    ----------
    ids
        All zones, in the order of the values.
    kept, island
        Of all zones: which take part; which have a value but no neighbour with one.
    values
        Of the kept zones; one column a variable.
    matrix
        Weights among the kept zones (CSR, no stored zeros, no empty row).
    weights
        Name of the weights, for the result.
    """

    ids: pd.Index[str]
    kept: Bools = field(repr=False)
    island: Bools = field(repr=False)
    values: Floats = field(repr=False)
    matrix: Matrix = field(repr=False)
    weights: str

    @property
    def n(self) -> int:
        """Number of zones that take part."""
        return len(self.values)

    @property
    def n_missing(self) -> int:
        """Number of zones without a value."""
        return int((~self.kept & ~self.island).sum())

    @property
    def n_islands(self) -> int:
        """Number of zones without a neighbour that has a value."""
        return int(self.island.sum())

    def spread(self, column: Floats) -> Floats:
        """Return numbers of the kept zones as a column for all zones, NaN elsewhere."""
        full = np.full(len(self.ids), np.nan)
        full[self.kept] = column
        return full

    def frame(
        self,
        columns: dict[str, Floats],
        kinds: NDArray[Any],
        *,
        p: Floats,
        floor: Floats,
        alpha: float,
        fdr: bool,
    ) -> pd.DataFrame:
        """Return the table of a local statistic: one row for every zone.

        ``kinds`` are the classes that the kept zones have if they are significant.
        """
        import pandas as pd

        adjusted = benjamini_hochberg(p)
        table = columns | {"p": p, "p_fdr": adjusted, "p_floor": floor}
        frame = pd.DataFrame(
            {name: self.spread(column) for name, column in table.items()}, index=self.ids
        )
        classes = np.full(len(self.ids), "missing", dtype=object)
        classes[self.island] = "island"
        classes[self.kept] = np.where((adjusted if fdr else p) <= alpha, kinds, "ns")
        frame["cluster"] = classes
        sizes = np.zeros(len(self.ids), dtype=np.int64)
        sizes[self.kept] = np.diff(self.matrix.indptr)
        frame["neighbours"] = sizes
        return frame

    def association(
        self,
        statistic: GlobalStatistic,
        indicator: tuple[str, ...],
        *,
        value: float,
        p: float,
        draws: Draws,
        moments: tuple[float, float, float] = (np.nan, np.nan, np.nan),
    ) -> Association:
        """Return a global statistic with what it rests on; ``moments``: mean, variance, z."""
        expected, variance, z = moments
        return Association(
            statistic=statistic,
            indicator=indicator,
            value=value,
            expected=expected,
            variance=variance,
            z=z,
            p=p,
            n=self.n,
            n_missing=self.n_missing,
            n_islands=self.n_islands,
            weights=self.weights,
            **draws._asdict(),
        )

    def local_association(  # noqa: PLR0913 - one parameter a field of the result
        self,
        statistic: LocalStatistic,
        indicator: tuple[str, ...],
        columns: dict[str, Floats],
        kinds: NDArray[Any],
        *,
        p: Floats,
        floor: Floats,
        alpha: float,
        fdr: bool,
        draws: Draws | None = None,
    ) -> LocalAssociation:
        """Return a local statistic with what it rests on: see :meth:`frame`.

        Without ``draws``: an exact or asymptotic p of the upper tail.
        """
        return LocalAssociation(
            statistic=statistic,
            indicator=indicator,
            frame=self.frame(columns, kinds, p=p, floor=floor, alpha=alpha, fdr=fdr),
            alpha=alpha,
            fdr=fdr,
            permutations=draws.permutations if draws else 0,
            seed=draws.seed if draws else 0,
            weights=self.weights,
            alternative=draws.alternative if draws else "greater",
        )


def align(values: pd.DataFrame, graph: GraphLike, *, style: Style) -> Aligned:
    """Bring values and weights together.

    Zones with a missing or infinite value are left out; then zones that have
    no neighbour left, until every zone has one. Weights are standardised
    after that.

    Raises
    ------
    InputError
        If ids repeat, or values and weights are not about the same zones.
    """
    near = as_neighbours(graph)
    ids = values.index
    if not ids.is_unique:
        raise InputError("autocorrelation_ids_repeat", n=int(ids.duplicated().sum()))
    matrix = near.links(ids)
    columns = values.to_numpy(dtype=float, na_value=np.nan)
    present = np.isfinite(columns).all(axis=1)
    kept = present.copy()
    while True:
        part = matrix[kept][:, kept]
        linked = np.diff(part.indptr) > 0
        if linked.all():
            break
        kept[np.flatnonzero(kept)[~linked]] = False
    if style == "row":
        sums = np.repeat(part.sum(axis=1), np.diff(part.indptr))
        part.data = part.data / sums
    return Aligned(
        ids=ids,
        kept=kept,
        island=present & ~kept,
        values=columns[kept],
        matrix=part,
        weights=near.name,
    )
