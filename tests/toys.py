"""Toy cities, small enough to be worked by hand.

The city is nine squares of 100 m, named a1 … c3 (letters west to east, digits
south to north), placed in Tsukuba so that every CRS rule holds:

    a3 b3 c3
    a2 b2 c2
    a1 b1 c1
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tsukuba_gis.errors import Problem
from tsukuba_gis.result import (
    Indicator,
    Level,
    LocalMoran,
    MatchReport,
    Moran,
    Provenance,
    Result,
)
from tsukuba_gis.zones import Zones

ORIGIN = (24_000.0, 9_000.0)  # metres in EPSG:6677, in the middle of Tsukuba
IDS = [f"{column}{row}" for row in "123" for column in "abc"]
AGES = list(range(0, 105, 5))


def toy_zones(names=None, *, kind="school_district"):
    x0, y0 = ORIGIN
    squares = [
        shapely.box(x0 + 100 * i, y0 + 100 * j, x0 + 100 * i + 100, y0 + 100 * j + 100)
        for j in range(3)
        for i in range(3)
    ]
    frame = gpd.GeoDataFrame(
        {"name": names or [f"{zone_id}区" for zone_id in IDS]},
        geometry=squares,
        index=pd.Index(IDS, name="zone_id"),
        crs="EPSG:6677",
    )
    return Zones(frame=frame, kind=kind, source="toy", approximate=True)


def toy_level(names=None, *, kind="school_district"):
    zones = toy_zones(names, kind=kind)
    columns = pd.MultiIndex.from_product([["female", "male"], AGES], names=["sex", "age_start"])
    cells = np.arange(9)[:, None] + np.arange(42)[None, :] % 7
    population = pd.DataFrame(cells.astype(float), index=zones.ids, columns=columns)
    values = pd.DataFrame(
        {
            "share_65plus": [0.1, 0.2, 0.3, 0.2, 0.3, 0.4, np.nan, 0.4, 0.5],
            "population": population.sum(axis=1),
            "ratio_65_10": [0.5, 1.0, 1.5, 2.0, np.nan, 3.0, 3.5, 4.0, 4.5],
        },
        index=zones.ids,
    )
    masks = pd.DataFrame("", index=zones.ids, columns=values.columns)
    masks.loc["a3", "share_65plus"] = "small"
    masks.loc["b2", "ratio_65_10"] = "zero"
    classes = ["LL", "LL", "ns", "ns", "ns", "HL", "missing", "LH", "HH"]
    z = np.array([-1.5, -0.8, 0.0, -0.8, 0.0, 0.8, np.nan, 0.8, 1.5])
    frame = pd.DataFrame(
        {
            "i": z * z / 2,
            "z": z,
            "lag": z / 2,
            "p": [0.01, 0.02, 0.5, 0.4, 0.9, 0.03, np.nan, 0.04, 0.001],
            "p_fdr": [0.04, 0.04, 0.6, 0.6, 0.9, 0.05, np.nan, 0.05, 0.008],
            "cluster": classes,
            "neighbours": [3, 5, 3, 4, 7, 5, 0, 4, 3],
            "p_floor": [0.024, 0.018, 0.024, 0.02, 0.25, 0.018, np.nan, 0.02, 0.024],
        },
        index=zones.ids,
    )
    return Level(
        zones=zones,
        population=population,
        values=values,
        masks=masks,
        total=pd.Series({"share_65plus": 0.3, "population": 2700.0, "ratio_65_10": 2.5}),
        moran={
            "share_65plus": Moran(
                indicator="share_65plus", i=0.45, expected=-1 / 7, z=2.5, p=0.012, n=8,
                n_missing=1, n_islands=0, permutations=9999, seed=7, weights="queen",
            )
        },
        lisa={
            "share_65plus": LocalMoran(
                indicator="share_65plus", frame=frame, alpha=0.05, fdr=True,
                permutations=99999, seed=7, weights="queen",
            )
        },
        match=MatchReport(
            zones=kind, method="point", records=2710, matched=2700, on_border=3, outside=4,
            nearest=1, missing=5,
        ),
    )  # fmt: skip


def toy_indicators():
    return (
        Indicator(
            name="share_65plus",
            unit="share",
            label={"ja": "高齢化率(65歳以上)", "en": "Share aged 65+"},
            definition={
                "ja": "65歳以上の人 ÷ 年齢のわかる人",
                "en": "persons 65+ / persons of known age",
            },
        ),
        Indicator(
            name="population",
            unit="persons",
            label={"ja": "人口", "en": "Population"},
            definition={"ja": "人数", "en": "number of persons"},
            digits=0,
        ),
        Indicator(
            name="ratio_65_10",
            unit="ratio",
            label={"ja": "65歳以上/10歳以下比", "en": "65+ to age 10 and under"},
            definition={
                "ja": "65歳以上 ÷ 0–10歳(10歳を含む)",
                "en": "persons 65+ / persons aged 0–10 inclusive",
            },
            digits=2,
        ),
    )


def toy_result(names=None, *, lang="ja"):
    level = toy_level(names)
    city = shapely.union_all(level.zones.frame.geometry.to_numpy())
    return Result(
        title={"ja": "おもちゃの市 地区別統計", "en": "Toy city: district statistics"},
        lang=lang,
        kind="pseudo",
        notices={
            "ja": ("疑似データのため結果は現状に沿っていません",),
            "en": ("Pseudo data: results do not reflect reality",),
        },
        indicators=toy_indicators(),
        levels=(level, toy_level(names, kind="small_area")),
        outlines={"市": city},
        problems=(
            Problem(severity="warning", file="toy.csv", row=3, column="年齢", key="file_missing",
                    values={"path": "toy.csv"}),
        ),
        provenance=Provenance(
            version="0.1.0", versions={"python": "3.11"}, seed=7,
            inputs={"toy.csv": "0" * 64}, settings={"min_count": 10},
        ),
        min_count=10,
    )  # fmt: skip
