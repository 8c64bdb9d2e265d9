"""Concordance: which area of one date is which area of another."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tsukuba_gis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

_KANJI: Final = str.maketrans("一二三四五六七八九", "123456789")
_CHOME: Final = re.compile(r"([一二三四五六七八九十]+|\d+)丁目?(?!\d)")
_VARIANTS: Final = str.maketrans({"ヶ": "ケ", "之": "ノ", "の": "ノ", "乃": "ノ", "ヵ": "カ"})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Concordance:
    """Areas of an earlier date and what they are later.

    Parameters
    ----------
    frame
        Index: earlier area; columns ``area`` (later one; missing: it has
        vanished) and ``how`` (``"same"``, ``"given"``, ``"name"``, ``"vanished"``).
    appeared
        Later areas to which no earlier one belongs.
    """

    frame: pd.DataFrame = field(repr=False)
    appeared: tuple[str, ...]

    @property
    def vanished(self) -> tuple[str, ...]:
        """Earlier areas that are none of the later ones."""
        return tuple(self.frame.index[self.frame["how"] == "vanished"])


def place_key(name: str) -> str:
    """Return the form in which names of places are compared.

    Widths, blanks, 大字 and 字 at the beginning, the spellings ケ/ヶ and の/之/ノ,
    and kanji numbers before 丁目 do not matter.

    Examples
    --------
    >>> place_key("大字　竹園３丁目") == place_key("竹園三丁目")
    True
    >>> place_key("梅ヶ丘"), place_key("十四丁目")
    ('梅ケ丘', '14丁目')
    """
    plain = "".join(unicodedata.normalize("NFKC", name).split()).translate(_VARIANTS)
    plain = re.sub(r"^(?:大字|字)(?=.)", "", plain)
    return _CHOME.sub(lambda found: f"{_number(found[1])}丁目", plain)


def _number(shown: str) -> str:
    if shown.isdigit() or "十" not in shown:
        return shown.translate(_KANJI)
    tens, ones = shown.split("十", 1)
    return str(10 * int(tens.translate(_KANJI) or 1) + int(ones.translate(_KANJI) or 0))


def concordance(
    earlier: pd.Index[str], later: pd.Index[str], *, given: Mapping[str, str] | None = None
) -> Concordance:
    """Find out which earlier area is which later one.

    Parameters
    ----------
    earlier, later
        Names or codes of the areas at two dates, each once.
    given
        Earlier → later where the caller knows: areas that were renamed, or put
        together with another. It goes before everything else; areas that
        ``earlier`` lacks are left aside (one list may serve several dates).

    Returns
    -------
    Concordance
        By ``given``, else the same spelling, else the same name in the sense of
        :func:`place_key` where only one area on either side has it. Nothing is guessed.

    Raises
    ------
    InputError
        If ``given`` leads to an area that ``later`` lacks.

    Examples
    --------
    >>> import pandas as pd
    >>> found = concordance(pd.Index(["谷田部", "竹園三丁目", "旧村"]),
    ...                     pd.Index(["谷田部", "竹園３丁目", "研究学園"]))
    >>> found.frame["how"].tolist(), found.vanished, found.appeared
    (['same', 'name', 'vanished'], ('旧村',), ('研究学園',))
    """
    import pandas as pd

    if not earlier.is_unique or not later.is_unique:
        raise InputError("cohort_areas_twice")
    given = dict(given or {})
    unknown = [name for name in given.values() if name not in later]
    if unknown:
        raise InputError("cohort_area_unknown", area=unknown[0])
    keys = pd.Series(earlier, index=earlier).map(place_key)
    reached = pd.Series(later, index=later.map(place_key))
    reached = reached[~reached.index.duplicated(keep=False)]
    once = ~keys.duplicated(keep=False)
    rows: list[tuple[str | None, str]] = []
    for name in earlier:
        if name in given:
            rows.append((given[name], "given"))
        elif name in later:
            rows.append((name, "same"))
        elif once[name] and keys[name] in reached.index and reached[keys[name]] not in earlier:
            rows.append((reached[keys[name]], "name"))
        else:
            rows.append((None, "vanished"))
    frame = pd.DataFrame(rows, index=earlier.rename("earlier"), columns=["area", "how"])
    met = set(frame["area"].dropna())
    return Concordance(frame=frame, appeared=tuple(name for name in later if name not in met))


def carry(table: pd.DataFrame, found: Concordance) -> pd.DataFrame:
    """Return an earlier table with the later areas; those put together are added up.

    Areas that vanished keep their row and name: they belong to the city.
    """
    names = found.frame["area"].reindex(table.index)
    names = names.where(names.notna(), table.index.to_series())
    summed: pd.DataFrame = table.groupby(names.to_numpy(), sort=False).sum(min_count=1)
    return summed.set_axis(summed.index.rename(table.index.name), axis=0)
