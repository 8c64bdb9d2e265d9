"""Areas into areas: worked by hand, sums kept."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tsukuba_gis.boundaries import load_boundaries
from tsukuba_gis.errors import CRSError, InputError, MissingExtraError
from tsukuba_gis.join import interpolate, largest_share, overlaps
from tsukuba_gis.zones import Zones


def zones_of(**shapes):
    index = pd.Index(list(shapes), name="zone_id")
    frame = gpd.GeoDataFrame({"name": list(shapes)}, geometry=list(shapes.values()), index=index)
    return Zones(frame=frame.set_crs("EPSG:6677"), kind="other")


# Wards a | b | c, each 100 × 100 m; districts cut b three to one, and leave c out.
WARDS = zones_of(
    a=shapely.box(0, 0, 100, 100), b=shapely.box(100, 0, 200, 100), c=shapely.box(300, 0, 400, 100)
)
DISTRICTS = zones_of(x=shapely.box(0, 0, 175, 100), y=shapely.box(175, 0, 250, 100),
                     z=shapely.box(900, 0, 950, 100))  # fmt: skip
PEOPLE = pd.DataFrame({"n": [10.0, 100.0, 7.0]}, index=["a", "b", "c"])


def test_shares_by_hand():
    cut = overlaps(WARDS, DISTRICTS)
    assert cut["share"].to_dict() == {("a", "x"): 1.0, ("b", "x"): 0.75, ("b", "y"): 0.25}
    assert cut["area_m2"].tolist() == [10_000, 7_500, 2_500]


def test_counts_by_hand():
    carried = interpolate(PEOPLE, overlaps(WARDS, DISTRICTS), DISTRICTS)
    assert carried.values["n"].to_dict() == {"x": 85.0, "y": 25.0, "z": 0.0}
    assert carried.unplaced.to_dict() == {"n": 7.0}
    assert carried.split == 1


def test_largest_share_by_hand():
    best = largest_share(overlaps(WARDS, DISTRICTS), WARDS)
    assert best["target_id"].fillna("-").tolist() == ["x", "x", "-"]
    assert best["share"].fillna(0).tolist() == [1.0, 0.75, 0.0]
    assert best["n_targets"].tolist() == [1, 2, 0]


def test_slivers_are_left_out_on_request():
    near = zones_of(a=shapely.box(0, 0, 100.1, 100))
    districts = zones_of(x=shapely.box(0, 0, 100, 100), y=shapely.box(100, 0, 200, 100))
    assert len(overlaps(near, districts)) == 2
    assert overlaps(near, districts, min_share=0.01)["share"].to_dict() == {("a", "x"): 1.0}


def test_zones_that_only_touch_do_not_overlap():
    cut = overlaps(zones_of(a=shapely.box(0, 0, 1, 1)), zones_of(b=shapely.box(1, 0, 2, 1)))
    assert cut.empty


def test_missing_counts_are_none_and_the_input_is_untouched():
    values = pd.DataFrame({"n": [10.0, np.nan, 7.0]}, index=["a", "b", "c"])
    before = values.copy()
    carried = interpolate(values, overlaps(WARDS, DISTRICTS), DISTRICTS)
    assert carried.values["n"].tolist() == [10.0, 0.0, 0.0]
    pd.testing.assert_frame_equal(values, before)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=1, max_size=6),
    st.lists(st.integers(0, 10**9), min_size=6, max_size=6),
)
def test_sums_are_kept(boxes, counts):
    sources = zones_of(**{
        f"s{k}": shapely.box(x, y, x + 1 + w, y + 1 + h) for k, (x, y, w, h) in enumerate(boxes)
    })  # fmt: skip
    targets = zones_of(**{
        f"t{i}{j}": shapely.box(7 * i, 7 * j, 7 * i + 7, 7 * j + 7)
        for i in range(5) for j in range(5)
    })  # fmt: skip
    values = pd.DataFrame({"n": counts[: len(boxes)]}, index=sources.ids, dtype=float)
    carried = interpolate(values, overlaps(sources, targets), targets)
    total = carried.values["n"].sum() + carried.unplaced["n"]
    assert total == pytest.approx(values["n"].sum(), rel=1e-14)
    assert (carried.values["n"] >= -1e-6).all()


def test_all_residents_of_tsukuba_arrive():
    areas, districts = load_boundaries("small_area"), load_boundaries("school_district")
    people = areas.frame[["population_2015", "households_2015"]]
    carried = interpolate(people, overlaps(areas, districts), districts)
    expected = districts.frame[["population_2015", "households_2015"]]
    # The layers nest: carried by area, each district has its published figures.
    pd.testing.assert_frame_equal(carried.values, expected.astype(float), rtol=1e-9)
    assert carried.unplaced.sum() == 0


# ---- with a raster ----------------------------------------------------------------------------


def raster_of(path, values, *, crs="EPSG:6677"):
    rasterio = pytest.importorskip("rasterio", reason="rasterio is not installed")
    values = np.asarray(values, dtype="float32")
    with rasterio.open(
        path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1,
        dtype="float32", crs=crs, nodata=-9999.0,
        transform=rasterio.Affine(50.0, 0.0, 0.0, 0.0, -50.0, 100.0),
    ) as file:  # fmt: skip
        file.write(values, 1)
    return path


def test_raster_weights_by_hand(tmp_path):
    # Pixels of 50 m. Ward b holds columns 2 and 3; the centres of column 3 lie on the border of
    # x and y, so they count for x, the lower id.
    raster = raster_of(tmp_path / "w.tif", [[1, 1, 3, 1, 5], [1, 1, 0, -9999, 5]])
    cut = overlaps(WARDS, DISTRICTS, raster=raster)
    assert cut["share"].to_dict() == {("a", "x"): 1.0, ("b", "x"): 1.0}
    wide = zones_of(x=shapely.box(0, 0, 160, 100), y=shapely.box(160, 0, 250, 100))
    raster = raster_of(tmp_path / "v.tif", [[0, 0, 3, 1, 5], [0, 0, 0, 0, 5]])
    cut = overlaps(WARDS, wide, raster=raster)
    # a has no weight: by area. b: 3 to 1.
    assert cut["share"].to_dict() == {("a", "x"): 1.0, ("b", "x"): 0.75, ("b", "y"): 0.25}
    assert interpolate(PEOPLE, cut, wide).values["n"].tolist() == [85.0, 25.0]


def test_raster_faults_are_told(tmp_path):
    with pytest.raises(InputError, match="negative"):
        overlaps(WARDS, DISTRICTS, raster=raster_of(tmp_path / "n.tif", [[-1.0, 1.0]]))
    with pytest.raises(CRSError, match="no CRS"):
        overlaps(WARDS, DISTRICTS, raster=raster_of(tmp_path / "c.tif", [[1.0]], crs=None))


def test_without_rasterio_the_message_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "rasterio", None)
    with pytest.raises(MissingExtraError, match="need rasterio"):
        overlaps(WARDS, DISTRICTS, raster=tmp_path / "w.tif")
