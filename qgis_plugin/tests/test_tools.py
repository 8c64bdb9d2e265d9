"""The tools inside QGIS's own Python: same numbers, features untouched, and every mishap told."""

import os
import signal
import socket
import stat
import sys
import threading
import time

import pytest

pytest.importorskip("qgis.core")

import tsukuba_gis_qgis
from conftest import PLUGINS, children
from qgis.core import (
    QgsApplication,
    QgsFeature,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProject,
    QgsSettings,
    QgsVectorLayer,
)
from tsukuba_gis_qgis import engine, runner, styles, texts

IDS = {
    "checkinputs", "assigndistricts", "aggregatedistricts", "pseudomeasure", "pseudoaudit",
    "pseudogenerate", "pseudoevaluate", "globalautocorrelation", "localmoran", "localgeary",
    "getisord", "regionalize", "districtrates", "correlation", "regression", "cohortprojection",
    "webmap", "fullreport",
}  # fmt: skip


@pytest.fixture(scope="session")
def plugin(qgis_app, qgis_processing):
    """The plugin as qgis_process loads it."""
    loaded = tsukuba_gis_qgis.classFactory(None)
    loaded.initProcessing()
    yield loaded
    QgsApplication.processingRegistry().removeProvider(loaded.provider)


@pytest.fixture(autouse=True)
def ready(plugin, core_python, temporary):
    """Every test starts with the plugin, the core and an empty temporary folder."""


KEPT = []  # of the last test, let go after QGIS has ended, a layer would bring 3.22 down


@pytest.fixture
def small(data):
    layer = QgsVectorLayer(f"{data}/small areas 町丁.gpkg|layername=small", "町丁", "ogr")
    assert layer.isValid()
    KEPT.append(layer)
    return layer


def run(tool, **parameters):
    import processing

    parameters = {"OUTPUT": "TEMPORARY_OUTPUT", "PERMUTATIONS": 999, **parameters}
    return processing.run(f"tsukubagis:{tool}", parameters)


def column(layer, name):
    """Return a field of all features; NULL is None."""
    values = (feature[name] for feature in layer.getFeatures())
    return [None if value is None or str(value) == "NULL" else value for value in values]


def memory(fields, shapes, crs="EPSG:6677"):
    """Return a layer in memory: fields as in its URI, shapes: pairs of WKT and attributes."""
    layer = QgsVectorLayer(f"Polygon?crs={crs}&{fields}", "memory", "memory")
    features = []
    for wkt, attributes in shapes:
        feature = QgsFeature(layer.fields())
        feature.setAttributes(attributes)
        if wkt:
            feature.setGeometry(QgsGeometry.fromWkt(wkt))
        features.append(feature)
    assert layer.dataProvider().addFeatures(features)[0]
    return layer


def square(x, y, side=100):
    return f"Polygon (({x} {y}, {x + side} {y}, {x + side} {y + side}, {x} {y + side}, {x} {y}))"


def grid(n=6):
    return [(x, y) for x in range(n) for y in range(n)]


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


def test_without_the_core_everything_says_so(small, monkeypatch):
    monkeypatch.setenv(engine.VARIABLE, "/nowhere/python")
    tool = QgsApplication.processingRegistry().algorithmById("tsukubagis:localmoran")
    possible, why = tool.canExecute()
    assert not possible
    assert "analysis core" in why
    with pytest.raises(QgsProcessingException, match="analysis core"):
        run("localmoran", INPUT=small, FIELD="高齢化率")


def fake(tmp_path, monkeypatch, script):
    """Put a program in the place of the core's Python."""
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setenv(engine.VARIABLE, str(path))


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ('echo \'{"type": "hello", "core": "9.9", "protocol": 99}\'; sleep 20', "9.9"),
        ("echo garbage; head -c 100000 /dev/urandom; exit 0", "not the Python"),
        ("echo '{}'; echo '[1]'; echo '3'", "not the Python"),
        ("echo no module >&2; exit 1", "no module"),
        ("exit 3", "not the Python"),
        ('echo \'{"type": "hello", "core": "0", "protocol": 1}\'; kill -9 $$', "ended"),
    ],
    ids=["wrong version", "garbage", "json", "no module", "silence", "killed"],
)
def test_a_python_that_is_not_the_core_is_told(script, said, small, tmp_path, monkeypatch):
    fake(tmp_path, monkeypatch, script)
    with pytest.raises(QgsProcessingException, match=said):
        run("localmoran", INPUT=small, FIELD="高齢化率")
    assert children() == []


def test_a_python_that_never_answers_is_given_up(small, tmp_path, monkeypatch):
    fake(tmp_path, monkeypatch, "exec sleep 30")
    monkeypatch.setattr(runner, "WAIT_HELLO", 500)
    with pytest.raises(QgsProcessingException, match="not the Python"):
        run("localmoran", INPUT=small, FIELD="高齢化率")


class Watched(QgsProcessingFeedback):
    """Does something half a second after the core has begun to compute."""

    def __init__(self, act):
        super().__init__()
        self.act, self.at = act, None

    def setProgressText(self, text):
        if text == "Computing":
            threading.Timer(0.5, self.now).start()

    def now(self):
        self.at = time.perf_counter()
        self.act(self)


def run_watched(small, act):
    tool = QgsApplication.processingRegistry().algorithmById("tsukubagis:localmoran").create()
    feedback = Watched(act)
    parameters = {"INPUT": small, "FIELD": "高齢化率", "PERMUTATIONS": 50_000_000,
                  "OUTPUT": "TEMPORARY_OUTPUT"}  # fmt: skip
    results, fine = tool.run(parameters, QgsProcessingContext(), feedback)
    return results, fine, time.perf_counter() - feedback.at


def test_cancelled_within_half_a_second_and_no_process_left(small, temporary):
    results, _, waited = run_watched(small, lambda feedback: feedback.cancel())
    assert results == {}
    assert children() == []
    assert list(temporary.glob("tsukuba-gis-*")) == []
    assert waited < 0.5, waited


def test_a_worker_killed_in_the_middle_is_told_and_leaves_nothing(small, temporary):
    _, fine, _ = run_watched(small, lambda _: [os.kill(pid, signal.SIGKILL) for pid in children()])
    assert not fine
    assert list(temporary.glob("tsukuba-gis-*")) == []


def test_the_folder_of_a_qgis_that_was_killed_is_swept(small, temporary):
    old = temporary / "tsukuba-gis-old"
    old.mkdir()
    (old / "records.gpkg").write_text("records")
    (old / "lock").write_text(f"999999\npytest\n{socket.gethostname()}\n")
    in_use = runner.JobFolder()
    with in_use as folder:
        run("localmoran", INPUT=small, FIELD="高齢化率")
        assert folder.is_dir()
    assert not old.exists()


def test_the_childs_environment_is_clean(monkeypatch, tmp_path):
    for name in ("PYTHONPATH", "PYTHONHOME", "PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "VIRTUAL_ENV",
                 "LD_LIBRARY_PATH"):  # fmt: skip
        monkeypatch.setenv(name, "/rubbish")
    clean = engine.environment(tmp_path)
    assert [name for name in clean.keys() if clean.value(name) == "/rubbish"] == []
    assert clean.value("TMPDIR") == str(tmp_path)


def test_the_setting_goes_before_the_variable(tmp_path, monkeypatch):
    own = tmp_path / "python"
    own.write_text("")
    QgsSettings().setValue(engine.SETTING, str(own))
    try:
        assert engine.find_python() == str(own)
    finally:
        QgsSettings().remove(engine.SETTING)
    assert engine.find_python() == os.environ[engine.VARIABLE]
    monkeypatch.delenv(engine.VARIABLE)
    monkeypatch.setattr(engine, "fixed_python", lambda: own)
    assert engine.find_python() == str(own)


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


def test_the_check_button_tells_version_and_fault(qgis_app, core_python, tmp_path):
    from qgis.PyQt.QtCore import QEventLoop, QTimer
    from tsukuba_gis_qgis.dialog import CoreDialog

    def answer(path):
        dialog = CoreDialog(None)
        dialog.path.setFilePath(path)
        loop = QEventLoop()
        begun = time.perf_counter()
        dialog.check()
        assert time.perf_counter() - begun < 0.25
        dialog.process.finished.connect(loop.quit)
        dialog.process.errorOccurred.connect(loop.quit)
        QTimer.singleShot(30_000, loop.quit)
        loop.exec_()
        said = dialog.answer.text()
        dialog.close()
        return said

    assert "version 0." in answer(core_python)
    assert "not the Python" in answer(sys.executable)
    assert "not the Python" in answer(str(tmp_path / "nothing"))


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
