"""What a result looks like in a notebook: a small table under its notices."""

from __future__ import annotations

from html import escape
from math import nan
from typing import Any

from tsukuba_gis.messages import Language, text

_COUNTS = ("persons", "households")


def preview_html(result: Any) -> str:  # a Result: to import it here would close a circle
    """Return the notices and a table: each rate's city value, the middle zone, and how many zones.

    Of a count only the number of zones is told: sums of counts may tell what was hidden. Of rates
    nothing is shown that rests on fewer than ``min_count``: they are missing in the result.

    Parameters
    ----------
    result
        A :class:`tsukuba_gis.result.Result`.
    """
    lang: Language = result.lang
    from_zones = [text(f"preview_{key}", lang) for key in ("city", "middle", "zones")]
    groups = "".join(
        f'<th colspan="3">{escape(text(f"page_level_{level.zones.kind}", lang))}</th>'
        for level in result.levels
    )
    heads = "".join(f"<th>{escape(head)}</th>" for _ in result.levels for head in from_zones)
    rows = "".join(_row(result, one, lang) for one in result.indicators)
    notices = "".join(
        f'<p style="color:#a1122a;font-weight:bold;margin:0">{escape(notice)}</p>'
        for notice in result.notices[lang]
    )
    return (
        f"<div><p><b>{escape(result.title[lang])}</b></p>{notices}"
        f"<table><thead><tr><th></th>{groups}</tr><tr><th></th>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(result: Any, one: Any, lang: Language) -> str:
    cells = [cell for level in result.levels for cell in _cells(level, one, lang)]
    shown = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f"<tr><th>{escape(one.label[lang])}</th>{shown}</tr>"


def _cells(level: Any, one: Any, lang: Language) -> list[str]:
    known = level.values[one.name].dropna()
    rate = one.unit not in _COUNTS
    city = float(level.total[one.name]) if rate else nan
    middle = float(known.median()) if rate and len(known) else nan
    return [_said(city, one, lang), _said(middle, one, lang), f"{len(known):,}"]


def _said(value: float, one: Any, lang: Language) -> str:
    if value != value:
        return text("page_no_value", lang)
    number = f"{100 * value if one.unit == 'share' else value:,.{one.digits}f}"
    return text(f"page_unit_{one.unit}", lang, number=number)
