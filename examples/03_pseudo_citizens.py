"""Can records be entirely different, and the counts per district the same?

Look at: the two columns of counts are equal; no row has an origin in the register.
"""

from tsukuba_gis.boundaries import load_boundaries
from tsukuba_gis.demo import register
from tsukuba_gis.pseudo.audit import audit
from tsukuba_gis.pseudo.generate import generate
from tsukuba_gis.pseudo.measure import measure
from tsukuba_gis.pseudo.spec import Spec

people = register(size=8_000)  # stands in for a confidential register
areas = load_boundaries("small_area")  # where the pseudo homes are placed

statistics = audit(measure(people, Spec.tsukuba(), zones=areas))
pseudo = generate(statistics, key="a secret that nobody guesses", zones=areas)

counts = people.frame.groupby("school_district")["age"].agg(["size", "mean"])
made = pseudo.frame.groupby("school_district")["age"].agg(["size", "mean"])
print(counts.add_suffix(" register").join(made.add_suffix(" pseudo")).round(2))
print(statistics.counts, "safe numbers; SHA-256", statistics.sha256)
