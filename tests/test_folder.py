import stat

import pytest

from tsukuba_gis.errors import InputError
from tsukuba_gis.report.folder import RUN_RECORD, check_folder, whole_folder


def fill(folder, text="new"):
    (folder / RUN_RECORD).write_text("{}", encoding="utf-8")
    (folder / "a.txt").write_text(text, encoding="utf-8")


def read(folder):
    return (folder / "a.txt").read_text(encoding="utf-8")


def write_and_fail(out, error):
    with whole_folder(out) as folder:
        fill(folder)
        raise error


def test_the_folder_appears_only_when_all_went_well(tmp_path):
    out = tmp_path / "a" / "out"
    with whole_folder(out) as folder:
        fill(folder)
        assert not out.exists()
    assert read(out) == "new"
    assert [path.name for path in out.parent.iterdir()] == ["out"]  # nothing left beside it


def test_a_failure_leaves_nothing_behind(tmp_path):
    with pytest.raises(ZeroDivisionError):
        write_and_fail(tmp_path / "out", ZeroDivisionError())
    assert list(tmp_path.iterdir()) == []


def test_a_failure_keeps_the_former_result(tmp_path):
    out = tmp_path / "out"
    with whole_folder(out) as folder:
        fill(folder, "old")
    with pytest.raises(InputError, match="writing failed"):
        write_and_fail(out, OSError(28, "No space left on device"))
    assert read(out) == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_our_own_folder_is_replaced_whole(tmp_path):
    out = tmp_path / "out"
    with whole_folder(out) as folder:
        fill(folder, "old")
        (folder / "stale.csv").touch()
    with whole_folder(out) as folder:
        fill(folder)
    assert sorted(path.name for path in out.iterdir()) == ["a.txt", RUN_RECORD]


@pytest.mark.parametrize("name", ["notes.txt", "sub/notes.txt", ".hidden"])
def test_a_file_added_to_our_folder_is_not_lost(tmp_path, name):
    out = tmp_path / "out"
    with whole_folder(out) as folder:
        fill(folder, "old")
    (out / name).parent.mkdir(exist_ok=True)
    (out / name).write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="did not make"):
        check_folder(out)
    assert (out / name).read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["a.txt.aux.xml", "a.txt-wal", "~$a.txt", "Thumbs.db"])
def test_what_a_program_left_beside_a_file_it_looked_at_is_no_work(tmp_path, name):
    out = tmp_path / "out"
    with whole_folder(out) as folder:
        fill(folder, "old")
    (out / name).write_text("", encoding="utf-8")
    with whole_folder(out) as folder:
        fill(folder)
    assert read(out) == "new"
    (out / "b.txt.aux.xml").write_text("", encoding="utf-8")  # beside nothing that a run wrote
    with pytest.raises(InputError):
        check_folder(out)


def test_a_file_that_was_changed_since_is_not_lost(tmp_path):
    out = tmp_path / "out"
    with whole_folder(out) as folder:
        fill(folder, "old")
    (out / "a.txt").write_text("annotated", encoding="utf-8")
    with pytest.raises(InputError, match=r"changed since \(a.txt"):
        check_folder(out)


@pytest.mark.parametrize("content", ["{}", "", "[1]", '{"files": ["thesis.txt"]}'])
def test_a_foreign_run_record_makes_no_folder_ours(tmp_path, content):
    (tmp_path / RUN_RECORD).write_text(content, encoding="utf-8")
    (tmp_path / "thesis.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(InputError, match="did not make"):
        check_folder(tmp_path)


def test_a_link_to_a_folder_stays_a_link(tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    with whole_folder(tmp_path / "link") as folder:
        fill(folder)
    assert (tmp_path / "link").is_symlink()
    assert read(real) == "new"


def test_names_that_the_locale_cannot_write_are_told(tmp_path):
    error = UnicodeEncodeError("ascii", "は", 0, 1, "no")
    with pytest.raises(InputError, match="--lang en"):
        write_and_fail(tmp_path / "out", error)


def test_a_folder_with_other_things_is_refused_and_untouched(tmp_path):
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(InputError, match="did not make"), whole_folder(tmp_path):
        pass
    assert (tmp_path / "thesis.docx").exists()


def test_an_empty_folder_is_used(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with whole_folder(out) as folder:
        fill(folder)
    assert (out / RUN_RECORD).exists()


def test_a_file_in_the_way_is_refused(tmp_path):
    path = tmp_path / "out"
    path.touch()
    with pytest.raises(InputError, match="stands in the way"):
        check_folder(path)


def test_a_place_that_cannot_be_written_is_refused(tmp_path, monkeypatch):
    # root may write anywhere, so the answer of the system is imitated
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(InputError, match="cannot be written"):
        check_folder(tmp_path / "out")


def test_others_may_read_the_result(tmp_path):
    out = tmp_path / "out"
    with whole_folder(out) as folder:
        fill(folder)
    assert out.stat().st_mode & stat.S_IXUSR
    assert out.stat().st_mode & 0o777 != 0o700 or _umask_is_strict()


def _umask_is_strict():
    import os

    mask = os.umask(0)
    os.umask(mask)
    return mask & 0o077 == 0o077
