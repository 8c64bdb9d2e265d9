"""The tools inside QGIS's own Python: same numbers, and features untouched."""

import os
import stat
import sys

import pytest

pytest.importorskip("qgis.core")

import tsukuba_gis_qgis
from conftest import PLUGINS
from layers import column, grid, memory, run, square
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProject,
    QgsVectorLayer,
)
from tsukuba_gis_qgis import runner, styles, texts

pytestmark = pytest.mark.usefixtures("plugin", "core_python", "temporary")

IDS = {
    "checkinputs", "assigndistricts", "aggregatedistricts", "pseudomeasure", "pseudoaudit",
    "pseudogenerate", "pseudoevaluate", "globalautocorrelation", "localmoran", "localgeary",
    "getisord", "regionalize", "districtrates", "correlation", "regression", "cohortprojection",
    "webmap", "fullreport",
}  # fmt: skip


def test_all_tools_are_there_with_id_help_picture_and_tooltips():
    provider = QgsApplication.processingRegistry().providerById("tsukubagis")
    tools = {one.name(): one for one in provider.algorithms()}
    assert set(tools) >= IDS
    for name in IDS:
        tool = tools[name]
        assert tool.id() == f"tsukubagis:{name}"
        assert tool.group()
        assert not tool.icon().isNull()
        assert len(tool.shortHelpString()) > 300
        assert tool.createInstance().name() == name
        for lang in ("ja", "en"):
            page = texts.FOLDER / "help" / lang / f"{name}.html"
            assert len(page.read_text(encoding="utf-8")) > 150


def test_the_words_of_the_tools_are_japanese(monkeypatch):
    from qgis.PyQt.QtCore import QTranslator

    translator = QTranslator()
    assert translator.load(str(texts.FOLDER / "i18n" / "tsukuba_gis_ja.qm"))
    QgsApplication.installTranslator(translator)
    try:
        tool = QgsApplication.processingRegistry().algorithmById("tsukubagis:localmoran").create()
        assert tool.displayName() == "局所モラン(LISA)"
        assert tool.group() == "空間クラスタリング"
        assert tool.parameterDefinition("WEIGHTS").description() == "隣の決め方"
        assert tool.parameterDefinition("WEIGHTS").help()
    finally:
        QgsApplication.removeTranslator(translator)


@pytest.mark.parametrize(
    ("tool", "prefix"), [("localmoran", "lisa"), ("localgeary", "geary"), ("getisord", "gi")]
)
def test_the_table_equals_the_cores_value_by_value(tool, prefix, small, expected):
    out = run(tool, INPUT=small, FIELD="高齢化率")["OUTPUT"]
    for name, values in expected[tool].items():
        assert column(out, name) == values, name
    assert [field.name() for field in out.fields()][: small.fields().count()] == [
        field.name() for field in small.fields()
    ]


def test_features_keep_their_types_their_nulls_and_their_geometry(small):
    out = run("localmoran", INPUT=small, FIELD="高齢化率")["OUTPUT"]
    for place, field in enumerate(small.fields()):
        assert out.fields().at(place).type() == field.type(), field.name()
    for before, after in zip(small.getFeatures(), out.getFeatures()):
        assert after.attributes()[: len(before.attributes())] == before.attributes()
        assert after.geometry().asWkb() == before.geometry().asWkb()


def test_a_second_run_keeps_the_columns_of_the_first(small):
    first = run("localmoran", INPUT=small, FIELD="高齢化率")["OUTPUT"]
    second = run("localmoran", INPUT=first, FIELD="other")["OUTPUT"]
    assert column(second, "lisa_class") == column(first, "lisa_class")
    assert second.fields().lookupField("lisa_class_2") > 0


def test_only_the_chosen_fields_and_the_selected_features_leave_qgis(small, monkeypatch):
    seen = {}
    real = runner.Run.__call__

    def look(self, python, folder, job):
        layer = QgsVectorLayer(str(folder / job["layers"]["input"]["path"]), "x", "ogr")
        seen["fields"] = [field.name() for field in layer.fields()]
        seen["count"] = layer.featureCount()
        seen["mode"] = stat.S_IMODE(folder.stat().st_mode)
        return real(self, python, folder, job)

    monkeypatch.setattr(runner.Run, "__call__", look)
    ids = [feature.id() for feature in small.getFeatures()][:60]
    small.selectByIds(ids)
    source = QgsProcessingFeatureSourceDefinition(small.source(), selectedFeaturesOnly=True)
    QgsProject.instance().addMapLayer(small, False)
    try:
        source = QgsProcessingFeatureSourceDefinition(small.id(), selectedFeaturesOnly=True)
        out = run("localmoran", INPUT=source, FIELD="高齢化率")["OUTPUT"]
    finally:
        QgsProject.instance().takeMapLayer(small)
    assert out.featureCount() == 60
    assert seen["count"] == 60
    assert set(seen["fields"]) - {"tsukuba_gis_fid"} == {"row", "field"}
    assert seen["mode"] == 0o700


def test_nulls_a_field_called_fid_and_mixed_geometry():
    shapes = [
        (square(100 * x, 100 * y), [x * 6 + y + 1, None if x == y == 2 else float(x), "é 日本"])
        for x, y in grid()
    ]
    two = square(600, 0)[8:], square(600, 100)[8:]
    shapes.append((f"MultiPolygon ({two[0]}, {two[1]})", [100, 9.0, None]))
    shapes.append((None, [101, 1.0, None]))
    layer = memory("field=fid:integer&field=値 (%):double&field=name:string", shapes)
    out = run("localmoran", INPUT=layer, FIELD="値 (%)", WEIGHTS=0)["OUTPUT"]
    assert column(out, "fid") == [attributes[0] for _, attributes in shapes]
    assert column(out, "name") == [attributes[2] for _, attributes in shapes]
    assert column(out, "lisa_class")[14] == "missing"
    assert column(out, "lisa_class")[-1] is None  # no geometry, no zone
    assert column(out, "lisa_class")[-2] != "missing"
    assert [feature.hasGeometry() for feature in out.getFeatures()][-1] is False


def test_a_field_called_fid_is_written_to_a_file_too(tmp_path):
    shapes = [(square(100 * x, 100 * y), [x * 6 + y + 1, float(x)]) for x, y in grid()]
    layer = memory("field=fid:integer&field=value:double", shapes)
    folder = tmp_path / "結果 の フォルダ"
    folder.mkdir()
    out = run("localmoran", INPUT=layer, FIELD="value", OUTPUT=str(folder / "出力 1.gpkg"))
    written = QgsVectorLayer(out["OUTPUT"], "x", "ogr")
    assert written.featureCount() == 36
    assert len(set(column(written, "lisa_i"))) > 3


def test_a_layer_in_degrees_gives_the_same_classes(small):
    import processing

    crs = {"INPUT": small, "TARGET_CRS": "EPSG:6668", "OUTPUT": "TEMPORARY_OUTPUT"}
    degrees = processing.run("native:reprojectlayer", crs)["OUTPUT"]
    here = run("localmoran", INPUT=small, FIELD="高齢化率", WEIGHTS=3)["OUTPUT"]
    there = run("localmoran", INPUT=degrees, FIELD="高齢化率", WEIGHTS=3)["OUTPUT"]
    assert column(there, "lisa_class") == column(here, "lisa_class")


def test_degrees_outside_japan_are_refused_in_words():
    shapes = [(square(0.1 * x, 0.1 * y, 0.1), [float(x)]) for x, y in grid()]
    layer = memory("field=value:double", shapes, crs="EPSG:4326")
    with pytest.raises(QgsProcessingException, match="Japan"):
        run("localmoran", INPUT=layer, FIELD="value")


def test_no_features_is_refused_in_words():
    layer = memory("field=value:double", [])
    with pytest.raises(QgsProcessingException, match=r"no (rows|polygons|features)|empty|holds"):
        run("localmoran", INPUT=layer, FIELD="value")


def test_a_field_that_is_not_there_is_refused(small):
    with pytest.raises(QgsProcessingException):
        run("localmoran", INPUT=small, FIELD="nothing")


def test_points_where_polygons_are_asked_for_and_text_for_a_number(small):
    with pytest.raises(QgsProcessingException, match="number"):
        run("localmoran", INPUT=small, FIELD="name")


@pytest.mark.parametrize(
    ("name", "field", "high", "low"),
    [
        ("localmoran", "lisa_class", {"HH": "#ca0020"}, {"LL": "#0571b0"}),
        ("getisord", "gi_class", {"hot_99": "#b2182b", "hot_90": "#fcc4a5"},
         {"cold_99": "#1f5fa8", "cold_90": "#a9d5ee"}),
    ],
)  # fmt: skip
def test_styles_are_the_cores_classes(name, field, high, low, small):
    tool = QgsApplication.processingRegistry().algorithmById(f"tsukubagis:{name}").create()
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    parameters = {"INPUT": small, "FIELD": "高齢化率", "PERMUTATIONS": 999,
                  "OUTPUT": "TEMPORARY_OUTPUT"}  # fmt: skip
    results, fine = tool.run(parameters, context, QgsProcessingFeedback())
    assert fine
    dresser = styles.ALIVE[-1]
    layer = context.takeResultLayer(results["OUTPUT"])
    dresser.postProcessLayer(layer, context, QgsProcessingFeedback())
    shown = {one.value(): one.symbol().color().name() for one in layer.renderer().categories()}
    assert (high | low).items() <= shown.items()
    assert len(shown) == 3 + {"localmoran": 4, "getisord": 6}[name]
    assert layer.renderer().classAttribute() == field
    assert set(column(layer, field)) <= set(shown)
    assert "Pseudo data: results do not reflect reality" in layer.metadata().abstract()
    assert "pseudo data" in layer.name()


def test_a_graduated_style_puts_an_edge_in_the_upper_class():
    style = {
        "kind": "graduated", "field": "v", "no_value": "none",
        "classes": [{"low": 2, "high": 3, "label": "b", "colour": "#111111"},
                    {"low": 1, "high": 2, "label": "a", "colour": "#222222"}],
    }  # fmt: skip
    renderer = styles.renderer(style)
    assert renderer.ranges()[0].label() == "b"
    assert [one.label() for one in renderer.ranges()] == ["b", "a", "none"]
    assert renderer.classAttribute() == 'coalesce("v", -999999999)'


def test_loaded_and_unloaded_ten_times(qgis_iface, plugin):
    registry = QgsApplication.processingRegistry()
    registry.removeProvider(plugin.provider)
    try:
        for _ in range(10):
            again = tsukuba_gis_qgis.classFactory(qgis_iface)
            again.initProcessing()
            assert registry.algorithmById("tsukubagis:localmoran") is not None
            again.unload()
            assert registry.algorithmById("tsukubagis:localmoran") is None
    finally:
        plugin.initProcessing()


def test_a_second_provider_does_no_harm(plugin):
    second = tsukuba_gis_qgis.classFactory(None)
    second.initProcessing()
    assert second.provider is None
    second.unload()
    assert QgsApplication.processingRegistry().algorithmById("tsukubagis:localmoran") is not None


def test_the_plugin_imports_nothing_scientific():
    import subprocess

    code = (
        "import sys, qgis.core; before = set(sys.modules);"  # QGIS itself may import numpy
        "import tsukuba_gis_qgis.plugin, tsukuba_gis_qgis.dialog, tsukuba_gis_qgis.provider;"
        "new = {name.split('.')[0] for name in set(sys.modules) - before};"
        "sys.exit(' '.join(new & {'numpy', 'pandas', 'geopandas', 'shapely', 'scipy', 'pyproj',"
        " 'tsukuba_gis'}) or 0)"
    )
    environment = {**os.environ, "PYTHONPATH": str(PLUGINS)}
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
    )
