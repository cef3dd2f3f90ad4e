from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from demarc.cli.answer import run_now
from demarc.cli.ledger.book import Book, opened
from demarc.cli.main import run as command
from demarc.cli.nhi_ledger import record_approvals
from demarc.lifecycle.approvals import Approval, missing_approvals, signed_approvals
from demarc.lifecycle.credential import Credential, CredentialKind
from demarc.lifecycle.plan import Plan, Rotation
from demarc.model.errors import DemarcError

needs_keygen = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
PLAN = b"format: demarc.plan/v1\n"


def key(folder: Path, name: str, kind: str) -> Path:
    path = folder / name
    size = ["-b", "2048"] if kind == "rsa" else []
    subprocess.run(["ssh-keygen", "-q", "-t", kind, *size, "-N", "", "-f", str(path), "-C", name], check=True)
    return path


def signature(folder: Path, by: Path, *, namespace: str = "demarc-plan", data: bytes = PLAN) -> Path:
    plan = folder / f"{by.name}-{namespace}.yaml"
    plan.write_bytes(data)
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", str(by), str(plan)]
    subprocess.run(command, check=True, capture_output=True)
    return plan.with_name(f"{plan.name}.sig")


def signers(folder: Path, *keys: Path) -> Path:
    path = folder / "allowed"
    lines = [f"{one.name} {(folder / f'{one.name}.pub').read_text()}" for one in keys]
    path.write_text("# who may approve\n" + "".join(lines))
    return path


@needs_keygen
@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_a_signature_of_an_allowed_signer_counts(tmp_path, kind):
    ann = key(tmp_path, "ann", kind)
    (found,) = signed_approvals(PLAN, [signature(tmp_path, ann)], signers(tmp_path, ann))
    assert (found.by, found.signed) == ("ann", True)


@needs_keygen
def test_what_does_not_hold_is_refused(tmp_path):
    ann, eve = key(tmp_path, "ann", "ed25519"), key(tmp_path, "eve", "ed25519")
    allowed = signers(tmp_path, ann)
    good = signature(tmp_path, ann)
    with pytest.raises(DemarcError, match="not over this plan"):
        signed_approvals(PLAN + b"more", [good], allowed)
    with pytest.raises(DemarcError, match="no allowed signer"):
        signed_approvals(PLAN, [signature(tmp_path, eve)], allowed)
    with pytest.raises(DemarcError, match="not for 'demarc-plan'"):
        signed_approvals(PLAN, [signature(tmp_path, ann, namespace="file")], allowed)
    with pytest.raises(DemarcError, match="allowed signers"):
        signed_approvals(PLAN, [good], None)
    for bad in (b"", b"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"):
        (tmp_path / "bad").write_bytes(bad)
        with pytest.raises(DemarcError, match="not an SSH signature"):
            signed_approvals(PLAN, [tmp_path / "bad"], allowed)


@pytest.mark.parametrize(
    ("needed", "approved", "applicant", "missing"),
    [
        (1, [], "", True),
        (1, ["ann"], "ann", False),
        (2, ["ann"], "bo", True),
        (2, ["ann", "ann"], "bo", True),
        (2, ["ann", "bo"], "ann", False),
    ],
)
def test_who_has_to_approve(needed, approved, applicant, missing):
    credential = Credential(kind=CredentialKind.OPAQUE, namespace="shop", name="database")
    rotation = Rotation(id="r", credential=credential, strategy="generated", why="", approvals=needed)
    assert bool(missing_approvals(rotation, approved, applicant)) is missing


def test_an_approval_of_a_plan_is_an_entry_of_whoever_gave_it_and_never_twice(tmp_path, monkeypatch):
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DEMARC_LEDGER", str(tmp_path / "l.db"))
    assert command(["ledger", "init"]) == 0
    plan = Plan(made_at="2026-11-01T00:00:00Z", expires_at="2026-12-01T00:00:00Z", reason="left", cluster="uid")
    given = (Approval(by="ann", signed=True), Approval(by="bea", signed=False))
    for approvals in (given[:1], given, ()):
        record_approvals(plan, approvals, Book(), run_now())
    with opened(Book(), run_now()).reading() as reader:
        found = reader.standing(reader.head().size, kinds=("approval",))
    assert [(one.actor, one.subject, (one.body or {})["signed"]) for one in found] == [
        ("ann", f"plan {plan.digest}", True),
        ("bea", f"plan {plan.digest}", False),
    ]
