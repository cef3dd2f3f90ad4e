"""Findings as report objects of Kubernetes: OpenReports, and the PolicyReport that came before it.

One report for each namespace and one for the cluster, cut into several where an object would grow too large for etcd.
A pass is written for the cluster alone. Nothing is sent anywhere: apply them yourself, or look at them.
https://github.com/openreports/reports-api, https://github.com/kubernetes-sigs/wg-policy-prototypes
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from demarc.model.posture import CheckResult, Finding, Outcome, Posture, Severity, Whose
from demarc.model.time import instant
from demarc.reports.findings.rows import holder
from demarc.reports.text import safe_text

MOST = 500
"""Results in one object: at about 1 kB each it stays well below the 1.5 MB that etcd takes."""

API_VERSIONS = {
    "Pod": "v1",
    "StaticPod": "v1",
    "Namespace": "v1",
    "Secret": "v1",
    "ConfigMap": "v1",
    "Service": "v1",
    "ServiceAccount": "v1",
    "Node": "v1",
    "PersistentVolume": "v1",
    "ReplicationController": "v1",
    "Deployment": "apps/v1",
    "DaemonSet": "apps/v1",
    "StatefulSet": "apps/v1",
    "ReplicaSet": "apps/v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
    "Ingress": "networking.k8s.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "ClusterRole": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
}


class _Kind(NamedTuple):
    """How one API writes reports."""

    api_version: str
    namespaced: str
    cluster: str
    message: str
    """Name of the field that holds the sentence."""


_OPEN = _Kind("openreports.io/v1alpha1", "Report", "ClusterReport", "message")
_POLICY = _Kind("wgpolicyk8s.io/v1alpha2", "PolicyReport", "ClusterPolicyReport", "message")


def render_open_reports(posture: Posture) -> bytes:
    """Write OpenReports objects as YAML documents."""
    return _written(posture, _OPEN)


def render_policy_reports(posture: Posture) -> bytes:
    """Write PolicyReport objects as YAML documents."""
    return _written(posture, _POLICY)


def _written(posture: Posture, kind: _Kind) -> bytes:
    documents = list(_objects(posture, kind))
    return yaml.safe_dump_all(documents, sort_keys=False, explicit_start=True).encode()


def _objects(posture: Posture, kind: _Kind) -> Iterator[dict[str, Any]]:
    seconds = int(instant(posture.at).timestamp())
    by_space: dict[str, list[dict[str, Any]]] = {"": []}
    for finding in posture.findings:
        by_space.setdefault(finding.object.namespace, []).append(_finding(finding, kind, seconds))
    by_space[""] += [_check(result, kind, seconds) for result in posture.results if _is_told(result)]
    for space in sorted(by_space):
        results = by_space[space]
        for number, start in enumerate(range(0, max(len(results), 1), MOST)):
            yield _object(posture, kind, space, number, results[start : start + MOST])


def _is_told(result: CheckResult) -> bool:
    """Whether a check says something beside its findings."""
    return result.outcome is not Outcome.VIOLATED or bool(result.unseen)


def _object(posture: Posture, kind: _Kind, space: str, number: int, results: list[dict[str, Any]]) -> dict[str, Any]:
    counts = Counter(result["result"] for result in results)
    metadata: dict[str, Any] = {"name": _name(posture.cluster, number)}
    if space:
        metadata["namespace"] = space
    metadata["labels"] = {"app.kubernetes.io/managed-by": "demarc"}
    metadata["annotations"] = {"demarc.dev/cluster": safe_text(posture.cluster), "demarc.dev/at": posture.at}
    made: dict[str, Any] = {
        "apiVersion": kind.api_version,
        "kind": kind.namespaced if space else kind.cluster,
        "metadata": metadata,
    }
    if kind is _OPEN:
        made["source"] = "demarc"
    made["summary"] = {name: counts[name] for name in ("pass", "fail", "warn", "error", "skip")}
    made["results"] = results
    return made


def _name(cluster: str, number: int) -> str:
    """A name that the API takes, and that two clusters do not share."""
    plain = re.sub(r"[^a-z0-9-]+", "-", cluster.lower()).strip("-")[:40].strip("-")
    digest = hashlib.sha256(cluster.encode()).hexdigest()[:6]
    name = f"demarc-{plain}" if plain == cluster else "-".join(filter(None, ("demarc", plain, digest)))
    return name if not number else f"{name}-{number + 1}"


def _finding(finding: Finding, kind: _Kind, seconds: int) -> dict[str, Any]:
    at = finding.object
    resource = {"kind": at.kind, "name": at.name}
    if at.kind in API_VERSIONS:
        resource = {"apiVersion": API_VERSIONS[at.kind], **resource}
    if at.namespace:
        resource["namespace"] = at.namespace
    provider = finding.answers.whose is Whose.PROVIDER
    properties = {
        "id": finding.id,
        "duty": finding.answers.duty,
        "owner": safe_text(holder(finding)),
        "whose": finding.answers.whose.value,
        "fix": safe_text(finding.fix.says),
    }
    if provider:
        properties["ask"] = safe_text(finding.answers.ask)
    if finding.exceptions:
        properties["exceptions"] = safe_text("; ".join(f"{one.id}: {one.says}" for one in finding.exceptions))
    return {
        "source": "demarc",
        "policy": finding.check,
        "rule": safe_text(finding.title),
        "category": finding.family,
        "severity": finding.severity.value,
        "result": "fail" if finding.counts else "skip",
        "scored": finding.counts,
        "timestamp": {"seconds": seconds, "nanos": 0},
        "resources": [resource],
        kind.message: safe_text(finding.says),
        "properties": properties,
    }


def _check(result: CheckResult, kind: _Kind, seconds: int) -> dict[str, Any]:
    outcome = {Outcome.HOLDS: "pass", Outcome.NOT_APPLICABLE: "skip"}.get(result.outcome, "error")
    why = "; ".join(dict.fromkeys(one.why for one in result.unseen)) or result.says
    return {
        "source": "demarc",
        "policy": result.check,
        "rule": safe_text(result.title),
        "category": result.family,
        "severity": Severity(result.severity).value,
        "result": outcome,
        "scored": outcome == "pass",
        "timestamp": {"seconds": seconds, "nanos": 0},
        kind.message: safe_text(why if outcome == "error" else result.says),
        "properties": {"duty": result.answers.duty},
    }
