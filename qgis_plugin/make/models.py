"""Make the processing models of the three figures: run by QGIS's own Python.

QT_QPA_PLATFORM=offscreen /usr/bin/python3 qgis_plugin/make/models.py
"""

import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsProcessing,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterNumber,
)
from qgis.PyQt.QtCore import QPointF

HERE = Path(__file__).parents[1]
sys.path[:0] = ["/usr/share/qgis/python/plugins", str(HERE)]
Value = QgsProcessingModelChildParameterSource
Kind = QgsProcessing.SourceType


class Drawing:
    """A model under construction: inputs on the left, tools to the right."""

    def __init__(self, name):
        self.model = QgsProcessingModelAlgorithm(name, "図をつくる / Figures")
        self.places = 0

    def place(self):
        self.places += 1
        return QPointF(120 + 220 * (self.places // 8), 60 + 80 * (self.places % 8))

    def ask(self, definition):
        """Add an input."""
        component = QgsProcessingModelParameter(definition.name())
        component.setPosition(self.place())
        self.model.addModelParameter(definition, component)

    def people(self, name, text):
        """Add a layer of persons and the fields of age and sex."""
        self.ask(QgsProcessingParameterFeatureSource(name, text, [Kind.TypeVectorPoint]))
        for field, said in (("age", "年齢 / Age"), ("sex", "性別 / Sex")):
            made = f"{name}_{field}"
            self.ask(QgsProcessingParameterField(made, f"{said} ({text})", field, name))

    def districts(self):
        """Add the districts."""
        text = "区域 / Districts"
        self.ask(QgsProcessingParameterFeatureSource("zones", text, [Kind.TypeVectorPolygon]))

    def tool(self, key, settings, inputs, outputs):
        """Add a tool: fixed settings, model inputs, and outputs that the model keeps."""
        child = QgsProcessingModelChildAlgorithm(f"tsukubagis:{key}")
        child.setChildId(key)
        child.setDescription(child.algorithm().displayName())
        child.setPosition(self.place())
        sources = {name: Value.fromStaticValue(value) for name, value in settings.items()}
        for name, value in inputs.items():
            sources[name] = (
                Value.fromChildOutput(*value) if isinstance(value, tuple)
                else Value.fromModelParameter(value)
            )  # fmt: skip
        for name, source in sources.items():
            child.addParameterSources(name, [source])
        kept = {}
        for output, said in outputs.items():
            made = QgsProcessingModelOutput(said, said)
            made.setChildId(key)
            made.setChildOutputName(output)
            made.setPosition(self.place())
            kept[said] = made
        child.setModelOutputs(kept)
        self.model.addChildAlgorithm(child)

    def save(self, file, about):
        """Write the model."""
        self.model.setHelpContent({"ALG_DESC": about, "ALG_CREATOR": "tsukuba_gis"})
        path = HERE / "tsukuba_gis_qgis" / "models" / file
        path.parent.mkdir(exist_ok=True)
        if not self.model.toFile(str(path)):
            raise SystemExit(f"{path} was not written")


def care_by_age():
    """Figure 1: whether older districts have more heavy care."""
    drawn = Drawing("図1 高齢化率と重度介護 / Figure 1: ageing and heavy care")
    drawn.people("people", "記録 / Records")
    text = "要介護度 / Care level"
    drawn.ask(QgsProcessingParameterField("people_care", text, "care_level", "people"))
    drawn.districts()
    drawn.tool("aggregatedistricts", {"INDICATORS": [2, 7]},
               {"RECORDS": "people", "AGE": "people_age", "SEX": "people_sex",
                "CARE_LEVEL": "people_care", "ZONES": "zones"},
               {"OUTPUT": "区域別の率 / Rates"})  # fmt: skip
    layer = ("aggregatedistricts", "OUTPUT")
    drawn.tool("correlation", {"FIELDS": ["share_65plus", "share_severe_care"]},
               {"INPUT": layer}, {"OUTPUT": "相関 / Correlation"})  # fmt: skip
    drawn.tool("regression", {"FIELD": "share_severe_care", "FIELDS": ["share_65plus"]},
               {"INPUT": layer}, {"OUTPUT": "残差 / Residuals"})  # fmt: skip
    drawn.save("figure_1_ageing_and_care.model3",
               "区域ごとの高齢化率と重度介護の割合、その相関と回帰。 / "
               "Shares aged 65+ and in heavy care by district, and how they relate.")  # fmt: skip


def old_over_young():
    """Figure 2: 65 and over to 10 and under, on a map, with its clusters."""
    drawn = Drawing("図2 65歳以上/10歳以下比の地図 / Figure 2: map of 65+ to 10 and under")
    drawn.people("people", "記録 / Records")
    drawn.districts()
    drawn.tool("aggregatedistricts", {"INDICATORS": [5]},
               {"RECORDS": "people", "AGE": "people_age", "SEX": "people_sex", "ZONES": "zones"},
               {"OUTPUT": "65歳以上/10歳以下比 / Ratio 65+ to 10 and under"})  # fmt: skip
    drawn.tool("localmoran", {"FIELD": "ratio_65_10"},
               {"INPUT": ("aggregatedistricts", "OUTPUT")},
               {"OUTPUT": "集積 / Clusters"})  # fmt: skip
    drawn.save("figure_2_old_over_young.model3",
               "区域ごとの65歳以上/10歳以下比の地図と、高い・低い区域のかたまり。 / "
               "Ratio of 65+ to age 10 and under by district, and where it clusters.")  # fmt: skip


def cohorts():
    """Figure 3: persons by district, sex and age in the years to come."""
    drawn = Drawing("図3 コーホート分析 / Figure 3: cohort analysis")
    drawn.people("people", "後の時点の記録 / Records, later date")
    drawn.people("earlier", "前の時点の記録 / Records, earlier date")
    drawn.districts()
    whole = QgsProcessingParameterNumber.Type.Integer
    years = {"YEAR": ("後の時点の年 / Later year", 2020),
             "YEAR_EARLIER": ("前の時点の年 / Earlier year", 2015),
             "UNTIL": ("最後の年 / Last year", 2040)}  # fmt: skip
    for name, (text, default) in years.items():
        drawn.ask(QgsProcessingParameterNumber(name.lower(), text, whole, default))
    drawn.tool("cohortprojection", {},
               {"RECORDS": "people", "AGE": "people_age", "SEX": "people_sex",
                "EARLIER": "earlier", "EARLIER_AGE": "earlier_age", "EARLIER_SEX": "earlier_sex",
                "ZONES": "zones", **{name: name.lower() for name in years}},
               {"OUTPUT": "年齢別将来人口 / Persons by age",
                "DISTRICTS": "区域別の合計 / Totals"})  # fmt: skip
    drawn.save("figure_3_cohorts.model3",
               "2時点の記録から、区域・性・年齢別の将来人口を推計します。 / "
               "Persons by district, sex and age to come, from records of two dates.")  # fmt: skip


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    from tsukuba_gis_qgis.provider import TsukubaGisProvider

    provider = TsukubaGisProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    for figure in (care_by_age, old_over_young, cohorts):
        figure()
    print("models written")
