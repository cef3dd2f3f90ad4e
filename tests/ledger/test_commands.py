"""The commands of the ledger as somebody types them, on the example company."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from demarc.cli.main import run
from tests.ledger.authority import Authority

ROOT = Path(__file__).resolve().parents[2]
COMPANY = ROOT / "examples" / "fjordkite"
INPUTS = [str(COMPANY / part) for part in ("cluster", "cloud", "directory", "delivery")]


@pytest.fixture(autouse=True)
def _at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DEMARC_LEDGER", str(tmp_path / "l.db"))
    monkeypatch.delenv("DEMARC_REGISTER", raising=False)
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def ledger(tmp_path, capsys):
    """A ledger with the example's register in it; gives the key that its checkpoints bear."""
    assert run(["ledger", "init", "--origin", "fjordkite.example/demarc"]) == 0
    key = capsys.readouterr().out.strip()
    record = ["ledger", "record", str(COMPANY / "register"), "--actor", "ingrid", "--approved-by", "nadia"]
    assert run([*record, "--reference", "PR-12"]) == 0
    capsys.readouterr()
    return key


def out(capsys, *words, code=0):
    given = run(list(words))
    said = capsys.readouterr()
    assert given == code, said.err
    return said.out


def failing(capsys, *words):
    assert run(list(words)) == 2
    return capsys.readouterr().err


def test_init_makes_a_key_and_leaves_a_ledger_alone_that_is_there(tmp_path, capsys):
    first = out(capsys, "ledger", "init")
    assert first.startswith("demarc-ledger-")
    assert (tmp_path / "home" / "ledger.key").stat().st_mode & 0o077 == 0
    assert out(capsys, "ledger", "init") == first
    assert "1 entry" in out(capsys, "ledger", "verify")


def test_the_register_is_recorded_change_by_change(ledger, tmp_path, capsys):
    copy = tmp_path / "register"
    shutil.copytree(COMPANY / "register", copy)
    assert "nothing has changed" in _err(capsys, "ledger", "record", str(copy))
    text = (copy / "assignments.yaml").read_text()
    (copy / "assignments.yaml").write_text(text.replace("owner: piotr.zielinski", "owner: data"))
    dry = out(capsys, "ledger", "record", str(copy), "--dry-run")
    said = out(capsys, "ledger", "record", str(copy), "--actor", "mei")
    assert dry == said
    assert "replaced" in said
    assert "namespace=yard" in "".join(said.split())
    shown = out(capsys, "history", "namespace:yard")
    assert "owner data" in shown
    assert "was: owner piotr.zielinski" in shown
    assert "by mei" in shown


def _err(capsys, *words):
    assert run(list(words)) == 0
    return capsys.readouterr().err


def test_answers_are_by_what_was_known(ledger, tmp_path, capsys):
    copy = tmp_path / "register"
    shutil.copytree(COMPANY / "register", copy)
    text = (copy / "assignments.yaml").read_text()
    (copy / "assignments.yaml").write_text(text.replace("owner: piotr.zielinski", "owner: data"))
    before = json.loads(out(capsys, "ledger", "log", "--limit", "1", "--format", "json"))["recorded_at"]
    out(capsys, "ledger", "record", str(copy), "--actor", "mei")
    asked = ["matrix", *INPUTS, "--scope", "namespace:yard", "--duty", "secret.storage"]
    now, then = out(capsys, *asked), out(capsys, *asked, "--as-known-at", before)
    assert "Data" in now
    assert "Piotr" in then
    assert "Data" not in then
    reason = out(capsys, "explain", "secret.storage", "--scope", "namespace:yard", "--snapshot", INPUTS[0])
    assert "ledger entry" in reason
    assert "assignments.yaml" in reason
    nothing = _err(capsys, *asked, "--as-known-at", "2020-01-01")
    assert "held nothing then" in nothing


def test_a_folder_that_is_named_beside_the_ledger_is_the_register(ledger, capsys):
    whole = out(capsys, "matrix", *INPUTS, "--register", str(COMPANY / "register"))
    assert whole == out(capsys, "matrix", *INPUTS)
    told = failing(capsys, "matrix", *INPUTS, "--register", str(COMPANY / "register"), "--as-known-at", "now")
    assert "only a ledger says" in told


def test_as_known_at_needs_a_ledger(monkeypatch, capsys):
    monkeypatch.delenv("DEMARC_LEDGER")
    assert "--ledger" in failing(capsys, "matrix", *INPUTS, "--as-known-at", "2026-03-01")
    assert "no ledger was named" in failing(capsys, "ledger", "log")


def test_decisions_are_appended_shown_and_corrected(ledger, tmp_path, capsys):
    (tmp_path / "report.json").write_text("{}")
    said = ["ledger", "append", "--kind", "rotation", "--subject", "payments/database", "--actor", "dora"]
    seq = out(capsys, *said, "--field", "ticket=CH-12", "--file", str(tmp_path / "report.json")).strip()
    shown = out(capsys, "ledger", "show", seq)
    assert "ticket" in shown
    assert "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" in shown
    assert "report.json" in shown
    again = out(capsys, *said, "--field", "ticket=CH-13", "--replaces", seq).strip()
    assert f"replaced by entry {again}" in out(capsys, "ledger", "show", seq)
    assert "does not stand" in failing(capsys, *said, "--withdraws", seq)
    told = out(capsys, "history", "CH-13")
    assert "ticket CH-12" in " ".join(told.partition("was: ")[2].split())
    raw = out(capsys, "ledger", "show", again, "--raw")
    assert json.loads(raw)["body"] == {"ticket": "CH-13"}
    assert out(capsys, "ledger", "log", "--kind", "rotation", "--format", "json").count("\n") == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--field", "password=correct-horse-battery"], "reads like a secret"),
        (["--field", "ticket"], "name=value"),
        (["--kind", "ledger.anchor"], "their own command"),
        (["--replaces", "1", "--withdraws", "1"], "exclude each other"),
        (["--valid-from", "yesterday"], "not a time"),
        (["--body", "nothing.json"], "cannot be read"),
        (["--lines", "-"], "says everything"),
    ],
)
def test_what_cannot_be_appended_is_told_and_not_recorded(ledger, words, says, capsys):
    said = ["ledger", "append", "--subject", "x", "--actor", "dora", *words]
    told = failing(capsys, *said, *([] if "--kind" in words else ["--kind", "rotation"]))
    assert says in told
    assert "correct-horse" not in told
    assert "115 entries" in out(capsys, "ledger", "verify")


def test_many_are_appended_from_lines_and_acknowledged(ledger, tmp_path, monkeypatch, capsys):
    lines = [{"kind": "approval", "subject": f"CH-{n}", "actor": "a", "valid_from": "2026-01-01"} for n in range(2_300)]
    data = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert out(capsys, "ledger", "append", "--lines", "-").split() == ["115-1114", "1115-2114", "2115-2414"]
    (tmp_path / "bad").write_bytes(data[:200] + b"{}\n")
    assert "not what an entry has" in failing(capsys, "ledger", "append", "--lines", str(tmp_path / "bad"))


def test_an_export_is_checked_without_demarc(ledger, tmp_path, capsys):
    out(capsys, "ledger", "export", "-o", str(tmp_path / "e.ndjson"))
    assert "nothing was found" in out(capsys, "ledger", "verify", str(tmp_path / "e.ndjson"), "--trust-key", ledger)
    (tmp_path / "verify.py").write_text(out(capsys, "ledger", "verifier"))
    command = [sys.executable, "-I", "verify.py", "e.ndjson", "--trust-key", ledger]
    right = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (right.returncode, right.stderr) == (0, "")
    assert "115 entries" in right.stdout
    data = (tmp_path / "e.ndjson").read_bytes()
    (tmp_path / "e.ndjson").write_bytes(data.replace(b"ingrid", b"mallet", 1))
    wrong = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert "REJECTED" in wrong.stdout
    told = out(capsys, "ledger", "verify", str(tmp_path / "e.ndjson"), code=1)
    assert "entry 0" in told
    assert "REJECTED" in told
    none = subprocess.run([*command[:3], "nothing"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert none.returncode == 2


def test_a_checkpoint_that_was_handed_out_is_continued_or_not(ledger, tmp_path, capsys):
    held = str(tmp_path / "held")
    out(capsys, "ledger", "checkpoint", "-o", held)
    out(capsys, "ledger", "append", "--kind", "note", "--subject", "x", "--actor", "a")
    assert "continues the checkpoint of 115" in out(capsys, "ledger", "verify", "--checkpoint", held)
    proof = str(tmp_path / "proof")
    out(capsys, "ledger", "prove", "--since", held, "-o", proof)
    assert "nothing before was changed" in out(capsys, "ledger", "verify", "--proof", proof, "--trust-key", ledger)
    out(capsys, "ledger", "prove", "115", "-o", proof)
    assert "note" in out(capsys, "ledger", "verify", "--proof", proof, "--trust-key", ledger)
    assert "NOT checked" in out(capsys, "ledger", "verify", "--proof", proof)
    Path(proof).write_bytes(Path(proof).read_bytes().replace(b"index 115", b"index 114"))
    assert "REJECTED" in out(capsys, "ledger", "verify", "--proof", proof, code=1)
    other = str(tmp_path / "other.db")
    out(capsys, "ledger", "init", "--ledger", other, "--origin", "fjordkite.example/demarc")
    assert "REJECTED" in out(capsys, "ledger", "verify", "--ledger", other, "--checkpoint", held, code=1)
    assert "does not continue" in failing(capsys, "ledger", "prove", "--ledger", other, "--since", held)


def test_the_ledger_is_anchored_by_an_authority(ledger, tmp_path, capsys):
    authority = Authority(tmp_path / "tsa")
    with authority.served() as address:
        assert "Test Time" in out(capsys, "ledger", "anchor", "--tsa", address, "--tsa-ca", str(authority.ca))
    told = out(capsys, "ledger", "verify", "--tsa-ca", str(authority.ca))
    assert "the first 115 entries existed at" in told
    assert "nobody vouches" in out(capsys, "ledger", "verify")
    # Without a connection, by files.
    query, answer = tmp_path / "query", tmp_path / "answer"
    out(capsys, "ledger", "anchor", "--request", str(query))
    out(capsys, "ledger", "append", "--kind", "note", "--subject", "meanwhile", "--actor", "a")
    answer.write_bytes(authority.answer(query.read_bytes()))
    out(capsys, "ledger", "anchor", "--response", str(answer), "--tsa-ca", str(authority.ca))
    told = out(capsys, "ledger", "verify", "--tsa-ca", str(authority.ca))
    assert "the first 116 entries existed at" in told
    answer.write_bytes(authority.answer(query.read_bytes())[:-4] + b"abcd")
    assert "nothing was recorded" in failing(capsys, "ledger", "anchor", "--response", str(answer))
    assert "does not answer" in failing(capsys, "ledger", "anchor", "--tsa", "http://127.0.0.1:1/")
    export = tmp_path / "e.ndjson"
    out(capsys, "ledger", "export", "-o", str(export))
    assert "the first 116" in out(capsys, "ledger", "verify", str(export), "--tsa-ca", str(authority.ca))


def test_a_backup_is_restored_byte_for_byte(ledger, tmp_path, server, capsys):
    backup, again = tmp_path / "b", tmp_path / "c"
    out(capsys, "ledger", "backup", "-o", str(backup))
    for target in (str(tmp_path / "new.db"), server.address(server.database())):
        out(capsys, "ledger", "restore", str(backup), "--ledger", target)
        assert "nothing was found" in out(capsys, "ledger", "verify", "--ledger", target, "--trust-key", ledger)
        out(capsys, "ledger", "backup", "--ledger", target, "-o", str(again))
        assert again.read_bytes() == backup.read_bytes()
        assert "not empty" in failing(capsys, "ledger", "restore", str(backup), "--ledger", target)
        assert out(capsys, "history", "namespace:yard", "--ledger", target) == out(capsys, "history", "namespace:yard")
    backup.write_bytes(backup.read_bytes().replace(b"ingrid", b"mallet", 1))
    other = tmp_path / "never.db"
    assert "does not verify" in failing(capsys, "ledger", "restore", str(backup), "--ledger", str(other))
    assert not other.exists()


def test_a_ledger_without_its_key_goes_on_unsigned_and_says_so(ledger, tmp_path, capsys):
    (tmp_path / "home" / "ledger.key").unlink()
    told = _err(capsys, "ledger", "append", "--kind", "note", "--subject", "x", "--actor", "a")
    assert "not signed" in told
    assert "the last 1 by nobody yet" in out(capsys, "ledger", "verify")
    for words in (["checkpoint"], ["export", "-o", str(tmp_path / "e")]):
        assert "no key of this ledger is at hand" in failing(capsys, "ledger", *words)
    out(capsys, "ledger", "backup", "-o", str(tmp_path / "b"))
    assert "under no good signature" in out(capsys, "ledger", "verify", str(tmp_path / "b"), code=1)
    out(capsys, "ledger", "verify", str(tmp_path / "b"), "--unsigned")
    other = tmp_path / "other.key"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", other], check=True, capture_output=True)
    other.chmod(0o600)
    assert "none of the ledger's" in failing(capsys, "ledger", "checkpoint", "--key", str(other))


def test_a_command_signs_for_a_key_that_never_comes_here(tmp_path, capsys):
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True, capture_output=True)
    script = tmp_path / "sign"
    script.write_text(f"cat > {tmp_path}/m; openssl pkeyutl -sign -rawin -inkey {private} -in {tmp_path}/m\n")
    signing = ["--sign-command", f"sh {script}"]
    key = out(capsys, "ledger", "init", *signing, "--public-key", str(public)).strip()
    out(capsys, "ledger", "append", "--kind", "note", "--subject", "x", "--actor", "a", *signing)
    assert "2 entries by" in out(capsys, "ledger", "verify", "--trust-key", key)
    assert not (tmp_path / "home" / "ledger.key").exists()
    assert "go together" in failing(capsys, "ledger", "init", *signing, "--ledger", str(tmp_path / "x.db"))


def test_a_ledger_that_may_only_be_read_is_read(ledger, tmp_path, capsys):
    asked = ["matrix", *INPUTS, "--scope", "namespace:yard"]
    right = out(capsys, *asked)
    (tmp_path / "l.db").chmod(0o444)
    assert out(capsys, *asked) == right
    assert "nothing was found" in out(capsys, "ledger", "verify")


def test_a_ledger_is_handed_over_to_another_key(ledger, tmp_path, capsys):
    new = tmp_path / "new.key"
    key = out(capsys, "ledger", "rekey", "--new-key", str(new)).strip()
    assert key != ledger
    note = ["ledger", "append", "--kind", "note", "--subject", "x", "--actor", "a"]
    assert "not signed" in _err(capsys, *note)  # the key in its old place is none of the ledger's any more
    out(capsys, *note, "--key", str(new))
    told = out(capsys, "ledger", "verify", "--trust-key", ledger)
    assert "118 entries by" in told
    assert "in force" in failing(capsys, "ledger", "rekey", "--new-key", str(tmp_path / "third.key"))
    assert "give one of them" in failing(capsys, "ledger", "rekey")
