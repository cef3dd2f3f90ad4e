"""``demarc evidence roles`` on the example company: text, JSON, CSV, and bad input."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from demarc.cli.main import run

COMPANY = Path(__file__).resolve().parents[2] / "examples" / "fjordkite"
INPUTS = [str(COMPANY / part) for part in ("cluster", "cloud", "directory", "delivery")]
ASK = [*INPUTS, "--register", str(COMPANY / "register"), "--at", "2026-11-18T14:30:00Z"]


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DEMARC_LEDGER", raising=False)
    monkeypatch.setenv("COLUMNS", "400")


def out(capsys, *words, code=0):
    given = run(["evidence", "roles", *words])
    said = capsys.readouterr()
    assert given == code, said.err
    return said.out


def test_what_was_merged_without_a_second_pair_of_eyes_is_told_with_its_source(capsys):
    said = out(capsys, *ASK, "--role", "approver", "--verdict", "says-otherwise", code=1)
    assert "pull request 655 of github.com/fjordkite/cluster-config, by Tomasz Wrona: its author alone approved" in said
    assert "pull request 402 of github.com/fjordkite/quotes-service, by Yuki Tanabe: it was merged without" in said
    assert "field manager kubectl-edit changed Deployment booking/booking-api" in said
    assert "answered, GitHub" in said
    assert "Not given: the audit trail" in said


def test_json_and_csv_say_the_same_of_every_row(capsys):
    given = json.loads(out(capsys, *ASK, "--format", "json", code=1))
    rows = list(csv.DictReader(io.StringIO(out(capsys, *ASK, "--format", "csv", code=1))))
    assert given["format"] == "demarc.roles/1"
    assert [(row["row"], row["role"], row["verdict"]) for row in rows] == [
        (item["row"], item["role"], item["verdict"]) for item in given["roles"]
    ]
    assert all(row["todo"] for row in rows if row["verdict"] != "says-so")


def test_narrowed_to_what_holds_it_ends_with_0(capsys):
    said = out(capsys, *ASK, "--duty", "network.perimeter", "--role", "reviewer")
    assert "reviewed on 2026-10-14 by Frida Berg, see SEC-1184" in said


def test_tickets_are_read_and_a_bad_list_is_refused(tmp_path, capsys):
    path = tmp_path / "changes.csv"
    path.write_text(
        "id,requested_by,approved_by,approved_at,duties,scopes\n"
        "CHG-9,mei.tran,ingrid.solheim,2026-11-02,node.hardening,pool:batch\n"
    )
    said = out(capsys, *ASK, "--tickets", str(path), "--duty", "node.hardening", "--role", "approver")
    assert "ticket CHG-9 was approved by Ingrid Solheim" in said
    path.write_text("id\n1\n")
    assert run(["evidence", "roles", *ASK, "--tickets", str(path)]) == 2
    assert "columns of the tickets are missing" in capsys.readouterr().err
    assert run(["evidence", "roles", *ASK, "--within", "soon"]) == 2
    assert "--within" in capsys.readouterr().err
