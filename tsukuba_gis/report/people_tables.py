"""Tables of people: rates, regions, persons at dates to come, flows, industries."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tsukuba_gis.messages import Language, text
from tsukuba_gis.reading import weights_name
from tsukuba_gis.report.columns import (
    Column,
    Table,
    given,
    indicator_of,
    keys,
    label_of,
    numbers,
    plain,
    repeated,
    symbols,
    words,
)
from tsukuba_gis.report.statistic_tables import both, named
from tsukuba_gis.result import Indicator

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from tsukuba_gis.result import Economy, Flows, Level, Projection, Rate, Result

_BOUNDS = ("low", "high", "funnel_low", "funnel_high")


def people_tables(result: Result, names: list[str], lang: Language) -> list[Table]:
    """Return the tables of people; those without rows too."""
    levels = list(zip(result.levels, range(len(names)), names, strict=True))
    made = [_rates(*one, result, lang) for one in levels if one[0].rates]
    made.append(_rate_totals(result, names, lang))
    for level, number, name in levels:
        made += [_age_zones(level, name, result, lang)] if level.age_curves else []
        made += _regions(level, number, name, result, lang) if level.regions else ()
    for level, number, name in levels:
        if level.projection is not None:
            made += projection_tables(level, level.projection, number, name, lang)
    for number, flows in enumerate(result.flows, start=1):
        made += _flows(flows, number if len(result.flows) > 1 else 0, lang)
    return [*made, *([] if result.economy is None else [_economy(result.economy, lang)])]


# ---- rates --------------------------------------------------------------------


def rate_indicator(result: Result, rate: Rate) -> Indicator:
    """Return the unit of a rate: the indicator's; a ratio to what was expected if indirect."""
    from dataclasses import replace

    one = indicator_of(result, rate.indicator)
    if rate.method == "indirect":
        return replace(one, unit="ratio", digits=2)
    return one


def rate_name(result: Result, rate: Rate, lang: Language) -> str:
    """Return what a rate is called: the indicator and how it was made.

    Examples
    --------
    >>> rate_name(result, rate, "ja")  # doctest: +SKIP
    '重度介護の割合(直接標準化、標準: 平成27年モデル人口)'
    """
    kind = named(f"table_rate_{rate.method}", lang, rate.method)
    if rate.standard:
        standard = named(f"standard_{rate.standard}", lang, rate.standard)
        kind = text("table_rate_standard", lang, kind=kind, standard=standard)
    return text("table_rate_name", lang, label=label_of(result, rate.indicator, lang), kind=kind)


def _rates(level: Level, number: int, name: str, result: Result, lang: Language) -> Table:
    """One row a zone: every rate with its interval, its limits of chance, and its counts."""
    columns: list[Column] = []
    for place, rate in enumerate(level.rates, start=1):
        frame = rate.frame.reindex(level.zones.ids)
        one, said = rate_indicator(result, rate), plain(rate_name(result, rate, lang), lang)
        for key in ("value", *_BOUNDS, "observed", "expected", "population"):
            if key not in frame or (key != "value" and frame[key].isna().all()):
                continue
            count = key in ("observed", "expected", "population")
            held = "rate_" + key
            label = said if key == "value" else f"{said} {text(f'table_{held}', lang)}"
            columns.append(
                numbers(
                    f"r{place}_{key}", frame[key], lang, label=plain(label, lang),
                    indicator=None if count else one, unit="persons" if count else "",
                    digits=1 if key == "expected" else 0 if count else one.digits,
                    meaning=plain(text(f"meaning_{held}", lang, alpha=rate.alpha), lang),
                )
            )  # fmt: skip
        masked = frame["value"].isna()
        if masked.any():
            masks = (
                level.masks[rate.indicator]
                .where(masked, "")
                .replace("", "missing")
                .where(masked, "")
                if rate.indicator in level.masks
                else masked.map({True: "missing", False: ""})
            )
            label = text("table_symbol_of", lang, label=said)
            columns.append(
                Column(name=f"symbol_r{place}", label=label, cells=symbols(masks),
                       meaning=text("meaning_symbol", lang))
            )  # fmt: skip
    return Table(
        kind="rates",
        name=text("table_rates", lang, level=name),
        level=number,
        columns=(*keys(level, lang), *columns),
    )


def _rate_totals(result: Result, names: list[str], lang: Language) -> Table:
    """One row a level and rate: how it was made, and the whole city."""
    found = [
        (name, one) for name, level in zip(names, result.levels, strict=True) for one in level.rates
    ]
    units = [
        Column(name="", label="", cells=(), indicator=rate_indicator(result, one)).unit_name(
            lang, percent=False
        )
        for _, one in found
    ]
    return Table(
        kind="rate_totals",
        name=text("table_rate_totals", lang),
        columns=(
            words("level", [name for name, _ in found], lang),
            words("indicator", [rate_name(result, one, lang) for _, one in found], lang),
            words("unit", units, lang),
            numbers("city", [one.total for _, one in found], lang, digits=4),
            *(
                numbers(key, [getattr(one, key) for _, one in found], lang)
                for key in ("alpha", "n", "n_missing")
            ),
            words(
                "weights",
                [weights_name(one.weights, lang=lang) if one.weights else "" for _, one in found],
                lang,
            ),
            words("centring", [one.centring for _, one in found], lang),
            words("chance", [text(f"table_chance_{one.chance}", lang) for _, one in found], lang),
            words(
                "interval",
                [named(f"table_interval_{one.interval}", lang, one.interval) for _, one in found],
                lang,
            ),
        ),
    )


# ---- shares by age ------------------------------------------------------------


def age_band(starts: Sequence[int], start: int, lang: Language) -> str:
    """Return the label of the group that begins at an age; the last one is open."""
    after = [one for one in starts if one > start]
    if not after:
        return text("page_age_open", lang, age=start)
    return plain(text("page_age_band", lang, low=start, high=min(after) - 1), lang)


def _age_zones(level: Level, name: str, result: Result, lang: Language) -> Table:
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
                    lang, label=age_band(starts, start, lang), indicator=_share(), digits=1,
                    meaning=text("meaning_age_share", lang),
                )
                for start in starts
            ),
        ),
    )  # fmt: skip


# ---- regions ------------------------------------------------------------------


def _regions(
    level: Level, number: int, name: str, result: Result, lang: Language
) -> tuple[Table, ...]:
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


# ---- persons at dates to come -------------------------------------------------


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


def change_indicator(lang_of: dict[Language, str]) -> Indicator:
    """Return what a change of persons is: a share of those at the base, may be below zero."""
    return Indicator(name="change", unit="share", label=lang_of, definition=lang_of, digits=1)


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


# ---- flows and industries -----------------------------------------------------


def _flows(flows: Flows, number: int, lang: Language) -> tuple[Table, Table]:
    """Return two tables: a row a pair of places, and a row a place."""
    kind = text(f"table_flows_{flows.kind}", lang) + (str(number) if number else "")
    pairs: Any = flows.pairs
    by = [given(key, pairs[key], lang) for key in ("origin", "destination")]
    if "sex" in pairs:
        said = [named(f"page_sex_{sex}", lang, str(sex)) for sex in pairs["sex"]]
        by.append(words("sex", said, lang))
    if "age_start" in pairs:
        by.append(numbers("age_start", pairs["age_start"], lang, unit="years_old"))
    return (
        Table(
            kind="pairs",
            name=text("table_pairs", lang, kind=kind),
            columns=(*by, numbers("persons", pairs["persons"], lang)),
        ),
        _places(flows, kind, lang),
    )


def _places(flows: Flows, kind: str, lang: Language) -> Table:
    """One row a place: persons in and out, and what is left of them."""
    places = flows.places
    counts = [
        numbers(key, places[key], lang, unit="persons")
        for key in ("inflow", "outflow", "net", "gross", "population")
        if key in places
    ]
    shares = [
        numbers(key, places[key], lang, indicator=_share(), digits=2)
        for key in ("effectiveness", "net_rate")
        if key in places
    ]
    return Table(
        kind="places",
        name=text("table_places", lang, kind=kind),
        columns=(given("place", places.index, lang), *counts, *shares),
    )


def _share() -> Indicator:
    """Return a nameless share, for columns that need no more than its unit."""
    return change_indicator({"ja": "", "en": ""})


def _economy(economy: Economy, lang: Language) -> Table:
    """One row an industry; the last is their sum."""
    import pandas as pd

    whole = text("table_all_industries", lang)
    frame = pd.concat([economy.frame, economy.total.to_frame(whole).T])
    shares = ("growth", "national", "composition", "differential")
    return Table(
        kind="economy",
        name=text("table_economy", lang),
        columns=(
            given("industry", frame.index, lang),
            *(numbers(key, frame[key].astype(float), lang) for key in ("start", "end")),
            numbers("location_quotient", frame["location_quotient"].astype(float), lang),
            *(
                numbers(key, frame[key].astype(float), lang, unit="workers")
                for key in shares
                if key in frame
            ),
        ),
    )
