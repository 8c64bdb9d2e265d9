"""Attacks on the statistics file that its audit once did not see, or that no audit can see."""

import numpy as np
import pytest
from cities import RULES, small_city
from scipy.optimize import linprog
from scipy.sparse import csr_array
from toys import toy_zones

from tsukuba_gis.pseudo.audit import _Search, _to_give_up, audit
from tsukuba_gis.pseudo.equations import System
from tsukuba_gis.pseudo.measure import measure
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.pseudo.written import families

SPEC = Spec(**RULES, lon="lon", lat="lat", mesh_metres=50)


def measured(records, spec=SPEC):
    return measure(records, spec, zones=toy_zones(kind="ward"))


# ---- the audit -------------------------------------------------------------------


def test_a_cell_of_two_levels_is_given_up_in_both():
    # a + b = 17 is known. a = 12 is shown twice, by itself and as a total of one part: as long
    # as one of them is there, b = 5 follows.
    system = System(
        cells=csr_array(np.array([[1.0, 0], [0, 1], [1, 0]])),
        values=np.array([12, np.nan, 12.0]),
        label=[("t", "leaf", 0), ("t", "leaf", 1), ("t", "sum", 0)],
        rank=np.array([0, 0, 0]), ties=csr_array(np.ones((1, 2))), right=np.array([17.0]),
    )  # fmt: skip
    search = _Search(system, 10)
    for seed in (1, 2):
        assert search.narrow(np.random.default_rng(seed)).tolist()[-1] == 1
        search.release(_to_give_up(search, np.array([1])))
    assert not search.shown.any()
    assert search.narrow(np.random.default_rng(3)).tolist() == []


def test_the_audit_finds_nothing_in_its_own_file():
    # Its last cells were hidden at one level and still shown at another.
    audited = audit(measured(small_city(3, 900)))
    again = audit(audited).audit
    assert (again["given_up"], again["pinned"], again["narrower_than_half_k"]) == (0, 0, 0)


@pytest.mark.parametrize(("seed", "households"), [(4, 300), (2, 600)])
def test_whoever_knows_that_a_household_has_one_head_learns_no_more(seed, households):
    # Persons of a type less its households are those who are no heads: eight children once.
    statistics = audit(measured(small_city(seed, households)))
    city, tables = families(statistics)
    roles, homes = tables["roles"], tables["households"]
    one, other = roles.leaves, homes.leaves
    heads = (one.relation == city.head).to_numpy()
    n = len(one) + len(other)
    rows, right = [], []
    for table, start in ((roles, 0), (homes, len(one))):
        matrix, values = table.rows([level.name for level in table.levels if level.role != "link"])
        rows.append(np.zeros((len(values), n)))
        rows[-1][:, start : start + matrix.shape[1]] = matrix.toarray()
        right.append(values)
    for cluster, kind in one[["cluster", "type"]].drop_duplicates().itertuples(index=False):
        of = (one.cluster == cluster) & (one.type == kind) & heads
        equal = np.zeros((1, n))
        equal[0, : len(one)] = of
        equal[0, len(one) :] = -((other.cluster == cluster) & (other.type == kind)).astype(float)
        rows.append(equal)
        right.append(np.zeros(1))
    known = {"A_eq": np.concatenate(rows), "b_eq": np.concatenate(right), "method": "highs"}
    for level in ("type", "relation"):
        for code in np.flatnonzero(np.isnan(roles.values[level])):
            cell = np.zeros(n)
            cell[: len(one)] = roles.codes[level] == code
            low, high = linprog(cell, **known).fun, -linprog(-cell, **known).fun
            narrow = high - low < SPEC.k / 2 - 1e-6
            assert not (narrow and low < SPEC.k and high > 0), (level, code, low, high)
