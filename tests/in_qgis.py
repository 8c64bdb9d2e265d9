"""What layers look like in QGIS itself, which runs in a process and a Python of its own."""

import json
import subprocess
from pathlib import Path

import pytest

QGIS = Path("/usr/bin/python3")  # Debian and Ubuntu bind QGIS to the system's Python
_LOOK = """
import json, os, sys
from qgis.core import QgsApplication, QgsRenderContext, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
found = {}
for name in json.loads(sys.argv[2]):
    layer = QgsVectorLayer(f"{sys.argv[1]}|layername={name}", name, "ogr")
    renderer, context = layer.renderer(), QgsRenderContext()
    context.expressionContext().setFields(layer.fields())
    renderer.startRender(context, layer.fields())
    colours, widths = {}, []
    for feature in layer.getFeatures():
        context.expressionContext().setFeature(feature)
        symbol = renderer.symbolForFeature(feature, context)
        key = feature["zone_id"] if layer.fields().indexOf("zone_id") >= 0 else feature.id()
        colours[key] = symbol.color().name() if symbol else None
        if symbol and layer.geometryType() == 1:
            widths.append([feature["persons"], symbol.width()])
    renderer.stopRender(context)
    found[name] = {
        "renderer": type(renderer).__name__,
        "legend": [item.label() for item in renderer.legendSymbolItems()],
        "colours": colours,
        "widths": widths,
        "aliases": [field.alias() for field in layer.fields()],
        "labels": layer.labelsEnabled(),
        "abstract": layer.metadata().abstract(),
    }
print("FOUND" + json.dumps(found), flush=True)
os._exit(0)  # QGIS 3.22 may crash on its way out
"""


def looked_at(path, layers):
    """Renderer, legend, colours and widths of layers, as QGIS opens them."""
    home = str(path.parent)
    environment = {"QT_QPA_PLATFORM": "offscreen", "HOME": home, "LANG": "C.UTF-8"}
    probe = [str(QGIS), "-c", "import qgis.core"]
    if not QGIS.exists() or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("QGIS's own Python is not here (Debian package python3-qgis)")
    done = subprocess.run(
        [str(QGIS), "-c", _LOOK, str(path), json.dumps(layers)],
        env=environment, capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    return json.loads(next(line for line in done.stdout.splitlines() if "FOUND" in line)[5:])
