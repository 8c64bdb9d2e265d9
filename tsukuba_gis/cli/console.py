"""What the commands share: language, progress, and a console that never fails on a letter."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from tsukuba_gis.messages import LANGUAGES, Language, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tsukuba_gis.result import MatchReport

_LANG_VARIABLE = "TSUKUBA_GIS_LANG"


def default_lang() -> Language:
    """Return the language of messages: the variable, else the locale, else Japanese."""
    chosen = os.environ.get(_LANG_VARIABLE, "")
    if chosen in LANGUAGES:
        return "en" if chosen == "en" else "ja"
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    return "en" if locale.startswith("en") else "ja"


lang_option = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default=default_lang,
    help=f"Language of messages and outputs. Default: ${_LANG_VARIABLE}, else the locale.",
)


class Progress:
    """A bar on a terminal, nothing elsewhere; each step is named."""

    def __init__(self, steps: int, lang: Language, *, quiet: bool) -> None:
        from tqdm import tqdm

        hidden = quiet or not sys.stderr.isatty()
        self.lang = lang
        self.started = False
        self.bar: tqdm[Any] = tqdm(total=steps, disable=hidden, bar_format="{bar:24} {desc}")

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def step(self, key: str) -> None:
        """Name the step that begins; the one before is done."""
        if self.started:
            self.bar.update()
        self.started = True
        self.bar.set_description_str(text(key, self.lang))


def match_line(found: MatchReport, zones: str, lang: Language) -> str:
    """Return how records met zones, in one line."""
    return text(
        "match_line",
        lang,
        zones=zones,
        records=found.records,
        matched=found.matched,
        nearest=found.nearest,
        outside=found.outside,
        missing=found.missing,
    )


@contextmanager
def rows_bar(*, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Give a function to call with the number of rows done so far; shown on a terminal only."""
    from tqdm import tqdm

    with tqdm(unit=" rows", unit_scale=True, disable=quiet or not sys.stderr.isatty()) as bar:

        def on_rows(done: int) -> None:
            bar.update(done - bar.n)

        yield on_rows


def spoken(argv: list[str] | None) -> Language:
    """Return the language asked for on the command line, if it could be read."""
    words = sys.argv[1:] if argv is None else argv
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "--lang=en" or (word == "--lang" and following == "en"):
            return "en"
        if word == "--lang=ja" or (word == "--lang" and following == "ja"):
            return "ja"
    return default_lang()


def make_console_safe() -> None:
    """Keep a cp932 console of Windows from failing on a character that it lacks."""
    streams: list[Callable[..., None] | None] = [
        getattr(stream, "reconfigure", None) for stream in (sys.stdout, sys.stderr)
    ]
    for reconfigure in streams:
        if reconfigure is not None:
            reconfigure(errors="replace")


def stop_tidily() -> None:
    """Let a request to end run the tidying up, so that no half-written folder stays."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
