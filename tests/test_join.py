"""Points and codes into zones: exact, whatever the order, nothing lost."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import IDS, ORIGIN, toy_zones

from tsukuba_gis.errors import CRSError, InputError
from tsukuba_gis.join import STATUSES, ZoneIndex, all_zones, assign_zones, match_codes
from tsukuba_gis.zones import Zones

X0, Y0 = ORIGIN


def points(*xy, crs="EPSG:6677"):
    """Points at metres east and north of the toy city's corner; None is a missing point."""
    shapes = [
        None if place is None else shapely.Point(X0 + place[0], Y0 + place[1]) for place in xy
    ]
    return gpd.GeoSeries(shapes, index=[f"p{k}" for k in range(len(xy))], crs=crs)


def zones_of(shapes, *, ids=None):
    ids = ids or [f"z{k:03d}" for k in range(len(shapes))]
    frame = gpd.GeoDataFrame(
        {"name": ids}, geometry=list(shapes), index=pd.Index(ids, name="zone_id"), crs="EPSG:6677"
    )
    return Zones(frame=frame, kind="other")


def found_ids(found):
    return [None if pd.isna(zone_id) else zone_id for zone_id in found.zone_ids]


# ---- worked by hand on the toy city -----------------------------------------------------------


def test_inside_border_outside_and_missing_by_hand():
    homes = points((50, 50), (250, 150), (100, 50), (100, 100), (0, 0), (-1, 50), None)
    found = assign_zones(homes, toy_zones())
    # On the edge of a1 and b1, and on the corner of a1, b1, a2, b2: the lowest id.
    assert found_ids(found) == ["a1", "c2", "a1", "a1", "a1", None, None]
    assert list(found.status) == [
        "matched", "matched", "on_border", "on_border", "on_border", "outside", "missing",
    ]  # fmt: skip
    assert list(found.zone_ids.index) == list(homes.index) == list(found.status.index)
    report = found.report
    assert (report.zones, report.method, report.records) == ("school_district", "point", 7)
    assert (report.matched, report.on_border) == (5, 3)
    assert (report.nearest, report.outside, report.missing) == (0, 1, 1)


def test_the_order_of_rows_does_not_matter():
    zones = toy_zones()
    turned = Zones(frame=zones.frame.iloc[::-1], kind=zones.kind)
    homes = points((100, 50), (100, 100), (200, 200), (150, 150))
    straight, back = assign_zones(homes, zones), assign_zones(homes.iloc[::-1], turned)
    assert found_ids(straight) == ["a1", "a1", "b2", "b2"]
    assert found_ids(back)[::-1] == found_ids(straight)


def test_all_zone_ids_are_categories_in_the_zones_order():
    found = assign_zones(points((50, 50)), toy_zones())
    assert list(found.zone_ids.cat.categories) == IDS
    assert list(found.status.cat.categories) == list(STATUSES)


def test_nearest_within_a_distance_is_counted():
    homes = points((-10, 50), (-30, 50), (-10, 100), (310, 310))
    found = assign_zones(homes, toy_zones(), nearest=20)
    # The third is 10 m from a1 and from a2: the lowest id.
    assert found_ids(found) == ["a1", None, "a1", "c3"]
    assert list(found.status) == ["nearest", "outside", "nearest", "nearest"]
    report = found.report
    assert (report.matched, report.nearest, report.outside) == (0, 3, 1)


def test_overlap_goes_to_the_lowest_id_or_the_smallest_zone():
    school, branch = shapely.box(0, 0, 10, 10), shapely.box(2, 2, 4, 4)
    zones = zones_of([school, branch], ids=["a", "b"])
    at = gpd.GeoSeries([shapely.Point(3, 3), shapely.Point(4, 3), shapely.Point(5, 5)], crs=6677)
    assert found_ids(assign_zones(at, zones)) == ["a", "a", "a"]
    smallest = assign_zones(at, zones, priority="smallest")
    assert found_ids(smallest) == ["b", "b", "a"]
    assert list(smallest.status) == ["matched", "on_border", "matched"]


def test_all_zones_of_each_point():
    zones = zones_of([shapely.box(0, 0, 10, 10), shapely.box(2, 2, 4, 4)], ids=["b", "a"])
    at = gpd.GeoSeries([shapely.Point(5, 5), None, shapely.Point(3, 3), shapely.Point(11, 3),
                        shapely.Point(2, 3)], index=list("pqrst"), crs=6677)  # fmt: skip
    found = all_zones(at, zones)
    assert list(zip(found.index, found, strict=True)) == [
        ("p", "b"), ("r", "a"), ("r", "b"), ("t", "a"), ("t", "b"),
    ]  # fmt: skip
    assert len(all_zones(points(None), toy_zones())) == 0


def test_hole_belongs_to_no_zone_but_its_border_does():
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
    at = gpd.GeoSeries([shapely.Point(5, 5), shapely.Point(4, 5), shapely.Point(3, 5)], crs=6677)
    found = assign_zones(at, zones_of([ring]))
    assert list(found.status) == ["outside", "on_border", "matched"]


def test_parts_of_one_zone_are_one_zone():
    both = shapely.union_all([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)])
    at = gpd.GeoSeries([shapely.Point(0.5, 0.5), shapely.Point(5.5, 5.5), shapely.Point(3, 3)])
    found = assign_zones(at.set_crs(6677), zones_of([both]))
    assert found_ids(found) == ["z000", "z000", None]


def test_degrees_are_transformed_and_longitude_comes_first():
    zones = toy_zones()
    homes = points((50, 50), (250, 150), None)
    found = assign_zones(homes.to_crs(6668), zones)
    assert found_ids(found) == ["a1", "c2", None]
    swapped = homes.to_crs(6668).map(lambda p: None if p is None else shapely.Point(p.y, p.x))
    with pytest.raises(CRSError, match="exchanged"):
        assign_zones(gpd.GeoSeries(swapped, crs=6668), zones)


def test_zero_degrees_and_empty_points_are_missing():
    at = gpd.GeoSeries([shapely.Point(0, 0), shapely.Point(), None], crs=6668)
    assert list(assign_zones(at, toy_zones()).status) == ["missing"] * 3


def test_places_beyond_the_projection_are_outside():
    at = gpd.GeoSeries([shapely.Point(-40, -36), shapely.Point(139, 95)], crs=6668)
    assert list(assign_zones(at, toy_zones()).status) == ["outside"] * 2


def test_wrong_points_are_told():
    with pytest.raises(CRSError, match="no CRS"):
        assign_zones(points((1, 1), crs=None), toy_zones())
    with pytest.raises(InputError, match="1 geometries are not points"):
        assign_zones(gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=6677), toy_zones())


def test_an_index_serves_many_calls():
    index = ZoneIndex(toy_zones())
    whole = assign_zones(points((50, 50), (150, 50), None), index)
    parts = [assign_zones(points(place), index) for place in [(50, 50), (150, 50), None]]
    assert found_ids(whole) == [found_ids(part)[0] for part in parts]


def test_input_is_untouched():
    zones, homes = toy_zones(), points((50, 50), None)
    before = zones.frame.copy(), homes.copy()
    assign_zones(homes, zones, nearest=5, priority="smallest")
    pd.testing.assert_frame_equal(pd.DataFrame(zones.frame), pd.DataFrame(before[0]))
    assert homes.equals(before[1])


@pytest.mark.parametrize("at", [[], [None, None], [(-500, -500), (900, 900)]])
def test_no_points_all_missing_and_all_outside(at):
    found = assign_zones(points(*at), toy_zones())
    assert len(found.zone_ids) == len(at)
    assert found.zone_ids.isna().all()
    report = found.report
    assert report.matched + report.nearest + report.outside + report.missing == len(at)


place = st.one_of(
    st.none(),
    st.tuples(st.sampled_from([-50, 0, 40, 100, 200, 300, 350]), st.floats(-50, 350)),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(place, max_size=30), st.sampled_from([None, 10.0, 60.0]))
def test_no_record_is_lost_or_doubled(at, nearest):
    homes = points(*at)
    found = assign_zones(homes, toy_zones(), nearest=nearest)
    assert found.zone_ids.index.equals(homes.index)
    report = found.report
    assert report.matched + report.nearest + report.outside + report.missing == len(at)
    assert found.zone_ids.notna().sum() == report.matched + report.nearest
    assert report.missing == sum(place is None for place in at)
    # Each alone gets what it got among the others.
    alone = [found_ids(assign_zones(points(p), toy_zones(), nearest=nearest))[0] for p in at]
    assert found_ids(found) == alone


# ---- codes ------------------------------------------------------------------------------------


def test_codes_and_names_by_hand():
    wards = pd.Series(["a1", " ｂ２ ", "c3区", "", None, "x9"], index=list("uvwxyz"))
    found = match_codes(wards, toy_zones())
    assert found_ids(found) == ["a1", "b2", "c3", None, None, None]
    assert list(found.status) == [
        "matched", "matched", "matched", "missing", "missing", "outside",
    ]  # fmt: skip
    assert list(found.zone_ids.index) == list("uvwxyz")
    report = found.report
    assert (report.method, report.records, report.matched) == ("code", 6, 3)
    assert (report.outside, report.missing, report.on_border) == (1, 2, 0)


def test_a_name_borne_twice_decides_nothing():
    zones = toy_zones(["中", "中", *"cdefghi"])
    found = match_codes(pd.Series(["中", "a1", "c"]), zones)
    assert found_ids(found) == [None, "a1", "c1"]
    assert found.report.outside == 1


def test_an_id_comes_before_a_name():
    zones = toy_zones(["b1", *(f"{zone_id}区" for zone_id in IDS[1:])])
    assert found_ids(match_codes(pd.Series(["b1"]), zones)) == ["b1"]


def test_no_codes_at_all():
    found = match_codes(pd.Series([], dtype="str"), toy_zones())
    assert found.report.records == 0
