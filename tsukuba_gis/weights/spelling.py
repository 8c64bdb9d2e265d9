"""Weights by a word, as command line and study file spell them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tsukuba_gis.errors import InputError
from tsukuba_gis.weights.contiguity import queen, rook
from tsukuba_gis.weights.distance import distance_band, knn
from tsukuba_gis.weights.files import read_weights

if TYPE_CHECKING:
    from tsukuba_gis.neighbours import Neighbours
    from tsukuba_gis.zones import Zones

_SPELT: Final = re.compile(r"(queen|rook|knn:([1-9]\d{0,3})|band:(\d+(?:\.\d+)?))")


def weights_of(zones: Zones, *, spelt: str = "queen") -> Neighbours:
    """Return the weights that a word names.

    Parameters
    ----------
    zones
        The zones.
    spelt
        ``"queen"``, ``"rook"``, ``"knn:6"`` (the six nearest), ``"band:2000"``
        (centroids within 2,000 m), or the path of a GAL or GWT file of these zones.

    Raises
    ------
    InputError
        If the word names none, there are too few zones for it, or the file is of other zones.

    Examples
    --------
    >>> from tsukuba_gis.boundaries import load_boundaries
    >>> graph = weights_of(load_boundaries("school_district"), spelt="knn:3")
    >>> int(graph.cardinalities.max())
    3
    """
    if spelt.lower().endswith((".gal", ".gwt")):
        return read_weights(spelt, ids=zones.ids)
    match = _SPELT.fullmatch(spelt.strip())
    if match is None:
        raise InputError("weights_unknown", spelt=spelt)
    if match[2]:
        return knn(zones, k=int(match[2]))
    if match[3]:
        return distance_band(zones, distance=float(match[3]))
    return queen(zones) if match[1] == "queen" else rook(zones)
