"""What tools.json declares, as parameters and outputs of QGIS."""

import json

from qgis import core as qgs

from .texts import FOLDER, tr

Kind = qgs.QgsProcessing.SourceType
SHAPES = {"point": Kind.TypeVectorPoint, "polygon": Kind.TypeVectorPolygon, "any": Kind.TypeVector}
Flag = qgs.QgsProcessingParameterDefinition.Flag
Number = qgs.QgsProcessingParameterNumber.Type
Data = qgs.QgsProcessingParameterField.DataType
Path = qgs.QgsProcessingParameterFile.Behavior


def read_tools():
    """Return the tools by id, each with all its parameters and outputs."""
    told = json.loads((FOLDER / "tools.json").read_text(encoding="utf-8"))

    def spelt_out(entries):
        for entry in entries:
            yield from spelt_out(told["shared"][entry]) if isinstance(entry, str) else [entry]

    for tool in told["tools"].values():
        tool["heading"] = told["groups"][tool["group"]]
        tool["parameters"] = list(spelt_out(tool["parameters"]))
        for one in tool["parameters"]:
            if one["type"] == "choice":
                choices = told["choices"][one["choices"]]
                one["words"] = {word: choices[word] for word in one.get("only", choices)}
    return told["tools"]


def make(one):
    """Return the parameter, or the single value told at the end, that is declared."""
    made = MAKERS[one["type"]](one["name"], tr(one["text"]), one)
    if one["type"] in ("number told", "text told"):
        return made
    if "tip" in one:
        made.setHelp(tr(one["tip"]))
    for word, flag in (("optional", Flag.FlagOptional), ("advanced", Flag.FlagAdvanced)):
        if one.get(word):
            made.setFlags(made.flags() | flag)
    return made


def layer(name, text, one):
    """Return a layer: the selected features, filters and joins count."""
    return qgs.QgsProcessingParameterFeatureSource(name, text, [SHAPES[one["shape"]]])


def field(name, text, one):
    """Return a field of a layer, or several."""
    kind = Data.Any if one.get("values") == "any" else Data.Numeric
    settings = one.get("default"), one["layer"], kind, one.get("several", False)
    return qgs.QgsProcessingParameterField(name, text, *settings)


def number(name, text, one):
    """Return a number between two bounds."""
    kind = Number.Double if one["type"] == "real" else Number.Integer
    settings = kind, one["default"], False, one.get("low", 0), one.get("high", 1e9)
    return qgs.QgsProcessingParameterNumber(name, text, *settings)


def yes(name, text, one):
    """Return a box to tick."""
    return qgs.QgsProcessingParameterBoolean(name, text, one["default"])


def choice(name, text, one):
    """Return a choice of one, the first if nothing is said, or of several."""
    shown, several = [tr(word) for word in one["words"].values()], one.get("several", False)
    return qgs.QgsProcessingParameterEnum(name, text, shown, several, None if several else 0)


def words(name, text, one):
    """Return a line of text."""
    return qgs.QgsProcessingParameterString(name, text, tr(one["default"]))


def path(name, text, one):
    """Return an existing file or folder."""
    kind = Path.Folder if one["type"] == "folder" else Path.File
    return qgs.QgsProcessingParameterFile(name, text, kind)


def sink(name, text, one):
    """Return an output layer; an optional one is made when asked for."""
    made = qgs.QgsProcessingParameterFeatureSink(name, text, SHAPES[one["shape"]])
    made.setCreateByDefault(not one.get("optional"))
    return made


def page(name, text, _):
    """Return an output page."""
    return qgs.QgsProcessingParameterFileDestination(name, text, "HTML (*.html)")


def folder(name, text, _):
    """Return an output folder."""
    return qgs.QgsProcessingParameterFolderDestination(name, text)


def told_number(name, text, _):
    """Return a number that is told at the end."""
    return qgs.QgsProcessingOutputNumber(name, text)


def told_text(name, text, _):
    """Return a text that is told at the end."""
    return qgs.QgsProcessingOutputString(name, text)


MAKERS = {"source": layer, "field": field, "integer": number, "real": number, "boolean": yes,
          "choice": choice, "text": words, "file": path, "folder": path, "sink": sink,
          "page": page, "folder made": folder, "number told": told_number,
          "text told": told_text}  # fmt: skip
