"""The runbook: evidence before the clean-up, every exposed credential, names quoted, deadlines told."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demarc.incidents.attribute import attribute
from demarc.incidents.commands import argument, filled, identity_argument
from demarc.incidents.described import case_of, exposed
from demarc.incidents.runbook import runbook
from demarc.model.case import Case, Phase, Runbook, UsedIdentity
from demarc.model.exposure import CredentialKind, ExposedCredential, LeftBehind, Proof, StepOwner
from tests.incidents.given import facts, flaw, incident, part, step

NOW = datetime(2025, 6, 10, 8, tzinfo=UTC)


def case(described: dict[str, Any] | None = None, **changed: Any) -> Case:
    found = incident(described or facts(facts={"name": "prod"}))
    whole = case_of(found, attribute(found))
    return Case(**{name: changed.get(name, getattr(whole, name)) for name in whole.__struct_fields__})


def phase(book: Runbook, key: str) -> Phase:
    return next(one for one in book.tenant if one.key == key)


def said(book: Runbook, key: str) -> str:
    return "\n".join(f"{one.what} {one.command}" for one in phase(book, key).actions)


def test_the_order_is_that_of_a_responder_and_each_phase_says_by_when():
    book = runbook(case(), NOW)
    assert [one.key for one in book.tenant] == ["preserve", "contain", "revoke", "recover", "watch"]
    assert all(one.within and one.actions for one in book.tenant)
    ids = [action.id for one in book.tenant for action in one.actions]
    assert len(set(ids)) == len(ids)


def test_what_was_left_is_kept_before_it_is_taken_away():
    left = (
        LeftBehind(kind="clusterrolebinding", name="system:controller:kube-controller"),
        LeftBehind(kind="cronjob", name="warm", namespace="shop"),
        LeftBehind(kind="configmap", name="coredns", namespace="kube-system", is_changed=True),
    )
    book = runbook(case(left_behind=left), NOW)
    kept, gone = said(book, "preserve"), said(book, "recover")
    assert "kubectl get clusterrolebinding system:controller:kube-controller -o json --show-managed-fields >" in kept
    assert "kubectl -n shop delete cronjob warm" in gone
    assert "kubectl -n kube-system apply -f" in gone
    assert "delete configmap" not in gone
    undo = [one.undo for one in phase(book, "recover").actions if "cronjob" in one.what]
    assert undo == ["kubectl apply -f case-cronjob-shop-warm.json"]


@pytest.mark.parametrize("kind", list(CredentialKind))
def test_every_kind_of_credential_says_what_ends_it_and_what_does_not(kind):
    one = ExposedCredential(kind=kind, name="shop/deployer", proven_read=Proof.UNKNOWN)
    actions = phase(runbook(case(exposed=(one,)), NOW), "revoke").actions
    assert len(actions) == 1
    assert actions[0].does_not_help
    assert actions[0].proven is Proof.UNKNOWN
    assert "treat it as read" in actions[0].why


def test_commands_for_credentials_hold_the_names_of_the_case():
    def command(kind: CredentialKind, name: str, **changed: Any) -> str:
        one = ExposedCredential(kind=kind, name=name, proven_read=Proof.YES)
        return phase(runbook(case(exposed=(one,), **changed), NOW), "revoke").actions[0].command

    assert "kubectl -n shop delete pod web-1" in command(CredentialKind.POD_TOKEN, "shop/web-1")
    assert "-n shop label secret deployer kubernetes.io/legacy-token-invalid-since" in command(
        CredentialKind.TOKEN_SECRET, "shop/deployer"
    )
    assert "drain ip-10-0-0-1 " in command(CredentialKind.NODE_CREDENTIAL, "system:node:ip-10-0-0-1")
    assert "drain NODE " in command(CredentialKind.NODE_CREDENTIAL, "kubelet")
    session = command(CredentialKind.CLOUD_ROLE_SESSION, "node-role")
    assert "put-role-policy --role-name node-role" in session
    assert '"aws:TokenIssueTime":"2025-06-10T08:00:00Z"' in session
    assert "disable-local-accounts" in command(CredentialKind.LOCAL_ADMIN, "admin", provider="aks")
    assert "delete-access-entry --cluster-name prod" in command(CredentialKind.CLOUD_LOGIN, "arn:aws:iam::1:role/x")


def test_the_proven_come_first_and_what_no_log_would_show_is_unknown():
    parts = [part(), part(id="keys", kind="secrets")]
    steps = [
        step(technique="IMDS_FROM_POD", identity="node-role", observable_in=["none"]),
        step(n=2, technique="SECRET_READ", component="keys", object="Secrets", observable_in=["k8s_audit"]),
        step(n=3, technique="SECRET_READ", component="keys", object="others", basis="demonstrated"),
        step(n=4, technique="T1496"),
        step(n=5, technique="SECRET_READ", component="keys", object="never", basis="assumed"),
    ]
    found = exposed(incident(facts(parts=parts, steps=steps)))
    assert [(one.kind.value, one.name, one.proven_read.value) for one in found] == [
        ("secret", "Secrets", "yes"),
        ("cloud-role-session", "node-role", "unknown"),
        ("secret", "others", "unknown"),
    ]


def test_what_others_used_was_exposed_even_where_no_step_says_how_they_came_by_it():
    steps = [
        step(technique="HOST_READ", credential="own", identity="web"),
        step(n=2, technique="POD_CREATE", credential="stolen", identity="system:serviceaccount:mesh:cni"),
        step(n=3, technique="POD_EXEC", credential="stolen", identity="system:serviceaccount:mesh:cni"),
        step(n=4, technique="POD_EXEC", credential="stolen", identity="ann", basis="assumed"),
        step(n=5, technique="NODE_IDENTITY", credential="stolen", identity="node-1"),
        step(n=6, technique="POD_EXEC", credential="stolen", identity="node-1"),
    ]
    found = exposed(incident(facts(steps=steps)))
    assert {(one.kind.value, one.name) for one in found} == {
        ("credential", "system:serviceaccount:mesh:cni"),
        ("node-credential", "node-1"),
    }
    book = runbook(case(exposed=tuple(one for one in found if one.kind is CredentialKind.UNTOLD)), NOW)
    (action,) = phase(book, "revoke").actions
    assert action.command.startswith("demarc access of sa:mesh/cni --snapshot ")
    assert "Ending another credential" in action.does_not_help


def test_no_two_things_are_kept_in_one_file_and_no_value_of_a_secret_in_any():
    left = tuple(
        LeftBehind(kind=kind, name="readers", namespace=namespace)
        for kind, namespace in (
            ("serviceaccounts", "a"),
            ("serviceaccounts", "b"),
            ("secrets", "a"),
            ("clusterroles", ""),
        )
    )
    book = runbook(case(left_behind=left), NOW)
    kept = [one.command for one in phase(book, "preserve").actions]
    gone = {one.what: one.undo for one in phase(book, "recover").actions}
    assert gone["Take secrets a/readers away"] == ""
    assert gone["Take clusterroles readers away"]
    files = [one.rpartition("> ")[2] for one in kept if "readers" in one]
    assert len(set(files)) == len(left)
    assert ["del(.data" in one for one in kept if "readers" in one] == [False, False, True, False]


def test_what_is_applied_from_a_command_is_json():
    described = facts(
        facts={"name": "prod"},
        parts=[part(kind="node", defect=flaw(kind="misconfiguration"))],
        steps=[step(technique="IMDS_FROM_POD")],
    )
    gone = tuple(ExposedCredential(kind=kind, name="shop/x", proven_read=Proof.YES) for kind in CredentialKind)
    book = runbook(case(described, pods=("shop/web-1",), exposed=gone), NOW)
    commands = [one.command for phase_ in book.tenant for one in phase_.actions]
    documents = [found for one in commands for found in re.findall(r"'([\[{][^']*)'", one)]
    kinds = [json.loads(one) for one in documents]
    assert {one["kind"] for one in kinds if isinstance(one, dict) and "kind" in one} == {"NetworkPolicy"}
    assert any(isinstance(one, list) for one in kinds)


def test_without_an_exposed_credential_it_says_to_look():
    assert "No credential is on record" in said(runbook(case(exposed=()), NOW), "revoke")


def test_the_door_is_closed_by_the_duty_that_failed():
    exposed_ui = facts(
        parts=[part(name="dashboard", defect=flaw(kind="misconfiguration"))], steps=[step(technique="MGMT_UI")]
    )
    first = phase(runbook(case(exposed_ui), NOW), "contain").actions[0]
    assert first.duty == "network.exposure"
    assert "patch service dashboard" in first.command
    assert first.undo


def test_each_action_has_the_owner_of_its_duty():
    owners = {"response.evidence": StepOwner(name="Ann"), "response.revocation": StepOwner(name="", status="lapsed")}
    book = runbook(case(owners=owners), NOW)
    assert {one.owner.name for one in phase(book, "preserve").actions if one.owner} == {"Ann"}
    assert all(one.owner is not None and one.owner.status == "lapsed" for one in phase(book, "revoke").actions)
    assert all(one.owner is None for one in phase(book, "watch").actions)


def test_deadlines_are_told_from_the_first_day_and_from_now():
    told = runbook(case(), NOW).platform.deadlines
    assert any("one hour" in one for one in told)
    assert any("deleted on 2025-08-30, in 80 days" in one for one in told)
    late = runbook(case(), datetime(2026, 6, 1, tzinfo=UTC)).platform.deadlines
    assert any("older than 2026-03-03 is gone" in one for one in late)
    without = runbook(case(since=None), NOW).platform.deadlines
    assert any("kept 90 days" in one for one in without)


def test_the_letter_asks_for_a_hold_names_the_window_and_blames_nobody():
    used = (UsedIdentity(name="deployer"), UsedIdentity(name="somebody", reliable=False))
    described = facts(
        facts={"name": "prod", "account": "1111"}, steps=[step(events=["audit-1"], at="2025-06-01T10:00:00Z")]
    )
    letter = runbook(case(described, identities=used), NOW).platform.letter
    for expected in (
        "To Amazon Web Services:",
        "Cluster:  prod",
        "Account:  1111",
        "Region:   [region]",
        "Window:   2025-06-01T00:00:00Z to 2025-06-03T00:00:00Z (UTC)",
        "stop rotation and deletion",
        "auditID audit-1",
        "somebody (name not reliable)",
        "no statement about fault",
    ):
        assert expected in letter
    for word in ("guilty", "culprit", "attacker"):
        assert word not in letter


@pytest.mark.parametrize("provider", ["eks", "gke", "aks", "rosa", "self-managed", "oke", "other:somewhere"])
def test_every_provider_can_be_asked(provider):
    book = runbook(case(facts(provider=provider, model=None)), NOW)
    assert book.platform.channel
    assert book.platform.requests
    assert all(one.held for one in book.platform.requests)
    asks_for_a_hold = any("send the letter" in one.what for one in phase(book, "preserve").actions)
    assert asks_for_a_hold is (provider in {"eks", "gke", "aks", "rosa"})


def test_what_matters_is_asked_for():
    at_provider = {"kind": "control_plane", "installed_by": "provider", "defect": flaw(fix_delivery="service_side")}
    platform = {one.what for one in runbook(case(facts(parts=[part(**at_provider)])), NOW).platform.requests}
    tenant = {one.what for one in runbook(case(facts(parts=[part(kind="workload")])), NOW).platform.requests}
    assert any("etcd" in one for one in platform)
    assert not any("etcd" in one for one in tenant)
    assert tenant < platform
    exported = runbook(case(exported=Proof.YES), NOW)
    assert not any("also where the export was off" in one.what for one in exported.platform.requests)
    assert "Switch the audit trail on" not in said(exported, "preserve")


@settings(deadline=None)
@given(name=st.text(min_size=1, max_size=40))
def test_no_name_breaks_out_of_a_command(name):
    one = ExposedCredential(kind=CredentialKind.TOKEN_SECRET, name=f"shop/{name}", proven_read=Proof.YES)
    command = phase(runbook(case(exposed=(one,)), NOW), "revoke").actions[0].command.partition("   #")[0]
    words = shlex.split(command)
    assert words[:5] == ["kubectl", "-n", "shop", "label", "secret"] or "NAMESPACE" in words
    assert words[-1] == "--overwrite"


@pytest.mark.parametrize(
    ("value", "key", "expected"),
    [
        ("shop", "namespace", "shop"),
        ("a b", "pod", "POD"),
        ("Secrets", "object", "OBJECT"),
        ("deployment", "object", "OBJECT"),
        ("deployment", "kind", "deployment"),
        ("$(id)", "pod", "POD"),
        ("-rf", "pod", "POD"),
        ("", "pod", "POD"),
        ("x" * 600, "pod", "POD"),
        ("system:controller:x", "object", "system:controller:x"),
    ],
)
def test_an_argument_is_a_name_or_a_word_to_fill_in(value, key, expected):
    assert argument(value, key) == expected


def test_what_the_case_does_not_name_stands_in_capitals():
    assert filled("kubectl -n {namespace} get {kind}", {"kind": "pod"}) == "kubectl -n NAMESPACE get pod"
    assert filled("", {}) == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("system:serviceaccount:ci:deployer", "sa:ci/deployer"),
        ("sa:ci/deployer", "sa:ci/deployer"),
        ("jane@example.com", "user:jane@example.com"),
        ("system:anonymous", "user:system:anonymous"),
    ],
)
def test_an_identity_as_commands_take_it(name, expected):
    assert identity_argument(name) == expected
