"""Tables, spreadsheet and report: nothing open looks settled, hostile names do nothing, the same bytes every time."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from msgspec.structs import replace
from openpyxl import load_workbook  # type: ignore[import-untyped]

from demarc.model.assessment import Status
from demarc.model.posture import Whose
from demarc.model.register import Register
from demarc.model.reviews import Choice, Decision, Done
from demarc.model.time import instant
from demarc.posture.frameworks import NOBODY, NOT_SETTLED
from demarc.reports.audit.pdf import pdf, typeset
from demarc.reports.audit.settled import UNSETTLED, answers, readings
from demarc.reports.audit.tables import as_csv, tables
from demarc.reports.audit.told import told_of
from demarc.reports.audit.unseen import unseen_rows
from demarc.reports.audit.xlsx import MOST_CHARACTERS, workbook
from demarc.reports.text import safe_text
from tests.reports.a_report import HOSTILE, a_report
from tests.reports.audit.a_pack import a_campaign, a_content, a_hostile_content, an_exception, strings
from tests.reports.findings.a_posture import PAYMENTS, a_finding, a_posture
from tests.reports.some_roles import evidence

FORMULA = ("=", "+", "-", "@")


def table(content, name):
    found = next(one for one in tables(content) if one.name == name)
    return list(csv.DictReader(io.StringIO(as_csv(found).decode(), newline="")))


def book(content):
    return workbook(tables(content), title="Pack", about="of a test", at=instant(content.assessment.at))


def test_a_row_that_is_not_settled_has_no_party_no_owner_and_every_reading():
    content = a_content()
    said = readings(content.assessment)
    rows = {row["id"]: row for row in table(content, "matrix")}
    open_ = [row for row in content.assessment.matrix if row.status in UNSETTLED]
    assert {row.status for row in open_} == set(UNSETTLED)
    for row in open_:
        told = rows[row.id]
        assert told["party"] == told["status"] == row.status.value
        assert not any(told[column] for column in ("owner", "party_name", "approver", "reviewer", "rotator"))
        assert all(reading in told["readings"] for reading in map(safe_text, said[row.id]))
        assert said[row.id]
    settled = next(row for row in content.assessment.matrix if row.status is Status.ASSIGNED)
    assert rows[settled.id]["owner"]
    assert not rows[settled.id]["readings"]


def test_an_ambiguity_has_both_readings_wherever_it_is_told():
    content = a_content()
    for one in content.assessment.ambiguities:
        assert len(one.readings) > 1
        for name in one.rows:
            assert len(readings(content.assessment)[name]) == len(one.readings)
    told = told_of(content)
    shown = {text for entry in told["unclear"] for text in entry["readings"]}
    for row in content.assessment.matrix:
        if row.status in UNSETTLED:
            assert {safe_text(text) for text in readings(content.assessment)[row.id]} <= shown
    assert NOT_SETTLED in {holder for holder, _, _, _ in told["holders"]}
    assert not any("lapsed" in state for name, _, _, state in told["holders"] if name != NOBODY)


def test_nobody_answers_for_a_finding_while_it_is_open_whose_it_is():
    unclear = a_finding(answers=replace(PAYMENTS, whose=Whose.AMBIGUOUS, status=Status.AMBIGUOUS))
    gone = a_finding("old", answers=replace(PAYMENTS, status=Status.LAPSED))
    held = a_finding("held")
    assert (answers(unclear), answers(gone), answers(held)) == (NOT_SETTLED, NOBODY, "Payments")
    rows = table(a_content(posture=a_posture(unclear, gone, held)), "findings")
    assert [row["contact"] for row in rows] == ["", "", "#payments-oncall"]


def test_every_row_has_evidence_with_where_it_came_from():
    content = a_content()
    rows = table(content, "evidence")
    assert {row["row"] for row in rows} == {row.id for row in content.assessment.matrix}
    said = readings(content.assessment)
    owners = {row["row"] for row in rows if row["shows"] in {"owner", "approver", "reviewer", "rotator"}}
    for row in content.assessment.matrix:
        if row.status in UNSETTLED:
            assert row.id not in owners
            told = [one["says"] for one in rows if one["row"] == row.id and one["shows"] == "reading"]
            assert told == [safe_text(one) for one in said[row.id]]
        if row.status is Status.LAPSED and row.owner:
            shown = {one["shows"] for one in rows if one["row"] == row.id}
            assert "former owner" in shown
            assert "owner" not in shown
    boundary = next(row for row in rows if row["shows"].startswith("boundary (specific"))
    assert boundary["source"].startswith("https://")
    bare = replace(content.assessment.matrix[0], basis=None, owner=None, approver=None, reviewer=None, last_review=None)
    alone = a_content(replace(content.assessment, matrix=(replace(bare, scope=replace(bare.scope, name="elsewhere")),)))
    assert table(alone, "evidence")


def test_reviews_until_the_date_and_what_waits():
    rows = table(a_content(campaigns=(a_campaign(),)), "reviews")
    assert [(row["record"], row["by"]) for row in rows] == [
        ("review", "frida"),
        ("decision", "frida"),
        ("waits", ""),
        ("waits", "frida"),
    ]
    later = a_content(replace(a_content().assessment, at="2026-01-01T00:00:00Z"))
    assert not table(later, "reviews")


def test_what_was_decided_says_whether_it_was_done():
    at = "2026-03-02T00:00:00.000000Z"
    revoked = {
        number: Decision(number=number, choice=Choice.REVOKE, by="frida", at=at, note="gone", seq=number)
        for number in (1, 2, 3)
    }
    done = {1: (Done(number=1, at=at, by="ann", says="refused as jane", seq=11),)}
    campaign = replace(a_campaign(), decisions=revoked, done=done, act_within=36500)
    rows = table(a_content(campaigns=(campaign,)), "reviews")
    assert [(row["record"], row["by"], row["note"]) for row in rows if row["campaign"]] == [
        ("decision", "frida", "gone"),
        ("done", "ann", "refused as jane"),
        ("decision", "frida", "gone"),
        ("not done", "", "to be done, due 2126-02-06"),
        ("decision", "frida", "gone"),
        ("not done", "", "to be done, due 2126-02-06"),
    ]
    late = table(a_content(campaigns=(replace(campaign, act_within=1),)), "reviews")
    assert [row["note"] for row in late if row["record"] == "not done"] == ["not done in time, due 2026-03-03"] * 2


def test_exceptions_say_how_they_stand():
    given = (an_exception("now"), an_exception("over", until=2026), an_exception("then", since=2030, until=2031))
    rows = table(a_content(register=Register(exceptions=given)), "exceptions")
    assert {row["id"]: row["stands"] for row in rows} == {
        "now": "in force",
        "over": "expired",
        "then": "not yet in force",
    }


def test_what_was_not_seen_or_given_is_said():
    sorts = {(row[0], row[1]) for row in unseen_rows(a_content(replace(a_content().assessment, register="")))}
    assert {("not given", "no register"), ("not given", "no ledger"), ("not seen", "secrets")} <= sorts
    assert any(sort == "check not answered" for sort, _ in sorts)
    assert any(sort == "row not known" for sort, _ in sorts)


@pytest.mark.parametrize("make", [a_content, a_hostile_content])
def test_the_spreadsheet_computes_nothing_and_is_the_same_every_time(make):
    content = make()
    data = book(content)
    assert data == book(make())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name]
    assert not [sheet for sheet in sheets if "<f>" in sheet or "<f " in sheet or "hyperlink" in sheet]
    read = load_workbook(io.BytesIO(data))
    assert read.sheetnames == ["about", *(one.name for one in tables(content))]
    marked = 0
    for sheet in read:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in {"s", "n", "inlineStr"}, cell.value
                if isinstance(cell.value, str) and cell.value.lstrip().startswith(FORMULA) and cell.row > 1:
                    assert cell.quotePrefix, cell.value
                    marked += 1
    assert marked or make is a_content


def test_a_cell_holds_what_a_cell_can_hold():
    content = a_content(register=Register(exceptions=(an_exception(reason="x" * 40_000), an_exception("\ufffe\x00"))))
    read = load_workbook(io.BytesIO(book(content)))["exceptions"]
    assert max(len(str(cell.value)) for row in read.iter_rows() for cell in row) == MOST_CHARACTERS
    assert read["A3"].value == "\\ufffe\\x00"


def test_hostile_names_are_no_formula_in_csv_and_no_control_characters():
    for one in tables(a_hostile_content()):
        for row in csv.reader(io.StringIO(as_csv(one).decode(), newline="")):
            assert not [cell for cell in row if cell.lstrip().startswith(FORMULA)]
            assert not [cell for cell in row if "\x1b" in cell or "\u202e" in cell]


@pytest.mark.parametrize("make", [a_content, a_hostile_content])
def test_the_report_is_typeset_the_same_every_time(make):
    content = make()
    data = pdf(content)
    assert data.startswith(b"%PDF-")
    assert data == pdf(make())
    assert typeset(content, "png", ppi=30).startswith(b"\x89PNG")
    assert not [text for text in strings(told_of(content)) if "\x1b" in text or "\u202e" in text]


def test_what_names_say_is_never_read_as_markup():
    bad = '#panic("read as markup") $x$ *b* @ref <label> `raw` \\ // gone'
    content = a_content(replace(a_content().assessment, cluster=replace(a_content().assessment.cluster, name=bad)))
    assert pdf(content).startswith(b"%PDF-")
    assert HOSTILE


def test_roles_have_what_evidence_says_of_them_in_matrix_and_evidence():
    made = a_report()
    content = a_content(made, beside=evidence(made))
    rows = {row["id"]: row for row in table(content, "matrix")}
    held = [row for row in made.matrix if row.owner is not None]
    assert {rows[row.id]["approver_evidence"] for row in held} == {"says-so"}
    assert {rows[row.id]["reviewer_evidence_from"] for row in held} == {"GitHub"}
    pieces = [row for row in table(content, "evidence") if row["row"] == held[0].id and "evidence " in row["shows"]]
    assert [(row["shows"], row["says"], row["source"]) for row in pieces] == [
        ("the approver, evidence says so", "pull request 7 was approved by Noor Haddad", "GitHub"),
        ("the reviewer, evidence says otherwise", "somebody else did", "GitHub"),
        ("the rotator, evidence missing", "no ledger was given", ""),
    ]
    assert ("evidence of roles not given", "change tickets: --tickets") in {
        (row["sort"], row["what"]) for row in table(content, "not-seen")
    }
    assert {row["approver_evidence"] for row in table(a_content(made), "matrix")} == {"not-asked"}
