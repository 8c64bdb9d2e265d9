"""Tables of shares by age: the city by sex, what each age is made of, and the zones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.messages import Language, table, text
from tsukuba_gis.report.columns import (
    Table,
    indicator_of,
    keys,
    label_of,
    nameless_share,
    numbers,
    plain,
    repeated,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tsukuba_gis.report.columns import Column
    from tsukuba_gis.result import AgeCurve, Indicator, Level, Result


def age_tables(result: Result, lang: Language) -> list[Table]:
    """Return one table a share, of the first level that has it; the city is the same in all."""
    level = next((level for level in result.levels if level.age_curves), None)
    return [] if level is None else [_curve(one, result, lang) for one in level.age_curves]


def _curve(one: AgeCurve, result: Result, lang: Language) -> Table:
    """One row a sex and age."""
    frame = one.frame
    sexes = [str(sex) for sex in frame.index.get_level_values("sex")]
    starts = [int(age) for age in frame.index.get_level_values("age_start")]
    label, unit = label_of(result, one.indicator, lang), indicator_of(result, one.indicator)
    shares = [
        numbers(
            key, frame[key], lang, indicator=unit, digits=unit.digits,
            label=plain(label if key == "value" else f"{label} {text(f'table_rate_{key}', lang)}",
                        lang),
            meaning=plain(text(f"meaning_rate_{key}", lang, alpha=one.alpha), lang),
        )
        for key in ("value", "low", "high")
    ]  # fmt: skip
    counts = [
        numbers(
            key, frame[key], lang, label=plain(text(f"table_rate_{key}", lang), lang),
            unit="persons", meaning=plain(text(f"meaning_rate_{key}", lang), lang),
        )
        for key in ("observed", "population")
    ]  # fmt: skip
    return Table(
        kind="age_curve",
        name=plain(text("table_age_curve", lang, label=label), lang),
        columns=(
            words("sex", [_sex(sex, lang) for sex in sexes], lang),
            words("age", [_age(start, max(starts), lang) for start in starts], lang),
            *shares,
            *counts,
            *_parts(one, unit, sexes, starts, lang),
        ),
    )


def _parts(
    one: AgeCurve, unit: Indicator, sexes: list[str], starts: list[int], lang: Language
) -> list[Column]:
    """Return what each age is made of, of both sexes: the rows of one sex stay empty."""
    if one.parts is None:
        return []
    held = one.parts.reindex(starts).astype(float)
    held.loc[[sex != "all" for sex in sexes]] = np.nan
    return [
        numbers(
            f"part_{name}", held[name], lang, indicator=unit, digits=unit.digits,
            label=plain(_part(str(name), lang), lang),
            meaning=plain(text("meaning_age_part", lang), lang),
        )
        for name in held
    ]  # fmt: skip


def age_band(starts: Sequence[int], start: int, lang: Language) -> str:
    """Return the label of the group that begins at an age; the last one is open."""
    after = [one for one in starts if one > start]
    if not after:
        return text("page_age_open", lang, age=start)
    return plain(text("page_age_band", lang, low=start, high=min(after) - 1), lang)


def age_zones(level: Level, name: str, result: Result, lang: Language) -> Table:
    """One row a zone and indicator; one column an age group."""
    starts = sorted({int(start) for one in level.age_curves for start in one.by_zone.columns})
    frames: list[Any] = [one.by_zone.reindex(level.zones.ids) for one in level.age_curves]
    labels = [
        label_of(result, one.indicator, lang)
        for one in level.age_curves
        for _ in range(len(level.zones))
    ]
    return Table(
        kind="age_zones",
        name=text("table_age_zones", lang, level=name),
        columns=(
            words("indicator", labels, lang),
            *repeated(keys(level, lang), times=len(frames)),
            *(
                numbers(
                    f"share_{start}",
                    np.concatenate(
                        [
                            frame[start].to_numpy(dtype=float)
                            if start in frame
                            else np.full(len(frame), np.nan)
                            for frame in frames
                        ]
                    ),
                    lang, label=age_band(starts, start, lang), indicator=nameless_share(), digits=1,
                    meaning=text("meaning_age_share", lang),
                )
                for start in starts
            ),
        ),
    )  # fmt: skip


def _sex(sex: str, lang: Language) -> str:
    return text("figures_age_curve_all" if sex == "all" else f"page_sex_{sex}", lang)


def _age(start: int, last: int, lang: Language) -> str:
    if start == last:
        return text("page_age_open", lang, age=start)
    return text("page_age_band", lang, low=start, high=start + 4)


def _part(name: str, lang: Language) -> str:
    """Return a care level in words; another part as it is."""
    key = f"care_level_{name}"
    return text(key, lang) if key in table() else name
