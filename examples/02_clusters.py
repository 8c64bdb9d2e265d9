"""Where do small households lie together? Spatial statistics on published figures of 2015.

Look at: how the answer changes with the weights, and what the sentences do not claim.
"""

from tsukuba_gis import reading
from tsukuba_gis.autocorrelation import local_g, local_moran, moran
from tsukuba_gis.boundaries import load_boundaries
from tsukuba_gis.weights import describe, knn, queen

zones = load_boundaries("small_area")
persons, households = zones.frame["population_2015"], zones.frame["households_2015"]
size = (persons / households.where(households >= 10)).rename("household_size")

for graph in (queen(zones), knn(zones, k=6)):
    print(describe(graph).to_string(), end="\n\n")
    results = (moran(size, graph), local_moran(size, graph), local_g(size, graph))
    for result in results:
        print(reading.sentence(result, label="Persons per household", lang="en"))
        for line in (*reading.cautions(result, lang="en"), reading.method(result, lang="en")):
            print("   ", line)
    print()

lisa = local_moran(size, queen(zones)).frame
print(
    lisa[lisa["cluster"] == "LL"]
    .join(zones.names)
    .sort_values("p")[["name", "z", "lag", "p"]]
    .head()
)
