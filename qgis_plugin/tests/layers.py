"""Layers for the tests inside QGIS, and a tool run on them."""

from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer

KEPT = []  # of the last test, let go after QGIS has ended, a layer would bring 3.22 down


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
