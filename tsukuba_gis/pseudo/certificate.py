"""The certificate: what was proved of pseudo records, on one page that an official can read."""

from __future__ import annotations

import math
from base64 import b64encode
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from tsukuba_gis.messages import table as texts
from tsukuba_gis.messages import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tsukuba_gis.messages import Language
    from tsukuba_gis.pseudo.evaluate import Evaluation
    from tsukuba_gis.pseudo.metric import Metric

# bare: percentage points, under a head that says so.
Style = Literal["percent", "points", "bare", "count", "plain"]
# How the figure of a metric is written; all others are plain numbers.
_STYLES: Final[dict[str, Style]] = {
    **dict.fromkeys(("audited", "audit_narrow", "small_published"), "count"),
    **dict.fromkeys(
        (
            "declared_kept", "households_coherent", "inside_area", "same_columns", "small_cells",
            "dcr", "unique_rows", "aimed_kept", "cells_equal", "tvd", "sums_equal", "ratio_equal",
        ),
        "percent",
    ),
    **dict.fromkeys(
        (
            "equal_rows", "same_points", "inference", "replicated_uniques", "special_uniques",
            "disclosive", "replicated_values", "replicated_households",
        ),
        "points",
    ),
}  # fmt: skip


# Columns of words; all others hold figures and stand to the right.
_WORDS: Final = ("what", "table", "verdict")
_NUMBER: Final = ' class="number"'


def write_certificate(evaluation: Evaluation, path: str | Path, *, lang: Language) -> Path:
    """Write the certificate as one HTML page without scripts or outside files.

    Parameters
    ----------
    evaluation
        What was measured.
    path
        File to write.
    lang
        ``"ja"`` or ``"en"``.

    Returns
    -------
    Path
        The file.
    """
    path = Path(path)
    path.write_text(certificate(evaluation, lang=lang), encoding="utf-8", newline="\n")
    return path


def certificate(evaluation: Evaluation, *, lang: Language) -> str:
    """Return the certificate as HTML; the same evaluation gives the same page.

    The statement of the guarantee stands on it only if every hard condition is
    met and the records come from a statistics file.
    """
    css = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
    digest = b64encode(sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = escape(text("certificate_title", lang))
    body = "\n".join(
        (
            *_summary(evaluation, lang),
            *_how(evaluation, lang),
            *_conditions(evaluation, lang),
            *_risks(evaluation, lang),
            *_uses(evaluation, lang),
            *_tables(evaluation, lang),
            *_origin(evaluation, lang),
        )
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{css}</style>\n</head>\n<body>\n"
        f'<p class="notice">⚠ {escape(text("notice_pseudo", lang))}</p>\n'
        f"<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


# ---- sections ------------------------------------------------------------------------------------


def _summary(evaluation: Evaluation, lang: Language) -> Iterable[str]:
    exact = evaluation.exact
    if exact is not None:
        line = text(
            "certificate_exact", lang, share=_percent(exact.share), cells=exact.cells,
            modelled=exact.modelled,
        )  # fmt: skip
        of = text("certificate_exact_of", lang, columns=_words(exact.columns, lang))
        yield f'<p class="first">{escape(line)}</p>\n<p class="soft">{escape(of)}</p>'
    gates = [m for m in evaluation.metrics if m.kind == "gate"]
    if evaluation.passed:
        verdict, kind = text("certificate_passed", lang, n=len(gates)), "yes"
    else:
        failed = ("、" if lang == "ja" else "; ").join(
            text(f"metric_{name}", lang) for name in evaluation.failed
        )
        verdict, kind = text("certificate_failed", lang, failed=failed), "no"
    yield f'<p class="verdict {kind}">{escape(verdict)}</p>'
    if evaluation.guaranteed:
        words = text(
            "certificate_guarantee", lang, sha256=evaluation.sha256, k=evaluation.k,
            tables=int(evaluation.tables.table.nunique()),
            cells=int(evaluation.tables.declared.sum()),
        )  # fmt: skip
        yield f"<blockquote>{escape(words)}</blockquote>"
    if not evaluation.sha256:
        yield _paragraph("certificate_swap", lang)
    yield _paragraph("certificate_not_claimed", lang)
    yield _paragraph("certificate_not_research", lang)


def _how(evaluation: Evaluation, lang: Language) -> Iterable[str]:
    source, held, control, _ = evaluation.holdout
    words = text("certificate_how_text", lang, source=source, holdout=held, control=control)
    yield _heading("certificate_how", lang)
    yield f"<p>{escape(words)}</p>"


def _conditions(evaluation: Evaluation, lang: Language) -> Iterable[str]:
    yield _heading("certificate_conditions", lang)
    yield _paragraph("certificate_conditions_text", lang)
    gates = [m for m in evaluation.metrics if m.kind == "gate"]
    rows = [
        [label, *_numbers(m, lang, ("value", "target")), _verdict(m, lang)]
        for m, label in zip(gates, _labels(gates, lang), strict=True)
    ]
    yield _table(("what", "value", "target", "verdict"), rows, lang)


def _risks(evaluation: Evaluation, lang: Language) -> Iterable[str]:
    yield _heading("certificate_risk", lang)
    attacks = [
        m for m in evaluation.metrics if m.kind == "risk" and _STYLES.get(m.name) == "points"
    ]
    rows = [
        [
            label,
            *(_number(_figure(m.parts[part], "percent", lang)) for part in ("source", "holdout")),
            *_numbers(m, lang, ("value", "interval", "null", "target"), style="bare"),
            _verdict(m, lang),
        ]
        for m, label in zip(attacks, _labels(attacks, lang), strict=True)
    ]  # fmt: skip
    head = ("what", "source", "holdout", "leak", "interval", "null", "target", "verdict")
    yield _table(head, rows, lang)
    yield _full(evaluation, lang, names=("membership", "membership_background", "unique_rows"))
    yield _heading("certificate_cells", lang)
    yield f"<p>{escape(text('certificate_cells_text', lang, k=evaluation.k))}</p>"
    yield _full(evaluation, lang, names=("small_cells",))
    yield _heading("certificate_smoke", lang)
    yield _paragraph("certificate_smoke_text", lang)
    yield _full(evaluation, lang, names=("dcr", "nndr"))


def _uses(evaluation: Evaluation, lang: Language) -> Iterable[str]:
    yield _heading("certificate_utility", lang)
    yield _paragraph("certificate_utility_text", lang)
    names = tuple(dict.fromkeys(m.name for m in evaluation.metrics if m.kind == "utility"))
    yield _full(evaluation, lang, names=names)


def _tables(evaluation: Evaluation, lang: Language) -> Iterable[str]:
    counted = evaluation.tables
    if len(counted) == 0:
        return
    counted = counted[counted.role != "profile"]
    yield _heading("certificate_tables", lang)
    yield _paragraph("certificate_tables_text", lang)
    rows = []
    for row in counted.itertuples(index=False):
        words = escape(_words(str(row.columns).split(","), lang))
        name = escape(_word(f"table_{row.table}", lang))
        cells, kept, persons = int(str(row.cells)), int(str(row.kept)), int(str(row.persons))
        figures = [
            f"{cells:,}",
            f"{kept:,}",
            f"{cells - kept:,}",
            f"{persons:,}" if persons else "–",
        ]
        rows.append([f'<th scope="row">{name}<small>{words}</small></th>', *map(_number, figures)])
    yield _table(("table", "cells", "exact", "modelled", "people"), rows, lang)


def _origin(evaluation: Evaluation, lang: Language) -> Iterable[str]:
    yield _heading("certificate_origin", lang)
    size = text(
        "certificate_persons_value", lang, persons=evaluation.persons,
        households=evaluation.households,
    )  # fmt: skip
    entries = [
        ("certificate_persons", size),
        ("certificate_k", str(evaluation.k)),
        ("certificate_hash", evaluation.sha256 or "–"),
        ("certificate_seed", f"{evaluation.seed}, {evaluation.version}"),
    ]
    for name, reason in evaluation.not_measured.items():
        entries.append(
            ("certificate_omitted", f"{text(f'metric_{name}', lang)}: {text(reason, lang)}")
        )
    items = "".join(
        f"<dt>{escape(text(key, lang))}</dt><dd>{escape(value)}</dd>" for key, value in entries
    )
    yield f"<dl>{items}</dl>"


def _full(evaluation: Evaluation, lang: Language, *, names: Sequence[str]) -> str:
    chosen = [m for m in evaluation.metrics if m.name in names]
    columns = ("value", "interval", "null", "target", "n")
    rows = [
        [label, *_numbers(m, lang, columns), _verdict(m, lang)]
        for m, label in zip(chosen, _labels(chosen, lang), strict=True)
    ]
    return _table(("what", *columns, "verdict"), rows, lang)


# ---- cells ---------------------------------------------------------------------------------------


def _numbers(
    metric: Metric, lang: Language, columns: Sequence[str], *, style: Style | None = None
) -> list[str]:
    style = style or _STYLES.get(metric.name, "plain")
    figures = {
        "value": _figure(metric.value, style, lang),
        "interval": _interval(metric, style, lang),
        "null": _figure(metric.null, style, lang),
        "target": _target(metric, style, lang),
        "n": f"{metric.n:,}",
    }
    return [_number(figures[column]) for column in columns]


def _figure(value: float, style: Style, lang: Language) -> str:
    if math.isnan(value):
        return "–"
    if style == "count":
        return f"{value:,.0f}"
    if style == "percent":
        return _percent(value)
    if style in ("points", "bare"):
        digits = 3 if abs(value) < 0.0005 else 1
        figure = _signless(f"{100 * value:.{digits}f}")
        return figure if style == "bare" else text("certificate_points", lang, value=figure)
    return _signless(f"{value:.3f}")


def _signless(figure: str) -> str:
    """Return a figure with a real minus sign, and zero as 0.

    Examples
    --------
    >>> _signless("-0.000"), _signless("-1.5")
    ('0', '−1.5')
    """
    return "0" if float(figure) == 0 else figure.replace("-", "−")


def _percent(share: float) -> str:
    """Return a share in percent; never rounded up to 100 or down to 0.

    Examples
    --------
    >>> _percent(0.99996), _percent(1.0), _percent(0.287), _percent(0.00004)
    ('99.996%', '100%', '28.7%', '0.004%')
    """
    if share in (0, 1):
        return f"{100 * share:.0f}%"
    for digits in (1, 2, 3):
        shown = f"{100 * share:.{digits}f}"
        if float(shown) not in (0, 100):
            return f"{shown}%"
    return "> 99.999%" if share > 0.5 else "< 0.001%"


def _interval(metric: Metric, style: Style, lang: Language) -> str:
    if math.isnan(metric.low) or math.isnan(metric.high):
        return "–"
    low, high = (_figure(end, style, lang) for end in (metric.low, metric.high))
    if style == "points":
        low = low.split(" ")[0]
    return text("certificate_between", lang, low=low, high=high)


def _target(metric: Metric, style: Style, lang: Language) -> str:
    low, high = metric.at_least, metric.at_most
    if low is not None and high is not None:
        return text(
            "certificate_between", lang, low=_figure(low, style, lang),
            high=_figure(high, style, lang),
        )  # fmt: skip
    if low is not None:
        return text("certificate_at_least", lang, value=_figure(low, style, lang))
    if high is not None:
        return text("certificate_at_most", lang, value=_figure(high, style, lang))
    return "–"


def _verdict(metric: Metric, lang: Language) -> str:
    if metric.at_least is None and metric.at_most is None:
        return f'<td class="open-word">{escape(text("certificate_no_target", lang))}</td>'
    kinds = {True: ("yes", "met"), False: ("no", "unmet"), None: ("open", "open")}
    kind, word = kinds[metric.passed]
    return f'<td class="{kind}-word">{escape(text(f"certificate_{word}", lang))}</td>'


def _labels(metrics: Sequence[Metric], lang: Language) -> list[str]:
    """Return the first cell of each row; what a name means is said once."""
    said: set[str] = set()
    labels = []
    for metric in metrics:
        about = _words(metric.subject, lang) if metric.kind != "gate" else ""
        means = "" if metric.name in said else text(f"metric_{metric.name}_means", lang)
        said.add(metric.name)
        lines = "".join(f"<small>{escape(line)}</small>" for line in (about, means) if line)
        label = escape(text(f"metric_{metric.name}", lang))
        labels.append(f'<th scope="row">{label}{lines}</th>')
    return labels


def _words(names: Iterable[str], lang: Language) -> str:
    return (" × " if lang == "en" else "×").join(_word(name, lang) for name in names if name)


def _word(name: str, lang: Language) -> str:
    """Return the word for a column or table; a register's own column keeps its name."""
    key = f"word_{name}"
    return text(key, lang) if key in texts() else name


def _number(figure: str) -> str:
    return f'<td class="number">{escape(figure)}</td>'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], lang: Language) -> str:
    names = "".join(
        f'<th scope="col"{"" if name in _WORDS else _NUMBER}>'
        f"{escape(text(f'certificate_head_{name}', lang))}</th>"
        for name in head
    )
    body = "\n".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table>\n<thead><tr>{names}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table></div>"
    )


def _heading(key: str, lang: Language) -> str:
    return f"<h2>{escape(text(key, lang))}</h2>"


def _paragraph(key: str, lang: Language) -> str:
    return f"<p>{escape(text(key, lang))}</p>"
