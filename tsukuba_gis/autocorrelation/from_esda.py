"""Results of esda, turned into this package's: for maps, tables and words of what users bring.

esda itself is not imported: its results are read by their attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.autocorrelation.permutation import benjamini_hochberg
from tsukuba_gis.errors import InputError
from tsukuba_gis.neighbours import as_neighbours
from tsukuba_gis.result import LocalMoran, Moran

if TYPE_CHECKING:
    from numpy.typing import NDArray


def from_esda(
    result: Any, *, name: str, seed: int = 0, alpha: float = 0.05, fdr: bool = True
) -> Moran | LocalMoran:
    """Turn an ``esda.Moran`` or ``esda.Moran_Local`` into a result of this package.

    What differs is brought in line: p becomes two-sided (esda's ``p_sim`` is
    that of the tail chosen after seeing the data) and local I gets the divisor n.

    Parameters
    ----------
    result
        With permutations; its weights name the zones.
    name
        Of the indicator, which esda does not keep.
    seed
        That esda was given, for the record; it does not keep that either.
    alpha, fdr
        As in :func:`tsukuba_gis.autocorrelation.local_moran`.

    Raises
    ------
    InputError
        If it is another object, or was made without permutations.
    """
    if not getattr(result, "permutations", 0) or not (
        hasattr(result, "Is") or hasattr(result, "EI")
    ):
        raise InputError("autocorrelation_not_esda", kind=type(result).__name__)
    if hasattr(result, "Is"):
        return _local(result, name, seed, alpha, fdr)
    graph = as_neighbours(result.w)
    at_least, at_most = (result.sim >= result.I).sum(), (result.sim <= result.I).sum()
    return Moran(
        indicator=name,
        i=float(result.I),
        expected=float(result.EI),
        z=float(result.z_rand),
        p=min(1.0, 2 * (float(min(at_least, at_most)) + 1) / (result.permutations + 1)),
        n=graph.n,
        n_missing=0,
        n_islands=len(graph.isolates),
        permutations=int(result.permutations),
        seed=seed,
        weights=graph.name,
    )


def _local(result: Any, name: str, seed: int, alpha: float, fdr: bool) -> LocalMoran:
    import pandas as pd

    graph = as_neighbours(result.w)
    n, draws = len(result.Is), int(result.permutations)
    # p_sim has single precision: back to the count that it was made of.
    tail = (np.rint(np.asarray(result.p_sim, dtype=float) * (draws + 1))) / (draws + 1)
    island = graph.cardinalities.to_numpy() == 0
    p = np.where(island, np.nan, np.minimum(1.0, 2 * tail))
    adjusted = benjamini_hochberg(p)
    kinds = np.array(["", "HH", "LH", "LL", "HL"], dtype=object)[np.asarray(result.q)]
    classes: NDArray[Any] = np.where((adjusted if fdr else p) <= alpha, kinds, "ns")
    classes[island] = "island"
    i = np.asarray(result.Is) * n / (n - 1)
    z = np.asarray(result.z) / np.std(result.z)
    frame = pd.DataFrame(
        {
            "i": np.where(island, np.nan, i),
            "z": z,
            "lag": np.where(island | (z == 0), np.nan, i / np.where(z == 0, 1.0, z)),
            "p": p,
            "p_fdr": adjusted,
            "p_floor": np.where(island, np.nan, 2 / (draws + 1)),
            "cluster": classes,
            "neighbours": graph.cardinalities.to_numpy(),
        },
        index=graph.ids.rename("zone_id"),
    )
    return LocalMoran(
        indicator=name,
        frame=frame,
        alpha=alpha,
        fdr=fdr,
        permutations=draws,
        seed=seed,
        weights=graph.name,
    )
