"""Figures: the numbers of the result in the classes of the page, notice inside, same bytes."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from results import full_result

from tsukuba_gis.classes import LISA_COLOURS, indicator_classes, region_colour
from tsukuba_gis.errors import DisclosureError, InputError, MissingExtraError
from tsukuba_gis.figures import fonts
from tsukuba_gis.figures.zones import short_name

pytest.importorskip("matplotlib", reason="needs the extra 'figures'")

from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from PIL import Image

from tsukuba_gis import figures
from tsukuba_gis.report.figure_files import drawings, write_figures

if not figures.figures_possible():
    pytest.skip("no Japanese font is installed", allow_module_level=True)

RESULT = full_result(24, districts=8)
NOTICE = RESULT.notices["ja"][0]


def words(figure):
    """Everything that is written in a figure."""
    from matplotlib.text import Text

    return "\n".join(one.get_text() for one in figure.findobj(Text))


def fills(figure):
    """Fill of each zone as drawn, in the order of the zones of each collection."""
    held = [one for one in figure.axes[0].collections if isinstance(one, PathCollection)]
    return [[to_hex(colour) for colour in one.get_facecolors()] for one in held]


def test_a_map_has_the_classes_of_the_page():
    values = RESULT.levels[1].values["share_65plus"]
    figure = figures.draw_map(RESULT, "share_65plus", level=1)
    classes = indicator_classes(values, RESULT.indicators[0])
    known = values.dropna()
    wanted = [
        classes.colours[max(k for k, low in enumerate(classes.edges[:-1]) if value >= low)]
        for value in known
    ]
    coloured, hatched = fills(figure)
    assert coloured == wanted
    assert hatched == ["#ffffff"]  # one paint for both zones without a value
    said = words(figure)
    assert NOTICE in said
    assert "高齢化率(65歳以上) ― 町丁・字別" in said
    assert "単位: %。値のある区域 22、表示しない区域 2" in said
    assert "tsukuba_gis 0.1.0" in said
    assert "作成例の境界" in said


def test_a_count_is_drawn_as_circles_of_its_area():
    figure = figures.draw_map(RESULT, "population", level=0)
    persons = RESULT.levels[0].values["population"].to_numpy()
    circles = next(
        one for one in figure.axes[0].collections if len(one.get_offsets()) == len(persons) > 1
        and len(one.get_sizes()) == len(persons)
    )  # fmt: skip
    sizes = circles.get_sizes()
    assert sizes / sizes.max() == pytest.approx(persons / persons.max())


def test_clusters_and_regions_have_their_colours():
    frame = RESULT.levels[1].lisa["share_65plus"].frame
    drawn = fills(figures.draw_clusters(RESULT, "share_65plus", level=1))[0]
    kinds = [kind for kind in frame["cluster"] if kind != "missing"]
    assert drawn == [LISA_COLOURS[kind] for kind in kinds]
    labels = RESULT.levels[1].regions.labels
    assert fills(figures.draw_regions(RESULT, level=1))[0] == [
        region_colour(int(number)) for number in labels
    ]


def test_years_of_a_projection_share_their_classes():
    figure = figures.draw_years(RESULT, level=1, measure="change")
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["2025年", "2030年", "2035年", "2040年", "2045年"]
    population = RESULT.levels[1].projection.population
    base = population[2020].sum(axis=1, skipna=False)
    every = np.concatenate(
        [population[year].sum(axis=1, skipna=False) / base - 1 for year in range(2025, 2046, 5)]
    )  # fmt: skip
    one = replace(RESULT.indicators[0], name="change")
    classes = indicator_classes(every, one)
    last = population[2045].sum(axis=1, skipna=False) / base - 1
    wanted = [
        classes.colours[max(k for k, low in enumerate(classes.edges[:-1]) if value >= low)]
        for value in last.dropna()
    ]
    axes = next(axes for axes in figure.axes if axes.get_title() == "2045年")
    drawn = [to_hex(colour) for colour in axes.collections[0].get_facecolors()]
    assert drawn == wanted
    assert "2020年を基準に推計した23区域(推計しない区域 1)" in words(figure)


def test_pyramid_bars_are_the_persons():
    figure = figures.draw_pyramid(RESULT)
    total = RESULT.levels[0].population.sum()
    bars = [patch.get_width() for patch in figure.axes[0].patches if hasattr(patch, "get_width")]
    men = [-width for width in bars if width < 0]
    assert men == [total["male", start] for start in range(0, 105, 5) if total["male", start]]
    assert f"総数 {int(total.sum()):,}" in words(figure)


def test_a_withheld_cell_is_not_in_the_sum_of_the_pyramid():
    level = RESULT.levels[0]
    hidden = level.population.copy()
    hidden.iloc[0, 0] = np.nan
    figure = figures.draw_pyramid(replace(RESULT, levels=(replace(level, population=hidden),)))
    assert "表示しない階級 1" in words(figure)


def test_projection_adds_up_to_the_zones():
    figure = figures.draw_projection(RESULT, level=1)
    population = RESULT.levels[1].projection.population
    tops = {}
    for patch in figure.axes[0].patches:
        middle = round(patch.get_x() + patch.get_width() / 2)
        tops[middle] = max(tops.get(middle, 0), patch.get_y() + patch.get_height())
    wanted = [population[year].sum().sum() for year in RESULT.levels[1].projection.years]
    assert [tops[place] for place in sorted(tops)] == pytest.approx(wanted)


def test_scatter_names_the_indicators_and_r():
    figure = figures.draw_scatter(RESULT, "share_65plus", "share_0_14", level=1)
    said = words(figure)
    r = RESULT.levels[1].correlations[0].value
    assert f"相関係数 {r:.2f}" in said
    assert "高齢化率(65歳以上) [%]" in said


def test_zones_of_several_parts_and_with_holes_are_drawn():
    """A ring is drawn for each part and each hole."""
    import geopandas as gpd
    import shapely

    x, y = 24_000.0, 9_000.0
    hole = shapely.box(x, y, x + 900, y + 900) - shapely.box(x + 300, y + 300, x + 600, y + 600)
    parts = shapely.MultiPolygon(
        [shapely.box(x + 1000, y, x + 1200, y + 900), shapely.box(x + 1300, y, x + 1500, y + 900)]
    )
    shapes = gpd.GeoSeries([hole, parts], crs="EPSG:6677")
    result = full_result(2, shapes=shapes, districts=0)
    figure = figures.draw_map(result, "share_65plus")
    paths = [path for one in figure.axes[0].collections for path in one.get_paths()]
    assert sorted(len(path.to_polygons()) for path in paths) == [2, 2]
    extents = sorted(tuple(path.get_extents().bounds) for path in paths)
    assert extents == [(x, y, 900, 900), (x + 1000, y, 500, 900)]


@pytest.mark.parametrize(
    ("name", "lang", "shown"),
    [
        ("谷田部中学校", "ja", "谷田部"),
        ("Takezono-higashi J.H.S.", "en", "Takezono-higashi"),
        ("中学校", "ja", "中学校"),
        ("長い名前の区域は十二文字まで", "ja", "長い名前の区域は十二文…"),
    ],
)
def test_names_on_maps_areshort_name(name, lang, shown):
    assert short_name(name, lang) == shown


def test_a_dollar_in_a_name_is_no_formula():
    names = [f"$x_{k}$町" for k in range(24)]
    figure = figures.draw_map(full_result(24, names=names, districts=0), "share_65plus")
    assert "$x_1$町" in words(figure)


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_file_has_the_notice_and_the_same_bytes(tmp_path, lang):
    result = full_result(16, districts=4, lang=lang)
    notice = result.notices[lang][0]
    digests = []
    for name in ("one", "two") if lang == "ja" else ("one",):
        written = write_figures(result, tmp_path / name)
        digests.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in written])
    assert digests[0] == digests[-1]
    stems = [path.stem for path in written]
    assert len(set(stems)) * 2 == len(stems) == 22
    assert not any(set(stem) & set('/\\:*?"<>| –') for stem in stems)
    for path in written:
        if path.suffix == ".png":
            with Image.open(path) as picture:
                assert picture.text["Description"] == notice
                assert round(picture.info["dpi"][0]) == 300
        else:
            assert notice in path.read_text(encoding="utf-8")


def test_a_result_of_one_zone_and_of_none_is_drawn():
    for result in (full_result(1, districts=0), full_result(12, districts=0, missing=True)):
        for drawing in drawings(result):
            assert result.notices["ja"][0] in words(drawing.draw())


def test_the_first_figures_are_those_that_are_asked_for_most():
    names = [one.name for one in drawings(RESULT, "en")][:5]
    for part, name in zip(
        ("map_Share_aged_65+", "clusters", "by_age", "65+_to_age_10", "Change_of_persons"),
        names,
        strict=True,
    ):
        assert part in name
    assert len({one.name for one in drawings(RESULT)}) == len(list(drawings(RESULT)))


def test_all_values_equal_is_drawn():
    figure = figures.draw_map(full_result(12, districts=0, equal=True), "share_65plus")
    assert len(set(fills(figure)[0])) == 1


def test_a_result_without_its_notice_is_not_drawn():
    bare = replace(RESULT, notices={"ja": (), "en": ()})
    with pytest.raises(DisclosureError, match="lacks the notice"):
        figures.draw_map(bare, "share_65plus")


# ---- the font -----------------------------------------------------------------------


def test_fonts_are_taken_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "folders", lambda: (tmp_path,))
    with pytest.raises(InputError, match="matplotlib-fontja"):
        fonts.find_font()
    (tmp_path / "meiryo.ttc").touch()
    assert fonts.find_font() == (tmp_path / "meiryo.ttc", None)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "NotoSansCJK-Regular.ttc").touch()
    (tmp_path / "NotoSansCJK-Bold.ttc").touch()
    regular, bold = fonts.find_font()
    assert (regular.name, bold.name) == ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc")


def test_matplotlib_missing_is_told_with_the_command(monkeypatch):
    monkeypatch.setattr(fonts, "find_spec", lambda _: None)
    fonts.use_font.cache_clear()
    try:
        with pytest.raises(MissingExtraError, match=r"install .tsukuba-gis\[figures\]") as caught:
            fonts.use_font()
        assert "matplotlib" in caught.value.say("ja")
        assert not fonts.figures_possible()
    finally:
        fonts.use_font.cache_clear()
