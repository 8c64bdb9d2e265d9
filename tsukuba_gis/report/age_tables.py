"""Tables of shares by age: the city by sex with intervals, and what each age is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.messages import Language, table, text
from tsukuba_gis.report.columns import Table, indicator_of, label_of, numbers, plain, words

if TYPE_CHECKING:
    from tsukuba_gis.report.columns import Column
    from tsukuba_gis.result import AgeCurve, Indicator, Result


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
