"""The certificate: what was proved of pseudo records, on one page that an official can read."""

from __future__ import annotations

import math
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from tsukuba_gis.messages import text
from tsukuba_gis.pseudo.proof.story import CLASSES
from tsukuba_gis.pseudo.sheet import (
    cell,
    entries,
    grid,
    heading,
    label,
    noise_told,
    number,
    paragraph,
    percent,
    sheet,
    word,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tsukuba_gis.messages import Language
    from tsukuba_gis.pseudo.proof.evaluation import Evaluation
    from tsukuba_gis.pseudo.proof.metric import Metric

# bare: percentage points, under a head that says so.
Style = Literal["percent", "points", "bare", "count", "plain"]
# How the figure of a metric is written; all others are plain numbers.
_STYLES: Final[dict[str, Style]] = {
    **dict.fromkeys(("audited", "audit_narrow", "small_published"), "count"),
    **dict.fromkeys(
        (
            "declared_kept", "households_coherent", "inside_area", "same_columns", "small_cells",
            "dcr", "unique_rows", "linkage", "unchanged", "aimed_kept",
            "cells_equal", "tvd", "sums_equal", "area_means", "ratio_equal",
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
_WORDS: Final = ("what", "indicator", "table", "verdict")


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
    body = (
        *_summary(evaluation, lang),
        *_how(evaluation, lang),
        *_conditions(evaluation, lang),
        *_risks(evaluation, lang),
        *_uses(evaluation, lang),
        *_story(evaluation, lang),
        *_tables(evaluation, lang),
        *_origin(evaluation, lang),
    )
    return sheet(
        text("certificate_title", lang), body, lang=lang,
        notice=text("notice_pseudo" if evaluation.sha256 else "swap_notice", lang),
        styles=("sheet.css",),
    )  # fmt: skip


# ---- sections ------------------------------------------------------------------------------------


def _summary(evaluation: Evaluation, lang: Language) -> Iterable[str]:
    exact = evaluation.exact
    if exact is not None:
        line = text(
            "certificate_exact", lang, share=percent(exact.share), cells=exact.cells,
            modelled=exact.modelled,
        )  # fmt: skip
        of = text("certificate_exact_of", lang, columns=words(exact.columns, lang))
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
        guarantee = text(
            "certificate_guarantee", lang, sha256=evaluation.sha256, k=evaluation.k,
            tables=int(evaluation.tables.table.nunique()),
            cells=int(evaluation.tables.declared.sum()),
        )  # fmt: skip
        yield f"<blockquote>{escape(guarantee)}</blockquote>"
    if evaluation.spec is not None and evaluation.spec.epsilon is not None:
        yield f"<p>{escape(noise_told(evaluation.spec, lang))}</p>"
    if not evaluation.sha256:
        leak = text("swap_leak", lang, k=evaluation.k)
        yield paragraph("certificate_swap", lang, leak=leak)
    yield paragraph("certificate_not_claimed", lang)
    yield paragraph("certificate_not_research", lang)


def _how(evaluation: Evaluation, lang: Language) -> Iterable[str]:
    source, held, control, _ = evaluation.holdout
    how = text("certificate_how_text", lang, source=source, holdout=held, control=control)
    effort = evaluation.effort
    told = {"splits": effort.splits, "sample": effort.sample, "share": percent(effort.share)}
    yield heading("certificate_how", lang)
    yield f"<p>{escape(how)}</p>"
    yield paragraph("certificate_effort", lang, **told)
    if not evaluation.effort.full:
        yield f'<p class="quick">{escape(text("certificate_quick", lang, **told))}</p>'


def _conditions(evaluation: Evaluation, lang: Language) -> Iterable[str]:
    yield heading("certificate_conditions", lang)
    yield paragraph("certificate_conditions_text", lang)
    gates = [m for m in evaluation.metrics if m.kind == "gate"]
    rows = [
        [first, *_numbers(m, lang, ("value", "target")), _verdict(m, lang)]
        for m, first in zip(gates, _labels(gates, lang), strict=True)
    ]
    yield _table(("what", "value", "target", "verdict"), rows, lang)


def _risks(evaluation: Evaluation, lang: Language) -> Iterable[str]:
    yield heading("certificate_risk", lang)
    attacks = [
        m for m in evaluation.metrics if m.kind == "risk" and _STYLES.get(m.name) == "points"
    ]
    rows = [
        [
            first,
            *(number(_figure(m.parts[part], "percent", lang)) for part in ("source", "holdout")),
            *_numbers(m, lang, ("value", "interval", "null", "target"), style="bare"),
            _verdict(m, lang),
        ]
        for m, first in zip(attacks, _labels(attacks, lang), strict=True)
    ]  # fmt: skip
    head = ("what", "source", "holdout", "leak", "interval", "null", "target", "verdict")
    yield _table(head, rows, lang)
    yield _full(
        evaluation,
        lang,
        names=(
            "linkage",
            "unchanged",
            "membership",
            "membership_background",
            "unique_rows",
        ),
    )
    yield heading("certificate_cells", lang)
    yield f"<p>{escape(text('certificate_cells_text', lang, k=evaluation.k))}</p>"
    yield _full(evaluation, lang, names=("small_cells",))
    yield heading("certificate_smoke", lang)
    yield paragraph("certificate_smoke_text", lang)
    yield _full(evaluation, lang, names=("dcr", "nndr"))


def _uses(evaluation: Evaluation, lang: Language) -> Iterable[str]:
    yield heading("certificate_utility", lang)
    yield paragraph("certificate_utility_text", lang, share=percent(evaluation.effort.share))
    shown = dict.fromkeys(m.name for m in evaluation.metrics if m.kind == "utility")
    own = ("moran", "clusters")  # these have a table of their own
    yield _full(evaluation, lang, names=[name for name in shown if name not in own])


def _story(evaluation: Evaluation, lang: Language) -> Iterable[str]:
    """Show Moran's I and the classes of areas, real beside pseudo, indicator by indicator."""
    if not evaluation.story:
        return
    yield heading("certificate_story", lang)
    yield paragraph("certificate_story_text", lang)
    rows, counts = [], []
    for told in evaluation.story:
        first = label(_indicator(told.indicator, evaluation, lang))
        moran = " / ".join(_figure(i, "plain", lang) for i in told.moran)
        p = " / ".join("<0.001" if p < 0.001 else f"{p:.3f}" for p in told.p)
        row = [first, number(f"{told.difference.n:,}"), number(moran, f"p {p}")]
        for metric in (told.difference, told.kappa):
            between = _interval(metric, "plain", lang)
            row += [number(_figure(metric.value, "plain", lang), between.strip("–"))]
            row += [_verdict(metric, lang) if metric.measured else cell("–")]
        rows.append(row)
        classes = [" / ".join(f"{n:.0f}" for n in told.areas[kind]) for kind in CLASSES]
        counts.append([first, *map(number, classes)])
    head = ("indicator", "areas", "moran", "difference", "verdict", "kappa", "verdict")
    yield _table(head, rows, lang)
    yield paragraph("certificate_story_classes", lang, n=evaluation.effort.permutations)
    heads = [text("certificate_head_indicator", lang), *CLASSES[:-1], text("page_lisa_ns", lang)]
    yield grid(heads, counts, numbers=range(1, len(heads)))


def _indicator(name: str, evaluation: Evaluation, lang: Language) -> str:
    heavy = "care3-5" if evaluation.spec is None else evaluation.spec.heavy
    return text(f"indicator_{name}", lang, severe=heavy[4:])


def _tables(evaluation: Evaluation, lang: Language) -> Iterable[str]:
    counted = evaluation.tables
    if len(counted) == 0:
        return
    counted = counted[counted.role != "profile"]
    yield heading("certificate_tables", lang)
    yield paragraph("certificate_tables_text", lang)
    rows = []
    for row in counted.itertuples(index=False):
        crossed = words(str(row.columns).split(","), lang)
        name = label(word(f"table_{row.table}", lang), crossed)
        cells, kept, persons = int(str(row.cells)), int(str(row.kept)), int(str(row.persons))
        figures = [
            f"{cells:,}",
            f"{kept:,}",
            f"{cells - kept:,}",
            f"{persons:,}" if persons else "–",
        ]
        rows.append([name, *map(number, figures)])
    yield _table(("table", "cells", "exact", "modelled", "people"), rows, lang)


def _origin(evaluation: Evaluation, lang: Language) -> Iterable[str]:
    yield heading("certificate_origin", lang)
    size = text(
        "certificate_persons_value", lang, persons=evaluation.persons,
        households=evaluation.households,
    )  # fmt: skip
    origin = [
        ("certificate_persons", size),
        ("certificate_k", str(evaluation.k)),
        ("certificate_hash", evaluation.sha256 or "–"),
        ("certificate_seed", f"{evaluation.seed}, {evaluation.version}"),
    ]
    for name, reason in evaluation.not_measured.items():
        origin.append(
            ("certificate_omitted", f"{text(f'metric_{name}', lang)}: {text(reason, lang)}")
        )
    yield entries((text(key, lang), value) for key, value in origin)


def _full(evaluation: Evaluation, lang: Language, *, names: Sequence[str]) -> str:
    chosen = [m for m in evaluation.metrics if m.name in names]
    columns = ("value", "interval", "null", "target", "n")
    rows = [
        [first, *_numbers(m, lang, columns), _verdict(m, lang)]
        for m, first in zip(chosen, _labels(chosen, lang), strict=True)
    ]
    return _table(("what", *columns, "verdict"), rows, lang)


# ---- cells ---------------------------------------------------------------------------------------


def _numbers(
    metric: Metric, lang: Language, columns: Sequence[str], *, style: Style | None = None
) -> list[str]:
    style = style or _STYLES.get(metric.name, "plain")
    bounds = [bound for bound in (metric.at_least, metric.at_most) if bound is not None]
    shown = _figure(metric.value, style, lang)
    figures = {
        # Not rounded to the target: what fails by little would look as if it were met.
        "value": percent(metric.value, *bounds) if shown.endswith("%") else shown,
        "interval": _interval(metric, style, lang),
        "null": _figure(metric.null, style, lang),
        "target": _target(metric, style, lang),
        "n": f"{metric.n:,}",
    }
    return [number(figures[column]) for column in columns]


def _figure(value: float, style: Style, lang: Language) -> str:
    if math.isnan(value):
        return "–"
    if style == "count":
        return f"{value:,.0f}"
    if style == "percent":
        return percent(value)
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
        about = words(metric.subject, lang) if metric.kind != "gate" else ""
        means = "" if metric.name in said else text(f"metric_{metric.name}_means", lang)
        said.add(metric.name)
        labels.append(label(text(f"metric_{metric.name}", lang), about, means))
    return labels


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], lang: Language) -> str:
    names = [text(f"certificate_head_{name}", lang) for name in head]
    return grid(names, rows, numbers=[i for i, name in enumerate(head) if name not in _WORDS])
