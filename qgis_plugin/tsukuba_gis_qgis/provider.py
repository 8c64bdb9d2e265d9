"""The provider: the list of tools, and the models that put them together."""

from qgis.core import QgsProcessingModelAlgorithm, QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .algs import data, pages, pseudo, spatial, statistics
from .texts import FOLDER, icon_path, tr


class TsukubaGisProvider(QgsProcessingProvider):
    """Tools of Tsukuba GIS."""

    def id(self):
        return "tsukubagis"

    def name(self):
        return tr("Tsukuba GIS")

    def icon(self):
        return QIcon(icon_path("tsukubagis"))

    def svgIconPath(self):
        return icon_path("tsukubagis")

    def loadAlgorithms(self):
        for group in (data, pseudo, spatial, statistics, pages):
            for tool in group.TOOLS:
                self.addAlgorithm(tool())
        for path in sorted((FOLDER / "models").glob("*.model3")):
            model = QgsProcessingModelAlgorithm()
            if model.fromFile(str(path)):
                self.addAlgorithm(model)
