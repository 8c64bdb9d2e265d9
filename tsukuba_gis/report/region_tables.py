"""Tables of regions: where they are, what they are like, how they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.messages import Language, text
from tsukuba_gis.reading import weights_name
from tsukuba_gis.report.columns import (
    Table,
    both,
    indicator_of,
    keys,
    label_of,
    numbers,
    plain,
    words,
)

if TYPE_CHECKING:
    from tsukuba_gis.result import Level, Result


def region_tables(
    level: Level, number: int, name: str, result: Result, lang: Language
) -> tuple[Table, ...]:
    """Return where the regions are, what they are like, and how they were made."""
    regions = level.regions
    assert regions is not None  # noqa: S101 - asked by the caller
    labels = regions.labels.reindex(level.zones.ids)
    where = Table(
        kind="regions",
        name=text("table_regions", lang, level=name),
        level=number,
        columns=(
            *keys(level, lang),
            numbers("region", labels.to_numpy(dtype=float, na_value=np.nan), lang),
        ),
    )
    means = [
        numbers(
            f"mean_{key}", regions.means[key], lang,
            label=plain(text("table_mean_of", lang, label=label_of(result, key, lang)), lang),
            indicator=indicator_of(result, key), digits=indicator_of(result, key).digits,
            meaning=text("meaning_region_mean", lang),
        )
        for key in regions.means.columns
    ]  # fmt: skip
    sums = (
        [] if regions.sums is None else [numbers("region_sum", regions.sums, lang, unit="persons")]
    )
    profile = Table(
        kind="region_profile",
        name=text("table_region_profile", lang, level=name),
        columns=(
            numbers("region", list(regions.sizes.index), lang),
            numbers("zone_count", regions.sizes, lang),
            *sums,
            *means,
        ),
    )
    return where, profile, _region_method(level, name, result, lang)


def _region_method(level: Level, name: str, result: Result, lang: Language) -> Table:
    """One row: how the regions were made."""
    one = level.regions
    assert one is not None  # noqa: S101 - asked by the caller
    return Table(
        kind="region_method",
        name=text("table_region_method", lang, level=name),
        columns=(
            words("kind", [text(f"table_region_{one.method}", lang)], lang),
            words("variables", [both(result, one.variables, lang)], lang),
            words("constant", [both(result, one.constant, lang)], lang),
            numbers("k", [one.k], lang),
            numbers("floor", [float("nan") if one.floor is None else one.floor], lang,
                    unit="persons"),
            *(
                numbers(key, [getattr(one, key)], lang)
                for key in ("n", "n_missing", "components", "within_share", "tries", "seed")
            ),
            words("contiguous", [text(f"table_is_{one.contiguous}".lower(), lang)], lang),
            words("standardised", [text(f"table_is_{one.standardised}".lower(), lang)], lang),
            words("weights", [weights_name(one.weights, lang=lang)], lang),
        ),
    )  # fmt: skip
