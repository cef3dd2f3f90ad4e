"""From a decision to what is done about it: planned, applied on a live cluster, proven, undone, chased."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from demarc.cli.answer import run_now
from demarc.cli.main import run
from demarc.testing import (
    FakeCluster,
    a_cluster_role_binding,
    a_namespace,
    a_pod,
    a_role_binding,
    a_secret,
    a_service_account,
    a_subject,
)
from demarc.testing.controllers import TokenController
from tests.lifecycle.grants import ADMIN, BOB, EDIT, GROUP, JANE, OTHER_ADMIN, VIEW
from tests.lifecycle.scenarios import ACCOUNT, TOKEN

REGISTER = """
people:
  - {id: sue, name: Sue}
  - {id: ann, name: Ann}
  - {id: jane, name: Jane}
teams:
  - id: platform
    members: [ann]
  - id: security
    members: [sue]
assignments:
  - {duty: "*", owner: platform, reviewer: security, review_every: 3650d}
"""


class Typed:
    """A cluster, a register and a ledger, and somebody who types."""

    def __init__(self, folder: Path, cluster: FakeCluster, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.cluster, self.capsys = folder, cluster, capsys
        self.config = folder / "kubeconfig"
        self.config.write_text(cluster.kubeconfig())
        self.plan = str(folder / "plan.yaml")

    def run(self, *words: str, code: int = 0, live: bool = False) -> str:
        given = run([*words, *(["--kubeconfig", str(self.config)] if live else [])])
        said = self.capsys.readouterr()
        assert given == code, (words, said.out, said.err)
        return said.out + said.err

    def decide(self, *decisions: tuple[str, str, str], events: str = "") -> dict[str, int]:
        """Decide on items whose text holds words, joined by ``&``; all others are kept. Gives their numbers."""
        trail = ("--events", events) if events else ()
        self.run("review", "open", "q4", "--about", "access", "--about", "identities", *trail, live=True)
        path = self.folder / "list.csv"
        self.run("review", "list", "q4", "--by", "sue", "--format", "csv", "-o", str(path))
        rows = list(csv.DictReader(path.open()))
        found = {}
        for row in rows:
            row["decision"] = "keep"
            for word, decision, note in decisions:
                if all(part in row["what"] + row["evidence"] for part in word.split(" & ")):
                    row["decision"], row["note"] = decision, note
                    found[word] = int(row["number"])
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0].keys(), delimiter=";")
            writer.writeheader()
            writer.writerows(rows)
        self.run("review", "take", "q4", "--by", "sue", "--file", str(path))
        assert len(found) == len(decisions)
        return found

    def subjects(self, name: str, kind: str = "RoleBinding", namespace: str = "shop") -> list[str] | None:
        found = self.cluster.store.get(self.cluster.store.resource(kind, GROUP), namespace, name)
        return None if found is None else [one["name"] for one in found["subjects"]]


@pytest.fixture
def typed(tmp_path, monkeypatch, capsys) -> Iterator[Typed]:
    monkeypatch.setenv("DEMARC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DEMARC_LEDGER", str(tmp_path / "l.db"))
    for name in ("DEMARC_REGISTER", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "220")
    (tmp_path / "register").mkdir()
    (tmp_path / "register" / "all.yaml").write_text(REGISTER)
    assert run(["ledger", "init"]) == 0
    assert run(["ledger", "record", str(tmp_path / "register"), "--actor", "ann"]) == 0
    capsys.readouterr()
    objects = [
        *(a_namespace("kube-system"), a_namespace("shop"), ADMIN, EDIT, VIEW, OTHER_ADMIN),
        a_role_binding("editors", subjects=[JANE, BOB]),
        a_role_binding("kept-in-git", subjects=[BOB], annotations=TRACKED),
        a_cluster_role_binding("more-admins", subjects=[a_subject("User", "max")]),
        a_service_account("robot"),
        a_secret("robot-token", values={}, type=TOKEN, annotations=ACCOUNT),
    ]
    with FakeCluster(objects, controllers=[TokenController()]) as cluster:
        yield Typed(tmp_path, cluster, capsys)


TRACKED = {"argocd.argoproj.io/tracking-id": "shop:rbac.authorization.k8s.io/RoleBinding:shop/kept-in-git"}
EDITORS = ("User jane & RoleBinding shop/editors of ClusterRole edit", "revoke", "moved to another team")


def later(monkeypatch, days: int) -> None:
    """Let the commands believe that time has passed."""
    moved = replace(run_now(), now=datetime.now(UTC) + timedelta(days=days))
    for where in ("review", "review_do", "matrix", "answer"):
        monkeypatch.setattr(f"demarc.cli.{where}.run_now", lambda: moved)


def test_a_revoked_grant_is_planned_taken_away_proven_and_put_back(typed):
    number = typed.decide(EDITORS)[EDITORS[0]]
    said = typed.run("review", "plan", "q4", "-o", typed.plan, live=True)
    assert "take User jane out of RoleBinding shop/editors" in said
    assert "decided        revoke by sue on" in said
    assert "moved to another team" in said
    shown = typed.run("review", "list", "q4", "--all")
    assert "planned on " in shown
    # Two people: reading Secrets of a namespace is power. Sue did by her decision.
    apply = ("nhi", "apply", typed.plan, "--as", "carl", "--confirm", "unseen")
    assert "2 people have to approve, 1 did" in typed.run(*apply, code=1, live=True)
    assert "done" in typed.run(*apply, "--approved-by", "ann", live=True)
    assert typed.subjects("editors") == ["bob"]
    shown = typed.run("review", "list", "q4", "--all")
    assert "done of RoleBinding shop/editors for User jane on" in shown
    assert "refused as User jane: get secrets in shop" in shown
    assert "nothing that was decided waits" in typed.run("review", "plan", "q4", live=True)
    log = [
        json.loads(line)
        for line in typed.run("ledger", "log", "--kind", "rotation", "--format", "json").splitlines()
        if line.startswith("{")
    ]
    assert any(one["body"].get("review", {}).get("number") == number for one in log)
    assert {"sue", "ann"} <= {name for one in log for name in one["body"]["approved_by"]}
    typed.run("nhi", "undo", typed.plan, live=True)
    assert sorted(typed.subjects("editors") or ()) == ["bob", "jane"]
    assert "not done; due" in typed.run("review", "list", "q4", "--all")


def test_a_decision_that_was_replaced_since_is_not_carried_out(typed):
    typed.decide(EDITORS)
    typed.run("review", "plan", "q4", "-o", typed.plan, live=True)
    answer = typed.folder / "again.yaml"
    rows = typed.run("review", "list", "q4", "--by", "sue", "--all", "--format", "yaml")
    listed = rows[: rows.rindex("register:")].replace("decision: ''", "decision: keep")
    answer.write_text(listed)
    typed.run("review", "take", "q4", "--by", "sue", "--file", str(answer))
    said = typed.run("nhi", "apply", typed.plan, "--approved-by", "ann", code=2, live=True)
    assert "does not stand in the ledger" in said
    assert typed.subjects("editors") == ["jane", "bob"]


def test_without_the_ledger_a_decision_approves_nothing(typed, monkeypatch):
    typed.decide(EDITORS)
    typed.run("review", "plan", "q4", "-o", typed.plan, live=True)
    monkeypatch.delenv("DEMARC_LEDGER")
    said = typed.run("nhi", "apply", typed.plan, "--approved-by", "ann", code=1, live=True)
    assert "2 people have to approve, 1 did" in said


def test_what_a_repository_keeps_what_is_a_token_and_what_is_to_be_changed(typed):
    typed.decide(
        ("RoleBinding shop/kept-in-git", "revoke", "not needed"),
        ("legacy-token shop/Secret/robot-token", "revoke", "use a projected token"),
        ("RoleBinding shop/editors of ClusterRole edit", "change", "ClusterRole/view: reading is enough"),
        ("ClusterRoleBinding more-admins", "change", "give it an end"),
    )
    folder = typed.folder / "out"
    words = ("--changes", str(folder), "--letters", str(folder))
    said = typed.run("review", "plan", "q4", "-o", typed.plan, *words, live=True)
    assert "it gets ClusterRole view instead" in said
    assert "shop/robot-token  legacy-token, by" in said
    assert "argo-cd keeps it" in said
    (change,) = folder.glob("rolebinding-shop-kept-in-git*.md")
    assert "Remove its manifest: nobody else is in it." in change.read_text()
    letter = (folder / "platform.md").read_text()
    assert "give it an end" in letter
    assert "demarc review done q4" in letter


def test_what_people_did_is_seen_in_a_new_snapshot_or_said_by_one_of_them(typed):
    numbers = typed.decide(
        ("RoleBinding shop/kept-in-git", "revoke", "not needed"),
        ("ClusterRoleBinding more-admins", "change", "give it an end"),
    )
    git, change = numbers["RoleBinding shop/kept-in-git"], numbers["ClusterRoleBinding more-admins"]
    assert f"{git}  open" in typed.run("review", "verify", "q4", code=1, live=True)
    typed.cluster.verbs.delete(typed.cluster.store.resource("RoleBinding", GROUP), "shop", "kept-in-git")
    said = typed.run("review", "verify", "q4", code=1, live=True)
    assert f"{git}  done" in said
    assert "what it has all the same" in said
    assert f"{change}  unknown" in said
    assert "knows no person eve" in typed.run("review", "done", "q4", str(change), "--by", "eve", "--note", "x", code=2)
    assert "nothing waits to be done for item" in typed.run(
        "review", "done", "q4", str(git), "--by", "ann", "--note", "T-1", code=2
    )
    typed.run("review", "done", "q4", str(change), "--by", "ann", "--note", "ticket T-2")
    assert "ann says: ticket T-2" in typed.run("review", "list", "q4", "--all")
    assert "nothing that was decided waits" in typed.run("review", "verify", "q4", live=True)


def test_a_snapshot_that_could_not_show_it_proves_nothing(typed):
    number = typed.decide(EDITORS)[EDITORS[0]]
    typed.cluster.verbs.delete(typed.cluster.store.resource("RoleBinding", GROUP), "shop", "editors")
    typed.cluster.forbid = ("rolebindings.*",)
    said = typed.run("review", "verify", "q4", code=1, live=True)
    assert f"{number}  unknown" in said
    assert "rolebindings.rbac.authorization.k8s.io were not all seen" in said


def test_what_the_trail_alone_showed_is_never_said_to_be_gone(typed):
    trail = typed.folder / "audit.log"
    trail.write_text(json.dumps(CERTIFICATE) + "\n")
    number = typed.decide(("User olga & client certificate", "revoke", "left"), events=str(trail))
    said = typed.run("review", "plan", "q4", live=True)
    assert "the audit trail alone showed it, and none was given now" in said
    (found,) = number.values()
    assert f"{found}  unknown" in typed.run("review", "verify", "q4", code=1, live=True)


CERTIFICATE = {
    "kind": "Event",
    "apiVersion": "audit.k8s.io/v1",
    "level": "Metadata",
    "auditID": "1",
    "stage": "ResponseComplete",
    "requestURI": "/api/v1/namespaces/shop/pods",
    "verb": "list",
    "user": {
        "username": "olga",
        "groups": ["system:authenticated"],
        "extra": {"authentication.kubernetes.io/credential-id": ["X509SHA256=abc"]},
    },
    "objectRef": {"resource": "pods", "namespace": "shop", "apiVersion": "v1"},
    "responseStatus": {"code": 200},
    "requestReceivedTimestamp": "2026-11-20T08:00:00.000000Z",
    "stageTimestamp": "2026-11-20T08:00:00.000000Z",
    "annotations": {"authorization.k8s.io/decision": "allow"},
}
DUMP = {"kind": "List", "apiVersion": "v1"}


@pytest.mark.parametrize(
    ("kept", "answers"),
    [
        ((), ("unknown", "unknown")),
        (("Namespace", "Pod", "ServiceAccount"), ("unknown", "unknown")),
        (("Namespace", "Pod", "ServiceAccount", "RoleBinding"), ("done", "unknown")),
        (("Namespace", "Pod", "ServiceAccount", "Secret"), ("unknown", "done")),
    ],
)
def test_a_dump_that_leaves_a_kind_out_proves_nothing_of_it(typed, kept, answers):
    token = ("legacy-token shop/Secret/robot-token", "revoke", "old")
    numbers = typed.decide(EDITORS, token)
    left = [a_namespace("shop"), a_role_binding("others", subjects=[BOB]), a_secret("other", values={"a": "b"})]
    left += [a_service_account("default"), a_pod()]
    items = [{**one, "metadata": {**one["metadata"], "uid": "u", "resourceVersion": "1"}} for one in left]
    path = typed.folder / "dump.json"
    path.write_text(json.dumps({**DUMP, "items": [one for one in items if one["kind"] in kept]}))
    said = typed.run("review", "verify", "q4", str(path), code=1 if "unknown" in answers else 0)
    assert f"{numbers[EDITORS[0]]}  {answers[0]}" in said
    assert f"{numbers[token[0]]}  {answers[1]}" in said


def test_what_is_not_done_in_time_is_chased_and_shows_in_the_matrix(typed, monkeypatch):
    number = typed.decide(EDITORS)[EDITORS[0]]
    rest = typed.run("review", "list", "q4")
    assert "sue" not in rest.split("wait")[0]
    typed.run("review", "close", "q4", "--incomplete")
    matrix = ("matrix", "--duty", "identity.rbac", "--scope", "namespace:shop", "--at", "now")
    assert "Overdue" not in typed.run(*matrix, live=True)
    later(monkeypatch, 15)
    said = typed.run("review", "remind", code=1)
    assert f"{number}  revoke cluster access of User" in said
    assert "NOT DONE, was due" in said
    assert "LATE" in typed.run("review", "list")
    assert "Overdue" in typed.run(*matrix, live=True)
    typed.cluster.verbs.delete(typed.cluster.store.resource("RoleBinding", GROUP), "shop", "editors")
    typed.run("review", "verify", "q4", live=True)
    assert "Nothing is past due" in typed.run("review", "remind")
    assert "Overdue" not in typed.run(*matrix, live=True)
