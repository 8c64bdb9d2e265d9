"""What the difference of two releases tells: kinds of findings, and each in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tsukuba_gis.messages import text

if TYPE_CHECKING:
    from tsukuba_gis.messages import Language

Kind = Literal[
    "small_change", "small_rest", "shown_now", "hidden_now", "sum_change", "mean_change"
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the difference of two releases tells: a kind, a table, and in how many places."""

    kind: Kind
    table: str
    n: int
    k: int

    def say(self, lang: Language) -> str:
        """Return the finding in words.

        Examples
        --------
        >>> Finding(kind="small_change", table="bands", n=2, k=10).say("en")
        'The same cell changed by 1 to 9: 2 places (table bands)'
        """
        return text(f"ledger_kind_{self.kind}", lang, n=self.n, table=self.table, below=self.k - 1)
