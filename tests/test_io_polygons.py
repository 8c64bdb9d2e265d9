import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from toys import ORIGIN, toy_zones

from tsukuba_gis.errors import CRSError, InputError
from tsukuba_gis.io import read_zones
from tsukuba_gis.io.layouts import find_layout
from tsukuba_gis.io.polygons import overlaps
from tsukuba_gis.io.vector import read_layer

SHARED = Path(__file__).parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="real files are not here (shared/data beside the checkout)"
)
X, Y = ORIGIN


def box(i, j, size=100):
    return shapely.box(X + 100 * i, Y + 100 * j, X + 100 * i + size, Y + 100 * j + size)


def layer(shapes, crs="EPSG:6677", **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


def save(frame, path, **options):
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path, **options)
    return path


def problem(zones, key):
    return next(p for p in zones.problems if p.key == key)


def keys(zones):
    return [p.key for p in zones.problems]


# ---- formats and CRS ---------------------------------------------------------


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".parquet", ".fgb"])
@pytest.mark.parametrize("crs", ["EPSG:6677", "EPSG:6668", "EPSG:4326", "EPSG:4612", "EPSG:32654"])
def test_every_format_and_crs_gives_the_same_zones(tmp_path, suffix, crs):
    toy = toy_zones().frame
    path = save(toy.to_crs(crs).reset_index(), tmp_path / f"toy{suffix}")
    zones = read_zones(path, kind="ward")
    # Flatgeobuf orders features by place.
    frame = zones.frame.loc[toy.index]
    assert zones.kind == "ward"
    assert zones.source == path.name
    assert frame["name"].tolist() == toy["name"].tolist()
    assert frame.crs == "EPSG:6677"
    # EPSG:32654 is on WGS 84, which PROJ takes for JGD2011; corners move by millimetres.
    change = shapely.symmetric_difference(frame.geometry.array, toy.geometry.array)
    assert shapely.area(change).max() < 1.0


def test_a_missing_crs_is_an_error_until_it_is_stated(tmp_path):
    path = save(layer([box(0, 0)], None, code=["1"], name=["北"]), tmp_path / "a.parquet")
    with pytest.raises(CRSError, match="there is no CRS"):
        read_zones(path)
    assert read_zones(path, crs="EPSG:6677").frame.area.tolist() == pytest.approx([10_000])


def test_a_stated_crs_wins_over_a_wrong_one(tmp_path):
    path = save(layer([box(0, 0)], "EPSG:32654", code=["1"], name=["北"]), tmp_path / "a.gpkg")
    assert read_zones(path, crs="EPSG:6677").frame.total_bounds == pytest.approx(
        [X, Y, X + 100, Y + 100]
    )


def test_geojson_without_crs_is_wgs_84_and_said(tmp_path):
    path = tmp_path / "a.geojson"
    shape = shapely.geometry.mapping(shapely.box(140.1, 36.0, 140.11, 36.01))
    feature = {"type": "Feature", "properties": {"name": "北"}, "geometry": shape}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    zones = read_zones(path)
    assert problem(zones, "crs_by_format").values["crs"] == "EPSG:4326"
    assert zones.frame.crs == "EPSG:6677"


def test_the_x_of_the_plane_crs_is_the_easting(tmp_path):
    # By law X is north; in files it is east. The origin of zone IX is 139°50′ E, 36° N.
    east = shapely.box(140.0, 36.0, 140.1, 36.01)
    path = save(layer([east], "EPSG:6668", name=["a"]), tmp_path / "a.gpkg")
    west, south, right, top = read_zones(path).frame.total_bounds
    assert (right - west, top - south) == pytest.approx((9_015, 1_117), abs=25)


@pytest.mark.parametrize(
    ("bounds", "crs", "message"),
    [
        ((860, 505, 988, 581), "EPSG:4326", "the numbers do not fit the CRS EPSG:4326"),
        ((36.0, 140.0, 36.1, 140.1), "EPSG:6668", "the coordinates are latitude first"),
        ((-80, 35, -79, 36), "EPSG:4326", r"\(EPSG:4326\) are not in Japan"),
        ((9e6, 9e6, 9.1e6, 9.1e6), "EPSG:6677", "do not fit|not in Japan"),
    ],
    ids=["no degrees", "swapped", "America", "far off"],
)
def test_numbers_that_do_not_fit_the_crs_are_refused(tmp_path, bounds, crs, message):
    path = save(layer([shapely.box(*bounds)], crs, name=["a"]), tmp_path / "a.gpkg")
    with pytest.raises(CRSError, match=message):
        read_zones(path)


def test_swapped_axes_are_put_right_when_asked(tmp_path):
    right = shapely.box(140.1, 36.0, 140.11, 36.01)
    wrong = shapely.box(36.0, 140.1, 36.01, 140.11)
    expected = read_zones(save(layer([right], "EPSG:6668", name=["a"]), tmp_path / "r.gpkg"))
    path = save(layer([wrong], "EPSG:6668", name=["a"]), tmp_path / "w.gpkg")
    zones = read_zones(path, fixes=["swap_axes"])
    assert zones.frame.geometry.iloc[0].equals(expected.frame.geometry.iloc[0])
    assert keys(zones) == ["axes_swapped_back"]


def test_latitude_first_gml_is_read_as_longitude_first(tmp_path):
    # Q10: 国土数値情報 XML writes latitude first under urn:ogc:def:crs:EPSG::6668.
    path = tmp_path / "a.gml"
    ring = "36.0 140.1 36.01 140.1 36.01 140.11 36.0 140.11 36.0 140.1"
    path.write_text(
        f"""<?xml version="1.0" encoding="UTF-8"?>
<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml/3.2">
<ogr:featureMember><ogr:zone gml:id="z0"><ogr:geometryProperty>
<gml:Polygon gml:id="g0" srsName="urn:ogc:def:crs:EPSG::6668"><gml:exterior><gml:LinearRing>
<gml:posList>{ring}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>
</ogr:geometryProperty><ogr:name>北区</ogr:name></ogr:zone></ogr:featureMember>
</ogr:FeatureCollection>""",
        encoding="utf-8",
    )
    zones = read_zones(path)
    lon, lat = zones.frame.to_crs("EPSG:6668").geometry.iloc[0].centroid.coords[0]
    assert (lon, lat) == pytest.approx((140.105, 36.005), abs=1e-6)
    assert [file.name for file in tmp_path.iterdir()] == ["a.gml"]  # GDAL likes to add a .gfs


# ---- ids and names -----------------------------------------------------------


def test_ids_and_names_are_found_by_common_words(tmp_path):
    path = save(
        layer([box(0, 0)], 行政区コード=[7], 行政区名=["北区"], 人口=[5]), tmp_path / "a.gpkg"
    )
    zones = read_zones(path)
    assert zones.names.to_dict() == {"7": "北区"}
    assert zones.frame["人口"].tolist() == [5]


def test_ids_and_names_can_be_stated(tmp_path):
    path = save(layer([box(0, 0)], a=["x"], b=["y"], name=["z"]), tmp_path / "a.gpkg")
    assert read_zones(path, id="a", name="b").names.to_dict() == {"x": "y"}
    with pytest.raises(InputError, match="the column c stated for id does not exist"):
        read_zones(path, id="c")


def test_a_name_alone_is_the_id_too(tmp_path):
    path = save(layer([box(0, 0), box(1, 0)], name=["北", "南"]), tmp_path / "a.gpkg")
    assert read_zones(path).ids.tolist() == ["北", "南"]


def test_columns_of_ones_own_are_kept_under_any_name(tmp_path):
    path = save(layer([box(0, 0)], zone_id=["9"], name=["z"], a=["x"]), tmp_path / "a.gpkg")
    frame = read_zones(path, id="a").frame
    assert frame.index.tolist() == ["x"]
    assert frame["zone_id [2]"].tolist() == ["9"]


def test_without_id_and_name_the_columns_are_listed(tmp_path):
    path = save(layer([box(0, 0)], memo=["x"]), tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=r"Name them with id and name\. Columns: memo"):
        read_zones(path)


def test_zones_without_id_are_left_out_and_without_name_are_shown_by_id(tmp_path):
    path = save(
        layer([box(i, 0) for i in range(3)], code=["1", None, "3"], name=["a", "b", None]),
        tmp_path / "a.gpkg",
    )
    zones = read_zones(path)
    assert zones.names.to_dict() == {"1": "a", "3": "3"}
    assert problem(zones, "zone_without_id").values["n"] == 1
    assert problem(zones, "zone_without_name").values["n"] == 1


def test_ids_in_scientific_notation_are_refused(tmp_path):
    path = save(layer([box(0, 0)], code=["8.2201E+05"], name=["a"]), tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="1 rows of the column code are in scientific notation"):
        read_zones(path)


# ---- official layouts --------------------------------------------------------

SCHOOL = "B108220000001"


@pytest.mark.parametrize(
    ("fields", "zone_id", "name"),
    [
        ({"A27_005": "08220", "A27_006": "市", "A27_007": "甲小", "A27_008": "x"},
         "08220_甲小", "甲小"),
        ({"A27_001": "08220", "A27_002": "市", "A27_003": SCHOOL, "A27_004": "甲小",
          "A27_005": "x"}, SCHOOL, "甲小"),
        ({"A32_006": "08220", "A32_007": "市", "A32_008": "乙中", "A32_009": "x",
          "A32_010": "y.csv"}, "08220_乙中", "乙中"),
        ({"A32_001": "08220", "A32_002": "市", "A32_003": "乙中", "A32_004": "x", "A32_005": "y",
          "A32_006": "z"}, "08220_乙中", "乙中"),
        ({"A32_001": "08220", "A32_002": "市", "A32_003": "C108220000022", "A32_004": "乙中",
          "A32_005": "x"}, "C108220000022", "乙中"),
        ({"A32_001": "08220", "A32_002": "市", "A32_003": "乙中", "A32_004": "住所",
          "A32_005": "y"}, "08220_乙中", "乙中"),
        ({"N03_001": "県", "N03_003": "郡", "N03_004": "つくば市", "N03_007": "08220"},
         "08220", "つくば市"),
        ({"N03_001": "県", "N03_004": "さいたま市", "N03_005": "西区", "N03_007": "11101"}, "11101",
         "さいたま市西区"),
        ({"KEY_CODE": "082201200", "S_NAME": "寺具", "JINKO": 0, "SETAI": 0}, "082201200", "寺具"),
        ({"MOJI": "寺具", "JINKO": 0, "SETAI": 0, "KEY_CODE": "082201200"}, "082201200", "寺具"),
    ],
    ids=["A27 2016", "A27 2021", "A32 2016", "A32 2013", "A32 2021", "A32 old numbers",
         "N03 2023", "N03 2024", "census 2020", "census 2015"],
)  # fmt: skip
def test_each_version_of_the_official_files_is_known(tmp_path, fields, zone_id, name):
    columns = {field: [value] for field, value in fields.items()}
    zones = read_zones(save(layer([box(0, 0)], **columns), tmp_path / "a.gpkg"))
    assert zones.names.to_dict() == {zone_id: name}


def test_schools_of_one_name_in_two_cities_stay_apart(tmp_path):
    columns = {"A27_005": ["18201", "18205"], "A27_006": ["市"] * 2, "A27_007": ["和田小"] * 2}
    zones = read_zones(save(layer([box(0, 0), box(1, 0)], **columns), tmp_path / "a.gpkg"))
    assert zones.ids.tolist() == ["18201_和田小", "18205_和田小"]


def test_a_census_key_that_lost_its_zero_gets_it_back(tmp_path):
    columns = {"KEY_CODE": [82201200], "S_NAME": ["寺具"], "JINKO": [0], "SETAI": [0]}
    zones = read_zones(save(layer([box(0, 0)], **columns), tmp_path / "a.gpkg"))
    assert zones.ids.tolist() == ["082201200"]


def test_a_file_of_ones_own_has_no_layout():
    assert find_layout(["code", "name", "A27_001"]) is None


def test_parts_of_one_census_key_are_joined_and_their_persons_added_up(tmp_path):
    columns = {
        "KEY_CODE": ["082200010", "082200020", "082200010"], "S_NAME": ["甲", "乙", "甲"],
        "KIGO_E": ["E1", None, "E2"], "JINKO": [120, 30, 0], "SETAI": [50, 10, 0],
    }  # fmt: skip
    path = save(layer([box(0, 0), box(1, 0), box(5, 5)], **columns), tmp_path / "a.gpkg")
    zones = read_zones(path)
    assert zones.ids.tolist() == ["082200010", "082200020"]
    assert zones.frame["JINKO"].tolist() == [120, 30]
    assert zones.frame.area.tolist() == pytest.approx([20_000, 10_000])
    assert problem(zones, "zone_parts_joined").values == {"n": 2, "zones": 1}


def test_one_school_in_several_rows_is_one_zone(tmp_path):
    # Q36: by school code since 2021, by municipality and name before.
    new = {"A27_001": ["08220"] * 2, "A27_003": [SCHOOL] * 2, "A27_004": ["甲小"] * 2}
    old = {"A27_005": ["08220"] * 2, "A27_006": ["市"] * 2, "A27_007": ["甲小"] * 2}
    for number, columns in enumerate((new, old)):
        frame = layer([box(0, 0), box(1, 0)], **columns)
        zones = read_zones(save(frame, tmp_path / f"{number}.gpkg"))
        assert zones.frame.area.tolist() == pytest.approx([20_000])
        assert zones.frame.geom_type.tolist() == ["Polygon"]


def test_a_part_without_a_name_takes_that_of_the_others(tmp_path):
    frame = layer([box(0, 0), box(1, 0)], code=["1", "1"], name=[None, "甲"])
    zones = read_zones(save(frame, tmp_path / "a.gpkg"))
    assert zones.names.to_dict() == {"1": "甲"}


def test_a_stated_id_leaves_crs_and_sums_of_the_product(tmp_path):
    columns = {"KEY_CODE": ["1", "2"], "S_NAME": ["甲", "甲"], "CITY": ["x", "x"],
               "JINKO": [3, 4], "SETAI": [1, 2]}  # fmt: skip
    squares = [shapely.box(140.1, 36.0, 140.2, 36.1), shapely.box(140.2, 36.0, 140.3, 36.1)]
    path = save(layer(squares, None, **columns), tmp_path / "a.parquet")
    zones = read_zones(path, id="CITY")
    assert zones.frame["JINKO"].tolist() == [7]
    assert problem(zones, "crs_by_product").values["crs"] == "EPSG:6668"


def test_one_id_with_two_names_is_refused(tmp_path):
    path = save(
        layer([box(0, 0), box(1, 0)], code=["1", "1"], name=["a", "b"]), tmp_path / "a.gpkg"
    )
    with pytest.raises(InputError, match="1 ids belong to zones of different names"):
        read_zones(path)


def test_water_is_left_out_when_asked(tmp_path):
    columns = {"KEY_CODE": ["082200010", "082209999"], "S_NAME": ["甲", "霞ヶ浦"],
               "HCODE": [8101, 8154], "JINKO": [1, 0], "SETAI": [1, 0]}  # fmt: skip
    path = save(layer([box(0, 0), box(1, 0)], **columns), tmp_path / "a.gpkg")
    assert len(read_zones(path)) == 2
    zones = read_zones(path, fixes=["drop_water"])
    assert zones.ids.tolist() == ["082200010"]
    assert problem(zones, "water_left_out").values["n"] == 1
    plain = save(layer([box(0, 0)], name=["a"]), tmp_path / "b.gpkg")
    with pytest.raises(InputError, match="without a column HCODE"):
        read_zones(plain, fixes=["drop_water"])


# ---- shapes ------------------------------------------------------------------


def test_an_invalid_polygon_is_repaired_and_the_change_of_area_is_told(tmp_path):
    # A bow-tie of two triangles of 2,500 m²; its signed area is 0.
    corners = [(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)]
    path = save(
        layer([shapely.Polygon(corners), box(3, 3)], name=["bow", "box"]), tmp_path / "a.gpkg"
    )
    zones = read_zones(path)
    assert zones.frame.area.tolist() == pytest.approx([5_000, 10_000])
    assert problem(zones, "polygons_repaired").values == {"n": 1, "change": "+5,000.0"}


def test_rows_without_a_polygon_are_left_out_and_counted(tmp_path):
    shapes = [box(0, 0), None, shapely.Polygon()]
    path = save(layer(shapes, name=["a", "b", "c"]), tmp_path / "a.gpkg")
    zones = read_zones(path)
    assert zones.ids.tolist() == ["a"]
    assert problem(zones, "polygon_missing").values["n"] == 2


def test_a_polygon_without_area_alone_is_an_empty_layer(tmp_path):
    flat = shapely.Polygon([(X, Y), (X + 9, Y), (X + 5, Y), (X, Y)])
    with pytest.raises(InputError, match="has no features"):
        read_zones(save(layer([flat], name=["a"]), tmp_path / "a.gpkg"))


def test_heights_are_left_aside(tmp_path):
    high = shapely.force_3d(box(0, 0), 30.0)
    zones = read_zones(save(layer([high], name=["a"]), tmp_path / "a.gpkg"))
    assert not shapely.has_z(zones.frame.geometry.array).any()


@pytest.mark.parametrize(
    ("shape", "found"),
    [(shapely.LineString([(X, Y), (X + 1, Y)]), "LineString"), (shapely.Point(X, Y), "Point")],
)
def test_lines_and_points_are_no_zones(tmp_path, shape, found):
    path = save(layer([shape], name=["a"]), tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=f"zones must be polygons, but the layer holds {found}"):
        read_zones(path)


def test_a_geometry_collection_names_what_is_missing(tmp_path):
    path = tmp_path / "a.geojson"
    parts = [shapely.geometry.mapping(shapely.box(140.1, 36.0, 140.2, 36.1))]
    path.write_text(json.dumps({"type": "GeometryCollection", "geometries": parts}))
    with pytest.raises(InputError, match="a GeometryCollection without attributes"):
        read_zones(path)


def test_a_collection_among_zones_with_attributes_is_no_polygon(tmp_path):
    both = shapely.GeometryCollection([box(0, 0), shapely.Point(X, Y)])
    with pytest.raises(InputError, match="layer holds GeometryCollection, Polygon"):
        read_zones(save(layer([both, box(1, 0)], name=["a", "b"]), tmp_path / "a.gpkg"))


def test_what_gdal_warns_of_is_counted_not_printed(tmp_path):
    # A ring that is not closed.
    path = tmp_path / "a.geojson"
    ring = [[140.1, 36.0], [140.2, 36.0], [140.2, 36.1], [140.1, 36.1]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"name": "北"}, "geometry": shape}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    zones = read_zones(path)
    assert len(zones) == 1
    assert problem(zones, "layer_complaints").values["n"] >= 1


def test_an_empty_layer_is_refused(tmp_path):
    path = save(layer([box(0, 0)], name=["a"]).iloc[:0], tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="the layer a has no features"):
        read_zones(path)


def test_overlaps_are_measured_also_where_one_lies_in_another():
    # 100 m squares: one shifted by 50 m shares half; a small one lies inside; a neighbour touches.
    frame = layer([box(0, 0), box(0.5, 0), box(0.1, 0.1, size=10), box(0, 1)])
    assert overlaps(frame) == (2, pytest.approx(5_000 + 100))


def test_neighbours_do_not_overlap():
    assert overlaps(toy_zones().frame) == (0, 0.0)


# ---- containers --------------------------------------------------------------


def test_topojson_needs_its_layer_and_its_crs(tmp_path):
    # As r2kaPPCCC.topojson: two objects, no CRS.
    import topojson

    frame = layer([shapely.box(140.1, 36, 140.2, 36.1)], "EPSG:4326", KEY_CODE=["1"], S_NAME=["甲"])
    town = topojson.Topology(frame, prequantize=False, object_name="town").to_dict()
    town["objects"]["city"] = town["objects"]["town"]
    path = tmp_path / "a.topojson"
    path.write_text(json.dumps(town))
    with pytest.raises(InputError, match="one with layer: town, city"):
        read_zones(path)
    zones = read_zones(path, layer="town", crs="EPSG:6668")
    assert zones.names.to_dict() == {"1": "甲"}


def pack(path, folder, *names):
    with zipfile.ZipFile(path, "w") as packed:
        for name in names:
            packed.write(folder / name, f"A27-21_08_GML/{name}")
    return path


def test_a_zip_as_it_is_handed_out_is_read_without_unpacking_beside_it(tmp_path):
    (tmp_path / "parts").mkdir()
    frame = layer([box(0, 0)], code=["1"], name=["北"])
    shape = save(frame, tmp_path / "parts" / "a.shp", encoding="cp932")
    shape.with_suffix(".cpg").unlink()
    save(frame.to_crs("EPSG:4326"), tmp_path / "parts" / "a.geojson")
    names = [file.name for file in (tmp_path / "parts").iterdir()]
    path = pack(tmp_path / "a.zip", tmp_path / "parts", *names)
    zones = read_zones(path)
    assert zones.names.to_dict() == {"1": "北"}
    assert zones.source == "a.zip"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.zip", "parts"]


def test_of_several_layers_in_a_zip_one_must_be_named(tmp_path):
    for name in ("a", "b"):
        save(layer([box(0, 0)], name=[name]), tmp_path / f"{name}.gpkg")
    path = pack(tmp_path / "c.zip", tmp_path, "a.gpkg", "b.gpkg")
    with pytest.raises(InputError, match="one with layer: a, b"):
        read_zones(path)
    assert read_zones(path, layer="b").ids.tolist() == ["b"]


def test_a_zip_without_a_layer_and_one_that_is_none_are_refused(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(InputError, match="no layer in it"):
        read_zones(pack(tmp_path / "a.zip", tmp_path, "a.txt"))
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04noise")
    with pytest.raises(InputError, match="damaged"):
        read_zones(tmp_path / "b.zip")


def test_the_styles_that_qgis_keeps_are_no_layer(tmp_path):
    path = save(layer([box(0, 0)], name=["a"]), tmp_path / "a.gpkg")
    import pyogrio

    styles = pd.DataFrame({"styleQML": ["<qgis/>"]})
    pyogrio.write_dataframe(styles, path, layer="layer_styles", append=False)
    assert read_zones(path).ids.tolist() == ["a"]


def test_a_parquet_without_geometry_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"name": ["a"]}).to_parquet(path)
    with pytest.raises(InputError, match="has no geometry"):
        read_zones(path)


def test_the_cpg_of_a_shapefile_wins_over_a_guess(tmp_path):
    # 表示 in CP932 bytes would pass as nothing in UTF-8; a UTF-8 file with .cpg is read as such.
    path = save(layer([box(0, 0)], name=["研究学園"]), tmp_path / "a.shp", encoding="utf-8")
    assert path.with_suffix(".cpg").read_text().upper().replace("-", "") == "UTF8"
    assert read_zones(path).names.tolist() == ["研究学園"]
    assert read_layer(path, layer=None).encoding == ""


@pytest.mark.parametrize("encoding", ["cp932", "utf-8"])
def test_without_cpg_the_encoding_is_found_by_the_bytes(tmp_path, encoding):
    path = save(layer([box(0, 0)], name=["髙﨑①区"]), tmp_path / "a.shp", encoding=encoding)
    path.with_suffix(".cpg").unlink()
    table = path.with_suffix(".dbf")
    data = bytearray(table.read_bytes())
    data[29] = 0  # no language byte, as in 国土数値情報 of 2016
    table.write_bytes(data)
    assert read_zones(path).names.tolist() == ["髙﨑①区"]


def test_the_language_byte_of_2013_and_2021_is_cp932(tmp_path):
    path = save(layer([box(0, 0)], name=["表示"]), tmp_path / "a.shp", encoding="cp932")
    path.with_suffix(".cpg").unlink()
    table = path.with_suffix(".dbf")
    data = bytearray(table.read_bytes())
    data[29] = 0x13
    table.write_bytes(data)
    assert read_zones(path).names.tolist() == ["表示"]


def test_a_shapefile_without_its_attributes_is_refused(tmp_path):
    path = save(layer([box(0, 0)], name=["a"]), tmp_path / "a.shp")
    path.with_suffix(".dbf").unlink()
    with pytest.raises(InputError, match=r"its \.dbf file is missing"):
        read_zones(path)


def test_a_shapefile_with_capital_suffixes_is_read(tmp_path):
    path = save(layer([box(0, 0)], name=["北"]), tmp_path / "a.shp", encoding="cp932")
    path.with_suffix(".cpg").unlink()
    for part in list(tmp_path.iterdir()):
        part.rename(part.with_suffix(part.suffix.upper()))
    assert read_zones(tmp_path / "a.SHP").names.tolist() == ["北"]


# ---- real files ----------------------------------------------------------------


def state(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@needs_shared
@pytest.mark.parametrize(
    ("name", "n", "km2", "first"),
    [
        ("n03_municipality_08220.geojson", 1, 283.67, "茨城県つくば市"),
        ("tsukuba_elementary_districts_2021_named.geojson", 33, 283.620, None),
        ("tsukuba_juniorhigh_districts_derived.geojson", 16, 283.620, None),
    ],
)
def test_the_real_polygons_of_tsukuba(name, n, km2, first):
    zones = read_zones(SHARED / "tsukuba" / name)
    assert len(zones) == n
    assert zones.frame.area.sum() / 1e6 == pytest.approx(km2, abs=0.005)
    assert first is None or zones.names.tolist() == [first]
    assert "zones_overlap" not in keys(zones)
    assert zones.frame.crs == "EPSG:6677"


@needs_shared
def test_the_outline_of_tsukuba_is_16_km_wide_and_32_km_high():
    # Q11: the other way round if X and Y were taken as the law names them.
    west, south, east, north = read_zones(
        SHARED / "tsukuba" / "n03_municipality_08220.geojson"
    ).frame.total_bounds
    assert ((east - west) / 1_000, (north - south) / 1_000) == pytest.approx((16, 32), abs=0.6)


@needs_shared
def test_the_census_of_tottori_keeps_every_person():
    # 677 polygons, 666 keys, 193,717 persons; keys of 9 and 11 digits; CP932 without .cpg.
    folder = SHARED / "estat_samples" / "tottori_2015"
    before = state(folder)
    zones = read_zones(folder / "h27ka31201.shp", kind="small_area")
    assert len(zones) == 666
    assert zones.frame["JINKO"].sum() == 193_717
    assert set(zones.ids.str.len()) == {9, 11}
    assert set(zones.frame["GST_NAME"]) == {"鳥取市"}
    assert zones.frame.crs == "EPSG:6673"
    assert problem(zones, "zone_parts_joined").values == {"n": 19, "zones": 8}
    # Q25: the one water surface is a part of 港町 (312012230), whose persons stay.
    dry = read_zones(folder / "h27ka31201.shp", fixes=["drop_water"])
    assert dry.frame["JINKO"].sum() == 193_717
    smaller = (zones.frame.area - dry.frame.area > 1.0).to_numpy()
    assert zones.ids[smaller].tolist() == ["312012230"]
    assert state(folder) == before


@needs_shared
def test_the_school_districts_of_fukui_without_shx():
    # Q01, Q07, Q12, Q15, Q38: no .shx, no .prj, no .cpg; overlaps of 2.88 and 0.10 km².
    folder = SHARED / "ksj_samples" / "fukui_2016_no_shx"
    before = state(folder)
    zones = read_zones(folder / "A27-16_18.shp", kind="elementary_district")
    assert len(zones) == 167
    assert "美山啓明小学校" in set(zones.names)
    assert problem(zones, "crs_by_product").values["crs"] == "EPSG:4612"
    overlap = problem(zones, "zones_overlap").values
    assert overlap["n"] == 2
    assert float(overlap["area"]) == pytest.approx(2.98, abs=0.01)
    juniors = read_zones(folder / "A32-16_18.shp", kind="school_district")
    assert len(juniors) == 66
    assert "松陵中学校" in set(juniors.names)
    assert "zones_overlap" not in keys(juniors)
    assert state(folder) == before


@needs_shared
def test_the_index_is_restored_without_a_lasting_setting(tmp_path):
    import pyogrio

    before = pyogrio.get_gdal_config_option("SHAPE_RESTORE_SHX")
    read_layer(SHARED / "ksj_samples" / "fukui_2016_no_shx" / "A32-16_18.shp", layer=None)
    assert pyogrio.get_gdal_config_option("SHAPE_RESTORE_SHX") == before


@needs_shared
def test_swapped_back_the_public_copy_equals_the_33_districts(tmp_path):
    # Q09, with ids added: the copy has the municipality's code only.
    source = SHARED / "ksj_samples" / "a27_21_08220_axes_swapped.geojson"
    with pytest.raises(CRSError, match="latitude first"):
        read_zones(source)
    content = json.loads(source.read_text())
    for number, feature in enumerate(content["features"]):
        feature["properties"]["code"] = f"{number:02}"
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(content))
    found = read_zones(path, fixes=["swap_axes"]).frame
    right = read_zones(SHARED / "tsukuba" / "tsukuba_elementary_districts_2021_named.geojson").frame
    assert len(found) == 33
    places = right.sindex.nearest(found.representative_point(), return_all=False)[1]
    assert sorted(places) == list(range(33))
    other = right.geometry.iloc[places].array
    change = shapely.area(shapely.symmetric_difference(found.geometry.array, other))
    # One file has 8 decimals of a degree: a millimetre along some 20 km of outline.
    assert change.max() < 20.0


@needs_shared
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tsukuba/gsi_shelters_082201.geojson", "holds Point"),
        ("spatial_reference/baltim/baltimore.geojson", "holds Point"),
        ("spatial_reference/columbus/columbus.shp", "there is no CRS"),
    ],
)
def test_real_files_that_are_no_zones_of_japan_are_refused(name, message):
    with pytest.raises((InputError, CRSError), match=message):
        read_zones(SHARED / name)


@needs_shared
def test_a_geojson_whose_numbers_are_no_degrees_is_refused(tmp_path):
    # Q08: GDAL calls it EPSG:4326; x runs from 860 to 988.
    points = read_layer(SHARED / "spatial_reference/baltim/baltimore.geojson", layer=None).frame
    assert points.crs == "EPSG:4326"
    path = tmp_path / "a.gpkg"
    squares = points.set_geometry(shapely.buffer(np.asarray(points.geometry.array), 1.0))
    save(squares.set_crs("EPSG:4326", allow_override=True).assign(code=range(len(points))), path)
    with pytest.raises(CRSError, match="the numbers do not fit the CRS EPSG:4326"):
        read_zones(path)


@needs_shared
def test_a_shapefile_without_shx_is_read_where_its_folder_may_not_be_written(tmp_path):
    source = SHARED / "ksj_samples" / "fukui_2016_no_shx"
    folder = tmp_path / "read_only"
    folder.mkdir()
    for suffix in (".shp", ".dbf"):
        shutil.copyfile(source / f"A32-16_18{suffix}", folder / f"A32-16_18{suffix}")
    folder.chmod(0o555)
    try:
        assert len(read_zones(folder / "A32-16_18.shp")) == 66
    finally:
        folder.chmod(0o755)
    assert {path.suffix for path in folder.iterdir()} == {".shp", ".dbf"}
