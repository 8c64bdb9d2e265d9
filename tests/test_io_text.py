import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsukuba_gis.errors import InputError
from tsukuba_gis.io.tabular import read_csv
from tsukuba_gis.io.text import decode, header_row, require_file, separator, unique_names

ENCODINGS = ["utf-8", "utf-8-sig", "cp932", "utf-16"]
SAMPLE = "住所,名\r\n髙橋①㈱～－㎡,つくば市研究学園４丁目\r\n"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_each_encoding_of_city_files_is_found(encoding):
    text, found = decode(SAMPLE.encode(encoding), file="a.csv")
    assert (text, found) == (SAMPLE, encoding)


def test_utf_16_big_endian_is_found_by_its_mark():
    assert decode(b"\xfe\xff" + SAMPLE.encode("utf-16-be"), file="a.csv") == (SAMPLE, "utf-16")


def test_ascii_is_utf_8():
    assert decode(b"age,sex\n", file="a.csv") == ("age,sex\n", "utf-8")


@pytest.mark.parametrize(
    "data",
    [
        b"\x81\x00\xff\xfe\x00",
        b"PK\x03\x04\x00\x00",
        "年齢".encode("utf-16-le"),
        b"\xef\xbb\xbf\xff",
    ],
    ids=["noise", "zip", "utf-16 without mark", "broken after BOM"],
)
def test_bytes_that_are_no_text_are_refused_with_a_remedy(data):
    with pytest.raises(InputError, match=r'a\.csv: the encoding is none of .*"CSV UTF-8"'):
        decode(data, file="a.csv")


# Characters that CP932 can write but reads back as others (¢ as ￠ …).
NOT_BACK = "\x00¢£¬‖−〜"


@given(st.text(st.characters(codec="cp932", exclude_characters=NOT_BACK), min_size=1))
def test_cp932_text_is_read_back_unless_its_bytes_are_utf_8_too(text):
    data = text.encode("cp932")
    found, encoding = decode(data, file="a.csv")
    try:
        utf8 = data.decode("utf-8")
    except UnicodeDecodeError:
        assert (found, encoding) == (text, "cp932")
    else:
        assert found == utf8


def test_the_byte_order_mark_is_not_part_of_the_first_name(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("年齢,性別\n1,女\n".encode("utf-8-sig"))
    assert list(read_csv(path).frame.columns) == ["年齢", "性別"]


@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_the_separator_is_found(mark):
    assert separator(f"note\na{mark}b{mark}c\n1{mark}2{mark}3") == mark


def test_note_lines_before_the_header_are_passed_over():
    # 202412hinannbasyo.csv of Tsukuba has five note lines.
    rows = [["指定緊急避難場所一覧", "", "", ""], ["※注"], [], [], ["令和6年12月現在"]]
    rows += [["No.", "氏名", "年齢", "性別"], ["1", "x", "34", "女"]]
    assert header_row(rows) == 5


def test_without_known_names_the_first_full_row_is_the_header():
    rows = [["避難場所一覧", "", ""], ["No.", "施設名", "所在地"], ["1", "運動公園", "流星台"]]
    assert header_row(rows) == 1


def test_repeated_and_blank_names_are_told_apart():
    names = unique_names(["a", "", "a", " a ", "b"])
    assert names == ["a", "column 2", "a [2]", "a [3]", "b"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _: None, "there is no such file"),
        (lambda path: path.mkdir(), "this is a folder"),
        (lambda path: path.touch(), "there is nothing in it"),
    ],
    ids=["missing", "folder", "empty"],
)
def test_a_path_without_content_is_refused(tmp_path, make, message):
    path = tmp_path / "people.csv"
    make(path)
    with pytest.raises(InputError, match=message):
        require_file(path)


def test_a_path_that_cannot_be_opened_is_refused(tmp_path):
    with pytest.raises(InputError, match="may not be opened"):
        require_file(str(tmp_path / "a\x00b.csv"))


def test_a_file_without_permission_is_refused(tmp_path, monkeypatch):
    from pathlib import Path

    path = tmp_path / "people.csv"
    path.write_text("x")

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root may open everything
    with pytest.raises(InputError, match="Check its permissions"):
        require_file(path)


def test_rows_are_numbered_as_in_a_spreadsheet(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('note\nage,sex\n1,F\n\n2,"F\nF"\n3\n4,F\n5,F,extra\n6,F\n', encoding="utf-8")
    table = read_csv(path)
    assert table.rows.tolist() == [3, 4, 5, 7, 9]
    assert table.ragged.tolist() == [6, 8]
    assert table.frame["age"].tolist() == ["1", "", "2", "4", "6"]


def test_a_header_with_line_ends_in_its_cells_is_one_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('"年齢\n(歳)",性別\n1,女\n', encoding="utf-8")
    table = read_csv(path)
    assert table.frame.to_numpy().tolist() == [["1", "女"]]
    assert table.rows.tolist() == [2]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(tmp_path, end):
    path = tmp_path / "a.csv"
    path.write_bytes(end.join(["age,sex", "1,F", "2,M", ""]).encode())
    assert read_csv(path).frame["sex"].tolist() == ["F", "M"]


@pytest.mark.parametrize("row", ['2,"M', '2,M,"x'], ids=["right width", "too wide"])
def test_a_quotation_mark_that_is_not_closed_loses_no_row_in_silence(tmp_path, row):
    path = tmp_path / "a.csv"
    path.write_text(f"note\nage,sex\n1,F\n{row}\n3,F\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 4: a quotation mark is not closed"):
        read_csv(path)


@pytest.mark.parametrize("row", ['2,12" wide', '2,"a ""b"" c"', '2,"two\nlines"', '2,"at the end'])
def test_other_quotation_marks_are_read(tmp_path, row):
    path = tmp_path / "a.csv"
    path.write_text(f"age,sex\n1,F\n{row}", encoding="utf-8")
    assert read_csv(path).frame["age"].tolist() == ["1", "2"]


def test_a_long_swallowed_rest_is_told_by_the_row_where_it_begins(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('age,sex\n1,F\n2,"M\n' + "3,F\n" * 500_000, encoding="utf-8")
    with pytest.raises(InputError, match="row 3: a quotation mark is not closed"):
        read_csv(path)
