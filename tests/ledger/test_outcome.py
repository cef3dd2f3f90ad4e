"""Every kind of decision becomes an entry: with who decided, what it is about, and the digest of what was answered."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from demarc.cli.main import run

ROOT = Path(__file__).resolve().parents[2]
COMPANY = ROOT / "examples" / "fjordkite"
INPUTS = [str(COMPANY / part) for part in ("cluster", "cloud")]
REGISTER = ["--register", str(COMPANY / "register")]


@pytest.fixture(autouse=True)
def _at_home(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DEMARC_LEDGER", str(tmp_path / "l.db"))
    monkeypatch.delenv("DEMARC_REGISTER", raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    assert run(["ledger", "init"]) == 0
    capsys.readouterr()


def out(capsys, *words, code=0):
    given = run(list(words))
    said = capsys.readouterr()
    assert given == code, said.err
    return said.out


def entries(capsys, kind):
    lines = out(capsys, "ledger", "log", "--kind", kind, "--limit", "0", "--format", "json").splitlines()
    return [json.loads(line) for line in lines]


def test_an_assessment_is_recorded_with_the_digest_of_its_json(tmp_path, capsys):
    report = tmp_path / "report.json"
    asked = ["assess", *INPUTS, *REGISTER, "--format", "json", "-o", str(report), "--record", "--actor", "ingrid"]
    assert run(asked) == 0
    assert "recorded as entry 1: assessment fjordkite-prod" in capsys.readouterr().err
    (entry,) = entries(capsys, "assessment")
    body = entry["body"]
    assert (entry["actor"], entry["subject"]) == ("ingrid", "fjordkite-prod")
    assert body["sha256"] == hashlib.sha256(report.read_bytes()).hexdigest()
    assert body["size"] == report.stat().st_size
    written = json.loads(report.read_bytes())
    assert (body["version"], body["rows"]) == (written["version"], len(written["matrix"]))
    assert body["by_status"] == written["tally"]["by_status"]
    assert sum(body["findings"].values()) == len(written["posture"]["findings"])
    assert [one["sha256"] for one in body["inputs"]] == [one["sha256"] for one in written["inputs"]]
    assert body["inputs_count"] == len(written["inputs"])
    assert entry["valid_from"].startswith(written["at"][:19])
    # As text it is the same assessment, so the same digest.
    assert run(["assess", *INPUTS, *REGISTER, "--record"]) == 0
    capsys.readouterr()
    assert {one["body"]["sha256"] for one in entries(capsys, "assessment")} == {body["sha256"]}
    assert "assessment: fjordkite-prod" in out(capsys, "history", "fjordkite-prod")
    assert "nothing was found" in out(capsys, "ledger", "verify")
    proof = tmp_path / "proof"
    out(capsys, "ledger", "prove", "1", "-o", str(proof))
    assert "assessment" in out(capsys, "ledger", "verify", "--proof", str(proof))


def test_a_verdict_is_recorded_and_history_finds_it_by_its_duties(tmp_path, capsys):
    report = tmp_path / "case.json"
    asked = [
        "incident",
        "attribute",
        str(ROOT / "examples" / "incident.yaml"),
        *REGISTER,
        "--at",
        "2026-11-18T14:30:00Z",
    ]
    assert run([*asked, "--format", "json", "-o", str(report), "--record", "--actor", "nadia"]) == 0
    capsys.readouterr()
    (entry,) = entries(capsys, "incident-verdict")
    written = json.loads(report.read_bytes())
    assert entry["body"]["sha256"] == hashlib.sha256(report.read_bytes()).hexdigest()
    assert entry["subject"] == written["incident"]["id"]
    assert entry["body"]["root"] == {"step": written["root_step"], "duty": written["root_duty"]}
    assert entry["body"]["party"] == written["party"]
    assert "incident-verdict:" in out(capsys, "history", written["root_duty"])
    told = out(capsys, "ledger", "show", str(entry["seq"]))
    assert "decided by" in told
    assert "nadia" in told


def test_nothing_is_recorded_without_being_asked_and_a_ledger_is_needed(monkeypatch, capsys):
    out(capsys, "assess", *INPUTS, *REGISTER)
    assert entries(capsys, "assessment") == []
    assert run(["assess", *INPUTS, "--actor", "ingrid"]) == 2
    assert "add --record" in capsys.readouterr().err
    monkeypatch.delenv("DEMARC_LEDGER")
    assert run(["assess", *INPUTS, "--record"]) == 2
    assert "no ledger was named" in capsys.readouterr().err


def test_every_kind_of_decision_is_an_entry_with_actor_subject_and_bytes(tmp_path, capsys):
    record = ["ledger", "record", str(COMPANY / "register"), "--actor", "ingrid", "--approved-by", "nadia"]
    out(capsys, *record, "--reference", "PR-12")
    out(capsys, "ledger", "append", "--kind", "rotation", "--subject", "payments/db", "--actor", "dora")
    (approval,) = entries(capsys, "approval")
    assert (approval["actor"], approval["subject"], approval["body"]["reference"]) == ("nadia", "the register", "PR-12")
    assert "sha256" in approval["body"]
    for kind in ("register", "register.assignment", "register.review", "register.exception", "approval", "rotation"):
        for entry in entries(capsys, kind):
            assert entry["actor"]
            assert entry["subject"]
            raw = out(capsys, "ledger", "show", str(entry["seq"]), "--raw")
            assert json.loads(raw) == entry
        assert entries(capsys, kind), kind
    assert "approval: the register" in out(capsys, "history", "nadia")
    out(capsys, *record)
    assert len(entries(capsys, "approval")) == 1
