"""Writes an audit trail of N megabytes as the API server of a managed cluster writes it: JSON lines, seeded.

Two thirds of the events are machinery (leases, status, watches) at level Metadata or Request; writes carry their bodies,
as the published policies of providers have it.
"""
# ruff: noqa: E501 - an event a line

from __future__ import annotations

import argparse
import json
import random
import zlib
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

SEED = 20261123
START_US = 1_795_392_000_000_000
"""Midnight of 2026-11-23, UTC."""
STEP_US = 70_000
"""Time between two requests."""
NAMESPACES = tuple(f"team-{number:02}" for number in range(40))
APPS = ("api", "web", "worker", "ledger", "gateway", "mailer", "cache", "search")


def _user(name: str, groups: list[str], credential: str = "", pod: str = "") -> dict[str, Any]:
    extra: dict[str, list[str]] = {}
    if credential:
        extra["authentication.kubernetes.io/credential-id"] = [credential]
    if pod:
        extra["authentication.kubernetes.io/pod-name"] = [pod]
        extra["authentication.kubernetes.io/pod-uid"] = [f"7c1d0a52-0000-4000-8000-{zlib.crc32(pod.encode()):012}"]
    user: dict[str, Any] = {"username": name, "groups": [*groups, "system:authenticated"]}
    return user | ({"extra": extra} if extra else {})


def _pod(namespace: str, app: str) -> dict[str, Any]:
    def container(name: str) -> dict[str, Any]:
        return {
            "name": name,
            "image": f"registry.example/{namespace}/{name}:1.24.{len(app)}",
            "args": ["--listen=:8080", "--log-level=info", f"--peer={app}.{namespace}.svc"],
            "env": [{"name": f"SETTING_{turn}", "value": f"value-{turn}"} for turn in range(8)],
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
            "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
            "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10},
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }

    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {
            "generateName": f"{app}-5d4f8c7b9-",
            "namespace": namespace,
            "labels": {"app.kubernetes.io/name": app, "pod-template-hash": "5d4f8c7b9"},
            "managedFields": [{"manager": "kube-controller-manager", "operation": "Update", "fieldsType": "FieldsV1",
                "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}, "f:spec": {"f:containers": {}}}}],
        },
        "spec": {
            "containers": [container(app), container("sidecar")],
            "volumes": [{"name": "tmp", "emptyDir": {}}],
            "serviceAccountName": app,
            "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300}],
        },
        "status": {"phase": "Pending"},
    }  # fmt: skip


def _event(verb: str, resource: str, user: dict[str, Any], **more: Any) -> dict[str, Any]:
    group, namespace, name = more.get("group", ""), more.get("namespace", ""), more.get("name", "")
    path = f"/apis/{group}/v1" if group else "/api/v1"
    path += f"/namespaces/{namespace}" * bool(namespace) + f"/{resource}" + f"/{name}" * bool(name)
    ref = {"resource": resource, "namespace": namespace, "name": name, "apiGroup": group, "apiVersion": "v1"}
    event: dict[str, Any] = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": more.get("level", "Metadata"),
        "auditID": "@ID@",
        "stage": "ResponseComplete",
        "requestURI": path + more.get("query", ""),
        "verb": verb,
        "user": user,
        "sourceIPs": [more.get("address", "10.0.12.7")],
        "userAgent": more.get("agent", "kube-controller-manager/v1.34.1 (linux/amd64) kubernetes/93248f9"),
        "objectRef": {key: value for key, value in ref.items() if value},
        "responseStatus": {"metadata": {}, "code": more.get("code", 200)},
    }
    event |= {key: more[key] for key in ("requestObject", "responseObject") if key in more}
    event |= {"requestReceivedTimestamp": "@RECEIVED@", "stageTimestamp": "@STAGE@"}
    reason = f'RBAC: allowed by ClusterRoleBinding "{resource}" of ClusterRole "{resource}" to Group "all"'
    event["annotations"] = {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": reason}
    return event


def _kinds(rng: random.Random) -> list[tuple[float, dict[str, Any]]]:
    """Events of one namespace and application, with how often they come."""
    namespace, app = rng.choice(NAMESPACES), rng.choice(APPS)
    node = _user(
        f"system:node:ip-10-0-{rng.randrange(64)}-{rng.randrange(250)}", ["system:nodes"], "X509SHA256=" + "ab" * 32
    )
    account = _user(
        f"system:serviceaccount:{namespace}:{app}",
        ["system:serviceaccounts", f"system:serviceaccounts:{namespace}"],
        f"JTI={rng.randrange(10**8):08}-0000-4000-8000-000000000000",
        f"{app}-5d4f8c7b9-x2x4z",
    )
    person = _user(f"user-{rng.randrange(1500)}@example.com", ["developers"])
    controller = _user("system:kube-controller-manager", [])
    pod = _pod(namespace, app)
    status = {"status": {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-23T00:00:00Z"}],
        "containerStatuses": [{"name": app, "ready": True, "restartCount": 0, "image": "registry.example/x", "imageID": "sha256:" + "0" * 64}]}}  # fmt: skip
    address = f"10.0.{rng.randrange(64)}.{rng.randrange(250)}"
    lease, watch = "coordination.k8s.io", "?allowWatchBookmarks=true&resourceVersion=1234&watch=true"
    full = "RequestResponse"
    return [
        (30, _event("update", "leases", node, group=lease, namespace="kube-node-lease", name=app, address=address)),
        (14, _event("get", "configmaps", account, namespace=namespace, name=app, address=address)),
        (12, _event("watch", "pods", account, query=watch, address=address, level="Request")),
        (8, _event("list", "services", account, namespace=namespace, address=address, level="Request")),
        (6, _event("get", "secrets", account, namespace=namespace, name=app, address=address)),
        (2, _event("get", "secrets", person, namespace=namespace, name=app, address="198.51.100.7", agent="kubectl/v1.34.1")),
        (9, _event("patch", "pods", node, namespace=namespace, name=app, level="Request", requestObject=status)),
        (7, _event("create", "pods", controller, namespace=namespace, code=201, level=full, requestObject=pod,
            responseObject=pod | {"metadata": pod["metadata"] | {"name": f"{app}-x", "uid": "u"}})),
        (6, _event("update", "deployments", controller, group="apps", namespace=namespace, name=app, level=full,
            requestObject={"kind": "Deployment", "spec": {"template": pod}}, responseObject={"kind": "Deployment", "spec": {"template": pod}})),
        (2, _event("create", "serviceaccounts", node, namespace=namespace, name=app, query="/token", level="Metadata")),
        (4, _event("get", "pods", person, namespace=namespace, name=app, address="198.51.100.7", agent="kubectl/v1.34.1", level="Request")),
    ]  # fmt: skip


def write(stream: BinaryIO, megabytes: int, *, seed: int = SEED) -> int:
    """Write events until there are so many megabytes (1e6 bytes); gives their number."""
    rng = random.Random(seed)
    kinds = [pair for _ in range(300) for pair in _kinds(rng)]
    weights = [weight for weight, _ in kinds]
    lines = [json.dumps(event, separators=(",", ":")) for _, event in kinds]
    split = [
        tuple(part.encode() for part in (*before.split("@ID@"), *middle.split("@STAGE@")))
        for before, middle in (line.split("@RECEIVED@") for line in lines)
    ]
    written = count = 0
    end = megabytes * 1_000_000
    while written < end:
        batch = bytearray()
        for chosen in rng.choices(range(len(split)), weights, k=5_000):
            one, two, three, four = split[chosen]
            us = START_US + count * STEP_US
            batch += one + b"%08x-0000-4000-8000-%012x" % (rng.getrandbits(32), count) + two
            batch += _time(us) + three + _time(us + rng.randrange(50_000)) + four + b"\n"
            count += 1
        stream.write(batch)
        written += len(batch)
    return count


def _time(us: int) -> bytes:
    seconds, micro = divmod(us, 1_000_000)
    return b"%s.%06dZ" % (_second(seconds), micro)


@lru_cache(maxsize=4)
def _second(seconds: int) -> bytes:
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S").encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("megabytes", type=int)
    parser.add_argument("path", type=Path)
    given = parser.parse_args()
    with given.path.open("wb") as stream:
        print(f"{write(stream, given.megabytes):,} events")


if __name__ == "__main__":
    main()
