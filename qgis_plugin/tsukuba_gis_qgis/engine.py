"""The analysis core: where its Python is, and the environment in which it starts."""

import os
from pathlib import Path

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QProcessEnvironment

from .texts import tr

PROTOCOL = 1  # what plugin and core speak; the core tells its own when it starts
SETTING, VARIABLE = "tsukuba_gis/python", "TSUKUBA_GIS_PYTHON"
ARGUMENTS = ["-I", "-X", "utf8", "-m", "tsukuba_gis.worker"]
# QGIS sets these for its own Python and libraries; another Python breaks on them.
FOREIGN = ("PYTHON", "PROJ_", "GDAL_", "OGR_", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "LD_PRELOAD")


def fixed_python():
    """Return the Python of the folder that the instructions name."""
    if os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA", str(Path.home())))
        return base / "tsukuba_gis" / "Scripts" / "python.exe"
    return Path.home() / ".local" / "share" / "tsukuba_gis" / "bin" / "python"


def find_python():
    """Return the core's Python: the setting, else the variable, else the fixed folder; or ""."""
    stated = QgsSettings().value(SETTING, "") or os.environ.get(VARIABLE, "")
    path = Path(stated) if stated else fixed_python()
    return str(path) if path.is_file() else ""


def missing():
    """Return what to say where there is no core."""
    return tr(
        "The analysis core of Tsukuba GIS was not found. Open Plugins → Tsukuba GIS → Analysis "
        "core… to see how to install it, or to choose the Python in which it is."
    )


def environment(folder=None):
    """Return the environment of the child; its temporary files go into ``folder``."""
    clean = QProcessEnvironment.systemEnvironment()
    for name in clean.keys():
        if name.upper().startswith(FOREIGN):
            clean.remove(name)
    for name in ("TMPDIR", "TEMP", "TMP") if folder else ():
        clean.insert(name, str(folder))
    return clean


def fault(hello):
    """Return what is wrong with the core that said hello; "" if nothing is."""
    if not isinstance(hello, dict) or hello.get("type") != "hello":
        return tr(
            "This is not the Python of the analysis core: it does not answer as the core does."
        )
    if hello.get("protocol") == PROTOCOL:
        return ""
    return tr(
        "The analysis core is version {core} (protocol {theirs}); this plugin needs protocol "
        "{ours}. Install plugin and core of the same version."
    ).format(core=hello.get("core"), theirs=hello.get("protocol"), ours=PROTOCOL)


def commands():
    """Return the commands that install the core, to be copied; nobody runs them here."""
    make, pip = "python3 -m venv ~/.local/share/tsukuba_gis", "~/.local/share/tsukuba_gis/bin/pip"
    if os.name == "nt":
        make = r"py -3.12 -m venv %LOCALAPPDATA%\tsukuba_gis"
        pip = r"%LOCALAPPDATA%\tsukuba_gis\Scripts\pip"
    package = '"tsukuba-gis[all]"'
    apart = tr("Without internet: first on a PC that has it, with the same system and Python")
    there = tr("… then carry the folder wheels over, and on this PC")
    return (
        f"# {tr('With internet')}\n{make}\n{pip} install {package}\n\n"
        f"# {apart}\npython3 -m pip download -d wheels {package}\n\n"
        f"# {there}\n{make}\n{pip} install --no-index --find-links wheels {package}"
    )
