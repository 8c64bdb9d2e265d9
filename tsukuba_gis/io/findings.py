"""What is wrong with a file, gathered row by row and said in order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from tsukuba_gis.errors import InputError, Problem, TsukubaGisError
from tsukuba_gis.messages import text

if TYPE_CHECKING:
    from tsukuba_gis.messages import Language

FIRST_ROWS: Final = 5  # rows of one fault that are named one by one; the rest are counted


class Findings:
    """Gathers the problems of one file.

    Parameters
    ----------
    path
        The file; only its name is shown.
    """

    def __init__(self, path: Path) -> None:
        self.file = path.name
        self._problems: list[Problem] = []

    def add(
        self,
        severity: Literal["error", "warning", "info"],
        key: str,
        *,
        column: str | None = None,
        **values: object,
    ) -> None:
        """Note a fault of the whole file or of a column."""
        self._problems.append(self._problem(severity, key, None, column, values))

    def add_error(self, error: TsukubaGisError) -> None:
        """Note an error instead of raising it."""
        self._problems.append(self._problem("error", error.key, None, None, error.values))

    def add_rows(
        self,
        severity: Literal["error", "warning"],
        key: str,
        rows: np.ndarray,
        *,
        column: str | None = None,
        **values: object,
    ) -> None:
        """Note a fault of rows: the first few one by one, then how many more there are."""
        for row in rows[:FIRST_ROWS]:
            self._problems.append(self._problem(severity, key, int(row), column, values))
        more = len(rows) - FIRST_ROWS
        if more > 0:
            counted = {**values, "n": more}
            self._problems.append(self._problem(severity, "more_rows", None, column, counted))

    def _problem(
        self,
        severity: Literal["error", "warning", "info"],
        key: str,
        row: int | None,
        column: str | None,
        values: dict[str, object],
    ) -> Problem:
        return Problem(
            severity=severity, file=self.file, row=row, column=column, key=key, values=values
        )

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems, errors first, otherwise as they were found."""
        order = {"error": 0, "warning": 1, "info": 2}
        return tuple(sorted(self._problems, key=lambda problem: order[problem.severity]))


def describe(problem: Problem, lang: Language) -> str:
    """Return one line: file, row, column, what is wrong, and what to do.

    Examples
    --------
    >>> problem = Problem(severity="error", file="a.csv", row=3, column="年齢", key="value_missing")
    >>> describe(problem, "en")
    'a.csv, row 3, "年齢": the cell is empty. Fill it in.'
    """
    if {"path", "file"} & set(problem.values):  # the text of an error names its file itself
        return text(problem.key, lang, **problem.values)
    place = problem.file
    if problem.row is not None:
        place += text("place_row", lang, row=problem.row)
    if problem.column is not None:
        place += text("place_column", lang, column=problem.column)
    return f"{place}: {text(problem.key, lang, **problem.values)}"


class FaultyRowsError(InputError):
    """Rows of a file cannot be used; ``problems`` holds each fault.

    The message is a headline and one line for each problem that is an error.
    """

    def __init__(self, problems: tuple[Problem, ...], **values: object) -> None:
        self.problems = problems
        super().__init__("rows_faulty", **values)

    def say(self, lang: Language) -> str:
        """Return the headline and the list of errors."""
        errors = [problem for problem in self.problems if problem.severity == "error"]
        return "\n".join([super().say(lang), *(f"- {describe(p, lang)}" for p in errors)])
