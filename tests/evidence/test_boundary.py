"""Confirmations of the boundary: for what a row said that day, until it changes or ages; and the commands."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from demarc.cli.main import run
from demarc.evidence.boundary import State, UsedRow, confirmations, confirming, standings, used_rows
from demarc.model.errors import DemarcError
from demarc.model.ledger import Act, Draft, Entry, stamp
from tests.accountability.given import AT, an_inventory, answer

COMPANY = Path(__file__).resolve().parents[2] / "examples" / "fjordkite"
INPUTS = [str(COMPANY / part) for part in ("cluster", "cloud")]
YEAR = timedelta(days=365)
ROW = UsedRow(
    id="eks/fargate/etcd/platform.etcd",
    duties=("platform.etcd",),
    components=("etcd",),
    parties=("provider",),
    source="https://pages.example/security",
    source_date="2026-01-05",
    digest="d1",
    rows=3,
)


def confirmed(row=ROW, *, on=AT, again=YEAR):
    return confirming([row], [row.id], by="carla", document="Service terms", clause="5.2", on=on, again_by=on + again)[
        0
    ]


def an_entry(draft: Draft, seq: int = 7) -> Entry:
    return Entry(
        seq=seq,
        recorded_at=stamp(AT),
        writer="ops",
        actor=draft.actor,
        act=Act.STATES,
        supersedes=None,
        kind=draft.kind,
        subject=draft.subject,
        valid_from=draft.valid_from,
        valid_to=None,
        body=msgspec.json.decode(msgspec.json.encode(draft.body)),
        prev="0" * 64,
    )


def stands(row=ROW, *entries, at=AT, oldest=YEAR):
    return standings([row], confirmations(entries, at), at=at, oldest=oldest)[0]


def test_a_row_is_confirmed_by_a_person_a_document_a_clause_and_a_day():
    found = stands(ROW, an_entry(confirmed()))
    assert found.state is State.CONFIRMED
    assert found.confirmation is not None
    assert (found.confirmation.by, found.confirmation.document, found.confirmation.clause) == (
        "carla",
        "Service terms",
        "5.2",
    )
    assert found.confirmation.again_by == AT + YEAR


def test_what_nobody_confirmed_asks_for_it():
    assert stands().state is State.UNCONFIRMED
    assert stands(replace(ROW, id="other"), an_entry(confirmed())).state is State.UNCONFIRMED


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (replace(ROW, digest="d2"), "says something else"),
        (replace(ROW, source_date="2026-11-25"), "newer than the confirmation"),
        (replace(ROW, source_date="2026-12"), "newer than the confirmation"),
    ],
)
def test_a_row_or_source_that_changed_asks_for_it_again(row, why):
    found = stands(row, an_entry(confirmed()))
    assert found.state is State.CHANGED
    assert why in found.why


@pytest.mark.parametrize("date", ["2026-11-24", "2026-11", "2026", ""])
def test_a_page_of_the_same_time_or_without_a_date_is_no_newer_one(date):
    assert stands(replace(ROW, source_date=date), an_entry(confirmed())).state is State.CONFIRMED


def test_a_confirmation_ages_by_its_own_day_and_by_the_limit():
    entry = an_entry(confirmed(on=AT - timedelta(days=100), again=timedelta(days=100)))
    assert stands(ROW, entry).state is State.AGED
    entry = an_entry(confirmed(on=AT - timedelta(days=100)))
    assert stands(ROW, entry).state is State.CONFIRMED
    assert stands(ROW, entry, oldest=timedelta(days=99)).state is State.AGED


def test_the_newest_counts_and_what_came_later_or_is_no_confirmation_does_not():
    old = an_entry(confirmed(replace(ROW, digest="d0"), on=AT - timedelta(days=9)))
    later = an_entry(confirmed(on=AT + timedelta(days=1)))
    assert stands(ROW, an_entry(confirmed(), 8), old).state is State.CONFIRMED
    assert stands(ROW, old, later).state is State.CHANGED
    broken = replace(an_entry(confirmed()), body={"row": ROW.id})
    assert stands(ROW, broken).state is State.UNCONFIRMED
    assert stands(ROW, replace(an_entry(confirmed()), kind="approval")).state is State.UNCONFIRMED


def test_patterns_confirm_what_they_name_once_and_refuse_what_they_do_not():
    other = replace(ROW, id="eks/fargate/cni/addon.fix")
    given: dict[str, Any] = {"by": "carla", "document": "T", "clause": "1", "on": AT}
    drafts = confirming([ROW, other], ["eks/*", ROW.id], again_by=AT + YEAR, **given)
    assert [draft.body["row"] for draft in drafts if draft.body] == [ROW.id, other.id]
    with pytest.raises(DemarcError, match="no row"):
        confirming([ROW], ["gke/*"], again_by=AT + YEAR, **given)
    with pytest.raises(DemarcError, match="due at once"):
        confirming([ROW], ["*"], again_by=AT, **given)


def test_rows_of_the_matrix_fold_into_those_that_they_rest_on_and_a_fact_that_moves_one_changes_it():
    assessment = answer(an_inventory())
    rows = used_rows(assessment)
    assert sum(row.rows for row in rows) == sum(row.basis is not None for row in assessment.matrix)
    assert len({row.id for row in rows}) == len(rows)
    first = next(row for row in assessment.matrix if row.basis is not None)
    assert first.basis is not None
    moved = replace(first, basis=replace(first.basis, override="a fact"))
    matrix = tuple(moved if row is first else row for row in assessment.matrix)
    before = {row.id: row.digest for row in rows}
    after = {row.id: row.digest for row in used_rows(replace(assessment, matrix=matrix))}
    assert [name for name in before if before[name] != after[name]] == [first.basis.row]


def test_from_nothing_confirmed_to_one_row_confirmed_on_the_example_company(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DEMARC_LEDGER", str(tmp_path / "l.db"))
    monkeypatch.setenv("DEMARC_REGISTER", str(COMPANY / "register"))
    monkeypatch.setenv("COLUMNS", "200")
    assert run(["ledger", "init"]) == 0
    assert run(["boundary", "due", *INPUTS]) == 1
    assert "0 confirmed" in capsys.readouterr().out
    words = ["--row", "eks/*/etcd/platform.etcd", "--document", "Service terms", "--clause", "5.2"]
    assert run(["boundary", "confirm", *INPUTS, *words, "--by", "nobody.known"]) == 2
    assert run(["boundary", "confirm", *INPUTS, *words, "--by", "nadia.haddad", "--again-by", "2020-01-01"]) == 2
    assert run(["boundary", "confirm", *INPUTS, *words, "--by", "nadia.haddad"]) == 0
    capsys.readouterr()
    assert run(["boundary", "list", *INPUTS, "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    (one,) = [row for row in rows if row["state"] == "confirmed"]
    assert one["confirmation"]["by"] == "nadia.haddad"
    assert run(["boundary", "list", *INPUTS]) == 0
    assert "by nadia.haddad: Service terms, 5.2; again by" in capsys.readouterr().out
