"""What evidence on regions means, and does not mean; regions themselves have their readings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsukuba_gis.messages import text
from tsukuba_gis.regions.evidence import Elbow, Stability

if TYPE_CHECKING:
    from tsukuba_gis.messages import Language


def say(result: Stability | Elbow, lang: Language = "ja") -> str:
    """Return what stability or elbow means and does not mean.

    For regions themselves see :func:`tsukuba_gis.reading.sentence`.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> from tsukuba_gis.regions import stability
    >>> row = Graph.from_arrays(list("abccb"), list("bcbab"), [1, 1, 1, 0, 0])
    >>> data = pd.DataFrame({"x": [1.0, 2.0, 9.0]}, index=list("abc"))
    >>> print(say(stability(data, row, k=2, runs=2), "en"))
    Made 2 times under the seeds 0 to 1, the regions of 3 zones agree by 1.00 on average, ...
    """
    if isinstance(result, Stability):
        return text(
            "regions_say_stability", lang, runs=result.runs, k=result.k, n=result.n,
            rand=f"{result.rand.mean():.2f}", low=f"{result.rand.min():.2f}",
            seed=str(result.seed), last=str(result.seed + result.runs - 1),
        )  # fmt: skip
    return text(
        "regions_say_elbow", lang, n=result.n, low=int(result.frame.index[0]),
        high=int(result.frame.index[-1]), k=result.best_silhouette,
        silhouette=f"{result.frame['silhouette'].max():.2f}",
        permutations=result.permutations, seed=str(result.seed),
    )  # fmt: skip
