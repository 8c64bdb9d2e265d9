"""Every text that a person reads, in Japanese and English, from one table.

The table is the TOML files beside this one, one for each room that speaks:
an entry a text, with the keys ``ja`` and ``en``. Maps, report, command line and
plugin take their words from here, so that a term cannot drift between them.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")


@cache
def table() -> dict[str, dict[str, str]]:
    """Return the whole table: key → language → text.

    Raises
    ------
    ValueError
        If two files hold the same key.
    """
    whole: dict[str, dict[str, str]] = {}
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        part = tomllib.loads(path.read_text(encoding="utf-8"))
        again = whole.keys() & part.keys()
        if again:
            message = f"{path.name}: {min(again)} stands in another file too"
            raise ValueError(message)
        whole |= part
    return whole


def text(key: str, /, lang: Language = "ja", **values: object) -> str:
    """Return one text, with its placeholders filled.

    Parameters
    ----------
    key
        Name of the text.
    lang
        ``"ja"`` or ``"en"``.
    **values
        Values of the placeholders; a whole number gets thousands separators.

    Examples
    --------
    >>> text("notice_pseudo", "ja")
    '疑似データのため結果は現状に沿っていません'
    >>> text("notice_pseudo", "en")
    'Pseudo data: results do not reflect reality'
    """
    shown = {
        name: f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in values.items()
    }
    template = table()[key][lang]
    return template.format(**shown) if shown else template


def restated(said: str, lang: Language) -> str:
    """Return a text of the table in another language; what is not of the table, as it is.

    Examples
    --------
    >>> restated("疑似データのため結果は現状に沿っていません", "en")
    'Pseudo data: results do not reflect reality'
    >>> restated("district.shp", "en")
    'district.shp'
    """
    return next((entry[lang] for entry in table().values() if said in entry.values()), said)
