"""The tasks that the worker knows, by name, each with its version.

A task's version goes up whenever its settings or columns change in a way that
an older plugin cannot read; the plugin asks for the version that it was made for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tsukuba_gis.worker import data, pages, pseudo, spatial, statistics

if TYPE_CHECKING:
    from tsukuba_gis.worker.job import Job
    from tsukuba_gis.worker.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Task:
    """What a task does, and the version of what it takes and gives."""

    run: Callable[[Job], Outcome]
    version: int = 1


TASKS: Final[dict[str, Task]] = {
    "check": Task(data.check),
    "assign": Task(data.assign),
    "aggregate": Task(data.aggregate),
    "pseudo_measure": Task(pseudo.measure),
    "pseudo_audit": Task(pseudo.audit),
    "pseudo_generate": Task(pseudo.generate),
    "pseudo_evaluate": Task(pseudo.evaluate),
    "global_autocorrelation": Task(spatial.global_autocorrelation),
    "local_moran": Task(spatial.local_moran),
    "local_geary": Task(spatial.local_geary),
    "local_g": Task(spatial.local_g, version=2),
    "regionalise": Task(spatial.regionalise),
    "rates": Task(statistics.rates),
    "correlation": Task(statistics.correlation),
    "regression": Task(statistics.regression),
    "cohort": Task(statistics.cohort, version=2),
    "web_map": Task(pages.web_map),
    "full_report": Task(pages.full_report),
}
