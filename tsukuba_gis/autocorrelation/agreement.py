"""Whether two tables tell the same story: classes of LISA side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.result import LISA_CLASSES

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tsukuba_gis.result import LocalMoran


_Z95 = 1.959963984540054


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
    low, high
        95 % interval of kappa, from its standard error for large n (Fleiss, Cohen & Everitt
        1969); it takes zones for independent, and neighbours are not: read it as too narrow.
    table
        Zones by class of the first result (rows) and of the second (columns).
    """

    n: int
    same: float
    kappa: float
    low: float
    high: float
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
    Cohen (1960), https://doi.org/10.1177/001316446002000104; Fleiss, Cohen & Everitt (1969),
    https://doi.org/10.1037/h0028106

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
    classes = pd.Index(LISA_CLASSES)
    a, b = (classes.get_indexer(pd.Index(side)) for side in (first, second.reindex(first.index)))
    counts = np.bincount(a * len(classes) + b, minlength=len(classes) ** 2)
    table = pd.DataFrame(counts.reshape(len(classes), -1), index=classes, columns=classes)
    tested = table.drop(index=["island", "missing"], columns=["island", "missing"]).to_numpy()
    n = int(tested.sum())
    same = float(np.trace(tested) / n) if n else np.nan
    kappa, error = _kappa(tested / n) if n else (np.nan, np.nan)
    half = _Z95 * error / np.sqrt(n) if n else np.nan
    high = float(np.minimum(1.0, kappa + half))
    return Agreement(n=n, same=same, kappa=kappa, low=kappa - half, high=high, table=table)


def _kappa(shares: NDArray[np.float64]) -> tuple[float, float]:
    """Return kappa of a table of shares, and its standard error times √n."""
    first, second, same = shares.sum(axis=1), shares.sum(axis=0), float(np.trace(shares))
    chance = float(first @ second)
    if chance >= 1:
        return np.nan, np.nan
    kappa = (same - chance) / (1 - chance)
    # Fleiss, Cohen & Everitt (1969), eq. 13, of agreement and of each kind of disagreement.
    agreed = float(np.diag(shares) @ (1 - (first + second) * (1 - kappa)) ** 2)
    crossed = (second[:, None] + first[None, :]) ** 2
    apart = (1 - kappa) ** 2 * float((shares * crossed).sum() - np.diag(shares) @ np.diag(crossed))
    variance = agreed + apart - (kappa - chance * (1 - kappa)) ** 2
    return kappa, float(np.sqrt(max(variance, 0.0))) / (1 - chance)
