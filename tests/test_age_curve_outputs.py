"""The share by age in what is written: table, figure, and the policy before both."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from results import full_result
from toys import toy_result

from tsukuba_gis.publishing import publishable
from tsukuba_gis.rates import age_curve
from tsukuba_gis.report.tables import tables

COLUMNS = pd.MultiIndex.from_product([["female", "male"], [65, 70, 95]], names=["sex", "age_start"])
IDS = ["a1", "b1"]
PEOPLE = pd.DataFrame([[400.0, 300, 50, 400, 300, 40]] * 2, IDS, COLUMNS)
EVENTS = pd.DataFrame([[40.0, 50, 20, 40, 2, 20]] * 2, IDS, COLUMNS)
PARTS = pd.DataFrame(
    {"none": [1300.0, 1096, 100], "care1": [140.0, 4, 0], "care3": [160.0, 100, 80]},
    index=[65, 70, 95],
)


def result(kind="pseudo"):
    curve = age_curve(EVENTS, PEOPLE, indicator="share_65plus", parts=PARTS)
    toy = toy_result()
    level = replace(toy.levels[0], age_curves=(curve,))
    notices = toy.notices
    if kind == "reference":
        from tsukuba_gis.messages import text

        notices = {lang: (text("notice_reference", lang, k=10),) for lang in ("ja", "en")}
    return replace(toy, kind=kind, notices=notices, min_count=10, levels=(level, *toy.levels[1:]))


def test_the_table_has_a_row_for_each_sex_and_age():
    table = next(one for one in tables(result(), "en") if one.kind == "age_curve")
    cells = {column.name: column.cells for column in table.columns}
    assert cells["sex"][:4] == ["Both sexes", "Both sexes", "Both sexes", "Female"]
    assert cells["age"][:3] == ["65–69", "70–74", "95 and over"]
    assert cells["observed"][:3] == [160.0, 104.0, 80.0]
    assert cells["value"][0] == pytest.approx(160 / 1600)
    assert cells["part_care3"][:4] == [pytest.approx(0.1), pytest.approx(100 / 1200),
                                       pytest.approx(80 / 180), None]  # fmt: skip
    labels = {column.name: column.label for column in table.columns}
    assert labels["part_care3"] == "Care 3"


def test_the_policy_hides_few_real_people_and_what_would_tell_them():
    shown = publishable(result("reference")).levels[0].age_curves[0]
    whole = result().levels[0].age_curves[0]
    # Four men of 70–74 in care: neither sex is shown, the sum is.
    assert shown.frame.loc[[("male", 70), ("female", 70)]].isna().all(axis=None)
    assert shown.frame.loc[("all", 70), "observed"] == 104
    assert shown.frame.loc[("male", 65)].equals(whole.frame.loc[("male", 65)])
    assert shown.parts.loc[70].isna().all()  # four persons at care 1
    assert shown.parts.loc[65].notna().all()
    assert whole.frame.notna().all(axis=None)


def test_the_policy_never_shows_few_real_people_of_a_zone():
    """Six zones, three ages; by hand: which cells are few, and which would tell them."""
    ids = [f"z{k}" for k in range(6)]
    events = pd.DataFrame(40.0, ids, COLUMNS)
    people = pd.DataFrame(400.0, ids, COLUMNS)
    events.loc["z1", [("female", 65), ("male", 65)]] = [2, 2]  # four in care
    events.loc["z4", [("female", 95), ("male", 95)]] = [398, 398]  # four not in care
    people.loc["z5", ("female", 70)] = people.loc["z5", ("male", 70)] = 4  # eight in all
    events.loc["z5", [("female", 70), ("male", 70)]] = 4
    curve = age_curve(events, people, indicator="share_65plus")
    assert curve.by_zone.notna().all(axis=None)  # of pseudo records all are shown
    toy = result("reference")
    level = replace(toy.levels[0], age_curves=(curve,))
    shown = publishable(replace(toy, levels=(level,))).levels[0].age_curves[0]
    for zone, age in (("z1", 65), ("z4", 95), ("z5", 70)):
        assert np.isnan(shown.by_zone.loc[zone, age])
        assert shown.zone_counts.loc[zone, [("observed", age), ("population", age)]].isna().all()
    hidden = shown.by_zone.isna()
    assert (hidden.sum(axis=1) != 1).all()
    assert (hidden.sum() != 1).all()
    assert not hidden.all(axis=None)
    counts = shown.zone_counts
    rest = counts["population"] - counts["observed"]
    for table in (counts["observed"], counts["population"], rest):
        assert not ((table > 0) & (table < 10)).any(axis=None)
    share = counts["observed"] / counts["population"]
    pd.testing.assert_frame_equal(share, shown.by_zone, check_names=False)
    # A curve whose persons are not known is not taken at its word.
    level = replace(level, age_curves=(replace(curve, zone_counts=None),))
    blind = publishable(replace(toy, levels=(level,))).levels[0].age_curves[0]
    assert blind.by_zone.isna().all(axis=None)


def test_the_policy_hides_no_more_than_the_study_did():
    few, many = EVENTS * 0.3, PEOPLE * 3
    curve = age_curve(few, many, indicator="x", min_count=10, confidential=True)
    toy = result("reference")
    level = replace(toy.levels[0], age_curves=(curve,))
    shown = publishable(replace(toy, levels=(level,))).levels[0].age_curves[0]
    pd.testing.assert_frame_equal(shown.by_zone, curve.by_zone)


def test_the_figure_shows_every_age_and_either_sex():
    figures = pytest.importorskip("tsukuba_gis.figures")
    if not figures.figures_possible():
        pytest.skip("no matplotlib, or no Japanese font")
    figure = figures.draw_age_curve(result(), lang="ja")
    (axes,) = figure.axes
    assert [line.get_label() for line in axes.get_lines()] == ["男女計", "男", "女"]
    np.testing.assert_allclose(axes.get_lines()[0].get_ydata(), [0.1, 104 / 1200, 80 / 180])
    assert [tick.get_text() for tick in axes.get_xticklabels()][-1] == "95歳以上"
    said = " ".join(text.get_text() for text in figure.texts)
    assert "疑似データのため結果は現状に沿っていません" in said
    assert "同じ人の経過ではなく" in said


def test_what_results_say_stands_in_a_table_of_words():
    for lang, part in (("ja", "同じ人が年をとるとこう変わる"), ("en", "not the same people")):
        table = next(one for one in tables(result(), lang) if one.kind == "readings")
        assert [column.name for column in table.columns] == ["level", "subject", "in_words"]
        ((_, subject, said),) = table.rows
        assert ("年齢と" if lang == "ja" else "by age") in subject
        assert part in said


def test_projection_flows_and_industries_stand_in_the_table_of_words():
    whole = full_result(12, districts=6)
    table = next(one for one in tables(whole, "en") if one.kind == "readings")
    said = {subject: words for _, subject, words in table.rows}
    assert "This is no forecast" in said["Persons to come, 2020 to 2045"]
    place = whole.flows[0].places.index[0]
    assert said["Migration"].startswith(f"{place} has the largest flows of movers")
    assert "it does not explain it" in said["Industries"]
    # A place whose numbers are hidden is not spoken of.
    flows = replace(whole.flows[0], places=whole.flows[0].places.copy())
    flows.places.loc[place, ["outflow", "net", "effectiveness"]] = np.nan
    hidden = next(one for one in tables(replace(whole, flows=(flows,)), "en")
                  if one.kind == "readings")  # fmt: skip
    told = {subject: words for _, subject, words in hidden.rows}
    assert told["Migration"].startswith(f"{flows.places.index[1]} has")
    assert "nan" not in told["Migration"]
