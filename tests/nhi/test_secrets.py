"""Credentials in Secrets: kind, age by the strongest evidence, consumers, copies, states."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demarc.model.evidence import GapReason
from demarc.model.nhi import AgeGrade, Nhi, NhiKind, NhiState
from demarc.model.trail import ChangeMade, CredentialUse, IdentityUse, TrailFacts
from demarc.nhi import Policy
from demarc.nhi.policy import Thresholds
from demarc.testing import (
    a_cluster_role_binding,
    a_config_map,
    a_container,
    a_custom_resource_definition,
    a_deployment,
    a_namespace,
    a_secret,
    a_service_account,
    a_subject,
    an_object,
)
from tests.nhi.given import CLUSTER_ADMIN, NEW, OLD, a_snapshot, bare, item, report, states, written
from tests.posture.certificates import a_certificate
from tests.posture.given import AT, Object

APP = a_deployment(containers=[a_container(envFrom=[{"secretRef": {"name": "database"}}])])
TRACKING = a_config_map(
    "kube-apiserver-legacy-service-account-token-tracking", "kube-system", data={"since": "2025-01-15"}
)


SEEN = a_service_account("default")


def a_token(name: str = "ci-token", account: str = "ci", *, labels: dict[str, str] | None = None) -> Object:
    return a_secret(
        name,
        type="kubernetes.io/service-account-token",
        values={"token": "not-a-real-token", "ca.crt": "x", "namespace": "shop"},
        annotations={"kubernetes.io/service-account.name": account},
        labels=labels,
        created=OLD,
    )


def a_trail(**more: Any) -> TrailFacts:
    base: dict[str, Any] = {
        "origin": "audit.log",
        "since": AT - timedelta(days=120),
        "until": AT,
        "events": 10,
        "requests": 10,
        "shapes": ("apiserver",),
        "lost_columns": (),
        "records_reads": True,
    }
    return TrailFacts(**{**base, **more})


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        (a_token(), NhiKind.LEGACY_TOKEN),
        (a_secret(type="kubernetes.io/dockerconfigjson", values={".dockerconfigjson": "{}"}), NhiKind.REGISTRY),
        (a_secret(type="kubernetes.io/ssh-auth", values={"ssh-privatekey": "x"}), NhiKind.SSH_KEY),
        (a_secret(type="kubernetes.io/basic-auth", values={"username": "a", "password": "b"}), NhiKind.PASSWORD),
        (a_secret(values={"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}), NhiKind.CLOUD_KEY),
        (a_secret(values={"OPENAI_API_KEY": "x"}), NhiKind.AI_MODEL_KEY),
        (a_secret(values={"password": "x"}), NhiKind.PASSWORD),
        (a_secret(values={"api-key": "x"}), NhiKind.API_TOKEN),
        (a_secret(values={"thing": "x"}), NhiKind.OPAQUE),
        (a_secret(labels={"argocd.argoproj.io/secret-type": "repository"}), NhiKind.DELIVERY),
        (a_secret(labels={"sealedsecrets.bitnami.com/sealed-secrets-key": "active"}), NhiKind.SIGNING_KEY),
        (a_secret(type="bootstrap.kubernetes.io/token", values={"token-id": "x"}), NhiKind.BOOTSTRAP_TOKEN),
    ],
)
def test_kinds_are_told_by_type_marks_looks_and_keys(secret, kind):
    found = report(secret)
    assert item(found, f"shop/Secret/{secret['metadata']['name']}").kind is kind


@pytest.mark.parametrize(
    ("name", "annotations", "namespace", "kind"),
    [
        ("ci-token", {"kubernetes.io/service-account.name": "ci"}, "shop", NhiKind.LEGACY_TOKEN),
        ("bootstrap-token-abcdef", {}, "kube-system", NhiKind.BOOTSTRAP_TOKEN),
        ("bootstrap-token-abcdef", {}, "shop", NhiKind.OPAQUE),
    ],
)
def test_kinds_that_metadata_alone_gives_away(name, annotations, namespace, kind):
    secret = a_secret(name, namespace=namespace, annotations=annotations)
    del secret["type"], secret["data"]
    assert item(report(secret), f"{namespace}/Secret/{name}").kind is kind


def test_a_custom_resource_is_a_consumer_with_how_that_is_known():
    def of(**spec: str) -> Nhi:
        kind = a_custom_resource_definition("mq.example", "queues", "Queue")
        schema = {
            "properties": {"spec": {"properties": {"login": {"type": "string"}, "adminSecret": {"type": "string"}}}}
        }
        kind["spec"]["versions"][0]["schema"] = {"openAPIV3Schema": schema}
        queue = an_object("mq.example/v1", "Queue", "orders", namespace="shop", spec=spec)
        found = report(kind, queue, bare("db-main"), APP, a_service_account())
        assert not any("no schema" in why for why in found.unseen)
        return item(found, "shop/Secret/db-main")

    sure, weak, none = of(adminSecret="db-main"), of(login="db-main"), of(login="another")
    assert sure.references == ("Queue shop/orders: spec.adminSecret, as its schema says",)
    assert "holds its name" in weak.references[0]
    assert sure.consumers == weak.consumers == ("Queue shop/orders",)
    assert (none.consumers, none.references) == ((), ())
    assert NhiState.ORPHANED in {one.state for one in none.states}
    assert NhiState.ORPHANED not in {one.state for one in weak.states}


def test_an_authority_shows_what_it_signed_and_what_trusts_it():
    ca = a_certificate("the CA", authority=True, until=datetime(2030, 1, 1, tzinfo=UTC))
    hook = an_object(
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
        "policies",
        webhooks=[{"name": "p.example", "clientConfig": {"caBundle": base64.b64encode(ca.encode()).decode()}}],
    )
    secret = a_secret("ca", type="kubernetes.io/tls", values={"tls.crt": ca, "tls.key": "k"}, created=OLD)
    found = item(report(secret, hook, APP, a_service_account()), "shop/Secret/ca")
    assert found.consumers == ("ValidatingWebhookConfiguration policies",)
    assert NhiState.ORPHANED not in {one.state for one in found.states}
    alone = item(report(secret, APP, a_service_account()), "shop/Secret/ca")
    assert alone.consumers == ()


def test_what_the_kinds_without_a_schema_may_use_is_not_known():
    queue = an_object("mq.example/v1", "Queue", "orders", namespace="shop", spec={"login": "db-main"})
    found = report(queue, bare("db-main"), APP)
    assert any("Queue.mq.example" in why for why in found.unseen)
    assert item(found, "shop/Secret/db-main").consumers == ()


def test_a_helm_release_is_no_credential_itself():
    found = report(a_secret("sh.helm.release.v1.app.v3", type="helm.sh/release.v1"))
    assert [one for one in found.items if "/Secret/" in one.id] == []


def test_a_bound_shows_that_it_is_at_least_so_old():
    found = item(report(written("database", OLD), APP), "shop/Secret/database")
    assert found.changed.grade is AgeGrade.BOUND
    assert found.state is NhiState.OVERDUE
    assert "at least" in found.states[0].says
    fresh = states(report(written("database", NEW), APP), "shop/Secret/database")
    assert not fresh & {NhiState.OVERDUE, NhiState.STALE, NhiState.UNKNOWN}


def test_a_creation_time_alone_proves_no_age():
    found = item(report(bare("database"), APP), "shop/Secret/database")
    assert found.changed.grade is AgeGrade.CREATION
    told = {one.state: one.says for one in found.states}
    assert "--show-managed-fields" in told[NhiState.UNKNOWN]
    assert not {NhiState.STALE, NhiState.OVERDUE} & told.keys()
    young = states(report(bare("database", created=NEW), APP), "shop/Secret/database")
    assert NhiState.UNKNOWN not in young


def test_what_cannot_change_is_as_old_as_it_is():
    secret = {**bare("database"), "immutable": True}
    found = item(report(secret, APP), "shop/Secret/database")
    assert found.changed.grade is AgeGrade.ISSUER
    assert found.state is NhiState.OVERDUE


def test_a_fingerprint_that_differs_is_proof_of_a_rotation():
    before = a_snapshot(bare("database", values={"password": "old-one-here"}))
    now = bare("database", values={"password": "new-one-here"})
    found = item(report(now, APP, earlier=before), "shop/Secret/database")
    assert found.changed.grade is AgeGrade.SEEN
    same = item(report(bare("database", values={"password": "old-one-here"}), APP, earlier=before), found.id)
    assert same.changed.grade is AgeGrade.CREATION


def test_a_write_in_the_trail_is_told_with_who_made_it():
    change = ChangeMade(
        verb="patch",
        group="",
        resource="secrets",
        namespace="shop",
        name="database",
        user="bob",
        as_user="",
        agent="kubectl",
        source_ip="192.0.2.1",
        audit_id="a",
        times=1,
        first=AT,
        last=AT,
    )
    found = item(report(bare("database"), APP, trail=a_trail(changes=(change,))), "shop/Secret/database")
    assert (found.changed.grade, found.changed.says) == (AgeGrade.AUDIT, "patch by bob")


def test_a_certificate_speaks_for_itself():
    def tls(until: datetime, **more: Any) -> Object:
        leaf = a_certificate(since=datetime(2026, 9, 1, tzinfo=UTC), until=until, **more)
        return a_secret("tls", type="kubernetes.io/tls", values={"tls.crt": leaf, "tls.key": "k"})

    ended = report(tls(datetime(2026, 11, 1, tzinfo=UTC)))
    assert NhiState.EXPIRED in states(ended, "shop/Secret/tls")
    assert item(ended, "shop/Secret/tls").changed.grade is AgeGrade.ISSUER
    assert NhiState.EXPIRING in states(report(tls(datetime(2026, 12, 1, tzinfo=UTC))), "shop/Secret/tls")
    fine = states(report(tls(datetime(2027, 6, 1, tzinfo=UTC))), "shop/Secret/tls")
    assert not fine & {NhiState.EXPIRED, NhiState.EXPIRING}


def test_a_lasting_token_has_the_power_of_its_account_and_is_overdue_by_being_there():
    admin = a_cluster_role_binding("ci", subjects=[a_subject("ServiceAccount", "ci", "shop")])
    found = item(report(a_service_account("ci"), a_token(), admin, CLUSTER_ADMIN), "shop/Secret/ci-token")
    assert found.endless
    assert found.reach == "cluster"
    assert {one.state for one in found.states} >= {NhiState.OVERDUE, NhiState.OVER_POWERED}


def test_a_token_is_unused_only_where_uses_are_noted():
    account = a_service_account("ci")
    assert NhiState.UNUSED not in states(report(account, a_token()), "shop/Secret/ci-token")
    assert NhiState.UNUSED in states(report(account, a_token(), TRACKING), "shop/Secret/ci-token")
    used = a_token(labels={"kubernetes.io/legacy-token-last-used": "2026-11-20"})
    assert NhiState.UNUSED not in states(report(account, used, TRACKING), "shop/Secret/ci-token")
    once = a_token(labels={"kubernetes.io/legacy-token-last-used": "2026-03-20"})
    assert NhiState.UNUSED in states(report(account, once, TRACKING), "shop/Secret/ci-token")


def test_the_trail_shows_a_token_in_use():
    use = CredentialUse(id="", legacy_secret="shop/ci-token", source_ips=1, requests=3, first=AT, last=AT)
    identity = IdentityUse(
        user="system:serviceaccount:shop:ci",
        groups=(),
        arn="",
        first=AT,
        last=AT,
        requests=3,
        refused=0,
        clients=(),
        clients_left=0,
        credentials=(use,),
        credentials_left=0,
        uses=(),
        uses_left=0,
    )
    found = item(
        report(a_service_account("ci"), a_token(), trail=a_trail(identities=(identity,))), "shop/Secret/ci-token"
    )
    assert found.last_used.grade is AgeGrade.AUDIT
    assert found.last_used.at.startswith("2026-11-24")


def test_one_that_was_marked_invalid_is_to_be_removed_and_nothing_else():
    marked = a_token(labels={"kubernetes.io/legacy-token-invalid-since": "2026-10-01"})
    assert states(report(a_service_account("ci"), marked), "shop/Secret/ci-token") == {NhiState.ORPHANED}


def test_a_token_of_an_account_that_is_gone_is_orphaned_unless_accounts_were_not_seen():
    gone = a_token(account="gone")
    assert NhiState.ORPHANED in states(report(gone, APP, SEEN), "shop/Secret/ci-token")
    blind = report(gone, APP, SEEN, gaps=(("serviceaccounts", GapReason.FORBIDDEN),))
    assert NhiState.ORPHANED not in states(blind, "shop/Secret/ci-token")
    left_out = report(gone, APP)
    assert NhiState.ORPHANED not in states(left_out, "shop/Secret/ci-token")
    assert any(why.startswith("no serviceaccounts are in what was given") for why in left_out.unseen)


def test_consumers_and_orphans():
    used = item(report(written("database", NEW), APP), "shop/Secret/database")
    assert used.consumers == ("Deployment shop/app",)
    assert NhiState.ORPHANED in states(report(written("alone", NEW), APP, SEEN), "shop/Secret/alone")
    assert NhiState.ORPHANED not in states(report(written("alone", NEW), APP), "shop/Secret/alone")
    blind = report(written("alone", NEW), APP, SEEN, gaps=(("pods", GapReason.FORBIDDEN),))
    assert NhiState.ORPHANED not in states(blind, "shop/Secret/alone")
    fresh = written("alone", NEW, created="2026-11-23T00:00:00Z")
    assert NhiState.ORPHANED not in states(report(fresh, APP, SEEN), "shop/Secret/alone")


def test_the_same_value_elsewhere_is_shared_and_in_the_open_misplaced():
    value = {"password": "correct-horse-battery-9"}
    other = a_namespace("other")
    found = report(
        written("database", NEW, values=value),
        other,
        written("database", NEW, values=value, namespace="other"),
        a_deployment(containers=[a_container(env=[{"name": "DB_PASSWORD", "value": "correct-horse-battery-9"}])]),
    )
    one = item(found, "shop/Secret/database")
    assert one.same_value == ("Secret other/database",)
    assert one.misplaced == ("environment of Deployment shop/app",)
    assert {state.state for state in one.states} >= {NhiState.SHARED, NhiState.MISPLACED}
    literal = item(found, "shop/Deployment/app")
    assert literal.kind is NhiKind.LITERAL
    assert "correct-horse" not in str(found)


def test_a_value_in_a_revision_of_before_is_misplaced():
    app = a_deployment(containers=[a_container(env=[{"name": "DB_PASSWORD", "value": "correct-horse-battery-9"}])])
    spec = {**app["spec"], "replicas": 0}
    of_before = an_object("apps/v1", "ReplicaSet", "app-5d4f8", namespace="shop", spec=spec)
    database = written("database", NEW, values={"password": "correct-horse-battery-9"})
    found = item(report(database, APP, of_before), "shop/Secret/database")
    assert found.misplaced == ("environment of ReplicaSet shop/app-5d4f8",)
    assert NhiState.MISPLACED in {one.state for one in found.states}


def test_what_a_keeper_renews_is_managed_and_says_where_it_is_changed():
    kept = written("database", NEW, labels={"reconcile.external-secrets.io/managed": "true"})
    found = item(report(kept, APP), "shop/Secret/database")
    assert "ExternalSecret" in found.source_of_truth
    assert NhiState.UNMANAGED not in {one.state for one in found.states}
    assert NhiState.UNMANAGED in states(report(written("database", NEW), APP), "shop/Secret/database")


def test_a_policy_of_ones_own_counts():
    strict = Policy(kinds={NhiKind.PASSWORD: Thresholds(warn=1, breach=2)})
    assert NhiState.OVERDUE in states(report(written("database", NEW), APP, policy=strict), "shop/Secret/database")


def test_argo_cd_and_other_owners_keep_theirs():
    owner = an_object("example.com/v1", "Database", "db", namespace="shop")
    secret = written("database", NEW, owner=owner)
    assert "Database db" in item(report(secret, APP), "shop/Secret/database").source_of_truth
