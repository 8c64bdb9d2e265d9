"""Which styles each layer of the GeoPackage carries: the first of a layer is its default."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from tsukuba_gis.classes import (
    DIVERGING,
    Classes,
    LocalClass,
    breaks,
    colours,
    indicator_classes,
    local_classes,
    region_colour,
)
from tsukuba_gis.messages import Language, text
from tsukuba_gis.report.columns import both, label_of, named
from tsukuba_gis.report.styles import categorised, graduated, sized
from tsukuba_gis.result import Indicator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tsukuba_gis.report.columns import Column, Table
    from tsukuba_gis.result import Level, Result

# With more zones than these their names would cover the map.
_NAMED_ZONES: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """One style of one layer."""

    layer: str
    name: str
    qml: str = field(repr=False)
    default: bool


def value_styles(
    layer: str, columns: Iterable[Column], *, labels: Mapping[str, str], lang: Language
) -> list[Style]:
    """Return a style for every column of an indicator's values that has colours."""
    made: list[Style] = []
    for column in columns:
        if column.indicator is None:
            continue
        values = [cell for cell in column.cells if isinstance(cell, float)]
        classes = indicator_classes(values, column.indicator)
        if classes is not None and len(classes.edges) >= 2:
            made.append(_graduated(layer, column, classes, not made, labels=labels, lang=lang))
    return made


def _graduated(
    layer: str,
    column: Column,
    classes: Classes,
    default: bool,
    *,
    labels: Mapping[str, str],
    lang: Language,
) -> Style:
    indicator = column.indicator or _plain_number(column)
    qml = graduated(
        indicator,
        classes,
        field=column.name,
        lang=lang,
        missing=any(cell is None for cell in column.cells),
        labels=labels,
        name_zones=len(column.cells) <= _NAMED_ZONES,
    )
    return Style(layer=layer, name=column.label, qml=qml, default=default)


def _plain_number(column: Column) -> Indicator:
    label: dict[Language, str] = {"ja": column.label, "en": column.label}
    return Indicator(
        name=column.name, unit="ratio", label=label, definition=label, digits=column.digits
    )


def rate_styles(table: Table, *, labels: Mapping[str, str], lang: Language) -> list[Style]:
    """Return a style for every rate: of its value, not of its bounds."""
    values = [column for column in table.columns if column.name.endswith("_value")]
    return value_styles(table.name, values, labels=labels, lang=lang)


def projection_styles(table: Table, *, labels: Mapping[str, str], lang: Language) -> list[Style]:
    """Return a style for each year's change and share 65+, with classes common to all years.

    A number of persons is not coloured: large zones would look full.
    """
    made: list[Style] = []
    for key in ("change", "old"):
        columns = [one for one in table.columns if one.name.startswith(f"{key}_")]
        values = [cell for one in columns for cell in one.cells if isinstance(cell, float)]
        one = columns[0].indicator
        classes = None if one is None else indicator_classes(values, one)
        if classes is None or len(classes.edges) < 2:
            continue
        for column in reversed(columns):  # the last year is the default
            made.append(_graduated(table.name, column, classes, not made, labels=labels, lang=lang))
    return made


def residual_styles(table: Table, *, labels: Mapping[str, str], lang: Language) -> list[Style]:
    """Return a style for every model's standardised residuals, about zero."""
    made: list[Style] = []
    for column in table.columns:
        if not column.name.endswith("_residual_std"):
            continue
        values = [cell for cell in column.cells if isinstance(cell, float)]
        edges = breaks(values, scheme="centred", digits=2)
        if len(edges) < 2 or edges[0] == edges[-1]:
            continue
        classes = Classes(edges=edges, colours=colours(len(edges) - 1, DIVERGING), scheme="centred")
        made.append(_graduated(table.name, column, classes, not made, labels=labels, lang=lang))
    return made


def lisa_styles(
    layer: str, level: Level, result: Result, *, labels: Mapping[str, str], lang: Language
) -> list[Style]:
    """Return a style for every indicator's local Moran classes."""
    entries = local_classes("local_moran", lang=lang)
    return _class_styles(
        layer,
        [(f"lisa_{name}", label_of(result, name, lang), entries) for name in level.lisa],
        labels,
        many=len(level.zones),
    )


def local_styles(
    layer: str, level: Level, result: Result, *, labels: Mapping[str, str], lang: Language
) -> list[Style]:
    """Return a style for every further local statistic."""
    held = []
    for one in level.local:
        statistic = named(f"statistic_{one.statistic}", lang, one.statistic)
        name = f"{statistic}: {both(result, one.indicator, lang)}"
        entries = local_classes(one.statistic, lang=lang)
        held.append((local_field(one.statistic, one.indicator), name, entries))
    return _class_styles(layer, held, labels, many=len(level.zones))


def local_field(statistic: str, indicators: tuple[str, ...]) -> str:
    """Return the name of the field that holds the classes of a local statistic.

    Examples
    --------
    >>> local_field("local_g_star", ("share_65plus",))
    'local_g_star_share_65plus'
    """
    return "_".join((statistic, *indicators))


def region_styles(
    layer: str, level: Level, *, labels: Mapping[str, str], lang: Language
) -> list[Style]:
    """Return the style of the regions: a colour each; zones in none are hatched."""
    if level.regions is None:
        return []
    numbers = sorted({int(one) for one in level.regions.labels.dropna()})
    entries = [
        LocalClass(
            name=str(number),
            label=text("table_region_number", lang, number=number),
            colour=region_colour(number),
            hatched=False,
        )
        for number in numbers
    ]
    if level.regions.labels.reindex(level.zones.ids).isna().any():
        words = text("table_no_region", lang)
        entries.append(LocalClass(name="", label=words, colour="#ffffff", hatched=True))
    name = text("table_region", lang)
    held = [("region", name, tuple(entries))]
    return _class_styles(layer, held, labels, many=len(level.zones))


def _class_styles(
    layer: str,
    held: Sequence[tuple[str, str, Sequence[LocalClass]]],
    labels: Mapping[str, str],
    *,
    many: int,
) -> list[Style]:
    return [
        Style(
            layer=layer,
            name=name,
            qml=categorised(key, entries, labels=labels, name_zones=many <= _NAMED_ZONES),
            default=place == 0,
        )
        for place, (key, name, entries) in enumerate(held)
    ]


def flow_styles(layer: str, persons: Iterable[float], *, lang: Language) -> list[Style]:
    """Return the style of lines between places: wider for more persons."""
    known = [one for one in persons if np.isfinite(one)]
    if not known:
        return []
    edges = breaks(known, scheme="pretty", digits=0)
    if len(edges) < 2:
        edges = (min(known), max(known))
    names = ("origin", "destination", "persons")
    labels = {name: text(f"table_{name}", lang) for name in names}
    qml = sized("persons", edges, lang=lang, labels=labels)
    return [Style(layer=layer, name=labels["persons"], qml=qml, default=True)]


def floats(cells: Iterable[object]) -> np.ndarray:
    """Return cells as numbers, NaN where there is none."""
    return np.array([np.nan if cell is None else cell for cell in cells], dtype=float)
