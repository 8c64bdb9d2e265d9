"""Weights that a user brings: a GAL or GWT file, or a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.neighbours import require_unique
from tsukuba_gis.weights.graphs import weighted_graph

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.neighbours import Neighbours


def read_weights(path: Path | str, *, ids: pd.Index[str]) -> Neighbours:
    """Read neighbours from a GAL file, or neighbours and weights from a GWT file.

    A GWT file holds distances as often as weights; they are taken as they
    stand. To write files use ``to_gal`` and ``to_gwt`` of ``graph.to_graph()``.

    Parameters
    ----------
    path
        ``*.gal`` or ``*.gwt``, as written by GeoDa, spdep or libpysal.
    ids
        The zone ids, in the order wanted; those of the file must be the same.

    Raises
    ------
    InputError
        If the file is missing or of another kind, or its ids are not the zones'.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("file_missing", path=path.name)
    suffix = path.suffix.lower()
    if suffix not in (".gal", ".gwt"):
        raise InputError("weights_suffix", path=path.name)
    # The first line holds the number of zones, perhaps with a layer and a column name around it.
    words = path.read_text(encoding="utf-8").split("\n", 1)[1].split()
    return from_table(_gal(words) if suffix == ".gal" else _gwt(words), ids=ids, name=path.name)


def _gal(words: list[str]) -> pd.DataFrame:
    import pandas as pd

    focal: list[str] = []
    neighbour: list[str] = []
    at = 0
    while at < len(words):
        size = int(words[at + 1])
        focal += [words[at]] * size
        neighbour += words[at + 2 : at + 2 + size]
        at += 2 + size
    return pd.DataFrame({"focal": focal, "neighbour": neighbour, "weight": 1.0})


def _gwt(words: list[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "focal": words[0::3],
            "neighbour": words[1::3],
            "weight": np.array(words[2::3], dtype=float),
        }
    )


def from_table(table: pd.DataFrame, *, ids: pd.Index[str], name: str = "custom") -> Neighbours:
    """Make weights of a table of links.

    Parameters
    ----------
    table
        Columns ``focal``, ``neighbour`` (zone ids) and, optionally,
        ``weight`` (1 where absent). Links are taken one way: a mutual link
        has two rows.
    ids
        All zone ids, in the order wanted.
    name
        Of the weights, for the results.

    Raises
    ------
    InputError
        If a column is missing, a link or an id repeats, a weight is missing or negative, or
        an id is not among ``ids``.

    Examples
    --------
    >>> import pandas as pd
    >>> links = pd.DataFrame({"focal": ["a", "b"], "neighbour": ["b", "a"], "weight": [0.5, 2]})
    >>> graph = from_table(links, ids=pd.Index(["a", "b", "c"]), name="commuting")
    >>> graph["b"].to_dict(), list(graph.isolates)
    ({'a': 2.0}, ['c'])
    """
    import pandas as pd

    require_unique(ids)
    if not {"focal", "neighbour"} <= set(table.columns):
        raise InputError("weights_columns", name=name)
    rows, columns = (ids.get_indexer(pd.Index(table[side])) for side in ("focal", "neighbour"))
    unknown = int((rows < 0).sum() + (columns < 0).sum())
    if unknown:
        raise InputError("weights_ids", name=name, n=unknown)
    if table.duplicated(["focal", "neighbour"]).any():
        raise InputError("weights_repeat", name=name)
    weight = table["weight"].to_numpy(dtype=float) if "weight" in table else np.ones(len(table))
    if not (np.isfinite(weight) & (weight >= 0)).all():
        raise InputError("weights_negative", name=name)
    some = (weight > 0) & (rows != columns)
    return weighted_graph(ids, rows[some], columns[some], weight[some], name=name)
