"""Layers out to the core and back: only the needed columns leave, features stay as they were."""

from qgis import core as qgs
from qgis.PyQt.QtCore import QMetaType, QVariant

from .texts import tr

# Fields have Qt's own types from 3.38, and only those with Qt 6.
NEW = qgs.Qgis.QGIS_VERSION_INT >= 33800
Type = QMetaType.Type if NEW else QVariant
TYPES = {"boolean": Type.Bool, "integer": Type.LongLong, "real": Type.Double,
         "text": Type.QString if NEW else Type.String}  # fmt: skip
# The core mends invalid polygons, and says so.
UNCHECKED = qgs.QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
FAST = qgs.QgsFeatureSink.Flag.FastInsert
Wkb = qgs.QgsWkbTypes


def write_layer(source, path, columns, context, feedback):
    """Write the geometry and ``columns`` (name in the file → field); return the feature ids."""
    kind = source.wkbType()
    polygons = Wkb.geometryType(kind) == Wkb.GeometryType.PolygonGeometry
    fields = qgs.QgsFields()
    if polygons:
        fields.append(qgs.QgsField("row", Type.Int))
    places = [source.fields().lookupField(field) for field in columns.values()]
    for place, (name, field) in zip(places, columns.items()):
        if place < 0:
            raise qgs.QgsProcessingException(tr("The layer has no field “{0}”.").format(field))
        copied = qgs.QgsField(source.fields().at(place))
        copied.setName(name)
        fields.append(copied)
    options = qgs.QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.fileEncoding, options.layerName = "GPKG", "UTF-8", "layer"
    options.layerOptions = ["SPATIAL_INDEX=NO", "FID=tsukuba_gis_fid"]
    writer = qgs.QgsVectorFileWriter.create(
        str(path), fields, Wkb.multiType(kind) if polygons else kind, source.sourceCrs(),
        context.transformContext(), options,
    )  # fmt: skip
    rows = []
    request = qgs.QgsFeatureRequest().setSubsetOfAttributes(places)
    for feature in source.getFeatures(request, UNCHECKED):
        if feedback.isCanceled():
            break
        copy, values = qgs.QgsFeature(fields), feature.attributes()
        own = [len(rows)] if polygons else []
        copy.setAttributes(own + [values[place] for place in places])
        copy.setGeometry(feature.geometry())
        put(writer, copy)
        rows.append(feature.id())
    del writer
    return rows


def put(sink, feature):
    """Write one feature, or say that it could not be written."""
    if not sink.addFeature(feature, FAST):
        raise qgs.QgsProcessingException(
            tr("A feature could not be written: {0}").format(sink.lastError())
        )


def new_fields(columns):
    """Return the fields of columns that the core made."""
    fields = qgs.QgsFields()
    for column in columns:
        fields.append(qgs.QgsField(column["name"], TYPES[column["type"]]))
    return fields


def append(sink, source, rows, outcome, only, feedback):
    """Write the source's own features with the core's columns behind their attributes."""
    columns = [column["values"] for column in outcome["columns"]["columns"]]
    found, nothing = dict(zip(outcome["rows"], zip(*columns))), [None] * len(columns)
    number = {feature: row for row, feature in enumerate(rows)}
    chosen = None if only is None else set(only)
    for feature in source.getFeatures(qgs.QgsFeatureRequest(), UNCHECKED):
        if feedback.isCanceled():
            return
        row = number.get(feature.id())
        if chosen is None or row in chosen:
            copy = qgs.QgsFeature(feature)
            copy.setAttributes(feature.attributes() + list(found.get(row, nothing)))
            put(sink, copy)


def write_table(sink, table, feedback):
    """Write a table of the core's own, with or without geometry."""
    rows = zip(*(column["values"] for column in table["columns"]))
    for row, attributes in enumerate(rows):
        if feedback.isCanceled():
            return
        feature = qgs.QgsFeature()
        feature.setAttributes(list(attributes))
        if table["geometry"] and table["geometry"][row]:
            shape = qgs.QgsGeometry()
            shape.fromWkb(bytes.fromhex(table["geometry"][row]))
            feature.setGeometry(shape)
        put(sink, feature)
