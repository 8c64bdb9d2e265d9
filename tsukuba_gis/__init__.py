"""Pseudo-citizen data and small-area GIS analysis for Japanese municipalities.

The public names below are imported when first used, so that ``import
tsukuba_gis`` and ``tsukuba-gis --help`` stay light.

Examples
--------
>>> import tsukuba_gis as tg
>>> study = tg.demo_study(size=20_000)
>>> result = tg.run(study)                      # doctest: +SKIP
>>> tg.write_report(result, "out")              # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

# Public name → the module that holds it.
_PUBLIC = {
    "Records": "records",
    "Result": "result",
    "Study": "study",
    "Zones": "zones",
    "assign_zones": "join",
    "demo_study": "study",
    "indicator_values": "indicators",
    "load_boundaries": "boundaries",
    "local_moran": "autocorrelation",
    "moran": "autocorrelation",
    "population": "tables",
    "queen": "weights",
    "read_records": "io",
    "read_study": "study",
    "read_zones": "io",
    "register": "demo",
    "run": "study",
    "write_report": "report",
}
__all__ = ["__version__", *sorted(_PUBLIC)]

if TYPE_CHECKING:
    from tsukuba_gis.autocorrelation import local_moran as local_moran
    from tsukuba_gis.autocorrelation import moran as moran
    from tsukuba_gis.boundaries import load_boundaries as load_boundaries
    from tsukuba_gis.demo import register as register
    from tsukuba_gis.indicators import indicator_values as indicator_values
    from tsukuba_gis.io import read_records as read_records
    from tsukuba_gis.io import read_zones as read_zones
    from tsukuba_gis.join import assign_zones as assign_zones
    from tsukuba_gis.records import Records as Records
    from tsukuba_gis.report import write_report as write_report
    from tsukuba_gis.result import Result as Result
    from tsukuba_gis.study import Study as Study
    from tsukuba_gis.study import demo_study as demo_study
    from tsukuba_gis.study import read_study as read_study
    from tsukuba_gis.study import run as run
    from tsukuba_gis.tables import population as population
    from tsukuba_gis.weights import queen as queen
    from tsukuba_gis.zones import Zones as Zones


def __getattr__(name: str) -> object:
    if name in _PUBLIC:
        return getattr(import_module(f"tsukuba_gis.{_PUBLIC[name]}"), name)
    message = f"module 'tsukuba_gis' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return __all__
