"""Flows between places, location quotient and shift-share: by hand, published, laws."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsukuba_gis import reading
from tsukuba_gis.economy import location_quotient, shift_share
from tsukuba_gis.errors import InputError
from tsukuba_gis.io.flows import read_flows
from tsukuba_gis.migration import (
    by_age,
    flow_lines,
    flows_between,
    missing_rows,
    system_effectiveness,
)

SHARED = Path(__file__).parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="real files are not here (shared/data beside the checkout)"
)


def flows(pairs, **more):
    return flows_between(pairs, kind="migration", period="2020", source="toy", **more)


@needs_shared
def test_the_commuters_of_tsukuba_and_what_is_missing():
    pairs = read_flows(SHARED / "facts" / "tsukuba_commute_od_2005.csv").pairs
    found = flows_between(pairs, kind="commuting", period="2005", source="国勢調査")
    city = found.places.loc["つくば市"]
    assert found.places.index[0] == "つくば市"
    assert city["inflow"] == 41_447
    assert city["outflow"] == 7_573 + 2_500 + 1_235 + 1_191 + 1_167
    assert city["net"] == city["inflow"] - city["outflow"]
    assert found.places.loc["土浦市", ["inflow", "outflow"]].tolist() == [7_573, 9_325]
    missing = missing_rows(found, stated={"つくば市": {"inflow": 43_509}})
    assert missing["missing"].tolist() == [2_062]
    assert "one city" in reading.flows_cautions(found, lang="en")[0]
    assert "41,447" in reading.flows_sentence(found, lang="ja")


def test_stayers_do_not_flow():
    pairs = pd.DataFrame({"origin": ["a", "a"], "destination": ["a", "b"], "persons": [100, 3]})
    found = flows(pairs, population=pd.Series({"a": 50.0, "b": 0.0}))
    assert found.places.loc["a", ["inflow", "outflow"]].tolist() == [0, 3]
    assert found.places.loc["a", "net_rate"] == pytest.approx(-0.06)
    assert np.isnan(found.places.loc["b", "net_rate"])
    assert len(found.pairs) == 2


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"), st.integers(0, 99)),
                min_size=1, max_size=30))  # fmt: skip
def test_what_leaves_arrives(rows):
    pairs = pd.DataFrame(rows, columns=["origin", "destination", "persons"])
    found = flows(pairs)
    assert found.places["net"].sum() == 0
    assert found.places["effectiveness"].dropna().between(-1, 1).all()
    again = flows(pairs.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(found.places, again.places)
    share = system_effectiveness(found)
    assert np.isnan(share) or 0 <= share <= 1


def test_by_sex_and_age():
    pairs = pd.DataFrame(
        {"origin": list("aab"), "destination": list("bba"), "persons": [5, 2, 3],
         "sex": ["male", "female", "male"], "age_start": [20, 20, 30]}
    )  # fmt: skip
    found = by_age(flows(pairs), "a")
    assert found["net"].to_dict() == {("female", 20): -2, ("male", 20): -5, ("male", 30): 3}
    with pytest.raises(InputError, match="no place z"):
        by_age(flows(pairs), "z")
    with pytest.raises(InputError, match="neither sex nor age"):
        by_age(flows(pairs[["origin", "destination", "persons"]]), "a")


def test_lines_have_a_direction_and_known_ends():
    pairs = pd.DataFrame({"origin": list("abba"), "destination": list("baca"),
                          "persons": [5, 9, 4, 8]})  # fmt: skip
    points = pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, 2.0]}, index=["a", "b"])
    lines = flow_lines(flows(pairs, points=points), crs="EPSG:6677")
    assert lines["origin"].tolist() == ["b", "a"]
    assert [list(line.coords) for line in lines.geometry] == [
        [(1, 2), (0, 0)], [(0, 0), (1, 2)]
    ]  # fmt: skip
    assert flow_lines(flows(pairs, points=points), crs="EPSG:6677", least=99).empty
    with pytest.raises(InputError, match="no positions"):
        flow_lines(flows(pairs), crs="EPSG:6677")


@pytest.mark.parametrize("persons", [[-1], [np.nan]])
def test_flows_that_cannot_be(persons):
    with pytest.raises(InputError, match="negative or missing"):
        flows(pd.DataFrame({"origin": ["a"], "destination": ["b"], "persons": persons}))
    with pytest.raises(InputError, match="column persons"):
        flows(pd.DataFrame({"origin": ["a"], "destination": ["b"]}))


# ---- economy --------------------------------------------------------------------------


@needs_shared
def test_the_published_example():
    """Krumme, University of Washington: growth 630 = 290 − 80 + 420."""
    data = pd.read_csv(SHARED / "location_reference" / "shiftshare_example.csv")
    rows = data[data["industry"] != "計"].set_index("industry")
    area = rows[["regional_1985", "regional_1995"]].set_axis(["start", "end"], axis=1)
    country = pd.DataFrame({"start": rows["national_share_pct"].astype(float)})
    country["end"] = country["start"] * (1 + rows["national_growth_pct"] / 100)
    found = shift_share(area, country, names=("A", "B"))
    assert found.total[["growth", "national", "composition", "differential"]].tolist() == (
        pytest.approx([630, 290, -80, 420])
    )
    assert found.frame["location_quotient"].round(4).tolist() == [5.0, 0.5, 0.5, 0.6667]
    np.testing.assert_allclose(found.frame["differential"], rows["differential_shift"], atol=1e-9)
    np.testing.assert_allclose(found.frame["composition"], rows["composition_shift"], atol=1e-9)
    assert "+630 = +290" in reading.economy_sentence(found, lang="en")


amounts = st.lists(st.floats(1, 1e6), min_size=3, max_size=3)


@given(amounts, amounts, amounts, amounts)
def test_the_parts_add_up(start, end, whole_start, whole_end):
    area = pd.DataFrame({"start": start, "end": end}, index=list("abc"))
    country = pd.DataFrame({"start": whole_start, "end": whole_end}, index=list("abc"))
    found = shift_share(area, country)
    parts = found.frame[["national", "composition", "differential"]].sum(axis=1)
    scale = found.frame[["start", "end"]].to_numpy().max() * max(
        1, (country["end"] / country["start"]).max()
    )
    np.testing.assert_allclose(parts, found.frame["growth"], atol=1e-9 * scale)
    again = shift_share(area, 7 * country.loc[list("cab")])
    pd.testing.assert_frame_equal(again.frame, found.frame, rtol=1e-6, atol=1e-9 * scale)
    weights = area["start"] / area["start"].sum()
    shares = country["start"] / country["start"].sum()
    assert (location_quotient(area["start"], country["start"]) * shares).sum() == pytest.approx(
        weights.sum()
    )


def test_industries_that_do_not_meet():
    area = pd.DataFrame({"start": [1.0, 2.0], "end": [1.0, 2.0]}, index=["a", "b"])
    with pytest.raises(InputError, match="differ"):
        shift_share(area, area.rename(index={"b": "c"}))
    with pytest.raises(InputError, match="no growth"):
        shift_share(area, area.replace(1.0, 0.0))
    with pytest.raises(InputError, match="negative or missing"):
        shift_share(-area, area)
