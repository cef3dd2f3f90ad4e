"""Confirmations of the boundary: for what a row said that day, until it changes or ages; and the commands."""

from __future__ import annotations

import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from demarc.accountability.assess import assess
from demarc.cli.main import run
from demarc.evidence.boundary import (
    State,
    UsedRow,
    confirmations,
    confirming,
    settlements,
    standings,
    used_rows,
)
from demarc.model.assessment import Status
from demarc.model.boundary import Basis, Party
from demarc.model.errors import DemarcError
from demarc.model.ledger import Act, Draft, Entry, stamp
from demarc.model.register import ContractTerm, Selector
from tests.accountability.given import AT, EMPTY, HERE, a_register, an_inventory, answer

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


# ---- what pages leave open ----

DOCUMENT: dict[str, Any] = {"by": "carla", "document": "Support case 17", "clause": "answer 2"}


def published():
    """An assessment with a row that the pages of EKS leave open."""
    return answer(an_inventory(), a_register())


def open_row(found=None):
    used = [row for row in used_rows(found or published()) if row.readings]
    return next(row for row in used if row.duties == ("platform.defaults",) and "customer" in row.readings)


def settling(row, party="customer", *, on=AT, again=YEAR, **more):
    return an_entry(confirming([row], [row.id], on=on, again_by=on + again, party=party, **DOCUMENT, **more)[0])


def settled_at(at, *entries, inventory=None):
    """Assess as of a moment, with what is confirmed by then."""
    inventory = inventory or an_inventory()
    open_ = answer(inventory, a_register(), at)
    standing = standings(used_rows(open_), confirmations(entries, at), at=at, oldest=timedelta.max)
    return assess(EMPTY, inventory, a_register(), at, "given", settled=settlements(standing))


def the_row(found, used):
    return next(row for row in found.matrix if row.basis is not None and row.basis.row == used.id)


def test_a_confirmed_reading_is_the_answer_with_whose_it_is_until_when():
    used = open_row()
    assert the_row(published(), used).status is Status.AMBIGUOUS
    found = settled_at(AT, settling(used))
    row = the_row(found, used)
    assert (row.party, row.status) == (Party.CUSTOMER, Status.UNOWNED)
    assert row.basis is not None
    assert row.basis.kind is Basis.CONFIRMED
    assert row.basis.confirmed == "confirmed by Carla, Support case 17, answer 2, until 2027-11-24"
    assert row.basis.replaced.startswith("The published boundary is ambiguous")
    other = the_row(settled_at(AT, settling(used, "provider")), used)
    assert (other.party, other.status) == (Party.PROVIDER, Status.PROVIDER)


def test_the_ambiguity_stays_in_sight_as_settled():
    used = open_row()
    before, after = published(), settled_at(AT, settling(used))
    (kept,) = after.settled
    was = next(one for one in before.ambiguities if kept.id == one.id)
    assert kept.readings == was.readings
    assert kept.settled == "confirmed by Carla, Support case 17, answer 2, until 2027-11-24"
    assert kept.rows == was.rows
    assert {one.id for one in after.ambiguities} == {one.id for one in before.ambiguities} - {kept.id}
    assert before.settled == ()


@pytest.mark.parametrize(
    ("at", "party"),
    [
        (AT - timedelta(seconds=1), Party.AMBIGUOUS),
        (AT, Party.CUSTOMER),
        (AT + timedelta(days=9), Party.CUSTOMER),
        (AT + timedelta(days=10), Party.AMBIGUOUS),
    ],
)
def test_it_holds_from_its_day_until_its_day(at, party):
    used = open_row()
    assert the_row(settled_at(at, settling(used, again=timedelta(days=10))), used).party is party


def test_it_holds_from_when_the_document_does():
    used = open_row()
    entry = settling(used, since=AT - timedelta(days=30))
    assert the_row(settled_at(AT - timedelta(days=20), entry), used).party is Party.CUSTOMER
    assert the_row(settled_at(AT - timedelta(days=31), entry), used).party is Party.AMBIGUOUS


def test_a_row_that_says_something_else_now_is_open_again():
    used = open_row()
    entry = settling(used)
    changed = replace(entry, body={**(entry.body or {}), "digest": "of another day"})
    assert the_row(settled_at(AT, changed), used).party is Party.AMBIGUOUS
    unnamed = replace(entry, body={**(entry.body or {}), "party": "third_party"})
    assert the_row(settled_at(AT, unnamed), used).party is Party.AMBIGUOUS


def test_a_contract_goes_before_a_confirmation():
    used, term = open_row(), a_contract_term()
    register = a_register(contracts=(term,))
    settled = settlements(
        standings(used_rows(published()), confirmations([settling(used)], AT), at=AT, oldest=timedelta.max)
    )
    found = assess(EMPTY, an_inventory(), register, AT, "given", settled=settled)
    rows = [row for row in found.matrix if row.duty == "platform.defaults"]
    assert {row.basis.kind for row in rows if row.basis} == {Basis.CONTRACT}


def a_contract_term():
    return ContractTerm(
        id="term",
        duties=("platform.defaults",),
        scope=Selector(),
        party=Party.SHARED,
        document="Contract",
        clause="1",
        where=HERE,
    )


def test_a_reading_must_be_named_and_be_one_of_those():
    used = open_row()
    given: dict[str, Any] = {"on": AT, "again_by": AT + YEAR, **DOCUMENT}
    with pytest.raises(DemarcError, match=r"leave .* open: customer or provider"):
        confirming([used], [used.id], **given)
    with pytest.raises(DemarcError, match="none reads it as third_party"):
        confirming([used], [used.id], party="third_party", **given)
    with pytest.raises(DemarcError, match="says provider, not customer"):
        confirming([ROW], [ROW.id], party="customer", **given)
    assert confirming([ROW], [ROW.id], party="provider", **given)


def test_the_commands_settle_and_show_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DEMARC_LEDGER", str(tmp_path / "l.db"))
    monkeypatch.setenv("COLUMNS", "300")
    assert run(["ledger", "init"]) == 0
    ask = [*INPUTS, "--register", str(COMPANY / "register")]
    given = ["--row", "eks/*/default_bindings/platform.defaults", "--by", "nadia.haddad"]
    given += ["--document", "Support case 17", "--clause", "answer 2", "--party", "customer"]
    assert run(["boundary", "confirm", *ask, *given]) == 0
    capsys.readouterr()
    assert run(["matrix", *ask, "--duty", "platform.defaults", "--status", "ambiguous"]) == 0
    said = capsys.readouterr()
    assert "default_bindings" in said.out
    assert "1 readings of the boundary were confirmed from after 2026-11-18: --at now counts them" in said.err
    assert run(["boundary", "confirm", *ask, *given, "--valid-from", "2026-11-01"]) == 0
    capsys.readouterr()
    snapshot = [word for path in INPUTS for word in ("--snapshot", path)]
    assert run(["explain", "platform.defaults", *snapshot, *ask[len(INPUTS) :]]) == 0
    told = capsys.readouterr().out
    assert "confirmed by Nadia Haddad, Support case 17, answer 2, until" in told
    assert "Settled: Who chooses the RBAC bindings" in told
    assert run(["ambiguities", *ask, "--letters"]) == 0
    assert "Who chooses the RBAC bindings" not in capsys.readouterr().out
    pack = tmp_path / "pack.zip"
    assert run(["audit", "pack", *ask, "--framework", "csf-2.0", "-o", str(pack)]) == 0
    with zipfile.ZipFile(pack) as archive:
        evidence = archive.read("evidence.csv").decode()
        entries = archive.read("ledger/entries.tsv").decode()
    assert 'settled,"confirmed by Nadia Haddad, Support case 17, answer 2, until' in evidence
    assert "boundary.confirmation" in entries
    capsys.readouterr()
    assert run(["audit", "pack", *ask, "--framework", "csf-2.0", "--at", "2029-01-01", "-o", str(pack)]) == 0
    with zipfile.ZipFile(pack) as archive:
        evidence = archive.read("evidence.csv").decode()
    assert "confirmed by Nadia" not in evidence
