"""What a statistic of spatial association means, in words: a sentence, its cautions, its method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tsukuba_gis.messages import table, text
from tsukuba_gis.result import (
    LOCAL_CLASSES,
    Association,
    LocalAssociation,
    LocalMoran,
    Moran,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeAlias

    from tsukuba_gis.messages import Language
    from tsukuba_gis.result import GlobalStatistic, LocalStatistic

    Global: TypeAlias = Moran | Association
    Local: TypeAlias = LocalMoran | LocalAssociation

# Below so many zones few tests can reach significance, and a map of classes says little.
FEW_ZONES: Final = 30
# Share of the differences between rates that chance makes, from which on they need smoothing.
UNSTEADY: Final = 0.5
# Level at which the words call a global result a pattern.
LEVEL: Final = 0.05


def sentence(result: Global | Local, *, label: str, lang: Language) -> str:
    """Return what a result means and does not mean.

    Parameters
    ----------
    result
        Of a function of :mod:`tsukuba_gis.autocorrelation`.
    label
        The indicator's name as it is shown in ``lang``, or several: see :func:`label_of`.
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
    if isinstance(result, LocalMoran | LocalAssociation):
        return _local(result, label, lang)
    if result.p != result.p:
        return text("reading_undefined", lang, label=label)
    if isinstance(result, Moran):
        value, up = result.i, result.i > result.expected
    else:
        # Two indicators have no expectation in closed form: their direction is the sign.
        value = result.value
        up = result.z > 0 if result.z == result.z else value > 0
    found = "none" if result.p > LEVEL else "up" if up else "down"
    shown = {"label": label, "value": f"{value:.2f}", "p": shown_p(result.p)}
    if isinstance(result, Association):
        shown |= _of_parts(result)
    return text(f"reading_{statistic_of(result)}_{found}", lang, **shown)


def _of_parts(result: Association) -> dict[str, str]:
    """Return what the sentence tells beside value and p: what chance gives, or how far it goes."""
    if result.statistic == "join_counts":
        return {"value": f"{result.value:.0f}", "expected": f"{result.expected:.1f}"}
    if result.statistic != "correlogram" or result.frame is None:
        return {}
    alike = (result.frame["p_holm"] <= LEVEL) & (result.frame["i"] > result.frame["expected"])
    return {"reach": f"{int(alike.cumprod().sum())}", "orders": f"{len(alike)}"}


def _local(result: Local, label: str, lang: Language) -> str:
    """Return the numbers of zones by class, and what the classes are not."""
    tested = int(result.frame["p"].notna().sum())
    if tested == 0:
        return text("reading_undefined", lang, label=label)
    name: LocalStatistic = "local_moran" if isinstance(result, LocalMoran) else result.statistic
    counts = result.frame["cluster"].value_counts()
    found = {kind: int(counts.get(kind, 0)) for kind in LOCAL_CLASSES[name]}
    level = text(
        "reading_level_fdr" if result.fdr else "reading_level_plain", lang, alpha=result.alpha
    )
    key = f"reading_{name}" if sum(found.values()) else "reading_local_none"
    band = result.band if isinstance(result, LocalAssociation) else None
    limits = {} if band is None else {"low": f"{band[0]:.0%}", "high": f"{band[1]:.0%}"}
    return text(key, lang, label=label, tested=tested, level=level, **found, **limits)


def statistic_of(result: Global | Local) -> GlobalStatistic | LocalStatistic:
    """Return the name of a result's statistic, by which classes and words go.

    Examples
    --------
    >>> result = Moran(
    ...     indicator="share_65plus", i=0.41, expected=-0.02, z=5.2, p=0.0002, n=49, n_missing=0,
    ...     n_islands=0, permutations=9999, seed=0, weights="queen",
    ... )
    >>> statistic_of(result)
    'moran'
    """
    if isinstance(result, Moran):
        return "moran"
    return "local_moran" if isinstance(result, LocalMoran) else result.statistic


def statistic_name(result: Global | Local, *, lang: Language) -> str:
    """Return what a result's statistic is called.

    Examples
    --------
    >>> result = Moran(
    ...     indicator="share_65plus", i=0.41, expected=-0.02, z=5.2, p=0.0002, n=49, n_missing=0,
    ...     n_islands=0, permutations=9999, seed=0, weights="queen",
    ... )
    >>> statistic_name(result, lang="ja")
    'モランのI'
    """
    return text(f"statistic_{statistic_of(result)}", lang)


def label_of(result: Global | Local, labels: Mapping[str, str], *, lang: Language) -> str:
    """Return what a result is about: the names of its indicators, joined.

    Parameters
    ----------
    labels
        Name of an indicator as it is shown, by its identifier; one that is not there stands
        as it is.

    Examples
    --------
    >>> result = Association(
    ...     statistic="lee", indicator=("share_65plus", "density"), value=0.2, expected=0.0,
    ...     variance=0.1, z=1.0, p=0.2, n=49, n_missing=0, n_islands=0, permutations=9999, seed=0,
    ...     weights="queen",
    ... )
    >>> label_of(result, {"share_65plus": "高齢化率", "density": "人口密度"}, lang="ja")
    '高齢化率と人口密度'
    """
    names: tuple[str, ...]
    if isinstance(result, Moran | LocalMoran):
        names = (result.indicator,)
    else:
        # Of a rate the second column is who is counted, and goes without saying.
        rate = result.statistic in ("eb_moran", "local_eb_moran")
        names = result.indicator[:1] if rate else result.indicator
    return joined([labels.get(name, name) for name in names], lang=lang)


def joined(names: Sequence[str], *, lang: Language) -> str:
    """Return names side by side, as in a sentence.

    Examples
    --------
    >>> joined(["age", "density", "care"], lang="en")
    'age and density and care'
    """
    return text("reading_and", lang).join(names)


def cautions(result: Global | Local, *, lang: Language) -> tuple[str, ...]:
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
    if isinstance(result, LocalMoran | LocalAssociation):
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
    if isinstance(result, Moran | LocalMoran):
        lines += rate_caution(result.chance, lang=lang)
    if isinstance(result, LocalMoran | LocalAssociation) and not result.fdr and n:
        lines.append(text("reading_no_fdr", lang, n=round(result.alpha * n), alpha=result.alpha))
    if result.alternative == "directed":
        lines.append(text("reading_directed", lang))
    return tuple(lines)


def rate_caution(chance: float, *, lang: Language) -> tuple[str, ...]:
    """Return a warning where chance makes half or more of the differences between rates.

    Parameters
    ----------
    chance
        Of :func:`tsukuba_gis.autocorrelation.chance_share`.

    Examples
    --------
    >>> rate_caution(0.2, lang="en")
    ()
    """
    if not chance >= UNSTEADY:
        return ()
    return (text("reading_unsteady", lang, share=f"{chance:.0%}"),)


def method(result: Global | Local, *, lang: Language) -> str:
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
    values = {
        "name": statistic_name(result, lang=lang),
        "weights": weights_name(result.weights, lang=lang),
        "permutations": result.permutations,
        "seed": str(result.seed),
    }
    sides = "chi2" if statistic_of(result) == "losh" else result.alternative.replace("-", "_")
    if isinstance(result, Moran | Association):
        how = text(f"reading_{sides}_p", lang)
        return text("reading_method_global", lang, n=result.n, sides=how, **values)
    correction = "reading_level_fdr" if result.fdr else "reading_uncorrected"
    return text(
        "reading_method_local" if result.permutations else "reading_method_exact",
        lang,
        n=int(result.frame["p"].notna().sum()),
        sides=text(f"reading_{sides}_p", lang),
        correction=text(correction, lang, alpha=result.alpha),
        **values,
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
