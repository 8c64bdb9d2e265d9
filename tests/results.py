"""A result with every part filled, for tests of what is made from results.

The numbers have the form and the size of real ones and agree with one another where a reader
would check (shares are those of the population); p values and intervals are made up.
"""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from toys import AGES, ORIGIN, toy_result

from tsukuba_gis.result import (
    AgeCurve,
    Association,
    Correlation,
    Economy,
    Flows,
    Indicator,
    Level,
    LocalAssociation,
    LocalMoran,
    MatchReport,
    Moran,
    Projection,
    Rate,
    Regions,
    Regression,
)
from tsukuba_gis.zones import Zones

YEARS = (2020, 2025, 2030, 2035, 2040, 2045)
SIDE = 20_000.0  # metres
SEXES = ("female", "male")
EN = ("East", "West", "South", "North", "Central")


def _indicator(name, unit, ja, en, digits=1):
    return Indicator(
        name=name, unit=unit, label={"ja": ja, "en": en}, digits=digits,
        definition={"ja": f"{ja}の計算のしかた", "en": f"how {en.lower()} is counted"},
    )  # fmt: skip


INDICATORS = (
    _indicator("share_65plus", "share", "高齢化率(65歳以上)", "Share aged 65+"),
    _indicator("share_75plus", "share", "後期高齢者の割合(75歳以上)", "Share aged 75+"),
    _indicator("share_0_14", "share", "年少人口の割合(0–14歳)", "Share aged 0–14"),
    _indicator("ratio_65_10", "ratio", "65歳以上/10歳以下比", "65+ to age 10 and under", 2),
    _indicator("density", "per_km2", "人口密度", "Population density", 0),
    _indicator("population", "persons", "人口", "Population", 0),
)
RATES = tuple(one.name for one in INDICATORS if one.unit != "persons")


def cells(n, *, seed=1):
    """A square city cut into n cells that meet without gaps."""
    rng = np.random.Generator(np.random.Philox(seed))
    spots = rng.uniform(0.02, 0.98, (n, 2)) ** np.array([1.0, 1.1]) * SIDE
    frame = shapely.box(0, 0, SIDE, SIDE)
    parts = shapely.voronoi_polygons(shapely.multipoints(spots), extend_to=frame, ordered=True)
    shapes = shapely.intersection(np.asarray(shapely.get_parts(parts)), frame)
    return gpd.GeoSeries(shapes, crs="EPSG:6677").translate(*ORIGIN)


def zones_of(n, *, names=None, kind="small_area", shapes=None):
    ids = pd.Index([f"08220{k:06d}" for k in range(n)], name="zone_id")
    shapes = cells(n) if shapes is None else shapes
    names = names or [f"{'東西南北中'[k % 5]}町{k // 5 + 1}丁目" for k in range(n)]
    frame = gpd.GeoDataFrame(
        {"name": names, "name_en": [f"{EN[k % 5]} {k // 5 + 1}" for k in range(n)]},
        geometry=shapes.to_numpy(), index=ids, crs=shapes.crs,
    )  # fmt: skip
    return Zones(frame=frame, kind=kind, source="作成例の境界", approximate=True)


def population_of(zones, *, seed=2):
    """Older towards the edge of the city, as in the real one."""
    rng = np.random.Generator(np.random.Philox(seed))
    middle = zones.frame.geometry.representative_point()
    far = np.hypot(middle.x - ORIGIN[0] - SIDE / 2, middle.y - ORIGIN[1] - SIDE / 2) / SIDE
    ages = np.asarray(AGES)
    young = np.exp(-(((ages - 35) / 28.0) ** 2))
    old = np.exp(-(((ages - 62) / 22.0) ** 2))
    shape = (1 - far.to_numpy()[:, None]) * young + 1.6 * far.to_numpy()[:, None] * old
    size = rng.uniform(150, 900, len(zones))[:, None]
    expected = np.hstack([shape, shape]) / shape.sum(axis=1, keepdims=True) / 2 * size
    columns = pd.MultiIndex.from_product([SEXES, AGES], names=["sex", "age_start"])
    return pd.DataFrame(rng.poisson(expected).astype(float), index=zones.ids, columns=columns)


def values_of(population, zones):
    ages = population.columns.get_level_values("age_start")
    all_ages = population.sum(axis=1)

    def between(low, high=200):
        return population.loc[:, (ages >= low) & (ages < high)].sum(axis=1)

    return pd.DataFrame(
        {
            "share_65plus": between(65) / all_ages,
            "share_75plus": between(75) / all_ages,
            "share_0_14": between(0, 15) / all_ages,
            "ratio_65_10": between(65) / between(0, 10).where(between(0, 10) > 0),
            "density": all_ages / (zones.frame.area / 1e6),
            "population": all_ages,
        }
    )


def lags(values, zones, k=6):
    """Standardised values, and the mean of those of the k nearest zones."""
    z = (values - values.mean()) / (values.std(ddof=0) or 1.0)
    middle = zones.frame.geometry.representative_point()
    places = np.column_stack([middle.x, middle.y])
    apart = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    near = np.argsort(apart, axis=1)[:, 1 : k + 1]
    lag = z.fillna(0).to_numpy()[near].sum(axis=1) / max(near.shape[1], 1)
    return z, pd.Series(lag, index=z.index)


def _local_frame(values, zones, names):
    z, lag = lags(values, zones)
    p = np.exp(-3 * (z * lag).abs()).clip(1e-5, 1)
    p_fdr = (1.5 * p).clip(upper=1)
    kind = np.select(
        [z.isna(), p_fdr > 0.05, (z > 0) & (lag > 0), z > 0, lag > 0],
        ["missing", "ns", *names[:3]],
        names[3],
    )
    return pd.DataFrame(
        {"i": z * lag, "value": z * lag, "z": z, "lag": lag.where(z.notna()), "p": p,
         "p_fdr": p_fdr, "cluster": kind, "neighbours": 6, "p_floor": 1e-5},
        index=values.index,
    )  # fmt: skip


def _moran(name, values, zones):
    z, lag = lags(values, zones)
    known = values.nunique() > 1
    i = float((z * lag).sum() / (z * z).sum()) if known else np.nan
    return Moran(
        indicator=name, i=i, expected=-1 / max(len(z) - 1, 1), z=9.1 if known else np.nan,
        p=0.0002 if known else np.nan, n=int(z.count()),
        n_missing=int(z.isna().sum()), n_islands=0, permutations=9999, seed=7, weights="queen",
    )  # fmt: skip


def _local(values, zones):
    common = {"alpha": 0.05, "fdr": True, "permutations": 9999, "seed": 7, "weights": "queen"}
    one = values["share_65plus"]
    return (
        LocalAssociation(
            statistic="local_g_star", indicator=("share_65plus",),
            frame=_local_frame(one, zones, ["hot_99", "hot_95", "cold_95", "cold_99"]),
            **{**common, "alpha": 0.1},
        ),
        LocalAssociation(
            statistic="local_geary", indicator=("share_65plus",),
            frame=_local_frame(one, zones, ["HH", "negative", "negative", "LL"]), **common,
        ),
    )  # fmt: skip


def _associations():
    return (
        Association(
            statistic="geary", indicator=("share_65plus",), value=0.41, expected=1.0,
            variance=0.001, z=18.6, p=0.0002, n=60, n_missing=0, n_islands=0, permutations=9999,
            seed=7, weights="queen",
        ),
    )  # fmt: skip


def _correlations(values):
    pairs = (("share_65plus", "share_0_14"), ("share_65plus", "density"))
    made = []
    for one, other in pairs:
        known = values[[one, other]].dropna()
        r = float(known[one].corr(known[other])) if len(known) > 2 else np.nan
        made.append(
            Correlation(
                indicators=(one, other),
                method="pearson",
                value=r,
                low=r - 0.08,
                high=r + 0.08,
                alpha=0.05,
                p=1e-6 + 0 * r,
                p_spatial=0.004 + 0 * r,
                adjustment="dutilleul",
                effective_n=31.5,
                n=len(known),
                n_missing=len(values) - len(known),
                seed=7,
            )
        )
    return tuple(made)


def _regression(values):
    known = values[["share_65plus", "density", "share_0_14"]].dropna()
    design = np.column_stack([np.ones(len(known)), known["density"], known["share_0_14"]])
    solution = np.linalg.lstsq(design, known["share_65plus"], rcond=None)[0]
    fitted = pd.Series(design @ solution, index=known.index)
    residual = known["share_65plus"] - fitted
    table = pd.DataFrame(
        {"estimate": solution, "se": np.abs(solution) / 4, "low": solution - np.abs(solution) / 2,
         "high": solution + np.abs(solution) / 2, "p": [0.0001, 0.002, 0.03]},
        index=["intercept", "density", "share_0_14"],
    )  # fmt: skip
    frame = pd.DataFrame(
        {"observed": known["share_65plus"], "fitted": fitted, "residual": residual,
         "residual_std": residual / (residual.std() or 1.0)}
    ).reindex(values.index)  # fmt: skip
    diagnostics = pd.DataFrame(
        {"value": [0.31, 12.4, 3.2], "p": [0.0001, 0.0004, 0.07]},
        index=["moran_residuals", "lm_lag", "breusch_pagan"],
    )
    return Regression(
        outcome="share_65plus", explanatory=("density", "share_0_14"), model="ols", errors="hc3",
        coefficients=table, frame=frame, diagnostics=diagnostics,
        fit={"r2": 0.62, "aic": -210.4}, alpha=0.05, n=len(known),
        n_missing=len(values) - len(known), weights="queen",
        impacts=pd.DataFrame(
            {"direct": [0.011, -0.4], "indirect": [0.003, -0.1], "total": [0.014, -0.5]},
            index=["density", "share_0_14"],
        ),
    )  # fmt: skip


def _rate(population):
    persons = population.sum(axis=1)
    events = (persons * 0.08).round()
    crude = events / persons
    frame = pd.DataFrame(
        {"value": crude * 1.02, "low": crude * 0.7, "high": crude * 1.4, "observed": events,
         "expected": persons * 0.08, "population": persons, "funnel_low": crude * 0.5,
         "funnel_high": crude * 1.6}
    )  # fmt: skip
    return (
        Rate(
            indicator="share_65plus", method="direct", standard="model2015", frame=frame,
            total=0.08, alpha=0.05, n=len(frame), n_missing=0,
        ),
        Rate(
            indicator="share_65plus", method="indirect", standard="city",
            frame=frame.assign(value=frame["observed"] / frame["expected"]), total=1.0,
            alpha=0.05, n=len(frame), n_missing=0,
        ),
    )  # fmt: skip


def _regions(values, zones):
    middle = zones.frame.geometry.representative_point()
    right = (middle.x > middle.x.median()).astype(int) + 2 * (middle.y > middle.y.median())
    labels = pd.Series(pd.factorize(right)[0] + 1, index=zones.ids)
    means = values[["share_65plus"]].groupby(labels).mean()
    return Regions(
        labels=labels, k=int(labels.max()), n=len(labels), n_missing=0, components=1,
        contiguous=True, within_share=0.55, sizes=labels.value_counts().sort_index(), sums=None,
        means=means, variables=("share_65plus",), constant=(), standardised=True, method="ward",
        floor=None, tries=1, seed=7, weights="queen",
    )  # fmt: skip


def _age_curves(population):
    """Care by age: the same share of each age in every zone, more of the old."""
    ages = [65, 70, 75, 80, 85]
    share = np.array([0.02, 0.04, 0.08, 0.16, 0.3])
    persons = {sex: population[sex][ages].sum() for sex in SEXES}
    persons["all"] = persons["female"] + persons["male"]
    rows = {(sex, age): persons[sex][age] for sex in ("all", *SEXES) for age in ages}
    index = pd.MultiIndex.from_tuples(list(rows), names=["sex", "age_start"])
    counted = pd.Series(list(rows.values()), index=index, dtype=float)
    value = pd.Series(np.tile(share, 3), index=index)
    frame = pd.DataFrame(
        {"observed": (counted * value).round(), "population": counted, "value": value,
         "low": value * 0.8, "high": value * 1.2}
    )  # fmt: skip
    zones = pd.DataFrame(np.tile(share, (len(population), 1)), population.index, ages)
    people = sum(population[sex][ages] for sex in SEXES)
    counts = pd.concat({"observed": (people * share).round(), "population": people}, axis=1)
    groups = pd.Index(ages, name="age_start")
    parts = pd.DataFrame({"none": 1 - share, "care3": share}, index=groups)
    return (
        AgeCurve(indicator="share_65plus", frame=frame, by_zone=zones, zone_counts=counts,
                 parts=parts, alpha=0.05, interval="wilson"),
    )  # fmt: skip


def projection_of(population, *, masked=()):
    """Everyone grows five years older with the ratios of age; a fixed number is born."""
    now = population.copy()
    masks = pd.Series("", index=now.index)
    masks.loc[list(masked)] = "small"
    years = {}
    for year in YEARS:
        years[year] = now.mask(masks != "", np.nan)
        older = now.copy()
        for sex in SEXES:
            here = now[sex].to_numpy()
            rates = np.where(np.asarray(AGES) < 60, 0.995, 1.0 - (np.asarray(AGES) - 55) / 60.0)
            moved = np.roll(here * np.clip(rates, 0, 1), 1, axis=1)
            moved[:, 0] = 0.16 * now[sex][[20, 25, 30, 35]].to_numpy().sum(axis=1)
            older[sex] = moved
        now = older
    whole = pd.concat(years, axis=1, names=["year"])
    totals = whole.T.groupby(level="year").sum(min_count=1).T
    cohorts = pd.MultiIndex.from_product([SEXES, AGES[1:]])
    ratios = pd.DataFrame(0.995, index=now.index, columns=cohorts)
    ratios[masks != ""] = np.nan
    return Projection(
        method="hamilton_perry", base=YEARS[0], step=5, years=YEARS, population=whole,
        low=totals * 0.93, high=totals * 1.07, masks=masks, control=totals.sum(),
        ratios=ratios, borrowed=ratios.notna() & (np.arange(len(now)) % 3 == 0)[:, None],
        backtest=pd.DataFrame(
            {"zones": [len(now) // 2, len(now)], "mape": [0.081, 0.062], "bias": [-0.004, 0.001],
             "median_ape": [0.06, 0.044]}, index=["small", "all"],
        ),
        earlier=2015, settings={"shrink": 50}, n=int((masks == "").sum()),
        n_missing=int((masks != "").sum()),
    )  # fmt: skip


def full_level(n=60, *, names=None, kind="small_area", shapes=None, equal=False, missing=False):
    """One level with every part; all values equal, or none at all, where asked for."""
    zones = zones_of(n, names=names, kind=kind, shapes=shapes)
    population = population_of(zones)
    values = values_of(population, zones)
    masks = pd.DataFrame("", index=zones.ids, columns=values.columns)
    if n > 5 and not equal:
        values.iloc[[1, 4], 0] = np.nan
        masks.iloc[[1, 4], 0] = ["small", "missing"]
    masks[values.isna() & (masks == "")] = "zero"
    if equal:
        values[:] = values.iloc[0].to_numpy()
        masks[:] = ""
    if missing:
        values[:], masks[:], population[:] = np.nan, "missing", np.nan
    ages = population.columns.get_level_values("age_start")
    persons = population.to_numpy().sum()
    return Level(
        zones=zones, population=population, values=values, masks=masks,
        total=pd.Series({name: np.nan if missing else values[name].mean() for name in values})
        .where(lambda s: s.index != "population", persons)
        .where(lambda s: s.index != "share_65plus", population.loc[:, ages >= 65].to_numpy().sum()
               / persons),
        moran={name: _moran(name, values[name], zones) for name in RATES},
        lisa={
            name: LocalMoran(
                indicator=name, frame=_local_frame(values[name], zones, ["HH", "HL", "LH", "LL"]),
                alpha=0.05, fdr=True, permutations=9999, seed=7, weights="queen",
            )
            for name in RATES
        },
        match=MatchReport(
            zones=kind, method="point", records=int(persons) if not missing else 0,
            matched=int(persons) if not missing else 0, on_border=0, outside=0, nearest=0,
            missing=0,
        ),
        associations=_associations(), local=_local(values, zones),
        correlations=_correlations(values),
        regressions=() if missing or n < 8 else (_regression(values),),
        rates=() if missing else _rate(population),
        age_curves=() if missing else _age_curves(population), regions=_regions(values, zones),
        projection=None if missing
        else projection_of(population, masked=zones.ids[[1]] if n > 5 else ()),
    )  # fmt: skip


def full_flows():
    """Moves between the city, its neighbours and a place without a position."""
    places = ["つくば市", "土浦市", "東京都区部", "国外"]
    x0, y0 = ORIGIN
    points = pd.DataFrame(
        {"x": [x0 + 10_000, x0 + 16_000, x0 + 2_000], "y": [y0 + 10_000, y0 + 14_000, y0 + 1_000]},
        index=pd.Index(places[:3], name="place"),
    )
    rows = [(a, b, 100.0 * (3 * i + 2 * j + 1)) for i, a in enumerate(places)
            for j, b in enumerate(places) if a != b]  # fmt: skip
    pairs = pd.DataFrame(rows, columns=["origin", "destination", "persons"])
    inflow = pairs.groupby("destination")["persons"].sum().reindex(places)
    outflow = pairs.groupby("origin")["persons"].sum().reindex(places)
    table = pd.DataFrame({"inflow": inflow, "outflow": outflow})
    table["net"] = table["inflow"] - table["outflow"]
    table["gross"] = table["inflow"] + table["outflow"]
    table["effectiveness"] = table["net"] / table["gross"]
    table["population"] = [240_000.0, 140_000.0, np.nan, np.nan]
    table["net_rate"] = table["net"] / table["population"]
    return Flows(
        kind="migration", period="2024", source="作成例", pairs=pairs, places=table, points=points
    )


def full_economy():
    frame = pd.DataFrame(
        {"start": [900.0, 4200.0, 7700.0], "end": [850.0, 4600.0, 9900.0],
         "location_quotient": [1.3, 0.8, 2.6], "growth": [-50.0, 400.0, 2200.0],
         "national": [27.0, 126.0, 231.0], "composition": [-60.0, 90.0, 800.0],
         "differential": [-17.0, 184.0, 1169.0]},
        index=pd.Index(["農業,林業", "製造業", "学術研究,専門・技術サービス業"], name="industry"),
    )  # fmt: skip
    return Economy(
        area="つくば市",
        reference="全国",
        period="2016–2021",
        source="作成例",
        frame=frame,
        total=frame.drop(columns="location_quotient").sum(),
    )


def full_result(n=60, *, lang="ja", names=None, districts=12, **level):
    """A result with two levels and every part: ``full_result(600)`` is as large as a city."""
    fine = full_level(n, names=names, **level)
    city = shapely.union_all(fine.zones.frame.geometry.to_numpy())
    levels = (full_level(districts, kind="school_district"), fine) if districts else (fine,)
    return replace(
        toy_result(lang=lang),
        title={"ja": "作成例の市 地区別統計", "en": "Sample city: statistics by district"},
        indicators=INDICATORS, levels=levels, outlines={"市": city}, problems=(),
        flows=(full_flows(),), economy=full_economy(),
    )  # fmt: skip
