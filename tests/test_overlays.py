"""What lies on a map beside zones: surfaces, rasters, places; persons never as points."""

import base64
import io
import re

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from browser import CHROMIUM, Browser
from pages import loads
from toys import ORIGIN, toy_indicators, toy_level, toy_result

from tsukuba_gis.errors import CRSError, InputError
from tsukuba_gis.maps import TILES, choropleth, facilities, raster, surface
from tsukuba_gis.maps.offline import POLICY
from tsukuba_gis.records import Records

X0, Y0 = ORIGIN
NOTICES = toy_result().notices["ja"]


def toy_map(**options):
    return choropleth(toy_level(), toy_indicators()[0], notices=NOTICES, min_count=10, **options)


def pixels(overlay):
    """The picture of an overlay as its pixels, rows from the north."""
    pillow = pytest.importorskip("PIL.Image")
    data = base64.b64decode(overlay.url.split(",")[1])
    return np.asarray(pillow.open(io.BytesIO(data)).convert("RGBA"))


def grid(**options):
    values = [[1.0, 2.0], [np.nan, 4.0]]
    return surface(
        values,
        x=[X0 + 50, X0 + 150],
        y=[Y0 + 150, Y0 + 50],
        crs="EPSG:6677",
        name="密度",
        **options,
    )


def test_cells_lie_where_they_belong_and_gaps_are_clear():
    picture = pixels(grid(n=3))
    assert picture.shape == (4, 4, 4)
    inside = picture[1:3, 1:3]  # the outermost pixels may miss a grid that lies askew
    assert inside[1, 0, 3] == 0
    colours = {tuple(pixel[:3]) for pixel in inside.reshape(-1, 4) if pixel[3]}
    assert len(colours) == 3  # 1, 2 and 4 lie in the three thirds of 1 … 4


def test_bounds_are_those_of_the_grid():
    (south, west), (north, east) = grid().bounds
    corners = gpd.GeoSeries(
        gpd.points_from_xy([X0, X0 + 200], [Y0, Y0 + 200]), crs="EPSG:6677"
    ).to_crs(4326)
    assert [west, east] == pytest.approx(list(corners.x), abs=1e-5)
    assert [south, north] == pytest.approx(list(corners.y), abs=1e-5)


def test_an_empty_surface_is_refused():
    with pytest.raises(InputError, match="no number"):
        surface([[np.nan]], x=[X0], y=[Y0], crs="EPSG:6677", name="空")


# rasterio itself multiplies its transforms in a way that affine is about to change
@pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")
def test_a_raster_file_is_the_same_as_its_grid(tmp_path):
    rasterio = pytest.importorskip("rasterio")
    path = tmp_path / "grid.tif"
    transform = rasterio.transform.from_origin(X0, Y0 + 200, 100, 100)
    with rasterio.open(
        path, "w", driver="GTiff", height=2, width=2, count=1, dtype="float64", crs="EPSG:6677",
        transform=transform, nodata=-1,
    ) as file:  # fmt: skip
        file.write(np.array([[1.0, 2.0], [-1.0, 4.0]]), 1)
    read = raster(path, name="密度")
    assert (pixels(read) == pixels(grid())).all()
    assert read.bounds == grid().bounds


def test_a_raster_without_crs_or_file_is_refused(tmp_path):
    rasterio = pytest.importorskip("rasterio")
    with pytest.raises(InputError, match=r"none\.tif"):
        raster(tmp_path / "none.tif", name="x")
    path = tmp_path / "bare.tif"
    with (
        pytest.warns(rasterio.errors.NotGeoreferencedWarning),
        rasterio.open(path, "w", driver="GTiff", height=1, width=1, count=1, dtype="uint8") as file,
    ):
        file.write(np.ones((1, 1, 1), dtype="uint8"))
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning), pytest.raises(CRSError):
        raster(path, name="x")


def places(n=40):
    rng = np.random.Generator(np.random.Philox(5))
    xy = np.array(ORIGIN) + rng.uniform(0, 300, (n, 2))
    return gpd.GeoDataFrame(
        {"name": [f"施設{k}" for k in range(n)]}, geometry=shapely.points(xy), crs="EPSG:6677"
    )


@pytest.mark.parametrize("kind", ["reference", "pseudo", "invented"])
def test_persons_are_never_drawn_as_points(kind):
    people = Records(frame=pd.DataFrame({"lon": [140.1], "lat": [36.1]}), kind=kind)
    with pytest.raises(InputError, match="persons are not drawn as points"):
        facilities(people)


def test_places_must_be_named_points_with_a_crs():
    with pytest.raises(InputError, match="名称"):
        facilities(places(), label="名称")
    with pytest.raises(CRSError):
        facilities(places().set_crs(None, allow_override=True))
    with pytest.raises(InputError, match="must be points"):
        facilities(places().set_geometry(places().buffer(10)))


def test_tiles_come_only_where_asked_for_and_with_their_credit():
    plain = toy_map().get_root().render()
    assert POLICY in plain
    assert "cyberjapandata" not in plain
    online = toy_map(tiles=TILES["gsi"]).get_root().render()
    (allowed,) = re.findall(r"img-src ([^;]*);", online)
    assert allowed == "data: blob: https://cyberjapandata.gsi.go.jp"
    assert "地理院タイル" in online
    assert "connect-src 'none'" in online


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_surface_and_places_are_drawn_without_a_network(tmp_path):
    made = toy_map()
    grid().add_to(made)
    facilities(places(60)).add_to(made)
    path = tmp_path / "map.html"
    made.save(path)
    assert loads(path.read_text(encoding="utf-8")) == []
    with Browser() as browser:
        browser.open(path)
        browser.ask("window.map_zones.setZoom(16, { animate: false }) && 0")
        browser.settle(0.3)
        assert browser.ask("document.querySelector('.leaflet-image-layer').naturalWidth") == 4
        shown = (
            "[...document.querySelectorAll('.place-point span')].map(e => Number(e.textContent))"
        )
        counts = browser.ask(shown)
        assert max(counts) > 1
        assert sum(max(count, 1) for count in counts) == 60
        biggest = counts.index(max(counts))
        browser.ask(f"document.querySelectorAll('.place-point')[{biggest}].click()")
        browser.settle(0.8)
        # what was one circle has come apart
        assert max(browser.ask(shown)) < max(counts) or len(browser.ask(shown)) != len(counts)
        assert browser.requests == []
        assert browser.complaints == []


def test_a_surface_lies_above_the_zones():
    made = surface([[0, 1], [2, 3]], x=[24000, 24100], y=[9100, 9000], crs="EPSG:6677", name="密度")
    drawn = folium.Map(tiles=None)
    made.add_to(drawn)
    assert '"zIndex": 300' in drawn.get_root().render()  # zones are drawn at 200
