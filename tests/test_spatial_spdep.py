"""Every spatial statistic against R spdep on further data and weights, asymmetric ones among them.

``tests/spdep/values.R`` made the values (R 4.2, spdep 1.2-7) and says how.
"""

from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph

from tsukuba_gis import autocorrelation as ac
from tsukuba_gis.autocorrelation.exact import _eigenvalues, _saddlepoint

VALUES = pd.read_csv(
    Path(__file__).parent / "spdep" / "values.csv.gz",
    keep_default_na=False,
    dtype={"row": int, "value": float},
)
EACH = {
    key: rows["value"].to_numpy()
    for key, rows in VALUES.groupby(["data", "weights", "statistic", "field"])
}
CONTIGUOUS = ("used_cars", "afcon", "points_knn4", "columbus_gal", "columbus_rook", "boston")
DATA = (*CONTIGUOUS, "points_band")
# Binary and mutual, which R makes them for the normal theory; and not too many for its algebra.
NORMAL = ("used_cars", "afcon", "columbus_gal", "columbus_rook")
STYLES = {"W": "row", "B": "given"}


def of(data, weights, statistic, *fields):
    found = [EACH[data, weights, statistic, field] for field in fields]
    return found if len(found) > 1 else found[0]


def graph_of(data):
    start, end, weight = of(data, "", "neighbours", "from", "to", "weight")
    n = int(max(start.max(), end.max())) + 1
    links = {f"z{i:03}": {} for i in range(n)}
    for i, j, w in zip(start.astype(int), end.astype(int), weight, strict=True):
        links[f"z{i:03}"][f"z{j:03}"] = w
    return (
        Graph.from_dicts({i: list(row) for i, row in links.items()})
        if (weight == 1).all()
        else Graph.from_weights_dict(links)
    )


def series(data, statistic, field):
    numbers = of(data, "", statistic, field)
    return pd.Series(numbers, [f"z{i:03}" for i in range(len(numbers))], name=field)


def variable(data, field="x"):
    return series(data, "data", field)


def close(found, expected, tolerance=1e-10):
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("style", ["W", "B"])
@pytest.mark.parametrize("moments", ["randomisation", "normality"])
def test_moran_and_geary(data, style, moments):
    x, graph = variable(data), graph_of(data)
    how = {"permutations": 1, "style": STYLES[style], "moments": moments}
    found = ac.moran(x, graph, **how)
    value, expected, variance, z = of(
        data, style, f"moran_{moments}", "value", "expected", "variance", "z"
    )
    close([found.i, found.expected, found.z], np.ravel([value, expected, z]))
    close(((found.i - found.expected) / found.z) ** 2, variance)
    found = ac.geary(x, graph, **how)
    value, expected, variance, z = of(
        data, style, f"geary_{moments}", "value", "expected", "variance", "z"
    )
    close(
        [found.value, found.expected, found.variance, found.z],
        np.ravel([value, expected, variance, z]),
    )


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("style", ["W", "B"])
def test_general_g(data, style):
    found = ac.getis_ord_g(variable(data), graph_of(data), permutations=1, style=STYLES[style])
    expected = of(data, style, "getis_ord_g", "value", "expected", "variance", "z")
    close([found.value, found.expected, found.variance, found.z], np.ravel(expected))


@pytest.mark.parametrize("data", DATA)
def test_two_variables(data):
    x, y, graph = variable(data), variable(data, "y"), graph_of(data)
    close(ac.lee(x, y, graph, permutations=1).value, of(data, "W", "lee", "value"))
    close(
        ac.bivariate_moran(x, y, graph, permutations=1).value,
        of(data, "W", "bivariate_moran", "value"),
    )


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("given", ["conditional", "total"])
def test_local_moran(data, given):
    found = ac.local_moran_moments(variable(data), graph_of(data), given=given)
    names = ("i", "expected", "variance", "z")
    for name, expected in zip(names, of(data, "W", f"local_moran_{given}", *names), strict=True):
        close(found[name], expected)


def chance(p, *draws):
    """The standard error of the difference of two p, each twice a tail of so many draws."""
    tail = np.minimum(p / 2, 0.5)
    return 2 * np.sqrt(tail * (1 - tail) * sum(1 / n for n in draws)) + 2e-4


@pytest.mark.parametrize("data", DATA)
def test_p_of_moran_within_chance(data):
    found = ac.moran(variable(data), graph_of(data), permutations=99_999, seed=2).p
    at_least = of(data, "W", "moran_permuted", "at_least")[0]
    theirs = 2 * min(at_least, 1 - at_least + 1e-4)
    assert abs(found - theirs) < 4 * chance(found, 9_999, 99_999)


@pytest.mark.parametrize("data", CONTIGUOUS)
def test_p_of_local_moran_within_chance(data):
    """R's own draws, 9,999 a zone: of some 800 zones none is 5 standard errors off.

    And p falls on the same side of 0.05 wherever it is so far from it.
    """
    found = ac.local_moran(variable(data), graph_of(data), seed=2).frame["p"].to_numpy()
    theirs = of(data, "W", "local_moran_plain", "p")
    error = chance(found, 9_999, 99_999)
    assert (np.abs(found - theirs) < 5 * error).all()
    clear = np.abs(found - 0.05) > 5 * error
    assert clear.mean() > 0.8
    assert ((found <= 0.05) == (theirs <= 0.05))[clear].all()


def test_what_differs_from_p_of_spdep_is_that_it_draws_with_replacement():
    data = "columbus_gal"
    x, graph = variable(data), graph_of(data)
    z = (x - x.mean()).to_numpy()
    rng = np.random.default_rng(5)
    expected = []
    for at, zone in enumerate(x.index):
        near = x.index.get_indexer(graph[zone].index)
        drawn = rng.choice(np.delete(z, at), (20_000, len(near))).sum(axis=1)
        tails = (drawn >= z[near].sum()).mean(), (drawn <= z[near].sum()).mean()
        expected.append(min(1, 2 * min(tails)))
    theirs = of(data, "W", "local_moran_permuted", "p")
    assert (np.abs(theirs - expected) < 5 * chance(theirs, 9_999, 20_000)).all()
    found = ac.local_moran(x, graph).frame["p"].to_numpy()
    assert (theirs > found).mean() > 0.7  # wider draws: p too large where zones are few


@pytest.mark.parametrize("data", DATA)
def test_local_g(data):
    x, graph = variable(data), graph_of(data)
    found = ac.local_g(x, graph, star=False, permutations=9).frame
    close(found["z"], of(data, "B", "local_g", "z"))
    found = ac.local_g(x, graph.transform("r"), star=False, permutations=9).frame
    close(found["z"], of(data, "W", "local_g", "z"))


@pytest.mark.parametrize("data", CONTIGUOUS)
def test_local_g_star(data):
    found = ac.local_g(variable(data), graph_of(data), star=True, permutations=9).frame
    close(found["z"], of(data, "B", "local_g_star", "z"))


@pytest.mark.parametrize("data", DATA)
def test_local_geary_of_one_and_of_two(data):
    x, graph = variable(data), graph_of(data)
    found = ac.local_geary(x, graph, permutations=9).frame["value"]
    close(found, of(data, "W", "local_geary", "value"))
    both = pd.concat([x, variable(data, "y")], axis=1)
    found = ac.local_geary(both, graph, permutations=9).frame["value"]
    close(found, of(data, "W", "local_geary_multi", "value"))


@pytest.mark.parametrize("data", DATA)
def test_losh_and_aple(data):
    x, graph = variable(data), graph_of(data)
    names = ("value", "variance", "chi2", "p")
    found = ac.losh(x, graph).frame
    for name, expected in zip(names, of(data, "W", "losh", *names), strict=True):
        close(found[name], expected)
    close(ac.aple(x, graph), of(data, "W", "aple", "value"))


@pytest.mark.parametrize("data", CONTIGUOUS)
def test_correlogram(data):
    found = ac.correlogram(variable(data), graph_of(data), orders=3, permutations=1).frame
    i, expected, variance = of(data, "W", "correlogram", "i", "expected", "variance")
    close(found["i"], i)
    close(found["expected"], expected)
    close(((found["i"] - found["expected"]) / found["z"]) ** 2, variance)


@pytest.mark.parametrize("data", CONTIGUOUS)
def test_join_counts(data):
    x = variable(data)
    high = (x > x.median()).map({True: "high", False: "low"})
    found = ac.join_counts(high, graph_of(data), permutations=9).frame
    expected = np.transpose(of(data, "B", "join_counts", "count", "expected", "variance", "z"))
    rows = ["high:high", "low:low", "low:high", "different"]
    close(found.loc[rows, ["count", "expected", "variance", "z"]].astype(float), expected)


@pytest.mark.parametrize("data", NORMAL)
def test_exact_normal_theory(data):
    found = ac.local_moran_normal(variable(data), graph_of(data), method="exact")
    variance, z, p = of(data, "W", "local_moran_exact", "variance", "z", "p")
    close(found["variance"], variance)
    close(found["z"], z)
    close(found["p"], p)


def saddlepoint(i, squares, n):
    """r* by R's own formula, in 60 digits: in 16 it loses up to 11 of them around the mean."""
    with localcontext(prec=60):
        i, n, m = Decimal(i), Decimal(n), n - 3
        reach = n / 2 * ((1 - 1 / n) * (Decimal(squares) - 1 / n)).sqrt()
        low, high = -Decimal("0.5") - reach, -Decimal("0.5") + reach
        a = m * i * (low + high - 2 * i) + i * (3 * low + 3 * high - 4 * i) - 2 * low * high
        b = (m + 2) * i * (high - i) * (low - i)
        c = (high**2 + low**2) * i**2 * (m + 1) ** 2
        d = 2 * low * high
        d *= d - 2 * (low + high) * i - 2 * m * i**2 - m**2 * i**2 + i**2
        omega = (a - (c + d).sqrt()) / b / 4
        tau = [(low - i, 1), (-i, m), (high - i, 1)]
        r = sum(k * (1 - 2 * omega * t).ln() for t, k in tau).sqrt().copy_sign(omega)
        u = omega * (2 * sum(k * t * t / (1 - 2 * omega * t) ** 2 for t, k in tau)).sqrt()
        return float(r - (r / u).ln() / r)


@pytest.mark.parametrize("data", NORMAL)
def test_saddlepoint(data):
    """Right to the last digits by R's formula in 60 of them; R's 16 agree but around the mean."""
    x, graph = variable(data), graph_of(data)
    found = ac.local_moran_normal(x, graph)
    squares = 1 / graph.cardinalities.to_numpy()
    expected = [saddlepoint(*one, len(x)) for one in zip(found["i"], squares, strict=True)]
    close(found["z"], expected, 1e-12)
    variance, z, p = of(data, "W", "local_moran_saddlepoint", "variance", "z", "p")
    close(found["variance"], variance)
    around = np.abs(found["i"] - found["expected"]) < 0.02 * np.sqrt(found["variance"])
    assert around.mean() < 0.1
    close(found["z"][~around], z[~around], 1e-8)
    close(found["p"][~around], p[~around], 1e-8)
    np.testing.assert_allclose(found["z"], z, atol=5e-5)


def test_the_saddlepoint_at_and_around_the_mean():
    """Where the formula is 0/0: the limit, and no step on the way to it."""
    i = -1 / 48 + np.array([0.0, 1e-12, -1e-9, 1e-7, -1e-5, 1e-4])
    ends = [np.full(6, one) for one in _eigenvalues(49, np.array([0.25]))]
    found = _saddlepoint(i, *(end.ravel() for end in ends), 49)
    close(found[1:], [saddlepoint(one, 0.25, 49) for one in i[1:]], 1e-12)
    assert found[0] == pytest.approx(found[1], abs=1e-10)


def test_moran_of_rates():
    events, people = (series("auckland", "rates", name) for name in ("events", "people"))
    index = ac.rate_index(events, people)
    found = ac.moran(index, graph_of("auckland"), permutations=1)
    close(found.i, of("auckland", "W", "eb_moran", "value"))
