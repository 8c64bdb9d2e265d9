"""What all tools share: parameters become a job, the core's outcome becomes layers."""

import re

from qgis import core as qgs
from qgis.PyQt.QtGui import QIcon

from . import engine, exchange
from .runner import CancelledError, JobFolder, Run
from .styles import Dresser
from .texts import help_page, icon_path, lang, tr

Optional = qgs.QgsProcessingParameterDefinition.Flag.FlagOptional
Number = qgs.QgsProcessingParameterNumber.Type
OUTPUTS = {"outputNumber", "outputString"}
READERS = {"boolean": "parameterAsBoolean", "enum": "parameterAsEnums", "file": "parameterAsFile",
           "string": "parameterAsString", Number.Integer: "parameterAsInt",
           Number.Double: "parameterAsDouble"}  # fmt: skip


class CoreAlgorithm(qgs.QgsProcessingAlgorithm):
    """A tool that states its task, its parameters and its outputs, and nothing else.

    A parameter goes to the core under its own name in small letters. Of a layer
    only the geometry and the fields chosen in other parameters leave QGIS, or
    all where ``whole`` is set. ``appends``: output → the layer whose features it
    holds, with the core's columns behind. ``version`` is that of the task.
    """

    key = task = title = ""
    heading, version, whole, appends = ("", ""), 1, False, {}

    def declare(self):
        """Return parameters and single-value outputs."""
        raise NotImplementedError

    def createInstance(self):
        return type(self)()

    def name(self):
        return self.key

    def displayName(self):
        return tr(self.title)

    def groupId(self):
        return self.heading[0]

    def group(self):
        return tr(self.heading[1])

    def shortHelpString(self):
        return help_page(self.key)

    def icon(self):
        return QIcon(icon_path(self.key))

    def svgIconPath(self):
        return icon_path(self.key)

    def initAlgorithm(self, config=None):
        for one in self.declare():
            (self.addOutput if one.type() in OUTPUTS else self.addParameter)(one)

    def canExecute(self):
        found = engine.find_python()
        return bool(found), "" if found else engine.missing()

    def prepareAlgorithm(self, parameters, context, feedback):
        # Made here, in the main thread; processAlgorithm runs in another one.
        self.dressers = {one.name(): Dresser() for one in self._of("sink")}
        return True

    def processAlgorithm(self, parameters, context, feedback):
        python, run = engine.find_python(), (parameters, context, feedback)
        if not python:  # neither processing.run nor qgis_process asks canExecute
            raise qgs.QgsProcessingException(engine.missing())
        sources, layers, rows = {}, {}, {}
        try:
            with JobFolder() as folder:
                for one in self._of("source"):
                    name = one.name()
                    found = self.parameterAsSource(parameters, name, context)
                    if found is not None:
                        sources[name] = found
                        layers[name.lower()], rows[name] = self._export(name, found, folder, run)
                    elif not one.flags() & Optional:
                        raise qgs.QgsProcessingException(self.invalidSourceError(parameters, name))
                results = self._files(parameters, context)
                files = {name.lower(): path for name, path in results.items()}
                settings = self._settings(parameters, context)
                job = {"task": self.task, "version": self.version, "lang": lang(),
                       "layers": layers, "params": settings, "files": files}  # fmt: skip
                outcome = Run(feedback)(python, folder, job)
            for one in self._of("sink"):
                results.update(self._write(one.name(), outcome, sources, rows, run))
        except CancelledError:
            return {}
        for line in outcome["notice"]:
            feedback.pushWarning(line)
        single = [one.name() for one in self.outputDefinitions() if one.type() in OUTPUTS]
        return {**results, **{name: outcome["numbers"].get(name.lower()) for name in single}}

    def _of(self, *kinds):
        return [one for one in self.parameterDefinitions() if one.type() in kinds]

    def _export(self, name, source, folder, run):
        """Write a layer for the core; return what the job says of it, and the feature ids."""
        parameters, context, feedback = run
        columns = {field.name(): field.name() for field in source.fields()}
        if not self.whole:
            columns = self._columns(name, source, parameters, context)
        title = source.sourceName() or name.lower()
        stem = re.sub(r"[^\w-]+", "_", title)[:40]
        (folder / name.lower()).mkdir()
        path = f"{name.lower()}/{stem}.gpkg"
        ids = exchange.write_layer(source, folder / path, columns, context, feedback)
        return {"path": path, "title": title, "rows": len(ids), "labels": columns}, ids

    def _columns(self, name, source, parameters, context):
        """Return the fields that the parameters choose of a layer: name for the core → field."""
        columns = {}
        ask = getattr(self, "parameterAsStrings", None) or self.parameterAsFields
        for one in self._of("field"):
            if one.parentLayerParameterName() == name:
                key = one.name().lower()
                chosen = [field for field in ask(parameters, one.name(), context) if field]
                # A field that is only guessed at need not be there.
                guessed = one.flags() & Optional and chosen == [one.defaultValue()]
                if guessed and source.fields().lookupField(chosen[0]) < 0:
                    continue
                keys = [f"{key}_{place}" for place in range(len(chosen))]
                columns.update(zip(keys if one.allowMultiple() else [key], chosen))
        return columns

    def _settings(self, parameters, context):
        """Return numbers, words and choices as plain values."""
        settings = {}
        for one in self._of("number", "boolean", "string", "file", "enum"):
            name = one.name()
            kind = one.dataType() if one.type() == "number" else one.type()
            read = getattr(self, READERS[kind])
            value = read(parameters, name, context)
            if one.type() == "enum":
                value = [one.metadata()["words"][place] for place in value]
                value = value if one.allowMultiple() else value[0]
            settings[name.lower()] = value
        return settings

    def _files(self, parameters, context):
        """Return the files and folders to write: output → path."""
        asked = [one.name() for one in self._of("fileDestination", "folderDestination")]
        paths = [self.parameterAsFileOutput(parameters, name, context) for name in asked]
        return {name: path for name, path in zip(asked, paths) if path}

    def _write(self, name, outcome, sources, rows, run):
        """Write one output layer, and have it dressed once it is loaded."""
        parameters, context, feedback = run
        key, parent = name.lower(), self.appends.get(name)
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
