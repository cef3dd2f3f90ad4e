"""The recorded cluster's trail and public samples, where they are at hand: what is known of them is in the store."""

from __future__ import annotations

import gzip
import json

import pytest

from demarc.events.policy import AuditPolicy, load_policy
from demarc.events.published import published
from tests.events.given import Trail
from tests.recorded import NORTHWIND, SHARED, needs_northwind

PUBLIC = SHARED / "data" / "public-audit"
needs_public = pytest.mark.skipif(not PUBLIC.is_dir(), reason="the public samples are not at hand (DEMARC_SHARED)")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    trail = Trail(tmp_path_factory.mktemp("northwind"))
    trail.take([str(NORTHWIND / "audit.log.gz")])
    return trail


@needs_northwind
def test_every_line_is_an_event_and_says_what_it_says(recorded):
    events = [json.loads(line) for line in gzip.decompress((NORTHWIND / "audit.log.gz").read_bytes()).splitlines()]
    rows = sorted(recorded.rows(), key=lambda row: row["position"])
    assert len(rows) == len(events)
    for event, row in zip(events, rows, strict=True):
        ref, user = event.get("objectRef") or {}, event["user"]
        notes, status = event.get("annotations") or {}, event.get("responseStatus") or {}
        assert row["audit_id"] == event["auditID"]
        assert (row["verb"], row["stage"], row["level"]) == (event["verb"], event["stage"], event["level"])
        assert (row["user_name"], row["user_groups"]) == (user.get("username", ""), "\n".join(user.get("groups", [])))
        assert row["code"] == status.get("code", 0)
        assert row["source_ips"].split("\n") == event["sourceIPs"]
        assert (row["resource"], row["namespace"]) == (ref.get("resource", ""), ref.get("namespace", ""))
        assert row["api_group"] == ref.get("apiGroup", "")
        assert row["reason"] == notes.get("authorization.k8s.io/reason", "")
        extra = user.get("extra") or {}
        assert row["credential_id"] == (extra.get("authentication.kubernetes.io/credential-id") or [""])[0]
        assert row["issued_credential_id"] == notes.get("authentication.kubernetes.io/issued-credential-id", "")
        assert json.loads(row["annotations"] or "{}") == notes


@needs_northwind
def test_what_is_known_of_the_recording(recorded):
    rows = recorded.rows()
    assert sum(bool(row["issued_credential_id"]) for row in rows) == 203
    assert any(row["audit_id"] == "00000000-dead-beef-0000-000000000000" for row in rows)
    assert any(row["source_ips"] == "203.0.113.7\n127.0.0.91" for row in rows)
    assert {row["legacy_secret"] for row in rows if row["user_name"] == "system:serviceaccount:ci:deployer"} == {
        "ci/deployer-token"
    }
    assert any(row["dry_run"] and row["code"] == 201 for row in rows)
    assert {row["grant_kind"] for row in rows} == {"", "ClusterRoleBinding", "RoleBinding"}


@needs_public
@pytest.mark.parametrize(
    ("folder", "events", "unread"), [("falco-k8s_audit", 50, 1), ("sysdig-aks-audit-log", 24, 2), ("khi-gke", 4, 17)]
)
def test_public_samples(trail, folder, events, unread):
    done = trail.take([str(PUBLIC / folder)])
    assert len(trail.rows()) == events
    assert len(done.unread) == unread


@needs_public
@pytest.mark.parametrize("provider", ["eks", "aks"])
def test_the_published_rules_are_the_providers(provider):
    ours = AuditPolicy(rules=published()[provider].rules)
    assert load_policy(PUBLIC / "policies" / f"{provider}-audit-policy.yaml").rules == ours.rules
