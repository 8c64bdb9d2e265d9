"""Make the sample project from the data of sample_data.py: run by QGIS's own Python.

QT_QPA_PLATFORM=offscreen /usr/bin/python3 qgis_plugin/make/sample.py FOLDER
"""

import json
import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsProject,
    QgsReferencedRectangle,
    QgsSettings,
    QgsVectorLayer,
)

sys.path.insert(0, str(Path(__file__).parents[1]))
SHOWN = (
    ("school_district", "lisa_class", "中学校区: 高齢化率の集積(LISA)"),
    ("school_district", "ratio_65_10", "中学校区: 65歳以上/10歳以下比"),
    ("school_district", "share_65plus", "中学校区: 高齢化率"),
    ("small_area", "lisa_class", "町丁・字等: 高齢化率の集積(LISA)"),
    ("small_area", "share_65plus", "町丁・字等: 高齢化率"),
)


def main(folder):
    """Write tsukuba.qgz beside tsukuba.gpkg."""
    from tsukuba_gis_qgis.styles import Dresser

    told = json.loads((folder / "styles.json").read_text(encoding="utf-8"))
    QgsSettings().setValue("projects/anonymize_saved_projects", True)
    project = QgsProject.instance()
    project.setTitle("つくば市 区域別統計(架空データ・疑似データのため結果は現状に沿っていません)")
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:6677"))
    project.setFilePathStorage(project.filePathStorage().Relative)
    root = project.layerTreeRoot()
    for kind, field, title in SHOWN:
        layer = QgsVectorLayer(f"{folder / 'tsukuba.gpkg'}|layername={kind}", title, "ogr")
        dresser = Dresser()
        dresser.title = f"【架空データ】{title}"
        dresser.style = told["styles"][kind][field]
        dresser.labels, dresser.notice = told["labels"], told["notices"]
        dresser.postProcessLayer(layer, None, None)
        project.addMapLayer(layer, False)
        node = root.addLayer(layer)
        node.setItemVisibilityChecked(field == "lisa_class" and kind == "small_area")
        node.setExpanded(field == "lisa_class")
        extent = layer.extent()
    extent.scale(1.1)
    view = QgsReferencedRectangle(extent, QgsCoordinateReferenceSystem("EPSG:6677"))
    project.viewSettings().setDefaultViewExtent(view)
    if not project.write(str(folder / "tsukuba.qgz")):
        raise SystemExit("the project was not written")


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    main(Path(sys.argv[1]).resolve())
