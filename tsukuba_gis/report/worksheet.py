"""A worksheet for a group: question, hypothesis, what was noticed; one A4 page a language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tsukuba_gis.classes import format_value
from tsukuba_gis.maps.offline import POLICY
from tsukuba_gis.maps.payload import start_indicator
from tsukuba_gis.messages import LANGUAGES, Language, text
from tsukuba_gis.publishing import publishable
from tsukuba_gis.report.findings import findings, level_name

if TYPE_CHECKING:
    from tsukuba_gis.result import Indicator, Level, Result

_ROWS: Final = 3  # highest and lowest zones that are told
# Boxes to write in, and how much of the room that is left on the page each takes.
_BOXES: Final = (("question", 3), ("hypothesis", 4), ("noticed", 7), ("why", 5), ("next", 5))

_PAGE: Final = """<!DOCTYPE html>
<html lang="{{ lang }}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="tsukuba_gis {{ version }}">
<title>{{ say("worksheet_title", lang) }} - {{ title[lang] }}</title>
<style>
@page { size: A4 portrait; margin: 12mm 14mm; }
* { box-sizing: border-box; }
body { margin: 0; font: 10.5pt/1.45 "Yu Gothic", "Hiragino Sans", "Noto Sans CJK JP", Meiryo,
  sans-serif; color: #1b1b1b; background: #fff; }
main { max-width: 182mm; margin: 0 auto; padding: 4mm; }
.notice { margin: 0 0 1mm; color: #a1122a; font-weight: bold; font-size: 9pt; }
h1 { font-size: 15pt; margin: 1mm 0; }
.of { margin: 0 0 2mm; color: #444; font-size: 9pt; }
.who { display: flex; gap: 5mm; margin: 0 0 3mm; font-size: 9pt; }
.who span { flex: 1; border-bottom: 1px solid #666; padding-bottom: 1mm; }
h2 { font-size: 11pt; margin: 0 0 .5mm; }
.hint { margin: 0 0 1mm; color: #444; font-size: 8.5pt; }
.box { border: 1px solid #555; border-radius: 1.5mm; margin: 0 0 2.5mm; min-height: 10mm; }
ol { margin: 0 0 3mm; padding-left: 6mm; font-size: 9.5pt; }
table { border-collapse: collapse; width: 100%; margin: 0 0 3mm; font-size: 9pt; }
th, td { border: 1px solid #999; padding: .6mm 2mm; text-align: left; }
td.number { text-align: right; }
caption { text-align: left; font-weight: bold; padding-bottom: .5mm; }
.choose { display: flex; gap: 5mm; font-size: 9pt; margin: 0 0 2mm; }
input { accent-color: #0571b0; }
article { display: none; flex-direction: column; min-height: 264mm; }
#ja:checked ~ article:lang(ja), #en:checked ~ article:lang(en) { display: flex; }
@media print { .screen, .choose, main > input { display: none; } main { padding: 0; } }
</style>
</head>
<body>
<main>
{% for one in languages %}
<input type="radio" name="lang" id="{{ one }}"{% if one == lang %} checked{% endif %}>
<label for="{{ one }}" class="screen" lang="{{ one }}">{{ say("worksheet_language", one) }}</label>
{% endfor %}
{% for one in languages %}
<article lang="{{ one }}">
{% for notice in notices[one] %}<p class="notice">{{ notice }}</p>
{% endfor %}
<h1>{{ say("worksheet_title", one) }}</h1>
<p class="of">{{ title[one] }} / {{ label[one] }}</p>
<p class="who">
{% for key in ("group", "members", "date") %}
<span>{{ say("worksheet_" + key, one) }}</span>
{% endfor %}
</p>
<h2>{{ say("worksheet_facts", one) }}</h2>
<ol>{% for finding in found[one] %}<li>{{ finding.headline }}</li>{% endfor %}</ol>
{% if tables[one] %}
<table><caption>{{ captions[one] }}</caption>
<tr>
{% for key in ("high", "low") %}
<th scope="col">{{ say("worksheet_" + key, one) }}</th><th scope="col">{{ unit[one] }}</th>
{% endfor %}
</tr>
{% for ends in tables[one] %}
<tr>
{% for end in ends %}
<td>{{ end[0] }}</td><td class="number">{{ end[1] }}</td>
{% endfor %}
</tr>
{% endfor %}
</table>
{% endif %}
{% for key, share in boxes %}
<h2>{{ loop.index }}. {{ say("worksheet_" + key, one) }}</h2>
<p class="hint">{{ say("worksheet_" + key + "_hint", one) }}</p>
<div class="box" style="flex: {{ share }}"></div>
{% endfor %}
</article>
{% endfor %}
</main>
</body>
</html>
"""


def worksheet_html(result: Result) -> str:
    """Return the worksheet as a page that needs no network and no script.

    On paper it is one A4 page, in the language that is chosen on it.

    Parameters
    ----------
    result
        Outcome of a study: its findings stand on the sheet, as what the group starts from.

    Examples
    --------
    >>> worksheet_html(result)  # doctest: +SKIP
    """
    from jinja2 import Environment, StrictUndefined

    result = publishable(result)
    one, level = start_indicator(result.indicators), result.levels[0]
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_PAGE).render(
        lang=result.lang,
        languages=LANGUAGES,
        policy=POLICY,
        version=result.provenance.version,
        title=result.title,
        label=one.label,
        notices=result.notices,
        say=text,
        boxes=_BOXES,
        found={lang: findings(result, one, lang)[:3] for lang in LANGUAGES},
        # A share is told with its sign.
        unit={
            lang: text(
                "worksheet_value" if one.unit == "share" else f"page_unit_name_{one.unit}", lang
            )
            for lang in LANGUAGES
        },
        captions={
            lang: text("worksheet_ends", lang, label=one.label[lang], level=level_name(level, lang))
            for lang in LANGUAGES
        },
        tables={lang: _ends(level, one, lang) for lang in LANGUAGES},
    )


def _ends(
    level: Level, indicator: Indicator, lang: Language
) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Return pairs of the highest and the lowest zones with their values; none if they meet."""
    values = level.values[indicator.name]
    known = [
        (str(name), float(value))
        for name, value in zip(level.zones.named(lang), values, strict=True)
        if value == value
    ]
    if len(known) < 2 * _ROWS:
        return []
    ordered = sorted(known, key=lambda pair: -pair[1])
    said = [
        (name, format_value(value, indicator.unit, lang, indicator.digits))
        for name, value in ordered
    ]
    return list(zip(said[:_ROWS], said[: -_ROWS - 1 : -1], strict=True))
