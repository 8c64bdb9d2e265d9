"""Sections of the review in the words of the guideline: techniques by column, items of the rule."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final, Literal

from tsukuba_gis.messages import text
from tsukuba_gis.pseudo.sheet import BOX, cell, grid, heading, label, paragraph, word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tsukuba_gis.messages import Language
    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.statistics import Statistics

Technique = Literal["deletion", "generalisation", "top_coding", "microaggregation", "pseudo"]
Role = Literal["number", "age", "category", "place", "carried", "amount", "measurement", "point"]

# Techniques of each role, in the words of the guideline.
_TECHNIQUES: Final[dict[Role, tuple[Technique, ...]]] = {
    "number": ("deletion", "pseudo"),
    "age": ("generalisation", "top_coding", "pseudo"),
    "category": ("generalisation", "pseudo"),
    "place": ("generalisation", "pseudo"),
    "carried": ("generalisation", "deletion"),
    "amount": ("top_coding", "microaggregation", "pseudo"),
    "measurement": ("top_coding", "microaggregation", "pseudo"),
    "point": ("deletion", "generalisation", "pseudo"),
}
_ITEMS: Final = (1, 2, 3, 4, 5)


def treatment(statistics: Statistics, lang: Language) -> Iterable[str]:
    """Tell which techniques each column of the register was treated with."""
    spec = statistics.spec
    metres = int(spec.mesh_metres)
    rows = []
    for column in statistics.columns:
        role = _role(column, spec)
        values = {"metres": metres} if role == "point" else {}
        own, used = word(column, lang), _TECHNIQUES[role]
        told = text(f"review_role_{role}", lang, **values)
        if column in spec.mean_columns:  # to round is to generalise, in the guideline's words
            used = ("generalisation", *used)
            told += (" " if lang == "en" else "") + text(
                "review_role_means", lang, digits=spec.mean_digits
            )
        rows.append(
            [
                label(own, column if own != column else ""),
                f"<td>{_techniques(used, lang)}</td>",
                cell(told),
            ]
        )
    yield heading("review_columns", lang)
    yield paragraph("review_columns_text", lang)
    yield grid(heads(["column", "technique", "treatment"], lang), rows)
    if spec.epsilon is None:
        yield paragraph("review_not_used", lang)
    else:
        yield paragraph("review_noise_used", lang)


def _role(column: str, spec: Spec) -> Role:
    """Return the part that a column of the register plays."""
    if column in (spec.person, spec.household):
        return "number"
    if column in (spec.lon, spec.lat):
        return "point"
    if column == spec.age:
        return "age"
    if column in (spec.cluster, spec.area):
        return "place"
    if column in spec.carried:
        return "carried"
    if column in spec.sums:
        return "amount"
    return "measurement" if column in spec.numeric else "category"


def _techniques(techniques: Iterable[Technique], lang: Language) -> str:
    other: Language = "en" if lang == "ja" else "ja"
    return "".join(
        f'<span class="technique">{escape(text(f"technique_{name}", lang))}'
        f"<small>{escape(text(f'technique_{name}', other))}</small></span>"
        for name in techniques
    )


def law(statistics: Statistics, lang: Language) -> Iterable[str]:
    """Tell how each item of the rule is answered, with a box for the officer to tick."""
    rows = []
    for item in _ITEMS:
        if item == 5 and not statistics.audited:
            words_of = escape(text("review_law_5_missing", lang))
            answer = f'<td class="not-yet">{words_of}</td>'
        else:
            answer = cell(text(f"review_law_{item}_answer", lang))
        rows.append([label(text(f"review_law_{item}", lang)), answer, f"<td>{BOX}</td>"])
    yield heading("review_law", lang)
    yield paragraph("review_law_text", lang)
    yield grid(heads(["item", "answer", "seen"], lang), rows)


def heads(names: Iterable[str], lang: Language) -> list[str]:
    """Return the heads of a table of the review."""
    return [
        text("review_contents" if name == "contents" else f"review_head_{name}", lang)
        for name in names
    ]
