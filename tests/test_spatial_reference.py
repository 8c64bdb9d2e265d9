"""Every spatial statistic against R spdep 1.2-7 (to 1e-10), and against esda on other data.

The values of R are in ``reference_values.json`` beside the repository; each
record names its data, weights and statistic. A statistic that is not in
CHECKS or ELSEWHERE fails, so that none is passed over.
"""

import contextlib
import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph

from tsukuba_gis import autocorrelation as ac
from tsukuba_gis.autocorrelation.randomisation import weight_sums
from tsukuba_gis.errors import InputError

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "spatial_reference"
pytestmark = pytest.mark.skipif(
    not FOLDER.exists(), reason="reference values of R spdep are not beside the repository"
)
RECORDS = (
    json.loads((FOLDER / "reference_values.json").read_text(encoding="utf-8"))["records"]
    if FOLDER.exists()
    else []
)
TOLERANCE = 1e-10
STYLES = {"W": "row", "B": "given"}


def neighbours(dataset, name):
    (lists,) = (
        r["value"]
        for r in RECORDS
        if (r["dataset"], r["weights"], r["statistic"]) == (dataset, name, "neighbours_0based")
    )
    return Graph.from_dicts({f"z{i}": [f"z{j}" for j in row] for i, row in enumerate(lists)})


def values(dataset, variable):
    if dataset == "columbus":
        column = pd.read_csv(FOLDER / "spdep" / "columbus.csv")[variable].to_numpy()
    else:
        (data,) = (
            r["value"] for r in RECORDS if (r["dataset"], r["statistic"]) == (dataset, "data")
        )
        column = np.array(data[variable])
    return pd.Series(column, [f"z{i}" for i in range(len(column))], name=variable)


def parts(record):
    """Return the graph, the style and the variables of a record."""
    name, _, style = record["weights"].partition("/")
    names = (record["variable"] or "").replace("x=", "").replace("y=", "").split(",")
    graph = neighbours(record["dataset"], name)
    return graph, style, [values(record["dataset"], n) for n in names if n.isalpha()]


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


def check_moran(record, moments):
    graph, style, (x,) = parts(record)
    found = ac.moran(x, graph, permutations=1, style=STYLES[style], moments=moments)
    expected = record["value"]
    close(
        [found.i, found.expected, ((found.i - found.expected) / found.z) ** 2, found.z],
        [expected[key] for key in ("I", "E", "V", "z")],
    )


def check_geary(record, moments):
    graph, style, (x,) = parts(record)
    found = ac.geary(x, graph, permutations=1, style=STYLES[style], moments=moments)
    expected = record["value"]
    close(
        [found.value, found.expected, found.variance, found.z],
        [expected[key] for key in ("C", "E", "V", "z")],
    )


def check_general_g(record):
    graph, style, (x,) = parts(record)
    found = ac.getis_ord_g(x, graph, permutations=1, style=STYLES[style])
    expected = record["value"]
    close(
        [found.value, found.expected, found.variance, found.z],
        [expected[key] for key in ("G", "E", "V", "z")],
    )


def check_local_moran(record, given):
    graph, _, (x,) = parts(record)
    found = ac.local_moran_moments(x, graph, given=given)
    for ours, theirs in (("i", "Ii"), ("expected", "E"), ("variance", "V"), ("z", "z")):
        close(found[ours], record["value"][theirs])
    frame = ac.local_moran(x, graph, permutations=99, fdr=False, alpha=1.0).frame
    close(frame["i"], record["value"]["Ii"])
    names = {"High-High": "HH", "Low-Low": "LL", "High-Low": "HL", "Low-High": "LH"}
    assert frame["cluster"].tolist() == [names[q] for q in record["value"]["quadrant_mean"]]


def check_local_moran_n_1(record):
    graph, _, (x,) = parts(record)
    close(ac.local_moran(x, graph, permutations=9).frame["i"] * 48 / 49, record["value"])


def check_local_g(record, star, column, style="B"):
    graph, _, (x,) = parts(record)
    given = graph.transform("r") if style == "W" else graph
    close(ac.local_g(x, given, star=star, permutations=9).frame[column], record["value"])


def check_local_g_star_row(record):
    # Dividing a row by its sum leaves z as it is.
    graph, _, (x,) = parts(record)
    close(ac.local_g(x, graph, star=True, permutations=9).frame["z"], record["value"])


def check_local_geary(record):
    graph, _, (x,) = parts(record)
    close(ac.local_geary(x, graph, permutations=9).frame["value"], record["value"])


def check_losh(record):
    graph, _, (x,) = parts(record)
    found = ac.losh(x, graph).frame
    for ours, theirs in (("value", "Hi"), ("variance", "V"), ("chi2", "Z"), ("p", "p")):
        close(found[ours], record["value"][theirs])


def check_sums(record):
    graph, style, _ = parts(record)
    transformed = {"B": "b", "W": "r", "U": "d", "S": "v", "C": "d"}[style]
    matrix = graph.transform(transformed).sparse.tocsr()
    if style == "C":
        matrix = matrix * graph.n
    expected = record["value"]
    close(weight_sums(matrix), [expected[key] for key in ("n", "S0", "S1", "S2")])


def joins(record):
    graph, _, _ = parts(record)
    variable, above, below = record["variable"].partition(">" if ">" in record["variable"] else "<")
    x = values(record["dataset"], variable)
    high = x > float(below) if above == ">" else x >= float(below)
    return ac.join_counts(high.map({True: "high", False: "low"}), graph, permutations=9).frame


def check_same_colour(record):
    found = joins(record)
    rows = [found.loc["low:low"], found.loc["high:high"]]
    by_count = {round(row["count"]): row for row in rows}
    for expected in record["value"]:
        row = by_count[round(expected["stat"])]
        close(
            row[["count", "expected", "variance", "z"]].astype(float),
            [expected[key] for key in ("stat", "E", "V", "z")],
        )


def check_multi(record):
    found = joins(record)
    expected = record["value"]
    names = {
        "low:low": "low:low",
        "high:high": "high:high",
        "high:low": "low:high",
        "Jtot": "different",
    }
    for name, row in zip(expected["rows"], expected["m"], strict=True):
        ours = found.loc[names[name]]
        close(ours[["count", "expected", "variance", "z"]].astype(float), row)


def check_lee(record):
    graph, _, (x, y) = parts(record)
    close(ac.lee(x, y, graph, permutations=9).value, record["value"]["L"])
    close(ac.local_lee(x, y, graph), record["value"]["local"])


def check_bivariate(record):
    graph, _, (x, y) = parts(record)
    close(ac.bivariate_moran(x, y, graph, permutations=9).value, record["value"])
    frame = ac.local_bivariate_moran(x, y, graph, permutations=9).frame
    close(frame["value"].mean(), record["value"])


def check_correlogram(record):
    graph, _, (x,) = parts(record)
    found = ac.correlogram(x, graph, orders=4, permutations=9).frame
    close(found["i"], record["value"]["I"])
    close(found["expected"], record["value"]["E"])
    close(((found["i"] - found["expected"]) / found["z"]) ** 2, record["value"]["V"])


def check_exact(record):
    graph, _, (x,) = parts(record)
    found = ac.local_moran_normal(x, graph, method="exact")
    close(found["expected"], record["value"]["Expectation"])
    close(found["variance"], record["value"]["Variance"])
    # R's integrate() promises four digits, and gave nine; with twelve asked of it, it gives these
    # to 1e-10: tests/spdep.
    np.testing.assert_allclose(found["z"], record["value"]["Exact SD"], atol=1e-8)
    np.testing.assert_allclose(found["p"], record["value"]["Pr. (exact)"], atol=1e-8)


def check_saddlepoint(record):
    graph, _, (x,) = parts(record)
    found = ac.local_moran_normal(x, graph)
    close(found["variance"], record["value"]["Variance"])
    # R's formula cancels around the mean (one zone); in 60 digits it gives these: tests/spdep.
    np.testing.assert_allclose(found["z"], record["value"]["Saddlepoint"], atol=5e-5)
    np.testing.assert_allclose(found["p"], record["value"]["Pr. (Sad)"], atol=5e-5)


def check_aple(record):
    graph, _, (x,) = parts(record)
    close(ac.aple(x, graph), record["value"])


CHECKS = {
    "local_moran_exact": check_exact,
    "local_moran_saddlepoint": check_saddlepoint,
    "APLE": check_aple,
    "moran_I_randomisation": lambda r: check_moran(r, "randomisation"),
    "moran_I_normality": lambda r: check_moran(r, "normality"),
    "geary_C_randomisation": lambda r: check_geary(r, "randomisation"),
    "geary_C_normality": lambda r: check_geary(r, "normality"),
    "getis_ord_general_G": check_general_g,
    "local_moran_conditional": lambda r: check_local_moran(r, "conditional"),
    "local_moran_total": lambda r: check_local_moran(r, "total"),
    "local_moran_Ii_mlvar_false": check_local_moran_n_1,
    "local_G_z_binary": lambda r: check_local_g(r, False, "z"),
    "local_G_raw_binary": lambda r: check_local_g(r, False, "value"),
    "local_Gstar_z_binary": lambda r: check_local_g(r, True, "z"),
    "local_Gstar_raw_binary": lambda r: check_local_g(r, True, "value"),
    "local_G_z_rowstd": lambda r: check_local_g(r, False, "z", "W"),
    "local_Gstar_z_rowstd": check_local_g_star_row,
    "local_geary_Ci": check_local_geary,
    "LOSH": check_losh,
    "S0_S1_S2": check_sums,
    "join_count_same_colour": check_same_colour,
    "join_count_multi": check_multi,
    "lee_L": check_lee,
    "bivariate_moran_global": check_bivariate,
    "moran_correlogram_lags1_4": check_correlogram,
}
# What is no spatial autocorrelation of values.
ELSEWHERE = {
    "neighbours_0based", "data", "peer_agreement_esda_minus_spdep",  # input and notes
    "ols", "lm_moran_residuals", "lm_tests", "ml_lag", "ml_error", "s2sls_lag",
    "gm_error_kp98", "ml_durbin", "moran_exact_residuals",  # regression
    "EB_global_marshall", "EB_local_marshall",  # rates
}  # fmt: skip


def test_no_statistic_is_passed_over():
    assert {r["statistic"] for r in RECORDS} == set(CHECKS) | ELSEWHERE


def name_of(record):
    return f"{record['dataset'][:8]}-{record['weights']}-{record['variable']}-{record['statistic']}"


@pytest.mark.parametrize("record", [r for r in RECORDS if r["statistic"] in CHECKS], ids=name_of)
def test_equal_to_spdep(record):
    CHECKS[record["statistic"]](record)


def test_styles_of_the_printed_values():
    """oldcol with variance-stabilised weights; general G of Columbus: reference_values.csv."""
    table = pd.read_csv(FOLDER / "spdep" / "reference_values.csv").set_index(
        ["dataset", "weights", "statistic"]
    )
    table = table["value"].sort_index()
    x = values("oldcol (COL.OLD, COL.nb)", "CRIME")
    graph = neighbours("oldcol (COL.OLD, COL.nb)", "COL.nb")
    for style in "WBS":
        given = graph.transform({"W": "r", "B": "b", "S": "v"}[style])
        expected = table["oldcol", f"COL.nb/{style}"]
        found = ac.moran(x, given, permutations=1, style="given")
        variance = ((found.i - found.expected) / found.z) ** 2
        close([found.i, variance], [expected["moran_I"], expected["moran_VI_rand"]])
        found = ac.geary(x, given, permutations=1, style="given")
        close([found.value, found.variance], [expected["geary_C"], expected["geary_VC_rand"]])


# ---- esda, on data and weights of its own ----------------------------------


def sids():
    import geopandas as gpd

    frame = gpd.read_file(FOLDER / "sids2" / "sids2.shp")
    # Of equal length: esda's local Geary and join counts come back in the order of sorted ids.
    ids = pd.Index([f"z{i:03d}" for i in range(len(frame))])
    points = frame.set_geometry(frame.centroid).set_index(ids)
    return frame.set_index(ids), Graph.build_knn(points, k=4)


def baltimore():
    import geopandas as gpd

    frame = gpd.read_file(FOLDER / "baltim" / "baltim.shp")
    frame = frame.set_index(pd.Index([f"z{i:03d}" for i in range(len(frame))]))
    kernel = Graph.build_distance_band(frame, threshold=22.0, binary=False, alpha=-1.0)
    assert len(kernel.isolates) == 0  # esda counts islands in, this package leaves them out
    return frame, kernel


@pytest.fixture
def peer(monkeypatch):
    """The reference implementation, without its 24 s of compiling in every process."""
    with contextlib.suppress(ImportError):
        import numba

        numba.config.DISABLE_JIT = True
    import esda

    # numba's word for bool, which means nothing without the compiler
    monkeypatch.setattr(esda.crand, "boolean", bool)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # esda warns of its own one-sided p
        yield esda


@pytest.mark.parametrize("variable", ["SIDR74", "NWBIR79"])
def test_global_statistics_equal_esda_with_nearest_neighbours(peer, variable):
    frame, graph = sids()
    x = frame[variable].astype(float)
    theirs = peer.Moran(x.to_numpy(), graph.transform("r"), permutations=0)
    ours = ac.moran(x, graph, permutations=9)
    close([ours.i, ours.z], [theirs.I, theirs.z_rand])
    theirs = peer.Geary(x.to_numpy(), graph.transform("r"), permutations=0)
    ours = ac.geary(x, graph, permutations=9)
    close([ours.value, ours.variance], [theirs.C, theirs.VC_rand])
    theirs = peer.G(x.to_numpy(), graph.transform("b"), permutations=0)
    ours = ac.getis_ord_g(x, graph, permutations=9)
    close([ours.value, ours.z], [theirs.G, theirs.z_norm])


def test_the_rate_index_equals_esda(peer):
    frame, graph = sids()
    e, n = frame["SID74"].astype(float), frame["BIR74"].astype(float)
    theirs = peer.Moran_Rate(e.to_numpy(), n.to_numpy(), graph.transform("r"), permutations=0)
    close(ac.moran(ac.rate_index(e, n), graph, permutations=9).i, theirs.I)


def test_lee_equals_esda(peer):
    frame, graph = sids()
    x, y = frame["SIDR74"].astype(float), frame["NWBIR74"].astype(float)
    matrix = graph.transform("r").sparse.tocsr()
    theirs = peer.Spatial_Pearson(connectivity=matrix, permutations=0).fit(
        x.to_numpy()[:, None], y.to_numpy()[:, None]
    )
    close(ac.lee(x, y, graph, permutations=9).value, theirs.association_[0, 1])


def test_distance_weights_equal_esda(peer):
    """Weights that differ within a row: inverse distance among the houses of Baltimore."""
    frame, graph = baltimore()
    x = frame["PRICE"].astype(float)
    theirs = peer.Moran(x.to_numpy(), graph.transform("r"), permutations=0)
    ours = ac.moran(x, graph, permutations=9)
    close([ours.i, ours.z], [theirs.I, theirs.z_rand])


@pytest.mark.parametrize("weights", ["equal", "unequal"])
def test_p_of_local_moran_is_that_of_esda_within_chance(peer, weights):
    """p from 9,999 permutations each; their difference has a standard error of √(2p(1−p)/9999)."""
    frame, graph = sids() if weights == "equal" else baltimore()
    x = frame["NWBIR74" if weights == "equal" else "PRICE"].astype(float)
    theirs = peer.Moran_Local(
        x.to_numpy(), graph.transform("r"), permutations=9_999, seed=3, keep_simulations=True
    )
    at_least = (theirs.rlisas >= theirs.Is[:, None]).sum(axis=1)
    expected = np.minimum(1, 2 * (np.minimum(at_least, 9_999 - at_least) + 1) / 10_000)
    frame = ac.local_moran(x, graph, permutations=9_999, seed=4).frame
    close(frame["i"] * (len(x) - 1) / len(x), theirs.Is)
    p = frame["p"].to_numpy()
    tail = p / 2
    error = 2 * np.sqrt(2 * tail * (1 - tail) / 9_999)
    assert (np.abs(p - expected) < 5 * error + 4e-4).mean() > 0.99
    clear = np.abs(p - 0.05) > 5 * error
    assert ((p <= 0.05) == (expected <= 0.05))[clear].all()


def test_p_of_local_geary_is_that_of_esda_within_chance(peer):
    frame, graph = sids()
    x = frame["NWBIR74"].astype(float)
    theirs = peer.Geary_Local(connectivity=graph.transform("r"), permutations=4_999, seed=1)
    theirs = theirs.fit(x.to_numpy())
    frame = ac.local_geary(x, graph, permutations=4_999, alternative="directed").frame
    # esda standardises with the divisor n
    close(frame["value"] * len(x) / (len(x) - 1), theirs.localG)
    error = np.sqrt(2 * frame["p"] * (1 - frame["p"]) / 4_999)
    assert (np.abs(frame["p"] - theirs.p_sim) < 5 * error + 4e-4).mean() > 0.98


def test_multivariate_local_geary_equals_esda(peer):
    frame, graph = sids()
    both = frame[["SIDR74", "NWBIR74"]].astype(float)
    theirs = peer.Geary_Local_MV(connectivity=graph.transform("r"), permutations=9)
    try:
        theirs = theirs.fit([both[c].to_numpy() for c in both])
    except TypeError:
        pytest.skip("this esda does not go with this scikit-learn")
    found = ac.local_geary(both, graph, permutations=9).frame["value"]
    close(found * 100 / 99, theirs.localG)


def test_local_join_counts_equal_esda(peer):
    frame, graph = sids()
    x = frame["SIDR74"].astype(float)
    top = x > x.quantile(0.8)
    theirs = peer.Join_Counts_Local(connectivity=graph.transform("b"), permutations=9)
    theirs = theirs.fit(top.astype(int).to_numpy(), n_jobs=1)
    found = ac.quantile_lisa(x, graph).frame["value"]
    close(found.fillna(0), theirs.LJC)


def test_saddlepoint_is_close_to_exact_far_in_the_tail():
    """One very high corner: p of 1e-9 and less, where permutations cannot go."""
    graph = neighbours("columbus", "queen")
    x = values("columbus", "CRIME").rank()
    x.iloc[[23, 24, 27, 28, 29]] = 400.0
    exact = ac.local_moran_normal(x, graph, method="exact")
    near = ac.local_moran_normal(x, graph)
    assert near["p"].min() < 1e-6
    tail = exact["z"].abs() > 2
    assert tail.sum() >= 5
    np.testing.assert_allclose(near["z"][tail], exact["z"][tail], atol=0.05)


# ---- what users of esda and libpysal bring ---------------------------------


def test_results_of_esda_are_taken(peer):
    frame, graph = sids()
    x = frame["NWBIR74"].astype(float)
    given = peer.Moran_Local(x.to_numpy(), graph.transform("r"), permutations=4_999, seed=3)
    theirs = ac.from_esda(given, name="NWBIR74", seed=3, fdr=False)
    ours = ac.local_moran(x, graph, permutations=9_999, fdr=False)
    for column in ("i", "z", "lag"):
        close(theirs.frame[column], ours.frame[column])
    # standard error of a p of 4,999 permutations, twice the tail: at most 0.014
    assert (theirs.frame["p"] - ours.frame["p"]).abs().max() < 0.07
    clear = (ours.frame["p"] - 0.05).abs() > 0.03
    assert (theirs.frame["cluster"] == ours.frame["cluster"])[clear].all()
    # twice what esda calls p
    np.testing.assert_allclose(theirs.frame["p"], np.minimum(1, 2 * given.p_sim), rtol=1e-6)
    assert (theirs.seed, theirs.permutations, theirs.weights) == (3, 4_999, "custom")


def test_a_global_result_of_esda_is_taken(peer):
    frame, graph = sids()
    x = frame["SIDR74"].astype(float)
    np.random.seed(1)  # noqa: NPY002 - esda draws from numpy's global generator
    given = peer.Moran(x.to_numpy(), graph.transform("r"), permutations=999)
    theirs, ours = ac.from_esda(given, name="SIDR74"), ac.moran(x, graph)
    close([theirs.i, theirs.expected, theirs.z], [ours.i, ours.expected, ours.z])
    assert theirs.p == pytest.approx(ours.p, abs=0.02)


def test_other_objects_are_refused(peer):
    frame, graph = sids()
    x = frame["SIDR74"].to_numpy(dtype=float)
    with pytest.raises(InputError, match="Geary cannot be used"):
        ac.from_esda(peer.Geary(x, graph.transform("r"), permutations=9), name="x")
    with pytest.raises(InputError, match="made with permutations"):
        ac.from_esda(peer.Moran(x, graph.transform("r"), permutations=0), name="x")


def test_the_older_weights_of_libpysal_are_taken():
    frame, graph = sids()
    x = frame["SIDR74"].astype(float)
    assert ac.moran(x, graph.to_W()).i == pytest.approx(ac.moran(x, graph).i)
    first = ac.local_moran(x, graph.to_W(), permutations=99).frame
    pd.testing.assert_frame_equal(first, ac.local_moran(x, graph, permutations=99).frame)
