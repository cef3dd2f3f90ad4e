"""The parts that objects are put together from: pod specs, labels, and who wrote which field.

A place to fill in is ``%(name)s``; ``#name#`` stands for a number or a truth value.
"""

from __future__ import annotations

import json
import re
import textwrap
from typing import Any

Body = dict[str, Any]

_MERGE_KEYS = {
    "containers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "conditions": "type",
}
MADE = "%(made)s"
SEEN = "2026-11-18T14:29:31Z"


def fields(value: Any, name: str = "") -> Body:
    """Write who-owns-what of a value as managedFields does."""
    if isinstance(value, dict):
        return {f"f:{key}": fields(inner, key) for key, inner in value.items()}
    key = _MERGE_KEYS.get(name)
    if isinstance(value, list) and key:
        return {f"k:{json.dumps({key: item[key]})}": {".": {}} | fields(item) for item in value}
    return {}


def _entry(api: str, manager: str, part: Body, *, time: str = MADE, status: bool = False) -> Body:
    entry = {
        "apiVersion": api,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields(part),
        "manager": manager,
        "operation": "Update",
        "time": time,
    }
    return entry | ({"subresource": "status"} if status else {})


def text(
    api: str,
    kind: str,
    *,
    by: str,
    namespaced: bool = True,
    labels: Body | None = None,
    annotations: Body | None = None,
    owner: str = "",
    status_by: str = "kube-controller-manager",
    **body: Any,
) -> str:
    """Text of an object with places to fill in; ``owner`` is ``apiVersion Kind``, filled in by name and uid."""
    meta: Body = {"creationTimestamp": MADE, "name": "%(name)s", "resourceVersion": "%(revision)s", "uid": "%(uid)s"}
    if namespaced:
        meta["namespace"] = "%(namespace)s"
    if labels:
        meta["labels"] = labels
    if annotations:
        meta["annotations"] = annotations
    if owner:
        version, _, of = owner.partition(" ")
        referred = {"apiVersion": version, "kind": of, "name": "%(owner)s", "uid": "%(owner_uid)s"}
        meta["ownerReferences"] = [referred | {"blockOwnerDeletion": True, "controller": True}]
    written = {"metadata": {key: meta[key] for key in ("labels", "annotations") if key in meta}}
    written |= {key: value for key, value in body.items() if key != "status"}
    meta["managedFields"] = [_entry(api, by, written)]
    if "status" in body:
        state = {"status": body["status"]}
        meta["managedFields"].append(_entry(api, status_by, state, time=SEEN, status=True))
    item = {"apiVersion": api, "kind": kind, "metadata": meta, **body}
    printed = json.dumps(item, indent=4, sort_keys=True)
    return textwrap.indent(re.sub(r'"#(\w+)#"', r"%(\1)s", printed), " " * 8)


LABELS = {
    "app.kubernetes.io/instance": "%(app)s",
    "app.kubernetes.io/name": "%(app)s",
    "app.kubernetes.io/version": "%(version)s",
    "team": "%(team)s",
}
IMAGE = "111122223333.dkr.ecr.eu-north-1.amazonaws.com/%(app)s:%(version)s"
_TOKEN = {"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": "api-access", "readOnly": True}


def _probe(path: str) -> Body:
    return {"failureThreshold": 3, "httpGet": {"path": path, "port": "http", "scheme": "HTTP"}, "periodSeconds": 10}


def _container(name: str, image: str) -> Body:
    secret = {"secretKeyRef": {"key": "password", "name": "%(secret)s"}}
    return {
        "env": [
            {"name": "LOG_LEVEL", "value": "info"},
            {"name": "DB_PASSWORD", "valueFrom": secret},
        ],
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "livenessProbe": _probe("/live"),
        "name": name,
        "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
        "resources": {"limits": {"memory": "512Mi"}, "requests": {"cpu": "100m", "memory": "256Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "privileged": "#privileged#",
            "readOnlyRootFilesystem": True,
        },
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": [{"mountPath": "/config", "name": "config"}, _TOKEN],
    }


POD_SPEC: Body = {
    "automountServiceAccountToken": True,
    "containers": [_container("main", IMAGE)],
    "dnsPolicy": "ClusterFirst",
    "enableServiceLinks": True,
    "preemptionPolicy": "PreemptLowerPriority",
    "priority": 0,
    "restartPolicy": "%(restart)s",
    "schedulerName": "default-scheduler",
    "securityContext": {"runAsNonRoot": True, "runAsUser": 1000},
    "serviceAccount": "%(account)s",
    "serviceAccountName": "%(account)s",
    "terminationGracePeriodSeconds": 30,
    "tolerations": [
        {"effect": "NoExecute", "key": f"node.kubernetes.io/{state}", "operator": "Exists", "tolerationSeconds": 300}
        for state in ("not-ready", "unreachable")
    ],
    "volumes": [
        {"configMap": {"defaultMode": 420, "name": "%(config)s"}, "name": "config"},
        {
            "name": "api-access",
            "projected": {
                "defaultMode": 420,
                "sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}],
            },
        },
    ],
}


def condition(kind: str, status: str = "True") -> Body:
    return {"lastProbeTime": None, "lastTransitionTime": MADE, "status": status, "type": kind}


def _container_status(name: str, image: str) -> Body:
    return {
        "containerID": "containerd://%(digest)s",
        "image": image,
        "imageID": f"{image.partition(':')[0]}@sha256:%(digest)s",
        "lastState": {},
        "name": name,
        "ready": True,
        "restartCount": 0,
        "started": True,
        "state": {"running": {"startedAt": MADE}},
    }


POD_STATUS: Body = {
    "conditions": [condition(kind) for kind in ("Ready", "PodScheduled")],
    "containerStatuses": [_container_status("main", IMAGE)],
    "hostIP": "%(host)s",
    "phase": "%(phase)s",
    "podIP": "%(address)s",
    "podIPs": [{"ip": "%(address)s"}],
    "qosClass": "Burstable",
    "startTime": MADE,
}
TEMPLATE: Body = {"metadata": {"labels": LABELS}, "spec": POD_SPEC}
SELECT = {"matchLabels": {"app.kubernetes.io/name": "%(app)s"}}
