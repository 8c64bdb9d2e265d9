"""Tools on districts with numbers: clusters and regions."""

from .. import parameters as p
from ..base import CoreAlgorithm
from ..texts import noop, tr


class SpatialTool(CoreAlgorithm):
    """A tool of the group Spatial clusters."""

    heading = ("spatial", noop("Spatial clusters"))
    appends = {"OUTPUT": "INPUT"}

    def local(self, text, *more):
        """Return the parameters of a statistic of every district."""
        inputs = [*p.values(), p.weights(), *more, *p.inference(), p.origin()]
        return [*inputs, p.sink("OUTPUT", text)]


class GlobalAutocorrelation(SpatialTool):
    """Tells whether neighbouring districts are alike."""

    key, task = "globalautocorrelation", "global_autocorrelation"
    title, appends = noop("Global spatial autocorrelation"), {}

    def declare(self):
        return [
            *p.values(),
            p.weights(),
            p.draws(9_999),
            p.seed(),
            p.origin(),
            p.sink("OUTPUT", tr("Statistics"), p.ANY),
            p.html(),
            *p.figures(I=tr("Moran's I"), Z=tr("z of Moran's I"), P=tr("p of Moran's I")),
        ]


class LocalMoran(SpatialTool):
    """Tells where high and where low values cluster."""

    key, task, title = "localmoran", "local_moran", noop("Local Moran (LISA)")

    def declare(self):
        return self.local(tr("Clusters (LISA)"))


class LocalGeary(SpatialTool):
    """Tells which districts are like, or unlike, their neighbours."""

    key, task, title = "localgeary", "local_geary", noop("Local Geary")

    def declare(self):
        return self.local(tr("Local Geary"))


class GetisOrd(SpatialTool):
    """Tells where the hot spots and cold spots are."""

    key, task, title = "getisord", "local_g", noop("Hot spots (Getis-Ord G*)")
    version = 2

    def declare(self):
        star = p.yes("STAR", tr("Count the district itself (G*)"), True)
        made = self.local(tr("Hot spots"), star)
        return [one for one in made if one.name() != "ALPHA"]  # three levels of its own


class Regionalize(SpatialTool):
    """Puts neighbouring, similar districts together."""

    key, task, title = "regionalize", "regionalise", noop("Regions of similar neighbours")

    def declare(self):
        k = tr("Number of regions (0: as many as the least amount allows)")
        amount, tip = tr("Amount that each region must have"), tr("For instance persons.")
        return [
            *p.values(several=True),
            p.number("K", k, 4, advanced=False),
            p.weights(),
            p.field("FLOOR_FIELD", amount, "INPUT", tip, guess="", advanced=True),
            p.number("FLOOR", tr("Least amount in each region"), 0, "", p.Real),
            p.seed(),
            p.origin(),
            p.sink("OUTPUT", tr("Districts with their region")),
            p.sink("REGIONS", tr("Regions, dissolved"), optional=True),
            *p.figures(
                N_REGIONS=tr("Regions"), WITHIN_SHARE=tr("Share of variance within regions")
            ),
        ]


TOOLS = (GlobalAutocorrelation, LocalMoran, LocalGeary, GetisOrd, Regionalize)
