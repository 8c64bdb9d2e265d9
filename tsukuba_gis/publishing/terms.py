"""The terms on which a table leaves that is no result of a study: whose numbers it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.messages import LANGUAGES, Language, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

# "published": statistics that are public, or numbers of no persons at all. "unknown": nobody said.
Origin = Literal["reference", "pseudo", "invented", "published", "unknown"]

# Below it one of two people in a number would learn about the other.
LEAST_COUNT: Final = 3

_NOTICES: Final[dict[Origin, tuple[str, ...]]] = {
    "reference": ("notice_reference",),
    "pseudo": ("notice_pseudo",),
    "invented": ("notice_pseudo", "notice_invented"),
    "published": (),
    "unknown": (),
}


def notices_of(records: Origin, *, lang: Language, min_count: int) -> tuple[str, ...]:
    """Return what must stand on every map and table of numbers of a kind.

    Examples
    --------
    >>> notices_of("pseudo", lang="en", min_count=10)
    ('Pseudo data: results do not reflect reality',)
    """
    return tuple(text(key, lang, k=min_count) for key in _NOTICES[records])


def whose(notice: str) -> Origin:
    """Return what a notice says that numbers come from; ``"unknown"`` where it does not say.

    Examples
    --------
    >>> whose("Note: Pseudo data: results do not reflect reality"), whose("Source: census")
    ('pseudo', 'unknown')
    """
    told: tuple[Origin, ...] = ("reference", "invented", "pseudo")
    for records in told:
        key = _NOTICES[records][-1]
        if any(text(key, lang, k="K").partition("K")[0] in notice for lang in LANGUAGES):
            return records
    return "unknown"


def hidden_below(notice: str) -> int | None:
    """Return the number below which a notice says that numbers are hidden.

    Examples
    --------
    >>> hidden_below(notices_of("reference", lang="ja", min_count=5)[0])
    5
    """
    for lang in LANGUAGES:
        template = re.escape(text("notice_reference", lang, k="K")).replace("K", "([0-9]+)")
        found = re.search(template, notice)
        if found:
            return int(found[1])
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On which terms a table or a map may leave; every writer of one asks for them.

    Parameters
    ----------
    records
        Whose numbers they are. ``"reference"``: small numbers of persons are hidden.
        ``"unknown"``: as reference, and where there are small numbers nothing is written.
    notices
        What goes with it, in one language or in both.
    min_count
        Numbers of persons from 1 to one less are small.

    Raises
    ------
    DisclosureError
        If the notice that the kind needs is not among them, if there is none at all though
        nobody said whose numbers they are, or if ``min_count`` is under 3.

    Examples
    --------
    >>> Terms(records="pseudo", notices=("Source: city",))
    Traceback (most recent call last):
    ...
    tsukuba_gis.errors.DisclosureError: The notice is lacking: Pseudo data: results do not ...
    """

    records: Origin
    notices: tuple[str, ...]
    min_count: int = 10

    def __post_init__(self) -> None:
        if self.guarded and self.min_count < LEAST_COUNT:
            raise DisclosureError("publishing_min_count", least=LEAST_COUNT, k=self.min_count)
        needed = {
            lang: notices_of(self.records, lang=lang, min_count=self.min_count)[:1]
            for lang in LANGUAGES
        }
        if not any(all(each in self.notice for each in one) for one in needed.values()):
            raise DisclosureError("publishing_lacks_notice", notice=needed["en"][0])
        if self.records == "unknown" and not any(self.notices):
            raise DisclosureError("publishing_unstated")

    @property
    def guarded(self) -> bool:
        """Whether they may be numbers of real, single persons."""
        return self.records in ("reference", "unknown")

    @property
    def notice(self) -> str:
        """The notices in one line."""
        return " / ".join(self.notices)


def counts_in(frame: pd.DataFrame) -> list[str]:
    """Return the columns that hold whole numbers only, none negative: they may count persons.

    Examples
    --------
    >>> import pandas as pd
    >>> counts_in(pd.DataFrame({"falls": [3, 12], "share": [0.2, 0.5], "name": ["a", "b"]}))
    ['falls']
    """
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    found = []
    for name in map(str, frame.columns):
        if is_numeric_dtype(frame[name]) and not is_bool_dtype(frame[name]):
            numbers = frame[name].to_numpy(dtype=float, na_value=np.nan)
            known = numbers[np.isfinite(numbers)]
            if known.size and (known >= 0).all() and (known == np.rint(known)).all():
                found.append(name)
    return found


def hide_few(frame: Any, *, counts: Iterable[str], terms: Terms) -> Any:
    """Return a table without small numbers of persons, where they may be real.

    Parameters
    ----------
    frame
        The table; it stays as it is.
    counts
        Columns that count persons.
    terms
        Of pseudo, invented or published numbers: the table comes back as it is.

    Returns
    -------
    pandas.DataFrame
        Of reference records: numbers from 1 to ``min_count`` − 1 are missing.

    Raises
    ------
    DisclosureError
        If nobody said whose numbers they are, and some are small: names the columns, and how
        to say it.

    Examples
    --------
    >>> import pandas as pd
    >>> falls = pd.DataFrame({"falls": [3, 12, 0]}, index=["a", "b", "c"])
    >>> notices = notices_of("reference", lang="en", min_count=10)
    >>> terms = Terms(records="reference", notices=notices)
    >>> hide_few(falls, counts=["falls"], terms=terms)["falls"].tolist()
    [nan, 12.0, 0.0]
    """
    if not terms.guarded:
        return frame
    few = {}
    for name in counts:
        numbers = np.abs(frame[name].to_numpy(dtype=float, na_value=np.nan))
        with np.errstate(invalid="ignore"):
            small = (np.rint(numbers) > 0) & (np.rint(numbers) < terms.min_count)
        if small.any():
            few[name] = small
    if few and terms.records == "unknown":
        raise DisclosureError("publishing_small", columns=", ".join(few), k=terms.min_count - 1)
    return frame.assign(**{name: frame[name].astype(float).mask(few[name]) for name in few})


def check_points(n: int, *, terms: Terms, each: bool = False) -> None:
    """Raise unless places may be written, or what follows from where they are.

    Parameters
    ----------
    n
        How many they are.
    each
        Whether each is shown.

    Raises
    ------
    DisclosureError
        If they may be real persons: of places that are shown one by one always, else when
        nobody said what they are, or when they are fewer than ``min_count``.
    """
    if terms.records == "unknown":
        raise DisclosureError("publishing_points_unstated")
    if terms.guarded and (each or n < terms.min_count):
        raise DisclosureError("publishing_points", k=terms.min_count)
