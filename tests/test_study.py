import datetime as dt
from pathlib import Path

import pytest

from tsukuba_gis.errors import InputError
from tsukuba_gis.result import FORMATS
from tsukuba_gis.study import read_study

GOOD = """
[study]
title = "試験"
lang = "en"
min_count = 5
indicators = ["share_65plus"]
outputs = ["csv"]

[records]
path = "people.csv"
kind = "pseudo"
reference_date = 2019-04-01
roles = { age = "とし" }

[[zones]]
kind = "school_district"

[[zones]]
kind = "ward"
path = "wards.gpkg"
match = "code"
"""


def write(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key_arrives(tmp_path):
    study = read_study(write(tmp_path, GOOD))
    assert study.title == {"ja": "試験", "en": "試験"}
    assert study.lang == "en"
    assert study.min_count == 5
    assert study.indicators == ("share_65plus",)
    assert study.outputs == ("csv",)
    assert study.records.path == tmp_path / "people.csv"  # relative to the study file
    assert study.records.kind == "pseudo"
    assert study.records.reference_date == dt.date(2019, 4, 1)
    assert study.records.roles == {"age": "とし"}
    assert [zone.kind for zone in study.zones] == ["school_district", "ward"]
    assert study.zones[1].path == tmp_path / "wards.gpkg"
    assert study.zones[1].match == "code"


def test_defaults(tmp_path):
    text = '[records]\npath = "p.csv"\nkind = "reference"\n[[zones]]\nkind = "ward"\n'
    study = read_study(write(tmp_path, text))
    assert study.title["ja"] == "study"
    assert study.outputs == FORMATS
    assert study.fdr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('lang = "en"', 'lang = "fr"'), r"study\.lang.*ja, en"),
        (('lang = "en"', 'tilte = "x"'), r"unknown key study\.tilte.*title"),
        (("min_count = 5", "min_count = 0"), r"study\.min_count.*at least 1"),
        (("min_count = 5", 'min_count = "5"'), r"study\.min_count.*number"),
        (("min_count = 5", "min_count = true"), r"study\.min_count.*number"),
        (('["share_65plus"]', '["happiness"]'), r"study\.indicators.*share_65plus"),
        (('["csv"]', '["pdf"]'), r"study\.outputs.*html, xlsx, gpkg, csv"),
        (('kind = "pseudo"', 'kind = "anonymous"'), r"records\.kind.*reference, pseudo"),
        (('kind = "pseudo"\n', ""), r"\[records\] needs path and kind"),
        (('path = "people.csv"\n', ""), r"\[records\] needs path and kind"),
        (('kind = "ward"\n', ""), r"\[\[zones\]\] number 2 has no kind"),
        (('match = "code"', 'match = "guess"'), r"zones\.match.*point, code"),
        (("[study]", "[study"), r"not valid TOML"),
        (("[records]", "[people]"), r"unknown key people"),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_a_wrong_study_file_is_refused_in_words(tmp_path, change, message):
    with pytest.raises(InputError, match=message) as caught:
        read_study(write(tmp_path, GOOD.replace(*change)))
    assert "study.toml" in str(caught.value)
    assert caught.value.say("ja") != str(caught.value)


def test_no_zones(tmp_path):
    text = '[records]\npath = "p.csv"\nkind = "pseudo"\n'
    with pytest.raises(InputError, match=r"there is no \[\[zones\]\]"):
        read_study(write(tmp_path, text))


def test_missing_file_and_wrong_encoding(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_study(tmp_path / "none.toml")
    path = tmp_path / "sjis.toml"
    path.write_bytes('[study]\ntitle = "つくば"\n'.encode("cp932"))
    with pytest.raises(InputError, match="UTF-8"):
        read_study(path)


def test_the_example_study_file_is_valid():
    example = Path(__file__).parents[1] / "examples" / "study.toml"
    assert read_study(example).zones
