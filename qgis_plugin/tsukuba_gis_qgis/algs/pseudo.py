"""Tools that make pseudo-citizen records, a step each."""

from .. import parameters as p
from ..base import CoreAlgorithm
from ..texts import noop, tr
from .data import faulty

ROLES = ("age", "sex", "school_district", "small_area", "household_id", "care_level",
         "household_type", "relation", "claims", "medical_cost", "bmi", "sbp", "hba1c")  # fmt: skip


class PseudoTool(CoreAlgorithm):
    """A tool of the group Pseudo-citizen records."""

    heading = ("pseudo", noop("Pseudo-citizen records"))

    def register(self):
        """Return the register, its fields, and the polygons of the homes."""
        tip = tr("Read by this step only, in a private folder that is deleted at the end.")
        return [
            p.source("RECORDS", tr("Register (points, one a person)"), p.POINTS, tip),
            *p.roles(*ROLES),
            *p.zones(optional=True),
            faulty(),
            p.origin("reference", "invented"),
        ]

    def statistics(self):
        """Return the folder of the step before."""
        return p.path("STATISTICS", tr("Statistics folder"), "", p.Path.Folder)

    def told(self):
        """Return what a statistics folder holds."""
        return p.figures(TABLES=tr("Tables"), COUNTS=tr("Numbers")) + p.words(SHA256=tr("SHA-256"))


class PseudoMeasure(PseudoTool):
    """Reduces a register to safe statistics."""

    key, task, title = "pseudomeasure", "pseudo_measure", noop("Pseudo records 1: measure")

    def declare(self):
        least = p.number("K", tr("Smallest number of persons that is written down"), 10, low=3)
        return [*self.register(), least, p.out_folder(tr("Statistics folder")), *self.told()]


class PseudoAudit(PseudoTool):
    """Attacks the statistics and gives up what follows from them."""

    key, task, title = "pseudoaudit", "pseudo_audit", noop("Pseudo records 2: audit")

    def declare(self):
        out = p.out_folder(tr("Audited statistics folder"))
        return [self.statistics(), out, p.html(), *self.told()]


class PseudoGenerate(PseudoTool):
    """Makes pseudo records from audited statistics and a key."""

    key, task, title = "pseudogenerate", "pseudo_generate", noop("Pseudo records 3: generate")

    def declare(self):
        return [
            self.statistics(),
            p.path("KEY_FILE", tr("File with the key"), tr("Any text; one key, one set.")),
            *p.zones(optional=True),
            p.origin("pseudo"),
            p.sink("OUTPUT", tr("Pseudo-citizen records"), p.ANY),
            *p.figures(N_RECORDS=tr("Records")),
        ]


class PseudoEvaluate(PseudoTool):
    """Measures risk and worth of the pseudo records."""

    key, task, title = "pseudoevaluate", "pseudo_evaluate", noop("Pseudo records 4: evaluate")

    def declare(self):
        return [
            *self.register(),
            self.statistics(),
            p.path("KEY_FILE", tr("File with the key"), tr("Of the records to be judged.")),
            p.sink("OUTPUT", tr("Figures of the evaluation"), p.ANY),
            p.html(),
            *p.figures(PASSED=tr("1 if every condition holds")),
            *p.words(FAILED=tr("Conditions not met")),
        ]


TOOLS = (PseudoMeasure, PseudoAudit, PseudoGenerate, PseudoEvaluate)
