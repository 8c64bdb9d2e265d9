"""The parameters that the tools share, each with its tooltip."""

from qgis import core as qgs

from .texts import tr

Kind = qgs.QgsProcessing.SourceType
POINTS, POLYGONS, ANY = Kind.TypeVectorPoint, Kind.TypeVectorPolygon, Kind.TypeVector
Flag = qgs.QgsProcessingParameterDefinition.Flag
Number, Data = qgs.QgsProcessingParameterNumber.Type, qgs.QgsProcessingParameterField.DataType
Real, Whole, Numeric, Any = Number.Double, Number.Integer, Data.Numeric, Data.Any
Path = qgs.QgsProcessingParameterFile.Behavior


def tell(parameter, tip="", advanced=False):
    """Return a parameter with its tooltip, among the advanced ones if so wished."""
    parameter.setHelp(tip)
    if advanced:
        parameter.setFlags(parameter.flags() | Flag.FlagAdvanced)
    return parameter


def source(name, text, kind, tip="", optional=False):
    """Return a layer: the selected features, filters and joins count."""
    made = qgs.QgsProcessingParameterFeatureSource(name, text, [kind], optional=optional)
    return tell(made, tip)


def field(name, text, parent, tip="", kind=Numeric, several=False, guess=None, advanced=False):
    """Return a field of a layer; with a guess ("" for none) it may be left out."""
    settings = guess or None, parent, kind, several, guess is not None
    return tell(qgs.QgsProcessingParameterField(name, text, *settings), tip, advanced)


def number(name, text, default, tip="", kind=Whole, low=0, high=1e9, advanced=True):
    """Return a number."""
    made = qgs.QgsProcessingParameterNumber(name, text, kind, default, False, low, high)
    return tell(made, tip, advanced)


def yes(name, text, default, tip=""):
    """Return a box to tick."""
    return tell(qgs.QgsProcessingParameterBoolean(name, text, default), tip, advanced=True)


def choice(name, text, options, tip="", advanced=False, several=False):
    """Return a choice among ``options``: the core's word → the shown one."""
    settings = list(options.values()), several, None if several else 0, several
    made = qgs.QgsProcessingParameterEnum(name, text, *settings)
    made.setMetadata({"words": list(options)})
    return tell(made, tip, advanced)


def sink(name, text, kind=POLYGONS, optional=False):
    """Return an output layer; an optional one is made when asked for."""
    made = qgs.QgsProcessingParameterFeatureSink(name, text, kind, None, optional)
    made.setCreateByDefault(not optional)
    return made


def html(name="HTML", optional=True):
    """Return an output page."""
    text = tr("Report (HTML)")
    return qgs.QgsProcessingParameterFileDestination(name, text, "HTML (*.html)", None, optional)


def out_folder(text):
    """Return an output folder."""
    return qgs.QgsProcessingParameterFolderDestination("OUTPUT", text)


def path(name, text, tip="", behaviour=Path.File):
    """Return an existing file or folder."""
    return tell(qgs.QgsProcessingParameterFile(name, text, behaviour), tip)


def figures(**texts):
    """Return single numbers as outputs: name → what it is."""
    return [qgs.QgsProcessingOutputNumber(name, text) for name, text in texts.items()]


def words(**texts):
    """Return single texts as outputs."""
    return [qgs.QgsProcessingOutputString(name, text) for name, text in texts.items()]


def zone_fields(parent):
    """Return the fields of a district's code and name."""
    tip = tr("Polygons with the same code are one district. Without a code each polygon is one.")
    return [
        field("ZONE_ID", tr("Code of the district"), parent, tip, Any, guess="zone_id"),
        field("NAME", tr("Name of the district"), parent, "", Any, guess="name"),
    ]


def zones(optional=False):
    """Return a layer of districts, and the fields of their code and name."""
    tip = tr("Areas to which the records are assigned, in any coordinate system.")
    layer = source("ZONES", tr("Districts (polygons)"), POLYGONS, tip, optional)
    return [layer, *zone_fields("ZONES")]


def values(several=False):
    """Return polygons that hold numbers of their own, and the field or fields."""
    tip = tr("Rates rather than counts: a count mostly shows where the large districts are.")
    name, text = ("FIELDS", tr("Fields")) if several else ("FIELD", tr("Field"))
    layer = source("INPUT", tr("Districts with numbers (polygons)"), POLYGONS)
    return [layer, field(name, text, "INPUT", tip, several=several)]


def weights():
    """Return who is whose neighbour."""
    options = {"queen": tr("Queen: a shared border or corner"), "rook": tr("Rook: a shared border")}
    options.update({f"knn:{k}": tr("The {0} nearest").format(k) for k in (4, 6, 8)})
    options.update({f"band:{k}000": tr("Within {0} km").format(k) for k in (1, 2, 5)})
    tip = tr("Distances are between centroids, in metres.")
    return choice("WEIGHTS", tr("Neighbours"), options, tip)


def seed():
    """Return the seed of everything random."""
    return number("SEED", tr("Seed"), 0, tr("The same seed gives the same result."))


def draws(default):
    """Return the number of permutations."""
    tip = tr("More permutations give finer p-values.")
    return number("PERMUTATIONS", tr("Permutations"), default, tip, low=99)


def alpha():
    """Return the level of intervals and tests."""
    return number("ALPHA", tr("Significance level"), 0.05, "", Real, high=1)


def inference():
    """Return how chance is told from pattern, district by district."""
    tip = tr("Without it about 5 % of the districts are marked by chance alone.")
    fdr = yes("FDR", tr("Correct for testing many districts (FDR)"), True, tip)
    return [alpha(), fdr, draws(99_999), seed()]


def origin(*kinds):
    """Return what the people behind the numbers are: the notice on every output follows from it."""
    options = {
        "pseudo": tr("Pseudo records (made from a register)"),
        "invented": tr("Invented data (made from published figures)"),
        "reference": tr("Real people: internal use only"),
        "published": tr("Published figures: no notice"),
    }  # fmt: skip
    tip = tr("Decides the notice that layer, table and page carry.")
    shown = {kind: options[kind] for kind in kinds or options}
    return choice("ORIGIN", tr("What the data come from"), shown, tip)


def roles(*names):
    """Return the fields of persons that a tool can use; all but three may be left out."""
    shown = {
        "age": tr("Age"), "sex": tr("Sex"), "care_level": tr("Care level (要介護度)"),
        "household_id": tr("Household number"), "relation": tr("Relation to the head"),
        "household_type": tr("Household type"), "claims": tr("Claims"),
        "medical_cost": tr("Medical cost (yen)"), "bmi": tr("BMI"),
        "sbp": tr("Systolic blood pressure"), "hba1c": tr("HbA1c"),
        "school_district": tr("School district (cluster)"),
        "small_area": tr("Small area or ward"),
    }  # fmt: skip
    tip = tr("Only chosen fields leave QGIS.")
    made = [field(name.upper(), shown[name], "RECORDS", tip, Any, guess=name) for name in names]
    for one in made:
        if one.name() in ("AGE", "SEX", "SCHOOL_DISTRICT"):
            one.setFlags(one.flags() & ~Flag.FlagOptional)
    return made
