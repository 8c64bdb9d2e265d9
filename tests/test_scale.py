"""The join on many workers: the same answers, also when a worker is killed."""

import os
import signal
import sys
import threading
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from toys import ORIGIN, toy_zones

from tsukuba_gis.cli import main
from tsukuba_gis.errors import CRSError, InputError, MissingExtraError
from tsukuba_gis.join import assign_zones
from tsukuba_gis.pseudo.measure import measure
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.records import Records
from tsukuba_gis.tables import population

dask = pytest.importorskip("dask", reason="the extra scale is not installed")
dd = pytest.importorskip("dask.dataframe", reason="the extra scale is not installed")
from tsukuba_gis import scale  # noqa: E402

X0, Y0 = ORIGIN
CRS = "EPSG:6677"
WHERE = {"columns": ("x", "y"), "crs": CRS}


def people(n=3_000, seed=1):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-50, 350, (2, n)).round(0)
    x[::7] = np.nan
    return pd.DataFrame(
        {
            "x": x + X0,
            "y": y + Y0,
            "age": rng.integers(0, 110, n),
            "sex": rng.choice(["female", "male"], n),
        }
    )


def alone(frame, **options):
    points = gpd.GeoSeries(gpd.points_from_xy(frame["x"], frame["y"], crs=CRS), index=frame.index)
    return assign_zones(points, toy_zones(), **options)


def counted(frame):
    return population(
        Records(frame=frame, kind="invented"), alone(frame).zone_ids, zones=toy_zones().ids
    )


@pytest.mark.parametrize("parts", [1, 2, 9, 70])
@pytest.mark.parametrize("nearest", [None, 20.0])
def test_the_zones_are_those_of_one_process(parts, nearest):
    frame = people()
    lazy = scale.assign_zones(
        dd.from_pandas(frame, npartitions=parts), toy_zones(), nearest=nearest, **WHERE
    )
    found, expected = lazy.compute(scheduler="sync"), alone(frame, nearest=nearest)
    assert found["zone_id"].isna().equals(expected.zone_ids.isna())
    assert found["zone_id"].dropna().tolist() == expected.zone_ids.dropna().tolist()
    assert found["zone_status"].tolist() == expected.status.tolist()
    pd.testing.assert_frame_equal(found[list(frame)], frame, check_dtype=False)  # Dask: Arrow texts


@pytest.mark.parametrize("parts", [1, 2, 9, 70])
def test_the_counts_are_those_of_one_process(parts):
    frame = people()
    lazy = scale.assign_zones(dd.from_pandas(frame, npartitions=parts), toy_zones(), **WHERE)
    table, report = scale.population(lazy, toy_zones(), branches=3).compute(scheduler="sync")
    pd.testing.assert_frame_equal(table, counted(frame))
    assert report == alone(frame).report


def test_a_dask_geodataframe():
    dask_geopandas = pytest.importorskip("dask_geopandas")
    frame = people().dropna()
    points = gpd.GeoDataFrame(
        frame[["age", "sex"]], geometry=gpd.points_from_xy(frame["x"], frame["y"]), crs=CRS
    )
    parts = dask_geopandas.from_geopandas(points.to_crs("EPSG:4326"), npartitions=3)
    table, report = scale.population(scale.assign_zones(parts, toy_zones()), toy_zones()).compute(
        scheduler="sync"
    )
    assert report.records == len(frame)
    assert report.matched > 0.5 * len(frame)
    assert table.to_numpy().sum() == report.matched
    with pytest.raises(CRSError):
        scale.assign_zones(
            dask_geopandas.from_geopandas(points.set_crs(None, allow_override=True), npartitions=2),
            toy_zones(),
        )


def test_nobody_at_all():
    empty = dd.from_pandas(people().iloc[:0], npartitions=1)
    lazy = scale.assign_zones(empty, toy_zones(), **WHERE)
    table, report = scale.population(lazy, toy_zones()).compute(scheduler="sync")
    assert report.records == table.to_numpy().sum() == 0


def test_columns_that_do_not_fit():
    frame = dd.from_pandas(people(), npartitions=2)
    with pytest.raises(InputError) as found:
        scale.assign_zones(frame, toy_zones())
    assert found.value.key == "scale_column_absent"
    with pytest.raises(InputError) as found:
        scale.assign_zones(frame.assign(zone_id="a"), toy_zones(), **WHERE)
    assert found.value.key == "scale_column_taken"
    with pytest.raises(InputError) as found:
        scale.population(frame, toy_zones())
    assert found.value.key == "scale_column_absent"


def slowly(number):
    """Make a part of the register; slow, so that there is time to kill a worker."""
    time.sleep(0.3)
    return people(200, seed=number)


def toy_register(n=2_000, seed=4):
    """Persons in households of one to four, whose rows lie apart from each other."""
    rng = np.random.default_rng(seed)
    household = np.repeat(np.arange(n), rng.integers(1, 5, n))[:n]
    frame = pd.DataFrame(
        {
            "household_id": [f"h{number}" for number in household],
            "district": np.where(household % 3 == 0, "north", "south"),
            "age": rng.integers(0, 100, n),
            "sex": rng.choice(["female", "male"], n),
        }
    )
    frame["care_level"] = np.where((frame["age"] > 75) & (rng.random(n) < 0.3), "care3", "none")
    return frame.sample(frac=1, random_state=seed, ignore_index=True)


def slow_part(rows):
    time.sleep(0.3)
    return toy_register().iloc[rows]


def test_a_killed_worker_changes_nothing():
    frame = pd.concat([people(200, seed=number) for number in range(16)])
    with scale.workers(n=2) as client:
        pids = client.run(os.getpid)
        parts = dd.from_map(slowly, range(16), meta=people(1))
        lazy = scale.population(scale.assign_zones(parts, toy_zones(), **WHERE), toy_zones())
        victim = next(iter(pids.values()))
        killer = threading.Timer(1.0, os.kill, (victim, signal.SIGKILL))
        killer.start()
        table, report = client.compute(lazy).result(timeout=120)
        killer.join()
        with pytest.raises(ProcessLookupError):
            os.kill(victim, 0)
    expected = counted(frame.reset_index(drop=True))
    pd.testing.assert_frame_equal(table, expected)
    assert report.records == 3_200


def test_the_command_joins_on_a_running_scheduler(tmp_path, capsys):
    frame = people()
    (tmp_path / "people").mkdir()
    for number in range(3):
        part = frame.iloc[number * 1_000 : (number + 1) * 1_000]
        part.to_parquet(tmp_path / "people" / f"{number}.parquet", index=False)
    toy_zones().frame.reset_index().to_file(tmp_path / "zones.gpkg")
    files = [str(tmp_path / name) for name in ("people", "zones.gpkg", "joined")]
    command = ["join", *files[:2], "--out", files[2], "--columns", "x,y", "--crs", CRS]
    command += ["--lang", "en"]
    with scale.workers(n=1) as client:
        address = client.scheduler_info()["address"]
        assert main([*command, "--scheduler", address]) == 0
    assert "3,000" in capsys.readouterr().out
    joined = pd.read_parquet(tmp_path / "joined")
    assert joined["zone_status"].tolist() == alone(frame).status.tolist()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["joined", "people", "zones.gpkg"]
    assert main([*command, "--scheduler", "local"]) == 1  # never over another folder
    assert "folder" in capsys.readouterr().err


def test_nobody_answers():
    with pytest.raises(InputError) as found, scale.workers("tcp://127.0.0.1:9", n=1):
        pass
    assert found.value.key == "scale_no_scheduler"


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match="scale"), scale.workers():
        pass


@pytest.mark.parametrize("parts", [1, 4, 11])
def test_a_register_in_partitions_gives_the_same_statistics_file(parts, tmp_path):
    register = toy_register()
    spec = Spec(cluster="district", household="household_id", care="care_level", k=10)
    with dask.config.set({"dataframe.convert-string": False}):  # the dtypes of the frame as it is
        lazy = scale.measure(dd.from_pandas(register, npartitions=parts), spec)
    lazy.compute(scheduler="sync").save(tmp_path / "parts")
    measure(Records(frame=register, kind="invented"), spec).save(tmp_path / "whole")
    names = sorted(path.name for path in (tmp_path / "whole").iterdir())
    assert len(names) > 3
    for name in names:
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_measuring_survives_a_killed_worker():
    register = toy_register()
    spec = Spec(cluster="district", household="household_id", care="care_level", k=10)
    rows = np.array_split(np.arange(len(register)), 16)
    with scale.workers(n=2) as client:
        pids = client.run(os.getpid)
        parts = dd.from_map(slow_part, rows, meta=register.iloc[:0])
        killer = threading.Timer(1.0, os.kill, (next(iter(pids.values())), signal.SIGKILL))
        killer.start()
        found = client.compute(scale.measure(parts, spec)).result(timeout=120)
        killer.join()
    expected = measure(Records(frame=register, kind="invented"), spec)
    for name, table in expected.tables.items():
        pd.testing.assert_frame_equal(found.tables[name], table)
