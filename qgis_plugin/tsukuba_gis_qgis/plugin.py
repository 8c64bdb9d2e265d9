"""The plugin: provider, menu, and a word where the core is missing."""

from qgis.core import Qgis, QgsApplication
from qgis.PyQt.QtCore import QTranslator
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction, QPushButton

from . import engine
from .provider import TsukubaGisProvider
from .texts import FOLDER, icon_path, lang, tr


class TsukubaGisPlugin:
    """What QGIS loads and unloads."""

    def __init__(self, iface):
        self.iface = iface
        self.provider = self.action = self.dialog = self.message = None
        self.translator = QTranslator()
        if self.translator.load(str(FOLDER / "i18n" / f"tsukuba_gis_{lang()}.qm")):
            QgsApplication.installTranslator(self.translator)

    def initProcessing(self):
        """Add the tools; all that qgis_process asks for."""
        provider = TsukubaGisProvider()
        # QGIS deletes a provider that it refuses.
        if QgsApplication.processingRegistry().addProvider(provider):
            self.provider = provider

    def initGui(self):
        """Add the menu; say so if the core is missing. Nothing is started."""
        self.initProcessing()
        self.action = QAction(
            QIcon(icon_path("tsukubagis")), tr("Analysis core…"), self.iface.mainWindow()
        )
        self.action.triggered.connect(self.show_dialog)
        self.iface.addPluginToMenu(tr("Tsukuba GIS"), self.action)
        if not engine.find_python():
            self.show_message()

    def show_message(self):
        """Say that the core is missing; a button leads to the instructions."""
        bar = self.iface.messageBar()
        self.message = bar.createMessage(
            tr("Tsukuba GIS"), tr("The analysis core is not installed yet.")
        )
        button = QPushButton(tr("How to install…"))
        button.clicked.connect(self.show_dialog)
        self.message.layout().addWidget(button)
        bar.pushWidget(self.message, Qgis.MessageLevel.Warning)

    def show_dialog(self):
        """Show where the core is, or how to install it."""
        from .dialog import CoreDialog

        self.dialog = CoreDialog(self.iface.mainWindow())
        self.dialog.show()

    def unload(self):
        """Take everything away again."""
        if self.message is not None:
            self.iface.messageBar().popWidget(self.message)
        if self.dialog is not None:
            self.dialog.close()
        if self.action is not None:
            self.iface.removePluginMenu(tr("Tsukuba GIS"), self.action)
            self.action.deleteLater()
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
        QgsApplication.removeTranslator(self.translator)
