import pandas as pd
import pytest
from cells import cells, fault

from tsukuba_gis.io.codes import care_levels, household_types, relations, sexes


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("男", "male"), ("女性", "female"), ("Ｍ", "male"), ("f", "female"), ("1", "male"),
     ("2", "female"), ("２", "female"), ("1:男", "male"), ("Female", "female"), ("その他", None),
     ("9", None), ("", None), ("不明", None)],
)  # fmt: skip
def test_sexes(cell, expected):
    column = sexes(pd.Series([cell], dtype="str"))
    assert cells(column) == [expected]
    assert not column.faults


def test_sexes_as_integers_follow_the_census():
    assert cells(sexes(pd.Series([1, 2, 1]))) == ["male", "female", "male"]


def test_zero_and_one_do_not_say_which_is_male():
    column = sexes(pd.Series(["0", "1", "女"], dtype="str"))
    assert column.faults["sex_zero_one"].tolist() == [True, True, False]
    assert cells(column) == [None, None, "female"]


def test_zero_beside_one_and_two_is_not_known():
    assert cells(sexes(pd.Series([0, 1, 2]))) == [None, "male", "female"]


def test_an_unknown_word_for_sex_is_a_fault():
    assert fault(sexes, "犬") == ["value_unknown_code"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("要介護３", "care3"), ("要介護3", "care3"), ("要支援1", "support1"), ("要支援２", "support2"),
     ("要介護五", "care5"), ("介護1", "care1"), ("非該当", "none"), ("自立", "none"),
     ("未認定", "none"), ("認定なし", "none"), ("none", "none"), ("care 2", "care2"),
     ("Support1", "support1"), ("care level 4", "care4"), ("12", "support1"), ("25", "care5"),
     ("01", "none"), ("", None), ("不明", None), ("-", None)],
)  # fmt: skip
def test_care_levels(cell, expected):
    column = care_levels(pd.Series([cell], dtype="str"))
    assert cells(column) == [expected]
    assert not column.faults


@pytest.mark.parametrize("cell", ["3", "要介護6", "要支援3", "重度", "要介護"])
def test_a_care_level_that_is_not_clear_is_a_fault(cell):
    assert fault(care_levels, cell) == ["care_level_unknown"]


def test_relations_and_household_types_keep_the_row_and_doubt_the_word():
    column = relations(pd.Series(["世帯主", "妻（未届）", "子の子", "叔父の友人"]))
    assert cells(column) == ["head", "spouse", "grandchild", None]
    assert not column.faults
    assert column.doubts["value_unknown_code_kept"].tolist() == [False, False, False, True]
    types = household_types(pd.Series(["単独世帯", "夫婦のみの世帯", "３世代", "single"]))
    assert cells(types) == ["single", "couple", "three_generation", "single"]
