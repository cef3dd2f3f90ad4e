"""Snapshots of roles and bindings for the tests, built through the reader as from a real dump."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from demarc.access import Authorizer
from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.model.evidence import Gap, GapReason
from demarc.model.snapshot import Snapshot, SourceKind
from demarc.testing import an_object

RBAC = "rbac.authorization.k8s.io/v1"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
Object = dict[str, Any]


def a_rule(verbs, resources=(), groups=("",), names=(), paths=()) -> Object:
    found = {"verbs": list(verbs)}
    if resources:
        found |= {"apiGroups": list(groups), "resources": list(resources)}
    if names:
        found["resourceNames"] = list(names)
    if paths:
        found["nonResourceURLs"] = list(paths)
    return found


def a_cluster_role(name: str, *rules: Object, **more: Any) -> Object:
    return an_object(RBAC, "ClusterRole", name, rules=list(rules), **more)


def a_role(name: str, *rules: Object, namespace: str = "shop") -> Object:
    return an_object(RBAC, "Role", name, namespace=namespace, rules=list(rules))


def bound(name: str, role: str, *subjects: Object, namespace: str | None = None, kind: str = "ClusterRole") -> Object:
    return an_object(
        RBAC,
        "RoleBinding" if namespace else "ClusterRoleBinding",
        name,
        namespace=namespace,
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
        subjects=list(subjects),
    )


def user(name: str) -> Object:
    return {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name}


def group(name: str) -> Object:
    return {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": name}


def account(name: str, namespace: str | None = None) -> Object:
    return {"kind": "ServiceAccount", "name": name} | ({"namespace": namespace} if namespace else {})


FILLER = (
    a_cluster_role("filler"),
    a_role("filler", namespace="filler"),
    bound("filler", "filler", user("filler-nobody")),
    bound("filler", "filler", user("filler-nobody"), namespace="filler"),
)
"""One object of each kind, as every cluster has: without them denials would be Unknown."""


def a_snapshot(
    *objects: Object,
    whole: bool = True,
    version: str = "v1.36.2",
    live: bool = False,
    gaps: tuple[tuple[str, GapReason], ...] = (),
) -> Snapshot:
    builder = SnapshotBuilder(FingerprintKey(b"k" * 32))
    items = [*objects, *(FILLER if whole else ())]
    dump = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}).encode()
    builder.add_document(dump, origin="dump.json", kind=SourceKind.LIVE if live else None)
    if version:
        builder.add_document(json.dumps({"gitVersion": version}).encode(), origin="version.json")
    for what, reason in gaps:
        builder.add_gap(Gap(what=what, reason=reason, detail="said so"))
    return builder.build(now=NOW)


def an_authorizer(*objects: Object, **how: Any) -> Authorizer:
    return Authorizer(a_snapshot(*objects, **how))
