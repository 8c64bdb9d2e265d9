"""Time to read 240,000 persons in 14 columns from each format.

Run: python benchmarks/reading.py [persons]
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import geopandas as gpd
import numpy as np
import pandas as pd

from tsukuba_gis.io import read_records


def register(n):
    """Persons in the words of a Japanese register."""
    rng = np.random.Generator(np.random.Philox(1))
    return pd.DataFrame(
        {
            "住民番号": [f"P{i:07d}" for i in range(n)],
            "世帯番号": [f"H{i // 2:07d}" for i in range(n)],
            "年齢": rng.integers(0, 100, n),
            "性別": rng.choice(["男", "女"], n),
            "世帯類型": rng.choice(["単独", "夫婦のみ"], n),
            "続柄": rng.choice(["世帯主", "妻", "子"], n),
            "要介護度": rng.choice(["", "要介護３", "要支援1", "非該当"], n),
            "レセプト件数": rng.integers(0, 30, n),
            "医療費": rng.integers(0, 900_000, n),
            "BMI": rng.normal(22, 3, n).round(1),
            "収縮期血圧": rng.integers(100, 180, n),
            "町丁字コード": rng.choice(["082201200", "08220001001"], n),
            "経度": rng.uniform(140.0, 140.17, n).round(6),
            "緯度": rng.uniform(35.95, 36.2, n).round(6),
        }
    )


def main(n):
    frame = register(n)
    points = gpd.points_from_xy(frame["経度"], frame["緯度"], crs="EPSG:6668")
    layer = gpd.GeoDataFrame(frame.drop(columns=["経度", "緯度"]), geometry=points)
    with TemporaryDirectory() as folder:
        here = Path(folder)
        frame.to_csv(here / "utf8.csv", index=False)
        frame.to_csv(here / "cp932.csv", index=False, encoding="cp932")
        frame.to_parquet(here / "table.parquet")
        layer.to_file(here / "layer.gpkg")
        frame.to_excel(here / "book.xlsx", index=False, engine="xlsxwriter")
        for path in sorted(here.iterdir()):
            times = []
            for _ in range(3):
                start = perf_counter()
                records, _ = read_records(path, kind="invented")
                times.append(perf_counter() - start)
            print(f"{path.name:14} {min(times):6.2f} s  {len(records):,} persons")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 240_000)
