"""What a result of this room means, and does not mean, in one or two sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsukuba_gis.messages import text
from tsukuba_gis.regions.evidence import Elbow, Stability
from tsukuba_gis.result import Regions

if TYPE_CHECKING:
    from tsukuba_gis.messages import Language


def say(result: Regions | Stability | Elbow, lang: Language = "ja") -> str:
    """Return what a result means and does not mean.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> from tsukuba_gis.regions import regionalise
    >>> row = Graph.from_arrays(list("abccb"), list("bcbab"), [1, 1, 1, 0, 0])
    >>> data = pd.DataFrame({"x": [1.0, 2.0, 9.0]}, index=list("abc"))
    >>> print(say(regionalise(data, row, k=2), "en"))
    3 zones were put together into 2 regions of neighbours ... (x; standardised); ...
    """
    if isinstance(result, Stability):
        return text(
            "regions_say_stability", lang, runs=result.runs, k=result.k, n=result.n,
            rand=f"{result.rand.mean():.2f}", low=f"{result.rand.min():.2f}",
            seed=str(result.seed), last=str(result.seed + result.runs - 1),
        )  # fmt: skip
    if isinstance(result, Elbow):
        return text(
            "regions_say_elbow", lang, n=result.n, low=int(result.frame.index[0]),
            high=int(result.frame.index[-1]), k=result.best_silhouette,
            silhouette=f"{result.frame['silhouette'].max():.2f}",
            permutations=result.permutations, seed=str(result.seed),
        )  # fmt: skip
    scale = text("regions_standardised" if result.standardised else "regions_unscaled", lang)
    sentences = [
        text(
            "regions_say",
            lang,
            n=result.n,
            k=result.k,
            method=text(f"regions_method_{result.method}", lang),
            scale=scale,
            variables=", ".join(result.variables),
            share=f"{100 * result.within_share:.1f}",
            weights=result.weights,
            seed=str(result.seed),
        )
    ]
    if not result.contiguous:
        sentences.append(text("regions_say_apart", lang))
    if result.n_missing:
        sentences.append(text("regions_say_missing", lang, n=result.n_missing))
    if result.constant:
        sentences.append(text("regions_say_constant", lang, names=", ".join(result.constant)))
    if result.components > 1:
        sentences.append(text("regions_say_components", lang, n=result.components))
    return (" " if lang == "en" else "").join(sentences)
