"""Faults: errors that stop, and problems that are listed; every text in two languages.

A message never holds a person's value: it names the file, the row, the column
or the layer, says why, and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from tsukuba_gis.messages import Language, text


class TsukubaGisError(ValueError):
    """A fault that a user can mend; shown without a traceback.

    Parameters
    ----------
    key
        Name of the text in the table of :mod:`tsukuba_gis.messages`.
    **values
        What the text's ``{placeholders}`` are filled with: names of files,
        columns, layers and counts; never a person's values.

    Examples
    --------
    >>> error = InputError("file_missing", path="people.csv")
    >>> str(error)
    'people.csv: there is no such file. Check the path.'
    >>> error.say("ja")
    'people.csv: ファイルがありません。パスを確認してください。'
    """

    def __init__(self, key: str, /, **values: object) -> None:
        self.key = key
        self.values = values
        super().__init__(self.say("en"))

    def __reduce__(self) -> tuple[object, ...]:
        # Made again from its key: an exception that crosses processes is otherwise from its text.
        return partial(type(self), **self.values), (self.key,)

    def say(self, lang: Language) -> str:
        """Return the message in Japanese (``"ja"``) or English (``"en"``)."""
        return text(self.key, lang, **self.values)


class InputError(TsukubaGisError):
    """A file or table cannot be used as it is."""


class CRSError(TsukubaGisError):
    """A coordinate reference system is missing, wrong, or does not fit the numbers."""


class DisclosureError(TsukubaGisError):
    """A step was refused because it could reveal something about a person."""


class MissingExtraError(TsukubaGisError, ImportError):
    """An optional dependency is not installed; the message names the extra."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault of an input: where, what, why and what to do. Never a value."""

    severity: Literal["error", "warning", "info"]
    file: str
    row: int | None
    column: str | None
    key: str
    values: Mapping[str, object] = field(default_factory=dict)
