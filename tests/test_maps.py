"""Offline maps: geometry as TopoJSON, vendored Leaflet, pages that load nothing."""

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import folium
import folium.plugins
import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pages import loads, read
from results import INDICATORS, YEARS, full_level, full_result
from shapely import MultiPolygon, Polygon, box
from toys import toy_indicators, toy_level, toy_result, toy_zones

import tsukuba_gis
from tsukuba_gis.classes import LISA_COLOURS
from tsukuba_gis.errors import InputError
from tsukuba_gis.maps import choropleth, offline_html
from tsukuba_gis.maps.offline import POLICY, script_json
from tsukuba_gis.maps.packing import SIGNS, pack
from tsukuba_gis.maps.payload import level_data, level_keys, page_data, page_maps, start_indicator
from tsukuba_gis.maps.statistics import class_sets
from tsukuba_gis.maps.topology import drawing_shapes, packed, topology

VENDORED = Path(tsukuba_gis.__file__).parent / "_vendor" / "leaflet"
SHARED = Path(__file__).parents[2] / "shared"
NOTICES = ("疑似データのため結果は現状に沿っていません",)


def decoded(made):
    """The polygons of a topology, by the TopoJSON specification."""
    (kx, ky), (x0, y0) = made["transform"]["scale"], made["transform"]["translate"]
    arcs = [np.cumsum(arc, axis=0) * [kx, ky] + [x0, y0] for arc in made["arcs"]]

    def ring(numbers):
        parts = [arcs[n] if n >= 0 else arcs[~n][::-1] for n in numbers]
        for before, after in zip(parts, [*parts[1:], parts[0]], strict=True):
            assert (before[-1] == after[0]).all()  # arcs of a ring meet
        return np.vstack([part[:-1] for part in parts])

    return [
        MultiPolygon(
            [Polygon(ring(first), [ring(r) for r in rest]) for first, *rest in zone["arcs"]]
        )
        for zone in made["objects"]["zones"]["geometries"]
    ]


def unpack(text):
    """The numbers of a packed text, by its description: 45 digits, the lowest first."""
    numbers, number, place = [], 0, 1
    for digit in map(SIGNS.index, text):
        number += digit % 45 * place
        place *= 45
        if digit < 45:
            numbers.append(None if number == 0 else number // 2 if number % 2 else -(number // 2))
            number, place = 0, 1
    return numbers


# ---- packed numbers ---------------------------------------------------------


@given(st.lists(st.one_of(st.none(), st.integers(-(10**9), 10**9))))
def test_packed_numbers_come_back(numbers):
    text = pack(numbers)
    assert unpack(text) == numbers
    assert not set(text) & set('"\\<>&')


def test_small_numbers_take_one_sign_and_decimals_are_scaled():
    assert len(pack(range(22))) == 22
    assert unpack(pack([0.1234, float("nan")], scale=1000)) == [123, None]


# ---- topology ---------------------------------------------------------------


def test_toy_city_stores_each_side_once():
    zones = toy_zones()
    made = topology(drawing_shapes(zones.frame.geometry))
    # 12 inner sides, and 4 corner and 4 side stretches of the outer border
    assert len(made["arcs"]) == 20


def test_polygons_come_back_as_they_were():
    shapes = drawing_shapes(toy_zones().frame.geometry)
    for before, after in zip(shapes, decoded(topology(shapes)), strict=True):
        assert after.is_valid
        assert before.symmetric_difference(after).area < 1e-4 * before.area


def test_the_packed_topology_holds_the_same_arcs():
    made = topology(drawing_shapes(toy_zones().frame.geometry))
    held = packed(made)
    assert unpack(held["lengths"]) == [len(arc) for arc in made["arcs"]]
    assert unpack(held["steps"]) == [step for arc in made["arcs"] for pair in arc for step in pair]
    assert held["zones"][0] == made["objects"]["zones"]["geometries"][0]["arcs"]


def test_a_hole_and_what_fills_it_share_one_arc():
    hole = box(1, 1, 2, 2)
    shapes = gpd.GeoSeries([box(0, 0, 3, 3).difference(hole), hole], crs=6668)
    made = topology(shapes)
    assert len(made["arcs"]) == 2
    ring, inner = decoded(made)
    assert ring.area == pytest.approx(8, rel=1e-4)
    assert inner.area == pytest.approx(1, rel=1e-4)


def test_parts_of_a_zone_stay_together():
    shapes = gpd.GeoSeries([MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)]), box(1, 0, 2, 1)])
    first, second = decoded(topology(shapes))
    assert (len(first.geoms), len(second.geoms)) == (2, 1)


def test_a_sliver_that_vanishes_keeps_its_place():
    shapes = gpd.GeoSeries([box(0, 0, 1, 1), box(1, 0, 1 + 1e-9, 1), box(1 + 1e-9, 0, 2, 1)])
    zones = topology(shapes)["objects"]["zones"]["geometries"]
    assert [len(zone["arcs"]) for zone in zones] == [1, 0, 1]


def test_simplified_coverage_stays_a_coverage():
    rng = np.random.Generator(np.random.Philox(7))
    points = shapely.points(rng.uniform(0, 5000, (60, 2)))
    cells = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=box(0, 0, 5000, 5000))
    shapes = gpd.GeoSeries(list(cells.geoms), crs=6677)
    simple = drawing_shapes(shapes)
    assert shapely.coverage_is_valid(simple.to_numpy())
    assert len(simple) == len(shapes)


def test_zones_that_overlap_are_drawn_too():
    shapes = gpd.GeoSeries([box(0, 0, 100, 100), box(50, 50, 150, 150)], crs=6677)
    assert drawing_shapes(shapes).is_valid.all()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real districts (../shared) are not here")
def test_real_districts_lose_little_area():
    real = gpd.read_file(SHARED / "data/tsukuba/tsukuba_juniorhigh_districts_derived.geojson")
    metric = real.to_crs(6677).geometry
    drawn = gpd.GeoSeries(decoded(topology(drawing_shapes(metric))), crs=6668).to_crs(6677)
    change = (drawn.area - metric.area).abs() / metric.area
    assert change.max() < 0.01


# ---- data for the browser ---------------------------------------------------


def test_a_count_is_never_shown_first():
    share, population, ratio = toy_indicators()
    assert start_indicator((population, ratio, share)) is share
    assert start_indicator((population, ratio)) is ratio
    assert start_indicator((population,)) is population


def test_counts_are_circles_and_rates_are_classes():
    classes = level_data(toy_level(), toy_indicators())["classes"]
    assert classes["population"]["circles"] is True
    assert "circles" not in classes["share_65plus"]
    assert classes["share_65plus"]["scheme"] == "quantile"


def test_edges_stand_there_by_scheme_as_the_reader_may_choose():
    edges = level_data(toy_level(), toy_indicators())["classes"]["share_65plus"]["edges"]
    assert set(edges) == {"quantile", "natural", "equal", "pretty"}
    assert edges["equal"] == [0.1, 0.18, 0.26, 0.34, 0.42, 0.5]
    assert edges["pretty"] == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_a_study_may_set_the_classes():
    share = replace(toy_indicators()[0], scheme="manual", edges=(0.25, 0.35))
    classes = level_data(toy_level(), (share,))["classes"]["share_65plus"]
    assert classes["scheme"] == "manual"
    assert classes["edges"]["manual"] == [0.1, 0.25, 0.35, 0.5]


def test_a_count_has_the_edges_of_its_density():
    # 126 persons in 0.01 km²
    classes = level_data(toy_level(), toy_indicators())["classes"]["population"]
    assert classes["density"]["equal"][0] == 12_600


def test_values_and_reasons_by_hand():
    data = level_data(toy_level(), toy_indicators())
    assert data["values"]["share_65plus"] == [0.1, 0.2, 0.3, 0.2, 0.3, 0.4, None, 0.4, 0.5]
    assert data["masks"] == {"share_65plus": "......s..", "ratio_65_10": "....z...."}
    assert data["names"][0] == "a1区"
    lisa = data["lisa"]["share_65plus"]
    assert lisa["cluster"] == "334441620"
    assert unpack(lisa["z"]) == [-1500, -800, 0, -800, 0, 800, None, 800, 1500]
    assert (
        unpack(lisa["p"])[-1] == 800
    )  # hundred-thousandths; the corrected one, by which the class is given


def test_city_pyramid_is_the_sum_and_unknown_where_a_cell_is_hidden():
    level = toy_level()
    level.population.iloc[0, 0] = np.nan
    data = level_data(level, toy_indicators())
    assert unpack(data["population"]["female"])[:3] == [None, 1, 2]
    assert data["city_population"]["female"][:2] == [None, sum(range(1, 10))]


def test_lisa_colours_travel_with_their_class():
    sets = class_sets((toy_level(),))
    assert list(sets) == ["local_moran"]
    assert {one["name"]: one["colour"] for one in sets["local_moran"]} == LISA_COLOURS
    assert [one["name"] for one in sets["local_moran"] if one["hatched"]] == ["missing"]


def test_levels_of_one_kind_get_their_own_names():
    one, two = toy_level(), toy_level(kind="ward")
    assert level_keys((one, two, one)) == ["school_district", "ward", "school_district-2"]


def test_a_page_has_the_maps_that_its_result_fills():
    assert page_maps(toy_result()) == ("values", "clusters", "relations")
    assert page_maps(full_result(9))[-2:] == ("future", "flows")


@pytest.fixture(scope="module")
def level():
    return full_level(40)


@pytest.fixture(scope="module")
def data(level):
    return level_data(level, INDICATORS)


def test_the_projection_is_told_by_year_with_common_classes(level, data):
    told = data["projection"]
    assert told["years"] == list(YEARS)
    population = level.projection.population
    totals = population[2045].sum(axis=1, min_count=1)
    tenths = [None if np.isnan(x) else round(10 * x) for x in totals]
    assert unpack(told["persons"][-1]) == tenths
    change = totals / population[2020].sum(axis=1, min_count=1) - 1
    shown = unpack(told["measures"]["change"]["values"][-1])
    assert shown == [None if np.isnan(x) else round(1e4 * x) for x in change]
    whole = [x for year in told["measures"]["change"]["values"][1:] for x in unpack(year) if x]
    edges = told["measures"]["change"]["edges"]
    assert edges[0] <= min(whole) / 1e4
    assert edges[-1] >= max(whole) / 1e4
    cells = unpack(told["ages"][-1]["female"])[: len(data["ages"])]
    assert cells == [round(x) for x in population[2045]["female"].iloc[0]]
    assert told["masks"][1] == "s"


def test_a_zone_that_is_not_projected_is_missing_in_every_year(data):
    told = data["projection"]
    for year in (*told["persons"], *told["measures"]["older"]["values"], *told["low"]):
        assert unpack(year)[1] is None


def test_local_statistics_and_regions_bring_classes_colours_and_words(level, data):
    star, geary = data["local"]
    names = [one["name"] for one in class_sets((level,))["local_g_star"]]
    found = [names[int(digit)] for digit in star["cluster"]]
    assert found == list(level.local[0].frame["cluster"])
    assert geary["reading"]["ja"]["headline"]
    assert "高齢化率" in star["label"]["ja"]
    assert unpack(data["regions"]["labels"]) == list(level.regions.labels)
    assert (
        len(data["regions"]["colours"])
        == data["regions"]["k"]
        == sum(size > 0 for size in data["regions"]["sizes"])
    )


def test_rates_are_further_columns_with_their_interval(level, data):
    direct, indirect = data["rates"]
    assert direct["values"][0] == pytest.approx(level.rates[0].frame["value"].iloc[0], rel=1e-6)
    assert unpack(direct["low"])[0] == round(1e4 * level.rates[0].frame["low"].iloc[0])
    assert (direct["unit"], indirect["unit"]) == ("share", "ratio")
    # a ratio to what is expected has 1 in the middle of its classes
    edges = indirect["classes"]["edges"]["centred"]
    assert (edges[0] + edges[-1]) / 2 == pytest.approx(1)


def test_correlations_and_regressions_are_told(level, data):
    told = data["correlations"][0]
    assert (told["x"], told["y"]) == ("share_65plus", "share_0_14")
    assert told["r"] == pytest.approx(level.correlations[0].value, abs=1e-4)
    (regression,) = data["regressions"]
    assert [row["term"] for row in regression["coefficients"]] == [
        "intercept", "density", "share_0_14",
    ]  # fmt: skip
    assert [layer["name"] for layer in regression["layers"]] == ["residual_std"]


def test_flows_stand_with_positions_and_the_greatest_first():
    (flows,) = page_data(full_result(9))["flows"]
    assert flows["places"][0]["name"] == "つくば市"
    assert flows["places"][3]["point"] is None
    lat, lon = flows["places"][0]["point"]
    assert 36 < lat < 36.3
    assert 140 < lon < 140.4
    persons = [n for _, _, n in flows["pairs"]]
    assert persons == sorted(persons, reverse=True)


def test_english_names_travel_where_there_are_some(data):
    assert data["names_en"][0] == "East 1"
    assert "names_en" not in level_data(toy_level(), toy_indicators())


# ---- nothing escapes --------------------------------------------------------


@given(st.text())
def test_json_in_a_script_is_inert_and_whole(name):
    made = script_json({"name": name})
    assert not re.search("[<>&\u2028\u2029]", made)
    assert json.loads(made) == {"name": name}


def test_names_cannot_become_code_or_template():
    evil = ["</script><script>alert(1)</script>", "{{ 7*7 }}", "{% raise %}", '"><img src=x>',
            "a'b", "\u2028", "<!--", "=cmd()", "${x}"]  # fmt: skip
    page = saved(choropleth(toy_level(evil), toy_indicators()[0], notices=NOTICES, min_count=10))
    assert "alert(1)</script>" not in page
    assert "{{ 7*7 }}" in page  # as text: not computed
    reader = read(page)
    assert reader.scripts == 4  # Leaflet, its marker, ours, the call
    assert loads(page) == []


# ---- vendored Leaflet -------------------------------------------------------


def test_vendored_files_are_what_they_were():
    lines = (VENDORED / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    files = {str(path.relative_to(VENDORED)) for path in VENDORED.rglob("*") if path.is_file()}
    assert files - {"SHA256SUMS"} == set(sums)
    for name, digest in sums.items():
        assert hashlib.sha256((VENDORED / name).read_bytes()).hexdigest() == digest


def test_vendored_script_is_the_published_one_without_its_source_map():
    script = (VENDORED / "leaflet.js").read_bytes()
    published = script + b"\n//# sourceMappingURL=leaflet.js.map"
    # dist/leaflet.js of the npm package leaflet 1.9.4
    assert hashlib.sha256(published).hexdigest() == (
        "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a"
    )


# ---- pages that load nothing ------------------------------------------------


def saved(map_):
    return map_.get_root().render()


def test_choropleth_is_a_folium_map_that_loads_nothing():
    made = choropleth(toy_level(), toy_indicators()[0], notices=NOTICES, min_count=10)
    assert isinstance(made, folium.Map)
    page = saved(made)
    assert POLICY in page
    assert '<html lang="ja">' in page
    assert NOTICES[0] in page
    assert loads(page) == []


def test_choropleth_is_the_same_each_time_and_when_saved_twice(tmp_path):
    made = choropleth(toy_level(), toy_indicators()[0], notices=NOTICES, min_count=10)
    made.save(tmp_path / "one.html")
    made.save(tmp_path / "two.html")
    again = choropleth(toy_level(), toy_indicators()[0], notices=NOTICES, min_count=10)
    again.save(tmp_path / "three.html")
    first = (tmp_path / "one.html").read_bytes()
    assert first == (tmp_path / "three.html").read_bytes()
    assert first == (tmp_path / "two.html").read_bytes()


def test_a_plain_folium_map_is_made_offline():
    made = folium.Map(location=(36.1, 140.1), tiles=None)
    folium.CircleMarker((36.1, 140.1), tooltip="市役所").add_to(made)
    page = offline_html(saved(made))
    assert loads(page) == []
    assert "Leaflet 1.9.4" in page
    assert POLICY in page
    assert "user-scalable=no" not in page


def test_a_folium_layer_of_zones_is_made_offline():
    made = folium.Map(location=(36.1, 140.1), tiles=None)
    tooltip = folium.GeoJsonTooltip(["name"])
    folium.GeoJson(toy_zones().frame.to_crs(6668), tooltip=tooltip).add_to(made)
    folium.LayerControl().add_to(made)
    page = offline_html(saved(made))
    assert POLICY in page
    assert loads(page) == []
    assert r"b2\u533a" in page


def folium_pages():
    """Maps that people make with folium and geopandas, whole pages."""
    zones = toy_zones().frame.to_crs(6668).assign(v=range(9), kind=list("甲乙丙") * 3)
    table = zones.reset_index()
    choropleth_map = folium.Map(location=(36.08, 140.1), tiles=None)
    folium.Choropleth(
        geo_data=table, data=table, columns=["zone_id", "v"], legend_name="値",
        key_on="feature.properties.zone_id",
    ).add_to(choropleth_map)  # fmt: skip
    pins = folium.Map(location=(36.08, 140.1), tiles=None)
    folium.Marker((36.08, 140.1), popup="駅", icon=folium.Icon(color="red")).add_to(pins)
    return {
        "choropleth": saved(choropleth_map),
        "explore": saved(zones.explore("v", tiles=None, popup=True)),
        "categories": saved(zones.explore("kind", tiles=None, categorical=True)),
        "pins": saved(pins),
    }


@pytest.mark.parametrize("kind", ["choropleth", "explore", "categories", "pins"])
def test_maps_of_folium_and_geopandas_are_made_offline(kind):
    page = offline_html(folium_pages()[kind])
    assert loads(page) == []
    assert POLICY in page


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda m: folium.TileLayer("OpenStreetMap").add_to(m), "tile.openstreetmap.org"),
        (lambda m: m.get_root().script.add_child(folium.Element("$.ajax('x')")), "jquery"),
        (lambda m: folium.plugins.MarkerCluster().add_to(m), "markercluster"),
        (lambda m: m.add_js_link("d3", "https://cdn.example/d3.v4.min.js"), "d3.v4.min.js"),
        (
            lambda m: folium.raster_layers.ImageOverlay(
                "https://pictures.example/a.png", bounds=[[36, 140], [37, 141]]
            ).add_to(m),
            "pictures.example",
        ),
    ],
    ids=["tiles", "jquery", "cluster", "plugin", "picture"],
)
def test_a_map_that_would_load_something_is_refused(spoil, why, monkeypatch):
    monkeypatch.setattr(folium.Map, "default_js", list(folium.Map.default_js))
    made = folium.Map(location=(36.1, 140.1), tiles=None)
    spoil(made)
    with pytest.raises(InputError, match=why):
        offline_html(saved(made))
