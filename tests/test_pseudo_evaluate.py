"""The whole proof: copies are found out, exact small cells are seen where distances are blind."""

import json
import math
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import toys
from libpysal.graph import Graph

from tsukuba_gis.errors import DisclosureError
from tsukuba_gis.messages import table
from tsukuba_gis.pseudo.evaluate import evaluate
from tsukuba_gis.pseudo.proof import gates, holdout, nearest, relations
from tsukuba_gis.pseudo.proof.certificate import certificate, write_certificate
from tsukuba_gis.pseudo.proof.evaluation import Effort, Evaluation
from tsukuba_gis.pseudo.proof.metric import Metric
from tsukuba_gis.pseudo.proof.recount import recount
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.records import Records

SPEC = Spec(
    cluster="district", area="ward", household="home", care="care", relation="relation",
    sums=("cost",), numeric=("cost", "sbp"), lon="lon", lat="lat",
)  # fmt: skip
CELL = ["district", "sex", "five", "care"]


def city(n=5000, seed=1):
    """Couples and people living alone in 4 districts of 6 wards; care and cost rise with age."""
    rng = np.random.default_rng(seed)
    home = np.sort(rng.integers(0, int(n / 1.8), n))
    ward = rng.integers(0, 24, home.max() + 1)[home]
    age = rng.integers(0, 100, n)
    need = rng.random(n) < np.clip((age - 60) / 80, 0, 1)
    first = ~pd.Series(home).duplicated().to_numpy()
    return pd.DataFrame(
        {
            "home": home,
            "district": np.char.add("d", (ward // 6).astype(str)),
            "ward": np.char.add("w", ward.astype(str)),
            "age": age,
            "sex": rng.choice(["female", "male"], n),
            "care": np.where(need, rng.choice(["care1", "care3", "care5"], n), "none"),
            "relation": np.where(first, "head", "spouse"),
            "cost": np.round(np.exp(8 + 0.03 * age + rng.normal(0, 1, n))),
            "sbp": np.where(age >= 40, np.round(rng.normal(130, 15, n)), np.nan),
            "lon": 140 + rng.random(home.max() + 1)[home] / 10,
            "lat": 36 + rng.random(home.max() + 1)[home] / 10,
        }
    )


def exact_to(frame, k, seed):
    """Pseudo people whose cells of k and more are exact, the rest by the city's profile.

    A stand-in for the generator which does one thing wrong on request: with
    k = 1 every small cell is the true one. All else is drawn anew.
    """
    rng = np.random.default_rng(seed)
    real = frame.assign(five=frame.age // 5 * 5)
    keys = [[*real[c].unique()] for c in CELL]
    index = pd.MultiIndex.from_product(keys, names=CELL)
    counts = real.groupby(CELL).size().reindex(index, fill_value=0)
    profile = real.groupby(CELL[1:]).size().reindex(index.droplevel(0), fill_value=0).to_numpy()
    small = (counts < k).to_numpy()
    district = index.get_level_values(0)
    made = counts.to_numpy().copy()
    for name in keys[0]:
        rows = small & (district == name)
        if rows.any():
            chance = profile[rows] + 1e-9
            made[rows] = rng.multinomial(made[rows].sum(), chance / chance.sum())
    cells = index.to_frame(index=False)
    rows = cells.loc[cells.index.repeat(made)].sample(frac=1, random_state=seed)
    n = len(rows)
    like = city(n, seed + 1)
    like["lon"], like["lat"] = 140 + rng.random(n) / 10, 36 + rng.random(n) / 10
    age = rows.five.to_numpy() + rng.integers(0, 5, n)
    return like.assign(
        home=np.arange(n), relation="head",
        district=rows.district.to_numpy(), sex=rows.sex.to_numpy(), age=age,
        care=rows.care.to_numpy(),
        ward=rows.district.to_numpy() + np.char.add("w", rng.integers(0, 6, n).astype(str)),
        cost=np.round(np.exp(8 + 0.03 * age + rng.normal(0, 1, n))),
        sbp=np.where(age >= 40, np.round(rng.normal(130, 15, n)), np.nan),
    )  # fmt: skip


def made_by(maker):
    return lambda records: Records(frame=maker(records.frame), kind="pseudo")


def proof(maker, monkeypatch, *, n=5000):
    monkeypatch.setattr(relations, "classifier_auc", _guess)
    real = Records(frame=city(n), kind="invented")
    make = made_by(maker)
    return evaluate(real, make(real), SPEC, make=make, seed=1, effort=Effort(sample=2000))


def _guess(*args, **kwargs):
    return Metric(
        name="classifier", kind="utility", value=0.5, low=0.49, high=0.51, null=0.5, at_most=0.55
    )


# ---- the two proofs without which the rest proves nothing --------------------------------------


def test_the_register_as_pseudo_records_is_a_full_leak(monkeypatch):
    found = proof(lambda frame: frame.copy(), monkeypatch)
    assert found.metric("membership").value > 0.999
    assert found.metric("membership_background").value > 0.999
    assert found.metric("dcr").value == 1.0
    assert found.metric("small_cells").value == 1.0
    for secret in ("care", "cost", "sbp"):
        inference = found.metric("inference", secret)
        # a few of the young, who have no check-up, are like one another in all but the cost
        assert inference.parts["source"] > (0.9 if secret == "cost" else 0.99), secret
        assert inference.passed is False, secret
    for name in ("replicated_uniques", "disclosive", "replicated_households"):
        assert found.metric(name).passed is False, name
    assert set(found.failed) == {"equal_rows", "same_points"}
    assert not found.guaranteed
    with pytest.raises(DisclosureError, match="equal_rows"):
        found.require_passed()


def test_small_cells_are_seen_where_distances_are_blind(monkeypatch):
    """No threshold: every small cell is true, and membership and DCR notice nothing."""
    open_, safe = (
        proof(lambda frame, k=k: exact_to(frame, k, 7), monkeypatch, n=8000) for k in (1, 10)
    )
    assert open_.metric("small_cells", "care").value == 1.0
    assert open_.metric("small_cells", "care").passed is False
    assert safe.metric("small_cells", "care").value < 0.4
    assert safe.metric("small_cells", "care").passed is True
    for found in (open_, safe):
        assert found.metric("dcr").passed is not False
        assert found.metric("membership").passed is not False
        assert found.passed


def test_half_copied_records_are_found_by_the_gate(monkeypatch):
    """One row in a hundred is a real person's: too few for distances, enough for the gate."""

    def leaky(frame):
        made = exact_to(frame, 10, 7)
        copied = frame[frame.relation == "head"].sample(len(made) // 100, random_state=1)
        for column in ["district", "ward", "age", "sex", "care", "cost", "sbp"]:
            column_of = made[column].to_numpy(copy=True)
            column_of[: len(copied)] = copied[column]
            made[column] = column_of
        return made

    found = proof(leaky, monkeypatch)
    assert found.failed == ("equal_rows",)
    assert found.metric("dcr").passed is not False


# ---- the object ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        yield proof(lambda frame: exact_to(frame, 10, 7), patch)


def test_groups_are_disjoint_and_stated(found):
    assert sum(found.holdout) == 5000
    assert found.holdout[0] == pytest.approx(1500, abs=60)
    assert (found.persons, found.k, found.seed) == (5000, 10, 1)


def test_the_same_seed_gives_the_same_proof(found, monkeypatch):
    again = proof(lambda frame: exact_to(frame, 10, 7), monkeypatch)
    assert again.to_json() == found.to_json()


def test_json_is_plain_and_says_what_failed(found):
    content = json.loads(found.to_json())
    assert content["passed"] is True
    metrics = {m["name"]: m for m in content["metrics"]}
    for name, metric in metrics.items():
        if metric["kind"] != "gate":
            assert metric["low"] <= metric["value"] <= metric["high"], name
            # Groups of people never used are too small for the ends of a distribution.
            assert metric["null"] is not None or name in {"spread", "tail"}, name
    text = re.sub(r'"(k|seed|n|sample|permutations|persons)": \d+', "", found.to_json())
    assert not re.search(r"0\.0*[1-9]\d{4}", text), "four digits: more would tell what is hidden"
    assert metrics["membership"]["null"] == pytest.approx(0.5, abs=0.05)
    kinds = [m["kind"] for m in content["metrics"]]
    assert kinds == sorted(kinds, key=["gate", "risk", "smoke", "utility"].index)


def test_neither_frame_is_written_to(monkeypatch):
    monkeypatch.setattr(relations, "classifier_auc", _guess)
    real, fake = city(600), exact_to(city(600), 10, 3)
    before = real.copy(), fake.copy()
    make = made_by(lambda frame: exact_to(frame, 10, 3))
    evaluate(Records(frame=real, kind="invented"), Records(frame=fake, kind="pseudo"), SPEC,
             make=make, effort=Effort(sample=200))  # fmt: skip
    pd.testing.assert_frame_equal(real, before[0])
    pd.testing.assert_frame_equal(fake, before[1])


def test_a_register_of_ages_and_districts_alone(monkeypatch):
    """No sex, households, health or places: what is left is measured."""
    spec = Spec(cluster="district", sex=None)
    real = city(2000)[["district", "age"]]
    make = made_by(lambda frame: frame.sample(frac=1, random_state=1).reset_index(drop=True))
    records = Records(frame=real, kind="invented")
    found = evaluate(records, make(records), spec, make=make, effort=Effort(sample=200))
    names = {m.name for m in found.metrics}
    assert {"membership", "dcr", "cells_equal", "tvd", "propensity"} <= names
    assert not {"inference", "same_points", "replicated_households", "sums_equal"} & names
    assert found.metric("cells_equal").value == 1.0


def test_the_story_is_told_where_neighbours_and_indicators_are_given(monkeypatch):
    monkeypatch.setattr(relations, "classifier_auc", _guess)
    ring = [(f"w{i}", f"w{j % 24}") for i in range(24) for j in (i - 1 + 24, i + 1)]
    neighbours = Graph.from_arrays(*zip(*ring, strict=True), np.ones(len(ring)))

    def by_area(records):
        people = records.frame.assign(share_65plus=records.frame["age"] >= 65)
        return people.groupby("ward")[["share_65plus"]].mean()

    real = Records(frame=city(3000), kind="invented")
    make = made_by(lambda frame: frame.copy())
    found = evaluate(
        real, make(real), SPEC, make=make, neighbours=neighbours, by_area=by_area,
        effort=Effort(sample=200),
    )  # fmt: skip
    moran = found.metric("moran", "share_65plus")
    assert (moran.value, moran.n) == (0.0, 24)
    # two neighbours an area: no class can be significant, so there is no kappa, and that is said
    assert set(found.not_measured) == {"clusters"}
    assert found.story[0].areas["ns"] == (24, 24, 24)
    (row,) = json.loads(found.to_json())["story"]
    assert (row["indicator"], row["areas"], row["difference"], row["kappa"]) == (
        "share_65plus", 24, 0, None,
    )  # fmt: skip
    assert (row["ns_real"], row["ns_both"], row["moran_real"]) == (24, 24, row["moran_pseudo"])


def test_the_story_stands_on_the_page_row_by_row():
    counts = {
        "HH": (5, 4, 3),
        "HL": (0, 1, 0),
        "LH": (0, 0, 0),
        "LL": (2, 2, 2),
        "ns": (17, 17, 15),
    }
    parts = {"real_i": 0.41, "pseudo_i": -0.39, "real_p": 0.002, "pseudo_p": 0.01, "same": 0.8}
    for kind, numbers in counts.items():
        for side, number in zip(("real", "pseudo", "both"), numbers, strict=True):
            parts[f"{side}_{kind}"] = float(number)
    subject = ("ward", "share_severe_care")
    told = [
        Metric(name="moran", kind="utility", value=-0.8, low=-0.9, high=-0.7, at_least=-0.03,
               at_most=0.03, n=24, subject=subject, parts=parts),
        Metric(name="clusters", kind="utility", value=0.7, low=0.5, high=0.9, at_least=0.6, n=24,
               subject=subject),
    ]  # fmt: skip
    page = certificate(evaluation(metrics=tuple(told)), lang="en")
    story = page[page.index("Does it tell the same story?") :]
    assert "Share in heavy care (care level 3-5, aged 65+)" in story
    cells = re.findall(r"<td[^>]*>(.*?)</td>", story)
    assert cells[:6] == [
        "24", "0.410 / −0.390<small>p 0.002 / 0.010</small>",
        "−0.800<small>−0.900 to −0.700</small>", "✗ not met",
        "0.700<small>0.500 to 0.900</small>", "✓ met",
    ]  # fmt: skip
    assert cells[6:11] == ["5 / 4 / 3", "0 / 1 / 0", "0 / 0 / 0", "2 / 2 / 2", "17 / 17 / 15"]


def test_no_scikit_learn_is_said_on_the_page(monkeypatch):
    from tsukuba_gis.errors import MissingExtraError

    def missing(*args, **kwargs):
        raise MissingExtraError("extra_evaluate")

    monkeypatch.setattr(relations, "classifier_auc", missing)
    real = Records(frame=city(600), kind="invented")
    make = made_by(lambda frame: exact_to(frame, 10, 3))
    found = evaluate(real, make(real), SPEC, make=make, effort=Effort(sample=200))
    assert found.not_measured == {
        "classifier": "extra_evaluate", "moran": "moran_not_measured",
        "clusters": "clusters_not_measured",
    }  # fmt: skip
    assert "tsukuba-gis[evaluate]" in certificate(found, lang="en")


# ---- gates -----------------------------------------------------------------------------------


def measured(frame):
    from tsukuba_gis.pseudo.measure import measure

    spec = Spec(cluster="district", area="ward", household="home", care="care",
                relation="relation", sums=("cost",), numeric=("cost", "sbp"))  # fmt: skip
    return measure(Records(frame=frame, kind="invented"), spec)


def test_the_register_keeps_every_cell_of_its_own_file():
    """The recount is another way of counting than measuring; both must agree."""
    frame = city(8000)
    # sizes that only a few households have are merged by measuring
    frame = frame[frame.groupby("home").home.transform("size") <= 4]
    statistics = measured(frame)
    assert not any(statistics.merges.values())
    counted = recount(frame, statistics)
    assert counted.kept.sum() == counted.declared.sum() > 500
    assert set(counted.table) >= {"bands", "care", "areas", "area_ages", "sums"}
    assert gates.declared_kept(counted).passed is True
    bands = counted[counted.table == "bands"].iloc[0]
    assert bands.persons == len(frame)


def test_one_person_moved_is_seen():
    frame = city(8000)
    statistics = measured(frame)
    moved = frame.copy()
    moved.loc[0, "age"] = (moved.loc[0, "age"] + 50) % 100
    counted = recount(moved, statistics)
    bands = counted[counted.table == "bands"].iloc[0]
    assert bands.declared - bands.kept == 2, "one cell lost a person, another won one"
    assert gates.declared_kept(counted).passed is False


def test_an_unaudited_file_fails_its_gate():
    statistics = measured(city(3000))
    assert gates.audited(statistics).passed is False
    assert not gates.audit_narrow(statistics).measured
    signed = statistics.with_audit({"narrower_than_half_k": 1, "hidden_open": 9})
    assert gates.audited(signed).passed is True
    assert gates.audit_narrow(signed).passed is False


def test_a_small_count_in_the_file_is_found():
    import dataclasses

    statistics = measured(city(3000))
    assert gates.small_published(statistics).value == 0
    bands = statistics.tables["bands"].copy()
    bands.loc[[0, 1, 2], "persons"] = [9, 0, 10]
    tampered = dataclasses.replace(statistics, tables={**statistics.tables, "bands": bands})
    assert gates.small_published(tampered).value == 1, "9 is small, 0 and 10 are not"


def test_households_by_hand():
    frame = pd.DataFrame(
        {
            "home": [1, 1, 2, 2, 3, 4, 4],
            "district": ["a", "a", "a", "b", "a", "a", "a"],
            "relation": ["head", "spouse", "head", "child", "child", "head", "head"],
        }
    )
    spec = Spec(cluster="district", household="home", relation="relation")
    # 2 lives in two districts, 3 has no head, 4 has two
    assert gates.households_coherent(frame, spec).value == 0.25
    at_home = frame.assign(kind=["x", "x", "x", "x", "institution", "x", "x"])
    spec = Spec(cluster="district", household="home", relation="relation", household_type="kind")
    assert gates.households_coherent(at_home, spec).value == 0.5, "an institution may be without"


def test_points_outside_their_area_are_found():
    zones = toys.toy_zones()
    inside = zones.frame.geometry.representative_point().to_crs("EPSG:6668")
    frame = pd.DataFrame({"ward": zones.ids, "lon": inside.x, "lat": inside.y})
    spec = Spec(cluster="ward", area="ward", lon="lon", lat="lat")
    assert gates.inside_area(frame, spec, zones).value == 1.0
    # 0.3 m is no rounding: one degree of latitude is about 111 km
    edge = zones.frame.geometry.iloc[2].bounds[3]
    corner = gpd.GeoSeries([shapely.Point(zones.frame.geometry.iloc[2].centroid.x, edge + 0.3)],
                           crs=zones.frame.crs).to_crs("EPSG:6668")  # fmt: skip
    beyond = frame.copy()
    beyond.loc[frame.index[2], ["lon", "lat"]] = [corner.x.iloc[0], corner.y.iloc[0]]
    assert gates.inside_area(beyond, spec, zones).value == 8 / 9
    frame.loc[frame.index[0], "ward"] = "c3"
    frame.loc[frame.index[1], "lon"] = np.nan
    found = gates.inside_area(frame, spec, zones)
    assert (found.value, found.n) == (7 / 8, 8)
    assert not gates.inside_area(frame, spec, None).measured


def test_generated_records_pass_every_gate(monkeypatch):
    """The whole way, from the register to the certificate."""
    from tsukuba_gis.pseudo.audit import audit
    from tsukuba_gis.pseudo.generate import generate
    from tsukuba_gis.pseudo.measure import measure

    monkeypatch.setattr(relations, "classifier_auc", _guess)
    frame = city(4000).drop(columns=["ward", "lon", "lat"])
    frame["cost"] = frame.cost.where(frame.index % 10 < 7, 0.0)
    real = Records(frame=frame, kind="invented")
    statistics = audit(measure(real, SPEC))

    def make(records):
        return generate(audit(measure(records, SPEC)), key="part")

    found = evaluate(
        real, generate(statistics, key="secret"), statistics, make=make, effort=Effort(sample=1000)
    )
    assert found.failed == ()
    assert found.guaranteed
    found.require_passed()
    assert found.sha256 == statistics.sha256
    assert "nothing else" in certificate(found, lang="en")
    assert found.metric("membership").passed is not False
    assert found.metric("dcr").value < 0.56


# ---- the page --------------------------------------------------------------------------------


def evaluation(**changes):
    counted = pd.DataFrame(
        [
            ("bands", "", "district,sex,~age5", "exact", 120, 120, 120, 1000),
            ("care", "old", "district,~65plus,care_level", "exact", 32, 30, 30, 990),
            ("area_ages", "leaf", "ward,~band", "aimed", 40, 30, 28, 800),
            ("care", "city", "sex,care_level", "profile", 9, 9, 3, 700),
        ],
        columns=["table", "level", "columns", "role", "cells", "declared", "kept", "persons"],
    )
    held = [
        Metric(name="audited", kind="gate", value=1.0, at_least=1.0, n=150),
        Metric(name="audit_narrow", kind="gate", value=0.0, at_most=0.0, n=150),
        Metric(name="small_published", kind="gate", value=0.0, at_most=0.0, n=150),
        Metric(name="declared_kept", kind="gate", value=1.0, at_least=1.0, n=150),
    ]
    settings = {
        "metrics": (
            *held,
            Metric(name="inference", kind="risk", value=0.006, low=-0.004, high=0.016, null=0.001,
                   at_most=0.01, n=900, subject=("care_level",),
                   parts={"source": 0.761, "holdout": 0.755}),
            Metric(name="small_cells", kind="risk", value=0.287, low=0.27, high=0.31, null=0.2,
                   at_most=0.5, n=900, subject=("ward", "~band")),
            Metric(name="cells_equal", kind="utility", value=0.99996, at_least=0.99, n=90,
                   subject=("<b>mine</b>",)),
        ),
        "tables": counted, "sha256": "ab" * 32, "persons": 1000, "households": 400, "k": 10,
        "seed": 1, "version": "0.1.0", "effort": Effort(), "care": True,
        "holdout": (300, 300, 300, 100), "not_measured": {},
    }  # fmt: skip
    return Evaluation(**{**settings, **changes})


def test_the_first_line_counts_people_and_cells():
    exact = evaluation().exact
    # 120 + 30 + 28 kept; 2 + 12 modelled; the profile is not counted
    assert (exact.share, exact.cells, exact.modelled) == (0.99, 178, 14)
    page = certificate(evaluation(), lang="en")
    assert "99.0% of people sit in cells whose count equals the register" in page
    assert page.index("99.0% of people") < page.index("<h2>")
    assert "school" not in exact.columns


def test_the_guarantee_stands_only_on_a_proof_without_fault():
    assert "and from nothing else" in certificate(evaluation(), lang="en")
    broken = Metric(name="declared_kept", kind="gate", value=0.999, at_least=1.0, n=150)
    page = certificate(evaluation(metrics=(broken,)), lang="en")
    assert "and from nothing else" not in page
    assert "may not leave the office" in page
    assert "Cells declared exact that are exact" in page
    unaudited = evaluation(metrics=tuple(m for m in evaluation().metrics if m.name != "audited"))
    assert unaudited.passed, "no gate failed"
    assert "and from nothing else" not in certificate(unaudited, lang="en")
    swapped = certificate(evaluation(sha256="", tables=pd.DataFrame()), lang="en")
    assert "and from nothing else" not in swapped
    assert "values of real residents were swapped" in swapped


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_page_stands_alone(tmp_path, lang):
    page = write_certificate(evaluation(), tmp_path / "proof.html", lang=lang).read_text("utf-8")
    assert "default-src 'none'" in page
    for outside in ("<script", "src=", "href=", "@import", "url(", "style="):
        assert outside not in page.replace("default-src", "")
    assert table()["notice_pseudo"][lang] in page
    assert "<b>mine</b>" not in page
    assert "&lt;b&gt;mine&lt;/b&gt;" in page
    assert "76.1%" in page
    assert ">0.6<" in page
    assert "99.996%" in page, "never rounded up to 100"
    assert "匿名加工情報" not in page or "主張でもありません" in page


def test_every_metric_has_its_words():
    names = {
        "audited", "audit_narrow", "small_published", "declared_kept", "aimed_kept",
        "households_coherent", "inside_area", "same_columns", "equal_rows", "same_points",
        "inference", "membership", "membership_background", "unique_rows", "replicated_uniques",
        "special_uniques", "disclosive", "replicated_values", "replicated_households",
        "small_cells", "dcr", "nndr", "cells_equal", "tvd", "sums_equal", "ratio_equal",
        "spearman", "spearman_care", "overlap", "age_gap", "propensity", "classifier", "moran",
        "spread", "tail",
    }  # fmt: skip
    for name in names:
        for key in (f"metric_{name}", f"metric_{name}_means"):
            assert set(table()[key]) == {"ja", "en"}
    assert {m.name for m in _metrics_of_a_whole_proof()} <= names


def _metrics_of_a_whole_proof():
    real = city(1200)
    people = holdout.split(real, household="home", seed=1)
    known = ["age", "care", "cost"]
    yield from nearest.membership(people, people.source, known=known, within=["district"])
    yield from nearest.closest_record(people, people.source, known=known, within=["district"])


def test_a_figure_that_was_not_measured_is_left_out(found):
    assert not [m.name for m in found.metrics if math.isnan(m.value)]
