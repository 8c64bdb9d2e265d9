"""What a table is made of: columns of cells, each with a stable name, a label and a unit.

One datum a cell, numbers as numbers, header in the first row, nothing merged: after the rules of
総務省「統計表における機械判読可能なデータの表記方法の統一ルール」(2020).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from tsukuba_gis.messages import LANGUAGES, Language, table, text
from tsukuba_gis.result import Indicator, MaskReason

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.result import Level, Result

TableKind = Literal[
    "zones", "ages", "moran", "associations", "lisa", "local", "correlations", "coefficients",
    "diagnostics", "impacts", "residuals", "age_curve", "age_zones", "rates",
    "rate_totals", "readings", "regions", "region_profile", "region_method", "projection",
    "projection_ages", "projection_city", "backtest", "ratios", "pairs", "places", "economy",
    "definitions", "matching", "problems", "dictionary",
    "chart_pyramid", "chart_ranking",
]  # fmt: skip
# Tables of which a row is a zone: their numbers stand in the GeoPackage as a layer too.
ZONE_TABLES: Final[tuple[TableKind, ...]] = (
    "zones", "rates", "regions", "projection", "residuals",
)  # fmt: skip
Cell = str | float | int | None

# Signs of official tables for a number that is not shown: 皆無, 秘匿, 不詳.
SYMBOLS: Final[dict[MaskReason, str]] = {"": "", "zero": "-", "small": "x", "missing": "…"}
# More than these figures say nothing; the same number then stands in every file.
_FIGURES: Final = 7
# Signs that JIS X 0208 lacks, and what official tables write instead (rule 1-10).
_JIS: Final = str.maketrans({"–": "～", "²": "2", "≤": "≦", "≥": "≧", "−": "－", "χ": "カイ"})
# Numbers of these columns are read to so many decimals.
_DIGITS: Final = {
    **dict.fromkeys(
        ("i", "expected", "z", "lag", "p", "p_fdr", "p_floor", "p_spatial", "p_adjusted"), 4
    ),
    **dict.fromkeys(("statistic_value", "variance", "correlation", "low", "high", "estimate"), 4),
    **dict.fromkeys(("se", "residual", "residual_std", "ratio", "within_share", "alpha"), 3),
    **dict.fromkeys(("effectiveness", "location_quotient"), 3),
    **dict.fromkeys(("effective_n", "mape", "bias", "median_ape", "net_rate"), 1),
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Column:
    """One column: its stable name, its label, its cells, and how a number in it is shown.

    ``indicator`` is set where the cells are in an indicator's unit; else ``unit`` is a key of
    the unit's name (``"persons"``), empty for text and plain numbers. ``meaning`` is for the
    data dictionary.
    """

    name: str
    label: str
    cells: Sequence[Cell] = field(repr=False)
    digits: int = 0
    indicator: Indicator | None = None
    unit: str = ""
    meaning: str = ""

    def unit_name(self, lang: Language, *, percent: bool) -> str:
        """Return the unit in words; a share is 0–1, or percent where it is shown so."""
        unit = self.indicator.unit if self.indicator is not None else self.unit
        if not unit:
            return ""
        key = f"page_unit_name_{unit}"
        if unit == "share" and not percent:
            key = "table_unit_share"
        elif key not in table():
            key = f"table_unit_{unit}"
        return plain(text(key, lang), lang)

    def header(self, lang: Language, *, percent: bool) -> str:
        """Return the label with its unit."""
        unit = self.unit_name(lang, percent=percent)
        return f"{self.label}[{unit}]" if unit else self.label


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Table:
    """A table: what it is, its name (of the file and the sheet), its columns."""

    kind: TableKind
    name: str
    columns: tuple[Column, ...]
    level: int | None = None

    @property
    def rows(self) -> list[tuple[Cell, ...]]:
        """The cells by row."""
        return list(zip(*(column.cells for column in self.columns), strict=True))


def plain(said: str, lang: Language) -> str:
    """Return a text of ours without signs that Japanese tables must not hold.

    Examples
    --------
    >>> plain("人/km²、0–4歳", "ja")
    '人/km2、0～4歳'
    """
    return said.translate(_JIS) if lang == "ja" else said


def shown(values: Iterable[float]) -> list[float | None]:
    """Return numbers to seven figures, whole ones as they are; None where there is none.

    Examples
    --------
    >>> shown([0.123456789, float("nan"), 226963])
    [0.1234568, None, 226963.0]
    >>> shown([20190401])
    [20190401.0]
    """
    numbers = (
        float(value) if float(value).is_integer() else float(f"{value:.{_FIGURES}g}")
        for value in values
    )
    return [number if np.isfinite(number) else None for number in numbers]


def symbols(masks: pd.Series[str]) -> list[Cell]:
    """Return the sign of each value that is not shown, empty where it is."""
    return [SYMBOLS[mask] for mask in masks]  # type: ignore[index]


def words(key: str, cells: Iterable[object], lang: Language) -> Column:
    """Return a column of our own words."""
    return Column(
        name=key,
        label=said(key, lang),
        cells=[plain(str(cell), lang) for cell in cells],
        meaning=meaning(key, lang),
    )


def given(key: str, cells: Iterable[object], lang: Language) -> Column:
    """Return a column of words that come from the input: names and codes stay as they are."""
    return Column(
        name=key, label=said(key, lang), cells=list(map(str, cells)), meaning=meaning(key, lang)
    )


def numbers(key: str, cells: Iterable[float], lang: Language, **further: Any) -> Column:
    """Return a column of numbers; ``further`` are the other fields of a :class:`Column`."""
    held: dict[str, Any] = {
        "name": key,
        "digits": _DIGITS.get(key, 0),
        "unit": _UNITS.get(key, ""),
        "meaning": meaning(key, lang),
        **further,
    }
    if "label" not in held:
        held["label"] = said(key, lang)
    return Column(cells=shown(cells), **held)


# What is counted in the columns whose numbers are counts.
_UNITS: Final = {
    **dict.fromkeys(("n", "n_missing", "n_islands", "zone_count", "neighbours"), "zones"),
    **dict.fromkeys(("records", "matched", "on_border", "outside", "nearest"), "records"),
    "missing": "records",
    **dict.fromkeys(("persons", "inflow", "outflow", "net", "gross"), "persons"),
    "permutations": "times",
    "pairs_tested": "pairs",
    **dict.fromkeys(("start", "end"), "workers"),
}


def named(key: str, lang: Language, fallback: str) -> str:
    """Return a text, or ``fallback`` where the table of messages has none."""
    return text(key, lang) if key in table() else fallback


def said(key: str, lang: Language) -> str:
    """Return what a column is called."""
    return plain(text(f"table_{key}", lang), lang)


def meaning(key: str, lang: Language) -> str:
    """Return what a column means, where its name does not say it."""
    held = f"meaning_{key}"
    return plain(text(held, lang), lang) if held in table() else ""


def keys(level: Level, lang: Language) -> list[Column]:
    """Return the code and the name of the zones."""
    zones = level.zones
    return [given("zone_id", zones.ids, lang), given("name", zones.named(lang), lang)]


def repeated(columns: Iterable[Column], *, each: int = 1, times: int = 1) -> list[Column]:
    """Return columns with every cell ``each`` times over, and all of that ``times``."""
    from dataclasses import replace

    return [
        replace(one, cells=[cell for cell in one.cells for _ in range(each)] * times)
        for one in columns
    ]


def label_of(result: Result, name: str, lang: Language) -> str:
    """Return what an indicator is called; one that the result does not show, by the messages."""
    return indicator_of(result, name).label[lang]


def both(result: Result, indicators: tuple[str, ...], lang: Language) -> str:
    """Return the labels of one or more indicators in one text."""
    return " × ".join(label_of(result, name, lang) for name in indicators)


def indicator_of(result: Result, name: str) -> Indicator:
    """Return an indicator of a result by its name.

    One that only another part of the study needed is taken from the messages; what they do not
    know either is a plain ratio of that name.
    """
    for one in result.indicators:
        if one.name == name:
            return one
    key, held = f"indicator_{name}", table()
    known = key in held and "{" not in held[key]["en"]
    label = {lang: text(key, lang) if known else name for lang in LANGUAGES}
    own = {lang: text(f"definition_{name}", lang) if known else "" for lang in LANGUAGES}
    unit: Any = "share" if name.startswith("share_") else "ratio"
    return Indicator(name=name, unit=unit, label=label, definition=own, digits=2)


def change_indicator(lang_of: dict[Language, str]) -> Indicator:
    """Return what a change of persons is: a share of those at the base, may be below zero."""
    return Indicator(name="change", unit="share", label=lang_of, definition=lang_of, digits=1)


def nameless_share() -> Indicator:
    """Return a nameless share, for columns that need no more than its unit."""
    return change_indicator({"ja": "", "en": ""})
