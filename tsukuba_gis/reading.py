"""What a spatial statistic means, in words: one sentence, its cautions, and how it was made.

The sentences say what a result does not mean as well, for that is where maps
of clusters are misread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tsukuba_gis.messages import table, text
from tsukuba_gis.result import LocalMoran, Moran

if TYPE_CHECKING:
    from tsukuba_gis.messages import Language

# Below so many zones few tests can reach significance, and a map of classes says little.
FEW_ZONES: Final = 30
# Level at which the words call a global result a pattern.
LEVEL: Final = 0.05


def sentence(result: Moran | LocalMoran, *, label: str, lang: Language) -> str:
    """Return what a result means and does not mean.

    Parameters
    ----------
    result
        Of :func:`tsukuba_gis.autocorrelation.moran` or ``local_moran``.
    label
        The indicator's name as it is shown in ``lang``.
    lang
        ``"ja"`` or ``"en"``.

    Examples
    --------
    >>> result = Moran(
    ...     indicator="share_65plus", i=0.41, expected=-0.02, z=5.2, p=0.0002, n=49, n_missing=0,
    ...     n_islands=0, permutations=9999, seed=0, weights="queen",
    ... )
    >>> sentence(result, label="高齢化率", lang="ja")[:40]
    '高齢化率: 隣り合う区域の値は、偶然よりも似ています(モランのI = 0.41、'
    """
    if isinstance(result, LocalMoran):
        return _local(result, label, lang)
    if result.p != result.p:
        return text("reading_undefined", lang, label=label)
    numbers = {"label": label, "i": f"{result.i:.2f}", "p": shown_p(result.p)}
    if result.p > LEVEL:
        return text("reading_moran_none", lang, **numbers)
    if result.i > result.expected:
        return text("reading_moran_alike", lang, **numbers)
    return text("reading_moran_unlike", lang, **numbers)


def _local(result: LocalMoran, label: str, lang: Language) -> str:
    if result.frame["p"].isna().all():
        return text("reading_undefined", lang, label=label)
    counts = result.frame["cluster"].value_counts()
    found = {name: int(counts.get(name, 0)) for name in ("HH", "LL", "HL", "LH")}
    tested = int(result.frame["p"].notna().sum())
    level = text(
        "reading_level_fdr" if result.fdr else "reading_level_plain", lang, alpha=result.alpha
    )
    key = "reading_lisa_some" if sum(found.values()) else "reading_lisa_none"
    return text(key, lang, label=label, tested=tested, level=level, **found)


def cautions(result: Moran | LocalMoran, *, lang: Language) -> tuple[str, ...]:
    """Return what to bear in mind: few zones, zones left out, tests that could not succeed.

    Examples
    --------
    >>> result = Moran(
    ...     indicator="share_65plus", i=0.41, expected=-0.06, z=2.2, p=0.02, n=18, n_missing=1,
    ...     n_islands=0, permutations=9999, seed=0, weights="queen",
    ... )
    >>> for line in cautions(result, lang="en"):
    ...     print(line)
    Only 18 zones: with fewer than 30, weak patterns are missed and single zones weigh heavily.
    Zones left out because they have no data: 1.
    """
    if isinstance(result, LocalMoran):
        counts = result.frame["cluster"].value_counts()
        tested = result.frame["p"].notna()
        n, missing, islands = (
            int(tested.sum()), int(counts.get("missing", 0)), int(counts.get("island", 0)),
        )  # fmt: skip
        hopeless = int((result.frame.loc[tested, "p_floor"] > result.alpha).sum())
    else:
        n, missing, islands, hopeless = result.n, result.n_missing, result.n_islands, 0
    said = (
        ("reading_few_zones", n, 0 < n < FEW_ZONES),
        ("reading_missing", missing, missing),
        ("reading_islands", islands, islands),
        ("reading_hopeless", hopeless, hopeless),
    )
    lines = [text(key, lang, n=number, few=FEW_ZONES) for key, number, so in said if so]
    if isinstance(result, LocalMoran) and not result.fdr and n:
        lines.append(text("reading_no_fdr", lang, n=round(result.alpha * n), alpha=result.alpha))
    if isinstance(result, LocalMoran) and result.alternative == "directed":
        lines.append(text("reading_directed", lang))
    return tuple(lines)


def method(result: Moran | LocalMoran, *, lang: Language) -> str:
    """Return how a result was made: zones, weights, permutations, seed, alternative, correction.

    Examples
    --------
    >>> result = Moran(
    ...     indicator="share_65plus", i=0.41, expected=-0.02, z=5.2, p=0.0002, n=49, n_missing=0,
    ...     n_islands=0, permutations=9999, seed=7, weights="queen",
    ... )
    >>> print(method(result, lang="ja"))
    モランのI。49区域。空間重み: クイーン型隣接...並べ替え9,999回、シード7。両側p値。
    """
    if isinstance(result, LocalMoran):
        correction = (
            text("reading_level_fdr", lang, alpha=result.alpha)
            if result.fdr
            else text("reading_uncorrected", lang, alpha=result.alpha)
        )
        return text(
            "reading_method_lisa",
            lang,
            n=int(result.frame["p"].notna().sum()),
            weights=weights_name(result.weights, lang=lang),
            permutations=result.permutations,
            seed=str(result.seed),
            sides=text(f"reading_{result.alternative.replace('-', '_')}_p", lang),
            correction=correction,
        )
    return text(
        "reading_method_moran",
        lang,
        n=result.n,
        weights=weights_name(result.weights, lang=lang),
        permutations=result.permutations,
        seed=str(result.seed),
    )


def weights_name(name: str, *, lang: Language) -> str:
    """Return the name of weights in words; a name without words stands as it is.

    Examples
    --------
    >>> weights_name("knn(4)", lang="en")
    'nearest neighbours (4)'
    """
    kind, bracket, rest = name.partition("(")
    key = f"weights_{kind}"
    shown = text(key, lang) if key in table() else kind
    return f"{shown} ({rest}" if bracket else shown


def shown_p(p: float) -> str:
    """Return a p-value as it is shown: enough digits to compare it with a level.

    Examples
    --------
    >>> shown_p(0.0312), shown_p(0.00002), shown_p(0.4)
    ('0.031', '0.00002', '0.40')
    """
    if p >= 0.1:
        return f"{p:.2f}"
    return f"{p:.3f}" if p >= 0.001 else f"{p:.1g}" if p >= 0.0001 else f"{p:.5f}"
