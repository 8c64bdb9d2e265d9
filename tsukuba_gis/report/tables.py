"""The tables of a report: made once, written as CSV and as sheets of the workbook.

One row a zone (or zone and sex, or zone and indicator), one datum a cell,
header in the first row, nothing merged: after the rules of 総務省
「統計表における機械判読可能なデータの表記方法の統一ルール」(2020).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from tsukuba_gis.messages import Language, text
from tsukuba_gis.result import Indicator, MaskReason

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.result import Level, LocalMoran, Result

TableKind = Literal["zones", "ages", "moran", "lisa", "definitions", "matching", "problems"]
Cell = str | float | int | None

# Signs of official tables for a number that is not shown: 皆無, 秘匿, 不詳.
SYMBOLS: Final[dict[MaskReason, str]] = {"": "", "zero": "-", "small": "x", "missing": "…"}
# More than these figures say nothing; the same number then stands in every file.
_FIGURES: Final = 7
_LISA_COLUMNS: Final = ("i", "z", "lag", "p", "p_fdr")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Column:
    """One column: its stable name, its label, its cells, and how a number in it is shown.

    ``unit`` is empty for text and plain numbers; ``indicator`` is set where
    the cells are an indicator's values.
    """

    name: str
    label: str
    cells: Sequence[Cell] = field(repr=False)
    digits: int = 0
    indicator: Indicator | None = None

    def header(self, lang: Language, *, percent: bool) -> str:
        """Return the label with its unit; a share is 0–1, or percent where it is shown so."""
        if self.indicator is None:
            return self.label
        unit = self.indicator.unit
        key = "table_unit_share" if unit == "share" and not percent else f"page_unit_name_{unit}"
        return f"{self.label}[{text(key, lang)}]"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Table:
    """A table: what it is, its name (of the file and the sheet), its columns."""

    kind: TableKind
    name: str
    columns: tuple[Column, ...]

    @property
    def rows(self) -> list[tuple[Cell, ...]]:
        """The cells by row."""
        return list(zip(*(column.cells for column in self.columns), strict=True))


def tables(result: Result, lang: Language | None = None) -> tuple[Table, ...]:
    """Return all tables of a result, in the order in which they are read.

    Parameters
    ----------
    result
        Outcome of a study.
    lang
        Of names and labels; None: the result's.
    """
    lang = lang or result.lang
    names = level_names(result, lang)
    named = list(zip(result.levels, names, strict=True))
    made = [
        *(_zones(level, name, result, lang) for level, name in named),
        *(_ages(level, name, lang) for level, name in named),
        _moran(result, names, lang),
        *(_lisa(level, name, result, lang) for level, name in named),
        _definitions(result, names, lang),
        _matching(result, names, lang),
        _problems(result, lang),
    ]
    return tuple(table for table in made if len(table.columns[0].cells))


def level_names(result: Result, lang: Language) -> list[str]:
    """Return what each level is called; a second one of the same kind gets a number.

    The names are fit for files and sheets.
    """
    names: list[str] = []
    for level in result.levels:
        name = text(f"page_level_{level.zones.kind}", lang)
        same = sum(other.zones.kind == level.zones.kind for other in result.levels[: len(names)])
        names.append(f"{name}{same + 1}" if same else name)
    return names


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


def _keys(level: Level, lang: Language) -> list[Column]:
    """Return the code and the name of the zones."""
    zones = level.zones
    return [_words("zone_id", list(zones.ids), lang), _words("name", list(zones.names), lang)]


def _zones(level: Level, name: str, result: Result, lang: Language) -> Table:
    values = [
        Column(
            name=one.name,
            label=one.label[lang],
            cells=shown(level.values[one.name]),
            digits=one.digits,
            indicator=one,
        )
        for one in result.indicators
    ]
    signs = [
        Column(
            name=f"symbol_{one.name}",
            label=text("table_symbol_of", lang, label=one.label[lang]),
            cells=symbols(level.masks[one.name]),
        )
        for one in result.indicators
        if (level.masks[one.name] != "").any()
    ]
    return Table(
        kind="zones",
        name=text("table_zones", lang, level=name),
        columns=(*_keys(level, lang), *values, *signs),
    )


def age_labels(level: Level, lang: Language) -> dict[int, str]:
    """Return the label of each age group by where it begins."""
    starts = sorted(set(level.population.columns.get_level_values("age_start")))
    labels = {
        low: text("page_age_band", lang, low=low, high=high - 1) for low, high in pairwise(starts)
    }
    return labels | {starts[-1]: text("page_age_open", lang, age=starts[-1])}


def _ages(level: Level, name: str, lang: Language) -> Table:
    """One row a zone and sex, one column an age group."""
    population = level.population
    sexes = list(dict.fromkeys(population.columns.get_level_values(0)))
    keys = [
        Column(name=key.name, label=key.label, cells=[cell for cell in key.cells for _ in sexes])
        for key in _keys(level, lang)
    ]
    words = [text(f"page_sex_{sex}", lang) for sex in sexes] * len(level.zones)
    groups = [
        Column(
            name=f"age_{start}",
            label=label,
            cells=shown(population[[(sex, start) for sex in sexes]].to_numpy().ravel()),
        )
        for start, label in age_labels(level, lang).items()
    ]
    return Table(
        kind="ages",
        name=text("table_ages", lang, level=name),
        columns=(*keys, Column(name="sex", label=text("table_sex", lang), cells=words), *groups),
    )


def _moran(result: Result, names: list[str], lang: Language) -> Table:
    """One row a level and indicator: global Moran's I."""
    label = {one.name: one.label[lang] for one in result.indicators}
    found = [
        (name, moran)
        for name, level in zip(names, result.levels, strict=True)
        for moran in level.moran.values()
    ]
    numbers = ("i", "expected", "z", "p", "n", "n_missing", "n_islands", "permutations", "seed")
    return Table(
        kind="moran",
        name=text("table_moran", lang),
        columns=(
            _words("level", [name for name, _ in found], lang),
            _words("indicator", [label[moran.indicator] for _, moran in found], lang),
            *(_numbers(key, [getattr(moran, key) for _, moran in found], lang) for key in numbers),
            _words("weights", [moran.weights for _, moran in found], lang),
        ),
    )


def _words(key: str, cells: Sequence[object], lang: Language) -> Column:
    return Column(name=key, label=text(f"table_{key}", lang), cells=[str(cell) for cell in cells])


def _numbers(key: str, cells: Iterable[float], lang: Language) -> Column:
    digits = 4 if key in ("i", "expected", "z", "lag", "p", "p_fdr") else 0
    return Column(name=key, label=text(f"table_{key}", lang), cells=shown(cells), digits=digits)


def lisa_frame(level: Level, lisa: LocalMoran) -> pd.DataFrame:
    """Return one indicator's local Moran on all zones; a zone that it lacks is missing."""
    frame = lisa.frame.reindex(level.zones.ids)
    return frame.assign(cluster=frame["cluster"].fillna("missing"))


def _lisa(level: Level, name: str, result: Result, lang: Language) -> Table:
    """One row a zone and indicator: local Moran's I."""
    import pandas as pd

    chosen = [one for one in result.indicators if one.name in level.lisa]
    frames = [lisa_frame(level, level.lisa[one.name]) for one in chosen]
    frame = pd.concat(frames) if frames else pd.DataFrame(columns=[*_LISA_COLUMNS, "cluster"])
    labels = [one.label[lang] for one in chosen for _ in range(len(level.zones))]
    keys = [
        Column(name=key.name, label=key.label, cells=list(key.cells) * len(chosen))
        for key in _keys(level, lang)
    ]
    meanings = [text(f"page_lisa_{cluster}", lang) for cluster in frame["cluster"]]
    return Table(
        kind="lisa",
        name=text("table_lisa", lang, level=name),
        columns=(
            _words("indicator", labels, lang),
            *keys,
            _words("cluster", list(frame["cluster"]), lang),
            _words("meaning", meanings, lang),
            *(_numbers(key, frame[key], lang) for key in _LISA_COLUMNS),
        ),
    )


def _definitions(result: Result, names: list[str], lang: Language) -> Table:
    """One row an indicator: what it means, in what unit, and the value of the whole city."""
    some = result.indicators
    totals = [
        Column(
            name=f"total_{number}",
            label=text("table_total", lang, level=name),
            cells=shown([level.total[one.name] for one in some]),
            digits=4,
        )
        for number, (name, level) in enumerate(zip(names, result.levels, strict=True))
    ]
    units = [
        text("table_unit_share" if one.unit == "share" else f"page_unit_name_{one.unit}", lang)
        for one in some
    ]
    return Table(
        kind="definitions",
        name=text("table_definitions", lang),
        columns=(
            _words("key", [one.name for one in some], lang),
            _words("indicator", [one.label[lang] for one in some], lang),
            _words("unit", units, lang),
            _words("definition", [one.definition[lang] for one in some], lang),
            *totals,
        ),
    )


def _matching(result: Result, names: list[str], lang: Language) -> Table:
    """One row a level: how the records met the zones."""
    reports = [level.match for level in result.levels]
    counts = ("records", "matched", "on_border", "outside", "nearest", "missing")
    return Table(
        kind="matching",
        name=text("table_matching", lang),
        columns=(
            _words("level", names, lang),
            _words("zones_source", [level.zones.source for level in result.levels], lang),
            _words("method", [text(f"table_by_{one.method}", lang) for one in reports], lang),
            *(_numbers(key, [getattr(one, key) for one in reports], lang) for key in counts),
        ),
    )


def _problems(result: Result, lang: Language) -> Table:
    """One row a fault of an input."""
    some = result.problems
    return Table(
        kind="problems",
        name=text("table_problems", lang),
        columns=(
            _words("severity", [text(f"page_severity_{one.severity}", lang) for one in some], lang),
            _words("file", [one.file for one in some], lang),
            Column(
                name="row",
                label=text("table_row", lang),
                cells=[one.row for one in some],
            ),
            _words("column", [one.column or "" for one in some], lang),
            _words("message", [text(one.key, lang, **one.values) for one in some], lang),
        ),
    )
