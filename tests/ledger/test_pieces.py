"""Keys, signed notes, proofs, signers and intake: each small piece, and what it refuses."""

from __future__ import annotations

import base64
import os
import stat
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demarc.intake.masking import mask
from demarc.ledger import note, proof
from demarc.ledger.history import history, is_about
from demarc.ledger.intake import admitted
from demarc.ledger.line import entry_of
from demarc.ledger.merkle import Tree, leaf_hash
from demarc.ledger.note import Key
from demarc.ledger.signing import CommandSigner, FileSigner, checkpoint, make_key, public_key
from demarc.model.errors import DemarcError
from demarc.model.ledger import Act, stamp
from tests.ledger.given import KEY, ORIGIN, OTHER_SIGNER, SIGNER, START, a_draft, lines_of, signed_over

OTHER = Key(name=ORIGIN, public=OTHER_SIGNER.public)


@pytest.mark.parametrize(
    "text",
    [
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_keys_of_other_logs_read_as_they_are_written(text):
    assert str(Key.parse(text)) == text


@pytest.mark.parametrize("text", ["", "a+b", "a+00000000+AAAA", "x y+0+A=", str(KEY)[:-4] + "AAAA", str(KEY).upper()])
def test_other_keys_are_refused(text):
    with pytest.raises(ValueError, match="key"):
        Key.parse(text)


def test_a_checkpoint_reads_as_it_was_signed_and_by_whom():
    lines = lines_of([a_draft(1)])
    data = signed_over(lines)
    found = note.read(data)
    assert (found.origin, found.size, found.root) == (ORIGIN, 2, Tree(map(leaf_hash, lines)).root())
    assert found.signers([KEY, OTHER]) == (KEY,)
    other = note.signed(found.text, OTHER, OTHER_SIGNER.sign(found.text)).rpartition(b"\n\n")[2]
    assert note.read(data + other).signers([KEY, OTHER]) == (KEY, OTHER)


@given(st.data())
def test_a_checkpoint_with_any_byte_changed_has_no_good_signature(data):
    whole = signed_over(lines_of([a_draft(1)]))
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    try:
        found = note.read(changed)
    except ValueError:
        return
    assert not found.signers([KEY])


@given(st.binary(max_size=200))
def test_no_bytes_make_reading_a_checkpoint_fail_otherwise(data):
    with pytest.raises(ValueError, match=r"\w"):
        note.read(data)


def test_every_entry_is_proved_and_a_changed_proof_proves_nothing():
    lines = lines_of([a_draft(number) for number in range(1, 9)])
    tree, signed = Tree(map(leaf_hash, lines)), signed_over(lines)
    for seq, line in enumerate(lines):
        data = proof.inclusion(tree, seq, line, signed)
        found = proof.check(data, [KEY])
        assert (found.entry, found.signers) == (entry_of(line), (ORIGIN,))
        assert proof.check(data, [OTHER]).signers == ()
        for at in range(0, len(data) - 120, 7):
            changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            try:
                assert not proof.check(changed, [KEY]).signers
            except ValueError:
                continue


def test_a_later_ledger_is_proved_to_continue_an_earlier_one():
    lines = lines_of([a_draft(number) for number in range(1, 9)])
    tree = Tree(map(leaf_hash, lines))
    for old in range(1, 9):
        data = proof.consistency(tree, signed_over(lines[:old]), signed_over(lines))
        older = proof.check(data, [KEY]).older
        assert older is not None
        assert older.size == old
    other = lines_of([a_draft(number, actor="eve") for number in range(1, 5)])
    with pytest.raises(ValueError, match="does not continue"):
        proof.check(proof.consistency(tree, signed_over(other), signed_over(lines)), [KEY])
    with pytest.raises(ValueError, match="none of the keys"):
        proof.check(data, [OTHER])


@pytest.mark.parametrize(
    "data", [b"", b"x\n\ny", b"c2sp.org/tlog-proof@v1\nindex 0\n\n", b"c2sp.org/tlog-proof@v1\n\n\n"]
)
def test_what_is_no_proof_is_refused(data):
    with pytest.raises(ValueError, match="not a"):
        proof.check(data, [])


def test_a_key_is_made_once_for_its_owner_alone(tmp_path):
    path = tmp_path / "home" / "ledger.key"
    make_key(path, random_bytes=os.urandom)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(DemarcError, match="cannot be written"):
        make_key(path, random_bytes=os.urandom)
    signer = FileSigner(path)
    assert Key(name="k", public=signer.public).signed(signer.sign(b"text"), b"text")
    assert "PRIVATE" not in repr(signer)
    path.chmod(0o644)
    with pytest.raises(DemarcError, match="others may read"):
        FileSigner(path)


@pytest.mark.parametrize("kind", ["none", "text", "rsa"])
def test_other_files_are_no_key(tmp_path, kind):
    path = tmp_path / "key"
    if kind == "text":
        path.write_text("hunter2")
    if kind == "rsa":
        subprocess.run(["openssl", "genpkey", "-algorithm", "rsa", "-out", path], check=True, capture_output=True)
    if kind != "none":
        path.chmod(0o600)
    with pytest.raises(DemarcError) as caught:
        FileSigner(path)
    assert "hunter2" not in str(caught.value)


def openssl_signer(tmp_path):
    """A command that signs, as a hardware module's would: the key never comes to us."""
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True, capture_output=True)
    script = tmp_path / "sign.sh"
    script.write_text(
        f'cat > {tmp_path}/message; openssl pkeyutl -sign -rawin -inkey {private} -in {tmp_path}/message "$@"\n'
    )
    return ("sh", str(script)), public_key(public)


def test_a_command_signs(tmp_path):
    command, public = openssl_signer(tmp_path)
    key = Key(name=ORIGIN, public=public)
    data = checkpoint(CommandSigner(command, public), name=ORIGIN, origin=ORIGIN, size=3, root=b"r" * 32)
    assert note.read(data).signers([key]) == (key,)


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("import sys; sys.exit('no card')", "no card"),
        ("print('AAAA')", "no signature by the key"),
        ("import sys; sys.stdout.buffer.write(bytes(64))", "no signature by the key"),
    ],
)
def test_a_command_that_does_not_sign_is_told(program, says):
    signer = CommandSigner((sys.executable, "-c", program), SIGNER.public)
    with pytest.raises(DemarcError, match=says):
        signer.sign(b"text")
    with pytest.raises(DemarcError, match="there is no command"):
        CommandSigner(("no-such-program",), SIGNER.public).sign(b"text")


def test_base64_of_a_signature_is_taken_too():
    coded = base64.b64encode(SIGNER.sign(b"text")).decode()
    assert CommandSigner((sys.executable, "-c", f"print({coded!r})"), SIGNER.public).sign(b"text")


@pytest.mark.parametrize(
    "body",
    [
        {"password": "correct-horse-battery"},
        {"note": "token=ghp_0123456789abcdefghijABCDEFGHIJ"},
        {"deep": [{"er": "-----BEGIN PRIVATE KEY-----\nMC4CAQAw"}]},
        {"AKIAABCDEFGHIJKLMNOP": 1},
    ],
)
def test_what_reads_like_a_secret_is_refused_and_not_repeated(body):
    with pytest.raises(DemarcError, match="reads like a secret") as caught:
        admitted(a_draft(1, body=body), mask)
    for value in ("correct-horse", "ghp_", "MC4C", "AKIA"):
        assert value not in str(caught.value.problems[0].what)
    assert "nothing was recorded" in str(caught.value)


@pytest.mark.parametrize("kind", ["register.assignment", "register", "ledger.anchor", "review", "review.closed"])
def test_kinds_with_commands_of_their_own_are_refused(kind):
    with pytest.raises(DemarcError, match="their own command"):
        admitted(a_draft(1, kind=kind), mask)


def test_ordinary_words_are_admitted():
    draft = a_draft(1, body={"reason": "The secret store was rotated; tokens of the old pool are revoked."})
    assert admitted(draft, mask) is draft


def entries_of(*drafts):
    return [entry_of(line) for line in lines_of(drafts)][1:]


def assignment(owner, scope, *, duties=("identity.*",), **given_):
    body = {"duties": list(duties), "scope": scope, "owner": owner}
    return a_draft(kind="register.assignment", subject=f"{duties} @ {scope}", body=body, **given_)


@pytest.mark.parametrize(
    ("about", "seqs"),
    [
        ("identity.rbac", [1, 2]),
        ("node.patching", []),
        ("namespace:payments", [1, 2]),
        ("namespace:shop", [3]),
        ("pool:payments", []),
        ("payments", [1, 2]),
        ("platform", [1, 2]),
        ("team:bob", [1, 2, 3]),
        ("person:bob", [1, 2, 3]),
        ("key-7", [4]),
        ("dora", [4]),
        ("CH-9", [4]),
    ],
)
def test_a_history_is_about_duties_scopes_owners_and_what_others_say(about, seqs):
    found = entries_of(
        assignment("platform", {"namespace": "payments"}),
        assignment("bob", {"namespace": "payments"}, act=Act.REPLACES, supersedes=1),
        assignment("team:bob", {"namespace": "sh*"}, duties=["secret.*"]),
        a_draft(kind="rotation", subject="key-7", actor="dora", body={"ticket": "CH-9"}),
    )
    events = history(found, about)
    assert [event.entry.seq for event in events] == seqs
    if seqs[:2] == [1, 2]:
        assert events[1].was == found[0]
        assert events[0].until == found[1]


def test_a_history_of_a_moment_leaves_out_what_did_not_hold():
    found = entries_of(
        a_draft(1, subject="x", valid_from=stamp(START.replace(year=2025)), valid_to=stamp(START.replace(year=2026))),
        a_draft(2, subject="x", valid_from=stamp(START.replace(year=2026))),
        a_draft(3, subject="x", act=Act.WITHDRAWS, supersedes=2, body=None),
    )
    assert [one.entry.seq for one in history(found, "x", at=START.replace(year=2025, month=6))] == [1]
    assert [one.entry.seq for one in history(found, "x", at=START)] == [2]
    assert is_about(found[0], "x")
    assert not is_about(found[0], "y")
