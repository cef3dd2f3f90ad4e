"""``demarc incident attribute`` and ``demarc evidence verify`` as somebody types them."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demarc.cli.main import run
from demarc.collect.fingerprint import FingerprintKey
from demarc.collect.snapshot_file import SnapshotWriter
from demarc.incidents.bundle import verify
from demarc.testing import a_list, a_node

ROOT = Path(__file__).resolve().parents[2]
FACTS = str(ROOT / "examples" / "incident.yaml")
COMPANY = ROOT / "examples" / "fjordkite"
REGISTER = ["--register", str(COMPANY / "register")]
TAKEN = datetime(2026, 11, 18, tzinfo=UTC)
AT = ["--at", "2026-11-18T14:30:00Z"]


@pytest.fixture(autouse=True)
def _at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DEMARC_REGISTER", raising=False)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("COLUMNS", "100")


def attribute(*words: str) -> int:
    return run(["incident", "attribute", *words])


def test_the_verdict_on_the_example_without_a_register(capsys):
    assert attribute(FACTS, *AT) == 0
    out = capsys.readouterr().out
    assert "The root is step 1, outside the cluster" in out
    assert "supply.pipeline-trust" in out
    assert "owner then" not in out


def test_owners_then_and_responders_now(capsys):
    assert attribute(FACTS, *REGISTER, *AT, "--format", "json") == 0
    told = json.loads(capsys.readouterr().out)
    owners = {step["n"]: step["owner"]["name"] for step in told["steps"]}
    assert owners[3] == "Platform Engineering"
    assert owners[7] == "Data"
    assert owners[1] == ""
    preserve = next(phase for phase in told["runbook"]["tenant"] if phase["key"] == "preserve")
    assert {action["owner"]["name"] for action in preserve["actions"]} == {"Security"}


def test_a_snapshot_makes_the_matrix_the_clusters_own(capsys):
    seen = [word for folder in ("cluster", "cloud") for word in ("--snapshot", str(COMPANY / folder))]
    assert attribute(FACTS, *REGISTER, *AT, *seen, "--format", "json") == 0
    told = json.loads(capsys.readouterr().out)
    owner = next(step["owner"] for step in told["steps"] if step["n"] == 5)
    assert (owner["name"], owner["status"]) == ("Data", "assigned")


def test_standard_input(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path(FACTS).read_bytes())))
    assert attribute("-", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["root_step"] == 1


@pytest.mark.parametrize(("form", "starts"), [("markdown", "# "), ("html", "<!doctype html>"), ("json", "{")])
def test_a_file(tmp_path, form, starts):
    out = tmp_path / "report"
    assert attribute(FACTS, "--format", form, "-o", str(out)) == 0
    assert out.read_text().startswith(starts)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere.yaml"], "cannot read the description"),
        ([FACTS, "-o", "x"], "text is for the terminal"),
        ([FACTS, "--at", "soon"], "not a time"),
        ([FACTS, "--register", "nowhere"], "no such file or folder"),
        ([FACTS, "--bundle", "nowhere/x.tar.zst"], "cannot write"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(capsys, tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    assert attribute(*words) == 2
    told = capsys.readouterr()
    assert says in told.err
    assert told.out == ""
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == []


def test_a_bad_description_is_told_with_its_lines(capsys, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("id: x\nsteps:\n- {n: 1, technique: NONE, component: y}\n")
    assert attribute(str(bad)) == 2
    err = capsys.readouterr().err
    for expected in ("title is missing", f"{bad}:3", "unknown technique 'NONE'", "no component has the id 'y'"):
        assert expected in err


def test_a_bundle_is_written_and_checked(capsys, tmp_path):
    bundle = tmp_path / "evidence.tar.zst"
    assert attribute(FACTS, *REGISTER, *AT, "--bundle", str(bundle)) == 0
    root = capsys.readouterr().err.split("root digest ")[1].split()[0]
    assert run(["evidence", "verify", str(bundle), "--root", root]) == 0
    told = capsys.readouterr().out
    assert "INC-2214" in told
    assert "as noted" in told
    assert run(["evidence", "verify", str(bundle), "--root", "0" * 64]) == 1
    assert "SHA256SUMS" in capsys.readouterr().out
    bundle.write_bytes(bundle.read_bytes()[:-40])
    assert run(["evidence", "verify", str(bundle)]) == 1
    assert run(["evidence", "verify", FACTS]) in {1, 2}
    assert run(["evidence", "verify", str(tmp_path / "none")]) == 2


def test_the_same_call_writes_the_same_bundle(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for path in (one, other):
        assert attribute(FACTS, *REGISTER, *AT, "--bundle", str(path)) == 0
    assert one.read_bytes() == other.read_bytes()


def test_a_snapshot_that_demarc_collected_is_in_the_bundle_and_a_dump_is_not(tmp_path):
    collected = tmp_path / "collected.tar.zst"
    with SnapshotWriter(collected, key=FingerprintKey(b"k" * 32), version="test") as writer:
        writer.add_page("nodes.json", json.dumps(a_list([a_node("one")])).encode(), "nodes")
        writer.commit(taken_at=TAKEN, taken_at_basis="as recorded")
    inputs = ["--snapshot", str(collected), "--snapshot", str(COMPANY / "cloud")]
    bundle = tmp_path / "evidence.tar.zst"
    assert attribute(FACTS, *REGISTER, *AT, *inputs, "--bundle", str(bundle)) == 0
    with bundle.open("rb") as data:
        found = verify(data, "b")
    assert found.manifest is not None
    kinds = [one.kind for one in found.manifest.members]
    assert kinds.count("snapshot") == 1
    assert set(kinds) >= {"source", "verdict", "report", "register", "boundary"}
