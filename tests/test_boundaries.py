"""The bundled boundaries: figures as published, a sound coverage, close to the real districts."""

import importlib.util
import sqlite3
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from tsukuba_gis.boundaries import LAYERS, boundaries_file, load_boundaries
from tsukuba_gis.errors import InputError

ROOT = Path(__file__).parents[1]
DATA = ROOT / "data" / "boundaries"
SHARED = ROOT.parent / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="needs a checkout with data/boundaries")


@pytest.fixture(scope="module")
def layers():
    return {kind: load_boundaries(kind).frame for kind in LAYERS}


@pytest.fixture(scope="module")
def made():
    """The layers, made again from the table."""
    spec = importlib.util.spec_from_file_location("make_boundaries", DATA / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, module.layers(module.read_table())


def shared(name):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"test data not found: ../shared/data/{name}")
    return path


@pytest.mark.parametrize(
    ("kind", "n"),
    [
        ("school_district", 16),
        ("elementary_district", 33),
        ("small_area", 310),
        ("former_municipality", 6),
    ],
)
def test_counts_and_published_sums(layers, kind, n):
    frame = layers[kind]
    assert len(frame) == n
    assert frame["population_2015"].sum() == 226_963
    assert frame["households_2015"].sum() == 98_190
    assert frame["area_m2"].sum() == 283_278_848
    assert frame["approximate"].all()
    assert frame.crs.to_epsg() == 6677


def test_figures_of_one_area_and_one_district_as_published(layers):
    area = layers["small_area"].loc["08220001000"]
    assert (area["name"], area["population_2015"], area["households_2015"]) == (
        "谷田部",
        5194,
        1989,
    )
    assert area["area_m2"] == 4_980_587 + 53_605  # two pieces, one key
    districts = layers["school_district"].set_index("name")
    # Sums of the census points in the real districts, published with them.
    assert districts["population_2015"]["谷田部東中学校"] == 24_694
    assert districts["population_2015"]["みどりの学園義務教育学校"] == 5_160


def test_ids_are_numbered_in_the_order_of_the_table(layers):
    assert list(layers["school_district"].index[[0, -1]]) == ["08220-J01", "08220-J16"]
    assert list(layers["elementary_district"].index[[0, -1]]) == ["08220-E01", "08220-E33"]
    names = layers["former_municipality"]["name"]
    assert list(names) == ["谷田部", "豊里", "大穂", "筑波", "桜", "茎崎"]
    assert list(names.index) == [f"08220-M{k}" for k in range(1, 7)]


@pytest.mark.parametrize("kind", LAYERS)
def test_each_layer_is_a_coverage_without_gaps_after_reading(layers, kind):
    shapes = layers[kind].geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    city = shapely.union_all(shapes)
    assert city.geom_type == "Polygon"
    assert len(city.interiors) == 0
    # No overlap: the areas add up to the area of the union.
    assert shapely.area(shapes).sum() == pytest.approx(city.area, rel=1e-12)


def test_coordinates_are_whole_centimetres(layers):
    xy = shapely.get_coordinates(layers["small_area"].geometry.to_numpy())
    assert np.array_equal(xy, np.round(xy, 2))


@pytest.mark.parametrize(
    ("column", "kind"),
    [("elementary_district", "elementary_district"), ("school_district", "school_district")],
)
def test_small_areas_nest(layers, column, kind):
    areas, districts = layers["small_area"], layers[kind]
    built = areas.dissolve(by=column).geometry
    for zone_id, shape in districts.geometry.items():
        assert shape.symmetric_difference(built[zone_id]).area == pytest.approx(0, abs=1e-6)


def test_elementary_districts_nest_in_school_districts(layers):
    areas = layers["small_area"]
    pairs = areas.groupby("elementary_district")["school_district"].unique()
    assert (pairs.str.len() == 1).all()
    assert (pairs.str[0] == layers["elementary_district"]["school_district"]).all()


def test_polygons_have_the_published_areas(layers):
    areas = layers["small_area"]
    assert (areas.area / areas["area_m2"]).between(0.999, 1.001).all()


def test_rebuilt_from_the_table_equals_the_file(layers, made):
    _, frames = made
    for kind, name in LAYERS.items():
        old, new = layers[kind], frames[name]
        pd.testing.assert_frame_equal(
            pd.DataFrame(old.drop(columns="geometry")),
            pd.DataFrame(new.drop(columns="geometry")),
            check_dtype=False,
        )
        # Other versions of GEOS or Qhull may round the last centimetre otherwise.
        moved = shapely.area(shapely.symmetric_difference(old.geometry, new.geometry))
        assert moved.max() < 1.0


def test_writing_twice_gives_the_same_bytes(made, tmp_path):
    module, frames = made
    module.write(frames, tmp_path / "one.gpkg")
    module.write(frames, tmp_path / "two.gpkg")
    assert (tmp_path / "one.gpkg").read_bytes() == (tmp_path / "two.gpkg").read_bytes()


def test_the_check_finds_a_gap_and_an_overlap(made):
    module, frames = made
    districts = frames["school_districts"]
    inner = max(districts.index, key=lambda i: districts.drop(index=i).union_all().area)
    with pytest.raises(ValueError, match="not a coverage"):
        module.check({"gap": districts.drop(index="08220-J05")})
    wide = districts.copy()
    wide.loc[inner, "geometry"] = wide.loc[inner, "geometry"].buffer(1)
    with pytest.raises(ValueError, match="not a coverage"):
        module.check({"overlap": wide})


def test_the_file_says_that_it_is_approximate_and_is_version_1_2():
    path = boundaries_file()
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as file:
        told = [row[0] for row in file.execute("select description from gpkg_contents")]
        assert file.execute("pragma user_version").fetchone() == (10200,)
    assert len(told) == 4
    assert all("APPROXIMATE" in text and "おおよその形" in text for text in told)
    assert {name for name, _ in pyogrio.list_layers(path)} == set(LAYERS.values())


def test_nine_tenths_of_the_real_districts_are_met(layers):
    real = gpd.read_file(shared("tsukuba/tsukuba_juniorhigh_districts_derived.geojson"))
    real = real.to_crs(6677).set_index("jh_name").geometry
    ours = layers["school_district"].set_index("name").geometry
    assert set(real.index) == set(ours.index)
    met = real.intersection(ours, align=True).area
    assert met.sum() / real.area.sum() >= 0.91
    assert (met / real.area).min() > 0.75


def test_the_table_restates_the_published_figures():
    theirs = pd.read_csv(
        shared("facts/tsukuba_small_areas_with_schools.csv"), dtype=str, keep_default_na=False
    )
    ours = pd.read_csv(DATA / "small_areas.csv", dtype=str, keep_default_na=False)
    figures = ["key_code", "part", "name", "lon", "lat", "area_m2", "population_2015",
               "households_2015"]  # fmt: skip
    pd.testing.assert_frame_equal(ours[figures], theirs[figures])

    # The stated rules, applied again.
    by_rule = theirs["former_municipality"].str.endswith("?") | (theirs["name"] == "和台原")
    assert (ours["former_municipality_basis"] == "school_district").equals(by_rule)
    assert ours["former_municipality"][~by_rule].equals(theirs["former_municipality"][~by_rule])
    most = ours[~by_rule].groupby("junior_high")["former_municipality"].agg(lambda s: s.mode()[0])
    settled = ours[by_rule]
    assert (settled["junior_high"].map(most) == settled["former_municipality"]).all()

    none = theirs["junior_high_2021"] == ""
    assert (ours["school_basis"] == "main_part").equals(none)
    assert ours["junior_high"][~none].equals(
        theirs["junior_high_2021"][~none].rename("junior_high")
    )
    assert set(ours["name"][none]) == {"寺具"}
    assert set(ours["junior_high"][none]) == {"秀峰筑波義務教育学校"}


def test_unknown_kind_is_told():
    with pytest.raises(InputError, match="no layer wards") as caught:
        load_boundaries("wards")
    assert "wards" in caught.value.say("ja")


def test_missing_file_is_told(monkeypatch, tmp_path):
    import tsukuba_gis.boundaries as module

    monkeypatch.setattr(module, "__file__", str(tmp_path / "package" / "boundaries.py"))
    with pytest.raises(InputError, match="not there"):
        boundaries_file()


def test_installed_file_comes_first(monkeypatch, tmp_path):
    import tsukuba_gis.boundaries as module

    inside = tmp_path / "package" / "_boundaries" / "tsukuba.gpkg"
    inside.parent.mkdir(parents=True)
    inside.touch()
    monkeypatch.setattr(module, "__file__", str(tmp_path / "package" / "boundaries.py"))
    assert boundaries_file() == inside


def test_source_is_told_in_both_languages():
    assert "おおよその区域" in load_boundaries("former_municipality").source
    assert "Approximate" in load_boundaries("former_municipality", lang="en").source


def test_districts_have_english_names_where_the_reading_is_certain(layers):
    schools = layers["school_district"].set_index("name")["name_en"]
    assert schools["谷田部中学校"] == "Yatabe J.H.S."
    assert schools["竹園東中学校"] == "Takezono-higashi J.H.S."
    assert schools["学園の森義務教育学校"] == "Gakuen no Mori"
    assert schools.is_unique
    assert schools.str.isascii().all()
    former = layers["former_municipality"]["name_en"]
    assert list(former) == ["Yatabe", "Toyosato", "Oho", "Tsukuba", "Sakura", "Kukizaki"]
    elementary = layers["elementary_district"]
    assert set(elementary["name"][elementary["name_en"].isna()]) == {
        "柳橋小学校", "沼崎小学校", "大曽根小学校",
    }  # fmt: skip
    assert "name_en" not in layers["small_area"]


def test_each_english_name_is_used(layers):
    table = pd.read_csv(DATA / "names_en.csv", dtype=str, keep_default_na=False)
    shown = {name for kind in LAYERS for name in layers[kind]["name"]}
    assert table["name"].is_unique
    assert set(table["name"]) <= shown


def test_zones_are_named_in_english_where_they_can_be():
    districts = load_boundaries("elementary_district")
    named = districts.named("en")
    assert (named["08220-E01"], named["08220-E10"]) == ("Yatabe E.S.", "柳橋小学校")
    assert districts.named("ja").equals(districts.names)
    areas = load_boundaries("small_area")
    assert areas.named("en").equals(areas.names)
