"""The review: one page on which the privacy officer reads what a statistics file tells, and signs.

All of it is computed from the statistics file; no record is read.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tsukuba_gis.messages import table as texts
from tsukuba_gis.messages import text
from tsukuba_gis.pseudo.coverage import Coverage, band_coverage, coverage_of
from tsukuba_gis.pseudo.guideline import heads, law, treatment
from tsukuba_gis.pseudo.sheet import (
    BOX,
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
from tsukuba_gis.pseudo.statistics import COUNTED
from tsukuba_gis.pseudo.written import families

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tsukuba_gis.messages import Language
    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.statistics import Statistics

_NOT_CLAIMED: Final = ("class", "dp", "research", "guarantee", "again")
_CHECKS: Final = ("hash", "audit", "rules", "columns", "open", "ledger", "purpose", "after")
_SIGNERS: Final = ("maker", "officer", "head")


def write_review(statistics: Statistics, path: str | Path, *, lang: Language) -> Path:
    """Write the review as one HTML page without scripts or outside files.

    Parameters
    ----------
    statistics
        The statistics file, audited or not: the page says which.
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
    path.write_text(review(statistics, lang=lang), encoding="utf-8", newline="\n")
    return path


def review(statistics: Statistics, *, lang: Language) -> str:
    """Return the review as HTML; the same statistics give the same page.

    Parameters
    ----------
    statistics
        The statistics file, audited or not.
    lang
        ``"ja"`` or ``"en"``.
    """
    coverage = [band_coverage(statistics), *map(coverage_of, families(statistics)[1].values())]
    body = (
        *_summary(statistics, lang),
        *_file(statistics, lang),
        *_tables(coverage, statistics, lang),
        *_numbers(statistics, lang),
        *_merges(statistics, lang),
        *_audit(statistics, lang),
        *treatment(statistics, lang),
        *law(statistics, lang),
        *_not_claimed(lang),
        *_checks(lang),
        *_signatures(lang),
        *_levels(coverage, statistics, lang),
    )
    return sheet(
        text("review_title", lang), body, notice=text("review_notice", lang), lang=lang,
        styles=("sheet.css", "review.css"),
    )  # fmt: skip


def _ready(statistics: Statistics) -> tuple[str, dict[str, object]]:
    """Return the verdict: key of its text, and values."""
    k = statistics.spec.k
    narrow = int(statistics.audit.get("narrower_than_half_k", 0))
    small, _ = statistics.small_counts()
    if small:
        return "review_small_left", {"k": k, "n": small}
    if not statistics.audited:
        return "review_not_audited", {}
    if narrow:
        return "review_narrow_left", {"n": narrow}
    return "review_audited", {"half": f"{k / 2:g}"}


def _summary(statistics: Statistics, lang: Language) -> Iterable[str]:
    key, values = _ready(statistics)
    kind = "yes" if key == "review_audited" else "no"
    yield paragraph("review_lead", lang)
    yield f'<p class="verdict {kind}">{escape(text(key, lang, **values))}</p>'


def _file(statistics: Statistics, lang: Language) -> Iterable[str]:
    spec = statistics.spec
    people = text(
        "review_people_value", lang, persons=int(statistics.tables["bands"].persons.sum()),
        clusters=len(statistics.codes["cluster"]), column=word(spec.cluster, lang),
    )  # fmt: skip
    contents = text(
        "review_contents_value", lang, tables=len(statistics.tables), counts=statistics.counts
    )
    units = (
        text("review_units_value", lang, units=spec.units) if spec.household
        else text("review_no_units", lang)
    )  # fmt: skip
    profile = "review_profile_ndb" if spec.profile == "ndb" else "review_profile_plain"
    zeros = "review_zeros_exact" if spec.zeros == "exact" else "review_zeros_free"
    rows = [
        ("review_hash", statistics.sha256),
        ("review_contents", contents),
        ("review_people", people),
        ("review_origin", text("review_origin_value", lang)),
        ("review_k", text("review_k_value", lang, k=spec.k)),
        ("review_units", units),
        ("review_zeros", text(zeros, lang)),
        ("review_profile", text(profile, lang, double=2 * spec.k)),
    ]
    if spec.sums:
        share = text("review_dominance_value", lang, share=percent(spec.dominance))
        rows.insert(6, ("review_dominance", share))
    if spec.epsilon is not None:
        rows.append(("review_noise", noise_told(spec, lang)))
    yield heading("review_file", lang)
    yield entries((text(key, lang), value) for key, value in rows)


def _tables(coverage: Iterable[Coverage], statistics: Statistics, lang: Language) -> Iterable[str]:
    head = ["table", "cells", "exact", "pooled", "modelled", "share"]
    with_empty = statistics.spec.zeros == "exact"
    if with_empty:
        head.insert(3, "empty")
    rows = []
    for table in coverage:
        unit = text(f"review_unit_{table.unit}", lang)
        aimed = " *" if table.name.startswith("area_") else ""
        figures = [table.cells, table.exact, table.pooled, table.modelled]
        if with_empty:
            figures.insert(2, table.empty)
        name = f"{word(f'table_{table.name}', lang)}{aimed} ({unit})"
        rows.append(
            [
                label(name, _named(table.columns, statistics.spec, lang)),
                *(number(f"{figure:,}") for figure in figures),
                number(percent(table.share)),
            ]
        )
    yield heading("review_tables", lang)
    yield paragraph("review_tables_text", lang)
    yield grid(heads(head, lang), rows, numbers=range(1, len(head)))
    if statistics.spec.area:
        yield paragraph("review_tables_aimed", lang)


def _numbers(statistics: Statistics, lang: Language) -> Iterable[str]:
    rows = []
    spec, areas = statistics.spec, len(statistics.tables["areas"])
    for name, table in statistics.tables.items():
        key = f"review_table_{name}"
        told: dict[str, dict[str, object]] = {
            "mesh": {"metres": int(spec.mesh_metres)},
            "area_means": {
                "digits": spec.mean_digits, "share": percent(spec.dominance),
                "hidden": areas * len(spec.mean_columns) - len(table),
            },
        }  # fmt: skip
        means = text(key if key in texts() else "review_table_other", lang, **told.get(name, {}))
        counts = [table[column].to_numpy(dtype=float) for column in COUNTED if column in table]
        smallest = [values[values > 0].min() for values in counts if (values > 0).any()]
        least = f"{min(smallest):,.0f}" if smallest else "–"
        rows.append([label(f"{name}.csv"), cell(means), number(f"{len(table):,}"), number(least)])
    yield heading("review_numbers", lang)
    yield paragraph("review_numbers_text", lang)
    head = ["file", "contents", "rows", "smallest"]
    yield grid(heads(head, lang), rows, numbers=(2, 3))


def _merges(statistics: Statistics, lang: Language) -> Iterable[str]:
    named = {name: f"review_merge_{name}" for name in statistics.merges}
    yield heading("review_merges", lang)
    yield paragraph("review_merges_text", lang)
    yield entries(
        (text(key, lang) if key in texts() else name, _merged(name, statistics))
        for name, key in named.items()
    )


def _merged(name: str, statistics: Statistics) -> str:
    """Return how many, as far as it is told."""
    n = statistics.merges[name]
    few = n == 0 and name not in {"areas_merged", "clusters_merged"}
    return f"0–{statistics.spec.k - 1}" if few else f"{n:,}"


def _audit(statistics: Statistics, lang: Language) -> Iterable[str]:
    yield heading("review_audit", lang)
    if not statistics.audited:
        yield f'<p class="not-yet">{escape(text("review_audit_missing", lang))}</p>'
        return
    found, k = statistics.audit, statistics.spec.k
    yield paragraph("review_audit_how", lang)
    yield paragraph(
        "review_audit_found", lang, published=found["published"], hidden=found["hidden"],
        open=found["hidden_open"], below=k - 1, pinned=found["pinned"], half=f"{k / 2:g}",
        narrow=found["narrower_than_half_k"], wide=percent(found["share_at_least_k_wide"]),
    )  # fmt: skip
    if found.get("narrow_by_totals"):
        yield paragraph("review_audit_totals", lang, n=found["narrow_by_totals"])
    yield paragraph("review_audit_given_up", lang, n=found["given_up"])
    yield paragraph("review_audit_limits", lang)


def _not_claimed(lang: Language) -> Iterable[str]:
    yield heading("review_not", lang)
    items = "".join(f"<li>{escape(text(f'review_not_{n}', lang))}</li>" for n in _NOT_CLAIMED)
    yield f"<ul>{items}</ul>"


def _checks(lang: Language) -> Iterable[str]:
    yield heading("review_check", lang)
    items = "".join(f"<li>{BOX}{escape(text(f'review_check_{n}', lang))}</li>" for n in _CHECKS)
    yield f'<ul class="check">{items}</ul>'


def _signatures(lang: Language) -> Iterable[str]:
    choices = "".join(
        f'<span class="choice">{BOX}{escape(text(f"review_decision_{choice}", lang))}</span>'
        for choice in ("approve", "conditional", "refuse")
    )
    head = heads(["role", "office", "name", "date", "signature"], lang)
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = "".join(
        f"<tr>{label(text(f'review_sign_{signer}', lang))}{'<td></td>' * (len(head) - 1)}</tr>"
        for signer in _SIGNERS
    )
    yield f'<div class="keep">{heading("review_sign", lang)}'
    yield f'<p class="decision">{choices}</p>'
    yield f'<p class="write">{escape(text("review_remarks", lang))}</p>'
    yield (
        f'<table class="sign"><thead><tr>{names}</tr></thead><tbody>{lines}</tbody></table></div>'
    )


def _levels(coverage: Iterable[Coverage], statistics: Statistics, lang: Language) -> Iterable[str]:
    rows = [
        [
            label(word(f"table_{table.name}", lang)),
            cell(_named(columns, statistics.spec, lang)),
            number(f"{cells:,}"),
            number(f"{published:,}"),
        ]
        for table in coverage
        for columns, cells, published in table.levels
    ]
    yield heading("review_levels", lang)
    yield paragraph("review_levels_text", lang)
    yield grid(heads(["table", "columns", "cells", "published"], lang), rows, numbers=(2, 3))


def _named(columns: Iterable[str], spec: Spec, lang: Language) -> str:
    """Return the columns of a table in words: the register's names, or the package's own."""
    own = {
        "cluster": spec.cluster, "area": spec.area, "sex": spec.sex, "care": spec.care,
        "type": spec.household_type, "relation": spec.relation, "start": "~age5",
        "ten": "~age10", "old": "~65plus", "band": "~band",
    }  # fmt: skip
    return words((own.get(key, f"~{key}") or "" for key in columns), lang)
