"""Words: translation, language, help pages and icons."""

from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QUrl

FOLDER = Path(__file__).parent


def tr(text):
    """Return a text in the language of QGIS."""
    return QCoreApplication.translate("TsukubaGis", text)


def lang():
    """Return the language of QGIS if the core speaks it, else English."""
    return "ja" if QgsApplication.locale().startswith("ja") else "en"


def icon_path(name):
    """Return the path of an icon."""
    return str(FOLDER / "icons" / f"{name}.svg")


def help_page(name):
    """Return the help of a tool, with its picture."""
    page = (FOLDER / "help" / lang() / f"{name}.html").read_text(encoding="utf-8")
    return f'<p><img src="{QUrl.fromLocalFile(icon_path(name)).toString()}" width="180"></p>{page}'
