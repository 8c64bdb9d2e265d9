"""How results look: renderers of the core's classes, notices and names; in the main thread."""

from qgis import core as qgs

NO_VALUE = -999999999  # the graduated renderer leaves missing values out, unless they are a number
OUTLINE = {"outline_color": "110,110,110", "outline_width": "0.15"}
ALIVE, KEPT = [], 40  # QGIS does not own a post-processor that is written in Python


class Dresser(qgs.QgsProcessingLayerPostProcessorInterface):
    """Gives one output layer its name, renderer, field names and notices."""

    def __init__(self):
        super().__init__()
        self.title, self.style, self.labels, self.notice = "", None, {}, []
        ALIVE.append(self)
        del ALIVE[:-KEPT]

    def postProcessLayer(self, layer, context, feedback):
        """Dress the layer that QGIS has loaded."""
        layer.setName(self.title or layer.name())
        for field, label in self.labels.items():
            place = layer.fields().lookupField(field)
            if place >= 0:
                layer.setFieldAlias(place, label)
        if self.notice:
            qgs.QgsLayerNotesUtils.setLayerNotes(layer, "<br>".join(self.notice))
            metadata = layer.metadata()
            metadata.setAbstract("\n".join(self.notice))
            layer.setMetadata(metadata)
        if self.style:
            layer.setRenderer(renderer(self.style))
            layer.triggerRepaint()


def renderer(style):
    """Return the renderer of a style as the core describes it; highest class first."""
    field, classes = style["field"], style["classes"]
    if style["kind"] == "categories":
        make, shown = qgs.QgsRendererCategory, []
        for one in classes:
            shown.append(make(one["value"], fill(one["colour"], one["hatched"]), one["label"]))
        return qgs.QgsCategorizedSymbolRenderer(field, shown)
    make, ranges = qgs.QgsRendererRange, []
    for one in classes:
        ranges.append(make(one["low"], one["high"], fill(one["colour"]), one["label"]))
    if style["no_value"]:
        field = f'coalesce("{field}", {NO_VALUE})'
        hatched = fill("#ffffff", hatched=True)
        ranges.append(make(NO_VALUE, NO_VALUE, hatched, style["no_value"]))
    return qgs.QgsGraduatedSymbolRenderer(field, ranges)


def fill(colour, hatched=False):
    """Return the symbol of an area."""
    symbol = qgs.QgsFillSymbol.createSimple({"color": colour, **OUTLINE})
    if hatched:
        lines = {"color": "150,150,150", "style": "b_diagonal", "outline_style": "no"}
        symbol.appendSymbolLayer(qgs.QgsSimpleFillSymbolLayer.create(lines))
    return symbol
