"""The same trail as providers hand it out: EKS by CloudWatch, AKS diagnostic records, GKE's Cloud Logging."""

from __future__ import annotations

import json
from typing import Any

from demarc.testing.audit import AuditTrail

_GRPC = {401: 16, 403: 7, 404: 5, 409: 6}
_GROUPS = {"rbac.authorization.k8s.io": "authorization.rbac", "": "core"}


def cloudwatch(trail: AuditTrail) -> bytes:
    """Events of a CloudWatch log group, as ``aws logs filter-log-events`` prints them."""
    events = [
        {
            "logStreamName": "kube-apiserver-audit-0a1b",
            "timestamp": 1_790_000_000_000 + number,
            "message": json.dumps(event),
            "eventId": str(number),
        }
        for number, event in enumerate(_ordered(trail))
    ]
    return json.dumps({"events": events}).encode()


def aks(trail: AuditTrail) -> bytes:
    """Diagnostic records of an event hub. The front door's address comes first, the tunnel's last."""
    records = []
    for event in _ordered(trail):
        sent = {**event, "sourceIPs": [*event["sourceIPs"], "172.31.0.9"]}
        records.append(
            {
                "time": event["requestReceivedTimestamp"],
                "resourceId": "/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/",
                "category": "kube-audit",
                "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
                "properties": {"log": json.dumps(sent) + "\n", "stream": "stdout", "pod": "kube-apiserver-1"},
            }
        )
    return json.dumps({"records": records}).encode()


def gke(trail: AuditTrail) -> bytes:
    """Entries of Cloud Logging, one a line: no groups, no credential, no URI, no stage, one address."""
    return b"".join(json.dumps(_entry(number, event)).encode() + b"\n" for number, event in enumerate(_ordered(trail)))


def _ordered(trail: AuditTrail) -> list[dict[str, Any]]:
    return sorted(trail.events, key=lambda event: str(event["requestReceivedTimestamp"]))


def _entry(number: int, event: dict[str, Any]) -> dict[str, Any]:
    ref = event.get("objectRef", {})
    group = _GROUPS.get(ref.get("apiGroup", ""), ref.get("apiGroup", ""))
    sub = ref.get("subresource", "")
    kind = f"{ref.get('resource', '')}.{sub}" if sub else ref.get("resource", "")
    parts = [
        *(("namespaces", ref["namespace"]) if ref.get("namespace") else ()),
        ref.get("resource", ""),
        ref.get("name", ""),
        sub,
    ]
    code = event["responseStatus"]["code"]
    payload: dict[str, Any] = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": "k8s.io",
        "methodName": f"io.k8s.{group}.v1.{kind}.{event['verb']}" if ref else f"io.k8s.{event['verb']}",
        "resourceName": "/".join([group, "v1", *(part for part in parts if part)])
        if ref
        else event["requestURI"].strip("/"),
        "authenticationInfo": {"principalEmail": event["user"].get("username", "")},
        "requestMetadata": {"callerIp": event["sourceIPs"][0], "callerSuppliedUserAgent": event["userAgent"]},
        "status": {"code": _GRPC.get(code, 0)},
    }
    if "requestObject" in event:
        payload["request"] = event["requestObject"]
    return {
        "insertId": event["auditID"],
        "logName": "projects/p1/logs/cloudaudit.googleapis.com%2Factivity",
        "timestamp": event["requestReceivedTimestamp"],
        "receiveTimestamp": event["stageTimestamp"],
        "resource": {"type": "k8s_cluster", "labels": {"project_id": "p1", "cluster_name": "c1", "location": "eu"}},
        "labels": event["annotations"],
        "operation": {"id": event["auditID"], "producer": "k8s.io", "first": True, "last": True},
        "protoPayload": payload,
    }
