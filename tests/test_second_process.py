"""Work beside a study: its answer, its faults, and its end."""

import os
import time
from functools import partial

import pytest

from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.second_process import Beside


def refuse(n):
    raise DisclosureError("pseudo_too_few", k=n)


def talk_and_add(a, b):
    print("a library says something")  # noqa: T201
    return a + b


def die_elsewhere(home):
    if os.getpid() != home:
        os._exit(3)
    return "done here"


def adder(a):
    if a < 0:
        raise DisclosureError("pseudo_too_few", k=-a)
    return partial(talk_and_add, a)


def adder_elsewhere(home):
    die_elsewhere(home)
    return partial(talk_and_add, 1)


def wait_long(path):
    path.write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(60)


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """The other process imports this file by its name."""
    monkeypatch.syspath_prepend(os.path.dirname(__file__))  # noqa: PTH120


def test_the_answer_comes_whatever_is_printed():
    assert Beside(talk_and_add, (2, 3)).result() == 5


def test_a_fault_is_raised_here_with_its_words():
    with pytest.raises(DisclosureError, match="fewer than 7") as found:
        Beside(refuse, (7,)).result()
    assert found.value.key == "pseudo_too_few"


def test_where_the_other_process_dies_the_work_is_done_here():
    assert Beside(die_elsewhere, (os.getpid(),)).result() == "done here"


def test_it_can_be_stopped(tmp_path):
    work = Beside(wait_long, (tmp_path / "pid",))
    for _ in range(600):
        if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
            break
        time.sleep(0.05)
    work.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_work_begins_before_all_it_needs_is_there():
    work = Beside(adder, (2,), waits=True)
    work.go_on(3)
    assert work.result() == 5


def test_a_fault_of_the_first_half_is_raised_though_more_was_brought():
    work = Beside(adder, (-7,), waits=True)
    work._process.wait(timeout=60)
    work.go_on("x" * 10_000_000)  # more than a pipe holds
    with pytest.raises(DisclosureError, match="fewer than 7"):
        work.result()


def test_where_the_other_process_dies_both_halves_are_done_here():
    work = Beside(adder_elsewhere, (os.getpid(),), waits=True)
    work.go_on(3)
    assert work.result() == 4


def test_what_waits_for_more_can_be_stopped():
    work = Beside(adder, (2,), waits=True)
    work.stop()
    assert work._process.poll() is not None


def test_nobody_is_left_waiting_for_one_who_is_gone(capfd):
    work = Beside(adder, (2,), waits=True)
    work._more.put(None)  # as when the asking process ends: the pipe closes without more
    assert work._process.wait(timeout=60) == 0
    work._thread.join()
    assert capfd.readouterr().err == ""
