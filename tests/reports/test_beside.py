"""Evidence of roles beside the matrix: in text, CSV, JSON and on the page."""

from __future__ import annotations

import csv
import io
import json
import re

import jsonschema
import pytest

from demarc.evidence.roles import is_yours
from demarc.model.roles import Role, Verdict
from demarc.reports.beside import from_whom
from demarc.reports.csv import COLUMNS, EVIDENCE, render_csv
from demarc.reports.filters import Filters
from demarc.reports.folds import fold
from demarc.reports.html import render_html
from demarc.reports.json import render_json, schema
from demarc.reports.terminal.matrix import matrix
from demarc.reports.terminal.page import render_text
from demarc.reports.terminal.reasons import explain
from tests.reports.a_report import HOSTILE, a_hostile_report, a_report, a_small_report
from tests.reports.some_roles import evidence
from tests.reports.test_terminal import console, printed


def shown(show, width):
    on = console(width)
    show(on)
    return printed(on)


def test_each_role_of_each_row_has_its_mark():
    report = a_small_report()
    beside = evidence(report)
    for row in report.matrix:
        held = row.owner is not None
        assert beside.marks(row) == ("A✓ R✗ T?" if held else "A- R-" if is_yours(row) else "")
    alone = evidence(report, roles=(Role.REVIEWER,))
    assert {alone.marks(row) for row in report.matrix if row.owner is not None} == {"A- R✗"}


def test_rows_with_other_evidence_are_other_lines():
    report = a_report()
    beside = evidence(report)
    spoken = fold(report.matrix, beside)
    for group in spoken.groups:
        assert {beside.marks(row) for row in group.rows} == {group.answer.marks}
    assert sum(len(group.rows) for group in spoken.groups) == len(report.matrix)


def test_equal_answers_are_held_once_and_name_their_rows():
    report = a_report()
    told = evidence(report).told()
    assert [item.verdict for item in told.said] == list(Verdict)
    held = {row.id for row in report.matrix if row.owner is not None}
    assert all(set(item.rows) == held for item in told.said)


def test_the_text_has_marks_and_a_legend():
    report = a_small_report()
    for width in (80, 120, 200):
        said = shown(lambda on: matrix(report, on, Filters(), evidence(report)), width)
        assert "A✓ R✗ T?" in said
        assert "A- R-" in said
        assert max(len(line) for line in said.splitlines()) <= width
        assert "source of evidence" in said
        assert "demarc evidence roles names" in said


def test_explain_shows_every_piece_with_its_source():
    report = a_small_report()
    said = shown(lambda on: explain(report, "identity.access-review", None, on, evidence(report)), 200)
    assert "Evidence of the approver, Noor Haddad: says so" in said
    assert "pull request 7 was approved by Noor Haddad  [2026-10-02, answered, GitHub]" in said
    assert "Evidence of the reviewer, Noor Haddad: says otherwise" in said
    assert "Evidence of the rotator, Noor Haddad: missing: no ledger was given" in said
    assert "do: give more" in said
    assert "Evidence not given: change tickets" in said


def test_csv_says_of_each_role_what_evidence_says_and_who():
    report = a_small_report()
    rows = list(csv.DictReader(io.StringIO(render_csv(report, evidence(report)).decode(), newline="")))
    assert list(rows[0]) == [*COLUMNS, *EVIDENCE]
    for row, written in zip(report.matrix, rows, strict=True):
        if row.owner is not None:
            assert (written["approver_evidence"], written["approver_evidence_from"]) == ("says-so", "GitHub")
            assert (written["rotator_evidence"], written["rotator_evidence_from"]) == ("missing", "no ledger was given")
        else:
            assert written["reviewer_evidence"] == ("nobody-named" if is_yours(row) else "not-yours")
    assert render_csv(report).decode().splitlines()[0] == ",".join(COLUMNS)


def test_json_has_it_beside_the_matrix_by_its_schema():
    report = a_small_report()
    decoded = json.loads(render_json(report, roles=evidence(report).told()))
    jsonschema.validate(decoded, schema())
    assert [item["verdict"] for item in decoded["roles"]["said"]] == ["says-so", "says-otherwise", "missing"]
    assert decoded["matrix"] == json.loads(render_json(report))["matrix"]
    assert "roles" not in json.loads(render_json(report))


def test_the_summary_counts_it():
    report = a_report()
    held = sum(row.owner is not None for row in report.matrix)
    said = " ".join(render_text(report, None, evidence(report)).decode().split())
    assert f"Evidence: approvers {held:,} says so; reviewers {held:,} says otherwise" in said


def test_hostile_words_stay_words_on_the_page():
    report = a_hostile_report()
    page = render_html(report, None, None, evidence(report, " ".join(HOSTILE)))
    assert "<img src=x" not in page
    assert page.count("</script>") == len(re.findall(r"<script", page))


def test_sources_are_named_once():
    report = a_small_report()
    so, otherwise, missing = evidence(report).said
    assert (from_whom(so), from_whom(otherwise), from_whom(missing)) == ("GitHub", "GitHub", "no ledger was given")


@pytest.mark.browser
def test_the_page_shows_marks_and_the_pieces(opened):
    report = a_small_report()
    found = opened(report, beside=evidence(report), fragment="#status=assigned")
    assert set(found.column("evidence")) == {"A✓ R✗ T?"}
    found.page.locator("#rows button.fold").first.click()
    detail = found.page.locator("#rows tr.detail").inner_text()
    assert "pull request 7 was approved by Noor Haddad [2026-10-02, answered, GitHub]" in detail
    assert "Do: give more" in detail
    assert found.page.locator("#rows th.k-evidence").count() == 1
    plain = opened(report)
    assert plain.page.locator("#rows th.k-evidence").count() == 0
