"""Roles and patterns in whole numbers: the search, and the program of one cluster."""

import itertools
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from cities import small_city
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from test_pseudo_statistics import SPEC
from toys import toy_zones

from tsukuba_gis.pseudo.audit import audit
from tsukuba_gis.pseudo.keys import stream
from tsukuba_gis.pseudo.making import roles
from tsukuba_gis.pseudo.making.plan import plan
from tsukuba_gis.pseudo.measure import measure
from tsukuba_gis.pseudo.program import Program
from tsukuba_gis.pseudo.written import families

ZONES = toy_zones(kind="ward")
SIZES = np.array([2, 3, 5])


def lots(seed):
    return np.random.Generator(np.random.Philox(seed))


def of_sizes(sizes, households, persons, target, seed=1, weight=None):
    """The program of so many households of given sizes that hold so many persons."""
    matrix = csr_array(np.array([np.ones(len(sizes)), sizes], dtype=float))
    return Program(
        np.asarray(target, float),
        matrix,
        np.array([households, persons]),
        lots(seed),
        weight=weight,
    )


# ---- the search ---------------------------------------------------------------------


def of_eight():
    """Two homes with eight persons; one of three is dear, but two thirds of two are no home."""
    return of_sizes(SIZES, 2, 8, [0.7, 0.0, 1.3], weight=np.array([1.0, 100.0, 1.0]))


def test_two_households_of_eight_persons_are_one_of_three_and_one_of_five():
    program = of_eight()
    apart = program.solve()
    assert np.abs(apart - np.rint(apart)).max() > 0.01, "the relaxation is not whole"
    assert program.search(np.arange(3), SIZES).tolist() == [0, 1, 1]


@pytest.mark.parametrize(("people", "number"), [(191.0, 3), (160.0, 3), (37.0, 1), (0.0, 0)])
def test_there_are_as_many_institutions_as_people_at_the_usual_size(people, number):
    # Of 62.8 people each: 3.04, 2.55, .59 (there is one where somebody lives in one), none.
    plan = SimpleNamespace(pools={1: 62.8})
    patterns = roles._pooled(np.array([7.4, 2.0]), np.array([0, 1]), np.array([9, people]), plan)
    assert patterns.tolist() == [7.4, number]


def test_what_whole_numbers_cannot_be_is_not_found():
    """Homes of two and of four hold no odd number; halves of them would."""
    program = of_sizes(np.array([2, 4]), 2, 5, [1.0, 1.0])
    assert program.solve() is not None
    assert program.search(np.arange(2), np.array([2, 4])) is None


def test_a_search_ends_after_so_many_programs(monkeypatch):
    monkeypatch.setattr("tsukuba_gis.pseudo.program._MOST", 1)
    assert of_eight().search(np.arange(3), SIZES) is None


@given(
    seed=st.integers(0, 10_000),
    sizes=st.lists(st.integers(1, 9), min_size=2, max_size=4, unique=True),
    true=st.lists(st.integers(0, 3), min_size=4, max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_a_search_is_within_a_tenth_of_the_cheapest_of_all(seed, sizes, true):
    """Every table of whole numbers that satisfies the equations is tried."""
    sizes, true = np.array(sizes), np.array(true[: len(sizes)])
    target = np.maximum(true + lots(seed).normal(0, 0.8, len(sizes)), 0)
    program = of_sizes(sizes, true.sum(), sizes @ true, target, seed)
    found = program.search(np.arange(len(sizes)), sizes)

    def cost(x):
        one = np.clip(x - program.base, 0, 1)
        less = np.maximum(program.base - x, 0)
        return program.cost @ np.concatenate([one, less, np.maximum(x - program.base - one, 0)])

    tables = np.array(list(itertools.product(range(true.sum() + 1), repeat=len(sizes))))
    able = (tables.sum(axis=1) == true.sum()) & (tables @ sizes == sizes @ true)
    cheapest = min(cost(x) for x in tables[able])
    assert able[(tables == found).all(axis=1)].all()
    assert cheapest - 1e-6 <= cost(found) <= cheapest + 0.1 * abs(cost(found)) + 1e-6


# ---- one cluster --------------------------------------------------------------------


def test_wide_cells_keep_the_equations_that_take_them_whole():
    """Four leaves in two groups: a sum of the first, of all, and one that cuts the second."""
    cells = roles._Cells(
        matrix=np.array([[1.0, 1, 0, 0], [1, 1, 1, 1], [0, 0, 1, 0]]),
        right=np.array([5.0, 9.0, 2.0]), pair=np.array([3, 3, 4, 4]),
        target=np.array([2.25, 2.75, 1.5, 2.5]), steps=np.ones(4),
    )  # fmt: skip
    wide = roles._widened(cells, np.array([8, 8, 1, 1]))
    assert wide.matrix.tolist() == [[0, 1], [1, 1]]
    assert wide.right.tolist() == [5, 9]
    assert wide.pair.tolist() == [4, 3]
    # Rounded down to 1 + 2 and 2 + 2, and half a person of each leaf on the way up.
    assert wide.target.tolist() == [3.5, 4.5]
    assert wide.steps.tolist() == [2, 2]


def planned(seed, households):
    statistics = audit(measure(small_city(seed, households), SPEC, zones=ZONES))
    city, tables = families(statistics)
    return plan(statistics, city, tables, partial(stream, "鍵"))


def assert_kept(whole, cluster, made):
    """All that is published of roles and households is met, and the two count the same people."""
    counts, patterns, pools = made
    for name, found in (("roles", counts), ("households", patterns)):
        _, matrix, right = whole.parts[name][cluster]
        assert np.array_equal(matrix @ found, right)
        assert found.min() >= 0
    assert pools.min() >= 0
    city = whole.city
    own = whole.parts["roles"][cluster][0]
    leaves = whole.tables["households"].leaves
    pattern = leaves.pattern.to_numpy()[whole.parts["households"][cluster][0]]
    of_pair = np.bincount(
        whole.tables["roles"].leaves.pair.to_numpy()[own], counts, minlength=len(pools)
    )
    rare = city.patterns.rare.to_numpy()[pattern]
    kind = city.patterns.type.to_numpy()[pattern]
    for pair, (type_, relation) in enumerate(
        zip(city.pairs.type, city.pairs.relation, strict=True)
    ):
        listed = patterns @ (city.members[pattern, relation] * (kind == type_))
        assert of_pair[pair] == listed + pools[pair]
        if relation == city.head:
            assert pools[pair] == patterns @ (rare & (kind == type_))


@given(seed=st.integers(0, 10_000), households=st.integers(150, 400))
@settings(max_examples=3, deadline=None)
def test_roles_of_any_city_keep_all_that_is_published(seed, households):
    whole = planned(seed, households)
    for cluster, name in enumerate(whole.city.codes["cluster"]):
        assert_kept(whole, cluster, roles.roles_in(cluster, whole, stream("鍵", "roles", name)))


@pytest.mark.parametrize("found", ["nothing", "more than there are"])
def test_where_the_search_is_of_no_use_all_is_solved_at_once(monkeypatch, found):
    whole = planned(1, 150)
    n = len(whole.parts["households"][0][0])
    wrong = None if found == "nothing" else np.full(n, 10_000)
    monkeypatch.setattr(roles, "_searched", lambda *_: wrong)
    assert_kept(whole, 0, roles.roles_in(0, whole, stream("鍵", "roles", "a")))
