"""``demarc review`` on the example company, from opening to a matrix that is no longer overdue."""

from __future__ import annotations

import builtins
import json
import re
from pathlib import Path

import pytest
import yaml

from demarc.cli.main import run

ROOT = Path(__file__).resolve().parents[2]
COMPANY = ROOT / "examples" / "fjordkite"
INPUTS = [str(COMPANY / part) for part in ("cluster", "cloud", "directory")]
EVENTS = ["--events", str(COMPANY / "audit" / "audit.log.gz")]


@pytest.fixture(autouse=True)
def _ledger(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DEMARC_LEDGER", str(tmp_path / "l.db"))
    monkeypatch.delenv("DEMARC_REGISTER", raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    assert run(["ledger", "init"]) == 0
    assert run(["ledger", "record", str(COMPANY / "register"), "--actor", "ingrid.solheim"]) == 0
    capsys.readouterr()


def out(capsys, *words, code=0):
    given = run(list(words))
    said = capsys.readouterr()
    assert given == code, said.err
    return said.out


def failing(capsys, *words):
    assert run(list(words)) == 2
    return capsys.readouterr().err


def overdue(capsys):
    return out(capsys, "matrix", *INPUTS, "--at", "now", "--duty", "identity.rbac", "--status", "overdue")


def test_from_opening_to_a_matrix_that_is_no_longer_overdue(tmp_path, capsys):
    assert re.search(r"Overdue\s+identity.rbac", overdue(capsys))
    out(capsys, "review", "open", "q4", *INPUTS, *EVENTS, "--title", "Access", "--due", "3d")
    listed = out(capsys, "review", "list", "q4", "--by", "frida.berg")
    assert "not used in the trail that was read" in listed
    assert "by: ClusterRoleBinding platform-admins of ClusterRole cluster-admin" in listed
    for person in ("frida.berg", "mei.tran"):
        assert "wait for a decision" in failing(capsys, "review", "close", "q4")
        path = tmp_path / f"{person}.yaml"
        out(capsys, "review", "list", "q4", "--by", person, "--format", "yaml", "-o", str(path))
        rows = yaml.safe_load(path.read_text())
        for row in rows["decisions"]:
            row["decision"] = "revoke" if row["number"] == 2 else "keep"
            row["note"] = "Jenkins is gone" if row["number"] == 2 else ""
        path.write_text(yaml.safe_dump(rows))
        out(capsys, "review", "take", "q4", "--by", person, "--file", str(path))
    assert "identity.rbac" not in out(capsys, "review", "list", "q4")
    out(capsys, "review", "close", "q4")
    assert not re.search(r"Overdue\s+identity.rbac", overdue(capsys))
    shown = out(capsys, "history", "identity.rbac")
    assert "review: identity.rbac @ everything by" in shown
    assert "evidence review q4" in shown
    assert "Jenkins is gone" in out(capsys, "ledger", "log", "--kind", "review.closed", "--format", "json")
    assert "nothing was found" in out(capsys, "ledger", "verify")
    # A folder that is given beside the ledger gets the reviews too.
    asked = ["matrix", *INPUTS, "--at", "now", "--duty", "identity.rbac", "--status", "overdue"]
    folder = out(capsys, *asked, "--register", str(COMPANY / "register"))
    assert not re.search(r"Overdue\s+identity.rbac", folder)


def test_only_what_the_cadence_asks_for_is_put_before_people(capsys):
    out(capsys, "review", "open", "all", *INPUTS, "--about", "duties", "--at", "now")
    out(capsys, "review", "open", "due", *INPUTS, "--about", "duties", "--at", "now", "--only-due", "--due", "3d")
    counts = dict(re.findall(r"^(\w+) .* of (\d+) wait", out(capsys, "review", "list"), re.MULTILINE))
    assert 0 < int(counts["due"]) < int(counts["all"])
    assert "already" in failing(capsys, "review", "open", "due", *INPUTS)


def test_every_sort_of_item_is_put_before_somebody(capsys):
    kinds = [word for about in ("ownership", "exceptions", "boundary") for word in ("--about", about)]
    out(capsys, "review", "open", "q", *INPUTS, *kinds, "--at", "2026-11-18", "--reviewer", "nadia.haddad")
    listed = out(capsys, "review", "list", "q")
    assert "exception EX-014 from cluster.endpoint" in listed
    assert "nobody owns what" in listed
    assert "is shared" in listed
    assert "for nadia.haddad to decide" in listed
    stored = out(capsys, "ledger", "log", "--kind", "review.item", "--limit", "1", "--format", "json")
    assert json.loads(stored)["body"]["evidence"]


def test_reminders_say_who_and_exit_with_1_when_past_due(capsys, monkeypatch):
    out(capsys, "review", "open", "q", *INPUTS, "--about", "exceptions", "--at", "2026-11-18", "--due", "1d")
    assert "nadia.haddad: 1 item" in out(capsys, "review", "remind")
    from datetime import UTC, datetime, timedelta

    from msgspec.structs import replace

    from demarc.cli import review as command
    from demarc.cli.answer import run_now

    later = replace(run_now(), now=datetime.now(UTC) + timedelta(days=2))
    monkeypatch.setattr(command, "run_now", lambda: later)
    assert "PAST DUE" in out(capsys, "review", "remind", "q", code=1)


def test_decisions_are_taken_in_the_terminal(capsys, monkeypatch):
    out(capsys, "review", "open", "q", *INPUTS, "--about", "exceptions", "--at", "2026-11-18")
    answers = iter(["x", "c", "close the endpoint"])
    monkeypatch.setattr(builtins, "input", lambda _: next(answers))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    shown = out(capsys, "review", "take", "q", "--by", "nadia.haddad")
    assert "reason: The endpoint stays open" in shown
    assert "change by nadia.haddad" in out(capsys, "review", "list", "q", "--all")
    assert "nothing waits" in _err(capsys, "review", "take", "q", "--by", "nadia.haddad")


def test_the_rest_of_a_group_is_kept_only_when_its_number_is_typed(capsys, monkeypatch):
    out(
        capsys,
        "review",
        "open",
        "q",
        *INPUTS,
        "--about",
        "ownership",
        "--at",
        "2026-11-18",
        "--reviewer",
        "nadia.haddad",
    )
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    waiting = 0

    def answering(*answers):
        left = iter(answers)
        monkeypatch.setattr(builtins, "input", lambda _: next(left))

    # The first number is wrong, so they go on one by one.
    answering("k", "a", "keep 1", "k", "q")
    _err(capsys, "review", "take", "q", "--by", "nadia.haddad")
    said = out(capsys, "review", "list", "q", "--all")
    assert "2 keep (2 one by one)" in said
    waiting = int(re.search(r"(\d+) of \d+ wait", said)[1])  # type: ignore[index]
    listed = out(capsys, "review", "list", "q", "--by", "nadia.haddad")
    mine = int(re.search(r"^\[high\] .*: (\d+)$", listed, re.MULTILINE)[1])  # type: ignore[index]
    assert mine > 1
    answering("a", f"keep {mine}", "q")
    _err(capsys, "review", "take", "q", "--by", "nadia.haddad")
    said = out(capsys, "review", "list", "q", "--all")
    assert f"{mine} as a group" in said
    assert int(re.search(r"(\d+) of \d+ wait", said)[1]) == waiting - mine  # type: ignore[index]


def _err(capsys, *words):
    assert run(list(words)) == 0
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["take", "q", "--by", "eve"], "knows no person eve"),
        (["take", "q", "--by", "piotr.zielinski"], "held it until"),
        (["take", "nothing", "--by", "nadia.haddad"], "no campaign nothing"),
        (["take", "q", "--by", "nadia.haddad", "--file", "nothing.yaml"], "cannot be read"),
        (["take", "q", "--by", "nadia.haddad"], "no terminal"),
        (["close", "q"], "wait for a decision"),
        (["list", "nothing"], "no campaign nothing"),
        (["open", "late", *INPUTS, "--due", "2020-01-01"], "due already"),
        (["open", "odd", *INPUTS, "--due", "soon"], "not a time"),
    ],
)
def test_what_cannot_be_done_is_told(capsys, monkeypatch, words, says):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    out(capsys, "review", "open", "q", *INPUTS, "--about", "exceptions", "--at", "2026-11-18")
    assert says in failing(capsys, "review", *words)
