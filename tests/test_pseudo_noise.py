"""Noise on tables: its law, its epsilon, what stays exact, and that generating still works."""

import json
import sys

import cities
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_pseudo_evaluate import evaluation

from tsukuba_gis.errors import InputError, MissingExtraError
from tsukuba_gis.pseudo.audit import audit
from tsukuba_gis.pseudo.generate import generate
from tsukuba_gis.pseudo.measure import measure
from tsukuba_gis.pseudo.noise import consistent, noise_of, noisy, scale_of, sd_of
from tsukuba_gis.pseudo.proof import gates
from tsukuba_gis.pseudo.proof.certificate import certificate
from tsukuba_gis.pseudo.proof.recount import recount
from tsukuba_gis.pseudo.review import review
from tsukuba_gis.pseudo.sheet import noise_told
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.pseudo.statistics import Statistics
from tsukuba_gis.pseudo.written import families

RULES = cities.RULES | {
    "sums": ("medical_cost",), "numeric": ("medical_cost",), "zeros": "exact",
}  # fmt: skip


# ---- values worked by hand ---------------------------------------------------------------------


def test_five_tables_of_epsilon_1_and_4():
    """Scale 5 and 1.25; the sum of j² p^|j| (1 − p) / (1 + p) is the variance."""
    for epsilon, sd in ((1.0, 7.06), (4.0, 1.72)):
        scale = scale_of(epsilon, tables=5)
        assert sd_of(scale) == pytest.approx(sd, abs=0.005)
        p = np.exp(-1 / scale)
        j = np.arange(-2000, 2001)
        assert sd_of(scale) ** 2 == pytest.approx((j**2 * p ** abs(j)).sum() * (1 - p) / (1 + p))


def test_epsilon_is_divided_among_the_tables():
    asked = noise_of(Spec(epsilon=2.0, noisy=("care", "living"), cluster="d"))
    assert (asked.epsilon, asked.each, asked.tables) == (2.0, 1.0, ("care", "living"))
    assert asked.sd == pytest.approx(sd_of(1.0))
    assert noise_of(Spec(cluster="d")) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"epsilon": 0.0}, "above 0"), ({"epsilon": float("inf")}, "above 0"),
     ({"epsilon": 1.0, "noisy": ("roles",)}, "cannot be added to: roles")],
)  # fmt: skip
def test_what_cannot_be_asked_is_told(changes, words):
    with pytest.raises(InputError, match=words):
        noise_of(Spec(cluster="d", **changes))


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "opendp.prelude", None)
    with pytest.raises(MissingExtraError, match=r"tsukuba-gis\[dp\]"):
        noisy(np.array([1.0]), 1.0)


# ---- laws --------------------------------------------------------------------------------------


def test_the_noise_is_discrete_laplace():
    pytest.importorskip("opendp")
    drawn = noisy(np.full(20_000, 100.0), 2.0) - 100
    p = np.exp(-0.5)
    for value in (0, 1, -1, 3, -6):
        chance = (1 - p) / (1 + p) * p ** abs(value)
        # five standard errors: one draw in a million is further off
        off = 5 * np.sqrt(chance * (1 - chance) / len(drawn))
        assert (drawn == value).mean() == pytest.approx(chance, abs=off), value


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_consistent_counts_meet_both_totals(data):
    shape = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 6)))
    cells = st.lists(st.integers(0, 30), min_size=shape[0] * shape[1],
                     max_size=shape[0] * shape[1])  # fmt: skip
    true = np.array(data.draw(cells), dtype=float)
    noise = np.array(data.draw(cells)) - 15
    row, column = (part.ravel() for part in np.indices(shape))
    totals = np.bincount(row, true), np.bincount(column, true)
    made = consistent(true.astype(int) + noise, (row, column), totals)
    assert (made >= 0).all()
    assert (made == np.round(made)).all()
    assert np.bincount(row, made).tolist() == totals[0].tolist()
    assert np.bincount(column, made).tolist() == totals[1].tolist()
    moved = np.abs(made - true - noise).sum()
    assert moved <= np.abs(noise).sum() + 1e-9, "the truth itself is no nearer"


@pytest.fixture(scope="module")
def city():
    return cities.small_city(households=900)


@pytest.fixture(scope="module")
def noisy_file(city):
    pytest.importorskip("opendp")
    return audit(measure(city, Spec(**RULES, epsilon=1.0)))


def test_what_is_not_declared_noisy_stays_exact(city, noisy_file):
    plain = measure(city, Spec(**RULES))
    for name in ("users", "roles", "households", "area_households"):
        # which cells are safe to show may change beside noisy tables; no shown count does
        keys = [column for column in plain.tables[name] if column != "count"]
        both = noisy_file.tables[name].merge(plain.tables[name], on=keys)
        assert len(both) > 5, name
        assert (both.count_x == both.count_y).all(), name
    pd.testing.assert_frame_equal(noisy_file.tables["bands"], plain.tables["bands"])
    assert not noisy_file.tables["care"].equals(plain.tables["care"])


def test_totals_that_are_told_exact_are_exact(city, noisy_file):
    _, built = families(noisy_file)
    care = built["care"]
    for level in ("ages", "old_total", "severity"):
        shown = np.isfinite(care.values[level])
        cells = care.cells(level)[shown]
        if level == "severity":
            frame = city.frame.assign(
                old=(city.frame.age >= 65).astype(int),
                severity=city.frame.care_level.map(noisy_file.spec.severity).map(
                    {"none": 0, "light": 1, "severe": 2}),
            )  # fmt: skip
            names = noisy_file.codes["cluster"]
            true = frame.groupby(["district", "old", "severity"]).size()
            for row, value in zip(
                cells.itertuples(index=False), care.values[level][shown], strict=True
            ):
                assert true.get((names[row.cluster], row.old, row.severity), 0) == value
        assert len(cells) > 0


def test_records_are_made_from_a_noisy_file(city, noisy_file):
    made = generate(noisy_file, key="secret")
    assert gates.declared_kept(recount(made.frame, noisy_file)).passed is True
    assert len(made) == len(city)
    assert gates.small_published(noisy_file).value == 0


def test_noise_is_never_drawn_alike(city, noisy_file):
    """Whoever could repeat the noise could take it off."""
    again = measure(city, Spec(**RULES, epsilon=1.0))
    assert not again.tables["area_ages"].equals(noisy_file.tables["area_ages"])


# ---- epsilon beside its invariants ---------------------------------------------------------------


def test_manifest_review_and_certificate_name_what_is_exact(city, noisy_file, tmp_path):
    folder = noisy_file.save(tmp_path / "file")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["noise"]["epsilon"] == 1.0
    assert manifest["noise"]["each"] == 0.25
    assert "population by cluster, sex and age" in manifest["noise"]["invariants"]["en"]
    assert Statistics.load(folder).sha256 == noisy_file.sha256
    page = review(noisy_file, lang="en")
    assert "Epsilon 1 in all, 0.25 per table" in page
    assert "population by cluster, sex and age" in page
    assert "nothing is added" not in page
    assert "ノイズ付加" in review(noisy_file, lang="ja")
    assert noise_told(Spec(**RULES), "en") == ""
    plain = measure(city, Spec(**RULES))
    assert "noise" not in json.loads((plain.save(tmp_path / "p") / "manifest.json").read_text())


def test_the_certificate_tells_epsilon_beside_what_is_exact():
    noisy_one = evaluation(spec=Spec(**RULES, epsilon=1.0))
    page = certificate(noisy_one, lang="en")
    assert "Epsilon 1 in all, 0.25 per table" in page
    assert f"{sd_of(4.0):.2f}" in page
    assert "population by cluster, sex and age" in page
    ja = certificate(noisy_one, lang="ja")
    assert noise_told(noisy_one.spec, "ja") in ja
    assert "ε" in noise_told(noisy_one.spec, "ja")
    told = json.loads(noisy_one.to_json())["noise"]
    assert (told["epsilon"], told["each"]) == (1.0, 0.25)
    assert told["tables"] == list(Spec(**RULES).noisy)
    assert "population by cluster, sex and age" in told["invariants"]["en"]
    plain = evaluation(spec=Spec(**RULES))
    assert json.loads(plain.to_json())["noise"] is None
    assert "Epsilon" not in certificate(plain, lang="en")
