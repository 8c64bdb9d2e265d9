"""The folder: what is in it, when what it needs is missing, the PDF and the worksheet."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from markupsafe import escape
from pages import loads, read
from results import full_result

from tsukuba_gis import figures
from tsukuba_gis.errors import MissingExtraError
from tsukuba_gis.figures import fonts
from tsukuba_gis.report import pdf, write_report
from tsukuba_gis.report.answers import answers
from tsukuba_gis.report.page import page_html
from tsukuba_gis.report.worksheet import worksheet_html
from tsukuba_gis.result import FORMATS

RESULT = full_result(12, districts=6)
LARGE = full_result(12, districts=12)


def files_of(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_holds_what_was_asked_for_and_lists_it(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "browser", lambda: None)
    if not figures.figures_possible():
        pytest.skip("no matplotlib, or no Japanese font")
    out = tmp_path / "結果"
    written = write_report(RESULT, out, formats=FORMATS)
    assert [path.name for path in written] == [
        "index.html", "地区統計.xlsx", "地区統計.gpkg", "データ", "図", "報告.pdf",
        "ワークシート.html",
    ]  # fmt: skip
    held = files_of(out)
    assert {"はじめにお読みください.txt", "run.json", "データ/項目説明.csv"} <= held
    assert {path.split("/")[0] for path in held} - {"図", "データ"} == {
        "index.html", "地区統計.xlsx", "地区統計.gpkg", "報告.pdf", "ワークシート.html",
        "はじめにお読みください.txt", "run.json",
    }  # fmt: skip
    listed = json.loads((out / "run.json").read_text(encoding="utf-8"))["files"]
    assert set(listed) == held - {"run.json"}
    told = (out / "はじめにお読みください.txt").read_text(encoding="utf-8-sig")
    assert all(path.name in told for path in written)
    assert 'href="%E3%83%AF%E3%83%BC%E3%82%AF' in (out / "index.html").read_text(encoding="utf-8")


def test_without_matplotlib_the_rest_is_written_and_a_wish_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "find_spec", lambda _: None)
    fonts.use_font.cache_clear()
    try:
        kept = write_report(
            RESULT, tmp_path / "a", formats=("csv",), where_possible=("figures", "pdf")
        )
        assert [path.name for path in kept] == ["データ"]
        with pytest.raises(MissingExtraError, match="tsukuba-gis"):
            write_report(RESULT, tmp_path / "b", formats=("csv", "figures"))
        assert not (tmp_path / "b").exists()
    finally:
        fonts.use_font.cache_clear()


def test_figures_that_nobody_asked_for_are_few(tmp_path):
    if not figures.figures_possible():
        pytest.skip("no matplotlib, or no Japanese font")
    write_report(RESULT, tmp_path / "a", formats=("csv",), where_possible=("figures",))
    assert sorted(path.stem.split("_")[0] for path in (tmp_path / "a" / "図").glob("*.png")) == [
        "人口ピラミッド", "地図", "地図", "将来", "将来人口", "年齢別", "集まり",
    ]  # fmt: skip


# ---- PDF -------------------------------------------------------------------------------


def test_dates_are_taken_out_of_a_pdf():
    made = b"1 0 obj <</CreationDate (D:20261126124800+00'00') /ModDate(D:20261126)>>"
    fixed = pdf.without_dates(made)
    assert len(fixed) == len(made)
    assert b"2026" not in fixed


@pytest.mark.skipif(pdf.browser() is None, reason="Chromium is not installed")
@pytest.mark.browser
def test_a_browser_prints_the_page(tmp_path):
    pdf.write_pdf(RESULT, tmp_path / "a.pdf")
    made = (tmp_path / "a.pdf").read_bytes()
    assert made.startswith(b"%PDF")
    assert b"Skia/PDF" in made
    assert b"(D:20000101000000+00'00')" in made


def test_where_the_browser_fails_the_figures_are_written(tmp_path, monkeypatch):
    if not figures.figures_possible():
        pytest.skip("no matplotlib, or no Japanese font")
    monkeypatch.setattr(pdf, "browser", lambda: shutil.which("false"))
    pdf.write_pdf(full_result(6, districts=0), tmp_path / "a.pdf")
    made = (tmp_path / "a.pdf").read_bytes()
    assert b"Matplotlib" in made or b"matplotlib" in made or b"tsukuba_gis" in made
    assert made.count(b"/Type /Page\n") + made.count(b"/Type /Page ") >= 6


# ---- worksheet ---------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_worksheet_asks_and_starts_from_the_findings(lang):
    page = worksheet_html(replace(LARGE, lang=lang))
    reader = read(page)
    assert loads(page) == []
    assert "default-src 'none'" in reader.policy
    assert reader.scripts == 0
    assert f'<html lang="{lang}">' in page
    for words in ("問い", "仮説", "気づき", "Question", "Hypothesis", "What we noticed"):
        assert words in page
    for spoken in ("ja", "en"):
        assert page.count(RESULT.notices[spoken][0]) == 1
    values = LARGE.levels[0].values["share_65plus"]
    for column in ("name", "name_en"):
        best = LARGE.levels[0].zones.frame.loc[values.idxmax(), column]
        assert page.count(f"<td>{best}</td>") == 1  # each language calls it by its own name
    assert f'id="{lang}" checked' in page


@pytest.mark.browser
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_worksheet_is_one_page_of_paper(tmp_path, lang):
    from browser import CHROMIUM, Browser

    if CHROMIUM is None:
        pytest.skip("needs headless Chromium")
    names = ["とても長い名前の地区" * 3 + str(k) for k in range(12)]
    page = worksheet_html(full_result(12, names=names, districts=0, lang=lang))
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    with Browser() as browser:
        browser.open(tmp_path / "a.html")
        browser.paper(tmp_path / "a.pdf")
        assert browser.requests == []
        assert browser.complaints == []
    made = Path(tmp_path / "a.pdf").read_bytes()
    assert made.count(b"/Type /Page\n") == 1


# ---- notebooks ---------------------------------------------------------------------------


def test_a_notebook_shows_rates_and_the_notice_and_no_count():
    level = RESULT.levels[0]
    html = RESULT._repr_html_()
    assert RESULT.notices["ja"][0] in html
    middle = level.values["share_65plus"].dropna().median()
    assert f"<td>{100 * level.total['share_65plus']:.1f}%</td><td>{100 * middle:.1f}%</td>" in html
    assert f"{level.total['population']:,.0f}" not in html
    assert "<script" not in html
    nasty = replace(RESULT, title={"ja": "<script>alert(1)</script>", "en": ""})
    assert "<script" not in nasty._repr_html_()


# ---- answers ------------------------------------------------------------------------------


def headlines(result, lang="en"):
    found = answers(result, lang)
    return {section: [one.headline for one in some] for section, some in found.items()}


def of_level(**changes):
    return replace(LARGE, levels=(replace(LARGE.levels[1], **changes),), flows=(), economy=None)


def test_answers_are_made_from_the_numbers():
    said = headlines(LARGE)
    assert said["clusters"][0].endswith("make 4 regions")
    assert "Where share aged 65+ is high, share aged 0–14 tends to be low" in said["relations"]
    persons = LARGE.levels[1].projection.population
    there = persons.dropna()
    change = there[2045].to_numpy().sum() / there[2020].to_numpy().sum() - 1
    assert f"{abs(100 * change):.1f}% {'more' if change > 0 else 'fewer'}" in said["future"][0]
    assert said["future"][1] == (
        "Migration: つくば市 gains most (600 persons), 国外 loses most (600 persons)"
    )
    assert said["future"][2].startswith("つくば市 is specialised most in 学術研究")
    assert not [one for lang in ("ja", "en") for some in headlines(LARGE, lang).values()
                for one in some if "{" in one or not one]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"p": 0.3, "p_spatial": 0.3}, "No clear relation among the 1 pairs"),
        ({"p": 0.001, "p_spatial": 0.3}, "No clear relation"),  # neighbours explain it
        ({"p": 0.3, "p_spatial": float("nan")}, "No clear relation"),
        ({"p": 0.3, "p_spatial": 0.3, "p_adjusted": 0.01, "value": 0.5}, "tends to be high"),
    ],
    ids=["neither", "neighbours", "plain p", "corrected p"],
)
def test_a_correlation_is_clear_only_by_the_strictest_p(changes, said):
    one = replace(LARGE.levels[1].correlations[0], **changes)
    assert said in headlines(of_level(correlations=(one,)))["relations"][0]


def test_a_regression_is_told_by_its_intervals():
    one = LARGE.levels[1].regressions[0]
    table = one.coefficients.assign(low=[-1.0, 0.1, -0.5], high=[1.0, 0.3, 0.5])
    told = headlines(of_level(correlations=(), regressions=(replace(one, coefficients=table),)))
    assert told["relations"] == ["Share aged 65+ is higher where population density is high"]
    table = table.assign(low=-1.0, high=1.0)
    told = headlines(of_level(correlations=(), regressions=(replace(one, coefficients=table),)))
    assert "do not clearly explain" in told["relations"][0]


def test_a_rate_counts_the_zones_whose_interval_leaves_out_one():
    rate = LARGE.levels[1].rates[1]
    frame = rate.frame.assign(low=0.9, high=1.1)
    frame.iloc[0, frame.columns.get_loc("low")] = 1.05
    frame.iloc[1:3, frame.columns.get_loc("high")] = 0.95
    told = headlines(of_level(rates=(replace(rate, frame=frame),)))["choose"][0]
    assert "clearly high in 1 areas, clearly low in 2 (of 12)" in told


def test_a_result_without_further_parts_has_no_answers():
    bare = of_level(
        rates=(), correlations=(), regressions=(), regions=None, projection=None, age_curves=()
    )
    sections = ("choose", "ages", "clusters", "relations", "future")
    assert headlines(bare) == {section: [] for section in sections}


def test_the_page_shows_the_answers():
    page = page_html(LARGE)
    for lang in ("ja", "en"):
        for some in headlines(LARGE, lang).values():
            for one in some:
                assert escape(one) in page


def test_tiles_are_asked_for_by_name_and_open_the_page_to_one_server(tmp_path):
    from typing import get_args

    from tsukuba_gis.maps import TILES
    from tsukuba_gis.result import TileSource

    assert set(get_args(TileSource)) == set(TILES)
    write_report(RESULT, tmp_path / "off", formats=("html",))
    write_report(RESULT, tmp_path / "on", formats=("html",), tiles="gsi")
    off, on = (
        read((tmp_path / name / "index.html").read_text(encoding="utf-8")).policy
        for name in ("off", "on")
    )
    assert "http" not in off
    assert on.count("http") == 1
    assert "https://cyberjapandata.gsi.go.jp" in on


def test_a_study_file_may_ask_for_tiles(tmp_path):
    from tsukuba_gis.errors import InputError
    from tsukuba_gis.study import read_study

    file = tmp_path / "study.toml"
    text = '[study]\ntiles = "{}"\n[records]\npath = "a.csv"\nkind = "invented"\n'
    text += '[[zones]]\nkind = "school_district"\n'
    file.write_text(text.format("osm"), encoding="utf-8")
    assert read_study(file).tiles == "osm"
    file.write_text(text.format("elsewhere"), encoding="utf-8")
    with pytest.raises(InputError, match="tiles"):
        read_study(file)
