"""QGIS plugin Tsukuba GIS: runs the analysis core in its own Python, and imports none of it."""


def classFactory(iface):
    """Return the plugin."""
    from .plugin import TsukubaGisPlugin

    return TsukubaGisPlugin(iface)
