from datetime import date, datetime

import openpyxl
import pandas as pd
import pytest

from tsukuba_gis.errors import InputError
from tsukuba_gis.io import read_records
from tsukuba_gis.io.tabular import read_excel


def book(path, *sheets, merged=()):
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets:
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for area in merged:
            sheet.merge_cells(area)
    workbook.save(path)
    return path


def read(path, **options):
    return read_records(path, kind="invented", **options)


def test_a_sheet_is_read_with_rows_as_shown(tmp_path):
    path = book(
        tmp_path / "a.xlsx",
        ("住民", [["年齢", "性別", "行政区"], [34, "女", "北区"], ["２５歳", "男", None]]),
    )
    records, _ = read(path)
    assert records.frame["age"].to_dict() == {2: 34, 3: 25}
    assert records.frame["ward"].isna().tolist() == [False, True]


def test_numbers_lose_no_digit_and_dates_become_iso(tmp_path):
    path = book(
        tmp_path / "a.xlsx",
        ("x", [["a", "b", "c", "d"], [8220001001.0, 1.25, date(1985, 4, 1), True],
               [0.1, 1e20, datetime(1985, 4, 1, 12, 30), None]]),
    )  # fmt: skip
    table = read_excel(path, sheet=None)
    assert table.frame.to_numpy().tolist() == [
        ["8220001001", "1.25", "1985-04-01", "True"],
        ["0.1", "1e+20", "1985-04-01 12:30:00", ""],
    ]


def test_birth_dates_that_excel_holds_as_dates_are_read(tmp_path):
    path = book(
        tmp_path / "a.xlsx", ("x", [["生年月日", "性別", "行政区"], [date(1985, 4, 2), "女", "北"]])
    )
    assert read(path, reference_date=date(2025, 4, 1))[0].frame["age"].tolist() == [39]


def test_empty_rows_and_columns_before_the_table_keep_their_numbers(tmp_path):
    rows = [[], ["", "住民一覧"], [], ["", "年齢", "性別", "行政区"], ["", 34, "女", "北区"]]
    path = book(tmp_path / "a.xlsx", ("x", rows))
    records, _ = read(path)
    assert records.frame.index.tolist() == [5]
    assert records.frame[["age", "sex", "ward"]].iloc[0].tolist() == [34, "female", "北区"]


def test_a_merged_header_is_joined_and_its_roles_are_found(tmp_path):
    #  世帯番号 | 本人        | 健診
    #           | 年齢 | 性別 | BMI | 行政区
    rows = [
        ["住民一覧", None, None, None, None],
        ["世帯番号", "本人", None, "その他", None],
        [None, "年齢", "性別", "BMI", "行政区"],
        ["H1", 34, "女", 21.5, "北区"],
    ]
    path = book(tmp_path / "a.xlsx", ("x", rows), merged=["A1:E1", "A2:A3", "B2:C2", "D2:E2"])
    records, _ = read(path)
    assert records.frame.index.tolist() == [4]
    assert list(records.frame.columns) == ["household_id", "age", "sex", "bmi", "ward"]
    assert records.frame.iloc[0].tolist() == ["H1", 34, "female", 21.5, "北区"]


def test_the_same_role_under_two_groups_is_ambiguous(tmp_path):
    rows = [
        ["本人", None, "配偶者", None, "行政区"],
        ["年齢", "性別", "年齢", "性別", None],
        [34, "女", 36, "男", "北区"],
    ]
    path = book(tmp_path / "a.xlsx", ("x", rows), merged=["A1:B1", "C1:D1", "E1:E2"])
    names = ["本人_年齢", "本人_性別", "配偶者_年齢", "配偶者_性別", "行政区"]
    assert list(read_excel(path, sheet=None).frame.columns) == names
    with pytest.raises(InputError, match="no column for age"):
        read(path)
    records, _ = read(path, roles={"age": "本人_年齢", "sex": "本人_性別"})
    assert records.frame["age"].tolist() == [34]


def test_group_names_below_the_role_names_are_part_of_the_header(tmp_path):
    rows = [
        ["年齢", "性別", "行政区", "血圧", None],
        [None, None, None, "上", "下"],
        [34, "女", "北区", 120, 80],
    ]
    path = book(tmp_path / "a.xlsx", ("x", rows), merged=["A1:A2", "B1:B2", "C1:C2", "D1:E1"])
    table = read_excel(path, sheet=None)
    assert list(table.frame.columns) == ["年齢", "性別", "行政区", "血圧_上", "血圧_下"]
    assert table.rows.tolist() == [3]


def test_cells_merged_downwards_are_told_and_blank(tmp_path):
    rows = [["世帯番号", "年齢", "性別", "行政区"], ["H1", 34, "女", "北"], [None, 3, "男", "北"]]
    path = book(tmp_path / "a.xlsx", ("x", rows), merged=["A2:A3"])
    records, problems = read(path)
    assert records.frame["household_id"].isna().tolist() == [False, True]
    assert [p.row for p in problems if p.key == "cells_merged"] == [3]


def test_of_several_sheets_one_must_be_named(tmp_path):
    rows = [["年齢", "性別", "行政区"], [34, "女", "北区"]]
    path = book(tmp_path / "a.xlsx", ("今年", rows), ("昨年", [*rows, [1, "男", "南区"]]))
    with pytest.raises(InputError, match="one with sheet: 今年, 昨年"):
        read(path)
    with pytest.raises(InputError, match="no sheet 来年"):
        read(path, sheet="来年")
    assert len(read(path, sheet="昨年")[0]) == 2


def test_empty_sheets_beside_the_one_do_not_count(tmp_path):
    rows = [["年齢", "性別", "行政区"], [34, "女", "北区"]]
    path = book(tmp_path / "a.xlsx", ("Sheet2", []), ("住民", rows), ("Sheet3", []))
    assert len(read(path)[0]) == 1


@pytest.mark.parametrize("rows", [[], [[None, ""]]])
def test_a_workbook_without_content_is_refused(tmp_path, rows):
    with pytest.raises(InputError, match="there is nothing in it"):
        read(book(tmp_path / "a.xlsx", ("x", rows)))


def test_a_workbook_with_a_header_only_is_refused(tmp_path):
    with pytest.raises(InputError, match="there are no rows of data"):
        read(book(tmp_path / "a.xlsx", ("x", [["年齢", "性別", "行政区"]])))


def test_formulas_count_by_their_value_and_errors_are_missing(tmp_path):
    # openpyxl stores no values of formulas: such a cell is blank, never the formula's text.
    rows = [["年齢", "性別", "行政区"], ["=30+4", "女", "北区"], [5, "男", "#N/A"]]
    records, _ = read(book(tmp_path / "a.xlsx", ("x", rows)))
    assert records.frame["age"].isna().tolist() == [True, False]
    assert records.frame["ward"].isna().tolist() == [False, True]


def test_a_workbook_of_another_writer_is_read_alike(tmp_path):
    frame = pd.DataFrame({"年齢": [34, 5], "性別": ["女", "男"], "行政区": ["北", "南"]})
    frame.to_excel(tmp_path / "a.xlsx", index=False, engine="xlsxwriter")
    found = read(tmp_path / "a.xlsx")[0].frame
    assert found["age"].tolist() == [34, 5]
    assert found["ward"].tolist() == ["北", "南"]


def test_a_csv_that_is_called_xlsx_is_told(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_text("年齢,性別,行政区\n34,女,北区\n", encoding="utf-8")
    with pytest.raises(InputError, match="its content does not fit its suffix"):
        read(path)


def test_a_workbook_with_a_password_is_told(tmp_path):
    # Office wraps an encrypted workbook into an OLE container, which begins so.
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(InputError, match="has a password"):
        read(path)
