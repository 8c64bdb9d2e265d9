"""A study: what goes in, which zones, which indicators; and the run that makes its result.

A study is a small TOML file (:func:`read_study`) or, in Python, a
:class:`Study`; :func:`run` turns it into a
:class:`tsukuba_gis.result.Result`, from which every output is made.
"""

from tsukuba_gis.study.beside import read_economy_source, read_flow_source
from tsukuba_gis.study.description import (
    DEMO_SEED,
    CorrelationRule,
    RateRule,
    RecordSource,
    RegionRule,
    RegressionRule,
    Study,
    ZoneSource,
    demo_study,
)
from tsukuba_gis.study.file import read_study
from tsukuba_gis.study.flow import OnStep, run
from tsukuba_gis.study.inputs import read_study_records
from tsukuba_gis.study.outlook import (
    CityTables,
    EarlierTable,
    EconomySource,
    FlowSource,
    HousingRule,
    InstitutionRule,
    ProjectionRule,
)
from tsukuba_gis.study.projection import project_tables
from tsukuba_gis.study.pseudo import home_zones, judge, judge_swapped, left_out

__all__ = [
    "DEMO_SEED",
    "CityTables",
    "CorrelationRule",
    "EarlierTable",
    "EconomySource",
    "FlowSource",
    "HousingRule",
    "InstitutionRule",
    "OnStep",
    "ProjectionRule",
    "RateRule",
    "RecordSource",
    "RegionRule",
    "RegressionRule",
    "Study",
    "ZoneSource",
    "demo_study",
    "home_zones",
    "judge",
    "judge_swapped",
    "left_out",
    "project_tables",
    "read_economy_source",
    "read_flow_source",
    "read_study",
    "read_study_records",
    "run",
]
