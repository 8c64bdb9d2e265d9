"""The proof as an object: the figures, the tables, and whether every hard condition holds."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.messages import LANGUAGES, text
from tsukuba_gis.pseudo.noise import noise_of
from tsukuba_gis.pseudo.proof.story import told_by

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.pseudo.proof.metric import Metric
    from tsukuba_gis.pseudo.proof.story import Told
    from tsukuba_gis.pseudo.spec import Spec

# Gates without which nothing can be said of a statistics file.
FILE_GATES: Final = ("audited", "audit_narrow", "small_published", "declared_kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is measured.

    Parameters
    ----------
    share
        Share of all households that the records under attack are made from, at
        most 0.3; as many were never used.
    sample
        Most rows of each side that are searched for their nearest row, or told apart.
    splits
        How often people are divided anew. The figures are means over the
        divisions; the intervals are those of one division, since the divisions
        share people and are not independent.
    permutations
        Of the areas' classes.
    """

    share: float = 0.3
    sample: int = 20_000
    splits: int = 1
    permutations: int = 9_999

    @property
    def full(self) -> bool:
        """True if no less was measured than a release needs."""
        return all(
            getattr(self, field.name) >= getattr(FULL, field.name)
            for field in dataclasses.fields(self)
        )


# What a release needs; and what a demonstration can wait for.
FULL: Final = Effort(splits=3)
QUICK: Final = Effort(share=0.1, sample=3_000, permutations=1_999)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """The first line of every report: who sits in exact cells, and how many cells there are.

    ``share`` of people in the exact cells of ``columns``; ``cells`` exact and
    ``modelled`` over all tables.
    """

    columns: tuple[str, ...]
    share: float
    cells: int
    modelled: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Evaluation:
    """The proof: what was measured, on how many, and whether every hard condition holds.

    Holds no person, and no count below k.

    Parameters
    ----------
    metrics
        Gates first, then risk, smoke tests, utility.
    tables
        The tables of the statistics file, level by level: see
        :func:`tsukuba_gis.pseudo.proof.recount.recount`; empty in swap mode.
    sha256
        Hash of the statistics file, "" in swap mode.
    persons, households
        Number of pseudo records, and of their households (0 if there are none).
    k, seed, version
        Threshold, seed of the holdout draw, version of the package.
    effort
        How much was measured.
    holdout
        Persons in source, holdout, control and background, of one division.
    not_measured
        Metrics left out, and the key of the text that says why.
    care
        The register has care levels.
    spec
        The rules: with noise, epsilon and what stays exact are told.
    """

    metrics: tuple[Metric, ...]
    tables: pd.DataFrame = field(repr=False)
    sha256: str
    persons: int
    households: int
    k: int
    seed: int
    version: str
    effort: Effort
    holdout: tuple[int, int, int, int]
    not_measured: dict[str, str]
    care: bool
    spec: Spec | None = None

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the gates that do not hold."""
        return tuple(m.name for m in self.metrics if m.kind == "gate" and m.passed is False)

    @property
    def passed(self) -> bool:
        """True if no gate failed."""
        return not self.failed

    @property
    def guaranteed(self) -> bool:
        """True if the guarantee may be stated: a file was the only source, and all gates hold."""
        held = {m.name for m in self.metrics if m.kind == "gate" and m.passed}
        return bool(self.sha256) and self.passed and set(FILE_GATES) <= held

    @property
    def exact(self) -> Exact | None:
        """What is exact; None in swap mode.

        The share is of the care table by cluster and 65+, or of the age table
        where the register has no care levels.
        """
        counted = self.tables
        if len(counted) == 0:
            return None
        claimed = counted[counted.role != "profile"]
        care = claimed[(claimed.table == "care") & (claimed.level == "old")]
        shown = (care if len(care) and self.care else claimed).iloc[0]
        return Exact(
            columns=tuple(str(shown["columns"]).split(",")),
            share=int(shown.persons) / max(self.persons, 1),
            cells=int(claimed.kept.sum()),
            modelled=int((claimed.cells - claimed.kept).sum()),
        )

    @property
    def story(self) -> tuple[Told, ...]:
        """What both tables tell of each indicator by area; empty if that was not measured."""
        return told_by(self.metrics)

    def _noise(self) -> dict[str, Any] | None:
        noise = None if self.spec is None else noise_of(self.spec)
        if noise is None:
            return None
        exact = {lang: text("noise_invariants", lang) for lang in LANGUAGES}
        return {**dataclasses.asdict(noise), "invariants": exact}

    def metric(self, name: str, *subject: str) -> Metric:
        """Return the first metric of this name whose subject holds all of ``subject``."""
        return next(m for m in self.metrics if m.name == name and set(subject) <= set(m.subject))

    def require_passed(self) -> None:
        """Raise unless every gate holds.

        Raises
        ------
        DisclosureError
            Naming the gates that failed.
        """
        if self.failed:
            raise DisclosureError("pseudo_gates_failed", gates=", ".join(self.failed))

    def to_json(self) -> str:
        """Return everything as JSON; the same evaluation gives the same text."""
        content = {
            "passed": self.passed, "failed": list(self.failed), "statistics_sha256": self.sha256,
            "persons": self.persons, "households": self.households, "k": self.k,
            "seed": self.seed, "version": self.version,
            "effort": dataclasses.asdict(self.effort),
            "noise": self._noise(),
            "exact": None if self.exact is None else dataclasses.asdict(self.exact),
            "holdout": dict(
                zip(("source", "holdout", "control", "background"), self.holdout, strict=True)
            ),
            "metrics": [
                {**dataclasses.asdict(m), "passed": m.passed, "parts": dict(m.parts)}
                for m in self.metrics
            ],
            "story": [told.row() for told in self.story],
            "tables": self.tables.to_dict(orient="records"),
            "not_measured": self.not_measured,
        }  # fmt: skip
        return json.dumps(_plain(content), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Return plain values: NaN and infinity as null, numbers to four digits.

    With more, a figure of all areas would tell the last that are not published.
    """
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(f"{value:.4g}") if math.isfinite(value) else None
    return value
