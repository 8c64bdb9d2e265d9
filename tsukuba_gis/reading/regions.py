"""What regions mean, in words: one sentence, its cautions, and how they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsukuba_gis.messages import text
from tsukuba_gis.reading.association import FEW_ZONES, joined, weights_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tsukuba_gis.messages import Language
    from tsukuba_gis.result import Regions


def regions_sentence(regions: Regions, labels: Mapping[str, str], *, lang: Language) -> str:
    """Return what regions mean and do not mean.

    Parameters
    ----------
    labels
        Name of a variable as it is shown, by its identifier; one that is not there stands as
        it is.
    """
    names = joined([labels.get(name, name) for name in regions.variables], lang=lang)
    share = f"{100 * regions.within_share:.1f}"
    return text("reading_regions", lang, label=names, n=regions.n, k=regions.k, share=share)


def regions_cautions(regions: Regions, *, lang: Language) -> tuple[str, ...]:
    """Return what to bear in mind: few zones, parts that do not touch, what was left out."""
    said: tuple[tuple[str, object, dict[str, object]], ...] = (
        ("reading_regions_apart", not regions.contiguous, {}),
        ("reading_regions_few", regions.n < FEW_ZONES, {"n": regions.n, "few": FEW_ZONES}),
        ("reading_regions_missing", regions.n_missing > 0, {"n": regions.n_missing}),
        ("reading_regions_constant", regions.constant, {"names": ", ".join(regions.constant)}),
        ("reading_regions_components", regions.components > 1, {"n": regions.components}),
    )
    return tuple(text(key, lang, **values) for key, so, values in said if so)


def regions_method(regions: Regions, *, lang: Language) -> str:
    """Return how regions were made: method, scale, floor, weights, seed."""
    amount = "" if regions.floor is None else f"{regions.floor:,.0f}"
    return text(
        "reading_regions_method",
        lang,
        method=text(f"regions_method_{regions.method}", lang),
        scale=text("regions_standardised" if regions.standardised else "regions_unscaled", lang),
        floor=text("reading_regions_floor", lang, floor=amount) if amount else "",
        weights=weights_name(regions.weights, lang=lang),
        seed=str(regions.seed),
    )
