"""Laws of reading: what is written is read back, and noise never gives a traceback."""

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tsukuba_gis.errors import TsukubaGisError
from tsukuba_gis.io import check, read_records, read_zones
from tsukuba_gis.io.cells import MISSING, plain
from tsukuba_gis.io.findings import FaultyRowsError
from tsukuba_gis.io.persons import FORMATS

CARE = ["要介護1", "要介護５", "要支援2", "非該当", ""]
# Any text that CP932 can hold, no control characters; not a word for "missing" or a lost number.
NAMES = st.text(
    st.characters(codec="cp932", categories=["L", "N", "Po"], exclude_characters="¢£¬‖−〜"),
    min_size=1,
    max_size=8,
).filter(lambda name: plain(name) not in MISSING and not plain(name)[0].isdigit())

PERSON = st.tuples(
    st.integers(0, 130),
    st.sampled_from(["男", "女"]),
    NAMES,
    st.sampled_from(CARE),
    st.integers(0, 10**7),
    st.floats(139.9, 140.2).map(lambda x: round(x, 7)),
    st.floats(35.9, 36.3).map(lambda x: round(x, 7)),
    NAMES,
)
HEADER = ["年齢", "性別", "行政区", "要介護度", "医療費", "経度", "緯度", "自由記述, 備考"]
KEPT = ["age", "sex", "ward", "care_level", "medical_cost", "lon", "lat", "自由記述, 備考"]


def said(call):
    """Return what an error of the package says in both languages; any other error passes on."""
    try:
        call()
    except TsukubaGisError as error:
        return error.say("en") + error.say("ja")
    return None


def frame_of(persons):
    return pd.DataFrame(persons, columns=HEADER)


def save(frame, path, encoding):
    if path.suffix == ".xlsx":
        frame.to_excel(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(
            path, index=False, encoding=encoding, sep="\t" if path.suffix == ".tsv" else ","
        )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(PERSON, min_size=1, max_size=8),
    st.sampled_from(
        [("csv", "utf-8"), ("csv", "utf-8-sig"), ("csv", "cp932"), ("csv", "utf-16"),
         ("tsv", "cp932"), ("xlsx", None), ("parquet", None)]
    ),
)  # fmt: skip
def test_what_is_written_in_any_format_is_read_back(persons, form):
    suffix, encoding = form
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"people.{suffix}"
        save(frame_of(persons), path, encoding)
        records, problems = read_records(path, kind="invented")
    frame = records.frame
    assert frame.index.tolist() == [
        row + (1 if suffix == "parquet" else 2) for row in range(len(persons))
    ]
    assert set(KEPT) <= set(frame.columns)
    assert frame["age"].tolist() == [person[0] for person in persons]
    assert frame["sex"].map({"male": "男", "female": "女"}).tolist() == [p[1] for p in persons]
    assert frame["ward"].tolist() == [person[2].strip() for person in persons]
    assert frame["medical_cost"].tolist() == [person[4] for person in persons]
    assert frame["lon"].tolist() == [person[5] for person in persons]
    assert frame["lat"].tolist() == [person[6] for person in persons]
    assert frame["自由記述, 備考"].tolist() == [person[7] for person in persons]
    assert problems[-1].values == {
        "rows": len(persons), "kept": len(persons), "skipped": 0, "blank": 0,
    }  # fmt: skip


BAD_CELL = st.sampled_from(["131", "-1", "花子", "7e3", "25.5", "１３１歳"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.integers(0, 130).map(str), BAD_CELL, st.just("")), min_size=1))
def test_rows_kept_skipped_and_blank_always_add_up_and_no_value_is_told(ages):
    content = io.StringIO()
    writer = csv.writer(content)
    writer.writerow(["年齢", "性別", "行政区"])
    writer.writerows([age, "女", "北区"] for age in ages)
    bad = [
        row for row, age in enumerate(ages, start=2) if (age and not age.isdigit()) or age == "131"
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        path.write_text(content.getvalue(), encoding="utf-8")
        if len(bad) == len(ages):
            with pytest.raises(FaultyRowsError, match=f"{len(bad)} rows cannot be used") as caught:
                read_records(path, kind="invented", on_error="skip")
            assert "花子" not in caught.value.say("ja") + caught.value.say("en")
            return
        records, problems = read_records(path, kind="invented", on_error="skip")
    assert records.frame.index.tolist() == [
        row for row in range(2, len(ages) + 2) if row not in bad
    ]
    counts = problems[-1].values
    assert counts["kept"] + counts["skipped"] + counts["blank"] == counts["rows"] == len(ages)
    assert counts["skipped"] == len(bad)


# First bytes by which parsers know their formats, so that the noise gets past the door.
STARTS = [
    b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PAR1", b"SQLite format 3\x00",
    b"fgb\x03fgb\x00", b"\x00\x00\x27\x0a", b'{"type":"FeatureCollection","features":[',
    b'{"type":"Topology",', b"<?xml", b"\xff\xfe", b"\xef\xbb\xbf", "年齢,性別,行政区\n".encode(),
]  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(FORMATS), st.sampled_from(STARTS), st.binary(min_size=1, max_size=400))
def test_noise_gives_an_error_in_words_or_nothing(suffix, start, noise):
    for reader in (lambda path: read_records(path, kind="invented"), read_zones, check):
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"noise{suffix}"
            path.write_bytes(start + noise)
            words = said(lambda: reader(path))  # noqa: B023 - called at once
            assert words is None or "noise" in words
            assert [file.name for file in Path(folder).iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet", ".gpkg", ".csv"])
def test_a_flipped_bit_anywhere_gives_an_error_in_words_or_a_reading(tmp_path, suffix):
    frame = frame_of([(34, "女", "北区", "", 1_200, 140.1, 36.1, "x")] * 50)
    whole = tmp_path / f"whole{suffix}"
    if suffix == ".gpkg":
        import geopandas as gpd

        points = gpd.points_from_xy(frame["経度"], frame["緯度"], crs="EPSG:6668")
        gpd.GeoDataFrame(frame, geometry=points).to_file(whole)
    else:
        save(frame, whole, "cp932")
    data = whole.read_bytes()
    rng = np.random.default_rng(5)
    for place in rng.integers(0, len(data), 25):
        broken = tmp_path / f"broken{suffix}"
        broken.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        words = said(lambda: read_records(broken, kind="invented", on_error="skip"))  # noqa: B023
        assert words is None or words.startswith("broken")


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_the_packages_own_records_are_read_back_whole(tmp_path, suffix):
    from tsukuba_gis.demo import register

    written = register(size=1_000).frame
    path = tmp_path / f"register{suffix}"
    save(written, path, "utf-8-sig")
    records, problems = read_records(path, kind="invented")
    assert not [problem for problem in problems if problem.severity == "error"]
    assert set(records.frame.columns) == set(written.columns)
    for column in written.columns:
        found, expected = records.frame[column], written[column]
        assert found.isna().tolist() == expected.isna().tolist(), column
        known = expected.notna().to_numpy()
        if pd.api.types.is_numeric_dtype(expected.dtype):
            assert found[known].astype(float).tolist() == expected[known].astype(float).tolist()
        else:
            assert found[known].astype(str).tolist() == expected[known].astype(str).tolist()
