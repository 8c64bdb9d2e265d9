"""Tables of rates: by zone, and how each was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsukuba_gis.messages import Language, text
from tsukuba_gis.reading import weights_name
from tsukuba_gis.report.columns import (
    Column,
    Table,
    indicator_of,
    keys,
    label_of,
    named,
    numbers,
    plain,
    symbols,
    words,
)

if TYPE_CHECKING:
    from tsukuba_gis.result import Indicator, Level, Rate, Result


_BOUNDS = ("low", "high", "funnel_low", "funnel_high")


def rate_tables(result: Result, names: list[str], lang: Language) -> list[Table]:
    """Return a table a level that has rates, and one of how all of them were made."""
    made = [
        _rates(level, number, names[number], result, lang)
        for number, level in enumerate(result.levels)
        if level.rates
    ]
    return [*made, _rate_totals(result, names, lang)]


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
