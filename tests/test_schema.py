import pytest

from tsukuba_gis.errors import InputError
from tsukuba_gis.schema import (
    ALIASES,
    ROLES,
    column_key,
    find_roles,
    is_my_number,
    role_of,
    suggest,
)


@pytest.mark.parametrize(
    ("column", "role"),
    [
        ("年齢", "age"),
        ("AGE", "age"),
        ("年　齢（歳）", "age"),
        ("性別", "sex"),
        ("Gender", "sex"),
        ("世帯番号", "household_id"),
        ("Household-ID", "household_id"),
        ("行政区", "ward"),
        ("町丁・字コード", "small_area"),
        ("KEY_CODE", "small_area"),
        ("要介護度", "care_level"),
        ("医療費 [円]", "medical_cost"),
        ("経度", "lon"),
        ("Ｌａｔｉｔｕｄｅ", "lat"),
        ("生年月日（和暦）", "birth_date"),
        ("ＨｂＡ１ｃ（ＮＧＳＰ）", "hba1c"),
        ("血圧(上)", "sbp"),
        ("世帯主との続柄", "relation"),
        ("全国地方公共団体コード", "municipality_code"),
        ("年齢_5歳階級", None),
        ("備考", None),
        ("", None),
    ],
)
def test_a_column_is_known_by_its_name_in_either_language(column, role):
    assert role_of(column) == role


def test_no_two_roles_share_a_name():
    keys = [column_key(name) for role, names in ALIASES.items() for name in {role, *names}]
    of_role = {}
    for role, names in ALIASES.items():
        for name in (role, *names):
            assert of_role.setdefault(column_key(name), role) == role, name
    assert len(of_role) <= len(keys)


def test_every_role_is_found_by_its_own_name():
    assert [role_of(role) for role in ROLES] == list(ROLES)


def test_two_columns_for_one_role_are_an_error_that_names_both():
    with pytest.raises(InputError, match=r"age \(年齢, 満年齢\)"):
        find_roles(["年齢", "満年齢"], file="a.csv")


def test_the_roles_own_name_wins_over_aliases():
    assert find_roles(["年齢", "age"], file="a.csv") == {"age": "age"}


def test_stated_roles_win_and_free_the_other_columns():
    roles = find_roles(["年齢", "満年齢"], roles={"age": "満年齢"}, file="a.csv")
    assert roles == {"age": "満年齢"}


def test_a_column_stated_for_one_role_is_not_taken_for_another():
    # The remedy for swapped columns: each is stated for the other's role.
    roles = find_roles(["経度", "緯度"], roles={"lon": "緯度", "lat": "経度"}, file="a.csv")
    assert roles == {"lon": "緯度", "lat": "経度"}


def test_stating_a_column_that_does_not_exist_suggests_near_ones():
    with pytest.raises(InputError, match=r"the column 年令 .* Columns: 年齢"):
        find_roles(["年齢", "sex"], roles={"age": "年令"}, file="a.csv")


def test_stating_an_unknown_role_suggests_a_near_one():
    with pytest.raises(InputError, match="no role hausehold_id"):
        find_roles(["a"], roles={"hausehold_id": "a"}, file="a.csv")
    with pytest.raises(InputError, match=r"Near it: household_id$"):
        find_roles(["a"], roles={"hausehold_id": "a"}, file="a.csv")


def test_one_column_cannot_have_two_roles():
    with pytest.raises(InputError, match="stated for two roles"):
        find_roles(["a"], roles={"age": "a", "sex": "a"}, file="a.csv")


@pytest.mark.parametrize(
    ("role", "columns", "near"),
    [("age", ["Agee", "memo"], ["Agee"]), ("sex", ["memo"], []), ("age", ["年齢層"], ["年齢層"])],
)
def test_near_misses_are_suggested(role, columns, near):
    assert suggest(role, columns) == near


@pytest.mark.parametrize("column", ["個人番号", "マイナンバー", "My Number", "MY_NUMBER"])
def test_my_number_is_known_and_is_no_role(column):
    assert is_my_number(column)
    assert role_of(column) is None


def test_a_header_that_stands_twice_is_not_settled_by_its_name():
    with pytest.raises(InputError, match=r"age.*age \[2\]"):
        find_roles(["age", "sex", "age [2]"], file="a.csv")
    assert find_roles(["age", "年齢", "sex"], file="a.csv")["age"] == "age"
    stated = find_roles(["age", "age [2]"], roles={"age": "age [2]"}, file="a.csv")
    assert stated == {"age": "age [2]"}
