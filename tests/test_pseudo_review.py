"""The page that the privacy officer reads and signs: what it says, and what it never says."""

import ast
import dataclasses
import importlib
import re
from base64 import b64encode
from hashlib import sha256
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cities import RULES, small_city
from toys import toy_zones

from tsukuba_gis.messages import text
from tsukuba_gis.pseudo.audit import audit
from tsukuba_gis.pseudo.coverage import coverage_of
from tsukuba_gis.pseudo.measure import measure
from tsukuba_gis.pseudo.review import review as as_html
from tsukuba_gis.pseudo.review import write_review
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.pseudo.tables.cells import Level, family
from tsukuba_gis.records import Records

SPEC = Spec(**RULES, lon="lon", lat="lat", mesh_metres=50)
# Nobody may conclude the law from this page.
NEVER = (
    "個人情報ではな", "個人情報に当たらない", "個人情報に該当しない", "匿名加工情報です",
    "匿名加工情報に該当します", "匿名加工情報に当たります", "not personal data",
    "not personal information", "is anonymous", "GDPR",
)  # fmt: skip


@pytest.fixture(scope="module")
def measured():
    return measure(small_city(), SPEC, zones=toy_zones(kind="ward"))


@pytest.fixture(scope="module")
def audited(measured):
    return audit(measured)


def review(statistics, *, lang):
    return unescape(as_html(statistics, lang=lang))


def words_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


# ---- coverage by hand ------------------------------------------------------------


def test_exact_pooled_and_modelled_cells_by_hand():
    leaves = pd.DataFrame({"cluster": [0, 0, 0, 0, 0], "half": [0, 0, 1, 1, 1], "code": range(5)})
    table = family(
        "care", "persons", ("cluster", "code"), leaves,
        (
            Level(name="all", columns=("cluster",), role="known"),
            Level(name="half", columns=("cluster", "half"), role="published", parents=("all",)),
            Level(name="leaf", columns=("cluster", "code"), role="published", parents=("half",)),
        ),
    )  # fmt: skip
    table.values["all"][:] = [100]
    table.values["half"][:] = [60, np.nan]
    table.values["leaf"][:] = [45, np.nan, 0, np.nan, np.nan]
    found = coverage_of(table)
    assert (found.cells, found.exact, found.empty) == (5, 2, 1)
    assert (found.pooled, found.modelled) == (1, 2)  # beside 45 of 60; and under no half
    assert found.share == 0.45
    assert [(cells, shown) for _, cells, shown in found.levels] == [(1, 1), (2, 1), (5, 2)]


# ---- the page --------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_page_names_the_file_its_rules_and_every_table(audited, lang):
    page = review(audited, lang=lang)
    assert audited.sha256 in page
    assert f"{audited.counts:,}" in page
    assert text("review_audited", lang, half="5") in page
    for name in audited.tables:
        assert f"{name}.csv" in page
    for column in audited.columns:
        assert column in page
    assert text("review_table_other", lang) not in page
    for figure in ("published", "hidden", "hidden_open", "given_up"):
        assert f"{audited.audit[figure]:,}" in words_of(page)


def test_whatever_was_merged_is_told_in_words(audited):
    assert {"households_divided", "heads_mended", "clusters_merged"} <= set(audited.merges)
    for lang in ("ja", "en"):
        words = [text(f"review_merge_{name}", lang) for name in audited.merges]
        assert [word for word in words if word not in review(audited, lang=lang)] == []


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_guidelines_words_and_five_items_stand_on_both_pages(audited, lang):
    page = review(audited, lang=lang)
    words = ("削除", "一般化", "トップコーディング", "スワップ", "ノイズ付加", "疑似データ生成")
    assert all(word in page for word in words)
    for item in range(1, 6):
        assert text(f"review_law_{item}", lang) in page
        assert text(f"review_law_{item}_answer", lang) in page
    assert page.count('<span class="box"></span>') == 5 + 8 + 3  # items, check list, decision


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_nothing_is_claimed_that_only_people_can_decide(measured, audited, lang):
    for statistics in (measured, audited):
        page = review(statistics, lang=lang)
        assert not [phrase for phrase in NEVER if phrase in page]
        assert text("review_not_research", lang) in page
        assert text("review_not_dp", lang) in page


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_file_that_was_not_audited_may_not_be_signed(measured, lang):
    page = review(measured, lang=lang)
    verdict = text("review_not_audited", lang)
    assert f'<p class="verdict no">{verdict}</p>' in page
    assert text("review_audit_missing", lang) in page
    assert text("review_law_5_missing", lang) in page
    assert text("review_law_5_answer", lang) not in page
    assert "verdict yes" not in page


def test_a_table_changed_after_the_audit_may_not_be_signed(audited):
    bands = audited.tables["bands"].assign(persons=audited.tables["bands"].persons + 1)
    changed = dataclasses.replace(audited, tables={**audited.tables, "bands": bands})
    assert text("review_not_audited", "ja") in review(changed, lang="ja")


def test_a_small_count_may_not_be_signed(audited):
    mesh = audited.tables["mesh"].assign(households=3)
    changed = dataclasses.replace(audited, tables={**audited.tables, "mesh": mesh})
    page = review(changed.with_audit(audited.audit), lang="en")
    assert text("review_small_left", "en", k=10, n=len(mesh)) in page
    assert "verdict yes" not in page


def test_what_the_audit_left_may_not_be_signed(audited):
    changed = audited.with_audit({**audited.audit, "narrower_than_half_k": 4})
    assert text("review_narrow_left", "en", n=4) in review(changed, lang="en")


def test_an_unknown_table_is_pointed_at(audited):
    tables = {**audited.tables, "surprise": pd.DataFrame({"x": [1]})}
    page = review(dataclasses.replace(audited, tables=tables), lang="en")
    assert text("review_table_other", "en") in page


def test_names_of_the_register_cannot_become_code():
    frame = small_city(2, 200).frame.rename(columns={"district": "<b>町&"})
    spec = Spec(cluster="<b>町&", sex="sex", household="household_id", units=2)
    page = as_html(measure(Records(frame=frame, kind="invented"), spec), lang="ja")
    assert "<b>町" not in page
    assert "&lt;b&gt;町&amp;" in page


@pytest.mark.parametrize("changes", [{"zeros": "exact"}, {"profile": "ndb", "k": 3}])
def test_other_rules_are_said(changes):
    frame = small_city(2, 200).frame[["district", "age", "sex"]]
    spec = Spec(cluster="district", **changes)
    statistics = measure(Records(frame=frame, kind="invented"), spec)
    page = review(statistics, lang="en")
    if "zeros" in changes:
        assert text("review_zeros_exact", "en") in page
        assert text("review_head_empty", "en") in page
    else:
        assert text("review_profile_ndb", "en", double=6) in page
    assert text("review_no_units", "en") in page
    assert text("review_tables_aimed", "en") not in page  # no areas, nothing about them


def test_one_page_that_loads_and_runs_nothing(audited, tmp_path):
    path = write_review(audited, tmp_path / "review.html", lang="ja")
    page = path.read_text(encoding="utf-8")
    assert page == as_html(audited, lang="ja")
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL).group(1)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in page
    assert "<script" not in page
    assert not re.search(r"""(?:src|href)=|url\(|@import|style=|\son\w+=["']""", page)
    assert page.startswith('<!DOCTYPE html>\n<html lang="ja">')


# ---- the document ----------------------------------------------------------------


@pytest.fixture(scope="module")
def document():
    path = Path(__file__).parents[1] / "docs" / "pseudo.md"
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_document_gives_the_guarantee_word_for_word(document, lang):
    filled = text(
        "certificate_guarantee", lang, sha256="`<sha256>`", tables="N", cells="M", k="k"
    )  # fmt: skip
    quoted = document.replace("\n> ", "\n")
    if lang == "en":  # "at least k people", as in the design; words may be broken over lines
        assert filled in re.sub(r"\s+", " ", quoted)
    else:
        assert filled.replace(" ", "") in re.sub(r"\s+", "", quoted)


def test_what_the_document_imports_is_there(document):
    blocks = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    assert len(blocks) == 6
    for block in blocks:
        tree = ast.parse(block)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(node.module)
                assert all(hasattr(module, name.name) for name in node.names), node.module
