"""Google Cloud audit logs as calls, in every shape in which they leave Cloud Logging."""

import base64
import json
import re
from typing import Any

import pytest

from demarc.events.cloud import read_cloud_trail
from demarc.model.cloud_calls import CallKind, Cloud, CloudShape, Outcome, PrincipalKind
from demarc.model.errors import DemarcError
from tests.cloud_records import POOL, calls, delegated, google

SUBJECT = "system:serviceaccount:data:exporter"
DIRECT = f"principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/{POOL}/subject/ns/data/sa/exporter"


def test_whoever_acts_through_a_service_account_is_told(tmp_path):
    (call,) = calls(delegated("data/exporter", "storage.objects.list", "01:00:00"), path=tmp_path)
    assert (call.cloud, call.workload, call.issuer) == (Cloud.GOOGLE, SUBJECT, POOL)
    assert call.role == call.principal == "lake@acme.iam.gserviceaccount.com"
    assert call.principal_kind is PrincipalKind.SERVICE_ACCOUNT
    assert not call.write


@pytest.mark.parametrize(
    "who",
    [
        {"principalSubject": DIRECT},
        {"principalEmail": f"{POOL}[data/exporter]"},
        {
            "principalEmail": "x@y.iam.gserviceaccount.com",
            "serviceAccountDelegationInfo": [{"principalSubject": DIRECT}],
        },
    ],
)
def test_a_subject_is_told_in_every_form_of_its_name(who, tmp_path):
    (call,) = calls(
        google("GenerateAccessToken", "01:00:00", service="iamcredentials.googleapis.com", who=who), path=tmp_path
    )
    assert (call.workload, call.kind) == (SUBJECT, CallKind.ASSUME)


@pytest.mark.parametrize(
    ("who", "kind"),
    [
        ({"principalEmail": "ann@acme.example"}, PrincipalKind.PERSON),
        ({"principalEmail": "1-compute@developer.gserviceaccount.com"}, PrincipalKind.NODE),
        ({"principalEmail": "service-1@container-engine-robot.iam.gserviceaccount.com"}, PrincipalKind.PROVIDER),
    ],
)
def test_what_sort_of_principal_called(who, kind, tmp_path):
    (call,) = calls(google("google.container.v1.ClusterManager.UpdateCluster", "01:00:00", who=who), path=tmp_path)
    assert call.principal_kind is kind
    assert (call.cluster, call.account) == ("prod", "acme")


def test_a_key_is_named_and_never_more(tmp_path):
    name = "//iam.googleapis.com/projects/acme/serviceAccounts/x@acme.iam.gserviceaccount.com/keys/abc123"
    who = {"principalEmail": "x@acme.iam.gserviceaccount.com", "serviceAccountKeyName": name}
    (call,) = calls(
        google("storage.buckets.list", "01:00:00", service="storage.googleapis.com", who=who), path=tmp_path
    )
    assert call.session == name.removeprefix("//iam.googleapis.com/")


def policy(delta: dict[str, Any], path: str = "projects/acme") -> dict[str, Any]:
    return {
        "payload": {"resourceName": path, "serviceData": {"policyDelta": delta}},
        "service": "cloudresourcemanager.googleapis.com",
    }


ADMIN = {"bindingDeltas": [{"action": "ADD", "role": "roles/container.admin", "member": "user:eve@evil.example"}]}
VIEWER = {"bindingDeltas": [{"action": "ADD", "role": "roles/storage.viewer", "member": "user:ann@acme.example"}]}
NO_LOGS = {"auditConfigDeltas": [{"action": "REMOVE", "service": "container.googleapis.com", "logType": "DATA_READ"}]}
LOGS = {"auditConfigDeltas": [{"action": "ADD", "service": "container.googleapis.com", "logType": "DATA_READ"}]}


@pytest.mark.parametrize(
    ("delta", "kind"),
    [
        (ADMIN, CallKind.CLUSTER_ACCESS),
        (VIEWER, CallKind.IDENTITY_CHANGE),
        (NO_LOGS, CallKind.LOGGING_OFF),
        (LOGS, CallKind.IDENTITY_CHANGE),
    ],
)
def test_a_policy_is_told_by_what_changed_in_it(delta, kind, tmp_path):
    (call,) = calls(google("SetIamPolicy", "01:00:00", **policy(delta)), path=tmp_path)
    assert call.kind is kind
    if delta is ADMIN:
        assert call.detail == "ADD roles/container.admin for user:eve@evil.example"


CLUSTER = "google.container.v1.ClusterManager."


@pytest.mark.parametrize(
    ("method", "service", "request_", "kind"),
    [
        (
            f"{CLUSTER}UpdateCluster",
            "container.googleapis.com",
            {"update": {"desiredLoggingService": "none"}},
            CallKind.LOGGING_OFF,
        ),
        (
            f"{CLUSTER}UpdateCluster",
            "container.googleapis.com",
            {"update": {"desiredLoggingConfig": {"componentConfig": {}}}},
            CallKind.LOGGING_OFF,
        ),
        (
            f"{CLUSTER}UpdateCluster",
            "container.googleapis.com",
            {"update": {"desiredLoggingConfig": {"componentConfig": {"enableComponents": ["APISERVER"]}}}},
            CallKind.CLUSTER_CHANGE,
        ),
        (f"{CLUSTER}GetCluster", "container.googleapis.com", {}, CallKind.OTHER),
        (
            "google.logging.v2.ConfigServiceV2.DeleteSink",
            "logging.googleapis.com",
            {"sinkName": "x"},
            CallKind.LOGGING_OFF,
        ),
        (
            "google.logging.v2.ConfigServiceV2.UpdateSink",
            "logging.googleapis.com",
            {"sink": {"disabled": True}},
            CallKind.LOGGING_OFF,
        ),
        (
            "google.logging.v2.ConfigServiceV2.UpdateSink",
            "logging.googleapis.com",
            {"sink": {"filter": "x"}},
            CallKind.OTHER,
        ),
        ("google.iam.admin.v1.CreateServiceAccountKey", "iam.googleapis.com", {}, CallKind.KEY_MADE),
        (
            "google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion",
            "secretmanager.googleapis.com",
            {},
            CallKind.SECRET_READ,
        ),
        ("google.identity.sts.v1.SecurityTokenService.ExchangeToken", "sts.googleapis.com", {}, CallKind.EXCHANGE),
        ("storage.objects.get", "storage.googleapis.com", {}, CallKind.DATA_READ),
        ("v1.compute.instances.setMetadata", "compute.googleapis.com", {}, CallKind.NODE_ACCESS),
    ],
)
def test_what_a_call_is(method, service, request_, kind, tmp_path):
    (call,) = calls(google(method, "01:00:00", service=service, payload={"request": request_}), path=tmp_path)
    assert call.kind is kind


@pytest.mark.parametrize(
    ("status", "log", "outcome"),
    [
        ({}, "activity", Outcome.DONE),
        ({"code": 7}, "activity", Outcome.REFUSED),
        ({"code": 5}, "activity", Outcome.FAILED),
        ({}, "policy", Outcome.REFUSED),
    ],
)
def test_what_came_of_it(status, log, outcome, tmp_path):
    (call,) = calls(google("x.DeleteThing", "01:00:00", log=log, payload={"status": status}), path=tmp_path)
    assert call.outcome is outcome


def test_the_two_entries_of_an_operation_are_one_call_that_ended_as_the_last_says(tmp_path):
    operation = {"id": "operation-1", "producer": "container.googleapis.com"}
    begun = google(f"{CLUSTER}UpdateCluster", "01:00:00", operation={**operation, "first": True})
    ended = google(
        f"{CLUSTER}UpdateCluster",
        "01:05:00",
        operation={**operation, "last": True},
        payload={"status": {"code": 9}},
        who={},
    )
    (call,) = calls(ended, begun, path=tmp_path)
    assert (call.outcome, call.principal) == (Outcome.FAILED, "ann@acme.example")
    assert call.at_us % 86_400_000_000 == 3_600_123_457 or call.at_us % 86_400_000_000 == 3_600_123_456


ENTRY = delegated("data/exporter", "storage.objects.get", "01:00:00")


def snake(value: Any) -> Any:
    if isinstance(value, dict):
        return {re.sub("([A-Z])", lambda c: f"_{c[1].lower()}", key): snake(one) for key, one in value.items()}
    return [snake(one) for one in value] if isinstance(value, list) else value


BIGQUERY = {
    **{k: v for k, v in ENTRY.items() if k != "protoPayload"},
    "timestamp": "2026-10-01 01:00:00.123456 UTC",
    "protopayload_auditlog": {**ENTRY["protoPayload"], "requestJson": "{}"},
}
ANALYTICS = {
    **snake({k: v for k, v in ENTRY.items() if k != "protoPayload"}),
    "proto_payload": {"audit_log": snake(ENTRY["protoPayload"])},
}
PUBSUB = {
    "message": {"data": base64.b64encode(json.dumps(ENTRY).encode()).decode(), "messageId": "1"},
    "subscription": "x",
}
SHAPES = {
    "list": json.dumps([ENTRY]),
    "lines": json.dumps(ENTRY) + "\n",
    "answer": json.dumps({"entries": [ENTRY]}),
    "pushed": json.dumps(PUBSUB),
    "pulled": json.dumps({"receivedMessages": [{"ackId": "1", **PUBSUB}]}),
    "pulled by gcloud": json.dumps([{"ackId": "1", **PUBSUB}]),
    "BigQuery": json.dumps([BIGQUERY]),
    "Log Analytics": json.dumps(ANALYTICS),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_read(shape, tmp_path):
    file = tmp_path / "export"
    file.write_text(SHAPES[shape])
    (call,) = read_cloud_trail((str(file),)).calls
    assert (call.workload, call.kind, call.address) == (SUBJECT, CallKind.DATA_READ, "198.51.100.10")
    assert (call.shape is CloudShape.GOOGLE_TABLE) is (shape in {"BigQuery", "Log Analytics"})


def test_yaml_as_gcloud_prints_it_is_read(tmp_path):
    file = tmp_path / "entries.yaml"
    file.write_text(
        "---\ninsertId: a\nlogName: projects/acme/logs/cloudaudit.googleapis.com%2Factivity\n"
        "timestamp: '2026-10-01T01:00:00Z'\nprotoPayload:\n  methodName: x.v1.DeleteCluster"
        "\n  serviceName: container.googleapis.com\n  authenticationInfo:\n    principalEmail: ann@acme.example\n"
    )
    (call,) = read_cloud_trail((str(file),)).calls
    assert (call.kind, call.principal) == (CallKind.CLUSTER_CHANGE, "ann@acme.example")


def test_what_the_api_server_logged_is_the_other_trail(tmp_path):
    mine = google("io.k8s.core.v1.pods.create", "01:00:00", service="k8s.io")
    file = tmp_path / "export"
    file.write_text(json.dumps([mine]))
    with pytest.raises(DemarcError, match="--events"):
        read_cloud_trail((str(file),))
    file.write_text(json.dumps([mine, ENTRY]))
    trail = read_cloud_trail((str(file),))
    assert (len(trail.calls), sum(number for _, number in trail.others)) == (1, 1)
