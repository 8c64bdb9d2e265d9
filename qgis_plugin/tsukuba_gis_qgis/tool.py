"""The one algorithm that all tools are: a job from the parameters, layers from the outcome."""

import re

from qgis import core as qgs
from qgis.PyQt.QtGui import QIcon

from . import engine, exchange
from .declared import make
from .runner import CancelledError, JobFolder, Run
from .styles import Dresser
from .texts import help_page, icon_path, lang, tr

TOLD, FILES = ("number told", "text told"), ("page", "folder made")
READERS = {"boolean": "parameterAsBoolean", "choice": "parameterAsEnums",
           "file": "parameterAsFile", "folder": "parameterAsFile", "text": "parameterAsString",
           "integer": "parameterAsInt", "real": "parameterAsDouble"}  # fmt: skip


class Tool(qgs.QgsProcessingAlgorithm):
    """A tool as tools.json declares it.

    A parameter goes to the core under its own name in small letters. Of a layer only the
    geometry and the fields chosen in other parameters leave QGIS, or all where the tool is
    to see the ``whole``. An output has the "features of" a layer, with the core's columns
    behind theirs, or is a table of the core's own.
    """

    def __init__(self, key, told):
        super().__init__()
        self.key, self.told = key, told

    def createInstance(self):
        return Tool(self.key, self.told)

    def name(self):
        return self.key

    def displayName(self):
        return tr(self.told["title"])

    def groupId(self):
        return self.told["group"]

    def group(self):
        return tr(self.told["heading"])

    def shortHelpString(self):
        return help_page(self.key)

    def icon(self):
        return QIcon(icon_path(self.key))

    def svgIconPath(self):
        return icon_path(self.key)

    def initAlgorithm(self, config=None):
        for one in self.told["parameters"]:
            (self.addOutput if one["type"] in TOLD else self.addParameter)(make(one))

    def canExecute(self):
        found = engine.find_python()
        return bool(found), "" if found else engine.missing()

    def prepareAlgorithm(self, parameters, context, feedback):
        # Made here, in the main thread; processAlgorithm runs in another one.
        self.dressers = {one["name"]: Dresser() for one in self._of("sink")}
        return True

    def processAlgorithm(self, parameters, context, feedback):
        python, run = engine.find_python(), (parameters, context, feedback)
        if not python:  # neither processing.run nor qgis_process asks canExecute
            raise qgs.QgsProcessingException(engine.missing())
        sources, layers, rows = {}, {}, {}
        try:
            with JobFolder() as folder:
                for one in self._of("source"):
                    name = one["name"]
                    found = self.parameterAsSource(parameters, name, context)
                    if found is not None:
                        sources[name] = found
                        layers[name.lower()], rows[name] = self._export(name, found, folder, run)
                    elif not one.get("optional"):
                        raise qgs.QgsProcessingException(self.invalidSourceError(parameters, name))
                results = self._files(parameters, context)
                files = {name.lower(): path for name, path in results.items()}
                job = {"task": self.told["task"], "version": self.told["version"], "lang": lang(),
                       "layers": layers, "params": self._settings(parameters, context),
                       "files": files}  # fmt: skip
                outcome = Run(feedback)(python, folder, job)
            for one in self._of("sink"):
                results.update(self._write(one, outcome, sources, rows, run))
        except CancelledError:
            return {}
        for line in outcome["notice"]:
            feedback.pushWarning(line)
        single = [one["name"] for one in self._of(*TOLD)]
        return {**results, **{name: outcome["numbers"].get(name.lower()) for name in single}}

    def _of(self, *types):
        return [one for one in self.told["parameters"] if one["type"] in types]

    def _export(self, name, source, folder, run):
        """Write a layer for the core; return what the job says of it, and the feature ids."""
        parameters, context, feedback = run
        columns = {field.name(): field.name() for field in source.fields()}
        if not self.told.get("whole"):
            columns = self._columns(name, source, parameters, context)
        title = source.sourceName() or name.lower()
        stem = re.sub(r"[^\w-]+", "_", title)[:40]
        (folder / name.lower()).mkdir()
        path = f"{name.lower()}/{stem}.gpkg"
        ids = exchange.write_layer(source, folder / path, columns, context, feedback)
        return {"path": path, "title": title, "rows": len(ids), "labels": columns}, ids

    def _columns(self, layer, source, parameters, context):
        """Return the fields that the parameters choose of a layer: name for the core → field."""
        columns = {}
        ask = getattr(self, "parameterAsStrings", None) or self.parameterAsFields
        for one in self._of("field"):
            if one["layer"] != layer:
                continue
            chosen = [field for field in ask(parameters, one["name"], context) if field]
            # A field that is only guessed at need not be there.
            guessed = one.get("optional") and chosen == [one.get("default")]
            if guessed and source.fields().lookupField(chosen[0]) < 0:
                continue
            key = one["name"].lower()
            keys = [f"{key}_{place}" for place in range(len(chosen))]
            columns.update(zip(keys if one.get("several") else [key], chosen))
        return columns

    def _settings(self, parameters, context):
        """Return numbers, words and choices as plain values."""
        settings = {}
        for one in self._of(*READERS):
            value = getattr(self, READERS[one["type"]])(parameters, one["name"], context)
            if one["type"] == "choice":
                words = list(one["words"])
                value = [words[place] for place in value]
                value = value if one.get("several") else value[0]
            settings[one["name"].lower()] = value
        return settings

    def _files(self, parameters, context):
        """Return the files and folders to write: output → path."""
        asked = [one["name"] for one in self._of(*FILES)]
        paths = [self.parameterAsFileOutput(parameters, name, context) for name in asked]
        return {name: path for name, path in zip(asked, paths) if path}

    def _write(self, one, outcome, sources, rows, run):
        """Write one output layer, and have it dressed once it is loaded."""
        parameters, context, feedback = run
        name, key, parent = one["name"], one["name"].lower(), one.get("features of")
        table = outcome["columns"] if parent else outcome["tables"][key]
        fields = exchange.new_fields(table["columns"])
        kind = getattr(exchange.Wkb.Type, table.get("kind", "NoGeometry"))
        crs = qgs.QgsCoordinateReferenceSystem(table.get("crs") or "")
        if parent:  # a name that is taken gets a number behind it
            source = sources[parent]
            fields = qgs.QgsProcessingUtils.combineFields(source.fields(), fields)
            kind, crs = source.wkbType(), source.sourceCrs()
        sink, made = self.parameterAsSink(parameters, name, context, fields, kind, crs)
        if sink is None:
            return {}
        if parent:
            only = outcome["subsets"].get(key)
            exchange.append(sink, source, rows[parent], outcome, only, feedback)
        else:
            exchange.write_table(sink, table, feedback)
        del sink
        dresser = self.dressers[name]
        dresser.title, dresser.style = outcome["titles"].get(key, ""), outcome["styles"].get(key)
        dresser.labels, dresser.notice = outcome["labels"], outcome["notice"]
        if context.willLoadLayerOnCompletion(made):
            details = context.layerToLoadOnCompletionDetails(made)
            details.name = dresser.title or details.name
            details.setPostProcessor(dresser)
        return {name: made}
