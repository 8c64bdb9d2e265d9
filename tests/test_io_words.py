"""Japanese words for the package's names and codes: what is written so is read back."""

import pandas as pd

from tsukuba_gis import schema
from tsukuba_gis.demo import register
from tsukuba_gis.io import read_records
from tsukuba_gis.io.words import HEADINGS, WORDS, in_japanese


def test_every_role_has_a_heading_that_leads_back_to_it():
    assert {heading: schema.role_of(heading) for heading in HEADINGS.values()} == {
        heading: role for role, heading in HEADINGS.items()
    }
    assert set(HEADINGS) == set(schema.ROLES)


def test_every_code_has_a_word():
    assert {role: tuple(words) for role, words in WORDS.items()} == {
        "sex": schema.SEXES,
        "care_level": schema.CARE_LEVELS,
        "household_type": schema.HOUSEHOLD_TYPES,
        "relation": schema.RELATIONS,
    }


def test_a_register_in_japanese_is_read_as_it_was(tmp_path):
    people = register(size=3_000).frame
    shown = in_japanese(people)
    assert shown["続柄"].tolist()[:2] == people["relation"].map(WORDS["relation"]).tolist()[:2]
    shown.to_csv(tmp_path / "住民.csv", index=False, encoding="cp932")
    found, problems = read_records(tmp_path / "住民.csv", kind="invented")
    assert [problem for problem in problems if problem.severity != "info"] == []
    read = found.frame.reset_index(drop=True)  # rows bear the numbers of the file's lines
    pd.testing.assert_frame_equal(read, people, check_dtype=False, check_like=True)


def test_what_has_no_word_stays_and_the_frame_is_not_touched():
    frame = pd.DataFrame({"sex": ["male", None], "color": ["red", "blue"]}, index=[7, 3])
    shown = in_japanese(frame)
    assert shown["性別"].tolist()[0] == "男"
    assert shown["性別"].isna().tolist() == [False, True]
    assert shown["color"].tolist() == ["red", "blue"]
    assert shown.index.tolist() == [7, 3]
    assert list(frame) == ["sex", "color"]
