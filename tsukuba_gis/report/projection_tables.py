"""Tables of persons at dates to come."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.messages import Language, text
from tsukuba_gis.report.columns import (
    Column,
    Table,
    change_indicator,
    keys,
    named,
    numbers,
    plain,
    repeated,
    symbols,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from tsukuba_gis.result import Level, Projection


def projection_tables(
    level: Level, projection: Projection, number: int, name: str, lang: Language
) -> tuple[Table, ...]:
    """Return the tables of a projection: by zone, by age, of the whole city, of its errors."""
    return tuple(
        one
        for one in (
            _projection(level, projection, number, name, lang),
            _projection_city(projection, name, lang),
            _projection_ages(level, projection, name, lang),
            _ratios(level, projection, name, lang),
            _backtest(projection, name, lang),
        )
        if one is not None
    )


def age_labels(population: pd.DataFrame, lang: Language) -> dict[int, str]:
    """Return the label of each age group by where it begins."""
    starts = sorted(map(int, set(population.columns.get_level_values("age_start"))))
    labels = {
        low: plain(text("page_age_band", lang, low=low, high=high - 1), lang)
        for low, high in pairwise(starts)
    }
    return labels | {starts[-1]: text("page_age_open", lang, age=starts[-1])}


def sums_by_year(projection: Projection, *, least_age: int = 0) -> pd.DataFrame:
    """Return persons by zone (rows) and year (columns), from an age on; NaN where masked."""
    import pandas as pd

    population: Any = projection.population
    ages = population.columns.get_level_values("age_start")
    held = population.loc[:, ages >= least_age]
    return pd.DataFrame(
        {year: held[year].sum(axis=1, skipna=False) for year in projection.years},
        index=population.index,
    )


def _projection(
    level: Level, projection: Projection, number: int, name: str, lang: Language
) -> Table:
    """One row a zone: persons, change since the base, share 65+, by year."""
    ids = level.zones.ids
    total, old = sums_by_year(projection), sums_by_year(projection, least_age=65)
    total, old = total.reindex(ids), old.reindex(ids)
    columns: list[Column] = []

    def add(key: str, year: int, cells: Sequence[float] | pd.Series[float], share: bool) -> None:
        label = plain(text(f"table_{key}_in", lang, year=f"{year}"), lang)
        one = change_indicator({"ja": label, "en": label}) if share else None
        columns.append(
            numbers(
                f"{key}_{year}", cells, lang, label=label, indicator=one,
                unit="" if share else "persons", digits=1 if share else 0,
                meaning=plain(text(f"meaning_{key}_in", lang, year=f"{projection.base}"), lang),
            )
        )  # fmt: skip

    for year in projection.years:
        add("total", year, total[year], share=False)
    for key, bound in (("lower", projection.low), ("upper", projection.high)):
        if bound is not None:
            for held in map(int, bound.columns):
                add(key, held, bound[held].reindex(ids), share=False)
    for year in projection.years[1:]:
        base = total[projection.base].where(total[projection.base] > 0)
        add("change", year, total[year] / base - 1, share=True)
    for year in projection.years:
        add("old", year, old[year] / total[year].where(total[year] > 0), share=True)
    masks = projection.masks.reindex(ids).fillna("missing")
    if (masks != "").any():
        columns.append(
            Column(name="symbol", label=text("table_symbol", lang), cells=symbols(masks),
                   meaning=text("meaning_symbol", lang))
        )  # fmt: skip
    return Table(
        kind="projection",
        name=text("table_projection", lang, level=name),
        level=number,
        columns=(*keys(level, lang), *columns),
    )


def _projection_city(projection: Projection, name: str, lang: Language) -> Table:
    """One row a year: persons of the zones that are projected, and the city to which they add."""
    total, old = sums_by_year(projection), sums_by_year(projection, least_age=65)
    there = total[projection.base].notna()
    held = [float(total.loc[there, year].sum()) for year in projection.years]
    aged = [float(old.loc[there, year].sum()) for year in projection.years]
    share = change_indicator(
        {"ja": text("table_old_share", "ja"), "en": text("table_old_share", "en")}
    )
    columns = [
        numbers("year", projection.years, lang),
        numbers("persons", held, lang, label=text("table_projected_persons", lang),
                meaning=text("meaning_projected_persons", lang, n=int(there.sum()))),
        numbers("old_share", [a / b if b else np.nan for a, b in zip(aged, held, strict=True)],
                lang, indicator=share, digits=1),
    ]  # fmt: skip
    if projection.control is not None:
        control = projection.control.reindex(list(projection.years))
        columns.append(numbers("control", control, lang, unit="persons"))
    return Table(
        kind="projection_city",
        name=text("table_projection_city", lang, level=name),
        columns=tuple(columns),
    )


def _projection_ages(level: Level, projection: Projection, name: str, lang: Language) -> Table:
    """One row a zone, year and sex; one column an age group."""
    population = projection.population.reindex(level.zones.ids)
    sexes = list(dict.fromkeys(population.columns.get_level_values("sex")))
    years, ids = projection.years, len(level.zones)
    rows = [(year, sex) for year in years for sex in sexes]
    stacked = {
        start: np.column_stack([population[year, sex, start] for year, sex in rows]).ravel()
        for start in age_labels(population, lang)
    }
    return Table(
        kind="projection_ages",
        name=text("table_projection_ages", lang, level=name),
        columns=(
            *repeated(keys(level, lang), each=len(rows)),
            numbers("year", [year for year, _ in rows] * ids, lang),
            words("sex", [text(f"page_sex_{sex}", lang) for _, sex in rows] * ids, lang),
            *(
                numbers(f"age_{start}", stacked[start], lang, label=label, unit="persons",
                        meaning=text("meaning_ages", lang))
                for start, label in age_labels(population, lang).items()
            ),
        ),
    )  # fmt: skip


def _ratios(level: Level, projection: Projection, name: str, lang: Language) -> Table | None:
    """One row a zone and sex: the cohort-change ratios."""
    if projection.ratios is None:
        return None
    ratios = projection.ratios.reindex(level.zones.ids)
    sexes = list(dict.fromkeys(ratios.columns.get_level_values(0)))
    starts = list(dict.fromkeys(ratios.columns.get_level_values(1)))
    return Table(
        kind="ratios",
        name=text("table_ratios", lang, level=name),
        columns=(
            *repeated(keys(level, lang), each=len(sexes)),
            words("sex", [text(f"page_sex_{sex}", lang) for sex in sexes] * len(ratios), lang),
            *(
                numbers(
                    f"ratio_{start}",
                    np.column_stack(
                        [ratios.get((sex, start), np.full(len(ratios), np.nan)) for sex in sexes]
                    ).ravel(),
                    lang, label=text("table_ratio_to", lang, age=start), digits=3,
                    meaning=text("meaning_ratio", lang),
                )
                for start in starts
            ),
            *_borrowed(projection, sexes, level, lang),
        ),
    )  # fmt: skip


def _borrowed(
    projection: Projection, sexes: Sequence[str], level: Level, lang: Language
) -> list[Column]:
    """Return how many of a row's ratios are those of the city."""
    if projection.borrowed is None:
        return []
    frame: Any = projection.borrowed.reindex(level.zones.ids).astype(float)
    counts = np.column_stack([frame[sex].sum(axis=1, min_count=1) for sex in sexes]).ravel()
    return [numbers("borrowed", counts, lang, unit="ages")]


def _backtest(projection: Projection, name: str, lang: Language) -> Table | None:
    """One row a class of size: errors of projecting a date that is known."""
    frame = projection.backtest
    if frame is None:
        return None
    sizes = [named(f"table_size_{size}", lang, str(size)) for size in frame.index]
    return Table(
        kind="backtest",
        name=text("table_backtest", lang, level=name),
        columns=(
            words("size", sizes, lang),
            numbers("zone_count", frame["zones"], lang),
            *(
                numbers(key, frame[key], lang, unit="share", digits=1)
                for key in ("mape", "bias", "median_ape")
            ),
        ),
    )
