"""Make the zip that QGIS installs: python3 qgis_plugin/package.py [FOLDER].

Same files, same bytes. Refuses a plugin whose metadata or translations are not complete.
"""

import configparser
import re
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
PLUGIN = HERE / "tsukuba_gis_qgis"
NEEDED = ("name", "qgisMinimumVersion", "qgisMaximumVersion", "description", "about", "version",
          "author", "email", "repository", "tracker", "homepage")  # fmt: skip
LEFT_OUT = {".ts", ".pyc"}


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


def check_translations(plugin: Path = PLUGIN) -> None:
    """Refuse a translation that is not finished or not compiled."""
    for source in (plugin / "i18n").glob("*.ts"):
        if 'type="unfinished"' in source.read_text(encoding="utf-8"):
            raise SystemExit(f"{source.name}: not finished")
        if not source.with_suffix(".qm").exists():
            raise SystemExit(f"{source.name}: run lrelease")


def package(out: Path, plugin: Path = PLUGIN) -> Path:
    """Write the zip into a folder; return its path."""
    version = metadata(plugin)["version"]
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
    print(package(Path(sys.argv[1] if len(sys.argv) > 1 else "dist")))
