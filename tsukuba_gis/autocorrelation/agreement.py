"""Whether two tables tell the same story: classes of LISA side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.result import LISA_CLASSES

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.result import LocalMoran


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Agreement:
    """How far the classes of two results agree.

    Parameters
    ----------
    n
        Zones tested in both results.
    same
        Share of them with the same class.
    kappa
        Cohen's kappa: agreement beyond chance, 1 perfect, 0 as chance gives;
        NaN where all zones have one and the same class in both.
    table
        Zones by class of the first result (rows) and of the second (columns).
    """

    n: int
    same: float
    kappa: float
    table: pd.DataFrame = field(repr=False)


def agreement(one: LocalMoran, other: LocalMoran) -> Agreement:
    """Compare the classes of the same indicator and zones in two tables, as reference and pseudo.

    Zones without data or neighbours in either are left out of ``same`` and
    ``kappa``, not of ``table``. Most zones of most maps are not significant,
    so that ``same`` is high by itself: read ``kappa``.

    Raises
    ------
    InputError
        If the results are not about the same zones.

    References
    ----------
    Cohen (1960), https://doi.org/10.1177/001316446002000104

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> from tsukuba_gis.autocorrelation import local_moran
    >>> ids = [f"z{i:02d}" for i in range(12)]
    >>> ring = Graph.from_dicts({ids[i]: [ids[i - 1], ids[(i + 1) % 12]] for i in range(12)})
    >>> reference = pd.Series([9, 9, 9, 8, 5, 4, 2, 1, 1, 1, 4, 6], index=ids, name="x")
    >>> pseudo = pd.Series([9, 8, 9, 8, 6, 4, 2, 1, 2, 1, 1, 6], index=ids, name="x")
    >>> a, b = (local_moran(x, ring, fdr=False) for x in (reference, pseudo))
    >>> found = agreement(a, b)
    >>> found.n, round(found.same, 3), round(found.kappa, 3)
    (12, 0.917, 0.636)
    """
    import pandas as pd

    first, second = one.frame["cluster"], other.frame["cluster"]
    if len(first) != len(second) or not first.index.isin(second.index).all():
        raise InputError("autocorrelation_pair_differs")
    second = second.reindex(first.index)
    classes = list(LISA_CLASSES)
    table = pd.crosstab(first, second).reindex(index=classes, columns=classes, fill_value=0)
    tested = table.drop(index=["island", "missing"], columns=["island", "missing"]).to_numpy()
    n = int(tested.sum())
    same = float(np.trace(tested) / n) if n else np.nan
    chance = float(tested.sum(axis=1) @ tested.sum(axis=0)) / n**2 if n else np.nan
    kappa = (same - chance) / (1 - chance) if chance < 1 else np.nan
    return Agreement(n=n, same=same, kappa=kappa, table=table)
