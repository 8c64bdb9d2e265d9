"""Make the zip that QGIS installs: python3 qgis_plugin/package.py [--release] [FOLDER].

Same files, same bytes. Refuses a plugin whose metadata or translations are not complete; with
--release also one whose addresses are still stand-ins.
"""

import argparse
import configparser
import re
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
PLUGIN = HERE / "tsukuba_gis_qgis"
NEEDED = ("name", "qgisMinimumVersion", "qgisMaximumVersion", "description", "about", "version",
          "author", "email", "repository", "tracker", "homepage")  # fmt: skip
LEFT_OUT = {".ts", ".pyc"}
# What a publisher fills in: the addresses of the place where the plugin is kept.
ADDRESSES = ("homepage", "repository", "tracker", "email")
# Names that RFC 2606 keeps free for examples: nobody can ever be reached there.
STAND_IN = re.compile(r"\bexample\.(org|com|net)\b|\.(example|invalid|test)\b|\blocalhost\b")


def metadata(plugin: Path = PLUGIN) -> dict[str, str]:
    """Return the metadata.

    Raises
    ------
    SystemExit
        If an entry is missing, or the folder cannot be a Python module.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", plugin.name):
        raise SystemExit(f"{plugin.name}: not the name of a Python module")
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment]
    parser.read(plugin / "metadata.txt", encoding="utf-8")
    found = dict(parser["general"])
    lacking = [name for name in NEEDED if not found.get(name)]
    if lacking:
        raise SystemExit(f"metadata.txt lacks {', '.join(lacking)}")
    return found


def check_addresses(found: dict[str, str]) -> None:
    """Refuse addresses at which nobody is.

    Raises
    ------
    SystemExit
        If an address is a stand-in, or no address of a page or a mailbox.
    """
    shape = {"email": r"[^@\s]+@[^@\s]+\.[a-z]+"}
    wrong = [
        name
        for name in ADDRESSES
        if STAND_IN.search(found[name])
        or not re.fullmatch(shape.get(name, r"https://[^/\s]+\.[^\s]+"), found[name])
    ]
    if wrong:
        raise SystemExit(
            f"metadata.txt: fill in {', '.join(wrong)}. A release names the pages and the mailbox "
            "of its publisher; those of example.org are stand-ins."
        )


def check_translations(plugin: Path = PLUGIN) -> None:
    """Refuse a translation that is not finished or not compiled."""
    for source in (plugin / "i18n").glob("*.ts"):
        if 'type="unfinished"' in source.read_text(encoding="utf-8"):
            raise SystemExit(f"{source.name}: not finished")
        if not source.with_suffix(".qm").exists():
            raise SystemExit(f"{source.name}: run lrelease")


def package(out: Path, plugin: Path = PLUGIN, *, release: bool = False) -> Path:
    """Write the zip into a folder; return its path."""
    found = metadata(plugin)
    version = found["version"]
    if release:
        check_addresses(found)
    check_translations(plugin)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{plugin.name}-{version}.zip"
    files = {
        file.relative_to(plugin.parent).as_posix(): file
        for file in plugin.rglob("*")
        if file.is_file() and file.suffix not in LEFT_OUT
        and not any(part.startswith((".", "__pycache__")) for part in file.parts[-3:])
    }  # fmt: skip
    files[f"{plugin.name}/LICENSE"] = HERE / "LICENSE"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name, file in sorted(files.items()):
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, file.read_bytes())
    return path


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description="Make the zip of the QGIS plugin.")
    asked.add_argument("folder", type=Path, nargs="?", default=Path("dist"))
    asked.add_argument("--release", action="store_true", help="for the plugin site")
    given = asked.parse_args()
    print(package(given.folder, release=given.release))
