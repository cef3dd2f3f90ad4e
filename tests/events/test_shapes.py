"""Every shape in which users hold a trail, out of small fixtures: the event in it, and what the envelope knows."""

# ruff: noqa: E501 - a fixture a line
from __future__ import annotations

import base64
import bz2
import csv
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from typing import Any

import pytest
import zstandard

from demarc.model.errors import DemarcError
from demarc.model.events import LOSES, Shape
from tests.events.given import an_event, line, lines

EVENT = an_event()
TEXT = line(EVENT).decode()
STREAM = "kube-apiserver-audit-0a1b2c"
GROUP = "/aws/eks/prod/cluster"


def subscription(*texts: str, kind: str = "DATA_MESSAGE", stream: str = STREAM) -> dict[str, Any]:
    return {
        "messageType": kind,
        "owner": "111122223333",
        "logGroup": GROUP,
        "logStream": stream,
        "subscriptionFilters": ["f"],
        "logEvents": [{"id": str(n), "timestamp": 1767225601123, "message": text} for n, text in enumerate(texts)],
    }


def diagnostic(**more) -> dict[str, Any]:
    return {
        "time": "2026-01-01T00:00:01.0000000Z",
        "resourceId": "/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/C1",
        "category": "kube-audit",
        "operationName": "Microsoft.ContainerService/managedClusters/diagnosticLogs/Read",
        "properties": {"log": f"{TEXT}\n", "stream": "stdout", "pod": "kube-apiserver-6df"},
    } | more


AKS = "/subscriptions/s/resourcegroups/r/providers/microsoft.containerservice/managedclusters/c1"
B64 = base64.b64encode(gzip.compress(line(subscription(TEXT)))).decode()
ROW = {"@timestamp": "2026-01-01 00:00:01.123", "@message": TEXT, "@logStream": STREAM, "@log": f"1111:{GROUP}"}


def as_csv(*rows: dict[str, Any]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def otel(body: dict[str, Any]) -> dict[str, Any]:
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": "1767225601000000000", "body": body}]}]}]}


def any_value(value) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"kvlistValue": {"values": [{"key": key, "value": any_value(item)} for key, item in value.items()]}}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(item) for item in value]}}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def dotless(event: dict[str, Any]) -> dict[str, Any]:
    notes = {
        key.replace("authorization.k8s.io", "authorization_k8s_io"): text for key, text in event["annotations"].items()
    }
    return event | {"annotations": notes}


CASES = {
    "json lines": (lines(EVENT), Shape.KUBERNETES, ""),
    "no end of the last line": (line(EVENT), Shape.KUBERNETES, ""),
    "windows line ends": (line(EVENT) + b"\r\n", Shape.KUBERNETES, ""),
    "pretty printed": (json.dumps(EVENT, indent=4).encode(), Shape.KUBERNETES, ""),
    "no kind and version": (lines({k: v for k, v in EVENT.items() if k not in ("kind", "apiVersion")}), Shape.KUBERNETES, ""),
    "EventList": (
        line({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": [EVENT]}),
        *(Shape.KUBERNETES, ""),
    ),
    "EventList, items first, without kinds": (
        json.dumps({"items": [{k: v for k, v in EVENT.items() if k != "kind"}], "kind": "EventList"}, indent=1).encode(),
        *(Shape.KUBERNETES, ""),
    ),
    "array": (json.dumps([EVENT], indent=2).encode(), Shape.KUBERNETES, ""),
    "byte-order mark": (b"\xef\xbb\xbf" + lines(EVENT), Shape.KUBERNETES, ""),
    "utf-16": (lines(EVENT).decode().encode("utf-16"), Shape.KUBERNETES, ""),
    "node-prefixed lines": (b"master-0 " + lines(EVENT), Shape.KUBERNETES, ""),
    "container log": (b"2026-01-01T00:00:01.1Z stdout F " + lines(EVENT), Shape.KUBERNETES, ""),
    "yaml": (("kind: Event\n" + "\n".join(f"{k}: {json.dumps(v)}" for k, v in EVENT.items() if k != "kind")).encode(), Shape.KUBERNETES, ""),
    "cloudwatch events": (
        line({"events": [{"logStreamName": STREAM, "timestamp": 1767225601123, "message": TEXT, "eventId": "1"}]}),
        *(Shape.CLOUDWATCH, ""),
    ),
    "cloudwatch event, a line each": (lines({"timestamp": 1, "message": TEXT, "logStreamName": STREAM}), Shape.CLOUDWATCH, ""),
    "insights results": (
        line({"results": [[{"field": key, "value": value} for key, value in ROW.items()]], "status": "Complete"}),
        *(Shape.CLOUDWATCH, "prod"),
    ),
    "insights rows": (line([ROW]), Shape.CLOUDWATCH, "prod"),
    "insights csv": (as_csv(ROW), Shape.CLOUDWATCH, "prod"),
    "s3 export": (b"2026-01-01T00:00:01.123Z " + lines(EVENT), Shape.CLOUDWATCH, ""),
    "subscription": (line(subscription(TEXT)), Shape.CLOUDWATCH, "prod"),
    "subscription, packed, to lambda": (line({"awslogs": {"data": B64}}), Shape.CLOUDWATCH, "prod"),
    "subscription, to kinesis": (line({"Records": [{"kinesis": {"data": B64}}]}), Shape.CLOUDWATCH, "prod"),
    "base64 lines": (B64.encode() + b"\n", Shape.CLOUDWATCH, "prod"),
    "firehose, without line ends": (
        line(subscription("x", kind="CONTROL_MESSAGE")) + line(subscription(TEXT)),
        *(Shape.CLOUDWATCH, "prod"),
    ),
    "aks event hub": (line({"records": [diagnostic()]}), Shape.AKS_DIAGNOSTIC, AKS),
    "aks storage account": (lines(diagnostic(), diagnostic(category="kube-apiserver", properties={"log": "I0101 klog"})), Shape.AKS_DIAGNOSTIC, AKS),
    "aks, the log as object": (lines(diagnostic(properties={"log": EVENT})), Shape.AKS_DIAGNOSTIC, AKS),
    "aks, properties as text": (lines(diagnostic(properties=json.dumps({"log": TEXT}))), Shape.AKS_DIAGNOSTIC, AKS),
    "aks, byte-order mark": (b"\xef\xbb\xbf" + json.dumps(diagnostic(), indent=2).encode(), Shape.AKS_DIAGNOSTIC, AKS),
    "AzureDiagnostics": (line([{"Category": "kube-audit", "log_s": TEXT, "_ResourceId": AKS}]), Shape.AKS_DIAGNOSTIC, AKS),
    "AzureDiagnostics csv": (as_csv({"Category": "kube-audit", "log_s": TEXT, "ResourceId": AKS}), Shape.AKS_DIAGNOSTIC, AKS),
    "elastic": (lines({"@timestamp": "x", "kubernetes": {"audit": dotless(EVENT)}}), Shape.ELASTIC, ""),
    "elastic search": (line({"hits": {"hits": [{"_source": {"kubernetes": {"audit": dotless(EVENT)}}}]}}), Shape.ELASTIC, ""),
    "fluent bit": (lines({"date": 1.5, "log": TEXT}), Shape.ELASTIC, ""),
    "filebeat": (lines({"@timestamp": "x", "message": TEXT, "host": {}}), Shape.ELASTIC, ""),
    "splunk": (lines({"preview": False, "result": {"_raw": TEXT}}), Shape.ELASTIC, ""),
    "loki": (line({"status": "success", "data": {"resultType": "streams", "result": [{"stream": {}, "values": [["1", TEXT]]}]}}), Shape.ELASTIC, ""),
    "loki, with metadata": (line({"data": {"resultType": "streams", "result": [{"values": [["1", TEXT, {}]]}]}}), Shape.ELASTIC, ""),
    "logcli": (lines({"labels": {"job": "audit"}, "line": TEXT, "timestamp": "x"}), Shape.ELASTIC, ""),
    "datadog": (line({"data": [{"id": "A", "type": "log", "attributes": {"service": "k", "attributes": EVENT}}]}), Shape.ELASTIC, ""),
    "datadog archive": (lines({"_id": "A", "source": "kubernetes.audit", "attributes": EVENT, "message": ""}), Shape.ELASTIC, ""),
    "otel text": (lines(otel({"stringValue": TEXT})), Shape.OTEL, ""),
    "otel values": (lines(otel(any_value(EVENT))), Shape.OTEL, ""),
    "gelf": (lines({"version": "1.1", "short_message": TEXT}), Shape.GELF, ""),
    "gelf within a message": (lines({"message": json.dumps({"short_message": TEXT})}), Shape.ELASTIC, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_event_is_the_same_in_every_shape(trail, name, tmp_path):
    data, shape, cluster = CASES[name]
    trail.add(data, "trail")
    row = trail.one()
    assert row["shape"] == shape.value
    assert row["cluster"] == cluster
    for column, value in {
        "audit_id": EVENT["auditID"],
        "verb": "get",
        "user_name": "ana",
        "resource": "secrets",
        "name": "db",
        "user_groups": "devs\nsystem:authenticated",
        "code": 200,
        "decision": "allow",
        "grant_name": "devs-view",
        "ts_us": 1767225601100000,
        "source_ip": "198.51.100.7",
        "stage": "ResponseComplete",
        "truncated": False,
    }.items():
        assert row[column] == value, column


def test_a_request_with_a_long_body_is_read_from_csv_too(trail):
    long = {**EVENT, "requestObject": {"kind": "ConfigMap", "data": {"notes": "a b " * 50_000}}}
    trail.add(as_csv({**ROW, "@message": json.dumps(long)}), "trail")
    assert trail.one()["audit_id"] == EVENT["auditID"]


def test_rows_of_aksaudit(trail):
    row = {
        "TimeGenerated": "2026-01-01T00:00:01.1040000Z",
        "AuditId": EVENT["auditID"],
        "Level": "RequestResponse",
        "Stage": "ResponseComplete",
        "RequestUri": EVENT["requestURI"],
        "Verb": "get",
        "User": EVENT["user"],
        "SourceIps": EVENT["sourceIPs"],
        "UserAgent": "kubectl",
        "ObjectRef": json.dumps(EVENT["objectRef"]),
        "ResponseStatus": EVENT["responseStatus"],
        "RequestObject": "skipped-too-big-size-object",
        "RequestReceivedTime": "2026-01-01T00:00:01.1000000Z",
        "StageReceivedTime": "2026-01-01T00:00:01.1040000Z",
        "Annotations": EVENT["annotations"],
        "_ResourceId": AKS,
        "Type": "AKSAudit",
    }
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in row.items()}
    columns = [{"name": key, "type": "dynamic"} for key in row]
    tables = {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": [list(row.values())]}]}
    plain = lines(EVENT)
    for number, data in enumerate((line([row]), as_csv(texts), line(tables), plain)):
        trail.add(data, f"trail-{number}")
    # The table, its exports and the API server's own line are one event.
    found = trail.one()
    assert (found["shape"], found["cluster"], found["truncated"]) == ("aks-table", AKS, True)
    assert (found["name"], found["grant_name"], found["ts_us"]) == ("db", "devs-view", 1767225601100000)
    assert "impersonated_user" in LOSES[Shape.AKS_TABLE]


def an_entry(method="io.k8s.core.v1.secrets.get", path="core/v1/namespaces/pay/secrets/db", **more):
    payload = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": "k8s.io",
        "methodName": method,
        "resourceName": path,
        "authenticationInfo": {"principalEmail": "ana@example.com"},
        "authorizationInfo": [{"permission": method, "resource": path, "granted": True}],
        "requestMetadata": {"callerIp": "198.51.100.7", "callerSuppliedUserAgent": "kubectl/v1.34.1"},
        "status": {},
    } | more
    return {
        "insertId": f"e-{method}-{path}",
        "logName": "projects/p1/logs/cloudaudit.googleapis.com%2Fdata_access",
        "timestamp": "2026-01-01T00:00:00.100Z",
        "resource": {"type": "k8s_cluster", "labels": {"project_id": "p1", "cluster_name": "c1", "location": "eu"}},
        "labels": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "by IAM"},
        "protoPayload": payload,
    }


@pytest.mark.parametrize(
    ("method", "path", "seen"),
    [
        ("io.k8s.core.v1.secrets.list", "core/v1/namespaces/pay/secrets", ("", "secrets", "", "pay", "", "list")),
        ("io.k8s.core.v1.pods.list", "core/v1/pods", ("", "pods", "", "", "", "list")),
        (
            "io.k8s.core.v1.pods.exec.create",
            "core/v1/namespaces/a/pods/p/exec",
            ("", "pods", "exec", "a", "p", "create"),
        ),
        (
            *("io.k8s.authorization.rbac.v1.clusterroles.update", "rbac.authorization.k8s.io/v1/clusterroles/x"),
            ("rbac.authorization.k8s.io", "clusterroles", "", "", "x", "update"),
        ),
        (
            *("io.argoproj.v1alpha1.applications.patch", "argoproj.io/v1alpha1/namespaces/argo/applications/shop"),
            ("argoproj.io", "applications", "", "argo", "shop", "patch"),
        ),
        ("io.k8s.core.v1.namespaces.create", "core/v1/namespaces/new", ("", "namespaces", "", "new", "new", "create")),
        (
            *("io.k8s.core.v1.namespaces.finalize.update", "core/v1/namespaces/old/finalize"),
            ("", "namespaces", "finalize", "old", "old", "update"),
        ),
        ("io.k8s.get", "readyz", ("", "", "", "", "", "get")),
    ],
)
def test_entries_of_gke(trail, method, path, seen):
    trail.add(lines(an_entry(method, path)))
    row = trail.one()
    names = ("api_group", "resource", "subresource", "namespace", "name", "verb")
    assert tuple(row[name] for name in names) == seen
    assert (row["user_name"], row["cluster"], row["source_ip"]) == ("ana@example.com", "p1/eu/c1", "198.51.100.7")
    assert row["code_inferred"]
    for column in LOSES[Shape.GKE]:
        assert row[column] in ("", False) or (column == "uri" and not row["resource"]) or column == "peer_ip", column


@pytest.mark.parametrize(
    ("verb", "status", "code"),
    [
        ("get", 0, 200),
        ("create", 0, 201),
        ("get", 7, 403),
        ("get", 5, 404),
        ("create", 6, 409),
        ("get", 16, 401),
        ("get", 99, 500),
    ],
)
def test_codes_of_grpc(trail, verb, status, code):
    trail.add(lines(an_entry(f"io.k8s.core.v1.pods.{verb}", "core/v1/namespaces/a/pods/p", status={"code": status})))
    assert trail.one()["code"] == code


def test_gke_without_a_label_tells_the_decision_by_what_was_granted(trail):
    entry = an_entry(authorizationInfo=[{"granted": True}, {}], status={"code": 7})
    del entry["labels"]
    trail.add(json.dumps([entry], indent=2).encode())
    assert trail.one()["decision"] == "forbid"


def test_other_entries_of_google_are_another_log(trail):
    cluster = an_entry()
    cluster["protoPayload"] |= {"serviceName": "container.googleapis.com", "methodName": "google.container.v1.X"}
    node = {"insertId": "n", "logName": "projects/p/logs/kubelet", "textPayload": "I0101"}
    done = trail.add(lines(an_entry(), cluster, node))
    assert done.sources[0].events == 1
    assert sum(done.sources[0].others.values()) == 2
    assert done.sources[0].rejected == 0


def an_alert(**fields):
    found = {
        "ka.user.name": "ana",
        "ka.verb": "create",
        "ka.target.resource": "pods",
        "ka.target.namespace": "pay",
        "ka.target.name": "shell",
        "ka.uri": "/api/v1/namespaces/pay/pods",
        "ka.response.code": "201",
        "ka.auth.decision": "allow",
        "ka.target.subresource": "<NA>",
        "jevt.rawtime": 1767225600100000000,
    }
    return {
        "time": "2026-01-01T00:00:01Z",
        "rule": "Create Privileged Pod",
        "priority": "Warning",
        "source": "k8s_audit",
        "output": "x",
        "output_fields": found | fields,
        "tags": ["k8s"],
        "hostname": "falco-1",
    }


def test_alerts_of_falco(trail):
    kernel = {"rule": "Terminal shell", "source": "syscall", "output_fields": {"proc.name": "sh"}, "output": "y"}
    done = trail.add(lines(an_alert(), kernel))
    row = trail.one()
    assert (row["alert"], row["shape"], row["verb"], row["name"]) == (
        "Create Privileged Pod",
        "falco",
        "create",
        "shell",
    )
    assert (row["user_name"], row["code"], row["subresource"], row["ts_us"]) == ("ana", 201, "", 1767225600100000)
    assert done.sources[0].others == {"an alert of Falco that is of no request": 1}


def test_other_logs_of_the_same_export_are_no_loss(trail):
    klog = subscription("I0101 00:00:00 controller.go:1] hello", stream="kube-controller-manager-1")
    hub = {"records": [diagnostic(), diagnostic(category="kube-apiserver", properties={"log": "I0101 x"})]}
    done = trail.add(lines(subscription(TEXT), klog, subscription("x", kind="CONTROL_MESSAGE"), hub))
    assert done.sources[0].rejected == 0
    assert sum(done.sources[0].others.values()) == 3
    assert len(trail.rows()) == 1


def test_events_among_plain_lines_that_are_wrapped(trail):
    done = trail.add(lines(an_event(1), {"log": line(an_event(2)).decode()}, b"klog text", an_event(3)))
    assert [row["position"] for row in trail.rows()] == [1, 2, 4]
    assert done.sources[0].rejected == 1
    assert done.sources[0].shapes == {"kubernetes": 2, "elastic": 1}


PACKS = {
    "gz": gzip.compress,
    "members": lambda data: b"".join(gzip.compress(part + b"\n") for part in data.splitlines()),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
    "twice": lambda data: gzip.compress(gzip.compress(data)),
}


@pytest.mark.parametrize("name", PACKS)
def test_packed_files(trail, name):
    trail.add(PACKS[name](lines(an_event(1), an_event(2))), "trail.bin")
    assert [row["position"] for row in trail.rows()] == [1, 2]


def test_archives_and_folders(trail, tmp_path):
    tar, zipped = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w:gz") as archive:
        for name, data in {
            "audit/a.log": lines(an_event(1)),
            "audit/b.log.gz": gzip.compress(lines(an_event(2))),
        }.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("c.log", lines(an_event(3)))
        archive.writestr("readme.txt", "hello")
    folder = tmp_path / "logs"
    (folder / "deep").mkdir(parents=True)
    (folder / "must-gather.tar.gz").write_bytes(tar.getvalue())
    (folder / "deep" / "c.zip").write_bytes(zipped.getvalue())
    (folder / "d.log").write_bytes(lines(an_event(4)))
    (folder / ".hidden").write_bytes(lines(an_event(5)))
    done = trail.take([str(folder)])
    assert sorted(row["audit_id"][-1] for row in trail.rows()) == ["1", "2", "3", "4"]
    names = [source.origin.rpartition("/")[2] for source in done.sources]
    assert names == ["d.log", "c.zip!c.log", "a.log", "b.log.gz"]
    assert [item.origin for item in done.unread] == [str(folder / "deep" / "c.zip!readme.txt")]


def test_standard_input(trail):
    trail.take(["-"], stdin=io.BytesIO(gzip.compress(lines(an_event()))))
    assert trail.one()["source_id"] == "s1"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "it is empty"),
        (b'{"kind":"Pod","apiVersion":"v1","metadata":{}}', "it is no audit event"),
        (b"some words\n", "it is no JSON"),
        (b"PAR1" + b"\0" * 100, "Security Lake"),
        (b"\0" * 10_000, "neither text"),
        (b"\x1f\x8b\x08not gzip", "cannot be unpacked"),
        (b"[" * 5000, "nested too deeply"),
        (
            line({"kind": "Event", "apiVersion": "v1", "verb": "get", "user": {}, "reason": "Scheduled"}),
            "no audit event",
        ),
    ],
)
def test_what_is_no_trail_is_one_clear_error_and_nothing_is_written(trail, data, says):
    with pytest.raises(DemarcError, match=says):
        trail.take([trail.file(lines(an_event()), "good"), trail.file(data, "bad")])
    assert not (trail.root / "manifest.json").exists()
    assert not list(trail.root.glob("events/*"))
    with pytest.raises(DemarcError, match="no such file"):
        trail.take([str(trail.folder / "nowhere")])
