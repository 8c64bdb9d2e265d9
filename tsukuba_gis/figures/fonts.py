"""A font that has Japanese letters: found on the machine, or in the package for it."""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tsukuba_gis.errors import InputError, MissingExtraError

# Files by which known fonts come, best first: regular, and bold where there is one.
FONTS: Final[tuple[tuple[str, str, str], ...]] = (
    ("Noto Sans CJK JP", "NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"),
    ("Noto Sans CJK JP", "NotoSansCJKjp-Regular.otf", "NotoSansCJKjp-Bold.otf"),
    ("IPAexGothic", "ipaexg.ttf", ""),
    ("Yu Gothic", "YuGothR.ttc", "YuGothB.ttc"),
    ("Meiryo", "meiryo.ttc", "meiryob.ttc"),
    ("Hiragino Sans", "ヒラギノ角ゴシック W3.ttc", "ヒラギノ角ゴシック W6.ttc"),
    ("BIZ UDPGothic", "BIZUDPGothic-Regular.ttf", "BIZUDPGothic-Bold.ttf"),
    ("BIZ UDGothic", "BIZ-UDGothicR.ttc", "BIZ-UDGothicB.ttc"),
)


def folders() -> tuple[Path, ...]:
    """Return where this system keeps fonts, and where matplotlib-fontja keeps its own."""
    home = Path.home()
    if sys.platform == "win32":
        windows = Path(os.environ.get("WINDIR", r"C:\Windows"))
        user = Path(os.environ.get("LOCALAPPDATA", home))
        places = [windows / "Fonts", user / "Microsoft" / "Windows" / "Fonts"]
    elif sys.platform == "darwin":
        places = [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    else:
        shared = Path("/usr/share/fonts"), Path("/usr/local/share/fonts")
        places = [*shared, home / ".local/share/fonts", home / ".fonts"]
    spare = find_spec("matplotlib_fontja")
    if spare is not None and spare.submodule_search_locations:
        places += [Path(place) / "fonts" for place in spare.submodule_search_locations]
    return tuple(places)


def find_font() -> tuple[Path, Path | None]:
    """Return the files of the best Japanese font there is: regular, and bold or None.

    Raises
    ------
    MissingExtraError
        If matplotlib, which would draw with it, is not installed.
    InputError
        If there is none; says which to install.

    Examples
    --------
    >>> regular, bold = find_font()  # doctest: +SKIP
    """
    if find_spec("matplotlib") is None:
        raise MissingExtraError("figures_missing")
    held: dict[str, Path] = {}
    for folder in folders():
        for place, _, names in os.walk(folder):
            for name in sorted(names):
                held.setdefault(name, Path(place) / name)
    for _, regular, bold in FONTS:
        if regular in held:
            return held[regular], held.get(bold)
    raise InputError("figures_no_font")


@cache
def use_font() -> tuple[str, bool]:
    """Make the font known to matplotlib, and return its name and whether it has a bold face.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    InputError
        If no Japanese font is found.
    """
    regular, bold = find_font()
    from matplotlib import font_manager

    for path in (regular, bold):
        if path is not None:
            font_manager.fontManager.addfont(path)
    return font_manager.get_font(str(regular)).family_name, bold is not None


def figures_possible() -> bool:
    """Tell whether figures can be drawn here: matplotlib and a Japanese font are there."""
    try:
        find_font()
    except (MissingExtraError, InputError):
        return False
    return True
