"""Persons by area, sex and age as cities publish them; flows; industries; side tables."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tsukuba_gis.errors import InputError
from tsukuba_gis.io.age_tables import age_cell, read_age_tables
from tsukuba_gis.io.flows import read_flows
from tsukuba_gis.io.side_tables import read_concordance, read_control

SHARED = Path(__file__).parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="real files are not here (shared/data beside the checkout)"
)
GROUPS = [*(f"{age}-{age + 4}歳" for age in range(0, 85, 5)), "85歳以上"]
STANDARD = [
    "全国地方公共団体コード", "地域コード", "地方公共団体名", "調査年月日", "地域名",
    "総人口", "男性", "女性",
    *(f"{group}の{sex}性" for group in GROUPS for sex in "男女"), "世帯数", "備考",
]  # fmt: skip


def row(name, *, code="1", day="2025-04-01", start=1, total=None):
    cells = list(range(start, start + 36))
    men, women = sum(cells[::2]), sum(cells[1::2])
    whole = men + women if total is None else total
    return ["082201", code, "茨城県つくば市", day, name, whole, men, women, *cells, 99, ""]


def write(tmp_path, rows, *, header=STANDARD, encoding="cp932", name="人口.csv"):
    path = tmp_path / name
    pd.DataFrame(rows, columns=header).to_csv(path, index=False, encoding=encoding)
    return path


@needs_shared
def test_the_header_is_the_citys_own():
    table = pd.read_csv(SHARED / "facts" / "opendata_standard_columns.csv", dtype=str)
    city = table[table.iloc[:, 0] == "つくば市_地域・年齢別人口"].iloc[:, 2].tolist()
    assert city == STANDARD
    assert len(STANDARD) == 46


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig"])
def test_the_standard_layout(tmp_path, encoding):
    path = write(
        tmp_path, [row("谷田部", code="01"), row("上郷", code="02", start=10)], encoding=encoding
    )
    found = read_age_tables(path)
    table = found.of_year(2025)
    assert table.persons.loc["谷田部", ("male", 0)] == 1
    assert table.persons.loc["谷田部", ("female", 0)] == 2
    assert table.persons.loc["上郷", ("female", 85)] == 45
    assert table.persons.columns.nlevels == 2
    assert table.persons.shape == (2, 36)
    assert table.codes.tolist() == ["01", "02"]
    assert str(table.date) == "2025-04-01"
    assert table.unknown.tolist() == [0, 0]
    assert found.problems == ()


def test_groups_up_to_100_and_unknown_ages(tmp_path):
    groups = [*GROUPS[:-1], "85-89歳", "90-94歳", "95-99歳", "100歳以上"]
    header = [
        "地域名",
        "調査年月日",
        "総人口",
        *(f"{g}の{s}性" for g in groups for s in "男女"),
        "年齢不詳",
    ]
    path = write(tmp_path, [["北", "令和7年4月1日", 47, *[1] * 42, 5]], header=header)
    found = read_age_tables(path)
    table = found.of_year(2025)
    assert table.persons["male"].columns.max() == 100
    assert table.unknown["北"] == 5
    assert [problem.key for problem in found.problems] == ["age_table_unknown"]


def test_sums_repeats_hidden_cells_and_two_dates(tmp_path):
    rows = [row("北"), row("北"), row("合 計"), row("南", code="2"),
            row("北", day="2020/4/1", start=3)]  # fmt: skip
    rows[3][8], rows[3][9], rows[3][10] = "X", "-", "1,234"
    rows[3][5] = ""
    found = read_age_tables(write(tmp_path, rows))
    assert [str(one.date) for one in found.tables] == ["2020-04-01", "2025-04-01"]
    late = found.of_year(2025).persons
    assert late.index.tolist() == ["北", "南"]
    assert np.isnan(late.loc["南", ("male", 0)])
    assert late.loc["南", ("female", 0)] == 0
    assert late.loc["南", ("male", 5)] == 1234
    assert {problem.key for problem in found.problems} == {"age_table_sums", "age_table_repeated"}
    with pytest.raises(InputError, match=r"exactly one table of 2015.*2020-04-01"):
        found.of_year(2015)


def test_one_name_with_two_codes_keeps_both(tmp_path):
    rows = [row("中", code="11"), row("中", code="12", start=5)]
    found = read_age_tables(write(tmp_path, rows)).of_year(2025)
    assert found.persons.index.tolist() == ["中 11", "中 12"]


def test_one_area_with_two_numbers_is_refused(tmp_path):
    with pytest.raises(InputError, match="rows 2, 3"):
        read_age_tables(write(tmp_path, [row("中"), row("中", start=5)]))


def test_foreigners_are_missing_before_2012(tmp_path):
    found = read_age_tables(write(tmp_path, [row("北", day="2010-04-01"), row("北")]))
    assert [problem.key for problem in found.problems] == ["age_table_foreigners"]


def test_a_long_series_of_wards(tmp_path):
    header = ["行政区名", "年齢", "男", "女", "計"]
    rows = [["東", f"{age}歳", age, 2, age + 2] for age in range(20)]
    rows += [["東", "計", 99, 99, 198], ["西", "0歳", 7, 8, 15]]
    rows += [["西", f"{age}歳", 0, 1, 1] for age in range(1, 20)]
    found = read_age_tables(write(tmp_path, rows, header=header)).tables[0]
    assert found.date is None
    assert found.persons["male"].loc["東"].tolist() == [10, 35, 60, 85]
    assert found.persons.loc["西", ("female", 0)] == 12


def test_excel_with_two_rows_of_header(tmp_path):
    import xlsxwriter

    path = tmp_path / "行政区.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 1, 0, "行政区名")
        for number, group in enumerate(("0～4歳", "5～9歳", "10歳以上")):
            sheet.merge_range(0, 1 + 2 * number, 0, 2 + 2 * number, group)
            sheet.write_row(1, 1 + 2 * number, ["男", "女"])
        sheet.write_row(2, 0, ["東", 1, 2, 3, 4, 5, 6])
    found = read_age_tables(path).tables[0]
    assert found.persons.loc["東", "female"].tolist() == [2, 4, 6]
    assert found.persons.loc["東", "male"].tolist() == [1, 3, 5]


@pytest.mark.parametrize(
    ("name", "cell"),
    [("０～４歳の男性", ("male", 0)), ("女性 85歳以上", ("female", 85)),
     ("12歳_女", ("female", 12)), ("Female 5-9", ("female", 5)), ("male 85+", ("male", 85)),
     ("0-4歳", None), ("男性", None)],
)  # fmt: skip
def test_names_of_columns(name, cell):
    assert age_cell(name) == cell


@pytest.mark.parametrize(
    ("header", "message"),
    [(["年", "人"], "no column of areas"), (["地域名", "人"], "no columns of persons"),
     (["地域名", "0-4歳の男性"], "stands twice|groups")],
)  # fmt: skip
def test_other_tables_are_refused(tmp_path, header, message):
    with pytest.raises(InputError, match=message):
        read_age_tables(write(tmp_path, [["a", "1"]], header=header))


def test_words_in_a_number_and_ragged_rows(tmp_path):
    bad = row("北")
    bad[8] = "多数"
    with pytest.raises(InputError, match="0-4歳の男性"):
        read_age_tables(write(tmp_path, [bad]))
    path = write(tmp_path, [row("北")])
    path.write_bytes(path.read_bytes() + b"1,2,3\n")
    with pytest.raises(InputError, match="rows 3"):
        read_age_tables(path)


# ---- flows -----------------------------------------------------------------------


@needs_shared
def test_the_commuters_of_tsukuba():
    found = read_flows(SHARED / "facts" / "tsukuba_commute_od_2005.csv")
    assert len(found.pairs) == 75
    into = found.pairs.loc[found.pairs["destination"] == "つくば市", "persons"]
    assert into.sum() == 41_447
    assert found.problems == ()


def test_flows_with_sums_blanks_and_ages(tmp_path):
    path = tmp_path / "od.csv"
    path.write_text(
        "転出元,転入先,人数,性別,年齢\nA,B,10,男,20～24歳\nA,B,5,男,20～24歳\nB,A,,女,0～4歳\n"
        "計,B,40,,\nB,県外計,7,,\n",
        encoding="cp932",
    )
    found = read_flows(path)
    assert found.pairs["persons"].tolist() == [10, 5]
    assert found.pairs["age_start"].tolist() == [20, 20]
    assert found.pairs["sex"].tolist() == ["male", "male"]
    assert found.stated == {"B": {"inflow": 40.0, "outflow": 7.0}}
    assert sorted(problem.key for problem in found.problems) == [
        "flows_pair_twice", "flows_row_blank"
    ]  # fmt: skip


# ---- side tables --------------------------------------------------------------------


def test_control_and_concordance(tmp_path):
    path = tmp_path / "市.csv"
    path.write_text('year,sex,age_start,age_end,persons\n2030,女,0,15,"1,000"\n2030,,15,,9000\n')
    found = read_control(path)
    assert found["persons"].tolist() == [1000, 9000]
    assert found["sex"].iloc[0] == "female"
    assert pd.isna(found["sex"].iloc[1])
    path.write_text(
        "area,small_area,school_district\n旧村,08220001,J1\n無し,,J1\n", encoding="utf-8"
    )
    assert read_concordance(path, level="small_area") == {"旧村": "08220001"}
    assert read_concordance(path, level="ward") is None
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="no column area"):
        read_concordance(path, level="ward")
    with pytest.raises(InputError, match="no column year"):
        read_control(path)
