"""Files into zones: same answers as in memory, resumable, whole or not at all."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from toys import ORIGIN, toy_zones

from tsukuba_gis.errors import CRSError, InputError
from tsukuba_gis.join import assign_zones, join_file, stream

X0, Y0 = ORIGIN
CRS = "EPSG:6677"


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(stream, "_PART_ROWS", 100)
    monkeypatch.setattr(stream, "_BATCH_ROWS", 40)
    monkeypatch.setattr(stream, "_BATCH_BYTES", 2_000)


def people(n=1_000, seed=1):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-50, 350, (2, n)).round(0)
    x[::7] = np.nan
    frame = pd.DataFrame({"id": [f"{k:05d}" for k in range(n)], "x": x + X0, "y": y + Y0})
    frame["note"] = ['区, "1"' if k % 3 else "" for k in range(n)]
    return frame


def in_memory(frame, **options):
    points = gpd.GeoSeries.from_xy(frame["x"], frame["y"], crs=CRS)
    return assign_zones(points, toy_zones(), **options)


def check(joined, frame, found):
    assert joined["id"].tolist() == frame["id"].tolist()
    ids = joined["zone_id"].astype(object)
    expected = found.zone_ids.astype(object)
    assert [i if isinstance(i, str) and i else None for i in ids] == [
        i if isinstance(i, str) else None for i in expected
    ]
    assert joined["zone_status"].tolist() == found.status.tolist()


@pytest.mark.parametrize("nearest", [None, 20.0])
@pytest.mark.usefixtures("small_parts")
def test_parquet_gives_what_memory_gives(tmp_path, nearest):
    frame = people()
    frame.to_parquet(tmp_path / "people.parquet")
    seen = []
    report = join_file(
        tmp_path / "people.parquet", toy_zones(), tmp_path / "out.parquet",
        columns=("x", "y"), crs=CRS, nearest=nearest, on_rows=seen.append,
    )  # fmt: skip
    found = in_memory(frame, nearest=nearest)
    check(pd.read_parquet(tmp_path / "out.parquet"), frame, found)
    assert report == found.report
    assert seen == sorted(set(seen))
    assert seen[-1] == 1_000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.parquet", "people.parquet"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.usefixtures("small_parts")
def test_csv_keeps_every_column_as_text(tmp_path, encoding):
    frame = people()
    frame.to_csv(tmp_path / "people.csv", index=False, encoding=encoding)
    report = join_file(
        tmp_path / "people.csv", toy_zones(), tmp_path / "out.csv", columns=("x", "y"), crs=CRS
    )
    written = (tmp_path / "out.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbf")
    assert written.count(b"zone_status") == 1
    joined = pd.read_csv(tmp_path / "out.csv", dtype=str, keep_default_na=False)
    check(joined, frame, in_memory(frame))
    before = pd.read_csv(tmp_path / "people.csv", dtype=str, keep_default_na=False,
                         encoding=encoding)  # fmt: skip
    pd.testing.assert_frame_equal(joined[before.columns], before)
    assert report == in_memory(frame).report


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.usefixtures("small_parts")
def test_an_interrupted_run_goes_on_and_ends_the_same(tmp_path, monkeypatch, kind):
    frame, source = people(), tmp_path / f"people.{kind}"
    frame.to_csv(source, index=False) if kind == "csv" else frame.to_parquet(source)
    options = {"columns": ("x", "y"), "crs": CRS}
    join_file(source, toy_zones(), tmp_path / f"whole.{kind}", **options)

    def stop(rows):
        if rows > 400:
            raise KeyboardInterrupt

    out = tmp_path / f"out.{kind}"
    with pytest.raises(KeyboardInterrupt):
        join_file(source, toy_zones(), out, on_rows=stop, **options)
    assert not out.exists()

    joined = []
    real = stream._joined
    monkeypatch.setattr(stream, "_joined", lambda *a: joined.append(len(a[0])) or real(*a))
    report = join_file(source, toy_zones(), out, **options)
    assert 0 < sum(joined) < 600  # the rest only
    assert out.read_bytes() == (tmp_path / f"whole.{kind}").read_bytes()
    assert report == in_memory(frame).report
    assert not list(tmp_path.glob("*.parts"))


@pytest.mark.usefixtures("small_parts")
def test_parts_of_another_run_are_not_used(tmp_path):
    frame = people()
    frame.to_parquet(tmp_path / "people.parquet")
    options = {"columns": ("x", "y"), "crs": CRS}

    def stop(rows):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        join_file(tmp_path / "people.parquet", toy_zones(), tmp_path / "out.parquet",
                  on_rows=stop, **options)  # fmt: skip
    report = join_file(tmp_path / "people.parquet", toy_zones(), tmp_path / "out.parquet",
                       nearest=30.0, **options)  # fmt: skip
    assert report == in_memory(frame, nearest=30.0).report


@pytest.mark.usefixtures("small_parts")
def test_folder_of_parquet_files_in_order_of_name(tmp_path):
    frame = people()
    folder = tmp_path / "register"
    folder.mkdir()
    frame[500:].to_parquet(folder / "b.parquet")
    frame[:500].to_parquet(folder / "a.parquet")
    join_file(folder, toy_zones(), tmp_path / "out.parquet", columns=("x", "y"), crs=CRS)
    check(pd.read_parquet(tmp_path / "out.parquet"), frame, in_memory(frame))


@pytest.mark.usefixtures("small_parts")
def test_geoparquet_brings_its_own_points_and_crs(tmp_path):
    frame = people().drop(columns="note")
    points = gpd.GeoSeries.from_xy(frame["x"], frame["y"], crs=CRS)
    points[frame["x"].isna()] = None
    gpd.GeoDataFrame(frame[["id"]], geometry=points).to_parquet(tmp_path / "people.parquet")
    join_file(tmp_path / "people.parquet", toy_zones(), tmp_path / "out.parquet")
    check(gpd.read_parquet(tmp_path / "out.parquet"), frame, in_memory(frame))


def test_degrees_are_the_default(tmp_path):
    frame = people()
    points = gpd.GeoSeries.from_xy(frame["x"], frame["y"], crs=CRS).to_crs(6668)
    frame.assign(lon=points.x, lat=points.y).to_parquet(tmp_path / "people.parquet")
    report = join_file(tmp_path / "people.parquet", toy_zones(), tmp_path / "out.parquet")
    assert report.missing == in_memory(frame).report.missing
    assert report.records == 1_000
    assert abs(report.matched - in_memory(frame).report.matched) < 20  # borders move by rounding


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_no_rows(tmp_path, kind):
    frame, source = people(0), tmp_path / f"none.{kind}"
    frame.to_csv(source, index=False) if kind == "csv" else frame.to_parquet(source)
    report = join_file(source, toy_zones(), tmp_path / f"out.{kind}", columns=("x", "y"), crs=CRS)
    assert report.records == 0
    read = pd.read_csv if kind == "csv" else pd.read_parquet
    assert list(read(tmp_path / f"out.{kind}").columns[-2:]) == ["zone_id", "zone_status"]


def test_faults_are_told_and_leave_nothing(tmp_path):
    zones, out = toy_zones(), tmp_path / "out.csv"
    frame = people(20)

    def source(name, content):
        path = tmp_path / "in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    good = frame.to_csv(index=False).encode()
    swapped = pd.DataFrame({"lon": [36.0, 36.1], "lat": [140.0, 140.1]}).to_csv(index=False)
    for path, error, words in [
        (tmp_path / "no.csv", InputError, "no such file"),
        (source("a.xlsx", b"x"), InputError, "only .csv and .parquet"),
        (source("empty.csv", b""), InputError, "empty"),
        (source("good.csv", good), InputError, "no column lon, lat"),
        (source("taken.csv", good.replace(b"note", b"zone_id")), InputError, "already a column"),
        (source("ragged.csv", b"lon,lat\n1,2\n3\n"), InputError, "as CSV"),
        (source("swapped.csv", swapped.encode()), CRSError, "exchanged"),
    ]:
        with pytest.raises(error, match=words):
            join_file(path, zones, out)
    with pytest.raises(InputError, match=r"only \.csv and \.parquet"):
        join_file(tmp_path / "in" / "good.csv", zones, tmp_path / "out.xlsx", columns=("x", "y"))
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.usefixtures("small_parts")
def test_a_fault_far_down_leaves_nothing_either(tmp_path):
    (tmp_path / "late.csv").write_bytes(b"lon,lat\n" + b"1,2\n" * 3_000 + b"3\n")
    done = []
    with pytest.raises(InputError, match="as CSV"):
        join_file(tmp_path / "late.csv", toy_zones(), tmp_path / "out.csv", on_rows=done.append)
    assert done
    assert [path.name for path in tmp_path.iterdir()] == ["late.csv"]


def test_memory_does_not_grow_with_the_table(tmp_path):
    rows = 3_000_000
    x = np.random.default_rng(0).uniform(X0, X0 + 300, rows)
    pq.write_table(pa.table({"x": x, "y": x - X0 + Y0}), tmp_path / "many.parquet",
                   row_group_size=250_000)  # fmt: skip
    del x
    before = pa.total_allocated_bytes()
    peak = []
    join_file(
        tmp_path / "many.parquet", toy_zones(), tmp_path / "out.parquet", columns=("x", "y"),
        crs=CRS, on_rows=lambda _: peak.append(pa.total_allocated_bytes() - before),
    )  # fmt: skip
    # At most one part (24 MB of points, a little more of answers) is held, never the table.
    assert len(peak) == 3
    assert max(peak) < 80e6
