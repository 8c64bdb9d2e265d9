"""The provider: the list of tools, and the models that put them together."""

from qgis.core import QgsProcessingModelAlgorithm, QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .declared import read_tools
from .texts import FOLDER, icon_path, tr
from .tool import Tool


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
        for key, told in read_tools().items():
            self.addAlgorithm(Tool(key, told))
        for path in sorted((FOLDER / "models").glob("*.model3")):
            model = QgsProcessingModelAlgorithm()
            if model.fromFile(str(path)):
                self.addAlgorithm(model)
